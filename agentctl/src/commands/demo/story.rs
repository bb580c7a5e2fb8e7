//! The story, stage by stage.

use std::path::Path;

use proto::reason::{Reason, exit};
use proto::v1::event::Data;
use proto::v1::{
    CreateRequest, Decision, DoctorRequest, Follow, ResumeRequest, Severity, StatusRequest, ToolOutcome, TurnPosition,
    WatchRequest,
};

use super::crash;
use super::home::Home;
use crate::client::{Client, launch, timed};
use crate::commands::chat::{self, Message};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::style::Style;
use crate::render::{escape, words};
use crate::turn::conduct::conduct;
use crate::turn::events::EventStream;

/// Only this asks: the demo needs one approval to show what one is.
const APPROVE: &str = "write_file";
/// The largest file that is shown.
const SHOWN_BYTES_MAX: u64 = 4096;

/// What there is to clean up.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Whether a daemon may run.
    pub(super) daemon_started: bool,
}

/// Tells the story. Any exit but [`Exit::DONE`]: it ended early, and the reason was shown.
pub(super) async fn tell(
    image: String,
    home: &Home,
    progress: &mut Progress,
    context: &mut Context,
) -> Result<Exit, CommandError> {
    stage(context, 1, "an agentd of its own, in a private directory")?;
    progress.daemon_started = true;
    let (client, pid) = start(context).await?;
    context.ui.note(&format!("agentd is process {pid}, in {}", home.directory().display()))?;
    must_be_fit(&client, context).await?;

    stage(context, 2, "a session, and a reply that streams")?;
    let request =
        CreateRequest { name: "demo".to_owned(), image, approve: APPROVE.to_owned(), ..CreateRequest::default() };
    let session = client.sessions().create(timed(request)).await?.into_inner();
    let place =
        format!("session {} with the workspace {}", words::short_id(&session.id), escape::line(&session.workspace));
    context.ui.note(&place)?;
    let (exit, _) = turn(context, &session.id, "Hello! What can you show me?").await?;
    if exit != Exit::DONE {
        return Ok(exit);
    }

    stage(context, 3, "the agent wants to write a file, and must ask")?;
    let (exit, _) = turn(context, &session.id, "Write a program that says Hello World.").await?;
    if exit != Exit::DONE {
        return Ok(exit);
    }
    let file = Path::new(&session.workspace).join("hello.sh");
    let Some(content) = read(&file) else {
        context.ui.note(&format!("\nnothing was written: {} does not exist", escape::line(&file.to_string_lossy())))?;
        context.ui.note("Run the demo again and approve the call to see the rest.")?;
        return Ok(Exit::DONE);
    };

    stage(context, 4, "the file is on this host, too")?;
    context.ui.note(&format!(
        "$ cat {}\n{}",
        escape::line(&file.to_string_lossy()),
        escape::block(content.trim_end())
    ))?;

    stage(context, 5, "the agent runs it in the sandbox: a container without network and without privileges")?;
    let (exit, position) = turn(context, &session.id, "Run it.").await?;
    if exit != Exit::DONE {
        return Ok(exit);
    }
    must(context, &position, |outcome| code(outcome) == Some(0) && outcome.content.contains("Hello World")).await?;

    stage(context, 6, "kill -9 agentd while a command runs")?;
    let position = say(context, &session.id, "Run something that takes a while.").await?;
    crash::kill_when_started(context, &position, pid).await?;
    context.ui.note(&format!("killed agentd (process {pid}) with -9; the command goes on in its container"))?;
    let (_, pid) = start(context).await?;
    context.ui.note(&format!("started agentd again (process {pid}); it finds the command and follows it"))?;
    let exit = settle(context, position.clone()).await?;
    if exit != Exit::DONE {
        return Ok(exit);
    }
    let outcome = must(context, &position, |outcome| {
        code(outcome) == Some(7) && outcome.content.contains("started") && outcome.content.contains("done")
    })
    .await?;
    let told = escape::block(outcome.content.trim_end()).replace('\n', "\n    ");
    context.ui.note(&format!("the journal holds the command's own exit code and its whole output:\n    {told}"))?;
    Ok(Exit::DONE)
}

/// Starts the demo's daemon; gives its process id.
async fn start(context: &mut Context) -> Result<(Client, u32), CommandError> {
    let client = launch::start_once(&context.agentd()?, &context.paths).await?;
    let pid = client.daemon().status(timed(StatusRequest {})).await?.into_inner().pid;
    Ok((client, pid))
}

