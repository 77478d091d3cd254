-- Redshift's functions that are expressions of the engine's. Rewritten SQL alone calls them.
-- The engine chooses the form by the types of the arguments when it plans; a parameter without a
-- type takes what no other form takes.

-- Texts and bytes ---------------------------------------------------------------------------

CREATE MACRO memory.rs_catalog.lb_bytes(x BLOB) AS x, (x) AS encode(CAST(x AS VARCHAR));
CREATE MACRO memory.rs_catalog.lb_length(x BLOB) AS CAST(octet_length(x) AS INTEGER),
    (x) AS CAST(length(CAST(x AS VARCHAR)) AS INTEGER);
CREATE MACRO memory.rs_catalog.lb_octet_length(x BLOB) AS CAST(octet_length(x) AS INTEGER),
    (x) AS CAST(strlen(CAST(x AS VARCHAR)) AS INTEGER);
CREATE MACRO memory.rs_catalog.lb_substring(x BLOB, p, n) AS lb_substring_bytes(x, p, n),
    (x, p, n) AS lb_substring_text(CAST(x AS VARCHAR), p, n);
-- The same where the part begins in the text.
CREATE MACRO memory.rs_catalog.lb_part(x BLOB, p, n) AS lb_substring_bytes(x, p, n),
    (x, p, n) AS substring(CAST(x AS VARCHAR), p, n);
CREATE MACRO memory.rs_catalog.lb_sha1(x) AS sha1(x);
CREATE MACRO memory.rs_catalog.lb_md5(x) AS md5(x);
CREATE MACRO memory.rs_catalog.lb_md5_digest(x) AS unhex(md5(x));
CREATE MACRO memory.rs_catalog.lb_chr(n) AS
    CASE WHEN n = 0 THEN error('redshift:22023:null character not permitted') ELSE chr(n) END;
-- -1, 0 or 1.
CREATE MACRO memory.rs_catalog.lb_cmp(a, b) AS
    CASE WHEN a < b THEN -1 WHEN a = b THEN 0 WHEN a > b THEN 1 END;
CREATE MACRO memory.rs_catalog.lb_bttext_pattern_cmp(a, b) AS memory.rs_catalog.lb_cmp(a, b);
CREATE MACRO memory.rs_catalog.lb_bpcharcmp(a, b) AS memory.rs_catalog.lb_cmp(rtrim(a, ' '), rtrim(b, ' '));

-- Hashes of decimals are those of their digits ----------------------------------------------

CREATE MACRO memory.rs_catalog.lb_hashed(x TINYINT) AS CAST(x AS SMALLINT), (x SMALLINT) AS x,
    (x INTEGER) AS x, (x BIGINT) AS x, (x FLOAT) AS x, (x DOUBLE) AS x, (x BOOLEAN) AS x,
    (x DATE) AS x, (x TIME) AS x, (x TIMESTAMP) AS x, (x BLOB) AS x, (x VARCHAR) AS x,
    (x) AS CASE WHEN starts_with(typeof(x), 'DECIMAL')
                THEN CAST(replace(CAST(x AS VARCHAR), '.', '') AS BIGINT) END;

-- Numbers -----------------------------------------------------------------------------------

CREATE MACRO memory.rs_catalog.lb_trunc(x TIMESTAMP) AS CAST(x AS DATE), (x DATE) AS x,
    (x) AS trunc(x);
CREATE MACRO memory.rs_catalog.lb_sign(x SMALLINT) AS CAST(sign(x) AS SMALLINT),
    (x INTEGER) AS CAST(sign(x) AS INTEGER), (x BIGINT) AS CAST(sign(x) AS BIGINT),
    (x FLOAT) AS CAST(sign(x) AS DOUBLE), (x DOUBLE) AS CAST(sign(x) AS DOUBLE),
    (x) AS CAST(sign(x) AS DECIMAL(1,0));

-- Dates and times ---------------------------------------------------------------------------

-- What date functions work on: TIME stays TIME, everything else is a TIMESTAMP (in UTC).
CREATE MACRO memory.rs_catalog.lb_moment(x TIMESTAMP) AS x, (x TIMESTAMPTZ) AS CAST(x AS TIMESTAMP),
    (x DATE) AS CAST(x AS TIMESTAMP), (x TIME) AS x, (x INTERVAL) AS x,
    (x VARCHAR) AS CAST(x AS TIMESTAMP);
CREATE MACRO memory.rs_catalog.lb_add_months(x TIME, n) AS x,
    (x TIMESTAMP, n) AS date_add(x, to_months(n));
-- A year later the 29th of February is the first of March.
CREATE MACRO memory.rs_catalog.lb_add_years(x TIME, n) AS x,
    (x TIMESTAMP, n) AS date_add(x, to_years(n))
        + to_days(CAST(date_part('day', x) - date_part('day', date_add(x, to_years(n))) AS INTEGER));
-- Centuries and millennia begin with the year 1.
CREATE MACRO memory.rs_catalog.lb_trunc_years(x, n) AS
    date_trunc('year', x) - to_years(CAST((date_part('year', x) - 1) % n AS INTEGER));
CREATE MACRO memory.rs_catalog.lb_convert_timezone(source, target, x) AS
    lb_zone_from_utc(lb_zone_to_utc(x, source), target);
CREATE MACRO memory.rs_catalog.lb_at_time_zone(x TIMESTAMP, zone) AS
    CAST(lb_zone_to_utc(x, zone) AS TIMESTAMPTZ),
    (x DATE, zone) AS CAST(lb_zone_to_utc(CAST(x AS TIMESTAMP), zone) AS TIMESTAMPTZ),
    (x TIMESTAMPTZ, zone) AS lb_zone_from_utc(CAST(x AS TIMESTAMP), zone);
CREATE MACRO memory.rs_catalog.lb_to_char(x TIMESTAMP, f) AS lb_to_char_time(x, f),
    (x TIMESTAMPTZ, f) AS lb_to_char_time(CAST(x AS TIMESTAMP), f),
    (x DATE, f) AS lb_to_char_time(CAST(x AS TIMESTAMP), f),
    (x TIME, f) AS lb_to_char_time(DATE '1970-01-01' + x, f),
    (x INTERVAL, f) AS lb_to_char_time(TIMESTAMP '0001-01-01 00:00:00' + x, f),
    (x, f) AS lb_to_char_number(CAST(x AS VARCHAR), f);
