//! What is changed about a payment after it was taken: its tip, its tender. Neither moves a sale, nor a
//! day that was closed.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::orders::Night;
use crate::upkeep::{changed, said};

/// 12.50, paid by the waiter.
#[track_caller]
fn paid(n: &Night, body: Value) -> Answer {
    n.order(&[(n.carbonara, 1)]).post("/payments", body).created()
}

fn payment(of: &Answer) -> i64 {
    of.int("/payment/id")
}

#[track_caller]
fn tip(by: &Client, payment: i64, body: Value) -> Answer {
    let told = by.post(&format!("/payments/{payment}/tip")).body(body).ok();
    conserves(&told);
    told
}

#[track_caller]
fn correct(by: &Client, payment: i64, tender: i64) -> Answer {
    let told = by.post(&format!("/payments/{payment}/correct")).body(json!({"tender_id": tender})).created();
    conserves(&told);
    told
}

/// That every payment of the answer adds up, and that the order is shown as it was answered.
#[track_caller]
fn conserves(told: &Answer) {
    assert_eq!(told.int("/change"), 0);
    for payment in told.list("/order/checks/0/payments") {
        let of = |name: &str| payment[name].as_i64().unwrap();
        assert_eq!(
            of("tendered") - of("change"),
            of("amount") + of("rounding") + of("tip") + of("excess"),
            "{payment}"
        );
    }
}

/// The id of the first tender of a kind.
#[track_caller]
fn tender(n: &Night, kind: &str) -> i64 {
    let tenders = n.house.sign_in("manager").get("/tenders?limit=100").ok();
    let found = tenders.list("/items").iter().find(|tender| tender["kind"] == kind).cloned();
    found.unwrap_or_else(|| panic!("no {kind}: {}", tenders.text()))["id"].as_i64().unwrap()
}

/// A figure of the sales of a day, whose identity holds: payments kept = gross + service charges + tips +
/// rounding + not sales + excess + what is held more.
#[track_caller]
fn day(by: &Client, date: &str, figure: &str) -> i64 {
    let report = by.get(&format!("/reports/sales?from={date}&to={date}")).ok();
    let of = |name: &str| report.int(&format!("/totals/{name}"));
    let sums = ["gross", "service_charges", "tips", "rounding", "not_sales", "excess"].map(of);
    assert_eq!(of("payments_kept"), sums.iter().sum::<i64>() + of("held_end") - of("held_start"), "{}", report.text());
    of(figure)
}

/// A kind's payments, kept, tips and refunds paid on a day; nothing where it has no row.
#[track_caller]
fn taken(by: &Client, date: &str, kind: &str) -> [i64; 4] {
    let report = by.get(&format!("/reports/tenders?from={date}&to={date}")).ok();
    let row = report.list("/rows").iter().find(|row| row["kind"] == kind).cloned();
    ["payments", "kept", "tips", "refunds_paid"].map(|of| row.as_ref().map_or(0, |row| row[of].as_i64().unwrap()))
}

/// Whose tips came to what on a day, less what went back.
#[track_caller]
fn tips(by: &Client, date: &str) -> Vec<(i64, i64)> {
    let report = by.get(&format!("/reports/tips?from={date}&to={date}")).ok();
    let row = |row: &Value| (row["staff_id"].as_i64().unwrap(), row["net"].as_i64().unwrap());
    let mut rows: Vec<_> = report.list("/rows").iter().map(row).collect();
    rows.retain(|(_, net)| *net != 0);
    rows.sort_unstable();
    rows
}

const FRIDAY: &str = "2026-11-20";
const SATURDAY: &str = "2026-11-21";

