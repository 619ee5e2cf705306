//! Load, decide, write through the orders: payments, their answers, what is changed about them, refunds.

mod account;
mod change;
mod several;

pub use account::{Drawn, PaidBack, pay_back, pay_in};
pub use change::{Truth, change_tip, correct};
pub use several::give_back_of_several;

use super::model::{self, Asked, AskedBack, Back, GivenBack, Outcome, Parts, Standing};
use crate::accounts::model::AccountKind;
use crate::approvals::model::Size;
use crate::error::{Fault, Refusal, Refused, Result};
use crate::kernel::ids::{AccountId, CheckId, LineId, OrderId, PaymentId, ReceiptId, RefundId, StaffId, TenderId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::permission::Permission;
use crate::kernel::quantity::Quantity;
use crate::orders::bill::{Sold, refund_by_amount, refund_by_quantity};
use crate::orders::load;
use crate::orders::model::{Check, IfMatch, Order, Payment, PaymentState, Scope, State};
use crate::orders::ops::refund::{self, NewRefund, SoldPart};
use crate::orders::ops::settle;
use crate::orders::ops::{By, Why};
use crate::orders::receipt::model::{PartOf, RefundPart};
use crate::settings::model::{ReasonUse, Tender, TenderKind};
use crate::shifts::model::Unresolved;
use crate::store::{Read, Tx};
use crate::{drawers, settings, shifts, staff};

/// What it is paid with: this tender, or the oldest of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    Tender(TenderId),
    Kind(TenderKind),
}

/// A payment as a terminal sends it.
#[derive(Debug, Clone)]
pub struct NewPayment {
    pub with: With,
    pub check: Option<CheckId>,
    pub asked: Asked,
    pub tip_staff: Option<StaffId>,
    pub reference: Option<String>,
    pub card_brand: Option<String>,
    pub card_last4: Option<String>,
    pub card_auth: Option<String>,
    /// The terminal's own name for it, once a device.
    pub client_ref: Option<String>,
    /// The account it is drawn on.
    pub drawn: Drawn,
}

fn unknown(pointer: &str, what: String) -> Refused {
    Refused::input(pointer, Invalid::new("unknown", what))
}

fn tender(db: &impl Read, with: With) -> Result<Tender> {
    let (found, pointer, what) = match with {
        With::Tender(id) => (settings::ops::tender(db, id)?, "/tender_id", format!("There is no tender {id}.")),
        With::Kind(kind) => {
            let what = format!("No tender of the kind {} is in use.", kind.as_str());
            (settings::ops::tender_of_kind(db, kind)?, "/tender", what)
        }
    };
    Ok(found.ok_or_else(|| unknown(pointer, what))?)
}

/// Takes a payment, and settles what it pays. A pending one is written down and pays nothing yet.
///
/// A payment known by its `client_ref` is told before anything else is refused: the terminal that
/// asks again with another key wants to know of the first, not that the order is closed by it.
///
/// What a terminal has already taken is written down whatever became of the check meanwhile: settled, voided, or
/// nothing on it. All that it does not owe is excess.
pub fn take(tx: &Tx<'_>, by: &By, id: OrderId, seen: &IfMatch, new: NewPayment) -> Result<(Payment, Order)> {
    if let Some((device, client_ref)) = by.stamp.device.zip(new.client_ref.as_deref())
        && let Some((payment, order)) = settle::by_client_ref(tx, device, client_ref)?
    {
        let known = Refusal::AlreadyExists.because(format!("That is payment {payment} of order {order}."));
        return Err(known.with("payment_id", payment.get()).with("order_id", order.get()).into());
    }
    let mut order = load::order(tx, id)?;
    if !new.asked.vouched {
        order.must_be_open()?;
    }
    let place = order.check_place(new.check).map_err(|why| order.not_there(seen, why))?;
    let check = &order.checks[place];
    let tender = tender(tx, new.with)?;
    let anyway = model::stands_anyway(tender.kind, &new.asked);
    if !anyway {
        order.must_be_open()?;
    }
    let approved_by = if tender.kind == TenderKind::WriteOff {
        let said = new.asked.amount.max(new.asked.tendered);
        let amount = said.map_or_else(|| check.due(), Ok)?;
        by.require(tx, Permission::CorrectPayment, Size::Amount(written_off(&order)?.plus(amount)?))?
    } else {
        None
    };
    order.must_match(seen, Scope::Check(check.id))?;
    if check.state != State::Open && !anyway {
        return Err(Refusal::OrderClosed.because("This check is closed.").with("state", check.state.as_str()).into());
    }
    if new.asked.pending {
        model::may_wait(tender.kind).map_err(|invalid| Refused::input("/state", invalid))?;
    }
    if let Some(whose) = new.tip_staff
        && staff::ops::active(tx, whose)?.is_none()
    {
        return Err(unknown("/tip_staff_id", format!("There is nobody {whose}.")).into());
    }
    let on = Standing::of(check)?;
    let account = account::of(tx, &tender, &new.drawn, new.reference.as_deref())?;
    let parts = match &account {
        Some(account) => model::draw(account, &tender, &on, &new.asked)?,
        None => model::decide(&tender, &on, &new.asked)?,
    };
    if tender.kind == TenderKind::GiftVoucher && account.is_none() {
        model::paper_pays(check, parts.amount, None)?;
    }
    let account = account.map(|account| account.id);
    let drawer = if tender.kind == TenderKind::Cash { drawers::ops::at_hand(tx, &by.stamp)? } else { None };
    let payment = Payment { account, drawer, ..laid(by, tender, new, parts) };
    let payment = settle::add_payment(tx, by, &mut order, place, payment, approved_by)?;
    if payment.state == PaymentState::Pending {
        let unresolved = Unresolved { payment: payment.id, order: id, amount: payment.amount };
        shifts::ops::payment_unresolved(tx, &unresolved)?;
    }
    Ok((payment, order))
}

