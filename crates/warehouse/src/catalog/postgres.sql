-- pg_catalog: PostgreSQL's catalog with Redshift's columns.
-- Redshift Developer Guide, "System catalog tables"; the rest as in PostgreSQL 8.0.
CREATE VIEW memory.rs_own.system_schemas AS
SELECT * FROM (VALUES (11, 'pg_catalog'), (11000, 'information_schema')) AS s(id, name);
CREATE VIEW memory.rs_catalog.pg_database AS
SELECT CAST(d.id AS INTEGER) AS oid, d.name AS datname, CAST(d.owner AS INTEGER) AS datdba, 6 AS encoding,
       'C' AS datcollate, 'C' AS datctype, false AS datistemplate, true AS datallowconn,
       CAST(coalesce(d.connection_limit, -1) AS INTEGER) AS datconnlimit, 0 AS datlastsysoid,
       CASE WHEN d.serializable THEN '{concurrency_model=2}' ELSE '{concurrency_model=1}' END AS datconfig,
       memory.rs_own.acl(d.name, 'database', '', '', d.owner, 'CT') AS datacl, 1663 AS dattablespace
FROM memory.rs_own.databases d;
CREATE VIEW memory.rs_catalog.pg_database_info AS
SELECT d.oid AS datid, d.datname, d.datdba, d.encoding, d.datistemplate, d.datallowconn,
       d.datlastsysoid, d.dattablespace, d.datconfig, d.datacl,
       CASE WHEN d.datconnlimit < 0 THEN 'UNLIMITED' ELSE CAST(d.datconnlimit AS VARCHAR) END AS datconnlimit
FROM memory.rs_catalog.pg_database d;
CREATE VIEW memory.rs_catalog.pg_namespace AS
SELECT CAST(id AS INTEGER) AS oid, name AS nspname, CAST(owner AS INTEGER) AS nspowner,
       memory.rs_own.acl(db, 'schema', name, '', owner, 'UC') AS nspacl
FROM memory.rs_own.schemas WHERE db = getvariable('current_database')
UNION ALL SELECT id, name, 1, NULL FROM memory.rs_own.system_schemas;

-- Relations and columns. A primary or unique key has an index in name.
CREATE VIEW memory.rs_catalog.pg_class AS
SELECT CAST(r.id AS INTEGER) AS oid, r.name AS relname, CAST(s.id AS INTEGER) AS relnamespace,
       0 AS reltype, CAST(r.owner AS INTEGER) AS relowner, 0 AS relam, CAST(r.id AS INTEGER) AS relfilenode,
       0 AS reltablespace, 0 AS relpages, CAST(0.001 AS REAL) AS reltuples, 0 AS reltoastrelid, 0 AS reltoastidxid,
       EXISTS (SELECT 1 FROM memory.rs_own.constraints k WHERE k.db = r.db AND k.relation = r.id AND k.kind <> 'f') AS relhasindex,
       false AS relisshared, r.kind AS relkind,
       CAST((SELECT count(*) FROM memory.rs_own.columns k WHERE k.db = r.db AND k.relation = r.id) AS SMALLINT) AS relnatts,
       CAST(0 AS SMALLINT) AS relchecks, CAST(0 AS SMALLINT) AS reltriggers, CAST(0 AS SMALLINT) AS relukeys,
       CAST(0 AS SMALLINT) AS relfkeys, CAST(0 AS SMALLINT) AS relrefs, false AS relhasoids,
       EXISTS (SELECT 1 FROM memory.rs_own.constraints k WHERE k.db = r.db AND k.relation = r.id AND k.kind = 'p') AS relhaspkey,
       r.kind = 'v' AS relhasrules, false AS relhassubclass,
       EXISTS (SELECT 1 FROM memory.rs_own.constraints k WHERE k.db = r.db AND k.kind = 'f' AND r.id IN (k.relation, k.foreign_relation)) AS relhastriggers, false AS relrowsecurity,
       false AS relforcerowsecurity, 'p' AS relpersistence, memory.rs_own.acl(r.db, 'relation', r.schema_name, r.name, r.owner, 'arwdRxtDPA') AS relacl,
       CAST(NULL AS VARCHAR[]) AS reloptions, 0 AS reloftype, 'd' AS relreplident, false AS relispartition,
       CAST(CASE r.dist_style WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8 WHEN 'EVEN' THEN 0 ELSE 9 END AS SMALLINT) AS reldiststyle
