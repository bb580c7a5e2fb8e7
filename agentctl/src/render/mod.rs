//! How things look: escaping, colours, and each kind of thing as text. Pure: nothing here prints.

pub(crate) mod escape;

pub(crate) mod style;

pub(crate) mod words;
