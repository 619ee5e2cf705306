//! A restaurant on the real server, and what its terminals do to it in an evening.
//!
//! Every deed leaves its name in the rows it makes (a tab's name, a line's note, a payment's reference, a
//! reason), so that anybody can count afterwards how often it happened, and whether all of it did.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use comanda::app::control::{Command, socket_of};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::recorder;
use crate::server::{DB, Folder, Server, comanda};
use crate::terminal::{Answer, Request, Terminal};

pub const TERMINALS: usize = 4;

/// Something that a deed makes, counted by the deed's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    Order,
    Line,
    Discount,
    Comp,
    Void,
    Payment,
    Refund,
    Category,
    Item,
}

impl Mark {
    /// Names and how many rows bear each.
    pub const COUNTS: [(Mark, &'static str); 9] = [
        (Self::Order, "select tab_name, count(*) from orders where tab_name is not null group by 1"),
        (Self::Line, "select note, count(*) from lines where note is not null and split_from is null group by 1"),
        (Self::Discount, "select name, count(*) from check_discounts group by 1"),
        (Self::Comp, "select comp_reason, count(*) from lines where comp_reason is not null group by 1"),
        (Self::Void, "select reason, count(*) from adjustments where kind = 'void' and reason is not null group by 1"),
        (Self::Payment, "select reference, count(*) from payments where reference is not null group by 1"),
        (Self::Refund, "select reason, count(*) from refunds where reason is not null group by 1"),
        (Self::Category, "select name, count(*) from categories group by 1"),
        (Self::Item, "select i.name, count(*) from items i join variants v on v.item_id = i.id group by 1"),
    ];
}

/// What a deed makes: rows that bear its name.
pub type Marks = Vec<(Mark, u64)>;

/// A request that changes something, and what came of it.
#[derive(Debug, Clone)]
pub struct Deed {
    pub name: String,
    pub request: Request,
    /// The rows it makes, if it happens.
    pub marks: Marks,
    /// As a terminal read it to its last byte.
    pub answer: Option<Answer>,
}

impl Deed {
    pub fn is_acknowledged(&self) -> bool {
        self.answer.as_ref().is_some_and(Answer::is_done)
    }
}

/// An import of sales through the server's socket.
#[derive(Debug, Clone)]
pub struct Brought {
    pub source: String,
    pub orders: u64,
    pub told_done: bool,
}

/// Where the server, or what stands before it, is reached just now; nowhere while it is down.
#[derive(Debug, Default)]
pub struct Place(Mutex<Option<SocketAddr>>);

impl Place {
    pub fn is(&self, addr: Option<SocketAddr>) {
        *self.0.lock().unwrap() = addr;
    }

    fn wait(&self, until: Instant) -> Option<SocketAddr> {
        while Instant::now() < until {
            if let Some(addr) = *self.0.lock().unwrap() {
                return Some(addr);
            }
            thread::sleep(Duration::from_millis(2));
        }
        None
    }
}

/// The restaurant with its menu, in a folder of its own, and a token for each terminal.
pub struct House {
    pub folder: Folder,
    /// The recorder's library.
    pub recorder: PathBuf,
    pub tokens: Vec<String>,
    variants: Vec<i64>,
    category: i64,
    tax_class: i64,
}

impl House {
    pub fn open() -> Self {
        let folder = Folder::new("attack");
        let at = folder.sub("house");
        let init = ["init", "--name", "Da Gina", "--currency", "EUR", "--timezone", "Europe/Rome", "--cutoff", "04:00"];
        comanda(&at, &[&init[..], &["--owner-name", "Gina", "--owner-pin", "4321"]].concat()).unwrap();
        let token = |n: usize| {
            let name = format!("till {n}");
            comanda(&at, &["token", "--name", &name, "--role", "manager"]).unwrap().trim().to_owned()
        };
        let tokens: Vec<String> = (0..TERMINALS).map(token).collect();
        let recorder = recorder::build(folder.path(), "recorder");
        let mut house = Self { folder, recorder, tokens, variants: Vec::new(), category: 0, tax_class: 0 };
        let server = Server::start(&at, &[]).unwrap();
        house.furnish(server.addr);
        server.stop().unwrap();
        house
    }

    /// Where its files are.
    pub fn at(&self) -> PathBuf {
        self.folder.path().join("house")
    }

    /// Starts the server for attacks in which no power goes: what the kernel was given outlives a kill,
    /// synced or not, so a sync costs what it would on a card and not what it does on this machine.
    pub fn serve(&self) -> Server {
        let environment = recorder::environment(&self.recorder, &self.at(), Path::new("/dev/null"));
        Server::start(&self.at(), &environment).unwrap()
    }

