-- What ran and who was there. CHAR columns are padded with blanks, as clients expect to trim them.
-- Redshift Developer Guide, "STL views for logging", "STV tables for snapshot data", "SVL views", "SYS views".
CREATE TABLE memory.rs_own.sessions (
  session_id BIGINT, user_id BIGINT, user_name VARCHAR, database_name VARCHAR, start_time TIMESTAMP,
  application_name VARCHAR, remote_host VARCHAR, remote_port INTEGER);
CREATE VIEW memory.rs_catalog.stv_sessions AS
SELECT start_time AS starttime, CAST(session_id AS INTEGER) AS process, memory.rs_own.chars(user_name, 50) AS user_name,
       memory.rs_own.chars(database_name, 50) AS db_name,
       CAST(coalesce((SELECT u.session_timeout FROM home.users u WHERE u.id = user_id), 0) AS INTEGER) AS timeout_sec
FROM memory.rs_own.sessions;
CREATE VIEW memory.rs_catalog.stl_sessions AS
SELECT CAST(coalesce(u.id, 0) AS INTEGER) AS userid, o.record_time AS starttime,
       coalesce((SELECT min(e.record_time) FROM home.connection_log e WHERE e.event = 'disconnecting session'
         AND e.session_id = o.session_id AND e.record_time >= o.record_time), o.record_time) AS endtime,
       CAST(o.session_id AS INTEGER) AS process, memory.rs_own.chars(o.user_name, 50) AS user_name,
       memory.rs_own.chars(o.database_name, 50) AS db_name, CAST(0 AS INTEGER) AS timeout_sec
FROM home.connection_log o LEFT JOIN home.users u ON u.name = o.user_name
WHERE o.event = 'initiating session' AND memory.rs_own.may_see_user(u.id);
CREATE VIEW memory.rs_catalog.stl_connection_log AS
SELECT memory.rs_own.chars(event, 50) AS event, record_time AS recordtime, memory.rs_own.chars(remote_host, 45) AS remotehost,
       memory.rs_own.chars(CAST(remote_port AS VARCHAR), 32) AS remoteport, CAST(session_id AS INTEGER) AS pid,
       memory.rs_own.chars(database_name, 50) AS dbname, memory.rs_own.chars(user_name, 50) AS username,
       memory.rs_own.chars('password', 32) AS authmethod, duration, memory.rs_own.chars(CASE WHEN tls THEN 'TLS' ELSE '' END, 50) AS sslversion,
       '' AS sslcipher, CAST(0 AS INTEGER) AS mtu, '' AS sslcompression,
       '' AS sslexpansion, '' AS iamauthguid,
       memory.rs_own.chars(application_name, 250) AS application_name, memory.rs_own.chars(os_version, 64) AS os_version,
       memory.rs_own.chars(driver_version, 64) AS driver_version, memory.rs_own.chars(plugin_name, 32) AS plugin_name,
       CAST(0 AS INTEGER) AS protocol_version
FROM home.connection_log;
CREATE VIEW memory.rs_catalog.sys_connection_log AS
SELECT event, recordtime AS record_time, remotehost AS remote_host, remoteport AS remote_port, pid AS session_id,
       dbname AS database_name, username AS user_name, authmethod AS auth_method, duration, sslversion AS ssl_version,
       sslcipher AS ssl_cipher, mtu, sslcompression AS ssl_compression, sslexpansion AS ssl_expansion,
       iamauthguid AS iam_auth_guid, application_name, driver_version, os_version, plugin_name, protocol_version,
       '' AS global_session_id
FROM memory.rs_catalog.stl_connection_log;
CREATE VIEW memory.rs_catalog.stl_userlog AS
SELECT CAST(user_id AS INTEGER) AS userid, memory.rs_own.chars(user_name, 50) AS username,
       memory.rs_own.chars(coalesce(original_user_name, ''), 50) AS oldusername, memory.rs_own.chars(action, 10) AS action,
       CAST(create_db AS INTEGER) AS usecreatedb, CAST(super AS INTEGER) AS usesuper, CAST(0 AS INTEGER) AS usecatupd,
       TRY_CAST(valid_until AS TIMESTAMP) AS valuntil, CAST(session_id AS INTEGER) AS pid, transaction_id AS xid,
       record_time AS recordtime
