//! `/orders`: opened, shown, listed, changed, sent, settled, voided.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, patch, post};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::lines::LineBody;
use super::view::OrderView;
use super::{change, order_id, seen, seen_if_said};
use crate::cache::{Filled, Key, Namespace, Tag};
use crate::error::{Fault, Faults, Result};
use crate::journal;
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{CheckId, ReasonId, StaffId, TableId};
use crate::kernel::invalid::Invalid;
use crate::kernel::service::Service;
use crate::kernel::text;
use crate::orders::list::{self, Filter, Listed};
use crate::orders::load;
use crate::orders::model::{Customer, Kind, State};
use crate::orders::ops::open::{NewOrder, Patch};
use crate::orders::ops::{Why, open, settle};
use crate::store::{Page, PageRequest, Snapshot};
use crate::web::body::{Tried, of_json, present};
use crate::web::list::{Address, envelope};
use crate::web::{Query, Read, Write, right};

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(open_order).service(list_orders).service(show_order).service(patch_order);
    cfg.service(close_order).service(void_order);
}

/// Guests an order has at most.
const GUESTS_MAX: i64 = 9999;
const PHONE_CHARS_MAX: usize = 40;
const ADDRESS_CHARS_MAX: usize = 300;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomerBody {
    name: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    vat_id: Option<String>,
}

impl CustomerBody {
    fn parse(&self, faults: &mut Faults) -> Customer {
        type Parse = fn(&str, usize) -> Result<Option<String>, Invalid>;
        let mut line = |field: &str, text: &Option<String>, max, parse: Parse| {
            let parsed = text.as_deref().map(|t| parse(t, max));
            parsed.and_then(|p| faults.take(format!("/customer/{field}"), p)).flatten()
        };
        Customer {
            name: line("name", &self.name, text::NAME_CHARS_MAX, text::optional_line),
            phone: line("phone", &self.phone, PHONE_CHARS_MAX, text::optional_code),
            address: line("address", &self.address, ADDRESS_CHARS_MAX, text::optional_line),
            vat_id: line("vat_id", &self.vat_id, PHONE_CHARS_MAX, text::optional_code),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOrderBody {
    /// `dine_in`, `takeaway` or `delivery`.
    kind: String,
    table_id: Option<i64>,
    /// Open it though the table already has an order.
    #[serde(default)]
    another: bool,
    tab_name: Option<String>,
    guests: Option<i64>,
    customer: Option<CustomerBody>,
    due_at: Option<String>,
    note: Option<String>,
    #[serde(default)]
    lines: Vec<LineBody>,
    /// The menu the terminal shows; a newer one is answered with the prices of now.
    menu_version: Option<i64>,
}

fn guests(value: i64) -> Result<u32, Invalid> {
    let in_range = u32::try_from(value).ok().filter(|_| value <= GUESTS_MAX);
    in_range.ok_or_else(|| Invalid::range(format!("guests are 0 to {GUESTS_MAX}")))
}

fn one_line(faults: &mut Faults, field: &str, value: Option<&String>) -> Option<String> {
    value.and_then(|text| faults.take(format!("/{field}"), text::optional_line(text, text::NAME_CHARS_MAX))).flatten()
}

impl NewOrderBody {
    fn parse(self) -> Result<NewOrder> {
        let mut faults = Faults::new();
        let kind = faults.take("/kind", Kind::parse(&self.kind));
        let guests = self.guests.and_then(|g| faults.take("/guests", guests(g)));
        let due_at = self.due_at.as_deref().and_then(|t| faults.take("/due_at", UtcMs::parse(t)));
        let note = self.note.as_deref().and_then(|t| faults.take("/note", text::note(t))).flatten();
        let tab_name = one_line(&mut faults, "tab_name", self.tab_name.as_ref());
        let customer = self.customer.map(|c| c.parse(&mut faults)).unwrap_or_default();
        let lines = super::lines::parse(self.lines, &mut faults);
        let new = kind.map(|kind| NewOrder {
            kind,
            table: self.table_id.map(TableId::new),
            another: self.another,
            tab_name,
            guests,
            customer,
            due_at,
            note,
            lines,
            menu_version: self.menu_version,
            source: None,
        });
        faults.with(new)
    }
}

#[utoipa::path(tag = "orders", request_body = NewOrderBody, responses((status = 201, body = OrderView)))]
#[post("/api/v1/orders")]
async fn open_order(write: Write<right::TakeOrders, NewOrderBody>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    change(write.call, 201, None, move |tx, by| open::open(tx, by, new)).await
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path)), responses((status = 200, body = OrderView)))]
#[get("/api/v1/orders/{id}")]
async fn show_order(read: Read<right::SeeOrders>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, now) = (order_id(*id), read.now());
    let key = Key::of(Namespace::Orders).part("one").part(id).key();
    read.cached(key, vec![Tag::Order(id.get()), Tag::Calendar], move |db| super::kept(db, id, now)).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct OrdersQuery {
    /// `open`, `paid` or `voided`.
    state: Option<String>,
    /// `dine_in`, `takeaway` or `delivery`; wants a range.
    kind: Option<String>,
    /// Short for the same `from` and `to`.
    business_date: Option<String>,
    from: Option<String>,
    to: Option<String>,
    /// Wants a range of at most 92 days.
    table_id: Option<i64>,
    /// Wants a range of at most 92 days.
    staff_id: Option<i64>,
    /// `checks`: whole orders.
    expand: Option<String>,
    /// Only these fields, separated by commas.
    fields: Option<String>,
    limit: Option<i64>,
    page: Option<i64>,
    cursor: Option<String>,
}

