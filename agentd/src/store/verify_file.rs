//! Whether the file is sound, and whether it holds anything that belongs to no session.

use rusqlite::Connection;

use crate::domain::ids::SessionId;

/// Faults told at most; more say nothing new.
const FAULTS_MAX: usize = 32;

/// What a look at the whole file found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileVerified {
    /// The sessions that can be named, oldest first.
    pub sessions: Vec<SessionId>,
    /// What is wrong, in words.
    pub faults: Vec<String>,
}

/// Looks at the whole file. What cannot be read is a fault, not an error: the rest is looked at all the same.
pub(super) fn verify_file(connection: &mut Connection) -> FileVerified {
    let mut found = FileVerified::default();
    match texts(connection, &format!("PRAGMA integrity_check({FAULTS_MAX})")) {
        Ok(messages) => found.faults.extend(messages.into_iter().filter(|message| message != "ok")),
        Err(error) => found.faults.push(format!("the file cannot be checked: {error}")),
    }
    match texts(connection, "SELECT id FROM sessions ORDER BY created_ms, id") {
        Ok(ids) => {
            for id in ids {
                match SessionId::try_from(id.clone()) {
                    Ok(id) => found.sessions.push(id),
                    Err(_) => found.faults.push(format!("a session has the id {id:?}, which no session can have")),
                }
            }
        }
        Err(error) => found.faults.push(format!("the sessions cannot be listed: {error}")),
    }
    for (table, what) in [("events", "rows"), ("turn_requests", "request ids")] {
        let query = format!(
            "SELECT DISTINCT session FROM {table} WHERE session NOT IN (SELECT id FROM sessions) LIMIT {FAULTS_MAX}"
        );
        match texts(connection, &query) {
            Ok(ids) => {
                let orphans = ids.iter().map(|id| format!("there are {what} of a session {id:?} that is not there"));
                found.faults.extend(orphans);
            }
            Err(error) => found.faults.push(format!("the {what} cannot be listed: {error}")),
        }
    }
    found.faults.truncate(FAULTS_MAX);
    found
}

fn texts(connection: &Connection, query: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(query)?.query_map([], |row| row.get(0))?.collect()
}
