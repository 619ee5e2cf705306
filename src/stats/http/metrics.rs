//! `/metrics` in Prometheus' text format
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>): base units, `_total` for what only
//! grows. Labels are routes, statements and namespaces, of which there are as many as the program has;
//! no label is made from what a client sends.

use std::fmt::Write;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};

use crate::error::{Fault, Result};
use crate::stats::Stats;
use crate::stats::alerts::Level;
use crate::stats::figures::Figures;
use crate::timing::{Class, Counts, Registry, StatementMeter};
use crate::web::{Anyone, Reply};

const FORM: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the buckets: as a label in seconds, and in ns.
const BUCKETS: [(&str, u64); 10] = [
    ("0.0005", 500_000),
    ("0.001", 1_000_000),
    ("0.0025", 2_500_000),
    ("0.005", 5_000_000),
    ("0.01", 10_000_000),
    ("0.025", 25_000_000),
    ("0.1", 100_000_000),
    ("0.5", 500_000_000),
    ("1", 1_000_000_000),
    ("5", 5_000_000_000),
];

/// Figures for Prometheus: how many, how long, how full; no amounts and nobody's name.
#[utoipa::path(tag = "stats", responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub(super) async fn metrics(call: Anyone, stats: Data<Stats>) -> Result<HttpResponse> {
    let text = tokio::task::spawn_blocking(move || text(&stats)).await;
    let text = text.map_err(|e| Fault::from_source("the figures were not read", e))?;
    Ok(call.answer(Reply::raw(200, text.into_bytes(), FORM)))
}

