//! The threads of a load: one reads the objects, as many as there are processors convert, one
//! accounts, and the caller's inserts (which reads columnar files itself). All queues are short, so
//! memory does not grow with the files. Start reading at [`run`].

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use load::text::Text;
use redshift_sql::CopySource;

use super::account::Accountant;
use super::objects::Source;
use super::read::{Reader, convert};
use super::{Around, LoadEnd, LoadReport, LoadRequest};
use crate::engine::Fed;
use crate::ports::RoleSession;
use crate::unload::UnloadError;

/// Converted batches that may wait for the insertion.
const WAITING_ROWS: usize = 4;
/// Threads that convert at most.
const MAX_WORKERS: usize = 8;

/// Loads the objects; `report` tells how far it came, whatever the end.
pub(super) fn run<E: Send>(
    request: &LoadRequest<'_>,
    around: &Around<'_>,
    (session, sources): (&Arc<dyn RoleSession>, &[Source]),
    insert: impl FnOnce(Receiver<Fed>) -> Result<(), E>,
    report: &mut LoadReport,
) -> Result<(), LoadEnd<E>> {
    let stop = Arc::new(AtomicBool::new(false));
    let workers = thread::available_parallelism().map_or(2, |n| n.get().min(MAX_WORKERS));
    let text = match &request.statement.from {
        CopySource::DynamoDb { .. } => None,
        _ => Text::of(&request.statement.format, request.options),
    };
    let (steps, to_account) = sync_channel(workers.saturating_mul(2));
    let (work, to_convert) = sync_channel(workers);
    let to_convert = Mutex::new(to_convert);
    let (feed, rows) = sync_channel(WAITING_ROWS);
    let (to_convert, stop) = (&to_convert, &stop);
    thread::scope(|scope| {
        let no_load = request.options.no_load;
        let accountant = Accountant {
            request,
            around,
            sources,
            stop,
            feed: (!no_load).then_some(feed),
            report: std::mem::take(report),
            replacements: 0,
            groups: VecDeque::new(),
        };
        let spawn = |name: &str| thread::Builder::new().name(format!("copy-{name}"));
        let reader = Reader { request, session, stop, steps, work };
        let mut started = spawn("read").spawn_scoped(scope, move || reader.run(sources)).is_ok();
        for text in text.iter().flat_map(|text| std::iter::repeat_n(text, workers)) {
            let convert = move || convert(request, text, to_convert, stop);
            started &= spawn("convert").spawn_scoped(scope, convert).is_ok();
        }
        let account = spawn("account").spawn_scoped(scope, move || accountant.run(&to_account));
        let Ok(account) = account.map_err(drop) else { return Err(no_thread()) };
        if !started {
            stop.store(true, Ordering::Relaxed);
        }
        let inserted = if no_load { Ok(()) } else { insert(rows) };
        if inserted.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        let (counted, end) = account.join().map_err(|_| no_thread())?;
        *report = counted;
        if !started {
            return Err(no_thread());
        }
        // The accountant's reason comes first: the insertion fails when its rows stop coming.
        end.and_then(|()| inserted.map_err(LoadEnd::Insert))
    })
}

fn no_thread<E>() -> LoadEnd<E> {
    LoadEnd::Refused(UnloadError::plain("53000", "COPY: no thread for a reader"))
}
