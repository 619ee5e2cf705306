//! Windows by the clock on the wall, also in the nights in which it is set, and what holds when several do.

use proptest::prelude::*;

use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::kernel::ids::{CategoryId, ItemId, VariantId};
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;
use crate::kernel::service::Service;
use crate::menu::model::*;

fn rome() -> Zone {
    Zone::parse("Europe/Rome").unwrap()
}

fn at(text: &str) -> UtcMs {
    UtcMs::parse(text).unwrap()
}

fn wall(text: &str) -> Wall {
    Wall::at(&rome(), at(text))
}

/// `fri,sat 22:00 02:00`, with `*` for every day; then from and to which date.
fn window(text: &str) -> Window {
    let words: Vec<&str> = text.split_whitespace().collect();
    let days: Vec<String> = match words[0] {
        "*" => Vec::new(),
        days => days.split(',').map(str::to_owned).collect(),
    };
    let date = |place: usize| words.get(place).map(|text| BusinessDate::parse(text).unwrap());
    Window::new(weekdays(&days).unwrap(), minute(words[1]).unwrap(), minute(words[2]).unwrap(), date(3), date(4))
        .unwrap()
}

#[test]
fn times_of_day() {
    assert_eq!(minute("00:00"), Ok(0));
    assert_eq!(minute("17:05").map(hh_mm), Ok("17:05".to_owned()));
    assert_eq!(minute("24:00"), Ok(1440));
    for wrong in ["24:01", "17:60", "7:00", "17.00", "", "aa:bb"] {
        assert!(minute(wrong).is_err(), "{wrong}");
    }
    assert!(Window::new(127, 1440, 60, None, None).is_err());
    assert!(Window::new(127, 60, 60, None, None).is_err());
    assert!(Window::new(127, 60, 0, None, None).is_err());
    assert_eq!(window("sun,mon 10:00 11:00").weekday_words(), ["mon", "sun"]);
}

#[test]
fn a_window_holds_by_the_day_on_which_it_opens() {
    // 20 November 2026 is a Friday.
    let check = |of: &str, time: &str, holds: bool| {
        assert_eq!(window(of).holds(wall(time)), holds, "{of} at {time}");
    };
    check("fri 17:00 19:00", "2026-11-20T17:00:00+01:00", true);
    check("fri 17:00 19:00", "2026-11-20T18:59:59+01:00", true);
    check("fri 17:00 19:00", "2026-11-20T19:00:00+01:00", false);
    check("sat 17:00 19:00", "2026-11-20T18:00:00+01:00", false);
    check("fri 22:00 02:00", "2026-11-21T01:59:00+01:00", true);
    check("fri 22:00 02:00", "2026-11-20T01:00:00+01:00", false);
    check("sat 22:00 02:00", "2026-11-21T01:00:00+01:00", false);
    check("* 00:00 24:00", "2026-11-20T23:59:59+01:00", true);
    check("* 17:00 19:00 2026-11-20", "2026-11-19T18:00:00+01:00", false);
    check("* 22:00 02:00 2026-11-20 2026-11-20", "2026-11-21T01:00:00+01:00", true);
    check("* 22:00 02:00 2026-11-20 2026-11-20", "2026-11-21T23:00:00+01:00", false);
}

#[test]
fn the_next_change_is_found_also_when_clocks_are_set() {
    let check = |of: &str, from: &str, changes: &[&str]| {
        let (window, mut now) = (window(of), at(from));
        for change in changes {
            let next = next_change(&[&window], &rome(), now).map(|at| at.rfc3339(&rome()));
            assert_eq!(next.as_deref(), Some(*change), "{of} after {}", now.rfc3339(&rome()));
            now = at(change);
        }
    };
    check(
        "fri 17:00 19:00",
        "2026-11-20T16:00:00+01:00",
        &["2026-11-20T17:00:00.000+01:00", "2026-11-20T19:00:00.000+01:00", "2026-11-27T17:00:00.000+01:00"],
    );
    check(
        "* 00:00 24:00 2026-11-21 2026-11-21",
        "2026-11-20T16:00:00+01:00",
        &["2026-11-21T00:00:00.000+01:00", "2026-11-22T00:00:00.000+01:00"],
    );
    // 25 October 2026: at three it is two again, and half past two comes twice.
    check(
        "sat 18:00 02:30",
        "2026-10-24T20:00:00+02:00",
        &["2026-10-25T02:30:00.000+02:00", "2026-10-25T02:00:00.000+01:00", "2026-10-25T02:30:00.000+01:00"],
    );
    check("sat 18:00 03:00", "2026-10-24T20:00:00+02:00", &["2026-10-25T03:00:00.000+01:00"]);
    // 29 March 2026: at two it is three, and half past two does not come.
    check("sat 18:00 02:30", "2026-03-28T20:00:00+01:00", &["2026-03-29T03:00:00.000+02:00"]);
    check("sun 02:15 02:45", "2026-03-28T20:00:00+01:00", &["2026-04-05T02:15:00.000+02:00"]);
    let never = window("* 17:00 19:00 2026-01-01 2026-01-02");
    assert_eq!(next_change(&[&never], &rome(), at("2026-11-20T16:00:00+01:00")), None);
}

