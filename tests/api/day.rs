//! The business day, its Z reports, and the reports, over figures booked directly.

use std::sync::Arc;

use comanda::cache::Tag;
use comanda::kernel::day::{BusinessDate, UtcMs};
use comanda::kernel::ids::{CategoryId, ItemId, OrderId, StaffId, VariantId};
use comanda::kernel::money::Money;
use comanda::kernel::rate::Rate;
use comanda::reports::facts::{Adjustment, AdjustmentKind, Kept, RateTotal, Sale, SaleLine};
use comanda::shifts::model::OpenOrder;
use comanda::store::{AfterCommit, Config, Statement, Store, Tx};
use comanda::{reports, shifts};
use serde_json::json;

use crate::harness::House;

struct Silent;

impl AfterCommit for Silent {
    fn invalidate(&self, _: &[Tag]) {}
    fn wake(&self) {}
}

/// Writes to the file of a house while its server is stopped.
fn behind(house: &mut House, job: impl FnOnce(&Tx<'_>) -> comanda::error::Result<()> + Send + 'static) {
    house.stop();
    house.by_hand();
    let store = Store::open(Config::new(house.folder.file("comanda.db")), Arc::new(Silent), &[]).unwrap();
    store.write_blocking(job).unwrap();
    store.stop();
    house.restart();
}

static ORDER: Statement = Statement::new(
    "test.order",
    "insert into orders (id, display_number, kind, service, state, guests, business_date, opened_at_ms)
     values (?1, ?1, 'dine_in', 'dine_in', 'open', 2, '2026-11-20', 0)",
);

fn money(minor: i64) -> Money {
    Money::new(minor)
}

/// A check of one dish at 11.00 with 10 % included, a third off a second one, 1.00 tip, paid in cash.
fn sell(tx: &Tx<'_>, order: i64, day: &str) -> comanda::error::Result<()> {
    let date = BusinessDate::parse(day).unwrap();
    let staff = Some(StaffId::new(4));
    let line = |item: i64, list: i64, discount: i64| {
        let total = list - discount;
        SaleLine {
            item: ItemId::new(item),
            item_name: format!("Pizza {item}"),
            variant: VariantId::new(item),
            variant_name: "L".to_owned(),
            category: CategoryId::new(1),
            category_name: "Classic".to_owned(),
            quantity: 1,
            list_amount: money(list),
            comp: money(0),
            discount: money(discount),
            net: money(total - total / 11),
            tax: money(total / 11),
            total: money(total),
            is_sale: true,
        }
    };
    let tax = RateTotal {
        name: "IVA".to_owned(),
        rate: Rate::new(100_000),
        included: true,
        base: money(3000),
        tax: money(300),
    };
    let given = Adjustment {
        kind: AdjustmentKind::Discount,
        date,
        at: UtcMs::new(0),
        order: OrderId::new(order),
        line: None,
        name: "Friends".to_owned(),
        quantity: 0,
        amount: money(1100),
        wasted: false,
        reason_id: None,
        reason: Some("regular".to_owned()),
        staff,
        approved_by: Some(StaffId::new(2)),
    };
    reports::ops::payment(
        tx,
        &Kept {
            date,
            order: OrderId::new(order),
            staff,
            staff_name: "Walter".to_owned(),
            tender_kind: "cash",
            tender_name: "Cash".to_owned(),
            kept: money(3400),
            tip: money(100),
            held: money(3300),
            outside_z: false,
        },
    )?;
    let sale = Sale {
        date,
        hour: 20,
        order: OrderId::new(order),
        kind: "dine_in",
        staff,
        staff_name: "Walter".to_owned(),
        orders: 1,
        guests: 2,
        lines: vec![line(1, 1100, 0), line(2, 3300, 1100)],
        earlier: Vec::new(),
        charges: money(0),
        charges_tax: money(0),
        taxes: vec![tax],
        rounding: money(0),
        excess: money(0),
        held: money(3300),
        comps_and_discounts: vec![given],
        outside_z: false,
    };
    reports::ops::sale(tx, &sale)
}

fn house_with_sales() -> House {
    let mut house = House::open();
    behind(&mut house, |tx| {
        for (order, day) in [(1, "2026-11-13"), (2, "2026-11-20"), (3, "2026-11-20")] {
            tx.run(&ORDER, [order])?;
            sell(tx, order, day)?;
        }
        Ok(())
    });
    house
}

#[test]
fn sales_by_everything() {
    let house = house_with_sales();
    let auditor = house.as_("auditor");
    let check = |by: &str, keys: &[(&str, &str, i64, i64, &str)]| {
        let report = auditor.get(&format!("/reports/sales?from=2026-11-01&to=2026-11-30&by={by}")).ok();
        let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
        let int = |row: &serde_json::Value, name: &str| row[name].as_i64().unwrap();
        let rows: Vec<_> = report.list("/rows").to_vec();
        let rows = rows
            .iter()
            .map(|r| (text(r, "key"), text(r, "name"), int(r, "gross"), int(r, "running_total"), text(r, "share")));
        let expected = keys.iter().map(|k| (k.0.to_owned(), k.1.to_owned(), k.2, k.3, k.4.to_owned()));
        assert_eq!(rows.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{by}");
        assert_eq!((report.int("/totals/gross"), report.int("/totals/orders")), (9900, 3), "{by}");
    };
    let days =
        [("2026-11-13", "2026-11-13", 3300, 3300, "33.3333"), ("2026-11-20", "2026-11-20", 6600, 9900, "66.6667")];
    check("day", &days);
    check("month", &[("2026-11", "2026-11", 9900, 9900, "100")]);
    check("hour", &[("20", "20:00", 9900, 9900, "100")]);
    check("weekday", &[("fri", "Friday", 9900, 9900, "100")]);
    let items = [("2", "Pizza 2", 6600, 6600, "66.6667"), ("1", "Pizza 1", 3300, 9900, "33.3333")];
    check("item", &items);
    check("variant", &[("2", "Pizza 2, L", 6600, 6600, "66.6667"), ("1", "Pizza 1, L", 3300, 9900, "33.3333")]);
    check("category", &[("1", "Classic", 9900, 9900, "100")]);
    check("staff", &[("4", "Walter", 9900, 9900, "100")]);
    check("tender", &[("cash", "Cash", 10_200, 10_200, "100")]);
    check("kind", &[("dine_in", "Dine in", 9900, 9900, "100")]);
    check("tax", &[("IVA:10:included", "IVA", 9900, 9900, "100")]);
    let days = auditor.get("/reports/sales?from=2026-11-20&to=2026-11-20").ok();
    assert_eq!((days.int("/rows/0/last_week"), days.int("/totals/average")), (3300, 3300));
    let t = |name: &str| days.int(&format!("/totals/{name}"));
    let parts = t("gross") + t("service_charges") + t("tips") + t("rounding") + t("not_sales") + t("excess");
    assert_eq!(t("payments_kept"), parts + t("held_end") - t("held_start"));
    assert_eq!((t("net"), t("tax"), t("net_sales"), t("discounts"), t("guests")), (6000, 600, 6000, 2200, 4));
}

#[test]
fn the_other_reports() {
    let house = house_with_sales();
    let auditor = house.as_("auditor");
    let range = "from=2026-11-20&to=2026-11-20";
    let discounts = auditor.get(&format!("/reports/discounts?{range}")).ok();
    assert_eq!(discounts.list("/rows").len(), 2);
    assert_eq!((discounts.str("/rows/0/staff"), discounts.str("/rows/0/approved_by_name")), ("Walter", "Mara"));
    assert_eq!((discounts.str("/by_reason/0/reason"), discounts.int("/by_reason/0/amount")), ("regular", 2200));
    assert_eq!((discounts.int("/by_staff/0/staff_id"), discounts.int("/totals/count")), (4, 2));
    for none in ["voids", "comps", "refunds"] {
        assert_eq!(auditor.get(&format!("/reports/{none}?{range}")).ok().list("/rows").len(), 0);
    }
    let vat = auditor.get(&format!("/reports/vat?{range}")).ok();
    assert_eq!((vat.str("/rows/0/rate"), vat.int("/rows/0/base"), vat.int("/totals/net_tax")), ("10", 6000, 600));
    let tips = auditor.get(&format!("/reports/tips?{range}")).ok();
    assert_eq!((tips.str("/rows/0/staff"), tips.int("/rows/0/staff_id"), tips.int("/totals/net")), ("Walter", 4, 200));
    let tenders = auditor.get(&format!("/reports/tenders?{range}")).ok();
    assert_eq!((tenders.int("/rows/0/payments"), tenders.int("/totals/expected")), (2, 6800));
}

#[test]
fn reports_of_today_end_with_the_day() {
    let house = house_with_sales();
    // Not what the start makes ready.
    let auditor = house.as_("auditor");
    let first = auditor.get("/reports/sales?by=item").ok();
    assert_eq!(first.int("/totals/gross"), 6600);
    assert!(first.header("server-timing").contains("miss"));
    assert!(auditor.get("/reports/sales?by=item").ok().header("server-timing").contains("hit"));
    auditor.get("/reports/sales?by=item").if_none_match(&first.etag()).send().expect(304);
    house.at("2026-11-21T03:59:00+01:00");
    assert_eq!(auditor.get("/reports/sales?by=item").ok().int("/totals/gross"), 6600);
    house.at("2026-11-21T04:00:00+01:00");
    assert_eq!(auditor.get("/reports/sales?by=item").ok().int("/totals/gross"), 0);
}

#[test]
fn what_is_asked_wrongly_is_told() {
    let house = House::open();
    let auditor = house.as_("auditor");
    let check = |query: &str, pointer: &str, code: &str| {
        auditor.get(&format!("/reports/{query}")).refused("invalid").at_fault(pointer, code);
    };
    check("sales?by=moon", "by", "unknown_value");
    check("sales?from=2026-13-01", "from", "bad_format");
    check("sales?from=2026-11-02&to=2026-11-01", "to", "out_of_range");
    check("sales?from=2010-01-01&to=2026-11-01", "to", "out_of_range");
    check("voids?to=yesterday", "to", "bad_format");
    check("vat?by=day", "by", "unknown_field");
    for report in ["sales", "voids", "comps", "discounts", "refunds", "vat", "tips", "tenders"] {
        auditor.get(&format!("/reports/{report}")).ok();
        house.as_("manager").get(&format!("/reports/{report}")).ok();
        house.as_("waiter").get(&format!("/reports/{report}")).refused("forbidden");
        house.as_("cashier").get(&format!("/reports/{report}")).refused("forbidden");
        house.anyone().get(&format!("/reports/{report}")).refused("token_missing");
    }
}

#[test]
fn a_day_is_closed_once() {
    let house = house_with_sales();
    let manager = house.as_("manager");
    let x = house.as_("cashier").get("/business-day").ok();
    assert_eq!((x.str("/business_date"), x.int("/number"), x.int("/totals/gross")), ("2026-11-20", 1, 9900));
    assert_eq!((x.int("/perpetual_total"), x.at("/since").is_null()), (9900, true));
    house.as_("cashier").post("/business-day/close").refused("forbidden");
    let z = manager.post("/business-day/close").key("night").ok();
    assert_eq!((z.int("/number"), z.int("/from_seq"), z.str("/business_date")), (1, 1, "2026-11-20"));
    assert_eq!((z.int("/tenders/0/kept"), z.int("/taxes/0/tax"), z.str("/staff/name")), (10_200, 900, "Mara"));
    assert_eq!((z.int("/perpetual_total"), z.str("/journal_hash").len()), (9900, 64));
    let again = manager.post("/business-day/close").key("night").ok();
    assert_eq!((again.text(), again.header("idempotency-replayed")), (z.text(), "true"));
    let refused = house.as_("owner").post("/business-day/close").refused("day_closed");
    assert_eq!(refused.int("/z_number"), 1);
    manager.post("/business-day/close").body(json!({"business_date": "2026-11-19"})).refused("day_closed");
    let early = manager.post("/business-day/close").body(json!({"business_date": "2026-11-21"}));
    early.refused("invalid").at_fault("/business_date", "out_of_range");
    let wrong = manager.post("/business-day/close").body(json!({"business_date": "soon"}));
    wrong.refused("invalid").at_fault("/business_date", "bad_format");
    assert_eq!(manager.get("/z-reports/1").ok().text(), z.text());
    manager.get("/z-reports/2").refused("not_found");
    manager.get("/z-reports/0").refused("not_found");
    let list = manager.get("/z-reports").ok();
    assert_eq!((list.int("/page/total"), list.int("/items/0/number")), (1, 1));
    let x = manager.get("/business-day").ok();
    assert_eq!((x.int("/number"), x.int("/totals/gross"), x.int("/perpetual_total")), (2, 0, 9900));
    assert_eq!(x.int("/from_seq"), z.int("/to_seq") + 1);
    house.as_("waiter").get("/business-day").refused("forbidden");
    house.as_("waiter").get("/z-reports").refused("forbidden");
    house.as_("waiter").get("/z-reports/1").refused("forbidden");
}

#[test]
fn two_closes_at_once_make_one_z() {
    let house = house_with_sales();
    let close = || {
        let manager = house.as_("manager");
        move || manager.post("/business-day/close").send().status
    };
    let mut statuses = std::thread::scope(|scope| {
        let both = [scope.spawn(close()), scope.spawn(close())];
        both.map(|answer| answer.join().unwrap())
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(house.as_("manager").get("/z-reports").ok().int("/page/total"), 1);
}

#[test]
fn open_orders_are_named_or_carried_over() {
    let mut house = house_with_sales();
    behind(&mut house, |tx| {
        let (order, date) = (OrderId::new(3), BusinessDate::parse("2026-11-20").unwrap());
        shifts::ops::order_opened(tx, &OpenOrder { order, display_number: 3, date, opened_at: UtcMs::new(0) })
    });
    let manager = house.as_("manager");
    let refused = manager.post("/business-day/close").refused("orders_open");
    assert_eq!((refused.int("/orders/0/id"), refused.int("/orders/0/display_number")), (3, 3));
    assert!(refused.list("/payments").is_empty());
    let z = manager.post("/business-day/close").body(json!({"carry_over": true})).ok();
    assert_eq!(z.int("/open_orders/0/id"), 3);
    assert_eq!(manager.get("/business-day").ok().list("/open_orders").len(), 1);
}
