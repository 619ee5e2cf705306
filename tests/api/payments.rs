//! Money: taken, waiting for an answer, given back.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::harness::House;
use crate::orders::small_menu;

/// A room with one menu: carbonara 12.50, tiramisù 6.00, pilsner 4.80, 10 % inside each.
struct Room {
    house: House,
    menu: [i64; 3],
}

impl Room {
    fn open() -> Self {
        let house = House::open();
        let menu = small_menu(&house);
        Self { house, menu }
    }

    /// With cash rounded to five cents.
    fn with_coins(when: &str) -> Self {
        let room = Self::open();
        let settings = json!({"cash_rounding": 5, "cash_rounding_when": when});
        room.house.as_("owner").patch("/settings").body(settings).ok();
        room
    }

    fn waiter(&self) -> Client {
        self.house.as_("waiter")
    }

    fn manager(&self) -> Client {
        self.house.as_("manager")
    }

    /// An order of so many of each dish of the menu.
    #[track_caller]
    fn order(&self, quantities: [i64; 3]) -> Bill {
        let dishes = self.menu.iter().zip(quantities).filter(|(_, quantity)| *quantity > 0);
        let lines: Vec<Value> = dishes.map(|(id, n)| json!({"variant_id": id, "quantity": n})).collect();
        let order = self.waiter().post("/orders").body(json!({"kind": "takeaway", "lines": lines})).created();
        Bill { id: order.id(), etag: order.etag() }
    }

    /// Takes something off the whole, so that it ends on an odd cent.
    #[track_caller]
    fn less(&self, bill: &mut Bill, amount: i64) {
        let off = json!({"name": "off", "amount": amount});
        let path = format!("/orders/{}/discounts", bill.id);
        bill.etag = self.manager().post(&path).if_match(&bill.etag).body(off).created().etag();
    }

    #[track_caller]
    fn pay(&self, bill: &mut Bill, body: Value) -> Answer {
        let paid = self.try_pay(bill, body).created();
        bill.etag = paid.etag();
        conserves(paid.at("/payment"));
        paid
    }

    fn try_pay(&self, bill: &Bill, body: Value) -> crate::client::Request {
        self.waiter().post(&format!("/orders/{}/payments", bill.id)).if_match(&bill.etag).body(body)
    }

    /// Gives back by the manager.
    #[track_caller]
    fn refund(&self, payment: i64, body: Value) -> Answer {
        let given = self.try_refund(payment, body).created();
        let refund = given.at("/refund");
        let sum = |name: &str, of: &str| {
            refund[name].as_array().unwrap().iter().map(|v| v[of].as_i64().unwrap()).sum::<i64>()
        };
        if !refund["receipt_number"].is_null() {
            assert_eq!(sum("lines", "total"), refund["amount"], "{refund}");
            assert_eq!(sum("lines", "tax"), sum("taxes", "tax"), "{refund}");
        }
        let parts = ["amount", "rounding", "tip", "excess"].map(|part| refund[part].as_i64().unwrap());
        assert_eq!(parts.iter().sum::<i64>(), refund["paid"], "{refund}");
        let shown = self.waiter().get(&format!("/orders/{}", given.int("/order/id"))).ok();
        assert_eq!((shown.at(""), shown.etag()), (given.at("/order"), given.etag()));
        given
    }

    fn try_refund(&self, payment: i64, body: Value) -> crate::client::Request {
        self.manager().post(&format!("/payments/{payment}/refunds")).body(body)
    }

    #[track_caller]
    fn shown(&self, bill: &Bill) -> Answer {
        self.waiter().get(&format!("/orders/{}", bill.id)).ok()
    }

    /// The books of the day: payments kept = gross + rounding + excess + what is held for open checks.
    #[track_caller]
    fn totals(&self) -> Value {
        let report = self.manager().get("/reports/sales?from=2026-11-20&to=2026-11-20&by=tender").ok();
        let totals = report.at("/totals").clone();
        let kept: i64 = report.list("/rows").iter().map(|row| row["gross"].as_i64().unwrap()).sum();
        let of = |name: &str| totals[name].as_i64().unwrap_or_else(|| panic!("{name}: {totals}"));
        let tips = of("tips");
        let sums = of("gross") + of("service_charges") + of("rounding") + of("excess") + of("not_sales") + tips;
        assert_eq!(kept, sums + of("held_end") - of("held_start"), "{totals}");
        totals
    }
}

struct Bill {
    id: i64,
    etag: String,
}

