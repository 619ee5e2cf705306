//! Payments and refunds on the wire.

mod account;
mod change;

use actix_web::web::Path;
use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Asked, Outcome};
use super::ops::{self, Drawn, NewPayment, NewRefundCall, Refunded, What, With};
use crate::accounts::{self, http::view::AccountView, model::Code};
use crate::error::{Error, Fault, Faults, Result};
use crate::kernel::day::Zone;
use crate::kernel::ids::{AccountId, CheckId, LineId, OrderId, PaymentId, ReasonId, StaffId, TenderId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::quantity::Quantity;
use crate::kernel::text;
use crate::orders::http::view::{OrderView, PaymentView};
use crate::orders::http::{by, seen, with_current};
use crate::orders::load;
use crate::orders::model::{Order, Payment};
use crate::orders::ops::{By, Why};
use crate::orders::receipt::model::PartOf;
use crate::settings::model::TenderKind;
use crate::store::{Read, Tx};
use crate::web::body::{Tried, of_json};
use crate::web::right::OrApproved;
use crate::web::{Reply, Write, list, right};

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(take_payment).service(resolve_payment).service(refund_payment);
    cfg.service(change::tip_payment).service(change::correct_payment);
    cfg.service(account::pay_account).service(account::pay_account_back);
}

const LINES_MAX: usize = 200;
const AUTH_CHARS_MAX: usize = 40;
const CLIENT_REF_CHARS_MAX: usize = 64;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TakePaymentBody {
    /// This or `tender`.
    tender_id: Option<i64>,
    /// The kind: `cash`, `card`, `meal_voucher`, `gift_voucher`, `house_account`, `deposit`,
    /// `online`, `write_off` (a manager's) or `other`.
    tender: Option<String>,
    /// Where the order has several.
    check_id: Option<i64>,
    /// Minor units above 0; left out, all that is due and not kept by an unresolved payment.
    amount: Option<i64>,
    /// Handed over, tip included; without `amount`, as much of it as is due is paid.
    tendered: Option<i64>,
    tip: Option<i64>,
    tip_staff_id: Option<i64>,
    /// With it, or with `card.auth_code`, a card or online payment is money a terminal already took:
    /// what is above the due then stands as excess instead of being refused.
    reference: Option<String>,
    card: Option<CardBody>,
    /// The terminal's own name for this payment: a second one of it is refused, naming the first.
    client_ref: Option<String>,
    /// The code of a gift voucher of the house's own, however it is typed: it pays what it can of what is due
    /// unless `amount` says otherwise. Without it a gift voucher is a paper one of another house, whose number is the
    /// `reference`; it pays for no vouchers or deposits.
    voucher: Option<String>,
    /// The house account that is charged, or the deposit that pays.
    account_id: Option<i64>,
    /// `captured` unless told, or `pending`: recorded, pays nothing, keeps its amount from being
    /// charged again until it is resolved.
    state: Option<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CardBody {
    brand: Option<String>,
    /// Four digits.
    last4: Option<String>,
    auth_code: Option<String>,
}

fn drawn(faults: &mut Faults, voucher: Option<&str>, account: Option<i64>) -> Drawn {
    let voucher = voucher.and_then(|code| faults.take("/voucher", Code::parse(code)));
    Drawn { voucher, account: account.map(AccountId::new) }
}

fn last4(digits: &str) -> Result<String, Invalid> {
    if digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(digits.to_owned())
    } else {
        Err(Invalid::format("the last four digits"))
    }
}

fn pending(state: &str) -> Result<bool, Invalid> {
    match state {
        "captured" => Ok(false),
        "pending" => Ok(true),
        _ => Err(Invalid::new("unknown_value", "one of captured, pending")),
    }
}

