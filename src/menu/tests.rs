//! The menu without a database.
