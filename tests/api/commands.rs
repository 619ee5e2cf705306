//! The program as people start it: commands, the running server beside them, signals.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Client;
use crate::harness::Folder;

pub fn comanda(db: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_comanda"));
    let (first, rest) = arguments.split_first().unwrap();
    command.arg(first).arg("--db").arg(db).args(rest).env_clear();
    command
}

pub fn init(db: &Path) -> Command {
    let words = "init --currency EUR --timezone Europe/Rome --cutoff 04:00 --owner-name Gina --owner-pin - --name";
    let mut arguments: Vec<&str> = words.split(' ').collect();
    arguments.push("Da Gina");
    comanda(db, &arguments)
}

pub fn with_input(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may refuse before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What a command said: its exit code, its output and its complaint.
#[track_caller]
pub fn check(output: &Output, code: i32, out: &str, complaint: &str) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}{complained}");
    assert!(said.contains(out), "{said:?} has no {out:?}");
    assert!(complained.contains(complaint) && (complaint.is_empty() == complained.is_empty()), "{complained:?}");
}

/// A server in a process of its own; it is killed where a test fails.
pub struct Served {
    child: Child,
    pub client: Client,
    /// What it said after it listened, and before.
    pub log: Arc<Mutex<String>>,
}

impl Served {
    pub fn start(db: &Path) -> Self {
        let mut command = comanda(db, &["serve", "--listen", "127.0.0.1:0", "--readers", "2"]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let said = Arc::new(Mutex::new(String::new()));
        let base = loop {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended before it listened");
            *said.lock().unwrap() += &line;
            if let Some((_, address)) = line.split_once("listening on ") {
                break address.trim().to_owned();
            }
        };
        // Its log is read on, lest it waits for room to write.
        let told = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                *told.lock().unwrap() += &format!("{line}\n");
            }
        });
        Self { child, client: Client::new(base), log: said }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&mut self, name: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn init_makes_a_restaurant_once() {
    let folder = Folder::new();
    let db = folder.file("gina.db");
    let wrong = comanda(
        &db,
        &"init --name X --currency euro --timezone Rome --cutoff 4 --owner-name G --owner-pin 1"
            .split(' ')
            .collect::<Vec<_>>(),
    )
    .output()
    .unwrap();
    check(&wrong, 1, "", "--timezone: ");
    for option in ["--currency: ", "--cutoff: ", "--owner-pin: ", "given as an argument"] {
        check(&wrong, 1, "", option);
    }
    assert!(!db.exists(), "a wrong word leaves no file");
    check(&with_input(init(&db), "4321\n"), 0, "Da Gina is in ", "");
    check(&with_input(init(&db), "4321\n"), 1, "", "There is a restaurant in this file already.");
    check(&comanda(&db, &["nothing"]).output().unwrap(), 2, "", "unrecognized subcommand");
}

#[test]
fn commands_ask_whoever_holds_the_file() {
    let folder = Folder::new();
    let db = folder.file("gina.db");
    check(&comanda(&db, &["pair"]).output().unwrap(), 1, "", "Make one with comanda init");
    with_input(init(&db), "4321\n");
    check(&comanda(&db, &["token", "--name", "shop", "--role", "auditor"]).output().unwrap(), 0, "cmi_", "");
    let server = Served::start(&db);
    check(&comanda(&db, &["serve", "--listen", "127.0.0.1:0"]).output().unwrap(), 1, "", "is in use by process");
    check(&with_input(init(&db), "4321\n"), 1, "", "is in use by process");
    let told = comanda(&db, &["token", "--name", "shop", "--role", "auditor"]).output().unwrap();
    check(&told, 0, "cmi_", "");
    let token = String::from_utf8(told.stdout).unwrap();
    server.client.with_token(token.trim()).get("/journal").ok();
    let wrong = comanda(&db, &["token", "--name", "shop", "--role", "cook"]).output().unwrap();
    check(&wrong, 1, "", "--role: one of owner, manager");
    check(&comanda(&db, &["pair"]).output().unwrap(), 0, "", "");
    check(&comanda(&db, &["unlock", "gina"]).output().unwrap(), 0, "Gina may try again.", "");
    check(&comanda(&db, &["unlock", "nobody"]).output().unwrap(), 1, "", "Nobody here");
}

#[test]
fn a_signal_ends_it_in_time_with_streams_open() {
    for name in ["TERM", "INT"] {
        let folder = Folder::new();
        let db = folder.file("gina.db");
        with_input(init(&db), "4321\n");
        let told = comanda(&db, &["token", "--name", "shop", "--role", "manager"]).output().unwrap();
        let manager = String::from_utf8(told.stdout).unwrap();
        let mut server = Served::start(&db);
        let manager = server.client.with_token(manager.trim());
        let mut streams = [manager.events("", None), manager.events("", Some(0))];
        assert!(streams[1].next().is_some(), "what happened before is told");
        let began = Instant::now();
        assert_eq!(server.signal(name), Some(0), "{name}");
        assert!(began.elapsed() < Duration::from_secs(6), "{name} took {:?}", began.elapsed());
        for stream in &mut streams {
            while stream.next().is_some() {}
        }
        assert!(!folder.file("gina.db.sock").exists() && !folder.file("gina.db-wal").exists());
    }
}

#[test]
fn the_command_socket_is_its_owners() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixStream;

    let folder = Folder::new();
    let db = folder.file("gina.db");
    with_input(init(&db), "4321\n");
    let _server = Served::start(&db);
    let path = folder.file("gina.db.sock");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut socket = UnixStream::connect(&path).unwrap();
    let command = json!({"command": "rob", "till": 1});
    writeln!(socket, "{command}").unwrap();
    let mut answer = String::new();
    BufReader::new(socket).read_line(&mut answer).unwrap();
    assert!(answer.starts_with("{\"refused\":\"The running server does not know this command"), "{answer}");
}
