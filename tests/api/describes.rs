//! The description and the routes are the same.
