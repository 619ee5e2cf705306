//! What a document says, for both of its printed forms.

use super::model::{Document, Kind, Line, Loaded, Payment};
use crate::accounts::model::AccountKind;
use crate::kernel::day::UtcMs;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::quantity::Quantity;
use crate::orders::model::RateTotal;

/// How much a row of the sums stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Plain,
    /// The total, and what is due.
    Strong,
    /// Part of the row above.
    Part,
}

/// A row of the sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    pub label: String,
    pub amount: Money,
    pub weight: Weight,
}

impl Sum {
    fn new(label: impl Into<String>, amount: Money, weight: Weight) -> Self {
        Self { label: label.into(), amount, weight }
    }
}

pub(super) fn title(document: &Document) -> &'static str {
    match document.kind {
        Kind::Bill => "BILL",
        Kind::Sale => "RECEIPT",
        Kind::Refund => "REFUND",
        Kind::Correction => "CORRECTION",
        Kind::Advance => "ADVANCE RECEIPT",
    }
}

/// What must not be overlooked.
pub(super) fn marks(document: &Document, copy: bool) -> Vec<&'static str> {
    let mut marks = Vec::new();
    if document.kind == Kind::Bill {
        marks.push("NOT A RECEIPT");
    }
    if copy {
        marks.push("COPY");
    }
    marks
}

/// Who sells, below the name.
pub(super) fn seller(document: &Document) -> Vec<String> {
    let seller = &document.names.seller;
    let mut rows = Vec::new();
    if seller.legal_name != seller.name {
        rows.push(seller.legal_name.clone());
    }
    rows.extend(seller.address.lines().map(str::to_owned));
    let numbers = [("VAT ID", &seller.vat_id), ("Tax no.", &seller.tax_number)];
    rows.extend(numbers.iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| format!("{label} {text}")));
    rows.extend(seller.header.lines().map(str::to_owned));
    rows.retain(|row| !row.trim().is_empty());
    rows
}

/// Number, time, order, people.
pub(super) fn facts(document: &Document) -> Vec<(&'static str, String)> {
    let names = &document.names;
    let time = |at: UtcMs| format!("{} {}", names.zone.calendar_date(at), names.zone.hh_mm(at));
    let mut facts = Vec::new();
    if let Some(number) = &document.number {
        facts.push(("No.", format!("{} {}", number.series, number.number)));
        if let Some(original) = &document.original {
            facts.push(("For receipt", format!("{} {}", number.series, original.number)));
        }
    }
    facts.push(("Date", time(document.issued_at)));
    if names.zone.calendar_date(document.issued_at) != document.date {
        facts.push(("Business date", document.date.to_string()));
    }
    if document.started_at != document.issued_at {
        facts.push(("Started", time(document.started_at)));
    }
    facts.push(("Order", document.order.display_number.to_string()));
    let (customer, order) = (&document.customer, &document.order);
    let cashier = names.cashier.as_ref().filter(|cashier| Some(*cashier) != names.served_by.as_ref());
    let texts = [
        ("Table", names.table.as_ref()),
        ("Tab", order.tab_name.as_ref()),
        ("Served by", names.served_by.as_ref()),
        ("Cashier", cashier),
        ("Customer", customer.name.as_ref()),
        ("Address", customer.address.as_ref()),
        ("Phone", customer.phone.as_ref()),
        ("Customer VAT ID", customer.vat_id.as_ref()),
        ("Reason", document.reason.as_ref()),
    ];
    if order.guests > 0 {
        facts.push(("Guests", order.guests.to_string()));
    }
    facts.extend(texts.into_iter().filter_map(|(label, text)| Some((label, text?.clone()))));
    if document.tax_exempt {
        facts.push(("Tax", "exempt".to_owned()));
    }
    facts
}

