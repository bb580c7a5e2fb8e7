//! Why a sandbox did not do what it was asked.

use proto::init::v1::ErrorKind;
use tonic::{Code, Status};

use crate::sandbox::error::plain_text;

/// Bytes of a sandbox's own words that are passed on.
const MESSAGE_BYTES_MAX: usize = 1024;

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitErrorKind {
    /// No such file, directory or call.
    NotFound,
    /// The sandbox's user may not.
    PermissionDenied,
    /// It is a directory.
    IsDirectory,
    /// It is no directory.
    NotDirectory,
    /// The path, pattern or id is malformed.
    InvalidPath,
    /// It is there already.
    Exists,
    /// Over a limit.
    TooLarge,
    /// No space left.
    NoSpace,
    /// The text to replace is not there as often as it must be.
    NotUnique,
    /// The file is not UTF-8 text.
    Binary,
    /// Anything else that agent-init says.
    Other,
    /// It answered what it must not: the sandbox is not to be trusted.
    Protocol,
    /// The byte stream broke or went silent: the question may have taken effect. A new connection may answer.
    Broken,
}

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InitError {
    /// What kind it is.
    pub kind: InitErrorKind,
    /// One line, without control characters.
    pub message: String,
    /// With `NotUnique`: how often the text is in the file.
    pub count: u64,
}

impl InitError {
    /// A failure in our own words.
    pub(crate) fn new(kind: InitErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), count: 0 }
    }

    /// An answer that breaks the rules.
    pub(crate) fn protocol(what: impl std::fmt::Display) -> Self {
        Self::new(InitErrorKind::Protocol, format!("the sandbox's supervisor answered against the rules: {what}"))
    }

    /// The byte stream is of no more use.
    pub(crate) fn broken(message: impl Into<String>) -> Self {
        Self::new(InitErrorKind::Broken, message)
    }

    /// The failure that a status carries.
    pub(crate) fn of_status(status: &Status) -> Self {
        if let Some(error) = proto::init::error::from_status(status) {
            let kind = match error.kind() {
                ErrorKind::NotFound => InitErrorKind::NotFound,
                ErrorKind::PermissionDenied => InitErrorKind::PermissionDenied,
                ErrorKind::IsDirectory => InitErrorKind::IsDirectory,
                ErrorKind::NotDirectory => InitErrorKind::NotDirectory,
                ErrorKind::InvalidPath => InitErrorKind::InvalidPath,
                ErrorKind::Exists => InitErrorKind::Exists,
                ErrorKind::TooLarge => InitErrorKind::TooLarge,
                ErrorKind::NoSpace => InitErrorKind::NoSpace,
                ErrorKind::NotUnique => InitErrorKind::NotUnique,
                ErrorKind::Binary => InitErrorKind::Binary,
                ErrorKind::Other | ErrorKind::Unspecified => InitErrorKind::Other,
            };
            return Self { kind, message: plain_text(&error.message, MESSAGE_BYTES_MAX), count: error.count };
        }
        let message = plain_text(status.message(), MESSAGE_BYTES_MAX);
        match status.code() {
            Code::NotFound => Self::new(InitErrorKind::NotFound, message),
            Code::InvalidArgument => Self::new(InitErrorKind::InvalidPath, message),
            Code::ResourceExhausted => Self::new(InitErrorKind::TooLarge, message),
            Code::OutOfRange => Self::protocol(message),
            Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal | Code::Aborted | Code::DataLoss => {
                Self::broken(format!("the connection to the sandbox broke: {message}"))
            }
            _ => Self::new(InitErrorKind::Other, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_agent_init_says_keeps_its_kind_and_loses_its_control_characters() {
        let said = proto::init::v1::Error {
            kind: ErrorKind::NotUnique.into(),
            message: "a.txt\u{1b}[31m: found\n3 times".to_owned(),
            count: 3,
        };
        let error = InitError::of_status(&proto::init::error::status(said));
        assert_eq!((error.kind, error.count), (InitErrorKind::NotUnique, 3));
        assert!(!error.message.chars().any(char::is_control), "{error}");
    }

    #[test]
    fn a_broken_stream_is_told_from_an_answer() {
        assert_eq!(InitError::of_status(&Status::unknown("transport error")).kind, InitErrorKind::Broken);
        assert_eq!(InitError::of_status(&Status::unavailable("x")).kind, InitErrorKind::Broken);
        assert_eq!(InitError::of_status(&Status::not_found("x")).kind, InitErrorKind::NotFound);
        assert_eq!(InitError::of_status(&Status::out_of_range("too large")).kind, InitErrorKind::Protocol);
        assert_eq!(InitError::of_status(&Status::unimplemented("x")).kind, InitErrorKind::Other);
    }
}
