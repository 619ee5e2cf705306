//! What every answer carries: a request id, where its time went, and the headers of the house.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpMessage, HttpRequest};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// One request's id and the time it spent below.
#[derive(Debug)]
pub struct Trace {
    pub id: RequestId,
    began: Instant,
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
    pub(super) fn new() -> Self {
        Self { id: RequestId::new(), began: Instant::now(), db_us: AtomicU64::new(0), cache: AtomicU8::new(0) }
    }

    /// The trace of this request, or a fresh one where no middleware made it.
    pub fn of(req: &HttpRequest) -> Arc<Self> {
        req.extensions().get::<Arc<Trace>>().cloned().unwrap_or_else(|| Arc::new(Trace::new()))
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

    /// Puts the headers of the house on an answer that is about to leave.
    pub(super) fn sign(&self, headers: &mut HeaderMap) {
        if let Ok(id) = HeaderValue::from_str(self.id.as_str()) {
            headers.insert(X_REQUEST_ID, id);
        }
        if let Ok(timing) = HeaderValue::from_bytes(self.server_timing().bytes()) {
            headers.insert(SERVER_TIMING, timing);
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    }

    fn server_timing(&self) -> Line {
        let cache: &[u8] = match self.cache.load(Ordering::Relaxed) {
            1 => b", cache;desc=\"hit\"",
            2 => b", cache;desc=\"miss\"",
            _ => b", cache;desc=\"none\"",
        };
        let mut line = Line::new();
        line.put(b"app;dur=");
        line.put_ms(self.began.elapsed().as_micros() as u64);
        line.put(b", db;dur=");
        line.put_ms(self.db_us.load(Ordering::Relaxed));
        line.put(cache);
        line
    }
}

/// Sixteen hex digits: a random start per process and a counter, so ids differ across restarts.
#[derive(Debug, Clone, Copy)]
pub struct RequestId([u8; 16]);

impl RequestId {
    fn new() -> Self {
        static NEXT: OnceLock<AtomicU64> = OnceLock::new();
        let next = NEXT.get_or_init(|| AtomicU64::new(getrandom::u64().unwrap_or(1) & !0xFFFF_FFFF));
        Self::of(next.fetch_add(1, Ordering::Relaxed))
    }

    fn of(number: u64) -> Self {
        // From the left, four bits a digit.
        Self(std::array::from_fn(|at| b"0123456789abcdef"[(number >> (60 - 4 * at) & 15) as usize]))
    }

    pub fn as_str(&self) -> &str {
        // Hex digits are text; the other arm is for the compiler.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The value of `Server-Timing` as it grows. Every answer carries one, so it is written in place and
/// without the machinery of `format!`.
struct Line {
    bytes: [u8; Line::BYTES_MAX],
    len: usize,
}

impl Line {
    /// Its words, and two numbers of at most 21 digits and a point.
    const BYTES_MAX: usize = 96;

    fn new() -> Self {
        Self { bytes: [0; Self::BYTES_MAX], len: 0 }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn put(&mut self, text: &[u8]) {
        self.bytes[self.len..self.len + text.len()].copy_from_slice(text);
        self.len += text.len();
    }

    /// Milliseconds with three decimals, as the Server-Timing specification counts durations.
    fn put_ms(&mut self, us: u64) {
        let mut digits = [b'0'; 21];
        let (mut at, mut rest) = (digits.len(), us);
        // The point stands before the third digit from the right, and a digit before the point.
        while rest > 0 || digits.len() - at < 5 {
            at -= 1;
            if digits.len() - at == 4 {
                digits[at] = b'.';
                continue;
            }
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.put(&digits[at..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_number_in_hex() {
        let check = |number: u64| assert_eq!(RequestId::of(number).as_str(), format!("{number:016x}"));
        for number in [0, 1, 15, 16, 0x0123_4567_89ab_cdef, u64::MAX] {
            check(number);
        }
    }

    #[test]
    fn microseconds_are_told_as_milliseconds() {
        let check = |us: u64| {
            let mut line = Line::new();
            line.put_ms(us);
            let expected = format!("{}.{:03}", us / 1000, us % 1000);
            assert_eq!(std::str::from_utf8(line.bytes()), Ok(&*expected));
        };
        for us in [0, 1, 9, 10, 999, 1000, 1001, 12_345, 1_000_000, u64::MAX] {
            check(us);
        }
    }

    #[test]
    fn the_longest_line_has_room() {
        let trace = Trace::new();
        trace.db_us.store(u64::MAX, Ordering::Relaxed);
        trace.cache(CacheUse::Miss);
        let line = trace.server_timing();
        assert!(line.bytes().starts_with(b"app;dur=0.") && line.bytes().ends_with(b", cache;desc=\"miss\""));
        // As long an `app` again.
        assert!(line.len + 21 <= Line::BYTES_MAX, "{}", line.len);
    }
}
