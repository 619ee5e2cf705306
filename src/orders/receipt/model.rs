//! A document as it is issued, made of an order, one of its checks and the names in use. Pure.

use crate::accounts::model::{AccountKind, Code};
use crate::kernel::currency::Currency;
use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::kernel::ids::{CheckId, LineId, OrderId, ReceiptId, RefundId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::quantity::{Measure, Quantity, extend};
use crate::kernel::rate::Rounding;
use crate::orders::model::{self as orders, Check, Customer, Kind as OrderKind, Order, PaymentState, RateTotal};

/// The series that sales and refunds share.
pub const SERIES: &str = "R";

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Shown before anything is paid; has no number and is not stored.
    Bill,
    Sale,
    Refund,
    Correction,
    Advance,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Bill, Kind::Sale, Kind::Refund, Kind::Correction, Kind::Advance];

    /// The word on the wire and in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Bill => "bill",
            Kind::Sale => "sale",
            Kind::Refund => "refund",
            Kind::Correction => "correction",
            Kind::Advance => "advance",
        }
    }

    pub fn parse(word: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        known.ok_or_else(|| Invalid::new("unknown_value", "one of bill, sale, refund, correction, advance"))
    }
}

/// Who sells, in the words of the settings. Texts are empty where nothing was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seller {
    pub name: String,
    pub legal_name: String,
    pub address: String,
    pub country: String,
    pub vat_id: String,
    pub tax_number: String,
    /// Printed above, may have several lines.
    pub header: String,
    /// Printed below, may have several lines.
    pub footer: String,
}

/// What a document says that neither order nor check knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    pub seller: Seller,
    pub currency: Currency,
    pub zone: Zone,
    pub table: Option<String>,
    /// Whose order it is.
    pub served_by: Option<String>,
    /// Who issues the document.
    pub cashier: Option<String>,
}

/// A number of a series, given once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    pub series: String,
    /// From 1, without gaps.
    pub number: i64,
}

/// The receipt that this one refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Original {
    pub id: ReceiptId,
    pub number: i64,
    /// Unknown to receipts of before that was kept.
    pub issued_at: Option<UtcMs>,
}

/// Everything a document shows. Amounts of a refund are negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Known once it is stored.
    pub id: Option<ReceiptId>,
    pub kind: Kind,
    pub number: Option<Number>,
    pub original: Option<Original>,
    /// Gives back all that its original sold.
    pub annuls: bool,
    pub order: OrderFacts,
    pub check: CheckId,
    pub date: BusinessDate,
    /// When the sale began (the order was opened), or the refund was asked for.
    pub started_at: UtcMs,
    pub issued_at: UtcMs,
    pub names: Names,
    pub customer: Customer,
    pub tax_exempt: bool,
    /// Why money was given back.
    pub reason: Option<String>,
    pub lines: Vec<Line>,
    pub discounts: Vec<Discount>,
    pub charges: Vec<Charge>,
    pub taxes: Vec<RateTotal>,
    pub payments: Vec<Payment>,
    pub totals: Totals,
    /// What it brought to accounts: vouchers and deposits sold, an account paid.
    pub loaded: Vec<Loaded>,
    /// What a fiscal device says of it; none is supported yet.
    pub fiscal: Option<String>,
}

/// What is shown of the order as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFacts {
    pub id: OrderId,
    pub display_number: i64,
    pub kind: OrderKind,
    pub tab_name: Option<String>,
    pub guests: u32,
}

impl OrderFacts {
    /// Whether guests sat together over it.
    pub fn is_of_a_table(&self) -> bool {
        self.kind == OrderKind::DineIn && self.guests > 1
    }
}

