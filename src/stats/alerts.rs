//! Rules over the figures: what is wrong, how badly, since when, and what to do. Pure.

use std::collections::BTreeMap;

use super::Settings;
use super::figures::{Figures, Finding, FindingKind, NamespaceFigures, RouteFigures, Writing};
use super::targets;
use crate::kernel::day::UtcMs;
use crate::store::side::restore_command;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Look at it today.
    Warning,
    /// Guests notice, or will before the evening is over.
    Critical,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub code: &'static str,
    /// Which route, statement or namespace; empty where there is one only.
    pub about: String,
    pub level: Level,
    pub title: String,
    /// What to do.
    pub sentence: String,
    /// What was measured.
    pub evidence: String,
}

/// An alert, and since when it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    pub alert: Alert,
    pub since: UtcMs,
}

/// Remembers since when each alert stands.
#[derive(Debug, Default)]
pub struct Watch(BTreeMap<(&'static str, String), Raised>);

/// What came and went between two looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    pub raised: Vec<Alert>,
    pub ended: Vec<Raised>,
    at: UtcMs,
}

impl Watch {
    /// The alerts of `now`, the gravest first, and what is new of them; what is no longer among them is
    /// forgotten.
    pub fn see(&mut self, now: UtcMs, alerts: Vec<Alert>) -> (Vec<Raised>, News) {
        let mut before = std::mem::take(&mut self.0);
        let mut news = News { at: now, ..News::default() };
        let mut standing = Vec::new();
        for alert in alerts {
            let key = (alert.code, alert.about.clone());
            let since = before.remove(&key).map(|raised| raised.since).unwrap_or_else(|| {
                news.raised.push(alert.clone());
                now
            });
            let raised = Raised { alert, since };
            self.0.insert(key, raised.clone());
            standing.push(raised);
        }
        news.ended = before.into_values().collect();
        standing.sort_by_key(|r| (std::cmp::Reverse(r.alert.level), r.since));
        (standing, news)
    }
}

impl News {
    /// A line for each, for the log.
    pub fn lines(&self) -> Vec<(log::Level, String)> {
        let raised = self.raised.iter().map(|alert| {
            let Alert { title, evidence, sentence, .. } = alert;
            (log::Level::Warn, format!("alert raised, {}: {title} ({evidence}). {sentence}", alert.level.name()))
        });
        let ended = self.ended.iter().map(|Raised { alert, since }| {
            let stood_s = (self.at.get() - since.get()).max(0) / 1_000;
            (log::Level::Info, format!("alert ended: {}; it stood {stood_s} s", alert.title))
        });
        raised.chain(ended).collect()
    }

    pub(super) fn tell(&self) {
        for (level, line) in self.lines() {
            log::log!(level, "{line}");
        }
    }
}

/// Slow statements in an hour that are still fine.
pub const SLOW_STATEMENTS_HOUR: u64 = 10;
/// A namespace is warm when it was asked so often in the hour.
pub const WARM_ASKED: u64 = 100;
pub const WARM_HIT_PER_MILLE: u64 = 500;
pub const STATEMENT_MEAN_US: u64 = 500_000;
/// An hour's failures, and times that are to be short, are judged from so many requests on; before that one
/// is chance.
pub const JUDGED_FROM: u64 = 100;
/// Failures of a million requests.
pub const ERROR_PPM: u64 = targets::ERROR_PPM;
pub const ERROR_CRITICAL_PPM: u64 = 10_000;
pub const COMMIT_P95_US: u64 = 50_000;
pub const LOG_BYTES: u64 = 64 << 20;
pub const DISK_FREE_BYTES: u64 = 1 << 30;
pub const DISK_FREE_PERCENT: u64 = 5;
pub const CLOCK_MOVED_MS: u64 = 60_000;
/// Waits for a reader, over the last minute; one moment without a free one is no alert.
pub const READER_WAIT_P95_US: u64 = 50_000;
/// Waits of a minute from which on they have a percentile.
const WAITS_JUDGED_FROM: u64 = 20;
/// A ticket that no printer or screen took within this, in ms.
pub const TICKET_WAIT_MS: i64 = 5 * 60_000;
/// What nobody took for so long is not waited for: it is yesterday's, or the house has no screen. In ms.
pub const TICKET_FORGOTTEN_MS: i64 = 3 * 3_600_000;
/// Chunks of news.
pub const EVENT_LAG: u64 = 32;

/// Everything that is wrong.
pub fn judge(f: &Figures, settings: &Settings) -> Vec<Alert> {
    let mut alerts = Vec::new();
    requests(f, &mut alerts);
    statements(f, &mut alerts);
    cache(f, &mut alerts);
    writing(f, &mut alerts);
    machine(f, settings, &mut alerts);
    service(f, &mut alerts);
    alerts
}

fn alert(
    code: &'static str,
    level: Level,
    title: impl Into<String>,
    sentence: impl Into<String>,
    evidence: impl Into<String>,
) -> Alert {
    let (title, sentence, evidence) = (title.into(), sentence.into(), evidence.into());
    Alert { code, about: String::new(), level, title, sentence, evidence }
}

/// Of µs, as a person reads it.
pub(super) fn ms(us: u64) -> String {
    match us {
        0..10_000 => format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10),
        _ => format!("{} ms", us / 1_000),
    }
}

