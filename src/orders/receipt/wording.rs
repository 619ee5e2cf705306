//! What a document says, for both of its printed forms, in the words of its country.

use super::model::{Charge, Document, Kind, Line, Loaded, Payment};
use super::words::{self, Added, Mark, Words};
use crate::accounts::model::AccountKind;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::quantity::Quantity;
use crate::kernel::rate::{Rounding, div_round};
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
    /// At which rate it is taxed, as a line has it.
    pub mark: String,
    pub amount: Money,
    pub weight: Weight,
}

impl Sum {
    fn new(label: impl Into<String>, amount: Money, weight: Weight) -> Self {
        Self { label: label.into(), mark: String::new(), amount, weight }
    }
}

/// The words of the country the document was issued in.
pub(super) fn words(document: &Document) -> &'static Words {
    words::of(&document.names.seller.country)
}

pub(super) fn title(document: &Document) -> &'static [&'static str] {
    let titles = &words(document).titles;
    match document.kind {
        Kind::Bill => titles.bill,
        Kind::Sale => titles.sale,
        Kind::Refund if document.annuls => titles.annulment,
        Kind::Refund => titles.refund,
        Kind::Correction => titles.correction,
        Kind::Advance => titles.advance,
    }
}

/// What must not be overlooked.
pub(super) fn marks(document: &Document, copy: bool) -> Vec<&'static str> {
    let titles = &words(document).titles;
    let mut marks = Vec::new();
    if document.kind == Kind::Bill {
        marks.push(titles.not_a_receipt);
    }
    if copy {
        marks.push(titles.copy);
    }
    marks
}

/// Who sells, below the name.
pub(super) fn seller(document: &Document) -> Vec<String> {
    let (words, seller) = (words(document), &document.names.seller);
    let mut rows = Vec::new();
    if seller.legal_name != seller.name {
        rows.push(seller.legal_name.clone());
    }
    rows.extend(seller.address.lines().map(str::to_owned));
    let numbers = [(words.facts.vat_id, &seller.vat_id), (words.facts.tax_number, &seller.tax_number)];
    rows.extend(numbers.iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| format!("{label} {text}")));
    rows.extend(seller.header.lines().map(str::to_owned));
    rows.retain(|row| !row.trim().is_empty());
    rows
}

