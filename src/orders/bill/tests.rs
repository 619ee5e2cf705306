//! A table for every rule, with amounts worked by hand.

mod properties;
mod scene;

use scene::{Scene, check, money, rates};

use super::*;

#[test]
fn line_amounts() {
    check("line 4.80 - x3 +1.50", "subtotal 18.90; total 18.90; tax 0.00");
    check("line 29.90 - @0.350", "line 1 list 10.47");
    check("half_even; line 29.90 - @0.350", "line 1 list 10.46");
    check("line 29.90 - @0.350 x2 +0.10", "line 1 list 21.00");
    check("", "total 0.00; tax 0.00");
}

#[test]
fn exclusive_rates_add_and_compound() {
    let two = "line 15.89 6x,6x,3xc; line 15.89 6x,6x,3xc";
    // 15.89 × 6 % = 0.9534; (15.89 + 0.95 + 0.95) × 3 % = 0.5337
    check(two, "line 1 total 18.32; total 36.64; tax 4.86; net 31.78");
    // 31.78 × 6 % = 1.9068; (31.78 + 1.91 + 1.91) × 3 % = 1.068
    check(
        &format!("per_check; {two}"),
        "total 36.67; tax 4.89; vat 3 tax 1.07; vat 3 base 35.60; line 1 tax 2.46; line 2 tax 2.43",
    );
    check("line 10.00 8.875x", "tax 0.89; total 10.89; net 10.00");
    check("line 10.00 0x", "tax 0.00; total 10.00; vat 0 base 10.00");
}

#[test]
fn included_rates_come_out_of_the_price() {
    check("line 52.50 12i", "tax 5.63; net 46.87; total 52.50");
    check("half_even; line 52.50 12i", "tax 5.62; net 46.88; total 52.50");
    // Together: 12.00 holds 10 % and 10 % of a net of 10.00.
    check("line 12.00 10i,10i", "tax 2.00; net 10.00; vat 10 base 20.00; total 12.00");
    // 10 %, then 5 % on net and the 10: 1 + 0.1 + 0.055 = 1.155.
    check("line 11.55 10i,5ic", "tax 1.55; net 10.00; vat 10 tax 1.00; vat 5 tax 0.55; vat 5 base 11.00");
    // Mixed: 10 % out of 11.00 leaves 10.00, on which 5 % comes on top; listed first or last.
    check("line 11.00 10i,5x", "vat 10 tax 1.00; vat 5 tax 0.50; vat 5 base 10.00; net 10.00; total 11.50");
    check("line 11.00 5x,10i", "vat 10 tax 1.00; vat 5 tax 0.50; vat 5 base 10.00; net 10.00; total 11.50");
    // Compounding on an included rate before it: 5 % of 11.00.
    check("line 11.00 10i,5xc", "vat 5 tax 0.55; vat 5 base 11.00; total 11.55");
}

#[test]
fn per_check_spreads_each_rate_over_its_lines() {
    // 10 % of 1.05 once is 0.11 (0.105), line by line 3 × 0.04 (0.035).
    let three = "line 0.35 10x; line 0.35 10x; line 0.35 10x";
    check(three, "tax 0.12; total 1.17");
    check(&format!("per_check; {three}"), "tax 0.11; total 1.16; line 1 tax 0.04; line 2 tax 0.04; line 3 tax 0.03");
    check("per_check; line 0.99 22i; line 0.99 22i; line 0.99 22i", "tax 0.54; total 2.97; vat 22 base 2.43");
    check("line 0.99 22i; line 0.99 22i; line 0.99 22i", "tax 0.54; total 2.97");
    check("per_check; line 10.00 10i; line 10.00 22i", "vat 10 tax 0.91; vat 22 tax 1.80; total 20.00");
}

#[test]
fn how_it_is_eaten_chooses_the_rates() {
    let (eat_in, away) = (rates("10i"), rates("4i"));
    let chosen = |line, order| rates_for(service_for(line, order), eat_in, Some(away));
    assert_eq!(chosen(None, Service::DineIn), eat_in);
    assert_eq!(chosen(None, Service::Takeaway), away);
    assert_eq!(chosen(Some(Service::Takeaway), Service::DineIn), away);
    assert_eq!(chosen(Some(Service::DineIn), Service::Takeaway), eat_in);
    assert_eq!(rates_for(Service::Takeaway, eat_in, None), eat_in);
    check("line 10.40 4i; line 11.00 10i", "vat 4 tax 0.40; vat 10 tax 1.00; total 21.40");
}

