//! What the cache may keep: nobody gets a body older than a write that was acknowledged, and a write
//! lets go what it changed and nothing else.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::encodings::decoded;
use crate::harness::House;

/// Writes of each writer.
const ROUNDS: i64 = 120;
/// Of each watched answer.
const READERS: usize = 2;

/// A house with something in every cached answer.
struct Room {
    house: House,
    tax: i64,
    category: i64,
    /// Two dishes and the variant of each.
    items: [i64; 2],
    variants: [i64; 2],
    area: i64,
    table: i64,
    /// Open, without a table; the only one of the cashier's.
    watched: i64,
}

impl Room {
    fn open(workers: usize, readers: u32) -> Self {
        Self::of(House::open_with(workers, readers))
    }

    fn of(house: House) -> Self {
        let manager = house.as_("manager");
        let add = |path: &str, body: Value| manager.post(path).body(body).created();
        let rates = json!([{"name": "IVA", "rate": "10", "included": true, "compound": false}]);
        let tax = add("/tax-classes", json!({"name": "Food", "rates": rates})).id();
        let category = add("/categories", json!({"name": "Kitchen"})).id();
        let dish = |name: &str| {
            // Long enough for every coding of the menu to be worth it.
            let description = "of the house, as it was always made, ".repeat(12);
            let variants = json!([{"name": "one", "price": 1}]);
            let body = json!({"name": name, "description": description, "category_id": category, "tax_class": tax, "variants": variants});
            let made = add("/items", body);
            (made.id(), made.int("/variants/0/id"))
        };
        let (carbonara, tiramisu) = (dish("Carbonara"), dish("Tiramisu"));
        let area = add("/areas", json!({"name": "Hall"})).id();
        let table = add("/tables", json!({"name": "1", "area_id": area, "seats": 1})).id();
        let (items, variants) = ([carbonara.0, tiramisu.0], [carbonara.1, tiramisu.1]);
        let lines = json!([{"variant_id": variants[0], "quantity": 1}]);
        let watched =
            house.as_("cashier").post("/orders").body(json!({"kind": "takeaway", "lines": lines})).created().id();
        assert_eq!(watched, 1);
        Self { house, tax, category, items, variants, area, table, watched }
    }

    /// An order of so many carbonare.
    #[track_caller]
    fn order(&self, terminal: &Client, quantity: i64, table: Option<i64>) -> Answer {
        let lines = json!([{"variant_id": self.variants[0], "quantity": quantity}]);
        terminal.post("/orders").body(json!({"kind": "dine_in", "table_id": table, "lines": lines})).created()
    }

    #[track_caller]
    fn pay(terminal: &Client, order: &Answer, body: Value) -> Answer {
        let path = format!("/orders/{}/payments", order.id());
        terminal.post(&path).if_match(&order.etag()).body(body).created()
    }
}

/// An answer with a number in it that one writer raises.
struct Watched {
    path: &'static str,
    number: &'static str,
    /// Writes the number, and returns when that is acknowledged.
    write: fn(&Room, &Client, i64),
}

const WATCHED: [Watched; 9] = [
    Watched {
        path: "/menu",
        number: "/categories/0/items/0/variants/0/price",
        write: |room, manager, n| {
            let variants = json!([{"id": room.variants[0], "price": n}]);
            manager.patch(&format!("/items/{}", room.items[0])).body(json!({"variants": variants})).ok();
        },
    },
    Watched {
        path: "/settings",
        number: "/cash_rounding",
        write: |_, manager, n| drop(manager.patch("/settings").body(json!({"cash_rounding": n})).ok()),
    },
    Watched {
        path: "/availability",
        number: "/items/0/remaining",
        write: |room, manager, n| {
            let path = format!("/variants/{}/availability", room.variants[1]);
            manager.put(&path).body(json!({"available": true, "remaining": n})).ok();
        },
    },
    Watched {
        path: "/floor",
        number: "/areas/0/tables/0/seats",
        write: |room, manager, n| {
            manager.patch(&format!("/tables/{}", room.table)).body(json!({"seats": n})).ok();
        },
    },
    Watched {
        path: "/reports/sales",
        number: "/totals/orders",
        write: |room, manager, _| {
            let order = room.order(manager, 1, None);
            Room::pay(manager, &order, json!({"tender": "card"}));
        },
    },
    Watched {
        path: "/business-day",
        number: "/totals/tips",
        write: |room, manager, n| {
            if n == 1 {
                // Of an order that stays open, so that it is in nobody's sales.
                let order = room.order(manager, ROUNDS, None);
                let paid = Room::pay(manager, &order, json!({"tender": "card", "amount": 1, "tip": 1}));
                assert_eq!(paid.int("/payment/id"), 2);
            } else {
                manager.post("/payments/2/tip").body(json!({"amount": n})).ok();
            }
        },
    },
    Watched {
        path: "/orders/1",
        number: "/guests",
        write: |room, manager, n| {
            manager.patch(&format!("/orders/{}", room.watched)).body(json!({"guests": n})).ok();
        },
    },
    Watched {
        path: "/orders?state=voided&limit=1",
        number: "/page/total",
        write: |room, manager, _| {
            let order = room.order(manager, 1, None);
            let void = manager.post(&format!("/orders/{}/void", order.id())).if_match(&order.etag());
            void.body(json!({"reason": "left"})).ok();
        },
    },
    Watched {
        // Of one day, and told apart from other days.
        path: "/orders?staff_id=4&business_date=2026-11-20",
        number: "/page/total",
        write: |room, _, _| {
            room.house.apart("waiter").post("/orders").body(json!({"kind": "takeaway"})).created();
        },
    },
];

