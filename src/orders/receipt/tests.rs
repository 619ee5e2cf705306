//! Documents as they are printed, read back and stored.

pub(in crate::orders) mod scene;
mod stored;

use scene::{Scene, money};

use super::http::Form;
use super::model::{Document, Draft, Kind, Number, Seller};
use super::{body, html, text};
use crate::kernel::currency::Currency;
use crate::kernel::ids::ReceiptId;
use crate::kernel::quantity::Quantity;

fn check_text(document: &Document, copy: bool, expected: &str) {
    let printed = text::render(document, copy).unwrap();
    assert_eq!(printed, expected, "printed:\n{printed}");
    check_widths(document);
}

fn check_widths(document: &Document) {
    let printed = text::render(document, true).unwrap();
    for row in printed.lines() {
        assert!(row.chars().count() <= text::COLUMNS, "{row:?}");
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
        let mut scene = Scene::evening();
        change(&mut scene, long);
        for document in [scene.sale(i64::MAX), scene.refund(2), scene.draft().bill().unwrap()] {
            check_widths(&document);
            let printed = text::render(&document, false).unwrap().split_whitespace().collect::<String>();
            let all = long.split_whitespace().collect::<String>();
            assert!(printed.contains(&all), "{printed}");
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
    check(&scene.refund(18), false, &["REFUND R 18", "<dt>For receipt</dt><dd>R 17</dd>", "-9.45"], &[bill_mark]);
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
        Draft { order: &self.order, check: &self.order.checks[0], names: &self.names, at: self.at, date: self.date }
    }

    fn sale(&self, number: i64) -> Document {
        self.draft().sale(Number { series: "R".to_owned(), number }).unwrap()
    }

    fn refund(&self, number: i64) -> Document {
        self.draft().refund(Number { series: "R".to_owned(), number }, &scene::one_margherita()).unwrap()
    }
}
