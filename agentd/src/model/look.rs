//! Which models there are and whether their endpoints answer. No model is asked anything: that costs.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::anthropic::Anthropic;
use super::config::{Api, ModelConfig};
use super::error::{Class, ModelError};
use super::first_listed;
use super::openai::OpenAi;
use super::registry::Models;

/// How long an endpoint has to list its models.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// Names that are shown of an endpoint's own list.
const NAMES_SHOWN: usize = 5;

/// One model and how it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its name in the configuration.
    pub name: String,
    /// Its record, with what was found out about it.
    pub record: ModelConfig,
    /// Whether sessions use it that ask for no other.
    pub is_default: bool,
    /// How it stands.
    pub state: Stands,
    /// One line on that.
    pub detail: String,
    /// What to do about it.
    pub hint: String,
}

/// How a model stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Its endpoint offers it.
    Ready,
    /// Its endpoint answers, and does not tell what it offers.
    Answers,
    /// Its endpoint does not list it.
    NotOffered,
    /// It cannot be asked.
    Unusable,
}

type Found = (Stands, String, String);

impl Models {
    /// How every model stands, the default one first.
    pub async fn look(&self) -> Vec<Standing> {
        let mut standings = join_all(self.names().into_iter().map(|name| self.look_at(name))).await;
        standings.sort_by_key(|standing| !standing.is_default);
        standings
    }

    async fn look_at(&self, name: &str) -> Standing {
        let mut record = self.record(name).cloned().unwrap_or_default();
        let (state, detail, hint) = match self.state_of(name, &mut record).await {
            Ok(found) => found,
            Err(error) => (Stands::Unusable, error.message(), error.hint()),
        };
        let is_default = self.default_name() == Some(name);
        Standing { name: name.to_owned(), record, is_default, state, detail, hint }
    }

    async fn state_of(&self, name: &str, record: &mut ModelConfig) -> Result<Found, ModelError> {
        if record.api == Api::Scripted {
            let model = self.get(name)?;
            return Ok((Stands::Ready, model.note().unwrap_or_default().to_owned(), String::new()));
        }
        let Some(model) = record.model.clone() else {
            let found = self.first_listed(name, record)?.find().await?;
            let endpoint = found.endpoint();
            record.base_url = Some(endpoint.base_url.clone());
            record.model = Some(endpoint.model.clone());
            let which = if name == first_listed::NAME { "found on this machine" } else { "the first that it lists" };
            return Ok((Stands::Ready, which.to_owned(), String::new()));
        };
        let key = self.key(name, record)?;
        let wire = match record.api {
            Api::Anthropic => Anthropic::wire(name, record, key)?,
            Api::Openai | Api::Scripted => OpenAi::wire(name, record, key)?,
        };
        let listed = timeout(LOOK_TIMEOUT, wire.list()).await.unwrap_or_else(|_| Err(wire.too_slow(LOOK_TIMEOUT)));
        match listed {
            Ok(models) => Ok(offered(name, &model, &models)),
            Err(error) if matches!(error.kind(), Class::NotFound | Class::Malformed) => {
                Ok((Stands::Answers, "it does not list its models".to_owned(), String::new()))
            }
            Err(error) => Err(error),
        }
    }
}

fn offered(name: &str, model: &str, models: &[String]) -> Found {
    // Ollama lists what it calls `name:latest`, and takes `name` for it.
    if models.iter().any(|listed| listed == model || listed.strip_suffix(":latest") == Some(model)) {
        return (Stands::Ready, String::new(), String::new());
    }
    let mut shown = models.iter().take(NAMES_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if models.len() > NAMES_SHOWN {
        shown.push_str(", …");
    }
    let detail = match models.is_empty() {
        true => "its endpoint lists no models".to_owned(),
        false => format!("its endpoint lists {} models: {shown}", models.len()),
    };
    (Stands::NotOffered, detail, format!("check model ({model:?}) in [models.{name}]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_offered_under_its_name_or_as_the_latest() {
        let models: Vec<String> = ["a", "b:latest"].map(str::to_owned).to_vec();
        assert_eq!(offered("x", "a", &models).0, Stands::Ready);
        assert_eq!(offered("x", "b", &models).0, Stands::Ready);
        let (state, detail, hint) = offered("x", "c", &models);
        assert_eq!(state, Stands::NotOffered);
        assert_eq!(detail, "its endpoint lists 2 models: a, b:latest");
        assert!(hint.contains("[models.x]"));
        assert_eq!(offered("x", "c", &[]).1, "its endpoint lists no models");
    }
}
