//! Tickets, how far they are, and who moves them. Pure.

pub mod times;

use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, ItemId, LineId, OrderId, StationId, TicketId};
use crate::kernel::service::Service;
use crate::kernel::words::words;

words! {
    /// What a ticket tells the kitchen.
    TicketKind {
        /// Dishes to be made.
        New "new",
        /// Dishes not to be made any more.
        Cancel "cancel",
        /// Where dishes go that are being made.
        Change "change",
    }

    /// What changed of a dish, or of the whole order.
    What { Seat "seat", Course "course", Table "table", Service "service", }

    /// How far somebody wants a ticket to be.
    Reached { Ready "ready", Served "served", }
}

/// How far the kitchen is with a line; the least advanced first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineState {
    Sent,
    Ready,
    Served,
}

impl LineState {
    pub const ALL: [LineState; 3] = [LineState::Sent, LineState::Ready, LineState::Served];

    pub fn as_str(self) -> &'static str {
        match self {
            LineState::Sent => "sent",
            LineState::Ready => "ready",
            LineState::Served => "served",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What a ticket looks like from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketState {
    New,
    Printed,
    Bumped,
}

impl TicketState {
    pub const ALL: [TicketState; 3] = [TicketState::New, TicketState::Printed, TicketState::Bumped];

    pub fn as_str(self) -> &'static str {
        match self {
            TicketState::New => "new",
            TicketState::Printed => "printed",
            TicketState::Bumped => "bumped",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How far a ticket is. Its lines move together, and its paper is there or not whatever they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    pub lines: LineState,
    pub printed: bool,
}

/// What the kitchen does to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Done with it: cooked the first time, carried out the second.
    Bump,
    /// Done with it as far as this; it goes no further, however many screens say so.
    To(Reached),
    /// Takes the last bump back.
    Recall,
    /// The paper came out.
    Print,
}

impl Act {
    pub fn as_str(self) -> &'static str {
        match self {
            Act::Bump | Act::To(_) => "bump",
            Act::Recall => "recall",
            Act::Print => "print",
        }
    }
}

impl Stage {
    /// As sent.
    pub const NEW: Stage = Stage { lines: LineState::Sent, printed: false };

    pub fn state(self) -> TicketState {
        match (self.lines, self.printed) {
            (LineState::Sent, false) => TicketState::New,
            (LineState::Sent, true) => TicketState::Printed,
            (LineState::Ready | LineState::Served, _) => TicketState::Bumped,
        }
    }

    /// Where `act` leads. What has already happened changes nothing, so that two screens on one
    /// ticket do not argue.
    #[must_use]
    pub fn after(self, act: Act) -> Stage {
        match (act, self.lines) {
            (Act::Bump, LineState::Sent) | (Act::Recall, LineState::Served) => {
                Stage { lines: LineState::Ready, ..self }
            }
            (Act::Bump, LineState::Ready | LineState::Served) => Stage { lines: LineState::Served, ..self },
            (Act::To(Reached::Ready), lines) => Stage { lines: lines.max(LineState::Ready), ..self },
            (Act::To(Reached::Served), _) => Stage { lines: LineState::Served, ..self },
            (Act::Recall, LineState::Sent | LineState::Ready) => Stage { lines: LineState::Sent, ..self },
            (Act::Print, _) => Stage { printed: true, ..self },
        }
    }
}

impl TicketKind {
    /// Where `act` leads a ticket of this kind. Of a cancel or a change there is nothing to carry out: it is
    /// read, and done with.
    pub fn after(self, stage: Stage, act: Act) -> Stage {
        match (self, act) {
            (TicketKind::New, _) | (TicketKind::Cancel | TicketKind::Change, Act::Print) => stage.after(act),
            (TicketKind::Cancel | TicketKind::Change, Act::Bump | Act::To(_)) => {
                Stage { lines: LineState::Served, ..stage }
            }
            (TicketKind::Cancel | TicketKind::Change, Act::Recall) => Stage { lines: LineState::Sent, ..stage },
        }
    }
}

/// Whose ticket it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketHead {
    pub order: OrderId,
    pub display_number: i64,
    /// The table's or the tab's name, as it was when sent.
    pub table_name: Option<String>,
    /// The order's kind, a word of the wire.
    pub order_kind: &'static str,
    pub service: Service,
    /// The order's version with this sending done, for the record.
    pub version: i64,
}

