//! `comanda load`: how fast a running server is, asked as terminals ask.
//!
//! Knows the server by its HTTP calls only. A request that was due counts from its moment on, whether it
//! could start then or not: a server that stalls is not spared those who had to wait behind the stall.

mod access;
mod client;
mod clock;
mod comprehensive;
mod dice;
mod disturb;
mod evening;
mod measure;
mod observe;
mod report;
mod run;
mod sign_in;
mod till;

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgGroup, Args};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};

use super::{Failed, Outcome, say};
use access::Access;
use client::{Ask, Server};
use comprehensive::House;
use disturb::Disturbance;
use report::{Report, Target};
use run::Run;
use sign_in::Staff;

/// Measures a running server, alone or under an evening's load
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("what").required(true).args(["comprehensive", "endpoint", "terminals"])),
    after_help = "The orders it makes are orders like any other: they are paid, receipted and in the reports. Use a copy of the
file, or the demo, and not a restaurant that trades. What it leaves open, it voids; Ctrl-C does so too.

Latencies are of answers and of what timed out; refused requests and lost connections are counted by their
reason. With a schedule (--rate, --terminals) they count from the moment a request was due.

Examples:
  comanda load --comprehensive --db comanda-demo/comanda.db
  comanda load --comprehensive --db comanda-demo/comanda.db --staff 2 --pin 2580 --json today.json
  comanda load --comprehensive --db comanda-demo/comanda.db --against yesterday.json --worse-by 20%
  comanda load --endpoint /api/v1/menu --requests 20000 --concurrent 8 --token -
  comanda load --endpoint '/api/v1/orders?limit=50' --rate 200 --requests 6000
  comanda load --terminals 30 --orders-per-minute 60 --minutes 5 --db comanda-demo/comanda.db --disturb

Exit code 1 where --against finds it worse, where --targets finds one not met, or where nothing was answered."
)]
pub(super) struct Load {
    /// Every scenario, one after the other
    #[arg(long)]
    comprehensive: bool,
    /// One address, such as /api/v1/menu
    #[arg(long, value_name = "PATH", value_parser = endpoint)]
    endpoint: Option<String>,
    /// An evening: so many terminals open, send and settle orders, and their screens ask what is new
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    terminals: Option<u16>,
    /// Orders that come in, on a schedule that waits for nobody [default: 60]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    orders_per_minute: Option<u64>,
    /// How long, in minutes, or in seconds as in 90s [default: 5]
    #[arg(long, value_name = "N", value_parser = lasting)]
    minutes: Option<Duration>,
    /// Beside the evening: an export, four who sign in (with --staff), a backup (with --db)
    #[arg(long)]
    disturb: bool,
    /// Requests to --endpoint, or of each scenario that reads [default: 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    requests: Option<u64>,
    /// Connections that ask at the same time [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    concurrent: Option<u16>,
    /// Requests to --endpoint a second, on a schedule; without it each waits for the one before
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate: Option<u64>,
    /// The server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8300", value_parser = Server::parse)]
    url: Server,
    /// Lets --url be another machine
    #[arg(long)]
    elsewhere: bool,
    /// A manager's token; `-` reads it from standard input, and COMANDA_TOKEN is not seen by other users either
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// The file of a server on this machine: it then gives a token for this run
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Who signs in, by their number
    #[arg(long, value_name = "ID", requires = "pin")]
    staff: Option<i64>,
    /// Their PIN; `-` reads it from standard input
    #[arg(long, value_name = "PIN", requires = "staff", allow_hyphen_values = true)]
    pin: Option<String>,
    /// Seconds after which a request has failed
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Writes the report there too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// An earlier report of the same run; where this one is worse, the exit code is 1
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// By how much p99 or throughput of a scenario may be worse
    #[arg(long, value_name = "PERCENT", default_value = "20%", requires = "against", value_parser = worse_by)]
    worse_by: u64,
    /// Exit code 1 too where a target is not met
    #[arg(long)]
    targets: bool,
}

fn endpoint(path: &str) -> Result<String, String> {
    match path.starts_with('/') && path.parse::<hyper::Uri>().is_ok() {
        true => Ok(path.to_owned()),
        false => Err("begin with a slash, as in /api/v1/menu; --url names the server".to_owned()),
    }
}

fn lasting(text: &str) -> Result<Duration, String> {
    let (number, seconds) = match text.strip_suffix('s') {
        Some(number) => (number, 1),
        None => (text, 60),
    };
    let number: u64 = number.parse().map_err(|_| "minutes as in 5, or seconds as in 90s")?;
    match number * seconds {
        1..=86_400 => Ok(Duration::from_secs(number * seconds)),
        _ => Err("from one second to a day".to_owned()),
    }
}

fn worse_by(text: &str) -> Result<u64, String> {
    text.trim_end_matches('%').parse().map_err(|_| "a percentage, as in 20%".to_owned())
}

