import com.ibm.mq.jms.MQConnectionFactory;
import com.ibm.msg.client.wmq.WMQConstants;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.Destination;
import javax.jms.InvalidSelectorException;
import javax.jms.JMSContext;
import javax.jms.JMSException;
import javax.jms.JMSProducer;
import javax.jms.MapMessage;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.ObjectMessage;
import javax.jms.Queue;
import javax.jms.QueueBrowser;
import javax.jms.Session;
import javax.jms.StreamMessage;
import javax.jms.TemporaryQueue;
import javax.jms.TextMessage;

/**
 * IBM MQ classes for JMS. Arguments: host, port, channel, user, password, and the provider version or "unspecified". The
 * Jakarta client runs the same cases: its names are written over those of javax.jms before this is compiled.
 */
public final class JmsCases {
    private static final String QUEUE = "JAVA.JMS";
    private static final long LONG_MS = 20_000;
    private static MQConnectionFactory factory;
    private static String version;

    public static void main(String[] arguments) throws Exception {
        version = arguments[5];
        factory = new MQConnectionFactory();
        factory.setHostName(arguments[0]);
        factory.setPort(Integer.parseInt(arguments[1]));
        factory.setChannel(arguments[2]);
        factory.setQueueManager("QM1");
        factory.setTransportType(WMQConstants.WMQ_CM_CLIENT);
        factory.setStringProperty(WMQConstants.USERID, arguments[3]);
        factory.setStringProperty(WMQConstants.PASSWORD, arguments[4]);
        if (!version.equals("unspecified")) {
            factory.setStringProperty(WMQConstants.WMQ_PROVIDER_VERSION, version);
            factory.setPollingInterval(200);
        }
        Cases cases = new Cases();
        cases.add("send and receive text", JmsCases::text);
        cases.add("a wrong password is refused", JmsCases::wrongPassword);
        cases.add("bodies: bytes, map, stream, object, none", JmsCases::bodies);
        cases.add("headers and properties of every type", JmsCases::headers);
        cases.add("10 kB to 1 MB", JmsCases::sizes);
        cases.add("receive times out; no wait; late arrival", JmsCases::timeouts);
        cases.add("transacted: commit, rollback, delivery count", JmsCases::transacted);
        cases.add("client acknowledge and recover", JmsCases::clientAcknowledge);
        cases.add("a listener", JmsCases::listener);
        cases.add("two listeners in one session", JmsCases::twoListeners);
        cases.add("two listeners in a transacted session with rollback", JmsCases::transactedListeners);
        cases.add("stop and start of a connection with a listener", JmsCases::stopAndStart);
        cases.add("temporary queue, request and reply", JmsCases::requestReply);
        cases.add("queue browser", JmsCases::browser);
        cases.add("selectors", JmsCases::selectors);
        cases.add("a selector on a correlation id", JmsCases::correlation);
        cases.add("a wrong selector is refused", JmsCases::wrongSelector);
        cases.add("priority and expiry", JmsCases::priorityAndExpiry);
        cases.add("four sessions share a queue", JmsCases::competing);
        if (version.startsWith("6")) {
            System.out.println("createContext\tn/a: a client of provider version 6 refuses it (JMSCC5007)");
        } else {
            cases.add("createContext: send, receive, receiveBody", JmsCases::context);
            cases.add("createContext: transacted, rollback", JmsCases::transactedContext);
            cases.add("createContext: two share a queue by receiveBody", JmsCases::sharingContexts);
            cases.add("createContext: asynchronous send", JmsCases::asynchronousSend);
        }
        cases.runAll();
    }

    private interface Work {
        void with(Session session, Queue queue) throws Exception;
    }

    private static void inSession(int mode, Work work) throws Exception {
        inSession(mode, (session, queue) -> { }, work);
    }

    /** Listeners are there before the connection is started: a session that is used by them is used by nobody else. */
    private static void inSession(int mode, Work listeners, Work work) throws Exception {
        Connection connection = factory.createConnection();
        try {
            Session session = connection.createSession(mode == Session.SESSION_TRANSACTED, mode);
            Queue queue = session.createQueue(QUEUE);
            listeners.with(session, queue);
            connection.start();
            work.with(session, queue);
        } finally {
            connection.close();
        }
        empty();
    }

