//! What models were asked, added up where it is journaled: nothing has to be read again to know it.

use rusqlite::{Connection, params};

use crate::domain::message::Usage;
use crate::domain::time::WallTime;

use super::append::Failed;
use super::integer;
use super::row::UsageRow;

/// Adds an answer to the sums of its session, model and day.
pub(super) fn add(
    connection: &Connection,
    session: &str,
    model: &str,
    at: WallTime,
    usage: Usage,
) -> Result<(), Failed> {
    connection
        .prepare_cached(
            "INSERT INTO usage VALUES (?1, ?2, date(?3 / 1000, 'unixepoch'), ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (session, model, day) DO UPDATE SET
                 model_calls = model_calls + excluded.model_calls,
                 input_tokens = input_tokens + excluded.input_tokens,
                 cached_tokens = cached_tokens + excluded.cached_tokens,
                 cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
                 output_tokens = output_tokens + excluded.output_tokens,
                 cost_micros = cost_micros + excluded.cost_micros",
        )?
        .execute(params![
            session,
            model,
            at.0,
            bounded(usage.model_calls),
            bounded(usage.input_tokens),
            bounded(usage.cached_tokens),
            bounded(usage.cache_write_tokens),
            bounded(usage.output_tokens),
            bounded(usage.cost_micros),
        ])?;
    Ok(())
}

/// An endpoint may claim any number: one that is out of all proportion must not make a sum that cannot be stored.
fn bounded(count: u64) -> i64 {
    const COUNT_MAX: u64 = 1 << 40;
    i64::try_from(count.min(COUNT_MAX)).unwrap_or(i64::MAX)
}

/// All sums, oldest day first.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<UsageRow>> {
    connection
        .prepare_cached(
            "SELECT session, model, day, model_calls, input_tokens, cached_tokens, cache_write_tokens, output_tokens, cost_micros
             FROM usage ORDER BY day, session, model",
        )?
        .query_map([], |row| {
            Ok(UsageRow {
                session: row.get(0)?,
                model: row.get(1)?,
                day: row.get(2)?,
                usage: Usage {
                    model_calls: integer::unsigned(row, 3)?,
                    input_tokens: integer::unsigned(row, 4)?,
                    cached_tokens: integer::unsigned(row, 5)?,
                    cache_write_tokens: integer::unsigned(row, 6)?,
                    output_tokens: integer::unsigned(row, 7)?,
                    cost_micros: integer::unsigned(row, 8)?,
                },
            })
        })?
        .collect()
}
