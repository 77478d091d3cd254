//! The session's parameters: SET, SHOW, RESET and what a client sends at start-up.
//! Redshift Developer Guide, "Configuration reference". None of them reaches the engine.

use std::collections::BTreeMap;

use crate::errors::Failure;
use redshift_sql::Zone;

/// A parameter: its name, its default, and how its values are checked.
struct Parameter {
    name: &'static str,
    default: &'static str,
    kind: Kind,
}

/// What values a parameter takes.
enum Kind {
    /// Any text.
    Text,
    /// `on`/`off` and their synonyms.
    Bool,
    /// A whole number in a range.
    Int(i64, i64),
    /// Only SHOW.
    ReadOnly,
}

const fn parameter(name: &'static str, default: &'static str, kind: Kind) -> Parameter {
    Parameter { name, default, kind }
}

/// Every parameter known; others are accepted only with a dot in their names.
static PARAMETERS: &[Parameter] = &[
    parameter("analyze_threshold_percent", "10", Kind::Int(0, 100)),
    parameter("application_name", "", Kind::Text),
    parameter("bytea_output", "hex", Kind::Text),
    parameter("cast_super_null_on_error", "on", Kind::Bool),
    parameter("client_encoding", "UTF8", Kind::Text),
    parameter("client_min_messages", "notice", Kind::Text),
    parameter("datashare_break_glass_session_var", "", Kind::Text),
    parameter("datestyle", "ISO, MDY", Kind::Text),
    parameter("default_geometry_encoding", "1", Kind::Int(1, 2)),
    parameter("default_transaction_isolation", "serializable", Kind::Text),
    parameter("describe_field_name_in_uppercase", "off", Kind::Bool),
    parameter("downcase_delimited_identifier", "on", Kind::Bool),
    parameter("enable_case_sensitive_identifier", "off", Kind::Bool),
    parameter("enable_case_sensitive_super_attribute", "off", Kind::Bool),
    parameter("enable_numeric_rounding", "on", Kind::Bool),
    parameter("enable_result_cache_for_session", "on", Kind::Bool),
    parameter("enable_vacuum_boost", "off", Kind::Bool),
    parameter("error_on_nondeterministic_update", "off", Kind::Bool),
    parameter("extra_float_digits", "0", Kind::Int(-15, 3)),
    parameter("idle_in_transaction_session_timeout", "0", Kind::Int(0, 2_147_483_647)),
    parameter("idle_session_timeout", "0", Kind::Int(0, 2_147_483_647)),
    parameter("integer_datetimes", "on", Kind::ReadOnly),
    parameter("interval_forbid_composite_literals", "off", Kind::Bool),
    parameter("json_parse_dedup_attributes", "off", Kind::Bool),
    parameter("json_parse_truncate_strings", "off", Kind::Bool),
    parameter("json_serialization_enable", "off", Kind::Bool),
    parameter("json_serialization_parse_nested_strings", "off", Kind::Bool),
    parameter("lock_timeout", "0", Kind::Int(0, 0)),
    parameter("max_cursor_result_set_size", "0", Kind::Int(0, 2_147_483_647)),
    parameter("max_identifier_length", "127", Kind::ReadOnly),
    parameter("max_index_keys", "32", Kind::ReadOnly),
    parameter("mv_enable_aqmv_for_session", "on", Kind::Bool),
    parameter("navigate_super_null_on_error", "on", Kind::Bool),
    parameter("parse_super_null_on_error", "off", Kind::Bool),
    parameter("pg_federation_repeatable_read", "on", Kind::Bool),
    parameter("query_group", "unset", Kind::Text),
    parameter("search_path", "$user, public", Kind::Text),
    parameter("server_encoding", "UTF8", Kind::ReadOnly),
    parameter("server_version", "8.0.2", Kind::ReadOnly),
    parameter("server_version_num", "80002", Kind::ReadOnly),
    parameter("session_authorization", "", Kind::Text),
    parameter("spectrum_query_maxerror", "-1", Kind::Int(-1, 2_147_483_647)),
    parameter("standard_conforming_strings", "off", Kind::Text),
    parameter("statement_timeout", "0", Kind::Int(0, 2_147_483_647)),
    parameter("stored_proc_log_min_messages", "LOG", Kind::Text),
    parameter("timezone", "UTC", Kind::Text),
    parameter("transaction_isolation", "serializable", Kind::Text),
    parameter("transaction_read_only", "off", Kind::Bool),
    parameter("use_fips_ssl", "off", Kind::Bool),
    parameter("wlm_query_slot_count", "1", Kind::Int(1, 50)),
];

