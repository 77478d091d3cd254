//! Event selectors: PutEventSelectors, GetEventSelectors.
//!
//! Which events a trail wants, basic or advanced ("Logging management events" and "Logging data
//! events", CloudTrail User Guide). What they mean for one event is in `matching.rs`.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::find::{self, fault};
use super::state::{self, Trail};

/// Most basic selectors of a trail.
const MAX_SELECTORS: usize = 5;
/// Most data resources of all basic selectors of a trail.
const MAX_DATA_RESOURCES: usize = 250;
/// Most values in all conditions of all advanced selectors of a trail.
const MAX_VALUES: usize = 500;
/// What a trail can leave out of its management events.
const EXCLUDABLE: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];
/// What basic selectors know data events of.
const BASIC_TYPES: [&str; 3] = ["AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"];
/// Fields that select management events.
const MANAGEMENT_FIELDS: [&str; 3] = ["eventCategory", "eventSource", "readOnly"];
/// Fields that select data events.
const DATA_FIELDS: [&str; 8] = [
    "eventCategory",
    "eventName",
    "eventSource",
    "eventType",
    "readOnly",
    "resources.ARN",
    "resources.type",
    "userIdentity.arn",
];

/// The selectors of a trail: basic ones, or else advanced ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Selectors {
    pub(super) basic: Vec<EventSelector>,
    pub(super) advanced: Vec<AdvancedSelector>,
}

