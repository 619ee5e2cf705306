//! Two terminals on one order, in whatever order their calls come: no line is lost, nothing is paid twice, and
//! whoever comes too late is told so with the order as it is.

use serde_json::{Value, json};

use crate::client::{Answer, Client, Request};
use crate::orders::Night;

/// A generator of Lehmer's kind: what matters is that the seed says all.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// What the server acknowledged to one terminal.
#[derive(Default)]
struct Acknowledged {
    /// Pilsners added, less those taken off.
    pilsners: i64,
    paid: i64,
    conflicts: usize,
    done: usize,
}

struct Terminal<'n> {
    n: &'n Night,
    client: Client,
    order: i64,
    dice: Dice,
    /// The order as this terminal saw it last.
    seen: Value,
}

impl Terminal<'_> {
    fn path(&self, more: &str) -> String {
        format!("/orders/{}{more}", self.order)
    }

    fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
        of[name].as_array().map_or(&[], Vec::as_slice)
    }

    fn one<'a>(dice: &mut Dice, of: &[&'a Value]) -> Option<&'a Value> {
        if of.is_empty() { None } else { Some(of[dice.roll(of.len())]) }
    }

    /// Something a waiter might do, as things look to this terminal; what it would take off, or add.
    fn call(&mut self) -> Option<(Request, i64)> {
        let seen = self.seen.clone();
        let checks: Vec<&Value> = Self::list(&seen, "checks").iter().filter(|check| check["state"] == "open").collect();
        let check = Self::one(&mut self.dice, &checks)?;
        let lines: Vec<&Value> = Self::list(check, "lines").iter().filter(|line| line["state"] != "voided").collect();
        let line = Self::one(&mut self.dice, &lines);
        let (onto, what) = (Self::one(&mut self.dice, &checks), self.dice.roll(13));
        let etag = format!("\"{}.{}\"", seen["version"], seen["revision"]);
        let post = |more: String, body: Value| self.client.post(&self.path(&more)).if_match(&etag).body(body);
        let check_id = &check["id"];
        Some(match what {
            0 | 1 => {
                let new = json!([{"variant_id": self.n.pilsner, "quantity": 2}]);
                (self.client.post(&self.path("/lines")).body(json!({"lines": new, "check_id": check_id})), 2)
            }
            2 => {
                let line = line?;
                let taken = if line["share"].is_null() { -line["quantity"].as_i64()? } else { 0 };
                if taken == 0 {
                    return None;
                }
                (post(format!("/lines/{}/void", line["id"]), json!({"reason": "x"})), taken)
            }
            3 => (post("/split".to_owned(), json!({"evenly": 2, "check_id": check_id})), 0),
            4 => (post("/checks".to_owned(), json!({"lines": [{"line_id": line?["id"]}]})), 0),
            5 => (post(format!("/lines/{}/move", line?["id"]), json!({"check_id": onto?["id"]})), 0),
            6 => (self.client.delete(&self.path(&format!("/checks/{check_id}"))).if_match(&etag), 0),
            7 => (post("/undo".to_owned(), json!({})), 0),
            8 => (post("/payments".to_owned(), json!({"tender": "cash", "check_id": check_id})), 0),
            9 => {
                // More than it sees to be left is wrong by itself, whoever else is there.
                let waits = Self::list(check, "payments").iter().filter(|p| p["state"] == "pending");
                let waits: i64 = waits.map(|p| p["amount"].as_i64().unwrap()).sum();
                if check["due"].as_i64()? - waits < 100 {
                    return None;
                }
                (post("/payments".to_owned(), json!({"tender": "card", "check_id": check_id, "amount": 100})), 0)
            }
            10 => {
                (post("/payments".to_owned(), json!({"tender": "card", "check_id": check_id, "state": "pending"})), 0)
            }
            11 => {
                let payments: Vec<&Value> =
                    Self::list(check, "payments").iter().filter(|p| p["state"] == "pending").collect();
                let state = ["captured", "declined"][self.dice.roll(2)];
                let pending = Self::one(&mut self.dice, &payments)?;
                (self.client.post(&format!("/payments/{}/resolve", pending["id"])).body(json!({"state": state})), 0)
            }
            _ => (self.client.post(&self.path("/send")), 0),
        })
    }

    fn turn(&mut self, told: &mut Acknowledged) {
        let Some((request, pilsners)) = self.call() else {
            self.seen = self.client.get(&self.path("")).ok().json().clone();
            return;
        };
        let answer = request.send();
        match answer.status {
            200 | 201 => self.learn(&answer, pilsners, told),
            409 | 412 => {
                told.conflicts += 1;
                let current = answer.at("/current");
                assert_eq!(current["id"], self.order, "no current order: {}", answer.text());
                let versions = [&self.seen, current].map(|order| order["version"].as_i64().unwrap());
                assert!(versions[0] <= versions[1], "older than what was seen: {versions:?}");
                assert!(answer.status == 409 || versions[0] < versions[1], "not stale at all: {}", answer.text());
                self.seen = current.clone();
            }
            // Of what it saw nothing could be split off, moved or taken so, whoever else is there.
            422 => {
                let codes = ["nothing_left", "same"];
                let code = answer.str("/errors/0/code");
                assert!(codes.contains(&code), "{}", answer.text());
            }
            _ => panic!("{}", answer.text()),
        }
    }

    fn learn(&mut self, answer: &Answer, pilsners: i64, told: &mut Acknowledged) {
        told.done += 1;
        told.pilsners += pilsners;
        let json = answer.json();
        if json["payment"]["state"] == "captured" {
            told.paid += json["payment"]["amount"].as_i64().unwrap();
        }
        if json["order"].is_object() {
            self.seen = json["order"].clone();
        } else if json["checks"].is_array() {
            self.seen = json.clone();
        }
    }
}

