import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.jms.TextMessage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.springframework.jms.JmsException;
import org.springframework.jms.connection.CachingConnectionFactory;
import org.springframework.jms.connection.JmsTransactionManager;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.jms.listener.DefaultMessageListenerContainer;
import org.springframework.jms.listener.adapter.MessageListenerAdapter;
import org.springframework.transaction.support.TransactionTemplate;

/** Spring's JmsTemplate and DefaultMessageListenerContainer. */
final class SpringCases {
    private static final String QUEUE = "JAVA.SPRING";
    /** What the test watches: a message here asks it to kill the queue manager and start it again. */
    private static final String RESTART = "JAVA.RESTART";
    private static final long LONG_MS = 20_000;
    private final ConnectionFactory factory;

    SpringCases(ConnectionFactory factory) {
        this.factory = factory;
    }

    void addTo(Cases cases) {
        cases.add("Spring: send and receive, a connection for each", this::sendAndReceive);
        cases.add("Spring: headers and properties, connections kept", this::properties);
        cases.add("Spring: sendAndReceive with a temporary queue", this::requestReply);
        cases.add("Spring: browse and browseSelected", this::browse);
        cases.add("Spring: receiveSelected", this::receiveSelected);
        cases.add("Spring: a transaction manager commits and rolls back", this::transactions);
        cases.add("Spring: four consumers of a container share a queue", this::concurrentConsumers);
        cases.add("Spring: a failed listener is given its message again", this::redelivery);
        cases.add("Spring: a container with a transaction manager", this::managedContainer);
        cases.add("Spring: a container stops while it waits, and starts again", this::stopWhileWaiting);
        cases.add("Spring: a container with a selector", this::selectingContainer);
    }

    void addRestartTo(Cases cases) {
        cases.add("Spring: a container goes on after the queue manager was killed", this::restart);
    }

    private JmsTemplate template(ConnectionFactory on) {
        JmsTemplate template = new JmsTemplate(on);
        template.setDefaultDestinationName(QUEUE);
        template.setReceiveTimeout(LONG_MS);
        return template;
    }

    /** A container that listens on the queue and is not yet started. */
    private DefaultMessageListenerContainer container(Object listener) {
        DefaultMessageListenerContainer container = new DefaultMessageListenerContainer();
        container.setConnectionFactory(factory);
        container.setDestinationName(QUEUE);
        container.setMessageListener(listener);
        container.setSessionTransacted(true);
        container.setReceiveTimeout(300);
        container.setRecoveryInterval(100);
        return container;
    }

    private interface Work {
        void run() throws Exception;
    }

    private static void whileRunning(DefaultMessageListenerContainer container, Work work) throws Exception {
        container.afterPropertiesSet();
        container.start();
        try {
            work.run();
        } finally {
            container.shutdown();
        }
    }

    /** No case leaves a message to the next one. */
    private void empty() {
        JmsTemplate template = template(factory);
        template.setReceiveTimeout(JmsTemplate.RECEIVE_TIMEOUT_NO_WAIT);
        Cases.equal(null, template.receive());
    }

    private void sendAndReceive() {
        JmsTemplate template = template(factory);
        template.convertAndSend("Grüße, 世界");
        Cases.equal("Grüße, 世界", template.receiveAndConvert());
        template.convertAndSend(new byte[] {0, (byte) 0xFF, 7});
        Cases.equal(List.of((byte) 0, (byte) 0xFF, (byte) 7), boxed((byte[]) template.receiveAndConvert()));
        empty();
    }

    private static List<Byte> boxed(byte[] bytes) {
        List<Byte> all = new ArrayList<>();
        for (byte each : bytes) {
            all.add(each);
        }
        return all;
    }

    private void properties() throws Exception {
        CachingConnectionFactory caching = new CachingConnectionFactory(factory);
        try {
            JmsTemplate template = template(caching);
            template.setExplicitQosEnabled(true);
            template.setPriority(7);
            template.convertAndSend((Object) "body", message -> {
                message.setStringProperty("colour", "grün");
                message.setLongProperty("amount", 1L << 40);
                message.setJMSCorrelationID("order 7");
                message.setJMSType("order");
                return message;
            });
            Message got = template.receive();
            Cases.equal("grün", got.getStringProperty("colour"));
            Cases.equal(1L << 40, got.getLongProperty("amount"));
            Cases.equal("order 7", got.getJMSCorrelationID());
            Cases.equal("order", got.getJMSType());
            Cases.equal(7, got.getJMSPriority());
            for (int number = 0; number < 20; number++) {
                template.convertAndSend("number " + number);
                Cases.equal("number " + number, template.receiveAndConvert());
            }
        } finally {
            caching.destroy();
        }
        empty();
    }

