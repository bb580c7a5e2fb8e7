//! What the documents say holds.

use std::os::unix::fs::PermissionsExt as _;

use proto::reason::exit;

use crate::architecture::tree::top;
use crate::fixtures::cli::Agentctl;
use crate::fixtures::home::Home;

fn readme() -> String {
    std::fs::read_to_string(top().join("README.md")).expect("there is a README")
}

/// The text under a heading, up to the next one.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, section) =
        text.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no heading {heading:?}"));
    section.split("\n## ").next().unwrap_or(section)
}

#[test]
fn the_exit_codes_are_those_of_the_contract() {
    let readme = readme();
    let rows = section(&readme, "Exit codes").lines().filter_map(|line| line.strip_prefix("| "));
    let listed: Vec<u8> = rows.filter_map(|row| row.split_once(" |")?.0.parse().ok()).collect();
    let wanted = [
        exit::DONE,
        exit::FAILED,
        exit::USAGE,
        exit::PARKED,
        exit::REFUSED,
        exit::NOT_FOUND,
        exit::UNREACHABLE,
        exit::TIMEOUT,
        exit::INTERRUPTED,
    ];
    assert_eq!(listed, wanted);
}

#[test]
fn the_quick_start_is_two_commands_that_are_there() {
    let readme = readme();
    let blocks: Vec<&str> = section(&readme, "Quick start").split("```").skip(1).step_by(2).collect();
    let commands: Vec<&str> = blocks.iter().map(|block| block.trim_start_matches("sh\n").trim()).collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    for command in &commands {
        assert_eq!(command.lines().count(), 1, "{command:?}");
    }
    assert_eq!(commands[0], "cargo build --locked && target/debug/agentctl demo");
    let mode = std::fs::metadata(top().join(commands[1])).map(|found| found.permissions().mode());
    assert!(mode.is_ok_and(|mode| mode & 0o111 != 0), "{} cannot be run", commands[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_the_readme_shows_are_commands() {
    let home = Home::new();
    let readme = readme();
    let blocks = readme.split("```").skip(1).step_by(2).filter(|block| block.starts_with("sh\n"));
    let lines = blocks.flat_map(str::lines).filter_map(|line| line.split_once("agentctl ").map(|(_, rest)| rest));
    let mut verbs: Vec<Vec<&str>> = Vec::new();
    for line in lines {
        let words = line.split(' ').take_while(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()));
        let words: Vec<&str> = words.take(2).collect();
        // The second word is a verb of a group, or an argument.
        let groups = ["session", "container", "image", "daemon", "config", "journal"];
        let len = if words.first().is_some_and(|first| groups.contains(first)) { 2 } else { 1 };
        verbs.push(words.into_iter().take(len).collect());
    }
    verbs.sort();
    verbs.dedup();
    assert!(verbs.len() > 10, "{verbs:?}");
    for verb in verbs.iter().filter(|verb| !verb.is_empty()) {
        let arguments: Vec<&str> = verb.iter().copied().chain(["--help"]).collect();
        Agentctl::new(&home, &arguments).run().await.success();
    }
}
