//! Random queries over the tables of the test. Start reading at [`Queries::statement`].

use dice::Dice;

use super::expressions::{Column, Expressions, KINDS, Kind};

/// The tables, which both servers have.
pub const TABLES: [&str; 2] = ["a", "b"];
/// Their columns.
pub const COLUMNS: [(&str, &str, Kind); 12] = [
    ("id", "integer", Kind::Int),
    ("i", "integer", Kind::Int),
    ("j", "smallint", Kind::Int),
    ("k", "bigint", Kind::Int),
    ("n", "decimal(8,2)", Kind::Dec),
    ("m", "decimal(6,3)", Kind::Dec),
    ("t", "varchar(20)", Kind::Text),
    ("u", "varchar(10)", Kind::Text),
    ("d", "date", Kind::Date),
    ("ts", "timestamp", Kind::Stamp),
    ("f", "boolean", Kind::Bool),
    ("x", "float8", Kind::Float),
];

/// Statements that make and fill the tables.
pub fn tables(dice: &mut Dice) -> Vec<String> {
    let columns: Vec<String> =
        COLUMNS.iter().map(|(name, kind, _)| format!("{name} {kind}")).collect();
    let mut made = Vec::new();
    for table in TABLES {
        made.push(format!("create table {table} ({})", columns.join(", ")));
        let rows: Vec<String> = (0..14).map(|id| row(dice, id)).collect();
        made.push(format!("insert into {table} values {}", rows.join(", ")));
    }
    made
}

fn row(dice: &mut Dice, id: usize) -> String {
    let mut cells = vec![id.to_string()];
    for (_, _, kind) in &COLUMNS[1..] {
        let cell = match kind {
            _ if dice.once_in(6) => "null".into(),
            Kind::Int => (dice.below(10) as i64 - 3).to_string(),
            Kind::Dec => format!("{}.{}", dice.below(9), dice.pick(&["0", "25", "5", "75", "99"])),
            Kind::Text => format!("'{}'", dice.pick(&["a", "b", "abc", "Abc", "", "b_c", "xyz"])),
            Kind::Date => format!("'2020-{:02}-{:02}'", dice.below(12) + 1, dice.below(28) + 1),
            Kind::Stamp => {
                format!("'2021-{:02}-11 {:02}:30:00'", dice.below(12) + 1, dice.below(24))
            }
            Kind::Bool => dice.pick(&["true", "false"]).to_string(),
            Kind::Float => dice.pick(&["0.5", "2", "-1.25", "100"]).to_string(),
        };
        cells.push(cell);
    }
    format!("({})", cells.join(", "))
}

/// Writes queries.
pub struct Queries<'a> {
    pub dice: &'a mut Dice,
    /// Names given so far.
    names: usize,
}

/// A query and the kinds of its columns.
struct Written {
    text: String,
    kinds: Vec<Kind>,
}

impl<'a> Queries<'a> {
    pub fn new(dice: &'a mut Dice) -> Self {
        Self { dice, names: 0 }
    }

    /// One statement, and whether it says the order of its rows in full.
    pub fn statement(&mut self) -> (String, bool) {
        let written = match self.dice.below(8) {
            0 => self.combined(),
            1 => self.constants(),
            _ => self.select(2),
        };
        let with = self.dice.once_in(8);
        let mut text = written.text;
        if with {
            let names: Vec<String> = (0..written.kinds.len()).map(|at| format!("w{at}")).collect();
            text = format!("with cte({}) as ({text}) select * from cte", names.join(", "));
        }
        if self.dice.once_in(2) {
            return (text, false);
        }
        let keys: Vec<String> = (1..=written.kinds.len())
            .map(|at| format!("{at}{}", self.dice.pick(&["", " desc", " asc"])))
            .collect();
        text = format!("{text} order by {}", keys.join(", "));
        match self.dice.below(3) {
            0 => text.push_str(&format!(" limit {}", self.dice.below(6))),
            1 => text.push_str(&format!(" limit {} offset {}", self.dice.below(6) + 1, 2)),
            _ => {}
        }
        (text, true)
    }

    fn constants(&mut self) -> Written {
        let kinds = self.kinds();
        let mut expressions = Expressions { dice: self.dice, columns: Vec::new() };
        let items: Vec<String> = kinds.iter().map(|kind| expressions.of(*kind, 3)).collect();
        Written { text: format!("select {}", items.join(", ")), kinds }
    }

    fn kinds(&mut self) -> Vec<Kind> {
        (0..self.dice.below(3) + 1).map(|_| *self.dice.pick(&KINDS)).collect()
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("q{}", self.names)
    }

