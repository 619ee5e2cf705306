//! Every statement of accounts.

use super::model::{Account, AccountKind, Cause, Code, Contact, Entry, EntryKind, Loaded};
use crate::kernel::ids::{LineId, OrderId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::store::{Row, Statement};

crate::store::word_columns! { AccountKind EntryKind }

macro_rules! columns {
    () => {
        "a.id, a.kind, a.name, a.customer_name, a.customer_phone, a.customer_address, a.customer_vat_id, a.code,
       a.credit_limit, a.due_date, a.balance, a.reserved, a.order_id, a.line_id, a.archived, a.version, a.revision,
       a.opened_date, a.opened_at_ms"
    };
}

pub static INSERT: Statement = Statement::new(
    "accounts.insert",
    "insert into accounts (kind, name, customer_name, customer_phone, customer_address, customer_vat_id, code,
       credit_limit, due_date, order_id, line_id, opened_date, opened_at_ms, staff_id, device_id, found_by)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
);

pub static UPDATE: Statement = Statement::new(
    "accounts.update",
    "update accounts set name = ?2, customer_name = ?3, customer_phone = ?4, customer_address = ?5,
       customer_vat_id = ?6, credit_limit = ?7, due_date = ?8, archived = ?9, version = ?10, found_by = ?11
     where id = ?1",
);

/// Adds to the balance and to what is reserved of it.
pub static MOVE: Statement = Statement::new(
    "accounts.move",
    "update accounts set balance = balance + ?2, reserved = reserved + ?3, revision = revision + 1 where id = ?1",
);

pub static GET: Statement =
    Statement::new("accounts.get", concat!("select ", columns!(), " from accounts a where a.id = ?1"));

pub static BY_CODE: Statement =
    Statement::new("accounts.by_code", concat!("select ", columns!(), " from accounts a where a.code = ?1"));

pub fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get(0)?,
        kind: row.get(1)?,
        name: row.get(2)?,
        customer: Contact { name: row.get(3)?, phone: row.get(4)?, address: row.get(5)?, vat_id: row.get(6)? },
        code: code(row, 7)?,
        limit: row.get(8)?,
        due_date: row.get(9)?,
        balance: row.get(10)?,
        reserved: row.get(11)?,
        order: row.get(12)?,
        line: row.get(13)?,
        archived: row.get(14)?,
        version: row.get(15)?,
        revision: row.get(16)?,
        opened_date: row.get(17)?,
        opened_at: row.get(18)?,
    })
}

fn code(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Code>> {
    let text: Option<String> = row.get(at)?;
    let wrong = |e: Invalid| rusqlite::types::FromSqlError::Other(e.detail.into());
    Ok(text.map(|text| Code::parse(&text).map_err(wrong)).transpose()?)
}

// ── lists ────────────────────────────────────────────────────────────────────

/// Those in use (?1 = 0) or closed ones, whose words hold ?2, before the id ?3, past ?5 rows.
pub static LIST: Statement = Statement::new(
    "accounts.list",
    concat!(
        "select ",
        columns!(),
        " from accounts a where a.archived = ?1 and instr(a.found_by, ?2) > 0 and a.id < ?3
     order by a.id desc limit ?4 offset ?5"
    ),
);

/// Those of the kind ?6.
pub static LIST_OF_KIND: Statement = Statement::new(
    "accounts.list_of_kind",
    concat!(
        "select ",
        columns!(),
        " from accounts a where a.archived = ?1 and a.kind = ?6 and instr(a.found_by, ?2) > 0 and a.id < ?3
     order by a.id desc limit ?4 offset ?5"
    ),
);

pub static COUNT: Statement =
    Statement::new("accounts.count", "select count(*) from accounts where archived = ?1 and instr(found_by, ?2) > 0");

pub static COUNT_OF_KIND: Statement = Statement::new(
    "accounts.count_of_kind",
    "select count(*) from accounts where archived = ?1 and kind = ?3 and instr(found_by, ?2) > 0",
);

// ── entries ──────────────────────────────────────────────────────────────────

pub static ENTRY_INSERT: Statement = Statement::new(
    "account_entries.insert",
    "insert into account_entries (account_id, kind, amount, balance, order_id, line_id, payment_id, refund_id,
       business_date, at_ms, staff_id, device_id)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
);

