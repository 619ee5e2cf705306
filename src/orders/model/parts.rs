//! A line cut into parts, and parts put together again. Pure.
//!
//! Of a part by quantity and of a part by fraction alike: its list amount, what each discount took off and each
//! tax on top of its price are largest-remainder parts of the whole line's, so that the parts are the whole. A comp
//! stays a comp on every part, and modifiers are on every part.
//!
//! By fraction a part shows the quantity of the whole and which share of it this is. The dish is counted once:
//! with the part that stays, until that one is taken off, or until another part is paid.

use std::fmt;

use super::super::bill::{Added, DiscountAmount};
use super::{Amounts, Line};
use crate::kernel::allocate::split_from;
use crate::kernel::ids::LineId;
use crate::kernel::invalid::Invalid;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::quantity::Quantity;
use crate::kernel::rate::Rounding;

/// What a line was given by the pricing of the check it came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worth {
    /// What each discount took off; those that took nothing are absent.
    pub off: Vec<DiscountAmount>,
    /// Taxes on top of its price.
    pub added: Vec<Added>,
}

/// What a charge was given: its amount before taxes on top, and those.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChargeWorth {
    pub amount: Money,
    pub added: Vec<Added>,
}

/// A fraction between nothing and the whole, reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    num: i64,
    den: i64,
}

/// What a fraction of fractions has at most beneath its line.
const DEN_MAX: i64 = 1_000_000;

fn divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Share {
    /// From the wire: `"1/3"`, beneath the line at most 100.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let part =
            |text: &str| (text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok());
        let parts = text.split_once('/').and_then(|(num, den)| Some((part(num)??, part(den)??)));
        let (num, den): (i64, i64) = parts.ok_or_else(|| Invalid::format("a share is a fraction such as \"1/3\""))?;
        if den > 100 || num < 1 || num >= den {
            return Err(Invalid::range("a share is a part of the whole, in hundredths at the finest"));
        }
        Ok(Self::reduced(num, den))
    }

    /// As stored.
    pub const fn stored(num: i64, den: i64) -> Self {
        Self { num, den }
    }

    pub const fn num(self) -> i64 {
        self.num
    }

    pub const fn den(self) -> i64 {
        self.den
    }

    fn reduced(num: i64, den: i64) -> Self {
        let by = divisor(num, den).max(1);
        Self { num: num / by, den: den / by }
    }

    /// num/den of `of`; `None` where the fraction becomes too fine to tell.
    fn part(of: Option<Share>, num: i64, den: i64) -> Option<Share> {
        let (n, d) = of.map_or((1, 1), |of| (of.num, of.den));
        let share = Self::reduced(n.checked_mul(num)?, d.checked_mul(den)?);
        (share.den <= DEN_MAX).then_some(share)
    }

    /// Two shares as one; the inner `None` is the whole.
    pub(super) fn with(self, other: Share) -> Option<Option<Share>> {
        let num = self.num.checked_mul(other.den)?.checked_add(other.num.checked_mul(self.den)?)?;
        let sum = Self::reduced(num, self.den.checked_mul(other.den)?);
        match sum.num.cmp(&sum.den) {
            std::cmp::Ordering::Less => (sum.den <= DEN_MAX).then_some(Some(sum)),
            std::cmp::Ordering::Equal => Some(None),
            std::cmp::Ordering::Greater => None,
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

/// How a line is cut; the first part is what the line itself stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// So many of it go.
    Quantity(Quantity),
    /// This share of it goes.
    Share(Share),
    /// Into so many equal shares.
    Evenly(usize),
    /// Into so many equal numbers of it, where they are whole.
    Pieces(usize),
}

/// Where odd units go next, so that of many lines cut alike they do not all go to one part.
#[derive(Debug, Clone, Copy, Default)]
pub struct Turn {
    list: usize,
    off: usize,
    tax: usize,
}

fn turned(turn: &mut usize, total: Money, weights: &[i64]) -> Vec<Money> {
    let parts = split_from(total, weights, *turn);
    let even = weights.windows(2).all(|pair| pair[0] == pair[1]);
    if even {
        *turn += usize::try_from(total.minor().rem_euclid(weights.len().max(1) as i64)).unwrap_or_default();
    }
    parts
}

fn minors(parts: &[Money]) -> Vec<i64> {
    parts.iter().map(|part| part.minor()).collect()
}

/// Why a line is not cut so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uncut {
    Invalid(Invalid),
    TooLarge,
}

