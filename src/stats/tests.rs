//! Alerts, advice and the history, as tables.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::Settings;
use super::advice::advise;
use super::alerts::{Alert, Level, Watch, judge};
use super::figures::{
    EventFigures, Figures, Finding, FindingKind, HistoryFigures, NamespaceFigures, PoolFigures, RouteFigures,
    StatementFigures, System, Today, Took, Windows, WriterFigures, Writing,
};
use super::history::{HOUR_S, History, MINUTE_S, MINUTES_KEPT_S, Metric, Minute};
use super::sql;
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::store::Snapshot;
use crate::timing::Repeat;

const NOW: i64 = 1_795_194_000_000;

/// A server that is well.
fn well() -> Figures {
    let pool = PoolFigures { readers: 4, idle: 4, ..PoolFigures::default() };
    let writer = WriterFigures { queue_max: 1024, ..WriterFigures::default() };
    let system = System { disk_free_bytes: Some(100 << 30), disk_bytes: Some(200 << 30), ..System::default() };
    Figures { at: UtcMs::new(NOW), slow_limit_ms: 500, pool, writer, system, ..Figures::default() }
}

fn hour(took: Took) -> Windows<Took> {
    Windows { hour: took, ..Windows::default() }
}

fn told(alerts: &[Alert]) -> Vec<String> {
    alerts.iter().map(|a| format!("{} {} {}", a.level.name(), a.code, a.about).trim_end().to_owned()).collect()
}

/// What is said of figures that are well but for what `spoil` does.
fn check(expected: &[&str], spoil: impl FnOnce(&mut Figures)) {
    let mut figures = well();
    spoil(&mut figures);
    let alerts = judge(&figures, &Settings::default());
    assert_eq!(told(&alerts), expected, "{figures:?}");
    for alert in alerts {
        assert!(!alert.title.is_empty() && alert.sentence.len() > 20 && !alert.evidence.is_empty(), "{alert:?}");
    }
}

#[test]
fn what_is_well_raises_nothing() {
    check(&[], |_| {});
    assert!(advise(&well()).is_empty());
}

#[test]
fn slow_statements_and_routes() {
    let statement = |slow_hour, mean_us| StatementFigures {
        name: "orders.get",
        slow_hour,
        took: hour(Took { count: 30, mean_us, ..Took::default() }),
        ..StatementFigures::default()
    };
    check(&[], |f| f.statements = vec![statement(10, 500_000)]);
    check(&["critical slow_statements"], |f| f.statements = vec![statement(6, 9), statement(5, 9)]);
    check(&["warning statement_mean orders.get"], |f| f.statements = vec![statement(0, 500_001)]);
    let of = |pattern: &str, count, p95_us| RouteFigures {
        method: "GET".to_owned(),
        pattern: pattern.to_owned(),
        took: hour(Took { count, p95_us, ..Took::default() }),
    };
    check(&[], |f| f.routes = vec![of("/x", 19, 900_000), of("/x", 20, 500_000)]);
    check(&["warning route_slow GET /x"], |f| f.routes = vec![of("/x", 20, 500_001)]);
    // What is meant to be quick is held to less, by more of them: the first of a fresh server are slow.
    let (menu, orders, sales) = ("/api/v1/menu", "/api/v1/orders", "/api/v1/reports/sales");
    check(&[], |f| f.routes = vec![of(menu, 99, 400_000), of(orders, 99, 400_000), of(sales, 99, 400_000)]);
    check(&[], |f| f.routes = vec![of(menu, 100, 5_000), of(orders, 100, 50_000), of(sales, 100, 100_000)]);
    check(&["warning route_slow GET /api/v1/menu"], |f| f.routes = vec![of(menu, 100, 5_001)]);
    check(&["warning route_slow GET /api/v1/orders"], |f| f.routes = vec![of(orders, 100, 50_001)]);
    check(&["warning route_slow GET /api/v1/reports/sales"], |f| f.routes = vec![of(sales, 100, 100_001)]);
}

