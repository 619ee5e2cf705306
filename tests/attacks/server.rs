//! The real program as a process of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub const COMANDA: &str = env!("CARGO_BIN_EXE_comanda");
/// The restaurant's file in its folder.
pub const DB: &str = "comanda.db";

/// A server that is killed with its owner.
pub struct Server {
    child: Child,
    pub addr: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Blocks until it listens; where it ends before, what it said.
    pub fn start(folder: &Path, environment: &[(&str, String)]) -> Result<Self, String> {
        Self::start_as(folder, &["--listen", "127.0.0.1:0"], environment)
    }

    /// The same, as `words` have it.
    pub fn start_as(folder: &Path, words: &[&str], environment: &[(&str, String)]) -> Result<Self, String> {
        let mut command = Command::new(COMANDA);
        command.arg("serve").args(words).args(["--log", "info", "--workers", "2", "--db"]);
        command.arg(folder.join(DB)).envs(environment.iter().map(|(name, value)| (*name, value)));
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let listening = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let at = line.split_once("listening on ").and_then(|(_, at)| at.split_once("://"));
            let addr = at.and_then(|(_, addr)| addr.trim().parse().ok());
            said.push(line);
            addr
        });
        let Some(addr) = listening else {
            let status = child.wait().unwrap();
            return Err(format!("it did not start ({status}): {}", said.join(" | ")));
        };
        let log = Arc::new(Mutex::new(said));
        let kept = Arc::clone(&log);
        thread::spawn(move || lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line)));
        Ok(Self { child, addr, log })
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// No chance to tidy up.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How it ended by itself, if it does within a while.
    pub fn ends(&mut self, within: Duration) -> Option<ExitStatus> {
        let since = Instant::now();
        loop {
            match self.child.try_wait().unwrap() {
                None if since.elapsed() < within => thread::sleep(Duration::from_millis(2)),
                status => return status,
            }
        }
    }

    /// As an operator stops it.
    pub fn stop(mut self) -> Result<(), String> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.is_ok_and(|status| status.success()), "kill -TERM");
        let status = self.child.wait().unwrap();
        if status.success() { Ok(()) } else { Err(format!("it stopped with {status}: {}", self.log())) }
    }

    /// Its last words.
    pub fn log(&self) -> String {
        let log = self.log.lock().unwrap();
        log[log.len().saturating_sub(12)..].join(" | ")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command on the file: what it said, and whether it was content.
pub fn comanda(folder: &Path, words: &[&str]) -> Result<String, String> {
    let output = Command::new(COMANDA).args(words).arg("--db").arg(folder.join(DB)).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    Err(format!("comanda {}: {said}{}", words.join(" "), String::from_utf8_lossy(&output.stderr)))
}

/// A folder that goes with its owner, unless it has something to show.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("comanda-{name}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = fs::canonicalize(std::env::temp_dir()).unwrap().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A folder within.
    pub fn sub(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
