//! Patterns of dates and times (Redshift guide, SQL functions › Datetime format strings), read
//! into fields.

/// What a field stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// `CC`.
    Century,
    /// `Y,YYY`.
    YearWithComma,
    /// `YYYY`, `YYY`, `YY`, `Y`: so many last digits.
    Year(usize),
    /// `IYYY`, `IYY`, `IY`, `I`.
    IsoYear(usize),
    /// `Q`.
    Quarter,
    /// `MM`.
    Month,
    /// `MONTH`.
    MonthName,
    /// `MON`.
    MonthShort,
    /// `RM`.
    MonthRoman,
    /// `W`.
    WeekOfMonth,
    /// `WW`.
    WeekOfYear,
    /// `IW`.
    IsoWeek,
    /// `DAY`.
    DayName,
    /// `DY`.
    DayShort,
    /// `DDD`.
    DayOfYear,
    /// `IDDD`.
    IsoDayOfYear,
    /// `DD`.
    Day,
    /// `D`: Sunday is 1.
    DayOfWeek,
    /// `ID`: Monday is 1.
    IsoDayOfWeek,
    /// `J`.
    Julian,
    /// `HH24`.
    Hour24,
    /// `HH12`, `HH`.
    Hour12,
    /// `MI`.
    Minute,
    /// `SS`.
    Second,
    /// `MS`.
    Millisecond,
    /// `US`.
    Microsecond,
    /// `SSSS`.
    SecondOfDay,
    /// `AM`, `PM`.
    Meridian,
    /// `A.M.`, `P.M.`.
    MeridianDotted,
    /// `BC`, `AD`.
    Era,
    /// `B.C.`, `A.D.`.
    EraDotted,
    /// `TZ`.
    Zone,
    /// `OF`.
    Offset,
}

/// How the letters of a name are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Capital,
    Lower,
}

impl Case {
    fn of(written: &str) -> Self {
        let mut letters = written.chars().filter(char::is_ascii_alphabetic);
        let first = letters.next().is_some_and(|c| c.is_ascii_uppercase());
        let second = letters.next().is_some_and(|c| c.is_ascii_uppercase());
        match (first, second) {
            (true, true) => Self::Upper,
            (true, false) => Self::Capital,
            (false, _) => Self::Lower,
        }
    }

    pub(super) fn write(self, name: &str) -> String {
        match self {
            Self::Upper => name.to_ascii_uppercase(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Capital => name.to_owned(),
        }
    }
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A field; `plain` (`FM`) has neither blanks nor zeros before it, `ordinal` (`TH`, `th`) is
    /// followed by `st`, `nd`, `rd` or `th`.
    Field { field: Field, case: Case, plain: bool, ordinal: Option<Case> },
    /// A character that means itself.
    Plain(char),
}

/// The longest first.
const FIELDS: &[(&str, Field)] = &[
    ("Y,YYY", Field::YearWithComma),
    ("MONTH", Field::MonthName),
    ("A.M.", Field::MeridianDotted),
    ("P.M.", Field::MeridianDotted),
    ("B.C.", Field::EraDotted),
    ("A.D.", Field::EraDotted),
    ("YYYY", Field::Year(4)),
    ("IYYY", Field::IsoYear(4)),
    ("IDDD", Field::IsoDayOfYear),
    ("HH24", Field::Hour24),
    ("HH12", Field::Hour12),
    ("SSSS", Field::SecondOfDay),
    ("YYY", Field::Year(3)),
    ("IYY", Field::IsoYear(3)),
    ("MON", Field::MonthShort),
    ("DAY", Field::DayName),
    ("DDD", Field::DayOfYear),
    ("YY", Field::Year(2)),
    ("IY", Field::IsoYear(2)),
    ("IW", Field::IsoWeek),
    ("ID", Field::IsoDayOfWeek),
    ("CC", Field::Century),
    ("MM", Field::Month),
    ("MI", Field::Minute),
    ("MS", Field::Millisecond),
    ("RM", Field::MonthRoman),
    ("WW", Field::WeekOfYear),
    ("DY", Field::DayShort),
    ("DD", Field::Day),
    ("HH", Field::Hour12),
    ("SS", Field::Second),
    ("US", Field::Microsecond),
    ("AM", Field::Meridian),
    ("PM", Field::Meridian),
    ("BC", Field::Era),
    ("AD", Field::Era),
    ("TZ", Field::Zone),
    ("OF", Field::Offset),
    ("Y", Field::Year(1)),
    ("I", Field::IsoYear(1)),
    ("Q", Field::Quarter),
    ("W", Field::WeekOfMonth),
    ("D", Field::DayOfWeek),
    ("J", Field::Julian),
];

/// Reads a pattern.
pub(super) fn read(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    let mut plain = false;
    while let Some(first) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (inside, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            pieces.extend(inside.chars().map(Piece::Plain));
            rest = after;
            continue;
        }
        if let Some((_, after)) = starts(rest, "FM") {
            plain = true;
            rest = after;
            continue;
        }
        let found = FIELDS.iter().find_map(|(name, field)| {
            starts(rest, name).map(|(written, after)| (*field, written, after))
        });
        let Some((field, written, after)) = found else {
            pieces.push(Piece::Plain(first));
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        };
        let (ordinal, after) = match starts(after, "TH") {
            Some((written, after)) => (Some(Case::of(written)), after),
            None => (None, after),
        };
        pieces.push(Piece::Field { field, case: Case::of(written), plain, ordinal });
        plain = false;
        rest = after;
    }
    pieces
}

/// The beginning of a text as written and the rest, if it is a word in any case.
fn starts<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let (head, rest) = text.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some((head, rest))
}

/// Names of months.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Names of days, Monday first.
pub(super) const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
