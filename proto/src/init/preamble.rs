//! The one line each way with which a connection to the supervisor begins, before HTTP/2.
//!
//! Every line has a fixed length, so that both sides read exactly it and nothing of what follows.

/// Length of a token: 256 random bits as lower-case hexadecimal text.
pub const TOKEN_BYTES: usize = 64;

/// Length of the client's line.
pub const CLIENT_LINE_BYTES: usize = PREFIX.len() + TOKEN_BYTES + 1;

/// The supervisor's answer to the right token; HTTP/2 follows.
pub const OK_LINE: &[u8] = b"AGENT-INIT/1 ok\n";

/// The supervisor's answer to anything else; it closes the connection.
pub const REFUSED_LINE: &[u8] = b"AGENT-INIT/1 refused\n";

const PREFIX: &[u8] = b"AGENT-INIT/1 ";

/// The line with which a client presents its token; `None` where the token is not [`TOKEN_BYTES`] of `[0-9a-f]`.
pub fn client_line(token: &str) -> Option<Vec<u8>> {
    is_token(token.as_bytes()).then(|| [PREFIX, token.as_bytes(), b"\n"].concat())
}

/// The token in a client's line; `None` where the line is malformed.
pub fn parse_client_line(line: &[u8; CLIENT_LINE_BYTES]) -> Option<&[u8]> {
    let token = line.strip_prefix(PREFIX)?.strip_suffix(b"\n")?;
    is_token(token).then_some(token)
}

fn is_token(token: &[u8]) -> bool {
    token.len() == TOKEN_BYTES && token.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_back_its_token() {
        let token = "0123456789abcdef".repeat(4);
        let line: [u8; CLIENT_LINE_BYTES] = client_line(&token).unwrap().try_into().unwrap();
        assert_eq!(parse_client_line(&line), Some(token.as_bytes()));
    }

    #[test]
    fn a_token_of_another_shape_makes_no_line() {
        for token in ["", "abc", &"A".repeat(64), &"a".repeat(65), &format!("{}\n", "a".repeat(63))] {
            assert_eq!(client_line(token), None, "{token:?}");
        }
    }

    #[test]
    fn a_malformed_line_has_no_token() {
        let good = client_line(&"a".repeat(TOKEN_BYTES)).unwrap();
        for at in [0, 11, 12, 13, 40, CLIENT_LINE_BYTES - 1] {
            let mut line: [u8; CLIENT_LINE_BYTES] = good.clone().try_into().unwrap();
            line[at] = b'?';
            assert_eq!(parse_client_line(&line), None, "byte {at}");
        }
    }
}
