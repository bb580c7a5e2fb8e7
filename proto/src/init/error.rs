//! How a failed request to the supervisor says why: an [`Error`] in the details of its status.

use prost::Message as _;
use tonic::{Code, Status};

use super::v1::{Error, ErrorKind};

/// Longest message that is sent, in bytes: a status travels in a header, and headers are small.
const MESSAGE_BYTES_MAX: usize = 1024;

/// The status that carries `error`.
pub fn status(mut error: Error) -> Status {
    let mut end = error.message.len().min(MESSAGE_BYTES_MAX);
    while !error.message.is_char_boundary(end) {
        end -= 1;
    }
    error.message.truncate(end);
    Status::with_details(code(error.kind()), error.message.clone(), error.encode_to_vec().into())
}

/// The error that a status carries; `None` where it carries none.
pub fn from_status(status: &Status) -> Option<Error> {
    if status.details().is_empty() {
        return None;
    }
    Error::decode(status.details()).ok()
}

fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::PermissionDenied => Code::PermissionDenied,
        ErrorKind::InvalidPath => Code::InvalidArgument,
        ErrorKind::Exists => Code::AlreadyExists,
        ErrorKind::TooLarge => Code::OutOfRange,
        ErrorKind::NoSpace => Code::ResourceExhausted,
        ErrorKind::IsDirectory | ErrorKind::NotDirectory | ErrorKind::NotUnique | ErrorKind::Binary => {
            Code::FailedPrecondition
        }
        ErrorKind::Other | ErrorKind::Unspecified => Code::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_gives_back_its_error() {
        let error = Error { kind: ErrorKind::NotUnique.into(), message: "a.txt: found 3 times".into(), count: 3 };
        let status = status(error.clone());
        assert_eq!(status.code(), Code::FailedPrecondition);
        assert_eq!(from_status(&status), Some(error));
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let error = Error { kind: ErrorKind::NotFound.into(), message: format!("a{}", "é".repeat(9000)), count: 0 };
        let sent = from_status(&status(error)).unwrap().message;
        assert_eq!(sent.len(), MESSAGE_BYTES_MAX - 1);
    }

    #[test]
    fn a_status_of_another_origin_carries_none() {
        assert_eq!(from_status(&Status::unavailable("gone")), None);
        assert_eq!(from_status(&Status::with_details(Code::Ok, "", bytes::Bytes::from_static(&[0xff]))), None);
    }
}
