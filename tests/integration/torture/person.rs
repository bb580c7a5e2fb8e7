//! A person with one session: says things, answers approvals, cancels, and does not mind a daemon that dies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proto::v1::event::Data;
use proto::v1::sandbox_service_client::SandboxServiceClient;
use proto::v1::session_service_client::SessionServiceClient;
use proto::v1::{
    ApprovalsRequest, ChatRequest, CreateRequest, Decision, RemoveContainerRequest, ResumeRequest, StopRequest,
    TurnStatus,
};

use tonic::Code;

use super::link::Link;
use super::script::{self, Kind};
use super::watcher::Watcher;
use crate::fixtures::random::Random;

/// A session and what its person knows of it.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) session: String,
    pub(super) workspace: String,
    pub(super) watcher: Watcher,
    /// What was acknowledged: request id, turn, kind.
    pub(super) acknowledged: Vec<(String, u64, Kind)>,
    pub(super) faults: Vec<String>,
    name: String,
    link: Link,
    random: Random,
}

impl Person {
    /// Makes a session; every second one asks before it runs a command.
    pub(super) async fn new(link: Link, seed: u64, number: u64) -> Self {
        let name = format!("p{number}");
        let approve = if number.is_multiple_of(2) { "none" } else { "execute" };
        let wanted = CreateRequest { name: name.clone(), approve: approve.to_owned(), ..CreateRequest::default() };
        let session = link
            .ask(&wanted, |channel, wanted| async move { SessionServiceClient::new(channel).create(wanted).await })
            .await
            .unwrap();
        Self {
            watcher: Watcher::new(link.clone(), session.id.clone()),
            session: session.id,
            workspace: session.workspace,
            acknowledged: Vec::new(),
            faults: Vec::new(),
            name,
            link,
            random: Random::new(seed, number + 1),
        }
    }

    /// One turn after the other, until it is enough.
    pub(super) async fn live(&mut self, enough: Arc<AtomicBool>) {
        while !enough.load(Ordering::Acquire) {
            let turn = self.acknowledged.len() + 1;
            let kind = Kind::of(self.random.below(6));
            self.turn(kind, format!("{}t{turn}", self.name)).await;
            if self.random.below(6) == 0 {
                self.remove_container().await;
            }
        }
    }

    /// Between turns, so that the next one needs another.
    async fn remove_container(&mut self) {
        let remove = RemoveContainerRequest { session: self.session.clone(), force: false };
        let call = |channel, remove| async move { SandboxServiceClient::new(channel).remove(remove).await };
        if let Err(status) = self.link.ask(&remove, call).await
            && status.code() != Code::NotFound
        {
            self.faults.push(format!("{}: its container was not removed: {status}", self.session));
        }
    }

    async fn turn(&mut self, kind: Kind, request_id: String) {
        let chat = ChatRequest {
            session: self.session.clone(),
            message: script::message(kind, &request_id),
            request_id: request_id.clone(),
            ..ChatRequest::default()
        };
        let turn = match self
            .link
            .ask(&chat, |channel, chat| async move { SessionServiceClient::new(channel).chat(chat).await })
            .await
        {
            Ok(position) => position.turn,
            Err(status) => {
                self.faults.push(format!("{}: message {request_id} was refused: {status}", self.session));
                tokio::time::sleep(Duration::from_millis(200)).await;
                return;
            }
        };
        self.acknowledged.push((request_id, turn, kind));
        let mut seen = 0;
        if kind == Kind::Cancelled {
            self.cancel().await;
        }
        loop {
            let (after, status) = self.watcher.find(seen, |event| finished(event, turn)).await;
            seen = after;
            if status != TurnStatus::Interrupted {
                return;
            }
            self.answer(turn).await;
            if kind == Kind::Cancelled {
                self.cancel().await;
            }
        }
    }

    /// Approves mostly; edits and rejects now and then.
    async fn answer(&mut self, turn: u64) {
        let choice = self.random.below(8);
        let asked = ApprovalsRequest { session: self.session.clone() };
        let waiting = match self
            .link
            .ask(&asked, |channel, asked| async move { SessionServiceClient::new(channel).approvals(asked).await })
            .await
        {
            Ok(waiting) => waiting.approvals,
            Err(status) => return self.faults.push(format!("{}: approvals: {status}", self.session)),
        };
        let answers = waiting.into_iter().filter(|approval| approval.turn == turn).map(|approval| {
            let decision = [Decision::Edit, Decision::Reject].get(usize::try_from(choice).unwrap_or_default());
            let edited = script::command(&approval.call, "0.1").to_string();
            proto::v1::Answer {
                arguments: if decision == Some(&Decision::Edit) { edited } else { String::new() },
                decision: decision.copied().unwrap_or(Decision::Approve).into(),
                call: approval.call,
                // The digest is that of what was asked, also where it is edited.
                digest: approval.digest,
                ..proto::v1::Answer::default()
            }
        });
        let resume =
            ResumeRequest { session: self.session.clone(), answers: answers.collect(), ..ResumeRequest::default() };
        // Refused where the daemon that died had taken the answer: the first one stands. A turn that then does not go on
        // is found by the checker.
        let _ = self
            .link
            .ask(&resume, |channel, resume| async move { SessionServiceClient::new(channel).resume(resume).await })
            .await;
    }

    async fn cancel(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.random.below(1500))).await;
        let stop = StopRequest { session: self.session.clone() };
        // Refused where the turn has ended before.
        let _ = self
            .link
            .ask(&stop, |channel, stop| async move { SessionServiceClient::new(channel).stop(stop).await })
            .await;
    }
}

fn finished(event: &proto::v1::Event, turn: u64) -> Option<TurnStatus> {
    match &event.data {
        Some(Data::TurnFinished(finished)) if event.turn == turn => Some(finished.status()),
        _ => None,
    }
}
