//! A table for every rule, with amounts worked by hand.

mod account;
mod change;

use super::model::{Asked, AskedBack, Back, Outcome, Parts, Standing, decide, give_back, late, resolve};
use crate::error::Error;
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{PaymentId, RefundId, TenderId};
use crate::kernel::money::Money;
use crate::orders::model::{CashRounding, Payment, PaymentState, Refund};
use crate::settings::model::{Excess, Tender, TenderKind};

fn money(text: &str) -> Money {
    let (whole, cents) = text.split_once('.').unwrap_or_else(|| panic!("an amount has cents: {text}"));
    assert_eq!(cents.len(), 2, "an amount has two decimals: {text}");
    Money::new(whole.parse::<i64>().unwrap() * 100 + cents.parse::<i64>().unwrap())
}

fn code(error: &Error) -> String {
    match error {
        Error::Refused(refused) => refused.refusal.code().to_owned(),
        Error::Fault(fault) => panic!("{fault}"),
    }
}

/// The parts that are not zero, in a fixed order.
fn told(first: &str, parts: [(&str, Money); 6]) -> String {
    let shown = parts.into_iter().filter(|(name, amount)| *name == first || !amount.is_zero());
    shown.map(|(name, amount)| format!("{name} {}", amount.display(2))).collect::<Vec<_>>().join("; ")
}

fn shown(parts: &Parts) -> String {
    let Parts { amount, tendered, change, tip, rounding, excess } = *parts;
    told(
        "paid",
        [
            ("paid", amount),
            ("of", tendered),
            ("change", change),
            ("tip", tip),
            ("rounding", rounding),
            ("excess", excess),
        ],
    )
}

fn tender(kind: &str) -> Tender {
    let kind = TenderKind::parse(kind).unwrap();
    Tender { id: TenderId::new(1), name: String::new(), kind, gives_change: kind.gives_change(), excess: kind.excess() }
}

/// `due 4.80; cash 10.00`: how the check stands, then one payment by a kind of tender. What it hands
/// over stands behind the kind, what it says it pays behind `amount`.
#[track_caller]
fn check(scene: &str, expected: &str) {
    let mut on = Standing {
        empty: false,
        due: Money::ZERO,
        unresolved: Money::ZERO,
        cash: CashRounding { step: Money::ZERO, all_cash: false },
        paid_otherwise: false,
    };
    let mut asked = Asked { amount: None, tendered: None, tip: Money::ZERO, pending: false, vouched: false };
    let mut by = None;
    for clause in scene.split(';').map(str::trim) {
        match clause.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["empty"] => on.empty = true,
            ["due", due] => on.due = money(due),
            ["unresolved", sum] => on.unresolved = money(sum),
            ["coins", step] => on.cash.step = money(step),
            ["all_cash"] => on.cash.all_cash = true,
            ["card_before"] => on.paid_otherwise = true,
            ["amount", amount] => asked.amount = Some(money(amount)),
            ["tip", tip] => asked.tip = money(tip),
            ["pending"] => asked.pending = true,
            ["vouched"] => asked.vouched = true,
            [kind] => by = Some(tender(kind)),
            [kind, tendered] => (by, asked.tendered) = (Some(tender(kind)), Some(money(tendered))),
            words => panic!("{words:?}"),
        }
    }
    let outcome = match decide(&by.expect("a tender"), &on, &asked) {
        Ok(parts) => shown(&parts),
        Err(error) => code(&error),
    };
    assert_eq!(outcome, expected, "{scene}");
}

#[test]
fn cash_gives_change() {
    check("due 4.80; cash 10.00", "paid 4.80; of 10.00; change 5.20");
    check("due 4.80; cash", "paid 4.80; of 4.80");
    check("due 4.80; cash 3.00", "paid 3.00; of 3.00");
    check("due 4.80; cash 10.00; amount 2.00", "paid 2.00; of 10.00; change 8.00");
    check("due 4.80; cash; amount 2.00", "paid 2.00; of 2.00");
    check("due 4.80; cash; amount 10.00", "paid 4.80; of 10.00; change 5.20");
    check("due 4.80; cash 20.00; amount 10.00", "paid 4.80; of 20.00; change 15.20");
    check("due 4.80; cash 4.00; amount 4.80", "underpaid");
    check("due 4.80; cash 5.00; amount 4.80; tip 0.50", "underpaid");
    check("due 4.80; cash 10.00; tip 0.50", "paid 4.80; of 10.00; change 4.70; tip 0.50");
    check("due 4.80; cash 4.00; tip 0.50", "paid 3.50; of 4.00; tip 0.50");
    check("due 4.80; cash; tip 0.50", "paid 4.80; of 5.30; tip 0.50");
    check("due 4.80; cash 0.50; tip 0.50", "underpaid");
    check("due 4.80; cash 0.00", "underpaid");
}

