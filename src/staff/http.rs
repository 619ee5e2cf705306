//! `/staff`, `/sessions` and `/devices`.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Code, Device, NewStaff, Pin, Staff, StaffEdit, tip_share};
use super::{ops, pin, trying};
use crate::cache::{Key, Namespace, Tag};
use crate::error::{Faults, Refusal, Result};
use crate::journal;
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::ids::{DeviceId, StaffId};
use crate::kernel::money::Money;
use crate::kernel::permission::Role;
use crate::kernel::text;
use crate::store::{Snapshot, Tx};
use crate::web::body::present;
use crate::web::list::{self, Address, ListQuery};
use crate::web::{Actor, Anyone, Query, Read, Reply, Write, WritePin, right};

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(names).service(all_staff).service(add_staff).service(edit_staff).service(unlock);
    cfg.service(sign_in).service(sign_out);
    super::viewing::http::configure(cfg);
    cfg.service(pair).service(new_pairing_code).service(devices).service(revoke);
}

// ── staff ────────────────────────────────────────────────────────────────────

/// Somebody for the PIN pad.
#[derive(Debug, Serialize, ToSchema)]
struct NameView {
    id: i64,
    name: String,
}

/// Somebody who works here, or did.
#[derive(Debug, Serialize, ToSchema)]
struct StaffView {
    id: i64,
    name: String,
    role: &'static str,
    permissions: Vec<&'static str>,
    archived: bool,
    /// Minor units an hour; null: nobody said.
    hourly_wage: Option<i64>,
    /// What an hour of theirs weighs when tips are parted by shares; 100 is a full share.
    tip_share: i64,
}

impl StaffView {
    fn of(staff: Staff) -> Self {
        let Staff { id, name, role, archived, hourly_wage, tip_share } = staff;
        let permissions = role.permissions().map(|permission| permission.as_str()).collect();
        let hourly_wage = hourly_wage.map(Money::minor);
        Self { id: id.get(), name, role: role.as_str(), permissions, archived, hourly_wage, tip_share }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStaffBody {
    name: String,
    /// `owner`, `manager`, `cashier`, `waiter`, `kitchen` or `auditor`.
    role: String,
    /// 4 to 8 digits.
    pin: String,
}

impl NewStaffBody {
    fn parse(&self) -> Result<(String, Role, Pin)> {
        let mut faults = Faults::new();
        let name = faults.take("/name", text::name(&self.name));
        let role = faults.take("/role", Role::parse(&self.role));
        let pin = faults.take("/pin", Pin::parse(&self.pin));
        faults.with(name.zip(role).zip(pin).map(|((name, role), pin)| (name, role, pin)))
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditStaffBody {
    name: Option<String>,
    role: Option<String>,
    pin: Option<String>,
    /// Who has left keeps their name in history and can come back.
    archived: Option<bool>,
    /// Minor units an hour, from when they next come to work; null: nobody says.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    hourly_wage: Option<Option<i64>>,
    /// 0 to 1000; 100 is a full share.
    tip_share: Option<i64>,
}

impl EditStaffBody {
    fn parse(&self) -> Result<(StaffEdit, Option<Pin>)> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|name| faults.take("/name", text::name(name)));
        let role = self.role.as_deref().and_then(|role| faults.take("/role", Role::parse(role)));
        let pin = self.pin.as_deref().and_then(|pin| faults.take("/pin", Pin::parse(pin)));
        let wage = |wage: Option<i64>| wage.map(Money::parse_not_negative).transpose();
        let hourly_wage = self.hourly_wage.and_then(|said| faults.take("/hourly_wage", wage(said)));
        let tip_share = self.tip_share.and_then(|share| faults.take("/tip_share", tip_share(share)));
        faults.finish()?;
        Ok((StaffEdit { name, role, pin_hash: None, archived: self.archived, hourly_wage, tip_share }, pin))
    }
}

#[utoipa::path(tag = "staff", params(ListQuery), responses((status = 200, body = [NameView])))]
#[get("/api/v1/staff/names")]
async fn names(read: Read<right::AnyDevice>, query: Query<ListQuery>, req: HttpRequest) -> Result<HttpResponse> {
    let key = Key::of(Namespace::Staff).part("names");
    let names = |db: &Snapshot| {
        let names = ops::all_active(db)?.into_iter().map(|staff| NameView { id: staff.id.get(), name: staff.name });
        Ok(names.collect())
    };
    read.cached_list(key, vec![Tag::Staff], query.0.parse()?, req.path(), names).await
}

#[utoipa::path(tag = "staff", params(ListQuery), responses((status = 200, body = [StaffView])))]
#[get("/api/v1/staff")]
async fn all_staff(read: Read<right::SeeStaff>, query: Query<ListQuery>, req: HttpRequest) -> Result<HttpResponse> {
    let (request, at) = (query.0.parse()?, Address::of(&req));
    read.reply(move |db| list::short(ops::all(db)?.into_iter().map(StaffView::of).collect(), request, &at)).await
}

/// Hires somebody. The key does not cover the PIN's digits: with the same key, another PIN is the same request.
#[utoipa::path(tag = "staff", request_body = NewStaffBody, responses((status = 201, body = StaffView)))]
#[post("/api/v1/staff")]
async fn add_staff(sent: WritePin<right::EditStaff, NewStaffBody>) -> Result<HttpResponse> {
    let write = sent.0;
    let (name, role, new_pin) = write.body.parse()?;
    let new = NewStaff { name, role, pin_hash: pin::hash(new_pin).await? };
    let clock = write.call.house.clock.clone();
    let job = move |tx: &Tx<'_>, by: &Actor| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
        Ok(Reply::created(&StaffView::of(ops::add(tx, &stamp, role_of(by)?, new)?))?.hashed())
    };
    write.call.commit(job).await
}

/// Changes somebody. The key does not cover the PIN's digits: with the same key, another PIN is the same request.
#[utoipa::path(tag = "staff", request_body = EditStaffBody, responses((status = 200, body = StaffView)))]
#[patch("/api/v1/staff/{id}")]
async fn edit_staff(sent: WritePin<right::EditStaff, EditStaffBody>, id: Path<i64>) -> Result<HttpResponse> {
    let (write, id) = (sent.0, StaffId::new(list::id(*id)?));
    let (mut edit, new_pin) = write.body.parse()?;
    if let Some(new_pin) = new_pin {
        edit.pin_hash = Some(pin::hash(new_pin).await?);
    }
    let clock = write.call.house.clock.clone();
    let job = move |tx: &Tx<'_>, by: &Actor| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
        Ok(Reply::ok(&StaffView::of(ops::edit(tx, &stamp, role_of(by)?, id, &edit)?))?.hashed())
    };
    write.call.commit(job).await
}

