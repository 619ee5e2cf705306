//! The LAN: TLS with the house's own authority, what plain HTTP gets, and what the operator says to it.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use comanda::kernel::clock::Clock as _;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;
use tokio::net::TcpSocket;

use crate::client::note_refusal;
use crate::commands::comanda;
use crate::harness::House;

const PATIENCE: Duration = Duration::from_secs(20);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn on_the_lan() -> House {
    House::open_set(|config| {
        config.listen = "0.0.0.0:0".parse().unwrap();
        config.hosts = vec!["till.lan".to_owned()];
    })
}

fn at(house: &House, ip: impl Into<IpAddr>) -> SocketAddr {
    SocketAddr::new(ip.into(), house.running().addr.port())
}

const HERE: [u8; 4] = [127, 0, 0, 1];

/// An address of this machine that is not its own loopback; none where it has no network.
#[expect(clippy::print_stderr, reason = "what is not tested is said")]
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Nothing is sent: it only asks which address would be.
    let found = socket.connect("198.51.100.1:9").and_then(|()| socket.local_addr()).ok().map(|addr| addr.ip());
    let found = found.filter(|ip| !ip.is_loopback() && !ip.is_unspecified());
    if found.is_none() {
        eprintln!("this machine has no address but 127.0.0.1: what a LAN gets in clear text is not tested");
    }
    found
}

fn connect(to: SocketAddr, from: IpAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let socket = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        socket.connect(to).await.unwrap()
    });
    let socket = socket.into_std().unwrap();
    socket.set_nonblocking(false).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn authority(house: &House) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(house.folder.file("comanda.db.tls/ca.crt")).unwrap()
}

/// A client that trusts this authority alone.
fn trusting(authority: Option<CertificateDer<'static>>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if let Some(authority) = authority {
        roots.add(authority).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

struct Told {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        let mut lines = self.head.split("\r\n").filter_map(|line| line.split_once(": "));
        lines.find(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value).unwrap_or_default()
    }

    fn code(&self) -> String {
        let json: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let code = json["code"].as_str().unwrap_or_default().to_owned();
        if !code.is_empty() {
            note_refusal(&code);
        }
        code
    }
}

fn ask(mut by: impl Read + Write, line: &str, heads: &[&str]) -> io::Result<Told> {
    let heads: String = heads.iter().map(|head| format!("{head}\r\n")).collect();
    by.write_all(format!("{line} HTTP/1.1\r\n{heads}Connection: close\r\n\r\n").as_bytes())?;
    let mut bytes = Vec::new();
    // Some close without a word when all is said.
    match by.read_to_end(&mut bytes) {
        Err(error) if bytes.is_empty() => return Err(error),
        _ => {}
    }
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
    Ok(Told { status, head, body: bytes.split_off(end + 4) })
}

/// Shakes hands with whoever answers at `to`, as `name`.
fn shake(
    config: &Arc<ClientConfig>,
    socket: TcpStream,
    name: &str,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    socket.set_read_timeout(Some(PATIENCE))?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::clone(config), name).unwrap(), socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// The server's certificate as it is shown at this address.
fn shown(house: &House, to: SocketAddr) -> CertificateDer<'static> {
    let config = trusting(Some(authority(house)));
    let stream = shake(&config, TcpStream::connect(to).unwrap(), &to.ip().to_string()).unwrap();
    stream.conn.peer_certificates().unwrap()[0].clone().into_owned()
}

/// Whether who trusts the house's authority takes this certificate for `name` at that time.
fn takes(house: &House, certificate: &CertificateDer<'_>, name: &str, at_ms: i64) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(authority(house)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(at_ms).unwrap()));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    verifier.verify_server_cert(certificate, &[], &name, &[], now).is_ok()
}

