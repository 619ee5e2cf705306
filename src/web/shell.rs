//! What stands around every route, in one piece: the trace, the answers that are ready, the turn of
//! every other request, problems in place of errors, and the headers of the house.
//!
//! It is written out as a service of its own since it runs for every request: nothing here is boxed,
//! and an answer that is ready passes neither the router nor a handler.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::web::Data;

use super::ready::Lane;
use super::trace::Trace;
use super::turns::{self, Turn, Turns};
use super::{House, problem};
use crate::error::{Error, Refusal};

/// The middleware; one a worker is made from it.
#[derive(Clone)]
pub struct Shell {
    pub house: Data<House>,
    pub turns: Arc<Turns>,
    pub ready: &'static [Lane],
    /// Paths that are answered also while the server stops.
    pub always: &'static [&'static str],
}

impl<S> Transform<S, ServiceRequest> for Shell
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = actix_web::Error>,
    S::Future: Unpin,
{
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Transform = Around<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, routes: S) -> Self::Future {
        ready(Ok(Around { shell: self.clone(), routes }))
    }
}

/// The shell around the routes.
pub struct Around<S> {
    shell: Shell,
    routes: S,
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
        self.routes.poll_ready(cx)
    }

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let trace = Trace::new();
        match self.shell.at_once(req, &trace) {
            Ok(answer) => Answering::Done(Some(answer)),
            Err((req, turn)) => {
                let trace = Arc::new(trace);
                req.extensions_mut().insert(Arc::clone(&trace));
                Answering::Routed { answer: self.routes.call(req), trace, turn }
            }
        }
    }
}

impl Shell {
    /// The answer, where no route is needed for it; else the request back, with its turn.
    fn at_once(
        &self,
        req: ServiceRequest,
        trace: &Trace,
    ) -> Result<ServiceResponse, (ServiceRequest, Option<Turn>)> {
        if !self.turns.stopping()
            && let Some(lane) = Lane::of(self.ready, &req)
            && let Some(answer) = lane.answer(&req, &self.house, trace)
        {
            let turn = if turns::is_long(answer.body()) { self.turns.enter() } else { None };
            return Ok(finish(req.into_response(answer), trace, turn));
        }
        let turn = self.turns.enter();
        if turn.is_none() && !self.always.contains(&req.path()) {
            return Ok(finish(req.error_response(Error::from(Refusal::Stopping)), trace, None));
        }
        Err((req, turn))
    }
}

fn finish(answer: ServiceResponse, trace: &Trace, turn: Option<Turn>) -> ServiceResponse {
    let mut answer = problem::render_errors(answer, trace.id.as_str());
    trace.sign(answer.headers_mut());
    match turn {
        Some(turn) => answer.map_body(|_, body| turns::hold(body, turn)),
        None => answer,
    }
}

/// An answer that is there, or one that a route is at.
pub enum Answering<F> {
    Done(Option<ServiceResponse>),
    Routed { answer: F, trace: Arc<Trace>, turn: Option<Turn> },
}

impl<F> Future for Answering<F>
where
    F: Future<Output = Result<ServiceResponse, actix_web::Error>> + Unpin,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            // Nobody polls again what has answered.
            Self::Done(answer) => answer.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer))),
            Self::Routed { answer, trace, turn } => {
                let answer = std::task::ready!(Pin::new(answer).poll(cx))?;
                Poll::Ready(Ok(finish(answer, trace, turn.take())))
            }
        }
    }
}
