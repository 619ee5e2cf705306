//! What payments, refunds and settled checks move on accounts. Each is called in the transaction of its cause,
//! after it was decided.

use crate::accounts::{
    self,
    model::{Account, AccountKind, Act, Cause, Contact, Loaded, NewAccount},
};
use crate::error::{Refusal, Refused, Result};
use crate::journal::Stamp;
use crate::kernel::allocate::split_by;
use crate::kernel::ids::{AccountId, LineId, OrderId, RefundId};
use crate::kernel::money::Money;
use crate::kernel::quantity::Quantity;
use crate::orders::bill::portion;
use crate::orders::model::{Check, CountsAs, Customer, Line, Order, Payment, PaymentState, State};
use crate::orders::ops::refund::NewRefund;
use crate::orders::receipt::model::{PartOf, RefundPart};
use crate::store::{Read, Tx};

fn of_payment(order: OrderId, payment: &Payment) -> Cause {
    Cause { order: Some(order), payment: Some(payment.id), ..Cause::default() }
}

/// Takes a payment from the account it is drawn on, tip included; keeps it there while it is not resolved.
pub(super) fn draw(tx: &Tx<'_>, stamp: &Stamp, order: OrderId, payment: &Payment) -> Result<()> {
    let Some(account) = payment.account else { return Ok(()) };
    match payment.state {
        PaymentState::Captured => {
            accounts::ops::act(tx, stamp, account, Act::Draw, payment.kept()?, of_payment(order, payment))?;
        }
        PaymentState::Pending | PaymentState::Unknown => accounts::ops::reserve(tx, account, payment.tendered)?,
        PaymentState::Declined | PaymentState::Cancelled => {}
    }
    Ok(())
}

/// What was kept for a payment goes, as what became of it has it.
pub(super) fn resolve(tx: &Tx<'_>, stamp: &Stamp, order: OrderId, payment: &Payment) -> Result<()> {
    let Some(account) = payment.account else { return Ok(()) };
    accounts::ops::reserve(tx, account, -payment.tendered)?;
    draw(tx, stamp, order, payment)
}

/// A tip that changed by `added` is on the account too.
pub(super) fn tip(tx: &Tx<'_>, stamp: &Stamp, order: OrderId, payment: &Payment, added: Money) -> Result<()> {
    let Some(account) = payment.account.filter(|_| !added.is_zero()) else { return Ok(()) };
    let (act, amount) = if added.is_negative() { (Act::PutBack, -added) } else { (Act::Draw, added) };
    accounts::ops::act(tx, stamp, account, act, amount, of_payment(order, payment))?;
    Ok(())
}

/// What goes back of a payment goes back to the account it was drawn on, unless it goes back otherwise.
pub(super) fn put_back(
    tx: &Tx<'_>,
    stamp: &Stamp,
    order: OrderId,
    payment: &Payment,
    refund: RefundId,
    new: &NewRefund,
) -> Result<()> {
    let Some(account) = new.account else { return Ok(()) };
    let paid = new.paid()?;
    if paid.is_zero() {
        return Ok(());
    }
    let cause = Cause { refund: Some(refund), ..of_payment(order, payment) };
    accounts::ops::act(tx, stamp, account, Act::PutBack, paid, cause)?;
    Ok(())
}

/// The wrong account, or the wrong tender, gets back what it paid.
pub(super) fn correct(
    tx: &Tx<'_>,
    stamp: &Stamp,
    order: OrderId,
    wrong: &Payment,
    refund: RefundId,
    paid: Money,
) -> Result<()> {
    let Some(account) = wrong.account else { return Ok(()) };
    let cause = Cause { refund: Some(refund), ..of_payment(order, wrong) };
    accounts::ops::act(tx, stamp, account, Act::Correct, paid, cause)?;
    Ok(())
}

// ── what a check sells that is no sale ───────────────────────────────────────

/// Brings what the check at `place` sold that is no sale to accounts: a voucher for each unit of a line, a
/// deposit for a line, or the account that the line pays into.
pub(super) fn load(tx: &Tx<'_>, stamp: &Stamp, order: &mut Order, place: usize) -> Result<()> {
    let mut loaded = Vec::new();
    for line in order.checks[place].open_lines().filter(|line| !line.is_sale()) {
        let amount = line.amounts.total;
        if amount <= Money::ZERO {
            continue;
        }
        match target(tx, line)? {
            Some(account) => loaded.push(bring(tx, stamp, order.id, line.id, account, amount)?),
            None => {
                for piece in pieces(line, amount) {
                    let account = accounts::ops::open(tx, stamp, &new_account(order, line))?;
                    loaded.push(bring(tx, stamp, order.id, line.id, account.id, piece)?);
                }
            }
        }
    }
    order.checks[place].loaded = loaded;
    Ok(())
}

/// The account that a line pays into, or the line it was split off.
fn target(db: &impl Read, line: &Line) -> Result<Option<AccountId>> {
    if line.counts_as != CountsAs::Deposit {
        return Ok(None);
    }
    match (accounts::ops::target(db, line.id)?, line.split_from) {
        (None, Some(whole)) => accounts::ops::target(db, whole),
        (target, _) => Ok(target),
    }
}

