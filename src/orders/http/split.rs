//! One bill on several checks, lines and checks that move, orders that become one, and taking that back.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::OrderView;
use super::{change, order_id, seen};
use crate::error::{Faults, Result};
use crate::kernel::ids::{CheckId, LineId};
use crate::kernel::invalid::Invalid;
use crate::kernel::quantity::Quantity;
use crate::orders::model::parts::Share;
use crate::orders::ops::merge::{self, Merge};
use crate::orders::ops::moving::{self, Where};
use crate::orders::ops::split::{self, How};
use crate::orders::ops::undo;
use crate::orders::ops::{Piece, Take};
use crate::web::body::{Tried, of_json};
use crate::web::{Write, right};

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(new_check).service(split_check).service(move_line).service(move_check);
    cfg.service(join_check).service(merge_orders).service(undo_step);
}

/// Lines one call moves at most.
const LINES_MAX: usize = 200;
/// Checks one is split into at most.
const PARTS_MAX: i64 = 20;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PieceBody {
    line_id: i64,
    /// So many of it; all without.
    quantity: Option<i64>,
    /// This part of it, `"1/3"`; not with `quantity`.
    share: Option<String>,
}

fn piece(quantity: Option<i64>, share: Option<&str>, at: &str, faults: &mut Faults) -> Piece {
    let number = quantity.and_then(|q| faults.take(format!("{at}/quantity"), Quantity::parse(q)));
    let part = share.and_then(|text| faults.take(format!("{at}/share"), Share::parse(text)));
    if quantity.is_some() && share.is_some() {
        faults.push(format!("{at}/share"), Invalid::new("conflict", "give quantity or share, not both"));
    }
    match (number, part) {
        (Some(quantity), _) => Piece::Quantity(quantity),
        (None, Some(share)) => Piece::Share(share),
        (None, None) => Piece::All,
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCheckBody {
    lines: Vec<PieceBody>,
}

impl NewCheckBody {
    fn parse(&self) -> Result<Vec<Take>> {
        let mut faults = Faults::new();
        if self.lines.is_empty() || self.lines.len() > LINES_MAX {
            faults.push("/lines", Invalid::range(format!("1 to {LINES_MAX} lines")));
        }
        let mut takes = Vec::with_capacity(self.lines.len());
        for (place, line) in self.lines.iter().enumerate() {
            let at = format!("/lines/{place}");
            let piece = piece(line.quantity, line.share.as_deref(), &at, &mut faults);
            takes.push(Take { line: LineId::new(line.line_id), piece, pointer: format!("{at}/line_id") });
        }
        faults.with(Some(takes))
    }
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path)), request_body = NewCheckBody, responses((status = 201, body = OrderView)))]
#[post("/api/v1/orders/{id}/checks")]
async fn new_check(write: Write<right::TakeOrders, NewCheckBody>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, takes, seen) = (order_id(*id), write.body.parse()?, seen(&write.call)?);
    change(write.call, 201, Some(id), move |tx, by| split::onto_new(tx, by, id, &seen, &takes)).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SplitBody {
    /// `seat`: a check a seat.
    by: Option<String>,
    /// On so many checks, 2 to 20, every line a share on each; not with `by`.
    evenly: Option<i64>,
    check_id: Option<i64>,
}

impl SplitBody {
    fn parse(&self) -> Result<How> {
        let mut faults = Faults::new();
        let how = match (self.by.as_deref(), self.evenly) {
            (Some("seat"), None) => Some(How::BySeat),
            (None, Some(parts)) if (2..=PARTS_MAX).contains(&parts) => usize::try_from(parts).ok().map(How::Evenly),
            (None, Some(_)) => {
                faults.push("/evenly", Invalid::range(format!("on 2 to {PARTS_MAX} checks")));
                None
            }
            (Some(_), Some(_)) => {
                faults.push("/evenly", Invalid::new("conflict", "give by or evenly, not both"));
                None
            }
            (Some(_), None) => {
                faults.push("/by", Invalid::new("unknown_value", "one of seat"));
                None
            }
            (None, None) => {
                faults.push("/by", Invalid::new("required", "say by or evenly"));
                None
            }
        };
        faults.with(how)
    }
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path)), request_body = SplitBody, responses((status = 201, body = OrderView)))]
#[post("/api/v1/orders/{id}/split")]
async fn split_check(write: Write<right::TakeOrders, SplitBody>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, how, check) = (order_id(*id), write.body.parse()?, write.body.check_id.map(CheckId::new));
    let seen = seen(&write.call)?;
    change(write.call, 201, Some(id), move |tx, by| split::whole(tx, by, id, check, &seen, how)).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MoveLineBody {
    /// The check it goes to, of this order or of the one named.
    check_id: Option<i64>,
    /// Another order; of several checks there, `check_id` says which.
    order_id: Option<i64>,
    /// The other order's version as it was seen; compared where it is sent.
    order_version: Option<i64>,
    /// So many of it; all without.
    quantity: Option<i64>,
    /// This part of it, `"1/3"`; not with `quantity`.
    share: Option<String>,
}

