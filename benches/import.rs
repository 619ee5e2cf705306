//! A till that is served while a year of history is brought in: terminals at a steady rate, each
//! request timed from the moment it was due, so that a stall is felt by all that queue behind it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use crate::Scale;
use crate::client::{answer, request};
use crate::create::menu;
use crate::server::{COMANDA, Folder, Server, restaurant};
use crate::table::Table;

const TERMINALS: u32 = 8;
/// Of each terminal: 200 requests a second in all, which no restaurant has.
const EVERY: Duration = Duration::from_millis(40);

pub fn run(scale: Scale, table: &mut Table) {
    let folder = Folder::new("import");
    let Some(files) = files(scale, &folder) else { return };
    let db = folder.file("comanda.db");
    let token = restaurant(&db);
    let server = Server::comanda(&db);
    let variants = menu(&server.addr, &token, 8);
    let alone_ms = if scale.tiny { 200 } else { 3000 };
    let alone = served(&server.addr, &token, &variants, || std::thread::sleep(Duration::from_millis(alone_ms)));
    let rounds = if scale.tiny { 1 } else { 3 };
    let mut seconds = 0.0;
    let during = served(&server.addr, &token, &variants, || {
        let began = Instant::now();
        import(&db, &["import", "menu"], &files.0);
        for round in 0..rounds {
            import(&db, &["import", "sales", "--source", &format!("till {round}")], &files.1);
        }
        seconds = began.elapsed().as_secs_f64();
    });
    table.row(
        format!("a till during `import menu`, {rounds} × `import sales` ({seconds:.1} s), p99 ms"),
        during.shown(),
        if scale.tiny { "" } else { "< 50 ms" },
    );
    table.row("… the same without an import, p99 ms", alone.shown(), "");
}

/// The published year beside the project, or a few lines where only the bench itself is tried.
fn files(scale: Scale, folder: &Folder) -> Option<(PathBuf, PathBuf)> {
    if !scale.tiny {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pizza-place");
        if !data.join("sales.csv").exists() {
            eprintln!("import: skipped, {} is not there", data.display());
            return None;
        }
        return Some((data.join("menu.csv"), data.join("sales.csv")));
    }
    let (menu, sales) = (folder.file("menu.csv"), folder.file("sales.csv"));
    std::fs::write(&menu, "sku,item,price\nmarg,Margherita,8.00\ndiav,Diavola,9.50\n").unwrap();
    let row = |n: usize| format!("{n},2015-01-{:02},12:{:02}:00,marg,1,8.00\n", n % 28 + 1, n % 60);
    let rows: String = (1..=200).map(row).collect();
    std::fs::write(&sales, format!("order,date,time,sku,quantity,unit_price\n{rows}")).unwrap();
    Some((menu, sales))
}

fn import(db: &Path, words: &[&str], file: &Path) {
    let output = Command::new(COMANDA).args(words).arg(file).arg("--db").arg(db).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Latencies in ms, the least first.
struct Latencies(Vec<f64>);

impl Latencies {
    fn shown(&self) -> String {
        let n = self.0.len();
        let at = |percent: usize| self.0[(n * percent / 100).min(n - 1)];
        format!("{:.1} (median {:.1}, max {:.1}, {n} requests)", at(99), at(50), self.0[n - 1])
    }
}

/// Serves the terminals for as long as `meanwhile` takes.
fn served(addr: &str, token: &str, variants: &[i64], meanwhile: impl FnOnce()) -> Latencies {
    let stop = Arc::new(AtomicBool::new(false));
    let (address, key, ids, stopped) = (addr.to_owned(), token.to_owned(), variants.to_vec(), Arc::clone(&stop));
    let clients = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let start = Instant::now() + Duration::from_millis(20);
            let one = |n: u32| terminal(n, address.clone(), key.clone(), ids.clone(), start, Arc::clone(&stopped));
            let all: Vec<_> = (0..TERMINALS).map(|n| tokio::spawn(one(n))).collect();
            let mut times = Vec::new();
            for task in all {
                times.extend(task.await.unwrap());
            }
            times
        })
    });
    meanwhile();
    stop.store(true, Ordering::Relaxed);
    let mut times = clients.join().unwrap();
    times.sort_by(f64::total_cmp);
    Latencies(times)
}

/// Reads the menu, opens an order, pays it, and so on, each when it is due.
async fn terminal(
    number: u32,
    addr: String,
    token: String,
    variants: Vec<i64>,
    start: Instant,
    stop: Arc<AtomicBool>,
) -> Vec<f64> {
    let mut socket = TcpStream::connect(&addr).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let (mut buffer, mut times, mut order) = (Vec::with_capacity(64 * 1024), Vec::new(), String::new());
    let lines: Vec<String> =
        variants.iter().take(3).map(|id| format!(r#"{{"variant_id":{id},"quantity":1}}"#)).collect();
    let opening = format!(r#"{{"kind":"takeaway","lines":[{}]}}"#, lines.join(","));
    let started = start.elapsed().as_nanos();
    let mut due = start + EVERY * number / TERMINALS;
    let mut step = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let key = format!("idempotency-key: i{}-{number}-{step}-{started}\r\n", std::process::id());
        let (bytes, expected) = match step % 3 {
            0 => (request("GET", "/api/v1/menu", &token, "", ""), 200),
            1 => (request("POST", "/api/v1/orders", &token, &key, &opening), 201),
            _ => {
                let path = format!("/api/v1/orders/{order}/payments");
                let head = format!("{key}if-match: \"1.0\"\r\n");
                (request("POST", &path, &token, &head, r#"{"tender":"cash"}"#), 201)
            }
        };
        sleep_until(due).await;
        socket.write_all(&bytes).await.unwrap();
        let status = answer(&mut socket, &mut buffer).await;
        times.push(due.elapsed().as_secs_f64() * 1000.0);
        let text = String::from_utf8_lossy(&buffer);
        assert_eq!(status, expected, "{text}");
        if step % 3 == 1 {
            let (_, id) = text.split_once("{\"id\":").unwrap();
            order = id.chars().take_while(char::is_ascii_digit).collect();
        }
        due += EVERY;
        step += 1;
    }
    times
}
