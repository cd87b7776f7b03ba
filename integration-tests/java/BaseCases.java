import static com.ibm.mq.constants.CMQC.*;

import com.ibm.mq.MQException;
import com.ibm.mq.MQGetMessageOptions;
import com.ibm.mq.MQMessage;
import com.ibm.mq.MQPutMessageOptions;
import com.ibm.mq.MQQueue;
import com.ibm.mq.MQQueueManager;
import com.ibm.mq.constants.MQConstants;
import com.ibm.mq.headers.MQRFH2;
import java.util.Arrays;
import java.util.Hashtable;

/** IBM MQ classes for Java. Arguments: host, port, channel, user, password. */
public final class BaseCases {
    private static final String QUEUE = "JAVA.BASE";
    private static final int IN_AND_OUT = MQOO_INPUT_SHARED | MQOO_OUTPUT | MQOO_INQUIRE | MQOO_BROWSE;
    private static final Hashtable<String, Object> AT = new Hashtable<>();

    public static void main(String[] arguments) {
        AT.put(MQConstants.HOST_NAME_PROPERTY, arguments[0]);
        AT.put(MQConstants.PORT_PROPERTY, Integer.valueOf(arguments[1]));
        AT.put(MQConstants.CHANNEL_PROPERTY, arguments[2]);
        AT.put(MQConstants.USER_ID_PROPERTY, arguments[3]);
        AT.put(MQConstants.PASSWORD_PROPERTY, arguments[4]);
        AT.put(MQConstants.USE_MQCSP_AUTHENTICATION_PROPERTY, Boolean.TRUE);
        MQException.logExclude(Integer.valueOf(MQRC_NO_MSG_AVAILABLE));
        Cases cases = new Cases();
        cases.add("connect and inquire the queue manager", BaseCases::inquiresQueueManager);
        cases.add("a wrong password is 2035", BaseCases::wrongPassword);
        cases.add("a password in compatibility mode", BaseCases::compatibilityMode);
        cases.add("an unknown channel is 2540", BaseCases::unknownChannel);
        cases.add("another queue manager is 2058", BaseCases::otherQueueManager);
        cases.add("an unknown queue is 2085", BaseCases::unknownQueue);
        cases.add("put, depth, get", BaseCases::putAndGet);
        cases.add("a short buffer: 2080 and 2079", BaseCases::shortBuffer);
        cases.add("a wait that ends is 2033", BaseCases::waits);
        cases.add("a waiting get is woken by a put", BaseCases::woken);
        cases.add("1 byte to 1 MB", BaseCases::sizes);
        cases.add("commit and backout, backout count", BaseCases::unit);
        cases.add("disconnecting commits", BaseCases::disconnectCommits);
        cases.add("match by message id and correlation id", BaseCases::matches);
        cases.add("browse, cursor, get under cursor", BaseCases::browses);
        cases.add("put1 and context", BaseCases::put1);
        cases.add("a dynamic queue", BaseCases::dynamicQueue);
        cases.add("properties, and their MQRFH2", BaseCases::properties);
        cases.add("CCSIDs and formats", BaseCases::characterSets);
        cases.add("inquire a queue", BaseCases::inquiresQueue);
        cases.add("set an attribute of a queue", BaseCases::setsQueue);
        cases.add("put without response, and MQSTAT", BaseCases::unanswered);
        cases.runAll();
    }

    private interface Work {
        void with(MQQueueManager manager, MQQueue queue) throws Exception;
    }

    private static MQQueueManager connect() throws MQException {
        return new MQQueueManager("QM1", AT);
    }

    private static void onQueue(Work work) throws Exception {
        MQQueueManager manager = connect();
        try {
            MQQueue queue = manager.accessQueue(QUEUE, IN_AND_OUT);
            work.with(manager, queue);
            Cases.equal(0, queue.getCurrentDepth());
            queue.close();
        } finally {
            manager.disconnect();
        }
    }

    private static MQMessage text(String text) throws Exception {
        MQMessage message = new MQMessage();
        message.format = MQFMT_STRING;
        message.characterSet = 1208;
        message.writeString(text);
        return message;
    }

    private static MQPutMessageOptions putting(int options) {
        MQPutMessageOptions put = new MQPutMessageOptions();
        put.options = options;
        return put;
    }

    private static MQGetMessageOptions getting(int options) {
        MQGetMessageOptions get = new MQGetMessageOptions();
        get.options = options;
        get.matchOptions = MQMO_NONE;
        return get;
    }

    private static String get(MQQueue queue, int options) throws Exception {
        MQMessage message = new MQMessage();
        queue.get(message, getting(options));
        return message.readStringOfByteLength(message.getDataLength());
    }

    private static void expect(int reason, Cases.Failing work) throws Exception {
        Cases.equal(reason, Cases.fails(MQException.class, work).reasonCode);
    }

