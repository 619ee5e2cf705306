//! Accounts opened and changed, and what moves on them, inside the caller's transaction. Whether an account
//! may pay is asked of [`Account::can_draw`] before; what is told here has been decided.

mod verify;

pub use verify::verify;

use super::model::{Account, AccountKind, Act, Cause, Code, Edit, Entry, EntryKind, Loaded, Moved, NewAccount};
use super::record::{MovedFact, Told};
use super::sql;
use crate::error::{Fault, Refusal, Refused, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::day::BusinessDate;
use crate::kernel::ids::{AccountId, LineId, OrderId};
use crate::kernel::money::Money;
use crate::store::{Cursor, Page, PageRequest, Read, Tx, params};

/// Random bytes that nearly always make a code; where they do not, there are more.
const CODE_BYTES: usize = 24;

/// Opens an account with nothing on it.
pub fn open(tx: &Tx<'_>, stamp: &Stamp, new: &NewAccount) -> Result<Account> {
    let code = if new.kind == AccountKind::GiftVoucher { Some(fresh_code()?) } else { None };
    let (order, line) = new.sold.unzip();
    let contact = &new.customer;
    let id = tx.insert(
        &sql::INSERT,
        params![
            new.kind,
            new.name,
            contact.name,
            contact.phone,
            contact.address,
            contact.vat_id,
            code.as_ref().map(Code::plain),
            new.limit,
            new.due_date,
            order,
            line,
            stamp.date,
            stamp.at,
            stamp.staff,
            stamp.device,
            Account::found_by(&new.name, contact, code.as_ref()),
        ],
    )?;
    let account = get(tx, AccountId::new(id))?;
    journal::ops::append(tx, stamp, Kind::AccountOpened, id, account.version, &Told::of(&account))?;
    Ok(account)
}

fn fresh_code() -> Result<Code> {
    loop {
        let mut bytes = [0; CODE_BYTES];
        getrandom::fill(&mut bytes).map_err(|e| Fault::new(format!("no random numbers: {e}")))?;
        if let Some(code) = Code::from_random(&bytes) {
            return Ok(code);
        }
    }
}

/// Changes what is said of an account; `seen` is the version somebody changes it by, where they say.
pub fn change(tx: &Tx<'_>, stamp: &Stamp, id: AccountId, seen: Option<&[i64]>, edit: Edit) -> Result<Account> {
    let was = get(tx, id)?;
    if seen.is_some_and(|seen| !seen.contains(&was.version)) {
        return Err(Refusal::Stale.because("Somebody changed this account meanwhile.").into());
    }
    let mut is = was.edited(edit).map_err(|(pointer, invalid)| Refused::input(pointer, invalid))?;
    if is == was {
        return Ok(is);
    }
    is.version += 1;
    let (contact, found_by) = (&is.customer, Account::found_by(&is.name, &is.customer, is.code.as_ref()));
    tx.run(
        &sql::UPDATE,
        (
            id,
            &is.name,
            &contact.name,
            &contact.phone,
            &contact.address,
            &contact.vat_id,
            is.limit,
            is.due_date,
            is.archived,
            is.version,
            found_by,
        ),
    )?;
    journal::ops::append(tx, stamp, Kind::AccountChanged, id.get(), is.version, &Told::of(&is))?;
    Ok(is)
}

// ── what moves ───────────────────────────────────────────────────────────────

/// Writes what was done to an account, of an amount above zero.
pub fn act(tx: &Tx<'_>, stamp: &Stamp, id: AccountId, act: Act, amount: Money, cause: Cause) -> Result<Account> {
    let mut account = get(tx, id)?;
    if amount <= Money::ZERO {
        return Err(Fault::new(format!("account {id} was to be moved by {}", amount.minor())).into());
    }
    let (kind, adds) = act.entry(account.kind);
    let amount = if adds { amount } else { -amount };
    tx.run(&sql::MOVE, (id, amount, Money::ZERO))?;
    (account.balance, account.revision) = (account.balance.plus(amount)?, account.revision + 1);
    let entry = Entry {
        id: 0,
        kind,
        amount,
        balance: account.balance,
        cause,
        date: stamp.date,
        at: stamp.at,
        staff: stamp.staff,
        device: stamp.device,
    };
    let entry = Entry { id: insert(tx, id, &entry)?, ..entry };
    add_to_day(tx, account.kind, &entry)?;
    journal::ops::append(tx, stamp, told_as(kind), id.get(), account.version, &MovedFact::of(&account, &entry))?;
    Ok(account)
}

fn insert(tx: &Tx<'_>, account: AccountId, e: &Entry) -> Result<i64> {
    let c = e.cause;
    let row = params![
        account, e.kind, e.amount, e.balance, c.order, c.line, c.payment, c.refund, e.date, e.at, e.staff, e.device
    ];
    Ok(tx.insert(&sql::ENTRY_INSERT, row)?)
}

fn add_to_day(tx: &Tx<'_>, kind: AccountKind, entry: &Entry) -> Result<()> {
    let of = |word: EntryKind| if entry.kind == word { entry.amount } else { Money::ZERO };
    tx.run(
        &sql::DAY_ADD,
        params![
            kind,
            entry.date,
            of(EntryKind::Issued),
            of(EntryKind::Charged),
            of(EntryKind::Redeemed),
            of(EntryKind::Paid),
            of(EntryKind::Refunded),
            of(EntryKind::PaidOut),
            of(EntryKind::Corrected),
            entry.amount,
        ],
    )?;
    Ok(())
}

fn told_as(kind: EntryKind) -> Kind {
    match kind {
        EntryKind::Issued => Kind::AccountIssued,
        EntryKind::Charged => Kind::AccountCharged,
        EntryKind::Redeemed => Kind::AccountRedeemed,
        EntryKind::Paid => Kind::AccountPaid,
        EntryKind::Refunded => Kind::AccountRefunded,
        EntryKind::PaidOut => Kind::AccountPaidOut,
        EntryKind::Corrected => Kind::AccountCorrected,
    }
}

/// Keeps `amount` of an account for a payment that is not resolved, or, below zero, lets it go again.
pub fn reserve(tx: &Tx<'_>, id: AccountId, amount: Money) -> Result<()> {
    match tx.run(&sql::MOVE, (id, Money::ZERO, amount))? {
        1 => Ok(()),
        _ => Err(Fault::new(format!("there is no account {id} to keep something of")).into()),
    }
}

// ── reading ──────────────────────────────────────────────────────────────────

/// The account, or 404.
pub fn get(db: &impl Read, id: AccountId) -> Result<Account> {
    let found = find(db, id)?;
    found.ok_or_else(|| Refusal::NotFound.because(format!("There is no account {id}.")).into())
}

pub fn find(db: &impl Read, id: AccountId) -> Result<Option<Account>> {
    Ok(db.opt(&sql::GET, (id,), sql::account)?)
}

/// The gift voucher of that code.
pub fn by_code(db: &impl Read, code: &Code) -> Result<Option<Account>> {
    Ok(db.opt(&sql::BY_CODE, (code.plain(),), sql::account)?)
}

/// What a list is asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub kind: Option<AccountKind>,
    /// In small letters; empty: whatever they are called.
    pub words: String,
    /// Those that are closed, instead of those in use.
    pub archived: bool,
}

