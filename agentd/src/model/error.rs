//! What can go wrong between agentd and a model, and what the user can do about it.

mod class;
mod hint;

use std::sync::Arc;

pub use self::class::Class;

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
    /// A whole reply that says nothing.
    #[error("model {:?} gave an empty reply", .endpoint.name)]
    Empty {
        /// Who was asked.
        endpoint: Arc<Endpoint>,
    },
    /// A reply that met the bound of its length before it said anything.
    #[error("model {:?} used up the length of its reply before it said anything", .endpoint.name)]
    NoRoom {
        /// Who was asked.
        endpoint: Arc<Endpoint>,
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

    /// What kind of failure it is.
    pub fn kind(&self) -> Class {
        match self {
            Self::NoModel | Self::NoDefault { .. } | Self::UnknownModel { .. } | Self::BadRecord { .. } => {
                Class::NotConfigured
            }
            Self::Unpaired { .. } => Class::Rejected,
            Self::NoKey { .. } => Class::NoKey,
            Self::Connect { .. } => Class::Connect,
            Self::Tls { .. } => Class::Tls,
            Self::Timeout { .. } => Class::Timeout,
            Self::Cut { .. } => Class::Cut,
            Self::Malformed { .. } => Class::Malformed,
            Self::TooLarge { .. } => Class::TooLarge,
            Self::Empty { .. } => Class::Empty,
            Self::NoRoom { .. } => Class::NoRoom,
            Self::Script { .. } => Class::Script,
            Self::Status { class, .. } | Self::InStream { class, .. } | Self::Scripted { class, .. } => *class,
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
