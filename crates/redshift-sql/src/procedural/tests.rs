//! Bodies of procedures: what stands for a variable, what is refused, and that nothing breaks the
//! reader.

#![allow(clippy::unwrap_used, clippy::panic, clippy::string_slice)]

use super::{Action, Body, BodyError, Fragment, LoopKind, Reference, read_body};
use crate::{Argument, ArgumentMode, ArgumentType, NoFunctions, Options, SqlType};

fn read(body: &str) -> Result<Body, BodyError> {
    let argument = |name: &str, mode| Argument {
        name: Some(name.to_owned()),
        mode,
        kind: ArgumentType::Sql(SqlType::Integer),
    };
    let arguments = [argument("a", ArgumentMode::In), argument("b", ArgumentMode::InOut)];
    read_body("p", body, &arguments, &Options::default())
}

/// A piece's text, and the names of what its parameters stand for.
fn shown(body: &Body, piece: &Fragment) -> String {
    let name = |number: &usize| body.variables[*number].name.clone();
    let references = piece.references.iter().map(|reference| match reference {
        Reference::Variable(number) => name(number),
        Reference::Field(number, field) => format!("{}.{field}", name(number)),
    });
    format!("{} | {}", piece.text, references.collect::<Vec<_>>().join(", "))
}

#[test]
fn variables_become_parameters_and_nothing_else_does() {
    for (sql, expect) in [
        ("insert into t values (a)", "insert into t values ( $1 ) | a"),
        ("insert into t values (a, b, A)", "insert into t values ( $1 ,  $2 ,  $1 ) | a, b"),
        ("update t set x = t.a where y = $2", "update t set x = t.a where y =  $1  | b"),
        ("delete from a.b /* b */ where c = 'a'", "delete from a.b /* b */ where c = 'a' | "),
        (
            "insert into t values (p.a, r.x, inner_block.n)",
            "insert into t values ( $1 ,  $2 ,  $3 ) | a, r.x, n",
        ),
        ("insert into t select a(1), n.n from n", "insert into t select a(1), n.n from  $1  | n"),
        ("insert into t values (\"a\", $$a$$)", "insert into t values ( $1 , $$a$$) | a"),
    ] {
        let text = format!("<<inner_block>> declare n int; r record; begin {sql}; end");
        let found = read(&text);
        // A variable in the place of a table is no SQL.
        let Ok(body) = found else {
            assert!(expect.contains("from  $1"), "{sql}: {found:?}");
            continue;
        };
        let [step] = body.block.statements.as_slice() else { panic!("{sql}") };
        let Action::Sql(piece) = &step.action else { panic!("{sql}") };
        assert_eq!(shown(&body, piece), expect);
    }
}

#[test]
fn ranges_are_told_from_queries() {
    for (head, from, to) in [
        ("1..10", "SELECT 1", "SELECT 10"),
        ("a..b", "SELECT  $1 ", "SELECT  $1 "),
        ("reverse b .. 1", "SELECT  $1 ", "SELECT 1"),
        ("1..a * (2 + b)", "SELECT 1", "SELECT  $1  * (2 +  $2 )"),
        ("1.5..2.5", "SELECT 1.5", "SELECT 2.5"),
    ] {
        let body = read(&format!("begin for i in {head} loop null; end loop; end")).unwrap();
        let Action::Loop(found) = &body.block.statements[0].action else { panic!("{head}") };
        let LoopKind::Range { from: low, to: high, .. } = &found.kind else { panic!("{head}") };
        assert_eq!(
            (low.text.trim_end_matches(' '), high.text.trim_end_matches(' ')),
            (from.trim_end_matches(' '), to.trim_end_matches(' ')),
            "{head}"
        );
    }
}

#[test]
fn nesting_and_variables_have_limits() {
    let nested = |depth: usize| {
        format!("begin {} null; {} end", "begin ".repeat(depth), "end; ".repeat(depth))
    };
    assert!(read(&nested(150)).is_ok());
    assert_eq!(read(&nested(100_000)).unwrap_err().error.sqlstate, "54001");
    let declared: String = (0..1030).map(|n| format!("v{n} int; ")).collect();
    let body = format!("declare {declared} begin null; end");
    assert_eq!(read(&body).unwrap_err().error.sqlstate, "54000");
}

#[test]
fn no_beginning_of_a_body_breaks_the_reader() {
    let body = "<<l>> declare r record; c cursor (k int) for select k; d alias for $1; x t.y%type; \
        begin select into r 1, 'it''s $$' from t where a = $1; \
        if a > 1 then b := b + 1; elsif b is null then raise info '% %%', r.x; else null; end if; \
        case a when 1, 2 then exit l when true; else continue_me := 1; end case; \
        <<m>> for i in reverse 10..a loop continue m when i = 2; end loop m; \
        for r in execute 'select ' || a loop fetch c into b; end loop; \
        while a < 3 loop open c(1); close c; get diagnostics b := row_count; end loop; \
        execute 'x' into b; call q(a, b); perform f(a); commit; return; \
        exception when others then raise; end l;";
    for end in 0..=body.len() {
        let _ = read(&body[..end]);
        let _ = read(&body[end..]);
    }
}

#[test]
fn functions_of_functions_do_not_grow_without_bound() {
    struct Doubling;
    impl crate::UserFunctions for Doubling {
        fn find(
            &self,
            _: &crate::ObjectName,
            _: &[crate::GivenType],
        ) -> Result<Option<crate::UserFunction>, crate::SqlError> {
            Ok(Some(crate::UserFunction {
                arguments: vec![SqlType::Integer],
                returns: SqlType::Integer,
                body: "select $1 + $1".to_owned(),
            }))
        }
    }
    let nested = |depth: usize| format!("select {}1{}", "f_x(".repeat(depth), ")".repeat(depth));
    let options = Options::default();
    assert!(crate::parse_with(&nested(5), &options, &Doubling).is_ok());
    let error = crate::parse_with(&nested(60), &options, &Doubling).unwrap_err();
    assert_eq!(error.sqlstate, "54001");
    assert_eq!(
        crate::parse_with(&nested(1), &options, &NoFunctions).unwrap_err().sqlstate,
        "42883"
    );
}
