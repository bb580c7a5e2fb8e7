//! Another image for a session, and back. Versions are in the journal; the sandbox is replaced when it is next needed.

use crate::domain::event::Body;
use crate::session::command::ImageChange;
use crate::session::error::SessionError;

use super::{Actor, Patience};

impl Actor {
    /// While a turn is running its calls depend on what the sandbox is made of, so the image stays. A parked turn waits for
    /// an answer: nothing of it runs.
    pub(super) async fn change_image(&mut self, change: ImageChange) -> Result<(), SessionError> {
        if let Some(turn) = self.state.turn.as_ref().filter(|turn| !turn.parked) {
            return Err(SessionError::TurnRunning(turn.number));
        }
        let changed = match change {
            ImageChange::Upgrade { image, digest } => {
                if self.state.options.sandbox.image == image && self.state.image_digest.as_ref() == Some(&digest) {
                    return Ok(());
                }
                Body::ImageChanged { image, digest: Some(digest), rollback: false }
            }
            ImageChange::Rollback => {
                let Some(earlier) = self.state.earlier_images.last().cloned() else {
                    return Err(SessionError::NoEarlierImage(self.state.label()));
                };
                Body::ImageChanged { image: earlier.image, digest: earlier.digest, rollback: true }
            }
        };
        self.slot.give_up().await;
        let container = self.state.container().map(str::to_owned);
        let mut bodies = vec![changed];
        if container.is_some() {
            bodies.extend(self.lost_bodies(self.state.generation(), "the session has another image now"));
        }
        self.journal(self.turn_number(), bodies, Patience::None).await?;
        self.slot.disconnect();
        self.slot.sent.clear();
        self.slot.breaks = 0;
        if let Some(name) = container
            && let Err(error) = self.backend().remove(&name).await
        {
            // No session wants it any more: reconciliation removes it once the engine answers.
            tracing::warn!(container = %name, error = %error.message, "the container of the earlier image stays for now");
        }
        Ok(())
    }
}