#[test]
fn a_check_percentage_is_rounded_once_and_spread() {
    // 16.163 rounds to 16.16: 10.00 and 6.16 by largest remainder.
    check(
        "line 100.00 10i; line 61.63 22i; off 10%",
        "off 1 16.16; total 145.47; line 1 off 10.00; line 2 off 6.16; vat 10 tax 8.18; vat 22 tax 10.00",
    );
    // Line by line it would be 3 × 0.02.
    check("line 0.15 -; line 0.15 -; line 0.15 -; off 10%", "discounts 0.05; total 0.40");
    check("half_even; line 0.15 -; line 0.15 -; line 0.15 -; off 10%", "discounts 0.04; total 0.41");
    check("line 10.00 10x; line 20.00 20x; off 10% lines 2", "line 1 off 0.00; line 2 off 2.00; tax 4.60");
    check("line 10.00 -; line 20.00 - #7; line 5.00 - #8; off 10% cat 7,8", "off 1 2.50; line 1 off 0.00; total 32.50");
}

/// The head of a combo, line 1, costs nothing; what names it reaches its parts, each rate by its share.
#[test]
fn what_is_taken_off_a_combo_reaches_its_parts() {
    let combo = "line 0.00 -; line 6.79 7i ^1; line 2.40 7i ^1; line 2.80 19i ^1; line 5.00 19i";
    check(combo, "total 16.99; vat 7 tax 0.60; vat 19 tax 1.25; line 1 total 0.00");
    // 10 % of 11.99 is 1.20: 0.68, 0.24 and 0.28.
    check(
        &format!("{combo}; off 10% line 1"),
        "off 1 1.20; line 2 off 0.68; line 3 off 0.24; line 4 off 0.28; line 5 off 0.00; total 15.79",
    );
    check(&format!("{combo}; off 2.00 line 1"), "line 2 off 1.13; line 3 off 0.40; line 4 off 0.47; total 14.99");
    check(&format!("{combo}; off 50% lines 1,5"), "off 1 8.50; line 5 off 2.50; line 4 off 1.40; total 8.49");
    check(&format!("{combo}; off 10% line 4"), "off 1 0.28; line 4 off 0.28; line 2 off 0.00");
}

#[test]
fn discounts_go_in_four_rounds_whatever_their_order() {
    // 7 % of 20.00 is 1.40; 12 % of 48.60 is 5.83; 0.50 off line 1; 3.00 off all.
    let rounds = ["off 7% line 1", "off 12%", "off 0.50 line 1", "off 3.00"];
    let lines = "line 20.00 -; line 30.00 -";
    check(&format!("{lines}; {}", rounds.join("; ")), "off 1 1.40; off 2 5.83; off 3 0.50; off 4 3.00; total 39.27");
    let reversed: Vec<&str> = rounds.into_iter().rev().collect();
    check(&format!("{lines}; {}", reversed.join("; ")), "off 4 1.40; off 3 5.83; off 2 0.50; off 1 3.00; total 39.27");
    // Within a round, each on what the one before left.
    check("line 100.00 -; off 10%; off 10%", "off 1 10.00; off 2 9.00; total 81.00");
    check("line 5.00 -; off 4.00; off 4.00", "off 1 4.00; off 2 1.00; total 0.00");
    check("line 5.00 -; line 1.00 -; off 9.00 line 2", "off 1 1.00; total 5.00");
}

/// The answer that Square's SDKs document for `CreateOrder` (`docs/models/create-order-response.md`):
/// two percentages on the order, a dollar off the second line, 9 % tax.
#[test]
fn squares_published_order() {
    check(
        "half_even; line 15.99 9x; line 22.00 9x x2 +0.50; off 0.5%; off 5%; off 1.00 line 2",
        "off 1 0.30; off 2 3.03; off 3 1.00; discounts 4.33; tax 5.10; total 61.76;
         line 1 off 0.87; line 1 tax 1.36; line 1 total 16.48; line 2 off 3.46; line 2 tax 3.74; line 2 total 45.28",
    );
}

#[test]
fn ties_go_by_class_variant_amount() {
    // One cent to give, and every line as good a place for it as the other.
    let tie = |lines: [(i64, i64, i64); 2]| {
        let line = |(class, variant, price): (i64, i64, i64), id| Line {
            id: LineId::new(id),
            tax_class: TaxClassId::new(class),
            variant: VariantId::new(variant),
            unit_price: Money::new(price),
            ..Scene::read("line 1.00 -").lines[0]
        };
        let lines = vec![line(lines[0], 1), line(lines[1], 2)];
        let scene = Scene { lines, ..Scene::read("off 0.01") };
        let bill = scene.bill().unwrap();
        bill.lines.iter().position(|line| !line.discount.is_zero())
    };
    for (lower, higher) in [((1, 9, 100), (2, 1, 100)), ((1, 1, 100), (1, 2, 100)), ((1, 1, 100), (1, 1, 100))] {
        assert_eq!(tie([lower, higher]), Some(0));
        if lower != higher {
            assert_eq!(tie([higher, lower]), Some(1));
        }
    }
    // Of equal lines, one that another discount names comes last: 17 % of 0.06 is a cent, which off the
    // named line would make it 0.01 and the tax of 0.03 a cent.
    for named in ["1", "2"] {
        let mut scene = Scene::read(&format!("line 0.03 22i; line 0.03 22i; off 17%; off 0.01 line {named}"));
        scene.lines[1].variant = scene.lines[0].variant;
        assert_eq!(scene.bill().unwrap().tax_total, Money::ZERO, "line {named}");
    }
    // 0.02 off 1.00 and 3.00 is 0.005 and 0.015: the cent that is left goes to the smaller amount.
    check("per_check; line 1.00 -; line 3.00 -; off 0.02", "line 1 off 0.01; line 2 off 0.01");
}

