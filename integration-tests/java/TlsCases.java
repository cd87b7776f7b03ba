import static com.ibm.mq.constants.CMQC.*;

import com.ibm.mq.MQException;
import com.ibm.mq.MQGetMessageOptions;
import com.ibm.mq.MQMessage;
import com.ibm.mq.MQPutMessageOptions;
import com.ibm.mq.MQQueue;
import com.ibm.mq.MQQueueManager;
import com.ibm.mq.constants.MQConstants;
import com.ibm.mq.jms.MQConnectionFactory;
import com.ibm.msg.client.wmq.WMQConstants;
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.Hashtable;
import javax.jms.Connection;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TextMessage;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * TLS with the classes for Java and JMS. Arguments: host, port, channel, the folder of the key stores, their password. The
 * system properties name trust.p12 as the trust store.
 */
public final class TlsCases {
    private static final String QUEUE = "JAVA.BASE";
    private static final int IN_AND_OUT = MQOO_INPUT_SHARED | MQOO_OUTPUT | MQOO_INQUIRE;
    private static String[] at;

    public static void main(String[] arguments) throws Exception {
        at = arguments;
        MQException.logExclude(Integer.valueOf(MQRC_NO_MSG_AVAILABLE));
        SSLSocketFactory trusting = factory("trust.p12", null);
        SSLSocketFactory proven = factory("trust.p12", "client.p12");
        SSLSocketFactory stranger = factory("trust.p12", "stranger.p12");
        SSLSocketFactory suspicious = factory("others.p12", null);
        Cases cases = new Cases();
        for (String suite : new String[] {"*TLS12", "*TLS13", "*TLS12ORHIGHER"}) {
            cases.add("any TLS by " + suite, () -> travels("TLS.ANY", suite, null));
        }
        for (String[] each : new String[][] {
            {"TLS.RSA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
            {"TLS.RSA128", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
            {"TLS.13.128", "TLS_AES_128_GCM_SHA256"},
            {"TLS.13.256", "TLS_AES_256_GCM_SHA384"},
            {"TLS.RSA128", "*TLS12ORHIGHER"},
            {"TLS.13.256", "*TLS12ORHIGHER"},
        }) {
            cases.add(each[0] + " by " + each[1], () -> travels(each[0], each[1], null));
        }
        cases.add("a megabyte both ways", () -> megabyte(trusting));
        cases.add("a certificate that is asked for", () -> travels("TLS.MUTUAL", "*TLS12", proven));
        cases.add("a certificate that is asked for, TLS 1.3", () -> travels("TLS.MUTUAL", "*TLS13", proven));
        cases.add("JMS, several sockets", () -> messaging("TLS.MUTUAL", "*TLS12ORHIGHER", proven));
        for (String suite : new String[] {"*TLS12", "*TLS13"}) {
            refused(cases, 2059, "no certificate where one is asked for, " + suite, "TLS.MUTUAL", suite, trusting);
            // It is not among those that devqm knows, and so is not shown.
            refused(cases, 2059, "a stranger's certificate, " + suite, "TLS.MUTUAL", suite, stranger);
            refused(cases, 2397, "a queue manager who is not known, " + suite, "TLS.ANY", suite, suspicious);
        }
        refused(cases, 2397, "another suite", "TLS.RSA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", trusting);
        refused(cases, 2397, "another version", "TLS.13.256", "*TLS12", trusting);
        refused(cases, 2397, "plain to a channel with TLS", "TLS.ANY", null, null);
        refused(cases, 2397, "TLS to a plain channel", at[2], "*TLS12ORHIGHER", trusting);
        refused(cases, 2540, "TLS to no channel", "NO.SUCH.CHANNEL", "*TLS12ORHIGHER", trusting);
        cases.add("the next one is served", () -> travels("TLS.ANY", "*TLS13", trusting));
        cases.runAll();
    }

    private static void refused(
            Cases cases, int reason, String name, String channel, String suite, SSLSocketFactory factory) {
        cases.add(name + " is " + reason, () -> {
            MQException error = Cases.fails(MQException.class, () -> connect(channel, suite, factory));
            Cases.equal(reason, error.reasonCode);
        });
    }

    private static MQQueueManager connect(String channel, String suite, SSLSocketFactory factory) throws MQException {
        Hashtable<String, Object> to = new Hashtable<>();
        to.put(MQConstants.HOST_NAME_PROPERTY, at[0]);
        to.put(MQConstants.PORT_PROPERTY, Integer.valueOf(at[1]));
        to.put(MQConstants.CHANNEL_PROPERTY, channel);
        if (suite != null) {
            to.put(MQConstants.SSL_CIPHER_SUITE_PROPERTY, suite);
        }
        if (factory != null) {
            to.put(MQConstants.SSL_SOCKET_FACTORY_PROPERTY, factory);
        }
        return new MQQueueManager("QM1", to);
    }

    private static void travels(String channel, String suite, SSLSocketFactory factory) throws Exception {
        exchange(channel, suite, factory, channel.getBytes("UTF-8"));
    }

    private static void megabyte(SSLSocketFactory factory) throws Exception {
        byte[] body = new byte[1_000_000];
        for (int index = 0; index < body.length; index++) {
            body[index] = (byte) (index * 31);
        }
        exchange("TLS.ANY", "*TLS13", factory, body);
    }

    private static void exchange(String channel, String suite, SSLSocketFactory factory, byte[] body) throws Exception {
        MQQueueManager manager = connect(channel, suite, factory);
        MQQueue queue = manager.accessQueue(QUEUE, IN_AND_OUT);
        MQMessage put = new MQMessage();
        put.write(body);
        queue.put(put, new MQPutMessageOptions());
        MQGetMessageOptions options = new MQGetMessageOptions();
        options.options = MQGMO_WAIT;
        options.waitInterval = 10_000;
        MQMessage got = new MQMessage();
        queue.get(got, options);
        byte[] back = new byte[got.getDataLength()];
        got.readFully(back);
        Cases.holds(Arrays.equals(body, back), "the same bytes");
        queue.close();
        manager.disconnect();
    }

    private static void messaging(String channel, String suite, SSLSocketFactory sockets) throws Exception {
        MQConnectionFactory factory = new MQConnectionFactory();
        factory.setTransportType(WMQConstants.WMQ_CM_CLIENT);
        factory.setHostName(at[0]);
        factory.setPort(Integer.parseInt(at[1]));
        factory.setChannel(channel);
        factory.setSSLCipherSuite(suite);
        factory.setSSLSocketFactory(sockets);
        try (Connection connection = factory.createConnection()) {
            connection.start();
            Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
            MessageProducer producer = session.createProducer(session.createQueue("queue:///" + QUEUE));
            producer.send(session.createTextMessage("grün"));
            session.commit();
            Session other = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            MessageConsumer consumer = other.createConsumer(other.createQueue("queue:///" + QUEUE));
            Cases.equal("grün", ((TextMessage) consumer.receive(10_000)).getText());
        }
    }

    private static SSLSocketFactory factory(String trusted, String own) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store(trusted));
        KeyManagerFactory keys = null;
        if (own != null) {
            keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(store(own), at[4].toCharArray());
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    private static KeyStore store(String name) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = new FileInputStream(at[3] + "/" + name)) {
            store.load(file, at[4].toCharArray());
        }
        return store;
    }
}
