//! Random secrets and the text they travel as.

use std::borrow::Cow;

use super::model::Code;
use crate::error::{Fault, Result};

/// Whose token it is: its prefix, so that one found in a log or a shop's mail can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Device,
    Session,
    Integration,
    /// Of the stats page.
    Viewing,
    /// A manager's yes.
    Approval,
}

/// A new token: its kind's prefix and 32 random bytes.
pub fn token(kind: TokenKind) -> Result<String> {
    let prefix = match kind {
        TokenKind::Device => "cmd_",
        TokenKind::Session => "cms_",
        TokenKind::Integration => "cmi_",
        TokenKind::Viewing => "cmv_",
        TokenKind::Approval => "cma_",
    };
    Ok(format!("{prefix}{}", encode(&random::<32>()?, URL)))
}

/// The text with every token but its prefix written as `…`.
pub fn hushed(text: &str) -> Cow<'_, str> {
    /// What stands after a prefix, and less than any token has.
    const LENGTH_MIN: usize = 20;
    let mut hushed = Cow::Borrowed(text);
    let mut from = 0;
    while let Some(found) = hushed[from..].find("cm") {
        let (begin, bytes) = (from + found, hushed.as_bytes());
        let has_prefix =
            bytes.get(begin + 2).is_some_and(u8::is_ascii_lowercase) && bytes.get(begin + 3) == Some(&b'_');
        let rest = bytes.get(begin + 4..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| URL.contains(byte)).count();
        from = begin + 2;
        if has_prefix && length >= LENGTH_MIN {
            hushed.to_mut().replace_range(begin + 4..begin + 4 + length, "…");
        }
    }
    hushed
}

/// A new pairing code.
pub fn code() -> Result<Code> {
    Ok(Code::from_random(random()?))
}

pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Fault::new(format!("no random numbers: {e}")))?;
    Ok(bytes)
}

/// Base 64 as in addresses (RFC 4648, section 5).
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Base 64 as in password strings (RFC 4648, section 4).
pub(super) const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base 64 without padding.
pub(super) fn encode(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, b| group << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let six = group >> (18 - 6 * place) & 63;
            text.push(char::from(alphabet[six as usize]));
        }
    }
    text
}

/// Reads what [`encode`] wrote; `None` for anything else.
pub(super) fn decode(text: &str, alphabet: &[u8; 64]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0_u32;
        for c in chunk {
            group = group << 6 | u32::try_from(alphabet.iter().position(|a| a == c)?).ok()?;
        }
        group <<= 6 * (4 - chunk.len());
        let whole = chunk.len().checked_sub(1).filter(|whole| *whole > 0)?;
        let [_, triple @ ..] = group.to_be_bytes();
        bytes.extend_from_slice(&triple[..whole]);
    }
    (encode(&bytes, alphabet) == text).then_some(bytes)
}
