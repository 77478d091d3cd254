//! Rows as CSV without a header.

use std::io::{self, Write};

use tpchgen::csv::{
    CustomerCsv, LineItemCsv, NationCsv, OrderCsv, PartCsv, PartSuppCsv, RegionCsv, SupplierCsv,
};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator,
    PartSuppGenerator, RegionGenerator, SupplierGenerator,
};

/// Writes part `part` of `parts` (from 1) of a table at a scale factor (1 is about 1 GB in all).
///
/// # Errors
/// What writing fails with; [`io::ErrorKind::NotFound`] for a table that does not exist.
pub fn write(
    table: &str,
    scale: f64,
    part: i32,
    parts: i32,
    out: &mut dyn Write,
) -> io::Result<()> {
    macro_rules! rows {
        ($generator:ident, $csv:ident) => {
            $generator::new(scale, part, parts)
                .iter()
                .try_for_each(|row| writeln!(out, "{}", $csv::new(row)))
        };
    }
    match table {
        "region" => rows!(RegionGenerator, RegionCsv),
        "nation" => rows!(NationGenerator, NationCsv),
        "supplier" => rows!(SupplierGenerator, SupplierCsv),
        "customer" => rows!(CustomerGenerator, CustomerCsv),
        "part" => rows!(PartGenerator, PartCsv),
        "partsupp" => rows!(PartSuppGenerator, PartSuppCsv),
        "orders" => rows!(OrderGenerator, OrderCsv),
        "lineitem" => rows!(LineItemGenerator, LineItemCsv),
        other => Err(io::Error::new(io::ErrorKind::NotFound, format!("no table {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::TABLES;

    #[test]
    fn every_table_has_a_row_of_as_many_fields_as_columns() {
        for table in TABLES {
            let mut out = Vec::new();
            write(table.name, 0.001, 1, 1, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            let first = text.lines().next().unwrap();
            assert!(first.split(',').count() > 2, "{first}");
        }
        assert!(write("nothing", 1.0, 1, 1, &mut Vec::new()).is_err());
    }
}