    /// A set operation: literals alone would have no type of their own.
    fn combined(&mut self) -> Written {
        let kinds = self.kinds();
        let op = *self.dice.pick(&["union", "union all", "intersect", "except"]);
        let parts: Vec<String> = (0..2)
            .map(|_| {
                let (from, columns) = self.from(1);
                let mut expressions = Expressions { dice: self.dice, columns };
                let items: Vec<String> = kinds
                    .iter()
                    .map(|kind| match kind {
                        Kind::Text => format!("cast({} as varchar)", expressions.of(*kind, 1)),
                        _ => expressions.of(*kind, 1),
                    })
                    .collect();
                format!("select {} from {from}", items.join(", "))
            })
            .collect();
        Written { text: parts.join(&format!(" {op} ")), kinds }
    }

    fn select(&mut self, depth: usize) -> Written {
        let (from, columns) = self.from(depth);
        match self.dice.below(4) {
            0 => self.grouped(&from, columns),
            1 => self.windowed(&from, columns),
            _ => self.plain(&from, columns),
        }
    }

    /// FROM, and the columns in sight.
    fn from(&mut self, depth: usize) -> (String, Vec<Column>) {
        let (one, mut columns) = self.relation(depth);
        if !self.dice.once_in(3) {
            return (one, columns);
        }
        let (other, others) = self.relation(depth);
        let key = |columns: &[Column]| {
            columns.iter().find(|column| column.kind == Kind::Int).map(|column| column.name.clone())
        };
        let join = *self.dice.pick(&["join", "left join", "right join", "full join"]);
        let base = |text: &str| TABLES.iter().any(|table| text.starts_with(&format!("{table} ")));
        if base(&one) && base(&other) && self.dice.once_in(3) {
            let using = *self.dice.pick(&["using (id)", "using (i, t)", "using (u)"]);
            let merged = |column: &Column| {
                let name = column.name.rsplit('.').next().unwrap_or_default();
                let is_merged = using.split(['(', ',', ' ', ')']).any(|part| part == name);
                let name = if is_merged { name.to_owned() } else { column.name.clone() };
                Column { name, kind: column.kind }
            };
            columns.extend(others);
            return (format!("{one} {join} {other} {using}"), columns.iter().map(merged).collect());
        }
        let text = match (key(&columns), key(&others)) {
            (Some(left), Some(right)) => format!("{one} {join} {other} on {left} = {right}"),
            _ => format!("{one} cross join {other}"),
        };
        columns.extend(others);
        (text, columns)
    }

    fn relation(&mut self, depth: usize) -> (String, Vec<Column>) {
        let name = self.name();
        if depth > 0 && self.dice.once_in(4) {
            let inner = self.select(depth - 1);
            let columns = inner
                .kinds
                .iter()
                .enumerate()
                .map(|(at, kind)| Column { name: format!("{name}.c{at}"), kind: *kind });
            let names: Vec<String> = (0..inner.kinds.len()).map(|at| format!("c{at}")).collect();
            let text = format!("({}) as {name}({})", inner.text, names.join(", "));
            return (text, columns.collect());
        }
        let columns = COLUMNS
            .iter()
            .map(|(column, _, kind)| Column { name: format!("{name}.{column}"), kind: *kind });
        (format!("{} {name}", self.dice.pick(&TABLES)), columns.collect())
    }

    fn plain(&mut self, from: &str, columns: Vec<Column>) -> Written {
        let kinds = self.kinds();
        let distinct = if self.dice.once_in(4) { "distinct " } else { "" };
        let condition = self.condition(&columns);
        let mut expressions = Expressions { dice: self.dice, columns };
        let items: Vec<String> = kinds.iter().map(|kind| expressions.of(*kind, 3)).collect();
        Written {
            text: format!("select {distinct}{} from {from}{condition}", items.join(", ")),
            kinds,
        }
    }

    /// WHERE or nothing.
    fn condition(&mut self, columns: &[Column]) -> String {
        match self.dice.below(6) {
            0 | 1 => {
                let mut expressions = Expressions { dice: self.dice, columns: columns.to_vec() };
                format!(" where {}", expressions.of(Kind::Bool, 3))
            }
            2 => format!(" where {}", self.subquery(columns)),
            _ => String::new(),
        }
    }

    /// A condition that asks another table.
    fn subquery(&mut self, columns: &[Column]) -> String {
        let inner = self.name();
        let table = *self.dice.pick(&TABLES);
        let not = *self.dice.pick(&["", "not "]);
        let way = self.dice.below(3);
        let mut outer = Expressions { dice: self.dice, columns: columns.to_vec() };
        let value = outer.of(Kind::Int, 1);
        match way {
            0 => format!(
                "{value} {not}in (select {inner}.i from {table} {inner} where {inner}.id > 3)"
            ),
            1 => format!("{not}exists (select 1 from {table} {inner} where {inner}.j = {value})"),
            _ => format!(
                "{value} > (select min({inner}.j) from {table} {inner} where {inner}.k = {value})"
            ),
        }
    }

