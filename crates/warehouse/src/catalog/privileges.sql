-- Who holds what: users, roles and privileges, and the functions that ask about them.
CREATE VIEW memory.rs_catalog.svv_user_info AS
SELECT name AS user_name, CAST(id AS INTEGER) AS user_id, create_db AS createdb, super AS superuser,
       id = 1 AS catalog_update, coalesce(CAST(connection_limit AS VARCHAR), 'UNLIMITED') AS connection_limit,
       CASE WHEN super OR syslog_unrestricted THEN 'UNRESTRICTED' ELSE 'RESTRICTED' END AS syslog_access,
       created AS last_ddl_timestamp, CAST(coalesce(session_timeout, 0) AS INTEGER) AS session_timeout, external_id
FROM home.users WHERE id <> 1 AND (getvariable('lb_sees_all') OR id = getvariable('current_user_id'));
CREATE VIEW memory.rs_catalog.pg_shadow AS
SELECT u.name AS usename, CAST(u.id AS INTEGER) AS usesysid, u.create_db AS usecreatedb, u.super AS usesuper,
       u.id = 1 AS usecatupd, '********' AS passwd, u.valid_until AS valuntil,
       (SELECT list(s.name || '=' || s.value ORDER BY s.name) FROM home.user_settings s WHERE s.user_id = u.id) AS useconfig
FROM home.users u;
CREATE VIEW memory.rs_catalog.svv_roles AS
SELECT CAST(r.id AS INTEGER) AS role_id, r.name AS role_name, memory.rs_own.user_name(r.owner) AS role_owner, r.external_id
FROM home.roles r WHERE memory.rs_own.may_see_holder('role', r.id, r.owner);
CREATE VIEW memory.rs_catalog.svv_user_grants AS
SELECT CAST(u.id AS INTEGER) AS user_id, u.name AS user_name, CAST(r.id AS INTEGER) AS role_id, r.name AS role_name,
       g.admin AS admin_option
FROM home.role_grants g JOIN home.users u ON u.id = g.grantee JOIN home.roles r ON r.id = g.role
WHERE g.grantee_kind = 'user' AND memory.rs_own.may_see_holder('user', u.id, r.owner);
CREATE VIEW memory.rs_catalog.svv_role_grants AS
SELECT CAST(r.id AS INTEGER) AS role_id, r.name AS role_name, CAST(h.id AS INTEGER) AS granted_role_id, h.name AS granted_role_name
FROM home.role_grants g JOIN home.roles r ON r.id = g.grantee JOIN home.roles h ON h.id = g.role
WHERE g.grantee_kind = 'role' AND memory.rs_own.may_see_holder('role', r.id, r.owner);
CREATE VIEW memory.rs_catalog.svv_system_privileges AS
SELECT s.privilege AS system_privilege, CAST(s.grantee AS INTEGER) AS identity_id,
       memory.rs_own.holder_name(s.grantee_kind, s.grantee) AS identity_name, s.grantee_kind AS identity_type
FROM home.system_grants s WHERE memory.rs_own.may_see_holder(s.grantee_kind, s.grantee, 0);

-- Grants on objects: explicit ones only, not what owners hold by owning.
CREATE VIEW memory.rs_own.visible_grants AS
SELECT g.*, CAST(g.grantee AS INTEGER) AS identity_id,
       memory.rs_own.holder_name(g.grantee_kind, g.grantee) AS identity_name, g.grantee_kind AS identity_type,
       g.grant_option AND g.grantee_kind = 'user' AS admin_option
FROM memory.rs_own.grants g
LEFT JOIN memory.rs_own.relations r ON g.object = 'relation' AND r.db = g.db AND r.schema_name = g.schema_name AND r.name = g.name
LEFT JOIN memory.rs_own.schemas s ON g.object = 'schema' AND s.db = g.db AND s.name = g.schema_name
WHERE g.grantee_kind <> 'rls_policy'
  AND memory.rs_own.may_see_holder(g.grantee_kind, g.grantee, coalesce(r.owner, s.owner, 0));
CREATE VIEW memory.rs_catalog.svv_relation_privileges AS
SELECT schema_name AS namespace_name, name AS relation_name, privilege AS privilege_type,
       identity_id, identity_name, identity_type, admin_option
FROM memory.rs_own.visible_grants
WHERE db = getvariable('current_database') AND object = 'relation' AND column_name = '';
CREATE VIEW memory.rs_catalog.svv_column_privileges AS
SELECT schema_name AS namespace_name, name AS relation_name, column_name, privilege AS privilege_type,
       identity_id, identity_name, identity_type
