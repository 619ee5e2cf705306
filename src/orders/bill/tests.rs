//! Bills written as text: what stands on the check, and what must come out.
//!
//! `line 15.89 6x,6x,3xc` is a line with two exclusive rates of 6 % and a compounding one of 3 %;
//! `10i` is a rate inside the price. `off 10%`, `off 1.00 line 2`, `charge 12.5% after as_lines`.

use proptest::prelude::*;

use super::*;
use crate::kernel::ids::{CategoryId, ChargeId, DiscountId, LineId, TaxClassId, VariantId};

fn money(text: &str) -> Money {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, cents) = digits.split_once('.').unwrap_or_else(|| panic!("an amount has cents: {text}"));
    assert_eq!(cents.len(), 2, "an amount has two decimals: {text}");
    Money::new(sign * (whole.parse::<i64>().unwrap() * 100 + cents.parse::<i64>().unwrap()))
}

fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

fn rates(text: &str) -> &'static [TaxRate] {
    let parse = |text: &str| {
        let (number, kind) = text.split_at(text.find(['i', 'x']).unwrap_or_else(|| panic!("i or x: {text}")));
        TaxRate {
            name: format!("vat {number}"),
            rate: rate(number),
            included: kind.starts_with('i'),
            compound: kind.ends_with('c'),
        }
    };
    let rates: Vec<TaxRate> = if text == "-" { Vec::new() } else { text.split(',').map(parse).collect() };
    Vec::leak(rates)
}

#[derive(Default)]
struct Scene {
    lines: Vec<Line<'static>>,
    discounts: Vec<Discount>,
    charges: Vec<Charge<'static>>,
    guests: u32,
    tax_exempt: bool,
    rules: Rules,
}

impl Scene {
    fn read(text: &str) -> Scene {
        let mut scene = Scene { guests: 2, ..Scene::default() };
        for clause in text.split(';').map(str::trim).filter(|clause| !clause.is_empty()) {
            let words: Vec<&str> = clause.split_whitespace().collect();
            match words.as_slice() {
                ["per_check"] => scene.rules.tax_rounding = TaxRounding::PerCheck,
                ["half_even"] => scene.rules.rounding = Rounding::HalfEven,
                ["exempt"] => scene.tax_exempt = true,
                ["guests", n] => scene.guests = n.parse().unwrap(),
                ["line", price, class, more @ ..] => scene.line(price, class, more),
                ["off", value, more @ ..] => scene.off(value, more),
                ["charge", value, of, tax, more @ ..] => scene.charge(value, of, tax, more),
                _ => panic!("what is {clause}?"),
            }
        }
        scene
    }

    fn line(&mut self, price: &str, class: &str, more: &[&str]) {
        let id = self.lines.len() as i64 + 1;
        let class_id = class.bytes().fold(7_i64, |hash, byte| hash * 31 % 1009 + i64::from(byte));
        let mut line = Line {
            id: LineId::new(id),
            unit_price: money(price),
            modifiers: Money::ZERO,
            quantity: Quantity::ONE,
            measure: None,
            category: CategoryId::new(1),
            variant: VariantId::new(id),
            tax_class: TaxClassId::new(class_id),
            rates: rates(class),
            discountable: true,
            comp: false,
            sale: true,
        };
        for word in more {
            match word.split_at(1) {
                ("x", n) => line.quantity = Quantity::parse(n.parse().unwrap()).unwrap(),
                ("+", amount) => line.modifiers = money(amount),
                ("@", kilos) => line.measure = Some(Measure::parse(kilos).unwrap()),
                ("#", category) => line.category = CategoryId::new(category.parse().unwrap()),
                _ => match *word {
                    "comp" => line.comp = true,
                    "fixed" => line.discountable = false,
                    "voucher" => line.sale = false,
                    _ => panic!("what is {word}?"),
                },
            }
        }
        self.lines.push(line);
    }

    fn off(&mut self, value: &str, more: &[&str]) {
        let off =
            value.strip_suffix('%').map_or_else(|| Off::Amount(money(value)), |percent| Off::Percent(rate(percent)));
        let ids = |list: &str| list.split(',').map(|id| id.parse::<i64>().unwrap()).collect::<Vec<_>>();
        let (more, lowers_tax_base) = match more {
            [more @ .., "coupon"] => (more, false),
            more => (more, true),
        };
        let scope = match more {
            [] => Scope::Check,
            ["line", id] => Scope::Line(LineId::new(id.parse().unwrap())),
            ["lines", list] => Scope::Lines(ids(list).into_iter().map(LineId::new).collect()),
            ["cat", list] => Scope::Categories(ids(list).into_iter().map(CategoryId::new).collect()),
            more => panic!("what is {more:?}?"),
        };
        let id = DiscountId::new(self.discounts.len() as i64 + 1);
        self.discounts.push(Discount { id, off, scope, lowers_tax_base });
    }