FROM home.user_log;
CREATE VIEW memory.rs_catalog.sys_userlog AS
SELECT userid AS user_id, username AS user_name, oldusername AS original_user_name, action,
       usecreatedb = 1 AS has_create_db_privs, usesuper = 1 AS is_superuser, false AS has_update_catalog_privs,
       valuntil AS password_expiration, pid AS session_id, xid AS transaction_id, recordtime AS record_time
FROM memory.rs_catalog.stl_userlog;

-- Statements, by kind: queries, data definition, utilities.
CREATE MACRO memory.rs_own.is_query(query_type) AS
  query_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'COPY', 'UNLOAD', 'CTAS', 'OTHER');
CREATE VIEW memory.rs_own.visible_queries AS
SELECT q.*, CASE WHEN memory.rs_own.is_query(q.query_type) THEN 'QUERY' WHEN q.query_type = 'DDL' THEN 'DDL' ELSE 'UTILITY' END AS kind
FROM memory.rs_own.queries q WHERE memory.rs_own.may_see_user(q.user_id);
-- Texts in pieces of 200 characters, line breaks as \n.
CREATE VIEW memory.rs_own.query_pieces AS
SELECT q.*, CAST(p.piece AS INTEGER) AS piece, substr(replace(q.query_text, chr(10), '\n'), p.piece * 200 + 1, 200) AS part
FROM memory.rs_own.visible_queries q, (SELECT range AS piece FROM range(0, 41)) p
WHERE p.piece * 200 < greatest(length(replace(q.query_text, chr(10), '\n')), 1);
CREATE VIEW memory.rs_catalog.stl_query AS
SELECT CAST(user_id AS INTEGER) AS userid, CAST(query_id AS INTEGER) AS query, memory.rs_own.chars(CASE query_label WHEN 'unset' THEN 'default' ELSE query_label END, 320) AS label,
       transaction_id AS xid, CAST(session_id AS INTEGER) AS pid, memory.rs_own.chars(database_name, 32) AS database,
       memory.rs_own.chars(query_text, 4000) AS querytxt, start_time AS starttime, end_time AS endtime,
       CAST(CASE WHEN status IN ('failed', 'canceled') THEN 1 ELSE 0 END AS INTEGER) AS aborted,
       CAST(0 AS INTEGER) AS insert_pristine, CAST(0 AS INTEGER) AS concurrency_scaling_status
FROM memory.rs_own.visible_queries WHERE kind = 'QUERY' AND status <> 'running';
CREATE VIEW memory.rs_catalog.stl_querytext AS
SELECT CAST(user_id AS INTEGER) AS userid, transaction_id AS xid, CAST(session_id AS INTEGER) AS pid,
       CAST(query_id AS INTEGER) AS query, piece AS sequence, memory.rs_own.chars(part, 200) AS text
FROM memory.rs_own.query_pieces WHERE kind = 'QUERY' AND status <> 'running';
CREATE VIEW memory.rs_catalog.stl_ddltext AS
SELECT CAST(user_id AS INTEGER) AS userid, transaction_id AS xid, CAST(session_id AS INTEGER) AS pid,
       memory.rs_own.chars(CASE query_label WHEN 'unset' THEN 'default' ELSE query_label END, 320) AS label, start_time AS starttime, end_time AS endtime, piece AS sequence,
       memory.rs_own.chars(part, 200) AS text
FROM memory.rs_own.query_pieces WHERE kind = 'DDL' AND status <> 'running';
CREATE VIEW memory.rs_catalog.stl_utilitytext AS
SELECT CAST(user_id AS INTEGER) AS userid, transaction_id AS xid, CAST(session_id AS INTEGER) AS pid,
       memory.rs_own.chars(CASE query_label WHEN 'unset' THEN 'default' ELSE query_label END, 320) AS label, start_time AS starttime, end_time AS endtime, piece AS sequence,
       memory.rs_own.chars(part, 200) AS text
