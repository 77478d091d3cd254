-- Privileges as the views show them: names of holders, visibility, ACL texts. Built before all
-- other views, which use these.
CREATE MACRO memory.rs_own.user_name(who) AS
  coalesce((SELECT lb_u.name FROM home.users lb_u WHERE lb_u.id = who), 'unknown (OID=' || CAST(who AS VARCHAR) || ')');
CREATE MACRO memory.rs_own.holder_name(kind, who) AS CASE kind
  WHEN 'public' THEN 'public'
  WHEN 'user' THEN memory.rs_own.user_name(who)
  WHEN 'group' THEN (SELECT lb_g.name FROM home.groups lb_g WHERE lb_g.id = who)
  ELSE (SELECT lb_r.name FROM home.roles lb_r WHERE lb_r.id = who) END;
-- Whether the session's user may know of a privilege: its own, or of its own object.
CREATE MACRO memory.rs_own.may_see_holder(kind, who, in_owner) AS
  getvariable('lb_sees_all') OR in_owner = getvariable('current_user_id')
  OR list_contains(getvariable('lb_grantees'), kind || CAST(who AS VARCHAR));
-- Whether a grant's row counts for an object: its own row, or one of everything of its kind.
CREATE MACRO memory.rs_own.counts_for(row_object, row_schema, row_name, in_object, in_schema, in_name) AS
  (row_object = in_object AND row_schema = in_schema AND row_name = in_name)
  OR (row_object = CASE in_object WHEN 'relation' THEN 'tables' WHEN 'function' THEN 'functions'
        WHEN 'procedure' THEN 'procedures' WHEN 'schema' THEN 'schemas' WHEN 'language' THEN 'languages' END
      AND row_schema IN (in_schema, ''));
-- ACL texts leave out roles and columns, as Redshift's do.
CREATE MACRO memory.rs_own.letter(wish) AS CASE wish
  WHEN 'INSERT' THEN 'a' WHEN 'SELECT' THEN 'r' WHEN 'UPDATE' THEN 'w' WHEN 'DELETE' THEN 'd'
  WHEN 'REFERENCES' THEN 'x' WHEN 'DROP' THEN 'D' WHEN 'TRUNCATE' THEN 'P' WHEN 'ALTER' THEN 'A'
  WHEN 'USAGE' THEN 'U' WHEN 'CREATE' THEN 'C' WHEN 'TEMP' THEN 'T' WHEN 'EXECUTE' THEN 'X' ELSE '' END;
CREATE MACRO memory.rs_own.acl_grantee(kind, who) AS CASE kind
  WHEN 'public' THEN '' WHEN 'group' THEN 'group ' || memory.rs_own.holder_name(kind, who)
  ELSE memory.rs_own.user_name(who) END;
CREATE VIEW memory.rs_own.acls AS
SELECT db, object, schema_name, name, list(item ORDER BY grantee_kind DESC, grantee, grantor) AS items
FROM (SELECT g.db, g.object, g.schema_name, g.name, g.grantee_kind, g.grantee, g.grantor,
             memory.rs_own.acl_grantee(g.grantee_kind, g.grantee) || '='
               || string_agg(memory.rs_own.letter(g.privilege) || CASE WHEN g.grant_option THEN '*' ELSE '' END, ''
                             ORDER BY strpos('arwdxDPAUCTX', memory.rs_own.letter(g.privilege)))
               || '/' || memory.rs_own.user_name(g.grantor) AS item
      FROM memory.rs_own.grants g
      WHERE g.column_name = '' AND g.grantee_kind IN ('user', 'group', 'public')
      GROUP BY g.db, g.object, g.schema_name, g.name, g.grantee_kind, g.grantee, g.grantor)
GROUP BY db, object, schema_name, name;
CREATE MACRO memory.rs_own.acl(in_db, in_object, in_schema, in_name, in_owner, all_letters) AS
  (SELECT list_prepend(memory.rs_own.user_name(in_owner) || '=' || all_letters || '/' || memory.rs_own.user_name(in_owner), lb_a.items)
   FROM memory.rs_own.acls lb_a
   WHERE lb_a.db = in_db AND lb_a.object = in_object AND lb_a.schema_name = in_schema AND lb_a.name = in_name);