    fn charge(&mut self, value: &str, of: &str, tax: &str, more: &[&str]) {
        let mut charge = Charge {
            id: ChargeId::new(self.charges.len() as i64 + 1),
            value: match (value.strip_suffix('%'), value.strip_suffix("/guest")) {
                (Some(percent), _) => ChargeValue::Percent(rate(percent)),
                (_, Some(amount)) => ChargeValue::PerGuest(money(amount)),
                _ => ChargeValue::Amount(money(value)),
            },
            of: if of == "before" { ChargeOf::BeforeDiscounts } else { ChargeOf::AfterDiscounts },
            min_guests: None,
            tax: match tax {
                "none" => ChargeTax::None,
                "as_lines" => ChargeTax::AsLines,
                class => ChargeTax::Rates(rates(class)),
            },
            removed: false,
        };
        match more {
            [] => {}
            ["min", n] => charge.min_guests = Some(n.parse().unwrap()),
            ["removed"] => charge.removed = true,
            more => panic!("what is {more:?}?"),
        }
        self.charges.push(charge);
    }

    fn bill(&self) -> Result<Bill<'_>, TooLarge> {
        let Scene { lines, discounts, charges, guests, tax_exempt, rules } = self;
        let check = Check { lines, discounts, charges, guests: *guests, tax_exempt: *tax_exempt };
        let bill = price(&check, *rules)?;
        for line in &bill.lines {
            let on_top: i64 = line.taxes.iter().filter(|t| !t.rate.included).map(|t| t.tax.minor()).sum();
            let costs = line.list_amount.minor() - line.comp.minor() - line.discount.minor();
            assert_eq!(line.total.minor(), costs + on_top);
            assert_eq!(line.net.minor() + line.tax.minor(), line.total.minor());
            assert!(line.net.minor() >= 0 && line.tax.minor() >= 0 && costs >= 0, "{line:?}");
        }
        Ok(bill)
    }
}

/// What the bill says under a name such as `total`, `line 2 net`, `charge 1 tax`, `vat 10 base`, `off 1`.
fn fact(bill: &Bill<'_>, name: &str) -> Money {
    let words: Vec<&str> = name.split_whitespace().collect();
    let nth = |n: &str| n.parse::<usize>().unwrap() - 1;
    match words.as_slice() {
        ["subtotal"] => bill.subtotal,
        ["comps"] => bill.comp_total,
        ["discounts"] => bill.discount_total,
        ["service"] => bill.service_total,
        ["net"] => bill.net_total,
        ["tax"] => bill.tax_total,
        ["total"] => bill.total,
        ["not_sales"] => bill.not_sales,
        ["off", n] => bill.discounts[nth(n)].amount,
        ["line", n, "list"] => bill.lines[nth(n)].list_amount,
        ["line", n, "comp"] => bill.lines[nth(n)].comp,
        ["line", n, "off"] => bill.lines[nth(n)].discount,
        ["line", n, "net"] => bill.lines[nth(n)].net,
        ["line", n, "tax"] => bill.lines[nth(n)].tax,
        ["line", n, "total"] => bill.lines[nth(n)].total,
        ["charge", n, "net"] => bill.charges[nth(n)].net,
        ["charge", n, "tax"] => bill.charges[nth(n)].tax,
        ["charge", n, "total"] => bill.charges[nth(n)].total,
        ["vat", number, what] => {
            let sum = bill.taxes.iter().find(|sum| sum.rate == rate(number)).unwrap_or_else(|| panic!("no {name}"));
            if *what == "base" { sum.base } else { sum.tax }
        }
        _ => panic!("what is {name}?"),
    }
}

fn check(scene: &str, expected: &str) {
    let read = Scene::read(scene);
    let bill = read.bill().unwrap();
    for clause in expected.split(';').map(str::trim) {
        let (name, amount) = clause.rsplit_once(' ').unwrap();
        let found = fact(&bill, name).display(2).to_string();
        assert_eq!(found, amount, "{name} of: {scene}");
    }
}

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

