//! Pre-bills and the receipt of a check closed at zero.

use serde_json::json;

use super::scene::Night;
use crate::encodings::decoded;

#[test]
fn a_bill_is_no_receipt_and_is_counted() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    let version = order.now().int("/version");
    let bill = || n.waiter.post(&order.path("/bill"));
    let json = bill().ok();
    assert_eq!(json.header("content-type"), "application/json");
    assert!(json.text().contains("2980"), "{}", json.text());
    let text = bill().accept("text/plain").ok();
    assert!(text.header("content-type").starts_with("text/plain"), "{}", text.header("content-type"));
    assert!(text.text().contains("29.80") && text.text().to_lowercase().contains("not a receipt"), "{}", text.text());
    assert!(text.text().lines().all(|line| line.chars().count() <= 42), "{}", text.text());
    let html = bill().accept("text/html").ok();
    assert!(html.header("content-type").starts_with("text/html"));
    assert!(html.text().contains("29.80") && html.text().to_lowercase().contains("not a receipt"), "{}", html.text());
    let counted: Vec<_> = n.records("bill.printed").iter().map(|r| r["payload"]["bills"].clone()).collect();
    assert_eq!(json!(counted), json!([1, 2, 3]));
    assert_eq!(order.now().int("/version"), version + 3);
    bill().body(json!({"check_id": 99})).refused("invalid").at_fault("/check_id", "unknown");
    n.waiter.get(&order.path("/receipt")).refused("not_found");
    assert!(order.now().at("/checks/0/receipt_number").is_null());
}

#[test]
fn what_is_settled_at_zero_has_its_receipt() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1)]);
    order.post_by_manager(&format!("/lines/{}/comp", order.line(0)), json!({})).ok();
    let closed = n.waiter.post(&order.path("/close")).ok();
    let receipt = closed.int("/checks/0/receipt_id");
    let by_order = n.waiter.get(&order.path("/receipt")).ok();
    assert_eq!((by_order.int("/number"), by_order.str("/kind")), (1, "sale"));
    assert_eq!(n.waiter.get(&format!("/receipts/{receipt}")).ok().json(), by_order.json());
    for form in ["text/plain", "text/html"] {
        let copy = n.waiter.get(&format!("/receipts/{receipt}")).accept(form).ok();
        assert!(copy.text().contains("COPY"), "{}", copy.text());
    }
    n.waiter.get("/receipts/99").refused("not_found");
    n.waiter.get("/receipts/0").refused("not_found");
    n.waiter.get(&order.path("/receipt?check_id=99")).refused("invalid").at_fault("/check_id", "unknown");
}

#[test]
fn a_copy_is_asked_for_anew_at_the_price_of_a_304() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1), (n.tiramisu, 1), (n.pilsner, 2), (n.cigar, 1), (n.carbonara, 2)]);
    let paid = order.post("/payments", json!({"tender": "cash"})).created();
    let paths = [order.path("/receipt"), format!("/receipts/{}", paid.int("/order/checks/0/receipt_id"))];
    let mut tags = Vec::new();
    for form in ["application/json", "text/plain", "text/html"] {
        for path in &paths {
            let ask = |coding: &str| n.waiter.get(path).accept(form).header("accept-encoding", coding);
            let plain = ask("identity").ok();
            let html = plain.header("content-type").starts_with("text/html");
            assert_eq!(plain.header("vary"), "accept, accept-encoding");
            assert_eq!(!plain.header("content-security-policy").is_empty(), html);
            assert_eq!(plain.header("x-content-type-options"), "nosniff");
            for coding in ["zstd", "gzip"] {
                let packed = ask(coding).ok();
                assert_eq!(decoded(&packed), plain.bytes, "{path} {form} {coding}");
                let long = plain.bytes.len() > 1024;
                assert_eq!(packed.header("content-encoding"), if long { coding } else { "" }, "{path} {form}");
                for tag in [plain.etag(), packed.etag()] {
                    let same = ask(coding).if_none_match(&tag).send().expect(304);
                    assert_eq!((same.bytes.len(), same.header("vary")), (0, "accept, accept-encoding"));
                    assert_eq!(same.etag(), packed.etag());
                }
            }
            ask("identity").if_none_match("\"other\"").ok();
            tags.push(plain.etag());
        }
    }
    tags.dedup();
    assert_eq!(tags.len(), 3, "a tag of one form is none of another's: {tags:?}");
    let json = n.waiter.get(&paths[0]).ok();
    n.waiter.get(&paths[0]).accept("text/html").if_none_match(&json.etag()).ok();
}

#[test]
fn a_bill_in_html_runs_nothing() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1)]);
    let html = n.waiter.post(&order.path("/bill")).accept("text/html").ok();
    assert!(html.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(html.header("vary"), "accept, accept-encoding");
}
