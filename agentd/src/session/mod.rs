//! Sessions: one actor each, and the events they publish.