/// total = list − comp − discount + exclusive tax; net = total − tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub id: LineId,
    /// The head of a combo: it bears no amount, the parts that follow it do.
    pub combo: bool,
    /// A part of the combo before it.
    pub part: bool,
    pub name: String,
    pub variant: String,
    pub modifiers: Vec<Modifier>,
    /// Negative on a refund; `None` where an amount was spread over the lines.
    pub quantity: Option<Quantity>,
    /// For one of `quantity`, in the unit it is sold by.
    pub measure: Option<Measure>,
    pub unit_price: Money,
    pub list: Money,
    pub comp: Money,
    /// With its part of what was taken off the whole check.
    pub discount: Money,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
    /// Its part of each rate; none on receipts of before that was kept.
    pub rates: Vec<RateTotal>,
}

impl Line {
    /// What the dish costs without its modifiers: with their amounts it is `list`.
    pub fn base(&self) -> Result<Money, TooLarge> {
        self.list.minus(Money::sum(self.modifiers.iter().map(|m| m.amount))?)
    }
}

/// An option on a line, its price included in the line's amounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modifier {
    pub name: String,
    pub quantity: i64,
    /// For one of it on one of the line; zero on what was given away, as is `amount`.
    pub price: Money,
    /// For the whole line.
    pub amount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discount {
    pub name: String,
    /// What it took off.
    pub amount: Money,
}

/// A service charge; total = net + tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub name: String,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
    /// As a line's.
    pub rates: Vec<RateTotal>,
}

/// tendered − change = amount + rounding + tip + excess.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payment {
    pub tender: String,
    /// The tender's kind; empty on receipts of before that was kept.
    pub kind: String,
    pub amount: Money,
    pub tendered: Money,
    pub change: Money,
    pub tip: Money,
    pub rounding: Money,
    pub excess: Money,
    pub card_brand: Option<String>,
    pub card_last4: Option<String>,
}

/// What a line brought to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    pub kind: AccountKind,
    pub name: String,
    /// Of a gift voucher.
    pub code: Option<Code>,
    pub amount: Money,
}

/// total = subtotal − comp − discount + service + exclusive tax of the lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Σ list of the lines.
    pub subtotal: Money,
    pub comp: Money,
    pub discount: Money,
    /// With its tax.
    pub service: Money,
    pub tax: Money,
    pub total: Money,
    pub rounding: Money,
    pub paid: Money,
    pub tip: Money,
    pub due: Money,
    pub change: Money,
}

impl Totals {
    /// The tax of the lines that is charged on top of their prices.
    pub fn tax_added(&self) -> Result<Money, TooLarge> {
        let without = Money::sum([self.subtotal, -self.comp, -self.discount, self.service])?;
        self.total.minus(without)
    }
}

/// Money given back, as a receipt tells it. All amounts as the refund has them: not negative,
/// `rounding` aside. The sum that leaves is amount + rounding + tip + excess.
#[derive(Debug, Clone)]
pub struct RefundDoc {
    pub id: RefundId,
    pub tender: String,
    pub tender_kind: String,
    pub card_brand: Option<String>,
    pub card_last4: Option<String>,
    /// Σ total of the parts.
    pub amount: Money,
    pub rounding: Money,
    pub tip: Money,
    pub excess: Money,
    pub reason: Option<String>,
    pub parts: Vec<RefundPart>,
}

/// What of a refund is one line's or one service charge's.
#[derive(Debug, Clone)]
pub struct RefundPart {
    pub of: PartOf,
    /// `None` where an amount was spread.
    pub quantity: Option<Quantity>,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
    pub taxes: Vec<RateTotal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartOf {
    Line(LineId),
    /// [`orders::Charge::id`].
    Charge(i64),
}

/// What every document is made of.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    pub order: &'a Order,
    pub check: &'a Check,
    pub names: &'a Names,
    pub at: UtcMs,
    pub date: BusinessDate,
    /// What each line and charge of a sale or pre-bill bears of each rate.
    pub rates: &'a [(PartOf, RateTotal)],
    /// The receipt a refund or correction refers to.
    pub original: Option<Original>,
}