#[test]
fn a_tip_is_added_changed_and_taken_off() {
    let n = Night::new();
    let (waiter, cashier) = (n.house.person("waiter").staff_id, n.house.person("cashier").staff_id);
    let paid = paid(&n, json!({"tender": "card"}));
    let (id, order) = (payment(&paid), paid.int("/order/id"));
    let receipt = format!("/receipts/{}", paid.int("/order/checks/0/receipt_id"));
    let issued = n.waiter.get(&receipt).ok().text();

    let told = tip(&n.waiter, id, json!({"amount": 300}));
    assert_eq!((told.int("/payment/id"), told.int("/payment/tip"), told.int("/payment/tendered")), (id, 300, 1550));
    assert_eq!((told.int("/order/checks/0/tip_total"), told.int("/order/total")), (300, 1250));
    assert_eq!(told.int("/order/version"), paid.int("/order/version") + 1);
    let shown = n.waiter.get(&format!("/orders/{order}")).ok();
    assert_eq!((shown.at(""), shown.etag()), (told.at("/order"), told.etag()));
    // Nobody was named: it is whoever's who took the payment.
    assert_eq!(tips(&n.manager, FRIDAY), [(waiter, 300)]);
    assert_eq!(taken(&n.manager, FRIDAY, "card"), [1, 1550, 300, 0]);
    assert_eq!((day(&n.manager, FRIDAY, "tips"), day(&n.manager, FRIDAY, "gross")), (300, 1250));
    let x = n.manager.get("/business-day").ok();
    assert_eq!((x.int("/totals/tips"), x.int("/tenders/0/kept"), x.int("/totals/gross")), (300, 1550, 1250));

    tip(&n.waiter, id, json!({"amount": 200}));
    let told = tip(&n.waiter, id, json!({"amount": 250, "staff_id": cashier}));
    assert_eq!((told.int("/payment/tip"), told.int("/payment/tip_staff_id")), (250, cashier));
    assert_eq!(tips(&n.manager, FRIDAY), [(cashier, 250)]);
    // What is so already is answered and not written.
    let again = tip(&n.waiter, id, json!({"amount": 250}));
    assert_eq!((again.at("/order"), again.etag()), (told.at("/order"), told.etag()));
    let records: Vec<_> = n.records("tip.changed").iter().map(|record| record["payload"].clone()).collect();
    let amounts: Vec<_> = records.iter().map(|told| [&told["taken"], &told["given"]].map(Value::as_i64)).collect();
    assert_eq!(amounts, [[Some(0), Some(300)], [Some(100), Some(0)], [Some(200), Some(250)]]);
    assert_eq!((&records[2]["payment"], &records[2]["taken_from"]), (&json!(id), &json!(waiter)));

    assert_eq!(tip(&n.waiter, id, json!({"amount": 0})).int("/order/checks/0/tip_total"), 0);
    assert_eq!(taken(&n.manager, FRIDAY, "card"), [1, 1250, 0, 0]);
    // A receipt stays as it was issued.
    assert_eq!(n.waiter.get(&receipt).ok().text(), issued);
}

#[test]
fn a_tip_on_an_open_check_stands_in_nobodys_way() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2)]);
    let first = order.post("/payments", json!({"tender": "card", "amount": 1000})).created();
    let seen = first.etag();
    let told = tip(&n.waiter, payment(&first), json!({"amount": 150}));
    assert_eq!((told.int("/order/due"), told.int("/order/paid")), (1500, 1000));
    // Another terminal pays by what it saw before.
    let rest = n.waiter.post(&order.path("/payments")).if_match(&seen).body(json!({"tender": "cash"})).created();
    assert_eq!((rest.str("/order/state"), rest.int("/order/checks/0/tip_total")), ("paid", 150));
    let receipt = n.waiter.get(&order.path("/receipt")).ok();
    assert_eq!((receipt.int("/payments/0/tip"), receipt.int("/payments/0/tendered")), (150, 1150));
    assert_eq!((day(&n.manager, FRIDAY, "tips"), day(&n.manager, FRIDAY, "payments_kept")), (150, 2650));
}

