//! What the journal is told of orders: ids and amounts, never a guest's name or a note.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::model::{Charge, Check, Discount, Line, Off, Order, Payment, Refund, TipChange};
use super::ops::Why;
use crate::journal::Kind;
use crate::kernel::ids::{DrawerId, LineId, OptionId, PaymentId, RefundId, StaffId, TableId, VariantId};
use crate::kernel::money::Money;
use crate::kernel::quantity::Measure;
use crate::kitchen::model::Ticket;
use crate::reports::prices::PriceOverride;

/// A line as it was added.
#[derive(Serialize)]
struct LineFact<'a> {
    line: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    part_of: Option<i64>,
    variant: i64,
    name: &'a str,
    quantity: i64,
    measure: Option<i64>,
    unit_price: i64,
    total: i64,
}

fn line(l: &Line) -> LineFact<'_> {
    LineFact {
        line: l.id.get(),
        part_of: l.parent.map(LineId::get),
        variant: l.variant.get(),
        name: &l.name,
        quantity: l.quantity.thousandths(),
        measure: l.measure.map(Measure::thousandths),
        unit_price: l.unit_price.minor(),
        total: l.amounts.total.minor(),
    }
}

/// An order as it was opened: on the busiest path, hence without a tree of values.
#[derive(Serialize)]
pub struct OpenedFact<'a> {
    kind: &'static str,
    number: i64,
    table: Option<i64>,
    guests: u32,
    lines: Vec<LineFact<'a>>,
    total: i64,
}

pub fn opened(order: &Order) -> OpenedFact<'_> {
    let check = &order.checks[0];
    OpenedFact {
        kind: order.kind.as_str(),
        number: order.display_number,
        table: order.table.map(TableId::get),
        guests: order.guests,
        lines: check.lines.iter().map(line).collect(),
        total: check.totals.total.minor(),
    }
}

/// `date` is the order's own, since the record's is that of the import.
pub fn imported(order: &Order, source: &str, reference: &str) -> Value {
    json!({
        "date": order.date.to_string(), "source": source, "ref": reference,
        "total": order.checks[0].totals.total.minor(),
    })
}

pub fn changed(order: &Order, approved_by: Option<StaffId>) -> Value {
    let told = json!({
        "guests": order.guests, "service": order.service.as_str(), "table": order.table.map(TableId::get),
        "staff": order.staff.map(StaffId::get),
    });
    approved(told, approved_by)
}

/// What was told, with whoever said yes to it, where it took one. The record's own staff did it.
pub fn approved(mut told: Value, by: Option<StaffId>) -> Value {
    if let Some(by) = by {
        told["approved_by"] = by.get().into();
    }
    told
}

pub fn lines(check: &Check, which: impl Fn(&Line) -> bool) -> Value {
    let told: Vec<LineFact<'_>> = check.lines.iter().filter(|l| which(l)).map(line).collect();
    json!({"check": check.id.get(), "lines": told, "total": check.totals.total.minor()})
}

/// `id`: of the row that reports list.
pub fn priced(p: &PriceOverride<'_>, id: i64) -> Value {
    json!({
        "price_override": id, "line": p.line.get(), "from": p.from.minor(), "to": p.to.minor(), "quantity": p.quantity,
        "amount": p.amount.minor(), "reason": p.reason, "reason_id": p.reason_id.map(|r| r.get()),
        "approved_by": p.approved_by.map(StaffId::get),
    })
}

pub fn voided(l: &Line, why: &Why, wasted: bool) -> Value {
    json!({
        "line": l.id.get(), "split_from": l.split_from.map(LineId::get), "variant": l.variant.get(),
        "quantity": l.quantity.thousandths(), "amount": l.amounts.list.minor(), "sent": l.is_sent(), "wasted": wasted,
        "reason": why.reason, "reason_id": why.reason_id.map(|r| r.get()),
        "approved_by": why.approved_by.map(StaffId::get),
    })
}

pub fn comped(check: &Check, l: &Line) -> Value {
    let comp = l.comp.as_ref();
    json!({
        "line": l.id.get(), "split_from": l.split_from.map(LineId::get), "amount": l.amounts.comp.minor(),
        "reason": comp.and_then(|c| c.reason.as_deref()), "reason_id": comp.and_then(|c| c.reason_id).map(|r| r.get()),
        "approved_by": comp.and_then(|c| c.approved_by).map(StaffId::get), "total": check.totals.total.minor(),
    })
}

