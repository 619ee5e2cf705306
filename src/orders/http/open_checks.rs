//! Who has what open. A report, read here since reports ask nothing of orders.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use crate::cache::{Filled, Key, Namespace, Tag};
use crate::error::Result;
use crate::journal;
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::money::{Money, TooLarge};
use crate::orders::list;
use crate::orders::sql::open::OpenCheck;
use crate::store::{PageRequest, Snapshot};
use crate::web::list::{Address, ListQuery, key, short};
use crate::web::{Query, Read, right};

const MINUTE_MS: i64 = 60_000;

#[derive(Debug, Serialize, ToSchema)]
struct OpenCheckView {
    /// The check's.
    id: i64,
    order_id: i64,
    display_number: i64,
    /// `dine_in`, `takeaway` or `delivery`.
    kind: String,
    table_id: Option<i64>,
    table: Option<String>,
    tab_name: Option<String>,
    /// The order's.
    guests: i64,
    /// Whose order it is; null where nobody was signed in.
    staff_id: Option<i64>,
    staff: Option<String>,
    opened_business_date: String,
    /// When the order was opened.
    opened_at: String,
    /// Whole minutes since then.
    age_min: i64,
    /// How often its bill was printed.
    bills: i64,
    total: i64,
    paid: i64,
    due: i64,
    /// Of what is due, what waits for payments that are not resolved.
    unresolved: i64,
}

impl OpenCheckView {
    fn of(c: OpenCheck, zone: &Zone, now: UtcMs) -> Result<Self, TooLarge> {
        let age_min = age_ms(&c, now) / MINUTE_MS;
        let (table_id, table) = c.table.unzip();
        let (staff_id, staff) = c.staff.unzip();
        Ok(Self {
            id: c.id,
            order_id: c.order,
            display_number: c.display_number,
            kind: c.kind,
            table_id,
            table,
            tab_name: c.tab_name,
            guests: c.guests,
            staff_id,
            staff,
            opened_business_date: c.date.to_string(),
            opened_at: c.opened_at.rfc3339(zone),
            age_min,
            bills: c.bills,
            total: c.total.minor(),
            paid: c.paid.minor(),
            due: c.total.minus(c.paid)?.max(Money::ZERO).minor(),
            unresolved: c.unresolved.minor(),
        })
    }
}

/// Checks that are open now, the oldest first.
#[utoipa::path(tag = "reports", params(ListQuery), responses((status = 200, body = Vec<OpenCheckView>)))]
#[get("/api/v1/reports/open-checks")]
pub(super) async fn open_checks(
    read: Read<right::SeeReports>,
    query: Query<ListQuery>,
    req: HttpRequest,
) -> Result<HttpResponse> {
    let request = query.0.parse()?;
    let what = Key::of(Namespace::Reports).part("open-checks");
    // Tables and people are shown by the names they have now, times in the restaurant's zone.
    let tags = vec![Tag::Orders, Tag::Floor, Tag::Staff, Tag::Calendar];
    let clock = Arc::clone(&read.house.clock);
    let key = key(what, request);
    let at = Address::keyed(req.path(), &key);
    read.cached(key, tags, move |db| listed(db, clock.now(), request, &at)).await
}

fn listed(db: &Snapshot, now: UtcMs, request: PageRequest, at: &Address) -> Result<Filled> {
    let zone = journal::ops::calendar(db)?.zone;
    let checks = list::open_checks(db)?;
    // Ages are true until the first of them is a minute older.
    let until = checks.iter().map(|check| now.get() + MINUTE_MS - age_ms(check, now) % MINUTE_MS).min();
    let views =
        checks.into_iter().map(|check| OpenCheckView::of(check, &zone, now)).collect::<Result<_, TooLarge>>()?;
    let until_ms = until.and_then(|at| u64::try_from(at).ok());
    Ok(Filled { until_ms, ..short::<OpenCheckView>(views, request, at)?.kept() })
}

/// Nothing is younger than now, whatever a clock was set to.
fn age_ms(check: &OpenCheck, now: UtcMs) -> i64 {
    (now.get() - check.opened_at.get()).max(0)
}
