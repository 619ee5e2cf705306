//! `/kitchen/all-day`: how many of each dish are still to be made, over all tickets.

use std::sync::Arc;

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::cache::{Key, Namespace, Tag};
use crate::error::Result;
use crate::journal;
use crate::kernel::day::Zone;
use crate::kernel::ids::StationId;
use crate::kernel::quantity::Quantity;
use crate::kitchen::model::ToMake;
use crate::kitchen::ops;
use crate::web::{Query, Read, Reply, right};

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(all_day);
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
struct AllDayQuery {
    /// All stations together unless told, and for an expo.
    station_id: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AllDayView {
    items: Vec<DishView>,
}

/// Dishes that are the same to a cook: notes stand on their tickets.
#[derive(Debug, Serialize, ToSchema)]
struct DishView {
    name: String,
    variant: String,
    modifiers: String,
    quantity: i64,
    oldest_sent_at: String,
}

impl DishView {
    fn of(dish: ToMake, zone: &Zone) -> Self {
        Self {
            name: dish.name,
            variant: dish.variant,
            modifiers: dish.modifiers,
            quantity: Quantity::from_thousandths(dish.quantity).whole(),
            oldest_sent_at: dish.oldest.rfc3339(zone),
        }
    }
}

/// What is still to be made of what was sent in the last twelve hours, less what was cancelled; the oldest first.
#[utoipa::path(tag = "kitchen", params(AllDayQuery), responses((status = 200, body = AllDayView)))]
#[get("/api/v1/kitchen/all-day")]
async fn all_day(read: Read<right::SeeTickets>, query: Query<AllDayQuery>) -> Result<HttpResponse> {
    let station = query.0.station_id.map(StationId::new);
    let key = Key::of(Namespace::Tickets).part("all-day").set("station_id", query.0.station_id).key();
    let clock = Arc::clone(&read.house.clock);
    read.polled(key, vec![Tag::Tickets, Tag::Calendar], move |db| {
        let zone = journal::ops::calendar(db)?.zone;
        let dishes = ops::to_make(db, clock.now(), ops::seen_by(db, station)?)?;
        let items = dishes.into_iter().map(|dish| DishView::of(dish, &zone)).collect();
        Ok(Reply::ok(&AllDayView { items })?.kept())
    })
    .await
}
