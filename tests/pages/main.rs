//! The stats page in a real browser: headless Chromium, against figures of the test's own and against the
//! real server. Where there is no Chromium each test says so and passes.
//!
//! Pictures of the page are left in `screenshots/` of the build's folder (`target/screenshots`).

#![allow(unreachable_pub, dead_code)]

#[path = "../api/client.rs"]
mod client;
#[path = "../api/harness.rs"]
mod harness;
#[path = "../api/template.rs"]
mod template;

mod browser;
mod fixture;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use browser::Browser;
use comanda::store::Statement;
use fixture::Fixture;
use harness::{House, PIN};

const WIDTHS: [(u32, u32); 2] = [(360, 740), (1920, 1080)];
const SCHEMES: [&str; 2] = ["light", "dark"];
/// What a page tells of itself and its looks: everything wrong, a line each.
const LOOK: &str = include_str!("look.js");

fn sign_in(browser: &Browser, staff: &str, pin: &str) {
    browser.wait("!document.querySelector('#sign-in').hidden");
    browser.type_into("#staff", staff);
    browser.type_into("#pin", pin);
    browser.press("Enter");
}

/// The page with the fixture's figures on it.
fn opened(browser: &Browser, fixture: &Fixture) {
    browser.open(&fixture.page());
    sign_in(browser, "Mara", "2580");
    browser.wait("document.querySelector('#verdict-word')?.textContent === 'All is well'");
    browser.wait("document.querySelectorAll('.plot canvas').length === 2");
}

fn amber(picture: &mut Value) {
    picture["level"] = json!("amber");
    picture["alerts"] = json!([
        {
            "code": "hit_rate", "about": "lists", "level": "warning", "since": "2026-11-20T19:31:40.000+01:00",
            "title": "The cache of lists helps little",
            "sentence": "Give the namespace a longer life or more room, or look what empties it so often.",
            "evidence": "412 hits and 640 misses in the last hour: 39.1 %.",
        },
        {
            "code": "backup_old", "about": "", "level": "warning", "since": "2026-11-20T13:30:02.000+01:00",
            "title": "The last backup is 32 hours old",
            "sentence": "Run comanda backup to another disk, or look why the timer does not.",
            "evidence": "Last backup 2026-11-19 11:30; one is wanted every 26 hours.",
        },
    ]);
}

fn red(picture: &mut Value) {
    amber(picture);
    picture["level"] = json!("red");
    let critical = json!({
        "code": "commit_slow", "about": "", "level": "critical", "since": "2026-11-20T19:43:40.000+01:00",
        "title": "The disk takes long to sync",
        "sentence": "Look for another program that writes to this disk; an SD card near its end does this too.",
        "evidence": "95 of 100 commits took up to 81.3 ms in the last minute; 50 ms is the limit.",
    });
    picture["alerts"].as_array_mut().unwrap().insert(0, critical);
    picture["writer"]["queue"] = json!(611);
    picture["pool"]["idle"] = json!(0);
    picture["pool"]["warning"] = json!("No reader is free. If it stays, give the server more with --readers.");
    picture["targets"][2] = json!({"name": "statement_p95", "title": "95 of 100 statements", "unit": "us", "target": 50000, "measured": 61200, "met": false});
    picture["routes"][3]["minute"]["errors"]["fault"] = json!(3);
}

#[test]
fn a_wrong_pin_says_so_and_a_right_one_shows_the_figures() {
    let Some(browser) = Browser::start() else { return };
    let fixture = Fixture::start();
    browser.look(1280, 900, "light");
    browser.open(&fixture.page());
    browser.is_content();
    assert_eq!(browser.eval("document.activeElement.id"), "staff");

    // Nothing typed; then a wrong PIN, all by keys.
    browser.press("Enter");
    browser.wait("document.querySelector('#sign-in-wrong').textContent.startsWith('Type your name')");
    browser.type_into("#staff", "Mara");
    browser.press("Tab");
    assert_eq!(browser.eval("document.activeElement.id"), "pin");
    browser.call("Input.insertText", json!({"text": "0000"}));
    browser.press("Tab");
    assert_eq!(browser.eval("document.activeElement.id"), "sign-in-go");
    browser.press("Space");
    browser.wait("document.querySelector('#sign-in-wrong').textContent.includes('are not right together')");
    assert_eq!(browser.eval("document.activeElement.id + document.activeElement.value"), "pin");
    assert_eq!(browser.eval("document.querySelector('#figures').hidden"), true);

    sign_in(&browser, "Mara", "2580");
    browser.wait("!document.querySelector('#figures').hidden");
    assert_eq!(browser.text("#verdict-word"), "All is well");
    assert_eq!(browser.text("#house"), "Osteria del Ponte");
    assert_eq!(browser.text("#link-words"), "Live");
    assert_eq!(browser.text("#today dd"), "€4,123.80");
    assert_eq!(browser.eval("document.title"), "● All is well – Till server");
    // The token stays in this tab.
    assert_eq!(browser.eval("localStorage.length + document.cookie.length"), 0);
    assert_eq!(browser.eval("location.search + location.hash"), "");

    browser.click("#sign-out");
    browser.wait("!document.querySelector('#sign-in').hidden");
    assert_eq!(browser.eval("sessionStorage.length"), 0);
    assert_eq!(browser.eval("document.querySelector('#figures').hidden"), true);
    browser.is_content();
}

