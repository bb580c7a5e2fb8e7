//! Named points at which a test can end the daemon as a power cut would. Without the `failpoints` feature they are nothing.

/// The environment variable that names the point to die at.
pub const VARIABLE: &str = "AGENTD_FAILPOINT";

/// Aborts the process here when the `failpoints` feature is on and [`VARIABLE`] names this point.
pub fn reach(name: &str) {
    if cfg!(feature = "failpoints") && std::env::var_os(VARIABLE).is_some_and(|v| v == name) {
        std::process::abort();
    }
}
