//! An evening in a trattoria: 10 % and 22 % VAT in the prices, 10 % off what is not given away,
//! 10 % service without tax, part by card with a tip, the rest in cash rounded to ten cents.

use crate::kernel::currency::Currency;
use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::kernel::ids::{
    CategoryId, ChargeId, CheckId, ItemId, LineId, OptionId, OrderId, PaymentId, ReceiptId, RefundId, StaffId,
    TenderId, VariantId,
};
use crate::kernel::money::Money;
use crate::kernel::quantity::{Measure, Quantity};
use crate::kernel::rate::Rate;
use crate::kernel::service::Service;
use crate::orders::bill::Rules;
use crate::orders::model::parts::Worth;
use crate::orders::model::{
    Amounts, AppliesTo, CashRounding, Charge, ChargeHow, ChargeTax, Check, Comp, CountsAs, Customer, Discount, Kind,
    Line, Modifier, Off, Order, Payment, PaymentState, RateTotal, Refund, SoldBy, State, Totals,
};
use crate::orders::receipt::model::{Names, PartOf, RefundDoc, RefundPart, Seller};

pub(super) struct Scene {
    pub order: Order,
    pub names: Names,
    /// Each line's and charge's part of each rate.
    pub rates: Vec<(PartOf, RateTotal)>,
    pub at: UtcMs,
    pub date: BusinessDate,
}

pub(super) fn money(minor: i64) -> Money {
    Money::new(minor)
}

pub(super) fn tax(name: &str, rate: &str, included: bool, base: i64, tax: i64) -> RateTotal {
    let rate = Rate::parse(rate).unwrap();
    RateTotal { name: name.to_owned(), rate, included, base: money(base), tax: money(tax) }
}

fn at(text: &str) -> UtcMs {
    UtcMs::parse(text).unwrap()
}

impl Scene {
    /// The same evening in a house of that country.
    pub(super) fn in_country(country: &str) -> Self {
        let mut scene = Self::evening();
        country.clone_into(&mut scene.names.seller.country);
        scene
    }

    pub(super) fn evening() -> Self {
        let date = BusinessDate::parse("2026-11-20").unwrap();
        let opened_at = at("2026-11-20T18:02:00+01:00");
        let order = Order {
            id: OrderId::new(5),
            display_number: 12,
            kind: Kind::DineIn,
            service: Service::DineIn,
            state: State::Open,
            table: None,
            tab_name: None,
            guests: 3,
            customer: Customer { name: Some("Jägermeister & Söhne".to_owned()), ..Customer::default() },
            due_at: None,
            note: None,
            date,
            opened_at,
            closed_at: None,
            staff: Some(StaffId::new(2)),
            device: None,
            merged_into: None,
            version: 7,
            revision: 0,
            checks: vec![evening_check(date)],
            joined: Vec::new(),
        };
        let text = |text: &str| Some(text.to_owned());
        let names = Names {
            seller: Seller {
                name: "Trattoria da Mario".to_owned(),
                legal_name: "Mario Rossi S.r.l.".to_owned(),
                address: "Via Garibaldi 12\n00100 Roma".to_owned(),
                country: String::new(),
                vat_id: "IT01234567890".to_owned(),
                tax_number: String::new(),
                header: "Tel. 06 1234567".to_owned(),
                footer: "Grazie e arrivederci!".to_owned(),
            },
            currency: Currency::parse("EUR").unwrap(),
            zone: Zone::parse("Europe/Rome").unwrap(),
            table: text("Window 5"),
            served_by: text("Anna"),
            cashier: text("Luca"),
        };
        let part = |line: i64, rate: &str, base: i64, vat: i64| {
            (PartOf::Line(LineId::new(line)), tax("IVA", rate, true, base, vat))
        };
        let rates = vec![part(1, "10", 1718, 172), part(2, "22", 354, 78), part(3, "10", 1116, 112)];
        Self { order, names, rates, at: at("2026-11-20T19:31:00+01:00"), date }
    }
}

fn evening_check(date: BusinessDate) -> Check {
    let mut pizza = line(1, "Margherita", "large", 900, [2100, 0, 210, 1718, 172, 1890]);
    pizza.quantity = Quantity::parse(2).unwrap();
    pizza.modifiers = vec![modifier("Extra cheese", 150), modifier("No onions", 0)];
    let beer = line(2, "Pilsner", "", 480, [480, 0, 48, 354, 78, 432]);
    let mut steak = line(3, "Bistecca", "", 3900, [1365, 0, 137, 1116, 112, 1228]);
    steak.measure = Some(Measure::parse("0.350").unwrap());
    let mut cake = line(4, "Tiramisù", "", 650, [700, 700, 0, 0, 0, 0]);
    cake.modifiers = vec![modifier("Cream", 50)];
    cake.comp = Some(Comp { reason: None, reason_id: None, by: None, approved_by: None, at: UtcMs::new(0) });
    let mut card = payment(1, "Card", [2000, 2200, 0, 200, 0]);
    (card.card_brand, card.card_last4) = (Some("Visa".to_owned()), Some("4242".to_owned()));
    Check {
        id: CheckId::new(6),
        state: State::Open,
        opened_date: date,
        closed_date: None,
        rules: Rules::default(),
        cash: CashRounding { step: money(10), all_cash: false },
        tax_exempt: false,
        version: 7,
        bills: 0,
        carried: false,
        split_from: None,
        lines: vec![pizza, beer, steak, cake],
        discounts: vec![discount("Friends 10 %", 395)],
        charges: vec![charge("Service 10 %", 355)],
        payments: vec![card, payment(2, "Cash", [1905, 2000, 90, 0, 5])],
        receipt: Some((ReceiptId::new(41), 17)),
        loaded: Vec::new(),
        taxes: vec![tax("IVA", "10", true, 2834, 284), tax("IVA", "22", true, 354, 78)],
        totals: Totals {
            subtotal: money(4645),
            discount: money(395),
            service: money(355),
            tax: money(362),
            total: money(3905),
        },
    }
}