impl Draft<'_> {
    /// The pre-bill: what stands on the check and what of it is still due.
    pub fn bill(&self) -> Result<Document, TooLarge> {
        let mut document = self.sold(Kind::Bill)?;
        document.totals.due = self.check.due()?;
        Ok(document)
    }

    /// The receipt of a settled check.
    pub fn sale(&self, number: Number) -> Result<Document, TooLarge> {
        // What is paid in advance for a party is no sale yet, and its receipt says so.
        let advance = self.check.loaded.iter().any(|loaded| loaded.kind == AccountKind::Deposit)
            && !self.check.open_lines().any(orders::Line::is_sale);
        let kind = if advance { Kind::Advance } else { Kind::Sale };
        Ok(Document { number: Some(number), ..self.sold(kind)? })
    }

    /// The receipt of money given back: what the refund says, with the sign turned.
    pub fn refund(&self, number: Number, refund: &RefundDoc) -> Result<Document, TooLarge> {
        let mut document = self.empty(Kind::Refund);
        document.number = Some(number);
        document.original = self.original;
        document.annuls = self.original.is_some() && refund.amount == self.check.totals.total;
        document.started_at = self.at;
        document.reason.clone_from(&refund.reason);
        for part in &refund.parts {
            match part.of {
                PartOf::Line(id) => document.lines.extend(self.check.line(id).map(|l| refunded(l, part)).transpose()?),
                PartOf::Charge(id) => {
                    let charge = self.check.charges.iter().find(|charge| charge.id == id);
                    document.charges.extend(charge.map(|charge| Charge {
                        name: charge.name.clone(),
                        net: -part.net,
                        tax: -part.tax,
                        total: -part.total,
                        rates: turned(&part.taxes),
                    }));
                }
            }
            for tax in &part.taxes {
                add_rate(&mut document.taxes, tax)?;
            }
        }
        document.taxes.sort_by(|a, b| (a.rate, &a.name, a.included).cmp(&(b.rate, &b.name, b.included)));
        document.totals = Totals {
            subtotal: Money::sum(document.lines.iter().map(|line| line.list))?,
            service: Money::sum(document.charges.iter().map(|charge| charge.total))?,
            tax: Money::sum(document.taxes.iter().map(|tax| tax.tax))?,
            total: -refund.amount,
            rounding: -refund.rounding,
            paid: -refund.amount,
            tip: -refund.tip,
            ..Totals::default()
        };
        document.payments.push(Payment {
            tender: refund.tender.clone(),
            kind: refund.tender_kind.clone(),
            amount: -refund.amount,
            tendered: -Money::sum([refund.amount, refund.rounding, refund.tip, refund.excess])?,
            change: Money::ZERO,
            tip: -refund.tip,
            rounding: -refund.rounding,
            excess: -refund.excess,
            card_brand: refund.card_brand.clone(),
            card_last4: refund.card_last4.clone(),
        });
        Ok(document)
    }

    /// The receipt of a wrong tender set right: what `wrong` was booked as goes, `new` comes, and nothing else
    /// moves, so that its totals are nothing.
    pub fn correction(
        &self,
        number: Number,
        wrong: &orders::Payment,
        new: &orders::Payment,
    ) -> Result<Document, TooLarge> {
        let mut document = self.empty(Kind::Correction);
        document.number = Some(number);
        document.original = self.original;
        document.started_at = self.at;
        let moved = Money::sum([new.amount, new.rounding, new.tip, new.excess])?;
        for (of, back) in [(wrong, true), (new, false)] {
            let signed = |amount: Money| if back { -amount } else { amount };
            document.payments.push(Payment {
                tender: of.tender.clone(),
                kind: of.tender_kind.clone(),
                amount: signed(new.amount),
                tendered: signed(moved),
                change: Money::ZERO,
                tip: signed(new.tip),
                rounding: signed(new.rounding),
                excess: signed(new.excess),
                card_brand: of.card_brand.clone(),
                card_last4: of.card_last4.clone(),
            });
        }
        Ok(document)
    }

    fn rates_of(&self, part: PartOf) -> Vec<RateTotal> {
        self.rates.iter().filter(|(of, _)| *of == part).map(|(_, rate)| rate.clone()).collect()
    }

    /// What stands on the check, and the money on it.
    fn sold(&self, kind: Kind) -> Result<Document, TooLarge> {
        let check = self.check;
        let rounding = check.rules.rounding;
        let mut document = self.empty(kind);
        for line in check.open_lines() {
            let rates = self.rates_of(PartOf::Line(line.id));
            document.lines.push(Line { rates, ..sold_line(line, rounding)? });
        }
        let discounts = check.discounts.iter().filter(|discount| !discount.value.is_zero());
        document.discounts = discounts.map(|d| Discount { name: d.name.clone(), amount: d.value }).collect();
        for charge in check.charges.iter().filter(|charge| !charge.removed && !charge.value.is_zero()) {
            document.charges.push(Charge {
                name: charge.name.clone(),
                net: charge.net,
                tax: charge.tax_amount,
                total: charge.net.plus(charge.tax_amount)?,
                rates: self.rates_of(PartOf::Charge(charge.id)),
            });
        }
        document.taxes.clone_from(&check.taxes);
        document.loaded = check.loaded.iter().map(Loaded::of).collect();
        for payment in check.payments.iter().filter(|payment| payment.state == PaymentState::Captured) {
            document.payments.extend(paid(payment)?);
        }
        document.totals = Totals {
            subtotal: check.totals.subtotal,
            comp: Money::sum(document.lines.iter().map(|line| line.comp))?,
            discount: check.totals.discount,
            service: check.totals.service,
            tax: check.totals.tax,
            total: check.totals.total,
            rounding: Money::sum(document.payments.iter().map(|payment| payment.rounding))?,
            paid: Money::sum(document.payments.iter().map(|payment| payment.amount))?,
            tip: Money::sum(document.payments.iter().map(|payment| payment.tip))?,
            due: Money::ZERO,
            change: Money::sum(document.payments.iter().map(|payment| payment.change))?,
        };
        Ok(document)
    }

    fn empty(&self, kind: Kind) -> Document {
        let order = self.order;
        Document {
            id: None,
            kind,
            number: None,
            original: None,
            annuls: false,
            order: OrderFacts {
                id: order.id,
                display_number: order.display_number,
                kind: order.kind,
                tab_name: order.tab_name.clone(),
                guests: order.guests,
            },
            check: self.check.id,
            date: self.date,
            started_at: order.opened_at,
            issued_at: self.at,
            names: self.names.clone(),
            customer: order.customer.clone(),
            tax_exempt: self.check.tax_exempt,
            reason: None,
            lines: Vec::new(),
            discounts: Vec::new(),
            charges: Vec::new(),
            taxes: Vec::new(),
            payments: Vec::new(),
            totals: Totals::default(),
            loaded: Vec::new(),
            fiscal: None,
        }
    }
}

