//! An order as it stands, and what may be done to it. Pure.

mod combo;
pub mod parts;
mod payment;
pub mod placing;
mod seen;
#[cfg(test)]
mod tests;

pub use payment::{Payment, PaymentState, Refund, TipChange};
pub use seen::{IfMatch, Scope};

use super::bill::Rules;
use crate::accounts::model::Loaded;
use crate::error::{Refusal, Refused};
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{
    CategoryId, ChargeId, CheckId, DeviceId, DiscountId, ItemId, LineId, OrderId, ReasonId, ReceiptId, StaffId,
    StationId, TableId, TaxClassId, VariantId,
};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::quantity::{Measure, Quantity, extend};
use crate::kernel::rate::{Rate, Rounding};
use crate::kernel::service::Service;
use crate::kernel::words::words;

words! {
    /// How the guests eat, and whether somebody carries it to them.
    Kind { DineIn "dine_in", Takeaway "takeaway", Delivery "delivery", }
}

impl Kind {
    /// How an order of this kind is taxed unless it says otherwise.
    pub fn service(self) -> Service {
        match self {
            Kind::DineIn => Service::DineIn,
            Kind::Takeaway | Kind::Delivery => Service::Takeaway,
        }
    }
}

words! {
    /// Of an order and of each of its checks.
    State { Open "open", Paid "paid", Voided "voided", }
}

/// What is done to an order as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Anything that leaves it open.
    Change,
    Settle,
    Void,
    /// A merged order's dishes come back to it.
    Unmerge,
}

/// The one place where an order or a check changes its state.
pub fn next_state(state: State, act: Act) -> Result<State, Refused> {
    match (state, act) {
        (State::Open, Act::Change) => Ok(State::Open),
        (State::Open, Act::Settle) => Ok(State::Paid),
        (State::Open, Act::Void) => Ok(State::Voided),
        (State::Voided, Act::Unmerge) => Ok(State::Open),
        (State::Open, Act::Unmerge) | (State::Paid | State::Voided, _) => Err(Refusal::OrderClosed
            .because(format!("This order is {}.", state.as_str()))
            .with("state", state.as_str())),
    }
}

words! {
    /// Where a line stands, told from the kitchen's ledger.
    LineState { New "new", Held "held", Sent "sent", Ready "ready", Served "served", Voided "voided", }
}

pub use crate::menu::model::{CountsAs, Modifier, SoldBy};

/// Who the order is for; kept out of the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Customer {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub vat_id: Option<String>,
}

impl Customer {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Clone)]
pub struct Order {
    pub id: OrderId,
    pub display_number: i64,
    pub kind: Kind,
    pub service: Service,
    pub state: State,
    pub table: Option<TableId>,
    pub tab_name: Option<String>,
    pub guests: u32,
    pub customer: Customer,
    pub due_at: Option<UtcMs>,
    pub note: Option<String>,
    pub date: BusinessDate,
    pub opened_at: UtcMs,
    pub closed_at: Option<UtcMs>,
    pub staff: Option<StaffId>,
    pub device: Option<DeviceId>,
    /// The order that its dishes went to, where tables were put together.
    pub merged_into: Option<OrderId>,
    /// What people did to it.
    pub version: i64,
    /// What the kitchen did to it.
    pub revision: i64,
    pub checks: Vec<Check>,
    /// Checks that were put together with one of `checks`.
    pub joined: Vec<CheckId>,
}

/// How cash is rounded on a check, as the settings had it when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CashRounding {
    /// The smallest coin, in minor units; 0 or 1 where there is none smaller.
    pub step: Money,
    /// Only where all of the check is paid in cash; else on the cash payment that clears it.
    pub all_cash: bool,
}

#[derive(Debug, Clone)]
pub struct Check {
    pub id: CheckId,
    pub state: State,
    pub opened_date: BusinessDate,
    pub closed_date: Option<BusinessDate>,
    pub rules: Rules,
    pub cash: CashRounding,
    pub tax_exempt: bool,
    /// The order version that last changed it.
    pub version: i64,
    /// How often a pre-bill was printed.
    pub bills: i64,
    /// It bears what its lines and charges were given, see [`parts::Worth`], until something else is done to it.
    pub carried: bool,
    /// The check it was split off.
    pub split_from: Option<CheckId>,
    pub lines: Vec<Line>,
    pub discounts: Vec<Discount>,
    pub charges: Vec<Charge>,
    pub payments: Vec<Payment>,
    pub receipt: Option<(ReceiptId, i64)>,
    /// What its lines that are no sale brought to accounts when it was settled.
    pub loaded: Vec<Loaded>,
    pub taxes: Vec<RateTotal>,
    pub totals: Totals,
}

