//! What a commit touched, and what a cached body was made from.

/// The subject of a write. An entry carrying a tag goes when a commit touched it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tag {
    /// Anything of the menu's tree but its availability.
    Menu,
    /// One item of the menu.
    Item(i64),
    /// What is 86 or counted down.
    Availability,
    /// Areas, tables, stations and what is open where.
    Floor,
    Settings,
    /// The zone and the cutoff: what day it is, and how times are shown.
    Calendar,
    /// Who works here and what they may do; also sessions.
    Staff,
    Devices,
    /// Tenders, reasons and ready-made discounts.
    Lists,
    Order(i64),
    /// Any order.
    Orders,
    /// An order of one business date, as days since 1970-01-01.
    OrdersOf(i32),
    Tickets,
    /// What the X report shows: the figures since the last Z, and what stands in the way of the next.
    X,
    /// Which drawers are open, and what was done to any by hand.
    Drawers,
    /// Who is at work.
    TimeClock,
    /// Figures of one business date, as days since 1970-01-01.
    Day(i32),
    /// Figures of one month, as year × 12 + month − 1.
    Month(i32),
}