/// Counts itself out of `left`, also where a test fails.
struct Turn<'a>(&'a AtomicUsize);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Reads until all writers are done; half of the time with the ETag it has, in changing codings.
fn read(terminal: &Client, watched: &Watched, acknowledged: &AtomicI64, left: &AtomicUsize) {
    let (mut etag, mut number) = (String::new(), 0);
    for round in 0_usize.. {
        let last = left.load(Ordering::SeqCst) == 0;
        let told = acknowledged.load(Ordering::SeqCst);
        let coding = ["identity", "gzip", "zstd"][round % 3];
        let mut asked = terminal.get(watched.path).header("accept-encoding", coding);
        if !etag.is_empty() && round.is_multiple_of(2) {
            asked = asked.if_none_match(&etag);
        }
        let answer = asked.send();
        if answer.status != 304 {
            let answer = answer.expect(200);
            let body: Value = serde_json::from_slice(&decoded(&answer)).unwrap();
            number = body.pointer(watched.number).and_then(Value::as_i64).unwrap();
            etag = answer.etag();
        }
        assert!(number >= told, "{} said {number} after {told} was acknowledged", watched.path);
        if last {
            assert_eq!(number, ROUNDS, "{} in the end", watched.path);
            break;
        }
    }
    // What changes no longer is answered without a body.
    terminal.get(watched.path).header("accept-encoding", "gzip").if_none_match(&etag).send().expect(304);
}

#[test]
fn no_reader_gets_a_body_older_than_an_acknowledged_write() {
    let room = Room::open(2, 4);
    let manager = || room.house.apart("manager");
    for watched in &WATCHED {
        (watched.write)(&room, &manager(), 1);
    }
    let acknowledged = [const { AtomicI64::new(1) }; WATCHED.len()];
    let left = AtomicUsize::new(WATCHED.len());
    thread::scope(|scope| {
        for (watched, acknowledged) in WATCHED.iter().zip(&acknowledged) {
            let (room, left) = (&room, &left);
            let terminal = manager();
            scope.spawn(move || {
                let _turn = Turn(left);
                for n in 2..=ROUNDS {
                    (watched.write)(room, &terminal, n);
                    acknowledged.store(n, Ordering::SeqCst);
                }
            });
            for _ in 0..READERS {
                let terminal = manager();
                scope.spawn(move || read(&terminal, watched, acknowledged, left));
            }
        }
    });
}

/// The cached answers by the names the table below gives them.
const CACHED: [(&str, &str); 8] = [
    ("menu", "/menu"),
    ("floor", "/floor"),
    ("settings", "/settings"),
    ("availability", "/availability"),
    ("sales", "/reports/sales?from=2026-11-20&to=2026-11-20&by=item"),
    ("voids", "/reports/voids"),
    ("october", "/reports/sales?from=2026-10-01&to=2026-10-31&by=item"),
    ("x", "/business-day"),
];

/// Reads everything; what each answer's tag is, and which ones had to be made.
fn look(terminal: &Client) -> (BTreeMap<&'static str, String>, String) {
    let (mut etags, mut made) = (BTreeMap::new(), Vec::new());
    for (name, path) in CACHED {
        let answer = terminal.get(path).ok();
        etags.insert(name, answer.etag());
        let timing = answer.header("server-timing").to_owned();
        match timing.split("cache;desc=").nth(1) {
            Some("\"hit\"") => {}
            Some("\"miss\"") => made.push(name),
            _ => panic!("{path}: {timing}"),
        }
    }
    (etags, made.join(" "))
}

