-- Building blocks: what every view below reads.
CREATE MACRO memory.rs_own.type_name(engine_type) AS CASE
  WHEN engine_type = 'BOOLEAN' THEN 'boolean'
  WHEN engine_type IN ('TINYINT', 'SMALLINT') THEN 'smallint'
  WHEN engine_type = 'INTEGER' THEN 'integer'
  WHEN engine_type = 'BIGINT' THEN 'bigint'
  WHEN engine_type = 'HUGEINT' THEN 'numeric(38,0)'
  WHEN engine_type LIKE 'DECIMAL%' THEN replace(engine_type, 'DECIMAL', 'numeric')
  WHEN engine_type = 'FLOAT' THEN 'real'
  WHEN engine_type = 'DOUBLE' THEN 'double precision'
  WHEN engine_type = 'DATE' THEN 'date'
  WHEN engine_type = 'TIME' THEN 'time without time zone'
  WHEN engine_type = 'TIMESTAMP WITH TIME ZONE' THEN 'timestamp with time zone'
  WHEN engine_type LIKE 'TIMESTAMP%' THEN 'timestamp without time zone'
  WHEN engine_type = 'INTERVAL' THEN 'interval day to second'
  WHEN engine_type = 'BLOB' THEN 'binary varying(64000)'
  WHEN engine_type = 'JSON' THEN 'super'
  -- The engine keeps no lengths: without a declared one the longest is the only true answer.
  ELSE 'character varying(65535)' END;
CREATE MACRO memory.rs_own.base_type(t) AS regexp_replace(t, '\(.*\)', '');
CREATE MACRO memory.rs_own.type_length(t) AS CASE WHEN t LIKE 'char%' OR t LIKE 'binary%'
  THEN CAST(nullif(regexp_extract(t, '\((\d+)\)', 1), '') AS INTEGER) END;
CREATE MACRO memory.rs_own.type_precision(t) AS CASE
  WHEN t LIKE 'numeric%' THEN CAST(nullif(regexp_extract(t, '\((\d+),', 1), '') AS INTEGER)
  WHEN t = 'smallint' THEN 16 WHEN t = 'integer' THEN 32 WHEN t = 'bigint' THEN 64
  WHEN t = 'real' THEN 24 WHEN t = 'double precision' THEN 53 END;
CREATE MACRO memory.rs_own.type_scale(t) AS CASE
  WHEN t LIKE 'numeric%' THEN CAST(nullif(regexp_extract(t, ',(\d+)\)', 1), '') AS INTEGER)
  WHEN t IN ('smallint', 'integer', 'bigint') THEN 0 END;
CREATE MACRO memory.rs_own.type_oid(t) AS CAST(CASE regexp_replace(t, '\(.*\)', '')
  WHEN 'boolean' THEN 16 WHEN 'smallint' THEN 21 WHEN 'integer' THEN 23 WHEN 'bigint' THEN 20
  WHEN 'real' THEN 700 WHEN 'double precision' THEN 701 WHEN 'numeric' THEN 1700
  WHEN 'character' THEN 1042 WHEN 'character varying' THEN 1043 WHEN 'date' THEN 1082
  WHEN 'time without time zone' THEN 1083 WHEN 'time with time zone' THEN 1266
  WHEN 'timestamp without time zone' THEN 1114 WHEN 'timestamp with time zone' THEN 1184
  WHEN 'interval year to month' THEN 1188 WHEN 'interval day to second' THEN 1190
  WHEN 'super' THEN 4000 WHEN 'binary varying' THEN 6551 WHEN 'geometry' THEN 3000
  WHEN 'geography' THEN 3001 WHEN 'oid' THEN 26 WHEN 'name' THEN 19 ELSE 705 END AS INTEGER);
CREATE MACRO memory.rs_own.type_modifier(t) AS CAST(CASE
  WHEN t LIKE 'numeric%' THEN memory.rs_own.type_precision(t) * 65536 + memory.rs_own.type_scale(t) + 4
  WHEN memory.rs_own.type_length(t) IS NOT NULL THEN memory.rs_own.type_length(t) + 4
  ELSE -1 END AS INTEGER);
