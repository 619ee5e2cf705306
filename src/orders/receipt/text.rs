//! A document in 42 columns, for printers and terminals that know nothing but text.
//!
//! Every character counts as one column.

use std::ops::{Deref, DerefMut};

use super::model::{Document, Kind};
use super::wording::{self, Sum, Weight};
use super::words::{Mark, Words};
use crate::kernel::currency::Currency;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::paper::{COLUMNS, Rows, chars};

const INDENT: usize = 2;
/// What amounts have behind a rate, so that rates stand below each other.
const AMOUNT_COLUMNS: usize = 10;

/// The whole document; every row ends in a line feed and none is wider than [`COLUMNS`].
///
/// Refused where its sums leave the bounds of [`Money`].
pub fn render(document: &Document, copy: bool) -> Result<String, TooLarge> {
    let words = wording::words(document);
    let mut paper = Paper { rows: Rows::default(), words, currency: document.names.currency };
    let marks = wording::marks(document, copy);
    paper.centre(&document.names.seller.name);
    for row in wording::seller(document) {
        paper.centre(&row);
    }
    paper.rule('=');
    for row in wording::title(document) {
        paper.centre(row);
    }
    for mark in &marks {
        paper.centre(&format!("*** {mark} ***"));
    }
    for (label, value) in wording::facts(document) {
        paper.text(0, &format!("{label}: {value}"));
    }
    paper.rule('-');
    if document.kind == Kind::Correction {
        paper.text(0, words.correction);
    } else {
        lines(&mut paper, document)?;
        paper.rule('-');
        for sum in wording::sums(document)? {
            paper.sum(&sum);
        }
    }
    let payments = wording::payments(document)?;
    if !payments.is_empty() {
        paper.rule('-');
        payments.iter().for_each(|row| paper.sum(row));
    }
    let loaded = wording::loaded(document);
    if !loaded.is_empty() {
        paper.rule('-');
        loaded.iter().for_each(|row| paper.sum(row));
    }
    rates(&mut paper, document);
    by_hand(&mut paper, document)?;
    if let Some(fiscal) = &document.fiscal {
        paper.rule('-');
        fiscal.lines().for_each(|row| paper.text(0, row));
    }
    paper.rule('=');
    document.names.seller.footer.lines().for_each(|row| paper.centre(row));
    for mark in &marks {
        paper.centre(&format!("*** {mark} ***"));
    }
    Ok(paper.rows.finish())
}

fn lines(paper: &mut Paper, document: &Document) -> Result<(), TooLarge> {
    let words = paper.words;
    if words.mark == Mark::Percent {
        let price = words.price(paper.currency);
        let gap = AMOUNT_COLUMNS.saturating_sub(chars(&price));
        paper.row(0, words.lines.item, &format!("{}{:gap$} {price}", words.lines.tax, ""));
    }
    for line in &document.lines {
        // The parts of a combo bear its price, and each its own rate.
        let amount = match line.combo {
            true => String::new(),
            false => paper.marked(&wording::mark(document, &line.rates), line.base()?),
        };
        paper.row(if line.part { INDENT } else { 0 }, &wording::dish(line), &amount);
        if let Some(unit) = wording::unit(document, line) {
            paper.text(INDENT, &unit);
        }
        for modifier in &line.modifiers {
            let amount = paper.money(modifier.amount);
            paper.row(INDENT, &wording::modifier(&modifier.name, modifier.quantity), &amount);
        }
        if !line.comp.is_zero() {
            paper.text(INDENT, words.lines.complimentary);
        }
    }
    Ok(())
}

/// A row a rate; where its amounts do not fit beside each other, each has a row of its own.
fn rates(paper: &mut Paper, document: &Document) {
    let words = paper.words;
    let rates = wording::rates(document);
    if rates.is_empty() {
        return;
    }
    paper.rule('-');
    let head = [words.rates.net, words.rates.tax, words.rates.gross].map(str::to_owned);
    let mut rows = vec![(words.rates.rate.to_owned(), head)];
    for tax in rates {
        let letter = wording::letter(document, tax).filter(|_| words.mark == Mark::Letter);
        let letter = letter.map(|letter| format!("{letter} ")).unwrap_or_default();
        // Base and tax are parts of one total.
        let gross = Money::new(tax.base.minor().saturating_add(tax.tax.minor()));
        let amounts = [tax.base, tax.tax, gross].map(|amount| paper.money(amount));
        rows.push((letter + &wording::rate(document, tax), amounts));
    }
    let columns = if words.with_gross { 3 } else { 2 };
    let mut widths = [0; 3];
    for (_, row) in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(chars(text));
        }
    }
    let whole: usize = widths.iter().take(columns).map(|width| width + 1).sum();
    if whole <= COLUMNS {
        for (name, row) in &rows {
            let cells = row.iter().zip(widths).take(columns);
            let cells: Vec<_> = cells.map(|(text, width)| format!("{text:>width$}")).collect();
            paper.row(0, name, &cells.join(" "));
        }
        return;
    }
    let Some((head, rows)) = rows.split_first() else { return };
    for (name, row) in rows {
        paper.text(0, name);
        for (label, amount) in head.1.iter().zip(row).take(columns) {
            paper.row(INDENT, label, amount);
        }
    }
}

/// Sample tips, and room to write.
fn by_hand(paper: &mut Paper, document: &Document) -> Result<(), TooLarge> {
    let tips = wording::tips(document)?;
    if !tips.is_empty() {
        paper.rule('-');
        let heading = paper.words.sums.suggested_tips;
        paper.text(0, heading);
        tips.iter().for_each(|tip| paper.sum(tip));
    }
    for (heading, labels) in wording::blanks(document) {
        paper.rule('-');
        paper.text(0, heading);
        for label in labels {
            let line = COLUMNS.saturating_sub(chars(label) + 2);
            paper.text(0, &format!("{label}: {:_<line$}", ""));
        }
    }
    Ok(())
}

/// Rows in the words and the currency of the document.
struct Paper {
    rows: Rows,
    words: &'static Words,
    currency: Currency,
}

impl Deref for Paper {
    type Target = Rows;

    fn deref(&self) -> &Rows {
        &self.rows
    }
}

impl DerefMut for Paper {
    fn deref_mut(&mut self) -> &mut Rows {
        &mut self.rows
    }
}

impl Paper {
    fn money(&self, amount: Money) -> String {
        self.words.money(amount, self.currency)
    }

    /// An amount behind the rate it is taxed at.
    fn marked(&self, mark: &str, amount: Money) -> String {
        let amount = self.money(amount);
        if mark.is_empty() { amount } else { format!("{mark} {amount:>AMOUNT_COLUMNS$}") }
    }

    fn sum(&mut self, sum: &Sum) {
        let amount = match sum.weight {
            Weight::Strong => self.words.strong(sum.amount, self.currency),
            Weight::Plain | Weight::Part => self.marked(&sum.mark, sum.amount),
        };
        let indent = if sum.weight == Weight::Part { INDENT } else { 0 };
        self.row(indent, &sum.label, &amount);
    }
}
