//! The disk fails: the n-th of the server's dealings with it, once or for good, at the start or in the midst of
//! an evening. Whatever then becomes of the machine, what was acknowledged is there.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::disk::{self, Disk, Image, Left};
use crate::house::{Deed, House};
use crate::oracle::{Finding, Judge, Rows, boots};
use crate::recorder;
use crate::server::{DB, Server};
use crate::table;
use crate::terminal::{Answer, Request, Terminal};

/// Runs at a time; the test machine has two cores.
const RUNNING: usize = 2;
/// How soon a process that must end does, and how soon a full disk that is full no more is noticed.
const SOON: Duration = Duration::from_secs(10);

/// What fails and how; see `faults.c`.
#[derive(Debug, Clone, Copy)]
struct Kind {
    what: &'static str,
    error: &'static str,
    for_good: bool,
}

const fn kind(what: &'static str, error: &'static str, for_good: bool) -> Kind {
    Kind { what, error, for_good }
}

/// Nothing is said of a second try: a server that lives on after a failed sync may find the next one good.
const KINDS: [Kind; 14] = [
    kind("write", "EIO", false),
    kind("write", "EIO", true),
    kind("write", "ENOSPC", false),
    kind("write", "ENOSPC", true),
    kind("write", "short", false),
    kind("write", "short", true),
    kind("sync", "EIO", false),
    kind("sync", "EIO", true),
    kind("sync", "ENOSPC", false),
    kind("truncate", "EIO", false),
    kind("read", "EIO", false),
    kind("read", "EIO", true),
    kind("alloc", "none", false),
    kind("alloc", "none", true),
];

/// In what `faults.c` counts them.
const COUNTED: [&str; 5] = ["write", "sync", "truncate", "read", "alloc"];

/// A disk as a server finds it, and what was acknowledged by then.
struct Begin {
    name: &'static str,
    image: Image,
    deeds: Vec<Deed>,
}

/// What is done to one server.
#[derive(Debug, Clone, Copy)]
struct Try {
    kind: Kind,
    at: u64,
    begin: usize,
    /// What `COMANDA_FAULT` says.
    wrong: Option<&'static str>,
}

impl Kind {
    fn name(&self) -> String {
        format!("{}: {}{}", self.what, self.error, if self.for_good { ", for good" } else { "" })
    }
}

/// What became of it.
#[derive(Default)]
struct Came {
    findings: Vec<Finding>,
    /// Something did fail.
    failed: bool,
    acknowledged: usize,
    /// How many there were of each of [`COUNTED`], where the process could still say.
    counted: Option<[u64; 5]>,
}

struct Attack {
    house: House,
    faults: PathBuf,
    begins: [Begin; 2],
}

impl Attack {
    /// A restaurant that was stopped, and one whose server was killed with a log beside its file.
    fn new() -> Self {
        let house = House::open();
        let faults = recorder::build(house.folder.path(), "faults");
        let stopped = Begin { name: "an evening", image: disk::read(&house.at()), deeds: Vec::new() };
        let mut server = house.serve();
        let mut terminal = Terminal::default();
        let addr = server.addr;
        let deeds = deeds(&house, "before", |request| terminal.ask(addr, request).ok());
        server.kill();
        let image = disk::read(&house.at());
        assert!(deeds.iter().all(Deed::is_acknowledged));
        assert!(image[&format!("{DB}-wal")].len() > 100_000, "there is no log to recover");
        Self { house, faults, begins: [stopped, Begin { name: "a start after a kill", image, deeds }] }
    }

