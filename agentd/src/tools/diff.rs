//! What changed in a file, as a unified diff for people. Pure.

use std::time::Duration;

use similar::TextDiff;

use super::output_caps::Lines;

/// Bytes of a diff at most.
const DIFF_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a text that is compared.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// How long is looked for the shortest diff; after that a longer one is taken.
const LOOK: Duration = Duration::from_millis(200);

/// The diff from the old to the new text; none where they are the same, or too long or not text.
pub(crate) fn unified(path: &str, old: &[u8], new: &[u8]) -> Option<String> {
    if old == new || old.len().max(new.len()) > TEXT_BYTES_MAX {
        return None;
    }
    let (old, new) = (std::str::from_utf8(old).ok()?, std::str::from_utf8(new).ok()?);
    let name = path.trim_start_matches('/').escape_debug().to_string();
    let diff = TextDiff::configure().timeout(LOOK).diff_lines(old, new);
    let whole = diff.unified_diff().context_radius(3).header(&format!("a/{name}"), &format!("b/{name}")).to_string();
    let mut lines = Lines::new(DIFF_BYTES_MAX);
    whole.lines().for_each(|line| lines.push(line));
    let dropped = lines.dropped();
    let mut text = lines.into_text();
    if dropped > 0 {
        text.push_str(&format!("[{dropped} more lines of this diff are not shown]\n"));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_in_its_surroundings() {
        let diff = unified("/workspace/a.txt", b"one\ntwo\nthree\n", b"one\n2\nthree\n").unwrap();
        assert_eq!(diff, "--- a/workspace/a.txt\n+++ b/workspace/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
        assert!(unified("/a", b"", b"new\n").unwrap().ends_with("+new\n"));
    }

    #[test]
    fn what_cannot_be_shown_has_no_diff() {
        assert_eq!(unified("/a", b"same", b"same"), None);
        assert_eq!(unified("/a", b"\xff", b"x"), None);
        assert_eq!(unified("/a", &vec![b'x'; TEXT_BYTES_MAX + 1], b"x"), None);
    }

    #[test]
    fn a_diff_is_bounded_and_quick() {
        let text = |from: u32| (from..from + 20_000).map(|n| format!("{}\n", n % 997)).collect::<String>();
        let begin = std::time::Instant::now();
        let diff = unified("/a", text(0).as_bytes(), text(500).as_bytes()).unwrap();
        assert!(diff.len() < DIFF_BYTES_MAX + 100, "{}", diff.len());
        let long = unified("/a", b"", "x\n".repeat(100_000).as_bytes()).unwrap();
        assert!(long.ends_with("more lines of this diff are not shown]\n"));
        assert!(begin.elapsed() < Duration::from_secs(20));
    }
}
