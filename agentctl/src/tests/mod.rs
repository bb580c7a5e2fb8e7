//! Whole command lines against a daemon that plays a script: stdout, stderr and exit code together.

mod chat;

mod containers;

mod interrupts;

mod parking;

mod repl;

mod runs;

mod sessions;
