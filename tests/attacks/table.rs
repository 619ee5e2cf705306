//! How much is tried, and the rows of the table that `tests/trust` prints.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// How often something is tried: `COMANDA_TRUST=long` as at night, `short` before every merge, and a few
/// times where nobody says; `COMANDA_TRUST_<NAME>` sets one number.
pub fn count(name: &str, long: u64, short: u64, few: u64) -> u64 {
    let form = env::var("COMANDA_TRUST").unwrap_or_default();
    let count = match form.as_str() {
        "long" => long,
        "short" => short,
        "" => few,
        other => panic!("COMANDA_TRUST is long or short, not {other:?}"),
    };
    set(&format!("COMANDA_TRUST_{name}")).unwrap_or(count)
}

/// The seed of a run: `COMANDA_TRUST_SEED`, or another each time. It is said, so that it can be had again:
/// the same choices, of requests and of cuts, though not the same order of what happens at once.
pub fn seed(what: &str) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let seed = set("COMANDA_TRUST_SEED").unwrap_or_else(|| u64::from(now));
    say(&format!("{what}: COMANDA_TRUST_SEED={seed}"));
    seed
}

fn set(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

#[expect(clippy::print_stderr, reason = "a failed test shows what was printed")]
pub fn say(text: &str) {
    eprintln!("{text}");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("trust")
}

fn write(name: &str, text: &str) {
    fs::create_dir_all(folder()).and_then(|()| fs::write(folder().join(name), text)).unwrap();
}

/// What an attack came to: a promise, how it was attacked and how often, and what was lost.
pub fn row(attack: &str, promise: &str, how: &str, times: &str, lost: usize) {
    say(&format!("{promise}: {how}, {times}: {lost} lost"));
    write(&format!("{attack}.row"), &format!("{promise}\t{how}\t{times}\t{lost}\n"));
}

/// What the same attack does with a defence off; an attack may have several proofs.
pub fn bites(attack: &str, proof: &str, how: &str) {
    say(&format!("with a defence off: {how}"));
    write(&format!("{attack}.bites.{proof}"), &format!("{how}\n"));
}

/// A folder for something to be looked at after a failure.
pub fn kept(name: &str) -> PathBuf {
    folder().join("found").join(name)
}
