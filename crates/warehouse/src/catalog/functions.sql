-- Functions that clients call on the catalog (redshift-sql/src/rewrite/functions/catalog.rs lists them).
CREATE MACRO memory.rs_catalog.current_schemas(implicit) AS
  CASE WHEN implicit THEN list_prepend('pg_catalog', getvariable('lb_schemas')) ELSE getvariable('lb_schemas') END;
CREATE MACRO memory.rs_catalog.pg_table_is_visible(relation) AS
  relation IN (SELECT lb_c.oid FROM memory.rs_catalog.pg_class lb_c JOIN memory.rs_catalog.pg_namespace lb_n ON lb_n.oid = lb_c.relnamespace
               WHERE list_contains(getvariable('lb_schemas'), lb_n.nspname));
CREATE MACRO memory.rs_catalog.pg_type_is_visible(kind) AS true;
CREATE MACRO memory.rs_catalog.pg_function_is_visible(routine) AS
  routine IN (SELECT lb_p.oid FROM memory.rs_catalog.pg_proc lb_p JOIN memory.rs_catalog.pg_namespace lb_n ON lb_n.oid = lb_p.pronamespace
              WHERE list_contains(getvariable('lb_schemas'), lb_n.nspname));
CREATE MACRO memory.rs_catalog.pg_encoding_to_char(code) AS CASE code WHEN 6 THEN 'UTF8' WHEN 0 THEN 'SQL_ASCII' ELSE '' END;
CREATE MACRO memory.rs_catalog.pg_char_to_encoding(name) AS CASE upper(name) WHEN 'UTF8' THEN 6 WHEN 'UNICODE' THEN 6 ELSE -1 END;
CREATE MACRO memory.rs_catalog.getdatabaseencoding() AS 'UTF8';
CREATE MACRO memory.rs_catalog.obj_description
  (relation) AS (SELECT lb_r.remarks FROM memory.rs_own.relations lb_r WHERE lb_r.id = relation AND lb_r.db = getvariable('current_database')),
  (relation, of_catalog) AS (SELECT max(lb_r.description) FROM memory.rs_catalog.pg_description lb_r
    WHERE lb_r.objoid = relation AND lb_r.objsubid = 0
      AND lb_r.classoid = CASE of_catalog WHEN 'pg_class' THEN 1259 WHEN 'pg_namespace' THEN 2615
        WHEN 'pg_constraint' THEN 2606 WHEN 'pg_database' THEN 1262 END);
CREATE MACRO memory.rs_catalog.shobj_description(object, of_catalog) AS
  (SELECT max(lb_b.remarks) FROM memory.rs_own.databases lb_b WHERE lb_b.id = object AND of_catalog = 'pg_database');
CREATE MACRO memory.rs_catalog.col_description(relation, number) AS
  (SELECT lb_c.remarks FROM memory.rs_own.all_columns lb_c
   WHERE lb_c.relation_id = relation AND lb_c.position = number AND lb_c.db = getvariable('current_database'));
CREATE MACRO memory.rs_catalog.pg_get_expr
  (expression, relation) AS expression, (expression, relation, pretty) AS expression;
CREATE MACRO memory.rs_own.view_text(in_relation) AS
  (SELECT lb_r.definition FROM memory.rs_own.relations lb_r WHERE lb_r.id = in_relation AND lb_r.kind <> 'r' AND lb_r.db = getvariable('current_database'));
CREATE MACRO memory.rs_catalog.pg_get_viewdef
  (relation) AS memory.rs_own.view_text(memory.rs_catalog.lb_relation(CAST(relation AS VARCHAR))),
  (relation, pretty) AS memory.rs_own.view_text(memory.rs_catalog.lb_relation(CAST(relation AS VARCHAR)));
CREATE MACRO memory.rs_catalog.pg_get_constraintdef
  (number) AS (SELECT lb_k.definition FROM memory.rs_own.key_definitions lb_k WHERE lb_k.db = getvariable('current_database') AND lb_k.oid = number),
  (number, pretty) AS (SELECT lb_k.definition FROM memory.rs_own.key_definitions lb_k WHERE lb_k.db = getvariable('current_database') AND lb_k.oid = number);
CREATE MACRO memory.rs_own.index_definition(number) AS
  (SELECT memory.rs_own.index_text(lb_k.schema_name, lb_k.relation_name, lb_k.name, lb_k.columns)
   FROM memory.rs_own.key_definitions lb_k WHERE lb_k.db = getvariable('current_database') AND lb_k.index_oid = number);
CREATE MACRO memory.rs_catalog.pg_get_indexdef
  (number) AS memory.rs_own.index_definition(number),
  (number, part, pretty) AS CASE WHEN part = 0 THEN memory.rs_own.index_definition(number)
    ELSE (SELECT memory.rs_own.quoted(lb_k.columns[part]) FROM memory.rs_own.key_definitions lb_k
          WHERE lb_k.db = getvariable('current_database') AND lb_k.index_oid = number) END;