FROM memory.rs_own.visible_grants
WHERE db = getvariable('current_database') AND object = 'relation' AND column_name <> '';
CREATE VIEW memory.rs_catalog.svv_schema_privileges AS
SELECT schema_name AS namespace_name, privilege AS privilege_type, identity_id, identity_name, identity_type, admin_option,
       upper(object) AS privilege_scope
FROM memory.rs_own.visible_grants
WHERE db = getvariable('current_database') AND schema_name <> '' AND object IN ('schema', 'tables', 'functions', 'procedures');
CREATE VIEW memory.rs_catalog.svv_database_privileges AS
SELECT db AS database_name, privilege AS privilege_type, identity_id, identity_name, identity_type, admin_option,
       upper(object) AS privilege_scope
FROM memory.rs_own.visible_grants
WHERE schema_name = '' AND object IN ('database', 'schemas', 'tables', 'functions', 'procedures', 'languages');
CREATE VIEW memory.rs_catalog.svv_function_privileges AS
SELECT schema_name AS namespace_name, split_part(name, '(', 1) AS function_name,
       rtrim(substring(name, strpos(name, '(') + 1), ')') AS argument_types, privilege AS privilege_type,
       identity_id, identity_name, identity_type, admin_option
FROM memory.rs_own.visible_grants
WHERE db = getvariable('current_database') AND object IN ('function', 'procedure');
CREATE VIEW memory.rs_catalog.svv_language_privileges AS
SELECT name AS language_name, privilege AS privilege_type, identity_id, identity_name, identity_type, admin_option
FROM memory.rs_own.visible_grants WHERE db = getvariable('current_database') AND object = 'language';
CREATE VIEW memory.rs_catalog.svv_default_privileges AS
SELECT nullif(d.schema_name, '') AS schema_name, upper(d.object) AS object_type, CAST(d.owner AS INTEGER) AS owner_id,
       memory.rs_own.user_name(d.owner) AS owner_name, 'user' AS owner_type, d.privilege AS privilege_type,
       CAST(d.grantee AS INTEGER) AS grantee_id, memory.rs_own.holder_name(d.grantee_kind, d.grantee) AS grantee_name,
       d.grantee_kind AS grantee_type, d.grant_option AND d.grantee_kind = 'user' AS admin_option
FROM memory.rs_own.default_privileges d
WHERE d.db = getvariable('current_database') AND d.given
  AND memory.rs_own.may_see_holder(d.grantee_kind, d.grantee, d.owner);
CREATE VIEW memory.rs_catalog.pg_default_acl AS
SELECT CAST(d.owner AS INTEGER) AS defacluser, CAST(coalesce(s.id, 0) AS INTEGER) AS defaclnamespace,
       CASE d.object WHEN 'relation' THEN 'r' WHEN 'function' THEN 'f' ELSE 'p' END AS defaclobjtype,
       list(d.item ORDER BY d.grantee_kind DESC, d.grantee) AS defaclacl,
       CAST(1400000000 + row_number() OVER (ORDER BY d.owner, s.id, d.object) AS INTEGER) AS oid
FROM (SELECT db, owner, schema_name, object, grantee_kind, grantee,
             memory.rs_own.acl_grantee(grantee_kind, grantee) || '='
               || string_agg(memory.rs_own.letter(privilege) || CASE WHEN grant_option THEN '*' ELSE '' END, ''
                             ORDER BY strpos('arwdxDPAUCTX', memory.rs_own.letter(privilege)))
               || '/' || memory.rs_own.user_name(owner) AS item
      FROM memory.rs_own.default_privileges WHERE given AND grantee_kind <> 'role'
      GROUP BY db, owner, schema_name, object, grantee_kind, grantee) d
LEFT JOIN memory.rs_own.schemas s ON s.db = d.db AND s.name = d.schema_name
WHERE d.db = getvariable('current_database')
  AND (getvariable('lb_sees_all') OR d.owner = getvariable('current_user_id'))
GROUP BY d.owner, s.id, d.object;