    fn environment(&self, folder: &Path, a: &Try) -> Vec<(&'static str, String)> {
        // What fails never reaches the recorder.
        let preloaded = PathBuf::from(format!("{} {}", self.faults.display(), self.house.recorder.display()));
        let mut environment = recorder::environment(&preloaded, &folder.join("house"), &folder.join("log"));
        let name = |name: &str| folder.join(name).display().to_string();
        environment.extend([
            ("FAULTS_FOLDER", name("house")),
            ("FAULTS_NAME", DB.to_owned()),
            ("FAULTS_WHAT", a.kind.what.to_owned()),
            ("FAULTS_AT", a.at.to_string()),
            ("FAULTS_ERROR", a.kind.error.to_owned()),
            ("FAULTS_FOR_GOOD", u8::from(a.kind.for_good).to_string()),
            ("FAULTS_TOLD", name("told")),
            ("FAULTS_HEALED", name("healed")),
        ]);
        environment.extend(a.wrong.map(|wrong| ("COMANDA_FAULT", wrong.to_owned())));
        environment
    }

    /// Runs one server on a copy in `folder`, and judges what is left; `all` looks at every kind of disk.
    fn run(&self, folder: &Path, a: &Try, all: bool, boot: bool, dice: &mut Dice) -> Came {
        let begin = &self.begins[a.begin];
        let _ = fs::remove_dir_all(folder);
        let at = folder.join("house");
        disk::write(&begin.image, &at);
        let base = Disk::of(&at);
        let (told, healed) = (folder.join("told"), folder.join("healed"));
        let mut came = Came::default();
        let mut done = begin.deeds.clone();
        match Server::start(&at, &self.environment(folder, a)) {
            Err(what) if what.contains("exit status: 0") || !what.contains(DB) => {
                came.findings.push(Finding::Broken(what));
            }
            Err(_) => {}
            Ok(server) => self.evening(server, a, (&told, &healed), &mut done, &mut came.findings),
        }
        let told = fs::read_to_string(&told).unwrap_or_default();
        came.failed = told.lines().any(|line| !line.starts_with("counted"));
        came.counted = told.lines().find_map(|line| {
            let numbers = line.strip_prefix("counted ")?;
            numbers.split(' ').map(|n| n.parse().unwrap()).collect::<Vec<u64>>().try_into().ok()
        });
        came.acknowledged = done.iter().filter(|deed| deed.is_acknowledged()).count();
        self.judge(folder, &base, &done, all, boot, dice, &mut came.findings);
        came
    }

    fn evening(
        &self,
        mut server: Server,
        a: &Try,
        (told, healed): (&Path, &Path),
        done: &mut Vec<Deed>,
        findings: &mut Vec<Finding>,
    ) {
        let mut terminal = Terminal::default();
        let mut ended = None;
        let mut full = false;
        done.extend(deeds(&self.house, "now", |request| {
            if ended.is_some() || full {
                return None;
            }
            let answer = asked(&mut server, &mut terminal, request, a.kind.for_good);
            full = answer.as_ref().is_some_and(is_full);
            if answer.is_none() {
                ended = server.ends(SOON);
                if ended.is_none() {
                    let what = format!("{} was not answered by who lives: {}", request.key, server.log());
                    findings.push(Finding::Broken(what));
                }
            }
            answer
        }));
        // What failed is told before anything of it is answered.
        let told = fs::read_to_string(told).unwrap_or_default();
        let of_file = |file: &str| told.lines().any(|line| line == format!("{} {DB}{file}", a.kind.what));
        let met = of_file("") || of_file("-wal");
        match ended {
            Some(status) if status.success() => {
                findings.push(Finding::Broken(format!("it ended as if all were well: {}", server.log())));
            }
            None if met && (a.kind.what == "sync" || a.kind.what == "write" && a.kind.error == "EIO") => {
                let went_on = format!("it went on after a failed {}: {}", a.kind.what, server.log());
                findings.push(Finding::Broken(went_on));
            }
            Some(status) if met && a.kind.what == "write" && a.kind.error != "EIO" => {
                findings.push(Finding::Broken(format!("it ended on a full disk ({status}): {}", server.log())));
            }
            _ => {}
        }
        if ended.is_some() {
            return;
        }
        if full {
            findings.extend(says_so(&server, &self.house).into_iter().map(Finding::Broken));
            fs::write(healed, "").unwrap();
            if !recovers(&server) {
                findings
                    .push(Finding::Broken(format!("there is room again, and it does not see it: {}", server.log())));
            } else {
                for deed in done.iter_mut().filter(|deed| deed.answer.is_none()) {
                    deed.answer = terminal.ask(server.addr, &deed.request).ok();
                }
            }
        }
        // An error on the way out is told, and harms nothing.
        let _ = server.stop();
    }

