//! What a statement asks of one table: read from its text, as far as that is certain.
//!
//! This is no SQL parser. It knows the plain forms in which this house writes conditions and takes
//! nothing it is not sure of: a column counts where it stands alone on one side of a comparison, and
//! that comparison is joined to the others by AND alone. What stands under OR, inside a function or
//! with a collation is left out, since no plain index would serve it.

use std::collections::BTreeMap;

/// The columns of each table.
pub(super) type Columns = BTreeMap<String, Vec<String>>;

/// What is asked of one table, in the order of the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    /// Columns that must equal something.
    pub(super) equal: Vec<String>,
    /// Columns that must lie above or below something.
    pub(super) range: Vec<String>,
    /// Columns the rows are ordered by, or else grouped by; empty where one is not a column of this
    /// table, or where directions differ.
    pub(super) order: Vec<String>,
}

/// Of the table that `sql` calls `name`, which may be the table's own. Nothing where it is not found.
pub(super) fn conditions(sql: &str, name: &str, table: &str, columns: &Columns) -> Conditions {
    let tokens = tokens(sql);
    let Some(select) = select_around(&tokens, name, table) else { return Conditions::default() };
    let asked = Asked { name, table, columns, beside: tables_of(select, columns) };
    let mut found = Conditions::default();
    for (clause, terms) in clauses(select) {
        match clause {
            "where" | "on" => asked.terms(terms, &mut found),
            "group" if found.order.is_empty() => found.order = asked.sorted(terms),
            "order" => found.order = asked.sorted(terms),
            _ => {}
        }
    }
    found
}

/// A word, a value or a sign, in lower case, and how many brackets it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    depth: usize,
}

fn tokens(sql: &str) -> Vec<Token> {
    const PAIRS: [&str; 7] = ["<=", ">=", "<>", "!=", "==", "||", "->"];
    let mut tokens = Vec::new();
    let (mut rest, mut depth) = (sql, 0_usize);
    while let Some(first) = rest.chars().next() {
        let until = |end: fn(char) -> bool| rest[1..].find(end).map_or(rest.len(), |at| at + 1);
        let length = match first {
            _ if first.is_whitespace() => {
                rest = rest.trim_start();
                continue;
            }
            _ if rest.starts_with("--") => {
                rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
                continue;
            }
            '\'' => until(|c| c == '\'') + 1,
            '"' => until(|c| c == '"') + 1,
            '?' | ':' | '_' | 'a'..='z' | 'A'..='Z' | '0'..='9' => until(|c| !c.is_alphanumeric() && c != '_'),
            _ if PAIRS.iter().any(|pair| rest.starts_with(pair)) => 2,
            _ => first.len_utf8(),
        };
        let (text, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        depth = if first == ')' { depth.saturating_sub(1) } else { depth };
        tokens.push(Token { text: text.to_lowercase(), depth });
        depth += usize::from(first == '(');
    }
    tokens
}

/// The tokens of the select, update or delete that reads the table under this name.
fn select_around<'t>(tokens: &'t [Token], name: &str, table: &str) -> Option<&'t [Token]> {
    const BEFORE: [&str; 5] = ["from", "join", "update", "into", ","];
    const UNITES: [&str; 3] = ["union", "intersect", "except"];
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let named = |at: usize| match word(at + 1) {
        "as" => word(at + 2) == name,
        next => next == name || name == table,
    };
    let at = (1..tokens.len()).find(|&at| word(at) == table && BEFORE.contains(&word(at - 1)) && named(at))?;
    let depth = tokens[at].depth;
    let edge = |token: &Token| token.depth < depth || token.depth == depth && UNITES.contains(&token.text.as_str());
    let begin = tokens[..at].iter().rposition(edge).map_or(0, |at| at + 1);
    let end = tokens[at..].iter().position(edge).map_or(tokens.len(), |to| at + to);
    // Its brackets stand outside of it, one step further out.
    Some(&tokens[begin..end])
}

