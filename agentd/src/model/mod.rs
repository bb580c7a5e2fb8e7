//! Model endpoints: one request in, a stream of deltas and one whole reply out.
