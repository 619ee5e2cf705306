//! Tables for staff and devices, their secrets, and what is remembered of tokens.

use super::model::*;
use super::pin;
use super::secret::{STANDARD, TokenKind, decode, encode, hushed, token};
use super::tokens::Known;
use crate::cache::Tag;
use crate::error::Error;
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, SessionId, StaffId};
use crate::kernel::permission::Role;
use crate::web::Actor;
use crate::web::guard::Comes;

const NOW: UtcMs = UtcMs::new(1_800_000_000_000);

#[test]
fn pins_are_four_to_eight_digits_and_never_shown() {
    fn check(text: &str, right: bool) {
        assert_eq!(Pin::parse(text).is_ok(), right, "{text:?}");
    }
    check("4321", true);
    check("00000000", true);
    check("123", false);
    check("123456789", false);
    check("12a4", false);
    check("١٢٣٤", false);
    check(" 1234", false);
    check("", false);
    assert!(!format!("{:?}", Pin::parse("4321").unwrap()).contains("4321"));
}

#[test]
fn pins_are_verified_against_their_hash() {
    let pin = |text| Pin::parse(text).unwrap();
    let stored = pin::hash_blocking(&pin("4321")).unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{stored}");
    assert_ne!(stored, pin::hash_blocking(&pin("4321")).unwrap(), "salts differ");
    let check = |typed, stored: Option<&str>, right| {
        assert_eq!(pin::verify_blocking(&pin(typed), stored).unwrap(), right, "{typed}");
    };
    check("4321", Some(&stored), true);
    check("4322", Some(&stored), false);
    check("43210", Some(&stored), false);
    check("4321", None, false);
    for broken in
        ["", "4321", "$argon2id$v=19$m=7168,t=5,p=1$AAAA", "$argon2id$v=19$m=9999999,t=5,p=1$AAAAAAAAAAA$AAAA"]
    {
        assert!(matches!(pin::verify_blocking(&pin("4321"), Some(broken)), Err(Error::Fault(_))), "{broken:?}");
    }
}

/// RFC 4648, section 10, without the padding.
#[test]
fn base_64() {
    fn check(bytes: &str, text: &str) {
        assert_eq!(encode(bytes.as_bytes(), STANDARD), text);
        assert_eq!(decode(text, STANDARD).unwrap(), bytes.as_bytes());
    }
    check("", "");
    check("f", "Zg");
    check("fo", "Zm8");
    check("foo", "Zm9v");
    check("foob", "Zm9vYg");
    check("fooba", "Zm9vYmE");
    check("foobar", "Zm9vYmFy");
    for wrong in ["Z", "Zg==", "Zh", "Zm9vY", "Zm 9"] {
        assert_eq!(decode(wrong, STANDARD), None, "{wrong:?}");
    }
}

