//! A receipt as JSON: what is stored whole when it is issued, what a reprint is made of, and what
//! terminals get. Old bodies are read for ever: a field added here later has a default.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{
    Charge, Discount, Document, Kind, Line, Loaded, Modifier, Names, Number, OrderFacts, Original, Payment, Seller,
    Totals,
};
use crate::accounts::model::{AccountKind, Code};
use crate::error::{Fault, Result};
use crate::kernel::currency::Currency;
use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::kernel::ids::{CheckId, LineId, OrderId, ReceiptId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::quantity::{Measure, Quantity};
use crate::kernel::rate::Rate;
use crate::orders::model::{Customer, Kind as OrderKind, RateTotal};

const THOUSAND: i64 = 1000;

/// A receipt or a pre-bill. Amounts in minor units of `currency`; those of a refund are negative.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// Null on a pre-bill.
    id: Option<i64>,
    /// Null on a pre-bill, as is `number`.
    series: Option<String>,
    number: Option<i64>,
    /// `sale`, `advance` (a deposit), `refund`, `correction`, or `bill`: a pre-bill, which is not a receipt.
    kind: String,
    /// Issued before, shown again.
    #[serde(default)]
    copy: bool,
    check_id: i64,
    original_id: Option<i64>,
    #[serde(default)]
    original_number: Option<i64>,
    #[serde(default)]
    #[schema(format = DateTime)]
    original_issued_at: Option<String>,
    /// Of a refund: all that its original sold goes back.
    #[serde(default)]
    annuls: bool,
    #[schema(format = Date)]
    business_date: String,
    #[schema(format = DateTime)]
    started_at: String,
    #[schema(format = DateTime)]
    issued_at: String,
    timezone: String,
    currency: String,
    seller: ReceiptSeller,
    customer: Option<ReceiptCustomer>,
    order: OrderBody,
    table: Option<String>,
    served_by: Option<String>,
    cashier: Option<String>,
    tax_exempt: bool,
    /// Why money was given back.
    reason: Option<String>,
    lines: Vec<ReceiptLine>,
    discounts: Vec<ReceiptDiscount>,
    service_charges: Vec<ReceiptCharge>,
    taxes: Vec<ReceiptTax>,
    payments: Vec<ReceiptPayment>,
    totals: ReceiptTotals,
    /// Vouchers and deposits sold, and accounts paid; left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    loaded: Vec<ReceiptLoaded>,
    fiscal: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ReceiptLoaded)]
struct ReceiptLoaded {
    /// `house`, `gift_voucher` or `deposit`.
    kind: String,
    name: String,
    /// Of a gift voucher: what is typed in at the till.
    code: Option<String>,
    amount: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ReceiptSeller)]
struct ReceiptSeller {
    name: String,
    legal_name: String,
    address: String,
    country: String,
    vat_id: String,
    tax_number: String,
    header: String,
    footer: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ReceiptCustomer)]
struct ReceiptCustomer {
    name: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    vat_id: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ReceiptOrder)]
struct OrderBody {
    id: i64,
    display_number: i64,
    kind: String,
    tab_name: Option<String>,
    guests: u32,
}

/// total = list_amount − comp − discount + exclusive tax; net = total − tax.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ReceiptLine)]
struct ReceiptLine {
    id: i64,
    /// The head of a combo: it bears no amount, the parts that follow it do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    combo: bool,
    /// A part of the combo before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    part: bool,
    name: String,
    variant: String,
    modifiers: Vec<ReceiptModifier>,
    /// Negative on a refund; null where an amount was spread over the lines.
    quantity: Option<i64>,
    measure: Option<String>,
    unit_price: i64,
    list_amount: i64,
    comp: i64,
    discount: i64,
    net: i64,
    tax: i64,
    total: i64,
    /// Its part of each rate; none on receipts issued before that was kept.
    #[serde(default)]
    taxes: Vec<ReceiptTax>,
}

/// Zero where the line was given away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ReceiptModifier)]
struct ReceiptModifier {
    name: String,
    quantity: i64,
    price: i64,
    amount: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ReceiptDiscount)]
struct ReceiptDiscount {
    name: String,
    amount: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ReceiptServiceCharge)]
struct ReceiptCharge {
    name: String,
    net: i64,
    tax: i64,
    total: i64,
    #[serde(default)]
    taxes: Vec<ReceiptTax>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ReceiptTax)]