/// One of the two pizzas, in cash.
pub(super) fn one_margherita() -> RefundDoc {
    RefundDoc {
        id: RefundId::new(1),
        tender: "Cash".to_owned(),
        tender_kind: "cash".to_owned(),
        card_brand: None,
        card_last4: None,
        amount: money(945),
        rounding: money(5),
        tip: money(0),
        excess: money(0),
        reason: Some("Burnt".to_owned()),
        parts: vec![RefundPart {
            of: PartOf::Line(LineId::new(1)),
            quantity: Some(Quantity::ONE),
            net: money(859),
            tax: money(86),
            total: money(945),
            taxes: vec![tax("IVA", "10", true, 859, 86)],
        }],
    }
}

/// All of a payment.
pub(super) fn reversal(payment: &Payment) -> Refund {
    Refund {
        id: RefundId::new(1),
        amount: payment.amount,
        rounding: payment.rounding,
        tip: payment.tip,
        excess: payment.excess,
        reversal: true,
        cash: false,
    }
}

/// `amounts` are list, comp, discount, net, tax, total.
fn line(id: i64, name: &str, variant: &str, unit_price: i64, amounts: [i64; 6]) -> Line {
    let [list, comp, discount, net, tax, total] = amounts.map(money);
    Line {
        id: LineId::new(id),
        parent: None,
        combo: false,
        split_from: None,
        item: ItemId::new(id),
        variant: VariantId::new(id),
        category: CategoryId::new(1),
        station: None,
        tax_version: 1,
        name: name.to_owned(),
        variant_name: variant.to_owned(),
        sold_by: SoldBy::Each,
        counts_as: CountsAs::Sale,
        discountable: true,
        unit_price: money(unit_price),
        modifiers: Vec::new(),
        quantity: Quantity::ONE,
        measure: None,
        service: None,
        seat: None,
        course: None,
        note: None,
        hold: false,
        voided: false,
        version: 1,
        reserved: 0,
        added_by: None,
        added_at: UtcMs::new(0),
        comp: None,
        kitchen: None,
        sent_as: None,
        amounts: Amounts { list, comp, discount, net, tax, total },
        share: None,
        counted: true,
        list_carry: Money::ZERO,
        worth: Worth::default(),
        fresh: false,
        stands: None,
    }
}

/// One of something, which the kitchen has not heard of.
pub(in crate::orders) fn a_dish(price: i64) -> Line {
    line(1, "Dish", "", price, [price, 0, 0, price, 0, price])
}

fn modifier(name: &str, price: i64) -> Modifier {
    Modifier { option: OptionId::new(1), name: name.to_owned(), price: money(price), quantity: 1, depth: 0 }
}

fn discount(name: &str, value: i64) -> Discount {
    Discount {
        id: 1,
        name: name.to_owned(),
        off: Off::Percent(Rate::parse("10").unwrap()),
        applies_to: AppliesTo::Check,
        lowers_tax_base: true,
        discount_id: None,
        reason_id: None,
        reason: None,
        staff: None,
        approved_by: None,
        at: UtcMs::new(0),
        value: money(value),
        root: None,
        except: Vec::new(),
    }
}

fn charge(name: &str, value: i64) -> Charge {
    Charge {
        id: 1,
        charge: ChargeId::new(1),
        name: name.to_owned(),
        how: ChargeHow::Percent(Rate::parse("10").unwrap()),
        after_discounts: true,
        min_guests: None,
        optional: true,
        tax: ChargeTax::None,
        to_staff: true,
        removed: false,
        value: money(value),
        net: money(value),
        tax_amount: money(0),
        part: None,
        worth: None,
    }
}

/// `amounts` are amount, tendered, change, tip, rounding.
fn payment(id: i64, tender: &str, amounts: [i64; 5]) -> Payment {
    let [amount, tendered, change, tip, rounding] = amounts.map(money);
    Payment {
        id: PaymentId::new(id),
        tender_id: TenderId::new(id),
        tender_kind: tender.to_lowercase(),
        tender: tender.to_owned(),
        state: PaymentState::Captured,
        amount,
        tendered,
        change,
        tip,
        rounding,
        excess: money(0),
        tip_staff: None,
        reference: None,
        card_brand: None,
        card_last4: None,
        card_auth: None,
        client_ref: None,
        account: None,
        device: None,
        staff: None,
        date: BusinessDate::new(0),
        at: UtcMs::new(0),
        corrects: None,
        drawer: None,
        corrected_by: None,
        refunds: Vec::new(),
    }
}