#[test]
fn a_write_lets_go_what_it_changed_and_nothing_else() {
    // What is gone stays so until somebody asks.
    let room = Room::of(House::open_set(|config| config.cache.ahead_ms = 0));
    let manager = &room.house.as_("manager");
    let owner = &room.house.as_("owner");
    // Answers what `write` answers.
    let check = |what: &str, missing: &str, write: &dyn Fn() -> Answer| -> Answer {
        look(manager);
        let (before, made) = look(manager);
        assert_eq!(made, "", "before {what}");
        let answer = write();
        let (after, made) = look(manager);
        assert_eq!(made, missing, "after {what}");
        for (name, etag) in before {
            let kept = !missing.split(' ').any(|missing| missing == name);
            assert!(!kept || after[name] == etag, "{what} changed {name} behind the cache");
        }
        answer
    };
    let patch = |path: String, body: Value| move || manager.patch(&path).body(body.clone()).ok();
    let post = |path: &str, body: Value| {
        let path = path.to_owned();
        move || manager.post(&path).body(body.clone()).created()
    };
    let [item, _] = room.items;

    let variants = json!([{"id": room.variants[0], "price": 1250}]);
    check("a price", "menu", &patch(format!("/items/{item}"), json!({"variants": variants})));
    check("a category's name", "menu", &patch(format!("/categories/{}", room.category), json!({"name": "Cucina"})));
    check("a tax class's name", "menu", &patch(format!("/tax-classes/{}", room.tax), json!({"name": "Cibo"})));
    check(
        "a modifier group",
        "menu",
        &post("/modifier-groups", json!({"name": "G", "min": 0, "max": 0, "options": []})),
    );
    check("an area's name", "floor", &patch(format!("/areas/{}", room.area), json!({"name": "Sala"})));
    check("another table", "floor", &post("/tables", json!({"name": "2", "area_id": room.area, "seats": 2})));
    check("a footer", "settings", &patch("/settings".to_owned(), json!({"receipt_footer": "Grazie"})));
    check("the same footer again", "", &patch("/settings".to_owned(), json!({"receipt_footer": "Grazie"})));
    let zone = json!({"timezone": "Europe/Vienna"});
    check("a time zone", "floor settings availability sales voids october x", &patch("/settings".to_owned(), zone));
    check(
        "a tender",
        "",
        &post(
            "/tenders",
            json!({"name": "Ticket", "kind": "meal_voucher", "gives_change": false, "excess": "forfeit"}),
        ),
    );
    let name = json!({"name": "Wally"});
    let path = format!("/staff/{}", room.house.person("waiter").staff_id);
    check("somebody's name", "voids x", &|| owner.patch(&path).body(name.clone()).ok());

    let stock = |body: Value| {
        let path = format!("/variants/{}/availability", room.variants[1]);
        move || manager.put(&path).body(body.clone()).ok()
    };
    check("a countdown", "availability", &stock(json!({"available": true, "remaining": 3})));
    let order = |quantity: i64| {
        let lines = json!([{"variant_id": room.variants[1], "quantity": quantity}]);
        post("/orders", json!({"kind": "takeaway", "lines": lines}))
    };
    check("some of what is counted", "availability x", &order(2));
    let last = check("the last of it", "menu availability x", &order(1));
    let line = format!("/orders/{}/lines/{}/void", last.id(), last.int("/checks/0/lines/0/id"));
    let void = || manager.post(&line).if_match(&last.etag()).body(json!({"reason": "mistake"})).ok();
    check("given back unsent", "menu availability sales voids", &void);
    check("86", "menu availability", &stock(json!({"available": false})));

    check("a takeaway order", "x", &|| room.order(manager, 2, None));
    let guests = check("an order at a table", "floor x", &|| room.order(manager, 2, Some(room.table)));
    let path = format!("/orders/{}", guests.id());
    let guests = check("more guests", "floor", &patch(path.clone(), json!({"guests": 4})));
    let lines = json!({"lines": [{"variant_id": room.variants[0], "quantity": 1}]});
    check("another line", "", &|| manager.post(&format!("{path}/lines")).body(lines.clone()).ok());
    check("sent to the kitchen", "", &|| manager.post(&format!("{path}/send")).ok());
    let ticket = manager.get("/tickets").ok().int("/items/0/id");
    check("bumped", "", &|| manager.post(&format!("/tickets/{ticket}/bump")).ok());
    let now = || manager.get(&path).ok();
    let discount = json!({"name": "Friends", "percent": "10"});
    let etag = now().etag();
    check("a discount", "", &|| {
        manager.post(&format!("{path}/discounts")).if_match(&etag).body(discount.clone()).created()
    });
    let part = now();
    check("a part paid", "sales voids x", &|| Room::pay(manager, &part, json!({"tender": "card", "amount": 100})));
    let rest = now();
    let paid = check("the rest paid", "floor sales voids x", &|| Room::pay(manager, &rest, json!({"tender": "card"})));
    let refunds = format!("/payments/{}/refunds", paid.int("/payment/id"));
    check("a refund", "sales voids x", &post(&refunds, json!({"amount": 100, "reason": "cold"})));
    assert_eq!(guests.id(), paid.int("/order/id"));
}

