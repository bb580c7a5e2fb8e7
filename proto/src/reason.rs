//! Why a request failed: the one table from reason to gRPC code, exit code and wire form.
//!
//! A failed request carries a `google.rpc.ErrorInfo` with domain [`DOMAIN`], one of these reasons, and, where there is
//! something the user can do, a `hint` in its metadata.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// The `domain` of every `ErrorInfo` that agentd sends.
pub const DOMAIN: &str = "agentd";

/// Exit codes of agentctl, as README.md and `agentctl help` list them.
pub mod exit {
    /// Done.
    pub const DONE: u8 = 0;
    /// The turn or request failed.
    pub const FAILED: u8 = 1;
    /// Wrong usage of the command line or a malformed configuration.
    pub const USAGE: u8 = 2;
    /// Parked: an approval waits.
    pub const PARKED: u8 = 3;
    /// Refused by policy, quota or budget.
    pub const REFUSED: u8 = 4;
    /// No such session, call, container or image.
    pub const NOT_FOUND: u8 = 5;
    /// Daemon, engine or model endpoint not reachable.
    pub const UNREACHABLE: u8 = 6;
    /// A time limit ended it.
    pub const TIMEOUT: u8 = 124;
    /// Interrupted by the user.
    pub const INTERRUPTED: u8 = 130;
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $code:ident, $exit:ident;)*) => {
        /// A machine-readable reason.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[doc = $doc])* $variant,)* }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &[Reason] = &[$(Reason::$variant,)*];

            /// The name on the wire and in `error.code` of JSON output.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The gRPC code that goes with it.
            pub fn code(self) -> Code {
                match self { $(Self::$variant => Code::$code,)* }
            }

            /// The exit code of an agentctl whose request failed so.
            pub fn exit_code(self) -> u8 {
                match self { $(Self::$variant => exit::$exit,)* }
            }

            /// The reason of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

reasons! {
    /// A field of the request is missing, malformed or out of range.
    InvalidArgument = "INVALID_ARGUMENT", InvalidArgument, USAGE;
    /// No session has this id, prefix or name.
    SessionNotFound = "SESSION_NOT_FOUND", NotFound, NOT_FOUND;
    /// The prefix names more than one session.
    SessionAmbiguous = "SESSION_AMBIGUOUS", InvalidArgument, USAGE;
    /// Another session has this name.
    NameTaken = "NAME_TAKEN", AlreadyExists, FAILED;
    /// No such turn in this session.
    TurnNotFound = "TURN_NOT_FOUND", NotFound, NOT_FOUND;
    /// No tool call of this id waits in this session.
    CallNotFound = "CALL_NOT_FOUND", NotFound, NOT_FOUND;
    /// The approval was answered before; the first answer stands.
    AlreadyDecided = "ALREADY_DECIDED", FailedPrecondition, FAILED;
    /// The digest of the answer is not that of the waiting call.
    DigestMismatch = "DIGEST_MISMATCH", FailedPrecondition, FAILED;
    /// Nothing waits for an answer.
    NothingWaits = "NOTHING_WAITS", FailedPrecondition, FAILED;
    /// A turn of this session is running.
    TurnRunning = "TURN_RUNNING", FailedPrecondition, FAILED;
    /// The session's turn waits for an approval.
    AwaitingApproval = "AWAITING_APPROVAL", FailedPrecondition, PARKED;
    /// No turn is running.
    NoTurn = "NO_TURN", FailedPrecondition, FAILED;
    /// The request id was used for another message.
    RequestIdReused = "REQUEST_ID_REUSED", AlreadyExists, FAILED;
    /// A limit of the configuration would be passed.
    LimitReached = "LIMIT_REACHED", ResourceExhausted, REFUSED;
    /// A policy of the configuration forbids it.
    Forbidden = "FORBIDDEN", PermissionDenied, REFUSED;
    /// The caller is not this daemon's user.
    NotYourDaemon = "NOT_YOUR_DAEMON", PermissionDenied, UNREACHABLE;
    /// The session has no container now.
    ContainerNotFound = "CONTAINER_NOT_FOUND", NotFound, NOT_FOUND;
    /// The image is not on the engine and cannot be had from a registry.
    ImageNotFound = "IMAGE_NOT_FOUND", NotFound, NOT_FOUND;
    /// Sessions or containers are made of the image.
    ImageInUse = "IMAGE_IN_USE", FailedPrecondition, FAILED;
    /// The session has had no other image to go back to.
    NoEarlierImage = "NO_EARLIER_IMAGE", FailedPrecondition, FAILED;
    /// No file or directory at that path in the sandbox, or it cannot be used so.
    PathNotFound = "PATH_NOT_FOUND", NotFound, NOT_FOUND;
    /// A file operation in the sandbox was refused or failed.
    FileOperation = "FILE_OPERATION", FailedPrecondition, FAILED;
    /// The daemon does not run, did not start, or went away. Said by agentctl, never sent.
    DaemonUnreachable = "DAEMON_UNREACHABLE", Unavailable, UNREACHABLE;
    /// No engine answers.
    EngineUnreachable = "ENGINE_UNREACHABLE", Unavailable, UNREACHABLE;
    /// The engine is there and refuses this user.
    EngineForbidden = "ENGINE_FORBIDDEN", Unavailable, UNREACHABLE;
    /// The engine is too old, or lacks what was asked for.
    EngineUnsuitable = "ENGINE_UNSUITABLE", FailedPrecondition, UNREACHABLE;
    /// The sandbox could not be made, or did not come up hardened as specified.
    SandboxFailed = "SANDBOX_FAILED", FailedPrecondition, FAILED;
    /// No model is configured, or not the one asked for.
    ModelNotConfigured = "MODEL_NOT_CONFIGURED", FailedPrecondition, USAGE;
    /// The model's endpoint does not answer.
    ModelUnreachable = "MODEL_UNREACHABLE", Unavailable, UNREACHABLE;
    /// The daemon is stopping.
    ShuttingDown = "SHUTTING_DOWN", Unavailable, UNREACHABLE;
    /// The state directory is full or read-only.
    StorageFull = "STORAGE_FULL", ResourceExhausted, REFUSED;
    /// The session's journal cannot be read (an unknown kind of event, a broken row).
    JournalUnreadable = "JOURNAL_UNREADABLE", DataLoss, FAILED;
    /// The journal, or what lies beside it, is not as it was written.
    JournalDamaged = "JOURNAL_DAMAGED", DataLoss, FAILED;
    /// A time limit ended the request.
    Timeout = "TIMEOUT", DeadlineExceeded, TIMEOUT;
    /// A fault of agentd itself.
    Internal = "INTERNAL", Internal, FAILED;
}

/// A failed request: reason, one line for the user, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub reason: Reason,
    /// One line of what failed and why, in the user's words.
    pub message: String,
    /// The command or setting that mends it; empty where there is none.
    pub hint: String,
}