#[test]
fn a_terminal_that_trusts_the_authority_is_served_by_tls() {
    let house = on_the_lan();
    let token = format!("Authorization: Bearer {}", house.person("waiter").token);
    let config = trusting(Some(authority(&house)));
    for name in ["127.0.0.1", "localhost", "till.lan"] {
        let stream = shake(&config, TcpStream::connect(at(&house, HERE)).unwrap(), name).unwrap();
        // Nothing but HTTP/1.1 is spoken, whatever else is offered.
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        let told = ask(stream, "GET /api/v1/settings", &[&format!("Host: {name}"), &token]).unwrap();
        assert_eq!(told.status, 200, "{name}: {}", told.head);
    }
    // The host is looked at here too, and a page that came in clear text is another origin.
    let own = format!("Host: {}", at(&house, HERE));
    let check = |heads: &[&str], status: u16, code: &str| {
        let stream = shake(&config, TcpStream::connect(at(&house, HERE)).unwrap(), "127.0.0.1").unwrap();
        let heads: Vec<&str> = heads.iter().copied().chain([token.as_str()]).collect();
        let told = ask(stream, "GET /api/v1/settings", &heads).unwrap();
        assert_eq!((told.status, told.code().as_str()), (status, code), "{heads:?}");
    };
    check(&["Host: evil.example"], 421, "host_unknown");
    check(&[&own, &format!("Origin: https://{}", at(&house, HERE))], 200, "");
    check(&[&own, &format!("Origin: http://{}", at(&house, HERE))], 403, "cross_site");
}

#[test]
fn who_does_not_trust_it_or_asks_for_another_is_not_fooled() {
    let house = on_the_lan();
    let to = at(&house, HERE);
    let stranger = trusting(Some(authority(&on_the_lan())));
    for (config, name) in [(&trusting(None), "localhost"), (&stranger, "localhost")] {
        let told = shake(config, TcpStream::connect(to).unwrap(), name).map(drop);
        assert!(told.is_err(), "{name}");
    }
    let friend = trusting(Some(authority(&house)));
    for name in ["evil.example", "till.example", "192.0.2.77"] {
        assert!(shake(&friend, TcpStream::connect(to).unwrap(), name).is_err(), "{name}");
    }
    // Whoever does not go on is no reason not to serve the next.
    let _silent = TcpStream::connect(to).unwrap();
    TcpStream::connect(to).unwrap().write_all(b"\x16\x03\x01\xff\xff garbage").unwrap();
    shake(&friend, TcpStream::connect(to).unwrap(), "localhost").unwrap();
}

#[test]
fn who_says_nothing_is_not_waited_for() {
    let house = House::open_set(|config| {
        config.listen = "0.0.0.0:0".parse().unwrap();
        config.limits.head_ms = 1_000;
    });
    for begins in [&b""[..], b"\x16\x03\x01"] {
        let mut socket = TcpStream::connect(at(&house, HERE)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.write_all(begins).unwrap();
        let began = Instant::now();
        // Closed, with or without a reset.
        assert!(matches!(socket.read(&mut [0]), Ok(0) | Err(_)));
        assert!(began.elapsed() < PATIENCE, "it was waited for {:?}", began.elapsed());
    }
}

#[test]
fn an_address_shakes_hands_no_more_often_than_it_asks() {
    let house = House::open_set(|config| {
        config.listen = "0.0.0.0:0".parse().unwrap();
        config.limits.loopback = true;
        (config.limits.address_per_s, config.limits.address_burst) = (1, 5);
    });
    let (friend, to) = (trusting(Some(authority(&house))), at(&house, HERE));
    let began = Instant::now();
    let shaken = |from: [u8; 4]| shake(&friend, connect(to, from.into()), "localhost").is_ok();
    let taken = (0..50).filter(|_| shaken([127, 0, 0, 2])).count();
    let more = usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    assert!((5..=5 + more).contains(&taken), "{taken} of 50");
    assert!(shaken([127, 0, 0, 3]), "another address is another");
    assert!(house.running().house().limits.met().connections >= 50 - taken as u64);
}

#[test]
fn its_keys_are_its_owners_and_outlive_a_restart() {
    let mut house = on_the_lan();
    let folder = house.folder.file("comanda.db.tls");
    let mode = |name: &str| folder.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("ca.key"), mode("ca.names")), (0o700, 0o600, 0o600));
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["ca.crt", "ca.key", "ca.names"], "the server's own key is written nowhere");
    let (before, leaf) = (authority(&house), shown(&house, at(&house, HERE)));

    std::fs::set_permissions(folder.join("ca.key"), PermissionsExt::from_mode(0o644)).unwrap();
    house.restart();
    assert_eq!(mode("ca.key"), 0o600, "what others could read they can no longer");
    assert_eq!(authority(&house), before);
    let after = shown(&house, at(&house, HERE));
    assert!(after != leaf && takes(&house, &after, "till.lan", house.clock.now().get()));
    // Where they are gone, there are others.
    house.stop();
    std::fs::remove_dir_all(&folder).unwrap();
    house.restart();
    assert_ne!(authority(&house), before);
}

