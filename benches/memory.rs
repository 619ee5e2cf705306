//! Resident memory of a server after an export and four sign-ins.

use serde_json::{Value, json};

use crate::Scale;
use crate::client::{load, once, request};
use crate::create::{menu, orders};
use crate::server::{Folder, Server, restaurant};
use crate::table::Table;

pub fn run(scale: Scale, table: &mut Table) {
    let folder = Folder::new("memory");
    let db = folder.file("comanda.db");
    let token = restaurant(&db);
    let server = Server::comanda(&db);
    let variants = menu(&server.addr, &token, 8);
    load(&server.addr, 8, scale.round_ms * 2, 201, &orders(&token, &variants));
    let before = server.memory_mb("VmRSS");
    let get = |path: &str| once(&server.addr, &request("GET", path, &token, "", ""));
    assert_eq!(get("/api/v1/reports/sales").0, 200);
    let (_, _, staff) = get("/api/v1/staff/names");
    let staff: Value = serde_json::from_slice(&staff).unwrap();
    let id = staff["items"][0]["id"].as_i64().or_else(|| staff[0]["id"].as_i64()).unwrap();
    let code = |n: usize| -> String {
        let head = format!("idempotency-key: code{n}\r\n");
        let (status, _, body) =
            once(&server.addr, &request("POST", "/api/v1/devices/pairing-codes", &token, &head, "{}"));
        assert_eq!(status, 201);
        serde_json::from_slice::<Value>(&body).unwrap()["code"].as_str().unwrap().to_owned()
    };
    for n in 0..4 {
        let pair = json!({"code": code(n), "name": format!("till {n}")}).to_string();
        let (status, _, body) = once(&server.addr, &request("POST", "/api/v1/devices/pair", "", "", &pair));
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
        let device: Value = serde_json::from_slice(&body).unwrap();
        let pin = json!({"staff_id": id, "pin": "4321"}).to_string();
        let token = device["token"].as_str().unwrap();
        let (status, _, body) = once(&server.addr, &request("POST", "/api/v1/sessions", token, "", &pin));
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
    }
    let after = server.memory_mb("VmRSS");
    table.row(
        "resident memory after orders / and reports and four sign-ins, MB",
        format!("{before:.1} / {after:.1}"),
        "≤ 40",
    );
}