#[test]
fn errors_by_their_rate() {
    // Refused, limited, busy, disk, fault.
    let requests = |count, errors| hour(Took { count, errors, ..Took::default() });
    check(&[], |f| f.requests = requests(99, [0, 0, 0, 0, 99]));
    check(&[], |f| f.requests = requests(10_000, [9_000, 0, 5, 0, 5]));
    // One greedy device, told to wait thousands of times.
    check(&[], |f| f.requests = requests(10_000, [0, 9_990, 5, 0, 5]));
    check(&["warning error_rate"], |f| f.requests = requests(10_000, [0, 0, 5, 0, 6]));
    check(&["warning error_rate"], |f| f.requests = requests(10_000, [0, 0, 100, 0, 0]));
    check(&["critical error_rate"], |f| f.requests = requests(10_000, [0, 0, 0, 1, 100]));
}

#[test]
fn what_the_analyser_found() {
    let finding = |kind| Finding {
        kind,
        about: "lines.of_order".to_owned(),
        table: Some("lines".to_owned()),
        columns: vec!["order_id".to_owned()],
        existing: None,
        evidence: "12 runs".to_owned(),
        cost_us: 900,
    };
    check(&["warning undeclared_scan lines.of_order"], |f| f.findings = vec![finding(FindingKind::UndeclaredScan)]);
    check(&["warning missing_index lines.of_order"], |f| f.findings = vec![finding(FindingKind::MissingIndex)]);
    check(&[], |f| f.findings = vec![finding(FindingKind::UnusedIndex), finding(FindingKind::PlanChanged)]);
    let advice = |kind| advise(&Figures { findings: vec![finding(kind)], ..well() }).remove(0).sentence;
    assert_eq!(advice(FindingKind::UndeclaredScan), "Index lines by (order_id).");
    assert_eq!(advice(FindingKind::UnusedIndex), "It costs every write; drop it.");
    // Nothing is advised that nobody found out.
    let bare = |kind| Finding { columns: Vec::new(), table: None, ..finding(kind) };
    let unused = |kind| Finding { existing: Some("lines_by_order".to_owned()), ..finding(kind) };
    for kind in [FindingKind::UndeclaredScan, FindingKind::AutomaticIndex, FindingKind::UndeclaredSort] {
        let told = |finding: Finding| advise(&Figures { findings: vec![finding], ..well() }).remove(0).sentence;
        let sentence = told(bare(kind));
        assert!(!sentence.contains("()") && sentence.contains("cannot be read from its text"), "{sentence}");
        let sentence = told(unused(kind));
        assert!(sentence.starts_with("The index lines_by_order ") && sentence.contains("is not used"), "{sentence}");
    }
    let words = |finding: Finding| {
        let alert = judge(&Figures { findings: vec![finding], ..well() }, &Settings::default()).remove(0);
        format!("{}: {}", alert.title, alert.sentence)
    };
    let automatic = words(finding(FindingKind::AutomaticIndex));
    assert!(automatic.starts_with("lines.of_order has an index made at every run: One that is kept"), "{automatic}");
    assert!(!words(bare(FindingKind::AutomaticIndex)).contains("columns"));
    assert!(!words(bare(FindingKind::UndeclaredScan)).contains("columns"));
    let repeat = |last_ms| Repeat {
        statement: "lines.of_order",
        method: "GET".to_owned(),
        route: "/x".to_owned(),
        requests: 2,
        runs: 90,
        runs_max: 50,
        ns: 4_000_000,
        last_ms,
    };
    check(&["warning n_plus_one lines.of_order in GET /x"], |f| f.repeats = vec![repeat(NOW)]);
}

#[test]
fn the_cache() {
    let namespace = |hour_hits, hour_misses| NamespaceFigures {
        name: "menu",
        hour_hits,
        hour_misses,
        bytes: 10,
        bytes_max: 100,
        ..NamespaceFigures::default()
    };
    check(&[], |f| f.cache = vec![namespace(0, 99), namespace(50, 50)]);
    check(&["warning hit_rate menu"], |f| f.cache = vec![namespace(49, 51)]);
}

