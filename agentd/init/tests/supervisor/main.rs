//! The real binary as an ordinary process, spoken to over its socket.

mod fixture;

mod door;

mod exec;

mod ending;

mod files;

mod interact;