-- What every user counts as: itself, its groups, its roles, everybody.
CREATE VIEW memory.rs_own.counts_as AS
SELECT u.id AS user_id, 'user' AS kind, u.id AS holder FROM home.users u
UNION ALL SELECT u.id, 'public', 0 FROM home.users u
UNION ALL SELECT m.user_id, 'group', m.group_id FROM home.group_members m
UNION ALL SELECT r.member, 'role', r.role FROM memory.rs_own.user_roles r;
CREATE MACRO memory.rs_own.user_id(who) AS
  coalesce((SELECT max(lb_u.id) FROM home.users lb_u WHERE lb_u.name = who),
           error('redshift:42704:user "' || who || '" does not exist'));
-- Whether a user has one of some privileges (`select, insert with grant option`) on an object.
CREATE MACRO memory.rs_own.user_may(who, in_db, in_object, in_schema, in_name, in_owner, wish, known) AS
  CASE WHEN len(list_filter(string_split(upper(wish), ','),
                lambda w: NOT list_contains(known, trim(replace(w, 'WITH GRANT OPTION', ''))))) > 0
    THEN error('redshift:22023:unrecognized privilege type: "' || wish || '"')
  ELSE in_owner = who OR coalesce((SELECT lb_u.super FROM home.users lb_u WHERE lb_u.id = who), false)
    OR EXISTS (SELECT 1 FROM memory.rs_own.grants lb_g JOIN memory.rs_own.counts_as lb_c ON lb_c.kind = lb_g.grantee_kind AND lb_c.holder = lb_g.grantee
      WHERE lb_c.user_id = who AND lb_g.db = in_db AND lb_g.column_name = ''
        AND memory.rs_own.counts_for(lb_g.object, lb_g.schema_name, lb_g.name, in_object, in_schema, in_name)
        AND len(list_filter(string_split(replace(upper(wish), 'TEMPORARY', 'TEMP'), ','),
              lambda w: trim(replace(w, 'WITH GRANT OPTION', '')) = lb_g.privilege AND (lb_g.grant_option OR NOT contains(w, 'GRANT OPTION')))) > 0) END;
-- A name as written in a text: `t`, `s.t`, `"T"`, or an oid.
CREATE MACRO memory.rs_own.part(written) AS
  CASE WHEN starts_with(written, '"') THEN replace(substring(written, 2, length(written) - 2), '""', '"') ELSE lower(written) END;
CREATE MACRO memory.rs_own.is_system(written) AS
  regexp_matches(CAST(written AS VARCHAR), '^(pg_catalog\.)?(pg_|stl_|stv_|svl_|svv_|sys_)');
CREATE MACRO memory.rs_own.written_relation(written) AS coalesce((
  SELECT arg_min(struct_pack(s := lb_r.schema_name, n := lb_r.name, o := lb_r.owner),
                 coalesce(list_position(getvariable('lb_schemas'), lb_r.schema_name), 1000))
  FROM memory.rs_own.relations lb_r
  WHERE lb_r.db = getvariable('current_database') AND (CAST(lb_r.id AS VARCHAR) = CAST(written AS VARCHAR)
    OR (lb_r.name = memory.rs_own.part(split_part(CAST(written AS VARCHAR), '.', -1))
        AND CASE WHEN contains(CAST(written AS VARCHAR), '.')
          THEN lb_r.schema_name = memory.rs_own.part(split_part(CAST(written AS VARCHAR), '.', -2))
          ELSE list_contains(getvariable('lb_schemas'), lb_r.schema_name) END))),
  CASE WHEN NOT memory.rs_own.is_system(written)
    THEN error('redshift:42P01:relation "' || CAST(written AS VARCHAR) || '" does not exist') END);