/// `2 x Margherita, large`.
pub(super) fn dish(line: &Line) -> String {
    let name = match line.variant.as_str() {
        "" => line.name.clone(),
        variant if variant == line.name => line.name.clone(),
        variant => format!("{}, {variant}", line.name),
    };
    match line.quantity {
        Some(quantity) => format!("{} x {name}", Quantity::from_thousandths(quantity.thousandths().abs())),
        None => name,
    }
}

/// What one costs, where the amount does not say so.
pub(super) fn unit(line: &Line, decimals: u32) -> Option<String> {
    let price = line.unit_price.display(decimals);
    let quantity = line.quantity?;
    match &line.measure {
        Some(measure) => Some(format!("{measure} kg at {price}/kg")),
        None if quantity.thousandths() > Quantity::ONE.thousandths() => Some(format!("{price} each")),
        None => None,
    }
}

pub(super) fn modifier(name: &str, quantity: i64) -> String {
    if quantity == 1 { format!("+ {name}") } else { format!("+ {quantity} x {name}") }
}

/// From the subtotal to the total, and what cash made of it.
pub(super) fn sums(document: &Document) -> Result<Vec<Sum>, TooLarge> {
    let totals = &document.totals;
    let mut sums = vec![Sum::new("Subtotal", totals.subtotal, Weight::Plain)];
    sums.push(Sum::new("Complimentary", -totals.comp, Weight::Plain));
    sums.extend(document.discounts.iter().map(|d| Sum::new(d.name.as_str(), -d.amount, Weight::Plain)));
    sums.extend(document.charges.iter().map(|c| Sum::new(c.name.as_str(), c.total, Weight::Plain)));
    sums.push(Sum::new("Tax added", totals.tax_added()?, Weight::Plain));
    sums.retain(|sum| !sum.amount.is_zero());
    let total = format!("TOTAL {}", document.names.currency);
    sums.push(Sum::new(total, totals.total, Weight::Strong));
    if !totals.rounding.is_zero() {
        sums.push(Sum::new("Cash rounding", totals.rounding, Weight::Plain));
    }
    Ok(sums)
}

/// What the guest can spend from now on, or has paid of what he owes; a voucher by its code.
pub(super) fn loaded(document: &Document) -> Vec<Sum> {
    let label = |loaded: &Loaded| match (loaded.kind, &loaded.code) {
        (AccountKind::GiftVoucher, Some(code)) => format!("Voucher {code}"),
        (AccountKind::GiftVoucher, None) => "Voucher".to_owned(),
        (AccountKind::House, _) => format!("Paid on account {}", loaded.name),
        (AccountKind::Deposit, _) => format!("Deposit {}", loaded.name),
    };
    document.loaded.iter().map(|loaded| Sum::new(label(loaded), loaded.amount, Weight::Plain)).collect()
}

/// How it was paid, and what is still due.
pub(super) fn payments(document: &Document) -> Vec<Sum> {
    let mut rows = Vec::new();
    for payment in &document.payments {
        rows.push(Sum::new(tender(payment), payment.tendered, Weight::Plain));
        rows.push(Sum::new("of which tip", payment.tip, Weight::Part));
        rows.push(Sum::new("of which not returned", payment.excess, Weight::Part));
        rows.push(Sum::new("Change", -payment.change, Weight::Plain));
    }
    rows.retain(|row| !row.amount.is_zero());
    if document.kind == Kind::Bill {
        rows.push(Sum::new("DUE", document.totals.due, Weight::Strong));
    }
    rows
}

fn tender(payment: &Payment) -> String {
    let brand = payment.card_brand.as_deref().map(|brand| format!(" {brand}"));
    let last4 = payment.card_last4.as_deref().map(|last4| format!(" ****{last4}"));
    format!("{}{}{}", payment.tender, brand.unwrap_or_default(), last4.unwrap_or_default())
}

/// `VAT 10 %`; a rate that stands outside the prices says so.
pub(super) fn rate(tax: &RateTotal) -> String {
    let added = if tax.included { "" } else { ", added" };
    format!("{} {} %{added}", tax.name, tax.rate)
}