/// A page of accounts, the latest first.
pub fn page(db: &impl Read, filter: &Filter, request: PageRequest) -> Result<Page<Account>> {
    let (words, archived) = (filter.words.as_str(), filter.archived);
    let (before, skip, total) = match request {
        PageRequest::Cursor { after, .. } => (after.id, 0, None),
        PageRequest::Number { page, size } => {
            let count = |row: &crate::store::Row<'_>| row.get::<_, i64>(0);
            let total = match filter.kind {
                Some(kind) => db.one(&sql::COUNT_OF_KIND, (archived, words, kind), count)?,
                None => db.one(&sql::COUNT, (archived, words), count)?,
            };
            (i64::MAX, i64::from(page - 1) * i64::from(size), Some(total.unsigned_abs()))
        }
    };
    let limit = i64::from(request.size()) + 1;
    let rows = match filter.kind {
        Some(kind) => db.all(&sql::LIST_OF_KIND, (archived, words, before, limit, skip, kind), sql::account)?,
        None => db.all(&sql::LIST, (archived, words, before, limit, skip), sql::account)?,
    };
    Ok(Page::of(rows, request.size(), total, |account| Cursor { key: 0, id: account.id.get() }))
}

/// What moved on an account in some days.
#[derive(Debug, Clone)]
pub struct Statement {
    pub opening: Money,
    /// Oldest first, at most [`ENTRIES_MAX`].
    pub entries: Vec<Entry>,
    pub has_more: bool,
    pub closing: Money,
}

