//! Settings and service charges, and what an edit makes of them. Pure.

use crate::kernel::currency::Currency;
use crate::kernel::day::{Cutoff, Zone};
use crate::kernel::ids::{ChargeId, TaxClassId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::rate::{Rate, Rounding};

use crate::kernel::words::words;

pub use super::limits::model::{Limit, Limits, Most};
pub use super::lists::model::{
    DiscountHow, Excess, ReadyDiscount, Reason, ReasonUse, Tender, TenderKind, first_reasons, first_tenders,
};
pub use crate::kernel::tax::TaxRounding;

/// Service charges a restaurant has at most; a check opens with all of them.
pub const CHARGES_MAX: usize = 20;
/// The coarsest cash rounding, in minor units: ten thousand forint are rounded to five, rupiah to a hundred.
const CASH_ROUNDING_MAX: i64 = 100_000;

words! {
    /// Which payments round what is due to coins there are.
    CashRoundingWhen {
        /// Only a check paid all in cash.
        AllCash "all_cash",
        /// The cash payment that clears a check.
        FinalCash "final_cash",
    }

    /// What a percentage is taken of.
    ChargeBase {
        BeforeDiscounts "before_discounts",
        AfterDiscounts "after_discounts",
    }

    /// Whose money a service charge is.
    GoesTo {
        House "house",
        Staff "staff",
    }
}

/// All but the lists. Texts are empty where nothing was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub name: String,
    pub legal_name: String,
    pub address: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub vat_id: String,
    pub tax_number: String,
    pub currency: Currency,
    pub zone: Zone,
    /// The one last set; it may start only at the next boundary.
    pub cutoff: Cutoff,
    pub tax_rounding: TaxRounding,
    pub rounding: Rounding,
    /// The smallest coin, in minor units; zero where none is missing.
    pub cash_rounding: Money,
    pub cash_rounding_when: CashRoundingWhen,
    pub receipt_header: String,
    pub receipt_footer: String,
}

impl Settings {
    /// What a restaurant begins with.
    pub fn new(name: String, currency: Currency, zone: Zone, cutoff: Cutoff) -> Self {
        Self {
            name,
            legal_name: String::new(),
            address: String::new(),
            country: String::new(),
            vat_id: String::new(),
            tax_number: String::new(),
            currency,
            zone,
            cutoff,
            tax_rounding: TaxRounding::PerLine,
            rounding: Rounding::HalfUp,
            cash_rounding: Money::ZERO,
            cash_rounding_when: CashRoundingWhen::FinalCash,
            receipt_header: String::new(),
            receipt_footer: String::new(),
        }
    }

    /// These settings with what `edit` says.
    #[must_use]
    pub fn edited(&self, edit: Edit) -> Self {
        let old = self.clone();
        Self {
            name: edit.name.unwrap_or(old.name),
            legal_name: edit.legal_name.unwrap_or(old.legal_name),
            address: edit.address.unwrap_or(old.address),
            country: edit.country.unwrap_or(old.country),
            vat_id: edit.vat_id.unwrap_or(old.vat_id),
            tax_number: edit.tax_number.unwrap_or(old.tax_number),
            currency: edit.currency.unwrap_or(old.currency),
            zone: edit.zone.unwrap_or(old.zone),
            cutoff: edit.cutoff.unwrap_or(old.cutoff),
            tax_rounding: edit.tax_rounding.unwrap_or(old.tax_rounding),
            rounding: edit.rounding.unwrap_or(old.rounding),
            cash_rounding: edit.cash_rounding.unwrap_or(old.cash_rounding),
            cash_rounding_when: edit.cash_rounding_when.unwrap_or(old.cash_rounding_when),
            receipt_header: edit.receipt_header.unwrap_or(old.receipt_header),
            receipt_footer: edit.receipt_footer.unwrap_or(old.receipt_footer),
        }
    }

    /// What differs in `after`, under the names of the wire.
    pub fn changes(&self, after: &Self) -> Vec<Change> {
        let pairs = self.named().into_iter().zip(after.named());
        pairs.filter(|((_, a), (_, b))| a != b).map(|((field, from), (_, to))| Change { field, from, to }).collect()
    }

    fn named(&self) -> [(&'static str, String); 15] {
        [
            ("name", self.name.clone()),
            ("legal_name", self.legal_name.clone()),
            ("address", self.address.clone()),
            ("country", self.country.clone()),
            ("vat_id", self.vat_id.clone()),
            ("tax_number", self.tax_number.clone()),
            ("currency", self.currency.to_string()),
            ("timezone", self.zone.name().to_owned()),
            ("cutoff", self.cutoff.to_string()),
            ("tax_rounding", self.tax_rounding.as_str().to_owned()),
            ("rounding_mode", self.rounding.as_str().to_owned()),
            ("cash_rounding", self.cash_rounding.minor().to_string()),
            ("cash_rounding_when", self.cash_rounding_when.as_str().to_owned()),
            ("receipt_header", self.receipt_header.clone()),
            ("receipt_footer", self.receipt_footer.clone()),
        ]
    }
}

/// One setting's old and new value, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub field: &'static str,
    pub from: String,
    pub to: String,
}

