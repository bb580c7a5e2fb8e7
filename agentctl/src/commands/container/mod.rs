//! Containers of sessions.
