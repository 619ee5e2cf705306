//! `/tenders`, `/reasons` and `/discounts`.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{
    DiscountEdit, DiscountHow, Excess, ReadyDiscount, Reason, ReasonUse, Tender, TenderEdit, TenderKind,
    change_or_forfeit,
};
use super::ops;
use crate::cache::{Key, Namespace, Tag};
use crate::error::{Faults, Result};
use crate::journal::{self, Stamp};
use crate::kernel::ids::{DiscountId, ReasonId, TenderId};
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;
use crate::kernel::text;
use crate::store::{Snapshot, Tx};
use crate::web::call::Call;
use crate::web::list::{self, ListQuery};
use crate::web::{Query, Read, Reply, Write, right};

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(tenders).service(add_tender).service(edit_tender).service(archive_tender);
    cfg.service(reasons).service(add_reason).service(edit_reason).service(archive_reason);
    cfg.service(discounts).service(add_discount).service(edit_discount).service(archive_discount);
}

/// Commits `job` under its stamp.
async fn stamped(
    call: Call,
    job: impl FnOnce(&Tx<'_>, &Stamp) -> Result<Reply> + Send + 'static,
) -> Result<HttpResponse> {
    let clock = call.house.clock.clone();
    call.commit(move |tx, by| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
        // What was archived has no body, and so no tag.
        Ok(job(tx, &stamp)?.hashed())
    })
    .await
}

/// A page of one of the lists, from the cache.
async fn cached<T: Serialize>(
    read: Read<right::SeeLists>,
    what: &str,
    query: &ListQuery,
    req: &HttpRequest,
    read_all: impl FnOnce(&Snapshot) -> Result<Vec<T>> + Send + 'static,
) -> Result<HttpResponse> {
    let key = Key::of(Namespace::Lists).part(what);
    read.cached_list(key, vec![Tag::Lists], query.parse()?, req.path(), read_all).await
}

// ── tenders ──────────────────────────────────────────────────────────────────

/// A way to pay.
#[derive(Debug, Serialize, ToSchema)]
struct TenderView {
    id: i64,
    name: String,
    kind: &'static str,
    gives_change: bool,
    /// `forfeit` or `refuse`: what becomes of more than is due.
    excess: &'static str,
}

impl TenderView {
    fn of(t: Tender) -> Self {
        let Tender { id, name, kind, gives_change, excess } = t;
        Self { id: id.get(), name, kind: kind.as_str(), gives_change, excess: excess.as_str() }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTender {
    name: String,
    /// `cash`, `card`, `meal_voucher`, `gift_voucher`, `house_account`, `deposit`, `online`, `write_off` or `other`.
    kind: String,
    /// Unless told, only cash does.
    gives_change: Option<bool>,
    /// Unless told, meal vouchers forfeit and everything else refuses.
    excess: Option<String>,
}

impl NewTender {
    fn parse(self) -> Result<Tender<()>> {
        let mut faults = Faults::new();
        let name = faults.take("/name", text::name(&self.name));
        let kind = faults.take("/kind", TenderKind::parse(&self.kind));
        let excess = self.excess.and_then(|word| faults.take("/excess", Excess::parse(&word)));
        let tender = name.zip(kind).and_then(|(name, kind)| {
            let excess = excess.unwrap_or(kind.excess());
            let gives_change = self.gives_change.unwrap_or(kind.gives_change() && excess == Excess::Refuse);
            faults.take("/excess", change_or_forfeit(gives_change, excess))?;
            Some(Tender { id: (), name, kind, gives_change, excess })
        });
        faults.with(tender)
    }
}

/// The kind stays: payments were counted under it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditTender {
    name: Option<String>,
    gives_change: Option<bool>,
    excess: Option<String>,
}

impl EditTender {
    fn parse(self) -> Result<TenderEdit> {
        let mut faults = Faults::new();
        let name = self.name.and_then(|name| faults.take("/name", text::name(&name)));
        let excess = self.excess.and_then(|word| faults.take("/excess", Excess::parse(&word)));
        faults.finish()?;
        Ok(TenderEdit { name, gives_change: self.gives_change, excess })
    }
}

#[utoipa::path(tag = "settings", params(ListQuery), responses((status = 200, body = [TenderView])))]
#[get("/api/v1/tenders")]
async fn tenders(read: Read<right::SeeLists>, query: Query<ListQuery>, req: HttpRequest) -> Result<HttpResponse> {
    let read_all = |db: &Snapshot| Ok(ops::tenders(db)?.into_iter().map(TenderView::of).collect());
    cached(read, "tenders", &query.0, &req, read_all).await
}

#[utoipa::path(tag = "settings", request_body = NewTender, responses((status = 201, body = TenderView)))]
#[post("/api/v1/tenders")]
async fn add_tender(write: Write<right::EditLists, NewTender>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    stamped(write.call, move |tx, stamp| Reply::created(&TenderView::of(ops::add_tender(tx, stamp, new)?))).await
}

#[utoipa::path(tag = "settings", request_body = EditTender, responses((status = 200, body = TenderView)))]
#[patch("/api/v1/tenders/{id}")]
async fn edit_tender(write: Write<right::EditLists, EditTender>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, edit) = (TenderId::new(list::id(*id)?), write.body.parse()?);
    stamped(write.call, move |tx, stamp| Reply::ok(&TenderView::of(ops::edit_tender(tx, stamp, id, edit)?))).await
}

