//! How tips are parted. Pure.

use std::collections::BTreeMap;

use crate::kernel::allocate::split_by;
use crate::kernel::day::BusinessDate;
use crate::kernel::ids::StaffId;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::words::words;

words! {
    Rule {
        /// By the minutes everybody worked on the day.
        Hours "hours",
        /// By minutes times the share each has.
        Shares "shares",
        /// Everybody keeps their own.
        Own "own",
    }
}

/// Minutes somebody worked on one day, and what an hour of theirs weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub date: BusinessDate,
    pub staff: StaffId,
    pub minutes: i64,
    pub share: i64,
}

/// Whose part of all tips is what. The sum of both is what there was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parted {
    pub by_staff: BTreeMap<StaffId, i64>,
    /// Of days on which nobody worked.
    pub undistributed: i64,
}

/// Parts the tips of each day among those who worked on it, by largest remainder, of equal ones to whoever
/// was hired first: who worked on Monday alone has nothing of Saturday's.
pub fn part(tips: &BTreeMap<BusinessDate, i64>, worked: &[Part], by_shares: bool) -> Result<Parted, TooLarge> {
    let mut weights: BTreeMap<BusinessDate, BTreeMap<StaffId, i64>> = BTreeMap::new();
    for part in worked {
        let weight = if by_shares { part.minutes * part.share } else { part.minutes };
        *weights.entry(part.date).or_default().entry(part.staff).or_default() += weight;
    }
    let mut parted = Parted::default();
    for (date, tips) in tips {
        let of_day = weights.get(date).filter(|of_day| of_day.values().any(|weight| *weight > 0));
        let Some(of_day) = of_day else {
            parted.undistributed += tips;
            continue;
        };
        let weights: Vec<i64> = of_day.values().copied().collect();
        let shares = split_by(Money::within(i128::from(*tips))?, &weights);
        for (staff, share) in of_day.keys().zip(shares) {
            *parted.by_staff.entry(*staff).or_default() += share.minor();
        }
    }
    Ok(parted)
}
