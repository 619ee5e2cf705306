//! The server is killed and the network cut at any moment; terminals send again with their keys: everything
//! happened once.

use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::house::{Deed, Evening, House, TERMINALS};
use crate::oracle::{Finding, Judge, Rows, boots};
use crate::proxy::Proxy;
use crate::server::{COMANDA, DB, Server};
use crate::table;
use crate::terminal::{Answer, Request, Terminal};

/// A server that is killed before anybody knows whether it listens.
fn dies_at_its_start(house: &House, after: Duration) {
    let mut command = Command::new(COMANDA);
    command.args(["serve", "--listen", "127.0.0.1:0", "--db"]).arg(house.at().join(DB));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What does not hold of an evening in which everybody was answered in the end.
fn judge(house: &House, deeds: &[Deed]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let end = Rows::read(&house.at()).unwrap();
    let told: Vec<bool> = deeds.iter().map(Deed::is_acknowledged).collect();
    findings.extend(Judge { deeds, brought: &[], end: &end }.look(&house.at(), &told, &[]));
    for deed in deeds {
        match &deed.answer {
            None => findings.push(Finding::Lost(format!("{} was never answered", deed.name))),
            Some(answer) if answer.status >= 500 => findings.push(Finding::Broken(answer.text())),
            Some(_) => {}
        }
        if !deed.is_acknowledged() && end.times(deed) == Ok(1) {
            findings.push(Finding::Half(format!("{} was refused, and happened", deed.name)));
        }
    }
    // What the terminals were told adds up to what the file holds.
    for (what, field, sql) in [
        ("payment", "amount", "select coalesce(sum(amount), 0) from payments"),
        ("payment", "tip", "select coalesce(sum(tip), 0) from payments"),
        ("refund", "amount", "select coalesce(sum(amount), 0) from refunds"),
    ] {
        let of = |deed: &Deed| deed.answer.as_ref().and_then(|a| a.json()[what][field].as_i64()).unwrap_or_default();
        let told: i64 = deeds.iter().map(of).sum();
        let db = Connection::open(house.at().join(DB)).unwrap();
        let found: i64 = db.query_row(sql, [], |row| row.get(0)).unwrap();
        if told != found {
            findings.push(Finding::Broken(format!("{what}s: {field} told {told}, kept {found}")));
        }
    }
    let told: Vec<&Deed> = deeds.iter().filter(|deed| deed.is_acknowledged()).collect();
    let fresh = Request::post(&house.tokens[0], "/orders", "at-last", json!({"kind": "takeaway"}));
    findings.extend(boots(&house.at(), &told, &[], &fresh));
    findings
}

/// Terminals at work through a bad network, while `meanwhile` has the server; nothing new is begun after it.
fn evening(house: &House, evening: &Evening, seed: u64, meanwhile: impl FnOnce(&Proxy) -> Server) -> u64 {
    let proxy = Proxy::start(seed);
    evening.place.is(Some(proxy.addr));
    let mut server = None;
    thread::scope(|scope| {
        for number in 0..TERMINALS {
            scope.spawn(move || evening.serve(house, number, u64::MAX, seed));
        }
        server = Some(meanwhile(&proxy));
        evening.closing.store(true, Ordering::Relaxed);
    });
    server.unwrap().stop().unwrap();
    proxy.cuts()
}

#[test]
fn everything_happens_once() {
    let seed = table::seed("kill and retry");
    let kills = table::count("KILLS", 200, 20, 4);
    let house = House::open();
    let tills = Evening::default();
    let mut dice = Dice::new(seed);
    let cuts = evening(&house, &tills, seed, |proxy| {
        for _ in 0..kills {
            if dice.percent(20) {
                dies_at_its_start(&house, Duration::from_millis(dice.below(150)));
                continue;
            }
            let mut server = house.serve();
            proxy.leads_to(Some(server.addr));
            // In the middle of work, however slow the machine is.
            let enough = tills.done.load(Ordering::Relaxed) + dice.below(40);
            let (since, at_most) = (Instant::now(), Duration::from_secs(2));
            while tills.done.load(Ordering::Relaxed) < enough && since.elapsed() < at_most {
                thread::sleep(Duration::from_micros(100));
            }
            thread::sleep(Duration::from_micros(dice.below(10_000)));
            server.kill();
        }
        let server = house.serve();
        proxy.leads_to(Some(server.addr));
        server
    });
    let deeds = tills.deeds.into_inner().unwrap();
    let findings = judge(&house, &deeds);
    let told = deeds.iter().filter(|deed| deed.is_acknowledged()).count();
    let replayed = deeds.iter().filter(|deed| deed.answer.as_ref().is_some_and(|answer| answer.replayed)).count();
    let times = format!(
        "{kills} kills, {cuts} connections cut, {told} acknowledged requests, {replayed} of them done and not heard of"
    );
    let how = "kill -9 under load and at the start; connections cut after any byte";
    table::row("kill-and-retry", "A retry has one effect", how, &times, findings.len());
    assert!(findings.is_empty(), "{} findings: {:#?}", findings.len(), &findings[..findings.len().min(10)]);
    assert!(told as u64 > kills * 3, "only {told} requests were acknowledged");
}

/// The proof that the test above would see it: terminals that retry under another key do things twice.
#[test]
fn without_keys_it_does_not() {
    let seed = table::seed("retries without keys");
    let house = House::open();
    let tills = Evening { forgets_keys: true, ..Evening::default() };
    let cuts = evening(&house, &tills, seed, |proxy| {
        let server = house.serve();
        proxy.leads_to(Some(server.addr));
        while tills.done.load(Ordering::Relaxed) < 150 {
            thread::sleep(Duration::from_millis(5));
        }
        server
    });
    let deeds = tills.deeds.into_inner().unwrap();
    let rows = Rows::read(&house.at()).unwrap();
    let doubled = deeds.iter().filter(|deed| rows.is_doubled(deed)).count();
    let how = format!("retries under other keys: {doubled} of {} requests have more than one effect", deeds.len());
    table::bites("kill-and-retry", "keys", &how);
    assert!(doubled > 0, "{cuts} connections were cut, and nothing was doubled");
}

/// Terminals of one device that send the same at once.
const AT_ONCE: usize = 50;

/// Sends one request from so many terminals, each under the key it has for it, and gives their answers.
fn at_once(place: &Evening, request: &Request, key: impl Fn(usize) -> String + Sync) -> Vec<Option<Answer>> {
    let send = &|n: usize| {
        let request = Request { key: key(n), ..request.clone() };
        place.insists(&mut Terminal::default(), &request)
    };
    thread::scope(|scope| {
        let all: Vec<_> = (0..AT_ONCE).map(|n| scope.spawn(move || send(n))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// The proof that the test below would see it.
#[test]
fn fifty_keys_have_fifty_effects() {
    let house = House::open();
    let (place, server) = (Evening::default(), house.serve());
    place.place.is(Some(server.addr));
    let name = "one".to_owned();
    let (path, body, marks) = house.one_of_each("open", &name, &Value::Null, &Value::Null);
    let request = Request::post(&house.tokens[0], path, name.clone(), body);
    let answers = at_once(&place, &request, |n| format!("one-{n}"));
    server.stop().unwrap();
    let ids: HashSet<_> = answers.iter().flatten().map(|answer| answer.json()["id"].to_string()).collect();
    let deed = Deed { name, request, marks, answer: None };
    assert!(Rows::read(&house.at()).unwrap().is_doubled(&deed));
    assert_eq!(ids.len(), AT_ONCE);
    table::bites("at-once", "keys", &format!("{AT_ONCE} keys: {} effects, {} bodies", ids.len(), ids.len()));
}

#[test]
fn fifty_at_once_have_one_effect_and_one_body() {
    let seed = table::seed("fifty at once");
    let rounds = table::count("ROUNDS", 20, 3, 1);
    let house = House::open();
    let (place, mut server) = (Evening::default(), house.serve());
    place.place.is(Some(server.addr));
    let mut dice = Dice::new(seed);
    let (mut deeds, mut wrong) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let (mut order, mut payment) = (Value::Null, Value::Null);
        for what in ["open", "add", "discount", "send", "pay", "refund", "category"] {
            let name = format!("{what}-{round}");
            let (path, body, marks) = house.one_of_each(what, &name, &order, &payment);
            let request = Request::post(&house.tokens[0], path, name.clone(), body).any_version();
            // Every other time the server is killed among them.
            let kill = dice.percent(50).then(|| Duration::from_micros(dice.below(20_000)));
            let answers = thread::scope(|scope| {
                let answers = scope.spawn(|| at_once(&place, &request, |_| name.clone()));
                if let Some(after) = kill {
                    thread::sleep(after);
                    place.place.is(None);
                    server.kill();
                    server = house.serve();
                    place.place.is(Some(server.addr));
                }
                answers.join().unwrap()
            });
            let first = answers[0].clone().unwrap();
            assert!(first.is_done(), "{name}: {}", first.text());
            let same = |answer: &Option<Answer>| {
                answer.as_ref().is_some_and(|a| (a.status, &a.body) == (first.status, &first.body))
            };
            let others = answers.iter().filter(|answer| !same(answer)).count();
            let at_first = answers.iter().flatten().filter(|answer| !answer.replayed).count();
            // The one whose connection died with the server heard nothing of it.
            if others > 0 || at_first > 1 || (at_first == 0 && kill.is_none()) {
                wrong.push(format!("{name}: {others} other answers, {at_first} effects"));
            }
            match what {
                "open" => order = first.json()["id"].clone(),
                "pay" => payment = first.json()["payment"]["id"].clone(),
                _ => {}
            }
            deeds.push(Deed { name, request, marks, answer: Some(first) });
        }
    }
    server.stop().unwrap();
    let rows = Rows::read(&house.at()).unwrap();
    let more = |deed: &Deed| (rows.times(deed) != Ok(1)).then(|| format!("{}: {:?}", deed.name, rows.times(deed)));
    wrong.extend(deeds.iter().filter_map(more));
    let times = format!("{} requests, half of them with a kill", deeds.len());
    table::row("at-once", "One key, one effect, one body", "50 terminals send the same at once", &times, wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