impl Failure {
    /// A failure without a hint.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), hint: String::new() }
    }

    /// The same failure with what the user can do about it.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The failure that a status carries. A status without our details becomes the nearest reason of its code.
    pub fn of_status(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().filter(|info| info.domain == DOMAIN);
        let reason = info.and_then(|info| Reason::from_name(&info.reason)).unwrap_or(match status.code() {
            Code::InvalidArgument | Code::OutOfRange => Reason::InvalidArgument,
            Code::DeadlineExceeded => Reason::Timeout,
            Code::Unavailable => Reason::ShuttingDown,
            Code::ResourceExhausted => Reason::LimitReached,
            Code::PermissionDenied | Code::Unauthenticated => Reason::Forbidden,
            _ => Reason::Internal,
        });
        let hint = info.and_then(|info| info.metadata.get("hint").cloned()).unwrap_or_default();
        Self { reason, message: status.message().to_owned(), hint }
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let mut metadata = std::collections::HashMap::new();
        if !failure.hint.is_empty() {
            metadata.insert("hint".to_owned(), failure.hint);
        }
        let details = ErrorDetails::with_error_info(failure.reason.name(), DOMAIN, metadata);
        Status::with_error_details(failure.reason.code(), failure.message, details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_survives_the_wire() {
        for &reason in Reason::ALL {
            let sent = Failure::new(reason, "what failed").hinted("what to do");
            assert_eq!(Failure::of_status(&Status::from(sent.clone())), sent);
            assert_eq!(Reason::from_name(reason.name()), Some(reason));
        }
    }

    #[test]
    fn a_status_of_somebody_else_has_a_reason_too() {
        assert_eq!(Failure::of_status(&Status::deadline_exceeded("late")).reason, Reason::Timeout);
        assert_eq!(Failure::of_status(&Status::unknown("?")).reason, Reason::Internal);
    }
}
