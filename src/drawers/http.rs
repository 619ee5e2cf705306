//! `/drawers`.

mod view;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::model::{DENOMINATIONS_MAX, Denomination, EventKind, Owner, Shown, State};
use super::ops::{self, By, Move, NewDrawer};
use crate::error::{Faults, Refusal, Result};
use crate::journal;
use crate::kernel::clock::Clock;
use crate::kernel::ids::{DeviceId, DrawerEventId, DrawerId, StaffId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::text;
use crate::staff::model::Pin;
use crate::staff::{self, trying};
use crate::store::{PageRequest, Tx};
use crate::web::call::Call;
use crate::web::list::{self, Address};
use crate::web::{Actor, Query, Read, Reply, Write, WritePin, right};
use view::{BookedView, DrawerView, EventView, HandedOverView, WholeDrawerView, shown};

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(open_drawer)
        .service(all_drawers)
        .service(one_drawer)
        .service(paid_in)
        .service(paid_out)
        .service(drop_to_safe);
    cfg.service(tip_out)
        .service(no_sale)
        .service(count_drawer)
        .service(close_drawer)
        .service(hand_over)
        .service(reverse);
}

fn by(tx: &Tx<'_>, clock: &dyn Clock, actor: &Actor) -> Result<By> {
    let role = actor.role.ok_or(Refusal::TokenMissing)?;
    let stamp = journal::ops::stamp(tx, clock, Some(actor.device), actor.staff)?;
    Ok(By { stamp, role, approval: actor.approval.clone() })
}

fn drawer_id(id: i64) -> Result<DrawerId> {
    Ok(DrawerId::new(list::id(id)?))
}

// ── opening and seeing ───────────────────────────────────────────────────────

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OpenDrawerBody {
    /// `device`: a till's drawer; `staff`: the purse somebody carries.
    owner: String,
    /// The till one stands at unless told; somebody else's needs `edit_drawers`.
    device_id: Option<i64>,
    /// One's own unless told.
    staff_id: Option<i64>,
    /// What lies in it before anything is sold, minor units.
    float: i64,
}

impl OpenDrawerBody {
    fn parse(self) -> Result<NewDrawer> {
        let mut faults = Faults::new();
        let owner = faults.take("/owner", Owner::parse(&self.owner));
        let float = faults.take("/float", Money::parse_not_negative(self.float));
        let mut not_of = |pointer: &str, id: Option<i64>, wrong: Owner| {
            if id.is_some() && owner == Some(wrong) {
                faults.push(
                    pointer,
                    Invalid::new("conflict", "a drawer belongs to a device or to somebody, not to both"),
                );
            }
        };
        not_of("/device_id", self.device_id, Owner::Staff);
        not_of("/staff_id", self.staff_id, Owner::Device);
        let (owner, float) = faults.with(owner.zip(float))?;
        Ok(NewDrawer {
            owner,
            device: self.device_id.map(DeviceId::new),
            staff: self.staff_id.map(StaffId::new),
            float,
        })
    }
}

/// Opens the drawer of a till or somebody's purse. Cash goes into the purse of whoever takes it where they
/// carry one, else into the drawer of their till, else into none: no sale is refused for want of a drawer.
#[utoipa::path(tag = "drawers", request_body = OpenDrawerBody, responses((status = 201, body = DrawerView)))]
#[post("/api/v1/drawers")]
async fn open_drawer(write: Write<right::UseDrawers, OpenDrawerBody>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    let job = move |tx: &Tx<'_>, actor: &Actor| {
        let by = by(tx, clock.as_ref(), actor)?;
        let drawer = ops::open(tx, &by, &new)?;
        let shown = shown(drawer.state, by.role);
        Reply::created(&DrawerView::of(&drawer, shown, &by.stamp.calendar.zone)?)
    };
    write.call.commit(job).await
}

/// Filters and the page of drawers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct DrawersQuery {
    /// `open`, `closed` or `handed_over`.
    state: Option<String>,
    limit: Option<i64>,
    page: Option<i64>,
    cursor: Option<String>,
}

