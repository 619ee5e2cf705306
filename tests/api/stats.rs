//! What the server says of itself: figures, alerts, advice, history, metrics.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use comanda::app;
use comanda::stats::history::Metric;
use comanda::store::Statement;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::harness::{Folder, House};
use crate::orders::Night;

/// The entry of a list whose `field` is `value`.
fn find<'a>(answer: &'a Answer, list: &str, field: &str, value: &str) -> Option<&'a Value> {
    answer.list(list).iter().find(|entry| entry[field] == value)
}

/// Whether the picture has this alert, about this.
fn alert<'a>(answer: &'a Answer, code: &str, about: &str) -> Option<&'a Value> {
    answer.list("/alerts").iter().find(|a| a["code"] == code && a["about"].as_str().unwrap_or_default().contains(about))
}

/// Moves the windows on by so many slices of ten seconds, as if the time had passed.
fn pass(house: &House, slices: u64) {
    let timing = house.running().house().store.timing();
    for slice in 1..=slices {
        timing.tick(Instant::now() + Duration::from_secs(10 * slice));
    }
}

fn statement(name: &str) -> &'static Statement {
    app::statements().into_iter().find(|s| s.name == name).unwrap_or_else(|| panic!("no statement {name}"))
}

#[test]
fn a_picture_shows_a_request_made_a_moment_ago() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2)]);
    order.send();
    n.house.as_("waiter").get("/orders/999999").refused("not_found");
    let stats = n.house.as_("manager").get("/stats").ok();
    let route = stats.list("/routes").iter().find(|r| r["method"] == "POST" && r["route"] == "/api/v1/orders");
    let route = route.unwrap_or_else(|| panic!("the route is not there: {}", stats.text()));
    assert_eq!((route["start"]["count"].as_i64(), route["minute"]["count"].as_i64()), (Some(1), Some(1)));
    assert!(route["start"]["p95_us"].as_i64() > Some(0));
    let missed = stats.list("/routes").iter().find(|r| r["method"] == "GET" && r["route"] == "/api/v1/orders/{id}");
    assert_eq!(missed.unwrap()["start"]["errors"]["refused"], 1);
    assert!(stats.int("/requests/start/count") >= 3);
    assert!(stats.int("/writer/jobs") > 0 && stats.int("/writer/commit/start/count") > 0);
    assert_eq!(stats.str("/writer/state"), "writable");
    assert_eq!(stats.int("/today/open_orders"), 1);
    assert_eq!(stats.int("/today/tickets_waiting"), 1);
    assert_eq!(stats.str("/today/last_order_at"), "2026-11-20T18:00:00.000+01:00");
    assert!(stats.int("/system/rss_bytes") > 0 && stats.int("/system/db_bytes") > 0);
    assert!(stats.list("/statements").iter().all(|s| s["runs"].as_i64() > Some(0)));
    for one in stats.list("/statements") {
        assert!(one["min_us"].as_i64() <= one["mean_us"].as_i64(), "{one}");
        let by_class: i64 = one["errors_by_class"].as_object().unwrap().values().filter_map(Value::as_i64).sum();
        assert_eq!(one["errors"].as_i64(), Some(by_class), "{one}");
        let indexed = one["indexed_per_mille"].as_i64().unwrap();
        assert_eq!(indexed == 1_000, one["scan_steps"] == 0 && one["auto_indexes"] == 0, "{one}");
    }
    assert!((1..=1_000).contains(&stats.int("/indexed_per_mille")));
    let jobs = stats.at("/writer/batch_jobs/start");
    assert_eq!(jobs["count"], *stats.at("/writer/batches"));
    assert!(jobs["min"].as_i64() >= Some(1) && jobs["max"] == *stats.at("/writer/batch_jobs_max"), "{jobs}");
    assert_eq!(stats.list("/statements").len(), 20);
    assert_eq!(stats.list("/targets").len(), 8);
    assert_eq!(stats.str("/level"), "green", "{}", stats.at("/alerts"));
}