    private static void inquiresQueueManager() throws Exception {
        MQQueueManager manager = connect();
        Cases.holds(manager.isConnected(), "it is connected");
        Cases.equal("QM1", manager.getName().trim());
        Cases.holds(manager.getCommandLevel() >= 800, "a command level that clients know");
        Cases.holds(manager.getMaximumMessageLength() >= 4_000_000, "long messages");
        manager.disconnect();
    }

    private static void wrongPassword() throws Exception {
        Hashtable<String, Object> wrong = new Hashtable<>(AT);
        wrong.put(MQConstants.PASSWORD_PROPERTY, "not it");
        expect(MQRC_NOT_AUTHORIZED, () -> new MQQueueManager("QM1", wrong));
    }

    private static void compatibilityMode() throws Exception {
        Hashtable<String, Object> at = new Hashtable<>(AT);
        at.put(MQConstants.USE_MQCSP_AUTHENTICATION_PROPERTY, Boolean.FALSE);
        new MQQueueManager("QM1", at).disconnect();
        at.put(MQConstants.PASSWORD_PROPERTY, "not it");
        expect(MQRC_NOT_AUTHORIZED, () -> new MQQueueManager("QM1", at));
    }

    private static void unknownChannel() throws Exception {
        Hashtable<String, Object> at = new Hashtable<>(AT);
        at.put(MQConstants.CHANNEL_PROPERTY, "NO.SUCH.CHANNEL");
        expect(MQRC_UNKNOWN_CHANNEL_NAME, () -> new MQQueueManager("QM1", at));
    }

    private static void otherQueueManager() throws Exception {
        expect(MQRC_Q_MGR_NAME_ERROR, () -> new MQQueueManager("OTHER", AT));
    }

    private static void unknownQueue() throws Exception {
        MQQueueManager manager = connect();
        expect(MQRC_UNKNOWN_OBJECT_NAME, () -> manager.accessQueue("NO.SUCH.QUEUE", MQOO_OUTPUT));
        manager.disconnect();
    }

    private static void putAndGet() throws Exception {
        onQueue((manager, queue) -> {
            queue.put(text("one"));
            queue.put(text("two"));
            Cases.equal(2, queue.getCurrentDepth());
            Cases.equal("one", get(queue, MQGMO_NO_WAIT));
            Cases.equal("two", get(queue, MQGMO_NO_WAIT));
            expect(MQRC_NO_MSG_AVAILABLE, () -> get(queue, MQGMO_NO_WAIT));
        });
    }

    private static void shortBuffer() throws Exception {
        onQueue((manager, queue) -> {
            queue.put(text("0123456789"));
            MQMessage message = new MQMessage();
            expect(MQRC_TRUNCATED_MSG_FAILED, () -> queue.get(message, getting(MQGMO_NO_WAIT), 4));
            Cases.equal(10, message.getTotalMessageLength());
            Cases.equal(1, queue.getCurrentDepth());
            MQMessage cut = new MQMessage();
            expect(MQRC_TRUNCATED_MSG_ACCEPTED,
                    () -> queue.get(cut, getting(MQGMO_NO_WAIT | MQGMO_ACCEPT_TRUNCATED_MSG), 4));
            Cases.equal("0123", cut.readStringOfByteLength(4));
        });
    }

    private static void waits() throws Exception {
        onQueue((manager, queue) -> {
            MQGetMessageOptions get = getting(MQGMO_WAIT);
            get.waitInterval = 200;
            long began = System.nanoTime();
            expect(MQRC_NO_MSG_AVAILABLE, () -> queue.get(new MQMessage(), get));
            Cases.holds(System.nanoTime() - began >= 190_000_000L, "it waited");
        });
    }

    private static void woken() throws Exception {
        onQueue((manager, queue) -> {
            Thread putter = new Thread(() -> {
                try {
                    Thread.sleep(200);
                    MQQueueManager other = connect();
                    other.accessQueue(QUEUE, MQOO_OUTPUT).put(text("late"));
                    other.disconnect();
                } catch (Exception error) {
                    error.printStackTrace();
                }
            });
            putter.start();
            MQGetMessageOptions get = getting(MQGMO_WAIT | MQGMO_SYNCPOINT);
            get.waitInterval = 30_000;
            MQMessage message = new MQMessage();
            queue.get(message, get);
            Cases.equal("late", message.readStringOfByteLength(4));
            putter.join();
            manager.commit();
        });
    }

