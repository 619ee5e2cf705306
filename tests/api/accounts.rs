//! House accounts, gift vouchers and deposits: sold, charged, redeemed, given back, and in the books.

use std::ops::Deref;

use serde_json::{Value, json};

use crate::client::{Answer, Client, Request};
use crate::harness::PIN;
use crate::orders::{Night, Order, adds_up};

const FRIDAY: &str = "2026-11-20";
const SATURDAY: &str = "2026-11-21";

/// A night on which vouchers and deposits are sold, both under a tax class of 22 %, which they do not bear.
struct Desk {
    night: Night,
    /// 50.00
    voucher: i64,
    /// An open price.
    any_voucher: i64,
    /// An open price.
    deposit: i64,
}

impl Deref for Desk {
    type Target = Night;

    fn deref(&self) -> &Night {
        &self.night
    }
}

impl Desk {
    fn new() -> Self {
        let night = Night::new();
        let classes = night.manager.get("/tax-classes").ok();
        let drinks = classes.list("/items").iter().find(|class| class["name"] == "Drinks").unwrap()["id"].clone();
        let item = |name: &str, counts_as: &str, price: Value| {
            let body = json!({"name": name, "category_id": night.drinks, "tax_class": drinks, "counts_as": counts_as,
                "variants": [{"name": name, "price": price}]});
            let made = night.manager.post("/items").body(body).created();
            assert_eq!(made.str("/counts_as"), counts_as);
            made.int("/variants/0/id")
        };
        let voucher = item("Voucher 50", "gift_voucher", json!(5000));
        let any_voucher = item("Voucher", "gift_voucher", Value::Null);
        let deposit = item("Party deposit", "deposit", Value::Null);
        Self { night, voucher, any_voucher, deposit }
    }

    /// Sells a voucher of so much for cash, and answers its code.
    #[track_caller]
    fn sold(&self, amount: i64) -> String {
        let line = json!({"variant_id": self.any_voucher, "quantity": 1, "unit_price": amount});
        let order = self.open(json!({"kind": "takeaway", "lines": [line]}));
        let paid = order.post("/payments", json!({"tender": "cash"})).created();
        paid.str("/order/checks/0/loaded/0/code").to_owned()
    }

    /// A deposit of so much by card, and its account.
    #[track_caller]
    fn advance(&self, amount: i64) -> (Answer, i64) {
        let line = json!({"variant_id": self.deposit, "quantity": 1, "unit_price": amount});
        let order =
            self.open(json!({"kind": "dine_in", "customer": {"name": "Anna Rossi", "phone": "06 1"}, "lines": [line]}));
        let paid = order.post("/payments", json!({"tender": "card"})).created();
        let account = paid.int("/order/checks/0/loaded/0/id");
        (paid, account)
    }

    #[track_caller]
    fn house_account(&self, limit: Option<i64>) -> i64 {
        let body = json!({"kind": "house", "name": "Studio Bianchi", "limit": limit,
            "customer": {"vat_id": "IT123", "address": "Via Roma 1"}});
        self.manager.post("/accounts").body(body).created().id()
    }

    #[track_caller]
    fn account(&self, id: i64) -> Answer {
        self.waiter.get(&format!("/accounts/{id}")).ok()
    }

    #[track_caller]
    fn on(&self, code: &str) -> i64 {
        self.waiter.get("/vouchers").header("voucher-code", code).ok().int("/balance")
    }

    /// Twice 12.50.
    #[track_caller]
    fn dinner(&self) -> Order<'_> {
        self.order(&[(self.carbonara, 2)])
    }

    #[track_caller]
    fn refund(&self, payment: i64, body: Value) -> Request {
        self.manager.post(&format!("/payments/{payment}/refunds")).body(body)
    }

    /// An account's entries as `kind amount: balance`.
    #[track_caller]
    fn entries(&self, id: i64) -> Vec<String> {
        let told = self.house.sign_in("cashier").get(&format!("/accounts/{id}/statement")).ok();
        let line = |e: &Value| format!("{} {}: {}", e["kind"].as_str().unwrap(), e["amount"], e["balance"]);
        told.list("/entries").iter().map(line).collect()
    }
}

/// A figure of the sales of a day, whose identity holds.
#[track_caller]
fn day(by: &Client, date: &str, figures: &[&str]) -> Vec<i64> {
    let report = by.get(&format!("/reports/sales?from={date}&to={date}")).ok();
    let of = |name: &str| report.int(&format!("/totals/{name}"));
    let sums = ["gross", "service_charges", "tips", "rounding", "not_sales", "excess"].map(of);
    assert_eq!(of("payments_kept"), sums.iter().sum::<i64>() + of("held_end") - of("held_start"), "{}", report.text());
    figures.iter().map(|figure| of(figure)).collect()
}

/// A kind's row of what is outstanding: `[opening, …, outstanding]`, which are their own sum.
#[track_caller]
fn outstanding(by: &Client, from: &str, to: &str, kind: &str) -> i64 {
    let report = by.get(&format!("/reports/accounts?from={from}&to={to}")).ok();
    let row = report.list("/rows").iter().find(|row| row["kind"] == kind).cloned().unwrap();
    let of = |name: &str| row[name].as_i64().unwrap();
    let moved: i64 =
        ["issued", "charged", "redeemed", "paid", "refunded", "paid_out", "corrected"].iter().map(|f| of(f)).sum();
    assert_eq!(of("opening") + moved, of("outstanding"), "{row}");
    of("outstanding")
}

#[track_caller]
fn tender(d: &Desk, kind: &str) -> i64 {
    let tenders = d.house.sign_in("manager").get("/tenders?limit=100").ok();
    tenders.list("/items").iter().find(|tender| tender["kind"] == kind).unwrap()["id"].as_i64().unwrap()
}

fn payment(of: &Answer) -> i64 {
    of.int("/payment/id")
}

