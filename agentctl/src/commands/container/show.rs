//! `container show`: one container, with what its inspection showed.

use proto::v1::Container;

use super::ContainerArgs;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::pairs::pairs;
use crate::render::{escape, words};

pub(crate) async fn run(args: ContainerArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let container = context.client().await?.sandboxes().show(args.request()).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&container)?;
    } else {
        context.ui.out(&text(&container))?;
    }
    Ok(Exit::DONE)
}

fn text(container: &Container) -> String {
    let limit = |count: u32| if count == 0 { String::new() } else { count.to_string() };
    let mut text = pairs([
        ("session", escape::line(&container.session)),
        ("session name", escape::line(&container.session_name)),
        ("container", escape::line(&container.name)),
        ("id", escape::line(&container.id)),
        ("status", container.status().lower_name()),
        ("backend", escape::line(&container.backend)),
        ("image", escape::line(&container.image)),
        ("created", escape::line(&container.created)),
        ("memory", if container.memory == 0 { String::new() } else { words::bytes(container.memory) }),
        ("cpus", if container.cpus == 0.0 { String::new() } else { container.cpus.to_string() }),
        ("pids", limit(container.pids)),
    ]);
    for (heading, lines) in [("hardening", &container.hardening), ("not enforced", &container.not_enforced)] {
        if !lines.is_empty() {
            text += &format!("{heading}:\n");
            text.extend(lines.iter().map(|line| format!("  {}\n", escape::line(line))));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_left_out() {
        let absent = Container { session: "s1".to_owned(), status: 5, ..Container::default() };
        assert_eq!(text(&absent), "session  s1\nstatus   absent\n");
        let loose = Container {
            hardening: vec!["all capabilities dropped".to_owned()],
            not_enforced: vec!["disk".to_owned()],
            pids: 9,
            ..absent
        };
        assert_eq!(
            text(&loose),
            "session  s1\nstatus   absent\npids     9\nhardening:\n  all capabilities dropped\nnot enforced:\n  disk\n"
        );
    }
}
