//! What a sandbox needs of an engine, each finding with its remedy.

use super::engine::{Engine, Facts};
use crate::sandbox::backend::{Finding, Severity};

/// The first versions of runc without the escapes of November 2025, by their branch.
const RUNC_FLOORS: &[[u64; 3]] = &[[1, 2, 8], [1, 3, 3], [1, 4, 0]];

impl Engine {
    /// Findings about this engine and the image.
    pub(super) async fn findings(&self, image: &str) -> Vec<Finding> {
        let mut findings = vec![finding("engine", Severity::Ok, self.detail(), "")];
        findings.extend(of_facts(&self.facts));
        findings.push(match self.local_image(image).await {
            Ok(Some(found)) => {
                finding("image", Severity::Ok, format!("{image} is on the engine ({})", found.digest), "")
            }
            Ok(None) => finding(
                "image",
                Severity::Warning,
                format!("{image} is not on the engine; the first sandbox will pull it"),
                &format!("docker pull {image}, docker import FILE.tar {image}, or set sandbox.image"),
            ),
            Err(error) => finding("image", Severity::Error, error.message, &error.hint),
        });
        findings
    }
}

/// What an engine that answers lacks.
fn of_facts(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let limits = [
        ("memory", facts.limits_memory),
        ("swap", facts.limits_swap),
        ("cpu", facts.limits_cpu),
        ("processes", facts.limits_pids),
    ];
    let missing: Vec<&str> = limits.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
    findings.push(if missing.is_empty() {
        finding("limits", Severity::Ok, "memory, swap, cpu and processes can be limited", "")
    } else {
        let message = format!("this engine cannot limit: {}", missing.join(", "));
        finding(
            "limits",
            Severity::Warning,
            message,
            "enable the cgroup controllers for the engine (rootless: delegate them)",
        )
    });
    if !facts.seccomp {
        let remedy = "use an engine and kernel with seccomp";
        findings.push(finding("seccomp", Severity::Warning, "this engine filters no system calls", remedy));
    }
    if !facts.live_restore && !facts.podman {
        findings.push(finding(
            "live-restore",
            Severity::Warning,
            "a restart of the engine ends running commands",
            "set \"live-restore\": true in the engine's daemon.json",
        ));
    }
    if runc_is_old(&facts.runc_version) {
        findings.push(finding(
            "runc",
            Severity::Warning,
            format!(
                "runc {} is older than 1.2.8, 1.3.3 and 1.4.0, which closed ways out of a container; your distribution may have mended it without a new number",
                facts.runc_version
            ),
            "upgrade runc, or see your distribution's security tracker for CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881",
        ));
    }
    findings
}

/// Whether the number alone says that a version is older than the fixed ones. No number: not known to be.
fn runc_is_old(version: &str) -> bool {
    let Some(found) = numbers(version) else { return false };
    match RUNC_FLOORS.iter().find(|floor| floor[..2] == found[..2]) {
        Some(floor) => found < *floor,
        None => RUNC_FLOORS.iter().all(|floor| found < *floor),
    }
}

fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut parts = version.split(['.', '+', '-', '~']).map(str::parse::<u64>);
    let mut next = || parts.next()?.ok();
    Some([next()?, next()?, next()?])
}

fn finding(check: &'static str, severity: Severity, message: impl Into<String>, remedy: &str) -> Finding {
    Finding { check, severity, message: message.into(), remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::docker::hardening::tests::capable;

    #[test]
    fn old_versions_of_runc() {
        for old in ["1.1.5+ds1", "1.2.7", "1.3.2", "1.0.0-rc93", "0.1.1"] {
            assert!(runc_is_old(old), "{old}");
        }
        for good in ["1.2.8", "1.3.3", "1.4.0-rc.3", "1.4.1", "2.0.0", "", "unknown"] {
            assert!(!runc_is_old(good), "{good}");
        }
    }

    #[test]
    fn what_an_engine_lacks_is_named_with_its_remedy() {
        let poor = Facts { limits_memory: false, limits_pids: false, seccomp: false, ..capable() };
        let findings = of_facts(&poor);
        assert!(findings[0].message.ends_with("memory, processes"));
        assert!(findings.iter().filter(|f| f.severity > Severity::Ok).all(|f| !f.remedy.is_empty()));
        assert_eq!(findings.iter().map(|f| f.check).collect::<Vec<_>>(), ["limits", "seccomp", "live-restore", "runc"]);
        let good = Facts { runc_version: "1.3.3".to_owned(), live_restore: true, ..capable() };
        assert!(of_facts(&good).iter().all(|f| f.severity == Severity::Ok));
    }
}
