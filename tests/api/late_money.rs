//! Money that comes, or goes, when nobody expects it: a terminal that took it after all, coins that cannot pay it
//! back to the cent, losses in many small parts. Whatever it is, it is booked, and the day adds up.

use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::orders::{Night, Order};

const FRIDAY: &str = "2026-11-20";

/// Figures of the sales of a day, whose identity holds.
#[track_caller]
fn day(n: &Night, figures: &[&str]) -> Vec<i64> {
    let report = n.manager.get(&format!("/reports/sales?from={FRIDAY}&to={FRIDAY}")).ok();
    let of = |name: &str| report.int(&format!("/totals/{name}"));
    let sums = ["gross", "service_charges", "tips", "rounding", "not_sales", "excess"].map(of);
    assert_eq!(of("payments_kept"), sums.iter().sum::<i64>() + of("held_end") - of("held_start"), "{}", report.text());
    figures.iter().map(|figure| of(figure)).collect()
}

fn resolve(n: &Night, by_manager: bool, payment: i64, body: Value) -> Request {
    let by = if by_manager { &n.manager } else { &n.waiter };
    by.post(&format!("/payments/{payment}/resolve")).body(body)
}

fn refund(n: &Night, payment: i64, body: Value) -> Request {
    n.manager.post(&format!("/payments/{payment}/refunds")).body(body)
}

fn payment(of: &Answer) -> i64 {
    of.int("/payment/id")
}

#[track_caller]
fn tender(n: &Night, kind: &str) -> i64 {
    let tenders = n.manager.get("/tenders?limit=100").ok();
    tenders.list("/items").iter().find(|tender| tender["kind"] == kind).unwrap()["id"].as_i64().unwrap()
}

/// Asks a card for all of an order, and gives it up.
#[track_caller]
fn given_up(order: &Order<'_>, state: &str) -> i64 {
    let asked = order.post("/payments", json!({"tender": "card", "state": "pending"})).created();
    resolve(order.night, false, payment(&asked), json!({"state": state})).ok();
    payment(&asked)
}

#[test]
fn a_payment_that_was_given_up_was_taken_after_all() {
    for state in ["cancelled", "declined"] {
        let n = Night::new();
        let order = n.order(&[(n.carbonara, 1)]);
        let card = given_up(&order, state);
        order.post("/payments", json!({"tender": "cash"})).created();
        let captured = json!({"state": "captured", "reference": "SLIP-9"});
        // It takes somebody who answers for it, and the terminal's word.
        resolve(&n, false, card, captured.clone()).refused("approval_needed");
        resolve(&n, true, card, json!({"state": "captured"})).refused("not_pending");
        for other in ["unknown", "cancelled", "declined"] {
            let no = resolve(&n, true, card, json!({"state": other})).refused("not_pending");
            assert_eq!((no.str("/state"), no.int("/current/id")), (state, order.id));
        }
        let told = resolve(&n, true, card, captured.clone()).ok();
        assert_eq!((told.int("/payment/amount"), told.int("/payment/excess")), (0, 1250));
        assert_eq!((told.str("/payment/reference"), told.str("/order/state")), ("SLIP-9", "paid"));
        assert_eq!(order.now().at(""), told.at("/order"));
        assert_eq!(day(&n, &["gross", "excess", "payments_kept"]), [1250, 1250, 2500]);
        let record = n.records("payment.resolved").last().cloned().unwrap();
        assert_eq!(record["payload"]["approved_by"], n.house.person("manager").staff_id);
        resolve(&n, true, card, captured).refused("not_pending");
        let given = refund(&n, card, json!({"reason": "charged twice"})).created();
        assert_eq!((given.int("/refund/excess"), given.int("/refund/paid")), (1250, 1250));
        assert_eq!(day(&n, &["refunds_paid", "held_end"]), [1250, 0]);
    }
}

#[test]
fn what_was_given_up_pays_where_something_is_due() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2)]);
    let card = given_up(&order, "cancelled");
    order.post("/payments", json!({"tender": "cash", "amount": 1000})).created();
    let told = resolve(&n, true, card, json!({"state": "captured", "reference": "SLIP-9"})).ok();
    assert_eq!((told.int("/payment/amount"), told.int("/payment/excess")), (1500, 1000));
    assert_eq!((told.str("/order/state"), told.int("/order/due")), ("paid", 0));
    assert_eq!(day(&n, &["gross", "excess", "held_end"]), [2500, 1000, 0]);
}

