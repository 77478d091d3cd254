//! Codes of MFA devices that come with a call ("Configuring MFA-protected API access", IAM User
//! Guide).

use gateway::{Cx, Fault, Principal};
use serde::Deserialize;

use crate::identity::mfa::{Verification, verify};

/// The members of an input that carry a code.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Code {
    serial_number: Option<String>,
    token_code: Option<String>,
}

impl Code {
    /// Whether a code was given, which then was right.
    ///
    /// Devices belong to users, so the code of anybody else is refused.
    pub(super) fn given(&self, cx: &Cx) -> Result<bool, Fault> {
        let refused = |why: &str| {
            let text = format!("MultiFactorAuthentication failed{why}");
            Err(Fault::new("AccessDenied", text).status(403))
        };
        let (serial, code) = match (&self.serial_number, &self.token_code) {
            (None, None) => return Ok(false),
            (Some(serial), Some(code)) => (serial, code),
            _ => {
                return refused(", must provide both MFA serial number and one time pass code.");
            }
        };
        let verdict = match cx.principal() {
            Principal::User(user) => verify(cx, &user.account, &user.id, serial, code)?,
            _ => Verification::NotTheirs,
        };
        match verdict {
            Verification::Valid => Ok(true),
            Verification::WrongCode => refused(" with invalid MFA one time pass code. "),
            Verification::NotTheirs => refused(
                ", unable to validate MFA code.  Please verify your MFA serial number is valid \
                 and associated with this user.",
            ),
        }
    }
}
