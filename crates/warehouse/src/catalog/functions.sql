-- Functions that clients call on the catalog (redshift-sql/src/rewrite/functions/catalog.rs lists them).
CREATE MACRO memory.rs_catalog.current_schemas(implicit) AS
  CASE WHEN implicit THEN list_prepend('pg_catalog', getvariable('lb_schemas')) ELSE getvariable('lb_schemas') END;
CREATE MACRO memory.rs_catalog.pg_table_is_visible(relation) AS
  relation IN (SELECT c.oid FROM memory.rs_catalog.pg_class c JOIN memory.rs_catalog.pg_namespace n ON n.oid = c.relnamespace
               WHERE list_contains(getvariable('lb_schemas'), n.nspname));
CREATE MACRO memory.rs_catalog.pg_type_is_visible(kind) AS true;
CREATE MACRO memory.rs_catalog.pg_function_is_visible(routine) AS
  routine IN (SELECT p.oid FROM memory.rs_catalog.pg_proc p JOIN memory.rs_catalog.pg_namespace n ON n.oid = p.pronamespace
              WHERE list_contains(getvariable('lb_schemas'), n.nspname));
CREATE MACRO memory.rs_catalog.pg_encoding_to_char(code) AS CASE code WHEN 6 THEN 'UTF8' WHEN 0 THEN 'SQL_ASCII' ELSE '' END;
CREATE MACRO memory.rs_catalog.pg_char_to_encoding(name) AS CASE upper(name) WHEN 'UTF8' THEN 6 WHEN 'UNICODE' THEN 6 ELSE -1 END;
CREATE MACRO memory.rs_catalog.getdatabaseencoding() AS 'UTF8';
CREATE MACRO memory.rs_catalog.obj_description
  (relation) AS (SELECT r.remarks FROM memory.rs_own.relations r WHERE r.id = relation AND r.db = getvariable('current_database')),
  (relation, of_catalog) AS (SELECT r.remarks FROM memory.rs_own.relations r
    WHERE r.id = relation AND r.db = getvariable('current_database') AND of_catalog = 'pg_class');
CREATE MACRO memory.rs_catalog.shobj_description(object, of_catalog) AS CAST(NULL AS VARCHAR);
CREATE MACRO memory.rs_catalog.col_description(relation, number) AS
  (SELECT c.remarks FROM memory.rs_own.all_columns c
   WHERE c.relation_id = relation AND c.position = number AND c.db = getvariable('current_database'));
CREATE MACRO memory.rs_catalog.pg_get_expr
  (expression, relation) AS expression, (expression, relation, pretty) AS expression;
CREATE MACRO memory.rs_own.view_text(in_relation) AS
  (SELECT r.definition FROM memory.rs_own.relations r WHERE r.id = in_relation AND r.kind <> 'r' AND r.db = getvariable('current_database'));
CREATE MACRO memory.rs_catalog.pg_get_viewdef
  (relation) AS memory.rs_own.view_text(memory.rs_catalog.lb_relation(CAST(relation AS VARCHAR))),
  (relation, pretty) AS memory.rs_own.view_text(memory.rs_catalog.lb_relation(CAST(relation AS VARCHAR)));
CREATE MACRO memory.rs_catalog.pg_get_constraintdef
  (number) AS (SELECT k.definition FROM memory.rs_own.key_definitions k WHERE k.db = getvariable('current_database') AND k.oid = number),
  (number, pretty) AS (SELECT k.definition FROM memory.rs_own.key_definitions k WHERE k.db = getvariable('current_database') AND k.oid = number);
CREATE MACRO memory.rs_own.index_definition(number) AS
  (SELECT memory.rs_own.index_text(k.schema_name, k.relation_name, k.name, k.columns)
   FROM memory.rs_own.key_definitions k WHERE k.db = getvariable('current_database') AND k.index_oid = number);
CREATE MACRO memory.rs_catalog.pg_get_indexdef
  (number) AS memory.rs_own.index_definition(number),
  (number, part, pretty) AS CASE WHEN part = 0 THEN memory.rs_own.index_definition(number)
    ELSE (SELECT memory.rs_own.quoted(k.columns[part]) FROM memory.rs_own.key_definitions k
          WHERE k.db = getvariable('current_database') AND k.index_oid = number) END;
