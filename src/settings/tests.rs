//! Tables for settings, service charges and the short lists.

use super::model::*;
use super::papers::receipt_missing;
use crate::kernel::currency::Currency;
use crate::kernel::day::{Cutoff, Zone};
use crate::kernel::ids::{ChargeId, DiscountId, TaxClassId, TenderId};
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;
use crate::settings::lists::model::{DiscountEdit, TenderEdit};

fn settings() -> Settings {
    let (zone, cutoff) = (Zone::parse("Europe/Rome").unwrap(), Cutoff::parse("04:00").unwrap());
    Settings::new("Da Comanda".into(), Currency::parse("EUR").unwrap(), zone, cutoff)
}

#[test]
fn an_edit_changes_what_it_names_and_says_so() {
    fn check(edit: Edit, changes: &[(&str, &str, &str)]) {
        let before = settings();
        let after = before.edited(edit);
        let seen = before.changes(&after);
        let seen: Vec<_> = seen.iter().map(|c| (c.field, c.from.as_str(), c.to.as_str())).collect();
        assert_eq!(seen, changes);
        assert_eq!(before == after, changes.is_empty());
    }
    check(Edit::default(), &[]);
    check(Edit { name: Some("Da Comanda".into()), ..Edit::default() }, &[]);
    check(Edit { name: Some("Osteria".into()), ..Edit::default() }, &[("name", "Da Comanda", "Osteria")]);
    check(
        Edit {
            cutoff: Some(Cutoff::parse("05:30").unwrap()),
            zone: Some(Zone::parse("America/New_York").unwrap()),
            ..Edit::default()
        },
        &[("timezone", "Europe/Rome", "America/New_York"), ("cutoff", "04:00", "05:30")],
    );
    check(
        Edit {
            tax_rounding: Some(TaxRounding::PerCheck),
            cash_rounding: Some(Money::new(5)),
            cash_rounding_when: Some(CashRoundingWhen::AllCash),
            ..Edit::default()
        },
        &[
            ("tax_rounding", "per_line", "per_check"),
            ("cash_rounding", "0", "5"),
            ("cash_rounding_when", "final_cash", "all_cash"),
        ],
    );
}

#[test]
fn what_receipts_lack_is_named_by_country() {
    fn check(country: &str, said: &[&str], missing: &[&str]) {
        let text = |field: &str| if said.contains(&field) { "x".to_owned() } else { String::new() };
        let settings = Settings {
            country: country.to_owned(),
            legal_name: text("legal_name"),
            address: text("address"),
            vat_id: text("vat_id"),
            tax_number: text("tax_number"),
            ..settings()
        };
        assert_eq!(receipt_missing(&settings), missing, "{country} {said:?}");
    }
    check("", &[], &["country", "address"]);
    check("FR", &[], &["address"]);
    check("FR", &["address"], &[]);
    check("IT", &[], &["legal_name", "address", "vat_id"]);
    check("IT", &["legal_name", "address", "tax_number"], &["vat_id"]);
    check("DE", &[], &["legal_name", "address", "vat_id"]);
    check("DE", &["legal_name", "address", "tax_number"], &[]);
    check("GB", &["legal_name"], &["address", "vat_id"]);
    check("US", &[], &["address"]);
    check("US", &["address"], &[]);
}

#[test]
fn words_read_as_they_are_written() {
    fn check<T: Copy + PartialEq + std::fmt::Debug, E: std::fmt::Debug>(
        all: &[T],
        write: fn(T) -> &'static str,
        read: fn(&str) -> Result<T, E>,
    ) {
        for word in all {
            assert_eq!(read(write(*word)).unwrap(), *word);
        }
        assert!(read("Cash ").is_err());
    }
    check(TaxRounding::ALL, TaxRounding::as_str, TaxRounding::parse);
    check(CashRoundingWhen::ALL, CashRoundingWhen::as_str, CashRoundingWhen::parse);
    check(ChargeBase::ALL, ChargeBase::as_str, ChargeBase::parse);
    check(GoesTo::ALL, GoesTo::as_str, GoesTo::parse);
    check(TenderKind::ALL, TenderKind::as_str, TenderKind::parse);
    check(Excess::ALL, Excess::as_str, Excess::parse);
    check(ReasonUse::ALL, ReasonUse::as_str, ReasonUse::parse);
}

#[test]
fn values_from_outside() {
    fn check_country(text: &str, is: Option<&str>) {
        assert_eq!(country(text).ok().as_deref(), is, "{text:?}");
    }
    check_country("IT", Some("IT"));
    check_country(" IT ", Some("IT"));
    check_country("", Some(""));
    check_country("it", None);
    check_country("ITA", None);

    fn check_rounding(minor: i64, is: Option<i64>) {
        assert_eq!(cash_rounding(minor).ok().map(Money::minor), is, "{minor}");
    }
    check_rounding(0, Some(0));
    check_rounding(5, Some(5));
    check_rounding(100_000, Some(100_000));
    check_rounding(100_001, None);
    check_rounding(-5, None);
}

