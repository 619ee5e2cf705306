//! What the server does with whoever asks too much, too much at a time, or too slowly.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use comanda::app::App;
use comanda::config::Config;
use comanda::kernel::clock::Clock;
use comanda::kernel::day::UtcMs;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::harness::{House, OPENING};

/// One more than the bucket holds is asked for long before it is full again.
fn limited(config: &mut Config) {
    config.limits.loopback = true;
    (config.limits.device_per_s, config.limits.device_burst) = (1, 5);
    (config.limits.address_per_s, config.limits.address_burst) = (0, 1);
}

/// Asks until it is refused.
#[track_caller]
fn refused_at_last(who: &Client, path: &str) -> Answer {
    let mut answers = std::iter::repeat_with(|| who.get(path).send()).take(1_000);
    answers.find(|answer| answer.status != 200).unwrap_or_else(|| panic!("{path} is not limited"))
}

fn connect(house: &House) -> TcpStream {
    let socket = TcpStream::connect(house.running().addr).unwrap();
    // Longer than anything here takes; a server that never closes fails the test all the same.
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    socket
}

/// A connection from another address of this machine.
fn connect_from(source: &str, house: &House) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let source = SocketAddr::new(source.parse::<IpAddr>().unwrap(), 0);
    let connected = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(source)?;
        socket.connect(house.running().addr).await?.into_std()
    });
    let socket = connected.unwrap();
    socket.set_nonblocking(false).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    socket
}

/// Everything that comes until the server closes.
#[track_caller]
fn until_closed(socket: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    if let Err(error) = socket.read_to_end(&mut answer) {
        panic!("the server did not close: {error}; it said {:?}", String::from_utf8_lossy(&answer));
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// What is answered to these bytes, after which the client waits.
#[track_caller]
fn told(house: &House, bytes: &str) -> String {
    let mut socket = connect(house);
    socket.write_all(bytes.as_bytes()).unwrap();
    until_closed(&mut socket)
}

#[track_caller]
fn assert_problem(answer: &str, status: u16, code: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer:?}");
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    // Another answer may follow.
    let problem = serde_json::Deserializer::from_str(body).into_iter::<Value>().next();
    let problem = problem.and_then(Result::ok).unwrap_or_default();
    assert_eq!(problem["code"], code, "{answer}");
    crate::client::note_refusal(code);
}

/// The head of an order's POST by the waiter, without the end of its headers.
fn order_head(house: &House) -> String {
    let token = &house.person("waiter").token;
    format!(
        "POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: slow\r\n\
         Content-Type: application/json\r\n"
    )
}

#[track_caller]
fn assert_no_orders(house: &House) {
    assert_eq!(house.as_("waiter").get("/orders").ok().int("/page/total"), 0);
}

#[test]
fn loopback_is_not_limited_by_default() {
    let house = House::open_set(|config| {
        limited(config);
        config.limits.loopback = false;
        (config.limits.address_per_s, config.limits.address_burst) = (1, 1);
    });
    let waiter = house.as_("waiter");
    for _ in 0..20 {
        for path in ["/tickets", "/menu"] {
            let answer = waiter.get(path).ok();
            assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), ("", ""));
        }
    }
}

