//! What the targets of `fuzz/` feed, and `tests/fuzz.rs` on what they kept: bytes from outside go in, and whatever
//! is said of them, nothing panics and what was promised holds.

use crate::import;
use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::kernel::ids::{CategoryId, ChargeId, DiscountId, LineId, TaxClassId, VariantId};
use crate::kernel::money::Money;
use crate::kernel::quantity::{Measure, Quantity};
use crate::kernel::rate::{Rate, Rounding};
use crate::kernel::{pan, text};
use crate::orders::bill::{
    Charge, ChargeOf, ChargeTax, ChargeValue, Check, Discount, Line, Off, Rules, Scope, TaxRate, TaxRounding, price,
};
use crate::web::body::Tried;
use crate::{menu, orders, payments, settings};

/// A target's name and what it feeds.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, as its file in `fuzz/fuzz_targets/` and its folder in `fuzz/corpus/` are called.
pub const TARGETS: [Target; 5] = [
    ("requests", requests),
    ("words", words),
    ("menu_sheet", menu_sheet),
    ("sales_sheet", sales_sheet),
    ("pricing", pricing),
];

/// A request's body: the first byte says of which call.
pub fn requests(bytes: &[u8]) {
    let Some((which, body)) = bytes.split_first() else { return };
    let calls: Vec<Tried> = orders::http::tried()
        .chain(menu::tried())
        .chain(payments::TRIED.iter().chain(settings::http::TRIED).copied())
        .collect();
    calls[usize::from(*which) % calls.len()](body);
}

/// Single values as text: what is read of one is written so that it is read again as the same.
pub fn words(bytes: &[u8]) {
    let Ok(said) = std::str::from_utf8(bytes) else { return };
    for name in [text::name(said), text::code(said, 40)].into_iter().flatten() {
        assert_eq!(text::code(&name, text::NAME_CHARS_MAX).as_ref(), Ok(&name));
    }
    if let Ok(Some(note)) = text::note(said) {
        assert!(pan::find(&note).is_none() && note.chars().count() <= text::NOTE_CHARS_MAX);
    }
    if let Ok(date) = BusinessDate::parse(said) {
        assert_eq!(BusinessDate::parse(&date.to_string()), Ok(date));
    }
    if let Ok(rate) = Rate::parse(said) {
        assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
    }
    if let Ok(measure) = Measure::parse(said) {
        assert_eq!(Measure::parse(&measure.to_string()), Ok(measure));
    }
    for decimals in 0..4 {
        if let Ok(money) = Money::parse_decimal(said, decimals) {
            assert_eq!(Money::parse_decimal(&money.display(decimals).to_string(), decimals), Ok(money));
        }
    }
    drop((UtcMs::parse(said), Zone::parse(said)));
}

/// A menu from another system.
pub fn menu_sheet(bytes: &[u8]) {
    // Refused or not, it comes back.
    drop(import::menu_tried(bytes));
}

/// Sales of another till.
pub fn sales_sheet(bytes: &[u8]) {
    let Ok(zone) = Zone::parse("Europe/Rome") else { return };
    if let Ok(summary) = import::sales_tried(bytes, zone, UtcMs::new(1_795_000_000_000)) {
        assert!(summary.orders <= summary.rows && summary.from.is_some() == (summary.orders > 0));
    }
}

/// Takes numbers from bytes, zeros where they end.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    fn below(&mut self, end: u8) -> u8 {
        self.byte() % end
    }

    /// Mostly small, at times of any size.
    fn number(&mut self) -> i64 {
        let size = self.below(10);
        let bytes = if size == 9 { 8 } else { size.min(3) };
        (0..bytes).fold(0, |number: i64, _| number << 8 | i64::from(self.byte()))
    }
}

