//! Functions: the list of those that exist, and what each becomes.
//!
//! A function not listed does not reach the engine. Start reading at [`FUNCTIONS`].

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
    ObjectNamePart, Statement as Tree, Value, VisitorMut,
};

use super::special::{self, Special};
use super::{Notes, build};
use crate::cursor::Parse;
use crate::error::{SqlError, UNDEFINED_FUNCTION};
use crate::walk::change;

/// What becomes of a function.
#[derive(Clone, Copy)]
enum How {
    /// The engine has the same.
    Same,
    /// The engine has it under this name.
    Named(&'static str),
    /// The session knows the answer: read as an engine variable of the same name.
    Session,
    /// The warehouse's catalog defines it in the engine.
    Catalog,
    /// Rewritten by code.
    By(Special),
    /// Redshift has it, Landbridge not yet.
    Missing,
}

use How::{By, Catalog, Missing, Named, Same, Session};

/// Names as Redshift spells them, by kind.
const FUNCTIONS: &[(How, &[&str])] = &[
    // Aggregates and windows.
    (
        Same,
        &[
            "count",
            "min",
            "max",
            "stddev",
            "stddev_samp",
            "stddev_pop",
            "variance",
            "var_samp",
            "var_pop",
            "bool_and",
            "bool_or",
            "bit_and",
            "bit_or",
            "median",
            "any_value",
            "percentile_cont",
            "percentile_disc",
            "row_number",
            "rank",
            "dense_rank",
            "percent_rank",
            "cume_dist",
            "ntile",
        ],
    ),
    (By(special::sum), &["sum"]),
    (By(special::average), &["avg"]),
    (By(special::listagg), &["listagg"]),
    (By(special::null_treatment), &["lag", "lead", "first_value", "last_value", "nth_value"]),
    (By(special::ratio_to_report), &["ratio_to_report"]),
    // Conditions.
    (Same, &["coalesce", "nullif", "greatest", "least"]),
    (Named("coalesce"), &["nvl", "isnull", "ifnull"]),
    (By(special::nvl2), &["nvl2"]),
    (By(special::decode), &["decode"]),
    // Strings.
    (
        Same,
        &[
            "lower",
            "upper",
            "ltrim",
            "rtrim",
            "left",
            "right",
            "replace",
            "reverse",
            "repeat",
            "split_part",
            "translate",
            "chr",
            "ascii",
            "md5",
            "strpos",
            "substring",
            "substr",
            "trim",
        ],
    ),
    (Named("length"), &["len", "length", "char_length", "character_length", "textlen"]),
    (Named("strlen"), &["octet_length"]),
    (Named("trim"), &["btrim"]),
    (Named("repeat"), &["replicate"]),
    (Named("sha1"), &["sha", "sha1", "func_sha1"]),
    (By(special::concat), &["concat"]),
    (By(special::pad), &["lpad", "rpad"]),
    (By(special::charindex), &["charindex"]),
    (By(special::sha2), &["sha2"]),
    (By(special::to_hex), &["to_hex"]),
    (By(special::regexp_replace), &["regexp_replace"]),
    (By(special::regexp_substr), &["regexp_substr"]),
    (By(special::regexp_count), &["regexp_count"]),
    (By(special::initcap), &["initcap"]),
    (By(special::quote_literal), &["quote_literal", "quote_ident"]),
    // Numbers.
    (
        Same,
        &[
            "abs", "ceil", "ceiling", "floor", "round", "trunc", "sqrt", "cbrt", "exp", "ln",
            "log", "sign", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "cot", "degrees",
            "radians", "pi", "random",
        ],
    ),
    (Named("pow"), &["power", "pow"]),
    (Named("log10"), &["dlog10"]),
    (Named("ln"), &["dlog1"]),
    (Named("exp"), &["dexp"]),
    (By(special::modulo), &["mod"]),
    // Dates and times.
    (By(special::dateadd), &["dateadd", "date_add"]),
    (By(special::datediff), &["datediff", "date_diff"]),
    (By(special::date_part), &["date_part", "datepart"]),
    (By(special::date_trunc), &["date_trunc"]),
    (By(special::add_months), &["add_months"]),
    (By(special::date), &["date"]),
    (By(special::date_part_year), &["date_part_year"]),
    (By(special::to_char), &["to_char"]),
    (By(special::to_date), &["to_date"]),
    (By(special::to_timestamp), &["to_timestamp"]),
    (Same, &["last_day"]),
    (By(special::now), &["now", "current_timestamp"]),
    (By(special::current_date), &["current_date"]),
    // The session (the warehouse's front sets the variable before the statement runs).
    (
        Session,
        &[
            "getdate",
            "sysdate",
            "current_user",
            "session_user",
            "user",
            "current_user_id",
            "current_database",
            "current_schema",
            "pg_backend_pid",
            "version",
            "pg_last_query_id",
            "pg_last_copy_count",
            "pg_last_copy_id",
            "pg_last_unload_count",
            "pg_last_unload_id",
            "current_aws_account",
            "current_namespace",
            "current_session_arn",
            "default_iam_role",
        ],
    ),
    // The catalog (macros that the warehouse defines: where the engine has a function of the same
    // name, it answers wrongly, so only what the warehouse does define may stand here).
    (
        Catalog,
        &[
            "format_type",
            "pg_get_userbyid",
            "obj_description",
            "col_description",
            "pg_get_expr",
            "pg_get_constraintdef",
            "pg_get_viewdef",
            "pg_table_is_visible",
            "pg_encoding_to_char",
            "current_schemas",
            "has_schema_privilege",
            "has_assumerole_privilege",
        ],
    ),
    (Same, &["array_to_string"]),
    (Missing, MISSING),
];

/// Functions of Redshift's that are not built: refused by name, not as typing errors.
const MISSING: &[&str] = &[
    "has_table_privilege",
    "has_database_privilege",
    "current_setting",
    "pg_get_iam_role_by_user",
    "pg_get_grantee_by_iam_role",
    "format_encoding",
    "pg_get_indexdef",
    "array_upper",
    "array_lower",
    "approximate",
    "bpcharcmp",
    "bttext_pattern_cmp",
    "checksum",
    "collate",
    "crc32",
    "difference",
    "farmfingerprint64",
    "fnv_hash",
    "md5_digest",
    "murmur3_32_hash",
    "octetindex",
    "soundex",
    "strtol",
    "text_to_int_alt",
    "text_to_numeric_alt",
    "regexp_instr",
    "bit_length",
    "convert_timezone",
    "date_cmp",
    "date_cmp_timestamp",
    "date_cmp_timestamptz",
    "timestamp_cmp",
    "timestamp_cmp_date",
    "timestamp_cmp_timestamptz",
    "timestamptz_cmp",
    "timestamptz_cmp_date",
    "timestamptz_cmp_timestamp",
    "interval_cmp",
    "months_between",
    "next_day",
    "timeofday",
    "timezone",
    "age",
    "to_number",
    "json_extract_path_text",
    "json_extract_array_element_text",
    "json_array_length",
    "json_parse",
    "json_serialize",
    "json_serialize_to_varbyte",
    "json_typeof",
    "json_size",
    "can_json_parse",
    "is_valid_json",
    "is_valid_json_array",
    "is_array",
    "is_object",
    "is_scalar",
    "is_varchar",
    "get_array_length",
    "get_number_attributes",
    "array",
    "array_concat",
    "array_flatten",
    "split_to_array",
    "subarray",
    "object",
    "object_transform",
    "lower_attribute_names",
    "upper_attribute_names",
    "hll",
    "hll_create_sketch",
    "hll_cardinality",
    "hll_combine",
    "hll_combine_sketches",
    "to_varbyte",
    "from_varbyte",
    "getbit",
    "set_config",
    "pg_cancel_backend",
    "pg_terminate_backend",
    "role_is_member_of",
    "user_is_member_of",
    "slice_num",
    "explain_model",
    "change_query_priority",
    "change_session_priority",
    "change_user_priority",
    "from_hex",
    "rand",
];

/// Words that call a function without parentheses.
const BARE: &[&str] = &[
    "sysdate",
    "current_user",
    "session_user",
    "user",
    "current_date",
    "current_timestamp",
    "current_user_id",
    "current_database",
    "current_schema",
    "current_aws_account",
    "current_namespace",
    "current_session_arn",
];

/// Whether an unquoted name is such a word.
pub(super) fn is_bare_call(name: &Ident) -> bool {
    name.quote_style.is_none() && BARE.contains(&name.value.as_str())
}

pub(super) fn apply(tree: &mut Tree, notes: &mut Notes) -> Parse<()> {
    change(tree, &mut Functions { notes })
}

struct Functions<'a> {
    notes: &'a mut Notes,
}

