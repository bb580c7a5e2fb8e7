//! The journal on disk: rows in, rows out, in order, durable.