#[test]
fn writing_and_reading() {
    check(&[], |f| f.writer.queue = 512);
    check(&["critical writer_queue"], |f| f.writer.queue = 513);
    check(&["critical disk_full"], |f| f.writer.state = Writing::Full);
    check(&["critical file_damaged"], |f| f.writer.state = Writing::Damaged);
    let commit = |p95_us| hour(Took { count: 1, p95_us, ..Took::default() });
    check(&[], |f| f.writer.commit = commit(50_000));
    check(&["warning slow_sync"], |f| f.writer.commit = commit(50_001));
    check(&[], |f| f.writer.wal_bytes = 64 << 20);
    check(&["warning log_large"], |f| f.writer.wal_bytes = (64 << 20) + 1);
    // One moment says nothing; a minute of waiting does.
    check(&[], |f| f.pool.idle = 0);
    let waits = |took: Took| Windows { minute: took, ..Windows::default() };
    let slow = |count, p95_us| waits(Took { count, p95_us, ..Took::default() });
    check(&[], |f| f.pool.wait = slow(19, 400_000));
    check(&[], |f| f.pool.wait = slow(20, 50_000));
    check(&["warning pool_empty"], |f| f.pool.wait = slow(20, 50_001));
    let busy = Took { errors: [0, 0, 1, 0, 0], ..Took::default() };
    check(&["critical pool_empty"], |f| f.pool.wait = waits(busy));
    let trouble = Some("no room".to_owned());
    check(&["warning history"], |f| f.history = HistoryFigures { trouble, ..HistoryFigures::default() });
}

#[test]
fn the_machine() {
    let disk = |free: u64, all: u64| {
        move |f: &mut Figures| {
            (f.system.disk_free_bytes, f.system.disk_bytes) = (Some(free), Some(all));
        }
    };
    check(&[], disk(1 << 30, 20 << 30));
    check(&["warning disk_low"], disk((1 << 30) - 1, 4 << 30));
    check(&["warning disk_low"], disk(2 << 30, 41 << 30));
    check(&["critical disk_low"], disk(200 << 20, 4 << 30));
    check(&["warning memory"], |f| {
        (f.system.rss_bytes, f.system.memory_budget_bytes) = (201 << 20, 200 << 20);
    });
    check(&[], |f| f.system.clock_moved_ms = -60_000);
    check(&["critical clock_moved"], |f| f.system.clock_moved_ms = -60_001);
    check(&["critical clock_moved"], |f| f.system.clock_behind_ms = 60_001);
    check(&["warning clock_unconfirmed"], |f| f.system.clock_jumps = 1);
    let ago = |hours: i64| Some(UtcMs::new(NOW - hours * 3_600_000));
    check(&[], |f| (f.system.known_since, f.system.last_backup_at) = (ago(900), ago(26)));
    check(&["warning backup_old"], |f| (f.system.known_since, f.system.last_backup_at) = (ago(900), ago(27)));
    check(&["warning backup_old"], |f| f.system.known_since = ago(27));
    check(&["warning backup_same_disk"], |f| {
        (f.system.backup.same_disk, f.system.backup.to) = (true, Some("/srv/copy.db".to_owned()));
    });
    check(&["warning backup_failed"], |f| {
        f.system.backup.failed = Some((UtcMs::new(NOW), "no room".to_owned()));
    });
}

#[test]
fn the_service() {
    let sent = |minutes: i64| {
        Some(Today {
            date: BusinessDate::new(20_000),
            open_orders: 1,
            sales: 0,
            orders: 0,
            last_order_at: None,
            tickets_waiting: 1,
            oldest_ticket_at: None,
            unprinted_since: Some(UtcMs::new(NOW - minutes * 60_000)),
        })
    };
    check(&[], |f| f.today = sent(4));
    check(&["critical printing"], |f| f.today = sent(5));
    check(&[], |f| f.events = EventFigures { streams: 9, streams_max: 256, lag: 32 });
    check(&["warning event_lag"], |f| f.events = EventFigures { streams: 9, streams_max: 256, lag: 33 });
}

#[test]
fn an_alert_stands_since_it_was_first_seen() {
    let alert = |code, level| Alert {
        code,
        about: String::new(),
        level,
        title: str::to_uppercase(code),
        sentence: "Do.".to_owned(),
        evidence: "1 of 2".to_owned(),
    };
    let mut watch = Watch::default();
    let mut see = |now: i64, alerts: Vec<Alert>| {
        let (raised, news) = watch.see(UtcMs::new(now), alerts);
        let told: Vec<_> = raised.into_iter().map(|r| (r.alert.code, r.since.get())).collect();
        (told, news.lines().into_iter().map(|(_, line)| line).collect::<Vec<_>>())
    };
    let (a, b) = (alert("a", Level::Warning), alert("b", Level::Critical));
    let line = |text: &str| text.to_owned();
    assert_eq!(see(1, vec![a.clone()]), (vec![("a", 1)], vec![line("alert raised, warning: A (1 of 2). Do.")]));
    // It is told once, also by a clock that stands.
    assert_eq!(see(1, vec![a.clone()]), (vec![("a", 1)], vec![]));
    let news = vec![line("alert raised, critical: B (1 of 2). Do.")];
    assert_eq!(see(2_001, vec![a.clone(), b.clone()]), (vec![("b", 2_001), ("a", 1)], news));
    assert_eq!(see(3_001, vec![b]), (vec![("b", 2_001)], vec![line("alert ended: A; it stood 3 s")]));
    let news = vec![line("alert raised, warning: A (1 of 2). Do."), line("alert ended: B; it stood 2 s")];
    assert_eq!(see(4_001, vec![a]), (vec![("a", 4_001)], news));
}

