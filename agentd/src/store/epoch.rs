//! Which start of the daemon may write. The lock on the state directory keeps a second daemon out; where a lock does not
//! hold (a copied mount, a network file system), the epoch still does.

use rusqlite::{Connection, TransactionBehavior};

use super::integer;

/// Writes down what this installation is called. Done once, when the journal is made.
pub(super) fn found(connection: &Connection) -> rusqlite::Result<()> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
    let install_id: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    connection.execute("INSERT INTO journal (only, install_id, epoch) VALUES (1, ?1, 0)", [install_id]).map(drop)
}

/// Takes the journal over: from now on every earlier epoch is refused. Gives the install id and the new epoch.
pub(super) fn raise(connection: &mut Connection) -> rusqlite::Result<(String, u64)> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let raised =
        transaction.query_row("UPDATE journal SET epoch = epoch + 1 RETURNING install_id, epoch", [], |row| {
            Ok((row.get(0)?, integer::unsigned(row, 1)?))
        })?;
    transaction.commit()?;
    Ok(raised)
}

/// The epoch that may write.
pub(super) fn current(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached("SELECT epoch FROM journal")?.query_row([], |row| integer::unsigned(row, 0))
}