/// A check's sums, in the words of the contract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub subtotal: Money,
    pub discount: Money,
    pub service: Money,
    pub tax: Money,
    pub total: Money,
}

pub use crate::kernel::tax::RateTotal;

/// What a line comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts {
    pub list: Money,
    pub comp: Money,
    pub discount: Money,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
}

/// What a line was given away for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comp {
    pub reason: Option<String>,
    pub reason_id: Option<ReasonId>,
    pub by: Option<StaffId>,
    pub approved_by: Option<StaffId>,
    pub at: UtcMs,
}

#[derive(Debug, Clone)]
pub struct Line {
    pub id: LineId,
    /// The head of the combo it is part of.
    pub parent: Option<LineId>,
    /// The head of a combo: it shows what its parts cost together, which bear the money and are cooked.
    pub combo: bool,
    pub split_from: Option<LineId>,
    pub item: ItemId,
    pub variant: VariantId,
    pub category: CategoryId,
    pub station: Option<StationId>,
    /// The tax class as it stood: a row of immutable rates.
    pub tax_version: i64,
    pub name: String,
    pub variant_name: String,
    pub sold_by: SoldBy,
    pub counts_as: CountsAs,
    pub discountable: bool,
    pub unit_price: Money,
    pub modifiers: Vec<Modifier>,
    pub quantity: Quantity,
    pub measure: Option<Measure>,
    pub service: Option<Service>,
    pub seat: Option<i64>,
    pub course: Option<i64>,
    pub note: Option<String>,
    pub hold: bool,
    pub voided: bool,
    /// The order version that last changed it.
    pub version: i64,
    /// What it took from countdowns.
    pub reserved: i64,
    pub added_by: Option<StaffId>,
    pub added_at: UtcMs,
    pub comp: Option<Comp>,
    pub kitchen: Option<Sent>,
    /// The line the kitchen was told of, where this was split off it afterwards.
    pub sent_as: Option<LineId>,
    pub amounts: Amounts,
    /// The part of a dish that it is.
    pub share: Option<parts::Share>,
    /// False: the dish it is a share of is counted, and is the kitchen's, with another share.
    pub counted: bool,
    /// What its list amount differs from its price by: see [`Line::list_amount`].
    pub list_carry: Money,
    /// Of a carried check.
    pub worth: parts::Worth,
    /// Not in the file yet.
    pub fresh: bool,
    /// Where it stands in the file, where that is known.
    pub stands: Option<Stand>,
}

/// Where a line stands: what other rows have to be looked up for whenever it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    order: OrderId,
    check: CheckId,
    parent: Option<LineId>,
    split_from: Option<LineId>,
    sent_as: Option<LineId>,
}

/// What the kitchen has of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub state: LineState,
    pub at: UtcMs,
}

impl Line {
    pub fn state(&self) -> LineState {
        match self.kitchen {
            _ if self.voided => LineState::Voided,
            Some(sent) => sent.state,
            None if self.hold => LineState::Held,
            None => LineState::New,
        }
    }

    /// Whether it is a dish or dishes of its own, priced as they are.
    pub fn is_whole(&self) -> bool {
        self.share.is_none() && self.counted && self.list_carry.is_zero()
    }

    /// Where it stands if it is on that check of that order.
    pub fn stand_on(&self, order: OrderId, check: CheckId) -> Stand {
        let Self { parent, split_from, sent_as, .. } = *self;
        Stand { order, check, parent, split_from, sent_as }
    }

    /// The line the kitchen was or will be told of: itself, unless it was split off one that was sent.
    pub fn origin(&self) -> LineId {
        self.sent_as.unwrap_or(self.id)
    }

    pub fn modifiers_price(&self) -> Result<Money, TooLarge> {
        let prices: Result<Vec<Money>, TooLarge> = self.modifiers.iter().map(|m| m.price.times(m.quantity)).collect();
        Money::sum(prices?)
    }

