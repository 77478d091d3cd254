-- information_schema, as PostgreSQL 8.0 has it.
CREATE VIEW memory.rs_information.information_schema_catalog_name AS SELECT getvariable('current_database') AS catalog_name;
CREATE VIEW memory.rs_information.schemata AS
SELECT getvariable('current_database') AS catalog_name, n.nspname AS schema_name,
       memory.rs_catalog.pg_get_userbyid(n.nspowner) AS schema_owner, CAST(NULL AS VARCHAR) AS default_character_set_catalog,
       CAST(NULL AS VARCHAR) AS default_character_set_schema, CAST(NULL AS VARCHAR) AS default_character_set_name,
       CAST(NULL AS VARCHAR) AS sql_path
FROM memory.rs_catalog.pg_namespace n;
-- The session's temporary tables are told of by the engine alone.
CREATE VIEW memory.rs_information.tables AS
SELECT table_catalog, table_schema, table_name, table_type, CAST(NULL AS VARCHAR) AS self_referencing_column_name,
       CAST(NULL AS VARCHAR) AS reference_generation, CAST(NULL AS VARCHAR) AS user_defined_type_catalog,
       CAST(NULL AS VARCHAR) AS user_defined_type_schema, CAST(NULL AS VARCHAR) AS user_defined_name
FROM memory.rs_catalog.svv_tables;
CREATE VIEW memory.rs_information.views AS
SELECT r.db AS table_catalog, r.schema_name AS table_schema, r.name AS table_name,
       r.definition AS view_definition, 'NONE' AS check_option, 'NO' AS is_updatable, 'NO' AS is_insertable_into
FROM memory.rs_own.visible_relations r WHERE r.db = getvariable('current_database') AND r.kind = 'v';
CREATE VIEW memory.rs_information.columns AS
SELECT c.table_catalog, c.table_schema, c.table_name, c.column_name, c.ordinal_position, c.column_default, c.is_nullable,
       c.data_type, c.character_maximum_length, CAST(NULL AS INTEGER) AS character_octet_length, c.numeric_precision,
       c.numeric_precision_radix, c.numeric_scale, c.datetime_precision, c.interval_type, c.interval_precision,
       c.character_set_catalog, c.character_set_schema, c.character_set_name, c.collation_catalog, c.collation_schema,
       c.collation_name, CAST(NULL AS VARCHAR) AS domain_catalog, CAST(NULL AS VARCHAR) AS domain_schema, c.domain_name,
       c.table_catalog AS udt_catalog, 'pg_catalog' AS udt_schema,
       (SELECT t.typname FROM memory.rs_own.types t WHERE t.oid = memory.rs_own.type_oid(c.data_type)) AS udt_name,
       CAST(NULL AS VARCHAR) AS scope_catalog, CAST(NULL AS VARCHAR) AS scope_schema, CAST(NULL AS VARCHAR) AS scope_name,
       CAST(NULL AS INTEGER) AS maximum_cardinality, CAST(c.ordinal_position AS VARCHAR) AS dtd_identifier, 'NO' AS is_self_referencing
FROM memory.rs_catalog.svv_columns c;
CREATE VIEW memory.rs_own.visible_keys AS
SELECT k.* FROM memory.rs_own.keys k WHERE k.db = getvariable('current_database')
  AND memory.rs_own.may_see(k.db, 'relation', k.schema_name, k.relation_name, k.owner);
CREATE VIEW memory.rs_information.table_constraints AS
SELECT k.db AS constraint_catalog, k.schema_name AS constraint_schema, k.name AS constraint_name, k.db AS table_catalog,
       k.schema_name AS table_schema, k.relation_name AS table_name,
       CASE k.kind WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' ELSE 'FOREIGN KEY' END AS constraint_type,
       'NO' AS is_deferrable, 'NO' AS initially_deferred
FROM memory.rs_own.visible_keys k;
CREATE VIEW memory.rs_information.key_column_usage AS
SELECT c.db AS constraint_catalog, c.schema_name AS constraint_schema, c.name AS constraint_name, c.db AS table_catalog,
       c.schema_name AS table_schema, c.relation_name AS table_name, c.column_name, c.position AS ordinal_position
FROM memory.rs_own.key_columns c WHERE c.db = getvariable('current_database')
  AND memory.rs_own.may_see(c.db, 'relation', c.schema_name, c.relation_name, c.owner);
-- For a foreign key it is the column it points at.
CREATE VIEW memory.rs_information.constraint_column_usage AS
SELECT c.db AS table_catalog, coalesce(t.schema_name, c.schema_name) AS table_schema, coalesce(t.name, c.relation_name) AS table_name,
       CASE WHEN c.kind = 'f' THEN c.foreign_column ELSE c.column_name END AS column_name,
       c.db AS constraint_catalog, c.schema_name AS constraint_schema, c.name AS constraint_name
