//! Settings, and the lists everything refers to.

use comanda::store::Statement;
use serde_json::{Value, json};

use crate::harness::House;

#[test]
fn settings_begin_with_what_was_said_and_the_defaults() {
    let house = House::open();
    let settings = house.as_("waiter").get("/settings").ok();
    let expected = json!({
        "name": "Da Gina", "legal_name": "", "address": "", "country": "", "vat_id": "", "tax_number": "",
        "currency": "EUR", "timezone": "Europe/Rome", "cutoff": "04:00", "tax_rounding": "per_line",
        "rounding_mode": "half_up", "cash_rounding": 0, "cash_rounding_when": "final_cash", "service_charges": [],
        "receipt_header": "", "receipt_footer": "", "receipt_missing": ["country", "address"],
        "approvals": settings.at("/approvals"),
    });
    assert_eq!(settings.json(), &expected);
    house.as_("cashier").get("/settings").if_none_match(&settings.etag()).send().expect(304);
}

#[test]
fn settings_change_field_by_field_and_everybody_sees_it_at_once() {
    let house = House::open();
    let manager = house.as_("manager");
    let before = manager.get("/settings").ok();
    let edit = json!({
        "name": "Da Gino", "legal_name": "Gino S.r.l.", "address": "Via Roma 1\n00100 Roma", "country": "IT",
        "vat_id": "IT00743110157", "timezone": "Europe/Lisbon", "cutoff": "05:30", "tax_rounding": "per_check",
        "rounding_mode": "half_even", "cash_rounding": 5, "cash_rounding_when": "all_cash",
        "receipt_header": "Benvenuti", "receipt_footer": "Grazie\nA presto", "currency": "CHF",
    });
    let changed = manager.patch("/settings").body(edit.clone()).ok();
    for (field, value) in edit.as_object().unwrap() {
        assert_eq!(changed.at(&format!("/{field}")), value, "{field}");
    }
    assert_eq!(changed.at("/tax_number"), "", "what was not named stays");
    assert_eq!(changed.at("/receipt_missing"), &json!([]));
    let seen = house.as_("waiter").get("/settings").if_none_match(&before.etag()).ok();
    assert_eq!((seen.json(), seen.etag()), (changed.json(), changed.etag()));

    // The same again is no change, and no record.
    manager.patch("/settings").body(edit).ok();
    manager.patch("/settings").body(json!({})).ok();
    let journal = house.as_("auditor").get("/journal?limit=100").ok();
    assert_eq!(journal.list("/items").iter().filter(|r| r["kind"] == "settings.changed").count(), 1);
}

#[test]
fn settings_that_cannot_be() {
    let house = House::open();
    let check = |field: &str, value: Value, code: &str| {
        let request = house.as_("owner").patch("/settings").body(json!({ field: value }));
        request.refused("invalid").at_fault(&format!("/{field}"), code);
    };
    check("name", json!(""), "empty");
    check("name", json!("x".repeat(121)), "too_long");
    check("name", json!(7), "wrong_type");
    check("country", json!("Italy"), "bad_format");
    check("currency", json!("eur"), "bad_format");
    check("timezone", json!("Mars/Base"), "unknown_value");
    check("cutoff", json!("25:00"), "out_of_range");
    check("cutoff", json!("4am"), "bad_format");
    check("tax_rounding", json!("never"), "unknown_value");
    check("rounding_mode", json!("up"), "unknown_value");
    check("cash_rounding", json!(-5), "out_of_range");
    check("cash_rounding", json!(0.05), "wrong_type");
    check("cash_rounding_when", json!("sometimes"), "unknown_value");
    check("colour", json!("red"), "unknown_field");
    let many = house.as_("owner").patch("/settings").body(json!({"name": "", "cutoff": "x", "cash_rounding": -1}));
    assert_eq!(many.refused("invalid").list("/errors").len(), 3);
    assert_eq!(house.as_("owner").get("/settings").ok().str("/name"), "Da Gina");
}

#[test]
fn the_currency_is_fixed_once_there_is_an_order() {
    static ORDER: Statement = Statement::new(
        "test.order",
        "insert into orders (display_number, kind, service, state, guests, business_date, opened_at_ms)
         values (1, 'takeaway', 'takeaway', 'open', 1, '2026-11-20', 0)",
    );
    let house = House::open();
    let owner = house.as_("owner");
    let currency = |code: &str| owner.patch("/settings").body(json!({"currency": code}));
    assert_eq!(currency("CHF").ok().str("/currency"), "CHF");
    house.by_hand();
    house.running().house().store.write_blocking(|tx| Ok(tx.insert(&ORDER, ())?)).unwrap();
    currency("EUR").refused("currency_fixed");
    assert_eq!(currency("CHF").ok().str("/currency"), "CHF", "the one it has is no change");
}

