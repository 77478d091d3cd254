//! What a test sees of the audit log.

use serde_json::Value;

use crate::{World, must};

impl World {
    /// The records in an account's trail, oldest first.
    pub fn trail(&self, account: &str) -> Vec<Value> {
        let account = self.account(account);
        let events = self.gateway().inspect(self.origin(), |cx| {
            let found: Result<Vec<_>, _> = cx.audit_events(&account)?.collect();
            found
        });
        let mut records: Vec<Value> = must(events).into_iter().map(|event| event.record).collect();
        records.reverse();
        records
    }

    /// Every record of the log, of every account, oldest first, as stored.
    pub fn whole_audit(&self) -> Vec<String> {
        let scan = must(self.gateway().store().scan_audit());
        let payload =
            |record: store::AuditRecord| String::from_utf8_lossy(&record.payload).into_owned();
        let mut records: Vec<String> = scan.map(|record| payload(must(record))).collect();
        records.reverse();
        records
    }

    /// The newest record of an account on one line: operation, error code, who.
    pub fn last_event(&self, account: &str) -> String {
        let trail = self.trail(account);
        let Some(record) = trail.last() else { return "nothing".to_owned() };
        let text = |pointer: &str| {
            record.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned()
        };
        format!("{} {} {}", text("/eventName"), text("/errorCode"), text("/userIdentity/arn"))
    }
}
