//! What the model is told of a command that ended: its output, cut where it is long, and how it ended. Pure.

use std::fmt::Write as _;

use crate::domain::outcome::ExecReport;
use crate::sandbox::init_client::exec_events::ExecEnd;

use super::names::{counted, on_one_line};
use super::output_caps::{Cut, tail_of};

/// How long a command may be given, in seconds.
pub(super) const TIMEOUT_S_MAX: u64 = 3600;

/// How long a command was given, in seconds, and how long it could have been given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeout {
    pub(crate) given_s: u64,
    pub(crate) most_s: u64,
}

/// Bytes of each end of the output that the model is shown.
pub(crate) const END_BYTES_MAX: usize = 8 * 1024;

/// How a command ended, for the journal and for people.
pub(crate) fn report(end: &ExecEnd) -> ExecReport {
    ExecReport {
        exit_code: end.exit_code,
        signal: end.signal,
        duration_ms: end.duration_ms,
        output_bytes: end.output_bytes,
        truncated: end.truncated,
        oom: end.oom,
        timed_out: end.timed_out,
        output_path: end.output_path.clone(),
    }
}

/// Output and end, in words. `kept` is what came of the output that the sandbox kept.
pub(crate) fn told(kept: Cut, end: &ExecEnd, timeout: Timeout) -> String {
    let Cut { head, mut tail, omitted_bytes, omitted_lines } = kept;
    let mut text = head;
    let mut omitted = match omitted_lines {
        0 => counted(omitted_bytes, "byte"),
        lines => format!("{}, {}", counted(lines, "line"), counted(omitted_bytes, "byte")),
    };
    if end.truncated {
        tail = tail_of(&String::from_utf8_lossy(&end.tail), END_BYTES_MAX).to_owned();
        omitted = counted(end.output_bytes.saturating_sub((text.len() + tail.len()) as u64), "byte");
    }
    if omitted_bytes > 0 || end.truncated {
        end_line(&mut text);
        let place = match (end.output_path.as_str(), end.truncated) {
            ("", _) => String::new(),
            (path, false) => format!("; the whole output is in {}", on_one_line(path)),
            (path, true) => format!("; the first part of the output is in {}", on_one_line(path)),
        };
        let _ = writeln!(text, "[… {omitted} omitted{place} …]");
    }
    text.push_str(&tail);
    end_line(&mut text);
    if text.is_empty() {
        text.push_str("[no output]\n");
    }
    text.push_str(&how(end, timeout));
    text
}

/// How it ended, in one line in brackets.
fn how(end: &ExecEnd, timeout: Timeout) -> String {
    let Timeout { given_s, most_s } = timeout;
    let code = end.exit_code;
    let mut how = if end.timed_out {
        let longer = if given_s < most_s {
            format!(" If it needs longer, give a longer timeout, at most {most_s} s.")
        } else {
            String::new()
        };
        format!("[timed out after {given_s} s and was ended with all it had started; exit code {code}.{longer}]")
    } else if end.killed {
        format!("[ended on request, with all it had started; exit code {code}]")
    } else if let Some(signal) = end.signal {
        format!("[killed by signal {signal}{}; exit code {code}]", signal_name(signal))
    } else {
        format!("[exit code {code}]")
    };
    if end.oom {
        how.push_str("\n[out of memory: the sandbox reached its memory limit and a process of it was killed]");
    }
    how
}

fn signal_name(signal: u32) -> &'static str {
    match signal {
        1 => " (SIGHUP)",
        2 => " (SIGINT)",
        3 => " (SIGQUIT)",
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        _ => "",
    }
}

fn end_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Timeout = Timeout { given_s: 120, most_s: TIMEOUT_S_MAX };
    const SHORT: Timeout = Timeout { given_s: 5, most_s: TIMEOUT_S_MAX };

    fn whole(text: &str) -> Cut {
        Cut { head: text.to_owned(), tail: String::new(), omitted_bytes: 0, omitted_lines: 0 }
    }

    fn ended(exit_code: i32) -> ExecEnd {
        ExecEnd { exit_code, output_path: "/tmp/out/call_1".to_owned(), ..ExecEnd::default() }
    }

    #[test]
    fn short_output_is_shown_whole_with_its_exit_code() {
        assert_eq!(told(whole("done\n"), &ended(7), LIMIT), "done\n[exit code 7]");
        assert_eq!(told(whole("no line end"), &ended(0), LIMIT), "no line end\n[exit code 0]");
        assert_eq!(told(whole(""), &ended(0), LIMIT), "[no output]\n[exit code 0]");
    }

    #[test]
    fn every_end_is_said_plainly() {
        let timeout = told(whole(""), &ExecEnd { timed_out: true, signal: Some(15), ..ended(124) }, SHORT);
        assert!(timeout.contains("timed out after 5 s") && timeout.contains("exit code 124"), "{timeout}");
        let killed = told(whole(""), &ExecEnd { signal: Some(11), ..ended(139) }, SHORT);
        assert!(killed.contains("killed by signal 11 (SIGSEGV); exit code 139"), "{killed}");
        let oom = told(whole(""), &ExecEnd { signal: Some(9), oom: true, ..ended(137) }, SHORT);
        assert!(oom.contains("signal 9 (SIGKILL)") && oom.contains("out of memory"), "{oom}");
        let request = told(whole(""), &ExecEnd { killed: true, signal: Some(9), ..ended(137) }, SHORT);
        assert!(request.contains("ended on request"), "{request}");
    }

    #[test]
    fn long_output_has_its_ends_and_a_place() {
        let cut = Cut { head: "a\n".to_owned(), tail: "z\n".to_owned(), omitted_bytes: 90, omitted_lines: 45 };
        assert_eq!(
            told(cut, &ended(0), LIMIT),
            "a\n[… 45 lines, 90 bytes omitted; the whole output is in /tmp/out/call_1 …]\nz\n[exit code 0]"
        );
    }

    #[test]
    fn the_end_of_output_that_was_not_kept_is_the_real_end() {
        let cut = Cut { head: "a\n".to_owned(), tail: "middle\n".to_owned(), omitted_bytes: 90, omitted_lines: 45 };
        let end = ExecEnd { truncated: true, output_bytes: 300_000_000, tail: "x\nlast\n".into(), ..ended(0) };
        assert_eq!(
            told(cut, &end, LIMIT),
            "a\n[… 299999991 bytes omitted; the first part of the output is in /tmp/out/call_1 …]\nx\nlast\n[exit code 0]"
        );
        let endless = ExecEnd { tail: vec![0xff; 60_000].into(), ..end };
        assert!(told(whole(""), &endless, LIMIT).len() < END_BYTES_MAX + 500);
    }
}
