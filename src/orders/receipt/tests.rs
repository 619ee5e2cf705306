//! Documents as they are printed, read back and stored.

pub(in crate::orders) mod scene;
mod stored;

use scene::{Scene, money};

use super::model::PartOf;
use super::model::{Document, Draft, Kind, Number, Original, Seller};
use super::{body, html, text, wording, words};
use crate::kernel::currency::Currency;
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::ids::ReceiptId;
use crate::kernel::quantity::Quantity;
use crate::orders::model as orders;
use crate::web::Form;

/// Those with words of their own, and elsewhere.
const COUNTRIES: [&str; 5] = ["", "IT", "DE", "GB", "US"];

fn check_text(document: &Document, copy: bool, expected: &str) {
    let printed = text::render(document, copy).unwrap();
    assert_eq!(printed, expected, "printed:\n{printed}");
    check_widths(document);
}

fn check_widths(document: &Document) {
    let printed = text::render(document, true).unwrap();
    for row in printed.lines() {
        assert!(row.chars().count() <= crate::kernel::paper::COLUMNS, "{row:?}");
        assert_eq!(row, row.trim_end());
    }
}

#[test]
fn a_sale() {
    let scene = Scene::evening();
    check_text(&scene.sale(17), false, include_str!("tests/sale.txt"));
}

#[test]
fn a_copy_of_a_sale_differs_by_its_marks() {
    let scene = Scene::evening();
    let (first, copy) = (text::render(&scene.sale(17), false).unwrap(), text::render(&scene.sale(17), true).unwrap());
    let mark = "*** COPY ***";
    assert_eq!(copy.matches(mark).count(), 2);
    let unmarked: String = copy.lines().filter(|row| row.trim() != mark).map(|row| format!("{row}\n")).collect();
    assert_eq!(unmarked, first);
}

#[test]
fn a_bill() {
    let mut scene = Scene::evening();
    scene.order.checks[0].payments.truncate(1);
    check_text(&scene.draft().bill().unwrap(), false, include_str!("tests/bill.txt"));
}

#[test]
fn a_refund() {
    let scene = Scene::evening();
    check_text(&scene.refund(18), false, include_str!("tests/refund.txt"));
}

#[test]
fn a_correction() {
    check_text(&Scene::evening().correction(18), false, include_str!("tests/correction.txt"));
}

/// Every table of words, on every kind of paper.
#[test]
fn every_country_fits_the_paper() {
    for country in COUNTRIES {
        let scene = Scene::in_country(country);
        for document in [scene.sale(17), scene.refund(18), scene.correction(19), scene.draft().bill().unwrap()] {
            check_widths(&document);
            // A combo has no amount of its own.
            let mut combo = document.clone();
            combo.lines.iter_mut().for_each(|line| line.combo = true);
            check_widths(&combo);
            let (printed, page) = (text::render(&document, true).unwrap(), html::render(&document, true).unwrap());
            assert!(!printed.contains(": \n") && !page.contains("<dt></dt>"), "{country}: {printed}");
        }
        // A letter or a percentage at each line, or the taxes apart.
        let said = text::render(&scene.sale(17), false).unwrap();
        let rated = match country {
            "IT" => said.contains("10%      18,00"),
            "DE" => said.contains("A      18,00"),
            "GB" => said.contains("A      18.00"),
            _ => said.contains("large                18.00"),
        };
        assert!(rated, "{country}: {said}");
    }
}

