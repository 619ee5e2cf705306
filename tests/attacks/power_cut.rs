//! The power goes at any moment: what was acknowledged is there when it is back, once and whole.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use serde_json::json;

use crate::dice::Dice;
use crate::disk::{self, Image, Left};
use crate::evening::{self, Recorded, Step};
use crate::house::Deed;
use crate::oracle::{Finding, Judge, boots};
use crate::recorder::Event;
use crate::server::DB;
use crate::table;
use crate::terminal::Request;

/// Files that are looked at at a time; the test machine has two cores.
const LOOKING: usize = 2;
/// Of the requests that were not acknowledged at the cut, so many are sent again.
const UNDER_WAY: usize = 8;

/// One machine after the lamp is back.
struct Case {
    name: String,
    image: Image,
    /// The step before which the power went.
    cut: usize,
    /// By the real program too.
    boot: bool,
}

/// What all cases came to.
#[derive(Default)]
struct Verdict {
    images: usize,
    booted: usize,
    /// Images with something wrong, and what.
    wrong: Vec<(String, Vec<Finding>)>,
}

impl Verdict {
    fn losing(&self) -> usize {
        let lost = |finding: &Finding| matches!(finding, Finding::Lost(_));
        self.wrong.iter().filter(|(_, findings)| findings.iter().any(lost)).count()
    }

    fn first(&self) -> String {
        let told = self.wrong.iter().take(5).map(|(name, findings)| {
            let findings: Vec<_> = findings.iter().take(5).map(|finding| format!("  {finding:?}")).collect();
            format!("{name}:\n{}", findings.join("\n"))
        });
        told.collect::<Vec<_>>().join("\n")
    }
}

/// The moments at which the power goes: around every sync of the restaurant's file and its log, right after
/// what was said, and anywhere; a choice of them where there are more than are asked for.
fn cuts(steps: &[Step], count: usize, dice: &mut Dice) -> Vec<usize> {
    let mut syncs = Vec::new();
    let mut said = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Event(Event::Synced { .. } | Event::FolderSynced) => syncs.extend([at, at + 1]),
            Step::Event(Event::Said { .. }) => said.push(at + 1),
            Step::Event(_) | Step::Next(_) | Step::LeftOut => {}
        }
    }
    let choose = |mut from: Vec<usize>, count: usize, dice: &mut Dice| {
        while from.len() > count {
            let at = dice.index(from.len());
            from.swap_remove(at);
        }
        from
    };
    let mut cuts = choose(syncs, count / 2, dice);
    cuts.extend(choose(said, count / 4, dice));
    // And when all is done, so that every answer is asked for once more.
    cuts.push(steps.len());
    cuts.extend((cuts.len()..count).map(|_| dice.index(steps.len())));
    cuts.sort_unstable();
    cuts
}

/// Cuts the power `count` times, looks at three images of each, and boots every `boot_every`-th.
/// Images that are wrong stay under the name `keep`.
fn cut(
    recorded: &Recorded,
    steps: &[Step],
    count: usize,
    lefts: &[Left],
    boot_every: usize,
    seed: u64,
    keep: Option<&str>,
) -> Verdict {
    let judge = Judge { deeds: &recorded.deeds, brought: &recorded.brought, end: &recorded.end };
    let mut dice = Dice::new(seed);
    let cuts = cuts(steps, count, &mut dice);
    let verdict = Mutex::new(Verdict::default());
    let (give, take) = sync_channel::<Case>(LOOKING * 2);
    let take = Mutex::new(take);
    thread::scope(|scope| {
        let (take, verdict, judge) = (&take, &verdict, &judge);
        let (deeds, said, brought_said) = (&recorded.deeds, &recorded.said, &recorded.brought_said);
        let token = &recorded.house.tokens[0];
        for worker in 0..LOOKING {
            let folder = recorded.folder().join(format!("image-{worker}"));
            scope.spawn(move || {
                while let Some(case) = next(take) {
                    let by_then = |at: &Option<usize>| at.is_some_and(|at| at < case.cut);
                    let (told, imports): (Vec<bool>, Vec<bool>) =
                        (said.iter().map(by_then).collect(), brought_said.iter().map(by_then).collect());
                    disk::write(&case.image, &folder);
                    let mut findings = judge.look(&folder, &told, &imports);
                    if case.boot {
                        disk::write(&case.image, &folder);
                        findings.extend(boot(&folder, deeds, said, case.cut, token));
                    }
                    let mut verdict = verdict.lock().unwrap();
                    verdict.images += 1;
                    verdict.booted += usize::from(case.boot);
                    if !findings.is_empty() {
                        if let Some(name) = keep {
                            disk::write(&case.image, &table::kept(&format!("{name}-{}", case.cut)));
                        }
                        verdict.wrong.push((case.name, findings));
                    }
                }
            });
        }
        let mut n = 0;
        recorded.at_each(steps, &cuts, |cut, disk| {
            for &left in lefts {
                let image = disk.image(left, &mut dice);
                let name = format!("cut before step {cut} of {}, {left:?}", steps.len());
                let boot = n % boot_every == boot_every - 1 || cut == steps.len() && left == Left::Nothing;
                give.send(Case { name, image, cut, boot }).unwrap();
                n += 1;
            }
        });
        drop(give);
    });
    verdict.into_inner().unwrap()
}