impl VisitorMut for Functions<'_> {
    type Break = SqlError;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        match self.rewrite(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Functions<'_> {
    fn rewrite(&mut self, expr: &mut Expr) -> Parse<()> {
        if let Expr::Identifier(name) = expr {
            if !is_bare_call(name) {
                return Ok(());
            }
            *expr = build::call(&name.value, Vec::new());
        }
        let Expr::Function(function) = expr else {
            return special::syntax(expr);
        };
        let (name, position) = simple_name(&function.name)?;
        check_shape(function).map_err(|error| error.at(position))?;
        let rewritten = match how(&name) {
            Some(Same | Catalog) => rename(function, &name),
            Some(Named(engine)) => rename(function, engine),
            Some(Session) => self.session(function, &name)?,
            Some(By(special)) => {
                let rewritten = special(function, &name)
                    .map_err(|e| if e.position.is_some() { e } else { e.at(position) })?;
                self.note_variables(&name);
                rewritten
            }
            Some(Missing) => {
                let message = format!("function {name} is not supported");
                return Err(SqlError::unsupported(message).at(position));
            }
            None => return Err(does_not_exist(&name, function).at(position)),
        };
        *expr = rewritten;
        Ok(())
    }

    fn session(&mut self, function: &Function, name: &str) -> Parse<Expr> {
        if !arguments(function)?.is_empty() {
            return Err(does_not_exist(name, function));
        }
        self.notes.session_functions.insert(name.to_owned());
        Ok(variable(name))
    }

    /// The clock's functions read the time at which the transaction began.
    fn note_variables(&mut self, name: &str) {
        if matches!(name, "now" | "current_timestamp" | "current_date") {
            self.notes.session_functions.insert("sysdate".to_owned());
        }
    }
}

