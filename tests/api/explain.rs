//! `comanda explain`: what it flags on a file, and what it leaves in peace.

use crate::commands::comanda;
use crate::harness::House;

fn explain(house: &House, file: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let told = comanda(&house.folder.file(file), &[&["explain"], arguments].concat()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (told.status.code(), text(&told.stdout), text(&told.stderr))
}

#[test]
fn what_a_file_lacks_is_flagged() {
    let mut house = House::open();
    // Beside the running server.
    let (code, said, complained) = explain(&house, "comanda.db", &["--flags-only"]);
    assert_eq!((code, said.lines().count()), (Some(0), 1), "{said}{complained}");
    assert!(said.contains(" statements, nothing flagged"), "{said}");
    let (_, said, _) = explain(&house, "comanda.db", &["--statement", "orders.get"]);
    assert!(said.starts_with("orders.get\n    SEARCH "), "{said}");
    let (_, said, _) = explain(&house, "comanda.db", &["--statement", "order_days."]);
    assert!(said.contains("order_days.wrong\n") && said.contains("\n  ~ recounts everything"), "{said}");
    let (code, _, complained) = explain(&house, "comanda.db", &["--statement", "orders.none"]);
    assert_eq!(code, Some(1));
    assert!(complained.contains("There is no statement orders.none."), "{complained}");
    house.stop();
    let check = |change: &str, arguments: &[&str], expected: &[&str]| {
        let copy = house.folder.file("changed.db");
        std::fs::copy(house.db(), &copy).unwrap();
        rusqlite::Connection::open(&copy).unwrap().execute_batch(change).unwrap();
        let (code, said, complained) = explain(&house, "changed.db", arguments);
        assert_eq!(code, Some(1), "{change}: {said}");
        assert!(complained.contains(" flagged"), "{complained}");
        for line in expected {
            assert!(said.lines().any(|l| l == *line), "{change}: no {line:?} in {said}");
        }
    };
    check(
        "drop index lines_by_order",
        &["--statement", "lines.of_order"],
        &[
            "  ! SCAN lines: reads lines (up to row 0)",
            "  ! on a new file it would be: SEARCH lines USING INDEX lines_by_order (order_id=?)",
        ],
    );
    check("drop index lines_by_order", &["--flags-only"], &["lines.of_order", "lines.verify"]);
    check(
        "create index lines_by_note on lines (note, seat)",
        &["--flags-only"],
        &["! index lines_by_note on lines (note, seat): no statement uses it"],
    );
}
