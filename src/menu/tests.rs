//! The menu without a database, and in [`rebuild`] with one.

mod chosen;
mod clock;
mod rebuild;

use super::model::{self, NewStock, REMAINING_MAX, Short, Stock, Until, choices};
use crate::kernel::day::UtcMs;
use crate::kernel::invalid::Invalid;

const NOON: UtcMs = UtcMs::new(1_000_000);

fn code<T>(result: Result<T, Invalid>) -> Result<T, &'static str> {
    result.map_err(|invalid| invalid.code)
}

fn stock(available: bool, remaining: Option<i64>) -> Stock {
    Stock { available, remaining, until: None }
}

#[test]
fn selling_counts_down_and_the_last_one_closes() {
    let check = |was: Stock, count: i64, expected: Result<Stock, i64>| {
        assert_eq!(was.take(count), expected.map_err(|remaining| Short { remaining }), "{count} of {was:?}");
    };
    check(stock(true, None), 99, Ok(stock(true, None)));
    check(stock(true, Some(5)), 2, Ok(stock(true, Some(3))));
    check(stock(true, Some(5)), 5, Ok(stock(false, Some(0))));
    check(stock(true, Some(5)), 6, Err(5));
    check(stock(false, Some(0)), 1, Err(0));
    check(stock(false, None), 1, Err(0));
    // 86 by hand while something was left: nothing is for sale.
    check(stock(false, Some(4)), 1, Err(0));
}

#[test]
fn what_comes_back_opens_only_what_the_countdown_closed() {
    let check = |was: Stock, count: i64, expected: Stock| {
        assert_eq!(was.give_back(count), expected, "{count} to {was:?}");
    };
    check(stock(true, Some(3)), 2, stock(true, Some(5)));
    check(stock(false, Some(0)), 1, stock(true, Some(1)));
    check(stock(false, Some(0)), 0, stock(false, Some(0)));
    // Somebody said 86: it stays so.
    check(stock(false, None), 3, stock(false, None));
    // Nobody counts: nothing to give back to.
    check(stock(true, None), 3, stock(true, None));
    check(stock(true, Some(REMAINING_MAX)), 3, stock(true, Some(REMAINING_MAX)));
}

#[test]
fn what_is_taken_and_given_back_is_as_before() {
    for remaining in 1..=6 {
        for count in 1..=remaining {
            let was = stock(true, Some(remaining));
            assert_eq!(was.take(count).map(|left| left.give_back(count)), Ok(was), "{count} of {remaining}");
        }
    }
}

#[test]
fn a_stock_holds_until_its_time_comes() {
    let check = |until: Option<UtcMs>, at: UtcMs, holds: bool| {
        let stock = Stock { available: false, remaining: None, until };
        assert_eq!(stock.holds(at), holds, "until {until:?} at {at:?}");
    };
    check(None, NOON, true);
    check(Some(NOON.plus_ms(1)), NOON, true);
    check(Some(NOON), NOON, false);
    check(Some(NOON), NOON.plus_ms(1), false);
}

#[test]
fn what_may_be_said_of_a_stock() {
    let check = |available: bool, remaining: Option<i64>, until: Option<Until>, expected: Result<NewStock, &str>| {
        let told = NewStock::parse(available, remaining, until).map_err(|(pointer, _)| pointer);
        assert_eq!(told, expected, "{available} {remaining:?} {until:?}");
    };
    let told = |available, remaining, until| Ok(NewStock::Told { available, remaining, until });
    let end = Some(Until::DayEnd);
    check(true, None, None, Ok(NewStock::Plenty));
    check(false, None, None, told(false, None, None));
    check(false, None, end, told(false, None, end));
    check(true, Some(8), None, told(true, Some(8), None));
    check(true, Some(8), end, told(true, Some(8), end));
    // Nothing left is not available, whatever was said.
    check(true, Some(0), None, told(false, Some(0), None));
    check(false, Some(0), None, told(false, Some(0), None));
    check(false, Some(1), None, Err("/remaining"));
    check(true, Some(-1), None, Err("/remaining"));
    check(true, Some(REMAINING_MAX + 1), None, Err("/remaining"));
    check(true, None, end, Err("/until"));
}

#[test]
fn the_bounds_of_a_modifier_group() {
    let check = |min: i64, max: i64, options: usize, expected: Result<(), &str>| {
        assert_eq!(choices(min, max, options).map_err(|(pointer, _)| pointer), expected, "{min} to {max} of {options}");
    };
    check(0, 0, 0, Ok(()));
    check(0, 3, 2, Ok(()));
    check(1, 1, 1, Ok(()));
    // An option may be chosen more than once.
    check(3, 3, 1, Ok(()));
    check(2, 1, 5, Err("/max"));
    check(-1, 1, 5, Err("/min"));
    check(0, 1001, 5, Err("/max"));
    check(1, 1, 0, Err("/options"));
}

#[test]
fn values_from_outside() {
    let name = |text: &str| code(model::name(text));
    assert_eq!(name("  Tiramisù "), Ok("Tiramisù".to_owned()));
    assert_eq!(name(" "), Err("empty"));
    assert_eq!(name(&"ü".repeat(100)), Ok("ü".repeat(100)));
    assert_eq!(name(&"ü".repeat(101)), Err("too_long"));
    assert_eq!(name("a\nb"), Err("bad_character"));

    let price = |minor: i64| code(model::price(minor).map(|price| price.minor()));
    assert_eq!(price(0), Ok(0));
    assert_eq!(price(1_000_000_000), Ok(1_000_000_000));
    assert_eq!(price(1_000_000_001), Err("out_of_range"));
    assert_eq!(price(-1), Err("out_of_range"));

    let allergen = |word: &str| code(model::allergen(word));
    assert_eq!(allergen("Milk"), Ok("milk".to_owned()));
    assert_eq!(allergen("tree nuts"), Ok("tree nuts".to_owned()));
    assert_eq!(allergen("milk,eggs"), Err("bad_character"));
    assert_eq!(allergen(""), Err("empty"));
    assert_eq!(allergen(&"a".repeat(41)), Err("too_long"));

    let sku = |text: &str| code(model::sku(text));
    assert_eq!(sku(" A-1 "), Ok(Some("A-1".to_owned())));
    assert_eq!(sku("  "), Ok(None));
    assert_eq!(sku(&"1".repeat(65)), Err("too_long"));

    let description = |text: &str| code(model::description(text));
    assert_eq!(description("Eggs,\nmascarpone"), Ok("Eggs,\nmascarpone".to_owned()));
    assert_eq!(description(" "), Ok(String::new()));
    assert_eq!(description(&"a".repeat(1001)), Err("too_long"));

    assert_eq!(code(model::position(-1)), Err("out_of_range"));
    assert_eq!(code(model::position(7)), Ok(7));
}
