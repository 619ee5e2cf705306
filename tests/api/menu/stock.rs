//! What is 86, what is counted down, and what selling does to it.

use comanda::error::{Error, Extra, Refusal};
use comanda::kernel::day::UtcMs;
use comanda::kernel::ids::{OptionId, VariantId};
use comanda::kernel::money::Money;
use comanda::kernel::service::Service;
use comanda::menu::ops;
use comanda::store::Store;
use serde_json::{Value, json};

use super::Menu;
use crate::harness::OPENING;
use crate::template;

impl Menu {
    #[track_caller]
    fn put(&self, what: &str, id: i64, body: Value) -> Value {
        self.manager.put(&format!("/{what}/{id}/availability")).body(body).ok().json().clone()
    }

    fn out(&self) -> Value {
        self.manager.get("/availability").ok().at("/items").clone()
    }

    /// The file without its server, as an operation of another domain sees it.
    fn store(&mut self) -> Store {
        self.house.stop();
        template::open(&self.house.folder.file("comanda.db"))
    }
}

#[test]
fn what_is_86_says_so_everywhere_until_it_is_back() {
    let m = Menu::new();
    let version = m.version();
    let check = |what: &str, id: i64, pointers: &[&str]| {
        let kind = what.trim_end_matches('s');
        let expected = json!({"id": id, "kind": kind, "available": false, "remaining": null, "until": null});
        assert_eq!(m.put(what, id, json!({"available": false})), expected);
        assert_eq!(m.out(), json!([expected]));
        for pointer in pointers {
            assert_eq!(m.at(pointer), false, "{pointer} while {kind} {id} is out");
        }
        m.put(what, id, json!({"available": true}));
        assert_eq!(m.out(), json!([]));
        for pointer in pointers {
            assert_eq!(m.at(pointer), true, "{pointer} when {kind} {id} is back");
        }
    };
    check("items", m.tiramisu, &["/c0/i0/available", "/c0/i0/v0/available", "/c0/i0/v1/available"]);
    check("variants", m.half, &["/c0/i0/v1/available"]);
    check("options", m.honey, &["/c0/i0/modifier_groups/0/options/1/available"]);
    m.put("variants", m.half, json!({"available": false}));
    assert_eq!((m.at("/c0/i0/available"), m.at("/c0/i0/v0/available")), (json!(true), json!(true)));
    assert_eq!(m.version(), version, "availability is no edit");
}

#[test]
fn it_comes_back_by_itself() {
    let m = Menu::new();
    let check = |until: &str, shown: &str| {
        m.house.at(OPENING);
        let told = m.put("items", m.tiramisu, json!({"available": false, "until": until}));
        assert_eq!(told["until"], shown, "{until}");
        assert_eq!(m.at("/c0/i0/available"), false);
        let end = UtcMs::parse(shown).unwrap();
        m.house.clock.set(end.plus_ms(-1));
        assert_eq!((m.at("/c0/i0/available"), m.out().as_array().unwrap().len()), (json!(false), 1), "{until}");
        m.house.clock.set(end);
        assert_eq!((m.at("/c0/i0/available"), m.out()), (json!(true), json!([])), "{until}");
    };
    check("2026-11-20T19:00:00+01:00", "2026-11-20T19:00:00.000+01:00");
    check("2026-11-20T20:30:00Z", "2026-11-20T21:30:00.000+01:00");
    check("day_end", "2026-11-21T04:00:00.000+01:00");
}

#[test]
fn an_end_that_moves_is_news_to_a_menu_that_is_cached() {
    let m = Menu::new();
    m.put("items", m.tiramisu, json!({"available": false, "until": "2026-11-20T21:00:00+01:00"}));
    assert_eq!(m.at("/c0/i0/available"), false);
    m.put("items", m.tiramisu, json!({"available": false, "until": "2026-11-20T20:00:00+01:00"}));
    m.house.at("2026-11-20T20:00:00+01:00");
    assert_eq!(m.at("/c0/i0/available"), true);
}

