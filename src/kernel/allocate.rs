//! Splits that conserve: the parts of an amount are the amount, always.

use super::money::Money;
use super::rate::div_rem;

/// Splits `total` in proportion to `weights` by largest remainder (Hamilton's method): each part is
/// rounded towards zero and what is left goes, a minor unit each, to the largest remainders, of
/// equal ones to the first.
///
/// A part of a total no larger than the weights' sum is never larger than its weight, and a weight
/// of zero gets nothing; but where all are zero they count as equal. A negative total is the
/// mirror of the positive one. Weights below zero count as zero.
///
/// # Panics
/// Where an amount is to be spread over nothing, or would not be conserved.
pub fn split_by(total: Money, weights: &[i64]) -> Vec<Money> {
    let sum: i128 = weights.iter().map(|w| i128::from((*w).max(0))).sum();
    if sum == 0 {
        return split_even(total, weights.len());
    }
    let size = i128::from(total.minor()).abs();
    let sign = if total.is_negative() { -1 } else { 1 };
    let part = |weight: &i64| div_rem(size * i128::from((*weight).max(0)), sum);
    // What each part is, and what its division leaves.
    let mut parts: Vec<(i128, i128)> = weights.iter().map(part).collect();
    let mut rest = size - parts.iter().map(|(part, _)| part).sum::<i128>();
    if rest > 0 {
        let mut order: Vec<usize> = (0..weights.len()).collect();
        // Stable, so that of equal remainders the first stays first.
        order.sort_by_key(|i| std::cmp::Reverse(parts[*i].1));
        for i in order {
            if rest == 0 {
                break;
            }
            parts[i].0 += 1;
            rest -= 1;
        }
    }
    conserved(total, parts.into_iter().map(|(part, _)| sign * part))
}

/// Splits `total` into `parts` that differ by one minor unit at most, the larger ones first.
///
/// # Panics
/// Where an amount is to be spread over nothing.
pub fn split_even(total: Money, parts: usize) -> Vec<Money> {
    let size = i128::from(total.minor()).abs();
    let sign = if total.is_negative() { -1 } else { 1 };
    let count = parts as i128;
    conserved(total, (0..count).map(|i| sign * (size / count + i128::from(i < size % count))))
}

/// Kept on in release: a cent lost here is a cent nobody finds again.
fn conserved(total: Money, parts: impl Iterator<Item = i128>) -> Vec<Money> {
    let mut sum = 0;
    let parts: Vec<Money> = parts
        .map(|part| {
            sum += part;
            // A part is never larger than the total it is taken from.
            Money::new(part as i64)
        })
        .collect();
    assert!(sum == i128::from(total.minor()), "a split of {} gave {sum}", total.minor());
    parts
}

/// [`split_by`], where of equal remainders the first from `start` on comes first: who splits many amounts over
/// the same places turns it, so that the odd units do not all go to one.
pub fn split_from(total: Money, weights: &[i64], start: usize) -> Vec<Money> {
    if weights.is_empty() {
        return split_by(total, weights);
    }
    let start = start % weights.len();
    let turned: Vec<i64> = weights[start..].iter().chain(&weights[..start]).copied().collect();
    let mut parts = split_by(total, &turned);
    parts.rotate_right(start);
    parts
}
