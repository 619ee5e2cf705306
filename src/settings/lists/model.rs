//! What a restaurant takes as payment, why it gives something away, and the discounts it gives often. Pure.

use crate::kernel::ids::{DiscountId, ReasonId, TenderId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;
use crate::kernel::words::words;

words! {
    /// What a payment is made with; reports are kept by it.
    TenderKind {
        Cash "cash",
        Card "card",
        MealVoucher "meal_voucher",
        GiftVoucher "gift_voucher",
        HouseAccount "house_account",
        /// What was paid in advance.
        Deposit "deposit",
        Online "online",
        /// Nobody paid: the guest left.
        WriteOff "write_off",
        Other "other",
    }

    /// What becomes of more than is due.
    Excess {
        /// The house keeps it, as with a voucher that gives no change.
        Forfeit "forfeit",
        Refuse "refuse",
    }

    /// What a reason explains.
    ReasonUse {
        Void "void",
        Comp "comp",
        Refund "refund",
        Discount "discount",
    }
}

impl TenderKind {
    /// Whether change is given, where nobody says.
    pub fn gives_change(self) -> bool {
        self == TenderKind::Cash
    }

    /// What becomes of an excess, where nobody says.
    pub fn excess(self) -> Excess {
        if self == TenderKind::MealVoucher { Excess::Forfeit } else { Excess::Refuse }
    }
}

/// A way to pay. Its kind never changes: payments were counted under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tender<Id = TenderId> {
    pub id: Id,
    pub name: String,
    pub kind: TenderKind,
    pub gives_change: bool,
    pub excess: Excess,
}

/// The change of a tender.
#[derive(Debug, Clone, Default)]
pub struct TenderEdit {
    pub name: Option<String>,
    pub gives_change: Option<bool>,
    pub excess: Option<Excess>,
}

/// What is handed over beyond the due comes back or stays with the house, not both.
pub fn change_or_forfeit(gives_change: bool, excess: Excess) -> Result<(), Invalid> {
    if gives_change && excess == Excess::Forfeit {
        return Err(Invalid::new("conflict", "a tender that gives change cannot forfeit the excess"));
    }
    Ok(())
}

impl Tender {
    /// # Errors
    /// Where it would give change and forfeit it as well.
    pub fn edited(&self, edit: TenderEdit) -> Result<Self, Invalid> {
        let tender = Self {
            name: edit.name.unwrap_or_else(|| self.name.clone()),
            gives_change: edit.gives_change.unwrap_or(self.gives_change),
            excess: edit.excess.unwrap_or(self.excess),
            ..*self
        };
        change_or_forfeit(tender.gives_change, tender.excess)?;
        Ok(tender)
    }
}

/// A reason to pick from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason<Id = ReasonId> {
    pub id: Id,
    pub name: String,
    pub used_for: ReasonUse,
}

/// A discount with a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyDiscount<Id = DiscountId> {
    pub id: Id,
    pub name: String,
    pub how: DiscountHow,
    /// Whether tax is charged on what is left; with included rates it always is.
    pub lowers_tax_base: bool,
}

/// How much: above zero, a percentage at most 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscountHow {
    Percent(Rate),
    Amount(Money),
}

impl DiscountHow {
    /// Exactly one of the two.
    pub fn one_of(percent: Option<Rate>, amount: Option<Money>) -> Result<Self, Invalid> {
        match (percent, amount) {
            (Some(rate), None) if rate.is_zero() => Err(Invalid::range("a discount is above zero")),
            (Some(rate), None) => Ok(DiscountHow::Percent(rate)),
            (None, Some(money)) => Ok(DiscountHow::Amount(money)),
            _ => Err(Invalid::new("exactly_one", "give exactly one of percent and amount")),
        }
    }

    pub fn percent(self) -> Option<Rate> {
        if let DiscountHow::Percent(rate) = self { Some(rate) } else { None }
    }

    pub fn amount(self) -> Option<Money> {
        if let DiscountHow::Amount(money) = self { Some(money) } else { None }
    }
}

/// The change of a ready-made discount.
#[derive(Debug, Clone, Default)]
pub struct DiscountEdit {
    pub name: Option<String>,
    pub how: Option<DiscountHow>,
    pub lowers_tax_base: Option<bool>,
}

impl ReadyDiscount {
    #[must_use]
    pub fn edited(&self, edit: DiscountEdit) -> Self {
        Self {
            id: self.id,
            name: edit.name.unwrap_or_else(|| self.name.clone()),
            how: edit.how.unwrap_or(self.how),
            lowers_tax_base: edit.lowers_tax_base.unwrap_or(self.lowers_tax_base),
        }
    }
}

/// The tenders a restaurant begins with.
pub fn first_tenders() -> impl Iterator<Item = Tender<()>> {
    let named = [
        ("Cash", TenderKind::Cash),
        ("Card", TenderKind::Card),
        ("Meal voucher", TenderKind::MealVoucher),
        ("Gift voucher", TenderKind::GiftVoucher),
        ("Online", TenderKind::Online),
        ("House account", TenderKind::HouseAccount),
        ("Write-off", TenderKind::WriteOff),
        ("Other", TenderKind::Other),
        ("Deposit", TenderKind::Deposit),
    ];
    named.into_iter().map(|(name, kind)| Tender {
        id: (),
        name: name.to_owned(),
        kind,
        gives_change: kind.gives_change(),
        excess: kind.excess(),
    })
}

/// The reasons a restaurant begins with.
pub fn first_reasons() -> impl Iterator<Item = Reason<()>> {
    let named = [
        ("Entered by mistake", ReasonUse::Void),
        ("Guest changed their mind", ReasonUse::Void),
        ("Kitchen cannot make it", ReasonUse::Void),
        ("Complaint", ReasonUse::Comp),
        ("Long wait", ReasonUse::Comp),
        ("On the house", ReasonUse::Comp),
        ("Complaint", ReasonUse::Refund),
        ("Charged by mistake", ReasonUse::Refund),
        ("Regular guest", ReasonUse::Discount),
        ("Staff meal", ReasonUse::Discount),
        ("Complaint", ReasonUse::Discount),
    ];
    named.into_iter().map(|(name, used_for)| Reason { id: (), name: name.to_owned(), used_for })
}
