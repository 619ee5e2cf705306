//! Opening an order, and what is said of it as a whole: where, who, when, how eaten.

use super::lines::NewLine;
use super::{By, bump, open_order};
use crate::approvals::model::Size;
use crate::error::{Refusal, Refused, Result};
use crate::journal::{self, Kind as Fact, Stamp};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{CheckId, OrderId, StaffId, TableId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::permission::Permission;
use crate::kernel::service::Service;
use crate::orders::bill::Rules;
use crate::orders::model::{
    CashRounding, Charge, ChargeHow, ChargeTax, Check, Customer, IfMatch, Kind, Order, Scope, State, Totals,
};
use crate::orders::sql::order;
use crate::orders::{facts, save};
use crate::settings::model as set;
use crate::shifts::model::OpenOrder;
use crate::store::{Read, Tx, params};
use crate::{floor, menu, settings, shifts, staff};

/// An order as it is asked for.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub kind: Kind,
    pub table: Option<TableId>,
    /// Open it though the table already has an order.
    pub another: bool,
    pub tab_name: Option<String>,
    pub guests: Option<u32>,
    pub customer: Customer,
    pub due_at: Option<UtcMs>,
    pub note: Option<String>,
    pub lines: Vec<NewLine>,
    pub menu_version: Option<i64>,
    /// Where imported history comes from, and its number there.
    pub source: Option<(String, String)>,
}

/// Opens an order with its lines.
pub fn open(tx: &Tx<'_>, by: &By, mut new: NewOrder) -> Result<Order> {
    let stamp = &by.stamp;
    if let Some(table) = new.table {
        table_is_free(tx, table, new.another)?;
    }
    let (lines, menu_version) = (std::mem::take(&mut new.lines), new.menu_version);
    let mut order = begin(tx, stamp, new)?;
    let check = new_check(tx, &order, settings::ops::check_rules(tx)?, &settings::ops::service_charges(tx)?)?;
    order.checks.push(check);
    super::lines::lay(tx, by, &mut order, 0, lines, menu_version)?;
    save::new_check(tx, &mut order, 0)?;
    save::count(tx, &order, None, State::Open)?;
    seat(tx, &order)?;
    let (display_number, opened_at) = (order.display_number, order.opened_at);
    let told = OpenOrder { order: order.id, display_number, date: order.date, opened_at };
    shifts::ops::order_opened(tx, &told)?;
    save::touch(tx, &order);
    journal::ops::append(tx, stamp, Fact::OrderOpened, order.id.get(), order.version, &facts::opened(&order))?;
    Ok(order)
}

/// The order's row with its number of the day; no check yet, no lines, and nobody told.
pub(super) fn begin(tx: &Tx<'_>, stamp: &Stamp, new: NewOrder) -> Result<Order> {
    let date = stamp.date.text();
    tx.run(&order::NEXT_DISPLAY_NUMBER, (&date,))?;
    let display_number = tx.one(&order::DISPLAY_NUMBER, (&date,), |row| row.get(0))?;
    let mut order = Order {
        id: OrderId::new(0),
        display_number,
        kind: new.kind,
        service: new.kind.service(),
        state: State::Open,
        table: new.table,
        tab_name: new.tab_name,
        guests: new.guests.unwrap_or(u32::from(new.kind == Kind::DineIn)),
        customer: new.customer,
        due_at: new.due_at,
        note: new.note,
        date: stamp.date,
        opened_at: stamp.at,
        closed_at: None,
        staff: stamp.staff,
        device: stamp.device,
        merged_into: None,
        version: 1,
        revision: 0,
        checks: Vec::new(),
        joined: Vec::new(),
    };
    order.id = insert(tx, &order, new.source.as_ref())?;
    Ok(order)
}

fn insert(tx: &Tx<'_>, o: &Order, source: Option<&(String, String)>) -> Result<OrderId> {
    let id = tx.insert(
        &order::ORDER_INSERT,
        params![
            o.display_number,
            o.kind.as_str(),
            o.service.as_str(),
            o.table,
            o.tab_name,
            o.guests,
            o.customer.name,
            o.customer.phone,
            o.customer.address,
            o.customer.vat_id,
            o.due_at,
            o.note,
            o.date,
            o.opened_at,
            o.staff,
            o.device,
            o.version,
            source.map(|s| &s.0),
            source.map(|s| &s.1),
        ],
    )?;
    Ok(OrderId::new(id))
}

fn table_is_free(db: &impl Read, id: TableId, another: bool) -> Result<()> {
    let table = floor::ops::table(db, id)?.ok_or_else(|| unknown("/table_id", format!("There is no table {id}.")))?;
    match floor::ops::order_at(db, id)? {
        Some(order) if !another => {
            let why = format!("Table {} already has order {order}.", table.name);
            Err(Refusal::TableOccupied.because(why).with("order_id", order.get()).into())
        }
        _ => Ok(()),
    }
}

fn unknown(pointer: &str, detail: String) -> Refused {
    Refused::input(pointer, Invalid::new("unknown", detail))
}

