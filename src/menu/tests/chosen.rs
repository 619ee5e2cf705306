//! What is chosen with a dish, and what comes with a combo.

use proptest::prelude::*;

use crate::kernel::ids::{GroupId, ItemId, OptionId, VariantId};
use crate::kernel::money::Money;
use crate::menu::model::*;

fn group(free_quantity: i64, (min, max): (i64, i64), options: Vec<SellOption>) -> SellGroup {
    SellGroup { id: GroupId::new(1), name: "Extras".to_owned(), min, max, free_quantity, options }
}

fn option(id: i64, name: &str, price: i64, mode: PriceMode, groups: Vec<SellGroup>) -> SellOption {
    SellOption { id: OptionId::new(id), name: name.to_owned(), price: Money::new(price), mode, groups }
}

fn one(id: i64, quantity: i64, nested: Vec<Chosen>) -> Chosen {
    Chosen { option: OptionId::new(id), quantity, nested }
}

/// Cheddar (1), Bacon (2), Rare (3, included), Double (4, replaces by 19.00), Triple (5, replaces by 9.00), and
/// Side (6), which opens Fries (7, 2.00), Salad (8) and Wedges (9), of which Fries open Large (10, 0.50).
fn burger(free: i64) -> Vec<SellGroup> {
    use PriceMode::{Added, Included, Replaces};
    let size = group(0, (0, 2), vec![option(10, "Large", 50, Added, Vec::new())]);
    let side = group(
        1,
        (1, 2),
        vec![
            option(7, "Fries", 200, Added, vec![size]),
            option(8, "Salad", 150, Added, Vec::new()),
            option(9, "Wedges", 500, Included, Vec::new()),
        ],
    );
    let options = vec![
        option(1, "Cheddar", 150, Added, Vec::new()),
        option(2, "Bacon", 200, Added, Vec::new()),
        option(3, "Rare", 300, Included, Vec::new()),
        option(4, "Double", 1900, Replaces, Vec::new()),
        option(5, "Triple", 900, Replaces, Vec::new()),
        option(6, "Side", 100, Added, vec![side]),
    ];
    vec![group(free, (0, 5), options)]
}

/// Of a burger for 15.00: each row as `depth name quantity price`, or the pointers at fault.
fn chosen(free: i64, chosen: &[Chosen]) -> Result<Vec<String>, Vec<String>> {
    let mut faults = Vec::new();
    let mut fault = |pointer: String, invalid: crate::kernel::invalid::Invalid| {
        faults.push(format!("{pointer} {}", invalid.code));
    };
    let taken = choose("Burger", &burger(free), chosen, Money::new(1500), false, &mut fault);
    let row = |m: &Modifier| format!("{} {} {} {}", m.depth, m.name, m.quantity, m.price.minor());
    if faults.is_empty() { Ok(taken.iter().map(row).collect()) } else { Err(faults) }
}

#[track_caller]
fn check(free: i64, of: &[Chosen], expected: &[&str]) {
    assert_eq!(chosen(free, of).unwrap(), expected, "{of:?}");
}

#[track_caller]
fn refused(of: &[Chosen], expected: &[&str]) {
    assert_eq!(chosen(0, of).unwrap_err(), expected, "{of:?}");
}

#[test]
fn what_an_option_does_to_the_price() {
    check(0, &[one(1, 2, vec![]), one(3, 1, vec![])], &["0 Cheddar 2 150", "0 Rare 1 0"]);
    // The difference to 15.00, up or down.
    check(0, &[one(4, 1, vec![]), one(1, 1, vec![])], &["0 Double 1 400", "0 Cheddar 1 150"]);
    check(0, &[one(5, 1, vec![])], &["0 Triple 1 -600"]);
    refused(&[one(4, 1, vec![]), one(5, 1, vec![])], &["modifiers/1/option_id conflict"]);
    refused(&[one(4, 2, vec![])], &["modifiers/0/option_id conflict"]);
    refused(&[one(1, 3, vec![]), one(2, 3, vec![])], &["modifiers out_of_range"]);
    refused(
        &[one(7, 1, vec![]), one(11, 9, vec![])],
        &["modifiers/0/option_id unknown", "modifiers/1/option_id unknown"],
    );
}

#[test]
fn the_first_are_free_in_the_order_of_choosing() {
    check(2, &[one(1, 3, vec![])], &["0 Cheddar 2 0", "0 Cheddar 1 150"]);
    check(2, &[one(2, 1, vec![]), one(1, 2, vec![])], &["0 Bacon 1 0", "0 Cheddar 1 0", "0 Cheddar 1 150"]);
    // What is included or replaces takes no place.
    check(
        1,
        &[one(3, 2, vec![]), one(4, 1, vec![]), one(2, 1, vec![])],
        &["0 Rare 2 0", "0 Double 1 400", "0 Bacon 1 0"],
    );
}

