//! `chat`: one message, or a conversation.

use std::path::{Path, PathBuf};

use clap::Args;
use proto::reason::Reason;
use proto::v1::{ChatRequest, CreateRequest, ShowRequest, TurnPosition};

use super::quantity;
use crate::attachments;
use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::words;
use crate::repl;
use crate::turn::conduct::{OnInterrupt, conduct};
use crate::turn::patience::Patience;

/// A message longer than this belongs in a file of the workspace.
const MESSAGE_BYTES_MAX: u64 = 2 << 20;

const AFTER_HELP: &str = "\
Examples:
  agentctl chat S \"write hello.py and run it\"
  agentctl chat S - < task.md > answer.txt
  agentctl chat S --file mockup.png --file notes.md \"build this page\"
  agentctl chat S \"fix the tests\" --on-interrupt cancel --timeout 30m
  agentctl chat S \"review the diff\" --json-schema review.schema.json > review.json
  agentctl -o json chat S \"list the files\" | jq -r 'select(.type==\"message.done\").data.text'
  agentctl chat                               talk with an agent in a new session

The answer goes to stdout: as it is written on a terminal, else each message when it is whole, byte for byte.
Cards, progress and hints go to stderr. The exit code is that of the turn; 3 means that a call waits for an approval.
The first Ctrl-C cancels the turn, the second leaves it.";

/// Send a message and stream what the agent does.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ChatArgs {
    /// Id, unique id prefix, or name of the session; left out at a terminal: a new one
    #[arg(value_name = "S", add = complete::sessions())]
    session: Option<String>,
    /// The message; - reads it from standard input; left out at a terminal: a conversation begins
    #[arg(value_name = "MESSAGE")]
    message: Option<String>,
    /// How the message is sent and followed.
    #[command(flatten)]
    options: ChatOptions,
    /// Time limit of this turn, like 90s or 30m
    #[arg(long, value_name = "D", value_parser = quantity::duration_ms)]
    timeout: Option<u64>,
}

/// How a message is sent and followed.
#[derive(Debug, Default, Args)]
pub(crate) struct ChatOptions {
    /// Your id for this request: the same id with the same message is the same turn, which is streamed from its beginning
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// A file to send beside the message: text, or a picture where the model takes one; may be repeated
    #[arg(long, value_name = "F", value_hint = clap::ValueHint::FilePath)]
    file: Vec<PathBuf>,
    /// What to do when a call waits for an approval [default: ask at a terminal, else park]
    #[arg(long, value_name = "WHAT", value_enum)]
    on_interrupt: Option<OnInterrupt>,
    /// Return as soon as the turn is accepted
    #[arg(long, conflicts_with = "on_interrupt")]
    pub(crate) detach: bool,
    /// A file with a JSON Schema: stdout gets the answer as JSON that fits it, alone; exit code 1 where it does not fit
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    json_schema: Option<PathBuf>,
}

/// A message to send.
#[derive(Debug)]
pub(crate) struct Message {
    request: ChatRequest,
}

impl Message {
    /// A message with a request id of its own.
    pub(crate) fn new(session: String, message: String) -> Self {
        Self { request: ChatRequest { session, message, ..ChatRequest::default() } }
    }

    /// With these files beside it.
    pub(crate) fn with_files<P: AsRef<Path>>(mut self, paths: &[P]) -> Result<Self, CommandError> {
        self.request.files = attachments::read_all(paths)?;
        Ok(self)
    }
}

pub(crate) async fn run(args: ChatArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let Some(given) = &args.message else { return converse(args, context).await };
    let mut message = Message::new(args.session.unwrap_or_default(), text(given, context)?);
    message.request.timeout_ms = args.timeout;
    stream(message, args.options, context).await
}

/// Sends a message as the options say, and follows its turn.
pub(crate) async fn stream(
    mut message: Message,
    options: ChatOptions,
    context: &mut Context,
) -> Result<Exit, CommandError> {
    message.request.request_id = options.request_id.unwrap_or_default();
    message.request.answer_schema = schema(options.json_schema.as_deref())?;
    message = message.with_files(&options.file)?;
    let position = send(context, message).await?;
    if options.detach {
        return detached(context, &position);
    }
    conduct(context, position, options.on_interrupt).await
}

