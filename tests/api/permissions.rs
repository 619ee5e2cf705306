//! Who may call what: every route of the house, by role.

use std::collections::BTreeSet;

use crate::harness::{House, ROLES};
use crate::orders::Night;

/// Who may; a route that is not here fails the test.
const HOUSE: &[&str] = &["owner", "manager"];
const ALL: &[&str] = &ROLES;
const DEVICE: &[&str] = &["any device"];
const ANYONE: &[&str] = &["anyone"];
/// Who sees prices and amounts.
const MONEY: &[&str] = &["owner", "manager", "cashier", "waiter", "auditor"];
const FLOOR_STAFF: &[&str] = &["owner", "manager", "cashier", "waiter"];
const COOKS: &[&str] = &["owner", "manager", "cashier", "waiter", "kitchen"];
const STOCK: &[&str] = &["owner", "manager", "cashier", "kitchen"];
const BOOKS: &[&str] = &["owner", "manager", "auditor"];
const TAKINGS: &[&str] = &["owner", "manager", "cashier", "auditor"];

/// What a kitchen screen reads.
const KITCHENS: [&str; 6] =
    ["/tickets", "/tickets/unacknowledged", "/kitchen/all-day", "/expo", "/availability", "/stations"];

type Row = (&'static str, &'static str, &'static [&'static str]);