CREATE MACRO memory.rs_catalog.pg_get_ruledef
  (rule) AS (SELECT 'CREATE RULE "_RETURN" AS ON SELECT TO ' || memory.rs_own.quoted(r.name) || ' DO INSTEAD ' || r.definition
    FROM memory.rs_own.relations r WHERE r.db = getvariable('current_database') AND r.id = rule - 1200000000),
  (rule, pretty) AS (SELECT 'CREATE RULE "_RETURN" AS ON SELECT TO ' || memory.rs_own.quoted(r.name) || ' DO INSTEAD ' || r.definition
    FROM memory.rs_own.relations r WHERE r.db = getvariable('current_database') AND r.id = rule - 1200000000);
CREATE MACRO memory.rs_catalog.array_lower(list, dimension) AS CASE WHEN dimension = 1 AND len(list) > 0 THEN CAST(1 AS INTEGER) END;
CREATE MACRO memory.rs_catalog.array_upper(list, dimension) AS CASE WHEN dimension = 1 AND len(list) > 0 THEN CAST(len(list) AS INTEGER) END;
CREATE MACRO memory.rs_catalog.pg_tablespace_location(number) AS '';
-- Sizes: what the engine keeps in blocks is not known by table.
CREATE MACRO memory.rs_catalog.pg_size_pretty(bytes) AS CASE WHEN bytes < 10240 THEN CAST(bytes AS VARCHAR) || ' bytes'
  WHEN bytes < 10485760 THEN CAST(bytes // 1024 AS VARCHAR) || ' kB' ELSE CAST(bytes // 1048576 AS VARCHAR) || ' MB' END;
CREATE MACRO memory.rs_own.table_bytes(in_relation) AS
  (SELECT CAST(coalesce(any_value(t.estimated_size), 0) * 8 * (SELECT count(*) FROM memory.rs_own.columns c WHERE c.db = r.db AND c.relation = r.id) AS BIGINT)
   FROM memory.rs_own.relations r LEFT JOIN duckdb_tables() t ON t.database_name = r.engine_catalog
     AND t.schema_name = r.schema_name AND t.table_name = r.name
   WHERE r.id = in_relation AND r.db = getvariable('current_database') GROUP BY r.db, r.id);
CREATE MACRO memory.rs_catalog.pg_table_size(relation) AS memory.rs_own.table_bytes(relation);
CREATE MACRO memory.rs_catalog.pg_relation_size(relation) AS memory.rs_own.table_bytes(relation);
CREATE MACRO memory.rs_catalog.pg_total_relation_size(relation) AS memory.rs_own.table_bytes(relation);
-- Columns of late-binding views: those of views that can be read now.
CREATE VIEW memory.rs_own.late_columns AS
SELECT c.schema_name, c.relation_name, c.column_name, c.type_name, c.position
FROM memory.rs_own.all_columns c JOIN memory.rs_own.relations r ON r.db = c.db AND r.id = c.relation_id
WHERE r.late_binding AND c.db = getvariable('current_database');
CREATE MACRO memory.rs_catalog.pg_get_late_binding_view_cols() AS TABLE
  SELECT schema_name AS view_schema, relation_name AS view_name, column_name AS col_name, type_name AS col_type,
         position AS col_num FROM memory.rs_own.late_columns ORDER BY 1, 2, 5;
CREATE MACRO memory.rs_catalog.pg_get_cols(relation) AS TABLE
  SELECT c.schema_name AS view_schema, c.relation_name AS view_name, c.column_name AS col_name, c.type_name AS col_type,
         c.position AS col_num FROM memory.rs_own.visible_columns c
  WHERE c.db = getvariable('current_database') AND c.relation_id = memory.rs_catalog.lb_relation(relation) ORDER BY 5;
-- Routines: their arguments and results as psql tells them.
CREATE MACRO memory.rs_catalog.pg_get_function_result(routine) AS
  (SELECT memory.rs_catalog.lb_type_name(p.prorettype) FROM memory.rs_catalog.pg_proc p WHERE p.oid = routine);
CREATE MACRO memory.rs_catalog.pg_get_function_arguments(routine) AS
  (SELECT p.proargtypes FROM memory.rs_catalog.pg_proc p WHERE p.oid = routine);
CREATE MACRO memory.rs_catalog.pg_get_function_identity_arguments(routine) AS
  (SELECT p.proargtypes FROM memory.rs_catalog.pg_proc p WHERE p.oid = routine);
