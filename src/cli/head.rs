//! The journal's head to be kept elsewhere, and heads that were.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use super::check::failed;
use super::{Failed, Outcome, say};
use crate::journal;
use crate::journal::head::{self, DIGITS_MIN, Head, Seen};
use crate::kernel::clock::{Clock as _, SystemClock};
use crate::store::Snapshot;

/// As `--head` writes it, or a Z as the server answers it.
#[derive(Deserialize)]
struct Written {
    site_uuid: Option<String>,
    #[serde(alias = "journal_epoch")]
    epoch: Option<i64>,
    #[serde(alias = "to_seq")]
    seq: i64,
    #[serde(alias = "journal_hash")]
    hash: String,
}

/// Every head that `word` tells: `SEQ:HASH` as a Z has it printed, or a file with one or several.
pub(super) fn seen(word: &str) -> Result<Vec<Seen>, Failed> {
    let typed = word.split_once(':').and_then(|(seq, hash)| Some((seq.trim().parse::<i64>().ok()?, hash)));
    if let Some((seq, hash)) = typed.filter(|_| !Path::new(word).exists()) {
        let seen = Seen::new(None, None, seq, hash);
        let why = || format!("--against {word}: a hash has {DIGITS_MIN} to 64 of the digits 0-9 and a-f, as printed.");
        return Ok(vec![seen.ok_or_else(|| Failed(why()))?]);
    }
    let no_head = |why: String| Failed(format!("--against {word} is no journal's head: {why}"));
    let text = fs::read_to_string(word).map_err(|e| no_head(e.to_string()))?;
    let mut heads = Vec::new();
    for written in serde_json::Deserializer::from_str(&text).into_iter::<Written>() {
        let Written { site_uuid, epoch, seq, hash } = written.map_err(|e| no_head(e.to_string()))?;
        let seen = Seen::new(site_uuid, epoch, seq, &hash);
        heads.push(seen.ok_or_else(|| no_head(format!("record {seq} and {hash:?} are no number and hash")))?);
    }
    if heads.is_empty() { Err(no_head("it is empty".to_owned())) } else { Ok(heads) }
}

/// Holds the journal against each; answers what does not hold.
pub(super) fn against(db: &Snapshot, heads: &[Seen]) -> Result<Vec<String>, Failed> {
    let mut wrong = Vec::new();
    for seen in heads {
        match head::against(db, seen).map_err(failed)? {
            Ok(since) => say(format!("journal {}: as it was written down; {since} records since", seen.seq))?,
            Err(what) => wrong.push(what),
        }
    }
    Ok(wrong)
}

/// Says the head, and writes it to `to` where that is named; `-` is standard output.
pub(super) fn tell(db: &Snapshot, to: Option<&Path>) -> Outcome {
    let Some(head) = head::current(db).map_err(failed)? else { return Ok(()) };
    let Head { site_uuid, epoch, seq, hash, at } = head;
    let zone = journal::ops::calendar(db).map_err(failed)?.zone;
    let (at, checked) = (at.rfc3339(&zone), SystemClock.now().rfc3339(&zone));
    let written = json!({
        "site_uuid": site_uuid, "epoch": epoch, "seq": seq, "hash": hash, "at": at, "checked_at": checked,
    });
    match to {
        Some(to) if to == Path::new("-") => return say(written),
        Some(to) => {
            let made = crate::store::unfinished(to, "writing");
            let put = File::create(&made).and_then(|mut file| {
                writeln!(file, "{written}")?;
                file.sync_all()?;
                fs::rename(&made, to)
            });
            put.map_err(|e| Failed(format!("The head is not written to {}: {e}.", to.display())))?;
        }
        None => {}
    }
    say(format!("journal {seq}: {hash}, epoch {epoch}, {at}"))
}
