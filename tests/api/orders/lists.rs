//! Pages of orders.

use std::collections::BTreeSet;

use comanda::store::Cursor;
use serde_json::{Value, json};

use super::scene::Night;

/// Fourteen orders over three days in two months: by day, kind, state and table.
fn history(n: &Night) -> Vec<i64> {
    let mut ids = Vec::new();
    let days = [("2026-11-20", 3), ("2026-11-30", 5), ("2026-12-01", 6)];
    for (day, count) in days {
        n.house.at(&format!("{day}T19:00:00+01:00"));
        let waiter = n.house.sign_in("waiter");
        for at in 0..count {
            let kind = if at % 2 == 0 { "dine_in" } else { "takeaway" };
            let table = (at == 0).then_some(n.tables[0]);
            let body = json!({"kind": kind, "table_id": table, "another": true, "lines": [{"variant_id": n.pilsner, "quantity": at + 1}]});
            let order = waiter.post("/orders").body(body).created();
            if at == 1 {
                waiter.post(&format!("/orders/{}/void", order.id())).if_match("*").body(json!({"reason": "x"})).ok();
            }
            ids.push(order.id());
        }
    }
    ids.reverse();
    ids
}

fn ids(items: &[Value]) -> Vec<i64> {
    items.iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

#[test]
fn pages_are_newest_first_and_their_totals_exact() {
    let n = Night::new();
    let all = history(&n);
    let waiter = n.house.sign_in("waiter");
    assert_eq!(all.len(), 14);
    #[track_caller]
    fn check(waiter: &crate::client::Client, filter: &str, expected: &[i64]) {
        for size in [1, 2, 5, 100] {
            let mut paged = Vec::new();
            let pages = expected.len().div_ceil(size);
            for page in 1..=pages.max(1) {
                let list = waiter.get(&format!("/orders?limit={size}&page={page}&{filter}")).ok();
                let numbers = json!({"number": page, "size": size, "total": expected.len(), "pages": pages});
                assert_eq!(list.at("/page"), &numbers, "{filter}");
                assert_eq!(list.bool("/has_more"), page < pages, "{filter}");
                assert_eq!(list.header("link").contains("rel=\"next\""), page < pages, "{}", list.header("link"));
                paged.extend(ids(list.list("/items")));
            }
            assert_eq!(paged, expected, "{filter} by {size}");
            let past = waiter.get(&format!("/orders?limit={size}&page={}&{filter}", pages + 1)).ok();
            assert_eq!((past.list("/items").len(), past.int("/page/total")), (0, expected.len() as i64), "{filter}");
            // The same walked by cursors.
            let mut walked = Vec::new();
            let mut list = waiter.get(&format!("/orders?limit={size}&{filter}")).ok();
            loop {
                walked.extend(ids(list.list("/items")));
                let Some(cursor) = list.at("/next_cursor").as_str().map(str::to_owned) else { break };
                list = waiter.get(&format!("/orders?limit={size}&cursor={cursor}&{filter}")).ok();
                assert!(list.json().get("page").is_none(), "{filter}");
            }
            assert_eq!(walked, expected, "{filter} walked by {size}");
        }
    }
    let (december, november_30, november_20) = (&all[..6], &all[6..11], &all[11..]);
    let state = |voided: bool| -> Vec<i64> {
        let is_second = |id: &i64| [december, november_30, november_20].iter().any(|day| day[day.len() - 2] == *id);
        all.iter().copied().filter(|id| is_second(id) == voided).collect()
    };
    check(&waiter, "", &all);
    check(&waiter, "state=open", &state(false));
    check(&waiter, "state=voided", &state(true));
    check(&waiter, "state=paid", &[]);
    check(&waiter, "business_date=2026-11-30", november_30);
    check(&waiter, "business_date=2026-11-29", &[]);
    check(&waiter, "from=2026-11-30", &all[..11]);
    check(&waiter, "to=2026-11-30", &all[6..]);
    check(&waiter, "from=2026-11-21&to=2026-11-30", november_30);
    check(&waiter, "from=2026-11-20&to=2026-12-01", &all);
    check(&waiter, "from=2026-11-30&to=2026-12-31&state=voided", &state(true)[..2]);
    check(&waiter, "from=1970-01-01&to=9999-12-31", &all);
    let of_kind = |dine_in: bool| -> Vec<i64> {
        let mut found = Vec::new();
        for day in [december, november_30, november_20] {
            found.extend(
                day.iter()
                    .rev()
                    .enumerate()
                    .filter(|(at, _)| (at % 2 == 0) == dine_in)
                    .map(|(_, id)| *id)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev(),
            );
        }
        found
    };
    let range = "from=2026-11-01&to=2026-12-31";
    check(&waiter, &format!("{range}&kind=dine_in"), &of_kind(true));
    check(&waiter, &format!("{range}&kind=takeaway"), &of_kind(false));
    check(&waiter, &format!("{range}&kind=takeaway&state=voided"), &state(true));
    check(&waiter, &format!("{range}&kind=delivery"), &[]);
    let firsts = [december, november_30, november_20].map(|day| day[day.len() - 1]);
    check(&waiter, &format!("{range}&table_id={}", n.tables[0]), &firsts);
    check(&waiter, &format!("{range}&table_id=99"), &[]);
    let walter = n.house.person("waiter").staff_id;
    check(&waiter, &format!("{range}&staff_id={walter}"), &all);
    check(
        &waiter,
        &format!("business_date=2026-12-01&staff_id={walter}&kind=dine_in&state=open&table_id={}", n.tables[0]),
        &firsts[..1],
    );
}

#[test]
fn what_the_counts_do_not_cover_wants_a_range() {
    let n = Night::new();
    let waiter = &n.waiter;
    for filter in [
        "kind=dine_in",
        "table_id=1",
        "staff_id=1",
        "kind=dine_in&from=2026-11-20",
        "kind=dine_in&to=2026-11-20",
        "kind=dine_in&from=2026-08-01&to=2026-11-01",
        "staff_id=1&state=open",
    ] {
        waiter.get(&format!("/orders?{filter}")).refused("range_required");
    }
    waiter.get("/orders?kind=dine_in&from=2026-08-01&to=2026-10-31").ok();
    let check = |query: &str, pointer: &str, code: &str| {
        waiter.get(&format!("/orders?{query}")).refused("invalid").at_fault(pointer, code);
    };
    check("state=closed", "state", "unknown_value");
    check("kind=drive_in", "kind", "unknown_value");
    check("from=2026-13-01", "from", "bad_format");
    check("from=2026-02-30", "from", "bad_format");
    check("from=2026-11-20&to=2026-11-19", "to", "out_of_range");
    check("business_date=2026-11-20&from=2026-11-20", "business_date", "conflict");
    check("business_date=today", "business_date", "bad_format");
    check("expand=lines", "expand", "unknown_value");
    check("fields=id,colour", "fields", "unknown_value");
    check("fields=", "fields", "unknown_value");
    check("limit=0", "limit", "out_of_range");
    check("limit=101", "limit", "out_of_range");
    check("page=0", "page", "out_of_range");
    check("page=-1", "page", "out_of_range");
    check("cursor=zzz", "cursor", "bad_format");
    check("colour=red", "colour", "unknown_field");
    waiter.get("/orders?limit=ten").refused("invalid");
    waiter.get("/orders?limit=99999999999999999999").refused("invalid");
    waiter.get("/orders?page=4294967295&limit=100").ok();
    let both = waiter.get(&format!("/orders?page=1&cursor={}", Cursor { key: 1, id: 1 }.encode()));
    both.refused("invalid").at_fault("cursor", "not_both");
    // A cursor of no list of ours opens nothing and breaks nothing.
    for (key, id) in [
        (i64::MIN, 0),
        (-1, -1),
        (0, 0),
        (i64::MAX, i64::MAX),
        (20_000, i64::MIN),
        (i64::from(i32::MAX), 1),
        (i64::from(i32::MIN), 1),
    ] {
        for filter in ["", "&state=open", "&kind=dine_in&from=2026-11-01&to=2026-11-30"] {
            waiter.get(&format!("/orders?cursor={}{filter}", Cursor { key, id }.encode())).ok();
        }
    }
}

#[test]
fn a_list_shows_what_is_asked_for() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    order.post_by_manager("/discounts", json!({"name": "x", "percent": "10"})).created();
    let whole = order.now().json().clone();
    let mut head = whole.clone();
    head.as_object_mut().unwrap().remove("checks");
    let item = |query: &str| n.waiter.get(&format!("/orders?{query}")).ok().at("/items/0").clone();
    assert_eq!(item(""), head, "the same but its checks");
    assert_eq!(item("expand=checks"), whole);
    let names: BTreeSet<&String> = whole.as_object().unwrap().keys().collect();
    for name in names {
        let picked = item(&format!("expand=checks&fields={name}"));
        assert_eq!(picked, json!({name: whole[name]}), "{name}");
    }
    let text = n.waiter.get("/orders?fields=total,%20display_number,id").ok().text();
    assert!(text.contains("{\"id\":1,\"display_number\":1,\"total\":2682}"), "{text}");
    let link = n.waiter.get("/orders?state=open&limit=1&page=1").ok().header("link").to_owned();
    assert_eq!(
        link,
        "</api/v1/orders?state=open&limit=1&page=1>; rel=\"first\", </api/v1/orders?state=open&limit=1&page=1>; rel=\"last\""
    );
}