// ── the history ──────────────────────────────────────────────────────────────

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("comanda-stats-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn open(&self, file: &str) -> History {
        History::start(self.0.join(file), 1_000, UtcMs::new(NOW))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const LONG: Duration = Duration::from_secs(10);

fn keep(history: &History, at_ms: i64, values: &[(Metric, u64)]) {
    history.keep(Minute { at: UtcMs::new(at_ms), clock_is_right: true, values: values.to_vec() });
    history.settle(LONG);
}

fn points(history: &History, metric: Metric, step_s: i64) -> Vec<(i64, i64)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let series = runtime.block_on(history.series(metric, step_s, 0, NOW / 500)).unwrap();
    series.points
}

#[test]
fn every_statement_of_the_history_fits_its_file() {
    let statements = [
        &sql::ADD,
        &sql::HIGHEST,
        &sql::LOWEST,
        &sql::FORGET_OLD,
        &sql::FORGET_FUTURE,
        &sql::SERIES,
        &sql::COUNT,
        &sql::FACT,
        &sql::FACT_KEEP,
        &sql::PLANS,
        &sql::PLAN_KEEP,
        &sql::PLANS_FORGET,
    ];
    let db = Snapshot::of_text(sql::SCHEMA).unwrap();
    for statement in statements {
        db.plan(statement).unwrap();
    }
    // A curve is found by its key.
    assert!(db.plan(&sql::SERIES).unwrap().iter().all(|row| row.detail.starts_with("SEARCH points USING PRIMARY KEY")));
}

#[test]
fn metrics_have_numbers_and_names_of_their_own() {
    let mut names: Vec<_> = Metric::ALL.iter().map(|m| m.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Metric::ALL.len());
    assert!(Metric::ALL.iter().all(|m| Metric::parse(m.name()) == Some(*m)));
}

#[test]
fn minutes_become_hours() {
    let folder = Folder::new("hours");
    let history = folder.open("a.stats.db");
    let minute = NOW - NOW.rem_euclid(HOUR_S * 1_000);
    keep(&history, minute, &[(Metric::Requests, 10), (Metric::RequestP95, 400), (Metric::DiskFree, 70)]);
    keep(&history, minute + 30_000, &[(Metric::Requests, 1), (Metric::RequestP95, 300), (Metric::DiskFree, 60)]);
    keep(&history, minute + 90_000, &[(Metric::Requests, 5), (Metric::RequestP95, 900), (Metric::DiskFree, 80)]);
    let at = minute / 1_000;
    assert_eq!(points(&history, Metric::Requests, MINUTE_S), [(at, 11), (at + 60, 5)]);
    assert_eq!(points(&history, Metric::RequestP95, MINUTE_S), [(at, 400), (at + 60, 900)]);
    assert_eq!(points(&history, Metric::Requests, HOUR_S), [(at, 16)]);
    assert_eq!(points(&history, Metric::RequestP95, HOUR_S), [(at, 900)]);
    assert_eq!(points(&history, Metric::DiskFree, HOUR_S), [(at, 60)]);
    let figures = history.figures();
    assert_eq!((figures.minutes, figures.hours, figures.trouble), (6, 3, None));
}

#[test]
fn what_is_old_or_of_a_wrong_clock_goes() {
    let folder = Folder::new("old");
    let history = folder.open("a.stats.db");
    let old = NOW - (MINUTES_KEPT_S + 60) * 1_000;
    keep(&history, old, &[(Metric::Requests, 1)]);
    keep(&history, NOW + 90 * 24 * HOUR_S * 1_000, &[(Metric::Requests, 7)]);
    keep(&history, NOW, &[(Metric::Requests, 2)]);
    let of = |step| points(&history, Metric::Requests, step).iter().map(|p| p.1).collect::<Vec<_>>();
    assert_eq!(of(MINUTE_S), [2]);
    assert_eq!(of(HOUR_S), [1, 2]);
}

