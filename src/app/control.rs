//! Orders from the same machine: a socket beside the file takes commands while the server holds it.
//!
//! A line of JSON asks; lines of JSON answer, of which the last says `done` or `refused`.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::error::{Error, Faults, Refusal, Result};
use crate::import::{self, Import, Target};
use crate::journal;
use crate::kernel::clock::Clock;
use crate::kernel::ids::DeviceId;
use crate::kernel::permission::Role;
use crate::kernel::text;
use crate::settings::ops as settings;
use crate::staff::ops as staff;
use crate::store::{Read, Store};
use crate::upkeep;

/// A command is a line of at most this; what is long travels as a file's name.
const LINE_BYTES_MAX: u64 = 64 * 1024;
const LINE_WAIT: Duration = Duration::from_secs(5);

/// What a command line may ask of whoever holds the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// An integration token; answers `{"token"}`.
    Token { name: String, role: String },
    /// Takes a device's token from it; answers nothing.
    Revoke { device_id: i64 },
    /// Forgets the wrong PINs of whoever has this name or number; answers `{"name"}`.
    Unlock { staff: String },
    /// A one-time pairing code; answers `{"code", "expires_at"}`.
    Pair,
    /// A menu from a CSV file, named whole: whoever holds the database reads it himself.
    ImportMenu { file: PathBuf, map: Vec<(String, String)>, dry_run: bool },
    /// Rollups set right from their source; answers `{"repaired"}`, each value that was wrong.
    RepairRollups,
    /// Sales from a CSV file, as orders of `source`, by default the file's name.
    ImportSales { file: PathBuf, map: Vec<(String, String)>, dry_run: bool, source: Option<String> },
}

/// One line of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// So much of it is done; more lines follow.
    Progress {
        done: u64,
        of: u64,
    },
    Done(Value),
    /// Why not, for people.
    Refused(String),
}

/// Whoever holds the file: the running server, or the command itself where none runs.
#[derive(Clone)]
pub struct Desk {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
}

impl Desk {
    /// Does what was asked and says the last line of it. Blocks. `tell` answers whether anybody hears:
    /// what takes long ends where nobody does.
    pub fn perform(&self, command: Command, tell: &mut dyn FnMut(Told) -> bool) -> Told {
        match self.done(command, tell) {
            Ok(value) => Told::Done(value),
            Err(Error::Refused(refused)) => {
                let faults = refused.errors.iter().map(|e| format!("\n  {}: {}", e.pointer, e.invalid.detail));
                Told::Refused(refused.detail.clone() + &faults.collect::<String>())
            }
            Err(Error::Fault(fault)) => {
                log::error!("a command failed: {fault}");
                Told::Refused(fault.to_string())
            }
        }
    }

    fn done(&self, command: Command, tell: &mut dyn FnMut(Told) -> bool) -> Result<Value> {
        let mut progress = |done, of| tell(Told::Progress { done, of });
        let to = Target { store: &self.store, clock: Arc::clone(&self.clock), progress: &mut progress };
        match command {
            Command::Token { name, role } => self.token(&name, &role),
            Command::Revoke { device_id } => self.revoke(device_id),
            Command::Unlock { staff } => self.unlock(&staff),
            Command::Pair => self.pair(),
            Command::RepairRollups => {
                let told = upkeep::ops::repair_rollups(&self.store, &self.clock, to.progress)?;
                Ok(json!({"repaired": told}))
            }
            Command::ImportMenu { file, map, dry_run } => {
                let done = import::menu(&Import { file, map, dry_run }, to)?;
                let (added, changed, same) = (done.added, done.changed, done.same);
                Ok(json!({"rows": done.rows, "items": done.items, "added": added, "changed": changed, "same": same}))
            }
            Command::ImportSales { file, map, dry_run, source } => {
                let done = import::sales(&Import { file, map, dry_run }, source.as_deref(), to)?;
                let (from, to) = (done.from.map(|d| d.to_string()), done.to.map(|d| d.to_string()));
                Ok(json!({
                    "source": done.source, "rows": done.rows, "orders": done.orders, "added": done.added,
                    "skipped": done.skipped, "from": from, "to": to, "total": done.total.display(done.decimals).to_string(),
                }))
            }
        }
    }

