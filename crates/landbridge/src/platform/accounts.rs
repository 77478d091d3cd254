//! The accounts of a world, each with an administrator whose keys the profiles hold.

use gateway::{Cx, Fault, Gateway};
use names::{AccountId, Region};
use services::identity::{
    AccessKeyRecord, AccountRecord, UserRecord, access_key_id, accounts, keys, new_secret,
    secret_context, users,
};
use zeroize::Zeroizing;

/// The user that a new account starts with.
const ADMINISTRATOR: &str = "admin";
const ADMINISTRATOR_POLICY: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// An account by name, as on the command line.
#[derive(Debug, Clone)]
pub struct NamedAccount {
    /// The profile's name.
    pub name: String,
    /// The id.
    pub id: AccountId,
}

/// An account and the keys of its administrator, if that user still has any.
pub struct PreparedAccount {
    pub name: String,
    pub id: AccountId,
    pub keys: Option<AdministratorKeys>,
}

pub struct AdministratorKeys {
    pub access_key_id: String,
    pub secret_access_key: Zeroizing<String>,
}

/// Makes the accounts that are asked for and absent; a world without any gets `prod` and `dev`.
pub fn prepare(
    gateway: &Gateway,
    region: &Region,
    wanted: &[NamedAccount],
) -> Result<Vec<PreparedAccount>, Fault> {
    let origin = gateway.own_origin(region.clone());
    gateway.maintain(None, origin, |cx| {
        let known = own(cx)?;
        let defaults = default_accounts()?;
        let wanted = if known.is_empty() && wanted.is_empty() { &defaults } else { wanted };
        for account in wanted {
            match known.iter().find(|k| k.id == account.id || k.name == account.name) {
                Some(k) if k.id == account.id && k.name == account.name => {}
                Some(k) => {
                    let text = format!(
                        "the world has account {}={} already, which {}={} contradicts",
                        k.name, k.id, account.name, account.id
                    );
                    return Err(Fault::new("InvalidAccount", text));
                }
                None => create(cx, account)?,
            }
        }
        own(cx)?.into_iter().map(|account| prepared(cx, account)).collect()
    })
}

/// The accounts that `serve` made: those of Organizations have no administrator, and their names
/// need not be unique.
fn own(cx: &Cx) -> Result<Vec<AccountRecord>, Fault> {
    let created = services::organizations::created_accounts(cx)?;
    let mut all = accounts::list(cx)?;
    all.retain(|account| !created.iter().any(|made| made.id == account.id));
    Ok(all)
}

fn default_accounts() -> Result<Vec<NamedAccount>, Fault> {
    let named = |name: &str, id: &str| {
        let id = id.parse().map_err(Fault::internal)?;
        Ok::<_, Fault>(NamedAccount { name: name.to_owned(), id })
    };
    Ok(vec![named("prod", "111111111111")?, named("dev", "222222222222")?])
}

fn create(cx: &mut Cx, account: &NamedAccount) -> Result<(), Fault> {
    let record =
        AccountRecord { id: account.id.clone(), name: account.name.clone(), created: cx.now() };
    accounts::put(cx, &record)?;
    let mut user = UserRecord::new(cx, &account.id, ADMINISTRATOR);
    user.policies.managed.push(ADMINISTRATOR_POLICY.to_owned());
    users::put(cx, &account.id, &user)?;
    let id = access_key_id(cx.world(), "AKIA", &account.id);
    let secret = Zeroizing::new(new_secret(cx));
    let key = AccessKeyRecord {
        sealed_secret: cx.seal().seal(&secret_context(&id), secret.as_bytes())?,
        id,
        account: account.id.clone(),
        user: ADMINISTRATOR.to_owned(),
        active: true,
        created: cx.now(),
    };
    keys::put(cx, &key)
}

fn prepared(cx: &Cx, account: AccountRecord) -> Result<PreparedAccount, Fault> {
    let key = keys::of_user(cx, &account.id, ADMINISTRATOR)?.into_iter().find(|key| key.active);
    let keys = key.map(|key| {
        let secret = cx.seal().open_sealed(&secret_context(&key.id), &key.sealed_secret)?;
        let text = String::from_utf8(secret.to_vec()).map_err(Fault::internal)?;
        Ok::<_, Fault>(AdministratorKeys {
            access_key_id: key.id,
            secret_access_key: Zeroizing::new(text),
        })
    });
    Ok(PreparedAccount { name: account.name, id: account.id, keys: keys.transpose()? })
}
