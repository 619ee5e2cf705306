//! What every house begins with: made once for a build, then copied.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use comanda::app::setup::{Beginning, Words};
use comanda::cache::Tag;
use comanda::error::Result;
use comanda::journal::ops::stamp;
use comanda::kernel::clock::ManualClock;
use comanda::kernel::day::UtcMs;
use comanda::kernel::ids::StaffId;
use comanda::kernel::permission::Role;
use comanda::staff::model::{NewStaff, Pin};
use comanda::staff::{ops, pin};
use comanda::store::{self, AfterCommit, Store, Tx};
use serde_json::{Value, json};

use crate::harness::{OPENING, PIN};

/// Somebody of a role, with a terminal of their own on which they are signed in.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub staff_id: i64,
    pub device_id: i64,
    pub device_token: String,
    pub token: String,
}

const PEOPLE: [(Role, &str); 6] = [
    (Role::Owner, "Gina"),
    (Role::Manager, "Mara"),
    (Role::Cashier, "Carlo"),
    (Role::Waiter, "Walter"),
    (Role::Kitchen, "Kim"),
    (Role::Auditor, "Aldo"),
];

struct Silent;

impl AfterCommit for Silent {
    fn invalidate(&self, _: &[Tag]) {}
    fn wake(&self) {}
}

/// The file alone, with no server on it.
pub fn open(db: &Path) -> Store {
    Store::open(store::Config::new(db), Arc::new(Silent), &[]).unwrap_or_else(|error| panic!("{error}"))
}

/// A file of the newest schema with nothing in it.
pub fn empty(db: &Path) {
    open(db).stop();
}

/// A restaurant with one person a role; who they are, by their roles.
pub fn furnished(db: &Path) -> BTreeMap<String, Person> {
    // Of the tests of one process the first makes it, and the others wait.
    static MAKING: Mutex<()> = Mutex::new(());
    let made = folder();
    let making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if !made.is_dir() {
        sweep(made.parent().unwrap());
        // Every process makes its own and the first one to be whole is everybody's.
        let own = made.with_extension(std::process::id().to_string());
        fs::create_dir_all(&own).unwrap();
        let people = make(&own.join("comanda.db"), OPENING);
        fs::write(own.join("people.json"), people.to_string()).unwrap();
        if fs::rename(&own, &made).is_err() {
            fs::remove_dir_all(&own).unwrap();
        }
    }
    drop(making);
    fs::copy(made.join("comanda.db"), db).unwrap();
    persons(&serde_json::from_slice(&fs::read(made.join("people.json")).unwrap()).unwrap())
}

/// The same restaurant, opened at another time; made for this call alone.
pub fn furnished_at(db: &Path, time: &str) -> BTreeMap<String, Person> {
    persons(&make(db, time))
}

fn persons(people: &Value) -> BTreeMap<String, Person> {
    let text = |person: &Value, name: &str| person[name].as_str().unwrap().to_owned();
    let id = |person: &Value, name: &str| person[name].as_i64().unwrap();
    let of = |(role, person): (&String, &Value)| {
        let found = Person {
            name: text(person, "name"),
            staff_id: id(person, "staff_id"),
            device_id: id(person, "device_id"),
            device_token: text(person, "device_token"),
            token: text(person, "token"),
        };
        (role.clone(), found)
    };
    people.as_object().unwrap().iter().map(of).collect()
}

/// Where this build's template is.
fn folder() -> PathBuf {
    let program = fs::metadata(std::env::current_exe().unwrap()).unwrap();
    let built = program.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("house-{built}"))
}

/// Lets go what other builds left, unless it may still be in use.
fn sweep(folder: &Path) {
    let old = |entry: &fs::DirEntry| {
        let age = entry.metadata().ok()?.modified().ok()?.elapsed().ok()?;
        Some(entry.file_name().to_string_lossy().starts_with("house-") && age > Duration::from_secs(3600))
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| old(entry) == Some(true)) {
        // Another process may be sweeping too.
        let _ = fs::remove_dir_all(entry.path());
    }
}

fn make(db: &Path, time: &str) -> Value {
    let words = Words {
        name: "Da Gina",
        currency: "EUR",
        timezone: "Europe/Rome",
        cutoff: "04:00",
        owner_name: PEOPLE[0].1,
        owner_pin: PIN,
    };
    let beginning = Beginning::parse(words).unwrap();
    let hash = pin::hash_blocking(&Pin::parse(PIN).unwrap()).unwrap();
    let clock = ManualClock::at(UtcMs::parse(time).unwrap());
    let store = open(db);
    let people = store.write_blocking(move |tx| {
        beginning.make(tx, &clock)?;
        let mut people = serde_json::Map::new();
        for ((role, name), id) in PEOPLE.into_iter().zip(1..) {
            if role != Role::Owner {
                let new = NewStaff { name: name.to_owned(), role, pin_hash: hash.clone() };
                assert_eq!(ops::add(tx, &stamp(tx, &clock, None, None)?, Role::Owner, new)?.id.get(), id);
            }
            people.insert(role.as_str().to_owned(), terminal(tx, &clock, name, StaffId::new(id))?);
        }
        Ok(Value::Object(people))
    });
    store.stop();
    people.unwrap()
}

/// Pairs a terminal for somebody and signs them in on it.
fn terminal(tx: &Tx<'_>, clock: &ManualClock, name: &str, staff: StaffId) -> Result<Value> {
    let stamp = stamp(tx, clock, None, None)?;
    let code = ops::new_pairing_code(tx, stamp.at)?.code;
    let paired = ops::pair(tx, stamp.clone(), &code, format!("{name}'s till"))?;
    let tried = ops::begin_try(tx, paired.device.id, staff, stamp.at)?;
    let session = ops::sign_in(tx, stamp, paired.device.id, &tried)?;
    Ok(json!({
        "name": name, "staff_id": staff.get(), "device_id": paired.device.id.get(),
        "device_token": paired.token, "token": session.token,
    }))
}
