//! Bad input never gets a 5xx and never a half-done effect.

use serde_json::{Value, json};

use crate::client::{Client, Request};
use crate::harness::PIN;
use crate::orders::Night;

/// A night with an open order, a paid one, and everything a wrong request could touch.
struct Stage {
    n: Night,
    open: i64,
    line: i64,
    paid: i64,
    paid_line: i64,
    payment: i64,
}

impl Stage {
    fn new() -> Self {
        let n = Night::new();
        n.stock(n.tiramisu, json!({"available": true, "remaining": 7}));
        let (open, line) = {
            let order = n.open(json!({"kind": "dine_in", "table_id": n.tables[0], "lines": [
                {"variant_id": n.carbonara, "quantity": 2}, {"variant_id": n.tiramisu, "quantity": 1}]}));
            order.send();
            (order.id, order.line(0))
        };
        let order = n.order(&[(n.pilsner, 2)]);
        let taken = order.post("/payments", json!({"tender": "cash"})).created();
        let (paid, paid_line, payment) = (order.id, order.line(0), taken.int("/payment/id"));
        Self { n, open, line, paid, paid_line, payment }
    }

    /// Everything a request can change, as text; the journal by its records.
    fn all(&self) -> String {
        let owner = self.n.house.as_("owner");
        let mut text = String::new();
        for path in [
            "/orders?expand=checks&limit=100",
            "/tickets?limit=100",
            "/availability",
            "/floor",
            "/menu",
            "/staff",
            "/devices",
            "/tenders",
            "/reasons",
            "/discounts",
            "/settings",
            "/z-reports",
            "/business-day",
            "/reports/voids?from=2026-11-20&to=2026-11-20",
        ] {
            text += &owner.get(path).ok().text();
            text.push('\n');
        }
        let mut after = 0;
        loop {
            let page = owner.get(&format!("/journal?limit=100&after={after}")).ok();
            let Some(last) = page.list("/items").last() else { break };
            after = last["seq"].as_i64().unwrap();
        }
        text + &format!("journal {after}")
    }

    /// Refused under `code`, and nothing is other than before.
    #[track_caller]
    fn check(&self, what: &str, request: Request, code: &str) {
        let before = self.all();
        let answer = request.send();
        assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
        answer.refused(code);
        assert_eq!(self.all(), before, "{what} left something behind");
    }

    fn order(&self, more: &str) -> String {
        format!("/orders/{}{more}", self.open)
    }

    fn add(&self, line: &Value) -> Request {
        self.n.waiter.post(&self.order("/lines")).body(json!({"lines": [line]}))
    }

    /// A body sent as it is.
    fn raw(&self, body: impl Into<Vec<u8>>) -> Request {
        self.n.waiter.post("/orders").bytes("application/json", body)
    }
}

#[test]
fn quantities() {
    let s = Stage::new();
    for quantity in [
        "-1",
        "0",
        "1.5",
        "\"2\"",
        "1000",
        "10000000000000000000",
        "9223372036854775807",
        "-9223372036854775808",
        "1e2",
        "true",
        "null",
        "[1]",
        "{}",
    ] {
        let line = format!("{{\"lines\":[{{\"variant_id\":{},\"quantity\":{quantity}}}]}}", s.n.carbonara);
        s.check(quantity, s.n.waiter.post(&s.order("/lines")).bytes("application/json", line), "invalid");
        if quantity != "null" {
            let body = format!("{{\"quantity\":{quantity},\"reason\":\"x\"}}");
            let void = s.n.manager.post(&s.order(&format!("/lines/{}/void", s.line))).if_match("*");
            s.check(quantity, void.bytes("application/json", body.clone()), "invalid");
            let comp = s.n.manager.post(&s.order(&format!("/lines/{}/comp", s.line))).if_match("*");
            s.check(quantity, comp.bytes("application/json", body), "invalid");
        }
    }
    for quantity in ["1e400", "1e", "01", "-", "0x10", "NaN", "Infinity", "1_000"] {
        let line = format!("{{\"lines\":[{{\"variant_id\":{},\"quantity\":{quantity}}}]}}", s.n.carbonara);
        s.check(quantity, s.n.waiter.post(&s.order("/lines")).bytes("application/json", line), "not_json");
    }
}

