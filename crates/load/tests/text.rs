//! Every option of text loads: a file and the table or the error that comes of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use load::block::{Blocks, parse};
use load::options::Options;
use load::target::Target;
use load::text::Text;
use redshift_sql::{Copy, Kind, SqlType, parse as parse_sql};

fn statement(options: &str) -> Copy {
    let sql = format!("copy t from 's3://b/k' iam_role 'arn:aws:iam::1:role/r' {options}");
    let parsed = parse_sql(&sql, &redshift_sql::Options::default()).unwrap();
    match parsed.into_iter().next().unwrap().kind {
        Kind::Copy(copy) => copy,
        other => panic!("{other:?}"),
    }
}

/// `a int, b varchar(5) not null, …`
fn targets(columns: &str) -> Vec<Target> {
    let split: Vec<&str> = columns.split(", ").collect();
    let target = |column: &&str| {
        let (name, ty) = column.split_once(' ').unwrap();
        let nullable = !ty.ends_with(" not null");
        let ty = SqlType::parse(ty.trim_end_matches(" not null")).unwrap();
        Target { name: name.into(), ty, nullable }
    };
    split.iter().map(target).collect()
}

/// Rows as text, columns joined by `|`, NULL as `~`.
fn rows(batch: &RecordBatch, out: &mut Vec<String>) {
    let options = FormatOptions::new().with_null("~");
    // The formatter knows no zone names.
    let offset = |column: &ArrayRef| match column.data_type() {
        DataType::Timestamp(_, Some(_)) => {
            let instants = column.as_primitive::<TimestampMicrosecondType>().clone();
            Arc::new(instants.with_timezone("+00:00")) as ArrayRef
        }
        _ => Arc::clone(column),
    };
    let columns: Vec<ArrayRef> = batch.columns().iter().map(offset).collect();
    let columns: Vec<ArrayFormatter<'_>> =
        columns.iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
    for row in 0..batch.num_rows() {
        let cells: Vec<String> = columns.iter().map(|c| c.value(row).to_string()).collect();
        out.push(cells.join("|"));
    }
}

/// What a file becomes: its rows, then `line:column:position code reason [value]` of bad records.
fn load(columns: &str, options: &str, file: &[u8], block: usize) -> Vec<String> {
    let copy = statement(options);
    let targets = targets(columns);
    let mut options = Options::of(&copy).unwrap();
    options.max_errors = None;
    let text = Text::of(&copy.format, &options).unwrap();
    let source = load::encoding::decode(&options.encoding, Box::new(Cursor::new(file.to_vec())));
    let mut blocks = Blocks::sized(source, text.clone(), options.ignore_header, block);
    let (mut found, mut errors, mut line) = (Vec::new(), Vec::new(), 0);
    loop {
        let block = match blocks.next() {
            Ok(Some(block)) => block,
            Ok(None) => break,
            Err(error) => {
                errors.push(format!("!{error}"));
                break;
            }
        };
        line += block.skipped;
        let parsed = parse(&text, &targets, &options, &block.bytes).unwrap();
        rows(&parsed.batch, &mut found);
        for bad in parsed.bad {
            let r = bad.rejection;
            let column = r.column.and_then(|c| targets.get(c)).map_or("-", |c| c.name.as_str());
            let value = String::from_utf8_lossy(&r.value).into_owned();
            let place = format!("{}:{column}:{}", line + bad.line, r.position);
            errors.push(format!("{place} {} {} [{value}]", r.code, r.reason));
        }
        found.extend(parsed.replaced.iter().map(|r| format!("replaced {}:{}", r.line, r.column)));
        line += parsed.lines;
    }
    found.extend(errors);
    found
}

/// However the file is cut into blocks, the same comes of it.
#[track_caller]
fn check(columns: &str, options: &str, file: impl AsRef<[u8]>, expect: &[&str]) {
    for block in [1, 3, 7, 1 << 20] {
        let found = load(columns, options, file.as_ref(), block);
        let cut = found.iter().filter(|line| !line.starts_with("replaced"));
        if block < 1 << 20 {
            let whole = expect.iter().filter(|line| !line.starts_with("replaced"));
            assert!(cut.eq(whole), "{options}, blocks of {block}: {found:?}");
        } else {
            assert_eq!(found, expect, "{options}");
        }
    }
}