-- Whether the session's user may know of an object.
CREATE MACRO memory.rs_own.may_see(in_db, in_object, in_schema, in_name, in_owner) AS
  getvariable('lb_superuser') OR in_owner = getvariable('current_user_id') OR EXISTS (
    SELECT 1 FROM memory.rs_own.grants lb_g WHERE lb_g.db = in_db
      AND memory.rs_own.counts_for(lb_g.object, lb_g.schema_name, lb_g.name, in_object, in_schema, in_name)
      AND list_contains(getvariable('lb_grantees'), lb_g.grantee_kind || CAST(lb_g.grantee AS VARCHAR)));
-- Rows of history that the session's user may see.
CREATE MACRO memory.rs_own.may_see_user(who) AS
  getvariable('lb_sees_all') OR who = getvariable('current_user_id');
CREATE VIEW memory.rs_own.all_columns AS
SELECT r.db, r.schema_name, r.id AS relation_id, r.name AS relation_name, r.kind, r.owner,
       c.column_name, CAST(c.column_index AS INTEGER) AS position, c.is_nullable,
       coalesce(k.type_name, memory.rs_own.type_name(c.data_type)) AS type_name,
       coalesce(k.encoding, 'none') AS encoding, coalesce(k.dist_key, false) AS dist_key,
       coalesce(k.sort_key, 0) AS sort_key, k.default_text, k.remarks,
       coalesce(k.is_identity, false) AS is_identity
FROM memory.rs_own.relations r
JOIN duckdb_columns() c ON c.database_name = r.engine_catalog AND c.schema_name = r.engine_schema
  AND c.table_name = r.name
LEFT JOIN memory.rs_own.columns k ON k.db = r.db AND k.relation = r.id AND k.name = c.column_name;
CREATE VIEW memory.rs_own.visible_relations AS
SELECT *, CASE kind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS table_type
FROM memory.rs_own.relations r WHERE memory.rs_own.may_see(r.db, 'relation', r.schema_name, r.name, r.owner);
-- The session's temporary tables: the engine knows them, the session their declared types.
CREATE VIEW memory.rs_own.temporary_columns AS
SELECT getvariable('current_database') AS db, 'pg_temp_1' AS schema_name, c.table_oid AS relation_id,
       c.table_name AS relation_name, 'r' AS kind, getvariable('current_user_id') AS owner, c.column_name,
       CAST(c.column_index AS INTEGER) AS position, c.is_nullable,
       coalesce(k.type, memory.rs_own.type_name(c.data_type)) AS type_name, 'none' AS encoding, false AS dist_key,
       0 AS sort_key, c.column_default AS default_text
FROM duckdb_columns() c
LEFT JOIN (SELECT unnest(getvariable('lb_temporary'), recursive := true)) AS k
  ON k.relation = c.table_name AND k.name = c.column_name
WHERE c.database_name = 'temp' AND NOT c.internal;
CREATE VIEW memory.rs_own.visible_columns AS
SELECT * FROM memory.rs_own.all_columns c
WHERE memory.rs_own.may_see(c.db, 'relation', c.schema_name, c.relation_name, c.owner);
CREATE VIEW memory.rs_own.session_columns AS
SELECT * FROM memory.rs_own.visible_columns v WHERE v.db = getvariable('current_database')
UNION ALL BY NAME SELECT * FROM memory.rs_own.temporary_columns;

-- Functions that clients call on the catalog.
CREATE MACRO memory.rs_catalog.pg_get_userbyid(who) AS
  coalesce((SELECT lb_u.name FROM home.users lb_u WHERE lb_u.id = who), 'unknown (OID=' || CAST(who AS VARCHAR) || ')');

-- Every role of every user, roles granted to roles included.
CREATE VIEW memory.rs_own.user_roles AS
WITH RECURSIVE held AS (
  SELECT g.grantee AS member, g.role FROM home.role_grants g WHERE g.grantee_kind = 'user'
  UNION SELECT h.member, g.role FROM home.role_grants g
    JOIN held h ON g.grantee_kind = 'role' AND g.grantee = h.role)
