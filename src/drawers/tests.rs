//! Where cash goes, and what a count says.

use super::model::{Count, Denomination, Drawer, Event, EventKind, Holder, Shown, State, lies_in, shown, takes, total};
use crate::error::{Error, Refusal};
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{DeviceId, DrawerEventId, DrawerId, StaffId};
use crate::kernel::money::Money;

const WALTER: StaffId = StaffId::new(4);
const CARLO: StaffId = StaffId::new(3);
const BAR: DeviceId = DeviceId::new(1);
const HALL: DeviceId = DeviceId::new(2);

fn open() -> [Holder; 3] {
    let holder = |id, device, staff, opened_at| Holder {
        id: DrawerId::new(id),
        device,
        staff,
        opened_at: UtcMs::new(opened_at),
    };
    [holder(1, Some(BAR), None, 100), holder(2, None, Some(WALTER), 200), holder(3, None, Some(CARLO), 300)]
}

#[test]
fn cash_goes_into_the_purse_then_the_till_then_nowhere() {
    let check = |staff, device, expected: Option<i64>| {
        assert_eq!(takes(&open(), staff, device).map(DrawerId::get), expected, "{staff:?} at {device:?}");
    };
    check(Some(WALTER), Some(BAR), Some(2));
    check(Some(WALTER), Some(HALL), Some(2));
    check(Some(StaffId::new(9)), Some(BAR), Some(1));
    check(Some(StaffId::new(9)), Some(HALL), None);
    // An integration has nobody; a command has no till either.
    check(None, Some(BAR), Some(1));
    check(None, Some(HALL), None);
    check(None, None, None);
}

#[test]
fn cash_lies_where_somebody_was_when_it_came() {
    let check = |staff, device, at, expected: Option<i64>| {
        let found = lies_in(&open(), staff, device, UtcMs::new(at));
        assert_eq!(found.map(DrawerId::get), expected, "{staff:?} at {device:?}, {at}");
    };
    check(Some(WALTER), Some(BAR), 250, Some(2));
    check(Some(WALTER), Some(BAR), 200, Some(2));
    check(Some(WALTER), Some(BAR), 199, Some(1));
    check(Some(WALTER), Some(BAR), 99, None);
    check(Some(CARLO), Some(HALL), 299, None);
}

#[test]
fn a_count_is_the_sum_of_its_coins() {
    let check = |pieces: &[(i64, i64)], expected: Option<i64>| {
        let pieces: Vec<_> =
            pieces.iter().map(|(value, count)| Denomination { value: Money::new(*value), count: *count }).collect();
        assert_eq!(total(&pieces).ok().map(Money::minor), expected, "{pieces:?}");
    };
    check(&[], Some(0));
    check(&[(5000, 2), (200, 7), (5, 3), (1, 0)], Some(11_415));
    check(&[(1_000_000_000, 100_000)], None);
    check(&[(1_000_000_000, 600), (999_999_999, 600)], None);
    for (pieces, fits) in [(0, true), (100_000, true), (100_001, false), (-1, false)] {
        assert_eq!(Denomination::count(pieces).is_ok(), fits, "{pieces}");
    }
}

fn drawer(state: State, moved: i64, count: Option<(i64, i64)>) -> Drawer {
    let count = count.map(|(counted, over_short)| Count {
        counted: Money::new(counted),
        over_short: Money::new(over_short),
        at: UtcMs::new(9),
        by: None,
    });
    Drawer {
        id: DrawerId::new(1),
        device: Some((BAR, "Bar".to_owned())),
        staff: None,
        state,
        float: Money::new(10_000),
        date: BusinessDate::new(0),
        opened_at: UtcMs::new(0),
        opened_by: None,
        from: None,
        to: None,
        count,
        end: None,
        moved: Money::new(moved),
    }
}

#[test]
fn a_drawer_closes_by_a_count_of_what_lies_in_it() {
    let check = |moved, count, expected: Result<i64, Refusal>| {
        let found = drawer(State::Open, moved, count).fresh_count().map(|c| c.over_short.minor());
        let found = found.map_err(|error| match error {
            Error::Refused(refused) => refused.refusal,
            Error::Fault(fault) => panic!("{fault}"),
        });
        assert_eq!(found, expected, "{moved} {count:?}");
    };
    check(500, None, Err(Refusal::CountNeeded));
    check(500, Some((10_500, 0)), Ok(0));
    check(500, Some((10_450, -50)), Ok(-50));
    check(500, Some((0, -10_500)), Ok(-10_500));
    // Something was sold since.
    check(700, Some((10_450, -50)), Err(Refusal::CountNeeded));
    // Paid in and taken back since: it says what lies there all the same.
    check(500, Some((10_520, 20)), Ok(20));
}

#[test]
fn which_events_are_taken_back() {
    use EventKind::{CashRefund, CashSale, Counted, Drop, Handover, NoSale, PaidIn, PaidOut, TipPaidOut};
    let check = |kind, reverses: Option<i64>, reversed_by: Option<i64>, may: bool| {
        let event = Event {
            id: DrawerEventId::new(7),
            kind,
            amount: Money::new(100),
            counted: None,
            reverses: reverses.map(DrawerEventId::new),
            reversed_by: reversed_by.map(DrawerEventId::new),
            for_staff: None,
            reason: None,
            late: false,
            staff: None,
            approved_by: None,
            date: BusinessDate::new(0),
            at: UtcMs::new(0),
        };
        assert_eq!(event.must_be_reversible().is_ok(), may, "{kind:?} {reverses:?} {reversed_by:?}");
    };
    for kind in [PaidIn, PaidOut, Drop, TipPaidOut] {
        check(kind, None, None, true);
        check(kind, Some(3), None, false);
        check(kind, None, Some(9), false);
    }
    for kind in [CashSale, CashRefund, NoSale, Counted, Handover] {
        check(kind, None, None, false);
    }
}

#[test]
fn who_counts_is_not_told() {
    let check = |state, sees_day, expected| assert_eq!(shown(state, sees_day), expected, "{state:?} {sees_day}");
    check(State::Open, false, Shown::Blind);
    check(State::Open, true, Shown::All);
    check(State::Closed, false, Shown::All);
    check(State::HandedOver, false, Shown::All);
    assert!(drawer(State::Open, 0, None).must_be_open().is_ok());
    for state in [State::Closed, State::HandedOver] {
        assert_eq!(drawer(state, 0, Some((1, 1))).must_be_open().unwrap_err().refusal, Refusal::DrawerClosed);
    }
}

#[test]
fn money_goes_the_way_of_its_kind() {
    let check = |kind: EventKind, expected: i64| {
        assert_eq!(kind.signed(Money::new(250)).minor(), expected, "{kind:?}");
    };
    for kind in [EventKind::CashSale, EventKind::PaidIn] {
        check(kind, 250);
    }
    for kind in [EventKind::CashRefund, EventKind::PaidOut, EventKind::Drop, EventKind::TipPaidOut] {
        check(kind, -250);
    }
    for kind in [EventKind::NoSale, EventKind::Counted, EventKind::Handover] {
        check(kind, 0);
    }
}