/// The text of the schema in a file. Whether it can be used is the daemon's to say.
fn schema(file: Option<&Path>) -> Result<String, CommandError> {
    let Some(file) = file else { return Ok(String::new()) };
    let text = std::fs::read_to_string(file)
        .map_err(|error| CommandError::usage(format!("--json-schema {}: {error}", file.display())))?;
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(CommandError::usage(format!("--json-schema {}: not JSON: {error}", file.display()))),
    }
}

/// The message that was given, or that stands on standard input.
pub(crate) fn text(given: &str, context: &mut Context) -> Result<String, CommandError> {
    let text = if given == "-" { context.ui.read_text(MESSAGE_BYTES_MAX)? } else { given.to_owned() };
    if text.trim().is_empty() {
        return Err(CommandError::usage("the message is empty"));
    }
    Ok(text)
}

async fn converse(args: ChatArgs, context: &mut Context) -> Result<Exit, CommandError> {
    if !context.ui.can_ask() {
        return Err(CommandError::usage("there is no message, and no terminal to type one")
            .hinted("give it as an argument, or read it from standard input: agentctl chat S - < FILE"));
    }
    let ChatOptions { request_id, file, on_interrupt, detach, json_schema } = args.options;
    let options = [
        request_id.is_some(),
        !file.is_empty(),
        on_interrupt.is_some(),
        detach,
        json_schema.is_some(),
        args.timeout.is_some(),
    ];
    if options.contains(&true) {
        let options = "--file, --request-id, --on-interrupt, --timeout, --json-schema and --detach";
        return Err(CommandError::usage(format!("{options} need a message")));
    }
    let mut sessions = context.client().await?.sessions();
    let session = match args.session {
        Some(session) => sessions.show(timed(ShowRequest { session })).await?,
        None => sessions.create(timed(CreateRequest::default())).await?,
    };
    repl::run(context, session.into_inner()).await
}

/// Sends a message until the daemon has it for certain: the request id makes one turn of all tries.
pub(crate) async fn send(context: &mut Context, mut message: Message) -> Result<TurnPosition, CommandError> {
    if message.request.request_id.is_empty() {
        message.request.request_id = request_id()?;
    }
    let mut client = context.client().await?;
    let mut patience = Patience::default();
    loop {
        // From here on a turn may be running, and Ctrl-C is to cancel it.
        context.interrupts.listen();
        let error = match client.sessions().chat(timed(message.request.clone())).await {
            Ok(position) => return Ok(position.into_inner()),
            Err(status) => CommandError::from(status),
        };
        wait(context, &mut patience, error).await?;
        client = loop {
            match context.client().await {
                Ok(client) => break client,
                Err(error) => wait(context, &mut patience, error).await?,
            }
        };
    }
}

/// Waits for the daemon to come back, unless the user does not want to.
async fn wait(context: &mut Context, patience: &mut Patience, error: CommandError) -> Result<(), CommandError> {
    tokio::select! {
        waited = patience.wait(error) => waited,
        () = context.interrupts.next() => {
            Err(CommandError::new(Reason::DaemonUnreachable, "interrupted while agentd did not answer"))
        }
    }
}

/// Says where a turn that nobody follows can be watched.
pub(crate) fn detached(context: &mut Context, position: &TurnPosition) -> Result<Exit, CommandError> {
    if context.ui.is_json() {
        context.ui.json(position)?;
    } else {
        let session = words::short_id(&position.session);
        context.ui.note(&format!("turn {} runs; watch it with: agentctl attach {session}", position.turn))?;
    }
    Ok(Exit::DONE)
}

/// An id that no other request has.
pub(crate) fn request_id() -> Result<String, CommandError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| CommandError::internal("no random numbers can be had", &error))?;
    Ok(format!("{:032x}", u128::from_be_bytes(random)))
}
