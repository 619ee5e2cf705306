//! An account, what moves on it, and what it may pay for. Pure.

mod code;

pub use code::Code;

use crate::error::{Refusal, Refused};
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{AccountId, DeviceId, LineId, OrderId, PaymentId, RefundId, StaffId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::words::words;
use crate::settings::model::TenderKind;

words! {
    /// What an account is for.
    AccountKind {
        /// A guest eats now and pays later.
        House "house",
        GiftVoucher "gift_voucher",
        /// Paid in advance for a party.
        Deposit "deposit",
    }

    /// Why a balance moved.
    EntryKind {
        /// Sold: money is on it.
        Issued "issued",
        /// A bill was put on a house account.
        Charged "charged",
        /// A voucher or deposit paid for something.
        Redeemed "redeemed",
        /// A guest paid what he owes.
        Paid "paid",
        /// Something it had paid for was given back.
        Refunded "refunded",
        /// What was paid into it was given back.
        PaidOut "paid_out",
        /// It had been taken for another tender, or another account.
        Corrected "corrected",
    }
}

impl AccountKind {
    /// The kind of account that a tender draws on.
    pub fn of_tender(kind: TenderKind) -> Option<Self> {
        match kind {
            TenderKind::HouseAccount => Some(AccountKind::House),
            TenderKind::GiftVoucher => Some(AccountKind::GiftVoucher),
            TenderKind::Deposit => Some(AccountKind::Deposit),
            TenderKind::Cash
            | TenderKind::Card
            | TenderKind::MealVoucher
            | TenderKind::Online
            | TenderKind::WriteOff
            | TenderKind::Other => None,
        }
    }

    /// As a waiter calls it.
    pub fn words(self) -> &'static str {
        match self {
            AccountKind::House => "house account",
            AccountKind::GiftVoucher => "gift voucher",
            AccountKind::Deposit => "deposit",
        }
    }
}

/// What is done to an account, whatever its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Money was paid into it.
    Load,
    /// It pays for something.
    Draw,
    /// What it paid for was given back.
    PutBack,
    /// What was paid into it was given back.
    PayOut,
    /// It should not have paid.
    Correct,
}

impl Act {
    /// As which entry it stands, and whether it adds to the balance: what is owed grows when a guest eats,
    /// what is on a voucher when it is paid for.
    pub fn entry(self, kind: AccountKind) -> (EntryKind, bool) {
        match (self, kind) {
            (Act::Load, AccountKind::House) => (EntryKind::Paid, false),
            (Act::Load, AccountKind::GiftVoucher | AccountKind::Deposit) => (EntryKind::Issued, true),
            (Act::Draw, AccountKind::House) => (EntryKind::Charged, true),
            (Act::Draw, AccountKind::GiftVoucher | AccountKind::Deposit) => (EntryKind::Redeemed, false),
            (Act::PutBack, AccountKind::House) => (EntryKind::Refunded, false),
            (Act::PutBack, AccountKind::GiftVoucher | AccountKind::Deposit) => (EntryKind::Refunded, true),
            (Act::PayOut, AccountKind::House) => (EntryKind::PaidOut, true),
            (Act::PayOut, AccountKind::GiftVoucher | AccountKind::Deposit) => (EntryKind::PaidOut, false),
            (Act::Correct, AccountKind::House) => (EntryKind::Corrected, false),
            (Act::Correct, AccountKind::GiftVoucher | AccountKind::Deposit) => (EntryKind::Corrected, true),
        }
    }
}

/// Who it is, beside its name; kept out of the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub vat_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub kind: AccountKind,
    pub name: String,
    pub customer: Contact,
    /// Of a gift voucher.
    pub code: Option<Code>,
    /// Of a house account: the most that may be owed; `None`: no limit.
    pub limit: Option<Money>,
    /// Of a deposit: the day of the party.
    pub due_date: Option<BusinessDate>,
    /// What is owed on a house account (below zero: what the house owes), or is still on the others.
    pub balance: Money,
    /// Of payments that are not resolved.
    pub reserved: Money,
    /// What it was sold on.
    pub order: Option<OrderId>,
    pub line: Option<LineId>,
    pub archived: bool,
    pub version: i64,
    pub revision: i64,
    pub opened_date: BusinessDate,
    pub opened_at: UtcMs,
}

impl Account {
    /// The ETag without quotes.
    pub fn etag(&self) -> String {
        format!("{}.{}", self.version, self.revision)
    }

    /// What it can still pay for; `None`: whatever comes.
    pub fn available(&self) -> Result<Option<Money>, TooLarge> {
        let taken = self.balance.plus(self.reserved)?;
        match self.kind {
            AccountKind::House => self.limit.map(|limit| Ok(limit.minus(taken)?.max(Money::ZERO))).transpose(),
            AccountKind::GiftVoucher | AccountKind::Deposit => Ok(Some(self.balance.minus(self.reserved)?)),
        }
    }