const TABLE: &[Row] = &[
    ("GET", "/openapi.json", ANYONE),
    ("GET", "/livez", ANYONE),
    ("GET", "/readyz", ANYONE),
    ("GET", "/problems/{code}", ANYONE),
    ("POST", "/api/v1/devices/pair", ANYONE),
    ("GET", "/api/v1/staff/names", DEVICE),
    ("POST", "/api/v1/sessions", DEVICE),
    ("DELETE", "/api/v1/sessions/current", DEVICE),
    ("GET", "/api/v1/devices", BOOKS),
    ("DELETE", "/api/v1/devices/{id}", HOUSE),
    ("POST", "/api/v1/devices/pairing-codes", HOUSE),
    ("GET", "/api/v1/staff", BOOKS),
    ("POST", "/api/v1/staff", HOUSE),
    ("PATCH", "/api/v1/staff/{id}", HOUSE),
    ("POST", "/api/v1/staff/{id}/unlock", HOUSE),
    ("POST", "/api/v1/approvals", FLOOR_STAFF),
    ("GET", "/api/v1/settings", MONEY),
    ("PATCH", "/api/v1/settings", HOUSE),
    ("GET", "/api/v1/tenders", MONEY),
    ("POST", "/api/v1/tenders", HOUSE),
    ("PATCH", "/api/v1/tenders/{id}", HOUSE),
    ("DELETE", "/api/v1/tenders/{id}", HOUSE),
    ("GET", "/api/v1/reasons", MONEY),
    ("POST", "/api/v1/reasons", HOUSE),
    ("PATCH", "/api/v1/reasons/{id}", HOUSE),
    ("DELETE", "/api/v1/reasons/{id}", HOUSE),
    ("GET", "/api/v1/discounts", MONEY),
    ("POST", "/api/v1/discounts", HOUSE),
    ("PATCH", "/api/v1/discounts/{id}", HOUSE),
    ("DELETE", "/api/v1/discounts/{id}", HOUSE),
    ("GET", "/api/v1/menu", MONEY),
    ("GET", "/api/v1/categories", MONEY),
    ("GET", "/api/v1/categories/{id}", MONEY),
    ("POST", "/api/v1/categories", HOUSE),
    ("PATCH", "/api/v1/categories/{id}", HOUSE),
    ("DELETE", "/api/v1/categories/{id}", HOUSE),
    ("GET", "/api/v1/items", MONEY),
    ("GET", "/api/v1/items/{id}", MONEY),
    ("POST", "/api/v1/items", HOUSE),
    ("PATCH", "/api/v1/items/{id}", HOUSE),
    ("DELETE", "/api/v1/items/{id}", HOUSE),
    ("GET", "/api/v1/modifier-groups", MONEY),
    ("GET", "/api/v1/modifier-groups/{id}", MONEY),
    ("POST", "/api/v1/modifier-groups", HOUSE),
    ("PATCH", "/api/v1/modifier-groups/{id}", HOUSE),
    ("DELETE", "/api/v1/modifier-groups/{id}", HOUSE),
    ("GET", "/api/v1/tax-classes", MONEY),
    ("GET", "/api/v1/tax-classes/{id}", MONEY),
    ("POST", "/api/v1/tax-classes", HOUSE),
    ("PATCH", "/api/v1/tax-classes/{id}", HOUSE),
    ("DELETE", "/api/v1/tax-classes/{id}", HOUSE),
    ("GET", "/api/v1/price-times", MONEY),
    ("GET", "/api/v1/price-times/{id}", MONEY),
    ("POST", "/api/v1/price-times", HOUSE),
    ("PATCH", "/api/v1/price-times/{id}", HOUSE),
    ("DELETE", "/api/v1/price-times/{id}", HOUSE),
    ("GET", "/api/v1/availability", ALL),
    ("PUT", "/api/v1/variants/{id}/availability", STOCK),
    ("PUT", "/api/v1/items/{id}/availability", STOCK),
    ("PUT", "/api/v1/options/{id}/availability", STOCK),
    ("GET", "/api/v1/floor", MONEY),
    ("GET", "/api/v1/areas", MONEY),
    ("POST", "/api/v1/areas", HOUSE),
    ("PATCH", "/api/v1/areas/{id}", HOUSE),
    ("DELETE", "/api/v1/areas/{id}", HOUSE),
    ("GET", "/api/v1/tables", MONEY),
    ("POST", "/api/v1/tables", HOUSE),
    ("PATCH", "/api/v1/tables/{id}", HOUSE),
    ("DELETE", "/api/v1/tables/{id}", HOUSE),
    ("GET", "/api/v1/stations", ALL),
    ("POST", "/api/v1/stations", HOUSE),
    ("PATCH", "/api/v1/stations/{id}", HOUSE),
    ("DELETE", "/api/v1/stations/{id}", HOUSE),
    ("GET", "/api/v1/accounts", MONEY),
    ("POST", "/api/v1/accounts", HOUSE),
    ("GET", "/api/v1/accounts/{id}", MONEY),
    ("PATCH", "/api/v1/accounts/{id}", HOUSE),
    ("GET", "/api/v1/accounts/{id}/statement", TAKINGS),
    ("POST", "/api/v1/accounts/{id}/payments", FLOOR_STAFF),
    ("POST", "/api/v1/accounts/{id}/refunds", FLOOR_STAFF),
    ("GET", "/api/v1/vouchers", MONEY),
    ("GET", "/api/v1/reports/accounts", BOOKS),
    ("POST", "/api/v1/orders", FLOOR_STAFF),
    ("GET", "/api/v1/orders", MONEY),
    ("GET", "/api/v1/orders/{id}", MONEY),
    ("PATCH", "/api/v1/orders/{id}", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/lines", FLOOR_STAFF),
    ("PATCH", "/api/v1/orders/{id}/lines/{line}", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/lines/{line}/void", FLOOR_STAFF),
    // Who lacks the right itself is asked for a manager's yes once it is known to what: see approvals.rs.
    ("POST", "/api/v1/orders/{id}/lines/{line}/comp", FLOOR_STAFF),
    ("DELETE", "/api/v1/orders/{id}/lines/{line}/comp", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/lines/{line}/price", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/discounts", FLOOR_STAFF),
    ("DELETE", "/api/v1/orders/{id}/discounts/{discount}", FLOOR_STAFF),
    ("DELETE", "/api/v1/orders/{id}/service-charges/{charge}", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/send", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/fire", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/bill", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/close", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/void", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/checks", FLOOR_STAFF),
    ("DELETE", "/api/v1/orders/{id}/checks/{check}", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/checks/{check}/move", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/lines/{line}/move", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/split", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/merge", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/undo", FLOOR_STAFF),
    ("POST", "/api/v1/orders/{id}/payments", FLOOR_STAFF),
    ("GET", "/api/v1/orders/{id}/receipt", MONEY),
    ("GET", "/api/v1/orders/{id}/receipts", MONEY),
    ("GET", "/api/v1/receipts/{id}", MONEY),
    ("POST", "/api/v1/receipts/{id}/print", FLOOR_STAFF),
    ("POST", "/api/v1/payments/{id}/resolve", FLOOR_STAFF),
    ("POST", "/api/v1/payments/{id}/tip", FLOOR_STAFF),
    ("POST", "/api/v1/payments/{id}/correct", FLOOR_STAFF),
    ("POST", "/api/v1/payments/{id}/refunds", FLOOR_STAFF),
    ("GET", "/api/v1/tickets", ALL),
    ("GET", "/api/v1/tickets/unacknowledged", ALL),
    ("GET", "/api/v1/kitchen/all-day", ALL),
    ("GET", "/api/v1/expo", ALL),
    ("POST", "/api/v1/tickets/{id}/bump", COOKS),
    ("POST", "/api/v1/tickets/{id}/recall", COOKS),
    ("POST", "/api/v1/tickets/{id}/printed", COOKS),
    ("POST", "/api/v1/drawers", FLOOR_STAFF),
    ("GET", "/api/v1/drawers", MONEY),
    ("GET", "/api/v1/drawers/{id}", MONEY),
    ("POST", "/api/v1/drawers/{id}/paid-in", FLOOR_STAFF),
    ("POST", "/api/v1/drawers/{id}/paid-out", FLOOR_STAFF),
    ("POST", "/api/v1/drawers/{id}/drop", FLOOR_STAFF),
    ("POST", "/api/v1/drawers/{id}/tip-out", FLOOR_STAFF),
    ("POST", "/api/v1/drawers/{id}/no-sale", FLOOR_STAFF),
    ("POST", "/api/v1/drawers/{id}/events/{event}/reverse", FLOOR_STAFF),
    ("POST", "/api/v1/drawers/{id}/count", FLOOR_STAFF),
    ("POST", "/api/v1/drawers/{id}/close", FLOOR_STAFF),
    ("POST", "/api/v1/drawers/{id}/handover", FLOOR_STAFF),
    ("POST", "/api/v1/time-clock/in", DEVICE),
    ("POST", "/api/v1/time-clock/out", DEVICE),
    ("POST", "/api/v1/time-clock/break", DEVICE),
    ("POST", "/api/v1/time-clock/resume", DEVICE),
    ("GET", "/api/v1/time-clock/current", DEVICE),
    ("GET", "/api/v1/time-clock", BOOKS),
    ("GET", "/api/v1/time-clock/{id}", BOOKS),
    ("PATCH", "/api/v1/time-clock/{id}", HOUSE),
    ("GET", "/api/v1/reports/labour", BOOKS),
    ("GET", "/api/v1/reports/tip-pool", BOOKS),
    ("GET", "/api/v1/business-day", TAKINGS),
    ("POST", "/api/v1/business-day/close", HOUSE),
    ("GET", "/api/v1/z-reports", TAKINGS),
    ("GET", "/api/v1/z-reports/{number}", TAKINGS),
    ("GET", "/api/v1/reports/sales", BOOKS),
    ("GET", "/api/v1/reports/voids", BOOKS),
    ("GET", "/api/v1/reports/comps", BOOKS),
    ("GET", "/api/v1/reports/discounts", BOOKS),
    ("GET", "/api/v1/reports/refunds", BOOKS),
    ("GET", "/api/v1/reports/price-overrides", BOOKS),
    ("GET", "/api/v1/reports/vat", BOOKS),
    ("GET", "/api/v1/reports/tips", BOOKS),
    ("GET", "/api/v1/reports/tenders", BOOKS),
    ("GET", "/api/v1/reports/kitchen", BOOKS),
    ("GET", "/api/v1/reports/open-checks", BOOKS),
    ("GET", "/api/v1/export/orders", BOOKS),
    ("GET", "/api/v1/events", ALL),
    ("GET", "/api/v1/journal", BOOKS),
    ("GET", "/api/v1/clock", MONEY),
    ("POST", "/api/v1/clock/confirm", HOUSE),
    ("POST", "/api/v1/stats/sessions", ANYONE),
    ("DELETE", "/api/v1/stats/sessions/current", BOOKS),
    ("GET", "/api/v1/stats", BOOKS),
    ("GET", "/api/v1/stats/live", BOOKS),
    ("GET", "/api/v1/stats/history", BOOKS),
    ("GET", "/api/v1/stats/statements", BOOKS),
    ("GET", "/api/v1/stats/statements/{name}/plan", BOOKS),
    ("GET", "/api/v1/stats/pool", BOOKS),
    ("GET", "/api/v1/stats/slow", BOOKS),
    ("GET", "/api/v1/health/performance", HOUSE),
    ("GET", "/api/v1/stats/cache", BOOKS),
    ("DELETE", "/api/v1/stats/cache/{namespace}", HOUSE),
    ("POST", "/api/v1/stats/cache/warm", HOUSE),
    ("GET", "/metrics", ANYONE),
];

/// What the server says it has.
fn routes(house: &House) -> BTreeSet<(String, String)> {
    let api = house.anyone().page("/openapi.json").ok();
    let mut routes = BTreeSet::new();
    for (path, item) in api.at("/paths").as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|m| m.as_str() != "parameters") {
            routes.insert((method.to_uppercase(), path.clone()));
        }
    }
    routes
}

/// The path with ids of nothing, so that whoever may finds nothing to change.
fn filled(path: &str) -> String {
    let part = |part: &str| match part {
        "{code}" => "sold_out".to_owned(),
        part if part.starts_with('{') => "999999".to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_has_its_roles() {
    let house = House::open();
    let table: BTreeSet<_> = TABLE.iter().map(|(method, path, _)| (*method, *path)).collect();
    assert_eq!(table.len(), TABLE.len(), "a route is in the table twice");
    let served = routes(&house);
    let address = |path: &str| format!("http://{}{}", house.running().addr, filled(path));
    for (method, path) in &served {
        let row = TABLE.iter().find(|row| (row.0, row.1) == (method.as_str(), path.as_str()));
        let (method, path, may) = row.unwrap_or_else(|| panic!("who may {method} {path}? It is not in the table"));
        let anyone = || house.anyone().build(method, address(path)).key("a-key").send();
        if *may == ANYONE {
            assert!(!matches!(anyone().status, 401 | 403), "anyone: {method} {path}");
            continue;
        }
        anyone().refused("token_missing");
        let unsigned = || house.terminal_of("owner").build(method, address(path)).key("a-key").send();
        if *may == DEVICE {
            assert!(!matches!(unsigned().status, 401 | 403), "a terminal: {method} {path}: {}", unsigned().text());
            continue;
        }
        unsigned().refused("token_missing");
        for role in ROLES {
            if *path == "/api/v1/events" {
                // It does not end; that it begins is the answer.
                drop(house.as_(role).events("", None));
                continue;
            }
            if *path == "/api/v1/stats/live" && may.contains(&role) {
                drop(house.as_(role).get(path).stream());
                continue;
            }
            let client = house.as_(role);
            let answer = client.build(method, address(path)).key("a-key").send();
            let refused = matches!(answer.status, 401 | 403);
            assert_eq!(!refused, may.contains(&role), "{role}: {method} {path}: {}", answer.text());
            assert!(answer.status < 500, "{role}: {method} {path}: {}", answer.text());
            if refused {
                let code = answer.str("/code").to_owned();
                assert!(matches!(code.as_str(), "forbidden" | "approval_needed"), "{role}: {method} {path}: {code}");
                assert!(!answer.refused(&code).str("/permission").is_empty());
            }
        }
    }
    for (method, path) in table {
        assert!(
            served.contains(&(method.to_owned(), path.to_owned())),
            "{method} {path} is in the table and not served"
        );
    }
}

#[test]
fn a_kitchen_sees_no_money_and_an_auditor_changes_nothing() {
    for (method, path, may) in TABLE {
        // Signing out ends nothing but one's own look.
        if *method != "GET" && *may != ANYONE && *may != DEVICE && !path.ends_with("/sessions/current") {
            assert!(!may.contains(&"auditor"), "an auditor may {method} {path}");
        }
        let shown = [KITCHENS.as_slice(), &["/events"]].concat();
        let sees = shown.iter().any(|shown| *path == format!("/api/v1{shown}"));
        if *method == "GET" && *may != ANYONE && *may != DEVICE && !sees {
            assert!(!may.contains(&"kitchen"), "a kitchen may {method} {path}");
        }
    }
    // Nor in what it may see.
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    order.send();
    n.stock(n.tiramisu, serde_json::json!({"available": true, "remaining": 3}));
    let kitchen = n.house.as_("kitchen");
    let held = serde_json::json!({"variant_id": n.tiramisu, "quantity": 1, "course": 2, "hold": true});
    n.waiter.post(&order.path("/lines")).body(serde_json::json!({"lines": [held]})).ok();
    for path in KITCHENS {
        let answer = kitchen.get(path).ok();
        let text = answer.json().as_object().unwrap().iter().filter(|(name, _)| *name != "page");
        let text = text.map(|(_, value)| value.to_string()).collect::<String>();
        for money in ["price", "total", "amount", "tax", "1250", "paid"] {
            assert!(!text.contains(money), "{path} says {money}: {text}");
        }
    }
    kitchen.get("/orders").refused("forbidden");
    kitchen.get(&order.path("")).refused("forbidden");
    kitchen.get("/menu").refused("forbidden");
}
