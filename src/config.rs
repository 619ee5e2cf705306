//! How the server runs: one struct from a file, the environment and flags, validated once.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::web::limits;
use crate::{backups, cache, stats};

/// Where the file is kept when nobody says otherwise.
pub const DB_DEFAULT: &str = "comanda.db";
/// Only this machine; a LAN is opened on purpose.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:8300";

/// A waiter's tablet that was left on a table; nobody types a PIN for each order of an evening.
const SESSION_IDLE_MIN: u32 = 60;
/// As long as any session lasts.
const SESSION_IDLE_MIN_MAX: u32 = 960;

/// The names a value may be given under: `name = value` in the file, `COMANDA_NAME` in the
/// environment, `--name` as a flag. Those of the cache (`cache.menu.ttl_s`; [`cache::Config::names`]) are
/// `COMANDA_CACHE_MENU_TTL_S` in the environment and `--set cache.menu.ttl_s=60` as a flag.
const NAMES: [&str; 8] = ["db", "listen", "hosts", "workers", "readers", "log", "session_idle_min", "plain_http"];

/// What the server is started with; every value is within its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The restaurant's file.
    pub db: PathBuf,
    /// Where terminals reach it; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Names it answers to beside its addresses, `localhost` and the machine's own; `*` is any.
    pub hosts: Vec<String>,
    /// Event loops, 1 to 64; as many as cores.
    pub workers: usize,
    /// Connections that read at a time, 1 to 64.
    pub readers: u32,
    /// What the log tells, as env_logger writes it: `info`, `warn,comanda::store=debug`.
    pub log: String,
    /// Minutes after which a session ends that nobody uses, 0 to 960; 0: it lasts as long as any does.
    pub session_idle_min: u32,
    /// Whether plain HTTP is spoken beyond this machine.
    pub plain_http: bool,
    /// How figures are kept and judged.
    pub stats: stats::Settings,
    /// How long and how much the cache keeps.
    pub cache: cache::Config,
    /// How much may be asked, and how long it may take.
    pub limits: limits::Settings,
    /// Whether, where and how often it is backed up.
    pub backups: backups::Settings,
    /// Whether somebody looks every second for tickets that nobody took. Off where a clock leaps and nobody is to
    /// hear of it.
    pub look_out: bool,
}

impl Config {
    /// The defaults for `db`.
    pub fn new(db: impl Into<PathBuf>) -> Self {
        Self {
            db: db.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8300)),
            hosts: Vec::new(),
            workers: std::thread::available_parallelism().map_or(2, |n| n.get().min(64)),
            readers: 4,
            log: "info".to_owned(),
            session_idle_min: SESSION_IDLE_MIN,
            plain_http: false,
            stats: stats::Settings::default(),
            cache: cache::Config::default(),
            limits: limits::Settings::default(),
            backups: backups::Settings::default(),
            look_out: true,
        }
    }

    /// What the sources say together, or everything that is wrong with them.
    pub fn of(given: &Given) -> Result<Self, Wrong> {
        let mut config = Self::new(DB_DEFAULT);
        let mut wrong = Vec::new();
        for (name, value) in &given.values {
            if let Err(why) = config.set(name, &value.text) {
                wrong.push(format!("{name} from {}: {:?} {why}", value.source, value.text));
            }
        }
        if wrong.is_empty() { Ok(config) } else { Err(Wrong(wrong)) }
    }

    fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        match name {
            "db" if text.is_empty() => return Err("names no file".to_owned()),
            "db" => self.db = PathBuf::from(text),
            "listen" => {
                self.listen = text.parse().map_err(|_| format!("is no address and port, such as {LISTEN_DEFAULT}"))?;
            }
            "hosts" => self.hosts = hosts(text)?,
            "workers" => self.workers = number(text)?,
            "readers" => self.readers = number(text)?,
            "log" => self.log = text.to_owned(),
            "plain_http" => self.plain_http = text.parse().map_err(|_| "is neither true nor false".to_owned())?,
            "session_idle_min" => {
                let minutes = text.parse().ok().filter(|minutes| *minutes <= SESSION_IDLE_MIN_MAX);
                self.session_idle_min = minutes.ok_or("is not a whole number of minutes from 0 to 960")?;
            }
            name if stats::Settings::knows(name) => self.stats.set(name, text)?,
            name if cache::Config::knows(name) => self.cache.set(name, text)?,
            name if limits::Settings::knows(name) => self.limits.set(name, text)?,
            name if backups::Settings::knows(name) => self.backups.set(name, text)?,
            _ => return Err("is no setting".to_owned()),
        }
        Ok(())
    }
}