#[test]
fn cash_that_clears_the_check_is_rounded_to_coins() {
    check("coins 0.05; due 12.32; cash", "paid 12.32; of 12.30; rounding -0.02");
    check("coins 0.05; due 12.32; cash 20.00", "paid 12.32; of 20.00; change 7.70; rounding -0.02");
    check("coins 0.05; due 12.32; cash 12.30", "paid 12.32; of 12.30; rounding -0.02");
    check("coins 0.05; due 12.32; cash 12.30; amount 12.32", "paid 12.32; of 12.30; rounding -0.02");
    check("coins 0.05; due 12.32; cash; amount 12.30", "paid 12.32; of 12.30; rounding -0.02");
    check("coins 0.05; due 12.33; cash", "paid 12.33; of 12.35; rounding 0.02");
    check("coins 0.05; due 12.33; cash; amount 12.33", "paid 12.33; of 12.35; rounding 0.02");
    check("coins 0.05; due 12.33; cash; amount 12.35", "paid 12.33; of 12.35; rounding 0.02");
    check("coins 0.05; due 12.33; cash 12.33", "underpaid");
    check("coins 0.05; due 12.33; cash 12.34", "underpaid");
    check("coins 0.05; due 12.33; cash 12.33; amount 12.33", "underpaid");
    check("coins 0.05; due 12.33; cash 15.00; tip 2.00", "paid 12.33; of 15.00; change 0.65; tip 2.00; rounding 0.02");
    check("coins 0.05; due 0.02; cash", "paid 0.02; rounding -0.02");
    check("coins 0.05; due 0.02; cash 0.00", "paid 0.02; rounding -0.02");
    // Not what leaves something open, nor what is not cash.
    check("coins 0.05; due 12.32; cash 10.00", "paid 10.00; of 10.00");
    check("coins 0.05; due 12.32; cash; amount 1.11", "paid 1.11; of 1.11");
    check("coins 0.05; due 12.32; card", "paid 12.32; of 12.32");
    check("coins 0.05; due 12.32; unresolved 2.00; cash", "paid 10.32; of 10.32");
    check("coins 0.05; all_cash; due 12.32; cash", "paid 12.32; of 12.30; rounding -0.02");
    check("coins 0.05; all_cash; card_before; due 12.32; cash", "paid 12.32; of 12.32");
    check("coins 0.05; card_before; due 12.32; cash", "paid 12.32; of 12.30; rounding -0.02");
}

#[test]
fn more_than_is_due() {
    check("due 4.80; card; amount 4.81", "overpaid");
    check("due 4.80; card 5.00", "overpaid");
    check("due 4.80; card 5.00; amount 2.00", "overpaid");
    check("due 4.80; card 5.30; tip 0.50", "paid 4.80; of 5.30; tip 0.50");
    check("due 4.80; card; tip 0.50", "paid 4.80; of 5.30; tip 0.50");
    check("due 4.80; card; amount 2.00; tip 0.50", "paid 2.00; of 2.50; tip 0.50");
    check("due 4.80; card 2.00", "paid 2.00; of 2.00");
    check("due 4.80; gift_voucher; amount 5.00", "overpaid");
    check("due 4.80; write_off; amount 5.00", "overpaid");
    // A meal voucher forfeits.
    check("due 4.80; meal_voucher; amount 8.00", "paid 4.80; of 8.00; excess 3.20");
    check("due 4.80; meal_voucher 8.00", "paid 4.80; of 8.00; excess 3.20");
    check("due 9.80; meal_voucher 8.00", "paid 8.00; of 8.00");
    // What a terminal took stands.
    check("due 4.80; card; amount 6.00; vouched", "paid 4.80; of 6.00; excess 1.20");
    check("due 4.80; card 6.00; vouched; tip 0.50", "paid 4.80; of 6.00; tip 0.50; excess 0.70");
    check("due 4.80; card 6.00; amount 4.80; vouched", "paid 4.80; of 6.00; excess 1.20");
    check("due 9.80; card 6.00; amount 4.80; vouched", "paid 6.00; of 6.00");
    check("due 0.00; card; amount 6.00; vouched", "paid 0.00; of 6.00; excess 6.00");
    check("due 4.80; unresolved 4.80; card; amount 4.80; vouched", "paid 0.00; of 4.80; excess 4.80");
    check("due 4.80; online; amount 6.00; vouched", "paid 4.80; of 6.00; excess 1.20");
    check("due 4.80; card; vouched", "paid 4.80; of 4.80");
    // A reference on anything else is no terminal's word, and what is pending is not taken.
    check("due 4.80; other; amount 6.00; vouched", "overpaid");
    check("due 4.80; card; amount 6.00; vouched; pending", "overpaid");
}

