//! Exact decimals as terminals write them: digits, at most one point, no sign and no exponent.

use std::fmt;

/// Reads `text` as a decimal of at most `places` decimals and answers it times 10^`places`.
/// `None` for anything else, among them `"+1"`, `"1."`, `".5"`, `"1e3"` and more than twelve whole digits.
pub(super) fn parse(text: &str, places: usize) -> Option<i64> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (text, ""),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || fraction.len() > places || !digits(whole) || !digits(fraction) {
        return None;
    }
    let step = |value: i64, digit: u8| value * 10 + i64::from(digit - b'0');
    let zeros = std::iter::repeat_n(b'0', places - fraction.len());
    Some(whole.bytes().chain(fraction.bytes()).chain(zeros).fold(0, step))
}

/// Writes `scaled` / 10^`places` with every decimal, or without trailing zeros.
pub(super) fn write(f: &mut fmt::Formatter<'_>, scaled: i64, places: u32, trim: bool) -> fmt::Result {
    let sign = if scaled < 0 { "-" } else { "" };
    let unit = 10_u64.pow(places);
    let (whole, mut fraction) = (scaled.unsigned_abs() / unit, scaled.unsigned_abs() % unit);
    let mut width = places as usize;
    while trim && width > 0 && fraction % 10 == 0 {
        fraction /= 10;
        width -= 1;
    }
    if width == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction:0width$}") }
}