#[test]
fn delimited() {
    let columns = "a int, b varchar(9)";
    for (options, file, expect) in [
        ("", "1|x\n2|y\n", vec!["1|x", "2|y"]),
        ("", "1|x\r\n2|y", vec!["1|x", "2|y"]),
        ("", "1|x|\n", vec!["1|x"]),
        ("", "1|\n|y\n", vec!["1|", "~|y"]),
        ("", "1|\\N\n\\N|\"q\"\n", vec!["1|~", "~|\"q\""]),
        ("delimiter ','", "1,a|b\n", vec!["1|a|b"]),
        ("delimiter '\\t'", "1\tx\n", vec!["1|x"]),
        ("delimiter '\\001'", "1\u{1}x\n", vec!["1|x"]),
        ("", " 7 | x \n", vec!["7| x "]),
        ("null as 'nil'", "1|nil\nnil|\\N\n", vec!["1|~", "~|\\N"]),
        ("null as '\\0'", "1|\0\n", vec!["1|~"]),
        (
            "null as '\\0'",
            "1|a\0\n",
            vec![
                "1:b:2 1218 NULL AS '\\0' with a field of more than one byte that holds NUL [a\0]",
            ],
        ),
        ("escape", "1|a\\|b\n2|c\\\nd\n3|e\\\\\n", vec!["1|a|b", "2|c\nd", "3|e\\"]),
        ("escape", "1|\\N\n2|\\n\n3|\\\\N\n", vec!["1|~", "2|n", "3|\\N"]),
        ("escape", "1|a\\\nb|c\n2|z\n", vec!["2|z", "2:-:7 1202 Extra column(s) found []"]),
        ("removequotes", "1|\"x|y\"\n2|'B'\n3|Blue'\n", vec!["1|x|y", "2|B", "3|Blue'"]),
        ("removequotes", "1|' ''B'' '\n", vec!["1| ''B'' "]),
        (
            "removequotes",
            "1|'Blue\n2|x\n",
            vec!["2|x", "1:b:2 1216 Quoted string is not terminated ['Blue]"],
        ),
        ("removequotes", "1|\"\\N\"\n", vec!["1|\\N"]),
        ("removequotes escape", "1|\"a\\\"|b\"\n", vec!["1|a\"|b"]),
        (
            "ignoreheader 1",
            "a|b\n1|x\ny|2\n",
            vec!["1|x", "3:a:0 1207 Invalid digit, Value 'y', Pos 0, Type: Integer [y]"],
        ),
        ("ignoreheader as 5", "a|b\n1|x\n", vec![]),
        ("", "1|x\n\n2|y\n", vec!["1|x", "2|y", "2:-:0 1211 Line contained no data []"]),
        ("ignoreblanklines", "1|x\n\n\r\n2|y\n", vec!["1|x", "2|y"]),
        (
            "",
            "1\n1|x|y\n",
            vec!["1:b:0 1214 Delimiter not found []", "2:-:4 1202 Extra column(s) found []"],
        ),
        ("fillrecord", "1\n\n2|y\n", vec!["1|", "~|", "2|y"]),
        ("fillrecord emptyasnull", "1\n2|\n", vec!["1|~", "2|~"]),
        ("encoding utf8", "\u{feff}1|x\n", vec!["1|x"]),
        ("", "", vec![]),
    ] {
        check(columns, options, file, &expect);
    }
}

