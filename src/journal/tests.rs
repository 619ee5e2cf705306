//! The chain and the streams, as tables.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Bytes, Data};
use futures_util::{Stream, StreamExt};
use parking_lot::Mutex;

use super::events::{Hub, Kinds, Place, STREAMS_EACH_MAX, STREAMS_MAX, Told, start_at};
use super::model::{Columns, GENESIS, Kind, hash};
use super::ops;
use super::sql::{self, Event};
use crate::cache::{self, Cache, Tag};
use crate::error::{Error, Refusal, Result};
use crate::kernel::clock::ManualClock;
use crate::kernel::day::{Cutoff, UtcMs, Zone};
use crate::kernel::ids::DeviceId;
use crate::kernel::permission::Role;
use crate::store::{self, AfterCommit, Store, Tx};
use crate::web::guard::{Comes, TokenHash};
use crate::web::{Actor, Authenticator, House, Limits};

const RECORD: Columns<'_> = Columns {
    site_uuid: "0b4f6b0e-5b1f-4c8e-9d55-2f9f2c1c7a10",
    seq: 1,
    epoch: 1,
    kind: "order.opened",
    at_utc_ms: 1_795_194_000_000,
    business_date: "2026-11-20",
    device: Some(7),
    staff: None,
    subject: 42,
    version: 1,
    payload: r#"{"table":"7"}"#,
    prev_hash: &GENESIS,
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Worked out apart from this program, from the words of `hash` alone: files out there hold such hashes.
#[test]
fn a_hash_is_what_it_always_was() {
    assert_eq!(hex(&hash(&RECORD)), "cb34dd56a0a35f5c149f182cd66b34147c266f764bea76d26cf26c9e7d73fdb3");
}

#[test]
fn every_column_is_in_the_hash() {
    let other = [1; 32];
    let (mut longer, mut shorter) = (GENESIS.to_vec(), RECORD.site_uuid.to_owned());
    longer.insert(0, shorter.pop().map_or(0, |c| c as u8));
    let tampered = [
        ("site", Columns { site_uuid: "0b4f6b0e-5b1f-4c8e-9d55-2f9f2c1c7a11", ..RECORD }),
        ("seq", Columns { seq: 2, ..RECORD }),
        ("epoch", Columns { epoch: 2, ..RECORD }),
        ("kind", Columns { kind: "order.voided", ..RECORD }),
        ("at", Columns { at_utc_ms: RECORD.at_utc_ms + 1, ..RECORD }),
        ("date", Columns { business_date: "2026-11-21", ..RECORD }),
        ("device", Columns { device: Some(8), ..RECORD }),
        ("no device", Columns { device: None, ..RECORD }),
        ("staff", Columns { staff: Some(3), ..RECORD }),
        ("staff 0 is not nobody", Columns { staff: Some(0), ..RECORD }),
        ("device and staff swapped", Columns { device: None, staff: Some(7), ..RECORD }),
        ("subject", Columns { subject: 43, ..RECORD }),
        ("version", Columns { version: 2, ..RECORD }),
        ("payload", Columns { payload: r#"{"table": "7"}"#, ..RECORD }),
        ("previous", Columns { prev_hash: &other, ..RECORD }),
        ("a byte moved across two columns", Columns { site_uuid: &shorter, prev_hash: &longer, ..RECORD }),
    ];
    let honest = hash(&RECORD);
    for (what, columns) in &tampered {
        assert_ne!(hash(columns), honest, "{what}");
    }
}

#[test]
fn kinds_have_words_of_their_own() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        assert!(Kinds::NONE.with(*kind).has(*kind) && !Kinds::NONE.has(*kind));
    }
    assert_eq!(Kind::parse("order.opene"), None);
}