#[track_caller]
fn conserves(payment: &Value) {
    let of = |name: &str| payment[name].as_i64().unwrap();
    assert_eq!(of("tendered") - of("change"), of("amount") + of("rounding") + of("tip") + of("excess"), "{payment}");
}

#[test]
fn cash_with_change_settles_check_and_order() {
    let room = Room::open();
    let mut bill = room.order([1, 0, 1]);
    let paid = room.pay(&mut bill, json!({"tender": "cash", "tendered": 2000}));
    assert_eq!((paid.int("/payment/amount"), paid.int("/change")), (1730, 270));
    assert_eq!((paid.str("/payment/tender"), paid.str("/payment/state")), ("cash", "captured"));
    assert_eq!((paid.str("/order/state"), paid.int("/order/due")), ("paid", 0));
    assert_eq!(paid.int("/order/checks/0/receipt_number"), 1);
    let shown = room.shown(&bill);
    assert_eq!(shown.at(""), paid.at("/order"));
    assert_eq!(shown.etag(), paid.etag());
    room.try_pay(&bill, json!({"tender": "cash"})).refused("order_closed");
    assert_eq!(room.totals()["gross"], 1730);
}

#[test]
fn a_card_with_a_tip_on_what_cash_left_open() {
    let room = Room::open();
    let mut bill = room.order([2, 1, 0]);
    let waiter = room.house.person("waiter").staff_id;
    let first = room.pay(&mut bill, json!({"tender": "cash", "amount": 1000, "tendered": 5000}));
    assert_eq!((first.int("/change"), first.int("/order/due")), (4000, 2100));
    assert_eq!(first.str("/order/state"), "open");
    let card = json!({"brand": "visa", "last4": "4242", "auth_code": "A1"});
    let body = json!({"tender": "card", "tip": 300, "tip_staff_id": waiter, "reference": "T-7", "card": card});
    let second = room.pay(&mut bill, body);
    assert_eq!((second.int("/payment/amount"), second.int("/payment/tendered")), (2100, 2400));
    assert_eq!(second.at("/payment/card"), &card);
    assert_eq!(second.str("/payment/reference"), "T-7");
    assert_eq!((second.str("/order/state"), second.int("/order/checks/0/tip_total")), ("paid", 300));
    assert_eq!(second.list("/order/checks/0/payments").len(), 2);
    assert_eq!(room.totals()["tips"], 300);
}

#[test]
fn cash_that_clears_is_rounded_to_coins() {
    for (when, expected) in [("final_cash", -2), ("all_cash", 0)] {
        let room = Room::with_coins(when);
        let mut bill = room.order([1, 1, 0]);
        room.less(&mut bill, 18);
        // 18.32: a card pays a part of it, cash the rest.
        room.pay(&mut bill, json!({"tender": "card", "amount": 1000}));
        let cash = room.pay(&mut bill, json!({"tender": "cash"}));
        assert_eq!(cash.int("/payment/rounding"), expected, "{when}");
        assert_eq!((cash.int("/order/checks/0/rounding"), cash.int("/order/total")), (expected, 1832), "{when}");
        assert_eq!(room.totals()["rounding"], expected, "{when}");
        let mut bill = room.order([1, 1, 0]);
        room.less(&mut bill, 17);
        // 18.33, all of it in coins.
        let cash = room.pay(&mut bill, json!({"tender": "cash", "tendered": 2000}));
        assert_eq!((cash.int("/payment/rounding"), cash.int("/change")), (2, 165), "{when}");
        assert_eq!(cash.str("/order/state"), "paid");
    }
}

#[test]
fn more_than_is_due_is_refused_forfeited_or_stands_as_excess() {
    let room = Room::open();
    let mut bill = room.order([0, 0, 1]);
    let over = room.try_pay(&bill, json!({"tender": "card", "amount": 500})).refused("overpaid");
    assert_eq!(over.int("/due"), 480);
    let under = room.try_pay(&bill, json!({"tender": "cash", "amount": 480, "tendered": 400})).refused("underpaid");
    assert_eq!(under.int("/needed"), 480);
    let voucher = room.pay(&mut bill, json!({"tender": "meal_voucher", "amount": 800}));
    assert_eq!((voucher.int("/payment/amount"), voucher.int("/payment/excess")), (480, 320));
    let mut bill = room.order([0, 0, 1]);
    let taken = room.pay(&mut bill, json!({"tender": "card", "amount": 600, "card": {"auth_code": "A1"}}));
    assert_eq!((taken.int("/payment/amount"), taken.int("/payment/excess")), (480, 120));
    assert_eq!(taken.str("/order/state"), "paid");
    assert_eq!(room.totals()["excess"], 440);
    let back = room.refund(taken.int("/payment/id"), json!({"amount": 120, "reason": "taken twice"}));
    assert_eq!((back.int("/refund/amount"), back.int("/refund/excess")), (0, 120));
}

