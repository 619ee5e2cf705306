//! Somebody on the Wi-Fi who wants in: with all the PINs there are, with pairing codes, with a terminal that was
//! stolen, and a waiter who was just dismissed and has a request on its way.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpSocket;

use crate::dice::Dice;
use crate::server::{Folder, Server, comanda};
use crate::table;
use crate::terminal::{Request, Terminal};

const SOCKETS: usize = 32;
/// A guest tries this one late, and not by luck among the few tries there are.
const PIN: &str = "7391";

pub fn house(pin: &str) -> Folder {
    let folder = Folder::new("guest");
    let init = ["init", "--name", "Da Gina", "--currency", "EUR", "--timezone", "Europe/Rome", "--cutoff", "04:00"];
    comanda(folder.path(), &[&init[..], &["--owner-name", "Gina", "--owner-pin", pin]].concat()).unwrap();
    folder
}

fn off(defence: &str) -> Vec<(&'static str, String)> {
    vec![("COMANDA_DEFENCES_OFF", defence.to_owned())]
}

/// A connection from the n-th address of those that a guest has.
fn from_address(n: usize, to: SocketAddr) -> std::io::Result<Terminal> {
    let source = Ipv4Addr::new(127, 0, 1, u8::try_from(n % 250 + 1).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let socket = runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((source, 0).into())?;
        socket.connect(to).await
    })?;
    let socket = socket.into_std()?;
    socket.set_nonblocking(false)?;
    Terminal::over(to, socket)
}

