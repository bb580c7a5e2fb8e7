//! What a sandbox needs of an engine, each finding with its remedy.

use std::path::PathBuf;

use super::discover::Address;
use super::engine::{Engine, Facts};
use super::known_escapes;
use crate::sandbox::backend::{Finding, Severity};
use crate::sandbox::host;

/// The engine's clock may differ by so much: what it says took a while to come.
const CLOCK_SECONDS_APART: i64 = 5;

impl Engine {
    /// Findings about this engine and the image.
    pub(super) async fn findings(&self, image: &str) -> Vec<Finding> {
        let mut findings = vec![finding("engine", Severity::Ok, self.detail(), "")];
        findings.extend(of_facts(&self.facts));
        let local = matches!(self.address, Address::Unix(_));
        let (runc, engine) = (self.facts.runc_version.clone(), self.facts.version.clone());
        let podman = self.facts.podman;
        let versions = tokio::task::spawn_blocking(move || {
            // The packages of this host say nothing of an engine on another one.
            let changelog = |part: &str| match part {
                _ if !local => None,
                "engine" => host::changelog("docker.io", &engine),
                part => host::changelog(part, &runc),
            };
            known_escapes::findings(&runc, &engine, podman, &changelog)
        });
        findings.extend(versions.await.unwrap_or_default());
        if let Ok(info) = self.within(20, "ask the engine what it is", self.docker.info()).await {
            let told = info.system_time.and_then(|time| time.parse::<jiff::Timestamp>().ok());
            findings.extend(told.map(|told| clock(told.as_second(), jiff::Timestamp::now().as_second())));
            let root = info.docker_root_dir.filter(|_| local).map(PathBuf::from);
            let free = root.and_then(|root| Some((host::free_bytes(&root)?, root)));
            findings.extend(free.map(|(free, root)| Finding { check: "engine disk", ..host::disk(&root, Some(free)) }));
        }
        findings.push(match self.local_image(image).await {
            Ok(Some(found)) => {
                finding("image", Severity::Ok, format!("{image} is on the engine ({})", found.digest), "")
            }
            Ok(None) => finding(
                "image",
                Severity::Warning,
                format!("{image} is not on the engine; the first sandbox will pull it"),
                &format!("agentctl image pull {image}, agentctl image import FILE.tar {image}, or set sandbox.image"),
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
    if !facts.confined_by_lsm && !facts.podman {
        findings.push(finding(
            "apparmor",
            Severity::Warning,
            "neither AppArmor nor SELinux confines containers here: one wall fewer behind the others",
            "enable AppArmor on the engine's machine (apt-get install apparmor, then restart the engine)",
        ));
    } else {
        findings.push(finding("apparmor", Severity::Ok, "AppArmor or SELinux confines containers", ""));
    }
    if facts.rootless {
        findings.push(finding(
            "user mapping",
            Severity::Warning,
            "the engine is rootless: users of a sandbox are mapped to others of this host, which then own what it writes",
            "see `podman unshare` or the engine's /etc/subuid for whose they are",
        ));
    }
    findings
}

/// Whether the engine's clock and this host's agree: limits and times in the journal depend on both.
fn clock(engine_s: i64, own_s: i64) -> Finding {
    let apart = engine_s.abs_diff(own_s);
    if i64::try_from(apart).is_ok_and(|apart| apart <= CLOCK_SECONDS_APART) {
        return finding("engine clock", Severity::Ok, "it agrees with this host's", "");
    }
    let message = format!("it is {apart} s away from this host's");
    finding("engine clock", Severity::Warning, message, "let NTP set both: timedatectl set-ntp true")
}

fn finding(check: &'static str, severity: Severity, message: impl Into<String>, remedy: &str) -> Finding {
    Finding { check, severity, message: message.into(), remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::docker::hardening::tests::capable;

    #[test]
    fn what_an_engine_lacks_is_named_with_its_remedy() {
        let poor = Facts {
            limits_memory: false,
            limits_pids: false,
            seccomp: false,
            confined_by_lsm: false,
            rootless: true,
            ..capable()
        };
        let findings = of_facts(&poor);
        assert!(findings[0].message.ends_with("memory, processes"));
        assert!(findings.iter().filter(|f| f.severity > Severity::Ok).all(|f| !f.remedy.is_empty()));
        assert_eq!(
            findings.iter().map(|f| f.check).collect::<Vec<_>>(),
            ["limits", "seccomp", "live-restore", "apparmor", "user mapping"]
        );
        let good = Facts { live_restore: true, ..capable() };
        assert!(of_facts(&good).iter().all(|f| f.severity == Severity::Ok));
        assert_eq!(clock(100, 105).severity, Severity::Ok);
        assert_eq!(clock(100, 106).severity, Severity::Warning);
        assert_eq!(clock(i64::MIN, i64::MAX).severity, Severity::Warning);
    }
}
