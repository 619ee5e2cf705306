//! Percentiles, ages and what is late, as tables.

use super::{Kitchen, to_send};
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::ids::{LineId, StationId, TicketId};
use crate::kitchen::model::times::{Summary, Times, Took, rows};
use crate::kitchen::model::{Act, LedgerRow, LineState, Stage, Ticket, TicketKind, ages_hold_until, taken_from};

#[test]
fn percentiles_are_by_the_nearest_rank() {
    let check = |ms: &[i64], expected: Option<(i64, i64, i64, i64)>| {
        let summary = Summary::of(ms.to_vec());
        assert_eq!(summary.map(|s| (s.count, s.mean_s, s.p50_s, s.p90_s)), expected, "{ms:?}");
    };
    check(&[], None);
    check(&[7_000], Some((1, 7, 7, 7)));
    // Of two the median is the lower: it always is a time that was taken.
    check(&[9_000, 1_000], Some((2, 5, 1, 9)));
    check(&[3_000, 1_000, 2_000], Some((3, 2, 2, 3)));
    check(&[1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 100_000], Some((10, 15, 5, 9)));
    check(&[1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000, 11_000], Some((11, 6, 6, 10)));
    // Half up, from milliseconds, once.
    check(&[499], Some((1, 0, 0, 0)));
    check(&[500], Some((1, 1, 1, 1)));
    check(&[1_000, 2_000, 2_000], Some((3, 2, 2, 2)));
    check(&[i64::MAX, i64::MAX], Some((2, i64::MAX / 1000 + 1, i64::MAX / 1000 + 1, i64::MAX / 1000 + 1)));
}

#[test]
fn times_are_gathered_by_key() {
    let took = |sent: i64, ready: i64, served: Option<i64>, late_at: Option<i64>| Took {
        sent: UtcMs::new(sent),
        ready: UtcMs::new(ready),
        served: served.map(UtcMs::new),
        late_at: late_at.map(UtcMs::new),
    };
    let all = vec![
        (2, "Bar".to_owned(), took(0, 30_000, Some(40_000), None)),
        (1, "Grill".to_owned(), took(0, 60_000, None, Some(60_000))),
        (1, "The grill".to_owned(), took(0, 59_000, Some(59_000), Some(60_000))),
        // A clock that was set back.
        (1, "The grill".to_owned(), took(100_000, 90_000, Some(80_000), Some(160_000))),
    ];
    let summary = |count, mean_s, p50_s, p90_s| Some(Summary { count, mean_s, p50_s, p90_s });
    let seen: Vec<_> = rows(all).into_iter().map(|row| (row.key, row.name, row.times)).collect();
    let grill = Times { to_ready: summary(3, 40, 59, 60), to_served: summary(2, 0, 0, 0), late: 1 };
    let bar = Times { to_ready: summary(1, 30, 30, 30), to_served: summary(1, 10, 10, 10), late: 0 };
    assert_eq!(seen, [(1, "The grill".to_owned(), grill), (2, "Bar".to_owned(), bar)]);
    // The night the clocks go back has its third hour twice.
    let rome = Zone::parse("Europe/Rome").unwrap();
    let hour = |time: &str| took(UtcMs::parse(time).unwrap().get(), 0, None, None).hour(&rome);
    assert_eq!([hour("2026-10-25T02:30:00+02:00"), hour("2026-10-25T02:30:00+01:00")], [2, 2]);
}

#[test]
fn a_cancel_takes_what_is_not_made_first_and_of_that_the_latest() {
    use LineState::{Ready, Sent, Served};
    // Rows as (delta, cancelled, state), numbered from 1; what is taken as (row, quantity).
    let check = |rows: &[(i64, i64, LineState)], quantity: i64, taken: &[(i64, i64)]| {
        let row = |(id, (delta, cancelled, state)): (i64, &(i64, i64, LineState))| LedgerRow {
            id,
            line: LineId::new(1),
            delta: *delta,
            cancelled: *cancelled,
            state: *state,
            ticket: TicketId::new(1),
            station: StationId::new(1),
        };
        let rows: Vec<LedgerRow> = (1..).zip(rows).map(row).collect();
        assert_eq!(taken_from(&rows, quantity), taken, "{quantity} of {rows:?}");
    };
    check(&[(3000, 0, Sent)], 1000, &[(1, 1000)]);
    check(&[(3000, 2000, Sent), (1000, 0, Sent)], 2000, &[(2, 1000), (1, 1000)]);
    check(&[(3000, 0, Sent), (1000, 0, Ready), (1000, 0, Served)], 4000, &[(1, 3000), (2, 1000)]);
    check(&[(1000, 0, Served), (1000, 0, Ready), (-1000, 0, Sent), (1000, 1000, Sent)], 2000, &[(2, 1000), (1, 1000)]);
    check(&[(1000, 1000, Sent)], 1000, &[]);
}

