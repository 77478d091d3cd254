//! Text files of COPY: whatever the bytes, the format and the options, a file read in small
//! blocks gives what it gives in one, and no record is both loaded and refused.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use load::block::{Blocks, parse};
use load::options::Options;
use load::target::Target;
use load::text::Text;
use redshift_sql::{Copy, Kind, SqlType};

const STATEMENTS: [&str; 12] = [
    "",
    "csv",
    "csv quote '%' delimiter ';' emptyasnull blanksasnull",
    "escape",
    "escape removequotes null as 'x'",
    "removequotes trimblanks",
    "fixedwidth 'a:3,b:5,c:2,d:10,e:8'",
    "csv acceptanydate acceptinvchars truncatecolumns roundec",
    "delimiter ',' dateformat 'auto' timeformat 'auto' fillrecord",
    "csv timeformat 'epochmillisecs' ignoreblanklines ignoreheader 2",
    "encoding utf16 dateformat 'DD-MON-YY'",
    "null as '\\0' dateformat 'MM/DD/YYYY' timeformat 'YYYY-MM-DD HH12:MI:SS AM'",
];

const TYPES: [&[&str]; 3] = [
    &["int", "varchar(5)", "boolean", "date", "timestamp"],
    &["decimal(9,3)", "char(4)", "double precision", "timestamptz", "super"],
    &["bigint", "varbyte(4)", "real", "time", "timetz"],
];

fn statement(options: &str) -> Copy {
    let sql = format!("copy t from 's3://b/k' iam_role 'arn:aws:iam::1:role/r' {options}");
    let parsed = redshift_sql::parse(&sql, &redshift_sql::Options::default()).expect("our own");
    match parsed.into_iter().next().map(|statement| statement.kind) {
        Some(Kind::Copy(copy)) => copy,
        other => panic!("{other:?}"),
    }
}

/// Rows as the engine gets them, places of bad records, and lines.
type Loaded = (usize, Vec<(u64, u16)>, u64);

/// None for a file that cannot be read to its end, of which nothing is loaded.
fn load(copy: &Copy, targets: &[Target], file: &[u8], size: usize) -> Option<Loaded> {
    let mut options = Options::of(copy).expect("our own");
    options.max_errors = Some(u64::MAX);
    let text = Text::of(&copy.format, &options).expect("text");
    let source = load::encoding::decode(&options.encoding, Box::new(Cursor::new(file.to_vec())));
    let mut blocks = Blocks::sized(source, text.clone(), options.ignore_header, size);
    let (mut rows, mut bad, mut lines) = (0, Vec::new(), 0);
    while let Some(block) = blocks.next().ok()? {
        lines += block.skipped;
        let parsed = parse(&text, targets, &options, &block.bytes).expect("no fault of ours");
        rows += parsed.batch.num_rows();
        bad.extend(parsed.bad.iter().map(|bad| (lines + bad.line, bad.rejection.code)));
        lines += parsed.lines;
    }
    Some((rows, bad, lines))
}

fuzz_target!(|bytes: &[u8]| {
    let Some(([form, types, size], file)) = bytes.split_first_chunk::<3>() else { return };
    let copy = statement(STATEMENTS[usize::from(*form) % STATEMENTS.len()]);
    let names = ["a", "b", "c", "d", "e"];
    let kinds = TYPES[usize::from(*types) % TYPES.len()];
    let target = |(name, kind): (&&str, &&str)| Target {
        name: (*name).to_owned(),
        ty: SqlType::parse(kind).expect("our own"),
        nullable: *name != "b",
    };
    let targets: Vec<Target> = names.iter().zip(kinds).map(target).collect();
    let whole = load(&copy, &targets, file, 1 << 20);
    let small = load(&copy, &targets, file, usize::from(*size) + 1);
    assert_eq!(whole, small);
    if let Some((rows, bad, lines)) = whole {
        assert!(rows as u64 + bad.len() as u64 <= lines);
    }
});
