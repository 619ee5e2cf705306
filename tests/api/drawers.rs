//! Drawers: whose hands cash is in, from the float to the count, and what the Z tells of it.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use crate::client::{Answer, Client, Request};
use crate::harness::PIN;
use crate::orders::Night;
use crate::upkeep::{changed, said};

/// Opens the drawer of the caller's till (`device`) or their purse (`staff`) with 100.00.
#[track_caller]
fn open(by: &Client, owner: &str) -> i64 {
    by.post("/drawers").body(json!({"owner": owner, "float": 10_000})).created().id()
}

/// 12.50, paid by the waiter.
#[track_caller]
fn paid(n: &Night, body: Value) -> Answer {
    n.order(&[(n.carbonara, 1)]).post("/payments", body).created()
}

fn on(by: &Client, drawer: i64, call: &str, body: Value) -> Request {
    by.post(&format!("/drawers/{drawer}/{call}")).body(body)
}

#[track_caller]
fn count(by: &Client, drawer: i64, total: i64) -> Answer {
    on(
        by,
        drawer,
        "count",
        json!({"denominations": [{"value": 1, "count": total % 100},
        {"value": 100, "count": total / 100}]}),
    )
    .ok()
}

#[track_caller]
fn seen(n: &Night, drawer: i64) -> Answer {
    n.house.sign_in("manager").get(&format!("/drawers/{drawer}")).ok()
}

#[track_caller]
fn expected(n: &Night, drawer: i64) -> i64 {
    seen(n, drawer).int("/expected")
}

/// What a kind put into a drawer, as X, Z or the drawer itself has it.
fn kind(of: &Value, kind: &str) -> i64 {
    let kinds = of["kinds"].as_array().unwrap();
    kinds.iter().find(|k| k["kind"] == kind).map_or(0, |k| k["amount"].as_i64().unwrap())
}

/// That the figures of each drawer of an X or Z add up, and so does the cash of the whole day.
#[track_caller]
fn adds_up(day: &Answer) {
    let mut through = 0;
    for d in day.list("/drawers") {
        let kinds: i64 = d["kinds"].as_array().unwrap().iter().map(|k| k["amount"].as_i64().unwrap()).sum();
        assert_eq!(d["expected"].as_i64().unwrap(), d["start"].as_i64().unwrap() + kinds, "{d}");
        if !d["over_short"].is_null() {
            let (counted, expected) = (d["counted"].as_i64().unwrap(), d["expected"].as_i64().unwrap());
            assert_eq!(d["over_short"].as_i64().unwrap(), counted - expected, "{d}");
        }
        through += kind(d, "cash_sale") + kind(d, "cash_refund");
    }
    let cash = day.list("/tenders").iter().find(|t| t["kind"] == "cash").map_or(0, |t| t["expected"].as_i64().unwrap());
    assert_eq!(day.int("/cash/in_drawers"), through, "{}", day.text());
    assert_eq!(day.int("/cash/in_drawers") + day.int("/cash/without_drawer"), cash, "{}", day.text());
}

/// The drawer in an X or Z, which adds up.
#[track_caller]
fn told(day: &Answer, drawer: i64) -> Value {
    adds_up(day);
    let found = day.list("/drawers").iter().find(|d| d["id"] == drawer);
    found.cloned().unwrap_or_else(|| panic!("no drawer {drawer}: {}", day.text()))
}

#[track_caller]
fn x(n: &Night) -> Answer {
    n.house.sign_in("manager").get("/business-day").ok()
}

fn tender(n: &Night, kind: &str) -> i64 {
    let tenders = n.manager.get("/tenders?limit=100").ok();
    tenders.list("/items").iter().find(|t| t["kind"] == kind).unwrap()["id"].as_i64().unwrap()
}

#[test]
fn cash_goes_to_the_purse_then_the_till_then_nowhere() {
    let n = Night::new();
    assert_eq!(paid(&n, json!({"tender": "cash"})).at("/payment/drawer_id"), &Value::Null);
    let till = open(&n.waiter, "device");
    // What is left: tendered less change, with the tip.
    let taken = paid(&n, json!({"tender": "cash", "tendered": 2000, "tip": 100}));
    assert_eq!((taken.int("/payment/drawer_id"), taken.int("/change")), (till, 650));
    assert_eq!(expected(&n, till), 11_350);
    let purse = open(&n.waiter, "staff");
    assert_eq!(paid(&n, json!({"tender": "cash"})).int("/payment/drawer_id"), purse);
    for other in ["card", "meal_voucher"] {
        assert_eq!(paid(&n, json!({"tender": other})).at("/payment/drawer_id"), &Value::Null);
    }
    // Somebody else at a till of their own.
    let order = n.order(&[(n.carbonara, 1)]);
    assert_eq!(
        order.post_by_manager("/payments", json!({"tender": "cash"})).created().at("/payment/drawer_id"),
        &Value::Null
    );
    assert_eq!((expected(&n, till), expected(&n, purse)), (11_350, 11_250));
    let x = x(&n);
    assert_eq!((told(&x, till)["start"].as_i64(), kind(&told(&x, till), "cash_sale")), (Some(10_000), 1350));
    assert_eq!((x.int("/cash/in_drawers"), x.int("/cash/without_drawer")), (2600, 2500));
}

