//! What must hold afterwards, read from every side: journal, workspace, transcripts, engine.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

use agentd::domain::ids::SessionId;
use agentd::store::Store;
use proto::v1::event::Data;
use proto::v1::session_service_client::SessionServiceClient;
use proto::v1::{Event, Follow, ToolOutcome, TurnStatus, WatchRequest};

use super::link::Link;
use super::person::Person;
use super::script::Kind;

/// What was counted, and what is wrong.
#[derive(Debug, Default)]
pub(super) struct Findings {
    counts: Vec<(&'static str, u64)>,
    pub(super) wrong: Vec<String>,
}

impl Findings {
    fn count(&mut self, what: &'static str, more: u64) {
        match self.counts.iter_mut().find(|(name, _)| *name == what) {
            Some((_, count)) => *count += more,
            None => self.counts.push((what, more)),
        }
    }

    fn check(&mut self, holds: bool, wrong: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(wrong());
        }
    }

    /// The transcript of the person's watcher against the rows that the daemon gives now, and these against each other.
    pub(super) async fn of_person(&mut self, person: &Person, link: &Link) {
        self.wrong.extend(person.faults.iter().cloned());
        self.wrong.extend(person.watcher.faults());
        let rows = replay(link, &person.session).await;
        let seen = person.watcher.rows();
        self.count("rows", rows.len() as u64);
        let same = rows.iter().zip(&seen).take_while(|(row, seen)| row == seen).count();
        self.check(seen.len() == rows.len() && same == rows.len(), || {
            format!(
                "{}: transcript of {} rows and journal of {} differ after row {same}",
                person.session,
                seen.len(),
                rows.len()
            )
        });
        self.count("rows of transcripts that are the journal's", same as u64);
        self.turns(person, &rows);
        self.calls(person, &rows);
    }

    fn turns(&mut self, person: &Person, rows: &[Event]) {
        for (request, turn, kind) in &person.acknowledged {
            self.count("acknowledged turns", 1);
            let started =
                rows.iter().filter(|row| matches!(&row.data, Some(Data::TurnStarted(s)) if s.request_id == *request));
            self.check(started.count() == 1, || format!("{request} is not one turn"));
            let last = rows.iter().rev().find(|row| row.turn == *turn).and_then(|row| row.data.as_ref());
            let (status, message) = match last {
                Some(Data::TurnFinished(finished)) => (finished.status(), finished.message.clone()),
                other => (TurnStatus::Unspecified, format!("{other:?}")),
            };
            match (status, kind) {
                (TurnStatus::Completed, _) | (TurnStatus::Cancelled, Kind::Cancelled) => self.count("  that ended", 1),
                _ => self.wrong.push(format!("turn {turn} of {} ({request}): {status:?} {message}", person.session)),
            }
        }
    }

    fn calls(&mut self, person: &Person, rows: &[Event]) {
        let effects = std::fs::read_to_string(Path::new(&person.workspace).join("effects")).unwrap_or_default();
        let mut ran: HashMap<&str, u64> = HashMap::new();
        effects.lines().for_each(|line| *ran.entry(line).or_default() += 1);
        let mut intents = HashSet::new();
        for row in rows {
            match &row.data {
                Some(Data::ToolIntent(intent)) => {
                    self.count("accepted calls", 1);
                    self.check(intents.insert(intent.call.clone()), || format!("two intents of {}", intent.call));
                    let ends: Vec<(&str, &ToolOutcome)> =
                        rows.iter().filter_map(outcome).filter(|(_, end)| end.call == intent.call).collect();
                    let [(kind, end)] = ends[..] else {
                        self.wrong.push(format!("{} has {} outcomes", intent.call, ends.len()));
                        continue;
                    };
                    self.count("  with one outcome", 1);
                    let exit_code = end.exec.as_ref().filter(|_| kind == "done").map(|exec| exec.exit_code);
                    let times = |name: &str| ran.get(name).copied().unwrap_or_default();
                    let late = format!("late-{}", intent.call);
                    self.command(
                        kind,
                        exit_code,
                        (&intent.tool, &intent.call, &end.content),
                        times(&intent.call),
                        times(&late),
                    );
                    if (intent.tool.as_str(), kind) == ("write_file", "done") {
                        let file = Path::new(&person.workspace).join(format!("written-{}", intent.call));
                        let content = std::fs::read_to_string(file).unwrap_or_default();
                        self.check(content == intent.call, || format!("{} wrote {content:?}", intent.call));
                    }
                }
                Some(Data::SandboxLost(lost)) if lost.reason.starts_with("its container was removed") => {
                    self.count("containers removed by their person", 1);
                }
                Some(Data::SandboxLost(lost)) => {
                    self.wrong.push(format!("{} lost its sandbox, which lived: {}", person.session, lost.reason));
                }
                _ => {}
            }
        }
    }

