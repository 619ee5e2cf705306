//! Tickets as tables, and the ledger on a file.

mod legacy;
mod times;

use std::sync::Arc;

use super::model::{
    Act, Filter, LineProgress, LineState, Progress, Reached, Stage, Ticket, TicketHead, TicketState, ToSend, Which,
    by_station,
};
use super::{ops, sql};
use crate::cache::Tag;
use crate::error::{Error, Refusal, Result};
use crate::journal;
use crate::kernel::clock::{Clock, ManualClock};
use crate::kernel::day::{Cutoff, UtcMs, Zone};
use crate::kernel::ids::{ItemId, LineId, OrderId, StationId, TicketId};
use crate::kernel::service::Service;
use crate::store::{self, AfterCommit, PageRequest, Statement, Store, Tx};

/// What is done to a ticket as sent, and what it then is.
#[test]
fn a_ticket_moves_by_these_steps() {
    let check = |acts: &[Act], state: TicketState, lines: LineState| {
        let stage = acts.iter().fold(Stage::NEW, |stage, act| stage.after(*act));
        assert_eq!((stage.state(), stage.lines), (state, lines), "{acts:?}");
    };
    use Act::{Bump, Print, Recall, To};
    use LineState::{Ready, Sent, Served};
    use TicketState::{Bumped, New, Printed};
    check(&[], New, Sent);
    check(&[Print], Printed, Sent);
    check(&[Print, Print], Printed, Sent);
    check(&[Bump], Bumped, Ready);
    check(&[Print, Bump], Bumped, Ready);
    check(&[Bump, Bump], Bumped, Served);
    check(&[Bump, Bump, Bump], Bumped, Served);
    // However many screens say the same.
    let (ready, served) = (To(Reached::Ready), To(Reached::Served));
    check(&[ready, ready], Bumped, Ready);
    check(&[ready, Bump, ready], Bumped, Served);
    check(&[served], Bumped, Served);
    check(&[ready, served, served, Recall], Bumped, Ready);
    check(&[Bump, Bump, Recall], Bumped, Ready);
    check(&[Bump, Recall], New, Sent);
    check(&[Print, Bump, Recall], Printed, Sent);
    check(&[Bump, Bump, Recall, Recall], New, Sent);
    check(&[Recall], New, Sent);
    check(&[Print, Recall], Printed, Sent);
    // Paper that comes out late is remembered when the bump is taken back.
    check(&[Bump, Print], Bumped, Ready);
    check(&[Bump, Print, Recall], Printed, Sent);
}

#[test]
fn words_are_their_own() {
    assert!(LineState::ALL.iter().all(|s| LineState::parse(s.as_str()) == Some(*s)));
    assert!(TicketState::ALL.iter().all(|s| TicketState::parse(s.as_str()) == Some(*s)));
    assert!(LineState::Sent < LineState::Ready && LineState::Ready < LineState::Served);
}

fn to_send(line: i64, station: i64, delta: i64) -> ToSend {
    ToSend {
        line: LineId::new(line),
        station: StationId::new(station),
        delta,
        item: ItemId::new(1),
        name: format!("Dish {line}"),
        variant: "Large".to_owned(),
        modifiers: "no onions".to_owned(),
        note: None,
        seat: Some(2),
        course: None,
        service: None,
    }
}

#[test]
fn lines_go_to_a_ticket_a_station() {
    let check = |lines: &[(i64, i64, i64)], tickets: &[(i64, &[i64])]| {
        let lines: Vec<ToSend> = lines.iter().map(|(line, station, delta)| to_send(*line, *station, *delta)).collect();
        let made: Vec<(i64, Vec<i64>)> = by_station(&lines)
            .into_iter()
            .map(|(station, lines)| (station.get(), lines.iter().map(|l| l.line.get()).collect()))
            .collect();
        let wanted: Vec<(i64, Vec<i64>)> = tickets.iter().map(|(station, lines)| (*station, lines.to_vec())).collect();
        assert_eq!(made, wanted);
    };
    check(&[], &[]);
    check(&[(1, 1, 0)], &[]);
    check(&[(1, 1, 1000), (2, 1, 2000)], &[(1, &[1, 2])]);
    check(&[(1, 2, 1000), (2, 1, 1000), (3, 2, 1000)], &[(2, &[1, 3]), (1, &[2])]);
    check(&[(1, 1, 1000), (2, 1, -1000), (3, 2, -1000)], &[(1, &[2]), (2, &[3]), (1, &[1])]);
    // Parts of one line are one dish.
    check(&[(1, 1, -2000), (2, 1, -1000), (1, 1, -1000)], &[(1, &[1, 2])]);
}