/// The tables named in a select itself.
fn tables_of(select: &[Token], columns: &Columns) -> Vec<String> {
    let depth = depth_of(select);
    let here = select.iter().filter(|token| token.depth == depth);
    here.map(|token| token.text.clone()).filter(|word| columns.contains_key(word)).collect()
}

fn depth_of(select: &[Token]) -> usize {
    select.iter().map(|token| token.depth).min().unwrap_or(0)
}

/// The clauses of a select by the word each begins with; what is inside brackets belongs to its clause.
fn clauses(select: &[Token]) -> Vec<(&str, &[Token])> {
    const WORDS: [&str; 17] = [
        "select",
        "from",
        "where",
        "on",
        "group",
        "order",
        "limit",
        "having",
        "window",
        "join",
        "left",
        "inner",
        "cross",
        "returning",
        "set",
        "using",
        "values",
    ];
    let depth = depth_of(select);
    let starts: Vec<usize> = (0..select.len())
        .filter(|&at| select[at].depth == depth && WORDS.contains(&select[at].text.as_str()))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([select.len()]);
    starts.iter().zip(ends).map(|(&from, to)| (select[from].text.as_str(), &select[from + 1..to])).collect()
}

struct Asked<'a> {
    name: &'a str,
    table: &'a str,
    columns: &'a Columns,
    /// Every table of the same select.
    beside: Vec<String>,
}

