//! What types cannot say of a record: what must be there, and what must not.

use std::path::Path;

use serde_json::Value;

use super::config::{Api, ModelConfig, Prices};
use super::{anthropic, openai};

/// A setting of a record that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSetting {
    /// The key in the record.
    pub key: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

type Checked = Result<(), BadSetting>;

impl ModelConfig {
    /// The first setting that makes no sense.
    pub fn check(&self) -> Checked {
        match self.api {
            Api::Scripted if self.script.is_none() => {
                return wrong("script", "a scripted model needs the path of its script");
            }
            Api::Scripted => {}
            Api::Openai | Api::Anthropic => self.check_endpoint()?,
        }
        // What is here by mistake may be the key itself, so it is not shown.
        if self.api_key_env.as_deref().is_some_and(|variable| !is_variable(variable)) {
            return wrong(
                "api_key_env",
                "this is not the name of an environment variable; the key itself never goes here",
            );
        }
        for (key, file) in [("script", &self.script), ("ca_file", &self.ca_file)] {
            if file.as_deref().is_some_and(|file| !Path::is_absolute(file)) {
                return wrong(key, "write the whole path, beginning with /");
            }
        }
        for (key, tokens) in [("context_window", self.context_window), ("max_output", self.max_output)] {
            if tokens == Some(0) {
                return wrong(key, "it must be more than 0");
            }
        }
        let timeouts = [self.timeouts.connect, self.timeouts.first_byte, self.timeouts.idle];
        if timeouts.into_iter().flatten().any(|span| span.unless_never().is_none()) {
            return wrong(
                "timeouts",
                "an endpoint that is waited for without end holds its turn up; give a time above 0",
            );
        }
        self.prices.as_ref().map_or(Ok(()), check_prices)
    }

    fn check_endpoint(&self) -> Checked {
        // Anthropic's own place is known; which of the others is meant is not.
        let known = self.api == Api::Anthropic && self.base_url.is_none();
        let url = self.base_url.as_deref().unwrap_or_default();
        if !(known || url.starts_with("http://") || url.starts_with("https://")) {
            return wrong("base_url", "it must be set, and begin with http:// or https://");
        }
        if self.model.as_deref().unwrap_or_default().is_empty() {
            return wrong("model", "it must be set to the model's name at the endpoint");
        }
        let ours: &[&str] = match self.api {
            Api::Anthropic => &anthropic::OURS,
            Api::Openai | Api::Scripted => &openai::OURS,
        };
        if let Some(field) = ours.iter().find(|field| self.extra_body.contains_key(**field)) {
            return wrong("extra_body", format!("{field} is what agentd itself sends; leave it out"));
        }
        self.check_thinking()
    }

    /// Anthropic refuses a budget for thinking that leaves nothing for the answer, with an error that names neither setting.
    fn check_thinking(&self) -> Checked {
        let budget = self.extra_body.get("thinking").and_then(|thinking| thinking.get("budget_tokens")?.as_u64());
        let bound = self.extra_body.get("max_tokens").and_then(Value::as_u64).or(self.max_output);
        let bound = bound.unwrap_or(anthropic::MAX_OUTPUT);
        match budget.filter(|budget| self.api == Api::Anthropic && *budget >= bound) {
            Some(budget) => {
                wrong("max_output", format!("it must be more than the {budget} tokens of thinking.budget_tokens"))
            }
            None => Ok(()),
        }
    }
}

fn check_prices(prices: &Prices) -> Checked {
    let all = [Some(prices.input), Some(prices.output), prices.cached, prices.cache_write];
    match all.into_iter().flatten().all(|price| (0.0..=1e6).contains(&price)) {
        true => Ok(()),
        false => wrong("prices", "a price is that of a million tokens, from 0 to 1000000"),
    }
}

fn wrong(key: &'static str, problem: impl Into<String>) -> Checked {
    Err(BadSetting { key, problem: problem.into() })
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(toml: &str) -> Result<(), &'static str> {
        toml::from_str::<ModelConfig>(toml).unwrap().check().map_err(|bad| bad.key)
    }

    #[test]
    fn records_are_checked() {
        let openai = "api = 'openai'\nbase_url = 'http://h/v1'\nmodel = 'm'\n";
        let anthropic = "api = 'anthropic'\nmodel = 'm'\n";
        for (toml, bad) in [
            (openai.to_owned(), Ok(())),
            (anthropic.to_owned(), Ok(())),
            ("api = 'openai'\nmodel = 'm'".to_owned(), Err("base_url")),
            ("api = 'scripted'".to_owned(), Err("script")),
            (format!("{openai}extra_body = {{ messages = [] }}"), Err("extra_body")),
            (format!("{openai}extra_body = {{ tools = [] }}"), Err("extra_body")),
            (format!("{openai}extra_body = {{ system = 'x' }}"), Ok(())),
            (format!("{anthropic}extra_body = {{ system = 'x' }}"), Err("extra_body")),
            (
                format!("{anthropic}extra_body.thinking = {{ type = 'enabled', budget_tokens = 8192 }}"),
                Err("max_output"),
            ),
            (format!("{anthropic}max_output = 9000\nextra_body.thinking.budget_tokens = 8192"), Ok(())),
            (format!("{openai}ca_file = 'ca.pem'"), Err("ca_file")),
            (format!("{openai}timeouts = {{ idle = '0' }}"), Err("timeouts")),
            (format!("{openai}timeouts = {{ first_byte = '10m' }}"), Ok(())),
            (format!("{openai}prices = {{ input = 0.6, output = 2.2, cached = 0.1 }}"), Ok(())),
            (format!("{openai}prices = {{ input = -1.0, output = 2 }}"), Err("prices")),
            (format!("{openai}prices = {{ input = nan, output = 2 }}"), Err("prices")),
        ] {
            assert_eq!(checked(&toml), bad, "{toml}");
        }
    }
}
