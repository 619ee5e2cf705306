//! Signing in to the stats page: a name and a PIN from anywhere on the LAN, since whoever looks at it has
//! no terminal.
//!
//! What that opens is kept small. The token is good for looking at the statistics and for nothing else; it
//! has no role and no device. A wrong PIN, a name nobody has and somebody who may not see statistics are
//! one answer after the same work. Tries are counted as at the till, by what was typed and by the address they
//! come from, before the PIN is looked at, in a table that outlives the process.

pub mod http;
pub mod ops;
pub mod sql;
pub mod tries;
