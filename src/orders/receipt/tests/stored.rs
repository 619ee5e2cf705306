//! Issuing on a file: numbers without gaps, bodies that outlive what they were made of.

use std::path::PathBuf;
use std::sync::Arc;

use super::scene::{Scene, one_margherita};
use crate::cache::Tag;
use crate::error::{Fault, Refusal, Result};
use crate::journal::{self, Kind as Record, Stamp};
use crate::kernel::clock::{Clock, ManualClock};
use crate::kernel::currency::Currency;
use crate::kernel::day::{Cutoff, UtcMs, Zone};
use crate::kernel::ids::{DeviceId, ReceiptId, StaffId};
use crate::orders::model::Order;
use crate::orders::receipt::model::Kind;
use crate::orders::receipt::{body, ops};
use crate::orders::sql;
use crate::settings::{self, model::Edit, ops::NewSite};
use crate::store::{AfterCommit, Config, Read, Snapshot, Statement, Store, Tx};

struct Silent;

impl AfterCommit for Silent {
    fn invalidate(&self, _: &[Tag]) {}
    fn wake(&self) {}
}

/// What receipts point at.
static FIXTURE: [Statement; 7] = [
    Statement::new(
        "fixture.staff",
        "insert into staff (id, name, role, pin_hash, archived) values (2, 'Anna', 'waiter', '', 0), (3, 'Luca', 'cashier', '', 0)",
    ),
    Statement::new("fixture.area", "insert into areas (id, name) values (1, 'Window')"),
    Statement::new("fixture.table", "insert into tables (id, area_id, name, seats) values (1, 1, 'Window 5', 4)"),
    Statement::new(
        "fixture.order",
        "insert into orders (id, display_number, kind, service, state, guests, business_date, opened_at_ms)
         values (5, 12, 'dine_in', 'dine_in', 'open', 3, '2026-11-20', 0)",
    ),
    Statement::new(
        "fixture.check",
        "insert into checks (id, order_id, state, opened_business_date, tax_rounding, rounding_mode, cash_rounding,
           cash_rounding_when, version)
         values (6, 5, 'open', '2026-11-20', 'per_line', 'half_up', 10, 'final_cash', 1)",
    ),
    Statement::new(
        "fixture.payment",
        "insert into payments (id, order_id, check_id, tender_id, tender_kind, tender, state, amount, tendered,
           change_given, tip, rounding, excess, business_date, at_ms)
         values (1, 5, 6, 1, 'cash', 'Cash', 'captured', 1905, 2000, 90, 0, 5, 0, '2026-11-20', 0)",
    ),
    Statement::new(
        "fixture.refund",
        "insert into refunds (id, order_id, check_id, payment_id, tender_id, tender_kind, tender, reversal, amount,
           rounding, tip, excess, business_date, at_ms)
         values (1, 5, 6, 1, 1, 'cash', 'Cash', 0, 945, 5, 0, 0, '2026-11-20', 0)",
    ),
];

struct Till {
    store: Store,
    clock: Arc<ManualClock>,
    folder: PathBuf,
}