#[test]
fn a_role_hears_of_what_it_may_know() {
    let check = |role: Option<Role>, hears: &[Kind], not: &[Kind]| {
        let known = Kinds::ALL.known_to(role);
        assert!(hears.iter().all(|kind| known.has(*kind)), "{role:?}");
        assert!(!not.iter().any(|kind| known.has(*kind)), "{role:?}");
    };
    check(Some(Role::Owner), Kind::ALL, &[]);
    check(Some(Role::Auditor), Kind::ALL, &[]);
    check(
        Some(Role::Kitchen),
        &[Kind::TicketSent, Kind::TicketChanged, Kind::AvailabilityChanged],
        &[Kind::OrderOpened, Kind::PaymentTaken, Kind::MenuChanged, Kind::DayClosed, Kind::SignedIn],
    );
    check(Some(Role::Waiter), &[Kind::OrderOpened, Kind::TicketSent], &[Kind::DayClosed, Kind::SignedIn]);
    check(None, &[], Kind::ALL);
    let asked = Kinds::NONE.with(Kind::TicketSent).with(Kind::OrderOpened);
    assert_eq!(asked.known_to(Some(Role::Kitchen)), Kinds::NONE.with(Kind::TicketSent));
}

#[test]
fn a_stream_begins_where_it_stood_or_says_reset() {
    let check = |after, first, last, begins: (i64, bool)| {
        assert_eq!(start_at(after, first, last), begins, "after {after:?} of {first:?} to {last}");
    };
    check(None, None, 0, (0, false));
    check(None, Some(1), 70, (70, false));
    check(Some(0), Some(1), 70, (0, false));
    check(Some(69), Some(1), 70, (69, false));
    check(Some(70), Some(1), 70, (70, false));
    check(Some(71), Some(1), 70, (70, true));
    check(Some(1), None, 0, (0, true));
    check(Some(39), Some(40), 70, (39, false));
    check(Some(38), Some(40), 70, (70, true));
    check(Some(1), Some(1), 100_001, (1, false));
    check(Some(0), Some(1), 100_001, (100_001, true));
}

fn told(seq: i64, kind: &str) -> Told {
    Told::of(&Event { seq, kind: kind.to_owned(), subject: 5, version: 2 }).unwrap()
}

#[test]
fn a_frame_is_one_event() {
    let mut place = Place { kinds: Kinds::ALL, last: 11, behind: false };
    let frame = place.take(&[told(12, "ticket.sent")]).unwrap();
    assert_eq!(&frame[..], b"id: 12\ndata: {\"seq\":12,\"kind\":\"ticket.sent\",\"subject\":5,\"version\":2}\n\n");
}

#[test]
fn news_are_told_once_and_a_gap_is_seen() {
    let tickets = Kinds::NONE.with(Kind::TicketSent);
    let check = |last: i64, news: &[(i64, &str)], then: (i64, bool), ids: &[i64]| {
        let mut place = Place { kinds: tickets, last, behind: false };
        let news: Vec<Told> = news.iter().map(|(seq, kind)| told(*seq, kind)).collect();
        let bytes = place.take(&news).unwrap_or_default();
        let heard: Vec<i64> = String::from_utf8_lossy(&bytes)
            .lines()
            .filter_map(|line| line.strip_prefix("id: ").and_then(|id| id.parse().ok()))
            .collect();
        assert_eq!((place.last, place.behind, heard.as_slice()), (then.0, then.1, ids), "after {last}");
    };
    check(4, &[(5, "ticket.sent"), (6, "ticket.sent")], (6, false), &[5, 6]);
    // Others' kinds, and words of a later program, pass silently.
    check(4, &[(5, "order.opened"), (6, "ticket.sent"), (7, "robot.came")], (7, false), &[6]);
    // Read from the file already.
    check(6, &[(5, "ticket.sent"), (6, "ticket.sent")], (6, false), &[]);
    check(5, &[(5, "ticket.sent"), (6, "ticket.sent"), (7, "ticket.sent")], (7, false), &[6, 7]);
    // Something is missing between, or the teller says so.
    check(4, &[(6, "ticket.sent")], (4, true), &[]);
    check(4, &[], (4, true), &[]);
}

/// The file's bell.
struct Bell(Hub);

impl AfterCommit for Bell {
    fn invalidate(&self, _: &[Tag]) {}

    fn wake(&self) {
        self.0.wake();
    }
}

/// Knows one actor, whatever the token, until it does not.
struct Door(Mutex<Option<Actor>>);

