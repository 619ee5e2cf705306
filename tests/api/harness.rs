//! A restaurant of its own for every test, on the real server at a port of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use comanda::app::{App, Running};
use comanda::config::Config;
use comanda::kernel::clock::ManualClock;
use comanda::kernel::day::UtcMs;

use serde_json::json;

use crate::client::Client;
use crate::template::{self, Person};

/// A Friday evening, before the rush.
pub const OPENING: &str = "2026-11-20T18:00:00+01:00";
pub const ROLES: [&str; 6] = ["owner", "manager", "cashier", "waiter", "kitchen", "auditor"];
/// Everybody's.
pub const PIN: &str = "4321";

/// A folder that goes with its owner.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("comanda-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a test of the house needs: the server, its clock, and everybody's tokens.
pub struct House {
    // The server ends before its folder goes.
    running: Option<Running>,
    config: Config,
    pub clock: Arc<ManualClock>,
    pub folder: Folder,
    people: BTreeMap<String, Person>,
    client: Client,
    by_hand: AtomicBool,
}

impl House {
    /// Da Gina, in Rome: six people, one of each role, each signed in on a terminal of their own;
    /// the first tenders, reasons and station; nothing on the menu yet.
    pub fn open() -> Self {
        Self::open_with(1, 2)
    }

    /// The same with so many event loops and readers.
    pub fn open_with(workers: usize, readers: u32) -> Self {
        let folder = Folder::new();
        let people = template::furnished(&folder.file("comanda.db"));
        Self::start(folder, people, OPENING, workers, readers)
    }

    /// The same, served as `change` has it.
    pub fn open_set(change: impl FnOnce(&mut Config)) -> Self {
        let folder = Folder::new();
        let people = template::furnished(&folder.file("comanda.db"));
        Self::start_set(folder, people, OPENING, |config| {
            (config.workers, config.readers) = (1, 2);
            change(config);
        })
    }

    /// One that opened at another time, which no template knows.
    pub fn open_at(time: &str, workers: usize, readers: u32) -> Self {
        let folder = Folder::new();
        let people = template::furnished_at(&folder.file("comanda.db"), time);
        Self::start(folder, people, time, workers, readers)
    }

    /// A file without a restaurant in it.
    pub fn bare() -> Self {
        let folder = Folder::new();
        template::empty(&folder.file("comanda.db"));
        Self::start(folder, BTreeMap::new(), OPENING, 1, 2)
    }

    fn start(folder: Folder, people: BTreeMap<String, Person>, time: &str, workers: usize, readers: u32) -> Self {
        Self::start_set(folder, people, time, |config| (config.workers, config.readers) = (workers, readers))
    }

    fn start_set(
        folder: Folder,
        people: BTreeMap<String, Person>,
        time: &str,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let clock = Arc::new(ManualClock::at(UtcMs::parse(time).unwrap()));
        let mut config = Config::new(folder.file("comanda.db"));
        config.listen = "127.0.0.1:0".parse().unwrap();
        config.look_out = false;
        // The clock leaps.
        config.session_idle_min = 0;
        change(&mut config);
        // It stands still, or leaps.
        config.stats.clock_runs = false;
        // Without nextest hundreds of servers share one process, and its memory: none is held to its own.
        if std::env::var_os("NEXTEST").is_none() {
            config.stats.memory_budget_bytes = 0;
        }
        let running = run(&config, &clock);
        let client = Client::new(format!("http://{}", running.addr));
        let by_hand = AtomicBool::new(false);
        Self { running: Some(running), config, clock, folder, people, client, by_hand }
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("the server runs")
    }

    /// Says that the test writes rows of its own, which come from nothing: nobody checks the file after it.
    pub fn by_hand(&self) {
        self.by_hand.store(true, Ordering::Relaxed);
    }

    /// Stops the server, and leaves the file.
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }

    /// Starts it again at the address it had, as after a power cut.
    pub fn start_at(&mut self, addr: SocketAddr) {
        self.config.listen = addr;
        self.restart();
    }

    /// Stops the server and starts it again on the same file.
    pub fn restart(&mut self) {
        self.stop();
        let running = run(&self.config, &self.clock);
        self.client = Client::new(format!("http://{}", running.addr));
        self.running = Some(running);
    }

    /// Whoever has this role.
    #[track_caller]
    pub fn person(&self, role: &str) -> &Person {
        self.people.get(role).unwrap_or_else(|| panic!("nobody is {role}"))
    }

    /// Somebody of this role at their own terminal.
    #[track_caller]
    pub fn as_(&self, role: &str) -> Client {
        self.client.with_token(&self.person(role).token)
    }

    /// The terminal of somebody of this role, with nobody signed in.
    #[track_caller]
    pub fn terminal_of(&self, role: &str) -> Client {
        self.client.with_token(&self.person(role).device_token)
    }

    /// Signs in anew, as after a night.
    #[track_caller]
    pub fn sign_in(&self, role: &str) -> Client {
        let pin = json!({"staff_id": self.person(role).staff_id, "pin": PIN});
        let session = self.terminal_of(role).post("/sessions").body(pin).created();
        self.client.with_token(session.str("/token"))
    }

    /// Sets the clock; RFC 3339.
    pub fn at(&self, time: &str) {
        self.clock.set(UtcMs::parse(time).unwrap());
    }

    /// The restaurant's file.
    pub fn db(&self) -> PathBuf {
        self.folder.file("comanda.db")
    }

    /// A terminal with connections of its own, for somebody of this role.
    #[track_caller]
    pub fn apart(&self, role: &str) -> Client {
        Client::new(format!("http://{}", self.running().addr)).with_token(&self.person(role).token)
    }

    /// A terminal without a token.
    pub fn anyone(&self) -> Client {
        self.client.clone()
    }

    /// What the server says to exactly these bytes, until it closes or is silent for a second.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut socket = TcpStream::connect(self.running().addr).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        // The server may close before it has read everything.
        let _ = socket.write_all(bytes);
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// Whatever a test did, everything kept is what it was made from.
impl Drop for House {
    fn drop(&mut self) {
        self.stop();
        let db = self.folder.file("comanda.db");
        let by_hand = self.by_hand.load(Ordering::Relaxed);
        if std::thread::panicking() || by_hand || self.people.is_empty() || !db.exists() {
            return;
        }
        let db = comanda::store::open_read_only(&db).unwrap_or_else(|error| panic!("{error}"));
        let wrong = comanda::orders::ops::verify::verify(&db, |_, _| {}).unwrap();
        let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        assert!(wrong.is_empty(), "after the test:\n{}", wrong.join("\n"));
        assert_eq!(comanda::kitchen::ops::verify(&db).unwrap(), Vec::<String>::new());
        let wrong = comanda::accounts::ops::verify(&db).unwrap();
        assert!(wrong.is_empty(), "after the test:\n{wrong:?}");
        assert!(comanda::journal::ops::verify(&db, |_| {}).unwrap().is_ok(), "the journal's chain is broken");
    }
}

/// Faults of the server, beside the test they belong to.
struct Faults;

impl log::Log for Faults {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Error
    }

    #[expect(clippy::print_stderr, reason = "a failed test shows what was printed")]
    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            eprintln!("server: {}", record.args());
        }
    }

    fn flush(&self) {}
}

fn run(config: &Config, clock: &Arc<ManualClock>) -> Running {
    // A second server of this process finds it there.
    if log::set_logger(&Faults).is_ok() {
        log::set_max_level(log::LevelFilter::Error);
    }
    App::start(config, Arc::clone(clock) as _).unwrap_or_else(|error| panic!("{error}"))
}
