//! `/time-clock`, and the reports it is kept for.

mod reports;
mod view;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, patch, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::model::{Act, BREAKS_MAX, Break, Edit, State};
use super::ops;
use crate::error::{Error, Extra, Faults, Refusal, Refused, Result};
use crate::journal;
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{StaffId, TimeEntryId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::permission::Permission;
use crate::kernel::text;
use crate::reports::model::Span;
use crate::staff::model::Pin;
use crate::staff::ops::Try;
use crate::staff::{self, trying};
use crate::store::Tx;
use crate::web::body::present;
use crate::web::call::Call;
use crate::web::list::{self, Address, ListQuery};
use crate::web::{Actor, Query, Read, Reply, Write, WritePin, guard, right};
use view::{EntryView, OnTheClockView, WholeEntryView};

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(clock_in).service(clock_out).service(begin_break).service(resume);
    cfg.service(on_the_clock).service(entries).service(entry).service(edit_entry);
    reports::configure(cfg);
}

// ── the clock ────────────────────────────────────────────────────────────────

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    /// Whoever is signed in, unless told. Somebody else's hours need their PIN, or `edit_time_clock`.
    staff_id: Option<i64>,
    pin: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BreakBody {
    staff_id: Option<i64>,
    pin: Option<String>,
    /// Paid breaks are given by whoever may `edit_time_clock`.
    #[serde(default)]
    paid: bool,
}

/// Whose hours they are, and how that is known.
enum Whose {
    /// Signed in, or said by somebody who may.
    Known(StaffId),
    /// By their PIN, which was right.
    Proved(Try),
}

async fn whose(call: &Call, staff_id: Option<i64>, typed: Option<String>) -> Result<Whose> {
    let by = &call.by;
    let mut faults = Faults::new();
    let typed = typed.and_then(|typed| faults.take("/pin", Pin::parse(&typed)));
    if staff_id.is_none() && (by.staff.is_none() || typed.is_some()) {
        faults.push("/staff_id", Invalid::new("required", "say whose hours they are"));
    }
    faults.finish()?;
    let Some(id) = staff_id.map(StaffId::new).or(by.staff) else { return Err(Refusal::TokenMissing.into()) };
    match typed {
        Some(typed) => Ok(Whose::Proved(trying::proved(&call.house, by, id, typed).await?)),
        None if Some(id) == by.staff => Ok(Whose::Known(id)),
        None => {
            guard::require(by, Permission::EditTimeClock)?;
            Ok(Whose::Known(id))
        }
    }
}

async fn clock(call: Call, whose: Whose, act: Act, paid: bool) -> Result<HttpResponse> {
    let clock = call.house.clock.clone();
    let job = move |tx: &Tx<'_>, by: &Actor| {
        let (who, as_whom, proved) = match &whose {
            Whose::Known(id) => (*id, by.staff, None),
            Whose::Proved(tried) => {
                let person = staff::ops::prove(tx, by.device, tried)?;
                (person.id, Some(person.id), Some(person.role))
            }
        };
        if paid && !proved.is_some_and(|role| role.may(Permission::EditTimeClock)) {
            // Nobody pays themselves for resting.
            guard::require_role(by.role.or(proved).ok_or(Refusal::TokenMissing)?, Permission::EditTimeClock)?;
        }
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), as_whom)?;
        let done = ops::clock(tx, &stamp, who, act, paid)?;
        let view = EntryView::of(&done, stamp.at, &stamp.calendar.zone)?;
        let status = if act == Act::In { 201 } else { 200 };
        Ok(Reply::new(status, &view)?.etag(done.entry.version.to_string()))
    };
    call.commit(job).await
}

/// Somebody comes to work. The key does not cover the PIN's digits.
#[utoipa::path(tag = "time clock", request_body = ClockBody, responses((status = 201, body = EntryView)))]
#[post("/api/v1/time-clock/in")]
async fn clock_in(sent: WritePin<right::AnyDevice, ClockBody>) -> Result<HttpResponse> {
    let Write { body, call, .. } = sent.0;
    let whose = whose(&call, body.staff_id, body.pin).await?;
    clock(call, whose, Act::In, false).await
}

/// Somebody goes home; a break they are on ends with it.
#[utoipa::path(tag = "time clock", request_body = ClockBody, responses((status = 200, body = EntryView)))]
#[post("/api/v1/time-clock/out")]
async fn clock_out(sent: WritePin<right::AnyDevice, ClockBody>) -> Result<HttpResponse> {
    let Write { body, call, .. } = sent.0;
    let whose = whose(&call, body.staff_id, body.pin).await?;
    clock(call, whose, Act::Out, false).await
}