impl Authenticator for Door {
    fn known(&self, _: &TokenHash, _: Comes) -> Option<Actor> {
        self.0.lock().clone()
    }

    fn look_up<'a>(&'a self, _: TokenHash, _: Comes) -> Pin<Box<dyn Future<Output = Result<Option<Actor>>> + 'a>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn still(&self, _: &Tx<'_>, _: &Actor, _: UtcMs) -> Result<()> {
        Ok(())
    }
}

/// A house with a journal and its streams.
struct Site {
    hub: Hub,
    house: Data<House>,
    clock: Arc<ManualClock>,
    door: Arc<Door>,
    actor: Actor,
    folder: std::path::PathBuf,
}

impl Site {
    async fn open(name: &str, heartbeat: Duration) -> Self {
        let folder = std::env::temp_dir().join(format!("comanda-journal-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let hub = Hub::beating_every(heartbeat);
        let config = store::Config::new(folder.join("j.db"));
        let store = Store::open(config, Arc::new(Bell(hub.clone())), sql::ALL).unwrap();
        let now = UtcMs::parse("2026-11-20T19:30:00+01:00").unwrap();
        let zone = Zone::parse("Europe/Rome").unwrap();
        store.write(move |tx| ops::create_site(tx, &zone, Cutoff::from_minutes(240), now)).await.unwrap();
        let role = Some(Role::Kitchen);
        let actor = Actor {
            device: DeviceId::new(1),
            staff: None,
            role,
            session: None,
            expires_at: None,
            scope: Default::default(),
            approval: None,
        };
        let (door, clock) = (Arc::new(Door(Mutex::new(Some(actor.clone())))), Arc::new(ManualClock::at(now)));
        let cache = Cache::new(cache::Config::default());
        let (auth, ahead) = (Arc::clone(&door) as _, Arc::new(crate::web::Ahead::new(0)));
        let house = House {
            store: store.clone(),
            cache,
            clock: Arc::clone(&clock) as _,
            auth,
            doors: crate::web::Doors::new(&[]),
            limits: Limits::default(),
            ahead,
            tls: None,
        };
        hub.start(store);
        Self { hub, house: Data::new(house), clock, door, actor, folder }
    }

    /// Writes so many records, a ticket and an order in turn, in one commit.
    async fn write(&self, records: i64) {
        let clock = Arc::clone(&self.clock);
        let job = move |tx: &store::Tx<'_>| {
            let stamp = ops::stamp(tx, clock.as_ref(), None, None)?;
            let last = ops::last_seq(tx)?;
            for seq in last + 1..=last + records {
                let kind = if seq % 2 == 0 { Kind::OrderOpened } else { Kind::TicketSent };
                ops::append(tx, &stamp, kind, seq, 1, &[0; 0])?;
            }
            Ok(())
        };
        self.house.store.write(job).await.unwrap();
    }

    async fn try_listen(&self, after: Option<i64>) -> Result<Heard> {
        self.try_listen_on(self.actor.device, after).await
    }

    async fn try_listen_on(&self, device: DeviceId, after: Option<i64>) -> Result<Heard> {
        let by = Actor { device, ..self.actor.clone() };
        let stream = self.hub.listen(self.house.clone(), &by, [0; 32], Kinds::ALL, after).await?;
        Ok(Heard(Box::pin(stream)))
    }

    /// What a stream said of its start.
    async fn listen(&self, after: Option<i64>) -> (Heard, String) {
        let mut heard = self.try_listen(after).await.unwrap();
        let greeting = heard.some().await.unwrap();
        (heard, greeting)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.hub.stop();
        self.house.store.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

struct Heard(Pin<Box<dyn Stream<Item = Result<Bytes>>>>);

impl Heard {
    /// The next words but heartbeats; `None` at the end of the stream.
    async fn some(&mut self) -> Option<String> {
        loop {
            let text = String::from_utf8(self.0.next().await?.unwrap().to_vec()).unwrap();
            if text != ":\n\n" {
                return Some(text);
            }
        }
    }

    /// Listens until `last`; checks that every ticket after `after` was told once and in order.
    async fn until(&mut self, after: i64, last: i64) {
        let mut seqs = Vec::new();
        while seqs.last() != Some(&last) {
            let text = self.some().await.expect("the stream goes on");
            seqs.extend(text.lines().filter_map(|l| l.strip_prefix("id: ")?.parse::<i64>().ok()));
        }
        let wanted: Vec<i64> = (after + 1..=last).filter(|seq| seq % 2 == 1).collect();
        assert_eq!(seqs, wanted);
    }
}

const NEVER: Duration = Duration::from_secs(3600);
const RETRY: &str = "retry: 2000\n\n";

#[actix_web::test]
async fn a_stream_tells_what_comes_and_what_was_missed() {
    let site = Site::open("tells", NEVER).await;
    let (mut live, greeting) = site.listen(None).await;
    assert_eq!(greeting, RETRY);
    site.write(3).await;
    live.until(0, 3).await;
    // More than one read, and a stream nobody reads meanwhile.
    for _ in 0..150 {
        site.write(10).await;
    }
    site.write(1200).await;
    live.until(3, 2703).await;
    let (mut back, greeting) = site.listen(Some(700)).await;
    assert_eq!(greeting, RETRY);
    back.until(700, 2703).await;
    site.write(2).await;
    back.until(2703, 2705).await;
    live.until(2703, 2705).await;
}

#[actix_web::test]
async fn a_stranger_to_this_journal_is_told_to_begin_anew() {
    let site = Site::open("reset", NEVER).await;
    site.write(3).await;
    let (mut heard, greeting) = site.listen(Some(4)).await;
    assert_eq!(greeting, format!("{RETRY}event: reset\nid: 3\ndata: {{\"seq\":3}}\n\n"));
    site.write(2).await;
    heard.until(3, 5).await;
}

#[actix_web::test]
async fn streams_end_when_the_house_stops() {
    let site = Site::open("stop", NEVER).await;
    let (mut one, _) = site.listen(None).await;
    let (mut two, _) = site.listen(None).await;
    site.write(1).await;
    one.until(0, 1).await;
    site.hub.stop();
    assert_eq!((one.some().await, two.some().await), (None, None));
    let refused = site.try_listen(None).await.err();
    assert!(matches!(refused, Some(Error::Refused(r)) if r.refusal == Refusal::Stopping));
}

#[actix_web::test]
async fn a_token_is_asked_for_again_at_every_heartbeat() {
    let site = Site::open("revoked", Duration::from_millis(2)).await;
    let (mut heard, _) = site.listen(None).await;
    site.write(1).await;
    heard.until(0, 1).await;
    *site.door.0.lock() = None;
    assert_eq!(heard.some().await, None);
    let ends = site.clock.as_ref();
    let expires_at = Some(crate::kernel::clock::Clock::now(ends).plus_ms(1000));
    *site.door.0.lock() = Some(Actor { expires_at, ..site.actor.clone() });
    let (mut heard, _) = site.listen(None).await;
    site.write(2).await;
    heard.until(1, 3).await;
    ends.advance_ms(1000);
    assert_eq!(heard.some().await, None);
}

#[actix_web::test]
async fn there_are_so_many_seats() {
    let site = Site::open("seats", NEVER).await;
    let mut open = Vec::new();
    let device = |n: usize| DeviceId::new(1 + (n / STREAMS_EACH_MAX) as i64);
    for n in 0..STREAMS_MAX {
        open.push(site.try_listen_on(device(n), None).await.unwrap());
    }
    assert_eq!(site.hub.streams(), STREAMS_MAX);
    let check = |refused: Option<Error>, expected: Refusal| {
        assert!(matches!(refused, Some(Error::Refused(r)) if r.refusal == expected && r.retry_after_s.is_some()));
    };
    check(site.try_listen_on(device(STREAMS_MAX), None).await.err(), Refusal::Busy);
    // The last one of the last device goes: it may come back, and no other may have two in its place.
    open.pop();
    check(site.try_listen_on(device(0), None).await.err(), Refusal::RateLimited);
    open.push(site.try_listen_on(device(STREAMS_MAX - 1), None).await.unwrap());
    check(site.try_listen_on(device(STREAMS_MAX), None).await.err(), Refusal::Busy);
}