/// The order it was for was voided meanwhile, or its dishes went to another table.
#[test]
fn what_was_given_up_is_booked_on_an_order_that_is_no_more() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1)]);
    let card = given_up(&order, "cancelled");
    order.post_by_manager("/void", json!({"reason": "they left"})).ok();
    let told = resolve(&n, true, card, json!({"state": "captured", "reference": "SLIP-9"})).ok();
    assert_eq!((told.str("/order/state"), told.int("/payment/excess")), ("voided", 1250));
    assert_eq!(day(&n, &["excess", "payments_kept", "held_end"]), [1250, 1250, 0]);
    let given = refund(&n, card, json!({"reason": "voided"})).created();
    assert_eq!((given.int("/refund/amount"), given.int("/refund/paid")), (0, 1250));

    let (kept, gone) = (n.order(&[(n.carbonara, 1)]), n.order(&[(n.tiramisu, 1)]));
    let card = given_up(&gone, "declined");
    kept.post_by_manager("/merge", json!({"order_id": gone.id})).ok();
    let told = resolve(&n, true, card, json!({"state": "captured", "reference": "SLIP-9"})).ok();
    assert_eq!((told.str("/order/state"), told.int("/payment/excess")), ("voided", 600));
    let vouched = json!({"tender": "card", "amount": 600, "reference": "SLIP-10"});
    let again = gone.post("/payments", vouched).created();
    assert_eq!(again.int("/payment/excess"), 600);
}

/// One of the order's second dish on a check of its own.
#[track_caller]
fn parted(order: &Order<'_>) -> Answer {
    order.post("/checks", json!({"lines": [{"line_id": order.line(1), "quantity": 1}]})).created()
}

fn by_card(order: &Order<'_>, check: i64, more: &Value) -> Request {
    let mut body = json!({"tender": "card", "check_id": check});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    order.post("/payments", body)
}

#[test]
fn what_a_terminal_has_is_booked_on_a_settled_check() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
    let parted = parted(&order);
    let (first, second) = (parted.int("/checks/0/id"), parted.int("/checks/1/id"));
    let pays = |check: i64, more: Value| by_card(&order, check, &more);
    pays(first, json!({})).created();
    // Its check is paid, the other one is not: what nobody vouches for is refused, as is a sum nobody said.
    let closed = pays(first, json!({"amount": 500})).refused("order_closed");
    assert_eq!(closed.int("/current/id"), order.id);
    pays(first, json!({"reference": "SLIP-1"})).refused("order_closed");
    pays(first, json!({"amount": 500, "reference": "SLIP-1", "state": "pending"})).refused("order_closed");
    let told = pays(first, json!({"amount": 500, "tip": 50, "reference": "SLIP-1"})).created();
    assert_eq!((told.int("/payment/amount"), told.int("/payment/excess"), told.int("/payment/tip")), (0, 500, 50));
    assert_eq!((told.str("/order/state"), told.int("/order/due")), ("open", 480));
    assert_eq!(day(&n, &["excess", "tips", "held_end"]), [500, 50, 0]);
    pays(second, json!({})).created();
    // And of an order that is paid whole.
    pays(second, json!({})).refused("order_closed");
    let cash = json!({"tender": "cash", "check_id": second, "amount": 500, "reference": "SLIP-2"});
    order.post("/payments", cash).refused("order_closed");
    let late = pays(second, json!({"tendered": 300, "reference": "SLIP-2"})).created();
    assert_eq!((late.int("/payment/excess"), late.str("/order/state")), (300, "paid"));
    assert_eq!(day(&n, &["gross", "excess", "tips", "held_end"]), [1730, 800, 50, 0]);
    for id in [payment(&told), payment(&late)] {
        refund(&n, id, json!({"reason": "charged twice"})).created();
    }
    assert_eq!(day(&n, &["refunds_paid", "refunds_tips"]), [850, 50]);
}

#[test]
fn what_a_terminal_has_is_held_on_an_empty_check() {
    let n = Night::new();
    let order = n.order(&[]);
    order.post("/payments", json!({"tender": "card"})).refused("order_is_empty");
    let told = order.post("/payments", json!({"tender": "card", "amount": 700, "reference": "SLIP-3"})).created();
    assert_eq!((told.str("/order/state"), told.int("/payment/excess")), ("open", 700));
    assert_eq!(day(&n, &["excess", "held_end"]), [0, 700]);
    order.post_by_manager("/void", json!({"reason": "nobody"})).refused("already_paid");
    refund(&n, payment(&told), json!({"reason": "wrong table"})).created();
    order.post_by_manager("/void", json!({"reason": "nobody"})).ok();
    assert_eq!(day(&n, &["excess", "held_end", "payments_kept"]), [0, 0, 0]);
}