#[test]
fn amounts_and_times_are_written_as_people_there_write_them() {
    let check = |country: &str, minor: i64, currency: &str, amount: &str, strong: &str, time: &str| {
        let (words, currency) = (words::of(country), Currency::parse(currency).unwrap());
        assert_eq!(words.money(money(minor), currency), amount, "{country}");
        assert_eq!(words.strong(money(minor), currency), strong, "{country}");
        let zone = Zone::parse("Europe/Rome").unwrap();
        assert_eq!(words.time(UtcMs::parse("2026-02-01T00:05:00+01:00").unwrap(), &zone), time, "{country}");
    };
    check("", 123_456_789, "EUR", "1234567.89", "1234567.89", "2026-02-01 00:05");
    check("FR", -5, "EUR", "-0.05", "-0.05", "2026-02-01 00:05");
    check("IT", 123_456_789, "EUR", "1.234.567,89", "1.234.567,89", "01-02-2026 00:05");
    check("DE", -123_456, "EUR", "-1.234,56", "-1.234,56", "01.02.2026 00:05");
    check("GB", 100_000, "GBP", "1,000.00", "£1,000.00", "01/02/2026 00:05");
    check("GB", 99_999, "GBP", "999.99", "£999.99", "01/02/2026 00:05");
    check("US", -123_456, "USD", "-1,234.56", "-$1,234.56", "02/01/2026 12:05 AM");
    check("US", 1000, "JPY", "1,000", "JPY 1,000", "02/01/2026 12:05 AM");
    let half_past = |hour: &str| {
        let at = UtcMs::parse(&format!("2026-02-01T{hour}:30:00+01:00")).unwrap();
        words::of("US").time(at, &Zone::parse("Europe/Rome").unwrap())
    };
    let halves = ["01", "11", "12", "13", "23"].map(half_past);
    assert_eq!(halves.map(|time| time[11..].to_owned()), ["1:30 AM", "11:30 AM", "12:30 PM", "1:30 PM", "11:30 PM"]);
}

/// Room for a customer's name where a receipt is no invoice without it, and for a host to say who dined.
#[test]
fn what_is_left_to_be_written_by_hand() {
    let check = |country: &str, currency: &str, total: i64, guests: u32, named: bool, labels: &[&str]| {
        let mut scene = Scene::in_country(country);
        scene.names.currency = Currency::parse(currency).unwrap();
        scene.order.guests = guests;
        scene.order.checks[0].totals.total = money(total);
        if !named {
            scene.order.customer.name = None;
        }
        let blanks = wording::blanks(&scene.sale(1));
        let seen: Vec<&str> = blanks.into_iter().flat_map(|(_, labels)| labels).collect();
        assert_eq!(seen, labels, "{country} {total}");
    };
    let host = ["Bewirtete Personen", "Anlass", "Ort, Datum", "Unterschrift"];
    check("DE", "EUR", 25_000, 2, false, &host);
    check("DE", "EUR", 25_001, 2, true, &host);
    check("DE", "EUR", 25_001, 1, false, &["Rechnung an", "Anschrift"]);
    check("DE", "CHF", 25_001, 1, false, &[]);
    check("GB", "GBP", 25_000, 2, false, &[]);
    check("GB", "GBP", 25_001, 2, false, &["Invoice to", "Address"]);
    check("IT", "EUR", 25_001, 2, false, &[]);
    check("US", "USD", 99_999, 2, false, &[]);
    check("", "EUR", 99_999, 2, false, &[]);
}

/// Sample tips leave the choice to the guest; where a service charge is on the bill nobody suggests another.
#[test]
fn tips_are_suggested_where_nothing_is_added() {
    let mut scene = Scene::in_country("US");
    assert_eq!(wording::tips(&scene.draft().bill().unwrap()).unwrap(), []);
    let check = &mut scene.order.checks[0];
    check.totals.total = money(3550);
    check.totals.service = money(0);
    check.charges.clear();
    let tips = wording::tips(&scene.draft().bill().unwrap()).unwrap();
    // Of 35.50: 5.325, 6.39, 7.10.
    assert_eq!(tips.iter().map(|tip| tip.amount.minor()).collect::<Vec<_>>(), [533, 639, 710]);
    assert_eq!(wording::tips(&scene.sale(1)).unwrap(), []);
    assert_eq!(wording::tips(&Scene::evening().draft().bill().unwrap()).unwrap(), []);
}