/// Of bytes, as a person reads it.
pub(super) fn mb(bytes: u64) -> String {
    format!("{} MB", bytes >> 20)
}

fn percent(per_mille: u64) -> String {
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}

fn requests(f: &Figures, alerts: &mut Vec<Alert>) {
    for route in &f.routes {
        alerts.extend(slow_route(route));
    }
    let hour = f.requests.hour;
    let (ours, ppm) = (hour.errors_ours(), hour.error_ppm());
    if hour.count >= JUDGED_FROM && ppm > ERROR_PPM {
        let level = if ppm > ERROR_CRITICAL_PPM { Level::Critical } else { Level::Warning };
        let title = format!("{} of requests fail", percent(ppm / 1_000));
        let sentence =
            "Look at the routes for where they fail, and at the log for why; each failure has a request id there.";
        let evidence = format!("{ours} of {} requests in the last hour", hour.count);
        alerts.push(alert("error_rate", level, title, sentence, evidence));
    }
}

fn slow_route(route: &RouteFigures) -> Option<Alert> {
    let (took, target) = (route.took.hour, targets::route_p95_us(&route.method, &route.pattern));
    // Of a few the slowest one alone would be the percentile, and a server that has just started has read
    // nothing yet: what is meant to be quick is judged by many.
    let judged_from = if target < targets::RESPONSE_P95_US { JUDGED_FROM } else { 20 };
    if took.count < judged_from || took.p95_us <= target {
        return None;
    }
    let name = format!("{} {}", route.method, route.pattern);
    let sentence = "Look at its slow requests for the statement or the wait that takes the time.";
    let evidence = format!(
        "95 of 100 took up to {}, the target is {}, {} in the last hour",
        ms(took.p95_us),
        ms(target),
        took.count
    );
    let title = format!("{name} is slow");
    Some(Alert { about: name, ..alert("route_slow", Level::Warning, title, sentence, evidence) })
}

fn statements(f: &Figures, alerts: &mut Vec<Alert>) {
    let slow: u64 = f.statements.iter().map(|s| s.slow_hour).sum();
    if slow > SLOW_STATEMENTS_HOUR {
        let worst = f.statements.iter().max_by_key(|s| s.slow_hour).map_or("", |s| s.name);
        let title = format!("{slow} slow statements in an hour");
        let sentence =
            format!("See the plan of {worst} and what is advised for it; until it is mended, avoid what runs it.");
        let evidence = format!("over {} ms each; {worst} most often", f.slow_limit_ms);
        alerts.push(alert("slow_statements", Level::Critical, title, sentence, evidence));
    }
    for s in f.statements.iter().filter(|s| s.took.hour.count > 0 && s.took.hour.mean_us > STATEMENT_MEAN_US) {
        let title = format!("{} takes {} on average", s.name, ms(s.took.hour.mean_us));
        let sentence = "See its plan and what is advised for it.";
        let evidence = format!("{} runs in the last hour", s.took.hour.count);
        let of = alert("statement_mean", Level::Warning, title, sentence, evidence);
        alerts.push(Alert { about: s.name.to_owned(), ..of });
    }
    for finding in &f.findings {
        alerts.extend(found(finding));
    }
    for repeat in &f.repeats {
        let title = format!("{} runs {} times in one request", repeat.statement, repeat.runs_max);
        let sentence =
            "Nothing for the floor to do; report it with this line. One statement for all rows would take its place.";
        let evidence = format!(
            "{} requests of {} {}, {} in them",
            repeat.requests,
            repeat.method,
            repeat.route,
            ms(repeat.ns / 1_000)
        );
        let of = alert("n_plus_one", Level::Warning, title, sentence, evidence);
        alerts.push(Alert { about: format!("{} in {} {}", repeat.statement, repeat.method, repeat.route), ..of });
    }
}

