//! Cash: rounding to the smallest coin, and change.

use crate::kernel::money::{Money, TooLarge};
use crate::kernel::rate::{Rounding, div_round};

/// What makes `due` payable in coins of `step` minor units: −2 for 12.32 and a step of 5. Halves
/// go up. A step of zero or one is no rounding. It stands outside the total.
pub fn cash_rounding(due: Money, step: Money) -> Result<Money, TooLarge> {
    if step.minor() <= 1 {
        return Ok(Money::ZERO);
    }
    let (amount, step) = (i128::from(due.minor()), i128::from(step.minor()));
    Money::within(div_round(amount, step, Rounding::HalfUp) * step - amount)
}

/// What goes back of `tendered`: tendered − change = amount + rounding + tip. `None` where it does not cover them.
pub fn change(tendered: Money, amount: Money, rounding: Money, tip: Money) -> Result<Option<Money>, TooLarge> {
    let change = tendered.minus(Money::sum([amount, rounding, tip])?)?;
    Ok((!change.is_negative()).then_some(change))
}
