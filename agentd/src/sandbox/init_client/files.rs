//! File operations: done by the sandbox's own user, so permissions are real and a link leads nowhere but into the
//! sandbox itself.

use std::time::Duration;

use proto::init::v1::{
    EditRequest, EditResponse, Entry, GlobRequest, GlobResponse, GrepRequest, GrepResponse, ListRequest, ListResponse,
    ReadRequest, ReadResponse, RemoveRequest, StatRequest, WriteRequest, WriteResponse,
};

use super::checks::{self, BEFORE_BYTES_MAX, CHUNK_BYTES_MAX};
use super::error::InitError;
use super::{ANSWER_WITHIN, InitClient, within};

impl InitClient {
    /// Reads bytes or lines of a file.
    pub async fn read(&self, request: ReadRequest) -> Result<ReadResponse, InitError> {
        let (bytes_max, lines_max) = match &request.lines {
            Some(lines) => (lines.bytes_max, lines.limit),
            None => (request.length_bytes_max, 0),
        };
        let answer = within(ANSWER_WITHIN, self.rpc.clone().read(request)).await?;
        checks::at_most("bytes of a file", answer.data.len() as u64, bytes_max.min(CHUNK_BYTES_MAX as u64))?;
        checks::at_most("lines of a file", answer.lines, lines_max)?;
        if answer.total_known && answer.lines > answer.total_lines {
            return Err(InitError::protocol("more lines than there are"));
        }
        Ok(answer)
    }

    /// Replaces or makes a file, with its parents.
    pub async fn write(&self, request: WriteRequest) -> Result<WriteResponse, InitError> {
        let answer = within(ANSWER_WITHIN, self.rpc.clone().write(request)).await?;
        before_or_after(answer.before.as_ref())?;
        Ok(answer)
    }

    /// Replaces exact text in a file.
    pub async fn edit(&self, request: EditRequest) -> Result<EditResponse, InitError> {
        let answer = within(ANSWER_WITHIN, self.rpc.clone().edit(request)).await?;
        before_or_after(answer.before.as_ref())?;
        before_or_after(answer.after.as_ref())?;
        if answer.replaced == 0 {
            return Err(InitError::protocol("an edit that replaced nothing"));
        }
        Ok(answer)
    }

    /// Names in a directory, in order.
    pub async fn list(&self, request: ListRequest) -> Result<ListResponse, InitError> {
        let max = request.entries_max;
        let mut answer = within(ANSWER_WITHIN, self.rpc.clone().list(request)).await?;
        answer.entries = checks::entries(answer.entries, max)?;
        checks::names(&answer.entries)?;
        Ok(answer)
    }

    /// Paths that match a pattern, in order.
    pub async fn glob(&self, request: GlobRequest) -> Result<GlobResponse, InitError> {
        let (max, time_max) = (request.entries_max, search_within(request.deadline_ms));
        let mut answer = within(time_max, self.rpc.clone().glob(request)).await?;
        answer.entries = checks::entries(answer.entries, max)?;
        Ok(answer)
    }

    /// Lines that match.
    pub async fn grep(&self, request: GrepRequest) -> Result<GrepResponse, InitError> {
        let (max, time_max) = (request.matches_max, search_within(request.deadline_ms));
        let answer = within(time_max, self.rpc.clone().grep(request)).await?;
        checks::matches(&answer.matches, max)?;
        Ok(answer)
    }

    /// One path.
    pub async fn stat(&self, path: &str, follow: bool) -> Result<Entry, InitError> {
        let request = StatRequest { path: path.to_owned(), follow };
        let answer = within(ANSWER_WITHIN, self.rpc.clone().stat(request)).await?;
        let entry = answer.entry.ok_or_else(|| InitError::protocol("a stat of nothing"))?;
        checks::entries(vec![entry], 1)?.pop().ok_or_else(|| InitError::protocol("a stat of nothing"))
    }

    /// Removes a file, or a directory with all in it; how many of them.
    pub async fn remove(&self, request: RemoveRequest) -> Result<u64, InitError> {
        Ok(within(ANSWER_WITHIN, self.rpc.clone().remove(request)).await?.removed)
    }
}

/// The search's own time limit, and some for the way.
fn search_within(deadline_ms: u64) -> Duration {
    Duration::from_millis(deadline_ms.min(30_000)) + Duration::from_secs(10)
}

fn before_or_after(content: Option<&bytes::Bytes>) -> Result<(), InitError> {
    checks::length_at_most("bytes of a file", content.map_or(0, bytes::Bytes::len), BEFORE_BYTES_MAX)
}