#[test]
fn refunds_tips_and_corrections_move_it_when_they_happen() {
    let n = Night::new();
    let (card, cash) = (tender(&n, "card"), tender(&n, "cash"));
    let purse = open(&n.waiter, "staff");
    let till = open(&n.manager, "device");
    let first = paid(&n, json!({"tender": "cash"})).int("/payment/id");
    // A refund comes out of the drawer of whoever gives it.
    let back = n.manager.post(&format!("/payments/{first}/refunds")).body(json!({"amount": 250, "reason": "cold"}));
    back.created();
    assert_eq!((expected(&n, purse), expected(&n, till)), (11_250, 9_750));
    // A card payment goes back in cash.
    let by_card = paid(&n, json!({"tender": "card"})).int("/payment/id");
    let back = json!({"amount": 300, "tender_id": cash, "reason": "cold"});
    n.manager.post(&format!("/payments/{by_card}/refunds")).body(back).created();
    assert_eq!(expected(&n, till), 9_450);
    // A tip in cash, more and less of it; whose it is moves nothing; that of a card neither.
    let tip = |by: &Client, payment: i64, body: Value| by.post(&format!("/payments/{payment}/tip")).body(body).ok();
    tip(&n.waiter, first, json!({"amount": 200}));
    tip(&n.waiter, first, json!({"amount": 150}));
    tip(&n.waiter, first, json!({"amount": 150, "staff_id": n.house.person("cashier").staff_id}));
    tip(&n.waiter, by_card, json!({"amount": 500}));
    assert_eq!((expected(&n, purse), expected(&n, till)), (11_400, 9_450));
    // A wrong tender is set right where the cash lies, whoever sets it right.
    let correct = |payment: i64, to: i64| {
        let body = json!({"tender_id": to});
        n.manager.post(&format!("/payments/{payment}/correct")).body(body).created().int("/payment/id")
    };
    let wrong = paid(&n, json!({"tender": "cash"})).int("/payment/id");
    assert_eq!(expected(&n, purse), 12_650);
    let right = correct(wrong, card);
    assert_eq!((expected(&n, purse), expected(&n, till)), (11_400, 9_450));
    correct(right, cash);
    assert_eq!((expected(&n, purse), expected(&n, till)), (12_650, 9_450));
    // On a check that is not settled, too.
    let order = n.order(&[(n.carbonara, 2)]);
    let part = order.post("/payments", json!({"tender": "cash", "amount": 1000})).created().int("/payment/id");
    assert_eq!(expected(&n, purse), 13_650);
    n.manager.post(&format!("/payments/{part}/refunds")).body(json!({"reason": "slip"})).created();
    assert_eq!((expected(&n, purse), expected(&n, till)), (13_650, 8_450));
    let x = x(&n);
    told(&x, purse);
    assert_eq!(x.int("/cash/without_drawer"), 0);
    order.post("/payments", json!({"tender": "card"})).created();
}

#[test]
fn a_correction_moves_the_drawer_of_the_cash_closed_or_not() {
    let n = Night::new();
    let (card, cash) = (tender(&n, "card"), tender(&n, "cash"));
    let before = paid(&n, json!({"tender": "card"})).int("/payment/id");
    n.house.clock.advance_ms(1000);
    let first = open(&n.waiter, "staff");
    let wrong = paid(&n, json!({"tender": "cash"})).int("/payment/id");
    count(&n.waiter, first, 10_000);
    on(&n.waiter, first, "close", json!({})).ok();
    n.house.clock.advance_ms(1000);
    let second = open(&n.waiter, "staff");
    for (payment, to) in [(wrong, card), (before, cash)] {
        n.manager.post(&format!("/payments/{payment}/correct")).body(json!({"tender_id": to})).created();
    }
    // 12.50 was never in the first one, which is not short of it any more; the other 12.50 came before both.
    assert_eq!((expected(&n, first), expected(&n, second)), (10_000, 10_000));
    assert_eq!(seen(&n, first).int("/over_short"), 0);
    let told_by = x(&n);
    told(&told_by, first);
    assert_eq!((told_by.int("/cash/in_drawers"), told_by.int("/cash/without_drawer")), (0, 1250));
    assert_eq!(tenders(&n, "2026-11-20", "cash"), json!([1250, 0, 0]));
    assert_eq!(tenders(&n, "2026-11-20", "card"), json!([1250, null, null]));

    // The other way: a card that was cash in truth lies in the one that was closed, which was over by it.
    let card_in_truth_cash = paid(&n, json!({"tender": "card"})).int("/payment/id");
    count(&n.waiter, second, 11_250);
    on(&n.waiter, second, "close", json!({})).ok();
    n.house.clock.advance_ms(1000);
    let third = open(&n.waiter, "staff");
    let right = n.manager.post(&format!("/payments/{card_in_truth_cash}/correct"));
    right.body(json!({"tender_id": cash})).created();
    assert_eq!((expected(&n, second), expected(&n, third)), (11_250, 10_000));
    assert_eq!(seen(&n, second).int("/over_short"), 0);
    assert_eq!(tenders(&n, "2026-11-20", "cash"), json!([2500, 1250, 0]));
}

/// What a file of before the step says of it is found again, to the cent.
#[test]
fn a_file_from_before_counts_were_kept_is_understood() {
    let mut n = Night::new();
    let (card, cash) = (tender(&n, "card"), tender(&n, "cash"));
    let open_order = n.order(&[(n.carbonara, 2)]);
    let first = open_order.post("/payments", json!({"tender": "cash", "amount": 1000})).created().int("/payment/id");
    let back = |body: Value| n.manager.post(&format!("/payments/{first}/refunds")).body(body).created();
    back(json!({"amount": 300, "reason": "too much"}));
    let right = n.manager.post(&format!("/payments/{first}/correct")).body(json!({"tender_id": card}));
    let stands = right.created().int("/payment/id");
    n.manager.post(&format!("/payments/{stands}/refunds")).body(json!({"amount": 100, "reason": "x"})).created();
    let purse = open(&n.waiter, "staff");
    let wrong = paid(&n, json!({"tender": "cash"})).int("/payment/id");
    paid(&n, json!({"tender": "cash"}));
    on(&n.waiter, purse, "drop", json!({"amount": 2000})).created();
    count(&n.waiter, purse, 9_240);
    on(&n.waiter, purse, "close", json!({})).ok();
    n.manager.post(&format!("/payments/{wrong}/correct")).body(json!({"tender_id": card})).created();
    on(&n.manager, purse, "paid-out", json!({"amount": 10, "reason": "toll"})).created();
    assert_eq!(tenders(&n, "2026-11-20", "cash"), json!([1250, 1250, 0]));
    assert!(cash > 0);
    n.house.stop();
    let before = "delete from adjustments where kind = 'reversal'; alter table cash_counts drop column counted";
    let step = comanda::store::STEPS.iter().find(|step| step.name.ends_with("_paid_back")).unwrap();
    let (status, text) = said(&changed(&n, &format!("{before}; {}", step.sql)), &[]);
    assert_eq!(status, Some(0), "{text}");
    let (status, text) = said(&changed(&n, "update adjustments set amount = 1 where kind = 'reversal'"), &[]);
    assert!(status == Some(1) && text.contains("adjustments"), "{text}");
    let (status, text) = said(&changed(&n, "update cash_counts set counted = 5"), &[]);
    assert!(status == Some(1) && text.contains("cash_counts 2026-11-20: counted is 5, recomputed 1250"), "{text}");
}

