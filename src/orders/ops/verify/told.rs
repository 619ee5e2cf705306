//! What the journal says of facts that rows tell too: when money came, which Z that falls into, and in
//! which zone its hour was read.

use std::collections::{HashMap, HashSet};

use super::books::At;
use super::receipts::Issued;
use crate::drawers;
use crate::error::{Fault, Result};
use crate::journal::{self, Kind, model::told as unwrapped};
use crate::kernel::day::{BusinessDate, Zone};
use crate::kernel::wrong::Wrong;
use crate::orders::facts::{self, Told as Fact};
use crate::orders::sql::drawers::Moved;
use crate::orders::sql::verify::{CheckRow, MoneyRow, OrderRow, TipRow};
use crate::reports::prices::PriceFigures;
use crate::settings;
use crate::shifts::{self, model::ZSpan};
use crate::store::Read;
use crate::timeclock;

/// Records read at a time.
const CHUNK: u32 = 1000;

/// Where a fact stands in the journal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// 0 where the journal does not know it.
    seq: i64,
    /// The Z that covers it; 0 where none does.
    z: i64,
}

impl Place {
    pub(super) fn on(self, date: BusinessDate) -> At {
        At { date, z: self.z, seq: self.seq }
    }
}

#[derive(Debug, Clone, Copy)]
struct Known {
    id: i64,
    seq: i64,
    amount: i64,
    seen: bool,
}

/// Facts of one kind by id; of several records of one fact the last one counts.
#[derive(Debug, Default)]
struct Facts(Vec<Known>);

impl Facts {
    fn add(&mut self, id: i64, seq: i64, amount: i64) {
        self.0.push(Known { id, seq, amount, seen: false });
    }

    /// Called once, when all are added.
    fn sort(&mut self) {
        self.0.sort_by_key(|fact| (fact.id, std::cmp::Reverse(fact.seq)));
        self.0.dedup_by_key(|fact| fact.id);
    }

    fn get(&self, id: i64) -> Option<Known> {
        self.0.binary_search_by_key(&id, |fact| fact.id).ok().map(|at| self.0[at])
    }

    fn see(&mut self, id: i64) -> Option<Known> {
        let at = self.0.binary_search_by_key(&id, |fact| fact.id).ok()?;
        self.0[at].seen = true;
        Some(self.0[at])
    }

    fn unseen(&self, table: &'static str, wrong: &mut Vec<Wrong>) {
        let gone = self.0.iter().filter(|fact| !fact.seen);
        wrong.extend(gone.map(|fact| Wrong::new(table, fact.id, "row", "missing", fact.amount)));
    }
}

/// A line that was taken off, as its record has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voided {
    pub(super) date: BusinessDate,
    pub(super) amount: i64,
    pub(super) wasted: bool,
}

#[derive(Debug, Default)]
pub(super) struct Told {
    payments: Facts,
    refunds: Facts,
    tips: Facts,
    prices: Facts,
    /// By payment, the one whose wrong tender it sets right.
    corrected: HashMap<i64, i64>,
    /// The records by which those were taken back.
    taken_back: HashSet<i64>,
    checks: Facts,
    pub(super) receipts: Issued,
    /// By order.
    imports: Facts,
    voided: HashMap<i64, Voided>,
    /// By order that was voided, or merged into another: the last record that says so.
    ended: HashMap<i64, i64>,
    /// By check that nothing stood on any more: the last record that says so.
    emptied: HashMap<i64, i64>,
    /// What people did to drawers, with the records that tell it.
    drawers: Vec<(i64, drawers::record::Told)>,
    /// What each entry of the time clock is, as last told.
    times: HashMap<i64, String>,
    /// The last record each zone of before was in force for, oldest first.
    zones: Vec<(i64, Zone)>,
    spans: Vec<ZSpan>,
    /// The Z whose record each is.
    closings: HashMap<i64, i64>,
}

impl Told {
    /// Reads the whole journal; whether its chain holds is asked elsewhere.
    pub(super) fn read(db: &impl Read) -> Result<Self> {
        let mut told = Self {
            payments: Facts::default(),
            refunds: Facts::default(),
            tips: Facts::default(),
            prices: Facts::default(),
            corrected: HashMap::new(),
            taken_back: HashSet::new(),
            checks: Facts::default(),
            receipts: Issued::default(),
            imports: Facts::default(),
            voided: HashMap::new(),
            ended: HashMap::new(),
            emptied: HashMap::new(),
            drawers: Vec::new(),
            times: HashMap::new(),
            zones: Vec::new(),
            spans: shifts::ops::z_spans(db)?,
            closings: HashMap::new(),
        };
        let mut last = 0;
        loop {
            let records = journal::ops::after(db, last, CHUNK)?;
            let Some(newest) = records.last() else { break };
            last = newest.seq;
            for record in &records {
                if let Some(kind) = Kind::parse(&record.kind) {
                    told.hear(kind, record)?;
                }
            }
        }
        let Self { payments, refunds, tips, prices, checks, imports, .. } = &mut told;
        [payments, refunds, tips, prices, checks, imports].into_iter().for_each(Facts::sort);
        told.receipts.sort();
        Ok(told)
    }

