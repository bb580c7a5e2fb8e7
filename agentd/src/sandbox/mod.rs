//! Sandboxes: hardened containers, and the byte stream to the agent-init in each.
