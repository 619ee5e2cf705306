//! `comanda demo`: a restaurant with a past, served.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, IsTerminal, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, process};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::serve::{log_to_stderr, until_told};
use super::{Failed, Outcome, say};
use crate::app::Running;
use crate::app::control::{Command, Desk, Told};
use crate::config::{Config, LISTEN_DEFAULT};
use crate::demo;
use crate::kernel::clock::{Clock, SystemClock};
use crate::kernel::day::BusinessDate;
use crate::staff;
use crate::web::guard::token_hash;

/// The names in the data folder.
const DB: &str = "comanda.db";
const TOKEN: &str = "token";
const LOCK: &str = "demo.lock";

/// Serves a made-up restaurant with ninety days of trade; makes it the first time
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  comanda demo
  comanda demo --data /tmp/osteria --listen 0.0.0.0:8400

To begin anew, delete the folder.")]
pub(super) struct Demo {
    /// Where it is kept
    #[arg(long, value_name = "FOLDER", default_value = "comanda-demo")]
    data: PathBuf,
    #[arg(long, value_name = "ADDRESS", help = format!("Where it listens [default: {LISTEN_DEFAULT}, or a free port where that is taken]"))]
    listen: Option<SocketAddr>,
    /// How many days of trade a new one has
    #[arg(long, default_value_t = demo::DAYS, hide = true, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
    /// What the log tells: error, warn, info, debug, or by module
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log: String,
}

impl Demo {
    pub(super) fn run(self) -> Outcome {
        let db = self.data.join(DB);
        let mut config = Config { log: self.log.clone(), ..Config::new(&db) };
        log_to_stderr(&config);
        if self.make(&db)? {
            // What making it took goes back to the machine with the program's image; where that cannot
            // be replaced, the server is only larger than it need be.
            let error = begin_again();
            log::warn!("the server begins with the memory its history took: {error}");
        }
        config.listen = self.address(config.listen)?;
        until_told(&config, |running| {
            let token = self.token(running)?;
            say(self.welcome(running, &token)?.trim_end())
        })
    }

    /// Makes the restaurant where there is none; whether it did.
    fn make(&self, db: &Path) -> Result<bool, Failed> {
        fs::create_dir_all(&self.data).map_err(|error| Failed(format!("{}: {error}", self.data.display())))?;
        let _alone = self.alone()?;
        if db.exists() {
            return Ok(false);
        }
        let began = Instant::now();
        let mut progress = Progress::of(self.days);
        demo::make(db, self.days, SystemClock.now(), &mut |days| progress.lived(days))
            .map_err(|error| Failed(error.to_string()))?;
        progress.done();
        let (days, took) = (self.days, began.elapsed());
        let took = format!("{}.{} s", took.as_secs(), took.subsec_millis() / 100);
        say(format_args!("Made {} with {days} days of trade in {took}.", demo::NAME))?;
        Ok(true)
    }

