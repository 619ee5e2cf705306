//! A retry that is refused before its key was looked at.
//!
//! A key is looked up in the transaction of its effect. A call may be refused before it gets there: its
//! caller's role, its body, a version it did not bring. Where it had its effect already, by whoever was
//! signed in on that device then, that refusal would be wrong; so what is refused with its key unasked
//! has it looked up on a reader, and a call that is not refused pays nothing for it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest};

use super::House;
use super::idempotency::Key;
use super::reply::{Wants, of_reply};
use super::shell::Shell;

/// A key that nobody looked up, and how its answer is wanted.
struct Unasked {
    key: Key,
    wants: Wants,
}

/// Says that the call ends without having looked up its key.
pub(super) fn unasked(req: &HttpRequest, key: Key, wants: Wants) {
    req.extensions_mut().insert(Unasked { key, wants });
}

/// The shell, and within it whoever looks up such keys: one middleware, since the framework hides of what
/// type a wrapped one's answers are, and the shell boxes nothing.
#[derive(Clone)]
pub struct Retries(pub Shell);

impl<S> Transform<S, ServiceRequest> for Retries
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = actix_web::Error>,
    S::Future: Unpin,
{
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Transform = <Shell as Transform<Around<S>, ServiceRequest>>::Transform;
    type InitError = ();
    type Future = <Shell as Transform<Around<S>, ServiceRequest>>::Future;

    fn new_transform(&self, inner: S) -> Self::Future {
        self.0.new_transform(Around { inner })
    }
}

/// The middleware around the routes.
#[derive(Debug)]
pub struct Around<S> {
    inner: S,
}

impl<S> Service<ServiceRequest> for Around<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = actix_web::Error>,
    S::Future: Unpin,
{
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, req: ServiceRequest) -> Self::Future {
        Answering::Routed(self.inner.call(req))
    }
}

/// An answer that a route is at, or one that was refused and is looked up.
pub enum Answering<F> {
    Routed(F),
    LookedUp(Pin<Box<dyn Future<Output = ServiceResponse>>>),
}

impl<F> Future for Answering<F>
where
    F: Future<Output = Result<ServiceResponse, actix_web::Error>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Self::Routed(answer) = &mut *self {
            let answer = std::task::ready!(Pin::new(answer).poll(cx))?;
            // Whoever is not known at all is told nothing: 401 comes before keys.
            let status = answer.status();
            let refused = status.is_client_error() && status != StatusCode::UNAUTHORIZED;
            let unasked = refused.then(|| answer.request().extensions_mut().remove::<Unasked>()).flatten();
            let Some(unasked) = unasked else { return Poll::Ready(Ok(answer)) };
            *self = Self::LookedUp(Box::pin(looked_up(answer, unasked)));
        }
        match &mut *self {
            Self::LookedUp(answer) => answer.as_mut().poll(cx).map(Ok),
            Self::Routed(_) => Poll::Pending,
        }
    }
}

/// The stored answer, or else the refusal as it was: of a key that was used for another request too, since
/// what is refused uses none.
async fn looked_up(refused: ServiceResponse, Unasked { key, wants }: Unasked) -> ServiceResponse {
    let Some(house) = refused.request().app_data::<Data<House>>().cloned() else { return refused };
    match house.store.read(move |db| key.answered(db)).await {
        Ok(Some(reply)) => {
            let (req, _) = refused.into_parts();
            ServiceResponse::new(req, of_reply(reply, &wants, true))
        }
        Ok(None) => refused,
        Err(error) => {
            log::warn!("a refused call's key was not looked up: {error}");
            refused
        }
    }
}
