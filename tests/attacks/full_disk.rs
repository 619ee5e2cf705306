//! The disk fills up: the house says so, reads on, loses nothing, is started anew in the midst of it, and takes
//! writes again by itself when there is room.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::dice::Dice;
use crate::disk;
use crate::faults::{is_full, recovers, says_so};
use crate::house::{Deed, House, Mark};
use crate::oracle::{Finding, Judge, Rows, boots};
use crate::recorder;
use crate::server::{DB, Server};
use crate::table;
use crate::terminal::{Request, Terminal};

/// Room that is made again, more than the house holds for itself.
const ROOM: u64 = 16 << 20;
/// Orders that are tried before the disk must be full.
const ORDERS_MAX: usize = 600;

fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
    files.filter(fs::Metadata::is_file).map(|file| file.len()).sum()
}

/// A restaurant on a disk of its own.
struct Small<'h> {
    house: &'h House,
    environment: Vec<(&'static str, String)>,
    deeds: Vec<Deed>,
    findings: Vec<Finding>,
}

impl Small<'_> {
    fn reserve(&self) -> bool {
        self.house.at().join(format!("{DB}.reserve")).exists()
    }

    fn holds(&self, room: u64) {
        fs::write(self.house.folder.path().join("room"), room.to_string()).unwrap();
    }

    fn find(&mut self, what: impl Into<String>) {
        self.findings.push(Finding::Broken(what.into()));
    }

    /// Orders until there is no room, or so many. Once is not enough: where the log is emptied there may be room.
    fn orders(&mut self, server: &Server, tag: &str, most: usize) -> bool {
        let mut terminal = Terminal::default();
        let mut was_full = false;
        for n in 0..most {
            let name = format!("open-{tag}-{n}");
            let (path, mut body, _) = self.house.one_of_each("open", &name, &json!(null), &json!(null));
            let line = body["lines"][0].clone();
            body["lines"] = json!(vec![line; 8]);
            let marks = vec![(Mark::Order, 1), (Mark::Line, 8)];
            let request = Request::post(&self.house.tokens[0], path, name.clone(), body);
            let answer = terminal.ask(server.addr, &request).ok();
            let full = answer.as_ref().is_some_and(is_full);
            let said = answer.as_ref().map_or("nothing".to_owned(), |answer| answer.status.to_string());
            if !full && said != "201" {
                self.find(format!("{name} on a disk that fills: {said}; {}", server.log()));
            }
            self.deeds.push(Deed { name, request, marks, answer: answer.filter(|answer| answer.status < 500) });
            if !full && said != "201" || full && was_full {
                return full;
            }
            was_full = full;
        }
        false
    }

    fn starts(&mut self) -> Option<Server> {
        Server::start(&self.house.at(), &self.environment).map_err(|what| self.find(what)).ok()
    }

    /// Once round: full, perhaps killed and started, and well again.
    fn round(&mut self, n: u64, dice: &mut Dice) {
        self.holds(u64::MAX / 4);
        let Some(mut server) = self.starts() else { return };
        if !self.reserve() {
            self.find("no room is held for a full disk");
        }
        // A start that has to bring a log into the file, on a disk on which nothing is left but what is held.
        if n % 3 == 1 {
            self.orders(&server, &format!("log-{n}"), 30);
            server.kill();
            self.holds(size(&self.house.at()));
            match self.starts() {
                Some(started) => server = started,
                None => return,
            }
        } else {
            self.holds(size(&self.house.at()) + dice.below(600_000));
        }
        if !self.orders(&server, &format!("full-{n}"), ORDERS_MAX) {
            return self.find(format!("it was never full: {}", server.log()));
        }
        if self.reserve() {
            self.find("the room that was held is not given up");
        }
        self.findings.extend(says_so(&server, self.house).into_iter().map(Finding::Broken));
        if n % 3 == 2 {
            server.kill();
            // Others took most of what was given up.
            self.holds(size(&self.house.at()) + (1 << 20));
            match self.starts() {
                Some(started) => server = started,
                None => return,
            }
            self.findings.extend(says_so(&server, self.house).into_iter().map(Finding::Broken));
        }
        // A little is not enough: what is held must fit again.
        self.holds(size(&self.house.at()) + dice.below(3 << 20));
        std::thread::sleep(Duration::from_millis(50));
        self.findings.extend(says_so(&server, self.house).into_iter().map(Finding::Broken));
        self.holds(size(&self.house.at()) + ROOM);
        if !recovers(&server) {
            return self.find(format!("there is room again, and it does not see it: {}", server.log()));
        }
        if !self.reserve() {
            self.find("it writes again, and no room is held");
        }
        let mut terminal = Terminal::default();
        for deed in self.deeds.iter_mut().filter(|deed| deed.answer.is_none()) {
            deed.answer = terminal.ask(server.addr, &deed.request).ok();
        }
        let _ = server.stop().map_err(|what| self.find(what));
    }
}

