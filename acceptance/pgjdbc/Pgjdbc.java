import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;

/**
 * What an application does with PostgreSQL's JDBC driver, one method each. `java Pgjdbc.java URL
 * METHOD` runs one on a connection of its own; it prints what it found, a line each, and a failure
 * is the driver's exception.
 */
public class Pgjdbc {
    static String url;
    static Connection db;

    public static void main(String[] arguments) throws Exception {
        url = arguments[0];
        try (Connection made = DriverManager.getConnection(url)) {
            db = made;
            Pgjdbc.class.getDeclaredMethod(arguments[1]).invoke(null);
        } catch (java.lang.reflect.InvocationTargetException failed) {
            failed.getCause().printStackTrace();
            System.exit(1);
        }
    }

    static void say(Object... words) {
        StringJoiner line = new StringJoiner("|");
        for (Object word : words) line.add(String.valueOf(word));
        System.out.println(line);
    }

    /** Prints columns of every row. */
    static void rows(ResultSet found, String... columns) throws SQLException {
        try (found) {
            while (found.next()) {
                Object[] words = new Object[columns.length];
                for (int i = 0; i < columns.length; i++) words[i] = found.getObject(columns[i]);
                say(words);
            }
        }
    }

    static void run(String sql) throws SQLException {
        try (Statement statement = db.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Prints the SQLSTATE that an action fails with. */
    static void refused(String what, Callable action) throws Exception {
        try {
            action.call();
            say(what, "was not refused");
        } catch (SQLException expected) {
            say(what, expected.getSQLState(), expected.getMessage().split("\n")[0]);
        }
    }

    interface Callable {
        void call() throws Exception;
    }

    static void connection() throws Exception {
        DatabaseMetaData meta = db.getMetaData();
        say(meta.getDatabaseProductVersion(), meta.getDriverName());
        say(db.getCatalog(), db.getSchema(), meta.getUserName(), meta.getMaxColumnNameLength() > 0);
        say(db.isValid(5), db.getAutoCommit(), db.getTransactionIsolation());
        db.setSchema("pg_catalog");
        db.setReadOnly(true);
        db.setReadOnly(false);
        run("set query_group to 'mine'");
        rows(db.createStatement().executeQuery("show query_group"), "query_group");
    }

    /** Every type, more often than the driver's threshold for prepared statements and binary. */
    static void types() throws Exception {
        run("create temp table held (n int, b boolean, s smallint, i int, l bigint, r real,"
            + " d double precision, p decimal(20,4), v varchar(20), c char(4), day date, t time,"
            + " at timestamp, tz timestamptz)");
        String insert = "insert into held values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        try (PreparedStatement put = db.prepareStatement(insert)) {
            for (int n = 0; n < 8; n++) {
                put.setInt(1, n);
                put.setBoolean(2, n % 2 == 0);
                put.setShort(3, (short) -n);
                put.setInt(4, Integer.MAX_VALUE - n);
                put.setLong(5, Long.MIN_VALUE + n);
                put.setFloat(6, n / 2f);
                put.setDouble(7, n / 10.0);
                put.setBigDecimal(8, new BigDecimal("-12345678.0001"));
                put.setString(9, "täglich " + n);
                put.setString(10, "four");
                put.setObject(11, LocalDate.of(2024, 2, 29));
                put.setObject(12, LocalTime.of(4, 5, 6));
                put.setObject(13, LocalDateTime.of(2024, 2, 29, 23, 59, 58, 123456000));
                put.setObject(14, OffsetDateTime.of(2024, 2, 29, 23, 59, 58, 0, ZoneOffset.ofHours(2)));
                say(put.executeUpdate());
            }
            for (int place = 2; place <= 14; place++) put.setNull(place, Types.NULL);
            put.setInt(1, 99);
            put.executeUpdate();
        }
        String select = "select * from held where n = ? or at < ? and v = ? order by n";
        try (PreparedStatement get = db.prepareStatement(select)) {
            for (int n = 0; n < 8; n++) {
                get.setInt(1, n);
                get.setTimestamp(2, Timestamp.valueOf("2020-01-01 00:00:00"));
                get.setString(3, "nobody");
                try (ResultSet row = get.executeQuery()) {
                    row.next();
                    say(row.getInt(1), row.getBoolean(2), row.getShort(3), row.getInt(4), row.getLong(5),
                        row.getFloat(6), row.getDouble(7), row.getBigDecimal(8), row.getString(9),
                        row.getString(10), row.getObject(11, LocalDate.class),
                        row.getObject(12, LocalTime.class), row.getObject(13, LocalDateTime.class),
                        row.getObject(14, OffsetDateTime.class).toInstant(), row.next());
                }
            }
        }
        try (ResultSet nothing = db.createStatement().executeQuery("select * from held where n = 99")) {
            nothing.next();
            boolean all = true;
            for (int place = 2; place <= 14; place++) all &= nothing.getObject(place) == null;
            say("all null", all);
            ResultSetMetaData meta = nothing.getMetaData();
            StringJoiner kinds = new StringJoiner(",");
            for (int place = 1; place <= meta.getColumnCount(); place++)
                kinds.add(meta.getColumnTypeName(place) + ":" + meta.getPrecision(place));
            say(kinds);
        }
    }

    static void batches() throws Exception {
        run("create temp table batch (id int, name varchar(10))");
        try (PreparedStatement put = db.prepareStatement("insert into batch values (?, ?)")) {
            for (int n = 0; n < 300; n++) {
                put.setInt(1, n);
                put.setString(2, "name " + n);
                put.addBatch();
            }
            say(Arrays.stream(put.executeBatch()).sum());
            put.setInt(1, 1);
            put.setString(2, "fits");
            put.addBatch();
            put.setString(2, "does not fit at all");
            put.addBatch();
            refused("batch", put::executeBatch);
        }
        try (Statement several = db.createStatement()) {
            several.addBatch("insert into batch values (1000, 'x')");
            several.addBatch("delete from batch where id < 100");
            say(Arrays.toString(several.executeBatch()));
        }
        rows(db.createStatement().executeQuery("select count(*) as n from batch"), "n");
    }

    /** A fetch size makes the driver read portals in pages. */
    static void pages() throws Exception {
        db.setAutoCommit(false);
        String numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000)";
        try (PreparedStatement read = db.prepareStatement(numbers + " select i from n order by i")) {
            read.setFetchSize(64);
            for (int time = 0; time < 7; time++) {
                int count = 0, last = 0;
                try (ResultSet found = read.executeQuery()) {
                    while (found.next()) {
                        count++;
                        last = found.getInt(1);
                    }
                }
                say(count, last);
            }
            read.setMaxRows(10);
            int count = 0;
            try (ResultSet found = read.executeQuery()) {
                while (found.next()) count++;
            }
            say(count);
        }
        db.rollback();
    }

