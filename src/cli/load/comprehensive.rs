//! Every scenario, one after the other, each by so many connections that ask again as soon as they have
//! their answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;
use tokio::task::JoinSet;

use super::client::{Ask, Trouble};
use super::dice::Dice;
use super::run::Run;
use super::sign_in::{Pad, Staff};
use super::till::{Dish, Till, dishes};
use crate::cli::Failed;

/// Days of the reports that are asked for, up to today.
const DAYS: u64 = 90;
const PAGE: &str = "/api/v1/orders?limit=50&state=paid";

/// What the restaurant has, as far as a run needs it.
#[derive(Debug)]
pub(super) struct House {
    /// The running business day.
    pub(super) today: Date,
    pub(super) dishes: Vec<Dish>,
    /// Tables with nothing open on them.
    pub(super) tables: Vec<i64>,
}

impl House {
    /// Looks around; says what is wrong where nothing answers or the token is not known.
    pub(super) async fn look(run: &Run) -> Result<Self, Failed> {
        let mut at = run.connection()?;
        at.open().await.map_err(|trouble| run.silent(&trouble))?;
        at.send(&Ask::get("/livez")).await.map_err(|trouble| run.silent(&trouble))?;
        let get = |path: &'static str| Ask::get(path).keep();
        let today = match at.send(&get("/api/v1/business-day")).await {
            Ok(day) => day.json()["business_date"].as_str().and_then(|date| date.parse().ok()),
            Err(Trouble::Refused { status: 401, .. }) => {
                let url = &run.server.url;
                return Err(Failed(format!("The server at {url} does not know this token. Is it another's file?")));
            }
            Err(_) => None,
        };
        let menu = at.send(&get("/api/v1/menu")).await.map(|answer| answer.json()).unwrap_or_default();
        let floor = at.send(&get("/api/v1/floor")).await.map(|answer| answer.json()).unwrap_or_default();
        let areas = floor["areas"].as_array().into_iter().flatten();
        let tables = areas.flat_map(|area| area["tables"].as_array().into_iter().flatten());
        let free = tables.filter(|table| table["orders"].as_array().is_some_and(Vec::is_empty));
        Ok(Self {
            today: today.unwrap_or_else(|| jiff::Zoned::now().date()),
            dishes: dishes(&menu),
            tables: free.filter_map(|table| table["id"].as_i64()).collect(),
        })
    }

    pub(super) fn days_ago(&self, days: u64) -> Date {
        self.today.saturating_sub(i64::try_from(days).unwrap_or_default().days())
    }
}

/// How much of it.
#[derive(Debug)]
pub(super) struct Plan {
    /// Of each scenario that reads.
    pub(super) requests: u64,
    pub(super) concurrent: usize,
    pub(super) staff: Option<Staff>,
}

impl Plan {
    fn orders(&self) -> u64 {
        (self.requests / 5).max(1)
    }

    fn sign_ins(&self) -> u64 {
        (self.requests / 25).max(4)
    }

    /// All requests, for the progress bar.
    fn steps(&self) -> u64 {
        READS * self.requests + self.requests.min(DAYS) + self.orders() + self.sign_ins()
    }
}

/// Scenarios that only read.
const READS: u64 = 12;

