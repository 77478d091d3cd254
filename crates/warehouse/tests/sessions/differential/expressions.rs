//! Random expressions of every kind, over the columns in sight.
//!
//! What differs by intent is left out or written by a rule: texts end in no blank (blanks do not
//! count in Redshift) and are ASCII (PostgreSQL's C locale knows no other capitals); numbers stay
//! small (sums and products of the two servers overflow at other places).

use dice::Dice;

/// What an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Int,
    Dec,
    Text,
    Date,
    Stamp,
    Bool,
    Float,
}

pub const KINDS: [Kind; 7] =
    [Kind::Int, Kind::Dec, Kind::Text, Kind::Date, Kind::Stamp, Kind::Bool, Kind::Float];

/// A column in sight.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// Writes expressions.
pub struct Expressions<'a> {
    pub dice: &'a mut Dice,
    pub columns: Vec<Column>,
}

impl Expressions<'_> {
    /// An expression of this kind, `depth` calls deep at most.
    pub fn of(&mut self, kind: Kind, depth: usize) -> String {
        if depth == 0 || self.dice.once_in(4) {
            return self.leaf(kind);
        }
        if self.dice.once_in(5) {
            return self.choice(kind, depth - 1);
        }
        match kind {
            Kind::Int => self.int(depth - 1),
            Kind::Dec => self.dec(depth - 1),
            Kind::Text => self.text(depth - 1),
            Kind::Date => self.date(depth - 1),
            Kind::Stamp => self.stamp(depth - 1),
            Kind::Bool => self.bool(depth - 1),
            Kind::Float => self.float(depth - 1),
        }
    }

    /// A column, or a literal.
    pub fn leaf(&mut self, kind: Kind) -> String {
        let columns: Vec<&Column> = self.columns.iter().filter(|c| c.kind == kind).collect();
        if !columns.is_empty() && !self.dice.once_in(4) {
            return self.dice.pick(&columns).name.clone();
        }
        match kind {
            Kind::Int => (*self.dice.pick(&["0", "1", "2", "3", "7", "(-1)", "(-4)"])).into(),
            Kind::Dec => (*self.dice.pick(&["0.5", "1.25", "2.0", "(-3.75)", "10.01"])).into(),
            Kind::Text => {
                (*self.dice.pick(&["''", "'a'", "'Bc'", "'abca'", "'b_c'", "'7'"])).into()
            }
            Kind::Date => {
                let day = self.dice.pick(&["2020-02-29", "2021-12-31", "1999-01-01"]);
                format!("date '{day}'")
            }
            Kind::Stamp => {
                let time = self.dice.pick(&["2020-02-29 23:59:59", "2021-06-15 00:00:00"]);
                format!("timestamp '{time}'")
            }
            Kind::Bool => (*self.dice.pick(&["true", "false"])).into(),
            Kind::Float => (*self.dice.pick(&["cast(0.5 as float8)", "cast(8 as float8)"])).into(),
        }
    }

    /// What every kind has.
    fn choice(&mut self, kind: Kind, depth: usize) -> String {
        let (one, other) = (self.of(kind, depth), self.of(kind, depth));
        match self.dice.below(5) {
            0 => format!("coalesce({one}, {other})"),
            1 => format!("nullif({one}, {other})"),
            2 => {
                let when = self.of(Kind::Bool, depth);
                format!("case when {when} then {one} else {other} end")
            }
            3 => {
                let (when, subject) = (self.of(Kind::Int, depth), self.of(Kind::Int, depth));
                format!("case {subject} when {when} then {one} when 2 then {other} end")
            }
            _ if kind == Kind::Bool => format!("coalesce({one}, {other})"),
            _ => {
                let function = self.dice.pick(&["greatest", "least"]);
                format!("{function}({one}, {other})")
            }
        }
    }

    fn int(&mut self, depth: usize) -> String {
        let one = self.of(Kind::Int, depth);
        let small = self.dice.pick(&["2", "3", "(-5)", "7"]).to_string();
        match self.dice.below(12) {
            0 => format!("({one} + {})", self.of(Kind::Int, depth)),
            1 => format!("({one} - {})", self.of(Kind::Int, depth)),
            2 => format!("({one} * {small})"),
            3 => format!("({one} / {small})"),
            4 => format!("({one} / nullif({}, 0))", self.of(Kind::Int, depth)),
            5 => format!("({one} % {small})"),
            6 => format!("mod({one}, {small})"),
            7 => format!("abs({one})"),
            8 => format!("(- {one})"),
            9 => format!("length({})", self.of(Kind::Text, depth)),
            10 => {
                let (part, text) = (self.leaf(Kind::Text), self.of(Kind::Text, depth));
                format!("strpos({text}, {part})")
            }
            _ => {
                let part =
                    self.dice.pick(&["year", "month", "day", "dow", "doy", "quarter", "week"]);
                let date = self.of(Kind::Date, depth);
                format!("cast(extract({part} from {date}) as integer)")
            }
        }
    }

    fn dec(&mut self, depth: usize) -> String {
        let one = self.of(Kind::Dec, depth);
        match self.dice.below(9) {
            0 => format!("({one} + {})", self.of(Kind::Dec, depth)),
            1 => format!("({one} - {})", self.of(Kind::Int, depth)),
            2 => format!("({one} * {})", self.dice.pick(&["2", "0.5", "(-1)"])),
            3 => format!("round({one}, {})", self.dice.below(3)),
            4 => format!("abs({one})"),
            5 => format!("cast({} as decimal(12,2))", self.of(Kind::Int, depth)),
            6 => format!("floor({one})"),
            7 => format!("ceil({one})"),
            _ => format!("trunc({one}, {})", self.dice.below(3)),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        let one = self.of(Kind::Text, depth);
        let (from, count) = (self.dice.below(4) + 1, self.dice.below(4));
        match self.dice.below(16) {
            0 => format!("upper({one})"),
            1 => format!("lower({one})"),
            2 => format!("({one} || {})", self.of(Kind::Text, depth)),
            3 => format!("substring({one}, {from}, {count})"),
            4 => format!("left({one}, {count})"),
            5 => format!("right({one}, {count})"),
            6 => format!("replace({one}, 'a', 'xy')"),
            7 => format!("btrim({one}, 'ab')"),
            8 => format!("lpad({one}, {}, 'xy')", count + 2),
            9 => format!("rpad({one}, {}, 'xy')", count + 2),
            10 => format!("reverse({one})"),
            11 => format!("repeat({one}, {})", self.dice.below(3)),
            12 => format!("«concat:concat¦rs_concat»({one}, {})", self.of(Kind::Text, depth)),
            13 => format!("translate({one}, 'ab', 'z')"),
            14 => format!("split_part({one}, 'b', {})", self.dice.below(2) + 1),
            _ => format!("cast({} as varchar)", self.of(Kind::Int, depth)),
        }
    }

    fn date(&mut self, depth: usize) -> String {
        let one = self.of(Kind::Date, depth);
        match self.dice.below(3) {
            0 => format!("({one} + {})", self.dice.below(40)),
            1 => format!("({one} - {})", self.dice.below(400)),
            _ => format!("cast({} as date)", self.of(Kind::Stamp, depth)),
        }
    }

    fn stamp(&mut self, depth: usize) -> String {
        match self.dice.below(3) {
            0 => {
                let unit = self.dice.pick(&["year", "quarter", "month", "week", "day", "hour"]);
                format!("date_trunc('{unit}', {})", self.of(Kind::Stamp, depth))
            }
            1 => {
                let unit = self.dice.pick(&["1 day", "3 hours", "90 minutes", "45 seconds"]);
                format!("({} + interval '{unit}')", self.of(Kind::Stamp, depth))
            }
            _ => format!("cast({} as timestamp)", self.of(Kind::Date, depth)),
        }
    }

    fn float(&mut self, depth: usize) -> String {
        match self.dice.below(5) {
            0 => format!("«inexact:¦»({} * 1.5)", self.of(Kind::Float, depth)),
            1 => format!("«inexact:¦»({} / 3)", self.of(Kind::Float, depth)),
            2 => format!("«inexact:¦»sqrt(abs({}))", self.of(Kind::Float, depth)),
            3 => format!("«inexact:¦»cast({} as float8)", self.of(Kind::Dec, depth)),
            _ => {
                let (one, other) = (self.of(Kind::Dec, depth), self.of(Kind::Dec, depth));
                // The quotient of decimals has another scale.
                format!("«inexact:¦»(cast({one} as float8) / nullif({other}, 0))")
            }
        }
    }

    /// A condition.
    fn bool(&mut self, depth: usize) -> String {
        let kind = *self.dice.pick(&[Kind::Int, Kind::Dec, Kind::Text, Kind::Date, Kind::Stamp]);
        match self.dice.below(10) {
            0 => format!("({} and {})", self.of(Kind::Bool, depth), self.of(Kind::Bool, depth)),
            1 => format!("({} or {})", self.of(Kind::Bool, depth), self.of(Kind::Bool, depth)),
            2 => format!("(not {})", self.of(Kind::Bool, depth)),
            3 => {
                let word = self.dice.pick(&["is null", "is not null"]).to_string();
                format!("({} {word})", self.of(kind, depth))
            }
            4 => {
                let word = self.dice.pick(&["between", "not between"]).to_string();
                let (low, high) = (self.leaf(kind), self.leaf(kind));
                format!("({} {word} {low} and {high})", self.of(kind, depth))
            }
            5 => {
                let word = self.dice.pick(&["in", "not in"]).to_string();
                let (one, other) = (self.leaf(kind), self.leaf(kind));
                format!("({} {word} ({one}, {other}))", self.of(kind, depth))
            }
            6 => {
                let pattern =
                    self.dice.pick(&["a%", "%c", "_", "%b%", "%«escape:\\\\¦\\»_%"]).to_string();
                let word = self.dice.pick(&["like", "not like"]).to_string();
                format!("({} {word} '{pattern}')", self.of(Kind::Text, depth))
            }
            7 => {
                let word = self.dice.pick(&["is true", "is not true", "is false"]).to_string();
                format!("({} {word})", self.of(Kind::Bool, depth))
            }
            _ => {
                let op = self.dice.pick(&["=", "<>", "<", "<=", ">", ">="]).to_string();
                format!("({} {op} {})", self.of(kind, depth), self.of(kind, depth))
            }
        }
    }
}
