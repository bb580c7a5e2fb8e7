//! Every call that this boot knows.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use proto::init::v1::ExecRequest;
use rustix::process::Pid;
use tonic::Status;

use super::call::Call;
use super::follow::{Events, follow};
use super::room::{ROOM_BYTES_MAX, Room};
use super::run::{Plan, run};
use super::spool::Spool;
use crate::acknowledged::Acknowledged;
use crate::processes::{Job, Launcher, OomCounter, TerminalUse};
use crate::status;

/// Commands that run at the same time, at most: each takes three descriptors.
const RUNNING_MAX: usize = 128;
/// Results that are held at most. Past it nothing is started until some are acknowledged, and nothing is lost.
const HELD_MAX: usize = 4096;
/// Memory for tails of held results; past it the oldest lose theirs.
const TAILS_BYTES_MAX: usize = 8 << 20;
/// Output that is kept where a request does not say.
const KEEP_BYTES_DEFAULT: u64 = 10 << 20;
/// The shell that runs command lines.
const SHELL: &str = "/bin/sh";

/// Every call that this boot knows.
pub(crate) struct Calls {
    launcher: Launcher,
    oom: Arc<OomCounter>,
    workspace: PathBuf,
    spool: PathBuf,
    room: Room,
    /// Held for single operations only.
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    calls: HashMap<String, Arc<Call>>,
    running: usize,
    /// Results with a tail, oldest first.
    tails: VecDeque<(Arc<Call>, usize)>,
    tails_bytes: usize,
    acknowledged: Acknowledged,
}

/// A call that was asked for.
enum Started {
    /// It was there.
    Before(Arc<Call>),
    /// It is new.
    Now(Arc<Call>),
}

impl Calls {
    /// No calls; output goes to files in `spool`.
    pub(crate) fn new(launcher: Launcher, oom: Arc<OomCounter>, workspace: PathBuf, spool: PathBuf) -> Self {
        Self { launcher, oom, workspace, spool, room: Room::default(), state: Arc::default() }
    }

    /// Starts a call, or follows it where it was started before.
    pub(crate) async fn exec(&self, request: ExecRequest) -> Result<Events, Status> {
        let offset = request.follow_offset;
        match self.start(request)? {
            Started::Before(call) => Ok(follow(call, offset, true)),
            Started::Now(call) => {
                call.has_something_to_tell().await;
                Ok(follow(call, 0, false))
            }
        }
    }

    fn start(&self, request: ExecRequest) -> Result<Started, Status> {
        status::call_id(&request.call_id)?;
        let mut state = self.state();
        if let Some(call) = state.calls.get(&request.call_id) {
            return Ok(Started::Before(Arc::clone(call)));
        }
        if state.acknowledged.contains(&request.call_id) {
            return Err(status::acknowledged_before());
        }
        if state.running >= RUNNING_MAX {
            return Err(Status::resource_exhausted(format!("{RUNNING_MAX} commands are running")));
        }
        if state.calls.len() >= HELD_MAX {
            return Err(status::too_many_held(HELD_MAX));
        }
        let plan = plan(&request, &self.workspace)?;
        let keep_bytes_max = match request.keep_bytes_max {
            0 => KEEP_BYTES_DEFAULT,
            asked => asked.min(ROOM_BYTES_MAX),
        };
        let path = self.spool.join(format!("{}.out", request.call_id));
        let spool = Spool::new(path, self.room.clone(), keep_bytes_max);
        let call = Arc::new(Call::new(request.call_id.clone()));
        state.calls.insert(request.call_id, Arc::clone(&call));
        state.running += 1;
        let running = run(Arc::clone(&call), plan, spool, self.launcher.clone(), Arc::clone(&self.oom));
        let (ended, table, launcher) = (Arc::clone(&call), Arc::clone(&self.state), self.launcher.clone());
        tokio::spawn(async move {
            running.await;
            lock(&table).ended(ended);
            // Those who follow are told first.
            tokio::task::yield_now().await;
            launcher.start_ahead();
        });
        Ok(Started::Now(call))
    }

