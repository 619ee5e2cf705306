//! What time comes to, what the clock allows, and how tips are parted.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::model::{Act, Break, Edit, Entry, State, Worked, edited};
use super::pool::{Part, part};
use crate::error::{Error, Refusal};
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{StaffId, TimeEntryId};
use crate::kernel::money::Money;

const MINUTE: i64 = 60_000;

fn at(minute: i64) -> UtcMs {
    UtcMs::new(minute * MINUTE)
}

/// Minutes from and to, breaks as (from, to, paid); −1 lasts.
fn entry(from: i64, to: i64, breaks: &[(i64, i64, bool)], wage: Option<i64>) -> Entry {
    let end = |minute: i64| (minute >= 0).then(|| at(minute));
    Entry {
        id: TimeEntryId::new(1),
        staff: StaffId::new(4),
        state: if to < 0 { State::Open } else { State::Done },
        from: at(from),
        to: end(to),
        date: BusinessDate::new(0),
        hourly_wage: wage.map(Money::new),
        tip_share: 100,
        version: 3,
        breaks: breaks.iter().map(|(from, to, paid)| Break { from: at(*from), to: end(*to), paid: *paid }).collect(),
    }
}

#[test]
fn what_time_comes_to() {
    let check = |of: Entry, now: i64, expected: (i64, i64, i64, i64)| {
        let w = of.worked(at(now)).unwrap();
        assert_eq!((w.minutes, w.break_minutes, w.paid_minutes, w.cost), expected, "{of:?}");
        assert_eq!((w.entries, w.open), (1, i64::from(of.to.is_none())));
        assert_eq!(w.minutes_without_wage, if of.hourly_wage.is_none() { w.paid_minutes } else { 0 });
    };
    check(entry(0, 480, &[], Some(1200)), 999, (480, 0, 480, 9600));
    check(entry(0, 480, &[(100, 130, false)], Some(1200)), 999, (450, 30, 450, 9000));
    check(entry(0, 480, &[(100, 130, true)], Some(1200)), 999, (450, 30, 480, 9600));
    check(entry(0, 480, &[(100, 130, true), (200, 215, false)], Some(1200)), 999, (435, 45, 465, 9300));
    check(entry(0, 480, &[], None), 999, (480, 0, 480, 0));
    // What lasts, until now; a break that lasts with it.
    check(entry(0, -1, &[], Some(1200)), 30, (30, 0, 30, 600));
    check(entry(0, -1, &[(20, -1, false)], Some(1200)), 30, (20, 10, 20, 400));
    // A clock that was set back.
    check(entry(60, -1, &[], Some(1200)), 30, (0, 0, 0, 0));
    // A third of an hour's 10.00 is 3.33; two thirds are 6.67.
    check(entry(0, 20, &[], Some(1000)), 999, (20, 0, 20, 333));
    check(entry(0, 40, &[], Some(1000)), 999, (40, 0, 40, 667));
    let cancelled = Entry { state: State::Cancelled, ..entry(0, 480, &[], Some(1200)) };
    assert_eq!(cancelled.worked(at(999)).unwrap(), Worked::default());
    // Half a minute is one.
    let half = Entry { to: Some(UtcMs::new(90_000)), ..entry(0, 1, &[], None) };
    assert_eq!(half.worked(at(999)).unwrap().minutes, 2);
    assert!(entry(0, 60 * 1000, &[], Some(1_000_000_000_000)).worked(at(1)).is_err());
}

