//! The facts that orders and payments push, and what each adds to the rollups. Pure.
//!
//! Every fact is checked to conserve money before anything of it is booked: one that does not is a
//! fault of ours, and its transaction fails rather than a day's figures.

use std::borrow::Cow;

use super::model::{CHARGES, Dim, Figures, NOBODY, TaxKey};
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{CategoryId, ItemId, LineId, OrderId, ReasonId, StaffId, VariantId};
use crate::kernel::money::Money;
pub use crate::kernel::tax::RateTotal;

/// A check closed.
#[derive(Debug, Clone)]
pub struct Sale {
    /// The closing's.
    pub date: BusinessDate,
    /// On the wall when the order was opened, 0 to 23.
    pub hour: u8,
    pub order: OrderId,
    /// The order's kind.
    pub kind: &'static str,
    /// Whose order it is.
    pub staff: Option<StaffId>,
    pub staff_name: String,
    /// 1 when this check settles the order, else 0.
    pub orders: i64,
    /// The order's with the check that settles it, else 0.
    pub guests: i64,
    /// Whole lines, voided ones left out.
    pub lines: Vec<SaleLine>,
    /// Lines of the order's other settled checks, when this one settles the order: so that a dish on
    /// two checks counts as one order. Only ids and names are read.
    pub earlier: Vec<SaleLine>,
    /// Service charges, with tax.
    pub charges: Money,
    pub charges_tax: Money,
    /// Of lines and charges.
    pub taxes: Vec<RateTotal>,
    pub rounding: Money,
    pub excess: Money,
    /// Σ amount + rounding + excess of the check's payments, which are held no longer.
    pub held: Money,
    pub comps_and_discounts: Vec<Adjustment>,
    /// Imported history enters no Z.
    pub outside_z: bool,
}

#[derive(Debug, Clone)]
pub struct SaleLine {
    pub item: ItemId,
    pub item_name: String,
    pub variant: VariantId,
    /// Empty where the item has but one.
    pub variant_name: String,
    pub category: CategoryId,
    pub category_name: String,
    /// Whole.
    pub quantity: i64,
    pub list_amount: Money,
    pub comp: Money,
    pub discount: Money,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
    /// What is none, a voucher say, counts in `not_sales` and nowhere else.
    pub is_sale: bool,
}

/// A payment captured, or a change of its tip.
#[derive(Debug, Clone)]
pub struct Kept {
    pub date: BusinessDate,
    pub order: OrderId,
    /// Whose the tip is, or who took the payment.
    pub staff: Option<StaffId>,
    pub staff_name: String,
    pub tender_kind: &'static str,
    pub tender_name: String,
    /// Tendered − change.
    pub kept: Money,
    pub tip: Money,
    /// kept − tip: waits for its check to close.
    pub held: Money,
    /// Imported history enters no Z.
    pub outside_z: bool,
}

/// Money back on a check that is not settled, or the wrong tender taken back: a [`Kept`] whose
/// amounts are negative.
pub type Reversed = Kept;

/// Money held no longer, though no sale takes it: what came for a check that was closed already is excess, and what
/// coins made of money that was given back before its order was voided is rounding.
#[derive(Debug, Clone)]
pub struct Released {
    pub date: BusinessDate,
    pub rounding: Money,
    pub excess: Money,
}

/// Money given back after a sale.
#[derive(Debug, Clone)]
pub struct RefundFact {
    pub date: BusinessDate,
    /// Of the order's opening, as in its sale.
    pub hour: u8,
    pub order: OrderId,
    pub kind: &'static str,
    /// Whose order it is, as in its sale.
    pub staff: Option<StaffId>,
    pub staff_name: String,
    /// Whose the refunded tip was.
    pub tip_staff: Option<StaffId>,
    /// Empty where no tip goes back.
    pub tip_staff_name: String,
    pub tender_kind: &'static str,
    pub tender_name: String,
    /// amount + tip + rounding + excess.
    pub paid: Money,
    /// Of dishes and service charges, with tax.
    pub amount: Money,
    pub tip: Money,
    pub rounding: Money,
    pub excess: Money,
    /// Of service charges, with tax.
    pub charges: Money,
    pub charges_tax: Money,
    pub lines: Vec<RefundLine>,
    pub taxes: Vec<RateTotal>,
    pub adjustment: Adjustment,
}