#[test]
fn tables_sort_and_plans_open() {
    let Some(browser) = Browser::start() else { return };
    let fixture = Fixture::start();
    browser.look(1280, 900, "light");
    opened(&browser, &fixture);
    let first = "document.querySelector('#routes tbody th').textContent";
    assert_eq!(browser.eval(first), "GET /tickets");
    let sorted = "document.querySelector('#routes th[aria-sort]').innerText + ' ' + document.querySelector('#routes th[aria-sort]').ariaSort";
    assert_eq!(browser.eval(sorted), "Requests descending");
    browser.click("#routes th:nth-of-type(7) button");
    browser.wait(&format!("{first} === 'POST /sessions'"));
    assert_eq!(browser.eval(sorted), "p95 descending");
    browser.press("Space");
    browser.wait(&format!("{first} === 'GET /availability'"));
    assert_eq!(browser.eval(sorted), "p95 ascending");

    // Over another time.
    assert_eq!(browser.text("#now dd"), "66.6");
    browser.click("input[value=hour]");
    browser.wait("document.querySelector('#now dd').textContent === '63.3'");
    assert_eq!(browser.text("#routes-over"), "last hour");

    // A plan opens under its statement, stays while figures come, and goes.
    let name = "#statements tbody button";
    browser.click(name);
    browser.wait("document.querySelector('#statements .plan')?.textContent.startsWith('SEARCH lines')");
    fixture.change(|picture| picture["statements"][1]["runs"] = json!(999_999));
    browser.wait("document.querySelector('#statements').innerText.includes('999,999')");
    assert_eq!(
        browser.eval("document.querySelector('#statements button[aria-expanded=true]') === document.activeElement"),
        true
    );
    assert_eq!(browser.eval("document.querySelectorAll('#statements .plan').length"), 1);
    browser.press("Enter");
    browser.wait("document.querySelectorAll('#statements .plan').length === 0");

    // What a slow request spent its time on.
    browser.click("#slow tbody button");
    browser.wait("document.querySelector('#slow .runs')?.textContent.includes('reports.sales_by_day: 31 runs')");

    let words = "document.querySelector('#chart-requests-words').textContent";
    browser.wait(&format!("{words}.includes('on average, at most')"));
    let hour = browser.eval(words);
    browser.click("input[value='48h']");
    browser.wait(&format!("{words} !== {hour}"));
    browser.click("input[value='400d']");
    browser.wait(&format!("/at \\d\\d-\\d\\d \\d\\d:\\d\\d/.test({words})"));
    browser.is_content();
}

#[test]
fn the_level_is_said_in_words_and_goes_back() {
    let Some(browser) = Browser::start() else { return };
    let fixture = Fixture::start();
    opened(&browser, &fixture);
    let level = "document.querySelector('#level').dataset.level";
    fixture.change(amber);
    browser.wait(&format!("{level} === 'amber'"));
    assert_eq!(browser.text("#verdict"), "▲ Needs a look 2 warnings");
    assert_eq!(browser.eval("document.querySelectorAll('#alerts li').length"), 2);
    let alert = browser.text("#alerts li");
    for word in ["Warning", "The cache of lists helps little", "longer life", "39.1 %", "since 19:31, 12"] {
        assert!(alert.contains(word), "{word}: {alert}");
    }
    assert_eq!(browser.eval("document.title"), "▲ 2 warnings – Till server");
    assert_eq!(browser.eval("document.querySelector('#verdict').getAttribute('role')"), "status");
    fixture.change(red);
    browser.wait(&format!("{level} === 'red'"));
    assert_eq!(browser.text("#verdict"), "■ Act now 1 critical alert and 2 warnings");
    fixture.change(|picture| {
        picture["level"] = json!("green");
        picture["alerts"] = json!([]);
    });
    browser.wait(&format!("{level} === 'green'"));
    assert_eq!(browser.eval("document.querySelectorAll('#alerts li').length"), 0);

    // Words of others stay words.
    fixture.change(|picture| {
        amber(picture);
        picture["alerts"][0]["title"] = json!("<img src=x onerror=alert(1)>");
    });
    browser.wait("document.querySelector('#alerts').innerText.includes('<img src=x')");
    assert_eq!(browser.eval("document.querySelectorAll('#figures img').length"), 0);
    browser.is_content();
}

