//! Lines from a person: rustyline in a thread of its own, asked over a channel.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{Behavior, Config, Editor, Helper};
use tokio::sync::oneshot;

use super::{mention, slash};

const HISTORY_LINES_MAX: usize = 1000;
const CONTINUED: &str = "… ";

/// What a person typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line.
    Text(String),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D, or no terminal any more.
    End,
}

/// A question to the person.
struct Question {
    prompt: String,
    /// What stands there already, to be edited.
    initial: String,
    /// For a message, the directory whose paths it may name; a message is kept in the history, an answer is not.
    workspace: Option<PathBuf>,
    reply: oneshot::Sender<Line>,
}

/// The way to the person. The thread ends when this is dropped and nothing is being asked.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    questions: Sender<Question>,
}

impl Input {
    /// The terminal of this process; stdout may be a file. The thread begins with the first question.
    pub(crate) fn terminal(history: PathBuf) -> Self {
        let (questions, asked) = channel();
        std::thread::spawn(move || read_lines(&asked, &history));
        Self { questions }
    }

    /// A message; a line that ends with a backslash goes on in the next one.
    pub(crate) async fn message(&self, prompt: &str, workspace: &str) -> Line {
        let mut text = String::new();
        let mut prompt = prompt.to_owned();
        loop {
            let workspace = Some(PathBuf::from(workspace));
            match self.ask(std::mem::take(&mut prompt), String::new(), workspace).await {
                Line::Text(line) => match line.strip_suffix('\\') {
                    Some(begun) => {
                        text.push_str(begun);
                        text.push('\n');
                        CONTINUED.clone_into(&mut prompt);
                    }
                    None => return Line::Text(text + &line),
                },
                other => return other,
            }
        }
    }

    /// An answer to a question, or an edited text.
    pub(crate) async fn answer(&self, prompt: &str, initial: &str) -> Line {
        self.ask(prompt.to_owned(), initial.to_owned(), None).await
    }

    async fn ask(&self, prompt: String, initial: String, workspace: Option<PathBuf>) -> Line {
        let (reply, answered) = oneshot::channel();
        match self.questions.send(Question { prompt, initial, workspace, reply }) {
            Ok(()) => answered.await.unwrap_or(Line::End),
            Err(_) => Line::End,
        }
    }

    /// Gives these lines, then the end, whatever is asked.
    #[cfg(test)]
    pub(crate) fn scripted(lines: Vec<Line>) -> Self {
        let (questions, asked) = channel::<Question>();
        std::thread::spawn(move || {
            let mut lines = lines.into_iter();
            for question in asked {
                let _ = question.reply.send(lines.next().unwrap_or(Line::End));
            }
        });
        Self { questions }
    }
}

fn read_lines(questions: &Receiver<Question>, history: &Path) {
    let mut editor: Option<Editor<Completions, DefaultHistory>> = None;
    for question in questions {
        if editor.is_none() {
            editor = open_editor(history).ok();
        }
        // Dropping the reply is the end for the one who asked.
        let Some(editor) = &mut editor else { return };
        if let Some(helper) = editor.helper_mut() {
            helper.workspace.clone_from(&question.workspace);
        }
        let line = match editor.readline_with_initial(&question.prompt, (&question.initial, "")) {
            Ok(line) => {
                if question.workspace.is_some()
                    && !line.trim().is_empty()
                    && editor.add_history_entry(&line).unwrap_or(false)
                {
                    // A history that cannot be written must not keep anybody from talking.
                    let _ = editor.append_history(history);
                }
                Line::Text(line)
            }
            Err(ReadlineError::Interrupted) => Line::Interrupted,
            Err(_) => Line::End,
        };
        if question.reply.send(line).is_err() {
            return;
        }
    }
}

fn open_editor(history: &Path) -> rustyline::Result<Editor<Completions, DefaultHistory>> {
    let config = Config::builder()
        .behavior(Behavior::PreferTerm)
        .max_history_size(HISTORY_LINES_MAX)?
        .history_ignore_space(true)
        .auto_add_history(false)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Completions { workspace: None }));
    // Made here so that nobody else may ever read it.
    let made = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(history);
    if made.is_ok() {
        let _ = editor.load_history(history);
    }
    Ok(editor)
}

/// Completes slash commands, and paths of the workspace after an @.
struct Completions {
    workspace: Option<PathBuf>,
}

impl Completer for Completions {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &rustyline::Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let typed = &line[..at];
        match (&self.workspace, mention::begun(typed)) {
            (Some(workspace), Some(path)) => Ok((at - path.len(), mention::completions(workspace, path))),
            (Some(_), None) => Ok((0, slash::completions(typed))),
            (None, _) => Ok((at, Vec::new())),
        }
    }
}

impl Hinter for Completions {
    type Hint = String;
}

impl Highlighter for Completions {}

impl Validator for Completions {}

impl Helper for Completions {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_backslash_goes_on_in_the_next_line() {
        let text = |text: &str| Line::Text(text.to_owned());
        let input = Input::scripted(vec![text("one \\"), text("two"), text("a\\"), Line::Interrupted]);
        assert_eq!(input.message("> ", "").await, text("one \ntwo"));
        assert_eq!(input.message("> ", "").await, Line::Interrupted);
        assert_eq!(input.answer("? ", "").await, Line::End);
    }
}