pub fn uncomped(line: LineId, approved_by: Option<StaffId>) -> Value {
    json!({"line": line.get(), "approved_by": approved_by.map(StaffId::get)})
}

/// `approved_by`: whoever said yes to giving it, or to taking it back.
pub fn discount(check: &Check, d: &Discount, approved_by: Option<StaffId>) -> Value {
    let (percent, amount) = match d.off {
        Off::Percent(rate) => (Some(rate.to_string()), None),
        Off::Amount(amount) => (None, Some(amount.minor())),
    };
    json!({
        "check": check.id.get(), "discount": d.id, "name": d.name, "percent": percent, "amount": amount,
        "applies_to": d.applies_to.as_str(), "value": d.value.minor(), "reason": d.reason,
        "reason_id": d.reason_id.map(|r| r.get()), "approved_by": approved_by.map(StaffId::get),
        "total": check.totals.total.minor(),
    })
}

pub fn charge(check: &Check, c: &Charge, approved_by: Option<StaffId>) -> Value {
    json!({
        "check": check.id.get(), "charge": c.id, "name": c.name, "approved_by": approved_by.map(StaffId::get),
        "total": check.totals.total.minor(),
    })
}

pub fn fired(course: i64, tickets: &[Ticket]) -> Value {
    let ids: Vec<i64> = tickets.iter().map(|ticket| ticket.id.get()).collect();
    json!({"course": course, "tickets": ids})
}

pub fn bill(check: &Check) -> Value {
    json!({"check": check.id.get(), "bills": check.bills, "total": check.totals.total.minor()})
}

pub fn payment(check: &Check, p: &Payment) -> Value {
    let told = json!({
        "payment": p.id.get(), "check": check.id.get(), "tender": p.tender_kind, "state": p.state.as_str(),
        "amount": p.amount.minor(), "tendered": p.tendered.minor(), "change": p.change.minor(), "tip": p.tip.minor(),
        "rounding": p.rounding.minor(), "excess": p.excess.minor(),
    });
    through(told, "drawer", p.drawer)
}

/// What was told, with the drawer that its cash went through, where it went through one.
pub fn through(mut told: Value, name: &str, drawer: Option<DrawerId>) -> Value {
    if let Some(drawer) = drawer {
        told[name] = drawer.get().into();
    }
    told
}

/// `p` as it is after it.
pub fn tip_changed(check: &Check, p: &Payment, id: i64, change: &TipChange, added: Money) -> Value {
    json!({
        "tip_change": id, "payment": p.id.get(), "check": check.id.get(), "tender": p.tender_kind,
        "taken": change.taken.minor(), "taken_from": change.taken_from.map(StaffId::get),
        "given": change.given.minor(), "given_to": change.given_to.map(StaffId::get),
        "amount": added.minor(), "tip": p.tip.minor(),
    })
}

/// The payment that stands now, what of the wrong one was taken back, and by which record.
/// `receipt_number` is the correction's own; `None` where the sale has none.
pub fn corrected(check: &Check, wrong: &Payment, refund: RefundId, p: &Payment, receipt_number: Option<i64>) -> Value {
    let mut told = payment(check, p);
    told["corrects"] = wrong.id.get().into();
    told["from"] = wrong.tender_kind.as_str().into();
    told["refund"] = refund.get().into();
    told["receipt_number"] = receipt_number.into();
    told
}

/// `receipt_number` is `None` of a reversal.
pub fn refund(check: &Check, r: &Refund, of: PaymentId, tender: &str, why: &Why, receipt_number: Option<i64>) -> Value {
    json!({
        "refund": r.id.get(), "payment": of.get(), "check": check.id.get(), "tender": tender, "reversal": r.reversal,
        "amount": r.amount.minor(), "rounding": r.rounding.minor(), "tip": r.tip.minor(), "excess": r.excess.minor(),
        "reason": why.reason, "reason_id": why.reason_id.map(|r| r.get()),
        "approved_by": why.approved_by.map(StaffId::get), "receipt_number": receipt_number,
    })
}

