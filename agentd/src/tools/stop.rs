//! How a tool stops early: with words for the model, or because the sandbox is gone.

use crate::domain::outcome::{Outcome, OutcomeKind};
use crate::sandbox::init_client::error::{InitError, InitErrorKind};

use super::tool::SandboxGone;

/// Why a tool stopped early.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It could not do what was asked; this is told to the model.
    Refused(String),
    /// The sandbox stopped answering.
    Gone(SandboxGone),
}

impl From<String> for Stop {
    fn from(told: String) -> Self {
        Self::Refused(told)
    }
}

impl From<SandboxGone> for Stop {
    fn from(gone: SandboxGone) -> Self {
        Self::Gone(gone)
    }
}

impl Stop {
    /// What a failed request about a path comes to. An answer against the rules is treated as none at all.
    pub(crate) fn at(path: &str, error: InitError) -> Self {
        let told = match error.kind {
            InitErrorKind::Broken | InitErrorKind::Protocol => return SandboxGone { reason: error.message }.into(),
            InitErrorKind::NotFound => format!("There is no {path}. Use ls or glob to see what is there."),
            InitErrorKind::PermissionDenied => format!(
                "Permission denied: {path}. Files can be written in /workspace and /tmp; /shared and the system are \
                 read-only."
            ),
            InitErrorKind::IsDirectory => format!("{path} is a directory. Use ls to see what is in it."),
            InitErrorKind::NotDirectory => format!("{path} is not a directory, or something above it is not."),
            InitErrorKind::NoSpace => format!("No space left in the sandbox for {path}. Delete what is not needed."),
            InitErrorKind::InvalidPath
            | InitErrorKind::Exists
            | InitErrorKind::TooLarge
            | InitErrorKind::NotUnique
            | InitErrorKind::Binary
            | InitErrorKind::Other => format!("It could not be done: {}", error.message),
        };
        Self::Refused(told)
    }
}

/// The end of a call.
pub(crate) fn settle(result: Result<Outcome, Stop>) -> Result<Outcome, SandboxGone> {
    match result {
        Ok(outcome) => Ok(outcome),
        Err(Stop::Refused(told)) => Ok(Outcome::plain(OutcomeKind::Failed, told)),
        Err(Stop::Gone(gone)) => Err(gone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: InitErrorKind) -> InitError {
        InitError { kind, message: "/workspace/a: what happened".to_owned(), count: 0 }
    }

    #[test]
    fn a_refusal_is_an_outcome_and_a_broken_stream_is_not() {
        let refused = Stop::at("/workspace/a", error(InitErrorKind::NotFound));
        let outcome = settle(Err(refused)).unwrap();
        assert_eq!(outcome.kind, OutcomeKind::Failed);
        assert_eq!(outcome.content, "There is no /workspace/a. Use ls or glob to see what is there.");
        for kind in [InitErrorKind::Broken, InitErrorKind::Protocol] {
            assert!(settle(Err(Stop::at("/workspace/a", error(kind)))).is_err());
        }
    }

    #[test]
    fn what_has_no_words_here_keeps_its_own() {
        let Stop::Refused(told) = Stop::at("x", error(InitErrorKind::TooLarge)) else { panic!() };
        assert_eq!(told, "It could not be done: /workspace/a: what happened");
    }
}