#[test]
fn old_figures_are_called_old_and_a_restart_needs_no_reload() {
    let Some(browser) = Browser::start() else { return };
    let mut fixture = Fixture::start();
    browser.look(1280, 900, "light");
    opened(&browser, &fixture);
    browser.eval("window.loadedOnce = true");
    let link = "document.querySelector('#link-words').textContent";

    // The connection stands and nothing comes.
    fixture.be_silent(true);
    browser.wait(&format!("{link} === 'Figures are stale'"));
    let notice = browser.text("#stale");
    assert!(notice.contains("The server sends nothing new. What stands here is of 19:44:08."), "{notice}");
    assert_eq!(browser.text("#verdict"), "● Last known: All is well No alert stands.");
    assert_eq!(browser.eval("document.title"), "○ Figures are stale – Till server");
    assert_eq!(browser.eval(LOOK), json!([]));
    fixture.be_silent(false);
    browser.wait(&format!("{link} === 'Live' && document.querySelector('#stale').hidden"));

    // The server goes away and comes back where it was.
    fixture.end();
    browser.wait(&format!("{link} === 'Server away'"));
    browser.wait("!document.querySelector('#stale').hidden");
    assert_eq!(browser.eval("document.title"), "○ Server away – Till server");
    browser.screenshot("stats-1280-light-away");
    fixture.change(|picture| picture["today"]["open_orders"] = json!(18));
    fixture.begin();
    browser.wait(&format!("{link} === 'Live' && document.querySelector('#stale').hidden"));
    browser.wait("document.querySelector('#today').innerText.includes('18')");
    assert_eq!(browser.eval("window.loadedOnce"), true);
    assert_eq!(browser.text("#verdict"), "● All is well No alert stands.");
    assert_eq!(browser.eval("document.title"), "● All is well – Till server");

    // Another version runs after it: the page says so and does not reload by itself.
    assert_eq!(browser.eval("document.querySelector('#renewed').hidden"), true);
    fixture.change(|picture| picture["version"] = json!("9.9.9"));
    browser.wait("!document.querySelector('#renewed').hidden");

    // A sign-in that ended asks for another.
    fixture.revoke();
    browser.wait("document.querySelector('#sign-in-wrong').textContent.includes('has ended')");
    assert_eq!(browser.eval("sessionStorage.length"), 0);
    browser.is_content();
}

#[test]
fn it_reads_well_at_every_width_in_both_schemes() {
    let Some(browser) = Browser::start() else { return };
    let fixture = Fixture::start();
    let looks = |name: &str| {
        let wrong = browser.eval(LOOK);
        assert_eq!(wrong, json!([]), "{name}");
        browser.screenshot(&format!("stats-{name}"));
    };
    for (width, height) in WIDTHS {
        for scheme in SCHEMES {
            browser.look(width, height, scheme);
            fixture.revoke();
            browser.open("about:blank");
            browser.open(&fixture.page());
            browser.wait("!document.querySelector('#sign-in').hidden");
            looks(&format!("{width}-{scheme}-sign-in"));
            fixture.change(|picture| *picture = serde_json::from_str(include_str!("picture.json")).unwrap());
            opened(&browser, &fixture);
            browser.wait("document.querySelector('#chart-latency-words').textContent.includes('on average')");
            looks(&format!("{width}-{scheme}"));
            browser.click("#statements tbody button");
            browser.click("input[value='48h']");
            fixture.change(red);
            browser.wait(
                "document.querySelector('#level').dataset.level === 'red' && document.querySelector('.plan') !== null",
            );
            browser.wait("document.querySelector('#chart-requests-words').textContent.includes('at 11-')");
            browser.eval("scrollTo(0, 0)");
            looks(&format!("{width}-{scheme}-red"));
        }
    }
    browser.is_content();
}

