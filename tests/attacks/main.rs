//! Attacks on what the house promises, each a file: `tests/trust` runs them and prints what was lost.
//!
//! An attack comes with the proof that it bites: the same with the defence off, where something is lost.
//! `COMANDA_TRUST=long` tries as often as a night allows, `short` as often as a merge; without it each is
//! tried a few times.

#![allow(unreachable_pub, reason = "a test binary has no other crate to be reached from")]

mod backups;
mod dice;
mod disk;
mod evening;
mod faults;
mod full_disk;
mod guest;
mod hostile;
mod house;
mod kill_and_retry;
mod listener;
mod oracle;
mod page;
mod power_cut;
mod proxy;
mod recorder;
mod rewritten;
mod sees;
mod server;
mod table;
mod terminal;