    fn furnish(&mut self, addr: SocketAddr) {
        let mut terminal = Terminal::default();
        let mut made = |n: usize, path: &str, body: Value| {
            let answer = terminal.ask(addr, &Request::post(&self.tokens[0], path, format!("menu-{n}"), body)).unwrap();
            assert_eq!(answer.status, 201, "{path}: {}", answer.text());
            answer.json()
        };
        let rates = json!([{"name": "IVA", "rate": "10", "included": true, "compound": false}]);
        self.tax_class = made(0, "/tax-classes", json!({"name": "Food", "rates": rates}))["id"].as_i64().unwrap();
        self.category = made(1, "/categories", json!({"name": "Food"}))["id"].as_i64().unwrap();
        for (n, price) in [(2, 1250), (3, 600), (4, 480), (5, 1999)] {
            let item = made(n, "/items", self.item(&format!("Dish {n}"), Some(&format!("dish-{n}")), price));
            self.variants.push(item["variants"][0]["id"].as_i64().unwrap());
        }
    }

    /// A request of each kind, as one that stands for many: its path, its body and what it makes.
    pub fn one_of_each(&self, what: &str, name: &str, order: &Value, payment: &Value) -> (String, Value, Marks) {
        let order = format!("/orders/{order}");
        let lines = json!([{"variant_id": self.variants[0], "quantity": 2, "note": name}]);
        match what {
            "open" => {
                let body = json!({"kind": "takeaway", "tab_name": name, "lines": lines});
                ("/orders".to_owned(), body, vec![(Mark::Order, 1), (Mark::Line, 1)])
            }
            "add" => (format!("{order}/lines"), json!({"lines": lines}), vec![(Mark::Line, 1)]),
            "discount" => {
                (format!("{order}/discounts"), json!({"name": name, "percent": "10"}), vec![(Mark::Discount, 1)])
            }
            "send" => (format!("{order}/send"), json!({}), Vec::new()),
            "pay" => {
                let body = json!({"tender": "card", "tip": 100, "reference": name});
                (format!("{order}/payments"), body, vec![(Mark::Payment, 1)])
            }
            "refund" => {
                let body = json!({"amount": 50, "reason": name});
                (format!("/payments/{payment}/refunds"), body, vec![(Mark::Refund, 1)])
            }
            "category" => ("/categories".to_owned(), json!({"name": name}), vec![(Mark::Category, 1)]),
            other => panic!("no request {other}"),
        }
    }

    fn item(&self, name: &str, sku: Option<&str>, price: i64) -> Value {
        let variant = json!({"name": "one", "price": price, "sku": sku});
        json!({"name": name, "category_id": self.category, "tax_class": self.tax_class, "variants": [variant]})
    }
}

/// What is going on, shared by all terminals.
#[derive(Default)]
pub struct Evening {
    pub place: Place,
    pub deeds: Mutex<Vec<Deed>>,
    pub done: AtomicU64,
    /// Nothing new is begun any more.
    pub closing: AtomicBool,
    /// A retry that bears another key than what it repeats: as terminals must not do.
    pub forgets_keys: bool,
}

/// Nobody waits longer for one deed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal with somebody at it.
struct Till<'e> {
    house: &'e House,
    evening: &'e Evening,
    number: usize,
    terminal: Terminal,
    dice: Dice,
    deeds: u64,
}

impl Evening {
    /// One terminal's part: so many orders, each opened, added to, sent, and mostly paid.
    pub fn serve(&self, house: &House, number: usize, orders: u64, seed: u64) {
        let dice = Dice::of(seed, number as u64);
        let mut till = Till { house, evening: self, number, terminal: Terminal::default(), dice, deeds: 0 };
        for n in 0..orders {
            if self.closing.load(Ordering::Relaxed) {
                return;
            }
            till.order(n);
            if number == 0 && n % 12 == 9 {
                till.does("close", "/business-day/close", json!({"carry_over": true}), Vec::new());
            }
        }
    }

    /// Sends until there is an answer, or patience ends.
    pub fn insists(&self, terminal: &mut Terminal, request: &Request) -> Option<Answer> {
        let until = Instant::now() + PATIENCE;
        let mut request = request.clone();
        let key = request.key.clone();
        for again in 1.. {
            let addr = self.place.wait(until)?;
            match terminal.ask(addr, &request) {
                Ok(answer) if answer.status != 503 => return Some(answer),
                Ok(_) => thread::sleep(Duration::from_millis(20)),
                Err(_) => thread::sleep(Duration::from_millis(3)),
            }
            if self.forgets_keys {
                request.key = format!("{key}-{again}");
            }
        }
        None
    }
}

