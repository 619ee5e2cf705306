//! What the field calls fast, and whether it is met. Pure.

use super::figures::{Figures, StatementFigures, Took};

/// What a target is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Microseconds,
    PerMille,
    /// Of a million.
    Ppm,
}

impl Unit {
    pub fn name(self) -> &'static str {
        match self {
            Self::Microseconds => "us",
            Self::PerMille => "per_mille",
            Self::Ppm => "ppm",
        }
    }
}

/// One line of the table, measured since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub name: &'static str,
    pub title: &'static str,
    pub unit: Unit,
    /// Below it; of a hit rate, above it.
    pub target: u64,
    /// None: not measured yet.
    pub measured: Option<u64>,
}

impl Target {
    pub fn met(&self) -> Option<bool> {
        let above = self.unit == Unit::PerMille;
        self.measured.map(|measured| if above { measured > self.target } else { measured < self.target })
    }
}

pub const RESPONSE_P95_US: u64 = 500_000;
pub const RESPONSE_P99_US: u64 = 500_000;
pub const STATEMENT_P95_US: u64 = 50_000;
pub const LIST_P95_US: u64 = 50_000;
pub const AGGREGATION_P95_US: u64 = 100_000;
pub const CACHED_P95_US: u64 = 5_000;
pub const HIT_PER_MILLE: u64 = 800;
pub const ERROR_PPM: u64 = 1_000;

/// Kept ready, and asked for all the time.
const CACHED: [&str; 4] = ["/api/v1/menu", "/api/v1/floor", "/api/v1/settings", "/api/v1/availability"];
/// Pages of rows joined with others.
const LISTS: [&str; 6] =
    ["/api/v1/orders", "/api/v1/tickets", "/api/v1/z-reports", "/api/v1/journal", "/api/v1/tables", "/api/v1/items"];
/// Sums over days; what lies below it is one too.
const REPORTS: [&str; 2] = ["/api/v1/reports/", "/api/v1/business-day"];

/// What 95 of 100 answers of a route may take, in µs. Changes wait for the disk and are held to the limit of
/// all answers.
pub fn route_p95_us(method: &str, pattern: &str) -> u64 {
    if method != "GET" {
        RESPONSE_P95_US
    } else if CACHED.contains(&pattern) {
        CACHED_P95_US
    } else if LISTS.contains(&pattern) {
        LIST_P95_US
    } else if REPORTS.iter().any(|report| pattern.starts_with(report)) {
        AGGREGATION_P95_US
    } else {
        RESPONSE_P95_US
    }
}

/// The table.
pub fn measure(f: &Figures) -> Vec<Target> {
    let p95 = |took: &Took| (took.count > 0).then_some(took.p95_us);
    let p99 = |took: &Took| (took.count > 0).then_some(took.p99_us);
    let worst = |of: fn(&StatementFigures) -> bool| {
        f.statements.iter().filter(|s| of(s)).filter_map(|s| p95(&s.took.start)).max()
    };
    let (hits, others) =
        f.cache.iter().fold((0, 0), |(hits, others), ns| (hits + ns.hits, others + ns.misses + ns.waits));
    let us = |name, title, target, measured| Target { name, title, unit: Unit::Microseconds, target, measured };
    vec![
        us("response_p95", "95 of 100 answers within", RESPONSE_P95_US, p95(&f.requests.start)),
        us("response_p99", "99 of 100 answers within", RESPONSE_P99_US, p99(&f.requests.start)),
        us("statement_p95", "95 of 100 statements within", STATEMENT_P95_US, p95(&f.database.start)),
        us("list_p95", "The slowest list with joins, 95 of 100 within", LIST_P95_US, worst(is_list)),
        us("aggregation_p95", "The slowest report, 95 of 100 within", AGGREGATION_P95_US, worst(is_aggregation)),
        us(
            "cached_p95",
            "95 of 100 answers from the cache within",
            CACHED_P95_US,
            f.cached.and_then(|took| p95(&took)),
        ),
        Target {
            name: "hit_rate",
            title: "Answers found in the cache, of a thousand",
            unit: Unit::PerMille,
            target: HIT_PER_MILLE,
            measured: super::figures::hit_per_mille(hits, others),
        },
        Target {
            name: "error_rate",
            title: "Requests that failed by our doing, of a million",
            unit: Unit::Ppm,
            target: ERROR_PPM,
            measured: (f.requests.start.count > 0).then(|| f.requests.start.error_ppm()),
        },
    ]
}