#[test]
fn amounts_beyond_every_bound() {
    let s = Stage::new();
    let special = |price: i64, quantity: i64| {
        s.add(&json!({"variant_id": s.n.special, "quantity": quantity, "unit_price": price}))
    };
    s.check("a line", special(1_000_000_000_000, 999), "amount_too_large");
    s.check("a price", special(i64::MAX, 999), "invalid");
    s.check("a price", special(1_000_000_000_001, 1), "invalid");
    s.check("a price", special(i64::MIN, 1), "invalid");
    // Each line is in bounds and their sum is not.
    let line = json!({"variant_id": s.n.special, "quantity": 1, "unit_price": 999_999_999_999_i64});
    s.check("a sum", s.n.waiter.post(&s.order("/lines")).body(json!({"lines": [line, line]})), "amount_too_large");
    let order = s.n.waiter.post("/orders").body(json!({"kind": "takeaway", "lines": [line]})).created();
    let path = format!("/orders/{}", order.id());
    s.check("one more", s.n.waiter.post(&format!("{path}/lines")).body(json!({"lines": [line]})), "amount_too_large");
    let edit = s.n.waiter.patch(&format!("{path}/lines/{}", order.int("/checks/0/lines/0/id"))).if_match("*");
    s.check("more of it", edit.body(json!({"quantity": 2})), "amount_too_large");
    let discount = |body: Value| s.n.manager.post(&s.order("/discounts")).if_match("*").body(body);
    s.check("101 %", discount(json!({"name": "x", "percent": "101"})), "invalid");
    s.check("a discount", discount(json!({"name": "x", "amount": i64::MAX})), "invalid");
    s.check("a discount", discount(json!({"name": "x", "percent": "1e2"})), "invalid");
    let pay = |body: Value| s.n.waiter.post(&s.order("/payments")).if_match("*").body(body);
    s.check("tendered", pay(json!({"tender": "cash", "tendered": i64::MAX})), "invalid");
    s.check("paid", pay(json!({"tender": "cash", "amount": -1})), "invalid");
    s.check("paid", pay(json!({"tender": "cash", "amount": 0})), "invalid");
    s.check("a tip", pay(json!({"tender": "cash", "tip": -1})), "invalid");
    s.check(
        "a measure",
        s.add(&json!({"variant_id": s.n.steak, "quantity": 1, "measure": "99999999999999999999"})),
        "invalid",
    );
}

#[test]
fn what_is_not_json() {
    let s = Stage::new();
    for body in [
        "{",
        "}",
        "{\"kind\":\"dine_in\"",
        "{\"kind\":\"dine_in\"} x",
        "{\"kind\":\"dine_in\"}{}",
        "kind=dine_in",
        "nul",
        "{'kind':'dine_in'}",
        "{\"kind\":\"dine_in\",}",
        "\u{feff}{}",
        "{\"kind\":\"\\ud800\"}",
        "{\"kind\":\"dine_in\",\"note\":\"\\udc00\\ud800\"}",
        "{\"kind\":\"dine_in\",\"note\":\"a\u{0}b\"}",
        "{\"kind\":\"dine_in\",\"note\":\"a\nb\"}",
        "{\"kind\":\"dine_in\",\"note\":\"\\x41\"}",
        " ",
    ] {
        s.check(body, s.raw(body), "not_json");
    }
    s.check("invalid UTF-8", s.raw(b"{\"kind\":\"dine_in\",\"note\":\"\xff\xfe\"}".to_vec()), "not_json");
    s.check("overlong UTF-8", s.raw(b"{\"kind\":\"dine_in\",\"note\":\"\xc0\x80\"}".to_vec()), "not_json");
    for body in ["[]", "[\"dine_in\"]", "\"dine_in\"", "1", "null", "true", "[[[[[[[["] {
        s.check(body, s.raw(body), "invalid");
    }
    // Deep, in every place where a value can stand.
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    for value in [deep("[", "]"), deep("{\"a\":", "}"), "[".repeat(10_000)] {
        for field in ["kind", "note", "lines", "customer", "nothing"] {
            let answer = s.raw(format!("{{\"kind\":\"dine_in\",\"{field}\":{value}}}")).send();
            assert!(matches!(answer.status, 400 | 422), "{field}: {}", answer.text());
        }
        let answer = s.raw(value).send();
        assert!(matches!(answer.status, 400 | 422), "{}", answer.text());
    }
    // Nothing sent is nothing said; what is said is said as JSON.
    s.check("empty", s.raw(""), "invalid");
    s.check("empty", s.n.waiter.post("/orders"), "invalid");
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "", "json"] {
        s.check(kind, s.n.waiter.post("/orders").bytes(kind, "{\"kind\":\"dine_in\"}"), "not_json_type");
    }
    s.n.waiter.post("/orders").bytes("Application/JSON; charset=utf-8", "{\"kind\":\"dine_in\"}").created();
}

