//! From a question to an answer.
//!
//! Caller, resource and organization are read in turn; then the engine decides, once with what is
//! known and twice for the ends between which unknown keys could move it.

use policy::{Request, Style, explain, range};

use crate::answer::{Answer, is_always_sent, needs, weigh};
use crate::gathered::Gathered;
use crate::question::{Question, Subject};
use crate::survey::Survey;
use crate::{AccessError, context, organization, principal, resource};

impl Survey {
    /// Answers the question, reading what it needs and does not know yet.
    ///
    /// # Errors
    /// [`AccessError`]: a question that is none, a user or role that does not exist, an endpoint
    /// that does not answer. What is merely refused becomes part of the answer.
    pub async fn decide(&self, question: &Question) -> Result<Answer, AccessError> {
        let subject = Subject::parse(&question.principal)?;
        let mut gathered = Gathered::default();
        let principal = principal::read(self, &subject, &question.principal, &mut gathered).await?;
        let mut object = resource::read(self, question, &mut gathered).await?;
        if object.arn == "*" {
            object.owner.clone_from(&principal.account);
        }
        let (caller, owner) = (principal.account.as_ref(), object.owner.as_ref());
        organization::read(self, caller, owner, &mut gathered).await?;
        let region = self.region(caller).cloned();
        context::fill(&mut gathered, question, &object, region.as_ref(), self.now());
        let request = Request {
            principal,
            action: question.action.clone(),
            resource: object.arn.clone(),
            resource_account: object.owner.clone(),
            context: gathered.context.clone(),
            action_has_no_resource_types: object.arn == "*",
        };
        self.weighed(question, request, &object, gathered).await
    }

    async fn weighed(
        &self,
        question: &Question,
        mut request: Request,
        object: &resource::Object,
        mut gathered: Gathered,
    ) -> Result<Answer, AccessError> {
        let mut explanation = explain(&request, &gathered.policies);
        let asks_tags = |key: &String| key.to_lowercase().starts_with("s3:existingobjecttag/");
        if explanation.missing_keys.iter().any(asks_tags) {
            resource::object_tags(self, object, &mut gathered).await?;
            context::given(&mut gathered, question);
            request.context = gathered.context.clone();
            explanation = explain(&request, &gathered.policies);
        }
        if gathered.missing {
            // No policy helps where there is nothing.
            explanation.fixes.clear();
        }
        let unknown = || {
            let keys = explanation.missing_keys.iter().map(String::as_str);
            keys.filter(|key| !gathered.is_absent(key))
        };
        let whole = range(&request, &gathered.policies, unknown());
        let sent = unknown().filter(|key| is_always_sent(key));
        let plain = range(&request, &gathered.policies, sent);
        let needs = needs(&whole, &explanation);
        let decision = explanation.decision.clone();
        let same_account = explanation.same_account;
        let s3 = request.action.to_lowercase().starts_with("s3:");
        let style = if s3 { Style::S3Quoted } else { Style::Generic };
        Ok(Answer {
            verdict: weigh(&decision, &whole, &plain, &gathered.unread, same_account),
            policies: gathered.policies,
            said: decision.denial_text(&request, style),
            request,
            decision,
            explanation,
            needs,
            unread: gathered.unread,
            notes: gathered.notes,
        })
    }
}
