//! What the client sends goes to the command, as fast as it takes it.

use proto::init::v1::InteractInput;
use proto::init::v1::interact_input::Part;
use tokio::io::AsyncWriteExt as _;
use tonic::Streaming;

use super::ends::{Stdin, resize};

/// What ends the input of a terminal: control-D.
const END_OF_TERMINAL_INPUT: &[u8] = &[4];

/// Passes on what arrives, until the client sends no more. That ends the command's input too.
pub(super) async fn pass_on(mut input: Streaming<InteractInput>, mut stdin: Option<Stdin>) {
    while let Ok(Some(message)) = input.message().await {
        match message.part {
            Some(Part::Stdin(bytes)) => {
                let written = match &mut stdin {
                    Some(Stdin::Pipe(stdin) | Stdin::Terminal(stdin)) => stdin.write_all(&bytes).await,
                    None => Ok(()),
                };
                if written.is_err() {
                    // The command reads no more; what else is sent is dropped.
                    stdin = None;
                }
            }
            Some(Part::StdinEnd(_)) => end(&mut stdin).await,
            Some(Part::Resize(size)) => {
                if let Some(Stdin::Terminal(terminal)) = &stdin {
                    // A terminal that has ended has no size.
                    let _ = resize(terminal, size);
                }
            }
            Some(Part::Start(_)) | None => {}
        }
    }
    end(&mut stdin).await;
}

async fn end(stdin: &mut Option<Stdin>) {
    match stdin {
        Some(Stdin::Terminal(terminal)) => {
            // A terminal that has ended needs no end.
            let _ = terminal.write_all(END_OF_TERMINAL_INPUT).await;
        }
        Some(Stdin::Pipe(_)) => *stdin = None,
        None => {}
    }
}
