//! The stats page: signing in to it, what its token opens, and how its files are served.

use comanda::kernel::clock::Clock as _;
use serde_json::json;

use crate::client::{Answer, Client};
use crate::harness::{House, PIN};

fn sign_in(client: &Client, staff: &str, pin: &str) -> Answer {
    client.post("/stats/sessions").no_key().body(json!({"staff": staff, "pin": pin})).send()
}

#[test]
fn whoever_may_see_statistics_signs_in_from_anywhere() {
    let house = House::open();
    let check = |staff: &str, name: &str, role: &str| {
        let session = sign_in(&house.anyone(), staff, PIN).expect(201);
        assert_eq!((session.str("/staff/name"), session.str("/staff/role")), (name, role));
        assert_eq!(session.str("/expires_at"), "2026-11-21T02:00:00.000+01:00");
        assert_eq!((session.str("/house/name"), session.str("/house/currency")), ("Da Gina", "EUR"));
        assert!(session.str("/token").starts_with("cmv_"));
    };
    check("Mara", "Mara", "manager");
    check(" mARA ", "Mara", "manager");
    check("2", "Mara", "manager");
    check("gina", "Gina", "owner");
    check("aldo", "Aldo", "auditor");
}

#[test]
fn every_other_try_gets_one_answer_and_is_no_event() {
    let house = House::open();
    let journal = || house.as_("owner").get("/journal?after=0&limit=100").ok().list("/items").len();
    let before = journal();
    let mut told: Vec<String> = Vec::new();
    // An unknown name and number, a wrong PIN, and those who may not see statistics with their right one.
    for (staff, pin) in [("nobody", PIN), ("99", PIN), ("Mara", "0000"), ("Walter", PIN), ("Carlo", PIN), ("Kim", PIN)]
    {
        let answer = sign_in(&house.anyone(), staff, pin).refused("pin_wrong");
        told.push(answer.str("/detail").to_owned());
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(journal(), before);
    // Two of one name are told apart by their numbers.
    let other = json!({"name": "MARA", "role": "manager", "pin": "97531"});
    let number = house.as_("owner").post("/staff").body(other).created().id();
    sign_in(&house.anyone(), "Mara", PIN).refused("pin_wrong");
    assert_eq!(sign_in(&house.anyone(), &number.to_string(), "97531").expect(201).str("/staff/name"), "MARA");
    sign_in(&house.anyone(), "", PIN).refused("invalid").at_fault("/staff", "empty");
    sign_in(&house.anyone(), "Mara", "12").refused("invalid").at_fault("/pin", "bad_format");
}

#[test]
fn wrong_pins_outlive_the_process_and_lock() {
    let mut house = House::open();
    for staff in ["Mara", "nobody"] {
        for _ in 0..5 {
            sign_in(&house.anyone(), staff, "0000").refused("pin_wrong");
        }
    }
    house.restart();
    for staff in ["mara", "nobody"] {
        assert_eq!(sign_in(&house.anyone(), staff, PIN).refused("too_many_tries").header("retry-after"), "30");
    }
    for staff in ["mara", "nobody"] {
        for _ in 0..5 {
            house.clock.advance_ms(15 * 60 * 1000);
            sign_in(&house.anyone(), staff, "0000").refused("pin_wrong");
        }
        house.clock.advance_ms(60 * 60 * 1000);
        sign_in(&house.anyone(), staff, PIN).refused("pin_locked");
    }
    // What was typed is another way to the same person.
    let number = house.person("manager").staff_id;
    sign_in(&house.anyone(), &number.to_string(), PIN).expect(201);
    house.sign_in("owner").post(&format!("/staff/{number}/unlock")).ok();
    // The address has had twenty by now.
    house.clock.advance_ms(15 * 60 * 1000);
    sign_in(&house.anyone(), "Mara", PIN).expect(201);
    house.clock.advance_ms(15 * 60 * 1000);
    sign_in(&house.anyone(), "nobody", PIN).refused("pin_locked");
    house.clock.advance_ms(24 * 60 * 60 * 1000);
    sign_in(&house.anyone(), "nobody", PIN).refused("pin_wrong");
}

/// Whoever tries is nobody: what they can leave in the file is bounded.
#[test]
fn no_more_names_are_counted_than_there_is_room_for() {
    let house = House::open();
    let now = house.clock.now();
    let store = house.running().house().store.clone();
    let fill = move |tx: &comanda::store::Tx<'_>| {
        (0..8191).try_for_each(|n| comanda::staff::viewing::tries::begin(tx, &format!("guest {n}"), None, now))
    };
    store.write_blocking(fill).unwrap();
    assert_eq!(sign_in(&house.anyone(), "Mara", PIN).refused("too_many_tries").header("retry-after"), "60");
    house.clock.advance_ms(24 * 60 * 60 * 1000 + 1);
    sign_in(&house.anyone(), "Mara", "0000").refused("pin_wrong");
    sign_in(&house.anyone(), "Mara", PIN).expect(201);
}