fn off(window: Window, percent: &str) -> PriceTime {
    let what = Prices::Off { categories: vec![CategoryId::new(1)], percent: Rate::parse(percent).unwrap() };
    PriceTime { id: 0, name: String::new(), window, service: None, what }
}

fn own(window: Window, price: i64) -> PriceTime {
    let what = Prices::Of(vec![(VariantId::new(1), Money::new(price))]);
    PriceTime { id: 0, name: String::new(), window, service: None, what }
}

#[test]
fn of_several_prices_the_own_and_then_the_lowest() {
    let noon = wall("2026-11-20T12:00:00+01:00");
    let check = |prices: Vec<PriceTime>, expected: i64| {
        let times = Times { prices, sold: Vec::new() };
        let price = times.price(VariantId::new(1), CategoryId::new(1), Some(Money::new(995)), Service::DineIn, noon);
        assert_eq!(price, Ok(Some(Money::new(expected))), "{times:?}");
        assert_eq!(times.price(VariantId::new(1), CategoryId::new(1), None, Service::DineIn, noon), Ok(None));
    };
    let (day, night) = (|| window("* 08:00 20:00"), || window("* 20:00 08:00"));
    check(vec![], 995);
    // 99.5 is rounded to 1.00.
    check(vec![off(day(), "10")], 895);
    check(vec![off(night(), "10")], 995);
    check(vec![off(day(), "10"), off(day(), "20")], 796);
    check(vec![off(day(), "50"), own(day(), 1100)], 1100);
    check(vec![own(day(), 900), own(day(), 850), own(night(), 1)], 850);
    check(vec![PriceTime { service: Some(Service::Takeaway), ..own(day(), 1) }], 995);
    check(vec![off(day(), "100")], 0);
}

#[test]
fn sold_by_its_own_windows_and_its_categorys() {
    let wanted = Wanted { item: ItemId::new(1), category: CategoryId::new(2) };
    let (item, category) = (SoldOf::Item(ItemId::new(1)), SoldOf::Category(CategoryId::new(2)));
    let check = |sold: Vec<(SoldOf, Window)>, time: &str, is_sold: bool, until: Option<&str>| {
        let either_way = |(of, window)| (of, SoldTime { window, service: None });
        let times = Times { prices: Vec::new(), sold: sold.into_iter().map(either_way).collect() };
        for service in Service::ALL {
            assert_eq!(times.is_sold(wanted, Some(service), wall(time)), is_sold, "{times:?}");
            assert_eq!(times.sold_until(wanted, service, &rome(), at(time)), until.map(at), "{times:?}");
        }
    };
    let noon = "2026-11-20T12:00:00+01:00";
    check(vec![], noon, true, None);
    check(vec![(SoldOf::Item(ItemId::new(9)), window("* 01:00 02:00"))], noon, true, None);
    check(vec![(item, window("* 07:00 11:00"))], noon, false, Some("2026-11-21T07:00:00+01:00"));
    // Two that meet are one.
    check(
        vec![(item, window("* 07:00 13:00")), (item, window("* 13:00 15:00"))],
        noon,
        true,
        Some("2026-11-20T15:00:00+01:00"),
    );
    check(
        vec![(item, window("* 07:00 15:00")), (category, window("* 11:00 14:00"))],
        noon,
        true,
        Some("2026-11-20T14:00:00+01:00"),
    );
    check(vec![(item, window("* 07:00 11:00")), (category, window("* 12:00 14:00"))], noon, false, None);
}

