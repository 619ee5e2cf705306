//! An order as it stands, and what may be done to it. Pure.

use super::bill::Rules;
use crate::accounts::model::Loaded;
use crate::error::{Refusal, Refused};
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{
    AccountId, CategoryId, ChargeId, CheckId, DeviceId, DiscountId, DrawerId, ItemId, LineId, OptionId, OrderId,
    PaymentId, ReasonId, ReceiptId, RefundId, StaffId, StationId, TableId, TaxClassId, TenderId, VariantId,
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
}

/// The one place where an order or a check changes its state.
pub fn next_state(state: State, act: Act) -> Result<State, Refused> {
    match (state, act) {
        (State::Open, Act::Change) => Ok(State::Open),
        (State::Open, Act::Settle) => Ok(State::Paid),
        (State::Open, Act::Void) => Ok(State::Voided),
        (State::Paid | State::Voided, _) => Err(Refusal::OrderClosed
            .because(format!("This order is {}.", state.as_str()))
            .with("state", state.as_str())),
    }
}

words! {
    /// Where a line stands, told from the kitchen's ledger.
    LineState { New "new", Held "held", Sent "sent", Ready "ready", Served "served", Voided "voided", }
}

pub use crate::menu::model::{CountsAs, SoldBy};

/// Who the order is for; kept out of the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Customer {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub vat_id: Option<String>,
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
    /// What people did to it.
    pub version: i64,
    /// What the kitchen did to it.
    pub revision: i64,
    pub checks: Vec<Check>,
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modifier {
    pub option: OptionId,
    pub name: String,
    pub price: Money,
    pub quantity: i64,
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
    pub parent: Option<LineId>,
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
    /// Not in the file yet.
    pub fresh: bool,
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

    /// (price + modifiers) × quantity, and × the measure of one for what is weighed, rounded once: two equal
    /// trays of 0.350 kg cost what 0.700 kg costs.
    pub fn list_amount(&self, rounding: Rounding) -> Result<Money, TooLarge> {
        extend(self.unit_price.plus(self.modifiers_price()?)?, self.quantity, self.measure, rounding)
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

words! {
    /// Whether a payment is money yet.
    PaymentState {
        Pending "pending", Captured "captured", Declined "declined", Cancelled "cancelled", Unknown "unknown",
    }
}

/// A payment as a check shows it. tendered − change = amount + rounding + tip + excess, the last tip it
/// has: see [`TipChange`].
#[derive(Debug, Clone)]
pub struct Payment {
    pub id: PaymentId,
    /// The one whose wrong tender this one sets right.
    pub corrects: Option<PaymentId>,
    /// The one that sets this one's wrong tender right.
    pub corrected_by: Option<PaymentId>,
    pub tender_id: TenderId,
    pub tender_kind: String,
    pub tender: String,
    pub state: PaymentState,
    pub amount: Money,
    pub tendered: Money,
    pub change: Money,
    pub tip: Money,
    pub rounding: Money,
    pub excess: Money,
    pub tip_staff: Option<StaffId>,
    pub reference: Option<String>,
    pub card_brand: Option<String>,
    pub card_last4: Option<String>,
    pub card_auth: Option<String>,
    pub client_ref: Option<String>,
    /// The account it is drawn on.
    pub account: Option<AccountId>,
    pub device: Option<DeviceId>,
    pub staff: Option<StaffId>,
    /// The drawer its cash went into.
    pub drawer: Option<DrawerId>,
    pub date: BusinessDate,
    pub at: UtcMs,
    /// What was given back of it, in the order it was.
    pub refunds: Vec<Refund>,
}

/// A tip changed after its payment was taken: a record of its own. At least one amount is above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TipChange {
    pub taken: Money,
    pub taken_from: Option<StaffId>,
    pub given: Money,
    /// Whose all of the tip is from now on.
    pub given_to: Option<StaffId>,
}

impl TipChange {
    /// What it adds to the tip; below zero where it takes.
    pub fn added(&self) -> Result<Money, TooLarge> {
        self.given.minus(self.taken)
    }
}

impl Payment {
    /// Lays a change of its tip on the payment: what was handed over changes with it, so that nothing
    /// else moves.
    pub fn lay_tip(&mut self, change: &TipChange) -> Result<(), TooLarge> {
        let added = change.added()?;
        self.tip = self.tip.plus(added)?;
        self.tendered = self.tendered.plus(added)?;
        self.tip_staff = change.given_to;
        Ok(())
    }

    /// Whose its tip is: who was named, or else who took the payment.
    pub fn tip_owner(&self) -> Option<StaffId> {
        self.tip_staff.or(self.staff)
    }

    /// What stays with the house, tip included: tendered less change, while it is captured.
    pub fn kept(&self) -> Result<Money, TooLarge> {
        if self.state == PaymentState::Captured { self.tendered.minus(self.change) } else { Ok(Money::ZERO) }
    }

    pub fn refunded(&self) -> Result<Money, TooLarge> {
        Money::sum(self.refunds.iter().map(|r| r.amount))
    }
}

/// Money given back. The sum that leaves is amount + rounding + tip + excess.
#[derive(Debug, Clone, Copy)]
pub struct Refund {
    pub id: RefundId,
    pub amount: Money,
    pub rounding: Money,
    pub tip: Money,
    pub excess: Money,
    /// Given back before the check was settled: it unmakes the payment, not a sale.
    pub reversal: bool,
    /// In cash, whatever it was paid with.
    pub cash: bool,
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

    /// Whether money stands on it, whatever its state.
    pub fn has_money(&self) -> Result<bool, TooLarge> {
        let kept = self.captured().map(|p| {
            let back = p.refunds.iter().filter(|r| r.reversal);
            let back: Result<Vec<Money>, TooLarge> =
                back.map(|r| Money::sum([r.amount, r.rounding, r.tip, r.excess])).collect();
            p.kept()?.minus(Money::sum(back?)?)
        });
        Ok(Money::sum(kept.collect::<Result<Vec<_>, _>>()?)? > Money::ZERO || self.unresolved()? > Money::ZERO)
    }
}

/// What a call with `If-Match` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Order,
    Check(CheckId),
    Line(LineId),
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

    /// Holds a version somebody saw against what the call is about: it passes when that is not newer.
    /// A version this order never had is stale too.
    pub fn must_match(&self, seen: &IfMatch, scope: Scope) -> Result<(), Refused> {
        let changed = match scope {
            Scope::Order => self.version,
            Scope::Check(id) => self.check(id).map_or(self.version, |check| check.version),
            Scope::Line(id) => self.lines().find(|line| line.id == id).map_or(self.version, |line| line.version),
        };
        match seen {
            IfMatch::Any => Ok(()),
            IfMatch::Versions(versions) if versions.iter().any(|v| changed <= *v && *v <= self.version) => Ok(()),
            IfMatch::Versions(_) => Err(Refusal::Stale.because("Somebody changed this order meanwhile.")),
        }
    }
}

/// The versions a caller says it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever it is.
    Any,
    Versions(Vec<i64>),
}

impl IfMatch {
    /// From the tags of `If-Match`; `None`, 428, where none was sent.
    pub fn parse(tags: Option<Vec<String>>) -> Result<Self, Refused> {
        let tags = tags.ok_or(Refusal::VersionMissing)?;
        if tags.iter().any(|tag| tag == "*") {
            return Ok(IfMatch::Any);
        }
        let version = |tag: &String| tag.split('.').next().and_then(|v| v.parse().ok());
        Ok(IfMatch::Versions(tags.iter().filter_map(version).collect()))
    }
}