#[test]
fn the_real_server_from_sign_in_to_restart() {
    let Some(browser) = Browser::start() else { return };
    let mut house = House::open();
    let addr = house.running().addr;
    browser.look(1280, 900, "light");
    browser.open(&format!("http://{addr}/stats"));
    sign_in(&browser, "mara", "0000");
    browser.wait("document.querySelector('#sign-in-wrong').textContent.includes('are not right together')");
    sign_in(&browser, "walter", PIN);
    browser.wait("document.querySelector('#sign-in-go').disabled === false");
    browser.wait("document.querySelector('#sign-in-wrong').textContent.includes('may not see these figures')");
    sign_in(&browser, "mara", PIN);
    browser.wait("!document.querySelector('#figures').hidden");
    assert_eq!(browser.text("#house"), "Da Gina");
    assert_eq!(browser.text("#who-name"), "Mara, manager");
    assert_eq!(browser.text("#today dd"), "€0.00");
    let wrong = browser.eval(LOOK);
    assert_eq!(wrong, json!([]));

    // A request made a moment ago.
    let routes = "document.querySelector('#routes').innerText";
    assert_eq!(browser.eval(&format!("{routes}.includes('GET /tables')")), false);
    house.as_("waiter").get("/tables").ok();
    browser.wait(&format!("{routes}.includes('GET /tables')"));

    browser.wait("document.querySelectorAll('.plot canvas').length === 2");
    browser.click("#statements tbody button");
    browser.wait("document.querySelector('#statements .plan')?.textContent.length > 5");
    browser.wait("document.querySelector('#statements .sql')?.textContent.length > 5");

    // An alert.
    let level = "document.querySelector('#level').dataset.level";
    assert_ne!(browser.eval(level), "red");
    repeat_within_a_request(&house);
    browser.wait(&format!(
        "{level} === 'amber' && document.querySelector('#alerts').innerText.includes('times in one request')"
    ));
    browser.screenshot("stats-1280-light-amber-real");

    // The server stops and starts; the page stays, and so does the sign-in.
    browser.eval("window.loadedOnce = true");
    let link = "document.querySelector('#link-words').textContent";
    house.stop();
    browser.wait(&format!("{link} === 'Server away'"));
    house.start_at(addr);
    browser.wait(&format!(
        "{link} === 'Live' && !document.querySelector('#alerts').innerText.includes('times in one request')"
    ));
    assert_eq!(browser.eval("window.loadedOnce"), true);

    browser.click("#sign-out");
    browser.wait("!document.querySelector('#sign-in').hidden");
    browser.is_content();
}

/// One request of the manager in which a statement runs again and again, by a fault of builds like this one.
fn repeat_within_a_request(house: &House) {
    let faults = house.running().house().store.faults();
    let named = |s: &&'static Statement| s.name == "shifts.open_orders";
    faults.n_plus_one(comanda::app::statements().into_iter().find(named));
    house.as_("manager").get("/journal").ok();
    faults.n_plus_one(None);
}

static DROP: Statement = Statement::new("test.drop", "drop index lines_by_order");
static MEND: Statement = Statement::new("test.mend", "create index lines_by_order on lines (order_id)");

/// Changes the file's schema under the server; then looks for what that does to its statements.
fn schema(house: &House, change: &'static Statement) {
    house.running().house().store.write_blocking(move |tx| Ok(tx.run(change, ()).map(drop)?)).unwrap();
    house.as_("manager").get("/stats/statements").ok();
}

