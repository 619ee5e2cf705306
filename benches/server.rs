//! Servers as processes of their own, and what the kernel says of them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub const COMANDA: &str = env!("CARGO_BIN_EXE_comanda");

/// A server that ends with its owner.
pub struct Server {
    child: Child,
    pub addr: String,
}

impl Server {
    /// The till server on this file.
    pub fn comanda(db: &Path) -> Self {
        Self::set(db, &[])
    }

    /// The same with some `name=value` settings.
    pub fn set(db: &Path, settings: &[&str]) -> Self {
        Self::served(db, settings, &[])
    }

    /// The same with some settings and in such an environment.
    pub fn served(db: &Path, settings: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(COMANDA);
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "info", "--db"]).arg(db);
        command.args(settings.iter().flat_map(|setting| ["--set", setting]));
        command.envs(environment.iter().copied());
        command.stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { addr: listening(log), child }
    }

    /// The bare one, answering so many bytes.
    pub fn bare(bytes: usize) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["serve-bare", &bytes.to_string()]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stdout.take().unwrap());
        Self { addr: listening(log), child }
    }

    /// User and system time so far, in seconds (proc(5), stat fields 14 and 15, at 100 a second).
    pub fn cpu_s(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or_default();
        (ticks(11) + ticks(12)) / 100.0
    }

    /// Resident memory in MB (proc(5), status).
    pub fn memory_mb(&self, field: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1024.0
    }

    /// No chance to tidy up, as when the plug is pulled.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address a server says it listens on. The rest of what it says is read and dropped.
fn listening(log: impl BufRead + Send + 'static) -> String {
    let mut lines = log.lines();
    let addr = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let at = line.find("127.0.0.1:")?;
        let rest = &line[at..];
        let end = rest.find(|c: char| c != '.' && c != ':' && !c.is_ascii_digit()).unwrap_or(rest.len());
        (line.contains("listening") && !rest[..end].ends_with(":0")).then(|| rest[..end].to_owned())
    });
    std::thread::spawn(move || lines.for_each(drop));
    addr.expect("the server says where it listens")
}

/// A folder that goes with its owner.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("comanda-bench-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn comanda(args: &[&str], db: &Path) -> String {
    let output = Command::new(COMANDA).args(args).arg("--db").arg(db).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A restaurant, and a manager's integration token.
pub fn restaurant(db: &Path) -> String {
    let init = ["init", "--name", "Bench", "--currency", "EUR", "--timezone", "Europe/Rome", "--cutoff", "04:00"];
    comanda(&[&init[..], &["--owner-name", "Ada", "--owner-pin", "4321"]].concat(), db);
    comanda(&["token", "--name", "bench", "--role", "manager"], db).trim().to_owned()
}

/// Waits until `done` says so; panics after ten seconds.
pub fn wait(mut done: impl FnMut() -> bool) {
    for _ in 0..10_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("it did not happen within ten seconds");
}
