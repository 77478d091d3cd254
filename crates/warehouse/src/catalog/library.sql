-- Redshift's functions that are expressions of the engine's. Rewritten SQL alone calls them.
-- The engine chooses the form by the types of the arguments when it plans; a parameter without a
-- type takes what no other form takes.

-- The session's time zone ------------------------------------------------------------------

-- Without one it is UTC, which the engine reads TIMESTAMPTZ in anyway.
CREATE MACRO memory.rs_catalog.lb_zone() AS coalesce(getvariable('timezone'), 'UTC');
-- A moment as the clock of that zone, and the reverse.
CREATE MACRO memory.rs_catalog.lb_local(x) AS
    CASE WHEN memory.rs_catalog.lb_zone() = 'UTC' THEN CAST(x AS TIMESTAMP)
         ELSE lb_zone_from_utc(CAST(x AS TIMESTAMP), memory.rs_catalog.lb_zone()) END;
CREATE MACRO memory.rs_catalog.lb_zoned(x) AS
    CASE WHEN memory.rs_catalog.lb_zone() = 'UTC' THEN CAST(CAST(x AS TIMESTAMP) AS TIMESTAMPTZ)
         ELSE CAST(lb_zone_to_utc(CAST(x AS TIMESTAMP), memory.rs_catalog.lb_zone()) AS TIMESTAMPTZ) END;
CREATE MACRO memory.rs_catalog.lb_zoned_text(x) AS
    CASE WHEN memory.rs_catalog.lb_zone() = 'UTC' THEN CAST(x AS VARCHAR)
         ELSE lb_zone_text(CAST(x AS TIMESTAMP), memory.rs_catalog.lb_zone()) END;
CREATE MACRO memory.rs_catalog.lb_any_zoned(x TIMESTAMPTZ) AS x,
    (x TIMESTAMP) AS memory.rs_catalog.lb_zoned(x), (x DATE) AS memory.rs_catalog.lb_zoned(x),
    (x VARCHAR) AS CASE WHEN lb_has_offset(x) THEN CAST(x AS TIMESTAMPTZ)
                        WHEN lb_zone_of(x) IS NOT NULL
                        THEN CAST(lb_zone_to_utc(CAST(lb_clock_of(x) AS TIMESTAMP), lb_zone_of(x)) AS TIMESTAMPTZ)
                        ELSE memory.rs_catalog.lb_zoned(CAST(x AS TIMESTAMP)) END,
    (x) AS CAST(x AS TIMESTAMPTZ);
CREATE MACRO memory.rs_catalog.lb_zone_abbreviation() AS
    lb_zone_short(CAST(getvariable('getdate') AS TIMESTAMP), memory.rs_catalog.lb_zone());

-- Texts and bytes ---------------------------------------------------------------------------

CREATE MACRO memory.rs_catalog.lb_bytes(x BLOB) AS x, (x VARCHAR) AS encode(x),
    (x) AS encode(CAST(x AS VARCHAR));
CREATE MACRO memory.rs_catalog.lb_length(x BLOB) AS CAST(octet_length(x) AS INTEGER),
    (x VARCHAR) AS CAST(length(x) AS INTEGER),
    (x) AS CAST(length(CAST(x AS VARCHAR)) AS INTEGER);
CREATE MACRO memory.rs_catalog.lb_octet_length(x BLOB) AS CAST(octet_length(x) AS INTEGER),
    (x VARCHAR) AS CAST(strlen(x) AS INTEGER),
    (x) AS CAST(strlen(CAST(x AS VARCHAR)) AS INTEGER);
CREATE MACRO memory.rs_catalog.lb_substring(x BLOB, p, n) AS lb_substring_bytes(x, p, n),
    (x VARCHAR, p, n) AS lb_substring_text(x, p, n),
    (x, p, n) AS lb_substring_text(CAST(x AS VARCHAR), p, n);
-- The same where the part begins in the text.
CREATE MACRO memory.rs_catalog.lb_part(x BLOB, p, n) AS lb_substring_bytes(x, p, n),
    (x VARCHAR, p, n) AS substring(x, p, n),
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

CREATE MACRO memory.rs_catalog.lb_digits(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS BIGINT);
CREATE MACRO memory.rs_catalog.lb_fnv(x) AS
    CASE WHEN starts_with(typeof(x), 'DECIMAL') THEN lb_fnv_hash(memory.rs_catalog.lb_digits(x))
         ELSE lb_fnv_hash(x) END;
CREATE MACRO memory.rs_catalog.lb_fnv_seeded(x, seed) AS
    CASE WHEN starts_with(typeof(x), 'DECIMAL')
         THEN lb_fnv_hash_seeded(memory.rs_catalog.lb_digits(x), seed)
         ELSE lb_fnv_hash_seeded(x, seed) END;