/// What the report of tenders says of a kind: expected, counted and over or short; null where it has no row.
#[track_caller]
fn tenders(n: &Night, date: &str, kind: &str) -> Value {
    let report = n.house.sign_in("manager").get(&format!("/reports/tenders?from={date}&to={date}")).ok();
    let row = report.list("/rows").iter().find(|row| row["kind"] == kind).cloned();
    let row = if kind == "all" { Some(report.at("/totals").clone()) } else { row };
    row.map_or(Value::Null, |row| json!([row["expected"], row["counted"], row["over_short"]]))
}

/// Only what was counted is counted: not what lies in a drawer that is open, nor in none.
#[test]
fn the_report_of_tenders_says_what_was_counted() {
    let n = Night::new();
    let friday = "2026-11-20";
    let purse = open(&n.waiter, "staff");
    let cashier = n.house.as_("cashier");
    open(&cashier, "device");
    paid(&n, json!({"tender": "cash"}));
    assert_eq!(tenders(&n, friday, "cash"), json!([1250, null, null]));
    let line = json!({"kind": "takeaway", "lines": [{"variant_id": n.carbonara, "quantity": 1}]});
    let other = cashier.post("/orders").body(line).created();
    let path = format!("/orders/{}/payments", other.id());
    cashier.post(&path).if_match(&other.etag()).body(json!({"tender": "cash"})).created();
    // Out of the purse by slips: it is taken, not missing.
    for (call, body) in [("paid-out", json!({"amount": 300, "reason": "baker"})), ("drop", json!({"amount": 5000}))] {
        on(&n.waiter, purse, call, body).created();
    }
    count(&n.waiter, purse, 5940);
    on(&n.waiter, purse, "close", json!({})).ok();
    // 12.50 were sold out of it, and 10 cents are missing; the 12.50 of the till nobody counted.
    assert_eq!(tenders(&n, friday, "cash"), json!([2500, 1240, -10]));
    assert_eq!(tenders(&n, friday, "all"), json!([2500, 1240, -10]));
    // A slip turns up on a day without any cash.
    let saturday = "2026-11-21";
    n.house.at("2026-11-21T18:00:00+01:00");
    assert_eq!(tenders(&n, saturday, "cash"), json!(null));
    let late = json!({"amount": 10, "reason": "toll"});
    on(&n.house.sign_in("manager"), purse, "paid-out", late).created();
    assert_eq!(tenders(&n, saturday, "cash"), json!([0, 10, 10]));
    assert_eq!(tenders(&n, saturday, "all"), json!([0, 10, 10]));
    assert_eq!(tenders(&n, friday, "all"), json!([2500, 1240, -10]));
}

#[test]
fn what_people_do_has_its_reason_and_can_be_taken_back() {
    let n = Night::new();
    let cashier = n.house.as_("cashier");
    let till = open(&cashier, "device");
    let walter = n.house.person("waiter").staff_id;
    let book = |call: &str, body: Value| on(&cashier, till, call, body).created();
    let paid_in = book("paid-in", json!({"amount": 5000, "reason": "change"}));
    assert_eq!((expected(&n, till), paid_in.at("/drawer/expected")), (15_000, &Value::Null));
    let baker = book("paid-out", json!({"amount": 1800, "reason": "baker"}));
    assert_eq!((baker.int("/event/amount"), expected(&n, till)), (-1800, 13_200));
    book("drop", json!({"amount": 8000}));
    assert_eq!(expected(&n, till), 5200);
    let tips = book("tip-out", json!({"amount": 700, "staff_id": walter}));
    assert_eq!((tips.int("/event/for_staff_id"), expected(&n, till)), (walter, 4500));
    assert_eq!(book("no-sale", json!({"reason": "change for a guest"})).int("/event/amount"), 0);

    let reverse = |event: i64| on(&cashier, till, &format!("events/{event}/reverse"), json!({"reason": "slip"}));
    let slip = baker.int("/event/id");
    let back = reverse(slip).created();
    assert_eq!((back.int("/event/reverses"), back.int("/event/amount"), expected(&n, till)), (slip, 1800, 6300));
    // Both stay.
    let shown = seen(&n, till);
    assert_eq!((kind(shown.json(), "paid_out"), shown.list("/events").len()), (0, 6));
    assert_eq!(shown.list("/events")[1]["reversed_by"], back.int("/event/id"));
    for (event, why) in [(slip, "again"), (back.int("/event/id"), "itself")] {
        assert_eq!(reverse(event).refused("not_reversible").str("/code"), "not_reversible", "{why}");
    }
    let no_sale = shown.list("/events")[4]["id"].as_i64().unwrap();
    reverse(no_sale).refused("not_reversible");
    reverse(9999).refused("not_found");
    let kinds: Vec<_> = n.records("drawer.moved").iter().map(|r| r["payload"]["kind"].clone()).collect();
    assert_eq!(kinds, ["paid_in", "paid_out", "drop", "tip_paid_out", "no_sale", "paid_out"]);

    for (call, body, pointer, code) in [
        ("paid-in", json!({"amount": 0, "reason": "x"}), "/amount", "out_of_range"),
        ("paid-out", json!({"amount": -5, "reason": "x"}), "/amount", "out_of_range"),
        ("drop", json!({"amount": 1.5}), "/amount", "wrong_type"),
        ("drop", json!({"amount": 5, "note": "x"}), "/note", "unknown_field"),
        ("tip-out", json!({"amount": 5, "staff_id": 99}), "/staff_id", "unknown"),
        ("count", json!({"denominations": [{"value": 0, "count": 1}]}), "/denominations/0/value", "out_of_range"),
        ("count", json!({"denominations": [{"value": 5, "count": -1}]}), "/denominations/0/count", "out_of_range"),
        (
            "count",
            json!({"denominations": [{"value": 5, "count": 1}, {"value": 5, "count": 2}]}),
            "/denominations/1/value",
            "duplicate",
        ),
        ("handover", json!({"to_staff_id": 99}), "/to_staff_id", "unknown"),
        ("handover", json!({"to_staff_id": walter, "pin": "x"}), "/pin", "bad_format"),
    ] {
        on(&cashier, till, call, body).refused("invalid").at_fault(pointer, code);
    }
    for call in ["paid-in", "paid-out"] {
        on(&cashier, till, call, json!({"amount": 100, "reason": "  "})).refused("reason_needed");
    }
    on(&cashier, till, "no-sale", json!({})).refused("reason_needed");
    on(&cashier, till, "paid-in", json!({"amount": 1_000_000_000_000_i64, "reason": "x"})).refused("amount_too_large");
    on(&cashier, 99, "drop", json!({"amount": 100})).refused("not_found");
    assert_eq!(expected(&n, till), 6300);
}

