//! The system prompt: where the model is, what it may do, how it should work. A template, which users may replace.

pub mod agents_file;

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use crate::approval::gate::Rule;

/// Bytes of a rendered prompt at most.
pub const PROMPT_BYTES_MAX: usize = 256 << 10;

/// The template that holds where the user has none.
const STANDARD: &str = include_str!("system.md");

/// The one name that templates are kept under.
const NAME: &str = "prompt";

/// What a template can tell. The names of the fields are its variables, which users know.
#[derive(Clone, Debug, Serialize)]
pub struct Surroundings<'a> {
    /// Where sandboxes run.
    pub backend: &'a str,
    /// The image by the name the user gave.
    pub image: &'a str,
    /// The directory of the user's files in the sandbox.
    pub workspace: &'a str,
    /// Whether /shared is there.
    pub shared: bool,
    /// none, bridge, or the network's name.
    pub network: &'a str,
    /// The day in UTC, like 2026-01-31.
    pub date: &'a str,
    /// The agent profile's name.
    pub agent: &'a str,
    /// The agent profile's own prompt; empty: none.
    pub agent_prompt: &'a str,
    /// Which tools ask: as `--approve` takes it.
    pub approve: &'a str,
    /// How that is refined by arguments.
    pub rules: &'a [Rule],
    /// The tools on offer.
    pub tools: Vec<Offer<'a>>,
    /// The skills there are.
    pub skills: Vec<Offer<'a>>,
    /// How long a command may run, in seconds, where the model does not say.
    pub command_timeout_s: u64,
}

/// Something on offer, by name.
#[derive(Clone, Debug, Serialize)]
pub struct Offer<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
}

/// Why there is no prompt.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The template is wrong, in the words of the template engine.
    #[error("{0}")]
    Template(String),
    /// It came out too long.
    #[error("the prompt has {0} bytes and {PROMPT_BYTES_MAX} are the most")]
    TooLong(usize),
}

impl From<minijinja::Error> for PromptError {
    fn from(error: minijinja::Error) -> Self {
        let line = error.line().map(|line| format!("line {line}: ")).unwrap_or_default();
        let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
        Self::Template(format!("{line}{}{detail}", error.kind()))
    }
}

/// A system prompt that is still to be filled in.
#[derive(Debug)]
pub struct Prompt {
    templates: Environment<'static>,
}

impl Prompt {
    /// The prompt of this template; `None`: the standard one. A variable that does not exist is an error now, not in the
    /// middle of a conversation.
    pub fn new(template: Option<String>) -> Result<Self, PromptError> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        templates.add_template_owned(NAME, template.unwrap_or_else(|| STANDARD.to_owned()))?;
        let prompt = Self { templates };
        prompt.fill(&example())?;
        Ok(prompt)
    }

    /// The prompt, filled in.
    pub fn fill(&self, around: &Surroundings<'_>) -> Result<String, PromptError> {
        let text = self.templates.get_template(NAME)?.render(Value::from(Serde(around)))?;
        let text = text.trim().to_owned();
        if text.len() > PROMPT_BYTES_MAX { Err(PromptError::TooLong(text.len())) } else { Ok(text) }
    }
}

fn example() -> Surroundings<'static> {
    Surroundings {
        backend: "docker",
        image: "python:3.13-slim",
        workspace: "/workspace",
        shared: true,
        network: "none",
        date: "2026-01-31",
        agent: "default",
        agent_prompt: "Be brief.",
        approve: "execute,delete",
        rules: &[],
        tools: vec![Offer { name: "ls", description: "Lists." }],
        skills: vec![Offer { name: "release", description: "How releases are made here." }],
        command_timeout_s: 120,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::gate::RuleAction;

    fn filled(around: &Surroundings<'_>) -> String {
        Prompt::new(None).unwrap().fill(around).unwrap()
    }

    #[test]
    fn the_prompt_tells_the_limits_of_the_place() {
        let text = filled(&example());
        assert!(text.contains("/shared holds files for reading only. The container has no network."), "{text}");
        assert!(text.contains("wait until the user has approved them: execute,delete. The user may"), "{text}");
        assert!(text.contains("ends after 120 seconds"), "{text}");
        assert!(text.contains("Today is 2026-01-31."), "{text}");
        assert!(text.contains("\n- release: How releases are made here."), "{text}");
        assert!(text.ends_with("\n\nBe brief."), "{text}");
    }

    #[test]
    fn what_is_not_there_is_not_told() {
        let bare = Surroundings { shared: false, skills: Vec::new(), agent_prompt: "", approve: "none", ..example() };
        let text = filled(&bare);
        assert!(!text.contains("/shared") && !text.contains("read_skill") && !text.contains("Rules"), "{text}");
        assert!(text.contains("No tool waits for an approval."), "{text}");
        assert!(text.ends_with("without calling a tool."), "{text}");
        assert!(!text.contains("\n\n\n"), "{text}");
    }

    #[test]
    fn rules_are_told_as_the_user_wrote_them() {
        let rules = [Rule {
            tool: "execute".to_owned(),
            argv_prefix: vec!["git".to_owned(), "status".to_owned()],
            path: None,
            action: RuleAction::Allow,
        }];
        let text = filled(&Surroundings { rules: &rules, ..example() });
        assert!(text.contains("\n- allow execute where the command begins with: git status\n"), "{text}");
    }

    #[test]
    fn a_template_of_the_user_takes_its_place_and_its_mistakes_are_told_by_line() {
        let own =
            Prompt::new(Some("Work in {{ workspace }}.\n{% for t in tools %}{{ t.name }} {% endfor %}".to_owned()));
        assert_eq!(own.unwrap().fill(&example()).unwrap(), "Work in /workspace.\nls");
        for (wrong, told) in [
            ("a\n{{ workspce }}", "line 2: undefined value"),
            ("a\n\n{% if %}", "line 3: syntax error"),
            ("{% include 'x' %}", "line 1: "),
        ] {
            let error = Prompt::new(Some(wrong.to_owned())).unwrap_err().to_string();
            assert!(error.starts_with(told), "{wrong:?}: {error}");
        }
    }

    #[test]
    fn a_prompt_has_a_bound() {
        let endless = Prompt::new(Some("{% for i in range(99999) %}0123456789{% endfor %}".to_owned()));
        assert!(matches!(endless, Err(PromptError::TooLong(_))), "{endless:?}");
    }
}
