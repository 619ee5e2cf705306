//! Lists: `limit`, `page` or `cursor` in, the envelope of the contract out.

use actix_web::HttpRequest;
use serde::{Deserialize, Serialize};

use super::reply::Reply;
use crate::cache::{Key, KeyBuilder};
use crate::error::{Refusal, Result};
use crate::store::{Cursor, Page, PageRequest};

/// The query of a list without filters.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Items a page holds: 1 to 100, 20 unless told.
    pub limit: Option<i64>,
    /// Counted from 1; not with `cursor`.
    pub page: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl ListQuery {
    pub fn parse(&self) -> Result<PageRequest> {
        PageRequest::parse(self.limit, self.page, self.cursor.as_deref())
    }
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
    total: u64,
    pages: u64,
}

/// Where a list was asked for: what its `Link` header builds on.
#[derive(Debug, Clone)]
pub struct Address {
    path: String,
    query: String,
}

impl Address {
    pub fn of(req: &HttpRequest) -> Self {
        Self { path: req.path().to_owned(), query: req.query_string().to_owned() }
    }

    /// As the key says it: the same for everybody who asks for the same.
    pub fn keyed(path: &str, key: &Key) -> Self {
        Self { path: path.to_owned(), query: key.parameters().collect::<Vec<_>>().join("&") }
    }

    fn link(&self, name: &str, value: &str, rel: &str) -> String {
        let replaced = |p: &&str| !p.is_empty() && !p.starts_with("page=") && !p.starts_with("cursor=");
        let mut parts: Vec<String> = self.query.split('&').filter(replaced).map(str::to_owned).collect();
        parts.push(format!("{name}={value}"));
        format!("<{}?{}>; rel=\"{rel}\"", self.path, parts.join("&"))
    }
}

/// The envelope with its `Link` header (RFC 8288).
pub fn envelope<T: Serialize>(page: &Page<T>, request: PageRequest, at: &Address) -> Result<Reply> {
    let next_cursor = page.next_cursor.map(Cursor::encode);
    let mut links = Vec::new();
    let numbers = match request {
        PageRequest::Number { page: number, size } => {
            let total = page.total.unwrap_or(page.items.len() as u64);
            let pages = total.div_ceil(u64::from(size));
            links.push(at.link("page", "1", "first"));
            if number > 1 {
                links.push(at.link("page", &(number - 1).to_string(), "prev"));
            }
            if page.has_more {
                links.push(at.link("page", &(u64::from(number) + 1).to_string(), "next"));
            }
            links.push(at.link("page", &pages.max(1).to_string(), "last"));
            Some(Numbers { number, size, total, pages })
        }
        PageRequest::Cursor { .. } => {
            links.extend(next_cursor.iter().map(|cursor| at.link("cursor", cursor, "next")));
            None
        }
    };
    let envelope = Envelope { items: &page.items, page: numbers, next_cursor, has_more: page.has_more };
    Ok(Reply::ok(&envelope)?.link((!links.is_empty()).then(|| links.join(", "))))
}

/// The key of one page of `what`.
pub fn key(what: KeyBuilder, request: PageRequest) -> Key {
    let (page, cursor) = match request {
        PageRequest::Number { page, .. } => (Some(page), None),
        PageRequest::Cursor { after, .. } => (None, Some(after.encode())),
    };
    what.set("page", page).set("cursor", cursor).set("limit", Some(request.size())).key()
}

/// One page of a list that is short enough to be read whole: tables, tenders, staff.
pub fn short<T: Serialize>(items: Vec<T>, request: PageRequest, at: &Address) -> Result<Reply> {
    let total = items.len() as u64;
    let size = request.size() as usize;
    let skip = match request {
        PageRequest::Number { page, size } => (page as usize - 1).saturating_mul(size as usize),
        PageRequest::Cursor { after, .. } => usize::try_from(after.key).unwrap_or(usize::MAX),
    };
    let mut rest = items.into_iter().skip(skip);
    let items: Vec<T> = rest.by_ref().take(size).collect();
    let has_more = rest.next().is_some();
    let next = i64::try_from(skip.saturating_add(size)).unwrap_or(i64::MAX);
    let next_cursor = has_more.then_some(Cursor { key: next, id: 0 });
    envelope(&Page { items, total: Some(total), next_cursor, has_more }, request, at)
}

/// A path's id: a positive whole number, else there is no such thing.
pub fn id(value: i64) -> Result<i64> {
    if value > 0 { Ok(value) } else { Err(Refusal::NotFound.into()) }
}
