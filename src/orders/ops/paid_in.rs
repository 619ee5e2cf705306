//! A guest who pays into an account: an order of one line that is no sale, opened to be paid at once.

use super::By;
use super::adding::{Adding, Place};
use super::lines::NewLine;
use super::open::{NewOrder, begin, new_check};
use crate::accounts::{
    self,
    model::{Account, AccountKind},
};
use crate::error::{Faults, Result};
use crate::journal::{self, Kind as Fact};
use crate::kernel::ids::LineId;
use crate::kernel::money::Money;
use crate::kernel::quantity::Quantity;
use crate::menu::{self, model::Sellable};
use crate::orders::model::{Customer, Kind, Order, State};
use crate::orders::{facts, load, save};
use crate::settings;
use crate::shifts::{self, model::OpenOrder};
use crate::store::Tx;

/// Opens the order by which `amount` is paid into `account`: nobody sits, nothing is cooked, and no service is
/// charged. Whoever asks for it takes the payment in the same transaction.
pub fn open(tx: &Tx<'_>, by: &By, account: &Account, amount: Money) -> Result<Order> {
    let stamp = &by.stamp;
    let mut order = begin(tx, stamp, asked(account))?;
    let check = new_check(tx, &order, settings::ops::check_rules(tx)?, &[])?;
    order.checks.push(check);
    let id = LineId::new(load::next_line_id(tx)?);
    let name = name(account.kind).to_owned();
    let sold = Sellable { variant_name: name.clone(), name, ..menu::ops::account_payment(tx)? };
    let mut faults = Faults::new();
    let adding = Adding { tx, by, version: order.version, service: order.service, counted: false, now: None };
    let line = adding.line(id, line(&sold, amount), Place::line(0), &sold, None, &mut faults)?;
    faults.finish()?;
    order.checks[0].lines.extend(line);
    save::new_check(tx, &mut order, 0)?;
    accounts::ops::aim(tx, id, account.id)?;
    save::count(tx, &order, None, State::Open)?;
    let (display_number, opened_at) = (order.display_number, order.opened_at);
    shifts::ops::order_opened(tx, &OpenOrder { order: order.id, display_number, date: order.date, opened_at })?;
    save::touch(tx, &order);
    journal::ops::append(tx, stamp, Fact::OrderOpened, order.id.get(), order.version, &facts::opened(&order))?;
    Ok(order)
}

/// As the receipt calls it.
fn name(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::House => "Payment on account",
        AccountKind::GiftVoucher => "Gift voucher",
        AccountKind::Deposit => "Deposit",
    }
}

fn asked(account: &Account) -> NewOrder {
    let contact = account.customer.clone();
    NewOrder {
        kind: Kind::Takeaway,
        table: None,
        another: false,
        tab_name: Some(account.name.clone()),
        guests: Some(0),
        customer: Customer {
            name: contact.name,
            phone: contact.phone,
            address: contact.address,
            vat_id: contact.vat_id,
        },
        due_at: None,
        note: None,
        lines: Vec::new(),
        menu_version: None,
        source: None,
    }
}

fn line(sold: &Sellable, amount: Money) -> NewLine {
    NewLine {
        variant: sold.variant,
        quantity: Quantity::ONE,
        measure: None,
        unit_price: Some(amount),
        service: None,
        seat: None,
        course: None,
        note: None,
        hold: false,
        modifiers: Vec::new(),
        components: Vec::new(),
        imported: false,
    }
}
