//! What must hold of a restaurant's file, whatever happened to the machine.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use comanda::store::{self, Store};
use comanda::{app, upkeep};
use rusqlite::Connection;

use crate::house::{Brought, Deed, Mark};
use crate::server::{DB, Server, comanda};
use crate::terminal::{Request, Terminal};

/// What does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Something was acknowledged and is not there.
    Lost(String),
    /// A deed is there in part, twice, or with another answer.
    Half(String),
    /// The file, or what is kept in it, contradicts itself.
    Broken(String),
}

type Kept = (Vec<u8>, i64, Option<String>, String, Vec<u8>, Option<i64>, i64);

/// What a file says about deeds.
#[derive(Debug, Default)]
pub struct Rows {
    /// The answers kept for retries, by their keys, whole.
    answers: HashMap<String, Kept>,
    marks: HashMap<(Mark, String), u64>,
    imported: HashMap<String, u64>,
    /// The journal's records with their hashes.
    journal: Vec<(i64, Vec<u8>)>,
}

impl Rows {
    pub fn read(folder: &Path) -> rusqlite::Result<Self> {
        let db = Connection::open(folder.join(DB))?;
        let mut rows = Self::default();
        let mut select = db.prepare(
            "select key, request_hash, status, etag, content_type, body, unpacked_bytes, at_ms from idempotency_keys",
        )?;
        let mut found = select.query([])?;
        while let Some(row) = found.next()? {
            let kept = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?);
            rows.answers.insert(row.get(0)?, kept);
        }
        for (mark, sql) in Mark::COUNTS {
            let mut select = db.prepare(sql)?;
            let mut found = select.query([])?;
            while let Some(row) = found.next()? {
                rows.marks.insert((mark, row.get(0)?), row.get::<_, u32>(1)?.into());
            }
        }
        let mut select = db.prepare("select source, count(*) from orders where source is not null group by 1")?;
        let mut found = select.query([])?;
        while let Some(row) = found.next()? {
            rows.imported.insert(row.get(0)?, row.get::<_, u32>(1)?.into());
        }
        let mut select = db.prepare("select seq, hash from journal order by seq")?;
        rows.journal = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        drop(select);
        Ok(rows)
    }

    /// How often it happened: 0, or 1 for all of it; anything else says what is wrong.
    pub fn times(&self, deed: &Deed) -> Result<u64, String> {
        let count = |mark: Mark| self.marks.get(&(mark, deed.name.clone())).copied().unwrap_or_default();
        let counts: Vec<(Mark, u64, u64)> = deed.marks.iter().map(|&(mark, n)| (mark, n, count(mark))).collect();
        let is_kept = self.answers.contains_key(&deed.request.key);
        if is_kept && counts.iter().all(|&(_, wanted, found)| wanted == found) {
            return Ok(1);
        }
        if !is_kept && counts.iter().all(|&(_, _, found)| found == 0) {
            return Ok(0);
        }
        let counts: Vec<_> = counts.iter().map(|(mark, n, found)| format!("{found} of {n} {mark:?}")).collect();
        Err(format!(
            "{}: its answer is {}kept, and {}",
            deed.name,
            if is_kept { "" } else { "not " },
            counts.join(", ")
        ))
    }

    /// Rows that bear the name of this deed, beyond those that one of it makes.
    pub fn is_doubled(&self, deed: &Deed) -> bool {
        deed.marks.iter().any(|&(mark, n)| self.marks.get(&(mark, deed.name.clone())).is_some_and(|found| *found > n))
    }
}

/// An evening as it came to its end, by which every moment of it is judged.
pub struct Judge<'e> {
    pub deeds: &'e [Deed],
    pub brought: &'e [Brought],
    /// The file at the end, after everything.
    pub end: &'e Rows,
}

impl Judge<'_> {
    /// Opens the files of a folder as the server does at its start, in this process, and looks at all of
    /// it. `acknowledged` says of each deed whether it was by then, `brought` of each import.
    pub fn look(&self, folder: &Path, acknowledged: &[bool], brought: &[bool]) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Err(what) = opens_and_adds_up(folder, &mut findings) {
            return vec![Finding::Broken(what)];
        }
        match Rows::read(folder) {
            Ok(rows) => self.compare(&rows, acknowledged, brought, &mut findings),
            Err(error) => findings.push(Finding::Broken(format!("its rows: {error}"))),
        }
        findings
    }

    fn compare(&self, rows: &Rows, acknowledged: &[bool], brought: &[bool], findings: &mut Vec<Finding>) {
        for (deed, acknowledged) in self.deeds.iter().zip(acknowledged) {
            match rows.times(deed) {
                Err(what) => findings.push(Finding::Half(what)),
                Ok(0) if *acknowledged => findings.push(Finding::Lost(deed.name.clone())),
                Ok(_) => {}
            }
            // What is kept is the answer that everybody got from then on.
            let (kept, at_end) = (rows.answers.get(&deed.request.key), self.end.answers.get(&deed.request.key));
            if kept.is_some() && kept != at_end {
                findings.push(Finding::Half(format!("{}: another answer than later", deed.name)));
            }
        }
        for (import, done) in self.brought.iter().zip(brought) {
            let found = rows.imported.get(&import.source).copied().unwrap_or_default();
            if *done && found < import.orders {
                findings.push(Finding::Lost(format!("{} of {} orders of {}", found, import.orders, import.source)));
            }
            if found > import.orders {
                findings.push(Finding::Half(format!("{found} orders of {}", import.source)));
            }
        }
        if !self.end.journal.starts_with(&rows.journal) {
            findings.push(Finding::Broken("the journal is no beginning of what it was later".to_owned()));
        }
    }
}

