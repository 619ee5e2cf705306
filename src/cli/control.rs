//! Commands that write: the running server does them, or this process where none runs.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Failed;
use crate::app;
use crate::app::control::{Command, Desk, Told, socket_of};
use crate::cache::Tag;
use crate::kernel::clock::SystemClock;
use crate::store::{self, AfterCommit, Store};

/// Nobody caches or listens in a process of one command.
pub(super) struct Alone;

impl AfterCommit for Alone {
    fn invalidate(&self, _: &[Tag]) {}
    fn wake(&self) {}
}

/// Opens a file that no server holds.
pub(super) fn open(db: &Path, create: bool) -> Result<Store, Failed> {
    let config = store::Config { create, readers: 1, ..store::Config::new(db) };
    Ok(Store::open(config, Arc::new(Alone), &app::statements())?)
}

fn heard(told: Told, mut progress: impl FnMut(u64, u64)) -> Option<Result<Value, Failed>> {
    match told {
        Told::Progress { done, of } => {
            progress(done, of);
            None
        }
        Told::Done(value) => Some(Ok(value)),
        Told::Refused(why) => Some(Err(Failed(why))),
    }
}

/// Whether a server runs on `db`.
pub(super) fn runs_on(db: &Path) -> bool {
    UnixStream::connect(socket_of(db)).is_ok()
}

/// Whether a server that ran is there still, asked at most so often.
///
/// One that was killed and starts anew empties its log first, and waits for whoever reads the file no longer than
/// a few seconds: what reads for long has to give way by then.
pub(super) struct Watch {
    db: PathBuf,
    every: Duration,
    asked: Instant,
}

impl Watch {
    /// None where no server runs on `db`: then nobody is waited for.
    pub(super) fn begin(db: &Path, every: Duration) -> Option<Self> {
        runs_on(db).then(|| Self { db: db.to_owned(), every, asked: Instant::now() })
    }

    /// Once it was gone, it is best not to be asked again.
    pub(super) fn is_there(&mut self) -> bool {
        if self.asked.elapsed() < self.every {
            return true;
        }
        self.asked = Instant::now();
        runs_on(&self.db)
    }
}

/// How often a command that reads for long looks after the server.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Has the server that runs on `db` do `command`, and nobody where none runs.
pub(super) fn ask_server(db: &Path, command: &Command) -> Result<Value, Failed> {
    let server = UnixStream::connect(socket_of(db)).map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => "none runs there".to_owned(),
            _ => format!("{error}. Are you the one who runs it?"),
        };
        Failed(format!("The server that holds {} cannot be asked: {why}", db.display()))
    })?;
    converse(server, command, |told| heard(told, |_, _| {}))
}

/// Has `command` done, and answers what it came to.
pub(super) fn ask(db: &Path, command: &Command, mut progress: impl FnMut(u64, u64)) -> Result<Value, Failed> {
    let mut hear = |told| heard(told, &mut progress);
    // A relative name, since the whole path may be longer than a socket's may be.
    match UnixStream::connect(socket_of(db)) {
        Ok(server) => converse(server, command, hear),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            let store = open(db, false)?;
            let desk = Desk { store: store.clone(), clock: Arc::new(SystemClock) };
            let told = desk.perform(command.clone(), &mut |told| hear(told).is_none());
            store.stop();
            hear(told).unwrap_or_else(|| Err(Failed("The command ended without a word.".to_owned())))
        }
        Err(error) => Err(Failed(format!("The running server cannot be asked: {error}. Are you the one who runs it?"))),
    }
}

fn converse(
    mut server: UnixStream,
    command: &Command,
    mut hear: impl FnMut(Told) -> Option<Result<Value, Failed>>,
) -> Result<Value, Failed> {
    let mut line = serde_json::to_string(command).map_err(|e| Failed(e.to_string()))?;
    line.push('\n');
    server.write_all(line.as_bytes())?;
    for line in BufReader::new(server).lines() {
        let told = serde_json::from_str(&line?).map_err(|e| Failed(format!("The server answered nonsense: {e}.")))?;
        if let Some(outcome) = hear(told) {
            return outcome;
        }
    }
    Err(Failed("The server stopped before it answered. See whether it was done, then try again.".to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_server_that_ends_is_missed() {
        let folder = std::env::temp_dir().join(format!("comanda-watch-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let db = folder.join("gina.db");
        assert!(Watch::begin(&db, Duration::ZERO).is_none());
        let server = UnixListener::bind(socket_of(&db)).unwrap();
        let mut watch = Watch::begin(&db, Duration::ZERO).unwrap();
        assert!(watch.is_there() && watch.is_there());
        // A killed one leaves its socket behind.
        drop(server);
        assert!(!watch.is_there());
        fs::remove_dir_all(&folder).unwrap();
    }
}
