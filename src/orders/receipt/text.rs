//! A document in 42 columns, for printers and terminals that know nothing but text.
//!
//! Every character counts as one column.

use super::model::Document;
use super::wording::{self, Sum, Weight};
use crate::kernel::money::{Money, TooLarge};

/// What 80 mm paper holds in a printer's font A.
pub const COLUMNS: usize = 42;
/// Below that a name has a row of its own, above its amount.
const NAME_COLUMNS_MIN: usize = 12;
const INDENT: usize = 2;

/// The whole document; every row ends in a line feed and none is wider than [`COLUMNS`].
///
/// Refused where its sums leave the bounds of [`Money`].
pub fn render(document: &Document, copy: bool) -> Result<String, TooLarge> {
    let mut paper = Paper { out: String::with_capacity(2048), decimals: document.names.currency.decimals() };
    let marks = wording::marks(document, copy);
    paper.centre(&document.names.seller.name);
    for row in wording::seller(document) {
        paper.centre(&row);
    }
    paper.rule('=');
    paper.centre(wording::title(document));
    for mark in &marks {
        paper.centre(&format!("*** {mark} ***"));
    }
    for (label, value) in wording::facts(document) {
        paper.text(0, &format!("{label}: {value}"));
    }
    paper.rule('-');
    lines(&mut paper, document)?;
    paper.rule('-');
    for sum in wording::sums(document)? {
        paper.sum(&sum);
    }
    let payments = wording::payments(document);
    if !payments.is_empty() {
        paper.rule('-');
        payments.iter().for_each(|row| paper.sum(row));
    }
    let loaded = wording::loaded(document);
    if !loaded.is_empty() {
        paper.rule('-');
        loaded.iter().for_each(|row| paper.sum(row));
    }
    taxes(&mut paper, document);
    paper.rule('=');
    document.names.seller.footer.lines().for_each(|row| paper.centre(row));
    for mark in &marks {
        paper.centre(&format!("*** {mark} ***"));
    }
    Ok(paper.out)
}

fn lines(paper: &mut Paper, document: &Document) -> Result<(), TooLarge> {
    for line in &document.lines {
        let amount = paper.money(line.base()?);
        paper.row(0, &wording::dish(line), &amount);
        if let Some(unit) = wording::unit(line, paper.decimals) {
            paper.text(INDENT, &unit);
        }
        for modifier in &line.modifiers {
            let amount = paper.money(modifier.amount);
            paper.row(INDENT, &wording::modifier(&modifier.name, modifier.quantity), &amount);
        }
        if !line.comp.is_zero() {
            paper.text(INDENT, "complimentary");
        }
    }
    Ok(())
}

fn taxes(paper: &mut Paper, document: &Document) {
    if document.taxes.is_empty() {
        return;
    }
    paper.rule('-');
    let head = ("Rate".to_owned(), "Net".to_owned(), "Tax".to_owned());
    let row = |t| (wording::rate(t), paper.money(t.base), paper.money(t.tax));
    let rows: Vec<_> = std::iter::once(head).chain(document.taxes.iter().map(row)).collect();
    let width =
        |column: fn(&(String, String, String)) -> &str| rows.iter().map(|r| chars(column(r))).max().unwrap_or(0);
    let (nets, taxes) = (width(|r| &r.1), width(|r| &r.2));
    for (name, net, tax) in &rows {
        paper.row(0, name, &format!("{net:>nets$} {tax:>taxes$}"));
    }
}

struct Paper {
    out: String,
    decimals: u32,
}

impl Paper {
    fn money(&self, amount: Money) -> String {
        amount.display(self.decimals).to_string()
    }

    fn rule(&mut self, of: char) {
        self.out.extend(std::iter::repeat_n(of, COLUMNS));
        self.out.push('\n');
    }

    fn centre(&mut self, text: &str) {
        for row in wrap(text, COLUMNS) {
            self.push((COLUMNS - chars(&row)) / 2, &row);
        }
    }

    fn text(&mut self, indent: usize, text: &str) {
        for row in wrap(text, COLUMNS - indent) {
            self.push(indent, &row);
        }
    }

    fn sum(&mut self, sum: &Sum) {
        let amount = self.money(sum.amount);
        let indent = if sum.weight == Weight::Part { INDENT } else { 0 };
        self.row(indent, &sum.label, &amount);
    }

    /// A name and what stands right of it, on the last row of the name.
    fn row(&mut self, indent: usize, name: &str, right: &str) {
        let room = (COLUMNS - indent).saturating_sub(chars(right) + 1);
        let beside = room >= NAME_COLUMNS_MIN;
        let mut rows = wrap(name, if beside { room } else { COLUMNS - indent });
        let last = if beside { rows.pop().unwrap_or_default() } else { String::new() };
        for row in rows {
            self.push(indent, &row);
        }
        let gap = COLUMNS.saturating_sub(indent + chars(&last) + chars(right));
        self.push(indent, &format!("{last}{:gap$}{right}", ""));
    }

    fn push(&mut self, indent: usize, row: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(row);
        self.out.push('\n');
    }
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// Rows of at most `width` characters, broken between words where a word fits a row. Control
/// characters, which would command a printer, count as spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        let mut word: Vec<char> = word.chars().collect();
        let used = chars(&row);
        if used > 0 && used + 1 + word.len() > width {
            rows.push(std::mem::take(&mut row));
        }
        while word.len() > width {
            rows.push(word.drain(..width).collect());
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.extend(word);
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}
