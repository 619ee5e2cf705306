//! What accounts may pay for, and their codes.

use proptest::prelude::*;

use super::model::{Account, AccountKind, Act, Code, Contact, Edit};
use crate::error::Refused;
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::AccountId;
use crate::kernel::money::Money;

fn account(kind: &str, balance: i64, reserved: i64, limit: Option<i64>) -> Account {
    Account {
        id: AccountId::new(7),
        kind: AccountKind::parse(kind).unwrap(),
        name: "Rossi".to_owned(),
        customer: Contact::default(),
        code: None,
        limit: limit.map(Money::new),
        due_date: None,
        balance: Money::new(balance),
        reserved: Money::new(reserved),
        order: None,
        line: None,
        archived: false,
        version: 1,
        revision: 0,
        opened_date: BusinessDate::parse("2026-11-20").unwrap(),
        opened_at: UtcMs::new(0),
    }
}

fn answer(refused: &Refused) -> String {
    let left = refused.extra.iter().find(|(name, _)| *name == "left");
    let left = left.map(|(_, left)| format!(" {left:?}").replace("Int(", "").replace(')', ""));
    format!("{}{}", refused.refusal.code(), left.unwrap_or_default())
}

#[test]
fn what_an_account_pays_for() {
    let check = |of: &Account, amount: i64, expected: &str| {
        let told = of.can_draw(Money::new(amount)).map_or_else(|refused| answer(&refused), |()| "yes".to_owned());
        assert_eq!(told, expected, "{amount} of {of:?}");
    };
    for kind in ["gift_voucher", "deposit"] {
        check(&account(kind, 5000, 0, None), 5000, "yes");
        check(&account(kind, 5000, 0, None), 5001, "balance_too_low 5000");
        check(&account(kind, 5000, 2000, None), 3001, "balance_too_low 3000");
        check(&account(kind, 5000, 5000, None), 1, "used_up 0");
        check(&account(kind, 0, 0, None), 1, "used_up 0");
    }
    check(&account("house", 0, 0, None), 1_000_000, "yes");
    check(&account("house", 4000, 500, Some(5000)), 500, "yes");
    check(&account("house", 4000, 500, Some(5000)), 501, "over_limit 500");
    check(&account("house", 6000, 0, Some(5000)), 1, "over_limit 0");
    // What the house owes is there beside the limit.
    check(&account("house", -1000, 0, Some(5000)), 6000, "yes");
    let closed = Account { archived: true, ..account("gift_voucher", 5000, 0, None) };
    check(&closed, 1, "account_archived");
}

#[test]
fn what_goes_back_in_money() {
    let check = |of: Account, expected: i64| assert_eq!(of.credit().unwrap(), Money::new(expected), "{of:?}");
    check(account("deposit", 5000, 2000, None), 3000);
    check(account("gift_voucher", 0, 0, None), 0);
    check(account("house", 5000, 0, None), 0);
    check(account("house", -5000, 0, None), 5000);
    check(account("house", -5000, 2000, None), 3000);
}

/// What is owed and what is on a voucher move the other way round, whatever is done.
#[test]
fn every_act_has_its_entry() {
    let told = |act: Act, kind: &str| {
        let (entry, adds) = act.entry(AccountKind::parse(kind).unwrap());
        format!("{}{}", if adds { '+' } else { '-' }, entry.as_str())
    };
    for (act, house, others) in [
        (Act::Load, "-paid", "+issued"),
        (Act::Draw, "+charged", "-redeemed"),
        (Act::PutBack, "-refunded", "+refunded"),
        (Act::PayOut, "+paid_out", "-paid_out"),
        (Act::Correct, "-corrected", "+corrected"),
    ] {
        assert_eq!(told(act, "house"), house);
        assert_eq!((told(act, "gift_voucher"), told(act, "deposit")), (others.to_owned(), others.to_owned()));
    }
}

#[test]
fn what_a_kind_does_not_have() {
    let fault = |kind: &str, edit: Edit| account(kind, 0, 0, None).edited(edit).map_err(|(pointer, _)| pointer).err();
    let limit = || Edit { limit: Some(None), ..Edit::default() };
    let date = || Edit { due_date: Some(BusinessDate::parse("2026-12-24").ok()), ..Edit::default() };
    assert_eq!((fault("house", limit()), fault("deposit", limit())), (None, Some("/limit")));
    assert_eq!((fault("deposit", date()), fault("house", date())), (None, Some("/due_date")));
    assert_eq!(fault("gift_voucher", Edit { archived: Some(true), ..Edit::default() }), None);
}

#[test]
fn a_code_is_read_however_it_is_typed() {
    let code = Code::from_random(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).unwrap();
    let shown = code.to_string();
    assert_eq!(shown.len(), 14, "{shown}");
    for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', ""), format!(" {} ", shown.replace('-', " "))]
    {
        assert_eq!(Code::parse(&typed), Ok(code.clone()), "{typed}");
    }
    for wrong in ["", "K", "0000-0000-0000", &shown[..13], &format!("{shown}2"), "ÄÖÜ2-3456-789A"] {
        assert!(Code::parse(wrong).is_err(), "{wrong}");
    }
    // 248 to 255 would favour some characters.
    assert_eq!(Code::from_random(&[255; 24]), None);
}

proptest! {
    /// Every wrong character and every two that changed places are seen.
    #[test]
    fn a_mistyped_code_is_seen(bytes in proptest::collection::vec(any::<u8>(), 24), at in 0_usize..12, other in 0_usize..12, by in 1_usize..31) {
        const LETTERS: &str = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
        prop_assume!(Code::from_random(&bytes).is_some());
        let code = Code::from_random(&bytes).unwrap();
        let plain: Vec<char> = code.plain().chars().collect();
        let text = |chars: &[char]| chars.iter().collect::<String>();
        prop_assert!(Code::parse(&text(&plain)).is_ok());
        let mut wrong = plain.clone();
        let value = LETTERS.find(plain[at]).unwrap();
        wrong[at] = LETTERS.chars().nth((value + by) % 31).unwrap();
        prop_assert!(Code::parse(&text(&wrong)).is_err());
        let mut swapped = plain.clone();
        swapped.swap(at, other);
        prop_assert_eq!(Code::parse(&text(&swapped)).is_ok(), swapped == plain);
    }
}
