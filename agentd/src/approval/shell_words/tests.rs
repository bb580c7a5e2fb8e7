use proptest::prelude::*;

use super::*;

fn words(line: &str) -> Option<Vec<String>> {
    simple_command(line)
}

#[test]
fn simple_commands_have_words() {
    for (line, expected) in [
        ("git status", vec!["git", "status"]),
        ("  git   status  ", vec!["git", "status"]),
        ("git status --porcelain=v2 -z", vec!["git", "status", "--porcelain=v2", "-z"]),
        ("git log --format='%h %s' -n 5", vec!["git", "log", "--format=%h %s", "-n", "5"]),
        ("git commit -m \"a message; with (signs)\"", vec!["git", "commit", "-m", "a message; with (signs)"]),
        ("echo '$HOME `id` \\ !'", vec!["echo", "$HOME `id` \\ !"]),
        ("echo ''", vec!["echo", ""]),
        ("./run.sh a,b user@host:/x +1 50%", vec!["./run.sh", "a,b", "user@host:/x", "+1", "50%"]),
    ] {
        assert_eq!(words(line).unwrap(), expected, "{line}");
    }
}

/// Lines that begin like `git status`, or look like it, and are something else or may be.
const NOT_GIT_STATUS: &[&str] = &[
    "",
    " ",
    "git",
    "git statusx",
    "git  'status '",
    "git status;id",
    "git status ; id",
    "git status && id",
    "git status & id",
    "git status &",
    "git status || id",
    "git status | sh",
    "git status |& sh",
    "git status\nid",
    "git status\n",
    "git status\rid",
    "git\tstatus\tx",
    "git status > /etc/passwd",
    "git status >> x",
    "git status 2>x",
    "git status >| x",
    "git status &> x",
    "git status < x",
    "git status << EOF",
    "git status <<< x",
    "git status <(id)",
    "git status >(id)",
    "git status $(id)",
    "git status `id`",
    "git status $HOME",
    "git status ${IFS}x",
    "git status $((1))",
    "git status $'x'",
    "git status $\"x\"",
    "git status \"$(id)\"",
    "git status \"`id`\"",
    "git status \"$x\"",
    "git status \"\\$x\"",
    "git status \"!x\"",
    "git status !x",
    "git status !!",
    "git status *",
    "git status ?",
    "git status [a]",
    "git status {a,b}",
    "git status ~",
    "git status ~root",
    "git status # x",
    "git status #",
    "git status ^x",
    "git status (id)",
    "git status )",
    "git status \\; id",
    "git status \\",
    "git status \\\nid",
    "git sta\\tus",
    "g\\it status",
    "(git status)",
    "{ git status; }",
    "! git status",
    "'git' status",
    "\"git\" status",
    "g'i't status",
    "gi\"t\" status",
    "git st'at'us",
    "git 'st'atus",
    "git status'",
    "git status \"",
    "git status 'x",
    "git status 'x'y'",
    "git status x'y'",
    "git status 'x''y",
    "GIT_DIR=x git status",
    "PATH=/tmp git status",
    "A=1 B=2 git status",
    "A= git status",
    "LD_PRELOAD=/x.so git status",
    "env git status",
    "env -i git status",
    "sudo git status",
    "command git status",
    "builtin git status",
    "exec git status",
    "eval git status",
    "time git status",
    "if git status",
    "while git status",
    "then git status",
    "do git status",
    "coproc git status",
    "function git status",
    ". git status",
    "source git status",
    "alias git status",
    "trap git status",
    "nohup git status",
    "xargs git status",
    "timeout 5 git status",
    "sh -c 'git status'",
    "bash -c git\\ status",
    "/tmp/git status",
    "./git status",
    "/usr/bin/git status",
    "git -c core.fsmonitor=x status",
    "git --exec-path=/tmp status",
    "git -C / status",
    "git --no-pager status",
    "GIT status",
    "Git Status",
    "git STATUS",
    "git status-x",
    "git=status",
    "git/status",
    "git,status",
    "git:status",
    "git status\0",
    "git status \u{1b}[2K",
    "git status \u{7f}",
    "git\u{a0}status",
    "git\u{2003}status",
    "git status\u{2028}id",
    "git status\u{85}id",
    "gi\u{442} status",
    "g\u{456}t status",
    "git\u{200b} status",
    "git status \u{202e}di",
    "\u{feff}git status",
    "git status é",
    "git status \"é\"",
    "git status '\u{202e}'",
    "-git status",
    "--git status",
    "status git",
    "git\u{b}status",
    "git\u{c}status",
    "git status %{x}",
    "git status =(id)",
    "git status a=(b)",
    "git status @(a)",
    "git status x;",
    "git status ;;",
    "git status 'a' 'b",
    "git status 'a'#b",
    "git status --x='a'b",
    "git status --x='a'\"b\"",
];