/// A break begins, unpaid unless whoever may edit the time clock says otherwise.
#[utoipa::path(tag = "time clock", request_body = BreakBody, responses((status = 200, body = EntryView)))]
#[post("/api/v1/time-clock/break")]
async fn begin_break(sent: WritePin<right::AnyDevice, BreakBody>) -> Result<HttpResponse> {
    let Write { body, call, .. } = sent.0;
    let whose = whose(&call, body.staff_id, body.pin).await?;
    clock(call, whose, Act::Break, body.paid).await
}

/// A break ends.
#[utoipa::path(tag = "time clock", request_body = ClockBody, responses((status = 200, body = EntryView)))]
#[post("/api/v1/time-clock/resume")]
async fn resume(sent: WritePin<right::AnyDevice, ClockBody>) -> Result<HttpResponse> {
    let Write { body, call, .. } = sent.0;
    let whose = whose(&call, body.staff_id, body.pin).await?;
    clock(call, whose, Act::Resume, false).await
}

// ── seeing ───────────────────────────────────────────────────────────────────

/// Who is at work, for the PIN pad.
#[utoipa::path(tag = "time clock", params(ListQuery), responses((status = 200, body = [OnTheClockView])))]
#[get("/api/v1/time-clock/current")]
async fn on_the_clock(read: Read<right::AnyDevice>, query: Query<ListQuery>, req: HttpRequest) -> Result<HttpResponse> {
    let (request, at) = (query.0.parse()?, Address::of(&req));
    read.reply(move |db| {
        let zone = journal::ops::calendar(db)?.zone;
        list::short(ops::on_the_clock(db)?.iter().map(|e| OnTheClockView::of(e, &zone)).collect(), request, &at)
    })
    .await
}

/// Days a list of entries spans at most.
const DAYS_MAX: i32 = 92;

/// Inclusive business dates, each today where it is left out, at most 92 of them; and whose.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct EntriesQuery {
    from: Option<String>,
    to: Option<String>,
    staff_id: Option<i64>,
    /// `open`, `done` or `cancelled`.
    state: Option<String>,
    limit: Option<i64>,
    page: Option<i64>,
    cursor: Option<String>,
}

/// Entries, newest first, cancelled ones among them.
#[utoipa::path(tag = "time clock", params(EntriesQuery), responses((status = 200, body = [WholeEntryView])))]
#[get("/api/v1/time-clock")]
async fn entries(
    read: Read<right::SeeTimeClock>,
    query: Query<EntriesQuery>,
    req: HttpRequest,
) -> Result<HttpResponse> {
    let (query, at) = (query.0, Address::of(&req));
    let mut faults = Faults::new();
    let mut date = |name, text: Option<&str>| text.and_then(|t| faults.take(name, BusinessDate::parse(t)));
    let (from, to) = (date("from", query.from.as_deref()), date("to", query.to.as_deref()));
    let state = query.state.as_deref().and_then(|word| faults.take("state", State::parse(word)));
    faults.finish()?;
    let request = ListQuery { limit: query.limit, page: query.page, cursor: query.cursor }.parse()?;
    let (whose, clock) = (query.staff_id.map(StaffId::new), read.house.clock.clone());
    read.reply(move |db| {
        let stamp = journal::ops::stamp(db, clock.as_ref(), None, None)?;
        let span = Span::new(from.unwrap_or(stamp.date), to.unwrap_or(stamp.date));
        let span = span.map_err(|invalid| Refused::input("to", invalid))?;
        if span.to.since(span.from) >= DAYS_MAX {
            return Err(Refusal::RangeRequired.into());
        }
        let mut entries = ops::list(db, span)?;
        entries.retain(|e| whose.is_none_or(|id| id == e.entry.staff) && state.is_none_or(|s| s == e.entry.state));
        let views = entries.iter().map(|e| WholeEntryView::of(e, stamp.at, &stamp.calendar.zone));
        list::short(views.collect::<Result<Vec<_>>>()?, request, &at)
    })
    .await
}

/// One entry. Its ETag is what an edit has to have seen.
#[utoipa::path(tag = "time clock", params(("id" = i64, Path)), responses((status = 200, body = WholeEntryView)))]
#[get("/api/v1/time-clock/{id}")]
async fn entry(read: Read<right::SeeTimeClock>, id: Path<i64>) -> Result<HttpResponse> {
    let id = TimeEntryId::new(list::id(*id)?);
    let clock = read.house.clock.clone();
    read.reply(move |db| {
        let stamp = journal::ops::stamp(db, clock.as_ref(), None, None)?;
        let found = ops::get(db, id)?;
        let view = WholeEntryView::of(&found, stamp.at, &stamp.calendar.zone)?;
        // Of an entry that lasts the minutes move on by themselves.
        let etag = format!("{}.{}", found.entry.version, view.minutes());
        Ok(Reply::ok(&view)?.etag(etag))
    })
    .await
}

