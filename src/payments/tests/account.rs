//! Payments drawn on accounts: what is left stays there, and nobody spends what is not.

use super::{code, money, shown, tender};
use crate::accounts::model::{Account, AccountKind, Contact};
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::AccountId;
use crate::kernel::money::Money;
use crate::orders::model::CashRounding;
use crate::payments::model::{Asked, Standing, draw};
use crate::settings::model::{Excess, Tender};

/// `gift_voucher 50.00; due 25.00`: the account and what is on it (or owed), then how the check stands and
/// what is asked.
#[track_caller]
fn check(scene: &str, expected: &str) {
    let mut account = Account {
        id: AccountId::new(1),
        kind: AccountKind::House,
        name: String::new(),
        customer: Contact::default(),
        code: None,
        limit: None,
        due_date: None,
        balance: Money::ZERO,
        reserved: Money::ZERO,
        order: None,
        line: None,
        archived: false,
        version: 1,
        revision: 0,
        opened_date: BusinessDate::parse("2026-11-20").unwrap(),
        opened_at: UtcMs::new(0),
    };
    let cash = CashRounding { step: money("0.05"), all_cash: false };
    let (due, unresolved) = (Money::ZERO, Money::ZERO);
    let mut on = Standing { empty: false, due, unresolved, cash, paid_otherwise: false };
    let mut asked = Asked { amount: None, tendered: None, tip: Money::ZERO, pending: false, vouched: false };
    for clause in scene.split(';').map(str::trim) {
        match clause.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["closed"] => account.archived = true,
            ["due", due] => on.due = money(due),
            ["unresolved", sum] => on.unresolved = money(sum),
            ["limit", limit] => account.limit = Some(money(limit)),
            ["reserved", sum] => account.reserved = money(sum),
            ["amount", amount] => asked.amount = Some(money(amount)),
            ["tendered", sum] => asked.tendered = Some(money(sum)),
            ["tip", tip] => asked.tip = money(tip),
            [kind, balance] => {
                (account.kind, account.balance) = (AccountKind::parse(kind).unwrap(), money(balance));
            }
            words => panic!("{words:?}"),
        }
    }
    // Whatever the house says of its tender.
    let by = Tender { gives_change: account.kind == AccountKind::House, excess: Excess::Forfeit, ..tender("other") };
    let outcome = draw(&account, &by, &on, &asked).map_or_else(|error| code(&error), |parts| shown(&parts));
    assert_eq!(outcome, expected, "{scene}");
}

#[test]
fn a_voucher_pays_what_it_can() {
    for kind in ["gift_voucher", "deposit"] {
        let check = |scene: &str, expected: &str| check(&format!("{kind} {scene}"), expected);
        check("50.00; due 25.00", "paid 25.00; of 25.00");
        check("10.00; due 25.00", "paid 10.00; of 10.00");
        check("10.00; due 25.00; tip 1.00", "paid 9.00; of 10.00; tip 1.00");
        check("26.00; due 25.00; tip 1.00", "paid 25.00; of 26.00; tip 1.00");
        check("1.00; due 25.00; tip 1.00", "balance_too_low");
        check("0.00; due 25.00", "used_up");
        check("50.00; reserved 45.00; due 25.00", "paid 5.00; of 5.00");
        check("50.00; due 25.00; unresolved 20.00", "paid 5.00; of 5.00");
        check("50.00; due 25.00; amount 10.00", "paid 10.00; of 10.00");
        check("5.00; due 25.00; amount 10.00", "balance_too_low");
        check("50.00; due 25.00; amount 30.00", "overpaid");
        check("50.00; due 25.00; tendered 30.00", "overpaid");
        check("50.00; due 25.00; tendered 20.00", "paid 20.00; of 20.00");
        check("10.00; due 25.00; tendered 20.00", "balance_too_low");
        check("50.00; due 0.00", "nothing_due");
        check("0.00; due 0.00", "nothing_due");
        check("50.00; due 25.00; closed", "account_archived");
        // No coins are in it.
        check("50.00; due 12.32", "paid 12.32; of 12.32");
    }
}

#[test]
fn a_house_account_is_charged_up_to_its_limit() {
    check("house 0.00; due 25.00", "paid 25.00; of 25.00");
    check("house 0.00; due 25.00; tip 5.00", "paid 25.00; of 30.00; tip 5.00");
    check("house 30.00; limit 50.00; due 25.00", "over_limit");
    check("house 30.00; limit 50.00; due 25.00; amount 20.00", "paid 20.00; of 20.00");
    check("house 30.00; limit 50.00; due 25.00; amount 20.00; tip 0.01", "over_limit");
    check("house 30.00; reserved 10.00; limit 50.00; due 25.00; amount 10.01", "over_limit");
    check("house 0.00; due 25.00; amount 30.00", "overpaid");
    check("house 0.00; due 25.00; closed", "account_archived");
}
