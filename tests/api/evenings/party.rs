//! A party paid in advance: a deposit weeks before, a gift voucher that is above what is left of the bill, and
//! the company's house account for the rest, which pays a day later. Every day adds up, and so does what is
//! owed and outstanding.

use serde_json::json;

use super::stage::{Stage, shows};

#[test]
fn a_party_with_deposit_house_account_and_a_voucher_above_the_bill() {
    let mut s = Stage::at("2026-11-06T19:00:00+01:00");
    let (food, drinks) = (s.tax("IVA 10", None), s.tax("IVA 22", None));
    s.menu("Food", food, "Party menu 35.00", &json!({}));
    s.menu("Drinks", drinks, "Barolo 24.00", &json!({}));
    // Their class says 22 %; a voucher and a deposit bear none of it.
    s.menu("Vouchers", drinks, "Gift card 50.00", &json!({"counts_as": "gift_voucher"}));
    s.menu("Advances", drinks, "Party deposit 200.00", &json!({"counts_as": "deposit"}));
    let outstanding = |s: &Stage, date: &str, kind: &str, text: &str| {
        let report = s.owner.get(&format!("/reports/accounts?from={date}&to={date}")).ok();
        shows(report.list("/rows").iter().find(|row| row["kind"] == kind).unwrap(), text);
    };

    // Two weeks before: Neri pays 200.00 in advance, and a friend buys a voucher.
    let advance = s.opens(&s.walter, "tab Neri, 0 guests", "1 Party deposit");
    advance.is("total 200.00; tax total 0.00");
    let paid = advance.pays(&s.walter, json!({"tender": "card"}));
    let deposit = paid.int("/order/checks/0/loaded/0/id");
    let receipt = s.receipt(paid.int("/order/checks/0/receipt_id"));
    assert!(receipt.contains("ADVANCE RECEIPT") && receipt.contains("Deposit Neri"), "{receipt}");
    let card = s.opens(&s.bea, "takeaway", "1 Gift card");
    let paid = card.pays(&s.bea, json!({"tender": "cash", "tendered": 5000}));
    let code = paid.str("/order/checks/0/loaded/0/code").to_owned();
    let receipt = s.receipt(paid.int("/order/checks/0/receipt_id"));
    assert!(receipt.contains(&format!("Voucher {code}")), "{receipt}");
    s.day("2026-11-06", "gross 0.00; not_sales 250.00; payments_kept 250.00; orders =0; guests =0; tax 0.00");
    outstanding(&s, "2026-11-06", "deposit", "opening 0.00; issued 200.00; outstanding 200.00");
    outstanding(&s, "2026-11-06", "gift_voucher", "issued 50.00; outstanding 50.00");
    assert_eq!(s.vat("2026-11-06"), Vec::<String>::new());
    s.closes_the_day("gross 0.00; not_sales 250.00; payments_kept 250.00");

    // The party: 328.00. The deposit pays what it holds.
    s.next_day("2026-11-20T20:00:00+01:00");
    let company = json!({"kind": "house", "name": "Studio Bianchi", "limit": 12_000});
    let company = s.manager.post("/accounts", company).created().id();
    let party = s.opens(&s.walter, "tab Neri, 8 guests", "8 Party menu, 2 Barolo");
    let by_deposit = party.pays(&s.walter, json!({"tender": "deposit", "account_id": deposit}));
    shows(by_deposit.at("/payment"), "amount 200.00; excess 0.00");
    party.is("paid 200.00; due 128.00");
    // The company takes all but 30.00, with a tip; not more than it may owe.
    let charge =
        |amount: i64, tip: i64| json!({"tender": "house_account", "account_id": company, "amount": amount, "tip": tip});
    let over = party.post(&s.walter, "/payments", charge(9800, 2500)).refused("over_limit");
    assert_eq!(over.int("/left"), 12_000);
    party.pays(&s.walter, charge(9800, 2000));
    party.is("due 30.00");
    // The voucher is above what is left: nothing of it is lost.
    let by_voucher = party.pays(&s.bea, json!({"tender": "gift_voucher", "voucher": code}));
    shows(by_voucher.at("/payment"), "amount 30.00; tendered 30.00; excess 0.00; change 0.00");
    party.is("state paid; due 0.00; paid 328.00");
    shows(s.walter.get("/vouchers").header("voucher-code", &code).ok().json(), "balance 20.00; kind gift_voucher");
    s.day("2026-11-20", "gross 328.00; tips 20.00; not_sales 0.00; payments_kept 348.00; orders =1; guests =8");
    assert_eq!(s.vat("2026-11-20"), ["IVA 10 of 25455: 2545", "IVA 22 of 3934: 866"]);
    for (kind, kept) in [("deposit", "200.00"), ("house_account", "118.00"), ("gift_voucher", "30.00")] {
        s.tender("2026-11-20", kind, &format!("kept {kept}; payments =1"));
    }
    outstanding(&s, "2026-11-20", "deposit", "opening 200.00; redeemed -200.00; outstanding 0.00");
    outstanding(&s, "2026-11-20", "gift_voucher", "opening 50.00; redeemed -30.00; outstanding 20.00");
    outstanding(&s, "2026-11-20", "house", "charged 118.00; outstanding 118.00");
    s.closes_the_day("gross 328.00; tips 20.00; payments_kept 348.00");

    // A day later one menu was too many, and is taken off the company's account; it pays the rest by transfer.
    s.next_day("2026-11-21T18:00:00+01:00");
    let company_paid = party.now();
    let payments = company_paid.list("/checks/0/payments");
    let charged = payments.iter().find(|payment| payment["tender"] == "house_account").unwrap()["id"].as_i64().unwrap();
    let menu = json!({"lines": [{"line_id": party.line("Party menu"), "quantity": 1}], "reason": "seven came"});
    s.manager.post(&format!("/payments/{charged}/refunds"), menu).created();
    let account = format!("/accounts/{company}");
    shows(s.owner.get(&account).ok().json(), "balance 83.00; limit 120.00");
    let paid =
        s.manager.post(&format!("{account}/payments"), json!({"tender": "other", "reference": "CRO 123"})).created();
    shows(paid.at("/account"), "balance 0.00");
    s.day("2026-11-21", "gross 0.00; refunds 35.00; not_sales 83.00; payments_kept 83.00; orders =0");
    outstanding(&s, "2026-11-21", "house", "opening 118.00; refunded -35.00; paid -83.00; outstanding 0.00");
    outstanding(&s, "2026-11-21", "gift_voucher", "opening 20.00; outstanding 20.00");
    let statement = s.owner.get(&format!("{account}/statement?from=2026-11-20&to=2026-11-21")).ok();
    shows(statement.json(), "opening balance 0.00; closing balance 0.00");
    assert_eq!(statement.list("/entries").len(), 3);
    s.closes_the_day("not_sales 83.00; refunds 35.00; payments_kept 83.00");
}