impl TakePaymentBody {
    fn parse(self) -> Result<NewPayment> {
        let mut faults = Faults::new();
        let kind = self.tender.as_deref().and_then(|word| faults.take("/tender", TenderKind::parse(word)));
        let with = match (self.tender_id, self.tender) {
            (Some(id), None) => Some(With::Tender(TenderId::new(id))),
            (None, Some(_)) => kind.map(With::Kind),
            (None, None) => faults.take("/tender", Err(Invalid::new("required", "say tender_id or tender"))),
            (Some(_), Some(_)) => faults.take("/tender", Err(Invalid::new("conflict", "say tender_id or tender"))),
        };
        let drawn = drawn(&mut faults, self.voucher.as_deref(), self.account_id);
        let amount = self.amount.and_then(|m| faults.take("/amount", Money::parse_positive(m)));
        let tendered = self.tendered.and_then(|m| faults.take("/tendered", Money::parse_not_negative(m)));
        let tip = self.tip.and_then(|m| faults.take("/tip", Money::parse_not_negative(m))).unwrap_or_default();
        let pending = self.state.as_deref().and_then(|word| faults.take("/state", pending(word))).unwrap_or_default();
        let mut line = |pointer: &str, text: Option<String>, chars_max: usize| {
            text.and_then(|text| faults.take(pointer, text::optional_code(&text, chars_max))).flatten()
        };
        let card = self.card.unwrap_or_default();
        let reference = line("/reference", self.reference, text::NAME_CHARS_MAX);
        let card_brand = line("/card/brand", card.brand, AUTH_CHARS_MAX);
        let card_auth = line("/card/auth_code", card.auth_code, AUTH_CHARS_MAX);
        let client_ref = line("/client_ref", self.client_ref, CLIENT_REF_CHARS_MAX);
        let card_last4 = card.last4.and_then(|digits| faults.take("/card/last4", last4(&digits)));
        let with = faults.with(with)?;
        let vouched = reference.is_some() || card_auth.is_some();
        Ok(NewPayment {
            with,
            check: self.check_id.map(CheckId::new),
            asked: Asked { amount, tendered, tip, pending, vouched },
            tip_staff: self.tip_staff_id.map(StaffId::new),
            reference,
            card_brand,
            card_last4,
            card_auth,
            client_ref,
            drawn,
        })
    }
}

