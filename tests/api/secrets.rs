//! What nobody may read in a log, however much it tells.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::json;

use crate::client::Client;
use crate::commands::comanda;
use crate::harness::{Folder, House, PIN};

/// The program on a copy of the house's file, at its most talkative, while `f` asks; what it said meanwhile.
fn said_while(house: &House, f: impl FnOnce(&Client, &std::path::Path)) -> String {
    let folder = Folder::new();
    let db = folder.file("comanda.db");
    std::fs::copy(house.db(), &db).unwrap();
    let log = folder.file("log");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--log", "trace"];
    let file = std::fs::File::create(&log).unwrap();
    let mut child = comanda(&db, &arguments).stderr(Stdio::from(file)).stdout(Stdio::null()).spawn().unwrap();
    let read = || {
        let mut text = String::new();
        std::fs::File::open(&log).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let base = loop {
        let said = read();
        if let Some((_, rest)) = said.split_once("listening on ")
            && let Some((base, _)) = rest.split_once('\n')
        {
            break base.trim().to_owned();
        }
        assert!(child.try_wait().unwrap().is_none(), "{said}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    f(&Client::new(base), &db);
    let told = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    child.wait().unwrap();
    read()
}

#[test]
fn a_log_tells_no_secret() {
    let house = House::open();
    let (owner, manager) = (house.person("owner").clone(), house.person("manager").clone());
    let device = house.person("waiter").device_token.clone();
    let card = "4111111111111111";
    let mut secrets = vec![owner.token.clone(), device.clone(), card.to_owned(), "4111 1111 1111 1111".to_owned()];
    let secrets_ref = &mut secrets;
    let said = said_while(&house, move |anyone, db| {
        let pair = String::from_utf8(comanda(db, &["pair"]).output().unwrap().stdout).unwrap().trim().to_owned();
        let token = comanda(db, &["token", "--name", "shop", "--role", "waiter"]).output().unwrap().stdout;
        let token = String::from_utf8(token).unwrap().trim().to_owned();
        assert!(token.starts_with("cmi_"), "{token}");
        let paired = anyone.post("/devices/pair").no_key().body(json!({"code": pair, "name": "Bar"})).created();
        let terminal = anyone.with_token(paired.str("/token"));
        // Digits that stand in no time and no number of the log.
        let pin = |pin: &str| json!({"staff_id": owner.staff_id, "pin": pin});
        terminal.post("/sessions").no_key().body(pin("90817263")).refused("pin_wrong");
        let session = terminal.post("/sessions").no_key().body(pin(PIN)).created();
        let signed_in = anyone.with_token(session.str("/token"));
        let page = json!({"staff": "Mara", "pin": PIN});
        let page = anyone.post("/stats/sessions").no_key().body(page).created();
        let yes =
            json!({"staff_id": manager.staff_id, "pin": PIN, "operation": "comp", "subject": "/orders/1/lines/1"});
        let yes = signed_in.post("/approvals").body(yes).created();
        let staff = json!({"name": "Zoe", "role": "waiter", "pin": "71829304"});
        signed_in.post("/staff").body(staff).created();
        // What is no JSON, no path and no head, and what is refused for the number in it.
        assert_eq!(
            signed_in.post("/orders").bytes("application/json", format!("{{\"note\": {card}")).send().status / 100,
            4
        );
        signed_in.post("/orders").body(json!({"kind": "takeaway", "note": card})).refused("invalid");
        signed_in.get(&format!("/orders?state={card}")).refused("invalid");
        signed_in.get(&format!("/orders/{card}")).refused("not_found");
        signed_in.get("/settings").header("x-odd", &format!("Bearer {token}")).ok();
        anyone.with_token("cms_nobodys-nobodys-nobodys-nobodys-nobodys").get("/settings").refused("token_invalid");
        let given = [paired.str("/token"), session.str("/token"), page.str("/token"), yes.str("/approval")];
        secrets_ref.extend(given.map(str::to_owned));
        secrets_ref.extend([token, pair, "90817263".to_owned(), "71829304".to_owned()]);
    });
    assert!(said.contains("listening on") && said.contains("stopped"), "{said}");
    for secret in &secrets {
        let lines: Vec<&str> = said.lines().filter(|line| line.contains(secret.as_str())).collect();
        assert!(lines.is_empty(), "{secret}: {lines:#?}");
    }
}

#[test]
fn a_secret_in_the_arguments_is_warned_of_and_one_from_input_is_not() {
    let folder = Folder::new();
    let words = ["init", "--currency", "EUR", "--timezone", "Europe/Rome", "--owner-name", "Gina", "--name", "Gina's"];
    let run = |more: &[&str], input: &str| {
        let arguments = [&words[..], more].concat();
        let db = folder.file(&format!("{}.db", more.len() + input.len()));
        let mut child = comanda(&db, &arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes());
        let told = child.wait_with_output().unwrap();
        assert!(told.status.success());
        String::from_utf8(told.stderr).unwrap()
    };
    assert!(run(&["--owner-pin", "4321"], "").contains("Other users of this machine can see"));
    assert_eq!(run(&["--owner-pin", "-"], "4321\n"), "");
    let load = |token: &str| {
        let words =
            ["load", "--endpoint", "/livez", "--requests", "1", "--url", "http://127.0.0.1:9", "--token", token];
        let told = std::process::Command::new(env!("CARGO_BIN_EXE_comanda")).args(words).stdin(Stdio::null()).output();
        String::from_utf8(told.unwrap().stderr).unwrap()
    };
    assert!(load("cmi_x").contains("Other users of this machine can see a token"));
    assert!(!load("-").contains("Other users"));
}
