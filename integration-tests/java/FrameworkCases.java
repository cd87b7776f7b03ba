import com.ibm.mq.jakarta.jms.MQConnectionFactory;
import com.ibm.msg.client.jakarta.wmq.WMQConstants;

/** What people put on top of IBM's Jakarta client: Spring and Apache Camel. Arguments: host, port, channel, user, password. */
public final class FrameworkCases {
    public static void main(String[] arguments) throws Exception {
        MQConnectionFactory factory = new MQConnectionFactory();
        factory.setHostName(arguments[0]);
        factory.setPort(Integer.parseInt(arguments[1]));
        factory.setChannel(arguments[2]);
        factory.setQueueManager("QM1");
        factory.setTransportType(WMQConstants.WMQ_CM_CLIENT);
        factory.setStringProperty(WMQConstants.USERID, arguments[3]);
        factory.setStringProperty(WMQConstants.PASSWORD, arguments[4]);
        Cases cases = new Cases();
        new SpringCases(factory).addTo(cases);
        new CamelCases(factory).addTo(cases);
        new SpringCases(factory).addRestartTo(cases);
        cases.runAll();
    }
}
