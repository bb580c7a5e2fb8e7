//! How long a daemon that went away is waited for.

use std::time::Duration;

use proto::reason::Reason;
use tokio::time::Instant;

use crate::error::CommandError;

const PATIENCE: Duration = Duration::from_secs(30);
const FIRST_STEP: Duration = Duration::from_millis(50);
const LONGEST_STEP: Duration = Duration::from_secs(1);

/// Counts from the first loss to the next sign of life.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    lost: Option<(Instant, Duration)>,
}

impl Patience {
    /// Waits a little before the next try; gives the error back when it was too long, or when trying again is no use.
    pub(crate) async fn wait(&mut self, error: CommandError) -> Result<(), CommandError> {
        if !mends_itself(&error) {
            return Err(error);
        }
        let (since, step) = *self.lost.get_or_insert((Instant::now(), FIRST_STEP));
        if since.elapsed() >= PATIENCE {
            return Err(error);
        }
        self.lost = Some((since, (step * 2).min(LONGEST_STEP)));
        tokio::time::sleep(step).await;
        Ok(())
    }

    /// Whether the daemon is being waited for.
    pub(crate) fn is_waiting(&self) -> bool {
        self.lost.is_some()
    }

    /// The daemon gave a sign of life.
    pub(crate) fn over(&mut self) {
        self.lost = None;
    }
}

/// Whether the failure is that of a daemon that stops, starts, or went away.
fn mends_itself(error: &CommandError) -> bool {
    matches!(error, CommandError::Failed(failure)
        if matches!(failure.reason, Reason::DaemonUnreachable | Reason::ShuttingDown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_ends() {
        let mut patience = Patience::default();
        let began = Instant::now();
        while patience.wait(CommandError::new(Reason::DaemonUnreachable, "gone")).await.is_ok() {}
        assert!((PATIENCE..PATIENCE + LONGEST_STEP).contains(&began.elapsed()));
        patience.over();
        assert!(patience.wait(CommandError::new(Reason::ShuttingDown, "stopping")).await.is_ok());
    }

    #[tokio::test]
    async fn what_stays_broken_is_told_at_once() {
        let mut patience = Patience::default();
        assert!(patience.wait(CommandError::new(Reason::SessionNotFound, "no such session")).await.is_err());
        assert!(patience.wait(CommandError::usage("config.toml line 3")).await.is_err());
    }
}
