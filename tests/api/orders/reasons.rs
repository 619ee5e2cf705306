//! A reason of the list stands for what it is there for.

use serde_json::{Value, json};

use super::scene::Night;

const USES: [&str; 4] = ["void", "comp", "discount", "refund"];

#[test]
fn each_reason_is_for_its_own() {
    let n = Night::new();
    let listed = n.manager.get("/reasons?limit=100").ok();
    let reason = |used_for: &str| -> Value {
        let of_use = listed.list("/items").iter().find(|reason| reason["used_for"] == used_for);
        json!(of_use.unwrap()["id"])
    };
    let check = |act: &str, used_for: &str, request: crate::client::Request| {
        if act == used_for {
            let answer = request.send();
            assert!(matches!(answer.status, 200 | 201), "{act} for a {used_for}: {}", answer.text());
        } else {
            request.refused("invalid").at_fault("/reason_id", "not_for_this");
        }
    };
    for used_for in USES {
        let order = n.order(&[(n.carbonara, 3), (n.tiramisu, 1)]);
        let line = format!("/lines/{}", order.line(0));
        let id = reason(used_for);
        let part = json!({"quantity": 1, "reason_id": id});
        check("void", used_for, order.post_by_manager(&format!("{line}/void"), part.clone()));
        check("comp", used_for, order.post_by_manager(&format!("{line}/comp"), part));
        let off = json!({"name": "Regular", "percent": "10", "reason_id": id});
        check("discount", used_for, order.post_by_manager("/discounts", off));
        let paid = order.post("/payments", json!({"tender": "card"})).created();
        let path = format!("/payments/{}/refunds", paid.int("/payment/id"));
        check("refund", used_for, n.manager.post(&path).body(json!({"amount": 100, "reason_id": id})));
        let order = n.order(&[(n.pilsner, 1)]);
        check("void", used_for, order.post_by_manager("/void", json!({"reason_id": id})));
        // In words of one's own it is said beside, not instead.
        if used_for != "void" {
            let words = json!({"reason_id": id, "reason": "spilt"});
            check("void", used_for, order.post_by_manager(&format!("/lines/{}/void", order.line(0)), words));
        }
    }
    let order = n.order(&[(n.pilsner, 1)]);
    let void = order.post_by_manager("/void", json!({"reason_id": reason("refund")})).refused("invalid");
    assert_eq!(void.str("/detail"), "Complaint is a reason for a refund, not for a void.");
}
