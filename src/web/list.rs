//! Lists: `limit`, `page` or `cursor` in, the envelope of the contract out.

use serde::Serialize;

use super::reply::Reply;
use crate::error::{Faults, Refused, Result};
use crate::kernel::invalid::Invalid;
use crate::store::page::{Page, PageRequest};

pub const LIMIT_DEFAULT: u32 = 20;
pub const LIMIT_MAX: u32 = 100;
/// Beyond this no restaurant has rows; it keeps offsets far from overflow.
const PAGE_MAX: u32 = 10_000_000;

/// Which part of a list is asked for; `page` and `cursor` exclude each other.
pub fn request(limit: Option<u32>, page: Option<u32>, cursor: Option<&str>) -> Result<PageRequest> {
    let mut faults = Faults::new();
    let size = limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&size) {
        faults.push("limit", Invalid::range("limit is 1 to 100"));
    }
    let number = page.unwrap_or(1);
    if !(1..=PAGE_MAX).contains(&number) {
        faults.push("page", Invalid::range("pages are counted from 1"));
    }
    if page.is_some() && cursor.is_some() {
        faults.push("cursor", Invalid::new("conflict", "give page or cursor, not both"));
    }
    let after = cursor.and_then(|text| faults.take("cursor", crate::store::page::Cursor::decode(text)));
    faults.finish()?;
    Ok(match after {
        Some(after) => PageRequest::Cursor { after, size },
        None => PageRequest::Number { number, size },
    })
}

#[derive(Serialize)]
struct Envelope<'a, T> {
    items: &'a [T],
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Numbers>,
    next_cursor: Option<String>,
    has_more: bool,
}

#[derive(Serialize)]
struct Numbers {
    number: u32,
    size: u32,
    total: i64,
    pages: i64,
}

/// The envelope with its `Link` header (RFC 8288). `path` and `query` are those of the request.
pub fn envelope<T: Serialize>(page: &Page<T>, request: &PageRequest, path: &str, query: &str) -> Result<Reply> {
    let next_cursor = page.next_cursor.map(|c| c.encode());
    let numbers = match request {
        PageRequest::Number { number, size } => {
            let total = page.total.unwrap_or(page.items.len() as i64);
            let pages = (total + i64::from(*size) - 1) / i64::from(*size);
            Some(Numbers { number: *number, size: *size, total, pages })
        }
        PageRequest::Cursor { .. } => None,
    };
    let mut links = Vec::new();
    if let Some(n) = &numbers {
        let mut link = |rel: &str, number: i64| links.push(link_to(path, query, "page", &number.to_string(), rel));
        link("first", 1);
        if n.number > 1 {
            link("prev", i64::from(n.number) - 1);
        }
        if page.has_more {
            link("next", i64::from(n.number) + 1);
        }
        link("last", n.pages.max(1));
    } else if let Some(cursor) = next_cursor.as_deref().filter(|_| page.has_more) {
        links.push(link_to(path, query, "cursor", cursor, "next"));
    }
    let link = (!links.is_empty()).then(|| links.join(", "));
    let envelope = Envelope { items: &page.items, page: numbers, next_cursor, has_more: page.has_more };
    Ok(Reply::ok(&envelope)?.link(link))
}

fn link_to(path: &str, query: &str, name: &str, value: &str, rel: &str) -> String {
    let kept = query.split('&').filter(|p| !p.is_empty() && !p.starts_with("page=") && !p.starts_with("cursor="));
    let mut parts: Vec<String> = kept.map(str::to_owned).collect();
    parts.push(format!("{name}={value}"));
    format!("<{path}?{}>; rel=\"{rel}\"", parts.join("&"))
}

/// A whole short list (tables, tenders …) in the envelope's form: one page that holds all.
#[derive(Serialize)]
pub struct Whole<T> {
    pub items: Vec<T>,
}

/// A path's id: a positive whole number, else there is no such thing.
pub fn id(value: i64) -> Result<i64> {
    if value > 0 { Ok(value) } else { Err(Refused::from(crate::error::Refusal::NotFound).into()) }
}
