//! How often a PIN was tried for the stats page, in memory: whoever tries is nobody yet, so it costs no
//! write. After a restart the count begins anew; a guest cannot restart the server.

use std::collections::HashMap;
use std::net::IpAddr;

use parking_lot::Mutex;

use crate::kernel::day::UtcMs;
use crate::staff::model::wait_left_s;

/// Wrong PINs in a row that an address has beside those of a name: several people may sit behind it.
const ADDRESS_FREE_MORE: i64 = 15;
/// A count nobody added to for so long is forgotten.
const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;
/// Names and addresses counted at a time. When they are that many, who is not among them waits.
const COUNTED_MAX: usize = 8192;
const FULL_WAIT_S: u32 = 60;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    /// As it was typed, whether anybody is called so or not.
    Typed(String),
    From(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Count {
    failures: i64,
    last: UtcMs,
}

/// The tries of one server.
#[derive(Debug, Default)]
pub struct Tries(Mutex<HashMap<Who, Count>>);

impl Tries {
    /// Counts a try as wrong, until [`Tries::right`] says otherwise: a hundred sent at once are a hundred.
    ///
    /// # Errors
    /// The seconds to wait first.
    pub fn begin(&self, typed: &str, from: Option<IpAddr>, now: UtcMs) -> Result<(), u32> {
        let who = both(typed, from);
        let mut counts = self.0.lock();
        let old = |count: &Count| now.since_ms(count.last) > REMEMBERED_MS;
        if counts.len() + 2 > COUNTED_MAX {
            counts.retain(|_, count| !old(count));
        }
        let waits = who.iter().filter_map(|who| {
            let Some(count) = counts.get(who).filter(|count| !old(count)) else {
                return (counts.len() + 2 > COUNTED_MAX && !counts.contains_key(who)).then_some(FULL_WAIT_S);
            };
            let free_more = if matches!(who, Who::From(_)) { ADDRESS_FREE_MORE } else { 0 };
            wait_left_s(count.failures - free_more, count.last, now)
        });
        if let Some(seconds) = waits.max() {
            return Err(seconds);
        }
        for who in who {
            let count = counts.entry(who).or_insert(Count { failures: 0, last: now });
            let before = if old(count) { 0 } else { count.failures };
            *count = Count { failures: before + 1, last: now };
        }
        Ok(())
    }

    /// The try that was begun last was right: the name starts anew, the address is given one back.
    pub fn right(&self, typed: &str, from: Option<IpAddr>) {
        let mut counts = self.0.lock();
        for who in both(typed, from) {
            match who {
                Who::Typed(_) => drop(counts.remove(&who)),
                Who::From(_) => {
                    if let Some(count) = counts.get_mut(&who) {
                        count.failures = (count.failures - 1).max(0);
                    }
                }
            }
        }
    }
}

fn both(typed: &str, from: Option<IpAddr>) -> Vec<Who> {
    let mut who = vec![Who::Typed(typed.to_owned())];
    who.extend(from.map(|from| Who::From(network(from))));
    who
}

/// One host can take any address of its 64-bit network (RFC 4291, section 2.5.4).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMs = UtcMs::new(1_800_000_000_000);

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_name_has_five_tries_from_wherever() {
        let tries = Tries::default();
        for n in 0..5 {
            assert_eq!(tries.begin("mara", address(&format!("10.0.0.{n}")), NOW), Ok(()));
        }
        assert_eq!(tries.begin("mara", address("10.0.0.9"), NOW), Err(30));
        assert_eq!(tries.begin("gina", address("10.0.0.9"), NOW), Ok(()));
        assert_eq!(tries.begin("mara", address("10.0.0.9"), NOW.plus_ms(29_001)), Err(1));
        assert_eq!(tries.begin("mara", address("10.0.0.9"), NOW.plus_ms(30_000)), Ok(()));
        assert_eq!(tries.begin("mara", address("10.0.0.9"), NOW.plus_ms(30_000)), Err(60));
        tries.right("mara", address("10.0.0.9"));
        assert_eq!(tries.begin("mara", address("10.0.0.9"), NOW.plus_ms(30_000)), Ok(()));
    }

    #[test]
    fn an_address_has_twenty_under_whatever_names() {
        fn check(addresses: [&str; 2], same: bool) {
            let tries = Tries::default();
            for n in 0..20 {
                assert_eq!(tries.begin(&format!("guest {n}"), address(addresses[0]), NOW), Ok(()));
            }
            assert_eq!(tries.begin("mara", address(addresses[0]), NOW), Err(30));
            let other = tries.begin("mara", address(addresses[1]), NOW);
            assert_eq!(other.is_err(), same, "{addresses:?}");
        }
        check(["10.0.0.7", "10.0.0.8"], false);
        check(["10.0.0.7", "::ffff:10.0.0.7"], true);
        check(["fd00::1", "fd00::2"], true);
        check(["fd00::1", "fd00:0:0:1::1"], false);
    }

    #[test]
    fn counts_are_bounded_and_forgotten_after_a_day() {
        let tries = Tries::default();
        for n in 0..COUNTED_MAX {
            let _ = tries.begin(&format!("guest {n}"), None, NOW);
        }
        assert_eq!(tries.begin("mara", None, NOW), Err(FULL_WAIT_S));
        assert!(tries.0.lock().len() <= COUNTED_MAX);
        assert_eq!(tries.begin("mara", None, NOW.plus_ms(REMEMBERED_MS + 1)), Ok(()));
        assert_eq!(tries.0.lock().len(), 1);
    }
}