pub static ENTRIES: Statement = Statement::new(
    "account_entries.of_account",
    "select id, kind, amount, balance, order_id, line_id, payment_id, refund_id, business_date, at_ms, staff_id, device_id
     from account_entries where account_id = ?1 and business_date between ?2 and ?3
     order by business_date, id limit ?4",
);

pub fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        kind: row.get(1)?,
        amount: row.get(2)?,
        balance: row.get(3)?,
        cause: Cause { order: row.get(4)?, line: row.get(5)?, payment: row.get(6)?, refund: row.get(7)? },
        date: row.get(8)?,
        at: row.get(9)?,
        staff: row.get(10)?,
        device: row.get(11)?,
    })
}

/// What stood on an account when the day before ?2 ended.
pub static BALANCE_BEFORE: Statement = Statement::new(
    "account_entries.balance_before",
    "select balance from account_entries where account_id = ?1 and business_date < ?2
     order by business_date desc, id desc limit 1",
);

/// What lines of an order brought to accounts, oldest first.
pub static LOADED_BY_ORDER: Statement = Statement::new(
    "account_entries.loaded_by_order",
    "select e.line_id, e.account_id, a.kind, a.name, a.code, abs(e.amount)
     from account_entries e join accounts a on a.id = e.account_id
     where e.order_id = ?1 and e.line_id is not null and (e.kind = 'issued' or e.kind = 'paid') order by e.id",
)
.repeating("a page or an export with its checks reads each order that sold a voucher whole, by its key");

pub fn loaded(row: &Row<'_>) -> rusqlite::Result<Loaded> {
    Ok(Loaded {
        line: row.get(0)?,
        account: row.get(1)?,
        kind: row.get(2)?,
        name: row.get(3)?,
        code: code(row, 4)?,
        amount: row.get(5)?,
    })
}

/// The accounts that a line brought money to, oldest first.
pub static OF_LINE: Statement = Statement::new(
    "accounts.of_line",
    concat!(
        "select ",
        columns!(),
        " from account_entries e join accounts a on a.id = e.account_id
     where e.line_id = ?1 and (e.kind = 'issued' or e.kind = 'paid') order by e.id"
    ),
)
.repeating("each voucher that is given back is looked for by its line");

/// What a line brought to accounts, less what went back of it.
pub static KEPT_BY_LINE: Statement = Statement::new(
    "account_entries.kept_by_line",
    "select coalesce(sum(case a.kind when 'house' then -e.amount else e.amount end), 0)
     from account_entries e join accounts a on a.id = e.account_id where e.line_id = ?1",
)
.repeating("each line that is no sale is looked for by its key, for `comanda check`");

/// By which lines of which orders money came to an account and is still to be given back, newest first.
pub static SOURCES: Statement = Statement::new(
    "account_entries.sources",
    "select e.order_id, e.line_id, abs(sum(e.amount)) from account_entries e
     where e.account_id = ?1 and e.line_id is not null and e.order_id is not null
     group by e.order_id, e.line_id having sum(e.amount) <> 0 order by max(e.id) desc",
)
.scanning("sorts the payments into one account: a few, of which one is given back");

pub fn source(row: &Row<'_>) -> rusqlite::Result<(OrderId, LineId, Money)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// What went back in money of what was paid into an account.
pub static PAID_OUT: Statement = Statement::new(
    "account_entries.paid_out",
    "select coalesce(sum(abs(amount)), 0) from account_entries where account_id = ?1 and kind = 'paid_out'",
);

pub static TARGET: Statement =
    Statement::new("account_lines.target", "select account_id from account_lines where line_id = ?1")
        .repeating("each deposit on a check that is settled says whose it is");

pub static TARGET_INSERT: Statement =
    Statement::new("account_lines.insert", "insert into account_lines (line_id, account_id) values (?1, ?2)");

// ── days ─────────────────────────────────────────────────────────────────────

/// Adds to a day of a kind. The first entry of a day begins with the balance of the day before it.
pub static DAY_ADD: Statement = Statement::new(
    "account_days.add",
    "insert into account_days (kind, business_date, issued, charged, redeemed, paid, refunded, paid_out, corrected, balance)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 + coalesce(
       (select d.balance from account_days d where d.kind = ?1 and d.business_date < ?2
        order by d.business_date desc limit 1), 0))
     on conflict do update set issued = issued + excluded.issued, charged = charged + excluded.charged,
       redeemed = redeemed + excluded.redeemed, paid = paid + excluded.paid, refunded = refunded + excluded.refunded,
       paid_out = paid_out + excluded.paid_out, corrected = corrected + excluded.corrected, balance = balance + ?10",
);

