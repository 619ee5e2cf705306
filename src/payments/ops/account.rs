//! Payments by accounts, into accounts, and out of them again.

use super::{ByTender, NewPayment, Refunded, With, back_by, tender};
use crate::accounts::{
    self,
    model::{Account, AccountKind, Code},
};
use crate::approvals::model::Size;
use crate::drawers;
use crate::error::{Fault, Refusal, Refused, Result};
use crate::kernel::ids::{AccountId, LineId, OrderId, TenderId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::permission::Permission;
use crate::orders::bill::refund_by_amount;
use crate::orders::load;
use crate::orders::model::{IfMatch, Order, Payment, PaymentState};
use crate::orders::ops::refund::{self, NewRefund};
use crate::orders::ops::{By, Why, paid_in};
use crate::orders::receipt::model::PartOf;
use crate::payments::model::{self, AskedBack, Back};
use crate::settings::model::{ReasonUse, Tender, TenderKind};
use crate::store::{Read, Tx};

/// The account that a payment names.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    /// The code of a gift voucher.
    pub voucher: Option<Code>,
    /// A house account or a deposit.
    pub account: Option<AccountId>,
}

/// The account that a tender draws on. A gift voucher without a code is a paper one of another house, of which
/// nothing is known here but its number, the `reference`; a house account or deposit that is not named is nobody's,
/// and refused.
pub(super) fn of(db: &impl Read, tender: &Tender, drawn: &Drawn, reference: Option<&str>) -> Result<Option<Account>> {
    let wrong = |pointer: &str, code, detail: String| Refused::input(pointer, Invalid::new(code, detail));
    let Some(kind) = AccountKind::of_tender(tender.kind) else {
        let unasked = [("/voucher", drawn.voucher.is_some()), ("/account_id", drawn.account.is_some())];
        return match unasked.into_iter().find(|(_, said)| *said) {
            Some((pointer, _)) => {
                Err(wrong(pointer, "conflict", format!("{} draws on no account", tender.name)).into())
            }
            None => Ok(None),
        };
    };
    if kind == AccountKind::GiftVoucher {
        if drawn.account.is_some() {
            return Err(wrong("/account_id", "conflict", "a gift voucher is named by its code".to_owned()).into());
        }
        let Some(code) = &drawn.voucher else {
            let Some(number) = reference else {
                let why = "Say the number of the paper voucher, or as `voucher` the code of one of the house's own.";
                return Err(wrong("/reference", "required", why.to_owned()).into());
            };
            // One of the house's own, in the wrong field: it is drawn from, or it is free money.
            if let Ok(code) = Code::parse(number)
                && accounts::ops::by_code(db, &code)?.is_some()
            {
                let why = format!("{code} is a voucher of the house's own: send it as `voucher`.");
                return Err(wrong("/voucher", "required", why).into());
            }
            return Ok(None);
        };
        let found = accounts::ops::by_code(db, code)?;
        return match found {
            Some(account) => Ok(Some(account)),
            None => Err(wrong("/voucher", "unknown", format!("There is no voucher {code}.")).into()),
        };
    }
    if drawn.voucher.is_some() {
        return Err(wrong("/voucher", "conflict", format!("{} is not paid by voucher", tender.name)).into());
    }
    let Some(id) = drawn.account else {
        return Err(wrong("/account_id", "required", format!("Say which {} it is.", kind.words())).into());
    };
    match accounts::ops::find(db, id)? {
        Some(account) if account.kind == kind => Ok(Some(account)),
        Some(account) => {
            let detail = format!("Account {id} is a {}.", account.kind.words());
            Err(wrong("/account_id", "conflict", detail).into())
        }
        None => Err(wrong("/account_id", "unknown", format!("There is no account {id}.")).into()),
    }
}

/// Pays into an account: an order of one line that is no sale, paid by `new`, whose amount is what is paid in;
/// without one, all that is owed. The account has it once the payment is captured.
pub fn pay_in(tx: &Tx<'_>, by: &By, id: AccountId, mut new: NewPayment) -> Result<(Payment, Order, Account)> {
    let account = accounts::ops::get(tx, id)?;
    if new.check.is_some() {
        let why = Invalid::new("conflict", "an account is paid on an order of its own");
        return Err(Refused::input("/check_id", why).into());
    }
    let tender = tender(tx, new.with)?;
    if tender.kind == TenderKind::HouseAccount {
        let why = Invalid::new("conflict", "a debt is not paid by another one");
        return Err(Refused::input("/tender", why).into());
    }
    new.with = With::Tender(tender.id);
    let amount = match (new.asked.amount, account.kind) {
        (Some(amount), AccountKind::House) if amount > account.balance => {
            let owed = account.balance.max(Money::ZERO).minor();
            let why = format!("{owed} is owed on this account.");
            return Err(Refusal::Overpaid.because(why).with("due", owed).into());
        }
        (Some(amount), _) => amount,
        (None, AccountKind::House) if account.balance > Money::ZERO => account.balance,
        (None, AccountKind::House) => {
            return Err(Refusal::NothingDue.because("Nothing is owed on this account.").into());
        }
        (None, AccountKind::GiftVoucher | AccountKind::Deposit) => {
            return Err(Refused::input("/amount", Invalid::new("required", "Say how much.")).into());
        }
    };
    if account.kind != AccountKind::House {
        account.must_be_in_use()?;
    }
    new.asked.amount = Some(amount);
    let order = paid_in::open(tx, by, &account, amount)?;
    let (payment, order) = super::take(tx, by, order.id, &IfMatch::Any, new)?;
    Ok((payment, order, accounts::ops::get(tx, id)?))
}

