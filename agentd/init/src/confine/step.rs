//! What went wrong, and at which step: the only thing a person sees of a sandbox that could not be made.

use std::fmt::Display;

/// A step that failed, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{step}: {why}")]
pub(crate) struct StepError {
    step: String,
    why: String,
}

/// Names the step that a result belongs to.
pub(super) trait Step<T> {
    /// The same result, with the step in its error.
    fn step(self, step: impl Display) -> Result<T, StepError>;
}

impl<T, E: Display> Step<T> for Result<T, E> {
    fn step(self, step: impl Display) -> Result<T, StepError> {
        self.map_err(|why| StepError { step: step.to_string(), why: why.to_string() })
    }
}
