//! What splitting, moving and merging have in common: lines taken off checks, the kitchen's ledger taken along, the
//! step kept so that it can be taken back.

use serde::Serialize;

use super::By;
use crate::error::{Error, Fault, Refusal, Refused, Result};
use crate::journal::{self, Kind as Fact};
use crate::kernel::ids::{CheckId, LineId, OrderId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::quantity::Quantity;
use crate::orders::model::parts::{Cut, Turn, Uncut};
use crate::orders::model::placing::{Going, Gone, same_terms};
use crate::orders::model::{Charge, Check, IfMatch, Order, Scope, State};
use crate::orders::price::{self, RateBook};
use crate::orders::record::{self, WasOrder};
use crate::orders::sql::{money, parts};
use crate::orders::{load, save};
use crate::store::{Read, Tx, params};

/// Ids of lines that are cut off, each given once.
pub(super) struct Ids(i64);

impl Ids {
    pub(super) fn next(tx: &Tx<'_>) -> Result<Self> {
        Ok(Self(load::next_line_id(tx)?))
    }

    fn give(&mut self) -> LineId {
        self.0 += 1;
        LineId::new(self.0 - 1)
    }
}

/// How much of a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    All,
    Quantity(Quantity),
    Share(crate::orders::model::parts::Share),
}

/// A line, or a part of one, as it is asked for; where it stands in the request.
#[derive(Debug, Clone)]
pub struct Take {
    pub line: LineId,
    pub piece: Piece,
    pub pointer: String,
}

/// Refuses while money of a check is neither there nor not.
pub(super) fn must_be_resolved(check: &Check) -> Result<()> {
    if check.unresolved()?.is_zero() { Ok(()) } else { Err(Refusal::PaymentUnresolved.into()) }
}

/// A check that lines may leave or come to, valued.
pub(super) fn ready(db: &impl Read, order: &mut Order, place: usize) -> Result<()> {
    order.checks[place].must_be_open()?;
    must_be_resolved(&order.checks[place])?;
    let (service, guests) = (order.service, order.guests);
    let check = &mut order.checks[place];
    let book = RateBook::of(db, check, service)?;
    price::value(check, service, guests, &book)
}

/// Takes lines off a valued check, components with their combo.
pub(super) fn take(check: &mut Check, takes: &[Take], version: i64, ids: &mut Ids) -> Result<Vec<Going>> {
    let mut going = Vec::with_capacity(takes.len());
    for take in takes {
        let line = check.line(take.line).filter(|line| !line.voided);
        let line = line.ok_or_else(|| Refusal::LineClosed.because("This line is voided."))?;
        if line.parent.is_some() {
            let why = "it is a part of a combo, which goes whole";
            return Err(Refused::input(&take.pointer, Invalid::new("part_of_combo", why)).into());
        }
        let whole = line.quantity;
        let cut = match take.piece {
            Piece::All => None,
            Piece::Quantity(quantity) if quantity == whole && line.share.is_none() => None,
            Piece::Quantity(quantity) => Some(Cut::Quantity(quantity)),
            Piece::Share(share) => Some(Cut::Share(share)),
        };
        let parent = take_one(check, take.line, cut, &take.pointer, version, ids, &mut going)?;
        let components = check.open_lines().filter(|line| line.parent == Some(take.line));
        let components: Vec<(LineId, Quantity)> = components.map(|line| (line.id, line.quantity)).collect();
        for (component, quantity) in components {
            let cut = match cut {
                Some(Cut::Quantity(part)) => {
                    let exact = quantity.thousandths() * part.thousandths();
                    Some(Cut::Quantity(Quantity::from_thousandths(exact / whole.thousandths())))
                }
                cut => cut,
            };
            take_one(check, component, cut, &take.pointer, version, ids, &mut going)?;
            if let Some(component) = going.last_mut() {
                component.line.parent = Some(parent);
            }
        }
    }
    Ok(going)
}

