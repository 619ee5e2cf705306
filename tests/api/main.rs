//! Every call through the real server: a file a domain.

// The modules of one binary have no reader outside, and not every word of the harness is in every use.
#![allow(unreachable_pub, dead_code)]

mod client;
mod harness;
mod template;

mod accounts;
mod approvals;
mod bad_input;
mod commands;
mod corrections;
mod day;
mod demo;
mod described;
mod describes;
mod doors;
mod drawers;
mod encodings;
mod evenings;
mod events;
mod explain;
mod floor;
mod freshness;
mod headers;
mod idempotency;
mod identity;
mod import;
mod january;
mod kitchen;
mod limits;
mod load;
mod measured;
mod menu;
mod open_checks;
mod orders;
mod papers;
mod payments;
mod permissions;
mod random_splits;
mod ready;
mod refunds;
mod restore;
mod runs;
mod secrets;
mod settings;
mod staff;
mod stats;
mod stats_cache;
mod time_clock;
mod tls;
mod two_terminals;
mod upkeep;
mod viewing;
