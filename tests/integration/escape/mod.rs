//! Ways out: of a sandbox into the host, and of a text into a person's terminal.

mod terminal;

mod probes;

mod engine_calls;

mod floods;

mod races;
