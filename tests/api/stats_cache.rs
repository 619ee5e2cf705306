//! What the cache says of itself, letting it go, and making it ready.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::harness::House;

/// A namespace's figures.
#[track_caller]
fn of(manager: &Client, name: &str) -> Value {
    let answer = manager.get("/stats/cache").ok();
    let found = answer.list("/namespaces").iter().find(|ns| ns["name"] == name);
    found.unwrap_or_else(|| panic!("no namespace {name}")).clone()
}

#[track_caller]
fn dropped(manager: &Client, path: &str) -> i64 {
    manager.delete(&format!("/stats/cache/{path}")).ok().int("/entries")
}

fn used(answer: &Answer) -> String {
    let timing = answer.header("server-timing");
    timing.split("cache;desc=").nth(1).unwrap_or_default().split([',', ';']).next().unwrap_or_default().replace('"', "")
}

/// Two dishes and what they need; each's id.
fn dishes(manager: &Client) -> [i64; 2] {
    let add = |path: &str, body: Value| manager.post(path).body(body).created().id();
    let tax = add("/tax-classes", json!({"name": "Food", "rates": []}));
    let category = add("/categories", json!({"name": "Kitchen"}));
    ["Carbonara", "Tiramisu"].map(|name| {
        let variants = json!([{"name": "one", "price": 1250}]);
        add("/items", json!({"name": name, "category_id": category, "tax_class": tax, "variants": variants}))
    })
}

#[test]
fn warming_makes_ready_and_says_so() {
    let house = House::open();
    let manager = house.as_("manager");
    dishes(&manager);
    let warmed = |expected: &str| {
        let answer = manager.post("/stats/cache/warm").ok();
        for one in answer.list("/items") {
            assert!(one["us"].is_u64() && one.get("why").is_none(), "{one}");
            assert!(expected.split(' ').any(|word| one["outcome"] == word), "{one}");
        }
        let names: Vec<&str> = answer.list("/items").iter().filter_map(|one| one["name"].as_str()).collect();
        assert_eq!(names, ["menu", "floor", "settings", "reports"]);
    };
    // The start's own warm-up may be at it.
    warmed("hit miss waited");
    for name in ["menu", "floor", "settings", "reports"] {
        dropped(&manager, name);
    }
    warmed("miss");
    warmed("hit");
    for path in ["/menu", "/floor", "/settings", "/reports/sales"] {
        assert_eq!(used(&manager.get(path).ok()), "hit", "{path}");
    }
    manager.post("/stats/cache/warm").no_key().refused("idempotency_key_missing");
    manager.post("/stats/cache/warm").body(json!({"what": 1})).refused("invalid");
}

#[test]
fn the_start_warms_by_itself() {
    let mut house = House::open();
    let manager = house.as_("manager");
    dishes(&manager);
    house.restart();
    let manager = house.as_("manager");
    // Whether it is done or under way, it is the one fill there is.
    manager.get("/menu").ok();
    let menu = of(&manager, "menu");
    assert_eq!((menu["misses"].as_i64(), menu["fills"]["times"].as_i64()), (Some(1), Some(1)), "{menu}");
}