const CLASSES: [&str; 7] = ["-", "10i", "22i", "6x,6x,3xc", "8.875x", "10i,5x", "4i,1ic"];

prop_compose! {
    fn any_line()(
        class in 0..CLASSES.len(), variant in 1..4_i64, price in 0..3_000_i64, quantity in 1..4_i64,
        grams in prop::option::of(1..2_000_i64), category in 1..3_i64, flags in 0..16_u8,
    ) -> Line<'static> {
        // Made once, so that a thousand cases do not leak a thousand classes.
        static RATES: std::sync::LazyLock<Vec<&'static [TaxRate]>> =
            std::sync::LazyLock::new(|| CLASSES.iter().map(|class| rates(class)).collect());
        Line {
            id: LineId::new(0),
            unit_price: Money::new(price),
            modifiers: Money::new(price % 7),
            quantity: Quantity::parse(quantity).unwrap(),
            measure: grams.map(Measure::from_thousandths),
            category: CategoryId::new(category),
            variant: VariantId::new(variant),
            tax_class: TaxClassId::new(class as i64 / 2),
            rates: RATES[class],
            discountable: flags & 3 != 0,
            comp: flags & 12 == 12,
            sale: flags != 7,
        }
    }
}

prop_compose! {
    fn any_discount()(
        percent in prop::option::of(0..=1_000_000_i64), amount in 0..5_000_i64, scope in 0..4_u8, lowers in any::<bool>(),
        lines in prop::collection::vec(1..8_i64, 1..3),
    ) -> Discount {
        Discount {
            id: DiscountId::new(1),
            off: percent.map_or(Off::Amount(Money::new(amount)), |percent| Off::Percent(Rate::new(percent))),
            scope: match scope {
                0 => Scope::Check,
                1 => Scope::Line(LineId::new(lines[0])),
                2 => Scope::Lines(lines.into_iter().map(LineId::new).collect()),
                _ => Scope::Categories(vec![CategoryId::new(1)]),
            },
            lowers_tax_base: lowers,
        }
    }
}

prop_compose! {
    fn any_charge()(kind in 0..3_u8, value in 0..200_000_i64, after in any::<bool>(), tax in 0..3_u8) -> Charge<'static> {
        static OWN: std::sync::LazyLock<&'static [TaxRate]> = std::sync::LazyLock::new(|| rates("10i,5x"));
        Charge {
            id: ChargeId::new(1),
            value: match kind {
                0 => ChargeValue::Percent(Rate::new(value)),
                1 => ChargeValue::Amount(Money::new(value / 100)),
                _ => ChargeValue::PerGuest(Money::new(value / 1000)),
            },
            of: if after { ChargeOf::AfterDiscounts } else { ChargeOf::BeforeDiscounts },
            min_guests: None,
            tax: [ChargeTax::None, ChargeTax::AsLines, ChargeTax::Rates(*OWN)][usize::from(tax)],
            removed: false,
        }
    }
}

prop_compose! {
    fn any_scene()(
        mut lines in prop::collection::vec(any_line(), 0..8), discounts in prop::collection::vec(any_discount(), 0..4),
        charges in prop::collection::vec(any_charge(), 0..3), guests in 0..9_u32, per_check in any::<bool>(),
        half_even in any::<bool>(), exempt in 0..8_u8,
    ) -> Scene {
        for (line, id) in lines.iter_mut().zip(1..) {
            line.id = LineId::new(id);
        }
        let rules = Rules {
            tax_rounding: if per_check { TaxRounding::PerCheck } else { TaxRounding::PerLine },
            rounding: if half_even { Rounding::HalfEven } else { Rounding::HalfUp },
        };
        Scene { lines, discounts, charges, guests, tax_exempt: exempt == 0, rules }
    }
}

impl std::fmt::Debug for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#?}\n{:#?}\n{:#?}\n{} {:?}", self.lines, self.discounts, self.charges, self.guests, self.rules)
    }
}