/// Without an engine there is nothing to show: says what doctor says.
async fn must_be_fit(client: &Client, context: &mut Context) -> Result<(), CommandError> {
    context.ui.spin(Some("looking for an engine"));
    let findings = client.daemon().doctor(timed(DoctorRequest {})).await;
    context.ui.spin(None);
    match findings?.into_inner().findings.into_iter().find(|finding| finding.severity() == Severity::Error) {
        None => Ok(()),
        Some(finding) => {
            let reason = if finding.check == "image" { Reason::ImageNotFound } else { Reason::EngineUnreachable };
            Err(CommandError::new(reason, format!("{}: {}", finding.check, finding.message)).hinted(finding.remedy))
        }
    }
}

fn stage(context: &mut Context, number: u32, what: &str) -> Result<(), CommandError> {
    let heading = context.ui.err_colors().paint(Style::Strong, &format!("{number}/6  {what}"));
    context.ui.note(&format!("\n{heading}"))
}

/// One message and everything that follows from it.
async fn turn(context: &mut Context, session: &str, message: &str) -> Result<(Exit, TurnPosition), CommandError> {
    let position = say(context, session, message).await?;
    Ok((settle(context, position.clone()).await?, position))
}

async fn say(context: &mut Context, session: &str, message: &str) -> Result<TurnPosition, CommandError> {
    let you = context.ui.err_colors().paint(Style::Hint, "you:");
    context.ui.note(&format!("{you} {message}"))?;
    chat::send(context, Message::new(session.to_owned(), message.to_owned())).await
}

/// Shows a turn to its end. Where it asks and nobody is there, the demo answers, and says so.
async fn settle(context: &mut Context, position: TurnPosition) -> Result<Exit, CommandError> {
    let session = position.session.clone();
    let exit = conduct(context, position, None).await?;
    if exit.code() != exit::PARKED {
        return Ok(exit);
    }
    if context.ui.can_ask() {
        // The person left without an answer.
        return Ok(Exit::INTERRUPTED);
    }
    context.ui.note("there is no terminal to ask at, so the demo approves the call itself")?;
    let approval = ResumeRequest { session, rest: Decision::Approve.into(), ..ResumeRequest::default() };
    let resumed = context.client().await?.sessions().resume(timed(approval)).await?.into_inner();
    conduct(context, resumed, None).await
}

/// The journal's outcome of the turn's tool call, held against what the story promises.
async fn must(
    context: &mut Context,
    position: &TurnPosition,
    promised: impl Fn(&ToolOutcome) -> bool,
) -> Result<ToolOutcome, CommandError> {
    let mut events = EventStream::new(WatchRequest {
        session: position.session.clone(),
        from_seq: position.from_seq,
        follow: Follow::None.into(),
        turn: position.turn,
        live: false,
    });
    let mut last = None;
    while let Some(event) = events.next(context).await? {
        if let Some(
            Data::ToolDone(outcome)
            | Data::ToolFailed(outcome)
            | Data::ToolDenied(outcome)
            | Data::ToolCancelled(outcome)
            | Data::ToolUnknown(outcome),
        ) = event.data
        {
            last = Some(outcome);
        }
    }
    match last {
        Some(outcome) if promised(&outcome) => Ok(outcome),
        Some(outcome) => Err(CommandError::new(
            Reason::Internal,
            format!("the command ended otherwise than the demo promises: {}", outcome.content),
        )),
        None => Err(CommandError::new(Reason::Internal, "the command has no outcome in the journal")),
    }
}

fn code(outcome: &ToolOutcome) -> Option<i32> {
    outcome.exec.as_ref().map(|report| report.exit_code)
}

/// A small file of the workspace, which the sandbox may have made anything of.
fn read(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut content = Vec::new();
    let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let opened = rustix::fs::open(path, flags | rustix::fs::OFlags::CLOEXEC, rustix::fs::Mode::empty()).ok()?;
    std::fs::File::from(opened).take(SHOWN_BYTES_MAX).read_to_end(&mut content).ok()?;
    Some(String::from_utf8_lossy(&content).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_the_workspace_shows_nothing_of_the_host() {
        let root = tempfile::tempdir().unwrap();
        let (file, link) = (root.path().join("file"), root.path().join("link"));
        std::fs::write(&file, "x".repeat(5000)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read(&file).unwrap().len(), 4096);
        assert_eq!(read(&link), None);
        assert_eq!(read(&root.path().join("none")), None);
    }
}
