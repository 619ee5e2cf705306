//! What stands around every route, in one piece: the request's id and sheet, the names it may come by, the
//! limits of who asks, whether it may come in clear text, the answers that are ready, the turn of every other
//! request and its deadline, problems in place of errors, the headers of the house, and the meters.
//!
//! It is written out as a service of its own since it runs for every request: nothing here is boxed,
//! and an answer that is ready passes neither the router nor a handler.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::HttpMessage;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::web::Data;

use super::deadline::{self, Deadline};
use super::doors::LastHost;
use super::held::Pace;
use super::ready::Lane;
use super::routes::{self, Routes};
use super::trace::{self, RequestId};
use super::turns::{self, Turn, Turns};
use super::{House, problem, trust, unread};
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
    /// Paths that no limit stops: how the server does is asked for most when it has too much to do.
    pub unlimited: &'static [&'static str],
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
        ready(Ok(Around { shell: self.clone(), routes, last_host: LastHost::default(), inner }))
    }
}

/// The shell around the routes.
pub struct Around<S> {
    shell: Shell,
    routes: Rc<Routes>,
    last_host: LastHost,
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
        let waits = req.conn_data::<Rc<Pace>>().is_some_and(|pace| pace.asked());
        Answering { waits, how: self.begin(req, waits) }
    }
}

impl<S> Around<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = actix_web::Error>,
{
    fn begin(&self, mut req: ServiceRequest, in_a_row: bool) -> How<S::Future> {
        let (began, id) = (Instant::now(), RequestId::new());
        if req.method().is_safe() {
            // No handler reads one.
            let payload = req.take_payload();
            unread::keep(&req, payload);
        }
        let Shell { house, turns, ready, always, unlimited } = &self.shell;
        let peer = req.peer_addr();
        if let Err(refused) = house.doors.admit(&req, &self.last_host) {
            return self.refuse(req, refused, id, &Sheet::begun(began));
        }
        if house.limits.reach(peer)
            && !unlimited.contains(&req.path())
            && let Err(refused) = house.limits.address(&req, peer)
        {
            // Who waits for each answer is told; who does not is cut off.
            if let Some(pace) = req.conn_data::<Rc<Pace>>().filter(|_| in_a_row) {
                pace.cut();
            }
            return self.refuse(req, refused, id, &Sheet::begun(began));
        }
        match trust::in_clear(&req) {
            None => {}
            Some(Err(refused)) => return self.refuse(req, refused, id, &Sheet::begun(began)),
            Some(Ok(answer)) => {
                let (answer, sheet) = (req.into_response(answer), Sheet::begun(began));
                let route = self.routes.of(answer.request(), house);
                return How::Done(Some(finish(answer, house, &route, id, &sheet, None)));
            }
        }
        if !turns.stopping()
            && let Some(at) = Lane::of(ready, &req)
            && let Some(answer) = ready[at].answer(&req, house)
        {
            let sheet = Sheet::begun(began);
            sheet.note_cache(CacheOutcome::Hit);
            let turn = if turns::is_long(answer.body()) { turns.enter() } else { None };
            let answer = req.into_response(answer);
            return How::Done(Some(finish(answer, house, self.routes.ready(at), id, &sheet, turn)));
        }
        let sheet = Arc::new(Sheet::begun(began));
        let turn = turns.enter();
        if turn.is_none() && !always.contains(&req.path()) {
            return self.refuse(req, Refusal::Stopping.into(), id, &sheet);
        }
        if turns.under_way() > house.limits.settings.requests_max as usize && !unlimited.contains(&req.path()) {
            return self.refuse(req, house.limits.shed(), id, &sheet);
        }
        let answer = on_this_thread(&sheet, || self.inner.call(req));
        let deadline = Deadline::default();
        let around = Under { house: house.clone(), routes: Rc::clone(&self.routes), id, sheet, turn, deadline };
        How::Routed { answer, under: around }
    }

    /// The answer to what no route is asked for.
    fn refuse(&self, mut req: ServiceRequest, why: Error, id: RequestId, sheet: &Sheet) -> How<S::Future> {
        let house = &self.shell.house;
        let payload = req.take_payload();
        unread::keep(&req, payload);
        let refused = req.error_response(why);
        let route = self.routes.of(refused.request(), house);
        How::Done(Some(finish(refused, house, &route, id, sheet, None)))
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
    let mut answer = unread::hold(problem::render_errors(answer, id.as_str()));
    house.limits.sign(&mut answer);
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
    deadline: Deadline,
}

impl Under {
    fn finish(&mut self, answer: ServiceResponse) -> ServiceResponse {
        let route = self.routes.of(answer.request(), &self.house);
        finish(answer, &self.house, &route, self.id, &self.sheet, self.turn.take())
    }
}

/// An answer under way.
pub struct Answering<F> {
    /// Others have their turn first.
    waits: bool,
    how: How<F>,
}

/// An answer that is there, or one that a route is at.
enum How<F> {
    Done(Option<ServiceResponse>),
    Routed { answer: F, under: Under },
}

impl<F> Future for Answering<F>
where
    F: Future<Output = Result<ServiceResponse, actix_web::Error>> + Unpin,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if std::mem::take(&mut this.waits) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let (answer, under) = match &mut this.how {
            // Nobody polls again what has answered.
            How::Done(answer) => return answer.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer))),
            How::Routed { answer, under } => (answer, under),
        };
        let polled = on_this_thread(&under.sheet, || Pin::new(answer).poll(cx));
        let limits = &under.house.limits;
        under.deadline.hand_over(polled.is_pending(), limits.settings.handler());
        if let Poll::Ready(answer) = polled {
            return Poll::Ready(Ok(under.finish(answer?)));
        }
        let req = std::task::ready!(under.deadline.poll(cx));
        let slow = limits.answer_was_slow(deadline::told(&req));
        // With it goes the handler.
        let How::Routed { under: mut over, .. } = std::mem::replace(&mut this.how, How::Done(None)) else {
            return Poll::Pending;
        };
        Poll::Ready(Ok(over.finish(ServiceResponse::from_err(slow, req))))
    }
}
