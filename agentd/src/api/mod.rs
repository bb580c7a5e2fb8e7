//! The gRPC surface: unpack, convert, hand over.
