//! What arrived: manifest against listing against count, and each object read once for its
//! SHA-256 and its own count of records.

use super::Done;
use crate::file::Unload;
use crate::journal::Entry;
use crate::objects::{self, Listed, Manifest, header_lines};
use crate::place::Account;
use crate::report::{Moved, MovedFile};
use crate::trouble::{Result, Trouble};
use crate::work::Work;

/// Looks at what the UNLOAD left and journals it.
pub(super) async fn look(work: &mut Work<'_>, unload: &Unload, done: &Done) -> Result<Moved> {
    let unloaded = done.counted.rows;
    let key = objects::manifest_key(work);
    let listed = objects::list(work, work.movement.store.prefix()).await?;
    let manifest = match listed.iter().any(|object| object.key == key) {
        true => Some(objects::manifest(work, &key).await?),
        // An UNLOAD of no rows may write neither files nor manifest.
        false if unloaded == 0 => None,
        false => return Err(wrong(work, vec![format!("there is no manifest at {key}")])),
    };
    let (files, mut problems) = match &manifest {
        Some(manifest) => check(work, unload, manifest, &listed).await?,
        None => (Vec::new(), Vec::new()),
    };
    let records: u64 = files.iter().map(|file| file.records).sum();
    let headers = header_lines(&unload.form) * files.len() as u64;
    let rows = records.saturating_sub(headers);
    if rows != unloaded {
        let said = unloaded;
        problems.push(format!("the manifest counts {rows} rows, the warehouse unloaded {said}"));
    }
    if !problems.is_empty() {
        return Err(wrong(work, problems));
    }
    let manifest_key = manifest.as_ref().map(|_| key);
    work.note(Entry::Arrived {
        run: done.run.clone(),
        rows,
        manifest: manifest_key.clone(),
        manifest_sha256: manifest.map(|manifest| manifest.sha256),
        files: files.clone(),
        landing: None,
    })?;
    let bytes = files.iter().map(|file| file.bytes).sum();
    let run = done.run.clone();
    Ok(Moved {
        run,
        rows,
        bytes,
        manifest: manifest_key,
        files,
        elapsed_ms: done.elapsed_ms,
        landing: None,
    })
}

/// Every entry of the manifest against the listing and, with checksums, against the object.
async fn check(
    work: &Work<'_>,
    unload: &Unload,
    manifest: &Manifest,
    listed: &[Listed],
) -> Result<(Vec<MovedFile>, Vec<String>)> {
    let target = &work.movement.store;
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for entry in &manifest.entries {
        let Some(key) = entry.key(target.bucket()) else {
            problems.push(format!("the manifest names {}, outside the bucket", entry.url));
            continue;
        };
        let Some(object) = listed.iter().find(|object| object.key == key) else {
            problems.push(format!("{key} is in the manifest and not in the bucket"));
            continue;
        };
        if object.bytes != entry.bytes() {
            let (found, said) = (object.bytes, entry.bytes());
            problems.push(format!("{key} has {found} bytes, the manifest says {said}"));
        }
        let mut sha256 = None;
        if work.movement.checksums {
            let read = objects::read(work, key, &unload.form).await?;
            if read.records.is_some_and(|records| records != entry.records()) {
                let found = read.records.unwrap_or_default();
                let said = entry.records();
                problems.push(format!("{key} holds {found} records, the manifest says {said}"));
            }
            sha256 = Some(read.sha256);
        }
        let records = entry.records();
        files.push(MovedFile {
            key: key.to_owned(),
            bytes: object.bytes,
            records,
            sha256,
            etag: None,
        });
    }
    Ok((files, problems))
}

fn wrong(work: &Work<'_>, problems: Vec<String>) -> Box<Trouble> {
    let target = &work.movement.store;
    let tried = format!("check what arrived in s3://{}/{}", target.bucket(), target.prefix());
    let mut trouble = Trouble::new(tried).said("it is not what was unloaded");
    trouble.why = problems;
    Box::new(trouble.at(7, work.label(Account::Store)))
}
