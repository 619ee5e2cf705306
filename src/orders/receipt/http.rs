//! A document in the form it is wanted in. Its routes are those of orders.

use super::body::Receipt;
use super::model::Document;
use super::{html, text};
use crate::error::{Error, Fault};
use crate::web::{Form, Reply};

/// The document in that form. `copy` marks what was issued before.
pub fn answer(document: Document, copy: bool, form: Form) -> Result<Reply, Error> {
    Ok(Reply::raw(200, render(document, copy, form)?, form.content_type()).by_accept())
}

fn render(document: Document, copy: bool, form: Form) -> Result<Vec<u8>, Error> {
    Ok(match form {
        Form::Json => serde_json::to_vec(&Receipt::of(document, copy))
            .map_err(|e| Fault::from_source("a receipt does not serialise", e))?,
        Form::Text => text::render(&document, copy)?.into_bytes(),
        Form::Html => html::render(&document, copy)?.into_bytes(),
    })
}