/// What a manager wants different; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub name: Option<String>,
    pub legal_name: Option<String>,
    pub address: Option<String>,
    pub country: Option<String>,
    pub vat_id: Option<String>,
    pub tax_number: Option<String>,
    pub currency: Option<Currency>,
    pub zone: Option<Zone>,
    pub cutoff: Option<Cutoff>,
    pub tax_rounding: Option<TaxRounding>,
    pub rounding: Option<Rounding>,
    pub cash_rounding: Option<Money>,
    pub cash_rounding_when: Option<CashRoundingWhen>,
    pub receipt_header: Option<String>,
    pub receipt_footer: Option<String>,
    /// The whole list as it shall be.
    pub service_charges: Option<Vec<ServiceCharge<Option<ChargeId>>>>,
    /// Those that shall be different.
    pub limits: Vec<(Limit, Most)>,
}

/// Two capital letters, or nothing.
pub fn country(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    let two_capitals = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    if text.is_empty() || two_capitals {
        return Ok(text.to_owned());
    }
    Err(Invalid::format("a country is two capital letters (ISO 3166-1), such as IT"))
}

/// The smallest coin in minor units; 0 where cash is not rounded.
pub fn cash_rounding(minor: i64) -> Result<Money, Invalid> {
    if (0..=CASH_ROUNDING_MAX).contains(&minor) {
        return Ok(Money::new(minor));
    }
    Err(Invalid::range("cash rounding is 0 to 100000 minor units"))
}

/// How a check that opens now is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckRules {
    pub tax_rounding: TaxRounding,
    pub rounding: Rounding,
    pub cash_rounding: Money,
    pub cash_rounding_when: CashRoundingWhen,
}

/// What is added to a check by itself. `Id` is `Option<ChargeId>` where it is yet to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCharge<Id = ChargeId> {
    pub id: Id,
    pub name: String,
    pub how: ChargeHow,
    pub of: ChargeBase,
    /// Only parties of so many guests and more; 1 to 9999.
    pub min_guests: Option<i64>,
    /// A guest may have it taken off; it is no revenue.
    pub optional: bool,
    pub tax: ChargeTax,
    pub goes_to: GoesTo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeHow {
    Percent(Rate),
    Amount(Money),
    PerGuest(Money),
}

impl ChargeHow {
    /// Exactly one of the three.
    pub fn one_of(percent: Option<Rate>, amount: Option<Money>, per_guest: Option<Money>) -> Result<Self, Invalid> {
        match (percent, amount, per_guest) {
            (Some(rate), None, None) => Ok(ChargeHow::Percent(rate)),
            (None, Some(money), None) => Ok(ChargeHow::Amount(money)),
            (None, None, Some(money)) => Ok(ChargeHow::PerGuest(money)),
            _ => Err(Invalid::new("exactly_one", "give exactly one of percent, amount and per_guest")),
        }
    }

    pub fn percent(self) -> Option<Rate> {
        if let ChargeHow::Percent(rate) = self { Some(rate) } else { None }
    }

    pub fn amount(self) -> Option<Money> {
        if let ChargeHow::Amount(money) = self { Some(money) } else { None }
    }

    pub fn per_guest(self) -> Option<Money> {
        if let ChargeHow::PerGuest(money) = self { Some(money) } else { None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeTax {
    None,
    /// At the rates of the lines it is charged on, in proportion.
    AsLines,
    Class(TaxClassId),
}

impl<Id> ServiceCharge<Id> {
    /// The same under another id.
    pub fn with_id<Other>(self, id: Other) -> ServiceCharge<Other> {
        let Self { id: _, name, how, of, min_guests, optional, tax, goes_to } = self;
        ServiceCharge { id, name, how, of, min_guests, optional, tax, goes_to }
    }
}

/// How a list of charges becomes another.
#[derive(Debug, PartialEq, Eq)]
pub struct ChargePlan {
    /// With their places in the list given; with an id: that row is to say this, without: a new row.
    pub write: Vec<(usize, ServiceCharge<Option<ChargeId>>)>,
    pub archive: Vec<ChargeId>,
}

/// Keeps the ids given, makes what has none, archives what is missing. What already stands as wanted
/// is not written.
///
/// # Errors
/// The place in `wanted` of an id that is not there, or is there twice.
pub fn plan_charges(
    now: &[ServiceCharge],
    wanted: Vec<ServiceCharge<Option<ChargeId>>>,
) -> Result<ChargePlan, (usize, Invalid)> {
    let mut missing: Vec<ChargeId> = now.iter().map(|c| c.id).collect();
    let mut write = Vec::new();
    for (at, charge) in wanted.into_iter().enumerate() {
        if let Some(id) = charge.id {
            let Some(place) = missing.iter().position(|m| *m == id) else {
                return Err((at, Invalid::new("unknown", format!("There is no service charge {id} left to keep."))));
            };
            missing.remove(place);
            if now.iter().any(|c| c.clone().with_id(Some(c.id)) == charge) {
                continue;
            }
        }
        write.push((at, charge));
    }
    Ok(ChargePlan { write, archive: missing })
}
