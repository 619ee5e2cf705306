//! What the real program starts on, what it refuses by name, and what it finds of damage.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use serde_json::json;

use crate::client::Client;
use crate::commands::{Served, check, comanda, init, with_input};
use crate::harness::Folder;

/// A restaurant's file with a manager's token and two orders of today, of which one is paid.
struct Shop {
    folder: Folder,
    token: String,
}

impl Shop {
    fn open() -> Self {
        let folder = Folder::new();
        let db = folder.file("gina.db");
        with_input(init(&db), "4321\n");
        let told = comanda(&db, &["token", "--name", "shop", "--role", "manager"]).output().unwrap();
        let token = String::from_utf8(told.stdout).unwrap().trim().to_owned();
        let shop = Self { folder, token };
        let mut server = Served::start(&shop.db());
        let manager = shop.manager(&server);
        let rates = json!([{"name": "IVA", "rate": "10", "included": true, "compound": false}]);
        let taxes = manager.post("/tax-classes").body(json!({"name": "Food", "rates": rates})).created().id();
        let category = manager.post("/categories").body(json!({"name": "Food"})).created().id();
        let variant = json!({"name": "one", "price": 1250});
        let item = json!({"name": "Soup", "category_id": category, "tax_class": taxes, "variants": [variant]});
        let variant = manager.post("/items").body(item).created().int("/variants/0/id");
        shop.order(&manager, variant);
        let order = shop.order(&manager, variant);
        let pay = manager.post(&format!("/orders/{order}/payments")).body(json!({"tender": "card"}));
        pay.if_match("*").created();
        assert_eq!(server.signal("TERM"), Some(0));
        shop
    }

    fn order(&self, manager: &Client, variant: i64) -> i64 {
        let lines = json!([{"variant_id": variant, "quantity": 2}]);
        manager.post("/orders").body(json!({"kind": "takeaway", "lines": lines})).created().id()
    }

    fn db(&self) -> PathBuf {
        self.folder.file("gina.db")
    }

    fn manager(&self, server: &Served) -> Client {
        server.client.with_token(&self.token)
    }

    /// Where a table or an index begins in the file.
    fn page(&self, name: &str) -> usize {
        let db = Connection::open(self.db()).unwrap();
        let root = "select rootpage from sqlite_schema where name = ?1";
        let page: i64 = db.query_row(root, [name], |row| row.get(0)).unwrap();
        (usize::try_from(page).unwrap() - 1) * 4096
    }

    /// Writes as a machine does whose power then goes: what it wrote stays in the log.
    fn writes_and_dies(&self, sql: &str) {
        let mut server = Served::start(&self.db());
        server.signal("KILL");
        let db = Connection::open(self.db()).unwrap();
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        db.execute_batch(sql).unwrap();
    }

    /// Everybody is told, with the command that helps; what is there is still shown.
    fn is_damaged(&self, server: &Served) {
        let path = fs::canonicalize(self.db()).unwrap().display().to_string();
        let backup = self.folder.file("friday.db");
        let backup = if backup.exists() { backup.display().to_string() } else { "BACKUP".to_owned() };
        let command = format!("comanda restore {backup} --db {path}");
        let manager = self.manager(server);
        for told in [manager.post("/orders").body(json!({"kind": "takeaway"})), server.client.page("/readyz")] {
            let told = told.refused("damaged");
            assert!(told.str("/detail").contains(&command), "{}", told.text());
            assert_eq!(told.header("retry-after"), "60");
        }
        manager.get("/menu").ok();
        let stats = manager.get("/stats").ok().text();
        assert!(stats.contains("file_damaged") && stats.contains(&command), "{stats}");
        let log = server.log.lock().unwrap().clone();
        assert!(log.contains(&command), "{log}");
        server.client.page("/livez").ok();
    }
}

#[test]
fn files_that_are_not_for_this_program_are_refused_by_name() {
    let shop = Shop::open();
    let refused = |db: &Path, words: &[&str]| {
        let before = fs::read(db).unwrap();
        let told = comanda(db, &["serve", "--listen", "127.0.0.1:0"]).output().unwrap();
        let name = fs::canonicalize(db).unwrap().display().to_string();
        for word in [&[name.as_str()], words].concat() {
            check(&told, 1, "", word);
        }
        assert_eq!(fs::read(db).unwrap(), before, "it was changed");
    };
    let copy = |name: &str, sql: &str| {
        let to = shop.folder.file(name);
        fs::copy(shop.db(), &to).unwrap();
        let db = Connection::open(&to).unwrap();
        db.execute_batch(sql).unwrap();
        to
    };
    refused(&copy("newer.db", "pragma user_version = 99"), &["at schema step 99", "Run the newer comanda"]);
    refused(&copy("other.db", "pragma application_id = 77"), &["belongs to another program", "name another file"]);
    let anonymous = shop.folder.file("anonymous.db");
    Connection::open(&anonymous).unwrap().execute_batch("create table diary (text)").unwrap();
    refused(&anonymous, &["belongs to another program", "name another file"]);
    let text = shop.folder.file("text.db");
    fs::write(&text, "dear diary, ".repeat(1000)).unwrap();
    refused(&text, &["is not a comanda file", "comanda restore BACKUP --db"]);
    let server = Served::start(&shop.db());
    let process = format!("in use by process {}", server.id());
    refused(&shop.db(), &[&process, "Stop the server"]);
}

