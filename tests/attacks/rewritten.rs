//! Somebody with the file, and all that this program knows, changes what the journal says and makes every hash
//! after it anew: a head that was written down before shows it.

use std::fs;
use std::path::Path;

use comanda::journal::head::{self, Head, Seen};
use comanda::journal::model::{Columns, hash};
use comanda::journal::ops::verify;
use comanda::store;
use rusqlite::{Connection, params};

use crate::dice::Dice;
use crate::house::{Evening, House, TERMINALS};
use crate::server::DB;
use crate::table;

/// What is done to a record and those after it; `?1` is its number.
const TAMPERED: [(&str, &str); 6] = [
    ("another time", "update journal set at_utc_ms = at_utc_ms - 60000 where seq = ?1"),
    ("another till", "update journal set device = coalesce(device, 0) + 1 where seq = ?1"),
    ("another payload", "update journal set payload = payload || ' ' where seq = ?1"),
    (
        "another kind",
        "update journal set kind = case kind when 'order.voided' then 'order.changed' else 'order.voided' end where seq = ?1",
    ),
    ("cut from there on", "delete from journal where seq >= ?1"),
    ("left out", "delete from journal where seq = ?1"),
];

/// Numbers and chain as they would be had it always been so.
fn made_anew(db: &Connection) -> rusqlite::Result<()> {
    let site: String = db.query_row("select site_uuid from site", (), |row| row.get(0))?;
    let mut select = db.prepare(
        "select seq, epoch, kind, at_utc_ms, business_date, device, staff, subject, version, payload from journal order by seq",
    )?;
    let mut chain = db.prepare("update journal set seq = ?1, prev_hash = ?2, hash = ?3 where seq = ?4")?;
    let mut last = (0_i64, [0_u8; 32]);
    let rows = select.query_map([], |row| {
        let (kind, date, payload): (String, String, String) = (row.get(2)?, row.get(4)?, row.get(9)?);
        let ids: (i64, i64, i64, Option<i64>, Option<i64>) =
            (row.get(0)?, row.get(1)?, row.get(3)?, row.get(5)?, row.get(6)?);
        let about: (i64, i64) = (row.get(7)?, row.get(8)?);
        Ok((ids, about, kind, date, payload))
    })?;
    for row in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        let ((was, epoch, at_utc_ms, device, staff), (subject, version), kind, business_date, payload) = row;
        let seq = last.0 + 1;
        let made = hash(&Columns {
            site_uuid: &site,
            seq,
            epoch,
            kind: &kind,
            at_utc_ms,
            business_date: &business_date,
            device,
            staff,
            subject,
            version,
            payload: &payload,
            prev_hash: &last.1,
        });
        chain.execute(params![seq, last.1, made, was])?;
        last = (seq, made);
    }
    Ok(())
}

/// Does it to the file; answers whether it still says of itself that all is well, and what a head says of it.
fn tampered(file: &Path, sql: &str, seq: i64, seen: &Seen) -> (bool, bool) {
    let db = Connection::open(file).unwrap();
    db.execute_batch("drop trigger journal_no_update; drop trigger journal_no_delete; begin").unwrap();
    db.execute(sql, [seq]).unwrap();
    made_anew(&db).unwrap();
    db.execute_batch("commit").unwrap();
    db.close().unwrap();
    let db = store::open_read_only(file).unwrap();
    (verify(&db, |_| {}).unwrap().is_ok(), head::against(&db, seen).unwrap().is_ok())
}

#[test]
fn a_head_elsewhere_shows_what_a_chain_made_anew_hides() {
    let seed = table::seed("a journal rewritten");
    let times = table::count("REWRITTEN", 600, 48, 12);
    let house = House::open();
    let (tills, server) = (Evening::default(), house.serve());
    tills.place.is(Some(server.addr));
    std::thread::scope(|scope| {
        for number in 0..TERMINALS {
            let (tills, house) = (&tills, &house);
            scope.spawn(move || tills.serve(house, number, 4, seed));
        }
    });
    server.stop().unwrap();
    let original = house.at().join(DB);
    let db = store::open_read_only(&original).unwrap();
    let Head { site_uuid, epoch, seq: last, .. } = head::current(&db).unwrap().unwrap();
    let hash_of = |seq: i64| -> String {
        let record = comanda::journal::ops::after(&db, seq - 1, 1).unwrap().pop().unwrap();
        record.hash.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let (mut dice, mut quiet, mut unseen) = (Dice::new(seed), 0, Vec::new());
    let copy = house.folder.path().join("rewritten.db");
    for n in 0..times {
        let (what, sql) = TAMPERED[usize::try_from(n).unwrap() % TAMPERED.len()];
        let seen_seq = 2 + i64::try_from(dice.below(u64::try_from(last - 1).unwrap())).unwrap();
        let seq = 1 + i64::try_from(dice.below(u64::try_from(seen_seq).unwrap())).unwrap();
        // As it was printed: the first digits of it.
        let digits = if dice.percent(50) { 16 } else { 64 };
        let seen = Seen::new(Some(site_uuid.clone()), Some(epoch), seen_seq, &hash_of(seen_seq)[..digits]).unwrap();
        assert!(head::against(&db, &seen).unwrap().is_ok(), "what nobody touched is as it was");
        fs::copy(&original, &copy).unwrap();
        let (chain_holds, head_holds) = tampered(&copy, sql, seq, &seen);
        quiet += usize::from(chain_holds);
        if head_holds {
            unseen.push(format!("record {seq}, {what}, against the head {seen_seq} of {last}"));
        }
    }
    let promise = "The record cannot be changed quietly, once a head of it lies elsewhere";
    let how = "a record up to the head changed, left out or the rest cut off, and every hash made anew";
    table::row("rewritten", promise, how, &format!("{times} times, of {last} records"), unseen.len());
    assert!(unseen.is_empty(), "{unseen:#?}");
    table::bites("rewritten", "chain", &format!("the chain alone, without a head: {quiet} of {times} hold"));
    assert_eq!(quiet as u64, times);
}