FROM memory.rs_own.relations r
JOIN memory.rs_own.schemas s ON s.db = r.db AND s.name = r.schema_name
WHERE r.db = getvariable('current_database')
UNION ALL
SELECT k.index_oid, k.name, CAST(s.id AS INTEGER), 0, CAST(k.owner AS INTEGER), 403, k.index_oid, 0, 0, 0, 0, 0,
       false, false, 'i', CAST(len(k.columns) AS SMALLINT), 0, 0, 0, 0, 0, false, false, false, false, false, false,
       false, 'p', NULL, NULL, 0, 'n', false, 0
FROM memory.rs_own.keys k JOIN memory.rs_own.schemas s ON s.db = k.db AND s.name = k.schema_name
WHERE k.db = getvariable('current_database') AND k.kind <> 'f';
-- What AUTO has chosen is in releffectivediststyle: ALL (10) while tables are small.
CREATE VIEW memory.rs_catalog.pg_class_info AS
SELECT c.oid AS reloid, c.* EXCLUDE (oid), 0 AS relreplicaoid,
       CAST(CASE c.reldiststyle WHEN 9 THEN 10 ELSE c.reldiststyle END AS SMALLINT) AS releffectivediststyle,
       (SELECT r.created FROM memory.rs_own.relations r WHERE r.db = getvariable('current_database') AND r.id = c.oid) AS relcreationtime
FROM memory.rs_catalog.pg_class c;
CREATE MACRO memory.rs_own.encoding_code(encoding) AS CAST(CASE encoding
  WHEN 'none' THEN 0 WHEN 'raw' THEN 0 WHEN 'bytedict' THEN 1 WHEN 'runlength' THEN 2 WHEN 'delta' THEN 3
  WHEN 'text255' THEN 4 WHEN 'text32k' THEN 5 WHEN 'mostly8' THEN 6 WHEN 'mostly16' THEN 7
  WHEN 'mostly32' THEN 8 WHEN 'delta32k' THEN 9 WHEN 'lzo' THEN 12 WHEN 'zstd' THEN 19 WHEN 'az64' THEN 21
  ELSE 0 END AS INTEGER);
CREATE MACRO memory.rs_catalog.format_encoding(code) AS CASE code
  WHEN 0 THEN 'none' WHEN 1 THEN 'bytedict' WHEN 2 THEN 'runlength' WHEN 3 THEN 'delta' WHEN 4 THEN 'text255'
  WHEN 5 THEN 'text32k' WHEN 6 THEN 'mostly8' WHEN 7 THEN 'mostly16' WHEN 8 THEN 'mostly32' WHEN 9 THEN 'delta32k'
  WHEN 12 THEN 'lzo' WHEN 19 THEN 'zstd' WHEN 21 THEN 'az64' WHEN 128 THEN 'none' ELSE 'unknown' END;
CREATE MACRO memory.rs_own.byte_length(t) AS CAST(CASE memory.rs_own.type_oid(t)
  WHEN 16 THEN 1 WHEN 21 THEN 2 WHEN 23 THEN 4 WHEN 26 THEN 4 WHEN 700 THEN 4 WHEN 1082 THEN 4 WHEN 1188 THEN 4
  WHEN 20 THEN 8 WHEN 701 THEN 8 WHEN 1083 THEN 8 WHEN 1114 THEN 8 WHEN 1184 THEN 8 WHEN 1190 THEN 8
  WHEN 1266 THEN 12 WHEN 19 THEN 128 ELSE -1 END AS SMALLINT);
