//! Key material: made, sealed, opened, replaced.
//!
//! A symmetric key may have several: the current one encrypts, all of them decrypt. Material lies
//! sealed for its key's ARN and leaves only into the one operation that uses it.

use chrono::{DateTime, Duration, Utc};
use gateway::{Cx, Fault};
use names::Arn;
use ring::hmac;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::primitives::{self, Random, Secret};
use super::state::{KeyRecord, Manager, Origin};

/// Material of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Material {
    /// `KeyMaterialId`: 64 hexadecimal digits that follow from key and material.
    pub(super) id: String,
    /// Sealed for the context `kms ARN`; empty while it is deleted or expired.
    #[serde(with = "store::as_text")]
    pub(super) sealed: Vec<u8>,
    /// When it became the current one, or was imported while it waits to.
    pub(super) since: DateTime<Utc>,
    /// How it became the current one; `None` for the first.
    #[serde(default)]
    pub(super) rotated: Option<RotationType>,
    /// It was imported and becomes the current one with the next rotation.
    #[serde(default)]
    pub(super) waiting: bool,
    /// When imported material expires.
    #[serde(default)]
    pub(super) expires: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(super) description: Option<String>,
}

/// `RotationType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum RotationType {
    Automatic,
    OnDemand,
}

impl Material {
    /// The id of material that was made before materials had ids.
    pub(super) const UNNAMED: &str =
        "0000000000000000000000000000000000000000000000000000000000000000";

    /// Whether it can be used.
    pub(super) fn is_present(&self, now: DateTime<Utc>) -> bool {
        !self.sealed.is_empty() && self.expires.is_none_or(|expires| now < expires)
    }
}

/// The context under which material is sealed.
fn context(arn: &Arn) -> String {
    format!("kms {arn}")
}

/// The id of material: the same for the same bytes and key, in every Region, and telling nothing.
fn id_of(cx: &Cx, key_id: &str, bytes: &[u8]) -> Result<String, Fault> {
    let secret = cx.seal().derive("kms key material ids")?;
    let mut context =
        hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.material()));
    context.update(key_id.as_bytes());
    context.update(bytes);
    Ok(hex::encode(context.sign()))
}

impl KeyRecord {
    /// Whether there is material to encrypt or sign with.
    pub(super) fn has_material(&self, now: DateTime<Utc>) -> bool {
        // Every material must be there: a key of which one is missing cannot be used at all.
        let mut used = self.materials.iter().filter(|material| !material.waiting).peekable();
        used.peek().is_some() && used.all(|material| material.is_present(now))
    }

    /// The material that encrypts and signs.
    pub(super) fn current(&self) -> Option<&Material> {
        self.materials.iter().rev().find(|material| !material.waiting)
    }

    /// `CurrentKeyMaterialId`: only symmetric keys show it.
    pub(super) fn current_id(&self, cx: &Cx) -> Result<Option<String>, Fault> {
        if self.spec != super::spec::Spec::Symmetric {
            return Ok(None);
        }
        if self.manager == Manager::Aws {
            return Ok(Some(id_of(cx, &self.id, &derived(cx, self)?)?));
        }
        Ok(self.current().map(|material| material.id.clone()))
    }

    /// The current material and its id, for as long as one operation takes.
    pub(super) fn open_current(&self, cx: &Cx) -> Result<(String, Secret), Fault> {
        if self.manager == Manager::Aws {
            let bytes = derived(cx, self)?;
            return Ok((id_of(cx, &self.id, &bytes)?, bytes));
        }
        let material = self.current().ok_or_else(|| Fault::internal("a key without material"))?;
        Ok((material.id.clone(), self.unseal(cx, material)?))
    }

    /// The material of this id; `None` when the key never had it.
    pub(super) fn open_by_id(&self, cx: &Cx, id: &str) -> Result<Option<Secret>, Fault> {
        if self.manager == Manager::Aws {
            // There is only one; what was made before ids is under it too.
            return derived(cx, self).map(Some);
        }
        let found = match id {
            Material::UNNAMED => self.materials.first(),
            id => self.materials.iter().find(|material| material.id == id),
        };
        found.map(|material| self.unseal(cx, material)).transpose()
    }

    fn unseal(&self, cx: &Cx, material: &Material) -> Result<Secret, Fault> {
        Ok(cx.seal().open_sealed(&context(&self.arn()), &material.sealed)?)
    }

    /// New material of the key's kind, as the first or as the next one. RSA keys take a while,
    /// seconds for the longest: not to be made while other writers wait.
    pub(super) fn make_material(
        &mut self,
        cx: &Cx,
        rotated: Option<RotationType>,
    ) -> Result<(), Fault> {
        let bytes = primitives::generate(self.spec, &mut Random::of(cx.world()))
            .map_err(|_| Fault::internal("no key material could be made"))?;
        let material = self.sealed(cx, &bytes)?;
        self.materials.push(Material { rotated, ..material });
        Ok(())
    }

    /// Bytes sealed as material of this key, current from now on.
    pub(super) fn sealed(&self, cx: &Cx, bytes: &[u8]) -> Result<Material, Fault> {
        Ok(Material {
            id: id_of(cx, &self.id, bytes)?,
            sealed: cx.seal().seal(&context(&self.arn()), bytes)?,
            since: cx.now(),
            rotated: None,
            waiting: false,
            expires: None,
            description: None,
        })
    }

    /// The materials of a related key, sealed for this one. Imported material is not shared.
    pub(super) fn take_over(&mut self, cx: &Cx, from: &Self) -> Result<(), Fault> {
        if self.origin == Origin::External {
            return Ok(());
        }
        self.materials = Vec::new();
        for material in &from.materials {
            let bytes = from.unseal(cx, material)?;
            let sealed = cx.seal().seal(&context(&self.arn()), &bytes)?;
            self.materials.push(Material { sealed, ..material.clone() });
        }
        Ok(())
    }

    /// When the clock next changes something about the key.
    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        let expiring = self.materials.iter().filter(|material| !material.sealed.is_empty());
        let expiry = expiring.filter_map(|material| material.expires).min();
        // A disabled key rotates once it is enabled again.
        let rotates = self.enabled && self.deletion.is_none() && !self.is_replica();
        let rotation = self.rotation.filter(|_| rotates).map(|rotation| rotation.next);
        [self.deletion, expiry, rotation].into_iter().flatten().min()
    }

    /// Drops the bytes of material that has expired.
    pub(super) fn drop_expired(&mut self, now: DateTime<Utc>) {
        let expired = |material: &&mut Material| material.expires.is_some_and(|when| when <= now);
        self.materials.iter_mut().filter(expired).for_each(|material| material.sealed.clear());
    }

    /// The date of the rotation after the one that is due.
    pub(super) fn schedule_next_rotation(&mut self, now: DateTime<Utc>) {
        if let Some(rotation) = &mut self.rotation {
            while rotation.next <= now {
                rotation.next += Duration::days(rotation.period_days.max(1));
            }
        }
    }
}

fn derived(cx: &Cx, key: &KeyRecord) -> Result<Secret, Fault> {
    Ok(Zeroizing::new(cx.seal().derive(&context(&key.arn()))?.material().to_vec()))
}