// ── coins ────────────────────────────────────────────────────────────────────

fn with_coins() -> Night {
    let n = Night::new();
    n.house.as_("owner").patch("/settings").body(json!({"cash_rounding": 5})).ok();
    n
}

/// Two cents of a card, back in coins of five: nothing leaves, and the guest owes two cents more.
#[test]
fn a_small_sum_goes_back_in_coins_before_the_check_is_settled() {
    let n = with_coins();
    n.waiter.post("/drawers").body(json!({"owner": "device", "float": 1000})).created();
    let order = n.order(&[(n.carbonara, 1)]);
    let card = order.post("/payments", json!({"tender": "card", "amount": 1000})).created();
    let cash = tender(&n, "cash");
    let small = refund(&n, payment(&card), json!({"amount": 2, "tender_id": cash, "reason": "x"})).created();
    assert_eq!((small.int("/refund/amount"), small.int("/refund/rounding"), small.int("/refund/paid")), (2, -2, 0));
    assert_eq!(small.int("/order/due"), 252);
    assert_eq!(day(&n, &["held_end", "payments_kept"]), [1000, 1000]);
    // The running sum is rounded: two more make five.
    let more = refund(&n, payment(&card), json!({"amount": 2, "tender_id": cash, "reason": "x"})).created();
    assert_eq!(more.int("/refund/paid"), 5);
    let rest = order.post("/payments", json!({"tender": "cash"})).created();
    assert_eq!(rest.str("/order/state"), "paid");
    assert_eq!(day(&n, &["held_end", "gross"]), [0, 1250]);
}

/// A check that everything was taken from, beside one that is paid: money that comes for it later is excess.
#[test]
fn what_comes_for_a_check_that_ended_empty_is_excess() {
    let n = with_coins();
    let order = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
    let parted = parted(&order);
    let (first, second) = (parted.int("/checks/0/id"), parted.int("/checks/1/id"));
    let pays = |check: i64, more: Value| by_card(&order, check, &more);
    // Given back in coins: two cents too much.
    let card = pays(second, json!({"amount": 333})).created();
    let back = json!({"tender_id": tender(&n, "cash"), "reason": "they left"});
    refund(&n, payment(&card), back).created();
    pays(first, json!({})).created();
    let void = format!("/lines/{}/void", parted.int("/checks/1/lines/0/id"));
    order.post_by_manager(&void, json!({"reason": "none left"})).ok();
    let closed = order.post("/close", json!({"check_id": second})).ok();
    assert_eq!(closed.str("/state"), "paid");
    assert_eq!(day(&n, &["rounding", "held_end"]), [-2, 0]);
    let late = pays(second, json!({"amount": 480, "reference": "SLIP-1"})).created();
    assert_eq!(late.int("/payment/excess"), 480);
    assert_eq!(day(&n, &["excess", "held_end"]), [480, 0]);
}

/// 3.33 by card, given back as 3.35 in coins, and the order is voided: the two cents are rounding, not money that
/// is held for ever.
#[test]
fn what_coins_made_of_a_payment_is_rounding_once_its_order_is_voided() {
    let n = with_coins();
    let order = n.order(&[(n.carbonara, 1)]);
    let card = order.post("/payments", json!({"tender": "card", "amount": 333})).created();
    order.post_by_manager("/void", json!({"reason": "they left"})).refused("already_paid");
    let back = json!({"tender_id": tender(&n, "cash"), "reason": "they left"});
    let back = refund(&n, payment(&card), back).created();
    assert_eq!(back.int("/refund/paid"), 335);
    assert_eq!(day(&n, &["held_end"]), [-2]);
    let other = n.order(&[(n.tiramisu, 1)]);
    other.post_by_manager("/merge", json!({"order_id": order.id})).refused("already_paid");
    let voided = order.post_by_manager("/void", json!({"reason": "they left"})).ok();
    assert_eq!((voided.str("/state"), voided.int("/checks/0/rounding")), ("voided", -2));
    assert_eq!(day(&n, &["held_end", "rounding", "payments_kept"]), [0, -2, -2]);
    other.post_by_manager("/void", json!({"reason": "x"})).ok();
    let z = n.manager.post("/business-day/close").ok();
    assert_eq!(z.int("/totals/rounding"), -2);
}

