//! Rows that come from outside into a table: a table function of ours that statements of ours
//! read, so that defaults, NOT NULL and checks hold as for any other INSERT.
//!
//! The engine calls the function back by the number of a feed; the numbers lead to feeds in one
//! table of the process, because a callback is given nothing else. User SQL cannot name the
//! function. Start reading at [`Connection::insert_from`].

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use duckdb::core::{DataChunkHandle, LogicalTypeHandle, LogicalTypeId};
use duckdb::vtab::{
    BindInfo, InitInfo, TableFunctionInfo, VTab, record_batch_to_duckdb_data_chunk,
    to_duckdb_logical_type_for_field,
};

use super::{Connection, EngineFault};

/// The function's name.
const FUNCTION: &str = "lb_feed";
/// Rows that the engine takes at a time.
const VECTOR: usize = 2048;

/// What travels through a feed.
pub(crate) enum Fed {
    /// Some rows.
    Rows(RecordBatch),
    /// All rows have come. A feed that ends without it has failed.
    End,
}

/// The feeds that statements read now.
static FEEDS: Mutex<BTreeMap<i64, Arc<Feed>>> = Mutex::new(BTreeMap::new());
/// The last number given out.
static LAST: AtomicI64 = AtomicI64::new(0);

fn feeds() -> MutexGuard<'static, BTreeMap<i64, Arc<Feed>>> {
    FEEDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The rows' columns and where they come from.
pub(super) struct Feed {
    schema: SchemaRef,
    state: Mutex<State>,
}

struct State {
    rows: Receiver<Fed>,
    /// A batch and how many of its rows the engine has.
    current: Option<(RecordBatch, usize)>,
    ended: bool,
}

impl State {
    /// The next rows for the engine, `None` when all have come.
    fn next(&mut self) -> Result<Option<RecordBatch>, Box<dyn Error>> {
        loop {
            if let Some((batch, given)) = &mut self.current {
                let left = batch.num_rows().saturating_sub(*given);
                if left > 0 {
                    let count = left.min(VECTOR);
                    let slice = batch.slice(*given, count);
                    *given = given.saturating_add(count);
                    return Ok(Some(slice));
                }
            }
            if self.ended {
                return Ok(None);
            }
            match self.rows.recv() {
                Ok(Fed::Rows(batch)) => self.current = Some((batch, 0)),
                Ok(Fed::End) => {
                    self.ended = true;
                    self.current = None;
                }
                Err(_) => return Err("the source of the rows has failed".into()),
            }
        }
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

    fn init(_: &InitInfo) -> Result<Self::InitData, Box<dyn Error>> {
        Ok(())
    }

    fn func(
        func: &TableFunctionInfo<Self>,
        output: &mut DataChunkHandle,
    ) -> Result<(), Box<dyn Error>> {
        let feed = func.get_bind_data();
        let mut state = feed.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.next()? {
            Some(rows) => record_batch_to_duckdb_data_chunk(&rows, output),
            None => {
                output.set_len(0);
                Ok(())
            }
        }
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
    /// rows' source, as SQL, into the statement. Gives the number of rows inserted.
    pub(crate) fn insert_from(
        &self,
        schema: SchemaRef,
        rows: Receiver<Fed>,
        insert: impl FnOnce(&str) -> String,
    ) -> Result<u64, EngineFault> {
        let number = LAST.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        let state = Mutex::new(State { rows, current: None, ended: false });
        feeds().insert(number, Arc::new(Feed { schema, state }));
        let inserted = self.run(&insert(&format!("{FUNCTION}({number})")));
        // Whoever still sends finds that nobody listens.
        feeds().remove(&number);
        inserted
    }
}