/// Opens it for writing, so that its log is recovered and emptied, and recomputes everything.
fn opens_and_adds_up(folder: &Path, findings: &mut Vec<Finding>) -> Result<(), String> {
    let mut config = store::Config::new(folder.join(DB));
    (config.create, config.readers) = (false, 1);
    let store = Store::open(config, Arc::new(()), &app::statements()).map_err(|e| e.to_string())?;
    let look = || -> Result<Vec<String>, String> {
        let db = store.snapshot().map_err(|e| format!("{e:?}"))?;
        let mut wrong = db.integrity().map_err(|e| e.to_string())?;
        let links = upkeep::links::verify(&db, |_, _| {}).map_err(|e| format!("{e:?}"))?;
        wrong.extend(links.iter().map(ToString::to_string));
        let report = upkeep::ops::verify(&db, |_, _| {}).map_err(|e| format!("{e:?}"))?;
        wrong.extend(report.wrong);
        wrong.extend(report.rollups.iter().flat_map(|rollup| rollup.wrong()).map(|wrong| wrong.to_string()));
        Ok(wrong)
    };
    let looked = look();
    store.stop();
    findings.extend(looked?.into_iter().map(Finding::Broken));
    paid_as_told(folder).map_err(|e| e.to_string())?.into_iter().for_each(|what| findings.push(Finding::Broken(what)));
    Ok(())
}

/// Payments against what the checks say was paid, by statements that share nothing with the program's.
fn paid_as_told(folder: &Path) -> rusqlite::Result<Vec<String>> {
    let db = Connection::open(folder.join(DB))?;
    let mut select = db.prepare(
        "select c.id, c.paid, (select coalesce(sum(p.amount), 0) from payments p where p.check_id = c.id and p.state = 'captured')
                - (select coalesce(sum(r.amount), 0) from refunds r where r.check_id = c.id and r.reversal = 1) as money
         from checks c where c.paid <> money",
    )?;
    let rows = select.query_map([], |row| {
        let (id, paid, money): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("check {id} says {paid} was paid, its payments {money}"))
    })?;
    rows.collect()
}

/// Starts the real program on a folder, and asks it as terminals would after the lamp is back: everything
/// acknowledged again with its key, then what was under way, then something new. Then the program's own check.
pub fn boots(folder: &Path, acknowledged: &[&Deed], under_way: &[&Deed], fresh: &Request) -> Vec<Finding> {
    let mut findings = Vec::new();
    let server = match Server::start(folder, &[]) {
        Ok(server) => server,
        Err(what) => return vec![Finding::Broken(what)],
    };
    let mut terminal = Terminal::default();
    let mut ask = |request: &Request| terminal.ask(server.addr, request).map_err(|e| format!("{e}: {}", server.log()));
    for deed in acknowledged {
        let Some(first) = &deed.answer else { continue };
        match ask(&deed.request) {
            Err(what) => findings.push(Finding::Broken(what)),
            Ok(again) if !again.replayed => {
                findings.push(Finding::Lost(format!("{} was done again: {}", deed.name, again.status)));
            }
            Ok(again) if (again.status, &again.body) != (first.status, &first.body) => {
                let what = format!(
                    "{}: {} {}, and again {} {}",
                    deed.name,
                    first.status,
                    first.text(),
                    again.status,
                    again.text()
                );
                findings.push(Finding::Half(what));
            }
            Ok(_) => {}
        }
    }
    let mut done = Vec::new();
    for deed in under_way {
        match ask(&deed.request) {
            Err(what) => findings.push(Finding::Broken(what)),
            Ok(answer) if answer.status >= 500 => findings.push(Finding::Broken(answer.text())),
            Ok(answer) => done.push((*deed, u64::from(answer.is_done()))),
        }
    }
    match ask(fresh) {
        Ok(answer) if answer.status == 201 && !answer.replayed => {}
        Ok(answer) => findings.push(Finding::Broken(format!("nothing new is taken: {}", answer.text()))),
        Err(what) => findings.push(Finding::Broken(what)),
    }
    findings.extend(server.stop().err().map(Finding::Broken));
    findings.extend(comanda(folder, &["check", "--journal", "--integrity"]).err().map(Finding::Broken));
    match Rows::read(folder) {
        Err(error) => findings.push(Finding::Broken(error.to_string())),
        Ok(rows) => {
            done.extend(acknowledged.iter().map(|deed| (*deed, 1)));
            for (deed, wanted) in done {
                match rows.times(deed) {
                    Ok(found) if found == wanted => {}
                    Ok(found) => findings.push(Finding::Half(format!("{}: {found} times, not {wanted}", deed.name))),
                    Err(what) => findings.push(Finding::Half(what)),
                }
            }
        }
    }
    findings
}
