//! An explanation on a terminal: the verdict, the policies in the order in which they count, the
//! deciding statement quoted, and what would change it.
//!
//! Knows nothing of how it was decided. Start at [`render`].

use std::fmt::Write;

use super::view::{Condition, Names, Policy, Statement, View, members};

const GREEN: &str = "32";
const RED: &str = "31";
const YELLOW: &str = "33";
const DIM: &str = "2";
const BOLD: &str = "1";

/// Kinds of policies that belong to the resource's account.
const OF_RESOURCE: [&str; 4] = ["resource", "trust", "key", "resource-control"];

/// The whole explanation.
pub fn render(view: &View, names: &Names, colour: bool) -> String {
    let mut page = Page { text: String::new(), colour };
    page.verdict(view);
    page.policies(view, names);
    page.block("said", &[view.said.as_str()]);
    page.why(view);
    let needs: Vec<String> = view.needs.iter().flat_map(need).collect();
    page.block("needs", &needs);
    let unread: Vec<String> =
        view.unread.iter().map(|one| format!("{}: {}", one.what, one.why)).collect();
    page.block("unread", &unread);
    page.block("note", &view.notes);
    let fixes: Vec<&str> = view.fixes.iter().map(|fix| fix.sentence.as_str()).collect();
    match view.verdict() {
        "allowed" => page.block("undo", &fixes),
        "denied" => page.block("fix", &fixes),
        // Advice on half of the facts would be a guess.
        _ => {}
    }
    page.text
}

fn need(need: &super::view::Need) -> Vec<String> {
    let mut lines = vec![format!("this decision needs --context {}=VALUE", need.key)];
    if !need.compared_with.is_empty() {
        lines.push(format!("  it is compared with  {}", need.compared_with.join(", ")));
    }
    lines
}

struct Page {
    text: String,
    colour: bool,
}

