//! A bar that is open from 18:00 to 05:00, in the two nights in which the clock is changed. The night in
//! spring has an hour less and the one in autumn an hour more; every round belongs to the evening on which
//! the bar opened, no hour is counted twice and none is missing.

use serde_json::{Value, json};

use super::stage::{Bill, Stage};

/// Sells a beer at each of these moments of one night, whose business date is `date`, and answers what the
/// night's report says by the hour.
fn night(opening: &str, rounds: &[&str], date: &str) -> Vec<String> {
    let mut s = Stage::with_settings(opening, json!({"cutoff": "07:00"}));
    let drinks = s.tax("IVA 22", None);
    s.menu("Drinks", drinks, "Pilsner 5.00", &json!({}));
    // A tab that is open all night is of the evening it was opened on.
    let tab = s.opens(&s.walter, "tab Bianchi", "1 Pilsner").id;
    for round in rounds {
        s.time(round);
        s.walter.signs_in();
        let bill = s.opens(&s.walter, "dine_in, 1 guest", "1 Pilsner");
        assert_eq!(bill.now().str("/business_date"), date, "{round}");
        bill.pays(&s.walter, json!({"tender": "cash", "tendered": 500}));
    }
    Bill { stage: &s, id: tab }.pays(&s.walter, json!({"tender": "card"}));
    s.owner.signs_in();
    s.manager.signs_in();
    let (orders, gross) = (rounds.len() + 1, 5 * (rounds.len() + 1));
    s.day(date, &format!("gross {gross}.00; orders ={orders}; payments_kept {gross}.00"));
    let report = s.owner.get(&format!("/reports/sales?from={date}&to={date}&by=hour")).ok();
    let row = |row: &Value| format!("{}: {}", row["key"].as_str().unwrap(), row["orders"]);
    let hours = report.list("/rows").iter().filter(|row| row["orders"] != 0).map(row).collect();
    let z = s.closes_the_day(&format!("gross {gross}.00; orders ={orders}"));
    assert_eq!(z.str("/business_date"), date);
    hours
}

#[test]
fn the_night_in_spring_has_no_third_hour() {
    // 02:00 becomes 03:00 on 29 March.
    let rounds = [
        "2026-03-28T23:59:59+01:00",
        "2026-03-29T00:00:00+01:00",
        "2026-03-29T01:59:59+01:00",
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T04:59:00+02:00",
        "2026-03-29T06:59:59+02:00",
    ];
    let hours = night("2026-03-28T18:00:00+01:00", &rounds, "2026-03-28");
    assert_eq!(hours, ["0: 1", "1: 1", "3: 1", "4: 1", "6: 1", "18: 1", "23: 1"]);
}

#[test]
fn the_night_in_autumn_has_two_third_hours() {
    // 03:00 becomes 02:00 on 25 October: half past two comes twice.
    let rounds = [
        "2026-10-25T01:59:59+02:00",
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30:00+01:00",
        "2026-10-25T02:59:59+01:00",
        "2026-10-25T03:00:00+01:00",
        "2026-10-25T06:59:59+01:00",
    ];
    let hours = night("2026-10-24T18:00:00+02:00", &rounds, "2026-10-24");
    assert_eq!(hours, ["1: 1", "2: 3", "3: 1", "6: 1", "18: 1"]);
}

#[test]
fn what_is_sold_after_the_cutoff_is_the_next_days() {
    for (opening, before, after, date, next) in [
        (
            "2026-03-28T18:00:00+01:00",
            "2026-03-29T06:59:59+02:00",
            "2026-03-29T07:00:00+02:00",
            "2026-03-28",
            "2026-03-29",
        ),
        (
            "2026-10-24T18:00:00+02:00",
            "2026-10-25T06:59:59+01:00",
            "2026-10-25T07:00:00+01:00",
            "2026-10-24",
            "2026-10-25",
        ),
    ] {
        let mut s = Stage::with_settings(opening, json!({"cutoff": "07:00"}));
        let drinks = s.tax("IVA 22", None);
        s.menu("Drinks", drinks, "Coffee 1.20", &json!({}));
        s.next_day(before);
        let last = s.opens(&s.walter, "takeaway", "1 Coffee");
        s.time(after);
        let first = s.opens(&s.walter, "takeaway", "1 Coffee");
        assert_eq!((last.now().str("/business_date"), first.now().str("/business_date")), (date, next));
        // A sale is of the day on which it is paid.
        for bill in [last, first] {
            bill.pays(&s.walter, json!({"tender": "card"}));
        }
        s.day(date, "gross 0.00");
        s.day(next, "gross 2.40; orders =2");
    }
}
