//! Shares, averages, keys and postings; and what the pushes leave in a file of their own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::facts::{Adjustment, AdjustmentKind, Kept, RateTotal, RefundFact, RefundLine, Released, Sale, SaleLine};
use super::model::{By, Dim, Figures, Span, TaxKey, name_of, share};
use super::{ops, sql};
use crate::cache::Tag;
use crate::error::Result;
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{CategoryId, ItemId, OrderId, StaffId, VariantId};
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;
use crate::store::{AfterCommit, Config, Read, Statement, Store, Tx};

// ── pure ─────────────────────────────────────────────────────────────────────

#[test]
fn shares_are_exact_decimals() {
    let check = |part, whole, expected: &str| assert_eq!(share(part, whole).to_string(), expected, "{part}/{whole}");
    check(1, 3, "33.3333");
    check(2, 3, "66.6667");
    check(22_005_310, 81_786_005, "26.906");
    check(1, 2_000_000, "0.0001");
    check(1, 2_000_001, "0");
    check(5, 5, "100");
    check(0, 5, "0");
    check(0, 0, "0");
    check(-1, 4, "-25");
}

#[test]
fn averages_round_half_up() {
    let check = |gross, orders, expected| {
        assert_eq!(Figures { gross, orders, ..Figures::default() }.average(), expected, "{gross}/{orders}");
    };
    check(81_786_005, 21_350, 3831);
    check(5, 2, 3);
    check(4, 3, 1);
    check(100, 0, 0);
}

#[test]
fn tax_keys_read_back() {
    let check = |key: &str, expected: Option<(&str, i64, bool)>| {
        let read = TaxKey::parse(key);
        assert_eq!(read.as_ref().map(|k| (k.name.as_str(), k.rate.ten_thousandths(), k.included)), expected, "{key}");
        if let Some(read) = read {
            assert_eq!(read.to_string(), key);
        }
    };
    check("IVA:10:included", Some(("IVA", 100_000, true)));
    check("a:b:7.25:added", Some(("a:b", 72_500, false)));
    check(":0:added", Some(("", 0, false)));
    check("IVA:10", None);
    check("IVA:x:added", None);
    check("IVA:10:outside", None);
}

#[test]
fn names_of_words() {
    let check = |by, key, expected: Option<&str>| assert_eq!(name_of(by, key).as_deref(), expected, "{key}");
    check(By::Hour, "7", Some("07:00"));
    check(By::Day, "2015-07-04", Some("2015-07-04"));
    check(By::Weekday, "sun", Some("Sunday"));
    check(By::Tender, "cash", Some("Cash"));
    check(By::Item, "charges", Some("Service charges"));
    check(By::Item, "7", None);
}

#[test]
fn spans_are_bounded() {
    let check = |days: i32, expected: bool| {
        assert_eq!(Span::new(date("2015-01-01"), date("2015-01-01").plus_days(days)).is_ok(), expected, "{days}");
    };
    check(-1, false);
    check(0, true);
    check(3699, true);
    check(3700, false);
}

#[test]
fn what_does_not_conserve_is_not_booked() {
    let check = |spoil: fn(&mut Sale)| {
        let mut sale = pizza(1, "2015-07-04");
        assert!(sale.postings().is_ok());
        spoil(&mut sale);
        assert!(sale.postings().is_err());
    };
    check(|sale| sale.held = Money::new(1));
    check(|sale| sale.lines[0].net = Money::new(1));
    check(|sale| sale.taxes[0].tax = Money::new(1));
    check(|sale| sale.rounding = Money::new(1));
}

