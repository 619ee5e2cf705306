//! By which names the server is spoken to, and from which pages: what a browser on the same LAN could be made
//! to do by somebody else's page is turned away before anything else is looked at.
//!
//! A page that has its name resolve to this server's address (DNS rebinding) still says its own name in `Host`,
//! which is none of ours. An address is nobody's name, so that one is always taken. A page of another origin
//! says so in `Sec-Fetch-Site`, or in `Origin` where the browser is an old one; nothing that is no browser sends
//! either. No token travels by cookie here, so this keeps out what could not do much anyway.

use std::cell::RefCell;
use std::net::{Ipv4Addr, Ipv6Addr};

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};

use super::wire::{Line, Reached};
use crate::error::{Refusal, Result};

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// The names the server answers to beside every address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doors {
    /// In lower case; `None` where any will do.
    names: Option<Vec<String>>,
}

/// The last host that was taken, on one worker: nearly everybody asks for the same one, and to see whether a
/// name is an address takes longer than to see that it is this one.
#[derive(Debug, Default)]
pub(super) struct LastHost(RefCell<String>);

impl Doors {
    /// This machine's own names, those as mDNS announces them, and `more`; `*` among them is every name.
    pub fn new(more: &[String]) -> Self {
        if more.iter().any(|name| name == "*") {
            return Self { names: None };
        }
        let mut names = vec!["localhost".to_owned()];
        names.extend(more.iter().map(|name| name.to_ascii_lowercase()));
        if let Some(own) = own_name() {
            names.extend([format!("{own}.local"), own]);
        }
        Self { names: Some(names) }
    }

    /// The names it answers to; none where any will do.
    pub fn names(&self) -> &[String] {
        self.names.as_deref().unwrap_or_default()
    }

    /// Refuses a request under a name that is none of ours, or from a page of another origin.
    pub(super) fn admit(&self, req: &ServiceRequest, last: &LastHost) -> Result<()> {
        let Some(names) = &self.names else { return Ok(()) };
        let headers = req.headers();
        let host = match req.uri().authority() {
            Some(authority) => authority.as_str(),
            None => text(headers, &HOST).unwrap_or_default(),
        };
        if *last.0.borrow() != host {
            if !answers_to(names, host) {
                let why = format!("It answers to its address, or to a name of the setting `hosts`, not to {host:.80}.");
                return Err(Refusal::HostUnknown.because(why).into());
            }
            host.clone_into(&mut last.0.borrow_mut());
        }
        let other = match text(headers, &SITE) {
            Some("same-origin" | "none") => false,
            // A link from another page may be followed: what it shows stays with who follows it.
            Some(_) => *req.method() != Method::GET || text(headers, &MODE) != Some("navigate"),
            None => {
                // A page that came in clear text may be anybody's, also under our name.
                let by_tls = req.conn_data::<Reached>().is_some_and(|reached| reached.line == Line::Tls);
                text(headers, &ORIGIN).is_some_and(|origin| !is_from(origin, host, by_tls))
            }
        };
        if other { Err(Refusal::CrossSite.into()) } else { Ok(()) }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    // What is no text is no name and no site either.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// Whether `host`, with or without a port, is an address or one of `names`. Nobody is asked for by no name:
/// that is HTTP/1.0, which no browser speaks.
fn answers_to(names: &[String], host: &str) -> bool {
    let bare = without_port(host).trim_end_matches('.');
    match bare.as_bytes().first() {
        None => host.is_empty(),
        Some(b'[') => bare.trim_start_matches('[').trim_end_matches(']').parse::<Ipv6Addr>().is_ok(),
        Some(first) => {
            first.is_ascii_digit() && bare.parse::<Ipv4Addr>().is_ok()
                || names.iter().any(|name| name.eq_ignore_ascii_case(bare))
        }
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of an address in brackets are its own.
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty() => name,
        _ => host,
    }
}

/// Whether an origin, `scheme://host:port`, is the very host asked, and was reached as safely.
fn is_from(origin: &str, host: &str, by_tls: bool) -> bool {
    origin
        .split_once("://")
        .is_some_and(|(scheme, of)| of.eq_ignore_ascii_case(host) && (!by_tls || scheme.eq_ignore_ascii_case("https")))
}

/// What this machine is called, where the system says so in a file.
fn own_name() -> Option<String> {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let said = files.iter().find_map(|file| std::fs::read_to_string(file).ok())?;
    let name = said.trim().to_ascii_lowercase();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_a_name_of_ours() {
        let names = ["localhost".to_owned(), "till.lan".to_owned()];
        for host in [
            "",
            "127.0.0.1",
            "192.168.1.10:8300",
            "[::1]:8300",
            "[fe80::1]",
            "localhost:8300",
            "TILL.lan",
            "till.lan.:80",
        ] {
            assert!(answers_to(&names, host), "{host}");
        }
        for host in [
            "evil.example",
            "till.lan.evil.example",
            "1.2.3.4.evil.example",
            "127.0.0.1.nip.io:8300",
            "[evil]",
            ":80",
            "?",
        ] {
            assert!(!answers_to(&names, host), "{host}");
        }
    }

    #[test]
    fn an_origin_is_the_host_itself_or_another() {
        assert!(is_from("http://192.168.1.10:8300", "192.168.1.10:8300", false));
        assert!(is_from("https://192.168.1.10:8300", "192.168.1.10:8300", true));
        assert!(!is_from("http://192.168.1.10:8300", "192.168.1.10:8300", true));
        for origin in ["null", "http://192.168.1.10", "http://evil.example", "https://192.168.1.10:8300.evil.example"] {
            assert!(!is_from(origin, "192.168.1.10:8300", false), "{origin}");
        }
    }
}
