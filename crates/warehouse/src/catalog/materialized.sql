-- Materialized views: what they are, and whether a refresh would change them.
CREATE VIEW memory.rs_own.materialized AS
SELECT m.db, r.schema_name, r.name, r.owner, m.stale, m.incremental, m.auto_refresh
FROM memory.rs_own.materialized_views m
JOIN memory.rs_own.relations r ON r.db = m.db AND r.id = m.relation
WHERE m.db = getvariable('current_database')
  AND memory.rs_own.may_see(r.db, 'relation', r.schema_name, r.name, r.owner);
CREATE VIEW memory.rs_catalog.svv_mv_info AS
SELECT db AS database_name, schema_name, memory.rs_catalog.pg_get_userbyid(owner) AS user_name, name,
       CASE WHEN stale THEN 't' ELSE 'f' END AS is_stale,
       CASE WHEN incremental THEN 1 ELSE 0 END AS state,
       CAST('f' AS VARCHAR) AS autorewrite,
       CASE WHEN auto_refresh THEN 't' ELSE 'f' END AS autorefresh
FROM memory.rs_own.materialized;
CREATE VIEW memory.rs_catalog.stv_mv_info AS
SELECT database_name AS db_name, schema_name AS "schema", name, CAST(0 AS BIGINT) AS updated_upto_xid,
       is_stale, user_name AS owner_user_name, state, autorewrite, autorefresh
FROM memory.rs_catalog.svv_mv_info;
-- Refreshes since the cluster's start.
CREATE TABLE memory.rs_own.refreshes (
  database_name VARCHAR, user_id BIGINT, schema_name VARCHAR, name VARCHAR, transaction_id BIGINT,
  start_time TIMESTAMP, end_time TIMESTAMP, status VARCHAR, kind VARCHAR);
CREATE VIEW memory.rs_catalog.svl_mv_refresh_status AS
SELECT database_name AS db_name, user_id AS userid, schema_name, name AS mv_name, transaction_id AS xid,
       start_time AS starttime, end_time AS endtime, status, kind AS refresh_type
FROM memory.rs_own.refreshes WHERE memory.rs_own.may_see_user(user_id);
