//! When each tag was last touched, in bounded memory.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Tag;

/// Tags without a number have a slot each.
const SINGLES: u16 = 16;
/// Numbers of a kind share slots by remainder, so that neighbours never do: a shared slot costs a
/// needless miss, nothing else.
const ITEMS: u16 = 1024;
const ORDERS: u16 = 4096;
/// Eleven years of days and twenty of months, each with a slot of its own.
const DAYS: u16 = 4096;
const MONTHS: u16 = 240;
/// Of days too, for their orders.
const ORDER_DAYS: u16 = 1024;

const ITEMS_AT: u16 = SINGLES;
const ORDERS_AT: u16 = ITEMS_AT + ITEMS;
const DAYS_AT: u16 = ORDERS_AT + ORDERS;
const MONTHS_AT: u16 = DAYS_AT + DAYS;
const ORDER_DAYS_AT: u16 = MONTHS_AT + MONTHS;
const SLOTS: usize = (ORDER_DAYS_AT + ORDER_DAYS) as usize;

/// Index of the slot a tag is kept in.
pub(super) type Slot = u16;

fn slot(tag: Tag) -> Slot {
    match tag {
        Tag::Menu => 0,
        Tag::Availability => 1,
        Tag::Floor => 2,
        Tag::Settings => 3,
        Tag::Staff => 4,
        Tag::Devices => 5,
        Tag::Lists => 6,
        Tag::Orders => 7,
        Tag::Tickets => 8,
        Tag::Calendar => 9,
        Tag::Drawers => 10,
        Tag::TimeClock => 11,
        Tag::X => 12,
        Tag::Item(id) => ITEMS_AT + within(id, ITEMS),
        Tag::Order(id) => ORDERS_AT + within(id, ORDERS),
        Tag::Day(day) => DAYS_AT + within(i64::from(day), DAYS),
        Tag::OrdersOf(day) => ORDER_DAYS_AT + within(i64::from(day), ORDER_DAYS),
        Tag::Month(month) => MONTHS_AT + within(i64::from(month), MONTHS),
    }
}

fn within(n: i64, count: u16) -> Slot {
    // A remainder of a u16 divisor fits.
    n.rem_euclid(i64::from(count)) as Slot
}

/// The slots of `tags`, each once.
pub(super) fn slots(tags: &[Tag]) -> Vec<Slot> {
    let mut slots: Vec<Slot> = tags.iter().map(|&tag| slot(tag)).collect();
    slots.sort_unstable();
    slots.dedup();
    slots
}

/// The epoch and, for every slot, the epoch at which it was last touched.
///
/// A write commits, then moves the epoch to `e`, then sets its slots to `e`. A fill that saw the
/// epoch at `e` or later began after that commit and has seen it; one that saw less finds the slots
/// above what it saw as soon as `touch` has returned.
pub(super) struct Epochs {
    epoch: AtomicU64,
    touched: Box<[AtomicU64]>,
}

impl Epochs {
    pub(super) fn new() -> Self {
        Self { epoch: AtomicU64::new(0), touched: (0..SLOTS).map(|_| AtomicU64::new(0)).collect() }
    }

    pub(super) fn now(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    pub(super) fn touch(&self, tags: &[Tag]) {
        if tags.is_empty() {
            return;
        }
        let epoch = self.epoch.fetch_add(1, Ordering::SeqCst) + 1;
        for &tag in tags {
            // The larger wins where two writers meet in a slot.
            self.touched[usize::from(slot(tag))].fetch_max(epoch, Ordering::SeqCst);
        }
    }

    /// Whether what began at `begun` still holds as far as `slots` tell.
    pub(super) fn unchanged_since(&self, begun: u64, slots: &[Slot]) -> bool {
        slots.iter().all(|&slot| self.touched[usize::from(slot)].load(Ordering::SeqCst) <= begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_has_a_slot_in_its_own_range() {
        let check = |tag: Tag, range: std::ops::Range<u16>| {
            assert!(range.contains(&slot(tag)), "{tag:?} is in slot {}", slot(tag));
        };
        for tag in [Tag::Menu, Tag::Availability, Tag::Floor, Tag::Settings, Tag::Staff] {
            check(tag, 0..SINGLES);
        }
        for tag in [Tag::Devices, Tag::Lists, Tag::Orders, Tag::Tickets, Tag::Calendar] {
            check(tag, 0..SINGLES);
        }
        for n in [i32::MIN, -1, 0, 1, 4095, 4096, i32::MAX] {
            check(Tag::Item(i64::from(n)), ITEMS_AT..ORDERS_AT);
            check(Tag::Order(i64::from(n)), ORDERS_AT..DAYS_AT);
            check(Tag::Day(n), DAYS_AT..MONTHS_AT);
            check(Tag::Month(n), MONTHS_AT..ORDER_DAYS_AT);
            check(Tag::OrdersOf(n), ORDER_DAYS_AT..ORDER_DAYS_AT + ORDER_DAYS);
        }
        check(Tag::Item(i64::MIN), ITEMS_AT..ORDERS_AT);
        check(Tag::Order(i64::MAX), ORDERS_AT..DAYS_AT);
    }

    #[test]
    fn slots_come_once() {
        assert_eq!(slots(&[Tag::Floor, Tag::Menu, Tag::Floor]), [0, 2]);
    }
}
