//! How far a pull has come, layer by layer: bars on a terminal, else one line for each step of a layer.

use std::collections::HashMap;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use proto::v1::{LayerPhase, LayerProgress};

use super::{escape, words};

/// Layers that are told apart; Docker allows an image 127 of them.
const LAYERS_MAX: usize = 256;

/// The layers of one pull.
pub(crate) struct Layers {
    bars: Option<MultiProgress>,
    seen: HashMap<String, Seen>,
}

struct Seen {
    phase: LayerPhase,
    bar: Option<ProgressBar>,
}

impl Layers {
    /// None has come. On a terminal each gets a bar.
    pub(crate) fn new(terminal: bool) -> Self {
        let bars = terminal.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { bars, seen: HashMap::new() }
    }

    /// Takes in how far a layer has come. Gives a line where nobody sees bars and the layer's step is a new one.
    pub(crate) fn take(&mut self, layer: &LayerProgress) -> Option<String> {
        let phase = layer.phase();
        if !self.seen.contains_key(&layer.id) && self.seen.len() >= LAYERS_MAX {
            return None;
        }
        let bars = &self.bars;
        let new = || Seen { phase: LayerPhase::Unspecified, bar: bars.as_ref().map(|bars| bar(bars, &layer.id)) };
        let seen = self.seen.entry(layer.id.clone()).or_insert_with(new);
        let begins = seen.phase != phase;
        seen.phase = phase;
        let Some(bar) = &seen.bar else { return begins.then(|| line(layer)).flatten() };
        if layer.total_bytes > 0 {
            bar.set_length(layer.total_bytes);
            bar.set_position(layer.done_bytes);
        }
        bar.set_message(word(phase));
        if matches!(phase, LayerPhase::Done | LayerPhase::Present) {
            bar.set_position(bar.length().unwrap_or(0));
            bar.finish_with_message(word(phase));
        }
        None
    }

    /// Takes the bars off the terminal.
    pub(crate) fn clear(&self) {
        if let Some(bars) = &self.bars {
            // A terminal that is gone has nothing to be cleared.
            drop(bars.clear());
        }
    }
}

impl Drop for Layers {
    /// What comes next on the terminal, an error too, stands where the bars were.
    fn drop(&mut self) {
        self.clear();
    }
}

fn bar(bars: &MultiProgress, id: &str) -> ProgressBar {
    let bar = bars.add(ProgressBar::new(0));
    let style = ProgressStyle::with_template("{prefix:12} {bar:32} {bytes:>10} of {total_bytes:>10} {msg}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_prefix(words::short_id(id));
    bar
}

fn word(phase: LayerPhase) -> &'static str {
    match phase {
        LayerPhase::Unspecified | LayerPhase::Waiting => "waiting",
        LayerPhase::Downloading => "downloading",
        LayerPhase::Downloaded => "downloaded",
        LayerPhase::Extracting => "extracting",
        LayerPhase::Done => "done",
        LayerPhase::Present => "there already",
        LayerPhase::Retrying => "trying again",
    }
}

/// The step in a line, where it is worth one.
fn line(layer: &LayerProgress) -> Option<String> {
    let phase = layer.phase();
    let size = if layer.total_bytes > 0 { format!(" {}", words::bytes(layer.total_bytes)) } else { String::new() };
    let worth = !matches!(phase, LayerPhase::Unspecified | LayerPhase::Waiting | LayerPhase::Downloaded);
    worth.then(|| format!("{}: {}{size}", escape::line(&layer.id), word(phase)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(id: &str, phase: LayerPhase, done_bytes: u64, total_bytes: u64) -> LayerProgress {
        LayerProgress { id: id.to_owned(), phase: phase.into(), done_bytes, total_bytes }
    }

    #[test]
    fn where_nobody_sees_bars_each_step_is_one_line() {
        use LayerPhase::{Done, Downloaded, Downloading, Extracting, Present, Waiting};
        let steps = [
            step("a\u{1b}", Waiting, 0, 0),
            step("b", Present, 0, 0),
            step("a\u{1b}", Downloading, 1, 3 << 20),
            step("a\u{1b}", Downloading, 2, 3 << 20),
            step("a\u{1b}", Downloaded, 0, 0),
            step("a\u{1b}", Extracting, 1, 3 << 20),
            step("a\u{1b}", Extracting, 3 << 20, 3 << 20),
            step("a\u{1b}", Done, 0, 0),
        ];
        let mut layers = Layers::new(false);
        let lines: Vec<String> = steps.iter().filter_map(|step| layers.take(step)).collect();
        assert_eq!(
            lines,
            ["b: there already", "a\\x1b: downloading 3 MiB", "a\\x1b: extracting 3 MiB", "a\\x1b: done"]
        );
    }

    #[test]
    fn endless_layers_take_no_endless_room() {
        let mut layers = Layers::new(false);
        let lines = (0..1000).filter_map(|n| layers.take(&step(&n.to_string(), LayerPhase::Done, 0, 0))).count();
        assert_eq!((lines, layers.seen.len()), (LAYERS_MAX, LAYERS_MAX));
    }
}
