//! The write path with its traps, on files of its own.
