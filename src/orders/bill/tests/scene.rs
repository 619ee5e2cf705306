//! Checks written as text: what stands on them, and what must come out.
//!
//! `line 15.89 6x,6x,3xc` is a line with two exclusive rates of 6 % and a compounding one of 3 %;
//! `10i` is a rate inside the price. `off 10%`, `off 1.00 line 2`, `charge 12.5% after as_lines`.

use super::super::*;

pub(super) fn money(text: &str) -> Money {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, cents) = digits.split_once('.').unwrap_or_else(|| panic!("an amount has cents: {text}"));
    assert_eq!(cents.len(), 2, "an amount has two decimals: {text}");
    Money::new(sign * (whole.parse::<i64>().unwrap() * 100 + cents.parse::<i64>().unwrap()))
}

pub(super) fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

pub(super) fn rates(text: &str) -> &'static [TaxRate] {
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
pub(super) struct Scene {
    pub(super) lines: Vec<Line<'static>>,
    pub(super) discounts: Vec<Discount>,
    pub(super) charges: Vec<Charge<'static>>,
    pub(super) guests: u32,
    pub(super) tax_exempt: bool,
    pub(super) rules: Rules,
}

impl Scene {
    pub(super) fn read(text: &str) -> Scene {
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
            parent: None,
            unit_price: money(price),
            modifiers: Money::ZERO,
            quantity: Quantity::ONE,
            measure: None,
            carry: Money::ZERO,
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
                ("^", head) => line.parent = Some(LineId::new(head.parse().unwrap())),
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
        self.discounts.push(Discount { id, off, scope, lowers_tax_base, except: Vec::new() });
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
            part: None,
        };
        match more {
            [] => {}
            ["min", n] => charge.min_guests = Some(n.parse().unwrap()),
            ["removed"] => charge.removed = true,
            more => panic!("what is {more:?}?"),
        }
        self.charges.push(charge);
    }

    pub(super) fn bill(&self) -> Result<Bill<'_>, TooLarge> {
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
pub(super) fn fact(bill: &Bill<'_>, name: &str) -> Money {
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

pub(super) fn check(scene: &str, expected: &str) {
    let read = Scene::read(scene);
    let bill = read.bill().unwrap();
    for clause in expected.split(';').map(str::trim) {
        let (name, amount) = clause.rsplit_once(' ').unwrap();
        let found = fact(&bill, name).display(2).to_string();
        assert_eq!(found, amount, "{name} of: {scene}");
    }
}
