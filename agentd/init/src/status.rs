//! Requests that are refused before anything is done.

use tonic::Status;

/// Longest id of a call, in characters.
const CALL_ID_MAX: usize = 128;

/// Checks the id of a call: 1 to 128 characters of `[A-Za-z0-9._-]`.
pub(crate) fn call_id(id: &str) -> Result<(), Status> {
    let fits = (1..=CALL_ID_MAX).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if fits { Ok(()) } else { Err(Status::invalid_argument("call_id: 1 to 128 characters of [A-Za-z0-9._-]")) }
}

/// Checks names of environment variables.
pub(crate) fn environment<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<(), Status> {
    for name in names {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(Status::invalid_argument("env: a name is empty or holds = or a zero byte"));
        }
    }
    Ok(())
}

/// The id was acknowledged: what it stood for is forgotten, and is not done again.
pub(crate) fn acknowledged_before() -> Status {
    Status::already_exists("call_id: acknowledged before; it is not done again")
}

/// Too many results wait to be acknowledged.
pub(crate) fn too_many_held(held_max: usize) -> Status {
    Status::resource_exhausted(format!("{held_max} results are held; acknowledge them first"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_ids_are_bounded_and_plain() {
        for good in ["a", "A-b_c.9", &"x".repeat(128)] {
            assert!(call_id(good).is_ok(), "{good}");
        }
        for bad in ["", "a/b", "a b", "é", "a\0", &"x".repeat(129)] {
            assert!(call_id(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_of_variables_cannot_hold_an_equals_sign() {
        assert!(environment(&["PATH".to_owned(), "a.b".to_owned()]).is_ok());
        for bad in ["", "A=B", "A\0"] {
            assert!(environment(&[bad.to_owned()]).is_err(), "{bad:?}");
        }
    }
}