CREATE MACRO memory.rs_catalog.pg_get_ruledef
  (rule) AS (SELECT 'CREATE RULE "_RETURN" AS ON SELECT TO ' || memory.rs_own.quoted(lb_r.name) || ' DO INSTEAD ' || lb_r.definition
    FROM memory.rs_own.relations lb_r WHERE lb_r.db = getvariable('current_database') AND lb_r.id = rule - 1200000000),
  (rule, pretty) AS (SELECT 'CREATE RULE "_RETURN" AS ON SELECT TO ' || memory.rs_own.quoted(lb_r.name) || ' DO INSTEAD ' || lb_r.definition
    FROM memory.rs_own.relations lb_r WHERE lb_r.db = getvariable('current_database') AND lb_r.id = rule - 1200000000);
-- Rows in the place of a value: all of them are in memory at once.
CREATE MACRO memory.rs_catalog.lb_series(low, high) AS generate_series(CAST(low AS BIGINT),
  CASE WHEN CAST(high AS BIGINT) - CAST(low AS BIGINT) > 100000
    THEN error('redshift:0A000:generate_series of more than 100000 rows outside of FROM is not supported') ELSE CAST(high AS BIGINT) END);
-- What `_pg_expandarray` unnests: each element and its number.
CREATE MACRO memory.rs_catalog.lb_expanded(list) AS list_transform(list, lambda lb_x, lb_n: {'x': lb_x, 'n': CAST(lb_n AS INTEGER)});
CREATE MACRO memory.rs_catalog.array_lower(list, dimension) AS CASE WHEN dimension = 1 AND len(list) > 0 THEN CAST(1 AS INTEGER) END;
CREATE MACRO memory.rs_catalog.array_upper(list, dimension) AS CASE WHEN dimension = 1 AND len(list) > 0 THEN CAST(len(list) AS INTEGER) END;
CREATE MACRO memory.rs_catalog.pg_tablespace_location(number) AS '';
-- Sizes: what the engine keeps in blocks is not known by table.
CREATE MACRO memory.rs_catalog.pg_size_pretty(bytes) AS CASE WHEN bytes < 10240 THEN CAST(bytes AS VARCHAR) || ' bytes'
  WHEN bytes < 10485760 THEN CAST(bytes // 1024 AS VARCHAR) || ' kB' ELSE CAST(bytes // 1048576 AS VARCHAR) || ' MB' END;
CREATE MACRO memory.rs_own.table_bytes(in_relation) AS
  (SELECT CAST(coalesce(any_value(lb_t.estimated_size), 0) * 8 * (SELECT count(*) FROM memory.rs_own.columns lb_c WHERE lb_c.db = lb_r.db AND lb_c.relation = lb_r.id) AS BIGINT)
   FROM memory.rs_own.relations lb_r LEFT JOIN duckdb_tables() lb_t ON lb_t.database_name = lb_r.engine_catalog
     AND lb_t.schema_name = lb_r.engine_schema AND lb_t.table_name = lb_r.name
   WHERE lb_r.id = in_relation AND lb_r.db = getvariable('current_database') GROUP BY lb_r.db, lb_r.id);
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
  SELECT lb_c.schema_name AS view_schema, lb_c.relation_name AS view_name, lb_c.column_name AS col_name, lb_c.type_name AS col_type,
         lb_c.position AS col_num FROM memory.rs_own.visible_columns lb_c
  WHERE lb_c.db = getvariable('current_database') AND lb_c.relation_id = memory.rs_catalog.lb_relation(relation) ORDER BY 5;
-- Routines: their arguments and results as psql tells them.
CREATE MACRO memory.rs_catalog.pg_get_function_result(routine) AS
  (SELECT memory.rs_catalog.lb_type_name(lb_p.prorettype) FROM memory.rs_catalog.pg_proc lb_p WHERE lb_p.oid = routine);
CREATE MACRO memory.rs_catalog.pg_get_function_arguments(routine) AS
  (SELECT lb_p.shown FROM memory.rs_own.routine_list lb_p WHERE lb_p.id = routine AND lb_p.db = getvariable('current_database'));
CREATE MACRO memory.rs_catalog.pg_get_function_identity_arguments(routine) AS
  (SELECT lb_p.shown FROM memory.rs_own.routine_list lb_p WHERE lb_p.id = routine AND lb_p.db = getvariable('current_database'));
CREATE MACRO memory.rs_catalog.pg_get_triggerdef
  (trigger_id) AS CAST(NULL AS VARCHAR), (trigger_id, pretty) AS CAST(NULL AS VARCHAR);
CREATE MACRO memory.rs_catalog.pg_database_size(which) AS
  (SELECT CAST(coalesce(sum(lb_t.estimated_size), 0) * 8 AS BIGINT) FROM memory.rs_own.databases lb_d
   JOIN memory.rs_own.relations lb_r ON lb_r.db = lb_d.name
   JOIN duckdb_tables() lb_t ON lb_t.database_name = lb_r.engine_catalog
     AND lb_t.schema_name = lb_r.engine_schema AND lb_t.table_name = lb_r.name
   WHERE lb_d.name = CAST(which AS VARCHAR) OR CAST(lb_d.id AS VARCHAR) = CAST(which AS VARCHAR));
CREATE MACRO memory.rs_catalog.pg_tablespace_size(which) AS CAST(0 AS BIGINT);
