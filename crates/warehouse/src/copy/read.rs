//! The reading side: one thread takes the objects in order, opens each, and turns it into steps
//! for the accountant; blocks of text go through the workers on their way, groups of columnar files
//! are read where they are inserted.
//!
//! Steps arrive in the order of the files and lines whatever the workers' speed: the place of a
//! block in the order is taken before it is converted. Start reading at [`Reader::run`].

use std::io::BufReader;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::record_batch::RecordBatch;
use load::avro::Avro;
use load::block::{Bad, Block, Blocks, Parsed, Replaced, parse};
use load::convert::Converter;
use load::decompress::{Limits, open};
use load::json::{Json, Shape};
use load::record::{ReadError, Record, Records};
use load::row::fields_of;
use load::text::Text;
use redshift_sql::{CopyFormat, CopySource, SqlType};

use super::columnar::{self, Told};
use super::items::{Items, Pace};
use super::objects::{Source, missing, read_whole};
use super::request::{LoadRequest, s3_parts};
use crate::engine::Group;
use crate::ports::{OpenObject, RoleSession};
use crate::unload::UnloadError;
use crate::unload::error::Context;
use crate::unload::target::stated_region;

/// Records of a format without blocks that make a batch.
const BATCH: usize = 8192;

/// What the accountant is told, in order.
pub(super) enum Step {
    /// An object is being read.
    Begin(usize),
    /// A block of text that a worker converts: its header lines and its place in the file.
    Block { parsed: Receiver<Result<Parsed, UnloadError>>, skipped: u64, offset: u64 },
    /// Records of a format without lines of its own; line numbers count from the file's start.
    Records(Parsed),
    /// A group of rows of a columnar file, and where it is told how its reading went.
    Group { group: Group, context: Context, told: Receiver<Told> },
    /// The object has been read whole: so many bytes.
    End(u64),
    /// It cannot be read further.
    Failed(UnloadError),
}

/// A block of text for the workers, and where its rows go.
pub(super) struct Work {
    block: Block,
    parsed: SyncSender<Result<Parsed, UnloadError>>,
}

/// What the reading thread works with.
pub(super) struct Reader<'a> {
    pub request: &'a LoadRequest<'a>,
    pub session: &'a Arc<dyn RoleSession>,
    pub stop: &'a Arc<AtomicBool>,
    pub steps: SyncSender<Step>,
    pub work: SyncSender<Work>,
}

/// The accountant has gone: nobody wants more.
struct Gone;

enum Ended {
    Gone,
    Failed(UnloadError),
}

impl From<Gone> for Ended {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl Reader<'_> {
    pub(super) fn run(self, sources: &[Source]) {
        let ended = self.prepare().and_then(|form| {
            sources
                .iter()
                .enumerate()
                .try_for_each(|(number, source)| self.file(number, source, &form))
        });
        if let Err(Ended::Failed(error)) = ended {
            // Nobody listens any more when this fails: the load has another reason to end.
            let _ = self.steps.send(Step::Failed(error));
        }
    }