/// Names between commas, without ports.
fn hosts(text: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> =
        text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    let is_name = |name: &String| name == "*" || name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if names.iter().all(is_name) {
        Ok(names)
    } else {
        Err("is no list of names, such as till.lan,till.example".to_owned())
    }
}

/// A count of threads or connections.
fn number<T: TryFrom<u32>>(text: &str) -> Result<T, String> {
    let number = text.parse::<u32>().ok().filter(|n| (1..=64).contains(n));
    number.and_then(|n| T::try_from(n).ok()).ok_or_else(|| "is not a whole number from 1 to 64".to_owned())
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { db, listen, hosts, workers, readers, log, cache, stats, limits, backups, look_out: _, .. } = self;
        let Self { session_idle_min, plain_http, .. } = self;
        write!(f, "db = {}, listen = {listen}, workers = {workers}, readers = {readers}, log = {log}", db.display())?;
        if !hosts.is_empty() {
            write!(f, ", hosts = {}", hosts.join(","))?;
        }
        if *session_idle_min != SESSION_IDLE_MIN {
            write!(f, ", session_idle_min = {session_idle_min}")?;
        }
        if *plain_http {
            write!(f, ", plain_http = true")?;
        }
        cache.changed().iter().try_for_each(|(name, value)| write!(f, ", {name} = {value}"))?;
        write!(f, "{stats}{limits}{backups}")
    }
}

/// Values with the place each came from; a later source goes over an earlier one.
#[derive(Debug, Default)]
pub struct Given {
    values: BTreeMap<String, Value>,
}

#[derive(Debug)]
struct Value {
    text: String,
    source: String,
}

impl Given {
    /// The lines `name = value` of a file; `#` begins a comment.
    pub fn file(&mut self, path: &str, text: &str) -> Result<(), Wrong> {
        let mut wrong = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let source = format!("{path}:{number}");
            match line.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
                Some((name, value)) if known(name) => self.put(name, value, &source),
                Some((name, _)) => wrong.push(unknown(&source, name)),
                None => wrong.push(format!("{source}: {line:?} is not name = value")),
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(Wrong(wrong)) }
    }

    /// `COMANDA_DB` and the like, as `get` finds them.
    pub fn environment(&mut self, get: impl Fn(&str) -> Option<String>) {
        for name in names().map(str::to_owned).chain(cache::Config::names()) {
            let variable = format!("COMANDA_{}", name.to_uppercase().replace('.', "_"));
            if let Some(value) = get(&variable) {
                self.put(&name, &value, &variable);
            }
        }
    }

    /// `--name value`, where it was given; words of a name are joined by `_`, of a flag by `-`.
    pub fn flag(&mut self, name: &'static str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.put(name, &value.to_string(), &format!("--{}", name.replace('_', "-")));
        }
    }

    /// `--set name=value`, for what has no flag of its own.
    pub fn set(&mut self, words: &str) -> Result<(), Wrong> {
        match words.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
            Some((name, value)) if known(name) => self.put(name, value, "--set"),
            Some((name, _)) => return Err(Wrong(vec![unknown("--set", name)])),
            None => return Err(Wrong(vec![format!("--set: {words:?} is not name=value")])),
        }
        Ok(())
    }

    fn put(&mut self, name: &str, text: &str, source: &str) {
        self.values.insert(name.to_owned(), Value { text: text.to_owned(), source: source.to_owned() });
    }
}

/// Every name but those of the cache.
fn names() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().chain(stats::Settings::NAMES).chain(limits::Settings::NAMES).chain(backups::Settings::NAMES)
}

fn known(name: &str) -> bool {
    names().any(|known| known == name) || cache::Config::knows(name)
}

fn unknown(source: &str, name: &str) -> String {
    let names: Vec<_> = names().collect();
    let names = names.join(", ");
    format!(
        "{source}: {name:?} is no setting; there are {names}, cache.bytes_max, cache.ahead_s, cache.NAME.ttl_s, \
         cache.NAME.bytes_max"
    )
}

