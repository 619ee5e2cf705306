//! What is free money with vouchers, and is not to be had: paper that nobody knows, codes in the wrong field,
//! refunds to vouchers that are not there, cents of a voucher that is spent.

use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::orders::{Night, Order};

struct Shop {
    night: Night,
    /// 50.00
    voucher: i64,
}

impl Shop {
    fn new() -> Self {
        let night = Night::new();
        let item = json!({"name": "Voucher", "category_id": night.drinks, "tax_class": 1,
            "counts_as": "gift_voucher", "variants": [{"name": "one", "price": 5000}]});
        let voucher = night.manager.post("/items").body(item).created().int("/variants/0/id");
        Self { night, voucher }
    }

    fn refund(&self, payment: i64, body: Value) -> Request {
        self.night.manager.post(&format!("/payments/{payment}/refunds")).body(body)
    }

    #[track_caller]
    fn tender(&self, kind: &str) -> i64 {
        let tenders = self.night.manager.get("/tenders?limit=100").ok();
        tenders.list("/items").iter().find(|tender| tender["kind"] == kind).unwrap()["id"].as_i64().unwrap()
    }

    /// What is on all vouchers.
    #[track_caller]
    fn outstanding(&self) -> i64 {
        let report = self.night.manager.get("/reports/accounts?from=2026-11-20&to=2026-11-20").ok();
        report.list("/rows").iter().find(|row| row["kind"] == "gift_voucher").unwrap()["outstanding"].as_i64().unwrap()
    }
}

fn paper(order: &Order<'_>, number: &str, amount: i64) -> Request {
    order.post("/payments", json!({"tender": "gift_voucher", "reference": number, "amount": amount}))
}

fn payment(of: &Answer) -> i64 {
    of.int("/payment/id")
}

#[test]
fn a_paper_voucher_has_a_number_and_the_houses_own_have_codes() {
    let s = Shop::new();
    let sold = s.night.order(&[(s.voucher, 1)]).post("/payments", json!({"tender": "cash"})).created();
    let code = sold.str("/order/checks/0/loaded/0/code").to_owned();
    let order = s.night.order(&[(s.night.carbonara, 1)]);
    let unnumbered = order.post("/payments", json!({"tender": "gift_voucher"}));
    unnumbered.refused("invalid").at_fault("/reference", "required");
    for typed in [code.clone(), code.to_lowercase().replace('-', " ")] {
        paper(&order, &typed, 1250).refused("invalid").at_fault("/voucher", "required");
    }
    assert_eq!(s.outstanding(), 5000);
    paper(&order, "TicketRestaurant 881", 250).created();
    order.post("/payments", json!({"tender": "gift_voucher", "voucher": code})).created();
    assert_eq!(s.outstanding(), 4000);
    // Set right to one it has a number as well.
    let order = s.night.order(&[(s.night.carbonara, 1)]);
    let card = payment(&order.post("/payments", json!({"tender": "card"})).created());
    let correct = |body: Value| s.night.manager.post(&format!("/payments/{card}/correct")).body(body);
    let to = s.tender("gift_voucher");
    correct(json!({"tender_id": to})).refused("invalid").at_fault("/reference", "required");
    let right = correct(json!({"tender_id": to, "reference": "P-7"})).created();
    assert_eq!(right.str("/payment/reference"), "P-7");
}

