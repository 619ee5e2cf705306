//! The composition root: opens the file, joins the domains, opens the port, and stops in order.
//!
//! A new domain is one line in [`DOMAINS`].

pub mod control;
pub mod describe;
mod health;
pub mod memory;
pub mod setup;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_server::{Server, ServerHandle};
use actix_service::{ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::web::{self as actix, Data, PathConfig};
use actix_web::{App as Routes, HttpResponse, rt};
use tokio::net::{TcpSocket, TcpStream};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::SwaggerUi;

use crate::approvals;
use crate::backups::Keeper;
use crate::cache::{Cache, Tag};
use crate::config::Config;
use crate::journal::{self, Hub};
use crate::kernel::clock::Clock;
use crate::staff::{self, Known, Tokens};
use crate::stats::{self, Stats};
use crate::store::{self, AfterCommit, OpenError, Statement, Store};
use crate::timing::Registry;
use crate::web::held::Held;
use crate::web::ready::Lane;
use crate::web::retry::Retries;
use crate::web::shell::Shell;
use crate::web::turns::Turns;
use crate::web::wire::Wire;
use crate::web::{self, Ahead, Doors, House, Limits, Tls, Warmer, Warmers, tls};
use crate::{accounts, drawers, floor, kitchen, menu, orders, payments, reports, settings, shifts, timeclock, upkeep};
use control::Desk;

/// A domain's routes and statements.
struct Domain {
    configure: fn(&mut ServiceConfig<'_>),
    statements: &'static [&'static Statement],
}

const fn domain(configure: fn(&mut ServiceConfig<'_>), statements: &'static [&'static Statement]) -> Domain {
    Domain { configure, statements }
}

/// One line a domain, the busiest first: routes are tried in this order.
static DOMAINS: &[Domain] = &[
    domain(menu::configure_menu, &[]),
    domain(orders::configure, orders::sql::order::ALL),
    domain(payments::configure, &[]),
    domain(|_| {}, orders::sql::lines::ALL),
    domain(|_| {}, orders::sql::list::ALL),
    domain(|_| {}, orders::sql::open::ALL),
    domain(|_| {}, orders::sql::parts::ALL),
    domain(|_| {}, orders::sql::money::ALL),
    domain(|_| {}, orders::sql::receipts::ALL),
    domain(|_| {}, orders::sql::verify::ALL),
    domain(|_| {}, orders::sql::drawers::ALL),
    domain(menu::configure, menu::sql::ALL),
    domain(|_| {}, menu::sql::combos::ALL),
    domain(|_| {}, menu::sql::nested::ALL),
    domain(|_| {}, menu::sql::times::ALL),
    domain(kitchen::configure, kitchen::sql::ALL),
    domain(floor::configure, floor::sql::ALL),
    domain(staff::configure, staff::sql::ALL),
    domain(|_| {}, staff::viewing::sql::ALL),
    domain(accounts::configure, accounts::sql::ALL),
    domain(approvals::configure, approvals::sql::ALL),
    domain(settings::configure, settings::sql::ALL),
    domain(|_| {}, settings::lists::sql::ALL),
    domain(|_| {}, settings::limits::sql::ALL),
    domain(reports::configure, reports::sql::ALL),
    domain(|_| {}, reports::prices::sql::ALL),
    domain(drawers::configure, drawers::sql::ALL),
    domain(timeclock::configure, timeclock::sql::ALL),
    domain(shifts::configure, shifts::sql::ALL),
    domain(journal::configure, journal::sql::ALL),
    domain(stats::configure, &[]),
    domain(|_| {}, upkeep::sql::ALL),
    domain(shell, web::sql::ALL),
];

/// What is asked for first and most, in the order in which it is made ready.
static WARMERS: &[(&str, Warmer)] =
    &[("menu", menu::warm), ("floor", floor::warm), ("settings", settings::warm), ("reports", reports::warm)];

/// Routes of the house itself.
fn shell(cfg: &mut ServiceConfig<'_>) {
    health::configure(cfg);
    describe::configure(cfg);
    cfg.service(web::problem::page);
}

fn routes(cfg: &mut ServiceConfig<'_>) {
    for domain in DOMAINS {
        (domain.configure)(cfg);
    }
}

/// What terminals ask for again and again, given before any route is tried.
static READY: &[Lane] =
    &[menu::MENU.lane(), floor::FLOOR.lane(), menu::AVAILABILITY.lane(), settings::http::SETTINGS.lane()];

/// Every statement the program runs.
pub fn statements() -> Vec<&'static Statement> {
    DOMAINS.iter().flat_map(|domain| domain.statements).copied().collect()
}

/// How long a silent connection is kept: longer than a terminal's pauses between two orders.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long running work may take when the server stops.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// What follows a commit.
struct Hooks {
    cache: Cache,
    known: Arc<Known>,
    hub: Hub,
    ahead: Arc<Ahead>,
}

impl AfterCommit for Hooks {
    fn invalidate(&self, tags: &[Tag]) {
        self.cache.invalidate(tags);
        self.known.forget(tags);
        self.ahead.wake();
    }

    fn wake(&self) {
        self.hub.wake();
    }
}

/// Why the server did not start.
#[derive(Debug)]
pub enum StartError {
    File(OpenError),
    Listen { addr: SocketAddr, source: std::io::Error },
    Thread(std::io::Error),
    Tls { folder: PathBuf, source: std::io::Error },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Listen { addr, source } => {
                write!(
                    f,
                    "{addr} cannot be listened on: {source}. Is another server there? Name another with --listen."
                )
            }
            Self::Thread(source) => write!(f, "No thread for the server: {source}."),
            Self::Tls { folder, source } => write!(
                f,
                "The keys for TLS in {} cannot be used: {source}. Put them right; or move that folder away for new ones, \
                 which every terminal then has to trust; or say --plain-http.",
                folder.display()
            ),
        }
    }
}