#[test]
fn a_voucher_is_sold_untaxed_and_undiscounted() {
    let d = Desk::new();
    let charge = json!([{"name": "Service", "percent": "10", "of": "after_discounts", "optional": true,
        "tax": "as_lines", "goes_to": "staff"}]);
    d.house.as_("owner").patch("/settings").body(json!({"service_charges": charge})).ok();
    let order = d.order(&[(d.voucher, 2), (d.carbonara, 1)]);
    let ten = json!({"name": "Ten", "percent": "10", "reason": "x"});
    let now = order.post_by_manager("/discounts", ten).created();
    adds_up(&now);
    // 12.50 less 1.25, and 1.13 of service on that; the vouchers cost what they are worth.
    assert_eq!(now.int("/total"), 10_000 + 1125 + 113);
    let line = now.at("/checks/0/lines/0");
    assert_eq!((&line["discount"], &line["tax"], &line["total"]), (&json!(0), &json!(0), &json!(10_000)));
    assert!(order.send().iter().all(|ticket| !ticket["lines"].to_string().contains("Voucher")));

    let paid = order.post("/payments", json!({"tender": "card"})).created();
    let loaded = paid.list("/order/checks/0/loaded");
    assert_eq!(loaded.len(), 2, "{}", paid.text());
    let codes: Vec<&str> = loaded.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_ne!(codes[0], codes[1]);
    for (one, code) in loaded.iter().zip(&codes) {
        assert_eq!((&one["kind"], &one["amount"]), (&json!("gift_voucher"), &json!(5000)));
        let typed = code.to_lowercase().replace('-', " ");
        let known = d.waiter.get("/vouchers").header("voucher-code", &typed).ok();
        assert_eq!((known.int("/balance"), known.int("/available"), known.int("/order_id")), (5000, 5000, order.id));
        assert_eq!(known.id(), one["id"].as_i64().unwrap());
    }
    let shown = d.waiter.get(&order.path("")).ok();
    adds_up(&shown);
    assert_eq!((shown.at(""), shown.etag()), (paid.at("/order"), paid.etag()));
    let receipt = d.waiter.get(&order.path("/receipt")).ok();
    assert_eq!((receipt.str("/kind"), receipt.list("/loaded").len()), ("sale", 2));
    assert_eq!(receipt.str("/loaded/0/code"), codes[0]);
    let text = d.waiter.get(&order.path("/receipt")).accept("text/plain").ok().text();
    assert!(codes.iter().all(|code| text.contains(&format!("Voucher {code}"))), "{text}");
    let page = d.waiter.get(&order.path("/receipt")).accept("text/html").ok().text();
    assert!(page.contains(codes[1]), "{page}");

    let figures = ["gross", "not_sales", "service_charges", "tax", "payments_kept", "orders"];
    assert_eq!(day(&d.manager, FRIDAY, &figures), [1125, 10_000, 113, 102, 11_238, 1]);
    assert_eq!(outstanding(&d.manager, FRIDAY, FRIDAY, "gift_voucher"), 10_000);
    let kinds: Vec<String> =
        ["account.opened", "account.issued"].iter().map(|k| d.records(k).len().to_string()).collect();
    assert_eq!(kinds, ["2", "2"]);
    // Neither names nor codes are in the record.
    let told =
        d.records("account.issued")[0]["payload"].to_string() + &d.records("account.opened")[0]["payload"].to_string();
    assert!(!told.contains("Voucher") && !told.contains(codes[0]), "{told}");
}

#[test]
fn a_voucher_alone_is_no_cover() {
    let d = Desk::new();
    d.sold(5000);
    assert_eq!(day(&d.manager, FRIDAY, &["orders", "guests", "gross", "not_sales"]), [0, 0, 0, 5000]);
}

#[test]
fn which_vouchers_are_not_sold() {
    let d = Desk::new();
    let lines =
        |unit_price: i64| json!({"lines": [{"variant_id": d.any_voucher, "quantity": 1, "unit_price": unit_price}]});
    let order = d.order(&[(d.voucher, 1)]);
    order.post("/lines", lines(0)).refused("invalid").at_fault("/lines/0/unit_price", "out_of_range");
    let comp = format!("/lines/{}/comp", order.line(0));
    order.post_by_manager(&comp, json!({"reason": "x"})).refused("not_a_sale");
    let price = format!("/lines/{}/price", order.line(0));
    order.post_by_manager(&price, json!({"unit_price": 1})).refused("not_a_sale");
    let weighed = json!({"name": "x", "category_id": d.food, "tax_class": 1, "counts_as": "deposit",
        "variants": [{"name": "kg", "price": 100, "sold_by": "kg"}]});
    d.manager.post("/items").body(weighed).refused("invalid").at_fault("/variants/0/sold_by", "conflict");
    let wrong = json!({"name": "x", "category_id": d.food, "tax_class": 1, "counts_as": "gift",
        "variants": [{"name": "x", "price": 100}]});
    d.manager.post("/items").body(wrong).refused("invalid").at_fault("/counts_as", "unknown_value");
}

#[test]
fn a_voucher_pays_in_parts_and_keeps_what_is_left() {
    let d = Desk::new();
    let code = d.sold(4000);
    let account = d.waiter.get("/vouchers").header("voucher-code", &code).ok().id();
    let pay = |order: &Order<'_>, more: Value| {
        let mut body = json!({"tender": "gift_voucher", "voucher": code});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order.post("/payments", body)
    };
    // Above the bill: the bill is paid, nothing is forfeited.
    let first = d.dinner();
    pay(&first, json!({"amount": 3000})).refused("overpaid");
    let paid = pay(&first, json!({})).created();
    assert_eq!((paid.int("/payment/amount"), paid.int("/payment/excess"), paid.int("/change")), (2500, 0, 0));
    assert_eq!((paid.str("/order/state"), paid.int("/payment/account_id")), ("paid", account));
    assert_eq!(d.on(&code), 1500);
    // Below the bill: all that is on it, the rest by card.
    let second = d.dinner();
    let low = pay(&second, json!({"amount": 1501})).refused("balance_too_low");
    assert_eq!((low.int("/left"), low.int("/account_id")), (1500, account));
    pay(&second, json!({"amount": 1400, "tip": 101})).refused("balance_too_low");
    let part = pay(&second, json!({})).created();
    assert_eq!((part.int("/payment/amount"), part.int("/order/due"), d.on(&code)), (1500, 1000, 0));
    assert_eq!(pay(&second, json!({})).refused("used_up").int("/left"), 0);
    second.post("/payments", json!({"tender": "card"})).created();

    assert_eq!(d.entries(account), ["issued 4000: 4000", "redeemed -2500: 1500", "redeemed -1500: 0"]);
    assert_eq!(day(&d.manager, FRIDAY, &["gross", "not_sales", "payments_kept"]), [5000, 4000, 9000]);
    let report = d.manager.get(&format!("/reports/tenders?from={FRIDAY}&to={FRIDAY}")).ok();
    let row = report.list("/rows").iter().find(|row| row["kind"] == "gift_voucher").cloned().unwrap();
    assert_eq!((&row["kept"], &row["payments"]), (&json!(4000), &json!(2)));
    assert_eq!(outstanding(&d.manager, FRIDAY, FRIDAY, "gift_voucher"), 0);
}

