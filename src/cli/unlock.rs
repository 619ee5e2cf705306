//! `comanda unlock`: somebody may try their PIN again.

use clap::Args;

use super::{Db, Outcome, control, say};
use crate::app::control::Command;

/// Forgets somebody's wrong PINs, as a manager does at a terminal, where no manager can sign in
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  comanda unlock Gina --db trattoria.db")]
pub(super) struct Unlock {
    /// A name, whatever its capitals, or a staff number
    #[arg(value_name = "STAFF")]
    staff: String,
    #[command(flatten)]
    db: Db,
}

impl Unlock {
    pub(super) fn run(self) -> Outcome {
        let answer = control::ask(&self.db.db, &Command::Unlock { staff: self.staff }, |_, _| {})?;
        say(format_args!("{} may try again.", answer["name"].as_str().unwrap_or_default()))
    }
}