#[test]
fn a_device_that_asks_too_much_waits_and_no_other_does() {
    let house = House::open_set(limited);
    // By its handler, and from what is ready.
    for (path, role) in [("/tickets", "waiter"), ("/menu", "cashier")] {
        house.as_("owner").get(path).ok();
        let who = house.as_(role);
        let first = who.get(path).ok();
        assert_eq!(first.header("ratelimit"), "\"device\";r=4;t=1", "{path}: one was taken");
        assert_eq!(first.header("ratelimit-policy"), "\"device\";q=5;w=5");
        let refused = refused_at_last(&who, path).refused("rate_limited");
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(refused.header("ratelimit"), "\"device\";r=0;t=1");
        assert_eq!(refused.header("ratelimit-policy"), "\"device\";q=5;w=5");
        assert_eq!(refused.str("/limit"), "device");
        house.as_("auditor").get("/tickets").ok();
        // How it does is asked by nobody in particular, as often as they like.
        for page in ["/livez", "/readyz", "/metrics"] {
            assert_eq!(house.anyone().page(page).ok().header("ratelimit"), "");
        }
        thread::sleep(Duration::from_secs(1));
        who.get(path).ok();
    }
    let stats = house.as_("manager").get("/stats").ok();
    assert!(stats.int("/limits/by_device") >= 2, "{}", stats.at("/limits"));
    assert_eq!(stats.int("/limits/by_address"), 0);
    let metrics = house.anyone().page("/metrics").ok().text();
    let line = format!("comanda_requests_limited_total{{by=\"device\"}} {}\n", stats.int("/limits/by_device"));
    assert!(metrics.contains(&line), "{line} is not in {metrics}");
}

#[test]
fn sessions_of_one_device_share_its_bucket() {
    let house = House::open_set(limited);
    refused_at_last(&house.as_("waiter"), "/tickets").refused("rate_limited");
    // A token of its terminal is another token and the same bucket.
    house.terminal_of("waiter").get("/staff/names").refused("rate_limited");
}

#[test]
fn an_address_is_limited_before_anybody_is_known() {
    let house = House::open_set(|config| {
        config.limits.loopback = true;
        (config.limits.address_per_s, config.limits.address_burst) = (1, 5);
    });
    let ask = "GET /api/v1/menu HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let from = |source: &str, bytes: &str| {
        let mut socket = connect_from(source, &house);
        socket.write_all(bytes.as_bytes()).unwrap();
        until_closed(&mut socket)
    };
    assert!(from("127.0.0.2", ask).contains("ratelimit: \"address\";r=4;t=1\r\n"));
    let mut answers = std::iter::repeat_with(|| from("127.0.0.2", ask)).take(1_000);
    let refused = answers.find(|answer| !answer.starts_with("HTTP/1.1 401")).expect("no limit");
    assert_problem(&refused, 429, "rate_limited");
    for header in ["retry-after: 1", "ratelimit: \"address\";r=0;t=1", "ratelimit-policy: \"address\";q=5;w=5"] {
        assert!(refused.contains(&format!("{header}\r\n")), "no {header} in {refused}");
    }
    assert_problem(&from("127.0.0.3", ask), 401, "token_missing");
    let health = from("127.0.0.2", "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    assert!(house.running().house().limits.met().address >= 1);
}

/// Everything that comes until there is no more, however it ends.
fn whatever_comes(socket: &mut TcpStream) -> String {
    let mut answers = Vec::new();
    let mut bytes = [0; 4096];
    while let Ok(read @ 1..) = socket.read(&mut bytes) {
        answers.extend_from_slice(&bytes[..read]);
    }
    String::from_utf8_lossy(&answers).into_owned()
}

#[test]
fn requests_in_a_row_are_answered_until_they_are_too_many() {
    let house = House::open_set(|config| {
        config.limits.loopback = true;
        (config.limits.address_per_s, config.limits.address_burst) = (1, 5);
    });
    let in_a_row = |source: &str, path: &str| {
        let mut socket = connect_from(source, &house);
        let ask = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let last = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        socket.write_all((ask.repeat(99) + &last).as_bytes()).unwrap();
        whatever_comes(&mut socket)
    };
    let answers = in_a_row("127.0.0.2", "/livez");
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 100, "every one has its turn");
    let began = Instant::now();
    let answers = in_a_row("127.0.0.3", "/api/v1/menu");
    let more = usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    let (first, over) = (answers.matches("HTTP/1.1 401 ").count(), answers.matches("HTTP/1.1 429 ").count());
    assert!((5..=5 + more).contains(&first), "{first} in {more} s: {answers}");
    assert!(over <= 1, "{over} answers to what was cut off: {answers}");
    // Who waits for each answer is told.
    let mut patient = connect_from("127.0.0.3", &house);
    patient.write_all(b"GET /api/v1/menu HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let told = whatever_comes(&mut patient);
    assert!(["HTTP/1.1 401 ", "HTTP/1.1 429 "].iter().any(|status| told.starts_with(status)), "{told:?}");
}