/// Switches whose other position is not built (Redshift Developer Guide, "SUPER configurations",
/// "Configuration reference").
const DEFAULT_ONLY: [&str; 10] = [
    "cast_super_null_on_error",
    "enable_numeric_rounding",
    "error_on_nondeterministic_update",
    "interval_forbid_composite_literals",
    "json_parse_dedup_attributes",
    "json_parse_truncate_strings",
    "json_serialization_enable",
    "json_serialization_parse_nested_strings",
    "navigate_super_null_on_error",
    "parse_super_null_on_error",
];

/// The parameters clients are told of when they change, and how their names are written.
pub(crate) const REPORTED: [(&str, &str); 5] = [
    ("application_name", "application_name"),
    ("client_encoding", "client_encoding"),
    ("datestyle", "DateStyle"),
    ("standard_conforming_strings", "standard_conforming_strings"),
    ("timezone", "TimeZone"),
];

/// The session's values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// What the client asked for at start-up: where RESET leads.
    initial: BTreeMap<String, String>,
    values: BTreeMap<String, String>,
    /// Values at BEGIN, restored by a rollback.
    at_begin: Option<BTreeMap<String, String>>,
    /// Values before SET LOCAL, restored at the end of the transaction.
    local: BTreeMap<String, Option<String>>,
    /// Counts the changes.
    changes: u64,
}

impl Settings {
    /// Takes the start-up parameters that are settings; unknown ones are ignored, as they must.
    pub(crate) fn new(startup: &[(String, String)]) -> Self {
        let mut settings = Self::default();
        for (name, value) in startup {
            let name = name.to_ascii_lowercase();
            if find(&name).is_some_and(|known| !matches!(known.kind, Kind::ReadOnly))
                && let Ok(value) = checked(&name, value)
            {
                settings.initial.insert(name, value);
            }
        }
        settings.values.clone_from(&settings.initial);
        settings
    }

