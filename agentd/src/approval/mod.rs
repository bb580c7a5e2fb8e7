//! Which tool calls run, ask, or are refused.
