//! What a request brings: JSON of a known shape, and a query of known names.

use std::borrow::Cow;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::poll_immediate;
use serde::de::DeserializeOwned;

use super::held::Pace;
use super::turns::Turns;
use super::{BODY_MAX, Limits};
use crate::error::{Error, Fault, Refusal, Refused, Result};
use crate::kernel::invalid::Invalid;

/// Reads the whole body, up to [`BODY_MAX`] and within the time that it may take.
pub(super) async fn read(req: &HttpRequest, payload: &mut Payload, limits: &Limits) -> Result<web::Bytes> {
    if matches!(payload, Payload::None) {
        return Ok(web::Bytes::new());
    }
    let declared = req.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|bytes| bytes > BODY_MAX as u64) {
        return Err(too_large());
    }
    let mut whole = pin!(whole(payload, limits));
    // Most bodies come with their heads.
    if let Some(body) = poll_immediate(whole.as_mut()).await {
        return body;
    }
    let turns = req.app_data::<Data<Turns>>();
    let waits = (turns.map(|turns| turns.receiving()), req.conn_data::<Rc<Pace>>().map(Pace::freely));
    let body = tokio::time::timeout(limits.settings.body(), whole).await;
    drop(waits);
    let body = body.unwrap_or_else(|_| Err(limits.body_was_slow()))?;
    // It did not count while it was on its way, and others may have come meanwhile.
    if turns.is_some_and(|turns| turns.under_way() > limits.settings.requests_max as usize) {
        return Err(limits.shed());
    }
    Ok(body)
}

fn too_large() -> Error {
    Refusal::TooLarge.because(format!("A request has at most {BODY_MAX} bytes.")).into()
}

/// Bytes of all bodies that are on their way at a time, in memory; and those of one that always finds room, which
/// is more than an order has.
const ROOM: usize = 32 * 1024 * 1024;
const SMALL: usize = 16 * 1024;

/// What one body takes of the room for all.
struct Taken<'l> {
    bytes: usize,
    of: &'l AtomicUsize,
}

impl Taken<'_> {
    /// Whether there is room for so many more.
    fn more(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        let all = self.of.fetch_add(bytes, Relaxed) + bytes;
        self.bytes <= SMALL || all <= ROOM
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.of.fetch_sub(self.bytes, Relaxed);
    }
}

async fn whole(payload: &mut Payload, limits: &Limits) -> Result<web::Bytes> {
    use futures_util::StreamExt;
    let mut body = web::BytesMut::new();
    let mut taken = Taken { bytes: 0, of: &limits.arriving_bytes };
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|e| Refusal::BadRequest.because(e.to_string()))?;
        if body.len() + chunk.len() > BODY_MAX {
            return Err(too_large());
        }
        if !taken.more(chunk.len()) {
            return Err(limits.no_room());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The body as `T`. Nothing sent reads as `{}`, so that a call whose fields are all optional needs none.
///
/// What is large is read off the event loop, where others have their turn meanwhile.
pub(super) async fn parse<T>(req: &HttpRequest, bytes: web::Bytes) -> Result<T>
where
    T: DeserializeOwned + Send + 'static,
{
    if bytes.is_empty() {
        return of_json(b"{}");
    }
    is_json(req)?;
    if bytes.len() <= SMALL {
        return of_json(&bytes);
    }
    let read = tokio::task::spawn_blocking(move || of_json(&bytes)).await;
    read.unwrap_or_else(|_| Err(Fault::new("the reader of a body panicked").into()))
}

/// Whether it says that it is JSON, as it is.
fn is_json(req: &HttpRequest) -> Result<()> {
    let is_json = req
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .map(|v| v.split(';').next().unwrap_or_default().trim())
        .is_some_and(|v| v.eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(Refusal::NotJsonType.into());
    }
    // Nothing is unpacked here: a few bytes could be as many as memory holds.
    if req.headers().get(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::NotJsonType.because("A request's body is JSON as it is, neither gzip nor zstd.").into());
    }
    Ok(())
}

/// Reads a body as its handler does, and whether it was taken: for whoever tries them, see `crate::fuzz`.
#[doc(hidden)]
pub type Tried = fn(&[u8]) -> bool;

/// JSON of the shape of `T`: what is not JSON is 400, what is of another shape 422 with its pointer.
pub fn of_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        // Else the fields of an object would be taken from a list by their places.
        return Err(Refused::input("", Invalid::new("wrong_type", "an object is expected, not a list")).into());
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|fault| {
        let pointer = pointer(fault.path());
        refuse(pointer, &fault.into_inner())
    })?;
    json.end().map_err(|fault| refuse(String::new(), &fault))?;
    Ok(value)
}

/// The bytes with `true` in place of what `field` of their object says; what is no such object as it is.
pub(super) fn without<'a>(bytes: &'a [u8], field: &str) -> Cow<'a, [u8]> {
    let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return Cow::Borrowed(bytes) };
    match value.get_mut(field) {
        Some(said) if !said.is_null() => *said = true.into(),
        _ => return Cow::Borrowed(bytes),
    }
    serde_json::to_vec(&value).map_or(Cow::Borrowed(&[]), Cow::Owned)
}

fn refuse(mut pointer: String, fault: &serde_json::Error) -> Refused {
    if !fault.is_data() {
        return Refusal::NotJson.because(fault.to_string());
    }
    let text = fault.to_string();
    let named = text.split('`').nth(1).unwrap_or_default();
    let code = if text.starts_with("unknown field") {
        "unknown_field"
    } else if text.starts_with("missing field") {
        pointer = format!("{pointer}/{named}");
        "required"
    } else if text.starts_with("duplicate field") {
        pointer = format!("{pointer}/{named}");
        "duplicate_field"
    } else {
        "wrong_type"
    };
    Refused::input(pointer, Invalid::new(code, text))
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path.iter() {
        pointer.push('/');
        match segment {
            Segment::Seq { index } => pointer.push_str(&index.to_string()),
            Segment::Map { key } => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => pointer.push_str(variant),
            Segment::Unknown => pointer.push('?'),
        }
    }
    pointer
}

/// For a field that may be left out, `null` or a value: with `#[serde(default, deserialize_with)]`
/// on an `Option<Option<T>>`, left out is `None` and `null` is `Some(None)`.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// The query string as `T`; what is unknown or malformed is refused by name.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(match web::Query::<T>::from_query(req.query_string()) {
            Ok(query) => Ok(Query(query.into_inner())),
            Err(fault) => {
                let text = fault.to_string();
                let named = text.split('`').nth(1).unwrap_or("query").to_owned();
                let code = if text.contains("unknown field") { "unknown_field" } else { "bad_format" };
                Err(Refused::input(named, Invalid::new(code, text)).into())
            }
        })
    }
}

/// For a field that must be there and may be null. Goes with `#[serde(deserialize_with = "nullable")]`, since
/// an `Option` alone may also be left out.
pub fn nullable<'de, T, D>(deserializer: D) -> std::result::Result<Option<T>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    <Option<T> as serde::Deserialize>::deserialize(deserializer)
}