SELECT member, role FROM held;
-- The same question as privileges/assume_role.rs asks before COPY and UNLOAD.
CREATE MACRO memory.rs_own.may_assume(who, roles, wish) AS
  NOT EXISTS (SELECT 1 FROM home.facts lb_f WHERE lb_f.name = 'assumerole_enforced')
  OR coalesce((SELECT lb_u.super FROM home.users lb_u WHERE lb_u.id = who), false)
  OR EXISTS (SELECT 1 FROM home.assume_role lb_a
    WHERE lb_a.chain IN (roles, 'ALL') AND lb_a.command IN (upper(wish), 'ALL')
      AND (lb_a.grantee_kind = 'public' OR (lb_a.grantee_kind = 'user' AND lb_a.grantee = who)
        OR (lb_a.grantee_kind = 'group' AND lb_a.grantee IN (SELECT lb_m.group_id FROM home.group_members lb_m WHERE lb_m.user_id = who))
        OR (lb_a.grantee_kind = 'role' AND lb_a.grantee IN (SELECT lb_r.role FROM memory.rs_own.user_roles lb_r WHERE lb_r.member = who))));
CREATE MACRO memory.rs_catalog.has_assumerole_privilege
  (roles, wish) AS memory.rs_own.may_assume(getvariable('current_user_id'), roles, wish),
  (who, roles, wish) AS memory.rs_own.may_assume(
    (SELECT CASE WHEN count(lb_u.id) = 0 THEN error('redshift:42704:user "' || who || '" does not exist') ELSE max(lb_u.id) END
     FROM home.users lb_u WHERE lb_u.name = who), roles, wish);

-- Users, groups, roles, databases, schemas.
CREATE VIEW memory.rs_catalog.pg_user AS
SELECT name AS usename, CAST(id AS INTEGER) AS usesysid, create_db AS usecreatedb,
       super AS usesuper, id = 1 AS usecatupd, '********' AS passwd,
       valid_until AS valuntil,
       (SELECT '{' || string_agg(s.name || '=' || s.value, ',' ORDER BY s.name) || '}'
        FROM home.user_settings s WHERE s.user_id = users.id) AS useconfig
FROM home.users;
CREATE VIEW memory.rs_catalog.pg_roles AS
SELECT name AS rolname, CAST(id AS INTEGER) AS oid, super AS rolsuper, true AS rolinherit,
       super AS rolcreaterole, create_db AS rolcreatedb, true AS rolcanlogin,
       CAST(coalesce(connection_limit, -1) AS INTEGER) AS rolconnlimit,
       valid_until AS rolvaliduntil, false AS rolreplication, false AS rolbypassrls
FROM home.users WHERE id <> 1;
CREATE VIEW memory.rs_catalog.pg_auth_members AS
SELECT group_id AS roleid, user_id AS member FROM home.group_members WHERE false;
CREATE VIEW memory.rs_catalog.pg_group AS
SELECT g.name AS groname, CAST(g.id AS INTEGER) AS grosysid,
       (SELECT list(CAST(m.user_id AS INTEGER) ORDER BY m.user_id) FROM home.group_members m
        WHERE m.group_id = g.id) AS grolist
FROM home.groups g;
CREATE VIEW memory.rs_catalog.svv_redshift_databases AS
SELECT name AS database_name, CAST(owner AS INTEGER) AS database_owner, 'local' AS database_type,
       CAST(NULL AS VARCHAR) AS database_acl, CAST(NULL AS VARCHAR) AS database_options,
       CASE WHEN serializable THEN 'Serializable' ELSE 'Snapshot Isolation' END AS database_isolation_level
FROM memory.rs_own.databases;
CREATE VIEW memory.rs_catalog.stv_db_isolation_level AS
SELECT rpad(name, 128, ' ') AS db_name,
       rpad(CASE WHEN serializable THEN 'Serializable' ELSE 'Snapshot Isolation' END, 20, ' ') AS isolation_level
FROM memory.rs_own.databases;
-- Relations and columns.
CREATE VIEW memory.rs_catalog.svv_tables AS
SELECT r.db AS table_catalog, r.schema_name AS table_schema, r.name AS table_name,
       CASE r.kind WHEN 'v' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type, r.remarks
