//! What the analyser says of statements that ran, through the real file.

use crate::timing::{Ending, Problem, Sheet, Window, on_this_thread};

use super::*;

/// Names of tables that grow, and one that does not.
const OF_ORDERS: &[Step] = &[Step {
    name: "001_orders",
    sql: "create table orders (id integer primary key, business_date text not null, note text, state text) strict;
          create index orders_by_date on orders (business_date);
          create index orders_by_state on orders (state);
          create table lines (id integer primary key, order_id integer not null references orders (id), name text) strict;
          create table areas (id integer primary key, name text not null) strict;
          with recursive n (id) as (select 1 union all select id + 1 from n where id < 200)
          insert into orders select id, '2026-01-' || (10 + id % 10), 'note ' || id, 'open' from n;
          insert into lines (order_id, name) select id, 'line' from orders;
          insert into areas (name) values ('Bar'), ('Terrace');",
}];

static BY_ID: Statement = Statement::new("advised.by_id", "select note from orders where id = ?1");
static BY_NOTE: Statement = Statement::new("advised.by_note", "select id from orders where note = ?1");
static MEANT: Statement =
    Statement::new("advised.meant", "select count(*) from orders where note is not null").scanning("a test's few rows");
static AREAS: Statement = Statement::new("advised.areas", "select name from areas order by name");
static FEW: Statement = Statement::new("advised.few", "select id from areas").scanning("a house's few areas");
static OF_DAY: Statement =
    Statement::new("advised.of_day", "select id from orders o where o.business_date = ?1 order by o.note");
static LINES: Statement = Statement::new(
    "advised.lines",
    "select l.name from orders o left join lines l on l.order_id = o.id where o.id > ?1",
);
static OPAQUE: Statement = Statement::new("advised.opaque", "select id from orders where lower(note) = ?1");
static ALL: &[&Statement] = &[&BY_ID, &BY_NOTE, &MEANT, &AREAS, &FEW, &OF_DAY, &LINES, &OPAQUE];

struct House {
    store: Store,
    _folder: Folder,
}

impl House {
    fn new() -> Self {
        let folder = Folder::new();
        let store = Store::open_with_steps(folder.config(), Arc::new(()), ALL, OF_ORDERS).unwrap();
        Self { store, _folder: folder }
    }

    fn run(&self, statement: &'static Statement, params: impl Params) {
        self.store.read_blocking(|read| Ok(read.each(statement, params, |_| Ok(()))?)).unwrap();
    }

    fn analysis(&self) -> Analysis {
        let read = |db: &Snapshot| Ok(analyse(db, self.store.timing(), ALL, Window::Start, Instant::now())?);
        self.store.read_blocking(read).unwrap()
    }
}

/// Runs one statement twice and says what is found, and what would help.
fn check(statement: &'static Statement, params: &'static [&'static str], found: &[(Problem, u64)], sql: &[&str]) {
    let house = House::new();
    (0..2).for_each(|_| house.run(statement, rusqlite::params_from_iter(params)));
    let Analysis { figures, advice, .. } = house.analysis();
    let told: Vec<_> = figures.findings.iter().map(|f| (f.statement, f.problem, f.times, f.per_time)).collect();
    let expected: Vec<_> = found.iter().map(|(problem, per_time)| (statement.name, *problem, 2, *per_time)).collect();
    assert_eq!(told, expected);
    assert_eq!(advice.iter().filter_map(IndexAdvice::sql).collect::<Vec<_>>(), sql);
    let cost = |a: &IndexAdvice| a.statement == statement.name && a.mean_ns > 0 && a.total_ns > 0 && a.share == 10_000;
    assert!(advice.iter().all(cost), "{advice:?}");
}

#[test]
fn what_lacks_an_index_is_named_with_its_columns() {
    check(&BY_ID, &["7"], &[], &[]);
    check(&MEANT, &[], &[], &[]);
    check(&FEW, &[], &[], &[]);
    // Also where it is short: why it stays so has to be said.
    check(&AREAS, &[], &[(Problem::FullScan, 1)], &["create index areas_by_name on areas (name)"]);
    check(&BY_NOTE, &["x"], &[(Problem::FullScan, 199)], &["create index orders_by_note on orders (note)"]);
    check(&OPAQUE, &["x"], &[(Problem::FullScan, 199)], &[]);
    check(
        &OF_DAY,
        &["2026-01-11"],
        &[(Problem::Sort, 1)],
        &["create index orders_by_business_date_note on orders (business_date, note)"],
    );
}

#[test]
fn an_index_made_at_every_run_is_the_one_advised() {
    let automatic = [(Problem::AutomaticIndex, 199)];
    check(&LINES, &["0"], &automatic, &["create index lines_by_order_id on lines (order_id)"]);
}

#[test]
fn a_statement_run_for_each_row_of_a_request_is_found() {
    let house = House::new();
    let timing = house.store.timing();
    let route = timing.route("GET", "/api/v1/orders");
    let sheet = Arc::new(Sheet::default());
    on_this_thread(&sheet, || (0..25).for_each(|id| house.run(&BY_ID, params![id])));
    timing.end(&sheet, Ending { route: &route, status: 200, request_id: "r", at_ms: 1, app_ns: 1 });
    let findings = house.analysis().figures.findings;
    let told: Vec<_> = findings.iter().map(|f| (f.statement, f.problem, f.route.as_deref(), f.per_time)).collect();
    assert_eq!(told, [("advised.by_id", Problem::Repeats, Some("GET /api/v1/orders"), 25)]);
}

#[test]
fn indexes_nobody_uses_are_named() {
    let unused: Vec<_> = House::new().analysis().unused.into_iter().map(|index| index.name).collect();
    assert_eq!(unused, ["orders_by_state"]);
}

#[test]
fn a_plans_fingerprint_changes_with_it_alone() {
    let house = House::new();
    let print = |statement: &Statement| plan_fingerprint(&house.store.snapshot().unwrap().plan(statement).unwrap());
    assert_eq!(print(&BY_ID), print(&BY_ID));
    assert_ne!(print(&BY_ID), print(&OF_DAY));
    assert_eq!(plan_fingerprint(&[]), 0xcbf2_9ce4_8422_2325);
    let before = print(&OF_DAY);
    let raw = raw(house.store.path());
    raw.execute_batch("create index orders_by_date_note on orders (business_date, note)").unwrap();
    assert_ne!(print(&OF_DAY), before);
}
