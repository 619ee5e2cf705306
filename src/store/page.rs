//! The vocabulary of paged lists: numbered pages and cursors.

use crate::error::{Faults, Result};
use crate::kernel::invalid::Invalid;

/// Items a page holds when nobody says, and at most.
pub const SIZE_DEFAULT: u32 = 20;
pub const SIZE_MAX: u32 = 100;

/// A place in a list: the sort key and the id of the last item seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub key: i64,
    pub id: i64,
}

const CURSOR_HEX: usize = 2 * (8 + 8 + 4);

impl Cursor {
    /// The opaque word of the wire: 40 lower-case hexadecimal digits.
    pub fn encode(self) -> String {
        let mut bytes = [0u8; CURSOR_HEX / 2];
        bytes[..8].copy_from_slice(&self.key.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.id.to_be_bytes());
        let sum = checksum(&bytes[..16]);
        bytes[16..].copy_from_slice(&sum.to_be_bytes());
        let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0');
        bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
    }

    /// Reads what [`Cursor::encode`] wrote, and nothing else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::format("This is not a cursor of this list; take next_cursor as it was given.");
        let digits = text.as_bytes();
        if digits.len() != CURSOR_HEX {
            return Err(invalid());
        }
        let mut bytes = [0u8; CURSOR_HEX / 2];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |c: u8| match c {
                b'0'..=b'9' => Ok(c - b'0'),
                b'a'..=b'f' => Ok(c - b'a' + 10),
                _ => Err(invalid()),
            };
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        let word = |at: usize| bytes[at..at + 8].iter().fold(0i64, |n, b| n << 8 | i64::from(*b));
        let cursor = Self { key: word(0), id: word(8) };
        if bytes[16..] != checksum(&bytes[..16]).to_be_bytes() {
            return Err(invalid());
        }
        Ok(cursor)
    }
}

/// FNV-1a. It guards against slips, not against intent: a cursor opens nothing its reader may not see.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, b| (sum ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}

/// Which part of a list is asked for. `size` is 1 to [`SIZE_MAX`], `page` counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageRequest {
    Number { page: u32, size: u32 },
    Cursor { after: Cursor, size: u32 },
}

impl PageRequest {
    /// From the query's `limit`, `page` and `cursor`; the faults of all three at once.
    pub fn parse(limit: Option<i64>, page: Option<i64>, cursor: Option<&str>) -> Result<Self> {
        let mut faults = Faults::new();
        let request = Self::gather(limit, page, cursor, &mut faults);
        faults.with(request)
    }

    /// The same beside the query's other faults; `None` where one of the three is at fault.
    pub fn gather(limit: Option<i64>, page: Option<i64>, cursor: Option<&str>, faults: &mut Faults) -> Option<Self> {
        let size = faults.take("limit", within(limit.unwrap_or(i64::from(SIZE_DEFAULT)), SIZE_MAX));
        let number = faults.take("page", within(page.unwrap_or(1), u32::MAX));
        let after = cursor.map(|text| faults.take("cursor", Cursor::parse(text)));
        if page.is_some() && cursor.is_some() {
            faults.push("cursor", Invalid::new("not_both", "Ask for a page or for a cursor, not for both."));
        }
        match (after, size, number) {
            (None, Some(size), Some(page)) => Some(Self::Number { page, size }),
            (Some(Some(after)), Some(size), Some(_)) => Some(Self::Cursor { after, size }),
            _ => None,
        }
    }

    pub fn size(self) -> u32 {
        match self {
            Self::Number { size, .. } | Self::Cursor { size, .. } => size,
        }
    }
}

fn within(value: i64, max: u32) -> Result<u32, Invalid> {
    match u32::try_from(value) {
        Ok(n) if (1..=max).contains(&n) => Ok(n),
        _ => Err(Invalid::range(format!("A whole number from 1 to {max}."))),
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// How many there are in all; absent with a cursor.
    pub total: Option<u64>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<Cursor>,
    pub has_more: bool,
}

impl<T> Page<T> {
    /// From `size + 1` rows asked for: the one too many only says that there is more.
    pub fn of(mut rows: Vec<T>, size: u32, total: Option<u64>, place: impl Fn(&T) -> Cursor) -> Self {
        let size = size as usize;
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next_cursor = if has_more { rows.last().map(place) } else { None };
        Self { items: rows, total, next_cursor, has_more }
    }

    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            total: self.total,
            next_cursor: self.next_cursor,
            has_more: self.has_more,
        }
    }
}
