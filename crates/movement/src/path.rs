//! The path of a movement as seven hops, and its title line.

use crate::file::{IfExists, What};
use crate::report::{Event, Hop, HopState, Side};
use crate::work::Work;

/// Longest select shown in a title, in characters.
const TITLE_SELECT: usize = 48;

/// The movement in one line.
pub(crate) fn title(work: &Work<'_>) -> Event {
    let source = &work.movement.source;
    let target = &work.movement.target;
    let from = match &source.what {
        What::Table { table, columns, filter } => {
            let columns = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
            let some = if filter.is_some() { " where …" } else { "" };
            let name = format!("{}.{}.{}", source.database, table.schema, table.relation);
            format!("select {} from {name}{some}", shortened(&columns))
        }
        What::Query { sql, .. } => {
            let flat: Vec<&str> = sql.split_whitespace().collect();
            shortened(&flat.join(" "))
        }
    };
    let mut form = target.form.format.word().to_owned();
    if let Some(compression) = target.form.compression {
        form = format!("{form} {}", compression.word());
    }
    if !target.form.partition_by.is_empty() {
        form = format!("{form}, by {}", target.form.partition_by.join(", "));
    }
    if target.if_exists == IfExists::Replace {
        form = format!("{form}, replacing");
    }
    let to = format!("s3://{}/{}", target.bucket, target.prefix);
    Event::Title { name: work.movement.name.clone(), from, to, form }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= TITLE_SELECT {
        return text.to_owned();
    }
    let kept: String = text.chars().take(TITLE_SELECT - 1).collect();
    format!("{}…", kept.trim_end())
}

/// The seven hops, planned.
pub(crate) fn hops(work: &Work<'_>) -> Vec<Hop> {
    let movement = work.movement;
    let (source, target, roles) = (&movement.source, &movement.target, &movement.roles);
    let principal = work.facts.principal.rsplit(['/', ':']).next().unwrap_or_default();
    let secret_key = match &source.secret_key {
        Some(key) => format!("key {}", short_key(key.id())),
        None => String::new(),
    };
    let object_key = match &target.key {
        Some(key) => format!("key {}", short_key(key.id())),
        None => "SSE-S3".to_owned(),
    };
    let texts = [
        (Side::Target, format!("{principal} → {}", roles.entry), String::new()),
        (Side::Source, format!("→ {}", roles.secret_reader), "external id, 1 h".to_owned()),
        (Side::Source, format!("read secret {}", source.secret), secret_key),
        (
            Side::Source,
            format!("log in to {}.{} as {}", source.cluster, source.database, source.user),
            "TLS, verified".to_owned(),
        ),
        (
            Side::Source,
            format!("{} → {}", source.cluster, roles.cluster),
            format!("attached, may be used by {} for UNLOAD", source.user),
        ),
        (
            Side::Target,
            format!("→ {}", roles.writer),
            format!("as dbuser:{}/{}", source.cluster, source.user),
        ),
        (Side::Target, format!("write s3://{}/{}", target.bucket, target.prefix), object_key),
    ];
    (1u8..)
        .zip(texts)
        .map(|(number, (side, what, detail))| {
            let label = work.label(side).to_owned();
            Hop { number, side, label, what, detail, state: HopState::Planned, by: None }
        })
        .collect()
}

fn short_key(id: &str) -> &str {
    id.strip_prefix("alias/").unwrap_or(id)
}
