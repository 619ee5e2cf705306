//! The accountant's identity, day by day: payments kept = gross + service charges + tips + rounding + not sales +
//! excess + (held at the end − held at the start), and refunds booked = refunds paid. A week with everything in it
//! that moves one of them: prepaid checks closed on another day, gift vouchers sold and given back, what a card
//! took too much, vouchers that forfeit, tips and tenders changed after the fact, coins, comps, write-offs, and
//! money that comes between midnight and the cutoff.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::orders::Night;
use crate::upkeep::{changed, said};

const DAYS: [&str; 5] = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"];

/// Figures of a day, as its report calls them.
const FIGURES: [&str; 12] = [
    "gross",
    "service_charges",
    "tips",
    "rounding",
    "not_sales",
    "excess",
    "held_start",
    "held_end",
    "payments_kept",
    "refunds",
    "refunds_tips",
    "refunds_paid",
];

/// What each day comes to, worked out by hand from the calls below, in the order of [`FIGURES`].
const EXPECTED: [[i64; 12]; 5] = [
    // Prepaid 16.00 with 1.00 of tip and 2.50 after midnight; a voucher of 50.00; a card that took 1.20 too much.
    [2312, 300, 300, -2, 5000, 120, 0, 1750, 9780, 0, 0, 0],
    // Both prepaid checks close; a meal voucher forfeits 5.20; the excess and a dish go back.
    [5292, 300, 150, -2, 0, 520, 1750, 0, 4510, 1250, 0, 1370],
    // A wrong tender moves nothing; the voucher goes back, and with it a part of a tip; somebody left.
    [500, 0, 0, 0, 0, 0, 0, 0, 500, 0, 100, 5100],
    [0; 12],
    // A check paid half by card and half in rounded cash goes back whole.
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 3262, 100, 3360],
];

fn report(by: &Client, from: &str, to: &str, cut: &str) -> Answer {
    by.get(&format!("/reports/sales?from={from}&to={to}&by={cut}")).ok()
}

fn figures(of: &Answer) -> [i64; 12] {
    FIGURES.map(|name| of.int(&format!("/totals/{name}")))
}

/// That a range adds up: kept to what it is for, each cut to the same totals, what went back to its list.
#[track_caller]
fn holds(by: &Client, from: &str, to: &str) {
    let day = report(by, from, to, "day");
    let of = |name: &str| day.int(&format!("/totals/{name}"));
    let booked = ["gross", "service_charges", "tips", "rounding", "not_sales", "excess"].map(of);
    let held = of("held_end") - of("held_start");
    assert_eq!(of("payments_kept"), booked.iter().sum::<i64>() + held, "{from} to {to}: {}", day.text());
    let sum = |report: &Answer, field: &str| -> i64 {
        report.list("/rows").iter().map(|row| row[field].as_i64().unwrap()).sum()
    };
    for cut in ["day", "month", "hour", "weekday", "item", "variant", "category", "staff", "kind"] {
        let report = report(by, from, to, cut);
        for field in ["quantity", "list_amount", "comps", "discounts", "gross", "net", "tax", "refunds"] {
            assert_eq!(sum(&report, field), of(field), "{from} to {to} by {cut}: {field}");
        }
    }
    let range = format!("?from={from}&to={to}");
    let given_back = by.get(&format!("/reports/refunds{range}")).ok();
    assert_eq!(given_back.int("/totals/amount"), of("refunds_paid"), "{}", given_back.text());
    let tenders = by.get(&format!("/reports/tenders{range}")).ok();
    assert_eq!((tenders.int("/totals/kept"), tenders.int("/totals/tips")), (of("payments_kept"), of("tips")));
    assert_eq!(tenders.int("/totals/refunds_paid"), of("refunds_paid"));
    let tips = by.get(&format!("/reports/tips{range}")).ok();
    assert_eq!((tips.int("/totals/tips"), tips.int("/totals/refunds")), (of("tips"), of("refunds_tips")));
}

struct Week {
    n: Night,
    /// A gift voucher's variant, of an open price.
    voucher: i64,
    waiter: Client,
    manager: Client,
}