#[test]
fn what_cannot_be_paid() {
    let room = Room::open();
    let empty = room.order([0, 0, 0]);
    room.try_pay(&empty, json!({"tender": "cash"})).refused("order_is_empty");
    let bill = room.order([1, 0, 0]);
    let wrong = |body: Value, pointer: &str, code: &str| {
        room.try_pay(&bill, body).refused("invalid").at_fault(pointer, code);
    };
    wrong(json!({"tender": "cash", "amount": 0}), "/amount", "out_of_range");
    wrong(json!({"tender": "cash", "amount": -5}), "/amount", "out_of_range");
    wrong(json!({"tender": "cash", "tip": -5}), "/tip", "out_of_range");
    wrong(json!({"tender": "gold"}), "/tender", "unknown_value");
    wrong(json!({}), "/tender", "required");
    wrong(json!({"tender_id": 99}), "/tender_id", "unknown");
    wrong(json!({"tender_id": 1, "tender": "cash"}), "/tender", "conflict");
    wrong(json!({"tender": "cash", "check_id": 99}), "/check_id", "unknown");
    wrong(json!({"tender": "cash", "tip_staff_id": 99}), "/tip_staff_id", "unknown");
    wrong(json!({"tender": "cash", "state": "pending"}), "/state", "conflict");
    wrong(json!({"tender": "card", "state": "declined"}), "/state", "unknown_value");
    wrong(json!({"tender": "card", "card": {"last4": "42"}}), "/card/last4", "bad_format");
    wrong(json!({"tender": "card", "pin": 1}), "/pin", "unknown_field");
    let path = format!("/orders/{}/payments", bill.id);
    room.waiter().post(&path).body(json!({"tender": "cash"})).refused("version_missing");
    room.waiter().post("/orders/99/payments").if_match("\"1.0\"").body(json!({"tender": "cash"})).refused("not_found");
    for role in ["kitchen", "auditor"] {
        room.house.as_(role).post(&path).if_match(&bill.etag).body(json!({"tender": "cash"})).refused("forbidden");
    }
    // A loss is a manager's.
    let lost = room.try_pay(&bill, json!({"tender": "write_off"})).refused("approval_needed");
    assert_eq!(lost.str("/permission"), "correct_payment");
    let gone = room.manager().post(&path).if_match(&bill.etag).body(json!({"tender": "write_off"})).created();
    assert_eq!(gone.str("/order/state"), "paid");
    // And it brings nobody money.
    let refund = json!({"tender_id": 1});
    room.try_refund(gone.int("/payment/id"), refund).refused("invalid").at_fault("/tender_id", "conflict");
}

#[test]
fn who_saw_less_than_there_is_pays_nothing() {
    let room = Room::open();
    let bill = room.order([1, 0, 0]);
    let line = json!({"lines": [{"variant_id": room.menu[2], "quantity": 1}]});
    room.waiter().post(&format!("/orders/{}/lines", bill.id)).body(line).ok();
    let stale = room.try_pay(&bill, json!({"tender": "cash"})).refused("stale");
    assert_eq!(stale.int("/current/due"), 1730);
}

#[test]
fn a_retry_pays_once() {
    let room = Room::open();
    let mut bill = room.order([1, 0, 0]);
    let body = json!({"tender": "cash", "tendered": 2000, "client_ref": "till-1"});
    let first = room.try_pay(&bill, body.clone()).key("pay").created();
    let again = room.try_pay(&bill, body.clone()).key("pay").created();
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.at(""), again.etag()), (first.at(""), first.etag()));
    // With another key it is told which payment that was, before it hears that the order is closed.
    let known = room.try_pay(&bill, body.clone()).refused("already_exists");
    assert_eq!(known.int("/payment_id"), first.int("/payment/id"));
    bill.etag = first.etag();
    assert_eq!(room.shown(&bill).list("/checks/0/payments").len(), 1);
    // Another terminal has names of its own.
    let other = room.order([0, 0, 1]);
    let path = format!("/orders/{}/payments", other.id);
    room.house.as_("cashier").post(&path).if_match(&other.etag).body(body).created();
}

