//! Receipts against their records, and the numbers of each day against what was issued on it.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};

use super::books::{Found, Rollup};
use super::{Chunk, MoneyRow};
use crate::error::Result;
use crate::kernel::day::BusinessDate;
use crate::kernel::wrong::Wrong;
use crate::orders::sql::verify::ReceiptRow;
use crate::reports::model::{ReceiptCounts, ReceiptSpan};
use crate::reports::ops::receipt_days;
use crate::store::Read;

#[derive(Debug, Clone, Copy)]
struct Known {
    id: i64,
    number: i64,
    total: i64,
    /// The first half of its body's hash.
    hash: Option<u128>,
    seen: bool,
}

/// Receipts as the journal tells them, by id.
#[derive(Debug, Default)]
pub(super) struct Issued {
    known: Vec<Known>,
    /// By receipt; what was never printed is not here.
    prints: HashMap<i64, i64>,
}

impl Issued {
    pub(super) fn add(&mut self, id: i64, number: i64, total: i64, hash: Option<u128>) {
        self.known.push(Known { id, number, total, hash, seen: false });
    }

    /// So often by now.
    pub(super) fn printed(&mut self, receipt: i64, prints: i64) {
        self.prints.insert(receipt, prints);
    }

    /// Called once, when all are added.
    pub(super) fn sort(&mut self) {
        self.known.sort_by_key(|known| known.id);
    }

    fn against(&mut self, row: &ReceiptRow, wrong: &mut Vec<Wrong>) {
        let Ok(at) = self.known.binary_search_by_key(&row.id, |known| known.id) else {
            wrong.push(Wrong::new("receipts", row.id, "record in the journal", "missing", row.number));
            return;
        };
        self.known[at].seen = true;
        let known = self.known[at];
        let prints = self.prints.get(&row.id).copied().unwrap_or_default();
        wrong.extend(Wrong::unless_equal("receipts", row.id, "prints", row.prints, prints));
        wrong.extend(Wrong::unless_equal("receipts", row.id, "number", row.number, known.number));
        if known.hash.is_some_and(|hash| hash != hash_of(&row.body)) {
            wrong.push(Wrong::new("receipts", row.id, "body", "changed", format!("as issued, total {}", known.total)));
        }
    }

    /// What the journal tells of receipts that are not there.
    pub(super) fn unseen(&self, wrong: &mut Vec<Wrong>) {
        let gone = self.known.iter().filter(|known| !known.seen);
        wrong.extend(gone.map(|known| Wrong::new("receipts", known.id, "row", "missing", known.number)));
    }
}

fn hash_of(body: &str) -> u128 {
    let hash: [u8; 32] = Sha256::digest(body).into();
    hash.iter().take(16).fold(0, |whole, byte| whole << 8 | u128::from(*byte))
}

/// What was issued, by day and series.
#[derive(Debug, Default)]
pub(super) struct Numbered(BTreeMap<(BusinessDate, String), ReceiptSpan>);

impl Numbered {
    fn add(&mut self, row: &ReceiptRow) {
        let one = ReceiptCounts::one(&row.kind);
        let day = self.0.entry((row.date, row.series.clone())).or_insert_with(|| ReceiptSpan {
            series: row.series.clone(),
            first: row.number,
            last: row.number,
            counts: ReceiptCounts::default(),
        });
        (day.first, day.last) = (day.first.min(row.number), day.last.max(row.number));
        day.counts = ReceiptCounts {
            sales: day.counts.sales + one.sales,
            refunds: day.counts.refunds + one.refunds,
            corrections: day.counts.corrections + one.corrections,
            advances: day.counts.advances + one.advances,
        };
    }

    /// The stored days against it.
    pub(super) fn compare(mut self, db: &impl Read, rollups: &mut Vec<Rollup>) -> Result<()> {
        for (date, kept) in receipt_days(db)? {
            let is = self.0.remove(&(date, kept.series.clone()));
            if is.as_ref() != Some(&kept) {
                rollups.push(Rollup::Receipts { date, kept, is });
            }
        }
        for ((date, series), is) in self.0 {
            let kept = ReceiptSpan { series, ..ReceiptSpan::default() };
            rollups.push(Rollup::Receipts { date, kept, is: Some(is) });
        }
        Ok(())
    }
}

/// One a value that differs.
pub(super) fn differ(date: BusinessDate, kept: &ReceiptSpan, is: Option<&ReceiptSpan>) -> Vec<Wrong> {
    let none = ReceiptSpan::default();
    let values = |span: &ReceiptSpan| {
        let ReceiptCounts { sales, refunds, corrections, advances } = span.counts;
        [span.first, span.last, sales, refunds, corrections, advances]
    };
    let columns = ["first", "last", "sales", "refunds", "corrections", "advances"];
    let pairs = values(kept).into_iter().zip(values(is.unwrap_or(&none)));
    let row = format!("{date} {}", kept.series);
    let differs = |(column, (kept, is))| Wrong::unless_equal("receipt_days", &row, column, kept, is);
    columns.into_iter().zip(pairs).filter_map(differs).collect()
}

impl Chunk {
    /// Each receipt against its record; a correction against the payment it is of.
    pub(super) fn papers(&self, found: &mut Found, numbered: &mut Numbered) {
        let payments: HashMap<i64, &MoneyRow> = self.payments.values().flatten().map(|p| (p.id, p)).collect();
        for row in &self.receipts {
            found.told.receipts.against(row, &mut found.wrong);
            numbered.add(row);
            let corrects = payments.get(&row.payment).is_some_and(|p| p.corrects != 0 && p.check == row.check);
            if (row.kind == "correction") != corrects {
                let of = "of a payment that sets another right";
                found.wrong.push(Wrong::new("receipts", row.id, "payment_id", row.payment, of));
            }
        }
    }
}
