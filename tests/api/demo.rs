//! The restaurant made up for a look: what is in it, and the command that serves it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use comanda::demo;
use comanda::floor::ops as floor;
use comanda::kernel::day::{BusinessDate, UtcMs};
use comanda::reports::model::Span;
use comanda::reports::sql::RollupRow;
use comanda::store::{Snapshot, open_read_only};
use comanda::{journal, menu, reports, shifts, staff};
use serde_json::Value;

use crate::client::Client;
use crate::harness::{Folder, OPENING};

fn made(db: &Path, days: u32) -> Snapshot {
    let mut lived = Vec::new();
    demo::make(db, days, UtcMs::parse(OPENING).unwrap(), &mut |day| lived.push(day)).unwrap();
    assert_eq!(lived, (1..=days).collect::<Vec<_>>());
    open_read_only(db).unwrap()
}

fn date(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

fn rollups(db: &Snapshot, of: BusinessDate) -> Vec<RollupRow> {
    reports::ops::rollup_rows(db, of, of).unwrap()
}

#[test]
fn there_is_something_to_look_at_that_adds_up_and_comes_out_the_same() {
    let folder = Folder::new();
    // What an interrupted try left.
    fs::write(folder.file("comanda.db.making"), "half a restaurant").unwrap();
    let db = made(&folder.file("comanda.db"), 2);
    let left: Vec<String> = fs::read_dir(folder.file(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("making"))
        .collect();
    assert!(left.is_empty(), "{left:?}");

    let menu = menu::ops::menu(&db, UtcMs::parse(OPENING).unwrap()).unwrap();
    let items: Vec<_> = menu.categories.iter().flat_map(|(_, items)| items).collect();
    assert_eq!(menu.categories.len(), 8);
    assert!(items.len() >= 60, "{}", items.len());
    assert!(items.iter().any(|item| item.variants.len() > 1 && !item.allergens.is_empty()));
    assert!(items.iter().any(|item| item.groups.iter().any(|group| group.min == 1 && group.max == 1)));
    assert!(items.iter().any(|item| item.groups.iter().any(|group| group.min == 0 && group.max == 3)));
    let own_takeaway_rates = menu.tax_classes.iter().filter(|class| !class.takeaway_rates.is_empty());
    assert_eq!((menu.tax_classes.len(), own_takeaway_rates.count()), (2, 1));
    assert_eq!((floor::areas(&db).unwrap().len(), floor::tables(&db).unwrap().len()), (3, 25));
    assert_eq!(staff::ops::all_active(&db).unwrap().len(), 8);

    let span = Span::new(date("2026-11-18"), date("2026-11-19")).unwrap();
    let totals = reports::ops::totals(&db, span).unwrap();
    assert!(totals.balanced(), "{totals:?}");
    assert!((300..500).contains(&totals.figures.orders), "{totals:?}");
    for (what, figure) in [
        ("comps", totals.figures.comps),
        ("discounts", totals.figures.discounts),
        ("tips", totals.figures.tips),
        ("service charges", totals.figures.service_charges),
    ] {
        assert!(figure > 0, "no {what}");
    }
    let months = [date("2026-11-17"), date("2026-11-20")];
    assert!(months.iter().all(|day| rollups(&db, *day).is_empty()), "it ends yesterday and is two days long");
    assert!(journal::ops::verify(&db, |_| ()).unwrap().is_ok_and(|last| last > 1000));
    assert_eq!(shifts::ops::last_z(&db).unwrap().map(|z| z.number), Some(2));
    let pending = shifts::ops::pending(&db).unwrap();
    assert!(pending.orders.is_empty() && pending.payments.is_empty());

    let (one, of) = (made(&folder.file("one.db"), 1), date("2026-11-19"));
    assert!(rollups(&one, of).len() > 100);
    assert_eq!(rollups(&one, of), rollups(&db, of), "a day comes out the same whatever was before it");
}

/// The demo in a process of its own; it is killed where a test fails.
struct Demo {
    child: Child,
    /// What it said, without empty lines.
    said: Vec<String>,
}

impl Demo {
    fn start(folder: &Folder) -> Self {
        let data = folder.file("data");
        let arguments = ["demo", "--days", "1", "--listen", "127.0.0.1:0", "--data"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_comanda"));
        let command = command.args(arguments).arg(&data).env_clear().stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut said = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let last = line.starts_with("Ctrl-C");
            said.push(line);
            if last {
                break;
            }
        }
        Self { child, said }
    }

    #[track_caller]
    fn line(&self, beginning: &str) -> &str {
        let found = self.said.iter().find(|line| line.starts_with(beginning));
        found.unwrap_or_else(|| panic!("no line begins with {beginning:?}: {:#?}", self.said))
    }

    fn token(&self) -> &str {
        self.line("cmi_")
    }

    fn base(&self) -> &str {
        self.line("listening on ").split(' ').nth(2).unwrap()
    }

    /// Ends it as a supervisor does; how long that took.
    fn end(&mut self) -> Duration {
        let began = Instant::now();
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        began.elapsed()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a printed line answers, run by a shell as it stands.
#[track_caller]
fn shell(line: &str) -> Value {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {output:?}"))
}

#[test]
fn the_command_serves_it_and_says_how_to_begin() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let mut demo = Demo::start(&folder);
    for person in &demo::STAFF {
        assert!(demo.line(person.name).contains(person.pin), "{}", person.name);
    }
    let kept = folder.file("data/token");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let token = demo.token().to_owned();
    let terminal = Client::new(demo.base().to_owned()).with_token(&token);
    assert_eq!(terminal.get("/menu").ok().list("/categories").len(), 8);

    let lines: Vec<&String> = demo.said.iter().filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(lines.len(), 3);
    if Command::new("curl").arg("--version").output().is_ok() {
        assert_eq!(shell(lines[0])["categories"][0]["name"], "Antipasti");
        let order = shell(lines[1]);
        assert_eq!((&order["state"], &order["total"]), (&"open".into(), &1810.into()), "{order}");
        assert_eq!(shell(lines[1])["id"], order["id"], "the same key is the same order");
        assert!(shell(lines[2])["rows"].as_array().unwrap().len() > 40);
    }

    let mut stream = terminal.events("", Some(0));
    assert!(stream.next().is_some());
    let took = demo.end();
    assert!(took < Duration::from_secs(6), "{took:?}");

    let again = Demo::start(&folder);
    assert_eq!(again.token(), token, "yesterday's lines still work");
    assert!(!again.said.iter().any(|line| line.starts_with("Made")));
    Client::new(again.base().to_owned()).with_token(&token).get("/menu").ok();
}
