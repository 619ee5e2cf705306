//! How an answer looks: JSON, its ETag, its coding, its headers.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use serde::Serialize;

use crate::cache::{Body, Coding, Filled};
use crate::error::{Fault, Result};

const JSON: &str = "application/json";
/// An order of a few lines.
const ANSWER_BYTES: usize = 4096;
/// What is answered to somebody lies in no browser's cache for whoever has the tablet next. A terminal that keeps
/// what it has seen, and its ETag, still gets its 304.
const KEPT_NOWHERE: HeaderValue = HeaderValue::from_static("no-store");
const BY_CODING: HeaderValue = HeaderValue::from_static("accept-encoding");
pub const BY_FORM_AND_CODING: HeaderValue = HeaderValue::from_static("accept, accept-encoding");
/// Of a document to be looked at and printed: nothing in it runs, and nothing is fetched.
const DOCUMENT: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'");

/// A finished answer, before it is coded for the one who asked.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// Without quotes.
    pub etag: Option<String>,
    pub content_type: Cow<'static, str>,
    pub body: Vec<u8>,
    /// `Link`, for pages.
    pub link: Option<String>,
    /// Whether `Accept` chose its form.
    pub by_accept: bool,
}

impl Reply {
    pub fn new(status: u16, value: &impl Serialize) -> Result<Self> {
        let mut json = Vec::with_capacity(ANSWER_BYTES);
        serde_json::to_writer(&mut json, value).map_err(|e| Fault::from_source("an answer does not serialise", e))?;
        Ok(Self::raw(status, json, JSON))
    }

    /// Bytes of another form than JSON.
    pub fn raw(status: u16, body: Vec<u8>, content_type: &'static str) -> Self {
        Self { status, etag: None, content_type: content_type.into(), body, link: None, by_accept: false }
    }

    /// 200 with `value`.
    pub fn ok(value: &impl Serialize) -> Result<Self> {
        Self::new(200, value)
    }

    /// 201 with what was made.
    pub fn created(value: &impl Serialize) -> Result<Self> {
        Self::new(201, value)
    }

    /// 204: done, and nothing to say.
    pub fn none() -> Self {
        Self::raw(204, Vec::new(), JSON)
    }

    #[must_use]
    pub fn etag(mut self, etag: impl Into<String>) -> Self {
        self.etag = Some(etag.into());
        self
    }

    /// One of several forms, chosen by `Accept`.
    #[must_use]
    pub fn by_accept(mut self) -> Self {
        self.by_accept = true;
        self
    }

    /// With a hash of its body as ETag, for what has no version of its own.
    #[must_use]
    pub fn hashed(self) -> Self {
        use sha2::{Digest, Sha256};
        let hash = Sha256::digest(&self.body);
        let etag: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        self.etag(etag)
    }

    #[must_use]
    pub fn link(mut self, link: Option<String>) -> Self {
        self.link = link;
        self
    }

    /// What the cache keeps of a 200 with JSON that the next order may make old.
    pub fn kept(self) -> Filled {
        debug_assert!(self.status == 200 && self.content_type == JSON);
        Body::quick(self.body, self.etag).link(self.link).into()
    }
}

/// What the asker's headers say about the form of the answer.
#[derive(Debug, Clone, Default)]
pub struct Wants {
    accept_encoding: Option<HeaderValue>,
    if_none_match: Option<HeaderValue>,
}

impl Wants {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self {
            accept_encoding: headers.get(header::ACCEPT_ENCODING).cloned(),
            if_none_match: headers.get(header::IF_NONE_MATCH).cloned(),
        }
    }

    /// A change has had its effect whatever its asker has seen: it is never answered with 304.
    pub(super) fn of_change(headers: &HeaderMap) -> Self {
        Self { if_none_match: None, ..Self::of(headers) }
    }

    fn encoding(&self) -> Option<&str> {
        self.accept_encoding.as_ref()?.to_str().ok()
    }

    fn none_match(&self) -> Option<&str> {
        self.if_none_match.as_ref()?.to_str().ok()
    }
}

/// A cached body as the answer: a pointer copy, or 304.
pub(super) fn of_cache(body: &Arc<Body>, wants: &Wants) -> Result<HttpResponse> {
    if let Some(refused) = body.refused() {
        return Err(refused.clone().into());
    }
    let (coding, bytes, etag) = body.pick(wants.encoding());
    if wants.none_match().is_some_and(|seen| body.matches(seen)) {
        return Ok(not_modified(etag.clone(), BY_CODING));
    }
    let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(bytes.clone()));
    let headers = response.headers_mut();
    form_headers(headers, HeaderValue::from_static(JSON), coding, BY_CODING);
    headers.insert(header::ETAG, etag.clone());
    if let Some(link) = body.link.as_deref().and_then(|link| HeaderValue::from_str(link).ok()) {
        headers.insert(header::LINK, link);
    }
    Ok(response)
}

/// A reply that was made for this request alone.
pub(super) fn of_reply(reply: Reply, wants: &Wants, replayed: bool) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if replayed {
        response.insert_header(("idempotency-replayed", "true"));
    }
    if let Some(link) = &reply.link {
        response.insert_header((header::LINK, link.as_str()));
    }
    if status == StatusCode::NO_CONTENT {
        return response.finish();
    }
    let vary = if reply.by_accept { BY_FORM_AND_CODING } else { BY_CODING };
    let (coding, bytes) = crate::cache::encode_once(reply.body, wants.encoding());
    if let Some(core) = &reply.etag {
        let etag = format!("\"{core}{}\"", coding.suffix());
        if status == StatusCode::OK && wants.none_match().is_some_and(|seen| etag_matches(seen, core)) {
            return not_modified(etag_value(&etag), vary);
        }
        response.insert_header((header::ETAG, etag_value(&etag)));
    }
    let form = HeaderValue::from_str(&reply.content_type).unwrap_or(HeaderValue::from_static(JSON));
    let mut response = response.body(bytes);
    if reply.content_type.starts_with("text/html") {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, DOCUMENT);
    }
    form_headers(response.headers_mut(), form, coding, vary);
    response
}

/// Weak comparison (RFC 9110, 8.8.3.2) against every coding's tag.
fn etag_matches(seen: &str, core: &str) -> bool {
    seen.trim() == "*" || seen.split(',').any(|tag| etag_core(tag) == Some(core))
}

/// `W/"5.2-zstd"` → `5.2`.
pub fn etag_core(tag: &str) -> Option<&str> {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    Some(tag.strip_suffix("-zstd").or_else(|| tag.strip_suffix("-gzip")).unwrap_or(tag))
}

/// With the headers that the whole answer would have had (RFC 9110, 15.4.5).
fn not_modified(etag: HeaderValue, vary: HeaderValue) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::NOT_MODIFIED);
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag);
    headers.insert(header::CACHE_CONTROL, KEPT_NOWHERE);
    headers.insert(header::VARY, vary);
    response
}

fn etag_value(etag: &str) -> HeaderValue {
    HeaderValue::from_str(etag).unwrap_or(HeaderValue::from_static("\"\""))
}

fn form_headers(headers: &mut HeaderMap, form: HeaderValue, coding: Coding, vary: HeaderValue) {
    headers.insert(header::CONTENT_TYPE, form);
    headers.insert(header::CACHE_CONTROL, KEPT_NOWHERE);
    headers.insert(header::VARY, vary);
    if let Some(name) = coding.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
}
