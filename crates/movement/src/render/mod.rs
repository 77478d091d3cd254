//! Reports as text for a terminal: one line a hop, the two accounts apart, nothing twice.
//!
//! Writes only to what it is handed. Colour and the live line are the caller's decision (a
//! terminal, no `NO_COLOR`).

mod block;
pub(crate) mod figures;

use std::io::Write;
use std::sync::Mutex;

use crate::report::{
    Action, Event, Evidence, Finding, Hop, HopState, Landing, Moved, Progress, Reporter, Side,
    StepLine, TrailLine,
};

/// How text is set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// With ANSI colours.
    pub colour: bool,
    /// Columns of the terminal, for wrapping; no wrapping when absent.
    pub width: Option<usize>,
}

/// The colours, by what they mean.
#[derive(Clone, Copy)]
enum Tone {
    Source,
    Target,
    Good,
    Bad,
    Changed,
    Quiet,
    Strong,
}

impl Style {
    fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Source => "35",
            Tone::Target => "36",
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Changed => "33",
            Tone::Quiet => "2",
            Tone::Strong => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    fn label(self, side: Side, label: &str) -> String {
        let tone = if side == Side::Source { Tone::Source } else { Tone::Target };
        self.paint(tone, &padded(label, LABEL))
    }
}

/// Widths of the columns.
const LABEL: usize = 5;
const WHAT: usize = 46;
const RESOURCE: usize = 56;

/// A [`Reporter`] that writes text.
pub struct Text {
    style: Style,
    streams: Mutex<Streams>,
}

struct Streams {
    out: Box<dyn Write + Send>,
    /// The terminal's live line; absent when there is no terminal.
    live: Option<Box<dyn Write + Send>>,
    drawn: bool,
    after: Kind,
    /// The movement's line is written once, however many commands a story has.
    title: Option<String>,
}

/// What was written last: a blank line parts different kinds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    Phase,
    Title,
    Hop,
    FailedHop(u8),
    Step,
    Trouble,
    Other,
}

impl Text {
    /// Results to `out`; the live line of a running UNLOAD to `live`, when there is a terminal.
    pub fn new(
        out: Box<dyn Write + Send>,
        live: Option<Box<dyn Write + Send>>,
        style: Style,
    ) -> Self {
        let streams = Streams { out, live, drawn: false, after: Kind::Nothing, title: None };
        Self { style, streams: Mutex::new(streams) }
    }
}

impl Reporter for Text {
    fn report(&self, event: &Event) {
        let Ok(mut streams) = self.streams.lock() else { return };
        if let Event::Progress(progress) = event {
            streams.draw(&live_line(self.style, progress));
            return;
        }
        streams.wipe();
        if let Event::Title { name, .. } = event
            && streams.title.replace(name.clone()).as_ref() == Some(name)
        {
            return;
        }
        let (kind, lines) = written(self.style, event, streams.after);
        streams.write(kind, &lines);
    }
}

impl Streams {
    fn write(&mut self, kind: Kind, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        let hops = |kind| matches!(kind, Kind::Hop | Kind::FailedHop(_));
        // Blocks stand apart from each other, hops together.
        let same =
            (kind == self.after && kind != Kind::Trouble) || (hops(kind) && hops(self.after));
        let apart = self.after != Kind::Nothing && !same;
        // A closed pipe ends the writing, not the movement.
        if apart {
            let _ = writeln!(self.out);
        }
        for line in lines {
            let _ = writeln!(self.out, "{}", line.trim_end());
        }
        let _ = self.out.flush();
        self.after = kind;
    }

    fn draw(&mut self, line: &str) {
        if let Some(live) = &mut self.live {
            let _ = write!(live, "\r\u{1b}[2K{line}");
            let _ = live.flush();
            self.drawn = true;
        }
    }

