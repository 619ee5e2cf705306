//! Taxes: which rates a line bears, and what they come to.

use super::{LineTax, Rules, TaxRate, TaxRounding, TaxSum, Work};
use crate::kernel::allocate::split_by;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::rate::{Rate, Rounding, div_round};
use crate::kernel::service::Service;

/// A line's own service, or else its order's.
pub fn service_for(line: Option<Service>, order: Service) -> Service {
    line.unwrap_or(order)
}

/// The rates of a class for that service. A class without rates for takeaway has the same for both.
pub fn rates_for<'a>(service: Service, rates: &'a [TaxRate], takeaway: Option<&'a [TaxRate]>) -> &'a [TaxRate] {
    match (service, takeaway) {
        (Service::Takeaway, Some(takeaway)) => takeaway,
        _ => rates,
    }
}

/// What tax is charged on.
#[derive(Clone, Copy)]
pub(super) struct Taxable {
    /// What is paid, included taxes within.
    pub gross: Money,
    /// Discounts that exclusive tax is charged on all the same.
    pub untaxed: Money,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Levied {
    pub base: Money,
    pub tax: Money,
}

/// Finds every line's taxes: rounded line by line, or once over all lines taxed alike.
pub(super) fn charge_lines(works: &mut [Work<'_>], rules: Rules) -> Result<(), TooLarge> {
    if rules.tax_rounding == TaxRounding::PerCheck {
        let groups = groups(works);
        return groups
            .iter()
            .try_for_each(|group| charge_group(&mut Levy::of(works[group[0]].rates)?, works, group, rules.rounding));
    }
    let mut levies: Vec<Levy<'_>> = Vec::new();
    for place in 0..works.len() {
        let rates = works[place].rates;
        let known = levies.iter().position(|levy| std::ptr::eq(levy.rates, rates));
        if known.is_none() {
            levies.push(Levy::of(rates)?);
        }
        let levy = known.unwrap_or(levies.len() - 1);
        charge_group(&mut levies[levy], works, &[place], rules.rounding)?;
    }
    Ok(())
}

/// The places of lines with equal rates, each group and all of them in the order of ties.
pub(super) fn groups(works: &[Work<'_>]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, work) in works.iter().enumerate() {
        match groups.iter_mut().find(|group| works[group[0]].rates == work.rates) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    groups
}

fn charge_group<'a>(
    levy: &mut Levy<'a>,
    works: &mut [Work<'a>],
    group: &[usize],
    rounding: Rounding,
) -> Result<(), TooLarge> {
    let rates = levy.rates;
    if rates.is_empty() {
        return Ok(());
    }
    let parts = group.iter().map(|place| Taxable { gross: works[*place].left, untaxed: works[*place].untaxed });
    let levied = levy.on(parts, rounding)?;
    for (place, levied) in group.iter().zip(levied.chunks(rates.len())) {
        let entry = |(position, (rate, levied)): (usize, (_, &Levied))| LineTax {
            position: position as u8,
            rate,
            base: levied.base,
            tax: levied.tax,
        };
        works[*place].taxes = rates.iter().zip(levied).enumerate().map(entry).collect();
    }
    Ok(())
}

/// Rates as they are charged, on one amount after the other: what is found of the rates alone is found once, and
/// what is worked on has its place.
pub(super) struct Levy<'a> {
    rates: &'a [TaxRate],
    /// The included rates, by their places.
    shares: Vec<(usize, Share)>,
    gross: Vec<i64>,
    net: Vec<i64>,
    bases: Vec<i64>,
    levied: Vec<Levied>,
}

impl<'a> Levy<'a> {
    pub(super) fn of(rates: &'a [TaxRate]) -> Result<Self, TooLarge> {
        let shares = included_shares(rates)?;
        let (gross, net, bases) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { rates, shares, gross, net, bases, levied: Vec::new() })
    }

    /// Charges the rates on the sum of `parts`, each rate rounded once, and spreads each over the parts.
    /// The answer holds every rate of the first part, then every rate of the second, …
    pub(super) fn on(
        &mut self,
        parts: impl ExactSizeIterator<Item = Taxable> + Clone,
        rounding: Rounding,
    ) -> Result<&[Levied], TooLarge> {
        let Self { rates, shares, gross, net, bases, levied } = self;
        let width = rates.len();
        levied.clear();
        levied.resize(width * parts.len(), Levied::default());
        gross.clear();
        gross.extend(parts.clone().map(|part| part.gross.minor()));
        net.clone_from(gross);
        // The included rates come out first, together.
        for (position, share) in shares.iter() {
            spread(share.of(gross, rounding)?, gross, |part, tax| {
                levied[part * width + position].tax = tax;
                net[part] -= tax.minor();
            });
        }
        // What leaves is the net, on which, and on earlier rates where it compounds, each is charged.
        for (part, net) in net.iter().enumerate() {
            let mut with_earlier = *net;
            for (position, _) in shares.iter() {
                let levied = &mut levied[part * width + position];
                levied.base = Money::new(if rates[*position].compound { with_earlier } else { *net });
                with_earlier += levied.tax.minor();
            }
        }
        if parts.clone().any(|part| !part.untaxed.is_zero()) {
            undiscounted(parts, shares, rounding, gross, net)?;
        }
        for (position, rate) in rates.iter().enumerate().filter(|(_, rate)| !rate.included) {
            bases.clear();
            for (part, net) in net.iter().enumerate() {
                let before = &levied[part * width..part * width + position];
                let before: i64 = before.iter().map(|levied| levied.tax.minor()).sum();
                bases.push(if rate.compound { net + before } else { *net });
            }
            let base = Money::sum(bases.iter().map(|base| Money::new(*base)))?;
            spread(rate.rate.of(base, rounding)?, bases, |part, tax| {
                levied[part * width + position] = Levied { base: Money::new(bases[part]), tax };
            });
        }
        Ok(levied)
    }
}

/// The net that exclusive rates are charged on where a discount does not lower it: that of the price without the
/// discount.
fn undiscounted(
    parts: impl Iterator<Item = Taxable>,
    shares: &[(usize, Share)],
    rounding: Rounding,
    gross: &mut [i64],
    net: &mut [i64],
) -> Result<(), TooLarge> {
    for (gross, part) in gross.iter_mut().zip(parts) {
        *gross = part.gross.plus(part.untaxed)?.minor();
    }
    net.copy_from_slice(gross);
    for (_, share) in shares {
        spread(share.of(gross, rounding)?, gross, |part, tax| net[part] -= tax.minor());
    }
    Ok(())
}

/// Gives each part its own of a tax.
fn spread(tax: Money, weights: &[i64], mut give: impl FnMut(usize, Money)) {
    match weights {
        [_] => give(0, tax),
        weights => split_by(tax, weights).into_iter().enumerate().for_each(|(part, tax)| give(part, tax)),
    }
}

/// The part of a gross that an included rate is, as an exact fraction.
struct Share {
    over: i128,
    under: i128,
}

impl Share {
    fn of(&self, gross: &[i64], rounding: Rounding) -> Result<Money, TooLarge> {
        let sum: i128 = gross.iter().map(|g| i128::from(*g)).sum();
        Money::within(div_round(sum.checked_mul(self.over).ok_or(TooLarge)?, self.under, rounding))
    }
}

/// tax = gross × e / (1 + Σ e), where e is the rate, times (1 + Σ earlier e) where it compounds.
/// Fractions are reduced; a chain of more than about three included compounding rates of four
/// decimals each no longer fits 128 bits and is refused.
fn included_shares(rates: &[TaxRate]) -> Result<Vec<(usize, Share)>, TooLarge> {
    let mut effective: Vec<(usize, i128, i128)> = Vec::new();
    // 1 + Σ e so far.
    let (mut over, mut under) = (1_i128, 1_i128);
    for (position, rate) in rates.iter().enumerate().filter(|(_, rate)| rate.included) {
        let (n, d) = reduced(i128::from(rate.rate.ten_thousandths()), i128::from(Rate::HUNDRED.ten_thousandths()));
        let (n, d) = match rate.compound {
            true => reduced(times(n, over)?, times(d, under)?),
            false => (n, d),
        };
        let sum = times(over, d)?.checked_add(times(n, under)?).ok_or(TooLarge)?;
        (over, under) = reduced(sum, times(under, d)?);
        effective.push((position, n, d));
    }
    let share = |(position, n, d): (usize, i128, i128)| {
        let (up, down) = reduced(under, d);
        let (n, over) = reduced(n, over);
        Ok((position, Share { over: times(n, up)?, under: times(over, down)? }))
    };
    effective.into_iter().map(share).collect()
}

fn times(a: i128, b: i128) -> Result<i128, TooLarge> {
    a.checked_mul(b).ok_or(TooLarge)
}

fn reduced(over: i128, under: i128) -> (i128, i128) {
    let (mut a, mut b) = (over, under);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    // `under` is above zero and so is the divisor.
    (over / a, under / a)
}

/// Adds one rate's amounts to its sum.
pub(super) fn add_to<'a>(
    sums: &mut Vec<TaxSum<'a>>,
    rate: &'a TaxRate,
    base: Money,
    tax: Money,
) -> Result<(), TooLarge> {
    merge(sums, TaxSum { name: &rate.name, rate: rate.rate, included: rate.included, base, tax })
}

pub(super) fn merge<'a>(sums: &mut Vec<TaxSum<'a>>, more: TaxSum<'a>) -> Result<(), TooLarge> {
    let alike = |sum: &&mut TaxSum<'a>| (sum.rate, sum.included, sum.name) == (more.rate, more.included, more.name);
    match sums.iter_mut().find(alike) {
        Some(sum) => {
            sum.base = sum.base.plus(more.base)?;
            sum.tax = sum.tax.plus(more.tax)?;
        }
        None => sums.push(more),
    }
    Ok(())
}