#[test]
fn a_paper_voucher_buys_no_voucher() {
    let s = Shop::new();
    let order = s.night.order(&[(s.voucher, 1)]);
    let no = paper(&order, "P-1", 5000).refused("not_a_sale");
    assert_eq!((no.int("/left"), no.int("/current/id")), (0, order.id));
    order.post("/payments", json!({"tender": "gift_voucher", "reference": "P-1"})).refused("not_a_sale");
    let waits = json!({"tender": "gift_voucher", "reference": "P-1", "state": "pending"});
    order.post("/payments", waits).refused("not_a_sale");
    // Nor by another tender that is set right.
    let card = payment(&order.post("/payments", json!({"tender": "card"})).created());
    let to = json!({"tender_id": s.tender("gift_voucher"), "reference": "P-1"});
    s.night.manager.post(&format!("/payments/{card}/correct")).body(to).refused("not_a_sale");

    // Beside a dinner it pays for the dinner, which then stays.
    let order = s.night.order(&[(s.voucher, 1), (s.night.carbonara, 1)]);
    assert_eq!(paper(&order, "P-2", 1251).refused("not_a_sale").int("/left"), 1250);
    let part = paper(&order, "P-2", 1000).created();
    assert_eq!(paper(&order, "P-3", 251).refused("not_a_sale").int("/left"), 250);
    let void = format!("/lines/{}/void", order.line(1));
    let stays = order.post_by_manager(&void, json!({"reason": "x"})).refused("below_paid");
    assert_eq!(stays.int("/paid"), 1000);
    let gone = json!({"lines": [{"line_id": order.line(1), "quantity": 1}]});
    order.post("/checks", gone).refused("below_paid");
    order.post("/payments", json!({"tender": "card"})).created();
    let other = json!({"tender_id": s.tender("gift_voucher"), "reference": "P-4"});
    let paid = order.now();
    let by_card = paid.list("/checks/0/payments").iter().find(|p| p["tender"] == "card").unwrap()["id"].clone();
    let no = s.night.manager.post(&format!("/payments/{by_card}/correct")).body(other).refused("not_a_sale");
    assert_eq!(no.int("/left"), 250);
    assert_eq!(s.outstanding(), 10_000);

    // A debt is paid in money.
    let account = json!({"kind": "house", "name": "Bianchi"});
    let account = s.night.manager.post("/accounts").body(account).created().id();
    let dinner = s.night.order(&[(s.night.carbonara, 1)]);
    dinner.post("/payments", json!({"tender": "house_account", "account_id": account})).created();
    let pays = json!({"tender": "gift_voucher", "reference": "P-5"});
    s.night.waiter.post(&format!("/accounts/{account}/payments")).body(pays).refused("not_a_sale");
    assert!(payment(&part) > 0);
}

#[test]
fn nothing_goes_back_to_a_voucher_that_is_not_there() {
    let s = Shop::new();
    let to = s.tender("gift_voucher");
    let order = s.night.order(&[(s.night.carbonara, 2)]);
    let card = payment(&order.post("/payments", json!({"tender": "card"})).created());
    s.refund(card, json!({"amount": 500, "tender_id": to})).refused("invalid").at_fault("/tender_id", "conflict");
    // A paper one is handed back whole; a part of it by something else.
    let order = s.night.order(&[(s.night.carbonara, 2)]);
    let by_paper = payment(&paper(&order, "P-1", 2500).created());
    let part = json!({"lines": [{"line_id": order.line(0), "quantity": 1}], "reason": "cold"});
    s.refund(by_paper, part.clone()).refused("invalid").at_fault("/tender_id", "conflict");
    let mut in_cash = part;
    in_cash["tender_id"] = s.tender("cash").into();
    s.refund(by_paper, in_cash).created();
    s.refund(by_paper, json!({"reason": "cold"})).refused("invalid").at_fault("/tender_id", "conflict");
    let whole = s.night.order(&[(s.night.carbonara, 1)]);
    let by_paper = payment(&paper(&whole, "P-2", 1250).created());
    s.refund(by_paper, json!({"reason": "cold"})).created();
}

/// Three of 50.00: all but a cent goes back as an amount, and the cent with the dishes.
#[test]
fn the_last_cent_of_three_vouchers_goes_back() {
    let s = Shop::new();
    let order = s.night.order(&[(s.voucher, 3)]);
    let paid = payment(&order.post("/payments", json!({"tender": "card"})).created());
    s.refund(paid, json!({"amount": 14_999, "reason": "x"})).created();
    assert_eq!(s.outstanding(), 1);
    let dishes = |quantity: i64| json!({"lines": [{"line_id": order.line(0), "quantity": quantity}], "reason": "x"});
    let last = s.refund(paid, dishes(3)).created();
    assert_eq!((last.int("/refund/paid"), s.outstanding()), (1, 0));

    // One of them spent: a refusal, which leaves the order as it was.
    let order = s.night.order(&[(s.voucher, 2)]);
    let sold = order.post("/payments", json!({"tender": "card"})).created();
    let code = sold.str("/order/checks/0/loaded/0/code").to_owned();
    let dinner = s.night.order(&[(s.night.carbonara, 1)]);
    dinner.post("/payments", json!({"tender": "gift_voucher", "voucher": code})).created();
    let two = json!({"lines": [{"line_id": order.line(0), "quantity": 2}], "reason": "x"});
    let spent = s.refund(payment(&sold), two).refused("balance_too_low");
    assert_eq!(spent.at("/current"), order.now().at(""));
}