// ── setting right ────────────────────────────────────────────────────────────

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditEntryBody {
    /// RFC 3339. The entry belongs to the business date on which it begins.
    start: Option<String>,
    /// Null: they are still at work.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    end: Option<Option<String>>,
    /// All of them, in their order; at most 20.
    breaks: Option<Vec<EditBreakBody>>,
    /// Minor units an hour; null: nobody says.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    hourly_wage: Option<Option<i64>>,
    /// `cancelled`: it was made by mistake; it stays, and counts nowhere.
    state: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditBreakBody {
    start: String,
    /// Null while it lasts.
    end: Option<String>,
    #[serde(default)]
    paid: bool,
}

impl EditEntryBody {
    fn parse(self) -> Result<(Edit, String)> {
        let mut faults = Faults::new();
        let from = self.start.as_deref().and_then(|t| faults.take("/start", UtcMs::parse(t)));
        let to = |text: Option<&str>| text.map(UtcMs::parse).transpose();
        let to = self.end.as_ref().and_then(|said| faults.take("/end", to(said.as_deref())));
        let breaks = self.breaks.map(|breaks| parse_breaks(&breaks, &mut faults));
        let wage = |wage: Option<i64>| wage.map(Money::parse_not_negative).transpose();
        let hourly_wage = self.hourly_wage.and_then(|said| faults.take("/hourly_wage", wage(said)));
        let cancel = self.state.is_some();
        if self.state.as_deref().is_some_and(|word| word != State::Cancelled.as_str()) {
            faults.push("/state", Invalid::new("unknown_value", "only cancelled can be said"));
        }
        let reason = self.reason.as_deref();
        let reason =
            reason.and_then(|t| faults.take("/reason", text::optional_line(t, text::NAME_CHARS_MAX))).flatten();
        faults.finish()?;
        let reason = reason.ok_or(Refusal::ReasonNeeded)?;
        Ok((Edit { from, to, breaks, hourly_wage, cancel }, reason))
    }
}

fn parse_breaks(bodies: &[EditBreakBody], faults: &mut Faults) -> Vec<Break> {
    if bodies.len() > BREAKS_MAX {
        faults.push("/breaks", Invalid::range(format!("at most {BREAKS_MAX} breaks")));
        return Vec::new();
    }
    let mut breaks = Vec::with_capacity(bodies.len());
    for (place, body) in bodies.iter().enumerate() {
        let from = faults.take(format!("/breaks/{place}/start"), UtcMs::parse(&body.start));
        let to = body.end.as_deref().map(UtcMs::parse).transpose();
        let to = faults.take(format!("/breaks/{place}/end"), to);
        breaks.extend(from.zip(to).map(|(from, to)| Break { from, to, paid: body.paid }));
    }
    breaks
}

/// Whether an `If-Match` has seen that version.
fn seen(tags: &[String], version: i64) -> bool {
    let of = |tag: &String| tag.split('.').next().and_then(|v| v.parse::<i64>().ok());
    tags.iter().any(|tag| tag == "*" || of(tag) == Some(version))
}

/// Sets somebody's hours right, or cancels an entry made by mistake. The journal keeps what it was before
/// and after, and why.
#[utoipa::path(tag = "time clock", params(("id" = i64, Path), ("If-Match" = Option<String>, Header, description = "The entry's ETag.")), request_body = EditEntryBody, responses((status = 200, body = WholeEntryView)))]
#[patch("/api/v1/time-clock/{id}")]
async fn edit_entry(write: Write<right::EditTimeClock, EditEntryBody>, id: Path<i64>) -> Result<HttpResponse> {
    let id = TimeEntryId::new(list::id(*id)?);
    let (edit, reason) = write.body.parse()?;
    let tags = write.call.if_match().ok_or(Refusal::VersionMissing)?;
    let clock = write.call.house.clock.clone();
    let job = move |tx: &Tx<'_>, by: &Actor| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
        let zone = &stamp.calendar.zone;
        match ops::edit(tx, &stamp, id, |version| seen(&tags, version), &edit, &reason) {
            Ok(done) => {
                let view = WholeEntryView::of(&done, stamp.at, zone)?;
                Ok(Reply::ok(&view)?.etag(format!("{}.{}", done.entry.version, view.minutes())))
            }
            Err(Error::Refused(refused)) if refused.refusal == Refusal::Stale => {
                let current = Reply::ok(&WholeEntryView::of(&ops::get(tx, id)?, stamp.at, zone)?)?;
                let json = String::from_utf8(current.body).unwrap_or_default().into_boxed_str();
                Err(refused.with("current", Extra::Json(json)).into())
            }
            Err(error) => Err(error),
        }
    };
    write.call.commit(job).await
}