/// A line the kitchen has to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSend {
    /// The line as first sent, whatever it is split into later.
    pub line: LineId,
    /// Where it is made; what is not made any more is told where it was sent, and here where that has no screen now.
    pub station: StationId,
    /// In thousandths: above zero it is to be made, below zero not any more. Zero says nothing.
    pub delta: i64,
    pub item: ItemId,
    pub name: String,
    pub variant: String,
    /// In words, without prices.
    pub modifiers: String,
    pub note: Option<String>,
    pub seat: Option<i64>,
    pub course: Option<i64>,
    /// Its own, where it is not eaten as its order is.
    pub service: Option<Service>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub id: TicketId,
    /// The one its dishes were sent for, or all that stands of them went to.
    pub order: OrderId,
    pub display_number: i64,
    pub table_name: Option<String>,
    /// The order's kind, a word of the wire.
    pub order_kind: Option<String>,
    /// How its dishes are eaten that have no service of their own.
    pub service: Option<Service>,
    pub station: StationId,
    pub kind: TicketKind,
    pub stage: Stage,
    pub sent_at: UtcMs,
    pub ready_at: Option<UtcMs>,
    /// `None` also of what was served before anybody kept when.
    pub served_at: Option<UtcMs>,
    /// From when on it is late, by what its station's seconds were when it was sent.
    pub late_at: Option<UtcMs>,
    /// The terminal that sent it.
    pub device: Option<DeviceId>,
    /// Until when somebody should have taken it; `None` where nobody waits for that, or somebody did.
    pub ack_due: Option<UtcMs>,
    /// When it was told that nobody took it.
    pub alarmed_at: Option<UtcMs>,
    /// None on a change.
    pub lines: Vec<TicketLine>,
    /// Only on a change.
    pub changes: Vec<Change>,
}

/// Nobody waits for a ticket older than this: it is yesterday's, or the house has no second bump.
pub const CURRENT_MS: i64 = 12 * 60 * 60 * 1000;
/// What is said of a ticket's age is at most this old.
const AGE_MS: i64 = 5_000;

impl Ticket {
    /// Takes it to another stage at a moment: what it reached keeps its first time, what is taken back has none.
    pub fn go_to(&mut self, stage: Stage, at: UtcMs) {
        let reached = |when: Option<UtcMs>, by: LineState| (stage.lines >= by).then(|| when.unwrap_or(at));
        self.ready_at = reached(self.ready_at, LineState::Ready);
        self.served_at = match self.stage.lines {
            // It stays served: whether or not it is known since when.
            LineState::Served if stage.lines == LineState::Served => self.served_at,
            _ => reached(self.served_at, LineState::Served),
        };
        if stage.state() != TicketState::New {
            self.ack_due = None;
        }
        self.stage = stage;
    }

    /// Whole seconds from its sending until it was ready, or until now.
    pub fn age_s(&self, now: UtcMs) -> i64 {
        self.ready_at.unwrap_or(now).since_ms(self.sent_at).max(0) / 1000
    }

    /// Nothing is late of which nothing is to be made any more.
    pub fn is_late(&self, now: UtcMs) -> bool {
        let made = self.ready_at.is_some() || self.is_open();
        made && self.kind == TicketKind::New && self.late_at.is_some_and(|at| self.ready_at.unwrap_or(now) >= at)
    }

    /// Whether anything of it is still to be made or carried out; of a cancel or a change, to be read.
    pub fn is_open(&self) -> bool {
        match self.kind {
            TicketKind::New => {
                self.stage.lines != LineState::Served && self.lines.iter().any(|line| line.delta > line.cancelled)
            }
            TicketKind::Cancel | TicketKind::Change => self.stage.state() != TicketState::Bumped,
        }
    }
}

/// Until when what is said of these tickets' ages holds; `None` where none of them grows older.
pub fn ages_hold_until<'t>(tickets: impl IntoIterator<Item = &'t Ticket>, now: UtcMs) -> Option<UtcMs> {
    let mut growing = tickets.into_iter().filter(|ticket| ticket.ready_at.is_none()).peekable();
    growing.peek()?;
    let next_late = growing.filter_map(|ticket| ticket.late_at).filter(|at| *at > now).min();
    let soon = now.plus_ms(AGE_MS);
    Some(next_late.map_or(soon, |at| at.min(soon)))
}

/// What changed of what the kitchen has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The dish, or `None` where it is about the whole order.
    pub of: Option<Changed>,
    pub what: What,
    pub was: Option<String>,
    pub now: Option<String>,
}

