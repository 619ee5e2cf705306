//! What holds for any check.

use proptest::prelude::*;

use super::super::*;
use super::scene::{Scene, rates};
use super::{book, sold};

const CLASSES: [&str; 7] = ["-", "10i", "22i", "6x,6x,3xc", "8.875x", "10i,5x", "4i,1ic"];

prop_compose! {
    fn any_line()(
        class in 0..CLASSES.len(), variant in 1..4_i64, price in prop_oneof![0..3_000_i64, 0..12_i64], quantity in 1..4_i64,
        grams in prop::option::weighted(0.2, 1..2_000_i64), category in 1..3_i64, flags in 0..16_u8,
    ) -> Line<'static> {
        // Made once, so that a thousand cases do not leak a thousand classes.
        static RATES: std::sync::LazyLock<Vec<&'static [TaxRate]>> =
            std::sync::LazyLock::new(|| CLASSES.iter().map(|class| rates(class)).collect());
        Line {
            parent: None,
            id: LineId::new(0),
            unit_price: Money::new(price),
            modifiers: Money::new(price % 7),
            quantity: Quantity::parse(quantity).unwrap(),
            measure: grams.map(Measure::from_thousandths),
            carry: Money::ZERO,
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
        percent in prop::option::of(0..=1_000_000_i64), amount in prop_oneof![0..5_000_i64, 0..9_i64], scope in 0..4_u8, lowers in any::<bool>(),
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
            except: Vec::new(),
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
            part: None,
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

/// Prices the lines as they are and in another order.
fn check_order(scene: &Scene, turn: usize) -> Result<(), TestCaseError> {
    let mut lines = scene.lines.clone();
    lines.reverse();
    lines.rotate_left(turn.min(scene.lines.len()));
    let (discounts, charges) = (scene.discounts.clone(), scene.charges.clone());
    let other = Scene { lines, discounts, charges, ..*scene };
    let (a, b) = (scene.bill().unwrap(), other.bill().unwrap());
    prop_assert_eq!((a.total, a.tax_total, &a.taxes), (b.total, b.tax_total, &b.taxes));
    prop_assert_eq!((&a.discounts, &a.charges), (&b.discounts, &b.charges));
    // Equal lines may swap a cent; what they come to together may not change.
    let amounts = |bill: &Bill<'_>| {
        let mut amounts: Vec<_> = bill.lines.iter().map(|l| (l.list_amount, l.discount, l.net, l.tax)).collect();
        amounts.sort();
        amounts
    };
    prop_assert_eq!(amounts(&a), amounts(&b));
    Ok(())
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

    /// What a check was given is what it comes to, laid on it again.
    #[test]
    fn what_was_given_is_carried(mut scene in any_scene()) {
        scene.discounts.iter_mut().zip(1..).for_each(|(discount, id)| discount.id = DiscountId::new(id));
        let bill = scene.bill().unwrap();
        let added = |levied: &LineTax<'_>| Added {
            position: levied.position, name: levied.rate.name.clone(), rate: levied.rate.rate, base: levied.base, tax: levied.tax,
        };
        let on_top = |line: &LineBill<'_>| line.taxes.iter().filter(|t| !t.rate.included).map(added).collect::<Vec<_>>();
        let added: Vec<Vec<Added>> = bill.lines.iter().map(on_top).collect();
        let lines: Vec<CarriedLine<'_>> =
            bill.lines.iter().zip(&added).map(|(line, added)| CarriedLine { off: &line.discounts, added }).collect();
        let of_charge = |charge: &ChargeBill<'_>| {
            let on_top = charge.taxes.iter().filter(|sum| !sum.included);
            on_top.map(|s| Added { position: 0, name: s.name.to_owned(), rate: s.rate, base: s.base, tax: s.tax }).collect()
        };
        let added: Vec<Vec<Added>> = bill.charges.iter().map(of_charge).collect();
        let charges: Vec<Option<CarriedCharge<'_>>> =
            bill.charges.iter().zip(&added).map(|(c, added)| Some(CarriedCharge { amount: c.amount, added })).collect();
        let (guests, tax_exempt, rules) = (scene.guests, scene.tax_exempt, scene.rules);
        let check = Check {
            lines: &scene.lines, discounts: &scene.discounts, charges: &scene.charges, guests, tax_exempt,
        };
        let carried = price_carried(&check, rules, &lines, &charges).unwrap();
        prop_assert_eq!(bill, carried);
    }

    #[test]
    fn the_order_of_lines_changes_nothing(scene in any_scene(), turn in 0..8_usize) {
        check_order(&scene, turn)?;
    }

    /// Lines so small and alike that most cents have several places to go.
    #[test]
    fn the_order_of_tying_lines_changes_nothing(mut scene in any_scene(), turn in 0..8_usize) {
        for line in &mut scene.lines {
            line.unit_price = Money::new(line.unit_price.minor() % 3 + 1);
            (line.modifiers, line.quantity, line.measure) = (Money::ZERO, Quantity::ONE, None);
            line.variant = VariantId::new(line.variant.get() % 2);
            line.tax_class = TaxClassId::new(1);
        }
        for discount in &mut scene.discounts {
            if let Off::Amount(amount) = &mut discount.off {
                *amount = Money::new(amount.minor() % 5);
            }
        }
        check_order(&scene, turn)?;
    }

    #[test]
    fn a_hundred_percent_off_is_zero(mut scene in any_scene()) {
        scene.lines.iter_mut().for_each(|line| line.discountable = true);
        scene.discounts.iter_mut().for_each(|discount| discount.lowers_tax_base = true);
        scene.charges.iter_mut().for_each(|charge| charge.of = ChargeOf::AfterDiscounts);
        scene.discounts.push(Discount {
            id: DiscountId::new(9), off: Off::Percent(Rate::HUNDRED), scope: Scope::Check, lowers_tax_base: true,
            except: Vec::new(),
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