    private static void sizes() throws Exception {
        onQueue((manager, queue) -> {
            for (int size : new int[] {1, 3, 4, 4095, 4096, 4097, 32_000, 32_748, 65_536, 1_000_000}) {
                byte[] bytes = new byte[size];
                for (int index = 0; index < size; index++) {
                    bytes[index] = (byte) (index * 31);
                }
                MQMessage put = new MQMessage();
                put.write(bytes);
                queue.put(put);
                MQMessage got = new MQMessage();
                queue.get(got, getting(MQGMO_NO_WAIT));
                byte[] back = new byte[got.getDataLength()];
                got.readFully(back);
                Cases.holds(Arrays.equals(bytes, back), size + " bytes as they were");
            }
        });
    }

    private static void unit() throws Exception {
        onQueue((manager, queue) -> {
            queue.put(text("kept"), putting(MQPMO_SYNCPOINT));
            manager.commit();
            queue.put(text("undone"), putting(MQPMO_SYNCPOINT));
            manager.backout();
            MQMessage first = new MQMessage();
            queue.get(first, getting(MQGMO_SYNCPOINT));
            Cases.equal(0, first.backoutCount);
            manager.backout();
            MQMessage again = new MQMessage();
            queue.get(again, getting(MQGMO_SYNCPOINT));
            Cases.equal(1, again.backoutCount);
            Cases.equal("kept", again.readStringOfByteLength(4));
            manager.commit();
        });
    }

    private static void disconnectCommits() throws Exception {
        MQQueueManager manager = connect();
        manager.accessQueue(QUEUE, MQOO_OUTPUT).put(text("kept"), putting(MQPMO_SYNCPOINT));
        manager.disconnect();
        onQueue((other, queue) -> Cases.equal("kept", get(queue, MQGMO_NO_WAIT)));
    }

    private static void matches() throws Exception {
        onQueue((manager, queue) -> {
            byte[] correlation = Arrays.copyOf("second".getBytes(), 24);
            queue.put(text("first"));
            MQMessage second = text("second");
            second.correlationId = correlation;
            queue.put(second);
            MQMessage third = text("third");
            queue.put(third);
            MQGetMessageOptions byCorrelation = getting(MQGMO_NO_WAIT);
            byCorrelation.matchOptions = MQMO_MATCH_CORREL_ID;
            MQMessage got = new MQMessage();
            got.correlationId = correlation;
            queue.get(got, byCorrelation);
            Cases.equal("second", got.readStringOfByteLength(6));
            MQGetMessageOptions byId = getting(MQGMO_NO_WAIT);
            byId.matchOptions = MQMO_MATCH_MSG_ID;
            MQMessage last = new MQMessage();
            last.messageId = third.messageId;
            queue.get(last, byId);
            Cases.equal("third", last.readStringOfByteLength(5));
            Cases.equal("first", get(queue, MQGMO_NO_WAIT));
        });
    }

    private static void browses() throws Exception {
        onQueue((manager, queue) -> {
            for (String each : new String[] {"a", "b", "c"}) {
                queue.put(text(each));
            }
            Cases.equal("a", get(queue, MQGMO_BROWSE_FIRST));
            Cases.equal("b", get(queue, MQGMO_BROWSE_NEXT));
            Cases.equal("b", get(queue, MQGMO_BROWSE_MSG_UNDER_CURSOR));
            Cases.equal("b", get(queue, MQGMO_MSG_UNDER_CURSOR));
            Cases.equal("c", get(queue, MQGMO_BROWSE_NEXT));
            expect(MQRC_NO_MSG_AVAILABLE, () -> get(queue, MQGMO_BROWSE_NEXT));
            Cases.equal("a", get(queue, MQGMO_NO_WAIT));
            Cases.equal("c", get(queue, MQGMO_NO_WAIT));
        });
    }

    private static void put1() throws Exception {
        onQueue((manager, queue) -> {
            MQMessage put = text("alone");
            put.persistence = MQPER_PERSISTENT;
            put.priority = 7;
            put.replyToQueueName = "ANSWERS";
            put.expiry = 3_000;
            manager.put(QUEUE, put, putting(MQPMO_NO_SYNCPOINT | MQPMO_NEW_MSG_ID));
            MQMessage got = new MQMessage();
            queue.get(got, getting(MQGMO_NO_WAIT));
            Cases.holds(Arrays.equals(put.messageId, got.messageId), "the id that the put returned");
            Cases.equal(MQPER_PERSISTENT, got.persistence);
            Cases.equal(7, got.priority);
            Cases.equal("ANSWERS", got.replyToQueueName.trim());
            Cases.equal("QM1", got.replyToQueueManagerName.trim());
            Cases.holds(got.expiry > 0 && got.expiry <= 3_000, "what is left of its time");
            Cases.equal("app", got.userId.trim());
            Cases.holds(System.currentTimeMillis() - got.putDateTime.getTimeInMillis() < 60_000, "put now");
        });
    }

