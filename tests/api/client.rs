//! A terminal: sends requests and says what it expects.

use std::cell::OnceCell;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use comanda::error::Refusal;
use serde_json::Value;
use ureq::http;

/// Longer than anything a test asks for; a test that hangs ends all the same.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody at a terminal. Clones share its connections.
#[derive(Clone)]
pub struct Client {
    base: String,
    agent: ureq::Agent,
    token: Option<String>,
}

/// A request in the making; sent by `send` or by what is expected of it.
#[must_use]
pub struct Request {
    agent: ureq::Agent,
    method: &'static str,
    address: String,
    headers: Vec<(String, String)>,
    key: Option<String>,
    body: Option<(String, Vec<u8>)>,
}

impl Client {
    pub fn new(base: String) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .proxy(None);
        Self { base, agent: config.build().new_agent(), token: None }
    }

    /// The same terminal with this token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// What it speaks with; nothing where it has none.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    pub fn without_token(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// Paths are below `/api/v1`, but those named in full.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    pub fn put(&self, path: &str) -> Request {
        self.request("PUT", path)
    }

    pub fn patch(&self, path: &str) -> Request {
        self.request("PATCH", path)
    }

    pub fn delete(&self, path: &str) -> Request {
        self.request("DELETE", path)
    }

    /// Something outside `/api/v1`, such as `/livez`.
    pub fn page(&self, path: &str) -> Request {
        self.build("GET", format!("{}{path}", self.base))
    }

    pub fn request(&self, method: &'static str, path: &str) -> Request {
        let prefix = if path.starts_with("/api/") { "" } else { "/api/v1" };
        self.build(method, format!("{}{prefix}{path}", self.base))
    }

    pub fn build(&self, method: &'static str, address: String) -> Request {
        static KEYS: AtomicU64 = AtomicU64::new(0);
        let key = (method == "POST").then(|| format!("test-{}", KEYS.fetch_add(1, Ordering::Relaxed)));
        let mut headers = Vec::new();
        if let Some(token) = &self.token {
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        Request { agent: self.agent.clone(), method, address, headers, key, body: None }
    }

    /// The live events from now on, or after what the header `Last-Event-ID` says.
    pub fn events(&self, query: &str, after: Option<i64>) -> Events {
        let mut request = self.get(&format!("/events{query}"));
        if let Some(after) = after {
            request = request.header("last-event-id", &after.to_string());
        }
        request.stream().1
    }
}

impl Request {
    /// With this as JSON.
    pub fn body(self, json: impl Into<Value>) -> Self {
        let bytes = json.into().to_string().into_bytes();
        self.bytes("application/json", bytes)
    }

    /// With exactly these bytes.
    pub fn bytes(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some((content_type.to_owned(), bytes.into()));
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this `Idempotency-Key` in place of a fresh one.
    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub fn no_key(mut self) -> Self {
        self.key = None;
        self
    }

    /// With an `If-Match` of this, as `Answer::etag` gives it.
    pub fn if_match(self, etag: &str) -> Self {
        self.header("if-match", etag)
    }

    pub fn if_none_match(self, etag: &str) -> Self {
        self.header("if-none-match", etag)
    }

    pub fn accept(self, kind: &str) -> Self {
        self.header("accept", kind)
    }

    fn run(self) -> http::Response<ureq::Body> {
        let mut request = http::Request::builder().method(self.method).uri(&self.address);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(key) = &self.key {
            request = request.header("idempotency-key", key);
        }
        let answer = match self.body {
            Some((kind, bytes)) => self.agent.run(request.header("content-type", kind).body(bytes).unwrap()),
            None if self.method == "GET" => self.agent.run(request.body(()).unwrap()),
            None => self.agent.run(request.body(Vec::new()).unwrap()),
        };
        answer.unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.address))
    }

    /// Expects a live stream, which comes with its headers.
    #[track_caller]
    pub fn stream(self) -> (http::HeaderMap, Events) {
        let (headers, body) = self.reader();
        (headers, Events(BufReader::new(body)))
    }

    /// Expects a stream, to be read at the test's own pace.
    #[track_caller]
    pub fn reader(self) -> (http::HeaderMap, Box<dyn Read>) {
        let (head, body) = self.run().into_parts();
        assert_eq!(head.status, 200, "the stream");
        (head.headers, Box::new(body.into_reader()))
    }

    pub fn send(self) -> Answer {
        let asked = format!("{} {}", self.method, self.address);
        let (head, body) = self.run().into_parts();
        let mut bytes = Vec::new();
        body.into_reader().read_to_end(&mut bytes).unwrap_or_else(|error| panic!("{asked}: {error}"));
        let answer =
            Answer { asked, status: head.status.as_u16(), headers: head.headers, bytes, json: OnceCell::new() };
        answer.note_refusal();
        answer
    }

    /// Expects 200.
    #[track_caller]
    pub fn ok(self) -> Answer {
        self.send().expect(200)
    }

    /// Expects 201.
    #[track_caller]
    pub fn created(self) -> Answer {
        self.send().expect(201)
    }

    /// Expects 204.
    #[track_caller]
    pub fn done(self) -> Answer {
        self.send().expect(204)
    }

    /// Expects this code's problem.
    #[track_caller]
    pub fn refused(self, code: &str) -> Answer {
        self.send().refused(code)
    }
}