#[test]
fn figures_add_up() {
    let house = House::open();
    let manager = house.as_("manager");
    let answer = manager.get("/stats/cache").ok();
    let names: Vec<&str> = answer.list("/namespaces").iter().filter_map(|ns| ns["name"].as_str()).collect();
    let all = ["menu", "items", "floor", "settings", "lists", "orders", "tickets", "reports", "staff", "availability"];
    assert_eq!(names, all);
    assert_eq!(answer.int("/bytes_max"), 16 << 20);
    assert!(answer.bool("/invalidations/met"), "{}", answer.text());
    assert_eq!(of(&manager, "lists")["hit_rate"], Value::Null);

    let tenders = manager.get("/tenders").ok();
    for _ in 0..3 {
        manager.get("/tenders").if_none_match(&tenders.etag()).send().expect(304);
    }
    let lists = of(&manager, "lists");
    assert_eq!(
        (lists["hits"].as_i64(), lists["misses"].as_i64(), lists["entries"].as_i64()),
        (Some(3), Some(1), Some(1))
    );
    assert_eq!((lists["hit_rate"].as_str(), lists["ttl_s"].as_i64()), (Some("75.00"), Some(300)));
    assert!(lists["bytes"].as_i64() > Some(400) && lists["fills"]["us_max"].as_i64() > Some(0), "{lists}");
    // The same by the minute, the hour and since the start.
    for window in ["minute", "hour", "start"] {
        let fills = &lists["windows"]["fills"][window];
        assert_eq!((&fills["count"], &fills["errors"]["fault"]), (&json!(1), &json!(0)), "{window}: {fills}");
        for time in ["min_us", "mean_us", "p50_us", "p95_us", "p99_us", "max_us"] {
            assert!(fills[time].as_i64() > Some(0), "{window} {time}: {fills}");
        }
        assert_eq!(lists["windows"]["waits"][window]["count"], 0);
    }
    dropped(&manager, "lists?prefix=lists:none");
    assert_eq!(of(&manager, "lists")["windows"]["drops"]["minute"]["count"], 1);
    let before = manager.get("/stats/cache").ok().int("/invalidations/times");
    manager.post("/reasons").body(json!({"name": "Spilled", "used_for": "comp"})).created();
    manager.get("/tenders").ok();
    let lists = of(&manager, "lists");
    assert_eq!((lists["misses"].as_i64(), lists["invalidations"].as_i64()), (Some(2), Some(1)), "{lists}");
    let answer = manager.get("/stats/cache").ok();
    assert!(answer.int("/invalidations/times") > before);
    let sum: i64 = answer.list("/namespaces").iter().filter_map(|ns| ns["bytes"].as_i64()).sum();
    assert_eq!(answer.int("/bytes"), sum);
}

#[test]
fn keys_are_let_go_by_namespace_and_by_their_beginning() {
    let house = House::open();
    let manager = house.as_("manager");
    let ask = || {
        for path in [
            "/orders?state=paid&page=2&limit=50",
            "/orders?limit=50&page=1&state=paid",
            "/orders?state=open",
            "/tenders",
        ] {
            manager.get(path).ok();
        }
    };
    ask();
    assert_eq!(dropped(&manager, "orders?prefix=orders:list:state=paid:page=2:limit=50"), 1);
    assert_eq!(dropped(&manager, "orders?prefix=orders:list:state=paid"), 1);
    assert_eq!(dropped(&manager, "orders?prefix=orders:list:state=paid"), 0);
    assert_eq!(dropped(&manager, "orders"), 1);
    ask();
    assert_eq!(dropped(&manager, "orders"), 3);
    assert_eq!(of(&manager, "lists")["entries"], 1, "another namespace is left alone");
    manager.delete("/stats/cache/soup").refused("not_found");
    manager.delete("/stats/cache/orders?prefix=menu").refused("invalid").at_fault("prefix", "unknown_value");
    manager.delete("/stats/cache/orders?all=1").refused("invalid");
}

#[test]
fn the_same_question_has_one_key() {
    let house = House::open();
    let waiter = house.as_("waiter");
    let same = ["?state=open&limit=20", "?limit=20&page=1&state=open", "?state=open", "?page=1&state=open"];
    let first = waiter.get(&format!("/orders{}", same[0])).ok();
    for query in same {
        let again = waiter.get(&format!("/orders{query}")).ok();
        assert_eq!(
            (used(&again).as_str(), again.etag(), again.header("link")),
            ("hit", first.etag(), first.header("link")),
            "{query}"
        );
    }
    for other in [
        "?state=paid",
        "?state=open&limit=21",
        "?state=open&page=2",
        "?state=open&fields=id",
        "?state=open&expand=checks",
    ] {
        assert_eq!(used(&waiter.get(&format!("/orders{other}")).ok()), "miss", "{other}");
    }
}