    /// Only a sale is revenue; a voucher or a deposit is none.
    pub fn is_sale(&self) -> bool {
        self.counts_as == CountsAs::Sale
    }

    /// (price + modifiers) × quantity, × the measure of one for what is weighed, rounded once (two trays of 0.350 kg
    /// cost what 0.700 kg costs), and what makes parts of one line the whole. Of a combo its parts bear it.
    pub fn list_amount(&self, rounding: Rounding) -> Result<Money, TooLarge> {
        if self.combo {
            return Ok(Money::ZERO);
        }
        let priced = extend(self.unit_price.plus(self.modifiers_price()?)?, self.quantity, self.measure, rounding)?;
        priced.plus(self.list_carry)
    }

    /// How many dishes of it are counted, in thousandths: by the kitchen, in reports, and where they come from
    /// a countdown. Of the shares of a dish one counts all of it, the others nothing.
    pub fn counted_thousandths(&self) -> i64 {
        if self.counted { self.quantity.thousandths() } else { 0 }
    }

    /// [`Line::counted_thousandths`] as whole dishes.
    pub fn counted_whole(&self) -> i64 {
        if self.counted { self.quantity.whole() } else { 0 }
    }

    /// The tax class for ties: a version stands for its class.
    pub fn tax_class(&self) -> TaxClassId {
        TaxClassId::new(self.tax_version)
    }

    /// Whether voiding it undoes somebody's work.
    pub fn is_sent(&self) -> bool {
        self.kitchen.is_some()
    }
}

/// Where a discount applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppliesTo {
    Check,
    Line(LineId),
    Lines(Vec<LineId>),
    Categories(Vec<CategoryId>),
}

impl AppliesTo {
    pub fn as_str(&self) -> &'static str {
        match self {
            AppliesTo::Check => "check",
            AppliesTo::Line(_) => "line",
            AppliesTo::Lines(_) => "lines",
            AppliesTo::Categories(_) => "categories",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    Percent(Rate),
    Amount(Money),
}

#[derive(Debug, Clone)]
pub struct Discount {
    pub id: i64,
    pub name: String,
    pub off: Off,
    pub applies_to: AppliesTo,
    pub lowers_tax_base: bool,
    pub discount_id: Option<DiscountId>,
    pub reason_id: Option<ReasonId>,
    pub reason: Option<String>,
    pub staff: Option<StaffId>,
    pub approved_by: Option<StaffId>,
    pub at: UtcMs,
    /// What it takes off as the check stands.
    pub value: Money,
    /// The discount that this one is a part of.
    pub root: Option<i64>,
    /// Lines that came with a price: it does not reach them, though it reaches all, or their category.
    pub except: Vec<LineId>,
}

impl Discount {
    /// What all copies of one discount share.
    pub fn family(&self) -> i64 {
        self.root.unwrap_or(self.id)
    }
}

/// An automatic charge on a check.
#[derive(Debug, Clone)]
pub struct Charge {
    pub id: i64,
    pub charge: ChargeId,
    pub name: String,
    pub how: ChargeHow,
    pub after_discounts: bool,
    pub min_guests: Option<u32>,
    pub optional: bool,
    pub tax: ChargeTax,
    pub to_staff: bool,
    pub removed: bool,
    pub value: Money,
    pub net: Money,
    pub tax_amount: Money,
    /// What of a fixed one this check bears; `None`: all of it.
    pub part: Option<Money>,
    /// Of a carried check.
    pub worth: Option<parts::ChargeWorth>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeHow {
    Percent(Rate),
    Amount(Money),
    PerGuest(Money),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeTax {
    None,
    AsLines,
    /// A class as it stood when the check was opened.
    Class(i64),
}

impl Check {
    pub fn open_lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.voided)
    }

    pub fn line(&self, id: LineId) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// Refuses what is done to a check that is settled while others of its order are open.
    pub fn must_be_open(&self) -> Result<(), Refused> {
        next_state(self.state, Act::Change).map(|_| ())
    }

    fn captured(&self) -> impl Iterator<Item = &Payment> {
        self.payments.iter().filter(|p| p.state == PaymentState::Captured)
    }

    /// What was paid towards the total, less what was given back before it was settled.
    pub fn paid(&self) -> Result<Money, TooLarge> {
        let paid = Money::sum(self.captured().map(|p| p.amount))?;
        let reversed = self.captured().flat_map(|p| &p.refunds).filter(|r| r.reversal).map(|r| r.amount);
        paid.minus(Money::sum(reversed)?)
    }