/// Leaves the code of a refusal that the real server gave where `tests/run` looks, when all is over, for
/// those that no test came to.
pub fn note_refusal(code: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("refusals");
    fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(code), "")).unwrap();
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    asked: String,
    pub status: u16,
    pub headers: http::HeaderMap,
    pub bytes: Vec<u8>,
    json: OnceCell<Value>,
}

impl Answer {
    fn note_refusal(&self) {
        if self.header("content-type") == "application/problem+json"
            && let Some(code) = self.json_or_null()["code"].as_str()
        {
            note_refusal(code);
        }
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text());
        assert!(!self.header("x-request-id").is_empty(), "{}: no X-Request-Id", self.asked);
        assert!(self.header("server-timing").starts_with("app;dur="), "{}: no Server-Timing", self.asked);
        self
    }

    /// The problem of this code, whole and under the status of the one table.
    #[track_caller]
    pub fn refused(self, code: &str) -> Self {
        let refusal = Refusal::ALL.iter().find(|r| r.code() == code).unwrap_or_else(|| panic!("no code {code}"));
        assert_eq!(self.json_or_null()["code"], code, "{}: {} {}", self.asked, self.status, self.text());
        let answer = self.expect(refusal.status());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.int("/status"), i64::from(refusal.status()));
        assert_eq!(answer.str("/type"), format!("/problems/{code}"));
        assert_eq!(answer.str("/title"), refusal.title());
        assert_eq!(answer.str("/request_id"), answer.header("x-request-id"));
        assert!(!answer.str("/detail").is_empty());
        if matches!(answer.status, 429 | 503) {
            assert!(!answer.header("retry-after").is_empty(), "{}: no Retry-After", answer.asked);
        }
        answer
    }

    /// Of a refused input: the fault at `pointer` has this code.
    #[track_caller]
    pub fn at_fault(self, pointer: &str, code: &str) -> Self {
        let faults = self.list("/errors");
        let found = faults.iter().any(|f| f["pointer"] == pointer && f["code"] == code);
        assert!(found, "{}: no fault {code} at {pointer}: {}", self.asked, self.text());
        self
    }

    /// The header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    #[track_caller]
    pub fn etag(&self) -> String {
        let etag = self.header("etag");
        assert!(!etag.is_empty(), "{}: no ETag", self.asked);
        etag.to_owned()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> &Value {
        let json = self.json_or_null();
        assert!(!json.is_null(), "{}: no JSON: {}", self.asked, self.text());
        json
    }

    fn json_or_null(&self) -> &Value {
        self.json.get_or_init(|| serde_json::from_slice(&self.bytes).unwrap_or_default())
    }

    /// The value at a JSON pointer.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> &Value {
        let value = self.json().pointer(pointer);
        value.unwrap_or_else(|| panic!("{}: nothing at {pointer}: {}", self.asked, self.text()))
    }

    #[track_caller]
    pub fn int(&self, pointer: &str) -> i64 {
        let value = self.at(pointer);
        value.as_i64().unwrap_or_else(|| panic!("{}: {pointer} is {value}", self.asked))
    }

    #[track_caller]
    pub fn str(&self, pointer: &str) -> &str {
        let value = self.at(pointer);
        value.as_str().unwrap_or_else(|| panic!("{}: {pointer} is {value}", self.asked))
    }

    #[track_caller]
    pub fn bool(&self, pointer: &str) -> bool {
        let value = self.at(pointer);
        value.as_bool().unwrap_or_else(|| panic!("{}: {pointer} is {value}", self.asked))
    }

    #[track_caller]
    pub fn list(&self, pointer: &str) -> &[Value] {
        let value = self.at(pointer);
        value.as_array().unwrap_or_else(|| panic!("{}: {pointer} is {value}", self.asked))
    }

    #[track_caller]
    pub fn id(&self) -> i64 {
        self.int("/id")
    }
}

/// A live stream, read as it comes.
pub struct Events(BufReader<Box<dyn Read>>);

/// One event, or the end of the stream as `None`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub id: Option<i64>,
    pub name: String,
    pub data: String,
}

impl Events {
    /// Waits for the next event; heartbeats are passed over.
    pub fn next(&mut self) -> Option<Event> {
        let mut event = Event::default();
        let mut line = String::new();
        loop {
            line.clear();
            if self.0.read_line(&mut line).unwrap_or(0) == 0 {
                return None;
            }
            match line.trim_end().split_once(':').map(|(name, value)| (name, value.trim_start())) {
                Some(("id", value)) => event.id = value.parse().ok(),
                Some(("event", value)) => value.clone_into(&mut event.name),
                Some(("data", value)) => event.data.push_str(value),
                Some(_) => {}
                None if event != Event::default() => return Some(event),
                None => {}
            }
        }
    }
}
