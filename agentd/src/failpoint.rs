//! Named points at which a test can end the daemon as a power cut would. Without the `failpoints` feature they are nothing.

use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable that names the point to die at; `NAME:3` is the third time that it is reached.
pub const VARIABLE: &str = "AGENTD_FAILPOINT";

/// Aborts the process here when the `failpoints` feature is on and [`VARIABLE`] names this point.
pub fn reach(name: &str) {
    static REACHED: AtomicU64 = AtomicU64::new(0);
    if !cfg!(feature = "failpoints") {
        return;
    }
    let Ok(wanted) = std::env::var(VARIABLE) else { return };
    let (point, time) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if point == name && REACHED.fetch_add(1, Ordering::Relaxed) + 1 == time.parse().unwrap_or(1) {
        std::process::abort();
    }
}