#[test]
fn which_payments_by_account_are_refused() {
    let d = Desk::new();
    let code = d.sold(4000);
    let voucher = d.waiter.get("/vouchers").header("voucher-code", &code).ok().id();
    let (house, (_, deposit)) = (d.house_account(Some(2000)), d.advance(1000));
    let order = d.dinner();
    let check = |body: Value, pointer: &str, fault: &str| {
        order.post("/payments", body).refused("invalid").at_fault(pointer, fault);
    };
    check(json!({"tender": "gift_voucher", "voucher": "ABC"}), "/voucher", "bad_format");
    check(json!({"tender": "gift_voucher", "voucher": "2222-2222-2222"}), "/voucher", "unknown");
    check(json!({"tender": "gift_voucher", "account_id": voucher}), "/account_id", "conflict");
    check(json!({"tender": "cash", "voucher": code}), "/voucher", "conflict");
    check(json!({"tender": "card", "account_id": house}), "/account_id", "conflict");
    check(json!({"tender": "house_account"}), "/account_id", "required");
    check(json!({"tender": "deposit"}), "/account_id", "required");
    check(json!({"tender": "house_account", "account_id": 99}), "/account_id", "unknown");
    check(json!({"tender": "house_account", "account_id": deposit}), "/account_id", "conflict");
    check(json!({"tender": "deposit", "account_id": deposit, "voucher": code}), "/voucher", "conflict");
    // One above 25.00, one that is closed.
    let over = order.post("/payments", json!({"tender": "house_account", "account_id": house})).refused("over_limit");
    assert_eq!(over.int("/left"), 2000);
    d.manager.patch(&format!("/accounts/{voucher}")).body(json!({"archived": true})).ok();
    order.post("/payments", json!({"tender": "gift_voucher", "voucher": code})).refused("account_archived");
    d.manager.patch(&format!("/accounts/{voucher}")).body(json!({"archived": false})).ok();
    // A paper voucher of another house, as ever.
    let paper = order.post("/payments", json!({"tender": "gift_voucher", "amount": 500, "reference": "P-1"})).created();
    assert!(paper.at("/payment/account_id").is_null());
    order.post("/payments", json!({"tender": "gift_voucher", "voucher": code})).created();
    assert_eq!(d.on(&code), 2000);
}

#[test]
fn a_house_account_is_charged_and_paid() {
    let d = Desk::new();
    d.house.as_("owner").patch("/settings").body(json!({"cash_rounding": 5})).ok();
    let id = d.house_account(Some(5000));
    let charge = |body: Value| {
        let mut all = json!({"tender": "house_account", "account_id": id});
        all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        d.dinner().post("/payments", all)
    };
    let first = charge(json!({"tip": 250})).created();
    assert_eq!((first.str("/order/state"), first.int("/payment/tendered")), ("paid", 2750));
    assert_eq!((d.account(id).int("/balance"), d.account(id).int("/available")), (2750, 2250));
    assert_eq!(charge(json!({})).refused("over_limit").int("/left"), 2250);
    charge(json!({"amount": 2250})).created();
    // A tip afterwards is charged too, as far as the limit goes.
    let tip =
        |amount: i64| d.waiter.post(&format!("/payments/{}/tip", payment(&first))).body(json!({"amount": amount}));
    tip(251).refused("over_limit");
    tip(200).ok();
    assert_eq!(d.account(id).int("/balance"), 4950);

    let pay = |body: Value| d.waiter.post(&format!("/accounts/{id}/payments")).body(body);
    pay(json!({"tender": "cash", "amount": 4951})).refused("overpaid");
    pay(json!({"tender": "house_account", "account_id": id})).refused("invalid").at_fault("/tender", "conflict");
    pay(json!({"tender": "cash", "check_id": 1})).refused("invalid").at_fault("/check_id", "conflict");
    let paid = pay(json!({"tender": "cash", "amount": 1002, "tendered": 2000})).created();
    assert_eq!((paid.int("/account/balance"), paid.int("/change"), paid.int("/payment/rounding")), (3948, 1000, -2));
    assert_eq!((paid.str("/order/state"), paid.int("/order/total"), paid.int("/order/tax_total")), ("paid", 1002, 0));
    assert_eq!(paid.str("/order/tab_name"), "Studio Bianchi");
    let receipt = d.waiter.get(&format!("/receipts/{}", paid.int("/order/checks/0/receipt_id"))).ok();
    assert_eq!((receipt.str("/kind"), receipt.str("/loaded/0/name")), ("sale", "Studio Bianchi"));
    // What he paid, less what the coins made of it.
    assert_eq!(day(&d.manager, FRIDAY, &["gross", "not_sales", "rounding", "tips"]), [2500, 1002, -2, 200]);
    let rest = pay(json!({"tender": "card"})).created();
    assert_eq!((rest.int("/payment/amount"), rest.int("/account/balance")), (3948, 0));
    pay(json!({"tender": "card"})).refused("nothing_due");
    assert_eq!(
        d.entries(id),
        ["charged 2750: 2750", "charged 2250: 5000", "refunded -50: 4950", "paid -1002: 3948", "paid -3948: 0"]
    );
    assert_eq!(day(&d.manager, FRIDAY, &["orders", "not_sales"])[1], 4950);
    assert_eq!(outstanding(&d.manager, FRIDAY, FRIDAY, "house"), 0);
    // Nothing that the menu shows was made for it.
    assert!(!d.waiter.get("/menu").ok().text().contains("account"));
    // The dinner above the limit, and the rest of the one that it paid a part of.
    let open = d.waiter.get("/orders?state=open&expand=checks").ok();
    let due: i64 = open.list("/items").iter().map(|order| order["due"].as_i64().unwrap()).sum();
    assert_eq!(due, 2750);
}

