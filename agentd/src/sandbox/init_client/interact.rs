//! Commands with streams, for people: not remembered, and ended with their connection.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use proto::init::v1::{self as wire, InteractStart, TerminalSize, interact_input, interact_output};

use super::checks::{CHUNK_BYTES_MAX, length_at_most};
use super::error::InitError;
use super::exec_events::ExecEnd;
use super::{ANSWER_WITHIN, InitClient, within};

/// What goes into a running command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InteractIn {
    /// Bytes for its standard input.
    Stdin(Bytes),
    /// Its standard input ends.
    StdinEnd,
    /// Its terminal has another size.
    Resize {
        /// Rows.
        rows: u32,
        /// Columns.
        columns: u32,
    },
}

/// What comes out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InteractOut {
    /// Its standard output, or its terminal's.
    Stdout(Bytes),
    /// Its standard error.
    Stderr(Bytes),
    /// It ended. The last part.
    Exited(ExecEnd),
}

impl InitClient {
    /// Runs a command with streams. Dropping what is returned ends it with its whole tree.
    pub async fn interact(
        &self,
        start: InteractStart,
        input: impl Stream<Item = InteractIn> + Send + 'static,
    ) -> Result<BoxStream<'static, Result<InteractOut, InitError>>, InitError> {
        let first = interact_input::Part::Start(start);
        // The request stays open after the input's end, which would be taken for a broken connection, but not after what is
        // returned here was dropped: an open request would keep the whole exchange alive, and the command with it.
        let (wanted, dropped) = tokio::sync::oneshot::channel::<std::convert::Infallible>();
        let parts = futures_util::stream::iter([first])
            .chain(input.map(part_of))
            .chain(futures_util::stream::pending())
            .take_until(dropped)
            .map(|part| wire::InteractInput { part: Some(part) });
        let output = within(ANSWER_WITHIN, self.rpc.clone().interact(parts)).await?;
        let checked = futures_util::stream::unfold(Some((output, wanted)), |state| async {
            let (mut output, wanted) = state?;
            let part = match output.message().await {
                Ok(Some(message)) => checked(message),
                Ok(None) => Err(InitError::broken("the sandbox stopped telling before the command ended")),
                Err(status) => Err(InitError::of_status(&status)),
            };
            let go_on = matches!(part, Ok(InteractOut::Stdout(_) | InteractOut::Stderr(_))).then_some((output, wanted));
            Some((part, go_on))
        });
        Ok(checked.boxed())
    }
}

fn part_of(input: InteractIn) -> interact_input::Part {
    match input {
        InteractIn::Stdin(data) => interact_input::Part::Stdin(data),
        InteractIn::StdinEnd => interact_input::Part::StdinEnd(true),
        InteractIn::Resize { rows, columns } => interact_input::Part::Resize(TerminalSize { rows, columns }),
    }
}

fn checked(message: wire::InteractOutput) -> Result<InteractOut, InitError> {
    let out = match message.part {
        Some(interact_output::Part::Stdout(data)) => InteractOut::Stdout(data),
        Some(interact_output::Part::Stderr(data)) => InteractOut::Stderr(data),
        Some(interact_output::Part::Exited(end)) => InteractOut::Exited(ExecEnd::checked(end)?),
        None => return Err(InitError::protocol("an empty part")),
    };
    if let InteractOut::Stdout(data) | InteractOut::Stderr(data) = &out {
        length_at_most("bytes of output", data.len(), CHUNK_BYTES_MAX)?;
    }
    Ok(out)
}
