//! What a failed command says, and the exit code it ends with.

use proto::reason::{Failure, Reason, exit};
use serde::Serialize;
use tonic::{Code, Status};

/// Exit code of a command whose stdout was closed before it was done: 128 + SIGPIPE, as of any program in a pipe.
const OUTPUT_CLOSED: u8 = 141;

/// How a command that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) struct Exit(u8);

impl Exit {
    /// Done.
    pub(crate) const DONE: Self = Self(exit::DONE);
    /// Left by the user.
    pub(crate) const INTERRUPTED: Self = Self(exit::INTERRUPTED);

    /// With the code that a turn or a command in a sandbox ended with. What does not fit in a byte is a failure.
    pub(crate) fn with(code: impl TryInto<u8>) -> Self {
        Self(code.try_into().unwrap_or(exit::FAILED))
    }

    /// The code.
    pub(crate) fn code(self) -> u8 {
        self.0
    }
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// It failed, and the user is told so.
    Failed(Failure),
    /// Nobody reads stdout any more: there is nothing to say and nobody to say it to.
    OutputClosed,
}

impl CommandError {
    /// A failure without a hint.
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self::Failed(Failure::new(reason, message))
    }

    /// Wrong usage.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Reason::InvalidArgument, message)
    }

    /// A fault that is not the user's.
    pub(crate) fn internal(what: &str, error: &dyn std::fmt::Display) -> Self {
        Self::new(Reason::Internal, format!("{what}: {error}"))
    }

    /// The same failure with what the user can do about it.
    #[must_use]
    pub(crate) fn hinted(self, hint: impl Into<String>) -> Self {
        match self {
            Self::Failed(failure) => Self::Failed(failure.hinted(hint)),
            Self::OutputClosed => Self::OutputClosed,
        }
    }

    /// The exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(failure) => failure.reason.exit_code(),
            Self::OutputClosed => OUTPUT_CLOSED,
        }
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Status> for CommandError {
    fn from(status: Status) -> Self {
        if timed_out_here(&status) {
            return Self::new(Reason::Timeout, "agentd did not answer in time")
                .hinted("see what it is doing with: agentctl daemon logs");
        }
        if connection_lost(&status) {
            return Self::new(Reason::DaemonUnreachable, "the connection to agentd was lost")
                .hinted("see what happened with: agentctl daemon logs");
        }
        Self::Failed(Failure::of_status(&status))
    }
}

/// Whether a status was made on this side because the request's time was over.
fn timed_out_here(status: &Status) -> bool {
    status.details().is_empty() && status.code() == Code::Cancelled && status.message().contains("Timeout expired")
}

/// Whether a status was made on this side because the connection broke, rather than sent by the daemon.
fn connection_lost(status: &Status) -> bool {
    std::error::Error::source(status).is_some()
        || (status.details().is_empty() && matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled))
}

/// The JSON shape of a failure.
#[derive(Serialize)]
pub(crate) struct ErrorObject<'a> {
    error: ErrorFields<'a>,
}

#[derive(Serialize)]
struct ErrorFields<'a> {
    code: &'a str,
    message: &'a str,
    hint: &'a str,
}

impl<'a> From<&'a Failure> for ErrorObject<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self { error: ErrorFields { code: failure.reason.name(), message: &failure.message, hint: &failure.hint } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_the_table() {
        let codes: Vec<(&str, u8)> = [
            Reason::TurnRunning,
            Reason::InvalidArgument,
            Reason::AwaitingApproval,
            Reason::Forbidden,
            Reason::SessionNotFound,
            Reason::DaemonUnreachable,
            Reason::Timeout,
        ]
        .map(|reason| (reason.name(), CommandError::new(reason, "").exit_code()))
        .to_vec();
        assert_eq!(
            codes,
            [
                ("TURN_RUNNING", 1),
                ("INVALID_ARGUMENT", 2),
                ("AWAITING_APPROVAL", 3),
                ("FORBIDDEN", 4),
                ("SESSION_NOT_FOUND", 5),
                ("DAEMON_UNREACHABLE", 6),
                ("TIMEOUT", 124),
            ]
        );
        assert_eq!(CommandError::OutputClosed.exit_code(), 141);
        assert_eq!(Exit::with(7u32).code(), 7);
        assert_eq!(Exit::with(-1i32).code(), 1);
    }

    #[test]
    fn a_failure_of_the_daemon_keeps_its_reason_and_hint() {
        let sent = Failure::new(Reason::SessionNotFound, "no session is named x").hinted("agentctl session list");
        let CommandError::Failed(got) = CommandError::from(Status::from(sent.clone())) else { panic!() };
        assert_eq!(got, sent);
    }

    #[test]
    fn a_broken_connection_is_told_apart() {
        let error = CommandError::from(Status::unavailable("tcp connect error"));
        assert_eq!(error.exit_code(), exit::UNREACHABLE);
        let draining = Status::from(Failure::new(Reason::ShuttingDown, "stopping"));
        assert!(!connection_lost(&draining));
    }
}
