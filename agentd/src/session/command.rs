//! What a session can be told.

use tokio::sync::oneshot;

use crate::domain::approval::Principal;
use crate::turn::answer::Answers;

use super::error::SessionError;
use super::uses::{Borrowed, IdleStep};

/// Where an answer goes. Nobody may be there any more to take it.
pub type Reply<T> = oneshot::Sender<Result<T, SessionError>>;

/// One command to a session's actor.
pub enum Command {
    /// Start a turn, or join the one that this request id started.
    Chat(Chat, Reply<Position>),
    /// Answer waiting calls.
    Resume(Answers, Reply<Position>),
    /// Put guidance before the next request to the model.
    Steer(Guidance, Reply<Position>),
    /// Cancel the open turn.
    Stop(Reply<Position>),
    /// Take another name.
    Rename(String, Reply<()>),
    /// Ask another model from the next turn on.
    Model(String, Principal, Reply<()>),
    /// Use more or less than before.
    Budget(BudgetChange, Principal, Reply<()>),
    /// End for good; `true`: also with an open turn.
    Remove(bool, Reply<()>),
    /// Make or wake the sandbox and hand it out.
    Sandbox(Reply<Borrowed>),
    /// Remove a container of this name, if it is not the session's.
    Discard {
        /// The backend that has it.
        backend: String,
        /// Its name.
        name: String,
        /// Where the answer goes.
        reply: Reply<()>,
    },
    /// Pause or remove the sandbox, if nobody uses it by now.
    Idle(IdleStep, Reply<()>),
    /// Have another image.
    ChangeImage(ImageChange, Reply<()>),
    /// Change the container's life.
    Container(Verb, Reply<()>),
}

/// A message of the user.
#[derive(Clone, Debug)]
pub struct Chat {
    /// The text.
    pub message: String,
    /// Files beside it.
    pub files: Vec<NewFile>,
    /// The client's id of the request.
    pub request_id: String,
    /// Time limit; none: the session's.
    pub timeout_ms: Option<u64>,
    /// The JSON Schema that the answer must fit.
    pub answer_schema: Option<serde_json::Value>,
    /// Who.
    pub who: Principal,
}

/// What changes of a session's budget.
#[derive(Clone, Copy, Debug, Default)]
pub struct BudgetChange {
    /// Tokens in all; 0: no limit.
    pub tokens: Option<u64>,
    /// Cost in all, in millionths; 0: no limit.
    pub cost_micros: Option<u64>,
}

/// A file as it comes with a message.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Its name, without its directory.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
}

/// Guidance for the running turn.
#[derive(Clone, Debug)]
pub struct Guidance {
    /// The text.
    pub text: String,
    /// The client's id of the request; empty: none.
    pub request_id: String,
    /// Who.
    pub who: Principal,
}

/// Where to watch a turn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The turn.
    pub turn: u64,
    /// The first row of what the request led to.
    pub from_seq: u64,
    /// Whether the turn's answer must fit a schema.
    pub structured: bool,
}

/// What can be done to a container that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Freeze it.
    Pause,
    /// Let it go on.
    Unpause,
    /// Remove it, also while a turn is running in it where `force`.
    Remove {
        /// Also while a turn is running.
        force: bool,
    },
}

/// Which image a session is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageChange {
    /// This one.
    Upgrade {
        /// By name.
        image: String,
        /// By digest.
        digest: String,
    },
    /// The one of before the last upgrade.
    Rollback,
}