/// Of what the analyser found, that which slows the floor down.
fn found(finding: &Finding) -> Option<Alert> {
    let about = &finding.about;
    let advised = "See what is advised for it.";
    let (title, sentence) = match finding.kind {
        FindingKind::UndeclaredScan if finding.existing.is_some() => {
            (format!("{about} reads whole tables"), "There is an index for it that is not used; the advice names it.")
        }
        FindingKind::UndeclaredScan if finding.columns.is_empty() => (format!("{about} reads whole tables"), advised),
        FindingKind::UndeclaredScan => {
            (format!("{about} reads whole tables"), "It lacks an index; the advice names the columns.")
        }
        FindingKind::AutomaticIndex if finding.columns.is_empty() => {
            (format!("{about} has an index made at every run"), advised)
        }
        FindingKind::AutomaticIndex => (
            format!("{about} has an index made at every run"),
            "One that is kept would spare each run that work; the advice names the columns.",
        ),
        FindingKind::MissingIndex => (
            format!("The index {about} is missing"),
            "Run comanda explain, and make the index anew as the schema has it.",
        ),
        FindingKind::UndeclaredSort | FindingKind::PlanChanged | FindingKind::UnusedIndex => return None,
    };
    let of = alert(finding.kind.code(), Level::Warning, title, sentence, finding.evidence.clone());
    Some(Alert { about: about.clone(), ..of })
}

fn cache(f: &Figures, alerts: &mut Vec<Alert>) {
    for ns in &f.cache {
        alerts.extend(cold(ns));
    }
}

fn cold(ns: &NamespaceFigures) -> Option<Alert> {
    let rate = ns.hour_hit_per_mille()?;
    let asked = ns.hour_hits + ns.hour_misses;
    if asked < WARM_ASKED || rate >= WARM_HIT_PER_MILLE {
        return None;
    }
    let title = format!("The cache of {} is of little use", ns.name);
    let full = ns.bytes * 10 > ns.bytes_max * 9;
    let sentence = if full {
        format!("It is full: give it more with cache.{}.bytes_max.", ns.name)
    } else {
        "Somebody edits what it holds all the time, or asks for something else each time: look at who calls it."
            .to_owned()
    };
    let evidence = format!("{} found of {asked} in the last hour", percent(rate));
    Some(Alert { about: ns.name.to_owned(), ..alert("hit_rate", Level::Warning, title, sentence, evidence) })
}

fn writing(f: &Figures, alerts: &mut Vec<Alert>) {
    let w = &f.writer;
    match w.state {
        Writing::Full => alerts.push(alert(
            "disk_full",
            Level::Critical,
            "The disk is full; nothing can be written",
            "Make room: move old backups elsewhere. The server writes again by itself.",
            "the last commit found no room",
        )),
        Writing::Damaged => alerts.push(alert(
            "file_damaged",
            Level::Critical,
            "The restaurant's file is damaged",
            format!(
                "Stop the server and restore the last backup: {} (nothing is written until then).",
                restore_command(&w.file)
            ),
            "what was found stands in the log and at /readyz",
        )),
        Writing::Writable | Writing::Stopping => {}
    }
    if w.queue * 2 > w.queue_max {
        let sentence = "Orders wait to be written. End imports and exports; if it stays, the disk is too slow.";
        let evidence = format!("{} of {} places taken", w.queue, w.queue_max);
        alerts.push(alert("writer_queue", Level::Critical, "Writes are queueing", sentence, evidence));
    }
    let commit = w.commit.hour;
    if commit.count > 0 && commit.p95_us > COMMIT_P95_US {
        let sentence =
            "The disk is slow to sync. Is something copying on it? An SD card wears out: have another ready.";
        let evidence = format!("95 of 100 commits took up to {} in the last hour", ms(commit.p95_us));
        alerts.push(alert("slow_sync", Level::Warning, "Saving takes long", sentence, evidence));
    }
    if w.wal_bytes > LOG_BYTES {
        let sentence = "Somebody reads the file for very long: a backup, an export, a shell on it. End that.";
        let evidence = format!("{} of log, {} times held up", mb(w.wal_bytes), w.checkpoints_stalled);
        alerts.push(alert("log_large", Level::Warning, "The write-ahead log grows", sentence, evidence));
    }
    // That none is free at this moment says nothing: with two readers that is so many times a second.
    let waits = f.pool.wait.minute;
    let busy = waits.errors_ours();
    if busy > 0 || (waits.count >= WAITS_JUDGED_FROM && waits.p95_us > READER_WAIT_P95_US) {
        let (level, sentence) = match busy {
            0 => (Level::Warning, "If it stays, give the server more with --readers, or end what reads for long."),
            _ => (
                Level::Critical,
                "Terminals are told to try again. Give the server more with --readers, or end what reads for long.",
            ),
        };
        let evidence = format!(
            "95 of 100 waited up to {} for one of {} in the last minute, {busy} were turned away",
            ms(waits.p95_us),
            f.pool.readers
        );
        alerts.push(alert("pool_empty", level, "Reads wait for a reader", sentence, evidence));
    }
}

