//! What can go wrong between agentd and a model, and what the user can do about it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The kinds of failure that the journal and scripts tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// No connection.
    Connect,
    /// The certificate does not hold, or there is none to hold it against.
    Tls,
    /// Silence for too long.
    Timeout,
    /// Too many requests at a time.
    RateLimited,
    /// The account is empty or its plan is used up.
    Quota,
    /// A fault of the endpoint.
    ServerError,
    /// The reply broke off.
    Cut,
    /// The answer is not one of a model endpoint.
    Malformed,
    /// The request or the reply is larger than allowed.
    TooLarge,
    /// The endpoint will not do what was asked.
    Rejected,
    /// The key is wrong or may not do this.
    Unauthorized,
    /// No such endpoint or model.
    NotFound,
    /// The key is not set.
    NoKey,
    /// There is no such model in the configuration, or its record is wrong.
    NotConfigured,
    /// The provider is not part of this version.
    NotBuilt,
    /// The file of a scripted model cannot be used.
    Script,
}

impl Class {
    /// The name in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::RateLimited => "rate_limited",
            Self::Quota => "quota",
            Self::ServerError => "server_error",
            Self::Cut => "cut",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Rejected => "rejected",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::NoKey => "no_key",
            Self::NotConfigured => "not_configured",
            Self::NotBuilt => "not_built",
            Self::Script => "script",
        }
    }

    /// Whether another attempt may go better.
    pub fn retryable(self) -> bool {
        matches!(self, Self::Connect | Self::Timeout | Self::RateLimited | Self::ServerError | Self::Cut)
    }
}

/// Who was asked, as far as a user has to know it. Holds the name of the key's variable, never the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The record's name in the configuration.
    pub name: String,
    /// The base URL.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// The variable that holds the key.
    pub api_key_env: Option<String>,
}

/// What an endpoint was silent about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// It did not begin to answer.
    Beginning,
    /// It stopped in the middle of its answer.
    Middle,
}

/// A failed attempt, or a model that cannot be asked at all. `Display` is one line without secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Nothing is configured and nothing was found.
    #[error("no model is configured")]
    NoModel,
    /// Several are configured and none is said to be the default.
    #[error("several models are configured and none is the default")]
    NoDefault {
        /// The names there are.
        known: Vec<String>,
    },
    /// No record of this name.
    #[error("no model named {name:?} is configured")]
    UnknownModel {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The record lacks something or holds something wrong.
    #[error("model {name:?}: {problem}")]
    BadRecord {
        /// The record's name.
        name: String,
        /// What is wrong, naming the setting.
        problem: String,
    },
    /// A protocol of a later version.
    #[error("model {name:?}: api = {api:?} is not built yet in this version")]
    NotBuilt {
        /// The record's name.
        name: String,
        /// The protocol.
        api: &'static str,
    },
    /// The key's variable is not set.
    #[error("model {name:?}: {variable} is not set in agentd's environment")]
    NoKey {
        /// The record's name.
        name: String,
        /// The variable.
        variable: String,
    },
    /// No connection.
    #[error("model {:?} does not answer at {}: {problem}", .endpoint.name, .endpoint.base_url)]
    Connect {
        /// Who was asked.
        endpoint: Arc<Endpoint>,
        /// What the system said.
        problem: String,
    },
    /// No trusted connection.
    #[error("model {:?} at {}: no trusted connection: {problem}", .endpoint.name, .endpoint.base_url)]
    Tls {
        /// Who was asked.
        endpoint: Arc<Endpoint>,
        /// What is not trusted.
        problem: String,
    },
    /// Silence.
    #[error("model {:?} {} for {} seconds", .endpoint.name, match .silence { Silence::Beginning => "did not begin to answer", Silence::Middle => "was silent in the middle of its answer" }, .waited_ms / 1000)]
    Timeout {
        /// Who was asked.
        endpoint: Arc<Endpoint>,
        /// About what it was silent.
        silence: Silence,
        /// For how long.
        waited_ms: u64,
    },
    /// An error status.
    #[error("model {:?} answered {status}{}", .endpoint.name, after_colon(.detail))]
    Status {
        /// Who was asked.
        endpoint: Arc<Endpoint>,
        /// The HTTP status.
        status: u16,
        /// What kind of failure it is.
        class: Class,
        /// What the endpoint said; shortened, and without the key.
        detail: String,
        /// How long it asks to wait.
        retry_after_ms: Option<u64>,
    },
    /// An error in place of a piece of the reply.
    #[error("model {:?} broke off with an error{}", .endpoint.name, after_colon(.detail))]
    InStream {
        /// Who was asked.
        endpoint: Arc<Endpoint>,
        /// What kind of failure it is.
        class: Class,
        /// What the endpoint said; shortened, and without the key.
        detail: String,
    },
    /// The connection ended before the reply did.
    #[error("the reply of model {:?} broke off: {problem}", .endpoint.name)]
    Cut {
        /// Who was asked.
        endpoint: Arc<Endpoint>,
        /// How it ended.
        problem: String,
    },
    /// An answer that no model endpoint gives.
    #[error("what answers at {} is not a model endpoint: {problem}", .endpoint.base_url)]
    Malformed {
        /// Who was asked.
        endpoint: Arc<Endpoint>,
        /// What came instead.
        problem: String,
    },
    /// A reply beyond the bounds.
    #[error("the reply of model {:?} is too large: {problem}", .endpoint.name)]
    TooLarge {
        /// Who was asked.
        endpoint: Arc<Endpoint>,
        /// Which bound was passed.
        problem: String,
    },
    /// The conversation breaks law L3, and so is not sent.
    #[error("a fault of agentd: tool call {call} of the conversation does not have exactly one result")]
    Unpaired {
        /// The call.
        call: String,
    },
    /// The file of a scripted model cannot be used.
    #[error("script {path}: {problem}")]
    Script {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A failure that a script asks for.
    #[error("scripted failure: {}", .class.name())]
    Scripted {
        /// Which.
        class: Class,
        /// How long the script asks to wait.
        retry_after_ms: Option<u64>,
    },
}

impl ModelError {
    /// What kind of failure it is, in one word.
    pub fn class(&self) -> &'static str {
        self.kind().name()
    }

    /// Whether another attempt may go better.
    pub fn retryable(&self) -> bool {
        self.kind().retryable()
    }

    /// How long the endpoint asks to wait before the next attempt.
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::Status { retry_after_ms, .. } | Self::Scripted { retry_after_ms, .. } => *retry_after_ms,
            _ => None,
        }
    }

    /// One line of what happened, without secrets.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// What the user can do about it; empty where there is nothing to do.
    pub fn hint(&self) -> String {
        match self {
            Self::NoModel => NO_MODEL_HINT.to_owned(),
            Self::NoDefault { known } => {
                format!("set default_model in config.toml, or use --model with one of: {}", known.join(", "))
            }
            Self::UnknownModel { known, .. } => format!("configured: {}", known.join(", ")),
            Self::BadRecord { name, .. } => format!("mend [models.{name}] in config.toml and restart agentd"),
            Self::NotBuilt { name, .. } => {
                format!("set api = \"openai\" in [models.{name}] with a base_url that speaks chat completions")
            }
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
            Self::Timeout { .. } | Self::Cut { .. } => String::new(),
            Self::Scripted { .. } => "the script asks for this failure".to_owned(),
        }
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> Class {
        match self {
            Self::NoModel | Self::NoDefault { .. } | Self::UnknownModel { .. } | Self::BadRecord { .. } => {
                Class::NotConfigured
            }
            Self::Unpaired { .. } => Class::Rejected,
            Self::NotBuilt { .. } => Class::NotBuilt,
            Self::NoKey { .. } => Class::NoKey,
            Self::Connect { .. } => Class::Connect,
            Self::Tls { .. } => Class::Tls,
            Self::Timeout { .. } => Class::Timeout,
            Self::Cut { .. } => Class::Cut,
            Self::Malformed { .. } => Class::Malformed,
            Self::TooLarge { .. } => Class::TooLarge,
            Self::Script { .. } => Class::Script,
            Self::Status { class, .. } | Self::InStream { class, .. } | Self::Scripted { class, .. } => *class,
        }
    }
}

