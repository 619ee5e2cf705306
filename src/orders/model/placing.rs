//! Lines that go from one check to others, with what belongs to them. Pure.
//!
//! - A discount follows its lines. What it took off them it takes off on the other check, as a copy there: of the
//!   whole check where that is new and all that went was reached, else of those lines. Of an amount each copy
//!   is what it took off its lines. A line that comes to a check stays at its price: that check's discounts of
//!   before pass it by, but for parts of one that it had already.
//! - A charge is parted by what its lines cost, in percent or not; a fixed one stays so parted, and stays whole where
//!   it is while something stands there when the lines go to a check of another order: those have guests of their own.
//!   Between checks of which only one has the charge, a line is charged as the check it stands on charges.
//! - Parts of one line that meet again and are alike become one line; those of a combo with all its components, or
//!   not at all. What is on a combo is on its components, which bear the money; on a whole check they are reached, not
//!   the combo.

use std::collections::VecDeque;

use super::super::bill::{Added, DiscountAmount};
use super::parts::{ChargeWorth, add};
use super::{AppliesTo, Charge, ChargeHow, ChargeTax, Check, Discount, Line, Off};
use crate::kernel::allocate::split_by;
use crate::kernel::ids::{DiscountId, LineId};
use crate::kernel::money::{Money, TooLarge};

/// A line on its way, and the line as which the check it leaves knows it.
#[derive(Debug, Clone)]
pub struct Going {
    pub known_as: LineId,
    pub line: Line,
}

/// What went out of use on the way.
#[derive(Debug, Default)]
pub struct Gone {
    /// Lines in the file that were taken into another.
    pub lines: Vec<LineId>,
    /// Discounts in the file that reach nothing any more.
    pub discounts: Vec<i64>,
}

/// What lines are put on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onto {
    /// Checks that begin with them.
    New,
    /// Checks that were there before, for the same guests.
    Same,
    /// A check that was there before, for other guests.
    Others,
}

/// Puts lines that were taken off `source` on other checks. Amounts of all of them are as they were last priced, and
/// every line and charge has its worth.
pub fn place(
    source: &mut Check,
    onto: &mut [&mut Check],
    going: Vec<Vec<Going>>,
    kind: Onto,
    gone: &mut Gone,
) -> Result<(), TooLarge> {
    charges(source, onto, &going, kind)?;
    let new = kind == Onto::New;
    // What an amount found nothing to take off goes with the last line.
    let all = onto.len() == 1 && source.open_lines().next().is_none();
    let mut next = onto.iter().flat_map(|check| &check.discounts).map(|d| d.id).min().unwrap_or(0).min(0) - 1;
    for (check, mut lines) in onto.iter_mut().zip(going) {
        discounts(source, check, &mut lines, (new, all), &mut next)?;
        let mut lines = VecDeque::from(lines);
        check.bills = check.bills.max(source.bills);
        // What became of a combo, for its components.
        let mut became: Vec<(LineId, LineId)> = Vec::new();
        while let Some(Going { mut line, .. }) = lines.pop_front() {
            let now = became.iter().find(|(was, _)| Some(*was) == line.parent);
            line.parent = now.map_or(line.parent, |(_, now)| Some(*now));
            line.carry(check.rules.rounding)?;
            became.extend(arrive(check, line, lines.make_contiguous(), gone)?);
        }
        // Odd units of taxes go by the order of lines: that in which the check is read again, when it is paid.
        check.lines.sort_by_key(|line| line.id);
    }
    source.discounts.retain(|discount| {
        let reaches = match (&discount.applies_to, discount.off) {
            (_, Off::Amount(amount)) if amount.is_zero() => false,
            (AppliesTo::Line(id), _) => source.lines.iter().any(|line| line.id == *id),
            (AppliesTo::Lines(ids), _) => !ids.is_empty(),
            (AppliesTo::Check | AppliesTo::Categories(_), _) => true,
        };
        if !reaches && discount.id > 0 {
            gone.discounts.push(discount.id);
        }
        reaches
    });
    Ok(())
}

