//! History from another till: settled orders of their own day, through the operations a live one takes.

use std::rc::Rc;

use super::adding::{Adding, Place};
use super::lines::NewLine;
use super::open::{NewOrder, begin, new_check};
use super::settle::{insert, kept, settle};
use super::{By, bump};
use crate::error::{Fault, Faults, Refusal, Refused, Result};
use crate::journal::{self, Kind as Fact, Stamp};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{LineId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::permission::Role;
use crate::kernel::quantity::Quantity;
use crate::menu::{self, model::Sellable};
use crate::orders::model::{Customer, Kind, Order, Payment, PaymentState, State};
use crate::orders::sql::order;
use crate::orders::{facts, load, save};
use crate::reports;
use crate::settings;
use crate::settings::model::{CheckRules, Tender, TenderKind};
use crate::store::{Read, Tx};

/// An order as another till had it.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Its number there, unique in its source.
    pub reference: String,
    pub at: UtcMs,
    pub lines: Vec<ImportedLine>,
}

#[derive(Debug, Clone, Copy)]
pub struct ImportedLine {
    pub variant: VariantId,
    pub quantity: Quantity,
    /// The past's, whatever the menu says now.
    pub unit_price: Money,
}

/// What every order of one transaction needs to know, read once.
#[derive(Debug)]
pub struct Book {
    rules: CheckRules,
    tender: Tender,
}

impl Book {
    /// # Errors
    /// [`Refusal::NotFound`] where no tender of kind `other` is in use: imported orders are paid by it.
    pub fn open(db: &impl Read) -> Result<Self> {
        let no_tender = || Refusal::NotFound.because("No tender of the kind `other` is in use, to pay the orders by.");
        let tender = settings::ops::tender_of_kind(db, TenderKind::Other)?.ok_or_else(no_tender)?;
        Ok(Self { rules: settings::ops::check_rules(db)?, tender })
    }
}

fn sellable(db: &impl Read, id: VariantId) -> Result<Rc<Sellable>> {
    let gone = || {
        let detail = format!("Nothing with the id {id} is on the menu any more.");
        Refused::input("/variant_id", Invalid::new("unknown", detail))
    };
    Ok(menu::ops::sellable(db, id)?.ok_or_else(gone)?)
}

/// Whether an order of that source and number is there already.
pub fn is_there(db: &impl Read, source: &str, reference: &str) -> Result<bool> {
    Ok(db.opt(&order::ORDER_BY_SOURCE, (source, reference), order::order_id)?.is_some())
}

/// Writes an order opened, paid in full and closed at its own time, with its own day's number: no
/// receipt, no Z, no service charge, nothing on the floor. False where it is there already.
///
/// `recording` stamps the journal's record, which is of today; the order's rows carry its own time.
pub fn settled(tx: &Tx<'_>, recording: &Stamp, book: &Book, source: &str, new: &Imported) -> Result<bool> {
    if is_there(tx, source, &new.reference)? {
        return Ok(false);
    }
    let mut stamp = recording.clone();
    (stamp.at, stamp.date) = (new.at, recording.calendar.date_of(new.at));
    (stamp.device, stamp.staff) = (None, None);
    let by = By::new(stamp, Role::Owner);
    let mut order = begin(tx, &by.stamp, asked(source, new))?;
    let check = new_check(tx, &order, book.rules, &[])?;
    order.checks.push(check);
    lay(tx, &by, &mut order, &new.lines)?;
    save::new_check(tx, &mut order, 0)?;
    save::count(tx, &order, None, State::Open)?;
    bump(&mut order);
    pay(tx, &by.stamp, &book.tender, &mut order)?;
    settle(tx, &by, &mut order, 0, true)?;
    save::order(tx, &order)?;
    let told = facts::imported(&order, source, &new.reference);
    journal::ops::append(tx, recording, Fact::OrderImported, order.id.get(), order.version, &told)?;
    Ok(true)
}

fn asked(source: &str, new: &Imported) -> NewOrder {
    NewOrder {
        kind: Kind::DineIn,
        table: None,
        another: false,
        tab_name: None,
        // Nobody counted them.
        guests: Some(0),
        customer: Customer::default(),
        due_at: None,
        note: None,
        lines: Vec::new(),
        menu_version: None,
        source: Some((source.to_owned(), new.reference.clone())),
    }
}

fn lay(tx: &Tx<'_>, by: &By, order: &mut Order, lines: &[ImportedLine]) -> Result<()> {
    let first = load::next_line_id(tx)?;
    let adding = Adding { tx, by, version: order.version, service: order.service, counted: false, now: None };
    let mut faults = Faults::new();
    for (at, (line, id)) in lines.iter().zip(first..).enumerate() {
        let sellable = sellable(tx, line.variant)?;
        let new = NewLine {
            variant: line.variant,
            quantity: line.quantity,
            measure: None,
            unit_price: Some(line.unit_price),
            service: None,
            seat: None,
            course: None,
            note: None,
            hold: false,
            modifiers: Vec::new(),
            components: Vec::new(),
            imported: true,
        };
        let line = adding.line(LineId::new(id), new, Place::line(at), &sellable, None, &mut faults)?;
        order.checks[0].lines.extend(line);
    }
    faults.finish()
}

/// All that is due, where anything is.
fn pay(tx: &Tx<'_>, stamp: &Stamp, tender: &Tender, order: &mut Order) -> Result<()> {
    let check = &order.checks[0];
    let due = check.due()?;
    if due.is_zero() {
        return Ok(());
    }
    let mut payment = Payment {
        id: crate::kernel::ids::PaymentId::new(0),
        tender_id: tender.id,
        tender_kind: tender.kind.as_str().to_owned(),
        tender: tender.name.clone(),
        state: PaymentState::Captured,
        amount: due,
        tendered: due,
        change: Money::ZERO,
        tip: Money::ZERO,
        rounding: Money::ZERO,
        excess: Money::ZERO,
        tip_staff: None,
        reference: None,
        card_brand: None,
        card_last4: None,
        card_auth: None,
        client_ref: None,
        account: None,
        device: None,
        staff: None,
        drawer: None,
        date: stamp.date,
        at: stamp.at,
        corrects: None,
        corrected_by: None,
        refunds: Vec::new(),
    };
    payment.id = insert(tx, order.id, check.id, &payment)?;
    reports::ops::payment(tx, &kept(tx, stamp, order, &payment, true)?)?;
    let check = order.checks.first_mut().ok_or_else(|| Fault::new("an imported order lost its check"))?;
    check.payments.push(payment);
    Ok(())
}