#[test]
fn a_tip_after_the_z_enters_the_next() {
    let n = Night::new();
    let id = payment(&paid(&n, json!({"tender": "card", "tip": 100})));
    let z = n.manager.post("/business-day/close").ok();
    assert_eq!((z.int("/number"), z.int("/totals/tips")), (1, 100));
    // The same evening, and the next day.
    tip(&n.waiter, id, json!({"amount": 300}));
    let x = n.manager.get("/business-day").ok();
    assert_eq!((x.int("/number"), x.int("/totals/tips"), x.int("/tenders/0/kept")), (2, 200, 200));
    let second = n.manager.post("/business-day/close").ok();
    assert_eq!(
        (second.int("/totals/tips"), second.int("/totals/gross"), second.int("/perpetual_total")),
        (200, 0, 1250)
    );
    n.house.at("2026-11-21T18:00:00+01:00");
    let manager = n.house.sign_in("manager");
    tip(&n.house.sign_in("waiter"), id, json!({"amount": 50}));
    assert_eq!((day(&manager, FRIDAY, "tips"), day(&manager, SATURDAY, "tips")), (300, -250));
    assert_eq!(taken(&manager, SATURDAY, "card"), [0, -250, -250, 0]);
    let third = manager.post("/business-day/close").ok();
    assert_eq!((third.int("/totals/tips"), third.int("/tenders/0/kept")), (-250, -250));
    for closed in [&z, &second] {
        assert_eq!(manager.get(&format!("/z-reports/{}", closed.int("/number"))).ok().text(), closed.text());
    }
}

#[test]
fn which_tips_are_refused() {
    let n = Night::new();
    let id = payment(&paid(&n, json!({"tender": "card", "tip": 200})));
    let ask = |payment: i64, body: Value| n.waiter.post(&format!("/payments/{payment}/tip")).body(body);
    ask(id, json!({"amount": -1})).refused("invalid").at_fault("/amount", "out_of_range");
    ask(id, json!({"amount": 300, "staff_id": 99})).refused("invalid").at_fault("/staff_id", "unknown");
    ask(id, json!({"amount": 300, "tip": 1})).refused("invalid").at_fault("/tip", "unknown_field");
    ask(99, json!({"amount": 300})).refused("not_found");
    // More than the dinner itself: a slip, unless somebody who corrects payments means it.
    let large = ask(id, json!({"amount": 2000})).refused("approval_needed");
    assert_eq!(large.str("/permission"), "correct_payment");
    assert_eq!(tip(&n.manager, id, json!({"amount": 2000})).int("/payment/tip"), 2000);
    tip(&n.waiter, id, json!({"amount": 200}));

    let waits = n.order(&[(n.carbonara, 1)]).post("/payments", json!({"tender": "card", "state": "pending"})).created();
    let unanswered = ask(payment(&waits), json!({"amount": 100})).refused("payment_not_captured");
    assert_eq!(unanswered.str("/state"), "pending");
    n.waiter.post(&format!("/payments/{}/resolve", payment(&waits))).body(json!({"state": "cancelled"})).ok();
    ask(payment(&waits), json!({"amount": 100})).refused("payment_not_captured");

    let refund = |body: Value| n.manager.post(&format!("/payments/{id}/refunds")).body(body).created();
    refund(json!({"tip": 50}));
    ask(id, json!({"amount": 49})).refused("invalid").at_fault("/amount", "out_of_range");
    // What went back was the waiter's; the rest moves.
    let (waiter, cashier) = (n.house.person("waiter").staff_id, n.house.person("cashier").staff_id);
    tip(&n.waiter, id, json!({"amount": 250, "staff_id": cashier}));
    assert_eq!(tips(&n.manager, FRIDAY), [(cashier, 200)]);
    let report = n.manager.get(&format!("/reports/tips?from={FRIDAY}&to={FRIDAY}")).ok();
    let row = report.list("/rows").iter().find(|row| row["staff_id"] == waiter).cloned().unwrap();
    assert_eq!((&row["tips"], &row["refunds"]), (&json!(50), &json!(50)));
    refund(json!({}));
    ask(id, json!({"amount": 300})).refused("payment_given_back");
}