/// The engine's variable of this name.
pub(super) fn variable(name: &str) -> Expr {
    build::call("getvariable", vec![build::string(name)])
}

fn how(name: &str) -> Option<How> {
    FUNCTIONS.iter().find(|(_, names)| names.contains(&name)).map(|(how, _)| *how)
}

/// A name without schema, or in `pg_catalog`; and its position.
pub(super) fn simple_name(name: &ObjectName) -> Parse<(String, usize)> {
    let idents: Vec<&Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).collect();
    let at = idents
        .first()
        .map_or(0, |ident| usize::try_from(ident.span.start.column).unwrap_or_default());
    match idents.as_slice() {
        [only] if name.0.len() == 1 => Ok((only.value.to_ascii_lowercase(), at)),
        [schema, last] if name.0.len() == 2 && schema.value == "pg_catalog" => {
            Ok((last.value.to_ascii_lowercase(), at))
        }
        _ => {
            let message = format!("function {name}() does not exist");
            Err(SqlError::new(UNDEFINED_FUNCTION, message).at(at))
        }
    }
}

fn rename(function: &Function, name: &str) -> Expr {
    Expr::Function(Function { name: build::function_name(name), ..function.clone() })
}

/// What calls may carry.
fn check_shape(function: &Function) -> Parse<()> {
    let refused = if function.uses_odbc_syntax {
        Some("{fn …}")
    } else if !matches!(function.parameters, FunctionArguments::None) {
        Some("parameters of a function")
    } else if function.filter.is_some() {
        Some("FILTER")
    } else if matches!(function.args, FunctionArguments::Subquery(_)) {
        Some("a subquery as the arguments of a function")
    } else {
        None
    };
    match refused {
        Some(what) => Err(SqlError::unsupported(format!("{what} is not supported"))),
        None => Ok(()),
    }
}

/// The plain arguments of a call.
pub(super) fn arguments(function: &Function) -> Parse<Vec<Expr>> {
    let list = match &function.args {
        FunctionArguments::None => return Ok(Vec::new()),
        FunctionArguments::List(list) => list,
        FunctionArguments::Subquery(_) => return Err(SqlError::unsupported("a subquery here")),
    };
    list.args
        .iter()
        .map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr.clone()),
            _ => Err(SqlError::new("42601", "named arguments are not supported")),
        })
        .collect()
}

/// Redshift's text, with what is known of the arguments' types.
pub(super) fn does_not_exist(name: &str, function: &Function) -> SqlError {
    let types = arguments(function).unwrap_or_default();
    let types: Vec<&str> = types.iter().map(type_of).collect();
    let message = format!("function {name}({}) does not exist", types.join(", "));
    SqlError::new(UNDEFINED_FUNCTION, message).with_hint(
        "No function matches the given name and argument types. You may need to add explicit type casts.",
    )
}

fn type_of(expr: &Expr) -> &'static str {
    let Expr::Value(value) = expr else { return "\"unknown\"" };
    match &value.value {
        Value::Number(text, _) if text.contains(['.', 'e', 'E']) => "numeric",
        Value::Number(..) => "integer",
        Value::Boolean(_) => "boolean",
        _ => "\"unknown\"",
    }
}
