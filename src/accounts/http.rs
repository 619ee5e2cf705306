//! `/accounts` and `/vouchers`: opened, changed, looked for, shown. Money comes and goes through orders and
//! payments.

mod report;
pub mod view;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, patch, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::model::{self, AccountKind, Code, Contact, Edit, NewAccount};
use super::ops::{self, Filter};
use crate::error::{Faults, Refusal, Refused, Result};
use crate::journal;
use crate::kernel::day::BusinessDate;
use crate::kernel::ids::AccountId;
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::text;
use crate::store::{PageRequest, Snapshot};
use crate::web::body::present;
use crate::web::call::Call;
use crate::web::list::{self, Address};
use crate::web::{Query, Read, Reply, Write, right};
use view::{AccountStatement, AccountView};

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(accounts).service(open).service(show).service(change).service(statement).service(voucher);
    cfg.service(report::report);
}

const PHONE_CHARS_MAX: usize = 40;
const ADDRESS_CHARS_MAX: usize = 300;

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountCustomer {
    name: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    vat_id: Option<String>,
}

impl AccountCustomer {
    fn parse(&self, faults: &mut Faults) -> Contact {
        type Parse = fn(&str, usize) -> Result<Option<String>, Invalid>;
        let mut line = |field: &str, text: &Option<String>, max, parse: Parse| {
            let parsed = text.as_deref().map(|text| parse(text, max));
            parsed.and_then(|parsed| faults.take(format!("/customer/{field}"), parsed)).flatten()
        };
        Contact {
            name: line("name", &self.name, text::NAME_CHARS_MAX, text::optional_line),
            phone: line("phone", &self.phone, PHONE_CHARS_MAX, text::optional_code),
            address: line("address", &self.address, ADDRESS_CHARS_MAX, text::optional_line),
            vat_id: line("vat_id", &self.vat_id, PHONE_CHARS_MAX, text::optional_code),
        }
    }
}

fn limit(faults: &mut Faults, minor: Option<i64>) -> Option<Money> {
    minor.and_then(|minor| faults.take("/limit", Money::parse_not_negative(minor)))
}

fn due_date(faults: &mut Faults, date: Option<&str>) -> Option<BusinessDate> {
    date.and_then(|date| faults.take("/due_date", BusinessDate::parse(date)))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccountBody {
    /// `house`, `gift_voucher` or `deposit`.
    kind: String,
    name: String,
    customer: Option<AccountCustomer>,
    /// Of a house account: the most that may be owed, minor units; left out or null, there is no limit.
    limit: Option<i64>,
    /// Of a deposit: the day of the party.
    due_date: Option<String>,
}

impl NewAccountBody {
    fn parse(&self) -> Result<NewAccount> {
        let mut faults = Faults::new();
        let kind = faults.take("/kind", AccountKind::parse(&self.kind));
        let name = faults.take("/name", text::name(&self.name));
        let customer = self.customer.as_ref().map(|customer| customer.parse(&mut faults)).unwrap_or_default();
        let limit = limit(&mut faults, self.limit);
        let due_date = due_date(&mut faults, self.due_date.as_deref());
        if let Some(kind) = kind {
            faults.take("/limit", model::belongs(kind, AccountKind::House, self.limit.is_some()));
            faults.take("/due_date", model::belongs(kind, AccountKind::Deposit, self.due_date.is_some()));
        }
        let new = kind.zip(name).map(|(kind, name)| NewAccount { kind, name, customer, limit, due_date, sold: None });
        faults.with(new)
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountPatch {
    name: Option<String>,
    /// All of it: what it leaves out goes.
    customer: Option<AccountCustomer>,
    /// Null: no limit.
    #[serde(default, deserialize_with = "present")]
    limit: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present")]
    due_date: Option<Option<String>>,
    /// Closed, it pays for nothing; what is owed on it can still be paid. It can be opened again.
    archived: Option<bool>,
}

impl AccountPatch {
    fn parse(&self) -> Result<Edit> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|name| faults.take("/name", text::name(name)));
        let customer = self.customer.as_ref().map(|customer| customer.parse(&mut faults));
        let limit = self.limit.map(|minor| limit(&mut faults, minor));
        let due_date = self.due_date.as_ref().map(|date| due_date(&mut faults, date.as_deref()));
        faults.finish()?;
        Ok(Edit { name, customer, limit, due_date, archived: self.archived })
    }
}

/// Whose kind, and whose words.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct AccountsQuery {
    /// `house`, `gift_voucher` or `deposit`.
    kind: Option<String>,
    /// Stands anywhere in name, customer, phone or VAT number, or is the code of a voucher.
    q: Option<String>,
    /// Those that are closed instead of those in use.
    archived: Option<bool>,
    limit: Option<i64>,
    page: Option<i64>,
    cursor: Option<String>,
}

impl AccountsQuery {
    fn parse(&self) -> Result<(Filter, PageRequest)> {
        let mut faults = Faults::new();
        let kind = self.kind.as_deref().and_then(|word| faults.take("kind", AccountKind::parse(word)));
        let words = self.q.as_deref().and_then(|q| faults.take("q", text::optional_line(q, text::NAME_CHARS_MAX)));
        let request = PageRequest::gather(self.limit, self.page, self.cursor.as_deref(), &mut faults);
        // A code is looked for as it is kept, however it was typed.
        let plain = |words: String| Code::parse(&words).map_or(words, |code| code.plain().to_owned()).to_lowercase();
        let words = words.flatten().map(plain).unwrap_or_default();
        let filter = Filter { kind, words, archived: self.archived.unwrap_or_default() };
        faults.with(request.map(|request| (filter, request)))
    }
}