/// Drawers, newest first.
#[utoipa::path(tag = "drawers", params(DrawersQuery), responses((status = 200, body = [DrawerView])))]
#[get("/api/v1/drawers")]
async fn all_drawers(
    read: Read<right::SeeDrawers>,
    query: Query<DrawersQuery>,
    req: HttpRequest,
) -> Result<HttpResponse> {
    let (query, at) = (query.0, Address::of(&req));
    let mut faults = Faults::new();
    let state = query.state.as_deref().and_then(|word| faults.take("state", State::parse(word)));
    let request = PageRequest::gather(query.limit, query.page, query.cursor.as_deref(), &mut faults);
    let request = faults.with(request)?;
    let role = read.by.role.ok_or(Refusal::TokenMissing)?;
    read.reply(move |db| {
        let zone = journal::ops::calendar(db)?.zone;
        let page = ops::list(db, state, request)?;
        let views: Result<Vec<DrawerView>> =
            page.items.iter().map(|d| DrawerView::of(d, shown(d.state, role), &zone)).collect();
        let mut views = views?.into_iter();
        let page = page.map(|_| views.next());
        list::envelope(&page, request, &at)
    })
    .await
}

/// A drawer as it stands: its X, at any time; what it should hold, to who may see reports or once it is closed.
#[utoipa::path(tag = "drawers", params(("id" = i64, Path)), responses((status = 200, body = WholeDrawerView)))]
#[get("/api/v1/drawers/{id}")]
async fn one_drawer(read: Read<right::SeeDrawers>, id: Path<i64>) -> Result<HttpResponse> {
    let id = drawer_id(*id)?;
    let role = read.by.role.ok_or(Refusal::TokenMissing)?;
    read.reply(move |db| {
        let zone = journal::ops::calendar(db)?.zone;
        let drawer = ops::get(db, id)?;
        Ok(Reply::ok(&WholeDrawerView::read(db, &drawer, shown(drawer.state, role), &zone)?)?.hashed())
    })
    .await
}

// ── what people do ───────────────────────────────────────────────────────────

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CashBody {
    /// Minor units, above 0.
    amount: i64,
    /// Asked for, unless cash only goes to the safe.
    reason: Option<String>,
}

impl CashBody {
    fn parse(self, kind: EventKind) -> Result<Move> {
        let mut faults = Faults::new();
        let amount = faults.take("/amount", Money::parse_positive(self.amount));
        let reason = reason(self.reason.as_deref(), &mut faults);
        let amount = faults.with(amount)?;
        if kind != EventKind::Drop {
            given(reason.as_deref())?;
        }
        Ok(Move { kind, amount, for_staff: None, reason })
    }
}

fn reason(text: Option<&str>, faults: &mut Faults) -> Option<String> {
    text.and_then(|t| faults.take("/reason", text::optional_line(t, text::NAME_CHARS_MAX))).flatten()
}

fn given(reason: Option<&str>) -> Result<()> {
    if reason.is_none() { Err(Refusal::ReasonNeeded.into()) } else { Ok(()) }
}

async fn book(call: Call, id: i64, what: Move) -> Result<HttpResponse> {
    let (id, clock) = (drawer_id(id)?, call.house.clock.clone());
    let job = move |tx: &Tx<'_>, actor: &Actor| {
        let by = by(tx, clock.as_ref(), actor)?;
        booked(&by, ops::book(tx, &by, id, &what)?)
    };
    call.commit(job).await
}

fn booked(by: &By, (drawer, event): (super::model::Drawer, super::model::Event)) -> Result<Reply> {
    let zone = &by.stamp.calendar.zone;
    let drawer = DrawerView::of(&drawer, shown(drawer.state, by.role), zone)?;
    Reply::created(&BookedView { event: EventView::of(&event, zone), drawer })
}

/// Cash that is put in beside sales: change from the bank.
#[utoipa::path(tag = "drawers", params(("id" = i64, Path)), request_body = CashBody, responses((status = 201, body = BookedView)))]
#[post("/api/v1/drawers/{id}/paid-in")]
async fn paid_in(write: Write<right::UseDrawers, CashBody>, id: Path<i64>) -> Result<HttpResponse> {
    book(write.call, *id, write.body.parse(EventKind::PaidIn)?).await
}

