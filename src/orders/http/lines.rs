//! `/orders/{id}/lines`: added, edited, voided, given away.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, patch, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::order::why;
use super::view::OrderView;
use super::{change, order_id, seen};
use crate::error::{Faults, Result};
use crate::kernel::ids::{CheckId, LineId, OptionId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::quantity::{Measure, Quantity};
use crate::kernel::service::Service;
use crate::kernel::text;
use crate::menu::model::{Chosen, ChosenPart, PARTS_MAX};
use crate::orders::ops::edit::{self, Edit};
use crate::orders::ops::lines::{self, NewLine, Void};
use crate::orders::ops::reprice;
use crate::web::body::{Tried, of_json, present};
use crate::web::right::OrApproved;
use crate::web::{Write, right};

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(add_lines).service(edit_line).service(void_line).service(comp_line).service(uncomp_line);
    cfg.service(price_line);
}

/// Lines one call brings at most.
const LINES_MAX: usize = 200;
const SEAT_MAX: i64 = 9999;
const COURSE_MAX: i64 = 99;
/// Times one option is chosen at most.
const OPTION_MAX: i64 = 99;
const MODIFIERS_MAX: usize = 50;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LineBody {
    variant_id: i64,
    /// 1 to 999.
    quantity: i64,
    /// Kilograms to three decimals, `"0.350"`, of one, for what is weighed.
    measure: Option<String>,
    /// Minor units, for what has an open price.
    unit_price: Option<i64>,
    /// `dine_in` or `takeaway`, where it differs from the order.
    service: Option<String>,
    seat: Option<i64>,
    course: Option<i64>,
    note: Option<String>,
    /// Kept from the kitchen until its course is sent.
    #[serde(default)]
    hold: bool,
    #[serde(default)]
    modifiers: Vec<ModifierBody>,
    /// Of a combo: what was chosen of it, and how its dishes are wanted.
    #[serde(default)]
    components: Vec<LineComponentBody>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ModifierBody {
    option_id: i64,
    quantity: Option<i64>,
    /// What is chosen in the groups that it opens.
    #[serde(default)]
    #[schema(no_recursion)]
    modifiers: Vec<ModifierBody>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LineComponentBody {
    /// The choice it is meant for; unless told, the first place where it fits.
    choice_id: Option<i64>,
    variant_id: i64,
    #[serde(default)]
    modifiers: Vec<ModifierBody>,
    /// For this dish; unless told, the line's.
    note: Option<String>,
}

fn seat(value: i64) -> Result<i64, Invalid> {
    if (1..=SEAT_MAX).contains(&value) { Ok(value) } else { Err(Invalid::range(format!("seats are 1 to {SEAT_MAX}"))) }
}

pub(super) fn course(value: i64) -> Result<i64, Invalid> {
    let in_range = (1..=COURSE_MAX).contains(&value);
    if in_range { Ok(value) } else { Err(Invalid::range(format!("courses are 1 to {COURSE_MAX}"))) }
}

/// What was chosen, nested as it came; `at` points to the list.
fn modifiers(bodies: Vec<ModifierBody>, at: &str, faults: &mut Faults) -> Vec<Chosen> {
    if bodies.len() > MODIFIERS_MAX {
        faults.push(at, Invalid::new("too_many", format!("at most {MODIFIERS_MAX} modifiers a line")));
        return Vec::new();
    }
    let mut chosen: Vec<Chosen> = Vec::with_capacity(bodies.len());
    for (place, body) in bodies.into_iter().enumerate() {
        let quantity = body.quantity.unwrap_or(1);
        if !(1..=OPTION_MAX).contains(&quantity) {
            faults.push(format!("{at}/{place}/quantity"), Invalid::range(format!("1 to {OPTION_MAX}")));
        }
        let nested = match body.modifiers.is_empty() {
            true => Vec::new(),
            false => modifiers(body.modifiers, &format!("{at}/{place}/modifiers"), faults),
        };
        chosen.push(Chosen { option: OptionId::new(body.option_id), quantity, nested });
    }
    chosen
}

fn components(bodies: Vec<LineComponentBody>, at: &str, faults: &mut Faults) -> Vec<ChosenPart> {
    if bodies.len() > PARTS_MAX {
        faults.push(at, Invalid::new("too_many", format!("at most {PARTS_MAX} components a line")));
        return Vec::new();
    }
    let mut component = |(place, body): (usize, LineComponentBody)| ChosenPart {
        choice: body.choice_id,
        variant: VariantId::new(body.variant_id),
        modifiers: modifiers(body.modifiers, &format!("{at}/{place}/modifiers"), faults),
        note: body.note.as_deref().and_then(|t| faults.take(format!("{at}/{place}/note"), text::note(t))).flatten(),
    };
    bodies.into_iter().enumerate().map(&mut component).collect()
}

/// Every line of a call; the faults of all at once.
pub(super) fn parse(bodies: Vec<LineBody>, faults: &mut Faults) -> Vec<NewLine> {
    if bodies.len() > LINES_MAX {
        faults.push("/lines", Invalid::new("too_many", format!("at most {LINES_MAX} lines a call")));
        return Vec::new();
    }
    bodies.into_iter().enumerate().filter_map(|(at, body)| body.parse(at, faults)).collect()
}

impl LineBody {
    fn parse(self, at: usize, faults: &mut Faults) -> Option<NewLine> {
        let quantity = faults.take(format!("/lines/{at}/quantity"), Quantity::parse(self.quantity));
        let measure =
            self.measure.as_deref().and_then(|t| faults.take(format!("/lines/{at}/measure"), Measure::parse(t)));
        let unit_price =
            self.unit_price.and_then(|p| faults.take(format!("/lines/{at}/unit_price"), Money::parse_not_negative(p)));
        let service =
            self.service.as_deref().and_then(|t| faults.take(format!("/lines/{at}/service"), Service::parse(t)));
        let seat = self.seat.and_then(|s| faults.take(format!("/lines/{at}/seat"), seat(s)));
        let course = self.course.and_then(|c| faults.take(format!("/lines/{at}/course"), course(c)));
        let note = self.note.as_deref().and_then(|t| faults.take(format!("/lines/{at}/note"), text::note(t))).flatten();
        let modifiers = modifiers(self.modifiers, &format!("/lines/{at}/modifiers"), faults);
        let components = match self.components.is_empty() {
            true => Vec::new(),
            false => components(self.components, &format!("/lines/{at}/components"), faults),
        };
        Some(NewLine {
            variant: VariantId::new(self.variant_id),
            quantity: quantity?,
            measure,
            unit_price,
            service,
            seat,
            course,
            note,
            hold: self.hold,
            modifiers,
            components,
            imported: false,
        })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddLinesBody {
    lines: Vec<LineBody>,
    check_id: Option<i64>,
    menu_version: Option<i64>,
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path)), request_body = AddLinesBody, responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/lines")]
async fn add_lines(write: Write<right::TakeOrders, AddLinesBody>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, body) = (order_id(*id), write.body);
    let mut faults = Faults::new();
    if body.lines.is_empty() {
        faults.push("/lines", Invalid::new("empty", "say at least one line"));
    }
    let new = parse(body.lines, &mut faults);
    faults.finish()?;
    let (check, menu_version) = (body.check_id.map(CheckId::new), body.menu_version);
    change(write.call, 200, Some(id), move |tx, by| lines::add(tx, by, id, check, new, menu_version)).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditLineBody {
    quantity: Option<i64>,
    modifiers: Option<Vec<ModifierBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    note: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    seat: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    course: Option<Option<i64>>,
}

impl EditLineBody {
    fn parse(self) -> Result<Edit> {
        let mut faults = Faults::new();
        let quantity = self.quantity.and_then(|q| faults.take("/quantity", Quantity::parse(q)));
        let modifiers = self.modifiers.map(|m| modifiers(m, "/modifiers", &mut faults));
        let note = self.note.map(|n| n.and_then(|t| faults.take("/note", text::note(&t))).flatten());
        let seat = self.seat.map(|s| s.and_then(|s| faults.take("/seat", seat(s))));
        let course = self.course.map(|c| c.and_then(|c| faults.take("/course", course(c))));
        faults.finish()?;
        Ok(Edit { quantity, modifiers, note, seat, course })
    }
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path), ("line" = i64, Path)), request_body = EditLineBody, responses((status = 200, body = OrderView)))]
#[patch("/api/v1/orders/{id}/lines/{line}")]
async fn edit_line(write: Write<right::TakeOrders, EditLineBody>, path: Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, line) = (order_id(path.0), LineId::new(path.1));
    let (edit, seen) = (write.body.parse()?, seen(&write.call)?);
    change(write.call, 200, Some(id), move |tx, by| edit::edit(tx, by, id, line, &seen, &edit)).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VoidLineBody {
    /// A part of it; all without.
    quantity: Option<i64>,
    reason_id: Option<i64>,
    reason: Option<String>,
    /// Cooked and thrown away.
    #[serde(default)]
    wasted: bool,
}