-- An identity's default is told as the call that makes its values.
CREATE VIEW memory.rs_own.column_defaults AS
SELECT c.db, c.relation_id, c.position, CASE WHEN c.is_identity THEN
         CASE WHEN c.default_text LIKE 'GENERATED%' THEN '"default_identity"(' ELSE '"identity"(' END
         || c.relation_id || ', ' || (c.position - 1) || ', '''
         || coalesce(nullif(regexp_extract(c.default_text, '\((.*)\)', 1), ''), '1,1') || '''::text)'
       ELSE c.default_text END AS text
FROM memory.rs_own.all_columns c WHERE c.is_identity OR c.default_text IS NOT NULL;
CREATE VIEW memory.rs_catalog.pg_attribute AS
SELECT CAST(c.relation_id AS INTEGER) AS attrelid, c.column_name AS attname,
       memory.rs_own.type_oid(c.type_name) AS atttypid, CAST(-1 AS INTEGER) AS attstattarget,
       memory.rs_own.byte_length(c.type_name) AS attlen, CAST(c.position AS SMALLINT) AS attnum,
       0 AS attndims, -1 AS attcacheoff, memory.rs_own.type_modifier(c.type_name) AS atttypmod,
       memory.rs_own.byte_length(c.type_name) > 0 AS attbyval, 'p' AS attstorage, 'i' AS attalign,
       NOT c.is_nullable AS attnotnull, c.is_identity OR c.default_text IS NOT NULL AS atthasdef,
       false AS attisdropped, true AS attislocal, 0 AS attinhcount,
       '' AS attidentity, '' AS attgenerated, 0 AS attcollation, '' AS attcompression,
       c.dist_key AS attisdistkey, c.sort_key AS attsortkeyord,
       memory.rs_own.encoding_code(c.encoding) AS attencodingtype,
       memory.rs_own.encoding_code(c.encoding) AS attencrypttype,
       CAST(NULL AS VARCHAR[]) AS attacl, CAST(NULL AS VARCHAR[]) AS attoptions
FROM memory.rs_own.all_columns c WHERE c.db = getvariable('current_database')
UNION ALL
SELECT k.index_oid, k.column_name, memory.rs_own.type_oid(c.type_name), -1, memory.rs_own.byte_length(c.type_name),
       CAST(k.position AS SMALLINT), 0, -1, memory.rs_own.type_modifier(c.type_name),
       memory.rs_own.byte_length(c.type_name) > 0, 'p', 'i', false, false, false, true, 0, '', '', 0, '', false, 0, 0, 0, NULL, NULL
FROM memory.rs_own.key_columns k
JOIN memory.rs_own.all_columns c ON c.db = k.db AND c.relation_id = k.relation AND c.column_name = k.column_name
WHERE k.db = getvariable('current_database') AND k.kind <> 'f';
CREATE VIEW memory.rs_catalog.pg_attribute_info AS
SELECT *, attname AS attfullname FROM memory.rs_catalog.pg_attribute;
CREATE VIEW memory.rs_catalog.pg_attrdef AS
SELECT CAST(d.relation_id + 1500000000 AS INTEGER) AS oid, CAST(d.relation_id AS INTEGER) AS adrelid,
       CAST(d.position AS SMALLINT) AS adnum, d.text AS adbin, d.text AS adsrc
FROM memory.rs_own.column_defaults d WHERE d.db = getvariable('current_database');
CREATE VIEW memory.rs_catalog.pg_description AS
SELECT CAST(r.id AS INTEGER) AS objoid, 1259 AS classoid, 0 AS objsubid, r.remarks AS description
FROM memory.rs_own.relations r WHERE r.db = getvariable('current_database') AND r.remarks IS NOT NULL
UNION ALL
SELECT CAST(c.relation_id AS INTEGER), 1259, c.position, c.remarks FROM memory.rs_own.all_columns c
WHERE c.db = getvariable('current_database') AND c.remarks IS NOT NULL
UNION ALL
SELECT CAST(s.id AS INTEGER), 2615, 0, d.text FROM memory.rs_own.comments d
JOIN memory.rs_own.schemas s ON s.db = d.db AND s.name = d.name
WHERE d.db = getvariable('current_database') AND d.object = 'schema'
UNION ALL
SELECT k.oid, 2606, 0, d.text FROM memory.rs_own.comments d
JOIN memory.rs_own.keys k ON k.db = d.db AND k.relation = d.relation AND k.name = d.name
WHERE d.db = getvariable('current_database') AND d.object = 'constraint'
UNION ALL
SELECT CAST(b.id AS INTEGER), 1262, 0, b.remarks FROM memory.rs_own.databases b
WHERE b.name = getvariable('current_database') AND b.remarks IS NOT NULL;

-- Keys, their indexes, rules of views, dependencies.
CREATE VIEW memory.rs_catalog.pg_constraint AS
SELECT k.oid, k.name AS conname, CAST(s.id AS INTEGER) AS connamespace, k.kind AS contype,
       false AS condeferrable, false AS condeferred, true AS convalidated,
       CAST(k.relation AS INTEGER) AS conrelid, 0 AS contypid, 0 AS conparentid,
       CASE WHEN k.kind = 'f' THEN 0 ELSE k.index_oid END AS conindid,
       CAST(coalesce(k.foreign_relation, 0) AS INTEGER) AS confrelid,
       CASE k.kind WHEN 'f' THEN 'a' ELSE '' END AS confupdtype, CASE k.kind WHEN 'f' THEN 'a' ELSE '' END AS confdeltype,
       CASE k.kind WHEN 'f' THEN 'u' ELSE '' END AS confmatchtype,
       (SELECT list(CAST(c.position AS SMALLINT) ORDER BY list_position(k.columns, c.column_name))
        FROM memory.rs_own.all_columns c WHERE c.db = k.db AND c.relation_id = k.relation
          AND list_contains(k.columns, c.column_name)) AS conkey,
       (SELECT list(CAST(c.position AS SMALLINT) ORDER BY list_position(k.foreign_columns, c.column_name))
        FROM memory.rs_own.all_columns c WHERE c.db = k.db AND c.relation_id = k.foreign_relation
          AND list_contains(k.foreign_columns, c.column_name)) AS confkey,
       CAST(NULL AS VARCHAR) AS conbin, CAST(NULL AS VARCHAR) AS consrc
FROM memory.rs_own.keys k JOIN memory.rs_own.schemas s ON s.db = k.db AND s.name = k.schema_name
WHERE k.db = getvariable('current_database');
CREATE VIEW memory.rs_catalog.pg_index AS
SELECT k.index_oid AS indexrelid, CAST(k.relation AS INTEGER) AS indrelid,
       (SELECT list(CAST(c.position AS SMALLINT) ORDER BY list_position(k.columns, c.column_name))
        FROM memory.rs_own.all_columns c WHERE c.db = k.db AND c.relation_id = k.relation
          AND list_contains(k.columns, c.column_name)) AS indkey,
       CAST(len(k.columns) AS SMALLINT) AS indnatts, true AS indisunique, k.kind = 'p' AS indisprimary,
       false AS indisclustered, true AS indisvalid, false AS indisreplident, CAST(NULL AS VARCHAR) AS indexprs,
       CAST(NULL AS VARCHAR) AS indpred, true AS indimmediate
FROM memory.rs_own.keys k WHERE k.db = getvariable('current_database') AND k.kind <> 'f';
CREATE MACRO memory.rs_own.index_text(in_schema, in_relation, in_name, in_columns) AS
  'CREATE UNIQUE INDEX ' || memory.rs_own.quoted(in_name) || ' ON ' || memory.rs_own.quoted(in_schema) || '.'
  || memory.rs_own.quoted(in_relation) || ' USING btree (' || memory.rs_own.quoted_list(in_columns) || ')';
CREATE VIEW memory.rs_catalog.pg_indexes AS
SELECT k.schema_name AS schemaname, k.relation_name AS tablename, k.name AS indexname,
       CAST(NULL AS VARCHAR) AS tablespace,
       memory.rs_own.index_text(k.schema_name, k.relation_name, k.name, k.columns) AS indexdef
FROM memory.rs_own.keys k WHERE k.db = getvariable('current_database') AND k.kind <> 'f';
CREATE VIEW memory.rs_catalog.pg_rewrite AS
SELECT CAST(r.id + 1200000000 AS INTEGER) AS oid, '_RETURN' AS rulename, CAST(r.id AS INTEGER) AS ev_class,
       CAST(-1 AS SMALLINT) AS ev_attr, '1' AS ev_type, true AS is_instead, '<>' AS ev_qual, '' AS ev_action,
       'O' AS ev_enabled
FROM memory.rs_own.relations r WHERE r.db = getvariable('current_database') AND r.kind = 'v';
-- A view hangs on its rule, the rule on what the view reads; keys hang on their tables.
CREATE VIEW memory.rs_catalog.pg_depend AS
SELECT 2618 AS classid, w.oid AS objid, 0 AS objsubid, 1259 AS refclassid, w.ev_class AS refobjid, 0 AS refobjsubid, 'i' AS deptype
FROM memory.rs_catalog.pg_rewrite w
UNION ALL
SELECT 2618, CAST(d.view_id + 1200000000 AS INTEGER), 0, 1259, CAST(d.relation AS INTEGER), 0, 'n'
FROM memory.rs_own.dependencies d WHERE d.db = getvariable('current_database')
UNION ALL
SELECT 2606, k.oid, 0, 1259, k.conrelid, 0, 'a' FROM memory.rs_catalog.pg_constraint k
UNION ALL
SELECT 2606, k.oid, 0, 1259, k.confrelid, 0, 'n' FROM memory.rs_catalog.pg_constraint k WHERE k.contype = 'f'
UNION ALL
-- A foreign key hangs on the index of the key that it refers to, too.
SELECT 2606, k.oid, 0, 1259, p.index_oid, 0, 'n' FROM memory.rs_own.keys k
JOIN memory.rs_own.keys p ON p.db = k.db AND p.relation = k.foreign_relation AND p.kind <> 'f'
  AND list_sort(p.columns) = list_sort(k.foreign_columns)
WHERE k.db = getvariable('current_database') AND k.kind = 'f';

-- Types.
CREATE VIEW memory.rs_own.types AS
SELECT * FROM (VALUES (16, 'bool', 1, 0), (17, 'bytea', -1, 0), (18, 'char', 1, 0), (19, 'name', 128, 0), (20, 'int8', 8, 0),
  (21, 'int2', 2, 0), (23, 'int4', 4, 0), (24, 'regproc', 4, 0), (25, 'text', -1, 0), (26, 'oid', 4, 0), (28, 'xid', 8, 0),
  (700, 'float4', 4, 0), (701, 'float8', 8, 0), (702, 'abstime', 4, 0), (705, 'unknown', -1, 0), (1033, 'aclitem', 12, 0),
  (1042, 'bpchar', -1, 0), (1043, 'varchar', -1, 0), (1082, 'date', 4, 0), (1083, 'time', 8, 0), (1114, 'timestamp', 8, 0),
  (1184, 'timestamptz', 8, 0), (1186, 'interval', 16, 0), (1188, 'intervaly2m', 4, 0), (1190, 'intervald2s', 8, 0),
  (1266, 'timetz', 12, 0), (1700, 'numeric', -1, 0), (2205, 'regclass', 4, 0), (2249, 'record', -1, 0), (2278, 'void', 4, 0),
  (2279, 'trigger', 4, 0), (2776, 'anynonarray', 4, 0), (2277, 'anyarray', -1, 0), (2283, 'anyelement', 4, 0),
  (2935, 'hllsketch', -1, 0), (3000, 'geometry', -1, 0), (3001, 'geography', -1, 0), (4000, 'super', -1, 0),
  (6551, 'varbyte', -1, 0), (1000, '_bool', -1, 16), (1002, '_char', -1, 18), (1003, '_name', -1, 19), (1005, '_int2', -1, 21),
  (1007, '_int4', -1, 23), (1009, '_text', -1, 25), (1014, '_bpchar', -1, 1042), (1015, '_varchar', -1, 1043),
  (1016, '_int8', -1, 20), (1021, '_float4', -1, 700), (1022, '_float8', -1, 701), (1028, '_oid', -1, 26),
  (1034, '_aclitem', -1, 1033), (1115, '_timestamp', -1, 1114), (1182, '_date', -1, 1082), (1231, '_numeric', -1, 1700)
  ) AS t(oid, typname, len, element);
CREATE VIEW memory.rs_catalog.pg_type AS
SELECT t.oid, t.typname, 11 AS typnamespace, 1 AS typowner, CAST(t.len AS SMALLINT) AS typlen, t.len > 0 AS typbyval,
       CASE WHEN t.oid IN (2249, 2277, 2278, 2279, 2283, 2776) THEN 'p' ELSE 'b' END AS typtype, true AS typisdefined,
       ',' AS typdelim, 0 AS typrelid, t.element AS typelem, CASE WHEN t.element = 0 THEN t.typname || 'in' ELSE 'array_in' END AS typinput,
       CASE WHEN t.element = 0 THEN t.typname || 'out' ELSE 'array_out' END AS typoutput,
       CASE WHEN t.element = 0 THEN t.typname || 'recv' ELSE 'array_recv' END AS typreceive,
       CASE WHEN t.element = 0 THEN t.typname || 'send' ELSE 'array_send' END AS typsend, '-' AS typanalyze,
       'i' AS typalign, 'p' AS typstorage, false AS typnotnull, 0 AS typbasetype, -1 AS typtypmod, 0 AS typndims,
       coalesce((SELECT a.oid FROM memory.rs_own.types a WHERE a.element = t.oid), 0) AS typarray, 0 AS typcollation,
       CASE WHEN t.element <> 0 THEN 'A' WHEN t.oid = 16 THEN 'B' WHEN t.oid IN (20, 21, 23, 26, 700, 701, 1700) THEN 'N'
            WHEN t.oid IN (18, 19, 25, 1042, 1043) THEN 'S' WHEN t.oid IN (702, 1082, 1083, 1114, 1184, 1266) THEN 'D'
            WHEN t.oid IN (1186, 1188, 1190) THEN 'T' WHEN t.oid IN (2249, 2277, 2278, 2279, 2283, 2776) THEN 'P' ELSE 'U' END AS typcategory,
       CAST(NULL AS VARCHAR) AS typdefaultbin, CAST(NULL AS VARCHAR) AS typdefault, CAST(NULL AS VARCHAR[]) AS typacl
FROM memory.rs_own.types t;
CREATE VIEW memory.rs_catalog.pg_language AS
SELECT l.*, 1 AS lanowner, 0 AS lanplcallfoid, 0 AS lanvalidator,
       memory.rs_own.acl(getvariable('current_database'), 'language', '', l.lanname, 1, 'U') AS lanacl
FROM (VALUES (12, 'internal', false, false), (13, 'c', false, false), (14, 'sql', false, true),
  (101, 'plpgsql', true, true)) AS l(oid, lanname, lanispl, lanpltrusted);
CREATE VIEW memory.rs_catalog.pg_tablespace AS
SELECT * FROM (VALUES (1663, 'pg_default', 1, ''), (1664, 'pg_global', 1, '')) AS t(oid, spcname, spcowner, spclocation);
CREATE VIEW memory.rs_catalog.pg_am AS SELECT 403 AS oid, 'btree' AS amname, 'i' AS amtype;
CREATE VIEW memory.rs_catalog.pg_proc AS
SELECT CAST(l.id AS INTEGER) AS oid, l.name AS proname, CAST(n.id AS INTEGER) AS pronamespace, CAST(l.owner AS INTEGER) AS proowner,
       CASE l.kind WHEN 'procedure' THEN 101 ELSE 14 END AS prolang, false AS proisagg, false AS proiswindow,
       l.definer AS prosecdef, false AS proisstrict, false AS proretset, l.volatility AS provolatile, l.inputs AS pronargs,
       CASE WHEN l.kind = 'function' THEN memory.rs_own.type_oid(l.returns) WHEN l.outputs = 0 THEN 2278 ELSE 2249 END AS prorettype,
       l.input_oids AS proargtypes, l.names AS proargnames, CAST(l.oids AS UINTEGER[]) AS proallargtypes, l.modes AS proargmodes, l.body AS prosrc,
       '-' AS probin, memory.rs_own.acl(l.db, l.kind, l.schema_name, l.name || '(' || l.signature || ')', l.owner, 'X') AS proacl, CASE l.kind WHEN 'procedure' THEN 'p' ELSE 'f' END AS prokind
FROM memory.rs_own.routine_list l JOIN memory.rs_own.schemas n ON n.db = l.db AND n.name = l.schema_name
WHERE l.db = getvariable('current_database');
CREATE VIEW memory.rs_catalog.pg_proc_info AS
SELECT oid AS prooid, * EXCLUDE (oid) FROM memory.rs_catalog.pg_proc;
CREATE VIEW memory.rs_catalog.pg_settings AS
SELECT s.name, s.setting, 'Session' AS category, CAST('' AS VARCHAR) AS short_desc, CAST('' AS VARCHAR) AS extra_desc,
       'user' AS context, 'string' AS vartype, 'session' AS source
FROM (SELECT unnest(getvariable('lb_settings'), recursive := true)) AS s;

-- Views that say the same in plainer words.
CREATE VIEW memory.rs_catalog.pg_tables AS
SELECT r.schema_name AS schemaname, r.name AS tablename, memory.rs_catalog.pg_get_userbyid(r.owner) AS tableowner,
       CAST(NULL AS VARCHAR) AS tablespace,
       EXISTS (SELECT 1 FROM memory.rs_own.constraints k WHERE k.db = r.db AND k.relation = r.id AND k.kind <> 'f') AS hasindexes,
       false AS hasrules, false AS hastriggers
FROM memory.rs_own.relations r WHERE r.db = getvariable('current_database') AND r.kind = 'r';
CREATE VIEW memory.rs_catalog.pg_views AS
SELECT r.schema_name AS schemaname, r.name AS viewname, memory.rs_catalog.pg_get_userbyid(r.owner) AS viewowner,
       r.definition FROM memory.rs_own.relations r WHERE r.db = getvariable('current_database') AND r.kind = 'v';
CREATE VIEW memory.rs_catalog.pg_table_def AS
SELECT c.schema_name AS schemaname, c.relation_name AS tablename, c.column_name AS "column",
       c.type_name AS type, memory.rs_own.chars(c.encoding, 32) AS encoding, c.dist_key AS distkey,
       c.sort_key AS sortkey, NOT c.is_nullable AS notnull
FROM memory.rs_own.visible_columns c
WHERE c.db = getvariable('current_database') AND c.kind = 'r'
  AND list_contains(getvariable('lb_schemas'), c.schema_name)
ORDER BY c.schema_name, c.relation_name, c.position;

-- What Redshift has no objects of.
CREATE VIEW memory.rs_catalog.pg_collation AS SELECT 0 AS oid, '' AS collname, 0 AS collnamespace WHERE false;
CREATE VIEW memory.rs_catalog.pg_inherits AS
SELECT 0 AS inhrelid, 0 AS inhparent, 0 AS inhseqno, false AS inhdetachpending WHERE false;
CREATE VIEW memory.rs_catalog.pg_trigger AS
SELECT 0 AS oid, 0 AS tgrelid, '' AS tgname, 0 AS tgfoid, CAST(0 AS SMALLINT) AS tgtype, true AS tgenabled,
       false AS tgisconstraint, '' AS tgconstrname, 0 AS tgconstrrelid, false AS tgdeferrable, false AS tginitdeferred,
       CAST(0 AS SMALLINT) AS tgnargs, '' AS tgattr, '' AS tgargs, false AS tgisinternal WHERE false;
CREATE VIEW memory.rs_catalog.pg_enum AS
SELECT 0 AS oid, 0 AS enumtypid, '' AS enumlabel, CAST(0 AS REAL) AS enumsortorder WHERE false;
CREATE VIEW memory.rs_catalog.pg_range AS
SELECT 0 AS rngtypid, 0 AS rngsubtype, 0 AS rngmultitypid WHERE false;
CREATE VIEW memory.rs_catalog.pg_cast AS
SELECT 0 AS oid, 0 AS castsource, 0 AS casttarget, 0 AS castfunc, '' AS castcontext WHERE false;
CREATE VIEW memory.rs_catalog.pg_aggregate AS
SELECT 0 AS aggfnoid, 0 AS aggtransfn, 0 AS aggfinalfn, 0 AS aggtranstype, '' AS agginitval WHERE false;
CREATE VIEW memory.rs_catalog.pg_operator AS
SELECT 0 AS oid, '' AS oprname, 0 AS oprnamespace, 0 AS oprowner, '' AS oprkind, 0 AS oprleft, 0 AS oprright,
       0 AS oprresult, 0 AS oprcode WHERE false;
CREATE VIEW memory.rs_catalog.pg_opclass AS
SELECT 0 AS oid, 0 AS opcamid, '' AS opcname, 0 AS opcnamespace, 0 AS opcowner, 0 AS opcintype, false AS opcdefault,
       0 AS opckeytype WHERE false;
CREATE VIEW memory.rs_catalog.pg_statistic_indicator AS
SELECT CAST(r.id AS INTEGER) AS stairelid, CAST(0 AS REAL) AS stairows, CAST(0 AS REAL) AS staiins,
       CAST(0 AS REAL) AS staidels FROM memory.rs_own.relations r WHERE r.db = getvariable('current_database') AND r.kind = 'r';
CREATE VIEW memory.rs_catalog.pg_external_schema AS
SELECT 0 AS esoid, CAST(0 AS SMALLINT) AS eskind, '' AS esdbname, '' AS esoptions WHERE false;
CREATE VIEW memory.rs_catalog.pg_library AS
SELECT '' AS name, 0 AS language_oid, '' AS file_store_id, 0 AS owner WHERE false;