impl Week {
    fn begin() -> Self {
        let n = Night::new();
        let charge = json!([{"name": "Coperto", "per_guest": 150, "tax": "none"}]);
        n.house.as_("owner").patch("/settings").body(json!({"cash_rounding": 5, "service_charges": charge})).ok();
        let (waiter, manager) = (n.house.as_("waiter"), n.house.as_("manager"));
        let tax = manager.get("/tax-classes").ok().int("/items/0/id");
        let item = json!({"name": "Gift voucher", "category_id": n.food, "tax_class": tax, "counts_as": "gift_voucher",
            "variants": [{"name": "one", "price": null}]});
        let voucher = manager.post("/items").body(item).created().int("/variants/0/id");
        Self { n, voucher, waiter, manager }
    }

    fn at(&mut self, time: &str) {
        self.n.house.at(time);
        (self.waiter, self.manager) = (self.n.house.sign_in("waiter"), self.n.house.sign_in("manager"));
    }

    /// Without guests nobody pays for a cover.
    #[track_caller]
    fn open(&self, guests: i64, lines: &Value) -> Answer {
        let kind = if guests > 0 { "dine_in" } else { "takeaway" };
        self.waiter.post("/orders").body(json!({"kind": kind, "guests": guests, "lines": lines})).created()
    }

    fn now(&self, order: &Answer) -> Answer {
        self.waiter.get(&format!("/orders/{}", order.id())).ok()
    }

    #[track_caller]
    fn call(&self, order: &Answer, what: &str, body: Value) -> Answer {
        let path = format!("/orders/{}{what}", order.id());
        let answer = self.manager.post(&path).if_match(&self.now(order).etag()).body(body).send();
        assert!(matches!(answer.status, 200 | 201), "{path}: {}", answer.text());
        answer
    }

    #[track_caller]
    fn pay(&self, order: &Answer, body: Value) -> i64 {
        self.call(order, "/payments", body).int("/payment/id")
    }

    #[track_caller]
    fn refund(&self, payment: i64, body: Value) -> Answer {
        self.manager.post(&format!("/payments/{payment}/refunds")).body(body).created()
    }
}

/// The whole week; the days' reports are asserted by whoever asks for it.
fn week() -> Week {
    let mut w = Week::begin();
    let line = |variant: i64, quantity: i64| json!({"variant_id": variant, "quantity": quantity});
    let (carbonara, pilsner, tiramisu, cigar) = (w.n.carbonara, w.n.pilsner, w.n.tiramisu, w.n.cigar);

    // Friday.
    let prepaid = w.open(2, &json!([line(carbonara, 2), line(pilsner, 1)]));
    w.pay(&prepaid, json!({"tender": "cash", "amount": 1000}));
    w.pay(&prepaid, json!({"tender": "card", "amount": 500, "tip": 100}));
    let voucher = json!({"variant_id": w.voucher, "quantity": 1, "unit_price": 5000});
    let gift = w.open(0, &json!([voucher, line(carbonara, 1)]));
    let gift_paid = w.pay(&gift, json!({"tender": "card", "tip": 200}));
    let beer = w.open(0, &json!([line(pilsner, 1)]));
    let taken_twice = w.pay(&beer, json!({"tender": "card", "amount": 600, "reference": "terminal 7"}));
    let dessert = w.open(2, &json!([line(tiramisu, 1)]));
    w.call(&dessert, "/discounts", json!({"name": "off", "amount": 18}));
    w.pay(&dessert, json!({"tender": "cash"}));
    // After midnight it is still Friday.
    w.at("2026-11-21T03:59:00+01:00");
    let late = w.open(0, &json!([line(carbonara, 1)]));
    w.pay(&late, json!({"tender": "cash", "amount": 250}));

    // Saturday begins.
    w.at("2026-11-21T04:01:00+01:00");
    w.pay(&late, json!({"tender": "card"}));
    w.at("2026-11-21T20:00:00+01:00");
    w.call(&prepaid, "/discounts", json!({"name": "off", "amount": 18}));
    w.pay(&prepaid, json!({"tender": "cash", "tendered": 2000}));
    let forfeited = w.open(0, &json!([line(pilsner, 1)]));
    w.pay(&forfeited, json!({"tender": "meal_voucher", "amount": 1000}));
    let free = w.open(0, &json!([line(carbonara, 1), line(tiramisu, 1)]));
    w.call(&free, &format!("/lines/{}/comp", free.int("/checks/0/lines/0/id")), json!({"reason": "birthday"}));
    w.pay(&free, json!({"tender": "cash"}));
    w.refund(taken_twice, json!({"amount": 120, "reason": "taken twice"}));
    let dish =
        |order: &Answer, at: usize| json!([{"line_id": order.int(&format!("/checks/0/lines/{at}/id")), "quantity": 1}]);
    w.refund(gift_paid, json!({"lines": dish(&gift, 1), "reason": "cold"}));
    w.waiter.post(&format!("/payments/{gift_paid}/tip")).body(json!({"amount": 350})).ok();

    // Sunday.
    w.at("2026-11-22T19:00:00+01:00");
    let tenders = w.manager.get("/tenders").ok();
    let other = tenders.list("/items").iter().find(|tender| tender["kind"] == "other").unwrap()["id"].clone();
    let right = w.manager.post(&format!("/payments/{gift_paid}/correct")).body(json!({"tender_id": other})).created();
    let right = right.int("/payment/id");
    w.refund(right, json!({"lines": dish(&gift, 0), "tip": 100, "reason": "regretted"}));
    let left = w.open(0, &json!([line(cigar, 1)]));
    w.pay(&left, json!({"tender": "write_off"}));
    let nothing = w.open(2, &json!([line(tiramisu, 2)]));
    w.call(&nothing, "/void", json!({"reason": "left before"}));
    w.manager.post("/business-day/close").ok();

    // On Monday the house is shut; on Tuesday somebody complains.
    w.at("2026-11-24T12:00:00+01:00");
    let payments: Vec<i64> =
        w.now(&prepaid).list("/checks/0/payments").iter().map(|payment| payment["id"].as_i64().unwrap()).collect();
    assert_eq!(payments.len(), 3);
    for payment in payments {
        w.refund(payment, json!({"reason": "ill"}));
    }
    w
}

