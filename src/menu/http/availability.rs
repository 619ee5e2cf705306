//! What is 86 and what is counted down: small and quick, so that a countdown never re-sends the menu.

use std::sync::Arc;

use actix_web::web::Path;
use actix_web::{HttpResponse, get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{filled, stamp};
use crate::cache::{Filled, Namespace, Tag};
use crate::error::{Faults, Result};
use crate::journal;
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::ids::{ItemId, OptionId, VariantId};
use crate::menu::model::{NewStock, Stock, Subject, Until};
use crate::menu::ops;
use crate::store::Snapshot;
use crate::web::body::{Tried, of_json};
use crate::web::{Read, Ready, Reply, Write, list, right};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(all).service(of_variant).service(of_item).service(of_option);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAvailability {
    available: bool,
    /// Count down from here.
    remaining: Option<i64>,
    /// Until then it stays so: an RFC 3339 time, or `day_end`.
    until: Option<String>,
}

impl NewAvailability {
    fn parse(&self) -> Result<NewStock> {
        let mut faults = Faults::new();
        let until = match self.until.as_deref() {
            None => None,
            Some("day_end") => Some(Until::DayEnd),
            Some(text) => faults.take("/until", UtcMs::parse(text)).map(Until::At),
        };
        let stock = match NewStock::parse(self.available, self.remaining, until) {
            Ok(stock) => Some(stock),
            Err((pointer, invalid)) => {
                faults.push(pointer, invalid);
                None
            }
        };
        faults.with(stock)
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct AvailabilityView {
    id: i64,
    /// `item`, `variant` or `option`: whose id it is.
    kind: &'static str,
    available: bool,
    /// Portions left; null where nobody counts.
    remaining: Option<i64>,
    /// When there is plenty again; null: when somebody says so.
    until: Option<String>,
}

impl AvailabilityView {
    fn of(subject: Subject, stock: Stock, zone: &Zone) -> Self {
        Self {
            id: subject.id(),
            kind: subject.kind(),
            available: stock.available,
            remaining: stock.remaining,
            until: stock.until.map(|until| until.rfc3339(zone)),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct AvailabilityList {
    items: Vec<AvailabilityView>,
}

/// Its times are shown in the restaurant's zone.
pub const AVAILABILITY: Ready<right::SeeAvailability> =
    Ready::new("/api/v1/availability", Namespace::Availability, &[Tag::Availability, Tag::Calendar]);

/// All that is 86 or counted down, whole; there is plenty of everything else.
#[utoipa::path(tag = "menu", responses((status = 200, body = AvailabilityList), (status = 304)))]
#[get("/api/v1/availability")]
async fn all(read: Read<right::SeeAvailability>) -> Result<HttpResponse> {
    let clock = Arc::clone(&read.house.clock);
    read.ready(&AVAILABILITY, move |db| fill(db, clock.now())).await
}

fn fill(db: &Snapshot, now: UtcMs) -> Result<Filled> {
    let zone = journal::ops::calendar(db)?.zone;
    let stock = ops::all_stock(db, now)?;
    let until = stock.iter().filter_map(|(_, stock)| stock.until).min();
    let items = stock.into_iter().map(|(subject, stock)| AvailabilityView::of(subject, stock, &zone)).collect();
    filled(&AvailabilityList { items }, until)
}

#[utoipa::path(tag = "menu", request_body = NewAvailability, responses((status = 200, body = AvailabilityView)))]
#[put("/api/v1/variants/{id}/availability")]
async fn of_variant(write: Write<right::SetAvailability, NewAvailability>, id: Path<i64>) -> Result<HttpResponse> {
    set(write, Subject::Variant(VariantId::new(list::id(*id)?))).await
}

#[utoipa::path(tag = "menu", request_body = NewAvailability, responses((status = 200, body = AvailabilityView)))]
#[put("/api/v1/items/{id}/availability")]
async fn of_item(write: Write<right::SetAvailability, NewAvailability>, id: Path<i64>) -> Result<HttpResponse> {
    set(write, Subject::Item(ItemId::new(list::id(*id)?))).await
}

#[utoipa::path(tag = "menu", request_body = NewAvailability, responses((status = 200, body = AvailabilityView)))]
#[put("/api/v1/options/{id}/availability")]
async fn of_option(write: Write<right::SetAvailability, NewAvailability>, id: Path<i64>) -> Result<HttpResponse> {
    set(write, Subject::Option(OptionId::new(list::id(*id)?))).await
}

async fn set(write: Write<right::SetAvailability, NewAvailability>, subject: Subject) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let stamp = stamp(tx, clock.as_ref(), by)?;
            let stock = ops::set_stock(tx, &stamp, subject, new)?;
            Ok(Reply::ok(&AvailabilityView::of(subject, stock, &stamp.calendar.zone))?.hashed())
        })
        .await
}

#[doc(hidden)]
pub(super) const TRIED: &[Tried] = &[|bytes| of_json::<NewAvailability>(bytes).and_then(|body| body.parse()).is_ok()];