#[test]
fn faults_are_shown_with_what_to_do_and_go_when_they_are_mended() {
    let Some(browser) = Browser::start() else { return };
    let house = House::open();
    browser.look(1280, 900, "light");
    browser.open(&format!("http://{}/stats", house.running().addr));
    sign_in(&browser, "mara", PIN);
    browser.wait("!document.querySelector('#figures').hidden");
    browser.wait("document.querySelector('#level').dataset.level === 'green'");
    let says = |place: &str, words: &str| format!("document.querySelector('{place}').innerText.includes('{words}')");
    let silent = |place: &str, words: &str| format!("!({})", says(place, words));
    let repeats_hidden = "document.querySelector('#repeats-part').hidden";

    // A statement that is slow.
    let faults = house.running().house().store.faults();
    faults.slow_statement(Some("journal.after"));
    for _ in 0..11 {
        house.as_("manager").get("/journal").ok();
    }
    faults.slow_statement(None);
    browser.wait("document.querySelector('#level').dataset.level === 'red'");
    browser.wait(&says("#alerts", "slow statements in an hour"));
    browser.wait(&says("#alerts", "See the plan of journal.after"));
    browser.wait(&says("#advice", "journal.after is slow at times"));
    browser.wait(&says("#slow", "GET /journal"));

    // One that runs for every row.
    assert_eq!(browser.eval(repeats_hidden), true);
    repeat_within_a_request(&house);
    browser.wait(&says("#alerts", "shifts.open_orders runs 4"));
    browser.wait(&says("#advice", "GET /api/v1/journal asks shifts.open_orders again and again"));
    browser.wait(&format!("{repeats_hidden} === false && {}", says("#repeats", "shifts.open_orders")));
    assert_eq!(browser.eval(LOOK), json!([]));

    // An index that is gone.
    let order = json!({"kind": "takeaway", "lines": []});
    let order = house.as_("manager").post("/orders").body(order).created().id();
    schema(&house, &DROP);
    house.as_("manager").get(&format!("/orders/{order}")).ok();
    house.as_("manager").get("/stats/statements").ok();
    browser.wait(&says("#alerts", "lines_by_order"));
    browser.wait(&says("#advice", "Index lines by (order_id"));
    browser.screenshot("stats-1280-light-faults-real");
    schema(&house, &MEND);
    browser.wait(&silent("#alerts", "lines_by_order"));
    browser.wait(&silent("#advice", "Index lines by (order_id"));

    // Mended; an hour later nothing speaks of it.
    let timing = house.running().house().store.timing();
    for slice in 1..=400 {
        timing.tick(Instant::now() + Duration::from_secs(10 * slice));
    }
    house.clock.advance_ms(3_600_000);
    browser.wait("document.querySelector('#level').dataset.level === 'green'");
    for (place, words) in [
        ("#alerts", "slow statements"),
        ("#alerts", "in one request"),
        ("#advice", "journal.after"),
        ("#advice", "shifts.open_orders"),
    ] {
        browser.wait(&silent(place, words));
    }
    assert_eq!(browser.eval(repeats_hidden), true);
    browser.is_content();
}

/// That a complaint would be heard.
#[test]
fn the_policy_bites() {
    let Some(browser) = Browser::start() else { return };
    let fixture = Fixture::start();
    for (attempt, word) in [
        ("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))", "Trusted"),
        ("document.body.innerHTML = '<b>ran</b>'", "TrustedHTML"),
        ("document.body.setAttribute('style', 'color: red')", "style-src"),
        ("fetch('http://127.0.0.2:1/').catch(() => {})", "connect-src"),
        ("new Image().src = 'http://127.0.0.2:1/'", "img-src"),
    ] {
        browser.open("about:blank");
        browser.open(&fixture.page());
        let before = browser.complaints().len();
        browser.eval(&format!("try {{ {attempt}; }} catch (error) {{ console.error(String(error)); }} 0"));
        browser.eval("new Promise((done) => setTimeout(done, 50))");
        let heard = browser.complaints().split_off(before);
        assert!(heard.iter().any(|complaint| complaint.text.contains(word)), "{attempt}: {heard:?}");
        assert_eq!(browser.eval("window.ran ?? document.querySelector('b')"), Value::Null, "{attempt}");
    }
}

#[test]
fn who_is_not_signed_in_is_told_of_a_full_disk_too() {
    let Some(browser) = Browser::start() else { return };
    let house = House::open();
    browser.look(360, 740, "light");
    browser.open(&format!("http://{}/stats", house.running().addr));
    browser.wait("!document.querySelector('#sign-in').hidden");
    assert_eq!(browser.eval("document.querySelector('#trouble').hidden"), true);
    let faults = house.running().house().store.faults();
    faults.disk_full(true);
    house.as_("manager").post("/categories").body(json!({"name": "Soups"})).refused("read_only");
    browser.wait("document.querySelector('#trouble').innerText.includes('nothing can be written until there is room')");
    assert_eq!(browser.eval(LOOK), json!([]));
    // And whoever tries to sign in hears the same.
    sign_in(&browser, "mara", PIN);
    browser.wait("document.querySelector('#sign-in-wrong').textContent.includes('disk is full')");
    faults.disk_full(false);
    browser.wait("document.querySelector('#trouble').hidden");
    browser.is_content();
}
