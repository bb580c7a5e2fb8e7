//! The models that there are, by name.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::anthropic::Anthropic;
use super::chat::Model;
use super::config::{self, Api, ModelConfig};
use super::environment::{self, Environment};
use super::error::ModelError;
use super::first_listed::{self, FirstListed};
use super::key::ApiKey;
use super::openai::OpenAi;
use super::scripted::Scripted;
use crate::domain::message::Usage;

/// The configured models; without any, those of the environment; without these, a local server.
pub struct Models {
    default: Option<String>,
    records: BTreeMap<String, ModelConfig>,
    environment: Environment,
    local: Arc<FirstListed>,
    /// What was built stays, for its connections. A script stays as long as its file is the same.
    built: Mutex<BTreeMap<String, Built>>,
}

struct Built {
    model: Arc<dyn Model>,
    script_stamp: Option<Stamp>,
}

/// A file's time of change and size.
type Stamp = (Option<SystemTime>, u64);

impl Models {
    /// The models of these records. `environment` is where keys are looked up; it is asked now and whenever a model is first used.
    pub fn new(default: Option<String>, records: BTreeMap<String, ModelConfig>, environment: Environment) -> Self {
        let (default, records) = if records.is_empty() {
            let found = environment::records(&environment);
            (default.or_else(|| found.first().map(|(name, _)| name.clone())), found.into_iter().collect())
        } else {
            let only = || records.keys().next().filter(|_| records.len() == 1).cloned();
            (default.or_else(only), records)
        };
        let local = Arc::new(FirstListed::local());
        Self { default, records, environment, local, built: Mutex::default() }
    }

    /// The name that a session gets which asks for none; `None` where several are configured and none is the default.
    pub fn default_name(&self) -> Option<&str> {
        self.default.as_deref().or(self.records.is_empty().then_some(first_listed::NAME))
    }

    /// The names of all models. `local` is one where nothing else is.
    pub fn names(&self) -> Vec<&str> {
        if self.records.is_empty() {
            vec![first_listed::NAME]
        } else {
            self.records.keys().map(String::as_str).collect()
        }
    }

    /// The record of a model, if it has one.
    pub fn record(&self, name: &str) -> Option<&ModelConfig> {
        self.records.get(name)
    }

    /// What this usage of a model costs, in millionths; 0 where it has no prices.
    pub fn cost_micros(&self, name: &str, usage: &Usage) -> u64 {
        let prices = self.records.get(name).and_then(|record| record.prices);
        prices.map_or(0, |prices| prices.cost_micros(usage))
    }

    /// The model after `failed` in the chain that begins with `first`.
    pub fn stand_in(&self, first: &str, failed: &str) -> Option<String> {
        let chain = std::iter::once(first)
            .chain(self.records.get(first)?.fallback.iter().map(String::as_str))
            .skip_while(|name| *name != failed);
        chain.skip(1).find(|name| *name != first && *name != failed).map(str::to_owned)
    }

    /// The model of a name; the default one for the empty name. Asks no endpoint: see [`Models::check`].
    pub fn get(&self, name: &str) -> Result<Arc<dyn Model>, ModelError> {
        let known = || self.records.keys().cloned().collect::<Vec<_>>();
        let name = match name {
            "" => self.default_name().ok_or_else(|| ModelError::NoDefault { known: known() })?,
            name => name,
        };
        match self.records.get(name) {
            Some(record) => self.build(name, record),
            None if self.records.is_empty() && name == first_listed::NAME => {
                Ok(Arc::clone(&self.local) as Arc<dyn Model>)
            }
            None if self.records.is_empty() => Err(ModelError::NoModel),
            None => Err(ModelError::UnknownModel { name: name.to_owned(), known: known() }),
        }
    }

    /// Like [`Models::get`], and looks whether there is a local server where that is the model. Takes half a second at most.
    pub async fn check(&self, name: &str) -> Result<Arc<dyn Model>, ModelError> {
        let model = self.get(name)?;
        if self.records.is_empty() {
            self.local.find().await?;
        }
        Ok(model)
    }

    fn build(&self, name: &str, record: &ModelConfig) -> Result<Arc<dyn Model>, ModelError> {
        let script = record.script.as_deref().filter(|_| record.api == Api::Scripted);
        let script_stamp = script.and_then(stamp);
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = built.get(name).filter(|earlier| earlier.script_stamp == script_stamp) {
            return Ok(Arc::clone(&earlier.model));
        }
        let model: Arc<dyn Model> = match record.api {
            Api::Openai if record.model.is_none() => self.first_listed(name, record)?,
            Api::Openai => Arc::new(OpenAi::new(name, record, self.key(name, record)?)?),
            Api::Anthropic => Arc::new(Anthropic::new(name, record, self.key(name, record)?)?),
            Api::Scripted => {
                let script = script.ok_or_else(|| config::bad(name, "script is missing"))?;
                Arc::new(Scripted::load(script)?)
            }
        };
        built.insert(name.to_owned(), Built { model: Arc::clone(&model), script_stamp });
        Ok(model)
    }

    /// The model of an endpoint whose models nobody named, or of whatever runs on this machine.
    pub(super) fn first_listed(&self, name: &str, record: &ModelConfig) -> Result<Arc<FirstListed>, ModelError> {
        if self.records.is_empty() {
            return Ok(Arc::clone(&self.local));
        }
        Ok(Arc::new(FirstListed::at(name, record, self.key(name, record)?)))
    }

    /// The key of a record, where it names one.
    pub(super) fn key(&self, name: &str, record: &ModelConfig) -> Result<Option<ApiKey>, ModelError> {
        let Some(variable) = &record.api_key_env else { return Ok(None) };
        let key = (self.environment)(variable).as_deref().and_then(ApiKey::new);
        key.map(Some).ok_or_else(|| ModelError::NoKey { name: name.to_owned(), variable: variable.clone() })
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok(), metadata.len()))
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Models").field("default", &self.default).field("records", &self.records).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