/// A dish of which something changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The line as first sent.
    pub line: LineId,
    pub name: String,
    pub variant: String,
    /// In thousandths, above zero; of what goes to another order also none.
    pub quantity: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketLine {
    pub line: LineId,
    /// In thousandths; below zero for what was cancelled.
    pub delta: i64,
    /// Of what is to be made, what was taken back since, in thousandths.
    pub cancelled: i64,
    /// Of a cancel, what the kitchen had of the line before it, in thousandths.
    pub had: Option<i64>,
    pub name: String,
    pub variant: String,
    pub modifiers: String,
    pub note: Option<String>,
    pub seat: Option<i64>,
    pub course: Option<i64>,
    /// Its own, where it is not eaten as its ticket is.
    pub service: Option<Service>,
}

/// What of a dish goes from one order to another; of nothing, the other order only learns how far the dish is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    pub from: OrderId,
    pub to: OrderId,
    /// How much goes, in thousandths.
    pub dish: Changed,
}

/// A row of a line in the ledger, as far as a cancel has to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerRow {
    pub id: i64,
    /// The line as first sent.
    pub line: LineId,
    pub delta: i64,
    pub cancelled: i64,
    pub state: LineState,
    /// The ticket it stands on, and that one's station.
    pub ticket: TicketId,
    pub station: StationId,
}

impl LedgerRow {
    /// Whether somebody still makes it or carries it out.
    pub fn is_open(&self) -> bool {
        self.delta > self.cancelled && self.state != LineState::Served
    }
}

/// Which rows of a line a cancel of `quantity` thousandths takes from, and how much: what is not made yet
/// first, since the rest is thrown away; then the latest.
pub fn taken_from(rows: &[LedgerRow], quantity: i64) -> Vec<(i64, i64)> {
    let mut open: Vec<&LedgerRow> = rows.iter().filter(|row| row.delta > row.cancelled).collect();
    open.sort_by_key(|row| (row.state, std::cmp::Reverse(row.id)));
    let mut left = quantity;
    let mut taken = Vec::new();
    for row in open {
        let part = left.min(row.delta - row.cancelled);
        if part > 0 {
            taken.push((row.id, part));
            left -= part;
        }
    }
    taken
}

/// What is still to be made of one dish, over all its tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToMake {
    pub name: String,
    pub variant: String,
    pub modifiers: String,
    /// In thousandths, above zero.
    pub quantity: i64,
    /// When the first of them was sent.
    pub oldest: UtcMs,
}

/// How far an order is in the kitchen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The second number of the order's ETag; 0 until the kitchen did something.
    pub revision: i64,
    /// The lines it was ever told of, in the order of their ids.
    pub lines: Vec<LineProgress>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineProgress {
    pub line: LineId,
    /// What the kitchen has of it, in thousandths: the sum of its deltas.
    pub sent: i64,
    /// The least advanced of what is to be made of it.
    pub state: LineState,
    /// When it was first told.
    pub sent_at: UtcMs,
}

/// The tickets a sending makes: one a station, and what is cancelled on tickets of its own, first,
/// since what must not be cooked is the more urgent. Stations come in the order of their first line;
/// parts of one line are one dish again.
pub fn by_station(lines: &[ToSend]) -> Vec<(StationId, Vec<ToSend>)> {
    let mut tickets: Vec<(StationId, Vec<ToSend>)> = Vec::new();
    for cancelled in [true, false] {
        let first = tickets.len();
        for line in lines.iter().filter(|line| line.delta != 0 && (line.delta < 0) == cancelled) {
            match tickets.iter_mut().skip(first).find(|(station, _)| *station == line.station) {
                Some((_, of_station)) => match of_station.iter_mut().find(|told| told.line == line.line) {
                    Some(told) => told.delta += line.delta,
                    None => of_station.push(line.clone()),
                },
                None => tickets.push((line.station, vec![line.clone()])),
            }
        }
    }
    tickets
}

/// Which tickets are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    pub station: Option<StationId>,
    pub which: Which,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    /// New or printed: what is still to be made.
    Waiting,
    In(TicketState),
}

impl Which {
    pub fn states(self) -> &'static [TicketState] {
        match self {
            Which::All => &TicketState::ALL,
            Which::Waiting => &[TicketState::New, TicketState::Printed],
            Which::In(TicketState::New) => &[TicketState::New],
            Which::In(TicketState::Printed) => &[TicketState::Printed],
            Which::In(TicketState::Bumped) => &[TicketState::Bumped],
        }
    }

    /// What is still to be made comes first come, first served; history newest first.
    pub fn oldest_first(self) -> bool {
        !self.states().contains(&TicketState::Bumped)
    }
}
