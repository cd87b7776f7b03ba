import jakarta.jms.ConnectionFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.jms.JmsComponent;
import org.apache.camel.impl.DefaultCamelContext;

/** Apache Camel's jms: endpoints. */
final class CamelCases {
    private static final String IN = "jms:queue:JAVA.CAMEL.IN?receiveTimeout=300";
    private static final String OUT = "jms:queue:JAVA.CAMEL.OUT?receiveTimeout=300";
    /** What IBM's client sets on messages that it receives, and refuses on those that it is to send (JMSCC0050). */
    private static final String OF_THE_CLIENT = "JMS_IBM_*";
    private static final long LONG_MS = 20_000;
    private final ConnectionFactory factory;

    CamelCases(ConnectionFactory factory) {
        this.factory = factory;
    }

    void addTo(Cases cases) {
        cases.add("Camel: from one queue to another, transacted", this::fromQueueToQueue);
        cases.add("Camel: a failed route is given its message again", this::redelivery);
        cases.add("Camel: what a failed route has sent is taken back", this::sendsAreTakenBack);
        cases.add("Camel: InOut by a temporary queue", () -> requestReply(""));
        cases.add("Camel: InOut by a reply queue that is shared", () -> requestReply("&replyTo=JAVA.CAMEL.OUT&replyToType=Shared"));
        cases.add("Camel: InOut by a reply queue of its own", () -> requestReply("&replyTo=JAVA.CAMEL.OUT&replyToType=Exclusive"));
        cases.add("Camel: a selector", this::selector);
        cases.add("Camel: three consumers share a queue", this::concurrentConsumers);
    }

    private interface Work {
        void with(CamelContext camel, ProducerTemplate template) throws Exception;
    }

    /** Runs routes, and their work; nothing is left on the queues. */
    private void withRoutes(RouteBuilder routes, Work work) throws Exception {
        try (CamelContext camel = new DefaultCamelContext()) {
            JmsComponent component = JmsComponent.jmsComponent(factory);
            component.setTransacted(true);
            component.setLazyCreateTransactionManager(false);
            component.setCacheLevelName("CACHE_CONSUMER");
            component.setRequestTimeout(LONG_MS);
            camel.addComponent("jms", component);
            camel.addRoutes(routes);
            camel.start();
            work.with(camel, camel.createProducerTemplate());
        }
        try (var context = factory.createContext()) {
            for (String name : List.of("JAVA.CAMEL.IN", "JAVA.CAMEL.OUT")) {
                Cases.equal(null, context.createConsumer(context.createQueue(name)).receiveNoWait());
            }
        }
    }

    private static String receive(CamelContext camel, String from) {
        return camel.createConsumerTemplate().receiveBody(from, LONG_MS, String.class);
    }

    private void fromQueueToQueue() throws Exception {
        withRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from(IN).removeHeaders(OF_THE_CLIENT)
                    .process(exchange -> exchange.getMessage().setHeader("seen", "ja"))
                    .to("jms:queue:JAVA.CAMEL.OUT");
            }
        }, (camel, template) -> {
            template.sendBodyAndHeader("jms:queue:JAVA.CAMEL.IN", "Grüße", "colour", "grün");
            try (var consumer = camel.createConsumerTemplate()) {
                var got = consumer.receive(OUT, LONG_MS);
                Cases.equal("Grüße", got.getMessage().getBody(String.class));
                Cases.equal("grün", got.getMessage().getHeader("colour"));
                Cases.equal("ja", got.getMessage().getHeader("seen"));
                consumer.doneUoW(got);
            }
        });
    }

    private void redelivery() throws Exception {
        BlockingQueue<String> tries = new LinkedBlockingQueue<>();
        withRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                errorHandler(noErrorHandler());
                from(IN).process(exchange -> {
                    int count = exchange.getMessage().getHeader("JMSXDeliveryCount", Integer.class);
                    tries.add(count + " " + exchange.getMessage().getHeader("JMSRedelivered"));
                    failBefore(3, count);
                });
            }
        }, (camel, template) -> {
            template.sendBody("jms:queue:JAVA.CAMEL.IN", "thrice");
            Cases.equal(List.of("1 false", "2 true", "3 true"), take(tries, 3));
        });
        Cases.equal(0, tries.size());
    }

    private static void failBefore(int last, int count) {
        if (count < last) {
            throw new IllegalStateException("on purpose, at try " + count);
        }
    }

    /** The sending belongs to the unit of the consumer, so that a route which fails behind it has sent nothing. */
    private void sendsAreTakenBack() throws Exception {
        withRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                errorHandler(noErrorHandler());
                from(IN).removeHeaders(OF_THE_CLIENT).to("jms:queue:JAVA.CAMEL.OUT").process(exchange ->
                    failBefore(2, exchange.getMessage().getHeader("JMSXDeliveryCount", Integer.class)));
            }
        }, (camel, template) -> {
            template.sendBody("jms:queue:JAVA.CAMEL.IN", "once");
            Cases.equal("once", receive(camel, OUT));
        });
    }

    private void requestReply(String how) throws Exception {
        withRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("jms:queue:JAVA.CAMEL.IN?transacted=false&receiveTimeout=300").removeHeaders(OF_THE_CLIENT)
                    .process(exchange -> exchange.getMessage().setBody("re: " + exchange.getMessage().getBody(String.class)));
            }
        }, (camel, template) -> {
            String to = "jms:queue:JAVA.CAMEL.IN?transacted=false&receiveTimeout=300" + how;
            for (String text : List.of("one", "two")) {
                Cases.equal("re: " + text, template.requestBody(to, text, String.class));
            }
        });
    }

    private void selector() throws Exception {
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        withRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from(IN + "&selector=RAW(colour = 'red')").process(exchange -> got.add(exchange.getMessage().getBody(String.class)));
            }
        }, (camel, template) -> {
            template.sendBodyAndHeader("jms:queue:JAVA.CAMEL.IN", "a green one", "colour", "green");
            template.sendBodyAndHeader("jms:queue:JAVA.CAMEL.IN", "a red one", "colour", "red");
            Cases.equal(List.of("a red one"), take(got, 1));
            Cases.equal("a green one", receive(camel, IN));
        });
    }

    private void concurrentConsumers() throws Exception {
        Set<String> threads = ConcurrentHashMap.newKeySet();
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        CyclicBarrier together = new CyclicBarrier(3);
        withRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from(IN + "&concurrentConsumers=3").process(exchange -> {
                    together.await(LONG_MS, TimeUnit.MILLISECONDS);
                    threads.add(Thread.currentThread().getName());
                    got.add(exchange.getMessage().getBody(String.class));
                });
            }
        }, (camel, template) -> {
            Set<String> expected = new TreeSet<>();
            for (int number = 0; number < 9; number++) {
                expected.add("number " + number);
                template.sendBody("jms:queue:JAVA.CAMEL.IN", "number " + number);
            }
            Cases.equal(expected, new TreeSet<>(take(got, 9)));
            Cases.equal(3, threads.size());
        });
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
}
