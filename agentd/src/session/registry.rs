//! All sessions of the daemon: found, made, woken, let sleep. Only sessions that somebody uses are awake.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use crate::domain::event::{Body, Event};
use crate::domain::ids::SessionId;
use crate::domain::options::SessionOptions;
use crate::domain::time::WallTime;
use crate::store::{Append, Lookup, NewRow, SessionRow, Store, StoreError};

use super::actor::{Actor, INBOX_COMMANDS_MAX, Shared};
use super::command::{Command, Reply};
use super::error::SessionError;
use super::live::Live;
use super::name::{check_name, shortened};
use super::rows::event_of;
use super::services::Services;
use super::settle::{self, NewSession};
use super::state::SessionState;
use super::subscription::{Range, Subscription};
use super::view::SessionView;

/// How often quiet sessions are looked for, to let them sleep.
const SLEEP_SWEEP: Duration = Duration::from_secs(60);

/// Rows read at once when a session wakes.
const PAGE_ROWS_MAX: usize = 1024;

/// All sessions. Clones are the same.
#[derive(Clone)]
pub struct Sessions {
    services: Arc<Services>,
    awake: Arc<Mutex<HashMap<SessionId, Handle>>>,
    /// One session wakes at a time, so that none wakes twice.
    waking: Arc<tokio::sync::Mutex<()>>,
    actors: TaskTracker,
}

/// The way to a live session.
#[derive(Clone)]
struct Handle {
    inbox: mpsc::Sender<Command>,
    shared: Arc<Shared>,
}

impl Sessions {
    /// No session is awake yet.
    pub fn new(services: Arc<Services>) -> Self {
        Self { services, awake: Arc::default(), waking: Arc::default(), actors: TaskTracker::new() }
    }

    /// What every session uses.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// Makes a session.
    pub async fn create(&self, new: NewSession) -> Result<SessionView, SessionError> {
        if let Some(name) = &new.name {
            check_name(name)?;
        }
        self.refuse_beyond_the_limit().await?;
        let name = new.name.clone();
        let (id, options) = settle::settle(&self.services, new).await?;
        let given = options.clone();
        match self.insert(id.clone(), name, options).await {
            Ok(view) => Ok(view),
            Err(error) => {
                self.services.pool.release(&id).await;
                settle::unmake_workspace(&given);
                Err(match error {
                    SessionError::Store(StoreError::NameTaken(name)) => SessionError::NameTaken(name),
                    error => error,
                })
            }
        }
    }