#[test]
fn every_day_adds_up() {
    let w = week();
    for (day, expected) in DAYS.iter().zip(EXPECTED) {
        let seen = figures(&report(&w.manager, day, day, "day"));
        let named = |figures: [i64; 12]| FIGURES.into_iter().zip(figures).collect::<Vec<_>>();
        assert_eq!(named(seen), named(expected), "{day}");
        holds(&w.manager, day, day);
    }
    // And so does every range of them.
    for from in 0..DAYS.len() {
        for to in from..DAYS.len() {
            holds(&w.manager, DAYS[from], DAYS[to]);
            let whole = report(&w.manager, DAYS[from], DAYS[to], "day");
            for (place, name) in FIGURES.into_iter().enumerate().filter(|(_, name)| !name.starts_with("held")) {
                let days: i64 = EXPECTED[from..=to].iter().map(|day| day[place]).sum();
                assert_eq!(whole.int(&format!("/totals/{name}")), days, "{name} of {} to {}", DAYS[from], DAYS[to]);
            }
        }
    }
    // Z covers what was booked until Sunday, X what came since; together they are the week.
    let (z, x) = (w.manager.get("/z-reports/1").ok(), w.manager.get("/business-day").ok());
    for name in ["gross", "service_charges", "tips", "rounding", "not_sales", "excess", "payments_kept", "refunds_paid"]
    {
        let place = FIGURES.iter().position(|figure| *figure == name).unwrap();
        let week: i64 = EXPECTED.iter().map(|day| day[place]).sum();
        assert_eq!(z.int(&format!("/totals/{name}")) + x.int(&format!("/totals/{name}")), week, "{name}");
    }
    assert_eq!((z.int("/totals/held"), x.int("/totals/held")), (0, 0));
    assert_eq!(x.int("/perpetual_total"), 2312 + 300 + 5292 + 300 + 500 - 1250 - 3262);
}

