//! Who may, how much of it, and what a yes is good for. Pure.

use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, StaffId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::permission::{Permission, Role, subject_of};
use crate::kernel::rate::Rate;
use crate::settings::model::{Limit, Limits};

/// How long a yes can be used: the walk from the till to the table and back.
pub const APPROVAL_MS: i64 = 2 * 60 * 1000;
/// Bytes of a subject: several ids deep.
const SUBJECT_MAX: usize = 100;

/// How much of an operation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Amount(Money),
    Percent(Rate),
    /// It is done or it is not.
    Whole,
}

/// A limit that was crossed, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossed {
    pub limit: Limit,
    /// Minor units, or ten-thousandths of a percent.
    pub most: i64,
    pub by: Size,
}

/// How somebody's role stands to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is theirs to do.
    Own,
    /// It is not, but so little of it that nobody asks.
    Free,
    /// It takes somebody's yes.
    Asks(Crossed),
    /// No yes helps.
    Never,
}

/// The limit up to which nobody asks.
fn free(permission: Permission, size: Size) -> Option<Limit> {
    match (permission, size) {
        (Permission::Discount, Size::Percent(_)) => Some(Limit::DiscountPercent),
        (Permission::Discount, _) => Some(Limit::DiscountAmount),
        (Permission::VoidSent, _) => Some(Limit::VoidSent),
        (Permission::Comp, _) => Some(Limit::Comp),
        (Permission::Refund, _) => Some(Limit::Refund),
        (Permission::VoidOrder, _) => Some(Limit::VoidOrder),
        (Permission::PriceOverride, _) => Some(Limit::PriceOverride),
        (Permission::CorrectPayment, _) => Some(Limit::CorrectPayment),
        (Permission::NoSale, _) => Some(Limit::NoSale),
        _ => None,
    }
}

/// The limit above which even somebody of the right asks.
fn bound(permission: Permission, size: Size) -> Option<Limit> {
    match (permission, size) {
        (Permission::Discount, Size::Percent(_)) => Some(Limit::DiscountPercentMax),
        (Permission::Discount, _) => Some(Limit::DiscountAmountMax),
        _ => None,
    }
}

/// The limit where `size` is above it. Zero lets nothing pass, be it worth nothing: what was cooked was
/// cooked.
fn crossed(limits: &Limits, limit: Limit, size: Size) -> Option<Crossed> {
    let most = limits.of(limit)?;
    let within = match size {
        Size::Amount(amount) => amount.minor() <= most,
        Size::Percent(rate) => rate.ten_thousandths() <= most,
        Size::Whole => false,
    };
    (!within || most == 0).then_some(Crossed { limit, most, by: size })
}

/// How a role stands to `size` of an operation. Whoever runs the house is bound by nothing.
pub fn standing(role: Role, permission: Permission, size: Size, limits: &Limits) -> Standing {
    if matches!(role, Role::Owner | Role::Manager) {
        return Standing::Own;
    }
    let over_free = free(permission, size).map(|limit| crossed(limits, limit, size));
    if role.may(permission) {
        let over = bound(permission, size).and_then(|limit| crossed(limits, limit, size));
        // Never less than somebody without the right may.
        return match over {
            Some(over) if over_free != Some(None) => Standing::Asks(over),
            _ => Standing::Own,
        };
    }
    match over_free {
        Some(_) if !role.may_ask() => Standing::Never,
        Some(None) => Standing::Free,
        Some(Some(over)) => Standing::Asks(over),
        None => Standing::Never,
    }
}

/// A yes that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub id: i64,
    /// A permission's word.
    pub operation: String,
    pub subject: String,
    pub approved_by: StaffId,
    pub device: DeviceId,
    /// Who asked.
    pub staff: StaffId,
    pub granted_at: UtcMs,
    pub used_at: Option<UtcMs>,
}

/// What somebody wants to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use<'a> {
    pub operation: Permission,
    pub subject: &'a str,
    pub device: Option<DeviceId>,
    pub staff: Option<StaffId>,
    pub now: UtcMs,
}

crate::kernel::words::words! {
    /// Why a yes is not good for something.
    NotGood {
        Unknown "unknown",
        OtherDevice "other_device",
        OtherStaff "other_staff",
        OtherOperation "other_operation",
        OtherSubject "other_subject",
        Used "used",
        Expired "expired",
        /// Who gave it left, or may it no more.
        Withdrawn "withdrawn",
    }
}

impl NotGood {
    pub fn sentence(self) -> &'static str {
        match self {
            NotGood::Unknown => "There is no such approval.",
            NotGood::OtherDevice => "This approval was given at another terminal.",
            NotGood::OtherStaff => "This approval was given to somebody else.",
            NotGood::OtherOperation => "This approval was given for something else.",
            NotGood::OtherSubject => "This approval was given for another line, order or payment.",
            NotGood::Used => "This approval was used already.",
            NotGood::Expired => "This approval is too old; it holds for two minutes.",
            NotGood::Withdrawn => "Whoever gave this approval may not do this any more.",
        }
    }
}

impl Approval {
    /// Whether it is good for that.
    pub fn good_for(&self, wanted: &Use<'_>) -> Result<(), NotGood> {
        // A clock that was set back must not make it last.
        let age_ms = wanted.now.since_ms(self.granted_at);
        let wrong = [
            (wanted.device != Some(self.device), NotGood::OtherDevice),
            (wanted.staff != Some(self.staff), NotGood::OtherStaff),
            (wanted.operation.as_str() != self.operation, NotGood::OtherOperation),
            (wanted.subject != self.subject, NotGood::OtherSubject),
            (self.used_at.is_some(), NotGood::Used),
            (!(-APPROVAL_MS..=APPROVAL_MS).contains(&age_ms), NotGood::Expired),
        ];
        wrong.into_iter().find(|(is_wrong, _)| *is_wrong).map_or(Ok(()), |(_, why)| Err(why))
    }
}

/// What a manager can say yes to.
pub fn operation(word: &str) -> Result<Permission, Invalid> {
    let known = Permission::parse(word).filter(|permission| permission.approvable());
    known.ok_or_else(|| {
        let words: Vec<_> = Permission::ALL.iter().filter(|p| p.approvable()).map(|p| p.as_str()).collect();
        Invalid::new("unknown_value", format!("one of {}", words.join(", ")))
    })
}

/// On what: a path as far as its last id, `/orders/12/lines/34`.
pub fn subject(text: &str) -> Result<String, Invalid> {
    let word = |segment: &str| segment.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let segments = text.strip_prefix('/').map(|rest| rest.split('/'));
    let is_path = segments.is_some_and(|mut all| all.all(|segment| !segment.is_empty() && word(segment)));
    let ends_in_id = text.ends_with(|c: char| c.is_ascii_digit()) && subject_of(text) == text;
    if text.len() <= SUBJECT_MAX && is_path && ends_in_id {
        return Ok(text.to_owned());
    }
    Err(Invalid::format("a subject is a path that ends in an id, such as /orders/12/lines/34"))
}