    /** What replies by its return value, as Spring's adapter sends it to JMSReplyTo. */
    public static final class Shouting {
        public String handleMessage(String text) {
            return text.toUpperCase(java.util.Locale.ROOT);
        }
    }

    private void requestReply() throws Exception {
        whileRunning(container(new MessageListenerAdapter(new Shouting())), () -> {
            JmsTemplate template = template(factory);
            Message reply = template.sendAndReceive(session -> session.createTextMessage("please"));
            Cases.equal("PLEASE", ((TextMessage) reply).getText());
            Cases.holds(reply.getJMSCorrelationID() != null, "the request's id comes back");
        });
        empty();
    }

    private void browse() {
        JmsTemplate template = template(factory);
        for (String colour : List.of("red", "green", "red")) {
            template.convertAndSend((Object) colour, message -> {
                message.setStringProperty("colour", colour);
                return message;
            });
        }
        Cases.equal(3, template.browse((session, browser) -> Collections.list(browser.getEnumeration()).size()));
        Cases.equal(2, template.browseSelected("colour = 'red'",
            (session, browser) -> Collections.list(browser.getEnumeration()).size()));
        for (String colour : List.of("red", "green", "red")) {
            Cases.equal(colour, template.receiveAndConvert());
        }
        empty();
    }

    private void receiveSelected() throws JMSException {
        JmsTemplate template = template(factory);
        for (int size = 1; size <= 3; size++) {
            int stated = size;
            template.convertAndSend((Object) ("size " + size), message -> {
                message.setIntProperty("size", stated);
                return message;
            });
        }
        Cases.equal("size 2", template.receiveSelectedAndConvert("size BETWEEN 2 AND 3"));
        Message third = template.receiveSelected("size > 1");
        Cases.equal(3, third.getIntProperty("size"));
        Cases.equal("size 1", template.receiveAndConvert());
        empty();
    }

    private void transactions() throws Exception {
        CachingConnectionFactory caching = new CachingConnectionFactory(factory);
        try {
            JmsTemplate template = template(caching);
            template.setSessionTransacted(true);
            TransactionTemplate unit = new TransactionTemplate(new JmsTransactionManager(caching));
            unit.executeWithoutResult(status -> {
                template.convertAndSend("never seen");
                status.setRollbackOnly();
            });
            empty();
            unit.executeWithoutResult(status -> template.convertAndSend("kept"));
            Cases.fails(IllegalStateException.class, () -> unit.executeWithoutResult(status -> {
                Cases.equal("kept", template.receiveAndConvert());
                template.convertAndSend("not sent either");
                throw new IllegalStateException("on purpose");
            }));
            Message again = unit.execute(status -> template.receive());
            Cases.equal("kept", ((TextMessage) again).getText());
            Cases.equal(2, again.getIntProperty("JMSXDeliveryCount"));
            Cases.equal(true, again.getJMSRedelivered());
        } finally {
            caching.destroy();
        }
        empty();
    }

    private void concurrentConsumers() throws Exception {
        int messages = 40;
        Set<String> threads = ConcurrentHashMap.newKeySet();
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        CountDownLatch together = new CountDownLatch(4);
        DefaultMessageListenerContainer container = container((MessageListener) message -> {
            threads.add(Thread.currentThread().getName());
            together.countDown();
            await(together);
            got.add(textOf(message));
        });
        container.setConcurrentConsumers(4);
        Set<String> expected = new TreeSet<>();
        whileRunning(container, () -> {
            for (int number = 0; number < messages; number++) {
                expected.add("number " + number);
            }
            JmsTemplate template = template(factory);
            template.execute((session, producer) -> {
                for (String text : expected) {
                    producer.send(session.createTextMessage(text));
                }
                return null;
            });
            List<String> all = take(got, messages);
            Cases.equal(expected, new TreeSet<>(all));
            Cases.equal(4, threads.size());
        });
        empty();
        Cases.equal(0, got.size());
    }