#[test]
fn an_option_opens_groups() {
    let large = || vec![one(10, 1, vec![])];
    check(0, &[one(6, 1, vec![one(7, 1, large())])], &["0 Side 1 100", "1 Fries 1 0", "2 Large 1 50"]);
    // Each of two sides has one free, and its fries one large.
    check(
        0,
        &[one(6, 2, vec![one(8, 1, vec![]), one(7, 1, large())])],
        &["0 Side 2 100", "1 Salad 2 0", "1 Fries 2 200", "2 Large 2 50"],
    );
    check(0, &[one(6, 1, vec![one(9, 1, vec![])])], &["0 Side 1 100", "1 Wedges 1 0"]);
    refused(&[one(6, 1, vec![])], &["modifiers/0/modifiers out_of_range"]);
    refused(&[one(6, 2, vec![one(7, 3, vec![])])], &["modifiers/0/modifiers out_of_range"]);
    refused(
        &[one(1, 1, vec![]), one(6, 1, vec![one(7, 1, vec![one(8, 1, vec![])])])],
        &["modifiers/1/modifiers/0/modifiers/0/option_id unknown"],
    );
    refused(&[one(1, 1, vec![one(2, 1, vec![])])], &["modifiers/0/modifiers/0/option_id unknown"]);
}

#[test]
fn what_the_kitchen_reads() {
    let read = |free: i64, of: &[Chosen]| {
        let taken = choose("Burger", &burger(free), of, Money::new(1500), false, &mut |at, _| panic!("{at}"));
        words(&taken)
    };
    assert_eq!(read(0, &[]), "");
    assert_eq!(read(2, &[one(1, 3, vec![])]), "3 × Cheddar");
    let fries = one(7, 1, vec![one(10, 2, vec![])]);
    assert_eq!(
        read(0, &[one(1, 1, vec![]), one(6, 1, vec![fries.clone(), one(8, 1, vec![])]), one(2, 1, vec![])]),
        "Cheddar, Side (Fries (2 × Large), Salad), Bacon",
    );
    assert_eq!(read(0, &[one(6, 1, vec![fries]), one(3, 1, vec![])]), "Side (Fries (2 × Large)), Rare");
}

#[test]
fn groups_end_somewhere() {
    assert_eq!(levels::<i64>(&[]), Some(1));
    assert_eq!(levels(&[(1, 2), (1, 3), (2, 4)]), Some(3));
    assert_eq!(levels(&[(1, 2), (2, 3), (3, 1)]), None);
    assert_eq!(levels(&[(1, 2), (3, 3)]), None);
    // Two ways to one group are no circle.
    assert_eq!(levels(&[(1, 2), (1, 3), (2, 4), (3, 4)]), Some(3));
}

// ── combos ───────────────────────────────────────────────────────────────────

fn dish(variant: i64, price: Option<i64>, supplement: i64) -> PartDish {
    let (variant, item) = (VariantId::new(variant), ItemId::new(variant));
    PartDish { variant, item, price: price.map(Money::new), supplement: Money::new(supplement), available: true }
}

fn always(share: Option<i64>, of: PartDish) -> Part {
    Part { share, what: PartKind::Dish(of) }
}

fn choice(id: i64, share: Option<i64>, (min, max): (i64, i64), options: Vec<PartDish>) -> Part {
    Part { share, what: PartKind::Choice { id, name: format!("choice {id}"), min, max, options } }
}

fn want(choice: Option<i64>, variant: i64) -> ChosenPart {
    ChosenPart { choice, variant: VariantId::new(variant), modifiers: Vec::new(), note: None }
}

/// Each part as `variant price`, or the pointers at fault.
fn picked(price: i64, parts: &[Part], asked: &[ChosenPart]) -> Result<Vec<String>, Vec<String>> {
    let mut faults = Vec::new();
    let mut fault = |pointer: String, invalid: crate::kernel::invalid::Invalid| {
        faults.push(format!("{pointer} {}", invalid.code));
    };
    let picked = pick("Menu", Money::new(price), parts, asked, &mut fault).unwrap();
    let supplements: i64 = picked.iter().map(|p| p.supplement.minor()).sum();
    let sum: i64 = picked.iter().map(|p| p.price.minor()).sum();
    if !faults.is_empty() {
        return Err(faults);
    }
    assert_eq!(sum, price + supplements, "a cent was made or lost");
    Ok(picked.iter().map(|p| format!("{} {}", p.variant, p.price.minor())).collect())
}