#[test]
fn what_cannot_be_paid() {
    check("empty; cash", "order_is_empty");
    check("empty; card; vouched", "order_is_empty");
    check("empty; card; amount 1.00; vouched", "paid 0.00; of 1.00; excess 1.00");
    check("due 4.80; write_off; tip 1.00", "invalid");
    check("due 0.00; cash", "nothing_due");
    check("due 0.00; card; vouched", "nothing_due");
    check("due 4.80; unresolved 4.80; cash", "payment_unresolved");
    check("due 4.80; unresolved 4.80; card; pending", "payment_unresolved");
    check("due 4.80; unresolved 2.00; card; amount 3.00", "payment_unresolved");
    check("due 4.80; unresolved 2.00; card; amount 2.80", "paid 2.80; of 2.80");
    check("due 4.80; unresolved 2.00; card", "paid 2.80; of 2.80");
    check("due 4.80; unresolved 2.00; cash 10.00", "paid 2.80; of 10.00; change 7.20");
    check("due 4.80; unresolved 2.00; meal_voucher; amount 8.00", "payment_unresolved");
    check("due 4.80; card; pending", "paid 4.80; of 4.80");
    check("due 4.80; card; pending; amount 5.00", "overpaid");
}

#[test]
fn a_tender_of_the_house_may_do_as_it_is_told() {
    let on = Standing {
        empty: false,
        due: money("4.80"),
        unresolved: Money::ZERO,
        cash: CashRounding { step: Money::ZERO, all_cash: false },
        paid_otherwise: false,
    };
    let asked = Asked { amount: None, tendered: Some(money("8.00")), tip: Money::ZERO, pending: false, vouched: false };
    let with = |gives_change, excess| Tender { gives_change, excess, ..tender("other") };
    let decided = |tender: Tender| decide(&tender, &on, &asked).map_or_else(|e| code(&e), |parts| shown(&parts));
    assert_eq!(decided(with(true, Excess::Refuse)), "paid 4.80; of 8.00; change 3.20");
    assert_eq!(decided(with(false, Excess::Forfeit)), "paid 4.80; of 8.00; excess 3.20");
    assert_eq!(decided(with(false, Excess::Refuse)), "overpaid");
}

#[test]
fn whatever_is_asked_money_is_conserved_and_the_due_is_not_exceeded() {
    let steps = [0, 5, 10];
    let some = |values: &'static [i64]| [None].into_iter().chain(values.iter().map(|v| Some(Money::new(*v))));
    let mut decided = 0;
    for kind in TenderKind::ALL {
        let tender = tender(kind.as_str());
        for (due, unresolved, step) in [0, 2, 1232, 1233, 1235]
            .into_iter()
            .flat_map(|due| [0, 2, 500].map(|un| (due, un)))
            .flat_map(|(due, un)| steps.map(|step| (due, un.min(due), step)))
        {
            let cash = CashRounding { step: Money::new(step), all_cash: false };
            let (due, unresolved) = (Money::new(due), Money::new(unresolved));
            let on = Standing { empty: false, due, unresolved, cash, paid_otherwise: false };
            for amount in some(&[1, 1230, 1232, 1233, 1234, 1235, 2000]) {
                for tendered in some(&[0, 1, 1230, 1232, 1233, 1234, 1235, 2000]) {
                    for (tip, vouched) in [(0, false), (0, true), (100, false), (100, true)] {
                        let asked = Asked { amount, tendered, tip: Money::new(tip), pending: false, vouched };
                        let Ok(parts) = decide(&tender, &on, &asked) else { continue };
                        decided += 1;
                        assert!(
                            parts.amount <= due.minus(unresolved).unwrap(),
                            "{tender:?} {on:?} {asked:?} {parts:?}"
                        );
                        assert!(parts.rounding.minor().abs() <= step / 2, "{tender:?} {on:?} {asked:?} {parts:?}");
                        assert!(tendered.is_none_or(|t| t == parts.tendered), "{tender:?} {on:?} {asked:?} {parts:?}");
                    }
                }
            }
        }
    }
    assert!(decided > 1000, "{decided}");
}

