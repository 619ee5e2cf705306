use proptest::prelude::*;

use super::allocate::{split_by, split_even};
use super::clock::{Clock, ManualClock};
use super::currency::Currency;
use super::day::{BusinessDate, Cutoff, Month, UtcMs, Zone, bounds, business_date};
use super::money::{Money, TooLarge};
use super::permission::{self, Permission, Role};
use super::quantity::{Measure, Quantity, extend};
use super::rate::{Rate, Rounding, div_round};
use super::text;

fn m(minor: i64) -> Money {
    Money::new(minor)
}

#[test]
fn money_stays_within_its_bounds() {
    let max = Money::MAX;
    assert_eq!(m(3).plus(m(4)), Ok(m(7)));
    assert_eq!(m(3).minus(m(4)), Ok(m(-1)));
    assert_eq!(m(-3).times(4), Ok(m(-12)));
    assert_eq!(max.plus(m(1)), Err(TooLarge));
    assert_eq!((-max).minus(m(1)), Err(TooLarge));
    assert_eq!(m(i64::MAX).plus(m(i64::MAX)), Err(TooLarge));
    assert_eq!(m(i64::MIN).times(i64::MIN), Err(TooLarge));
    assert_eq!(Money::sum([max, m(5), -max]), Ok(m(5)), "only the end counts");
    assert_eq!(Money::sum([max, m(1)]), Err(TooLarge));
    assert!(Money::parse(Money::LIMIT).is_ok() && Money::parse(Money::LIMIT + 1).is_err());
    assert!(Money::parse_not_negative(-1).is_err() && Money::parse_positive(0).is_err());
}

#[test]
fn money_reads_as_people_write_it() {
    let check = |minor, decimals, expected: &str| assert_eq!(m(minor).display(decimals).to_string(), expected);
    check(1250, 2, "12.50");
    check(-5, 2, "-0.05");
    check(1250, 0, "1250");
    check(1250, 3, "1.250");
    check(0, 2, "0.00");
}