    /// Follows a call that was started before.
    pub(crate) fn follow(&self, id: &str, offset: u64) -> Result<Events, Status> {
        let call = self.state().calls.get(id).cloned();
        call.map(|call| follow(call, offset, true)).ok_or_else(|| Status::not_found("this boot does not know the call"))
    }

    /// Ends a call; whether it is known.
    pub(crate) fn kill(&self, id: &str, grace: Duration) -> bool {
        let call = self.state().calls.get(id).cloned();
        call.map(|call| call.kill.send_replace(Some(grace))).is_some()
    }

    /// Forgets a call that has ended. Its output stays until its room is needed.
    pub(crate) fn acknowledge(&self, id: &str) -> Result<(), Status> {
        let mut state = self.state();
        let Some(call) = state.calls.get(id) else { return Ok(()) };
        if !call.is_ended() {
            return Err(Status::failed_precondition("the call has not ended"));
        }
        if let Some(call) = state.calls.remove(id) {
            state.acknowledged.insert(id);
            state.forget_tail(&call);
            let progress = call.progress.borrow();
            if let Some(kept) = &progress.kept {
                self.room.acknowledged(kept.path.clone(), progress.kept_bytes);
            }
        }
        Ok(())
    }

    /// Ids of calls that run, with the process above all of theirs, and ids of calls that have ended.
    pub(crate) fn list(&self) -> (Vec<(String, Option<Pid>)>, Vec<String>) {
        let state = self.state();
        let (ended, running): (Vec<_>, Vec<_>) = state.calls.values().partition(|call| call.is_ended());
        let mut held: Vec<String> = ended.into_iter().map(|call| call.id.clone()).collect();
        let mut running: Vec<_> = running.into_iter().map(|call| (call.id.clone(), call.reaper())).collect();
        held.sort();
        running.sort_by(|a, b| a.0.cmp(&b.0));
        (running, held)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn forget_tail(&mut self, call: &Arc<Call>) {
        if let Some(at) = self.tails.iter().position(|(other, _)| Arc::ptr_eq(call, other))
            && let Some((_, bytes)) = self.tails.remove(at)
        {
            self.tails_bytes -= bytes;
        }
    }

    fn ended(&mut self, call: Arc<Call>) {
        self.running -= 1;
        let tail_bytes = call.progress.borrow().exited.as_ref().map_or(0, |exited| exited.tail.len());
        if tail_bytes == 0 {
            return;
        }
        self.tails_bytes += tail_bytes;
        self.tails.push_back((call, tail_bytes));
        while self.tails_bytes > TAILS_BYTES_MAX
            && let Some((oldest, bytes)) = self.tails.pop_front()
        {
            self.tails_bytes -= bytes;
            oldest.progress.send_modify(|progress| {
                if let Some(exited) = &mut progress.exited {
                    Arc::make_mut(exited).tail.clear();
                }
            });
        }
    }
}

fn plan(request: &ExecRequest, workspace: &Path) -> Result<Plan, Status> {
    status::environment(request.env.keys())?;
    let argv = match (&request.argv[..], request.command.as_str()) {
        ([], "") => return Err(Status::invalid_argument("neither command nor argv")),
        ([], command) => vec![SHELL.to_owned(), "-c".to_owned(), command.to_owned()],
        (argv, _) => argv.to_vec(),
    };
    let job = Job {
        argv,
        cwd: workspace.join(&request.cwd).to_string_lossy().into_owned(),
        env: request.env.iter().flat_map(|(name, value)| [name.clone(), value.clone()]).collect(),
        terminal: TerminalUse::None.into(),
    };
    Ok(Plan { job, timeout: (request.timeout_ms > 0).then(|| Duration::from_millis(request.timeout_ms)) })
}