impl Loaded {
    fn of(loaded: &crate::accounts::model::Loaded) -> Self {
        let (name, code) = (loaded.name.clone(), loaded.code.clone());
        Self { kind: loaded.kind, name, code, amount: loaded.amount }
    }
}

fn sold_line(line: &orders::Line, rounding: Rounding) -> Result<Line, TooLarge> {
    let mut modifiers = Vec::with_capacity(line.modifiers.len());
    for modifier in &line.modifiers {
        // What is given away costs nothing extra either; in a share of a dish its extras are in the price.
        let free = line.comp.is_some() || line.share.is_some();
        let price = if free { Money::ZERO } else { modifier.price };
        let amount = extend(price.times(modifier.quantity)?, line.quantity, line.measure, rounding)?;
        modifiers.push(Modifier { name: modifier.name.clone(), quantity: modifier.quantity, price, amount });
    }
    let amounts = line.amounts;
    Ok(Line {
        id: line.id,
        combo: line.combo,
        part: line.parent.is_some(),
        name: shared_name(line),
        variant: line.variant_name.clone(),
        modifiers,
        quantity: Some(if line.share.is_some() { Quantity::ONE } else { line.quantity }),
        measure: line.measure,
        unit_price: line.unit_price,
        list: amounts.list,
        comp: amounts.comp,
        discount: amounts.discount,
        net: amounts.net,
        tax: amounts.tax,
        total: amounts.total,
        rates: Vec::new(),
    })
}

