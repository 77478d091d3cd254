//! Tables, items and index entries: the only file with their keys.
//!
//! An item is one record under its table and its place (see `key.rs`); an index entry is a record
//! that leads to the item. Items are kept as they are, not sealed: only what a caller calls a
//! secret is. A deleted table's items go after it, piece by piece. Start at [`TableRecord`], then
//! [`write`].

use std::collections::BTreeMap;
use std::ops::Bound;

use chrono::{DateTime, Duration, Utc};
use gateway::{Cx, Fault};
use names::{AccountId, Arn, Region};
use serde::{Deserialize, Serialize};
use store::{Record, Table};

use super::key::{Part, Schema};
use super::value::{Attr, Item, size};

const TABLES: Table<TableRecord> = Table::new("dynamodb.tables");
const ITEMS: Table<ItemRecord> = Table::new("dynamodb.items");
const ENTRIES: Table<EntryRecord> = Table::new("dynamodb.entries");
const SIZES: Table<SizesRecord> = Table::new("dynamodb.sizes");
/// Items with a time to live, by that time.
const EXPIRIES: Table<PlaceRecord> = Table::new("dynamodb.expiries");
/// Deleted tables whose items are still there, by the time of the deletion.
const PURGES: Table<PurgeRecord> = Table::new("dynamodb.purges");
/// Transactions by account, Region and token, and those by the end of their time.
const TOKENS: Table<TokenRecord> = Table::new("dynamodb.tokens");
const TOKEN_ENDS: Table<EntryRecord> = Table::new("dynamodb.token_ends");
/// Tables of an account in a Region; the quota is 2,500 and can be raised.
const SCAN_LIMIT: usize = 10_000;
/// Items whose time to live ended longer ago stay: five years ("Using time to live").
const OLDEST_EXPIRY_DAYS: i64 = 5 * 365;
/// Behind every character of a place.
pub(super) const LAST: char = '~';

/// Where a table or an index is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    Creating,
    Updating,
    Active,
    Deleting,
}

/// Capacity units a second; zero on demand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Throughput {
    pub(super) reads: i64,
    pub(super) writes: i64,
    pub(super) increased: Option<DateTime<Utc>>,
    pub(super) decreased: Option<DateTime<Utc>>,
}

/// What an index holds beside its keys and the table's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Projected {
    All,
    KeysOnly,
    Include(Vec<String>),
}

/// A secondary index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct IndexRecord {
    pub(super) name: String,
    pub(super) schema: Schema,
    pub(super) projected: Projected,
    /// Of a global index; a local one has its table's.
    pub(super) throughput: Throughput,
    /// When it is usable.
    pub(super) settled: DateTime<Utc>,
    /// When it is gone.
    pub(super) gone: Option<DateTime<Utc>>,
    pub(super) global: bool,
}

/// Time to live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TimeToLive {
    pub(super) attribute: String,
    pub(super) enabled: bool,
    pub(super) changed: DateTime<Utc>,
}

/// A resource policy and the id of its revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ResourcePolicy {
    pub(super) document: String,
    pub(super) revision: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TableRecord {
    pub(super) account: AccountId,
    pub(super) region: Region,
    pub(super) name: String,
    /// A UUID; another for a table made again, so that it has nothing of the old one's.
    pub(super) id: String,
    pub(super) created: DateTime<Utc>,
    pub(super) attributes: Vec<Part>,
    pub(super) schema: Schema,
    pub(super) indexes: Vec<IndexRecord>,
    pub(super) on_demand: Option<DateTime<Utc>>,
    pub(super) billing_given: bool,
    pub(super) throughput: Throughput,
    pub(super) max_on_demand: Option<serde_json::Value>,
    /// What is under way until `settled`.
    pub(super) change: Status,
    pub(super) settled: DateTime<Utc>,
    /// When it is gone.
    pub(super) gone: Option<DateTime<Utc>>,
    pub(super) protected: bool,
    pub(super) class: Option<String>,
    /// The KMS key of a table that is encrypted under one.
    pub(super) key_arn: Option<String>,
    pub(super) time_to_live: Option<TimeToLive>,
    pub(super) policy: Option<ResourcePolicy>,
    pub(super) tags: BTreeMap<String, String>,
}

/// An item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ItemRecord(Item);