#[test]
fn columns_stand_in_the_order_of_figures() {
    let named = |statement: &Statement| {
        let list = statement.sql.split_once("name, ").map(|(_, rest)| rest.split_once(')').map_or(rest, |(l, _)| l));
        let list = list.map(|l| l.split(" from ").next().unwrap_or(l)).unwrap_or_default();
        list.split(',').map(|c| c.trim().to_owned()).collect::<Vec<_>>()
    };
    for statement in [&sql::ROLLUPS, &sql::Z_TOTALS] {
        assert_eq!(named(statement), Figures::COLUMNS, "{}", statement.name);
    }
    let summed: Vec<_> = sql::SUMS_BY_KEY.sql.split("sum(t.").skip(1).filter_map(|s| s.split(')').next()).collect();
    assert_eq!(summed, Figures::COLUMNS);
}

// ── in a file ────────────────────────────────────────────────────────────────

static ORDER: Statement = Statement::new(
    "test.order",
    "insert into orders (id, display_number, kind, service, state, guests, business_date, opened_at_ms)
     values (?1, 1, 'dine_in', 'dine_in', 'open', 2, '2015-07-04', 0)",
);

#[derive(Default)]
struct Touched(parking_lot::Mutex<Vec<Tag>>);

impl AfterCommit for Touched {
    fn invalidate(&self, tags: &[Tag]) {
        self.0.lock().extend_from_slice(tags);
    }
    fn wake(&self) {}
}

struct Fixture {
    store: Store,
    touched: Arc<Touched>,
    folder: PathBuf,
}

impl Fixture {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("comanda-reports-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&folder).unwrap();
        let touched = Arc::new(Touched::default());
        let store = Store::open(Config::new(folder.join("house.db")), touched.clone(), sql::ALL).unwrap();
        let fixture = Self { store, touched, folder };
        fixture.write(|tx| {
            for id in 1..=9_i64 {
                tx.run(&ORDER, [id])?;
            }
            Ok(())
        });
        fixture
    }

