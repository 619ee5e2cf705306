//! Dishes cut into parts, and put together again.

use super::parts::{Cut, Share, Turn};
use crate::kernel::money::Money;
use crate::kernel::quantity::Quantity;
use crate::kernel::rate::Rounding;
use crate::orders::receipt::tests::scene::a_dish;

#[test]
fn shares_add_up() {
    let share = |text: &str| Share::parse(text).unwrap();
    let sum = |a: &str, b: &str| match share(a).with(share(b)) {
        Some(Some(sum)) => sum.to_string(),
        Some(None) => "whole".to_owned(),
        None => "more".to_owned(),
    };
    for (a, b, expected) in [
        ("1/3", "1/3", "2/3"),
        ("1/3", "2/3", "whole"),
        ("1/6", "1/3", "1/2"),
        ("2/4", "50/100", "whole"),
        ("2/3", "1/2", "more"),
        ("3/7", "4/7", "whole"),
    ] {
        assert_eq!(sum(a, b), expected, "{a} and {b}");
    }
}

/// A hundred dishes of 10.00, each on three checks: nobody pays for the odd cents of all of them.
#[test]
fn odd_cents_go_round() {
    let mut turn = Turn::default();
    let mut sums = [0; 3];
    for _ in 0..100 {
        let mut line = a_dish(1000);
        let others = line.cut(Cut::Evenly(3), &mut turn, Rounding::HalfUp).unwrap();
        let parts = std::iter::once(&line).chain(&others);
        parts.zip(&mut sums).for_each(|(part, sum)| *sum += part.amounts.list.minor());
    }
    assert_eq!(sums, [33_334, 33_333, 33_333]);
}

#[test]
fn parts_come_together_as_what_they_were() {
    for cut in [Cut::Quantity(Quantity::parse(2).unwrap()), Cut::Share(Share::parse("2/7").unwrap()), Cut::Evenly(6)] {
        let mut line = a_dish(500);
        (line.quantity, line.amounts.list) = (Quantity::parse(3).unwrap(), Money::new(1500));
        let whole = format!("{line:?}");
        let others = line.cut(cut, &mut Turn::default(), Rounding::HalfUp).unwrap();
        assert_ne!(format!("{line:?}"), whole);
        for part in others {
            assert!(line.is_alike(&part), "{cut:?}");
            line.absorb(part, Rounding::HalfUp).unwrap();
        }
        assert_eq!(format!("{line:?}"), whole, "{cut:?}");
    }
}