FROM memory.rs_own.visible_relations r WHERE r.db = getvariable('current_database')
UNION ALL
SELECT DISTINCT c.db, c.schema_name, c.relation_name, 'LOCAL TEMPORARY', NULL
FROM memory.rs_own.temporary_columns c;
CREATE VIEW memory.rs_catalog.svv_columns AS
SELECT c.db AS table_catalog, c.schema_name AS table_schema, c.relation_name AS table_name, c.column_name,
       c.position AS ordinal_position, c.default_text AS column_default,
       CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable,
       memory.rs_own.base_type(c.type_name) AS data_type,
       memory.rs_own.type_length(c.type_name) AS character_maximum_length,
       memory.rs_own.type_precision(c.type_name) AS numeric_precision,
       CASE WHEN memory.rs_own.type_precision(c.type_name) IS NULL THEN NULL
            WHEN c.type_name LIKE 'numeric%' THEN 10 ELSE 2 END AS numeric_precision_radix,
       memory.rs_own.type_scale(c.type_name) AS numeric_scale,
       CASE WHEN c.type_name LIKE 'time%' THEN 6 END AS datetime_precision,
       CAST(NULL AS VARCHAR) AS interval_type, CAST(NULL AS VARCHAR) AS interval_precision,
       CAST(NULL AS VARCHAR) AS character_set_catalog, CAST(NULL AS VARCHAR) AS character_set_schema,
       CAST(NULL AS VARCHAR) AS character_set_name, CAST(NULL AS VARCHAR) AS collation_catalog,
       CAST(NULL AS VARCHAR) AS collation_schema, CAST(NULL AS VARCHAR) AS collation_name,
       CAST(NULL AS VARCHAR) AS domain_name, c.remarks
FROM memory.rs_own.session_columns c;
CREATE VIEW memory.rs_catalog.svv_all_tables AS
SELECT r.db AS database_name, r.schema_name, r.name AS table_name, r.table_type,
       CAST(NULL AS VARCHAR) AS table_acl, r.remarks
FROM memory.rs_own.visible_relations r;
CREATE VIEW memory.rs_catalog.svv_all_columns AS
SELECT c.db AS database_name, c.schema_name, c.relation_name AS table_name, c.column_name,
       c.position AS ordinal_position, c.default_text AS column_default,
       CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable,
       memory.rs_own.base_type(c.type_name) AS data_type,
       memory.rs_own.type_length(c.type_name) AS character_maximum_length,
       memory.rs_own.type_precision(c.type_name) AS numeric_precision,
       memory.rs_own.type_scale(c.type_name) AS numeric_scale, c.remarks
