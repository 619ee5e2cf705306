//! How long everything takes, always on.
//!
//! # What is measured, and where
//! | what | where | how |
//! |---|---|---|
//! | a route's requests | the web layer's outermost layer, at the answer's head | [`Registry::end`] with the request's [`Sheet`] |
//! | a statement's runs, rows, and SQLite's own counters | the one place in the store that all statements pass | [`StatementMeter::record`] |
//! | what one request ran | there as well, on the thread that works for it | [`note_statement`], [`Sheet::statements`] |
//! | wait for the writer, its batches, their commits | the writer's thread | [`Registry::queue_wait`], [`Batches`] |
//! | wait for a reader | the store's pool | [`Registry::reader_wait`] |
//! | fills, waits and invalidations of a namespace | the cache | [`Namespace`] |
//!
//! Times are nanoseconds of the monotonic clock, in `u64`. Nothing is sampled. Everything since the
//! start is exact in number and sum and within 3.1 % in its percentiles; the last minute and the last
//! hour come from slices that [`Registry::tick`] takes, so that recording knows nothing of them.
//!
//! # What it costs
//! A statement: two readings of the clock, four of SQLite's counters, two relaxed additions and a look
//! at the thread's own list; a request: one allocation, two readings of the clock, two additions, and
//! two for each statement it ran. `cargo bench timing` prints both. Memory is [`Registry::memory_bytes`]: a meter is under
//! 1 KB when it was never used, some 5 to 12 KB at work, and under 35 KB whatever happens.
//!
//! # What is not here
//! No JSON, no HTTP, no SQL, no clock of its own but [`std::time::Instant`], and no global: a server
//! has one [`Registry`], and two servers in one process share nothing. History on disk, alerts and
//! advice stand above, on the figures read here.

mod analyse;
mod histogram;
mod meter;
mod registry;
mod sheet;
mod slow;
mod statement;

pub use analyse::{Figures, Finding, Problem, StatementFigures, TOP, part};
pub use histogram::{Counts, Histogram, VALUE_MAX};
pub use meter::{Class, Errors, Meter, Reading, Window, nanos};
pub use registry::{Batches, Ending, Namespace, REPEATS_MAX, Registry, Repeat, Route, SLOW_MS};
pub use sheet::{
    CacheOutcome, Runs, Sheet, Wait, along, current, note_cache, note_statement, note_wait, on_this_thread,
    on_this_thread_if,
};
pub use slow::{SlowRequest, SlowStatement};
pub use statement::{Named, StatementMeter, Steps};
