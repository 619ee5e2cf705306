//! `comanda token`: a token for a program that is no terminal.

use clap::Args;

use super::{Db, Outcome, control, say};
use crate::app::control::Command;

/// Prints a token for an integration, such as a web shop or a head office; it is shown this once
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  comanda token --db trattoria.db --name 'web shop' --role cashier")]
pub(super) struct Token {
    #[command(flatten)]
    db: Db,
    /// What it is for, as the list of devices shows it
    #[arg(long)]
    name: String,
    /// What it may do: owner, manager, cashier, waiter, kitchen or auditor
    #[arg(long)]
    role: String,
}

impl Token {
    pub(super) fn run(self) -> Outcome {
        let command = Command::Token { name: self.name, role: self.role };
        let answer = control::ask(&self.db.db, &command, |_, _| {})?;
        say(answer["token"].as_str().unwrap_or_default())
    }
}