#[derive(Debug, Clone)]
pub struct RefundLine {
    pub item: ItemId,
    pub item_name: String,
    pub variant: VariantId,
    pub variant_name: String,
    pub category: CategoryId,
    pub category_name: String,
    pub quantity: i64,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
    pub is_sale: bool,
}

/// A receipt was issued.
#[derive(Debug, Clone, Copy)]
pub struct ReceiptFact<'a> {
    pub date: BusinessDate,
    pub series: &'a str,
    pub number: i64,
    /// `sale`, `refund`, `correction` or `advance`.
    pub kind: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AdjustmentKind {
    Void,
    Comp,
    Discount,
    /// Given back after a sale.
    Refund,
    /// Given back before its check was settled: it unmakes a payment.
    Reversal,
}

impl AdjustmentKind {
    pub fn as_str(self) -> &'static str {
        match self {
            AdjustmentKind::Void => "void",
            AdjustmentKind::Comp => "comp",
            AdjustmentKind::Discount => "discount",
            AdjustmentKind::Refund => "refund",
            AdjustmentKind::Reversal => "reversal",
        }
    }
}

/// Who took what off, gave what away or back, and why.
#[derive(Debug, Clone)]
pub struct Adjustment {
    pub kind: AdjustmentKind,
    pub date: BusinessDate,
    pub at: UtcMs,
    pub order: OrderId,
    pub line: Option<LineId>,
    /// Of the dish, or of the discount.
    pub name: String,
    /// Whole; 0 where an amount was given.
    pub quantity: i64,
    pub amount: Money,
    pub wasted: bool,
    pub reason_id: Option<ReasonId>,
    pub reason: Option<String>,
    pub staff: Option<StaffId>,
    pub approved_by: Option<StaffId>,
}

/// What one fact adds to one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting<'a> {
    pub dim: Dim,
    pub key: Cow<'a, str>,
    /// Empty where the fact does not know it.
    pub name: Cow<'a, str>,
    pub figures: Figures,
}

/// A fact's postings, one a row.
#[derive(Debug, Default)]
pub struct Postings<'a>(Vec<Posting<'a>>);

impl<'a> Postings<'a> {
    fn add(&mut self, dim: Dim, key: impl Into<Cow<'a, str>>, name: impl Into<Cow<'a, str>>, figures: &Figures) {
        let key = key.into();
        // A fact has a few dozen rows at most: looking through them costs less than hashing.
        match self.0.iter_mut().find(|p| p.dim == dim && p.key == key) {
            Some(posting) => posting.figures.add(figures),
            None => self.0.push(Posting { dim, key, name: name.into(), figures: *figures }),
        }
    }

    pub fn rows(&self) -> &[Posting<'a>] {
        &self.0
    }
}

/// The fact's parts do not add up to its whole: which, and both sums.
pub type NotConserved = String;

fn conserve(what: &str, whole: i64, parts: i64) -> Result<(), NotConserved> {
    if whole == parts { Ok(()) } else { Err(format!("{what}: {whole} is not the sum of its parts, {parts}")) }
}

fn sum(amounts: impl Iterator<Item = Money>) -> i64 {
    amounts.map(Money::minor).sum()
}

fn staff_key(staff: Option<StaffId>) -> Cow<'static, str> {
    staff.map_or(Cow::Borrowed(NOBODY), |id| id.to_string().into())
}

/// How a variant is called beside its item; empty where the item has but one.
pub fn variant_label<'a>(item: &'a str, variant: &str) -> Cow<'a, str> {
    if variant.is_empty() { item.into() } else { format!("{item}, {variant}").into() }
}

/// What stands at a line under item, variant and category.
fn dish<'a>(
    p: &mut Postings<'a>,
    ids: (ItemId, VariantId, CategoryId),
    names: (&'a str, &'a str, &'a str),
    figures: &Figures,
) {
    let (item, variant, category) = ids;
    p.add(Dim::Item, item.to_string(), names.0, figures);
    p.add(Dim::Variant, variant.to_string(), variant_label(names.0, names.1), figures);
    p.add(Dim::Category, category.to_string(), names.2, figures);
}

