//! The rest of a body that nobody will read.
//!
//! Where a request is refused before its body is all there, the connection cannot go on: what follows is not
//! a request. A payload that was let go makes actix read a chunked body to its end, however long that is; one
//! that is still held when the answer has been sent makes it close the connection within a second. So the
//! answer holds it.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceResponse};
use actix_web::web::Bytes;

struct Unread(Payload);

/// Keeps what was not read of a refused request until it has its answer.
pub(super) fn keep(req: &impl HttpMessage, payload: Payload) {
    if !matches!(payload, Payload::None) {
        req.extensions_mut().insert(Unread(payload));
    }
}

/// The answer, holding what its request has left unread.
pub(super) fn hold(answer: ServiceResponse) -> ServiceResponse {
    let unread = answer.request().extensions_mut().remove::<Unread>();
    match unread {
        Some(Unread(payload)) => answer.map_body(|_, body| BoxBody::new(Holding { body, _rest: payload })),
        None => answer,
    }
}

struct Holding {
    body: BoxBody,
    _rest: Payload,
}

impl MessageBody for Holding {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}