/// Cash that is paid out of a drawer: the baker. On a drawer that is closed it is booked today, enters the
/// coming Z and moves what the drawer was over or short; that needs `edit_drawers`.
#[utoipa::path(tag = "drawers", params(("id" = i64, Path)), request_body = CashBody, responses((status = 201, body = BookedView)))]
#[post("/api/v1/drawers/{id}/paid-out")]
async fn paid_out(write: Write<right::UseDrawers, CashBody>, id: Path<i64>) -> Result<HttpResponse> {
    book(write.call, *id, write.body.parse(EventKind::PaidOut)?).await
}

/// Cash that goes to the safe.
#[utoipa::path(tag = "drawers", params(("id" = i64, Path)), request_body = CashBody, responses((status = 201, body = BookedView)))]
#[post("/api/v1/drawers/{id}/drop")]
async fn drop_to_safe(write: Write<right::UseDrawers, CashBody>, id: Path<i64>) -> Result<HttpResponse> {
    book(write.call, *id, write.body.parse(EventKind::Drop)?).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TipOutBody {
    /// Whose tips they are.
    staff_id: i64,
    amount: i64,
}

/// Tips handed out of a drawer to whom they belong; `/reports/tips` says what is still owed.
#[utoipa::path(tag = "drawers", params(("id" = i64, Path)), request_body = TipOutBody, responses((status = 201, body = BookedView)))]
#[post("/api/v1/drawers/{id}/tip-out")]
async fn tip_out(write: Write<right::UseDrawers, TipOutBody>, id: Path<i64>) -> Result<HttpResponse> {
    let mut faults = Faults::new();
    let amount = faults.take("/amount", Money::parse_positive(write.body.amount));
    let amount = faults.with(amount)?;
    let for_staff = Some(StaffId::new(write.body.staff_id));
    book(write.call, *id, Move { kind: EventKind::TipPaidOut, amount, for_staff, reason: None }).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoSaleBody {
    reason: Option<String>,
}

/// A drawer is opened without a sale.
#[utoipa::path(tag = "drawers", params(("id" = i64, Path)), request_body = NoSaleBody, responses((status = 201, body = BookedView)))]
#[post("/api/v1/drawers/{id}/no-sale")]
async fn no_sale(write: Write<right::OrApproved<right::NoSale>, NoSaleBody>, id: Path<i64>) -> Result<HttpResponse> {
    let mut faults = Faults::new();
    let reason = reason(write.body.reason.as_deref(), &mut faults);
    faults.finish()?;
    given(reason.as_deref())?;
    book(write.call, *id, Move { kind: EventKind::NoSale, amount: Money::ZERO, for_staff: None, reason }).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReverseBody {
    reason: Option<String>,
}

/// Takes back what was paid in or out by mistake, by an event that names it; both stay.
#[utoipa::path(tag = "drawers", params(("id" = i64, Path), ("event" = i64, Path)), request_body = ReverseBody, responses((status = 201, body = BookedView)))]
#[post("/api/v1/drawers/{id}/events/{event}/reverse")]
async fn reverse(write: Write<right::UseDrawers, ReverseBody>, path: Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, event) = path.into_inner();
    let (id, event) = (drawer_id(id)?, DrawerEventId::new(list::id(event)?));
    let mut faults = Faults::new();
    let reason = reason(write.body.reason.as_deref(), &mut faults);
    faults.finish()?;
    let clock = write.call.house.clock.clone();
    let job = move |tx: &Tx<'_>, actor: &Actor| {
        let by = by(tx, clock.as_ref(), actor)?;
        booked(&by, ops::reverse(tx, &by, id, event, reason.as_deref())?)
    };
    write.call.commit(job).await
}

// ── counting and closing ─────────────────────────────────────────────────────

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DenominationBody {
    /// Of one coin or note, minor units.
    value: i64,
    count: i64,
}

/// Each value once; nothing is an empty drawer.
fn pieces(denominations: &[DenominationBody], at: &str, faults: &mut Faults) -> Vec<Denomination> {
    if denominations.len() > DENOMINATIONS_MAX {
        faults.push(at, Invalid::range(format!("at most {DENOMINATIONS_MAX} kinds of coins and notes")));
        return Vec::new();
    }
    let mut pieces: Vec<Denomination> = Vec::with_capacity(denominations.len());
    for (place, body) in denominations.iter().enumerate() {
        let value = faults.take(format!("{at}/{place}/value"), Money::parse_positive(body.value));
        let count = faults.take(format!("{at}/{place}/count"), Denomination::count(body.count));
        let Some((value, count)) = value.zip(count) else { continue };
        if pieces.iter().any(|d| d.value == value) {
            faults.push(format!("{at}/{place}/value"), Invalid::new("duplicate", "each value once"));
        }
        pieces.push(Denomination { value, count });
    }
    pieces
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CountBody {
    denominations: Vec<DenominationBody>,
}

/// Counts a drawer, blind: what should be there is not answered. It may be counted again until it is closed.
#[utoipa::path(tag = "drawers", params(("id" = i64, Path)), request_body = CountBody, responses((status = 200, body = DrawerView)))]
#[post("/api/v1/drawers/{id}/count")]
async fn count_drawer(write: Write<right::UseDrawers, CountBody>, id: Path<i64>) -> Result<HttpResponse> {
    let id = drawer_id(*id)?;
    let mut faults = Faults::new();
    let pieces = pieces(&write.body.denominations, "/denominations", &mut faults);
    faults.finish()?;
    let clock = write.call.house.clock.clone();
    let job = move |tx: &Tx<'_>, actor: &Actor| {
        let by = by(tx, clock.as_ref(), actor)?;
        let drawer = ops::count(tx, &by, id, &pieces)?;
        Reply::ok(&DrawerView::of(&drawer, Shown::Blind, &by.stamp.calendar.zone)?)
    };
    write.call.commit(job).await
}

/// Closes a drawer by its last count, and says what should have been there.
#[utoipa::path(tag = "drawers", params(("id" = i64, Path)), responses((status = 200, body = WholeDrawerView)))]
#[post("/api/v1/drawers/{id}/close")]
async fn close_drawer(write: Write<right::UseDrawers>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, clock) = (drawer_id(*id)?, write.call.house.clock.clone());
    let job = move |tx: &Tx<'_>, actor: &Actor| {
        let by = by(tx, clock.as_ref(), actor)?;
        let drawer = ops::close(tx, &by, id)?;
        Reply::ok(&WholeDrawerView::read(tx, &drawer, Shown::All, &by.stamp.calendar.zone)?)
    };
    write.call.commit(job).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandoverBody {
    /// Who takes it over: a purse becomes theirs, a till's drawer stays the till's.
    to_staff_id: i64,
    /// Theirs: nobody owes what they did not take. Needless for who takes it over themselves.
    pin: Option<String>,
    /// What they counted; where the other counted too, both must have found the same.
    counts: Option<Vec<DenominationBody>>,
}

