//! Copies to rely on: made beside a till at work, proven before anybody can take them for one, and kept within
//! bounds.
//!
//! A backup is copied through one snapshot ([`crate::store::Snapshot::copy_to`]) to a name that nobody takes
//! for a backup, synced, opened again, its pages, references and the journal's chain checked, and only then
//! given its name, a checksum beside it ([`checksum`]) in the form that `sha256sum -c` reads. Whatever
//! interrupts that leaves no file that looks like one. [`Keeper`] does it again and again inside the server.
//!
//! Whether its sums add up is not asked here: a copy of a file that does not is as good as the file, and
//! worth having. `comanda check --backup` asks it.

pub mod checksum;
mod keeper;
mod make;
pub mod model;
mod settings;

#[cfg(test)]
mod tests;

pub use keeper::{Keeper, step_aside};
pub use make::{DOING, Made, make, same_disk};
pub use settings::Settings;