/// A gratuity that is added by itself is no tip, and its tax stands among the taxes.
#[test]
fn a_service_charge_is_called_one_and_taxed_apart() {
    let mut scene = Scene::in_country("US");
    let check = &mut scene.order.checks[0];
    check.charges[0].name = "Gratuity 18 %".to_owned();
    (check.charges[0].tax_amount, check.totals.service, check.totals.total) = (money(36), money(391), money(4291));
    check.taxes = vec![scene::tax("Sales tax", "10", false, 3905, 386)];
    check.totals.tax = money(386);
    scene.rates = vec![
        (PartOf::Line(crate::kernel::ids::LineId::new(1)), scene::tax("Sales tax", "10", false, 3550, 350)),
        (PartOf::Charge(1), scene::tax("Sales tax", "10", false, 355, 36)),
    ];
    let rows = |document: &Document| -> Vec<(String, i64)> {
        wording::sums(document).unwrap().into_iter().map(|sum| (sum.label, sum.amount.minor())).collect()
    };
    let sale = scene.sale(1);
    let sums = rows(&sale);
    assert!(sums.contains(&("Gratuity 18 % (service charge)".to_owned(), 355)), "{sums:?}");
    assert!(sums.contains(&("Sales tax 10 %".to_owned(), 386)), "{sums:?}");
    assert!(wording::rates(&sale).is_empty());
    // One that was issued before charges told their rates adds up too.
    let mut old = sale;
    old.charges[0].rates.clear();
    let sums = rows(&old);
    assert!(sums.contains(&("Gratuity 18 % (service charge)".to_owned(), 391)), "{sums:?}");
    assert!(sums.contains(&("Tax".to_owned(), 350)), "{sums:?}");
}

#[test]
fn what_italy_did_not_collect_is_not_paid() {
    let mut scene = Scene::in_country("IT");
    scene.order.checks[0].payments[0].tender_kind = "house_account".to_owned();
    let rows = wording::payments(&scene.sale(1)).unwrap();
    let said: Vec<(&str, i64)> = rows.iter().map(|row| (row.label.as_str(), row.amount.minor())).collect();
    assert_eq!(
        said,
        [
            ("Non riscosso: Card Visa ****4242", 2200),
            ("di cui mancia", 200),
            ("Pagamento contante", 2000),
            ("Resto", -90),
            ("Importo pagato", 1910),
        ]
    );
}

/// Receipts of before lines told their rates, and tenders their kind, are read and printed for ever.
#[test]
fn a_body_of_an_older_release_is_printed() {
    for country in COUNTRIES {
        let scene = Scene::in_country(country);
        let mut body: serde_json::Value = serde_json::from_str(&body::to_json(scene.refund(18)).unwrap()).unwrap();
        for new in ["original_issued_at", "annuls"] {
            body.as_object_mut().unwrap().remove(new);
        }
        for part in ["lines", "service_charges", "payments"] {
            for row in body[part].as_array_mut().unwrap() {
                let row = row.as_object_mut().unwrap();
                row.remove("taxes");
                row.remove("kind");
            }
        }
        let document = body::from_json(body.to_string().as_bytes()).unwrap();
        check_widths(&document);
        let printed = text::render(&document, true).unwrap();
        assert!(printed.contains("R 17\n"), "{printed}");
        html::render(&document, true).unwrap();
    }
}

#[test]
fn taxes_added_to_prices_and_no_decimals() {
    let mut scene = Scene::evening();
    scene.names.currency = Currency::parse("JPY").unwrap();
    scene.names.seller = Seller { name: "Izakaya".to_owned(), ..Seller::default() };
    let check = &mut scene.order.checks[0];
    check.lines.truncate(2);
    check.lines[1].voided = true;
    check.discounts.clear();
    check.charges.clear();
    check.payments.clear();
    check.lines[0].amounts.total = money(2310);
    check.taxes = vec![scene::tax("Consumption tax", "10", false, 2100, 210)];
    (check.totals.subtotal, check.totals.discount, check.totals.service) = (money(2100), money(0), money(0));
    (check.totals.tax, check.totals.total) = (money(210), money(2310));
    check_text(&scene.sale(1), false, include_str!("tests/added.txt"));
}