#[test]
fn accounts_paid_and_given_back_in_cash_go_through_it_too() {
    let n = Night::new();
    let (purse, till) = (open(&n.waiter, "staff"), open(&n.manager, "device"));
    let house = json!({"kind": "house", "name": "Studio Bianchi", "limit": 10_000});
    let house = n.manager.post("/accounts").body(house).created().id();
    let charged = json!({"tender": "house_account", "account_id": house});
    n.order(&[(n.carbonara, 2)]).post("/payments", charged).created();
    let paid = json!({"tender": "cash", "amount": 2000, "tendered": 5000});
    n.waiter.post(&format!("/accounts/{house}/payments")).body(paid).created();
    assert_eq!((expected(&n, purse), expected(&n, till)), (12_000, 10_000));
    // A deposit is given back by what brought it, out of the drawer of whoever gives it.
    let deposit = json!({"name": "Deposit", "category_id": n.food, "tax_class": 1, "counts_as": "deposit",
        "variants": [{"name": "one", "price": 3000}]});
    let deposit = n.manager.post("/items").body(deposit).created().int("/variants/0/id");
    let order = json!({"kind": "dine_in", "customer": {"name": "Anna Rossi"},
        "lines": [{"variant_id": deposit, "quantity": 1}]});
    let order = n.open(order);
    let paid = order.post("/payments", json!({"tender": "cash"})).created();
    let deposit = paid.int("/order/checks/0/loaded/0/id");
    let back = json!({"amount": 500, "reason": "fewer guests"});
    n.manager.post(&format!("/accounts/{deposit}/refunds")).body(back).created();
    assert_eq!((expected(&n, purse), expected(&n, till)), (15_000, 9_500));
    let x = x(&n);
    told(&x, purse);
    assert_eq!((x.int("/cash/in_drawers"), x.int("/cash/without_drawer")), (4500, 0));
}

#[test]
fn a_count_is_blind_and_closes_what_it_counted() {
    let n = Night::new();
    let purse = open(&n.waiter, "staff");
    paid(&n, json!({"tender": "cash"}));
    on(&n.waiter, purse, "close", json!({})).refused("count_needed");
    let blind = n.waiter.get(&format!("/drawers/{purse}")).ok();
    let listed = n.waiter.get("/drawers?state=open").ok();
    let counted = count(&n.waiter, purse, 11_200);
    for (what, at) in [(&blind, ""), (&listed, "/items/0"), (&counted, "")] {
        assert_eq!(
            (what.at(&format!("{at}/expected")), what.at(&format!("{at}/over_short"))),
            (&Value::Null, &Value::Null)
        );
        assert!(!what.text().contains("1250"), "{}", what.text());
    }
    assert_eq!(blind.at("/kinds"), &Value::Null);
    assert_eq!(counted.int("/count/counted"), 11_200);
    // A manager who counts is not told either, and may look.
    assert_eq!(count(&n.manager, purse, 11_200).at("/over_short"), &Value::Null);
    assert_eq!(seen(&n, purse).int("/over_short"), -50);
    let short = |day: &Answer| (told(day, purse)["counted"].clone(), told(day, purse)["over_short"].clone());
    assert_eq!(short(&x(&n)), (json!(11_200), json!(-50)));
    // What is sold meanwhile was not counted: nobody knows what it is over or short until it is counted anew.
    paid(&n, json!({"tender": "cash"}));
    assert_eq!((expected(&n, purse), seen(&n, purse).at("/over_short")), (12_500, &Value::Null));
    assert_eq!(short(&x(&n)), (json!(11_200), Value::Null));
    on(&n.waiter, purse, "close", json!({})).refused("count_needed");
    count(&n.waiter, purse, 12_000);
    count(&n.waiter, purse, 12_530);
    let closed = on(&n.waiter, purse, "close", json!({})).ok();
    assert_eq!(
        (closed.str("/state"), closed.int("/expected"), closed.int("/count/counted"), closed.int("/over_short")),
        ("closed", 12_500, 12_530, 30)
    );
    assert_eq!(closed.list("/denominations").len(), 2);
    assert_eq!(n.waiter.get(&format!("/drawers/{purse}")).ok().int("/over_short"), 30);
    for call in ["close", "count", "no-sale", "handover"] {
        let body = match call {
            "count" => json!({"denominations": []}),
            "no-sale" => json!({"reason": "x"}),
            "handover" => json!({"to_staff_id": n.house.person("cashier").staff_id, "pin": PIN}),
            _ => json!({}),
        };
        assert_eq!(on(&n.manager, purse, call, body).refused("drawer_closed").str("/state"), "closed", "{call}");
    }
    // The next cash goes nowhere, and the next purse is another.
    assert_eq!(paid(&n, json!({"tender": "cash"})).at("/payment/drawer_id"), &Value::Null);
    assert_ne!(open(&n.waiter, "staff"), purse);
    // The last 12.50 lie in no drawer, and nobody counted them.
    assert_eq!(tenders(&n, "2026-11-20", "cash"), json!([3750, 2530, 30]));
}