    fn command(&mut self, kind: &str, exit_code: Option<i32>, of: (&str, &str, &str), ran: u64, late: u64) {
        let (tool, call, told) = of;
        let fits = match (tool, kind) {
            ("execute", "done") => ran == 1 && (late == 1) == (exit_code == Some(0)),
            ("execute", "cancelled") => ran <= 1 && late == 0,
            ("execute", "denied") => ran == 0,
            (_, "done") => true,
            (_, "cancelled" | "denied") => true,
            _ => false,
        };
        self.check(fits, || {
            format!("{tool} {call}: {kind}, exit code {exit_code:?}, began {ran}, ended {late} times: {told}")
        });
        if tool == "execute" {
            match kind {
                "done" => self.count("commands done, each with one effect", 1),
                "cancelled" => self.count("commands cancelled, with one effect or none", 1),
                _ => self.count("commands denied, without effect", 1),
            }
        }
    }

    /// The journal as a file, when no daemon holds it.
    pub(super) async fn of_store(&mut self, state: &Path, people: &[Person]) {
        let file = std::fs::read_dir(state)
            .unwrap()
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|e| e == "db"));
        let file = file.expect("a journal in the state directory");
        let connection =
            rusqlite::Connection::open_with_flags(&file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let integrity: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        self.check(integrity == "ok", || format!("integrity_check: {integrity}"));
        drop(connection);
        let store = Store::open(state).unwrap();
        for person in people {
            let id = SessionId::try_from(person.session.clone()).unwrap();
            let verdict = agentd::session::verify::verify(&store, &id, None).await.unwrap();
            self.check(verdict.faults.is_empty(), || format!("{}: {:?}", person.session, verdict.faults));
            self.count("rows of sound journals", verdict.head.seq);
        }
        store.close().await.unwrap();
    }

    /// Containers of this installation that no session names, and processes that are too many in one.
    pub(super) fn of_engine(&mut self, left_over: &[String]) {
        self.count("containers outside the journal", left_over.len() as u64);
        self.check(left_over.is_empty(), || format!("containers outside the journal: {left_over:?}"));
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in &self.counts {
            writeln!(f, "{count:>9} {what}")?;
        }
        writeln!(f, "{:>9} violations", self.wrong.len())?;
        self.wrong.iter().take(40).try_for_each(|wrong| writeln!(f, "  {wrong}"))
    }
}

async fn replay(link: &Link, session: &str) -> Vec<Event> {
    let request = WatchRequest {
        session: session.to_owned(),
        from_seq: 1,
        follow: Follow::None.into(),
        ..WatchRequest::default()
    };
    let mut stream = SessionServiceClient::new(link.connect().await).watch(request).await.unwrap().into_inner();
    let mut rows = Vec::new();
    while let Some(event) = stream.message().await.unwrap() {
        rows.push(event);
    }
    rows
}

fn outcome(event: &Event) -> Option<(&'static str, &ToolOutcome)> {
    match event.data.as_ref()? {
        Data::ToolDone(outcome) => Some(("done", outcome)),
        Data::ToolFailed(outcome) => Some(("failed", outcome)),
        Data::ToolDenied(outcome) => Some(("denied", outcome)),
        Data::ToolCancelled(outcome) => Some(("cancelled", outcome)),
        Data::ToolUnknown(outcome) => Some(("unknown", outcome)),
        _ => None,
    }
}