#[test]
fn a_terminal_that_did_not_answer_keeps_its_amount() {
    let room = Room::open();
    let mut bill = room.order([2, 0, 0]);
    let pending = room.pay(&mut bill, json!({"tender": "card", "amount": 2000, "state": "pending"}));
    let payment = pending.int("/payment/id");
    assert_eq!((pending.int("/order/due"), pending.int("/order/paid")), (2500, 0));
    let waits = room.try_pay(&bill, json!({"tender": "cash", "amount": 600})).refused("payment_unresolved");
    assert_eq!((waits.int("/unresolved"), waits.int("/due")), (2000, 2500));
    let rest = room.pay(&mut bill, json!({"tender": "cash"}));
    assert_eq!((rest.int("/payment/amount"), rest.str("/order/state")), (500, "open"));
    room.try_pay(&bill, json!({"tender": "cash"})).refused("payment_unresolved");
    room.try_refund(payment, json!({})).refused("payment_not_captured");
    assert_eq!(room.manager().get("/business-day").ok().list("/unresolved_payments").len(), 1);
    room.totals();
    let resolve =
        |state: &str| room.waiter().post(&format!("/payments/{payment}/resolve")).body(json!({"state": state}));
    resolve("lost").refused("invalid").at_fault("/state", "unknown_value");
    let unknown = resolve("unknown").ok();
    assert_eq!((unknown.str("/payment/state"), unknown.int("/order/due")), ("unknown", 2000));
    let captured = resolve("captured").ok();
    assert_eq!((captured.str("/payment/state"), captured.str("/order/state")), ("captured", "paid"));
    assert_eq!(captured.int("/order/checks/0/receipt_number"), 1);
    let again = resolve("declined").refused("not_pending");
    assert_eq!(again.str("/state"), "captured");
    assert_eq!(room.manager().get("/business-day").ok().list("/unresolved_payments").len(), 0);
    assert_eq!(room.totals()["gross"], 2500);
}

#[test]
fn a_payment_that_came_to_nothing_is_due_again() {
    for state in ["declined", "cancelled"] {
        let room = Room::open();
        let mut bill = room.order([1, 0, 0]);
        let pending = room.pay(&mut bill, json!({"tender": "card", "state": "pending"}));
        let resolve = format!("/payments/{}/resolve", pending.int("/payment/id"));
        let resolved = room.waiter().post(&resolve).body(json!({"state": state})).ok();
        assert_eq!((resolved.str("/payment/state"), resolved.int("/order/due")), (state, 1250));
        bill.etag = resolved.etag();
        let paid = room.pay(&mut bill, json!({"tender": "cash"}));
        assert_eq!(paid.str("/order/state"), "paid");
        assert_eq!(room.totals()["gross"], 1250);
    }
    let room = Room::open();
    room.waiter().post("/payments/7/resolve").body(json!({"state": "captured"})).refused("not_found");
}

#[test]
fn a_refund_by_dish() {
    let room = Room::open();
    let mut bill = room.order([3, 1, 0]);
    let paid = room.pay(&mut bill, json!({"tender": "card"}));
    let payment = paid.int("/payment/id");
    let line = paid.int("/order/checks/0/lines/0/id");
    let dish = |quantity: i64| json!({"lines": [{"line_id": line, "quantity": quantity}], "reason": "cold"});
    let back = room.refund(payment, dish(2));
    assert_eq!((back.int("/refund/amount"), back.int("/refund/receipt_number")), (2500, 2));
    assert_eq!((back.int("/refund/lines/0/quantity"), back.str("/refund/lines/0/name")), (2, "Carbonara"));
    assert_eq!((back.int("/refund/taxes/0/base"), back.int("/refund/taxes/0/tax")), (2273, 227));
    assert_eq!((back.str("/refund/reason"), back.str("/refund/tender")), ("cold", "card"));
    assert_eq!(back.int("/order/checks/0/payments/0/refunded"), 2500);
    assert_eq!((back.str("/order/state"), back.int("/order/paid")), ("paid", 4350));
    let over = room.try_refund(payment, dish(2)).refused("refund_too_high");
    assert_eq!(over.int("/left_quantity"), 1);
    room.try_refund(payment, json!({"lines": [{"line_id": 99, "quantity": 1}]})).refused("invalid");
    room.try_refund(payment, json!({"lines": []})).refused("invalid").at_fault("/lines", "out_of_range");
    room.refund(payment, dish(1));
    let totals = room.totals();
    assert_eq!((&totals["refunds"], &totals["gross"]), (&json!(3750), &json!(4350)));
    // Closed when it was closed: a refund moves no sale.
    let shown = room.shown(&bill);
    assert_eq!(shown.str("/checks/0/closed_business_date"), "2026-11-20");
    assert!(shown.at("/closed_at").is_string());
}

