CREATE TABLE IF NOT EXISTS own.schemas (
  id BIGINT NOT NULL, name VARCHAR NOT NULL, owner BIGINT NOT NULL, quota_mb BIGINT);
ALTER TABLE own.schemas ADD COLUMN IF NOT EXISTS engine_name VARCHAR;
CREATE TABLE IF NOT EXISTS own.relations (
  id BIGINT NOT NULL, schema_name VARCHAR NOT NULL, name VARCHAR NOT NULL,
  kind VARCHAR NOT NULL, owner BIGINT NOT NULL, dist_style VARCHAR NOT NULL,
  sort_style VARCHAR NOT NULL, late_binding BOOLEAN NOT NULL, definition VARCHAR,
  created TIMESTAMP NOT NULL, remarks VARCHAR);
CREATE TABLE IF NOT EXISTS own.columns (
  relation BIGINT NOT NULL, name VARCHAR NOT NULL, type_name VARCHAR, encoding VARCHAR NOT NULL,
  dist_key BOOLEAN NOT NULL, sort_key INTEGER NOT NULL, default_text VARCHAR,
  is_identity BOOLEAN NOT NULL, remarks VARCHAR);
CREATE TABLE IF NOT EXISTS own.constraints (
  relation BIGINT NOT NULL, name VARCHAR NOT NULL, kind VARCHAR NOT NULL,
  columns VARCHAR[] NOT NULL, foreign_relation BIGINT, foreign_columns VARCHAR[]);
CREATE TABLE IF NOT EXISTS own.grants (
  object VARCHAR NOT NULL, schema_name VARCHAR NOT NULL, name VARCHAR NOT NULL,
  privilege VARCHAR NOT NULL, column_name VARCHAR NOT NULL, grantee_kind VARCHAR NOT NULL,
  grantee BIGINT NOT NULL, grant_option BOOLEAN NOT NULL, grantor BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS own.dependencies (view_id BIGINT NOT NULL, relation BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS own.default_privileges (
  owner BIGINT NOT NULL, schema_name VARCHAR NOT NULL, object VARCHAR NOT NULL,
  privilege VARCHAR NOT NULL, grantee_kind VARCHAR NOT NULL, grantee BIGINT NOT NULL,
  grant_option BOOLEAN NOT NULL, given BOOLEAN NOT NULL);
CREATE TABLE IF NOT EXISTS own.routines (
  id BIGINT NOT NULL, kind VARCHAR NOT NULL, schema_name VARCHAR NOT NULL, name VARCHAR NOT NULL,
  owner BIGINT NOT NULL, signature VARCHAR NOT NULL, returns VARCHAR, volatility VARCHAR NOT NULL,
  definer BOOLEAN NOT NULL, nonatomic BOOLEAN NOT NULL, body VARCHAR NOT NULL,
  created TIMESTAMP NOT NULL);
CREATE TABLE IF NOT EXISTS own.routine_arguments (
  routine_id BIGINT NOT NULL, position INTEGER NOT NULL, name VARCHAR, mode VARCHAR NOT NULL,
  type_name VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS own.routine_settings (
  routine_id BIGINT NOT NULL, name VARCHAR NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS own.policies (
  id BIGINT NOT NULL, kind VARCHAR NOT NULL, name VARCHAR NOT NULL, alias VARCHAR,
  columns VARCHAR NOT NULL, expressions VARCHAR NOT NULL, lookups VARCHAR NOT NULL,
  modified_by BIGINT NOT NULL, modified TIMESTAMP NOT NULL);
CREATE TABLE IF NOT EXISTS own.policy_attachments (
  policy BIGINT NOT NULL, relation BIGINT NOT NULL, grantee_kind VARCHAR NOT NULL,
  grantee BIGINT NOT NULL, grantor BIGINT NOT NULL, priority BIGINT NOT NULL,
  inputs VARCHAR NOT NULL, outputs VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS own.policy_relations (
  relation BIGINT NOT NULL, is_on BOOLEAN NOT NULL, by_any BOOLEAN NOT NULL);
CREATE TABLE IF NOT EXISTS own.materialized_views (
  relation BIGINT NOT NULL, query VARCHAR NOT NULL, auto_refresh BOOLEAN NOT NULL,
  incremental BOOLEAN NOT NULL, stamp VARCHAR NOT NULL, stale BOOLEAN NOT NULL);
CREATE TABLE IF NOT EXISTS own.comments (
  object VARCHAR NOT NULL, relation BIGINT NOT NULL, name VARCHAR NOT NULL, text VARCHAR NOT NULL);
CREATE SEQUENCE IF NOT EXISTS own.ids START 100001;
CREATE SEQUENCE IF NOT EXISTS own.policy_ids;
