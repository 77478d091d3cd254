//! FIXEDWIDTH: each value left-aligned in its own number of bytes, no delimiter.
//! Amazon Redshift Developer Guide, "UNLOAD": FIXEDWIDTH, NULL AS.

use redshift_sql::FixedWidthColumn;

use super::scan;
use super::value::{Show, push_value};
use super::{LineFormat, Prepared};
use crate::unload::UnloadError;
use crate::unload::cells::{Cells, Column};

/// Fixed-width lines.
pub(crate) struct FixedWidth {
    columns: Vec<FixedWidthColumn>,
    null: Vec<u8>,
    show: Show,
}

impl FixedWidth {
    /// One specification per column of the file.
    pub(crate) fn new(columns: Vec<FixedWidthColumn>, null_as: &str, show: Show) -> Self {
        Self { columns, null: null_as.as_bytes().to_vec(), show }
    }

    /// A NULL string that is too wide is left out of other columns and an error in character
    /// columns.
    fn push_null(&self, spec: &FixedWidthColumn, cells: &Cells<'_>, out: &mut Vec<u8>) {
        let fits = self.null.len() <= spec.width;
        match cells {
            // SUPER has its own null and takes no part in NULL AS.
            Cells::Super(_) => out.extend_from_slice(b"null"),
            Cells::Text(_) => out.extend_from_slice(&self.null),
            _ if fits => out.extend_from_slice(&self.null),
            _ => {}
        }
    }
}

impl LineFormat for FixedWidth {
    fn header(&self) -> &[u8] {
        b""
    }

    fn prepare<'a>(&self, columns: Vec<Column<'a>>) -> Vec<Prepared<'a>> {
        scan::prepare(columns, |_| false)
    }

    fn row(
        &self,
        columns: &[Prepared<'_>],
        row: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), UnloadError> {
        for (prepared, spec) in columns.iter().zip(&self.columns) {
            let start = out.len();
            if prepared.column.is_null(row) {
                self.push_null(spec, &prepared.column.cells, out);
            } else {
                push_value(out, &prepared.column.cells, row, self.show);
            }
            let used = out.len() - start;
            let Some(blanks) = spec.width.checked_sub(used) else {
                return Err(too_wide(spec, used));
            };
            out.extend(std::iter::repeat_n(b' ', blanks));
        }
        out.push(b'\n');
        Ok(())
    }
}

/// FIXEDWIDTH does not truncate.
fn too_wide(spec: &FixedWidthColumn, used: usize) -> UnloadError {
    UnloadError::plain(
        "22001",
        format!(
            "Value of {used} bytes is too long for fixed width column '{}' of {} bytes",
            spec.label, spec.width,
        ),
    )
}