impl Drop for Till {
    fn drop(&mut self) {
        self.store.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Till {
    fn open(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("comanda-receipt-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(Config::new(folder.join("r.db")), Arc::new(Silent), sql::money::ALL).unwrap();
        let clock = Arc::new(ManualClock::at(UtcMs::parse("2026-11-20T19:31:00+01:00").unwrap()));
        let now = Arc::clone(&clock);
        store
            .write_blocking(move |tx| {
                let zone = Zone::parse("Europe/Rome").unwrap();
                let (currency, cutoff) = (Currency::parse("EUR").unwrap(), Cutoff::from_minutes(240));
                let site = NewSite { name: "Trattoria da Mario".to_owned(), currency, zone, cutoff };
                settings::ops::create(tx, now.as_ref(), site)?;
                FIXTURE.iter().try_for_each(|statement| tx.run(statement, ()).map(drop))?;
                Ok(())
            })
            .unwrap();
        Self { store, clock, folder }
    }

    fn write<T: Send + 'static>(&self, job: impl FnOnce(&Tx<'_>, &Stamp) -> Result<T> + Send + 'static) -> Result<T> {
        let clock = Arc::clone(&self.clock);
        self.store.write_blocking(move |tx| {
            let stamp = journal::ops::stamp(tx, clock.as_ref(), None::<DeviceId>, Some(StaffId::new(3)))?;
            job(tx, &stamp)
        })
    }

    fn read<T>(&self, f: impl FnOnce(&Snapshot) -> Result<T>) -> T {
        self.store.read_blocking(f).unwrap()
    }

    fn sell(&self, order: &Order) -> (ReceiptId, i64) {
        let order = order.clone();
        self.write(move |tx, stamp| ops::issue_sale(tx, stamp, &order, 0, &Scene::evening().rates)).unwrap()
    }
}

fn order() -> Order {
    let mut order = Scene::evening().order;
    order.table = Some(crate::kernel::ids::TableId::new(1));
    order.checks[0].receipt = None;
    order
}

#[test]
fn numbers_have_no_gaps() {
    let till = Till::open("gaps");
    assert_eq!(till.sell(&order()).1, 1);
    let refused = order();
    let outcome = till.write(move |tx, stamp| {
        assert_eq!(ops::issue_sale(tx, stamp, &refused, 0, &[])?.1, 2);
        Err::<(), _>(Refusal::StillDue.into())
    });
    assert!(outcome.is_err());
    let mut sold = order();
    let (sale, number) = till.sell(&sold);
    assert_eq!(number, 2);
    sold.checks[0].receipt = Some((sale, number));
    let refund = till.write(move |tx, stamp| ops::issue_refund(tx, stamp, &sold, 0, &one_margherita())).unwrap();
    assert_eq!(refund.1, 3);
    let document = till.read(|db| ops::document(db, refund.0)).unwrap();
    assert_eq!((document.kind, document.id), (Kind::Refund, Some(refund.0)));
    assert_eq!(document.original.map(|original| (original.id, original.number)), Some((sale, 2)));
}

#[test]
fn a_check_that_is_not_there_or_not_priced_is_a_fault() {
    let till = Till::open("fault");
    assert!(till.write(|tx, stamp| ops::issue_sale(tx, stamp, &order(), 1, &[])).is_err());
    let mut unpriced = order();
    unpriced.checks[0].taxes.pop();
    assert!(till.write(move |tx, stamp| ops::issue_sale(tx, stamp, &unpriced, 0, &[])).is_err());
    assert_eq!(till.sell(&order()).1, 1);
}

#[test]
fn a_reprint_shows_what_was_issued() {
    let till = Till::open("reprint");
    let (id, number) = till.sell(&order());
    let issued = till.read(|db| ops::document(db, id)).unwrap();
    let names = &issued.names;
    assert_eq!(names.seller.name, "Trattoria da Mario");
    let called = (names.table.as_deref(), names.served_by.as_deref(), names.cashier.as_deref());
    assert_eq!(called, (Some("Window 5"), Some("Anna"), Some("Luca")));
    assert_eq!((issued.issued_at, issued.date.to_string().as_str()), (till.clock.now(), "2026-11-20"));
    till.write(|tx, stamp| {
        let edit = Edit { name: Some("Da Luigi".to_owned()), zone: Zone::parse("Asia/Tokyo").ok(), ..Edit::default() };
        settings::ops::edit(tx, stamp, edit)?;
        tx.run(&Statement::new("fixture.rename", "update staff set name = 'x'"), ())?;
        Ok(())
    })
    .unwrap();
    assert_eq!(till.read(|db| ops::document(db, id)).unwrap(), issued);
    let stored = till.read(|db| ops::get(db, id)).unwrap();
    assert_eq!((stored.kind, stored.number), (Kind::Sale, number));
    let read = body::from_json(stored.body.as_bytes()).unwrap();
    assert_eq!(super::Document { id: Some(id), ..read }, issued);
    assert_eq!(till.read(|db| ops::document(db, ReceiptId::new(99))), None);
}

#[test]
fn the_journal_knows_no_names() {
    let till = Till::open("journal");
    let (id, _) = till.sell(&order());
    let records = till.read(|db| journal::ops::after(db, 0, 1000));
    let record = records.iter().find(|record| record.kind == Record::ReceiptIssued.as_str()).unwrap();
    assert_eq!((record.subject, record.version), (5, 7));
    let payload = &record.payload;
    assert!(payload.starts_with(&format!("{{\"receipt_id\":{id},\"kind\":\"sale\",\"series\":\"R\",\"number\":1,")));
    assert!(!payload.contains("ägermeister") && !payload.contains("Anna"), "{payload}");
}

#[test]
fn a_bill_writes_nothing() {
    let till = Till::open("bill");
    let seq = till.read(journal::ops::last_seq);
    let bill = till.write(|tx, stamp| ops::bill(tx, stamp, &order(), 0)).unwrap();
    assert_eq!((bill.kind, bill.number, bill.id), (Kind::Bill, None, None));
    assert_eq!(till.read(journal::ops::last_seq), seq);
    let count = Statement::new("fixture.count", "select count(*) from receipts");
    assert_eq!(till.read(|db| db.one(&count, (), |row| row.get::<_, i64>(0)).map_err(|e: Fault| e.into())), 0);
}