    fn send(&self, step: Step) -> Result<(), Gone> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Gone);
        }
        self.steps.send(step).map_err(|_| Gone)
    }

    /// How the files are read; a JSONPaths file is read for it.
    fn prepare(&self) -> Result<Form, Ended> {
        let request = self.request;
        if matches!(request.statement.from, CopySource::DynamoDb { .. }) {
            return Ok(Form::Items);
        }
        if let Some(text) = Text::of(&request.statement.format, request.options) {
            return Ok(Form::Text(text));
        }
        match &request.statement.format {
            CopyFormat::Json(argument) => self.shape(argument).map(Form::Json),
            CopyFormat::Avro(argument) => self.shape(argument).map(Form::Avro),
            CopyFormat::Parquet { .. } | CopyFormat::Orc { .. } => Ok(Form::Columnar),
            _ => Err(Ended::Failed(UnloadError::plain("0A000", "COPY format is not supported"))),
        }
    }

    fn shape(&self, argument: &str) -> Result<Shape, Ended> {
        let fail = |error| Ended::Failed(error);
        match argument {
            "auto" => return Ok(Shape::Auto),
            "auto ignorecase" => return Ok(Shape::AutoIgnoreCase),
            "noshred" => return Ok(Shape::NoShred),
            _ => {}
        }
        let invalid = || {
            let message =
                format!("Invalid argument '{argument}': auto, noshred or a JSONPaths file");
            fail(UnloadError::plain("22023", message))
        };
        let (bucket, key) = s3_parts(argument).ok_or_else(invalid)?;
        let file = Source::object(bucket, key);
        let bytes = read_whole(self.request, self.session.as_ref(), (bucket, key)).map_err(fail)?;
        let paths = load::jsonpath::parse(&bytes, self.request.targets.len());
        let paths = paths.map_err(|message| {
            fail(UnloadError::at(message, &file.context(), &self.request.caller))
        })?;
        Ok(paths.map_or(Shape::Auto, Shape::Paths))
    }

    fn file(&self, number: usize, source: &Source, form: &Form) -> Result<(), Ended> {
        let request = self.request;
        let (bucket, key, mandatory) = match source {
            Source::Object { bucket, key, size, .. } if matches!(form, Form::Columnar) => {
                return self.columnar(number, source, (bucket, key, *size));
            }
            Source::Object { bucket, key, mandatory, .. } => (bucket, key, *mandatory),
            Source::Table { name, capacity } => {
                return self.table(number, source, (name, *capacity));
            }
        };
        let opened = match self.session.open(bucket, key, None) {
            Ok(opened) => opened,
            Err(error) if error.status == 404 && error.code == "NoSuchKey" => {
                return if mandatory { Err(Ended::Failed(missing(key, request))) } else { Ok(()) };
            }
            Err(error) => {
                let context = source.context();
                return Err(Ended::Failed(UnloadError::from_cloud(
                    &error,
                    &context,
                    &request.caller,
                )));
            }
        };
        self.send(Step::Begin(number))?;
        let OpenObject { bytes, body } = opened;
        let plain = open(request.statement.compression, body, Limits::default());
        let plain = load::encoding::decode(&request.options.encoding, plain);
        let names: Vec<String> = request.targets.iter().map(|t| t.name.clone()).collect();
        let json = request.targets.iter().map(|target| target.ty == SqlType::Super).collect();
        match form {
            Form::Text(text) => self.text(plain, text, source),
            Form::Json(shape) => {
                let records = Json::new(BufReader::new(plain), shape, &names);
                self.records(records.keeping_json(json), source)
            }
            Form::Avro(shape) => {
                let records = Avro::open(plain, shape, &names).map(|file| file.keeping_json(json));
                self.records(records.map_err(|error| self.unreadable(error, source))?, source)
            }
            Form::Columnar | Form::Items => Ok(()),
        }?;
        Ok(self.send(Step::End(bytes))?)
    }

    fn table(
        &self,
        number: usize,
        source: &Source,
        (table, capacity): (&str, Option<f64>),
    ) -> Result<(), Ended> {
        let request = self.request;
        let region = stated_region(request.statement.region.as_deref(), &request.caller);
        let region = region.map_err(Ended::Failed)?;
        self.send(Step::Begin(number))?;
        let read_ratio = match request.statement.from {
            CopySource::DynamoDb { read_ratio, .. } => read_ratio,
            _ => 100,
        };
        let pace = Pace::of(capacity, read_ratio, self.stop);
        let items = Items::new(self.session.as_ref(), (region, table), request, pace);
        self.records(items, source)?;
        Ok(self.send(Step::End(0))?)
    }

    fn columnar(
        &self,
        number: usize,
        source: &Source,
        (bucket, key, size): (&str, &str, Option<u64>),
    ) -> Result<(), Ended> {
        let context = source.context();
        let size = size.ok_or_else(|| {
            let message = "content_length is required in the manifest for columnar files";
            Ended::Failed(UnloadError::at(message.to_owned(), &context, &self.request.caller))
        })?;
        self.send(Step::Begin(number))?;
        let file = columnar::open(self.request, self.session, (bucket, key, size));
        let file =
            file.map_err(|error| Ended::Failed(columnar::refused(error, &context, self.request)))?;
        for number in 0..file.count() {
            let (group, told) = columnar::group(&file, number, self.stop);
            self.send(Step::Group { group, context: context.clone(), told })?;
        }
        Ok(self.send(Step::End(size))?)
    }

    fn text(&self, plain: Box<dyn Read + Send>, text: &Text, source: &Source) -> Result<(), Ended> {
        let mut blocks = Blocks::new(plain, text.clone(), self.request.options.ignore_header);
        while let Some(block) = blocks.next().map_err(|error| self.unreadable(error, source))? {
            let (sender, parsed) = sync_channel(1);
            let (skipped, offset) = (block.skipped, block.offset);
            self.work.send(Work { block, parsed: sender }).map_err(|_| Gone)?;
            self.send(Step::Block { parsed, skipped, offset })?;
        }
        Ok(())
    }

    /// Records one after the other, converted on this thread.
    fn records(&self, mut records: impl Records, source: &Source) -> Result<(), Ended> {
        let (targets, options) = (self.request.targets, self.request.options);
        let mut converter = Converter::new(targets, options);
        let mut record = Record::default();
        let mut batch = Gathered::default();
        loop {
            let more = match records.next(&mut record) {
                Ok(false) => false,
                Ok(true) => {
                    batch.lines += 1;
                    if let Err(rejection) = converter.push(fields_of(&record)) {
                        batch.add(&record, rejection, options.max_errors);
                    }
                    let line = record.line;
                    let replaced = converter.replaced().iter();
                    batch.replaced.extend(replaced.map(|&column| Replaced { line, column }));
                    true
                }
                Err(ReadError::Rejected(rejection)) => {
                    batch.lines += 1;
                    batch.add(&record, rejection, options.max_errors);
                    true
                }
                Err(error) => return Err(self.unreadable(error, source)),
            };
            if !more || batch.lines >= BATCH as u64 || batch.is_enough(options.max_errors) {
                let rows = converter
                    .finish()
                    .map_err(|error| Ended::Failed(UnloadError::arrow(&error)))?;
                self.send(Step::Records(std::mem::take(&mut batch).parsed(rows)))?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    fn unreadable(&self, error: ReadError, source: &Source) -> Ended {
        let (context, caller) = (source.context(), &self.request.caller);
        Ended::Failed(match error {
            ReadError::Io(error) => UnloadError::from_io(&error, &context, caller),
            other => UnloadError::at(other.to_string(), &context, caller),
        })
    }
}

/// How the bytes of a file are read.
enum Form {
    Text(Text),
    Json(Shape),
    Avro(Shape),
    /// Objects that are read at many places.
    Columnar,
    /// Items of a table have no bytes.
    Items,
}

/// A batch of records being gathered.
#[derive(Default)]
struct Gathered {
    lines: u64,
    bad: Vec<Bad>,
    unlisted: u64,
    replaced: Vec<Replaced>,
}

/// Bad records listed of one batch when none of them ends the load.
const LISTED: usize = 1000;

impl Gathered {
    fn add(&mut self, record: &Record, rejection: load::record::Rejection, most: Option<u64>) {
        if most.is_none() && self.bad.len() >= LISTED {
            self.unlisted += 1;
            return;
        }
        self.bad.push(Bad::new((record.line, 0, &record.raw), rejection, record.fields()));
    }

    /// As many bad records as end the load.
    fn is_enough(&self, most: Option<u64>) -> bool {
        most.is_some_and(|most| self.bad.len() as u64 >= most)
    }

    fn parsed(self, batch: RecordBatch) -> Parsed {
        let Self { lines, bad, unlisted, replaced } = self;
        Parsed { batch, lines, bad, unlisted, replaced }
    }
}

/// A worker: converts blocks until there are no more.
pub(super) fn convert(
    request: &LoadRequest<'_>,
    text: &Text,
    work: &Mutex<Receiver<Work>>,
    stop: &AtomicBool,
) {
    loop {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Work { block, parsed }) = next else { return };
        if stop.load(Ordering::Relaxed) {
            continue;
        }
        let result = parse(text, request.targets, request.options, &block.bytes)
            .map_err(|error| UnloadError::arrow(&error));
        // The accountant may have ended in the meantime.
        let _ = parsed.send(result);
    }
}
