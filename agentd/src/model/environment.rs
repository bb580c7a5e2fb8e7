//! The models that a machine has without any configuration: those whose keys its environment holds. Pure.

use serde_json::{Map, json};

use super::anthropic;
use super::config::{Api, ModelConfig};

/// Looks up a variable.
pub type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

const GLM_BASE_URL: &str = "https://open.bigmodel.cn/api/paas/v4";
const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";
const OPENAI_MODEL: &str = "gpt-5-mini";
const ANTHROPIC_MODEL: &str = "claude-sonnet-4-5";

/// The records of the environment, the one to prefer first.
pub(super) fn records(environment: &Environment) -> Vec<(String, ModelConfig)> {
    let value = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
    let mut records = Vec::new();
    if value("ZHIPUAI_API_KEY").is_some() {
        records.push(("glm".to_owned(), glm()));
    }
    if value("ANTHROPIC_API_KEY").is_some() {
        let record = ModelConfig {
            api: Api::Anthropic,
            base_url: value("ANTHROPIC_BASE_URL").or_else(|| Some(anthropic::BASE_URL.to_owned())),
            model: value("ANTHROPIC_MODEL").or_else(|| Some(ANTHROPIC_MODEL.to_owned())),
            api_key_env: Some("ANTHROPIC_API_KEY".to_owned()),
            context_window: Some(200_000),
            vision: true,
            ..ModelConfig::default()
        };
        records.push(("anthropic".to_owned(), record));
    }
    let base_url = value("OPENAI_BASE_URL");
    let with_key = value("OPENAI_API_KEY").is_some();
    if with_key || base_url.is_some() {
        // Which models another server has is not ours to guess: a record without one takes the first that it lists.
        let model = value("OPENAI_MODEL").or_else(|| base_url.is_none().then(|| OPENAI_MODEL.to_owned()));
        let sees = base_url.is_none();
        let record = ModelConfig {
            base_url: base_url.or_else(|| Some(OPENAI_BASE_URL.to_owned())),
            model,
            // What another server's model takes is not ours to guess.
            vision: sees,
            api_key_env: with_key.then(|| "OPENAI_API_KEY".to_owned()),
            ..ModelConfig::default()
        };
        records.push(("openai".to_owned(), record));
    }
    records
}

fn glm() -> ModelConfig {
    let extra_body = Map::from_iter([("thinking".to_owned(), json!({ "type": "enabled" }))]);
    ModelConfig {
        api: Api::Openai,
        base_url: Some(GLM_BASE_URL.to_owned()),
        model: Some("glm-4.7".to_owned()),
        api_key_env: Some("ZHIPUAI_API_KEY".to_owned()),
        context_window: Some(200_000),
        max_output: Some(8192),
        vision: false,
        extra_body,
        ..ModelConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &'static [(&'static str, &'static str)]) -> Vec<(String, ModelConfig)> {
        let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        records(&(Box::new(lookup) as Environment))
    }

    fn names(records: &[(String, ModelConfig)]) -> Vec<&str> {
        records.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn keys_name_models() {
        assert!(found(&[]).is_empty());
        assert!(found(&[("ZHIPUAI_API_KEY", " ")]).is_empty());
        let all = found(&[("ANTHROPIC_API_KEY", "a"), ("OPENAI_API_KEY", "o"), ("ZHIPUAI_API_KEY", "z")]);
        assert_eq!(names(&all), ["glm", "anthropic", "openai"]);
        assert_eq!(all[0].1.extra_body["thinking"]["type"], "enabled");
        assert!(!format!("{all:?}").contains("\"z\""), "a record names the variable, not the key");
    }

    #[test]
    fn another_openai_server_needs_neither_a_model_nor_a_key() {
        let bare = found(&[("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")]);
        assert_eq!((bare[0].1.model.as_deref(), bare[0].1.api_key_env.as_deref()), (None, None));
        let named = found(&[("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", "http://h/v1"), ("OPENAI_MODEL", "m")]);
        let record = &named[0].1;
        assert_eq!((record.base_url.as_deref(), record.model.as_deref()), (Some("http://h/v1"), Some("m")));
        assert_eq!(record.api_key_env.as_deref(), Some("OPENAI_API_KEY"));
        let elsewhere = found(&[("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_BASE_URL", "http://h")]);
        assert_eq!(elsewhere[0].1.base_url.as_deref(), Some("http://h"));
        assert_eq!(found(&[("OPENAI_API_KEY", "k")])[0].1.base_url.as_deref(), Some(OPENAI_BASE_URL));
    }
}