pub static DAYS: Statement = Statement::new(
    "account_days.sums",
    "select coalesce(sum(issued), 0), coalesce(sum(charged), 0), coalesce(sum(redeemed), 0), coalesce(sum(paid), 0),
       coalesce(sum(refunded), 0), coalesce(sum(paid_out), 0), coalesce(sum(corrected), 0)
     from account_days where kind = ?1 and business_date between ?2 and ?3",
);

pub static DAY_BEFORE: Statement = Statement::new(
    "account_days.balance_before",
    "select balance from account_days where kind = ?1 and business_date < ?2 order by business_date desc limit 1",
);

// ── whether it holds ─────────────────────────────────────────────────────────

const ALL_OF_IT: &str = "reads all there is, for `comanda check`";

/// Accounts whose balance is not the sum of their entries.
pub static BALANCES_WRONG: Statement = Statement::new(
    "accounts.verify_balances",
    "select a.id, a.balance, coalesce((select sum(e.amount) from account_entries e where e.account_id = a.id), 0) as entries
     from accounts a where a.balance <> entries",
)
.scanning(ALL_OF_IT);

/// Entries that say another balance than the one before them and their amount.
pub static RUNNING_WRONG: Statement = Statement::new(
    "account_entries.verify_running",
    "select id, balance, running from (
       select id, balance, sum(amount) over (partition by account_id order by id) as running from account_entries)
     where balance <> running",
)
.scanning(ALL_OF_IT);

/// Days that say something else than their entries: as kept, and as summed.
pub static DAYS_WRONG: Statement = Statement::new(
    "account_days.verify",
    "with summed as (
       select a.kind as kind, e.business_date as business_date,
         sum(iif(e.kind = 'issued', e.amount, 0)) as issued, sum(iif(e.kind = 'charged', e.amount, 0)) as charged,
         sum(iif(e.kind = 'redeemed', e.amount, 0)) as redeemed, sum(iif(e.kind = 'paid', e.amount, 0)) as paid,
         sum(iif(e.kind = 'refunded', e.amount, 0)) as refunded, sum(iif(e.kind = 'paid_out', e.amount, 0)) as paid_out,
         sum(iif(e.kind = 'corrected', e.amount, 0)) as corrected, sum(e.amount) as amount
       from account_entries e join accounts a on a.id = e.account_id group by a.kind, e.business_date),
     running as (
       select *, sum(amount) over (partition by kind order by business_date) as balance from summed),
     words as (
       select kind, business_date, issued || ' ' || charged || ' ' || redeemed || ' ' || paid || ' ' || refunded || ' ' ||
         paid_out || ' ' || corrected || ' ' || balance as text, 1 as entries from running
       union all
       select kind, business_date, issued || ' ' || charged || ' ' || redeemed || ' ' || paid || ' ' || refunded || ' ' ||
         paid_out || ' ' || corrected || ' ' || balance, 0 from account_days)
     select kind || ' ' || business_date, coalesce(max(iif(entries = 0, text, null)), 'missing'),
       coalesce(max(iif(entries = 1, text, null)), 'none')
     from words group by kind, business_date having count(*) <> 2 or min(text) <> max(text)",
)
.scanning(ALL_OF_IT);

/// What differs: its row, as it stands, and as it should.
pub fn differs(row: &Row<'_>) -> rusqlite::Result<(i64, i64, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

pub static ALL: &[&Statement] = &[
    &INSERT,
    &UPDATE,
    &MOVE,
    &GET,
    &BY_CODE,
    &LIST,
    &LIST_OF_KIND,
    &COUNT,
    &COUNT_OF_KIND,
    &ENTRY_INSERT,
    &ENTRIES,
    &BALANCE_BEFORE,
    &LOADED_BY_ORDER,
    &OF_LINE,
    &KEPT_BY_LINE,
    &SOURCES,
    &PAID_OUT,
    &TARGET,
    &TARGET_INSERT,
    &DAY_ADD,
    &DAYS,
    &DAY_BEFORE,
    &BALANCES_WRONG,
    &RUNNING_WRONG,
    &DAYS_WRONG,
];
