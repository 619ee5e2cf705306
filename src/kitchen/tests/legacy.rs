//! Tickets of a file from before their times and cancels were kept.

use std::sync::Arc;

use super::{FIXTURE, Silent};
use crate::journal;
use crate::kernel::clock::{Clock, ManualClock};
use crate::kernel::day::{Cutoff, UtcMs, Zone};
use crate::kernel::ids::{DeviceId, StationId, TicketId};
use crate::kitchen::model::{LineState, Ticket, TicketKind};
use crate::kitchen::{ops, sql};
use crate::store::{self, STEPS, Statement, Store};

static TICKETS: [Statement; 3] = [
    Statement::new(
        "t.tickets",
        "insert into tickets (id, order_id, display_number, station_id, state, sent_at_ms, bumped_at_ms) values
           (1, 1, 1, 1, 'bumped', 1000, 5000), (2, 1, 1, 1, 'new', 2000, null), (3, 1, 1, 1, 'new', 3000, null),
           (4, 1, 1, 2, 'bumped', 4000, 6000), (5, 1, 1, 1, 'bumped', 4500, 7000)",
    ),
    // Three of line 1, two more, four taken back in two calls; one of line 2, ready.
    Statement::new(
        "t.ticket_lines",
        "insert into ticket_lines (id, ticket_id, order_id, line_id, delta, state, name, variant, modifiers) values
           (1, 1, 1, 1, 3000, 'served', 'Dish', 'Large', ''), (2, 2, 1, 1, 2000, 'sent', 'Dish', 'Large', ''),
           (3, 3, 1, 1, -1000, 'sent', 'Dish', 'Large', ''), (4, 4, 1, 2, 1000, 'ready', 'Dish', 'Large', ''),
           (5, 5, 1, 1, -3000, 'ready', 'Dish', 'Large', '')",
    ),
    Statement::new(
        "t.ticket_counts",
        "insert into ticket_counts (station_id, state, n) values (1, 'bumped', 2), (1, 'new', 2), (2, 'bumped', 1)",
    ),
];

#[test]
fn tickets_that_are_there_are_understood() {
    let before = STEPS.iter().position(|step| step.name.ends_with("_kitchen")).expect("the kitchen's step");
    let folder = std::env::temp_dir().join(format!("comanda-kitchen-legacy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = || store::Config::new(folder.join("k.db"));
    let old = Store::open_with_steps(config(), Arc::new(Silent), &[], &STEPS[..before]).unwrap();
    let clock = ManualClock::at(UtcMs::parse("2026-11-20T19:30:00+01:00").unwrap());
    let now = clock.now();
    let write = move |tx: &store::Tx<'_>| {
        journal::ops::create_site(tx, &Zone::parse("Europe/Rome").unwrap(), Cutoff::from_minutes(240), now)?;
        for statement in FIXTURE.iter().chain(&TICKETS) {
            tx.run(statement, ())?;
        }
        Ok(())
    };
    old.write_blocking(write).unwrap();
    old.stop();

    let store = Store::open(config(), Arc::new(Silent), sql::ALL).unwrap();
    assert_eq!(store.read_blocking(ops::verify).unwrap(), Vec::<String>::new());
    let ticket = |id: i64| store.read_blocking(|db| ops::ticket(db, TicketId::new(id))).unwrap();
    let check = |id: i64, kind: TicketKind, stage: LineState, lines: &[(i64, i64, Option<i64>)]| {
        let t: Ticket = ticket(id);
        let seen: Vec<_> = t.lines.iter().map(|l| (l.delta, l.cancelled, l.had)).collect();
        assert_eq!((t.kind, t.stage.lines, seen.as_slice()), (kind, stage, lines), "ticket {id}");
        // When it was served nobody kept; nobody waits for any of them, and none is late.
        assert_eq!((t.served_at, t.ack_due, t.late_at, t.device), (None, None, None, None::<DeviceId>), "ticket {id}");
        assert_eq!(t.ready_at.is_some(), stage != LineState::Sent, "ticket {id}");
    };
    // Four are gone: the two that nobody had made, then two of those that were eaten.
    check(1, TicketKind::New, LineState::Served, &[(3000, 2000, None)]);
    check(2, TicketKind::New, LineState::Sent, &[(2000, 2000, None)]);
    check(3, TicketKind::Cancel, LineState::Sent, &[(-1000, 0, Some(5000))]);
    check(4, TicketKind::New, LineState::Ready, &[(1000, 0, None)]);
    check(5, TicketKind::Cancel, LineState::Ready, &[(-3000, 0, Some(4000))]);

    // And it goes on from there.
    let clock = Arc::new(clock);
    let cancelled = store.write_blocking(move |tx| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), None, None)?;
        ops::send(tx, &stamp, &super::head(), &[super::to_send(1, 1, -1000)])
    });
    let cancelled = cancelled.unwrap();
    assert_eq!((cancelled[0].station, cancelled[0].lines[0].had), (StationId::new(1), Some(1000)));
    check(1, TicketKind::New, LineState::Served, &[(3000, 3000, None)]);
    assert_eq!(store.read_blocking(ops::verify).unwrap(), Vec::<String>::new());
    store.stop();
    std::fs::remove_dir_all(&folder).unwrap();
}