#[test]
fn sold_to_be_eaten_one_way() {
    let wanted = Wanted { item: ItemId::new(1), category: CategoryId::new(2) };
    let (item, category) = (SoldOf::Item(ItemId::new(1)), SoldOf::Category(CategoryId::new(2)));
    let noon = "2026-11-20T12:00:00+01:00";
    let time = |text: &str, service: Option<Service>| SoldTime { window: window(text), service };
    // Whether it is sold, and until when, to be eaten in, and out.
    let check = |sold: &[(SoldOf, SoldTime)], told: [(bool, Option<&str>); 2]| {
        let times = Times { prices: Vec::new(), sold: sold.to_vec() };
        for (service, (is_sold, until)) in Service::ALL.into_iter().zip(told) {
            assert_eq!(times.is_sold(wanted, Some(service), wall(noon)), is_sold, "{service:?} {times:?}");
            assert_eq!(times.sold_until(wanted, service, &rome(), at(noon)), until.map(at), "{service:?} {times:?}");
        }
        let either_way = told.iter().any(|(is_sold, _)| *is_sold);
        assert_eq!(times.is_sold(wanted, None, wall(noon)), either_way, "{times:?}");
    };
    let (eaten_in, taken) = (Some(Service::DineIn), Some(Service::Takeaway));
    let (three, seven) = ("2026-11-20T15:00:00+01:00", "2026-11-20T19:00:00+01:00");
    check(&[(item, time("* 00:00 24:00", eaten_in))], [(true, None), (false, None)]);
    check(
        &[(item, time("* 07:00 15:00", eaten_in)), (item, time("* 19:00 24:00", taken))],
        [(true, Some(three)), (false, Some(seven))],
    );
    // In neither way is it sold by both.
    let apart = [(item, time("* 00:00 24:00", eaten_in)), (category, time("* 00:00 24:00", taken))];
    check(&apart, [(false, None); 2]);
}

#[test]
fn versions_differ_where_the_clock_makes_a_difference() {
    let (noon, night) = (wall("2026-11-20T12:00:00+01:00"), wall("2026-11-20T23:00:00+01:00"));
    assert_eq!(Times::default().version(7, noon), 7);
    let times =
        Times { prices: vec![own(window("* 08:00 20:00"), 1), off(window("* 10:00 11:00"), "5")], sold: Vec::new() };
    assert_eq!(times.version(7, noon), times.version(7, wall("2026-11-21T13:00:00+01:00")));
    assert_ne!(times.version(7, noon), times.version(7, night));
    assert_ne!(times.version(7, noon), times.version(8, noon));
    assert!(times.version(1_000_000, noon) < 1 << 53, "JavaScript counts no further");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Against the wall, looked at minute by minute, over the nights in which the clocks are set.
    #[test]
    fn the_next_change_is_the_first_minute_at_which_something_differs(
        windows in proptest::collection::vec((1_u8..128, 0_u16..48, 1_u16..49), 1..3), spring in any::<bool>(), start in 0_i64..2880,
    ) {
        let window = |(days, from, to): (u8, u16, u16)| Window::new(days, from * 30, to * 30, None, None).ok();
        let windows: Vec<Window> = windows.into_iter().filter_map(window).collect();
        let night = at(if spring { "2026-03-28T00:00:00+01:00" } else { "2026-10-24T00:00:00+02:00" });
        let now = night.plus_ms(start * 60_000);
        let state = |at: UtcMs| windows.iter().map(|w| w.holds(Wall::at(&rome(), at))).collect::<Vec<_>>();
        let minutes = (1..3 * 1440).map(|minute| now.plus_ms(minute * 60_000));
        let first = minutes.clone().find(|minute| state(*minute) != state(now));
        let found = next_change(&windows.iter().collect::<Vec<_>>(), &rome(), now);
        match first {
            Some(first) => prop_assert_eq!(found, Some(first)),
            None => prop_assert!(found.is_none_or(|found| found > now.plus_ms((3 * 1440 - 1) * 60_000))),
        }
    }
}