FROM memory.rs_own.query_pieces WHERE kind = 'UTILITY' AND status <> 'running';
CREATE VIEW memory.rs_catalog.svl_statementtext AS
SELECT CAST(user_id AS INTEGER) AS userid, transaction_id AS xid, CAST(session_id AS INTEGER) AS pid,
       memory.rs_own.chars(CASE query_label WHEN 'unset' THEN 'default' ELSE query_label END, 320) AS label, start_time AS starttime, end_time AS endtime, piece AS sequence,
       kind AS type, memory.rs_own.chars(part, 200) AS text
FROM memory.rs_own.query_pieces WHERE status <> 'running';
CREATE VIEW memory.rs_catalog.svl_qlog AS
SELECT CAST(user_id AS INTEGER) AS userid, CAST(query_id AS INTEGER) AS query, transaction_id AS xid,
       CAST(session_id AS INTEGER) AS pid, start_time AS starttime, end_time AS endtime,
       epoch_us(end_time) - epoch_us(start_time) AS elapsed,
       CAST(CASE WHEN status IN ('failed', 'canceled') THEN 1 ELSE 0 END AS INTEGER) AS aborted,
       memory.rs_own.chars(CASE query_label WHEN 'unset' THEN 'default' ELSE query_label END, 320) AS label, memory.rs_own.chars(query_text, 60) AS "substring",
       CAST(NULL AS INTEGER) AS source_query, 'Ran on the main cluster' AS concurrency_scaling_status_txt,
       CAST(0 AS INTEGER) AS from_sp_call
FROM memory.rs_own.visible_queries WHERE kind = 'QUERY' AND status <> 'running';
CREATE VIEW memory.rs_catalog.sys_query_text AS
SELECT CAST(user_id AS INTEGER) AS user_id, query_id, transaction_id, CAST(session_id AS INTEGER) AS session_id,
       start_time, CAST(0 AS INTEGER) AS sequence, memory.rs_own.chars(query_text, 4000) AS text
FROM memory.rs_own.visible_queries;
CREATE VIEW memory.rs_catalog.svl_terminate AS
SELECT CAST(0 AS INTEGER) AS pid, CAST(NULL AS TIMESTAMP) AS eventtime, CAST(0 AS INTEGER) AS userid, '' AS type WHERE false;

-- What runs now.
CREATE VIEW memory.rs_own.inflight AS
SELECT * FROM memory.rs_own.visible_queries WHERE status = 'running';
CREATE VIEW memory.rs_catalog.stv_inflight AS
SELECT CAST(user_id AS INTEGER) AS userid, CAST(12811 AS INTEGER) AS slice, CAST(query_id AS INTEGER) AS query,
       memory.rs_own.chars(CASE query_label WHEN 'unset' THEN 'default' ELSE query_label END, 320) AS label, transaction_id AS xid, CAST(session_id AS INTEGER) AS pid,
       start_time AS starttime, memory.rs_own.chars(query_text, 100) AS text, CAST(0 AS INTEGER) AS suspended,
       CAST(0 AS INTEGER) AS insert_pristine, CAST(0 AS INTEGER) AS concurrency_scaling_status
FROM memory.rs_own.inflight WHERE kind = 'QUERY';
CREATE VIEW memory.rs_catalog.svv_query_inflight AS
SELECT CAST(user_id AS INTEGER) AS userid, CAST(12811 AS INTEGER) AS slice, CAST(query_id AS INTEGER) AS query,
       CAST(session_id AS INTEGER) AS pid, start_time AS starttime, CAST(0 AS INTEGER) AS suspended,
       memory.rs_own.chars(part, 200) AS text, piece AS sequence
FROM memory.rs_own.query_pieces WHERE kind = 'QUERY' AND status = 'running';
CREATE VIEW memory.rs_catalog.pg_stat_activity AS
SELECT d.oid AS datid, s.database_name AS datname, CAST(s.session_id AS INTEGER) AS procpid,
       CAST(s.user_id AS INTEGER) AS usesysid, s.user_name AS usename,
       CASE WHEN memory.rs_own.may_see_user(s.user_id) THEN coalesce(q.query_text, '<IDLE>') ELSE '<insufficient privilege>' END AS current_query,
       CASE WHEN memory.rs_own.may_see_user(s.user_id) THEN q.start_time END AS query_start
