//! Follows a turn to its end. The first Ctrl-C cancels the turn, the second leaves it.

use std::time::Instant;

use proto::paths::Paths;
use proto::reason::{Failure, Reason};
use proto::v1::event::Data;
use proto::v1::{StopRequest, TurnFinished, TurnPosition};
use tokio::task::JoinHandle;
use tokio::time::sleep_until;

use super::events::EventStream;
use super::interrupts::Interrupts;
use super::patience::Patience;
use super::view::View;
use crate::client::{self, timed};
use crate::context::Context;
use crate::error::CommandError;

/// How following a turn ended.
#[derive(Debug)]
pub(super) enum Followed {
    /// The turn ended or parked; the next event has this number.
    Finished(TurnFinished, u64),
    /// The user left while it went on.
    Left,
}

/// Shows a turn from a position on.
pub(super) async fn follow(
    context: &mut Context,
    position: &TurnPosition,
    view: &mut View,
) -> Result<Followed, CommandError> {
    let mut interrupts = std::mem::take(&mut context.interrupts);
    let followed = until_its_end(context, position, view, &mut interrupts).await;
    context.interrupts = interrupts;
    context.ui.rest();
    followed
}

async fn until_its_end(
    context: &mut Context,
    position: &TurnPosition,
    view: &mut View,
    interrupts: &mut Interrupts,
) -> Result<Followed, CommandError> {
    let mut events = EventStream::of_turn(position);
    let mut cancel = Cancel::NotWanted;
    loop {
        let frame = context.ui.next_frame();
        tokio::select! {
            event = events.next(context) => {
                let Some(event) = event? else { return Ok(Followed::Left) };
                view.show(&event, &mut context.ui)?;
                if let Some(Data::TurnFinished(finished)) = event.data {
                    return Ok(Followed::Finished(finished, event.seq.unwrap_or(position.from_seq) + 1));
                }
            }
            () = interrupts.next() => {
                if !matches!(cancel, Cancel::NotWanted) {
                    return Ok(Followed::Left);
                }
                context.ui.note("cancelling the turn; Ctrl-C again leaves it")?;
                cancel = Cancel::ask(context.paths.clone(), position.session.clone());
            }
            () = sleep_until(frame.unwrap_or_else(Instant::now).into()), if frame.is_some() => context.ui.frame()?,
            answer = cancel.answer() => {
                answer?;
                cancel = Cancel::Done;
            }
        }
    }
}

/// The wish to cancel the turn, on its way to the daemon.
enum Cancel {
    NotWanted,
    Asked(JoinHandle<Result<(), CommandError>>),
    Done,
}

impl Cancel {
    /// Asks on a connection of its own, as that of the stream may be broken just now.
    fn ask(paths: Paths, session: String) -> Self {
        Self::Asked(tokio::spawn(async move {
            let mut patience = Patience::default();
            loop {
                match stop(&paths, session.clone()).await {
                    Ok(()) => return Ok(()),
                    // It ended by itself, and its last event is on its way.
                    Err(CommandError::Failed(Failure { reason: Reason::NoTurn, .. })) => return Ok(()),
                    Err(error) => patience.wait(error).await?,
                }
            }
        }))
    }

    async fn answer(&mut self) -> Result<(), CommandError> {
        match self {
            Self::Asked(task) => match task.await {
                Ok(answer) => answer,
                Err(error) => Err(CommandError::internal("the request to cancel was lost", &error)),
            },
            Self::NotWanted | Self::Done => std::future::pending().await,
        }
    }
}

async fn stop(paths: &Paths, session: String) -> Result<(), CommandError> {
    client::connect(paths).await?.sessions().stop(timed(StopRequest { session })).await?;
    Ok(())
}