FROM memory.rs_own.visible_columns c;
CREATE VIEW memory.rs_catalog.svv_table_info AS
SELECT r.db AS "database", r.schema_name AS "schema", CAST(r.id AS INTEGER) AS table_id, r.name AS "table",
       CASE WHEN bool_or(c.encoding <> 'none') THEN 'Y' ELSE 'N' END AS encoded,
       CASE r.dist_style WHEN 'KEY' THEN 'KEY(' || coalesce(max(CASE WHEN c.dist_key THEN c.column_name END), '') || ')'
            WHEN 'AUTO' THEN 'AUTO(ALL)' ELSE r.dist_style END AS diststyle,
       coalesce(max(CASE WHEN abs(c.sort_key) = 1 THEN c.column_name END), 'AUTO(SORTKEY)') AS sortkey1,
       CAST(coalesce(max(memory.rs_own.type_length(c.type_name)), 0) AS INTEGER) AS max_varchar,
       max(CASE WHEN abs(c.sort_key) = 1 THEN memory.rs_own.chars(c.encoding, 32) END) AS sortkey1_enc,
       CAST(count(CASE WHEN c.sort_key <> 0 THEN 1 END) AS INTEGER) AS sortkey_num,
       CAST(any_value(t.estimated_size) // 100000 + 1 AS BIGINT) AS size, CAST(0 AS DECIMAL(10, 4)) AS pct_used,
       CAST(0 AS BIGINT) AS empty, CAST(0 AS DECIMAL(5, 2)) AS unsorted, CAST(0 AS DECIMAL(5, 2)) AS stats_off,
       CAST(any_value(t.estimated_size) AS DECIMAL(38, 0)) AS tbl_rows,
       CAST(NULL AS DECIMAL(19, 2)) AS skew_sortkey1, CAST(NULL AS DECIMAL(19, 2)) AS skew_rows,
       CAST(any_value(t.estimated_size) AS DECIMAL(38, 0)) AS estimated_visible_rows,
       CAST(NULL AS VARCHAR) AS risk_event, CAST(NULL AS DECIMAL(12, 2)) AS vacuum_sort_benefit,
       any_value(r.created) AS create_time
FROM memory.rs_own.relations r
JOIN memory.rs_own.all_columns c ON c.db = r.db AND c.relation_id = r.id
JOIN duckdb_tables() t ON t.database_name = r.engine_catalog AND t.schema_name = r.engine_schema AND t.table_name = r.name
WHERE r.db = getvariable('current_database') AND r.kind = 'r'
GROUP BY r.db, r.schema_name, r.id, r.name, r.dist_style HAVING any_value(t.estimated_size) > 0;
CREATE VIEW memory.rs_catalog.svv_iam_privileges AS
SELECT a.chain AS iam_arn, a.command AS command_type, CAST(a.grantee AS INTEGER) AS identity_id,
       CASE a.grantee_kind WHEN 'public' THEN 'public' WHEN 'user' THEN memory.rs_catalog.pg_get_userbyid(a.grantee)
            ELSE coalesce((SELECT g.name FROM home.groups g WHERE g.id = a.grantee),
                          (SELECT o.name FROM home.roles o WHERE o.id = a.grantee)) END AS identity_name,
       a.grantee_kind AS identity_type
FROM home.assume_role a
WHERE getvariable('lb_superuser') OR list_contains(getvariable('lb_grantees'), a.grantee_kind || CAST(a.grantee AS VARCHAR));
-- History. CHAR columns are padded with blanks, as clients expect to trim them.
-- What runs now is in memory only: a cluster that starts runs nothing.
CREATE TABLE memory.rs_own.running (
  user_id BIGINT, query_id BIGINT, query_label VARCHAR, transaction_id BIGINT, session_id BIGINT,
  database_name VARCHAR, query_type VARCHAR, start_time TIMESTAMP, query_text VARCHAR);
CREATE VIEW memory.rs_own.queries AS
SELECT * FROM home.query_history
UNION ALL
SELECT user_id, query_id, query_label, transaction_id, session_id, database_name, query_type, 'running', start_time,
       NULL, NULL, NULL, query_text
FROM memory.rs_own.running n WHERE NOT EXISTS (SELECT 1 FROM home.query_history h WHERE h.query_id = n.query_id);
CREATE VIEW memory.rs_catalog.sys_query_history AS
SELECT CAST(user_id AS INTEGER) AS user_id, query_id, memory.rs_own.chars(query_label, 320) AS query_label, transaction_id,
       CAST(session_id AS INTEGER) AS session_id, memory.rs_own.chars(database_name, 128) AS database_name,
       memory.rs_own.chars(query_type, 32) AS query_type, memory.rs_own.chars(status, 10) AS status, false AS result_cache_hit,
       start_time, end_time, coalesce(epoch_us(end_time) - epoch_us(start_time), 0) AS elapsed_time,
       CAST(0 AS BIGINT) AS queue_time, coalesce(epoch_us(end_time) - epoch_us(start_time), 0) AS execution_time,
       memory.rs_own.chars(coalesce(error_message, ''), 512) AS error_message, returned_rows,
       CAST(0 AS BIGINT) AS returned_bytes, memory.rs_own.chars(query_text, 4000) AS query_text,
       memory.rs_own.chars('1.0.436211', 256) AS redshift_version
FROM memory.rs_own.queries WHERE memory.rs_own.may_see_user(user_id);
-- Redshift keeps about a hundred finished ones here.
CREATE VIEW memory.rs_catalog.stv_recents AS
SELECT CAST(user_id AS INTEGER) AS userid,
       memory.rs_own.chars(CASE status WHEN 'running' THEN 'Running' ELSE 'Done' END, 20) AS status, start_time AS starttime,
       coalesce(epoch_us(end_time) - epoch_us(start_time), 0) AS duration,
       memory.rs_own.chars(memory.rs_catalog.pg_get_userbyid(user_id), 50) AS user_name,
       memory.rs_own.chars(database_name, 50) AS db_name, memory.rs_own.chars(query_text, 600) AS query,
       CAST(session_id AS INTEGER) AS pid
FROM (SELECT * FROM memory.rs_own.queries WHERE memory.rs_own.may_see_user(user_id)
      ORDER BY query_id DESC LIMIT 100);
CREATE VIEW memory.rs_catalog.sys_unload_history AS
SELECT CAST(user_id AS INTEGER) AS user_id, query_id, transaction_id, CAST(session_id AS INTEGER) AS session_id,
       database_name, status, start_time, end_time, epoch_us(end_time) - epoch_us(start_time) AS duration,
       file_format, compression_type, unloaded_location, unloaded_rows, unloaded_files_count,
       unloaded_files_size, error_message
FROM home.unload_history WHERE memory.rs_own.may_see_user(user_id);
CREATE VIEW memory.rs_catalog.sys_unload_detail AS
SELECT CAST(user_id AS INTEGER) AS user_id, query_id, CAST(session_id AS INTEGER) AS session_id, transaction_id,
       memory.rs_own.chars(file_name, 1280) AS file_name, start_time, end_time, line_count, transfer_size,
       memory.rs_own.chars(file_format, 10) AS file_format
FROM home.unload_detail WHERE memory.rs_own.may_see_user(user_id);
CREATE VIEW memory.rs_catalog.stl_unload_log AS
SELECT CAST(user_id AS INTEGER) AS userid, CAST(query_id AS INTEGER) AS query, CAST(slice AS INTEGER) AS slice,
       CAST(session_id AS INTEGER) AS pid, memory.rs_own.chars(file_name, 1280) AS path, start_time, end_time,
       line_count, transfer_size, memory.rs_own.chars(file_format, 10) AS file_format
FROM home.unload_detail WHERE memory.rs_own.may_see_user(user_id);
CREATE VIEW memory.rs_catalog.sys_load_history AS
SELECT CAST(h.user_id AS INTEGER) AS user_id, h.query_id, h.transaction_id,
       CAST(h.session_id AS INTEGER) AS session_id, h.database_name, h.status, h.table_name,
       h.start_time, h.end_time, epoch_us(h.end_time) - epoch_us(h.start_time) AS duration,
       h.data_source, h.file_format, h.loaded_rows, coalesce(d.bytes, 0) AS loaded_bytes,
       CAST(h.source_file_count AS INTEGER) AS source_file_count,
       coalesce(d.bytes, 0) AS source_file_bytes,
       CAST(coalesce(d.files, 0) AS INTEGER) AS file_count_scanned,
       coalesce(d.bytes, 0) AS file_bytes_scanned, h.error_count,
       CAST(NULL AS BIGINT) AS copy_job_id
FROM home.load_history h LEFT JOIN (
  SELECT query_id, count(*) AS files, CAST(sum(bytes) AS BIGINT) AS bytes
  FROM home.load_detail GROUP BY query_id) d ON d.query_id = h.query_id
WHERE memory.rs_own.may_see_user(h.user_id);
CREATE VIEW memory.rs_catalog.sys_load_detail AS
SELECT CAST(h.user_id AS INTEGER) AS user_id, h.query_id, d.file_name, d.bytes AS bytes_scanned,
       d.lines AS lines_scanned, d.end_time AS record_time, CAST(1 AS INTEGER) AS splits_scanned,
       d.start_time, d.end_time
FROM home.load_detail d JOIN home.load_history h ON h.query_id = d.query_id
WHERE memory.rs_own.may_see_user(h.user_id);
CREATE VIEW memory.rs_catalog.sys_load_error_detail AS
SELECT CAST(user_id AS INTEGER) AS user_id, query_id, transaction_id,
       CAST(session_id AS INTEGER) AS session_id, memory.rs_own.chars(database_name, 64) AS database_name,
       CAST(table_id AS INTEGER) AS table_id, start_time, memory.rs_own.chars(file_name, 256) AS file_name,
       line_number, memory.rs_own.chars(column_name, 127) AS column_name,
       memory.rs_own.chars(column_type, 10) AS column_type, memory.rs_own.chars(column_length, 10) AS column_length,
       CAST("position" AS INTEGER) AS "position", CAST(error_code AS INTEGER) AS error_code,
       memory.rs_own.chars(error_message, 512) AS error_message
FROM home.load_errors WHERE memory.rs_own.may_see_user(user_id);
CREATE VIEW memory.rs_catalog.stl_load_errors AS
SELECT CAST(user_id AS INTEGER) AS userid, CAST(0 AS INTEGER) AS slice,
       CAST(table_id AS INTEGER) AS tbl, start_time AS starttime,
       CAST(session_id AS INTEGER) AS session, CAST(query_id AS INTEGER) AS query,
       memory.rs_own.chars(file_name, 256) AS filename, line_number, memory.rs_own.chars(column_name, 127) AS colname,
       memory.rs_own.chars(column_type, 10) AS type, memory.rs_own.chars(column_length, 10) AS col_length,
       CAST("position" AS INTEGER) AS "position", memory.rs_own.chars(raw_line, 1024) AS raw_line,
       memory.rs_own.chars(raw_value, 1024) AS raw_field_value, CAST(error_code AS INTEGER) AS err_code,
       memory.rs_own.chars(error_message, 100) AS err_reason, CAST(0 AS INTEGER) AS is_partial, start_offset,
       CAST(NULL AS BIGINT) AS copy_job_id
FROM home.load_errors WHERE memory.rs_own.may_see_user(user_id);
CREATE VIEW memory.rs_catalog.stl_loaderror_detail AS
SELECT CAST(user_id AS INTEGER) AS userid, CAST(0 AS INTEGER) AS slice,
       CAST(session_id AS INTEGER) AS session, CAST(query_id AS INTEGER) AS query,
       memory.rs_own.chars(file_name, 256) AS filename, line_number, CAST(field AS INTEGER) AS field,
       memory.rs_own.chars(column_name, 1024) AS colname, memory.rs_own.chars(value, 1024) AS value,
       CAST(is_null AS INTEGER) AS is_null, memory.rs_own.chars(column_type, 10) AS type,
       memory.rs_own.chars(column_length, 10) AS col_length
FROM home.load_error_fields WHERE memory.rs_own.may_see_user(user_id);
CREATE VIEW memory.rs_catalog.stl_load_commits AS
SELECT CAST(h.user_id AS INTEGER) AS userid, CAST(h.query_id AS INTEGER) AS query,
       CAST(0 AS INTEGER) AS slice, '' AS name,
       memory.rs_own.chars(d.file_name, 256) AS filename, CAST(0 AS INTEGER) AS byte_offset,
       CAST(d.lines AS INTEGER) AS lines_scanned, CAST(d.errors AS INTEGER) AS errors,
       d.end_time AS curtime, CAST(1 AS INTEGER) AS status,
       memory.rs_own.chars(CASE h.file_format WHEN 'json' THEN 'JSON' WHEN 'avro' THEN 'Avro'
         WHEN 'parquet' THEN 'Parquet' WHEN 'orc' THEN 'ORC' ELSE 'Text' END, 16)
         AS file_format,
       CAST(0 AS INTEGER) AS is_partial, CAST(0 AS BIGINT) AS start_offset,
       CAST(NULL AS BIGINT) AS copy_job_id
FROM home.load_detail d JOIN home.load_history h ON h.query_id = d.query_id
WHERE h.status = 'completed' AND memory.rs_own.may_see_user(h.user_id);
CREATE VIEW memory.rs_catalog.stl_replacements AS
SELECT CAST(user_id AS INTEGER) AS userid, CAST(query_id AS INTEGER) AS query,
       CAST(0 AS INTEGER) AS slice, CAST(session_id AS INTEGER) AS session,
       memory.rs_own.chars(file_name, 256) AS filename, line_number, memory.rs_own.chars(column_name, 127) AS colname
FROM home.load_replacements WHERE memory.rs_own.may_see_user(user_id);
