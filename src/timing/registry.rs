//! Everything that is measured, in one place a server.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};

use super::meter::{Class, Meter};
use super::sheet::{CacheOutcome, Sheet, Wait};
use super::slow::{SlowLog, SlowRequest, SlowStatement};
use super::statement::{Named, StatementMeter};

/// Requests slower than this are kept, where nothing else is set.
pub const SLOW_MS: u64 = 500;
/// Runs of one statement inside one request that are still fine, where nothing else is set.
pub const REPEATS_MAX: u32 = 20;
/// Pairs of route and statement kept that ran too often.
const REPEATS_KEPT: usize = 64;
/// The name of what ran without standing in the list of statements.
const UNLISTED: &str = "(unlisted)";

/// One route's figures. Kept by whoever serves the route, so that no table is looked at.
#[derive(Debug)]
pub struct Route {
    /// In the order of registration.
    pub number: usize,
    pub method: String,
    /// `/api/v1/orders/{id}`
    pub pattern: String,
    pub requests: Meter,
}

/// One cache namespace's figures. Entries, bytes and budgets are the cache's own to tell.
#[derive(Debug)]
pub struct Namespace {
    pub name: &'static str,
    pub hits: AtomicU64,
    pub misses: AtomicU64,
    pub evictions: AtomicU64,
    pub expiries: AtomicU64,
    /// Making an answer.
    pub fills: Meter,
    /// Waiting for another's fill.
    pub waits: Meter,
    /// Dropping what a commit touched.
    pub invalidations: Meter,
}

/// The writer's batches.
#[derive(Debug, Default)]
pub struct Batches {
    /// Jobs in a batch: a number, not a time.
    pub jobs: Meter,
    /// Running the jobs of a batch, from its begin to before its commit.
    pub run: Meter,
    /// Committing, the sync included.
    pub commit: Meter,
}

/// A statement that ran too often inside single requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    pub statement: &'static str,
    pub method: String,
    pub route: String,
    /// Requests in which it did.
    pub requests: u64,
    /// Its runs in all of them.
    pub runs: u64,
    /// The most runs in one of them.
    pub runs_max: u32,
    /// What these runs took in all of them, in ns.
    pub ns: u64,
    /// The last time, in ms of UTC.
    pub last_ms: i64,
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    pub route: &'a Route,
    pub status: u16,
    pub request_id: &'a str,
    /// Now, in ms of UTC.
    pub at_ms: i64,
    /// How long it took, in ns; see [`Sheet::elapsed_ns`].
    pub app_ns: u64,
}

/// All meters of one server. Several servers in one process share nothing.
#[derive(Debug)]
pub struct Registry {
    began: Instant,
    statements: OnceLock<Box<[Option<StatementMeter>]>>,
    routes: RwLock<Vec<Arc<Route>>>,
    namespaces: RwLock<Vec<Arc<Namespace>>>,
    pub batches: Batches,
    /// From sending a write to its begin, what went before it in its batch included.
    pub queue_wait: Meter,
    /// Waiting for a reader of the pool, whether one came or not.
    pub reader_wait: Meter,
    /// Requests that the cache answered.
    pub cached: Meter,
    slow: SlowLog,
    slow_ns: AtomicU64,
    repeats: Mutex<Vec<Repeat>>,
    repeats_max: AtomicU32,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            statements: OnceLock::new(),
            routes: RwLock::default(),
            namespaces: RwLock::default(),
            batches: Batches::default(),
            queue_wait: Meter::default(),
            reader_wait: Meter::default(),
            cached: Meter::default(),
            slow: SlowLog::default(),
            slow_ns: AtomicU64::new(SLOW_MS * 1_000_000),
            repeats: Mutex::default(),
            repeats_max: AtomicU32::new(REPEATS_MAX),
        }
    }
}

impl Registry {
    /// With its statements; without them [`Registry::default`], and the store names them when it opens.
    pub fn new(statements: impl IntoIterator<Item = Named>) -> Self {
        let registry = Self::default();
        registry.name_statements(statements);
        registry
    }

    /// Makes the table of statements. Only the first call counts: the table never moves afterwards, so
    /// that a run finds its meter without a lock.
    pub fn name_statements(&self, statements: impl IntoIterator<Item = Named>) {
        self.statements.get_or_init(|| {
            let mut table: Vec<Option<StatementMeter>> = Vec::new();
            for named in statements {
                if table.len() <= named.number {
                    table.resize_with(named.number + 1, || None);
                }
                table[named.number] = Some(StatementMeter::new(named));
            }
            table.into_boxed_slice()
        });
    }

    /// When it was made.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// The meter of the statement with this number; none where it is not in the list.
    #[inline]
    pub fn statement(&self, number: usize) -> Option<&StatementMeter> {
        self.statements.get()?.get(number)?.as_ref()
    }

