//! `GET` and `PATCH /settings`.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, patch};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::limits::http::{ApprovalLimitsView, ChangeApprovalLimits};
use super::model::{
    self, CHARGES_MAX, CashRoundingWhen, ChargeBase, ChargeHow, ChargeTax, Edit, GoesTo, Limits, ServiceCharge,
    Settings, TaxRounding,
};
use super::{lists, ops, papers};
use crate::cache::{Body, Coding, Filled, Namespace, Tag};
use crate::error::{Fault, Faults, Result};
use crate::journal;
use crate::kernel::currency::Currency;
use crate::kernel::day::{Cutoff, Zone};
use crate::kernel::ids::{ChargeId, TaxClassId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::rate::{Rate, Rounding};
use crate::kernel::text;
use crate::store::Snapshot;
use crate::web::body::{Tried, of_json};
use crate::web::reply::etag_core;
use crate::web::{House, Read, Ready, Reply, Warming, Write, right};

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(show).service(change);
    lists::http::configure(cfg);
}

/// Characters of a name in full, a VAT or tax number.
const LEGAL_NAME_CHARS_MAX: usize = 200;
const NUMBER_CHARS_MAX: usize = 40;
const GUESTS_MAX: i64 = 9999;

/// The restaurant's settings.
#[derive(Debug, Serialize, ToSchema)]
struct SettingsView {
    name: String,
    legal_name: String,
    address: String,
    /// ISO 3166-1 alpha-2.
    country: String,
    vat_id: String,
    tax_number: String,
    currency: String,
    /// IANA name.
    timezone: String,
    /// `HH:MM`; a new one starts at the next boundary.
    cutoff: String,
    /// `per_line` or `per_check`.
    tax_rounding: &'static str,
    /// `half_up` or `half_even`.
    rounding_mode: &'static str,
    /// The smallest coin in minor units; 0: cash is not rounded.
    cash_rounding: i64,
    /// `all_cash` or `final_cash`.
    cash_rounding_when: &'static str,
    service_charges: Vec<ChargeView>,
    approvals: ApprovalLimitsView,
    receipt_header: String,
    receipt_footer: String,
    /// Settings that receipts of this country should show and cannot: a warning, nothing is refused for it.
    receipt_missing: Vec<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ChargeView {
    id: i64,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_guest: Option<i64>,
    /// `before_discounts` or `after_discounts`.
    of: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_guests: Option<i64>,
    optional: bool,
    tax: TaxWire,
    /// `house` or `staff`.
    goes_to: &'static str,
}

/// `"none"`, `"as_lines"` or a tax class's id.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
enum TaxWire {
    Class(i64),
    Word(String),
}

impl SettingsView {
    fn of(s: Settings, charges: Vec<ServiceCharge>, limits: &Limits) -> Self {
        Self {
            receipt_missing: papers::receipt_missing(&s),
            name: s.name,
            legal_name: s.legal_name,
            address: s.address,
            country: s.country,
            vat_id: s.vat_id,
            tax_number: s.tax_number,
            currency: s.currency.to_string(),
            timezone: s.zone.name().to_owned(),
            cutoff: s.cutoff.to_string(),
            tax_rounding: s.tax_rounding.as_str(),
            rounding_mode: s.rounding.as_str(),
            cash_rounding: s.cash_rounding.minor(),
            cash_rounding_when: s.cash_rounding_when.as_str(),
            service_charges: charges.into_iter().map(ChargeView::of).collect(),
            approvals: ApprovalLimitsView::of(limits),
            receipt_header: s.receipt_header,
            receipt_footer: s.receipt_footer,
        }
    }

