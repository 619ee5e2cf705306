//! What moved the cash of drawers, held against the drawers' own events.

use crate::store::{Row, Statement};

const FOR_CHECK: &str = "reads every event of a drawer, for `comanda check` alone";

/// Every event of cash with the row it names: the drawer and amount of both, and the Z the event is under.
pub static EVENTS: Statement = Statement::new(
    "drawer_events.verify_cash",
    "select e.id, e.payment_id, e.tip_id, e.refund_id, e.drawer_id,
       coalesce(p.drawer_id, t.drawer_id, r.drawer_id, 0), e.amount,
       coalesce(
         case when p.state = 'captured' and p.tender_kind = 'cash' then p.tendered - p.change_given end,
         t.given - t.taken,
         case when r.tender_kind = 'cash' then -(r.amount + r.rounding + r.tip + r.excess) end,
         0),
       e.z_number
     from drawer_events e
     left join payments p on p.id = e.payment_id
     left join payment_tips t on t.id = e.tip_id
     left join refunds r on r.id = e.refund_id
     where e.payment_id is not null or e.tip_id is not null or e.refund_id is not null order by e.id",
)
.scanning(FOR_CHECK);

/// Rows that name a drawer which was told nothing of them.
pub static UNTOLD: Statement = Statement::new(
    "drawer_events.verify_untold",
    "select 'payments', p.id, p.drawer_id from payments p
     where p.drawer_id is not null and not exists (select 1 from drawer_events e where e.payment_id = p.id)
     union all
     select 'payment_tips', t.id, t.drawer_id from payment_tips t
     where t.drawer_id is not null and not exists (select 1 from drawer_events e where e.tip_id = t.id)
     union all
     select 'refunds', r.id, r.drawer_id from refunds r
     where r.drawer_id is not null and not exists (select 1 from drawer_events e where e.refund_id = r.id)",
)
.scanning(FOR_CHECK);

pub static ALL: &[&Statement] = &[&EVENTS, &UNTOLD];

/// What moved cash of a drawer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    Payment(i64),
    /// A change of a tip.
    Tip(i64),
    Refund(i64),
}

#[derive(Debug)]
pub struct CashEvent {
    pub id: i64,
    pub moved: Option<Moved>,
    /// Its own, and that of the row it names.
    pub drawer: (i64, i64),
    pub amount: (i64, i64),
    pub z_number: i64,
}

pub fn cash_event(row: &Row<'_>) -> rusqlite::Result<CashEvent> {
    let payment = row.get::<_, Option<i64>>(1)?.map(Moved::Payment);
    let tip = row.get::<_, Option<i64>>(2)?.map(Moved::Tip);
    let refund = row.get::<_, Option<i64>>(3)?.map(Moved::Refund);
    Ok(CashEvent {
        id: row.get(0)?,
        moved: payment.or(tip).or(refund),
        drawer: (row.get(4)?, row.get(5)?),
        amount: (row.get(6)?, row.get(7)?),
        z_number: row.get(8)?,
    })
}