#[test]
fn everybody_who_may_see_an_answer_sees_the_same() {
    let house = House::open();
    dishes(&house.as_("manager"));
    let paths = [
        "/menu",
        "/floor",
        "/settings",
        "/availability",
        "/orders",
        "/tickets",
        "/tenders",
        "/stations",
        "/staff/names",
        "/reports/sales",
    ];
    for path in paths {
        let answers: Vec<Answer> = crate::harness::ROLES.iter().map(|role| house.as_(role).get(path).send()).collect();
        let seen: Vec<_> = answers.iter().filter(|answer| answer.status == 200).map(Answer::text).collect();
        assert!(seen.len() > 1 && seen.iter().all(|text| *text == seen[0]), "{path}: {seen:?}");
    }
}

#[test]
fn an_edit_of_one_item_reads_that_item() {
    // Nobody but who asks reads anything.
    let house = House::open_set(|config| config.cache.ahead_ms = 0);
    let manager = house.as_("manager");
    let [carbonara, tiramisu] = dishes(&manager);
    manager.post("/stats/cache/warm").ok();
    let runs = |name: &str| house.running().house().store.timing().statement_named(name).unwrap().runs.count();
    let counts = || [runs("menu.items"), runs("menu.variants"), runs("menu.heads"), runs("menu.variants_of")];
    let misses = || of(&manager, "items")["misses"].as_i64().unwrap();
    for item in [carbonara, tiramisu, carbonara] {
        manager.patch(&format!("/items/{item}")).body(json!({"name": format!("No. {}", misses())})).ok();
        let (before, made) = (counts(), misses());
        let menu = manager.get("/menu").ok();
        assert_eq!(misses(), made + 1);
        assert_eq!(counts(), [before[0], before[1], before[2] + 1, before[3] + 1]);
        // Against a menu of which nothing was kept.
        dropped(&manager, "menu");
        dropped(&manager, "items");
        let whole = manager.get("/menu").ok();
        assert_eq!((menu.text(), menu.etag()), (whole.text(), whole.etag()));
    }
}

#[test]
fn that_there_is_no_order_is_known_until_there_is_one() {
    let house = House::open();
    let manager = house.as_("manager");
    let order = || manager.post("/orders").body(json!({"kind": "takeaway"})).created();
    let next = format!("/orders/{}", order().id() + 1);
    for expected in ["miss", "hit", "hit"] {
        let answer = manager.get(&next).refused("not_found");
        assert_eq!(used(&answer), expected);
    }
    assert_eq!(of(&manager, "orders")["refusals"], 1);
    assert_eq!(order().id(), manager.get(&next).ok().id());
    // Nor is it known for long.
    let last = format!("/orders/{}", manager.get(&next).ok().id() + 1);
    manager.get(&last).refused("not_found");
    house.clock.advance_ms(9_999);
    assert_eq!(used(&manager.get(&last).refused("not_found")), "hit");
    house.clock.advance_ms(1);
    assert_eq!(used(&manager.get(&last).refused("not_found")), "miss");
}

/// Waits until `done`; the server does it in its own time.
#[track_caller]
fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("{what} did not come about");
}

#[test]
fn what_screens_ask_for_is_ready_again_after_a_write() {
    let house = House::open();
    let manager = house.as_("manager");
    let item = manager.get(&format!("/items/{}", dishes(&manager)[0])).ok();
    let line = json!({"variant_id": item.json()["variants"][0]["id"], "quantity": 1});
    let order = || manager.post("/orders").body(json!({"kind": "takeaway", "lines": [line]})).created().id();
    let (polled, once) = ("/orders?state=open&limit=50", "/orders?state=open&limit=49");
    manager.get(once).ok();
    manager.get(polled).ok();
    assert_eq!(used(&manager.get(polled).ok()), "hit");
    for n in 1..=3 {
        let made = || of(&manager, "orders")["fills"]["times"].as_u64().unwrap();
        let (before, id) = (made(), order());
        until("the list made anew", || made() > before);
        let list = manager.get(polled).ok();
        assert_eq!(list.list("/items")[0]["id"], id, "nobody is shown what was");
        assert_eq!((used(&list).as_str(), list.int("/page/total")), ("hit", n));
    }
    assert_eq!(of(&manager, "orders")["ahead"], 3);
    // Who asked but once is no screen.
    assert_eq!(used(&manager.get(once).ok()), "miss");
}