FROM memory.rs_own.sessions s
LEFT JOIN memory.rs_catalog.pg_database d ON d.datname = s.database_name
LEFT JOIN memory.rs_own.inflight q ON q.session_id = s.session_id;
CREATE VIEW memory.rs_catalog.pg_locks AS
SELECT CAST(NULL AS INTEGER) AS relation, CAST(NULL AS INTEGER) AS database, CAST(NULL AS BIGINT) AS transaction,
       CAST(NULL AS INTEGER) AS pid, CAST(NULL AS VARCHAR) AS mode, CAST(NULL AS BOOLEAN) AS granted WHERE false;

-- Where data lies: one node, one slice.
CREATE VIEW memory.rs_catalog.stv_slices AS
SELECT CAST(0 AS INTEGER) AS node, CAST(0 AS INTEGER) AS slice, CAST(0 AS INTEGER) AS localslice, 'D' AS type;
CREATE VIEW memory.rs_catalog.stv_tbl_perm AS
SELECT CAST(0 AS INTEGER) AS slice, CAST(r.id AS INTEGER) AS id, memory.rs_own.chars(r.name, 72) AS name,
       coalesce(t.estimated_size, 0) AS rows, coalesce(t.estimated_size, 0) AS sorted_rows, CAST(0 AS INTEGER) AS temp,
       CAST(d.id AS INTEGER) AS db_id, CAST(0 AS INTEGER) AS insert_pristine, CAST(0 AS INTEGER) AS delete_pristine,
       CAST(1 AS INTEGER) AS backup,
       CAST(CASE r.dist_style WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8 WHEN 'EVEN' THEN 0 ELSE 9 END AS INTEGER) AS dist_style
FROM memory.rs_own.relations r
JOIN memory.rs_own.databases d ON d.name = r.db
LEFT JOIN duckdb_tables() t ON t.database_name = r.engine_catalog AND t.schema_name = r.engine_schema AND t.table_name = r.name
WHERE r.kind = 'r';
CREATE VIEW memory.rs_catalog.svv_schema_quota_state AS
SELECT CAST(s.id AS INTEGER) AS schema_id, s.name AS schema_name, CAST(s.owner AS INTEGER) AS schema_owner,
       CAST(s.quota_mb AS INTEGER) AS quota, CAST(0 AS INTEGER) AS disk_usage, CAST(0 AS DOUBLE) AS disk_usage_pct
FROM memory.rs_own.schemas s
WHERE s.db = getvariable('current_database') AND s.quota_mb IS NOT NULL
  AND memory.rs_own.may_see(s.db, 'schema', s.name, '', s.owner);

-- Objects of all databases.
CREATE VIEW memory.rs_catalog.svv_redshift_schemas AS
SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, schema_option FROM memory.rs_show.schemas;
CREATE VIEW memory.rs_catalog.svv_all_schemas AS
SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, source_database, schema_option FROM memory.rs_show.schemas;
CREATE VIEW memory.rs_catalog.svv_redshift_tables AS
SELECT r.db AS database_name, r.schema_name, r.name AS table_name, r.table_type, CAST(NULL AS VARCHAR) AS table_acl,
       r.remarks, memory.rs_catalog.pg_get_userbyid(r.owner) AS table_owner
FROM memory.rs_own.visible_relations r;
CREATE VIEW memory.rs_catalog.svv_redshift_columns AS
SELECT c.db AS database_name, c.schema_name, c.relation_name AS table_name, c.column_name, c.position AS ordinal_position,
       c.type_name AS data_type, c.default_text AS column_default, CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable,
       c.encoding, c.dist_key AS distkey, c.sort_key AS sortkey, CAST(NULL AS VARCHAR) AS column_acl, c.remarks
FROM memory.rs_own.visible_columns c;
CREATE VIEW memory.rs_catalog.svv_interleaved_columns AS
SELECT CAST(c.relation_id AS INTEGER) AS tbl, CAST(c.position - 1 AS INTEGER) AS col, CAST(1 AS DECIMAL(19, 2)) AS interleaved_skew,
       CAST(NULL AS TIMESTAMP) AS last_reindex
FROM memory.rs_own.all_columns c JOIN memory.rs_own.relations r ON r.db = c.db AND r.id = c.relation_id
WHERE c.db = getvariable('current_database') AND r.sort_style = 'INTERLEAVED' AND c.sort_key <> 0;
