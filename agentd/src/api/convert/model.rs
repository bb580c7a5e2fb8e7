//! Models.

use proto::v1;

use crate::model::{Standing, Stands};

/// A model and how it stands.
pub(in crate::api) fn model(standing: Standing) -> v1::Model {
    let state = match standing.state {
        Stands::Ready => v1::ModelState::Ready,
        Stands::Answers => v1::ModelState::Answers,
        Stands::NotOffered => v1::ModelState::NotOffered,
        Stands::Unusable => v1::ModelState::Unusable,
    };
    let record = standing.record;
    v1::Model {
        name: standing.name,
        api: record.api.name().to_owned(),
        base_url: record.base_url.unwrap_or_default(),
        model: record.model.unwrap_or_default(),
        default: standing.is_default,
        state: state.into(),
        detail: standing.detail,
        hint: standing.hint,
        api_key_env: record.api_key_env.unwrap_or_default(),
        context_window: record.context_window.unwrap_or_default(),
        fallback: record.fallback,
    }
}