/// Hands a drawer over: it ends by its count, which is the float of the one that begins. The key does not cover the
/// PIN's digits.
#[utoipa::path(tag = "drawers", params(("id" = i64, Path)), request_body = HandoverBody, responses((status = 201, body = HandedOverView)))]
#[post("/api/v1/drawers/{id}/handover")]
async fn hand_over(sent: WritePin<right::UseDrawers, HandoverBody>, id: Path<i64>) -> Result<HttpResponse> {
    let Write { body, call, .. } = sent.0;
    let (id, to) = (drawer_id(*id)?, StaffId::new(body.to_staff_id));
    let mut faults = Faults::new();
    let typed = body.pin.and_then(|typed| faults.take("/pin", Pin::parse(&typed)));
    let pieces = body.counts.as_deref().map(|counts| pieces(counts, "/counts", &mut faults));
    faults.finish()?;
    let tried = match typed {
        Some(typed) => Some(trying::proved(&call.house, &call.by, to, typed).await?),
        None => None,
    };
    let clock = call.house.clock.clone();
    let job = move |tx: &Tx<'_>, actor: &Actor| {
        let by = by(tx, clock.as_ref(), actor)?;
        let zone = &by.stamp.calendar.zone;
        let taker = tried.as_ref().map(|tried| staff::ops::prove(tx, actor.device, tried)).transpose()?;
        let (from, to) = ops::hand_over(tx, &by, id, to, taker.map(|taker| taker.id), pieces.as_deref())?;
        let from = WholeDrawerView::read(tx, &from, Shown::All, zone)?;
        let to = DrawerView::of(&to, shown(to.state, by.role), zone)?;
        Reply::created(&HandedOverView { from, to })
    };
    call.commit(job).await
}