/// The names of an order's fields, in its order, that stand in a text like `id,total`.
fn fields(asked: &str) -> Result<Vec<&'static str>, Invalid> {
    let asked: Vec<&str> = asked.split(',').map(str::trim).collect();
    match asked.iter().find(|name| !OrderView::FIELDS.contains(name)) {
        Some(unknown) => Err(Invalid::new("unknown_value", format!("an order has no field {unknown:.40}"))),
        None => Ok(OrderView::FIELDS.iter().copied().filter(|name| asked.contains(name)).collect()),
    }
}

/// What a list is asked for.
struct Asked {
    filter: Filter,
    request: PageRequest,
    whole: bool,
    fields: Option<Vec<&'static str>>,
}

impl OrdersQuery {
    fn parse(&self) -> Result<Asked> {
        let mut faults = Faults::new();
        let mut date =
            |name: &str, text: &Option<String>| text.as_deref().and_then(|t| faults.take(name, BusinessDate::parse(t)));
        let (day, from, to) =
            (date("business_date", &self.business_date), date("from", &self.from), date("to", &self.to));
        let state = self.state.as_deref().and_then(|t| faults.take("state", State::parse(t)));
        let kind = self.kind.as_deref().and_then(|t| faults.take("kind", Kind::parse(t)));
        let whole = match self.expand.as_deref() {
            None => false,
            Some("checks") => true,
            Some(_) => {
                faults.push("expand", Invalid::new("unknown_value", "one of checks"));
                false
            }
        };
        let fields = self.fields.as_deref().and_then(|asked| faults.take("fields", fields(asked)));
        if day.is_some() && (from.is_some() || to.is_some()) {
            faults.push("business_date", Invalid::new("conflict", "give business_date, or from and to"));
        }
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            faults.push("to", Invalid::range("to is before from"));
        }
        let request = PageRequest::gather(self.limit, self.page, self.cursor.as_deref(), &mut faults);
        let request = faults.with(request)?;
        let filter = Filter {
            state,
            kind,
            from: day.or(from),
            to: day.or(to),
            table: self.table_id.map(TableId::new),
            staff: self.staff_id.map(StaffId::new),
        };
        Ok(Asked { filter, request, whole, fields })
    }
}

#[utoipa::path(tag = "orders", params(OrdersQuery), responses((status = 200, body = Vec<OrderView>)))]
#[get("/api/v1/orders")]
async fn list_orders(
    read: Read<right::SeeOrders>,
    query: Query<OrdersQuery>,
    req: HttpRequest,
) -> Result<HttpResponse> {
    let asked = query.0.parse()?;
    let (key, tags) = (asked.key(), asked.tags());
    let at = Address::keyed(req.path(), &key);
    read.polled(key, tags, move |db| listed(db, &asked, &at)).await
}

/// Days of a range whose orders are told apart; a longer one goes with any order.
const DAYS_APART_MAX: i32 = 31;

impl Asked {
    fn key(&self) -> Key {
        let f = &self.filter;
        let what = Key::of(Namespace::Orders).part("list");
        let what = what.set("state", f.state.map(State::as_str)).set("kind", f.kind.map(Kind::as_str));
        let what = what.set("from", f.from).set("to", f.to).set("table_id", f.table).set("staff_id", f.staff);
        let what = what.set("expand", self.whole.then_some("checks"));
        let fields = self.fields.as_ref().map(|fields| fields.join(","));
        crate::web::list::key(what.set("fields", fields), self.request)
    }

    /// Which orders can come in or go; those on the page are known once it is read.
    fn tags(&self) -> Vec<Tag> {
        // Times are shown in the restaurant's zone.
        let mut tags = vec![Tag::Calendar];
        match (self.filter.from, self.filter.to) {
            (Some(from), Some(to)) if to.since(from) < DAYS_APART_MAX => {
                tags.extend((from.days()..=to.days()).map(Tag::OrdersOf));
            }
            _ => tags.push(Tag::Orders),
        }
        tags
    }
}