/// Takes one line, or what `cut` makes of it; answers the id of what goes.
fn take_one(
    check: &mut Check,
    id: LineId,
    cut: Option<Cut>,
    pointer: &str,
    version: i64,
    ids: &mut Ids,
    going: &mut Vec<Going>,
) -> Result<LineId> {
    let rounding = check.rules.rounding;
    let at = check.lines.iter().position(|line| line.id == id);
    let at = at.ok_or_else(|| Fault::new(format!("line {id} is not on its check")))?;
    let mut line = match cut {
        None => check.lines.remove(at),
        Some(cut) => {
            let own = &mut check.lines[at];
            let mut parts = own.cut(cut, &mut Turn::default(), rounding).map_err(|why| uncut(why, pointer))?;
            own.version = version;
            let mut part = parts.swap_remove(0);
            part.id = ids.give();
            part
        }
    };
    line.version = version;
    let goes = line.id;
    going.push(Going { known_as: id, line });
    Ok(goes)
}

/// Cuts every line of a valued check into `parts` that go apart; the first ones stay.
pub(super) fn take_evenly(check: &mut Check, parts: usize, version: i64, ids: &mut Ids) -> Result<Vec<Vec<Going>>> {
    let rounding = check.rules.rounding;
    let mut going: Vec<Vec<Going>> = vec![Vec::new(); parts - 1];
    let mut turn = Turn::default();
    // What a combo became on each check, for its components.
    let mut became: Vec<(LineId, Vec<LineId>)> = Vec::new();
    let parents: Vec<LineId> = check.open_lines().filter_map(|line| line.parent).collect();
    for line in check.lines.iter_mut().filter(|line| !line.voided) {
        let known_as = line.id;
        let n = parts as i64;
        let alone = line.parent.is_none() && !parents.contains(&known_as) && line.share.is_none();
        let divides = line.quantity.whole() % n == 0 && line.amounts.list.minor() % n == 0;
        let cut = match alone && divides {
            true => Cut::Pieces(parts),
            // A voucher or a deposit is paid whole, by whoever stays.
            false if !line.is_sale() => continue,
            false => Cut::Evenly(parts),
        };
        let others = line.cut(cut, &mut turn, rounding).map_err(|why| uncut(why, "/evenly"))?;
        line.version = version;
        let mut here = Vec::with_capacity(others.len());
        for (place, mut part) in others.into_iter().enumerate() {
            (part.id, part.version) = (ids.give(), version);
            here.push(part.id);
            if let Some(parent) = part.parent {
                let parent = became.iter().find(|(of, _)| *of == parent).map(|(_, ids)| ids[place]);
                part.parent = parent.or(part.parent);
            }
            going[place].push(Going { known_as, line: part });
        }
        became.push((known_as, here));
    }
    Ok(going)
}

pub(super) fn uncut(why: Uncut, pointer: &str) -> Error {
    match why {
        Uncut::Invalid(invalid) => Refused::input(pointer, invalid).into(),
        Uncut::TooLarge => Refusal::AmountTooLarge.into(),
    }
}

/// An empty check beside `from`, with its rules and nothing that is charged yet.
pub(super) fn beside(from: &Check, version: i64) -> Check {
    Check {
        id: CheckId::new(0),
        split_from: (from.id.get() != 0).then_some(from.id),
        version,
        lines: Vec::new(),
        discounts: Vec::new(),
        charges: Vec::new(),
        payments: Vec::new(),
        receipt: None,
        taxes: Vec::new(),
        totals: crate::orders::model::Totals::default(),
        ..from.clone()
    }
}

/// Whether two checks charge and tax alike, so that what goes from one to the other costs there what it cost here.
pub(super) fn charges_alike(a: &Check, b: &Check) -> bool {
    let has =
        |other: &Check, charge: &Charge| charge.removed || other.charges.iter().any(|own| same_terms(own, charge));
    a.tax_exempt == b.tax_exempt
        && a.charges.iter().all(|charge| has(b, charge))
        && b.charges.iter().all(|charge| has(a, charge))
}