#[test]
fn a_drawer_is_handed_over_with_what_was_counted() {
    let n = Night::new();
    let (carlo, walter) = (n.house.person("cashier").staff_id, n.house.person("waiter").staff_id);
    let purse = open(&n.waiter, "staff");
    paid(&n, json!({"tender": "cash"}));
    let hand = |by: &Client, drawer: i64, mut body: Value| {
        body["pin"] = PIN.into();
        on(by, drawer, "handover", body)
    };
    let found = |total: i64| json!([{"value": 10, "count": total / 10}]);
    hand(&n.waiter, purse, json!({"to_staff_id": carlo})).refused("count_needed");
    hand(&n.waiter, purse, json!({"to_staff_id": walter})).refused("invalid").at_fault("/to_staff_id", "conflict");
    count(&n.waiter, purse, 11_230);
    hand(&n.waiter, purse, json!({"to_staff_id": carlo, "counts": found(11_240)})).refused("counts_differ");
    let over = hand(&n.waiter, purse, json!({"to_staff_id": carlo, "counts": found(11_230)})).created();
    assert_eq!(
        (over.str("/from/state"), over.int("/from/over_short"), over.int("/from/count/counted")),
        ("handed_over", -20, 11_230)
    );
    let next = over.int("/to/id");
    assert_eq!(
        (over.int("/to/staff_id"), over.int("/to/float"), over.int("/to/from_drawer_id")),
        (carlo, 11_230, purse)
    );
    assert_eq!(seen(&n, purse).int("/to_drawer_id"), next);
    // Who has one already takes no second.
    let mine = open(&n.waiter, "staff");
    count(&n.waiter, mine, 10_000);
    let refused = hand(&n.waiter, mine, json!({"to_staff_id": carlo})).refused("drawer_open");
    assert_eq!(refused.int("/drawer_id"), next);
    // A till's stays the till's; without `counts` the one count holds.
    let cashier = n.house.as_("cashier");
    let till = open(&cashier, "device");
    count(&cashier, till, 10_000);
    let over = hand(&cashier, till, json!({"to_staff_id": walter})).created();
    assert_eq!((over.str("/to/owner"), over.int("/to/device_id")), ("device", n.house.person("cashier").device_id));
    assert_eq!((over.int("/to/opened_by"), over.int("/to/float")), (walter, 10_000));
    told(&x(&n), purse);
}

#[test]
fn nobody_takes_a_drawer_over_unasked() {
    let n = Night::new();
    let (carlo, walter) = (n.house.person("cashier").staff_id, n.house.person("waiter").staff_id);
    let purse = open(&n.waiter, "staff");
    count(&n.waiter, purse, 10_000);
    let hand = |by: &Client, drawer: i64, body: Value| on(by, drawer, "handover", body);
    for by in [&n.waiter, &n.manager] {
        let unasked = hand(by, purse, json!({"to_staff_id": carlo})).refused("invalid");
        unasked.at_fault("/pin", "required");
        hand(by, purse, json!({"to_staff_id": carlo, "pin": "9999"})).refused("pin_wrong");
    }
    assert_eq!(seen(&n, purse).str("/state"), "open");
    // Somebody else's drawer is still not the cashier's to take.
    hand(&n.house.as_("cashier"), purse, json!({"to_staff_id": carlo})).refused("forbidden");
    let give = || hand(&n.waiter, purse, json!({"to_staff_id": carlo, "pin": PIN})).key("once").created();
    let given = give();
    assert_eq!((give().at(""), given.int("/to/staff_id")), (given.at(""), carlo));
    // Who takes over the drawer of the till they stand at types nothing.
    let till = open(&n.waiter, "device");
    count(&n.waiter, till, 10_000);
    assert_eq!(hand(&n.waiter, till, json!({"to_staff_id": walter})).created().int("/to/opened_by"), walter);
}