/// Everything that is kept, in one form or another.
const KEPT: [&str; 29] = [
    "/menu",
    "/floor",
    "/settings",
    "/availability",
    "/tenders",
    "/reasons",
    "/discounts",
    "/staff/names",
    "/areas",
    "/tables",
    "/stations",
    "/tickets",
    "/tickets?state=waiting",
    "/tickets?station_id=1",
    "/tickets/unacknowledged?all=true",
    "/kitchen/all-day",
    "/expo",
    "/orders",
    "/orders?state=open&expand=checks",
    "/orders?state=paid",
    "/orders?business_date=2026-11-20&expand=checks",
    "/orders?from=2026-11-01&to=2026-11-30&limit=1&page=2",
    "/orders?from=2026-11-18&to=2026-11-20&kind=dine_in",
    "/orders/1",
    "/orders/2",
    "/reports/sales",
    "/reports/voids",
    "/reports/refunds",
    "/reports/kitchen",
];

/// Reads everything that is kept: status, link and text.
fn kept(terminal: &Client) -> Vec<(u16, String, String)> {
    KEPT.iter()
        .map(|path| terminal.get(path).send())
        .map(|answer| {
            (
                answer.status,
                answer.headers.get("link").map(|l| l.to_str().unwrap().to_owned()).unwrap_or_default(),
                answer.text(),
            )
        })
        .collect()
}

