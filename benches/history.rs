//! Pages of a long history against the same pages of a short one.

use crate::Scale;
use crate::client::{once, request};
use crate::million::{file, latency_us, middle};
use crate::server::{Folder, Server};
use crate::table::{Table, shown};

/// Pages and reports as the file answers them, not the cache.
const UNCACHED: &[&str] = &["cache.orders.ttl_s=0", "cache.reports.ttl_s=0"];

pub fn run(scale: Scale, table: &mut Table) {
    let folder = Folder::new("history");
    let (small_db, small_token) = file(&folder, scale.small);
    let (large_db, large_token) = file(&folder, scale.large);
    let (small, large) = (Server::set(&small_db, UNCACHED), Server::set(&large_db, UNCACHED));
    let page = |n: u64| format!("/api/v1/orders?limit=50&page={n}");
    let cursor = |server: &Server, token: &str, n: u64| {
        let (_, _, body) = once(&server.addr, &request("GET", &page(n), token, "", ""));
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        format!("/api/v1/orders?limit=50&cursor={}", body["next_cursor"].as_str().unwrap())
    };
    let (small_middle, large_middle) = (scale.small / 100, scale.large / 100);
    let subjects = [
        ("page 1", page(1), page(1)),
        ("the page in the middle", page(small_middle), page(large_middle)),
        (
            "a cursor page in the middle",
            cursor(&small, &small_token, small_middle),
            cursor(&large, &large_token, large_middle),
        ),
    ];
    for (what, at_small, at_large) in subjects {
        let (mut ratios, mut times) = (Vec::new(), Vec::new());
        for _ in 0..scale.rounds {
            let b = latency_us(&small.addr, request("GET", &at_small, &small_token, "", ""), scale.round_ms / 3);
            let a = latency_us(&large.addr, request("GET", &at_large, &large_token, "", ""), scale.round_ms / 3);
            ratios.push(a / b);
            times.push(a);
        }
        let what = format!("{what} of {} orders / of {}", scale.large, scale.small);
        table.row(what, shown(ratios), "≤ 2");
        table.row("… a request, on one connection", format!("{:.0} µs", middle(times)), "");
    }
    let day = request("GET", "/api/v1/reports/sales?from=2020-06-15&to=2020-06-15", &large_token, "", "");
    let times = (0..scale.rounds).map(|_| latency_us(&large.addr, day.clone(), scale.round_ms / 3)).collect();
    table.row(format!("a day's report on {} orders, uncached, µs", scale.large), shown(times), "≤ 2000");
}
