//! Rows that come from outside into a table: a table function of ours that statements of ours
//! read, so that defaults, NOT NULL and checks hold as for any other INSERT.
//!
//! The engine calls the function back by the number of a feed; the numbers lead to feeds in one
//! table of the process, because a callback is given nothing else. User SQL cannot name the
//! function. Few rows are inserted in the order they come; many by several threads of the engine,
//! in whatever order, because a single one checks each row twice and leaves the others spinning.
//! Start reading at [`Connection::insert_from`].

mod chunk;
mod reader;
mod rests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::error::Error;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use duckdb::core::{DataChunkHandle, LogicalTypeHandle, LogicalTypeId};
use duckdb::vtab::{BindInfo, InitInfo, TableFunctionInfo, VTab, to_duckdb_logical_type_for_field};

use super::cache::Cache;
use super::{Connection, EngineFault};
use chunk::address;
use reader::Reader;
use rests::{Rest, Rests};

/// The function's name.
const FUNCTION: &str = "lb_feed";
/// More rows than these, or more bytes, are many: the engine's group of rows, on which its
/// threads work beside each other.
const MANY_ROWS: usize = 122_880;
const MANY_BYTES: usize = 32 << 20;
/// Threads of the engine that insert many rows; it has fewer where the machine does.
const THREADS: u64 = 8;

/// What travels through a feed.
pub(crate) enum Fed {
    /// Some rows.
    Rows(RecordBatch),
    /// Rows that are read when their turn has come, on the engine's thread that inserts them.
    Group(Group),
    /// All rows have come. A feed that ends without it has failed.
    End,
}

/// Rows that can be read by themselves.
pub(crate) struct Group {
    /// How many there are said to be.
    pub rows: usize,
    /// Reads them.
    pub batches: Box<dyn Iterator<Item = Result<RecordBatch, Unread>> + Send>,
}

/// The rows of a group cannot be read; whoever made the group knows why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unread;

/// The feeds that statements read now.
static FEEDS: Mutex<BTreeMap<i64, Arc<Feed>>> = Mutex::new(BTreeMap::new());
/// The last number given out.
static LAST: AtomicI64 = AtomicI64::new(0);

fn feeds() -> MutexGuard<'static, BTreeMap<i64, Arc<Feed>>> {
    FEEDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The rows' columns, where they come from, and who reads them.
pub(super) struct Feed {
    schema: SchemaRef,
    state: Mutex<State>,
    /// By the address of the chunk that each fills; a reader at work is not here.
    readers: Mutex<HashMap<usize, Reader>>,
    rests: Rests,
}

struct State {
    rows: Receiver<Fed>,
    /// What came before the statement began.
    first: VecDeque<Fed>,
    ended: bool,
}

impl State {
    /// Waits for as many rows as are many, or for all; whether they are many.
    fn begin(&mut self) -> bool {
        let (mut rows, mut bytes) = (0_usize, 0_usize);
        while rows <= MANY_ROWS && bytes <= MANY_BYTES {
            let fed = match self.rows.recv() {
                Ok(Fed::End) => {
                    self.ended = true;
                    return false;
                }
                Ok(fed) => fed,
                // The statement finds it out again, and fails.
                Err(_) => return false,
            };
            match &fed {
                Fed::Rows(batch) => {
                    rows = rows.saturating_add(batch.num_rows());
                    bytes = bytes.saturating_add(batch.get_array_memory_size());
                }
                Fed::Group(group) => rows = rows.saturating_add(group.rows),
                Fed::End => {}
            }
            self.first.push_back(fed);
        }
        true
    }
}