impl std::error::Error for StartError {}

/// The server.
#[derive(Debug)]
pub struct App;

/// A server that runs; dropping it stops it.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    house: Data<House>,
    turns: Arc<Turns>,
    hub: Hub,
    stats: Stats,
    http: ServerHandle,
    thread: Option<JoinHandle<()>>,
    backups: Option<Keeper>,
}

impl App {
    /// Opens the file and then the port. Blocks until both are open.
    pub fn start(config: &Config, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
        let ticks = Arc::clone(&clock);
        let cache_clock = Arc::new(move || u64::try_from(ticks.now().get()).unwrap_or_default());
        let timing = Arc::new(Registry::default());
        let cache = Cache::measured(config.cache, cache_clock, &timing);
        let known = Arc::new(Known::idle_after(staff::model::idle_ms(config.session_idle_min)));
        let hub = Hub::new();
        let ahead = Arc::new(Ahead::new(config.cache.ahead_ms));
        let (hub_told, ahead_told) = (hub.clone(), Arc::clone(&ahead));
        let hooks = Hooks { cache: cache.clone(), known: Arc::clone(&known), hub: hub_told, ahead: ahead_told };
        let mut file = store::Config::new(&config.db);
        (file.create, file.readers, file.timing) = (false, config.readers, timing);
        file.reserve_bytes = store::RESERVE_BYTES;
        let store = Store::open(file, Arc::new(hooks), &statements()).map_err(StartError::File)?;
        upkeep::start::look(&store);
        let auth = Arc::new(Tokens::new(store.clone(), Arc::clone(&clock), known));
        let tokens = Arc::clone(&auth);
        let (doors, limits) = (Doors::new(&config.hosts), Limits::new(config.limits));
        let tls = Self::tls(config, &doors, &clock)?;
        let house = Data::new(House { store, cache, clock, auth, doors, limits, ahead, tls });
        let stats = Stats::start(house.clone(), hub.clone(), statements(), config.stats);
        let (turns, shown) = (Arc::new(Turns::default()), stats.clone());
        let (say, heard) = mpsc::channel();
        let swept = house.clone();
        let backups = config.backups.clone();
        let (served, counted, told, config) = (house.clone(), Arc::clone(&turns), hub.clone(), config.clone());
        let thread = thread::Builder::new().name("http".to_owned()).spawn(move || {
            rt::System::new().block_on(async move {
                match serve(&config, served.clone(), counted, told.clone(), shown) {
                    Ok((addr, server)) => {
                        let desk = Desk { store: served.store.clone(), clock: Arc::clone(&served.clock) };
                        // Without it terminals are served all the same, so it is no reason not to start.
                        let socket = control::listen(desk).inspect_err(|error| {
                            log::warn!("commands cannot reach this server: {error}");
                        });
                        told.start(served.store.clone());
                        let _ = say.send(Ok((addr, server.handle())));
                        rt::spawn(sweep(swept, tokens));
                        rt::spawn(web::ahead::follow(served.clone()));
                        if config.look_out {
                            rt::spawn(kitchen::alarm::watch(served.clone()));
                        }
                        // Whoever asks meanwhile waits for the same fill, or goes before it.
                        rt::spawn(async move { stats::warm(&served, WARMERS).await });
                        if let Err(error) = server.await {
                            log::error!("the server ended: {error}");
                        }
                        drop(socket);
                    }
                    Err(source) => drop(say.send(Err(StartError::Listen { addr: config.listen, source }))),
                }
            });
        });
        let thread = thread.map_err(StartError::Thread)?;
        let ended = || StartError::Thread(std::io::Error::other("it ended at once"));
        let (addr, http) = heard.recv().map_err(|_| ended())??;
        let scheme = if house.tls.is_some() { "https" } else { "http" };
        log::info!("listening on {scheme}://{addr}");
        if let Some(tls) = &house.tls {
            let fingerprint = tls.fingerprint();
            log::info!("terminals trust it as http://{addr}/trust says; its authority's SHA-256 is {fingerprint}");
        }
        house.store.look_through(SETTLED);
        let backups = Keeper::start(house.store.path(), Arc::clone(&house.clock), &backups);
        Ok(Running { addr, house, turns, hub, stats, http, thread: Some(thread), backups })
    }
}

