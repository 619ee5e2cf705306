//! The chain and the streams, as tables.

use super::events::{Kinds, Place, Told, start_at};
use super::model::{Columns, GENESIS, Kind, hash};
use super::sql::Event;
use crate::kernel::permission::Role;

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