#[test]
fn a_certificate_lasts_whatever_the_clocks_say_and_is_renewed() {
    let house = on_the_lan();
    let (to, now) = (at(&house, HERE), house.clock.now().get());
    let first = shown(&house, to);
    let taken = |days: i64| takes(&house, &first, "127.0.0.1", now + days * DAY_MS);
    assert!(taken(-364) && taken(0) && taken(396), "it begins a year before, and lasts one");
    assert!(!taken(-367) && !taken(398));
    house.clock.advance_ms(306 * DAY_MS);
    assert_eq!(shown(&house, to), first);
    house.clock.advance_ms(2 * DAY_MS);
    let second = shown(&house, to);
    assert_ne!(second, first);
    assert!(takes(&house, &second, "127.0.0.1", now + 700 * DAY_MS));
    // A clock that forgot the date is not believed.
    house.clock.advance_ms(-house.clock.now().get());
    let third = shown(&house, to);
    assert_ne!(third, second);
    assert!(takes(&house, &third, "127.0.0.1", now), "what it makes in 1970 holds today");
}

#[test]
fn another_address_of_the_box_is_named_when_it_is_asked_for() {
    let house = on_the_lan();
    let Some(outward) = outward() else { return };
    let now = house.clock.now().get();
    let before = shown(&house, at(&house, HERE));
    assert!(!takes(&house, &before, &outward.to_string(), now));
    let after = shown(&house, at(&house, outward));
    assert!(takes(&house, &after, &outward.to_string(), now) && takes(&house, &after, "127.0.0.1", now));
    assert_eq!(shown(&house, at(&house, HERE)), after, "it is one certificate");
}

