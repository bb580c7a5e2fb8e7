//! The server on the daemon's socket: every service behind the check of who is calling.

use std::sync::Arc;
use std::time::Duration;

use proto::v1::daemon_service_server::{self, DaemonServiceServer};
use proto::v1::image_service_server::{self, ImageServiceServer};
use proto::v1::journal_service_server::{self, JournalServiceServer};
use proto::v1::model_service_server::{self, ModelServiceServer};
use proto::v1::sandbox_service_server::{self, SandboxServiceServer};
use proto::v1::session_service_server::{self, SessionServiceServer};
use tokio::net::UnixListener;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;

use crate::session::registry::Sessions;

use super::daemon_service::{About, DaemonApi};
use super::image_service::ImageApi;
use super::incoming::incoming;
use super::journal_service::JournalApi;
use super::model_service::ModelApi;
use super::peer::only_own_user;
use super::sandbox_service::SandboxApi;
use super::session_service::SessionApi;

/// Bytes of one request at most.
const REQUEST_BYTES_MAX: usize = 8 << 20;

/// Requests under way on one connection at most.
const STREAMS_PER_CONNECTION_MAX: u32 = 256;

/// How long open requests may take once the daemon stops.
const DRAIN: Duration = Duration::from_secs(3);

/// The server on the socket failed.
#[derive(Debug, thiserror::Error)]
#[error("the server on the socket failed: {0}")]
pub struct ServeError(#[from] tonic::transport::Error);

/// Serves until the daemon stops; then ends open requests within [`DRAIN`].
pub async fn serve(listener: UnixListener, sessions: Sessions, about: Arc<About>) -> Result<(), ServeError> {
    let stopping = sessions.services().stopping.clone();
    let session = SessionServiceServer::new(SessionApi { sessions: sessions.clone() })
        .max_decoding_message_size(REQUEST_BYTES_MAX);
    let sandbox = SandboxServiceServer::new(SandboxApi { sessions: sessions.clone() })
        .max_decoding_message_size(REQUEST_BYTES_MAX);
    let image =
        ImageServiceServer::new(ImageApi { sessions: sessions.clone() }).max_decoding_message_size(REQUEST_BYTES_MAX);
    let journal = JournalServiceServer::new(JournalApi { sessions: sessions.clone() });
    let model = ModelServiceServer::new(ModelApi { sessions: sessions.clone() });
    let daemon = DaemonServiceServer::new(DaemonApi { sessions, about });

    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<SessionServiceServer<SessionApi>>().await;
    health.set_serving::<SandboxServiceServer<SandboxApi>>().await;
    health.set_serving::<JournalServiceServer<JournalApi>>().await;
    health.set_serving::<ModelServiceServer<ModelApi>>().await;
    health.set_serving::<DaemonServiceServer<DaemonApi>>().await;
    health.set_serving::<ImageServiceServer<ImageApi>>().await;

    let mut server = Server::builder()
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .add_service(InterceptedService::new(health_service, only_own_user))
        .add_service(InterceptedService::new(session, only_own_user))
        .add_service(InterceptedService::new(sandbox, only_own_user))
        .add_service(InterceptedService::new(journal, only_own_user))
        .add_service(InterceptedService::new(model, only_own_user))
        .add_service(InterceptedService::new(daemon, only_own_user))
        .add_service(InterceptedService::new(image, only_own_user));
    match tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name(session_service_server::SERVICE_NAME)
        .with_service_name(sandbox_service_server::SERVICE_NAME)
        .with_service_name(journal_service_server::SERVICE_NAME)
        .with_service_name(model_service_server::SERVICE_NAME)
        .with_service_name(daemon_service_server::SERVICE_NAME)
        .with_service_name(image_service_server::SERVICE_NAME)
        .with_service_name(tonic_health::pb::health_server::SERVICE_NAME)
        .build_v1()
    {
        Ok(reflection) => server = server.add_service(InterceptedService::new(reflection, only_own_user)),
        Err(error) => tracing::error!(%error, "gRPC reflection is not available"),
    }

    let serving = server.serve_with_incoming_shutdown(incoming(listener), stopping.clone().cancelled_owned());
    let overdue = async {
        stopping.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = serving => Ok(served?),
        () = overdue => {
            tracing::warn!("open requests did not end in time");
            Ok(())
        }
    }
}
