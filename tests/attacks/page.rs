//! A web page in somebody's browser, on a machine of the LAN: under a name of its own that leads to the till server,
//! from its own origin, with forms and with requests that ask no leave.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::guest::house;
use crate::server::{Server, comanda};
use crate::table;

/// What a browser says of such a page, whatever it does; a page itself can neither change nor leave it out.
const SAYS: [&[&str]; 6] = [
    &["host: evil.example"],
    &["host: evil.example", "sec-fetch-site: same-origin"],
    &["host: localhost", "sec-fetch-site: cross-site", "sec-fetch-mode: cors", "origin: https://evil.example"],
    &["host: localhost", "sec-fetch-site: cross-site", "sec-fetch-mode: no-cors"],
    &["host: localhost", "sec-fetch-site: same-site", "sec-fetch-mode: cors"],
    &["host: localhost", "origin: http://evil.example"],
];

fn ask(addr: SocketAddr, head: &str, body: &str) -> (u16, Value) {
    let mut socket = TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    socket.write_all(format!("{head}{length}connection: close\r\n\r\n{body}").as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let _ = socket.read_to_end(&mut bytes);
    let at = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head");
    let status = std::str::from_utf8(&bytes[9..12]).unwrap().parse().unwrap();
    (status, serde_json::from_slice(&bytes[at + 4..]).unwrap_or_default())
}

/// Every route that the server describes, but the streams, which do not end.
fn routes(addr: SocketAddr) -> BTreeSet<(String, String)> {
    let (_, api) = ask(addr, "GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n", "");
    let mut routes = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        let there: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
        for method in item.as_object().unwrap().keys().filter(|method| *method != "parameters") {
            routes.insert((method.to_uppercase(), there.join("/")));
        }
    }
    routes.retain(|(_, path)| path != "/api/v1/events" && path != "/api/v1/stats/live");
    routes
}

/// How often something other than a refusal at the door was had, and how often it was tried. The worst is assumed:
/// that the page had come by an owner's token.
fn let_in(environment: &[(&str, String)]) -> (usize, usize) {
    let folder = house("4321");
    let server = Server::start(folder.path(), environment).unwrap();
    let token = comanda(folder.path(), &["token", "--name", "office", "--role", "owner"]).unwrap();
    let (mut inside, mut tried) = (0, 0);
    for (method, path) in routes(server.addr) {
        for says in SAYS {
            let says: String = says.iter().map(|line| format!("{line}\r\n")).collect();
            let head = format!(
                "{method} {path} HTTP/1.1\r\n{says}authorization: Bearer {}\r\nidempotency-key: one\r\n\
                 content-type: application/json\r\n",
                token.trim()
            );
            let (status, told) = ask(server.addr, &head, if method == "GET" { "" } else { "{}" });
            let refused =
                matches!((status, told["code"].as_str()), (421, Some("host_unknown")) | (403, Some("cross_site")));
            tried += 1;
            inside += usize::from(!refused);
        }
    }
    server.stop().unwrap();
    (inside, tried)
}

#[test]
fn a_page_from_elsewhere_gets_nowhere() {
    let (inside, tried) = let_in(&[]);
    let how = "every route, under another name that leads here and from another origin, with an owner's token";
    table::row("page", "A web page in somebody's browser gets nowhere", how, &format!("{tried} calls"), inside);
    assert_eq!(inside, 0);
    assert!(tried > 800, "{tried} calls");
}

#[test]
fn with_every_name_let_in_it_does() {
    let (inside, tried) = let_in(&[("COMANDA_HOSTS", "*".to_owned())]);
    table::bites("page", "hosts", &format!("with hosts = * {inside} of {tried} are answered"));
    assert_eq!(inside, tried);
}
