//! Why a value from outside was not accepted.

use std::borrow::Cow;

/// One value's fault: a stable word for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// `too_long`, `out_of_range`, `bad_format`, …
    pub code: &'static str,
    pub detail: Cow<'static, str>,
}

impl Invalid {
    pub fn new(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// A number outside what it may be.
    pub fn range(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new("out_of_range", detail)
    }

    /// Text that does not read as what it should be.
    pub fn format(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new("bad_format", detail)
    }
}