fn text(stats: &Stats) -> String {
    let (figures, alerts) = stats.glance();
    let f = &figures;
    let mut page = Page(String::with_capacity(64 << 10));
    page.family("comanda_build_info", "gauge", "Always 1; the version is the label.");
    page.sample("comanda_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    process(&mut page, f);
    requests(&mut page, stats.registry());
    limits(&mut page, f);
    statements(&mut page, stats.registry());
    cache(&mut page, f);
    writer(&mut page, stats.registry(), f);
    files(&mut page, f);
    page.family("comanda_event_streams", "gauge", "Event streams open.");
    page.sample("comanda_event_streams", &[], f.events.streams);
    page.family("comanda_alerts", "gauge", "Alerts that stand.");
    for level in [Level::Warning, Level::Critical] {
        let standing = alerts.iter().filter(|alert| alert.level == level).count();
        page.sample("comanda_alerts", &[("level", level.name())], standing as u64);
    }
    page.0
}

fn process(page: &mut Page, f: &Figures) {
    page.family("process_start_time_seconds", "gauge", "When the server started, in seconds since 1970.");
    page.line("process_start_time_seconds", &[], &thousandths(f.started_at.get().unsigned_abs()));
    page.family("process_resident_memory_bytes", "gauge", "Memory the server has.");
    page.sample("process_resident_memory_bytes", &[], f.system.rss_bytes);
    if let Some(cpu_ms) = f.system.cpu_ms {
        page.family("process_cpu_seconds_total", "counter", "Processor time of the server.");
        page.line("process_cpu_seconds_total", &[], &thousandths(cpu_ms));
    }
}

fn requests(page: &mut Page, timing: &Registry) {
    let routes = timing.routes();
    let asked = || routes.iter().filter(|route| route.requests.count() > 0);
    let name = "comanda_http_request_duration_seconds";
    page.family(name, "histogram", "From a request's head to its answer's head.");
    for route in asked() {
        let labels = [("method", route.method.as_str()), ("route", route.pattern.as_str())];
        page.histogram(name, &labels, &route.requests.read().counts);
    }
    let name = "comanda_http_request_errors_total";
    page.family(
        name,
        "counter",
        "Requests that failed: refused and limited are the caller's doing, the others are ours.",
    );
    for route in asked() {
        let errors = route.requests.read().errors;
        for class in Class::ALL.into_iter().filter(|class| errors.of(*class) > 0) {
            let labels = [("method", &*route.method), ("route", &*route.pattern), ("class", class.name())];
            page.sample(name, &labels, errors.of(class));
        }
    }
}

fn limits(page: &mut Page, f: &Figures) {
    let l = &f.limits;
    let name = "comanda_requests_limited_total";
    page.family(name, "counter", "Requests refused since too many came from their address or device.");
    page.sample(name, &[("by", "address")], l.by_address);
    page.sample(name, &[("by", "device")], l.by_device);
    page.family("comanda_requests_shed_total", "counter", "Requests turned away since too many were under way.");
    page.sample("comanda_requests_shed_total", &[], l.shed);
    let name = "comanda_requests_given_up_total";
    page.family(name, "counter", "Requests whose body or answer took too long.");
    page.sample(name, &[("part", "body")], l.slow_bodies);
    page.sample(name, &[("part", "answer")], l.slow_answers);
    let name = "comanda_connections_refused_total";
    page.family(name, "counter", "Connections closed at once since their address had as many as it may.");
    page.sample(name, &[], l.connections);
}

/// One of a statement's counters.
type Counter = fn(&StatementMeter) -> u64;

fn statements(page: &mut Page, timing: &Registry) {
    let ran = || timing.statements().filter(|statement| statement.runs.count() > 0);
    let name = "comanda_statement_duration_seconds";
    page.family(name, "summary", "Runs of a statement, and the time they took.");
    for statement in ran() {
        let labels = [("statement", statement.named.name)];
        page.line(&format!("{name}_sum"), &labels, &seconds(statement.runs.total()));
        page.sample(&format!("{name}_count"), &labels, statement.runs.count());
    }
    let counters: [(&str, &str, Counter); 4] = [
        ("comanda_statement_rows_total", "Rows that a statement read or changed.", |s| s.rows()),
        ("comanda_statement_full_scan_steps_total", "Steps in full scans of tables.", |s| s.steps().full_scan),
        ("comanda_statement_sorts_total", "Sorts that no index spared.", |s| s.steps().sorts),
        ("comanda_statement_automatic_index_rows_total", "Rows put into indexes made for one run.", |s| {
            s.steps().auto_index
        }),
    ];
    for (name, about, value) in counters {
        page.family(name, "counter", about);
        for statement in ran().filter(|statement| value(statement) > 0) {
            page.sample(name, &[("statement", statement.named.name)], value(statement));
        }
    }
}

fn cache(page: &mut Page, f: &Figures) {
    let name = "comanda_cache_requests_total";
    page.family(name, "counter", "Askers, by whether they found an answer, made one, or waited for another's.");
    for ns in &f.cache {
        for (result, count) in [("hit", ns.hits), ("miss", ns.misses), ("wait", ns.waits)] {
            page.sample(name, &[("namespace", ns.name), ("result", result)], count);
        }
    }
    let name = "comanda_cache_fills_ahead_total";
    page.family(name, "counter", "Answers made before anybody asked, since screens ask for them again and again.");
    for ns in &f.cache {
        page.sample(name, &[("namespace", ns.name)], ns.ahead);
    }
    let name = "comanda_cache_removals_total";
    page.family(name, "counter", "Entries that went, by why.");
    for ns in &f.cache {
        for (why, count) in [("evicted", ns.evictions), ("expired", ns.expiries), ("invalidated", ns.invalidations)] {
            page.sample(name, &[("namespace", ns.name), ("reason", why)], count);
        }
    }
    page.family("comanda_cache_entries", "gauge", "Answers kept.");
    for ns in &f.cache {
        page.sample("comanda_cache_entries", &[("namespace", ns.name)], ns.entries);
    }
    page.family("comanda_cache_bytes", "gauge", "Memory of the answers kept.");
    for ns in &f.cache {
        page.sample("comanda_cache_bytes", &[("namespace", ns.name)], ns.bytes);
    }
}

fn writer(page: &mut Page, timing: &Registry, f: &Figures) {
    let w = &f.writer;
    page.family("comanda_writer_queue_length", "gauge", "Writes waiting.");
    page.sample("comanda_writer_queue_length", &[], w.queue);
    page.family("comanda_writer_jobs_total", "counter", "Writes run and answered.");
    page.sample("comanda_writer_jobs_total", &[], w.jobs);
    page.family(
        "comanda_writer_jobs_lost_total",
        "counter",
        "Writes lost with their batch, which were told to try again.",
    );
    page.sample("comanda_writer_jobs_lost_total", &[], w.jobs_lost);
    let histograms = [
        ("comanda_writer_queue_wait_seconds", "From sending a write to its begin.", &timing.queue_wait),
        ("comanda_writer_commit_duration_seconds", "A batch's commit, its sync included.", &timing.batches.commit),
        ("comanda_reader_wait_seconds", "Waiting for a connection that reads.", &timing.reader_wait),
    ];
    for (name, about, meter) in histograms {
        page.family(name, "histogram", about);
        page.histogram(name, &[], &meter.read().counts);
    }
    page.family("comanda_readers", "gauge", "Connections that read.");
    page.sample("comanda_readers", &[], f.pool.readers);
    page.family("comanda_readers_idle", "gauge", "Of those, free.");
    page.sample("comanda_readers_idle", &[], f.pool.idle);
    page.family("comanda_reads_refused_total", "counter", "Reads turned away because no connection was free.");
    page.sample("comanda_reads_refused_total", &[], f.pool.refused);
    page.family("comanda_writable", "gauge", "1 while orders can be written.");
    page.sample("comanda_writable", &[], u64::from(w.state == crate::stats::figures::Writing::Writable));
}

fn files(page: &mut Page, f: &Figures) {
    page.family("comanda_database_bytes", "gauge", "The restaurant's file.");
    page.sample("comanda_database_bytes", &[], f.system.db_bytes);
    page.family("comanda_write_ahead_log_bytes", "gauge", "Its write-ahead log.");
    page.sample("comanda_write_ahead_log_bytes", &[], f.writer.wal_bytes);
    let name = "comanda_checkpoints_total";
    page.family(name, "counter", "Checkpoints of that log, by whether they were to empty it.");
    for (mode, count) in [("passive", f.writer.checkpoints_passive), ("truncate", f.writer.checkpoints_truncate)] {
        page.sample(name, &[("mode", mode)], count);
    }
    if let (Some(free), Some(all)) = (f.system.disk_free_bytes, f.system.disk_bytes) {
        page.family("comanda_disk_free_bytes", "gauge", "Room on its disk.");
        page.sample("comanda_disk_free_bytes", &[], free);
        page.family("comanda_disk_size_bytes", "gauge", "How large its disk is.");
        page.sample("comanda_disk_size_bytes", &[], all);
    }
    if let Some(at) = f.system.last_backup_at {
        page.family(
            "comanda_last_backup_timestamp_seconds",
            "gauge",
            "When it was last backed up, in seconds since 1970.",
        );
        page.line("comanda_last_backup_timestamp_seconds", &[], &thousandths(at.get().unsigned_abs()));
    }
}

/// ns as seconds.
fn seconds(ns: u64) -> String {
    format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

/// ms as seconds.
fn thousandths(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

/// The page as it grows.
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, about: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {about}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        self.line(name, labels, &value.to_string());
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: &str) {
        self.0.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            self.0.push(if at == 0 { '{' } else { ',' });
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{label}=\"{text}\"");
        }
        self.0.push_str(if labels.is_empty() { " " } else { "} " });
        self.0.push_str(value);
        self.0.push('\n');
    }

    fn histogram(&mut self, name: &str, labels: &[(&str, &str)], counts: &Counts) {
        let count = counts.count();
        let bucket = format!("{name}_bucket");
        let mut with = labels.to_vec();
        for (bound, ns) in BUCKETS {
            with.push(("le", bound));
            self.sample(&bucket, &with, count - counts.above(ns));
            with.pop();
        }
        with.push(("le", "+Inf"));
        self.sample(&bucket, &with, count);
        self.line(&format!("{name}_sum"), labels, &seconds(counts.total()));
        self.sample(&format!("{name}_count"), labels, count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::Histogram;

    #[test]
    fn lines_are_as_prometheus_reads_them() {
        let mut page = Page(String::new());
        page.sample("a_total", &[("route", "/x/{id}"), ("why", "a \"b\" \\ c\nd")], 7);
        page.line("b_seconds", &[], &seconds(1_000_000_001));
        page.line("c_seconds", &[], &thousandths(86_400_050));
        let expected =
            "a_total{route=\"/x/{id}\",why=\"a \\\"b\\\" \\\\ c\\nd\"} 7\nb_seconds 1.000000001\nc_seconds 86400.050\n";
        assert_eq!(page.0, expected);
    }

    #[test]
    fn buckets_add_up() {
        let histogram = Histogram::default();
        [100_000, 2_000_000, 2_000_000, 900_000_000, 9_000_000_000].into_iter().for_each(|ns| histogram.record(ns));
        let mut page = Page(String::new());
        page.histogram("d_seconds", &[], &histogram.read());
        let told: Vec<_> = page.0.lines().filter_map(|line| line.rsplit(' ').next()).collect();
        assert_eq!(told, ["1", "1", "3", "3", "3", "3", "3", "3", "4", "4", "5", "9.904100000", "5"]);
    }
}
