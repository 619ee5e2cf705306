//! `comanda serve`: the server, until it is told to stop.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failed, Outcome};
use crate::app::{App, Running};
use crate::config::{Config, DB_DEFAULT, Given, LISTEN_DEFAULT};
use crate::kernel::clock::SystemClock;
use crate::kernel::pan::masked;
use crate::staff::secret::hushed;

/// Runs the till server until Ctrl-C or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  comanda serve --db trattoria.db
  comanda serve --config /etc/comanda.conf --listen 0.0.0.0:8300
  comanda serve --listen 0.0.0.0:8300 --set hosts=till.lan,till.example.com
  comanda serve --db trattoria.db --backup /mnt/usb/comanda --backup-every 15m
  COMANDA_DB=trattoria.db comanda serve

The configuration file holds lines such as `listen = 0.0.0.0:8300`. A flag goes over the
environment (COMANDA_LISTEN), which goes over the file.

On 127.0.0.1 it speaks plain HTTP. Anywhere else it speaks TLS, with a certificate that it makes itself; the page
/trust says by plain HTTP how a terminal comes to trust it, and plain HTTP from this machine is taken as well.
A session that nobody uses ends after session_idle_min=60 minutes; 0 is never.

It answers to its addresses, to localhost, to the machine's own name and to those of `hosts`; a page that
another site shows is not answered.

With --backup it copies the file to that folder, which must be there, every hour or as --backup-every says (90s, 15m,
6h, 1d), beside the tills at work. Each copy is checked before it gets its name, and a checksum beside it. They are
kept for backup_keep_days=31 within backup_keep_mb=20000, of each day the last one longest; the newest is always kept.
Where nothing was recorded since, none is made, but once a day. /stats says when the last one was made, and warns
where it failed or lies on the same disk as the file.

How much may be asked, by default: limits.device_per_s=50 (and device_burst=300 at once),
limits.address_per_s=200 (address_burst=1000), limits.requests_max=256 under way,
limits.head_s=5, limits.body_s=10, limits.handler_s=30. Calls from this machine are limited
too with limits.loopback=true; a rate of 0 is no limit.")]
pub(super) struct Serve {
    /// The restaurant's file
    #[arg(long, value_name = "FILE", help = format!("The restaurant's file [default: {DB_DEFAULT}]"))]
    db: Option<String>,
    #[arg(long, value_name = "ADDRESS", help = format!("Where terminals reach it [default: {LISTEN_DEFAULT}]"))]
    listen: Option<SocketAddr>,
    /// Plain HTTP on a LAN too, where whoever listens reads PINs and tokens; else it is TLS
    #[arg(long)]
    plain_http: bool,
    /// Event loops [default: as many as cores]
    #[arg(long)]
    workers: Option<usize>,
    /// Connections that read the file at a time [default: 4]
    #[arg(long)]
    readers: Option<u32>,
    /// A folder to back up to, best on another disk [default: none]
    #[arg(long, value_name = "DIR")]
    backup: Option<String>,
    /// How often: 15m, 1h, 1d [default: 1h]
    #[arg(long, value_name = "TIME", visible_alias = "every")]
    backup_every: Option<String>,
    /// What the log tells: error, warn, info, debug, or by module
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
    /// Any value of the configuration file, such as cache.menu.ttl_s=60; as often as needed
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// A configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Serve {
    pub(super) fn run(self) -> Outcome {
        let config = self.config()?;
        log_to_stderr(&config);
        log::info!("comanda {}: {config}", env!("CARGO_PKG_VERSION"));
        until_told(&config, |_| Ok(()))
    }

    fn config(self) -> Result<Config, Failed> {
        let wrong = |wrong: crate::config::Wrong| Failed(wrong.to_string());
        let mut given = Given::default();
        let file = self.config.or_else(|| std::env::var_os("COMANDA_CONFIG").map(PathBuf::from));
        if let Some(file) = file {
            let name = file.display().to_string();
            let text = fs::read_to_string(&file).map_err(|error| Failed(format!("{name}: {error}")))?;
            given.file(&name, &text).map_err(wrong)?;
        }
        given.environment(|name| std::env::var(name).ok());
        given.flag("db", self.db);
        given.flag("listen", self.listen);
        given.flag("plain_http", self.plain_http.then_some(true));
        given.flag("workers", self.workers);
        given.flag("readers", self.readers);
        given.flag("log", self.log);
        given.flag("backup", self.backup);
        given.flag("backup_every", self.backup_every);
        for words in &self.set {
            given.set(words).map_err(wrong)?;
        }
        Config::of(&given).map_err(wrong)
    }
}

pub(super) fn log_to_stderr(config: &Config) {
    let mut logger = env_logger::Builder::new();
    logger.format(|line, record| {
        let (time, style) = (line.timestamp(), line.default_level_style(record.level()));
        let (level, from, told) = (record.level(), record.target(), record.args().to_string());
        // Whatever a message quotes, also one of the framework's own, no card number and no token stays in a log.
        writeln!(line, "[{time} {style}{level:<5}{style:#} {from}] {}", masked(&hushed(&told)))
    });
    // What clients send that is no HTTP is their fault, and each of them could fill the disk with it.
    logger.filter_module("actix_http::h1::dispatcher", log::LevelFilter::Off);
    // In a test binary's process a logger may be there already.
    let _ = logger.parse_filters(&config.log).try_init();
}

/// Serves until Ctrl-C or SIGTERM. `started` hears of the server once it listens; its failure ends it.
pub(super) fn until_told(config: &Config, started: impl FnOnce(&Running) -> Outcome) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Heard from before the port opens, so that a signal during the start is not lost.
    let mut signals = runtime.block_on(async {
        Ok::<_, std::io::Error>((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    })?;
    let running = App::start(config, Arc::new(SystemClock)).map_err(|error| Failed(error.to_string()))?;
    started(&running)?;
    runtime.block_on(async {
        tokio::select! {
            _ = signals.0.recv() => log::info!("stopping: interrupted"),
            _ = signals.1.recv() => log::info!("stopping: told to terminate"),
        }
    });
    running.stop();
    Ok(())
}
