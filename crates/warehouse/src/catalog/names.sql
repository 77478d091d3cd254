-- Names that stand for object ids: `'s.t'::regclass` and its kin (redshift-sql/src/rewrite/regnames.rs).
CREATE MACRO memory.rs_own.element_name(in_name) AS CASE in_name WHEN '_int2' THEN 'smallint' WHEN '_int4' THEN 'integer'
  WHEN '_int8' THEN 'bigint' WHEN '_float4' THEN 'real' WHEN '_float8' THEN 'double precision' WHEN '_bool' THEN 'boolean'
  WHEN '_varchar' THEN 'character varying' WHEN '_bpchar' THEN 'character' ELSE substr(in_name, 2) END;
CREATE MACRO memory.rs_own.sized(word, modifier) AS
  word || CASE WHEN modifier > 4 THEN '(' || CAST(modifier - 4 AS VARCHAR) || ')' ELSE '' END;
CREATE MACRO memory.rs_catalog.format_type(number, modifier) AS CASE number
  WHEN 16 THEN 'boolean' WHEN 18 THEN '"char"' WHEN 20 THEN 'bigint' WHEN 21 THEN 'smallint' WHEN 23 THEN 'integer'
  WHEN 700 THEN 'real' WHEN 701 THEN 'double precision'
  WHEN 1042 THEN memory.rs_own.sized('character', modifier) WHEN 1043 THEN memory.rs_own.sized('character varying', modifier)
  WHEN 1083 THEN 'time without time zone' WHEN 1114 THEN 'timestamp without time zone'
  WHEN 1184 THEN 'timestamp with time zone' WHEN 1266 THEN 'time with time zone'
  WHEN 1188 THEN 'interval year to month' WHEN 1190 THEN 'interval day to second'
  WHEN 1700 THEN 'numeric' || CASE WHEN modifier > 4 THEN
    '(' || CAST((modifier - 4) // 65536 AS VARCHAR) || ',' || CAST((modifier - 4) % 65536 AS VARCHAR) || ')' ELSE '' END
  WHEN 6551 THEN memory.rs_own.sized('binary varying', modifier)
  ELSE coalesce((SELECT CASE WHEN lb_t.element = 0 THEN lb_t.typname ELSE memory.rs_own.element_name(lb_t.typname) || '[]' END
                 FROM memory.rs_own.types lb_t WHERE lb_t.oid = number), CASE WHEN number IS NULL THEN NULL WHEN number = 0 THEN '-' ELSE '???' END) END;
-- The catalog's own relations that other rows point at by these ids.
CREATE VIEW memory.rs_own.system_ids AS
SELECT * FROM (VALUES (1259, 'pg_class'), (1249, 'pg_attribute'), (1255, 'pg_proc'), (1247, 'pg_type'),
  (2615, 'pg_namespace'), (2618, 'pg_rewrite'), (2606, 'pg_constraint'), (2604, 'pg_attrdef'), (1262, 'pg_database'),
  (1213, 'pg_tablespace'), (2610, 'pg_index'), (2608, 'pg_depend'), (2609, 'pg_description'), (2620, 'pg_trigger'),
  (1260, 'pg_authid'), (2617, 'pg_operator'), (2612, 'pg_language'), (2616, 'pg_opclass'), (826, 'pg_default_acl')
  ) AS s(id, name);
CREATE MACRO memory.rs_own.unquoted(in_part) AS
  CASE WHEN in_part LIKE '"%"' THEN replace(in_part[2:-2], '""', '"') ELSE lower(in_part) END;
CREATE MACRO memory.rs_own.named_relation(schema_part, name_part) AS (
  SELECT id FROM (
    SELECT CAST(lb_c.oid AS INTEGER) AS id, list_position(getvariable('lb_schemas'), lb_n.nspname) AS place
    FROM memory.rs_catalog.pg_class lb_c JOIN memory.rs_catalog.pg_namespace lb_n ON lb_n.oid = lb_c.relnamespace
    WHERE lb_c.relname = name_part AND (lb_n.nspname = schema_part OR (schema_part = '' AND list_contains(getvariable('lb_schemas'), lb_n.nspname)))
    UNION ALL SELECT lb_s.id, 0 FROM memory.rs_own.system_ids lb_s WHERE lb_s.name = name_part AND schema_part IN ('', 'pg_catalog')
  ) ORDER BY place LIMIT 1);
CREATE MACRO memory.rs_own.name_parts(in_name) AS regexp_extract_all(in_name, '("([^"]|"")*"|[^.]+)');
CREATE MACRO memory.rs_own.relation_or_null(in_name) AS memory.rs_own.named_relation(
  CASE WHEN len(memory.rs_own.name_parts(in_name)) > 1 THEN memory.rs_own.unquoted(memory.rs_own.name_parts(in_name)[-2]) ELSE '' END,
  memory.rs_own.unquoted(memory.rs_own.name_parts(in_name)[-1]));
-- A relation's id by its name, or by its id written in digits.
CREATE MACRO memory.rs_catalog.lb_relation(in_name) AS CASE WHEN in_name IS NULL THEN NULL
  WHEN regexp_full_match(in_name, '[0-9]+') THEN TRY_CAST(in_name AS INTEGER)
  ELSE coalesce(memory.rs_own.relation_or_null(in_name),
    CAST(error('redshift:42P01:relation "' || in_name || '" does not exist') AS INTEGER)) END;
CREATE MACRO memory.rs_catalog.lb_relation_name(in_number) AS
  coalesce((SELECT CASE WHEN list_contains(getvariable('lb_schemas'), lb_n.nspname) THEN '' ELSE memory.rs_own.quoted(lb_n.nspname) || '.' END
      || memory.rs_own.quoted(lb_c.relname)
    FROM memory.rs_catalog.pg_class lb_c JOIN memory.rs_catalog.pg_namespace lb_n ON lb_n.oid = lb_c.relnamespace WHERE lb_c.oid = TRY_CAST(in_number AS INTEGER)),
    (SELECT lb_s.name FROM memory.rs_own.system_ids lb_s WHERE lb_s.id = TRY_CAST(in_number AS INTEGER)), CAST(in_number AS VARCHAR));
CREATE MACRO memory.rs_catalog.lb_type_name(in_number) AS memory.rs_catalog.format_type(TRY_CAST(in_number AS INTEGER), NULL);
CREATE MACRO memory.rs_own.bare_type(in_name) AS regexp_replace(lower(in_name), '^pg_catalog\.', '');
CREATE MACRO memory.rs_catalog.lb_type(in_name) AS CASE WHEN regexp_full_match(in_name, '[0-9]+') THEN TRY_CAST(in_name AS INTEGER)
  ELSE coalesce((SELECT lb_k.oid FROM memory.rs_own.types lb_k WHERE lb_k.typname = memory.rs_own.bare_type(in_name)
                    OR memory.rs_catalog.format_type(lb_k.oid, NULL) = memory.rs_own.bare_type(in_name) LIMIT 1),
    CAST(error('redshift:42704:type "' || in_name || '" does not exist') AS INTEGER)) END;
CREATE MACRO memory.rs_catalog.lb_routine_name(in_number) AS
  coalesce((SELECT lb_p.proname FROM memory.rs_catalog.pg_proc lb_p WHERE lb_p.oid = TRY_CAST(in_number AS INTEGER)), CAST(in_number AS VARCHAR));
-- A routine with its arguments' types, and the words for an `oidvector` of types.
CREATE MACRO memory.rs_catalog.lb_procedure_name(in_number) AS
  coalesce((SELECT CASE WHEN list_contains(getvariable('lb_schemas'), lb_l.schema_name) THEN '' ELSE memory.rs_own.quoted(lb_l.schema_name) || '.' END
      || memory.rs_own.quoted(lb_l.name) || '(' || replace(lb_l.signature, ', ', ',') || ')'
    FROM memory.rs_own.routine_list lb_l WHERE lb_l.db = getvariable('current_database') AND lb_l.id = TRY_CAST(in_number AS INTEGER)), CAST(in_number AS VARCHAR));
CREATE MACRO memory.rs_catalog.oidvectortypes(numbers) AS coalesce(
  (SELECT string_agg(memory.rs_catalog.format_type(TRY_CAST(lb_o.part AS INTEGER), NULL), ', ' ORDER BY lb_o.place)
   FROM (SELECT unnest(string_split(numbers, ' ')) AS part, unnest(range(len(string_split(numbers, ' ')))) AS place) lb_o
   WHERE lb_o.part <> ''), '');
CREATE MACRO memory.rs_catalog.textin(value) AS CAST(value AS VARCHAR);
CREATE MACRO memory.rs_catalog.regprocedureout(value) AS CAST(value AS VARCHAR);
-- The functions that types are read by have ids of no one else; they are compared by name.
CREATE MACRO memory.rs_catalog.lb_routine(in_name) AS in_name;
