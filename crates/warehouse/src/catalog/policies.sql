-- Policies: shown to those who manage them, empty for everybody else.
CREATE VIEW memory.rs_own.managed_policies AS
SELECT * FROM memory.rs_own.policies WHERE db = getvariable('current_database') AND coalesce(getvariable('lb_policies'), false);
CREATE VIEW memory.rs_own.attached_policies AS
SELECT p.kind, p.name AS policy_name, r.schema_name, r.name AS relation_name, r.id AS relation_id,
       CASE r.kind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END AS relation_type,
       memory.rs_own.user_name(a.grantor) AS grantor, memory.rs_own.holder_name(a.grantee_kind, a.grantee) AS grantee,
       a.grantee_kind, a.priority, a.inputs, a.outputs, r.db
FROM memory.rs_own.managed_policies p
JOIN memory.rs_own.policy_attachments a ON a.db = p.db AND a.policy = p.id
JOIN memory.rs_own.relations r ON r.db = a.db AND r.id = a.relation;
CREATE VIEW memory.rs_catalog.svv_rls_policy AS
SELECT db AS poldb, name AS polname, coalesce(alias, 'rls_table') AS polalias, columns AS polatts,
       json_extract_string(expressions, '$[0].expr') AS polqual, true AS polenabled,
       memory.rs_own.user_name(modified_by) AS polmodifiedby, modified AS polmodifiedtime
FROM memory.rs_own.managed_policies WHERE kind = 'rls';
CREATE VIEW memory.rs_catalog.svv_rls_attached_policy AS
SELECT a.schema_name AS relschema, a.relation_name AS relname, a.relation_type AS relkind, a.policy_name AS polname,
       a.grantor, a.grantee, a.grantee_kind AS granteekind, true AS is_pol_on, coalesce(f.is_on, false) AS is_rls_on,
       CASE WHEN coalesce(f.by_any, false) THEN 'or' ELSE 'and' END AS rls_conjunction_type
FROM memory.rs_own.attached_policies a
LEFT JOIN memory.rs_own.policy_relations f ON f.db = a.db AND f.relation = a.relation_id
WHERE a.kind = 'rls';
CREATE VIEW memory.rs_catalog.svv_rls_relation AS
SELECT r.db AS datname, r.schema_name AS relschema, r.name AS relname,
       CASE r.kind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END AS relkind,
       f.is_on AS is_rls_on, f.is_on AS is_rls_datashare_on,
       CASE WHEN f.by_any THEN 'or' ELSE 'and' END AS rls_conjunction_type
FROM memory.rs_own.policy_relations f JOIN memory.rs_own.relations r ON r.db = f.db AND r.id = f.relation
WHERE f.db = getvariable('current_database') AND f.is_on AND coalesce(getvariable('lb_policies'), false);
CREATE VIEW memory.rs_catalog.svv_masking_policy AS
SELECT db AS policy_database, name AS policy_name, columns AS input_columns, expressions AS policy_expression,
       memory.rs_own.user_name(modified_by) AS policy_modified_by, modified AS policy_modified_time
FROM memory.rs_own.managed_policies WHERE kind = 'masking';
CREATE VIEW memory.rs_catalog.svv_attached_masking_policy AS
SELECT policy_name, schema_name, relation_name AS table_name, relation_type AS table_type, grantor, grantee,
       grantee_kind AS grantee_type, CAST(priority AS INTEGER) AS priority, inputs AS input_columns, outputs AS output_columns
FROM memory.rs_own.attached_policies WHERE kind = 'masking';