#[test]
fn a_new_cutoff_starts_at_the_next_boundary() {
    let house = House::open();
    let owner = house.as_("owner");
    /// The business date a record has that is written now.
    fn date_now(house: &House, n: usize) -> String {
        let body = json!({"name": format!("Reason {n}"), "used_for": "void"});
        house.sign_in("owner").post("/reasons").body(body).created();
        let journal = house.sign_in("auditor").get("/journal?limit=100").ok();
        let mut records = journal.list("/items").iter().filter(|r| r["kind"] == "lists.changed");
        records.next_back().unwrap()["business_date"].as_str().unwrap().to_owned()
    }
    house.at("2026-11-21T02:00:00+01:00");
    assert_eq!(date_now(&house, 1), "2026-11-20");
    // The cutoff was at four; from now on it is at one, but this night still ends at four.
    owner.patch("/settings").body(json!({"cutoff": "01:00"})).ok();
    assert_eq!(date_now(&house, 2), "2026-11-20");
    house.at("2026-11-21T03:59:59+01:00");
    assert_eq!(date_now(&house, 3), "2026-11-20");
    house.at("2026-11-21T04:00:00+01:00");
    assert_eq!(date_now(&house, 4), "2026-11-21");
    house.at("2026-11-22T00:59:00+01:00");
    assert_eq!(date_now(&house, 5), "2026-11-21");
    house.at("2026-11-22T01:00:00+01:00");
    assert_eq!(date_now(&house, 6), "2026-11-22");
}

#[test]
fn service_charges_are_one_list() {
    let house = House::open();
    let owner = house.as_("owner");
    let set = |charges: Value| owner.patch("/settings").body(json!({"service_charges": charges}));
    let service = json!({"name": "Service", "percent": "12.5", "of": "after_discounts", "min_guests": 6,
        "optional": true, "tax": "as_lines", "goes_to": "staff"});
    let cover = json!({"name": "Coperto", "per_guest": 250, "of": "before_discounts", "optional": false,
        "tax": "none", "goes_to": "house"});
    let made = set(json!([service, cover])).ok();
    let with_id = |charge: &Value, id: i64| {
        let mut charge = charge.clone();
        charge["id"] = id.into();
        charge
    };
    let (one, two) = (made.int("/service_charges/0/id"), made.int("/service_charges/1/id"));
    assert_eq!(made.at("/service_charges"), &json!([with_id(&service, one), with_id(&cover, two)]));

    // Keep and change the second, drop the first, add a third.
    let mut dearer = with_id(&cover, two);
    dearer["per_guest"] = 300.into();
    let delivery = json!({"name": "Delivery", "amount": 500, "tax": "none"});
    let changed = set(json!([dearer, delivery])).ok();
    assert_eq!(changed.at("/service_charges/0"), &dearer);
    assert_eq!(changed.at("/service_charges/1/amount"), 500);
    assert_eq!(changed.at("/service_charges/1/of"), "after_discounts");
    assert_eq!(changed.list("/service_charges").len(), 2);
    assert_eq!(house.as_("waiter").get("/settings").ok().json(), changed.json());

    let check = |charge: Value, pointer: &str, code: &str| {
        set(json!([charge])).refused("invalid").at_fault(&format!("/service_charges/0{pointer}"), code);
    };
    let but = |field: &str, value: Value| {
        let mut charge = service.clone();
        charge[field] = value;
        charge
    };
    check(but("id", one.into()), "/id", "unknown");
    check(but("percent", "101".into()), "/percent", "out_of_range");
    check(but("percent", "12,5".into()), "/percent", "bad_format");
    check(but("percent", 12.5.into()), "/percent", "wrong_type");
    check(but("amount", 100.into()), "", "exactly_one");
    check(json!({"name": "Nothing", "tax": "none"}), "", "exactly_one");
    check(json!({"name": "Odd", "amount": -1, "tax": "none"}), "/amount", "out_of_range");
    check(but("of", "discounts".into()), "/of", "unknown_value");
    check(but("min_guests", 0.into()), "/min_guests", "out_of_range");
    check(but("tax", "vat".into()), "/tax", "unknown_value");
    check(but("tax", 999.into()), "/tax", "unknown");
    check(but("goes_to", "me".into()), "/goes_to", "unknown_value");
    check(but("name", "".into()), "/name", "empty");
    assert_eq!(owner.get("/settings").ok().json(), changed.json(), "nothing was half done");
    assert!(set(json!([])).ok().list("/service_charges").is_empty());
}