    fn wipe(&mut self) {
        if let (true, Some(live)) = (self.drawn, &mut self.live) {
            let _ = write!(live, "\r\u{1b}[2K");
            let _ = live.flush();
            self.drawn = false;
        }
    }
}

fn written(style: Style, event: &Event, after: Kind) -> (Kind, Vec<String>) {
    match event {
        Event::Title { name, from, to, form } => {
            let name = style.paint(Tone::Strong, name);
            (Kind::Title, vec![format!("{name}   {from}  →  {to}   {form}")])
        }
        Event::Phase(text) => (Kind::Phase, vec![style.paint(Tone::Strong, text)]),
        Event::Hop(hop) => {
            let kind = match hop.state {
                HopState::Failed => Kind::FailedHop(hop.number),
                _ => Kind::Hop,
            };
            (kind, vec![hop_line(style, hop)])
        }
        Event::Step(step) => (Kind::Step, vec![step_line(style, step)]),
        Event::Trail(line) => (Kind::Step, vec![trail_line(style, line)]),
        Event::Moved(moved) => (Kind::Other, vec![moved_line(style, moved)]),
        Event::Finding(finding) => (Kind::Step, vec![finding_line(style, finding)]),
        Event::Note(text) => (Kind::Other, vec![format!("  {}", style.paint(Tone::Quiet, text))]),
        Event::Summary(text) => (Kind::Other, vec![format!("  {text}")]),
        Event::Trouble(trouble) => {
            // What was tried stands in the line of the hop, when that is the line above.
            let told = trouble.hop.is_some_and(|hop| after == Kind::FailedHop(hop));
            (Kind::Trouble, block::lines(style, trouble, told))
        }
        Event::Progress(_) => (Kind::Other, Vec::new()),
    }
}

fn hop_line(style: Style, hop: &Hop) -> String {
    let mark = match hop.state {
        HopState::Planned => " ".to_owned(),
        HopState::Passed => style.paint(Tone::Good, "✓"),
        HopState::Failed => style.paint(Tone::Bad, "✗"),
        HopState::Unknown => style.paint(Tone::Changed, "?"),
    };
    let label = style.label(hop.side, &hop.label);
    let detail = match hop.by {
        None => hop.detail.as_str(),
        Some(Evidence::Tried) => "tried",
        Some(Evidence::Asked) => "asked and evaluated",
        Some(Evidence::Evaluated) => "evaluated",
    };
    let detail = style.paint(Tone::Quiet, detail);
    format!("  {label} {:>2}  {mark} {} {detail}", hop.number, padded(&hop.what, WHAT))
}

fn step_line(style: Style, step: &StepLine) -> String {
    let (tone, mark) = match step.action {
        Action::Create => (Tone::Good, "+"),
        Action::Change => (Tone::Changed, "~"),
        Action::Use | Action::Keep => (Tone::Quiet, "="),
        Action::Remove => (Tone::Bad, "-"),
        Action::Restore => (Tone::Changed, "↺"),
        Action::Leave => (Tone::Changed, "·"),
    };
    let label = style.label(step.side, &step.label);
    let detail = style.paint(Tone::Quiet, &step.detail);
    format!("  {label}     {} {} {detail}", style.paint(tone, mark), padded(&step.what, RESOURCE))
}

/// Widths of the columns of a trail.
const ACTOR: usize = 46;
const ACTION: usize = 30;

fn trail_line(style: Style, line: &TrailLine) -> String {
    let mark = match line.allowed {
        true => style.paint(Tone::Good, "✓"),
        false => style.paint(Tone::Bad, "✗"),
    };
    let label = style.label(line.side, &line.label);
    let time = line.at.replace(['T', 'Z'], " ");
    let (actor, action) = (padded(&line.principal, ACTOR), padded(&line.action, ACTION));
    let times = if line.times > 1 { format!(" × {}", line.times) } else { String::new() };
    let error = line.error.as_ref().map(|code| format!("   {code}")).unwrap_or_default();
    let end = style.paint(Tone::Quiet, &format!("{times}{error}"));
    format!("  {label} {:>2}  {mark} {time} {actor} {action} {}{end}", line.hop, line.resource)
}

