//! How the server runs: one struct from a file, the environment and flags, validated once.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::stats;

/// Where the file is kept when nobody says otherwise.
pub const DB_DEFAULT: &str = "comanda.db";
/// Only this machine; a LAN is opened on purpose.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:8300";

/// The names a value may be given under: `name = value` in the file, `COMANDA_NAME` in the
/// environment, `--name` as a flag.
const NAMES: [&str; 5] = ["db", "listen", "workers", "readers", "log"];

/// What the server is started with; every value is within its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The restaurant's file.
    pub db: PathBuf,
    /// Where terminals reach it; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Event loops, 1 to 64; as many as cores.
    pub workers: usize,
    /// Connections that read at a time, 1 to 64.
    pub readers: u32,
    /// What the log tells, as env_logger writes it: `info`, `warn,comanda::store=debug`.
    pub log: String,
    /// How figures are kept and judged.
    pub stats: stats::Settings,
}

impl Config {
    /// The defaults for `db`.
    pub fn new(db: impl Into<PathBuf>) -> Self {
        Self {
            db: db.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8300)),
            workers: std::thread::available_parallelism().map_or(2, |n| n.get().min(64)),
            readers: 4,
            log: "info".to_owned(),
            stats: stats::Settings::default(),
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
            "workers" => self.workers = number(text)?,
            "readers" => self.readers = number(text)?,
            "log" => self.log = text.to_owned(),
            _ => return Err("is no setting".to_owned()),
        }
        Ok(())
    }
}

/// A count of threads or connections.
fn number<T: TryFrom<u32>>(text: &str) -> Result<T, String> {
    let number = text.parse::<u32>().ok().filter(|n| (1..=64).contains(n));
    number.and_then(|n| T::try_from(n).ok()).ok_or_else(|| "is not a whole number from 1 to 64".to_owned())
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { db, listen, workers, readers, log, stats: _ } = self;
        write!(f, "db = {}, listen = {listen}, workers = {workers}, readers = {readers}, log = {log}", db.display())
    }
}

/// Values with the place each came from; a later source goes over an earlier one.
#[derive(Debug, Default)]
pub struct Given {
    values: BTreeMap<&'static str, Value>,
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
                Some((name, value)) if known(name).is_some() => self.put(name, value, &source),
                Some((name, _)) => {
                    wrong.push(format!("{source}: {name:?} is no setting; there are {}", NAMES.join(", ")));
                }
                None => wrong.push(format!("{source}: {line:?} is not name = value")),
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(Wrong(wrong)) }
    }

    /// `COMANDA_DB` and the like, as `get` finds them.
    pub fn environment(&mut self, get: impl Fn(&str) -> Option<String>) {
        for name in NAMES {
            let variable = format!("COMANDA_{}", name.to_uppercase());
            if let Some(value) = get(&variable) {
                self.put(name, &value, &variable);
            }
        }
    }

    /// `--name value`, where it was given.
    pub fn flag(&mut self, name: &'static str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.put(name, &value.to_string(), &format!("--{name}"));
        }
    }

    fn put(&mut self, name: &str, text: &str, source: &str) {
        if let Some(name) = known(name) {
            self.values.insert(name, Value { text: text.to_owned(), source: source.to_owned() });
        }
    }
}

fn known(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|known| *known == name)
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
            "comanda.conf:1: \"port\" is no setting; there are db, listen, workers, readers, log\n\
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
        check("", &[("COMANDA_DB", "")], &[], "db from COMANDA_DB: \"\" names no file");
    }
}