#[test]
fn in_clear_text_the_lan_learns_how_to_trust_it_and_nothing_else() {
    let house = on_the_lan();
    let Some(outward) = outward() else { return };
    // From another address than it is asked at, as from another machine.
    let to = at(&house, HERE);
    let (own, token) = (format!("Host: {to}"), format!("Authorization: Bearer {}", house.person("owner").token));
    let asked = |line: &str, heads: &[&str]| {
        let heads: Vec<&str> = [own.as_str()].into_iter().chain(heads.iter().copied()).collect();
        ask(connect(to, outward), line, &heads).unwrap()
    };
    for line in ["GET /api/v1/menu", "DELETE /api/v1/sessions/current", "GET /metrics", "GET /livez", "GET /docs/"] {
        let told = asked(line, &[&token]);
        assert_eq!((told.status, told.code().as_str()), (426, "tls_required"), "{line}");
        assert_eq!((told.header("upgrade"), told.header("cache-control")), ("TLS/1.2, HTTP/1.1", "no-store"));
        assert!(String::from_utf8_lossy(&told.body).contains(&format!("https://{to}")), "{line}");
    }
    // A browser is led to the page.
    for page in ["/", "/stats", "/docs/"] {
        let told = asked(&format!("GET {page}"), &["Accept: text/html"]);
        assert_eq!((told.status, told.header("location")), (307, "/trust"), "{page}");
    }
    assert_eq!(asked("POST /api/v1/stats/sessions", &["Accept: text/html", "Content-Length: 0"]).status, 426);
    let told = asked("GET /trust", &[]);
    let page = String::from_utf8_lossy(&told.body).into_owned();
    assert_eq!((told.status, told.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(told.header("content-security-policy").starts_with("default-src 'none'"));
    assert!(page.contains(&format!("https://{to}/stats")) && !page.contains('{'), "{page}");
    let authority = authority(&house);
    let hash = <sha2::Sha256 as sha2::Digest>::digest(&authority);
    let hash: Vec<String> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    assert!(page.contains(&hash.join(":")), "{page}");
    assert!(!page.contains("trouble"));
    house.running().house().store.faults().disk_full(true);
    house.as_("waiter").post("/orders").body(serde_json::json!({"kind": "takeaway"})).refused("read_only");
    let told = asked("GET /trust", &[]);
    assert!(String::from_utf8_lossy(&told.body).contains("nothing can be written until there is room"));
    house.running().house().store.faults().disk_full(false);
    let told = asked("GET /trust/comanda-ca.crt", &[]);
    assert_eq!((told.header("content-type"), &told.body), ("application/x-x509-ca-cert", &authority.to_vec()));
    let told = asked("GET /trust/comanda-ca.pem", &[]);
    assert_eq!(CertificateDer::from_pem_slice(&told.body).unwrap(), authority);
    // Nobody asks under another name, here either.
    let told = ask(connect(to, outward), "GET /trust", &["Host: evil.example"]).unwrap();
    assert_eq!((told.status, told.code().as_str()), (421, "host_unknown"));

    // By TLS, and from this machine, all of it is there.
    let config = trusting(Some(authority));
    let stream = shake(&config, connect(to, outward), "127.0.0.1").unwrap();
    assert_eq!(ask(stream, "GET /api/v1/settings", &[&own, &token]).unwrap().status, 200);
    assert_eq!(ask(TcpStream::connect(to).unwrap(), "GET /api/v1/settings", &[&own, &token]).unwrap().status, 200);
    let self_asked = at(&house, outward);
    let heads = [&format!("Host: {self_asked}")[..], &token];
    assert_eq!(ask(TcpStream::connect(self_asked).unwrap(), "GET /api/v1/settings", &heads).unwrap().status, 200);
}

#[test]
fn plain_http_is_the_operators_word() {
    let house = House::open_set(|config| {
        config.listen = "0.0.0.0:0".parse().unwrap();
        config.plain_http = true;
    });
    house.anyone().page("/trust").refused("not_found");
    assert!(!house.folder.file("comanda.db.tls").exists());
    let Some(outward) = outward() else { return };
    let to = at(&house, HERE);
    let heads = [&format!("Host: {to}")[..], &format!("Authorization: Bearer {}", house.person("owner").token)];
    assert_eq!(ask(connect(to, outward), "GET /api/v1/settings", &heads).unwrap().status, 200);
}

/// The program itself: what its log says of a LAN, and another TLS than ours to look at it.
#[test]
fn the_program_speaks_tls_on_a_lan_unless_told_otherwise() {
    let house = House::open();
    let folder = crate::harness::Folder::new();
    let db = folder.file("comanda.db");
    std::fs::copy(house.db(), &db).unwrap();
    let check = |listen: &str, more: &[&str], says: &[&str], then: &dyn Fn(SocketAddr)| {
        let arguments = [&["serve", "--listen", listen, "--log", "info"], more].concat();
        let mut child = comanda(&db, &arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut addr = None;
        while !says.iter().all(|word| log.contains(word)) {
            let line = lines.next().unwrap_or_else(|| panic!("{log}")).unwrap();
            let found = line.split_once("listening on ").and_then(|(_, at)| at.split_once("://"));
            addr = addr.or(found.map(|(_, addr)| addr.trim().parse::<SocketAddr>().unwrap()));
            log += &line;
        }
        then(SocketAddr::new(IpAddr::from(HERE), addr.unwrap().port()));
        let _ = child.kill();
        child.wait().unwrap();
    };
    check("127.0.0.1:0", &[], &["listening on http://"], &|_| {});
    check("0.0.0.0:0", &["--plain-http"], &["WARN", "can read PINs and tokens", "listening on http://"], &|_| {});
    check("0.0.0.0:0", &[], &["listening on https://", "/trust", "SHA-256"], &|addr| {
        let trusted = folder.file("comanda.db.tls/ca.crt");
        let mut curl = Command::new("curl");
        let address = format!("https://localhost:{}/livez", addr.port());
        curl.args(["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*", "--cacert"])
            .arg(&trusted)
            .arg(&address);
        // Where there is none, ours has looked already.
        if let Ok(told) = curl.output() {
            assert_eq!(String::from_utf8_lossy(&told.stdout), "200", "{}", String::from_utf8_lossy(&told.stderr));
        }
        let address = addr.to_string();
        let openssl = ["s_client", "-connect", &address, "-verify_ip", "127.0.0.1", "-verify_return_error", "-brief"];
        let told = Command::new("openssl").args(openssl).arg("-CAfile").arg(&trusted).stdin(Stdio::null()).output();
        if let Ok(told) = told {
            let said = String::from_utf8_lossy(&told.stderr).into_owned();
            assert!(told.status.success() && said.contains("Verification: OK"), "{said}");
        }
    });
}
