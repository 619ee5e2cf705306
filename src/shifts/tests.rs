//! When a day may be closed, and what a Z covers, on a file of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::model::{Decision, LastZ, OpenOrder, Pending, Unresolved, ZReport, decide};
use super::ops::{self, Closing};
use super::sql;
use crate::cache::Tag;
use crate::error::{Error, Refusal, Result};
use crate::journal::{self, Stamp};
use crate::kernel::clock::ManualClock;
use crate::kernel::day::{BusinessDate, Cutoff, UtcMs, Zone};
use crate::kernel::ids::{OrderId, PaymentId};
use crate::kernel::money::Money;
use crate::reports::{self, facts::Kept};
use crate::store::{AfterCommit, Config, Cursor, PageRequest, Statement, Store, Tx};

fn date(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

#[test]
fn a_day_closes_once_and_again_when_something_was_booked() {
    let none = Pending::default();
    let order =
        OpenOrder { order: OrderId::new(1), display_number: 1, date: date("2026-11-20"), opened_at: UtcMs::new(0) };
    let payment = Unresolved { payment: PaymentId::new(1), order: OrderId::new(1), amount: Money::new(5) };
    let orders = Pending { orders: vec![order], ..Pending::default() };
    let payments = Pending { payments: vec![payment], ..Pending::default() };
    let z = LastZ { number: 7, date: date("2026-11-20"), to_seq: 40, closed_at: UtcMs::new(0), perpetual_total: 100 };
    let check = |day: &str, last, booked, pending: &Pending, carry_over, expected| {
        let decision = decide(date(day), date("2026-11-21"), last, booked, pending, carry_over);
        assert_eq!(decision, expected, "{day} {last:?} {booked} {pending:?} {carry_over}");
    };
    check("2026-11-21", None, false, &none, false, Decision::Close);
    check("2026-11-22", None, true, &none, true, Decision::TooEarly);
    check("2026-11-20", Some(z), false, &none, false, Decision::Closed(z));
    check("2026-11-20", Some(z), false, &orders, true, Decision::Closed(z));
    check("2026-11-20", Some(z), true, &none, false, Decision::Close);
    check("2026-11-19", Some(z), true, &none, false, Decision::Closed(z));
    check("2026-11-21", Some(z), false, &none, false, Decision::Close);
    check("2026-11-21", None, true, &orders, false, Decision::Pending);
    check("2026-11-21", None, true, &payments, false, Decision::Pending);
    check("2026-11-21", None, true, &orders, true, Decision::Close);
}

static ORDER: Statement = Statement::new(
    "test.order",
    "insert into orders (id, display_number, kind, service, state, guests, business_date, opened_at_ms)
     values (?1, ?1, 'dine_in', 'dine_in', 'open', 2, '2026-11-20', 0)",
);

struct Silent;

impl AfterCommit for Silent {
    fn invalidate(&self, _: &[Tag]) {}
    fn wake(&self) {}
}

struct Fixture {
    store: Store,
    clock: Arc<ManualClock>,
    folder: PathBuf,
}

impl Fixture {
    /// A house in Rome on the evening of 2026-11-20, with three orders open.
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("comanda-shifts-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(Config::new(folder.join("house.db")), Arc::new(Silent), sql::ALL).unwrap();
        let now = UtcMs::parse("2026-11-20T22:00:00+01:00").unwrap();
        let house = Self { store, clock: Arc::new(ManualClock::at(now)), folder };
        house
            .write(move |tx, _| {
                let zone = Zone::parse("Europe/Rome").unwrap();
                journal::ops::create_site(tx, &zone, Cutoff::parse("04:00").unwrap(), now)?;
                for id in 1..=3_i64 {
                    tx.run(&ORDER, [id])?;
                    let order = OrderId::new(id);
                    let day = date("2026-11-20");
                    ops::order_opened(tx, &OpenOrder { order, display_number: id, date: day, opened_at: now })?;
                }
                Ok(())
            })
            .unwrap();
        house
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Tx<'_>, &dyn Fn() -> Stamp) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let clock = Arc::clone(&self.clock);
        self.store.write_blocking(move |tx| {
            let stamp = || journal::ops::stamp(tx, clock.as_ref(), None, None).unwrap();
            job(tx, &stamp)
        })
    }

    fn close(&self, day: Option<&str>, carry_over: bool) -> Result<Closing> {
        let day = day.map(date);
        self.write(move |tx, stamp| ops::close(tx, &stamp(), day, carry_over))
    }

    fn z(&self, day: Option<&str>, carry_over: bool) -> ZReport {
        match self.close(day, carry_over).unwrap() {
            Closing::Closed(z) => *z,
            Closing::Pending(pending) => panic!("{pending:?}"),
        }
    }

    fn refused(&self, day: Option<&str>, expected: Refusal) {
        match self.close(day, true) {
            Err(Error::Refused(refused)) => assert_eq!(refused.refusal, expected, "{}", refused.detail),
            Err(fault) => panic!("{fault}"),
            Ok(_) => panic!("closed"),
        }
    }

    fn take(&self, amount: i64) {
        let amount = Money::new(amount);
        let booked = self.write(move |tx, stamp| {
            reports::ops::payment(
                tx,
                &Kept {
                    date: stamp().date,
                    order: OrderId::new(1),
                    staff: None,
                    staff_name: String::new(),
                    tender_kind: "cash",
                    tender_name: "Cash".to_owned(),
                    kept: amount,
                    tip: Money::ZERO,
                    held: amount,
                    outside_z: false,
                },
            )
        });
        booked.unwrap();
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.store.stop();
        // Left behind where it cannot be removed; the next run uses another name.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn what_is_open_stands_in_the_way_unless_carried_over() {
    let house = Fixture::new();
    house.write(|tx, _| ops::order_closed(tx, OrderId::new(2))).unwrap();
    let Closing::Pending(pending) = house.close(None, false).unwrap() else { panic!("closed") };
    assert_eq!(pending.orders.iter().map(|o| o.order.get()).collect::<Vec<_>>(), [1, 3]);
    // Nothing was written by the refusal.
    assert!(house.store.read_blocking(ops::last_z).unwrap().is_none());
    let z = house.z(None, true);
    assert_eq!((z.number, z.date, z.pending), (1, date("2026-11-20"), pending));
    house.refused(Some("2026-11-20"), Refusal::DayClosed);
}

#[test]
fn each_z_covers_the_journal_from_the_one_before() {
    let house = Fixture::new();
    house.take(500);
    let first = house.z(None, true);
    assert_eq!((first.number, first.from_seq, first.totals.all.kept), (1, 1, 500));
    house.refused(None, Refusal::DayClosed);
    house.refused(Some("2026-11-19"), Refusal::DayClosed);
    house.refused(Some("2026-11-21"), Refusal::Invalid);
    // After the Z and before the cutoff: the same date, the next Z.
    house.clock.advance_ms(2 * 60 * 60 * 1000);
    house.take(70);
    let second = house.z(None, true);
    assert_eq!((second.number, second.date, second.from_seq), (2, first.date, first.to_seq + 1));
    assert_eq!((second.totals.all.kept, second.totals.tenders[0].payments), (70, 1));
    // A day of rest has its Z too.
    house.clock.advance_ms(24 * 60 * 60 * 1000);
    let third = house.z(None, true);
    assert_eq!((third.number, third.date, third.totals.any), (3, date("2026-11-21"), false));
    let stored = house.store.read_blocking(|db| ops::z_report(db, 1)).unwrap();
    let hash: String = first.journal_hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(stored.body.contains(&format!("\"journal_hash\":\"{hash}\"")), "{}", stored.body);
    assert!(house.store.read_blocking(|db| ops::z_report(db, 4)).is_err());
    assert_eq!(house.store.read_blocking(|db| journal::ops::verify(db, |_| {})).unwrap(), Ok(third.to_seq));
}

#[test]
fn pages_of_z_reports_count_down() {
    let house = Fixture::new();
    for _ in 0..5 {
        house.take(1);
        house.z(None, true);
    }
    let check = |request, expected: &[i64], total, has_more| {
        let page = house.store.read_blocking(|db| ops::z_reports(db, request)).unwrap();
        let numbers: Vec<i64> = page.items.iter().map(|z| z.number).collect();
        assert_eq!((numbers.as_slice(), page.total, page.has_more), (expected, total, has_more), "{request:?}");
    };
    check(PageRequest::Number { page: 1, size: 2 }, &[5, 4], Some(5), true);
    check(PageRequest::Number { page: 3, size: 2 }, &[1], Some(5), false);
    check(PageRequest::Number { page: 4, size: 2 }, &[], Some(5), false);
    check(PageRequest::Cursor { after: Cursor { key: 4, id: 4 }, size: 2 }, &[3, 2], None, true);
    check(PageRequest::Cursor { after: Cursor { key: 3, id: 3 }, size: 2 }, &[2, 1], None, false);
}

static TENDER: Statement = Statement::new(
    "test.tender",
    "insert into tenders (id, name, kind, gives_change, excess) values (1, 'Card', 'card', 0, 'refuse')",
);
static CHECK: Statement = Statement::new(
    "test.check",
    "insert into checks (id, order_id, state, opened_business_date, tax_rounding, rounding_mode, cash_rounding,
       cash_rounding_when, version)
     values (1, 1, 'open', '2026-11-20', 'per_line', 'half_up', 0, 'final_cash', 1)",
);
static PAYMENT: Statement = Statement::new(
    "test.payment",
    "insert into payments (id, order_id, check_id, tender_id, tender_kind, tender, state, amount, tendered,
       change_given, tip, rounding, excess, business_date, at_ms)
     values (9, 1, 1, 1, 'card', 'Card', 'unknown', 5, 5, 0, 0, 0, 0, '2026-11-20', 0)",
);

#[test]
fn payments_count_as_open_until_resolved() {
    let house = Fixture::new();
    let told = house.write(|tx, _| {
        for statement in [&TENDER, &CHECK, &PAYMENT] {
            tx.run(statement, ())?;
        }
        for order in 1..=3 {
            ops::order_closed(tx, OrderId::new(order))?;
        }
        let payment = Unresolved { payment: PaymentId::new(9), order: OrderId::new(1), amount: Money::new(5) };
        ops::payment_unresolved(tx, &payment)?;
        // Told again while it is asked again.
        ops::payment_unresolved(tx, &payment)
    });
    told.unwrap();
    let Closing::Pending(pending) = house.close(None, false).unwrap() else { panic!("closed") };
    assert_eq!(pending.payments.iter().map(|p| p.payment.get()).collect::<Vec<_>>(), [9]);
    house.write(|tx, _| ops::payment_resolved(tx, PaymentId::new(9))).unwrap();
    assert!(house.z(None, false).pending.is_empty());
}