#[test]
fn a_stream_shows_the_same_at_once_and_ends_with_the_session() {
    let house = House::open();
    let manager = house.sign_in("manager");
    let (headers, mut stream) = manager.get("/stats/live").stream();
    assert_eq!(headers["content-type"], "text/event-stream");
    let picture: Value = serde_json::from_str(&stream.next().unwrap().data).unwrap();
    assert_eq!(picture["level"], "green");
    manager.delete("/sessions/current").key("out").send();
    let mut rest = 0;
    while stream.next().is_some() {
        rest += 1;
        assert!(rest < 5, "the stream goes on without a session");
    }
}

#[test]
fn every_statement_has_its_plan() {
    let house = House::open();
    let auditor = house.as_("auditor");
    auditor.get("/orders").ok();
    let statements = auditor.get("/stats/statements").ok();
    assert_eq!(statements.int("/known"), app::statements().len() as i64);
    assert!(find(&statements, "/items", "name", "orders.list_total").is_some(), "{}", statements.text());
    let plan = auditor.get("/stats/statements/orders.list_after_state/plan").ok();
    assert_eq!(plan.str("/declared"), "sorts the rows of one page");
    assert!(plan.list("/steps").iter().any(|step| step["index"] == "orders_by_state"), "{}", plan.text());
    assert!(plan.list("/flags").is_empty());
    auditor.get("/stats/statements/orders.nothing/plan").refused("not_found");
}

#[test]
fn the_pool_and_the_slow_requests() {
    let house = House::open();
    let manager = house.as_("manager");
    // The start fills the cache, and has the readers as long as that takes.
    let pool = std::iter::repeat_with(|| manager.get("/stats/pool").ok()).find(|pool| pool.int("/idle") == 2).unwrap();
    assert_eq!(pool.int("/readers"), 2);
    assert!(pool.at("/warning").is_null());
    assert!(manager.get("/stats/slow").ok().list("/items").is_empty());
    let verdict = manager.get("/health/performance").ok();
    assert_eq!(verdict.str("/level"), "green", "{}", verdict.at("/alerts"));
    assert_eq!(verdict.int("/thresholds/log_bytes"), 64 << 20);
}

#[test]
fn a_slow_statement_is_found_and_forgotten() {
    let house = House::open();
    let manager = house.as_("manager");
    let faults = house.running().house().store.faults();
    faults.slow_statement(Some("journal.after"));
    for _ in 0..11 {
        manager.get("/journal").ok();
    }
    faults.slow_statement(None);
    let stats = manager.get("/stats").ok();
    let raised =
        alert(&stats, "slow_statements", "").unwrap_or_else(|| panic!("no alert: {}", stats.at("/statements")));
    assert_eq!((raised["level"].as_str(), stats.str("/level")), (Some("critical"), "red"));
    assert!(raised["sentence"].as_str().unwrap().contains("journal.after"), "{raised}");
    assert_eq!(find(&stats, "/advice", "about", "journal.after").unwrap()["code"], "slow_statement");
    let slow = manager.get("/stats/slow").ok();
    assert_eq!(slow.str("/items/0/route"), "/api/v1/journal");
    assert_eq!(slow.str("/items/0/statements/0/name"), "journal.after");
    // An hour later it is over.
    pass(&house, 400);
    let stats = manager.get("/stats").ok();
    assert!(alert(&stats, "slow_statements", "").is_none(), "{}", stats.at("/alerts"));
    assert!(find(&stats, "/advice", "about", "journal.after").is_none(), "{}", stats.at("/advice"));
    assert_eq!(stats.str("/level"), "green", "{}", stats.at("/alerts"));
}