/// An index entry: the place of its item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct EntryRecord(String);

/// Items and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sizes {
    pub(super) items: i64,
    pub(super) bytes: i64,
}

/// Those of a table and its indexes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SizesRecord {
    pub(super) table: Sizes,
    pub(super) indexes: BTreeMap<String, Sizes>,
}

/// An item of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PlaceRecord {
    pub(super) account: AccountId,
    pub(super) region: Region,
    pub(super) table: String,
    pub(super) place: String,
}

/// A transaction that was carried out under a client's token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TokenRecord {
    /// A digest of what was asked for.
    pub(super) request: String,
    /// Until when the token means it.
    pub(super) until: DateTime<Utc>,
}

/// A table whose items are to go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PurgeRecord {
    pub(super) account: AccountId,
    pub(super) region: Region,
    pub(super) table: String,
    pub(super) id: String,
}

impl Record for TableRecord {}
impl Record for ItemRecord {}
impl Record for EntryRecord {}
impl Record for SizesRecord {}
impl Record for PlaceRecord {}
impl Record for PurgeRecord {}
impl Record for TokenRecord {}

impl IndexRecord {
    /// Its state at a time.
    pub(super) fn status(&self, now: DateTime<Utc>) -> Status {
        match self.gone {
            Some(_) => Status::Deleting,
            None if now < self.settled => Status::Creating,
            None => Status::Active,
        }
    }

    /// Its entry of an item: nothing for one without its keys.
    fn entry(&self, table: &TableRecord, item: &Item, place: &str) -> Option<String> {
        Some(format!("{}/{}/{}{place}", table.id, self.name, self.schema.place(item)?))
    }

