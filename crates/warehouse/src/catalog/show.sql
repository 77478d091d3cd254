-- What SHOW lists (session/show_list.rs), and the statements that SHOW TABLE and SHOW VIEW give.
CREATE SCHEMA IF NOT EXISTS memory.rs_show;
CREATE VIEW memory.rs_show.databases AS
SELECT d.name AS database_name, CAST(d.owner AS INTEGER) AS database_owner, 'local' AS database_type,
       CAST(NULL AS VARCHAR) AS database_acl, CAST(NULL AS VARCHAR) AS parameters,
       CASE WHEN d.serializable THEN 'Serializable' ELSE 'Snapshot Isolation' END AS database_isolation_level
FROM memory.rs_own.databases d;
CREATE VIEW memory.rs_show.schemas AS
SELECT s.db AS database_name, s.name AS schema_name, CAST(s.owner AS INTEGER) AS schema_owner,
       'local' AS schema_type, CAST(NULL AS VARCHAR) AS schema_acl,
       CAST(NULL AS VARCHAR) AS source_database, CAST(NULL AS VARCHAR) AS schema_option
FROM memory.rs_own.schemas s WHERE memory.rs_own.may_see(s.db, 'schema', s.name, '', s.owner)
UNION ALL
SELECT d.name, n.name, 1, 'local', NULL, NULL, NULL
FROM memory.rs_own.databases d, (VALUES ('pg_catalog'), ('information_schema')) AS n(name);
CREATE VIEW memory.rs_show.tables AS
SELECT r.db AS database_name, r.schema_name, r.name AS table_name, r.table_type,
       CAST(NULL AS VARCHAR) AS table_acl, r.remarks, memory.rs_catalog.pg_get_userbyid(r.owner) AS owner,
       CAST(NULL AS TIMESTAMP) AS last_altered_time, CAST(NULL AS TIMESTAMP) AS last_modified_time,
       CASE WHEN r.kind = 'r' THEN memory.rs_own.dist_style_text(r.db, r.id, r.dist_style) END AS dist_style,
       CASE WHEN r.kind = 'r' THEN 'REGULAR TABLE' WHEN r.late_binding THEN 'LATE BINDING VIEW'
            ELSE 'REGULAR VIEW' END AS table_subtype
FROM memory.rs_own.visible_relations r;
CREATE VIEW memory.rs_show.columns AS
SELECT c.db AS database_name, c.schema_name, c.relation_name AS table_name, c.column_name,
       c.position AS ordinal_position, c.default_text AS column_default,
       CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable,
       memory.rs_own.base_type(c.type_name) AS data_type,
       memory.rs_own.type_length(c.type_name) AS character_maximum_length,
       memory.rs_own.type_precision(c.type_name) AS numeric_precision,
       memory.rs_own.type_scale(c.type_name) AS numeric_scale, c.remarks,
       CASE WHEN c.sort_key <> 0 THEN (SELECT r.sort_style FROM memory.rs_own.relations r
         WHERE r.db = c.db AND r.id = c.relation_id) END AS sort_key_type,
       CASE WHEN c.sort_key <> 0 THEN c.sort_key END AS sort_key,
       CASE WHEN c.dist_key THEN CAST(1 AS INTEGER) END AS dist_key,
       CASE WHEN c.kind = 'r' THEN c.encoding END AS encoding, CAST(NULL AS VARCHAR) AS "collation"
FROM memory.rs_own.visible_columns c;
CREATE VIEW memory.rs_show.primary_keys AS
SELECT k.db AS database_name, k.schema_name, k.relation_name AS table_name, k.column_name,
       CAST(k.position AS SMALLINT) AS key_seq, k.name AS pk_name
FROM memory.rs_own.key_columns k WHERE k.kind = 'p'
  AND memory.rs_own.may_see(k.db, 'relation', k.schema_name, k.relation_name, k.owner);
CREATE VIEW memory.rs_show.foreign_keys AS
SELECT t.db AS pk_database_name, t.schema_name AS pk_schema_name, t.name AS pk_table_name,
       k.foreign_column AS pk_column_name, k.db AS fk_database_name, k.schema_name AS fk_schema_name,
       k.relation_name AS fk_table_name, k.column_name AS fk_column_name,
       CAST(k.position AS SMALLINT) AS key_seq, CAST(3 AS SMALLINT) AS update_rule,
       CAST(3 AS SMALLINT) AS delete_rule, k.name AS fk_name,
       (SELECT any_value(p.name) FROM memory.rs_own.constraints p
        WHERE p.db = t.db AND p.relation = t.id AND p.kind = 'p') AS pk_name,
       CAST(7 AS SMALLINT) AS deferrability
