//! Evenings on the long file by `comanda load`, on this disk and on one whose every sync takes 5 ms more, and
//! every scenario of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::Scale;
use crate::client::{once, request};
use crate::million::file;
use crate::server::{COMANDA, Folder, Server};
use crate::table::Table;

const SLOW_SYNC_US: &str = "5000";

pub fn run(scale: Scale, table: &mut Table) {
    let folder = Folder::new("evening");
    let (db, token) = file(&folder, scale.large);
    let server = Server::comanda(&db);
    room(&server.addr, &token);
    let figure = told(&evening(scale, &server.addr, &db, &folder));
    table.row("an evening on that file, disturbed: p99, max", figure, "p99 < 5 ms");
    let every =
        load(&server.addr, &db, &folder, &["--comprehensive", "--requests", if scale.tiny { "10" } else { "1000" }]);
    table.row("`comanda load --comprehensive` there: targets met", met(&every), "all");
    server.kill();
    let Some(library) = slow_sync(&folder) else { return };
    let library = library.display().to_string();
    let server = Server::served(&db, &[], &[("LD_PRELOAD", &library), ("SLOW_SYNC_US", SLOW_SYNC_US)]);
    let figure = told(&evening(scale, &server.addr, &db, &folder));
    table.row("… with 5 ms added to every sync", figure, "p99 < 25 ms");
}

/// Twenty-five tables.
fn room(addr: &str, token: &str) {
    let post = |path: &str, key: String, body: Value| -> Value {
        let head = format!("idempotency-key: {key}\r\n");
        let (status, _, answer) = once(addr, &request("POST", path, token, &head, &body.to_string()));
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
        serde_json::from_slice(&answer).unwrap()
    };
    let area = post("/api/v1/areas", "area".into(), json!({"name": "Hall"}));
    for n in 1..=25 {
        post("/api/v1/tables", format!("table{n}"), json!({"name": n.to_string(), "area_id": area["id"], "seats": 4}));
    }
}

fn evening(scale: Scale, addr: &str, db: &Path, folder: &Folder) -> Value {
    let lasts = if scale.tiny { "3s" } else { "5" };
    let how = ["--terminals", "30", "--orders-per-minute", "60", "--minutes", lasts, "--disturb"];
    load(addr, db, folder, &how)
}

/// The report of a run with such arguments.
fn load(addr: &str, db: &Path, folder: &Folder, how: &[&str]) -> Value {
    let report = folder.file("report.json");
    let mut command = Command::new(COMANDA);
    command
        .arg("load")
        .args(how)
        .args(["--url", &format!("http://{addr}"), "--staff", "1", "--pin", "-", "--db"])
        .arg(db);
    command.arg("--json").arg(&report).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"4321\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    eprintln!("{said}");
    serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap()
}

fn told(report: &Value) -> String {
    let whole = &report["scenarios"][0];
    let ms = |us: &Value| us.as_f64().unwrap() / 1000.0;
    let found = |what: &str| {
        let targets = report["targets"].as_array().unwrap();
        targets.iter().find(|t| t["what"] == what).map_or("not told", |t| t["found"].as_str().unwrap())
    };
    let (hits, memory, checkpoints) = (found("cache hits"), found("memory"), found("checkpoints meanwhile"));
    let (p99, max, errors) = (ms(&whole["p99_us"]), ms(&whole["max_us"]), found("errors"));
    format!(
        "{p99:.2} ms, {max:.1} ms; errors {errors} of {}, cache hits {hits}, memory {memory}, checkpoints {checkpoints}",
        whole["requests"]
    )
}

fn met(report: &Value) -> String {
    let targets = report["targets"].as_array().unwrap();
    let missed: Vec<String> =
        targets.iter().filter(|t| t["met"] == false).map(|t| format!("{}: {}", t["what"], t["found"])).collect();
    format!("{} of {} {}", targets.len() - missed.len(), targets.len(), missed.join("; ")).trim_end().to_owned()
}

/// The library that makes syncs slow; `None` where it cannot be built or preloaded.
fn slow_sync(folder: &Folder) -> Option<PathBuf> {
    let (source, library) = (concat!(env!("CARGO_MANIFEST_DIR"), "/benches/slow_sync.c"), folder.file("slow_sync.so"));
    let built =
        Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).args([source, "-ldl"]).status();
    let there = cfg!(target_os = "linux") && built.is_ok_and(|status| status.success());
    if !there {
        eprintln!("no C compiler that makes libraries to preload: slow syncs are not measured");
    }
    there.then_some(library)
}
