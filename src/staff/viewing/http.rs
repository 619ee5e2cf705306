//! `/stats/sessions`.

use actix_web::{HttpRequest, HttpResponse, delete, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ops, tries};
use crate::error::{Faults, Refusal, Result};
use crate::journal;
use crate::kernel::text;
use crate::settings;
use crate::staff::model::Pin;
use crate::staff::pin;
use crate::store::Snapshot;
use crate::web::{Anyone, Read, Reply, guard, right};

pub(in crate::staff) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(sign_in).service(sign_out);
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ViewingSignIn {
    /// A name, whatever its capitals, or a staff number.
    staff: String,
    pin: String,
}

/// Somebody looking at the stats page.
#[derive(Serialize, ToSchema)]
struct ViewingView {
    /// Shown once; good for the statistics alone.
    token: String,
    staff: ViewerView,
    house: HouseView,
    expires_at: String,
}

/// Whose figures they are, and how its amounts are written.
#[derive(Serialize, ToSchema)]
struct HouseView {
    name: String,
    currency: String,
}

#[derive(Serialize, ToSchema)]
struct ViewerView {
    id: i64,
    name: String,
    role: &'static str,
}

/// For a browser anywhere on the LAN, without a terminal. An unknown name, a wrong PIN and somebody who
/// may not see statistics are one and the same answer.
#[utoipa::path(tag = "stats", request_body = ViewingSignIn, responses((status = 201, body = ViewingView)), security(()))]
#[post("/api/v1/stats/sessions")]
async fn sign_in(sent: Anyone<ViewingSignIn>) -> Result<HttpResponse> {
    let mut faults = Faults::new();
    let typed = faults.take("/staff", text::name(&sent.body.staff));
    let given = faults.take("/pin", Pin::parse(&sent.body.pin));
    let (typed, given) = faults.with(typed.zip(given))?;
    let typed = typed.to_lowercase();
    let (house, from) = (&sent.house, sent.address);
    let (now, name) = (house.clock.now(), typed.clone());
    // On a reader first: a flood of tries that have to wait costs the tills' writer nothing.
    let look = move |db: &Snapshot| {
        tries::may(db, &name, from, now)?;
        ops::candidate(db, &name)
    };
    let candidate = house.store.read(look).await?;
    let place = pin::GUESTS.enter()?;
    let name = typed.clone();
    house.store.write(move |tx| tries::begin(tx, &name, from, now)).await?;
    let right = pin::verify(given, candidate.as_ref().map(|meant| meant.pin_hash.clone()), place).await?;
    let Some(proven) = candidate.filter(|_| right) else {
        let from = from.map(|address| address.to_string()).unwrap_or_default();
        log::warn!("a sign-in to the stats page from {from} was refused");
        return Err(Refusal::PinWrong
            .because("That name and PIN are not right together, or may not see these figures.")
            .into());
    };
    let clock = house.clock.clone();
    let signed_in = house.store.write(move |tx| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), None, None)?;
        let zone = stamp.calendar.zone.clone();
        let ops::Viewing { token, staff, expires_at } = ops::sign_in(tx, stamp, &proven)?;
        tries::right(tx, &typed, from)?;
        let staff = ViewerView { id: staff.id.get(), name: staff.name, role: staff.role.as_str() };
        let site = settings::ops::current(tx)?;
        let house = HouseView { name: site.name, currency: site.currency.as_str().to_owned() };
        Reply::created(&ViewingView { token, staff, house, expires_at: expires_at.rfc3339(&zone) })
    });
    let reply = signed_in.await?;
    Ok(sent.answer(reply))
}

/// Ends the session whose token it is called with; that of a terminal stays.
#[utoipa::path(tag = "stats", responses((status = 204)))]
#[delete("/api/v1/stats/sessions/current")]
async fn sign_out(read: Read<right::SeeStats>, req: HttpRequest) -> Result<HttpResponse> {
    let hash = guard::token_of(req.headers()).ok_or(Refusal::TokenMissing)?;
    read.house.store.write(move |tx| ops::sign_out(tx, &hash)).await?;
    Ok(read.answer(Reply::none()))
}
