//! Why a sandbox could not be had, in words that a person can act on.

/// What kind of failure it is; the surface maps it to a reason and an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SandboxErrorKind {
    /// No engine answers.
    EngineUnreachable,
    /// The engine is there and refuses this user.
    EngineForbidden,
    /// The engine is too old, or lacks what was asked for.
    EngineUnsuitable,
    /// The image is not on the engine and could not be pulled.
    ImageNotFound,
    /// Containers are made of the image.
    ImageInUse,
    /// No such container.
    NotFound,
    /// A file or directory of the host may not be given to a sandbox.
    WorkspaceRefused,
    /// It asks for more than this daemon's ceiling allows.
    AboveCeiling,
    /// Nothing can be written where the engine or agentd keeps its files.
    StorageFull,
    /// A time limit ended it.
    Timeout,
    /// Anything else: the sandbox could not be made, or did not come up as specified.
    Failed,
}

/// A failure with one line of what happened and, where there is one, what mends it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SandboxError {
    /// What kind it is.
    pub kind: SandboxErrorKind,
    /// One line of what failed and why.
    pub message: String,
    /// The command or setting that mends it; empty where there is none.
    pub hint: String,
}

impl SandboxError {
    /// A failure without a hint.
    pub fn new(kind: SandboxErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: String::new() }
    }

    /// The same failure with what the user can do about it.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same failure, told as part of something bigger.
    #[must_use]
    pub fn while_doing(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

/// The text on one line, cut to so many bytes between characters, with control characters replaced: what an engine or a
/// sandbox says goes into our own messages only so.
pub(crate) fn plain_text(text: &str, bytes_max: usize) -> String {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters_and_made_plain() {
        assert_eq!(plain_text("aé\u{7}b", 3), "aé");
        assert_eq!(plain_text("aé\u{7}b\n", 99), "aé\u{fffd}b");
    }
}
