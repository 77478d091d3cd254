//! SQL texts and bodies of procedures: parsed and rewritten, or refused with a SQLSTATE; nothing
//! of a secret in its redacted form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redshift_sql::procedural::read_body;
use redshift_sql::{Options, parse, parse_query, redact};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for case_sensitive_identifiers in [false, true] {
        let options = Options { case_sensitive_identifiers, ..Options::default() };
        match parse(text, &options) {
            Ok(statements) => assert!(!statements.is_empty()),
            Err(error) => assert_eq!(error.sqlstate.len(), 5, "{error:?}"),
        }
        let _ = parse_query(text, &options);
        if let Err(wrong) = read_body("p", text, &[], &options) {
            assert_eq!(wrong.error.sqlstate.len(), 5, "{wrong:?}");
        }
    }
    let _ = redact(text);
});