const NO_MODEL_HINT: &str = "set ZHIPUAI_API_KEY or OPENAI_API_KEY in agentd's environment and restart it, start a local Ollama, \
     vLLM or llama.cpp server, or write a [models.NAME] record in config.toml (agentctl config init)";

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

fn after_colon(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(api_key_env: Option<&str>) -> Arc<Endpoint> {
        Arc::new(Endpoint {
            name: "glm".to_owned(),
            base_url: "https://example.test/v4".to_owned(),
            model: "glm-4.7".to_owned(),
            api_key_env: api_key_env.map(str::to_owned),
        })
    }

    #[test]
    fn class_names_are_those_of_scripts_and_journals() {
        for class in [Class::RateLimited, Class::TooLarge, Class::NoKey, Class::Tls] {
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
    }

    #[test]
    fn hints_name_the_setting() {
        let missing = ModelError::NoKey { name: "glm".to_owned(), variable: "ZHIPUAI_API_KEY".to_owned() };
        assert!(missing.hint().contains("set ZHIPUAI_API_KEY in agentd's environment"));
        assert!(missing.hint().contains("api_key_env in [models.glm]"));
        let refused = |api_key_env| ModelError::Status {
            endpoint: endpoint(api_key_env),
            status: 401,
            class: Class::Unauthorized,
            detail: String::new(),
            retry_after_ms: None,
        };
        assert!(refused(Some("GLM_KEY")).hint().contains("GLM_KEY"));
        assert!(refused(None).hint().contains("api_key_env in [models.glm]"));
        assert!(!refused(None).retryable());
        assert!(ModelError::NoModel.hint().contains("ZHIPUAI_API_KEY"));
    }

    #[test]
    fn messages_are_one_line_in_words() {
        let silent = ModelError::Timeout { endpoint: endpoint(None), silence: Silence::Middle, waited_ms: 90_000 };
        assert_eq!(silent.message(), "model \"glm\" was silent in the middle of its answer for 90 seconds");
        assert_eq!(silent.class(), "timeout");
        assert!(silent.retryable());
    }
}