/// Sends each of these from many sockets of as many addresses; how often which status was had. It goes on until
/// somebody is let in, and asks again where the server was too busy to look.
fn all(addr: SocketAddr, requests: &[Request]) -> BTreeMap<u16, usize> {
    let (next, told) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for n in 0..SOCKETS {
            let (next, told) = (&next, &told);
            scope.spawn(move || {
                let mut terminal = from_address(n, addr).unwrap();
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let status = loop {
                        match terminal.ask(addr, request) {
                            Ok(answer) if answer.status == 503 => thread::sleep(Duration::from_millis(5)),
                            Ok(answer) => break answer.status,
                            // It closed the connection with its last answer.
                            Err(_) => terminal = from_address(n, addr).unwrap(),
                        }
                    };
                    *told.lock().unwrap().entry(status).or_insert(0) += 1;
                    if status == 201 {
                        next.store(requests.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    told.into_inner().unwrap()
}

fn times(told: &BTreeMap<u16, usize>, status: u16) -> usize {
    told.get(&status).copied().unwrap_or_default()
}

/// So many PINs in an order of chance, the right one not among the first forty.
fn pins(count: u64, dice: &mut Dice) -> Vec<String> {
    let mut pins: Vec<String> = (0..10_000).map(|n| format!("{n:04}")).filter(|pin| pin != PIN).collect();
    for at in (1..pins.len()).rev() {
        pins.swap(at, dice.index(at + 1));
    }
    pins.truncate(usize::try_from(count).unwrap() - 1);
    let late = 40 + dice.index(pins.len() - 40);
    pins.insert(late, PIN.to_owned());
    pins
}

fn at_the_page(pin: &str) -> Request {
    Request::post("", "/stats/sessions", "", json!({"staff": "Gina", "pin": pin}))
}

fn at_a_terminal(token: &str, pin: &str) -> Request {
    Request::post(token, "/sessions", "", json!({"staff_id": 1, "pin": pin}))
}

fn pair(server: &Server, folder: &Folder) -> String {
    let code = comanda(folder.path(), &["pair"]).unwrap();
    let body = json!({"code": code.trim(), "name": "bar"});
    let paired = Terminal::default().ask(server.addr, &Request::post("", "/devices/pair", "", body)).unwrap();
    assert_eq!(paired.status, 201, "{}", paired.text());
    paired.json()["token"].as_str().unwrap().to_owned()
}

#[test]
fn nobody_guesses_a_pin() {
    let seed = table::seed("PINs");
    let count = table::count("PINS", 10_000, 10_000, 1_000);
    let mut dice = Dice::new(seed);
    let folder = house(PIN);
    let mut server = Server::start(folder.path(), &[]).unwrap();
    let token = pair(&server, &folder);
    let mut tried = 0;
    let mut looked = [0, 0];
    let mut inside = 0;
    // The server is killed in the middle, and what was counted stays so.
    let ways: [Vec<Request>; 2] = [
        pins(count, &mut dice).iter().map(|pin| at_the_page(pin)).collect(),
        pins(count, &mut dice).iter().map(|pin| at_a_terminal(&token, pin)).collect(),
    ];
    for (requests, looked) in ways.iter().zip(&mut looked) {
        for half in [&requests[..requests.len() / 2], &requests[requests.len() / 2..]] {
            let told = all(server.addr, half);
            tried += told.values().sum::<usize>();
            *looked += times(&told, 401);
            inside += times(&told, 201);
            server.kill();
            server = Server::start(folder.path(), &[]).unwrap();
        }
    }
    let tried =
        format!("{tried} tries from {SOCKETS} addresses, of which {} and {} were looked at", looked[0], looked[1]);
    let how = "every PIN there is, for one name at the stats page and at a stolen terminal, with a kill between";
    table::row("guest-pins", "Nobody guesses a PIN", how, &tried, inside);
    assert_eq!(inside, 0);
    assert!(looked.iter().all(|looked| (1..=10).contains(looked)), "{looked:?} were looked at");
    server.stop().unwrap();
}

#[test]
fn without_waits_a_pin_is_found() {
    let folder = house("0120");
    let server = Server::start(folder.path(), &off("pin_waits")).unwrap();
    let requests: Vec<Request> = (0..10_000).map(|n| at_the_page(&format!("{n:04}"))).collect();
    let told = all(server.addr, &requests);
    let tries = told.values().sum::<usize>();
    table::bites("guest-pins", "waits", &format!("without waits the PIN 0120 is found after {tries} tries"));
    assert_eq!(times(&told, 201), 1, "{told:?}");
    server.stop().unwrap();
}

/// Wrong codes of the shape of right ones.
fn codes(count: u64, dice: &mut Dice) -> Vec<Request> {
    const LETTERS: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut code = || (0..8).map(|_| char::from(*dice.pick(LETTERS))).collect::<String>();
    (0..count).map(|_| Request::post("", "/devices/pair", "", json!({"code": code(), "name": "guest"}))).collect()
}

/// What became of a code while so many wrong ones were tried: terminals paired, and whether it is still open.
fn try_codes(folder: &Folder, server: &Server, count: u64, dice: &mut Dice) -> (usize, bool) {
    let code = comanda(folder.path(), &["pair"]).unwrap();
    let told = all(server.addr, &codes(count, dice));
    let body = json!({"code": code.trim(), "name": "bar"});
    let right = Terminal::default().ask(server.addr, &Request::post("", "/devices/pair", "", body)).unwrap();
    (times(&told, 201), right.status == 201)
}

#[test]
fn nobody_guesses_a_code() {
    let seed = table::seed("codes");
    let count = table::count("CODES", 100_000, 10_000, 1_000);
    let mut dice = Dice::new(seed);
    let folder = house(PIN);
    let server = Server::start(folder.path(), &[]).unwrap();
    let (inside, open) = try_codes(&folder, &server, count, &mut dice);
    // The right one, from all sockets at once: one terminal is paired.
    let code = comanda(folder.path(), &["pair"]).unwrap();
    let right = |n: usize| json!({"code": code.trim(), "name": format!("till {n}")});
    let requests: Vec<Request> = (0..SOCKETS).map(|n| Request::post("", "/devices/pair", "", right(n))).collect();
    let told = thread::scope(|scope| {
        let each = |request| scope.spawn(move || Terminal::default().ask(server.addr, request).unwrap().status);
        let all: Vec<_> = requests.iter().map(each).collect();
        all.into_iter().map(|one| one.join().unwrap()).filter(|status| *status == 201).count()
    });
    let lost = inside + usize::from(open) + told.abs_diff(1);
    let how = "wrong codes while one is open; the right one from all sockets at once";
    let tried =
        format!("{count} codes from {SOCKETS} addresses, after five of which none was open; one used {SOCKETS} times");
    table::row("guest-codes", "A pairing code opens one terminal, to who holds it", how, &tried, lost);
    assert_eq!((inside, open, told), (0, false, 1));
    server.stop().unwrap();
}

#[test]
fn without_a_count_a_code_stays_open() {
    let mut dice = Dice::new(table::seed("codes without a count"));
    let folder = house(PIN);
    let server = Server::start(folder.path(), &off("code_tries")).unwrap();
    let (_, open) = try_codes(&folder, &server, 1_000, &mut dice);
    table::bites("guest-codes", "count", "without a count the code is still open after 1000 wrong ones");
    assert!(open);
    server.stop().unwrap();
}

/// Orders of terminals whose tokens are taken while the requests are on their way: how many were done.
fn dismissed(environment: &[(&str, String)], count: u64) -> usize {
    let folder = house(PIN);
    let server = Server::start(folder.path(), environment).unwrap();
    let boss = comanda(folder.path(), &["token", "--name", "office", "--role", "manager"]).unwrap().trim().to_owned();
    let mut office = Terminal::default();
    let waiter = |n: u64| {
        let name = format!("waiter {n}");
        comanda(folder.path(), &["token", "--name", &name, "--role", "waiter"]).unwrap().trim().to_owned()
    };
    let mut done = 0;
    for n in 0..count {
        let token = waiter(n);
        let body = json!({"kind": "takeaway", "tab_name": "mine"});
        let bytes = Request::post(&token, "/orders", format!("one-{n}"), body).bytes();
        let mut socket = TcpStream::connect(server.addr).unwrap();
        // Known by then, and all but the last byte is there.
        Terminal::default()
            .ask(server.addr, &Request { method: "GET", ..Request::post(&token, "/settings", "", Value::Null) })
            .unwrap();
        socket.write_all(&bytes[..bytes.len() - 1]).unwrap();
        thread::sleep(Duration::from_millis(20));
        let devices = Request { method: "GET", ..Request::post(&boss, "/devices", "", Value::Null) };
        let device = office.ask(server.addr, &devices).unwrap().json()["items"][0]["id"].clone();
        let revoke = Request {
            method: "DELETE",
            ..Request::post(&boss, format!("/devices/{device}"), format!("out-{n}"), Value::Null)
        };
        assert_eq!(office.ask(server.addr, &revoke).unwrap().status, 204);
        socket.write_all(&bytes[bytes.len() - 1..]).unwrap();
        let mut head = [0; 12];
        socket.read_exact(&mut head).unwrap();
        done += usize::from(&head != b"HTTP/1.1 401");
    }
    server.stop().unwrap();
    done
}

#[test]
fn a_dismissed_waiter_does_nothing_more() {
    let count = table::count("DISMISSED", 200, 20, 3);
    let done = dismissed(&[], count);
    let how = "a terminal's token is taken while its order is on its way";
    table::row("dismissed", "A token that was taken does nothing more", how, &format!("{count} orders"), done);
    assert_eq!(done, 0);
}

#[test]
fn without_a_second_look_it_would() {
    let done = dismissed(&off("standing"), 2);
    table::bites("dismissed", "standing", &format!("without a second look at its turn {done} of 2 orders are taken"));
    assert_eq!(done, 2);
}