    /// How often values may have changed: what was read at the same count still holds.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// The value of a parameter; `None` for an unknown one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let set = self.values.get(name).map(String::as_str);
        set.or_else(|| find(name).map(|known| known.default))
    }

    /// Whether a switch is on.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some("on")
    }

    /// A number, 0 when it is none.
    pub(crate) fn int(&self, name: &str) -> i64 {
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// The items of a list such as `search_path`.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let text = self.get(name).unwrap_or_default();
        text.split(',')
            .map(|item| item.trim().trim_matches('"').to_owned())
            .filter(|item| !item.is_empty())
            .collect()
    }

    /// SET; `None` is DEFAULT. Gives the value now in force.
    ///
    /// # Errors
    /// 42704 for an unknown parameter, 55P02 for one that cannot be changed, 22023 for a value
    /// it does not take.
    pub(crate) fn set(
        &mut self,
        name: &str,
        values: Option<&[String]>,
        local: bool,
    ) -> Result<String, Failure> {
        let known = find(name);
        if known.is_none() && !name.contains('.') {
            return Err(unknown(name));
        }
        if known.is_some_and(|known| matches!(known.kind, Kind::ReadOnly)) {
            return Err(Failure::new("55P02", format!("parameter \"{name}\" cannot be changed")));
        }
        self.changes = self.changes.wrapping_add(1);
        let before = self.values.get(name).cloned();
        match values {
            None => self.reset_one(name),
            Some(values) => {
                let value = checked(name, &values.join(", "))?;
                self.values.insert(name.to_owned(), value);
            }
        }
        if local {
            self.local.entry(name.to_owned()).or_insert(before);
        } else {
            self.local.remove(name);
        }
        Ok(self.get(name).unwrap_or_default().to_owned())
    }

    /// RESET name, or RESET ALL.
    ///
    /// # Errors
    /// 42704 for an unknown parameter.
    pub(crate) fn reset(&mut self, name: Option<&str>) -> Result<(), Failure> {
        self.changes = self.changes.wrapping_add(1);
        match name {
            None => self.values.clone_from(&self.initial),
            Some(name) if find(name).is_none() && !name.contains('.') => return Err(unknown(name)),
            Some(name) => self.reset_one(name),
        }
        Ok(())
    }

    fn reset_one(&mut self, name: &str) {
        match self.initial.get(name) {
            Some(value) => self.values.insert(name.to_owned(), value.clone()),
            None => self.values.remove(name),
        };
    }

    /// SHOW ALL: every parameter and its value, by name.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let known = PARAMETERS.iter().map(|known| known.name.to_owned());
        let custom = self.values.keys().filter(|name| find(name).is_none()).cloned();
        let mut names: Vec<String> = known.chain(custom).collect();
        names.sort_unstable();
        names
            .into_iter()
            .map(|name| {
                let value = self.get(&name).unwrap_or_default().to_owned();
                (name, value)
            })
            .collect()
    }

    /// A transaction begins.
    pub(crate) fn begin(&mut self) {
        self.at_begin = Some(self.values.clone());
    }

    /// A transaction ends; a rollback undoes what it set.
    pub(crate) fn end(&mut self, committed: bool) {
        self.changes = self.changes.wrapping_add(1);
        let before = self.at_begin.take();
        let local = std::mem::take(&mut self.local);
        match before {
            Some(before) if !committed => self.values = before,
            _ => {
                for (name, value) in local {
                    match value {
                        Some(value) => self.values.insert(name, value),
                        None => self.values.remove(&name),
                    };
                }
            }
        }
    }
}

fn find(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|known| known.name == name)
}

/// 42704 for a parameter nobody knows.
pub(crate) fn unknown(name: &str) -> Failure {
    Failure::new("42704", format!("unrecognized configuration parameter \"{name}\""))
}

/// A value in its canonical form.
fn checked(name: &str, value: &str) -> Result<String, Failure> {
    let invalid =
        || Failure::new("22023", format!("invalid value for parameter \"{name}\": \"{value}\""));
    let Some(known) = find(name) else { return Ok(value.to_owned()) };
    match known.kind {
        Kind::Bool => {
            let value = switch(value).ok_or_else(|| {
                Failure::new("22023", format!("parameter \"{name}\" requires a Boolean value"))
            })?;
            if DEFAULT_ONLY.contains(&name) && value != known.default {
                let message = format!("parameter \"{name}\" cannot be {value}: not supported");
                return Err(Failure::new("0A000", message));
            }
            Ok(value.to_owned())
        }
        Kind::Int(least, most) => {
            let number: i64 = value.trim().parse().map_err(|_| invalid())?;
            let fits = (least..=most).contains(&number);
            if fits { Ok(number.to_string()) } else { Err(invalid()) }
        }
        Kind::Text if name == "bytea_output" && !value.eq_ignore_ascii_case("hex") => {
            Err(invalid())
        }
        Kind::Text if name == "client_min_messages" && !is_level(value) => Err(invalid()),
        Kind::Text if name == "timezone" => {
            Zone::find(value).map(|(shown, _)| shown).ok_or_else(invalid)
        }
        Kind::Text if name == "datestyle" => datestyle(value).ok_or_else(invalid),
        Kind::Text if name == "client_encoding" => encoding(value).ok_or_else(invalid),
        Kind::Text | Kind::ReadOnly => Ok(value.to_owned()),
    }
}

fn switch(value: &str) -> Option<&'static str> {
    match value.trim().to_ascii_lowercase().as_str() {
        "on" | "true" | "t" | "yes" | "y" | "1" => Some("on"),
        "off" | "false" | "f" | "no" | "n" | "0" => Some("off"),
        _ => None,
    }
}

