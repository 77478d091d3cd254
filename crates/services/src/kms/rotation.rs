//! Rotation: by the clock, on demand, and its history. Old material goes on decrypting.
//!
//! Only symmetric encryption keys rotate; a set of related multi-Region keys rotates together, by
//! its primary key ("Rotate AWS KMS keys", KMS Developer Guide).

use chrono::Duration;
use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{Use, check, find, on};
use super::key::{ById, Done, Named, Paging, own};
use super::material::{Material, RotationType};
use super::metadata::seconds;
use super::spec::Spec;
use super::state::{self, KeyRecord, Manager, Origin, Rotation};

/// Days between two rotations when the caller does not say.
const DEFAULT_PERIOD_DAYS: i64 = 365;
/// Rotations on demand that a key may have (RotateKeyOnDemand, KMS API Reference).
const MAX_ON_DEMAND: usize = 25;
/// Materials of a page when the caller does not say.
const PAGE: usize = 100;

fn unsupported(text: String) -> Fault {
    Fault::new("UnsupportedOperationException", text).status(400)
}

/// Refuses keys that never rotate.
fn must_rotate(key: &KeyRecord) -> Result<(), Fault> {
    if key.spec == Spec::Symmetric {
        return Ok(());
    }
    let text = format!("{} is not a symmetric encryption key: it does not rotate.", key.arn());
    Err(unsupported(text))
}

fn must_be_primary(key: &KeyRecord) -> Result<(), Fault> {
    if !key.is_replica() {
        return Ok(());
    }
    let text = format!("{} is a replica key: its primary key decides on rotation.", key.arn());
    Err(unsupported(text))
}

/// Writes a key, and what it shares with its replicas to them.
pub(super) fn put_with_replicas(cx: &mut Cx, key: &KeyRecord) -> Result<(), Fault> {
    let replicas = key.related.iter().flat_map(|related| related.replicas.clone());
    for region in replicas {
        let Some(mut replica) = state::stored(cx, &key.account, &region, &key.id)? else {
            continue;
        };
        replica.rotation = key.rotation;
        replica.take_over(cx, key)?;
        state::put_key(cx, &replica)?;
    }
    state::put_key(cx, key)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EnableInput {
    key_id: String,
    rotation_period_in_days: Option<i64>,
}

pub(super) fn enable_access(cx: &Cx, input: &EnableInput) -> Result<Access, Fault> {
    let days = input.rotation_period_in_days.unwrap_or(DEFAULT_PERIOD_DAYS);
    let given = Use { named: Some(&input.key_id), ..Use::default() };
    let asked = check(cx, "EnableKeyRotation", &find(cx, &input.key_id)?, &given)?;
    Ok(Access::to(asked.with("kms:RotationPeriodInDays", days.to_string())))
}

pub(super) fn enable(cx: &mut Cx, input: EnableInput) -> Result<Done, Fault> {
    let mut key = own(cx, &input.key_id)?;
    must_rotate(&key)?;
    must_be_primary(&key)?;
    if key.origin == Origin::External {
        let text = format!("{} has imported key material: it rotates on demand only.", key.arn());
        return Err(unsupported(text));
    }
    key.usable(cx.now())?;
    let period_days = input.rotation_period_in_days.unwrap_or(DEFAULT_PERIOD_DAYS);
    key.rotation = Some(Rotation { period_days, next: cx.now() + Duration::days(period_days) });
    put_with_replicas(cx, &key)?;
    Ok(Done {})
}

pub(super) fn disable_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    on(cx, "DisableKeyRotation", &input.key_id)
}

pub(super) fn disable(cx: &mut Cx, input: ById) -> Result<Done, Fault> {
    let mut key = own(cx, &input.key_id)?;
    must_rotate(&key)?;
    must_be_primary(&key)?;
    key.usable(cx.now())?;
    key.rotation = None;
    put_with_replicas(cx, &key)?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Status {
    key_rotation_enabled: bool,
    key_id: String,
    rotation_period_in_days: Option<i64>,
    next_rotation_date: Option<f64>,
}

pub(super) fn status_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    on(cx, "GetKeyRotationStatus", &input.key_id)
}

/// Keys that never rotate have the status `false`; AWS's own always rotate.
pub(super) fn status(cx: &Cx, input: ById) -> Result<Status, Fault> {
    let key = find(cx, &input.key_id)?;
    let pending = key.not_pending_deletion(cx.now()).is_err();
    let rotation = key.rotation.filter(|_| !pending);
    Ok(Status {
        key_rotation_enabled: rotation.is_some() || key.manager == Manager::Aws,
        rotation_period_in_days: rotation.map(|rotation| rotation.period_days),
        next_rotation_date: rotation.map(|rotation| seconds(rotation.next)),
        key_id: key.id,
    })
}

pub(super) fn on_demand_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    on(cx, "RotateKeyOnDemand", &input.key_id)
}