/// Refuses to put lines that bear a charge on a check that it was taken off: whoever takes it off them says so.
pub(super) fn must_charge(from: &Check, onto: &Check) -> Result<()> {
    let off = |charge: &&Charge| {
        let like = Charge { removed: true, ..(*charge).clone() };
        !charge.removed && onto.charges.iter().any(|own| same_terms(own, &like))
    };
    match from.charges.iter().find(off) {
        Some(charge) => {
            let why =
                format!("{} was taken off that check; take it off this one too, or leave them apart.", charge.name);
            Err(Refusal::ChargesDiffer.because(why).into())
        }
        None => Ok(()),
    }
}

/// Checks that lines left, that nothing stands on any more, and no money, are checks no more where their order has
/// another: `into`, the one they came from, or the first. What came to nothing on them, voided lines and payments,
/// goes along. They are written already.
pub(super) fn sweep(tx: &Tx<'_>, order: &mut Order, sources: &[CheckId], into: Option<CheckId>) -> Result<()> {
    for source in sources {
        let Some(from) = order.checks.iter().position(|check| check.id == *source) else { continue };
        let check = &order.checks[from];
        if check.open_lines().next().is_some() || check.has_money()? {
            continue;
        }
        let open = |id: &CheckId| order.checks.iter().any(|c| c.id == *id && c.id != *source && c.state == State::Open);
        let first = order.checks.iter().find(|c| c.state == State::Open && c.id != *source).map(|c| c.id);
        let Some(into) = into.filter(open).or(check.split_from.filter(open)).or(first) else { continue };
        let gone = order.checks.remove(from);
        save::parts::joined(tx, order.id, &gone, into)?;
        let check = order.checks.iter_mut().find(|check| check.id == into);
        let check = check.ok_or_else(|| Fault::new(format!("check {into} went missing")))?;
        check.payments.extend(gone.payments);
        check.lines.extend(gone.lines);
    }
    Ok(())
}

/// Writes every open check of an order that was touched, and what went out of use.
pub(super) fn write(tx: &Tx<'_>, order: &mut Order, gone: &Gone) -> Result<()> {
    for at in 0..order.checks.len() {
        if order.checks[at].state == State::Open && order.checks[at].version == order.version {
            save::parts::check(tx, order, at)?;
        }
    }
    for line in &gone.lines {
        tx.run(&parts::LINE_GONE, (line,))?;
    }
    for discount in &gone.discounts {
        tx.run(&money::DISCOUNT_REMOVE, (discount,))?;
    }
    Ok(())
}

/// Σ total of all checks of orders that are not voided.
pub(super) fn total(orders: &[&Order]) -> Result<Money> {
    let checks = orders.iter().flat_map(|order| &order.checks);
    Ok(Money::sum(checks.filter(|check| check.state != State::Voided).map(|check| check.totals.total))?)
}

/// The other order of a step, as it was seen where that is said.
pub(super) fn other_order(db: &impl Read, id: OrderId, seen: Option<i64>) -> Result<Order> {
    let unknown = || Refused::input("/order_id", Invalid::new("unknown", format!("There is no order {id}.")));
    let other = load::find(db, id)?.ok_or_else(unknown)?;
    other.must_be_open()?;
    if let Some(version) = seen {
        let seen = IfMatch::Versions(vec![version]);
        let stale = |_| Refusal::Stale.because(format!("Somebody changed order {id} meanwhile."));
        other.must_match(&seen, Scope::Order).map_err(stale)?;
    }
    Ok(other)
}

/// Tells the journal of a step, and keeps how the orders were.
pub(super) fn keep(
    tx: &Tx<'_>,
    by: &By,
    kind: Fact,
    order: &Order,
    other: Option<&Order>,
    was: &[WasOrder],
    told: &impl Serialize,
) -> Result<()> {
    let seq = journal::ops::append(tx, &by.stamp, kind, order.id.get(), order.version, told)?;
    if let Some(other) = other {
        journal::ops::append(tx, &by.stamp, kind, other.id.get(), other.version, told)?;
    }
    let row = params![
        order.id,
        kind.as_str(),
        seq,
        order.version,
        other.map(|other| other.id),
        other.map(|other| other.version),
        record::write(was)?,
    ];
    tx.run(&parts::STEP_PUT, row)?;
    Ok(())
}
