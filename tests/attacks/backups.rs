//! Backups are made every few moments beside tills at work, by hand and by the server itself, while both are
//! killed: every one that has its name opens, checks, and holds all that was acknowledged before it began.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use comanda::backups::checksum::{self, Told};

use crate::dice::Dice;
use crate::house::{Deed, Evening, House, TERMINALS};
use crate::oracle::{Finding, Judge, Rows};
use crate::recorder;
use crate::server::{COMANDA, DB, Server, comanda};
use crate::table;

/// How many deeds were answered by when.
#[derive(Default)]
struct Timeline(Mutex<Vec<(SystemTime, usize)>>);

impl Timeline {
    /// Looks again and again, until it is told to stop.
    fn keep(&self, evening: &Evening, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            // The count first: what is answered in between counts for later.
            let (answered, now) = (evening.deeds.lock().unwrap().len(), SystemTime::now());
            self.0.lock().unwrap().push((now, answered));
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn answered_by(&self, moment: SystemTime) -> usize {
        let looks = self.0.lock().unwrap();
        looks.iter().rev().find(|(at, _)| *at <= moment).map_or(0, |(_, answered)| *answered)
    }
}

/// A copy, and the deeds that were answered before it began.
struct Copy {
    path: PathBuf,
    answered: usize,
}

/// What an evening with backups left.
struct Left {
    house: House,
    deeds: Vec<Deed>,
    /// By hand and by the server.
    backups: Vec<Copy>,
    /// What somebody copied who does not know of the log.
    plain: Vec<Copy>,
    /// Backups that were ended in the midst of it, and servers.
    ended: usize,
    kills: u64,
}

fn backup(house: &House, to: &Path) -> Child {
    let mut command = Command::new(COMANDA);
    command.arg("backup").arg(to).arg("--db").arg(house.at().join(DB));
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn serve(house: &House, to: &Path) -> Server {
    let mut environment = recorder::environment(&house.recorder, &house.at(), Path::new("/dev/null")).to_vec();
    environment.push(("COMANDA_BACKUP", to.to_str().unwrap().to_owned()));
    environment.push(("COMANDA_BACKUP_EVERY", "1s".to_owned()));
    Server::start(&house.at(), &environment).unwrap()
}

fn evening(lives: u64, seed: u64) -> Left {
    let house = House::open();
    let (by_hand, by_itself) = (house.folder.sub("by-hand"), house.folder.sub("by-itself"));
    let (tills, timeline, stop) = (Evening::default(), Timeline::default(), AtomicBool::new(false));
    let mut dice = Dice::new(seed);
    let (mut hand, mut plain, mut ended) = (Vec::new(), Vec::new(), 0);
    thread::scope(|scope| {
        let serves = |number| {
            let (tills, house) = (&tills, &house);
            scope.spawn(move || tills.serve(house, number, u64::MAX, seed))
        };
        let at_work: Vec<_> = (0..TERMINALS).map(serves).collect();
        scope.spawn(|| timeline.keep(&tills, &stop));
        for life in 0..=lives {
            let mut server = serve(&house, &by_itself);
            tills.place.is(Some(server.addr));
            // The server's own begin after a second: some lives end about then, others later.
            let lasts =
                Duration::from_millis(if dice.percent(60) { 1_000 + dice.below(200) } else { 1_200 + dice.below(600) });
            let ends = SystemTime::now() + lasts;
            let mut n = 0;
            while SystemTime::now() < ends {
                n += 1;
                let to = by_hand.join(format!("{life}-{n}.db"));
                let answered = tills.deeds.lock().unwrap().len();
                let mut child = backup(&house, &to);
                if dice.percent(50) {
                    thread::sleep(Duration::from_micros(dice.below(150_000)));
                    let _ = child.kill();
                }
                let whole = child.wait().unwrap().success();
                ended += usize::from(!whole);
                hand.push(Copy { path: to, answered });
                let to = house.folder.path().join(format!("plain-{life}-{n}.db"));
                let answered = tills.deeds.lock().unwrap().len();
                fs::copy(house.at().join(DB), &to).unwrap();
                plain.push(Copy { path: to, answered });
                thread::sleep(Duration::from_millis(dice.below(150)));
            }
            if life < lives {
                server.kill();
            } else {
                tills.closing.store(true, Ordering::Relaxed);
                // Nobody is left waiting for an answer.
                while at_work.iter().any(|till| !till.is_finished()) {
                    thread::sleep(Duration::from_millis(5));
                }
                server.stop().unwrap();
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let deeds = tills.deeds.into_inner().unwrap();
    ended += unfinished(&by_itself);
    let mut backups: Vec<Copy> = hand.into_iter().filter(|copy| copy.path.exists()).collect();
    backups.extend(
        visible(&by_itself).into_iter().map(|path| Copy { answered: timeline.answered_by(named(&path)), path }),
    );
    Left { house, deeds, backups, plain, ended, kills: lives }
}

/// What looks like a backup.
fn visible(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.filter(|path| !name(path).starts_with('.') && !name(path).ends_with(".sha256")).collect()
}

fn unfinished(folder: &Path) -> usize {
    fs::read_dir(folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with('.'))
        .count()
}

/// The second in its name, in which the server began it.
fn named(path: &Path) -> SystemTime {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let time = name.rsplit('-').next().unwrap();
    let part = |from: usize, to: usize| &time[from..to];
    let text =
        format!("{}-{}-{}T{}:{}:{}+00:00", part(0, 4), part(4, 6), part(6, 8), part(9, 11), part(11, 13), part(13, 15));
    let at = comanda::kernel::day::UtcMs::parse(&text).unwrap();
    UNIX_EPOCH + Duration::from_millis(u64::try_from(at.get()).unwrap())
}

/// What does not hold of a copy, if it were put in the file's place.
fn judge(left: &Left, end: &Rows, copy: &Copy) -> Vec<Finding> {
    let told: Vec<bool> =
        left.deeds.iter().enumerate().map(|(n, deed)| n < copy.answered && deed.is_acknowledged()).collect();
    let folder = left.house.folder.sub("judged");
    fs::remove_dir_all(&folder).and_then(|()| fs::create_dir(&folder)).unwrap();
    fs::copy(&copy.path, folder.join(DB)).unwrap();
    Judge { deeds: &left.deeds, brought: &[], end }.look(&folder, &told, &[])
}

#[test]
fn every_backup_that_has_its_name_holds() {
    let seed = table::seed("backups under load");
    let lives = table::count("BACKUPS", 60, 3, 2);
    let left = evening(lives, seed);
    let end = Rows::read(&left.house.at()).unwrap();
    let mut findings = Vec::new();
    for copy in &left.backups {
        let name = copy.path.file_name().unwrap().to_str().unwrap();
        if checksum::check(&copy.path).unwrap() != Told::Right {
            findings.push(Finding::Broken(format!("{name} has no right checksum")));
        }
        findings.extend(judge(&left, &end, copy));
    }
    // As an operator would try it, the last of either kind.
    let last =
        left.backups.iter().map(|copy| &copy.path).max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
    if let Some(last) = last {
        findings.extend(
            comanda(&left.house.at(), &["check", "--backup", last.to_str().unwrap()]).err().map(Finding::Broken),
        );
    }
    let own = left.backups.iter().filter(|copy| copy.path.parent().unwrap().ends_with("by-itself")).count();
    let (all, told) = (left.backups.len(), left.deeds.iter().filter(|deed| deed.is_acknowledged()).count());
    let times = format!(
        "{all} backups that have their names, {own} of them by the server itself; {} ended in the midst of it, {} servers \
         killed; {told} acknowledged requests",
        left.ended, left.kills
    );
    let how = "backups beside tills at work, both and the server ended by kill -9";
    table::row(
        "backups",
        "A backup holds all that was acknowledged before it, and nothing half",
        how,
        &times,
        findings.len(),
    );
    assert!(findings.is_empty(), "{} findings: {:#?}", findings.len(), &findings[..findings.len().min(10)]);
    assert!(own > 0 && all > own && left.ended > 0, "{times}");

    // The proof that it would be seen: the same moments, copied by who does not know of the log.
    let wrong = left.plain.iter().filter(|copy| !judge(&left, &end, copy).is_empty()).count();
    let how =
        format!("the file copied without its log: {wrong} of {} copies lack what was acknowledged", left.plain.len());
    table::bites("backups", "log", &how);
    assert!(wrong > 0, "{how}");
}