/// Sends lines of the first order.
fn send_lines(tx: &Tx<'_>, stamp: &journal::Stamp, lines: &[ToSend]) -> Result<Vec<Ticket>> {
    ops::send(tx, stamp, &head(), lines)
}

/// The first order, at table 7.
fn head() -> TicketHead {
    TicketHead {
        order: OrderId::new(1),
        display_number: 1,
        table_name: Some("7".to_owned()),
        order_kind: "dine_in",
        service: Service::DineIn,
        version: 3,
    }
}

struct Silent;

impl AfterCommit for Silent {
    fn invalidate(&self, _: &[Tag]) {}
    fn wake(&self) {}
}

// Of the other domains just what the kitchen's rows point at.
static FIXTURE: [Statement; 9] = [
    Statement::new("t.class", "insert into tax_classes (id, name) values (1, 'Food')"),
    Statement::new("t.version", "insert into tax_versions (id, tax_class_id, current) values (1, 1, 1)"),
    Statement::new("t.stations", "insert into stations (id, name) values (1, 'Grill'), (2, 'Bar')"),
    Statement::new("t.category", "insert into categories (id, name, position) values (1, 'All', 1)"),
    Statement::new("t.item", "insert into items (id, category_id, name, tax_class_id) values (1, 1, 'Dish', 1)"),
    Statement::new("t.variant", "insert into variants (id, item_id, name) values (1, 1, 'Large')"),
    Statement::new(
        "t.orders",
        "insert into orders (id, display_number, kind, service, state, guests, business_date, opened_at_ms)
         values (1, 1, 'dine_in', 'dine_in', 'open', 2, '2026-11-20', 0), (2, 2, 'dine_in', 'dine_in', 'open', 2, '2026-11-20', 0)",
    ),
    Statement::new(
        "t.checks",
        "insert into checks (id, order_id, state, opened_business_date, tax_rounding, rounding_mode, cash_rounding, cash_rounding_when, version)
         values (1, 1, 'open', '2026-11-20', 'per_line', 'half_up', 0, 'final_cash', 1)",
    ),
    Statement::new(
        "t.lines",
        "insert into lines (id, order_id, check_id, item_id, variant_id, category_id, tax_version_id, name, variant, sold_by,
           counts_as, discountable, unit_price, quantity, hold, state, version, added_at_ms, list_amount, net, tax, total)
         with v (value) as (values (1), (2), (3)) select value, 1, 1, 1, 1, 1, 1, 'Dish', 'Large', 'each', 'sale', 1, 0, 1000, 0, 'open', 1, 0, 0, 0, 0, 0
         from v",
    ),
];

/// A file of its own with two orders, three lines and two stations.
struct Kitchen {
    store: Store,
    clock: Arc<ManualClock>,
    folder: std::path::PathBuf,
}

impl Kitchen {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("comanda-kitchen-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(store::Config::new(folder.join("k.db")), Arc::new(Silent), sql::ALL).unwrap();
        let clock = Arc::new(ManualClock::at(UtcMs::parse("2026-11-20T19:30:00+01:00").unwrap()));
        let now = clock.now();
        store
            .write_blocking(move |tx| {
                journal::ops::create_site(tx, &Zone::parse("Europe/Rome").unwrap(), Cutoff::from_minutes(240), now)?;
                for statement in &FIXTURE {
                    tx.run(statement, ())?;
                }
                Ok(())
            })
            .unwrap();
        Self { store, clock, folder }
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Tx<'_>, &journal::Stamp) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let clock = Arc::clone(&self.clock);
        clock.advance_ms(1000);
        self.store.write_blocking(move |tx| {
            let stamp = journal::ops::stamp(tx, clock.as_ref(), None, None)?;
            job(tx, &stamp)
        })
    }

    fn send(&self, lines: &[(i64, i64, i64)]) -> Vec<Ticket> {
        let lines: Vec<ToSend> = lines.iter().map(|(line, station, delta)| to_send(*line, *station, *delta)).collect();
        self.write(move |tx, stamp| send_lines(tx, stamp, &lines)).unwrap()
    }

    fn act(&self, ticket: TicketId, act: Act) -> Ticket {
        self.write(move |tx, stamp| ops::change(tx, stamp, ticket, act)).unwrap()
    }

    fn progress(&self, order: i64) -> Progress {
        self.store.read_blocking(|db| ops::progress(db, OrderId::new(order))).unwrap()
    }