#[test]
fn a_retry_changes_a_tip_once() {
    let n = Night::new();
    let id = payment(&paid(&n, json!({"tender": "card"})));
    let ask = |amount: i64| n.waiter.post(&format!("/payments/{id}/tip")).body(json!({"amount": amount}));
    let first = ask(100).key("tip").ok();
    ask(200).ok();
    let again = ask(100).key("tip").ok();
    assert_eq!((again.at(""), again.header("idempotency-replayed")), (first.at(""), "true"));
    assert_eq!(day(&n.manager, FRIDAY, "tips"), 200);
}

#[test]
fn a_wrong_tender_is_set_right() {
    let n = Night::new();
    let wrong = paid(&n, json!({"tender": "cash", "tendered": 2000, "reference": "till 1", "client_ref": "c-1"}));
    let (id, order) = (payment(&wrong), wrong.int("/order/id"));
    let receipt = format!("/receipts/{}", wrong.int("/order/checks/0/receipt_id"));
    let issued = n.waiter.get(&receipt).ok().text();
    let card = tender(&n, "card");

    let told = correct(&n.manager, id, card);
    let new = payment(&told);
    assert_eq!(
        (told.str("/payment/tender"), told.int("/payment/amount"), told.int("/payment/tendered")),
        ("card", 1250, 1250)
    );
    assert_eq!((told.int("/payment/corrects"), told.int("/order/paid"), told.int("/order/due")), (id, 1250, 0));
    let shown = n.waiter.get(&format!("/orders/{order}")).ok();
    assert_eq!((shown.at(""), shown.etag()), (told.at("/order"), told.etag()));
    let [old, now] = shown.list("/checks/0/payments") else { panic!("{}", shown.text()) };
    assert_eq!((&old["corrected_by"], &old["refunded"], &old["amount"]), (&json!(new), &json!(1250), &json!(1250)));
    assert_eq!((&old["change"], &now["change"]), (&json!(750), &json!(0)));
    // Names of its own stay with the one they came with; who took the money and where, goes along.
    assert_eq!((&now["reference"], &now["client_ref"]), (&Value::Null, &Value::Null));
    assert_eq!((&old["reference"], &old["client_ref"]), (&json!("till 1"), &json!("c-1")));
    assert_eq!((&now["staff_id"], &now["device_id"]), (&old["staff_id"], &old["device_id"]));
    let known = n.order(&[(n.pilsner, 1)]).post("/payments", json!({"tender": "cash", "client_ref": "c-1"}));
    assert_eq!(known.refused("already_exists").int("/payment_id"), id);

    assert_eq!(taken(&n.manager, FRIDAY, "cash"), [0, 0, 0, 0]);
    assert_eq!(taken(&n.manager, FRIDAY, "card"), [1, 1250, 0, 0]);
    let figures = ["gross", "refunds", "payments_kept", "held_end"].map(|of| day(&n.manager, FRIDAY, of));
    assert_eq!(figures, [1250, 0, 1250, 0]);
    assert!(n.manager.get(&format!("/reports/refunds?from={FRIDAY}&to={FRIDAY}")).ok().list("/rows").is_empty());
    assert_eq!(n.waiter.get(&receipt).ok().text(), issued, "a receipt stays as it was issued");
    // The correction has one of its own, which names the sale's and moves no money.
    let paper = n.waiter.get(&format!("/receipts/{}", told.int("/receipt_id"))).ok();
    assert_eq!((paper.str("/kind"), paper.int("/number"), told.int("/receipt_number")), ("correction", 2, 2));
    assert_eq!(paper.int("/original_id"), wrong.int("/order/checks/0/receipt_id"));
    let rows: Vec<_> = paper.list("/payments").iter().map(|p| (p["kind"].clone(), p["tendered"].clone())).collect();
    assert_eq!(rows, [(json!("cash"), json!(-1250)), (json!("card"), json!(1250))]);
    assert_eq!((paper.int("/totals/total"), paper.int("/totals/paid"), paper.list("/lines").len()), (0, 0, 0));
    let record = n.records("payment.corrected")[0]["payload"].clone();
    assert_eq!(record["receipt_number"], 2);
    assert_eq!((&record["payment"], &record["corrects"], &record["from"]), (&json!(new), &json!(id), &json!("cash")));

    // What is done from now on is done to the new one.
    for (call, body) in
        [("refunds", json!({})), ("tip", json!({"amount": 100})), ("correct", json!({"tender_id": card}))]
    {
        let gone = n.manager.post(&format!("/payments/{id}/{call}")).body(body).refused("payment_given_back");
        assert_eq!(gone.int("/corrected_by"), new, "{call}");
    }
    let dish = json!({"lines": [{"line_id": told.int("/order/checks/0/lines/0/id"), "quantity": 1}], "reason": "cold"});
    let back = n.manager.post(&format!("/payments/{new}/refunds")).body(dish).created();
    assert_eq!(
        (back.str("/refund/tender"), back.int("/refund/paid"), back.int("/refund/payment_id")),
        ("card", 1250, new)
    );
    assert_eq!(taken(&n.manager, FRIDAY, "card"), [1, 1250, 0, 1250]);
}