#[test]
fn what_waits_for_an_answer_is_kept_on_the_account() {
    let d = Desk::new();
    let (_, id) = d.advance(3000);
    let body = json!({"tender": "deposit", "account_id": id, "state": "pending", "tip": 100});
    let ask = || d.dinner().post("/payments", body.clone()).created();
    let first = ask();
    let now = d.account(id);
    assert_eq!((now.int("/balance"), now.int("/reserved"), now.int("/available")), (3000, 2600, 400));
    let second = ask();
    assert_eq!((second.int("/payment/amount"), d.account(id).int("/available")), (300, 0));
    d.dinner().post("/payments", json!({"tender": "deposit", "account_id": id})).refused("used_up");
    d.manager.post(&format!("/accounts/{id}/refunds")).body(json!({})).refused("used_up");
    let resolve = |of: &Answer, state: &str| {
        d.waiter.post(&format!("/payments/{}/resolve", payment(of))).body(json!({"state": state})).ok()
    };
    resolve(&first, "unknown");
    assert_eq!(d.account(id).int("/reserved"), 3000);
    assert_eq!(resolve(&first, "captured").str("/order/state"), "paid");
    assert_eq!((d.account(id).int("/balance"), d.account(id).int("/reserved")), (400, 400));
    resolve(&second, "declined");
    let now = d.account(id);
    assert_eq!((now.int("/balance"), now.int("/reserved"), now.int("/available")), (400, 0, 400));
    // Captured after somebody else had paid: it stands as excess, and goes back to the account.
    let order = d.dinner();
    let late = order.post("/payments", json!({"tender": "deposit", "account_id": id, "state": "pending"})).created();
    order.post("/payments", json!({"tender": "cash"})).created();
    resolve(&late, "captured");
    d.refund(payment(&late), json!({})).created();
    assert_eq!(d.account(id).int("/balance"), 400);
    day(&d.manager, FRIDAY, &[]);
}

#[test]
fn what_is_given_back_is_on_the_account_again() {
    let d = Desk::new();
    let code = d.sold(2500);
    let by_voucher = json!({"tender": "gift_voucher", "voucher": code});
    // Before the check is settled.
    let order = d.dinner();
    let some = order.post("/payments", json!({"tender": "gift_voucher", "voucher": code, "amount": 1000})).created();
    assert_eq!(d.on(&code), 1500);
    d.refund(payment(&some), json!({})).created();
    assert_eq!(d.on(&code), 2500);
    // After it: a dish, then the rest in cash, which leaves the voucher as it is.
    let paid = order.post("/payments", by_voucher).created();
    assert_eq!(d.on(&code), 0);
    let dish = json!({"lines": [{"line_id": order.line(0), "quantity": 1}], "reason": "cold"});
    let back = d.refund(payment(&paid), dish).created();
    assert_eq!((back.str("/refund/tender"), d.on(&code)), ("gift_voucher", 1250));
    let to = |kind: &str| json!({"tender_id": tender(&d, kind), "amount": 500});
    d.refund(payment(&paid), to("house_account")).refused("invalid").at_fault("/tender_id", "conflict");
    d.refund(payment(&paid), to("deposit")).refused("invalid").at_fault("/tender_id", "conflict");
    d.refund(payment(&paid), to("cash")).created();
    assert_eq!(d.on(&code), 1250);
    d.refund(payment(&paid), json!({})).created();
    assert_eq!(d.on(&code), 2000);
    assert_eq!(day(&d.manager, FRIDAY, &["gross", "not_sales", "refunds"]), [2500, 2500, 2500]);
    assert_eq!(outstanding(&d.manager, FRIDAY, FRIDAY, "gift_voucher"), 2000);
}

#[test]
fn a_wrong_account_is_set_right() {
    let d = Desk::new();
    let (right, wrong) = (d.house_account(Some(2500)), d.house_account(None));
    let paid = d.dinner().post("/payments", json!({"tender": "house_account", "account_id": wrong})).created();
    let kind = |kind: &str| tender(&d, kind);
    let correct = |payment: i64, body: Value| d.manager.post(&format!("/payments/{payment}/correct")).body(body);
    let house = kind("house_account");
    let fault = |body: Value, pointer: &str, code: &str| {
        correct(payment(&paid), body).refused("invalid").at_fault(pointer, code);
    };
    fault(json!({"tender_id": house}), "/account_id", "required");
    fault(json!({"tender_id": house, "account_id": wrong}), "/tender_id", "conflict");
    d.manager.patch(&format!("/accounts/{right}")).body(json!({"limit": 2499})).ok();
    correct(payment(&paid), json!({"tender_id": house, "account_id": right})).refused("over_limit");
    d.manager.patch(&format!("/accounts/{right}")).body(json!({"limit": null})).ok();
    let once = correct(payment(&paid), json!({"tender_id": house, "account_id": right})).created();
    assert_eq!((d.account(wrong).int("/balance"), d.account(right).int("/balance")), (0, 2500));
    assert_eq!(d.entries(wrong), ["charged 2500: 2500", "corrected -2500: 0"]);
    // It was a card after all, and then a voucher.
    let card = correct(payment(&once), json!({"tender_id": kind("card")})).created();
    assert_eq!(d.account(right).int("/balance"), 0);
    let code = d.sold(2000);
    let voucher = kind("gift_voucher");
    let low = correct(payment(&card), json!({"tender_id": voucher, "voucher": code})).refused("balance_too_low");
    assert_eq!(low.int("/left"), 2000);
    let more = d.sold(3000);
    correct(payment(&card), json!({"tender_id": voucher, "voucher": more})).created();
    assert_eq!((d.on(&code), d.on(&more)), (2000, 500));
    let figures = ["gross", "not_sales", "payments_kept", "refunds"];
    assert_eq!(day(&d.manager, FRIDAY, &figures), [2500, 5000, 7500, 0]);
}

