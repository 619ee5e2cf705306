//! Whether the clock runs as the monotonic one does. A machine without a clock of its own starts in the
//! past and is set right later; somebody turns the date by hand; a machine sleeps. Each is a jump between
//! two looks.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::kernel::day::UtcMs;

/// How long a jump stands: long enough that somebody sees it, and not for good, since afterwards the new
/// time is simply the time.
pub(super) const STANDS: Duration = Duration::from_secs(3_600);
/// Less is how a clock is kept right from the network, in ms.
const SLIGHT_MS: i64 = 2_000;

/// The jumps of the last hour.
#[derive(Debug, Default)]
pub(super) struct Jumps {
    last: Option<(Instant, UtcMs)>,
    stand: VecDeque<(Instant, i64)>,
}

impl Jumps {
    /// Looks at the clock, which shows `at`, and answers how far it was moved within the hour, in ms: a clock
    /// that was set wrong and back right was not moved.
    pub(super) fn look(&mut self, now: Instant, at: UtcMs) -> i64 {
        if let Some((then, showed)) = self.last.replace((now, at)) {
            let passed = i64::try_from(now.saturating_duration_since(then).as_millis()).unwrap_or(i64::MAX);
            let jump = at.get().saturating_sub(showed.get()).saturating_sub(passed);
            if jump.saturating_abs() > SLIGHT_MS {
                self.stand.push_back((now, jump));
            }
        }
        while self.stand.front().is_some_and(|(seen, _)| now.saturating_duration_since(*seen) >= STANDS) {
            self.stand.pop_front();
        }
        let moved = self.stand.iter().fold(0_i64, |sum, (_, jump)| sum.saturating_add(*jump));
        if moved.saturating_abs() > SLIGHT_MS { moved } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at so many s, when the clock shows so many s, and what each tells, in s.
    fn check(looks: &[(u64, i64, i64)]) {
        let (began, mut jumps) = (Instant::now(), Jumps::default());
        for (passed, shows, moved) in looks {
            let at = UtcMs::new(1_795_194_000_000 + shows * 1_000);
            let told = jumps.look(began + Duration::from_secs(*passed), at);
            assert_eq!(told / 1_000, *moved, "after {passed} s in {looks:?}");
        }
    }

    #[test]
    fn a_jump_stands_an_hour() {
        check(&[(0, 0, 0), (10, 10, 0), (20, 21, 0), (30, 31, 0)]);
        check(&[(0, 0, 0), (10, -290, -300), (20, -280, -300), (3_600, 3_300, -300), (3_610, 3_310, 0)]);
        check(&[(0, 0, 0), (10, 86_410, 86_400), (3_609, 90_009, 86_400), (3_610, 90_010, 0)]);
    }

    #[test]
    fn what_is_set_back_right_was_not_moved() {
        check(&[(0, 0, 0), (10, 7_210, 7_200), (20, 7_220, 7_200), (30, 30, 0), (40, 40, 0)]);
        // It creeps: a second at a time is the network's doing.
        check(&[(0, 0, 0), (10, 11, 0), (20, 22, 0), (30, 33, 0)]);
    }
}
