//! `/stations`, all but deleting one: what is cooked there only the menu knows, and it stands above.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::stamp;
use crate::cache::{Key, Namespace, Tag};
use crate::error::{Faults, Result};
use crate::floor::model::{self, Limits, NewStation, StationChange};
use crate::floor::ops;
use crate::kernel::ids::StationId;
use crate::kernel::invalid::Invalid;
use crate::store::Snapshot;
use crate::web::list::{self, ListQuery};
use crate::web::{Query, Read, Reply, Write, right};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(all).service(add).service(change);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStationBody {
    name: String,
    /// It prepares nothing and sees the tickets of all stations. Fixed from then on.
    #[serde(default)]
    expo: bool,
    /// Seconds after which a ticket that is not ready is late: 900 unless told, 0 for never.
    late_after_s: Option<i64>,
    /// Seconds within which a ticket is printed or bumped, else the terminal that sent it is told: 60 unless
    /// told, 0 for whenever.
    ack_within_s: Option<i64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StationPatch {
    name: Option<String>,
    /// `true` makes it the one that cooks what names no station.
    is_default: Option<bool>,
    /// For what is sent from now on.
    late_after_s: Option<i64>,
    /// For what is sent from now on.
    ack_within_s: Option<i64>,
}

impl NewStationBody {
    fn parse(self) -> Result<NewStation> {
        let expo = self.expo;
        let Self { name, late_after_s, ack_within_s, .. } = self;
        let edit = StationPatch { name: Some(name), is_default: None, late_after_s, ack_within_s }.parse()?;
        let usual = Limits::default();
        let limits = Limits {
            late_after_s: edit.late_after_s.unwrap_or(usual.late_after_s),
            ack_within_s: edit.ack_within_s.unwrap_or(usual.ack_within_s),
        };
        Ok(NewStation { name: edit.name.unwrap_or_default(), expo, limits })
    }
}

impl StationPatch {
    fn parse(&self) -> Result<StationChange> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|name| faults.take("/name", model::name(name)));
        if self.is_default == Some(false) {
            let detail = "there is always a default station; say true of another one";
            faults.push("/is_default", Invalid::new("conflict", detail));
        }
        let late_after_s = self.late_after_s.and_then(|s| faults.take("/late_after_s", model::late_after_s(s)));
        let ack_within_s = self.ack_within_s.and_then(|s| faults.take("/ack_within_s", model::ack_within_s(s)));
        faults.finish()?;
        Ok(StationChange { name, make_default: self.is_default.unwrap_or(false), late_after_s, ack_within_s })
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct StationView {
    id: i64,
    name: String,
    /// Cooks what names no station.
    is_default: bool,
    /// Prepares nothing and sees all.
    expo: bool,
    /// Seconds; 0 is never.
    late_after_s: i64,
    /// Seconds; 0 is whenever.
    ack_within_s: i64,
}

impl StationView {
    fn of(it: model::Station) -> Self {
        let Limits { late_after_s, ack_within_s } = it.limits;
        Self { id: it.id.get(), name: it.name, is_default: it.is_default, expo: it.expo, late_after_s, ack_within_s }
    }
}

/// Where the kitchen cooks; a kitchen screen picks its own from here.
#[utoipa::path(tag = "floor", params(ListQuery), responses((status = 200, body = [StationView])))]
#[get("/api/v1/stations")]
async fn all(read: Read<right::SeeTickets>, req: HttpRequest, query: Query<ListQuery>) -> Result<HttpResponse> {
    let key = Key::of(Namespace::Floor).part("stations");
    let read_all = |db: &Snapshot| Ok(ops::stations(db)?.into_iter().map(StationView::of).collect());
    read.cached_list(key, vec![Tag::Floor], query.0.parse()?, req.path(), read_all).await
}

#[utoipa::path(tag = "floor", request_body = NewStationBody, responses((status = 201, body = StationView)))]
#[post("/api/v1/stations")]
async fn add(write: Write<right::EditFloor, NewStationBody>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let station = ops::add_station(tx, &stamp(tx, clock.as_ref(), by)?, new)?;
            Ok(Reply::created(&StationView::of(station))?.hashed())
        })
        .await
}

#[utoipa::path(tag = "floor", request_body = StationPatch, responses((status = 200, body = StationView)))]
#[patch("/api/v1/stations/{id}")]
async fn change(write: Write<right::EditFloor, StationPatch>, id: Path<i64>) -> Result<HttpResponse> {
    let id = StationId::new(list::id(*id)?);
    let edit = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let station = ops::change_station(tx, &stamp(tx, clock.as_ref(), by)?, id, edit)?;
            Ok(Reply::ok(&StationView::of(station))?.hashed())
        })
        .await
}
