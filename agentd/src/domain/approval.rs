//! Approvals: which tools ask, what was asked, what was decided.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ids::CallId;
use super::time::WallTime;

/// Which tools ask before they run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalPolicy {
    /// Every tool.
    All,
    /// No tool: the sandbox is the wall.
    None,
    /// These tools.
    Tools(Vec<String>),
}

impl ApprovalPolicy {
    /// The tools that ask unless told otherwise.
    pub fn default_tools() -> Vec<String> {
        ["execute", "write_file", "edit_file", "delete"].map(str::to_owned).to_vec()
    }

    /// As `--approve` takes it and `session show` prints it.
    pub fn as_list(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::None => "none".to_owned(),
            Self::Tools(tools) => tools.join(","),
        }
    }
}

/// A call that waits for an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingApproval {
    /// The turn's number.
    pub turn: u64,
    /// The call.
    pub call: CallId,
    /// The tool's name.
    pub tool: String,
    /// The exact arguments.
    pub arguments: Value,
    /// SHA-256 of the exact tool and arguments, in hexadecimal.
    pub digest: String,
    /// When it was asked.
    pub requested_at: WallTime,
    /// Why it asks, in words.
    #[serde(default)]
    pub reason: String,
    /// What an answer for the rest of the session would allow; none: there can be no such answer.
    #[serde(default)]
    pub always: Option<Grant>,
    /// Whether it is a question, which needs an answer and not an approval.
    #[serde(default)]
    pub question: bool,
    /// When it is denied for want of an answer; none: never.
    #[serde(default)]
    pub expires_at: Option<WallTime>,
}

/// What a person allowed for the rest of a session: one tool, and of its calls no more than this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The tool's name.
    pub tool: String,
    /// Which of its calls.
    pub scope: Scope,
}

/// Which calls of a tool were allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Of execute: simple commands that begin with these words.
    ArgvPrefix(Vec<String>),
    /// Of execute: the simple command of exactly these words.
    Argv(Vec<String>),
    /// Of the file tools: calls on this very path.
    Path(String),
    /// Calls with exactly the arguments of this digest.
    Arguments(String),
}

impl Grant {
    /// What it allows, in words.
    pub fn words(&self) -> String {
        match &self.scope {
            Scope::ArgvPrefix(words) => format!("commands that begin with `{}`", line(words)),
            Scope::Argv(words) => format!("exactly the command `{}`", line(words)),
            Scope::Path(path) => format!("{} on {path}", self.tool),
            Scope::Arguments(_) => format!("{} with exactly these arguments", self.tool),
        }
    }
}

/// The words on one line, those that are not plain in quotes.
fn line(words: &[String]) -> String {
    let plain = |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || "'\"\\`".contains(c));
    let shown: Vec<String> =
        words.iter().map(|word| if plain(word) { word.clone() } else { format!("{word:?}") }).collect();
    shown.join(" ")
}

/// What was decided about a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Run it.
    Approve,
    /// Run it with these arguments instead.
    Edit(Value),
    /// Do not run it; this is told to the model.
    Reject(String),
    /// Of a call that asks a question: the answer.
    Answer(String),
}

/// Who answered: the peer of the socket connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// User id.
    pub uid: u32,
    /// Process id, as far as the system told; may be recycled.
    pub pid: Option<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_says_what_it_allows_and_no_word_hides_in_another() {
        let grant = |scope| Grant { tool: "execute".to_owned(), scope }.words();
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(grant(Scope::ArgvPrefix(words(&["git", "status"]))), "commands that begin with `git status`");
        assert_eq!(grant(Scope::Argv(words(&["make"]))), "exactly the command `make`");
        assert_eq!(
            grant(Scope::ArgvPrefix(words(&["git", "commit", "-m", "a b", ""]))),
            "commands that begin with `git commit -m \"a b\" \"\"`"
        );
        assert_eq!(grant(Scope::Path("/workspace/a".to_owned())), "execute on /workspace/a");
    }
}
