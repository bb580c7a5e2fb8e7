//! SQLite's integers are signed; ours are not.

use rusqlite::types::Type;

use super::error::StoreError;

/// For a comparison in a query: what is beyond SQLite's range compares like its greatest number.
pub(super) fn bound(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// For a column: what is beyond SQLite's range is refused.
pub(super) fn column(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Unfit("a number is beyond 2^63"))
}

/// Out of a column that never holds a negative number unless the file is damaged.
pub(super) fn unsigned(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(index)?;
    u64::try_from(number).map_err(|e| rusqlite::Error::FromSqlConversionFailure(index, Type::Integer, Box::new(e)))
}