#[test]
fn who_holds_the_till_counts_blind() {
    let n = Night::new();
    let cashier = n.house.as_("cashier");
    let till = open(&cashier, "device");
    let order = cashier
        .post("/orders")
        .body(json!({"kind": "takeaway", "lines": [{"variant_id": n.carbonara, "quantity": 1}]}));
    let order = order.created().id();
    let pay = cashier.post(&format!("/orders/{order}/payments")).if_match("*");
    pay.body(json!({"tender": "cash", "tendered": 2000})).created();
    let own = || cashier.get(&format!("/drawers/{till}")).ok();
    let hidden = |answer: &Answer, at: &str| {
        for field in ["expected", "over_short", "kinds", "tendered", "change_given"] {
            assert_eq!(answer.at(&format!("{at}/{field}")), &Value::Null, "{field}");
        }
    };
    let x_of = |by: &Client| by.get("/business-day").ok();
    hidden(&own(), "");
    hidden(&x_of(&cashier), "/drawers/0");
    assert_eq!((x_of(&cashier).at("/cash"), x_of(&cashier).at("/drawers/0/start")), (&Value::Null, &Value::Null));
    count(&cashier, till, 11_250);
    hidden(&own(), "");
    hidden(&x_of(&cashier), "/drawers/0");
    // Who may see reports sees it, whoever asked before.
    for role in ["manager", "auditor"] {
        let x = x_of(&n.house.as_(role));
        let seen = told(&x, till);
        let figures = ["expected", "over_short", "tendered", "change_given"].map(|field| seen[field].as_i64());
        assert_eq!(figures, [Some(11_250), Some(0), Some(2000), Some(750)], "{role}");
        assert_eq!(x.int("/cash/in_drawers"), 1250);
    }
    let whole = seen(&n, till);
    assert_eq!((whole.int("/tendered"), whole.int("/change_given")), (2000, 750));
    // Closed, it is told.
    let closed = on(&cashier, till, "close", json!({})).ok();
    assert_eq!((closed.int("/expected"), closed.int("/over_short"), closed.int("/change_given")), (11_250, 0, 750));
    assert_eq!((x_of(&cashier).int("/drawers/0/expected"), x_of(&cashier).int("/cash/in_drawers")), (11_250, 1250));
    let z = n.manager.post("/business-day/close").body(json!({})).ok();
    let of_till = told(&z, till);
    assert_eq!((&of_till["tendered"], &of_till["change_given"]), (&json!(2000), &json!(750)));
    assert_eq!(kind(&of_till, "cash_sale"), 1250);
}

#[test]
fn tips_handed_out_stand_beside_tips() {
    let mut n = Night::new();
    let (carlo, walter) = (n.house.person("cashier").staff_id, n.house.person("waiter").staff_id);
    let purse = open(&n.waiter, "staff");
    paid(&n, json!({"tender": "card", "tip": 900}));
    let out = |amount: i64, staff: i64| {
        on(&n.waiter, purse, "tip-out", json!({"amount": amount, "staff_id": staff})).created().int("/event/id")
    };
    out(500, walter);
    let slip = out(300, walter);
    out(200, carlo);
    on(&n.waiter, purse, &format!("events/{slip}/reverse"), json!({})).created();
    let report = n.manager.get("/reports/tips?from=2026-11-20&to=2026-11-20").ok();
    let of = |row: &Value| ["net", "paid_out", "owed"].map(|field| row[field].as_i64().unwrap());
    let rows: Vec<_> = report.list("/rows").iter().map(|row| (row["staff_id"].as_i64().unwrap(), of(row))).collect();
    assert_eq!(rows, [(walter, [900, 500, 400]), (carlo, [0, 200, -200])]);
    assert_eq!(of(report.at("/totals")), [900, 700, 200]);
    let own = n.manager.get("/reports/tip-pool?from=2026-11-20&to=2026-11-20&rule=own").ok();
    assert_eq!(own.list("/rows").len(), 1, "what was handed out is nobody's tip");
    n.house.stop();
    assert_eq!(said(&n.house.db(), &[]).0, Some(0));
    let (status, text) = said(&changed(&n, "update tips_paid_out set amount = 1 where amount = 500"), &[]);
    assert!(status == Some(1) && text.contains("amount is 1, recomputed 500"), "{text}");
}