/// Parts a total. Where there is nothing to part it by, all of it is at `home`.
fn parted(total: Money, weights: &[i64], home: usize) -> Vec<Money> {
    if weights.iter().all(|weight| *weight == 0) {
        let mut parts = vec![Money::ZERO; weights.len()];
        parts[home] = total;
        return parts;
    }
    split_by(total, weights)
}

fn minors(parts: &[Money]) -> Vec<i64> {
    parts.iter().map(|part| part.minor()).collect()
}

fn is_fixed(charge: &Charge) -> bool {
    !matches!(charge.how, ChargeHow::Percent(_))
}

/// Whether two checks have the same charge.
pub fn same_terms(a: &Charge, b: &Charge) -> bool {
    (a.charge, a.how, a.after_discounts, a.min_guests) == (b.charge, b.how, b.after_discounts, b.min_guests)
        && (a.tax, a.to_staff, a.removed) == (b.tax, b.to_staff, b.removed)
}

fn charges(source: &mut Check, onto: &mut [&mut Check], going: &[Vec<Going>], kind: Onto) -> Result<(), TooLarge> {
    let new = kind == Onto::New;
    if !new {
        // What only the other check charges, it charges on the lines that come too.
        for charge in onto.iter_mut().flat_map(|check| &mut check.charges) {
            if !source.charges.iter().any(|own| same_terms(own, charge)) {
                charge.worth = None;
            }
        }
    }
    let staying: Vec<&Line> = source.open_lines().collect();
    // What is left of a check goes with its last lines, whatever those cost: nothing is charged on no lines.
    let home = usize::from(staying.is_empty());
    let groups = || std::iter::once(staying.clone()).chain(going.iter().map(|g| g.iter().map(|g| &g.line).collect()));
    let weigh = |after: bool, bears: &dyn Fn(&Line) -> bool| -> Result<Vec<i64>, TooLarge> {
        let weight = |lines: Vec<&Line>| {
            let bases = lines.into_iter().filter(|line| bears(line)).map(|line| line.basis(after));
            Money::sum(bases.collect::<Result<Vec<_>, _>>()?).map(Money::minor)
        };
        groups().map(weight).collect()
    };
    let mut parts: Vec<(Vec<i64>, Vec<ChargeWorth>)> = Vec::with_capacity(source.charges.len());
    for charge in &source.charges {
        let worth = charge.worth.clone().unwrap_or_default();
        if kind == Onto::Others && is_fixed(charge) && !staying.is_empty() {
            let nothing = onto.iter().map(|_| ChargeWorth::default());
            parts.push((vec![0; onto.len() + 1], std::iter::once(worth).chain(nothing).collect()));
            continue;
        }
        let weights = weigh(charge.after_discounts, &|_| true)?;
        let amounts = parted(worth.amount, &weights, home);
        let mut worths: Vec<ChargeWorth> =
            amounts.iter().map(|amount| ChargeWorth { amount: *amount, added: Vec::new() }).collect();
        for added in worth.added {
            let by = match charge.tax {
                ChargeTax::AsLines => {
                    let bears = |line: &Line| {
                        line.worth.added.iter().any(|own| (own.rate, &own.name) == (added.rate, &added.name))
                    };
                    let by = weigh(charge.after_discounts, &bears)?;
                    // Nothing here bears it any more: it goes as the charge does.
                    if by.iter().all(|weight| *weight == 0) { minors(&amounts) } else { by }
                }
                ChargeTax::None | ChargeTax::Class(_) => minors(&amounts),
            };
            let bases = parted(added.base, &by, home);
            let taxes = parted(added.tax, &minors(&bases), home);
            for ((worth, base), tax) in worths.iter_mut().zip(bases).zip(taxes) {
                if !base.is_zero() || !tax.is_zero() {
                    worth.added.push(Added { base, tax, ..added.clone() });
                }
            }
        }
        parts.push((weights, worths));
    }
    for (charge, (weights, mut worths)) in source.charges.iter_mut().zip(parts) {
        let nothing = worths.iter().all(|worth| worth.amount.is_zero());
        let moves = (home > 0 || weights.iter().skip(1).any(|weight| *weight > 0)) && !nothing;
        let stays = worths.remove(0);
        for (check, worth) in onto.iter_mut().zip(worths) {
            take_charge(check, charge, worth, new, moves)?;
        }
        if is_fixed(charge) && moves {
            charge.part = Some(stays.amount);
        }
        charge.worth = Some(stays);
    }
    Ok(())
}

