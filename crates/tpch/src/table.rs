//! The eight tables (clause 1.4).

/// A table: its columns with types, and where Redshift keeps its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Columns and primary key, as in `CREATE TABLE`.
    pub columns: &'static str,
    /// `DISTKEY`, `SORTKEY`: only Redshift reads them.
    pub attributes: &'static str,
}

impl Table {
    /// `CREATE TABLE`; with Redshift's attributes or, for other databases, without.
    #[must_use]
    pub fn create(&self, with_attributes: bool) -> String {
        let attributes = if with_attributes { self.attributes } else { "" };
        format!("create table {} ({}) {attributes}", self.name, self.columns)
    }
}

/// Smallest first.
pub const TABLES: [Table; 8] = [
    Table {
        name: "region",
        columns: "r_regionkey integer not null primary key, r_name char(25) not null, \
                  r_comment varchar(152)",
        attributes: "diststyle all sortkey (r_regionkey)",
    },
    Table {
        name: "nation",
        columns: "n_nationkey integer not null primary key, n_name char(25) not null, \
                  n_regionkey integer not null, n_comment varchar(152)",
        attributes: "diststyle all sortkey (n_nationkey)",
    },
    Table {
        name: "supplier",
        columns: "s_suppkey integer not null primary key, s_name char(25) not null, \
                  s_address varchar(40) not null, s_nationkey integer not null, \
                  s_phone char(15) not null, s_acctbal decimal(12,2) not null, \
                  s_comment varchar(101) not null",
        attributes: "diststyle even sortkey (s_suppkey)",
    },
    Table {
        name: "customer",
        columns: "c_custkey integer not null primary key, c_name varchar(25) not null, \
                  c_address varchar(40) not null, c_nationkey integer not null, \
                  c_phone char(15) not null, c_acctbal decimal(12,2) not null, \
                  c_mktsegment char(10) not null, c_comment varchar(117) not null",
        attributes: "distkey (c_custkey) sortkey (c_custkey)",
    },
    Table {
        name: "part",
        columns: "p_partkey integer not null primary key, p_name varchar(55) not null, \
                  p_mfgr char(25) not null, p_brand char(10) not null, \
                  p_type varchar(25) not null, p_size integer not null, \
                  p_container char(10) not null, p_retailprice decimal(12,2) not null, \
                  p_comment varchar(23) not null",
        attributes: "distkey (p_partkey) sortkey (p_partkey)",
    },
    Table {
        name: "partsupp",
        columns: "ps_partkey integer not null, ps_suppkey integer not null, \
                  ps_availqty integer not null, ps_supplycost decimal(12,2) not null, \
                  ps_comment varchar(199) not null, primary key (ps_partkey, ps_suppkey)",
        attributes: "distkey (ps_partkey) sortkey (ps_partkey)",
    },
    Table {
        name: "orders",
        columns: "o_orderkey bigint not null primary key, o_custkey integer not null, \
                  o_orderstatus char(1) not null, o_totalprice decimal(12,2) not null, \
                  o_orderdate date not null, o_orderpriority char(15) not null, \
                  o_clerk char(15) not null, o_shippriority integer not null, \
                  o_comment varchar(79) not null",
        attributes: "distkey (o_orderkey) sortkey (o_orderdate, o_orderkey)",
    },
    Table {
        name: "lineitem",
        columns: "l_orderkey bigint not null, l_partkey integer not null, \
                  l_suppkey integer not null, l_linenumber integer not null, \
                  l_quantity decimal(12,2) not null, l_extendedprice decimal(12,2) not null, \
                  l_discount decimal(12,2) not null, l_tax decimal(12,2) not null, \
                  l_returnflag char(1) not null, l_linestatus char(1) not null, \
                  l_shipdate date not null, l_commitdate date not null, \
                  l_receiptdate date not null, l_shipinstruct char(25) not null, \
                  l_shipmode char(10) not null, l_comment varchar(44) not null, \
                  primary key (l_orderkey, l_linenumber)",
        attributes: "distkey (l_orderkey) sortkey (l_shipdate, l_orderkey)",
    },
];