impl Feed {
    /// What comes next, `None` when all has come.
    fn take(&self) -> Result<Option<Fed>, Box<dyn Error>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fed) = state.first.pop_front() {
            return Ok(Some(fed));
        }
        if state.ended {
            return Ok(None);
        }
        match state.rows.recv() {
            Ok(Fed::End) => {
                state.ended = true;
                Ok(None)
            }
            Ok(fed) => Ok(Some(fed)),
            Err(_) => Err("the source of the rows has failed".into()),
        }
    }

    /// Puts the next rows into a chunk; whether there are any.
    fn fill(&self, output: &mut DataChunkHandle) -> Result<bool, Box<dyn Error>> {
        let chunk = address(output);
        // No lock is held while rows are read and put into the engine's form.
        let known = self.readers().remove(&chunk);
        if known.is_some() {
            self.rests.back();
        }
        let mut reader = known.unwrap_or_default();
        let Some(rows) = reader.next(|| self.take())? else {
            output.set_len(0);
            return Ok(false);
        };
        self.rests.away(reader.begun());
        reader.shown.show(rows, &self.schema, output)?;
        self.readers().insert(chunk, reader);
        Ok(true)
    }

    fn readers(&self) -> MutexGuard<'_, HashMap<usize, Reader>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether everything that came has been read to its end.
    fn is_done(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.ended && state.first.is_empty() && self.readers().is_empty()
    }
}

impl Rest for Cache {
    fn is_worth_it(&self) -> bool {
        self.is_alone()
    }

    fn take(&self) {
        self.trim();
    }
}

/// The table function.
pub(super) struct FeedFunction;

impl VTab for FeedFunction {
    type InitData = ();
    type BindData = Arc<Feed>;

    fn bind(bind: &BindInfo) -> Result<Self::BindData, Box<dyn Error>> {
        let number = bind.get_parameter(0).to_int64();
        let feed = feeds().get(&number).cloned().ok_or("no such feed")?;
        for field in feed.schema.fields() {
            bind.add_result_column(field.name(), to_duckdb_logical_type_for_field(field)?);
        }
        Ok(feed)
    }

    fn init(init: &InitInfo) -> Result<Self::InitData, Box<dyn Error>> {
        // Where order is kept the engine uses one, whatever is said here.
        init.set_max_threads(THREADS);
        Ok(())
    }

    fn func(
        func: &TableFunctionInfo<Self>,
        output: &mut DataChunkHandle,
    ) -> Result<(), Box<dyn Error>> {
        let feed = func.get_bind_data();
        let filled = feed.fill(output);
        if filled.as_ref().map_or(true, |more| !more) {
            feed.rests.over();
        }
        filled.map(drop)
    }

    fn parameters() -> Option<Vec<LogicalTypeHandle>> {
        Some(vec![LogicalTypeHandle::from(LogicalTypeId::Bigint)])
    }
}

/// Makes the function known to an engine.
pub(super) fn register(root: &duckdb::Connection) -> Result<(), EngineFault> {
    Ok(root.register_table_function::<FeedFunction>(FUNCTION)?)
}

impl Connection {
    /// Runs an INSERT whose rows come through a channel, up to [`Fed::End`]; `insert` puts the
    /// rows' source, as SQL, into the statement. Gives the number of rows inserted. Only few rows
    /// ([`MANY_ROWS`]) keep their order. What goes into a temporary table lies in memory, so there
    /// is nothing to give back meanwhile.
    pub(crate) fn insert_from(
        &self,
        schema: SchemaRef,
        (rows, temporary): (Receiver<Fed>, bool),
        insert: impl FnOnce(&str) -> String,
    ) -> Result<u64, EngineFault> {
        let number = LAST.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        let mut state = State { rows, first: VecDeque::new(), ended: false };
        let many = state.begin();
        let (state, readers) = (Mutex::new(state), Mutex::default());
        let rests = Rests::new(if temporary { None } else { Some(self.cache()?) });
        let feed = Arc::new(Feed { schema, state, readers, rests });
        feeds().insert(number, Arc::clone(&feed));
        let sql = insert(&format!("{FUNCTION}({number})"));
        let inserted = if many { self.run_in_any_order(&sql) } else { self.run(&sql) };
        // Whoever still sends finds that nobody listens.
        feeds().remove(&number);
        if inserted.is_ok() && !feed.is_done() {
            return Err(EngineFault { message: String::from("rows were left over") });
        }
        inserted
    }
}