#[test]
fn parts_by_amount_come_to_the_whole() {
    let room = Room::open();
    let mut bill = room.order([3, 2, 1]);
    let paid = room.pay(&mut bill, json!({"tender": "card"}));
    let payment = paid.int("/payment/id");
    let (mut net, mut tax) = (0, 0);
    for amount in [1, 999, 1234, 777] {
        let back = room.refund(payment, json!({"amount": amount}));
        assert_eq!(back.int("/refund/amount"), amount);
        (net, tax) = (net + back.int("/refund/taxes/0/base"), tax + back.int("/refund/taxes/0/tax"));
    }
    let left = 5430 - 3011;
    let over = room.try_refund(payment, json!({"amount": left + 1})).refused("refund_too_high");
    assert_eq!(over.int("/left"), left);
    let rest = room.refund(payment, json!({}));
    assert_eq!(rest.int("/refund/amount"), left);
    (net, tax) = (net + rest.int("/refund/taxes/0/base"), tax + rest.int("/refund/taxes/0/tax"));
    assert_eq!((net, tax), (paid.int("/order/checks/0/taxes/0/base"), paid.int("/order/checks/0/taxes/0/tax")));
    room.try_refund(payment, json!({})).refused("refund_too_high");
    room.try_refund(payment, json!({"amount": 1})).refused("refund_too_high");
    let totals = room.totals();
    assert_eq!((&totals["refunds"], &totals["net_sales"]), (&json!(5430), &json!(0)));
}

#[test]
fn rates_on_top_and_a_service_charge_go_back_with_their_dishes() {
    for rounding in ["per_line", "per_check"] {
        let mut room = Room::open();
        let (owner, manager) = (room.house.as_("owner"), room.manager());
        let charge = json!({"name": "Service", "percent": "12.5", "of": "after_discounts", "optional": false,
            "tax": "as_lines", "goes_to": "house"});
        owner.patch("/settings").body(json!({"tax_rounding": rounding, "service_charges": [charge]})).ok();
        let rates = json!([
            {"name": "State", "rate": "6", "included": false, "compound": false},
            {"name": "City", "rate": "6", "included": false, "compound": false},
            {"name": "On all", "rate": "3", "included": false, "compound": true},
        ]);
        let tax = manager.post("/tax-classes").body(json!({"name": "Wine", "rates": rates})).created().id();
        let category = manager.post("/categories").body(json!({"name": "Cellar"})).created().id();
        let wine = json!({"name": "Barolo", "category_id": category, "tax_class": tax, "variants": [{"name": "glass", "price": 1589}]});
        room.menu[2] = manager.post("/items").body(wine).created().int("/variants/0/id");
        let mut bill = room.order([1, 2, 3]);
        room.less(&mut bill, 333);
        let paid = room.pay(&mut bill, json!({"tender": "card"}));
        let payment = paid.int("/payment/id");
        let glasses = paid.int("/order/checks/0/lines/2/id");
        let mut back = std::collections::BTreeMap::<String, (i64, i64)>::new();
        for body in [
            json!({"lines": [{"line_id": glasses, "quantity": 1}]}),
            json!({"amount": 1001}),
            json!({"lines": [{"line_id": glasses, "quantity": 1}]}),
            json!({"amount": 7}),
            json!({}),
        ] {
            for tax in room.refund(payment, body).list("/refund/taxes") {
                let sums = back.entry(tax["name"].to_string()).or_default();
                *sums = (sums.0 + tax["base"].as_i64().unwrap(), sums.1 + tax["tax"].as_i64().unwrap());
            }
        }
        let sold = paid.list("/order/checks/0/taxes").iter();
        let sold = sold.map(|t| (t["name"].to_string(), (t["base"].as_i64().unwrap(), t["tax"].as_i64().unwrap())));
        assert_eq!(back, sold.collect(), "{rounding}");
        let totals = room.totals();
        assert_eq!((&totals["refunds"], &totals["net_sales"]), (paid.at("/order/total"), &json!(0)), "{rounding}");
    }
}

