//! The business day's wire structs and handlers.

use actix_web::http::header::ACCEPT;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::Pending;
use super::ops::{self, Closing};
use super::paper;
use super::record::{self, XBody, ZBody};
use super::sql::StoredZ;
use crate::cache::{Body, Filled, Key, Namespace, Tag};
use crate::error::{Extra, Fault, Faults, Refusal, Refused, Result};
use crate::journal;
use crate::kernel::day::{BusinessDate, Zone};
use crate::kernel::permission::Permission;
use crate::settings;
use crate::store::Snapshot;
use crate::web::list::{self, Address, ListQuery};
use crate::web::{Form, Query, Read, Reply, Write, right};

pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(business_day).service(close).service(z_reports).service(z_report);
}

/// Closes a business day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CloseDay {
    /// The running one unless told.
    business_date: Option<String>,
    /// Name what is open on the Z instead of refusing.
    #[serde(default)]
    carry_over: bool,
}

impl CloseDay {
    fn parse(self) -> Result<(Option<BusinessDate>, bool)> {
        let mut faults = Faults::new();
        let date = self.business_date.and_then(|text| faults.take("/business_date", BusinessDate::parse(&text)));
        faults.finish()?;
        Ok((date, self.carry_over))
    }
}

/// How it stands since the last Z: the X report.
#[utoipa::path(tag = "day", responses((status = 200, body = XBody)))]
#[get("/api/v1/business-day")]
async fn business_day(read: Read<right::SeeDay>) -> Result<HttpResponse> {
    let clock = std::sync::Arc::clone(&read.house.clock);
    // Whoever counts a drawer is not told what should be in it.
    let sees_reports = read.by.role.is_some_and(|role| role.may(Permission::SeeReports));
    let fill = move |db: &Snapshot| {
        let stamp = journal::ops::stamp(db, clock.as_ref(), None, None)?;
        let x = record::x_body(&ops::x_report(db, stamp.date)?, sees_reports, &stamp.calendar.zone)?;
        let json = serde_json::to_vec(&x).map_err(|e| Fault::from_source("an X does not serialise", e))?;
        // It names the day it is.
        let day_ends = stamp.calendar.end_of(stamp.date, stamp.at);
        Ok(Filled { until_ms: u64::try_from(day_ends.get()).ok(), ..Body::new(json).into() })
    };
    // Drawers and people are shown by the names they have now.
    let tags = vec![Tag::X, Tag::Drawers, Tag::TimeClock, Tag::Staff, Tag::Calendar];
    read.cached(
        Key::of(Namespace::Reports).part("business-day").part(if sees_reports { "all" } else { "blind" }).key(),
        tags,
        fill,
    )
    .await
}

/// Closes the day: writes its numbered Z.
#[utoipa::path(tag = "day", request_body = CloseDay, responses((status = 200, body = ZBody)))]
#[post("/api/v1/business-day/close")]
async fn close(write: Write<right::CloseDay, CloseDay>) -> Result<HttpResponse> {
    let (date, carry_over) = write.body.parse()?;
    let clock = std::sync::Arc::clone(&write.call.house.clock);
    write
        .call
        .commit(move |tx, by| {
            let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
            match ops::close(tx, &stamp, date, carry_over)? {
                Closing::Closed(z) => Ok(stored(ops::z_report(tx, z.number)?)),
                Closing::Pending(pending) => Err(refuse(&pending, &stamp.calendar.zone)?.into()),
            }
        })
        .await
}

/// Z reports, newest first.
#[utoipa::path(tag = "day", params(ListQuery), responses((status = 200, body = Vec<ZBody>)))]
#[get("/api/v1/z-reports")]
async fn z_reports(read: Read<right::SeeDay>, query: Query<ListQuery>, req: HttpRequest) -> Result<HttpResponse> {
    let (request, at) = (query.0.parse()?, Address::of(&req));
    read.reply(move |db| {
        let page = ops::z_reports(db, request)?.map(|z| RawValue::from_string(z.body).unwrap_or_default());
        list::envelope(&page, request, &at)
    })
    .await
}

/// One Z, as it was made; to be printed with `Accept: text/plain`, in 42 columns.
#[utoipa::path(
    tag = "day",
    params(("number" = i64, Path)),
    responses((status = 200, content((ZBody = "application/json"), (String = "text/plain"))))
)]
#[get("/api/v1/z-reports/{number}")]
async fn z_report(read: Read<right::SeeDay>, number: Path<i64>, req: HttpRequest) -> Result<HttpResponse> {
    let number = list::id(number.into_inner())?;
    let form = Form::of(req.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()));
    read.reply(move |db| {
        let z = ops::z_report(db, number)?;
        let reply = match form {
            Form::Text => {
                let printed = paper::print(&z.body, &settings::ops::current(db)?)?;
                Reply::raw(200, printed.into_bytes(), form.content_type()).hashed()
            }
            Form::Json | Form::Html => stored(z),
        };
        Ok(reply.by_accept())
    })
    .await
}

fn stored(z: StoredZ) -> Reply {
    let etag = format!("z{}.{}", z.number, z.closed_at_ms);
    Reply::raw(200, z.body.into_bytes(), "application/json").etag(etag)
}

/// 409, naming every order, payment and drawer that is open.
fn refuse(pending: &Pending, zone: &Zone) -> Result<Refused> {
    let (orders, payments) = (record::orders(&pending.orders, zone), record::payments(&pending.payments));
    let drawers = record::open_drawers(&pending.drawers, zone);
    let refusal = match (orders.as_slice(), payments.as_slice()) {
        ([], []) => Refusal::DrawersOpen,
        ([], _) => Refusal::PaymentUnresolved,
        _ => Refusal::OrdersOpen,
    };
    let counts = (orders.len(), payments.len(), drawers.len());
    let why = format!("{} open orders, {} unresolved payments, {} open drawers.", counts.0, counts.1, counts.2);
    let refused = refusal.because(why).with("orders", json(&orders)?).with("payments", json(&payments)?);
    Ok(refused.with("drawers", json(&drawers)?))
}

fn json(value: &impl Serialize) -> Result<Extra> {
    let text = serde_json::to_string(value).map_err(|e| Fault::from_source("an answer does not serialise", e))?;
    Ok(Extra::Json(text.into()))
}