struct ReceiptTax {
    name: String,
    rate: String,
    included: bool,
    base: i64,
    tax: i64,
}

/// tendered − change = amount + rounding + tip + excess.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ReceiptPayment)]
struct ReceiptPayment {
    tender: String,
    /// The tender's kind; empty on receipts issued before that was kept.
    #[serde(default)]
    kind: String,
    amount: i64,
    tendered: i64,
    change: i64,
    tip: i64,
    rounding: i64,
    excess: i64,
    card_brand: Option<String>,
    card_last4: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ReceiptTotals)]
struct ReceiptTotals {
    subtotal: i64,
    comp_total: i64,
    discount_total: i64,
    service_total: i64,
    tax_total: i64,
    total: i64,
    rounding: i64,
    paid: i64,
    tip_total: i64,
    due: i64,
    change: i64,
}

/// The document as it is stored: without the id, which its row has.
pub fn to_json(document: Document) -> Result<String> {
    let body = Receipt::of(document, false);
    Ok(serde_json::to_string(&body).map_err(|e| Fault::from_source("a receipt does not serialise", e))?)
}

/// The document that was stored or answered.
pub fn from_json(json: &[u8]) -> Result<Document> {
    let body: Receipt =
        serde_json::from_slice(json).map_err(|e| Fault::from_source("a receipt's body does not read", e))?;
    let wrong = |invalid: Invalid| Fault::new(format!("a receipt's body does not read: {}", invalid.detail));
    Ok(body.into_document().map_err(wrong)?)
}

impl Receipt {
    /// As the wire has it.
    pub fn of(d: Document, copy: bool) -> Self {
        let zone = &d.names.zone;
        let (started_at, issued_at) = (d.started_at.rfc3339(zone), d.issued_at.rfc3339(zone));
        let original_issued_at = d.original.and_then(|original| original.issued_at).map(|at| at.rfc3339(zone));
        let (series, number) = d.number.map(|n| (n.series, n.number)).unzip();
        let (names, c) = (d.names, d.customer);
        let customer = ReceiptCustomer { name: c.name, phone: c.phone, address: c.address, vat_id: c.vat_id };
        Self {
            id: d.id.map(ReceiptId::get),
            series,
            number,
            kind: d.kind.as_str().to_owned(),
            copy,
            check_id: d.check.get(),
            original_id: d.original.map(|original| original.id.get()),
            original_number: d.original.map(|original| original.number),
            original_issued_at,
            annuls: d.annuls,
            business_date: d.date.to_string(),
            started_at,
            issued_at,
            timezone: names.zone.name().to_owned(),
            currency: names.currency.to_string(),
            seller: ReceiptSeller::of(names.seller),
            customer: customer.is_known().then_some(customer),
            order: OrderBody {
                id: d.order.id.get(),
                display_number: d.order.display_number,
                kind: d.order.kind.as_str().to_owned(),
                tab_name: d.order.tab_name,
                guests: d.order.guests,
            },
            table: names.table,
            served_by: names.served_by,
            cashier: names.cashier,
            tax_exempt: d.tax_exempt,
            reason: d.reason,
            lines: d.lines.into_iter().map(ReceiptLine::of).collect(),
            discounts: d.discounts.into_iter().map(ReceiptDiscount::of).collect(),
            service_charges: d.charges.into_iter().map(ReceiptCharge::of).collect(),
            taxes: d.taxes.into_iter().map(ReceiptTax::of).collect(),
            payments: d.payments.into_iter().map(ReceiptPayment::of).collect(),
            totals: ReceiptTotals::of(d.totals),
            loaded: d.loaded.into_iter().map(ReceiptLoaded::of).collect(),
            fiscal: d.fiscal,
        }
    }