impl Sale {
    /// What it adds to every row; an error where its money does not add up.
    pub fn postings(&self) -> Result<Postings<'_>, NotConserved> {
        self.check()?;
        let mut p = Postings::default();
        let mut whole = Figures { orders: self.orders, guests: self.guests, ..Figures::default() };
        for line in &self.lines {
            whole.add(&line.figures());
        }
        let all = Figures {
            service_charges: self.charges.minor(),
            service_tax: self.charges_tax.minor(),
            rounding: self.rounding.minor(),
            excess: self.excess.minor(),
            held: -self.held.minor(),
            ..whole
        };
        p.add(Dim::All, "", "", &all);
        // Only 'all' knows what is no sale, so that every other row adds up to the same totals.
        let sale = Figures { not_sales: 0, ..whole };
        p.add(Dim::Hour, self.hour.to_string(), "", &sale);
        p.add(Dim::Kind, self.kind, "", &sale);
        p.add(Dim::Staff, staff_key(self.staff), self.staff_name.as_str(), &sale);
        for line in self.lines.iter().filter(|line| line.is_sale) {
            dish(&mut p, line.ids(), line.names(), &line.figures());
        }
        if self.orders > 0 {
            self.count_orders(&mut p);
        }
        for rate in &self.taxes {
            let figures = Figures {
                orders: 1,
                gross: rate.base.minor() + rate.tax.minor(),
                net: rate.base.minor(),
                tax: rate.tax.minor(),
                ..Figures::default()
            };
            rate.post(&mut p, &figures);
        }
        // A rate told in several parts is still one check.
        p.0.iter_mut().filter(|row| row.dim == Dim::Tax).for_each(|row| row.figures.orders = 1);
        Ok(p)
    }

    /// Each dish of the order counts it once, whichever of its checks the dish was on.
    fn count_orders<'a>(&'a self, p: &mut Postings<'a>) {
        for line in self.earlier.iter().filter(|line| line.is_sale) {
            dish(p, line.ids(), line.names(), &Figures::default());
        }
        for row in p.0.iter_mut().filter(|row| matches!(row.dim, Dim::Item | Dim::Variant | Dim::Category)) {
            (row.figures.orders, row.figures.guests) = (self.orders, self.guests);
        }
    }

    fn check(&self) -> Result<(), NotConserved> {
        for line in &self.lines {
            conserve("a line's total", line.total.minor(), line.net.minor() + line.tax.minor())?;
        }
        let total = sum(self.lines.iter().map(|l| l.total)) + self.charges.minor();
        conserve("a check's payments", self.held.minor(), total + self.rounding.minor() + self.excess.minor())?;
        let tax = sum(self.lines.iter().map(|l| l.tax)) + self.charges_tax.minor();
        conserve("a check's tax", tax, sum(self.taxes.iter().map(|t| t.tax)))
    }
}

impl SaleLine {
    fn ids(&self) -> (ItemId, VariantId, CategoryId) {
        (self.item, self.variant, self.category)
    }

    fn names(&self) -> (&str, &str, &str) {
        (&self.item_name, &self.variant_name, &self.category_name)
    }

    fn figures(&self) -> Figures {
        if !self.is_sale {
            return Figures { not_sales: self.total.minor(), ..Figures::default() };
        }
        Figures {
            quantity: self.quantity,
            list_amount: self.list_amount.minor(),
            comps: self.comp.minor(),
            discounts: self.discount.minor(),
            gross: self.total.minor(),
            net: self.net.minor(),
            tax: self.tax.minor(),
            ..Figures::default()
        }
    }
}

impl RateTotal {
    fn post(&self, p: &mut Postings<'_>, figures: &Figures) {
        let key = TaxKey { name: self.name.clone(), rate: self.rate, included: self.included };
        p.add(Dim::Tax, key.to_string(), self.name.clone(), figures);
    }
}