/// What is written off of an order, on whichever check. Nobody pays it: it is a loss, and somebody has to answer for
/// all of it, so that small ones do not add up to a large one that nobody was asked for.
fn written_off(order: &Order) -> Result<Money, TooLarge> {
    let kind = TenderKind::WriteOff.as_str();
    let all = order.checks.iter().flat_map(|check| &check.payments);
    let lost = all.filter(|p| p.tender_kind == kind && p.state == PaymentState::Captured);
    let lost: Result<Vec<Money>, TooLarge> = lost.map(|p| Ok(model::left(p)?.amount)).collect();
    Money::sum(lost?)
}

fn laid(by: &By, tender: Tender, new: NewPayment, parts: Parts) -> Payment {
    let Parts { amount, tendered, change, tip, rounding, excess } = parts;
    Payment {
        // The row gives it one.
        id: PaymentId::new(0),
        tender_id: tender.id,
        tender_kind: tender.kind.as_str().to_owned(),
        tender: tender.name,
        state: if new.asked.pending { PaymentState::Pending } else { PaymentState::Captured },
        amount,
        tendered,
        change,
        tip,
        rounding,
        excess,
        tip_staff: new.tip_staff,
        reference: new.reference,
        card_brand: new.card_brand,
        card_last4: new.card_last4,
        card_auth: new.card_auth,
        client_ref: new.client_ref,
        account: None,
        device: by.stamp.device,
        staff: by.stamp.staff,
        date: by.stamp.date,
        at: by.stamp.at,
        drawer: None,
        corrects: None,
        corrected_by: None,
        refunds: Vec::new(),
    }
}

/// The order of a payment, with the places of its check and of itself there.
fn find(db: &impl Read, id: PaymentId) -> Result<(Order, usize, usize)> {
    let order = load::order_of_payment(db, id)?;
    let on = |check: &crate::orders::model::Check| check.payments.iter().position(|p| p.id == id);
    let places = order.checks.iter().enumerate().find_map(|(place, check)| Some((place, on(check)?)));
    let (place, at) = places.ok_or_else(|| Fault::new(format!("payment {id} is on no check of its order")))?;
    Ok((order, place, at))
}