#[test]
fn fields_that_are_not_ours() {
    let s = Stage::new();
    let fault = |body: &str, pointer: &str, code: &str| {
        s.check(body, s.raw(body), "invalid");
        s.raw(body).refused("invalid").at_fault(pointer, code);
    };
    fault("{\"kind\":\"dine_in\",\"colour\":\"red\"}", "/colour", "unknown_field");
    fault("{\"kind\":\"dine_in\",\"customer\":{\"age\":3}}", "/customer/age", "unknown_field");
    fault(
        "{\"kind\":\"dine_in\",\"lines\":[{\"variant_id\":1,\"quantity\":1,\"price\":1}]}",
        "/lines/0/price",
        "unknown_field",
    );
    fault("{\"kind\":\"dine_in\",\"kind\":\"delivery\"}", "/kind", "duplicate_field");
    fault("{\"kind\":\"dine_in\",\"note\":\"a\",\"note\":null}", "/note", "duplicate_field");
    fault("{\"kind\":7}", "/kind", "wrong_type");
    fault("{\"kind\":null}", "/kind", "wrong_type");
    fault("{\"Kind\":\"dine_in\"}", "/Kind", "unknown_field");
    fault("{}", "/kind", "required");
    fault("{\"kind\":\"\"}", "/kind", "unknown_value");
    let twice = s.n.waiter.patch(&s.order("")).bytes("application/json", "{\"note\":null,\"note\":\"x\"}");
    s.check("twice", twice, "invalid");
    s.check("a query", s.n.waiter.get("/orders?colour=red"), "invalid");
    s.check("a query", s.n.waiter.get("/orders?state=open&state=paid"), "invalid");
}

#[test]
fn texts() {
    let s = Stage::new();
    let note = |text: &str| json!({"kind": "dine_in", "note": text});
    s.check("NUL", s.n.waiter.post("/orders").body(note("a\u{0}b")), "invalid");
    s.check("bell", s.n.waiter.post("/orders").body(note("\u{7}")), "invalid");
    s.check("long", s.n.waiter.post("/orders").body(note(&"x".repeat(1001))), "invalid");
    s.check("longer", s.n.waiter.post("/orders").body(note(&"x".repeat(400_000))), "invalid");
    s.check("1 MB", s.n.waiter.post("/orders").body(note(&"x".repeat(1_000_000))), "too_large");
    for (path, field) in
        [("/areas", "name"), ("/categories", "name"), ("/reasons", "name"), ("/tenders", "name"), ("/staff", "name")]
    {
        for text in ["", " ", "a\u{0}", "two\nlines", &"n".repeat(100_000)] {
            let mut body = json!({"role": "waiter", "pin": PIN, "used_for": "void", "kind": "card"});
            body.as_object_mut().unwrap().retain(|name, _| match path {
                "/staff" => name == "role" || name == "pin",
                "/reasons" => name == "used_for",
                "/tenders" => name == "kind",
                _ => false,
            });
            body[field] = json!(text);
            s.check(path, s.n.manager.post(path).body(body), "invalid");
        }
    }
    // % and _ stand for themselves wherever a text is compared.
    for name in ["50%", "50_", "5__", "%", "_", "'; drop table orders; --", "\\", "🍕", "e\u{301}"] {
        let body = || json!({"name": name, "kind": "other"});
        s.n.manager.post("/tenders").body(body()).created();
        s.n.manager.post("/tenders").body(body()).refused("already_exists");
        s.n.waiter.post("/orders").body(json!({"kind": "dine_in", "tab_name": name, "note": name})).created();
    }
    for query in [
        "state=%25",
        "state=o_en",
        "kind=%25&from=2026-11-20&to=2026-11-20",
        "from=%25",
        "business_date=____-__-__",
        "cursor=%25",
        "fields=%25",
    ] {
        s.check(query, s.n.waiter.get(&format!("/orders?{query}")), "invalid");
    }
}