    /// The files as the machine has them, and as a power cut right then would have left them.
    #[expect(clippy::too_many_arguments, reason = "all of one case")]
    fn judge(
        &self,
        folder: &Path,
        base: &Disk,
        done: &[Deed],
        all: bool,
        boot: bool,
        dice: &mut Dice,
        findings: &mut Vec<Finding>,
    ) {
        let at = folder.join("house");
        let mut disk = base.clone();
        recorder::read(&folder.join("log")).iter().for_each(|event| disk.follow(event));
        let now = disk::read(&at);
        assert!(disk.now() == now, "the disk is not what was recorded of it");
        let image = folder.join("image");
        disk::write(&now, &image);
        let end = match Rows::read(&image) {
            Ok(end) => end,
            Err(error) => return findings.push(Finding::Broken(format!("its rows at the end: {error}"))),
        };
        let judge = Judge { deeds: done, brought: &[], end: &end };
        let told: Vec<bool> = done.iter().map(Deed::is_acknowledged).collect();
        let mut images = vec![now];
        let lefts = if all { Left::ALL.to_vec() } else { vec![*dice.pick(&Left::ALL)] };
        images.extend(lefts.into_iter().map(|left| disk.image(left, dice)));
        for files in &images {
            disk::write(files, &image);
            findings.extend(judge.look(&image, &told, &[]));
        }
        if boot {
            let told: Vec<&Deed> = done.iter().filter(|deed| deed.is_acknowledged()).collect();
            let under_way: Vec<&Deed> = done.iter().filter(|deed| deed.answer.is_none()).collect();
            let fresh = Request::post(&self.house.tokens[0], "/orders", "after-it", json!({"kind": "takeaway"}));
            findings.extend(boots(&image, &told, &under_way, &fresh));
        }
    }

    /// How many dealings of each kind there are where nothing fails.
    fn counts(&self, begin: usize, dice: &mut Dice) -> [u64; 5] {
        let mut counts = [0; 5];
        for what in ["write", "alloc"] {
            let nothing = Try { kind: kind(what, "EIO", false), at: 0, begin, wrong: None };
            let came = self.run(&self.house.folder.path().join("counts"), &nothing, true, false, dice);
            assert_eq!(came.findings, Vec::new(), "where nothing fails");
            assert!(!came.failed);
            let counted = came.counted.expect("a server that was stopped counts");
            counts.iter_mut().zip(counted).for_each(|(most, n)| *most = n.max(*most));
        }
        assert!(counts.iter().all(|n| *n > 0), "{counts:?}");
        counts
    }

    fn tries(&self, tries: &[Try], seed: u64, boot_every: usize) -> Vec<(String, Came)> {
        let left = Mutex::new(tries.iter().copied().enumerate().collect::<VecDeque<_>>());
        let all = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for worker in 0..RUNNING {
                let (left, all) = (&left, &all);
                let folder = self.house.folder.path().join(format!("fault-{worker}"));
                scope.spawn(move || {
                    let next = || left.lock().unwrap().pop_front();
                    while let Some((n, a)) = next() {
                        let mut dice = Dice::of(seed, n as u64);
                        let boot = n % boot_every == boot_every - 1;
                        let came = self.run(&folder, &a, boot, boot, &mut dice);
                        all.lock().unwrap().push((
                            format!("{}, number {} of {}", a.kind.name(), a.at, self.begins[a.begin].name),
                            came,
                        ));
                    }
                });
            }
        });
        all.into_inner().unwrap()
    }
}

