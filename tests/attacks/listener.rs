//! Somebody on the Wi-Fi who hears every byte between a terminal and the till server, or stands between them.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::guest::house;
use crate::server::{Server, comanda};
use crate::table;
use crate::terminal::Request;

const PIN: &str = "73910264";
const PATIENCE: Duration = Duration::from_secs(20);

/// Passes on what goes between, and keeps a copy.
struct Listener {
    addr: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Listener {
    fn before(server: SocketAddr) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, heard) = (socket.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&heard);
        thread::spawn(move || {
            for here in socket.incoming().map_while(Result::ok) {
                let there = TcpStream::connect(server).unwrap();
                pass(here.try_clone().unwrap(), there.try_clone().unwrap(), &kept);
                pass(there, here, &kept);
            }
        });
        Self { addr, heard }
    }

    fn heard(&self, secret: &str) -> bool {
        self.heard.lock().unwrap().windows(secret.len()).any(|heard| heard == secret.as_bytes())
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, heard: &Arc<Mutex<Vec<u8>>>) {
    let heard = Arc::clone(heard);
    thread::spawn(move || {
        let mut chunk = [0; 16 * 1024];
        while let Ok(n @ 1..) = from.read(&mut chunk) {
            heard.lock().unwrap().extend_from_slice(&chunk[..n]);
            if to.write_all(&chunk[..n]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
}

/// What a terminal that trusts this house's authority speaks; in clear text without one.
enum Speaks {
    Plainly,
    Tls(Arc<ClientConfig>),
}

impl Speaks {
    fn tls(folder: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(folder.join("comanda.db.tls/ca.crt")).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        Self::Tls(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    }

    /// The body of the answer.
    fn ask(&self, to: SocketAddr, request: &Request) -> io::Result<Value> {
        let socket = TcpStream::connect(to)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        match self {
            Self::Plainly => told(socket, request),
            Self::Tls(config) => {
                let name = ServerName::try_from("localhost").unwrap();
                told(StreamOwned::new(ClientConnection::new(Arc::clone(config), name).unwrap(), socket), request)
            }
        }
    }
}

fn told(mut by: impl Read + Write, request: &Request) -> io::Result<Value> {
    let bytes = String::from_utf8(request.bytes()).unwrap().replacen("\r\n", "\r\nconnection: close\r\n", 1);
    by.write_all(bytes.as_bytes())?;
    let mut all = Vec::new();
    match by.read_to_end(&mut all) {
        Err(error) if all.is_empty() => return Err(error),
        _ => {}
    }
    let at = all.windows(4).position(|w| w == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(serde_json::from_slice(&all[at + 4..]).unwrap_or_default())
}

/// A terminal is paired and somebody signs in and orders, `rounds` times: how many of the secrets that went over
/// the line were heard, of how many.
fn listened(words: &[&str], rounds: u64) -> (usize, usize) {
    let folder = house(PIN);
    let server = Server::start_as(folder.path(), words, &[]).unwrap();
    let listener = Listener::before(SocketAddr::new([127, 0, 0, 1].into(), server.addr.port()));
    let plain = words.contains(&"--plain-http");
    let speaks = if plain { Speaks::Plainly } else { Speaks::tls(folder.path()) };
    let mut secrets = vec![PIN.to_owned()];
    for n in 0..rounds {
        let code = comanda(folder.path(), &["pair"]).unwrap().trim().to_owned();
        let ask = |request: &Request| speaks.ask(listener.addr, request).unwrap();
        let pairs = Request::post("", "/devices/pair", "", json!({"code": code, "name": "bar"}));
        let device = ask(&pairs)["token"].as_str().unwrap().to_owned();
        let signs_in = Request::post(&device, "/sessions", "", json!({"staff_id": 1, "pin": PIN}));
        let session = ask(&signs_in)["token"].as_str().unwrap().to_owned();
        let name = format!("Signora Bianchi {n}");
        let orders = Request::post(&session, "/orders", "one", json!({"kind": "takeaway", "tab_name": name}));
        assert!(ask(&orders)["id"].is_i64());
        secrets.extend([code, device, session, name]);
    }
    server.stop().unwrap();
    (secrets.iter().filter(|secret| listener.heard(secret)).count(), secrets.len())
}

/// Somebody with a till server of his own stands between: how many terminals talked to him.
fn fooled(rounds: u64) -> usize {
    let (ours, his) = (house(PIN), house(PIN));
    let real = Server::start_as(ours.path(), &["--listen", "0.0.0.0:0"], &[]).unwrap();
    let false_one = Server::start_as(his.path(), &["--listen", "0.0.0.0:0"], &[]).unwrap();
    let to = SocketAddr::new([127, 0, 0, 1].into(), false_one.addr.port());
    let speaks = Speaks::tls(ours.path());
    let signs_in = Request::post("cmd_secret", "/sessions", "", json!({"staff_id": 1, "pin": PIN}));
    let fooled = (0..rounds).filter(|_| speaks.ask(to, &signs_in).is_ok()).count();
    real.stop().unwrap();
    false_one.stop().unwrap();
    fooled
}

#[test]
fn who_listens_hears_nothing() {
    let rounds = table::count("LISTENED", 50, 5, 1);
    let (heard, of) = listened(&["--listen", "0.0.0.0:0"], rounds);
    let fooled = fooled(rounds);
    let how = "every byte between a terminal and the server is heard; another house's server stands between";
    let times = format!("{of} PINs, codes, tokens and names; {rounds} calls to another's server");
    table::row("listener", "Who listens on the LAN hears nothing", how, &times, heard + fooled);
    assert_eq!((heard, fooled), (0, 0));
}

#[test]
fn in_clear_text_all_is_heard() {
    let (heard, of) = listened(&["--listen", "0.0.0.0:0", "--plain-http"], 1);
    table::bites("listener", "plain", &format!("with --plain-http {heard} of {of} are heard"));
    assert_eq!(heard, of);
}
