//! The journal's head, written down and held against the journal later: what a chain made anew cannot hide.

use std::fs;
use std::path::{Path, PathBuf};

use comanda::journal::model::{Columns, GENESIS, hash};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::commands::comanda;
use crate::orders::Night;

#[track_caller]
fn says(db: &Path, arguments: &[&str], code: i32, words: &[&str]) -> String {
    let told = comanda(db, arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&told.stdout) + &text(&told.stderr);
    assert_eq!(told.status.code(), Some(code), "{arguments:?}: {said}");
    for words in words {
        assert!(said.contains(words), "{arguments:?}: no {words:?} in {said}");
    }
    said
}

fn word(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A stopped night: some orders, a Z, some more, and the heads that were kept of it, by the file and by the Z as
/// the server answers and prints it.
struct Kept {
    n: Night,
    head: PathBuf,
    z: PathBuf,
    /// As somebody types it from the paper.
    typed: String,
}

impl Kept {
    fn new() -> Self {
        let mut n = Night::new();
        n.order(&[(n.carbonara, 2)]).post("/payments", json!({"tender": "cash"})).created();
        let closed = n.manager.post("/business-day/close").body(json!({})).ok();
        n.order(&[(n.pilsner, 1)]).post("/payments", json!({"tender": "cash"})).created();
        let (head, z) = (n.house.folder.file("head.json"), n.house.folder.file("z.json"));
        fs::write(&z, closed.text()).unwrap();
        let printed = n.manager.get("/z-reports/1").accept("text/plain").ok();
        says(&n.house.db(), &["check", "--head", word(&head)], 0, &["all holds", ", epoch 1, 2026-11-20T"]);
        n.house.stop();
        let typed = typed(&printed.text());
        Self { n, head, z, typed }
    }

    fn db(&self) -> PathBuf {
        self.n.house.db()
    }

    /// Every kept head, and what is said when the journal is held against it.
    #[track_caller]
    fn against(&self, code: i32, words: &[&str]) {
        for head in [word(&self.head), word(&self.z), &self.typed] {
            says(&self.db(), &["check", "--against", head], code, words);
        }
    }
}

/// Number and hash as a Z has them printed, the hash's first row.
fn typed(printed: &str) -> String {
    let mut rows = printed.lines().skip_while(|row| !row.starts_with("Hash of record "));
    let seq = rows.next().unwrap().trim_start_matches("Hash of record ").trim_end_matches(':');
    format!("{seq}:{}", rows.next().unwrap().trim())
}

#[test]
fn a_head_is_written_down_and_holds() {
    let kept = Kept::new();
    let (head, db) = (read(&kept.head), kept.db());
    let conn = Connection::open(&db).unwrap();
    let last: (i64, i64, String) = conn
        .query_row("select seq, epoch, lower(hex(hash)) from journal order by seq desc limit 1", (), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    let site: String = conn.query_row("select site_uuid from site", (), |row| row.get(0)).unwrap();
    assert_eq!((head["seq"].as_i64(), head["epoch"].as_i64()), (Some(last.0), Some(last.1)));
    assert_eq!((head["hash"].as_str(), head["site_uuid"].as_str()), (Some(last.2.as_str()), Some(site.as_str())));
    assert!(head["at"].as_str().unwrap().starts_with("2026-11-20T"), "{head}");
    let said = format!("journal {}: {}, epoch 1, ", last.0, last.2);
    says(&db, &["check", "--journal"], 0, &[&said, "all holds"]);
    kept.against(0, &["as it was written down; ", "all holds"]);
    let all = format!("{}{}", fs::read_to_string(&kept.head).unwrap(), fs::read_to_string(&kept.z).unwrap());
    let heads = kept.n.house.folder.file("heads.jsonl");
    fs::write(&heads, all).unwrap();
    let told = says(&db, &["check", "--against", word(&heads), "--head", "-"], 0, &["\"seq\":"]);
    assert_eq!(told.matches("as it was written down").count(), 2, "{told}");
    // What is no head is said before anything is looked at.
    for (wrong, why) in [
        ("7:abc", "a hash has 16 to 64 of the digits"),
        ("no-such-file", "is no journal's head: No such file"),
        (word(&db), "is no journal's head: "),
    ] {
        says(&db, &["check", "--against", wrong], 1, &[why]);
    }
    fs::write(&heads, "").unwrap();
    says(&db, &["check", "--against", word(&heads)], 1, &["it is empty"]);
    fs::write(&heads, r#"{"seq": 0, "hash": "ab"}"#).unwrap();
    says(&db, &["check", "--against", word(&heads)], 1, &["are no number and hash"]);
    let theirs = json!({"site_uuid": "0b4f6b0e-5b1f-4c8e-9d55-2f9f2c1c7a10", "epoch": 1, "seq": 1, "hash": last.2});
    fs::write(&heads, theirs.to_string()).unwrap();
    says(&db, &["check", "--against", word(&heads)], 1, &["that head is of the site 0b4f6b0e-"]);
    // Nobody vouches for what does not hold.
    conn.execute_batch("update day_totals set gross = gross + 1 where dim = 'all'").unwrap();
    let other = kept.n.house.folder.file("other.json");
    says(&db, &["check", "--head", word(&other)], 1, &["gross is "]);
    assert!(!other.exists());
    conn.execute_batch("update day_totals set gross = gross - 1 where dim = 'all'").unwrap();
}

/// Makes every hash from record `from` on anew, and what the Zs say of them, as somebody would who changed
/// something and knows this program.
fn made_anew(db: &Connection, from: i64) {
    let site: String = db.query_row("select site_uuid from site", (), |row| row.get(0)).unwrap();
    let last: i64 = db.query_row("select max(seq) from journal", (), |row| row.get(0)).unwrap();
    let mut prev: Vec<u8> = db
        .query_row("select hash from journal where seq = ?1", [from - 1], |row| row.get(0))
        .unwrap_or_else(|_| GENESIS.to_vec());
    for seq in from..=last {
        let made = db
            .query_row(
                "select epoch, kind, at_utc_ms, business_date, device, staff, subject, version, payload from journal where seq = ?1",
                [seq],
                |row| {
                    let (kind, date, payload): (String, String, String) = (row.get(1)?, row.get(3)?, row.get(8)?);
                    Ok(hash(&Columns {
                        site_uuid: &site,
                        seq,
                        epoch: row.get(0)?,
                        kind: &kind,
                        at_utc_ms: row.get(2)?,
                        business_date: &date,
                        device: row.get(4)?,
                        staff: row.get(5)?,
                        subject: row.get(6)?,
                        version: row.get(7)?,
                        payload: &payload,
                        prev_hash: &prev,
                    }))
                },
            )
            .unwrap();
        let link = (prev.as_slice(), made.as_slice(), seq);
        db.execute("update journal set prev_hash = ?1, hash = ?2 where seq = ?3", link).unwrap();
        let digits: String = made.iter().map(|byte| format!("{byte:02x}")).collect();
        let body = "update z_reports set body = json_set(body, '$.journal_hash', ?1) where to_seq = ?2";
        db.execute(body, (digits, seq)).unwrap();
        prev = made.to_vec();
    }
}

fn open_hand(db: &Path) -> Connection {
    let conn = Connection::open(db).unwrap();
    conn.execute_batch("drop trigger if exists journal_no_update; drop trigger if exists journal_no_delete").unwrap();
    conn
}

#[test]
fn a_journal_with_a_chain_made_anew_is_found_out() {
    let kept = Kept::new();
    kept.n.house.by_hand();
    let conn = open_hand(&kept.db());
    // Somebody was not there, says the record now.
    conn.execute_batch("update journal set at_utc_ms = at_utc_ms - 60000 where seq = 4").unwrap();
    says(&kept.db(), &["check"], 1, &["journal: record 4 was changed"]);
    made_anew(&conn, 4);
    says(&kept.db(), &["check", "--integrity"], 0, &["all holds"]);
    kept.against(1, &["journal: it was rewritten: record ", "is not what it was"]);
}

#[test]
fn what_came_after_a_head_is_not_covered_by_it() {
    let kept = Kept::new();
    kept.n.house.by_hand();
    let conn = open_hand(&kept.db());
    let last: i64 = conn.query_row("select max(seq) from journal", (), |row| row.get(0)).unwrap();
    conn.execute("update journal set at_utc_ms = at_utc_ms + 1 where seq = ?1", [last]).unwrap();
    made_anew(&conn, last);
    // The Z was before it, the last head was not.
    says(&kept.db(), &["check", "--against", &kept.typed], 0, &["as it was written down; "]);
    says(&kept.db(), &["check", "--against", word(&kept.head)], 1, &["it was rewritten"]);
}

#[test]
fn a_journal_that_was_cut_is_found_out() {
    let kept = Kept::new();
    kept.n.house.by_hand();
    let conn = open_hand(&kept.db());
    let last: i64 = conn.query_row("select max(seq) from journal", (), |row| row.get(0)).unwrap();
    conn.execute("delete from journal where seq > ?1", [last - 2]).unwrap();
    let words = format!("journal: it was cut: there was a record {last} once, and it ends at {}", last - 2);
    says(&kept.db(), &["check", "--against", word(&kept.head)], 1, &[&words]);
    // A record in the midst of it: the chain itself says so.
    conn.execute("delete from journal where seq = 3", ()).unwrap();
    says(&kept.db(), &["check"], 1, &["journal: record 4 follows 2"]);
}

#[test]
fn a_z_says_what_the_journal_and_its_row_say() {
    let kept = Kept::new();
    kept.n.house.by_hand();
    let changed = kept.n.house.folder.file("changed.db");
    let check = |change: &str, words: &str| {
        fs::copy(kept.db(), &changed).unwrap();
        Connection::open(&changed).unwrap().execute_batch(change).unwrap();
        says(&changed, &["check"], 1, &[words]);
    };
    check("update z_reports set body = json_set(body, '$.journal_hash', 'ab')", "z_reports 1: body.journal_hash is ab");
    check(
        "update z_reports set body = json_set(body, '$.perpetual_total', 1)",
        "z_reports 1: body.perpetual_total is 1",
    );
}

#[test]
fn after_a_restore_a_head_tells_what_became_of_it() {
    let mut n = Night::new();
    let db = n.house.db();
    let folder = |name: &str| n.house.folder.file(name);
    let (before, backup, after) = (folder("before.json"), folder("friday.db"), folder("after.json"));
    n.order(&[(n.carbonara, 1)]);
    says(&db, &["check", "--head", word(&before)], 0, &[]);
    says(&db, &["backup", word(&backup)], 0, &[]);
    n.order(&[(n.carbonara, 2)]);
    n.order(&[(n.carbonara, 2)]);
    says(&db, &["check", "--head", word(&after)], 0, &[]);
    n.house.stop();
    says(&db, &["restore", word(&backup)], 0, &["The journal's epoch is 2 now"]);
    let restored = read(&before)["seq"].as_i64().unwrap() + 1;
    says(&db, &["check", "--against", word(&before)], 0, &["as it was written down; 1 records since"]);
    let gone = format!("A restore began epoch 2 with record {restored}: ");
    says(&db, &["check", "--against", word(&after)], 1, &["it was cut", &gone, "before-restore-"]);
    // Its numbers come again, and are told from the old ones by their epoch.
    n.house.restart();
    n.house.sign_in("waiter");
    let waiter = n.house.sign_in("waiter");
    for _ in 0..4 {
        waiter.post("/orders").body(json!({"kind": "takeaway"})).created();
    }
    n.house.stop();
    says(&db, &["check", "--against", word(&after)], 1, &["it was rewritten", &gone]);
    let now = n.house.folder.file("now.json");
    says(&db, &["check", "--head", word(&now)], 0, &[", epoch 2, "]);
    assert_eq!(read(&now)["epoch"], 2);
}

#[test]
fn a_z_is_printed_with_its_perpetual_total_and_the_head() {
    let n = Night::new();
    n.order(&[(n.carbonara, 2)]).post("/payments", json!({"tender": "cash"})).created();
    n.order(&[(n.pilsner, 1)]);
    let first = n.manager.post("/business-day/close").body(json!({"carry_over": true})).ok();
    let page = n.manager.get("/z-reports/1").accept("text/plain").ok();
    assert_eq!(page.header("content-type"), "text/plain; charset=utf-8");
    assert!(page.header("vary").contains("accept"), "{}", page.header("vary"));
    let printed = page.text();
    let hash = first.str("/journal_hash");
    let rows = [0, 32].map(|from| [0, 8, 16, 24].map(|group| &hash[from + group..from + group + 8]).join(" "));
    for words in [
        "Z REPORT 1\n",
        "of 2026-11-20\n",
        "Carried over, open: 2\n",
        "PERPETUAL TOTAL                      25.00\n",
        &format!("Journal records 1 to {}, epoch 1\n", first.int("/to_seq")),
        &format!("  {}\n  {}\n", rows[0], rows[1]),
    ] {
        assert!(printed.contains(words), "no {words:?} in\n{printed}");
    }
    assert!(printed.lines().all(|row| row.chars().count() <= 42), "{printed}");
    assert_eq!(first.int("/perpetual_total"), 2_500);
    assert_eq!(first.int("/journal_epoch"), 1);
    // It goes on from Z to Z; as JSON it stays what it was.
    n.order(&[(n.carbonara, 1)]).post("/payments", json!({"tender": "cash"})).created();
    let second = n.manager.post("/business-day/close").body(json!({"carry_over": true})).ok();
    assert_eq!(second.int("/perpetual_total"), 3_750);
    assert_eq!(n.manager.get("/z-reports/1").ok().text(), first.text());
    n.house.as_("waiter").get("/z-reports/1").accept("text/plain").refused("forbidden");
}
