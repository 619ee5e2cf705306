//! `comanda init`: a restaurant in a new file.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use super::{Db, Failed, Outcome, control, say};
use crate::app::setup::{Beginning, Words};
use crate::kernel::clock::SystemClock;

/// Makes a restaurant in a new file, with the lists everybody has and its owner
#[derive(Debug, Args)]
#[command(after_help = "Example:
  comanda init --db trattoria.db --name 'Da Gino' --currency EUR --timezone Europe/Rome \\
    --cutoff 04:00 --owner-name Gina --owner-pin -")]
pub(super) struct Init {
    #[command(flatten)]
    db: Db,
    /// The restaurant's name, as receipts show it
    #[arg(long)]
    name: String,
    /// The one currency, by its ISO 4217 code; fixed once something is sold
    #[arg(long, value_name = "CODE")]
    currency: String,
    /// The time zone it stands in, by its IANA name
    #[arg(long, value_name = "ZONE")]
    timezone: String,
    /// When a business day ends and the next begins
    #[arg(long, value_name = "HH:MM", default_value = "04:00")]
    cutoff: String,
    /// Who owns it
    #[arg(long, value_name = "NAME")]
    owner_name: String,
    /// The owner's PIN, 4 to 8 digits; `-` reads it from standard input, where nobody else sees it
    #[arg(long, value_name = "PIN", allow_hyphen_values = true)]
    owner_pin: String,
}

impl Init {
    pub(super) fn run(self) -> Outcome {
        let pin = self.pin()?;
        let words = Words {
            name: &self.name,
            currency: &self.currency,
            timezone: &self.timezone,
            cutoff: &self.cutoff,
            owner_name: &self.owner_name,
            owner_pin: &pin,
        };
        // Before the file is made, so that a wrong word leaves nothing behind.
        let beginning = Beginning::parse(words)?;
        let store = control::open(&self.db.db, true)?;
        let made = store.write_blocking(move |tx| beginning.make(tx, &SystemClock));
        store.stop();
        made?;
        let db = self.db.db.display();
        say(format!("{} is in {db}. Start it with: comanda serve --db {db}", self.name))
    }

    fn pin(&self) -> Result<String, Failed> {
        if self.owner_pin != "-" {
            let warning = "Other users of this machine can see a PIN given as an argument; --owner-pin - reads it.";
            writeln!(io::stderr(), "comanda: {warning}")?;
            return Ok(self.owner_pin.clone());
        }
        if io::stdin().is_terminal() {
            write!(io::stderr(), "The owner's PIN: ")?;
        }
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}
