//! `agent.v1.ImageService`.

use std::pin::Pin;

use futures_util::{Stream, StreamExt as _, stream};
use proto::reason::{Failure, Reason};
use proto::v1;
use proto::v1::image_service_server::ImageService;
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};

use crate::sandbox::images::{ImageInfo, Images, Layer};
use crate::session::error::SessionError;
use crate::session::registry::Sessions;
use crate::session::view::SessionView;

use super::{convert, failure};

/// Messages of a pull that wait for its client at most.
const MESSAGES_MAX: usize = 256;

/// The service.
pub(super) struct ImageApi {
    pub(super) sessions: Sessions,
}

type Answer<T> = Result<Response<T>, Status>;

impl ImageApi {
    /// The images of the backend, where it has such.
    fn images(&self) -> Result<&dyn Images, Status> {
        self.sessions.services().images().map_err(|error| failure::of_sandbox(error).into())
    }

    async fn pull_to_end(
        &self,
        name: &str,
        messages: &mpsc::Sender<Result<v1::PullProgress, Status>>,
    ) -> Result<v1::PullProgress, Status> {
        let sink = |layer: Layer| {
            // A client that is slow to read misses steps in between, never the end.
            drop(messages.try_send(Ok(v1::PullProgress { layer: Some(convert::layer(layer)), image: None })));
        };
        let image = self.images()?.pull(name, &sink).await.map_err(failure::of_sandbox)?;
        Ok(v1::PullProgress { layer: None, image: Some(self.packed(&image).await?) })
    }

    async fn packed(&self, image: &ImageInfo) -> Result<v1::Image, Status> {
        let views = self.sessions.list().await.map_err(failure::status)?;
        Ok(convert::image(image, &views, &self.sessions.services().settings.sandbox.image))
    }
}

#[tonic::async_trait]
impl ImageService for ImageApi {
    async fn list(&self, _: Request<v1::ListImagesRequest>) -> Answer<v1::ListImagesResponse> {
        let images = self.images()?.list().await.map_err(failure::of_sandbox)?;
        let views = self.sessions.list().await.map_err(failure::status)?;
        let usual = &self.sessions.services().settings.sandbox.image;
        let images = images.iter().map(|image| convert::image(image, &views, usual)).collect();
        Ok(Response::new(v1::ListImagesResponse { images }))
    }

    type PullStream = Pin<Box<dyn Stream<Item = Result<v1::PullProgress, Status>> + Send>>;

    async fn pull(&self, request: Request<v1::PullImageRequest>) -> Answer<Self::PullStream> {
        let name = named(request.into_inner().image)?;
        self.images()?;
        let api = Self { sessions: self.sessions.clone() };
        let (told, receiver) = mpsc::channel(MESSAGES_MAX);
        // It ends with the client: nobody else waits for the image.
        tokio::spawn(async move {
            let stopping = api.sessions.services().stopping.clone();
            let last = tokio::select! {
                done = api.pull_to_end(&name, &told) => done,
                () = told.closed() => return,
                () = stopping.cancelled() => Err(failure::status(SessionError::Stopping)),
            };
            drop(told.send(last).await);
        });
        let messages = stream::unfold(receiver, |mut receiver: mpsc::Receiver<_>| async move {
            let message = receiver.recv().await?;
            Some((message, receiver))
        });
        Ok(Response::new(Box::pin(messages)))
    }

    async fn import(&self, request: Request<Streaming<v1::ImportImageChunk>>) -> Answer<v1::Image> {
        let mut chunks = request.into_inner();
        let first = chunks.message().await?.unwrap_or_default();
        let name = named(first.image)?;
        let images = self.images()?;
        let rest = chunks.map(|chunk| chunk.map(|chunk| chunk.data).map_err(std::io::Error::other));
        let tar = stream::once(async { Ok(first.data) }).chain(rest);
        let image = images.import(&name, Box::pin(tar)).await.map_err(failure::of_sandbox)?;
        Ok(Response::new(self.packed(&image).await?))
    }

    async fn remove(&self, request: Request<v1::RemoveImageRequest>) -> Answer<v1::RemoveImageResponse> {
        let v1::RemoveImageRequest { image: name, force } = request.into_inner();
        let name = named(name)?;
        let images = self.images()?;
        let Some(found) = images.find(&name).await.map_err(failure::of_sandbox)? else {
            let failure = Failure::new(Reason::ImageNotFound, format!("there is no image {name}"));
            return Err(failure.hinted("`agentctl image list` shows the images there are").into());
        };
        let views = self.sessions.list().await.map_err(failure::status)?;
        let users = convert::users_of(&found, &views);
        if !users.is_empty() && !force {
            return Err(in_use(&name, &users).into());
        }
        images.remove(&name).await.map_err(failure::of_sandbox)?;
        Ok(Response::new(v1::RemoveImageResponse { image: name }))
    }
}

fn named(name: String) -> Result<String, Failure> {
    if name.is_empty() {
        return Err(Failure::new(Reason::InvalidArgument, "no image is named"));
    }
    Ok(name)
}

fn in_use(name: &str, users: &[&SessionView]) -> Failure {
    /// Sessions that are named; of more the number is told.
    const NAMED_MAX: usize = 5;
    let label = |view: &&SessionView| view.name.clone().unwrap_or_else(|| view.id.to_string());
    let mut names: Vec<String> = users.iter().take(NAMED_MAX).map(label).collect();
    if users.len() > NAMED_MAX {
        names.push(format!("{} more", users.len() - NAMED_MAX));
    }
    Failure::new(Reason::ImageInUse, format!("the image {name} is used by sessions: {}", names.join(", "))).hinted(
        "remove them or give them another image with `agentctl session upgrade`; or --force, and they need it again",
    )
}