#[test]
fn a_forced_n_plus_one_is_named_with_its_route_and_forgotten() {
    let house = House::open();
    let manager = house.as_("manager");
    let faults = house.running().house().store.faults();
    faults.n_plus_one(Some(statement("shifts.open_orders")));
    manager.get("/journal").ok();
    faults.n_plus_one(None);
    let stats = manager.get("/stats").ok();
    let raised = alert(&stats, "n_plus_one", "shifts.open_orders in GET /api/v1/journal");
    assert!(raised.is_some(), "{}", stats.text());
    assert!(find(&stats, "/advice", "code", "n_plus_one").is_some(), "{}", stats.at("/advice"));
    assert!(stats.int("/repeats/0/runs_max") >= 40, "{}", stats.at("/repeats"));
    assert_eq!(stats.str("/repeats/0/statement"), "shifts.open_orders");
    house.clock.advance_ms(3_600_000);
    let stats = manager.get("/stats").ok();
    assert!(alert(&stats, "n_plus_one", "").is_none(), "{}", stats.at("/alerts"));
    assert!(find(&stats, "/advice", "code", "n_plus_one").is_none(), "{}", stats.at("/advice"));
    assert!(stats.list("/repeats").is_empty(), "{}", stats.at("/repeats"));
    assert!(manager.get("/stats/statements").ok().list("/repeats").is_empty());
}

#[test]
fn long_orders_and_pages_of_whole_ones_are_no_finding() {
    let n = Night::new();
    let manager = n.house.as_("manager");
    for _ in 0..25 {
        let order = n.order(&[(n.carbonara, 1), (n.tiramisu, 1)]);
        order.send();
        order.post_by_manager("/payments", json!({"tender": "card"})).created();
    }
    n.order(&[(n.carbonara, 1); 30]).send();
    manager.get("/orders?limit=100&expand=checks").ok();
    manager.get("/export/orders?from=2026-11-20&to=2026-11-20").ok();
    let stats = manager.get("/stats").ok();
    assert!(stats.list("/repeats").is_empty(), "{}", stats.at("/repeats"));
    assert_eq!(stats.str("/level"), "green", "{}", stats.at("/alerts"));
}

static DROP: Statement = Statement::new("test.drop", "drop index lines_by_order");
static MEND: Statement = Statement::new("test.mend", "create index lines_by_order on lines (order_id)");

#[test]
fn a_dropped_index_is_found_and_forgotten() {
    let n = Night::new();
    let manager = n.house.as_("manager");
    let run = |statement: &'static Statement| {
        n.house.running().house().store.write_blocking(move |tx| Ok(tx.run(statement, ()).map(drop)?)).unwrap();
    };
    run(&DROP);
    let order = n.order(&[(n.carbonara, 1), (n.tiramisu, 1), (n.pilsner, 2)]);
    n.house.as_("waiter").get(&order.path("")).ok();
    n.house.as_("waiter").get(&order.path("")).ok();
    let found = manager.get("/stats/statements").ok();
    let missing = find(&found, "/findings", "about", "lines_by_order").unwrap_or_else(|| panic!("{}", found.text()));
    assert_eq!((missing["code"].as_str(), missing["table"].as_str()), (Some("missing_index"), Some("lines")));
    let reads_all = |f: &&Value| f["table"] == "lines" && f["code"] == "undeclared_scan";
    let scan = found.list("/findings").iter().find(reads_all);
    let scan = scan.unwrap_or_else(|| panic!("no scan is found: {}", found.at("/findings")));
    assert_eq!(scan["columns"][0], "order_id", "{scan}");
    let stats = manager.get("/stats").ok();
    assert!(alert(&stats, "missing_index", "lines_by_order").is_some(), "{}", stats.at("/alerts"));
    assert!(alert(&stats, "undeclared_scan", scan["about"].as_str().unwrap()).is_some(), "{}", stats.at("/alerts"));
    let advised = |a: &Value| a["sentence"].as_str().unwrap().starts_with("Index lines by (order_id");
    assert!(stats.list("/advice").iter().any(advised), "{}", stats.at("/advice"));
    run(&MEND);
    let mended = manager.get("/stats/statements").ok();
    assert!(mended.list("/findings").is_empty(), "{}", mended.at("/findings"));
    let stats = manager.get("/stats").ok();
    assert!(stats.list("/advice").iter().all(|a| !advised(a)), "{}", stats.at("/advice"));
    assert_eq!(stats.str("/level"), "green", "{}", stats.at("/alerts"));
}