    fn hear(&mut self, kind: Kind, record: &journal::sql::Record) -> Result<()> {
        let (seq, payload) = (record.seq, unwrapped(&record.payload));
        match kind {
            Kind::ChecksJoined => self.emptied.extend(facts::emptied(payload).into_iter().map(|check| (check, seq))),
            Kind::DayClosed => drop(self.closings.insert(seq, record.subject)),
            Kind::SettingsChanged => {
                let before = settings::records::zone_before(payload).and_then(|name| Zone::parse(&name).ok());
                self.zones.extend(before.map(|zone| (seq, zone)));
            }
            _ => {}
        }
        self.times.extend(timeclock::record::told(kind, payload).map(|told| (record.subject, told)));
        self.drawers.extend(drawers::record::told(kind, payload).map(|told| (seq, told)));
        match facts::told(kind, payload) {
            Some(Fact::Payment { id, amount }) => self.payments.add(id, seq, amount),
            Some(Fact::Refund { id, amount }) => self.refunds.add(id, seq, amount),
            Some(Fact::Tip { id, amount }) => self.tips.add(id, seq, amount),
            Some(Fact::Priced { id, amount }) => self.prices.add(id, seq, amount),
            Some(Fact::Corrected { payment, corrects, refund, amount }) => {
                self.corrected.insert(payment, corrects);
                self.taken_back.insert(refund);
                self.payments.add(payment, seq, amount);
                self.refunds.add(refund, seq, amount);
            }
            Some(Fact::Check { id, total }) => self.checks.add(id, seq, total),
            Some(Fact::Receipt { id, number, total, hash }) => self.receipts.add(id, number, total, hash),
            Some(Fact::Printed { receipt, prints }) => self.receipts.printed(receipt, prints),
            Some(Fact::Imported { total }) => self.imports.add(record.subject, seq, total),
            Some(Fact::Voided { line, amount, wasted }) => {
                let date = BusinessDate::parse(&record.business_date).map_err(|e| Fault::new(e.detail))?;
                self.voided.insert(line, Voided { date, amount, wasted });
            }
            Some(Fact::Ended { order }) => drop(self.ended.insert(order.unwrap_or(record.subject), seq)),
            None => {}
        }
        Ok(())
    }

    /// What each entry of the time clock is, as last told.
    pub(super) fn take_times(&mut self) -> HashMap<i64, String> {
        std::mem::take(&mut self.times)
    }

    /// What people did to drawers, with the Z that covers it.
    pub(super) fn drawers(&self) -> impl Iterator<Item = (drawers::record::Told, i64)> {
        self.drawers.iter().map(|(seq, told)| (*told, self.place(*seq).z))
    }

    /// The Z that covers the fact which moved cash of a drawer; 0 where the journal knows none.
    pub(super) fn z_of(&self, moved: Moved) -> i64 {
        let fact = match moved {
            Moved::Payment(id) => self.payments.get(id),
            Moved::Tip(id) => self.tips.get(id),
            Moved::Refund(id) => self.refunds.get(id),
        };
        fact.map_or(0, |fact| self.place(fact.seq).z)
    }

    /// The number of the coming Z.
    pub(super) fn z_number(&self) -> i64 {
        self.spans.last().map_or(0, |z| z.number) + 1
    }

    pub(super) fn spans(&self) -> &[ZSpan] {
        &self.spans
    }

    /// The number of the Z whose record `seq` is.
    pub(super) fn closing(&self, seq: i64) -> Option<i64> {
        self.closings.get(&seq).copied()
    }

    fn place(&self, seq: i64) -> Place {
        let at = self.spans.partition_point(|z| z.to_seq < seq);
        Place { seq, z: self.spans.get(at).map_or_else(|| self.z_number(), |z| z.number) }
    }

    /// Where a check was settled, where it was.
    pub(super) fn check(&self, order: &OrderRow, check: i64) -> Place {
        match self.checks.get(check) {
            Some(fact) => self.place(fact.seq),
            None => self.import(order),
        }
    }