impl Asked<'_> {
    /// The column of this table that tokens begin with, and how many they are.
    fn column(&self, tokens: &[Token]) -> Option<(String, usize)> {
        let ours = |word: &str| self.columns.get(self.table).is_some_and(|columns| columns.iter().any(|c| c == word));
        let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
        if word(1) == "." {
            return (word(0) == self.name && ours(word(2))).then(|| (word(2).to_owned(), 3));
        }
        let elsewhere = |table: &String| {
            table != self.table && self.columns.get(table).is_some_and(|columns| columns.iter().any(|c| c == word(0)))
        };
        (ours(word(0)) && !self.beside.iter().any(elsewhere)).then(|| (word(0).to_owned(), 1))
    }

    /// Terms joined by AND.
    fn terms(&self, terms: &[Token], found: &mut Conditions) {
        let depth = depth_of(terms);
        let joins = |word: &'static str| move |token: &Token| token.depth == depth && token.text == word;
        if terms.iter().any(joins("or")) {
            return;
        }
        // The AND of a BETWEEN joins its two ends.
        let mut between = false;
        let ends = |token: &Token| {
            between |= joins("between")(token);
            let and = joins("and")(token);
            let end = and && !between;
            between &= !and;
            end
        };
        terms.split(ends).for_each(|term| self.term(term, found));
    }

    fn term(&self, term: &[Token], found: &mut Conditions) {
        let word = |at: usize| term.get(at).map_or("", |token| token.text.as_str());
        let (column, operator, other) = match self.column(term) {
            Some((column, length)) => (column, word(length), &term[(length + 1).min(term.len())..]),
            None => {
                // `?1 = column`, where the other side is one value.
                let at = if word(1) == "." { 3 } else { 1 };
                let after = &term[(at + 1).min(term.len())..];
                match self.column(after) {
                    Some((column, length)) if length == after.len() => (column, word(at), &term[..at]),
                    _ => return,
                }
            }
        };
        // Compared with itself or with another column of the same row, no key leads to it.
        let after_dot = |at: usize| at > 0 && other[at - 1].text == ".";
        let own = (0..other.len()).any(|at| !after_dot(at) && self.column(&other[at..]).is_some());
        let first = other.first().map_or("", |token| token.text.as_str());
        let list = match operator {
            _ if own => return,
            "=" | "==" | "in" => &mut found.equal,
            "is" if first != "not" => &mut found.equal,
            "<" | "<=" | ">" | ">=" | "between" => &mut found.range,
            _ => return,
        };
        if !list.contains(&column) {
            list.push(column);
        }
    }

    /// The columns after ORDER BY or GROUP BY, where all are this table's and one direction fits all.
    fn sorted(&self, terms: &[Token]) -> Vec<String> {
        let depth = depth_of(terms);
        let mut downwards = None;
        let mut sorted = Vec::new();
        let terms = terms.strip_prefix(&[Token { text: "by".to_owned(), depth }][..]).unwrap_or(terms);
        for term in terms.split(|token| token.depth == depth && token.text == ",") {
            let Some((column, length)) = self.column(term) else { return Vec::new() };
            let down = match term.get(length).map(|token| token.text.as_str()) {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(_) => return Vec::new(),
            };
            if *downwards.get_or_insert(down) != down {
                return Vec::new();
            }
            sorted.push(column);
        }
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Columns {
        let of = |names: &str| names.split(' ').map(str::to_owned).collect();
        BTreeMap::from([
            ("orders".to_owned(), of("id business_date state note table_id opened_ms")),
            ("lines".to_owned(), of("id order_id name quantity state")),
        ])
    }

    /// `equal | range | order`, of the table under `name`.
    fn check(name: &str, sql: &str, expected: &str) {
        let table = if name.starts_with('l') { "lines" } else { "orders" };
        let Conditions { equal, range, order } = conditions(sql, name, table, &columns());
        let found = [equal, range, order].map(|columns| columns.join(" ")).join(" | ");
        assert_eq!(found, expected, "{name} in {sql}");
    }

    #[test]
    fn plain_comparisons_are_found() {
        check("orders", "select * from orders where note = ?1", "note |  | ");
        check(
            "orders",
            "SELECT * FROM orders WHERE note = ?1 AND opened_ms >= ?2 AND 3 = state",
            "note state | opened_ms | ",
        );
        check(
            "orders",
            "select * from orders where opened_ms between ?1 and ?2 and note = 'a and b'",
            "note | opened_ms | ",
        );
        check("orders", "select * from orders where state in ('open', 'sent') and note is null", "state note |  | ");
        check("orders", "update orders set note = ?1 where table_id = ?2", "table_id |  | ");
        check("orders", "delete from orders where table_id = ?1 returning id", "table_id |  | ");
        check("orders", "select * from orders -- where state = 1\n where note = ?1", "note |  | ");
    }

    #[test]
    fn what_no_index_would_serve_is_left_out() {
        check("orders", "select * from orders where note = ?1 or state = ?2", " |  | ");
        check("orders", "select * from orders where (?1 is null or state = ?1) and note = ?2", "note |  | ");
        check("orders", "select * from orders where lower(note) = ?1 and note like ?2", " |  | ");
        check("orders", "select * from orders where note collate nocase = ?1 and state is not null", " |  | ");
        check("orders", "select * from orders where note <> ?1 and id = table_id and note || state = ?2", " |  | ");
        check("orders", "select * from orders", " |  | ");
    }

    #[test]
    fn each_table_has_its_own() {
        let sql = "select * from orders o join lines l on l.order_id = o.id and quantity > 1
                   where o.business_date = ?1 and l.name = ?2 and state = ?3";
        check("o", sql, "id business_date |  | ");
        check("l", sql, "order_id name | quantity | ");
        let sql = "select (select count(*) from lines l where l.order_id = o.id and l.state = 1) from orders o
                   where o.note = ?1 and exists (select 1 from lines where name = 'x')";
        check("o", sql, "note |  | ");
        check("l", sql, "order_id state |  | ");
        check(
            "lines",
            "select id from orders where note = ?1 union select id from lines where name = ?2",
            "name |  | ",
        );
    }

    #[test]
    fn orders_and_groups() {
        check(
            "orders",
            "select * from orders where state = ?1 order by opened_ms desc, id desc limit 5",
            "state |  | opened_ms id",
        );
        check("orders", "select * from orders order by opened_ms desc, id", " |  | ");
        check("orders", "select state, count(*) from orders group by state", " |  | state");
        check("orders", "select note from orders group by state order by note", " |  | note");
        check("o", "select * from orders o join lines l on l.order_id = o.id order by o.note, l.name", "id |  | ");
        check("orders", "select * from orders order by length(note)", " |  | ");
    }
}
