//! How a process tree is ended: asked, then killed, then its reaper killed. Pure: a driver waits and signals.

use std::time::Duration;

/// Between TERM and KILL after a timeout.
const TIMEOUT_GRACE: Duration = Duration::from_secs(2);
/// Between two rounds of KILL.
const KILL_PAUSE: Duration = Duration::from_millis(50);
/// Rounds of KILL before the reaper itself is killed: by then it must have been stopped by the sandboxed code.
const KILL_ROUNDS: u32 = 40;

/// Why a tree is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Its time limit.
    Timeout,
    /// A request to end it, with time to end by itself.
    Killed {
        /// Between TERM and KILL; zero: KILL at once.
        grace: Duration,
    },
}

/// What to do now, and after how long to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Ask the whole tree to end.
    Term(Duration),
    /// Kill the whole tree.
    Kill(Duration),
    /// Kill the reaper; what it leaves falls to the supervisor.
    KillReaper(Duration),
}

/// The way down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Escalation {
    /// It runs.
    #[default]
    Running,
    /// It was asked.
    Asked,
    /// It was killed this often.
    Killed(u32),
}

impl Escalation {
    /// Begins the end, or hastens it.
    pub(crate) fn begin(&mut self, ending: Ending) -> Step {
        let grace = match ending {
            Ending::Timeout => TIMEOUT_GRACE,
            Ending::Killed { grace } => grace,
        };
        if grace.is_zero() || *self != Self::Running {
            return self.next();
        }
        *self = Self::Asked;
        Step::Term(grace)
    }

    /// The step after the time that the last one gave has passed.
    pub(crate) fn next(&mut self) -> Step {
        let rounds = match *self {
            Self::Running | Self::Asked => 0,
            Self::Killed(rounds) => rounds,
        };
        *self = Self::Killed(rounds.saturating_add(1));
        if rounds < KILL_ROUNDS { Step::Kill(KILL_PAUSE) } else { Step::KillReaper(KILL_PAUSE) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_asks_then_kills_then_kills_the_reaper() {
        let mut escalation = Escalation::default();
        assert_eq!(escalation.begin(Ending::Timeout), Step::Term(TIMEOUT_GRACE));
        for _ in 0..KILL_ROUNDS {
            assert_eq!(escalation.next(), Step::Kill(KILL_PAUSE));
        }
        assert_eq!(escalation.next(), Step::KillReaper(KILL_PAUSE));
        assert_eq!(escalation.next(), Step::KillReaper(KILL_PAUSE));
    }

    #[test]
    fn a_kill_without_grace_does_not_ask() {
        assert_eq!(Escalation::default().begin(Ending::Killed { grace: Duration::ZERO }), Step::Kill(KILL_PAUSE));
    }

    #[test]
    fn a_kill_during_the_grace_of_a_timeout_does_not_wait() {
        let mut escalation = Escalation::default();
        escalation.begin(Ending::Timeout);
        let hasty = escalation.begin(Ending::Killed { grace: Duration::from_secs(9) });
        assert_eq!(hasty, Step::Kill(KILL_PAUSE));
    }
}
