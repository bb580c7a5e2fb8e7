//! How things look: escaping, colours, and each kind of thing as text.
//!
//! Only the spinner, the byte counter and the bars of a pull draw by themselves; everything else makes text, and [`crate::ui`] prints it.

pub(crate) mod escape;

pub(crate) mod style;

pub(crate) mod spinner;

pub(crate) mod pool;

pub(crate) mod progress;

pub(crate) mod layers;

pub(crate) mod pairs;

pub(crate) mod frame;

pub(crate) mod region;

pub(crate) mod markdown;

pub(crate) mod words;

pub(crate) mod session;

pub(crate) mod image;

pub(crate) mod tool;

pub(crate) mod approval;

pub(crate) mod reply;

pub(crate) mod tail;

pub(crate) mod document;

pub(crate) mod transcript;
