//! Row-level security and masking on every path by which rows could leave a table: nothing hidden
//! is ever seen, whatever the statement.

use tokio_postgres::Client;

use crate::support::{ask, check, start};

/// What must never be seen: the hidden row's mark, and the raw value of a masked column.
const SECRETS: [&str; 2] = ["hidden", "4532993817514842"];

/// Ways of reading or writing, as the restricted user; `;` separates statements of one message.
const PATHS: &[&str] = &[
    "select * from t",
    "select t.* from t",
    "select t from t",
    "select mark, card from public.t",
    "select public.t.mark, public.t.card from public.t",
    "select x.mark, x.card from t as x",
    "select x.a, x.b, x.c from t as x (a, b, c)",
    "select max(mark), min(card), count(*) from t",
    "select listagg(mark, ',') within group (order by id), listagg(card, ',') from t",
    "select * from (select * from t) as q",
    "select * from t as a join t as b on a.id = b.id",
    "select * from t as a, t as b where a.id = b.id",
    "select * from t natural join (select id from t) as b",
    "select * from t join t as b using (id)",
    "select * from t left join (select * from t) as b on b.id = t.id + 1",
    "select (select max(card) from t), (select max(mark) from t)",
    "select id from t where card like '4532%'",
    "select id, mark from t where exists (select 1 from t as u where u.mark = 'hidden')",
    "select mark from t where id in (select id from t where mark = 'hidden')",
    "select mark from t where id = any (select id from t)",
    "with q as (select * from t) select * from q",
    "with q as (select * from t), r as (select * from q) select * from r, q",
    "with recursive q as (select id, mark, card from t union all \
     select id + 10, mark, card from q where id < 10) select * from q",
    "with t as (select * from t) select * from t",
    "select * from t union select * from t",
    "select * from t union all (select * from t intersect select * from t)",
    "select * from t except select * from t where id = 1",
    "select mark, rank() over (order by card) from t",
    "select mark from t group by mark having max(card) > '0'",
    "select distinct card from t",
    "select top 5 * from t",
    "select * from t order by card, mark limit 10 offset 0",
    "select case when card like '4532%' then card else mark end from t",
    "select card || mark, upper(mark), substring(card, 1, 16), replace(card, '*', '') from t",
    "select * from v",
    "select * from vv",
    "select v.card, vv.mark from v join vv on v.id = vv.id",
    "with v as (select * from v) select * from v",
    "create temp table copied as select * from t; select * from copied",
    "create table kept as select * from vv; select * from kept",
    "select * into temp table picked from t; select * from picked",
    "create temp table filled (id int, mark varchar(20), card varchar(20)); \
     insert into filled select * from t; select * from filled",
    "create temp table from_view (id int, mark varchar(20), card varchar(20)); \
     insert into from_view select * from v; select * from from_view",
    "create view mine as select * from t; select * from mine",
    "create view mine2 as select * from vv; select * from mine2",
    "begin; declare c cursor for select * from t; fetch all from c; commit",
    "begin; declare d cursor for select * from vv; fetch all from d; commit",
    "prepare p as select * from t; execute p",
    "prepare pv (int) as select * from v where id > $1; execute pv (0)",
    "explain select * from t where mark = 'x'",
    "explain verbose select * from v",
    "update t set mark = card",
    "update t set mark = mark || '!' where card like '4532%'",
    "update t set mark = (select max(card) from t); select * from t",
    "update t set mark = u.card from t as u where u.id = t.id; select * from t",
    "update t set id = id + 0 where mark = 'hidden'",
    "delete from t where card = '4532993817514842'",
    "delete from t using t as u where u.id = t.id and u.mark = 'hidden'",
    "merge into t using (select 2 as id) as s on t.id = s.id when matched then update set mark = card",
    "insert into t select id + 100, card, mark from t; select * from t",
    "insert into t (id, mark) values (50, (select max(card) from t)); select * from t where id = 50",
    "unload ('select * from t') to 's3://lake/out_' iam_role 'arn:aws:iam::111111111111:role/Unloader'",
    "unload ('select * from vv') to 's3://lake/view_' iam_role 'arn:aws:iam::111111111111:role/Unloader'",
    "select * from dev.public.t",
    "select * from dev.public.vv",
    "select * from \"t\"",
    "select * from \"public\".\"t\"",
    "select cast(mark as int) from t",
    "select 1 / (id - 2) from t",
    "select id from t where cast(replace(mark, 'seen', '1') as int) = 1",
    "select id from t where 1 / (id - 2) < 0",
    "select a.id from t a join t b on cast(replace(b.mark, 'seen', '1') as int) = a.id",
];

/// What a statement answers by the extended protocol, as text.
async fn extended(client: &Client, sql: &str) -> String {
    let Ok(statement) = client.prepare(sql).await else { return String::new() };
    let text = |row: &tokio_postgres::Row| -> String {
        let cells = (0..row.len()).filter_map(|at| row.try_get::<_, String>(at).ok());
        cells.collect::<Vec<_>>().join("|")
    };
    match client.query(&statement, &[]).await {
        Ok(rows) => rows.iter().map(text).collect::<Vec<_>>().join(";"),
        Err(error) => format!("{error:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_shows_a_hidden_row_or_a_raw_value() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("create table t (id int, mark varchar(20), card varchar(20))", ""),
            ("insert into t values (1, 'seen', '4532993817514842'), (2, 'hidden', '99')", ""),
            ("create view v as select id, mark, card from t", ""),
            ("create view vv as select * from v where id > 0", ""),
            ("create user u password 'User12345'", ""),
            ("grant all on t to u", ""),
            ("grant select on v, vv to u", ""),
            ("create rls policy visible with (mark varchar(20)) using (mark <> 'hidden')", ""),
            ("attach rls policy visible on t to u", ""),
            ("alter table t row level security on", ""),
            (
                "create masking policy stars with (card varchar(20)) \
                 using (('****' || right(card, 2))::varchar(20))",
                "",
            ),
            ("attach masking policy stars on t (card) to u", ""),
        ],
    )
    .await;
    let user = cluster.client("u", "User12345").await;
    // Neither everything nor nothing is shown.
    let all = "1|seen|4532993817514842;2|hidden|99";
    for relation in ["t", "v", "vv"] {
        let query = format!("select id, mark, card from {relation} order by id");
        check(&admin, &[(query.as_str(), all)]).await;
        check(&user, &[(query.as_str(), "1|seen|****42")]).await;
    }
    for path in PATHS {
        let seen = ask(&user, path).await.join(";");
        for secret in SECRETS {
            assert!(!seen.contains(secret), "{path}\nshows {seen}");
        }
        user.batch_execute("rollback").await.unwrap();
        let seen = extended(&user, path).await;
        assert!(SECRETS.iter().all(|secret| !seen.contains(secret)), "{path}\nshows {seen}");
        user.batch_execute("rollback").await.unwrap();
    }
    let objects = cluster.cloud.objects.lock().unwrap().clone();
    assert!(objects.len() > 1, "nothing was unloaded");
    for (key, body) in &objects {
        let body = String::from_utf8_lossy(body);
        assert!(SECRETS.iter().all(|secret| !body.contains(secret)), "{key} holds {body}");
    }
    // The hidden row is as it was: what is not seen is not changed.
    check(&admin, &[("select mark from t where id = 2", "hidden")]).await;
}
