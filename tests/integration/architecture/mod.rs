//! The architecture, held by tests: who may import whom, where foreign crates live, and how big a file may grow.

mod source;

mod rules;

pub(crate) mod tree;

use rules::{CrateRules, ForeignHome, Room, violations};

/// A file with more lines than this is two files.
const FILE_LINES_MAX: usize = 400;

/// Rooms of the daemon, top down. What is not listed here (daemon, config, cli) wires them.
const AGENTD: CrateRules = CrateRules {
    sources: "agentd/src",
    rooms: &[
        Room { name: "api", may_import: &["session", "turn", "skills", "mcp", "store", "model", "sandbox", "domain"] },
        Room {
            name: "session",
            may_import: &["turn", "tools", "skills", "approval", "model", "sandbox", "store", "domain"],
        },
        Room { name: "turn", may_import: &["tools", "skills", "approval", "model", "sandbox", "domain"] },
        Room { name: "tools", may_import: &["skills", "mcp", "approval", "sandbox", "domain"] },
        Room { name: "skills", may_import: &["sandbox", "domain"] },
        // Its servers at URLs are spoken to over the HTTP of model endpoints.
        Room { name: "mcp", may_import: &["model", "domain"] },
        Room { name: "approval", may_import: &["domain"] },
        Room { name: "model", may_import: &["domain"] },
        Room { name: "sandbox", may_import: &["domain"] },
        Room { name: "store", may_import: &["domain"] },
        Room { name: "domain", may_import: &[] },
        Room { name: "failpoint", may_import: &[] },
    ],
    for_everyone: &["failpoint"],
    foreign: &[
        ForeignHome { foreign: "tonic", homes: &["api/", "sandbox/init_client"] },
        ForeignHome { foreign: "tonic_types", homes: &["api/"] },
        ForeignHome { foreign: "tonic_health", homes: &["api/"] },
        ForeignHome { foreign: "tonic_reflection", homes: &["api/"] },
        ForeignHome { foreign: "prost", homes: &["api/", "sandbox/init_client", "sandbox/embedded"] },
        ForeignHome { foreign: "bollard", homes: &["sandbox/docker"] },
        ForeignHome { foreign: "boon", homes: &["turn/structured"] },
        ForeignHome { foreign: "reqwest", homes: &["model/", "mcp/http"] },
        ForeignHome { foreign: "rusqlite", homes: &["store/"] },
        ForeignHome { foreign: "base64", homes: &["model/parts"] },
        ForeignHome { foreign: "minijinja", homes: &["turn/prompt/"] },
        ForeignHome { foreign: "rustls", homes: &["model/"] },
        ForeignHome { foreign: "dirs", homes: &[] },
    ],
};

/// The command line has no layers worth a rule, but its foreign crates have homes.
const AGENTCTL: CrateRules = CrateRules {
    sources: "agentctl/src",
    rooms: &[],
    for_everyone: &[],
    foreign: &[
        ForeignHome { foreign: "rustyline", homes: &["repl/"] },
        ForeignHome { foreign: "indicatif", homes: &["render/"] },
        ForeignHome { foreign: "pulldown_cmark", homes: &["render/markdown"] },
        ForeignHome { foreign: "clap_mangen", homes: &["commands/man"] },
        ForeignHome { foreign: "dirs", homes: &[] },
        ForeignHome { foreign: "bollard", homes: &[] },
        ForeignHome { foreign: "rusqlite", homes: &[] },
        ForeignHome { foreign: "agentd", homes: &[] },
    ],
};

#[test]
fn rooms_import_only_what_is_below_them() {
    let files = tree::sources();
    let broken: Vec<String> = [AGENTD, AGENTCTL].iter().flat_map(|rules| violations(rules, &files)).collect();
    assert!(broken.is_empty(), "design/1-architecture is broken:\n{}", broken.join("\n"));
}

#[test]
fn every_file_is_compiled() {
    let orphans = tree::orphans(&tree::sources());
    assert!(orphans.is_empty(), "no `mod` declares these, so they are never compiled: {orphans:?}");
}

#[test]
fn files_stay_small() {
    let mut lines: Vec<(usize, String)> =
        tree::sources().iter().map(|file| (file.text.lines().count(), file.path.display().to_string())).collect();
    lines.sort();
    println!("{} files, median {} lines, longest {:?}", lines.len(), lines[lines.len() / 2].0, lines.last());
    let too_long: Vec<_> = lines.iter().filter(|(count, _)| *count > FILE_LINES_MAX).collect();
    assert!(too_long.is_empty(), "over {FILE_LINES_MAX} lines, so each is two files: {too_long:?}");
}
