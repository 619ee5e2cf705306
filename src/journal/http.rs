//! `/journal`, the record itself, and `/events`, the live stream of it.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::clock::Jumped;
use super::events::{Hub, Kinds};
use super::model::Kind;
use super::ops::{self, Stamp};
use super::sql::Record;
use crate::error::{Fault, Faults, Refusal, Refused, Result};
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::invalid::Invalid;
use crate::store::PageRequest;
use crate::web::{Query, Read, Reply, Write, guard, right};

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(journal).service(events).service(clock).service(confirm_clock);
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
struct JournalQuery {
    /// The number of the last record seen; 0 or nothing for the first.
    after: Option<i64>,
    /// 1 to 100, 20 unless told.
    limit: Option<i64>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct JournalView {
    site_uuid: String,
    items: Vec<RecordView>,
    /// What to ask for next with `after`.
    next_after: Option<i64>,
    has_more: bool,
}

/// A record with all that its hash covers: `payload` is byte for byte as it was hashed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RecordView {
    seq: i64,
    epoch: i64,
    kind: String,
    at: String,
    at_utc_ms: i64,
    business_date: String,
    device_id: Option<i64>,
    staff_id: Option<i64>,
    subject: i64,
    version: i64,
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
    /// SHA-256, in hexadecimal digits; of the first record all zeros.
    prev_hash: String,
    hash: String,
}

