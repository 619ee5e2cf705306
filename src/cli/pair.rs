//! `comanda pair`: a code that pairs one terminal.

use clap::Args;

use super::{Db, Outcome, control, say};
use crate::app::control::Command;

/// Prints a one-time code that pairs a terminal, from a running server's file or a stopped one's
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  comanda pair --db trattoria.db")]
pub(super) struct Pair {
    #[command(flatten)]
    db: Db,
}

impl Pair {
    pub(super) fn run(self) -> Outcome {
        let answer = control::ask(&self.db.db, &Command::Pair, |_, _| {})?;
        say(answer["code"].as_str().unwrap_or_default())
    }
}
