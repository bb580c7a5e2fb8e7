//! `agent.v1.ModelService`.

use std::collections::{BTreeMap, HashMap};

use proto::v1;
use proto::v1::model_service_server::ModelService;
use tonic::{Request, Response, Status};

use crate::domain::message::Usage;
use crate::session::registry::Sessions;
use crate::store::UsageRow;

use super::{convert, failure};

/// The service.
pub(super) struct ModelApi {
    pub(super) sessions: Sessions,
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ModelService for ModelApi {
    async fn models(&self, _: Request<v1::ModelsRequest>) -> Answer<v1::ModelsResponse> {
        let stands = self.sessions.services().models.look().await;
        Ok(Response::new(v1::ModelsResponse { models: stands.into_iter().map(convert::model).collect() }))
    }

    async fn usage_report(&self, request: Request<v1::UsageReportRequest>) -> Answer<v1::UsageReportResponse> {
        let by = request.into_inner().by();
        let rows = self.sessions.services().store.usage().await.map_err(|error| failure::status(error.into()))?;
        let mut total = Usage::default();
        rows.iter().for_each(|row| total += row.usage);
        let mut rows = add_up(rows, by);
        if matches!(by, v1::UsageBy::Session | v1::UsageBy::Unspecified) {
            let views = self.sessions.list().await.map_err(failure::status)?;
            let names: HashMap<String, Option<String>> =
                views.into_iter().map(|view| (view.id.to_string(), view.name)).collect();
            for row in &mut rows {
                match names.get(&row.key) {
                    Some(name) => row.name = name.clone().unwrap_or_default(),
                    None => row.removed = true,
                }
            }
        }
        Ok(Response::new(v1::UsageReportResponse { rows, total: Some(convert::usage(total)) }))
    }
}

fn add_up(rows: Vec<UsageRow>, by: v1::UsageBy) -> Vec<v1::UsageRow> {
    let mut sums: BTreeMap<String, Usage> = BTreeMap::new();
    for row in rows {
        let key = match by {
            v1::UsageBy::Unspecified | v1::UsageBy::Session => row.session,
            v1::UsageBy::Model => row.model,
            v1::UsageBy::Day => row.day,
        };
        *sums.entry(key).or_default() += row.usage;
    }
    let row =
        |(key, usage)| v1::UsageRow { key, name: String::new(), removed: false, usage: Some(convert::usage(usage)) };
    sums.into_iter().map(row).collect()
}