#[test]
fn the_states_of_a_payment() {
    let check = |state: PaymentState, outcome: &str, expected: &str| {
        let next = resolve(state, Outcome::parse(outcome).unwrap());
        let next = next.map_or_else(|refused| refused.refusal.code(), PaymentState::as_str);
        assert_eq!(next, expected, "{state:?} {outcome}");
    };
    for outcome in Outcome::ALL.iter().map(|outcome| outcome.as_str()) {
        check(PaymentState::Pending, outcome, outcome);
        check(PaymentState::Unknown, outcome, outcome);
        check(PaymentState::Captured, outcome, "not_pending");
        // The bank knows better.
        let after = if outcome == "captured" { "captured" } else { "not_pending" };
        check(PaymentState::Declined, outcome, after);
        check(PaymentState::Cancelled, outcome, after);
    }
}

#[test]
fn a_late_capture_pays_what_is_due_and_stands_as_excess_beyond() {
    let pending = Parts { amount: money("8.00"), tendered: money("9.00"), tip: money("1.00"), ..Parts::default() };
    let check = |due: &str, expected: &str| assert_eq!(shown(&late(pending, money(due)).unwrap()), expected, "{due}");
    check("8.00", "paid 8.00; of 9.00; tip 1.00");
    check("9.00", "paid 8.00; of 9.00; tip 1.00");
    check("5.00", "paid 5.00; of 9.00; tip 1.00; excess 3.00");
    check("0.00", "paid 0.00; of 9.00; tip 1.00; excess 8.00");
}

fn payment(kind: &str, amount: Money) -> Payment {
    Payment {
        id: PaymentId::new(1),
        tender_id: TenderId::new(1),
        tender_kind: kind.to_owned(),
        tender: String::new(),
        state: PaymentState::Captured,
        amount,
        tendered: amount,
        change: Money::ZERO,
        tip: Money::ZERO,
        rounding: Money::ZERO,
        excess: Money::ZERO,
        tip_staff: None,
        reference: None,
        card_brand: None,
        card_last4: None,
        card_auth: None,
        client_ref: None,
        account: None,
        device: None,
        staff: None,
        date: BusinessDate::parse("2026-11-20").unwrap(),
        at: UtcMs::new(0),
        corrects: None,
        drawer: None,
        corrected_by: None,
        refunds: Vec::new(),
    }
}

/// `cash 12.32 rounding -0.02`, then refunds one after the other, each answered in turn: `all`,
/// `back 5.00` or `dishes 5.00`, with `tip 1.00`, `card` or `cash` where it goes back otherwise.
#[track_caller]
fn back(scene: &str, expected: &[&str]) {
    let mut clauses = scene.split(';').map(str::trim);
    let words: Vec<&str> = clauses.next().unwrap().split_whitespace().collect();
    let mut paid = payment(words[0], money(words[1]));
    for pair in words[2..].chunks(2) {
        let amount = pair[1].strip_prefix('-').map_or_else(|| money(pair[1]), |rest| -money(rest));
        match pair[0] {
            "rounding" => paid.rounding = amount,
            "tip" => paid.tip = amount,
            "excess" => paid.excess = amount,
            other => panic!("{other}"),
        }
    }
    let mut told = Vec::new();
    for clause in clauses {
        let (mut what, mut tip, mut cash) = (Back::Amount(Money::ZERO), None, words[0] == "cash");
        let mut words = clause.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "all" => what = Back::All,
                "back" => what = Back::Amount(money(words.next().unwrap())),
                "dishes" => what = Back::Dishes(money(words.next().unwrap())),
                "tip" => tip = Some(money(words.next().unwrap())),
                "cash" => cash = true,
                "card" => cash = false,
                other => panic!("{other}"),
            }
        }
        match give_back(&paid, &AskedBack { back: what, tip, cash, step: money("0.05") }) {
            Ok(given) => {
                let parts = [("back", given.amount), ("tip", given.tip), ("rounding", given.rounding)];
                let parts =
                    [parts[0], parts[1], parts[2], ("excess", given.excess), ("", Money::ZERO), ("", Money::ZERO)];
                told.push(self::told("back", parts));
                let id = RefundId::new(1);
                let (amount, rounding, tip, excess) = (given.amount, given.rounding, given.tip, given.excess);
                paid.refunds.push(Refund { id, amount, rounding, tip, excess, reversal: false, cash });
            }
            Err(error) => told.push(code(&error)),
        }
    }
    assert_eq!(told, expected, "{scene}");
}

