//! The user's own template of the system prompt: `prompt.md` beside `config.toml`.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::error::ConfigError;

/// The file's name.
const NAME: &str = "prompt.md";

/// Bytes of it at most.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Where the template is looked for.
pub fn prompt_file(config_file: &Path) -> PathBuf {
    config_file.with_file_name(NAME)
}

/// The template; `None` where the user has none.
pub fn read_prompt(config_file: &Path) -> Result<Option<String>, ConfigError> {
    let file = prompt_file(config_file);
    let mut text = String::new();
    let read = File::open(&file).and_then(|opened| opened.take(FILE_BYTES_MAX + 1).read_to_string(&mut text));
    let error = match read {
        Ok(_) if text.len() as u64 > FILE_BYTES_MAX => {
            io::Error::other(format!("it has more than {FILE_BYTES_MAX} bytes"))
        }
        Ok(_) => return Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => error,
    };
    Err(ConfigError::Read { file, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_stands_beside_the_configuration() {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("config.toml");
        assert_eq!(read_prompt(&config).unwrap(), None);
        std::fs::write(home.path().join("prompt.md"), "Be kind.").unwrap();
        assert_eq!(read_prompt(&config).unwrap().as_deref(), Some("Be kind."));
        std::fs::write(home.path().join("prompt.md"), "x".repeat((64 << 10) + 1)).unwrap();
        assert!(read_prompt(&config).unwrap_err().to_string().ends_with("prompt.md: it has more than 65536 bytes"));
    }
}
