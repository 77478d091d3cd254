//! Principals of resource policies by unique id ("AWS JSON policy elements: Principal", IAM User
//! Guide): a policy that names a user or role is stored with its id, so that one made anew under
//! the same name is not meant; people are shown the ARN again, or the id of what is gone.
//!
//! Knows no kind of policy: bucket, key, secret and trust policies all come here before they are
//! stored ([`stored`]) and before they are shown ([`shown`]).

use gateway::{Cx, Fault};
use names::{AccountId, Arn};
use policy::Document;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Record, StoreError, Table, Tx};

use super::state::{find_role, find_user, read_account, read_role, read_user, roles, users};

/// Where to look for the owner of an id that some policy names.
const NAMED: Table<Named> = Table::new("iam.named_principals");

/// The account and name that an id had when a policy first named it.
#[derive(Serialize, Deserialize)]
struct Named {
    account: AccountId,
    name: String,
}

impl Record for Named {}

/// What a policy is stored as. `document` passed the validation of its place.
///
/// # Errors
/// What `refuse` makes of a user, role or account that this world does not have.
pub fn stored(
    cx: &mut Cx,
    document: &str,
    refuse: impl Fn(&str) -> Fault,
) -> Result<String, Fault> {
    let parsed = Document::parse(document).map_err(Fault::internal)?;
    let mut ids: Vec<(String, String)> = Vec::new();
    for (category, name) in parsed.principals() {
        if category != "AWS" {
            continue;
        }
        match resolve(cx, name)? {
            Resolved::Nobody => return Err(refuse(name)),
            Resolved::AsWritten => {}
            Resolved::Entity { id, named } => {
                cx.put(&NAMED, &id, &named)?;
                ids.push((name.to_owned(), id));
            }
        }
    }
    let id_of =
        |name: &str| ids.iter().find(|(written, _)| written == name).map(|(_, id)| id.clone());
    Ok(parsed.with_principals(id_of))
}

/// What a user, role, session or account is stored as where a policy would name it; `None` for
/// one that this world does not have.
///
/// # Errors
/// When the state cannot be read or written.
pub(crate) fn stored_principal(cx: &mut Cx, name: &str) -> Result<Option<String>, Fault> {
    Ok(match resolve(cx, name)? {
        Resolved::Nobody => None,
        Resolved::AsWritten => Some(name.to_owned()),
        Resolved::Entity { id, named } => {
            cx.put(&NAMED, &id, &named)?;
            Some(id)
        }
    })
}

/// The same as [`stored_principal`] for one that was stored before, without storing it.
///
/// # Errors
/// When the state cannot be read.
pub(crate) fn principal_id(cx: &Cx, name: &str) -> Result<Option<String>, Fault> {
    Ok(match resolve(cx, name)? {
        Resolved::Nobody => None,
        Resolved::AsWritten => Some(name.to_owned()),
        Resolved::Entity { id, .. } => Some(id),
    })
}

/// A stored principal as people see it: the ARN, or the id of what is gone.
///
/// # Errors
/// When the state cannot be read.
pub(crate) fn shown_principal(cx: &Cx, id: &str) -> Result<String, Fault> {
    if !is_unique_id(id) {
        return Ok(id.to_owned());
    }
    // The ways back from an id are those of a policy that names it.
    let statement = json!({ "Effect": "Allow", "Principal": { "AWS": id }, "Action": "kms:*" });
    let shown = cx.shown(&json!({ "Statement": [statement] }).to_string())?;
    let parsed = Document::parse(&shown).map_err(Fault::internal)?;
    let first = parsed.principals().next().map(|(_, name)| name.to_owned());
    Ok(first.unwrap_or_else(|| id.to_owned()))
}

enum Resolved {
    Nobody,
    /// Everybody, an account, a session, or an id.
    AsWritten,
    Entity {
        id: String,
        named: Named,
    },
}

fn resolve(cx: &Cx, name: &str) -> Result<Resolved, Fault> {
    if name == "*" {
        return Ok(Resolved::AsWritten);
    }
    let known = |exists| if exists { Resolved::AsWritten } else { Resolved::Nobody };
    if let Ok(account) = name.parse() {
        return Ok(known(super::accounts::get(cx, &account)?.is_some()));
    }
    let Ok(arn) = name.parse::<Arn>() else {
        // An id of what is gone may be stored again with the rest of its policy.
        return Ok(known(is_unique_id(name) && cx.get(&NAMED, name)?.is_some()));
    };
    let Some(account) = &arn.account else { return Ok(Resolved::Nobody) };
    if super::accounts::get(cx, account)?.is_none() {
        return Ok(Resolved::Nobody);
    }
    let last = arn.resource.rsplit('/').next().unwrap_or_default();
    let found = match (arn.service.as_str(), arn.resource_parts().0) {
        ("iam", "user") => users::get(cx, account, last)?
            .filter(|user| user.arn() == arn)
            .map(|user| (user.id, user.name)),
        ("iam", "role") => roles::get(cx, account, last)?
            .filter(|role| role.arn() == arn)
            .map(|role| (role.id, role.name)),
        // Sessions, about which nothing can be known in advance.
        ("sts", "assumed-role" | "federated-user") => return Ok(Resolved::AsWritten),
        _ => return Ok(known(arn.service == "iam" && arn.resource == "root")),
    };
    Ok(match found {
        Some((id, name)) => {
            let named = Named { account: account.clone(), name };
            Resolved::Entity { id, named }
        }
        None => Resolved::Nobody,
    })
}

/// `AIDA…`, `AROA…`.
fn is_unique_id(name: &str) -> bool {
    name.starts_with("AIDA") || name.starts_with("AROA")
}

/// A stored policy as people see it: ids of users and roles that exist are their ARNs again.
///
/// # Errors
/// When the state cannot be read.
pub(super) fn shown(tx: &Tx, document: &str) -> Result<String, Fault> {
    // Most policies name accounts and services only.
    if !(document.contains("AIDA") || document.contains("AROA")) {
        return Ok(document.to_owned());
    }
    let parsed = Document::parse(document).map_err(Fault::internal)?;
    let mut arns: Vec<(String, String)> = Vec::new();
    for (category, id) in parsed.principals() {
        if category == "AWS"
            && is_unique_id(id)
            && let Some(arn) = arn_of(tx, id)?
        {
            arns.push((id.to_owned(), arn.to_string()));
        }
    }
    let arn_of = |id: &str| arns.iter().find(|(known, _)| known == id).map(|(_, arn)| arn.clone());
    Ok(parsed.with_principals(arn_of))
}

/// The ARN that the owner of an id has today, whatever it was called when it was named.
fn arn_of(tx: &Tx, id: &str) -> Result<Option<Arn>, StoreError> {
    let Some(Named { account, name }) = tx.get(&NAMED, id)? else { return Ok(None) };
    if read_account(tx, &account)?.is_none() {
        return Ok(None);
    }
    Ok(if id.starts_with("AIDA") {
        let same = read_user(tx, &account, &name)?.filter(|user| user.id == id);
        let user = match same {
            Some(user) => Some(user),
            None => find_user(tx, &account, id)?,
        };
        user.map(|user| user.arn())
    } else {
        let same = read_role(tx, &account, &name)?.filter(|role| role.id == id);
        let role = match same {
            Some(role) => Some(role),
            None => find_role(tx, &account, id)?,
        };
        role.map(|role| role.arn())
    })
}