#[test]
fn what_cannot_be_said_of_availability() {
    let m = Menu::new();
    let check = |body: Value, pointer: &str, code: &str| {
        let put = m.manager.put(&format!("/variants/{}/availability", m.half)).body(body);
        put.refused("invalid").at_fault(pointer, code);
    };
    check(json!({}), "/available", "required");
    check(json!({"available": false, "remaining": 3}), "/remaining", "conflict");
    check(json!({"available": true, "remaining": -1}), "/remaining", "out_of_range");
    check(json!({"available": true, "until": "day_end"}), "/until", "conflict");
    check(json!({"available": false, "until": "tomorrow"}), "/until", "bad_format");
    check(json!({"available": false, "until": OPENING}), "/until", "out_of_range");
    check(json!({"available": false, "why": "mice"}), "/why", "unknown_field");
    for what in ["items", "variants", "options"] {
        let put = m.manager.put(&format!("/{what}/99/availability")).body(json!({"available": false}));
        put.refused("not_found");
    }
    assert_eq!(m.out(), json!([]));
}

#[test]
fn a_countdown_does_not_send_the_menu_again() {
    let m = Menu::new();
    let menu = m.manager.get("/menu").ok();
    for remaining in [10, 3, 1] {
        let told = m.put("variants", m.whole, json!({"available": true, "remaining": remaining}));
        assert_eq!(told["remaining"], remaining);
        let again = m.manager.get("/menu").if_none_match(&menu.etag()).send().expect(304);
        assert!(again.header("server-timing").contains("desc=\"hit\""), "{remaining} left");
    }
    let none = m.put("variants", m.whole, json!({"available": true, "remaining": 0}));
    assert_eq!((&none["available"], &none["remaining"]), (&json!(false), &json!(0)));
    let closed = m.manager.get("/menu").if_none_match(&menu.etag()).ok();
    assert!(!closed.bool("/categories/0/items/0/variants/0/available"));
}

#[test]
fn what_leaves_the_menu_leaves_availability() {
    let m = Menu::new();
    m.put("items", m.tiramisu, json!({"available": false}));
    m.put("variants", m.whole, json!({"available": true, "remaining": 2}));
    m.put("options", m.syrup, json!({"available": false}));
    m.manager.delete(&format!("/items/{}", m.tiramisu)).done();
    m.manager.delete(&format!("/modifier-groups/{}", m.size)).done();
    assert_eq!(m.out(), json!([]));
}