/// `1/3 Tiramisù`; of a share of several, `1/3 × 2 Pilsner`.
fn shared_name(line: &orders::Line) -> String {
    match (line.share, line.quantity.whole()) {
        (None, _) => line.name.clone(),
        (Some(share), 1) => format!("{share} {}", line.name),
        (Some(share), n) => format!("{share} × {n} {}", line.name),
    }
}

/// A line's part of a refund. Its discounts are in the amount already, its modifiers in the dish.
fn refunded(line: &orders::Line, part: &RefundPart) -> Result<Line, TooLarge> {
    let added = Money::sum(part.taxes.iter().filter(|tax| !tax.included).map(|tax| tax.tax))?;
    Ok(Line {
        id: line.id,
        combo: false,
        part: false,
        name: shared_name(line),
        variant: line.variant_name.clone(),
        modifiers: Vec::new(),
        quantity: part.quantity.map(|q| Quantity::from_thousandths(-q.thousandths())),
        measure: line.measure,
        unit_price: line.unit_price,
        list: added.minus(part.total)?,
        comp: Money::ZERO,
        discount: Money::ZERO,
        net: -part.net,
        tax: -part.tax,
        total: -part.total,
        rates: turned(&part.taxes),
    })
}

fn turned(taxes: &[RateTotal]) -> Vec<RateTotal> {
    taxes.iter().map(|tax| RateTotal { base: -tax.base, tax: -tax.tax, ..tax.clone() }).collect()
}

fn add_rate(taxes: &mut Vec<RateTotal>, tax: &RateTotal) -> Result<(), TooLarge> {
    let same = |t: &&mut RateTotal| t.rate == tax.rate && t.included == tax.included && t.name == tax.name;
    match taxes.iter_mut().find(same) {
        Some(sum) => {
            sum.base = sum.base.minus(tax.base)?;
            sum.tax = sum.tax.minus(tax.tax)?;
        }
        None => taxes.push(RateTotal { base: -tax.base, tax: -tax.tax, ..tax.clone() }),
    }
    Ok(())
}

/// A payment less what was given back of it before the check was settled; `None` where that is all.
fn paid(payment: &orders::Payment) -> Result<Option<Payment>, TooLarge> {
    let reversed = || payment.refunds.iter().filter(|refund| refund.reversal);
    let amount = payment.amount.minus(Money::sum(reversed().map(|r| r.amount))?)?;
    let rounding = payment.rounding.minus(Money::sum(reversed().map(|r| r.rounding))?)?;
    let tip = payment.tip.minus(Money::sum(reversed().map(|r| r.tip))?)?;
    let excess = payment.excess.minus(Money::sum(reversed().map(|r| r.excess))?)?;
    let kept = Money::sum([amount, rounding, tip, excess])?;
    if kept.is_zero() && reversed().next().is_some() {
        return Ok(None);
    }
    Ok(Some(Payment {
        tender: payment.tender.clone(),
        kind: payment.tender_kind.clone(),
        amount,
        tendered: kept.plus(payment.change)?,
        change: payment.change,
        tip,
        rounding,
        excess,
        card_brand: payment.card_brand.clone(),
        card_last4: payment.card_last4.clone(),
    }))
}