impl Till<'_> {
    fn does(&mut self, what: &str, path: &str, body: Value, marks: Marks) -> Option<Value> {
        let name = self.next_name(what);
        self.named(name, path, body, marks)
    }

    fn next_name(&mut self, what: &str) -> String {
        self.deeds += 1;
        format!("{what}-{}-{}", self.number, self.deeds)
    }

    /// The answer, where it was done.
    fn named(&mut self, name: String, path: &str, body: Value, marks: Marks) -> Option<Value> {
        let token = &self.house.tokens[self.number];
        let request = Request::post(token, path, name.clone(), body).any_version();
        let answer = self.evening.insists(&mut self.terminal, &request);
        let done = answer.as_ref().filter(|answer| answer.is_done()).map(Answer::json);
        self.evening.deeds.lock().unwrap().push(Deed { name, request, marks, answer });
        self.evening.done.fetch_add(1, Ordering::Relaxed);
        done
    }

    fn lines(&mut self, name: &str) -> (Value, u64) {
        let count = 1 + self.dice.below(4);
        let line = |till: &mut Self| {
            let (variant, quantity) = (*till.dice.pick(&till.house.variants), 1 + till.dice.below(3));
            json!({"variant_id": variant, "quantity": quantity, "note": name})
        };
        ((0..count).map(|_| line(self)).collect(), count)
    }

    /// True so many times in a hundred, and at the `at`-th of eleven orders for certain.
    fn is_time(&mut self, n: u64, at: u64, percent: u64) -> bool {
        self.dice.percent(percent) || n % 11 == at
    }

    fn order(&mut self, n: u64) {
        let name = self.next_name("open");
        let (lines, count) = self.lines(&name);
        let kind = *self.dice.pick(&["dine_in", "takeaway"]);
        let body = json!({"kind": kind, "tab_name": name, "lines": lines});
        let marks = vec![(Mark::Order, 1), (Mark::Line, count)];
        let Some(order) = self.named(name, "/orders", body, marks) else { return };
        let path = format!("/orders/{}", order["id"]);
        let line = order["checks"][0]["lines"][0]["id"].clone();
        if self.dice.percent(60) {
            let name = self.next_name("add");
            let (lines, count) = self.lines(&name);
            self.named(name, &format!("{path}/lines"), json!({"lines": lines}), vec![(Mark::Line, count)]);
        }
        if self.dice.percent(80) {
            self.does("send", &format!("{path}/send"), json!({}), Vec::new());
        }
        if self.is_time(n, 1, 15) {
            let name = self.next_name("void");
            let body = json!({"reason": name, "quantity": 1});
            self.named(name, &format!("{path}/lines/{line}/void"), body, vec![(Mark::Void, 1)]);
        }
        if self.is_time(n, 2, 10) {
            let name = self.next_name("comp");
            let body = json!({"reason": name});
            self.named(name, &format!("{path}/lines/{line}/comp"), body, vec![(Mark::Comp, 1)]);
        }
        if self.is_time(n, 3, 15) {
            let name = self.next_name("discount");
            let body = json!({"name": name, "percent": "12.5"});
            self.named(name, &format!("{path}/discounts"), body, vec![(Mark::Discount, 1)]);
        }
        if self.is_time(n, 6, 85) {
            self.pays(&path);
        }
        if self.is_time(n, 4, 8) {
            let name = self.next_name("category");
            self.named(name.clone(), "/categories", json!({"name": name}), vec![(Mark::Category, 1)]);
        }
        if self.is_time(n, 5, 8) {
            let name = self.next_name("item");
            let body = self.house.item(&name, None, 700);
            self.named(name, "/items", body, vec![(Mark::Item, 1)]);
        }
    }

    /// In one sum or in two; sometimes a part of it goes back.
    fn pays(&mut self, path: &str) {
        let pays = format!("{path}/payments");
        let mut last = None;
        if self.dice.percent(30) {
            let name = self.next_name("part");
            let body = json!({"tender": "cash", "amount": 100, "tendered": 200, "reference": name});
            last = self.named(name, &pays, body, vec![(Mark::Payment, 1)]);
        }
        if self.dice.percent(90) {
            let name = self.next_name("pay");
            let (tender, tip) = (*self.dice.pick(&["cash", "card"]), self.dice.below(3) * 100);
            let body = json!({"tender": tender, "tip": tip, "reference": name});
            last = self.named(name, &pays, body, vec![(Mark::Payment, 1)]).or(last);
        }
        if let Some(paid) = last.filter(|_| self.dice.percent(25)) {
            let name = self.next_name("refund");
            let path = format!("/payments/{}/refunds", paid["payment"]["id"]);
            self.named(name.clone(), &path, json!({"amount": 50, "reason": name}), vec![(Mark::Refund, 1)]);
        }
    }
}

/// Has the running server import so many orders of ten years ago; done or not, it says so.
pub fn import_sales(folder: &Path, source: &str, orders: u64) -> Brought {
    let file = folder.with_file_name(format!("{source}.csv"));
    let rows: String = (0..orders).map(|n| format!("{n},2016-05-{:02},20:15,dish-2,2,12.50\n", 1 + n % 28)).collect();
    fs::write(&file, format!("order,date,time,sku,quantity,unit_price\n{rows}")).unwrap();
    let command = Command::ImportSales { file, map: Vec::new(), dry_run: false, source: Some(source.to_owned()) };
    let told_done = ask(folder, &command).is_ok_and(|last| last.contains("\"done\""));
    Brought { source: source.to_owned(), orders, told_done }
}

/// The last line of what the server's socket answers.
fn ask(folder: &Path, command: &Command) -> std::io::Result<String> {
    let mut socket = UnixStream::connect(socket_of(&folder.join(DB)))?;
    socket.write_all(format!("{}\n", serde_json::to_string(command)?).as_bytes())?;
    let mut last = String::new();
    for line in BufReader::new(socket).lines() {
        last = line?;
    }
    Ok(last)
}
