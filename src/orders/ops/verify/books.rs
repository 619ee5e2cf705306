//! The books kept while all orders pass, and what the stored rollups say against them.

use std::collections::{BTreeMap, HashMap};

use super::told::Told;
use crate::error::Result;
use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::kernel::ids::OrderId;
use crate::kernel::wrong::Wrong;
use crate::reports::model::{Dim, Figures, ReceiptSpan};
use crate::reports::ops::{current_z, rollup_rows, z_rollup_rows};
use crate::shifts::model::OpenOrder;
use crate::store::Read;

/// Rollups by what they cover (a date, or a Z's number), dimension and key.
type Books<K> = BTreeMap<(K, Dim, String), Figures>;

/// Where a fact is booked.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) date: BusinessDate,
    /// The Z that covers it; 0 where none does.
    pub(super) z: i64,
    /// Its record.
    pub(super) seq: i64,
}

/// A rollup that says something else than what it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollup {
    Day {
        date: BusinessDate,
        dim: Dim,
        key: String,
        name: String,
        stored: Figures,
        recomputed: Figures,
    },
    /// Of the coming Z. Those before it are records, which nothing repairs.
    Z {
        number: i64,
        dim: Dim,
        key: String,
        name: String,
        stored: Figures,
        recomputed: Figures,
    },
    /// Of `order_days` or `order_months`.
    Count {
        table: &'static str,
        key: String,
        state: String,
        kept: i64,
        counted: i64,
    },
    /// Of `receipt_days`: as it is kept, and as receipts were issued.
    Receipts {
        date: BusinessDate,
        kept: ReceiptSpan,
        is: Option<ReceiptSpan>,
    },
    /// Of `open_orders`: as it is listed, and as it is open.
    Open {
        order: OrderId,
        listed: Option<OpenOrder>,
        is: Option<OpenOrder>,
    },
}

impl Rollup {
    /// One a value that differs.
    pub fn wrong(&self) -> Vec<Wrong> {
        match self {
            Self::Day { date, dim, key, stored, recomputed, .. } => {
                let id = format!("{date} {} {key}", dim.as_str());
                differ("day_totals", id.trim_end(), stored, recomputed)
            }
            Self::Z { number, dim, key, stored, recomputed, .. } => {
                let id = format!("{number} {} {key}", dim.as_str());
                differ("z_totals", id.trim_end(), stored, recomputed)
            }
            Self::Count { table, key, state, kept, counted } => {
                vec![Wrong::new(table, format!("{key} {state}"), "n", kept, counted)]
            }
            Self::Receipts { date, kept, is } => super::receipts::differ(*date, kept, is.as_ref()),
            Self::Open { order, listed, is } => {
                let word =
                    |row: &Option<OpenOrder>| row.as_ref().map_or("missing".to_owned(), |row| format!("{row:?}"));
                vec![Wrong::new("open_orders", order, "row", word(listed), word(is))]
            }
        }
    }

    fn name(&mut self, names: &HashMap<(Dim, String), String>) {
        if let Self::Day { dim, key, name, .. } | Self::Z { dim, key, name, .. } = self
            && name.is_empty()
        {
            *name = names.get(&(*dim, key.clone())).cloned().unwrap_or_default();
        }
    }
}

fn differ(table: &'static str, id: &str, stored: &Figures, recomputed: &Figures) -> Vec<Wrong> {
    let values = Figures::COLUMNS.into_iter().zip(stored.values()).zip(recomputed.values());
    values
        .filter_map(|((column, stored), recomputed)| Wrong::unless_equal(table, id, column, stored, recomputed))
        .collect()
}

pub(super) struct Found {
    pub(super) wrong: Vec<Wrong>,
    pub(super) told: Told,
    days: Books<BusinessDate>,
    zs: Books<i64>,
    /// Today's.
    zone: Zone,
}

impl Found {
    pub(super) fn new(told: Told, zone: Zone) -> Self {
        Self { wrong: Vec::new(), told, days: Books::new(), zs: Books::new(), zone }
    }

    #[expect(clippy::needless_pass_by_value, reason = "a key is a number or a word; neither is worth a borrow")]
    pub(super) fn post(&mut self, at: At, dim: Dim, key: impl ToString, figures: &Figures) {
        let key = key.to_string();
        if at.z > 0 && dim.in_z() {
            self.zs.entry((at.z, dim, key.clone())).or_default().add(figures);
        }
        self.days.entry((at.date, dim, key)).or_default().add(figures);
    }

    pub(super) fn same(&mut self, table: &'static str, id: i64, column: &'static str, stored: i64, recomputed: i64) {
        self.wrong.extend(Wrong::unless_equal(table, id, column, stored, recomputed));
    }

    /// Of a dish under item, variant and category.
    pub(super) fn dish(&mut self, at: At, dish: [i64; 3], figures: &Figures) {
        for (dim, id) in [Dim::Item, Dim::Variant, Dim::Category].into_iter().zip(dish) {
            self.post(at, dim, id, figures);
        }
    }

    /// The hour an order was opened at, on the wall as it hung when the fact was booked.
    pub(super) fn hour(&self, opened_at: UtcMs, at: At) -> u8 {
        self.told.zone(at.seq).unwrap_or(&self.zone).hour(opened_at)
    }

