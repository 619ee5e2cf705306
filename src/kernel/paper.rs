//! Rows of 42 columns, for printers and terminals that know nothing but text.
//!
//! Every character counts as one column.

/// What 80 mm paper holds in a printer's font A.
pub const COLUMNS: usize = 42;
/// Below that a name has a row of its own, above its amount.
const NAME_COLUMNS_MIN: usize = 12;

/// A paper as it grows; every row ends in a line feed and none is wider than [`COLUMNS`].
#[derive(Debug, Default)]
pub struct Rows {
    out: String,
}

impl Rows {
    pub fn finish(self) -> String {
        self.out
    }

    pub fn rule(&mut self, of: char) {
        self.out.extend(std::iter::repeat_n(of, COLUMNS));
        self.out.push('\n');
    }

    pub fn centre(&mut self, text: &str) {
        for row in wrap(text, COLUMNS) {
            self.push((COLUMNS - chars(&row)) / 2, &row);
        }
    }

    pub fn text(&mut self, indent: usize, text: &str) {
        for row in wrap(text, COLUMNS - indent) {
            self.push(indent, &row);
        }
    }

    /// A name and what stands right of it, on the last row of the name.
    pub fn row(&mut self, indent: usize, name: &str, right: &str) {
        let room = (COLUMNS - indent).saturating_sub(chars(right) + 1);
        let beside = room >= NAME_COLUMNS_MIN;
        let mut rows = wrap(name, if beside { room } else { COLUMNS - indent });
        let last = if beside { rows.pop().unwrap_or_default() } else { String::new() };
        for row in rows {
            self.push(indent, &row);
        }
        let gap = COLUMNS.saturating_sub(indent + chars(&last) + chars(right));
        self.push(indent, format!("{last}{:gap$}{right}", "").trim_end());
    }

    fn push(&mut self, indent: usize, row: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(row);
        self.out.push('\n');
    }
}

/// The columns a text takes.
pub fn chars(text: &str) -> usize {
    text.chars().count()
}

/// Rows of at most `width` characters, broken between words where a word fits a row. Control
/// characters, which would command a printer, count as spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        let mut word: Vec<char> = word.chars().collect();
        let used = chars(&row);
        if used > 0 && used + 1 + word.len() > width {
            rows.push(std::mem::take(&mut row));
        }
        while word.len() > width {
            rows.push(word.drain(..width).collect());
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.extend(word);
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}
