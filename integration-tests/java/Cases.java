import java.util.ArrayList;
import java.util.List;

/** Runs named cases one after another and prints one line for each: its name, a tab, and what came of it. */
final class Cases {
    interface Case {
        void run() throws Exception;
    }

    private record Named(String name, Case work) {}

    private final List<Named> cases = new ArrayList<>();
    /** Which cases: those with this word in their names, but not with that one. */
    private final String only = System.getProperty("only", "");
    private final String except = System.getProperty("except", "\n");

    void add(String name, Case work) {
        if (name.contains(only) && !name.contains(except)) {
            cases.add(new Named(name, work));
        }
    }

    /** Ends the process: 0 where every case passed. */
    void runAll() {
        boolean failed = false;
        for (Named each : cases) {
            long began = System.nanoTime();
            try {
                each.work().run();
                System.out.println(each.name() + "\tpass");
            } catch (Throwable error) {
                failed = true;
                System.out.println(each.name() + "\tfail: " + error);
                error.printStackTrace(System.err);
            }
            System.err.println(each.name() + ": " + (System.nanoTime() - began) / 1_000_000 + " ms");
        }
        System.out.flush();
        System.exit(failed ? 1 : 0);
    }

    static void equal(Object expected, Object actual) {
        if (!java.util.Objects.equals(expected, actual)) {
            throw new AssertionError("expected " + expected + ", got " + actual);
        }
    }

    static void holds(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    interface Failing {
        void run() throws Exception;
    }

    static <E extends Exception> E fails(Class<E> kind, Failing work) throws Exception {
        try {
            work.run();
        } catch (Exception error) {
            if (kind.isInstance(error)) {
                return kind.cast(error);
            }
            throw error;
        }
        throw new AssertionError("expected " + kind.getSimpleName());
    }
}
