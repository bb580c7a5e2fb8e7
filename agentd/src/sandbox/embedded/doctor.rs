//! Whether sandboxes can be made on this machine, what they lack, and what to set.

use proto::init::v1::Confined;

use super::IMAGE;
use crate::sandbox::backend::{Finding, Severity};
use crate::sandbox::error::{SandboxError, SandboxErrorKind};

/// A setting of the kernel that can forbid namespaces to ordinary users.
struct Setting {
    path: &'static str,
    /// Whether this value forbids them.
    forbids: fn(u64) -> bool,
    remedy: &'static str,
}

/// The first of them binds root, too.
const SETTINGS: [Setting; 3] = [
    Setting {
        path: "/proc/sys/user/max_user_namespaces",
        forbids: |value| value == 0,
        remedy: "sysctl -w user.max_user_namespaces=15000",
    },
    Setting {
        path: "/proc/sys/kernel/unprivileged_userns_clone",
        forbids: |value| value == 0,
        remedy: "sysctl -w kernel.unprivileged_userns_clone=1",
    },
    Setting {
        path: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        forbids: |value| value != 0,
        remedy: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    },
];

/// One line on how sandboxes are made here.
pub(super) fn detail(confined: &Confined) -> String {
    let mut limits: Vec<&str> = confined
        .control_groups
        .iter()
        .flat_map(|group| &group.controllers)
        .map(String::as_str)
        .filter(|name| ["memory", "cpu", "pids"].contains(name))
        .collect();
    limits.sort_unstable();
    let limits = if limits.is_empty() { "none".to_owned() } else { limits.join(", ") };
    let landlock = match confined.landlock_version {
        0 => "no landlock".to_owned(),
        version => format!("landlock {version}"),
    };
    format!("namespaces of this machine, seccomp, {landlock}, control groups for: {limits}")
}

/// What a trial has shown.
pub(super) fn findings(tried: &Result<Confined, SandboxError>) -> Vec<Finding> {
    let finding = |check, severity, message: String, remedy: &str| Finding {
        check,
        severity,
        message,
        remedy: remedy.to_owned(),
    };
    let confined = match tried {
        Ok(confined) => confined,
        Err(error) => return vec![finding("embedded", Severity::Error, error.message.clone(), &error.hint)],
    };
    let mut findings = vec![finding(
        "embedded",
        Severity::Ok,
        format!("sandboxes can be made without an engine: {}; their image is the {IMAGE}'s /usr", detail(confined)),
        "",
    )];
    // The disk of a workspace is nowhere limited, and is no finding about this machine.
    let missing: Vec<&str> =
        confined.not_enforced.iter().map(String::as_str).filter(|words| !words.starts_with("disk")).collect();
    if !missing.is_empty() {
        findings.push(finding(
            "embedded limits",
            Severity::Warning,
            format!("not enforced without an engine: {}", missing.join("; ")),
            "run agentd in a delegated control group (systemd-run --user -p Delegate=yes agentd), as root, or use an engine",
        ));
    }
    findings
}

/// Why no sandbox could be made, with the setting that forbids it, if one does.
pub(super) fn explain(words: &str) -> SandboxError {
    let read = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let root = rustix::process::geteuid().is_root();
    let forbidding: Vec<&str> = SETTINGS
        .into_iter()
        .take(if root { 1 } else { SETTINGS.len() })
        .filter(|setting| read(setting.path).is_some_and(setting.forbids))
        .map(|setting| setting.remedy)
        .collect();
    told(words, &forbidding)
}

fn told(words: &str, forbidding: &[&str]) -> SandboxError {
    let message = format!("a sandbox cannot be made of this machine's namespaces: {words}");
    let hint = if forbidding.is_empty() {
        "Linux 5.14 or later is needed, with user namespaces allowed; within a container use an engine: --backend docker"
            .to_owned()
    } else {
        format!("this machine does not allow it; as root: {}", forbidding.join(" && "))
    };
    SandboxError::new(SandboxErrorKind::EngineUnsuitable, message).hinted(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_that_forbids_it_is_named() {
        let error = told("new namespaces: no space", &["sysctl -w user.max_user_namespaces=15000"]);
        assert_eq!(error.kind, SandboxErrorKind::EngineUnsuitable);
        assert!(error.hint.contains("as root: sysctl -w user.max_user_namespaces=15000"), "{}", error.hint);
        assert!(told("x", &[]).hint.contains("5.14"));
    }

    #[test]
    fn what_is_not_enforced_is_a_warning_with_a_remedy() {
        let poor =
            Confined { not_enforced: vec!["disk: x".to_owned(), "memory: no".to_owned()], ..Confined::default() };
        let found = findings(&Ok(poor));
        assert_eq!(found.iter().map(|f| f.severity).collect::<Vec<_>>(), [Severity::Ok, Severity::Warning]);
        assert!(found[1].message.ends_with("memory: no") && !found[1].remedy.is_empty());
        let rich = Confined { not_enforced: vec!["disk: x".to_owned()], landlock_version: 7, ..Confined::default() };
        assert_eq!(findings(&Ok(rich)).len(), 1);
    }
}