#[test]
fn what_the_clock_allows() {
    let check = |of: &Entry, act: Act, minute: i64, expected: Result<Entry, Refusal>| {
        let expected = expected.map(|e| Entry { version: 4, ..e });
        assert_eq!(of.after(act, at(minute), true).map_err(|refused| refused.refusal), expected, "{act:?} {of:?}");
    };
    let working = entry(10, -1, &[], None);
    let resting = entry(10, -1, &[(20, -1, true)], None);
    check(&working, Act::In, 30, Err(Refusal::ClockedIn));
    check(&resting, Act::In, 30, Err(Refusal::ClockedIn));
    check(&working, Act::Resume, 30, Err(Refusal::NotOnBreak));
    check(&resting, Act::Break, 30, Err(Refusal::OnBreak));
    check(&working, Act::Break, 30, Ok(entry(10, -1, &[(30, -1, true)], None)));
    check(&resting, Act::Resume, 30, Ok(entry(10, -1, &[(20, 30, true)], None)));
    check(&working, Act::Out, 30, Ok(entry(10, 30, &[], None)));
    // Who leaves during a break has ended it.
    check(&resting, Act::Out, 30, Ok(entry(10, 30, &[(20, 30, true)], None)));
    // A clock that was set back ends nothing before it began.
    check(&working, Act::Out, 5, Ok(entry(10, 10, &[], None)));
    check(&resting, Act::Out, 15, Ok(entry(10, 20, &[(20, 20, true)], None)));
    let rested = entry(10, -1, &[(20, 25, true)], None);
    check(&rested, Act::Break, 22, Ok(entry(10, -1, &[(20, 25, true), (25, -1, true)], None)));
    let tired = entry(0, -1, &[(1, 2, true); 20], None);
    check(&tired, Act::Break, 30, Err(Refusal::OnBreak));
}

#[test]
fn which_edits_can_be() {
    let entry_of = || entry(100, 500, &[(200, 230, false)], Some(1000));
    let check = |edit: Edit, expected: &[&str]| {
        let found = edited(&entry_of(), &edit, at(600));
        let faults: Vec<String> = match found {
            Ok(_) => Vec::new(),
            Err(Error::Refused(refused)) => refused.errors.into_iter().map(|fault| fault.pointer).collect(),
            Err(fault) => panic!("{fault}"),
        };
        assert_eq!(faults, expected, "{edit:?}");
    };
    let none = Edit::default;
    let breaks = |of: &[(i64, i64)]| {
        let end = |minute: i64| (minute >= 0).then(|| at(minute));
        Some(of.iter().map(|(from, to)| Break { from: at(*from), to: end(*to), paid: false }).collect())
    };
    check(Edit { from: Some(at(150)), ..none() }, &[]);
    check(Edit { from: Some(at(100)), to: Some(Some(at(600))), ..none() }, &[]);
    check(Edit { to: Some(None), ..none() }, &[]);
    check(Edit { from: Some(at(601)), ..none() }, &["/start", "/end", "/breaks/0/start"]);
    check(Edit { to: Some(Some(at(601))), ..none() }, &["/end"]);
    check(Edit { from: Some(at(210)), ..none() }, &["/breaks/0/start"]);
    check(Edit { to: Some(Some(at(220))), ..none() }, &["/breaks/0/end"]);
    check(Edit { breaks: breaks(&[(110, 120), (130, 150)]), ..none() }, &[]);
    check(Edit { breaks: breaks(&[(110, 140), (130, 150)]), ..none() }, &["/breaks/1/start"]);
    check(Edit { breaks: breaks(&[(150, 140)]), ..none() }, &["/breaks/0/end"]);
    check(Edit { breaks: breaks(&[(150, -1)]), ..none() }, &["/breaks/0/end"]);
    check(Edit { to: Some(None), breaks: breaks(&[(150, -1)]), ..none() }, &[]);
    check(Edit { to: Some(None), breaks: breaks(&[(150, -1), (170, 180)]), ..none() }, &["/breaks/0/end"]);
    let cancelled = edited(&entry_of(), &Edit { cancel: true, ..none() }, at(600)).unwrap();
    assert_eq!((cancelled.state, cancelled.to, cancelled.version), (State::Cancelled, Some(at(500)), 4));
    match edited(&cancelled, &none(), at(600)) {
        Err(Error::Refused(refused)) => assert_eq!(refused.refusal, Refusal::NotReversible),
        other => panic!("{other:?}"),
    }
    let free = Edit { hourly_wage: Some(None), ..none() };
    assert_eq!(edited(&entry_of(), &free, at(600)).unwrap().hourly_wage, None);
}