-- What it is for other types is not known.
CREATE MACRO memory.rs_catalog.lb_checksum(x) AS
    CASE WHEN regexp_matches(typeof(x), '^(DECIMAL|SMALLINT|INTEGER|BIGINT|"NULL")')
         THEN memory.rs_catalog.lb_digits(x)
         ELSE error('redshift:0A000:checksum of a value of this type is not supported') END;

-- Numbers -----------------------------------------------------------------------------------

CREATE MACRO memory.rs_catalog.lb_trunc(x TIMESTAMP) AS CAST(x AS DATE), (x DATE) AS x,
    (x TIMESTAMPTZ) AS CAST(memory.rs_catalog.lb_local(x) AS DATE),
    (x) AS trunc(x);
CREATE MACRO memory.rs_catalog.lb_sign(x SMALLINT) AS CAST(sign(x) AS SMALLINT),
    (x INTEGER) AS CAST(sign(x) AS INTEGER), (x BIGINT) AS CAST(sign(x) AS BIGINT),
    (x DECIMAL) AS CAST(sign(x) AS DECIMAL(1,0)), (x FLOAT) AS CAST(sign(x) AS DOUBLE),
    (x DOUBLE) AS CAST(sign(x) AS DOUBLE);

-- Dates and times ---------------------------------------------------------------------------

-- What date functions work on: TIME stays TIME, everything else is a TIMESTAMP.
CREATE MACRO memory.rs_catalog.lb_moment(x TIMESTAMP) AS x, (x TIMESTAMPTZ) AS memory.rs_catalog.lb_local(x),
    (x DATE) AS CAST(x AS TIMESTAMP), (x TIME) AS x, (x INTERVAL) AS x,
    (x VARCHAR) AS CAST(x AS TIMESTAMP);
-- To the engine an interval of a month equals one of 30 days, and it computes one for the other
-- where a query adds both constants to the same value: so here the interval is no constant.
CREATE MACRO memory.rs_catalog.lb_add_months(x TIME, n) AS x,
    (x TIMESTAMP, n) AS x + to_months(n + CAST(x IS NULL AS INTEGER));
-- A year later the 29th of February is the first of March.
CREATE MACRO memory.rs_catalog.lb_add_years(x TIME, n) AS x,
    (x TIMESTAMP, n) AS x + to_years(n + CAST(x IS NULL AS INTEGER))
        + to_days(CAST(date_part('day', x)
                       - date_part('day', x + to_years(n + CAST(x IS NULL AS INTEGER))) AS INTEGER));
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
    (x TIMESTAMPTZ, f) AS lb_to_char_time(memory.rs_catalog.lb_local(x), f),
    (x DATE, f) AS lb_to_char_time(CAST(x AS TIMESTAMP), f),
    (x TIME, f) AS lb_to_char_time(DATE '1970-01-01' + x, f),
    (x INTERVAL, f) AS lb_to_char_time(TIMESTAMP '0001-01-01 00:00:00' + x, f),
    (x, f) AS lb_to_char_number(CAST(x AS VARCHAR), f);

-- Parameters of the session -----------------------------------------------------------------

CREATE MACRO memory.rs_catalog.lb_settings() AS
    CAST(getvariable('lb_settings') AS STRUCT(name VARCHAR, setting VARCHAR)[]);
CREATE MACRO memory.rs_catalog.lb_current_setting(n, missing) AS
    CASE WHEN len(list_filter(memory.rs_catalog.lb_settings(), lambda s: s.name = lower(n))) > 0
         THEN list_filter(memory.rs_catalog.lb_settings(), lambda s: s.name = lower(n))[1].setting
         WHEN n IS NULL OR missing THEN NULL
         ELSE error('redshift:42704:unrecognized configuration parameter "' || n || '"') END;

-- HyperLogLog -------------------------------------------------------------------------------

CREATE MACRO memory.rs_catalog.lb_hll_create_sketch(x) AS
    lb_hll_sketch(coalesce(list(DISTINCT memory.rs_catalog.lb_fnv(x)), CAST([] AS BIGINT[])));
CREATE MACRO memory.rs_catalog.lb_hll(x) AS
    lb_hll_cardinality(memory.rs_catalog.lb_hll_create_sketch(x));
CREATE MACRO memory.rs_catalog.lb_hll_combine(x) AS lb_hll_merge(list(x));
CREATE MACRO memory.rs_catalog.lb_hll_combine_sketches(a, b) AS
    CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN lb_hll_merge([a, b]) END;
