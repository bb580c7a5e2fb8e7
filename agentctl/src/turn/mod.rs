//! A turn as the client sees it: its events, what interrupts it, and what is done then.
//!
//! A turn belongs to the daemon: nothing that happens here can end it but a request to do so.

pub(crate) mod patience;

pub(crate) mod events;

pub(crate) mod interrupts;

pub(crate) mod view;

mod follow;

pub(crate) mod waiting;

pub(crate) mod conduct;