/// What every short list does: add, list, change, refuse a second of the name, archive.
#[track_caller]
fn check_list(list: &str, new: &Value, edit: &Value, wrong: &[(Value, &str, &str)]) {
    let house = House::open();
    let owner = house.as_("owner");
    let path = format!("/{list}");
    let count = |house: &House| house.as_("waiter").get(&format!("/{list}?limit=100")).ok().list("/items").len();
    let before = count(&house);

    let made = owner.post(&path).key("make").body(new.clone()).created();
    let again = owner.post(&path).key("make").body(new.clone()).created();
    assert_eq!((again.json(), again.header("idempotency-replayed")), (made.json(), "true"));
    for (field, value) in new.as_object().unwrap() {
        assert_eq!(made.at(&format!("/{field}")), value);
    }
    let one = format!("{path}/{}", made.id());
    assert_eq!(count(&house), before + 1);
    owner.post(&path).body(new.clone()).refused("already_exists");

    let changed = owner.patch(&one).body(edit.clone()).ok();
    for (field, value) in edit.as_object().unwrap() {
        assert_eq!(changed.at(&format!("/{field}")), value);
    }
    for (body, pointer, code) in wrong {
        owner.post(&path).body(body.clone()).refused("invalid").at_fault(pointer, code);
    }
    owner.patch(&one).body(json!({"name": "x".repeat(121)})).refused("invalid").at_fault("/name", "too_long");
    owner.patch(&one).body(json!({"id": 5})).refused("invalid").at_fault("/id", "unknown_field");
    owner.post(&path).no_key().body(new.clone()).refused("idempotency_key_missing");

    owner.delete(&one).done();
    owner.delete(&one).refused("not_found");
    owner.patch(&one).body(json!({})).refused("not_found");
    owner.delete(&format!("{path}/999")).refused("not_found");
    assert_eq!(count(&house), before);
    // Its name is free again.
    owner.post(&path).body(new.clone()).created();
}

#[test]
fn tenders() {
    check_list(
        "tenders",
        &json!({"name": "Ticket Restaurant", "kind": "meal_voucher", "gives_change": false, "excess": "forfeit"}),
        &json!({"name": "Edenred", "excess": "refuse"}),
        &[
            (json!({"name": "Gold", "kind": "gold"}), "/kind", "unknown_value"),
            (
                json!({"name": "Cash 2", "kind": "cash", "gives_change": true, "excess": "forfeit"}),
                "/excess",
                "conflict",
            ),
            (json!({"name": "Card 2", "kind": "card", "excess": "keep"}), "/excess", "unknown_value"),
            (json!({"name": "", "kind": "card"}), "/name", "empty"),
        ],
    );
    let house = House::open();
    let all = house.as_("waiter").get("/tenders?limit=100").ok();
    let of = |t: &Value| format!("{} {} {} {}", t["name"], t["kind"], t["gives_change"], t["excess"]).replace('"', "");
    let all: Vec<_> = all.list("/items").iter().map(of).collect();
    assert_eq!(
        all,
        [
            "Cash cash true refuse",
            "Card card false refuse",
            "Meal voucher meal_voucher false forfeit",
            "Gift voucher gift_voucher false refuse",
            "Online online false refuse",
            "House account house_account false refuse",
            "Write-off write_off false refuse",
            "Other other false refuse",
            "Deposit deposit false refuse",
        ]
    );
    let cash = json!({"excess": "forfeit"});
    house.as_("owner").patch("/tenders/1").body(cash).refused("invalid").at_fault("/excess", "conflict");
}

#[test]
fn reasons() {
    check_list(
        "reasons",
        &json!({"name": "Dropped", "used_for": "void"}),
        &json!({"name": "Fell off the tray"}),
        &[
            (json!({"name": "Why", "used_for": "fun"}), "/used_for", "unknown_value"),
            (json!({"name": "Why"}), "/used_for", "required"),
        ],
    );
}

#[test]
fn ready_discounts() {
    check_list(
        "discounts",
        &json!({"name": "Regulars", "percent": "10", "lowers_tax_base": true}),
        &json!({"amount": 500, "lowers_tax_base": false}),
        &[
            (json!({"name": "All", "percent": "101"}), "/percent", "out_of_range"),
            (json!({"name": "Nothing", "percent": "0"}), "/percent", "out_of_range"),
            (json!({"name": "Nothing", "amount": 0}), "/amount", "out_of_range"),
            (json!({"name": "Huge", "amount": 1_000_000_000_001_i64}), "/amount", "out_of_range"),
            (json!({"name": "Both", "amount": 1, "percent": "1"}), "/amount", "exactly_one"),
            (json!({"name": "Neither"}), "/percent", "exactly_one"),
        ],
    );
}
