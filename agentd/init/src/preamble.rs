//! Who may speak to the supervisor: the side that knows the token.

use std::time::Duration;

use proto::init::preamble::{CLIENT_LINE_BYTES, OK_LINE, REFUSED_LINE, parse_client_line};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// How long a client may take to present its token.
const TIME_MAX: Duration = Duration::from_secs(5);

/// The SHA-256 of the token: all that the supervisor knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// Reads 64 hexadecimal digits.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
            *byte = u8::try_from(high? << 4 | low?).ok()?;
        }
        Some(Self(digest))
    }

    /// Whether `token` is the one. What is compared are digests, so the time it takes tells nothing about the token.
    pub(crate) fn matches(&self, token: &[u8]) -> bool {
        Sha256::digest(token).as_slice() == self.0
    }
}

/// Reads exactly one client's line and answers it; whether the client may go on. The caller closes where it may not.
pub(crate) async fn admit<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, digest: &TokenDigest) -> bool {
    let exchange = async {
        let mut line = [0; CLIENT_LINE_BYTES];
        stream.read_exact(&mut line).await.ok()?;
        let known = parse_client_line(&line).is_some_and(|token| digest.matches(token));
        stream.write_all(if known { OK_LINE } else { REFUSED_LINE }).await.ok()?;
        Some(known)
    };
    tokio::time::timeout(TIME_MAX, exchange).await.ok().flatten().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proto::init::preamble::client_line;

    use super::*;

    fn token() -> String {
        "0123456789abcdef".repeat(4)
    }

    fn digest() -> TokenDigest {
        TokenDigest(Sha256::digest(token()).into())
    }

    /// What becomes of a client that sends `input` and waits: whether it was admitted, what it read, what was left.
    fn outcome(input: &[u8]) -> (bool, Vec<u8>, Vec<u8>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (mut client, mut server) = tokio::io::duplex(4096);
            client.write_all(input).await.unwrap();
            let admitted = admit(&mut server, &digest()).await;
            let mut left = Vec::new();
            server.shutdown().await.unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.unwrap();
            client.shutdown().await.unwrap();
            server.read_to_end(&mut left).await.unwrap();
            (admitted, answer, left)
        })
    }

    #[test]
    fn the_right_token_is_admitted_and_what_follows_is_left_alone() {
        let mut input = client_line(&token()).unwrap();
        input.extend_from_slice(b"PRI * HTTP/2.0");
        assert_eq!(outcome(&input), (true, OK_LINE.to_vec(), b"PRI * HTTP/2.0".to_vec()));
    }

    #[test]
    fn another_token_is_refused() {
        let (admitted, answer, _) = outcome(&client_line(&"a".repeat(64)).unwrap());
        assert!(!admitted);
        assert_eq!(answer, REFUSED_LINE);
    }

    #[test]
    fn a_client_that_says_too_little_is_refused_in_time() {
        assert!(!outcome(b"AGENT-INIT/1 ").0);
        assert!(!outcome(b"").0);
    }

    #[test]
    fn only_64_hexadecimal_digits_are_a_digest() {
        assert!(TokenDigest::from_hex(&"0f".repeat(32)).is_some());
        for wrong in ["", "0f", &"0g".repeat(32), &"0f".repeat(33), &"é".repeat(32)] {
            assert_eq!(TokenDigest::from_hex(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_never_admitted(input in proptest::collection::vec(any::<u8>(), 0..512)) {
            prop_assert!(!outcome(&input).0);
        }

        #[test]
        fn one_wrong_byte_is_refused(at in 0..CLIENT_LINE_BYTES, byte in any::<u8>()) {
            let mut line = client_line(&token()).unwrap();
            prop_assume!(line[at] != byte);
            line[at] = byte;
            prop_assert!(!outcome(&line).0);
        }
    }
}