#[test]
fn a_correction_after_the_z_enters_the_next() {
    let n = Night::new();
    let cashier = n.house.person("cashier").staff_id;
    let wrong = paid(&n, json!({"tender": "card", "tip": 150, "tip_staff_id": cashier}));
    let z = n.manager.post("/business-day/close").ok();
    n.house.at("2026-11-21T18:00:00+01:00");
    let manager = n.house.sign_in("manager");
    let cash = tender(&n, "cash");
    let once = correct(&manager, payment(&wrong), cash);
    assert_eq!((once.int("/payment/tip"), once.int("/payment/tip_staff_id")), (150, cashier));
    assert_eq!(once.int("/order/checks/0/tip_total"), 150);
    assert_eq!(once.str("/order/checks/0/closed_business_date"), FRIDAY);
    assert_eq!((taken(&manager, FRIDAY, "card"), taken(&manager, FRIDAY, "cash")), ([1, 1400, 150, 0], [0; 4]));
    assert_eq!(
        (taken(&manager, SATURDAY, "card"), taken(&manager, SATURDAY, "cash")),
        ([-1, -1400, -150, 0], [1, 1400, 150, 0])
    );
    assert_eq!((tips(&manager, FRIDAY), tips(&manager, SATURDAY)), (vec![(cashier, 150)], vec![]));
    let figures = ["gross", "refunds", "payments_kept", "tips", "held_end"].map(|of| day(&manager, SATURDAY, of));
    assert_eq!((figures, day(&manager, FRIDAY, "payments_kept")), ([0; 5], 1400));
    let second = manager.post("/business-day/close").ok();
    let kept = |kind: &str| second.list("/tenders").iter().find(|t| t["kind"] == kind).unwrap()["kept"].clone();
    assert_eq!((kept("card"), kept("cash")), (json!(-1400), json!(1400)));
    assert_eq!((second.int("/totals/gross"), second.int("/perpetual_total")), (0, 1250));
    assert_eq!(manager.get("/z-reports/1").ok().text(), z.text());
    // The tip moves on the new one, and a second thought about the tender takes its tip along.
    tip(&manager, payment(&once), json!({"amount": 250}));
    let card = once.list("/order/checks/0/payments")[0]["tender_id"].as_i64().unwrap();
    let twice = correct(&manager, payment(&once), card);
    assert_eq!((twice.int("/payment/tip"), twice.list("/order/checks/0/payments").len()), (250, 3));
    assert_eq!((taken(&manager, SATURDAY, "card"), taken(&manager, SATURDAY, "cash")), ([0, 100, 100, 0], [0; 4]));
    assert_eq!(tips(&manager, SATURDAY), [(cashier, 100)]);
}

