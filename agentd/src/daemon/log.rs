//! The log: lines on standard error, for a person or for a machine.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// The environment variable that says what is logged, as `info` or `info,agentd::store=debug`.
pub const VARIABLE: &str = "AGENTD_LOG";

const DEFAULT: &str = "info";

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For a person.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is malformed.
    #[error("{VARIABLE}={value}: {error}; write a level like debug, or target=level pairs")]
    Filter {
        /// What was given.
        value: String,
        /// What is wrong with it.
        error: ParseError,
    },
    /// The process has a log already.
    #[error("the log was started twice")]
    Started,
}

/// Starts the log. `filter` is the value of [`VARIABLE`].
pub fn start(format: LogFormat, filter: Option<&str>) -> Result<(), LogError> {
    let builder = tracing_subscriber::fmt().with_env_filter(parse(filter)?).with_writer(io::stderr);
    match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|_| LogError::Started)
}

fn parse(filter: Option<&str>) -> Result<EnvFilter, LogError> {
    let value = filter.filter(|value| !value.trim().is_empty()).unwrap_or(DEFAULT);
    EnvFilter::try_new(value).map_err(|error| LogError::Filter { value: value.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_is_info_unless_told_otherwise() {
        assert_eq!(parse(None).unwrap().to_string(), "info");
        assert_eq!(parse(Some(" ")).unwrap().to_string(), "info");
        assert_eq!(parse(Some("agentd=debug")).unwrap().to_string(), "agentd=debug");
    }

    #[test]
    fn a_malformed_filter_is_named() {
        let message = parse(Some("agentd=loud")).unwrap_err().to_string();
        assert!(message.starts_with("AGENTD_LOG=agentd=loud: "), "{message}");
    }
}