#[test]
fn nothing_but_git_status_passes_for_it() {
    assert!(NOT_GIT_STATUS.len() >= 100);
    for line in NOT_GIT_STATUS {
        let passes = words(line).is_some_and(|words| words.starts_with(&["git".to_owned(), "status".to_owned()]));
        assert!(!passes, "{line:?}");
    }
}

#[test]
fn a_long_line_is_not_certain() {
    assert!(words(&format!("echo {}", "a".repeat(LINE_BYTES_MAX))).is_none());
}

/// Quotes a word as a shell must read it back.
fn quoted(word: &str) -> String {
    if !word.is_empty() && word.chars().all(is_plain) { word.to_owned() } else { format!("'{word}'") }
}

proptest! {
    #[test]
    fn words_that_are_quoted_come_back(program in "[a-z]{3,9}x", args in prop::collection::vec("[ -&(-~]{0,12}", 0..6)) {
        let line = std::iter::once(program.clone()).chain(args.iter().map(|arg| quoted(arg))).collect::<Vec<_>>().join(" ");
        let mut expected = vec![program];
        expected.extend(args);
        prop_assert_eq!(words(&line), Some(expected));
    }

    #[test]
    fn one_active_character_outside_of_quotes_is_never_certain(
        before in "[a-z]{1,5}", active in "[;&|<>$`(){}*?\\[\\]~#!\\\\^\n\r\t]", after in "[ -~]{0,9}",
    ) {
        let line = format!("git {before}{active}{after}");
        prop_assert!(words(&line).is_none());
    }

    #[test]
    fn any_text_is_survived(line in any::<String>()) {
        let _ = words(&line);
    }
}

/// The words that a real shell passes on are the words found here.
#[test]
fn a_real_shell_agrees() {
    for line in [
        "printargs a b",
        "printargs --x='a b' \"c d\" 'e $f' '' g=h",
        "printargs a,b %x +y @z q:r /s/t -u",
        "printargs '*' \"?\" '~' '#' \"{a,b}\"",
    ] {
        let script = format!("printargs() {{ printf '%s\\n' \"$@\"; }}; {line}");
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let found = words(line).unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            found[1..].iter().map(|w| format!("{w}\n")).collect::<String>()
        );
    }
}

/// A line made of what shells give a meaning to, and of what they do not.
fn odd_line() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-c]{1,2}",
        6 => Just(" ".to_owned()),
        2 => prop::sample::select(vec!["'", "\"", "\\", "$", "`", "=", "~", "*", "{a,b}", "$x", "\n", ";", "#", "!", "-", "/", "%", ",", ":"])
            .prop_map(str::to_owned),
        1 => "'[ -&(-~]{0,4}'",
        1 => "\"[ -~]{0,4}\"",
        1 => "=('[ -&(-~]{0,4}'|\"[ -~]{0,4}\")",
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

/// Whatever is called certain, a real shell reads as the same words.
#[test]
fn a_real_shell_agrees_on_all_that_is_certain() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut script = "printargs() { printf '<%s>' \"$@\"; echo; }\n".to_owned();
    let mut expected = String::new();
    let mut certain = 0;
    for _ in 0..20_000 {
        let line = format!("printargs {}", odd_line().new_tree(&mut runner).unwrap().current());
        let Some(words) = words(&line) else { continue };
        certain += 1;
        script += &format!("{line}\n");
        // Without arguments the format is used once.
        let args = if words.len() == 1 { vec![String::new()] } else { words[1..].to_vec() };
        expected += &(args.iter().map(|word| format!("<{word}>")).collect::<String>() + "\n");
    }
    assert!(certain > 2_000, "{certain}");
    for shell in ["sh", "bash"] {
        let dir = std::env::temp_dir();
        let Ok(output) = std::process::Command::new(shell).args(["-c", &script]).current_dir(dir).output() else {
            continue;
        };
        let printed = String::from_utf8(output.stdout).unwrap();
        for ((line, printed), expected) in script.lines().skip(1).zip(printed.lines()).zip(expected.lines()) {
            assert_eq!(printed, expected, "{shell}: {line}");
        }
        assert_eq!(printed.lines().count(), certain, "{shell}");
    }
}