    private static void dynamicQueue() throws Exception {
        MQQueueManager manager = connect();
        MQQueue queue = manager.accessQueue("SYSTEM.DEFAULT.MODEL.QUEUE",
                MQOO_INPUT_EXCLUSIVE | MQOO_OUTPUT | MQOO_INQUIRE, "", "JAVA.*", "");
        String name = queue.getName().trim();
        Cases.holds(name.startsWith("JAVA.") && name.length() > 10, "a name of its own: " + name);
        queue.put(text("here"));
        Cases.equal("here", get(queue, MQGMO_NO_WAIT));
        queue.close();
        expect(MQRC_UNKNOWN_OBJECT_NAME, () -> manager.accessQueue(name, MQOO_OUTPUT));
        manager.disconnect();
    }

    private static void properties() throws Exception {
        onQueue((manager, queue) -> {
            MQMessage put = text("body");
            put.setStringProperty("colour", "red");
            put.setIntProperty("size", 42);
            put.setBooleanProperty("urgent", true);
            queue.put(put);
            MQGetMessageOptions asHeader = getting(MQGMO_BROWSE_FIRST | MQGMO_PROPERTIES_FORCE_MQRFH2);
            MQMessage browsed = new MQMessage();
            queue.get(browsed, asHeader);
            Cases.equal(MQFMT_RF_HEADER_2.trim(), browsed.format.trim());
            MQRFH2 header = new MQRFH2(browsed);
            Cases.equal("red", header.getStringFieldValue("usr", "colour"));
            Cases.equal("body", browsed.readStringOfByteLength(browsed.getDataLength()));
            MQMessage got = new MQMessage();
            queue.get(got, getting(MQGMO_NO_WAIT | MQGMO_PROPERTIES_IN_HANDLE));
            Cases.equal("red", got.getStringProperty("colour"));
            Cases.equal(42, got.getIntProperty("size"));
            Cases.equal(true, got.getBooleanProperty("urgent"));
            Cases.equal("body", got.readStringOfByteLength(got.getDataLength()));
        });
    }

    private static void characterSets() throws Exception {
        onQueue((manager, queue) -> {
            for (int ccsid : new int[] {819, 850, 500, 1208, 1200}) {
                MQMessage put = new MQMessage();
                put.format = MQFMT_STRING;
                put.characterSet = ccsid;
                put.writeString("Zürich 12,50");
                queue.put(put);
                MQMessage got = new MQMessage();
                queue.get(got, getting(MQGMO_NO_WAIT));
                Cases.equal(ccsid, got.characterSet);
                Cases.equal("Zürich 12,50", got.readStringOfByteLength(got.getDataLength()));
            }
        });
    }

    private static void inquiresQueue() throws Exception {
        onQueue((manager, queue) -> {
            Cases.equal(5_000, queue.getMaximumDepth());
            Cases.equal(4_194_304, queue.getMaximumMessageLength());
            Cases.equal(MQQT_LOCAL, queue.getQueueType());
            Cases.equal(1, queue.getOpenInputCount());
            Cases.equal("for Java", queue.getDescription().trim());
            int[] numbers = new int[2];
            byte[] texts = new byte[48 + 64];
            queue.inquire(new int[] {MQCA_Q_NAME, MQIA_CURRENT_Q_DEPTH, MQCA_Q_DESC, MQIA_BACKOUT_THRESHOLD}, numbers, texts);
            Cases.equal(0, numbers[0]);
            Cases.equal(3, numbers[1]);
            Cases.equal(QUEUE, new String(texts, 0, 48).trim());
        });
    }

    private static void setsQueue() throws Exception {
        MQQueueManager manager = connect();
        MQQueue queue = manager.accessQueue(QUEUE, MQOO_SET | MQOO_INQUIRE | MQOO_OUTPUT);
        queue.setInhibitPut(MQQA_PUT_INHIBITED);
        expect(MQRC_PUT_INHIBITED, () -> queue.put(text("not now")));
        Cases.equal(MQQA_PUT_INHIBITED, queue.getInhibitPut());
        queue.setInhibitPut(MQQA_PUT_ALLOWED);
        queue.close();
        manager.disconnect();
        onQueue((other, open) -> {
            open.put(text("now"));
            Cases.equal("now", get(open, MQGMO_NO_WAIT));
        });
    }

    private static void unanswered() throws Exception {
        onQueue((manager, queue) -> {
            for (int index = 0; index < 5; index++) {
                queue.put(text("fast " + index), putting(MQPMO_ASYNC_RESPONSE));
            }
            com.ibm.mq.MQAsyncStatus status = manager.getAsyncStatus();
            Cases.equal(5, status.putSuccessCount);
            Cases.equal(0, status.putFailureCount);
            for (int index = 0; index < 5; index++) {
                Cases.equal("fast " + index, get(queue, MQGMO_NO_WAIT));
            }
        });
    }
}