/// Lists of rows joined with others.
fn is_list(statement: &StatementFigures) -> bool {
    ["orders.list_", "orders.page_", "tickets.page_", "shifts.list_"]
        .iter()
        .any(|head| statement.name.starts_with(head))
}

/// Sums over days.
fn is_aggregation(statement: &StatementFigures) -> bool {
    ["reports.sales", "reports.sums", "reports.held", "reports.adjustments"]
        .iter()
        .any(|head| statement.name.starts_with(head))
}

#[cfg(test)]
mod tests {
    use super::super::figures::{NamespaceFigures, Windows};
    use super::*;

    fn check(figures: &Figures, expected: &[(&str, Option<u64>, Option<bool>)]) {
        let all = measure(figures);
        for (name, measured, met) in expected {
            let target = all.iter().find(|t| t.name == *name).unwrap_or_else(|| panic!("no target {name}"));
            assert_eq!((target.measured, target.met()), (*measured, *met), "{name}");
        }
    }

    fn since_start(took: Took) -> Windows<Took> {
        Windows { start: took, ..Windows::default() }
    }

    #[test]
    fn a_route_is_held_to_what_it_does() {
        let check = |route: &str, expected| {
            let (method, pattern) = route.split_once(' ').unwrap();
            assert_eq!(route_p95_us(method, pattern), expected, "{route}");
        };
        check("GET /api/v1/menu", 5_000);
        check("GET /api/v1/availability", 5_000);
        check("GET /api/v1/orders", 50_000);
        check("POST /api/v1/orders", 500_000);
        check("GET /api/v1/orders/{id}", 500_000);
        check("GET /api/v1/reports/sales", 100_000);
        check("GET /api/v1/business-day", 100_000);
        check("GET /api/v1/stats", 500_000);
    }

    #[test]
    fn nothing_is_met_before_it_is_measured() {
        let names = measure(&Figures::default());
        assert!(names.iter().all(|t| t.measured.is_none() && t.met().is_none()), "{names:?}");
        assert_eq!(names.len(), 8);
    }

    #[test]
    fn what_is_measured_is_met_or_not() {
        let took = Took { count: 1_000, p95_us: 499_999, p99_us: 500_000, errors: [90, 7, 0, 0, 1], ..Took::default() };
        let statement = |name, p95_us| StatementFigures {
            name,
            took: since_start(Took { count: 1, p95_us, ..Took::default() }),
            ..StatementFigures::default()
        };
        let figures = Figures {
            requests: since_start(took),
            database: since_start(Took { count: 9, p95_us: 40, ..Took::default() }),
            statements: vec![
                statement("orders.list_after", 49_000),
                statement("orders.list_narrow", 51_000),
                statement("reports.sales_by_day", 99_999),
                statement("orders.insert", 900_000),
            ],
            cached: Some(Took { count: 4, p95_us: 30, ..Took::default() }),
            cache: vec![NamespaceFigures { hits: 800, misses: 199, waits: 1, ..NamespaceFigures::default() }],
            ..Figures::default()
        };
        check(
            &figures,
            &[
                ("response_p95", Some(499_999), Some(true)),
                ("response_p99", Some(500_000), Some(false)),
                ("statement_p95", Some(40), Some(true)),
                ("list_p95", Some(51_000), Some(false)),
                ("aggregation_p95", Some(99_999), Some(true)),
                ("cached_p95", Some(30), Some(true)),
                ("hit_rate", Some(800), Some(false)),
                ("error_rate", Some(1_000), Some(false)),
            ],
        );
    }
}