/// Has the writer stand still until the sender is used.
fn hold_the_writer(house: &House) -> (mpsc::Sender<()>, thread::JoinHandle<()>) {
    let store = house.running().house().store.clone();
    let (begun, begins) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let holding = thread::spawn(move || {
        let held = store.write_blocking(move |_| {
            begun.send(()).unwrap();
            released.recv().unwrap();
            Ok(())
        });
        held.unwrap();
    });
    begins.recv().unwrap();
    (release, holding)
}

#[test]
fn what_is_too_much_at_a_time_is_turned_away_at_once() {
    let house = House::open_set(|config| config.limits.requests_max = 1);
    let (waiter, manager) = (house.as_("waiter"), house.as_("manager"));
    waiter.get("/menu").ok();
    // A stream that goes on takes nobody's place, nor does who sends slowly.
    let _events = house.apart("manager").events("", None);
    let mut slow = connect(&house);
    let head = order_head(&house) + "Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
    slow.write_all(head.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    // Once it is told to go on, its body is waited for.
    slow.read_exact(&mut go_on).unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100 Continue"));
    waiter.get("/tickets").ok();
    let (release, holding) = hold_the_writer(&house);
    let under_way = thread::spawn({
        let cashier = house.as_("cashier");
        move || cashier.post("/orders").body(json!({"kind": "takeaway"})).created()
    });
    let mut asked = std::iter::repeat_with(|| waiter.get("/tickets").send()).take(1_000);
    let refused = asked.find(|answer| answer.status != 200).expect("nobody is turned away").refused("busy");
    assert_eq!(refused.header("retry-after"), "1");
    waiter.post("/orders").body(json!({"kind": "takeaway"})).refused("busy");
    // What is ready costs nothing, and how it does can be asked.
    waiter.get("/menu").ok();
    for page in ["/livez", "/readyz", "/metrics"] {
        house.anyone().page(page).ok();
    }
    // It is one of them once it is there.
    slow.write_all(b"{}").unwrap();
    assert_problem(&until_closed(&mut slow), 503, "busy");
    release.send(()).unwrap();
    holding.join().unwrap();
    under_way.join().unwrap();
    waiter.get("/tickets").ok();
    let stats = manager.get("/stats").ok();
    assert_eq!((stats.int("/limits/shed"), stats.int("/limits/requests_max")), (3, 1));
    assert!(house.anyone().page("/metrics").ok().text().contains("comanda_requests_shed_total 3\n"));
}

#[test]
fn an_address_holds_so_many_connections() {
    let house = House::open_set(|config| {
        config.limits.loopback = true;
        config.limits.address_connections = 2;
    });
    let ask = |socket: &mut TcpStream| {
        let told = socket.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let mut answer = [0; 12];
        told.and_then(|()| socket.read_exact(&mut answer)).is_ok_and(|()| &answer == b"HTTP/1.1 200")
    };
    let mut first = connect_from("127.0.0.2", &house);
    let mut second = connect_from("127.0.0.2", &house);
    assert!(ask(&mut first) && ask(&mut second));
    assert!(!ask(&mut connect_from("127.0.0.2", &house)), "a third is not answered");
    assert!(ask(&mut connect_from("127.0.0.3", &house)), "another address is");
    drop(first);
    let again = || ask(&mut connect_from("127.0.0.2", &house));
    assert!(std::iter::repeat_with(again).take(1_000).any(|answered| answered), "there is room again");
    let metrics = house.running().house().limits.met();
    assert!(metrics.connections >= 1, "{metrics:?}");
}

#[test]
fn what_was_begun_is_not_held_for_ever() {
    let house = House::open_set(|config| {
        (config.limits.head_ms, config.limits.body_ms, config.limits.handler_ms) = (100, 100, 100);
    });
    // Half a second request, of which a byte comes now and then.
    let mut slow = connect(&house);
    slow.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HT").unwrap();
    slow.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let (mut answer, mut closed) = (Vec::new(), false);
    for _ in 0..600 {
        let mut bytes = [0; 1024];
        match slow.read(&mut bytes) {
            Ok(0) => closed = true,
            Ok(n) => answer.extend_from_slice(&bytes[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => closed = slow.write_all(b"x").is_err(),
            Err(_) => closed = true,
        }
        if closed {
            break;
        }
    }
    assert!(closed && answer.starts_with(b"HTTP/1.1 200 "), "{:?}", String::from_utf8_lossy(&answer));
    // A body that nobody asked for, of a request that was answered long ago.
    let mut endless = connect(&house);
    endless.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
    let answer = until_closed(&mut endless);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("connection: close\r\n"), "{answer}");
}

#[test]
fn a_packed_body_is_not_unpacked() {
    let house = House::open();
    for coding in ["gzip", "zstd", "br", "gzip, identity"] {
        let head = order_head(&house);
        let head = format!("{head}Content-Encoding: {coding}\r\nConnection: close\r\n");
        assert_problem(&told(&house, &format!("{head}Content-Length: 2\r\n\r\n{{}}")), 415, "not_json_type");
    }
    let head = order_head(&house) + "Content-Encoding: identity\r\nConnection: close\r\n";
    assert_problem(&told(&house, &format!("{head}Content-Length: 2\r\n\r\n{{}}")), 422, "invalid");
}

#[test]
fn a_slow_head_is_cut_off() {
    let house = House::open_set(|config| config.limits.head_ms = 200);
    let answer = told(&house, "GET /api/v1/menu HTTP/1.1\r\nHost: ti");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer:?}");
}

#[test]
fn a_slow_body_is_cut_off() {
    let house = House::open_set(|config| config.limits.body_ms = 200);
    let head = order_head(&house);
    for slow in [
        format!("{head}Content-Length: 20\r\n\r\n{{\"kind\":"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n8\r\n{{\"kind\":\r\n"),
    ] {
        let answer = told(&house, &slow);
        assert_problem(&answer, 408, "body_too_slow");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
    }
    assert_no_orders(&house);
    assert_eq!(house.as_("manager").get("/stats").ok().int("/limits/slow_bodies"), 2);
}

#[test]
fn a_body_has_an_end() {
    let house = House::open();
    let head = order_head(&house);
    // Said beforehand: not a byte of it is waited for.
    assert_problem(&told(&house, &format!("{head}Content-Length: 1000000\r\n\r\n")), 413, "too_large");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let endless = format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(9));
    assert_problem(&told(&house, &endless), 413, "too_large");
    // Nor is it read to an end that may never come from somebody nobody knows.
    let stranger = head.replace("Bearer ", "Bearer no");
    let endless = format!("{stranger}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n");
    assert_problem(&told(&house, &endless), 401, "token_invalid");
    // Longer than it says: what is over is no request.
    let answer = told(&house, &format!("{head}Content-Length: 2\r\n\r\n{{}}and more\r\n\r\n"));
    assert_problem(&answer, 422, "invalid");
    assert!(answer.contains("HTTP/1.1 400 "), "{answer}");
    // Shorter than it says: it never was there.
    let mut short = connect(&house);
    short.write_all(format!("{head}Content-Length: 50\r\n\r\n{{\"kind\":\"takeaway\"}}").as_bytes()).unwrap();
    short.shutdown(Shutdown::Write).unwrap();
    let answer = until_closed(&mut short);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_no_orders(&house);
}

/// Asks again until the answer is another than that it took too long.
fn in_time(ask: impl Fn() -> Answer) -> Answer {
    let mut answers = std::iter::repeat_with(ask).take(1_000);
    answers.find(|answer| answer.status != 503).expect("it always takes too long")
}

#[test]
fn a_write_that_waits_too_long_is_given_up_and_not_done() {
    let house = House::open_set(|config| config.limits.handler_ms = 1_000);
    let (release, holding) = hold_the_writer(&house);
    let waiter = house.as_("waiter");
    let post = || waiter.post("/orders").key("slow").body(json!({"kind": "takeaway"}));
    let refused = post().refused("took_too_long");
    assert_eq!(refused.header("retry-after"), "1");
    assert!(refused.str("/detail").contains("It may have happened all the same"), "{}", refused.text());
    let unkeyed = waiter.patch("/orders/1").body(json!({"guests": 2})).refused("took_too_long");
    assert!(unkeyed.str("/detail").contains("look before it is sent again"), "{}", unkeyed.text());
    release.send(()).unwrap();
    holding.join().unwrap();
    let again = in_time(|| post().send()).expect(201);
    assert_eq!(again.header("idempotency-replayed"), "", "the first was skipped");
    assert_eq!(house.running().house().store.stats().jobs_abandoned, 2);
    assert_eq!(waiter.get("/orders").ok().int("/page/total"), 1);
    let metrics = house.anyone().page("/metrics").ok().text();
    assert!(metrics.contains("comanda_requests_given_up_total{part=\"answer\"} 2\n"), "{metrics}");
}

/// Stands still, and stops the writer in the middle of a job when it is told to.
struct Holding {
    armed: AtomicBool,
    begun: mpsc::Sender<()>,
    released: Mutex<mpsc::Receiver<()>>,
}

impl Clock for Holding {
    fn now(&self) -> UtcMs {
        if thread::current().name() == Some("writer") && self.armed.swap(false, SeqCst) {
            self.begun.send(()).unwrap();
            self.released.lock().unwrap().recv().unwrap();
        }
        UtcMs::parse(OPENING).unwrap()
    }
}

#[test]
fn a_write_that_runs_too_long_is_done_once() {
    let mut house = House::open();
    house.stop();
    let ((begun, begins), (release, released)) = (mpsc::channel(), mpsc::channel());
    let clock = Arc::new(Holding { armed: AtomicBool::new(false), begun, released: Mutex::new(released) });
    let mut config = Config::new(house.db());
    (config.listen, config.limits.handler_ms) = ("127.0.0.1:0".parse().unwrap(), 1_000);
    let running = App::start(&config, Arc::clone(&clock) as _).unwrap();
    let waiter = Client::new(format!("http://{}", running.addr)).with_token(&house.person("waiter").token);
    let post = || waiter.post("/orders").key("slow").body(json!({"kind": "takeaway"}));
    clock.armed.store(true, SeqCst);
    post().refused("took_too_long");
    begins.try_recv().expect("the job had begun");
    release.send(()).unwrap();
    let again = in_time(|| post().send()).expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true", "the first went on to its end");
    assert_eq!(waiter.get("/orders").ok().int("/page/total"), 1);
    running.stop();
}

#[test]
fn a_read_that_takes_too_long_is_given_up() {
    let house = House::open_set(|config| config.limits.handler_ms = 50);
    let faults = house.running().house().store.faults();
    let auditor = house.as_("auditor");
    faults.slow_statement(Some("journal.after"));
    let refused = auditor.get("/journal").refused("took_too_long");
    assert!(refused.str("/detail").ends_with("Nothing was to be changed; ask again."), "{}", refused.text());
    faults.slow_statement(None);
    in_time(|| auditor.get("/journal").send()).expect(200);
    // It is counted where it was routed to.
    let slow = house.running().house().store.timing().routes();
    let route = slow.iter().find(|route| route.pattern == "/api/v1/journal").unwrap();
    assert!(route.requests.read().errors.total() >= 1);
}

#[test]
fn the_description_tells_the_limits() {
    let api = House::bare().anyone().page("/openapi.json").ok();
    for header in ["Retry-After", "RateLimit", "RateLimit-Policy"] {
        api.at(&format!("/components/responses/Problem429/headers/{header}"));
    }
    api.at("/components/responses/Problem503/headers/Retry-After");
    api.at("/paths/~1api~1v1~1orders/post/responses/408");
    assert!(api.json().pointer("/paths/~1livez/get/responses/429").is_none());
}
