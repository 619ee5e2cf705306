//! The token a run speaks with: somebody's, or one of its own that it gives back.

use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};

use crate::app::control::Command;
use crate::cli::{Failed, control};

/// What the list of devices calls it.
const NAME: &str = "Load test";

#[derive(Debug)]
pub(super) struct Access {
    pub(super) token: String,
    /// The file whose server gave it, and its number there.
    own: Option<(PathBuf, i64)>,
}

impl Access {
    /// As given, as in COMANDA_TOKEN, or asked of the server that holds `db`.
    pub(super) fn find(given: Option<String>, db: Option<&Path>) -> Result<Self, Failed> {
        let given = match given {
            Some(dash) if dash == "-" => {
                let mut line = String::new();
                io::stdin().lock().read_line(&mut line)?;
                Some(line)
            }
            Some(token) => {
                let warning = "Other users of this machine can see a token given as an argument; --token - reads it.";
                writeln!(io::stderr(), "comanda: {warning}")?;
                Some(token)
            }
            None => std::env::var("COMANDA_TOKEN").ok(),
        };
        let known = given.filter(|token| !token.trim().is_empty());
        if let Some(token) = known {
            return Ok(Self { token: token.trim().to_owned(), own: None });
        }
        let Some(db) = db else {
            let how = "Give --token, or COMANDA_TOKEN, or --db FILE of a server on this machine, which then gives one.";
            return Err(Failed(format!("A token is needed. {how}")));
        };
        let command = Command::Token { name: NAME.to_owned(), role: "manager".to_owned() };
        let given = control::ask_server(db, &command)?;
        let (token, device) = (given["token"].as_str().unwrap_or_default(), given["device_id"].as_i64());
        Ok(Self { token: token.to_owned(), own: device.map(|device| (db.to_owned(), device)) })
    }

    /// Gives it back, if it is its own.
    pub(super) fn give_back(mut self) -> Result<(), Failed> {
        self.revoke()
    }

    fn revoke(&mut self) -> Result<(), Failed> {
        let Some((db, device_id)) = self.own.take() else { return Ok(()) };
        let outcome = control::ask_server(&db, &Command::Revoke { device_id });
        outcome.map(drop).map_err(|why| Failed(format!("The token of device {device_id} still holds: {why}")))
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        // What was to be said was said by `give_back`.
        let _ = self.revoke();
    }
}