/// Forgets somebody's wrong PINs, at every terminal and at the stats page: who had ten of them is locked out
/// until a manager says so.
#[utoipa::path(tag = "staff", responses((status = 200, body = StaffView)))]
#[post("/api/v1/staff/{id}/unlock")]
async fn unlock(write: Write<right::EditStaff>, id: Path<i64>) -> Result<HttpResponse> {
    let id = StaffId::new(list::id(*id)?);
    let clock = write.call.house.clock.clone();
    let job = move |tx: &Tx<'_>, by: &Actor| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
        Ok(Reply::ok(&StaffView::of(ops::unlock(tx, &stamp, id)?))?.hashed())
    };
    write.call.commit(job).await
}

/// The role of somebody whose right was checked: there is one.
fn role_of(by: &Actor) -> Result<Role> {
    Ok(by.role.ok_or(Refusal::Forbidden)?)
}

// ── sessions ─────────────────────────────────────────────────────────────────

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    staff_id: i64,
    pin: String,
}

/// Somebody signed in on this device.
#[derive(Serialize, ToSchema)]
struct SessionView {
    /// Shown once.
    token: String,
    staff: SignedIn,
    expires_at: String,
}

#[derive(Serialize, ToSchema)]
struct SignedIn {
    id: i64,
    name: String,
    role: &'static str,
}

impl SessionView {
    fn of(session: ops::Session, zone: &Zone) -> Self {
        let staff = session.staff;
        let staff = SignedIn { id: staff.id.get(), name: staff.name, role: staff.role.as_str() };
        Self { token: session.token, staff, expires_at: session.expires_at.rfc3339(zone) }
    }
}

/// A terminal signs staff in, by its own token or by that of whoever is signed in on it; an
/// integration has no pad to type on.
#[utoipa::path(tag = "staff", request_body = SignIn, responses((status = 201, body = SessionView)))]
#[post("/api/v1/sessions")]
async fn sign_in(read: Read<right::AnyDevice>, sent: Anyone<SignIn>) -> Result<HttpResponse> {
    if read.by.role.is_some() && read.by.session.is_none() {
        return Err(Refusal::Forbidden.because("An integration cannot sign staff in; pair a terminal.").into());
    }
    let mut faults = Faults::new();
    let typed = faults.take("/pin", Pin::parse(&sent.body.pin));
    let typed = faults.with(typed)?;
    let (house, by, staff) = (read.house.clone(), read.by.clone(), StaffId::new(sent.body.staff_id));
    let (tried, right) = trying::try_pin(&house, by.device, staff, typed).await?;
    let (auth, clock) = (house.auth.clone(), house.clock.clone());
    let signed_in = house.store.write(move |tx| {
        auth.still(tx, &by, clock.now())?;
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), None)?;
        if !right {
            ops::refuse_try(tx, &stamp, by.device, staff)?;
            return Ok(None);
        }
        let zone = stamp.calendar.zone.clone();
        Ok(Some(Reply::created(&SessionView::of(ops::sign_in(tx, stamp, by.device, &tried)?, &zone))?))
    });
    let reply = signed_in.await?.ok_or(Refusal::PinWrong)?;
    Ok(read.answer(reply))
}

