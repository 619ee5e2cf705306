//! Names and notes from outside: trimmed, bounded, printable, and without anybody's card number.

use super::invalid::Invalid;
use super::pan;

/// Characters a name has at most.
pub const NAME_CHARS_MAX: usize = 120;
/// Characters a note has at most.
pub const NOTE_CHARS_MAX: usize = 1000;

/// A name of something: one line, not empty, at most [`NAME_CHARS_MAX`] characters.
pub fn name(text: &str) -> Result<String, Invalid> {
    line(text, NAME_CHARS_MAX)
}

/// One line of at most `chars_max` characters, not empty, which may be a number of another kind: a SKU, a
/// terminal's reference, a telephone. One number in ten would pass for a card's by chance.
pub fn code(text: &str, chars_max: usize) -> Result<String, Invalid> {
    match optional_code(text, chars_max)? {
        Some(text) => Ok(text),
        None => Err(Invalid::new("empty", "this cannot be empty")),
    }
}

/// [`code`]; `None` where there is nothing but space.
pub fn optional_code(text: &str, chars_max: usize) -> Result<Option<String>, Invalid> {
    clean(text, chars_max, false)
}

/// One line of at most `chars_max` characters, not empty.
pub fn line(text: &str, chars_max: usize) -> Result<String, Invalid> {
    match optional_line(text, chars_max)? {
        Some(text) => Ok(text),
        None => Err(Invalid::new("empty", "this cannot be empty")),
    }
}

/// One line of at most `chars_max` characters; `None` where there is nothing but space.
pub fn optional_line(text: &str, chars_max: usize) -> Result<Option<String>, Invalid> {
    without_card(clean(text, chars_max, false)?)
}

/// A note: lines are allowed, nothing is `None`, at most [`NOTE_CHARS_MAX`] characters.
pub fn note(text: &str) -> Result<Option<String>, Invalid> {
    without_card(clean(text, NOTE_CHARS_MAX, true)?)
}

/// A card's number is refused wherever people write: it would stand in orders, receipts, backups and logs, where
/// PCI DSS 4.0, requirement 3.3, wants none.
fn without_card(text: Option<String>) -> Result<Option<String>, Invalid> {
    match text {
        Some(text) if pan::find(&text).is_some() => {
            Err(Invalid::new("card_number", "this looks like a card number; write the last four digits at most"))
        }
        text => Ok(text),
    }
}

/// What the house prints on its papers, lines and all: its bank account may stand there, which may pass for a
/// card's number too. At most [`NOTE_CHARS_MAX`] characters.
pub fn printed(text: &str) -> Result<Option<String>, Invalid> {
    clean(text, NOTE_CHARS_MAX, true)
}

fn clean(text: &str, chars_max: usize, lines: bool) -> Result<Option<String>, Invalid> {
    let text = text.trim();
    // Bytes first, so that a megabyte is refused without being read; four is the most a character takes.
    if text.len() > chars_max.saturating_mul(4) || text.chars().count() > chars_max {
        return Err(Invalid::new("too_long", format!("at most {chars_max} characters")));
    }
    if text.chars().any(|c| c.is_control() && !(lines && c == '\n')) {
        return Err(Invalid::new("bad_character", "control characters are not allowed here"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}