#[test]
fn a_voucher_is_taken_back_while_it_is_not_spent() {
    let d = Desk::new();
    let order = d.order(&[(d.voucher, 3), (d.tiramisu, 1)]);
    let paid = order.post("/payments", json!({"tender": "card"})).created();
    let codes: Vec<String> =
        paid.list("/order/checks/0/loaded").iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
    let spend = |code: &str, amount: i64| {
        let body = json!({"tender": "gift_voucher", "voucher": code, "amount": amount});
        d.dinner().post("/payments", body).created();
    };
    spend(&codes[0], 1000);
    let back = |quantity: i64| {
        let body = json!({"lines": [{"line_id": order.line(0), "quantity": quantity}], "reason": "x"});
        d.refund(payment(&paid), body)
    };
    // One of three is begun: two go back, the third does not.
    back(3).refused("balance_too_low");
    back(2).created();
    assert_eq!([0, 1, 2].map(|at: usize| d.on(&codes[at])), [4000, 0, 0]);
    back(1).refused("balance_too_low");
    // By amount as much as is there: 40.00 of the 56.00 that are left of the check are the voucher's part
    // of 44.80, and what goes back is spread over voucher and tiramisù.
    let amount = d.refund(payment(&paid), json!({"amount": 4480, "reason": "x"})).created();
    let parts: Vec<i64> = amount.list("/refund/lines").iter().map(|line| line["total"].as_i64().unwrap()).collect();
    assert_eq!((parts, d.on(&codes[0])), (vec![4000, 480], 0));
    d.refund(payment(&paid), json!({})).refused("balance_too_low");
    let figures = ["gross", "not_sales", "refunds"];
    assert_eq!(day(&d.manager, FRIDAY, &figures), [600, 15_000, 480]);
    assert_eq!(outstanding(&d.manager, FRIDAY, FRIDAY, "gift_voucher"), 0);
}

#[test]
fn a_deposit_is_paid_back_by_what_brought_it() {
    let d = Desk::new();
    let (paid, id) = d.advance(10_000);
    assert_eq!(paid.str("/order/checks/0/loaded/0/name"), "Anna Rossi");
    let receipt = d.waiter.get(&format!("/receipts/{}", paid.int("/order/checks/0/receipt_id"))).ok();
    assert_eq!((receipt.str("/kind"), receipt.int("/totals/tax_total")), ("advance", 0));
    let account = d.account(id);
    assert_eq!((account.str("/kind"), account.str("/customer/phone")), ("deposit", "06 1"));
    // More of it, half in cash, half by voucher, and another day.
    d.house.at("2026-11-21T18:00:00+01:00");
    let (waiter, manager) = (d.house.sign_in("waiter"), d.house.sign_in("manager"));
    let pay = |body: Value| waiter.post(&format!("/accounts/{id}/payments")).body(body);
    pay(json!({"tender": "cash"})).refused("invalid").at_fault("/amount", "required");
    let more = pay(json!({"tender": "cash", "amount": 2000})).created();
    assert_eq!((more.int("/account/balance"), more.str("/order/checks/0/lines/0/name")), (12_000, "Deposit"));
    let body = json!({"kind": "dine_in", "guests": 4, "lines": [{"variant_id": d.carbonara, "quantity": 4}]});
    let party = waiter.post("/orders").body(body).created();
    let body = json!({"tender": "deposit", "account_id": id});
    waiter.post(&format!("/orders/{}/payments", party.id())).if_match(&party.etag()).body(body).created();
    let back = |body: Value| manager.post(&format!("/accounts/{id}/refunds")).body(body);
    waiter.post(&format!("/accounts/{id}/refunds")).body(json!({})).refused("approval_needed");
    assert_eq!(back(json!({"amount": 7001})).refused("balance_too_low").int("/left"), 7000);
    // The cash first, which came last; then of the card.
    let told = back(json!({"amount": 3000, "reason": "fewer guests"})).created();
    let refunds: Vec<(&str, i64)> = told
        .list("/refunds")
        .iter()
        .map(|refund| (refund["tender"].as_str().unwrap(), refund["paid"].as_i64().unwrap()))
        .collect();
    assert_eq!((refunds, told.int("/account/balance")), (vec![("cash", 2000), ("card", 1000)], 4000));
    let original = waiter.get(&format!("/receipts/{}", told.int("/refunds/1/receipt_id"))).ok();
    assert_eq!(original.int("/original_id"), paid.int("/order/checks/0/receipt_id"));
    // The rest in notes.
    let rest = back(json!({"tender": "cash"})).created();
    assert_eq!((rest.str("/refunds/0/tender"), rest.int("/account/balance")), ("cash", 0));
    back(json!({})).refused("used_up");
    assert_eq!(day(&manager, FRIDAY, &["gross", "not_sales", "payments_kept"]), [0, 10_000, 10_000]);
    let figures = ["gross", "not_sales", "payments_kept", "refunds"];
    assert_eq!(day(&manager, SATURDAY, &figures), [5000, 2000, 7000, 0]);
    assert_eq!(outstanding(&manager, FRIDAY, FRIDAY, "deposit"), 10_000);
    assert_eq!(outstanding(&manager, SATURDAY, SATURDAY, "deposit"), 0);
    assert_eq!(outstanding(&manager, FRIDAY, SATURDAY, "deposit"), 0);
}

