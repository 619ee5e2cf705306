//! In what coding a body travels, and which tag it has there.

use std::io::Read;

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::harness::House;
use crate::orders::{Night, small_menu};

/// What an answer says once its coding is undone.
pub fn decoded(answer: &Answer) -> Vec<u8> {
    let mut plain = Vec::new();
    match answer.header("content-encoding") {
        "" => plain.clone_from(&answer.bytes),
        "zstd" => plain = zstd::decode_all(&answer.bytes[..]).unwrap(),
        "gzip" => drop(flate2::read::GzDecoder::new(&answer.bytes[..]).read_to_end(&mut plain).unwrap()),
        other => panic!("nobody asked for {other}"),
    }
    plain
}

/// A house with enough of everything for its answers to be long.
fn crowded() -> (House, Client) {
    let house = House::open();
    let manager = house.as_("manager");
    let menu = small_menu(&house);
    let area = manager.post("/areas").body(json!({"name": "Hall"})).created().id();
    for n in 0..20 {
        let table = json!({"name": format!("table {n}"), "area_id": area, "seats": 4});
        let table = manager.post("/tables").body(table).created().id();
        let lines: Vec<Value> = menu.iter().map(|id| json!({"variant_id": id, "quantity": 2})).collect();
        manager.post("/orders").body(json!({"kind": "dine_in", "table_id": table, "lines": lines})).created();
    }
    let owner = house.as_("owner");
    owner.patch("/settings").body(json!({"receipt_footer": "Grazie! ".repeat(120)})).ok();
    (house, manager)
}

/// Answers above 1 KB: those of the cache first, then those made for one request.
const LONG: [&str; 8] = [
    "/menu",
    "/floor",
    "/settings",
    "/orders?limit=100&expand=checks",
    "/orders/1",
    "/tables",
    "/journal?after=0",
    "/openapi.json",
];

fn ask(client: &Client, path: &str, coding: &str) -> Answer {
    let asked = if path == "/openapi.json" { client.page(path) } else { client.get(path) };
    asked.header("accept-encoding", coding).ok()
}

/// `"x"` as the tag of a coding.
fn suffixed(etag: &str, coding: &str) -> String {
    format!("{}-{coding}\"", etag.strip_suffix('"').unwrap())
}

#[test]
fn every_coding_holds_the_same_body() {
    let (_house, manager) = crowded();
    for path in LONG {
        let plain = ask(&manager, path, "identity");
        assert_eq!(plain.header("content-encoding"), "", "{path}");
        assert!(plain.bytes.len() > 1024, "{path} has {} bytes", plain.bytes.len());
        for coding in ["zstd", "gzip"] {
            let packed = ask(&manager, path, coding);
            assert_eq!(packed.header("content-encoding"), coding, "{path}");
            assert!(packed.bytes.len() < plain.bytes.len(), "{path} as {coding}");
            assert_eq!(decoded(&packed), plain.bytes, "{path} as {coding}");
            assert_eq!(packed.header("vary"), "accept-encoding", "{path} as {coding}");
            assert_eq!(packed.header("content-type"), plain.header("content-type"), "{path} as {coding}");
            let tag = plain.header("etag");
            let expected = if tag.is_empty() { String::new() } else { suffixed(tag, coding) };
            assert_eq!(packed.header("etag"), expected, "{path} as {coding}");
        }
        assert_eq!(plain.header("vary"), "accept-encoding", "{path}");
    }
}

#[test]
fn the_coding_is_the_one_wanted_most() {
    let (_house, manager) = crowded();
    let check = |accept: &str, coding: &str| {
        for path in ["/menu", "/orders?limit=100"] {
            assert_eq!(ask(&manager, path, accept).header("content-encoding"), coding, "{path} as {accept:?}");
        }
    };
    check("gzip, deflate, br, zstd", "zstd");
    check("gzip, deflate, br", "gzip");
    check("br", "");
    check("*", "zstd");
    check("zstd;q=0.2, gzip;q=0.9", "gzip");
    check("gzip;q=0, zstd;q=0", "");
    check("identity, *;q=0", "");
    check("identity;q=1, gzip;q=0.5", "");
}

#[test]
fn a_tag_of_any_coding_is_known_in_every_other() {
    let (_house, manager) = crowded();
    for path in ["/menu", "/floor", "/settings", "/orders/1", "/items/1"] {
        let plain = ask(&manager, path, "identity").etag();
        let (zstd, gzip) = (suffixed(&plain, "zstd"), suffixed(&plain, "gzip"));
        let check = |tag: &str, known: bool| {
            for accept in ["identity", "zstd", "gzip"] {
                let answer = manager.get(path).header("accept-encoding", accept).if_none_match(tag).send();
                let answer = answer.expect(if known { 304 } else { 200 });
                if known {
                    assert_eq!(answer.bytes, b"", "{path} {tag} {accept}");
                    assert_eq!(answer.header("vary"), "accept-encoding", "{path} {tag} {accept}");
                    assert_eq!(answer.header("cache-control"), "no-store", "{path} {tag} {accept}");
                    assert_eq!(answer.header("content-encoding"), "", "{path} {tag} {accept}");
                    assert!([&plain, &zstd, &gzip].contains(&&answer.etag()), "{path} {tag} {accept}");
                }
            }
        };
        for tag in [&plain, &zstd, &gzip] {
            check(tag, true);
            check(&format!("W/{tag}"), true);
            check(&format!("\"other\", W/{tag} , \"another\""), true);
        }
        check("*", true);
        check("\"other\"", false);
        check(plain.trim_matches('"'), false);
        check(&plain.to_uppercase().replace('"', ""), false);
        check(&suffixed(&plain, "br"), false);
    }
}