impl App {
    /// TLS, on a LAN whose operator did not say otherwise.
    fn tls(config: &Config, doors: &Doors, clock: &Arc<dyn Clock>) -> Result<Option<Arc<Tls>>, StartError> {
        if config.listen.ip().is_loopback() {
            return Ok(None);
        }
        if config.plain_http {
            log::warn!(
                "plain HTTP on {}, as plain_http says: whoever is on that network can read PINs and tokens, and do \
                 with them what their owners may",
                config.listen
            );
            return Ok(None);
        }
        let tls = Tls::open(&config.db, doors.names(), Arc::clone(clock));
        Ok(Some(Arc::new(tls.map_err(|source| StartError::Tls { folder: tls::folder_of(&config.db), source })?)))
    }
}

/// After so long the cache is warm and the start's memory free.
const SETTLED: Duration = Duration::from_secs(3);

/// Gives back the memory of cached answers that no longer hold and of who has not asked for a while, and keeps
/// which sessions are in use, once a minute; ends with the server.
async fn sweep(house: Data<House>, tokens: Arc<Tokens>) {
    // What the start itself took goes first.
    let mut minute = rt::time::interval_at(rt::time::Instant::now() + SETTLED, Duration::from_secs(60));
    loop {
        minute.tick().await;
        house.cache.sweep();
        house.limits.forget();
        tokens.keep_seen().await;
        memory::give_back();
    }
}

impl Running {
    /// What the handlers reach, for whoever works in the same process.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// What is known of how it does.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Stops in order: ready turns 503, event streams end, running work gets 5 s, the writer drains,
    /// readers close, one checkpoint, the lock. Blocks, for less than 6 s.
    pub fn stop(self) {
        drop(self);
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        if let Some(backups) = self.backups.take() {
            backups.stop();
        }
        self.turns.close();
        self.hub.stop();
        self.stats.end_streams();
        if !self.turns.wait(STOP_WAIT) {
            log::warn!("some requests took longer than the {} s they had, and were cut off", STOP_WAIT.as_secs());
        }
        // The command goes with the call; the thread's end is the answer to it.
        drop(self.http.stop(false));
        if thread.join().is_err() {
            log::error!("the server's thread panicked");
        }
        self.stats.stop();
        self.house.store.stop();
        log::info!("stopped");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn serve(
    config: &Config,
    house: Data<House>,
    turns: Arc<Turns>,
    hub: Hub,
    stats: Stats,
) -> std::io::Result<(SocketAddr, Server)> {
    let (always, unlimited) = (health::ALWAYS, health::UNLIMITED);
    let shell = Shell { house: house.clone(), turns: Arc::clone(&turns), ready: READY, always, unlimited };
    let reached = house.clone();
    let app = move || {
        Routes::new()
            .app_data(house.clone())
            .app_data(Data::from(Arc::clone(&turns)))
            .app_data(Data::new(hub.clone()))
            .app_data(Data::new(stats.clone()))
            .app_data(Data::new(Warmers(WARMERS)))
            .app_data(PathConfig::default().error_handler(describe::no_id))
            .configure(|cfg| routes(&mut ServiceConfig::new(cfg)))
            .configure(web::pages::configure)
            .service(docs())
            .route("/docs", actix::get().to(to_docs))
            .default_service(actix::to(describe::nothing_here))
            .wrap(Retries(shell.clone()))
    };
    let head = config.limits.head();
    let http = move || {
        let http = HttpService::build()
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(head)
            .client_disconnect_timeout(Duration::from_secs(1))
            .on_connect_ext(|held: &Held<Wire>, said| {
                said.insert(held.pace());
                said.insert(held.bytes().reached);
            })
            .finish(map_config(app(), |()| AppConfig::default()));
        let house = reached.clone();
        fn_service(move |stream: TcpStream| {
            let house = house.clone();
            async move {
                // Closed at once: an answer would be one more thing to be held up by.
                let hold = house.limits.hold(stream.peer_addr().ok(), house.tls.is_some()).ok_or(())?;
                let wire = Wire::of(stream, house.tls.clone(), head).await;
                // Who speaks no TLS, or nothing, or is gone, is nobody to be told.
                let wire = wire.map_err(|error| log::debug!("a connection came to nothing: {error}"))?;
                let peer = wire.peer();
                Ok((Held::new(wire, hold), Protocol::Http1, peer))
            }
        })
        .and_then(http.map_err(|error| log::debug!("a connection ended: {error:?}")))
    };
    let listener = listen(config.listen)?;
    let addr = listener.local_addr()?;
    let server = Server::build()
        .workers(config.workers)
        // Readers bound what runs at a time; a few more for what is not the file's.
        .worker_max_blocking_threads(config.readers as usize + 4)
        .shutdown_timeout(STOP_WAIT.as_secs())
        .disable_signals()
        .listen("http", listener, http)?;
    Ok((addr, server.run()))
}

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

fn listen(addr: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // After a restart those of before may still be on their way out.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)?.into_std()
}

/// The description made readable, with everything it needs inside the binary.
fn docs() -> SwaggerUi {
    SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/openapi.json"))
}

async fn to_docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header(("location", "/docs/")).finish()
}
