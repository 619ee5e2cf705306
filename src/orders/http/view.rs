//! An order as the wire shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::http::view::LoadedView;
use crate::error::Result;
use crate::kernel::day::Zone;
use crate::kernel::money::Money;
use crate::orders::list::Listed;
use crate::orders::model::{self, AppliesTo, Check, Line, Off, Order, State};

#[derive(Debug, Serialize, ToSchema)]
pub struct OrderView {
    id: i64,
    display_number: i64,
    /// `dine_in`, `takeaway` or `delivery`.
    kind: &'static str,
    /// `dine_in` or `takeaway`: how it is taxed unless a line says otherwise.
    service: &'static str,
    /// `open`, `paid` (settled, perhaps at zero) or `voided`.
    state: &'static str,
    table_id: Option<i64>,
    tab_name: Option<String>,
    guests: u32,
    customer: CustomerView,
    due_at: Option<String>,
    note: Option<String>,
    business_date: String,
    opened_at: String,
    closed_at: Option<String>,
    staff_id: Option<i64>,
    /// The order that its dishes went to, where tables were put together.
    merged_into: Option<i64>,
    version: i64,
    revision: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<CheckView>>,
    subtotal: i64,
    discount_total: i64,
    tax_total: i64,
    total: i64,
    paid: i64,
    due: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct CustomerView {
    name: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    vat_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CheckView {
    id: i64,
    state: &'static str,
    /// The check it was split off.
    split_from: Option<i64>,
    opened_business_date: String,
    closed_business_date: Option<String>,
    receipt_id: Option<i64>,
    receipt_number: Option<i64>,
    lines: Vec<OrderLineView>,
    discounts: Vec<CheckDiscountView>,
    service_charges: Vec<CheckChargeView>,
    /// Σ list_amount of the lines.
    subtotal: i64,
    discount_total: i64,
    /// With its tax.
    service_total: i64,
    tax_total: i64,
    taxes: Vec<CheckTaxView>,
    total: i64,
    /// Of cash; outside the total.
    rounding: i64,
    paid: i64,
    tip_total: i64,
    due: i64,
    payments: Vec<PaymentView>,
    /// Of a settled check: vouchers and deposits it sold, with their codes, and accounts it paid. Left out
    /// where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    loaded: Vec<LoadedView>,
    tax_exempt: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct OrderLineView {
    id: i64,
    item_id: i64,
    variant_id: i64,
    /// The head of the combo it is part of.
    parent_line_id: Option<i64>,
    /// The head of a combo: it shows the price, its parts bear it. Absent of any other.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    combo: bool,
    split_from: Option<i64>,
    name: String,
    variant: String,
    /// Of a share that of the whole.
    quantity: i64,
    /// `"1/3"`: the part of `quantity` that this line is; null where it is all of it.
    share: Option<String>,
    measure: Option<String>,
    unit_price: i64,
    modifiers: Vec<LineModifierView>,
    service: Option<&'static str>,
    seat: Option<i64>,
    course: Option<i64>,
    note: Option<String>,
    /// `new`, `held`, `sent`, `ready`, `served` or `voided`.
    state: &'static str,
    comp: Option<CompView>,
    added_by: Option<i64>,
    added_at: String,
    sent_at: Option<String>,
    list_amount: i64,
    discount: i64,
    net: i64,
    tax: i64,
    total: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct LineModifierView {
    option_id: i64,
    name: String,
    /// What one of it comes to here: nothing where it is included or free; where it replaces the price of the
    /// dish, the difference to that.
    price: i64,
    /// For one of the line.
    quantity: i64,
    /// What was chosen in the groups that it opens; absent where nothing was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    modifiers: Vec<LineModifierView>,
}

impl LineModifierView {
    /// The tree of what was chosen, from the rows that stand at `depth` and those behind them.
    fn tree(mut rows: &[model::Modifier], depth: u8) -> Vec<Self> {
        let mut tree = Vec::with_capacity(rows.len());
        while let Some((m, after)) = rows.split_first() {
            let below = after.iter().take_while(|m| m.depth > depth).count();
            tree.push(Self {
                option_id: m.option.get(),
                name: m.name.clone(),
                price: m.price.minor(),
                quantity: m.quantity,
                modifiers: Self::tree(&after[..below], depth + 1),
            });
            rows = &after[below..];
        }
        tree
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct CompView {
    amount: i64,
    reason: Option<String>,
    by: Option<i64>,
    approved_by: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CheckDiscountView {
    id: i64,
    name: String,
    percent: Option<String>,
    amount: Option<i64>,
    /// `check`, `line`, `lines` or `categories`.
    applies_to: &'static str,
    line_id: Option<i64>,
    target_ids: Vec<i64>,
    lowers_tax_base: bool,
    reason: Option<String>,
    staff_id: Option<i64>,
    approved_by: Option<i64>,
    /// What it takes off as the check stands.
    value: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct CheckChargeView {
    id: i64,
    name: String,
    optional: bool,
    /// `house` or `staff`.
    goes_to: &'static str,
    net: i64,
    tax: i64,
    total: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct CheckTaxView {
    name: String,
    rate: String,
    included: bool,
    base: i64,
    tax: i64,
}

/// A payment on a check.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentView {
    id: i64,
    tender_id: i64,
    /// The tender's kind.
    tender: String,
    name: String,
    state: &'static str,
    /// Paid towards the total.
    amount: i64,
    /// With the tip as it is now.
    tendered: i64,
    change: i64,
    /// As it is now.
    tip: i64,
    /// Whose the tip is, where somebody was named; else whoever took the payment.
    tip_staff_id: Option<i64>,
    rounding: i64,
    /// Taken above what was due.
    excess: i64,
    /// With what a correction of its tender took back.
    refunded: i64,
    /// The payment whose wrong tender this one sets right.
    corrects: Option<i64>,
    /// The payment that sets this one's wrong tender right: it is refunded there.
    corrected_by: Option<i64>,
    staff_id: Option<i64>,
    device_id: Option<i64>,
    /// The drawer its cash went into.
    drawer_id: Option<i64>,
    business_date: String,
    at: String,
    reference: Option<String>,
    client_ref: Option<String>,
    /// The account it is drawn on.
    account_id: Option<i64>,
    card: Option<CardView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CardView {
    brand: Option<String>,
    last4: Option<String>,
    auth_code: Option<String>,
}

impl OrderView {
    /// Their names, in their order.
    pub const FIELDS: &[&str] = &[
        "id",
        "display_number",
        "kind",
        "service",
        "state",
        "table_id",
        "tab_name",
        "guests",
        "customer",
        "due_at",
        "note",
        "business_date",
        "opened_at",
        "closed_at",
        "staff_id",
        "merged_into",
        "version",
        "revision",
        "checks",
        "subtotal",
        "discount_total",
        "tax_total",
        "total",
        "paid",
        "due",
    ];

    /// The order whole.
    pub fn of(order: &Order, zone: &Zone) -> Result<Self> {
        let sum = |of: fn(&Check) -> Money| Money::sum(order.checks.iter().map(of));
        let paid = Money::sum(order.checks.iter().map(Check::paid).collect::<Result<Vec<_>, _>>()?)?;
        let due = Money::sum(order.checks.iter().map(Check::due).collect::<Result<Vec<_>, _>>()?)?;
        let totals = model::Totals {
            subtotal: sum(|c| c.totals.subtotal)?,
            discount: sum(|c| c.totals.discount)?,
            service: sum(|c| c.totals.service)?,
            tax: sum(|c| c.totals.tax)?,
            total: sum(|c| c.totals.total)?,
        };
        let mut view = Self::head(order, zone, totals, paid, due);
        view.checks = Some(order.checks.iter().map(|check| CheckView::of(check, zone)).collect::<Result<_>>()?);
        Ok(view)
    }

    /// The order as a list shows it, without its checks.
    pub fn listed(l: &Listed, zone: &Zone) -> Self {
        Self::head(&l.order, zone, l.totals, l.paid, l.due)
    }

    fn head(o: &Order, zone: &Zone, totals: model::Totals, paid: Money, due: Money) -> Self {
        Self {
            id: o.id.get(),
            display_number: o.display_number,
            kind: o.kind.as_str(),
            service: o.service.as_str(),
            state: o.state.as_str(),
            table_id: o.table.map(|t| t.get()),
            tab_name: o.tab_name.clone(),
            guests: o.guests,
            customer: CustomerView {
                name: o.customer.name.clone(),
                phone: o.customer.phone.clone(),
                address: o.customer.address.clone(),
                vat_id: o.customer.vat_id.clone(),
            },
            due_at: o.due_at.map(|at| at.rfc3339(zone)),
            note: o.note.clone(),
            business_date: o.date.to_string(),
            opened_at: o.opened_at.rfc3339(zone),
            closed_at: o.closed_at.map(|at| at.rfc3339(zone)),
            staff_id: o.staff.map(|s| s.get()),
            merged_into: o.merged_into.map(|id| id.get()),
            version: o.version,
            revision: o.revision,
            checks: None,
            subtotal: totals.subtotal.minor(),
            discount_total: totals.discount.minor(),
            tax_total: totals.tax.minor(),
            total: totals.total.minor(),
            paid: paid.minor(),
            due: due.minor(),
        }
    }
}

impl CheckView {
    fn of(c: &Check, zone: &Zone) -> Result<Self> {
        let tax = |t: &model::RateTotal| CheckTaxView {
            name: t.name.clone(),
            rate: t.rate.to_string(),
            included: t.included,
            base: t.base.minor(),
            tax: t.tax.minor(),
        };
        Ok(Self {
            id: c.id.get(),
            state: c.state.as_str(),
            split_from: c.split_from.map(|id| id.get()),
            opened_business_date: c.opened_date.to_string(),
            closed_business_date: c.closed_date.map(|d| d.to_string()),
            receipt_id: c.receipt.map(|(id, _)| id.get()),
            receipt_number: c.receipt.map(|(_, number)| number),
            lines: c.lines.iter().map(|line| OrderLineView::of(line, zone)).collect(),
            discounts: c.discounts.iter().map(CheckDiscountView::of).collect(),
            service_charges: c.charges.iter().filter(|k| !k.removed).map(CheckChargeView::of).collect(),
            subtotal: c.totals.subtotal.minor(),
            discount_total: c.totals.discount.minor(),
            service_total: c.totals.service.minor(),
            tax_total: c.totals.tax.minor(),
            taxes: c.taxes.iter().map(tax).collect(),
            total: c.totals.total.minor(),
            rounding: c.rounding()?.minor(),
            paid: c.paid()?.minor(),
            tip_total: c.tips()?.minor(),
            due: if c.state == State::Open { c.due()?.minor() } else { 0 },
            payments: c.payments.iter().map(|p| PaymentView::of(p, zone)).collect::<Result<_>>()?,
            loaded: c.loaded.iter().map(LoadedView::of).collect(),
            tax_exempt: c.tax_exempt,
        })
    }
}

impl OrderLineView {
    fn of(l: &Line, zone: &Zone) -> Self {
        let comp = |c: &model::Comp| CompView {
            amount: l.amounts.comp.minor(),
            reason: c.reason.clone(),
            by: c.by.map(|s| s.get()),
            approved_by: c.approved_by.map(|s| s.get()),
        };
        Self {
            id: l.id.get(),
            item_id: l.item.get(),
            variant_id: l.variant.get(),
            parent_line_id: l.parent.map(|p| p.get()),
            combo: l.combo,
            split_from: l.split_from.map(|s| s.get()),
            name: l.name.clone(),
            variant: l.variant_name.clone(),
            quantity: l.quantity.whole(),
            share: l.share.map(|share| share.to_string()),
            measure: l.measure.map(|m| m.to_string()),
            unit_price: l.unit_price.minor(),
            modifiers: LineModifierView::tree(&l.modifiers, 0),
            service: l.service.map(|s| s.as_str()),
            seat: l.seat,
            course: l.course,
            note: l.note.clone(),
            state: l.state().as_str(),
            comp: l.comp.as_ref().map(comp),
            added_by: l.added_by.map(|s| s.get()),
            added_at: l.added_at.rfc3339(zone),
            sent_at: l.kitchen.map(|k| k.at.rfc3339(zone)),
            list_amount: l.amounts.list.minor(),
            discount: l.amounts.discount.minor(),
            net: l.amounts.net.minor(),
            tax: l.amounts.tax.minor(),
            total: l.amounts.total.minor(),
        }
    }
}

impl CheckDiscountView {
    fn of(d: &model::Discount) -> Self {
        let (percent, amount) = match d.off {
            Off::Percent(rate) => (Some(rate.to_string()), None),
            Off::Amount(amount) => (None, Some(amount.minor())),
        };
        let (line_id, target_ids) = match &d.applies_to {
            AppliesTo::Check => (None, Vec::new()),
            AppliesTo::Line(line) => (Some(line.get()), Vec::new()),
            AppliesTo::Lines(lines) => (None, lines.iter().map(|l| l.get()).collect()),
            AppliesTo::Categories(ids) => (None, ids.iter().map(|c| c.get()).collect()),
        };
        Self {
            id: d.id,
            name: d.name.clone(),
            percent,
            amount,
            applies_to: d.applies_to.as_str(),
            line_id,
            target_ids,
            lowers_tax_base: d.lowers_tax_base,
            reason: d.reason.clone(),
            staff_id: d.staff.map(|s| s.get()),
            approved_by: d.approved_by.map(|s| s.get()),
            value: d.value.minor(),
        }
    }
}

impl CheckChargeView {
    fn of(c: &model::Charge) -> Self {
        Self {
            id: c.id,
            name: c.name.clone(),
            optional: c.optional,
            goes_to: if c.to_staff { "staff" } else { "house" },
            net: c.net.minor(),
            tax: c.tax_amount.minor(),
            total: c.value.minor(),
        }
    }
}

impl PaymentView {
    pub fn of(p: &model::Payment, zone: &Zone) -> Result<Self> {
        let has_card = p.card_brand.is_some() || p.card_last4.is_some() || p.card_auth.is_some();
        Ok(Self {
            id: p.id.get(),
            tender_id: p.tender_id.get(),
            tender: p.tender_kind.clone(),
            name: p.tender.clone(),
            state: p.state.as_str(),
            amount: p.amount.minor(),
            tendered: p.tendered.minor(),
            change: p.change.minor(),
            tip: p.tip.minor(),
            tip_staff_id: p.tip_staff.map(|s| s.get()),
            rounding: p.rounding.minor(),
            excess: p.excess.minor(),
            refunded: p.refunded()?.minor(),
            corrects: p.corrects.map(|id| id.get()),
            corrected_by: p.corrected_by.map(|id| id.get()),
            staff_id: p.staff.map(|s| s.get()),
            device_id: p.device.map(|d| d.get()),
            drawer_id: p.drawer.map(|d| d.get()),
            business_date: p.date.to_string(),
            at: p.at.rfc3339(zone),
            reference: p.reference.clone(),
            client_ref: p.client_ref.clone(),
            account_id: p.account.map(|id| id.get()),
            card: has_card.then(|| CardView {
                brand: p.card_brand.clone(),
                last4: p.card_last4.clone(),
                auth_code: p.card_auth.clone(),
            }),
        })
    }
}