/// Puts a part of a charge on a check: beside its own lines where it has the charge already.
fn take_charge(check: &mut Check, of: &Charge, worth: ChargeWorth, new: bool, moves: bool) -> Result<(), TooLarge> {
    if new {
        let part = is_fixed(of).then_some(worth.amount);
        check.charges.push(Charge { id: 0, part, worth: Some(worth), ..of.clone() });
        return Ok(());
    }
    let Some(own) = check.charges.iter_mut().find(|own| same_terms(own, of)) else { return Ok(()) };
    let before = own.worth.take().unwrap_or_default();
    let mut sum = ChargeWorth { amount: before.amount.plus(worth.amount)?, added: before.added };
    add(&mut sum.added, worth.added)?;
    if is_fixed(own) && moves {
        own.part = Some(sum.amount);
    }
    own.worth = Some(sum);
    Ok(())
}

/// A line and the combo it is part of, as the check knows them that the discount is on.
type Known = (LineId, Option<LineId>);

/// Whether a discount is on this line, whatever it leaves to take off. One that names a combo is on its parts too; one
/// that names no line is on what bears money.
fn covers(discount: &Discount, (id, head): Known, line: &Line) -> bool {
    let reached = match &discount.applies_to {
        AppliesTo::Check => !line.combo,
        AppliesTo::Line(of) => *of == id || Some(*of) == head,
        AppliesTo::Lines(ids) => ids.iter().any(|of| *of == id || Some(*of) == head),
        AppliesTo::Categories(ids) => !line.combo && ids.contains(&line.category),
    };
    reached && line.discountable && !discount.except.contains(&id)
}

/// Lines that go, as the check they leave knows them.
fn known(going: &[Going]) -> Vec<Known> {
    let head = |id: LineId| going.iter().find(|going| going.line.id == id).map_or(id, |going| going.known_as);
    going.iter().map(|going| (going.known_as, going.line.parent.map(head))).collect()
}

fn is_wide(discount: &Discount) -> bool {
    matches!(discount.applies_to, AppliesTo::Check | AppliesTo::Categories(_))
}

/// Whether the one is a part of the same discount, of the same kind, as the other.
fn is_part_of(own: &Discount, other: &Discount) -> bool {
    let alike = match (own.off, other.off) {
        (Off::Percent(a), Off::Percent(b)) => a == b,
        (Off::Amount(_), Off::Amount(_)) => true,
        (Off::Percent(_), Off::Amount(_)) | (Off::Amount(_), Off::Percent(_)) => false,
    };
    let single = |d: &Discount| matches!(d.applies_to, AppliesTo::Line(_));
    alike && own.family() == other.family() && !single(own) && !single(other)
}