CREATE MACRO memory.rs_own.table_may(who, written, wish) AS
  CASE WHEN written IS NULL OR wish IS NULL THEN NULL
    WHEN memory.rs_own.is_system(written) THEN upper(wish) = 'SELECT'
    ELSE (SELECT memory.rs_own.user_may(who, getvariable('current_database'), 'relation', f.r.s, f.r.n, f.r.o, wish,
            ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES', 'DROP', 'ALTER', 'TRUNCATE', 'RULE', 'TRIGGER'])
          FROM (SELECT memory.rs_own.written_relation(written) AS r) f) END;
CREATE MACRO memory.rs_catalog.has_table_privilege
  (written, wish) AS memory.rs_own.table_may(getvariable('current_user_id'), written, wish),
  (who, written, wish) AS memory.rs_own.table_may(memory.rs_own.user_id(who), written, wish);
CREATE MACRO memory.rs_own.written_schema(written) AS coalesce((
  SELECT max(struct_pack(n := lb_s.name, o := lb_s.owner)) FROM memory.rs_own.schemas lb_s
  WHERE lb_s.db = getvariable('current_database')
    AND (lb_s.name = CAST(written AS VARCHAR) OR CAST(lb_s.id AS VARCHAR) = CAST(written AS VARCHAR))),
  CASE WHEN CAST(written AS VARCHAR) NOT IN ('pg_catalog', 'information_schema')
    THEN error('redshift:3F000:schema "' || CAST(written AS VARCHAR) || '" does not exist') END);
CREATE MACRO memory.rs_own.schema_may(who, written, wish) AS
  CASE WHEN written IS NULL OR wish IS NULL THEN NULL
    WHEN CAST(written AS VARCHAR) IN ('pg_catalog', 'information_schema') THEN upper(wish) = 'USAGE'
    ELSE (SELECT memory.rs_own.user_may(who, getvariable('current_database'), 'schema', f.s.n, '', f.s.o, wish,
            ['CREATE', 'USAGE', 'ALTER', 'DROP'])
          FROM (SELECT memory.rs_own.written_schema(written) AS s) f) END;
CREATE MACRO memory.rs_catalog.has_schema_privilege
  (written, wish) AS memory.rs_own.schema_may(getvariable('current_user_id'), written, wish),
  (who, written, wish) AS memory.rs_own.schema_may(memory.rs_own.user_id(who), written, wish);
CREATE MACRO memory.rs_own.written_database(written) AS coalesce((
  SELECT max(lb_d.name) FROM memory.rs_own.databases lb_d
  WHERE lb_d.name = CAST(written AS VARCHAR) OR CAST(lb_d.id AS VARCHAR) = CAST(written AS VARCHAR)),
  error('redshift:3D000:database "' || CAST(written AS VARCHAR) || '" does not exist'));
CREATE MACRO memory.rs_own.database_may(who, written, wish) AS
  CASE WHEN written IS NULL OR wish IS NULL THEN NULL
    ELSE (SELECT memory.rs_own.user_may(who, f.d, 'database', '', '',
            (SELECT max(lb_o.owner) FROM memory.rs_own.databases lb_o WHERE lb_o.name = f.d), wish,
            ['CREATE', 'USAGE', 'TEMP', 'TEMPORARY', 'ALTER'])
          FROM (SELECT memory.rs_own.written_database(written) AS d) f) END;
CREATE MACRO memory.rs_catalog.has_database_privilege
  (written, wish) AS memory.rs_own.database_may(getvariable('current_user_id'), written, wish),
  (who, written, wish) AS memory.rs_own.database_may(memory.rs_own.user_id(who), written, wish);
CREATE MACRO memory.rs_own.language_may(who, written, wish) AS
  CASE WHEN NOT list_contains(['sql', 'plpgsql'], lower(written))
    THEN error('redshift:42704:language "' || written || '" does not exist')
    ELSE memory.rs_own.user_may(who, getvariable('current_database'), 'language', '', lower(written), 1, wish, ['USAGE']) END;
CREATE MACRO memory.rs_catalog.has_language_privilege
  (written, wish) AS memory.rs_own.language_may(getvariable('current_user_id'), written, wish),
  (who, written, wish) AS memory.rs_own.language_may(memory.rs_own.user_id(who), written, wish);
-- A routine as written: `s.f(int, varchar)`, or an oid.
CREATE MACRO memory.rs_own.written_types(written) AS array_to_string(list_transform(
  list_filter(string_split(rtrim(substr(written, strpos(written, '(') + 1), ')'), ','), lambda t: trim(t) <> ''),
  lambda t: CASE lower(trim(t)) WHEN 'int' THEN 'integer' WHEN 'int4' THEN 'integer' WHEN 'int2' THEN 'smallint' WHEN 'int8' THEN 'bigint'
    WHEN 'bool' THEN 'boolean' WHEN 'float4' THEN 'real' WHEN 'float' THEN 'double precision' WHEN 'float8' THEN 'double precision'
    WHEN 'decimal' THEN 'numeric' WHEN 'varchar' THEN 'character varying' WHEN 'text' THEN 'character varying' WHEN 'char' THEN 'character'
    WHEN 'bpchar' THEN 'character' WHEN 'timestamp' THEN 'timestamp without time zone' WHEN 'timestamptz' THEN 'timestamp with time zone'
    WHEN 'time' THEN 'time without time zone' WHEN 'timetz' THEN 'time with time zone' WHEN 'varbyte' THEN 'binary varying'
    ELSE lower(trim(t)) END), ', ');
CREATE MACRO memory.rs_own.written_routine(written) AS coalesce((
  SELECT arg_min(struct_pack(k := lb_l.kind, s := lb_l.schema_name, n := lb_l.name || '(' || lb_l.signature || ')', o := lb_l.owner),
                 coalesce(list_position(getvariable('lb_schemas'), lb_l.schema_name), 1000))
  FROM memory.rs_own.routine_list lb_l
  WHERE lb_l.db = getvariable('current_database') AND (CAST(lb_l.id AS VARCHAR) = written
    OR (contains(written, '(') AND lb_l.name = memory.rs_own.part(split_part(split_part(written, '(', 1), '.', -1))
        AND lb_l.signature = memory.rs_own.written_types(written)
        AND CASE WHEN contains(split_part(written, '(', 1), '.')
          THEN lb_l.schema_name = memory.rs_own.part(split_part(split_part(written, '(', 1), '.', -2))
          ELSE list_contains(getvariable('lb_schemas'), lb_l.schema_name) END))),
  error('redshift:42883:function ' || written || ' does not exist'));
CREATE MACRO memory.rs_own.routine_may(who, written, wish) AS
  CASE WHEN written IS NULL OR wish IS NULL THEN NULL
    ELSE (SELECT memory.rs_own.user_may(who, getvariable('current_database'), f.r.k, f.r.s, f.r.n, f.r.o, wish, ['EXECUTE'])
          FROM (SELECT memory.rs_own.written_routine(CAST(written AS VARCHAR)) AS r) f) END;
CREATE MACRO memory.rs_catalog.has_function_privilege
  (written, wish) AS memory.rs_own.routine_may(getvariable('current_user_id'), written, wish),
  (who, written, wish) AS memory.rs_own.routine_may(memory.rs_own.user_id(who), written, wish);

-- Memberships. Whoever sees all may ask about everybody; others about themselves and their roles.
CREATE MACRO memory.rs_own.role_id(wanted) AS
  coalesce((SELECT max(lb_r.id) FROM home.roles lb_r WHERE lb_r.name = wanted),
           error('redshift:42704:role "' || wanted || '" does not exist'));
CREATE MACRO memory.rs_own.denied_membership() AS
  error('redshift:42501:must be superuser or have ACCESS SYSTEM TABLE privilege to check membership for another user');
CREATE VIEW memory.rs_own.collectives AS
SELECT 'role' AS kind, r.id, r.name FROM home.roles r UNION ALL SELECT 'group', g.id, g.name FROM home.groups g;
CREATE MACRO memory.rs_catalog.user_is_member_of(who, wanted) AS
  CASE WHEN NOT (who = getvariable('current_user') OR getvariable('lb_sees_all') OR coalesce(getvariable('lb_policies'), false))
    THEN memory.rs_own.denied_membership()
    WHEN NOT EXISTS (SELECT 1 FROM memory.rs_own.collectives lb_n WHERE lb_n.name = wanted)
    THEN error('redshift:42704:role "' || wanted || '" does not exist')
    ELSE EXISTS (SELECT 1 FROM memory.rs_own.counts_as lb_c JOIN memory.rs_own.collectives lb_n ON lb_n.kind = lb_c.kind AND lb_n.id = lb_c.holder
                 WHERE lb_c.user_id = memory.rs_own.user_id(who) AND lb_n.name = wanted) END;
CREATE VIEW memory.rs_own.role_roles AS
WITH RECURSIVE held AS (
  SELECT g.grantee AS holder, g.role FROM home.role_grants g WHERE g.grantee_kind = 'role'
  UNION SELECT h.holder, g.role FROM home.role_grants g JOIN held h ON g.grantee_kind = 'role' AND g.grantee = h.role)
SELECT holder, role FROM held;
CREATE MACRO memory.rs_catalog.role_is_member_of(holder_name, wanted) AS
  CASE WHEN NOT (getvariable('lb_sees_all') OR list_contains(getvariable('lb_grantees'),
      'role' || CAST(memory.rs_own.role_id(holder_name) AS VARCHAR))) THEN memory.rs_own.denied_membership()
    ELSE EXISTS (SELECT 1 FROM memory.rs_own.role_roles lb_h
                 WHERE lb_h.holder = memory.rs_own.role_id(holder_name) AND lb_h.role = memory.rs_own.role_id(wanted)) END;
