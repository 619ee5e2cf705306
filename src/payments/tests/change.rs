//! Tips and tenders changed after their payment.

use super::{code, money, payment, shown, tender};
use crate::error::Error;
use crate::kernel::ids::{PaymentId, RefundId, StaffId, TenderId};
use crate::kernel::money::Money;
use crate::orders::model::{Payment, PaymentState, Refund};
use crate::payments::model::{change_tip, correct, is_large};
use crate::settings::model::{Excess, Tender};

const WALTER: Option<StaffId> = Some(StaffId::new(4));
const CARLA: Option<StaffId> = Some(StaffId::new(3));

fn back(amount: &str, tip: &str) -> Refund {
    let (amount, tip) = (money(amount), money(tip));
    let nothing = Money::ZERO;
    let id = RefundId::new(1);
    Refund { id, amount, rounding: nothing, tip, excess: nothing, reversal: false, cash: false }
}

/// 12.50 by card with a tip of 2.00, which is Walter's.
fn tipped() -> Payment {
    let (tip, tendered) = (money("2.00"), money("14.50"));
    Payment { tip, tendered, staff: WALTER, ..payment("card", money("12.50")) }
}

#[track_caller]
fn tip(of: &Payment, amount: &str, whose: Option<StaffId>, expected: &str) {
    let told = match change_tip(of, money(amount), whose) {
        Ok(None) => "as it is".to_owned(),
        Ok(Some(change)) => {
            let mut changed = of.clone();
            changed.lay_tip(&change).unwrap();
            assert_eq!((changed.tip, changed.tip_owner()), (money(amount), whose));
            let parts = [changed.amount, changed.rounding, changed.tip, changed.excess];
            assert_eq!(changed.kept().unwrap(), Money::sum(parts).unwrap());
            format!("taken {}, given {}", change.taken.display(2), change.given.display(2))
        }
        Err(error) => code(&error),
    };
    assert_eq!(told, expected, "{amount} of {of:?}");
}

#[test]
fn a_tip_is_given_and_taken() {
    tip(&tipped(), "3.00", WALTER, "taken 0.00, given 1.00");
    tip(&tipped(), "0.00", WALTER, "taken 2.00, given 0.00");
    tip(&tipped(), "2.00", WALTER, "as it is");
    // With another owner all of it moves.
    tip(&tipped(), "2.00", CARLA, "taken 2.00, given 2.00");
    tip(&tipped(), "5.00", CARLA, "taken 2.00, given 5.00");
    tip(&tipped(), "0.00", CARLA, "taken 2.00, given 0.00");
}

#[test]
fn what_of_a_tip_went_back_stays_where_it_was() {
    let part = Payment { refunds: vec![back("0.00", "0.50")], ..tipped() };
    tip(&part, "0.49", WALTER, "invalid");
    tip(&part, "0.50", WALTER, "taken 1.50, given 0.00");
    tip(&part, "3.00", WALTER, "taken 0.00, given 1.00");
    tip(&part, "3.00", CARLA, "taken 1.50, given 2.50");
    let all = Payment { refunds: vec![back("12.50", "2.00")], ..tipped() };
    tip(&all, "3.00", WALTER, "payment_given_back");
    // The dishes went back and the tip stayed.
    let kept = Payment { refunds: vec![back("12.50", "0.00")], ..tipped() };
    tip(&kept, "1.00", WALTER, "taken 1.00, given 0.00");
}

#[test]
fn what_was_not_paid_bears_no_tip() {
    for state in [PaymentState::Pending, PaymentState::Unknown, PaymentState::Declined, PaymentState::Cancelled] {
        tip(&Payment { state, ..tipped() }, "3.00", WALTER, "payment_not_captured");
    }
    tip(&Payment { corrected_by: Some(PaymentId::new(2)), ..tipped() }, "3.00", WALTER, "payment_given_back");
    let lost = payment("write_off", money("12.50"));
    tip(&lost, "3.00", None, "invalid");
}

#[test]
fn a_slip_of_one_digit_is_large() {
    let check = |amount: &str, expected: bool| assert_eq!(is_large(&tipped(), money(amount)), expected, "{amount}");
    check("12.50", false);
    check("12.51", true);
    check("0.00", false);
    // What was meant once may be lowered by anybody.
    let much = Payment { tip: money("50.00"), tendered: money("62.50"), ..tipped() };
    assert!(!is_large(&much, money("40.00")));
}

#[track_caller]
fn corrected(of: &Payment, to: &Tender, expected: &str) {
    let told = match correct(of, &Tender { id: TenderId::new(2), ..to.clone() }, false, money("0.05")) {
        Ok(parts) => shown(&parts),
        Err(Error::Refused(refused)) if !refused.errors.is_empty() => refused.errors[0].pointer.clone(),
        Err(error) => code(&error),
    };
    assert_eq!(told, expected, "to {to:?}: {of:?}");
}

#[test]
fn what_is_left_of_a_payment_moves_amount_for_amount() {
    let (card, cash) = (tender("card"), tender("cash"));
    corrected(&tipped(), &cash, "paid 12.50; of 14.50; tip 2.00");
    corrected(&tipped(), &card, "paid 12.50; of 14.50; tip 2.00");
    let notes = Payment { tendered: money("20.00"), change: money("7.50"), ..payment("cash", money("12.50")) };
    corrected(&notes, &card, "paid 12.50; of 12.50");
    let part = Payment { refunds: vec![back("2.50", "0.50")], ..tipped() };
    corrected(&part, &cash, "paid 10.00; of 11.50; tip 1.50");
    let all = Payment { refunds: vec![back("12.50", "2.00")], ..tipped() };
    corrected(&all, &cash, "payment_given_back");
    corrected(&Payment { corrected_by: Some(PaymentId::new(2)), ..tipped() }, &cash, "payment_given_back");
    corrected(&Payment { state: PaymentState::Pending, ..tipped() }, &cash, "payment_not_captured");
    corrected(&Payment { tender_id: TenderId::new(2), ..tipped() }, &card, "/tender_id");
}

#[test]
fn what_would_move_the_books_of_a_sale_is_refused() {
    let (card, cash, voucher, lost) = (tender("card"), tender("cash"), tender("meal_voucher"), tender("write_off"));
    let rounded = payment("cash", money("12.32"));
    let rounded = Payment { rounding: -money("0.02"), tendered: money("12.30"), ..rounded };
    corrected(&rounded, &card, "/tender_id");
    corrected(&rounded, &cash, "/tender_id");
    corrected(&payment("card", money("12.32")), &cash, "/tender_id");
    corrected(&payment("card", money("12.30")), &cash, "paid 12.30; of 12.30");
    let forfeited = payment("meal_voucher", money("12.50"));
    let forfeited = Payment { excess: money("1.00"), tendered: money("13.50"), ..forfeited };
    corrected(&forfeited, &card, "/tender_id");
    let other = Tender { excess: Excess::Forfeit, ..voucher };
    corrected(&forfeited, &other, "paid 12.50; of 13.50; excess 1.00");
    corrected(&tipped(), &lost, "/tender_id");
    corrected(&payment("card", money("12.50")), &lost, "paid 12.50; of 12.50");
    // And who was written off may pay after all.
    corrected(&payment("write_off", money("12.50")), &cash, "paid 12.50; of 12.50");
    // Refunds in coins gave back a cent more than was left.
    let coins = |amount: &str, rounding: &str| Refund { rounding: money(rounding), ..back(amount, "0.00") };
    let gone = Payment { refunds: vec![coins("12.49", "0.01")], ..payment("card", money("12.50")) };
    corrected(&gone, &card, "payment_given_back");
}