#[test]
fn a_short_body_goes_out_plain() {
    let house = House::open();
    let manager = house.as_("manager");
    for path in ["/menu", "/floor", "/settings", "/availability", "/areas", "/business-day"] {
        let answer = ask(&manager, path, "zstd, gzip");
        assert!(answer.bytes.len() <= 1024, "{path} has {} bytes", answer.bytes.len());
        assert_eq!(answer.header("content-encoding"), "", "{path}");
        assert_eq!(answer.header("vary"), "accept-encoding", "{path}");
        answer.json();
    }
}

#[test]
fn a_change_is_answered_in_the_coding_asked_and_replayed_in_another() {
    let (house, manager) = crowded();
    let waiter = house.as_("waiter");
    let menu = manager.get("/menu").ok();
    let variant = menu.int("/categories/0/items/0/variants/0/id");
    let lines: Vec<Value> = (0..12).map(|_| json!({"variant_id": variant, "quantity": 1})).collect();
    let body = json!({"kind": "takeaway", "lines": lines});
    let open = |coding: &str| waiter.post("/orders").key("long").header("accept-encoding", coding).body(body.clone());
    let (zstd, gzip, plain) = (open("zstd").created(), open("gzip").created(), open("identity").created());
    assert_eq!((zstd.header("content-encoding"), gzip.header("content-encoding")), ("zstd", "gzip"));
    assert_eq!((decoded(&zstd), decoded(&gzip)), (plain.bytes.clone(), plain.bytes.clone()));
    assert_eq!((zstd.etag(), gzip.etag()), (suffixed(&plain.etag(), "zstd"), suffixed(&plain.etag(), "gzip")));
    // Any of the tags names the version that is changed.
    let path = format!("/orders/{}/payments", plain.id());
    let pay = json!({"tender": "card", "amount": 100});
    let mut etag = zstd.etag();
    for _ in 0..2 {
        etag = waiter.post(&path).if_match(&etag).header("accept-encoding", "gzip").body(pay.clone()).created().etag();
        assert!(etag.ends_with("-gzip\""), "{etag}");
    }
    let stale = waiter.post(&path).if_match(&zstd.etag()).header("accept-encoding", "zstd").body(pay).send();
    let problem: Value = serde_json::from_slice(&decoded(&stale)).unwrap();
    assert_eq!((stale.status, &problem["code"]), (412, &json!("stale")));
    assert_eq!(problem["current"]["id"], plain.id());
    assert_eq!(stale.header("content-encoding"), "zstd", "a problem above 1 KB too");
}

#[test]
fn a_live_stream_is_never_packed() {
    let house = House::open();
    let manager = house.as_("manager");
    let (headers, mut events) = manager.get("/events").header("accept-encoding", "zstd, gzip").stream();
    assert!(headers.get("content-encoding").is_none());
    assert_eq!(headers["content-type"], "text/event-stream");
    manager.post("/areas").body(json!({"name": "Hall"})).created();
    assert!(events.next().is_some());
}

#[test]
fn one_thing_read_or_written_has_its_tag() {
    let n = Night::new();
    let owner = n.house.as_("owner");
    n.order(&[(n.carbonara, 1)]).send();
    let tender = owner.post("/tenders").body(json!({"name": "Amex", "kind": "card"})).created();
    let reason = owner.post("/reasons").body(json!({"name": "Cold", "used_for": "void"})).created();
    let discount = owner.post("/discounts").body(json!({"name": "Friends", "percent": "10"})).created();
    let staff = owner.post("/staff").body(json!({"name": "Ugo", "role": "waiter", "pin": "1357"})).created();
    let edits = [
        owner.patch(&format!("/tenders/{}", tender.id())).body(json!({"name": "American"})),
        owner.patch(&format!("/reasons/{}", reason.id())).body(json!({"name": "Too cold"})),
        owner.patch(&format!("/discounts/{}", discount.id())).body(json!({"name": "Friend"})),
        owner.patch(&format!("/staff/{}", staff.id())).body(json!({"name": "Ugo B"})),
        owner.post("/tickets/1/printed"),
        owner.post("/tickets/1/bump"),
        owner.post("/tickets/1/recall"),
        owner.get("/business-day"),
    ];
    let tags: Vec<String> = edits.into_iter().map(|edit| edit.ok().etag()).collect();
    for (made, edited) in [tender, reason, discount, staff].iter().zip(&tags) {
        assert_ne!(&made.etag(), edited, "{}", made.text());
    }
    let day = owner.get("/business-day").if_none_match(&tags[7]).send();
    assert_eq!((day.status, day.bytes.len()), (304, 0));
    n.order(&[(n.carbonara, 1)]);
    assert_ne!(owner.get("/business-day").if_none_match(&tags[7]).ok().etag(), tags[7]);
}