fn machine(f: &Figures, settings: &Settings, alerts: &mut Vec<Alert>) {
    let s = &f.system;
    if let (Some(free), Some(all)) = (s.disk_free_bytes, s.disk_bytes)
        && (free < DISK_FREE_BYTES || u128::from(free) * 100 < u128::from(all) * u128::from(DISK_FREE_PERCENT))
    {
        let level = if free < DISK_FREE_BYTES / 4 { Level::Critical } else { Level::Warning };
        let evidence = format!("{} free of {}", mb(free), mb(all));
        alerts.push(alert(
            "disk_low",
            level,
            "The disk is nearly full",
            "Make room: move old backups elsewhere.",
            evidence,
        ));
    }
    if s.rss_bytes > s.memory_budget_bytes && s.memory_budget_bytes > 0 {
        let evidence = format!("{} used, {} meant", mb(s.rss_bytes), mb(s.memory_budget_bytes));
        let sentence = "Give the cache less (cache.bytes_max), or the server more (memory_mb).";
        alerts.push(alert("memory", Level::Warning, "The server uses more memory than it should", sentence, evidence));
    }
    if s.clock_wrong_ms() > CLOCK_MOVED_MS {
        let evidence = match s.clock_behind_ms {
            0 => format!("by {} s within the last hour", s.clock_moved_ms / 1_000),
            behind => format!("{} s behind the last record", behind / 1_000),
        };
        let sentence = "Check date, time and zone of this machine, and let it set its clock from the network. An hour \
                        after it was set right this goes away.";
        alerts.push(alert("clock_moved", Level::Critical, "The clock was moved", sentence, evidence));
    }
    if s.clock_jumps > 0 {
        let evidence = match s.clock_jumps {
            1 => "1 jump between two records".to_owned(),
            n => format!("{n} jumps between two records"),
        };
        let sentence = "It fell behind, or was a day ahead of what was recorded last, as after a closed day. A manager \
                        looks whether date and time are right and confirms it: POST /api/v1/clock/confirm.";
        alerts.push(alert("clock_unconfirmed", Level::Warning, "The clock jumped", sentence, evidence));
    }
    let (last, taken) = (s.last_backup_at.or(s.known_since), s.last_backup_at.is_some());
    let hours = last.map_or(0, |last| (f.at.get() - last.get()) / 3_600_000);
    if hours > i64::from(settings.backup_hours) {
        let (title, evidence) = match taken {
            true => ("The last backup is old", format!("taken {hours} h ago")),
            false => ("There is no backup", format!("none was taken in {hours} h")),
        };
        let sentence = "Run comanda backup DEST, onto another disk.";
        alerts.push(alert("backup_old", Level::Warning, title, sentence, evidence));
    }
    if let Some((at, why)) = &s.backup.failed {
        let evidence = format!("{} min ago: {why}", (f.at.get() - at.get()).max(0) / 60_000);
        let sentence = "Is its disk there, and is there room on it? It is tried again by itself.";
        alerts.push(alert("backup_failed", Level::Warning, "The last backup failed", sentence, evidence));
    }
    if s.backup.same_disk {
        let evidence = s.backup.to.clone().unwrap_or_default();
        let sentence = "If that disk fails both are gone. Name a folder on another one with --backup.";
        let title = "The last backup lies on the same disk as the file";
        alerts.push(alert("backup_same_disk", Level::Warning, title, sentence, evidence));
    }
    if let Some(trouble) = &f.history.trouble {
        let sentence = "Orders are not concerned. Make room or delete the file; it is made anew by itself.";
        alerts.push(alert(
            "history",
            Level::Warning,
            "The history of these figures is not kept",
            sentence,
            trouble.clone(),
        ));
    }
}

fn service(f: &Figures, alerts: &mut Vec<Alert>) {
    if let Some(at) = f.today.as_ref().and_then(|today| today.unprinted_since) {
        let waited = f.at.get() - at.get();
        if waited >= TICKET_WAIT_MS {
            let sentence = "Look at the kitchen's printer or screen: paper, cable, switched on? Call out what waits.";
            let evidence = format!("the oldest was sent {} min ago", waited / 60_000);
            alerts.push(alert("printing", Level::Critical, "Tickets are not taken by the kitchen", sentence, evidence));
        }
    }
    if f.events.lag > EVENT_LAG {
        let sentence =
            "A terminal takes its news too slowly; it catches up by itself. If it stays, look at its network.";
        let evidence = format!(
            "{} of {} streams open, the slowest {} steps behind",
            f.events.streams, f.events.streams_max, f.events.lag
        );
        alerts.push(alert("event_lag", Level::Warning, "An event stream lags behind", sentence, evidence));
    }
}
