//! What a request brings: JSON of a known shape, and a query of known names.

use std::borrow::Cow;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use super::{BODY_MAX, Limits};
use crate::error::{Error, Refusal, Refused, Result};
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
    match tokio::time::timeout(limits.settings.body(), whole(payload)).await {
        Ok(body) => body,
        Err(_) => Err(limits.body_was_slow()),
    }
}

fn too_large() -> Error {
    Refusal::TooLarge.because(format!("A request has at most {BODY_MAX} bytes.")).into()
}

async fn whole(payload: &mut Payload) -> Result<web::Bytes> {
    use futures_util::StreamExt;
    let mut body = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|e| Refusal::BadRequest.because(e.to_string()))?;
        if body.len() + chunk.len() > BODY_MAX {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The body as `T`. Nothing sent reads as `{}`, so that a call whose fields are all optional needs none.
pub(super) fn parse<T: DeserializeOwned>(req: &HttpRequest, bytes: &[u8]) -> Result<T> {
    if bytes.is_empty() {
        return of_json(b"{}");
    }
    let is_json = req
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .map(|v| v.split(';').next().unwrap_or_default().trim())
        .is_some_and(|v| v.eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(Refusal::NotJsonType.into());
    }
    of_json(bytes)
}

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
