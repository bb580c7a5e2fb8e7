//! What can be typed with a slash.

/// A slash command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slash {
    Help,
    Approvals,
    Todos,
    Diff,
    Usage,
    Model { name: String },
    Events,
    New { name: String },
    Switch { session: String },
    Fork { name: String },
    Exit,
}

/// Each command with its argument and what it does, in the order of the help.
const TABLE: &[(&str, &str, &str)] = &[
    ("/help", "", "this list"),
    ("/approvals", "", "answer the calls that wait"),
    ("/todos", "", "the agent's list of todos"),
    ("/diff", "", "what the agent changed in files in this session"),
    ("/usage", "", "tokens used by this session"),
    ("/model", "[NAME]", "the model of this session; with a name, the one from the next turn on"),
    ("/events", "", "the journal of the last turn"),
    ("/new", "[NAME]", "talk in a new session"),
    ("/switch", "SESSION", "talk in another session"),
    ("/fork", "[NAME]", "talk in a new session with the options of this one; the conversation is not copied"),
    ("/exit", "", "leave; so does Ctrl-D"),
];

/// Reads a line that begins with a slash.
pub(super) fn parse(line: &str) -> Result<Slash, String> {
    let (word, argument) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    let argument = argument.trim().to_owned();
    let command = match word {
        "/help" => Slash::Help,
        "/approvals" => Slash::Approvals,
        "/todos" => Slash::Todos,
        "/diff" => Slash::Diff,
        "/usage" => Slash::Usage,
        "/model" => return Ok(Slash::Model { name: argument }),
        "/events" => Slash::Events,
        "/new" => return Ok(Slash::New { name: argument }),
        "/switch" if argument.is_empty() => return Err("/switch needs the id or the name of a session".to_owned()),
        "/switch" => return Ok(Slash::Switch { session: argument }),
        "/fork" => return Ok(Slash::Fork { name: argument }),
        "/exit" => Slash::Exit,
        _ => return Err(format!("there is no {word}; /help lists what there is")),
    };
    if argument.is_empty() { Ok(command) } else { Err(format!("{word} takes nothing after it")) }
}

/// The help.
pub(super) fn help() -> String {
    let rows: Vec<[String; 2]> =
        TABLE.iter().map(|(word, argument, does)| [format!("{word} {argument}"), (*does).to_owned()]).collect();
    crate::render::words::table(&rows)
        + "A line that ends with \\ goes on in the next one; what is pasted stays whole. Tab completes commands, and after @ \
           paths of the workspace. Ctrl-C cancels a running turn.\n"
}

/// The commands that begin with what was typed.
pub(super) fn completions(typed: &str) -> Vec<String> {
    if !typed.starts_with('/') {
        return Vec::new();
    }
    TABLE.iter().map(|(word, ..)| *word).filter(|word| word.starts_with(typed)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_help_can_be_typed() {
        for (word, argument, _) in TABLE {
            assert!(parse(&format!("{word} {argument}")).is_ok() || !argument.is_empty(), "{word}");
            assert!(completions(&word[..2]).contains(&(*word).to_owned()));
        }
        assert!(help().lines().count() > TABLE.len());
    }

    #[test]
    fn arguments_are_taken_where_they_belong() {
        assert_eq!(parse("/switch  my session "), Ok(Slash::Switch { session: "my session".into() }));
        assert_eq!(parse("/model claude"), Ok(Slash::Model { name: "claude".into() }));
        assert_eq!(parse("/new"), Ok(Slash::New { name: String::new() }));
        assert_eq!(parse("/switch").unwrap_err(), "/switch needs the id or the name of a session");
        assert_eq!(parse("/usage now").unwrap_err(), "/usage takes nothing after it");
        assert_eq!(parse("/nope").unwrap_err(), "there is no /nope; /help lists what there is");
        assert!(completions("hello").is_empty());
    }
}