    fn write(&self, job: impl FnOnce(&Tx<'_>) -> Result<()> + Send + 'static) {
        self.store.write_blocking(job).unwrap();
    }

    fn read<T>(&self, f: impl FnOnce(&crate::store::Snapshot) -> Result<T>) -> T {
        self.store.read_blocking(f).unwrap()
    }

    /// Every dimension that must adds up to the totals of the span, and the identity holds.
    fn adds_up(&self, from: &str, to: &str) -> Figures {
        let span = Span::new(date(from), date(to)).unwrap();
        let totals = self.read(|db| ops::totals(db, span));
        assert!(totals.balanced(), "{totals:?}");
        for by in By::ALL.into_iter().filter(|by| !matches!(by, By::Tender | By::Tax)) {
            let rows = self.read(|db| ops::sales(db, span, by));
            let mut sum = Figures::default();
            rows.iter().for_each(|row| sum.add(&row.figures));
            let cut = |f: &Figures| (f.quantity, f.list_amount, f.comps, f.discounts, f.gross, f.net, f.tax, f.refunds);
            assert_eq!(cut(&sum), cut(&totals.figures), "{by:?}");
            assert_eq!(sum.list_amount - sum.comps - sum.discounts, sum.gross, "{by:?}");
            let mut running = 0;
            for row in &rows {
                running += row.figures.gross;
                let above = rows.iter().filter(|other| other.figures.gross > row.figures.gross).count() as i64;
                assert_eq!(
                    (row.running_total, row.rank, row.whole),
                    (running, above + 1, totals.figures.gross),
                    "{by:?}"
                );
            }
            if !matches!(by, By::Item | By::Variant | By::Category) {
                assert_eq!((sum.orders, sum.guests), (totals.figures.orders, totals.figures.guests), "{by:?}");
            }
        }
        totals.figures
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.store.stop();
        // Left behind where it cannot be removed; the next run uses another name.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn date(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

fn money(minor: i64) -> Money {
    Money::new(minor)
}

fn line(item: i64, total: i64) -> SaleLine {
    // 10 % included, of an amount that divides.
    let tax = total / 11;
    SaleLine {
        item: ItemId::new(item),
        item_name: format!("Pizza {item}"),
        variant: VariantId::new(item * 10),
        variant_name: "L".to_owned(),
        category: CategoryId::new(item % 2),
        category_name: "Classic".to_owned(),
        quantity: 1,
        list_amount: money(total),
        comp: Money::ZERO,
        discount: Money::ZERO,
        net: money(total - tax),
        tax: money(tax),
        total: money(total),
        is_sale: true,
    }
}

fn rate(base: i64, tax: i64) -> RateTotal {
    RateTotal { name: "IVA".to_owned(), rate: Rate::new(100_000), included: true, base: money(base), tax: money(tax) }
}

/// Two lines, 11.00 and 22.00 gross.
fn pizza(order: i64, day: &str) -> Sale {
    Sale {
        date: date(day),
        hour: 12,
        order: OrderId::new(order),
        kind: "dine_in",
        staff: Some(StaffId::new(3)),
        staff_name: "Ada".to_owned(),
        orders: 1,
        guests: 2,
        lines: vec![line(1, 1100), line(2, 2200)],
        earlier: Vec::new(),
        charges: Money::ZERO,
        charges_tax: Money::ZERO,
        taxes: vec![rate(3000, 300)],
        rounding: Money::ZERO,
        excess: Money::ZERO,
        held: money(3300),
        comps_and_discounts: Vec::new(),
        outside_z: false,
    }
}

fn kept(order: i64, day: &str, tender: &'static str, kept: i64, tip: i64) -> Kept {
    Kept {
        date: date(day),
        order: OrderId::new(order),
        staff: Some(StaffId::new(3)),
        staff_name: "Ada".to_owned(),
        tender_kind: tender,
        tender_name: "Till".to_owned(),
        kept: money(kept),
        tip: money(tip),
        held: money(kept - tip),
        outside_z: false,
    }
}

fn adjustment(kind: AdjustmentKind, order: i64, day: &str, amount: i64) -> Adjustment {
    Adjustment {
        kind,
        date: date(day),
        at: UtcMs::new(0),
        order: OrderId::new(order),
        line: None,
        name: "Pizza 1".to_owned(),
        quantity: 1,
        amount: money(amount),
        wasted: false,
        reason_id: None,
        reason: Some("cold".to_owned()),
        staff: None,
        approved_by: None,
    }
}

fn refund_of_everything(order: i64, day: &str, charges: i64) -> RefundFact {
    let back = |l: SaleLine| RefundLine {
        item: l.item,
        item_name: l.item_name,
        variant: l.variant,
        variant_name: l.variant_name,
        category: l.category,
        category_name: l.category_name,
        quantity: 1,
        net: l.net,
        tax: l.tax,
        total: l.total,
        is_sale: true,
    };
    RefundFact {
        date: date(day),
        hour: 12,
        order: OrderId::new(order),
        kind: "dine_in",
        staff: Some(StaffId::new(3)),
        staff_name: "Ada".to_owned(),
        tip_staff: Some(StaffId::new(3)),
        tip_staff_name: "Ada".to_owned(),
        tender_kind: "cash",
        tender_name: "Till".to_owned(),
        paid: money(3300 + charges + 102),
        amount: money(3300 + charges),
        tip: money(100),
        rounding: money(2),
        excess: Money::ZERO,
        charges: money(charges),
        charges_tax: Money::ZERO,
        lines: vec![back(line(1, 1100)), back(line(2, 2200))],
        taxes: vec![rate(3000, 300)],
        adjustment: adjustment(AdjustmentKind::Refund, order, day, 3300 + charges),
    }
}

#[test]
fn every_dimension_adds_up_to_the_totals() {
    let house = Fixture::new();
    house.write(|tx| {
        // Paid the evening before the check closes: held overnight, with a tip and cash rounding.
        ops::payment(tx, &kept(1, "2015-07-03", "cash", 3502, 150))?;
        let charged = Sale { charges: money(50), held: money(3352), rounding: money(2), ..pizza(1, "2015-07-04") };
        ops::sale(tx, &charged)?;
        // A comp, a voucher that is no sale, a forfeited excess, another hour.
        let mut lines = pizza(2, "2015-07-04").lines;
        lines[0] =
            SaleLine { comp: money(1100), net: Money::ZERO, tax: Money::ZERO, total: Money::ZERO, ..line(1, 1100) };
        lines.push(SaleLine { is_sale: false, net: money(5000), tax: Money::ZERO, total: money(5000), ..line(4, 0) });
        let voucher = Sale {
            hour: 9,
            staff: None,
            staff_name: String::new(),
            kind: "takeaway",
            lines,
            taxes: vec![rate(2000, 200)],
            excess: money(10),
            held: money(7210),
            comps_and_discounts: vec![adjustment(AdjustmentKind::Comp, 2, "2015-07-04", 1100)],
            ..pizza(2, "2015-07-04")
        };
        ops::payment(tx, &kept(2, "2015-07-04", "card", 7210, 0))?;
        ops::sale(tx, &voucher)?;
        // Money taken on a check that stays open, a part of it given back, and one that came too late.
        ops::payment(tx, &kept(3, "2015-07-04", "card", 900, 0))?;
        ops::reversal(tx, &kept(3, "2015-07-04", "card", -400, 0))?;
        ops::payment(tx, &kept(2, "2015-07-04", "card", 70, 0))?;
        ops::released(tx, &Released { date: date("2015-07-04"), rounding: money(0), excess: money(70) })?;
        ops::tip(tx, &kept(2, "2015-07-04", "card", 25, 25))?;
        ops::refund(tx, &refund_of_everything(1, "2015-07-05", 50))?;
        ops::voided(tx, &adjustment(AdjustmentKind::Void, 3, "2015-07-05", 700))
    });
    let all = house.adds_up("2015-07-01", "2015-07-31");
    for (from, to) in [("2015-07-03", "2015-07-03"), ("2015-07-04", "2015-07-04"), ("2015-07-05", "2015-07-05")] {
        house.adds_up(from, to);
    }
    let expected = Figures {
        orders: 2,
        guests: 4,
        quantity: 4,
        list_amount: 6600,
        comps: 1100,
        discounts: 0,
        gross: 5500,
        net: 5000,
        tax: 500,
        refunds: 3350,
        refunds_net: 3000,
        refunds_tips: 100,
        service_charges: 50,
        service_tax: 0,
        tips: 175,
        rounding: 2,
        not_sales: 5000,
        excess: 80,
        kept: 11_307,
        held: 500,
        refunds_paid: 3452,
        refunds_not_sales: 0,
    };
    assert_eq!(all, expected);
    assert_eq!((all.net_sales(), all.turnover()), (2000, 2200));
    // The Z has seen the same, by fewer dimensions.
    let z = house.read(ops::totals_since_z);
    assert_eq!(z.all, expected);
    assert_eq!(
        z.tenders.iter().map(|t| (t.kind.as_str(), t.payments, t.expected())).collect::<Vec<_>>(),
        [("card", 2, 7805), ("cash", 1, 50),]
    );
    assert_eq!(
        z.taxes.iter().map(|t| (t.base, t.tax, t.refunds_base, t.refunds_tax)).collect::<Vec<_>>(),
        [(5000, 500, 3000, 300)]
    );
    let july = Span::new(date("2015-07-01"), date("2015-07-31")).unwrap();
    assert_eq!(house.read(|db| ops::vat(db, july)), z.taxes);
    assert_eq!(house.read(|db| ops::tenders(db, july)), z.tenders);
    let tips = house.read(|db| ops::tips(db, july));
    assert_eq!(
        tips.iter().map(|t| (t.key.as_str(), t.name.as_str(), t.tips, t.refunds)).collect::<Vec<_>>(),
        [("3", "Ada", 175, 100)]
    );
    let check = |kind, count: usize, amount: i64| {
        let found = house.read(|db| ops::adjustments(db, july, kind));
        assert_eq!(found.rows.len(), count, "{kind:?}");
        let sums = |sums: &[sql::AdjustmentSum]| sums.iter().map(|s| s.amount).sum::<i64>();
        assert_eq!((sums(&found.by_reason), sums(&found.by_staff)), (amount, amount), "{kind:?}");
    };
    check(AdjustmentKind::Void, 1, 700);
    check(AdjustmentKind::Comp, 1, 1100);
    check(AdjustmentKind::Discount, 0, 0);
    check(AdjustmentKind::Refund, 1, 3350);
}

#[test]
fn a_push_touches_its_day_its_month_and_the_x() {
    let house = Fixture::new();
    house.touched.0.lock().clear();
    house.write(|tx| ops::payment(tx, &kept(1, "2015-07-03", "cash", 100, 0)));
    let day = date("2015-07-03");
    assert_eq!(*house.touched.0.lock(), [Tag::X, Tag::Day(day.days()), Tag::Month(day.month_index())]);
}

/// Files from before refunds knew their names hold rows without one.
#[test]
fn a_row_without_a_name_takes_none_away() {
    let house = Fixture::new();
    house.write(|tx| {
        ops::payment(tx, &kept(1, "2015-07-03", "cash", 3300, 0))?;
        ops::sale(tx, &pizza(1, "2015-07-03"))?;
        let mut nameless = refund_of_everything(1, "2015-07-04", 0);
        nameless.lines.iter_mut().for_each(|line| line.category_name = String::new());
        (nameless.staff_name, nameless.tip_staff_name) = (String::new(), String::new());
        ops::refund(tx, &nameless)
    });
    let check = |from: &str, by, expected: &[&str]| {
        let span = Span::new(date(from), date("2015-07-04")).unwrap();
        let rows = house.read(|db| ops::sales(db, span, by));
        assert_eq!(rows.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), expected, "{by:?} from {from}");
    };
    check("2015-07-03", By::Category, &["Classic", "Classic"]);
    check("2015-07-03", By::Staff, &["Ada"]);
    check("2015-07-04", By::Category, &["", ""]);
    check("2015-07-04", By::Staff, &[""]);
}

#[test]
fn a_dish_on_two_checks_is_one_order() {
    let house = Fixture::new();
    house.write(|tx| {
        ops::payment(tx, &kept(1, "2015-07-04", "cash", 6600, 0))?;
        ops::sale(tx, &Sale { orders: 0, guests: 0, ..pizza(1, "2015-07-04") })?;
        let rest = vec![line(1, 1100), line(1, 2200)];
        ops::sale(tx, &Sale { lines: rest, earlier: pizza(1, "2015-07-04").lines, ..pizza(1, "2015-07-04") })
    });
    house.adds_up("2015-07-04", "2015-07-04");
    let day = Span::new(date("2015-07-04"), date("2015-07-04")).unwrap();
    let items = house.read(|db| ops::sales(db, day, By::Item));
    let counts: Vec<_> = items.iter().map(|r| (r.key.as_str(), r.figures.orders, r.figures.quantity)).collect();
    assert_eq!(counts, [("1", 1, 3), ("2", 1, 1)]);
}

#[test]
fn rows_come_in_the_order_of_their_keys() {
    let house = Fixture::new();
    house.write(|tx| {
        let days = [("2015-06-26", 9, 1), ("2015-07-03", 10, 2), ("2015-07-05", 23, 3), ("2015-07-06", 0, 4)];
        for (day, hour, order) in days {
            ops::payment(tx, &kept(order, day, "cash", 3300, 0))?;
            ops::sale(tx, &Sale { hour, ..pizza(order, day) })?;
        }
        Ok(())
    });
    let check = |from: &str, by, expected: &[&str]| {
        let span = Span::new(date(from), date("2015-07-31")).unwrap();
        let rows = house.read(|db| ops::sales(db, span, by));
        assert_eq!(rows.iter().map(|r| r.key.as_str()).collect::<Vec<_>>(), expected, "{by:?}");
    };
    check("2015-06-01", By::Day, &["2015-06-26", "2015-07-03", "2015-07-05", "2015-07-06"]);
    check("2015-06-01", By::Month, &["2015-06", "2015-07"]);
    check("2015-06-01", By::Weekday, &["mon", "fri", "sun"]);
    check("2015-06-01", By::Hour, &["0", "9", "10", "23"]);
    check("2015-06-01", By::Item, &["2", "1"]);
    check("2015-06-01", By::Tax, &["IVA:10:included"]);
    check("2015-07-07", By::Day, &[]);
    // A week before is a week before, also where days of rest lie between, and before `from`.
    let july = Span::new(date("2015-07-01"), date("2015-07-31")).unwrap();
    let rows = house.read(|db| ops::sales(db, july, By::Day));
    assert_eq!(rows.iter().map(|r| r.last_week).collect::<Vec<_>>(), [Some(3300), None, None]);
    assert_eq!(rows.iter().map(|r| r.rank).collect::<Vec<_>>(), [1, 1, 1]);
}

#[test]
fn a_z_ends_and_history_stays_outside() {
    let house = Fixture::new();
    house.write(|tx| {
        ops::payment(tx, &Kept { outside_z: true, ..kept(1, "2015-07-04", "other", 3300, 0) })?;
        ops::sale(tx, &Sale { outside_z: true, ..pizza(1, "2015-07-04") })
    });
    assert!(!house.read(ops::totals_since_z).any);
    assert_eq!(house.adds_up("2015-07-04", "2015-07-04").gross, 3300);
    house.write(|tx| {
        ops::payment(tx, &kept(2, "2015-07-04", "cash", 100, 0))?;
        assert_eq!(ops::next_z(tx)?, 1);
        ops::payment(tx, &kept(2, "2015-07-04", "cash", 30, 0))
    });
    assert_eq!(house.read(ops::current_z), 2);
    assert_eq!(house.read(|db| ops::z_totals(db, 1)).all.kept, 100);
    assert_eq!(house.read(ops::totals_since_z).all.kept, 30);
    let rows = house.read(|db| ops::rollup_rows(db, date("2015-07-04"), date("2015-07-04")));
    assert_eq!(rows.iter().find(|r| r.dim == Dim::All).map(|r| r.figures.kept), Some(3430));
}

/// The plans behind the reports: each seeks its days by the primary key.
#[test]
fn reports_seek_their_days() {
    let house = Fixture::new();
    let check = |statement: &Statement| {
        let explain: &'static str = format!("explain query plan {}", statement.sql).leak();
        let plan = house.read(|db| {
            let explain = Statement::new("test.explain", explain);
            let params = rusqlite::params_from_iter(vec!["2015-01-01"; parameters(statement.sql)]);
            Ok(db.all(&explain, params, |row| row.get::<_, String>(3))?)
        });
        let plan = plan.join("\n");
        assert!(plan.contains("SEARCH t USING PRIMARY KEY (business_date=? AND dim=?"), "{}:\n{plan}", statement.name);
        assert!(!plan.contains("SCAN t"), "{}:\n{plan}", statement.name);
    };
    [&sql::SALES_BY_DAY, &sql::SALES_BY_MONTH, &sql::SALES_BY_WEEKDAY, &sql::SALES_BY_HOUR].into_iter().for_each(check);
    [&sql::SALES_BY_KEY, &sql::SUMS_BY_KEY, &sql::HELD_BEFORE].into_iter().for_each(check);
}

fn parameters(sql: &str) -> usize {
    (1..=4).filter(|n| sql.contains(&format!("?{n}"))).count()
}
