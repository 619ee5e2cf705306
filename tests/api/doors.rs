//! By which names the server may be asked, from which pages, and what nobody may write down.

use serde_json::{Value, json};

use crate::client::note_refusal;
use crate::harness::House;
use crate::orders::Night;

/// The status and the problem's code of `GET /api/v1/menu` with these heads, none for `Host` but what they say.
fn asked(house: &House, line: &str, heads: &[&str]) -> (u16, String) {
    let token = &house.person("waiter").token;
    let heads: String = heads.iter().map(|head| format!("{head}\r\n")).collect();
    let told =
        house.raw(format!("{line}\r\n{heads}Authorization: Bearer {token}\r\nConnection: close\r\n\r\n").as_bytes());
    let status = told.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let body = told.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    let code = serde_json::from_str::<Value>(body).ok().and_then(|json| json["code"].as_str().map(str::to_owned));
    code.iter().for_each(|code| note_refusal(code));
    (status, code.unwrap_or_default())
}

#[test]
fn it_answers_to_its_addresses_and_its_names_alone() {
    let house = House::open_set(|config| config.hosts = vec!["till.lan".to_owned()]);
    let own = house.running().addr;
    let check = |host: &str, status: u16| {
        let (told, code) = asked(&house, "GET /api/v1/menu HTTP/1.1", &[&format!("Host: {host}")]);
        assert_eq!(told, status, "{host}: {code}");
        assert_eq!(code, if status == 421 { "host_unknown" } else { "" }, "{host}");
    };
    for host in [&own.to_string(), "192.168.7.7:8300", "[::1]:8300", "localhost", "till.lan:8300", "TILL.LAN"] {
        check(host, 200);
    }
    for host in ["evil.example", "evil.example:8300", "till.lan.evil.example", "127.0.0.1.evil.example"] {
        check(host, 421);
    }
    // The name in the address goes before the one in the head, and pages are asked under names too.
    let (status, code) = asked(&house, "GET http://evil.example/api/v1/menu HTTP/1.1", &["Host: till.lan"]);
    assert_eq!((status, code.as_str()), (421, "host_unknown"));
    for page in ["/stats", "/livez", "/metrics", "/openapi.json", "/docs/"] {
        assert_eq!(asked(&house, &format!("GET {page} HTTP/1.1"), &["Host: evil.example"]).0, 421, "{page}");
    }
}

#[test]
fn any_name_will_do_where_the_operator_says_so() {
    let house = House::open_set(|config| config.hosts = vec!["*".to_owned()]);
    for heads in [&["Host: evil.example"][..], &["Host: evil.example", "Sec-Fetch-Site: cross-site"]] {
        assert_eq!(asked(&house, "GET /api/v1/menu HTTP/1.1", heads).0, 200);
    }
}

#[test]
fn a_page_from_elsewhere_is_not_answered() {
    let house = House::open();
    let own = format!("Host: {}", house.running().addr);
    let check = |line: &str, heads: &[&str], status: u16| {
        let heads: Vec<&str> = [own.as_str()].into_iter().chain(heads.iter().copied()).collect();
        let (told, code) = asked(&house, line, &heads);
        assert_eq!(told, status, "{line} {heads:?}: {code}");
        assert_eq!(code == "cross_site", status == 403, "{line} {heads:?}: {code}");
    };
    let menu = "GET /api/v1/menu HTTP/1.1";
    let origin = format!("Origin: http://{}", house.running().addr);
    for heads in [&[][..], &["Sec-Fetch-Site: same-origin"], &["Sec-Fetch-Site: none"], &[origin.as_str()]] {
        check(menu, heads, 200);
    }
    for heads in [
        &["Sec-Fetch-Site: cross-site"][..],
        &["Sec-Fetch-Site: same-site"],
        &["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"],
        &["Origin: https://evil.example"],
        &["Origin: null"],
    ] {
        check(menu, heads, 403);
        check("POST /api/v1/orders HTTP/1.1", heads, 403);
    }
    // A link may be followed, a form may not be sent.
    let followed = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"];
    check("GET /stats HTTP/1.1", &followed, 200);
    check("POST /api/v1/sessions HTTP/1.1", &followed, 403);
}

#[test]
fn a_card_number_is_written_down_nowhere() {
    let n = Night::new();
    let card = "4111 1111 1111 1111";
    let line = |note: &str| json!([{"variant_id": n.carbonara, "quantity": 1, "note": note}]);
    let open = |body: Value| n.waiter.post("/orders").body(body);
    let kind = "takeaway";
    open(json!({"kind": kind, "lines": line(card)})).refused("invalid").at_fault("/lines/0/note", "card_number");
    open(json!({"kind": kind, "note": format!("pays with {card}")}))
        .refused("invalid")
        .at_fault("/note", "card_number");
    open(json!({"kind": kind, "tab_name": card})).refused("invalid").at_fault("/tab_name", "card_number");
    let customer = json!({"kind": kind, "customer": {"name": card}});
    open(customer).refused("invalid").at_fault("/customer/name", "card_number");
    assert_eq!(n.waiter.get("/orders").ok().int("/page/total"), 0);

    // What a terminal calls a payment, and what a supplier calls a dish, may look like one by chance.
    let phone = json!({"name": "Rossi", "phone": "4111111111111111", "vat_id": "4111111111111111"});
    open(json!({"kind": kind, "customer": phone})).created();
    n.manager
        .patch("/settings")
        .body(json!({"receipt_footer": "4111 1111 1111 1111", "tax_number": "4111111111111111"}))
        .ok();
    let order = n.order(&[(n.carbonara, 1)]);
    let reason = json!({"reason": card});
    order.post_by_manager("/void", reason).refused("invalid").at_fault("/reason", "card_number");
    order.post("/payments", json!({"tender": "card", "reference": "4111111111111111"})).created();
    let variants = json!([{"name": "one", "price": 100, "sku": "5555555555554444"}]);
    let item = n.manager.get("/items").ok();
    let (category, tax) = (item.int("/items/0/category_id"), item.at("/items/0/tax_class").clone());
    n.manager
        .post("/items")
        .body(json!({"name": "Gum", "category_id": category, "tax_class": tax, "variants": variants}))
        .created();
}
