//! What measuring costs: a statement by the same call with and without a registry, a request by its sheet.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use comanda::store::{self, Config, Read, Snapshot, Statement, Step, Store, params};
use comanda::timing::{Ending, Named, Registry, Sheet, along, nanos, note_statement, on_this_thread};

use crate::Scale;
use crate::server::Folder;
use crate::table::{Table, shown, spread};

const STEPS: &[Step] = &[Step {
    name: "001_bench",
    sql: "create table note (id integer primary key, text text not null) strict;
          with recursive n (id) as (select 1 union all select id + 1 from n where id < 1000)
          insert into note select id, 'note ' || id from n;",
}];
static BY_ID: Statement = Statement::new("bench.by_id", "select text from note where id = ?1");

/// Statements of a busy request.
const STATEMENTS: usize = 12;

pub fn run(scale: Scale, table: &mut Table) {
    let runs = if scale.tiny { 200 } else { 100_000 };
    let rounds = if scale.tiny { 1 } else { 21 };
    statement(runs, rounds, table);
    request(runs, rounds, table);
}

fn statement(runs: u64, rounds: usize, table: &mut Table) {
    let folder = Folder::new("timing");
    let path = folder.file("timing.db");
    let store = Store::open_with_steps(Config::new(&path), Arc::new(()), &[&BY_ID], STEPS).unwrap();
    let (with, without) = (store.snapshot().unwrap(), store::open_read_only_with_steps(&path, STEPS).unwrap());
    let sheet = Arc::new(Sheet::default());
    let (mut plain, mut costs, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let off = each(runs, || by_id(&without));
        let on = on_this_thread(&sheet, || each(runs, || by_id(&with)));
        // The first round warms up.
        if round > 0 {
            plain.push(off);
            costs.push(on - off);
            shares.push((on - off) / on);
        }
    }
    let meter = store.timing().statement_named(BY_ID.name).unwrap();
    assert_eq!(meter.runs.count(), runs * (rounds as u64 + 1), "every run is counted");
    table.row("a row by its key, not measured, ns", shown(plain), "");
    table.row("measuring it, ns a statement", shown(costs), "< 100");
    table.row("measuring it, share", shown(shares), "");

    let mut clock = Vec::new();
    let mut books = Vec::new();
    for _ in 0..rounds {
        clock.push(each(runs, || {
            black_box(Instant::now());
        }));
        let note = || {
            let began = Instant::now();
            let ns = nanos(began.elapsed());
            note_statement(7, ns, 1, 9);
            meter.record_run(black_box(ns), black_box(Default::default()));
        };
        books.push(on_this_thread(&sheet, || each(runs, note)));
    }
    table.row("one reading of the clock, ns", shown(clock), "");
    table.row("a statement's clock, sheet and meter without SQLite's counters, ns", shown(books), "");
}

fn by_id(db: &Snapshot) {
    black_box(db.one(&BY_ID, params![black_box(500)], |row| row.get::<_, String>(0)).unwrap());
}

/// What the web layer does for each request beside its work: a sheet, a polled handler, an end.
fn request(runs: u64, rounds: usize, table: &mut Table) {
    let name = |number| Named { number, name: "bench.statement", declared: None, repeats: false };
    let registry = Registry::new((0..STATEMENTS).map(name));
    let route = registry.route("GET", "/bench");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let requests = |statements: usize| {
        let mut costs = Vec::new();
        for _ in 0..rounds {
            let began = Instant::now();
            runtime.block_on(async {
                for _ in 0..runs {
                    let sheet = Arc::new(Sheet::default());
                    let handler = async {
                        for number in 0..statements {
                            note_statement(number, 1_000, 1, 9);
                        }
                    };
                    along(Arc::clone(&sheet), handler).await;
                    let app_ns = sheet.elapsed_ns();
                    let ending = Ending { route: &route, status: 200, request_id: "bench", at_ms: 0, app_ns };
                    black_box(registry.end(&sheet, ending));
                }
            });
            costs.push(ns(began.elapsed()) / runs as f64);
        }
        costs
    };
    table.row("a request's sheet and meter, ns", shown(requests(0)), "< 1000");
    table.row("the same with 12 statements noted, ns", shown(requests(STATEMENTS)), "< 1000");

    let (statements, ticks) = (300, if rounds > 1 { 200 } else { 2 });
    let registry = Registry::new((0..statements).map(name));
    for statement in registry.statements() {
        (0..1_000u64).for_each(|n| statement.record(4_000 + n * n, 1, Default::default()));
    }
    let mut took = Vec::new();
    for tick in 1..=ticks {
        for statement in registry.statements() {
            (0..50u64).for_each(|n| statement.record(4_000 + n * n * 300, 1, Default::default()));
        }
        let began = Instant::now();
        registry.tick(registry.began() + Duration::from_secs(10 * tick));
        took.push(ns(began.elapsed()) / 1_000.0);
    }
    let (middle, ..) = spread(took);
    table.row("a tick over 300 busy statements, µs each 10 s", format!("{middle:.0}"), "");
    table.row("memory of 300 busy statements, KB", format!("{}", registry.memory_bytes() / 1024), "");
}

/// Nanoseconds of one of so many.
fn each(runs: u64, mut f: impl FnMut()) -> f64 {
    let began = Instant::now();
    (0..runs).for_each(|_| f());
    ns(began.elapsed()) / runs as f64
}

fn ns(time: Duration) -> f64 {
    time.as_nanos() as f64
}
