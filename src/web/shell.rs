//! What stands around every route, in one piece: the request's id and sheet, the answers that are ready,
//! the turn of every other request, problems in place of errors, the headers of the house, and the meters.
//!
//! It is written out as a service of its own since it runs for every request: nothing here is boxed,
//! and an answer that is ready passes neither the router nor a handler.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::web::Data;

use super::ready::Lane;
use super::routes::{self, Routes};
use super::trace::{self, RequestId};
use super::turns::{self, Turn, Turns};
use super::{House, problem};
use crate::error::{Error, Refusal};
use crate::timing::{CacheOutcome, Route, Sheet, on_this_thread};

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

    fn new_transform(&self, inner: S) -> Self::Future {
        let routes = Rc::new(Routes::new(&self.house, self.ready));
        ready(Ok(Around { shell: self.clone(), routes, inner }))
    }
}

/// The shell around the routes.
pub struct Around<S> {
    shell: Shell,
    routes: Rc<Routes>,
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
        let (began, id) = (Instant::now(), RequestId::new());
        let Shell { house, turns, ready, always } = &self.shell;
        if !turns.stopping()
            && let Some(at) = Lane::of(ready, &req)
            && let Some(answer) = ready[at].answer(&req, house)
        {
            let sheet = Sheet::begun(began);
            sheet.note_cache(CacheOutcome::Hit);
            let turn = if turns::is_long(answer.body()) { turns.enter() } else { None };
            let answer = req.into_response(answer);
            return Answering::Done(Some(finish(answer, house, self.routes.ready(at), id, &sheet, turn)));
        }
        let sheet = Arc::new(Sheet::begun(began));
        let turn = turns.enter();
        if turn.is_none() && !always.contains(&req.path()) {
            let refused = req.error_response(Error::from(Refusal::Stopping));
            let route = self.routes.of(refused.request(), house);
            return Answering::Done(Some(finish(refused, house, &route, id, &sheet, None)));
        }
        let answer = on_this_thread(&sheet, || self.inner.call(req));
        let around = Under { house: house.clone(), routes: Rc::clone(&self.routes), id, sheet, turn };
        Answering::Routed { answer, under: around }
    }
}

/// What every answer leaves through.
fn finish(
    answer: ServiceResponse,
    house: &House,
    route: &Route,
    id: RequestId,
    sheet: &Sheet,
    turn: Option<Turn>,
) -> ServiceResponse {
    let mut answer = problem::render_errors(answer, id.as_str());
    let app_ns = sheet.elapsed_ns();
    trace::sign(&mut answer, id, app_ns, sheet);
    routes::end(house, route, id, answer.status().as_u16(), app_ns, sheet);
    match turn {
        Some(turn) => answer.map_body(|_, body| turns::hold(body, turn)),
        None => answer,
    }
}

/// What a request under way carries.
pub struct Under {
    house: Data<House>,
    routes: Rc<Routes>,
    id: RequestId,
    sheet: Arc<Sheet>,
    turn: Option<Turn>,
}

/// An answer that is there, or one that a route is at.
pub enum Answering<F> {
    Done(Option<ServiceResponse>),
    Routed { answer: F, under: Under },
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
            Self::Routed { answer, under: Under { house, routes, id, sheet, turn } } => {
                let answer = std::task::ready!(on_this_thread(sheet, || Pin::new(answer).poll(cx)))?;
                let route = routes.of(answer.request(), house);
                Poll::Ready(Ok(finish(answer, house, &route, *id, sheet, turn.take())))
            }
        }
    }
}
