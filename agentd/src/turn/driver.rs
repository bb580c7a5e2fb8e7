//! Performs what the plan says: requests to the model and tool calls, as tasks that end in one [`Done`] each. It decides
//! nothing and journals nothing. Whatever it started ends with it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinSet};

use crate::domain::ids::CallId;
use crate::domain::message::Message;
use crate::domain::outcome::{Outcome, OutcomeKind};
use crate::domain::tool::ToolSpec;
use crate::model::{DeltaSink, Model, ModelError, ModelReply, ModelRequest, Transcript};
use crate::sandbox::init_client::InitClient;
use crate::skills::Shelf;
use crate::tools::registry::Registry;
use crate::tools::tool::{CommandCaps, OutputSink, SandboxGone, ToolRun};
use crate::turn::subagent::News;

/// Which attempt of which step of which turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptId {
    /// The turn.
    pub turn: u64,
    /// From 1 in its turn.
    pub step: u32,
    /// From 1 in its step.
    pub attempt: u32,
}

/// Where pieces of what is under way go, for those who watch. Never waits.
pub trait Progress: Send + Sync {
    /// A piece of the answer.
    fn text(&self, at: AttemptId, text: &str);
    /// A piece of the reasoning.
    fn reasoning(&self, at: AttemptId, text: &str);
    /// A piece of a command's output.
    fn output(&self, turn: u64, call: &CallId, offset: u64, text: &str);
}

/// A request to the model, whole.
pub struct Question {
    /// Whom.
    pub model: Arc<dyn Model>,
    /// The system prompt.
    pub system: Arc<str>,
    /// The conversation.
    pub messages: Arc<Vec<Message>>,
    /// What is kept of it between requests.
    pub transcript: Arc<Transcript>,
    /// The tools on offer.
    pub tools: Arc<[ToolSpec]>,
    /// Which attempt.
    pub at: AttemptId,
    /// How long to wait before it is sent.
    pub wait: Duration,
}

impl Question {
    /// SHA-256 of the request, in hexadecimal.
    pub fn hash(&self) -> String {
        self.model.request_hash(&self.request())
    }

    fn request(&self) -> ModelRequest<'_> {
        ModelRequest {
            system: &self.system,
            messages: &self.messages,
            tools: &self.tools,
            attempt: self.at.attempt,
            transcript: &self.transcript,
        }
    }
}

/// A call to be run.
pub struct Job {
    /// The turn.
    pub turn: u64,
    /// The call.
    pub call: CallId,
    /// The tool's name.
    pub tool: String,
    /// The arguments, approved or edited.
    pub arguments: serde_json::Value,
    /// The live sandbox, for tools that need it.
    pub sandbox: Option<InitClient>,
    /// What a command may take.
    pub caps: CommandCaps,
}

/// How a task ended.
#[derive(Debug)]
pub enum Done {
    /// The model answered, or did not.
    Model {
        /// Which attempt.
        at: AttemptId,
        /// What came.
        result: Result<ModelReply, ModelError>,
    },
    /// The model gave a summary, or did not.
    Summary {
        /// Which attempt.
        at: AttemptId,
        /// Of so many messages.
        cut: usize,
        /// What came.
        result: Result<ModelReply, ModelError>,
    },
    /// A call ended, or its sandbox did.
    Tool {
        /// The call.
        call: CallId,
        /// What came.
        result: Result<Outcome, SandboxGone>,
    },
    /// A sub-agent stands otherwise than was known, or cannot be had.
    Subagent {
        /// The call that it works on.
        call: CallId,
        /// What came.
        news: Result<News, String>,
    },
    /// A task ended by a fault of ours.
    Fault(What),
}

/// What a task is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An attempt.
    Model(AttemptId),
    /// A call.
    Tool(CallId),
    /// The wait for news of a call's sub-agent.
    Subagent(CallId),
}

/// The tasks of one session's turn.
pub struct Driver {
    tools: Arc<Registry>,
    skills: Arc<Shelf>,
    progress: Arc<dyn Progress>,
    tasks: JoinSet<Done>,
    under_way: HashMap<Id, (What, AbortHandle)>,
}

impl Driver {
    /// A driver with nothing under way.
    pub fn new(tools: Arc<Registry>, skills: Arc<Shelf>, progress: Arc<dyn Progress>) -> Self {
        Self { tools, skills, progress, tasks: JoinSet::new(), under_way: HashMap::new() }
    }

    /// Whether a request to the model is under way.
    pub fn is_asking(&self) -> bool {
        self.under_way.values().any(|(what, _)| matches!(what, What::Model(_)))
    }

