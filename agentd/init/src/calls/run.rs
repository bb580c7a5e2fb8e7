//! Drives one call from its start to its end.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::init::v1::ExecExited;
use rustix::process::Signal;
use tokio::net::unix::pipe;
use tokio::time::sleep;

use super::call::{Call, Progress};
use super::spool::Spool;
use crate::processes::{Ending, Escalation, Job, Launched, Launcher, OomCounter, Report, Streams};

/// Exit code after a time limit.
const TIMED_OUT: i32 = 124;
/// Exit code where the supervisor cannot start a command.
const CANNOT_START: i32 = 126;
/// Exit code where the command has killed the process that watches it.
const REAPER_KILLED: i32 = 137;
/// How long what is left in the pipe may take to read when every process of the call has ended.
const DRAIN_MAX: Duration = Duration::from_secs(2);
/// Size of one read.
const READ_BYTES: usize = 64 * 1024;

/// What a call runs, and within which limits.
pub(super) struct Plan {
    /// The command.
    pub(super) job: Job,
    /// Its time limit.
    pub(super) timeout: Option<Duration>,
}

/// Runs a call; afterwards its result is there for whoever follows it.
pub(super) async fn run(call: Arc<Call>, plan: Plan, mut spool: Spool, launcher: Launcher, oom: Arc<OomCounter>) {
    let begin = Instant::now();
    let kills_before = oom.kills();
    let outcome = match supervise(&call, &plan, &mut spool, &launcher).await {
        Ok(outcome) => outcome,
        Err(error) => {
            spool.push(format!("agent-init: cannot start: {error}\n").as_bytes());
            Outcome::new(Report { exit_code: CANNOT_START, signal: 0 })
        }
    };
    call.set_reaper(None);
    let kept = spool.kept();
    let exited = ExecExited {
        exit_code: outcome.report.exit_code,
        signal: outcome.report.signal,
        duration_ms: u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX),
        output_bytes: spool.seen_bytes(),
        truncated: spool.is_truncated(),
        oom: oom.kills() > kills_before,
        timed_out: outcome.timed_out,
        killed: outcome.killed,
        output_path: kept.as_ref().map(|kept| kept.path.to_string_lossy().into_owned()).unwrap_or_default(),
        tail: spool.take_tail().into(),
    };
    call.progress.send_modify(|progress| {
        *progress = Progress { kept_bytes: spool.kept_bytes(), file: None, kept, exited: Some(Arc::new(exited)) };
    });
}

struct Outcome {
    report: Report,
    timed_out: bool,
    killed: bool,
}

impl Outcome {
    fn new(report: Report) -> Self {
        Self { report, timed_out: false, killed: false }
    }
}

async fn supervise(call: &Call, plan: &Plan, spool: &mut Spool, launcher: &Launcher) -> io::Result<Outcome> {
    let (output, input) = io::pipe()?;
    let streams = Streams { stdin: None, stdout: input.try_clone()?.into(), stderr: input.into() };
    let output = pipe::Receiver::from_owned_fd(output.into())?;
    let mut launched = launcher.launch(&plan.job, streams).await?;
    call.set_reaper(Some(launched.reaper));
    let mut endings = Endings { escalation: Escalation::default(), timed_out: false, killed: false };
    let report = {
        let mut buffer = vec![0; READ_BYTES];
        let mut output_open = true;
        let mut kill = call.kill.subscribe();
        if kill.borrow().is_some() {
            // It came while the command was being started.
            kill.mark_changed();
        }
        let mut next_step = plan.timeout;
        let mut asked = Instant::now();
        loop {
            let wait = async {
                match next_step {
                    Some(after) => sleep(after.saturating_sub(asked.elapsed())).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                ready = output.readable(), if output_open => {
                    output_open = ready.is_ok() && read_once(&output, &mut buffer, spool, call)?;
                }
                report = launched.ended() => {
                    drain(&output, &mut buffer, spool).await;
                    break report;
                }
                () = wait => {
                    next_step = Some(endings.time_passed(&launched));
                    asked = Instant::now();
                }
                Ok(()) = kill.changed() => {
                    let grace = kill.borrow_and_update().unwrap_or_default();
                    next_step = Some(endings.kill(grace, &launched));
                    asked = Instant::now();
                }
            }
        }
    };
    Ok(endings.outcome(report, spool))
}

/// Why and how far a call is being ended.
struct Endings {
    escalation: Escalation,
    timed_out: bool,
    killed: bool,
}

impl Endings {
    fn time_passed(&mut self, launched: &Launched) -> Duration {
        let step = if self.escalation == Escalation::Running {
            self.timed_out = true;
            self.escalation.begin(Ending::Timeout)
        } else {
            self.escalation.next()
        };
        launched.take(step)
    }

    fn kill(&mut self, grace: Duration, launched: &Launched) -> Duration {
        self.killed |= !self.timed_out;
        launched.take(self.escalation.begin(Ending::Killed { grace }))
    }

    fn outcome(self, report: Option<Report>, spool: &mut Spool) -> Outcome {
        let mut report = report.unwrap_or_else(|| {
            spool.push(b"agent-init: the process that watched this command was killed\n");
            Report { exit_code: REAPER_KILLED, signal: Signal::KILL.as_raw().unsigned_abs() }
        });
        if self.timed_out {
            report.exit_code = TIMED_OUT;
        }
        Outcome { report, timed_out: self.timed_out, killed: self.killed }
    }
}

/// Reads what is there; whether there may be more.
fn read_once(output: &pipe::Receiver, buffer: &mut [u8], spool: &mut Spool, call: &Call) -> io::Result<bool> {
    match output.try_read(buffer) {
        Ok(0) => Ok(false),
        Ok(length) => {
            spool.push(&buffer[..length]);
            let (kept_bytes, file) = (spool.kept_bytes(), spool.file());
            call.progress.send_if_modified(|progress| {
                let grown = progress.kept_bytes < kept_bytes;
                if grown {
                    progress.kept_bytes = kept_bytes;
                    progress.file = file;
                }
                grown
            });
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(error),
    }
}

/// Reads what is left. Every process of the call has ended, so what is not there now will not come from it; the pipe may
/// still be held, and written to, by a process of another call that was handed it.
async fn drain(output: &pipe::Receiver, buffer: &mut [u8], spool: &mut Spool) {
    let end = Instant::now() + DRAIN_MAX;
    while Instant::now() < end {
        match output.try_read(buffer) {
            Ok(0) | Err(_) => return,
            Ok(length) => spool.push(&buffer[..length]),
        }
        tokio::task::yield_now().await;
    }
}
