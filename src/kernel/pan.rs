//! Card numbers (primary account numbers, ISO/IEC 7812) in text where none should be.

use std::borrow::Cow;
use std::ops::Range;

/// Digits of a card's number.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Where the first card number stands: 13 to 19 digits, alone or in groups between single spaces or hyphens,
/// whose last digit is the Luhn check of those before (ISO/IEC 7812-1, annex B).
pub fn find(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = run(bytes, at);
        if let Some(found) = within(bytes, at..end) {
            return Some(found);
        }
        at = end;
    }
    None
}

/// The text with every card number but its last four digits written as `*`.
pub fn masked(text: &str) -> Cow<'_, str> {
    let mut masked = Cow::Borrowed(text);
    while let Some(found) = find(&masked) {
        let digits = masked[found.clone()].bytes().filter(u8::is_ascii_digit).count();
        let mut seen = 0;
        let hidden: String = masked[found.clone()]
            .chars()
            .map(|c| {
                seen += usize::from(c.is_ascii_digit());
                if c.is_ascii_digit() && seen + 4 <= digits { '*' } else { c }
            })
            .collect();
        masked.to_mut().replace_range(found, &hidden);
    }
    masked
}

/// The end of the digits that begin at `at`, single separators between them.
fn run(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    while end < bytes.len() {
        let next = bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        match bytes[end] {
            b'0'..=b'9' => end += 1,
            b' ' | b'-' if next => end += 1,
            _ => break,
        }
    }
    end
}

/// A number within a run. Its groups may have others before and after them, a table's number or a price, so it
/// may begin and end at any group; digits that stand together are one number or none.
fn within(bytes: &[u8], run: Range<usize>) -> Option<Range<usize>> {
    let is_digit = |at: usize| bytes[at].is_ascii_digit();
    let starts = |at: usize| is_digit(at) && (at == run.start || !is_digit(at - 1));
    let ends = |at: usize| is_digit(at - 1) && (at == run.end || !is_digit(at));
    run.clone().filter(|start| starts(*start)).find_map(|start| {
        let mut digits = Vec::with_capacity(*DIGITS.end());
        for (at, byte) in bytes.iter().enumerate().take(run.end).skip(start) {
            if byte.is_ascii_digit() {
                digits.push(byte - b'0');
            }
            if digits.len() > *DIGITS.end() {
                return None;
            }
            if ends(at + 1) && DIGITS.contains(&digits.len()) && luhn(&digits) {
                return Some(start..at + 1);
            }
        }
        None
    })
}

/// Whether the last digit checks the others: from the right, every second digit doubled and its own digits
/// summed, the whole is a multiple of ten. All zeros are nobody's card.
fn luhn(digits: &[u8]) -> bool {
    let value = |(place, digit): (usize, &u8)| match (place % 2, *digit) {
        (0, digit) => u32::from(digit),
        (_, digit @ 0..=4) => u32::from(digit) * 2,
        (_, digit) => u32::from(digit) * 2 - 9,
    };
    let sum: u32 = digits.iter().rev().enumerate().map(value).sum();
    sum > 0 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_cards_are_found_however_they_are_written() {
        // Test numbers that the card schemes publish.
        for text in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "5555-5555-5555-4444",
            "card 378282246310005 exp 12/29",
            "table 4 4111 1111 1111 1111 exp 12",
            "é4222222222222",
            "6304000000000000000",
        ] {
            assert!(find(text).is_some(), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_not() {
        for text in [
            "",
            "no salt",
            "4111111111111112",
            "+39 06 6982 3344",
            "2026-11-20 20:15",
            "411111111111",
            "41111111111111111111111",
            "4111  1111  1111  1111",
            "0000000000000000",
            "IT60 X054 2811 1010 0000 0123 456",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn all_but_the_last_four_digits_are_hidden() {
        assert_eq!(
            masked("paid 4111 1111 1111 1111, then 5555555555554444."),
            "paid **** **** **** 1111, then ************4444."
        );
        assert!(matches!(masked("order 12"), Cow::Borrowed(_)));
    }
}