/// A check with the rounding and the automatic charges of now; nothing of it is written yet.
pub(super) fn new_check(
    db: &impl Read,
    of: &Order,
    now: set::CheckRules,
    charges: &[set::ServiceCharge],
) -> Result<Check> {
    Ok(Check {
        id: CheckId::new(0),
        state: State::Open,
        opened_date: of.date,
        closed_date: None,
        rules: Rules { tax_rounding: now.tax_rounding, rounding: now.rounding },
        cash: CashRounding {
            step: now.cash_rounding,
            all_cash: now.cash_rounding_when == set::CashRoundingWhen::AllCash,
        },
        tax_exempt: false,
        version: of.version,
        bills: 0,
        carried: false,
        split_from: None,
        lines: Vec::new(),
        discounts: Vec::new(),
        charges: charges.iter().map(|charge| copy_charge(db, charge)).collect::<Result<_>>()?,
        payments: Vec::new(),
        receipt: None,
        loaded: Vec::new(),
        taxes: Vec::new(),
        totals: Totals::default(),
    })
}

fn copy_charge(db: &impl Read, of: &set::ServiceCharge) -> Result<Charge> {
    let how = match of.how {
        set::ChargeHow::Percent(rate) => ChargeHow::Percent(rate),
        set::ChargeHow::Amount(amount) => ChargeHow::Amount(amount),
        set::ChargeHow::PerGuest(amount) => ChargeHow::PerGuest(amount),
    };
    let tax = match of.tax {
        set::ChargeTax::None => ChargeTax::None,
        set::ChargeTax::AsLines => ChargeTax::AsLines,
        set::ChargeTax::Class(class) => match menu::ops::current_tax_version(db, class)? {
            Some(version) => ChargeTax::Class(version),
            None => ChargeTax::None,
        },
    };
    Ok(Charge {
        id: 0,
        charge: of.id,
        name: of.name.clone(),
        how,
        after_discounts: of.of == set::ChargeBase::AfterDiscounts,
        min_guests: of.min_guests.and_then(|guests| u32::try_from(guests).ok()),
        optional: of.optional,
        tax,
        to_staff: of.goes_to == set::GoesTo::Staff,
        removed: false,
        value: Money::ZERO,
        net: Money::ZERO,
        tax_amount: Money::ZERO,
        part: None,
        worth: None,
    })
}

/// Tells the floor what is open where.
pub(super) fn seat(tx: &Tx<'_>, order: &Order) -> Result<()> {
    let Some(table) = order.table else { return Ok(()) };
    floor::ops::seat(
        tx,
        &floor::model::Seating {
            order: order.id,
            table,
            display_number: order.display_number,
            guests: i64::from(order.guests),
            opened_at: order.opened_at,
            staff: order.staff,
        },
    )
}

/// What a PATCH says; what it leaves out stays. The inner `None` takes away.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    pub guests: Option<u32>,
    pub service: Option<Service>,
    pub table: Option<Option<TableId>>,
    pub another: bool,
    pub staff: Option<StaffId>,
    pub customer: Option<Customer>,
    pub due_at: Option<Option<UtcMs>>,
    pub note: Option<Option<String>>,
    pub tab_name: Option<Option<String>>,
}

/// Changes what is said of an order. Once a check was billed, only who may give a discount makes it cheaper
/// by its guests or service. A version is compared only where one was sent: these commute.
pub fn patch(tx: &Tx<'_>, by: &By, id: OrderId, seen: Option<&IfMatch>, patch: Patch) -> Result<Order> {
    let mut order = open_order(tx, id, seen.map(|seen| (seen, Scope::Order)))?;
    let moved = patch.table.is_some_and(|table| table != order.table);
    if let Some(Some(table)) = patch.table
        && moved
    {
        table_is_free(tx, table, patch.another)?;
    }
    if let Some(id) = patch.staff {
        let found = staff::ops::active(tx, id)?;
        found.ok_or_else(|| unknown("/staff_id", format!("Nobody with the id {id} works here.")))?;
        order.staff = Some(id);
    }
    let reprices = patch.guests.is_some_and(|g| g != order.guests) || patch.service.is_some_and(|s| s != order.service);
    let renamed = moved || patch.tab_name.as_ref().is_some_and(|name| *name != order.tab_name);
    let told = renamed || patch.service.is_some_and(|service| service != order.service);
    let was = (if told { super::send::place_name(tx, &order)? } else { None }, order.service);
    order.guests = patch.guests.unwrap_or(order.guests);
    order.service = patch.service.unwrap_or(order.service);
    order.table = patch.table.unwrap_or(order.table);
    order.customer = patch.customer.unwrap_or(order.customer);
    order.due_at = patch.due_at.unwrap_or(order.due_at);
    order.note = patch.note.unwrap_or(order.note);
    order.tab_name = patch.tab_name.unwrap_or(order.tab_name);
    let version = bump(&mut order);
    let mut approved_by = None;
    if reprices {
        let mut cheaper = Money::ZERO;
        for place in 0..order.checks.len() {
            if order.checks[place].state == State::Open {
                order.checks[place].version = version;
                let billed = (order.checks[place].bills > 0).then_some(order.checks[place].totals.total);
                save::check(tx, &mut order, place)?;
                let now = order.checks[place].totals.total;
                if let Some(before) = billed.filter(|before| now < *before) {
                    cheaper = cheaper.plus(before.minus(now)?)?;
                }
            }
        }
        if !cheaper.is_zero() {
            // Fewer covers than the guests pay by their bill are given by whoever may give a discount.
            approved_by = by.require(tx, Permission::Discount, Size::Amount(cheaper))?;
        }
    }
    save::order(tx, &order)?;
    floor::ops::leave(tx, order.id)?;
    seat(tx, &order)?;
    journal::ops::append(
        tx,
        &by.stamp,
        Fact::OrderChanged,
        order.id.get(),
        version,
        &facts::changed(&order, approved_by),
    )?;
    if told {
        super::send::moved(tx, by, &order, was)?;
    }
    Ok(order)
}