/// Totals say of themselves how they come about.
#[test]
fn totals_add_up() {
    let scene = Scene::evening();
    let added = |document: &Document| document.totals.tax_added().unwrap();
    let (sale, refund) = (scene.sale(17), scene.refund(18));
    assert_eq!((added(&sale), added(&refund)), (money(0), money(0)));
    assert_eq!((sale.totals.paid, sale.totals.tip, sale.totals.rounding), (money(3905), money(200), money(5)));
    assert_eq!((sale.totals.change, sale.totals.due), (money(90), money(0)));
    assert_eq!((refund.totals.total, refund.totals.tax, refund.totals.paid), (money(-945), money(-86), money(-945)));
    assert_eq!(refund.original.map(|original| (original.id, original.number)), Some((ReceiptId::new(41), 17)));
    assert_eq!(refund.lines[0].quantity, Some(Quantity::from_thousandths(-1000)));
}

#[test]
fn what_is_given_away_has_modifiers_at_nothing() {
    let document = Scene::evening().sale(17);
    let line = document.lines.iter().find(|line| line.name == "Tiramisù").unwrap();
    assert_eq!((line.list, line.comp, line.total), (money(700), money(700), money(0)));
    assert_eq!((line.modifiers[0].price, line.modifiers[0].amount), (money(0), money(0)));
}

#[test]
fn voided_lines_removed_charges_and_payments_not_taken_are_left_out() {
    let mut scene = Scene::evening();
    let check = &mut scene.order.checks[0];
    check.lines[1].voided = true;
    check.charges[0].removed = true;
    check.payments[0].state = crate::orders::model::PaymentState::Declined;
    let back = scene::reversal(&check.payments[1]);
    check.payments[1].refunds.push(back);
    let document = scene.sale(17);
    assert!(document.lines.iter().all(|line| line.name != "Pilsner"));
    assert_eq!((document.lines.len(), document.charges.len(), document.payments.len()), (3, 0, 0));
}

#[test]
fn nothing_is_wider_than_the_paper() {
    let long = "Überlange Spezialität des Hauses mit Donaudampfschifffahrtsgesellschaftskapitänsmützen und Beilagen";
    let check = |change: fn(&mut Scene, &str)| {
        for country in COUNTRIES {
            let mut scene = Scene::in_country(country);
            change(&mut scene, long);
            for document in [scene.sale(i64::MAX), scene.refund(2), scene.draft().bill().unwrap()] {
                check_widths(&document);
                let printed = text::render(&document, false).unwrap().split_whitespace().collect::<String>();
                let all = long.split_whitespace().collect::<String>();
                assert!(printed.contains(&all), "{printed}");
            }
        }
    };
    check(|s, long| s.names.seller.name = long.to_owned());
    check(|s, long| s.names.seller.footer = format!("{long}\n\n{long}"));
    check(|s, long| s.names.served_by = Some(long.to_owned()));
    check(|s, long| s.order.customer.address = Some(long.to_owned()));
    check(|s, long| s.order.checks[0].lines[0].name = long.to_owned());
    check(|s, long| {
        let check = &mut s.order.checks[0];
        check.lines[0].name = long.to_owned();
        check.lines[0].modifiers[0].name = long.repeat(2);
        check.discounts[0].name = long.to_owned();
        check.charges[0].name = long.to_owned();
        check.payments[0].tender = long.to_owned();
        check.lines[0].amounts.list = money(-999_999_990_000);
        check.totals.subtotal = money(999_999_999_999);
        check.totals.total = money(999_999_999_999);
        check.taxes[0].name = long.to_owned();
        (check.taxes[0].base, check.taxes[0].tax) = (money(-999_999_999_999), money(-999_999_999_999));
    });
}

#[test]
fn text_commands_no_printer() {
    let mut scene = Scene::evening();
    scene.names.seller.footer = "a\u{1b}@b\u{7}\tc".to_owned();
    let printed = text::render(&scene.sale(1), false).unwrap();
    assert!(printed.contains("a @b c\n"), "{printed}");
}