/// On a terminal only.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{bar:40} {pos} of {len}, {eta} left: {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

impl Load {
    pub(super) fn run(self) -> Outcome {
        self.consistent()?;
        if !(self.url.is_this_machine() || self.elsewhere) {
            let url = &self.url.url;
            return Err(Failed(format!("{url} is another machine; --elsewhere says that it is meant to be.")));
        }
        // Read first: --json may be the same file.
        let earlier = self.against.as_ref().map(|file| {
            let failed = |why: String| Failed(format!("{}: {why}", file.display()));
            let text = fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
            serde_json::from_str::<Report>(&text).map_err(|error| failed(error.to_string()))
        });
        let earlier = earlier.transpose()?;
        let staff = self.staff()?;
        let access = Access::find(self.token.clone(), self.db.as_deref())?;
        let report = self.measured(&access, staff);
        let given_back = access.give_back();
        let report = report?;
        say(report.table())?;
        if let Some(file) = &self.json {
            let json = serde_json::to_string_pretty(&report).map_err(|error| Failed(error.to_string()))?;
            fs::write(file, json + "\n").map_err(|error| Failed(format!("{}: {error}", file.display())))?;
        }
        given_back?;
        self.judge(&report, earlier.as_ref())
    }

    /// What belongs to another kind of run is told, not passed over: clap's own `requires` is silent
    /// where the required one conflicts with what was given.
    fn consistent(&self) -> Outcome {
        let (evening, endpoint) = (self.terminals.is_some(), self.endpoint.is_some());
        let misplaced = [
            ("--orders-per-minute", self.orders_per_minute.is_some() && !evening, "--terminals"),
            ("--minutes", self.minutes.is_some() && !evening, "--terminals"),
            ("--disturb", self.disturb && !evening, "--terminals"),
            ("--rate", self.rate.is_some() && !endpoint, "--endpoint"),
            ("--requests", self.requests.is_some() && evening, "--comprehensive or --endpoint"),
            ("--concurrent", self.concurrent.is_some() && evening, "--comprehensive or --endpoint"),
        ];
        match misplaced.iter().find(|(_, misplaced, _)| *misplaced) {
            Some((option, _, home)) => Err(Failed(format!("{option} goes with {home}."))),
            None => Ok(()),
        }
    }

    fn requests(&self) -> u64 {
        self.requests.unwrap_or(1000)
    }

    fn concurrent(&self) -> usize {
        self.concurrent.map_or(4, usize::from)
    }

    fn orders_per_minute(&self) -> u64 {
        self.orders_per_minute.unwrap_or(60)
    }

    fn lasts(&self) -> Duration {
        self.minutes.unwrap_or(Duration::from_secs(300))
    }

    fn judge(&self, report: &Report, earlier: Option<&Report>) -> Outcome {
        if !report.left.is_empty() {
            return Err(Failed(format!("Left behind:\n  {}", report.left.join("\n  "))));
        }
        if report.interrupted {
            return Err(Failed("Interrupted. What it had opened is closed.".to_owned()));
        }
        if let Some(row) = report.scenarios.iter().find(|row| row.good == 0) {
            return Err(Failed(format!("{}: not one request was answered as it should be.", row.name)));
        }
        if let Some(earlier) = earlier {
            let worse = report::worse(report, earlier, self.worse_by).map_err(Failed)?;
            if !worse.is_empty() {
                let by = self.worse_by;
                return Err(Failed(format!(
                    "Worse by more than {by} % than on {}:\n  {}",
                    earlier.at,
                    worse.join("\n  ")
                )));
            }
            say(format!("Nothing is worse by more than {} % than on {}.", self.worse_by, earlier.at))?;
        }
        match report.targets.iter().find(|target| !target.met) {
            Some(Target { what, limit, found, .. }) if self.targets => {
                Err(Failed(format!("Not every target is met; {what} is {found} and should be {limit}.")))
            }
            _ => Ok(()),
        }
    }

    fn staff(&self) -> Result<Option<Staff>, Failed> {
        let (Some(id), Some(pin)) = (self.staff, self.pin.clone()) else { return Ok(None) };
        if pin != "-" {
            let warning = "Other users of this machine can see a PIN given as an argument; --pin - reads it.";
            writeln!(io::stderr(), "comanda: {warning}")?;
            return Ok(Some(Staff { id, pin }));
        }
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(Some(Staff { id, pin: line.trim().to_owned() }))
    }

