//! Virtual MFA devices: made, given to a user by two of their codes, taken away, deleted.
//!
//! CreateVirtualMFADevice answers the seed, and no QR code image: an authenticator takes both.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Access, Check, Cx, Fault};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};

use super::common::{
    Done, Page, Paging, Tag, conflict, iam_arn, limit, on_all, path_or_root, shown,
};
use super::entity::Entity;
use super::managed::parsed;
use super::tagging::{self, Tagged};
use super::user::{UserView, name_or_own};
use crate::identity::{MfaDeviceRecord, UserRecord, mfa_devices, users};

/// Devices that one user may have (IAM quotas).
const MAX_DEVICES: usize = 8;

impl Entity for MfaDeviceRecord {
    const NOUN: &'static str = "MFADevice";
    const CALLED: &'static str = "MFA device";

    fn known(cx: &Cx, serial: &str) -> Result<Option<Self>, Fault> {
        let Ok(arn) = serial.parse::<Arn>() else { return Ok(None) };
        let Some(account) = &arn.account else { return Ok(None) };
        mfa_devices::get(cx, account, &arn.resource)
    }

    fn arn(&self) -> Arn {
        MfaDeviceRecord::arn(self)
    }

    fn arn_if_absent(account: &AccountId, serial: &str) -> Arn {
        parsed(serial).unwrap_or_else(|_| iam_arn(account, format!("mfa/{serial}")))
    }

    fn save(&self, cx: &mut Cx) -> Result<(), Fault> {
        mfa_devices::put(cx, &self.account, self)
    }

    fn absent(serial: &str) -> Fault {
        let text = format!("VirtualMFADevice with serial number {serial} doesn't exist.");
        Fault::new("NoSuchEntity", text).status(404)
    }

    fn tags_of(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.tags)
    }
}

impl Tagged for MfaDeviceRecord {
    fn tags(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.tags
    }
}

/// The devices of a user.
pub(super) fn of_user(cx: &Cx, user: &UserRecord) -> Result<Vec<MfaDeviceRecord>, Fault> {
    let mut all = mfa_devices::list(cx, &user.account)?;
    all.retain(|device| device.user.as_ref().is_some_and(|(id, _)| *id == user.id));
    Ok(all)
}

/// The device, when it is the user's.
fn theirs(cx: &Cx, user: &UserRecord, serial: &str) -> Result<MfaDeviceRecord, Fault> {
    let found = of_user(cx, user)?.into_iter().find(|device| device.arn().to_string() == serial);
    let text =
        format!("MFA Device invalid for user. Serial number {serial} is not {}'s", user.name);
    found.ok_or_else(|| Fault::new("NoSuchEntity", text).status(404))
}

#[derive(Deserialize)]
pub(super) struct CreateInput {
    #[serde(rename = "VirtualMFADeviceName")]
    name: String,
    #[serde(rename = "Path")]
    path: Option<String>,
    #[serde(default, rename = "Tags")]
    tags: Vec<Tag>,
}