#[test]
fn csv() {
    let columns = "a int, b varchar(20)";
    for (options, file, expect) in [
        ("csv", "1,x\n2,\"y\"\n", vec!["1|x", "2|y"]),
        ("csv", "1,\"a,b\"\n2,\"a\nb\"\n3,\"\"\"q\"\" r\"\n", vec!["1|a,b", "2|a\nb", "3|\"q\" r"]),
        ("csv", "1,\"\"\n2,\n\"\",z\n", vec!["1|", "2|", "~|z"]),
        ("csv", "1,  \"x\"  \n2,\t\"y\"\r\n", vec!["1|x", "2|y"]),
        ("csv", "1, x \n", vec!["1| x "]),
        ("csv quote '%'", "1,%a,%%b%\n2,\"\n", vec!["1|a,%b", "2|\""]),
        ("csv delimiter ';'", "1;a,b\n", vec!["1|a,b"]),
        ("csv delimiter '\\t'", "1\t\"x\"\n", vec!["1|x"]),
        ("csv", "1,\\N\n2,\"\\N\"\n", vec!["1|~", "2|\\N"]),
        (
            "csv",
            "1,\"x\"y\n2,z\n",
            vec!["2|z", "1:b:2 1216 Invalid quote formatting for CSV [\"x\"y]"],
        ),
        (
            "csv",
            "1,5\" x\n2,z\n",
            vec!["2|z", "1:b:2 1216 Invalid quote formatting for CSV [5\" x]"],
        ),
        (
            "csv",
            "1,\"open\n2,z\n",
            vec!["3:b:2 1216 Invalid quote formatting for CSV [\"open\n2,z\n]"],
        ),
        (
            "csv ignoreheader 1",
            "a,b\n1,\"x\ny\"\nz,1\n",
            vec!["1|x\ny", "4:a:0 1207 Invalid digit, Value 'z', Pos 0, Type: Integer [z]"],
        ),
        ("csv", "1,a,\n", vec!["1:-:4 1202 Extra column(s) found []"]),
    ] {
        check(columns, options, file, &expect);
    }
}

#[test]
fn fixed_width() {
    let columns = "a int, b varchar(5)";
    for (options, file, expect) in [
        ("fixedwidth 'x:3,y:5'", "  1abcde\n22 z    \r\n", vec!["1|abcde", "22|z    "]),
        ("fixedwidth 'x:3,y:5' trimblanks", "  1ab   \n", vec!["1|ab"]),
        ("fixedwidth 'x:3,y:5'", "  1ab\n   ab\n", vec!["1|ab", "~|ab"]),
        (
            "fixedwidth 'x:3,y:5'",
            "  1\n  1abcdefg\n",
            vec!["1:b:0 1214 Delimiter not found []", "2:-:8 1202 Extra column(s) found []"],
        ),
        ("fixedwidth 'x:3,y:5' fillrecord", "  1\n", vec!["1|"]),
    ] {
        check(columns, options, file, &expect);
    }
}

#[test]
fn characters() {
    let long = "String length exceeds DDL length";
    for (columns, options, file, expect) in [
        (
            "b varchar(3)",
            "",
            &b"abc\nabcd\nab  \n"[..],
            vec!["abc", "ab ", &*format!("2:b:0 1204 {long} [abcd]")],
        ),
        ("b char(3)", "", b"abcd\n", vec!["1:b:0 1204 Char length exceeds DDL length [abcd]"]),
        ("b varchar(3)", "truncatecolumns", "abcd\naé\néé\n".as_bytes(), vec!["abc", "aé", "é"]),
        (
            "b varchar(3)",
            "",
            "éé\n".as_bytes(),
            vec!["1:b:0 1204 String length exceeds DDL length [éé]"],
        ),
        ("b varchar(9)", "blanksasnull", b" \t\n\nx\n", vec!["~", "", "x"]),
        ("b varchar(9)", "emptyasnull", b"\n \n", vec!["~", " "]),
        ("b varchar(9)", "trimblanks", b" a  \n", vec![" a"]),
        ("b char(9)", "trimblanks", b"a  \n", vec!["a  "]),
        ("b varchar(9)", "trimblanks emptyasnull", b"  \n", vec!["~"]),
        (
            "b char(9)",
            "",
            "aé\n".as_bytes(),
            vec![
                "1:b:0 1220 Multibyte character not supported for CHAR (Hint: Try using  VARCHAR). Invalid char: c3 a9 [aé]",
            ],
        ),
        (
            "b varchar(9)",
            "",
            b"a\xa4\n",
            vec![
                "1:b:0 1220 String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: a4 (error 3) [a\u{fffd}]",
            ],
        ),
        (
            "b varchar(9)",
            "",
            b"\xe2\x82\n",
            vec![
                "1:b:0 1220 String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: e2 82 (error 2) [\u{fffd}]",
            ],
        ),
        (
            "b varchar(9)",
            "",
            b"\xe2A\n",
            vec![
                "1:b:0 1220 String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: e2 41 (error 4) [\u{fffd}A]",
            ],
        ),
        (
            "b varchar(9)",
            "",
            b"\xed\xa0\x80\n",
            vec![
                "1:b:0 1220 String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: ed a0 80 (error 5) [\u{fffd}\u{fffd}\u{fffd}]",
            ],
        ),
        ("b varchar(9)", "acceptinvchars", b"a\xa4\xffb\nok\n", vec!["a??b", "ok", "replaced 1:0"]),
        ("b varchar(9)", "acceptinvchars as '^'", b"\xe2\x82\n", vec!["^^", "replaced 1:0"]),
        (
            "b varchar(9) not null",
            "",
            b"x\n\\N\n",
            vec!["x", "2:b:0 1213 Missing data for not-null field [\\N]"],
        ),
    ] {
        check(columns, options, file, &expect);
    }
}