/// The sum of a metric's points.
fn kept(manager: &Client, metric: &str) -> i64 {
    let answer = manager.get(&format!("/stats/history?metric={metric}")).ok();
    answer.list("/points").iter().map(|point| point[1].as_i64().unwrap()).sum()
}

#[test]
fn the_history_survives_a_restart_and_its_own_loss() {
    let mut house = House::open();
    for _ in 0..5 {
        house.as_("manager").get("/staff").ok();
    }
    house.running().stats().take_minute();
    let before = kept(&house.as_("manager"), "requests");
    assert!(before >= 5, "{before}");
    house.restart();
    let after = kept(&house.as_("manager"), "requests");
    assert!(after > before, "what came after the last minute was flushed at the stop: {before}, {after}");
    // By the hour it is the same sum.
    let old = "from=2026-11-01T00:00:00Z";
    let hours = house.as_("manager").get(&format!("/stats/history?metric=requests&{old}")).ok();
    assert_eq!((hours.int("/step_s"), hours.int("/points/0/1")), (3_600, after));
    // Deleted while it is open: the server goes on, with a new one.
    fs::remove_file(house.folder.file("comanda.stats.db")).unwrap();
    house.running().stats().take_minute();
    assert!(house.folder.file("comanda.stats.db").exists());
    let fresh = kept(&house.as_("manager"), "requests");
    assert!(fresh < after, "{fresh}");
    // Damaged: it is set aside.
    house.stop();
    fs::write(house.folder.file("comanda.stats.db"), [b'x'; 9_000]).unwrap();
    house.restart();
    house.running().stats().take_minute();
    assert!(house.folder.file("comanda.stats.db.aside").exists());
    assert_eq!(house.as_("manager").get("/stats").ok().at("/system/history/trouble"), &Value::Null);
}

#[test]
fn asking_for_a_curve() {
    let house = House::open();
    let manager = house.as_("manager");
    let unknown = manager.get("/stats/history?metric=soup").refused("invalid");
    assert_eq!(unknown.str("/errors/0/pointer"), "metric");
    manager.get("/stats/history?metric=requests&from=yesterday").refused("invalid");
    let turned = "from=2026-11-20T12:00:00Z&to=2026-11-20T11:00:00Z";
    manager.get(&format!("/stats/history?metric=requests&{turned}")).refused("invalid");
    let empty = manager.get("/stats/history?metric=queue").ok();
    assert_eq!((empty.int("/step_s"), empty.list("/points").len()), (60, 0));
    assert_eq!(empty.list("/metrics").len(), Metric::ALL.len());
}

#[test]
fn a_history_without_room_delays_no_order() {
    let n = Night::in_house(House::open_set(|config| config.stats.history_pages_max = 8));
    let manager = n.house.as_("manager");
    let stats = n.house.running().stats();
    let mut minutes = 0;
    while manager.get("/stats").ok().at("/system/history/trouble").is_null() {
        n.house.clock.advance_ms(60_000);
        stats.take_minute();
        minutes += 1;
        assert!(minutes < 2_000, "the file never was full");
    }
    let raised = manager.get("/stats").ok();
    assert!(alert(&raised, "history", "").is_some(), "{}", raised.at("/alerts"));
    n.order(&[(n.carbonara, 2)]).send();
}

const DISK: &str = "COMANDA_SMALL_DISK";