/// Writes what became of a payment that was pending or unknown; `reference` is the terminal's own name for it.
///
/// One that was given up, declined or cancelled, may turn out captured: it takes the terminal's reference and
/// somebody who may correct payments, and stands as excess where its check is paid by now. An account's own never
/// does: nobody but the house could have taken it.
pub fn resolve(
    tx: &Tx<'_>,
    by: &By,
    id: PaymentId,
    outcome: Outcome,
    reference: Option<String>,
) -> Result<(Payment, Order)> {
    let (mut order, place, at) = find(tx, id)?;
    let check = &order.checks[place];
    let mut payment = check.payments[at].clone();
    let was = payment.state;
    payment.state = model::resolve(was, outcome)?;
    let mut approved_by = None;
    if model::was_given_up(was) {
        if payment.account.is_some() {
            return Err(model::not_pending(was).into());
        }
        if reference.is_none() {
            // Somebody who takes it for pending is told; who knows better has the terminal's slip.
            let why = format!("It was {}: if it was taken all the same, send its reference.", was.as_str());
            return Err(Refusal::NotPending.because(why).with("state", was.as_str()).into());
        }
        approved_by = by.require(tx, Permission::CorrectPayment, Size::Amount(payment.tendered))?;
    }
    if reference.is_some() {
        payment.reference = reference;
    }
    if payment.state == PaymentState::Captured {
        let due = if check.state == State::Open { check.due()? } else { Money::ZERO };
        let Payment { amount, tendered, change, tip, rounding, excess, .. } = payment;
        let late = model::late(Parts { amount, tendered, change, tip, rounding, excess }, due)?;
        (payment.amount, payment.excess) = (late.amount, late.excess);
    }
    let payment = settle::resolve_payment(tx, by, &mut order, place, payment, approved_by)?;
    if payment.state != PaymentState::Unknown {
        shifts::ops::payment_resolved(tx, id)?;
    }
    Ok((payment, order))
}

/// What is asked back.
#[derive(Debug, Clone)]
pub enum What {
    All,
    Amount(Money),
    Dishes(Vec<(LineId, Quantity)>),
}

#[derive(Debug, Clone)]
pub struct NewRefundCall {
    pub what: What,
    pub tender: Option<TenderId>,
    pub tip: Option<Money>,
    pub why: Why,
}

/// A refund as it was written.
#[derive(Debug, Clone)]
pub struct Refunded {
    pub id: RefundId,
    pub payment: PaymentId,
    pub new: NewRefund,
    /// Its id and number; of a settled check.
    pub receipt: Option<(ReceiptId, i64)>,
    /// Names of what the parts are of, in their order.
    pub names: Vec<String>,
}

/// Gives money of a payment back: by dish, by amount, or all that is left of it. While its check is
/// not settled that unmakes the payment; afterwards it undoes a part of the sale and has a receipt.
pub fn give_back(tx: &Tx<'_>, by: &By, id: PaymentId, call: NewRefundCall) -> Result<(Refunded, Order)> {
    let (mut order, place, at) = find(tx, id)?;
    let check = &order.checks[place];
    let payment = &check.payments[at];
    if payment.state != PaymentState::Captured || payment.corrected_by.is_some() {
        model::must_stand(payment)?;
    }
    let ByTender { id: tender_id, kind, name, account } = back_by(tx, payment, call.tender)?;
    let mut why = call.why.resolve(tx, ReasonUse::Refund)?;
    let sold = match check.state {
        State::Paid => refund::sold(tx, &order, place)?,
        State::Open | State::Voided => Vec::new(),
    };
    let (back, mut parts) = match call.what {
        What::All => (Back::All, Vec::new()),
        What::Amount(amount) => (Back::Amount(amount), Vec::new()),
        What::Dishes(dishes) => {
            must_be_settled(check)?;
            let parts = by_dish(&sold, &refund::with_parts(check, dishes))?;
            let cost = Money::sum(parts.iter().map(|part| part.total))?;
            several::covers(check, payment, cost)?;
            (Back::Dishes(cost), parts)
        }
    };
    let cash = kind == TenderKind::Cash;
    let asked = AskedBack { back, tip: call.tip, cash, step: check.cash.step };
    let given = model::give_back(payment, &asked)?;
    if kind == TenderKind::GiftVoucher && account.is_none() {
        model::paper_goes_back(payment, &given)?;
    }
    if check.state == State::Paid && !matches!(back, Back::Dishes(_)) {
        parts = by_amount(&sold, given.amount)?;
    }
    let paid = Money::sum([given.amount, given.rounding, given.tip, given.excess])?;
    let before = payment.refunds.iter().flat_map(|r| [r.amount, r.rounding, r.tip, r.excess]);
    let all = Money::sum(before)?.plus(paid)?;
    why.approved_by = by.require(tx, Permission::Refund, Size::Amount(all))?;
    let names = parts.iter().map(|part| name_of(&sold, part)).collect();
    let of = ByTender { id: tender_id, kind, name, account };
    let refunded = write(tx, by, &mut order, place, id, Decided { of, given, why, parts, names })?;
    Ok((refunded, order))
}

fn must_be_settled(check: &Check) -> Result<(), Refused> {
    if check.state == State::Paid {
        return Ok(());
    }
    let why = Invalid::new("not_settled", "before a check is settled its dishes are taken off, not refunded");
    Err(Refused::input("/lines", why))
}