/// A request of each kind, one after the other, with what came of it.
fn deeds(house: &House, tag: &str, mut ask: impl FnMut(&Request) -> Option<Answer>) -> Vec<Deed> {
    let (mut order, mut payment) = (Value::Null, Value::Null);
    let mut deeds = Vec::new();
    for (n, what) in ["open", "add", "discount", "send", "category", "pay", "refund", "open"].into_iter().enumerate() {
        let needs = match what {
            "open" | "category" => None,
            "refund" => Some(&payment),
            _ => Some(&order),
        };
        if needs == Some(&Value::Null) {
            continue;
        }
        let name = format!("{what}-{tag}-{n}");
        let (path, body, marks) = house.one_of_each(what, &name, &order, &payment);
        let request = Request::post(&house.tokens[0], path, name.clone(), body).any_version();
        let answer = ask(&request);
        let done = answer.as_ref().filter(|answer| answer.is_done()).map(Answer::json).unwrap_or_default();
        match what {
            "open" => order = done["id"].clone(),
            "pay" => payment = done["payment"]["id"].clone(),
            _ => {}
        }
        deeds.push(Deed { name, request, marks, answer: answer.filter(|answer| answer.status < 500) });
    }
    deeds
}

/// As a terminal does: again with its key where it is told to, unless that would be for nothing.
fn asked(server: &mut Server, terminal: &mut Terminal, request: &Request, for_good: bool) -> Option<Answer> {
    let since = Instant::now();
    loop {
        let answer = terminal.ask(server.addr, request).ok()?;
        let again = answer.status >= 500 && !(for_good && is_full(&answer)) && since.elapsed() < Duration::from_secs(3);
        if !again {
            return Some(answer);
        }
        // Where every read fails there is nothing to wait for.
        if for_good && since.elapsed() > Duration::from_millis(200) {
            return Some(answer);
        }
        thread::sleep(Duration::from_millis(30));
    }
}

pub fn is_full(answer: &Answer) -> bool {
    answer.status == 503 && answer.json()["code"] == "read_only"
}

/// The sentence that is everywhere while the disk is full.
const SENTENCE: &str = "The till server's disk is full; nothing can be written until there is room.";

fn get(server: &Server, token: &str, path: &str) -> Result<Answer, String> {
    let mut terminal = Terminal::default();
    let request = Request { method: "GET", any_version: false, ..Request::post(token, path, "", Value::Null) };
    terminal.ask(server.addr, &request).map_err(|error| format!("{path}: {error}"))
}

fn told(answer: &Answer) -> String {
    format!("{} {}", answer.status, answer.text().chars().take(300).collect::<String>())
}

/// What is missing where a server on a full disk should say that it is.
pub fn says_so(server: &Server, house: &House) -> Vec<String> {
    let mut missing = Vec::new();
    let mut write = Terminal::default();
    let order = Request::post(&house.tokens[0], "/orders", "on-a-full-disk", json!({"kind": "takeaway"}));
    match write.ask(server.addr, &order) {
        Ok(answer) if is_full(&answer) && answer.text().contains(SENTENCE) => {}
        Ok(answer) => missing.push(format!("a write on a full disk: {}", told(&answer))),
        Err(error) => missing.push(format!("a write on a full disk: {error}")),
    }
    for path in ["/menu", "/orders", "/floor"] {
        match get(server, &house.tokens[0], path) {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => missing.push(format!("{path} on a full disk: {}", told(&answer))),
            Err(error) => missing.push(error),
        }
    }
    match get(server, "", "/readyz") {
        Ok(answer) if is_full(&answer) && answer.text().contains(SENTENCE) => {}
        Ok(answer) => missing.push(format!("it says it is ready: {}", told(&answer))),
        Err(error) => missing.push(error),
    }
    match get(server, &house.tokens[0], "/stats") {
        Ok(answer) if answer.text().contains("disk_full") => {}
        Ok(answer) => missing.push(format!("no alert of a full disk: {}", told(&answer))),
        Err(error) => missing.push(error),
    }
    missing
}