fn bring(
    tx: &Tx<'_>,
    stamp: &Stamp,
    order: OrderId,
    line: LineId,
    account: AccountId,
    amount: Money,
) -> Result<Loaded> {
    let cause = Cause { order: Some(order), line: Some(line), ..Cause::default() };
    let Account { id, kind, name, code, .. } = accounts::ops::act(tx, stamp, account, Act::Load, amount, cause)?;
    Ok(Loaded { line, account: id, kind, name, code, amount })
}

/// One a voucher; odd cents, which only a part of a line has, go by largest remainder.
fn pieces(line: &Line, amount: Money) -> Vec<Money> {
    let pieces = match line.counts_as {
        CountsAs::GiftVoucher => usize::try_from(line.quantity.whole()).unwrap_or(1).max(1),
        CountsAs::Deposit | CountsAs::Sale => 1,
    };
    split_by(amount, &vec![1; pieces]).into_iter().filter(|piece| *piece > Money::ZERO).collect()
}

fn new_account(order: &Order, line: &Line) -> NewAccount {
    let sold = Some((order.id, line.id));
    let (customer, limit) = (contact(&order.customer), None);
    match line.counts_as {
        CountsAs::Deposit => {
            let name = order.customer.name.clone().or_else(|| order.tab_name.clone());
            let name = name.unwrap_or_else(|| format!("Order {} of {}", order.display_number, order.date));
            NewAccount { kind: AccountKind::Deposit, name, customer, limit, due_date: None, sold }
        }
        // Whose it is knows nobody: it is whoever's who has it.
        CountsAs::GiftVoucher | CountsAs::Sale => NewAccount {
            kind: AccountKind::GiftVoucher,
            name: line.name.clone(),
            customer: Contact::default(),
            limit,
            due_date: None,
            sold,
        },
    }
}

fn contact(of: &Customer) -> Contact {
    let Customer { name, phone, address, vat_id } = of.clone();
    Contact { name, phone, address, vat_id }
}

/// So much of a line goes off an account again.
pub(super) type Off = (LineId, AccountId, Money);

/// What goes back of a line that is no sale goes off what it brought to accounts: by piece, off a voucher each
/// that still has all of it; by amount, off what is there. Refused where it is spent, before anything is written.
pub(super) fn what_goes_off(db: &impl Read, check: &Check, parts: &[RefundPart]) -> Result<Vec<Off>> {
    let mut off = Vec::new();
    if check.state != State::Paid || check.loaded.is_empty() {
        return Ok(off);
    }
    for part in parts {
        let PartOf::Line(id) = part.of else { continue };
        let Some(line) = check.line(id).filter(|line| !line.is_sale() && !part.total.is_zero()) else { continue };
        off.extend(spent_less(db, line, part)?.into_iter().map(|(account, amount)| (id, account, amount)));
    }
    Ok(off)
}

/// Takes off what was decided on.
pub(super) fn take_off(tx: &Tx<'_>, stamp: &Stamp, order: OrderId, refund: RefundId, off: &[Off]) -> Result<()> {
    for (line, account, amount) in off {
        let cause = Cause { order: Some(order), line: Some(*line), refund: Some(refund), ..Cause::default() };
        accounts::ops::act(tx, stamp, *account, Act::PayOut, *amount, cause)?;
    }
    Ok(())
}

/// Whether pieces go back for all they cost, but for a cent of rounding: less of it is what amounts left that went
/// back before.
fn is_whole(line: &Line, part: &RefundPart, quantity: Quantity) -> bool {
    let cost = portion(line.amounts.total, quantity.thousandths(), line.quantity.thousandths());
    part.total.minor() + 1 >= cost.minor()
}

/// From which accounts how much of a part comes.
fn spent_less(db: &impl Read, line: &Line, part: &RefundPart) -> Result<Vec<(AccountId, Money)>> {
    let mut there = accounts::ops::of_line(db, line.id)?;
    if let [house] = there.as_slice()
        && house.kind == AccountKind::House
    {
        // What he paid he owes again.
        return Ok(vec![(house.id, part.total)]);
    }
    let amounts: Vec<Money> = match (line.counts_as, part.quantity) {
        (CountsAs::GiftVoucher, Some(quantity)) if is_whole(line, part, quantity) => {
            let pieces = usize::try_from(quantity.whole()).unwrap_or(1).max(1);
            split_by(part.total, &vec![1; pieces]).into_iter().filter(|piece| *piece > Money::ZERO).collect()
        }
        _ => Vec::new(),
    };
    let mut taken = Vec::new();
    for amount in &amounts {
        let whole = there.iter().position(|account| account.credit().is_ok_and(|credit| credit >= *amount));
        let account = there.remove(whole.ok_or_else(|| spent(&there, *amount))?);
        taken.push((account.id, *amount));
    }
    if amounts.is_empty() {
        let mut left = part.total;
        for account in &there {
            let amount = account.credit()?.min(left);
            if amount > Money::ZERO {
                left = left.minus(amount)?;
                taken.push((account.id, amount));
            }
        }
        if left > Money::ZERO {
            return Err(spent(&there, part.total).into());
        }
    }
    Ok(taken)
}

fn spent(there: &[Account], amount: Money) -> Refused {
    let left = Money::sum(there.iter().filter_map(|account| account.credit().ok())).unwrap_or_default().minor();
    let why = format!("{} was to go back, and {left} of it is not spent yet.", amount.minor());
    Refusal::BalanceTooLow.because(why).with("left", left)
}