#[test]
fn what_is_kept_is_what_a_fresh_reading_gives() {
    let room = Room::open(1, 2);
    let manager = &room.house.as_("manager");
    let owner = &room.house.as_("owner");
    let namespaces = manager.get("/stats/cache").ok();
    let namespaces: Vec<&str> = namespaces.list("/namespaces").iter().filter_map(|ns| ns["name"].as_str()).collect();
    let check_as = |terminal: &Client, what: &str, write: &dyn Fn() -> Answer| -> Answer {
        kept(terminal);
        let answer = write();
        let after = kept(terminal);
        for name in &namespaces {
            terminal.delete(&format!("/stats/cache/{name}")).ok();
        }
        let fresh = kept(terminal);
        for ((path, kept), fresh) in KEPT.iter().zip(after).zip(fresh) {
            assert_eq!(kept, fresh, "{path} after {what}");
        }
        answer
    };
    let check = |what: &str, write: &dyn Fn() -> Answer| check_as(manager, what, write);
    let patch = |path: String, body: Value| move || manager.patch(&path).body(body.clone()).ok();
    let post = |path: &str, body: Value| {
        let path = path.to_owned();
        move || {
            let answer = manager.post(&path).body(body.clone()).send();
            assert!(matches!(answer.status, 200 | 201), "{path}: {}", answer.text());
            answer
        }
    };
    let lines = |n: i64| json!([{"variant_id": room.variants[0], "quantity": n}]);

    // Order 2 was asked for before there was one.
    let body = json!({"kind": "dine_in", "table_id": room.table, "lines": lines(3), "guests": 2});
    let two = check("an order", &post("/orders", body));
    assert_eq!(two.id(), 2);
    let path = format!("/orders/{}", two.id());
    let now = || manager.get(&path).ok();
    check("guests", &patch(path.clone(), json!({"guests": 3, "note": "window"})));
    check("a line", &post(&format!("{path}/lines"), json!({"lines": lines(1)})));
    check("sent", &post(&format!("{path}/send"), json!({})));
    let ticket = format!("/tickets/{}", manager.get("/tickets").ok().int("/items/0/id"));
    check("printed", &post(&format!("{ticket}/printed"), json!({})));
    check("bumped", &post(&format!("{ticket}/bump"), json!({})));
    check("recalled", &post(&format!("{ticket}/recall"), json!({})));
    check("served", &|| {
        post(&format!("{ticket}/bump"), json!({}))();
        post(&format!("{ticket}/bump"), json!({}))()
    });
    let line = now().int("/checks/0/lines/1/id");
    check("a void", &|| {
        let void = manager.post(&format!("{path}/lines/{line}/void")).if_match(&now().etag());
        void.body(json!({"reason": "spilled", "wasted": true})).ok()
    });
    let line = now().int("/checks/0/lines/0/id");
    check("a comp", &|| {
        let comp = manager.post(&format!("{path}/lines/{line}/comp")).if_match(&now().etag());
        comp.body(json!({"reason": "late", "quantity": 1})).ok()
    });
    check("a discount", &|| {
        let discount = manager.post(&format!("{path}/discounts")).if_match(&now().etag());
        discount.body(json!({"name": "Friends", "percent": "10"})).created()
    });
    check("the bill", &post(&format!("{path}/bill"), json!({})));
    check("a part paid", &|| Room::pay(manager, &now(), json!({"tender": "card", "amount": 1})));
    let pending = check("a card that does not answer", &|| {
        Room::pay(manager, &now(), json!({"tender": "card", "amount": 1, "state": "pending"}))
    });
    let resolve = format!("/payments/{}/resolve", pending.int("/payment/id"));
    check("it answers", &post(&resolve, json!({"state": "declined"})));
    let paid = check("the rest", &|| Room::pay(manager, &now(), json!({"tender": "cash"})));
    let refund = format!("/payments/{}/refunds", paid.int("/payment/id"));
    check("a refund", &post(&refund, json!({"amount": 1, "reason": "cold"})));

    let first = |path: &str| manager.get(path).ok().int("/items/0/id");
    for list in ["tenders", "reasons", "stations", "areas", "tables"] {
        let path = format!("/{list}/{}", first(&format!("/{list}")));
        check(list, &patch(path, json!({"name": "Another name"})));
    }
    check("a ready discount", &post("/discounts", json!({"name": "Staff", "percent": "50"})));
    let waiter = format!("/staff/{}", room.house.person("waiter").staff_id);
    check("a person", &|| owner.patch(&waiter).body(json!({"name": "Wally"})).ok());
    check("an item", &patch(format!("/items/{}", room.items[0]), json!({"name": "Carbonara di mare"})));
    let groups = json!({"name": "Sauces", "min": 0, "max": 1, "options": [{"name": "hot", "price": 50}]});
    let group = check("a group", &post("/modifier-groups", groups)).id();
    check("offered", &patch(format!("/items/{}", room.items[0]), json!({"modifier_groups": [group]})));
    check("a group's name", &patch(format!("/modifier-groups/{group}"), json!({"name": "Salse"})));
    let option = manager.get(&format!("/modifier-groups/{group}")).ok().int("/options/0/id");
    let out = json!({"available": false, "until": "2026-11-20T21:00:00+01:00"});
    check("an option out", &|| manager.put(&format!("/options/{option}/availability")).body(out.clone()).ok());
    check("time", &|| {
        room.house.at("2026-11-20T21:00:00+01:00");
        manager.get("/menu").ok()
    });
    check("a zone", &patch("/settings".to_owned(), json!({"timezone": "Europe/Lisbon"})));
    room.house.at("2026-11-21T12:00:00+01:00");
    let late = room.house.sign_in("manager");
    let body = json!({"kind": "takeaway", "lines": lines(1)});
    check_as(&late, "a night", &|| late.post("/orders").body(body.clone()).created());
}

#[test]
fn an_order_leaves_the_menu_where_it_was() {
    let room = Room::open(1, 2);
    let waiter = room.house.as_("waiter");
    let menu = waiter.get("/menu").ok();
    for _ in 0..3 {
        room.order(&waiter, 1, None);
        let again = waiter.get("/menu").ok();
        assert_eq!((again.etag(), &again.bytes), (menu.etag(), &menu.bytes));
        assert!(again.header("server-timing").ends_with("cache;desc=\"hit\""), "{}", again.header("server-timing"));
        waiter.get("/menu").if_none_match(&menu.etag()).send().expect(304);
    }
}
