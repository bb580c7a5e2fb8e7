//! What a user can do about a failure: the setting or the command that mends it.

use super::{Class, Endpoint, ModelError};

const NO_MODEL_HINT: &str = "set ZHIPUAI_API_KEY, ANTHROPIC_API_KEY or OPENAI_API_KEY in agentd's environment and restart it, start a local Ollama, \
     vLLM or llama.cpp server, or write a [models.NAME] record in config.toml (agentctl config init)";

impl ModelError {
    /// What the user can do about it; empty where there is nothing to do.
    pub fn hint(&self) -> String {
        match self {
            Self::NoModel => NO_MODEL_HINT.to_owned(),
            Self::NoDefault { known } => {
                format!("set default_model in config.toml, or use --model with one of: {}", known.join(", "))
            }
            Self::UnknownModel { known, .. } => format!("configured: {}", known.join(", ")),
            Self::BadRecord { name, .. } => format!("mend [models.{name}] in config.toml and restart agentd"),
            Self::NoKey { name, variable } => format!(
                "set {variable} in agentd's environment and restart it, or name another variable as api_key_env in [models.{name}]"
            ),
            Self::Connect { endpoint, .. } => {
                format!("start the server, or correct base_url in {}", endpoint.record())
            }
            Self::Tls { .. } => {
                "install the system's CA certificates (package ca-certificates) or point SSL_CERT_FILE at a bundle, check the \
                 clock, and write http:// in base_url where the server speaks no TLS"
                    .to_owned()
            }
            Self::Malformed { endpoint, .. } => format!(
                "base_url in {} must be the part before /chat/completions, often ending in /v1",
                endpoint.record()
            ),
            Self::TooLarge { endpoint, .. } => format!("set a smaller max_output in {}", endpoint.record()),
            Self::Status { endpoint, class, .. } | Self::InStream { endpoint, class, .. } => endpoint.hint(*class),
            Self::Script { .. } => "mend the script; the next turn reads it again".to_owned(),
            Self::Unpaired { .. } => "start a new session, and report this with agentctl journal verify".to_owned(),
            Self::NoRoom { endpoint } => {
                format!("set a larger max_output in {}, or have it think less", endpoint.record())
            }
            Self::Timeout { .. } | Self::Cut { .. } | Self::Empty { .. } => String::new(),
            Self::Scripted { .. } => "the script asks for this failure".to_owned(),
        }
    }
}

impl Endpoint {
    fn record(&self) -> String {
        format!("[models.{}]", self.name)
    }

    fn hint(&self, class: Class) -> String {
        let record = self.record();
        match class {
            Class::Unauthorized => match &self.api_key_env {
                Some(variable) => format!("check the key in {variable} (agentd's environment) and what it may use"),
                None => format!("the endpoint wants a key: name its variable as api_key_env in {record}"),
            },
            Class::NotFound => format!("check base_url and model ({:?}) in {record}", self.model),
            Class::Quota => "top up the account or its plan, or use another model with --model".to_owned(),
            Class::TooLarge => format!("the conversation is too large for {:?}: start a new session", self.model),
            Class::Rejected => format!("check model, max_output and extra_body in {record}"),
            _ => String::new(),
        }
    }
}
