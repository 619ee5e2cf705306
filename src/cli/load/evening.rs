//! A Friday evening: terminals that open, send and settle orders on a schedule that waits for nobody, and
//! screens that ask what is new.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex as Lock;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::client::{Ask, Connection};
use super::comprehensive::House;
use super::dice::Dice;
use super::disturb::{self, Disturbance};
use super::run::Run;
use super::till::{Dish, Till};
use crate::cli::Failed;

/// The row of everything terminals and screens asked.
pub(super) const WHOLE: &str = "the evening";
/// From opening to payment at most; guests eat faster here than in life, so that as many orders are
/// open at a time as terminals can hold.
const LIFE_MAX: Duration = Duration::from_secs(15);
/// A screen asks something every second.
const TICK: Duration = Duration::from_secs(1);
/// What a kitchen needs for a dish here.
const COOKING: Duration = Duration::from_secs(2);
/// Terminals to one kitchen screen.
const TERMINALS_A_KITCHEN: usize = 10;

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) terminals: usize,
    pub(super) orders_per_minute: u64,
    pub(super) lasts: Duration,
    pub(super) disturbance: Option<Disturbance>,
}

impl Plan {
    fn orders(&self) -> u64 {
        let ms = u64::try_from(self.lasts.as_millis()).unwrap_or(u64::MAX);
        (ms.saturating_mul(self.orders_per_minute) / 60_000).max(1)
    }

    /// When the `n`th order comes in, from the start.
    fn moment(&self, n: u64) -> Duration {
        Duration::from_nanos(n.saturating_mul(60_000_000_000) / self.orders_per_minute)
    }

    fn life(&self) -> Duration {
        LIFE_MAX.min(self.lasts / 4)
    }
}

/// A terminal: what several ask on it at a time goes out one after the other.
type Terminal = Arc<Mutex<Connection>>;

struct Room {
    run: Arc<Run>,
    dishes: Vec<Dish>,
    tables: Lock<Vec<i64>>,
    life: Duration,
    start: Instant,
    end: Instant,
}

pub(super) async fn evening(run: &Arc<Run>, house: &House, plan: Plan) -> Result<(), Failed> {
    if house.dishes.is_empty() {
        return Err(Failed(
            "Nothing on the menu can be ordered as it stands; a price and `available` are needed.".into(),
        ));
    }
    let kitchens = (plan.terminals / TERMINALS_A_KITCHEN).max(1);
    let mut open = run.connections(plan.terminals + kitchens).await?;
    let screens = open.split_off(plan.terminals);
    let terminals: Vec<Terminal> = open.into_iter().map(|at| Arc::new(Mutex::new(at))).collect();
    let disturbance = match plan.disturbance.as_ref() {
        Some(disturbance) => Some(disturb::prepare(run, house, disturbance).await?),
        None => None,
    };
    run.bar.set_length(plan.orders());
    run.bar.set_message("orders");
    let start = Instant::now() + Duration::from_millis(50);
    let end = start + plan.lasts;
    let (dishes, tables) = (house.dishes.clone(), Lock::new(house.tables.clone()));
    let room = Arc::new(Room { run: Arc::clone(run), dishes, tables, life: plan.life(), start, end });
    let disturbed = disturbance.map(|prepared| prepared.begin(Arc::clone(run), start, plan.lasts));
    let mut tasks = JoinSet::new();
    for (place, terminal) in terminals.iter().enumerate() {
        tasks.spawn(watch(Arc::clone(&room), Arc::clone(terminal), place as u64));
    }
    for (place, at) in screens.into_iter().enumerate() {
        tasks.spawn(cook(Arc::clone(&room), at, place as u64));
    }
    for n in 0..plan.orders() {
        let due = start + plan.moment(n);
        if !run.until(due).await {
            break;
        }
        let mut dice = Dice::of(n);
        let place = usize::try_from(dice.below(terminals.len() as u64)).unwrap_or_default();
        tasks.spawn(serve(Arc::clone(&room), Arc::clone(&terminals[place]), due, dice));
        run.bar.inc(1);
    }
    tasks.join_all().await;
    if let Some(disturbed) = disturbed {
        disturbed.await.map_err(|error| Failed(error.to_string()))??;
    }
    Ok(())
}

/// What is done with an order after it was opened.
#[derive(Debug, Clone, Copy)]
enum Step {
    Send,
    Add,
    Bill,
    Pay,
    Receipt,
}

/// The steps of an order, and when each is due in thousandths of its life.
fn script(dice: &mut Dice, at_table: bool) -> Vec<(u64, Step)> {
    let mut steps = vec![(20 + dice.below(20), Step::Send)];
    if dice.percent(if at_table { 70 } else { 20 }) {
        let at = 200 + dice.below(300);
        steps.extend([(at, Step::Add), (at + 20, Step::Send)]);
    }
    let paid = 700 + dice.below(280);
    if at_table {
        steps.push((paid - 100, Step::Bill));
    }
    steps.extend([(paid, Step::Pay), (paid + 20, Step::Receipt)]);
    steps
}

