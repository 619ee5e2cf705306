//! The commands: arguments in, a sentence for people out.
//!
//! Exit codes: 0 done, 1 refused or failed, 2 the command line itself is wrong.

mod backup;
mod check;
mod control;
mod demo;
mod explain;
mod export;
mod head;
mod import;
mod init;
mod load;
mod pair;
mod restore;
mod serve;
mod token;
mod unlock;

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::DB_DEFAULT;
use crate::error::Error;
use crate::store::OpenError;

/// The whole back of a restaurant's point of sale, in one file and one program.
#[derive(Debug, Parser)]
#[command(name = "comanda", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
A look at it, with a restaurant made up for the purpose:
  comanda demo

A restaurant in three commands:
  comanda init --db trattoria.db --name 'Da Gino' --currency EUR --timezone Europe/Rome \\
    --cutoff 04:00 --owner-name Gina --owner-pin -
  comanda serve --db trattoria.db --listen 0.0.0.0:8300
  comanda pair --db trattoria.db

Every option of serve may also stand in the environment as COMANDA_DB, COMANDA_LISTEN, ….";

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Init(init::Init),
    Serve(serve::Serve),
    Pair(pair::Pair),
    Token(token::Token),
    Unlock(unlock::Unlock),
    #[command(subcommand)]
    Import(import::Import),
    #[command(subcommand)]
    Export(export::Export),
    Check(check::Check),
    Explain(explain::Explain),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Load(load::Load),
}

/// The file a command is about.
#[derive(Debug, Args)]
struct Db {
    /// The restaurant's file
    #[arg(long, value_name = "FILE", default_value = DB_DEFAULT)]
    db: PathBuf,
}

/// Why a command ends with 1; one sentence or more, each with what to do.
#[derive(Debug)]
struct Failed(String);

type Outcome = Result<(), Failed>;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failed {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<OpenError> for Failed {
    fn from(error: OpenError) -> Self {
        Self(error.to_string())
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refused) => {
                let faults = refused.errors.iter().map(|e| format!("\n  {}: {}", e.pointer, e.invalid.detail));
                Self(refused.detail.clone() + &faults.collect::<String>())
            }
            Error::Fault(fault) => Self(fault.to_string()),
        }
    }
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Demo(demo) => demo.run(),
        Command::Init(init) => init.run(),
        Command::Serve(serve) => serve.run(),
        Command::Pair(pair) => pair.run(),
        Command::Token(token) => token.run(),
        Command::Unlock(unlock) => unlock.run(),
        Command::Import(import) => import.run(),
        Command::Export(export) => export.run(),
        Command::Check(check) => check.run(),
        Command::Explain(explain) => explain.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Load(load) => load.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            // Where even this cannot be said, the code still can.
            let _ = writeln!(io::stderr(), "comanda: {failed}");
            ExitCode::FAILURE
        }
    }
}

/// A line on standard output; a reader that has gone is no failure.
fn say(line: impl fmt::Display) -> Outcome {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