fn quantity(value: Option<i64>, faults: &mut Faults) -> Option<Quantity> {
    value.and_then(|q| faults.take("/quantity", Quantity::parse(q)))
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path), ("line" = i64, Path)), request_body = VoidLineBody, responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/lines/{line}/void")]
async fn void_line(write: Write<right::VoidUnsent, VoidLineBody>, path: Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, line, body) = (order_id(path.0), LineId::new(path.1), write.body);
    let mut faults = Faults::new();
    let void = Void {
        quantity: quantity(body.quantity, &mut faults),
        why: why(body.reason_id, body.reason.as_deref(), &mut faults),
        wasted: body.wasted,
    };
    faults.finish()?;
    let seen = seen(&write.call)?;
    change(write.call, 200, Some(id), move |tx, by| lines::void(tx, by, id, line, &seen, void)).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CompBody {
    /// A part of it; all without.
    quantity: Option<i64>,
    reason_id: Option<i64>,
    reason: Option<String>,
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path), ("line" = i64, Path)), request_body = CompBody, responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/lines/{line}/comp")]
async fn comp_line(write: Write<OrApproved<right::Comp>, CompBody>, path: Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, line) = (order_id(path.0), LineId::new(path.1));
    let mut faults = Faults::new();
    let quantity = quantity(write.body.quantity, &mut faults);
    let why = why(write.body.reason_id, write.body.reason.as_deref(), &mut faults);
    faults.finish()?;
    let seen = seen(&write.call)?;
    change(write.call, 200, Some(id), move |tx, by| lines::comp(tx, by, id, line, &seen, quantity, why)).await
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path), ("line" = i64, Path)), responses((status = 200, body = OrderView)))]
#[delete("/api/v1/orders/{id}/lines/{line}/comp")]
async fn uncomp_line(write: Write<OrApproved<right::Comp>>, path: Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, line, seen) = (order_id(path.0), LineId::new(path.1), seen(&write.call)?);
    change(write.call, 200, Some(id), move |tx, by| lines::uncomp(tx, by, id, line, &seen)).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PriceBody {
    /// Minor units, of one and without its modifiers.
    unit_price: i64,
    /// Of those for discounts.
    reason_id: Option<i64>,
    /// Once the check was billed, a lower price needs one.
    reason: Option<String>,
}