/// A check of any lines, discounts and charges: it is priced or refused, and a bill adds up, whatever the order in
/// which its lines were added.
pub fn pricing(bytes: &[u8]) {
    let mut bytes = Bytes(bytes);
    let classes: Vec<Vec<TaxRate>> = (0..4).map(|_| any_rates(&mut bytes)).collect();
    let lines: Vec<Line<'_>> = (0..bytes.below(9)).map(|n| any_line(&mut bytes, n, &classes)).collect();
    let discounts: Vec<Discount> = (0..bytes.below(5)).map(|n| any_discount(&mut bytes, n)).collect();
    let charges: Vec<Charge<'_>> = (0..bytes.below(4)).map(|n| any_charge(&mut bytes, n, &classes)).collect();
    let flags = bytes.byte();
    let rules = Rules {
        tax_rounding: if flags & 1 == 0 { TaxRounding::PerLine } else { TaxRounding::PerCheck },
        rounding: if flags & 2 == 0 { Rounding::HalfUp } else { Rounding::HalfEven },
    };
    let guests = u32::from(bytes.byte());
    let of = |lines| Check { lines, discounts: &discounts, charges: &charges, guests, tax_exempt: flags & 12 == 12 };
    let Ok(bill) = price(&of(&lines), rules) else { return };
    assert!(bill.total.minor().abs() <= Money::LIMIT);
    let costs: i64 = bill.lines.iter().map(|line| line.net.minor() + line.tax.minor()).sum();
    let served: i64 = bill.charges.iter().map(|charge| charge.net.minor() + charge.tax.minor()).sum();
    assert_eq!(bill.total.minor(), costs + served);
    assert!(bill.lines.iter().all(|line| line.discount.minor() >= 0 || line.list_amount.minor() < 0));
    let mut turned = lines.clone();
    turned.reverse();
    // On the way to a sum that fits, another order may pass one that does not.
    if let Ok(other) = price(&of(&turned), rules) {
        assert_eq!((bill.total, bill.tax_total, &bill.taxes), (other.total, other.tax_total, &other.taxes));
        assert_eq!((&bill.discounts, &bill.charges), (&other.discounts, &other.charges));
    }
}

fn any_rates(bytes: &mut Bytes<'_>) -> Vec<TaxRate> {
    let one = |n: u8, bytes: &mut Bytes<'_>| {
        let flags = bytes.byte();
        TaxRate {
            name: format!("T{}", n % 2),
            rate: Rate::new(bytes.number().rem_euclid(1_000_001)),
            included: flags & 1 == 0,
            compound: flags & 2 != 0,
        }
    };
    (0..bytes.below(4)).map(|n| one(n, bytes)).collect()
}

fn any_line<'a>(bytes: &mut Bytes<'_>, n: u8, classes: &'a [Vec<TaxRate>]) -> Line<'a> {
    let (class, flags) = (bytes.below(4), bytes.byte());
    let whole = bytes.number().rem_euclid(999) + 1;
    Line {
        id: LineId::new(i64::from(n) + 1),
        parent: None,
        unit_price: Money::new(bytes.number()),
        modifiers: Money::new(bytes.number()),
        quantity: Quantity::parse(whole).unwrap_or(Quantity::ONE),
        measure: (flags & 1 != 0).then(|| Measure::from_thousandths(bytes.number())),
        carry: Money::ZERO,
        category: CategoryId::new(i64::from(bytes.below(3))),
        variant: VariantId::new(i64::from(bytes.below(3))),
        tax_class: TaxClassId::new(class.into()),
        rates: &classes[usize::from(class)],
        discountable: flags & 6 != 0,
        comp: flags & 24 == 24,
        sale: flags & 96 != 96,
    }
}

fn any_discount(bytes: &mut Bytes<'_>, n: u8) -> Discount {
    let line = |bytes: &mut Bytes<'_>| LineId::new(i64::from(bytes.below(10)));
    let (kind, value) = (bytes.below(8), bytes.number());
    Discount {
        id: DiscountId::new(i64::from(n) + 1),
        off: match kind & 1 {
            0 => Off::Percent(Rate::new(value.rem_euclid(1_000_001))),
            _ => Off::Amount(Money::new(value.rem_euclid(Money::LIMIT))),
        },
        scope: match bytes.below(4) {
            0 => Scope::Check,
            1 => Scope::Line(line(bytes)),
            2 => Scope::Lines(vec![line(bytes), line(bytes)]),
            _ => Scope::Categories(vec![CategoryId::new(1)]),
        },
        lowers_tax_base: kind & 2 != 0,
        except: Vec::new(),
    }
}

fn any_charge<'a>(bytes: &mut Bytes<'_>, n: u8, classes: &'a [Vec<TaxRate>]) -> Charge<'a> {
    let value = bytes.number();
    Charge {
        id: ChargeId::new(i64::from(n) + 1),
        value: match bytes.below(3) {
            0 => ChargeValue::Percent(Rate::new(value.rem_euclid(1_000_001))),
            1 => ChargeValue::Amount(Money::new(value)),
            _ => ChargeValue::PerGuest(Money::new(value)),
        },
        of: if bytes.below(2) == 0 { ChargeOf::AfterDiscounts } else { ChargeOf::BeforeDiscounts },
        min_guests: None,
        tax: match bytes.below(3) {
            0 => ChargeTax::None,
            1 => ChargeTax::AsLines,
            _ => ChargeTax::Rates(&classes[usize::from(bytes.below(4))]),
        },
        removed: false,
        part: None,
    }
}