fn next(take: &Mutex<Receiver<Case>>) -> Option<Case> {
    take.lock().unwrap().recv().ok()
}

fn boot(folder: &Path, deeds: &[Deed], said: &[Option<usize>], cut: usize, token: &str) -> Vec<Finding> {
    let all = || deeds.iter().zip(said);
    let told: Vec<&Deed> = all().filter(|(_, at)| at.is_some_and(|at| at < cut)).map(|(deed, _)| deed).collect();
    let mut later: Vec<_> = all().filter(|(_, at)| at.is_none_or(|at| at >= cut)).collect();
    later.sort_by_key(|(_, at)| at.unwrap_or(usize::MAX));
    let under_way: Vec<&Deed> = later.into_iter().map(|(deed, _)| deed).take(UNDER_WAY).collect();
    let fresh = Request::post(token, "/orders", "after-the-cut", json!({"kind": "takeaway"}));
    boots(folder, &told, &under_way, &fresh)
}

/// What a step does to the restaurant's file and to the log beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Nothing,
    WritesFile,
    SyncsFile,
    WritesLog,
    WritesHeadOfLog,
    SyncsLog,
}

fn done_by(steps: &[Step]) -> Vec<Does> {
    let log = format!("{DB}-wal");
    let mut names = HashMap::new();
    let does = |step: &Step| {
        let Step::Event(event) = step else { return Does::Nothing };
        if let Event::Opened { inode, name, .. } = event {
            names.insert(*inode, name.clone());
        }
        let of = |inode: &u64, file: &str| names.get(inode).is_some_and(|name| name == file);
        match event {
            Event::Wrote { inode, .. } | Event::Cut { inode, .. } if of(inode, DB) => Does::WritesFile,
            Event::Wrote { inode, at: 0, bytes } if of(inode, &log) && bytes.len() == 32 => Does::WritesHeadOfLog,
            Event::Wrote { inode, .. } | Event::Cut { inode, .. } if of(inode, &log) => Does::WritesLog,
            Event::Synced { inode } if of(inode, DB) => Does::SyncsFile,
            Event::Synced { inode } if of(inode, &log) => Does::SyncsLog,
            _ => Does::Nothing,
        }
    };
    steps.iter().map(does).collect()
}

/// The same steps as if SQLite had run with `synchronous=NORMAL`: the log is synced before it is copied into
/// the file and after its head was written anew, and not at a commit.
fn without_syncs_of_commits(steps: Vec<Step>) -> Vec<Step> {
    let done = done_by(&steps);
    let of_a_commit = |at: usize| {
        let before = done[..at].iter().rev().find(|does| **does != Does::Nothing);
        let after = done[at + 1..].iter().find(|does| !matches!(does, Does::Nothing | Does::SyncsLog));
        done[at] == Does::SyncsLog && before == Some(&Does::WritesLog) && after != Some(&Does::WritesFile)
    };
    let kept = |(at, step)| if of_a_commit(at) { Step::LeftOut } else { step };
    steps.into_iter().enumerate().map(kept).collect()
}

