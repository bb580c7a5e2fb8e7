//! From the file to the settings.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::session::bounds;

use super::check;
use super::error::{ConfigError, Problem};
use super::reword;
use super::settings::{Config, DEFAULT_AGENT};

/// Overrides `sandbox.image`, so that one image can be tried without touching the file.
pub const IMAGE_VARIABLE: &str = "AGENTD_SANDBOX_IMAGE";

/// Bytes of a configuration at most.
const FILE_BYTES_MAX: u64 = 1 << 20;

impl Config {
    /// The settings in force: the defaults, the file over them where there is one, the environment over both. `tools` are the
    /// tools that may be named.
    pub fn load(
        file: &Path,
        environment: impl Fn(&str) -> Option<String>,
        tools: &[&str],
    ) -> Result<Self, ConfigError> {
        let mut config = match read(file) {
            Ok(bytes) => decode(bytes).and_then(|text| match parse(&text, tools) {
                Ok(config) => Ok(config),
                Err(problem) => Err((problem, text)),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => return Err(ConfigError::Read { file: file.to_owned(), error }),
        }
        .map_err(|(problem, text)| problem.at(file, &text))?;
        if let Some(image) = environment(IMAGE_VARIABLE).filter(|image| !image.is_empty()) {
            bounds::image(&image).map_err(|message| ConfigError::Environment { variable: IMAGE_VARIABLE, message })?;
            config.sandbox.image = image;
        }
        Ok(config)
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let opened = File::open(file)?;
    if !opened.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

fn decode(bytes: Vec<u8>) -> Result<String, (Problem, String)> {
    String::from_utf8(bytes).map_err(|error| {
        let start = error.utf8_error().valid_up_to();
        let problem = Problem { span: start..start, message: "this is not UTF-8 text".to_owned() };
        (problem, String::from_utf8_lossy(error.as_bytes()).into_owned())
    })
}

/// The settings that a text makes.
pub(super) fn parse(text: &str, tools: &[&str]) -> Result<Config, Problem> {
    let mut config: Config = toml::from_str(text).map_err(|error| reword::of_toml(&error, text))?;
    config.agents.entry(DEFAULT_AGENT.to_owned()).or_default();
    check::check(&config, tools).map_err(|wrong| wrong.locate(text))?;
    Ok(config)
}