    /** No case leaves a message to the next one. */
    private static void empty() throws Exception {
        Connection connection = factory.createConnection();
        try {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            connection.start();
            MessageConsumer consumer = session.createConsumer(session.createQueue(QUEUE));
            Cases.equal(null, consumer.receiveNoWait());
        } finally {
            connection.close();
        }
    }

    private static String textOf(Message message) throws JMSException {
        return message == null ? null : ((TextMessage) message).getText();
    }

    private static void send(Session session, Destination to, String... texts) throws JMSException {
        MessageProducer producer = session.createProducer(to);
        for (String text : texts) {
            producer.send(session.createTextMessage(text));
        }
        producer.close();
    }

    private static void text() throws Exception {
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            send(session, queue, "Grüße, Ελλάδα, 世界");
            Message got = session.createConsumer(queue).receive(LONG_MS);
            Cases.equal("Grüße, Ελλάδα, 世界", textOf(got));
            Cases.holds(got.getJMSMessageID().startsWith("ID:414d5120"), "an id of the queue manager's");
            Cases.equal(DeliveryMode.PERSISTENT, got.getJMSDeliveryMode());
            Cases.equal("queue:///" + QUEUE, got.getJMSDestination().toString().replaceAll("queue://[^/]*/([^?]*).*", "queue:///$1"));
            Cases.equal("app", got.getStringProperty("JMSXUserID").trim());
        });
    }

    private static void wrongPassword() throws Exception {
        JMSException refused = Cases.fails(JMSException.class, () -> factory.createConnection("app", "not it"));
        Cases.holds(refused.getErrorCode().endsWith("2013"), "a code of security: " + refused.getErrorCode());
    }

    private static void bodies() throws Exception {
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            MessageProducer producer = session.createProducer(queue);
            MessageConsumer consumer = session.createConsumer(queue);
            BytesMessage bytes = session.createBytesMessage();
            bytes.writeInt(7);
            bytes.writeUTF("seven");
            producer.send(bytes);
            BytesMessage gotBytes = (BytesMessage) consumer.receive(LONG_MS);
            Cases.equal(7, gotBytes.readInt());
            Cases.equal("seven", gotBytes.readUTF());
            MapMessage map = session.createMapMessage();
            map.setLong("amount", 1250L);
            map.setString("currency", "EUR");
            map.setBytes("raw", new byte[] {1, 2, 3});
            producer.send(map);
            MapMessage gotMap = (MapMessage) consumer.receive(LONG_MS);
            Cases.equal(1250L, gotMap.getLong("amount"));
            Cases.equal("EUR", gotMap.getString("currency"));
            Cases.holds(Arrays.equals(new byte[] {1, 2, 3}, gotMap.getBytes("raw")), "bytes in a map");
            StreamMessage stream = session.createStreamMessage();
            stream.writeBoolean(true);
            stream.writeString("text");
            producer.send(stream);
            StreamMessage gotStream = (StreamMessage) consumer.receive(LONG_MS);
            Cases.equal(true, gotStream.readBoolean());
            Cases.equal("text", gotStream.readString());
            producer.send(session.createObjectMessage(new ArrayList<>(List.of("a", "b"))));
            Cases.equal(List.of("a", "b"), ((ObjectMessage) consumer.receive(LONG_MS)).getObject());
            producer.send(session.createMessage());
            Message none = consumer.receive(LONG_MS);
            Cases.holds(none != null && !(none instanceof TextMessage), "a message without a body");
        });
    }

    private static void headers() throws Exception {
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            TextMessage put = session.createTextMessage("body");
            put.setBooleanProperty("flag", true);
            put.setByteProperty("tiny", (byte) -3);
            put.setShortProperty("short", (short) 300);
            put.setIntProperty("int", -70_000);
            put.setLongProperty("long", 1L << 40);
            put.setFloatProperty("float", 1.5f);
            put.setDoubleProperty("double", 2.25);
            put.setStringProperty("string", "a <tag> & 'quotes' ü");
            put.setJMSCorrelationID("not an id");
            put.setJMSType("order");
            put.setJMSReplyTo(session.createQueue("JAVA.OUT"));
            session.createProducer(queue).send(put, DeliveryMode.NON_PERSISTENT, 7, 0);
            Message got = session.createConsumer(queue).receive(LONG_MS);
            Cases.equal(true, got.getBooleanProperty("flag"));
            Cases.equal((byte) -3, got.getByteProperty("tiny"));
            Cases.equal((short) 300, got.getShortProperty("short"));
            Cases.equal(-70_000, got.getIntProperty("int"));
            Cases.equal(1L << 40, got.getLongProperty("long"));
            Cases.equal(1.5f, got.getFloatProperty("float"));
            Cases.equal(2.25, got.getDoubleProperty("double"));
            Cases.equal("a <tag> & 'quotes' ü", got.getStringProperty("string"));
            Cases.equal("not an id", got.getJMSCorrelationID());
            Cases.equal("order", got.getJMSType());
            Cases.holds(got.getJMSReplyTo().toString().contains("JAVA.OUT"), "where to reply to");
            Cases.equal(7, got.getJMSPriority());
            Cases.equal(DeliveryMode.NON_PERSISTENT, got.getJMSDeliveryMode());
            Cases.equal(1, got.getIntProperty("JMSXDeliveryCount"));
            Cases.equal(false, got.getJMSRedelivered());
            Cases.holds(Math.abs(System.currentTimeMillis() - got.getJMSTimestamp()) < 60_000, "put now");
        });
    }

    private static void sizes() throws Exception {
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            MessageProducer producer = session.createProducer(queue);
            MessageConsumer consumer = session.createConsumer(queue);
            for (int size : new int[] {10_000, 32_500, 100_000, 1_000_000}) {
                byte[] bytes = new byte[size];
                for (int index = 0; index < size; index++) {
                    bytes[index] = (byte) (index * 7);
                }
                BytesMessage put = session.createBytesMessage();
                put.writeBytes(bytes);
                producer.send(put);
                BytesMessage got = (BytesMessage) consumer.receive(LONG_MS);
                Cases.equal((long) size, got.getBodyLength());
                byte[] back = new byte[size];
                got.readBytes(back);
                Cases.holds(Arrays.equals(bytes, back), size + " bytes as they were");
            }
        });
    }

    private static void timeouts() throws Exception {
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            MessageConsumer consumer = session.createConsumer(queue);
            long began = System.nanoTime();
            Cases.equal(null, consumer.receive(200));
            Cases.holds(System.nanoTime() - began >= 190_000_000L, "it waited");
            Cases.equal(null, consumer.receiveNoWait());
            Thread sender = new Thread(() -> {
                try (Connection connection = factory.createConnection()) {
                    Thread.sleep(200);
                    send(connection.createSession(false, Session.AUTO_ACKNOWLEDGE), queue, "late");
                } catch (Exception error) {
                    error.printStackTrace();
                }
            });
            sender.start();
            Cases.equal("late", textOf(consumer.receive(LONG_MS)));
            sender.join();
            send(session, queue, "there");
            Cases.equal("there", textOf(consumer.receiveNoWait()));
        });
    }

    private static void transacted() throws Exception {
        inSession(Session.SESSION_TRANSACTED, (session, queue) -> {
            send(session, queue, "undone");
            session.rollback();
            send(session, queue, "kept", "second");
            session.commit();
            MessageConsumer consumer = session.createConsumer(queue);
            for (int count = 1; count <= 3; count++) {
                Message got = consumer.receive(LONG_MS);
                Cases.equal("kept", textOf(got));
                Cases.equal(count, got.getIntProperty("JMSXDeliveryCount"));
                Cases.equal(count > 1, got.getJMSRedelivered());
                session.rollback();
            }
            Cases.equal("kept", textOf(consumer.receive(LONG_MS)));
            Cases.equal("second", textOf(consumer.receive(LONG_MS)));
            session.commit();
            Cases.equal(null, consumer.receiveNoWait());
            session.commit();
        });
    }

    private static void clientAcknowledge() throws Exception {
        inSession(Session.CLIENT_ACKNOWLEDGE, (session, queue) -> {
            send(session, queue, "one", "two");
            MessageConsumer consumer = session.createConsumer(queue);
            Cases.equal("one", textOf(consumer.receive(LONG_MS)));
            session.recover();
            Message again = consumer.receive(LONG_MS);
            Cases.equal("one", textOf(again));
            Cases.equal(true, again.getJMSRedelivered());
            Message last = consumer.receive(LONG_MS);
            Cases.equal("two", textOf(last));
            last.acknowledge();
        });
    }

    private static String next(BlockingQueue<String> heard) throws InterruptedException {
        return heard.poll(LONG_MS, TimeUnit.MILLISECONDS);
    }

    private static void listener() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            session.createConsumer(queue).setMessageListener(message -> {
                try {
                    heard.add(textOf(message));
                } catch (JMSException error) {
                    heard.add(error.toString());
                }
            });
        }, (session, queue) -> {
            try (Connection other = factory.createConnection()) {
                Session sending = other.createSession(false, Session.AUTO_ACKNOWLEDGE);
                for (int index = 0; index < 20; index++) {
                    send(sending, queue, "message " + index);
                }
                for (int index = 0; index < 20; index++) {
                    Cases.equal("message " + index, next(heard));
                }
                MessageProducer producer = sending.createProducer(queue);
                producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
                producer.send(sending.createTextMessage("not persistent"));
                Cases.equal("not persistent", next(heard));
            }
        });
    }

    private static void twoListeners() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        Set<Thread> threads = Collections.synchronizedSet(new HashSet<>());
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            for (String colour : new String[] {"red", "blue"}) {
                session.createConsumer(queue, "colour = '" + colour + "'").setMessageListener(message -> {
                    threads.add(Thread.currentThread());
                    try {
                        heard.add(colour + " heard " + textOf(message));
                    } catch (JMSException error) {
                        heard.add(error.toString());
                    }
                });
            }
        }, (session, queue) -> {
            try (Connection other = factory.createConnection()) {
                Session sending = other.createSession(false, Session.AUTO_ACKNOWLEDGE);
                MessageProducer producer = sending.createProducer(queue);
                Set<String> expected = new HashSet<>();
                for (int index = 0; index < 20; index++) {
                    String colour = index % 3 == 0 ? "red" : "blue";
                    TextMessage message = sending.createTextMessage(colour + index);
                    message.setStringProperty("colour", colour);
                    producer.send(message);
                    expected.add(colour + " heard " + colour + index);
                }
                Set<String> all = new HashSet<>();
                for (int index = 0; index < 20; index++) {
                    all.add(next(heard));
                }
                Cases.equal(expected, all);
            }
        });
        Cases.equal(1, threads.size());
    }

    /** Each first delivery is rolled back: nothing is lost, nothing committed that was not looked at. */
    private static void transactedListeners() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        Set<String> seen = new HashSet<>();
        inSession(Session.SESSION_TRANSACTED, (session, queue) -> {
            for (String half : new String[] {"even", "odd"}) {
                session.createConsumer(queue, "half = '" + half + "'").setMessageListener(message -> {
                    try {
                        String text = textOf(message);
                        if (seen.add(text)) {
                            session.rollback();
                        } else {
                            heard.add(text + " at " + message.getIntProperty("JMSXDeliveryCount"));
                            session.commit();
                        }
                    } catch (JMSException error) {
                        heard.add(error.toString());
                    }
                });
            }
        }, (session, queue) -> {
            Connection other = factory.createConnection();
            Session sending = other.createSession(false, Session.AUTO_ACKNOWLEDGE);
            MessageProducer producer = sending.createProducer(queue);
            for (int index = 0; index < 10; index++) {
                TextMessage message = sending.createTextMessage("message " + index);
                message.setStringProperty("half", index % 2 == 0 ? "even" : "odd");
                producer.send(message);
            }
            Set<String> all = new HashSet<>();
            for (int index = 0; index < 10; index++) {
                all.add(next(heard));
            }
            Set<String> expected = new HashSet<>();
            for (int index = 0; index < 10; index++) {
                expected.add("message " + index + " at 2");
            }
            Cases.equal(expected, all);
            other.close();
        });
    }

    private static void stopAndStart() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (Connection connection = factory.createConnection()) {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue(QUEUE);
            session.createConsumer(queue).setMessageListener(message -> {
                try {
                    heard.add(textOf(message));
                } catch (JMSException error) {
                    heard.add(error.toString());
                }
            });
            try (Connection other = factory.createConnection()) {
                Session sending = other.createSession(false, Session.AUTO_ACKNOWLEDGE);
                send(sending, queue, "before the start");
                Cases.equal(null, heard.poll(200, TimeUnit.MILLISECONDS));
                connection.start();
                Cases.equal("before the start", next(heard));
                connection.stop();
                send(sending, queue, "while stopped");
                Cases.equal(null, heard.poll(200, TimeUnit.MILLISECONDS));
                connection.start();
                Cases.equal("while stopped", next(heard));
            }
        }
        empty();
    }

    private static void requestReply() throws Exception {
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            TemporaryQueue answers = session.createTemporaryQueue();
            TextMessage request = session.createTextMessage("question");
            request.setJMSReplyTo(answers);
            session.createProducer(queue).send(request);
            try (Connection other = factory.createConnection()) {
                Session serving = other.createSession(false, Session.AUTO_ACKNOWLEDGE);
                other.start();
                Message asked = serving.createConsumer(queue).receive(LONG_MS);
                TextMessage reply = serving.createTextMessage("answer to " + textOf(asked));
                reply.setJMSCorrelationID(asked.getJMSMessageID());
                MessageProducer replying = serving.createProducer(asked.getJMSReplyTo());
                replying.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
                replying.send(reply);
            }
            MessageConsumer waiting = session.createConsumer(answers);
            Message answer = waiting.receive(LONG_MS);
            Cases.equal("answer to question", textOf(answer));
            Cases.equal(request.getJMSMessageID(), answer.getJMSCorrelationID());
            waiting.close();
            answers.delete();
        });
    }

    private static void browser() throws Exception {
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            send(session, queue, "a", "b", "c");
            for (int round = 0; round < 2; round++) {
                QueueBrowser browser = session.createBrowser(queue);
                List<String> seen = new ArrayList<>();
                for (Enumeration<?> each = browser.getEnumeration(); each.hasMoreElements();) {
                    seen.add(textOf((Message) each.nextElement()));
                }
                Cases.equal(List.of("a", "b", "c"), seen);
                browser.close();
            }
            MessageConsumer consumer = session.createConsumer(queue);
            for (String each : new String[] {"a", "b", "c"}) {
                Cases.equal(each, textOf(consumer.receive(LONG_MS)));
            }
        });
    }

    private static void selectors() throws Exception {
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            MessageProducer producer = session.createProducer(queue);
            Map<String, String> expected = Map.ofEntries(
                    Map.entry("colour = 'red' AND size > 10", "red 20"),
                    Map.entry("size BETWEEN 1 AND 5", "green 5"),
                    Map.entry("colour LIKE 'bl%' AND weight >= 0.5", "blue 30"),
                    Map.entry("colour IN ('yellow', 'green')", "green 5"),
                    Map.entry("size IS NULL", "plain"),
                    Map.entry("NOT (size > 6) AND urgent", "green 5"),
                    Map.entry("size * 2 - 10 = 30", "red 20"),
                    Map.entry("JMSPriority = 8", "blue 30"),
                    Map.entry("JMSType = 'order'", "red 20"),
                    Map.entry("JMSDeliveryMode = 'NON_PERSISTENT'", "plain"),
                    Map.entry("colour <> 'red' OR colour IS NULL AND size IS NULL", "blue 30"));
            for (Map.Entry<String, String> each : expected.entrySet()) {
                sendColoured(session, producer);
                MessageConsumer selecting = session.createConsumer(queue, each.getKey());
                Cases.equal(each.getKey() + ": " + each.getValue(), each.getKey() + ": " + textOf(selecting.receive(LONG_MS)));
                selecting.close();
                MessageConsumer rest = session.createConsumer(queue);
                for (int index = 0; index < 3; index++) {
                    Cases.holds(rest.receive(LONG_MS) != null, "the others stayed");
                }
                rest.close();
            }
            QueueBrowser browser = session.createBrowser(queue, "colour = 'blue'");
            sendColoured(session, producer);
            Enumeration<?> blue = browser.getEnumeration();
            Cases.equal("blue 30", textOf((Message) blue.nextElement()));
            Cases.holds(!blue.hasMoreElements(), "one blue message");
            browser.close();
            MessageConsumer late = session.createConsumer(queue, "colour = 'never'");
            Cases.equal(null, late.receive(100));
            Cases.equal(null, late.receiveNoWait());
            late.close();
            MessageConsumer rest = session.createConsumer(queue);
            while (rest.receiveNoWait() != null) { }
        });
    }

    private static void sendColoured(Session session, MessageProducer producer) throws JMSException {
        Object[][] messages = {{"blue", 30, 0.75, 8}, {"red", 20, 0.25, 4}, {"green", 5, 0.1, 4}};
        for (Object[] each : messages) {
            TextMessage message = session.createTextMessage(each[0] + " " + each[1]);
            message.setStringProperty("colour", (String) each[0]);
            message.setIntProperty("size", (Integer) each[1]);
            message.setDoubleProperty("weight", (Double) each[2]);
            message.setBooleanProperty("urgent", each[0].equals("green"));
            if (each[0].equals("red")) {
                message.setJMSType("order");
            }
            producer.send(message, DeliveryMode.PERSISTENT, (Integer) each[3], 0);
        }
        producer.send(session.createTextMessage("plain"), DeliveryMode.NON_PERSISTENT, 4, 0);
    }

    private static void correlation() throws Exception {
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            MessageProducer producer = session.createProducer(queue);
            TextMessage first = session.createTextMessage("first");
            producer.send(first);
            TextMessage second = session.createTextMessage("second");
            second.setJMSCorrelationID(first.getJMSMessageID());
            producer.send(second);
            MessageConsumer matching =
                    session.createConsumer(queue, "JMSCorrelationID = '" + first.getJMSMessageID() + "'");
            Cases.equal("second", textOf(matching.receive(LONG_MS)));
            matching.close();
            MessageConsumer byId = session.createConsumer(queue, "JMSMessageID = '" + first.getJMSMessageID() + "'");
            Cases.equal("first", textOf(byId.receive(LONG_MS)));
        });
    }

    private static void wrongSelector() throws Exception {
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) ->
                Cases.fails(InvalidSelectorException.class, () -> session.createConsumer(queue, "colour = = 'red'")));
    }

    private static void priorityAndExpiry() throws Exception {
        inSession(Session.AUTO_ACKNOWLEDGE, (session, queue) -> {
            MessageProducer producer = session.createProducer(queue);
            producer.send(session.createTextMessage("gone"), DeliveryMode.PERSISTENT, 9, 100);
            producer.send(session.createTextMessage("low"), DeliveryMode.PERSISTENT, 1, 0);
            producer.send(session.createTextMessage("high"), DeliveryMode.PERSISTENT, 8, 60_000);
            Thread.sleep(300);
            MessageConsumer consumer = session.createConsumer(queue);
            Message high = consumer.receive(LONG_MS);
            Cases.equal("high", textOf(high));
            Cases.holds(high.getJMSExpiration() > System.currentTimeMillis(), "when it would have expired");
            Cases.equal("low", textOf(consumer.receive(LONG_MS)));
        });
    }

    private static void competing() throws Exception {
        int count = 200;
        Set<String> received = Collections.synchronizedSet(new HashSet<>());
        List<String> twice = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch all = new CountDownLatch(count);
        try (Connection connection = factory.createConnection()) {
            for (int index = 0; index < 4; index++) {
                Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
                session.createConsumer(session.createQueue(QUEUE)).setMessageListener(message -> {
                    try {
                        if (!received.add(textOf(message))) {
                            twice.add(textOf(message));
                        }
                        session.commit();
                        all.countDown();
                    } catch (JMSException error) {
                        twice.add(error.toString());
                    }
                });
            }
            connection.start();
            try (Connection other = factory.createConnection()) {
                Session sending = other.createSession(true, Session.SESSION_TRANSACTED);
                for (int index = 0; index < count; index++) {
                    send(sending, sending.createQueue(QUEUE), "message " + index);
                    if (index % 10 == 9) {
                        sending.commit();
                    }
                }
            }
            Cases.holds(all.await(LONG_MS, TimeUnit.MILLISECONDS), "all arrived, but " + all.getCount());
        }
        Cases.equal(List.of(), twice);
        Cases.equal(count, received.size());
        empty();
    }

    private static void context() throws Exception {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue(QUEUE);
            JMSProducer producer = context.createProducer();
            producer.setProperty("colour", "red").setPriority(6).send(queue, "one");
            producer.send(queue, Map.of("amount", 1250L));
            producer.send(queue, new byte[] {1, 2, 3});
            var consumer = context.createConsumer(queue);
            Message one = consumer.receive(LONG_MS);
            Cases.equal("one", textOf(one));
            Cases.equal("red", one.getStringProperty("colour"));
            Cases.equal(1250L, consumer.receiveBody(Map.class, LONG_MS).get("amount"));
            Cases.equal(3, consumer.receiveBody(byte[].class, LONG_MS).length);
            Cases.equal(null, consumer.receiveBodyNoWait(String.class));
        }
        empty();
    }

    private static void transactedContext() throws Exception {
        try (JMSContext context = factory.createContext(JMSContext.SESSION_TRANSACTED)) {
            Queue queue = context.createQueue(QUEUE);
            context.createProducer().send(queue, "undone");
            context.rollback();
            context.createProducer().send(queue, "kept");
            context.commit();
            var consumer = context.createConsumer(queue);
            Cases.equal("kept", consumer.receiveBody(String.class, LONG_MS));
            context.rollback();
            Message again = consumer.receive(LONG_MS);
            Cases.equal("kept", textOf(again));
            Cases.equal(2, again.getIntProperty("JMSXDeliveryCount"));
            context.commit();
        }
        empty();
    }

    /** A body is browsed and locked before it is taken: two never see the same. */
    private static void sharingContexts() throws Exception {
        int count = 40;
        List<String> received = Collections.synchronizedList(new ArrayList<>());
        List<Thread> receivers = new ArrayList<>();
        for (int index = 0; index < 2; index++) {
            receivers.add(new Thread(() -> {
                try (JMSContext context = factory.createContext()) {
                    var consumer = context.createConsumer(context.createQueue(QUEUE));
                    for (String body = ""; !body.equals("end");) {
                        body = consumer.receiveBody(String.class, LONG_MS);
                        received.add(body);
                    }
                }
            }));
        }
        receivers.forEach(Thread::start);
        try (JMSContext context = factory.createContext()) {
            for (int index = 0; index < count; index++) {
                context.createProducer().send(context.createQueue(QUEUE), "body " + index);
            }
            for (Thread each : receivers) {
                context.createProducer().send(context.createQueue(QUEUE), "end");
            }
        }
        for (Thread each : receivers) {
            each.join();
        }
        Cases.equal(count + receivers.size(), received.size());
        Cases.equal(count + 1, new HashSet<>(received).size());
        empty();
    }

    private static void asynchronousSend() throws Exception {
        BlockingQueue<String> done = new LinkedBlockingQueue<>();
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue(QUEUE);
            context.createProducer().setAsync(new javax.jms.CompletionListener() {
                @Override
                public void onCompletion(Message message) {
                    done.add("sent");
                }

                @Override
                public void onException(Message message, Exception error) {
                    done.add(error.toString());
                }
            }).send(queue, "later");
            Cases.equal("sent", next(done));
            Cases.equal("later", context.createConsumer(queue).receiveBody(String.class, LONG_MS));
        }
        empty();
    }
}