    fn into_document(self) -> Result<Document, Invalid> {
        let number = self.series.zip(self.number).map(|(series, number)| Number { series, number });
        let original = self.original_id.zip(self.original_number);
        let original_at = self.original_issued_at.as_deref().map(UtcMs::parse).transpose()?;
        let c = self.customer.map(|c| Customer { name: c.name, phone: c.phone, address: c.address, vat_id: c.vat_id });
        Ok(Document {
            id: self.id.map(ReceiptId::new),
            kind: Kind::parse(&self.kind)?,
            number,
            original: original.map(|(id, number)| Original { id: ReceiptId::new(id), number, issued_at: original_at }),
            annuls: self.annuls,
            order: OrderFacts {
                id: OrderId::new(self.order.id),
                display_number: self.order.display_number,
                kind: OrderKind::parse(&self.order.kind)?,
                tab_name: self.order.tab_name,
                guests: self.order.guests,
            },
            check: CheckId::new(self.check_id),
            date: BusinessDate::parse(&self.business_date)?,
            started_at: UtcMs::parse(&self.started_at)?,
            issued_at: UtcMs::parse(&self.issued_at)?,
            names: Names {
                seller: self.seller.into_seller(),
                currency: Currency::parse(&self.currency)?,
                zone: Zone::parse(&self.timezone)?,
                table: self.table,
                served_by: self.served_by,
                cashier: self.cashier,
            },
            customer: c.unwrap_or_default(),
            tax_exempt: self.tax_exempt,
            reason: self.reason,
            lines: self.lines.into_iter().map(ReceiptLine::into_line).collect::<Result<_, _>>()?,
            discounts: self.discounts.into_iter().map(ReceiptDiscount::into_discount).collect(),
            charges: self.service_charges.into_iter().map(ReceiptCharge::into_charge).collect::<Result<_, _>>()?,
            taxes: ReceiptTax::all(self.taxes)?,
            payments: self.payments.into_iter().map(ReceiptPayment::into_payment).collect(),
            totals: self.totals.into_totals(),
            loaded: self.loaded.into_iter().map(ReceiptLoaded::into_loaded).collect::<Result<_, _>>()?,
            fiscal: self.fiscal,
        })
    }
}

impl ReceiptSeller {
    fn of(s: Seller) -> Self {
        let Seller { name, legal_name, address, country, vat_id, tax_number, header, footer } = s;
        Self { name, legal_name, address, country, vat_id, tax_number, header, footer }
    }

    fn into_seller(self) -> Seller {
        let Self { name, legal_name, address, country, vat_id, tax_number, header, footer } = self;
        Seller { name, legal_name, address, country, vat_id, tax_number, header, footer }
    }
}

impl ReceiptCustomer {
    fn is_known(&self) -> bool {
        [&self.name, &self.phone, &self.address, &self.vat_id].iter().any(|field| field.is_some())
    }
}

impl ReceiptLine {
    fn of(line: Line) -> Self {
        let modifier = |m: Modifier| ReceiptModifier {
            name: m.name,
            quantity: m.quantity,
            price: m.price.minor(),
            amount: m.amount.minor(),
        };
        Self {
            id: line.id.get(),
            combo: line.combo,
            part: line.part,
            name: line.name,
            variant: line.variant,
            modifiers: line.modifiers.into_iter().map(modifier).collect(),
            quantity: line.quantity.map(Quantity::whole),
            measure: line.measure.map(|measure| measure.to_string()),
            unit_price: line.unit_price.minor(),
            list_amount: line.list.minor(),
            comp: line.comp.minor(),
            discount: line.discount.minor(),
            net: line.net.minor(),
            tax: line.tax.minor(),
            total: line.total.minor(),
            taxes: line.rates.into_iter().map(ReceiptTax::of).collect(),
        }
    }

    fn into_line(self) -> Result<Line, Invalid> {
        let modifier = |m: ReceiptModifier| Modifier {
            name: m.name,
            quantity: m.quantity,
            price: Money::new(m.price),
            amount: Money::new(m.amount),
        };
        Ok(Line {
            id: LineId::new(self.id),
            combo: self.combo,
            part: self.part,
            name: self.name,
            variant: self.variant,
            modifiers: self.modifiers.into_iter().map(modifier).collect(),
            quantity: self.quantity.map(|whole| Quantity::from_thousandths(whole.saturating_mul(THOUSAND))),
            measure: self.measure.map(|measure| Measure::parse(&measure)).transpose()?,
            unit_price: Money::new(self.unit_price),
            list: Money::new(self.list_amount),
            comp: Money::new(self.comp),
            discount: Money::new(self.discount),
            net: Money::new(self.net),
            tax: Money::new(self.tax),
            total: Money::new(self.total),
            rates: ReceiptTax::all(self.taxes)?,
        })
    }
}

impl ReceiptDiscount {
    fn of(discount: Discount) -> Self {
        Self { name: discount.name, amount: discount.amount.minor() }
    }

    fn into_discount(self) -> Discount {
        Discount { name: self.name, amount: Money::new(self.amount) }
    }
}

