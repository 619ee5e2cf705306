//! Tickets, how far they are, and who moves them. Pure.

use crate::kernel::day::UtcMs;
use crate::kernel::ids::{LineId, OrderId, StationId, TicketId};

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
    /// Takes the last bump back.
    Recall,
    /// The paper came out.
    Print,
}

impl Act {
    pub const ALL: [Act; 3] = [Act::Bump, Act::Recall, Act::Print];

    pub fn as_str(self) -> &'static str {
        match self {
            Act::Bump => "bump",
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
            (Act::Recall, LineState::Sent | LineState::Ready) => Stage { lines: LineState::Sent, ..self },
            (Act::Print, _) => Stage { printed: true, ..self },
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
    /// The order's version with this sending done, for the record.
    pub version: i64,
}

/// A line the kitchen has to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSend {
    /// The line as first sent, whatever it is split into later.
    pub line: LineId,
    pub station: StationId,
    /// In thousandths: above zero it is to be made, below zero not any more. Zero says nothing.
    pub delta: i64,
    pub name: String,
    pub variant: String,
    /// In words, without prices.
    pub modifiers: String,
    pub note: Option<String>,
    pub seat: Option<i64>,
    pub course: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub id: TicketId,
    pub order: OrderId,
    pub display_number: i64,
    pub table_name: Option<String>,
    pub station: StationId,
    pub stage: Stage,
    pub sent_at: UtcMs,
    pub lines: Vec<TicketLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketLine {
    pub line: LineId,
    /// In thousandths; below zero for what was cancelled.
    pub delta: i64,
    pub name: String,
    pub variant: String,
    pub modifiers: String,
    pub note: Option<String>,
    pub seat: Option<i64>,
    pub course: Option<i64>,
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
/// since what must not be cooked is the more urgent. Stations come in the order of their first line.
pub fn by_station(lines: &[ToSend]) -> Vec<(StationId, Vec<&ToSend>)> {
    let mut tickets: Vec<(StationId, Vec<&ToSend>)> = Vec::new();
    for cancelled in [true, false] {
        let first = tickets.len();
        for line in lines.iter().filter(|line| line.delta != 0 && (line.delta < 0) == cancelled) {
            match tickets.iter_mut().skip(first).find(|(station, _)| *station == line.station) {
                Some((_, of_station)) => of_station.push(line),
                None => tickets.push((line.station, vec![line])),
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
