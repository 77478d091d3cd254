//! MERGE: refused where several rows of the source match one of the target, then carried out as
//! one or two statements of the engine, together. Redshift Developer Guide, "MERGE".

use redshift_sql::{EngineStatement, Merge, Privilege};

use super::{Output, Parameter, Session};
use crate::errors::Failure;

impl Session {
    pub(super) fn merge(
        &mut self,
        merge: &Merge,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        for statement in &merge.statements {
            self.check_accesses(&statement.accesses)?;
        }
        if let (true, [gone, come]) = (merge.simple, merge.statements.as_slice()) {
            self.require_same_shape(gone, come)?;
        }
        let changed = self.atomically(|session| {
            if let Some(duplicates) = &merge.duplicates {
                let resolution = session.engine_sql(duplicates, parameters)?;
                if !session.connection.rows(&resolution.sql)?.is_empty() {
                    return Err(Failure::new(
                        "XX000",
                        "Found multiple matches to update the same tuple.",
                    ));
                }
            }
            let mut changed = 0_u64;
            for statement in &merge.statements {
                let tag = session.run_engine(statement, parameters, output)?;
                let count = tag.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok());
                changed = match merge.simple {
                    // The rows that came are those that the statement tells of.
                    true => count.unwrap_or(0),
                    false => changed.saturating_add(count.unwrap_or(0)),
                };
            }
            Ok(changed)
        })?;
        Ok(format!("MERGE {changed}"))
    }

    /// The simple mode takes the source's columns for the target's, in order.
    fn require_same_shape(
        &mut self,
        gone: &EngineStatement,
        come: &EngineStatement,
    ) -> Result<(), Failure> {
        let width = |session: &mut Self, statement: &EngineStatement, write: bool| {
            let is_write = |privilege| matches!(privilege, Privilege::Insert | Privilege::Delete);
            let access =
                statement.accesses.iter().find(|access| is_write(access.privilege) == write);
            match access {
                Some(access) => session.width_of(&access.name).map(Some),
                None => Ok(None),
            }
        };
        let (target, source) = (width(self, gone, true)?, width(self, come, false)?);
        if let (Some(target), Some(source)) = (target, source)
            && target != source
        {
            return Err(Failure::new(
                "42601",
                "MERGE with REMOVE DUPLICATES requires source and target tables to have the same \
                 number of columns",
            ));
        }
        Ok(())
    }
}