#[utoipa::path(tag = "settings", responses((status = 204)))]
#[delete("/api/v1/tenders/{id}")]
async fn archive_tender(write: Write<right::EditLists>, id: Path<i64>) -> Result<HttpResponse> {
    let id = TenderId::new(list::id(*id)?);
    stamped(write.call, move |tx, stamp| ops::archive_tender(tx, stamp, id).map(|()| Reply::none())).await
}

// ── reasons ──────────────────────────────────────────────────────────────────

/// Why something is taken off, given away, paid back or made cheaper.
#[derive(Debug, Serialize, ToSchema)]
struct ReasonView {
    id: i64,
    name: String,
    /// `void`, `comp`, `refund` or `discount`.
    used_for: &'static str,
}

impl ReasonView {
    fn of(r: Reason) -> Self {
        Self { id: r.id.get(), name: r.name, used_for: r.used_for.as_str() }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewReason {
    name: String,
    /// `void`, `comp`, `refund` or `discount`.
    used_for: String,
}

impl NewReason {
    fn parse(self) -> Result<Reason<()>> {
        let mut faults = Faults::new();
        let name = faults.take("/name", text::name(&self.name));
        let used_for = faults.take("/used_for", ReasonUse::parse(&self.used_for));
        faults.with(name.zip(used_for).map(|(name, used_for)| Reason { id: (), name, used_for }))
    }
}

/// What it is used for stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditReason {
    name: Option<String>,
}

impl EditReason {
    fn parse(self) -> Result<Option<String>> {
        let mut faults = Faults::new();
        let name = self.name.and_then(|name| faults.take("/name", text::name(&name)));
        faults.finish()?;
        Ok(name)
    }
}

#[utoipa::path(tag = "settings", params(ListQuery), responses((status = 200, body = [ReasonView])))]
#[get("/api/v1/reasons")]
async fn reasons(read: Read<right::SeeLists>, query: Query<ListQuery>, req: HttpRequest) -> Result<HttpResponse> {
    let read_all = |db: &Snapshot| Ok(ops::reasons(db)?.into_iter().map(ReasonView::of).collect());
    cached(read, "reasons", &query.0, &req, read_all).await
}

#[utoipa::path(tag = "settings", request_body = NewReason, responses((status = 201, body = ReasonView)))]
#[post("/api/v1/reasons")]
async fn add_reason(write: Write<right::EditLists, NewReason>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    stamped(write.call, move |tx, stamp| Reply::created(&ReasonView::of(ops::add_reason(tx, stamp, new)?))).await
}

#[utoipa::path(tag = "settings", request_body = EditReason, responses((status = 200, body = ReasonView)))]
#[patch("/api/v1/reasons/{id}")]
async fn edit_reason(write: Write<right::EditLists, EditReason>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, name) = (ReasonId::new(list::id(*id)?), write.body.parse()?);
    stamped(write.call, move |tx, stamp| Reply::ok(&ReasonView::of(ops::rename_reason(tx, stamp, id, name)?))).await
}

#[utoipa::path(tag = "settings", responses((status = 204)))]
#[delete("/api/v1/reasons/{id}")]
async fn archive_reason(write: Write<right::EditLists>, id: Path<i64>) -> Result<HttpResponse> {
    let id = ReasonId::new(list::id(*id)?);
    stamped(write.call, move |tx, stamp| ops::archive_reason(tx, stamp, id).map(|()| Reply::none())).await
}