/// [`with_current`] of the order that a payment is on.
fn with_its_order(tx: &Tx<'_>, error: Error, id: PaymentId, zone: &Zone) -> Error {
    match load::order_id_of_payment(tx, id) {
        Ok(order) => with_current(tx, error, order, zone),
        Err(broken) => broken,
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct PaymentAnswer {
    payment: PaymentView,
    order: OrderView,
    /// To be given back now.
    change: i64,
    /// What it was drawn on, as it is now: what is left on a voucher, what is owed.
    account: Option<AccountView>,
}

fn paid(db: &impl Read, status: u16, payment: &Payment, order: &Order, zone: &Zone) -> Result<Reply> {
    answered(db, status, payment, order, zone, payment.change)
}

fn answered(
    db: &impl Read,
    status: u16,
    payment: &Payment,
    order: &Order,
    zone: &Zone,
    change: Money,
) -> Result<Reply> {
    Ok(Reply::new(status, &answer(db, payment, order, zone, change)?)?.etag(order.etag()))
}

fn answer(db: &impl Read, payment: &Payment, order: &Order, zone: &Zone, change: Money) -> Result<PaymentAnswer> {
    let account = payment.account.map(|id| AccountView::of(&accounts::ops::get(db, id)?, zone)).transpose()?;
    Ok(PaymentAnswer {
        payment: PaymentView::of(payment, zone)?,
        order: OrderView::of(order, zone)?,
        change: change.minor(),
        account,
    })
}

#[utoipa::path(tag = "payments", params(("id" = i64, Path)), request_body = TakePaymentBody, responses((status = 201, body = PaymentAnswer)))]
#[post("/api/v1/orders/{id}/payments")]
async fn take_payment(write: Write<right::TakePayment, TakePaymentBody>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, new, seen) = (OrderId::new(list::id(*id)?), write.body.parse()?, seen(&write.call)?);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, actor| {
            let by = by(tx, clock.as_ref(), actor)?;
            let zone = &by.stamp.calendar.zone;
            let taken = ops::take(tx, &by, id, &seen, new);
            let (payment, order) = taken.map_err(|error| with_current(tx, error, Some(id), zone))?;
            paid(tx, 201, &payment, &order, zone)
        })
        .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResolveBody {
    /// `captured`, `declined`, `cancelled`, or still `unknown`.
    state: String,
    /// What the terminal calls it. A payment that was declined or cancelled is captured after all with it alone,
    /// and by somebody who may correct payments, or with their yes.
    reference: Option<String>,
}

#[utoipa::path(tag = "payments", params(("id" = i64, Path)), request_body = ResolveBody, responses((status = 200, body = PaymentAnswer)))]
#[post("/api/v1/payments/{id}/resolve")]
async fn resolve_payment(write: Write<right::TakePayment, ResolveBody>, id: Path<i64>) -> Result<HttpResponse> {
    let id = PaymentId::new(list::id(*id)?);
    let mut faults = Faults::new();
    let outcome = faults.take("/state", Outcome::parse(&write.body.state));
    let reference = write.body.reference.as_deref();
    let reference =
        reference.and_then(|text| faults.take("/reference", text::optional_code(text, text::NAME_CHARS_MAX))).flatten();
    let outcome = faults.with(outcome)?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, actor| {
            let by = by(tx, clock.as_ref(), actor)?;
            let zone = &by.stamp.calendar.zone;
            let resolved = ops::resolve(tx, &by, id, outcome, reference);
            let (payment, order) = resolved.map_err(|error| with_its_order(tx, error, id, zone))?;
            paid(tx, 200, &payment, &order, zone)
        })
        .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundBody {
    /// By dish, on a settled check; not with `amount`.
    lines: Option<Vec<RefundLineBody>>,
    /// Minor units, spread over the dishes, charges and rates of the check. Left out with `lines` and
    /// `tip`: all that is left of the payment, tip included.
    amount: Option<i64>,
    /// The payment's own unless told.
    tender_id: Option<i64>,
    /// Of the tip; alone, nothing else goes back.
    tip: Option<i64>,
    /// With `lines`: what this payment does not cover goes back of the check's other payments, in the order in which
    /// they came, each a refund of its own by its own tender unless `tender_id` says otherwise.
    #[serde(default)]
    other_payments: bool,
    reason_id: Option<i64>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundLineBody {
    line_id: i64,
    /// 1 to 999.
    quantity: i64,
}

impl RefundBody {
    fn parse(self) -> Result<NewRefundCall> {
        let mut faults = Faults::new();
        let tip = self.tip.and_then(|m| faults.take("/tip", Money::parse_not_negative(m)));
        if self.lines.is_some() && self.amount.is_some() {
            faults.push("/amount", Invalid::new("conflict", "give lines or amount, not both"));
        }
        let what = match (self.lines, self.amount) {
            (Some(lines), _) => What::Dishes(dishes(&lines, &mut faults)),
            (None, Some(amount)) => {
                let amount = faults.take("/amount", Money::parse_positive(amount));
                What::Amount(amount.unwrap_or_default())
            }
            (None, None) if self.tip.is_some_and(|tip| tip > 0) => What::Amount(Money::ZERO),
            (None, None) => What::All,
        };
        let reason = self.reason.as_deref();
        let reason =
            reason.and_then(|t| faults.take("/reason", text::optional_line(t, text::NAME_CHARS_MAX))).flatten();
        faults.finish()?;
        let why = Why { reason_id: self.reason_id.map(ReasonId::new), reason, approved_by: None };
        Ok(NewRefundCall { what, tender: self.tender_id.map(TenderId::new), tip, why })
    }
}

fn dishes(lines: &[RefundLineBody], faults: &mut Faults) -> Vec<(LineId, Quantity)> {
    if lines.is_empty() || lines.len() > LINES_MAX {
        faults.push("/lines", Invalid::range(format!("1 to {LINES_MAX} lines")));
        return Vec::new();
    }
    let mut dishes = Vec::with_capacity(lines.len());
    for (place, line) in lines.iter().enumerate() {
        let quantity = faults.take(format!("/lines/{place}/quantity"), Quantity::parse(line.quantity));
        dishes.extend(quantity.map(|quantity| (LineId::new(line.line_id), quantity)));
    }
    dishes
}

/// What leaves the house is amount + rounding + tip + excess.
#[derive(Debug, Serialize, ToSchema)]
struct RefundView {
    id: i64,
    payment_id: i64,
    tender_id: i64,
    /// The tender's kind.
    tender: &'static str,
    name: String,
    /// Σ total of the lines; of a check not settled, what is due again.
    amount: i64,
    rounding: i64,
    tip: i64,
    /// Of what was taken above the due.
    excess: i64,
    /// Given back in all.
    paid: i64,
    /// Empty on a check that is not settled.
    lines: Vec<RefundLineView>,
    taxes: Vec<RefundTaxView>,
    reason: Option<String>,
    staff_id: Option<i64>,
    business_date: String,
    at: String,
    /// Of `/receipts/{id}`; none on a check that is not settled.
    receipt_id: Option<i64>,
    receipt_number: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct RefundLineView {
    line_id: Option<i64>,
    /// A service charge of the check.
    service_charge_id: Option<i64>,
    name: String,
    /// None where an amount was spread.
    quantity: Option<i64>,
    net: i64,
    tax: i64,
    total: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct RefundTaxView {
    name: String,
    rate: String,
    included: bool,
    base: i64,
    tax: i64,
}

impl RefundView {
    fn of(refunded: &Refunded, by: &By) -> Result<Self> {
        let (new, stamp) = (&refunded.new, &by.stamp);
        let mut taxes = Vec::new();
        let mut lines = Vec::with_capacity(new.parts.len());
        for (part, name) in new.parts.iter().zip(&refunded.names) {
            let (line_id, service_charge_id) = match part.of {
                PartOf::Line(id) => (Some(id.get()), None),
                PartOf::Charge(id) => (None, Some(id)),
            };
            lines.push(RefundLineView {
                line_id,
                service_charge_id,
                name: name.clone(),
                quantity: part.quantity.map(Quantity::whole),
                net: part.net.minor(),
                tax: part.tax.minor(),
                total: part.total.minor(),
            });
            for tax in &part.taxes {
                load::add_tax(&mut taxes, tax.clone())?;
            }
        }
        let tax = |tax: crate::kernel::tax::RateTotal| RefundTaxView {
            name: tax.name,
            rate: tax.rate.to_string(),
            included: tax.included,
            base: tax.base.minor(),
            tax: tax.tax.minor(),
        };
        Ok(Self {
            id: refunded.id.get(),
            payment_id: refunded.payment.get(),
            tender_id: new.tender_id.get(),
            tender: new.tender_kind,
            name: new.tender.clone(),
            amount: new.amount.minor(),
            rounding: new.rounding.minor(),
            tip: new.tip.minor(),
            excess: new.excess.minor(),
            paid: new.paid()?.minor(),
            lines,
            taxes: taxes.into_iter().map(tax).collect(),
            reason: new.why.reason.clone(),
            staff_id: stamp.staff.map(StaffId::get),
            business_date: stamp.date.to_string(),
            at: stamp.at.rfc3339(&stamp.calendar.zone),
            receipt_id: refunded.receipt.map(|(id, _)| id.get()),
            receipt_number: refunded.receipt.map(|(_, number)| number),
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct RefundAnswer {
    refund: RefundView,
    /// Of several payments: all of them, `refund` the first.
    refunds: Vec<RefundView>,
    order: OrderView,
    /// 0: nothing was handed over.
    change: i64,
}

#[utoipa::path(tag = "payments", params(("id" = i64, Path)), request_body = RefundBody, responses((status = 201, body = RefundAnswer)))]
#[post("/api/v1/payments/{id}/refunds")]
async fn refund_payment(write: Write<OrApproved<right::Refund>, RefundBody>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, several) = (PaymentId::new(list::id(*id)?), write.body.other_payments);
    let call = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, actor| {
            let by = by(tx, clock.as_ref(), actor)?;
            let zone = &by.stamp.calendar.zone;
            let given = if several {
                ops::give_back_of_several(tx, &by, id, call)
            } else {
                ops::give_back(tx, &by, id, call).map(|(refunded, order)| (vec![refunded], order))
            };
            let (refunded, order) = given.map_err(|error| with_its_order(tx, error, id, zone))?;
            let views = || refunded.iter().map(|refunded| RefundView::of(refunded, &by)).collect::<Result<Vec<_>>>();
            let first = views()?.into_iter().next().ok_or_else(|| Fault::new("a refund of nothing"))?;
            let answer = RefundAnswer {
                refund: first,
                refunds: if several { views()? } else { Vec::new() },
                order: OrderView::of(&order, zone)?,
                change: 0,
            };
            Ok(Reply::created(&answer)?.etag(order.etag()))
        })
        .await
}

/// Bodies of payments, for `crate::fuzz`.
#[doc(hidden)]
pub const TRIED: &[Tried] = &[
    |bytes| of_json::<TakePaymentBody>(bytes).and_then(|body| body.parse()).is_ok(),
    |bytes| of_json::<RefundBody>(bytes).and_then(|body| body.parse()).is_ok(),
];