    /// With its ETag, which is the same from the cache and after a change.
    fn body(&self) -> Result<Body> {
        let json = serde_json::to_vec(self).map_err(|e| Fault::from_source("the settings do not serialise", e))?;
        Ok(Body::new(json))
    }
}

impl ChargeView {
    fn of(c: ServiceCharge) -> Self {
        Self {
            id: c.id.get(),
            name: c.name,
            percent: c.how.percent().map(|rate| rate.to_string()),
            amount: c.how.amount().map(Money::minor),
            per_guest: c.how.per_guest().map(Money::minor),
            of: c.of.as_str(),
            min_guests: c.min_guests,
            optional: c.optional,
            tax: match c.tax {
                ChargeTax::None => TaxWire::Word("none".to_owned()),
                ChargeTax::AsLines => TaxWire::Word("as_lines".to_owned()),
                ChargeTax::Class(id) => TaxWire::Class(id.get()),
            },
            goes_to: c.goes_to.as_str(),
        }
    }
}

/// What shall be different; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeSettings {
    name: Option<String>,
    legal_name: Option<String>,
    address: Option<String>,
    country: Option<String>,
    vat_id: Option<String>,
    tax_number: Option<String>,
    currency: Option<String>,
    timezone: Option<String>,
    cutoff: Option<String>,
    tax_rounding: Option<String>,
    rounding_mode: Option<String>,
    cash_rounding: Option<i64>,
    cash_rounding_when: Option<String>,
    /// The whole list: what is missing is archived, what has no id is new.
    service_charges: Option<Vec<ChargeWire>>,
    approvals: Option<ChangeApprovalLimits>,
    receipt_header: Option<String>,
    receipt_footer: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChargeWire {
    id: Option<i64>,
    name: String,
    /// Exactly one of `percent`, `amount` and `per_guest`.
    percent: Option<String>,
    amount: Option<i64>,
    per_guest: Option<i64>,
    /// `before_discounts` or, unless told, `after_discounts`.
    of: Option<String>,
    min_guests: Option<i64>,
    #[serde(default)]
    optional: bool,
    tax: TaxWire,
    /// `staff` or, unless told, `house`.
    goes_to: Option<String>,
}

impl ChangeSettings {
    fn parse(self) -> Result<Edit> {
        let mut faults = Faults::new();
        // Text that may be empty: nothing said is an empty text.
        let line = |chars| move |text: String| Ok(text::optional_code(&text, chars)?.unwrap_or_default());
        let note = |text: String| Ok(text::printed(&text)?.unwrap_or_default());
        let edit = Edit {
            name: take(&mut faults, "/name", self.name, |t| text::name(&t)),
            legal_name: take(&mut faults, "/legal_name", self.legal_name, line(LEGAL_NAME_CHARS_MAX)),
            address: take(&mut faults, "/address", self.address, note),
            country: take(&mut faults, "/country", self.country, |t| model::country(&t)),
            vat_id: take(&mut faults, "/vat_id", self.vat_id, line(NUMBER_CHARS_MAX)),
            tax_number: take(&mut faults, "/tax_number", self.tax_number, line(NUMBER_CHARS_MAX)),
            currency: take(&mut faults, "/currency", self.currency, |t| Currency::parse(&t)),
            zone: take(&mut faults, "/timezone", self.timezone, |t| Zone::parse(&t)),
            cutoff: take(&mut faults, "/cutoff", self.cutoff, |t| Cutoff::parse(&t)),
            tax_rounding: take(&mut faults, "/tax_rounding", self.tax_rounding, |t| TaxRounding::parse(&t)),
            rounding: take(&mut faults, "/rounding_mode", self.rounding_mode, |t| Rounding::parse(&t)),
            cash_rounding: take(&mut faults, "/cash_rounding", self.cash_rounding, model::cash_rounding),
            cash_rounding_when: take(&mut faults, "/cash_rounding_when", self.cash_rounding_when, |t| {
                CashRoundingWhen::parse(&t)
            }),
            receipt_header: take(&mut faults, "/receipt_header", self.receipt_header, note),
            receipt_footer: take(&mut faults, "/receipt_footer", self.receipt_footer, note),
            service_charges: self.service_charges.map(|charges| parse_charges(&mut faults, charges)),
            limits: self.approvals.unwrap_or_default().parse(&mut faults),
        };
        faults.finish()?;
        Ok(edit)
    }
}

/// The value where one was sent and is right; its fault goes to the others.
fn take<W, T>(
    faults: &mut Faults,
    pointer: &str,
    wire: Option<W>,
    parse: impl FnOnce(W) -> Result<T, Invalid>,
) -> Option<T> {
    faults.take(pointer, parse(wire?))
}

fn parse_charges(faults: &mut Faults, charges: Vec<ChargeWire>) -> Vec<ServiceCharge<Option<ChargeId>>> {
    if charges.len() > CHARGES_MAX {
        faults.push("/service_charges", Invalid::range(format!("at most {CHARGES_MAX} service charges")));
        return Vec::new();
    }
    charges.into_iter().enumerate().filter_map(|(at, charge)| charge.parse(faults, at)).collect()
}

impl ChargeWire {
    fn parse(self, faults: &mut Faults, at: usize) -> Option<ServiceCharge<Option<ChargeId>>> {
        let p = |field: &str| format!("/service_charges/{at}{field}");
        let name = faults.take(p("/name"), text::name(&self.name));
        let percent = take(faults, &p("/percent"), self.percent.as_deref(), Rate::parse_share);
        let amount = take(faults, &p("/amount"), self.amount, Money::parse_not_negative);
        let per_guest = take(faults, &p("/per_guest"), self.per_guest, Money::parse_not_negative);
        // A value that is there but wrong is no reason to ask for it again.
        let given = [self.percent.is_some(), self.amount.is_some(), self.per_guest.is_some()];
        let how = if given.into_iter().filter(|given| *given).count() == 1 {
            ChargeHow::one_of(percent, amount, per_guest).ok()
        } else {
            faults.take(p(""), ChargeHow::one_of(None, None, None))
        };
        let of = faults.take(p("/of"), self.of.as_deref().map_or(Ok(ChargeBase::AfterDiscounts), ChargeBase::parse));
        let goes_to = faults.take(p("/goes_to"), self.goes_to.as_deref().map_or(Ok(GoesTo::House), GoesTo::parse));
        if self.min_guests.is_some_and(|guests| !(1..=GUESTS_MAX).contains(&guests)) {
            faults.push(p("/min_guests"), Invalid::range("min_guests is 1 to 9999"));
        }
        let tax = match self.tax {
            TaxWire::Class(id) => Ok(ChargeTax::Class(TaxClassId::new(id))),
            TaxWire::Word(word) if word == "none" => Ok(ChargeTax::None),
            TaxWire::Word(word) if word == "as_lines" => Ok(ChargeTax::AsLines),
            TaxWire::Word(_) => Err(Invalid::new("unknown_value", "one of none, as_lines, a tax class's id")),
        };
        let tax = faults.take(p("/tax"), tax);
        Some(ServiceCharge {
            id: self.id.map(ChargeId::new),
            name: name?,
            how: how?,
            of: of?,
            min_guests: self.min_guests,
            optional: self.optional,
            tax: tax?,
            goes_to: goes_to?,
        })
    }
}

pub const SETTINGS: Ready<right::SeeSettings> = Ready::new("/api/v1/settings", Namespace::Settings, &[Tag::Settings]);

#[utoipa::path(tag = "settings", responses((status = 200, body = SettingsView)))]
#[get("/api/v1/settings")]
async fn show(read: Read<right::SeeSettings>) -> Result<HttpResponse> {
    read.ready(&SETTINGS, fill).await
}

fn fill(db: &Snapshot) -> Result<Filled> {
    Ok(SettingsView::of(ops::current(db)?, ops::service_charges(db)?.to_vec(), &*ops::limits(db)?).body()?.into())
}

/// Settings are asked for by every terminal that wakes up.
pub fn warm(house: Data<House>) -> Warming {
    Box::pin(async move { Ok(house.ready(&SETTINGS, fill).await?.1) })
}

#[utoipa::path(tag = "settings", request_body = ChangeSettings, responses((status = 200, body = SettingsView)))]
#[patch("/api/v1/settings")]
async fn change(write: Write<right::EditSettings, ChangeSettings>) -> Result<HttpResponse> {
    let edit = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
            let (settings, charges) = ops::edit(tx, &stamp, edit)?;
            let body = SettingsView::of(settings, charges, &*ops::limits(tx)?).body()?;
            let etag = body.etag(Coding::Identity).to_str().ok().and_then(etag_core).map(str::to_owned);
            Ok(Reply { etag, ..Reply::raw(200, body.json.to_vec(), "application/json") })
        })
        .await
}

/// Bodies of settings, for `crate::fuzz`.
#[doc(hidden)]
pub const TRIED: &[Tried] = &[|bytes| of_json::<ChangeSettings>(bytes).and_then(|body| body.parse()).is_ok()];