/// What went back of an account in money.
#[derive(Debug)]
pub struct PaidBack {
    /// One a payment that brought it.
    pub refunds: Vec<Refunded>,
    pub account: Account,
}

/// Gives back in money what is on an account, or was paid above what was owed: as refunds of the payments that
/// brought it, the last ones first, each with its receipt. `amount`: all of it unless told.
pub fn pay_back(
    tx: &Tx<'_>,
    by: &By,
    id: AccountId,
    amount: Option<Money>,
    with: Option<With>,
    why: Why,
) -> Result<PaidBack> {
    let account = accounts::ops::get(tx, id)?;
    let credit = account.credit()?;
    let amount = amount.unwrap_or(credit);
    if credit.is_zero() {
        return Err(Refusal::UsedUp.because("There is nothing on this account to give back.").into());
    }
    if amount > credit {
        let why = format!("{} can be given back.", credit.minor());
        return Err(Refusal::BalanceTooLow.because(why).with("left", credit.minor()).into());
    }
    let with = with.map(|with| tender(tx, with)).transpose()?.map(|tender| tender.id);
    let mut why = why.resolve(tx, ReasonUse::Refund)?;
    // With what went back before, so that small ones do not add up to a large one that nobody was asked for.
    let all = accounts::ops::paid_out(tx, id)?.plus(amount)?;
    why.approved_by = by.require(tx, Permission::Refund, Size::Amount(all))?;
    let (mut left, mut refunds) = (amount, Vec::new());
    for (order, line, brought) in accounts::ops::sources(tx, id)? {
        let mut of_line = left.min(brought);
        while of_line > Money::ZERO {
            let asked = Asked { order, line, amount: of_line, with, why: why.clone() };
            let Some(refunded) = of_source(tx, by, asked)? else { break };
            (of_line, left) = (of_line.minus(refunded.new.amount)?, left.minus(refunded.new.amount)?);
            refunds.push(refunded);
        }
    }
    if left > Money::ZERO {
        let back = amount.minus(left)?.minor();
        let why = format!("Only {back} of it came by payments that can be given back.");
        return Err(Refusal::BalanceTooLow.because(why).with("left", back).into());
    }
    Ok(PaidBack { refunds, account: accounts::ops::get(tx, id)? })
}

struct Asked {
    order: OrderId,
    line: LineId,
    amount: Money,
    with: Option<TenderId>,
    why: Why,
}

/// Gives back as much as the first payment of the line's check that has something left can bear. `None` where
/// there is none.
fn of_source(tx: &Tx<'_>, by: &By, asked: Asked) -> Result<Option<Refunded>> {
    let mut order = load::order(tx, asked.order)?;
    let place = order.line_place(asked.line).map(|(place, _)| place);
    let place = place.ok_or_else(|| Fault::new(format!("line {} is not on its order", asked.line)))?;
    let check = &order.checks[place];
    let mut found = None;
    for payment in check.payments.iter().filter(|p| p.state == PaymentState::Captured && p.corrected_by.is_none()) {
        let left = model::left(payment)?.amount;
        if left > Money::ZERO {
            found = Some((payment.clone(), left));
            break;
        }
    }
    let Some((payment, left)) = found else { return Ok(None) };
    let ByTender { id: tender_id, kind, name, account } = back_by(tx, &payment, asked.with)?;
    let sold = refund::sold(tx, &order, place)?;
    let sold = sold.into_iter().find(|part| part.of == PartOf::Line(asked.line));
    let sold = sold.ok_or_else(|| Fault::new(format!("line {} was not sold", asked.line)))?;
    let amount = asked.amount.min(left).min(sold.sold.left());
    let spread = refund_by_amount(amount, std::slice::from_ref(&sold.sold))?.and_then(|parts| parts.into_iter().next());
    let Some(part) = spread.filter(|part| part.total > Money::ZERO) else { return Ok(None) };
    let step = order.checks[place].cash.step;
    let back = AskedBack { back: Back::Dishes(amount), tip: None, cash: kind == TenderKind::Cash, step };
    let given = model::give_back(&payment, &back)?;
    if kind == TenderKind::GiftVoucher && account.is_none() {
        model::paper_goes_back(&payment, &given)?;
    }
    let new = NewRefund {
        tender_id,
        tender_kind: kind.as_str(),
        tender: name,
        account,
        amount: given.amount,
        rounding: given.rounding,
        tip: given.tip,
        excess: given.excess,
        drawer: if kind == TenderKind::Cash { drawers::ops::at_hand(tx, &by.stamp)? } else { None },
        why: asked.why,
        parts: vec![sold.back(part, None)?],
    };
    let (id, receipt) = refund::give(tx, by, &mut order, place, payment.id, &new)?;
    Ok(Some(Refunded { id, payment: payment.id, new, receipt, names: vec![sold.name] }))
}