/// The same steps as if nobody waited for the file before its log begins anew.
fn without_syncs_of_the_file(steps: Vec<Step>) -> Vec<Step> {
    let done = done_by(&steps);
    let kept = |(step, does)| if does == Does::SyncsFile { Step::LeftOut } else { step };
    steps.into_iter().zip(done).map(kept).collect()
}

#[test]
fn nothing_acknowledged_is_lost() {
    let seed = table::seed("the power goes");
    let cuts = table::count("CUTS", 2000, 150, 8) as usize;
    let orders = table::count("ORDERS", 150, 30, 12);
    let boot_every = table::count("BOOT_EVERY", 10, 20, 12) as usize;
    let recorded = evening::record(orders, 2, seed);
    let verdict = cut(&recorded, &recorded.steps, cuts, &Left::ALL, boot_every, seed, Some("power-cut"));
    let told = recorded.said.iter().flatten().count();
    let times = format!(
        "{cuts} cuts × 3 of {told} acknowledged requests and {} kills; {} of {} images booted by the real program",
        recorded.kills, verdict.booted, verdict.images
    );
    table::row(
        "power-cut",
        "A power cut loses nothing acknowledged",
        "what was synced; with some unsynced sectors; with garbage",
        &times,
        verdict.wrong.len(),
    );
    assert!(verdict.wrong.is_empty(), "{} images are wrong\n{}", verdict.wrong.len(), verdict.first());
}

/// The proof that the test above would see a loss.
#[test]
fn with_synchronous_normal_it_is() {
    let seed = table::seed("the power goes, with NORMAL");
    let cuts = table::count("CUTS_BITING", 200, 20, 8) as usize;
    let mut recorded = evening::record(20, 1, seed);
    let steps = without_syncs_of_commits(std::mem::take(&mut recorded.steps));
    let verdict = cut(&recorded, &steps, cuts, &Left::ALL, usize::MAX, seed, None);
    let losing = verdict.losing();
    let told = format!("synchronous=NORMAL: {losing} of {} images lack something acknowledged", verdict.images);
    table::bites("power-cut", "normal", &told);
    assert!(losing > verdict.images / 10, "{losing} of {} images lose something", verdict.images);
    // It loses, and breaks nothing: that is what NORMAL promises.
    let broken = |(_, findings): &&(String, Vec<Finding>)| findings.iter().any(|f| !matches!(f, Finding::Lost(_)));
    assert_eq!(verdict.wrong.iter().filter(broken).count(), 0, "{}", verdict.first());
}

/// The proof that it would see damage.
#[test]
fn where_the_log_goes_before_the_file_is_synced_it_is() {
    let seed = table::seed("the power goes, and the log went before the file was synced");
    let cuts = table::count("CUTS_BITING", 200, 20, 8) as usize;
    let mut recorded = evening::record(20, 1, seed);
    let steps = without_syncs_of_the_file(std::mem::take(&mut recorded.steps));
    let verdict = cut(&recorded, &steps, cuts, &Left::ALL, usize::MAX, seed, None);
    let broken = |(_, findings): &&(String, Vec<Finding>)| findings.iter().any(|f| matches!(f, Finding::Broken(_)));
    let damaged = verdict.wrong.iter().filter(broken).count();
    let told = format!("no sync of the file: {damaged} of {} images are damaged", verdict.images);
    table::bites("power-cut", "file", &told);
    assert!(damaged > 0 && verdict.losing() > 0, "{damaged} of {} images are damaged", verdict.images);
}

/// The proof that it would see what SQLite leaves to the drive: that a sector's other bytes outlive a write.
#[test]
fn where_a_commit_ends_within_a_sector_it_is() {
    let seed = table::seed("the power goes, and a sector holds two commits");
    let cuts = table::count("CUTS_SPOILT", 400, 100, 60) as usize;
    let recorded = evening::record_with(20, 1, seed, Some("powersafe_overwrite"));
    let verdict = cut(&recorded, &recorded.steps, cuts, &[Left::SomeSectorsAndGarbage], usize::MAX, seed, None);
    let losing = verdict.losing();
    let told = format!("commits not filled up to a sector: {losing} of {} images lack something", verdict.images);
    table::bites("power-cut", "sector", &told);
    assert!(losing > 0, "none of {} images loses anything", verdict.images);
}
