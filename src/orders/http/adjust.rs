//! Discounts and service charges of an order.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::order::why;
use super::view::OrderView;
use super::{change, order_id, seen};
use crate::error::{Faults, Result};
use crate::kernel::ids::{CategoryId, CheckId, DiscountId, LineId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;
use crate::kernel::text;
use crate::orders::model::{AppliesTo, Off};
use crate::orders::ops::adjust::{self, NewDiscount};
use crate::web::body::{Tried, of_json};
use crate::web::right::OrApproved;
use crate::web::{Write, right};

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(give_discount).service(take_discount).service(take_charge);
}

/// Categories or lines a discount names at most.
const TARGETS_MAX: usize = 200;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GiveDiscountBody {
    /// Left out: the ready-made one's.
    name: Option<String>,
    /// Exact to four decimals, above 0 and at most 100; not with `amount`.
    percent: Option<String>,
    /// Minor units, above 0.
    amount: Option<i64>,
    check_id: Option<i64>,
    line_id: Option<i64>,
    applies_to: Option<AppliesToBody>,
    discount_id: Option<i64>,
    reason_id: Option<i64>,
    reason: Option<String>,
    lowers_tax_base: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AppliesToBody {
    category_ids: Option<Vec<i64>>,
    line_ids: Option<Vec<i64>>,
}

fn percent(text: &str) -> Result<Rate, Invalid> {
    let rate = Rate::parse_share(text)?;
    if rate.is_zero() { Err(Invalid::range("a discount is above 0 and at most 100 percent")) } else { Ok(rate) }
}

impl GiveDiscountBody {
    fn parse(self) -> Result<NewDiscount> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|t| faults.take("/name", text::name(t)));
        let percent = self.percent.as_deref().and_then(|t| faults.take("/percent", percent(t)));
        let amount = self.amount.and_then(|a| faults.take("/amount", Money::parse_positive(a)));
        if self.percent.is_some() && self.amount.is_some() {
            faults.push("/amount", Invalid::new("conflict", "give percent or amount, not both"));
        }
        let applies_to = applies_to(self.line_id, self.applies_to, &mut faults);
        let why = why(self.reason_id, self.reason.as_deref(), &mut faults);
        faults.finish()?;
        Ok(NewDiscount {
            name,
            off: percent.map(Off::Percent).or(amount.map(Off::Amount)),
            check: self.check_id.map(CheckId::new),
            applies_to,
            discount_id: self.discount_id.map(DiscountId::new),
            lowers_tax_base: self.lowers_tax_base,
            why,
        })
    }
}

fn applies_to(line: Option<i64>, body: Option<AppliesToBody>, faults: &mut Faults) -> AppliesTo {
    let mut targets = |name: &str, ids: &[i64]| {
        if ids.is_empty() || ids.len() > TARGETS_MAX {
            faults.push(format!("/applies_to/{name}"), Invalid::range(format!("1 to {TARGETS_MAX} ids")));
        }
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let several = |faults: &mut Faults| {
        let why = Invalid::new("conflict", "give one of line_id, category_ids and line_ids");
        faults.push("/applies_to", why);
        AppliesTo::Check
    };
    match (line, body) {
        (None, None) => AppliesTo::Check,
        (Some(line), None) => AppliesTo::Line(LineId::new(line)),
        (None, Some(AppliesToBody { category_ids: Some(ids), line_ids: None })) => {
            AppliesTo::Categories(targets("category_ids", &ids).into_iter().map(CategoryId::new).collect())
        }
        (None, Some(AppliesToBody { category_ids: None, line_ids: Some(ids) })) => {
            AppliesTo::Lines(targets("line_ids", &ids).into_iter().map(LineId::new).collect())
        }
        (_, Some(_)) => several(faults),
    }
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path)), request_body = GiveDiscountBody, responses((status = 201, body = OrderView)))]
#[post("/api/v1/orders/{id}/discounts")]
async fn give_discount(
    write: Write<OrApproved<right::Discount>, GiveDiscountBody>,
    id: Path<i64>,
) -> Result<HttpResponse> {
    let (id, new, seen) = (order_id(*id), write.body.parse()?, seen(&write.call)?);
    change(write.call, 201, Some(id), move |tx, by| adjust::discount(tx, by, id, &seen, new)).await
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path), ("discount" = i64, Path)), responses((status = 200, body = OrderView)))]
#[delete("/api/v1/orders/{id}/discounts/{discount}")]
async fn take_discount(write: Write<OrApproved<right::Discount>>, path: Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, discount, seen) = (order_id(path.0), path.1, seen(&write.call)?);
    change(write.call, 200, Some(id), move |tx, by| adjust::remove_discount(tx, by, id, discount, &seen)).await
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path), ("charge" = i64, Path)), responses((status = 200, body = OrderView)))]
#[delete("/api/v1/orders/{id}/service-charges/{charge}")]
async fn take_charge(write: Write<OrApproved<right::Discount>>, path: Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, charge, seen) = (order_id(path.0), path.1, seen(&write.call)?);
    change(write.call, 200, Some(id), move |tx, by| adjust::remove_charge(tx, by, id, charge, &seen)).await
}

#[doc(hidden)]
pub(super) const TRIED: &[Tried] = &[|bytes| of_json::<GiveDiscountBody>(bytes).and_then(|body| body.parse()).is_ok()];
