//! The meters of routes: which route a request took, and what it ran.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use actix_web::HttpRequest;

use super::House;
use super::ready::Lane;
use super::trace::RequestId;
use crate::timing::{Ending, Route, Sheet, SlowRequest, SlowStatement};

/// Where nothing is; what was asked for there is not kept, since anybody may ask for anything.
const NOWHERE: &str = "(none)";
/// A method that no route takes.
const OTHER: &str = "(other)";

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", OTHER];

/// One event loop's way to the meters, which all loops share.
pub(super) struct Routes {
    /// In the order of the lanes.
    ready: Vec<Arc<Route>>,
    /// By pattern, then by method. There are as many as there are routes.
    routed: RefCell<HashMap<String, [Option<Arc<Route>>; METHODS.len()]>>,
}

impl Routes {
    pub(super) fn new(house: &House, lanes: &[Lane]) -> Self {
        let ready = lanes.iter().map(|lane| house.store.timing().route("GET", lane.path)).collect();
        Self { ready, routed: RefCell::default() }
    }

    /// The meter of a lane.
    pub(super) fn ready(&self, lane: usize) -> &Route {
        &self.ready[lane]
    }

    /// The meter of the route that took this request.
    pub(super) fn of(&self, req: &HttpRequest, house: &House) -> Arc<Route> {
        let pattern = req.match_pattern();
        let pattern = pattern.as_deref().unwrap_or(NOWHERE);
        let at = METHODS.iter().position(|method| *method == req.method().as_str()).unwrap_or(METHODS.len() - 1);
        let mut routed = self.routed.borrow_mut();
        if let Some(Some(route)) = routed.get(pattern).map(|methods| &methods[at]) {
            return Arc::clone(route);
        }
        let route = house.store.timing().route(METHODS[at], pattern);
        routed.entry(pattern.to_owned()).or_default()[at] = Some(Arc::clone(&route));
        route
    }
}

/// A request has its answer: counts it, and tells the log where it was slow.
pub(super) fn end(house: &House, route: &Route, id: RequestId, status: u16, app_ns: u64, sheet: &Sheet) {
    let at_ms = house.clock.now().get();
    let ending = Ending { route, status, request_id: id.as_str(), at_ms, app_ns };
    if let Some(slow) = house.store.timing().end(sheet, ending) {
        log::warn!("{}", line(&slow));
    }
}

/// For the log: what took the time, with every statement that ran.
#[cold]
fn line(slow: &SlowRequest) -> String {
    let SlowRequest { request_id, method, route, status, app_us, db_us, queue_us, reader_us, commit_us, .. } = slow;
    let ran = |s: &SlowStatement| format!("{} {} × for {} rows in {} µs", s.name, s.runs, s.rows, s.us);
    let statements: Vec<String> = slow.statements.iter().map(ran).collect();
    let ran = if statements.is_empty() { String::new() } else { format!("; {}", statements.join(", ")) };
    format!(
        "slow: {method} {route} took {app_us} µs (statements {db_us}, waits for the writer {queue_us}, a reader \
         {reader_us}, the disk {commit_us}; cache {}), answered {status}, request {request_id}{ran}",
        slow.cache.name()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::CacheOutcome;

    #[test]
    fn a_slow_request_is_told_with_all_it_ran() {
        let ran = |name, runs, rows, us| SlowStatement { number: 0, name, runs, rows, us };
        let mut slow = SlowRequest {
            at_ms: 0,
            request_id: "r-1".to_owned(),
            method: "GET".to_owned(),
            route: "/api/v1/orders".to_owned(),
            status: 200,
            app_us: 700_000,
            db_us: 650_100,
            queue_us: 0,
            reader_us: 20,
            commit_us: 0,
            cache: CacheOutcome::Miss,
            statements: vec![ran("orders.list_after", 1, 21, 650_000), ran("orders.list_total", 1, 1, 100)],
        };
        let head = "slow: GET /api/v1/orders took 700000 µs (statements 650100, waits for the writer 0, a reader 20, \
                    the disk 0; cache miss), answered 200, request r-1";
        let ran = "; orders.list_after 1 × for 21 rows in 650000 µs, orders.list_total 1 × for 1 rows in 100 µs";
        assert_eq!(line(&slow), format!("{head}{ran}"));
        slow.statements.clear();
        assert_eq!(line(&slow), head);
    }
}