// ── losses ───────────────────────────────────────────────────────────────────

#[test]
fn a_write_off_bears_no_tip_and_small_ones_add_up() {
    let n = Night::new();
    n.house.as_("owner").patch("/settings").body(json!({"approvals": {"correct_payment": 1000}})).ok();
    let order = n.order(&[(n.carbonara, 1), (n.pilsner, 1), (n.tiramisu, 1)]);
    let tip = order.post_by_manager("/payments", json!({"tender": "write_off", "tip": 100}));
    tip.refused("invalid").at_fault("/tip", "conflict");
    let one = json!({"lines": [{"line_id": order.line(1), "quantity": 1}]});
    let parted = order.post("/checks", one).created();
    let (first, second) = (parted.int("/checks/0/id"), parted.int("/checks/1/id"));
    let loses = |check: i64, amount: i64| {
        order.post("/payments", json!({"tender": "write_off", "check_id": check, "amount": amount}))
    };
    loses(first, 1001).refused("approval_needed");
    loses(first, 800).created();
    // On the other check it is the same guests who left.
    loses(second, 201).refused("approval_needed");
    let more = json!({"tender": "write_off", "check_id": second, "tendered": 201});
    order.post("/payments", more).refused("approval_needed");
    let lost = loses(second, 200).created();
    // Nor does a payment become a loss beside it, unless what was lost came back.
    let card = order.post("/payments", json!({"tender": "card", "check_id": second})).created();
    let correct = || {
        let to = json!({"tender_id": tender(&n, "write_off")});
        n.waiter.post(&format!("/payments/{}/correct", payment(&card))).body(to)
    };
    correct().refused("approval_needed");
    refund(&n, payment(&lost), json!({"reason": "they came back"})).created();
    correct().refused("approval_needed");
    n.house.as_("owner").patch("/settings").body(json!({"approvals": {"correct_payment": 1080}})).ok();
    correct().created();
}

// ── several payers ───────────────────────────────────────────────────────────

