//! Deterministic ticket sales, with the values that break careless exports: delimiters, quotes,
//! backslashes, line ends, NULL beside the empty string, letters outside ASCII, decimals,
//! timestamps. The same seed gives the same rows.

use std::fmt::Write as _;

use dice::Dice;

use crate::sql;

/// A table of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleTable {
    /// Where things happen; a few dozen rows.
    Venues,
    /// What is played; one for every hundred sales.
    Events,
    /// Who bought what: the table that is moved.
    Sales,
}

/// The sample's generator.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    seed: u64,
    sales: u64,
}

const VENUES: u64 = 40;

const CITIES: [&str; 8] =
    ["Oslo", "Lisboa", "São Paulo", "Zürich", "東京", "Nairobi", "Kraków", "Αθήνα"];
const REGIONS: [&str; 4] = ["north", "south", "east", "west"];
const TITLES: [&str; 8] = [
    "Romeo & Juliet",
    "The \"Blue\" Hour",
    "O'Neill | Double Bill",
    "Così fan tutte",
    "Ночь на Лысой горе",
    "C:\\backstage\\tour",
    "100% Jazz, live",
    "忠臣蔵",
];
const NOTES: [&str; 7] = [
    "",
    "aisle seat",
    "pays by card | gift",
    "first line\nsecond line",
    "says \"window\", please",
    "back\\slash and 'quote'",
    "🎟️ naïve café\r\nwith CRLF",
];

impl Sample {
    /// Rows in one INSERT; enough to make the statement's overhead small.
    pub(super) const BATCH: u64 = 1000;

    /// `sales` rows of sales from a seed.
    pub fn new(seed: u64, sales: u64) -> Self {
        Self { seed, sales }
    }

    /// The statements that make the schema and its tables.
    pub fn schema(self) -> Vec<String> {
        [
            "CREATE SCHEMA tickets",
            "CREATE TABLE tickets.venues (venue_id INTEGER NOT NULL, name VARCHAR(200) NOT NULL, \
             city VARCHAR(100), region VARCHAR(10) NOT NULL, seats INTEGER)",
            "CREATE TABLE tickets.events (event_id INTEGER NOT NULL, venue_id INTEGER NOT NULL, \
             title VARCHAR(200) NOT NULL, starts TIMESTAMP NOT NULL)",
            "CREATE TABLE tickets.sales (sale_id BIGINT NOT NULL, event_id INTEGER NOT NULL, \
             region VARCHAR(10) NOT NULL, sold TIMESTAMP NOT NULL, quantity SMALLINT NOT NULL, \
             price DECIMAL(12,2) NOT NULL, discount DECIMAL(5,4), web BOOLEAN, day DATE, \
             buyer VARCHAR(200), note VARCHAR(400))",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// How many rows a table has.
    pub fn rows(self, table: SampleTable) -> u64 {
        match table {
            SampleTable::Venues => VENUES,
            SampleTable::Events => self.sales / 100 + 1,
            SampleTable::Sales => self.sales,
        }
    }

    /// The INSERT statements of a table, in order, some thousand rows each.
    pub fn inserts(self, table: SampleTable) -> impl Iterator<Item = String> {
        let rows = self.rows(table);
        let name = match table {
            SampleTable::Venues => "venues",
            SampleTable::Events => "events",
            SampleTable::Sales => "sales",
        };
        (0..rows.div_ceil(Self::BATCH)).map(move |batch| {
            let first = batch * Self::BATCH + 1;
            let last = rows.min(first + Self::BATCH - 1);
            let mut sql = format!("INSERT INTO tickets.{name} VALUES ");
            for id in first..=last {
                if id > first {
                    sql.push(',');
                }
                self.row(table, id, &mut sql);
            }
            sql
        })
    }

    /// One row as SQL.
    fn row(self, table: SampleTable, id: u64, sql: &mut String) {
        let mut draw = Draw::new(self.seed, table as u64, id);
        // Writing into a String does not fail.
        let _ = match table {
            SampleTable::Venues => write!(
                sql,
                "({id},{},{},'{}',{})",
                text(&format!("Hall {id} “{}”", draw.one(&TITLES))),
                text(draw.one(&CITIES)),
                draw.one(&REGIONS),
                draw.below(5000) + 100,
            ),
            SampleTable::Events => write!(
                sql,
                "({id},{},{},'{}')",
                draw.below(VENUES) + 1,
                text(draw.one(&TITLES)),
                timestamp(&mut draw),
            ),
            SampleTable::Sales => self.sale(&mut draw, id, sql),
        };
    }

    fn sale(self, draw: &mut Draw, id: u64, sql: &mut String) -> std::fmt::Result {
        let event = draw.below(self.rows(SampleTable::Events)) + 1;
        let cents = draw.below(50_000) + 99;
        let discount = match draw.below(3) {
            0 => "NULL".to_owned(),
            _ => format!("0.{:04}", draw.below(10_000)),
        };
        let web = draw.one(&["TRUE", "FALSE", "NULL"]);
        let buyer = match draw.below(20) {
            0 => "NULL".to_owned(),
            1 => "''".to_owned(),
            _ => text(&format!("buyer {} of {}", draw.below(9000), draw.one(&CITIES))),
        };
        let note = match draw.below(8) {
            0 => "NULL".to_owned(),
            _ => text(draw.one(&NOTES)),
        };
        let sold = timestamp(draw);
        let day = sold.split(' ').next().unwrap_or_default().to_owned();
        write!(
            sql,
            "({id},{event},'{}','{sold}',{},{}.{:02},{discount},{web},'{day}',{buyer},{note})",
            draw.one(&REGIONS),
            draw.below(8) + 1,
            cents / 100,
            cents % 100,
        )
    }
}

/// A string literal.
fn text(value: &str) -> String {
    sql::literal(value)
}

/// A moment of the years 2020 to 2029, with microseconds now and then.
fn timestamp(draw: &mut Draw) -> String {
    let (year, month, day) = (2020 + draw.below(10), draw.below(12) + 1, draw.below(28) + 1);
    let (hour, minute, second) = (draw.below(24), draw.below(60), draw.below(60));
    let fraction = match draw.below(4) {
        0 => format!(".{:06}", draw.below(1_000_000)),
        _ => String::new(),
    };
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction}")
}

/// Numbers started anew for every row, so that a row does not depend on how many came before.
struct Draw(Dice);

impl Draw {
    fn new(seed: u64, table: u64, row: u64) -> Self {
        let mut dice =
            Dice::new(seed ^ table.rotate_left(56) ^ row.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.roll();
        Self(dice)
    }

    /// Evenly below `bound`, near enough for sample data.
    fn below(&mut self, bound: u64) -> u64 {
        self.0.roll() % bound.max(1)
    }

    fn one<'c>(&mut self, choices: &[&'c str]) -> &'c str {
        choices.get(self.0.below(choices.len())).copied().unwrap_or_default()
    }
}