#[test]
fn ids_of_nothing() {
    let s = Stage::new();
    for id in [
        "0",
        "-1",
        "999999",
        "99999999999999999999",
        "-99999999999999999999",
        "abc",
        "1.0",
        "1e3",
        "%00",
        "%20",
        "..",
        "1;2",
        "%F0%9F%8D%95",
    ] {
        for (method, path) in [
            ("GET", format!("/orders/{id}")),
            ("PATCH", format!("/orders/{id}")),
            ("POST", format!("/orders/{id}/send")),
            ("POST", format!("/orders/{id}/bill")),
            ("POST", format!("/orders/{id}/close")),
            ("GET", format!("/orders/{id}/receipt")),
            ("GET", format!("/orders/{id}/receipts")),
            ("GET", format!("/receipts/{id}")),
            ("POST", format!("/receipts/{id}/print")),
            ("DELETE", s.order(&format!("/discounts/{id}"))),
            ("DELETE", s.order(&format!("/service-charges/{id}"))),
            ("DELETE", s.order(&format!("/lines/{id}/comp"))),
            ("POST", s.order(&format!("/lines/{id}/comp"))),
            ("PATCH", format!("/items/{id}")),
            ("DELETE", format!("/devices/{id}")),
            ("GET", format!("/z-reports/{id}")),
        ] {
            if id == ".." {
                continue;
            }
            let request = s.n.manager.request(method, &path).if_match("*");
            let answer = request.send();
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
            answer.refused("not_found");
        }
    }
    let big = i64::MAX;
    for body in [
        json!({"kind": "dine_in", "table_id": big}),
        json!({"kind": "dine_in", "table_id": -1}),
        json!({"kind": "dine_in", "lines": [{"variant_id": big, "quantity": 1}]}),
        json!({"kind": "dine_in", "guests": big}),
        json!({"kind": "dine_in", "due_at": "9999-12-31T23:59:59Z"}),
        json!({"kind": "dine_in", "due_at": "-000001-01-01T00:00:00Z"}),
        json!({"kind": "dine_in", "due_at": "2026-11-20T19:00:00"}),
    ] {
        let what = body.to_string();
        s.check(&what, s.n.waiter.post("/orders").body(body), "invalid");
    }
    s.n.waiter.post("/orders").body(json!({"kind": "dine_in", "due_at": "9999-12-30T00:00:00Z"})).created();
    s.check(
        "a menu to come",
        s.n.waiter
            .post("/orders")
            .body(json!({"kind": "dine_in", "menu_version": big, "lines": [{"variant_id": 1, "quantity": 1}]})),
        "price_changed",
    );
}

#[test]
fn keys_and_versions() {
    let s = Stage::new();
    let open = || s.n.waiter.post("/orders").body(json!({"kind": "dine_in"}));
    s.check("no key", open().no_key(), "idempotency_key_missing");
    s.check("a long key", open().key(&"k".repeat(65)), "idempotency_key_invalid");
    s.check("an empty key", open().key(""), "idempotency_key_invalid");
    s.n.waiter.post("/orders").body(json!({"kind": "takeaway"})).key("used").created();
    s.check("a used key", open().key("used"), "key_reused");
    let comp = || s.n.manager.post(&s.order(&format!("/lines/{}/comp", s.line))).body(json!({}));
    s.check("no version", comp(), "version_missing");
    for stale in ["\"0.0\"", "\"99999999999999999999.0\"", "5", "\"\"", "\"", ",,,", "W/", "\"1.0"] {
        s.check(stale, comp().if_match(stale), "stale");
    }
    let tall = "\"0.0\", ".repeat(2000);
    s.check("a tall one", comp().if_match(&tall), "stale");
}