/// Receipts of every range, first to last, without a gap: they follow each other through the days.
#[test]
fn receipts_of_every_range_have_no_gap() {
    let w = week();
    let of = |from: &str, to: &str| {
        let vat = w.manager.get(&format!("/reports/vat?from={from}&to={to}")).ok();
        vat.list("/receipts")
            .iter()
            .map(|row| {
                ["first", "last", "count", "gaps", "sales", "refunds", "corrections"].map(|f| row[f].as_i64().unwrap())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(of(DAYS[0], DAYS[0]), [[1, 3, 3, 0, 3, 0, 0]]);
    assert_eq!(of(DAYS[1], DAYS[1]), [[4, 9, 6, 0, 4, 2, 0]]);
    assert_eq!(of(DAYS[2], DAYS[2]), [[10, 12, 3, 0, 1, 1, 1]]);
    assert_eq!(of(DAYS[3], DAYS[3]), Vec::<[i64; 7]>::new());
    assert_eq!(of(DAYS[4], DAYS[4]), [[13, 15, 3, 0, 0, 3, 0]]);
    assert_eq!(of(DAYS[0], DAYS[4]), [[1, 15, 15, 0, 8, 6, 1]]);
    assert_eq!(of("2026-10-01", "2026-10-31"), Vec::<[i64; 7]>::new());
}

/// Whatever figure of the week is changed by hand, the check says which row it was.
#[test]
fn a_figure_that_was_changed_is_named() {
    let mut w = week();
    w.n.house.stop();
    let (code, told) = said(&w.n.house.db(), &["--integrity"]);
    assert_eq!(code, Some(0), "{told}");
    let check = |change: &str, row: &str| {
        let (code, told) = said(&changed(&w.n, change), &[]);
        assert_eq!(code, Some(1), "{change}: {told}");
        assert!(told.lines().any(|line| line.starts_with(row)), "{change}: no {row:?} in {told}");
    };
    // Every column of a day, and of a Z that was made.
    for column in comanda::reports::model::Figures::COLUMNS {
        let day = format!("update day_totals set {column} = {column} + 1 where business_date = '{}'", DAYS[1]);
        check(&format!("{day} and dim = 'all'"), &format!("day_totals {} all: {column} is ", DAYS[1]));
        let z = format!("update z_totals set {column} = {column} - 1 where z_number = 1 and dim = 'all'");
        check(&z, &format!("z_totals 1 all: {column} is "));
    }
    // Every other cut of it.
    for dim in ["hour", "item", "variant", "category", "staff", "kind", "tender", "tax"] {
        let row = format!("dim = '{dim}' and business_date = '{}'", DAYS[1]);
        check(
            &format!("update day_totals set gross = gross + 1 where {row}"),
            &format!("day_totals {} {dim} ", DAYS[1]),
        );
        check(&format!("delete from day_totals where {row}"), &format!("day_totals {} {dim} ", DAYS[1]));
    }
    // A day that never was, and one that is gone.
    check(
        "insert into day_totals (business_date, dim, key, name, kept) values ('2026-11-23', 'all', '', '', 5)",
        "day_totals 2026-11-23 all: kept is 5, recomputed 0",
    );
    check("delete from day_totals where business_date = '2026-11-22'", "day_totals 2026-11-22 all: gross is 0");
    // The money itself, which the journal knows.
    for (table, columns) in [
        ("payments", &["amount", "excess", "rounding", "tip"][..]),
        ("refunds", &["amount", "excess", "rounding", "tip"]),
        ("payment_tips", &["given"]),
        ("lines", &["list_amount", "comp", "discount"]),
        (
            "checks",
            &["subtotal", "discount_total", "service_total", "tax_total", "total", "rounding", "paid", "tip_total"],
        ),
    ] {
        for column in columns {
            let more = if table == "payments" { ", tendered = tendered + 5" } else { "" };
            let change = format!("update {table} set {column} = {column} + 5{more} where id = 1");
            check(&format!("pragma ignore_check_constraints = on; {change}"), "");
            let (_, told) = said(&changed(&w.n, &format!("pragma ignore_check_constraints = on; {change}")), &[]);
            let own = [format!("{table} 1: "), "checks ".to_owned(), "day_totals ".to_owned()];
            assert!(told.lines().any(|line| own.iter().any(|row| line.starts_with(row))), "{change}: {told}");
        }
    }
    // When it was, and what kind it was of.
    check("update payments set business_date = '2026-11-22' where id = 1", "day_totals 2026-11-20 all: ");
    check("update checks set closed_business_date = '2026-11-20' where id = 1", "day_totals 2026-11-20 all: gross is ");
    check(
        "update lines set counts_as = 'sale' where counts_as = 'gift_voucher'",
        "day_totals 2026-11-20 all: not_sales is ",
    );
    check(
        "update payments set tender_kind = 'cash' where tender_kind = 'meal_voucher'",
        "day_totals 2026-11-21 tender ",
    );
}