    /// All of them, by number, whether they ran or not.
    pub fn statements(&self) -> impl Iterator<Item = &StatementMeter> {
        self.statements.get().into_iter().flat_map(|table| table.iter().flatten())
    }

    /// The one of this name.
    pub fn statement_named(&self, name: &str) -> Option<&StatementMeter> {
        self.statements().find(|meter| meter.named.name == name)
    }

    /// The meter of a route, made at the first call. Takes a lock: ask once, when routes are made.
    pub fn route(&self, method: &str, pattern: &str) -> Arc<Route> {
        let mut routes = self.routes.write();
        if let Some(route) = routes.iter().find(|route| route.method == method && route.pattern == pattern) {
            return Arc::clone(route);
        }
        let (method, pattern) = (method.to_owned(), pattern.to_owned());
        let route = Arc::new(Route { number: routes.len(), method, pattern, requests: Meter::default() });
        routes.push(Arc::clone(&route));
        route
    }

    /// All of them, in the order of registration.
    pub fn routes(&self) -> Vec<Arc<Route>> {
        self.routes.read().clone()
    }

    /// The meters of a cache namespace, made at the first call. Takes a lock: ask once.
    pub fn namespace(&self, name: &'static str) -> Arc<Namespace> {
        let mut namespaces = self.namespaces.write();
        if let Some(namespace) = namespaces.iter().find(|namespace| namespace.name == name) {
            return Arc::clone(namespace);
        }
        let zero = || AtomicU64::new(0);
        let namespace = Arc::new(Namespace {
            name,
            hits: zero(),
            misses: zero(),
            evictions: zero(),
            expiries: zero(),
            fills: Meter::default(),
            waits: Meter::default(),
            invalidations: Meter::default(),
        });
        namespaces.push(Arc::clone(&namespace));
        namespace
    }

    pub fn namespaces(&self) -> Vec<Arc<Namespace>> {
        self.namespaces.read().clone()
    }

    /// Requests that take longer are kept.
    pub fn set_slow(&self, limit: Duration) {
        self.slow_ns.store(super::meter::nanos(limit), Relaxed);
    }

    pub fn slow_limit(&self) -> Duration {
        Duration::from_nanos(self.slow_ns.load(Relaxed))
    }

    /// How many runs of one statement inside one request are still fine.
    pub fn set_repeats_max(&self, runs: u32) {
        self.repeats_max.store(runs, Relaxed);
    }

    pub fn repeats_max(&self) -> u32 {
        self.repeats_max.load(Relaxed)
    }

    /// A request has ended: counts it and its statements' rows, once, looks for statements that ran too often, and keeps it where it
    /// was slow. What was kept comes back, for the log.
    pub fn end(&self, sheet: &Sheet, ending: Ending<'_>) -> Option<Arc<SlowRequest>> {
        ending.route.requests.record(ending.app_ns);
        if sheet.cache() == CacheOutcome::Hit {
            self.cached.record(ending.app_ns);
        }
        if let Some(class) = Class::of_status(ending.status) {
            ending.route.requests.error(class);
        }
        let repeats_max = self.repeats_max();
        sheet.each(|runs| {
            let statement = self.statement(runs.number as usize);
            if let Some(statement) = statement {
                statement.record_work(runs.rows, runs.vm_steps);
            }
            if runs.runs > repeats_max && !statement.is_some_and(|statement| statement.named.repeats) {
                self.repeated(runs.number, runs.runs, runs.ns, ending);
            }
        });
        (ending.app_ns > self.slow_ns.load(Relaxed)).then(|| self.slow.push(self.slow_request(sheet, ending)))
    }

    fn slow_request(&self, sheet: &Sheet, ending: Ending<'_>) -> SlowRequest {
        let us = |ns: u64| ns / 1_000;
        let statements = sheet.statements();
        SlowRequest {
            at_ms: ending.at_ms,
            request_id: ending.request_id.to_owned(),
            method: ending.route.method.clone(),
            route: ending.route.pattern.clone(),
            status: ending.status,
            app_us: us(ending.app_ns),
            db_us: us(statements.iter().map(|runs| runs.ns).sum()),
            queue_us: us(sheet.waited_ns(Wait::Queue)),
            reader_us: us(sheet.waited_ns(Wait::Reader)),
            commit_us: us(sheet.waited_ns(Wait::Commit)),
            cache: sheet.cache(),
            statements: statements
                .iter()
                .map(|runs| SlowStatement {
                    number: runs.number,
                    name: self.name_of(runs.number),
                    runs: runs.runs,
                    rows: runs.rows,
                    us: us(runs.ns),
                })
                .collect(),
        }
    }