impl From<TooLarge> for Uncut {
    fn from(_: TooLarge) -> Self {
        Uncut::TooLarge
    }
}

impl Line {
    /// The line that all its parts were split off.
    pub fn root(&self) -> LineId {
        self.split_from.unwrap_or(self.id)
    }

    /// Cuts it. The line stays the first part; the others are new and have no id yet.
    pub fn cut(&mut self, cut: Cut, turn: &mut Turn, rounding: Rounding) -> Result<Vec<Line>, Uncut> {
        let invalid = |invalid| Err(Uncut::Invalid(invalid));
        let finer = || Uncut::Invalid(Invalid::range("this line is in too many parts already"));
        let mut parts = match cut {
            Cut::Quantity(_) if self.share.is_some() => {
                return invalid(Invalid::new(
                    "is_share",
                    "this line is a share of a dish; it has no number of its own",
                ));
            }
            Cut::Quantity(quantity) => {
                let Some(rest) = self.quantity.less(quantity) else {
                    return invalid(Invalid::range(format!("this line has {} of it", self.quantity.whole())));
                };
                let weights = [rest.thousandths(), quantity.thousandths()];
                let mut parts = self.apportioned(&weights, turn)?;
                (parts[0].quantity, parts[1].quantity) = (rest, quantity);
                parts[1].reserved = self.reserved.min(quantity.whole());
                parts[0].reserved = self.reserved - parts[1].reserved;
                // What the kitchen has not heard of yet it hears of apart: the part may go with another course.
                parts[1].sent_as = self.is_sent().then(|| self.origin());
                parts
            }
            Cut::Pieces(count) => {
                let mut parts = self.apportioned(&vec![1; count], turn)?;
                let each = Quantity::from_thousandths(self.quantity.thousandths() / count.max(1) as i64);
                let sent_as = self.is_sent().then(|| self.origin());
                let mut reserved = self.reserved;
                for (place, part) in parts.iter_mut().enumerate() {
                    (part.quantity, part.reserved) = (each, reserved.min(each.whole()));
                    reserved -= part.reserved;
                    if place > 0 {
                        part.sent_as = sent_as;
                    }
                }
                parts
            }
            Cut::Share(_) | Cut::Evenly(_) if !self.is_sale() => {
                return invalid(Invalid::new("not_shared", "a voucher or a deposit is paid whole"));
            }
            Cut::Share(Share { num, den }) => {
                let mut parts = self.apportioned(&[den - num, num], turn)?;
                parts[0].share = Some(Share::part(self.share, den - num, den).ok_or_else(finer)?);
                parts[1].share = Some(Share::part(self.share, num, den).ok_or_else(finer)?);
                self.share_out(&mut parts);
                parts
            }
            Cut::Evenly(parts) => {
                let share = Share::part(self.share, 1, parts as i64).ok_or_else(finer)?;
                let mut parts = self.apportioned(&vec![1; parts], turn)?;
                parts.iter_mut().for_each(|part| part.share = Some(share));
                self.share_out(&mut parts);
                parts
            }
        };
        for part in &mut parts {
            part.carry(rounding)?;
        }
        let others = parts.split_off(1);
        *self = parts.remove(0);
        Ok(others)
    }

    /// One dish to the kitchen and in a countdown, whatever it is cut into: the first part is counted.
    fn share_out(&self, parts: &mut [Line]) {
        for part in parts.iter_mut().skip(1) {
            (part.counted, part.reserved, part.sent_as) = (false, 0, Some(self.origin()));
        }
    }

    /// Lays on it what makes its list amount what it was given.
    pub fn carry(&mut self, rounding: Rounding) -> Result<(), TooLarge> {
        self.list_carry = Money::ZERO;
        self.list_carry = self.amounts.list.minus(self.list_amount(rounding)?)?;
        Ok(())
    }

