//! Comanda: the whole back of a restaurant's point of sale in one binary.
//!
//! # Code map
//! From the ground up; an import runs down, never up and never in a circle (`tests/tidy.rs` keeps it).
//!
//! | floor | modules |
//! |---|---|
//! | words | [`kernel`]: money, rates, splits, quantities, days, rights; pure · [`timing`]: how long everything takes |
//! | answers | [`error`]: every refusal, and its HTTP status · [`cache`]: finished answers kept until a commit touches them |
//! | file and wire | [`store`]: the one writer, the readers, the schema's steps · [`web`]: guards, limits, bodies, problems, idempotency |
//! | record | [`journal`]: the hash-chained record, and its live stream |
//! | what others tell | [`reports`]: rollups · [`floor`]: who sits where · [`settings`]: the house's own facts and lists |
//! | domains | [`menu`] · [`kitchen`]: tickets and their ledger · [`staff`]: people, devices, PINs · [`accounts`]: what guests owe and what is theirs |
//! | a manager's yes | [`approvals`]: who may, how much of it, and on whose word |
//! | hands and hours | [`drawers`]: whose hands cash is in · [`timeclock`]: who works when |
//! | the day | [`shifts`]: X and Z |
//! | orders | [`orders`]: the aggregate, its bill, its receipts · [`payments`]: what is taken and given back |
//! | what operators rely on | [`stats`]: what the server itself does, how fast, and what to do about it · [`backups`]: copies to rely on |
//! | house | [`config`] · [`import`]: menus and sales from CSV · [`upkeep`]: whether all of it holds · [`demo`]: a restaurant with a past · [`app`]: the composition root · [`cli`]: one file a command |
//!
//! A domain's folder holds `model` (types and decisions, pure), `sql` (every statement, with its row
//! mapper), `ops` (load, decide, save inside one [`store::Tx`]) and `http` (wire forms and handlers).
//!
//! # Invariants
//! 1. `kernel` and every `model` import neither rusqlite nor actix.
//! 2. SQL stands only in `sql` and `schema/`; JSON only in `http`, [`web`], and the journal's payload writers.
//! 3. Only a [`store::Tx`] can write, and only the store makes one.
//! 4. Acknowledged means on disk.
//! 5. Money is integer minor units; every division names its rounding; every split conserves its sum.
//! 6. An order's prices, names and rates are snapshots. A menu edit never moves an open check.
//! 7. A retried request has one effect and, once it had it, one answer.
//! 8. What is paid is never edited; the journal never changes.
//! 9. A domain may call another's `model` or `ops`, never its `sql`; lower floors never ask upper ones.
//! 10. Rollups equal recomputation; `comanda check` proves it.

pub mod accounts;
pub mod app;
pub mod approvals;
pub mod backups;
pub mod cache;
pub mod cli;
pub mod config;
pub mod demo;
pub mod drawers;
pub mod error;
pub mod floor;
#[doc(hidden)]
pub mod fuzz;
pub mod import;
pub mod journal;
pub mod kernel;
pub mod kitchen;
pub mod menu;
pub mod orders;
pub mod payments;
pub mod reports;
pub mod settings;
pub mod shifts;
pub mod staff;
pub mod stats;
pub mod store;
pub mod timeclock;
pub mod timing;
pub mod upkeep;
pub mod web;