/// Waits for the server to say that it is damaged, which it does not at once.
fn until_damaged(server: &Served) {
    let began = Instant::now();
    while server.client.page("/readyz").send().status == 200 {
        assert!(began.elapsed() < Duration::from_secs(30), "nobody looked: {}", server.log.lock().unwrap());
        thread::sleep(Duration::from_millis(50));
    }
}

/// The bytes at the head of a table's or an index's first page are others than were written.
fn check_flipped(name: &str, has_backup: bool) {
    let shop = Shop::open();
    if has_backup {
        let backup = shop.folder.file("friday.db");
        check(&comanda(&shop.db(), &["backup", backup.to_str().unwrap()]).output().unwrap(), 0, "", "same disk");
    }
    let page = shop.page(name);
    let mut bytes = fs::read(shop.db()).unwrap();
    bytes[page..page + 8].iter_mut().for_each(|byte| *byte ^= 0xff);
    fs::write(shop.db(), bytes).unwrap();
    let server = Served::start(&shop.db());
    // It is not what the first requests wait for.
    server.client.page("/readyz").ok();
    shop.manager(&server).get("/menu").ok();
    until_damaged(&server);
    shop.is_damaged(&server);
}

#[test]
fn a_page_of_a_table_that_is_damaged_is_found_behind_the_first_requests() {
    check_flipped("payment_tips", false);
}

#[test]
fn a_page_of_an_index_that_is_damaged_is_found_behind_the_first_requests() {
    check_flipped("adjustments_by_date", true);
}

#[test]
fn a_sound_file_is_looked_at_and_nothing_is_said() {
    let shop = Shop::open();
    let server = Served::start(&shop.db());
    let began = Instant::now();
    while !server.log.lock().unwrap().contains("every page was looked at") {
        assert!(began.elapsed() < Duration::from_secs(30), "nobody looked: {}", server.log.lock().unwrap());
        thread::sleep(Duration::from_millis(50));
    }
    server.client.page("/readyz").ok();
    let log = server.log.lock().unwrap().clone();
    assert!(!log.contains("damaged") && !log.contains("looked at first"), "{log}");
}

/// What the machine left contradicts itself, and nobody is let write before that is seen.
fn check_left(sql: &str, what: &str) {
    let shop = Shop::open();
    shop.writes_and_dies(sql);
    let server = Served::start(&shop.db());
    let told = server.client.page("/readyz").refused("damaged");
    assert!(told.str("/detail").contains(what), "{}", told.text());
    shop.is_damaged(&server);
}

#[test]
fn after_a_kill_the_journals_end_is_followed_first() {
    let change = "drop trigger journal_no_update; update journal set payload = payload || ' '
                  where seq = (select max(seq) from journal)";
    check_left(change, "journal: record");
}

#[test]
fn after_a_kill_the_sums_of_the_open_day_are_added_up_first() {
    check_left("update checks set paid = paid + 1 where state = 'paid'", "checks 2: paid is 2501, recomputed 2500");
    check_left("update lines set total = total - 1, net = net - 1 where id = 1", "total is");
}

#[test]
fn figures_that_can_be_made_anew_are_told_and_stop_nobody() {
    let shop = Shop::open();
    shop.writes_and_dies("update day_totals set gross = gross + 1 where dim = 'all'");
    let server = Served::start(&shop.db());
    server.client.page("/readyz").ok();
    shop.manager(&server).post("/orders").body(json!({"kind": "takeaway"})).created();
    let log = server.log.lock().unwrap().clone();
    assert!(log.contains("day_totals") && log.contains("comanda check --repair rollups --yes --db"), "{log}");
    // And that is what helps.
    check(
        &comanda(&shop.db(), &["check", "--repair", "rollups", "--yes"]).output().unwrap(),
        0,
        "1 value set right",
        "",
    );
}

#[test]
fn after_a_kill_a_file_that_holds_is_served() {
    let shop = Shop::open();
    shop.writes_and_dies("update categories set position = position + 1");
    let server = Served::start(&shop.db());
    server.client.page("/readyz").ok();
    let log = server.log.lock().unwrap().clone();
    assert!(log.contains("was not stopped") && !log.contains("recomputed"), "{log}");
}
