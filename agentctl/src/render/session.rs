//! Sessions and todos as text.

use proto::v1::{Session, Todo, Usage};

use super::{escape, words};

/// All sessions, one line each.
pub(crate) fn list(sessions: &[Session]) -> String {
    let mut rows = vec![["ID", "NAME", "STATUS", "TURNS", "MODEL", "CREATED", "WORKSPACE"].map(str::to_owned)];
    rows.extend(sessions.iter().map(|session| {
        [
            words::short_id(&session.id),
            escape::line(&session.name),
            session.status().lower_name(),
            session.turns.to_string(),
            escape::line(&session.model),
            escape::line(&session.created),
            escape::line(&session.workspace),
        ]
    }));
    words::table(&rows)
}

/// One session, one line a property; what it does not have is left out.
pub(crate) fn whole(session: &Session) -> String {
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            rows.push([name.to_owned(), value]);
        }
    };
    row("id", escape::line(&session.id));
    row("name", escape::line(&session.name));
    row("status", session.status().lower_name());
    row("created", escape::line(&session.created));
    row("agent", escape::line(&session.agent));
    row("sub-agent of", escape::line(&session.parent));
    row("model", escape::line(&session.model));
    row("approve", escape::line(&session.approve));
    row("workspace", escape::line(&session.workspace));
    row("shared", escape::line(&session.shared));
    row("backend", escape::line(&session.backend));
    row("image", escape::line(&session.image));
    row("held to", escape::line(&session.image_digest));
    row("before", escape::line(&session.earlier_images.join(", ")));
    row("container", escape::line(&session.container));
    row("network", escape::line(&session.network));
    row("limits", limits(session));
    let sandbox = session.sandbox.clone().unwrap_or_default();
    row("gpus", escape::line(&sandbox.gpus));
    row("runtime", escape::line(&sandbox.runtime));
    row("user", escape::line(&sandbox.user));
    for mount in &sandbox.mounts {
        let access = if mount.writable { "can be changed" } else { "read-only" };
        row("mount", format!("{} from {}, {access}", escape::line(&mount.target), escape::line(&mount.source)));
    }
    row("turns", session.turns.to_string());
    row("journal", words::count(session.last_seq, "row"));
    row("usage", session.usage.as_ref().map(usage).unwrap_or_default());
    for words in &session.always {
        row("always", escape::line(words));
    }
    for words in &session.loosened {
        row("loosened", escape::line(words));
    }
    for words in &session.not_enforced {
        row("not enforced", escape::line(words));
    }
    words::table(&rows)
}

/// What was chosen for a new session, for the one who made it.
pub(crate) fn chosen(session: &Session) -> Vec<String> {
    let limits = limits(session);
    let mut lines = vec![
        format!("model {}, approvals: {}", escape::line(&session.model), escape::line(&session.approve)),
        format!("workspace {}", escape::line(&session.workspace)),
        format!(
            "sandbox {}, image {}, network {}{}",
            escape::line(&session.backend),
            escape::line(&session.image),
            escape::line(&session.network),
            if limits.is_empty() { limits } else { format!(", {limits}") }
        ),
    ];
    lines.extend(session.loosened.iter().map(|words| format!("loosened: {}", escape::line(words))));
    lines.extend(session.not_enforced.iter().map(|words| format!("not enforced: {}", escape::line(words))));
    lines
}

fn limits(session: &Session) -> String {
    let mut limits = Vec::new();
    if session.memory_bytes > 0 {
        limits.push(format!("memory {}", words::bytes(session.memory_bytes)));
    }
    if session.cpus > 0.0 {
        limits.push(format!("cpus {}", session.cpus));
    }
    if session.pids > 0 {
        limits.push(format!("pids {}", session.pids));
    }
    let sandbox = session.sandbox.clone().unwrap_or_default();
    let sizes = [("swap", sandbox.swap_bytes), ("file size", sandbox.file_bytes_max)];
    limits.extend(sizes.into_iter().filter_map(|(name, size)| Some(format!("{name} {}", words::bytes(size?)))));
    limits.extend(sandbox.open_files_max.map(|files| format!("open files {files}")));
    limits.join(", ")
}

/// Tokens in words.
pub(crate) fn usage(usage: &Usage) -> String {
    format!(
        "{} in, {} out, {}",
        words::count(usage.input_tokens, "token"),
        usage.output_tokens,
        words::count(usage.model_calls, "model call")
    )
}

/// A list of todos, one line each.
pub(crate) fn todos(todos: &[Todo]) -> Vec<String> {
    let mark = |status: &str| match status {
        "completed" => "[x]",
        "in_progress" => "[>]",
        _ => "[ ]",
    };
    todos.iter().map(|todo| format!("  {} {}", mark(&todo.status), escape::line(&todo.content))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: &str, name: &str, status: i32) -> Session {
        Session {
            id: id.into(),
            name: name.into(),
            status,
            workspace: "/work\nspace".into(),
            backend: "docker".into(),
            image: "python:3.13-slim".into(),
            model: "glm".into(),
            approve: "execute,write_file".into(),
            created: "2026-01-02T03:04:05Z".into(),
            network: "none".into(),
            memory_bytes: 2 << 30,
            cpus: 1.0,
            pids: 512,
            turns: 3,
            last_seq: 1,
            not_enforced: vec!["disk quota".into()],
            usage: Some(Usage { input_tokens: 12, output_tokens: 3, model_calls: 1, ..Usage::default() }),
            ..Session::default()
        }
    }

    #[test]
    fn one_line_a_session() {
        assert_eq!(
            list(&[session("0123456789abcdef", "", 1), session("fedcba9876543210", "fix", 3)]),
            "\
ID            NAME  STATUS             TURNS  MODEL  CREATED               WORKSPACE
0123456789ab        idle               3      glm    2026-01-02T03:04:05Z  /work\\nspace
fedcba987654  fix   awaiting_approval  3      glm    2026-01-02T03:04:05Z  /work\\nspace
"
        );
    }

    #[test]
    fn all_of_a_session() {
        assert_eq!(
            whole(&session("0123456789abcdef", "fix", 2)),
            "\
id            0123456789abcdef
name          fix
status        running
created       2026-01-02T03:04:05Z
model         glm
approve       execute,write_file
workspace     /work\\nspace
backend       docker
image         python:3.13-slim
network       none
limits        memory 2 GiB, cpus 1, pids 512
turns         3
journal       1 row
usage         12 tokens in, 3 out, 1 model call
not enforced  disk quota
"
        );
    }

    #[test]
    fn what_was_chosen_and_what_is_not_held() {
        assert_eq!(
            chosen(&session("0", "", 1)).join("\n"),
            "model glm, approvals: execute,write_file\nworkspace /work\\nspace\n\
             sandbox docker, image python:3.13-slim, network none, memory 2 GiB, cpus 1, pids 512\n\
             not enforced: disk quota"
        );
    }

    #[test]
    fn todos_by_status() {
        let todo = |content: &str, status: &str| Todo { content: content.into(), status: status.into() };
        let all = [todo("a", "completed"), todo("b", "in_progress"), todo("c\u{7}", "pending"), todo("d", "odd")];
        assert_eq!(todos(&all), ["  [x] a", "  [>] b", "  [ ] c\\x07", "  [ ] d"]);
    }
}