/// House accounts, gift vouchers and deposits, the latest first.
#[utoipa::path(tag = "accounts", params(AccountsQuery), responses((status = 200, body = [AccountView])))]
#[get("/api/v1/accounts")]
async fn accounts(
    read: Read<right::SeeAccounts>,
    req: HttpRequest,
    query: Query<AccountsQuery>,
) -> Result<HttpResponse> {
    let (filter, request) = query.0.parse()?;
    let at = Address::of(&req);
    read.reply(move |db| {
        let zone = journal::ops::calendar(db)?.zone;
        let page = ops::page(db, &filter, request)?.map(|account| AccountView::of(&account, &zone));
        let views: Vec<AccountView> = page.items.into_iter().collect::<Result<_>>()?;
        let page = crate::store::Page {
            items: views,
            total: page.total,
            next_cursor: page.next_cursor,
            has_more: page.has_more,
        };
        Ok(list::envelope(&page, request, &at)?.hashed())
    })
    .await
}

/// Opens an account with nothing on it; a gift voucher gets its code.
#[utoipa::path(tag = "accounts", request_body = NewAccountBody, responses((status = 201, body = AccountView)))]
#[post("/api/v1/accounts")]
async fn open(write: Write<right::EditAccounts, NewAccountBody>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
            let account = ops::open(tx, &stamp, &new)?;
            view::shown(201, &account, &stamp.calendar.zone)
        })
        .await
}

fn account_id(value: i64) -> Result<AccountId> {
    Ok(AccountId::new(list::id(value)?))
}

#[utoipa::path(tag = "accounts", params(("id" = i64, Path)), responses((status = 200, body = AccountView)))]
#[get("/api/v1/accounts/{id}")]
async fn show(read: Read<right::SeeAccounts>, id: Path<i64>) -> Result<HttpResponse> {
    let id = account_id(*id)?;
    read.reply(move |db| view::shown(200, &ops::get(db, id)?, &journal::ops::calendar(db)?.zone)).await
}

/// The versions of `If-Match`, where it was sent.
fn seen(call: &Call) -> Option<Vec<i64>> {
    let tags = call.if_match()?;
    if tags.iter().any(|tag| tag == "*") {
        return None;
    }
    Some(tags.iter().filter_map(|tag| tag.split('.').next()?.parse().ok()).collect())
}

/// Name, customer, limit, the party's day; closes it and opens it again. An `If-Match` is compared where it
/// is sent: what moves on an account stands in nobody's way.
#[utoipa::path(tag = "accounts", params(("id" = i64, Path)), request_body = AccountPatch, responses((status = 200, body = AccountView)))]
#[patch("/api/v1/accounts/{id}")]
async fn change(write: Write<right::EditAccounts, AccountPatch>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, edit, seen) = (account_id(*id)?, write.body.parse()?, seen(&write.call));
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
            let account = ops::change(tx, &stamp, id, seen.as_deref(), edit)?;
            view::shown(200, &account, &stamp.calendar.zone)
        })
        .await
}

/// Inclusive business dates; from its opening and until today where they are left out.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct StatementQuery {
    from: Option<String>,
    to: Option<String>,
}

/// What moved on an account, oldest first.
#[utoipa::path(tag = "accounts", params(("id" = i64, Path), StatementQuery), responses((status = 200, body = AccountStatement)))]
#[get("/api/v1/accounts/{id}/statement")]
async fn statement(
    read: Read<right::SeeStatements>,
    id: Path<i64>,
    query: Query<StatementQuery>,
) -> Result<HttpResponse> {
    let id = account_id(*id)?;
    let mut faults = Faults::new();
    let mut date =
        |name, text: &Option<String>| text.as_deref().and_then(|t| faults.take(name, BusinessDate::parse(t)));
    let (from, to) = (date("from", &query.0.from), date("to", &query.0.to));
    faults.finish()?;
    let clock = read.house.clock.clone();
    let made = move |db: &Snapshot| {
        let stamp = journal::ops::stamp(db, clock.as_ref(), None, None)?;
        let account = ops::get(db, id)?;
        let (from, to) = (from.unwrap_or(account.opened_date), to.unwrap_or(stamp.date));
        if to < from {
            return Err(Refused::input("to", Invalid::range("to is before from")).into());
        }
        let found = ops::statement(db, id, from, to)?;
        Ok(Reply::ok(&AccountStatement::of(&account, from, to, &found, &stamp.calendar.zone))?.hashed())
    };
    read.reply(made).await
}

/// What is on the voucher of that code, however it is typed. Whoever has the code has the money: it comes in a
/// header, which unlike an address is kept in no log on its way.
#[utoipa::path(
    tag = "accounts",
    params(("Voucher-Code" = String, Header, description = "As it is printed; spaces, dashes and case do not count.")),
    responses((status = 200, body = AccountView))
)]
#[get("/api/v1/vouchers")]
async fn voucher(read: Read<right::SeeAccounts>, req: HttpRequest) -> Result<HttpResponse> {
    let none = |why: String| Refusal::NotFound.because(why);
    const HEADER: &str = "Voucher-Code";
    let said = req.headers().get(HEADER).and_then(|code| code.to_str().ok());
    let said = said.ok_or_else(|| Refused::input(HEADER, Invalid::format("the code of a voucher")))?;
    let code = Code::parse(said).map_err(|_| none("That code is mistyped.".to_owned()))?;
    read.reply(move |db| {
        let account = ops::by_code(db, &code)?.ok_or_else(|| none(format!("There is no voucher {code}.")))?;
        view::shown(200, &account, &journal::ops::calendar(db)?.zone)
    })
    .await
}