impl ReceiptCharge {
    fn of(charge: Charge) -> Self {
        let Charge { name, net, tax, total, rates } = charge;
        let taxes = rates.into_iter().map(ReceiptTax::of).collect();
        Self { name, net: net.minor(), tax: tax.minor(), total: total.minor(), taxes }
    }

    fn into_charge(self) -> Result<Charge, Invalid> {
        let Self { name, net, tax, total, taxes } = self;
        let rates = ReceiptTax::all(taxes)?;
        Ok(Charge { name, net: Money::new(net), tax: Money::new(tax), total: Money::new(total), rates })
    }
}

impl ReceiptTax {
    fn of(tax: RateTotal) -> Self {
        let RateTotal { name, rate, included, base, tax } = tax;
        Self { name, rate: rate.to_string(), included, base: base.minor(), tax: tax.minor() }
    }

    fn all(taxes: Vec<Self>) -> Result<Vec<RateTotal>, Invalid> {
        taxes.into_iter().map(Self::into_tax).collect()
    }

    fn into_tax(self) -> Result<RateTotal, Invalid> {
        let Self { name, rate, included, base, tax } = self;
        Ok(RateTotal { name, rate: Rate::parse(&rate)?, included, base: Money::new(base), tax: Money::new(tax) })
    }
}

impl ReceiptPayment {
    fn of(p: Payment) -> Self {
        Self {
            tender: p.tender,
            kind: p.kind,
            amount: p.amount.minor(),
            tendered: p.tendered.minor(),
            change: p.change.minor(),
            tip: p.tip.minor(),
            rounding: p.rounding.minor(),
            excess: p.excess.minor(),
            card_brand: p.card_brand,
            card_last4: p.card_last4,
        }
    }

    fn into_payment(self) -> Payment {
        Payment {
            tender: self.tender,
            kind: self.kind,
            amount: Money::new(self.amount),
            tendered: Money::new(self.tendered),
            change: Money::new(self.change),
            tip: Money::new(self.tip),
            rounding: Money::new(self.rounding),
            excess: Money::new(self.excess),
            card_brand: self.card_brand,
            card_last4: self.card_last4,
        }
    }
}

impl ReceiptLoaded {
    fn of(l: Loaded) -> Self {
        let code = l.code.map(|code| code.to_string());
        Self { kind: l.kind.as_str().to_owned(), name: l.name, code, amount: l.amount.minor() }
    }

    fn into_loaded(self) -> Result<Loaded, Invalid> {
        let code = self.code.as_deref().map(Code::parse).transpose()?;
        Ok(Loaded { kind: AccountKind::parse(&self.kind)?, name: self.name, code, amount: Money::new(self.amount) })
    }
}

impl ReceiptTotals {
    fn of(t: Totals) -> Self {
        Self {
            subtotal: t.subtotal.minor(),
            comp_total: t.comp.minor(),
            discount_total: t.discount.minor(),
            service_total: t.service.minor(),
            tax_total: t.tax.minor(),
            total: t.total.minor(),
            rounding: t.rounding.minor(),
            paid: t.paid.minor(),
            tip_total: t.tip.minor(),
            due: t.due.minor(),
            change: t.change.minor(),
        }
    }

    fn into_totals(self) -> Totals {
        Totals {
            subtotal: Money::new(self.subtotal),
            comp: Money::new(self.comp_total),
            discount: Money::new(self.discount_total),
            service: Money::new(self.service_total),
            tax: Money::new(self.tax_total),
            total: Money::new(self.total),
            rounding: Money::new(self.rounding),
            paid: Money::new(self.paid),
            tip: Money::new(self.tip_total),
            due: Money::new(self.due),
            change: Money::new(self.change),
        }
    }
}

/// What the journal says of a print.
#[derive(Debug, Serialize)]
pub(super) struct Printed {
    pub receipt_id: i64,
    /// With this one.
    pub prints: i64,
}

/// What the journal says of a receipt: ids and numbers, no names.
#[derive(Debug, Serialize)]
pub(super) struct Issued<'a> {
    pub receipt_id: i64,
    pub kind: &'a str,
    pub series: &'a str,
    pub number: i64,
    pub check_id: i64,
    pub refund_id: Option<i64>,
    /// Of a correction: the payment that came in the wrong one's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<i64>,
    pub original_id: Option<i64>,
    pub total: i64,
    /// Of the body as it is stored, hexadecimal: what was handed out can be proven.
    pub body_sha256: String,
}
