//! What doctor says of what the user added: skills, and MCP servers, each of which is started to see whether it does.

use crate::mcp::Servers;
use crate::sandbox::backend::{Finding, Severity};
use crate::skills::Shelf;

/// Findings about skills; none where there are none.
pub(super) async fn skills(shelf: Shelf) -> Vec<Finding> {
    let found = tokio::task::spawn_blocking(move || shelf.find()).await.unwrap_or_default();
    let mut findings: Vec<Finding> = found
        .problems
        .into_iter()
        .map(|message| Finding {
            check: "skill",
            severity: Severity::Warning,
            message,
            remedy: "a skill is a folder with a SKILL.md that begins with name and description between lines of ---"
                .into(),
        })
        .collect();
    if !found.skills.is_empty() {
        let names: Vec<&str> = found.skills.iter().map(|skill| skill.name.as_str()).collect();
        let message = format!("{} can be read: {}", names.len(), names.join(", "));
        findings.push(Finding { check: "skills", severity: Severity::Ok, message, remedy: String::new() });
    }
    findings
}

/// A finding about each MCP server. They start side by side, each within its own time.
pub(super) async fn mcp(servers: &Servers) -> Vec<Finding> {
    let checks = servers.all().map(|server| async move {
        let name = server.name();
        match server.start().await {
            Ok(()) => {
                let count = server.tools().map_or(0, |tools| tools.len());
                let message = format!("{name} answers and has {count} tools");
                Finding { check: "mcp", severity: Severity::Ok, message, remedy: String::new() }
            }
            Err(why) => Finding {
                check: "mcp",
                severity: Severity::Warning,
                message: format!("{name}: {why}"),
                remedy: format!("mend [mcp.{name}] in config.toml; until then its tools are errors to the model"),
            },
        }
    });
    futures_util::future::join_all(checks).await
}