FROM memory.rs_own.key_columns k
JOIN memory.rs_own.relations t ON t.db = k.db AND t.id = k.foreign_relation
WHERE k.kind = 'f' AND memory.rs_own.may_see(k.db, 'relation', k.schema_name, k.relation_name, k.owner);
CREATE VIEW memory.rs_show.grants AS
SELECT g.db AS database_name, g.schema_name, g.name AS object_name,
       CASE WHEN r.kind = 'v' THEN 'VIEW' ELSE 'TABLE' END AS object_type, g.privilege AS privilege_type,
       CAST(g.grantee AS INTEGER) AS identity_id,
       CASE g.grantee_kind WHEN 'public' THEN 'public' WHEN 'user' THEN memory.rs_catalog.pg_get_userbyid(g.grantee)
         WHEN 'group' THEN '/' || (SELECT x.name FROM home.groups x WHERE x.id = g.grantee)
         ELSE (SELECT x.name FROM home.roles x WHERE x.id = g.grantee) END AS identity_name,
       CASE g.grantee_kind WHEN 'group' THEN 'role' ELSE g.grantee_kind END AS identity_type,
       g.grant_option AS admin_option, g.column_name,
       memory.rs_catalog.pg_get_userbyid(g.grantor) AS grantor_name
FROM memory.rs_own.grants g
JOIN memory.rs_own.relations r ON r.db = g.db AND r.schema_name = g.schema_name AND r.name = g.name
WHERE g.object = 'relation' AND (getvariable('lb_superuser') OR r.owner = getvariable('current_user_id')
  OR list_contains(getvariable('lb_grantees'), g.grantee_kind || CAST(g.grantee AS VARCHAR)));
CREATE VIEW memory.rs_show.table_grants AS
SELECT database_name, schema_name, object_name, object_type, privilege_type, identity_id, identity_name,
       identity_type, admin_option, 'TABLE' AS privilege_scope, grantor_name
FROM memory.rs_show.grants WHERE column_name = '';
CREATE VIEW memory.rs_show.column_grants AS
SELECT database_name, schema_name, object_name AS table_name, column_name, object_type, privilege_type,
       identity_id, identity_name, identity_type, admin_option, 'COLUMN' AS privilege_scope, grantor_name
FROM memory.rs_show.grants WHERE column_name <> '';
CREATE VIEW memory.rs_show.table_definitions AS
SELECT r.db, r.id, 'CREATE TABLE ' || memory.rs_own.quoted(r.schema_name) || '.' || memory.rs_own.quoted(r.name) || ' (' || chr(10)
    || (SELECT string_agg('    ' || memory.rs_own.quoted(c.column_name) || ' ' || c.type_name
          || CASE WHEN c.is_nullable THEN '' ELSE ' NOT NULL' END
          || CASE WHEN c.is_identity THEN ' ' || c.default_text
               WHEN c.default_text IS NULL THEN '' ELSE ' DEFAULT ' || c.default_text END
          || ' ENCODE ' || CASE c.encoding WHEN 'none' THEN 'raw' ELSE c.encoding END
          || CASE WHEN c.dist_key THEN ' distkey' ELSE '' END, ',' || chr(10) ORDER BY c.position)
        FROM memory.rs_own.all_columns c WHERE c.db = r.db AND c.relation_id = r.id)
    || coalesce((SELECT string_agg(',' || chr(10) || '    ' || k.definition, '' ORDER BY CASE k.kind WHEN 'p' THEN 1 WHEN 'u' THEN 2 ELSE 3 END, k.name)
        FROM memory.rs_own.key_definitions k WHERE k.db = r.db AND k.relation = r.id), '')
    || chr(10) || ')' || chr(10) || 'DISTSTYLE ' || r.dist_style
    || coalesce((SELECT chr(10) || CASE r.sort_style WHEN 'INTERLEAVED' THEN 'INTERLEAVED ' ELSE '' END || 'SORTKEY ( '
          || string_agg(memory.rs_own.quoted(c.column_name), ', ' ORDER BY abs(c.sort_key)) || ' )'
        FROM memory.rs_own.all_columns c WHERE c.db = r.db AND c.relation_id = r.id AND c.sort_key <> 0
        HAVING count(*) > 0), '')
    || ';' AS definition
FROM memory.rs_own.relations r WHERE r.kind = 'r';
CREATE VIEW memory.rs_show.view_definitions AS
SELECT r.db, r.id, rtrim(r.definition, '; ' || chr(10)) || CASE WHEN r.late_binding THEN ' with no schema binding' ELSE '' END || ';' AS definition
FROM memory.rs_own.relations r WHERE r.kind <> 'r';