    /// What is measured, in words: two runs of the same words can be compared.
    fn how(&self) -> (&'static str, String) {
        let (requests, concurrent) = (self.requests(), self.concurrent());
        let disturbed = if self.disturb { ", disturbed" } else { "" };
        match (&self.endpoint, self.terminals) {
            (Some(path), _) => {
                let rate = self.rate.map(|rate| format!(", {rate} a second")).unwrap_or_default();
                ("endpoint", format!("{requests} requests of {path} on {concurrent} connections{rate}"))
            }
            (None, Some(terminals)) => {
                let (orders, seconds) = (self.orders_per_minute(), self.lasts().as_secs());
                let how =
                    format!("an evening of {seconds} s: {terminals} terminals, {orders} orders a minute{disturbed}");
                ("evening", how)
            }
            (None, None) => {
                ("comprehensive", format!("every scenario: {requests} requests on {concurrent} connections"))
            }
        }
    }

    fn measured(&self, access: &Access, staff: Option<Staff>) -> Result<Report, Failed> {
        let bar = bar();
        let patience = Duration::from_secs(self.timeout);
        let mut run = Run::new(self.url.clone(), access.token.clone(), patience, bar)?;
        if self.terminals.is_some() {
            run = run.counted_in(evening::WHOLE);
        }
        let run = Arc::new(run);
        let (kind, how) = self.how();
        let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (interrupted, left) = runtime.block_on(self.attended(&run, staff))?;
        let (memory_bytes, checkpoints) = (run.observed.memory_bytes(), run.observed.checkpoints());
        let scenarios = run.sheet.rows();
        if let Some(late) = run.late_us() {
            let late = report::time(late);
            run.remark(format!("99 of 100 requests began within {late} of their moment; that counts as waiting too."));
        }
        Ok(Report {
            comanda: env!("CARGO_PKG_VERSION").to_owned(),
            at,
            server: self.url.url.clone(),
            kind: kind.to_owned(),
            how,
            interrupted,
            targets: report::targets(kind, &scenarios, memory_bytes, checkpoints.filter(|_| self.disturb)),
            memory_bytes,
            checkpoints,
            left,
            scenarios,
            notes: run.remarks(),
        })
    }

    /// Measures, hears Ctrl-C meanwhile, and puts everything away; whether it was interrupted, and what
    /// could not be put away.
    async fn attended(&self, run: &Arc<Run>, staff: Option<Staff>) -> Result<(bool, Vec<String>), Failed> {
        let mut signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let mut work = std::pin::pin!(self.work(run, staff));
        let measured = tokio::select! {
            measured = &mut work => measured,
            () = told(&mut signals) => {
                run.stop();
                writeln!(io::stderr(), "comanda: closing what is open; Ctrl-C again leaves it")?;
                tokio::select! {
                    measured = &mut work => measured,
                    () = told(&mut signals) => return Err(Failed("Told twice: orders may be open.".to_owned())),
                }
            }
        };
        let (opened, paid) = run.books.counts();
        if opened > 0 {
            run.remark(format!("Orders opened: {opened}, of them paid: {paid}."));
        }
        run.bar.finish_and_clear();
        let put_away = async {
            let mut left = till::put_away(run).await;
            left.extend(sign_in::unpair(run).await);
            left
        };
        let left = tokio::select! {
            left = put_away => left,
            () = told(&mut signals) => return Err(Failed("Told again: orders may be open.".to_owned())),
        };
        measured.map(|()| (run.stopping(), left))
    }

    async fn work(&self, run: &Arc<Run>, staff: Option<Staff>) -> Outcome {
        let (requests, concurrent) = (self.requests(), self.concurrent());
        if let Some(path) = &self.endpoint {
            let plan = comprehensive::Plan { requests, concurrent, staff: None };
            run.bar.set_length(requests);
            let ask = Ask::get(path);
            return match self.rate {
                Some(rate) => comprehensive::at_rate(run, path, &plan, rate, &ask).await,
                None => comprehensive::repeat(run, path, &plan, move |_| ask.clone()).await,
            };
        }
        // One address may be of any server; what else is asked there is not ours to say.
        let outcome = tokio::select! {
            outcome = self.measure_all(run, staff) => outcome,
            never = run.observed.watch(run) => never,
        };
        run.observed.look(run).await;
        outcome
    }

    async fn measure_all(&self, run: &Arc<Run>, staff: Option<Staff>) -> Outcome {
        let (requests, concurrent) = (self.requests(), self.concurrent());
        let house = House::look(run).await?;
        let Some(terminals) = self.terminals else {
            return comprehensive::all(run, &house, &comprehensive::Plan { requests, concurrent, staff }).await;
        };
        let plan = evening::Plan {
            terminals: usize::from(terminals),
            orders_per_minute: self.orders_per_minute(),
            lasts: self.lasts(),
            disturbance: self.disturb.then(|| Disturbance { staff, db: self.db.clone() }),
        };
        evening::evening(run, &house, plan).await
    }
}

type Signals = (tokio::signal::unix::Signal, tokio::signal::unix::Signal);

/// Returns when the run is told to end.
async fn told(signals: &mut Signals) {
    tokio::select! {
        _ = signals.0.recv() => {}
        _ = signals.1.recv() => {}
    }
}
