//! Which transactions must have come before which others, and whether that is a circle.
//!
//! Kept by whole tables, as Redshift does: a transaction that read a table came before each that
//! changed it out of its sight; one that changed it came before each that saw the change.

use std::collections::{BTreeSet, HashMap};

use super::Table;

/// Transactions whose order would be a circle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Circle {
    /// The table at which it closed.
    pub table: i64,
    /// The numbers of the transactions in it.
    pub transactions: Vec<i64>,
}

/// One transaction, open or ended.
struct Transaction {
    number: i64,
    began: u64,
    /// When it was committed; `None` while it is open.
    ended: Option<u64>,
    reads: BTreeSet<Table>,
    writes: BTreeSet<Table>,
}

/// The transactions that may still be part of a circle.
#[derive(Default)]
pub(super) struct Serial {
    /// Counts beginnings and ends.
    clock: u64,
    open: HashMap<i32, Transaction>,
    committed: Vec<Transaction>,
}

impl Serial {
    pub(super) fn begin(&mut self, session: i32, number: i64) {
        self.clock = self.clock.saturating_add(1);
        let (reads, writes) = (BTreeSet::new(), BTreeSet::new());
        let transaction = Transaction { number, began: self.clock, ended: None, reads, writes };
        self.open.insert(session, transaction);
    }

    pub(super) fn end(&mut self, session: i32, committed: bool) {
        let Some(mut transaction) = self.open.remove(&session) else { return };
        self.clock = self.clock.saturating_add(1);
        if committed {
            transaction.ended = Some(self.clock);
            self.committed.push(transaction);
        }
        // Nothing that began later can be out of the sight of one that ended before all others.
        let oldest = self.open.values().map(|open| open.began).min().unwrap_or(u64::MAX);
        self.committed.retain(|done| done.ended.is_some_and(|ended| ended > oldest));
    }

    /// Notes an access of an open transaction; sessions without one are not looked at.
    pub(super) fn note(&mut self, session: i32, table: &Table, writes: bool) -> Result<(), Circle> {
        let Some(open) = self.open.get_mut(&session) else { return Ok(()) };
        let set = if writes { &mut open.writes } else { &mut open.reads };
        set.insert(table.clone());
        let number = open.number;
        match self.circle_through(number) {
            Some(transactions) => Err(Circle { table: table.1, transactions }),
            None => Ok(()),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Transaction> {
        self.open.values().chain(&self.committed)
    }

    /// The transactions of a circle through this one.
    fn circle_through(&self, number: i64) -> Option<Vec<i64>> {
        let start = self.all().find(|one| one.number == number)?;
        let mut paths = vec![vec![start]];
        let mut seen = BTreeSet::new();
        while let Some(path) = paths.pop() {
            let last = *path.last()?;
            for next in self.all().filter(|next| before(last, next)) {
                if next.number == number {
                    return Some(path.iter().map(|one| one.number).collect());
                }
                if seen.insert(next.number) {
                    let mut longer = path.clone();
                    longer.push(next);
                    paths.push(longer);
                }
            }
        }
        None
    }
}

/// Whether the first must have come before the second.
fn before(first: &Transaction, second: &Transaction) -> bool {
    if first.number == second.number {
        return false;
    }
    let sees =
        |one: &Transaction, other: &Transaction| other.ended.is_some_and(|ended| ended < one.began);
    let read_before = !sees(first, second) && !first.reads.is_disjoint(&second.writes);
    let touched =
        |one: &Transaction, table: &Table| one.reads.contains(table) || one.writes.contains(table);
    let changed_before =
        sees(second, first) && first.writes.iter().any(|table| touched(second, table));
    read_before || changed_before
}

#[cfg(test)]
mod tests {
    use super::{Circle, Serial};

    fn table(id: i64) -> super::Table {
        (String::from("dev"), id)
    }

    #[test]
    fn two_that_read_what_the_other_writes_are_a_circle() {
        let mut serial = Serial::default();
        serial.begin(1, 101);
        serial.begin(2, 102);
        for session in [1, 2] {
            serial.note(session, &table(7), false).unwrap();
        }
        serial.note(1, &table(7), true).unwrap();
        serial.end(1, true);
        let circle = Circle { table: 7, transactions: vec![102, 101] };
        assert_eq!(serial.note(2, &table(7), true), Err(circle));
    }

    #[test]
    fn one_after_the_other_is_no_circle() {
        let mut serial = Serial::default();
        for session in [1, 2] {
            serial.begin(session, i64::from(session));
            serial.note(session, &table(7), false).unwrap();
            serial.note(session, &table(7), true).unwrap();
            serial.end(session, true);
        }
        serial.begin(3, 3);
        serial.begin(4, 4);
        serial.note(3, &table(1), false).unwrap();
        serial.note(4, &table(1), true).unwrap();
        serial.end(4, true);
        serial.note(3, &table(2), true).unwrap();
    }
}