    fn token(&self, name: &str, role: &str) -> Result<Value> {
        let mut faults = Faults::new();
        let name = faults.take("--name", text::name(name));
        let role = faults.take("--role", Role::parse(role));
        let (name, role) = faults.with(name.zip(role))?;
        let clock = Arc::clone(&self.clock);
        self.store.write_blocking(move |tx| {
            set_up(tx)?;
            let stamp = journal::ops::stamp(tx, clock.as_ref(), None, None)?;
            let paired = staff::new_integration(tx, stamp, name, role)?;
            Ok(json!({"device_id": paired.device.id.get(), "token": paired.token}))
        })
    }

    fn revoke(&self, device: i64) -> Result<Value> {
        let clock = Arc::clone(&self.clock);
        self.store.write_blocking(move |tx| {
            let stamp = journal::ops::stamp(tx, clock.as_ref(), None, None)?;
            staff::revoke(tx, &stamp, DeviceId::new(device))?;
            Ok(Value::Null)
        })
    }

    fn unlock(&self, who: &str) -> Result<Value> {
        let (clock, who) = (Arc::clone(&self.clock), who.to_owned());
        self.store.write_blocking(move |tx| {
            set_up(tx)?;
            let stamp = journal::ops::stamp(tx, clock.as_ref(), None, None)?;
            let Some(id) = staff::meant(tx, &who)? else {
                let detail =
                    format!("Nobody here, or more than one, is called {who}; a staff number tells them apart.");
                return Err(Refusal::NotFound.because(detail).into());
            };
            Ok(json!({"name": staff::unlock(tx, &stamp, id)?.name}))
        })
    }

    fn pair(&self) -> Result<Value> {
        let clock = Arc::clone(&self.clock);
        self.store.write_blocking(move |tx| {
            set_up(tx)?;
            let made = staff::new_pairing_code(tx, clock.now())?;
            let zone = journal::ops::calendar(tx)?.zone;
            Ok(json!({"code": made.code.as_str(), "expires_at": made.expires_at.rfc3339(&zone)}))
        })
    }
}

fn set_up(db: &impl Read) -> Result<()> {
    if settings::exists(db)? {
        return Ok(());
    }
    Err(Refusal::NotFound.because("There is no restaurant in this file. Make one with comanda init.").into())
}

/// Where the holder of `db` listens.
pub fn socket_of(db: &Path) -> PathBuf {
    let mut name = db.as_os_str().to_owned();
    name.push(".sock");
    PathBuf::from(name)
}

/// The socket's file; it goes with the server.
pub(super) struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Listens for commands on the calling event loop. The caller holds the file's lock, so that a
/// socket found there is one that a dead server left.
pub(super) fn listen(desk: Desk) -> io::Result<Socket> {
    let path = socket_of(desk.store.path());
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    let socket = Socket(path);
    fs::set_permissions(&socket.0, Permissions::from_mode(0o600))?;
    rt::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(rt::spawn(answer(stream, desk.clone()))),
                Err(error) => {
                    log::warn!("the command socket: {error}");
                    rt::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    });
    Ok(socket)
}

async fn answer(stream: UnixStream, desk: Desk) {
    let (reading, mut writing) = stream.into_split();
    let mut line = String::new();
    let mut reading = BufReader::new(reading.take(LINE_BYTES_MAX));
    if !matches!(timeout(LINE_WAIT, reading.read_line(&mut line)).await, Ok(Ok(1..))) {
        return;
    }
    let (tell, mut told) = unbounded_channel();
    rt::task::spawn_blocking(move || perform(&line, &desk, &tell));
    while let Some(told) = told.recv().await {
        let Ok(mut text) = serde_json::to_string(&told) else { return };
        text.push('\n');
        // Who asked may have gone; what is short is done all the same.
        if writing.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn perform(line: &str, desk: &Desk, tell: &UnboundedSender<Told>) {
    let mut say = |told| tell.send(told).is_ok();
    let last = match serde_json::from_str(line) {
        Ok(command) => desk.perform(command, &mut say),
        Err(error) => Told::Refused(format!("The running server does not know this command: {error}")),
    };
    say(last);
}