#[test]
fn html_escapes_every_text() {
    let evil = "<script>alert('&\"')</script>";
    let mut scene = Scene::evening();
    let seller = &mut scene.names.seller;
    for text in [&mut seller.name, &mut seller.legal_name, &mut seller.address, &mut seller.header, &mut seller.footer]
    {
        *text = evil.to_owned();
    }
    (seller.vat_id, seller.tax_number) = (evil.to_owned(), evil.to_owned());
    (scene.names.table, scene.names.served_by) = (Some(evil.to_owned()), Some(evil.to_owned()));
    (scene.order.tab_name, scene.order.customer.name) = (Some(evil.to_owned()), Some(evil.to_owned()));
    let check = &mut scene.order.checks[0];
    (check.lines[0].name, check.lines[0].variant_name) = (evil.to_owned(), evil.to_owned());
    check.lines[0].modifiers[0].name = evil.to_owned();
    (check.discounts[0].name, check.charges[0].name) = (evil.to_owned(), evil.to_owned());
    (check.taxes[0].name, check.payments[0].tender) = (evil.to_owned(), evil.to_owned());
    for document in [scene.sale(1), scene.refund(2), scene.draft().bill().unwrap()] {
        let page = html::render(&document, true).unwrap();
        assert!(!page.contains("<script") && !page.contains("alert('"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;"), "{page}");
    }
}

#[test]
fn html_says_what_it_is() {
    let scene = Scene::evening();
    let check = |document: &Document, copy: bool, present: &[&str], absent: &[&str]| {
        let page = html::render(document, copy).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{page}");
        for text in present {
            assert!(page.contains(text), "no {text} in {page}");
        }
        for text in absent {
            assert!(!page.contains(text), "{text} in {page}");
        }
        for tag in ["table", "tr", "tbody", "dl", "main", "body"] {
            let open = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    };
    let (bill_mark, copy_mark) = ("<p class=\"mark\">NOT A RECEIPT</p>", "<p class=\"mark\">COPY</p>");
    check(&scene.sale(17), false, &["RECEIPT R 17", "39.05", "Jägermeister &amp; Söhne"], &[bill_mark, copy_mark]);
    check(&scene.sale(17), true, &[copy_mark], &[bill_mark]);
    check(&scene.draft().bill().unwrap(), false, &[bill_mark, "DUE"], &[copy_mark]);
    check(
        &scene.refund(18),
        false,
        &["REFUND R 18", "<dt>For receipt</dt><dd>R 17 of 2026-11-20</dd>", "-9.45"],
        &[bill_mark],
    );
}

#[test]
fn a_body_reads_back_as_it_was() {
    let mut scene = Scene::evening();
    let check = |document: Document| {
        let json = body::to_json(document.clone()).unwrap();
        assert_eq!(body::from_json(json.as_bytes()).unwrap(), document, "{json}");
    };
    check(scene.sale(17));
    check(scene.refund(18));
    check(scene.draft().bill().unwrap());
    scene.order.customer = crate::orders::model::Customer::default();
    scene.names.table = None;
    check(scene.sale(19));
    assert!(body::from_json(b"{}").is_err());
}

#[test]
fn a_body_has_the_words_of_the_contract() {
    let document = Document { id: Some(ReceiptId::new(41)), ..Scene::evening().sale(17) };
    let json: serde_json::Value = serde_json::to_value(body::Receipt::of(document, true)).unwrap();
    let check = |pointer: &str, expected: serde_json::Value| {
        assert_eq!(json.pointer(pointer), Some(&expected), "{pointer}");
    };
    check("/id", 41.into());
    check("/series", "R".into());
    check("/number", 17.into());
    check("/kind", "sale".into());
    check("/copy", true.into());
    check("/original_id", serde_json::Value::Null);
    check("/business_date", "2026-11-20".into());
    check("/started_at", "2026-11-20T18:02:00.000+01:00".into());
    check("/issued_at", "2026-11-20T19:31:00.000+01:00".into());
    check("/seller/vat_id", "IT01234567890".into());
    check("/customer/name", "Jägermeister & Söhne".into());
    check("/lines/0/modifiers/0/amount", 300.into());
    check("/lines/2/measure", "0.350".into());
    check("/lines/3/comp", 700.into());
    check("/taxes/0/rate", "10".into());
    check("/payments/0/card_last4", "4242".into());
    check("/totals/discount_total", 395.into());
    check("/totals/comp_total", 700.into());
    check("/totals/change", 90.into());
    check("/fiscal", serde_json::Value::Null);
}

#[test]
fn kinds_read_back() {
    for kind in [Kind::Bill, Kind::Sale, Kind::Refund, Kind::Correction, Kind::Advance] {
        assert_eq!(Kind::parse(kind.as_str()), Ok(kind));
    }
    assert!(Kind::parse("Sale").is_err());
}

#[test]
fn the_form_is_the_one_asked_for() {
    let check = |accept: Option<&str>, form: Form| assert_eq!(Form::of(accept), form, "{accept:?}");
    check(None, Form::Json);
    check(Some(""), Form::Json);
    check(Some("*/*"), Form::Json);
    check(Some("image/png"), Form::Json);
    check(Some("text/html"), Form::Html);
    check(Some("Text/Plain; charset=utf-8"), Form::Text);
    check(Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Form::Html);
    check(Some("application/json, text/plain, */*"), Form::Json);
    check(Some("application/json;q=0.5, text/plain;q=0.75, text/html;q=0.7"), Form::Text);
    check(Some("text/plain;q=0, */*"), Form::Json);
    check(Some("text/html;q=0.001"), Form::Html);
    check(Some("text/html;q=x"), Form::Json);
}

#[test]
fn an_answer_says_what_it_is() {
    let answer = |form: Form, copy: bool| {
        let document = Document { id: Some(ReceiptId::new(41)), ..Scene::evening().sale(17) };
        super::http::answer(document, copy, form).unwrap().hashed()
    };
    let mut tags = Vec::new();
    let mut check = |form: Form, kind: &str| {
        for copy in [false, true] {
            let reply = answer(form, copy);
            assert_eq!((reply.status, reply.content_type.as_ref(), reply.by_accept), (200, kind, true));
            assert_eq!(reply.etag, answer(form, copy).etag, "the same bytes have the same tag");
            tags.extend(reply.etag);
        }
    };
    check(Form::Json, "application/json");
    check(Form::Text, "text/plain; charset=utf-8");
    check(Form::Html, "text/html; charset=utf-8");
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), 6, "each form, and a copy of it, has a tag of its own");
}

impl Scene {
    fn draft(&self) -> Draft<'_> {
        Draft {
            order: &self.order,
            check: &self.order.checks[0],
            names: &self.names,
            at: self.at,
            date: self.date,
            rates: &self.rates,
            original: None,
        }
    }

    fn sale(&self, number: i64) -> Document {
        self.draft().sale(Number { series: "R".to_owned(), number }).unwrap()
    }

    fn refund(&self, number: i64) -> Document {
        let draft = Draft { original: Some(self.original()), ..self.draft() };
        draft.refund(Number { series: "R".to_owned(), number }, &scene::one_margherita()).unwrap()
    }

    /// What the card paid was paid in cash.
    fn correction(&self, number: i64) -> Document {
        let draft = Draft { original: Some(self.original()), ..self.draft() };
        let [card, cash] = draft.check.payments.as_slice() else { panic!("two payments") };
        let (tender, tender_kind) = (cash.tender.clone(), cash.tender_kind.clone());
        let right = orders::Payment { tender, tender_kind, card_brand: None, card_last4: None, ..card.clone() };
        draft.correction(Number { series: "R".to_owned(), number }, card, &right).unwrap()
    }

    fn original(&self) -> Original {
        Original { id: ReceiptId::new(41), number: 17, issued_at: Some(self.at) }
    }
}