    private static void await(CountDownLatch latch) {
        try {
            Cases.holds(latch.await(LONG_MS, TimeUnit.MILLISECONDS), "every consumer has a message at once");
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }

    private static List<String> take(BlockingQueue<String> from, int count) throws InterruptedException {
        List<String> all = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            String next = from.poll(LONG_MS, TimeUnit.MILLISECONDS);
            Cases.holds(next != null, "message " + (number + 1) + " of " + count);
            all.add(next);
        }
        return all;
    }

    private static String textOf(Message message) {
        try {
            return ((TextMessage) message).getText();
        } catch (JMSException error) {
            throw new IllegalStateException(error);
        }
    }

    /** Fails twice, and notes for each try the delivery count and whether it is said to be one more. */
    private static MessageListener failingTwice(BlockingQueue<String> tries) {
        return message -> {
            try {
                int count = message.getIntProperty("JMSXDeliveryCount");
                tries.add(count + " " + message.getJMSRedelivered());
                if (count < 3) {
                    throw new IllegalStateException("on purpose, at try " + count);
                }
            } catch (JMSException error) {
                throw new IllegalStateException(error);
            }
        };
    }

    private void redelivery() throws Exception {
        BlockingQueue<String> tries = new LinkedBlockingQueue<>();
        DefaultMessageListenerContainer container = container(failingTwice(tries));
        container.setErrorHandler(error -> { });
        whileRunning(container, () -> {
            template(factory).convertAndSend("thrice");
            Cases.equal(List.of("1 false", "2 true", "3 true"), take(tries, 3));
        });
        empty();
        Cases.equal(0, tries.size());
    }

    /** With a transaction manager the container takes a connection for each receive, unless they are kept. */
    private void managedContainer() throws Exception {
        BlockingQueue<String> tries = new LinkedBlockingQueue<>();
        DefaultMessageListenerContainer container = container(failingTwice(tries));
        container.setErrorHandler(error -> { });
        container.setTransactionManager(new JmsTransactionManager(factory));
        whileRunning(container, () -> {
            template(factory).convertAndSend("thrice");
            Cases.equal(List.of("1 false", "2 true", "3 true"), take(tries, 3));
        });
        empty();
    }

    private void stopWhileWaiting() throws Exception {
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        DefaultMessageListenerContainer container = container((MessageListener) message -> got.add(textOf(message)));
        container.setReceiveTimeout(LONG_MS);
        CountDownLatch stopped = new CountDownLatch(1);
        whileRunning(container, () -> {
            JmsTemplate template = template(factory);
            template.convertAndSend("before");
            Cases.equal(List.of("before"), take(got, 1));
            container.stop(stopped::countDown);
            template.convertAndSend("while it was stopped");
            Cases.equal(null, got.poll(300, TimeUnit.MILLISECONDS));
            container.start();
            Cases.equal(List.of("while it was stopped"), take(got, 1));
        });
        JmsTemplate template = template(factory);
        template.convertAndSend("after");
        Cases.equal("after", template.receiveAndConvert());
        empty();
    }

    private void selectingContainer() throws Exception {
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        DefaultMessageListenerContainer container = container((MessageListener) message -> got.add(textOf(message)));
        container.setMessageSelector("JMSType = 'order'");
        JmsTemplate template = template(factory);
        whileRunning(container, () -> {
            template.convertAndSend("no order");
            template.convertAndSend((Object) "an order", message -> {
                message.setJMSType("order");
                return message;
            });
            Cases.equal(List.of("an order"), take(got, 1));
        });
        Cases.equal("no order", template.receiveAndConvert());
        empty();
    }

    /** The test kills the queue manager when it sees a message on the queue for that, starts it again and puts "after". */
    private void restart() throws Exception {
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        DefaultMessageListenerContainer container = container((MessageListener) message -> got.add(textOf(message)));
        container.setConcurrentConsumers(2);
        container.setErrorHandler(error -> { });
        whileRunning(container, () -> {
            JmsTemplate template = template(factory);
            template.convertAndSend("before");
            Cases.equal(List.of("before"), take(got, 1));
            try {
                template.convertAndSend(RESTART, "now");
            } catch (JmsException died) {
                // It is killed as soon as the message is seen, perhaps before its reply is sent.
            }
            Cases.equal(List.of("after"), take(got, 1));
        });
        empty();
    }
}