#[test]
fn what_discounts_do_not_reach() {
    check("line 10.00 -; line 10.00 - fixed; off 50%", "discounts 5.00; line 2 off 0.00; total 15.00");
    check("line 10.00 - fixed; off 50% line 1; off 1.00", "discounts 0.00; total 10.00");
    check("line 10.00 -; off 50% line 9", "off 1 0.00; total 10.00");
}

#[test]
fn a_comp_takes_the_whole_line_before_any_discount() {
    check(
        "line 12.00 10x comp; line 8.00 10x; off 25%; off 1.00 line 1; charge 10% before none",
        "subtotal 20.00; comps 12.00; line 1 comp 12.00; line 1 off 0.00; line 1 total 0.00; discounts 2.00; tax 0.60; service 0.80; total 7.40",
    );
}

#[test]
fn coupons_leave_the_exclusive_base() {
    check("line 10.00 10x; off 2.00", "tax 0.80; total 8.80");
    check("line 10.00 10x; off 2.00 coupon", "tax 1.00; vat 10 base 10.00; net 8.00; total 9.00");
    check("line 11.00 10i; off 5.50 coupon", "tax 0.50; total 5.50");
    check("per_check; line 10.00 10x; line 10.00 10x; off 100% coupon", "tax 2.00; net 0.00; total 2.00");
    // Mixed: the included 10 % falls with the price, the 5 % stays on the net of 11.00.
    check("line 11.00 10i,5x; off 5.50 coupon", "vat 10 tax 0.50; vat 5 base 10.00; vat 5 tax 0.50; total 6.00");
}

#[test]
fn nothing_is_left_of_a_hundred_percent() {
    for rules in ["", "per_check; ", "half_even; "] {
        check(
            &format!(
                "{rules}line 9.99 6x,3xc x3; line 0.01 22i; off 100%; charge 10% after as_lines; charge 2.00/guest after none"
            ),
            "total 0.00; tax 0.00; service 0.00; discounts 29.98",
        );
    }
    check("line 10.00 10x; off 100%; charge 10% before none", "service 1.00; total 1.00");
}

#[test]
fn service_charges() {
    let lines = "line 100.00 -; off 20%";
    check(&format!("{lines}; charge 12.5% after none"), "service 10.00; total 90.00");
    check(&format!("{lines}; charge 12.5% before none"), "service 12.50; total 92.50");
    check(&format!("{lines}; charge 2.50/guest before none; guests 3"), "service 7.50");
    check(&format!("{lines}; charge 5.00 before none min 6; guests 5"), "service 0.00");
    check(&format!("{lines}; charge 5.00 before none min 6; guests 6"), "service 5.00");
    check(&format!("{lines}; charge 5.00 before none removed"), "service 0.00");
    check("charge 2.00/guest before none", "total 0.00");
    check("line 50.00 - voucher; line 50.00 -; charge 10% before none", "service 5.00; not_sales 50.00; total 105.00");
    // Taxed by rates of its own.
    check(
        "line 10.00 -; charge 1.00 before 22i",
        "charge 1 net 0.82; charge 1 tax 0.18; charge 1 total 1.00; total 11.00",
    );
    check("line 10.00 -; charge 1.00 before 20x", "charge 1 net 1.00; charge 1 total 1.20; service 1.20; total 11.20");
    // As the lines: 3.00 spread 1.00 and 2.00, taxed 10 % on top and 20 % within.
    check(
        "line 10.00 10x; line 20.00 20i; charge 10% before as_lines",
        "charge 1 tax 0.43; charge 1 total 3.10; charge 1 net 2.67; vat 10 base 11.00; vat 20 tax 3.66; total 34.10",
    );
    check("line 10.00 10x; line 20.00 -; charge 10% before as_lines", "charge 1 tax 0.10; total 34.10");
}

#[test]
fn exempt_from_tax() {
    check("exempt; line 10.00 10x; line 11.00 10i; charge 1.00 before 20x", "tax 0.00; total 22.00; net 22.00");
}