#[test]
fn numbers() {
    for (ty, options, file, expect) in [
        (
            "smallint",
            "",
            "32767\n-32768\n+5\n32768\n",
            vec![
                "32767",
                "-32768",
                "5",
                "4:a:0 1204 Overflow (Short valid range -32768 to 32767) [32768]",
            ],
        ),
        (
            "int",
            "",
            "12.0\n 7 \n-\n",
            vec![
                "7",
                "1:a:0 1207 Invalid digit, Value '.', Pos 2, Type: Integer [12.0]",
                "3:a:0 1207 Invalid digit, Value '-', Pos 0, Type: Integer [-]",
            ],
        ),
        (
            "bigint",
            "",
            "-9223372036854775808\n9223372036854775808\n",
            vec![
                "-9223372036854775808",
                "2:a:0 1204 Overflow (Long valid range -9223372036854775808 to 9223372036854775807) [9223372036854775808]",
            ],
        ),
        (
            "decimal(5,2)",
            "",
            "1.239\n-1.239\n999.999\n1e2\n12e-1\n.5\n5.\n",
            vec!["1.23", "-1.23", "999.99", "100.00", "1.20", "0.50", "5.00"],
        ),
        (
            "decimal(5,2)",
            "roundec",
            "1.235\n-1.235\n1.2349\n999.994\n",
            vec!["1.24", "-1.24", "1.23", "999.99"],
        ),
        (
            "decimal(5,2)",
            "roundec",
            "999.995\n",
            vec!["1:a:0 1204 Overflow for NUMERIC(5,2) [999.995]"],
        ),
        (
            "decimal(5,2)",
            "",
            "1000\n1,5\n",
            vec![
                "1:a:0 1204 Overflow for NUMERIC(5,2) [1000]",
                "2:a:0 1209 Invalid digit, Value ',', Pos 1, Type: Decimal [1,5]",
            ],
        ),
        (
            "decimal(38,0)",
            "",
            "99999999999999999999999999999999999999\n",
            vec!["99999999999999999999999999999999999999"],
        ),
        (
            "double precision",
            "",
            "1.5e3\nNaN\n-Infinity\nx1\n",
            vec![
                "1500.0",
                "NaN",
                "-inf",
                "4:a:0 1208 Invalid digit, Value 'x', Pos 0, Type: Double [x1]",
            ],
        ),
        ("real", "", "1e39\n1.5\n", vec!["1.5", "1:a:0 1204 Overflow (Float out of range) [1e39]"]),
        (
            "boolean",
            "",
            "t\nFALSE\nYes\n0\nmaybe\n",
            vec!["true", "false", "true", "false", "5:a:0 1210 Unknown boolean format [maybe]"],
        ),
        (
            "varbyte(2)",
            "",
            "00ff\n\nabc\n010203\n",
            vec![
                "00ff",
                "~",
                "3:a:0 1207 Invalid digit, Value 'c', Pos 2, Type: Varbyte [abc]",
                "4:a:0 1204 Varbyte length exceeds DDL length [010203]",
            ],
        ),
        (
            "super",
            "",
            "{\"a\":[1,null]}\nnull\n{\n",
            vec!["{\"a\":[1,null]}", "null", "3:a:0 1224 Invalid JSON format for SUPER column [{]"],
        ),
    ] {
        check(&format!("a {ty}"), options, file, &expect);
    }
}