#[test]
fn before_a_check_is_settled_too() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2)]);
    let first = order.post("/payments", json!({"tender": "cash", "amount": 1000})).created();
    let told = correct(&n.manager, payment(&first), tender(&n, "card"));
    assert_eq!((told.int("/order/due"), told.int("/order/paid"), told.str("/order/state")), (1500, 1000, "open"));
    assert_eq!(day(&n.manager, FRIDAY, "held_end"), 1000);
    // Nothing was issued yet that it could set right.
    assert!(told.at("/receipt_id").is_null() && told.at("/receipt_number").is_null());
    let rest = order.post("/payments", json!({"tender": "cash"})).created();
    assert_eq!(rest.str("/order/state"), "paid");
    // The receipt was issued after it, and knows nothing else.
    let receipt = n.waiter.get(&order.path("/receipt")).ok();
    assert_eq!(receipt.list("/payments").len(), 2);
    assert_eq!(
        (taken(&n.manager, FRIDAY, "card"), taken(&n.manager, FRIDAY, "cash")),
        ([1, 1000, 0, 0], [1, 1500, 0, 0])
    );
    assert_eq!((day(&n.manager, FRIDAY, "held_end"), day(&n.manager, FRIDAY, "gross")), (0, 2500));
}

#[test]
fn only_what_is_left_moves() {
    let n = Night::new();
    let id = payment(&paid(&n, json!({"tender": "cash"})));
    n.manager.post(&format!("/payments/{id}/refunds")).body(json!({"amount": 400, "reason": "late"})).created();
    let told = correct(&n.manager, id, tender(&n, "card"));
    assert_eq!((told.int("/payment/amount"), told.int("/order/paid")), (850, 1250));
    assert_eq!(taken(&n.manager, FRIDAY, "cash"), [0, 400, 0, 400]);
    assert_eq!(taken(&n.manager, FRIDAY, "card"), [1, 850, 0, 0]);
    let over = n.manager.post(&format!("/payments/{}/refunds", payment(&told))).body(json!({"amount": 851}));
    assert_eq!(over.refused("refund_too_high").int("/left"), 850);
    n.manager.post(&format!("/payments/{}/refunds", payment(&told))).body(json!({})).created();
    assert_eq!(day(&n.manager, FRIDAY, "refunds"), 1250);
}

#[test]
fn which_corrections_are_refused() {
    let n = Night::new();
    let [cash, card, voucher, lost] = ["cash", "card", "meal_voucher", "write_off"].map(|kind| tender(&n, kind));
    let ask =
        |payment: i64, to: i64| n.manager.post(&format!("/payments/{payment}/correct")).body(json!({"tender_id": to}));
    let conflict = |payment: i64, to: i64| drop(ask(payment, to).refused("invalid").at_fault("/tender_id", "conflict"));
    let by_card = payment(&paid(&n, json!({"tender": "card", "tip": 100})));
    conflict(by_card, card);
    ask(by_card, 99).refused("invalid").at_fault("/tender_id", "unknown");
    ask(99, cash).refused("not_found");
    for role in ["waiter", "cashier"] {
        let path = format!("/payments/{by_card}/correct");
        let refused = n.house.as_(role).post(&path).body(json!({"tender_id": cash})).refused("approval_needed");
        assert_eq!(refused.str("/permission"), "correct_payment");
    }
    // A loss bears no tip.
    conflict(by_card, lost);
    tip(&n.waiter, by_card, json!({"amount": 0}));
    correct(&n.manager, by_card, lost);
    // What a voucher forfeits is no card's.
    let forfeited = payment(&paid(&n, json!({"tender": "meal_voucher", "amount": 1500})));
    conflict(forfeited, card);
    let other = json!({"name": "Another voucher", "kind": "meal_voucher"});
    let other = n.manager.post("/tenders").body(other).created().id();
    assert_eq!(correct(&n.manager, forfeited, other).int("/payment/excess"), 250);
    let waits = n.order(&[(n.carbonara, 1)]).post("/payments", json!({"tender": "card", "state": "pending"})).created();
    ask(payment(&waits), cash).refused("payment_not_captured");
    // Coins.
    n.house.as_("owner").patch("/settings").body(json!({"cash_rounding": 5})).ok();
    let odd = |tender: &str| {
        let order = n.order(&[(n.carbonara, 1)]);
        order.post_by_manager("/discounts", json!({"name": "off", "amount": 18})).created();
        payment(&order.post("/payments", json!({"tender": tender})).created())
    };
    conflict(odd("cash"), card);
    conflict(odd("card"), cash);
    correct(&n.manager, odd("card"), voucher);
}