#[test]
fn whose_job_it_is() {
    let s = Stage::new();
    let (waiter, line) = (&s.n.waiter, s.order(&format!("/lines/{}", s.line)));
    let check = |what: &str, request: Request, code: &str| s.check(what, request.if_match("*"), code);
    check("comp", waiter.post(&format!("{line}/comp")).body(json!({})), "approval_needed");
    check(
        "void of what was sent",
        waiter.post(&format!("{line}/void")).body(json!({"reason": "x"})),
        "approval_needed",
    );
    check(
        "discount",
        waiter.post(&s.order("/discounts")).body(json!({"name": "x", "percent": "1"})),
        "approval_needed",
    );
    check("void", waiter.post(&s.order("/void")).body(json!({"reason": "x"})), "approval_needed");
    check("refund", waiter.post(&format!("/payments/{}/refunds", s.payment)).body(json!({})), "approval_needed");
    check("close the day", waiter.post("/business-day/close").body(json!({})), "forbidden");
    check("hire", waiter.post("/staff").body(json!({"name": "x", "role": "owner", "pin": PIN})), "forbidden");
    check("the menu", waiter.patch("/items/1").body(json!({"name": "x"})), "forbidden");
    check(
        "a manager makes owners",
        s.n.manager.post("/staff").body(json!({"name": "x", "role": "owner", "pin": PIN})),
        "forbidden",
    );
    // Tokens of nobody.
    let anyone = s.n.house.anyone();
    let open = |client: &Client| client.post("/orders").body(json!({"kind": "dine_in"}));
    s.check("none", open(&anyone), "token_missing");
    for token in ["x", "cms_", "cmd_0", "' or 1=1 --", &"t".repeat(4000)] {
        s.check("nobody's", open(&anyone.with_token(token)), "token_invalid");
    }
    for header in ["Basic abc", "Bearer", "Bearer ", "bearer", "Token x"] {
        s.check(header, open(&anyone).header("authorization", header), "token_missing");
    }
    s.check("a terminal nobody is signed in on", open(&s.n.house.terminal_of("waiter")), "token_missing");

    let cashier = s.n.house.person("cashier").clone();
    s.n.manager.delete(&format!("/devices/{}", cashier.device_id)).done();
    s.check("on a revoked device", open(&s.n.house.as_("cashier")), "token_invalid");
    s.check(
        "a revoked device",
        s.n.house
            .terminal_of("cashier")
            .post("/sessions")
            .no_key()
            .body(json!({"staff_id": cashier.staff_id, "pin": PIN})),
        "token_invalid",
    );
    let (owner, ended) = (s.n.house.sign_in("owner"), s.n.house.sign_in("waiter"));
    ended.delete("/sessions/current").done();
    open(&ended).refused("token_invalid");
    s.n.house.clock.advance_ms(16 * 60 * 60 * 1000);
    let before = s.n.house.sign_in("owner").get("/orders").ok().int("/page/total");
    open(&s.n.waiter).refused("token_invalid");
    open(&owner).refused("token_invalid");
    assert_eq!(
        s.n.house.sign_in("owner").get("/orders").ok().int("/page/total"),
        before,
        "an expired token opened an order"
    );
}