pub fn closed(check: &Check, receipt_number: i64) -> Value {
    json!({
        "check": check.id.get(), "total": check.totals.total.minor(), "tax": check.totals.tax.minor(),
        "receipt_number": receipt_number,
    })
}

pub fn order_voided(why: &Why, amount: Money) -> Value {
    json!({
        "amount": amount.minor(), "reason": why.reason, "reason_id": why.reason_id.map(|r| r.get()),
        "approved_by": why.approved_by.map(StaffId::get),
    })
}

/// A check after lines went from one to another, with what stands on it.
#[derive(Serialize)]
struct OnCheck {
    check: i64,
    lines: Vec<OnLine>,
    total: i64,
}

#[derive(Serialize)]
struct OnLine {
    line: i64,
    split_from: Option<i64>,
    quantity: i64,
    share: Option<String>,
    total: i64,
}

/// The checks of an order that were changed last.
fn touched(checks: &[Check], version: i64) -> Vec<OnCheck> {
    let line = |l: &Line| OnLine {
        line: l.id.get(),
        split_from: l.split_from.map(LineId::get),
        quantity: l.quantity.thousandths(),
        share: l.share.map(|share| share.to_string()),
        total: l.amounts.total.minor(),
    };
    let on = |check: &Check| OnCheck {
        check: check.id.get(),
        lines: check.open_lines().map(line).collect(),
        total: check.totals.total.minor(),
    };
    checks.iter().filter(|check| check.version == version).map(on).collect()
}

/// The checks of an order after lines went from one to another.
#[derive(Serialize)]
pub struct PartedFact {
    checks: Vec<OnCheck>,
    to_order: Option<i64>,
    to_checks: Option<Vec<OnCheck>>,
}

/// `to` is another order that some went to.
pub fn parted(checks: &[Check], version: i64, to: Option<&Order>) -> PartedFact {
    PartedFact {
        checks: touched(checks, version),
        to_order: to.map(|order| order.id.get()),
        to_checks: to.map(|order| touched(&order.checks, order.version)),
    }
}

/// Two orders that are one.
#[derive(Serialize)]
pub struct MergedFact {
    order: i64,
    from_order: i64,
    guests: u32,
    checks: Vec<OnCheck>,
}

/// `from` ended.
pub fn merged(order: &Order, from: &Order) -> MergedFact {
    let checks = touched(&order.checks, order.version);
    MergedFact { order: order.id.get(), from_order: from.id.get(), guests: order.guests, checks }
}

/// A step that was taken back.
#[derive(Serialize)]
pub struct UndoneFact<'a> {
    step: &'a str,
    of: i64,
    checks: Vec<OnCheck>,
}

/// The word of the step's record, and which one that is.
pub fn undone<'a>(kind: &'a str, seq: i64, order: &Order) -> UndoneFact<'a> {
    UndoneFact { step: kind, of: seq, checks: touched(&order.checks, order.version) }
}

/// What a dish costs now, for a terminal whose menu is old; `None`: asked, or not on the menu any more.
pub struct PriceNow {
    pub variant: VariantId,
    pub price: Option<Money>,
    /// Of the options that were chosen, what each costs by itself.
    pub options: Vec<(OptionId, Option<Money>)>,
}

pub fn prices(of: &[PriceNow]) -> Value {
    let option =
        |(id, price): &(OptionId, Option<Money>)| json!({"option_id": id.get(), "price": price.map(Money::minor)});
    let price = |now: &PriceNow| {
        let mut told = json!({"variant_id": now.variant.get(), "price": now.price.map(Money::minor)});
        if !now.options.is_empty() {
            told["modifiers"] = now.options.iter().map(option).collect();
        }
        told
    };
    Value::Array(of.iter().map(price).collect())
}

/// What a record told of money and of what was taken off, read back to be held against the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Money that came; what was pending is told again when it does.
    Payment {
        id: i64,
        amount: i64,
    },
    Refund {
        id: i64,
        amount: i64,
    },
    /// A tip changed by so much.
    Tip {
        id: i64,
        amount: i64,
    },
    /// A payment came in the place of one that was taken back, of the same amount.
    Corrected {
        payment: i64,
        corrects: i64,
        refund: i64,
        amount: i64,
    },
    /// A check was settled.
    Check {
        id: i64,
        total: i64,
    },
    Voided {
        line: i64,
        amount: i64,
        wasted: bool,
    },
    /// A receipt was issued; half of the hash of its body, which the first releases did not keep.
    Receipt {
        id: i64,
        number: i64,
        total: i64,
        hash: Option<u128>,
    },
    /// A receipt was printed so often.
    Printed {
        receipt: i64,
        prints: i64,
    },
    /// A price was set, which made its line cheaper by so much.
    Priced {
        id: i64,
        amount: i64,
    },
    /// An order of another till, with what its one check came to.
    Imported {
        total: i64,
    },
    /// An order was voided, or this one was merged into the record's.
    Ended {
        order: Option<i64>,
    },
}

