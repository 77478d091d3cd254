//! Materialized views that refresh themselves some time after their tables have changed.

use std::time::Duration;

use crate::support::{ask, check, start};

#[tokio::test(flavor = "multi_thread")]
async fn views_follow_their_tables_by_the_clock() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("create table sales (shop varchar(10), amount int)", ""),
            ("insert into sales values ('rome', 1)", ""),
            (
                "create materialized view \"Sums\" auto refresh yes as \
                 select shop, sum(amount) as total from sales group by shop",
                "",
            ),
            (
                "create materialized view kept auto refresh no as select count(*) as n from sales",
                "",
            ),
            ("insert into sales values ('rome', 2), ('oslo', 3)", ""),
            ("select * from sums", "rome|1"),
            ("select name, is_stale from svv_mv_info order by 1", "kept|t;sums|t"),
        ],
    )
    .await;
    // No time passes: nothing happens, however often it is looked.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    check(&admin, &[("select * from sums", "rome|1")]).await;
    let mut looks = 0;
    while ask(&admin, "select count(*) from sums").await != ["2"] {
        cluster.world.advance(chrono::Duration::seconds(31));
        tokio::time::sleep(Duration::from_millis(300)).await;
        looks += 1;
        assert!(looks < 100, "the view stays as it was");
    }
    check(
        &admin,
        &[
            ("select shop, total from sums order by 1", "oslo|3;rome|3"),
            ("select * from kept", "1"),
            ("select name, is_stale, autorefresh from svv_mv_info order by 1", "kept|t|f;sums|f|t"),
            (
                "select trim(mv_name), status, trim(refresh_type) from svl_mv_refresh_status",
                "sums|Refresh successfully updated MV incrementally|Auto",
            ),
            ("select count(*) from stv_sessions", "1"),
            ("refresh materialized view kept", ""),
            (
                "select trim(mv_name), trim(refresh_type) from svl_mv_refresh_status order by 2",
                "sums|Auto;kept|Manual",
            ),
        ],
    )
    .await;
}
