//! The room without a database.
