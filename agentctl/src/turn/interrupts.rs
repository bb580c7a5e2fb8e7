//! Ctrl-C while events stream.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Where interrupts come from.
#[derive(Debug, Default)]
pub(crate) enum Interrupts {
    /// From the process, which is not listened to yet: until then Ctrl-C ends it, as of any program.
    #[default]
    NotYet,
    /// From the process.
    Process(Signal),
    /// From a test.
    #[cfg(test)]
    Given(tokio::sync::mpsc::UnboundedReceiver<()>),
}

impl Interrupts {
    /// Listens from now on: an interrupt that comes before anybody asks for the next one is not lost.
    pub(crate) fn listen(&mut self) {
        if matches!(self, Self::NotYet)
            && let Ok(signal) = signal(SignalKind::interrupt())
        {
            *self = Self::Process(signal);
        }
    }

    /// The next interrupt. Where none can come, this never ends.
    pub(crate) async fn next(&mut self) {
        self.listen();
        let came = match self {
            Self::NotYet => None,
            Self::Process(signal) => signal.recv().await,
            #[cfg(test)]
            Self::Given(given) => given.recv().await,
        };
        if came.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