pub(super) async fn all(run: &Arc<Run>, house: &House, plan: &Plan) -> Result<(), Failed> {
    run.bar.set_length(plan.steps());
    let get = |name: &'static str, ask: Ask| repeat(run, name, plan, move |_| ask.clone());
    get("health: alive", Ask::get("/livez")).await?;
    get("health: ready", Ask::get("/readyz")).await?;
    get("menu: plain", Ask::get("/api/v1/menu").coded("identity")).await?;
    get("menu: zstd", Ask::get("/api/v1/menu").coded("zstd")).await?;
    let menu = run.connection()?.send(&Ask::get("/api/v1/menu").coded("zstd")).await;
    if let Ok(menu) = menu {
        get("menu: 304", Ask::get("/api/v1/menu").coded("zstd").if_none_match(&menu.etag)).await?;
    }
    get("floor", Ask::get("/api/v1/floor").coded("zstd")).await?;
    lives(run, house, plan).await?;
    lists(run, house, plan).await?;
    let (today, month_ago) = (house.today, house.days_ago(30));
    let days: Vec<Date> = (0..DAYS).map(|ago| house.days_ago(ago)).collect();
    let day = move |n: u64| {
        let day = days[(n % DAYS) as usize];
        Ask::get(format!("/api/v1/reports/sales?from={day}&to={day}&by=hour"))
    };
    // Each once, so that most are not in the cache yet; then the same days again.
    let once = Plan { requests: plan.requests.min(DAYS), staff: None, ..*plan };
    repeat(run, "report: a day, first", &once, day.clone()).await?;
    repeat(run, "report: a day, again", plan, day).await?;
    let range = format!("/api/v1/reports/sales?from={month_ago}&to={today}&by=item");
    get("report: a month", Ask::get(range)).await?;
    sign_ins(run, plan).await
}

/// Asks `plan.requests` times, by `plan.concurrent` connections.
pub(super) async fn repeat(
    run: &Arc<Run>,
    name: &str,
    plan: &Plan,
    ask: impl Fn(u64) -> Ask + Send + Sync + 'static,
) -> Result<(), Failed> {
    let shared = Arc::new((AtomicU64::new(0), ask, name.to_owned(), plan.requests));
    let mut workers = JoinSet::new();
    run.bar.set_message(name.to_owned());
    for mut at in run.connections(plan.concurrent).await? {
        let (run, shared) = (Arc::clone(run), Arc::clone(&shared));
        workers.spawn(async move {
            let (next, ask, name, requests) = &*shared;
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= *requests || run.stopping() {
                    return;
                }
                // What went wrong is on the sheet.
                let _ = run.timed(name, Instant::now(), &mut at, &ask(n)).await;
                run.bar.inc(1);
            }
        });
    }
    workers.join_all().await;
    Ok(())
}

/// The same as [`repeat`], but a request starts every 1/`rate` s whether the one before has its answer or
/// not; where all connections are taken it waits, and the wait counts.
pub(super) async fn at_rate(run: &Arc<Run>, name: &str, plan: &Plan, rate: u64, ask: &Ask) -> Result<(), Failed> {
    let mut workers = JoinSet::new();
    let next = Arc::new(AtomicU64::new(0));
    let connections = run.connections(plan.concurrent).await?;
    let start = Instant::now() + Duration::from_millis(20);
    let requests = plan.requests;
    for mut at in connections {
        let (run, next, name, ask) = (Arc::clone(run), Arc::clone(&next), name.to_owned(), ask.clone());
        workers.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let due = start + Duration::from_nanos(n.saturating_mul(1_000_000_000) / rate);
                if n >= requests || !run.until(due).await {
                    return;
                }
                let _ = run.timed(&name, due, &mut at, &ask).await;
                run.bar.inc(1);
            }
        });
    }
    workers.join_all().await;
    Ok(())
}

/// Orders from opening to payment and the receipt.
async fn lives(run: &Arc<Run>, house: &House, plan: &Plan) -> Result<(), Failed> {
    if house.dishes.is_empty() {
        run.remark("orders: skipped, since nothing on the menu can be ordered as it stands");
        return Ok(());
    }
    run.bar.set_message("orders from opening to payment");
    let shared = Arc::new((AtomicU64::new(0), house.dishes.clone(), plan.orders()));
    let mut workers = JoinSet::new();
    for mut at in run.connections(plan.concurrent).await? {
        let (run, shared) = (Arc::clone(run), Arc::clone(&shared));
        workers.spawn(async move {
            let (next, dishes, orders) = &*shared;
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= *orders || run.stopping() {
                    return;
                }
                let from = Instant::now();
                let till = Till { run: &run, at: &mut at, from };
                if life(till, &mut Dice::of(n), dishes).await.is_some() {
                    run.sheet.note_whole("order: whole life", from, from.elapsed());
                }
                run.bar.inc(1);
            }
        });
    }
    workers.join_all().await;
    Ok(())
}