    /// Each line as (line, sent, state).
    #[track_caller]
    fn check_progress(&self, revision: i64, lines: &[(i64, i64, LineState)]) {
        let progress = self.progress(1);
        let seen: Vec<_> = progress.lines.iter().map(|l| (l.line.get(), l.sent, l.state)).collect();
        assert_eq!((progress.revision, seen.as_slice()), (revision, lines));
    }

    /// The list by numbers and by cursors, and its total.
    #[track_caller]
    fn check_list(&self, station: Option<i64>, which: Which, ids: &[i64]) {
        let filter = Filter { station: station.map(StationId::new), which };
        let list = |request| self.store.read_blocking(|db| ops::tickets(db, filter, request)).unwrap();
        let (mut by_number, mut by_cursor) = (Vec::new(), Vec::new());
        for page in 1.. {
            let page = list(PageRequest::Number { page, size: 2 });
            assert_eq!(page.total, Some(ids.len() as u64), "{filter:?}");
            by_number.extend(page.items.iter().map(|t| t.id.get()));
            if !page.has_more {
                break;
            }
        }
        let mut page = list(PageRequest::Number { page: 1, size: 1 });
        loop {
            by_cursor.extend(page.items.iter().map(|t| t.id.get()));
            let Some(after) = page.next_cursor else { break };
            page = list(PageRequest::Cursor { after, size: 1 });
        }
        assert_eq!((by_number.as_slice(), by_cursor.as_slice()), (ids, ids), "{filter:?}");
        let wrong = self.store.read_blocking(ops::verify).unwrap();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

impl Drop for Kitchen {
    fn drop(&mut self) {
        self.store.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn the_ledger_says_what_the_kitchen_has() {
    use LineState::{Ready, Sent, Served};
    let kitchen = Kitchen::new("ledger");
    kitchen.check_progress(0, &[]);
    assert_eq!(kitchen.send(&[]), []);

    let tickets = kitchen.send(&[(1, 1, 2000), (2, 2, 1000)]);
    let [grill, bar] = [tickets[0].id, tickets[1].id];
    let first_sent = tickets[0].sent_at;
    kitchen.check_progress(0, &[(1, 2000, Sent), (2, 1000, Sent)]);

    let bumped = kitchen.act(grill, Act::Bump);
    assert_eq!((bumped.stage.state(), bumped.lines.len()), (TicketState::Bumped, 1));
    assert_eq!(kitchen.store.read_blocking(|db| ops::ticket(db, grill)).unwrap(), bumped);
    kitchen.check_progress(1, &[(1, 2000, Ready), (2, 1000, Sent)]);

    // One more of the same is the least advanced; one less of it is on a ticket of its own and says nothing.
    let more = kitchen.send(&[(1, 1, 1000)])[0].id;
    kitchen.check_progress(1, &[(1, 3000, Sent), (2, 1000, Sent)]);
    let less = kitchen.send(&[(1, 1, -2000), (2, 2, -1000)]);
    assert_eq!(less.len(), 2);
    kitchen.act(more, Act::Bump);
    kitchen.check_progress(2, &[(1, 1000, Ready), (2, 0, Sent)]);

    kitchen.act(grill, Act::Bump);
    kitchen.act(more, Act::Bump);
    kitchen.check_progress(4, &[(1, 1000, Served), (2, 0, Sent)]);
    kitchen.act(more, Act::Recall);
    kitchen.check_progress(5, &[(1, 1000, Ready), (2, 0, Sent)]);

    // Said again: no effect, no revision, no record.
    let seq = kitchen.store.read_blocking(journal::ops::last_seq).unwrap();
    kitchen.act(grill, Act::Bump);
    kitchen.act(bar, Act::Recall);
    kitchen.check_progress(5, &[(1, 1000, Ready), (2, 0, Sent)]);
    assert_eq!(kitchen.store.read_blocking(journal::ops::last_seq).unwrap(), seq);
    kitchen.act(bar, Act::Print);
    kitchen.check_progress(6, &[(1, 1000, Ready), (2, 0, Sent)]);

    let line = kitchen.progress(1).lines[0];
    assert_eq!(line, LineProgress { line: LineId::new(1), sent: 1000, state: Ready, sent_at: first_sent });
    assert_eq!(kitchen.progress(2), Progress { revision: 0, lines: Vec::new() });
    let revision = |order| kitchen.store.read_blocking(|db| ops::revision(db, OrderId::new(order))).unwrap();
    assert_eq!((revision(1), revision(2)), (6, 0));
}

#[test]
fn the_journal_hears_of_every_step() {
    let kitchen = Kitchen::new("journal");
    let ticket = kitchen.send(&[(1, 1, 2000)])[0].id;
    kitchen.act(ticket, Act::Print);
    kitchen.act(ticket, Act::Bump);
    let records = kitchen.store.read_blocking(|db| journal::ops::after(db, 0, 10)).unwrap();
    let said: Vec<_> = records.iter().map(|r| (r.kind.as_str(), r.subject, r.version, r.payload.as_str())).collect();
    let wanted = [
        ("ticket.sent", 1, 3, r#"{"ticket":1,"station":1,"lines":[{"line":1,"quantity":2000}]}"#),
        ("ticket.changed", 1, 1, r#"{"ticket":1,"act":"print","state":"printed","lines":"sent"}"#),
        ("ticket.changed", 1, 2, r#"{"ticket":1,"act":"bump","state":"bumped","lines":"ready"}"#),
    ];
    assert_eq!(said, wanted);
    assert_eq!(kitchen.store.read_blocking(|db| journal::ops::verify(db, |_| {})).unwrap(), Ok(3));
}

#[test]
fn lists_find_every_ticket_once() {
    use TicketState::{Bumped, New, Printed};
    let kitchen = Kitchen::new("lists");
    kitchen.check_list(None, Which::All, &[]);
    for (line, station) in [(1, 1), (2, 2), (3, 1), (1, 1), (2, 2), (3, 1)] {
        kitchen.send(&[(line, station, 1000)]);
    }
    for (ticket, act) in
        [(1, Act::Bump), (2, Act::Print), (3, Act::Print), (4, Act::Bump), (4, Act::Bump), (3, Act::Print)]
    {
        kitchen.act(TicketId::new(ticket), act);
    }
    kitchen.check_list(None, Which::All, &[6, 5, 4, 3, 2, 1]);
    kitchen.check_list(None, Which::Waiting, &[2, 3, 5, 6]);
    kitchen.check_list(None, Which::In(New), &[5, 6]);
    kitchen.check_list(None, Which::In(Printed), &[2, 3]);
    kitchen.check_list(None, Which::In(Bumped), &[4, 1]);
    kitchen.check_list(Some(1), Which::All, &[6, 4, 3, 1]);
    kitchen.check_list(Some(1), Which::Waiting, &[3, 6]);
    kitchen.check_list(Some(2), Which::In(New), &[5]);
    kitchen.check_list(Some(2), Which::In(Bumped), &[]);
    kitchen.check_list(Some(9), Which::All, &[]);
    kitchen.act(TicketId::new(1), Act::Recall);
    kitchen.check_list(Some(1), Which::In(New), &[1, 6]);
    kitchen.check_list(None, Which::In(Bumped), &[4]);
}

#[test]
fn a_recount_names_what_is_wrong() {
    static SPOILED: [(&str, Statement); 4] = [
        (
            "ticket_counts: station 1, new: 2 kept, 1 counted",
            Statement::new("t.count", "update ticket_counts set n = n + 1 where station_id = 1 and state = 'new'"),
        ),
        (
            "ticket_lines: order 1, line 1: 0 marked as taken back, 1000 cancelled",
            Statement::new("t.cancelled", "update ticket_lines set cancelled = 0 where line_id = 1"),
        ),
        (
            "tickets: 1: its state is not that of its lines and times",
            Statement::new("t.ready", "update tickets set bumped_at_ms = null where id = 1"),
        ),
        (
            "tickets: 1: its state is not that of its lines and times",
            Statement::new("t.served", "update ticket_lines set state = 'served' where ticket_id = 1"),
        ),
    ];
    for (at, (words, statement)) in SPOILED.iter().enumerate() {
        let kitchen = Kitchen::new(&format!("spoiled-{at}"));
        kitchen.send(&[(1, 1, 2000)]);
        kitchen.act(TicketId::new(1), Act::Bump);
        kitchen.send(&[(1, 1, -1000)]);
        let verify = || kitchen.store.read_blocking(ops::verify).unwrap();
        assert_eq!(verify(), Vec::<String>::new());
        kitchen.write(|tx, _| Ok(tx.run(statement, ())?)).unwrap();
        assert_eq!(verify(), [*words]);
    }
}

#[test]
fn a_ticket_that_is_not_there_is_not_found() {
    let kitchen = Kitchen::new("absent");
    let refused = kitchen.write(|tx, stamp| ops::change(tx, stamp, TicketId::new(7), Act::Bump)).unwrap_err();
    assert!(
        matches!(refused, Error::Refused(r) if r.refusal == Refusal::NotFound && r.detail == "There is no ticket 7.")
    );
}
