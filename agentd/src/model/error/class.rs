//! The kinds of failure.

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
    /// The reply is whole and says nothing.
    Empty,
    /// The reply met the bound of its length before it said anything.
    NoRoom,
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
            Self::Empty => "empty",
            Self::NoRoom => "no_room",
            Self::Script => "script",
        }
    }

    /// Whether a model that stands in is to be asked: at once where this one cannot be had, else when its attempts are used up.
    /// What is wrong with the request or its record would be wrong again, or has to be known.
    pub fn calls_for_another(self, may_try_again: bool) -> bool {
        match self {
            Self::Connect | Self::Tls | Self::Quota | Self::NoKey => true,
            Self::Timeout | Self::RateLimited | Self::ServerError | Self::Cut | Self::Malformed | Self::Empty => {
                !may_try_again
            }
            _ => false,
        }
    }

    /// Whether another attempt may go better.
    pub fn retryable(self) -> bool {
        matches!(self, Self::Connect | Self::Timeout | Self::RateLimited | Self::ServerError | Self::Cut | Self::Empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_are_those_of_scripts_and_journals() {
        for class in [Class::RateLimited, Class::TooLarge, Class::NoKey, Class::Tls] {
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
    }
}
