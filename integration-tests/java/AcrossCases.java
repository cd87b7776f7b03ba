import com.ibm.mq.jms.MQConnectionFactory;
import com.ibm.msg.client.wmq.WMQConstants;
import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.Session;
import javax.jms.TextMessage;

/**
 * The Java side of messages between JMS and the MQI. Arguments: host, port, channel, queue to receive from, queue to send to.
 * Receives what an MQI client has put there, and sends what it is to get.
 */
public final class AcrossCases {
    public static void main(String[] arguments) throws Exception {
        MQConnectionFactory factory = new MQConnectionFactory();
        factory.setHostName(arguments[0]);
        factory.setPort(Integer.parseInt(arguments[1]));
        factory.setChannel(arguments[2]);
        factory.setQueueManager("QM1");
        factory.setTransportType(WMQConstants.WMQ_CM_CLIENT);
        Cases cases = new Cases();
        cases.add("from the MQI to JMS", () -> {
            try (Connection connection = factory.createConnection()) {
                Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
                connection.start();
                Queue queue = session.createQueue(arguments[3]);
                MessageConsumer selecting = session.createConsumer(queue, "colour = 'red'");
                TextMessage red = (TextMessage) selecting.receive(20_000);
                Cases.equal("rot ü €", red.getText());
                Cases.equal("red", red.getStringProperty("colour"));
                Cases.equal(1, red.getIntProperty("JMSXDeliveryCount"));
                Cases.equal("integration", red.getStringProperty("JMSXAppID").trim());
                Cases.equal(DeliveryMode.PERSISTENT, red.getJMSDeliveryMode());
                selecting.close();
                BytesMessage bytes = (BytesMessage) session.createConsumer(queue).receive(20_000);
                Cases.equal(3L, bytes.getBodyLength());
                session.commit();
            }
        });
        cases.add("from JMS to the MQI", () -> {
            try (Connection connection = factory.createConnection()) {
                Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
                MessageProducer producer = session.createProducer(session.createQueue(arguments[4]));
                TextMessage message = session.createTextMessage("grün ü €");
                message.setStringProperty("colour", "green");
                message.setIntProperty("size", 7);
                message.setJMSCorrelationID("ID:0102030405060708091011121314151617181920212223ff");
                producer.send(message, DeliveryMode.PERSISTENT, 6, 0);
                BytesMessage bytes = session.createBytesMessage();
                bytes.writeBytes(new byte[] {0, (byte) 0xFF, 7});
                producer.send(bytes);
                session.commit();
            }
        });
        cases.runAll();
    }
}
