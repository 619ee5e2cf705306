//! What is said by the clock on the wall: when something is sold, and at what price. Pure.

use crate::kernel::day::{BusinessDate, UtcMs, Weekday, Zone};
use crate::kernel::ids::{CategoryId, ItemId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::rate::{Rate, Rounding};
use crate::kernel::service::Service;

/// Minutes of a day on the wall.
const DAY_MIN: u16 = 24 * 60;
/// Windows something is sold in, at most.
pub const WINDOWS_MAX: usize = 20;
/// Days ahead in which the next change is looked for.
const AHEAD_DAYS: i32 = 8;

/// From when to when, on which days of the week, by the clock on the wall: in the night in which an hour comes
/// twice it holds in both, and in the one in which it is left out it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// A bit for each, Monday the lowest: those on which it opens.
    weekdays: u8,
    /// Minutes after midnight, 0 to 1439.
    from: u16,
    /// 1 to 1440, not `from`; below it the window closes on the day after.
    to: u16,
    /// The first and the last date on which it opens.
    pub valid_from: Option<BusinessDate>,
    pub valid_to: Option<BusinessDate>,
}

/// What the wall shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wall {
    pub date: BusinessDate,
    /// After midnight.
    pub minute: u16,
}

impl Wall {
    pub fn at(zone: &Zone, at: UtcMs) -> Self {
        let (date, minute) = zone.wall(at);
        Self { date, minute }
    }
}

/// `HH:MM` from 00:00 to 24:00, as minutes.
pub fn minute(text: &str) -> Result<u16, Invalid> {
    let fault = || Invalid::format("a time of day is HH:MM, such as 17:00");
    let [h1, h2, b':', m1, m2] = text.as_bytes() else { return Err(fault()) };
    if ![h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()) {
        return Err(fault());
    }
    let two = |tens: &u8, ones: &u8| u16::from(tens - b'0') * 10 + u16::from(ones - b'0');
    let (hours, minutes) = (two(h1, h2), two(m1, m2));
    let total = hours * 60 + minutes;
    if minutes > 59 || total > DAY_MIN {
        return Err(Invalid::range("a time of day is 00:00 to 24:00"));
    }
    Ok(total)
}

/// The same as text.
pub fn hh_mm(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Days of the week as a set; none named are all.
pub fn weekdays(words: &[String]) -> Result<u8, Invalid> {
    let mut set = 0;
    for word in words {
        let day = Weekday::ALL.iter().position(|day| day.as_str() == word);
        set |= 1 << day.ok_or_else(|| Invalid::new("unknown_value", "one of mon, tue, wed, thu, fri, sat, sun"))?;
    }
    Ok(if set == 0 { 0b111_1111 } else { set })
}

impl Window {
    /// Refused where it is never open; a whole day is 00:00 to 24:00.
    pub fn new(
        weekdays: u8,
        from: u16,
        to: u16,
        valid_from: Option<BusinessDate>,
        valid_to: Option<BusinessDate>,
    ) -> Result<Self, (&'static str, Invalid)> {
        if from >= DAY_MIN {
            return Err(("/from", Invalid::range("a window opens before 24:00")));
        }
        if to == 0 || from == to {
            return Err((
                "/to",
                Invalid::range("a window closes after it opens, at 24:00 at the latest or on the day after"),
            ));
        }
        if valid_from.zip(valid_to).is_some_and(|(from, to)| to < from) {
            return Err(("/valid_to", Invalid::range("valid_to is not before valid_from")));
        }
        Ok(Self { weekdays, from, to, valid_from, valid_to })
    }

    /// As stored, and so already right.
    pub fn stored(
        weekdays: u8,
        from: u16,
        to: u16,
        valid_from: Option<BusinessDate>,
        valid_to: Option<BusinessDate>,
    ) -> Self {
        Self { weekdays, from, to, valid_from, valid_to }
    }

    pub fn weekday_bits(&self) -> u8 {
        self.weekdays
    }

    pub fn weekday_words(&self) -> Vec<&'static str> {
        let in_it = |(at, day): (usize, &Weekday)| (self.weekdays >> at & 1 == 1).then(|| day.as_str());
        Weekday::ALL.iter().enumerate().filter_map(in_it).collect()
    }

    pub fn from_min(&self) -> u16 {
        self.from
    }

    pub fn to_min(&self) -> u16 {
        self.to
    }

    fn opens_on(&self, date: BusinessDate) -> bool {
        self.weekdays >> (date.weekday() as u8) & 1 == 1
            && self.valid_from.is_none_or(|first| first <= date)
            && self.valid_to.is_none_or(|last| date <= last)
    }

    /// Whether it is open when the wall shows that.
    pub fn holds(&self, wall: Wall) -> bool {
        if self.from < self.to {
            return self.opens_on(wall.date) && (self.from..self.to).contains(&wall.minute);
        }
        let since_yesterday = wall.minute < self.to && self.opens_on(wall.date.plus_days(-1));
        since_yesterday || wall.minute >= self.from && self.opens_on(wall.date)
    }

    /// When the wall shows its edges around that date, whether or not it opens or closes then.
    fn edges(&self, zone: &Zone, date: BusinessDate) -> [UtcMs; 4] {
        let [from, again] = zone.instants(date, self.from);
        let (days, minute) = if self.to == DAY_MIN { (1, 0) } else { (0, self.to) };
        let [to, once_more] = zone.instants(date.plus_days(days), minute);
        [from, again, to, once_more]
    }
}