/// Entries that one statement names.
pub const ENTRIES_MAX: usize = 1000;

pub fn statement(db: &impl Read, id: AccountId, from: BusinessDate, to: BusinessDate) -> Result<Statement> {
    let before = |date: BusinessDate| {
        Ok::<_, Fault>(db.opt(&sql::BALANCE_BEFORE, (id, date), |row| row.get(0))?.unwrap_or_default())
    };
    let mut entries = db.all(&sql::ENTRIES, (id, from, to, ENTRIES_MAX as i64 + 1), sql::entry)?;
    let has_more = entries.len() > ENTRIES_MAX;
    entries.truncate(ENTRIES_MAX);
    Ok(Statement { opening: before(from)?, entries, has_more, closing: before(to.plus_days(1))? })
}

/// What moved on all accounts of a kind, archived ones too.
pub fn moved(db: &impl Read, kind: AccountKind, from: BusinessDate, to: BusinessDate) -> Result<Moved> {
    let before = |date: BusinessDate| {
        Ok::<_, Fault>(db.opt(&sql::DAY_BEFORE, (kind, date), |row| row.get(0))?.unwrap_or_default())
    };
    let by_entry = db.one(&sql::DAYS, (kind, from, to), |row| {
        let mut sums = [Money::ZERO; 7];
        for (at, sum) in sums.iter_mut().enumerate() {
            *sum = row.get(at)?;
        }
        Ok(sums)
    })?;
    Ok(Moved { opening: before(from)?, by_entry, closing: before(to.plus_days(1))? })
}

// ── what orders need to know ─────────────────────────────────────────────────

/// What the lines of an order brought to accounts.
pub fn loaded_by(db: &impl Read, order: OrderId) -> Result<Vec<Loaded>> {
    Ok(db.all(&sql::LOADED_BY_ORDER, (order,), sql::loaded)?)
}

/// The accounts that one line brought money to, oldest first.
pub fn of_line(db: &impl Read, line: LineId) -> Result<Vec<Account>> {
    Ok(db.all(&sql::OF_LINE, (line,), sql::account)?)
}

/// What a line brought to accounts and did not take out again.
pub fn kept_by_line(db: &impl Read, line: LineId) -> Result<Money> {
    Ok(db.one(&sql::KEPT_BY_LINE, (line,), |row| row.get(0))?)
}

/// The lines by which money came to an account, with what of it was not given back, newest first.
pub fn sources(db: &impl Read, id: AccountId) -> Result<Vec<(OrderId, LineId, Money)>> {
    Ok(db.all(&sql::SOURCES, (id,), sql::source)?)
}

/// What went back in money of what was paid into an account.
pub fn paid_out(db: &impl Read, id: AccountId) -> Result<Money> {
    Ok(db.one(&sql::PAID_OUT, (id,), |row| row.get(0))?)
}

/// Says that a line pays into an account that is there.
pub fn aim(tx: &Tx<'_>, line: LineId, account: AccountId) -> Result<()> {
    tx.insert(&sql::TARGET_INSERT, (line, account))?;
    Ok(())
}

/// The account that a line pays into, where it is not to make one.
pub fn target(db: &impl Read, line: LineId) -> Result<Option<AccountId>> {
    Ok(db.opt(&sql::TARGET, (line,), |row| row.get(0))?)
}