    /// Whether this call is under way.
    pub fn is_running(&self, call: &CallId) -> bool {
        self.under_way.values().any(|(what, _)| matches!(what, What::Tool(id) | What::Subagent(id) if id == call))
    }

    /// Whether nothing is under way; sub-agents work by themselves.
    pub fn is_idle(&self) -> bool {
        self.under_way.values().all(|(what, _)| matches!(what, What::Subagent(_)))
    }

    /// Waits for news of the sub-agent that works on a call.
    pub fn watch(&mut self, call: CallId, news: impl Future<Output = Result<News, String>> + Send + 'static) {
        let what = What::Subagent(call.clone());
        let handle = self.tasks.spawn(async move { Done::Subagent { call, news: news.await } });
        self.under_way.insert(handle.id(), (what, handle));
    }

    /// Sends a request to the model.
    pub fn ask(&mut self, question: Question) {
        let at = question.at;
        let progress = Arc::clone(&self.progress);
        let handle = self.tasks.spawn(async move {
            // A timer rounds up to the next millisecond, even where it has nothing to wait for.
            if !question.wait.is_zero() {
                tokio::time::sleep(question.wait).await;
            }
            let deltas = AttemptDeltas { at, progress };
            let result = question.model.ask(&question.request(), &deltas).await;
            Done::Model { at, result }
        });
        self.under_way.insert(handle.id(), (What::Model(at), handle));
    }

    /// Asks the model for a summary of so many messages. Nobody watches it being written.
    pub fn summarise(&mut self, question: Question, cut: usize) {
        let at = question.at;
        let handle = self.tasks.spawn(async move {
            if !question.wait.is_zero() {
                tokio::time::sleep(question.wait).await;
            }
            let result = question.model.ask(&question.request(), &Unwatched).await;
            Done::Summary { at, cut, result }
        });
        self.under_way.insert(handle.id(), (What::Model(at), handle));
    }

    /// Starts a call.
    pub fn run(&mut self, job: Job) {
        let tools = Arc::clone(&self.tools);
        let skills = Arc::clone(&self.skills);
        let progress = Arc::clone(&self.progress);
        let what = What::Tool(job.call.clone());
        let handle = self.tasks.spawn(async move {
            let Some(tool) = tools.get(&job.tool) else {
                let outcome = Outcome::plain(OutcomeKind::Failed, tools.unknown_tool(&job.tool));
                return Done::Tool { call: job.call, result: Ok(outcome) };
            };
            let output = CallOutput { turn: job.turn, progress };
            let run = ToolRun {
                call: &job.call,
                arguments: &job.arguments,
                sandbox: job.sandbox.as_ref(),
                skills: &skills,
                caps: job.caps,
                output: &output,
            };
            let result = tool.run(run).await;
            Done::Tool { call: job.call, result }
        });
        self.under_way.insert(handle.id(), (what, handle));
    }

    /// The next task that ends. Waits for ever where nothing is under way. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Done {
        loop {
            let ended = match self.tasks.join_next_with_id().await {
                Some(ended) => ended,
                None => std::future::pending().await,
            };
            match ended {
                Ok((id, done)) => {
                    self.under_way.remove(&id);
                    return done;
                }
                Err(error) => {
                    let what = self.under_way.remove(&error.id());
                    if let (false, Some((what, _))) = (error.is_cancelled(), what) {
                        return Done::Fault(what);
                    }
                }
            }
        }
    }

    /// Ends everything that is under way here. Commands in the sandbox go on; ending those is the caller's.
    pub async fn abort_all(&mut self) {
        for (_, handle) in self.under_way.values() {
            handle.abort();
        }
        while self.tasks.join_next().await.is_some() {}
        self.under_way.clear();
    }

    /// The calls that are under way.
    pub fn running(&self) -> Vec<CallId> {
        let calls = self.under_way.values().filter_map(|(what, _)| match what {
            What::Tool(call) => Some(call.clone()),
            What::Model(_) | What::Subagent(_) => None,
        });
        calls.collect()
    }
}

struct Unwatched;

impl DeltaSink for Unwatched {
    fn text(&self, _: &str) {}

    fn reasoning(&self, _: &str) {}
}

struct AttemptDeltas {
    at: AttemptId,
    progress: Arc<dyn Progress>,
}

impl DeltaSink for AttemptDeltas {
    fn text(&self, delta: &str) {
        self.progress.text(self.at, delta);
    }

    fn reasoning(&self, delta: &str) {
        self.progress.reasoning(self.at, delta);
    }
}

struct CallOutput {
    turn: u64,
    progress: Arc<dyn Progress>,
}

impl OutputSink for CallOutput {
    fn output(&self, call: &CallId, offset: u64, text: &str) {
        self.progress.output(self.turn, call, offset, text);
    }
}
