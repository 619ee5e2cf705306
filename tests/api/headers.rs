//! What every answer says of itself, and what no route takes: over all of them, as the server describes them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::harness::House;

/// Each route as a method and an address that leads to it.
fn routes(house: &House) -> Vec<(&'static str, String)> {
    let api = house.anyone().page("/openapi.json").ok();
    let mut routes = Vec::new();
    for (path, item) in api.at("/paths").as_object().unwrap() {
        let there: Vec<&str> = path
            .split('/')
            .map(|part| match part {
                "{code}" => "sold_out",
                part if part.starts_with('{') => "999999",
                part => part,
            })
            .collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if item.get(method.to_lowercase()).is_some() {
                routes.push((method, there.join("/")));
            }
        }
    }
    let pages = ["/stats", "/docs/", "/docs", "/trust", "/assets/none.js", "/nowhere", "/"];
    routes.extend(pages.map(|page| ("GET", page.to_owned())));
    assert!(routes.len() > 150, "{} routes", routes.len());
    routes
}

fn send(house: &House, client: &Client, method: &'static str, path: &str, heads: &[(&str, &str)]) -> Answer {
    let address = format!("http://{}{path}", house.running().addr);
    let request = client.build(method, address).key("a-key");
    heads.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
}

/// Streams have no end; their heads are looked at in their own tests.
fn is_stream(path: &str) -> bool {
    matches!(path, "/api/v1/events" | "/api/v1/stats/live")
}

#[test]
fn every_answer_says_how_it_is_to_be_taken() {
    let house = House::open();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for (method, path) in routes(&house) {
        // By nobody and by who may everything; what signs out comes to its end.
        let by = [house.anyone(), house.as_("owner")];
        for client in by.iter().filter(|_| !is_stream(&path)) {
            if path == "/api/v1/sessions/current" && !client.token().is_empty() {
                continue;
            }
            let answer = send(&house, client, method, &path, &[]);
            let what = format!("{method} {path}: {}", answer.status);
            let kind = answer.header("content-type").to_owned();
            if !answer.bytes.is_empty() {
                assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
                assert!(!kind.is_empty(), "{what}: of no type");
            }
            // Nothing is remembered in a browser that could be sent along by another page, and no page of another
            // origin may read anything.
            for name in answer.headers.keys().map(|name| name.as_str()) {
                assert!(name != "set-cookie" && !name.starts_with("access-control-"), "{what}: {name}");
            }
            if kind.starts_with("text/html") {
                let policy = answer.header("content-security-policy");
                assert!(
                    policy.contains("default-src 'none'") || policy.contains("default-src 'self'"),
                    "{what}: {policy:?}"
                );
                assert!(policy.contains("frame-ancestors"), "{what}: {policy:?}");
            }
            if path.starts_with("/api/") || kind == "application/problem+json" {
                let kept = answer.header("cache-control");
                assert!(kept == "no-store" || answer.status == 204 && kept.is_empty(), "{what}: {kept:?}");
            }
            *kinds.entry(kind).or_default() += 1;
        }
    }
    assert!(kinds["application/json"] > 50 && kinds["application/problem+json"] > 100, "{kinds:?}");
    let kept = house.as_("waiter").events("", None);
    drop(kept);
}

#[test]
fn no_route_takes_another_name_another_page_or_a_form() {
    let house = House::open();
    let json = json!({}).to_string();
    for (method, path) in routes(&house) {
        let check = |heads: &[(&str, &str)], status: u16, code: &str| {
            let answer = send(&house, &house.as_("owner"), method, &path, heads);
            let json: Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
            assert_eq!((answer.status, json["code"].as_str()), (status, Some(code)), "{method} {path} {heads:?}");
        };
        check(&[("host", "evil.example")], 421, "host_unknown");
        check(&[("sec-fetch-site", "cross-site")], 403, "cross_site");
        check(&[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")], 403, "cross_site");
        check(&[("origin", "https://evil.example")], 403, "cross_site");
        // A browser asks first whether it may; it is not told that it may.
        let address = format!("http://{}{path}", house.running().addr);
        let asked = house.anyone().build("OPTIONS", address.clone()).no_key();
        let asked = asked.header("origin", "https://evil.example").header("access-control-request-method", "POST");
        assert_eq!(asked.header("access-control-request-headers", "authorization").send().status, 403, "{path}");

        // What ends a session takes no body at all.
        if method == "GET" || path.ends_with("/sessions/current") {
            continue;
        }
        // A form of another page can say these of itself, and none says JSON.
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"] {
            let request = house.as_("owner").build(method, address.clone()).key("a-key");
            let answer = request.bytes(kind, json.clone()).send();
            let told: Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
            // Nothing that is changed by a call without a body is changed by one with a body of another kind.
            let code = told["code"].as_str().unwrap_or_default();
            assert!(code == "not_json_type", "{method} {path} as {kind}: {} {code}", answer.status);
        }
    }
}

/// What a browser would send along by itself is nothing to the server.
#[test]
fn a_cookie_is_nobodys_token() {
    let house = House::open();
    let token = house.person("owner").token.clone();
    for cookie in [format!("token={token}"), format!("__Host-token={token}"), format!("Authorization=Bearer {token}")] {
        house.anyone().get("/settings").header("cookie", &cookie).refused("token_missing");
    }
    house.anyone().get(&format!("/settings?token={token}")).refused("token_missing");
    house.anyone().get(&format!("/settings?access_token={token}")).refused("token_missing");
}
