//! Which room may import which, and where each foreign crate lives.

use std::path::Path;

use super::source::named_paths;
use super::tree::SourceFile;

/// A room: a top-level module of a crate, and the rooms that it may import.
pub(super) struct Room {
    pub(super) name: &'static str,
    pub(super) may_import: &'static [&'static str],
}

/// A foreign crate and where in a crate it may be named: prefixes of paths under `src`.
pub(super) struct ForeignHome {
    pub(super) foreign: &'static str,
    pub(super) homes: &'static [&'static str],
}

/// The rules of one crate.
pub(super) struct CrateRules {
    /// Where its sources are.
    pub(super) sources: &'static str,
    /// Its rooms. A module that is not listed wires the others and may import everything.
    pub(super) rooms: &'static [Room],
    /// Modules that every room may import.
    pub(super) for_everyone: &'static [&'static str],
    /// Foreign crates with one home.
    pub(super) foreign: &'static [ForeignHome],
}

/// Everything in the files that breaks the rules, one line each: file, line, and the rule.
pub(super) fn violations(rules: &CrateRules, files: &[SourceFile]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let Ok(inside) = file.path.strip_prefix(rules.sources) else { continue };
        if is_of_tests(inside) {
            continue;
        }
        let module = module_of(inside);
        for named in named_paths(&file.text) {
            let broken = match resolve(&module, &named.segments) {
                Named::Own(path) => room_rule(rules, &module, &path),
                Named::Foreign(name) => foreign_rule(rules, inside, &name),
            };
            if let Some(rule) = broken {
                let written = named.segments.join("::");
                found.push(format!("{}:{}: `{written}`: {rule}", file.path.display(), named.line));
            }
        }
    }
    found
}

/// `tests.rs` and `tests/…` hold unit tests of the file beside them.
fn is_of_tests(inside: &Path) -> bool {
    inside.iter().any(|part| part == "tests.rs" || part == "tests")
}

/// The module that a file is: `store/reader.rs` is `store::reader`, `store/mod.rs` and `store.rs` are `store`.
fn module_of(inside: &Path) -> Vec<String> {
    let without = inside.with_extension("");
    let mut module: Vec<String> = without.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|name| matches!(name.as_str(), "mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

enum Named {
    /// A path from the root of the same crate.
    Own(Vec<String>),
    /// The name of another crate, or of something in scope.
    Foreign(String),
}

fn resolve(module: &[String], written: &[String]) -> Named {
    let mut base = module.to_vec();
    let mut rest = written;
    match rest.first().map(String::as_str) {
        Some("crate") => {
            base.clear();
            rest = &rest[1..];
        }
        Some("self") => rest = &rest[1..],
        Some("super") => {
            while rest.first().is_some_and(|segment| segment == "super") {
                base.pop();
                rest = &rest[1..];
            }
        }
        first => return Named::Foreign(first.unwrap_or_default().to_owned()),
    }
    base.extend_from_slice(rest);
    Named::Own(base)
}

fn room_rule(rules: &CrateRules, module: &[String], target: &[String]) -> Option<String> {
    let room = rules.rooms.iter().find(|room| module.first().is_some_and(|name| name == room.name))?;
    let target = target.first()?;
    let allowed = target == room.name
        || room.may_import.contains(&target.as_str())
        || rules.for_everyone.contains(&target.as_str());
    let may = || room.may_import.iter().chain(rules.for_everyone).copied().collect::<Vec<_>>().join(", ");
    (!allowed).then(|| format!("`{}` may import only: {}", room.name, may()))
}

fn foreign_rule(rules: &CrateRules, inside: &Path, name: &str) -> Option<String> {
    let home = rules.foreign.iter().find(|home| home.foreign == name)?;
    let at_home = home.homes.iter().any(|prefix| inside.to_string_lossy().starts_with(prefix));
    (!at_home).then(|| match home.homes {
        [] => format!("`{name}` has no place in this crate"),
        homes => format!("`{name}` lives in {} only", homes.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::{CrateRules, ForeignHome, Room, violations};
    use crate::architecture::tree::SourceFile;

    const RULES: CrateRules = CrateRules {
        sources: "daemon/src",
        rooms: &[Room { name: "turn", may_import: &["tools"] }, Room { name: "tools", may_import: &[] }],
        for_everyone: &["metrics"],
        foreign: &[ForeignHome { foreign: "bollard", homes: &["sandbox/docker"] }],
    };

    fn broken(path: &str, text: &str) -> Vec<String> {
        violations(&RULES, &[SourceFile { path: path.into(), text: text.to_owned() }])
    }

    #[test]
    fn arrows_go_down_only() {
        assert!(broken("daemon/src/turn/driver.rs", "use crate::tools::A;\nuse crate::metrics::B;").is_empty());
        assert!(broken("daemon/src/daemon.rs", "use crate::{turn, tools};").is_empty());
        assert_eq!(
            broken("daemon/src/tools/dispatch.rs", "use std::fmt;\nuse crate::turn::A;"),
            ["daemon/src/tools/dispatch.rs:2: `crate::turn::A`: `tools` may import only: metrics"]
        );
    }

    #[test]
    fn the_way_round_by_super_is_seen() {
        assert_eq!(broken("daemon/src/tools/mod.rs", "fn f() { super::turn::g() }").len(), 1);
        assert_eq!(broken("daemon/src/tools/shell/run.rs", "use super::super::super::turn;").len(), 1);
        assert!(broken("daemon/src/tools/shell/run.rs", "use super::super::registry;").is_empty());
    }

    #[test]
    fn a_foreign_crate_stays_at_home() {
        assert!(broken("daemon/src/sandbox/docker/engine.rs", "use bollard::Docker;").is_empty());
        assert_eq!(
            broken("daemon/src/sandbox/spec.rs", "fn f(d: &bollard::Docker) {}"),
            ["daemon/src/sandbox/spec.rs:1: `bollard::Docker`: `bollard` lives in sandbox/docker only"]
        );
    }
}
