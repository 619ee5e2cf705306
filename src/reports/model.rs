//! Figures and how they are cut: dimensions, keys, shares, averages. Pure.

use std::fmt;

use crate::kernel::day::{BusinessDate, Month};
use crate::kernel::invalid::Invalid;
use crate::kernel::rate::{Rate, Rounding, div_round};

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// Sums of facts: counts, and amounts in minor units. Plain integers, as a sum of amounts may
        /// leave the bounds of one amount.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Figures { $($(#[$doc])* pub $name: i64),* }

        impl Figures {
            /// The columns, in the order of [`Figures::values`].
            pub const COLUMNS: [&str; 22] = [$(stringify!($name)),*];

            pub fn values(&self) -> [i64; 22] {
                [$(self.$name),*]
            }

            pub fn from_values(values: [i64; 22]) -> Self {
                let [$($name),*] = values;
                Self { $($name),* }
            }

            pub fn add(&mut self, other: &Figures) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

figures! {
    /// Distinct orders settled; payments taken in a tender's row, checks in a tax's.
    orders
    guests
    quantity
    list_amount
    comps
    discounts
    /// Σ line totals of what is a sale; payments kept in a tender's row, base + tax in a tax's.
    gross
    net
    tax
    /// Refunded dishes and service charges, with tax.
    refunds
    /// Refunded dishes without tax and without service charges: what compares with `net`.
    refunds_net
    refunds_tips
    /// With tax.
    service_charges
    service_tax
    tips
    rounding
    not_sales
    excess
    /// Tendered less change.
    kept
    /// What payments on open checks amount to without tips: rises when they are taken, falls when
    /// their check closes.
    held
    refunds_paid
    /// Refunded dishes that were no sale.
    refunds_not_sales
}

fn mean(whole: i64, parts: i64) -> i64 {
    if parts <= 0 {
        return 0;
    }
    // No larger than the whole.
    div_round(i128::from(whole), i128::from(parts), Rounding::HalfUp) as i64
}

impl Figures {
    /// Net less net refunds.
    pub fn net_sales(&self) -> i64 {
        self.net - self.refunds_net
    }

    /// Gross per order, half-up; zero without orders.
    pub fn average(&self) -> i64 {
        mean(self.gross, self.orders)
    }

    /// Gross per guest, half-up; zero where nobody was counted.
    pub fn per_cover(&self) -> i64 {
        mean(self.gross, self.guests)
    }

    /// Everything sold less everything refunded: what adds up to the perpetual total.
    pub fn turnover(&self) -> i64 {
        self.gross + self.service_charges - self.refunds
    }
}

/// A rollup's dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dim {
    All,
    Hour,
    Item,
    Variant,
    Category,
    Staff,
    Kind,
    Tender,
    Tax,
}

impl Dim {
    pub const ALL: [Dim; 9] = {
        use Dim::{All, Category, Hour, Item, Kind, Staff, Tax, Tender, Variant};
        [All, Hour, Item, Variant, Category, Staff, Kind, Tender, Tax]
    };

    pub fn as_str(self) -> &'static str {
        ["all", "hour", "item", "variant", "category", "staff", "kind", "tender", "tax"][self as usize]
    }

    /// Whether a Z shows it.
    pub fn in_z(self) -> bool {
        matches!(self, Dim::All | Dim::Tender | Dim::Tax)
    }
}

/// What a sales report has a row for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Day,
    Month,
    Hour,
    Weekday,
    Item,
    Variant,
    Category,
    Staff,
    Tender,
    Kind,
    Tax,
}

impl By {
    pub const ALL: [By; 11] = {
        use By::{Category, Day, Hour, Item, Kind, Month, Staff, Tax, Tender, Variant, Weekday};
        [Day, Month, Hour, Weekday, Item, Variant, Category, Staff, Tender, Kind, Tax]
    };

    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let by = Self::ALL.into_iter().find(|by| by.as_str() == text);
        by.ok_or_else(|| {
            Invalid::new(
                "unknown_value",
                "one of day, month, hour, weekday, item, variant, category, staff, tender, kind, tax",
            )
        })
    }

    pub fn as_str(self) -> &'static str {
        ["day", "month", "hour", "weekday", "item", "variant", "category", "staff", "tender", "kind", "tax"]
            [self as usize]
    }
}

