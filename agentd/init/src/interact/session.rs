//! One interactive command, from its start to its end.

use std::future::pending;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::Stream;
use proto::init::v1::interact_input::Part as In;
use proto::init::v1::interact_output::Part as Out;
use proto::init::v1::{ExecExited, InteractInput, InteractOutput, InteractStart};
use rustix::process::Signal;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::ends::{Ends, pipes, terminal};
use super::input::pass_on;
use super::output::send;
use crate::processes::{Ending, Escalation, Job, Launched, Launcher, OomCounter, Report, TerminalUse};
use crate::status;

/// Interactive commands at the same time, at most.
const SESSIONS_MAX: usize = 32;
/// Messages that wait for the client, at most.
const OUTPUT_MAX: usize = 4;
/// Between TERM and KILL when the client has gone.
const GONE_GRACE: Duration = Duration::from_secs(2);

/// What comes out of an interactive command.
pub(crate) type Outputs = Pin<Box<dyn Stream<Item = Result<InteractOutput, Status>> + Send>>;

/// Runs interactive commands.
pub(crate) struct Interactive {
    launcher: Launcher,
    oom: Arc<OomCounter>,
    workspace: PathBuf,
    room: Arc<Semaphore>,
}

impl Interactive {
    /// Commands start in `workspace` where they do not say.
    pub(crate) fn new(launcher: Launcher, oom: Arc<OomCounter>, workspace: PathBuf) -> Self {
        Self { launcher, oom, workspace, room: Arc::new(Semaphore::new(SESSIONS_MAX)) }
    }

    /// Starts the command that the first message tells.
    pub(crate) async fn start(&self, mut input: Streaming<InteractInput>) -> Result<Outputs, Status> {
        let Some(In::Start(start)) = input.message().await?.and_then(|message| message.part) else {
            return Err(Status::invalid_argument("the first message must be `start`"));
        };
        let permit = Arc::clone(&self.room)
            .try_acquire_owned()
            .map_err(|_| Status::resource_exhausted(format!("{SESSIONS_MAX} interactive commands are running")))?;
        let job = self.job(&start)?;
        let made = match start.terminal {
            Some(size) => terminal(size),
            None => pipes(start.stdin),
        };
        let (streams, ends) = made.map_err(cannot_start)?;
        let kills_before = self.oom.kills();
        let launched = self.launcher.launch(&job, streams).await.map_err(cannot_start)?;
        let (output, outputs) = mpsc::channel(OUTPUT_MAX);
        let session =
            Session { launched, output, begin: Instant::now(), oom: Arc::clone(&self.oom), kills_before, permit };
        tokio::spawn(session.run(input, ends));
        Ok(Box::pin(ReceiverStream::new(outputs)))
    }

    fn job(&self, start: &InteractStart) -> Result<Job, Status> {
        status::environment(start.env.keys())?;
        if start.argv.is_empty() {
            return Err(Status::invalid_argument("argv is empty"));
        }
        let terminal = if start.terminal.is_some() { TerminalUse::Controlling } else { TerminalUse::None };
        Ok(Job {
            argv: start.argv.clone(),
            cwd: self.workspace.join(&start.cwd).to_string_lossy().into_owned(),
            env: start.env.iter().flat_map(|(name, value)| [name.clone(), value.clone()]).collect(),
            terminal: terminal.into(),
        })
    }
}

fn cannot_start(error: std::io::Error) -> Status {
    Status::internal(format!("cannot start: {error}"))
}

struct Session {
    launched: Launched,
    output: mpsc::Sender<Result<InteractOutput, Status>>,
    begin: Instant,
    oom: Arc<OomCounter>,
    kills_before: u64,
    /// Given back when everything has ended.
    permit: OwnedSemaphorePermit,
}

impl Session {
    async fn run(mut self, input: Streaming<InteractInput>, ends: Ends) {
        let ended = watch::Sender::new(false);
        let mut sending = JoinSet::new();
        sending.spawn(send(ends.stdout, Out::Stdout, self.output.clone(), ended.subscribe()));
        if let Some(stderr) = ends.stderr {
            sending.spawn(send(stderr, Out::Stderr, self.output.clone(), ended.subscribe()));
        }
        // Dropped, and so ended, with this function.
        let mut receiving = JoinSet::new();
        receiving.spawn(pass_on(input, ends.stdin));

        let (report, killed) = self.supervise().await;
        ended.send_replace(true);
        let mut output_bytes = 0;
        while let Some(sent) = sending.join_next().await {
            output_bytes += sent.unwrap_or(0);
        }
        let report = report.unwrap_or(Report { exit_code: 137, signal: Signal::KILL.as_raw().unsigned_abs() });
        let exited = ExecExited {
            exit_code: report.exit_code,
            signal: report.signal,
            duration_ms: u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX),
            output_bytes,
            oom: self.oom.kills() > self.kills_before,
            killed,
            ..ExecExited::default()
        };
        // The client may have gone.
        let _ = self.output.send(Ok(InteractOutput { part: Some(Out::Exited(exited)) })).await;
        drop(self.permit);
    }

    /// Waits for the end of the command, and brings it about when the client goes away.
    async fn supervise(&mut self) -> (Option<Report>, bool) {
        let mut escalation = Escalation::default();
        let mut killed = false;
        let mut next_step = None;
        loop {
            let wait = async {
                match next_step {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => pending().await,
                }
            };
            let step = tokio::select! {
                report = self.launched.ended() => return (report, killed),
                () = self.output.closed(), if !killed => {
                    killed = true;
                    escalation.begin(Ending::Killed { grace: GONE_GRACE })
                }
                () = wait => escalation.next(),
            };
            next_step = Some(self.launched.take(step));
        }
    }
}