#[test]
fn cash() {
    let round = |due: &str, step, expected: &str| {
        assert_eq!(cash_rounding(money(due), Money::new(step)), Ok(money(expected)), "{due} to {step}");
    };
    round("12.32", 5, "-0.02");
    round("12.33", 5, "0.02");
    round("12.35", 5, "0.00");
    round("12.35", 10, "0.05");
    round("0.02", 5, "-0.02");
    round("-12.33", 5, "-0.02");
    round("12.32", 0, "0.00");
    let back = |tendered, amount, rounding, tip| change(money(tendered), money(amount), money(rounding), money(tip));
    assert_eq!(back("20.00", "12.32", "-0.02", "1.00"), Ok(Some(money("6.70"))));
    assert_eq!(back("12.30", "12.32", "-0.02", "0.00"), Ok(Some(Money::ZERO)));
    assert_eq!(back("12.29", "12.32", "-0.02", "0.00"), Ok(None));
}

fn sold(total: i64, taxes: &[i64]) -> Sold {
    Sold {
        total: Money::new(total),
        taxes: taxes.iter().copied().map(Money::new).collect(),
        refunded: Money::ZERO,
        refunded_taxes: vec![Money::ZERO; taxes.len()],
    }
}

/// Books a part; panics where it is less than nothing or more than was left.
fn book(sold: &mut Sold, part: &Part) {
    assert_eq!(part.total, part.net.plus(Money::sum(part.taxes.iter().copied()).unwrap()).unwrap());
    assert!(!part.net.is_negative() && part.total <= sold.left(), "{part:?} of {sold:?}");
    sold.refunded = sold.refunded.plus(part.total).unwrap();
    for ((gone, tax), whole) in sold.refunded_taxes.iter_mut().zip(&part.taxes).zip(&sold.taxes) {
        assert!(!tax.is_negative());
        *gone = gone.plus(*tax).unwrap();
        assert!(*gone <= *whole);
    }
}

#[test]
fn refunds_by_quantity_round_their_running_sum() {
    // 10.00 with 1.67 tax, three times one of three: 3.33, 3.34, 3.33; tax 0.56, 0.55, 0.56.
    let mut line = sold(1000, &[167]);
    let mut parts = Vec::new();
    for already in 0..3 {
        let part = refund_by_quantity(&line, 1, 3, already).unwrap();
        book(&mut line, &part);
        parts.push((part.total.minor(), part.taxes[0].minor()));
    }
    assert_eq!(parts, [(333, 56), (334, 55), (333, 56)]);
    assert_eq!((line.left(), line.refunded_taxes[0]), (Money::ZERO, Money::new(167)));
    // What an amount took already is not given back again by dish.
    let mut line = sold(1000, &[]);
    let part = refund_by_amount(Money::new(700), std::slice::from_ref(&line)).unwrap().unwrap().remove(0);
    book(&mut line, &part);
    assert_eq!(refund_by_quantity(&line, 1, 2, 0).unwrap().total, Money::new(300));
}

#[test]
fn refunds_by_amount_spread_over_what_is_left() {
    let mut lines = [sold(1100, &[100]), sold(1220, &[220]), sold(0, &[0])];
    let parts = refund_by_amount(Money::new(1000), &lines).unwrap().unwrap();
    // 1100/2320 and 1220/2320 of 10.00.
    assert_eq!(parts.iter().map(|part| part.total.minor()).collect::<Vec<_>>(), [474, 526, 0]);
    assert_eq!(parts.iter().map(|part| part.taxes[0].minor()).collect::<Vec<_>>(), [43, 95, 0]);
    lines.iter_mut().zip(&parts).for_each(|(line, part)| book(line, part));
    assert_eq!(refund_by_amount(Money::new(1321), &lines), Ok(None));
    assert_eq!(refund_by_amount(Money::new(-1), &lines), Ok(None));
    let rest = refund_by_amount(Money::new(1320), &lines).unwrap().unwrap();
    lines.iter_mut().zip(&rest).for_each(|(line, part)| book(line, part));
    assert!(lines.iter().all(|line| line.left().is_zero() && line.taxes == line.refunded_taxes));
}

#[test]
fn amounts_beyond_bounds_are_refused() {
    let refused = |scene: &str| assert_eq!(Scene::read(scene).bill().err(), Some(TooLarge), "{scene}");
    refused("line 10000000000.00 - x2");
    refused("line 10000000000.00 -; line 0.01 -");
    refused("line 10000000000.00 0.0001x");
    refused("line 10000000000.00 - @9999.999 x999");
    refused("line 10000000000.00 -; charge 1% before none");
    refused("line 1.00 -; charge 10000000000.00/guest before none");
}
