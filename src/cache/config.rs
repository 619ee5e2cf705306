//! What is kept where, for how long, and how much of it.

/// A kind of answer with limits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Namespace {
    Menu,
    /// What the menu shows of one item: parts of bodies, never sent alone.
    Items,
    Floor,
    Settings,
    /// Tenders, reasons, ready-made discounts.
    Lists,
    Orders,
    Tickets,
    Reports,
    Staff,
    Availability,
}

impl Namespace {
    /// All of them, in the order of their numbers.
    pub const ALL: [Namespace; 10] = [
        Namespace::Menu,
        Namespace::Items,
        Namespace::Floor,
        Namespace::Settings,
        Namespace::Lists,
        Namespace::Orders,
        Namespace::Tickets,
        Namespace::Reports,
        Namespace::Staff,
        Namespace::Availability,
    ];

    /// The word for it in addresses and statistics.
    pub const fn name(self) -> &'static str {
        match self {
            Namespace::Menu => "menu",
            Namespace::Items => "items",
            Namespace::Floor => "floor",
            Namespace::Settings => "settings",
            Namespace::Lists => "lists",
            Namespace::Orders => "orders",
            Namespace::Tickets => "tickets",
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

impl Limits {
    /// Seconds an entry lives at most; 0 where nothing is kept.
    pub fn ttl_s(&self) -> u64 {
        if self.enabled { self.ttl_ms / 1000 } else { 0 }
    }
}

/// The limits of every namespace, and of all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    pub(super) limits: [Limits; Namespace::ALL.len()],
    /// For all namespaces together, which may be promised more between them.
    pub bytes_max: usize,
    /// For so long after it was last asked for, what screens ask for again and again is made anew as soon
    /// as a commit lets it go; 0 leaves it to who asks next.
    pub ahead_ms: u64,
}

/// Longest time to make answers ahead, in seconds.
const AHEAD_S_MAX: u64 = 5 * 60;
/// Longest life of an entry, in seconds.
const TTL_S_MAX: u64 = 24 * 60 * 60;
/// Smallest and largest budget, in bytes.
const BYTES_MIN: usize = 64 << 10;
const BYTES_MAX: usize = 1 << 30;

impl Config {
    pub fn of(&self, ns: Namespace) -> Limits {
        self.limits[ns as usize]
    }

    /// For changing one.
    pub fn of_mut(&mut self, ns: Namespace) -> &mut Limits {
        &mut self.limits[ns as usize]
    }

    /// Whether `name` is that of a value: `cache.bytes_max`, `cache.ahead_s`, `cache.menu.ttl_s`, `cache.menu.bytes_max` and
    /// the like.
    pub fn knows(name: &str) -> bool {
        Setting::parse(name).is_some()
    }

    /// Every name there is.
    pub fn names() -> impl Iterator<Item = String> {
        let of = |ns: Namespace| ["ttl_s", "bytes_max"].map(|what| format!("cache.{}.{what}", ns.name()));
        ["cache.bytes_max".to_owned(), "cache.ahead_s".to_owned()]
            .into_iter()
            .chain(Namespace::ALL.into_iter().flat_map(of))
    }

    /// The values that are not the default ones, as [`Config::set`] takes them.
    pub fn changed(&self) -> Vec<(String, String)> {
        let default = Self::default();
        let mut changed = Vec::new();
        if self.bytes_max != default.bytes_max {
            changed.push(("cache.bytes_max".to_owned(), self.bytes_max.to_string()));
        }
        if self.ahead_ms != default.ahead_ms {
            changed.push(("cache.ahead_s".to_owned(), (self.ahead_ms / 1000).to_string()));
        }
        for ns in Namespace::ALL {
            let (is, was) = (self.of(ns), default.of(ns));
            if is.ttl_s() != was.ttl_s() {
                changed.push((format!("cache.{}.ttl_s", ns.name()), is.ttl_s().to_string()));
            }
            if is.bytes_max != was.bytes_max {
                changed.push((format!("cache.{}.bytes_max", ns.name()), is.bytes_max.to_string()));
            }
        }
        changed
    }

    /// Sets one value by its name. A TTL of 0 keeps nothing.
    ///
    /// # Errors
    /// What is wrong with `text`, to follow it in a sentence.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        match Setting::parse(name).ok_or("is no setting")? {
            Setting::BytesMax => self.bytes_max = bytes(text)?,
            Setting::AheadS => self.ahead_ms = seconds(text, AHEAD_S_MAX)? * 1000,
            Setting::NamespaceBytesMax(ns) => self.of_mut(ns).bytes_max = bytes(text)?,
            Setting::TtlS(ns) => {
                let seconds = seconds(text, TTL_S_MAX)?;
                let limits = self.of_mut(ns);
                limits.enabled = seconds > 0;
                if limits.enabled {
                    limits.ttl_ms = seconds * 1000;
                }
            }
        }
        Ok(())
    }
}

/// A value by its name.
enum Setting {
    BytesMax,
    AheadS,
    TtlS(Namespace),
    NamespaceBytesMax(Namespace),
}