fn finding_line(style: Style, finding: &Finding) -> String {
    let mark = match finding.good {
        true => style.paint(Tone::Good, "✓"),
        false => style.paint(Tone::Bad, "✗"),
    };
    format!("  {mark} {} {}", padded(&finding.what, RESOURCE), finding.said)
}

fn moved_line(style: Style, moved: &Moved) -> String {
    let mut parts = vec![format!("{} rows", figures::whole(moved.rows))];
    if moved.landing.is_none() || !moved.files.is_empty() {
        parts.push(format!("{} files", figures::whole(moved.files.len() as u64)));
        parts.push(figures::bytes(moved.bytes));
    }
    if let Some(elapsed) = moved.elapsed_ms {
        let done = if moved.landing.is_some() { "loaded" } else { "unloaded" };
        parts.push(format!("{done} in {}", figures::duration(elapsed)));
    }
    parts.extend(moved.landing.iter().flat_map(landing_parts));
    parts.extend(moved.manifest.as_ref().map(|key| format!("manifest {key}")));
    if moved.files.iter().any(|file| file.sha256.is_some()) {
        parts.push("sha-256 in the journal".to_owned());
    }
    format!("  {}   {}", style.paint(Tone::Good, "verified"), parts.join(" · "))
}

/// What became of the table.
fn landing_parts(landing: &Landing) -> Vec<String> {
    let mut parts = Vec::new();
    if landing.rejected > 0 {
        parts.push(format!("{} lines left out", figures::whole(landing.rejected)));
    }
    if landing.replaced > 0 {
        parts.push(format!("{} replaced", figures::whole(landing.replaced)));
    }
    if let (Some(before), Some(after)) = (landing.before, landing.after) {
        let (before, after) = (figures::whole(before), figures::whole(after));
        parts.push(format!("{before} before, {after} now in {}", landing.table));
    }
    parts
}

/// Cells of the bar.
const BAR: u64 = 24;
const SPINNER: [&str; 8] = ["⣷", "⣯", "⣟", "⡿", "⢿", "⣻", "⣽", "⣾"];

fn live_line(style: Style, progress: &Progress) -> String {
    let mut parts = Vec::new();
    match (progress.rows, progress.total) {
        (Some(rows), Some(total)) => {
            parts.push(format!("{} of {} rows", figures::short(rows), figures::short(total)));
        }
        (Some(rows), None) => parts.push(format!("{} rows", figures::short(rows))),
        (None, _) => {}
    }
    parts.extend(progress.bytes.map(figures::bytes));
    if let Some(rows) = progress.rows.filter(|_| progress.elapsed_ms > 0) {
        let rate = rows.saturating_mul(1000) / progress.elapsed_ms;
        parts.push(format!("{} rows/s", figures::short(rate)));
    }
    parts.push(figures::duration(progress.elapsed_ms));
    let sign = style.paint(Tone::Good, &sign(progress));
    format!("  {}  {sign}  {}", progress.what, parts.join(" · "))
}

/// A bar where the end is known, else a wheel.
fn sign(progress: &Progress) -> String {
    match (progress.rows, progress.total) {
        (Some(rows), Some(total)) if total > 0 => {
            let done = usize::try_from(rows.min(total) * BAR / total).unwrap_or_default();
            let left = usize::try_from(BAR).unwrap_or_default().saturating_sub(done);
            format!("{}╸{}", "━".repeat(done), " ".repeat(left))
        }
        _ => {
            let turn = usize::try_from(progress.elapsed_ms / 200).unwrap_or_default();
            SPINNER.get(turn % SPINNER.len()).copied().unwrap_or_default().to_owned()
        }
    }
}

/// Filled up with blanks to a number of characters.
fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(missing))
}