/// Takes the discounts of lines that go from `source` along to `check`.
fn discounts(
    source: &mut Check,
    check: &mut Check,
    going: &mut [Going],
    (new, all_go): (bool, bool),
    next: &mut i64,
) -> Result<(), TooLarge> {
    let before = if new { 0 } else { check.discounts.len() };
    let known = known(going);
    let mut passing: Vec<(usize, LineId)> = Vec::new();
    for place in 0..before {
        let own = &check.discounts[place];
        let theirs = source.discounts.iter().filter(|theirs| is_part_of(own, theirs)).collect::<Vec<_>>();
        for (Going { line, .. }, known) in going.iter().zip(&known) {
            let had = theirs.iter().any(|theirs| covers(theirs, *known, line));
            if is_wide(own) && !had && covers(own, (line.id, line.parent), line) {
                passing.push((place, line.id));
            }
        }
    }
    for (place, line) in passing {
        check.discounts[place].except.push(line);
    }
    for discount in &mut source.discounts {
        // Of a combo that is named its components are not.
        let named = |at: &usize| match &discount.applies_to {
            AppliesTo::Line(id) => *id == known[*at].0,
            AppliesTo::Lines(ids) => ids.contains(&known[*at].0),
            AppliesTo::Check | AppliesTo::Categories(_) => true,
        };
        let reached = (0..going.len()).filter(|at| covers(discount, known[*at], &going[*at].line));
        let ids: Vec<LineId> = reached.filter(named).map(|at| going[at].line.id).collect();
        let of = DiscountId::new(discount.id);
        let taken = |going: &Going| going.line.worth.off.iter().find(|off| off.id == of).map(|off| off.amount);
        let sum = match discount.off {
            Off::Amount(amount) if all_go => amount,
            _ => Money::sum(going.iter().filter_map(taken))?,
        };
        let whole: Vec<LineId> = going.iter().filter(|g| g.known_as == g.line.id).map(|g| g.line.id).collect();
        let all = match &discount.applies_to {
            AppliesTo::Categories(ids) => {
                going.iter().filter(|g| !g.line.combo && ids.contains(&g.line.category)).count()
            }
            AppliesTo::Check | AppliesTo::Line(_) | AppliesTo::Lines(_) => {
                going.iter().filter(|g| !g.line.combo).count()
            }
        };
        let to = if ids.is_empty() || sum.is_zero() && matches!(discount.off, Off::Amount(_)) {
            None
        } else if let Some(own) = check.discounts[..before].iter_mut().find(|own| is_part_of(own, discount)) {
            if let AppliesTo::Lines(own) = &mut own.applies_to {
                own.extend(&ids);
            }
            if let Off::Amount(amount) = &mut own.off {
                *amount = amount.plus(sum)?;
            }
            Some(own.id)
        } else {
            let applies_to = match &discount.applies_to {
                AppliesTo::Line(_) => AppliesTo::Line(ids[0]),
                wide @ (AppliesTo::Check | AppliesTo::Categories(_)) if new && ids.len() == all => wide.clone(),
                AppliesTo::Check | AppliesTo::Categories(_) | AppliesTo::Lines(_) => AppliesTo::Lines(ids),
            };
            let off = if let Off::Amount(_) = discount.off { Off::Amount(sum) } else { discount.off };
            let (root, id) = (Some(discount.family()), *next);
            *next -= 1;
            check.discounts.push(Discount { id, root, off, applies_to, except: Vec::new(), ..discount.clone() });
            Some(id)
        };
        for going in going.iter_mut() {
            for off in going.line.worth.off.iter_mut().filter(|off| off.id == of) {
                off.id = DiscountId::new(to.unwrap_or(discount.id));
            }
        }
        if let Off::Amount(amount) = &mut discount.off {
            *amount = amount.minus(sum)?;
        }
        if let AppliesTo::Lines(ids) = &mut discount.applies_to {
            ids.retain(|id| !whole.contains(id));
        }
        discount.except.retain(|id| !whole.contains(id));
    }
    Ok(())
}

/// The discounts that are on a line, as families.
fn families(check: &Check, line: &Line) -> Vec<i64> {
    let on = check.discounts.iter().filter(|discount| covers(discount, (line.id, line.parent), line));
    let mut families: Vec<i64> = on.map(Discount::family).collect();
    families.sort_unstable();
    families
}

/// Whether every component of a combo that comes, which are among the `rest`, is alike one of the combo's that is
/// there: were one not, the combo that both became would have it twice.
fn components_alike(check: &Check, own: &Line, line: &Line, rest: &[Going]) -> bool {
    let owns: Vec<&Line> = check.open_lines().filter(|part| part.parent == Some(own.id)).collect();
    let mut coming = rest.iter().map(|going| &going.line).filter(|part| part.parent == Some(line.id));
    let alike = |own: &Line, part: &Line| {
        own.is_alike(&Line { parent: own.parent, ..part.clone() }) && families(check, own) == families(check, part)
    };
    owns.len() == coming.clone().count() && coming.all(|part| owns.iter().any(|own| alike(own, part)))
}

