//! A terminal that can lose its connection at any byte, and knows that it did.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Longer than anything takes here; a server that hangs is a failure all the same.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request that can be sent again.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub token: String,
    pub key: String,
    /// Whatever version there is, where one is asked for.
    pub any_version: bool,
    pub body: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub request_id: String,
    pub replayed: bool,
    /// The connection ends with it.
    closes: bool,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Request {
    pub fn post(token: &str, path: impl Into<String>, key: impl Into<String>, body: Value) -> Self {
        let (path, token, key) = (path.into(), token.to_owned(), key.into());
        Self { method: "POST", path, token, key, any_version: false, body }
    }

    pub fn any_version(self) -> Self {
        Self { any_version: true, ..self }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let Self { method, path, token, .. } = self;
        // What a supervisor asks is no part of the API.
        let base = if path == "/readyz" { "" } else { "/api/v1" };
        let mut text = format!("{method} {base}{path} HTTP/1.1\r\nhost: localhost\r\n");
        if !token.is_empty() {
            text += &format!("authorization: Bearer {token}\r\n");
        }
        if !self.key.is_empty() {
            text += &format!("idempotency-key: {}\r\n", self.key);
        }
        if self.any_version {
            text += "if-match: *\r\n";
        }
        let body = if self.body.is_null() { String::new() } else { self.body.to_string() };
        if !body.is_empty() {
            text += "content-type: application/json\r\n";
        }
        if *method != "GET" {
            text += &format!("content-length: {}\r\n", body.len());
        }
        format!("{text}\r\n{body}").into_bytes()
    }
}

/// One connection at a time, kept while it lasts.
#[derive(Debug, Default)]
pub struct Terminal {
    open: Option<(SocketAddr, TcpStream)>,
}

impl Terminal {
    /// One that speaks through this socket as long as it lasts.
    pub fn over(addr: SocketAddr, socket: TcpStream) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { open: Some((addr, socket)) })
    }

    /// The whole answer, or nothing: then nobody here knows whether it happened.
    pub fn ask(&mut self, addr: SocketAddr, request: &Request) -> io::Result<Answer> {
        let mut socket = match self.open.take() {
            Some((at, socket)) if at == addr => socket,
            _ => {
                let socket = TcpStream::connect_timeout(&addr, PATIENCE)?;
                socket.set_nodelay(true)?;
                socket.set_read_timeout(Some(PATIENCE))?;
                socket.set_write_timeout(Some(PATIENCE))?;
                socket
            }
        };
        socket.write_all(&request.bytes())?;
        let answer = read(&mut socket)?;
        self.open = Some((addr, socket)).filter(|_| !answer.closes);
        Ok(answer)
    }
}

fn read(socket: &mut TcpStream) -> io::Result<Answer> {
    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let mut bytes = Vec::with_capacity(4096);
    let mut chunk = [0; 16 * 1024];
    let mut more = |bytes: &mut Vec<u8>| {
        let n = socket.read(&mut chunk)?;
        bytes.extend_from_slice(&chunk[..n]);
        if n == 0 { Err(cut()) } else { Ok(()) }
    };
    let head_bytes = loop {
        match bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            Some(at) => break at,
            None => more(&mut bytes)?,
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_bytes]).into_owned();
    let header = |wanted: &str| {
        let named = head.split("\r\n").filter_map(|line| line.split_once(": "));
        named.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_owned())
    };
    let length: usize = header("content-length").and_then(|n| n.parse().ok()).unwrap_or_default();
    assert!(header("transfer-encoding").is_none(), "an answer in chunks: {head}");
    while bytes.len() < head_bytes + 4 + length {
        more(&mut bytes)?;
    }
    Ok(Answer {
        status: head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default(),
        request_id: header("x-request-id").unwrap_or_default(),
        closes: header("connection").is_some_and(|word| word.eq_ignore_ascii_case("close")),
        replayed: header("idempotency-replayed").is_some(),
        body: bytes.split_off(head_bytes + 4),
    })
}

/// The id of the request that these bytes begin to answer with success.
pub fn success_of(said: &[u8]) -> Option<String> {
    if !said.starts_with(b"HTTP/1.1 2") {
        return None;
    }
    let head = said.windows(4).position(|w| w == b"\r\n\r\n").map_or(said, |at| &said[..at]);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
    lines.find(|(name, _)| name.eq_ignore_ascii_case("x-request-id")).map(|(_, id)| id.to_owned())
}
