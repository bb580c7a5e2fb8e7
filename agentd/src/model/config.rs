//! One record of `[models.NAME]` in config.toml.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How to reach a model. The key itself is never here: only the name of the variable that holds it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Which protocol it speaks.
    pub api: Api,
    /// The endpoint up to, and without, `/chat/completions`.
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
    /// Of `scripted`: the file of replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<PathBuf>,
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
