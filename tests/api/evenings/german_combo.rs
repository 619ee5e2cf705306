//! A menu of the day in Berlin: one price over food at 7 % and a drink at 19 %, which the tax office wants apart.
//! Regulars have 10 % off, one menu goes to a guest who waited too long, one comes back the next day.

use serde_json::{Value, json};

use super::stage::Stage;

/// The lines that stand, as `2 Menu 0`, with the amounts they show.
fn lines(order: &crate::client::Answer) -> Vec<String> {
    let standing = order.list("/checks/0/lines").iter().filter(|l| l["state"] != "voided");
    standing.map(|l| format!("{} {} {}", l["quantity"], l["name"].as_str().unwrap(), l["list_amount"])).collect()
}

#[test]
fn berlin_a_menu_over_two_rates() {
    let settings = json!({"country": "DE", "currency": "EUR", "timezone": "Europe/Berlin"});
    let mut s = Stage::with_settings("2026-11-20T12:00:00+01:00", settings);
    let bar = s.station("Bar");
    let (food, drinks) = (s.tax("MwSt 7", None), s.tax("MwSt 19", None));
    s.menu("Speisen", food, "Schnitzel 13.90, Salat 5.50, Suppe 4.90", &json!({}));
    s.menu("Getränke", drinks, "Apfelschorle 4.20, Bier 4.80", &json!({"station_id": bar}));
    let choice = |name: &str, options: Value| json!({"choice": {"name": name, "options": options}});
    let category = s.owner.get("/menu").ok().int("/categories/0/id");
    let body = json!({"name": "Mittagsmenü", "category_id": category, "tax_class": food,
    "variants": [{"name": "one", "price": 1690}],
    "components": [
        {"variant_id": s.dish("Schnitzel")},
        choice("Vorspeise", json!([{"variant_id": s.dish("Salat")}, {"variant_id": s.dish("Suppe")}])),
        choice("Getränk", json!([{"variant_id": s.dish("Apfelschorle")}, {"variant_id": s.dish("Bier"), "supplement": 60}])),
    ]});
    let menu = s.owner.post("/items", body).created().int("/variants/0/id");
    let order = |dishes: [&str; 2]| {
        let components: Vec<Value> = dishes.iter().map(|name| json!({"variant_id": s.dish(name)})).collect();
        json!({"variant_id": menu, "quantity": 2, "components": components})
    };

    // 16.90 over 13.90, 5.50 and 4.20: 9.95, 3.94 and 3.01. With soup and beer, 0.60 more, which is the beer's:
    // 13.90, 4.90 and 4.80 make 9.95, 3.51 and 3.44 + 0.60.
    let bill = s.opens(&s.walter, "dine_in, 4 guests", "");
    let both = json!({"lines": [order(["Salat", "Apfelschorle"]), order(["Suppe", "Bier"])]});
    s.walter.post(&bill.path("/lines"), both).ok();
    let now = bill.now();
    assert_eq!(
        lines(&now),
        [
            "2 Mittagsmenü 0",
            "2 Schnitzel 1990",
            "2 Salat 788",
            "2 Apfelschorle 602",
            "2 Mittagsmenü 0",
            "2 Schnitzel 1990",
            "2 Suppe 702",
            "2 Bier 808",
        ]
    );
    bill.is("total 68.80; tax_total 5.83");
    assert_eq!(
        bill.sends(&s.walter),
        [
            "Kitchen: 2 Schnitzel",
            "Kitchen: 2 Salat",
            "Kitchen: 2 Schnitzel",
            "Kitchen: 2 Suppe",
            "Bar: 2 Apfelschorle",
            "Bar: 2 Bier",
        ]
    );

    // One of the second two took too long: its three parts are given away, and nothing of the first.
    let late = now.int("/checks/0/lines/4/id");
    bill.post(&s.manager, &format!("/lines/{late}/comp"), json!({"quantity": 1, "reason": "took an hour"})).ok();
    bill.is("total 51.30");
    // 10 % off all that is still paid for, each rate by its part.
    bill.post(&s.manager, "/discounts", json!({"name": "Stammgast", "percent": "10"})).created();
    bill.is("discount_total 5.13; total 46.17");
    let paid = bill.pays(&s.walter, json!({"tender": "card"}));
    let payment = paid.int("/payment/id");
    s.day("2026-11-20", "gross 46.17; discounts 5.13; comps 17.50; list_amount 68.80");
    let vat = s.vat("2026-11-20");
    let of = |rate: &str| -> i64 {
        let row = vat.iter().find(|row| row.starts_with(&format!("MwSt {rate} "))).unwrap();
        row.split_whitespace().filter_map(|word| word.trim_end_matches(':').parse::<i64>().ok()).skip(1).sum()
    };
    // What bears 7 % and what bears 19 % is all there is: food of 41.24, drinks of 10.06, less a tenth.
    assert_eq!((of("7"), of("19")), (3711, 906), "{vat:?}");

    // By dish, the report shows who earned it; the menu is counted beside them.
    let report = s.owner.get("/reports/sales?from=2026-11-20&to=2026-11-20&by=item").ok();
    let of_menu = report.list("/rows").iter().find(|row| row["name"] == "Mittagsmenü").cloned().unwrap();
    assert_eq!((&of_menu["quantity"], &of_menu["gross"]), (&json!(4), &json!(0)));
    let receipt = s.receipt(paid.int("/order/checks/0/receipt_id"));
    assert!(receipt.contains("2 x Mittagsmenü") && receipt.contains("2 x Apfelschorle"), "{receipt}");
    s.closes_the_day("gross 46.17");

    // The next day one of the first two menus goes back: its three parts, as they were paid for.
    s.next_day("2026-11-21T12:00:00+01:00");
    let first = now.int("/checks/0/lines/0/id");
    let back = json!({"lines": [{"line_id": first, "quantity": 1}], "reason": "stomach"});
    let back = s.manager.post(&format!("/payments/{payment}/refunds"), back).created();
    assert_eq!(back.int("/refund/amount"), 1522);
    assert_eq!(back.list("/refund/lines").len(), 3);
    s.day("2026-11-21", "gross 0.00; refunds 15.22");
    s.closes_the_day("refunds 15.22");
}