    /// What can be given back in money: what is on it, or what was paid above what is owed.
    pub fn credit(&self) -> Result<Money, TooLarge> {
        let credit = match self.kind {
            AccountKind::House => (-self.balance).minus(self.reserved)?,
            AccountKind::GiftVoucher | AccountKind::Deposit => self.balance.minus(self.reserved)?,
        };
        Ok(credit.max(Money::ZERO))
    }

    /// Refuses to let it pay for anything once it is closed.
    pub fn must_be_in_use(&self) -> Result<(), Refused> {
        if self.archived {
            let why = format!("This {} is closed: it pays for nothing.", self.kind.words());
            return Err(Refusal::AccountArchived.because(why).with("account_id", self.id.get()));
        }
        Ok(())
    }

    /// Refuses to take `amount` from it, saying what there is.
    pub fn can_draw(&self, amount: Money) -> Result<(), Refused> {
        self.must_be_in_use()?;
        match self.available().map_err(|_| Refused::from(Refusal::AmountTooLarge))? {
            Some(left) if amount > left => Err(self.too_low(left)),
            _ => Ok(()),
        }
    }

    /// That only `left` of it can be taken.
    pub fn too_low(&self, left: Money) -> Refused {
        let (words, left) = (self.kind.words(), left.minor());
        let refused = match (self.kind, left) {
            (AccountKind::House, _) => Refusal::OverLimit.because(format!("{left} more can be put on this account.")),
            (AccountKind::GiftVoucher | AccountKind::Deposit, 0) => {
                Refusal::UsedUp.because(format!("There is nothing left on this {words}."))
            }
            (AccountKind::GiftVoucher | AccountKind::Deposit, _) => {
                Refusal::BalanceTooLow.because(format!("{left} is left on this {words}."))
            }
        };
        refused.with("left", left).with("account_id", self.id.get())
    }
}

/// An account as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    pub kind: AccountKind,
    pub name: String,
    pub customer: Contact,
    pub limit: Option<Money>,
    pub due_date: Option<BusinessDate>,
    /// The order and line that it is sold by.
    pub sold: Option<(OrderId, LineId)>,
}

/// What belongs to one kind alone, told of another.
pub fn belongs(kind: AccountKind, only: AccountKind, is_told: bool) -> Result<(), Invalid> {
    if is_told && kind != only {
        return Err(Invalid::new("conflict", format!("a {} has none", kind.words())));
    }
    Ok(())
}

/// What is to change; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    pub name: Option<String>,
    pub customer: Option<Contact>,
    pub limit: Option<Option<Money>>,
    pub due_date: Option<Option<BusinessDate>>,
    pub archived: Option<bool>,
}

impl Account {
    /// As it is after `edit`; the pointer and fault of what its kind does not have.
    pub fn edited(&self, edit: Edit) -> Result<Self, (&'static str, Invalid)> {
        belongs(self.kind, AccountKind::House, edit.limit.is_some()).map_err(|e| ("/limit", e))?;
        belongs(self.kind, AccountKind::Deposit, edit.due_date.is_some()).map_err(|e| ("/due_date", e))?;
        Ok(Self {
            name: edit.name.unwrap_or_else(|| self.name.clone()),
            customer: edit.customer.unwrap_or_else(|| self.customer.clone()),
            limit: edit.limit.unwrap_or(self.limit),
            due_date: edit.due_date.unwrap_or(self.due_date),
            archived: edit.archived.unwrap_or(self.archived),
            ..self.clone()
        })
    }

    /// What it is looked for by: its name, its customer, its code, in small letters.
    pub fn found_by(name: &str, customer: &Contact, code: Option<&Code>) -> String {
        let Contact { name: own, phone, address: _, vat_id } = customer;
        let mut words = vec![name];
        words.extend([own, phone, vat_id].into_iter().filter_map(|word| word.as_deref()));
        words.extend(code.map(Code::plain));
        words.join("\n").to_lowercase()
    }
}

/// What an account moved for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cause {
    pub order: Option<OrderId>,
    /// The line by which money came in, or goes out again.
    pub line: Option<LineId>,
    pub payment: Option<PaymentId>,
    pub refund: Option<RefundId>,
}

/// One entry as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub kind: EntryKind,
    /// What it added to the balance.
    pub amount: Money,
    /// After it.
    pub balance: Money,
    pub cause: Cause,
    pub date: BusinessDate,
    pub at: UtcMs,
    pub staff: Option<StaffId>,
    pub device: Option<DeviceId>,
}

/// What a check's line brought to an account when it was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    pub line: LineId,
    pub account: AccountId,
    pub kind: AccountKind,
    pub name: String,
    pub code: Option<Code>,
    pub amount: Money,
}

/// What moved on accounts of one kind: each figure is what it added to the balance of all of them, so that
/// the opening balance and all figures are the closing one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    pub opening: Money,
    /// In the order of [`EntryKind::ALL`].
    pub by_entry: [Money; 7],
    pub closing: Money,
}