/// Puts a line on a check, before the `rest` that comes, as one with the part of it that is there; answers which id is
/// lost to which.
fn arrive(
    check: &mut Check,
    line: Line,
    rest: &mut [Going],
    gone: &mut Gone,
) -> Result<Option<(LineId, LineId)>, TooLarge> {
    let on = families(check, &line);
    let whole = |own: &Line| !line.combo || components_alike(check, own, &line, rest);
    let alike = |own: &Line| own.is_alike(&line) && families(check, own) == on && whole(own);
    let Some(at) = check.lines.iter().position(alike) else {
        check.lines.push(line);
        return Ok(None);
    };
    let own = check.lines.remove(at);
    let (mut kept, part) = if line.fresh || !own.fresh && own.id < line.id { (own, line) } else { (line, own) };
    let (lost, fresh) = (part.id, part.fresh);
    kept.absorb(part, check.rules.rounding)?;
    one_discount(check, &mut kept, rest, lost, gone)?;
    if !fresh {
        gone.lines.push(lost);
    }
    let id = kept.id;
    check.lines.insert(at, kept);
    check.lines.iter_mut().filter(|line| line.parent == Some(lost)).for_each(|line| line.parent = Some(id));
    Ok(Some((lost, id)))
}

/// What was on the part that is lost is on the line that is kept, and in one piece. Of a combo its components bear
/// it, those on the check and those that come.
fn one_discount(
    check: &mut Check,
    kept: &mut Line,
    rest: &mut [Going],
    lost: LineId,
    gone: &mut Gone,
) -> Result<(), TooLarge> {
    let id = kept.id;
    let own = |d: &Discount, family: i64| d.applies_to == AppliesTo::Line(id) && d.family() == family;
    while let Some(at) = check.discounts.iter().position(|d| d.applies_to == AppliesTo::Line(lost)) {
        let part = check.discounts.remove(at);
        let Some(into) = check.discounts.iter_mut().find(|d| own(d, part.family())) else {
            check.discounts.insert(at, Discount { applies_to: AppliesTo::Line(id), ..part });
            continue;
        };
        if let (Off::Amount(amount), Off::Amount(more)) = (&mut into.off, part.off) {
            *amount = amount.plus(more)?;
        }
        if part.id > 0 {
            gone.discounts.push(part.id);
        }
        let (from, to) = (DiscountId::new(part.id), DiscountId::new(into.id));
        let others = check.lines.iter_mut().chain(rest.iter_mut().map(|going| &mut going.line));
        for line in std::iter::once(&mut *kept).chain(others) {
            let Some(place) = line.worth.off.iter().position(|off| off.id == from) else { continue };
            let more = line.worth.off.remove(place).amount;
            match line.worth.off.iter_mut().find(|off| off.id == to) {
                Some(off) => off.amount = off.amount.plus(more)?,
                None => line.worth.off.push(DiscountAmount { id: to, amount: more }),
            }
        }
    }
    for discount in &mut check.discounts {
        if let AppliesTo::Lines(ids) = &mut discount.applies_to {
            ids.retain(|id| *id != lost);
        }
        discount.except.retain(|id| *id != lost);
    }
    Ok(())
}

/// Fixed charges that no other check of the order bears a part of are whole again where they are the whole.
pub fn whole_charges(checks: &mut [Check], guests: u32) -> Result<(), TooLarge> {
    let borne = |check: &Check| -> Vec<_> {
        let bears = check.open_lines().next().is_some();
        check.charges.iter().filter(|charge| bears && !charge.removed).map(|charge| charge.charge).collect()
    };
    let borne: Vec<Vec<_>> = checks.iter().map(borne).collect();
    for (at, check) in checks.iter_mut().enumerate() {
        for charge in check.charges.iter_mut().filter(|charge| charge.part.is_some()) {
            let whole = match charge.how {
                ChargeHow::Percent(_) => continue,
                ChargeHow::Amount(amount) => amount,
                ChargeHow::PerGuest(amount) => amount.times(i64::from(guests))?,
            };
            let elsewhere = borne.iter().enumerate().any(|(other, of)| other != at && of.contains(&charge.charge));
            if !elsewhere && charge.part == Some(whole) {
                charge.part = None;
            }
        }
    }
    Ok(())
}
