//! What every answer carries: a request id, where its time went, and the headers of the house.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest};

use super::problem;

/// One request's id and the time it spent below.
#[derive(Debug)]
pub struct Trace {
    pub id: String,
    db_us: AtomicU64,
    cache: AtomicU8,
}

/// How the cache took part in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    None = 0,
    Hit = 1,
    Miss = 2,
}

impl Trace {
    fn new() -> Arc<Self> {
        Arc::new(Self { id: new_id(), db_us: AtomicU64::new(0), cache: AtomicU8::new(0) })
    }

    /// The trace of this request, or a fresh one where no middleware made it.
    pub fn of(req: &HttpRequest) -> Arc<Self> {
        req.extensions().get::<Arc<Trace>>().cloned().unwrap_or_else(Trace::new)
    }

    /// Runs `work` and counts its time as the database's.
    pub fn db<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.db_us.fetch_add(start.elapsed().as_micros() as u64, Ordering::Relaxed);
        done
    }

    pub fn cache(&self, used: CacheUse) {
        self.cache.store(used as u8, Ordering::Relaxed);
    }

    /// Milliseconds with three decimals, as the Server-Timing specification counts durations.
    fn server_timing(&self, app_us: u64) -> String {
        let db_us = self.db_us.load(Ordering::Relaxed);
        let cache = match self.cache.load(Ordering::Relaxed) {
            1 => "hit",
            2 => "miss",
            _ => "none",
        };
        format!(
            "app;dur={}.{:03}, db;dur={}.{:03}, cache;desc=\"{cache}\"",
            app_us / 1000,
            app_us % 1000,
            db_us / 1000,
            db_us % 1000
        )
    }
}

/// Sixteen hex digits: a random start per process and a counter, so ids differ across restarts.
fn new_id() -> String {
    use std::sync::OnceLock;
    static NEXT: OnceLock<AtomicU64> = OnceLock::new();
    let next = NEXT.get_or_init(|| AtomicU64::new(getrandom::u64().unwrap_or(1) & !0xFFFF_FFFF));
    format!("{:016x}", next.fetch_add(1, Ordering::Relaxed))
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const NOSNIFF: HeaderName = HeaderName::from_static("x-content-type-options");

/// The middleware around every route: makes the trace, turns errors into problems, adds the headers.
pub async fn middleware(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let start = Instant::now();
    let trace = Trace::new();
    req.extensions_mut().insert(Arc::clone(&trace));
    let answer = next.call(req).await?;
    let mut answer = problem::render_errors(answer, &trace.id);
    let app_us = start.elapsed().as_micros() as u64;
    let headers = answer.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&trace.id) {
        headers.insert(X_REQUEST_ID, id);
    }
    if let Ok(timing) = HeaderValue::from_str(&trace.server_timing(app_us)) {
        headers.insert(SERVER_TIMING, timing);
    }
    headers.insert(NOSNIFF, HeaderValue::from_static("nosniff"));
    Ok(answer)
}
