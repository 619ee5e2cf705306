//! Alerts, advice and the history, as tables.

use std::fs;
use std::path::PathBuf;
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
    let route = |count, p95_us| RouteFigures {
        method: "GET".to_owned(),
        pattern: "/x".to_owned(),
        took: hour(Took { count, p95_us, ..Took::default() }),
    };
    check(&[], |f| f.routes = vec![route(19, 900_000), route(20, 500_000)]);
    check(&["warning route_slow GET /x"], |f| f.routes = vec![route(20, 500_001)]);
}

#[test]
fn errors_by_their_rate() {
    // Refused, busy, disk, fault.
    let requests = |count, errors| hour(Took { count, errors, ..Took::default() });
    check(&[], |f| f.requests = requests(99, [0, 0, 0, 99]));
    check(&[], |f| f.requests = requests(10_000, [9_000, 5, 0, 5]));
    check(&["warning error_rate"], |f| f.requests = requests(10_000, [0, 5, 0, 6]));
    check(&["warning error_rate"], |f| f.requests = requests(10_000, [0, 100, 0, 0]));
    check(&["critical error_rate"], |f| f.requests = requests(10_000, [0, 0, 1, 100]));
}

#[test]
fn what_the_analyser_found() {
    let finding = |kind| Finding {
        kind,
        about: "lines.of_order".to_owned(),
        table: Some("lines".to_owned()),
        columns: vec!["order_id".to_owned()],
        evidence: "12 runs".to_owned(),
        cost_us: 900,
    };
    check(&["warning undeclared_scan lines.of_order"], |f| f.findings = vec![finding(FindingKind::UndeclaredScan)]);
    check(&["warning missing_index lines.of_order"], |f| f.findings = vec![finding(FindingKind::MissingIndex)]);
    check(&[], |f| f.findings = vec![finding(FindingKind::UnusedIndex), finding(FindingKind::PlanChanged)]);
    let advice = |kind| advise(&Figures { findings: vec![finding(kind)], ..well() }).remove(0).sentence;
    assert_eq!(advice(FindingKind::UndeclaredScan), "Index lines by (order_id).");
    assert_eq!(advice(FindingKind::UnusedIndex), "It costs every write; drop it.");
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
    check(&["warning n_plus_one lines.of_order in GET /x"], |f| f.repeats = vec![repeat(NOW - 3_599_999)]);
    check(&[], |f| f.repeats = vec![repeat(NOW - 3_600_000)]);
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
    check(&["warning pool_empty"], |f| f.pool.idle = 0);
    let busy = Took { errors: [0, 1, 0, 0], ..Took::default() };
    check(&["critical pool_empty"], |f| f.pool.wait = Windows { minute: busy, ..Windows::default() });
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
    let ago = |hours: i64| Some(UtcMs::new(NOW - hours * 3_600_000));
    check(&[], |f| (f.system.known_since, f.system.last_backup_at) = (ago(900), ago(26)));
    check(&["warning backup_old"], |f| (f.system.known_since, f.system.last_backup_at) = (ago(900), ago(27)));
    check(&["warning backup_old"], |f| f.system.known_since = ago(27));
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
    check(&[], |f| f.today = sent(180));
    check(&[], |f| f.events = EventFigures { streams: 9, streams_max: 256, lag: 32 });
    check(&["warning event_lag"], |f| f.events = EventFigures { streams: 9, streams_max: 256, lag: 33 });
}

#[test]
fn an_alert_stands_since_it_was_first_seen() {
    let alert = |code, level| Alert {
        code,
        about: String::new(),
        level,
        title: String::new(),
        sentence: String::new(),
        evidence: String::new(),
    };
    let mut watch = Watch::default();
    let mut see = |now: i64, alerts: Vec<Alert>| {
        let raised = watch.see(UtcMs::new(now), alerts);
        raised.into_iter().map(|r| (r.alert.code, r.since.get())).collect::<Vec<_>>()
    };
    let (a, b) = (alert("a", Level::Warning), alert("b", Level::Critical));
    assert_eq!(see(1, vec![a.clone()]), [("a", 1)]);
    assert_eq!(see(2, vec![a.clone(), b.clone()]), [("b", 2), ("a", 1)]);
    assert_eq!(see(3, vec![b]), [("b", 2)]);
    assert_eq!(see(4, vec![a]), [("a", 4)]);
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
    history.keep(Minute { at: UtcMs::new(at_ms), values: values.to_vec() });
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
        &sql::FORGET,
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

#[test]
fn a_kill_loses_nothing_that_was_kept() {
    let folder = Folder::new("kill");
    let history = folder.open("a.stats.db");
    keep(&history, NOW, &[(Metric::Requests, 3)]);
    // As a kill leaves it: the log beside the file, nothing closed.
    for suffix in ["", "-wal"] {
        fs::copy(folder.0.join(format!("a.stats.db{suffix}")), folder.0.join(format!("b.stats.db{suffix}"))).unwrap();
    }
    let again = folder.open("b.stats.db");
    again.settle(LONG);
    assert_eq!(points(&again, Metric::Requests, HOUR_S).iter().map(|p| p.1).sum::<i64>(), 3);
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
    assert_eq!(history.plans(vec![plan("a.get", "SEARCH a"), plan("b.get", "SEARCH b")]), []);
    history.stop(LONG);
    let again = folder.open("a.stats.db");
    let now = vec![plan("a.get", "SCAN a"), plan("b.get", "SEARCH b"), plan("c.get", "SEARCH c")];
    assert_eq!(again.plans(now), [plan("a.get", "SEARCH a")]);
}