/// Another price on a line than the menu's, sent or not, listed at `/reports/price-overrides`.
#[utoipa::path(tag = "orders", params(("id" = i64, Path), ("line" = i64, Path)), request_body = PriceBody, responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/lines/{line}/price")]
async fn price_line(
    write: Write<OrApproved<right::PriceOverride>, PriceBody>,
    path: Path<(i64, i64)>,
) -> Result<HttpResponse> {
    let (id, line) = (order_id(path.0), LineId::new(path.1));
    let mut faults = Faults::new();
    let price = faults.take("/unit_price", Money::parse_not_negative(write.body.unit_price));
    let why = why(write.body.reason_id, write.body.reason.as_deref(), &mut faults);
    let price = faults.with(price)?;
    let seen = seen(&write.call)?;
    change(write.call, 200, Some(id), move |tx, by| reprice::set_price(tx, by, id, line, &seen, price, why)).await
}

#[doc(hidden)]
pub(super) const TRIED: &[Tried] = &[
    |bytes| {
        of_json::<AddLinesBody>(bytes).is_ok_and(|body| {
            let mut faults = Faults::new();
            parse(body.lines, &mut faults);
            faults.finish().is_ok()
        })
    },
    |bytes| of_json::<EditLineBody>(bytes).and_then(|body| body.parse()).is_ok(),
];
