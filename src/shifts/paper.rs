//! A Z as it is printed, from the text it is kept as: the same ever after, whatever became of the menu and
//! the staff since.

use serde::Deserialize;

use crate::error::{Fault, Result};
use crate::kernel::money::Money;
use crate::kernel::paper::Rows;
use crate::settings::model::Settings;

const INDENT: usize = 2;
/// Digits of a hash that stand together, and groups in a row: somebody may have to type them.
const GROUP: usize = 8;
const GROUPS: usize = 4;

/// What of a Z is printed. One that was kept by an older program lacks what it did not know.
#[derive(Deserialize)]
struct Z {
    number: i64,
    business_date: String,
    from_seq: i64,
    to_seq: i64,
    closed_at: String,
    staff: Option<Named>,
    totals: Totals,
    tenders: Vec<Tender>,
    taxes: Vec<Tax>,
    #[serde(default)]
    cash: Cash,
    #[serde(default)]
    drawers: Vec<Drawer>,
    open_orders: Vec<Order>,
    unresolved_payments: Vec<Payment>,
    #[serde(default)]
    clock_jumps: Vec<Jump>,
    perpetual_total: i64,
    journal_hash: String,
    #[serde(default)]
    journal_epoch: Option<i64>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Totals {
    orders: i64,
    guests: i64,
    comps: i64,
    discounts: i64,
    gross: i64,
    net: i64,
    tax: i64,
    service_charges: i64,
    tips: i64,
    rounding: i64,
    refunds: i64,
    #[serde(default)]
    not_sales: i64,
    #[serde(default)]
    excess: i64,
    #[serde(default)]
    held: i64,
    payments_kept: i64,
    refunds_paid: i64,
}

#[derive(Deserialize)]
struct Tender {
    name: String,
    payments: i64,
    expected: i64,
}

#[derive(Deserialize)]
struct Tax {
    name: String,
    rate: String,
    base: i64,
    tax: i64,
    refunds_base: i64,
    refunds_tax: i64,
}

#[derive(Deserialize, Default)]
struct Cash {
    in_drawers: i64,
    without_drawer: i64,
}

#[derive(Deserialize)]
struct Drawer {
    device: Option<String>,
    staff: Option<String>,
    state: String,
    expected: i64,
    counted: Option<i64>,
    over_short: Option<i64>,
}

#[derive(Deserialize)]
struct Order {
    display_number: i64,
}

#[derive(Deserialize)]
struct Payment {
    id: i64,
    amount: i64,
}

#[derive(Deserialize)]
struct Jump {
    seq: i64,
    direction: String,
    from: String,
    to: String,
    confirmed_seq: Option<i64>,
}

/// The Z in 42 columns; `body` is the text it is kept as.
///
/// # Errors
/// Where that is none.
pub(super) fn print(body: &str, house: &Settings) -> Result<String> {
    let z: Z = serde_json::from_str(body).map_err(|e| Fault::from_source("a Z cannot be read", e))?;
    let decimals = house.currency.decimals();
    let money = |minor: i64| Money::new(minor).display(decimals).to_string();
    let mut paper = Rows::default();
    paper.centre(&house.name);
    [&house.legal_name, &house.address].into_iter().flat_map(|text| text.lines()).for_each(|row| paper.centre(row));
    for (label, number) in [("VAT", &house.vat_id), ("Tax no.", &house.tax_number)] {
        if !number.is_empty() {
            paper.centre(&format!("{label} {number}"));
        }
    }
    paper.rule('=');
    paper.centre(&format!("Z REPORT {}", z.number));
    paper.centre(&format!("of {}", z.business_date));
    paper.rule('=');
    paper.row(0, "Closed", &minute(&z.closed_at));
    if let Some(staff) = &z.staff {
        paper.row(0, "by", &staff.name);
    }
    paper.row(0, "Amounts in", house.currency.as_str());
    paper.rule('-');
    sales(&mut paper, &z.totals, &money);
    paper.rule('-');
    for tender in &z.tenders {
        paper.row(0, &format!("{} ({})", tender.name, tender.payments), &money(tender.expected));
    }
    paper.row(0, "Payments kept", &money(z.totals.payments_kept));
    paper.row(0, "Refunds paid", &money(z.totals.refunds_paid));
    if !z.taxes.is_empty() {
        paper.rule('-');
    }
    for tax in &z.taxes {
        paper.row(0, &format!("{} {} % on {}", tax.name, tax.rate, money(tax.base)), &money(tax.tax));
        if tax.refunds_base != 0 || tax.refunds_tax != 0 {
            paper.row(INDENT, &format!("refunded, on {}", money(tax.refunds_base)), &money(tax.refunds_tax));
        }
    }
    cash(&mut paper, &z, &money);
    open(&mut paper, &z, &money);
    for jump in &z.clock_jumps {
        let Jump { seq, direction, from, to, confirmed_seq } = jump;
        paper.rule('-');
        paper.text(0, &format!("Clock {direction} at record {seq}: {} to {}", minute(from), minute(to)));
        let confirmed = confirmed_seq.map_or("not confirmed".to_owned(), |seq| format!("confirmed by record {seq}"));
        paper.text(INDENT, &confirmed);
    }
    paper.rule('=');
    paper.row(0, "PERPETUAL TOTAL", &money(z.perpetual_total));
    paper.rule('=');
    let epoch = z.journal_epoch.map(|epoch| format!(", epoch {epoch}")).unwrap_or_default();
    paper.text(0, &format!("Journal records {} to {}{epoch}", z.from_seq, z.to_seq));
    paper.text(0, &format!("Hash of record {}:", z.to_seq));
    for row in z.journal_hash.as_bytes().chunks(GROUP * GROUPS) {
        let groups: Vec<_> = row.chunks(GROUP).map(String::from_utf8_lossy).collect();
        paper.text(INDENT, &groups.join(" "));
    }
    paper.text(0, "Keep this paper: nobody can change a record up to that one and have its hash again.");
    Ok(paper.finish())
}

fn sales(paper: &mut Rows, totals: &Totals, money: &impl Fn(i64) -> String) {
    paper.row(0, "Orders", &totals.orders.to_string());
    paper.row(0, "Guests", &totals.guests.to_string());
    paper.row(0, "Gross", &money(totals.gross));
    paper.row(INDENT, "net", &money(totals.net));
    paper.row(INDENT, "tax", &money(totals.tax));
    let others = [
        ("Service charges", totals.service_charges),
        ("Refunds", totals.refunds),
        ("Tips", totals.tips),
        ("Rounding", totals.rounding),
        ("Not sales", totals.not_sales),
        ("Excess", totals.excess),
        ("Held on open checks", totals.held),
        ("Given away", totals.comps),
        ("Discounts", totals.discounts),
    ];
    for (name, amount) in others.into_iter().filter(|(_, amount)| *amount != 0) {
        paper.row(0, name, &money(amount));
    }
}

fn cash(paper: &mut Rows, z: &Z, money: &impl Fn(i64) -> String) {
    let Cash { in_drawers, without_drawer } = z.cash;
    if z.drawers.is_empty() && in_drawers == 0 && without_drawer == 0 {
        return;
    }
    paper.rule('-');
    for drawer in &z.drawers {
        let name = drawer.device.as_ref().or(drawer.staff.as_ref()).map_or("", String::as_str);
        paper.row(0, &format!("Drawer {name}, {}", drawer.state.replace('_', " ")), &money(drawer.expected));
        if let Some(counted) = drawer.counted {
            paper.row(INDENT, "counted", &money(counted));
        }
        if let Some(difference) = drawer.over_short.filter(|difference| *difference != 0) {
            paper.row(INDENT, if difference > 0 { "over" } else { "short" }, &money(difference));
        }
    }
    paper.row(0, "Cash in drawers", &money(in_drawers));
    paper.row(0, "Cash without a drawer", &money(without_drawer));
}

fn open(paper: &mut Rows, z: &Z, money: &impl Fn(i64) -> String) {
    if z.open_orders.is_empty() && z.unresolved_payments.is_empty() {
        return;
    }
    paper.rule('-');
    if !z.open_orders.is_empty() {
        let numbers: Vec<_> = z.open_orders.iter().map(|order| order.display_number.to_string()).collect();
        paper.text(0, &format!("Carried over, open: {}", numbers.join(", ")));
    }
    for payment in &z.unresolved_payments {
        paper.row(0, &format!("Payment {} in doubt", payment.id), &money(payment.amount));
    }
}

/// `2026-11-20 23:51` of an RFC 3339 time, which is the restaurant's.
fn minute(at: &str) -> String {
    at.get(..16).unwrap_or(at).replace('T', " ")
}