impl MoveLineBody {
    fn parse(&self, line: i64) -> Result<(Take, Where)> {
        let mut faults = Faults::new();
        let piece = piece(self.quantity, self.share.as_deref(), "", &mut faults);
        let pointer = if self.share.is_some() { "/share" } else { "/quantity" };
        let take = Take { line: LineId::new(line), piece, pointer: pointer.to_owned() };
        let check = self.check_id.map(CheckId::new);
        let to = match (self.order_id, check) {
            (Some(order), check) => Some(Where::Order(order_id(order), check, self.order_version)),
            (None, Some(check)) => Some(Where::Check(check)),
            (None, None) => {
                faults.push("/check_id", Invalid::new("required", "say check_id or order_id"));
                None
            }
        };
        faults.with(to.map(|to| (take, to)))
    }
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path), ("line" = i64, Path)), request_body = MoveLineBody, responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/lines/{line}/move")]
async fn move_line(write: Write<right::TakeOrders, MoveLineBody>, path: Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, (take, to)) = (order_id(path.0), write.body.parse(path.1)?);
    let seen = seen(&write.call)?;
    change(write.call, 200, Some(id), move |tx, by| moving::line(tx, by, id, &seen, &take, to)).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MoveCheckBody {
    order_id: i64,
    /// The other order's version as it was seen; compared where it is sent.
    order_version: Option<i64>,
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path), ("check" = i64, Path)), request_body = MoveCheckBody, responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/checks/{check}/move")]
async fn move_check(write: Write<right::TakeOrders, MoveCheckBody>, path: Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, check, seen) = (order_id(path.0), CheckId::new(path.1), seen(&write.call)?);
    let (other, version) = (order_id(write.body.order_id), write.body.order_version);
    change(write.call, 200, Some(id), move |tx, by| moving::check(tx, by, id, check, &seen, other, version)).await
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path), ("check" = i64, Path)), responses((status = 200, body = OrderView)))]
#[delete("/api/v1/orders/{id}/checks/{check}")]
async fn join_check(write: Write<right::TakeOrders>, path: Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, check, seen) = (order_id(path.0), CheckId::new(path.1), seen(&write.call)?);
    change(write.call, 200, Some(id), move |tx, by| moving::join(tx, by, id, check, &seen)).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MergeBody {
    /// The order whose dishes and guests come; it ends.
    order_id: i64,
    /// Its version as it was seen; compared where it is sent.
    order_version: Option<i64>,
    /// Its checks stay checks of their own.
    #[serde(default)]
    keep_checks: bool,
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path)), request_body = MergeBody, responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/merge")]
async fn merge_orders(write: Write<right::TakeOrders, MergeBody>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, body, seen) = (order_id(*id), write.body, seen(&write.call)?);
    let asked = Merge { from: order_id(body.order_id), version: body.order_version, keep_checks: body.keep_checks };
    change(write.call, 200, Some(id), move |tx, by| merge::merge(tx, by, id, &seen, asked)).await
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path)), responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/undo")]
async fn undo_step(write: Write<right::TakeOrders>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, seen) = (order_id(*id), seen(&write.call)?);
    change(write.call, 200, Some(id), move |tx, by| undo::undo(tx, by, id, &seen)).await
}

#[doc(hidden)]
pub(super) const TRIED: &[Tried] = &[
    |bytes| of_json::<NewCheckBody>(bytes).and_then(|body| body.parse()).is_ok(),
    |bytes| of_json::<SplitBody>(bytes).and_then(|body| body.parse()).is_ok(),
];
