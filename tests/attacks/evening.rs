//! An evening on a recorded server that is killed and started anew, as one list of what happened.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::disk::{self, Disk, Image};
use crate::house::{self, Brought, Deed, Evening, House};
use crate::oracle::Rows;
use crate::recorder::{self, Event};
use crate::server::Server;
use crate::terminal::success_of;

/// What the disk sees next.
pub enum Step {
    Event(Event),
    /// The process was killed, and the next one finds this.
    Next(Image),
    /// What a disk of another kind was not asked for.
    LeftOut,
}

/// All of it.
pub struct Recorded {
    pub house: House,
    /// The disk before it began.
    pub base: Disk,
    pub steps: Vec<Step>,
    pub deeds: Vec<Deed>,
    pub brought: Vec<Brought>,
    pub end: Rows,
    /// The step at which each deed's success was said, if it was and was heard.
    pub said: Vec<Option<usize>>,
    pub brought_said: Vec<Option<usize>>,
    pub kills: usize,
}

/// Records an evening of so many orders a terminal; the server is killed `kills` times in it.
pub fn record(orders: u64, kills: usize, seed: u64) -> Recorded {
    record_with(orders, kills, seed, None)
}

/// [`record`] with something wrong on purpose: what `COMANDA_FAULT` says.
pub fn record_with(orders: u64, kills: usize, seed: u64, fault: Option<&str>) -> Recorded {
    let house = House::open();
    let at = house.at();
    let base = Disk::of(&at);
    let evening = Evening::default();
    // About so many deeds come of an order; a life ends after its share of them.
    let a_life = orders * house::TERMINALS as u64 * 4 / (kills as u64 + 1);
    let mut steps = Vec::new();
    let mut brought = Vec::new();
    thread::scope(|scope| {
        let serves = |number| {
            let (evening, house) = (&evening, &house);
            scope.spawn(move || evening.serve(house, number, orders, seed))
        };
        let tills: Vec<_> = (0..house::TERMINALS).map(serves).collect();
        let serving = || tills.iter().any(|till| !till.is_finished());
        for life in 0..=kills {
            let log = house.folder.path().join(format!("log-{life}"));
            if life > 0 {
                steps.push(Step::Next(disk::read(&at)));
            }
            let mut environment = recorder::environment(&house.recorder, &at, &log);
            environment.extend(fault.map(|fault| ("COMANDA_FAULT", fault.to_owned())));
            let mut server = Server::start(&at, &environment).unwrap();
            evening.place.is(Some(server.addr));
            brought.push(house::import_sales(&at, &format!("another till {life}"), 40));
            let enough = a_life * (life as u64 + 1);
            while life < kills && evening.done.load(Ordering::Relaxed) < enough && serving() {
                thread::sleep(Duration::from_millis(1));
            }
            if life < kills {
                evening.place.is(None);
                server.kill();
            } else {
                while serving() {
                    thread::sleep(Duration::from_millis(1));
                }
                server.stop().unwrap();
            }
            steps.extend(recorder::read(&log).into_iter().map(Step::Event));
        }
    });
    let deeds = evening.deeds.into_inner().unwrap();
    let (said, brought_said) = said(&steps, &deeds, &brought);
    let end = Rows::read(&at).unwrap();
    let recorded = Recorded { house, base, steps, deeds, brought, end, said, brought_said, kills };
    recorded.holds();
    recorded
}

/// Where the log has the first byte of each success that a terminal read to its last.
fn said(steps: &[Step], deeds: &[Deed], brought: &[Brought]) -> (Vec<Option<usize>>, Vec<Option<usize>>) {
    let mut answers = HashMap::new();
    let mut imports = vec![None; brought.len()];
    for (at, step) in steps.iter().enumerate() {
        let Step::Event(Event::Said { bytes }) = step else { continue };
        if let Some(id) = success_of(bytes) {
            answers.entry(id).or_insert(at);
        }
        if bytes.starts_with(b"{\"done\"") {
            let text = String::from_utf8_lossy(bytes);
            let import = brought.iter().position(|import| text.contains(&format!("\"{}\"", import.source)));
            imports[import.expect("an import that nobody asked for")] = Some(at);
        }
    }
    let of = |deed: &Deed| {
        let answer = deed.answer.as_ref().filter(|answer| answer.is_done())?;
        Some(*answers.get(&answer.request_id).unwrap_or_else(|| panic!("{} was answered by nobody", deed.name)))
    };
    (deeds.iter().map(of).collect(), imports)
}

impl Recorded {
    /// That nothing passed the recorder by: its log alone comes to the files as they are, and enough of
    /// everything was done.
    fn holds(&self) {
        let mut disk = self.base.clone();
        self.steps.iter().for_each(|step| step.follow(&mut disk));
        let (told, found) = (disk.now(), disk::read(&self.house.at()));
        assert_eq!(told.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "files");
        for (name, bytes) in &found {
            assert!(told[name] == *bytes, "{name} is not what was recorded of it");
        }
        for what in
            ["open", "add", "send", "void", "comp", "discount", "part", "pay", "refund", "category", "item", "close"]
        {
            let done = |deed: &&Deed| deed.name.starts_with(what) && deed.is_acknowledged();
            assert!(self.deeds.iter().any(|deed| done(&deed)), "no {what} was ever done");
        }
        assert!(self.brought.iter().any(|import| import.told_done), "no import was done");
    }

    /// The disk before each of these steps, in their order, or after all of them.
    pub fn at_each(&self, steps: &[Step], cuts: &[usize], mut look: impl FnMut(usize, &Disk)) {
        let mut disk = self.base.clone();
        let mut cuts = cuts.iter().copied().peekable();
        for (at, step) in steps.iter().enumerate() {
            while cuts.next_if_eq(&at).is_some() {
                look(at, &disk);
            }
            step.follow(&mut disk);
        }
        cuts.for_each(|at| look(at, &disk));
    }

    pub fn folder(&self) -> &Path {
        self.house.folder.path()
    }
}

impl Step {
    pub fn follow(&self, disk: &mut Disk) {
        match self {
            Self::Event(event) => disk.follow(event),
            Self::Next(image) => disk.goes_on(image),
            Self::LeftOut => {}
        }
    }
}