impl Kept {
    /// `count` is 1 for a payment, −1 where it is taken back, 0 for a change of its tip.
    pub fn postings(&self, count: i64) -> Result<Postings<'_>, NotConserved> {
        conserve("a payment", self.kept.minor(), self.held.minor() + self.tip.minor())?;
        let mut p = Postings::default();
        let (kept, tips) = (self.kept.minor(), self.tip.minor());
        p.add(Dim::All, "", "", &Figures { kept, tips, held: self.held.minor(), ..Figures::default() });
        let tender = Figures { orders: count, gross: kept, kept, tips, ..Figures::default() };
        p.add(Dim::Tender, self.tender_kind, self.tender_name.as_str(), &tender);
        if tips != 0 {
            let tip = Figures { tips, ..Figures::default() };
            p.add(Dim::Staff, staff_key(self.staff), self.staff_name.as_str(), &tip);
        }
        Ok(p)
    }
}

impl Released {
    pub fn postings(&self) -> Postings<'static> {
        let mut p = Postings::default();
        let (rounding, excess) = (self.rounding.minor(), self.excess.minor());
        p.add(Dim::All, "", "", &Figures { rounding, excess, held: -rounding - excess, ..Figures::default() });
        p
    }
}

impl RefundFact {
    /// What it adds to every row; an error where its money does not add up.
    pub fn postings(&self) -> Result<Postings<'_>, NotConserved> {
        self.check()?;
        let mut p = Postings::default();
        let charges = Figures { refunds: self.charges.minor(), ..Figures::default() };
        let mut whole = charges;
        for line in &self.lines {
            whole.add(&line.figures());
        }
        let (tips, paid) = (self.tip.minor(), self.paid.minor());
        p.add(Dim::All, "", "", &Figures { refunds_tips: tips, refunds_paid: paid, ..whole });
        let sale = Figures { refunds_not_sales: 0, ..whole };
        p.add(Dim::Hour, self.hour.to_string(), "", &sale);
        p.add(Dim::Kind, self.kind, "", &sale);
        p.add(Dim::Staff, staff_key(self.staff), self.staff_name.as_str(), &sale);
        if tips != 0 {
            let tip = Figures { refunds_tips: tips, ..Figures::default() };
            p.add(Dim::Staff, staff_key(self.tip_staff), self.tip_staff_name.as_str(), &tip);
        }
        let tender = Figures { refunds: paid, refunds_paid: paid, refunds_tips: tips, ..Figures::default() };
        p.add(Dim::Tender, self.tender_kind, self.tender_name.as_str(), &tender);
        for line in self.lines.iter().filter(|line| line.is_sale) {
            let names = (line.item_name.as_str(), line.variant_name.as_str(), line.category_name.as_str());
            dish(&mut p, (line.item, line.variant, line.category), names, &line.figures());
        }
        if !self.charges.is_zero() {
            for dim in [Dim::Item, Dim::Variant, Dim::Category] {
                p.add(dim, CHARGES, "", &charges);
            }
        }
        for rate in &self.taxes {
            let refunds_net = rate.base.minor();
            let figures = Figures { refunds: refunds_net + rate.tax.minor(), refunds_net, ..Figures::default() };
            rate.post(&mut p, &figures);
        }
        Ok(p)
    }

    fn check(&self) -> Result<(), NotConserved> {
        for line in &self.lines {
            conserve("a refunded line's total", line.total.minor(), line.net.minor() + line.tax.minor())?;
        }
        let dishes = sum(self.lines.iter().map(|l| l.total));
        conserve("a refund's amount", self.amount.minor(), dishes + self.charges.minor())?;
        let parts = [self.amount, self.tip, self.rounding, self.excess];
        conserve("what a refund pays", self.paid.minor(), sum(parts.into_iter()))?;
        let tax = sum(self.lines.iter().map(|l| l.tax)) + self.charges_tax.minor();
        conserve("a refund's tax", tax, sum(self.taxes.iter().map(|t| t.tax)))
    }
}

impl RefundLine {
    fn figures(&self) -> Figures {
        if !self.is_sale {
            return Figures { refunds_not_sales: self.total.minor(), ..Figures::default() };
        }
        Figures { refunds: self.total.minor(), refunds_net: self.net.minor(), ..Figures::default() }
    }
}
