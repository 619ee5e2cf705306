//! What the journal is told of accounts: ids and amounts, neither names nor codes.

use serde::Serialize;

use super::model::{Account, Entry};
use crate::kernel::ids::{LineId, OrderId, PaymentId, RefundId};
use crate::kernel::money::Money;

/// An account as it was opened, or as it is after a change.
#[derive(Serialize)]
pub(super) struct Told {
    kind: &'static str,
    limit: Option<i64>,
    due_date: Option<String>,
    archived: bool,
    order: Option<i64>,
    line: Option<i64>,
}

impl Told {
    pub(super) fn of(account: &Account) -> Self {
        Self {
            kind: account.kind.as_str(),
            limit: account.limit.map(Money::minor),
            due_date: account.due_date.map(|date| date.to_string()),
            archived: account.archived,
            order: account.order.map(OrderId::get),
            line: account.line.map(LineId::get),
        }
    }
}

#[derive(Serialize)]
pub(super) struct MovedFact {
    kind: &'static str,
    entry: i64,
    amount: i64,
    balance: i64,
    order: Option<i64>,
    line: Option<i64>,
    payment: Option<i64>,
    refund: Option<i64>,
}

impl MovedFact {
    pub(super) fn of(account: &Account, entry: &Entry) -> Self {
        let cause = entry.cause;
        Self {
            kind: account.kind.as_str(),
            entry: entry.id,
            amount: entry.amount.minor(),
            balance: entry.balance.minor(),
            order: cause.order.map(OrderId::get),
            line: cause.line.map(LineId::get),
            payment: cause.payment.map(PaymentId::get),
            refund: cause.refund.map(RefundId::get),
        }
    }
}