#[test]
fn a_cancel_and_a_change_are_read_and_done_with() {
    let check = |kind: TicketKind, acts: &[Act], lines: LineState| {
        let stage = acts.iter().fold(Stage::NEW, |stage, act| kind.after(stage, *act));
        assert_eq!(stage.lines, lines, "{kind:?} {acts:?}");
    };
    use Act::{Bump, Print, Recall};
    for kind in [TicketKind::Cancel, TicketKind::Change] {
        check(kind, &[Print], LineState::Sent);
        check(kind, &[Bump], LineState::Served);
        check(kind, &[Bump, Bump, Print], LineState::Served);
        check(kind, &[Bump, Recall], LineState::Sent);
    }
    check(TicketKind::New, &[Bump], LineState::Ready);
}

#[test]
fn what_is_said_of_ages_holds_so_long() {
    let kitchen = Kitchen::new("ages");
    let sent = kitchen.send(&[(1, 1, 1000)]);
    let [ticket] = sent.as_slice() else { panic!("one ticket") };
    let at = |s: i64| ticket.sent_at.plus_ms(s * 1000);
    let check = |tickets: &[Ticket], now_s: i64, until_s: Option<i64>| {
        assert_eq!(ages_hold_until(tickets, at(now_s)), until_s.map(at), "{now_s} s");
    };
    check(&[], 0, None);
    check(&sent, 0, Some(5));
    check(&sent, 898, Some(900));
    check(&sent, 900, Some(905));
    assert_eq!([899, 900].map(|s| ticket.is_late(at(s))), [false, true]);
    assert_eq!([-1, 0, 61].map(|s| ticket.age_s(at(s))), [0, 0, 61]);
    let done = kitchen.act(ticket.id, Act::Bump);
    check(std::slice::from_ref(&done), 4000, None);
    assert_eq!((done.age_s(at(4000)), done.is_late(at(4000))), (1, false));
    // What was served before anybody kept when is not served now because a printer comes alive.
    let mut old = Ticket { served_at: None, ready_at: Some(at(5)), ..done };
    old.stage = Stage { lines: LineState::Served, printed: false };
    old.go_to(Stage { lines: LineState::Served, printed: true }, at(9000));
    assert_eq!((old.served_at, old.ready_at), (None, Some(at(5))));
}

#[test]
fn ages_and_alarms_are_by_the_clock_of_the_house() {
    let kitchen = Kitchen::new("alarms");
    kitchen.send(&[(1, 1, 1000), (2, 2, 1000)]);
    let raise = || kitchen.write(crate::kitchen::ops::alarm::raise).unwrap();
    assert_eq!(raise(), 0);
    kitchen.clock.advance_ms(60_000);
    assert_eq!((raise(), raise()), (2, 0));
    let ticket =
        |id: i64| kitchen.store.read_blocking(|db| crate::kitchen::ops::ticket(db, TicketId::new(id))).unwrap();
    assert!(ticket(1).alarmed_at.is_some() && ticket(1).ack_due.is_some());
    assert!(kitchen.act(TicketId::new(1), Act::Print).ack_due.is_none());
    // What nobody took for half a day is yesterday's.
    kitchen.write(|tx, stamp| super::send_lines(tx, stamp, &[to_send(3, 1, 1000)])).unwrap();
    kitchen.clock.advance_ms(12 * 60 * 60 * 1000 + 60_000);
    assert_eq!(raise(), 0);
}