/// Two days of minutes, one every hour, that end at NOW; in one piece, as a week's service leaves them.
fn two_days(history: &History) {
    for hour in (0..48).rev() {
        keep(history, NOW - hour * HOUR_S * 1_000, &[(Metric::Requests, 1)]);
    }
    assert_eq!(points(history, Metric::Requests, MINUTE_S).len(), 48);
}

/// Of a step, also those of the far future.
fn all(history: &History, step_s: i64) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(history.series(Metric::Requests, step_s, i64::MIN / 2, i64::MAX / 2)).unwrap().points.len()
}

const YEAR_MS: i64 = 365 * 24 * HOUR_S * 1_000;

#[test]
fn a_clock_that_is_known_to_be_wrong_forgets_nothing() {
    let folder = Folder::new("wrong-clock");
    let history = folder.open("a.stats.db");
    two_days(&history);
    let wrong = |at_ms: i64| {
        let values = vec![(Metric::Requests, 1)];
        history.keep(Minute { at: UtcMs::new(at_ms), clock_is_right: false, values });
        history.settle(LONG);
    };
    // A machine without a clock of its own starts in its own past; another leaps ahead, for many hours.
    (0..20).for_each(|hour| wrong(hour * HOUR_S * 1_000));
    (0..20).for_each(|hour| wrong(NOW + 3 * YEAR_MS + hour * HOUR_S * 1_000));
    assert_eq!((all(&history, MINUTE_S), all(&history, HOUR_S)), (88, 88));
    // Set right, it takes what the wrong one left, a little at a time.
    (1..30).for_each(|minute| keep(&history, NOW + minute * HOUR_S * 1_000, &[(Metric::Requests, 1)]));
    let kept = points(&history, Metric::Requests, MINUTE_S);
    assert_eq!((kept.len(), all(&history, MINUTE_S)), (49, 49), "{kept:?}");
    history.stop(LONG);
}

#[test]
fn a_wrong_clock_that_nobody_noticed_costs_little() {
    let check = |name: &str, at_ms: i64| {
        let folder = Folder::new(name);
        let history = folder.open("a.stats.db");
        two_days(&history);
        history.stop(LONG);
        // It was wrong from the start on, before any order: nothing says so.
        let history = History::start(folder.0.join("a.stats.db"), 1_000, UtcMs::new(at_ms));
        for minute in 0..60 {
            keep(&history, at_ms + minute * 60_000, &[(Metric::Requests, 1)]);
        }
        let left = all(&history, HOUR_S).min(all(&history, MINUTE_S) - 60 + 1);
        assert!(left >= 46, "{name}: {left} of 48 hours are left");
        history.stop(LONG);
    };
    let hour = NOW - NOW.rem_euclid(HOUR_S * 1_000);
    check("years-ahead", hour + 3 * YEAR_MS);
    check("years-behind", hour - 20 * YEAR_MS);
}

#[test]
fn a_start_forgets_nothing() {
    let folder = Folder::new("start");
    let history = folder.open("a.stats.db");
    two_days(&history);
    history.stop(LONG);
    let again = History::start(folder.0.join("a.stats.db"), 1_000, UtcMs::new(NOW + 3 * YEAR_MS));
    again.settle(LONG);
    assert_eq!(all(&again, MINUTE_S), 48);
}

const CHILD: &str = "COMANDA_STATS_CHILD";

/// Keeps a minute after the other until it is killed; notes each that was dealt with. Only ever run by the
/// test below.
#[test]
#[ignore = "runs as a child of the test below"]
fn keeps_minutes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let history = History::start(folder.join("a.stats.db"), 1_000, UtcMs::new(NOW));
    let mut heard = fs::OpenOptions::new().append(true).create(true).open(folder.join("heard")).unwrap();
    for minute in 0..100_000 {
        keep(&history, NOW + minute * 60_000, &[(Metric::Requests, 1)]);
        assert_eq!(history.figures().trouble, None);
        heard.write_all(b".").unwrap();
    }
}

