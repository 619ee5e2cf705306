//! How a country words and lays out its papers: one table a country, and a general one for all others.
//!
//! What a table says is what that country's rules ask a receipt to show; the rule stands beside it. The
//! fields of the settings a country's receipts need are in `settings::papers`. What only a fiscal device can
//! add (an Italian RT's serial number, a German TSE's signature) is [`Document::fiscal`], empty until there is
//! one.
//!
//! [`Document::fiscal`]: super::model::Document::fiscal

mod de;
mod gb;
mod general;
mod it;
mod us;

use std::fmt::Write as _;

use crate::kernel::currency::Currency;
use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::kernel::money::Money;

/// Every table, the general one last.
pub(super) static ALL: [&Words; 5] = [&it::WORDS, &de::WORDS, &gb::WORDS, &us::WORDS, &general::WORDS];

/// Those of a country, ISO 3166-1; the general ones where it has none of its own.
pub(super) fn of(country: &str) -> &'static Words {
    ALL.into_iter().find(|words| words.country == country).unwrap_or(&general::WORDS)
}

/// A country's words, and the few ways in which its papers differ.
#[derive(Debug)]
pub(super) struct Words {
    /// ISO 3166-1; empty: everywhere else.
    pub country: &'static str,
    /// BCP 47.
    pub language: &'static str,
    pub dates: Dates,
    pub amounts: Amounts,
    /// How a line says at which rate it is taxed.
    pub mark: Mark,
    /// How tax that is charged on top of the prices stands among the sums.
    pub added: Added,
    /// Whether the table of rates says what is paid with tax.
    pub with_gross: bool,
    /// Above so much of this currency, minor units, a receipt is an invoice only with the customer's name.
    pub invoice_above: Option<(&'static str, i64)>,
    /// Sample tips on a pre-bill, in percent; none where nobody suggests any.
    pub tips: &'static [i64],
    /// How a kind of tender is called on a receipt; `None`: by the tender's own name.
    pub paid_by: fn(&str) -> Option<Paid>,
    pub titles: Titles,
    pub facts: Facts,
    pub lines: Lines,
    pub sums: Sums,
    pub rates: Rates,
    pub accounts: Accounts,
    /// What is left to be filled in by hand, below a receipt of a table's guests.
    pub entertainment: Option<(&'static str, &'static [&'static str])>,
    /// What stands in place of dishes where only the tender was wrong.
    pub correction: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dates {
    /// 2026-11-20 19:31
    Iso,
    /// 20/11/2026 19:31, with this between the parts
    DayFirst(char),
    /// 11/20/2026 7:31 PM
    MonthFirst,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Amounts {
    pub decimal: char,
    /// Between thousands.
    pub group: Option<char>,
    /// `$39.05` where the amount stands out; else the total's label names the currency.
    pub symbol: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    /// `10%`
    Percent,
    /// A letter, of which the table of rates is the key.
    Letter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// One row.
    Together,
    /// A row a rate.
    ByRate,
}

/// What a kind of tender is called, and whether its money was collected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paid {
    pub label: &'static str,
    pub collected: bool,
}

/// The first row is the heading.
#[derive(Debug)]
pub(super) struct Titles {
    pub bill: &'static [&'static str],
    pub sale: &'static [&'static str],
    pub refund: &'static [&'static str],
    /// A refund of all that was sold.
    pub annulment: &'static [&'static str],
    pub correction: &'static [&'static str],
    pub advance: &'static [&'static str],
    /// On a pre-bill.
    pub not_a_receipt: &'static str,
    pub copy: &'static str,
}

#[derive(Debug)]
pub(super) struct Facts {
    pub vat_id: &'static str,
    pub tax_number: &'static str,
    pub number: &'static str,
    pub original: &'static str,
    /// Between the original's number and its date.
    pub original_of: &'static str,
    pub date: &'static str,
    /// Where it is no time of supply: on anything but a sale.
    pub plain_date: &'static str,
    pub business_date: &'static str,
    pub started: &'static str,
    pub order: &'static str,
    pub guests: &'static str,
    pub table: &'static str,
    pub tab: &'static str,
    pub served_by: &'static str,
    pub cashier: &'static str,
    pub customer: &'static str,
    pub address: &'static str,
    pub phone: &'static str,
    pub customer_vat_id: &'static str,
    pub reason: &'static str,
    pub tax: &'static str,
    pub exempt: &'static str,
    /// To be filled in where the customer's name is needed and not known.
    pub invoice_to: &'static str,
}

