//! What a lifecycle rule says: which versions it is about, and when what falls due
//! ("Lifecycle configuration elements", S3 User Guide).
//!
//! Pure: knows no state and no clock. All times are seconds since 1970; whatever falls due does so
//! at a midnight UTC, the first one not before its time ("Expiring objects").
//!
//! Start reading at [`Rule::matches`] and [`Rule::expires`].

use gateway::Fault;
use serde::{Deserialize, Serialize};

use crate::s3::faults;
use crate::s3::state::Object;
use crate::s3::tagging::Tag;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Smaller objects are not moved between classes by default.
const WORTH_MOVING: u64 = 128 * 1024;
/// Before this many days nothing is moved to the classes for infrequent access.
const MIN_INFREQUENT_DAYS: i64 = 30;
const MAX_NEWER: i64 = 100;

/// A bucket's rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::s3) struct Configuration {
    /// In the order they were given.
    pub rules: Vec<Rule>,
    /// `all_storage_classes_128K` or `varies_by_storage_class`.
    pub minimum: String,
}

/// A rule, by the model's member names; the same on the wire and in the record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::s3) struct Rule {
    #[serde(rename = "ID")]
    pub id: Option<String>,
    status: String,
    prefix: Option<String>,
    filter: Option<Filter>,
    expiration: Option<Expiration>,
    transitions: Option<Vec<Transition>>,
    noncurrent_version_expiration: Option<NoncurrentExpiration>,
    noncurrent_version_transitions: Option<Vec<NoncurrentTransition>>,
    abort_incomplete_multipart_upload: Option<Abort>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    prefix: Option<String>,
    tag: Option<Tag>,
    object_size_greater_than: Option<u64>,
    object_size_less_than: Option<u64>,
    and: Option<And>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct And {
    prefix: Option<String>,
    tags: Option<Vec<Tag>>,
    object_size_greater_than: Option<u64>,
    object_size_less_than: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Expiration {
    date: Option<f64>,
    days: Option<i64>,
    expired_object_delete_marker: Option<bool>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Transition {
    date: Option<f64>,
    days: Option<i64>,
    storage_class: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NoncurrentExpiration {
    noncurrent_days: Option<i64>,
    newer_noncurrent_versions: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NoncurrentTransition {
    noncurrent_days: Option<i64>,
    newer_noncurrent_versions: Option<i64>,
    storage_class: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Abort {
    days_after_initiation: Option<i64>,
}

/// A filter with all its forms made one.
#[derive(Default)]
struct Predicates<'a> {
    prefix: &'a str,
    tags: Vec<&'a Tag>,
    above: Option<u64>,
    below: Option<u64>,
}

/// The first midnight UTC that is `days` after `since`, or later.
fn midnight_after(since: i64, days: i64) -> i64 {
    let due = since.saturating_add(days.saturating_mul(DAY));
    due.saturating_add(DAY - 1).div_euclid(DAY).saturating_mul(DAY)
}

impl Rule {
    fn predicates(&self) -> Predicates<'_> {
        let Some(filter) = &self.filter else {
            let prefix = self.prefix.as_deref().unwrap_or_default();
            return Predicates { prefix, ..Predicates::default() };
        };
        match &filter.and {
            Some(and) => Predicates {
                prefix: and.prefix.as_deref().unwrap_or_default(),
                tags: and.tags.iter().flatten().collect(),
                above: and.object_size_greater_than,
                below: and.object_size_less_than,
            },
            None => Predicates {
                prefix: filter.prefix.as_deref().unwrap_or_default(),
                tags: filter.tag.iter().collect(),
                above: filter.object_size_greater_than,
                below: filter.object_size_less_than,
            },
        }
    }

    /// Whether it is in force.
    pub(super) fn is_enabled(&self) -> bool {
        self.status == "Enabled"
    }

    /// Whether it is about this object.
    pub(super) fn matches(&self, key: &str, object: &Object) -> bool {
        let Predicates { prefix, tags, above, below } = self.predicates();
        self.is_enabled()
            && key.starts_with(prefix)
            && tags.iter().all(|tag| object.tags.get(&tag.key) == Some(&tag.value))
            && above.is_none_or(|above| object.bytes > above)
            && below.is_none_or(|below| object.bytes < below)
    }

    /// Whether it is about what has neither tags nor a size: delete markers and uploads.
    pub(super) fn matches_bare(&self, key: &str) -> bool {
        let Predicates { prefix, tags, above, below } = self.predicates();
        let bare = tags.is_empty() && above.is_none() && below.is_none();
        self.is_enabled() && bare && key.starts_with(prefix)
    }

    /// When a current object written at `modified` expires.
    pub(super) fn expires(&self, modified: i64) -> Option<i64> {
        let expiration = self.expiration.as_ref()?;
        match (expiration.days, expiration.date) {
            (Some(days), _) => Some(midnight_after(modified, days)),
            (None, Some(date)) => Some(date as i64),
            (None, None) => None,
        }
    }

    /// When a delete marker goes that hides nothing any more: at once, or with a rule by days when
    /// it is that old.
    pub(super) fn marker_expires(&self, modified: i64) -> Option<i64> {
        let expiration = self.expiration.as_ref()?;
        match expiration.expired_object_delete_marker {
            Some(true) => Some(modified),
            _ => expiration.days.map(|days| midnight_after(modified, days)),
        }
    }

    /// When a version goes that `newer` noncurrent ones are newer than, and that has not been
    /// current since `since`.
    pub(super) fn noncurrent_expires(&self, since: i64, newer: usize) -> Option<i64> {
        let NoncurrentExpiration { noncurrent_days, newer_noncurrent_versions } =
            self.noncurrent_version_expiration.as_ref()?;
        enough_newer(*newer_noncurrent_versions, newer)
            .then(|| midnight_after(since, noncurrent_days.unwrap_or_default()))
    }

    /// The class that a current object has moved to by `now`.
    pub(super) fn class_at(&self, now: i64, object: &Object) -> Option<&str> {
        let due = |transition: &&Transition| match (transition.days, transition.date) {
            (Some(days), _) => midnight_after(object.modified, days) <= now,
            (None, Some(date)) => date as i64 <= now,
            (None, None) => false,
        };
        let moves = self.transitions.iter().flatten().filter(due);
        moves.filter_map(|t| t.storage_class.as_deref()).max_by_key(|class| coldness(class))
    }

    /// The class that a noncurrent version has moved to by `now`; see
    /// [`Rule::noncurrent_expires`].
    pub(super) fn noncurrent_class_at(&self, now: i64, since: i64, newer: usize) -> Option<&str> {
        let due = |t: &&NoncurrentTransition| {
            enough_newer(t.newer_noncurrent_versions, newer)
                && midnight_after(since, t.noncurrent_days.unwrap_or_default()) <= now
        };
        let moves = self.noncurrent_version_transitions.iter().flatten().filter(due);
        moves.filter_map(|t| t.storage_class.as_deref()).max_by_key(|class| coldness(class))
    }

    /// When an upload begun at `initiated` is aborted.
    pub(super) fn aborts(&self, initiated: i64) -> Option<i64> {
        let days = self.abort_incomplete_multipart_upload.as_ref()?.days_after_initiation?;
        Some(midnight_after(initiated, days))
    }

    /// Whether an object of this size may move to another class: a filter by size decides, else
    /// the bucket's default.
    pub(super) fn moves(&self, object: &Object, minimum: &str) -> bool {
        let Predicates { above, below, .. } = self.predicates();
        let by_default = minimum != "all_storage_classes_128K" || object.bytes >= WORTH_MOVING;
        by_default || above.is_some() || below.is_some()
    }
}

fn enough_newer(wanted: Option<i64>, newer: usize) -> bool {
    wanted.and_then(|wanted| usize::try_from(wanted).ok()).is_none_or(|wanted| newer >= wanted)
}

/// The order of the classes: lifecycle only ever moves down it ("Supported transitions").
pub(super) fn coldness(class: &str) -> u8 {
    match class {
        "STANDARD_IA" => 1,
        "INTELLIGENT_TIERING" => 2,
        "ONEZONE_IA" | "GLACIER_IR" => 3,
        _ => 0,
    }
}

impl Configuration {
    /// The `x-amz-expiration` of a current object: the first expiry, and by which rule.
    pub(in crate::s3) fn told(&self, key: &str, object: &Object) -> Option<String> {
        let applying = self.rules.iter().filter(|rule| rule.matches(key, object));
        let (due, rule) = applying
            .filter_map(|rule| Some((rule.expires(object.modified)?, rule)))
            .min_by_key(|(due, _)| *due)?;
        let date = chrono::DateTime::from_timestamp(due, 0)?.format("%a, %d %b %Y %H:%M:%S GMT");
        let id = rule.id.as_deref().unwrap_or_default();
        let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
        Some(format!("expiry-date=\"{date}\", rule-id=\"{id}\""))
    }

    /// When an upload is aborted, and by which rule.
    pub(in crate::s3) fn aborts(&self, key: &str, initiated: i64) -> Option<(i64, String)> {
        let applying = self.rules.iter().filter(|rule| rule.matches_bare(key));
        applying
            .filter_map(|rule| Some((rule.aborts(initiated)?, rule.id.clone()?)))
            .min_by_key(|(due, _)| *due)
    }
}

impl Rule {
    /// Whether S3 takes the rule.
    ///
    /// # Errors
    /// `MalformedXML`, `InvalidArgument`, `InvalidRequest`, `NotImplemented`.
    pub(super) fn check(&self) -> Result<(), Fault> {
        // Exactly one of the two says what the rule is about.
        if self.filter.is_some() == self.prefix.is_some() {
            return Err(faults::malformed_xml());
        }
        self.filter.as_ref().map_or(Ok(()), Filter::check)?;
        let transitions = self.transitions.as_deref().unwrap_or_default();
        let noncurrent = self.noncurrent_version_transitions.as_deref().unwrap_or_default();
        let acts = self.expiration.is_some()
            || self.noncurrent_version_expiration.is_some()
            || self.abort_incomplete_multipart_upload.is_some()
            || !transitions.is_empty()
            || !noncurrent.is_empty();
        if !acts {
            let text = "At least one action needs to be specified in a rule";
            return Err(faults::invalid_request(text));
        }
        self.check_expiration()?;
        self.check_noncurrent()?;
        self.check_abort()?;
        transitions.iter().try_for_each(Transition::check)?;
        noncurrent.iter().try_for_each(NoncurrentTransition::check)?;
        self.check_order(transitions)
    }

    fn check_expiration(&self) -> Result<(), Fault> {
        let Some(expiration) = &self.expiration else { return Ok(()) };
        let Expiration { date, days, expired_object_delete_marker: marker } = expiration;
        if [date.is_some(), days.is_some(), marker.is_some()].iter().filter(|g| **g).count() != 1 {
            return Err(faults::malformed_xml());
        }
        positive(*days, "Days", "Expiration")?;
        if let Some(date) = date {
            check_midnight(*date)?;
        }
        if marker.is_some() && !self.predicates().tags.is_empty() {
            let text = "ExpiredObjectDeleteMarker cannot be specified with Tags.";
            return Err(faults::invalid_request(text));
        }
        Ok(())
    }

    fn check_noncurrent(&self) -> Result<(), Fault> {
        let Some(expiration) = &self.noncurrent_version_expiration else { return Ok(()) };
        if expiration.noncurrent_days.is_none() {
            return Err(faults::malformed_xml());
        }
        let action = "NoncurrentVersionExpiration";
        positive(expiration.noncurrent_days, "NoncurrentDays", action)?;
        check_newer(expiration.newer_noncurrent_versions, action)
    }

    fn check_abort(&self) -> Result<(), Fault> {
        let Some(abort) = &self.abort_incomplete_multipart_upload else { return Ok(()) };
        if abort.days_after_initiation.is_none() {
            return Err(faults::malformed_xml());
        }
        let action = "AbortIncompleteMultipartUpload";
        positive(abort.days_after_initiation, "DaysAfterInitiation", action)?;
        if self.predicates().tags.is_empty() {
            return Ok(());
        }
        Err(faults::invalid_request(format!("{action} cannot be specified with Tags.")))
    }

    fn check_order(&self, transitions: &[Transition]) -> Result<(), Fault> {
        let expires = self.expiration.as_ref().and_then(|expiration| expiration.days);
        let last = transitions.iter().filter_map(|t| t.days).max();
        match (expires, last) {
            (Some(expires), Some(last)) if expires <= last => {
                let text = "'Days' in the Expiration action must be greater than 'Days' in the \
                            Transition action";
                Err(faults::invalid_argument(text, "Days", &expires.to_string()))
            }
            _ => Ok(()),
        }
    }
}

impl Filter {
    /// One predicate at most; several stand in an `And`.
    fn check(&self) -> Result<(), Fault> {
        let Self { prefix, tag, object_size_greater_than, object_size_less_than, and } = self;
        let given = [
            prefix.is_some(),
            tag.is_some(),
            object_size_greater_than.is_some(),
            object_size_less_than.is_some(),
            and.is_some(),
        ];
        if given.iter().filter(|given| **given).count() > 1 {
            return Err(faults::malformed_xml());
        }
        let Some(and) = and else { return Ok(()) };
        let tags = and.tags.as_deref().unwrap_or_default();
        let others = [
            and.prefix.is_some(),
            and.object_size_greater_than.is_some(),
            and.object_size_less_than.is_some(),
        ];
        if tags.len() + others.iter().filter(|given| **given).count() < 2 {
            return Err(faults::malformed_xml());
        }
        let mut keys: Vec<_> = tags.iter().map(|tag| &tag.key).collect();
        keys.sort();
        if keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(faults::invalid_request("Duplicate Tag Keys are not allowed."));
        }
        match (and.object_size_greater_than, and.object_size_less_than) {
            (Some(above), Some(below)) if above >= below => Err(faults::invalid_request(
                "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
            )),
            _ => Ok(()),
        }
    }
}

impl Transition {
    fn check(&self) -> Result<(), Fault> {
        if self.date.is_some() == self.days.is_some() {
            return Err(faults::malformed_xml());
        }
        if let Some(date) = self.date {
            check_midnight(date)?;
        }
        check_class(self.storage_class.as_deref(), self.days, "Days", "Transition")
    }
}

impl NoncurrentTransition {
    fn check(&self) -> Result<(), Fault> {
        let action = "NoncurrentVersionTransition";
        if self.noncurrent_days.is_none() {
            return Err(faults::malformed_xml());
        }
        check_newer(self.newer_noncurrent_versions, action)?;
        let class = self.storage_class.as_deref();
        check_class(class, self.noncurrent_days, "NoncurrentDays", action)
    }
}

fn check_class(
    class: Option<&str>,
    days: Option<i64>,
    name: &str,
    action: &str,
) -> Result<(), Fault> {
    let refused = |text: String| {
        let value = days.unwrap_or_default().to_string();
        Err(faults::invalid_argument(&text, name, &value))
    };
    if days.is_some_and(|days| days < 0) {
        return refused(format!("'{name}' in {action} action must be nonnegative"));
    }
    match class {
        Some(class @ ("STANDARD_IA" | "ONEZONE_IA"))
            if days.is_some_and(|days| days < MIN_INFREQUENT_DAYS) =>
        {
            refused(format!(
                "'{name}' in {action} action must be greater than or equal to \
                 {MIN_INFREQUENT_DAYS} for storageClass '{class}'"
            ))
        }
        Some("STANDARD_IA" | "ONEZONE_IA" | "INTELLIGENT_TIERING" | "GLACIER_IR") => Ok(()),
        Some("GLACIER" | "DEEP_ARCHIVE") => Err(faults::not_implemented("StorageClass")),
        _ => Err(faults::malformed_xml()),
    }
}

fn positive(number: Option<i64>, name: &str, action: &str) -> Result<(), Fault> {
    match number {
        Some(number) if number < 1 => {
            let text = format!("'{name}' for {action} action must be a positive integer");
            Err(faults::invalid_argument(&text, name, &number.to_string()))
        }
        _ => Ok(()),
    }
}

fn check_newer(number: Option<i64>, action: &str) -> Result<(), Fault> {
    positive(number, "NewerNoncurrentVersions", action)?;
    match number {
        Some(number) if number > MAX_NEWER => {
            let text = format!(
                "'NewerNoncurrentVersions' for {action} action must be less than or equal to \
                 {MAX_NEWER}"
            );
            let name = "NewerNoncurrentVersions";
            Err(faults::invalid_argument(&text, name, &number.to_string()))
        }
        _ => Ok(()),
    }
}

fn check_midnight(date: f64) -> Result<(), Fault> {
    let seconds = date as i64;
    if seconds.rem_euclid(DAY) == 0 {
        return Ok(());
    }
    let value = chrono::DateTime::from_timestamp(seconds, 0).map(|time| time.to_rfc3339());
    let text = "'Date' must be at midnight GMT";
    Err(faults::invalid_argument(text, "Date", &value.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::{DAY, midnight_after};

    #[test]
    fn whatever_falls_due_does_so_at_midnight() {
        // "Expiring objects": 2014-01-15 10:30 and three days are 2014-01-19 00:00.
        let created = 1_389_781_800;
        assert_eq!(midnight_after(created, 3), 1_390_089_600);
        assert_eq!(midnight_after(0, 1), DAY);
        assert_eq!(midnight_after(1, 1), 2 * DAY);
    }
}