#[test]
fn a_refund_is_never_above_what_was_paid() {
    back("card 10.00; all; all", &["back 10.00", "refund_too_high"]);
    back("card 10.00; back 4.00; back 6.01; back 6.00", &["back 4.00", "refund_too_high", "back 6.00"]);
    back("card 10.00; dishes 4.00; all", &["back 4.00", "back 6.00"]);
    back("card 10.00; dishes 10.01", &["refund_too_high"]);
    back("card 10.00 tip 2.00; all", &["back 10.00; tip 2.00"]);
    back("card 10.00 tip 2.00; all tip 0.00; tip 2.00; all", &["back 10.00", "back 0.00; tip 2.00", "refund_too_high"]);
    back(
        "card 10.00 tip 2.00; back 1.00 tip 2.01; back 1.00 tip 1.50; tip 0.51; tip 0.50",
        &["refund_too_high", "back 1.00; tip 1.50", "refund_too_high", "back 0.00; tip 0.50"],
    );
}

#[test]
fn what_was_taken_too_much_goes_back_first() {
    back("card 10.00 excess 2.00; all", &["back 10.00; excess 2.00"]);
    back(
        "card 10.00 excess 2.00; back 2.00; back 10.01; back 10.00",
        &["back 0.00; excess 2.00", "refund_too_high", "back 10.00"],
    );
    back("card 10.00 excess 2.00; back 5.00; dishes 7.00", &["back 3.00; excess 2.00", "back 7.00"]);
    back("card 10.00 excess 2.00; dishes 10.01", &["refund_too_high"]);
    // What a voucher forfeited is the house's.
    back(
        "meal_voucher 10.00 excess 2.00; back 4.00; back 6.01; all",
        &["back 4.00", "refund_too_high", "back 6.00; excess 2.00"],
    );
}

#[test]
fn cash_goes_back_in_coins() {
    back("cash 12.32 rounding -0.02; all", &["back 12.32; rounding -0.02"]);
    back("cash 12.33 rounding 0.02; all", &["back 12.33; rounding 0.02"]);
    // 5.01 is 5.00 in coins; 10.02 are 10.00, so another 5.00; the end returns 12.30 in all.
    back(
        "cash 12.32 rounding -0.02; back 5.01; back 5.01; all",
        &["back 5.01; rounding -0.01", "back 5.01; rounding -0.01", "back 2.30"],
    );
    // 0.03 is 0.05 in coins, 0.06 still is.
    back(
        "cash 12.30; back 0.03; back 0.03; all",
        &["back 0.03; rounding 0.02", "back 0.03; rounding -0.03", "back 12.24; rounding 0.01"],
    );
    // By card to the cent, yet never above the 12.30 that were paid.
    back(
        "cash 12.32 rounding -0.02; back 5.01 card; back 7.30 card; all card",
        &["back 5.01", "back 7.30; rounding -0.01", "back 0.01; rounding -0.01"],
    );
    back("card 12.32; all", &["back 12.32"]);
    back("card 12.32; all cash", &["back 12.32; rounding -0.02"]);
    back("card 12.32; back 5.01 cash; back 7.31", &["back 5.01; rounding -0.01", "back 7.31; rounding 0.01"]);
}
