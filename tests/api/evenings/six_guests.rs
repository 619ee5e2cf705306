//! Six guests, two waiters who take their orders at once, a dessert on the house, a steak that is sent back
//! with the manager's yes, 10 % off the food, and three who pay: in cash, by card, and by card with a tip.

use std::thread;

use serde_json::json;

use super::stage::{Stage, minor};

#[test]
fn six_guests_two_waiters_three_bills() {
    let mut s = Stage::at("2026-11-20T20:00:00+01:00");
    let food_tax = s.tax("IVA 10", None);
    let drinks_tax = s.tax("IVA 22", None);
    let bar = s.station("Bar");
    let food = s.menu("Food", food_tax, "Carbonara 12.50, Steak 24.00, Tiramisù 6.50", &json!({}));
    s.menu("Drinks", drinks_tax, "Barolo 38.00, Pilsner 4.80", &json!({"station_id": bar}));
    s.table("4");
    let bill = s.opens(&s.walter, "table 4, 6 guests", "");

    // Both at the table, both tapping: nothing of either is lost, and neither waits for the other.
    let (walters, beas) = (s.walter.till(), s.bea.till());
    let path = bill.path("/lines");
    let (first, second) = (s.lines("2 Carbonara, 2 Steak"), s.lines("2 Carbonara, 1 Barolo, 3 Pilsner"));
    thread::scope(|scope| {
        for (till, lines) in [(walters, first), (beas, second)] {
            let path = &path;
            scope.spawn(move || till.post(path).body(json!({"lines": lines})).ok());
        }
    });
    bill.is("total 150.40");
    let mut told = bill.sends(&s.walter);
    told.sort();
    assert_eq!(
        told,
        ["Bar: 1 Barolo", "Bar: 3 Pilsner", "Kitchen: 2 Carbonara", "Kitchen: 2 Carbonara", "Kitchen: 2 Steak"]
    );
    assert_eq!(bill.sends(&s.bea), [""; 0]);

    // A steak comes back: Walter cannot take it off, Mara says yes on his tablet, once.
    let steak = format!("/lines/{}/void", bill.line("Steak"));
    let why = json!({"quantity": 1, "reason": "burnt", "wasted": true});
    let refused = bill.post(&s.walter, &steak, why.clone()).refused("approval_needed");
    assert_eq!(refused.str("/permission"), "void_sent");
    let yes = s.yes(&s.walter, "void_sent", &bill.path(&format!("/lines/{}", bill.line("Steak"))));
    bill.post(&s.walter, &steak, why.clone()).header("approval", &yes).ok();
    bill.post(&s.walter, &steak, why).header("approval", &yes).refused("approval_invalid");
    let voids = s.owner.get("/reports/voids?from=2026-11-20&to=2026-11-20").ok();
    assert_eq!((voids.int("/rows/0/staff_id"), voids.int("/rows/0/approved_by")), (s.walter.id, s.manager.id));

    // Two tiramisù, one of them on the house.
    bill.adds(&s.bea, "2 Tiramisù");
    let comp = format!("/lines/{}/comp", bill.line("Tiramisù"));
    bill.post(&s.manager, &comp, json!({"quantity": 1, "reason": "for the steak"})).ok();
    assert_eq!(bill.sends(&s.bea), ["Kitchen: 1 Tiramisù", "Kitchen: 1 Tiramisù"]);
    // 4 carbonara, a steak, a tiramisù: 80.50 of food, 8.05 off; 52.40 of wine and beer as they are.
    let off = json!({"name": "Friends", "percent": "10", "applies_to": {"category_ids": [food]}});
    bill.post(&s.manager, "/discounts", off).created();
    bill.is("subtotal 139.40; discount_total 8.05; total 124.85");

    // Three ways: 124.85 has no third, so that two pay a cent more or one a cent less; together it is the same.
    bill.post(&s.walter, "/split", json!({"evenly": 3})).created();
    bill.is("total 124.85; due 124.85");
    let now = bill.now();
    let parts: Vec<i64> = now.list("/checks").iter().map(|check| check["total"].as_i64().unwrap()).collect();
    assert_eq!((parts.len(), parts.iter().sum::<i64>()), (3, minor("124.85")));
    assert!(parts.iter().all(|part| (minor("41.50")..minor("41.70")).contains(part)), "{parts:?}");
    assert_eq!(bill.sends(&s.walter), [""; 0], "the kitchen has everything");

    bill.post(&s.walter, "/payments", json!({"tender": "cash"})).refused("check_needed");
    let [cash, card, tip] = [0, 1, 2].map(|at| bill.check(at));
    bill.pays(&s.walter, json!({"check_id": cash, "tender": "cash", "tendered": 5000}));
    bill.pays(&s.bea, json!({"check_id": card, "tender": "card"}));
    bill.is("state open");
    bill.pays(&s.bea, json!({"check_id": tip, "tender": "card", "tip": 500}));
    bill.is("state paid; paid 124.85; due 0.00");
    let receipts: Vec<i64> = bill.now().list("/checks").iter().map(|c| c["receipt_number"].as_i64().unwrap()).collect();
    assert_eq!(receipts, [1, 2, 3]);

    s.day(
        "2026-11-20",
        "gross 124.85; tips 5.00; comps 6.50; discounts 8.05; payments_kept 129.85; guests =6; orders =1",
    );
    s.closes_the_day("gross 124.85; comps 6.50; payments_kept 129.85");
}