/// Orders while the disk under the history is full. Only ever run by the test below, in a namespace of mounts
/// of its own.
#[test]
#[ignore = "runs as a child of the test below"]
fn orders_are_taken_on_a_small_disk() {
    let Some(disk) = std::env::var_os(DISK).map(PathBuf::from) else { return };
    let n = Night::in_house(House::open_set(|config| {
        // SQLite follows it, and has its log beside the file it leads to.
        symlink(disk.join("comanda.stats.db"), config.db.with_extension("stats.db")).unwrap();
    }));
    let manager = n.house.as_("manager");
    let stats = n.house.running().stats();
    let trouble = || manager.get("/stats").ok().at("/system/history/trouble").clone();
    stats.take_minute();
    assert_eq!(trouble(), Value::Null, "the history is not kept on an empty disk");
    assert!(disk.join("comanda.stats.db").exists());
    // All that was left goes to somebody else.
    let filler = disk.join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write_all(&[b'x'; 4_096]).is_ok() {}
    drop(file);
    let mut minutes = 0;
    while trouble().is_null() {
        n.house.clock.advance_ms(60_000);
        stats.take_minute();
        minutes += 1;
        assert!(minutes < 500, "the disk never was full");
    }
    let told = trouble();
    assert!(told.as_str().unwrap().contains("full"), "{told}");
    let before = n.house.as_("waiter").get("/orders").ok().int("/page/total");
    for at in 0..300 {
        n.order(&[(n.carbonara, 2), (n.pilsner, 1)]).send();
        if at % 10 == 0 {
            n.house.clock.advance_ms(60_000);
            stats.take_minute();
        }
    }
    let after = n.house.as_("waiter").get("/orders").ok().int("/page/total");
    assert_eq!(after, before + 300);
    let answer = manager.get("/stats").ok();
    assert!(alert(&answer, "history", "").is_some(), "{}", answer.at("/alerts"));
    assert_eq!((answer.str("/writer/state"), answer.int("/writer/jobs_lost")), ("writable", 0));
    let errors = answer.at("/requests/start/errors");
    assert_eq!((&errors["busy"], &errors["disk"], &errors["fault"]), (&json!(0), &json!(0), &json!(0)));
    // With room again it goes on by itself, with the minutes that waited.
    fs::remove_file(&filler).unwrap();
    stats.take_minute();
    assert_eq!(trouble(), Value::Null);
    assert!(kept(&manager, "requests") > 300);
    drop(n);
    fs::write(disk.join("done"), "").unwrap();
}

#[test]
fn a_full_disk_under_the_history_fails_no_order() {
    let folder = Folder::new();
    let disk = folder.file("disk");
    fs::create_dir_all(&disk).unwrap();
    // The mount is the child's alone and goes with it.
    let in_namespace = |script: &str| {
        let mut unshare = Command::new("unshare");
        unshare.args(["-m", "--propagation", "private", "sh", "-c"]);
        let mount = "mount -t tmpfs -o size=1m comanda \"$0\"";
        unshare.arg(format!("{mount} && {{ {script}; }}")).arg(&disk);
        unshare
    };
    if !in_namespace("true").output().is_ok_and(|tried| tried.status.success()) {
        #[expect(clippy::print_stderr, reason = "whoever reads the log should know what was not looked at")]
        {
            eprintln!("NOT RUN: no disk can be mounted here (it takes root and Linux), so none was filled");
        }
        return;
    }
    let child = in_namespace("\"$1\" --exact --ignored --nocapture \"$2\" && cat \"$0/done\"")
        .arg(std::env::current_exe().unwrap())
        .arg("stats::orders_are_taken_on_a_small_disk")
        .env(DISK, &disk)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(child.status.success(), "{}\n{}", text(&child.stdout), text(&child.stderr));
}

#[test]
fn what_only_counts_alerts_ends_none() {
    let n = Night::new();
    let manager = n.house.as_("manager");
    n.order(&[(n.carbonara, 1)]).send();
    n.house.clock.advance_ms(6 * 60_000);
    let since = |code: &str| {
        let stats = manager.get("/stats").ok();
        let raised = alert(&stats, code, "").unwrap_or_else(|| panic!("no {code}: {}", stats.at("/alerts")));
        raised["since"].as_str().unwrap().to_owned()
    };
    let printing = since("printing");
    for _ in 0..3 {
        n.house.clock.advance_ms(60_000);
        let text = n.house.anyone().page("/metrics").ok().text().to_owned();
        assert!(text.lines().any(|line| line == "comanda_alerts{level=\"critical\"} 1"), "{text}");
        assert_eq!(since("printing"), printing);
    }
}

