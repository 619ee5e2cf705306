//! The life of an order as a terminal drives it, and the book of what is still open.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::client::{Ask, Connection, Trouble};
use super::run::Run;

/// What goes into a void's reason.
const REASON: &str = "load test";

/// Something a guest can order as it stands.
#[derive(Debug, Clone)]
pub(super) struct Dish {
    variant: i64,
    options: Vec<i64>,
}

impl Dish {
    pub(super) fn line(&self, quantity: u64) -> Value {
        let options: Vec<Value> = self.options.iter().map(|id| json!({"option_id": id})).collect();
        json!({"variant_id": self.variant, "quantity": quantity, "modifiers": options})
    }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

/// Every dish of the menu that is there, has a price and is sold by the piece, with the options it must have.
pub(super) fn dishes(menu: &Value) -> Vec<Dish> {
    let here = |value: &Value| value["available"] != json!(false);
    let asks_nothing = |option: &Value| list(option, "modifier_groups").all(|group| group["min"] == 0);
    let mut dishes = Vec::new();
    for item in list(menu, "categories").flat_map(|category| list(category, "items")) {
        let mut options = Vec::new();
        let complete = list(item, "modifier_groups").all(|group| {
            let min = group["min"].as_u64().and_then(|min| usize::try_from(min).ok()).unwrap_or_default();
            let chosen: Vec<i64> = list(group, "options")
                .filter(|o| here(o) && asks_nothing(o))
                .filter_map(|o| o["id"].as_i64())
                .take(min)
                .collect();
            options.extend_from_slice(&chosen);
            chosen.len() == min
        });
        let sold = here(item) && item["counts_as"].as_str().is_none_or(|word| word == "sale");
        // A combo asks for choices of its own.
        let is_dish = list(item, "components").next().is_none();
        if !(complete && sold && is_dish) {
            continue;
        }
        let priced = |v: &&Value| here(v) && v["sold_by"] == "each" && v["price"].as_i64().is_some_and(|p| p > 0);
        let variants = list(item, "variants").filter(priced).filter_map(|v| v["id"].as_i64());
        dishes.extend(variants.map(|variant| Dish { variant, options: options.clone() }));
    }
    dishes
}

/// An order this run opened, as the last answer showed it.
#[derive(Debug)]
pub(super) struct Tab {
    pub(super) id: i64,
    etag: String,
    /// Minor units.
    due: i64,
}

/// What this run opened and has to close.
#[derive(Debug, Default)]
pub(super) struct Books(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    open: BTreeSet<i64>,
    /// Orders that may have been opened: nobody heard the answer. By their keys.
    doubtful: BTreeMap<String, Value>,
    /// Every order, for their tickets.
    all: BTreeSet<i64>,
    /// Tickets of the kitchen and when they came, oldest first.
    tickets: VecDeque<(i64, Instant)>,
    paid: u64,
}

impl Books {
    fn doubt(&self, key: &str, body: &Value) {
        self.0.lock().doubtful.insert(key.to_owned(), body.clone());
    }

    fn sure(&self, key: &str, opened: Option<i64>) {
        let mut pages = self.0.lock();
        pages.doubtful.remove(key);
        pages.open.extend(opened);
        pages.all.extend(opened);
    }

    fn closed(&self, id: i64, paid: bool) {
        let mut pages = self.0.lock();
        pages.open.remove(&id);
        pages.paid += u64::from(paid);
    }

    /// The oldest ticket that came `age` ago or earlier; whoever takes it bumps it.
    pub(super) fn ticket(&self, age: Duration) -> Option<i64> {
        let mut pages = self.0.lock();
        let ripe = pages.tickets.front().is_some_and(|(_, came)| came.elapsed() >= age);
        if ripe { pages.tickets.pop_front().map(|(id, _)| id) } else { None }
    }

    /// Orders opened, and of them paid.
    pub(super) fn counts(&self) -> (usize, u64) {
        let pages = self.0.lock();
        (pages.all.len(), pages.paid)
    }
}

/// How a guest pays.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tender {
    /// With notes: what is due, rounded up.
    Cash,
    Card,
    /// With a tenth on top.
    CardWithTip,
}