#[test]
fn a_retry_corrects_once() {
    let n = Night::new();
    let id = payment(&paid(&n, json!({"tender": "cash"})));
    let card = tender(&n, "card");
    let ask = || n.manager.post(&format!("/payments/{id}/correct")).body(json!({"tender_id": card})).key("right");
    let (first, again) = (ask().created(), ask().created());
    assert_eq!((again.at(""), again.header("idempotency-replayed")), (first.at(""), "true"));
    assert_eq!(n.records("payment.corrected").len(), 1);
}

#[test]
fn a_check_names_what_was_changed_by_hand() {
    let mut n = Night::new();
    let id = payment(&paid(&n, json!({"tender": "cash"})));
    tip(&n.waiter, id, json!({"amount": 300}));
    correct(&n.manager, id, tender(&n, "card"));
    paid(&n, json!({"tender": "card"}));
    n.house.stop();
    assert_eq!(said(&n.house.db(), &["--integrity"]).0, Some(0));
    for (change, row) in [
        ("update payment_tips set given = 200", "payment_tips 1: given less taken is 200, recomputed 300"),
        ("update payment_tips set given_to = 3", "day_totals 2026-11-20 staff 3: tips is 0, recomputed 300"),
        ("delete from payment_tips", "payment_tips 1: row is missing"),
        ("update payment_tips set order_id = 2", "payment_tips 1: order_id is 2, recomputed 1"),
        ("update payments set corrects = 3 where id = 2", "payments 2: check_id is 1, recomputed 2"),
        ("update receipts set payment_id = null", "receipts 2: payment_id is 0, recomputed of a payment that sets"),
        ("update receipts set payment_id = 3 where id = 2", "receipts 2: check_id is 1, recomputed 2"),
        ("delete from receipts where kind = 'correction'", "receipts 2: row is missing"),
        ("update payments set corrects = null where id = 2", "payments 2: corrects is 0, recomputed 1"),
        ("update refunds set amount = 1, tip = 1549", "refunds 1: amount is 1, recomputed 1250"),
        ("update payments set tender_kind = 'cash' where id = 2", "day_totals 2026-11-20 tender card: "),
    ] {
        let (code, said) = said(&changed(&n, change), &["--integrity"]);
        assert_eq!(code, Some(1), "{change}: {said}");
        assert!(said.lines().any(|line| line.starts_with(row)), "{change}: no {row:?} in {said}");
    }
}

/// History that another till wrote enters no Z; what is changed about it here does.
#[test]
fn imported_payments_are_set_right_too() {
    let n = Night::new();
    let tax = n.manager.get("/tax-classes").ok().int("/items/0/id");
    let item = json!({"name": "Soup", "category_id": n.food, "tax_class": tax,
        "variants": [{"name": "one", "price": 700, "sku": "S1"}]});
    n.manager.post("/items").body(item).created();
    let file = n.house.folder.file("sales.csv");
    std::fs::write(&file, "order,date,time,sku,quantity,unit_price\n1,2025-02-28,20:00,S1,2,7.00\n").unwrap();
    let (code, told) = import(&n, &file);
    assert_eq!(code, Some(0), "{told}");
    let order = n.manager.get("/orders?from=2025-02-28&to=2025-02-28&expand=checks").ok();
    let id = order.int("/items/0/checks/0/payments/0/id");
    // Nobody took it, so that its tip is nobody's unless told.
    tip(&n.manager, id, json!({"amount": 100}));
    let told = correct(&n.manager, id, tender(&n, "card"));
    assert_eq!((told.int("/payment/tip"), told.at("/payment/tip_staff_id")), (100, &Value::Null));
    assert!(told.at("/receipt_id").is_null(), "imported history has no receipts");
    let x = n.manager.get("/business-day").ok();
    assert_eq!((x.int("/totals/tips"), x.int("/totals/gross")), (100, 0));
    assert_eq!((day(&n.manager, "2025-02-28", "payments_kept"), day(&n.manager, FRIDAY, "payments_kept")), (1400, 100));
    assert_eq!(taken(&n.manager, FRIDAY, "other"), [-1, -1400, 0, 0]);
}

