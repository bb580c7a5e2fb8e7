//! `agent.v1.JournalService`.

use std::pin::Pin;

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, future, stream};
use proto::reason::{Failure, Reason};
use proto::v1;
use proto::v1::journal_service_server::JournalService;
use tonic::{Request, Response, Status};

use crate::session::error::SessionError;
use crate::session::export::Export;
use crate::session::registry::Sessions;
use crate::session::verify;

use super::{convert, failure::status};

/// The service.
pub(super) struct JournalApi {
    pub(super) sessions: Sessions,
}

type Answer<T> = Result<Response<T>, Status>;

type AnswerStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl JournalService for JournalApi {
    type VerifyStream = AnswerStream<v1::Verified>;

    async fn verify(&self, request: Request<v1::VerifyRequest>) -> Answer<Self::VerifyStream> {
        let v1::VerifyRequest { session, kept } = request.into_inner();
        let kept = kept.map(convert::journal_head).transpose()?;
        if !session.is_empty() {
            let id = self.sessions.id(&session).await.map_err(status)?;
            let verdict = verify::verify(&self.sessions.services().store, &id, kept).await.map_err(status)?;
            return Ok(Response::new(stream::iter([Ok(convert::verified(verdict))]).boxed()));
        }
        if kept.is_some() {
            return Err(Failure::new(Reason::InvalidArgument, "a head that was kept is that of one session").into());
        }
        let store = self.sessions.services().store.clone();
        let file = store.verify_file().await.map_err(|error| status(error.into()))?;
        let blobs = store.verify_blobs().await.map_err(|error| status(error.into()))?;
        let of_sessions = stream::iter(file.sessions)
            .then(move |id| {
                let store = store.clone();
                async move { verify::verify(&store, &id, None).await }
            })
            // One that was removed meanwhile is no fault.
            .filter(|verdict| future::ready(!matches!(verdict, Err(SessionError::NotFound(_)))))
            .map_ok(convert::verified)
            .map_err(status);
        let of_the_file = convert::verified_file(file.faults.into_iter().chain(blobs));
        Ok(Response::new(of_sessions.chain(stream::iter([Ok(of_the_file)])).boxed()))
    }

    type ExportStream = AnswerStream<v1::JournalRow>;

    async fn export(&self, request: Request<v1::ExportRequest>) -> Answer<Self::ExportStream> {
        let id = self.sessions.id(&request.into_inner().session).await.map_err(status)?;
        let export = Export::new(self.sessions.services().store.clone(), id).await.map_err(status)?;
        let rows = stream::try_unfold(export, |mut export| async move {
            Ok(export.next().await?.map(|row| (convert::journal_row(row), export)))
        });
        Ok(Response::new(rows.map_err(status).boxed()))
    }
}
