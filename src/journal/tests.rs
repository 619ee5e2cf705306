//! The chain and the streams, as tables.
