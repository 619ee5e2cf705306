//! The form a document is wanted in.

/// How a document is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Json,
    Text,
    Html,
}

impl Form {
    /// By `Accept` (RFC 9110, 12.5.1): the form of the highest weight, the first of equal ones. A
    /// wildcard asks for none in particular; where nothing is asked for, it is JSON.
    pub fn of(accept: Option<&str>) -> Self {
        let mut wanted = (Form::Json, 0);
        for range in accept.unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let form = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/json" => Form::Json,
                "text/html" | "application/xhtml+xml" => Form::Html,
                "text/plain" | "text/*" => Form::Text,
                _ => continue,
            };
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            let weight = weight.map_or(1000, thousandths);
            if weight > wanted.1 {
                wanted = (form, weight);
            }
        }
        wanted.0
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::Text => "text/plain; charset=utf-8",
            Form::Html => "text/html; charset=utf-8",
        }
    }
}

/// A weight `0` to `1` with at most three decimals, in thousandths; 0 for what is none.
fn thousandths(weight: &str) -> u16 {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = decimals.bytes().chain(std::iter::repeat(b'0')).take(3);
    let fraction = digits.map(|b| u16::from(b.wrapping_sub(b'0'))).fold(0_u16, |sum, d| sum * 10 + d.min(9));
    match whole {
        "1" => 1000,
        "0" | "" => fraction,
        _ => 0,
    }
}