#[test]
fn dates_and_times() {
    let bad_stamp = "1206 Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]";
    for (ty, options, file, expect) in [
        ("date", "", "2024-02-29\n2008-01-01 10:11:12\n", vec!["2024-02-29", "2008-01-01"]),
        (
            "date",
            "",
            "2023-02-29\n1/2/99\n",
            vec![
                "1:a:0 1205 Invalid date format or value [YYYY-MM-DD] [2023-02-29]",
                "2:a:0 1205 Invalid Date Format - length must be 10 or more [1/2/99]",
            ],
        ),
        ("date", "acceptanydate", "0000-00-00\n2024-01-01\n", vec!["~", "2024-01-01"]),
        ("date", "dateformat 'MM/DD/YYYY'", "1/2/1999\n", vec!["1999-01-02"]),
        (
            "date",
            "dateformat as 'DD.MON.YY'",
            "07.feb.69\n07.Feb.70\n",
            vec!["2069-02-07", "1970-02-07"],
        ),
        ("date", "dateformat 'YYYYMMDD'", "19990131\n", vec!["1999-01-31"]),
        (
            "date",
            "dateformat 'auto'",
            "19960108\n01/08/1996\nJan 8, 1996\n08-JAN-96\n1996.008\nJ2451187\n960108\n1996-01-08 04:05:06\n",
            vec![
                "1996-01-08",
                "1996-01-08",
                "1996-01-08",
                "1996-01-08",
                "1996-01-08",
                "1999-01-08",
                "1996-01-08",
                "1996-01-08",
            ],
        ),
        (
            "timestamp",
            "",
            "2008-01-01 10:11:12\n2008-01-01T10:11\n2008-01-01\n2008-01-01 10:11:12.1234567\n",
            vec![
                "2008-01-01T10:11:12",
                "2008-01-01T10:11:00",
                "2008-01-01T00:00:00",
                "2008-01-01T10:11:12.123456",
            ],
        ),
        (
            "timestamp",
            "",
            "2008-01-01 25:00:00\n",
            vec![&*format!("1:a:0 {bad_stamp} [2008-01-01 25:00:00]")],
        ),
        (
            "timestamp",
            "timeformat 'DD/MM/YYYY HH12:MI AM'",
            "31/12/1999 11:59 pm\n31/12/1999 12:00 AM\n",
            vec!["1999-12-31T23:59:00", "1999-12-31T00:00:00"],
        ),
        (
            "timestamp",
            "timeformat 'epochsecs'",
            "0\n1.5\n-1\nx\n",
            vec![
                "1970-01-01T00:00:00",
                "1970-01-01T00:00:01.500",
                "1969-12-31T23:59:59",
                "4:a:0 1206 Invalid timestamp format or value [epochsecs] [x]",
            ],
        ),
        (
            "timestamp",
            "timeformat 'epochmillisecs'",
            "1500\n1500.25\n",
            vec!["1970-01-01T00:00:01.500", "1970-01-01T00:00:01.500250"],
        ),
        (
            "timestamp",
            "timeformat 'auto'",
            "19960108 040809\n2019-02-11T05:09:12.195Z\n12/17/1997 07:37:16.00 PST\n17 Dec 07:37:16 1997 PST\n1997-12-17 07:37:16-08\n",
            vec![
                "1996-01-08T04:08:09",
                "2019-02-11T05:09:12.195",
                "1997-12-17T07:37:16",
                "1997-12-17T07:37:16",
                "1997-12-17T07:37:16",
            ],
        ),
        (
            "timestamptz",
            "",
            "2008-01-01 10:11:12+02\n2008-01-01 10:11:12\n2008-01-01 10:11:12 PST\n",
            vec!["2008-01-01T08:11:12Z", "2008-01-01T10:11:12Z", "2008-01-01T18:11:12Z"],
        ),
        (
            "timestamptz",
            "timeformat 'YYYY-MM-DD HH:MI:SSOF'",
            "2008-01-01 10:11:12-05:30\n",
            vec!["2008-01-01T15:41:12Z"],
        ),
        (
            "time",
            "",
            "10:11:12.5\n23:59\n24:01\n",
            vec![
                "10:11:12.500",
                "23:59:00",
                "3:a:0 1206 Invalid time format or value [HH24:MI:SS] [24:01]",
            ],
        ),
        ("timetz", "", "10:11:12+01:30\n", vec!["08:41:12.000000+00"]),
    ] {
        check(&format!("a {ty}"), options, file, &expect);
    }
}

