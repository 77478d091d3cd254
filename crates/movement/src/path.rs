//! The path of a movement as seven hops, and its title line.

use crate::file::{IfExists, Key, Mode, Movement, Place, Way, What};
use crate::place::Account;
use crate::report::{Event, Hop, HopState};
use crate::work::Work;

/// Longest select shown in a title, in characters.
const TITLE_SELECT: usize = 48;

/// The movement in one line.
pub(crate) fn title(work: &Work<'_>) -> Event {
    let movement = work.movement;
    let name = movement.name.clone();
    let form = formed(movement);
    let warehouse = &movement.warehouse;
    match &movement.way {
        Way::Out(unload) => {
            let mut form = form;
            if unload.if_exists == IfExists::Replace {
                form = format!("{form}, replacing");
            }
            let from = selected(&warehouse.database, &unload.what);
            Event::Title { name, from, to: movement.store.url(), form }
        }
        Way::In(load) => {
            let table =
                format!("{}.{}.{}", warehouse.database, load.table.schema, load.table.relation);
            let form = match &load.mode {
                Mode::Upsert { keys } => format!("{form}, upsert by {}", keys.join(", ")),
                mode => format!("{form}, {}", mode.word()),
            };
            Event::Title { name, from: movement.store.url(), to: table, form }
        }
    }
}

/// The form of the data in words: `csv gzip, by region`, `items`.
fn formed(movement: &Movement) -> String {
    if matches!(movement.store.place, Place::Table(_)) {
        return "items".to_owned();
    }
    let form = movement.form();
    let mut words = form.format.word().to_owned();
    if let Some(compression) = form.compression {
        words = format!("{words} {}", compression.word());
    }
    if movement.inward().is_some_and(|load| load.manifest.is_some()) {
        words = format!("{words}, by manifest");
    }
    if !form.partition_by.is_empty() {
        words = format!("{words}, by {}", form.partition_by.join(", "));
    }
    words
}

/// What is read of the warehouse.
fn selected(database: &str, what: &What) -> String {
    match what {
        What::Table { table, columns, filter } => {
            let columns = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
            let some = if filter.is_some() { " where …" } else { "" };
            let name = format!("{database}.{}.{}", table.schema, table.relation);
            format!("select {} from {name}{some}", shortened(&columns))
        }
        What::Query { sql, .. } => {
            let flat: Vec<&str> = sql.split_whitespace().collect();
            shortened(&flat.join(" "))
        }
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= TITLE_SELECT {
        return text.to_owned();
    }
    let kept: String = text.chars().take(TITLE_SELECT - 1).collect();
    format!("{}…", kept.trim_end())
}

/// The seven hops, planned; without a chain there is no sixth.
pub(crate) fn hops(work: &Work<'_>) -> Vec<Hop> {
    let movement = work.movement;
    let (near, roles) = (&movement.warehouse, &movement.roles);
    let principal = work.facts.principal.rsplit(['/', ':']).next().unwrap_or_default();
    let key = |key: &Option<Key>| key.as_ref().map(|key| format!("key {}", short_key(key.id())));
    let secret_key = key(&near.secret_key).unwrap_or_default();
    let (does, data_key) = match &movement.way {
        Way::Out(_) => ("write", key(&movement.store.key).unwrap_or_else(|| "SSE-S3".to_owned())),
        Way::In(_) => ("read", key(&movement.store.key).unwrap_or_default()),
    };
    let texts = [
        (1, Account::Store, format!("{principal} → {}", roles.entry), String::new()),
        (
            2,
            Account::Warehouse,
            format!("→ {}", roles.secret_reader),
            "external id, 1 h".to_owned(),
        ),
        (3, Account::Warehouse, format!("read secret {}", near.secret), secret_key),
        (
            4,
            Account::Warehouse,
            format!("log in to {}.{} as {}", near.cluster, near.database, near.user),
            "TLS, verified".to_owned(),
        ),
        (
            5,
            Account::Warehouse,
            format!("{} → {}", near.cluster, roles.cluster),
            format!("attached, may be used by {} for {}", near.user, movement.statement()),
        ),
        (
            6,
            Account::Store,
            format!("→ {}", roles.data),
            format!("as dbuser:{}/{}", near.cluster, near.user),
        ),
        (7, Account::Store, format!("{does} {}", movement.store.url()), data_key),
    ];
    texts
        .into_iter()
        .filter(|(number, ..)| *number != 6 || work.facts.chained)
        .map(|(number, account, what, detail)| {
            let (side, label) = (movement.side(account), work.label(account).to_owned());
            Hop { number, side, label, what, detail, state: HopState::Planned, by: None }
        })
        .collect()
}

fn short_key(id: &str) -> &str {
    id.strip_prefix("alias/").unwrap_or(id)
}
