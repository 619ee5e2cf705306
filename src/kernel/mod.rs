//! Words every domain shares, pure: no database, no HTTP, no JSON, no clock but the one it is handed.

pub mod invalid;