#[test]
fn encodings() {
    let utf16 = |text: &str, little: bool| -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() })
            .collect()
    };
    let text = "1|é😀\n";
    let both = "a int, b varchar(20)";
    check(both, "encoding utf16", utf16(&format!("\u{feff}{text}"), true), &["1|é😀"]);
    check(both, "encoding utf16", utf16(&format!("\u{feff}{text}"), false), &["1|é😀"]);
    check(both, "encoding as utf16le", utf16(text, true), &["1|é😀"]);
    check(both, "encoding utf16be", utf16(text, false), &["1|é😀"]);
    check(both, "encoding utf16", utf16(text, true), &["!ENCODING UTF16 needs a byte-order mark"]);
    check(
        both,
        "encoding utf16le",
        utf16(&format!("\u{feff}{text}"), false),
        &["!the file's byte-order mark differs from ENCODING"],
    );
    check(
        both,
        "encoding utf16le",
        [0x00, 0xd8, 0x41, 0x00],
        &["!invalid UTF-16: a lone surrogate"],
    );
    check(both, "encoding iso88591", b"1|\xe9\n", &["1|é"]);
}

#[test]
fn a_record_has_a_limit() {
    let found = load("a varchar(9)", "", &vec![b'x'; 6 << 20], 1 << 20);
    assert_eq!(found, ["!The size of a row exceeds 4 MB"]);
}

#[test]
fn options_exclude_each_other() {
    for (options, expect) in [
        ("json 'auto' escape", "ESCAPE option is not supported with JSON in COPY"),
        ("json 'auto' null as 'x'", "NULL AS option is not supported with JSON in COPY"),
        (
            "parquet truncatecolumns",
            "TRUNCATECOLUMNS argument is not supported for PARQUET based COPY",
        ),
        ("parquet maxerror 5", "MAXERROR argument is not supported for PARQUET based COPY"),
        ("orc gzip", "GZIP argument is not supported for ORC based COPY"),
        (
            "maxerror 5 ignoreallerrors",
            "IGNOREALLERRORS option is not supported with MAXERROR in COPY",
        ),
        ("fixedwidth 'a:1' escape", "ESCAPE option is not supported with FIXEDWIDTH in COPY"),
        ("null as '\\n'", "NULL argument is not supported for newline: it ends records"),
        ("acceptinvchars 'é'", "ACCEPTINVCHARS takes one ASCII character other than NULL"),
        ("dateformat 'YYYY-QQ'", "Invalid date or time format: 'YYYY-QQ'"),
        ("encrypted", "ENCRYPTED in COPY is no longer supported"),
    ] {
        let error = Options::of(&statement(options)).unwrap_err();
        assert_eq!(error.message, expect, "{options}");
    }
}

#[test]
fn wherever_a_file_is_cut_the_same_comes_of_it() {
    let mut dice = dice::Dice::new(7);
    let alphabet = b",,|;\"\"%'\\\n\n\n\r\t  12aN-:\xc3\xa9";
    let statements = [
        "",
        "csv",
        "csv quote '%' delimiter ';' emptyasnull blanksasnull",
        "csv delimiter '\\t' ignoreblanklines ignoreheader 1",
        "escape",
        "escape removequotes delimiter ','",
        "removequotes trimblanks fillrecord",
        "fixedwidth 'a:2,b:3'",
    ];
    for _ in 0..400 {
        let length = dice.below(60);
        let file: Vec<u8> = (0..length).map(|_| *dice.pick(alphabet)).collect();
        let options = *dice.pick(&statements);
        let columns = "a varchar(5), b int";
        let whole = load(columns, options, &file, 1 << 20);
        for size in [1, 2, 5, 9] {
            let cut = load(columns, options, &file, size);
            assert_eq!(cut, whole, "{options}: {:?}, {size}", String::from_utf8_lossy(&file));
        }
    }
}