FROM memory.rs_own.key_columns c
LEFT JOIN memory.rs_own.relations t ON c.kind = 'f' AND t.db = c.db AND t.id = c.foreign_relation
WHERE c.db = getvariable('current_database')
  AND memory.rs_own.may_see(c.db, 'relation', c.schema_name, c.relation_name, c.owner);
CREATE VIEW memory.rs_information.constraint_table_usage AS
SELECT DISTINCT table_catalog, table_schema, table_name, constraint_catalog, constraint_schema, constraint_name
FROM memory.rs_information.constraint_column_usage;
CREATE VIEW memory.rs_information.referential_constraints AS
SELECT k.db AS constraint_catalog, k.schema_name AS constraint_schema, k.name AS constraint_name,
       k.db AS unique_constraint_catalog, p.schema_name AS unique_constraint_schema, p.name AS unique_constraint_name,
       'NONE' AS match_option, 'NO ACTION' AS update_rule, 'NO ACTION' AS delete_rule
FROM memory.rs_own.visible_keys k
LEFT JOIN memory.rs_own.keys p ON p.db = k.db AND p.relation = k.foreign_relation AND p.kind IN ('p', 'u') AND p.columns = k.foreign_columns
WHERE k.kind = 'f';
CREATE VIEW memory.rs_information.check_constraints AS
SELECT '' AS constraint_catalog, '' AS constraint_schema, '' AS constraint_name, '' AS check_clause WHERE false;
CREATE VIEW memory.rs_information.view_table_usage AS
SELECT v.db AS view_catalog, v.schema_name AS view_schema, v.name AS view_name, r.db AS table_catalog,
       r.schema_name AS table_schema, r.name AS table_name
FROM memory.rs_own.dependencies d
JOIN memory.rs_own.visible_relations v ON v.db = d.db AND v.id = d.view_id
JOIN memory.rs_own.relations r ON r.db = d.db AND r.id = d.relation
WHERE d.db = getvariable('current_database');
CREATE VIEW memory.rs_information.routines AS
SELECT getvariable('current_database') AS specific_catalog, n.nspname AS specific_schema, p.proname || '_' || p.oid AS specific_name,
       getvariable('current_database') AS routine_catalog, n.nspname AS routine_schema, p.proname AS routine_name,
       CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS routine_type,
       memory.rs_catalog.lb_type_name(p.prorettype) AS data_type, l.lanname AS external_language, p.prosrc AS routine_definition,
       CASE WHEN p.prosecdef THEN 'DEFINER' ELSE 'INVOKER' END AS security_type
FROM memory.rs_catalog.pg_proc p JOIN memory.rs_catalog.pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN memory.rs_catalog.pg_language l ON l.oid = p.prolang;
CREATE VIEW memory.rs_own.granted AS
SELECT g.db, g.schema_name, g.name, g.privilege, g.column_name,
       memory.rs_catalog.pg_get_userbyid(g.grantor) AS grantor,
       CASE g.grantee_kind WHEN 'public' THEN 'PUBLIC' WHEN 'user' THEN memory.rs_catalog.pg_get_userbyid(g.grantee)
            WHEN 'group' THEN (SELECT x.name FROM home.groups x WHERE x.id = g.grantee)
            ELSE (SELECT x.name FROM home.roles x WHERE x.id = g.grantee) END AS grantee,
       CASE WHEN g.grant_option THEN 'YES' ELSE 'NO' END AS is_grantable
FROM memory.rs_own.grants g
WHERE g.db = getvariable('current_database') AND g.object = 'relation'
  AND (getvariable('lb_superuser') OR g.grantor = getvariable('current_user_id')
       OR list_contains(getvariable('lb_grantees'), g.grantee_kind || CAST(g.grantee AS VARCHAR)));
CREATE VIEW memory.rs_information.table_privileges AS
SELECT g.grantor, g.grantee, g.db AS table_catalog, g.schema_name AS table_schema, g.name AS table_name,
       g.privilege AS privilege_type, g.is_grantable, 'NO' AS with_hierarchy
FROM memory.rs_own.granted g WHERE g.column_name = '';
CREATE VIEW memory.rs_information.column_privileges AS
SELECT g.grantor, g.grantee, g.db AS table_catalog, g.schema_name AS table_schema, g.name AS table_name, c.column_name,
       g.privilege AS privilege_type, g.is_grantable
FROM memory.rs_own.granted g JOIN memory.rs_own.all_columns c ON c.db = g.db AND c.schema_name = g.schema_name
  AND c.relation_name = g.name AND g.column_name IN ('', c.column_name);
CREATE VIEW memory.rs_information.enabled_roles AS
SELECT u.name AS role_name FROM home.users u WHERE u.id = getvariable('current_user_id')
UNION SELECT x.name FROM home.groups x JOIN home.group_members m ON m.group_id = x.id
WHERE m.user_id = getvariable('current_user_id');
