//! The file of a scripted model: read, checked, bounded.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::message::Usage;
use crate::model::error::{Class, ModelError};

const FILE_BYTES_MAX: u64 = 1 << 20;
const REPLIES_MAX: usize = 1000;
const CALLS_MAX: usize = 64;
const DELAY_MS_MAX: u64 = 600_000;
const CHUNK_MS_MAX: u64 = 10_000;

/// A whole script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    /// The replies, in the order in which they are given.
    pub(super) replies: Vec<Reply>,
}

/// One reply.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    /// Its text, with placeholders.
    #[serde(default)]
    pub(super) text: String,
    /// Its reasoning, with placeholders.
    #[serde(default)]
    pub(super) reasoning: String,
    /// Its tool calls.
    #[serde(default)]
    pub(super) calls: Vec<Call>,
    /// The wait before its first piece.
    #[serde(default)]
    pub(super) delay_ms: u64,
    /// The wait after each piece.
    #[serde(default)]
    pub(super) chunk_ms: u64,
    /// Characters of a piece.
    #[serde(default = "default_chunk_chars")]
    pub(super) chunk_chars: usize,
    /// Tokens that it claims to have used: for rehearsing budgets.
    tokens: Option<Tokens>,
    /// How it fails at first.
    fail: Option<Class>,
    /// How many attempts fail.
    times: Option<u32>,
    /// The wait that a failure asks for.
    pub(super) retry_after_ms: Option<u64>,
}

/// Tokens that a reply claims to have used.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tokens {
    input: u32,
    output: u32,
}

/// One tool call of a reply.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    /// Its id; absent: as with a model that gives none.
    pub(super) id: Option<String>,
    /// The tool's name.
    pub(super) tool: String,
    /// Its arguments.
    #[serde(default)]
    pub(super) arguments: Arguments,
}

/// Arguments as a table, or as the very text that the model writes, broken JSON included.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Arguments {
    /// Made into JSON.
    Table(toml::Table),
    /// Passed as it is.
    Text(String),
}

impl Default for Arguments {
    fn default() -> Self {
        Self::Table(toml::Table::new())
    }
}

fn default_chunk_chars() -> usize {
    12
}

impl Reply {
    /// How the attempt of this number (from 1) fails, if it does.
    pub(super) fn failure(&self, attempt: u32) -> Option<Class> {
        self.fail.filter(|_| attempt <= self.times.unwrap_or(1))
    }

    /// What it claims to have used.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.tokens.map(|tokens| Usage {
            input_tokens: tokens.input.into(),
            output_tokens: tokens.output.into(),
            model_calls: 1,
            ..Usage::default()
        })
    }

    fn check(&self) -> Result<(), String> {
        let says_nothing = self.text.is_empty() && self.calls.is_empty() && self.fail.is_none();
        let problem = if says_nothing {
            "has neither text nor calls nor fail".to_owned()
        } else if self.times.is_some() && self.fail.is_none() {
            "has times without fail".to_owned()
        } else if self.calls.len() > CALLS_MAX {
            format!("has more than {CALLS_MAX} calls")
        } else if self.delay_ms > DELAY_MS_MAX {
            format!("delay_ms is above {DELAY_MS_MAX}")
        } else if self.chunk_ms > CHUNK_MS_MAX {
            format!("chunk_ms is above {CHUNK_MS_MAX}")
        } else if self.chunk_chars == 0 {
            "chunk_chars is 0".to_owned()
        } else {
            return Ok(());
        };
        Err(problem)
    }
}

impl Arguments {
    /// The arguments as a model writes them.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Table(table) => json(&toml::Value::Table(table.clone())).to_string(),
        }
    }
}

fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}

impl Script {
    /// Reads and checks the file.
    pub(super) fn load(path: &Path) -> Result<Self, ModelError> {
        let error = |problem: String| ModelError::Script { path: path.display().to_string(), problem };
        let size_bytes = std::fs::metadata(path).map_err(|e| error(e.to_string()))?.len();
        if size_bytes > FILE_BYTES_MAX {
            return Err(error(format!("larger than {FILE_BYTES_MAX} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| error(e.to_string()))?;
        Self::parse(&text).map_err(error)
    }

    /// Reads the text of a file. The error names the place in it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let script: Self = toml::from_str(text).map_err(|e| {
            let line = e.span().map(|span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
            let what = e.message().replace('\n', " ");
            line.map_or(what.clone(), |line| format!("line {line}: {what}"))
        })?;
        if script.replies.is_empty() || script.replies.len() > REPLIES_MAX {
            return Err(format!("must have 1 to {REPLIES_MAX} [[replies]]"));
        }
        for (index, reply) in script.replies.iter().enumerate() {
            reply.check().map_err(|problem| format!("reply {} {problem}", index + 1))?;
        }
        Ok(script)
    }
}
