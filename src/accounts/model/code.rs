//! The code of a gift voucher.

use crate::kernel::invalid::Invalid;

/// Digits and letters that nobody takes for one another: neither 0, 1, I, L nor O. There are 31 of them, a
/// prime, so that the check below sees every wrong character and every two that changed places.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Random ones, each worth log2 31 bits: 54 bits in all. A thousand tries a second meet one of ten thousand
/// vouchers in thirty years.
const RANDOM: usize = 11;
const CHARS: usize = RANDOM + 1;
const GROUP: usize = 4;

/// `K7M2-9QXF-4TRB`: eleven random characters and one that checks them. Kept without its hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Code(String);

impl Code {
    /// Random bytes that make one, as far as they are used; `None` where too many of them had to be left out.
    pub fn from_random(bytes: &[u8]) -> Option<Self> {
        // What is above the last multiple of 31 would favour the first characters.
        let even = bytes.iter().filter(|byte| **byte < 248).map(|byte| i64::from(byte % 31));
        let mut values: Vec<i64> = even.take(RANDOM).collect();
        if values.len() < RANDOM {
            return None;
        }
        values.push(check(&values));
        Some(Self(values.into_iter().map(letter).collect()))
    }

    /// As somebody types it: small or capital, with hyphens and spaces or without.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mistyped = || Invalid::format("this code is mistyped");
        let plain: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).take(CHARS + 1).collect();
        let plain = plain.to_ascii_uppercase();
        let place = |byte: u8| ALPHABET.iter().position(|letter| *letter == byte).map(|place| place as i64);
        let values: Vec<i64> = plain.bytes().map(place).collect::<Option<_>>().ok_or_else(mistyped)?;
        match values.split_last() {
            Some((last, rest)) if values.len() == CHARS && *last == check(rest) => Ok(Self(plain)),
            _ => Err(mistyped()),
        }
    }

    /// Without hyphens, as it is kept.
    pub fn plain(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, c) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

fn letter(value: i64) -> char {
    char::from(ALPHABET[value.rem_euclid(31) as usize])
}

/// Each place has a weight of its own, 1 to 12; the weighted sum of all twelve is a multiple of 31. A wrong
/// character moves it by weight × difference, two changed ones by difference × difference: never by one.
fn check(values: &[i64]) -> i64 {
    let sum: i64 = values.iter().zip(1..).map(|(value, weight)| value * weight).sum();
    // 13 × 12 = 156 = 1 modulo 31, so that × 13 divides by the last weight.
    (-sum * 13).rem_euclid(31)
}