fn listed(db: &Snapshot, asked: &Asked, at: &Address) -> Result<Filled> {
    let zone = journal::ops::calendar(db)?.zone;
    let page = list::page(db, &asked.filter, asked.request)?;
    let view = |l: Listed| match asked.whole {
        true => OrderView::of(&load::order(db, l.order.id)?, &zone),
        false => Ok(OrderView::listed(&l, &zone)),
    };
    let Page { items, total, next_cursor, has_more } = page;
    // The kitchen moves an order's revision without knowing its day.
    let more_tags = items.iter().map(|l| Tag::Order(l.order.id.get())).collect();
    let items: Vec<OrderView> = items.into_iter().map(view).collect::<Result<_>>()?;
    let reply = match &asked.fields {
        None => envelope(&Page { items, total, next_cursor, has_more }, asked.request, at),
        Some(fields) => {
            let items = items.iter().map(|order| picked(order, fields)).collect::<Result<_>>()?;
            envelope(&Page { items, total, next_cursor, has_more }, asked.request, at)
        }
    };
    Ok(Filled { more_tags, ..reply?.kept() })
}

/// Some fields of an order, in the order of the whole.
struct Picked(Vec<(&'static str, Value)>);

impl Serialize for Picked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn picked(order: &OrderView, fields: &[&'static str]) -> Result<Picked> {
    let whole = serde_json::to_value(order).map_err(|e| Fault::from_source("an order does not serialise", e))?;
    let field = |name: &&'static str| whole.get(name).map(|value| (*name, value.clone()));
    Ok(Picked(fields.iter().filter_map(field).collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchBody {
    guests: Option<i64>,
    /// `dine_in` or `takeaway`.
    service: Option<String>,
    /// Moves it; null takes it off its table.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    table_id: Option<Option<i64>>,
    #[serde(default)]
    another: bool,
    /// Hands it over.
    staff_id: Option<i64>,
    /// Whole; null takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<CustomerBody>)]
    customer: Option<Option<CustomerBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    due_at: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    note: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    tab_name: Option<Option<String>>,
}

impl PatchBody {
    fn parse(self) -> Result<Patch> {
        let mut faults = Faults::new();
        let guests = self.guests.and_then(|g| faults.take("/guests", guests(g)));
        let service = self.service.as_deref().and_then(|t| faults.take("/service", Service::parse(t)));
        let due_at = self.due_at.map(|at| at.and_then(|t| faults.take("/due_at", UtcMs::parse(&t))));
        let note = self.note.map(|n| n.and_then(|t| faults.take("/note", text::note(&t))).flatten());
        let tab_name = self.tab_name.map(|n| one_line(&mut faults, "tab_name", n.as_ref()));
        let customer = self.customer.map(|c| c.map(|c| c.parse(&mut faults)).unwrap_or_default());
        faults.finish()?;
        Ok(Patch {
            guests,
            service,
            table: self.table_id.map(|id| id.map(TableId::new)),
            another: self.another,
            staff: self.staff_id.map(StaffId::new),
            customer,
            due_at,
            note,
            tab_name,
        })
    }
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path)), request_body = PatchBody, responses((status = 200, body = OrderView)))]
#[patch("/api/v1/orders/{id}")]
async fn patch_order(write: Write<right::TakeOrders, PatchBody>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, patch, seen) = (order_id(*id), write.body.parse()?, seen_if_said(&write.call)?);
    change(write.call, 200, Some(id), move |tx, by| open::patch(tx, by, id, seen.as_ref(), patch)).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CloseBody {
    check_id: Option<i64>,
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path)), request_body = CloseBody, responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/close")]
async fn close_order(write: Write<right::TakePayment, CloseBody>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, check) = (order_id(*id), write.body.check_id.map(CheckId::new));
    change(write.call, 200, Some(id), move |tx, by| settle::close_check(tx, by, id, check)).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VoidOrderBody {
    reason: Option<String>,
    reason_id: Option<i64>,
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path)), request_body = VoidOrderBody, responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/void")]
async fn void_order(write: Write<right::VoidUnsent, VoidOrderBody>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, seen) = (order_id(*id), seen(&write.call)?);
    let mut faults = Faults::new();
    let why = why(write.body.reason_id, write.body.reason.as_deref(), &mut faults);
    faults.finish()?;
    change(write.call, 200, Some(id), move |tx, by| settle::void(tx, by, id, &seen, why)).await
}

/// The reason of a call, in words or from the list.
pub(super) fn why(reason_id: Option<i64>, reason: Option<&str>, faults: &mut Faults) -> Why {
    let reason = reason.and_then(|t| faults.take("/reason", text::optional_line(t, text::NAME_CHARS_MAX))).flatten();
    Why { reason_id: reason_id.map(ReasonId::new), reason, approved_by: None }
}

#[doc(hidden)]
pub(super) const TRIED: &[Tried] = &[
    |bytes| of_json::<NewOrderBody>(bytes).and_then(|body| body.parse()).is_ok(),
    |bytes| of_json::<PatchBody>(bytes).and_then(|body| body.parse()).is_ok(),
];
