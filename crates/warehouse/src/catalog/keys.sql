-- Keys: one row per column of an informational constraint, and the texts that tell of them.
-- Object ids above a thousand million are made here: constraints, their indexes, rules of views.
CREATE VIEW memory.rs_own.numbered_keys AS
SELECT k.db, k.relation, k.name, k.kind, k.columns, k.foreign_relation, k.foreign_columns,
       r.schema_name, r.name AS relation_name, r.owner,
       CAST(1000000000 + row_number() OVER (PARTITION BY k.db ORDER BY k.relation, k.name) AS INTEGER) AS oid
FROM memory.rs_own.constraints k
JOIN memory.rs_own.relations r ON r.db = k.db AND r.id = k.relation;
-- The columns of a foreign key without a list are those of the other table's primary key.
CREATE VIEW memory.rs_own.keys AS
SELECT n.* EXCLUDE (foreign_columns), CAST(n.oid + 100000000 AS INTEGER) AS index_oid,
       CASE WHEN n.kind <> 'f' THEN NULL WHEN len(n.foreign_columns) > 0 THEN n.foreign_columns
            ELSE (SELECT any_value(p.columns) FROM memory.rs_own.constraints p
                  WHERE p.db = n.db AND p.relation = n.foreign_relation AND p.kind = 'p') END AS foreign_columns
FROM memory.rs_own.numbered_keys n;
CREATE VIEW memory.rs_own.key_columns AS
SELECT k.db, k.relation, k.name, k.kind, k.oid, k.index_oid, k.schema_name, k.relation_name, k.owner,
       k.foreign_relation, c.position, k.columns[c.position] AS column_name,
       k.foreign_columns[c.position] AS foreign_column
FROM memory.rs_own.keys k, (SELECT CAST(range AS INTEGER) AS position FROM range(1, 1601)) c
WHERE c.position <= len(k.columns);
CREATE MACRO memory.rs_own.quoted(name) AS
  CASE WHEN regexp_matches(name, '^[a-z_][a-z0-9_$]*$') THEN name ELSE '"' || replace(name, '"', '""') || '"' END;
CREATE MACRO memory.rs_own.quoted_list(names) AS
  array_to_string(list_transform(names, lambda n: memory.rs_own.quoted(n)), ', ');
CREATE VIEW memory.rs_own.key_definitions AS
SELECT k.db, k.relation, k.name, k.kind, k.oid, k.index_oid, k.columns, k.schema_name, k.relation_name,
       CASE k.kind WHEN 'p' THEN 'PRIMARY KEY (' WHEN 'u' THEN 'UNIQUE (' ELSE 'FOREIGN KEY (' END
         || memory.rs_own.quoted_list(k.columns) || ')'
         || CASE WHEN t.id IS NULL THEN '' ELSE ' REFERENCES '
              || CASE WHEN list_contains(getvariable('lb_schemas'), t.schema_name) THEN ''
                      ELSE memory.rs_own.quoted(t.schema_name) || '.' END
              || memory.rs_own.quoted(t.name) || '(' || coalesce(memory.rs_own.quoted_list(k.foreign_columns), '') || ')' END
         AS definition
FROM memory.rs_own.keys k
LEFT JOIN memory.rs_own.relations t ON k.kind = 'f' AND t.db = k.db AND t.id = k.foreign_relation;
CREATE MACRO memory.rs_own.dist_style_text(in_db, in_relation, in_style) AS
  CASE in_style WHEN 'KEY' THEN 'KEY(' || coalesce((SELECT any_value(lb_c.name) FROM memory.rs_own.columns lb_c
         WHERE lb_c.db = in_db AND lb_c.relation = in_relation AND lb_c.dist_key), '') || ')'
       WHEN 'AUTO' THEN 'AUTO(ALL)' ELSE in_style END;