/// Whether a server takes writes again, by itself.
pub fn recovers(server: &Server) -> bool {
    let since = Instant::now();
    loop {
        let ready = get(server, "", "/readyz").is_ok_and(|answer| answer.status == 200);
        if ready || since.elapsed() > SOON {
            return ready;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn nothing_acknowledged_is_lost() {
    let seed = table::seed("the disk fails");
    let of_each = table::count("FAULTS", 100, 1, 1);
    let boot_every = table::count("BOOT_EVERY", 10, 8, 8) as usize;
    // Of what failed in a run, only this: `COMANDA_TRUST_ONLY='read: EIO, for good'`.
    let only = std::env::var("COMANDA_TRUST_ONLY").ok();
    let attack = Attack::new();
    let mut dice = Dice::new(seed);
    let mut tries = Vec::new();
    for begin in 0..attack.begins.len() {
        let counts = attack.counts(begin, &mut dice);
        for kind in KINDS.into_iter().filter(|kind| only.as_ref().is_none_or(|only| kind.name().contains(only))) {
            let most = counts[COUNTED.iter().position(|what| *what == kind.what).unwrap()];
            let a = |at| Try { kind, at, begin, wrong: None };
            if of_each > most {
                // And one more, at which nothing is left to fail.
                tries.extend((1..=most + most / 4 + 2).map(a));
            } else {
                // One of each of so many parts.
                tries.extend((0..of_each).map(|n| {
                    let (from, to) = (n * most / of_each, (n + 1) * most / of_each);
                    a(1 + from + dice.below(to - from))
                }));
            }
        }
    }
    let all = attack.tries(&tries, seed, boot_every);
    let failed = all.iter().filter(|(_, came)| came.failed).count();
    let told: usize = all.iter().map(|(_, came)| came.acknowledged).sum();
    let wrong: Vec<_> = all.iter().filter(|(_, came)| !came.findings.is_empty()).collect();
    let times = format!("{} servers, {failed} of them with a fault, {told} acknowledged requests", all.len());
    table::row(
        "faults",
        "A disk that fails loses nothing acknowledged",
        "the n-th write, sync, truncation, read or allocation fails with EIO, ENOSPC or by half, once or for good, in an evening and at a start after a kill; then the power goes too",
        &times,
        wrong.len(),
    );
    let shown = |(name, came): &&(String, Came)| format!("{name}: {:#?}", &came.findings[..came.findings.len().min(5)]);
    assert!(wrong.is_empty(), "{}", wrong.iter().take(5).map(shown).collect::<Vec<_>>().join("\n"));
    assert!(failed * 2 > all.len(), "only {failed} of {} servers met a fault", all.len());
}

/// The proof that the test above would see it.
#[test]
fn where_failed_commits_are_acknowledged_it_is() {
    let seed = table::seed("the disk fails, and nobody minds");
    let of_each = table::count("FAULTS_BITING", 20, 3, 2);
    let attack = Attack::new();
    let mut dice = Dice::new(seed);
    let wrong = Some("acknowledge_failed_commits");
    // Among the writes and syncs of an evening, not of its start or its end.
    let spread = |dice: &mut Dice, what, from: u64, to: u64| {
        let at = |dice: &mut Dice| from + dice.below(to - from);
        (0..of_each).map(|_| Try { kind: kind(what, "EIO", true), at: at(dice), begin: 0, wrong }).collect::<Vec<_>>()
    };
    let counts = attack.counts(0, &mut dice);
    let mut tries = spread(&mut dice, "sync", 2, counts[1] / 2);
    tries.extend(spread(&mut dice, "write", counts[0] / 8, counts[0] / 2));
    let all = attack.tries(&tries, seed, usize::MAX);
    let lost = |finding: &Finding| matches!(finding, Finding::Lost(_));
    let losing = all.iter().filter(|(_, came)| came.findings.iter().any(lost)).count();
    let how = format!("failed commits are acknowledged: {losing} of {} servers lose something", all.len());
    table::bites("faults", "acknowledged", &how);
    assert!(losing * 2 > all.len(), "{how}");
}