    /// What paper vouchers of other houses paid, or wait to pay.
    pub fn paper(&self) -> Result<Money, TooLarge> {
        let papers = || self.payments.iter().filter(|p| p.is_paper());
        let back = papers().flat_map(|p| &p.refunds).filter(|r| r.reversal).map(|r| r.amount);
        Money::sum(papers().map(|p| p.amount))?.minus(Money::sum(back)?)
    }

    /// The total without what is no sale. All of it where nothing is.
    pub fn sales(&self) -> Result<Money, TooLarge> {
        let no_sale = self.open_lines().filter(|line| !line.is_sale()).map(|line| line.amounts.total);
        self.totals.total.minus(Money::sum(no_sale)?)
    }

    /// What pending and unknown payments keep from being charged again.
    pub fn unresolved(&self) -> Result<Money, TooLarge> {
        let open = [PaymentState::Pending, PaymentState::Unknown];
        Money::sum(self.payments.iter().filter(|p| open.contains(&p.state)).map(|p| p.amount))
    }

    pub fn rounding(&self) -> Result<Money, TooLarge> {
        let rounding = Money::sum(self.captured().map(|p| p.rounding))?;
        let reversed = self.captured().flat_map(|p| &p.refunds).filter(|r| r.reversal).map(|r| r.rounding);
        rounding.minus(Money::sum(reversed)?)
    }

    pub fn excess(&self) -> Result<Money, TooLarge> {
        let excess = Money::sum(self.captured().map(|p| p.excess))?;
        let reversed = self.captured().flat_map(|p| &p.refunds).filter(|r| r.reversal).map(|r| r.excess);
        excess.minus(Money::sum(reversed)?)
    }

    pub fn tips(&self) -> Result<Money, TooLarge> {
        let tips = Money::sum(self.captured().map(|p| p.tip))?;
        tips.minus(Money::sum(self.captured().flat_map(|p| &p.refunds).map(|r| r.tip))?)
    }

    /// Total less paid; never below zero. A voided check owes nothing.
    pub fn due(&self) -> Result<Money, TooLarge> {
        if self.state == State::Voided {
            return Ok(Money::ZERO);
        }
        Ok(self.totals.total.minus(self.paid()?)?.max(Money::ZERO))
    }

    /// Whether money stands on it, whatever its state, or is missing on it: given back in coins, a sum may have
    /// come to more, or less, than was paid.
    pub fn has_money(&self) -> Result<bool, TooLarge> {
        Ok(self.has_to_give_back()? || !self.rounding()?.is_zero())
    }

    /// Whether there is something on it that a guest gets back, or that waits for an answer.
    pub fn has_to_give_back(&self) -> Result<bool, TooLarge> {
        let parts = [self.paid()?, self.tips()?, self.excess()?, self.unresolved()?];
        Ok(parts.iter().any(|part| *part > Money::ZERO))
    }
}

impl Order {
    /// The ETag without quotes.
    pub fn etag(&self) -> String {
        format!("{}.{}", self.version, self.revision)
    }

    /// Refuses what is done to an order that is closed.
    pub fn must_be_open(&self) -> Result<(), Refused> {
        next_state(self.state, Act::Change).map(|_| ())
    }

    pub fn check(&self, id: CheckId) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// The place of the check a call is about: the one it names, or the only one there is.
    pub fn check_place(&self, named: Option<CheckId>) -> Result<usize, Refused> {
        match (named, self.checks.len()) {
            (Some(id), _) => self.checks.iter().position(|c| c.id == id).ok_or_else(|| {
                if self.joined.contains(&id) {
                    return Refusal::CheckJoined.into();
                }
                Refused::input("/check_id", Invalid::new("unknown", format!("This order has no check {id}.")))
            }),
            (None, 1) => Ok(0),
            (None, _) => Err(Refusal::CheckNeeded.into()),
        }
    }

    /// The places of a line's check and of the line in it.
    pub fn line_place(&self, id: LineId) -> Option<(usize, usize)> {
        let in_check = |check: &Check| check.lines.iter().position(|line| line.id == id);
        self.checks.iter().enumerate().find_map(|(place, check)| Some((place, in_check(check)?)))
    }

    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.checks.iter().flat_map(|check| &check.lines)
    }
}