#[test]
fn what_is_paid_is_never_edited() {
    let s = Stage::new();
    let paid = |more: &str| format!("/orders/{}{more}", s.paid);
    let m = |method: &'static str, path: &str, body: Value| s.n.manager.request(method, path).if_match("*").body(body);
    let line = paid(&format!("/lines/{}", s.paid_line));
    s.check("pay", m("POST", &paid("/payments"), json!({"tender": "cash"})), "order_closed");
    s.check("void", m("POST", &paid("/void"), json!({"reason": "x"})), "order_closed");
    s.check("void a line", m("POST", &format!("{line}/void"), json!({"reason": "x"})), "order_closed");
    s.check("comp a line", m("POST", &format!("{line}/comp"), json!({})), "order_closed");
    s.check("edit a line", m("PATCH", &line, json!({"quantity": 1})), "order_closed");
    s.check(
        "add",
        m("POST", &paid("/lines"), json!({"lines": [{"variant_id": s.n.pilsner, "quantity": 1}]})),
        "order_closed",
    );
    s.check("discount", m("POST", &paid("/discounts"), json!({"name": "x", "percent": "1"})), "order_closed");
    s.check("close", m("POST", &paid("/close"), json!({})), "order_closed");
    s.check("guests", m("PATCH", &paid(""), json!({"guests": 9})), "order_closed");
    s.check("send", m("POST", &paid("/send"), json!({})), "order_closed");
    s.check("bill", m("POST", &paid("/bill"), json!({})), "order_closed");
    let refund = |body: Value| m("POST", &format!("/payments/{}/refunds", s.payment), body);
    s.check("refund above paid", refund(json!({"amount": 961})), "refund_too_high");
    s.check("refund above paid", refund(json!({"amount": 1_000_000_000_000_i64})), "refund_too_high");
    s.check("refund of nothing", refund(json!({"amount": 0})), "invalid");
    s.check("refund of another's dish", refund(json!({"lines": [{"line_id": s.line, "quantity": 1}]})), "invalid");
    s.check(
        "refund of more dishes",
        refund(json!({"lines": [{"line_id": s.paid_line, "quantity": 3}]})),
        "refund_too_high",
    );
    s.check(
        "resolve",
        m("POST", &format!("/payments/{}/resolve", s.payment), json!({"state": "declined"})),
        "not_pending",
    );
    s.check("no payment", m("POST", "/payments/999/refunds", json!({})), "not_found");
    let tip = |body: Value| m("POST", &format!("/payments/{}/tip", s.payment), body);
    s.check("a tip below zero", tip(json!({"amount": -1})), "invalid");
    s.check("a tip beyond all money", tip(json!({"amount": i64::MAX})), "invalid");
    s.check("a tip of no amount", tip(json!({})), "invalid");
    s.check("a tip of nobody", tip(json!({"amount": 10, "staff_id": 999})), "invalid");
    let correct = |body: Value| m("POST", &format!("/payments/{}/correct", s.payment), body);
    s.check("no tender", correct(json!({"tender_id": 999})), "invalid");
    s.check("the same tender", correct(json!({"tender_id": 1})), "invalid");
    s.check("no tender said", correct(json!({})), "invalid");
    let over = s.n.waiter.post(&s.order("/payments")).if_match("*").body(json!({"tender": "card", "amount": 3101}));
    s.check("overpaid", over, "overpaid");

    let free = s.n.order(&[(s.n.pilsner, 1)]);
    free.post_by_manager(&format!("/lines/{}/comp", free.line(0)), json!({})).ok();
    s.check("nothing to pay", free.post("/payments", json!({"tender": "cash"})), "nothing_due");

    // With something paid on it an open order keeps at least that.
    s.n.waiter.post(&s.order("/payments")).if_match("*").body(json!({"tender": "card", "amount": 2900})).created();
    let open = s.order(&format!("/lines/{}", s.line));
    s.check("void", m("POST", &s.order("/void"), json!({"reason": "x"})), "already_paid");
    s.check("below paid", m("POST", &format!("{open}/void"), json!({"reason": "x"})), "below_paid");
    s.check("below paid", m("POST", &format!("{open}/comp"), json!({})), "below_paid");
    s.check("below paid", m("POST", &s.order("/discounts"), json!({"name": "x", "percent": "10"})), "below_paid");
    s.check("still due", m("POST", &s.order("/close"), json!({})), "still_due");
}

#[test]
fn the_day_closes_once_and_not_over_open_orders() {
    let s = Stage::new();
    let close = |body: Value| s.n.manager.post("/business-day/close").body(body);
    let before = s.all();
    let refused = close(json!({})).refused("orders_open");
    assert_eq!((refused.list("/orders").len(), refused.int("/orders/0/id")), (1, s.open));
    assert_eq!(s.all(), before);
    s.check("a day to come", close(json!({"business_date": "2026-11-21", "carry_over": true})), "invalid");
    s.check("no day", close(json!({"business_date": "2026-02-30"})), "invalid");
    let mut codes: Vec<String> = std::thread::scope(|scope| {
        let both = [(); 2].map(|()| {
            scope.spawn(|| {
                let answer = close(json!({"carry_over": true})).send();
                answer.json()["code"].as_str().unwrap_or("closed").to_owned()
            })
        });
        both.map(|one| one.join().unwrap()).to_vec()
    });
    codes.sort();
    assert_eq!(codes, ["closed", "day_closed"]);
    assert_eq!(s.n.manager.get("/z-reports").ok().int("/page/total"), 1);
    s.check("once more", close(json!({"carry_over": true})), "day_closed");
}

