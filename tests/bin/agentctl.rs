//! The command line as a process of this package, so that `cargo test` always has built it.

fn main() -> std::process::ExitCode {
    agentctl::main()
}