fn day(days: i32) -> BusinessDate {
    BusinessDate::new(days)
}

#[test]
fn how_tips_are_parted() {
    // Days with tips; (day, person, minutes, share); whose part is what, and what is nobody's.
    let check =
        |tips: &[(i32, i64)], worked: &[(i32, i64, i64, i64)], by_shares, parts: &[(i64, i64)], undistributed| {
            let tips: BTreeMap<BusinessDate, i64> = tips.iter().map(|(date, amount)| (day(*date), *amount)).collect();
            let worked: Vec<Part> = worked
                .iter()
                .map(|(date, staff, minutes, share)| Part {
                    date: day(*date),
                    staff: StaffId::new(*staff),
                    minutes: *minutes,
                    share: *share,
                })
                .collect();
            let found = part(&tips, &worked, by_shares).unwrap();
            let by_staff: Vec<(i64, i64)> =
                found.by_staff.into_iter().map(|(staff, tips)| (staff.get(), tips)).collect();
            assert_eq!((by_staff.as_slice(), found.undistributed), (parts, undistributed), "{tips:?} {worked:?}");
        };
    check(&[(1, 1000)], &[(1, 7, 60, 100), (1, 8, 60, 100)], false, &[(7, 500), (8, 500)], 0);
    check(&[(1, 1000)], &[(1, 7, 60, 100), (1, 8, 120, 100)], false, &[(7, 333), (8, 667)], 0);
    check(&[(1, 100)], &[(1, 7, 1, 1), (1, 8, 1, 1), (1, 9, 1, 1)], false, &[(7, 34), (8, 33), (9, 33)], 0);
    check(&[(1, 1000)], &[(1, 7, 60, 100), (1, 8, 60, 50)], true, &[(7, 667), (8, 333)], 0);
    check(&[(1, 1000)], &[(1, 7, 60, 100), (1, 8, 60, 0)], true, &[(7, 1000), (8, 0)], 0);
    // Two entries of one day are one person's.
    check(&[(1, 900)], &[(1, 7, 30, 100), (1, 7, 30, 100), (1, 8, 30, 100)], false, &[(7, 600), (8, 300)], 0);
    // Each day's are its own.
    check(&[(1, 1000), (2, 300)], &[(1, 7, 60, 100), (2, 8, 60, 100)], false, &[(7, 1000), (8, 300)], 0);
    check(&[(1, 1000), (2, 300)], &[(2, 8, 60, 100)], false, &[(8, 300)], 1000);
    check(&[(1, 1000)], &[(1, 7, 0, 100)], false, &[], 1000);
    check(&[(1, 1000)], &[(1, 7, 60, 0)], true, &[], 1000);
    // More went back than came.
    check(&[(1, -100)], &[(1, 7, 60, 100), (1, 8, 120, 100)], false, &[(7, -33), (8, -67)], 0);
}

proptest! {
    #[test]
    fn parts_sum_to_the_tips(
        tips in prop::collection::vec((0..5_i32, -10_000..1_000_000_i64), 0..8),
        worked in prop::collection::vec((0..5_i32, 1..9_i64, 0..900_i64, 0..1000_i64), 0..30),
        by_shares: bool,
    ) {
        let mut days: BTreeMap<BusinessDate, i64> = BTreeMap::new();
        for (date, amount) in tips {
            *days.entry(day(date)).or_default() += amount;
        }
        let worked: Vec<Part> = worked.into_iter()
            .map(|(date, staff, minutes, share)| Part { date: day(date), staff: StaffId::new(staff), minutes, share })
            .collect();
        let found = part(&days, &worked, by_shares).unwrap();
        prop_assert_eq!(found.by_staff.values().sum::<i64>() + found.undistributed, days.values().sum::<i64>());
    }
}
