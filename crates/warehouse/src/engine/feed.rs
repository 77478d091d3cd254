//! Rows that come from outside into a table: a table function of ours that statements of ours
//! read, so that defaults, NOT NULL and checks hold as for any other INSERT.
//!
//! The engine calls the function back by the number of a feed; the numbers lead to feeds in one
//! table of the process, because a callback is given nothing else. User SQL cannot name the
//! function. Few rows are inserted in the order they come; many by several threads of the engine,
//! in whatever order, because a single one checks each row twice and leaves the others spinning.
//! Start reading at [`Connection::insert_from`].

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::error::Error;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

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
    /// Batches that came before the statement began.
    first: VecDeque<RecordBatch>,
    /// The batch of each thread of the engine, and how many of its rows it has.
    current: HashMap<ThreadId, (RecordBatch, usize)>,
    ended: bool,
}

impl State {
    /// Waits for as many rows as are many, or for all; whether they are many.
    fn begin(&mut self) -> bool {
        let (mut rows, mut bytes) = (0_usize, 0_usize);
        while rows <= MANY_ROWS && bytes <= MANY_BYTES {
            match self.rows.recv() {
                Ok(Fed::Rows(batch)) => {
                    rows = rows.saturating_add(batch.num_rows());
                    bytes = bytes.saturating_add(batch.get_array_memory_size());
                    self.first.push_back(batch);
                }
                Ok(Fed::End) => {
                    self.ended = true;
                    return false;
                }
                // The statement finds it out again, and fails.
                Err(_) => return false,
            }
        }
        true
    }

    /// The next rows for a thread of the engine, `None` when all have come.
    fn next(&mut self, thread: ThreadId) -> Result<Option<RecordBatch>, Box<dyn Error>> {
        loop {
            if let Some(slice) = self.slice(thread) {
                return Ok(Some(slice));
            }
            if let Some(batch) = self.first.pop_front() {
                self.current.insert(thread, (batch, 0));
            } else if self.ended {
                // What another thread has begun and come to no end with.
                let Some(other) = self.current.keys().next().copied() else { return Ok(None) };
                if let Some(slice) = self.slice(other) {
                    return Ok(Some(slice));
                }
            } else {
                match self.rows.recv() {
                    Ok(Fed::Rows(batch)) => {
                        self.current.insert(thread, (batch, 0));
                    }
                    Ok(Fed::End) => self.ended = true,
                    Err(_) => return Err("the source of the rows has failed".into()),
                }
            }
        }
    }

    /// The next rows of a thread's batch; a batch without any more is forgotten.
    fn slice(&mut self, thread: ThreadId) -> Option<RecordBatch> {
        let (batch, given) = self.current.get_mut(&thread)?;
        let left = batch.num_rows().saturating_sub(*given);
        let slice = batch.slice(*given, left.min(VECTOR));
        *given = given.saturating_add(slice.num_rows());
        if *given >= batch.num_rows() {
            self.current.remove(&thread);
        }
        (slice.num_rows() > 0).then_some(slice)
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
        // Only rows are taken under the lock; each thread puts its own into the engine's form.
        let next = {
            let mut state = feed.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.next(thread::current().id())?
        };
        match next {
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
    /// rows' source, as SQL, into the statement. Gives the number of rows inserted. Only few rows
    /// ([`MANY_ROWS`]) keep their order.
    pub(crate) fn insert_from(
        &self,
        schema: SchemaRef,
        rows: Receiver<Fed>,
        insert: impl FnOnce(&str) -> String,
    ) -> Result<u64, EngineFault> {
        let number = LAST.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        let (first, current) = (VecDeque::new(), HashMap::new());
        let mut state = State { rows, first, current, ended: false };
        let many = state.begin();
        feeds().insert(number, Arc::new(Feed { schema, state: Mutex::new(state) }));
        let sql = insert(&format!("{FUNCTION}({number})"));
        let inserted = if many { self.run_in_any_order(&sql) } else { self.run(&sql) };
        // Whoever still sends finds that nobody listens.
        feeds().remove(&number);
        inserted
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::mpsc::sync_channel;
    use std::thread;

    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};
    use arrow::record_batch::RecordBatch;

    use super::super::{Connection, DatabaseFile, Engine, EngineFault, EngineOptions};
    use super::Fed;

    fn engine(directory: &Path) -> Engine {
        let staging = directory.join("staging");
        std::fs::create_dir(&staging).unwrap();
        let file = DatabaseFile { name: "dev".into(), path: directory.join("dev.duckdb") };
        let options = EngineOptions {
            file: &file,
            staging: &staging,
            memory_megabytes: 256,
            acts: Arc::new(crate::registry::Registry::default()),
            threads: 2,
        };
        Engine::open(&options, |_| Ok(())).unwrap()
    }

    /// Feeds the numbers below `rows` in batches, then ends as told.
    fn feed(connection: &Connection, rows: i64, ends: bool) -> Result<u64, EngineFault> {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
        let (sender, receiver) = sync_channel(2);
        let sent = Arc::clone(&schema);
        let feeder = thread::spawn(move || {
            for from in (0..rows).step_by(5000) {
                let numbers: Int64Array = (from..(from + 5000).min(rows)).collect();
                let batch = RecordBatch::try_new(Arc::clone(&sent), vec![Arc::new(numbers)]);
                if sender.send(Fed::Rows(batch.unwrap())).is_err() {
                    return;
                }
            }
            if ends {
                let _ = sender.send(Fed::End);
            }
        });
        let inserted = connection.insert_from(schema, receiver, |source| {
            format!("INSERT INTO \"dev$db\".t SELECT n FROM {source}")
        });
        feeder.join().unwrap();
        inserted
    }

    fn number(connection: &Connection, sql: &str) -> i64 {
        connection.rows(sql).unwrap()[0][0].int()
    }

    #[test]
    fn rows_arrive_once_and_few_in_their_order() {
        let directory = tempfile::tempdir().unwrap();
        let connection = engine(directory.path()).connect().unwrap();
        connection.run("CREATE TABLE \"dev$db\".t (n BIGINT CHECK (n <> 777777))").unwrap();
        assert_eq!(feed(&connection, 100_000, true), Ok(100_000));
        let disordered = "SELECT count(*) FROM \"dev$db\".t WHERE n <> rowid";
        assert_eq!(number(&connection, disordered), 0);
        assert_eq!(feed(&connection, 600_000, true), Ok(600_000));
        assert_eq!(number(&connection, "SELECT count(*) FROM \"dev$db\".t"), 700_000);
        let sum = number(&connection, "SELECT sum(n)::BIGINT FROM \"dev$db\".t");
        assert_eq!(sum, (100_000 * 99_999 + 600_000 * 599_999) / 2);
    }

    #[test]
    fn what_fails_inserts_nothing_and_leaves_the_order_of_rows_kept() {
        let directory = tempfile::tempdir().unwrap();
        let connection = engine(directory.path()).connect().unwrap();
        connection.run("CREATE TABLE \"dev$db\".t (n BIGINT CHECK (n <> 777777))").unwrap();
        let order = "SELECT current_setting('preserve_insertion_order')::INT";
        for (rows, ends) in [(900_000, true), (1_000, false), (300_000, false)] {
            connection.run("BEGIN").unwrap();
            assert!(feed(&connection, rows, ends).is_err(), "{rows}");
            connection.run("ROLLBACK").unwrap();
            assert_eq!(number(&connection, "SELECT count(*) FROM \"dev$db\".t"), 0, "{rows}");
            assert_eq!(number(&connection, order), 1, "{rows}");
        }
    }
}
