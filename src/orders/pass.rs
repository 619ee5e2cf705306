//! The pass, where dishes leave the kitchen: how far each order is, and what of it comes later.

use std::collections::HashMap;

use super::load;
use super::model::{Line, Order};
use super::ops::send;
use super::sql::open;
use crate::error::Result;
use crate::kernel::day::UtcMs;
use crate::kernel::ids::OrderId;
use crate::kernel::quantity::Quantity;
use crate::kitchen;
use crate::kitchen::model::{LineState, Ticket};
use crate::store::Read;

/// An order as the pass sees it.
#[derive(Debug)]
pub struct OnPass {
    pub order: OrderId,
    pub display_number: i64,
    pub table: Option<String>,
    /// By station, each the oldest first; none of them served.
    pub tickets: Vec<Ticket>,
    /// In their order; what has no course comes last.
    pub held: Vec<Course>,
}

/// Lines that wait for their course to be fired.
#[derive(Debug)]
pub struct Course {
    pub course: Option<i64>,
    pub lines: Vec<Line>,
}

impl OnPass {
    /// When the first of its tickets was sent.
    pub fn sent_at(&self) -> Option<UtcMs> {
        self.tickets.iter().map(|ticket| ticket.sent_at).min()
    }

    /// Dishes being made, and dishes to be carried out.
    pub fn progress(&self) -> (i64, i64) {
        let count = |state: LineState| {
            let lines = self.tickets.iter().filter(|ticket| ticket.stage.lines == state).flat_map(|t| &t.lines);
            let thousandths: i64 = lines.map(|line| (line.delta - line.cancelled).max(0)).sum();
            Quantity::from_thousandths(thousandths).whole()
        };
        (count(LineState::Sent), count(LineState::Ready))
    }
}

/// Orders with something to be made or carried out, those longest in the kitchen first; after them those of
/// which all that was sent is served and something is held.
pub fn orders(db: &impl Read, now: UtcMs) -> Result<Vec<OnPass>> {
    let mut on_pass: Vec<OnPass> = Vec::new();
    let mut places: HashMap<OrderId, usize> = HashMap::new();
    for ticket in kitchen::ops::unserved(db, now)?.into_iter().filter(Ticket::is_open) {
        let place = *places.entry(ticket.order).or_insert_with(|| {
            on_pass.push(OnPass {
                order: ticket.order,
                display_number: ticket.display_number,
                table: ticket.table_name.clone(),
                tickets: Vec::new(),
                held: Vec::new(),
            });
            on_pass.len() - 1
        });
        on_pass[place].tickets.push(ticket);
    }
    for id in db.all(&open::ORDERS_HOLDING, (), |row| row.get::<_, OrderId>(0))? {
        let order = load::order(db, id)?;
        let held = courses(&order);
        match places.get(&id) {
            Some(place) => on_pass[*place].held = held,
            None => {
                let (display_number, table) = (order.display_number, send::place_name(db, &order)?);
                on_pass.push(OnPass { order: id, display_number, table, tickets: Vec::new(), held });
            }
        }
    }
    for order in &mut on_pass {
        order.tickets.sort_by_key(|ticket| (ticket.station, ticket.id));
    }
    Ok(on_pass)
}

fn courses(order: &Order) -> Vec<Course> {
    let mut held: Vec<&Line> = order.lines().filter(|line| line.is_held() && !line.voided && !line.is_sent()).collect();
    held.sort_by_key(|line| (line.course.unwrap_or(i64::MAX), line.id));
    let mut courses: Vec<Course> = Vec::new();
    for line in held {
        match courses.last_mut().filter(|last| last.course == line.course) {
            Some(last) => last.lines.push(line.clone()),
            None => courses.push(Course { course: line.course, lines: vec![line.clone()] }),
        }
    }
    courses
}
