//! What the journal keeps of a change to the settings and lists.

use serde::{Deserialize, Serialize};

use super::model::{Change, ChargeHow, ChargeTax, DiscountHow, ReadyDiscount, Reason, ServiceCharge, Settings, Tender};

#[derive(Serialize)]
pub(super) struct Created {
    name: String,
    currency: String,
    timezone: String,
    cutoff: String,
}

impl Created {
    pub(super) fn of(s: &Settings) -> Self {
        Self {
            name: s.name.clone(),
            currency: s.currency.to_string(),
            timezone: s.zone.name().to_owned(),
            cutoff: s.cutoff.to_string(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Edited {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<ChangeRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    service_charges: Vec<ChargeRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    archived_service_charges: Vec<i64>,
}

#[derive(Serialize)]
struct ChangeRecord {
    field: &'static str,
    from: String,
    to: String,
}

#[derive(Serialize)]
struct ChargeRecord {
    id: i64,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_guest: Option<i64>,
    of: &'static str,
    min_guests: Option<i64>,
    optional: bool,
    tax: String,
    goes_to: &'static str,
}

impl Edited {
    pub(super) fn of(changes: Vec<Change>, written: &[ServiceCharge], archived: Vec<i64>) -> Self {
        let change = |c: Change| ChangeRecord { field: c.field, from: c.from, to: c.to };
        Self {
            changes: changes.into_iter().map(change).collect(),
            service_charges: written.iter().map(ChargeRecord::of).collect(),
            archived_service_charges: archived,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.service_charges.is_empty() && self.archived_service_charges.is_empty()
    }
}

/// The zone's name before a change of the settings, where the zone is what it changed.
pub fn zone_before(payload: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Told {
        #[serde(default)]
        changes: Vec<Field>,
    }
    #[derive(Deserialize)]
    struct Field {
        field: String,
        from: String,
    }
    let told: Told = serde_json::from_str(payload).ok()?;
    told.changes.into_iter().find(|change| change.field == "timezone").map(|change| change.from)
}

impl ChargeRecord {
    fn of(c: &ServiceCharge) -> Self {
        let (percent, amount, per_guest) = match c.how {
            ChargeHow::Percent(rate) => (Some(rate.to_string()), None, None),
            ChargeHow::Amount(money) => (None, Some(money.minor()), None),
            ChargeHow::PerGuest(money) => (None, None, Some(money.minor())),
        };
        Self {
            id: c.id.get(),
            name: c.name.clone(),
            percent,
            amount,
            per_guest,
            of: c.of.as_str(),
            min_guests: c.min_guests,
            optional: c.optional,
            tax: match c.tax {
                ChargeTax::None => "none".to_owned(),
                ChargeTax::AsLines => "as_lines".to_owned(),
                ChargeTax::Class(id) => id.to_string(),
            },
            goes_to: c.goes_to.as_str(),
        }
    }
}

/// A row of a list as it stands after the change.
#[derive(Serialize)]
#[serde(tag = "list", rename_all = "snake_case")]
pub(super) enum ListRow<'a> {
    Tenders {
        id: i64,
        name: &'a str,
        kind: &'static str,
        gives_change: bool,
        excess: &'static str,
        archived: bool,
    },
    Reasons {
        id: i64,
        name: &'a str,
        used_for: &'static str,
        archived: bool,
    },
    Discounts {
        id: i64,
        name: &'a str,
        percent: Option<String>,
        amount: Option<i64>,
        lowers_tax_base: bool,
        archived: bool,
    },
}

impl<'a> ListRow<'a> {
    pub(super) fn tender(t: &'a Tender, archived: bool) -> Self {
        ListRow::Tenders {
            id: t.id.get(),
            name: &t.name,
            kind: t.kind.as_str(),
            gives_change: t.gives_change,
            excess: t.excess.as_str(),
            archived,
        }
    }

    pub(super) fn reason(r: &'a Reason, archived: bool) -> Self {
        ListRow::Reasons { id: r.id.get(), name: &r.name, used_for: r.used_for.as_str(), archived }
    }

    pub(super) fn discount(d: &'a ReadyDiscount, archived: bool) -> Self {
        let (percent, amount) = match d.how {
            DiscountHow::Percent(rate) => (Some(rate.to_string()), None),
            DiscountHow::Amount(money) => (None, Some(money.minor())),
        };
        let lowers_tax_base = d.lowers_tax_base;
        ListRow::Discounts { id: d.id.get(), name: &d.name, percent, amount, lowers_tax_base, archived }
    }
}