    /// Nobody else makes the same one meanwhile, as long as the handle lives.
    fn alone(&self) -> Result<File, Failed> {
        let path = self.data.join(LOCK);
        let failed = |error| Failed(format!("{}: {error}", path.display()));
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                Err(Failed(format!("Another demo is being made in {}. Wait for it.", self.data.display())))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The one asked for; else the usual one, or any where that is taken.
    fn address(&self, usual: SocketAddr) -> Result<SocketAddr, Failed> {
        if let Some(asked) = self.listen {
            return Ok(asked);
        }
        match TcpListener::bind(usual) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                say(format_args!("{usual} is taken, so a free port is used; --listen names one."))?;
                Ok(SocketAddr::new(usual.ip(), 0))
            }
            _ => Ok(usual),
        }
    }

    /// The token of last time, kept beside the file so that yesterday's lines still work; a new one
    /// where there is none or it was revoked.
    fn token(&self, running: &Running) -> Result<String, Failed> {
        let path = self.data.join(TOKEN);
        let store = &running.house().store;
        if let Ok(kept) = fs::read_to_string(&path) {
            let kept = kept.trim().to_owned();
            let known = store.read_blocking(|db| staff::ops::actor(db, &token_hash(&kept)))?;
            if known.is_some() {
                return Ok(kept);
            }
            fs::remove_file(&path)?;
        }
        let command = Command::Token { name: "Demo".to_owned(), role: "manager".to_owned() };
        let desk = Desk { store: store.clone(), clock: running.house().clock.clone() };
        let token = match desk.perform(command, &mut |_| true) {
            Told::Done(answer) => answer["token"].as_str().unwrap_or_default().to_owned(),
            Told::Refused(why) => return Err(Failed(why)),
            Told::Progress { .. } => return Err(Failed("A token was not made.".to_owned())),
        };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        writeln!(file, "{token}")?;
        Ok(token)
    }

    fn welcome(&self, running: &Running, token: &str) -> Result<String, Failed> {
        let store = &running.house().store;
        let now = running.house().clock.now();
        let (order, calendar) =
            store.read_blocking(|db| Ok((demo::plain_order(db)?, crate::journal::ops::calendar(db)?)))?;
        let today = calendar.date_of(now);
        let (data, base) = (self.data.display(), format!("http://{}", running.addr));
        let mut text = String::new();
        let mut line = |said: std::fmt::Arguments<'_>| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{said}");
        };
        line(format_args!("\n{} is open. Its books are in {data}; delete the folder to begin anew.", demo::NAME));
        line(format_args!("\nlistening on {base} (its calls are explained at {base}/docs)"));
        if running.house().tls.is_some() {
            let at = running.addr;
            line(format_args!("From elsewhere it is https://{at}; http://{at}/trust says how a terminal trusts it."));
        }
        line(format_args!("\nStaff            Role      PIN"));
        for person in &demo::STAFF {
            line(format_args!("{:<16} {:<9} {}", person.name, person.role.as_str(), person.pin));
        }
        line(format_args!("They sign in on a terminal; pair one with: comanda pair --db {data}/{DB}"));
        line(format_args!("\nA token for programs, with a manager's rights (kept in {data}/{TOKEN}):\n{token}"));
        line(format_args!("\nTry it:"));
        for example in examples(&base, token, order, today, now.get()) {
            line(format_args!("{example}"));
        }
        line(format_args!("\nCtrl-C ends it."));
        Ok(text)
    }
}

/// Runs the same command in this process from the start, under the same number and with the same
/// output. Answers only why it could not.
fn begin_again() -> io::Error {
    match env::current_exe() {
        Ok(program) => process::Command::new(program).args(env::args_os().skip(1)).exec(),
        Err(error) => error,
    }
}

/// Lines for a shell that work as they stand: the menu, an order, what sold best this quarter.
fn examples(base: &str, token: &str, order: Option<[i64; 2]>, today: BusinessDate, key: i64) -> Vec<String> {
    let curl = format!("curl -sS -H 'Authorization: Bearer {token}'");
    let mut lines = vec![format!("{curl} {base}/api/v1/menu")];
    if let Some([pizza, water]) = order {
        let body = format!(
            r#"{{"kind": "takeaway", "lines": [{{"variant_id": {pizza}, "quantity": 1}}, {{"variant_id": {water}, "quantity": 2}}]}}"#
        );
        let headers = format!("-H 'Idempotency-Key: demo-{key}' -H 'Content-Type: application/json'");
        lines.push(format!("{curl} {headers} -d '{body}' {base}/api/v1/orders"));
    }
    let from = today.plus_days(-90);
    lines.push(format!("{curl} '{base}/api/v1/reports/sales?from={from}&to={today}&by=item'"));
    lines
}

/// A bar where somebody watches, a line every ten days where not.
enum Progress {
    Bar(ProgressBar),
    Lines { of: u32 },
}

impl Progress {
    fn of(days: u32) -> Self {
        if !io::stderr().is_terminal() {
            return Self::Lines { of: days };
        }
        let bar = ProgressBar::new(u64::from(days));
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} days of trade, {eta} left") {
            bar.set_style(style);
        }
        bar.tick();
        Self::Bar(bar)
    }

    fn lived(&mut self, days: u32) {
        match self {
            Self::Bar(bar) => bar.set_position(u64::from(days)),
            Self::Lines { of } if days.is_multiple_of(10) || days == *of => {
                // A closed standard error is no reason to stop.
                let _ = writeln!(io::stderr(), "{days} of {of} days of trade");
            }
            Self::Lines { .. } => {}
        }
    }

    fn done(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