    /// Its copies with their parts of its amounts, for the first of which it stands.
    fn apportioned(&self, weights: &[i64], turn: &mut Turn) -> Result<Vec<Line>, TooLarge> {
        let lists = turned(&mut turn.list, self.amounts.list, weights);
        let mut left = if self.comp.is_some() { vec![0; weights.len()] } else { minors(&lists) };
        let mut parts: Vec<Line> = vec![self.clone(); weights.len()];
        for (place, (part, list)) in parts.iter_mut().zip(&lists).enumerate() {
            part.worth = Worth::default();
            part.amounts.list = *list;
            part.amounts.comp = if self.comp.is_some() { *list } else { Money::ZERO };
            part.amounts.discount = Money::ZERO;
            if place > 0 {
                (part.id, part.fresh, part.split_from) = (LineId::new(0), true, Some(self.root()));
                part.stands = None;
            }
        }
        for off in &self.worth.off {
            let shares = turned(&mut turn.off, off.amount, &left);
            for ((part, share), left) in parts.iter_mut().zip(shares).zip(&mut left) {
                *left -= share.minor();
                part.amounts.discount = part.amounts.discount.plus(share)?;
                if !share.is_zero() {
                    part.worth.off.push(DiscountAmount { id: off.id, amount: share });
                }
            }
        }
        let by_list = if self.amounts.list.is_zero() { weights.to_vec() } else { minors(&lists) };
        for added in &self.worth.added {
            let bases = turned(&mut turn.tax, added.base, &by_list);
            let taxes = turned(&mut turn.tax, added.tax, &minors(&bases));
            for ((part, base), tax) in parts.iter_mut().zip(bases).zip(taxes) {
                part.worth.added.push(Added { base, tax, ..added.clone() });
            }
        }
        Ok(parts)
    }

    /// Whether the two are parts of one line and alike in all that is said of them.
    pub fn is_alike(&self, other: &Line) -> bool {
        let unsent = |line: &Line| line.kitchen.is_none() && line.sent_as.is_none();
        let one_dish = self.origin() == other.origin() || unsent(self) && unsent(other) && self.share.is_none();
        self.root() == other.root()
            && one_dish
            && (self.parent, self.seat, self.course, self.service)
                == (other.parent, other.seat, other.course, other.service)
            && (self.hold, self.voided, other.voided, &self.note) == (other.hold, false, false, &other.note)
            && (self.unit_price, self.measure, self.variant) == (other.unit_price, other.measure, other.variant)
            && (&self.comp, &self.modifiers) == (&other.comp, &other.modifiers)
            && match (self.share, other.share) {
                (None, None) => true,
                // Of a dish that is whole again exactly one part was counted.
                (Some(a), Some(b)) => {
                    let once = self.counted != other.counted;
                    let none = !self.counted && !other.counted;
                    self.quantity == other.quantity && a.with(b).is_some_and(|sum| once || none && sum.is_some())
                }
                (Some(_), None) | (None, Some(_)) => false,
            }
    }

    /// Takes a part that is alike back into it.
    pub fn absorb(&mut self, part: Line, rounding: Rounding) -> Result<(), TooLarge> {
        match (self.share, part.share) {
            (Some(own), Some(other)) => self.share = own.with(other).unwrap_or(Some(own)),
            _ => {
                let sum = self.quantity.thousandths() + part.quantity.thousandths();
                self.quantity = Quantity::from_thousandths(sum);
            }
        }
        // Whoever saw only one of them has not seen this line.
        self.version = self.version.max(part.version);
        self.counted |= part.counted;
        self.reserved += part.reserved;
        let (own, other) = (&mut self.amounts, part.amounts);
        own.list = own.list.plus(other.list)?;
        own.comp = own.comp.plus(other.comp)?;
        own.discount = own.discount.plus(other.discount)?;
        for off in part.worth.off {
            match self.worth.off.iter_mut().find(|own| own.id == off.id) {
                Some(own) => own.amount = own.amount.plus(off.amount)?,
                None => self.worth.off.push(off),
            }
        }
        add(&mut self.worth.added, part.worth.added)?;
        self.carry(rounding)
    }

    /// What a charge is a percentage of, or is parted by: what it costs as a sale.
    pub fn basis(&self, after_discounts: bool) -> Result<Money, TooLarge> {
        let Amounts { list, comp, discount, .. } = self.amounts;
        match (self.is_sale(), after_discounts) {
            (false, _) => Ok(Money::ZERO),
            (true, false) => list.minus(comp),
            (true, true) => list.minus(comp)?.minus(discount),
        }
    }
}

/// Adds taxes to those of the same rate and place.
pub fn add(own: &mut Vec<Added>, more: Vec<Added>) -> Result<(), TooLarge> {
    for added in more {
        let same = |own: &&mut Added| (own.position, own.rate, &own.name) == (added.position, added.rate, &added.name);
        match own.iter_mut().find(same) {
            Some(sum) => (sum.base, sum.tax) = (sum.base.plus(added.base)?, sum.tax.plus(added.tax)?),
            None => own.push(added),
        }
    }
    Ok(())
}