impl Setting {
    fn parse(name: &str) -> Option<Self> {
        let name = name.strip_prefix("cache.")?;
        let Some((ns, what)) = name.split_once('.') else {
            return match name {
                "bytes_max" => Some(Self::BytesMax),
                "ahead_s" => Some(Self::AheadS),
                _ => None,
            };
        };
        let ns = Namespace::from_name(ns)?;
        match what {
            "ttl_s" => Some(Self::TtlS(ns)),
            "bytes_max" => Some(Self::NamespaceBytesMax(ns)),
            _ => None,
        }
    }
}

fn seconds(text: &str, most: u64) -> Result<u64, String> {
    let seconds = text.parse::<u64>().ok().filter(|s| *s <= most);
    seconds.ok_or_else(|| format!("is not a whole number of seconds from 0 to {most}"))
}

fn bytes(text: &str) -> Result<usize, String> {
    let bytes = text.parse::<usize>().ok().filter(|n| (BYTES_MIN..=BYTES_MAX).contains(n));
    bytes.ok_or_else(|| format!("is not a whole number of bytes from {BYTES_MIN} to {BYTES_MAX}"))
}

impl Default for Config {
    /// Menu and settings an hour, all else five minutes; 16 MB in all, so that the whole server stays in
    /// the tens of megabytes; ahead for ten seconds, in which a screen asks several times.
    fn default() -> Self {
        const MINUTE_MS: u64 = 60_000;
        const KIB: usize = 1024;
        let limits = Namespace::ALL.map(|ns| {
            let (minutes, kib) = match ns {
                Namespace::Menu => (60, 4096),
                Namespace::Items => (60, 4096),
                Namespace::Settings => (60, 256),
                Namespace::Floor => (5, 1024),
                Namespace::Lists => (5, 1024),
                Namespace::Orders => (5, 4096),
                Namespace::Tickets => (5, 1024),
                Namespace::Reports => (5, 4096),
                Namespace::Staff => (5, 512),
                Namespace::Availability => (5, 1024),
            };
            Limits { ttl_ms: minutes * MINUTE_MS, bytes_max: kib * KIB, enabled: true }
        });
        Self { limits, bytes_max: 16 * KIB * KIB, ahead_ms: 10_000 }
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

    #[test]
    fn every_value_has_a_name_and_a_range() {
        let default = Config::default();
        let check = |name: &str, text: &str, expected: Result<(u64, usize, bool, usize), &str>| {
            let mut config = default;
            let menu = |config: Config| (config.of(Namespace::Menu), config.bytes_max);
            let told = config.set(name, text).map(|()| {
                let (limits, bytes_max) = menu(config);
                (limits.ttl_ms, limits.bytes_max, limits.enabled, bytes_max)
            });
            assert_eq!(told.as_ref().map_err(String::as_str), expected.as_ref().map_err(|e| *e), "{name} = {text}");
            assert_eq!(Config::knows(name), expected != Err("is no setting"), "{name}");
        };
        let (hour, four, all) = (3_600_000, 4 << 20, 16 << 20);
        check("cache.menu.ttl_s", "60", Ok((60_000, four, true, all)));
        check("cache.menu.ttl_s", "0", Ok((hour, four, false, all)));
        check("cache.menu.bytes_max", "65536", Ok((hour, 65536, true, all)));
        check("cache.bytes_max", "1073741824", Ok((hour, four, true, 1 << 30)));
        check("cache.floor.ttl_s", "1", Ok((hour, four, true, all)));
        let (seconds, bytes) = (
            "is not a whole number of seconds from 0 to 86400",
            "is not a whole number of bytes from 65536 to 1073741824",
        );
        check("cache.menu.ttl_s", "86401", Err(seconds));
        check("cache.menu.ttl_s", "-1", Err(seconds));
        check("cache.menu.ttl_s", "1.5", Err(seconds));
        check("cache.menu.bytes_max", "65535", Err(bytes));
        check("cache.bytes_max", "4M", Err(bytes));
        check("cache.soup.ttl_s", "1", Err("is no setting"));
        check("cache.menu", "1", Err("is no setting"));
        check("cache.ttl_s", "1", Err("is no setting"));
        check("cache.ahead_s", "300", Ok((hour, four, true, all)));
        check("cache.ahead_s", "301", Err("is not a whole number of seconds from 0 to 300"));
        let mut config = default;
        assert_eq!(config.changed(), []);
        for (name, value) in [
            ("cache.menu.ttl_s", "0"),
            ("cache.bytes_max", "65536"),
            ("cache.ahead_s", "0"),
            ("cache.floor.bytes_max", "70000"),
        ] {
            config.set(name, value).unwrap();
        }
        let changed = config.changed();
        let mut again = default;
        changed.iter().for_each(|(name, value)| again.set(name, value).unwrap());
        assert_eq!((changed.len(), again), (4, config));
        assert!(Config::names().all(|name| Config::knows(&name)));
        assert_eq!(Config::names().count(), 2 + 2 * Namespace::ALL.len());
    }
}