#[test]
fn tokens_tell_their_kind_and_nothing_else() {
    fn check(kind: TokenKind, prefix: &str) {
        let (one, other) = (token(kind).unwrap(), token(kind).unwrap());
        assert!(one.starts_with(prefix) && one.len() == 4 + 43, "{one}");
        assert!(one.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{one}");
        assert_ne!(one, other);
    }
    check(TokenKind::Device, "cmd_");
    check(TokenKind::Session, "cms_");
    check(TokenKind::Integration, "cmi_");
    check(TokenKind::Viewing, "cmv_");
}

#[test]
fn pairing_codes_are_read_as_people_type_them() {
    fn check(typed: &str, is: Option<&str>) {
        assert_eq!(Code::parse(typed).ok().as_ref().map(Code::as_str), is, "{typed:?}");
    }
    check("K7QM2XHD", Some("K7QM2XHD"));
    check("k7qm 2xhd", Some("K7QM2XHD"));
    check(" K7QM-2XHD ", Some("K7QM2XHD"));
    check("K7QM2XH", None);
    check("K7QM2XHDD", None);
    check("K7QM2XH!", None);
    check(&"-".repeat(1_000_000), None);
    assert_eq!(Code::from_random([0, 31, 32, 63, 8, 255, 7, 23]).as_str(), "2Z2ZAZ9R");
}

#[test]
fn waits_grow_after_five_wrong_pins() {
    /// Seconds to wait `after_s` seconds after the last of so many wrong PINs; 0: none.
    fn check(failures: i64, after_s: i64, wait_s: u32) {
        let last = UtcMs::new(1_700_000_000_000);
        let left = wait_left_s(failures, last, last.plus_ms(after_s * 1000));
        assert_eq!(left.unwrap_or(0), wait_s, "{failures} failures, {after_s} s later");
    }
    check(0, 0, 0);
    check(4, 0, 0);
    check(5, 0, 30);
    check(5, 29, 1);
    check(5, 30, 0);
    check(6, 0, 60);
    check(9, 0, 480);
    check(10, 0, 900);
    check(1_000_000, 0, 900);
    check(1_000_000, 901, 0);
    // The clock was set back by a day.
    check(5, -86_400, 30);
}

#[test]
fn ten_wrong_pins_lock() {
    fn check(failures: i64, after_s: i64, expected: &str) {
        let last = UtcMs::new(1_700_000_000_000);
        let told = may_try(failures, last, last.plus_ms(after_s * 1000));
        assert_eq!(told.map_or_else(|refused| refused.refusal.code(), |()| "may"), expected, "{failures}, {after_s} s");
    }
    check(4, 0, "may");
    check(5, 0, "too_many_tries");
    check(9, 479, "too_many_tries");
    check(9, 480, "may");
    check(10, 0, "pin_locked");
    check(10, 1_000_000_000, "pin_locked");
    check(1_000, 0, "pin_locked");
}

#[test]
fn who_may_change_whom() {
    struct Case {
        by: Role,
        who: Role,
        archived: bool,
        edit: StaffEdit,
        other_owners: i64,
    }
    fn check(case: &Case, is: &str) {
        let before = Staff {
            id: StaffId::new(1),
            name: "Ada".into(),
            role: case.who,
            archived: case.archived,
            hourly_wage: None,
            tip_share: 100,
        };
        let said = match decide_edit(case.by, &before, &case.edit, || Ok(case.other_owners)) {
            Ok(StaffChange { after, ends_sessions }) => {
                let archived = if after.archived { " archived" } else { "" };
                let sessions = if ends_sessions { "; signed out" } else { "" };
                format!("{} {}{archived}{sessions}", after.name, after.role.as_str())
            }
            Err(Error::Refused(refused)) => refused.refusal.code().to_owned(),
            Err(Error::Fault(fault)) => fault.to_string(),
        };
        assert_eq!(said, is);
    }
    use Role::{Manager, Owner, Waiter};
    let nothing = StaffEdit::default;
    let role = |role| StaffEdit { role: Some(role), ..nothing() };
    let leaves = || StaffEdit { archived: Some(true), ..nothing() };
    let case = |by, who, edit, other_owners| Case { by, who, archived: false, edit, other_owners };

    check(&case(Manager, Waiter, nothing(), 1), "Ada waiter");
    check(&case(Manager, Waiter, StaffEdit { name: Some("Eve".into()), ..nothing() }, 1), "Eve waiter");
    check(&case(Manager, Waiter, StaffEdit { pin_hash: Some("…".into()), ..nothing() }, 1), "Ada waiter; signed out");
    check(&case(Manager, Waiter, role(Waiter), 1), "Ada waiter");
    check(&case(Manager, Waiter, role(Manager), 1), "Ada manager; signed out");
    check(&case(Manager, Waiter, leaves(), 1), "Ada waiter archived; signed out");
    check(&case(Manager, Waiter, role(Owner), 1), "forbidden");
    check(&case(Manager, Owner, nothing(), 1), "forbidden");
    check(&case(Manager, Owner, role(Waiter), 1), "forbidden");
    check(&case(Owner, Waiter, role(Owner), 1), "Ada owner; signed out");
    check(&case(Owner, Owner, role(Manager), 1), "Ada manager; signed out");
    check(&case(Owner, Owner, role(Manager), 0), "last_owner");
    check(&case(Owner, Owner, leaves(), 0), "last_owner");
    check(&case(Owner, Owner, StaffEdit { name: Some("Eve".into()), ..nothing() }, 0), "Eve owner");
    // Who has left already is no owner to lose, and can come back.
    let gone = |edit| Case { by: Owner, who: Owner, archived: true, edit, other_owners: 0 };
    check(&gone(role(Waiter)), "Ada waiter archived; signed out");
    check(&gone(StaffEdit { archived: Some(false), ..nothing() }), "Ada owner; signed out");
}

#[test]
fn what_was_looked_up_before_a_revocation_is_not_remembered_after_it() {
    let actor = |id| Actor {
        device: DeviceId::new(id),
        staff: None,
        role: None,
        session: None,
        expires_at: None,
        scope: Default::default(),
        approval: None,
    };
    let known = Known::default();
    let (one, two) = ([1; 32], [2; 32]);

    let before = known.generation();
    known.remember(before, one, &actor(1), (NOW, NOW));
    assert_eq!(known.get(&one, Comes::Call, NOW), Some(actor(1)));
    known.forget(&[Tag::Menu, Tag::Order(7)]);
    assert_eq!(known.get(&one, Comes::Call, NOW), Some(actor(1)), "nothing about tokens was touched");

    for tag in [Tag::Staff, Tag::Devices] {
        let before = known.generation();
        known.remember(before, one, &actor(1), (NOW, NOW));
        known.forget(&[Tag::Menu, tag]);
        known.remember(before, two, &actor(2), (NOW, NOW));
        assert_eq!((known.get(&one, Comes::Call, NOW), known.get(&two, Comes::Call, NOW)), (None, None), "{tag:?}");
    }
}

#[test]
fn memory_of_tokens_is_bounded() {
    let actor = Actor {
        device: DeviceId::new(1),
        staff: None,
        role: None,
        session: None,
        expires_at: None,
        scope: Default::default(),
        approval: None,
    };
    let known = Known::default();
    let hash = |n: u32| {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&n.to_be_bytes());
        hash
    };
    let many = 10_000;
    (0..many).for_each(|n| known.remember(0, hash(n), &actor, (NOW, NOW)));
    let remembered = (0..many).filter(|n| known.get(&hash(*n), Comes::Call, NOW).is_some()).count();
    assert!((1..=4096).contains(&remembered), "{remembered}");
    assert!(known.get(&hash(many - 1), Comes::Call, NOW).is_some());
}

