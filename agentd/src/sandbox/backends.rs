//! Which backend makes a session's sandboxes: the one that was asked for, or the first that answers.

use std::sync::Arc;

use super::backend::{Backend, Finding, Severity};
use super::error::{SandboxError, SandboxErrorKind};

/// The option that leaves the choice to the daemon.
pub const AUTO: &str = "auto";

/// The backends of this daemon, in the order in which `auto` tries them. Clones are the same.
#[derive(Clone)]
pub struct Backends {
    in_order: Vec<Arc<dyn Backend>>,
}

impl Backends {
    /// These, the preferred one first. There is always one at least.
    pub fn new(preferred: Arc<dyn Backend>, others: impl IntoIterator<Item = Arc<dyn Backend>>) -> Self {
        Self { in_order: std::iter::once(preferred).chain(others).collect() }
    }

    /// All of them.
    pub fn all(&self) -> &[Arc<dyn Backend>] {
        &self.in_order
    }

    /// The one of this name. Sessions of a daemon that had only one never wrote its name down: theirs is the preferred.
    pub fn named(&self, kind: &str) -> Arc<dyn Backend> {
        let named = self.in_order.iter().find(|backend| backend.kind() == kind);
        Arc::clone(named.unwrap_or(&self.in_order[0]))
    }

    /// The one that is asked for, whether it answers or not; with `auto` the first that does.
    pub async fn choose(&self, asked: &str) -> Result<Arc<dyn Backend>, SandboxError> {
        if asked != AUTO {
            return Ok(self.named(asked));
        }
        let mut failures = Vec::new();
        for backend in &self.in_order {
            match backend.ping().await {
                Ok(()) => return Ok(Arc::clone(backend)),
                Err(error) => failures.push((backend.kind(), error)),
            }
        }
        Err(none_answers(failures))
    }

    /// Checks what a sandbox needs of the backend that is asked for; with `auto`, of all that may be taken.
    pub async fn check(&self, asked: &str, image: &str) -> Vec<Finding> {
        if asked != AUTO {
            return self.named(asked).check(image).await;
        }
        let mut findings = Vec::new();
        for backend in &self.in_order {
            findings.push(backend.check(image).await);
        }
        one_is_enough(findings)
    }
}

/// Where one of them has no error, another's errors keep nobody from working.
fn one_is_enough(mut of_each: Vec<Vec<Finding>>) -> Vec<Finding> {
    let serves = |findings: &Vec<Finding>| findings.iter().all(|finding| finding.severity < Severity::Error);
    if of_each.iter().any(serves) {
        for finding in of_each.iter_mut().flatten() {
            finding.severity = finding.severity.min(Severity::Warning);
        }
    }
    of_each.into_iter().flatten().collect()
}

/// What mends the preferred one is the hint; why the others do not serve is told too.
fn none_answers(failures: Vec<(&str, SandboxError)>) -> SandboxError {
    let mut failures = failures.into_iter();
    let Some((_, mut first)) = failures.next() else {
        return SandboxError::new(SandboxErrorKind::EngineUnreachable, "there is no backend");
    };
    for (kind, error) in failures {
        first.message = format!("{}; and {kind}: {}", first.message, error.message);
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_one_is_a_warning_where_another_serves() {
        let finding = |severity| Finding { check: "c", severity, message: String::new(), remedy: String::new() };
        let severities = |of_each| one_is_enough(of_each).iter().map(|f| f.severity).collect::<Vec<_>>();
        let (ok, error) = (|| vec![finding(Severity::Ok)], || vec![finding(Severity::Error)]);
        assert_eq!(severities(vec![error(), ok()]), [Severity::Warning, Severity::Ok]);
        assert_eq!(severities(vec![error(), error()]), [Severity::Error, Severity::Error]);
    }

    #[test]
    fn where_none_answers_each_says_why() {
        let failed = |message: &str| SandboxError::new(SandboxErrorKind::EngineUnreachable, message);
        let told = none_answers(vec![("docker", failed("no engine").hinted("start one")), ("embedded", failed("no"))]);
        assert_eq!(told, failed("no engine; and embedded: no").hinted("start one"));
    }
}