#[test]
fn http_that_is_none() {
    let s = Stage::new();
    let token = &s.n.house.person("waiter").token;
    let before = s.all();
    let check = |what: &str, bytes: Vec<u8>, statuses: &[u16]| {
        let answer = s.n.house.raw(&bytes);
        let status: u16 =
            answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{what}: {answer:?}"));
        assert!(statuses.contains(&status), "{what}: {answer}");
    };
    let post = |headers: &str, body: &str| {
        format!("POST /api/v1/orders HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nidempotency-key: r\r\n{headers}connection: close\r\n\r\n{body}").into_bytes()
    };
    let json = "content-type: application/json\r\n";
    check("rubbish", b"rubbish\r\n\r\n".to_vec(), &[400]);
    check("no version", b"GET /\r\n\r\n".to_vec(), &[400]);
    check("a length of nothing", post(&format!("{json}content-length: -1\r\n"), "{}"), &[400]);
    check("two lengths", post(&format!("{json}content-length: 2\r\ncontent-length: 3\r\n"), "{}"), &[400]);
    check("a bad chunk", post(&format!("{json}transfer-encoding: chunked\r\n"), "zz\r\n{}\r\n0\r\n\r\n"), &[400]);
    check(
        "a long header",
        post(&format!("x-long: {}\r\n{json}content-length: 2\r\n", "x".repeat(500_000)), "{}"),
        &[400, 413, 431],
    );
    let many = "x-many: y\r\n".repeat(2000);
    check("many headers", post(&format!("{many}{json}content-length: 2\r\n"), "{}"), &[400, 413, 431]);
    check(
        "a long address",
        format!("GET /api/v1/orders?state={} HTTP/1.1\r\nhost: localhost\r\n\r\n", "x".repeat(500_000)).into_bytes(),
        &[400, 413, 414, 431],
    );
    check("a header of bytes", post(&format!("if-match: \u{1}\r\n{json}content-length: 2\r\n"), "{}"), &[400, 422]);
    check(
        "a version of bytes",
        {
            let mut bytes = post("if-match: \"@\"\r\ncontent-length: 0\r\n", "");
            let at = bytes.iter().position(|b| *b == b'@').unwrap();
            bytes[at] = 0xff;
            bytes
        },
        &[400, 422],
    );
    check(
        "a coded body",
        post(&format!("{json}content-encoding: gzip\r\ncontent-length: 4\r\n"), "{}{}"),
        &[400, 415, 422],
    );
    let chunked = s.n.house.raw(&post(&format!("{json}transfer-encoding: chunked\r\n"), "zz\r\n{}\r\n0\r\n\r\n"));
    let problem: Value = serde_json::from_str(chunked.split("\r\n\r\n").last().unwrap()).unwrap();
    assert_eq!(problem["code"], "bad_request", "{chunked}");
    crate::client::note_refusal("bad_request");
    // Half a body, and then silence: nothing happens.
    drop(s.n.house.raw(&post(&format!("{json}content-length: 1000\r\n"), "{\"kind\":\"dine_in\"}")));
    assert_eq!(s.all(), before);
    for method in ["DELETE", "PUT", "TRACE", "BREW"] {
        s.check(method, s.n.waiter.request(method, "/orders"), "method_not_allowed");
    }
    // An address that is written out is no id of another.
    for (method, path, allow) in [
        ("DELETE", "/devices/pair", "POST"),
        ("PATCH", "/time-clock/break", "POST"),
        ("PUT", "/time-clock/current", "GET"),
    ] {
        let answer = s.n.house.as_("owner").request(method, path).send();
        assert_eq!((answer.status, answer.header("allow")), (405, allow), "{method} {path}");
    }
    assert_eq!(s.n.manager.get("/time-clock/now").send().status, 404);
}
