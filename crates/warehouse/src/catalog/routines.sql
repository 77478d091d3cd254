-- Stored procedures and functions, as every view of them reads them.
CREATE VIEW memory.rs_own.routine_list AS
SELECT r.db, r.id, r.kind, r.schema_name, r.name, r.owner, r.signature, r.returns, r.volatility, r.definer, r.body,
       CAST(coalesce(a.inputs, 0) AS SMALLINT) AS inputs, coalesce(a.outputs, 0) AS outputs, coalesce(a.input_oids, '') AS input_oids,
       coalesce(a.oids, CAST([] AS INTEGER[])) AS oids, coalesce(a.names, CAST([] AS VARCHAR[])) AS names,
       coalesce(a.modes, CAST([] AS VARCHAR[])) AS modes, coalesce(a.shown, '') AS shown
FROM memory.rs_own.routines r LEFT JOIN (
  SELECT db, routine_id, count(*) FILTER (mode <> 'o') AS inputs, count(*) FILTER (mode <> 'i') AS outputs,
         string_agg(CAST(oid AS VARCHAR), ' ' ORDER BY position) FILTER (mode <> 'o') AS input_oids,
         list(oid ORDER BY position) AS oids, list(coalesce(name, '') ORDER BY position) AS names,
         list(mode ORDER BY position) AS modes,
         string_agg(CASE mode WHEN 'o' THEN 'OUT ' WHEN 'b' THEN 'INOUT ' ELSE '' END
           || coalesce(name || ' ', '') || memory.rs_own.base_type(type_name), ', ' ORDER BY position) AS shown
  FROM (SELECT *, CASE type_name WHEN 'refcursor' THEN 1790 ELSE memory.rs_own.type_oid(type_name) END AS oid
        FROM memory.rs_own.routine_arguments) GROUP BY db, routine_id) a ON a.db = r.db AND a.routine_id = r.id;
CREATE VIEW memory.rs_own.visible_routines AS
SELECT * FROM memory.rs_own.routine_list l
WHERE memory.rs_own.may_see(l.db, l.kind, l.schema_name, l.name || '(' || l.signature || ')', l.owner);
CREATE VIEW memory.rs_catalog.svv_redshift_functions AS
SELECT l.db AS database_name, l.schema_name, l.name AS function_name,
       CASE l.kind WHEN 'procedure' THEN 'STORED PROCEDURE' ELSE 'REGULAR FUNCTION' END AS function_type,
       l.signature AS argument_type, memory.rs_own.base_type(l.returns) AS result_type
FROM memory.rs_own.visible_routines l;
CREATE SCHEMA IF NOT EXISTS memory.rs_show;
CREATE VIEW memory.rs_show.procedures AS
SELECT db AS database_name, schema_name, name AS procedure_name, CAST(inputs AS INTEGER) AS number_of_arguments,
       signature AS argument_list, CAST(NULL AS VARCHAR) AS return_type, CAST(NULL AS VARCHAR) AS remarks
FROM memory.rs_own.visible_routines WHERE kind = 'procedure';
CREATE VIEW memory.rs_show.functions AS
SELECT db AS database_name, schema_name, name AS function_name, CAST(inputs AS INTEGER) AS number_of_arguments,
       signature AS argument_list, memory.rs_own.base_type(returns) AS return_type, CAST(NULL AS VARCHAR) AS remarks
FROM memory.rs_own.visible_routines WHERE kind = 'function';
CREATE VIEW memory.rs_own.routine_parameters AS
SELECT l.db AS database_name, l.schema_name, l.name, l.kind, a.name AS parameter_name,
       CAST(a.position + 1 AS INTEGER) AS ordinal_position,
       CASE a.mode WHEN 'o' THEN 'OUT' WHEN 'b' THEN 'INOUT' ELSE 'IN' END AS parameter_type,
       memory.rs_own.base_type(a.type_name) AS data_type, memory.rs_own.type_length(a.type_name) AS character_maximum_length,
       memory.rs_own.type_precision(a.type_name) AS numeric_precision, memory.rs_own.type_scale(a.type_name) AS numeric_scale,
       l.signature AS argument_list
FROM memory.rs_own.visible_routines l JOIN memory.rs_own.routine_arguments a ON a.db = l.db AND a.routine_id = l.id;
CREATE VIEW memory.rs_show.procedure_parameters AS
SELECT * EXCLUDE (kind) RENAME (name AS procedure_name) FROM memory.rs_own.routine_parameters WHERE kind = 'procedure';
CREATE VIEW memory.rs_show.function_parameters AS
SELECT * EXCLUDE (kind) RENAME (name AS function_name) FROM memory.rs_own.routine_parameters WHERE kind = 'function'
UNION ALL
SELECT db, schema_name, name, CAST(NULL AS VARCHAR), 0, 'RETURN', memory.rs_own.base_type(returns), memory.rs_own.type_length(returns),
       memory.rs_own.type_precision(returns), memory.rs_own.type_scale(returns), signature
FROM memory.rs_own.visible_routines WHERE kind = 'function';
-- What was called and what it said.
CREATE VIEW memory.rs_catalog.svl_stored_proc_call AS
SELECT CAST(user_id AS INTEGER) AS userid, CAST(session_user_id AS INTEGER) AS session_userid, CAST(query_id AS INTEGER) AS query,
       memory.rs_own.chars(label, 320) AS label, transaction_id AS xid, CAST(session_id AS INTEGER) AS pid,
       memory.rs_own.chars(database_name, 32) AS database, memory.rs_own.chars(query_text, 4000) AS querytxt, start_time AS starttime,
       end_time AS endtime, CAST(aborted AS INTEGER) AS aborted, CAST(from_query AS INTEGER) AS from_sp_call
FROM home.procedure_calls WHERE memory.rs_own.may_see_user(session_user_id);
CREATE VIEW memory.rs_catalog.svl_stored_proc_messages AS
SELECT CAST(m.user_id AS INTEGER) AS userid, CAST(m.session_user_id AS INTEGER) AS session_userid,
       CAST(m.session_id AS INTEGER) AS pid, c.transaction_id AS xid, CAST(m.query_id AS INTEGER) AS query,
       m.record_time AS recordtime, m.level AS loglevel, memory.rs_own.chars(m.level_text, 10) AS loglevel_text,
       memory.rs_own.chars(m.message, 1024) AS message, m.line AS linenum, memory.rs_own.chars(c.query_text, 500) AS querytext,
       memory.rs_own.chars(c.label, 320) AS label, CAST(c.aborted AS INTEGER) AS aborted, m.transaction_id AS message_xid
FROM home.procedure_messages m LEFT JOIN home.procedure_calls c ON c.query_id = m.query_id AND c.session_id = m.session_id
WHERE memory.rs_own.may_see_user(m.session_user_id);
CREATE VIEW memory.rs_catalog.sys_procedure_messages AS
SELECT transaction_id, CAST(query_id AS INTEGER) AS query_id, record_time, memory.rs_own.chars(level_text, 10) AS log_level,
       memory.rs_own.chars(message, 1024) AS message, line AS line_number
FROM home.procedure_messages WHERE memory.rs_own.may_see_user(session_user_id);
