//! What guests owe and what is theirs, by kind of account.

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::model::{AccountKind, EntryKind, Moved};
use crate::accounts::ops;
use crate::error::{Faults, Refused, Result};
use crate::journal;
use crate::kernel::day::BusinessDate;
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::web::{Query, Read, Reply, right};

/// Inclusive business dates; each is today where it is left out.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct AccountDays {
    from: Option<String>,
    to: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AccountReport {
    from: String,
    to: String,
    /// One a kind.
    rows: Vec<AccountReportRow>,
}

/// Every figure is what it added to the balance of all accounts of the kind, so that `opening` and all of
/// them are `outstanding`: what guests owe on house accounts, and what is still on vouchers and deposits.
#[derive(Debug, Serialize, ToSchema)]
struct AccountReportRow {
    /// `house`, `gift_voucher` or `deposit`.
    kind: &'static str,
    /// When the day before `from` ended.
    opening: i64,
    issued: i64,
    charged: i64,
    redeemed: i64,
    paid: i64,
    refunded: i64,
    paid_out: i64,
    corrected: i64,
    /// When `to` ends.
    outstanding: i64,
}

impl AccountReportRow {
    fn of(kind: AccountKind, moved: &Moved) -> Self {
        let figure = |word: EntryKind| {
            let place = EntryKind::ALL.iter().position(|kind| *kind == word);
            place.map_or(0, |place| moved.by_entry[place].minor())
        };
        Self {
            kind: kind.as_str(),
            opening: Money::minor(moved.opening),
            issued: figure(EntryKind::Issued),
            charged: figure(EntryKind::Charged),
            redeemed: figure(EntryKind::Redeemed),
            paid: figure(EntryKind::Paid),
            refunded: figure(EntryKind::Refunded),
            paid_out: figure(EntryKind::PaidOut),
            corrected: figure(EntryKind::Corrected),
            outstanding: moved.closing.minor(),
        }
    }
}

/// What moved on accounts, and what is outstanding.
#[utoipa::path(tag = "reports", params(AccountDays), responses((status = 200, body = AccountReport)))]
#[get("/api/v1/reports/accounts")]
pub(super) async fn report(read: Read<right::SeeReports>, days: Query<AccountDays>) -> Result<HttpResponse> {
    let mut faults = Faults::new();
    let mut date =
        |name, text: &Option<String>| text.as_deref().and_then(|t| faults.take(name, BusinessDate::parse(t)));
    let (from, to) = (date("from", &days.0.from), date("to", &days.0.to));
    faults.finish()?;
    let clock = read.house.clock.clone();
    read.reply(move |db| {
        let today = journal::ops::stamp(db, clock.as_ref(), None, None)?.date;
        let (from, to) = (from.unwrap_or(today), to.unwrap_or(today));
        if to < from {
            return Err(Refused::input("to", Invalid::range("to is before from")).into());
        }
        let row = |kind: &AccountKind| Ok(AccountReportRow::of(*kind, &ops::moved(db, *kind, from, to)?));
        let rows = AccountKind::ALL.iter().map(row).collect::<Result<_>>()?;
        Ok(Reply::ok(&AccountReport { from: from.to_string(), to: to.to_string(), rows })?.hashed())
    })
    .await
}