/// Days a report spans at most: ten years and a bit.
pub const DAYS_MAX: i32 = 3700;

/// Inclusive business dates, in order, at most [`DAYS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: BusinessDate,
    pub to: BusinessDate,
}

impl Span {
    pub fn new(from: BusinessDate, to: BusinessDate) -> Result<Self, Invalid> {
        if to < from {
            return Err(Invalid::range(format!("to ({to}) lies before from ({from})")));
        }
        if to.since(from) >= DAYS_MAX {
            return Err(Invalid::range(format!("a report spans at most {DAYS_MAX} days")));
        }
        Ok(Self { from, to })
    }

    pub fn months(self) -> impl Iterator<Item = Month> {
        (self.from.month_index()..=self.to.month_index()).map(Month::new)
    }
}

/// One row of a sales report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesRow {
    pub key: String,
    pub name: String,
    pub figures: Figures,
    /// 1 for the largest gross; equal ones share a rank.
    pub rank: i64,
    /// Gross of this row and those above it.
    pub running_total: i64,
    /// Gross of all rows.
    pub whole: i64,
    /// Gross seven days earlier; by day only, where that day has figures.
    pub last_week: Option<i64>,
}

/// A sales report's foot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub figures: Figures,
    pub held_start: i64,
    pub held_end: i64,
}

impl Totals {
    /// Payments kept = gross + service charges + tips + rounding + not sales + excess + what is held
    /// more at the end than at the start. Holds for any span.
    pub fn balanced(&self) -> bool {
        let f = &self.figures;
        let held = self.held_end - self.held_start;
        f.kept == f.gross + f.service_charges + f.tips + f.rounding + f.not_sales + f.excess + held
    }
}

/// `part` of `whole` in percent, half-up to four decimals; zero of nothing.
pub fn share(part: i64, whole: i64) -> Rate {
    if whole <= 0 {
        return Rate::ZERO;
    }
    let exact = i128::from(part) * i128::from(Rate::HUNDRED.ten_thousandths());
    let rounded = div_round(exact, i128::from(whole), Rounding::HalfUp);
    Rate::new(i64::try_from(rounded).unwrap_or(0))
}

/// A tax rate as a key: `name:rate:included` or `name:rate:added`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaxKey {
    pub name: String,
    pub rate: Rate,
    pub included: bool,
}

impl TaxKey {
    /// Reads a key this house wrote; `None` where it is none.
    pub fn parse(key: &str) -> Option<Self> {
        // From the end: a tax's name may hold colons.
        let mut parts = key.rsplitn(3, ':');
        let included = match parts.next()? {
            "included" => true,
            "added" => false,
            _ => return None,
        };
        let rate = Rate::parse(parts.next()?).ok()?;
        Some(Self { name: parts.next()?.to_owned(), rate, included })
    }
}

impl fmt::Display for TaxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.included { "included" } else { "added" };
        write!(f, "{}:{}:{how}", self.name, self.rate)
    }
}

/// The key where there is no id: nobody was signed in.
pub const NOBODY: &str = "none";
/// The key under which refunded service charges stand among the dishes.
pub const CHARGES: &str = "charges";

