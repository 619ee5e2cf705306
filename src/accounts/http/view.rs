//! Accounts as the wire shows them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::model::{Account, Contact, Entry, Loaded};
use crate::accounts::ops::Statement;
use crate::error::Result;
use crate::kernel::day::{BusinessDate, Zone};
use crate::kernel::ids::{DeviceId, LineId, OrderId, PaymentId, RefundId, StaffId};
use crate::kernel::money::Money;
use crate::web::Reply;

/// The account as an answer, with its ETag.
pub fn shown(status: u16, account: &Account, zone: &Zone) -> Result<Reply> {
    Ok(Reply::new(status, &AccountView::of(account, zone)?)?.etag(account.etag()))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    id: i64,
    /// `house`, `gift_voucher` or `deposit`.
    kind: &'static str,
    name: String,
    customer: AccountCustomerView,
    /// Of a gift voucher.
    code: Option<String>,
    /// Of a house account: the most that may be owed; null: no limit.
    limit: Option<i64>,
    /// Of a deposit: the day of the party.
    due_date: Option<String>,
    /// Of a house account what is owed on it, below zero what the house owes; of the others what is on them.
    balance: i64,
    /// Kept for payments that are not resolved.
    reserved: i64,
    /// What it can pay for now; null: no limit.
    available: Option<i64>,
    /// Closed.
    archived: bool,
    /// The order it was sold on; null where it was opened by hand.
    order_id: Option<i64>,
    opened_business_date: String,
    opened_at: String,
    version: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct AccountCustomerView {
    name: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    vat_id: Option<String>,
}

impl AccountView {
    pub fn of(a: &Account, zone: &Zone) -> Result<Self> {
        let Contact { name, phone, address, vat_id } = a.customer.clone();
        let available = if a.archived { Some(Money::ZERO) } else { a.available()? };
        Ok(Self {
            id: a.id.get(),
            kind: a.kind.as_str(),
            name: a.name.clone(),
            customer: AccountCustomerView { name, phone, address, vat_id },
            code: a.code.as_ref().map(ToString::to_string),
            limit: a.limit.map(Money::minor),
            due_date: a.due_date.map(|date| date.to_string()),
            balance: a.balance.minor(),
            reserved: a.reserved.minor(),
            available: available.map(Money::minor),
            archived: a.archived,
            order_id: a.order.map(OrderId::get),
            opened_business_date: a.opened_date.to_string(),
            opened_at: a.opened_at.rfc3339(zone),
            version: a.version,
        })
    }
}

/// What a check brought to an account when it was settled: a voucher or deposit sold, an account paid.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoadedView {
    /// The account's.
    id: i64,
    line_id: i64,
    /// `house`, `gift_voucher` or `deposit`.
    kind: &'static str,
    name: String,
    /// Of a gift voucher: what the guest gets.
    code: Option<String>,
    amount: i64,
}

impl LoadedView {
    pub fn of(l: &Loaded) -> Self {
        Self {
            id: l.account.get(),
            line_id: l.line.get(),
            kind: l.kind.as_str(),
            name: l.name.clone(),
            code: l.code.as_ref().map(ToString::to_string),
            amount: l.amount.minor(),
        }
    }
}

/// `opening_balance` and all entries are `closing_balance`, unless there are more.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountStatement {
    account_id: i64,
    from: String,
    to: String,
    opening_balance: i64,
    /// Oldest first, at most 1,000.
    entries: Vec<AccountEntryView>,
    has_more: bool,
    closing_balance: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct AccountEntryView {
    id: i64,
    /// `issued`, `charged`, `redeemed`, `paid`, `refunded`, `paid_out` or `corrected`.
    kind: &'static str,
    /// What it added to the balance.
    amount: i64,
    /// After it.
    balance: i64,
    order_id: Option<i64>,
    /// The line that brought the money.
    line_id: Option<i64>,
    payment_id: Option<i64>,
    refund_id: Option<i64>,
    business_date: String,
    at: String,
    staff_id: Option<i64>,
    device_id: Option<i64>,
}

impl AccountStatement {
    pub(super) fn of(a: &Account, from: BusinessDate, to: BusinessDate, found: &Statement, zone: &Zone) -> Self {
        Self {
            account_id: a.id.get(),
            from: from.to_string(),
            to: to.to_string(),
            opening_balance: found.opening.minor(),
            entries: found.entries.iter().map(|entry| AccountEntryView::of(entry, zone)).collect(),
            has_more: found.has_more,
            closing_balance: found.closing.minor(),
        }
    }
}

impl AccountEntryView {
    fn of(e: &Entry, zone: &Zone) -> Self {
        Self {
            id: e.id,
            kind: e.kind.as_str(),
            amount: e.amount.minor(),
            balance: e.balance.minor(),
            order_id: e.cause.order.map(OrderId::get),
            line_id: e.cause.line.map(LineId::get),
            payment_id: e.cause.payment.map(PaymentId::get),
            refund_id: e.cause.refund.map(RefundId::get),
            business_date: e.date.to_string(),
            at: e.at.rfc3339(zone),
            staff_id: e.staff.map(StaffId::get),
            device_id: e.device.map(DeviceId::get),
        }
    }
}