#[test]
fn a_ticket_that_was_forgotten_hides_none_that_waits() {
    let n = Night::new();
    let manager = n.house.as_("manager");
    let printing = |expected: bool| {
        let stats = manager.get("/stats").ok();
        assert_eq!(alert(&stats, "printing", "").is_some(), expected, "{}", stats.at("/alerts"));
    };
    n.order(&[(n.carbonara, 1)]).send();
    printing(false);
    n.house.clock.advance_ms(5 * 60_000);
    printing(true);
    n.house.clock.advance_ms(3 * 3_600_000);
    printing(false);
    // The first one lies there for good; another waits now.
    n.order(&[(n.carbonara, 1)]).send();
    printing(false);
    n.house.clock.advance_ms(5 * 60_000);
    printing(true);
    // Nor does a bar that takes none: nobody waits for that.
    n.manager.post("/tickets/2/printed").ok();
    manager.patch(&format!("/stations/{}", n.bar)).body(json!({"ack_within_s": 0})).ok();
    n.order(&[(n.pilsner, 1)]).send();
    n.house.clock.advance_ms(5 * 60_000);
    printing(false);
}

#[test]
fn a_clock_behind_the_journal_is_said_as_long_as_it_is() {
    let n = Night::new();
    let manager = n.house.as_("manager");
    n.order(&[(n.carbonara, 1)]);
    let moved = |expected: bool| {
        let stats = manager.get("/stats").ok();
        assert_eq!(alert(&stats, "clock_moved", "").is_some(), expected, "{}", stats.at("/alerts"));
    };
    moved(false);
    n.house.clock.advance_ms(-2 * 60_000);
    moved(true);
    // It writes its own time into the next record, and by that stands behind nothing.
    n.order(&[(n.carbonara, 1)]);
    moved(false);
    n.house.running().stats().take_minute();
    let before = kept(&manager, "requests");
    assert!(before > 0);
    // Days behind, it is the journal's date that tells, whatever is written meanwhile; and what was drawn
    // before is not taken for something of the future.
    n.house.clock.advance_ms(-9 * 24 * 3_600_000);
    for _ in 0..3 {
        n.order(&[(n.carbonara, 1)]);
        moved(true);
        n.house.clock.advance_ms(3_600_000);
        n.house.running().stats().take_minute();
    }
    n.house.clock.advance_ms(9 * 24 * 3_600_000 - 2 * 3_600_000);
    moved(false);
    assert_eq!(kept(&manager, "requests"), before);
}

#[test]
fn metrics_are_as_prometheus_wants_them() {
    let n = Night::new();
    n.order(&[(n.carbonara, 2)]).send();
    n.house.as_("waiter").get("/orders/999999").refused("not_found");
    let page = n.house.anyone().page("/metrics").ok();
    assert!(page.header("content-type").starts_with("text/plain; version=0.0.4"));
    let text = page.text();
    for line in [
        "# TYPE comanda_http_request_duration_seconds histogram",
        "comanda_http_request_duration_seconds_count{method=\"POST\",route=\"/api/v1/orders\"} 1",
        "comanda_http_request_errors_total{method=\"GET\",route=\"/api/v1/orders/{id}\",class=\"refused\"} 1",
        "comanda_writable 1",
        "comanda_alerts{level=\"critical\"} 0",
    ] {
        assert!(text.lines().any(|l| l == line), "no line {line}\n{text}");
    }
    let tool = Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut tool) = tool else {
        #[expect(clippy::print_stderr, reason = "whoever reads the log should know what was not looked at")]
        {
            eprintln!("promtool is not installed (Debian: prometheus): its check was left out");
        }
        return;
    };
    tool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let told = tool.wait_with_output().unwrap();
    assert!(told.status.success() && told.stderr.is_empty(), "{}", String::from_utf8_lossy(&told.stderr));
}