#[test]
fn a_part_of_a_bill_paid_by_several_goes_back_by_the_payment() {
    let room = Room::open();
    let mut bill = room.order([2, 0, 0]);
    let first = room.pay(&mut bill, json!({"tender": "card", "amount": 500, "tip": 100}));
    let second = room.pay(&mut bill, json!({"tender": "cash"}));
    let line = second.int("/order/checks/0/lines/0/id");
    let dish = json!({"lines": [{"line_id": line, "quantity": 1}]});
    let over = room.try_refund(first.int("/payment/id"), dish.clone()).refused("refund_too_high");
    assert_eq!(over.int("/left"), 500);
    room.refund(second.int("/payment/id"), dish);
    let back = room.refund(first.int("/payment/id"), json!({}));
    assert_eq!((back.int("/refund/amount"), back.int("/refund/tip"), back.int("/refund/paid")), (500, 100, 600));
    assert_eq!(back.int("/order/checks/0/tip_total"), 0);
    let cash = room.manager().get("/tenders").ok().int("/items/0/id");
    let rest = room.refund(second.int("/payment/id"), json!({"tender_id": cash}));
    assert_eq!((rest.int("/refund/amount"), rest.str("/refund/tender")), (750, "cash"));
    assert_eq!(room.totals()["refunds"], 2500);
}

#[test]
fn cash_goes_back_in_coins_and_in_full_as_it_was_paid() {
    let room = Room::with_coins("final_cash");
    let mut bill = room.order([1, 1, 0]);
    room.less(&mut bill, 18);
    let payment = room.pay(&mut bill, json!({"tender": "cash"})).int("/payment/id");
    let part = room.refund(payment, json!({"amount": 501}));
    assert_eq!((part.int("/refund/rounding"), part.int("/refund/paid")), (-1, 500));
    let rest = room.refund(payment, json!({}));
    assert_eq!((rest.int("/refund/amount"), rest.int("/refund/paid")), (1331, 1330));
    room.totals();
}

#[test]
fn before_a_check_is_settled_a_refund_unmakes_the_payment() {
    let room = Room::open();
    let mut bill = room.order([2, 0, 0]);
    let paid = room.pay(&mut bill, json!({"tender": "card", "amount": 1000, "tip": 100}));
    let payment = paid.int("/payment/id");
    let line = paid.int("/order/checks/0/lines/0/id");
    let dish = json!({"lines": [{"line_id": line, "quantity": 1}]});
    room.try_refund(payment, dish).refused("invalid").at_fault("/lines", "not_settled");
    let part = room.refund(payment, json!({"amount": 400}));
    assert_eq!((part.int("/order/paid"), part.int("/order/due")), (600, 1900));
    assert_eq!((part.at("/refund/receipt_number"), part.list("/refund/lines").len()), (&json!(null), 0));
    room.try_refund(payment, json!({"amount": 601})).refused("refund_too_high");
    let rest = room.refund(payment, json!({}));
    assert_eq!((rest.int("/refund/amount"), rest.int("/refund/tip"), rest.int("/order/due")), (600, 100, 2500));
    assert_eq!(room.totals()["held_end"], 0);
    bill.etag = rest.etag();
    let paid = room.pay(&mut bill, json!({"tender": "cash", "tendered": 3000}));
    assert_eq!((paid.int("/change"), paid.str("/order/state")), (500, "paid"));
    let totals = room.totals();
    assert_eq!((&totals["gross"], &totals["refunds"], &totals["tips"]), (&json!(2500), &json!(0), &json!(0)));
}

#[test]
fn giving_back_is_a_managers() {
    let room = Room::open();
    let mut bill = room.order([1, 0, 0]);
    let payment = room.pay(&mut bill, json!({"tender": "cash"})).int("/payment/id");
    let path = format!("/payments/{payment}/refunds");
    for role in ["waiter", "cashier"] {
        let refused = room.house.as_(role).post(&path).body(json!({})).refused("approval_needed");
        assert_eq!(refused.str("/permission"), "refund");
    }
    room.manager().post("/payments/99/refunds").body(json!({})).refused("not_found");
    let both = json!({"amount": 1, "lines": [{"line_id": 1, "quantity": 1}]});
    room.try_refund(payment, both).refused("invalid").at_fault("/amount", "conflict");
    room.try_refund(payment, json!({"reason_id": 99})).refused("invalid").at_fault("/reason_id", "unknown");
    let once = room.try_refund(payment, json!({})).key("back").created();
    let again = room.try_refund(payment, json!({})).key("back").created();
    assert_eq!((again.at(""), again.header("idempotency-replayed")), (once.at(""), "true"));
}