/// Number, time, order, people.
pub(super) fn facts(document: &Document) -> Vec<(&'static str, String)> {
    let (words, names) = (words(document), &document.names);
    let labels = &words.facts;
    let time = |at| words.time(at, &names.zone);
    let mut facts = Vec::new();
    if let Some(number) = &document.number {
        facts.push((labels.number, format!("{} {}", number.series, number.number)));
        if let Some(original) = &document.original {
            let of = original.issued_at.map(|at| words.date(names.zone.calendar_date(at)));
            let of = of.map(|date| format!(" {} {date}", labels.original_of)).unwrap_or_default();
            facts.push((labels.original, format!("{} {}{of}", number.series, original.number)));
        }
    }
    let supplied = matches!(document.kind, Kind::Sale | Kind::Advance);
    let date = if supplied { labels.date } else { labels.plain_date };
    facts.push((date, time(document.issued_at)));
    if names.zone.calendar_date(document.issued_at) != document.date {
        facts.push((labels.business_date, words.date(document.date)));
    }
    if document.started_at != document.issued_at {
        facts.push((labels.started, time(document.started_at)));
    }
    facts.push((labels.order, document.order.display_number.to_string()));
    let (customer, order) = (&document.customer, &document.order);
    let cashier = names.cashier.as_ref().filter(|cashier| Some(*cashier) != names.served_by.as_ref());
    let texts = [
        (labels.table, names.table.as_ref()),
        (labels.tab, order.tab_name.as_ref()),
        (labels.served_by, names.served_by.as_ref()),
        (labels.cashier, cashier),
        (labels.customer, customer.name.as_ref()),
        (labels.address, customer.address.as_ref()),
        (labels.phone, customer.phone.as_ref()),
        (labels.customer_vat_id, customer.vat_id.as_ref()),
        (labels.reason, document.reason.as_ref()),
    ];
    if order.guests > 0 {
        facts.push((labels.guests, order.guests.to_string()));
    }
    facts.extend(texts.into_iter().filter_map(|(label, text)| Some((label, text?.clone()))));
    if document.tax_exempt {
        facts.push((labels.tax, labels.exempt.to_owned()));
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
pub(super) fn unit(document: &Document, line: &Line) -> Option<String> {
    let words = words(document);
    let price = words.money(line.unit_price, document.names.currency);
    let quantity = line.quantity?;
    match &line.measure {
        Some(measure) => {
            let measure = words.decimal(&measure.to_string());
            Some(format!("{measure} kg {} {price}/kg", words.lines.at))
        }
        None if !line.combo && quantity.thousandths() > Quantity::ONE.thousandths() => {
            Some(format!("{price} {}", words.lines.each))
        }
        None => None,
    }
}

pub(super) fn modifier(name: &str, quantity: i64) -> String {
    if quantity == 1 { format!("+ {name}") } else { format!("+ {quantity} x {name}") }
}

/// At which rates something is taxed; empty where the paper does not say it there.
pub(super) fn mark(document: &Document, rates: &[RateTotal]) -> String {
    let words = words(document);
    match words.mark {
        Mark::None => String::new(),
        Mark::Percent => {
            let percents: Vec<_> = rates.iter().map(|rate| words.decimal(&rate.rate.to_string()) + "%").collect();
            percents.join("+")
        }
        Mark::Letter => rates.iter().filter_map(|rate| letter(document, rate)).collect(),
    }
}

/// The letter of a rate in the table of rates, which has few.
pub(super) fn letter(document: &Document, rate: &RateTotal) -> Option<char> {
    let same = |t: &RateTotal| t.rate == rate.rate && t.included == rate.included && t.name == rate.name;
    let place = document.taxes.iter().position(same)?;
    ('A'..='Z').nth(place)
}

/// From the subtotal to the total, and what cash made of it.
pub(super) fn sums(document: &Document) -> Result<Vec<Sum>, TooLarge> {
    let (words, totals) = (words(document), &document.totals);
    let mut sums = vec![Sum::new(words.sums.subtotal, totals.subtotal, Weight::Plain)];
    sums.push(Sum::new(words.sums.complimentary, -totals.comp, Weight::Plain));
    sums.extend(document.discounts.iter().map(|d| Sum::new(d.name.as_str(), -d.amount, Weight::Plain)));
    taxed(document, &mut sums)?;
    sums.retain(|sum| !sum.amount.is_zero());
    sums.push(Sum::new(words.total(document.names.currency), totals.total, Weight::Strong));
    if !words.sums.of_which_tax.is_empty() {
        sums.push(Sum::new(words.sums.of_which_tax, totals.tax, Weight::Plain));
    }
    if !totals.rounding.is_zero() {
        sums.push(Sum::new(words.sums.rounding, totals.rounding, Weight::Plain));
    }
    Ok(sums)
}

/// Service charges, and the tax that is charged on top.
fn taxed(document: &Document, sums: &mut Vec<Sum>) -> Result<(), TooLarge> {
    let words = words(document);
    let added = |rates: &[RateTotal]| Money::sum(rates.iter().filter(|rate| !rate.included).map(|rate| rate.tax));
    let of_lines = document.totals.tax_added()?;
    let of_charges = Money::sum(document.charges.iter().map(|c| added(&c.rates)).collect::<Result<Vec<_>, _>>()?)?;
    // A receipt of before its charges told their rates has them with their tax.
    let by_rate = words.added == Added::ByRate && added(&document.taxes)? == of_lines.plus(of_charges)?;
    for charge in &document.charges {
        let amount = if by_rate { charge.total.minus(added(&charge.rates)?)? } else { charge.total };
        let mark = mark(document, &charge.rates);
        sums.push(Sum { mark, ..Sum::new(service(words, charge), amount, Weight::Plain) });
    }
    if by_rate {
        let rows = document.taxes.iter().filter(|tax| !tax.included);
        sums.extend(rows.map(|tax| Sum::new(rate(document, tax), tax.tax, Weight::Plain)));
    } else {
        sums.push(Sum::new(words.sums.tax_added, of_lines, Weight::Plain));
    }
    Ok(())
}

fn service(words: &Words, charge: &Charge) -> String {
    match words.sums.service {
        "" => charge.name.clone(),
        what => format!("{} {what}", charge.name),
    }
}

/// What the guest can spend from now on, or has paid of what he owes; a voucher by its code.
pub(super) fn loaded(document: &Document) -> Vec<Sum> {
    let words = &words(document).accounts;
    let label = |loaded: &Loaded| match (loaded.kind, &loaded.code) {
        (AccountKind::GiftVoucher, Some(code)) => format!("{} {code}", words.voucher),
        (AccountKind::GiftVoucher, None) => words.voucher.to_owned(),
        (AccountKind::House, _) => format!("{} {}", words.house, loaded.name),
        (AccountKind::Deposit, _) => format!("{} {}", words.deposit, loaded.name),
    };
    document.loaded.iter().map(|loaded| Sum::new(label(loaded), loaded.amount, Weight::Plain)).collect()
}

/// How it was paid, and what is still due.
pub(super) fn payments(document: &Document) -> Result<Vec<Sum>, TooLarge> {
    let (words, mut rows) = (words(document), Vec::new());
    let mut collected = Money::ZERO;
    for payment in &document.payments {
        rows.push(Sum::new(tender(words, payment), payment.tendered, Weight::Plain));
        rows.push(Sum::new(words.sums.tip, payment.tip, Weight::Part));
        rows.push(Sum::new(words.sums.excess, payment.excess, Weight::Part));
        rows.push(Sum::new(words.sums.change, -payment.change, Weight::Plain));
        if (words.paid_by)(&payment.kind).is_none_or(|paid| paid.collected) {
            collected = Money::sum([collected, payment.amount, payment.rounding])?;
        }
    }
    rows.retain(|row| !row.amount.is_zero());
    if !words.sums.collected.is_empty() && matches!(document.kind, Kind::Sale | Kind::Advance | Kind::Refund) {
        rows.push(Sum::new(words.sums.collected, collected, Weight::Plain));
    }
    if document.kind == Kind::Bill {
        rows.push(Sum::new(words.sums.due, document.totals.due, Weight::Strong));
    }
    Ok(rows)
}

fn tender(words: &Words, payment: &Payment) -> String {
    let brand = payment.card_brand.as_deref().map(|brand| format!(" {brand}"));
    let last4 = payment.card_last4.as_deref().map(|last4| format!(" ****{last4}"));
    let named = format!("{}{}{}", payment.tender, brand.unwrap_or_default(), last4.unwrap_or_default());
    match (words.paid_by)(&payment.kind) {
        None => named,
        Some(paid) if payment.kind == "cash" => paid.label.to_owned(),
        Some(paid) => format!("{}: {named}", paid.label),
    }
}

/// `VAT 10 %`; a rate that stands outside the prices says so.
pub(super) fn rate(document: &Document, tax: &RateTotal) -> String {
    let words = words(document);
    let added = if tax.included { "" } else { words.rates.added };
    format!("{} {} %{added}", tax.name, words.decimal(&tax.rate.to_string()))
}

/// The rates that have a row in the table: those the sums do not tell.
pub(super) fn rates(document: &Document) -> Vec<&RateTotal> {
    let apart = words(document).added == Added::ByRate;
    document.taxes.iter().filter(|tax| tax.included || !apart).collect()
}

/// Sample tips of what the guests had, before tax, on a pre-bill without a service charge.
pub(super) fn tips(document: &Document) -> Result<Vec<Sum>, TooLarge> {
    let words = words(document);
    if document.kind != Kind::Bill || words.tips.is_empty() || !document.totals.service.is_zero() {
        return Ok(Vec::new());
    }
    let had = Money::sum([document.totals.subtotal, -document.totals.comp, -document.totals.discount])?;
    let tip = |percent: i64| {
        let tip = div_round(i128::from(had.minor()) * i128::from(percent), 100, Rounding::HalfUp);
        let tip = Money::new(i64::try_from(tip).map_err(|_| TooLarge)?);
        Ok(Sum::new(format!("{percent} %"), tip, Weight::Part))
    };
    words.tips.iter().map(|percent| tip(*percent)).collect()
}

/// What is left to be filled in by hand: a heading, which may be empty, and what stands before each space.
pub(super) fn blanks(document: &Document) -> Vec<(&'static str, Vec<&'static str>)> {
    let words = words(document);
    let mut blanks = Vec::new();
    if document.kind == Kind::Bill && !words.tips.is_empty() {
        blanks.push(("", vec![words.sums.tip_line, words.sums.total_line]));
    }
    if document.kind != Kind::Sale {
        return blanks;
    }
    let (total, unnamed) = (document.totals.total, document.customer.name.is_none());
    if unnamed && words.needs_customer(total, document.names.currency) {
        blanks.push(("", vec![words.facts.invoice_to, words.facts.address]));
    }
    if let Some((heading, labels)) = words.entertainment.filter(|_| document.order.is_of_a_table()) {
        blanks.push((heading, labels.to_vec()));
    }
    blanks
}