    fn name_of(&self, number: u32) -> &'static str {
        self.statement(number as usize).map_or(UNLISTED, |meter| meter.named.name)
    }

    #[cold]
    fn repeated(&self, number: u32, runs: u32, ns: u64, ending: Ending<'_>) {
        let statement = self.name_of(number);
        let route = ending.route;
        let mut repeats = self.repeats.lock();
        let same = |r: &Repeat| r.statement == statement && r.route == route.pattern && r.method == route.method;
        let at = repeats.iter().position(same).or_else(|| {
            if repeats.len() >= REPEATS_KEPT {
                // What has not been seen for longest makes room.
                let oldest = repeats.iter().enumerate().min_by_key(|(_, repeat)| repeat.last_ms)?.0;
                repeats.swap_remove(oldest);
            }
            let (method, route) = (route.method.clone(), route.pattern.clone());
            repeats.push(Repeat { statement, method, route, requests: 0, runs: 0, runs_max: 0, ns: 0, last_ms: 0 });
            Some(repeats.len() - 1)
        });
        if let Some(repeat) = at.and_then(|at| repeats.get_mut(at)) {
            repeat.requests += 1;
            repeat.runs += u64::from(runs);
            repeat.runs_max = repeat.runs_max.max(runs);
            repeat.ns = repeat.ns.saturating_add(ns);
            repeat.last_ms = ending.at_ms;
        }
    }

    /// Statements that ran more often than [`Registry::repeats_max`] inside one request; those that
    /// cost most first.
    pub fn repeats(&self) -> Vec<Repeat> {
        let mut repeats = self.repeats.lock().clone();
        repeats.sort_by_key(|repeat| std::cmp::Reverse(repeat.ns));
        repeats
    }

    /// Requests that took longer than [`Registry::slow_limit`], the newest first.
    pub fn slow(&self) -> Vec<Arc<SlowRequest>> {
        self.slow.read()
    }

    /// Moves every window on; call it at least every 10 s, from one place. It reads all meters, which
    /// takes some 100 µs for 300 of them.
    pub fn tick(&self, now: Instant) {
        self.each(|meter| meter.tick(now));
    }

    fn each(&self, mut f: impl FnMut(&Meter)) {
        self.statements().for_each(|statement| f(&statement.runs));
        self.routes.read().iter().for_each(|route| f(&route.requests));
        for namespace in self.namespaces.read().iter() {
            [&namespace.fills, &namespace.waits, &namespace.invalidations].into_iter().for_each(&mut f);
        }
        let Batches { jobs, run, commit } = &self.batches;
        [jobs, run, commit, &self.queue_wait, &self.reader_wait, &self.cached].into_iter().for_each(f);
    }

    /// Bytes of everything it holds.
    pub fn memory_bytes(&self) -> usize {
        let mut bytes = size_of::<Self>() - 6 * size_of::<Meter>() + self.slow.bytes();
        self.each(|meter| bytes += meter.bytes());
        // The meters themselves are counted already.
        let around = |whole: usize, meters: usize| whole - meters * size_of::<Meter>();
        let slots = self.statements.get().map_or(0, |table| table.len()) * size_of::<Option<StatementMeter>>();
        bytes += slots - self.statements().count() * size_of::<Meter>();
        let words = |route: &Arc<Route>| route.method.capacity() + route.pattern.capacity();
        bytes += self.routes.read().iter().map(|r| around(size_of::<Route>(), 1) + words(r)).sum::<usize>();
        bytes += self.namespaces.read().len() * around(size_of::<Namespace>(), 3);
        let repeats = self.repeats.lock();
        let words = |repeat: &Repeat| repeat.method.capacity() + repeat.route.capacity();
        bytes + repeats.capacity() * size_of::<Repeat>() + repeats.iter().map(words).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::{note_statement, on_this_thread};
    use super::super::slow::KEPT;
    use super::super::statement::Steps;
    use super::*;

    fn named(number: usize, name: &'static str) -> Named {
        Named { number, name, declared: None, repeats: false }
    }

    fn registry() -> Registry {
        Registry::new([named(2, "orders.get"), named(5, "lines.of_order")])
    }

    /// A request that ran statement 5 so often and took so long.
    fn request(registry: &Registry, route: &Route, runs: usize, app_ms: u64, at_ms: i64) -> Option<Arc<SlowRequest>> {
        let sheet = Arc::new(Sheet::default());
        on_this_thread(&sheet, || {
            note_statement(2, 4_000, 1, 9);
            (0..runs).for_each(|_| assert!(note_statement(5, 9_000, 3, 9)));
        });
        sheet.note_cache(CacheOutcome::Miss);
        let ending = Ending { route, status: 200, request_id: "r-1", at_ms, app_ns: app_ms * 1_000_000 };
        registry.end(&sheet, ending)
    }

    #[test]
    fn statements_stand_by_number() {
        let registry = registry();
        assert_eq!(registry.statement(2).unwrap().named.name, "orders.get");
        assert!(registry.statement(3).is_none() && registry.statement(600).is_none());
        registry.name_statements([named(9, "too.late")]);
        assert!(registry.statement(9).is_none());
        registry.statement(5).unwrap().record(1_000, 3, Steps { full_scan: 7, vm: 40, ..Steps::default() });
        registry.statement(5).unwrap().record(3_000, 1, Steps { vm: 20, ..Steps::default() });
        let meter = registry.statement_named("lines.of_order").unwrap();
        assert_eq!((meter.runs.count(), meter.runs.total(), meter.rows()), (2, 4_000, 4));
        assert_eq!((meter.scanning_runs(), meter.sorting_runs()), (1, 0));
        assert_eq!(meter.steps(), Steps { full_scan: 7, vm: 60, ..Steps::default() });
    }

    #[test]
    fn routes_and_namespaces_are_made_once() {
        let registry = registry();
        let get = registry.route("GET", "/api/v1/orders");
        assert_eq!(registry.route("POST", "/api/v1/orders").number, 1);
        assert!(Arc::ptr_eq(&get, &registry.route("GET", "/api/v1/orders")));
        assert_eq!(registry.routes().len(), 2);
        assert!(Arc::ptr_eq(&registry.namespace("menu"), &registry.namespace("menu")));
    }

    #[test]
    fn slow_requests_are_kept_with_their_statements() {
        let registry = registry();
        registry.set_slow(Duration::from_millis(100));
        let route = registry.route("GET", "/api/v1/orders");
        assert!(request(&registry, &route, 3, 100, 1).is_none());
        let slow = request(&registry, &route, 3, 101, 2).unwrap();
        assert_eq!((slow.app_us, slow.db_us, slow.cache), (101_000, 31, CacheOutcome::Miss));
        let names: Vec<_> = slow.statements.iter().map(|s| (s.name, s.runs, s.rows, s.us)).collect();
        assert_eq!(names, [("lines.of_order", 3, 9, 27), ("orders.get", 1, 1, 4)]);
        let lines = registry.statement_named("lines.of_order").map(|meter| (meter.rows(), meter.steps().vm));
        assert_eq!(lines, Some((2 * 9, 2 * 27)), "a sheet's rows and instructions go to the meters at its end");
        for at_ms in 0..KEPT as i64 + 10 {
            request(&registry, &route, 0, 200, at_ms);
        }
        let kept = registry.slow();
        assert_eq!((kept.len(), kept[0].at_ms), (KEPT, KEPT as i64 + 9));
        assert_eq!(route.requests.count(), KEPT as u64 + 12);
    }

    #[test]
    fn a_statement_run_too_often_is_named_with_its_route() {
        let registry = registry();
        let route = registry.route("GET", "/api/v1/orders");
        request(&registry, &route, 20, 1, 1);
        assert_eq!(registry.repeats(), []);
        request(&registry, &route, 21, 1, 2);
        request(&registry, &route, 50, 1, 3);
        let expected = Repeat {
            statement: "lines.of_order",
            method: "GET".to_owned(),
            route: "/api/v1/orders".to_owned(),
            requests: 2,
            runs: 71,
            runs_max: 50,
            ns: 71 * 9_000,
            last_ms: 3,
        };
        assert_eq!(registry.repeats(), [expected]);
        for n in 0..200 {
            request(&registry, &registry.route("GET", &format!("/{n}")), 30, 1, n);
        }
        assert_eq!(registry.repeats().len(), REPEATS_KEPT);
    }

    #[test]
    fn errors_have_classes() {
        let registry = registry();
        let route = registry.route("GET", "/x");
        for status in [200, 404, 429, 503, 500] {
            let ending = Ending { route: &route, status, request_id: "", at_ms: 0, app_ns: 1 };
            registry.end(&Sheet::default(), ending);
        }
        let reading = route.requests.read();
        assert_eq!((reading.counts.count(), reading.errors.total(), reading.errors.ours()), (5, 4, 2));
    }

    #[test]
    fn memory_is_told_and_small() {
        let names = (0..300).map(|number| named(number, "some.statement"));
        let registry = Registry::new(names);
        let idle = registry.memory_bytes();
        assert!(idle < 300_000, "{idle} bytes for 300 statements that never ran");
        for statement in registry.statements() {
            (0..200).for_each(|n| statement.record(5_000 + n * 700, 1, Steps::default()));
        }
        registry.tick(registry.began() + Duration::from_secs(301));
        let busy = registry.memory_bytes();
        assert!(busy > idle && busy < 2_000_000, "{busy} bytes for 300 statements at work");
    }
}
