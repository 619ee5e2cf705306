//! One kept connection to the server, and what came back over it.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Bytes of an answer that are kept to be read; what a problem or an order needs many times over.
const KEPT_BYTES_MAX: usize = 8 << 20;

/// Where the server is.
#[derive(Debug, Clone)]
pub(super) struct Server {
    address: SocketAddr,
    host: HeaderValue,
    /// As it was given, without a slash at its end.
    pub(super) url: String,
}

impl Server {
    /// From `http://host:port`.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("{url} is no address: {error}"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err("the till server itself speaks http; name it and not a proxy before it".into()),
            _ => return Err("say it whole, as in http://127.0.0.1:8300".to_owned()),
        }
        let authority = uri.authority().ok_or("it names no host")?;
        if uri.path().len() > 1 || uri.query().is_some() {
            return Err("name host and port only; --endpoint says what is asked for there".to_owned());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let mut found = (host, authority.port_u16().unwrap_or(80)).to_socket_addrs().map_err(|e| e.to_string())?;
        let address = found.next().ok_or_else(|| format!("{host} has no address"))?;
        let name = HeaderValue::from_str(authority.as_str()).map_err(|error| error.to_string())?;
        Ok(Self { address, host: name, url: url.trim_end_matches('/').to_owned() })
    }

    pub(super) fn is_this_machine(&self) -> bool {
        self.address.ip().is_loopback()
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    method: &'static str,
    path: String,
    headers: Vec<(HeaderName, String)>,
    body: Option<Vec<u8>>,
    keep: bool,
}

impl Ask {
    fn of(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: None, keep: false }
    }

    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::of("GET", path)
    }

    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self::of("DELETE", path)
    }

    /// With the key that makes a retry safe.
    pub(super) fn post(path: impl Into<String>, key: &str) -> Self {
        Self::of("POST", path).with(HeaderName::from_static("idempotency-key"), key)
    }

    /// The calls that take no key: pairing and signing in.
    pub(super) fn post_bare(path: impl Into<String>) -> Self {
        Self::of("POST", path)
    }

    fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string().into_bytes());
        self.with(header::CONTENT_TYPE, "application/json")
    }

    pub(super) fn if_match(self, etag: &str) -> Self {
        self.with(header::IF_MATCH, etag)
    }

    pub(super) fn if_none_match(self, etag: &str) -> Self {
        self.with(header::IF_NONE_MATCH, etag)
    }

    pub(super) fn accept(self, kind: &str) -> Self {
        self.with(header::ACCEPT, kind)
    }

    pub(super) fn coded(self, coding: &str) -> Self {
        self.with(header::ACCEPT_ENCODING, coding)
    }

    /// The answer's body is wanted, not only its size.
    pub(super) fn keep(mut self) -> Self {
        self.keep = true;
        self
    }
}

/// 2xx or 304.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) etag: String,
    /// Whether it came from the cache, where the server says so.
    pub(super) hit: Option<bool>,
    /// Of the body as it travelled.
    pub(super) bytes: u64,
    /// Empty where it was not asked to be kept.
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Null where it is no JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What kind of nothing came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// 4xx, by its code.
    Refused {
        status: u16,
        code: String,
    },
    /// 5xx, by its status and code.
    Server {
        code: String,
    },
    /// No answer, or half of one.
    Transport(String),
    Timeout,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Refused { status, code } => write!(f, "{status} {code}"),
            Trouble::Server { code } => f.write_str(code),
            Trouble::Transport(what) => f.write_str(what),
            Trouble::Timeout => f.write_str("no answer in time"),
        }
    }
}

/// A connection as a terminal has one: opened once, kept, opened again where the server closed it.
#[derive(Debug)]
pub(super) struct Connection {
    server: Server,
    token: Option<HeaderValue>,
    patience: Duration,
    open: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub(super) fn new(server: &Server, token: Option<&str>, patience: Duration) -> Result<Self, String> {
        let token = token.map(bearer).transpose()?;
        Ok(Self { server: server.clone(), token, patience, open: None })
    }

    /// Goes on as whoever has this token.
    pub(super) fn speak_as(&mut self, token: &str) -> Result<(), String> {
        self.token = Some(bearer(token)?);
        Ok(())
    }