    static void transactions() throws Exception {
        run("create table jdbc.kept (id int)");
        db.setAutoCommit(false);
        db.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        run("insert into jdbc.kept values (1)");
        db.rollback();
        run("insert into jdbc.kept values (2)");
        db.commit();
        refused("division", () -> run("select 1 / 0"));
        refused("after it", () -> run("select 1"));
        db.rollback();
        refused("savepoint", () -> db.setSavepoint("here"));
        db.rollback();
        db.setAutoCommit(true);
        rows(db.createStatement().executeQuery("select id from jdbc.kept"), "id");
        try (Statement several = db.createStatement()) {
            boolean more = several.execute("insert into jdbc.kept values (3); select 'b' as b");
            say(more, several.getUpdateCount(), several.getMoreResults());
            rows(several.getResultSet(), "b");
        }
        try (Statement copied = db.createStatement()) {
            refused("copy", () -> copied.execute("copy jdbc.kept from stdin"));
        }
        try (CallableStatement call = db.prepareCall("call jdbc.add(?)")) {
            call.setInt(1, 4);
            call.execute();
        }
        rows(db.createStatement().executeQuery("select max(id) as id from jdbc.kept"), "id");
    }

    static final String LONG = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)"
        + " select count(*) from n a, n b, n c where a.i * b.i + c.i = 5";

    static void cancel() throws Exception {
        Statement slow = db.createStatement();
        new java.util.Timer(true).schedule(new java.util.TimerTask() {
            public void run() {
                try {
                    slow.cancel();
                } catch (SQLException failed) {
                    throw new RuntimeException(failed);
                }
            }
        }, 500);
        refused("cancelled", () -> slow.executeQuery(LONG));
        slow.setQueryTimeout(1);
        refused("timeout", () -> slow.executeQuery(LONG));
        slow.setQueryTimeout(0);
        run("set statement_timeout to 300");
        refused("statement_timeout", () -> slow.executeQuery(LONG));
        rows(slow.executeQuery("select 1 as still"), "still");
    }

    static void metadata() throws Exception {
        DatabaseMetaData meta = db.getMetaData();
        rows(meta.getSchemas(null, "jdbc"), "TABLE_SCHEM");
        rows(meta.getCatalogs(), "TABLE_CAT");
        rows(meta.getTables(null, "jdbc", "%", new String[] {"TABLE", "VIEW"}), "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE", "REMARKS");
        rows(meta.getColumns(null, "jdbc", "sale", "%"), "COLUMN_NAME", "TYPE_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS", "IS_NULLABLE", "ORDINAL_POSITION", "COLUMN_DEF");
        try (ResultSet types = meta.getTypeInfo()) {
            Set<String> names = new TreeSet<>();
            while (types.next()) names.add(types.getString("TYPE_NAME"));
            say(names.containsAll(List.of("bool", "int2", "int4", "int8", "numeric", "varchar", "timestamptz", "super")));
        }
        rows(meta.getTables(null, "pg_catalog", "pg_class", null), "TABLE_NAME");
        rows(meta.getProcedures(null, "jdbc", "%"), "PROCEDURE_NAME");
    }

    static void keys() throws Exception {
        DatabaseMetaData meta = db.getMetaData();
        rows(meta.getPrimaryKeys(null, "jdbc", "buyer"), "TABLE_NAME", "COLUMN_NAME", "KEY_SEQ", "PK_NAME");
        rows(meta.getImportedKeys(null, "jdbc", "sale"), "PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_NAME", "FKCOLUMN_NAME", "KEY_SEQ");
        rows(meta.getExportedKeys(null, "jdbc", "buyer"), "FKTABLE_NAME", "FKCOLUMN_NAME");
        rows(meta.getBestRowIdentifier(null, "jdbc", "buyer", 0, false), "COLUMN_NAME");
    }

    static void indexes() throws Exception {
        rows(db.getMetaData().getIndexInfo(null, "jdbc", "buyer", true, true), "INDEX_NAME", "COLUMN_NAME", "ORDINAL_POSITION");
    }

    static void privileges() throws Exception {
        rows(db.getMetaData().getTablePrivileges(null, "jdbc", "sale"), "GRANTEE", "PRIVILEGE");
    }

    static void functions() throws Exception {
        rows(db.getMetaData().getFunctions(null, "jdbc", "%"), "FUNCTION_NAME");
    }

    static void parameters() throws Exception {
        rows(db.getMetaData().getProcedureColumns(null, "jdbc", "add", "%"), "COLUMN_NAME", "TYPE_NAME");
        try (PreparedStatement asked = db.prepareStatement("select id from jdbc.sale where price > ? and buyer = ?")) {
            ParameterMetaData places = asked.getParameterMetaData();
            say(places.getParameterCount(), places.getParameterTypeName(1), places.getParameterTypeName(2));
            ResultSetMetaData columns = asked.getMetaData();
            say(columns.getColumnName(1), columns.getColumnTypeName(1), columns.getTableName(1));
        }
    }
}
