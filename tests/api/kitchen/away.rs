//! A kitchen screen that was away: it catches up without a ticket lost or doubled.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::client::{Client, Events};
use crate::orders::Night;

/// A screen: where it stands in the stream, and the tickets it knows, each with how often it was told of.
struct Screen {
    client: Client,
    last: Option<i64>,
    seqs: Vec<i64>,
}

impl Screen {
    fn new(client: Client) -> Self {
        Self { client, last: None, seqs: Vec::new() }
    }

    fn connect(&self) -> Events {
        self.client.events("?kinds=ticket.sent", self.last)
    }

    fn hear(&mut self, events: &mut Events, count: usize) {
        for _ in 0..count {
            let event = events.next().expect("the stream goes on");
            assert_eq!(event.name, "", "nothing was missed for good");
            self.last = event.id;
            self.seqs.extend(event.id);
        }
    }

    /// Every ticket there is, oldest first, by pages of two.
    fn tickets(&self) -> Vec<i64> {
        let mut page = self.client.get("/tickets?state=waiting&limit=2").ok();
        let mut ids = Vec::new();
        loop {
            ids.extend(page.list("/items").iter().map(|ticket| ticket["id"].as_i64().unwrap()));
            let Some(cursor) = page.at("/next_cursor").as_str().map(str::to_owned) else { return ids };
            page = self.client.get(&format!("/tickets?state=waiting&limit=2&cursor={cursor}")).ok();
        }
    }
}

#[test]
fn a_screen_that_was_away_misses_no_ticket_and_sees_none_twice() {
    let n = Night::new();
    let mut screen = Screen::new(n.house.as_("kitchen"));
    let mut made: Vec<i64> = Vec::new();
    let send = |made: &mut Vec<i64>, count: usize| {
        for _ in 0..count {
            let tickets = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]).send();
            made.extend(tickets.iter().map(|ticket: &Value| ticket["id"].as_i64().unwrap()));
        }
    };
    let mut stream = screen.connect();
    send(&mut made, 2);
    screen.hear(&mut stream, 4);
    assert_eq!(screen.tickets(), made);
    // Its cable is pulled, while one more is on its way that it may or may not hear of.
    drop(stream);
    send(&mut made, 5);
    let mut stream = screen.connect();
    send(&mut made, 1);
    screen.hear(&mut stream, 12);
    assert_eq!(screen.tickets(), made);
    // Away again in the middle of what it is told, and from an earlier place: what it heard it can tell by its number.
    drop(stream);
    let heard = screen.seqs.clone();
    screen.last = Some(heard[10]);
    let mut stream = screen.connect();
    screen.hear(&mut stream, 5);
    assert_eq!(screen.seqs[16..], heard[11..], "the same events under the same numbers");

    // One event a ticket, each once, in the order of the record.
    let record: Vec<i64> = n.records("ticket.sent").iter().map(|record| record["seq"].as_i64().unwrap()).collect();
    let payloads = n.records("ticket.sent");
    let told: Vec<i64> = payloads.iter().map(|record| record["payload"]["ticket"].as_i64().unwrap()).collect();
    assert_eq!((heard, told), (record, made.clone()));
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), made.len());
}

#[test]
fn a_restart_between_leaves_the_numbers() {
    let mut n = Night::new();
    let addr = n.house.running().addr;
    let mut screen = Screen::new(n.house.as_("kitchen"));
    let mut stream = screen.connect();
    n.order(&[(n.carbonara, 1)]).send();
    screen.hear(&mut stream, 1);
    n.order(&[(n.pilsner, 1)]).send();
    n.house.stop();
    drop(stream);
    n.house.start_at(addr);
    n.waiter = n.house.as_("waiter");
    screen.client = n.house.as_("kitchen");
    let mut stream = screen.connect();
    n.order(&[(n.tiramisu, 1)]).send();
    screen.hear(&mut stream, 2);
    assert_eq!(screen.tickets(), [1, 2, 3]);
    let record: Vec<i64> = n.records("ticket.sent").iter().map(|record| record["seq"].as_i64().unwrap()).collect();
    assert_eq!(screen.seqs, record);
}