/// One order, from `begun` on: every step has its moment, fixed beforehand.
async fn serve(room: Arc<Room>, terminal: Terminal, begun: Instant, mut dice: Dice) {
    let table = if dice.percent(70) { room.tables.lock().pop() } else { None };
    let lines = dice.lines(&room.dishes, 4);
    let body = match table {
        Some(table) => json!({"kind": "dine_in", "table_id": table, "guests": 1 + dice.below(4), "lines": lines}),
        None => json!({"kind": "takeaway", "lines": lines}),
    };
    let closed = live(&room, &terminal, begun, &mut dice, &body, table.is_some()).await;
    if let (Some(table), true) = (table, closed) {
        room.tables.lock().insert(0, table);
    }
}

/// Whether it came to be paid, and its table is free again.
async fn live(room: &Room, terminal: &Terminal, begun: Instant, dice: &mut Dice, body: &Value, at_table: bool) -> bool {
    let run = &*room.run;
    let opened = Till { run, at: &mut *terminal.lock().await, from: begun }.open(body).await;
    let Some(mut tab) = opened else { return false };
    let mut paid = false;
    for (share, step) in script(dice, at_table) {
        let due = begun + room.life * u32::try_from(share).unwrap_or(1000) / 1000;
        if !run.until(due).await {
            return paid;
        }
        let mut at = terminal.lock().await;
        let mut till = Till { run, at: &mut at, from: due };
        let done = match step {
            Step::Send => till.send(&mut tab).await,
            Step::Add => till.add(&mut tab, &dice.lines(&room.dishes, 2)).await,
            Step::Bill => till.bill(&mut tab).await,
            Step::Pay => till.pay(&mut tab, dice.tender()).await,
            Step::Receipt => till.receipt(&tab).await,
        };
        paid |= done && matches!(step, Step::Pay);
        if !done {
            return paid;
        }
    }
    paid
}

/// The moments of one screen, spread over the second by its place.
fn ticks(room: &Room, place: u64) -> impl Iterator<Item = (u64, Instant)> + use<> {
    let (start, end) = (room.start + Duration::from_millis(place * 37 % 1000), room.end);
    (0..)
        .map(move |n: u64| (n, start + TICK * u32::try_from(n).unwrap_or(u32::MAX)))
        .take_while(move |(_, at)| *at < end)
}

/// What a waiter's screen asks: the room, what is open, and whether the menu is still the same.
async fn watch(room: Arc<Room>, terminal: Terminal, place: u64) {
    let (mut menu, mut floor) = (String::new(), String::new());
    for (n, due) in ticks(&room, place) {
        if !room.run.until(due).await {
            return;
        }
        let phase = n + place;
        if phase.is_multiple_of(2) {
            changed(&room, &terminal, due, "screen: floor", "/api/v1/floor", &mut floor).await;
        }
        if phase % 5 == 1 {
            ask(&room, &terminal, due, "screen: orders", &Ask::get("/api/v1/orders?state=open&limit=50")).await;
        }
        if n == 0 || phase % 10 == 2 {
            changed(&room, &terminal, due, "screen: menu", "/api/v1/menu", &mut menu).await;
        }
    }
}

/// Asks for what is new since `etag`.
async fn changed(room: &Room, terminal: &Terminal, due: Instant, name: &str, path: &str, etag: &mut String) {
    let mut wanted = Ask::get(path).coded("zstd");
    if !etag.is_empty() {
        wanted = wanted.if_none_match(etag);
    }
    if let Some(new) = ask(room, terminal, due, name, &wanted).await {
        *etag = new;
    }
}

/// Asks on a terminal what was due at `due`; the answer's ETag.
async fn ask(room: &Room, terminal: &Terminal, due: Instant, name: &str, ask: &Ask) -> Option<String> {
    let mut at = terminal.lock().await;
    let answer = room.run.timed(name, due, &mut at, ask).await;
    answer.ok().map(|answer| answer.etag)
}

/// A screen in the kitchen: sees what waits, and bumps what is done.
async fn cook(room: Arc<Room>, mut at: Connection, place: u64) {
    let run = &*room.run;
    for (_, due) in ticks(&room, place * 500 + 250) {
        if !run.until(due).await {
            return;
        }
        let waiting = Ask::get("/api/v1/tickets?state=waiting&limit=50");
        let _ = run.timed("kitchen: tickets", due, &mut at, &waiting).await;
        while let Some(ticket) = run.books.ticket(COOKING) {
            Till { run, at: &mut at, from: Instant::now() }.bump(ticket).await;
        }
    }
}