/// The first moment after `at` at which some of these windows open or close; `None` where none does within
/// [`AHEAD_DAYS`].
pub fn next_change(windows: &[&Window], zone: &Zone, at: UtcMs) -> Option<UtcMs> {
    let state = |at: UtcMs| {
        let wall = Wall::at(zone, at);
        windows.iter().map(move |w| w.holds(wall))
    };
    let today = Wall::at(zone, at).date;
    let mut edges: Vec<UtcMs> = zone.next_transition(at).into_iter().collect();
    for day in -1..=AHEAD_DAYS {
        edges.extend(windows.iter().flat_map(|window| window.edges(zone, today.plus_days(day))));
    }
    edges.retain(|edge| *edge > at && edge.since_ms(at) <= i64::from(AHEAD_DAYS) * 24 * 60 * 60 * 1000);
    edges.sort_unstable();
    edges.dedup();
    edges.into_iter().find(|edge| !state(*edge).eq(state(at)))
}

/// Other prices at some times: a happy hour, a lunch price, a night's surcharge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceTime {
    pub id: i64,
    pub name: String,
    pub window: Window,
    /// Only for what is eaten so; `None`: either way.
    pub service: Option<Service>,
    pub what: Prices,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prices {
    /// Of each of these its own.
    Of(Vec<(VariantId, Money)>),
    /// So much off everything in these categories that has a price.
    Off { categories: Vec<CategoryId>, percent: Rate },
}

/// Variants or categories one price time names at most.
pub const PRICES_MAX: usize = 500;

/// What a window of sale is said of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoldOf {
    Item(ItemId),
    Category(CategoryId),
}

/// When something is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldTime {
    pub window: Window,
    /// Only to be eaten so; `None`: either way.
    pub service: Option<Service>,
}

impl SoldTime {
    fn is_of(&self, service: Service) -> bool {
        self.service.is_none_or(|of| of == service)
    }
}

/// Keeps a version a number that JavaScript holds exactly, up to nine million edits.
const ROOM: i64 = 1_000_000_000;

/// All that the menu says by the clock.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Times {
    /// In the order of their ids.
    pub prices: Vec<PriceTime>,
    /// What has none is always sold.
    pub sold: Vec<(SoldOf, SoldTime)>,
}

/// What is sold, as far as its times are concerned.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub item: ItemId,
    pub category: CategoryId,
}

impl Wanted {
    fn is(self, of: SoldOf) -> bool {
        match of {
            SoldOf::Item(id) => id == self.item,
            SoldOf::Category(id) => id == self.category,
        }
    }
}

impl Times {
    pub fn is_empty(&self) -> bool {
        self.prices.is_empty() && self.sold.is_empty()
    }

    /// Whether it is sold now to be eaten so: by its own windows and by its category's, where they have any.
    /// `None`: either way.
    pub fn is_sold(&self, wanted: Wanted, service: Option<Service>, wall: Wall) -> bool {
        let Some(service) = service else {
            return Service::ALL.iter().any(|service| self.is_sold(wanted, Some(*service), wall));
        };
        let open = |of: SoldOf| {
            let mut times = self.sold.iter().filter(|(said, _)| *said == of).map(|(_, time)| time).peekable();
            times.peek().is_none() || times.any(|time| time.is_of(service) && time.window.holds(wall))
        };
        open(SoldOf::Item(wanted.item)) && open(SoldOf::Category(wanted.category))
    }

