//! The schema, as an ordered list of steps. A step that was released is never changed: a new one is added after it.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;

const STEPS: &[&str] = &[include_str!("migrations/0001_journal.sql"), include_str!("migrations/0002_usage.sql")];

/// The schema version that this agentd writes.
#[allow(clippy::cast_possible_truncation)]
pub(super) const VERSION: u32 = STEPS.len() as u32;

/// Brings the schema up to [`VERSION`], each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection, file: &Path) -> Result<(), StoreError> {
    let sql = |e: rusqlite::Error| StoreError::of_sqlite(&e, file);
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sql)?;
    if found > VERSION {
        return Err(StoreError::Newer { file: file.to_owned(), found, known: VERSION });
    }
    for (version, step) in (1..=VERSION).zip(STEPS).filter(|(version, _)| *version > found) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
        transaction.execute_batch(step).map_err(sql)?;
        transaction.pragma_update(None, "user_version", version).map_err(sql)?;
        transaction.commit().map_err(sql)?;
    }
    Ok(())
}
