//! Shows on a terminal that something goes on.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const TICK: Duration = Duration::from_millis(120);

/// A spinner on stderr; does nothing where stderr is not a terminal.
pub(crate) struct Spinner {
    wanted: bool,
    bar: Option<ProgressBar>,
}

impl Spinner {
    /// One that shows nothing yet.
    pub(crate) fn new(wanted: bool) -> Self {
        Self { wanted, bar: None }
    }

    /// Shows what goes on, or nothing. The text is ours, or escaped already.
    pub(crate) fn set(&mut self, what: Option<&str>) {
        match (what, &self.bar) {
            (None, _) => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
            }
            (Some(what), Some(bar)) => bar.set_message(what.to_owned()),
            (Some(what), None) if self.wanted => {
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
                bar.set_style(
                    ProgressStyle::with_template("{spinner} {elapsed} {msg}")
                        .unwrap_or_else(|_| ProgressStyle::default_spinner()),
                );
                bar.set_message(what.to_owned());
                bar.enable_steady_tick(TICK);
                self.bar = Some(bar);
            }
            (Some(_), None) => {}
        }
    }

    /// Takes the spinner off the terminal while something is written.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}