impl Default for Selectors {
    /// All management events and no data events.
    fn default() -> Self {
        Self { basic: vec![EventSelector::default()], advanced: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EventSelector {
    pub(super) read_write_type: ReadWriteType,
    pub(super) include_management_events: bool,
    pub(super) data_resources: Vec<DataResource>,
    pub(super) exclude_management_event_sources: Vec<String>,
}

impl Default for EventSelector {
    fn default() -> Self {
        Self {
            read_write_type: ReadWriteType::All,
            include_management_events: true,
            data_resources: Vec::new(),
            exclude_management_event_sources: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ReadWriteType {
    ReadOnly,
    WriteOnly,
    All,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DataResource {
    #[serde(rename = "Type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) values: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AdvancedSelector {
    pub(super) name: Option<String>,
    pub(super) field_selectors: Vec<FieldSelector>,
}

/// Conditions on one field of an event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct FieldSelector {
    pub(super) field: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) equals: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) starts_with: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ends_with: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_equals: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_starts_with: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_ends_with: Vec<String>,
}

impl FieldSelector {
    fn values(&self) -> impl Iterator<Item = &String> {
        let Self { equals, starts_with, ends_with, .. } = self;
        let not = [&self.not_equals, &self.not_starts_with, &self.not_ends_with];
        [equals, starts_with, ends_with].into_iter().chain(not).flatten()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    trail_name: String,
    #[serde(default)]
    event_selectors: Vec<EventSelector>,
    #[serde(default)]
    advanced_event_selectors: Vec<AdvancedSelector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInput {
    trail_name: String,
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    find::access(cx, "PutEventSelectors", &input.trail_name)
}

/// PutEventSelectors: in place of all that were there.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Value, Fault> {
    let mut trail = find::changeable(cx, &input.trail_name)?;
    let PutInput { event_selectors: basic, advanced_event_selectors: advanced, .. } = input;
    match (basic.is_empty(), advanced.is_empty()) {
        (true, true) => return invalid("Specify event selectors or advanced event selectors."),
        (false, false) => {
            return invalid("Event selectors and advanced event selectors exclude each other.");
        }
        (false, true) => check_basic(&basic)?,
        (true, false) => advanced.iter().try_for_each(check_advanced)?,
    }
    let values = advanced.iter().flat_map(|s| &s.field_selectors).flat_map(FieldSelector::values);
    if values.count() > MAX_VALUES {
        return invalid(format!("Advanced event selectors have at most {MAX_VALUES} values."));
    }
    trail.selectors = Selectors { basic, advanced };
    state::put(cx, &trail)?;
    Ok(view(&trail))
}

pub(super) fn get_access(cx: &Cx, input: &GetInput) -> Result<Access, Fault> {
    find::access(cx, "GetEventSelectors", &input.trail_name)
}

/// GetEventSelectors.
pub(super) fn get(cx: &Cx, input: GetInput) -> Result<Value, Fault> {
    Ok(view(&find::readable(cx, &input.trail_name)?))
}

fn view(trail: &Trail) -> Value {
    let Selectors { basic, advanced } = &trail.selectors;
    if advanced.is_empty() {
        json!({ "TrailARN": trail.arn(), "EventSelectors": basic })
    } else {
        json!({ "TrailARN": trail.arn(), "AdvancedEventSelectors": advanced })
    }
}

fn invalid<T>(text: impl Into<String>) -> Result<T, Fault> {
    Err(fault("InvalidEventSelectorsException", text))
}

fn check_basic(selectors: &[EventSelector]) -> Result<(), Fault> {
    if selectors.len() > MAX_SELECTORS {
        return invalid(format!("A trail has at most {MAX_SELECTORS} event selectors."));
    }
    let resources = || selectors.iter().flat_map(|selector| &selector.data_resources);
    if resources().map(|resource| resource.values.len()).sum::<usize>() > MAX_DATA_RESOURCES {
        return invalid(format!("A trail has at most {MAX_DATA_RESOURCES} data resources."));
    }
    for resource in resources() {
        if !BASIC_TYPES.contains(&resource.kind.as_str()) {
            return invalid(format!("Value {} for DataResources.Type is invalid.", resource.kind));
        }
        if resource.values.is_empty() {
            return invalid("DataResources.Values is empty.");
        }
        if let Some(value) = resource.values.iter().find(|value| !value.starts_with("arn:aws:")) {
            return invalid(format!("Value {value} for DataResources.Values is invalid."));
        }
    }
    let mut excluded = selectors.iter().flat_map(|s| &s.exclude_management_event_sources);
    if let Some(source) = excluded.find(|source| !EXCLUDABLE.contains(&source.as_str())) {
        return invalid(format!("Value {source} for ExcludeManagementEventSources is invalid."));
    }
    let covers = |s: &EventSelector| s.include_management_events || !s.data_resources.is_empty();
    if !selectors.iter().all(covers) {
        return invalid("An event selector must include management events or data resources.");
    }
    Ok(())
}

fn check_advanced(selector: &AdvancedSelector) -> Result<(), Fault> {
    let of = |name: &str| selector.field_selectors.iter().find(|field| field.field == name);
    let category = of("eventCategory").map(|field| field.equals.as_slice());
    let fields: &[&str] = match category {
        Some([category]) if category == "Management" => &MANAGEMENT_FIELDS,
        Some([category]) if category == "Data" => &DATA_FIELDS,
        Some([category]) if category == "NetworkActivity" => {
            return invalid("Network activity events are not built: there are no VPC endpoints.");
        }
        _ => return invalid("Every advanced event selector needs an eventCategory."),
    };
    if fields.len() == DATA_FIELDS.len() && !of("resources.type").is_some_and(names_one) {
        return invalid("A selector of data events needs one resources.type.");
    }
    let mut seen = Vec::new();
    for field in &selector.field_selectors {
        let name = field.field.as_str();
        if !fields.contains(&name) || seen.contains(&name) {
            return invalid(format!("The field {name} is not valid in this selector."));
        }
        if field.values().next().is_none() {
            return invalid(format!("The field {name} has no condition."));
        }
        seen.push(name);
    }
    check_values(selector)
}

fn names_one(field: &FieldSelector) -> bool {
    field.equals.len() == 1 && field.values().count() == 1
}

/// Fields that admit one operator or a few values only.
fn check_values(selector: &AdvancedSelector) -> Result<(), Fault> {
    let management =
        selector.field_selectors.iter().any(|field| field.equals == ["Management".to_owned()]);
    for field in &selector.field_selectors {
        let well_formed = match field.field.as_str() {
            "eventCategory" | "resources.type" => names_one(field),
            "readOnly" => {
                names_one(field) && field.equals.iter().all(|v| v == "true" || v == "false")
            }
            "eventSource" if management => {
                let listed = field.not_equals.iter().all(|v| EXCLUDABLE.contains(&v.as_str()));
                listed && field.values().count() == field.not_equals.len()
            }
            _ => true,
        };
        if !well_formed {
            return invalid(format!("The conditions on {} are not valid.", field.field));
        }
    }
    Ok(())
}