#[test]
fn a_manager_says_yes_to_giving_back_what_is_on_an_account() {
    let d = Desk::new();
    let (_, id) = d.advance(10_000);
    let path = format!("/accounts/{id}/refunds");
    let ask = || d.waiter.post(&path).body(json!({"amount": 4000, "reason": "fewer guests"}));
    let refused = ask().refused("approval_needed");
    assert_eq!((refused.str("/permission"), refused.str("/subject")), ("refund", format!("/accounts/{id}").as_str()));
    let (manager, waiter) = (d.house.person("manager").staff_id, d.house.person("waiter").staff_id);
    let yes = json!({"staff_id": manager, "pin": PIN, "operation": "refund", "subject": format!("/accounts/{id}")});
    let yes = d.waiter.post("/approvals").body(yes).created();
    let back = ask().header("approval", yes.str("/approval")).created();
    assert_eq!((back.int("/account/balance"), back.int("/refunds/0/staff_id")), (6000, waiter));
    let told = d.records("refund.paid")[0].clone();
    assert_eq!((&told["staff_id"], &told["payload"]["approved_by"]), (&json!(waiter), &json!(manager)));
    ask().header("approval", yes.str("/approval")).refused("approval_invalid");
    // Small ones need no yes, until they add up.
    d.manager.patch("/settings").body(json!({"approvals": {"refund": 4500}})).ok();
    let little = || d.waiter.post(&path).body(json!({"amount": 300}));
    little().created();
    little().refused("approval_needed");
}

#[test]
fn what_a_guest_paid_too_much_goes_back() {
    let d = Desk::new();
    let id = d.house_account(None);
    let order = d.dinner();
    let dinner = order.post("/payments", json!({"tender": "house_account", "account_id": id})).created();
    let paid = d.waiter.post(&format!("/accounts/{id}/payments")).body(json!({"tender": "card"})).created();
    // The dinner is taken off his account after he had paid it.
    d.refund(payment(&dinner), json!({"reason": "cold"})).created();
    assert_eq!(d.account(id).int("/balance"), -2500);
    let back = d.manager.post(&format!("/accounts/{id}/refunds")).body(json!({})).created();
    assert_eq!((back.str("/refunds/0/tender"), back.int("/account/balance")), ("card", 0));
    assert_eq!(back.int("/refunds/0/payment_id"), payment(&paid));
    assert_eq!(d.entries(id), ["charged 2500: 2500", "paid -2500: 0", "refunded -2500: -2500", "paid_out 2500: 0"]);
    // What was paid by mistake is owed again, by the refund of that payment.
    d.dinner().post("/payments", json!({"tender": "house_account", "account_id": id})).created();
    let paid = d.waiter.post(&format!("/accounts/{id}/payments")).body(json!({"tender": "card"})).created();
    d.refund(payment(&paid), json!({"reason": "wrong guest"})).created();
    assert_eq!(d.account(id).int("/balance"), 2500);
    day(&d.manager, FRIDAY, &[]);
}

#[test]
fn an_account_is_paid_when_its_card_is_captured() {
    let d = Desk::new();
    let id = d.house_account(None);
    d.dinner().post("/payments", json!({"tender": "house_account", "account_id": id})).created();
    let ask = json!({"tender": "card", "state": "pending"});
    let waits = d.waiter.post(&format!("/accounts/{id}/payments")).body(ask.clone()).created();
    assert_eq!((waits.str("/order/state"), waits.int("/account/balance")), ("open", 2500));
    let resolve = |of: &Answer, state: &str| {
        d.waiter.post(&format!("/payments/{}/resolve", payment(of))).body(json!({"state": state})).ok()
    };
    assert_eq!(resolve(&waits, "captured").str("/order/state"), "paid");
    assert_eq!(d.account(id).int("/balance"), 0);
    day(&d.manager, FRIDAY, &["not_sales"]);
}