#[utoipa::path(tag = "staff", responses((status = 204)))]
#[delete("/api/v1/sessions/current")]
async fn sign_out(write: Write<right::AnyDevice>) -> Result<HttpResponse> {
    let (Some(session), Some(staff)) = (write.by.session, write.by.staff) else {
        return Err(Refusal::NotFound.because("Nobody is signed in with this token.").into());
    };
    let clock = write.call.house.clock.clone();
    let job = move |tx: &Tx<'_>, by: &Actor| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
        ops::sign_out(tx, &stamp, session, staff).map(|()| Reply::none())
    };
    write.call.commit(job).await
}

// ── devices ──────────────────────────────────────────────────────────────────

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Pair {
    /// From `comanda pair` or the office; small letters, spaces and hyphens are forgiven.
    code: String,
    name: String,
}

/// A paired terminal.
#[derive(Serialize, ToSchema)]
struct PairedView {
    device_id: i64,
    /// Shown once.
    token: String,
}

/// A code for one terminal.
#[derive(Serialize, ToSchema)]
struct CodeView {
    code: String,
    expires_at: String,
}

/// A terminal, or an integration with a role of its own.
#[derive(Debug, Serialize, ToSchema)]
struct DeviceView {
    id: i64,
    name: String,
    /// `terminal` or `integration`.
    kind: &'static str,
    role: Option<&'static str>,
    paired_at: String,
    revoked_at: Option<String>,
}

impl DeviceView {
    fn of(device: Device, zone: &Zone) -> Self {
        let time = |at: UtcMs| at.rfc3339(zone);
        Self {
            id: device.id.get(),
            kind: device.kind(),
            role: device.role.map(Role::as_str),
            paired_at: time(device.paired_at),
            revoked_at: device.revoked_at.map(time),
            name: device.name,
        }
    }
}

#[utoipa::path(tag = "devices", request_body = Pair, responses((status = 201, body = PairedView)), security(()))]
#[post("/api/v1/devices/pair")]
async fn pair(sent: Anyone<Pair>) -> Result<HttpResponse> {
    let mut faults = Faults::new();
    let name = faults.take("/name", text::name(&sent.body.name));
    let code = faults.take("/code", Code::parse(&sent.body.code));
    let (name, code) = faults.with(name.zip(code))?;
    let clock = sent.house.clock.clone();
    let paired = sent.house.store.write(move |tx| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), None, None)?;
        ops::pair(tx, stamp, &code, name)
    });
    let paired = paired.await?;
    let reply = Reply::created(&PairedView { device_id: paired.device.id.get(), token: paired.token })?;
    Ok(sent.answer(reply))
}

/// A code that pairs one terminal. It is kept nowhere, not even for its key: asked again, there is another code.
#[utoipa::path(tag = "devices", responses((status = 201, body = CodeView)))]
#[post("/api/v1/devices/pairing-codes")]
async fn new_pairing_code(write: Write<right::EditDevices>) -> Result<HttpResponse> {
    let now = write.call.now();
    let job = move |tx: &Tx<'_>, _: &Actor| {
        let made = ops::new_pairing_code(tx, now)?;
        let expires_at = made.expires_at.rfc3339(&journal::ops::calendar(tx)?.zone);
        Reply::created(&CodeView { code: made.code.as_str().to_owned(), expires_at })
    };
    write.call.commit_unkept(job).await
}

#[utoipa::path(tag = "devices", params(ListQuery), responses((status = 200, body = [DeviceView])))]
#[get("/api/v1/devices")]
async fn devices(read: Read<right::SeeDevices>, query: Query<ListQuery>, req: HttpRequest) -> Result<HttpResponse> {
    let (request, at) = (query.0.parse()?, Address::of(&req));
    read.reply(move |db| {
        let zone = journal::ops::calendar(db)?.zone;
        list::short(ops::devices(db)?.into_iter().map(|d| DeviceView::of(d, &zone)).collect(), request, &at)
    })
    .await
}

#[utoipa::path(tag = "devices", responses((status = 204)))]
#[delete("/api/v1/devices/{id}")]
async fn revoke(write: Write<right::EditDevices>, id: Path<i64>) -> Result<HttpResponse> {
    let id = DeviceId::new(list::id(*id)?);
    let clock = write.call.house.clock.clone();
    let job = move |tx: &Tx<'_>, by: &Actor| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
        ops::revoke(tx, &stamp, id).map(|()| Reply::none())
    };
    write.call.commit(job).await
}