    /// What of an item the index holds.
    pub(super) fn view(&self, table: &TableRecord, item: &Item) -> Item {
        let wanted = |name: &String| match &self.projected {
            Projected::All => true,
            Projected::KeysOnly => false,
            Projected::Include(names) => names.contains(name),
        };
        let kept = |name: &String| wanted(name) || self.schema.has(name) || table.schema.has(name);
        let held = item.iter().filter(|(name, _)| kept(name));
        held.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

impl TableRecord {
    pub(super) fn arn(&self) -> Arn {
        arn(&self.account, &self.region, &self.name)
    }

    /// Its state at a time.
    pub(super) fn status(&self, now: DateTime<Utc>) -> Status {
        let index = self.indexes(now).any(|index| index.status(now) != Status::Active);
        match self.gone {
            Some(_) => Status::Deleting,
            None if now < self.settled => self.change,
            None if index => Status::Updating,
            None => Status::Active,
        }
    }

    /// The indexes that are there at a time.
    pub(super) fn indexes(&self, now: DateTime<Utc>) -> impl Iterator<Item = &IndexRecord> {
        self.indexes.iter().filter(move |index| index.gone.is_none_or(|gone| now < gone))
    }

    /// The indexes that items are written to.
    pub(super) fn live(&self) -> impl Iterator<Item = &IndexRecord> {
        self.indexes.iter().filter(|index| index.gone.is_none())
    }

    /// When an item's time to live ends, in epoch seconds.
    fn expiry(&self, item: &Item) -> Option<i64> {
        let ttl = self.time_to_live.as_ref().filter(|ttl| ttl.enabled)?;
        let end = item.get(&ttl.attribute).and_then(Attr::decimal)?.whole()?;
        (end > 0).then_some(end)
    }
}

pub(super) fn arn(account: &AccountId, region: &Region, name: &str) -> Arn {
    Arn::new("dynamodb", Some(region), Some(account), format!("table/{name}"))
}

fn key(account: &AccountId, region: &Region, name: &str) -> String {
    format!("{account}/{region}/{name}")
}

fn alive(cx: &Cx, table: &TableRecord) -> bool {
    table.gone.is_none_or(|gone| cx.now() < gone)
}

/// The table by name; one whose deletion has ended is gone.
pub(super) fn table(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    name: &str,
) -> Result<Option<TableRecord>, Fault> {
    Ok(cx.get(&TABLES, &key(account, region, name))?.filter(|table| alive(cx, table)))
}

/// Names of an account's tables in a Region, in order, behind one.
pub(super) fn names_after(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    after: Option<&str>,
) -> Result<Vec<String>, Fault> {
    let after = after.map(|after| key(account, region, after));
    let found = cx.scan(&TABLES, &key(account, region, ""), after.as_deref(), SCAN_LIMIT)?;
    let tables = found.into_iter().map(|(_, table)| table).filter(|table| alive(cx, table));
    Ok(tables.map(|table| table.name).collect())
}

/// Writes a table; the items of one that is being deleted are put on the way out.
pub(super) fn put_table(cx: &mut Cx, table: &TableRecord) -> Result<(), Fault> {
    if let Some(gone) = table.gone {
        let (account, region) = (table.account.clone(), table.region.clone());
        let (name, id) = (table.name.clone(), table.id.clone());
        let purge = PurgeRecord { account, region, table: name, id };
        let when = gone.timestamp_millis();
        cx.put(&PURGES, &format!("{when:020}/{}", table.id), &purge)?;
    }
    cx.put(&TABLES, &key(&table.account, &table.region, &table.name), table)
}

/// Items and bytes of a table and its indexes.
pub(super) fn sizes(cx: &Cx, table: &TableRecord) -> Result<SizesRecord, Fault> {
    Ok(cx.get(&SIZES, &table.id)?.unwrap_or_default())
}

/// The item at a place.
pub(super) fn item(cx: &Cx, table: &TableRecord, place: &str) -> Result<Option<Item>, Fault> {
    Ok(cx.get(&ITEMS, &format!("{}/{place}", table.id))?.map(|ItemRecord(item)| item))
}

/// Puts `after` in the place of `before`, in the table, its indexes and its figures; without
/// `after` the item goes.
pub(super) fn write(
    cx: &mut Cx,
    table: &TableRecord,
    place: &str,
    before: Option<&Item>,
    after: Option<&Item>,
) -> Result<(), Fault> {
    let mut sizes = sizes(cx, table)?;
    let key = format!("{}/{place}", table.id);
    match after {
        Some(after) => cx.put(&ITEMS, &key, &ItemRecord(after.clone()))?,
        None => cx.delete(&ITEMS, &key).map(drop)?,
    }
    sizes.table.replace(before, after);
    for index in table.live() {
        let old = before.and_then(|item| index.entry(table, item, place));
        let new = after.and_then(|item| index.entry(table, item, place));
        let view = |item: Option<&Item>, entry: &Option<String>| {
            item.filter(|_| entry.is_some()).map(|item| index.view(table, item))
        };
        let counted = sizes.indexes.entry(index.name.clone()).or_default();
        counted.replace(view(before, &old).as_ref(), view(after, &new).as_ref());
        if old == new {
            continue;
        }
        if let Some(old) = old {
            cx.delete(&ENTRIES, &old)?;
        }
        if let Some(new) = new {
            cx.put(&ENTRIES, &new, &EntryRecord(place.to_owned()))?;
        }
    }
    note_expiry(cx, table, place, (before, after))?;
    cx.put(&SIZES, &table.id, &sizes)
}

impl Sizes {
    fn replace(&mut self, before: Option<&Item>, after: Option<&Item>) {
        let bytes = |item: &Item| i64::try_from(size(item)).unwrap_or(i64::MAX);
        self.items += i64::from(after.is_some()) - i64::from(before.is_some());
        self.bytes += after.map_or(0, bytes) - before.map_or(0, bytes);
    }
}

fn expiry_key(table: &TableRecord, end: i64, place: &str) -> String {
    format!("{end:020}/{}/{place}", table.id)
}

fn note_expiry(
    cx: &mut Cx,
    table: &TableRecord,
    place: &str,
    (before, after): (Option<&Item>, Option<&Item>),
) -> Result<(), Fault> {
    let old = before.and_then(|item| table.expiry(item));
    let new = after.and_then(|item| table.expiry(item));
    if old == new {
        return Ok(());
    }
    if let Some(old) = old {
        cx.delete(&EXPIRIES, &expiry_key(table, old, place))?;
    }
    match new {
        Some(new) => cx.put(&EXPIRIES, &expiry_key(table, new, place), &place_of(table, place)),
        None => Ok(()),
    }
}

fn place_of(table: &TableRecord, place: &str) -> PlaceRecord {
    PlaceRecord {
        account: table.account.clone(),
        region: table.region.clone(),
        table: table.name.clone(),
        place: place.to_owned(),
    }
}

/// Which part of a table or index is walked: between two places, forwards or backwards.
pub(super) struct Walk<'a> {
    pub(super) table: &'a TableRecord,
    pub(super) index: Option<&'a IndexRecord>,
    /// The first place and the one behind the last.
    pub(super) from: String,
    pub(super) to: String,
    /// The place to go on behind.
    pub(super) after: Option<String>,
    pub(super) backwards: bool,
}

/// Shows `visit` the items of a walk in order until it answers `false`.
pub(super) fn walk(
    cx: &Cx,
    walk: &Walk,
    mut visit: impl FnMut(Item) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    let Walk { table, index, from, to, after, backwards } = walk;
    let head = match index {
        Some(index) => format!("{}/{}/", table.id, index.name),
        None => format!("{}/", table.id),
    };
    let (mut from, mut to) = (format!("{head}{from}"), format!("{head}{to}"));
    let mut start = Bound::Included(());
    if let Some(after) = after {
        let after = format!("{head}{after}");
        if *backwards {
            to = to.min(after);
        } else if after >= from {
            from = after;
            start = Bound::Excluded(());
        }
    }
    if from >= to {
        return Ok(());
    }
    let between = (start.map(|()| from.as_str()), Bound::Excluded(to.as_str()));
    match index {
        None => cx.walk(&ITEMS, between, *backwards, |_, ItemRecord(item)| visit(item)),
        Some(index) => {
            cx.walk(&ENTRIES, between, *backwards, |_, EntryRecord(place)| {
                match item(cx, table, &place)? {
                    Some(item) => visit(index.view(table, &item)),
                    None => Err(Fault::internal("an index entry leads to no item")),
                }
            })
        }
    }
}

/// The place of an item or a key within an index.
pub(super) fn index_place(table: &TableRecord, index: &IndexRecord, item: &Item) -> Option<String> {
    Some(format!("{}{}", index.schema.place(item)?, table.schema.place(item)?))
}

/// Takes every item of a table into an index that is new, or into the expiries of a table whose
/// time to live is.
pub(super) fn rebuild(
    cx: &mut Cx,
    table: &TableRecord,
    index: Option<&IndexRecord>,
) -> Result<(), Fault> {
    let mut counted = Sizes::default();
    let mut after: Option<String> = None;
    let head = format!("{}/", table.id);
    loop {
        let page = cx.scan(&ITEMS, &head, after.as_deref(), 256)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for (key, ItemRecord(item)) in page {
            let place = key.strip_prefix(&head).unwrap_or_default();
            match index {
                None => note_expiry(cx, table, place, (None, Some(&item)))?,
                Some(index) => {
                    // An item whose attributes cannot be keys of the index is left out of it.
                    if index.schema.check_index(&index.name, &item).is_err() {
                        continue;
                    }
                    let Some(entry) = index.entry(table, &item, place) else { continue };
                    counted.replace(None, Some(&index.view(table, &item)));
                    cx.put(&ENTRIES, &entry, &EntryRecord(place.to_owned()))?;
                }
            }
        }
    }
    let Some(index) = index else { return Ok(()) };
    let mut sizes = sizes(cx, table)?;
    sizes.indexes.insert(index.name.clone(), counted);
    cx.put(&SIZES, &table.id, &sizes)
}

/// Removes the entries of an index, or every expiry of a table.
pub(super) fn forget_index(cx: &mut Cx, table: &TableRecord, index: &str) -> Result<(), Fault> {
    let head = format!("{}/{index}/", table.id);
    loop {
        let page = cx.scan(&ENTRIES, &head, None, 1_000)?;
        if page.is_empty() {
            break;
        }
        for (entry, _) in page {
            cx.delete(&ENTRIES, &entry)?;
        }
    }
    let mut sizes = sizes(cx, table)?;
    sizes.indexes.remove(index);
    cx.put(&SIZES, &table.id, &sizes)
}

/// Items whose time to live has ended, oldest first; at most `limit`.
pub(super) fn expired(cx: &Cx, limit: usize) -> Result<Vec<(String, PlaceRecord)>, Fault> {
    let now = format!("{:020}", cx.now().timestamp());
    let found = cx.scan(&EXPIRIES, "", None, limit)?;
    Ok(found.into_iter().take_while(|(entry, _)| entry.split('/').next() < Some(&now)).collect())
}

/// Removes an expired item, and its entry in any case. An item stays whose time changed since,
/// whose table has no time to live any more, or whose time is years ago.
pub(super) fn expire(cx: &mut Cx, entry: &str, due: &PlaceRecord) -> Result<(), Fault> {
    cx.delete(&EXPIRIES, entry)?;
    let Some(table) = table(cx, &due.account, &due.region, &due.table)? else { return Ok(()) };
    let Some(item) = item(cx, &table, &due.place)? else { return Ok(()) };
    let Some(end) = table.expiry(&item) else { return Ok(()) };
    let forgotten = end < (cx.now() - Duration::days(OLDEST_EXPIRY_DAYS)).timestamp();
    if forgotten || expiry_key(&table, end, &due.place) != entry {
        return Ok(());
    }
    write(cx, &table, &due.place, Some(&item), None)
}

/// A deleted table whose items are still there, and its entry.
pub(super) fn purgeable(cx: &Cx) -> Result<Option<(String, PurgeRecord)>, Fault> {
    let now = format!("{:020}", cx.now().timestamp_millis());
    let first = cx.scan(&PURGES, "", None, 1)?.pop();
    Ok(first.filter(|(entry, _)| entry.split('/').next() <= Some(&now)))
}

/// Removes some of a deleted table's records, and its entry with the last of them.
pub(super) fn purge(cx: &mut Cx, entry: &str, purge: &PurgeRecord) -> Result<(), Fault> {
    let head = format!("{}/", purge.id);
    let items = cx.scan(&ITEMS, &head, None, 1_000)?;
    let entries = cx.scan(&ENTRIES, &head, None, 1_000)?;
    for (key, _) in &items {
        cx.delete(&ITEMS, key)?;
    }
    for (key, _) in &entries {
        cx.delete(&ENTRIES, key)?;
    }
    if items.len() + entries.len() > 0 {
        return Ok(());
    }
    cx.delete(&SIZES, &purge.id)?;
    let table = key(&purge.account, &purge.region, &purge.table);
    if cx.get(&TABLES, &table)?.is_some_and(|table| table.id == purge.id) {
        cx.delete(&TABLES, &table)?;
    }
    cx.delete(&PURGES, entry).map(drop)
}

/// The transaction that was carried out under a token of the caller's account.
pub(super) fn token(cx: &Cx, token: &str) -> Result<Option<TokenRecord>, Fault> {
    let known = cx.get(&TOKENS, &key(cx.account()?, cx.region(), token))?;
    Ok(known.filter(|known| cx.now() < known.until))
}

/// Keeps a token until its time is over.
pub(super) fn put_token(cx: &mut Cx, token: &str, record: &TokenRecord) -> Result<(), Fault> {
    let key = key(cx.account()?, cx.region(), token);
    let end = format!("{:020}/{key}", record.until.timestamp_millis());
    cx.put(&TOKEN_ENDS, &end, &EntryRecord(key.clone()))?;
    cx.put(&TOKENS, &key, record)
}

/// Whether a token's time is over.
pub(super) fn has_old_tokens(cx: &Cx) -> Result<bool, Fault> {
    Ok(!old_tokens(cx, 1)?.is_empty())
}

fn old_tokens(cx: &Cx, limit: usize) -> Result<Vec<(String, EntryRecord)>, Fault> {
    let now = format!("{:020}", cx.now().timestamp_millis());
    let found = cx.scan(&TOKEN_ENDS, "", None, limit)?;
    Ok(found.into_iter().take_while(|(end, _)| end.split('/').next() <= Some(&now)).collect())
}

/// Removes some of the tokens whose time is over.
pub(super) fn forget_tokens(cx: &mut Cx) -> Result<(), Fault> {
    for (end, EntryRecord(key)) in old_tokens(cx, 1_000)? {
        cx.delete(&TOKEN_ENDS, &end)?;
        if cx.get(&TOKENS, &key)?.is_some_and(|token| token.until <= cx.now()) {
            cx.delete(&TOKENS, &key)?;
        }
    }
    Ok(())
}