impl RecordView {
    fn of(r: Record, zone: &Zone) -> Result<Self> {
        let payload = RawValue::from_string(r.payload)
            .map_err(|e| Fault::from_source(format!("the payload of journal record {} is no JSON", r.seq), e))?;
        Ok(Self {
            seq: r.seq,
            epoch: r.epoch,
            kind: r.kind,
            at: UtcMs::new(r.at_utc_ms).rfc3339(zone),
            at_utc_ms: r.at_utc_ms,
            business_date: r.business_date,
            device_id: r.device,
            staff_id: r.staff,
            subject: r.subject,
            version: r.version,
            payload,
            prev_hash: hex(&r.prev_hash),
            hash: hex(&r.hash),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The record itself, oldest first.
#[utoipa::path(tag = "journal", params(JournalQuery), responses((status = 200, body = JournalView)))]
#[get("/api/v1/journal")]
async fn journal(read: Read<right::SeeJournal>, query: Query<JournalQuery>) -> Result<HttpResponse> {
    let after = seq("after", query.0.after.unwrap_or(0))?;
    let size = PageRequest::parse(query.0.limit, None, None)?.size();
    read.reply(move |db| {
        let (site_uuid, _) = ops::identity(db)?;
        let zone = ops::calendar(db)?.zone;
        let mut records = ops::after(db, after, size + 1)?;
        let has_more = records.len() > size as usize;
        records.truncate(size as usize);
        let next_after = records.last().map(|r| r.seq);
        let items = records.into_iter().map(|r| RecordView::of(r, &zone)).collect::<Result<_>>()?;
        Reply::ok(&JournalView { site_uuid, items, next_after, has_more })
    })
    .await
}

fn seq(pointer: &str, value: i64) -> Result<i64> {
    let invalid = || Refused::input(pointer, Invalid::range("records are numbered from 1"));
    if value >= 0 { Ok(value) } else { Err(invalid().into()) }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    /// Kinds to hear of, separated by commas; all that one's role may know unless told.
    kinds: Option<String>,
    /// Where to resume, for whoever cannot send `Last-Event-ID`, which goes before it.
    after: Option<i64>,
}

/// Server-Sent Events of the journal: `{seq, kind, subject, version}`; after `reset`, read everything anew.
#[utoipa::path(tag = "journal", params(EventsQuery), responses((status = 200, body = String, content_type = "text/event-stream")))]
#[get("/api/v1/events")]
async fn events(
    read: Read<right::SeeEvents>,
    req: HttpRequest,
    query: Query<EventsQuery>,
    hub: Data<Hub>,
) -> Result<HttpResponse> {
    let kinds = kinds(query.0.kinds.as_deref())?;
    let after = resume_after(&req, query.0.after)?;
    let token = guard::token_of(req.headers()).ok_or(Refusal::TokenMissing)?;
    let stream = hub.listen(read.house.clone(), &read.by, token, kinds, after).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // A proxy that gathers before it passes on would keep events back.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream))
}

fn kinds(words: Option<&str>) -> Result<Kinds> {
    let Some(words) = words else { return Ok(Kinds::ALL) };
    let (mut kinds, mut faults) = (Kinds::NONE, Faults::new());
    for word in words.split(',') {
        let kind =
            Kind::parse(word.trim()).ok_or_else(|| Invalid::new("unknown_value", format!("there is no kind {word:?}")));
        if let Some(kind) = faults.take("kinds", kind) {
            kinds = kinds.with(kind);
        }
    }
    faults.finish()?;
    Ok(kinds)
}

fn resume_after(req: &HttpRequest, query: Option<i64>) -> Result<Option<i64>> {
    const HEADER: &str = "Last-Event-ID";
    let Some(header) = req.headers().get(HEADER) else { return query.map(|after| seq("after", after)).transpose() };
    let number = header.to_str().ok().and_then(|text| text.trim().parse().ok());
    let number = number.ok_or_else(|| Refused::input(HEADER, Invalid::format("the id of an event, a whole number")))?;
    seq(HEADER, number).map(Some)
}

/// How the clock stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct HouseClock {
    now: String,
    /// That of what is recorded now.
    business_date: String,
    /// The clock shows an earlier day: the journal's date goes on.
    behind: bool,
    /// What nobody has confirmed yet, at most a hundred.
    jumps: Vec<ClockJump>,
}

/// A jump of the clock between two records.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ClockJump {
    /// Of the first record after it.
    seq: i64,
    /// `behind`, or `ahead` by more than a day: it leapt, or the house was closed.
    direction: &'static str,
    from: String,
    to: String,
    /// Of the record that confirms it.
    confirmed_seq: Option<i64>,
}

impl ClockJump {
    fn of(jump: &Jumped, zone: &Zone) -> Self {
        let Jumped { seq, jump, from, to, confirmed } = jump;
        let (direction, from, to) = (jump.as_str(), from.rfc3339(zone), to.rfc3339(zone));
        Self { seq: *seq, direction, from, to, confirmed_seq: *confirmed }
    }
}

fn clock_view(stamp: &Stamp, jumps: &[Jumped]) -> HouseClock {
    let zone = &stamp.calendar.zone;
    HouseClock {
        now: stamp.at.rfc3339(zone),
        business_date: stamp.date.to_string(),
        behind: stamp.clock_behind,
        jumps: jumps.iter().map(|jump| ClockJump::of(jump, zone)).collect(),
    }
}

/// How the clock stands, and which of its jumps nobody has confirmed.
#[utoipa::path(tag = "journal", responses((status = 200, body = HouseClock)))]
#[get("/api/v1/clock")]
async fn clock(read: Read<right::SeeSettings>) -> Result<HttpResponse> {
    let now = std::sync::Arc::clone(&read.house.clock);
    read.reply(move |db| {
        let stamp = ops::stamp(db, now.as_ref(), None, None)?;
        Reply::ok(&clock_view(&stamp, &super::clock::unconfirmed(db)?))
    })
    .await
}

/// Nothing but that one looked.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmClock {}

/// Confirms that the clock is right as it stands, after it fell behind or leapt ahead; answers which jumps.
#[utoipa::path(tag = "journal", request_body = ConfirmClock, responses((status = 200, body = HouseClock)))]
#[post("/api/v1/clock/confirm")]
async fn confirm_clock(write: Write<right::EditSettings, ConfirmClock>) -> Result<HttpResponse> {
    let now = std::sync::Arc::clone(&write.call.house.clock);
    write
        .call
        .commit(move |tx, by| {
            let stamp = ops::stamp(tx, now.as_ref(), Some(by.device), by.staff)?;
            Reply::ok(&clock_view(&stamp, &super::clock::confirm(tx, &stamp)?))
        })
        .await
}