/// What people call a key that is a word of the contract; `None` where its name came with the facts.
pub fn name_of(by: By, key: &str) -> Option<String> {
    let word = match (by, key) {
        (By::Day | By::Month, _) => key,
        (By::Hour, _) => return Some(format!("{key:0>2}:00")),
        (By::Weekday, "mon") => "Monday",
        (By::Weekday, "tue") => "Tuesday",
        (By::Weekday, "wed") => "Wednesday",
        (By::Weekday, "thu") => "Thursday",
        (By::Weekday, "fri") => "Friday",
        (By::Weekday, "sat") => "Saturday",
        (By::Weekday, "sun") => "Sunday",
        (By::Kind, "dine_in") => "Dine in",
        (By::Kind, "takeaway") => "Takeaway",
        (By::Kind, "delivery") => "Delivery",
        (By::Tender, "cash") => "Cash",
        (By::Tender, "card") => "Card",
        (By::Tender, "meal_voucher") => "Meal voucher",
        (By::Tender, "gift_voucher") => "Gift voucher",
        (By::Tender, "house_account") => "House account",
        (By::Tender, "deposit") => "Deposit",
        (By::Tender, "online") => "Online",
        (By::Tender, "write_off") => "Write-off",
        (By::Tender, "other") => "Other",
        (By::Staff, NOBODY) => "Nobody signed in",
        (By::Item | By::Variant | By::Category, CHARGES) => "Service charges",
        _ => return None,
    };
    Some(word.to_owned())
}

/// Payments of one kind of tender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderTotal {
    pub kind: String,
    pub name: String,
    /// Taken, less those given back.
    pub payments: i64,
    pub kept: i64,
    pub tips: i64,
    pub refunds_paid: i64,
}

impl TenderTotal {
    /// What there should be of it.
    pub fn expected(&self) -> i64 {
        self.kept - self.refunds_paid
    }
}

/// What one tax rate was charged on and brought, on dishes and service charges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxTotal {
    pub rate: TaxKey,
    pub base: i64,
    pub tax: i64,
    pub refunds_base: i64,
    pub refunds_tax: i64,
}

/// A tender's row as what it tells.
pub fn tender_total(key: String, name: String, f: &Figures) -> TenderTotal {
    let name = name_of(By::Tender, &key).unwrap_or(name);
    TenderTotal { kind: key, name, payments: f.orders, kept: f.kept, tips: f.tips, refunds_paid: f.refunds_paid }
}

/// A tax's row as what it tells.
pub fn tax_total(key: &str, f: &Figures) -> TaxTotal {
    let unknown = || TaxKey { name: key.to_owned(), rate: Rate::ZERO, included: false };
    TaxTotal {
        rate: TaxKey::parse(key).unwrap_or_else(unknown),
        base: f.net,
        tax: f.tax,
        refunds_base: f.refunds_net,
        refunds_tax: f.refunds - f.refunds_net,
    }
}

/// Receipts by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiptCounts {
    pub sales: i64,
    pub refunds: i64,
    pub corrections: i64,
    pub advances: i64,
}

impl ReceiptCounts {
    /// One of that kind.
    pub fn one(kind: &str) -> Self {
        let is = |word: &str| i64::from(kind == word);
        Self { sales: is("sale"), refunds: is("refund"), corrections: is("correction"), advances: is("advance") }
    }

    pub fn all(&self) -> i64 {
        self.sales + self.refunds + self.corrections + self.advances
    }

    /// What `self` has more than `other`.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        Self {
            sales: self.sales - other.sales,
            refunds: self.refunds - other.refunds,
            corrections: self.corrections - other.corrections,
            advances: self.advances - other.advances,
        }
    }
}

/// The receipts of a series in a range of days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptSpan {
    pub series: String,
    pub first: i64,
    pub last: i64,
    pub counts: ReceiptCounts,
}

impl ReceiptSpan {
    /// Numbers between first and last that no receipt has.
    pub fn gaps(&self) -> i64 {
        self.last - self.first + 1 - self.counts.all()
    }
}

/// Tips by whose they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TipTotal {
    /// A staff id, or [`NOBODY`].
    pub key: String,
    pub name: String,
    pub tips: i64,
    pub refunds: i64,
    /// Handed out of drawers.
    pub paid_out: i64,
}

/// The figures since the last Z.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZTotals {
    /// Whether anything was sold, taken or given back.
    pub any: bool,
    pub all: Figures,
    pub tenders: Vec<TenderTotal>,
    pub taxes: Vec<TaxTotal>,
}