#[derive(Debug)]
pub(super) struct Lines {
    pub caption: &'static str,
    pub item: &'static str,
    pub tax: &'static str,
    /// Followed by the currency; empty: the currency alone.
    pub price: &'static str,
    /// `9.00 each`
    pub each: &'static str,
    /// `0.350 kg at 39.00/kg`
    pub at: &'static str,
    pub complimentary: &'static str,
}

#[derive(Debug)]
pub(super) struct Sums {
    pub caption: &'static str,
    pub subtotal: &'static str,
    pub complimentary: &'static str,
    /// Behind the name of what is charged by itself, where that has to be told from a tip.
    pub service: &'static str,
    pub tax_added: &'static str,
    pub total: &'static str,
    /// Below the total; empty where the table of rates says it.
    pub of_which_tax: &'static str,
    pub rounding: &'static str,
    pub payments: &'static str,
    pub tip: &'static str,
    pub excess: &'static str,
    pub change: &'static str,
    /// Below the payments: what was collected; empty where nobody asks.
    pub collected: &'static str,
    pub due: &'static str,
    pub suggested_tips: &'static str,
    pub tip_line: &'static str,
    pub total_line: &'static str,
}

#[derive(Debug)]
pub(super) struct Rates {
    pub caption: &'static str,
    pub rate: &'static str,
    pub net: &'static str,
    pub tax: &'static str,
    pub gross: &'static str,
    /// Behind a rate that stands outside the prices.
    pub added: &'static str,
}

/// What went to accounts.
#[derive(Debug)]
pub(super) struct Accounts {
    pub caption: &'static str,
    /// Each is followed by a code or a name.
    pub voucher: &'static str,
    pub house: &'static str,
    pub deposit: &'static str,
}

impl Words {
    /// A date as people here write it.
    pub(super) fn date(&self, date: BusinessDate) -> String {
        let iso = date.to_string();
        let mut parts = iso.splitn(3, '-');
        let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else { return iso };
        match self.dates {
            Dates::Iso => iso,
            Dates::DayFirst(between) => format!("{day}{between}{month}{between}{year}"),
            Dates::MonthFirst => format!("{month}/{day}/{year}"),
        }
    }

    /// Date and time on the wall.
    pub(super) fn time(&self, at: UtcMs, zone: &Zone) -> String {
        let (date, clock) = (self.date(zone.calendar_date(at)), zone.hh_mm(at));
        let hour = clock.get(..2).and_then(|hour| hour.parse::<u8>().ok());
        match (self.dates, hour) {
            (Dates::MonthFirst, Some(hour)) => {
                let half = if hour < 12 { "AM" } else { "PM" };
                let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
                format!("{date} {twelve}:{} {half}", &clock[3..])
            }
            _ => format!("{date} {clock}"),
        }
    }

    /// `1.234,56` here, `1234.56` there.
    pub(super) fn money(&self, amount: Money, currency: Currency) -> String {
        let plain = amount.display(currency.decimals()).to_string();
        let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut text = sign.to_owned();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                text.extend(self.amounts.group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(self.amounts.decimal);
            text.push_str(fraction);
        }
        text
    }

    /// An amount that stands out.
    pub(super) fn strong(&self, amount: Money, currency: Currency) -> String {
        let text = self.money(amount, currency);
        if !self.amounts.symbol {
            return text;
        }
        let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
        format!("{sign}{}{digits}", symbol(currency))
    }

    /// What the total is called: with the currency where no amount names it.
    pub(super) fn total(&self, currency: Currency) -> String {
        let mut total = self.sums.total.to_owned();
        if !self.amounts.symbol && self.lines.price.is_empty() {
            let _ = write!(total, " {currency}");
        }
        total
    }

    /// What stands above the amounts of dishes.
    pub(super) fn price(&self, currency: Currency) -> String {
        match self.lines.price {
            "" => currency.to_string(),
            price => format!("{price} ({})", symbol(currency).trim_end()),
        }
    }

    /// A number with decimals that is no amount.
    pub(super) fn decimal(&self, number: &str) -> String {
        number.replace('.', self.amounts.decimal.encode_utf8(&mut [0; 4]))
    }

    /// Whether a receipt of so much needs the customer's name to be an invoice.
    pub(super) fn needs_customer(&self, total: Money, currency: Currency) -> bool {
        self.invoice_above.is_some_and(|(of, minor)| of == currency.as_str() && total.minor() > minor)
    }
}

/// The sign before an amount; a currency without one of its own is named.
fn symbol(currency: Currency) -> String {
    match currency.as_str() {
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        "USD" => "$".to_owned(),
        other => format!("{other} "),
    }
}

/// Every tender by its own name.
fn by_name(_: &str) -> Option<Paid> {
    None
}