#[test]
fn tries_wait_alike_for_who_is_there_and_who_is_not() {
    let house = House::open();
    for staff in ["Mara", "nobody"] {
        for _ in 0..5 {
            sign_in(&house.anyone(), staff, "0000").refused("pin_wrong");
        }
        let wait =
            |pin| sign_in(&house.anyone(), staff, pin).refused("too_many_tries").header("retry-after").to_owned();
        assert_eq!((wait("0000"), wait(PIN)), ("30".to_owned(), "30".to_owned()), "{staff}");
    }
    // The till is not the page: nobody is shut out of it by a guest.
    house.sign_in("manager").get("/settings").ok();
    house.clock.advance_ms(30_000);
    sign_in(&house.anyone(), "mara", PIN).expect(201);
    // Twenty tries of an address, under whatever names: eleven were made.
    for n in 0..9 {
        sign_in(&house.anyone(), &format!("guest {n}"), "0000").refused("pin_wrong");
    }
    sign_in(&house.anyone(), "gina", PIN).expect(201);
    sign_in(&house.anyone(), "guest", "0000").refused("pin_wrong");
    sign_in(&house.anyone(), "gina", PIN).refused("too_many_tries");
}

/// A stolen one must not open the till.
#[test]
fn its_token_opens_statistics_and_nothing_else() {
    let house = House::open();
    let token = sign_in(&house.anyone(), "Gina", PIN).expect(201).str("/token").to_owned();
    let page = house.anyone().with_token(&token);
    let api = house.anyone().page("/openapi.json").ok();
    let mut tried = 0;
    for (path, item) in api.at("/paths").as_object().unwrap() {
        let asks_nobody =
            matches!(path.as_str(), "/livez" | "/readyz" | "/openapi.json" | "/problems/{code}" | "/metrics");
        let opens = path.starts_with("/api/v1/stats");
        if asks_nobody || path.ends_with("/devices/pair") {
            continue;
        }
        let there: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
        for method in item.as_object().unwrap().keys() {
            let Some(method) =
                ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().find(|m| m.eq_ignore_ascii_case(method))
            else {
                continue;
            };
            // What reads statistics is open; what changes anything of them is not.
            if opens && (method == "GET" || path.contains("/sessions")) {
                continue;
            }
            page.request(method, &there.join("/")).key("a-key").body(json!({})).refused("forbidden");
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried} calls");
}

#[test]
fn a_look_ends() {
    let house = House::open();
    let open = || {
        let token = sign_in(&house.anyone(), "Mara", PIN).expect(201).str("/token").to_owned();
        house.anyone().with_token(&token)
    };
    let out = |page: &Client| page.delete("/stats/sessions/current").send();
    let page = open();
    out(&page).expect(204);
    out(&page).refused("token_invalid");

    let page = open();
    house.clock.advance_ms(8 * 60 * 60 * 1000);
    out(&page).refused("token_invalid");

    let mara = format!("/staff/{}", house.person("manager").staff_id);
    for (edit, back) in [
        (json!({"pin": "97531"}), json!({"pin": PIN})),
        (json!({"role": "waiter"}), json!({"role": "manager"})),
        (json!({"archived": true}), json!({"archived": false})),
    ] {
        let page = open();
        house.sign_in("owner").patch(&mara).body(edit).ok();
        out(&page).refused("token_invalid");
        house.sign_in("owner").patch(&mara).body(back).ok();
        out(&page).refused("token_invalid");
    }
    // A restart ends nothing.
    let mut house = house;
    let token = sign_in(&house.anyone(), "Mara", PIN).expect(201).str("/token").to_owned();
    house.restart();
    out(&house.anyone().with_token(&token)).expect(204);
}

#[test]
fn the_page_and_its_files() {
    let house = House::bare();
    let page = house.anyone().page("/stats").ok();
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-cache");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    let policy = page.header("content-security-policy");
    for part in
        ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(house.anyone().page("/stats").if_none_match(&page.etag()).send().expect(304).text(), "");

    let text = page.text();
    let names: Vec<&str> = text.split("\"/assets/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        let path = format!("/assets/{name}");
        let plain = house.anyone().page(&path).ok();
        assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
        let kind = plain.header("content-type");
        assert!(kind.starts_with("text/") || kind == "image/svg+xml", "{name}: {kind}");
        for coding in ["zstd", "gzip"] {
            let packed = house.anyone().page(&path).header("accept-encoding", coding).ok();
            if plain.text().len() > 1024 {
                assert_eq!(packed.header("vary"), "accept-encoding");
            }
        }
        house.anyone().page(&path).if_none_match(&plain.etag()).send().expect(304);
    }
    house.anyone().page("/assets/stats.js").refused("not_found");
    house.anyone().page("/assets/..%2Fstats.html").refused("not_found");
}