/// A note of five, in minor units of most currencies.
const NOTE: i64 = 500;

impl Tender {
    fn body(self, due: i64) -> Value {
        match self {
            Tender::Cash => json!({"tender": "cash", "tendered": due / NOTE * NOTE + NOTE}),
            Tender::Card => json!({"tender": "card"}),
            Tender::CardWithTip => json!({"tender": "card", "tip": due / 10}),
        }
    }
}

/// A terminal at a moment: what it does counts from `from`.
pub(super) struct Till<'a> {
    pub(super) run: &'a Run,
    pub(super) at: &'a mut Connection,
    pub(super) from: Instant,
}

impl Till<'_> {
    /// Opens an order; `None` where it did not come about.
    pub(super) async fn open(&mut self, body: &Value) -> Option<Tab> {
        let key = self.run.key();
        // Before it is sent, lest nobody knows of it when the answer is lost.
        self.run.books.doubt(&key, body);
        let ask = Ask::post("/api/v1/orders", &key).json(body).keep();
        match self.run.timed("order: open", self.from, self.at, &ask).await {
            Ok(answer) => {
                let order = answer.json();
                let id = order["id"].as_i64();
                self.run.books.sure(&key, id);
                Some(Tab { id: id?, etag: answer.etag, due: order["due"].as_i64().unwrap_or_default() })
            }
            Err(trouble) => {
                let nothing = match trouble {
                    Trouble::Refused { .. } => true,
                    Trouble::Server { code } => code.starts_with("503"),
                    _ => false,
                };
                if nothing {
                    self.run.books.sure(&key, None);
                }
                None
            }
        }
    }

    /// Posts on an order; its new ETag is kept. False where it was not done.
    async fn on(&mut self, name: &str, tab: &mut Tab, what: &str, body: &Value) -> bool {
        let path = format!("/api/v1/orders/{}/{what}", tab.id);
        let ask = Ask::post(path, &self.run.key()).json(body).if_match(&tab.etag).keep();
        let Ok(answer) = self.run.timed(name, self.from, self.at, &ask).await else { return false };
        let json = answer.json();
        tab.etag = answer.etag;
        if let Some(due) = json["due"].as_i64() {
            tab.due = due;
        }
        let tickets: Vec<i64> = list(&json, "tickets").filter_map(|ticket| ticket["id"].as_i64()).collect();
        if !tickets.is_empty() {
            let now = Instant::now();
            self.run.books.0.lock().tickets.extend(tickets.into_iter().map(|id| (id, now)));
        }
        if json["order"]["state"] == "paid" {
            self.run.books.closed(tab.id, true);
        }
        true
    }

    pub(super) async fn add(&mut self, tab: &mut Tab, lines: &[Value]) -> bool {
        self.on("order: add lines", tab, "lines", &json!({"lines": lines})).await
    }

    pub(super) async fn send(&mut self, tab: &mut Tab) -> bool {
        self.on("order: send", tab, "send", &json!({})).await
    }

    pub(super) async fn bill(&mut self, tab: &mut Tab) -> bool {
        self.on("order: bill", tab, "bill", &json!({})).await
    }

    pub(super) async fn pay(&mut self, tab: &mut Tab, tender: Tender) -> bool {
        let body = tender.body(tab.due);
        self.on("order: pay", tab, "payments", &body).await
    }

    pub(super) async fn receipt(&mut self, tab: &Tab) -> bool {
        let ask = Ask::get(format!("/api/v1/orders/{}/receipt", tab.id)).accept("text/plain");
        self.run.timed("order: receipt", self.from, self.at, &ask).await.is_ok()
    }

    /// The kitchen is done with one ticket.
    pub(super) async fn bump(&mut self, ticket: i64) -> bool {
        let ask = Ask::post(format!("/api/v1/tickets/{ticket}/bump"), &self.run.key());
        self.run.timed("ticket: bump", self.from, self.at, &ask).await.is_ok()
    }
}

/// Tries a call is given while something is put away.
const TRIES: u32 = 5;

