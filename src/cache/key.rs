//! Keys: the same question always makes the same text.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

use super::Namespace;

/// What a body answers: a namespace and, where it takes any, parts and parameters, as one text that
/// begins with the namespace's name: `menu`, `orders:list:state=paid:page=2:limit=50`.
///
/// Nothing is shown differently to different roles: a route's right decides whether somebody may see
/// an answer, not what stands in it. An answer that did would say whose view it holds in a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    ns: Namespace,
    text: Cow<'static, str>,
}

impl Key {
    /// All there is in the namespace: its name.
    pub const fn whole(ns: Namespace) -> Self {
        Self { ns, text: Cow::Borrowed(ns.name()) }
    }

    /// A question with parts.
    pub fn of(ns: Namespace) -> KeyBuilder {
        KeyBuilder { ns, text: ns.name().to_owned(), parameters: Vec::new() }
    }

    pub fn namespace(&self) -> Namespace {
        self.ns
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The parameters as `name=value`, in the key's order and escaped as in the query of an address.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.text.split(':').filter(|part| part.contains('='))
    }

    /// Any text at all, which does not begin as keys do.
    #[cfg(test)]
    pub(super) fn named(ns: Namespace, text: &str) -> Self {
        Self { ns, text: text.to_owned().into() }
    }
}

impl Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Puts a key together. The order in which parameters are set does not matter.
#[derive(Debug)]
pub struct KeyBuilder {
    ns: Namespace,
    text: String,
    parameters: Vec<(&'static str, String)>,
}

impl KeyBuilder {
    /// A part that is always there, such as `list` or an id.
    #[must_use]
    pub fn part(mut self, part: impl Display) -> Self {
        self.text.push(':');
        escape(&mut self.text, &part.to_string());
        self
    }

    /// A parameter; what is not set leaves no trace. Each is set at most once.
    #[must_use]
    pub fn set(mut self, name: &'static str, value: Option<impl Display>) -> Self {
        debug_assert!(name.bytes().all(plain) && self.parameters.iter().all(|(other, _)| *other != name), "{name}");
        if let Some(value) = value {
            self.parameters.push((name, value.to_string()));
        }
        self
    }

    /// Parameters stand in the order of their names, those of the page last: so the beginning of a key
    /// names all pages of a list.
    pub fn key(mut self) -> Key {
        self.parameters.sort_by_key(|(name, _)| (place(name), *name));
        for (name, value) in &self.parameters {
            self.text.push(':');
            self.text.push_str(name);
            self.text.push('=');
            escape(&mut self.text, value);
        }
        Key { ns: self.ns, text: self.text.into() }
    }
}

fn place(name: &str) -> u8 {
    match name {
        "page" | "cursor" => 1,
        "limit" => 2,
        _ => 0,
    }
}

/// Unreserved in an address (RFC 3986, 2.3), and the comma, which parts lists there.
fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~,".contains(&byte)
}

fn escape(text: &mut String, value: &str) {
    for byte in value.bytes() {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            // Writing into memory does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONE: Option<&str> = None;

    #[test]
    fn keys_read_as_they_should() {
        let check = |key: Key, text: &str| assert_eq!(key.text(), text);
        check(Key::whole(Namespace::Menu), "menu");
        let paid = |key: KeyBuilder| key.set("limit", Some(50)).set("state", Some("paid")).set("page", Some(2));
        check(paid(Key::of(Namespace::Orders).part("list")).key(), "orders:list:state=paid:page=2:limit=50");
        check(Key::of(Namespace::Orders).part("one").part(17).key(), "orders:one:17");
        check(Key::of(Namespace::Reports).part("vat").set("from", NONE).set("to", NONE).key(), "reports:vat");
        check(Key::of(Namespace::Lists).set("b", Some(1)).set("a", Some(2)).key(), "lists:a=2:b=1");
        check(
            Key::of(Namespace::Lists).part("a:b=c").set("x", Some("1:y=%é ")).key(),
            "lists:a%3Ab%3Dc:x=1%3Ay%3D%25%C3%A9%20",
        );
        let key = paid(Key::of(Namespace::Orders).part("list").set("fields", Some("id,total"))).key();
        assert_eq!(key.parameters().collect::<Vec<_>>().join("&"), "fields=id,total&state=paid&page=2&limit=50");
    }

    proptest! {
        /// One text a question, and one question a text.
        #[test]
        fn order_is_nothing_and_everything_else_counts(
            a in proptest::collection::btree_map(0_usize..4, ".{0,4}", 0..4),
            b in proptest::collection::btree_map(0_usize..4, ".{0,4}", 0..4),
        ) {
            const NAMES: [&str; 4] = ["limit", "cursor", "state", "from"];
            fn key<'a>(set: impl Iterator<Item = (&'a usize, &'a String)>) -> Key {
                let begun = Key::of(Namespace::Orders).part("list");
                set.fold(begun, |key, (n, value)| key.set(NAMES[*n], Some(value))).key()
            }
            prop_assert_eq!(key(a.iter()), key(a.iter().rev()));
            prop_assert_eq!(key(a.iter()) == key(b.iter()), a == b);
        }
    }
}
