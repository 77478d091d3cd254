//! Whose policies are simulated, and who is taken to call.

use std::sync::Arc;

use gateway::{Cx, Fault, Membership, Principal, RoleSession, SessionFacts, User};
use names::{AccountId, Arn};
use policy::{Context, Policy, PolicyKind, PrincipalKind};

use super::{invalid, parse};
use crate::iam::entity::Entity;
use crate::identity::{GroupRecord, RoleRecord, UserRecord, managed_policy, users};

/// The policies and the caller of a simulation.
pub(in crate::iam) struct Source {
    pub identity: Vec<Policy>,
    pub boundaries: Vec<Policy>,
    pub member: Option<Membership>,
    pub service_linked: bool,
    pub caller: policy::Principal,
    pub account: AccountId,
    pub context: Context,
}

/// The ARN of a user, group or role.
pub(in crate::iam) fn entity_arn(text: &str) -> Result<Arn, Fault> {
    let arn = text.parse::<Arn>().ok().filter(|arn| {
        let kind = arn.resource_parts().0;
        arn.service == "iam" && arn.account.is_some() && ["user", "group", "role"].contains(&kind)
    });
    let said =
        || format!("Invalid Entity Arn: {text} does not clearly define entity type and name.");
    arn.ok_or_else(|| invalid(said()))
}

impl Source {
    /// Nobody's policies; the account is the caller's.
    pub fn of_nobody(cx: &Cx) -> Result<Self, Fault> {
        let account = cx.account()?.clone();
        let caller = policy::Principal {
            kind: PrincipalKind::User,
            arn: None,
            role_arn: None,
            account: Some(account.clone()),
        };
        Ok(Self {
            identity: Vec::new(),
            boundaries: Vec::new(),
            member: None,
            service_linked: false,
            caller,
            account,
            context: Context::new(),
        })
    }

    /// Those of a user with its groups, of a group, or of a role.
    pub fn of_entity(cx: &Cx, arn: &str) -> Result<Self, Fault> {
        let arn = entity_arn(arn)?;
        let name = arn.resource.rsplit('/').next().unwrap_or_default();
        match arn.resource_parts().0 {
            "user" => Self::of_principal(cx, &user(exactly::<UserRecord>(cx, &arn, name)?)),
            "role" => Self::of_principal(cx, &session(cx, exactly::<RoleRecord>(cx, &arn, name)?)),
            _ => Self::of_group(cx, &exactly::<GroupRecord>(cx, &arn, name)?),
        }
    }

    fn of_principal(cx: &Cx, principal: &Principal) -> Result<Self, Fault> {
        let standing = cx.standing_of(principal)?;
        let mut source = Self {
            identity: standing.policies.identity,
            boundaries: standing.policies.boundaries,
            member: standing.member,
            service_linked: standing.policies.service_linked,
            context: standing.context,
            ..Self::of_nobody(cx)?
        };
        source.caller = principal.for_policy();
        if let Principal::Role(role) = principal {
            // A role stands for any session of it: what belongs to one session is not known.
            source.caller = policy::Principal {
                kind: PrincipalKind::Role,
                arn: Some(role.role_arn()),
                ..source.caller
            };
            for key in ["aws:userid", "aws:TokenIssueTime", "aws:MultiFactorAuthPresent"] {
                source.context.remove(key);
            }
        }
        Ok(source)
    }

    fn of_group(cx: &Cx, group: &GroupRecord) -> Result<Self, Fault> {
        let mut source = Self::of_nobody(cx)?;
        for (name, text) in &group.policies.inline {
            let name = format!("inline policy {name} of group {}", group.name);
            source.identity.push(Policy::new(PolicyKind::Identity, name, Arc::new(parse(text)?)));
        }
        for arn in &group.policies.managed {
            let record = managed_policy(cx, arn)?;
            let text = record.as_ref().and_then(|record| record.document());
            let document = parse(text.ok_or_else(|| Fault::internal(format!("{arn} is gone")))?)?;
            source.identity.push(Policy::new(PolicyKind::Identity, arn, Arc::new(document)));
        }
        Ok(source)
    }

    /// Adds policies given as text.
    pub fn add(&mut self, list: &str, texts: &[String]) -> Result<(), Fault> {
        for (index, text) in texts.iter().enumerate() {
            let name = format!("{list}.{}", index + 1);
            self.identity.push(Policy::new(PolicyKind::Identity, name, Arc::new(parse(text)?)));
        }
        Ok(())
    }

    /// Takes the boundary given, if any, in place of the principal's own.
    pub fn bound_by(&mut self, texts: &[String]) -> Result<(), Fault> {
        match texts {
            [] => Ok(()),
            [text] => {
                let name = "PermissionsBoundaryPolicyInputList.1";
                let document = Arc::new(parse(text)?);
                self.boundaries = vec![Policy::new(PolicyKind::Boundary, name, document)];
                Ok(())
            }
            _ => Err(invalid("Only one permissions boundary can be simulated")),
        }
    }

    /// Takes the user given for the caller. A resource policy names principals, so it needs a
    /// user to compare them with.
    pub fn called_by(
        &mut self,
        cx: &Cx,
        arn: Option<&str>,
        has_resource_policy: bool,
    ) -> Result<(), Fault> {
        let is_user = self.caller.kind == PrincipalKind::User && self.caller.arn.is_some();
        let Some(text) = arn else {
            if has_resource_policy && !is_user {
                return Err(invalid("CallerArn is required when a resource policy is given"));
            }
            return Ok(());
        };
        let arn = entity_arn(text)?;
        let (Some(account), "user") = (arn.account.clone(), arn.resource_parts().0) else {
            return Err(invalid(format!("CallerArn {text} is not the ARN of an IAM user")));
        };
        let name = arn.resource.rsplit('/').next().unwrap_or_default();
        // A user that does not exist can be simulated too; only its ARN is known.
        let known = users::get(cx, &account, name)?.filter(|user| user.arn() == arn);
        self.context = match known {
            Some(record) => cx.standing_of(&user(record))?.context,
            None => [("aws:PrincipalArn", text), ("aws:username", name)].into_iter().collect(),
        };
        self.caller = policy::Principal {
            kind: PrincipalKind::User,
            arn: Some(text.to_owned()),
            role_arn: None,
            account: Some(account.clone()),
        };
        self.account = account;
        Ok(())
    }
}

/// The path is part of an ARN: nothing is found under a path that is not its own.
fn exactly<E: Entity>(cx: &Cx, arn: &Arn, name: &str) -> Result<E, Fault> {
    let found = E::find(cx, name)?;
    if found.arn() == *arn { Ok(found) } else { Err(E::absent(name)) }
}

fn user(record: UserRecord) -> Principal {
    Principal::User(User {
        account: record.account,
        path: record.path,
        name: record.name,
        id: record.id,
        tags: record.tags,
        session: None,
    })
}

fn session(cx: &Cx, record: RoleRecord) -> Principal {
    Principal::Role(RoleSession {
        account: record.account,
        role_path: record.path,
        role_name: record.name,
        role_id: record.id,
        session_name: "simulation".to_owned(),
        tags: record.tags,
        session: SessionFacts {
            issued_at: cx.now(),
            expires_at: cx.now(),
            source_identity: None,
            transitive_tag_keys: Vec::new(),
            policies: Vec::new(),
            mfa: false,
        },
    })
}
