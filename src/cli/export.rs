//! `comanda export`: what is there, for other programs.

use std::io::{self, Write};

use clap::{Args, Subcommand};

use super::check::failed;
use super::{Db, Outcome};
use crate::orders::http::export::{Form, Walk};
use crate::store;

/// Writes what is there to standard output, also beside a running server
#[derive(Debug, Subcommand)]
pub(super) enum Export {
    Orders(Orders),
}

/// Writes every order of a range of business dates, an order a line
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  comanda export orders --from 2026-01-01 --to 2026-03-31 --db trattoria.db > quarter.ndjson"
)]
pub(super) struct Orders {
    #[command(flatten)]
    db: Db,
    /// The first business date [default: the first there is]
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<String>,
    /// The last one [default: the last there is]
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<String>,
    /// CSV, a row a line of an order, in place of NDJSON
    #[arg(long)]
    csv: bool,
}

/// Orders read through one snapshot.
const CHUNK: u32 = 500;

impl Export {
    pub(super) fn run(self) -> Outcome {
        let Export::Orders(orders) = self;
        orders.run()
    }
}

impl Orders {
    fn run(self) -> Outcome {
        let form = if self.csv { Form::Csv } else { Form::Ndjson };
        let mut walk = Walk::parse(self.from.as_deref(), self.to.as_deref(), form).map_err(failed)?;
        let mut out = io::stdout().lock();
        loop {
            // Anew each time: whoever reads slowly keeps no server from emptying its log.
            let db = store::open_read_only(&self.db.db)?;
            let chunk = walk.next(&db, CHUNK).map_err(failed)?;
            drop(db);
            let Some(chunk) = chunk else { break };
            match out.write_all(&chunk) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                written => written?,
            }
        }
        out.flush().or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error.into()) })
    }
}