/// A level of messages, as PostgreSQL calls them.
fn is_level(value: &str) -> bool {
    const LEVELS: [&str; 11] = [
        "debug", "debug1", "debug2", "debug3", "debug4", "debug5", "log", "info", "notice",
        "warning", "error",
    ];
    let value = value.to_ascii_lowercase();
    LEVELS.contains(&value.as_str()) || matches!(value.as_str(), "fatal" | "panic")
}

/// Only ISO output exists; the order of day and month may be chosen.
fn datestyle(value: &str) -> Option<String> {
    let mut order = "MDY";
    for part in value.split(',') {
        match part.trim().to_ascii_uppercase().as_str() {
            "ISO" => {}
            "MDY" | "US" | "NONEURO" | "NONEUROPEAN" => order = "MDY",
            "DMY" | "EURO" | "EUROPEAN" => order = "DMY",
            "YMD" => order = "YMD",
            _ => return None,
        }
    }
    Some(format!("ISO, {order}"))
}

/// UTF-8 under each of its names; what the client calls it is echoed.
fn encoding(value: &str) -> Option<String> {
    let plain: String =
        value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    matches!(plain.as_str(), "UTF8" | "UNICODE" | "SQLASCII").then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Settings;

    fn set(settings: &mut Settings, name: &str, value: &str) -> Result<String, String> {
        settings.set(name, Some(&[value.to_owned()]), false).map_err(|failure| failure.sqlstate)
    }

    #[test]
    fn values_are_checked() {
        let mut settings = Settings::default();
        for (name, value, expect) in [
            ("statement_timeout", "5000", Ok("5000")),
            ("statement_timeout", "soon", Err("22023")),
            ("statement_timeout", "-1", Err("22023")),
            ("enable_case_sensitive_identifier", "TRUE", Ok("on")),
            ("enable_case_sensitive_identifier", "maybe", Err("22023")),
            ("datestyle", "iso, dmy", Ok("ISO, DMY")),
            ("datestyle", "german", Err("22023")),
            ("timezone", "america/new_york", Ok("America/New_York")),
            ("timezone", "est5", Ok("EST5")),
            ("timezone", "Mars/North", Err("22023")),
            ("client_encoding", "unicode", Ok("unicode")),
            ("client_encoding", "latin1", Err("22023")),
            ("server_version", "9", Err("55P02")),
            ("navigate_super_null_on_error", "on", Ok("on")),
            ("navigate_super_null_on_error", "off", Err("0A000")),
            ("json_parse_dedup_attributes", "on", Err("0A000")),
            ("error_on_nondeterministic_update", "true", Err("0A000")),
            ("enable_numeric_rounding", "off", Err("0A000")),
            ("lock_timeout", "0", Ok("0")),
            ("lock_timeout", "10", Err("22023")),
            ("client_min_messages", "Warning", Ok("Warning")),
            ("client_min_messages", "loud", Err("22023")),
            ("bytea_output", "escape", Err("22023")),
            ("app.tenant", "blue", Ok("blue")),
            ("no_such", "1", Err("42704")),
        ] {
            let found = set(&mut settings, name, value);
            assert_eq!(found.as_deref().map_err(String::as_str), expect, "{name} = {value}");
        }
    }

    #[test]
    fn transactions_undo_settings() {
        let mut settings = Settings::new(&[("application_name".into(), "app".into())]);
        settings.begin();
        settings.set("query_group", Some(&["a".into()]), false).unwrap();
        settings.set("application_name", Some(&["x".into()]), true).unwrap();
        assert_eq!(settings.get("application_name"), Some("x"));
        settings.end(true);
        assert_eq!(settings.get("query_group"), Some("a"));
        assert_eq!(settings.get("application_name"), Some("app"));
        settings.begin();
        settings.set("query_group", Some(&["b".into()]), false).unwrap();
        settings.end(false);
        assert_eq!(settings.get("query_group"), Some("a"));
    }
}
