//! What is added to a bill in three countries: an optional 12.5 % in London, a gratuity for a large party with
//! sales tax in New York, the coperto in Rome. Berlin's lunch deal over two rates is an evening of its own.

use serde_json::{Value, json};

use super::stage::{Bill, Stage, shows};

fn charge(more: &Value) -> Value {
    let mut charge = json!({"of": "after_discounts", "optional": false, "tax": "as_lines", "goes_to": "house"});
    charge.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!([charge])
}

fn charges_are(bill: &Bill<'_>, expected: &[&str]) {
    let now = bill.now();
    let charges = now.list("/checks/0/service_charges");
    assert_eq!(charges.len(), expected.len(), "{}", now.text());
    for (charge, text) in charges.iter().zip(expected) {
        shows(charge, text);
    }
}

#[test]
fn london_an_optional_service_charge_is_taken_off() {
    let service = charge(
        &json!({"name": "Service 12.5 %", "percent": "12.5", "optional": true, "tax": "none", "goes_to": "staff"}),
    );
    let settings = json!({"country": "GB", "currency": "GBP", "timezone": "Europe/London", "service_charges": service});
    let mut s = Stage::with_settings("2026-11-20T19:00:00+00:00", settings);
    let vat = s.tax("VAT 20", None);
    s.menu("Food", vat, "Fish 18.50, Pie 15.90", &json!({}));

    // One table leaves it, one asks for it to go: the manager's yes, and the bill says so.
    let kept = s.opens(&s.walter, "dine_in, 2 guests", "2 Fish");
    let taken = s.opens(&s.bea, "dine_in, 2 guests", "1 Fish, 1 Pie");
    charges_are(&kept, &["total 4.63; tax 0.00; goes_to staff; optional =true"]);
    kept.is("total 41.63; tax_total 6.17");
    taken.is("total 38.70");
    let id = taken.now().int("/checks/0/service_charges/0/id");
    let path = format!("/service-charges/{id}");
    taken.delete(&s.bea, &path).refused("approval_needed");
    taken.delete(&s.manager, &path).ok();
    taken.is("total 34.40; tax_total 5.73");

    kept.pays(&s.walter, json!({"tender": "card"}));
    taken.pays(&s.bea, json!({"tender": "card", "tip": 400}));
    // A voluntary charge for the staff is no revenue, and neither is a tip.
    s.day("2026-11-20", "gross 71.40; service_charges 4.63; tips 4.00; payments_kept 80.03; net 59.50");
    assert_eq!(s.vat("2026-11-20"), ["VAT 20 of 5950: 1190"]);
    s.closes_the_day("gross 71.40; service_charges 4.63; service_tax 0.00");
}

#[test]
fn new_york_a_gratuity_for_a_large_party_over_sales_tax() {
    let gratuity = charge(&json!({
        "name": "Gratuity 18 %", "percent": "18", "of": "before_discounts", "min_guests": 6, "tax": "none", "goes_to": "staff"
    }));
    let settings = json!({
        "country": "US", "currency": "USD", "timezone": "America/New_York", "tax_rounding": "per_check", "service_charges": gratuity
    });
    let mut s = Stage::with_settings("2026-11-20T19:00:00-05:00", settings);
    let sales_tax = s.tax("Sales tax +8.875", None);
    s.menu("Food", sales_tax, "Burger 17.95, Salad 13.25", &json!({}));

    let five = s.opens(&s.walter, "dine_in, 5 guests", "5 Burger");
    charges_are(&five, &["total 0.00"]);
    // 89.75 and 7.97 of 8.875 % on top.
    five.is("subtotal 89.75; tax_total 7.97; total 97.72");
    // A sixth chair, and the party is a large one.
    s.walter.patch(&five.path(""), json!({"guests": 6})).ok();
    five.adds(&s.walter, "1 Salad");
    // 103.00, 18.54 of it for the staff, 9.14 for the state.
    charges_are(&five, &["total 18.54; tax 0.00"]);
    five.is("subtotal 103.00; tax_total 9.14; total 130.68");
    // It is no tip: the guest cannot have it taken off.
    let id = five.now().int("/checks/0/service_charges/0/id");
    five.delete(&s.manager, &format!("/service-charges/{id}")).refused("charge_not_optional");
    five.pays(&s.walter, json!({"tender": "card", "tip": 1000}));
    s.day("2026-11-20", "gross 112.14; tax 9.14; net 103.00; service_charges 18.54; tips 10.00; payments_kept 140.68");
    s.closes_the_day("gross 112.14; service_charges 18.54; tips 10.00");
}

#[test]
fn rome_the_coperto_is_a_persons() {
    let coperto = charge(&json!({"name": "Coperto", "per_guest": 250, "of": "before_discounts"}));
    let mut s = Stage::with_settings("2026-11-20T20:00:00+01:00", json!({"country": "IT", "service_charges": coperto}));
    let food = s.tax("IVA 10", None);
    let drinks = s.tax("IVA 22", None);
    s.menu("Food", food, "Amatriciana 13.00", &json!({}));
    s.menu("Wine", drinks, "Frascati 16.00", &json!({}));
    s.table("5");

    let bill = s.opens(&s.walter, "table 5, 4 guests", "4 Amatriciana, 1 Frascati");
    // 10.00 for four, taxed as what stands on the bill: 52 parts of 68 at 10 %, 16 at 22 %.
    charges_are(&bill, &["name Coperto; total 10.00; tax 1.12"]);
    bill.is("total 78.00; subtotal 68.00");
    // A discount on the food leaves the bread and the linen as they are.
    bill.post(&s.manager, "/discounts", json!({"name": "House guests", "percent": "10"})).created();
    charges_are(&bill, &["total 10.00"]);
    bill.is("total 71.20; discount_total 6.80");
    // Only three came.
    s.walter.patch(&bill.path(""), json!({"guests": 3})).ok();
    bill.is("total 68.70");
    bill.pays(&s.walter, json!({"tender": "cash", "tendered": 7000}));
    s.day("2026-11-20", "gross 61.20; service_charges 7.50; payments_kept 68.70; guests =3");
    s.closes_the_day("service_charges 7.50");
}