    /// What a variant costs now, where its own price is `regular`. A price of its own goes before a percentage
    /// of its category, of several the lowest; a percentage is rounded to the minor unit, halves up. An open
    /// price stays open.
    pub fn price(
        &self,
        variant: VariantId,
        category: CategoryId,
        regular: Option<Money>,
        service: Service,
        wall: Wall,
    ) -> Result<Option<Money>, TooLarge> {
        let Some(regular) = regular else { return Ok(None) };
        let holding =
            self.prices.iter().filter(|time| time.service.is_none_or(|of| of == service) && time.window.holds(wall));
        let (mut own, mut off): (Option<Money>, Option<Money>) = (None, None);
        for time in holding {
            match &time.what {
                Prices::Of(prices) => {
                    let said = prices.iter().filter(|(id, _)| *id == variant).map(|(_, price)| *price).min();
                    own = [own, said].into_iter().flatten().min();
                }
                Prices::Off { categories, percent } if categories.contains(&category) => {
                    let price = regular.minus(percent.of(regular, Rounding::HalfUp)?)?;
                    off = [off, Some(price)].into_iter().flatten().min();
                }
                Prices::Off { .. } => {}
            }
        }
        Ok(Some(own.or(off).unwrap_or(regular)))
    }

    /// What is said of just that.
    pub fn sold_of(&self, of: SoldOf) -> Vec<SoldTime> {
        self.sold.iter().filter(|(said, _)| *said == of).map(|(_, time)| time.clone()).collect()
    }

    fn windows(&self) -> impl Iterator<Item = &Window> {
        self.prices.iter().map(|time| &time.window).chain(self.sold.iter().map(|(_, time)| &time.window))
    }

    /// When anything of it next changes.
    pub fn next_change(&self, zone: &Zone, at: UtcMs) -> Option<UtcMs> {
        next_change(&self.windows().collect::<Vec<_>>(), zone, at)
    }

    /// When it is next sold to be eaten so, or no longer is.
    pub fn sold_until(&self, wanted: Wanted, service: Service, zone: &Zone, at: UtcMs) -> Option<UtcMs> {
        let now = self.is_sold(wanted, Some(service), Wall::at(zone, at));
        let own = self.sold.iter().filter(|(of, _)| wanted.is(*of)).map(|(_, time)| &time.window);
        let own: Vec<&Window> = own.collect();
        let mut at = at;
        // Two of its windows may meet, where nothing changes for it.
        for _ in 0..4 * WINDOWS_MAX {
            at = next_change(&own, zone, at)?;
            if self.is_sold(wanted, Some(service), Wall::at(zone, at)) != now {
                return Some(at);
            }
        }
        None
    }

    /// What of it is about one item with these variants.
    pub fn about(&self, wanted: Wanted, variants: &[VariantId]) -> Times {
        let names = |time: &&PriceTime| match &time.what {
            Prices::Of(prices) => prices.iter().any(|(id, _)| variants.contains(id)),
            Prices::Off { categories, .. } => categories.contains(&wanted.category),
        };
        Times {
            prices: self.prices.iter().filter(names).cloned().collect(),
            sold: self.sold.iter().filter(|(of, _)| wanted.is(*of)).cloned().collect(),
        }
    }

    /// The menu's version as terminals see it: the count of its edits and, where the clock has a say, what of it
    /// holds now, so that a menu loaded before eight is another one after. Between two equal ones nothing
    /// differs: the second part is a hash of which windows are open, nine digits long.
    pub fn version(&self, edits: i64, wall: Wall) -> i64 {
        if self.is_empty() { edits } else { edits.saturating_mul(ROOM).saturating_add(self.open(wall)) }
    }

    /// Which of its windows are open, as a number below [`ROOM`].
    pub fn open(&self, wall: Wall) -> i64 {
        // FNV-1a over a byte a window.
        let open = self.windows().fold(0xcbf2_9ce4_8422_2325_u64, |hash, window| {
            (hash ^ u64::from(window.holds(wall))).wrapping_mul(0x0100_0000_01b3)
        });
        (open % ROOM.unsigned_abs()) as i64
    }
}