#[test]
fn one_open_drawer_an_owner() {
    let n = Night::new();
    let till = open(&n.waiter, "device");
    let again = n.waiter.post("/drawers").body(json!({"owner": "device", "float": 0})).refused("drawer_open");
    assert_eq!(again.int("/drawer_id"), till);
    // Twenty at once, on connections of their own.
    let start = Barrier::new(20);
    let open_at_once = || {
        let client = n.house.apart("waiter");
        start.wait();
        client.post("/drawers").body(json!({"owner": "staff", "float": 500})).send().status
    };
    let statuses: Vec<u16> = thread::scope(|scope| {
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(open_at_once)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 19, "{statuses:?}");
    // A retry opens, pays and counts once.
    let purse = n.waiter.get("/drawers?state=open").ok().list("/items")[0]["id"].as_i64().unwrap();
    let pay = || on(&n.waiter, purse, "paid-in", json!({"amount": 100, "reason": "change"})).key("once").created();
    let first = pay();
    assert_eq!((pay().at(""), pay().header("idempotency-replayed")), (first.at(""), "true"));
    assert_eq!(expected(&n, purse), 600);
}

#[test]
fn whose_drawers_one_may_touch() {
    let n = Night::new();
    let cashier = n.house.as_("cashier");
    let (walter, tablet) = (n.house.person("waiter").staff_id, n.house.person("waiter").device_id);
    for body in [
        json!({"owner": "staff", "staff_id": walter, "float": 0}),
        json!({"owner": "device", "device_id": tablet, "float": 0}),
    ] {
        assert_eq!(cashier.post("/drawers").body(body.clone()).refused("forbidden").str("/permission"), "edit_drawers");
        let drawer = n.manager.post("/drawers").body(body).created().id();
        for call in ["paid-in", "paid-out", "drop", "tip-out", "count", "close", "handover"] {
            let body = match call {
                "count" => json!({"denominations": []}),
                "close" => json!({}),
                "handover" => json!({"to_staff_id": walter}),
                "tip-out" => json!({"amount": 5, "staff_id": walter}),
                _ => json!({"amount": 5, "reason": "x"}),
            };
            on(&cashier, drawer, call, body).refused("forbidden");
        }
        on(&n.waiter, drawer, "paid-in", json!({"amount": 5, "reason": "x"})).created();
        let needed = on(&n.waiter, drawer, "no-sale", json!({"reason": "x"})).refused("approval_needed");
        assert_eq!(needed.str("/permission"), "no_sale");
        on(&n.manager, drawer, "no-sale", json!({"reason": "x"})).created();
    }
    for (body, pointer, code) in [
        (json!({"owner": "safe", "float": 0}), "/owner", "unknown_value"),
        (json!({"owner": "staff", "float": -1}), "/float", "out_of_range"),
        (json!({"owner": "staff", "staff_id": 99, "float": 0}), "/staff_id", "unknown"),
        (json!({"owner": "device", "device_id": 99, "float": 0}), "/device_id", "unknown"),
        (json!({"owner": "device", "staff_id": walter, "float": 0}), "/staff_id", "conflict"),
        (json!({"owner": "staff", "device_id": tablet, "float": 0}), "/device_id", "conflict"),
    ] {
        n.manager.post("/drawers").body(body).refused("invalid").at_fault(pointer, code);
    }
    n.waiter.get("/drawers?state=lost").refused("invalid").at_fault("state", "unknown_value");
    assert_eq!(n.waiter.get("/drawers?state=open&limit=1").ok().int("/page/total"), 2);
    assert_eq!(n.waiter.get("/drawers?state=closed").ok().int("/page/total"), 0);
    let cursor = n.waiter.get("/drawers?limit=1").ok();
    let next = n.waiter.get(&format!("/drawers?limit=1&cursor={}", cursor.str("/next_cursor"))).ok();
    assert_eq!((next.list("/items").len(), next.bool("/has_more")), (1, false));
}

#[test]
fn the_day_names_drawers_and_a_forgotten_paid_out_comes_after() {
    let n = Night::new();
    let purse = open(&n.waiter, "staff");
    let till = open(&n.manager, "device");
    paid(&n, json!({"tender": "cash"}));
    let refused = n.manager.post("/business-day/close").body(json!({})).refused("drawers_open");
    let named: Vec<_> =
        refused.list("/drawers").iter().map(|d| (d["id"].as_i64().unwrap(), d["name"].clone())).collect();
    assert_eq!(named, [(purse, json!("Walter")), (till, json!("Mara's till"))]);
    // Somebody paid the baker out of the purse, and nobody wrote it down.
    count(&n.waiter, purse, 9250);
    assert_eq!(on(&n.waiter, purse, "close", json!({})).ok().int("/over_short"), -2000);
    n.manager.post("/business-day/close").body(json!({})).refused("drawers_open");
    let first = n.manager.post("/business-day/close").body(json!({"carry_over": true})).ok();
    let of_purse = told(&first, purse);
    assert_eq!(
        (&of_purse["expected"], &of_purse["counted"], &of_purse["over_short"]),
        (&json!(11_250), &json!(9250), &json!(-2000))
    );
    let of_till = told(&first, till);
    assert_eq!(
        (&of_till["state"], &of_till["expected"], &of_till["counted"]),
        (&json!("open"), &json!(10_000), &Value::Null)
    );
    assert_eq!(n.records("day.closed")[0]["payload"]["drawers"][0]["over_short"], -2000);

    n.house.at("2026-11-21T10:00:00+01:00");
    let manager = n.house.sign_in("manager");
    // Not the waiter's to say.
    let body = json!({"amount": 2000, "reason": "baker, Friday"});
    on(&n.house.sign_in("waiter"), purse, "paid-out", body.clone()).refused("forbidden");
    let late = on(&manager, purse, "paid-out", body).created();
    assert_eq!((late.bool("/event/late"), late.str("/event/business_date")), (true, "2026-11-21"));
    assert_eq!((late.int("/drawer/expected"), late.int("/drawer/over_short")), (9250, 0));
    on(&manager, till, "paid-in", json!({"amount": 300, "reason": "change"})).created();
    count(&manager, till, 10_290);
    on(&manager, till, "close", json!({})).ok();
    let second = manager.post("/business-day/close").body(json!({})).ok();
    let of_purse = told(&second, purse);
    assert_eq!(
        (&of_purse["start"], kind(&of_purse, "paid_out"), kind(&of_purse, "cash_sale")),
        (&json!(11_250), -2000, 0)
    );
    assert_eq!((&of_purse["expected"], &of_purse["over_short"]), (&json!(9250), &json!(0)));
    let of_till = told(&second, till);
    assert_eq!(
        (&of_till["start"], &of_till["expected"], &of_till["over_short"]),
        (&json!(10_000), &json!(10_300), &json!(-10))
    );
    // What was closed stays; the third tells neither.
    assert_eq!(manager.get("/z-reports/1").ok().text(), first.text());
    assert!(manager.get("/business-day").ok().list("/drawers").is_empty());
    let over_short = |date: &str| {
        let report = manager.get(&format!("/reports/tenders?from={date}&to={date}")).ok();
        report
            .list("/rows")
            .iter()
            .find(|row| row["kind"] == "cash")
            .map_or(Value::Null, |row| row["over_short"].clone())
    };
    assert_eq!(over_short("2026-11-20"), -2000);
}

#[test]
fn a_drawer_that_was_tampered_with_is_named() {
    let mut n = Night::new();
    let purse = open(&n.waiter, "staff");
    let taken = paid(&n, json!({"tender": "cash"})).int("/payment/id");
    n.waiter.post(&format!("/payments/{taken}/tip")).body(json!({"amount": 100})).ok();
    let back = n.waiter.post(&format!("/payments/{taken}/refunds")).body(json!({"amount": 50, "reason": "x"}));
    back.refused("approval_needed");
    on(&n.waiter, purse, "paid-out", json!({"amount": 700, "reason": "baker"})).created();
    n.manager.post(&format!("/payments/{taken}/refunds")).body(json!({"amount": 50, "reason": "x"})).created();
    count(&n.waiter, purse, 10_640);
    on(&n.waiter, purse, "close", json!({})).ok();
    n.house.stop();
    let check = |change: &str, expected: &str| {
        let (status, text) = said(&changed(&n, change), &[]);
        assert!(status == Some(1) && text.contains(expected), "{change}: {text}");
    };
    assert_eq!(said(&n.house.db(), &[]).0, Some(0));
    check(
        "update drawer_sums set amount = amount + 1 where kind = 'paid_out'",
        "drawer_sums 1 z 1 paid_out: amount is -699",
    );
    check("update drawer_sums set n = 9 where kind = 'cash_sale'", "drawer_sums 1 z 1 cash_sale: n is 9, recomputed 2");
    check("update drawers set over_short = 0", "drawers 1: over_short is 0, recomputed -10");
    check("update drawers set counted = 10650, over_short = 0", "drawers 1: counted is 10650, recomputed 10640");
    check("update cash_counts set over_short = 5", "cash_counts 2026-11-20: over_short is 5, recomputed -10");
    check(
        "update drawer_events set amount = -600 where kind = 'paid_out'",
        "drawer_events 3: amount is -600, recomputed -700",
    );
    check(
        "update drawer_events set amount = 1200 where payment_id is not null",
        "drawer_events 1: amount is 1200, recomputed 1250",
    );
    check(
        "update drawer_events set z_number = 2 where tip_id is not null",
        "drawer_events 2: z_number is 2, recomputed 1",
    );
    check("delete from drawer_events where tip_id is not null", "drawer_events of payment_tips 1: row is missing");
    check("update payments set drawer_id = null", "drawer_events 1: drawer_id is 1, recomputed 0");
    check("delete from drawer_events where kind = 'paid_out'", "drawer_events 3: row is missing, recomputed -700");
    check(
        "insert into drawer_events (drawer_id, kind, amount, z_number, business_date, at_ms) values (1, 'paid_out', -5, 1, '2026-11-20', 0)",
        "record in the journal is missing",
    );
}

/// Sales, tips, corrections, refunds, what people do, counts, closings, handovers and Zs in any order, each
/// done or refused: every X adds up, and afterwards everything kept is what it was made from.
#[test]
fn whatever_is_done_the_cash_adds_up() {
    let n = Night::new();
    let tenders = ["cash", "card", "other"].map(|kind| tender(&n, kind));
    let staff = ["waiter", "cashier", "manager"].map(|role| n.house.person(role).staff_id);
    let people = ["waiter", "cashier", "manager"].map(|role| n.house.as_(role));
    // Numbers that look random and are the same each time.
    let mut seed = 20_261_127_u64;
    let mut dice = |sides: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((seed >> 33) % sides as u64).unwrap()
    };
    let (mut done, mut payments, mut drawers, mut events) = ([0; 10], vec![1], vec![1], vec![(1, 1)]);
    for step in 0..400 {
        let what = [0, 0, 0, 1, 1, 2, 3, 3, 4, 4, 4, 5, 6, 6, 7, 8, 9][dice(17)];
        let by = &people[dice(3)];
        let (payment, drawer) = (payments[dice(payments.len())], drawers[dice(drawers.len())]);
        let amount = 1 + dice(2000);
        let notes = json!([{"value": 100, "count": dice(150)}, {"value": 1, "count": dice(9)}]);
        let answer = match what {
            0 => {
                let (owner, float) = (["device", "staff"][dice(2)], dice(20_000));
                if dice(4) == 0 {
                    by.post("/drawers").body(json!({"owner": owner, "float": float})).send()
                } else {
                    let order = n.order(&[(n.carbonara, 1)]);
                    let body = json!({"tender_id": tenders[dice(2)], "tip": dice(3) * 50});
                    by.post(&order.path("/payments")).if_match("*").body(body).send()
                }
            }
            1 => by.post(&format!("/payments/{payment}/tip")).body(json!({"amount": dice(8) * 25})).send(),
            2 => {
                let body = json!({"tender_id": tenders[dice(3)]});
                n.manager.post(&format!("/payments/{payment}/correct")).body(body).send()
            }
            3 => {
                let body = json!({"amount": 1 + dice(400), "tender_id": tenders[dice(2)], "reason": "cold"});
                n.manager.post(&format!("/payments/{payment}/refunds")).body(body).send()
            }
            4 => {
                let call = ["paid-in", "paid-out", "drop"][dice(3)];
                on(by, drawer, call, json!({"amount": amount, "reason": "x"})).send()
            }
            5 => on(by, drawer, "tip-out", json!({"amount": amount, "staff_id": staff[dice(3)]})).send(),
            6 => {
                let (drawer, event) = events[dice(events.len())];
                on(&n.manager, drawer, &format!("events/{event}/reverse"), json!({})).send()
            }
            7 => {
                let newest = drawers[drawers.len() - 1];
                let body = json!({"to_staff_id": staff[dice(3)], "pin": PIN, "counts": notes});
                on(&n.manager, newest, "handover", body).send()
            }
            8 => {
                count_if_open(&n.manager, drawer, &notes);
                on(&n.manager, drawer, "close", json!({})).send()
            }
            _ => n.manager.post("/business-day/close").body(json!({"carry_over": true})).send(),
        };
        assert!(answer.status < 500, "{step} {what}: {}", answer.text());
        if answer.status >= 300 {
            continue;
        }
        done[what] += 1;
        let json = answer.json();
        payments.extend(json["payment"]["id"].as_i64());
        drawers.extend(json["to"]["id"].as_i64());
        if what == 0 && json["float"].is_i64() {
            drawers.push(answer.id());
        }
        events.extend(json["event"]["id"].as_i64().map(|event| (drawer, event)));
        let x = n.manager.get("/business-day").ok();
        adds_up(&x);
    }
    assert!(done.iter().all(|count| *count >= 3), "{done:?}");
}

fn count_if_open(by: &Client, drawer: i64, notes: &Value) {
    let counted = on(by, drawer, "count", json!({"denominations": notes})).send();
    assert!(matches!(counted.status, 200 | 404 | 409), "{}", counted.text());
}