/// A negative quantity is given back; what is then known of item, option and variant stands last.
#[test]
fn selling_counts_down_wherever_somebody_counts() {
    let mut m = Menu::new();
    m.put("variants", m.whole, json!({"available": true, "remaining": 3}));
    m.put("items", m.tiramisu, json!({"available": true, "remaining": 9}));
    m.put("options", m.honey, json!({"available": true, "remaining": 4}));
    let (whole, half, honey, syrup) = (VariantId::new(m.whole), VariantId::new(m.half), m.honey, m.syrup);
    let store = m.store();
    let at = UtcMs::parse(OPENING).unwrap();
    let check = |variant: VariantId, options: &[(i64, i64)], quantity: i64, reserved: Result<i64, i64>, left: &str| {
        let chosen: Vec<(OptionId, i64)> = options.iter().map(|(id, n)| (OptionId::new(*id), *n)).collect();
        let sold = store.write_blocking(move |tx| {
            let sellable = ops::sellable(tx, variant)?.unwrap();
            if quantity > 0 {
                return ops::reserve(tx, at, &sellable, &chosen, quantity);
            }
            ops::release(tx, at, variant, sellable.item, &chosen, -quantity)?;
            Ok(0)
        });
        let sold = sold.map_err(|error| match error {
            Error::Refused(refused) if refused.refusal == Refusal::SoldOut => {
                assert!(refused.extra.contains(&("variant_id", Extra::Int(variant.get()))), "{refused:?}");
                match refused.extra.iter().find(|(name, _)| *name == "remaining") {
                    Some((_, Extra::Int(n))) => *n,
                    other => panic!("remaining is {other:?}"),
                }
            }
            other => panic!("{other}"),
        });
        assert_eq!(sold, reserved, "{quantity} of {variant} with {options:?}");
        let known = store.read_blocking(move |db| ops::all_stock(db, at)).unwrap();
        let shown: Vec<String> = known
            .iter()
            .map(|(subject, stock)| format!("{} {} {:?}", subject.kind(), stock.available, stock.remaining.unwrap()))
            .collect();
        assert_eq!(shown.join(", "), left, "after {quantity} of {variant} with {options:?}");
    };
    check(whole, &[], 2, Ok(2), "item true 7, option true 4, variant true 1");
    check(whole, &[], 2, Err(1), "item true 7, option true 4, variant true 1");
    check(half, &[(honey, 2)], 1, Ok(1), "item true 6, option true 2, variant true 1");
    check(half, &[(syrup, 1), (honey, 3)], 1, Err(2), "item true 6, option true 2, variant true 1");
    check(half, &[(honey, 1)], 2, Ok(2), "item true 4, option false 0, variant true 1");
    check(half, &[(honey, 1)], 1, Err(0), "item true 4, option false 0, variant true 1");
    check(half, &[(honey, 1)], -2, Ok(0), "item true 6, option true 2, variant true 1");
    check(whole, &[], 1, Ok(1), "item true 5, option true 2, variant false 0");
    check(whole, &[], 1, Err(0), "item true 5, option true 2, variant false 0");
    check(half, &[], 5, Ok(5), "item false 0, option true 2, variant false 0");
    check(whole, &[], -1, Ok(0), "item true 1, option true 2, variant true 1");
    store.stop();
}

#[test]
fn what_a_line_needs_to_know() {
    let mut m = Menu::new();
    let (whole, glass, tax, takeaway) = (
        m.whole,
        m.water + 1,
        m.tax,
        json!([
        {"name": "VAT 4", "rate": "4", "included": true, "compound": false}]),
    );
    m.manager.patch(&format!("/tax-classes/{tax}")).body(json!({"takeaway_rates": takeaway})).ok();
    let store = m.store();
    let known = store.read_blocking(move |db| {
        let sold = ops::sellable(db, VariantId::new(whole))?.unwrap();
        assert_eq!((sold.name.as_str(), sold.variant_name.as_str()), ("Tiramisù", "Whole"));
        assert_eq!((sold.price, sold.station), (Some(Money::new(900)), None));
        let options: Vec<(&str, i64)> =
            sold.groups[0].options.iter().map(|o| (o.name.as_str(), o.price.minor())).collect();
        assert_eq!((sold.groups.len(), options), (1, vec![("Syrup", 50), ("Honey", 80)]));
        let open = ops::sellable(db, VariantId::new(glass))?.unwrap();
        assert_eq!((open.price, open.groups.len()), (None, 0));
        assert_eq!(ops::sellable(db, VariantId::new(99))?, None);
        assert_eq!(ops::version(db)?, 8);
        // The version before keeps its one rate for both; the new one has one of its own for takeaway.
        let names = |version: i64, service: Service| -> comanda::error::Result<Vec<String>> {
            Ok(ops::rates(db, version, service)?.into_iter().map(|rate| rate.name).collect())
        };
        let current = sold.tax_version;
        assert_eq!(names(current, Service::DineIn)?, ["VAT 10"]);
        assert_eq!(names(current, Service::Takeaway)?, ["VAT 4"]);
        assert_eq!(names(current - 1, Service::Takeaway)?, ["VAT 10"]);
        Ok(())
    });
    store.stop();
    known.unwrap();
}