    /// Opens it before anything is measured on it.
    pub(super) async fn open(&mut self) -> Result<(), Trouble> {
        let ready = timeout(self.patience, self.ready()).await;
        ready.unwrap_or(Err(Trouble::Timeout))
    }

    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Asks, and takes in the whole answer.
    pub(super) async fn send(&mut self, ask: &Ask) -> Result<Answer, Trouble> {
        let outcome = timeout(self.patience, self.exchange(ask)).await.unwrap_or(Err(Trouble::Timeout));
        if matches!(outcome, Err(Trouble::Transport(_) | Trouble::Timeout)) {
            // An answer that comes now belongs to nobody.
            self.open = None;
        }
        outcome
    }

    async fn ready(&mut self) -> Result<(), Trouble> {
        if let Some(open) = &mut self.open
            && open.ready().await.is_ok()
        {
            return Ok(());
        }
        let failed = |error: std::io::Error| Trouble::Transport(error.kind().to_string());
        let socket = TcpStream::connect(self.server.address).await.map_err(failed)?;
        socket.set_nodelay(true).map_err(failed)?;
        let (open, driven) = http1::handshake(TokioIo::new(socket)).await.map_err(|error| transport(&error))?;
        // What goes wrong on it is told to whoever waits for an answer.
        tokio::spawn(async { drop(driven.await) });
        self.open = Some(open);
        Ok(())
    }

    async fn exchange(&mut self, ask: &Ask) -> Result<Answer, Trouble> {
        let mut request = self.request(ask)?;
        // A server may close what was idle at the very moment; what was not sent is sent anew, once.
        for last in [false, true] {
            self.ready().await?;
            let Some(open) = &mut self.open else { break };
            match open.try_send_request(request).await {
                Ok(response) => return take(response, ask.keep).await,
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !last => {
                        request = unsent;
                        self.open = None;
                    }
                    _ => return Err(transport(error.error())),
                },
            }
        }
        Err(Trouble::Transport("connection closed".to_owned()))
    }

    fn request(&self, ask: &Ask) -> Result<Request<Full<Bytes>>, Trouble> {
        let mut request = Request::builder().method(ask.method).uri(&ask.path);
        request = request.header(header::HOST, &self.server.host);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, token);
        }
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        let body = ask.body.clone().map(Bytes::from).unwrap_or_default();
        request.body(Full::new(body)).map_err(|error| Trouble::Transport(error.to_string()))
    }
}

fn bearer(token: &str) -> Result<HeaderValue, String> {
    let value = HeaderValue::from_str(&format!("Bearer {token}"));
    let mut value = value.map_err(|_| "The token has characters that no token has.".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

fn transport(error: &hyper::Error) -> Trouble {
    let what = match error {
        e if e.is_incomplete_message() || e.is_closed() || e.is_canceled() => "connection closed",
        e if e.is_parse() => "no HTTP",
        _ => "connection lost",
    };
    Trouble::Transport(what.to_owned())
}

async fn take(response: Response<Incoming>, keep: bool) -> Result<Answer, Trouble> {
    let (head, mut body) = response.into_parts();
    let status = head.status.as_u16();
    let good = head.status.is_success() || status == 304;
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut answer = Answer { etag: text("etag").to_owned(), ..Answer::default() };
    answer.hit = match text("server-timing") {
        timing if timing.contains("cache;desc=\"hit\"") => Some(true),
        timing if timing.contains("cache;desc=\"miss\"") => Some(false),
        _ => None,
    };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| transport(&error))?;
        let Some(data) = frame.data_ref() else { continue };
        answer.bytes += data.len() as u64;
        if (keep || !good) && answer.body.len() + data.len() <= KEPT_BYTES_MAX {
            answer.body.extend_from_slice(data);
        }
    }
    if good {
        return Ok(answer);
    }
    let json = answer.json();
    let code = json["code"].as_str();
    Err(match status {
        500.. => Trouble::Server { code: format!("{status} {}", code.unwrap_or("")).trim_end().to_owned() },
        _ => Trouble::Refused { status, code: code.map_or_else(|| format!("status {status}"), str::to_owned) },
    })
}