proptest! {
    #[test]
    fn the_total_is_net_and_tax(scene in any_scene()) {
        let bill = scene.bill().unwrap();
        let lines: i64 = bill.lines.iter().map(|l| l.net.minor() + l.tax.minor()).sum();
        let charges: i64 = bill.charges.iter().map(|c| c.net.minor() + c.tax.minor()).sum();
        prop_assert_eq!(bill.total.minor(), lines + charges);
        let on_top: i64 = bill.taxes.iter().filter(|t| !t.included).map(|t| t.tax.minor()).sum();
        let amounts: i64 = bill.charges.iter().map(|c| c.amount.minor()).sum();
        let costs = bill.subtotal.minor() - bill.comp_total.minor() - bill.discount_total.minor() + amounts;
        prop_assert_eq!(bill.total.minor(), costs + on_top);
    }

    #[test]
    fn the_order_of_lines_changes_nothing(scene in any_scene(), seed in any::<u64>()) {
        let mut shuffled = scene.lines.clone();
        shuffled.sort_by_key(|line| (line.id.get() as u64).wrapping_mul(seed | 1).rotate_left(17));
        let other = Scene { lines: shuffled, discounts: scene.discounts.clone(), charges: scene.charges.clone(), ..scene };
        let (a, b) = (scene.bill().unwrap(), other.bill().unwrap());
        prop_assert_eq!((a.total, a.tax_total, &a.taxes, &a.discounts, &a.charges), (b.total, b.tax_total, &b.taxes, &b.discounts, &b.charges));
        // Equal lines may swap a cent; what they come to together may not change.
        let amounts = |bill: &Bill<'_>| {
            let mut amounts: Vec<_> = bill.lines.iter().map(|l| (l.list_amount, l.discount, l.net, l.tax)).collect();
            amounts.sort();
            amounts
        };
        prop_assert_eq!(amounts(&a), amounts(&b));
    }

    #[test]
    fn a_hundred_percent_off_is_zero(mut scene in any_scene()) {
        scene.lines.iter_mut().for_each(|line| line.discountable = true);
        scene.discounts.iter_mut().for_each(|discount| discount.lowers_tax_base = true);
        scene.charges.iter_mut().for_each(|charge| charge.of = ChargeOf::AfterDiscounts);
        scene.discounts.push(Discount {
            id: DiscountId::new(9), off: Off::Percent(Rate::HUNDRED), scope: Scope::Check, lowers_tax_base: true,
        });
        let bill = scene.bill().unwrap();
        prop_assert_eq!((bill.total, bill.tax_total, bill.service_total), (Money::ZERO, Money::ZERO, Money::ZERO));
    }

    #[test]
    fn nothing_overflows(
        mut scene in any_scene(), price in any::<i64>(), modifiers in any::<i64>(), quantity in any::<i64>(),
        measure in any::<i64>(), amount in any::<i64>(), guests in any::<u32>(),
    ) {
        for line in &mut scene.lines {
            line.unit_price = Money::new(price);
            line.modifiers = Money::new(modifiers >> (line.id.get() * 9).min(63));
            line.quantity = Quantity::from_thousandths(quantity >> (line.id.get() * 8));
            line.measure = line.measure.map(|_| Measure::from_thousandths(measure));
        }
        scene.charges.iter_mut().for_each(|charge| charge.value = ChargeValue::PerGuest(Money::new(amount)));
        let check = Check {
            lines: &scene.lines, discounts: &scene.discounts, charges: &scene.charges, guests, tax_exempt: false,
        };
        // Whether it can be priced is not the point; that it comes back is.
        if let Ok(bill) = super::price(&check, scene.rules) {
            prop_assert!(bill.total.minor().abs() <= Money::LIMIT);
        }
    }

    #[test]
    fn refunds_in_parts_are_the_whole(
        taxes in prop::collection::vec((0..400_i64, 0..5_usize), 1..6), steps in prop::collection::vec(0..500_i64, 0..9),
    ) {
        let mut lines: Vec<Sold> =
            taxes.iter().map(|(tax, rates)| sold(tax * *rates as i64 + tax % 3, &vec![*tax; *rates])).collect();
        for (step, amount) in steps.into_iter().enumerate() {
            if step % 3 == 0 {
                let part = refund_by_quantity(&lines[0], 1, 4, step as i64 / 3).unwrap();
                book(&mut lines[0], &part);
            }
            if let Some(parts) = refund_by_amount(Money::new(amount), &lines).unwrap() {
                lines.iter_mut().zip(&parts).for_each(|(line, part)| book(line, part));
            }
        }
        let left = Money::sum(lines.iter().map(Sold::left)).unwrap();
        let parts = refund_by_amount(left, &lines).unwrap().unwrap();
        lines.iter_mut().zip(&parts).for_each(|(line, part)| book(line, part));
        prop_assert!(lines.iter().all(|line| line.left().is_zero() && line.refunded_taxes == line.taxes), "{lines:?}");
    }
}
