//! Every statement of the program against the schema: it prepares, its plan is the one on record,
//! and it neither scans a table nor sorts what grows with orders without saying why.
//!
//! `COMANDA_UPDATE=1 cargo test --test statements` writes the plans anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use comanda::app;
use comanda::store::{Snapshot, Statement, flagged};

/// Indexes no statement's plan names, with the reason each is there.
const INDEXES_FOR_A_REASON: &[(&str, &str)] = &[];

fn schema() -> Snapshot {
    Snapshot::of_schema().unwrap_or_else(|error| panic!("{error}"))
}

/// The plan as an indented tree, a step a line.
fn plan(db: &Snapshot, statement: &Statement) -> Vec<String> {
    db.plan(statement).unwrap_or_else(|error| panic!("{error}")).iter().map(|row| row.indented()).collect()
}

/// What is wrong with a plan: a scan of a table, or a sort over one that grows.
fn trouble(db: &Snapshot, statement: &Statement) -> Option<String> {
    let plan = db.plan(statement).unwrap_or_else(|error| panic!("{error}"));
    flagged(&plan).first().map(|row| row.detail.clone())
}

#[test]
fn names_are_unique() {
    let mut seen = BTreeMap::new();
    for statement in app::statements() {
        if let Some(other) = seen.insert(statement.name, statement.sql) {
            panic!("{} is two statements:\n{other}\n{}", statement.name, statement.sql);
        }
        let (domain, verb) = statement.name.split_once('.').unwrap_or_default();
        assert!(!domain.is_empty() && !verb.is_empty(), "{} is no domain.verb_noun", statement.name);
    }
}

#[test]
fn no_plan_scans_or_sorts_unsaid() {
    let db = schema();
    let mut faults = String::new();
    for statement in app::statements() {
        let plan = plan(&db, statement);
        match (trouble(&db, statement), statement.scans) {
            (Some(step), None) => writeln!(faults, "{}: {step}\n{}", statement.name, statement.sql).unwrap(),
            (None, Some(why)) if !plan.iter().any(|step| step.contains("SCAN ") || step.contains("TEMP B-TREE")) => {
                writeln!(faults, "{} neither scans nor sorts; it need not say {why:?}", statement.name).unwrap();
            }
            _ => {}
        }
    }
    assert!(faults.is_empty(), "declare a reason with .scanning(…), or give it an index:\n{faults}");
}

#[test]
fn the_check_sees_scans_and_sorts() {
    let check = |sql: &'static str, expected: Option<&str>| {
        let statement = Statement::new("test.statement", sql);
        let found = trouble(&schema(), &statement);
        assert_eq!(found.as_deref(), expected, "{sql}");
    };
    check("select * from orders", Some("SCAN orders"));
    check("select * from orders as o where o.note = ?1", Some("SCAN o"));
    check("select id from payments p where p.state = ?1", Some("SCAN p"));
    check("select * from orders where id = ?1", None);
    check("select * from orders where business_date = ?1 order by note", Some("USE TEMP B-TREE FOR ORDER BY"));
    check("select * from orders order by id desc limit 1", Some("SCAN orders"));
    check("select * from lines where order_id = ?1 order by name", None);
    check(
        "select l.* from lines l join orders o on o.id = l.order_id where o.business_date = ?1 order by l.name",
        Some("USE TEMP B-TREE FOR ORDER BY"),
    );
    // A short table as well: somebody has to say why it stays short.
    check("select * from tables", Some("SCAN tables"));
    check("select name from areas union select name from tables", Some("SCAN areas"));
    check("select id from staff where id = ?1 order by name", None);
    check("with recursive n (i) as (select 1 union all select i + 1 from n where i < 9) select i from n", None);
    check("select exists (select 1 from orders where id = ?1)", None);
}

#[test]
fn plans_are_those_on_record() {
    let db = schema();
    let mut statements = app::statements();
    statements.sort_by_key(|statement| statement.name);
    let mut now = String::new();
    for statement in statements {
        writeln!(now, "{}", statement.name).unwrap();
        if let Some(why) = statement.scans {
            writeln!(now, "    ! {why}").unwrap();
        }
        for line in plan(&db, statement) {
            writeln!(now, "    {line}").unwrap();
        }
    }
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/statements/plans.txt");
    if std::env::var_os("COMANDA_UPDATE").is_some() {
        std::fs::write(&record, &now).unwrap();
    }
    let then = std::fs::read_to_string(&record).unwrap_or_default();
    let (then, now): (Vec<&str>, Vec<&str>) = (then.lines().collect(), now.lines().collect());
    let changed = now.iter().zip(&then).position(|(a, b)| a != b).unwrap_or(now.len().min(then.len()));
    assert!(
        then == now,
        "plans.txt differs from line {} on: it says {:?}, the plan is {:?}. COMANDA_UPDATE=1 writes it anew.",
        changed + 1,
        then.get(changed),
        now.get(changed),
    );
}

#[test]
fn every_index_is_needed() {
    let db = schema();
    let statements = app::statements();
    let used: BTreeSet<String> = statements
        .iter()
        .flat_map(|statement| db.plan(statement).unwrap())
        .filter_map(|row| row.index().map(str::to_owned))
        .collect();
    // Whoever writes a table owns it, and owes its indexes their use.
    let written = |table: &str| statements.iter().any(|s| s.sql.contains(&format!("into {table} ")));
    let idle: Vec<String> = db
        .indexes()
        .unwrap()
        .into_iter()
        .filter(|index| !index.unique && !used.contains(&index.name) && written(&index.table))
        .map(|index| index.name)
        .filter(|name| !INDEXES_FOR_A_REASON.iter().any(|(known, _)| known == name))
        .collect();
    assert!(idle.is_empty(), "no plan uses {idle:?}");
    for (name, why) in INDEXES_FOR_A_REASON {
        assert!(!used.contains(*name), "{name} is used, and need not say {why:?}");
    }
}