#[test]
fn the_price_of_a_combo_is_parted_to_the_cent() {
    let check = |price: i64, parts: &[Part], asked: &[ChosenPart], expected: &[&str]| {
        assert_eq!(picked(price, parts, asked).unwrap(), expected, "{price} over {parts:?}");
    };
    // By what each costs on the menu: 679.43, 239.80 and 279.77.
    let by_price =
        [always(None, dish(1, Some(850), 0)), always(None, dish(2, Some(300), 0)), always(None, dish(3, Some(350), 0))];
    check(1199, &by_price, &[], &["1 679", "2 240", "3 280"]);
    check(0, &by_price, &[], &["1 0", "2 0", "3 0"]);
    // By shares, whatever they cost.
    let shared = [always(Some(7), dish(1, Some(850), 0)), always(Some(3), dish(2, None, 0))];
    check(1001, &shared, &[], &["1 701", "2 300"]);
    // Where nothing weighs anything, evenly.
    let open = [always(None, dish(1, None, 0)), always(None, dish(2, Some(0), 0))];
    check(101, &open, &[], &["1 51", "2 50"]);
    // A supplement is the part's that brings it.
    let side = || choice(1, None, (1, 1), vec![dish(2, Some(300), 0), dish(3, Some(500), 150)]);
    let with_side = [always(None, dish(1, Some(700), 0)), side()];
    check(1000, &with_side, &[want(None, 2)], &["1 700", "2 300"]);
    check(1200, &with_side, &[want(Some(1), 3)], &["1 700", "3 650"]);
    // A choice's share goes evenly to what was chosen there; who chooses nothing leaves it to the others.
    let two =
        [always(Some(50), dish(1, None, 0)), choice(1, Some(50), (0, 3), vec![dish(2, None, 0), dish(3, None, 10)])];
    check(1001, &two, &[want(None, 2), want(None, 3), want(None, 2)], &["1 501", "2 167", "3 177", "2 166"]);
    check(1001, &two, &[], &["1 1001"]);
}

#[test]
fn what_is_chosen_finds_its_place() {
    let fries = || dish(2, Some(300), 0);
    let parts = [
        always(None, dish(1, Some(850), 0)),
        choice(7, None, (1, 1), vec![fries(), dish(3, Some(200), 0)]),
        choice(8, None, (0, 2), vec![fries(), dish(4, Some(100), 50)]),
    ];
    let names = |asked: &[ChosenPart]| {
        let picked = picked(1000, &parts, asked)?;
        Ok(picked.iter().map(|p| p.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(names(&[want(None, 2)]), Ok("1 2".to_owned()));
    // The first place that has room, in the order of asking.
    assert_eq!(names(&[want(None, 4), want(None, 2), want(None, 2)]), Ok("1 2 4 2".to_owned()));
    assert_eq!(names(&[want(Some(8), 2), want(None, 3)]), Ok("1 3 2".to_owned()));
    // What always comes can be spoken of, and comes once.
    assert_eq!(names(&[want(None, 1), want(None, 2)]), Ok("1 2".to_owned()));
    let refused = |asked: &[ChosenPart], expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(names(asked), Err(expected), "{asked:?}");
    };
    refused(&[], &["components out_of_range"]);
    refused(&[want(None, 2), want(None, 1), want(None, 1)], &["components/2/variant_id out_of_range"]);
    refused(&[want(None, 2), want(None, 9)], &["components/1/variant_id unknown"]);
    refused(&[want(Some(9), 2), want(None, 2)], &["components/0/choice_id unknown"]);
    refused(&[want(Some(7), 4), want(None, 2)], &["components/0/variant_id unknown"]);
    refused(&[want(Some(7), 2), want(Some(7), 3)], &["components out_of_range"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a combo costs and consists of: its parts make its price, none is below nothing, and none is a cent
    /// away from its weight's part.
    #[test]
    fn no_cent_of_a_combo_is_lost(
        price in 0_i64..2_000_000, parts in proptest::collection::vec((proptest::option::of(0_i64..5_000), 0_i64..300), 1..8),
    ) {
        let dishes: Vec<Part> =
            parts.iter().zip(1..).map(|((cost, _), id)| always(None, dish(id, *cost, 0))).collect();
        let rows = picked(price, &dishes, &[]).unwrap();
        let weights: Vec<i64> = parts.iter().map(|(cost, _)| cost.unwrap_or(0)).collect();
        let sum: i64 = weights.iter().sum();
        for (row, weight) in rows.iter().zip(&weights).filter(|_| sum > 0) {
            let part: i64 = row.split(' ').nth(1).unwrap().parse().unwrap();
            prop_assert!(part >= 0 && (part * sum - price * weight).abs() < sum, "{rows:?}");
        }
        // By shares, with a supplement each.
        let shared: Vec<Part> = parts
            .iter()
            .zip(1..)
            .map(|((cost, extra), id)| choice(id, Some(cost.unwrap_or(0) + 1), (1, 2), vec![dish(id, None, *extra)]))
            .collect();
        let asked: Vec<ChosenPart> = (1..=parts.len() as i64).map(|id| want(Some(id), id)).collect();
        prop_assert!(picked(price, &shared, &asked).is_ok());
    }
}