async fn insist(at: &mut Connection, ask: &Ask) -> Result<Value, Trouble> {
    let mut tries = 0;
    loop {
        tries += 1;
        match at.send(ask).await {
            Ok(answer) => return Ok(answer.json()),
            Err(trouble @ Trouble::Refused { .. }) => return Err(trouble),
            Err(trouble) if tries == TRIES => return Err(trouble),
            Err(_) => tokio::time::sleep(Duration::from_millis(200 << tries)).await,
        }
    }
}

/// Closes what is still open: paid where something was paid, voided where not, and off the kitchen's
/// screens. Answers the orders that are still open all the same, in words.
pub(super) async fn put_away(run: &Run) -> Vec<String> {
    let mut left = Vec::new();
    let Ok(mut at) = run.connection() else { return left };
    let (doubtful, mut open) = {
        let mut pages = run.books.0.lock();
        (std::mem::take(&mut pages.doubtful), pages.open.clone())
    };
    for (key, body) in doubtful {
        // The same key: the answer that was lost, or a new order where there was none.
        match insist(&mut at, &Ask::post("/api/v1/orders", &key).json(&body).keep()).await {
            Ok(order) => {
                let id = order["id"].as_i64();
                run.books.sure(&key, id);
                open.extend(id);
            }
            Err(Trouble::Refused { .. }) => {}
            Err(trouble) => left.push(format!("an order with the key {key} may be open ({trouble})")),
        }
    }
    let had_open = !open.is_empty();
    for id in open {
        match close(run, &mut at, id).await {
            Ok(()) => run.books.closed(id, false),
            Err(trouble) => left.push(format!("order {id} is open ({trouble})")),
        }
    }
    let ours = run.books.0.lock().all.clone();
    let known: Vec<i64> = run.books.0.lock().tickets.drain(..).map(|(id, _)| id).collect();
    if had_open || !known.is_empty() {
        clear_screens(run, &mut at, known, &ours).await;
    }
    left
}

async fn close(run: &Run, at: &mut Connection, id: i64) -> Result<(), Trouble> {
    let path = format!("/api/v1/orders/{id}");
    let mut last = Trouble::Timeout;
    for _ in 0..TRIES {
        let now = match at.send(&Ask::get(&path).keep()).await {
            Ok(now) => now,
            Err(trouble) => {
                last = trouble;
                tokio::time::sleep(Duration::from_millis(500)).await;
                continue;
            }
        };
        let order = now.json();
        let ask = match (order["state"].as_str(), order["paid"].as_i64(), order["due"].as_i64()) {
            (Some("open"), Some(0), _) => {
                Ask::post(format!("{path}/void"), &run.key()).json(&json!({"reason": REASON}))
            }
            (Some("open"), _, Some(0)) => Ask::post(format!("{path}/close"), &run.key()).json(&json!({})),
            (Some("open"), ..) => Ask::post(format!("{path}/payments"), &run.key()).json(&Tender::Card.body(0)),
            _ => return Ok(()),
        };
        match insist(at, &ask.if_match(&now.etag)).await {
            Ok(_) => return Ok(()),
            Err(trouble) => last = trouble,
        }
    }
    Err(last)
}

/// Bumps this run's tickets: those it knows, and those that voiding made.
async fn clear_screens(run: &Run, at: &mut Connection, known: Vec<i64>, ours: &BTreeSet<i64>) {
    let mut tickets: BTreeSet<i64> = known.into_iter().collect();
    let mut path = "/api/v1/tickets?state=waiting&limit=100".to_owned();
    loop {
        let Ok(page) = insist(at, &Ask::get(&path).keep()).await else { break };
        let of_ours = list(&page, "items").filter(|t| t["order_id"].as_i64().is_some_and(|id| ours.contains(&id)));
        tickets.extend(of_ours.filter_map(|ticket| ticket["id"].as_i64()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/tickets?state=waiting&limit=100&cursor={cursor}"),
            None => break,
        }
    }
    for ticket in tickets {
        // A ticket that stays is seen by the kitchen; it is no open order.
        let _ = insist(at, &Ask::post(format!("/api/v1/tickets/{ticket}/bump"), &run.key())).await;
    }
}
