//! What TOML and types cannot say: names that must exist, values that must make sense.

use std::collections::BTreeMap;

use crate::domain::approval::ApprovalPolicy;
use crate::mcp::McpConfig;
use crate::model::ModelConfig;

use super::error::Problem;
use super::locate::{self, Step};
use super::reword::offer;
use super::settings::{Agent, Config, Limits};

const SESSIONS_MAX: u32 = 100_000;

mod sandbox;

/// A setting that makes no sense.
pub(super) struct Wrong {
    path: Vec<Step>,
    message: String,
}

impl Wrong {
    fn new(keys: &[&str], message: impl Into<String>) -> Self {
        Self { path: keys.iter().map(|key| Step::Key((*key).to_owned())).collect(), message: message.into() }
    }

    fn at(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }

    pub(super) fn locate(self, text: &str) -> Problem {
        let message = format!("{}: {}", locate::dotted(&self.path), self.message);
        Problem { span: locate::span_of(text, &self.path), message }
    }
}

/// The first setting that makes no sense.
pub(super) fn check(config: &Config, tools: &[&str]) -> Result<(), Wrong> {
    check_default_model(config)?;
    config.models.iter().try_for_each(|(name, model)| check_model(name, model, &config.models))?;
    config.mcp.iter().try_for_each(|(name, server)| check_mcp(name, server))?;
    let is_tool = |name: &str| tools.contains(&name) || is_of_mcp(config, name);
    let models: Vec<&str> = config.models.keys().map(String::as_str).collect();
    config.agents.iter().try_for_each(|(name, agent)| check_agent(name, agent, tools, &models, is_tool))?;
    sandbox::check(&config.sandbox, &config.agents)?;
    check_limits(&config.limits)
}

fn check_default_model(config: &Config) -> Result<(), Wrong> {
    let name = config.default_model.as_str();
    if name.is_empty() || config.models.contains_key(name) {
        return Ok(());
    }
    let known: Vec<_> = config.models.keys().map(String::as_str).collect();
    Err(Wrong::new(&["default_model"], format!("there is no [models.{name}]{}", offer(name, &known))))
}

fn check_model(name: &str, model: &ModelConfig, models: &BTreeMap<String, ModelConfig>) -> Result<(), Wrong> {
    let wrong = |key: &str, message: String| Wrong::new(&["models", name, key], message);
    model.check().map_err(|bad| wrong(bad.key, bad.problem))?;
    for (index, other) in model.fallback.iter().enumerate() {
        let message = match models.contains_key(other) {
            true if other == name => "a model cannot stand in for itself".to_owned(),
            true => continue,
            false => {
                let known: Vec<_> = models.keys().map(String::as_str).collect();
                format!("there is no [models.{other}]{}", offer(other, &known))
            }
        };
        return Err(wrong("fallback", message).at(Step::Index(index)));
    }
    Ok(())
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn check_mcp(name: &str, server: &McpConfig) -> Result<(), Wrong> {
    server.check(name).map_err(|(key, message)| {
        let keys = ["mcp", name, key];
        Wrong::new(if key.is_empty() { &keys[..2] } else { &keys }, message)
    })?;
    let variables = server.env_from.iter().chain(server.headers_env.values());
    match variables.into_iter().find(|variable| !is_variable(variable)) {
        // What is here by mistake may be a key itself, so it is not shown.
        Some(_) => {
            let message = "env_from and headers_env name environment variables; the values themselves never go here";
            Err(Wrong::new(&["mcp", name], message))
        }
        None => Ok(()),
    }
}

/// Whether a tool is one of a configured server. Which it has is known when it runs.
fn is_of_mcp(config: &Config, tool: &str) -> bool {
    tool.split_once("__").is_some_and(|(server, name)| config.mcp.contains_key(server) && !name.is_empty())
}

fn check_agent(
    name: &str,
    agent: &Agent,
    tools: &[&str],
    models: &[&str],
    is_tool: impl Fn(&str) -> bool,
) -> Result<(), Wrong> {
    let unknown = |tool: &str| format!("there is no tool {tool:?}{}", offer(tool, tools));
    if let ApprovalPolicy::Tools(named) = &agent.approve.0
        && let Some((index, tool)) = named.iter().enumerate().find(|(_, tool)| !is_tool(tool))
    {
        return Err(Wrong::new(&["agents", name, "approve"], unknown(tool)).at(Step::Index(index)));
    }
    if let Some((index, tool)) = agent.tools.iter().enumerate().find(|(_, tool)| !is_tool(tool)) {
        return Err(Wrong::new(&["agents", name, "tools"], unknown(tool)).at(Step::Index(index)));
    }
    if !agent.model.is_empty() && !models.contains(&agent.model.as_str()) {
        let message = format!("there is no [models.{}]{}", agent.model, offer(&agent.model, models));
        return Err(Wrong::new(&["agents", name, "model"], message));
    }
    for (index, rule) in agent.rules.iter().enumerate() {
        let known = is_tool(&rule.tool);
        let checked = if known { rule.check() } else { Err(unknown(&rule.tool)) };
        checked.map_err(|message| {
            Wrong::new(&["agents", name, "rules"], message).at(Step::Index(index)).at(Step::Key("tool".to_owned()))
        })?;
    }
    Ok(())
}

fn check_limits(limits: &Limits) -> Result<(), Wrong> {
    let wrong = |key: &str, message: String| Err(Wrong::new(&["limits", key], message));
    if limits.turn_timeout.unless_never().is_none() {
        return wrong("turn_timeout", "a turn needs a time limit".to_owned());
    }
    if limits.model_calls_per_turn == 0 {
        return wrong("model_calls_per_turn", "a turn needs at least one".to_owned());
    }
    if !(1..=SESSIONS_MAX).contains(&limits.sessions) {
        return wrong("sessions", format!("it must be from 1 to {SESSIONS_MAX}"));
    }
    Ok(())
}