#[test]
fn currencies() {
    for (code, decimals) in [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("CHF", 2)] {
        let currency = Currency::parse(code).unwrap();
        assert_eq!((currency.decimals(), currency.to_string().as_str()), (decimals, code));
    }
    for bad in ["", "EU", "eur", "EURO", "E1R", "ÄÖ"] {
        assert!(Currency::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn rates_are_exact_to_four_decimals() {
    for (text, ten_thousandths, shown) in [
        ("7.25", 72_500, "7.25"),
        ("10", 100_000, "10"),
        ("0.0001", 1, "0.0001"),
        ("20.00", 200_000, "20"),
        ("0", 0, "0"),
    ] {
        let rate = Rate::parse(text).unwrap();
        assert_eq!((rate.ten_thousandths(), rate.to_string().as_str()), (ten_thousandths, shown));
    }
    for bad in ["", "-1", "+1", "1.", ".5", "1e2", "7.00001", "1001", "99999999999999999999", "7,25", " 7", "NaN", "٧"]
    {
        assert!(Rate::parse(bad).is_err(), "{bad}");
    }
    assert_eq!(Rate::parse_share("100").unwrap(), Rate::HUNDRED);
    assert_eq!(Rate::parse_share("100.0001").unwrap_err().code, "out_of_range");
}

#[test]
fn halves_round_as_the_setting_says_and_alike_on_both_sides_of_zero() {
    let check = |num, den, up, even| {
        assert_eq!(div_round(num, den, Rounding::HalfUp), up, "{num}/{den} half up");
        assert_eq!(div_round(num, den, Rounding::HalfEven), even, "{num}/{den} half even");
        assert_eq!(div_round(-num, den, Rounding::HalfUp), -up);
        assert_eq!(div_round(-num, den, Rounding::HalfEven), -even);
    };
    check(1, 2, 1, 0);
    check(3, 2, 2, 2);
    check(5, 2, 3, 2);
    check(5, 3, 2, 2);
    check(4, 3, 1, 1);
    check(0, 7, 0, 0);
    check(i128::from(i64::MAX) * 1_000_000, 1_000_000, i128::from(i64::MAX), i128::from(i64::MAX));
}

#[test]
fn rates_of_amounts() {
    let rate = |text| Rate::parse(text).unwrap();
    assert_eq!(rate("6").of(m(1589), Rounding::HalfUp), Ok(m(95)));
    assert_eq!(rate("2.5").of(m(500), Rounding::HalfUp), Ok(m(13)));
    assert_eq!(rate("2.5").of(m(500), Rounding::HalfEven), Ok(m(12)));
    assert_eq!(rate("12").included_in(m(5250), Rounding::HalfUp), Ok(m(563)));
    assert_eq!(rate("22").included_in(m(-1220), Rounding::HalfUp), Ok(m(-220)));
    assert_eq!(rate("1000").of(Money::MAX, Rounding::HalfUp), Err(TooLarge));
    assert_eq!(Rate::HUNDRED.of(Money::MAX, Rounding::HalfUp), Ok(Money::MAX));
}

#[test]
fn splits() {
    let check = |total, weights: &[i64], expected: &[i64]| {
        let parts: Vec<i64> = split_by(m(total), weights).iter().map(|p| p.minor()).collect();
        assert_eq!(parts, expected, "{total} by {weights:?}");
    };
    check(100, &[1, 1, 1], &[34, 33, 33]);
    check(-100, &[1, 1, 1], &[-34, -33, -33]);
    check(100, &[1, 2, 3], &[17, 33, 50]);
    check(1, &[1, 5, 5], &[0, 1, 0]);
    check(5, &[0, 3, 0], &[0, 5, 0]);
    check(5, &[0, 0], &[3, 2]);
    check(5, &[-7, 1], &[0, 5]);
    check(0, &[], &[]);
    check(Money::LIMIT, &[i64::MAX, i64::MAX], &[Money::LIMIT / 2, Money::LIMIT / 2]);
    assert_eq!(split_even(m(-5), 3), [m(-2), m(-2), m(-1)]);
}

#[test]
#[should_panic(expected = "a split of 5 gave 0")]
fn an_amount_is_not_spread_over_nothing() {
    split_by(m(5), &[]);
}

proptest! {
    #[test]
    fn splits_conserve(total in -Money::LIMIT..=Money::LIMIT, weights in prop::collection::vec(-5..i64::MAX, 1..40)) {
        let parts = split_by(m(total), &weights);
        prop_assert_eq!(parts.iter().map(|p| p.minor()).sum::<i64>(), total);
        prop_assert!(parts.iter().all(|p| p.minor().signum() * total.signum() >= 0));
        let mirrored: Vec<Money> = split_by(m(-total), &weights).into_iter().map(|p| -p).collect();
        prop_assert_eq!(parts, mirrored);
    }

    #[test]
    fn a_part_is_never_larger_than_its_weight(weights in prop::collection::vec(0..1_000_000_i64, 1..40), share in 0..=1000_i64) {
        let total = weights.iter().sum::<i64>() * share / 1000;
        for (part, weight) in split_by(m(total), &weights).iter().zip(&weights) {
            prop_assert!(part.minor() <= *weight);
        }
    }

    #[test]
    fn every_moment_lies_inside_its_business_day(ms in 0..4_000_000_000_000_i64, minutes in 0..=720_u16, zone in 0..4_usize) {
        let zone = Zone::parse(["Europe/Rome", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe"][zone]).unwrap();
        let (at, cutoff) = (UtcMs::new(ms), Cutoff::from_minutes(minutes));
        let (start, end) = bounds(business_date(at, &zone, cutoff), &zone, cutoff);
        prop_assert!(start <= at && at < end);
    }

    #[test]
    fn a_time_reads_as_jiff_writes_it(ms in 0..253_402_200_000_000_i64, zone in 0..5_usize) {
        let name = ["Europe/Rome", "America/St_Johns", "Asia/Kathmandu", "Africa/Monrovia", "Pacific/Apia"][zone];
        let zoned = jiff::Timestamp::from_millisecond(ms).unwrap().in_tz(name).unwrap();
        let told = UtcMs::new(ms).rfc3339(&Zone::parse(name).unwrap());
        prop_assert_eq!(&told, &zoned.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string());
        prop_assert_eq!(UtcMs::parse(&told).unwrap(), UtcMs::new(ms));
    }

    #[test]
    fn dates_read_back(days in 0..2_932_896_i32) {
        let date = BusinessDate::new(days);
        prop_assert_eq!(BusinessDate::parse(&date.to_string()).unwrap(), date);
        let (year, month, day) = civil_of(days);
        prop_assert_eq!(date.to_string(), format!("{year:04}-{month:02}-{day:02}"));
        let month = date.month();
        prop_assert!(month.first() <= date && date <= month.last());
        prop_assert_eq!(date.first_of_month(), month.first());
        prop_assert_eq!(date.to_string()[..7].to_owned(), month.to_string());
    }
}

/// As jiff counts days.
fn civil_of(days: i32) -> (i16, i8, i8) {
    let date = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(days));
    (date.year(), date.month(), date.day())
}

#[test]
fn quantities_and_measures() {
    assert_eq!(Quantity::parse(999).unwrap().thousandths(), 999_000);
    for bad in [0, -1, 1000, i64::MAX] {
        assert!(Quantity::parse(bad).is_err(), "{bad}");
    }
    assert_eq!(Quantity::from_thousandths(3000).less(Quantity::ONE).map(Quantity::whole), Some(2));
    assert_eq!(Quantity::ONE.less(Quantity::ONE), None);
    assert_eq!(Measure::parse("0.350").unwrap().to_string(), "0.350");
    assert_eq!(Measure::parse("9999.999").unwrap().thousandths(), 9_999_999);
    for bad in ["0", "0.000", "10000", "0.3501", "-1", "", "1,5"] {
        assert!(Measure::parse(bad).is_err(), "{bad}");
    }
    let grams = |text| Some(Measure::parse(text).unwrap());
    assert_eq!(extend(m(480), Quantity::parse(2).unwrap(), None, Rounding::HalfUp), Ok(m(960)));
    assert_eq!(extend(m(2990), Quantity::ONE, grams("0.350"), Rounding::HalfUp), Ok(m(1047)), "1046.5 up");
    assert_eq!(extend(m(2990), Quantity::ONE, grams("0.350"), Rounding::HalfEven), Ok(m(1046)), "1046.5 to even");
    assert_eq!(extend(Money::MAX, Quantity::parse(2).unwrap(), None, Rounding::HalfUp), Err(TooLarge));
}

#[test]
fn dates_months_weekdays() {
    let date = |text| BusinessDate::parse(text).unwrap();
    assert_eq!(date("1970-01-01").days(), 0);
    assert_eq!(date("2015-07-04").weekday().as_str(), "sat");
    assert_eq!(date("1970-01-01").weekday().as_str(), "thu");
    assert_eq!(date("2016-02-28").plus_days(1).to_string(), "2016-02-29");
    assert_eq!(date("2015-07-04").month_index(), 2015 * 12 + 6);
    assert_eq!(Month::new(2015 * 12 + 11).last(), date("2015-12-31"));
    assert_eq!(date("2015-03-01").since(date("2015-02-01")), 28);
    for bad in ["", "2015-7-4", "2015-02-29", "2015-13-01", "1969-12-31", "2015-07-04T00:00", "２015-07-0"] {
        assert!(BusinessDate::parse(bad).is_err(), "{bad}");
    }
    for bad in ["", "4:00", "12:01", "24:00", "04:60", "0a:00", "-4:00"] {
        assert!(Cutoff::parse(bad).is_err(), "{bad}");
    }
    assert_eq!(Cutoff::parse("04:05").unwrap().to_string(), "04:05");
    assert!(Zone::parse("Europe/Atlantis").is_err() && Zone::parse("").is_err());
}

/// In Rome, a day and cutoff: when it begins, how long it is, and which day certain moments belong to.
fn check_day(date: &str, cutoff: &str, start: &str, minutes: i64, moments: &[(&str, &str)]) {
    let (zone, cutoff) = (Zone::parse("Europe/Rome").unwrap(), Cutoff::parse(cutoff).unwrap());
    let (from, to) = bounds(BusinessDate::parse(date).unwrap(), &zone, cutoff);
    assert_eq!(from.rfc3339(&zone), start);
    assert_eq!(to.since_ms(from), minutes * 60_000, "{date} from {cutoff}");
    for (at, belongs) in moments {
        let found = business_date(UtcMs::parse(at).unwrap(), &zone, cutoff);
        assert_eq!(found.to_string(), *belongs, "{at} with cutoff {cutoff}");
    }
}

#[test]
fn business_days_when_clocks_change() {
    let moments = [("2026-11-20T03:59:59.999+01:00", "2026-11-19"), ("2026-11-20T04:00:00+01:00", "2026-11-20")];
    check_day("2026-11-20", "04:00", "2026-11-20T04:00:00.000+01:00", 24 * 60, &moments);
    // Spring: 02:00 becomes 03:00 in the night to 29 March.
    check_day(
        "2026-03-28",
        "04:00",
        "2026-03-28T04:00:00.000+01:00",
        23 * 60,
        &[("2026-03-29T03:59:00+02:00", "2026-03-28")],
    );
    check_day("2026-03-29", "04:00", "2026-03-29T04:00:00.000+02:00", 24 * 60, &[]);
    // A cutoff inside the gap: the day begins where the clocks jump past it.
    let gap = [("2026-03-29T01:59:59+01:00", "2026-03-28"), ("2026-03-29T03:00:00+02:00", "2026-03-29")];
    check_day("2026-03-28", "02:30", "2026-03-28T02:30:00.000+01:00", 23 * 60 + 30, &gap);
    check_day("2026-03-29", "02:30", "2026-03-29T03:00:00.000+02:00", 23 * 60 + 30, &[]);
    // Autumn: 03:00 becomes 02:00 in the night to 25 October.
    check_day(
        "2026-10-24",
        "04:00",
        "2026-10-24T04:00:00.000+02:00",
        25 * 60,
        &[("2026-10-25T03:59:00+01:00", "2026-10-24")],
    );
    // A cutoff inside the hour that comes twice: its first time begins the day, for good.
    let fold = [
        ("2026-10-25T02:29:59+02:00", "2026-10-24"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25"),
        ("2026-10-25T02:10:00+01:00", "2026-10-25"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25"),
        ("2026-10-26T02:29:59+01:00", "2026-10-25"),
        ("2026-10-26T02:30:00+01:00", "2026-10-26"),
    ];
    check_day("2026-10-24", "02:30", "2026-10-24T02:30:00.000+02:00", 24 * 60, &fold);
    check_day("2026-10-25", "02:30", "2026-10-25T02:30:00.000+02:00", 25 * 60, &[]);
}

#[test]
fn times() {
    let zone = Zone::parse("Europe/Rome").unwrap();
    let at = UtcMs::parse("2026-11-20T19:30:05.25Z").unwrap();
    assert_eq!(at.rfc3339(&zone), "2026-11-20T20:30:05.250+01:00");
    assert_eq!((zone.hour(at), zone.hh_mm(at).as_str()), (20, "20:30"));
    let date = BusinessDate::parse("2026-11-20").unwrap();
    assert_eq!(zone.instant(date, 20, 30, 5), Some(at.plus_ms(-250)));
    assert_eq!(zone.instant(date, 25, 0, 0), None);
    for bad in ["2026-11-20T19:30:05", "2026-11-20", "yesterday", "1950-01-01T00:00:00Z", ""] {
        assert!(UtcMs::parse(bad).is_err(), "{bad}");
    }
    // A tampered row reads as something instead of ending the program.
    for ms in [i64::MIN, i64::MAX] {
        assert!(!UtcMs::new(ms).rfc3339(&zone).is_empty());
        business_date(UtcMs::new(ms), &zone, Cutoff::from_minutes(240));
    }
    let clock = ManualClock::at(at);
    clock.advance_ms(5);
    assert_eq!(clock.now().since_ms(at), 5);
}

#[test]
fn roles_and_what_they_may() {
    use Permission::*;
    let check = |role: Role, may: &[Permission], may_not: &[Permission]| {
        assert_eq!(Role::parse(role.as_str()), Ok(role));
        may.iter().for_each(|p| assert!(role.may(*p), "{role:?} may {p:?}"));
        may_not.iter().for_each(|p| assert!(!role.may(*p), "{role:?} may not {p:?}"));
    };
    check(Role::Owner, Permission::ALL, &[]);
    check(Role::Manager, Permission::ALL, &[]);
    check(Role::Cashier, &[TakePayment, Discount, SeeDay], &[Refund, Comp, VoidSent, CloseDay, SeeReports]);
    check(
        Role::Waiter,
        &[TakeOrders, TakePayment, VoidUnsent],
        &[Refund, VoidSent, Comp, Discount, SeeDay, SeeReports],
    );
    check(
        Role::Kitchen,
        &[SeeTickets, WorkTickets, SetAvailability],
        &[SeeMenu, SeeOrders, SeeSettings, SeeFloor, SeeDay],
    );
    for permission in Permission::ALL {
        let word = permission.as_str();
        // How the box fares is for those who can do something about it.
        let reads = word.starts_with("see_") && *permission != SeePerformance || word == "export";
        assert_eq!(Role::Auditor.may(*permission), reads, "auditor and {word}");
        assert!(!permission.approvable() || !Role::Waiter.may(*permission), "nothing to approve in {word}");
    }
    assert!(Refund.approvable() && !TakeOrders.approvable() && !EditMenu.approvable());
    assert!(Role::parse("chef").is_err());
    for permission in Permission::ALL {
        assert_eq!(Permission::parse(permission.as_str()), Some(*permission));
    }
    let asks = Role::ALL.into_iter().filter(|role| role.may_ask());
    assert_eq!(asks.collect::<Vec<_>>(), [Role::Owner, Role::Manager, Role::Cashier, Role::Waiter]);
}

#[test]
fn what_a_call_is_done_to() {
    for (path, subject) in [
        ("/api/v1/orders/12/lines/34/comp", "/orders/12/lines/34"),
        ("/api/v1/orders/12/lines/34", "/orders/12/lines/34"),
        ("/api/v1/orders/12/discounts", "/orders/12"),
        ("/api/v1/orders/12", "/orders/12"),
        ("/orders/12/void", "/orders/12"),
        ("/api/v1/orders", "/orders"),
        ("/api/v1/orders/", "/orders/"),
        ("/api/v1/orders/12x/void", "/orders/12x/void"),
        ("/", "/"),
        ("", ""),
        ("/è/7/ù", "/è/7"),
    ] {
        assert_eq!(permission::subject_of(path), subject, "{path}");
    }
}

#[test]
fn texts() {
    assert_eq!(text::name("  Caffè  ").as_deref(), Ok("Caffè"));
    assert_eq!(text::optional_line("   ", 10), Ok(None));
    assert_eq!(text::note("no salt\nwell done").unwrap().as_deref(), Some("no salt\nwell done"));
    let check =
        |result: Result<Option<String>, super::invalid::Invalid>, code| assert_eq!(result.unwrap_err().code, code);
    check(text::name("").map(Some), "empty");
    check(text::name("a\nb").map(Some), "bad_character");
    check(text::name("a\0b").map(Some), "bad_character");
    check(text::note("a\rb"), "bad_character");
    check(text::line("ääää", 3).map(Some), "too_long");
    check(text::name(&"x".repeat(1 << 20)).map(Some), "too_long");
}