    /// Where a check ended without a sale: with its order, or because everything was taken from it.
    pub(super) fn ended(&self, order: i64, check: i64) -> Place {
        let seq = self.ended.get(&order).or_else(|| self.emptied.get(&check));
        seq.map_or_else(Place::default, |seq| self.place(*seq))
    }

    /// Imported history enters no Z.
    fn import(&self, order: &OrderRow) -> Place {
        let fact = self.imports.get(order.id).filter(|_| order.imported);
        Place { seq: fact.map_or(0, |fact| fact.seq), z: 0 }
    }

    /// [`Told::check`] of a check that is settled, held against its record.
    pub(super) fn settled(&mut self, order: &OrderRow, check: &CheckRow, wrong: &mut Vec<Wrong>) -> Place {
        let fact = if order.imported { self.imports.see(order.id) } else { self.checks.see(check.id) };
        against(fact, "checks", check.id, "total", check.sums[4], wrong);
        self.check(order, check.id)
    }

    pub(super) fn payment(&mut self, order: &OrderRow, p: &MoneyRow, wrong: &mut Vec<Wrong>) -> Place {
        let corrects = self.corrected.get(&p.id).copied().unwrap_or_default();
        wrong.extend(Wrong::unless_equal("payments", p.id, "corrects", p.corrects, corrects));
        match self.payments.see(p.id) {
            None if order.imported => self.import(order),
            fact => {
                against(fact, "payments", p.id, "amount", p.amount, wrong);
                fact.map_or_else(Place::default, |fact| self.place(fact.seq))
            }
        }
    }

    pub(super) fn refund(&mut self, r: &MoneyRow, wrong: &mut Vec<Wrong>) -> Place {
        let fact = self.refunds.see(r.id);
        against(fact, "refunds", r.id, "amount", r.amount, wrong);
        fact.map_or_else(Place::default, |fact| self.place(fact.seq))
    }

    /// Whether a refund only took a wrong tender back.
    pub(super) fn takes_a_tender_back(&self, refund: i64) -> bool {
        self.taken_back.contains(&refund)
    }

    pub(super) fn tip(&mut self, t: &TipRow, wrong: &mut Vec<Wrong>) -> Place {
        let fact = self.tips.see(t.id);
        against(fact, "payment_tips", t.id, "given less taken", t.given.0 - t.taken.0, wrong);
        fact.map_or_else(Place::default, |fact| self.place(fact.seq))
    }

    /// Every price that was set: its record, and whether its line bears the last one.
    pub(super) fn priced(&mut self, rows: &[PriceFigures], wrong: &mut Vec<Wrong>) {
        for row in rows {
            against(self.prices.see(row.id), "price_overrides", row.id, "amount", row.amount, wrong);
            if row.is_last {
                wrong.extend(Wrong::unless_equal("lines", row.line, "unit_price", row.stands, row.to));
            }
        }
    }

    pub(super) fn voided(&mut self, line: i64) -> Option<Voided> {
        self.voided.remove(&line)
    }

    /// The zone in force when record `seq` was written, where it is not today's.
    pub(super) fn zone(&self, seq: i64) -> Option<&Zone> {
        let at = self.zones.partition_point(|(until, _)| *until < seq);
        self.zones.get(at).map(|(_, zone)| zone)
    }

    /// What the journal tells of rows that are not there.
    pub(super) fn covered(&self, wrong: &mut Vec<Wrong>) {
        self.payments.unseen("payments", wrong);
        self.refunds.unseen("refunds", wrong);
        self.tips.unseen("payment_tips", wrong);
        self.prices.unseen("price_overrides", wrong);
        self.checks.unseen("checks", wrong);
        self.imports.unseen("orders", wrong);
        self.receipts.unseen(wrong);
        let mut lines: Vec<_> = self.voided.iter().collect();
        lines.sort_unstable_by_key(|(line, _)| **line);
        wrong.extend(lines.into_iter().map(|(line, v)| Wrong::new("lines", line, "voided row", "missing", v.amount)));
    }
}

fn against(
    fact: Option<Known>,
    table: &'static str,
    id: i64,
    column: &'static str,
    stored: i64,
    wrong: &mut Vec<Wrong>,
) {
    match fact {
        Some(fact) => wrong.extend(Wrong::unless_equal(table, id, column, stored, fact.amount)),
        None => wrong.push(Wrong::new(table, id, "record in the journal", "missing", stored)),
    }
}