    fn grouped(&mut self, from: &str, columns: Vec<Column>) -> Written {
        let condition = self.condition(&columns);
        let plain = [Kind::Int, Kind::Text, Kind::Date, Kind::Bool, Kind::Dec];
        let mut kinds = vec![*self.dice.pick(&plain)];
        let mut expressions = Expressions { dice: self.dice, columns };
        let key = expressions.of(kinds[0], 1);
        let mut items = vec![key];
        for _ in 0..expressions.dice.below(3) + 1 {
            let (text, kind) = aggregate(&mut expressions);
            items.push(text);
            kinds.push(kind);
        }
        let having = match expressions.dice.below(4) {
            0 => format!(" having count(*) > {}", expressions.dice.below(3)),
            1 => {
                let (text, _) = aggregate(&mut expressions);
                format!(" having {text} is not null")
            }
            _ => String::new(),
        };
        // PostgreSQL takes constants in ROLLUP for places, and orders what it finds constant as if
        // ROLLUP could not make it NULL.
        let is_column = expressions.columns.iter().any(|column| column.name == items[0]);
        let by = match is_column && expressions.dice.once_in(5) {
            true => format!("rollup({})", items[0]),
            false => "1".to_owned(),
        };
        let text =
            format!("select {} from {from}{condition} group by {by}{having}", items.join(", "));
        Written { text, kinds }
    }

    fn windowed(&mut self, from: &str, columns: Vec<Column>) -> Written {
        let mut expressions = Expressions { dice: self.dice, columns };
        let keys = [Kind::Int, Kind::Text, Kind::Date, Kind::Dec, Kind::Stamp];
        let kind = *expressions.dice.pick(&keys);
        let item = match kind {
            // A literal alone has no type in PostgreSQL.
            Kind::Text => format!("cast({} as varchar)", expressions.of(kind, 1)),
            _ => expressions.of(kind, 2),
        };
        let part = *expressions.dice.pick(&keys);
        let part = expressions.leaf(part);
        // The order is one of all that the window can see.
        let order: Vec<String> = vec![expressions.of(kind, 1), item.clone()];
        let direction = *expressions.dice.pick(&["", " desc"]);
        let over = format!("(partition by {part} order by {}{direction}", order.join(", "));
        let (call, result) = match expressions.dice.below(6) {
            0 => ("rank() over ".to_owned(), Kind::Int),
            1 => ("dense_rank() over ".to_owned(), Kind::Int),
            2 => (format!("lag({item}) over "), kind),
            3 => (format!("lead({item}, 2) over "), kind),
            _ => {
                // Rows that tie stand in any order: only the last of them has the whole count.
                let count = format!(
                    "count({item}) over (partition by {part} order by {} ",
                    order.join(", ")
                );
                let text = format!(
                    "select {item} as v, {count}rows unbounded preceding) as n from {from}"
                );
                let name = self.name();
                let text = format!("select max({name}.v), max({name}.n) from ({text}) as {name}");
                return Written { text, kinds: vec![kind, Kind::Int] };
            }
        };
        let text = format!("select {item}, {call}{over}) from {from}");
        Written { text, kinds: vec![kind, result] }
    }
}

/// An aggregate and what it gives.
fn aggregate(expressions: &mut Expressions<'_>) -> (String, Kind) {
    let kind = *expressions.dice.pick(&KINDS);
    let value = expressions.of(kind, 2);
    match (expressions.dice.below(6), kind) {
        (0, _) => ("count(*)".into(), Kind::Int),
        (1, _) => (format!("count({value})"), Kind::Int),
        (2, _) => (format!("count(distinct {value})"), Kind::Int),
        (3, Kind::Int) => (format!("«avg:avg¦rs_avg»({value})"), Kind::Int),
        (3, Kind::Dec) => (format!("cast(«inexact:¦»avg({value}) as float8)"), Kind::Float),
        (4 | 3, Kind::Float) => (format!("«inexact:¦»sum({value})"), Kind::Float),
        (4, Kind::Int | Kind::Dec) => (format!("sum({value})"), kind),
        (3 | 4, Kind::Text) => (
            format!(
                "«listagg:listagg¦string_agg»({value}, ','«listagg:) within group (order by ¦ order by »{value})"
            ),
            Kind::Text,
        ),
        (3, Kind::Bool) => (format!("bool_and({value})"), Kind::Bool),
        (_, Kind::Bool) => (format!("bool_or({value})"), Kind::Bool),
        (5, _) => (format!("max({value})"), kind),
        _ => (format!("min({value})"), kind),
    }
}