// ── ready-made discounts ─────────────────────────────────────────────────────

/// A discount given often: exactly one of `percent` and `amount`.
#[derive(Debug, Serialize, ToSchema)]
struct DiscountView {
    id: i64,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    lowers_tax_base: bool,
}

impl DiscountView {
    fn of(d: ReadyDiscount) -> Self {
        let (percent, amount) = (d.how.percent().map(|rate| rate.to_string()), d.how.amount().map(Money::minor));
        Self { id: d.id.get(), name: d.name, percent, amount, lowers_tax_base: d.lowers_tax_base }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDiscount {
    name: String,
    percent: Option<String>,
    amount: Option<i64>,
    /// True unless told.
    lowers_tax_base: Option<bool>,
}

impl NewDiscount {
    fn parse(self) -> Result<ReadyDiscount<()>> {
        let mut faults = Faults::new();
        let name = faults.take("/name", text::name(&self.name));
        let how = match (self.percent.as_deref(), self.amount) {
            (None, None) => faults.take("/percent", DiscountHow::one_of(None, None)),
            (percent, amount) => how(&mut faults, percent, amount),
        };
        let lowers_tax_base = self.lowers_tax_base.unwrap_or(true);
        faults.with(name.zip(how).map(|(name, how)| ReadyDiscount { id: (), name, how, lowers_tax_base }))
    }
}

/// How much, where anything is said of it.
fn how(faults: &mut Faults, percent: Option<&str>, amount: Option<i64>) -> Option<DiscountHow> {
    match (percent, amount) {
        (None, None) => None,
        (Some(percent), None) => {
            let percent = Rate::parse_share(percent).and_then(|rate| DiscountHow::one_of(Some(rate), None));
            faults.take("/percent", percent)
        }
        (None, Some(amount)) => {
            let amount = Money::parse_positive(amount).and_then(|money| DiscountHow::one_of(None, Some(money)));
            faults.take("/amount", amount)
        }
        (Some(_), Some(_)) => faults.take("/amount", DiscountHow::one_of(None, None)),
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditDiscount {
    name: Option<String>,
    percent: Option<String>,
    amount: Option<i64>,
    lowers_tax_base: Option<bool>,
}

impl EditDiscount {
    fn parse(self) -> Result<DiscountEdit> {
        let mut faults = Faults::new();
        let name = self.name.and_then(|name| faults.take("/name", text::name(&name)));
        let how = how(&mut faults, self.percent.as_deref(), self.amount);
        faults.finish()?;
        Ok(DiscountEdit { name, how, lowers_tax_base: self.lowers_tax_base })
    }
}

#[utoipa::path(tag = "settings", params(ListQuery), responses((status = 200, body = [DiscountView])))]
#[get("/api/v1/discounts")]
async fn discounts(read: Read<right::SeeLists>, query: Query<ListQuery>, req: HttpRequest) -> Result<HttpResponse> {
    let read_all = |db: &Snapshot| Ok(ops::discounts(db)?.into_iter().map(DiscountView::of).collect());
    cached(read, "discounts", &query.0, &req, read_all).await
}

#[utoipa::path(tag = "settings", request_body = NewDiscount, responses((status = 201, body = DiscountView)))]
#[post("/api/v1/discounts")]
async fn add_discount(write: Write<right::EditLists, NewDiscount>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    stamped(write.call, move |tx, stamp| Reply::created(&DiscountView::of(ops::add_discount(tx, stamp, new)?))).await
}

#[utoipa::path(tag = "settings", request_body = EditDiscount, responses((status = 200, body = DiscountView)))]
#[patch("/api/v1/discounts/{id}")]
async fn edit_discount(write: Write<right::EditLists, EditDiscount>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, edit) = (DiscountId::new(list::id(*id)?), write.body.parse()?);
    stamped(write.call, move |tx, stamp| Reply::ok(&DiscountView::of(ops::edit_discount(tx, stamp, id, edit)?))).await
}

#[utoipa::path(tag = "settings", responses((status = 204)))]
#[delete("/api/v1/discounts/{id}")]
async fn archive_discount(write: Write<right::EditLists>, id: Path<i64>) -> Result<HttpResponse> {
    let id = DiscountId::new(list::id(*id)?);
    stamped(write.call, move |tx, stamp| ops::archive_discount(tx, stamp, id).map(|()| Reply::none())).await
}