pub(super) fn on_demand(cx: &mut Cx, input: ById) -> Result<Named, Fault> {
    let mut key = own(cx, &input.key_id)?;
    must_rotate(&key)?;
    must_be_primary(&key)?;
    key.usable(cx.now())?;
    let on_demand = |material: &&Material| material.rotated == Some(RotationType::OnDemand);
    if key.materials.iter().filter(on_demand).count() >= MAX_ON_DEMAND {
        let text = format!("The key has been rotated on demand {MAX_ON_DEMAND} times.");
        return Err(Fault::new("LimitExceededException", text).status(400));
    }
    rotate(cx, &mut key, RotationType::OnDemand)?;
    put_with_replicas(cx, &key)?;
    Ok(Named { key_id: key.id })
}

/// Gives a key its next material: new, or the imported one that waits.
fn rotate(cx: &mut Cx, key: &mut KeyRecord, kind: RotationType) -> Result<(), Fault> {
    if key.origin == Origin::Kms {
        return key.make_material(cx, Some(kind));
    }
    let now = cx.now();
    let none = |arn| {
        let text = format!("{arn} has no imported key material that waits for its rotation.");
        Fault::new("KMSInvalidStateException", text).status(400)
    };
    let waiting = key.materials.iter().find(|m| m.waiting && m.is_present(now));
    let id = waiting.map(|material| material.id.clone()).ok_or_else(|| none(key.arn()))?;
    let promote = |key: &mut KeyRecord| {
        let known = key.materials.iter_mut().find(|m| m.id == id && m.is_present(now))?;
        (known.waiting, known.rotated, known.since) = (false, Some(kind), now);
        Some(())
    };
    for region in key.related.iter().flat_map(|related| related.replicas.clone()) {
        let Some(mut replica) = state::stored(cx, &key.account, &region, &key.id)? else {
            continue;
        };
        promote(&mut replica).ok_or_else(|| none(replica.arn()))?;
        state::put_key(cx, &replica)?;
    }
    promote(key).ok_or_else(|| none(key.arn()))
}

/// The rotation that the clock brings, when it is due and the key can be used.
pub(super) fn rotate_when_due(cx: &mut Cx, key: &mut KeyRecord) -> Result<(), Fault> {
    let now = cx.now();
    let due = key.rotation.is_some_and(|rotation| rotation.next <= now);
    if !due || key.is_replica() || key.usable(now).is_err() {
        return Ok(());
    }
    rotate(cx, key, RotationType::Automatic)?;
    key.schedule_next_rotation(now);
    put_with_replicas(cx, key)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    key_id: String,
    include_key_material: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rotations {
    rotations: Vec<Entry>,
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    key_id: String,
    key_material_id: String,
    key_material_state: &'static str,
    key_material_description: Option<String>,
    import_state: Option<&'static str>,
    expiration_model: Option<&'static str>,
    valid_to: Option<f64>,
    rotation_date: Option<f64>,
    rotation_type: Option<RotationType>,
    /// The place in the history, for the marker.
    #[serde(skip)]
    place: String,
}

pub(super) fn list_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    on(cx, "ListKeyRotations", &input.key_id)
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Rotations, Fault> {
    let key = find(cx, &input.key_id)?;
    must_rotate(&key)?;
    let everything = input.include_key_material.as_deref() == Some("ALL_KEY_MATERIAL");
    let numbered = key.materials.iter().enumerate();
    let shown = numbered.filter(|(_, material)| everything || material.rotated.is_some());
    let entries = shown.map(|(place, material)| entry(cx, &key, place, material)).collect();
    let (rotations, next_marker) = input.paging.or(PAGE).cut(entries, |entry| &entry.place);
    let truncated = next_marker.is_some();
    Ok(Rotations { rotations, next_marker, truncated })
}

fn entry(cx: &Cx, key: &KeyRecord, place: usize, material: &Material) -> Entry {
    let imported = key.origin == Origin::External;
    let present = material.is_present(cx.now());
    let current = key.current().is_some_and(|current| current.id == material.id);
    Entry {
        key_id: key.id.clone(),
        key_material_id: material.id.clone(),
        key_material_state: match (material.waiting, current) {
            (true, _) => "PENDING_ROTATION",
            (false, true) => "CURRENT",
            (false, false) => "NON_CURRENT",
        },
        key_material_description: material.description.clone(),
        import_state: imported.then_some(if present { "IMPORTED" } else { "PENDING_IMPORT" }),
        expiration_model: (imported && present).then_some(match material.expires {
            Some(_) => "KEY_MATERIAL_EXPIRES",
            None => "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }),
        valid_to: material.expires.filter(|_| present).map(seconds),
        rotation_date: material.rotated.map(|_| seconds(material.since)),
        rotation_type: material.rotated,
        place: format!("{place:06}"),
    }
}