impl Page {
    fn line(&mut self, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{}", text.trim_end());
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn verdict(&mut self, view: &View) {
        let (mark, code) = match view.verdict() {
            "allowed" => ("✓", GREEN),
            "denied" => ("✗", RED),
            _ => ("?", YELLOW),
        };
        let request = &view.request;
        let who = short(request.principal.arn.as_deref().unwrap_or("anonymous"));
        let head = self.paint(code, &format!("{mark} {}", view.verdict()));
        let resource = if request.resource == "*" {
            String::new()
        } else {
            format!("  {}", short(&request.resource))
        };
        let what = self.paint(BOLD, &format!("{who} → {}{resource}", request.action));
        self.line(&format!("{head}   {what}"));
        if view.verdict() == "undecided" {
            let gap = if view.unread.is_empty() { "was said" } else { "could be read" };
            self.line(&format!("  not everything that counts {gap}; as far as it was:"));
        }
        self.line(&format!("  {}", view.because));
    }

    /// The policies of each account, in the order of evaluation.
    fn policies(&mut self, view: &View, names: &Names) {
        let mut shown: Option<String> = None;
        for policy in &view.consulted {
            let request = &view.request;
            let account = if OF_RESOURCE.contains(&policy.kind.as_str()) {
                request.resource_account.as_ref()
            } else {
                request.principal.account.as_ref()
            };
            if shown.as_ref() != account || shown.is_none() {
                self.line("");
                if let Some(account) = account {
                    let name = self.paint(DIM, &names.of(account));
                    self.line(&format!("  {name}"));
                }
                shown = account.cloned().or(Some(String::new()));
            }
            self.policy(view, policy);
        }
        self.line("");
    }

    fn policy(&mut self, view: &View, policy: &Policy) {
        let any = |effect: &str| policy.statements.iter().any(|s| s.applies && s.effect == effect);
        let mark = if any("Deny") {
            self.paint(RED, "✗")
        } else if any("Allow") {
            self.paint(GREEN, "✓")
        } else {
            self.paint(DIM, "·")
        };
        let level = policy.level.as_ref().map(|level| format!(" at {level}")).unwrap_or_default();
        let spared = if policy.counts == Some(false) { "  (does not count here)" } else { "" };
        let title = titled(&policy.kind, &policy.policy);
        self.line(&format!("  {mark} {title}{level}{spared}"));
        for statement in policy.statements.iter().filter(|one| one.action) {
            self.statement(statement, view.is_marked(policy, statement.statement));
        }
        let others = policy.statements.iter().filter(|one| !one.action).count();
        if others > 0 {
            let text = format!("{others} more, of other actions");
            let text = self.paint(DIM, &text);
            self.line(&format!("        {text}"));
        }
    }

    fn statement(&mut self, statement: &Statement, marked: bool) {
        let mark = if marked { self.paint(BOLD, "→") } else { " ".to_owned() };
        let name = name(statement);
        let effect = statement.effect.to_lowercase();
        let what = if statement.applies {
            "applies".to_owned()
        } else {
            format!("does not apply: {}", obstacles(statement).join(", "))
        };
        self.line(&format!("      {mark} {name}  {effect}  {what}"));
    }

    /// The deciding statements, quoted, with the values that were compared.
    fn why(&mut self, view: &View) {
        let mut lines = Vec::new();
        for policy in &view.consulted {
            for statement in &policy.statements {
                if statement.quote.is_some() && view.is_marked(policy, statement.statement) {
                    lines.extend(self.quoted(policy, statement));
                }
            }
        }
        if !view.allowed {
            // A deny's reason is the statement itself; what is missing has none to quote.
            let reasons = view.blockers.iter().filter(|blocker| !blocker.explicit);
            let reasons = reasons.map(|blocker| blocker.reason.clone());
            let known = !lines.is_empty();
            lines.extend(reasons.filter(|reason| !known || *reason != view.because));
        }
        self.block("why", &lines);
    }

    fn quoted(&self, policy: &Policy, statement: &Statement) -> Vec<String> {
        let title = titled(&policy.kind, &policy.policy);
        let mut lines = vec![format!("{title}, {}", place(statement))];
        let quote = statement.quote.as_deref().unwrap_or_default();
        let effect = ("Effect".to_owned(), format!("\"{}\"", statement.effect));
        for (member, value) in std::iter::once(effect).chain(members(quote)) {
            lines.push(format!("  {}", self.paint(DIM, &format!("\"{member}\": {value}"))));
        }
        let denies = statement.effect == "Deny";
        for one in statement.conditions.iter().filter(|one| one.holds == denies) {
            lines.extend(compared(one));
        }
        lines
    }

    /// A labelled block of lines; nothing when all are empty.
    fn block<T: AsRef<str>>(&mut self, label: &str, lines: &[T]) {
        let mut label = label;
        for line in lines.iter().map(AsRef::as_ref).filter(|line| !line.is_empty()) {
            let head = self.paint(BOLD, &format!("{label:<6}"));
            self.line(&format!("  {head} {line}"));
            label = "";
        }
    }
}

fn compared(condition: &Condition) -> [String; 3] {
    let found = match &condition.found {
        Some(values) => values.join(", "),
        None => "(not sent)".to_owned(),
    };
    [
        format!("  {} {}", condition.operator, condition.key),
        format!("    it asks for   {}", condition.wanted.join(" or ")),
        format!("    this request  {found}"),
    ]
}

/// What keeps a statement from applying.
fn obstacles(statement: &Statement) -> Vec<String> {
    let mut found = Vec::new();
    if !statement.resource {
        found.push("other resources".to_owned());
    }
    if statement.principal.as_deref().is_some_and(|grant| grant.eq_ignore_ascii_case("none")) {
        found.push("other principals".to_owned());
    }
    let failing = statement.conditions.iter().filter(|one| !one.holds);
    found.extend(failing.map(|one| format!("condition {} {}", one.operator, one.key)));
    found
}

fn name(statement: &Statement) -> String {
    let number = statement.statement;
    match &statement.sid {
        Some(sid) => format!("{number} {sid}"),
        None => number.to_string(),
    }
}

fn place(statement: &Statement) -> String {
    let sid = statement.sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
    // A policy written in one line has no lines worth counting.
    let line =
        if statement.line > 1 { format!(", line {}", statement.line) } else { String::new() };
    format!("statement {}{sid}{line}", statement.statement)
}

/// The policy's name with its kind, unless the name says it.
fn titled(kind: &str, name: &str) -> String {
    if name.contains("policy of ") || name.starts_with("inline policy ") {
        return name.to_owned();
    }
    let kind = match kind {
        "identity" => "policy",
        "boundary" => "permissions boundary",
        "session" => "session policy",
        "service-control" => "service control policy",
        "resource-control" => "resource control policy",
        "endpoint" => "VPC endpoint policy",
        "trust" => "trust policy",
        "key" => "key policy",
        _ => "",
    };
    format!("{kind} {name}").trim().to_owned()
}

/// An ARN's last part, for the eye; the whole one stands in `said` and in `--json`.
fn short(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    match resource.split_once('/') {
        // A session is named with its role; a role or user without its path.
        Some(("assumed-role", name)) => name,
        Some(("role" | "user", path)) => path.rsplit('/').next().unwrap_or(path),
        _ => resource,
    }
}