fn import(n: &Night, file: &std::path::Path) -> (Option<i32>, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_comanda"));
    command.args(["import", "sales"]).arg(file).arg("--db").arg(n.house.db()).env_clear();
    let told = command.output().unwrap();
    (told.status.code(), String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).into_owned())
}

/// Payments, tips, corrections, refunds and Z reports in any order, each done or refused: after it
/// everything kept is what it was made from.
#[test]
fn whatever_is_changed_the_books_hold() {
    let n = Night::new();
    n.house.as_("owner").patch("/settings").body(json!({"cash_rounding": 5})).ok();
    let tenders = ["cash", "card", "meal_voucher", "write_off", "other"].map(|kind| tender(&n, kind));
    let staff = ["waiter", "cashier"].map(|role| n.house.person(role).staff_id);
    // Numbers that look random and are the same each time.
    let mut seed = 20_261_120_u64;
    let mut dice = |sides: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides
    };
    let (mut done, mut payments, mut open) = ([0; 5], Vec::new(), None);
    for _ in 0..240 {
        let what = [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4][dice(11) as usize];
        let any = |dice: &mut dyn FnMut(u64) -> u64, payments: &[i64]| match payments.len() {
            0 => 1,
            some => payments[dice(some as u64) as usize],
        };
        let answer = match what {
            0 => {
                let order: &crate::orders::Order<'_> =
                    open.get_or_insert_with(|| n.order(&[(n.carbonara, 1), (n.cigar, 1)]));
                let tender = tenders[dice(5) as usize];
                let amount = [json!(null), json!(333), json!(1000)][dice(3) as usize].clone();
                let body = json!({"tender_id": tender, "amount": amount, "tip": dice(3) * 50, "tip_staff_id": staff[dice(2) as usize]});
                order.post_by_manager("/payments", body).send()
            }
            1 => {
                let (id, whose) = (any(&mut dice, &payments), [None, Some(staff[0]), Some(staff[1])][dice(3) as usize]);
                let body = json!({"amount": dice(8) * 25, "staff_id": whose});
                n.manager.post(&format!("/payments/{id}/tip")).body(body).send()
            }
            2 => {
                let (id, to) = (any(&mut dice, &payments), tenders[dice(5) as usize]);
                n.manager.post(&format!("/payments/{id}/correct")).body(json!({"tender_id": to})).send()
            }
            3 => {
                let bodies = [
                    json!({}),
                    json!({"amount": 101}),
                    json!({"tip": 25}),
                    json!({"amount": 7, "tender_id": tenders[0]}),
                ];
                let body = bodies[dice(4) as usize].clone();
                n.manager.post(&format!("/payments/{}/refunds", any(&mut dice, &payments))).body(body).send()
            }
            _ => n.manager.post("/business-day/close").body(json!({"carry_over": true})).send(),
        };
        assert!(answer.status < 500, "{what}: {}", answer.text());
        if answer.status >= 300 {
            continue;
        }
        done[what] += 1;
        if matches!(what, 0 | 2) {
            payments.push(payment(&answer));
        }
        if what < 4
            && answer.str("/order/state") == "paid"
            && open.as_ref().is_some_and(|open| open.id == answer.int("/order/id"))
        {
            open = None;
        }
        day(&n.manager, FRIDAY, "gross");
    }
    assert!(done.iter().all(|done| *done >= 10), "{done:?}");
}
