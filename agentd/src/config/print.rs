//! The configuration in force, defaults included, for people and for scripts.

use super::settings::Config;

impl Config {
    /// As a config.toml that gives the same settings.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// As one JSON object.
    pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(self)
    }
}