/// What is wrong with the configuration, a line each.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong(pub Vec<String>);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Wrong {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, environment: &[(&str, &str)], flags: &[(&'static str, &str)], expected: &str) {
        let mut given = Given::default();
        let told = given.file("comanda.conf", file).and_then(|()| {
            given.environment(|name| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()));
            for (name, value) in flags {
                given.flag(name, Some(value));
            }
            Config::of(&given)
        });
        let told = match told {
            Ok(c) => format!("{} {} {}", c.db.display(), c.listen, c.readers),
            Err(wrong) => wrong.to_string(),
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn the_cache_and_limits_are_set_by_name() {
        let mut given = Given::default();
        given.file("comanda.conf", "cache.menu.ttl_s = 60\ncache.floor.ttl_s = 7").unwrap();
        given.environment(|name| match name {
            "COMANDA_CACHE_MENU_TTL_S" => Some("30".to_owned()),
            "COMANDA_LIMITS_LOOPBACK" => Some("true".to_owned()),
            _ => None,
        });
        given.set("limits.body_s=3").unwrap();
        given.set("cache.orders.bytes_max=65536").unwrap();
        let config = Config::of(&given).unwrap();
        let told = config.to_string();
        let cache = told.find("cache.").unwrap();
        assert_eq!(
            &told[cache..],
            "cache.menu.ttl_s = 30, cache.floor.ttl_s = 7, cache.orders.bytes_max = 65536, \
             limits.loopback = true, limits.body_s = 3"
        );
        for (words, says) in [("cache.soup.ttl_s=1", "is no setting"), ("cache.menu.ttl_s", "is not name=value")] {
            assert!(given.set(words).unwrap_err().to_string().contains(says), "{words}");
        }
    }

    #[test]
    fn the_nearest_source_wins_and_every_fault_is_told() {
        check("", &[], &[], "comanda.db 127.0.0.1:8300 4");
        check("db = a.db # ours\nreaders=2\n\n", &[], &[], "a.db 127.0.0.1:8300 2");
        check("db = a.db", &[("COMANDA_DB", "b.db")], &[], "b.db 127.0.0.1:8300 4");
        check("db = a.db", &[("COMANDA_DB", "b.db")], &[("db", "c.db")], "c.db 127.0.0.1:8300 4");
        check("", &[], &[("listen", "0.0.0.0:0")], "comanda.db 0.0.0.0:0 4");
        check(
            "port = 1\nwhat",
            &[],
            &[],
            "comanda.conf:1: \"port\" is no setting; there are db, listen, hosts, workers, readers, log, \
             session_idle_min, plain_http, slow_ms, \
             repeats_max, memory_mb, backup_hours, \
             limits.device_per_s, limits.device_burst, limits.address_per_s, limits.address_burst, \
             limits.address_connections, limits.loopback, limits.requests_max, limits.head_s, limits.body_s, limits.handler_s, \
             backup, backup_every, backup_keep_days, backup_keep_mb, \
             cache.bytes_max, cache.ahead_s, cache.NAME.ttl_s, cache.NAME.bytes_max\n\
             comanda.conf:2: \"what\" is not name = value",
        );
        check(
            "readers = 0",
            &[("COMANDA_LISTEN", "8300")],
            &[("workers", "65")],
            "listen from COMANDA_LISTEN: \"8300\" is no address and port, such as 127.0.0.1:8300\n\
             readers from comanda.conf:1: \"0\" is not a whole number from 1 to 64\n\
             workers from --workers: \"65\" is not a whole number from 1 to 64",
        );
        check(
            "cache.menu.ttl_s = 86401\ncache.bytes_max = 70000",
            &[("COMANDA_CACHE_FLOOR_BYTES_MAX", "1")],
            &[],
            "cache.floor.bytes_max from COMANDA_CACHE_FLOOR_BYTES_MAX: \"1\" is not a whole number of bytes from 65536 to \
             1073741824\ncache.menu.ttl_s from comanda.conf:1: \"86401\" is not a whole number of seconds from 0 to 86400",
        );
        check("", &[("COMANDA_DB", "")], &[], "db from COMANDA_DB: \"\" names no file");
    }
}