/// A refund that was decided on, of one payment.
struct Decided {
    of: ByTender,
    given: GivenBack,
    why: Why,
    parts: Vec<RefundPart>,
    /// Of the parts, in their order.
    names: Vec<String>,
}

fn write(
    tx: &Tx<'_>,
    by: &By,
    order: &mut Order,
    place: usize,
    payment: PaymentId,
    decided: Decided,
) -> Result<Refunded> {
    let Decided { of, given, why, parts, names } = decided;
    let cash = of.kind == TenderKind::Cash;
    let new = NewRefund {
        tender_id: of.id,
        tender_kind: of.kind.as_str(),
        tender: of.name,
        account: of.account,
        amount: given.amount,
        rounding: given.rounding,
        tip: given.tip,
        excess: given.excess,
        drawer: if cash { drawers::ops::at_hand(tx, &by.stamp)? } else { None },
        why,
        parts,
    };
    let (id, receipt) = refund::give(tx, by, order, place, payment, &new)?;
    Ok(Refunded { id, payment, new, receipt, names })
}

/// What money goes back by.
struct ByTender {
    id: TenderId,
    kind: TenderKind,
    name: String,
    /// The account it was drawn on, where it goes back there.
    account: Option<AccountId>,
}

/// What it goes back by: what it was paid with, unless told. A payment that nobody made brings nobody
/// money, and an account gets back only what it paid: a voucher that money went to would have to be sold.
fn back_by(db: &impl Read, payment: &Payment, asked: Option<TenderId>) -> Result<ByTender> {
    let paid_with = TenderKind::parse(&payment.tender_kind).map_err(|e| Fault::new(e.detail))?;
    let Some(id) = asked.filter(|id| *id != payment.tender_id) else {
        let (name, account) = (payment.tender.clone(), payment.account);
        return Ok(ByTender { id: payment.tender_id, kind: paid_with, name, account });
    };
    let tender = tender(db, With::Tender(id))?;
    if paid_with == TenderKind::WriteOff || tender.kind == TenderKind::WriteOff {
        let why = "a write-off goes back as a write-off, and nothing else does";
        return Err(Refused::input("/tender_id", Invalid::new("conflict", why)).into());
    }
    if AccountKind::of_tender(tender.kind).is_some() {
        let why = "an account gets back only what it paid";
        return Err(Refused::input("/tender_id", Invalid::new("conflict", why)).into());
    }
    Ok(ByTender { id: tender.id, kind: tender.kind, name: tender.name, account: None })
}

fn by_dish(sold: &[SoldPart], dishes: &[(LineId, Quantity)]) -> Result<Vec<RefundPart>> {
    let mut parts = Vec::with_capacity(dishes.len());
    for (place, (line, quantity)) in dishes.iter().enumerate() {
        let pointer = format!("/lines/{place}/line_id");
        if dishes[..place].iter().any(|(other, _)| other == line) {
            return Err(Refused::input(pointer, Invalid::new("duplicate", "each line once")).into());
        }
        let dish = sold.iter().find(|part| part.of == PartOf::Line(*line));
        let dish =
            dish.ok_or_else(|| unknown(&pointer, format!("Line {line} was not sold on this payment's check.")))?;
        let (of, already) = (dish.quantity.thousandths(), dish.refunded_quantity);
        if quantity.thousandths() > of - already {
            let left = Quantity::from_thousandths(of - already).whole();
            let why = format!("{left} of {} are left to give back.", dish.name);
            return Err(Refusal::RefundTooHigh.because(why).with("left_quantity", left).into());
        }
        let part = refund_by_quantity(&dish.sold, quantity.thousandths(), of, already)?;
        parts.push(dish.back(part, Some(*quantity))?);
    }
    Ok(parts)
}

fn by_amount(sold: &[SoldPart], amount: Money) -> Result<Vec<RefundPart>> {
    let all: Vec<Sold> = sold.iter().map(|part| part.sold.clone()).collect();
    let spread = refund_by_amount(amount, &all)?;
    let spread = spread.ok_or_else(|| Refusal::RefundTooHigh.because("That is more than is left of this check."))?;
    let mut parts = Vec::with_capacity(sold.len());
    for (of, part) in sold.iter().zip(spread).filter(|(_, part)| !part.total.is_zero()) {
        parts.push(of.back(part, None)?);
    }
    Ok(parts)
}

fn name_of(sold: &[SoldPart], part: &RefundPart) -> String {
    sold.iter().find(|own| own.of == part.of).map_or(String::new(), |own| own.name.clone())
}
