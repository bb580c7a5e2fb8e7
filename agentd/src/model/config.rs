//! One record of `[models.NAME]` in config.toml.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::ModelError;
use crate::domain::message::Usage;
use crate::domain::time_span::TimeSpan;

/// How to reach a model. The key itself is never here: only the name of the variable that holds it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Which protocol it speaks.
    pub api: Api,
    /// The endpoint up to, and without, `/chat/completions` or `/v1/messages`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The model's name at the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The variable of agentd's environment that holds the key; absent: no key is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// Tokens that fit a request and its reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// Tokens that one reply may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// Whether it takes pictures.
    #[serde(default, skip_serializing_if = "is_false")]
    pub vision: bool,
    /// Further fields of the request's body; they win over ours.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra_body: Map<String, Value>,
    /// What its tokens cost, where that is to be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// Models to ask, in this order, when this one cannot be had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
    /// A PEM file of certificates to trust beside the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// How long its endpoint may take.
    #[serde(default, skip_serializing_if = "Timeouts::is_usual")]
    pub timeouts: Timeouts,
    /// Of `scripted`: the file of replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<PathBuf>,
}

impl ModelConfig {
    /// The model's name at the endpoint, of a record that makes sense.
    pub(super) fn sound(&self, name: &str) -> Result<&str, ModelError> {
        self.check().map_err(|wrong| bad(name, &format!("{}: {}", wrong.key, wrong.problem)))?;
        self.model.as_deref().ok_or_else(|| bad(name, "model is missing"))
    }

    /// The endpoint.
    pub(super) fn given_base_url(&self, name: &str) -> Result<&str, ModelError> {
        self.base_url.as_deref().ok_or_else(|| bad(name, "base_url is missing"))
    }
}

/// The record of this name lacks something, or holds something wrong.
pub(super) fn bad(name: &str, problem: &str) -> ModelError {
    ModelError::BadRecord { name: name.to_owned(), problem: problem.to_owned() }
}

/// Prices of a million tokens, in whatever currency the user counts in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Of tokens sent.
    pub input: f64,
    /// Of tokens written.
    pub output: f64,
    /// Of tokens sent that the provider read from its cache; left out: as others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<f64>,
    /// Of tokens sent that it wrote to its cache; left out: as others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
}

impl Prices {
    /// What this usage costs, in millionths of the currency.
    pub fn cost_micros(&self, usage: &Usage) -> u64 {
        let plain = usage.input_tokens.saturating_sub(usage.cached_tokens).saturating_sub(usage.cache_write_tokens);
        let parts = [
            (plain, self.input),
            (usage.cached_tokens, self.cached.unwrap_or(self.input)),
            (usage.cache_write_tokens, self.cache_write.unwrap_or(self.input)),
            (usage.output_tokens, self.output),
        ];
        // A price of a million tokens is the price of one token in millionths. No provider counts anywhere near 2^52.
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let micros = parts.iter().map(|(tokens, price)| *tokens as f64 * price).sum::<f64>().round() as u64;
        micros
    }
}

/// How long each stage of a request may take; what is left out is 10 s, 60 s and 90 s. There is none on the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeouts {
    /// For a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<TimeSpan>,
    /// For the beginning of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte: Option<TimeSpan>,
    /// For the next piece of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<TimeSpan>,
}

impl Timeouts {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde fixes this signature
fn is_false(value: &bool) -> bool {
    !value
}

/// The protocols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// Chat completions, as OpenAI defined them and most servers speak them.
    #[default]
    Openai,
    /// Anthropic's messages.
    Anthropic,
    /// A file of replies.
    Scripted,
}

impl Api {
    /// The name in config.toml.
    pub fn name(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Scripted => "scripted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_record_is_read_and_a_misspelt_key_is_refused() {
        let text = r#"
            api = "openai"
            base_url = "https://open.bigmodel.cn/api/paas/v4"
            model = "glm-4.7"
            api_key_env = "ZHIPUAI_API_KEY"
            context_window = 200000
            max_output = 8192
            extra_body = { thinking = { type = "enabled" } }
        "#;
        let record: ModelConfig = toml::from_str(text).unwrap();
        assert_eq!(record.extra_body["thinking"]["type"], "enabled");
        assert_eq!(record.max_output, Some(8192));
        assert_eq!(toml::from_str::<ModelConfig>(&toml::to_string(&record).unwrap()).unwrap(), record);

        let misspelt = toml::from_str::<ModelConfig>("api = \"openai\"\nbase_uri = \"x\"").unwrap_err();
        assert!(misspelt.to_string().contains("base_uri"));
        assert!(toml::from_str::<ModelConfig>("api = \"telepathy\"").is_err());
    }
}
