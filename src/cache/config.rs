//! What is kept where, for how long, and how much of it.

/// A kind of answer with limits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Namespace {
    Menu,
    Floor,
    Settings,
    /// Tenders, reasons, ready-made discounts.
    Lists,
    Orders,
    Reports,
    Staff,
    Availability,
}

impl Namespace {
    /// All of them, in the order of their numbers.
    pub const ALL: [Namespace; 8] = [
        Namespace::Menu,
        Namespace::Floor,
        Namespace::Settings,
        Namespace::Lists,
        Namespace::Orders,
        Namespace::Reports,
        Namespace::Staff,
        Namespace::Availability,
    ];

    /// The word for it in addresses and statistics.
    pub fn name(self) -> &'static str {
        match self {
            Namespace::Menu => "menu",
            Namespace::Floor => "floor",
            Namespace::Settings => "settings",
            Namespace::Lists => "lists",
            Namespace::Orders => "orders",
            Namespace::Reports => "reports",
            Namespace::Staff => "staff",
            Namespace::Availability => "availability",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ns| ns.name() == name)
    }
}

/// The limits of one namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Counted from the beginning of the fill.
    pub ttl_ms: u64,
    /// For all bodies in all codings together; a body above it is never kept.
    pub bytes_max: usize,
    /// Off: every call runs its own fill and nothing is kept.
    pub enabled: bool,
}

/// The limits of every namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config(pub(super) [Limits; Namespace::ALL.len()]);

impl Config {
    pub fn of(&self, ns: Namespace) -> Limits {
        self.0[ns as usize]
    }

    /// For changing one.
    pub fn of_mut(&mut self, ns: Namespace) -> &mut Limits {
        &mut self.0[ns as usize]
    }
}

impl Default for Config {
    /// Menu and settings an hour, all else five minutes; 16 MB when every namespace is full, so that
    /// the whole server stays in the tens of megabytes.
    fn default() -> Self {
        const MINUTE_MS: u64 = 60_000;
        const KIB: usize = 1024;
        Self(Namespace::ALL.map(|ns| {
            let (minutes, kib) = match ns {
                Namespace::Menu => (60, 4096),
                Namespace::Settings => (60, 256),
                Namespace::Floor => (5, 1024),
                Namespace::Lists => (5, 1024),
                Namespace::Orders => (5, 4096),
                Namespace::Reports => (5, 4096),
                Namespace::Staff => (5, 512),
                Namespace::Availability => (5, 1024),
            };
            Limits { ttl_ms: minutes * MINUTE_MS, bytes_max: kib * KIB, enabled: true }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_in_the_order_of_the_numbers_and_names_lead_back() {
        for (n, ns) in Namespace::ALL.into_iter().enumerate() {
            assert_eq!(ns as usize, n);
            assert_eq!(Namespace::from_name(ns.name()), Some(ns));
        }
        assert_eq!(Namespace::from_name("Menu"), None);
    }
}