    /// The rollups as they stand against the books.
    pub(super) fn compare(mut self, db: &impl Read) -> Result<(Vec<Wrong>, Vec<Rollup>)> {
        let (mut rollups, mut names) = (Vec::new(), HashMap::new());
        for ((date, ..), figures) in self.days.iter().filter(|((_, dim, _), _)| *dim == Dim::All) {
            self.wrong.extend(identity(*date, figures));
        }
        days(db, self.days, &mut rollups, &mut names)?;
        zs(db, self.zs, &self.told, &mut self.wrong, &mut rollups, &mut names)?;
        for rollup in &mut rollups {
            rollup.name(&names);
        }
        Ok((self.wrong, rollups))
    }
}

/// Payments kept = gross + service charges + tips + rounding + not sales + excess + what is held more.
pub(super) fn identity(date: BusinessDate, f: &Figures) -> Option<Wrong> {
    let kept = f.gross + f.service_charges + f.tips + f.rounding + f.not_sales + f.excess + f.held;
    Wrong::unless_equal("day_totals", format!("{date} all"), "kept (the day's identity)", f.kept, kept)
}

type Names = HashMap<(Dim, String), String>;

/// Month by month.
fn days(db: &impl Read, mut books: Books<BusinessDate>, rollups: &mut Vec<Rollup>, names: &mut Names) -> Result<()> {
    let (early, late) = (BusinessDate::new(0), BusinessDate::new(2_932_896));
    let dates = || books.keys().map(|(date, ..)| *date);
    let (first, last) = (dates().min().unwrap_or(early), dates().max().unwrap_or(early));
    let mut from = early;
    while from <= late {
        let to = if from < first {
            first.plus_days(-1).max(from)
        } else if from > last {
            late
        } else {
            from.month().last()
        };
        for row in rollup_rows(db, from, to)? {
            let (date, dim, key, name) = (row.date, row.dim, row.key, row.name);
            let recomputed = books.remove(&(date, dim, key.clone())).unwrap_or_default();
            if recomputed != row.figures {
                let (key, name) = (key.clone(), name.clone());
                rollups.push(Rollup::Day { date, dim, key, name, stored: row.figures, recomputed });
            }
            if !name.is_empty() {
                names.insert((dim, key), name);
            }
        }
        from = to.plus_days(1);
    }
    for ((date, dim, key), recomputed) in books {
        if recomputed != Figures::default() {
            let (name, stored) = (String::new(), Figures::default());
            rollups.push(Rollup::Day { date, dim, key, name, stored, recomputed });
        }
    }
    Ok(())
}

fn zs(
    db: &impl Read,
    mut books: Books<i64>,
    told: &Told,
    wrong: &mut Vec<Wrong>,
    rollups: &mut Vec<Rollup>,
    names: &mut Names,
) -> Result<()> {
    let coming = told.z_number();
    wrong.extend(Wrong::unless_equal("z_current", 1, "number", current_z(db)?, coming));
    let mut turnover = BTreeMap::new();
    for ((number, ..), figures) in books.iter().filter(|((_, dim, _), _)| *dim == Dim::All) {
        turnover.insert(*number, figures.turnover());
    }
    chain(told, &turnover, wrong);
    for number in 1..=coming {
        let mut differs = |dim: Dim, key: String, name: String, stored: Figures, recomputed: Figures| {
            let rollup = Rollup::Z { number, dim, key, name, stored, recomputed };
            match (stored == recomputed, number == coming) {
                (true, _) => {}
                (false, true) => rollups.push(rollup),
                (false, false) => wrong.extend(rollup.wrong()),
            }
        };
        for (dim, key, name, stored) in z_rollup_rows(db, number)? {
            let recomputed = books.remove(&(number, dim, key.clone())).unwrap_or_default();
            if !name.is_empty() {
                names.entry((dim, key.clone())).or_insert_with(|| name.clone());
            }
            differs(dim, key, name, stored, recomputed);
        }
        let rest = books.range((number, Dim::All, String::new())..(number + 1, Dim::All, String::new()));
        for ((_, dim, key), recomputed) in rest {
            differs(*dim, key.clone(), String::new(), Figures::default(), *recomputed);
        }
    }
    Ok(())
}

/// Each Z begins where the one before ended, ends with its own record, and adds its turnover to the
/// perpetual total.
fn chain(told: &Told, turnover: &BTreeMap<i64, i64>, wrong: &mut Vec<Wrong>) {
    let (mut from, mut perpetual) = (1, 0);
    for (z, number) in told.spans().iter().zip(1..) {
        let sold = turnover.get(&z.number).copied().unwrap_or_default();
        wrong.extend(Wrong::unless_equal("z_reports", z.number, "id", z.number, number));
        wrong.extend(Wrong::unless_equal("z_reports", z.number, "from_seq", z.from_seq, from));
        wrong.extend(Wrong::unless_equal(
            "z_reports",
            z.number,
            "perpetual_total",
            z.perpetual_total,
            perpetual + sold,
        ));
        if told.closing(z.to_seq) != Some(z.number) {
            wrong.push(Wrong::new("z_reports", z.number, "to_seq", z.to_seq, "the record of that closing"));
        }
        (from, perpetual) = (z.to_seq + 1, z.perpetual_total);
    }
}