#[test]
fn a_session_is_in_use_while_calls_come_with_it() {
    const HOUR: i64 = 60 * 60 * 1000;
    /// Whether it still lasts after these, each so many minutes after the one before.
    fn check(role: Role, session: Option<i64>, comes: &[(Comes, i64)], lasts: bool) {
        let actor = Actor {
            device: DeviceId::new(1),
            staff: session.map(StaffId::new),
            role: Some(role),
            session: session.map(SessionId::new),
            expires_at: None,
            scope: Default::default(),
            approval: None,
        };
        let known = Known::idle_after(Some(HOUR));
        known.remember(0, [1; 32], &actor, (NOW, NOW));
        let mut now = NOW;
        let told = comes.iter().all(|(comes, minutes)| {
            now = now.plus_ms(minutes * 60_000);
            known.get(&[1; 32], *comes, now).is_some()
        });
        assert_eq!(told, lasts, "{role:?} {session:?} {comes:?}");
    }
    use Comes::{Call, Stream};
    check(Role::Waiter, Some(1), &[(Call, 59), (Call, 59), (Call, 59)], true);
    check(Role::Waiter, Some(1), &[(Call, 60)], false);
    check(Role::Waiter, Some(1), &[(Stream, 40), (Stream, 40)], false);
    check(Role::Waiter, Some(1), &[(Stream, 40), (Call, 10), (Stream, 40)], true);
    check(Role::Kitchen, Some(1), &[(Stream, 40), (Stream, 40)], true);
    check(Role::Kitchen, Some(1), &[(Stream, 60)], false);
    check(Role::Manager, None, &[(Call, 6_000)], true);
}

/// A crowd is turned away at once and holds up nobody who has no PIN to show.
#[test]
fn few_wait_for_their_pin() {
    let places: Vec<_> = std::iter::from_fn(|| pin::GUESTS.enter().ok()).take(100).collect();
    assert_eq!(places.len(), 4);
    let refused = pin::GUESTS.enter().unwrap_err();
    assert!(matches!(refused, Error::Refused(refused) if refused.refusal.code() == "busy"));
    assert!(pin::TILLS.enter().is_ok(), "a terminal waits for no guest");
    drop(places);
    assert!(pin::GUESTS.enter().is_ok());
}

#[test]
fn no_token_is_told() {
    for kind in [TokenKind::Device, TokenKind::Session, TokenKind::Integration, TokenKind::Viewing, TokenKind::Approval]
    {
        let token = token(kind).unwrap();
        let (prefix, secret) = token.split_at(4);
        let told = format!("cm {token}, \"{token}\" and cmcm_{token}");
        let hushed = hushed(&told).into_owned();
        assert!(!hushed.contains(secret), "{hushed}");
        assert_eq!(hushed.matches(&format!("{prefix}…")).count(), 3, "{hushed}");
    }
    for plain in ["", "cm", "cms_", "cms_short", "Recm_", "a cmé_", "welcome_to_this_restaurant_in_town"] {
        assert_eq!(hushed(plain), plain);
    }
}
