//! What every answer carries: a request id, where its time went, and the headers of the house.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};

use crate::timing::{CacheOutcome, Sheet};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// Of a page that says nothing of its own, such as the API's description: what it loads is this server's.
const OWN_FILES: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// Puts the headers of the house on an answer that took so many ns.
pub(super) fn sign(answer: &mut ServiceResponse, id: RequestId, app_ns: u64, sheet: &Sheet) {
    let has_body = !matches!(answer.response().body().size(), BodySize::None | BodySize::Sized(0));
    let headers = answer.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(X_REQUEST_ID, id);
    }
    if let Ok(timing) = HeaderValue::from_bytes(server_timing(app_ns, sheet).bytes()) {
        headers.insert(SERVER_TIMING, timing);
    }
    if has_body {
        headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        let is_page = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if is_page && !headers.contains_key(CONTENT_SECURITY_POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, OWN_FILES);
        }
    }
}

fn server_timing(app_ns: u64, sheet: &Sheet) -> Line {
    let cache: &[u8] = match sheet.cache() {
        CacheOutcome::None => b", cache;desc=\"none\"",
        CacheOutcome::Hit => b", cache;desc=\"hit\"",
        CacheOutcome::Miss | CacheOutcome::Waited => b", cache;desc=\"miss\"",
    };
    let mut line = Line::new();
    line.put(b"app;dur=");
    line.put_ms(app_ns / 1000);
    line.put(b", db;dur=");
    line.put_ms(sheet.db_ns() / 1000);
    line.put(cache);
    line
}

/// Ids that a thread takes at a time, so that threads do not count in turns.
const BLOCK: u64 = 1024;

/// Sixteen hex digits: a random start per process and a counter, so ids differ across restarts.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestId([u8; 16]);

impl RequestId {
    pub(super) fn new() -> Self {
        static NEXT: OnceLock<AtomicU64> = OnceLock::new();
        thread_local! {
            static OWN: Cell<u64> = const { Cell::new(0) };
        }
        OWN.with(|own| {
            let mut number = own.get();
            if number % BLOCK == 0 {
                let next = NEXT.get_or_init(|| AtomicU64::new(getrandom::u64().unwrap_or(1) & !0xFFFF_FFFF));
                // The first of a block says that the block before it is used up.
                number = next.fetch_add(BLOCK, Ordering::Relaxed) + 1;
            }
            own.set(number + 1);
            Self::of(number)
        })
    }

    fn of(number: u64) -> Self {
        // From the left, four bits a digit.
        Self(std::array::from_fn(|at| b"0123456789abcdef"[(number >> (60 - 4 * at) & 15) as usize]))
    }

    pub(super) fn as_str(&self) -> &str {
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
    fn no_two_ids_are_the_same() {
        let ids = || (0..3 * BLOCK).map(|_| RequestId::new().0).collect::<Vec<_>>();
        let threads: Vec<_> = (0..2).map(|_| std::thread::spawn(ids)).collect();
        let all: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), all.len());
    }

    #[test]
    fn the_line_has_room_for_what_lasts_longest() {
        let sheet = Sheet::default();
        sheet.note_cache(CacheOutcome::Waited);
        let line = server_timing(u64::MAX, &sheet);
        let text = std::str::from_utf8(line.bytes()).unwrap();
        assert_eq!(text, "app;dur=18446744073709.551, db;dur=0.000, cache;desc=\"miss\"");
        // As long a time in the database.
        assert!(line.len + 13 <= Line::BYTES_MAX, "{}", line.len);
    }
}