impl CreateInput {
    fn resource(&self) -> String {
        format!("mfa{}{}", path_or_root(self.path.clone()), self.name)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeviceView {
    serial_number: String,
    base32_string_seed: Option<String>,
    user: Option<UserView>,
    enable_date: Option<i64>,
    tags: Option<Vec<Tag>>,
}

#[derive(Serialize)]
pub(super) struct CreateAnswer {
    #[serde(rename = "VirtualMFADevice")]
    device: DeviceView,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let arn = iam_arn(cx.account()?, input.resource());
    let check = Check::new("iam:CreateVirtualMFADevice", arn);
    Ok(Access::to(tagging::asking_for(check, &input.tags)))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<CreateAnswer, Fault> {
    let account = cx.account()?.clone();
    let (mut device, seed) = MfaDeviceRecord::new(cx, &account, input.resource())?;
    if mfa_devices::get(cx, &account, &device.resource)?.is_some() {
        let text = "MFADevice entity at the same path and name already exists.";
        return Err(Fault::new("EntityAlreadyExists", text).status(409));
    }
    device.tags = tagging::of_new::<MfaDeviceRecord>(input.tags)?;
    device.save(cx)?;
    let device = DeviceView {
        serial_number: device.arn().to_string(),
        base32_string_seed: Some(STANDARD.encode(seed)),
        user: None,
        enable_date: None,
        tags: shown(&device.tags),
    };
    Ok(CreateAnswer { device })
}

/// A device of a user, with two codes that it showed one after the other.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CodesInput {
    user_name: String,
    serial_number: String,
    authentication_code1: String,
    authentication_code2: String,
}

impl CodesInput {
    fn drift(&self, cx: &Cx, device: &MfaDeviceRecord) -> Result<i64, Fault> {
        let (first, second) = (&self.authentication_code1, &self.authentication_code2);
        device.drift_by(cx, first, second)?.ok_or_else(|| {
            let text = "Authentication code for device is not valid.";
            Fault::new("InvalidAuthenticationCode", text).status(403)
        })
    }
}

pub(super) fn enable_access(cx: &Cx, input: &CodesInput) -> Result<Access, Fault> {
    UserRecord::access(cx, "iam:EnableMFADevice", &input.user_name)
}

pub(super) fn enable(cx: &mut Cx, input: CodesInput) -> Result<Done, Fault> {
    let user = UserRecord::find(cx, &input.user_name)?;
    let own = |device: &MfaDeviceRecord| device.account == user.account;
    let device = MfaDeviceRecord::known(cx, &input.serial_number)?.filter(own);
    let mut device = device.ok_or_else(|| MfaDeviceRecord::absent(&input.serial_number))?;
    if device.user.is_some() {
        let text = "MFA Device is already in use.";
        return Err(Fault::new("EntityAlreadyExists", text).status(409));
    }
    if of_user(cx, &user)?.len() >= MAX_DEVICES {
        return Err(limit("MfaDevicesPerUser", MAX_DEVICES));
    }
    device.drift = input.drift(cx, &device)?;
    device.user = Some((user.id, cx.now()));
    device.save(cx)?;
    Ok(Done {})
}

pub(super) fn resync_access(cx: &Cx, input: &CodesInput) -> Result<Access, Fault> {
    UserRecord::access(cx, "iam:ResyncMFADevice", &input.user_name)
}

pub(super) fn resync(cx: &mut Cx, input: CodesInput) -> Result<Done, Fault> {
    let user = UserRecord::find(cx, &input.user_name)?;
    let mut device = theirs(cx, &user, &input.serial_number)?;
    device.drift = input.drift(cx, &device)?;
    device.save(cx)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfUserInput {
    user_name: Option<String>,
    serial_number: String,
}

pub(super) fn deactivate_access(cx: &Cx, input: &OfUserInput) -> Result<Access, Fault> {
    let name = name_or_own(cx, input.user_name.as_ref())?;
    UserRecord::access(cx, "iam:DeactivateMFADevice", &name)
}

pub(super) fn deactivate(cx: &mut Cx, input: OfUserInput) -> Result<Done, Fault> {
    let user = UserRecord::find(cx, &name_or_own(cx, input.user_name.as_ref())?)?;
    let mut device = theirs(cx, &user, &input.serial_number)?;
    device.user = None;
    device.save(cx)?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAnswer {
    user_name: Option<String>,
    serial_number: String,
    enable_date: Option<i64>,
}

pub(super) fn get_access(cx: &Cx, input: &OfUserInput) -> Result<Access, Fault> {
    let name = name_or_own(cx, input.user_name.as_ref())?;
    UserRecord::access(cx, "iam:GetMFADevice", &name)
}

pub(super) fn get(cx: &Cx, input: OfUserInput) -> Result<GetAnswer, Fault> {
    let user = UserRecord::find(cx, &name_or_own(cx, input.user_name.as_ref())?)?;
    let device = theirs(cx, &user, &input.serial_number)?;
    Ok(GetAnswer {
        user_name: Some(user.name),
        serial_number: device.arn().to_string(),
        enable_date: device.user.map(|(_, at)| at.timestamp()),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BySerial {
    serial_number: String,
}

pub(super) fn delete_access(cx: &Cx, input: &BySerial) -> Result<Access, Fault> {
    MfaDeviceRecord::access(cx, "iam:DeleteVirtualMFADevice", &input.serial_number)
}

pub(super) fn delete(cx: &mut Cx, input: BySerial) -> Result<Done, Fault> {
    let device = MfaDeviceRecord::find(cx, &input.serial_number)?;
    if device.user.is_some() {
        return Err(conflict("deactivate MFA device"));
    }
    mfa_devices::delete(cx, &device.account, &device.resource)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    user_name: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
pub(super) struct ListAnswer {
    #[serde(rename = "MFADevices")]
    devices: Vec<GetAnswer>,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    let name = name_or_own(cx, input.user_name.as_ref())?;
    UserRecord::access(cx, "iam:ListMFADevices", &name)
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<ListAnswer, Fault> {
    let user = UserRecord::find(cx, &name_or_own(cx, input.user_name.as_ref())?)?;
    let (found, page) = input.paging.cut(of_user(cx, &user)?, |device| &device.resource);
    let view = |device: MfaDeviceRecord| GetAnswer {
        user_name: Some(user.name.clone()),
        serial_number: device.arn().to_string(),
        enable_date: device.user.map(|(_, at)| at.timestamp()),
    };
    Ok(ListAnswer { devices: found.into_iter().map(view).collect(), page })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListVirtualInput {
    assignment_status: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
pub(super) struct ListVirtualAnswer {
    #[serde(rename = "VirtualMFADevices")]
    devices: Vec<DeviceView>,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list_virtual_access(cx: &Cx, _: &ListVirtualInput) -> Result<Access, Fault> {
    on_all(cx, "iam:ListVirtualMFADevices", "mfa", "/")
}

pub(super) fn list_virtual(cx: &Cx, input: ListVirtualInput) -> Result<ListVirtualAnswer, Fault> {
    let account = cx.account()?;
    let mut all = mfa_devices::list(cx, account)?;
    all.retain(|device| match input.assignment_status.as_deref() {
        Some("Assigned") => device.user.is_some(),
        Some("Unassigned") => device.user.is_none(),
        _ => true,
    });
    let (found, page) = input.paging.cut(all, |device| &device.resource);
    let users = users::list(cx, account)?;
    let view = |device: MfaDeviceRecord| {
        let serial_number = device.arn().to_string();
        let (id, at) = device.user.unzip();
        let user = users.iter().find(|user| Some(&user.id) == id.as_ref());
        DeviceView {
            serial_number,
            base32_string_seed: None,
            user: user.cloned().map(UserView::listed),
            enable_date: at.map(|at| at.timestamp()),
            tags: None,
        }
    };
    Ok(ListVirtualAnswer { devices: found.into_iter().map(view).collect(), page })
}