#[test]
fn exactly_one_amount() {
    fn check(percent: Option<i64>, amount: Option<i64>, per_guest: Option<i64>, right: bool) {
        let (rate, money) = (percent.map(Rate::new), amount.map(Money::new));
        let charge = ChargeHow::one_of(rate, money, per_guest.map(Money::new));
        assert_eq!(charge.is_ok(), right);
        if let Ok(how) = charge {
            assert_eq!((how.percent(), how.amount(), how.per_guest()), (rate, money, per_guest.map(Money::new)));
        }
        if per_guest.is_none() {
            let discount = DiscountHow::one_of(rate, money);
            assert_eq!(discount.is_ok(), right && percent != Some(0));
        }
    }
    check(None, None, None, false);
    check(Some(100_000), None, None, true);
    check(Some(0), None, None, true);
    check(None, Some(250), None, true);
    check(None, None, Some(250), true);
    check(Some(100_000), Some(250), None, false);
    check(None, Some(250), Some(250), false);
    check(Some(1), Some(1), Some(1), false);
}

fn charge<Id>(id: Id, name: &str) -> ServiceCharge<Id> {
    ServiceCharge {
        id,
        name: name.to_owned(),
        how: ChargeHow::Percent(Rate::new(125_000)),
        of: ChargeBase::AfterDiscounts,
        min_guests: Some(6),
        optional: true,
        tax: ChargeTax::Class(TaxClassId::new(1)),
        goes_to: GoesTo::Staff,
    }
}

#[test]
fn a_list_of_charges_becomes_another() {
    /// `7 Service` keeps 7, `Service` is new; the answer lists what is written and what is archived.
    fn check(now: &[&str], wanted: &[&str], is: &str) {
        let parse = |text: &str| match text.split_once(' ') {
            Some((id, name)) => charge(Some(ChargeId::new(id.parse().unwrap())), name),
            None => charge(None, text),
        };
        let now: Vec<_> = now.iter().map(|text| parse(text)).map(|c| c.clone().with_id(c.id.unwrap())).collect();
        let said = match plan_charges(&now, wanted.iter().map(|text| parse(text)).collect()) {
            Ok(plan) => {
                let id = |c: &ServiceCharge<Option<ChargeId>>| c.id.map_or("new".to_owned(), |id| id.to_string());
                let written = plan.write.iter().map(|(at, c)| format!("{at}: {} {}", id(c), c.name));
                let archived = plan.archive.iter().map(|id| format!("archive {id}"));
                written.chain(archived).collect::<Vec<_>>().join("; ")
            }
            Err((at, invalid)) => format!("{at}: {}", invalid.code),
        };
        assert_eq!(said, is);
    }
    check(&[], &[], "");
    check(&[], &["Cover", "Service"], "0: new Cover; 1: new Service");
    check(&["1 Cover"], &["1 Cover"], "");
    check(&["1 Cover"], &["1 Coperto"], "0: 1 Coperto");
    check(&["1 Cover", "2 Service"], &["2 Service"], "archive 1");
    check(&["1 Cover", "2 Service"], &["Music", "2 Servizio"], "0: new Music; 1: 2 Servizio; archive 1");
    check(&["1 Cover"], &[], "archive 1");
    check(&["1 Cover"], &["2 Service"], "0: unknown");
    check(&["1 Cover"], &["1 Cover", "1 Cover"], "1: unknown");
}

#[test]
fn tenders() {
    fn check(kind: TenderKind, edit: TenderEdit, is: Result<(bool, Excess), &str>) {
        let tender = Tender {
            id: TenderId::new(1),
            name: "Tender".into(),
            kind,
            gives_change: kind.gives_change(),
            excess: kind.excess(),
        };
        let after = tender.edited(edit);
        assert_eq!(after.map(|t| (t.gives_change, t.excess)).map_err(|invalid| invalid.code), is);
    }
    let edit = TenderEdit::default;
    check(TenderKind::Cash, edit(), Ok((true, Excess::Refuse)));
    check(TenderKind::Card, edit(), Ok((false, Excess::Refuse)));
    check(TenderKind::MealVoucher, edit(), Ok((false, Excess::Forfeit)));
    check(TenderKind::GiftVoucher, edit(), Ok((false, Excess::Refuse)));
    check(TenderKind::Cash, TenderEdit { excess: Some(Excess::Forfeit), ..edit() }, Err("conflict"));
    check(TenderKind::MealVoucher, TenderEdit { gives_change: Some(true), ..edit() }, Err("conflict"));
    check(
        TenderKind::MealVoucher,
        TenderEdit { gives_change: Some(true), excess: Some(Excess::Refuse), ..edit() },
        Ok((true, Excess::Refuse)),
    );
}

#[test]
fn a_restaurant_begins_with_every_kind_of_tender_and_a_reason_for_everything() {
    let kinds: std::collections::BTreeSet<_> = first_tenders().map(|t| t.kind).collect();
    assert!(TenderKind::ALL.iter().all(|kind| kinds.contains(kind)));
    assert_eq!(first_tenders().count(), TenderKind::ALL.len());
    for used_for in ReasonUse::ALL {
        assert!(first_reasons().any(|r| r.used_for == *used_for), "{used_for:?}");
    }
}

#[test]
fn a_ready_discount_is_edited_field_by_field() {
    let before = ReadyDiscount {
        id: DiscountId::new(3),
        name: "Regulars".into(),
        how: DiscountHow::Percent(Rate::new(100_000)),
        lowers_tax_base: true,
    };
    assert_eq!(before.edited(DiscountEdit::default()), before);
    let how = DiscountHow::Amount(Money::new(500));
    let after = before.edited(DiscountEdit { how: Some(how), ..DiscountEdit::default() });
    assert_eq!(after, ReadyDiscount { how, ..before });
}