/// Twenty terminals with one voucher of 50.00 and dinners of 25.00: two of them are paid.
#[test]
fn a_voucher_shown_at_twenty_tills_at_once_pays_once() {
    let d = Desk::new();
    let code = d.sold(5000);
    let orders: Vec<(String, String)> = (0..20)
        .map(|_| {
            let order = d.dinner();
            (order.path("/payments"), order.etag())
        })
        .collect();
    let body = json!({"tender": "gift_voucher", "voucher": code, "amount": 2500});
    let told: Vec<String> = std::thread::scope(|scope| {
        let pay = |(path, etag): &(String, String)| {
            let request = d.house.apart("waiter").post(path).if_match(etag).body(body.clone());
            scope.spawn(move || {
                let answer = request.send();
                if answer.status == 201 { "paid".to_owned() } else { answer.str("/code").to_owned() }
            })
        };
        let running: Vec<_> = orders.iter().map(pay).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(told.iter().filter(|word| *word == "paid").count(), 2, "{told:?}");
    assert!(told.iter().all(|word| ["paid", "used_up"].contains(&word.as_str())), "{told:?}");
    assert_eq!(d.on(&code), 0);
    assert_eq!(day(&d.manager, FRIDAY, &["gross", "not_sales", "payments_kept"]), [5000, 5000, 10_000]);
}

#[test]
fn a_retry_moves_an_account_once() {
    let d = Desk::new();
    let (id, code) = (d.house_account(None), d.sold(5000));
    let order = d.dinner();
    let seen = order.etag();
    let body = json!({"tender": "gift_voucher", "voucher": code});
    let redeem = || d.waiter.post(&order.path("/payments")).if_match(&seen).body(body.clone()).key("redeem");
    let first = redeem().created();
    let again = redeem().created();
    assert_eq!((again.at(""), again.header("idempotency-replayed")), (first.at(""), "true"));
    assert_eq!(d.on(&code), 2500);
    d.dinner().post("/payments", json!({"tender": "house_account", "account_id": id})).created();
    let pay = || d.waiter.post(&format!("/accounts/{id}/payments")).body(json!({"tender": "cash"})).key("pay");
    let first = pay().created();
    assert_eq!((pay().created().at(""), d.account(id).int("/balance")), (first.at(""), 0));
    let again = || d.manager.post("/accounts").body(json!({"kind": "gift_voucher", "name": "Prize"})).key("prize");
    assert_eq!(again().created().str("/code"), again().created().str("/code"));
}

#[test]
fn accounts_are_opened_changed_and_found() {
    let d = Desk::new();
    let fault = |body: Value, pointer: &str, code: &str| {
        d.manager.post("/accounts").body(body).refused("invalid").at_fault(pointer, code);
    };
    fault(json!({"kind": "purse", "name": "x"}), "/kind", "unknown_value");
    fault(json!({"kind": "house", "name": " "}), "/name", "empty");
    fault(json!({"kind": "house", "name": "x", "limit": -1}), "/limit", "out_of_range");
    fault(json!({"kind": "deposit", "name": "x", "limit": 1}), "/limit", "conflict");
    fault(json!({"kind": "house", "name": "x", "due_date": "2026-12-24"}), "/due_date", "conflict");
    fault(json!({"kind": "deposit", "name": "x", "due_date": "24.12."}), "/due_date", "bad_format");
    fault(json!({"kind": "house", "name": "x", "balance": 1}), "/balance", "unknown_field");
    let body = json!({"kind": "deposit", "name": "Wedding Neri", "due_date": "2027-06-05"});
    let party = d.manager.post("/accounts").body(body).created();
    assert_eq!((party.int("/balance"), party.str("/due_date")), (0, "2027-06-05"));
    let id = d.house_account(Some(100));
    let code = d.sold(5000);

    // A version that is not the last one, and one that is; what moves on an account stands in nobody's way.
    let (path, seen) = (format!("/accounts/{id}"), d.account(id).etag());
    let change = |body: Value| d.manager.patch(&path).body(body);
    let changed = change(json!({"limit": 50_000})).if_match(&seen).ok();
    assert_eq!((changed.int("/limit"), changed.int("/version")), (50_000, 2));
    change(json!({"limit": 1})).if_match(&seen).refused("stale");
    let seen = changed.etag();
    d.dinner().post("/payments", json!({"tender": "house_account", "account_id": id})).created();
    assert_ne!(d.account(id).etag(), seen);
    let customer = json!({"customer": {"name": "Luisa Bianchi", "phone": "333 1"}});
    let changed = change(customer).if_match(&seen).ok();
    assert!(changed.at("/customer/vat_id").is_null(), "{}", changed.text());
    change(json!({"due_date": "2027-01-01"})).refused("invalid").at_fault("/due_date", "conflict");
    d.waiter.patch(&path).body(json!({"limit": 1})).refused("forbidden");
    d.waiter.post("/accounts").body(json!({"kind": "house", "name": "Me"})).refused("forbidden");

    let found = |query: &str| {
        let page = d.waiter.get(&format!("/accounts?{query}")).ok();
        assert_eq!(page.int("/page/total"), page.list("/items").len() as i64, "{}", page.text());
        page.list("/items").iter().map(|account| account["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(""), ["gift_voucher", "house", "deposit"]);
    assert_eq!(found("kind=house"), ["house"]);
    assert_eq!(found("q=BIANCHI"), ["house"]);
    assert_eq!(found("q=luisa&kind=deposit"), Vec::<String>::new());
    assert_eq!(found(&format!("q={}", code.to_lowercase())), ["gift_voucher"]);
    change(json!({"archived": true})).ok();
    assert_eq!((found("kind=house").len(), found("archived=true")), (0, vec!["house".to_owned()]));
    // Closed with something owed on it: it is still paid.
    let paid = d.waiter.post(&format!("{path}/payments")).body(json!({"tender": "cash"})).created();
    assert_eq!(paid.int("/account/balance"), 0);
    let page = d.waiter.get("/accounts?limit=1").ok();
    let next = d.waiter.get(&format!("/accounts?limit=1&cursor={}", page.str("/next_cursor"))).ok();
    assert_eq!(next.str("/items/0/kind"), "deposit");
    d.waiter.get("/accounts?kind=purse").refused("invalid");
    d.waiter.get("/accounts/99").refused("not_found");
    let looks_for = |code: &str| d.waiter.get("/vouchers").header("voucher-code", code);
    looks_for("2222-2222-2222").refused("not_found");
    assert!(looks_for("ABC").refused("not_found").str("/detail").contains("mistyped"));
    d.waiter.get("/vouchers").refused("invalid").at_fault("Voucher-Code", "bad_format");
    d.waiter.get(&format!("{path}/statement")).refused("forbidden");
}

#[test]
fn a_statement_of_some_days() {
    let d = Desk::new();
    let id = d.house_account(None);
    let charge = |by: &Client| {
        let body = json!({"kind": "dine_in", "lines": [{"variant_id": d.carbonara, "quantity": 1}]});
        let order = by.post("/orders").body(body).created();
        let body = json!({"tender": "house_account", "account_id": id});
        by.post(&format!("/orders/{}/payments", order.id())).if_match(&order.etag()).body(body).created();
    };
    charge(&d.waiter);
    charge(&d.waiter);
    d.house.at("2026-11-21T18:00:00+01:00");
    charge(&d.house.sign_in("waiter"));
    let auditor = d.house.sign_in("auditor");
    let told = |query: &str| {
        let told = auditor.get(&format!("/accounts/{id}/statement{query}")).ok();
        let sum: i64 = told.list("/entries").iter().map(|entry| entry["amount"].as_i64().unwrap()).sum();
        assert_eq!(told.int("/opening_balance") + sum, told.int("/closing_balance"), "{}", told.text());
        (told.int("/opening_balance"), told.list("/entries").len(), told.int("/closing_balance"))
    };
    assert_eq!(told(""), (0, 3, 3750));
    assert_eq!(told("?from=2026-11-21"), (2500, 1, 3750));
    assert_eq!(told("?to=2026-11-20"), (0, 2, 2500));
    assert_eq!(told("?from=2026-12-01&to=2026-12-31"), (3750, 0, 3750));
    auditor.get(&format!("/accounts/{id}/statement?from=2026-12-01")).refused("invalid").at_fault("to", "out_of_range");
    auditor.get("/reports/accounts?from=2026-12-01").refused("invalid").at_fault("to", "out_of_range");
    assert_eq!(outstanding(&auditor, SATURDAY, SATURDAY, "house"), 3750);
    assert_eq!(outstanding(&auditor, "2026-12-01", "2026-12-01", "house"), 3750);
}

/// What a check that was tampered with says.
#[test]
fn tampering_is_named() {
    let d = Desk::new();
    let code = d.sold(5000);
    d.dinner().post("/payments", json!({"tender": "gift_voucher", "voucher": code})).created();
    d.house.by_hand();
    let db = rusqlite::Connection::open(d.house.db()).unwrap();
    let wrong = || {
        let file = comanda::store::open_read_only(&d.house.db()).unwrap_or_else(|error| panic!("{error}"));
        let mut wrong = comanda::accounts::ops::verify(&file).unwrap();
        wrong.extend(comanda::orders::ops::verify::verify(&file, |_, _| {}).unwrap());
        wrong.iter().map(|wrong| format!("{} {}", wrong.table, wrong.column)).collect::<Vec<_>>()
    };
    assert_eq!(wrong(), Vec::<String>::new());
    let check = |sql: &str, undo: &str, expected: &[&str]| {
        db.execute_batch(sql).unwrap();
        let found = wrong();
        assert!(expected.iter().all(|name| found.iter().any(|wrong| wrong == name)), "{sql}: {found:?}");
        db.execute_batch(undo).unwrap();
        assert_eq!(wrong(), Vec::<String>::new(), "{undo}");
    };
    check(
        "update accounts set balance = balance + 1",
        "update accounts set balance = balance - 1",
        &["accounts balance"],
    );
    check("update accounts set reserved = 1", "update accounts set reserved = 0", &["accounts reserved"]);
    check(
        "update account_days set issued = issued + 1",
        "update account_days set issued = issued - 1",
        &["account_days sums"],
    );
    check(
        "drop trigger account_entries_no_update; update account_entries set amount = amount + 1 where kind = 'redeemed'",
        "update account_entries set amount = amount - 1 where kind = 'redeemed'",
        &["payments account_entries", "account_entries balance", "accounts balance"],
    );
    check(
        "update account_entries set payment_id = null, line_id = 1 where kind = 'redeemed'",
        "update account_entries set line_id = null, payment_id = 2 where kind = 'redeemed'",
        &["payments account_entries", "lines account_entries"],
    );
    check(
        "update payments set account_id = null",
        "update payments set account_id = 1 where id = 2",
        &["account_entries payment_id"],
    );
    check(
        "update account_entries set amount = amount + 1 where kind = 'issued'",
        "update account_entries set amount = amount - 1 where kind = 'issued'",
        &["lines account_entries"],
    );
}

/// Vouchers, deposits and accounts sold, charged, redeemed, corrected, refunded in any order, each done or
/// refused: after each of them the day's identity holds and nobody has spent what was not there.
#[test]
fn whatever_is_done_accounts_and_books_hold() {
    let d = Desk::new();
    d.house.as_("owner").patch("/settings").body(json!({"cash_rounding": 5})).ok();
    let codes: Vec<String> = [1333, 4000].iter().map(|amount| d.sold(*amount)).collect();
    let (house, (_, deposit)) = (d.house_account(Some(6000)), d.advance(3333));
    let tenders = ["cash", "card", "gift_voucher", "house_account", "deposit"].map(|kind| tender(&d, kind));
    // Numbers that look random and are the same each time.
    let mut seed = 20_261_121_u64;
    let mut dice = |sides: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides
    };
    let (mut done, mut payments) = ([0; 6], Vec::<i64>::new());
    let with = |which: u64| match which {
        0 => json!({"tender_id": tenders[0]}),
        1 => json!({"tender_id": tenders[1]}),
        2 => json!({"tender_id": tenders[2], "voucher": codes[0]}),
        3 => json!({"tender_id": tenders[2], "voucher": codes[1]}),
        4 => json!({"tender_id": tenders[3], "account_id": house}),
        _ => json!({"tender_id": tenders[4], "account_id": deposit}),
    };
    let mut open: Option<Order<'_>> = None;
    for _ in 0..240 {
        let what = [0, 0, 0, 0, 1, 2, 2, 3, 3, 4, 5][dice(11) as usize];
        let any = if payments.is_empty() { 1 } else { payments[dice(payments.len() as u64) as usize] };
        let answer = match what {
            0 => {
                let order = open.get_or_insert_with(|| d.order(&[(d.carbonara, 1), (d.cigar, 1), (d.voucher, 1)]));
                let mut body = with(dice(6));
                body["amount"] = [json!(null), json!(333), json!(1000)][dice(3) as usize].clone();
                body["tip"] = json!(dice(2) * 50);
                if dice(5) == 0 && body["tender_id"] != json!(tenders[0]) {
                    body["state"] = json!("pending");
                }
                order.post_by_manager("/payments", body).send()
            }
            1 => {
                let state = ["captured", "declined", "unknown"][dice(3) as usize];
                d.manager.post(&format!("/payments/{any}/resolve")).body(json!({"state": state})).send()
            }
            2 => d.manager.post(&format!("/payments/{any}/correct")).body(with(dice(6))).send(),
            3 => {
                let bodies = [json!({}), json!({"amount": 101}), json!({"amount": 7, "tender_id": tenders[0]})];
                d.refund(any, bodies[dice(3) as usize].clone()).send()
            }
            4 => {
                let (id, body) = [
                    (house, json!({"tender": "cash"})),
                    (house, json!({"tender": "card", "amount": 500})),
                    (deposit, json!({"tender": "card", "amount": 777})),
                ][dice(3) as usize]
                    .clone();
                d.manager.post(&format!("/accounts/{id}/payments")).body(body).send()
            }
            _ => {
                let id = [house, deposit][dice(2) as usize];
                let body = [json!({}), json!({"amount": 99}), json!({"tender": "cash"})][dice(3) as usize].clone();
                d.manager.post(&format!("/accounts/{id}/refunds")).body(body).send()
            }
        };
        assert!(answer.status < 500, "{what}: {}", answer.text());
        if answer.status >= 300 {
            continue;
        }
        done[what] += 1;
        if matches!(what, 0 | 2 | 4) {
            payments.push(payment(&answer));
        }
        if what < 4
            && answer.str("/order/state") == "paid"
            && open.as_ref().is_some_and(|o| o.id == answer.int("/order/id"))
        {
            open = None;
        }
        day(&d.manager, FRIDAY, &[]);
        for kind in ["house", "gift_voucher", "deposit"] {
            outstanding(&d.manager, FRIDAY, FRIDAY, kind);
        }
    }
    assert!(done.iter().all(|done| *done >= 3), "{done:?}");
}
