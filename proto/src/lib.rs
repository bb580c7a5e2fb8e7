//! The contract between `agentctl`, `agentd` and `agent-init`: messages, services, error reasons, and where the socket is.
//!
//! Reading order: [`v1`] (people and scripts to the daemon), [`reason`] (why a request failed, and with which exit code),
//! [`paths`] (where the two sides meet), [`init`] (the daemon to the supervisor inside a sandbox).

/// `agent.v1`: sessions, sandboxes and the daemon itself.
#[cfg(feature = "agent")]
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::clone_on_ref_ptr, unreachable_pub)]
pub mod v1 {
    tonic::include_proto!("agent.v1");
}

/// `agent.init.v1`: what agentd asks of the supervisor that is PID 1 of every sandbox.
pub mod init {
    /// Version 1 of the supervisor's protocol.
    #[allow(missing_docs, clippy::all, clippy::pedantic, clippy::clone_on_ref_ptr, unreachable_pub)]
    pub mod v1 {
        tonic::include_proto!("agent.init.v1");
    }

    pub mod preamble;

    pub mod error;
}

#[cfg(feature = "agent")]
pub mod reason;

#[cfg(feature = "agent")]
pub mod paths;

#[cfg(feature = "agent")]
mod json;

/// The JSON Schema of `agent.v1.Event` as agentctl prints it, made from the descriptors.
#[cfg(feature = "agent")]
pub const EVENT_SCHEMA: &str = include_str!(concat!(env!("OUT_DIR"), "/event.schema.json"));

/// The compiled descriptors of every service, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