#[test]
fn a_kill_loses_nothing_that_was_kept() {
    let folder = Folder::new("kill");
    let heard = || fs::metadata(folder.0.join("heard")).map_or(0, |heard| heard.len());
    for round in 1..=3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "stats::tests::keeps_minutes_until_it_is_killed"])
            .env(CHILD, &folder.0)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let began = heard();
        while heard() < began + 40 {
            assert_eq!(child.try_wait().unwrap(), None, "the child ended by itself");
            std::thread::sleep(Duration::from_millis(2));
        }
        // SIGKILL: nothing is flushed, nothing closed.
        child.kill().unwrap();
        child.wait().unwrap();
        let history = folder.open("a.stats.db");
        history.settle(LONG);
        assert_eq!(history.figures().trouble, None);
        assert!(!folder.0.join("a.stats.db.aside").exists(), "the file was not whole");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let series = history.series(Metric::Requests, HOUR_S, 0, i64::MAX / 2);
        let kept: i64 = runtime.block_on(series).unwrap().points.iter().map(|p| p.1).sum();
        // One may have been kept in the moment between the commit and the note of it, in each round.
        let heard = i64::try_from(heard()).unwrap();
        assert!((heard..=heard + round).contains(&kept), "{kept} minutes kept, {heard} noted");
        history.stop(LONG);
    }
}

#[test]
fn a_file_of_another_version_or_damaged_is_set_aside() {
    let folder = Folder::new("aside");
    let path = folder.0.join("a.stats.db");
    for spoil in [
        |path: &PathBuf| fs::write(path, [7; 5_000]).unwrap(),
        |path: &PathBuf| {
            let mut bytes = fs::read(path).unwrap();
            // user_version, https://www.sqlite.org/fileformat2.html.
            bytes[63] = 99;
            fs::write(path, bytes).unwrap();
        },
    ] {
        let history = folder.open("a.stats.db");
        keep(&history, NOW, &[(Metric::Requests, 3)]);
        history.stop(LONG);
        spoil(&path);
        let again = folder.open("a.stats.db");
        again.settle(LONG);
        assert_eq!(points(&again, Metric::Requests, MINUTE_S), []);
        keep(&again, NOW, &[(Metric::Requests, 4)]);
        assert_eq!(points(&again, Metric::Requests, MINUTE_S).len(), 1);
        again.stop(LONG);
        assert!(folder.0.join("a.stats.db.aside").exists());
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn minutes_wait_for_a_file_that_cannot_be_written() {
    let folder = Folder::new("later");
    // No such folder yet: the file cannot be made.
    let history = Arc::new(History::start(folder.0.join("later/a.stats.db"), 1_000, UtcMs::new(NOW)));
    keep(&history, NOW, &[(Metric::Requests, 3)]);
    assert!(history.figures().trouble.is_some());
    keep(&history, NOW + 60_000, &[(Metric::Requests, 4)]);
    fs::create_dir_all(folder.0.join("later")).unwrap();
    history.settle(LONG);
    assert_eq!(history.figures().trouble, None);
    assert_eq!(points(&history, Metric::Requests, MINUTE_S).len(), 2);
}

#[test]
fn plans_that_changed_since_the_last_start() {
    let folder = Folder::new("plans");
    let plan = |name: &str, plan: &str| (name.to_owned(), plan.to_owned());
    let history = folder.open("a.stats.db");
    assert_eq!(history.plans(vec![plan("a.get", "SEARCH a"), plan("b.get", "SEARCH b")]), Some(vec![]));
    history.stop(LONG);
    let again = folder.open("a.stats.db");
    let now = vec![plan("a.get", "SCAN a"), plan("b.get", "SEARCH b"), plan("c.get", "SEARCH c")];
    assert_eq!(again.plans(now.clone()), Some(vec![plan("a.get", "SEARCH a")]));
    // Who did not wait for the answer asks again, and it is the same.
    assert_eq!(again.plans(now), Some(vec![plan("a.get", "SEARCH a")]));
}

#[test]
fn plans_wait_for_a_file_that_cannot_be_read() {
    let folder = Folder::new("plans-later");
    let path = folder.0.join("later/a.stats.db");
    let now = || vec![("a.get".to_owned(), "SCAN a".to_owned())];
    let history = History::start(path.clone(), 1_000, UtcMs::new(NOW));
    assert_eq!(history.plans(now()), None, "no answer is not: nothing changed");
    fs::create_dir_all(folder.0.join("later")).unwrap();
    history.settle(LONG);
    assert_eq!(history.plans(now()), Some(vec![]));
}
