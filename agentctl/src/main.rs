//! The command line's process: everything is in the library.

fn main() -> std::process::ExitCode {
    agentctl::main()
}
