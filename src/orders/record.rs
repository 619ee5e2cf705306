//! How orders were before a step that can be taken back, as the step keeps it.

use serde::{Deserialize, Serialize};

use super::bill::{Added, DiscountAmount};
use super::model::parts::{ChargeWorth, Share, Worth};
use super::model::{AppliesTo, Check, Customer, Discount, Line, Off, Order, State};
use crate::error::{Fault, Result};
use crate::kernel::ids::{CategoryId, DiscountId, LineId};
use crate::kernel::money::Money;
use crate::kernel::quantity::Quantity;
use crate::kernel::rate::Rate;
use crate::kernel::service::Service;

/// Everything of an order that such a step may move; amounts only where they do not follow from the rest.
#[derive(Debug, Serialize, Deserialize)]
pub struct WasOrder {
    pub id: i64,
    pub guests: u32,
    pub checks: Vec<WasCheck>,
    /// Absent in steps of before it was kept; what was said of them then has not changed.
    #[serde(default)]
    said: Option<Said>,
}

/// What was said of an order, without a word of it: whoever is forgotten is not found here.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Said {
    /// How long its note was, in bytes; what a merger adds stands behind it.
    note: Option<usize>,
    customer: bool,
    due_at: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct WasCheck {
    pub id: i64,
    pub bills: i64,
    pub carried: bool,
    pub lines: Vec<WasLine>,
    pub discounts: Vec<WasDiscount>,
    pub charges: Vec<WasCharge>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct WasLine {
    pub id: i64,
    parent: Option<i64>,
    split_from: Option<i64>,
    sent_as: Option<i64>,
    quantity: i64,
    service: Option<String>,
    reserved: i64,
    share: Option<(i64, i64)>,
    counted: bool,
    carry: i64,
    off: Vec<(i64, i64)>,
    added: Vec<WasAdded>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WasAdded(u8, String, i64, i64, i64);

#[derive(Debug, Serialize, Deserialize)]
pub struct WasDiscount {
    pub id: i64,
    amount: Option<i64>,
    applies_to: String,
    targets: Vec<i64>,
    except: Vec<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct WasCharge {
    pub id: i64,
    part: Option<i64>,
    amount: i64,
    added: Vec<WasAdded>,
}

fn added(of: &Added) -> WasAdded {
    WasAdded(of.position, of.name.clone(), of.rate.ten_thousandths(), of.base.minor(), of.tax.minor())
}

fn back(of: &WasAdded) -> Added {
    let WasAdded(position, name, rate, base, tax) = of;
    let (base, tax) = (Money::new(*base), Money::new(*tax));
    Added { position: *position, name: name.clone(), rate: Rate::new(*rate), base, tax }
}

impl WasOrder {
    pub fn of(order: &Order) -> Self {
        let open = order.checks.iter().filter(|check| check.state == State::Open);
        let said = Said {
            note: order.note.as_ref().map(String::len),
            customer: !order.customer.is_empty(),
            due_at: order.due_at.is_some(),
        };
        Self { id: order.id.get(), guests: order.guests, checks: open.map(WasCheck::of).collect(), said: Some(said) }
    }

    /// What is said of the order is what was.
    pub fn unsay(&self, order: &mut Order) {
        order.guests = self.guests;
        let Some(said) = self.said else { return };
        order.note = order.note.take().zip(said.note).and_then(|(note, len)| Some(note.get(..len)?.to_owned()));
        if !said.customer {
            order.customer = Customer::default();
        }
        order.due_at = order.due_at.filter(|_| said.due_at);
    }
}

impl WasCheck {
    fn of(check: &Check) -> Self {
        Self {
            id: check.id.get(),
            bills: check.bills,
            carried: check.carried,
            lines: check.lines.iter().map(|line| WasLine::of(line, check.carried)).collect(),
            discounts: check.discounts.iter().map(WasDiscount::of).collect(),
            charges: check
                .charges
                .iter()
                .map(|charge| WasCharge {
                    id: charge.id,
                    part: charge.part.map(Money::minor),
                    amount: charge.worth.as_ref().map_or(0, |worth| worth.amount.minor()),
                    added: charge.worth.iter().flat_map(|worth| &worth.added).map(added).collect(),
                })
                .collect(),
        }
    }
}

impl WasLine {
    fn of(line: &Line, carried: bool) -> Self {
        let worth = Some(&line.worth).filter(|_| carried);
        Self {
            id: line.id.get(),
            parent: line.parent.map(LineId::get),
            split_from: line.split_from.map(LineId::get),
            sent_as: line.sent_as.map(LineId::get),
            quantity: line.quantity.thousandths(),
            service: line.service.map(|service| service.as_str().to_owned()),
            reserved: line.reserved,
            share: line.share.map(|share| (share.num(), share.den())),
            counted: line.counted,
            carry: line.list_carry.minor(),
            off: worth.iter().flat_map(|w| &w.off).map(|off| (off.id.get(), off.amount.minor())).collect(),
            added: worth.iter().flat_map(|w| &w.added).map(added).collect(),
        }
    }

    /// Lays it on the line, whatever else that is.
    pub fn lay(&self, line: &mut Line) -> Result<()> {
        line.parent = self.parent.map(LineId::new);
        line.split_from = self.split_from.map(LineId::new);
        line.sent_as = self.sent_as.map(LineId::new);
        line.quantity = Quantity::from_thousandths(self.quantity);
        let service = self.service.as_deref().map(Service::parse).transpose();
        line.service = service.map_err(|invalid| Fault::new(invalid.detail))?;
        line.reserved = self.reserved;
        line.share = self.share.map(|(num, den)| Share::stored(num, den));
        (line.counted, line.list_carry) = (self.counted, Money::new(self.carry));
        let off = |(id, amount): &(i64, i64)| DiscountAmount { id: DiscountId::new(*id), amount: Money::new(*amount) };
        line.worth = Worth { off: self.off.iter().map(off).collect(), added: self.added.iter().map(back).collect() };
        Ok(())
    }
}

impl WasDiscount {
    fn of(d: &Discount) -> Self {
        let targets = match &d.applies_to {
            AppliesTo::Check => Vec::new(),
            AppliesTo::Line(line) => vec![line.get()],
            AppliesTo::Lines(lines) => lines.iter().map(|l| l.get()).collect(),
            AppliesTo::Categories(categories) => categories.iter().map(|c| c.get()).collect(),
        };
        Self {
            id: d.id,
            amount: if let Off::Amount(amount) = d.off { Some(amount.minor()) } else { None },
            applies_to: d.applies_to.as_str().to_owned(),
            targets,
            except: d.except.iter().map(|l| l.get()).collect(),
        }
    }

    pub fn lay(&self, d: &mut Discount) {
        if let Some(amount) = self.amount {
            d.off = Off::Amount(Money::new(amount));
        }
        let lines = || self.targets.iter().copied().map(LineId::new);
        d.applies_to = match self.applies_to.as_str() {
            "line" => lines().next().map_or(AppliesTo::Check, AppliesTo::Line),
            "lines" => AppliesTo::Lines(lines().collect()),
            "categories" => AppliesTo::Categories(self.targets.iter().copied().map(CategoryId::new).collect()),
            _ => AppliesTo::Check,
        };
        d.except = self.except.iter().copied().map(LineId::new).collect();
    }
}

impl WasCharge {
    /// What it was given, and what part of it the check bore.
    pub fn worth(&self) -> (ChargeWorth, Option<Money>) {
        let worth = ChargeWorth { amount: Money::new(self.amount), added: self.added.iter().map(back).collect() };
        (worth, self.part.map(Money::new))
    }
}

pub fn write(was: &[WasOrder]) -> Result<String> {
    Ok(serde_json::to_string(was).map_err(|e| Fault::from_source("a step does not serialise", e))?)
}

pub fn read(was: &str) -> Result<Vec<WasOrder>> {
    Ok(serde_json::from_str(was).map_err(|e| Fault::from_source("a step's record does not read", e))?)
}
