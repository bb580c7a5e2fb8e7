//! What a user is told about a configuration that cannot be used.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there and cannot be read.
    #[error("{}: {error}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Something in the file is wrong.
    #[error("{}:{line}:{column}: {message}", file.display())]
    At {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// An environment variable is wrong.
    #[error("{variable}: {message}")]
    Environment {
        /// The variable.
        variable: &'static str,
        /// What is wrong.
        message: String,
    },
}

/// What is wrong, and where in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) span: Range<usize>,
    pub(super) message: String,
}

impl Problem {
    /// The problem as a user reads it.
    pub(super) fn at(self, file: &Path, text: &str) -> ConfigError {
        let before = text.get(..self.span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        ConfigError::At {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: self.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(start: usize, text: &str) -> String {
        Problem { span: start..start, message: "wrong".into() }.at(Path::new("config.toml"), text).to_string()
    }

    #[test]
    fn lines_and_characters_are_counted_from_one() {
        assert_eq!(told(0, ""), "config.toml:1:1: wrong");
        assert_eq!(told(2, "a\nb"), "config.toml:2:1: wrong");
        assert_eq!(told(4, "\né = 1"), "config.toml:2:3: wrong");
        assert_eq!(told(99, "a\nb"), "config.toml:2:2: wrong");
    }
}
