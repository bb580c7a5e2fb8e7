//! Known ways out of containers, by the part that has them and the version that closed them. Pure.
//!
//! A distribution mends old versions without giving them a new number. What its package's changelog names is taken as
//! mended; where it cannot be read the number alone speaks, and the finding says so.

use crate::sandbox::backend::{Finding, Severity};

/// A set of flaws that were closed together.
struct Flaws {
    /// The part, as it is checked and as its package is called.
    part: &'static str,
    /// The first good version of each branch that got one; branches below the first are old, above the last good.
    closed_in: &'static [[u64; 3]],
    cves: &'static [&'static str],
    what: &'static str,
}

const RUNC_2024: Flaws = Flaws {
    part: "runc",
    closed_in: &[[1, 1, 12]],
    cves: &["CVE-2024-21626"],
    what: "a leaked descriptor opens the host's files",
};
const RUNC_2025: Flaws = Flaws {
    part: "runc",
    closed_in: &[[1, 2, 8], [1, 3, 3], [1, 4, 0]],
    cves: &["CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881"],
    what: "races over masked paths and /proc reach the host",
};
const ENGINE_2026: Flaws = Flaws {
    part: "engine",
    closed_in: &[[29, 5, 1]],
    cves: &["CVE-2026-41567", "CVE-2026-42306"],
    what: "`docker cp` with a hostile container acts on the host; agentd never uses it, so do not either with a sandbox",
};

/// What a package's changelog says; none where there is none to be read.
pub(super) type Changelog<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Findings about the versions of runc and of the engine. `changelog` gives that of the package which holds a part.
pub(super) fn findings(runc: &str, engine: &str, podman: bool, changelog: Changelog<'_>) -> Vec<Finding> {
    let mut findings = vec![judge(&[RUNC_2024, RUNC_2025], runc, changelog)];
    if !podman {
        findings.push(judge(&[ENGINE_2026], engine, changelog));
    }
    findings.into_iter().flatten().collect()
}

fn judge(flaws: &[Flaws], version: &str, changelog: Changelog<'_>) -> Option<Finding> {
    let part = flaws.first()?.part;
    let check = if part == "engine" { "engine version" } else { part };
    let ok = |message| Finding { check, severity: Severity::Ok, message, remedy: String::new() };
    let Some(found) = numbers(version) else {
        let shown = if version.is_empty() { "not told".to_owned() } else { format!("{version:?}") };
        return (part != "engine").then(|| Finding {
            check,
            severity: Severity::Warning,
            message: format!("the version of {part} is {shown}, so that known ways out cannot be ruled out"),
            remedy: format!("see what `{part} --version` says on the engine's machine"),
        });
    };
    let old: Vec<&Flaws> = flaws.iter().filter(|flaws| is_older(found, flaws.closed_in)).collect();
    if old.is_empty() {
        return Some(ok(format!("{part} {version} has no way out that is known to agentd")));
    }
    let log = changelog(part);
    let open: Vec<&&str> = old
        .iter()
        .flat_map(|flaws| flaws.cves)
        .filter(|cve| !log.as_ref().is_some_and(|log| log.contains(**cve)))
        .collect();
    if open.is_empty() {
        return Some(ok(format!("{part} {version} is old by its number, and its distribution has mended it")));
    }
    let named = |flaws: &&&Flaws| flaws.cves.iter().any(|cve| open.contains(&cve));
    let whats: Vec<&str> = old.iter().filter(named).map(|flaws| flaws.what).collect();
    let list: Vec<&str> = open.iter().map(|cve| **cve).collect();
    let how = match log {
        Some(_) => "and its package's changelog does not name it as mended",
        None => "by its number alone: a distribution may have mended it without a new one",
    };
    Some(Finding {
        check,
        severity: Severity::Warning,
        message: format!("{part} {version} is open to {} ({}), {how}", list.join(", "), whats.join("; ")),
        remedy: format!(
            "upgrade {part} to {}, or see your distribution's security tracker",
            old.last().map(|flaws| floors(flaws.closed_in)).unwrap_or_default()
        ),
    })
}

fn floors(closed_in: &[[u64; 3]]) -> String {
    let shown: Vec<String> = closed_in.iter().map(|[a, b, c]| format!("{a}.{b}.{c}")).collect();
    shown.join(" or ")
}

/// Whether the number alone says that a version is older than those that closed the flaws.
fn is_older(found: [u64; 3], closed_in: &[[u64; 3]]) -> bool {
    match closed_in.iter().find(|closed| closed[..2] == found[..2]) {
        Some(closed) => found < *closed,
        None => closed_in.iter().all(|closed| found < *closed),
    }
}

fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut parts = version.trim_start_matches('v').split(['.', '+', '-', '~']).map(str::parse::<u64>);
    let mut next = || parts.next()?.ok();
    Some([next()?, next()?, next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(runc: &str, engine: &str, log: Option<&str>) -> Vec<(Severity, String)> {
        let changelog = |_: &str| log.map(str::to_owned);
        let findings = findings(runc, engine, false, &changelog);
        assert!(findings.iter().all(|f| f.remedy.is_empty() == (f.severity == Severity::Ok)), "{findings:?}");
        findings.into_iter().map(|finding| (finding.severity, finding.message)).collect()
    }

    #[test]
    fn old_versions_of_runc() {
        for old in ["1.1.5+ds1", "1.2.7", "1.3.2", "1.0.0-rc93", "0.1.1"] {
            assert_eq!(told(old, "29.5.1", None)[0].0, Severity::Warning, "{old}");
        }
        for good in ["1.2.8", "1.3.3", "1.4.0-rc.3", "1.4.1", "2.0.0"] {
            assert_eq!(told(good, "29.5.1", None)[0].0, Severity::Ok, "{good}");
        }
        assert!(told("", "29.5.1", None)[0].1.contains("cannot be ruled out"));
        assert!(told("unknown", "29.5.1", None)[0].1.contains("\"unknown\""));
    }

    #[test]
    fn a_changelog_tells_what_a_distribution_has_mended() {
        let half = told("1.1.5+ds1-1+deb12u1", "20.10.24", Some("  * CVE-2024-21626: several container breakouts"));
        assert!(half[0].1.contains("CVE-2025-31133, CVE-2025-52565, CVE-2025-52881"), "{half:?}");
        assert!(!half[0].1.contains("CVE-2024-21626") && half[0].1.contains("changelog does not name it"), "{half:?}");
        let whole = "CVE-2024-21626 CVE-2025-31133 CVE-2025-52565 CVE-2025-52881 CVE-2026-41567 CVE-2026-42306";
        assert!(told("1.1.5", "20.10.24", Some(whole)).iter().all(|(severity, _)| *severity == Severity::Ok));
        let blind = told("1.1.5", "20.10.24", None);
        assert!(blind[0].1.contains("CVE-2024-21626") && blind[0].1.contains("by its number alone"), "{blind:?}");
        assert!(blind[1].1.starts_with("engine 20.10.24 is open to CVE-2026-41567, CVE-2026-42306"), "{blind:?}");
    }

    #[test]
    fn an_engine_that_is_new_enough_is_well() {
        assert_eq!(told("1.4.0", "29.5.1", None)[1].0, Severity::Ok);
        assert_eq!(told("1.4.0", "28.5.2", None)[1].0, Severity::Warning);
        assert_eq!(findings("1.4.0", "5.0.0", true, &|_| None).len(), 1, "Podman has other numbers");
    }
}
