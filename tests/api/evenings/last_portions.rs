//! Five sea bass are left and twenty tablets want one each. Five guests get it, fifteen are told at once how
//! many are left, and one that is taken back before it is cooked is sold again, once.

use std::thread;

use serde_json::json;

use super::stage::Stage;

#[test]
fn the_last_portions_under_twenty_tablets() {
    let mut s = Stage::at("2026-11-20T20:00:00+01:00");
    let food = s.tax("IVA 10", None);
    s.menu("Food", food, "Sea bass 28.00, Bread 2.00", &json!({}));
    let bass = s.dish("Sea bass");
    s.manager.put(&format!("/variants/{bass}/availability"), json!({"available": true, "remaining": 5})).ok();

    let order = json!({"kind": "takeaway", "lines": s.lines("1 Bread, 1 Sea bass")});
    let told: Vec<(u16, String)> = thread::scope(|scope| {
        let tablet = |_| {
            let (waiter, order) = (s.house.apart("waiter"), order.clone());
            scope.spawn(move || {
                let said = waiter.post("/orders").body(order).send();
                (said.status, said.text())
            })
        };
        let tablets: Vec<_> = (0..20).map(tablet).collect();
        tablets.into_iter().map(|tablet| tablet.join().unwrap()).collect()
    });
    let sold = told.iter().filter(|(status, _)| *status == 201).count();
    let sold_out = told.iter().filter(|(status, text)| *status == 409 && text.contains("sold_out")).count();
    assert_eq!((sold, sold_out), (5, 15), "{told:?}");
    assert!(told.iter().filter(|(status, _)| *status == 409).all(|(_, text)| text.contains("Sea bass")));
    // What was refused left nothing: no order, no bread.
    assert_eq!(s.walter.get("/orders?state=open").ok().int("/page/total"), 5);
    s.walter.post("/orders", order.clone()).refused("sold_out");

    // One guest changes their mind before the kitchen hears of it; one after.
    let open = s.walter.get("/orders?state=open").ok();
    let bills: Vec<i64> = open.list("/items").iter().map(|order| order["id"].as_i64().unwrap()).collect();
    let bill = |id: i64| super::stage::Bill { stage: &s, id };
    let (early, late) = (bill(bills[0]), bill(bills[1]));
    early.post(&s.walter, &format!("/lines/{}/void", early.line("Sea bass")), json!({})).ok();
    late.sends(&s.walter);
    let why = json!({"reason": "changed their mind", "wasted": true});
    late.post(&s.manager, &format!("/lines/{}/void", late.line("Sea bass")), why).ok();
    let again = s.opens(&s.bea, "takeaway", "1 Sea bass");
    s.walter.post("/orders", order).refused("sold_out");
    again.is("total 28.00");

    for id in bills.into_iter().chain([again.id]) {
        bill(id).pays(&s.walter, json!({"tender": "card"}));
    }
    let sold = s.owner.get("/reports/sales?from=2026-11-20&to=2026-11-20&by=item").ok();
    let row = sold.list("/rows").iter().find(|row| row["name"] == "Sea bass").cloned().unwrap();
    assert_eq!((row["quantity"].as_i64(), row["gross"].as_i64()), (Some(4), Some(11200)), "{row}");
    let voids = s.owner.get("/reports/voids?from=2026-11-20&to=2026-11-20").ok();
    assert_eq!(voids.list("/rows").len(), 2, "{}", voids.text());
    s.closes_the_day("gross 122.00");
}
