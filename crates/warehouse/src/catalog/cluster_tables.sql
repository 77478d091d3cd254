CREATE TABLE IF NOT EXISTS own.databases (
  id BIGINT NOT NULL, name VARCHAR NOT NULL, owner BIGINT NOT NULL, connection_limit BIGINT,
  serializable BOOLEAN NOT NULL, remarks VARCHAR, created TIMESTAMP NOT NULL);
CREATE TABLE IF NOT EXISTS own.users (
  id BIGINT NOT NULL, name VARCHAR NOT NULL, password VARCHAR NOT NULL, super BOOLEAN NOT NULL,
  create_db BOOLEAN NOT NULL, syslog_unrestricted BOOLEAN NOT NULL, valid_until VARCHAR,
  connection_limit BIGINT, session_timeout BIGINT, external_id VARCHAR, created TIMESTAMP NOT NULL);
CREATE TABLE IF NOT EXISTS own.user_settings (
  user_id BIGINT NOT NULL, name VARCHAR NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS own.groups (id BIGINT NOT NULL, name VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS own.group_members (group_id BIGINT NOT NULL, user_id BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS own.roles (
  id BIGINT NOT NULL, name VARCHAR NOT NULL, owner BIGINT NOT NULL, external_id VARCHAR);
CREATE TABLE IF NOT EXISTS own.role_grants (
  role BIGINT NOT NULL, grantee_kind VARCHAR NOT NULL, grantee BIGINT NOT NULL,
  admin BOOLEAN NOT NULL);
CREATE TABLE IF NOT EXISTS own.system_grants (
  privilege VARCHAR NOT NULL, grantee_kind VARCHAR NOT NULL, grantee BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS own.assume_role (
  chain VARCHAR NOT NULL, command VARCHAR NOT NULL, grantee_kind VARCHAR NOT NULL,
  grantee BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS own.facts (name VARCHAR NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS own.query_history (
  user_id BIGINT, query_id BIGINT, query_label VARCHAR, transaction_id BIGINT, session_id BIGINT,
  database_name VARCHAR, query_type VARCHAR, status VARCHAR, start_time TIMESTAMP,
  end_time TIMESTAMP, error_message VARCHAR, returned_rows BIGINT, query_text VARCHAR);
CREATE TABLE IF NOT EXISTS own.unload_history (
  user_id BIGINT, query_id BIGINT, transaction_id BIGINT, session_id BIGINT, database_name VARCHAR,
  status VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, file_format VARCHAR,
  compression_type VARCHAR, unloaded_location VARCHAR, unloaded_rows BIGINT,
  unloaded_files_count BIGINT, unloaded_files_size BIGINT, error_message VARCHAR);
CREATE TABLE IF NOT EXISTS own.unload_detail (
  user_id BIGINT, query_id BIGINT, session_id BIGINT, transaction_id BIGINT, slice BIGINT,
  file_name VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, line_count BIGINT,
  transfer_size BIGINT, file_format VARCHAR);
CREATE TABLE IF NOT EXISTS own.load_history (
  user_id BIGINT, query_id BIGINT, transaction_id BIGINT, session_id BIGINT, database_name VARCHAR,
  status VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, table_name VARCHAR, table_id BIGINT,
  data_source VARCHAR, file_format VARCHAR, loaded_rows BIGINT, source_file_count BIGINT,
  error_count BIGINT);
CREATE TABLE IF NOT EXISTS own.load_detail (
  query_id BIGINT, file_name VARCHAR, bytes BIGINT, lines BIGINT, errors BIGINT,
  start_time TIMESTAMP, end_time TIMESTAMP);
CREATE TABLE IF NOT EXISTS own.load_errors (
  user_id BIGINT, query_id BIGINT, transaction_id BIGINT, session_id BIGINT, database_name VARCHAR,
  table_id BIGINT, start_time TIMESTAMP, file_name VARCHAR, line_number BIGINT,
  column_name VARCHAR, column_type VARCHAR, column_length VARCHAR, "position" BIGINT,
  raw_line VARCHAR, raw_value VARCHAR, error_code BIGINT, error_message VARCHAR,
  start_offset BIGINT);
CREATE TABLE IF NOT EXISTS own.load_error_fields (
  user_id BIGINT, query_id BIGINT, session_id BIGINT, file_name VARCHAR, line_number BIGINT,
  field BIGINT, column_name VARCHAR, value VARCHAR, is_null BOOLEAN, column_type VARCHAR,
  column_length VARCHAR);
CREATE TABLE IF NOT EXISTS own.load_replacements (
  user_id BIGINT, query_id BIGINT, session_id BIGINT, file_name VARCHAR, line_number BIGINT,
  column_name VARCHAR);
CREATE TABLE IF NOT EXISTS own.connection_log (
  event VARCHAR, record_time TIMESTAMP, remote_host VARCHAR, remote_port INTEGER, session_id BIGINT,
  database_name VARCHAR, user_name VARCHAR, duration BIGINT, tls BOOLEAN, application_name VARCHAR,
  driver_version VARCHAR, os_version VARCHAR, plugin_name VARCHAR);
CREATE TABLE IF NOT EXISTS own.user_log (
  user_id BIGINT, user_name VARCHAR, original_user_name VARCHAR, action VARCHAR, create_db BOOLEAN,
  super BOOLEAN, valid_until VARCHAR, session_id BIGINT, transaction_id BIGINT, record_time TIMESTAMP);
CREATE TABLE IF NOT EXISTS own.procedure_calls (
  user_id BIGINT, query_id BIGINT, transaction_id BIGINT, session_id BIGINT, database_name VARCHAR,
  session_user_id BIGINT, label VARCHAR, query_text VARCHAR, start_time TIMESTAMP,
  end_time TIMESTAMP, aborted BOOLEAN, from_query BIGINT);
CREATE TABLE IF NOT EXISTS own.procedure_messages (
  user_id BIGINT, query_id BIGINT, transaction_id BIGINT, session_id BIGINT, database_name VARCHAR,
  session_user_id BIGINT, record_time TIMESTAMP, level INTEGER, level_text VARCHAR,
  message VARCHAR, line INTEGER);
CREATE TABLE IF NOT EXISTS own.database_facts (
  name VARCHAR NOT NULL, id BIGINT NOT NULL, file VARCHAR, owner BIGINT NOT NULL,
  connection_limit BIGINT, serializable BOOLEAN NOT NULL, created TIMESTAMP NOT NULL);
CREATE SEQUENCE IF NOT EXISTS own.user_ids START 101;