fn evening(n: &Night, seed: u64) -> usize {
    let order = n.order(&[(n.pilsner, 3), (n.pilsner, 1), (n.pilsner, 2)]);
    let terminal = |role: &str, salt: u64| Terminal {
        n,
        client: n.house.apart(role),
        order: order.id,
        dice: Dice(seed.wrapping_mul(2).wrapping_add(salt)),
        seen: order.now().json().clone(),
    };
    let mut both = [terminal("manager", 0), terminal("owner", 1)];
    let told: Vec<Acknowledged> = std::thread::scope(|scope| {
        let run = |terminal: &'_ mut Terminal<'_>| {
            let mut told = Acknowledged::default();
            (0..14).for_each(|_| terminal.turn(&mut told));
            told
        };
        let [one, other] = &mut both;
        let other = scope.spawn(move || run(other));
        let one = run(one);
        vec![one, other.join().unwrap()]
    });
    let now = order.now();
    let lines: Vec<&Value> = now.list("/checks").iter().flat_map(|c| c["lines"].as_array().unwrap()).collect();
    let standing = lines.iter().filter(|line| line["state"] != "voided");
    let worth: i64 = standing.map(|line| line["list_amount"].as_i64().unwrap()).sum();
    let pilsners = 6 + told.iter().map(|t| t.pilsners).sum::<i64>();
    assert_eq!(worth, pilsners * 480, "seed {seed}: a line was lost, or came twice: {}", now.text());
    let paid: i64 = told.iter().map(|t| t.paid).sum();
    assert_eq!(now.int("/paid"), paid, "seed {seed}: {}", now.text());
    for check in now.list("/checks") {
        let (total, paid) = (check["total"].as_i64().unwrap(), check["paid"].as_i64().unwrap());
        assert!(
            paid <= total && (check["state"] == "open" || paid == total),
            "seed {seed}: paid twice, or short: {check}"
        );
    }
    assert!(told.iter().any(|t| t.done > 0), "seed {seed}");
    told.iter().map(|t| t.conflicts).sum()
}

#[test]
fn nothing_is_lost_and_nothing_paid_twice() {
    let n = Night::new();
    // COMANDA_SEED and COMANDA_CASES look further.
    let said = |name: &str| std::env::var(name).ok().map(|said| said.parse::<u64>().expect(name));
    let first = said("COMANDA_SEED").unwrap_or(0);
    let conflicts: usize =
        (first..).take(said("COMANDA_CASES").unwrap_or(60) as usize).map(|seed| evening(&n, seed)).sum();
    assert!(conflicts > 50, "two terminals that never met prove nothing: {conflicts}");
}

#[test]
fn twenty_pay_the_same_check_at_once_and_one_does() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2)]);
    let split = order.post("/split", json!({"evenly": 2})).created();
    let (seen, check) = (split.etag(), split.int("/checks/1/id"));
    let pay = || {
        let body = json!({"tender": "card", "check_id": check});
        n.waiter.post(&order.path("/payments")).if_match(&seen).body(body).send()
    };
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..20).map(|_| scope.spawn(pay)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let done = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(done, 1);
    for lost in answers.into_iter().filter(|answer| answer.status != 201) {
        assert!(matches!(lost.status, 409 | 412), "{}", lost.text());
        assert_eq!(lost.at("/current/id"), &json!(order.id));
    }
    assert_eq!(order.now().int("/paid"), 1250);
}