/// 30.00 for one dish, paid 10.00 + 10.00 + 10.00.
#[test]
fn a_dish_that_cost_more_than_any_payment_goes_back_of_several() {
    let n = Night::new();
    let line = json!({"variant_id": n.special, "quantity": 2, "unit_price": 3000});
    let order = n.open(json!({"kind": "dine_in", "lines": [line]}));
    let pays = |body: Value| payment(&order.post("/payments", body).created());
    let first = pays(json!({"tender": "card", "amount": 1000, "tip": 100}));
    let second = pays(json!({"tender": "cash", "amount": 1000}));
    pays(json!({"tender": "card", "amount": 1500}));
    pays(json!({"tender": "card"}));
    let dish = |quantity: i64, more: bool| {
        let line = json!({"line_id": order.line(0), "quantity": quantity});
        json!({"lines": [line], "reason": "cold", "other_payments": more})
    };
    let over = refund(&n, first, dish(1, false)).refused("refund_too_high");
    assert_eq!(over.int("/left"), 1000);
    assert!(over.str("/detail").contains("other_payments"), "{}", over.text());
    let amount = json!({"amount": 5, "other_payments": true});
    refund(&n, first, amount).refused("invalid").at_fault("/other_payments", "conflict");
    n.waiter.post(&format!("/payments/{first}/refunds")).body(dish(1, true)).refused("approval_needed");

    let given = refund(&n, first, dish(1, true)).created();
    let told: Vec<_> = given
        .list("/refunds")
        .iter()
        .map(|r| (r["tender"].as_str().unwrap(), r["paid"].as_i64().unwrap(), r["lines"][0]["quantity"].as_i64()))
        .collect();
    assert_eq!(told, [("card", 1000, None), ("cash", 1000, None), ("card", 1000, Some(1))]);
    assert_eq!(given.at("/refund"), given.at("/refunds/0"));
    // 10 % is within: 30.00 bear 2.73, to the cent, in three parts.
    let tax: i64 = given.list("/refunds").iter().map(|r| r["taxes"][0]["tax"].as_i64().unwrap()).sum();
    assert_eq!(tax, 273);
    assert_eq!(day(&n, &["refunds", "refunds_paid", "refunds_tips"]), [3000, 3000, 0]);
    let numbers: Vec<_> = given.list("/refunds").iter().map(|r| r["receipt_number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [2, 3, 4]);
    // The other one, all of it in cash.
    let mut in_cash = dish(1, true);
    in_cash["tender_id"] = tender(&n, "cash").into();
    let rest = refund(&n, second, in_cash).created();
    let told: Vec<_> =
        rest.list("/refunds").iter().map(|r| (r["tender"].as_str().unwrap(), r["paid"].as_i64().unwrap())).collect();
    assert_eq!(told, [("cash", 500), ("cash", 2500)]);
    refund(&n, first, dish(1, true)).refused("refund_too_high");
    assert_eq!(day(&n, &["refunds", "net_sales"]), [6000, 0]);
    // A whole refund by one payment is as ever.
    assert!(refund(&n, first, json!({"tip": 100})).created().list("/refunds").is_empty());
}

// ── lists ────────────────────────────────────────────────────────────────────

/// What goes back before its check is settled is no refund of a sale, and somebody answers for it all the same.
#[test]
fn what_goes_back_before_a_check_is_settled_is_listed_apart() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2)]);
    let card = order.post("/payments", json!({"tender": "card", "amount": 1000, "tip": 100})).created();
    let back = json!({"amount": 400, "tip": 50, "reason": "too much"});
    refund(&n, payment(&card), back).created();
    // A wrong tender is taken back too, but nobody got anything.
    let right = json!({"tender_id": tender(&n, "cash")});
    n.manager.post(&format!("/payments/{}/correct", payment(&card))).body(right).created();
    let report = || n.manager.get(&format!("/reports/refunds?from={FRIDAY}&to={FRIDAY}")).ok();
    let told = report();
    assert_eq!((told.list("/rows").len(), told.int("/totals/amount")), (0, 0));
    assert_eq!((told.list("/reversals/rows").len(), told.int("/reversals/totals/amount")), (1, 450));
    let row = told.at("/reversals/rows/0");
    let manager = n.house.person("manager").staff_id;
    assert_eq!(
        (&row["order_id"], &row["amount"], &row["reason"], &row["staff_id"], &row["approved_by"]),
        (&json!(order.id), &json!(450), &json!("too much"), &json!(manager), &json!(manager))
    );
    assert_eq!(told.str("/reversals/by_reason/0/reason"), "too much");
    assert_eq!(
        (told.int("/reversals/by_approver/0/staff_id"), told.int("/reversals/by_staff/0/amount")),
        (manager, 450)
    );
    assert_eq!(day(&n, &["refunds_paid", "refunds", "payments_kept"]), [0, 0, 650]);
    let rest = order.post("/payments", json!({"tender": "card"})).created();
    refund(&n, payment(&rest), json!({"amount": 100, "reason": "cold"})).created();
    let told = report();
    assert_eq!((told.int("/totals/amount"), told.int("/reversals/totals/amount")), (100, 450));
    assert_eq!(day(&n, &["refunds_paid"]), [100]);
}

// ── answers ──────────────────────────────────────────────────────────────────

#[test]
fn whoever_comes_too_late_to_a_payment_sees_the_order_as_it_is() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1)]);
    let paid = order.post("/payments", json!({"tender": "card"})).created();
    let id = payment(&paid);
    refund(&n, id, json!({"reason": "cold"})).created();
    let now = order.now();
    let check = |path: &str, body: Value, code: &str| {
        let refused = n.manager.post(&format!("/payments/{id}/{path}")).body(body).refused(code);
        assert_eq!(refused.at("/current"), now.at(""), "{path}");
    };
    check("resolve", json!({"state": "declined"}), "not_pending");
    check("tip", json!({"amount": 100}), "payment_given_back");
    check("correct", json!({"tender_id": tender(&n, "cash")}), "payment_given_back");
    let waits = n.order(&[(n.carbonara, 1)]);
    let pending = waits.post("/payments", json!({"tender": "card", "state": "pending"})).created();
    let refused = refund(&n, payment(&pending), json!({})).refused("payment_not_captured");
    assert_eq!(refused.at("/current"), waits.now().at(""));
    let gone = n.manager.post("/payments/99/resolve").body(json!({"state": "captured"})).refused("not_found");
    assert!(gone.json().get("current").is_none(), "{}", gone.text());
}