    /// Makes the session of a sub-agent, unless it is there.
    pub(super) async fn create_subagent(&self, id: &SessionId, options: SessionOptions) -> Result<(), SessionError> {
        if self.services.store.session(id).await?.is_some() {
            return Ok(());
        }
        self.refuse_beyond_the_limit().await?;
        match self.insert(id.clone(), None, options).await {
            Ok(_) | Err(SessionError::Store(StoreError::Conflict { .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn refuse_beyond_the_limit(&self) -> Result<(), SessionError> {
        let count = self.services.store.session_count().await?;
        if count < self.services.settings.sessions_max {
            return Ok(());
        }
        Err(SessionError::Limit {
            message: format!("there are {count} sessions and no more are allowed"),
            hint: "remove some with `agentctl session rm`, or raise limits.sessions in config.toml".to_owned(),
        })
    }

    async fn insert(
        &self,
        id: SessionId,
        name: Option<String>,
        options: SessionOptions,
    ) -> Result<SessionView, SessionError> {
        let body = Body::SessionCreated { name: name.clone(), options: Box::new(options) };
        let (kind, text) = body.encode().map_err(|error| SessionError::Internal(error.to_string()))?;
        let wall_time = WallTime::now();
        let first = Event { session: id.clone(), seq: 1, turn: 0, time: wall_time, body };
        let state = SessionState::created(&first).map_err(|error| SessionError::Internal(error.to_string()))?;
        let view = SessionView::of(&state);
        let append = Append {
            session: id,
            expected_head: 0,
            wall_time,
            rows: vec![NewRow { turn: 0, kind, body: text }],
            summary: serde_json::to_string(&view).map_err(|error| SessionError::Internal(error.to_string()))?,
            name: Some(name),
            request: None,
            usage: None,
        };
        self.services.store.append(append).await?;
        Ok(view)
    }

    /// The session that a person means: by id, unique prefix, or name.
    pub async fn find(&self, text: &str) -> Result<SessionView, SessionError> {
        let row = self.row(text).await?;
        view_of(&row.id, &row.summary)
    }

    async fn row(&self, text: &str) -> Result<SessionRow, SessionError> {
        if text.is_empty() {
            return Err(SessionError::Invalid(
                "no session is named: give an id, a unique prefix of one, or a name".into(),
            ));
        }
        match self.services.store.find(text).await? {
            Lookup::One(row) => Ok(row),
            Lookup::Absent => Err(SessionError::NotFound(shortened(text))),
            Lookup::Ambiguous(_) => Err(SessionError::Ambiguous(shortened(text))),
        }
    }

    /// The id of the session that a person means, also of one whose listing cannot be read.
    pub async fn id(&self, text: &str) -> Result<SessionId, SessionError> {
        self.row(text).await.map(|row| row.id)
    }

    /// All sessions, oldest first. One whose summary cannot be read is left out and logged, not in the others' way.
    pub async fn list(&self) -> Result<Vec<SessionView>, SessionError> {
        let rows = self.services.store.sessions().await?;
        let views = rows.iter().filter_map(|row| match view_of(&row.id, &row.summary) {
            Ok(view) => Some(view),
            Err(error) => {
                tracing::error!(session = %row.id, %error, "a session cannot be listed");
                None
            }
        });
        Ok(views.collect())
    }

    /// Tells a session something and waits for its answer, waking it first where it sleeps.
    pub async fn tell<T>(&self, id: &SessionId, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, SessionError> {
        let handle = self.wake(id).await?;
        let (reply, answer) = oneshot::channel();
        let gone = || match self.services.stopping.is_cancelled() {
            true => SessionError::Stopping,
            false => SessionError::Internal(format!("session {id} stopped before it answered")),
        };
        handle.inbox.send(command(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Begins to watch a session.
    pub async fn watch(&self, id: &SessionId, range: Range) -> Result<Subscription, SessionError> {
        let handle = self.wake(id).await?;
        let live = Arc::clone(&handle.shared.live);
        Ok(Subscription::new(self.services.store.clone(), id.clone(), live, range))
    }

    /// Wakes a session: folds its journal, and starts its actor, which goes on with an open turn. Boxed, because sessions
    /// wake each other: what an actor does may end here again.
    fn wake<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Handle, SessionError>> {
        self.wake_unless_awake(id).boxed()
    }

    async fn wake_unless_awake(&self, id: &SessionId) -> Result<Handle, SessionError> {
        if let Some(handle) = self.handle(id) {
            return Ok(handle);
        }
        let _one_at_a_time = self.waking.lock().await;
        if let Some(handle) = self.handle(id) {
            return Ok(handle);
        }
        if self.services.stopping.is_cancelled() {
            return Err(SessionError::Stopping);
        }
        let events = read_all(&self.services.store, id).await?;
        let state = SessionState::fold(&events)
            .map_err(|error| SessionError::Unreadable { session: id.to_string(), why: error.to_string() })?;
        let (inbox, commands) = mpsc::channel(INBOX_COMMANDS_MAX);
        let quiet = AtomicBool::new(false);
        let shared = Arc::new(Shared { live: Arc::new(Live::new(state.head)), quiet });
        let handle = Handle { inbox, shared: Arc::clone(&shared) };
        let parent = state.options.parent.clone();
        let actor = Actor::new(self.clone(), state, &events, commands, shared);
        self.awake().insert(id.clone(), handle.clone());
        self.actors.spawn(actor.run());
        if let Some(parent) = parent {
            self.actors.spawn(self.clone().rejoin(parent.session, id.clone()));
        }
        Ok(handle)
    }

    /// A sub-agent that wakes is heard of by its parent. One that its parent does not want any more ends.
    async fn rejoin(self, parent: SessionId, id: SessionId) {
        let wanted = async {
            self.wake(&parent).await?;
            Ok(self.find(parent.as_str()).await?.subagents.contains(&id))
        };
        match wanted.await {
            Ok(true) | Err(SessionError::Stopping) => {}
            Ok(false) | Err(SessionError::NotFound(_)) => {
                if let Err(error) = self.tell(&id, Command::Stop).await {
                    tracing::debug!(session = %id, %error, "a sub-agent that nobody wants any more has ended before");
                }
            }
            Err(error) => tracing::warn!(session = %id, %error, "the parent of a sub-agent cannot be woken"),
        }
    }

    fn handle(&self, id: &SessionId) -> Option<Handle> {
        self.awake().get(id).filter(|handle| !handle.inbox.is_closed()).cloned()
    }

    /// Lets sessions sleep that are quiet, unwatched, and on nobody's mind, until the daemon stops.
    pub async fn let_sleep(self) {
        loop {
            tokio::select! {
                () = self.services.stopping.cancelled() => return,
                () = tokio::time::sleep(SLEEP_SWEEP) => {}
            }
            self.awake().retain(|_, handle| {
                let unused = Arc::strong_count(&handle.shared) <= 2
                    && handle.inbox.strong_count() == 1
                    && handle.inbox.capacity() == INBOX_COMMANDS_MAX
                    && handle.shared.quiet.load(Ordering::Acquire)
                    && !handle.shared.live.is_watched();
                !(handle.inbox.is_closed() || unused)
            });
        }
    }

    /// Waits until every session has stopped; they do once `stopping` is set.
    pub async fn stopped(&self) {
        self.actors.close();
        self.actors.wait().await;
    }

    /// A panic in another holder leaves plain data behind; it can be used on.
    fn awake(&self) -> MutexGuard<'_, HashMap<SessionId, Handle>> {
        self.awake.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read_all(store: &Store, id: &SessionId) -> Result<Vec<Event>, SessionError> {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let from = events.last().map_or(1, |event| event.seq + 1);
        let rows = store.rows(id, from, PAGE_ROWS_MAX).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            events.push(event_of(row)?);
        }
    }
    if events.is_empty() { Err(SessionError::NotFound(id.to_string())) } else { Ok(events) }
}

fn view_of(id: &SessionId, summary: &str) -> Result<SessionView, SessionError> {
    SessionView::parse(summary)
        .map_err(|error| SessionError::Unreadable { session: id.to_string(), why: error.to_string() })
}