/// One order; `None` where it came to a stop on the way.
async fn life(mut till: Till<'_>, dice: &mut Dice, dishes: &[Dish]) -> Option<()> {
    let done = |done: bool, till: &mut Till<'_>| {
        till.from = Instant::now();
        (done && !till.run.stopping()).then_some(())
    };
    let lines = dice.lines(dishes, 4);
    let mut tab = till.open(&serde_json::json!({"kind": "takeaway", "lines": lines})).await?;
    done(true, &mut till)?;
    let added = till.add(&mut tab, &dice.lines(dishes, 2)).await;
    done(added, &mut till)?;
    let sent = till.send(&mut tab).await;
    done(sent, &mut till)?;
    let billed = till.bill(&mut tab).await;
    done(billed, &mut till)?;
    let paid = till.pay(&mut tab, dice.tender()).await;
    done(paid, &mut till)?;
    while let Some(ticket) = till.run.books.ticket(Duration::ZERO) {
        let bumped = till.bump(ticket).await;
        done(bumped, &mut till)?;
    }
    till.receipt(&tab).await.then_some(())
}

/// Lists of orders, and one of them.
async fn lists(run: &Arc<Run>, house: &House, plan: &Plan) -> Result<(), Failed> {
    let mut at = run.connection()?;
    let page = |answer: Result<_, Trouble>| answer.map(|a: super::client::Answer| a.json()).unwrap_or_default();
    let first = page(at.send(&Ask::get(PAGE).keep()).await);
    let middle = (first["page"]["pages"].as_u64().unwrap_or(1) / 2).max(1);
    let middle_path = format!("{PAGE}&page={middle}");
    let there = page(at.send(&Ask::get(&middle_path).keep()).await);
    drop(at);
    let get = |name: &'static str, path: String| repeat(run, name, plan, move |_| Ask::get(&path));
    get("orders: page 1", PAGE.to_owned()).await?;
    get("orders: middle page", middle_path).await?;
    match there["next_cursor"].as_str() {
        Some(cursor) => get("orders: cursor", format!("{PAGE}&cursor={cursor}")).await?,
        None => run.remark("orders: cursor: skipped, since all orders stand on one page"),
    }
    let (from, to) = (house.days_ago(30), house.today);
    get("orders: filtered", format!("{PAGE}&kind=takeaway&from={from}&to={to}")).await?;
    let ids = |list: &Value| -> Vec<i64> {
        list["items"].as_array().into_iter().flatten().filter_map(|order| order["id"].as_i64()).collect()
    };
    let known: Vec<i64> = ids(&first).into_iter().chain(ids(&there)).collect();
    if known.is_empty() {
        run.remark("orders: one: skipped, since there is none");
        return Ok(());
    }
    let one = move |n: u64| {
        let at = usize::try_from(n).unwrap_or_default() % known.len();
        Ask::get(format!("/api/v1/orders/{}", known[at]))
    };
    repeat(run, "orders: one", plan, one).await
}

async fn sign_ins(run: &Arc<Run>, plan: &Plan) -> Result<(), Failed> {
    let Some(staff) = &plan.staff else {
        run.remark("sign in: skipped; --staff ID --pin PIN says who");
        return Ok(());
    };
    run.bar.set_message("sign in");
    // One at a time: a PIN costs a whole core on purpose.
    let mut pad = Pad::pair(run).await?;
    for _ in 0..plan.sign_ins() {
        if run.stopping() {
            break;
        }
        pad.sign_in(run, staff).await;
        run.bar.inc(1);
    }
    Ok(())
}