/// What a payload of that kind told; `None` where it is none of these.
pub fn told(kind: Kind, payload: &str) -> Option<Told> {
    #[derive(Deserialize)]
    struct Fields<'a> {
        payment: Option<i64>,
        tip_change: Option<i64>,
        price_override: Option<i64>,
        from_order: Option<i64>,
        corrects: Option<i64>,
        refund: Option<i64>,
        check: Option<i64>,
        line: Option<i64>,
        amount: Option<i64>,
        total: Option<i64>,
        wasted: Option<bool>,
        receipt_id: Option<i64>,
        number: Option<i64>,
        prints: Option<i64>,
        #[serde(borrow)]
        body_sha256: Option<&'a str>,
        #[serde(borrow)]
        state: Option<&'a str>,
    }
    if !matches!(
        kind,
        Kind::PaymentTaken
            | Kind::PaymentResolved
            | Kind::TipChanged
            | Kind::PaymentCorrected
            | Kind::Refunded
            | Kind::CheckClosed
            | Kind::LineVoided
            | Kind::ReceiptIssued
            | Kind::ReceiptPrinted
            | Kind::LinePriced
            | Kind::OrderImported
            | Kind::OrderVoided
            | Kind::OrdersMerged
    ) {
        return None;
    }
    let f: Fields<'_> = serde_json::from_str(payload).ok()?;
    match kind {
        Kind::TipChanged => Some(Told::Tip { id: f.tip_change?, amount: f.amount? }),
        Kind::PaymentCorrected => {
            let (payment, corrects) = (f.payment?, f.corrects?);
            Some(Told::Corrected { payment, corrects, refund: f.refund?, amount: f.amount? })
        }
        Kind::Refunded => Some(Told::Refund { id: f.refund?, amount: f.amount? }),
        Kind::CheckClosed => Some(Told::Check { id: f.check?, total: f.total? }),
        Kind::ReceiptIssued => {
            // Its first half names a body as surely as a check has to.
            let hash = f.body_sha256.and_then(|hex| u128::from_str_radix(hex.get(..32)?, 16).ok());
            Some(Told::Receipt { id: f.receipt_id?, number: f.number?, total: f.total?, hash })
        }
        Kind::ReceiptPrinted => Some(Told::Printed { receipt: f.receipt_id?, prints: f.prints? }),
        Kind::OrderVoided => Some(Told::Ended { order: None }),
        Kind::OrdersMerged => Some(Told::Ended { order: Some(f.from_order?) }),
        Kind::OrderImported => Some(Told::Imported { total: f.total? }),
        Kind::LinePriced => Some(Told::Priced { id: f.price_override?, amount: f.amount? }),
        Kind::LineVoided => Some(Told::Voided { line: f.line?, amount: f.amount?, wasted: f.wasted? }),
        _ if f.state == Some("captured") => Some(Told::Payment { id: f.payment?, amount: f.amount? }),
        _ => None,
    }
}

/// The checks on which nothing stands any more after lines went from one to another, or that ended so.
pub fn emptied(payload: &str) -> Vec<i64> {
    #[derive(Deserialize)]
    struct Fields {
        #[serde(default)]
        checks: Vec<On>,
    }
    #[derive(Deserialize)]
    struct On {
        check: i64,
        lines: Vec<serde::de::IgnoredAny>,
    }
    let told: Option<Fields> = serde_json::from_str(payload).ok();
    let checks = told.into_iter().flat_map(|told| told.checks);
    checks.filter(|check| check.lines.is_empty()).map(|check| check.check).collect()
}

/// Rollups that were set right, each as a check named it.
pub fn repaired(rows: &[String]) -> Value {
    json!({"rollups": rows})
}
