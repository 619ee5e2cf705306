//! What another system knew, brought in from CSV files: a menu, and years of sales.
//!
//! A file is checked whole before anything of it is written, and every wrong value is told with its
//! line and column. Then it is written in jobs of a few milliseconds ([`jobs`]), so that a till that is
//! served meanwhile waits for none of them. What is there already stays as it is: a file can be
//! imported again, after an interruption or by mistake.

mod jobs;
mod menu;
mod sales;
mod sheet;

use std::path::PathBuf;
use std::sync::Arc;

use crate::kernel::clock::Clock;
use crate::store::Store;

pub use menu::{import as menu, tried as menu_tried};
pub use sales::{import as sales, tried as sales_tried};

/// A file and how it is to be read.
#[derive(Debug, Clone)]
pub struct Import {
    pub file: PathBuf,
    /// Our field and the file's header for it, where they differ.
    pub map: Vec<(String, String)>,
    /// Check, and say what would be done.
    pub dry_run: bool,
}

/// Where it is written.
pub struct Target<'a> {
    pub store: &'a Store,
    pub clock: Arc<dyn Clock>,
    /// Told how much of how much is done; false where nobody wants it any more.
    pub progress: &'a mut dyn FnMut(u64, u64) -> bool,
}