/// A house whose folder will hold so much and no more.
fn small(house: &House) -> Small<'_> {
    let faults = recorder::build(house.folder.path(), "faults");
    let mut environment = recorder::environment(&house.recorder, &house.at(), Path::new("/dev/null"));
    environment[0].1 = format!("{} {}", faults.display(), house.recorder.display());
    environment.push(("FAULTS_FOLDER", house.at().display().to_string()));
    environment.push(("FAULTS_ROOM", house.folder.path().join("room").display().to_string()));
    Small { house, environment, deeds: Vec::new(), findings: Vec::new() }
}

#[test]
fn a_full_disk_is_said_and_survived() {
    let seed = table::seed("the disk is full");
    let rounds = table::count("FULL", 60, 3, 3);
    let house = House::open();
    let mut small = small(&house);
    let mut dice = Dice::new(seed);
    for round in 0..rounds {
        small.round(round, &mut dice);
        if !small.findings.is_empty() {
            break;
        }
    }
    let Small { deeds, mut findings, .. } = small;
    let told: Vec<bool> = deeds.iter().map(Deed::is_acknowledged).collect();
    let image = house.folder.sub("image");
    disk::write(&disk::read(&house.at()), &image);
    let end = Rows::read(&image).unwrap();
    findings.extend(Judge { deeds: &deeds, brought: &[], end: &end }.look(&image, &told, &[]));
    let acknowledged: Vec<&Deed> = deeds.iter().filter(|deed| deed.is_acknowledged()).collect();
    let fresh = Request::post(&house.tokens[0], "/orders", "at-last", json!({"kind": "takeaway"}));
    findings.extend(boots(&image, &acknowledged, &[], &fresh));
    let times = format!("{rounds} full disks, {} acknowledged requests", acknowledged.len());
    let how = "the folder fits into so many bytes; also killed and started anew while it does";
    table::row("full-disk", "A full disk is said, costs nothing acknowledged, and passes", how, &times, findings.len());
    assert!(findings.is_empty(), "{} findings: {:#?}", findings.len(), &findings[..findings.len().min(5)]);
}

/// The proof that the room which is held is what a start in the midst of it needs.
#[test]
fn where_no_room_is_held_it_does_not_start() {
    let house = House::open();
    let mut small = small(&house);
    // The server that furnished the house held some.
    fs::remove_file(house.at().join(format!("{DB}.reserve"))).unwrap();
    small.environment.push(("COMANDA_FAULT", "no_reserve".to_owned()));
    small.holds(u64::MAX / 4);
    let mut server = small.starts().unwrap();
    small.orders(&server, "log", 30);
    server.kill();
    small.holds(size(&house.at()));
    let started = small.starts().is_some();
    table::bites("full-disk", "reserve", "no room is held: a server that was killed does not start on a full disk");
    let says_why =
        matches!(&small.findings[..], [Finding::Broken(what)] if what.contains("See that the disk has room"));
    assert!(!started && says_why, "started: {started}, {:#?}", small.findings);
}
