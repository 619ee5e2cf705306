//! A server that has the pages of the real one and figures of its own, which a test can change.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt};
use futures_util::stream::unfold;
use parking_lot::Mutex;
use serde_json::{Value, json};

/// A busy Friday evening on which all is well.
const PICTURE: &str = include_str!("picture.json");
const TOKEN: &str = "cmv_of-the-fixture";
const EVERY: Duration = Duration::from_millis(200);

pub struct Figures {
    picture: Mutex<Value>,
    silent: AtomicBool,
    revoked: AtomicBool,
}

pub struct Fixture {
    pub addr: SocketAddr,
    pub figures: Arc<Figures>,
    server: Option<(ServerHandle, JoinHandle<()>)>,
}

impl Fixture {
    pub fn start() -> Self {
        let picture = serde_json::from_str(PICTURE).unwrap();
        let figures = Figures { picture: Mutex::new(picture), silent: false.into(), revoked: false.into() };
        let mut fixture = Self { addr: ([127, 0, 0, 1], 0).into(), figures: Arc::new(figures), server: None };
        fixture.begin();
        fixture
    }

    /// Begins to serve, at the address it had before.
    pub fn begin(&mut self) {
        let (say, heard) = channel();
        let (figures, addr) = (Data::from(Arc::clone(&self.figures)), self.addr);
        let thread = thread::spawn(move || {
            rt::System::new().block_on(async move {
                let app = move || {
                    App::new()
                        .app_data(figures.clone())
                        .configure(comanda::web::pages::configure)
                        .route("/api/v1/stats/sessions", web::post().to(sign_in))
                        .route("/api/v1/stats/sessions/current", web::delete().to(sign_out))
                        .route("/api/v1/stats/live", web::get().to(live))
                        .route("/api/v1/stats/history", web::get().to(history))
                        .route("/api/v1/stats/statements/{name}/plan", web::get().to(plan))
                };
                let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0).bind(addr).unwrap();
                let addr = server.addrs()[0];
                let server = server.run();
                say.send((addr, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (addr, handle) = heard.recv().unwrap();
        self.addr = addr;
        self.server = Some((handle, thread));
    }

    /// Ends at once, with every stream cut.
    pub fn end(&mut self) {
        let Some((handle, thread)) = self.server.take() else { return };
        drop(handle.stop(false));
        thread.join().unwrap();
    }

    pub fn page(&self) -> String {
        format!("http://{}/stats", self.addr)
    }

    pub fn change(&self, change: impl FnOnce(&mut Value)) {
        change(&mut self.figures.picture.lock());
    }

    /// Keeps its streams open and says nothing on them, or goes on.
    pub fn be_silent(&self, silent: bool) {
        self.figures.silent.store(silent, Ordering::Relaxed);
    }

    /// Forgets whoever signed in.
    pub fn revoke(&self) {
        self.figures.revoked.store(true, Ordering::Relaxed);
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.end();
    }
}

fn refuse(status: u16, code: &str, detail: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap();
    HttpResponse::build(status).json(json!({"code": code, "detail": detail}))
}

fn signed_in(req: &HttpRequest, figures: &Figures) -> bool {
    let bearer = req.headers().get(AUTHORIZATION).is_some_and(|v| v == format!("Bearer {TOKEN}").as_str());
    bearer && !figures.revoked.load(Ordering::Relaxed)
}

async fn sign_in(body: web::Json<Value>, figures: Data<Figures>) -> HttpResponse {
    if body["staff"] != "Mara" || body["pin"] != "2580" {
        return refuse(401, "pin_wrong", "That name and PIN are not right together, or may not see these figures.");
    }
    figures.revoked.store(false, Ordering::Relaxed);
    HttpResponse::Created().json(json!({
        "token": TOKEN, "staff": {"id": 2, "name": "Mara", "role": "manager"},
        "house": {"name": "Osteria del Ponte", "currency": "EUR"}, "expires_at": "2026-11-21T03:44:00.000+01:00",
    }))
}

async fn sign_out() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

async fn live(req: HttpRequest, figures: Data<Figures>) -> HttpResponse {
    if !signed_in(&req, &figures) {
        return refuse(401, "token_invalid", "Sign in again.");
    }
    let frames = unfold((figures, true), |(figures, first)| async move {
        if !first {
            rt::time::sleep(EVERY).await;
        }
        if figures.revoked.load(Ordering::Relaxed) {
            return None;
        }
        let silent = figures.silent.load(Ordering::Relaxed);
        let frame = if silent { ":\n\n".to_owned() } else { format!("data: {}\n\n", figures.picture.lock()) };
        Some((Ok::<_, actix_web::Error>(Bytes::from(frame)), (figures, false)))
    });
    HttpResponse::Ok().content_type("text/event-stream").streaming(frames)
}

#[derive(serde::Deserialize)]
struct HistoryQuery {
    metric: String,
    from: String,
    to: String,
}

/// Two services a day, with a pause at night and half an hour in which the server was off.
async fn history(req: HttpRequest, query: web::Query<HistoryQuery>, figures: Data<Figures>) -> HttpResponse {
    if !signed_in(&req, &figures) {
        return refuse(401, "token_invalid", "Sign in again.");
    }
    let seconds = |text: &str| comanda::kernel::day::UtcMs::parse(text).unwrap().get() / 1000;
    let (from, to) = (seconds(&query.from), seconds(&query.to));
    let step = if to - from <= 48 * 3600 { 60 } else { 3600 };
    let mut points = Vec::new();
    for at in (from..to).filter(|at| at % step == 0) {
        let of_day = (at / 60 + 60) % 1440;
        let busy = |from: i64, to: i64, most: i64| {
            let (into, long) = (of_day - from, to - from);
            if (0..=long).contains(&into) { most * 4 * into * (long - into) / (long * long) } else { 0 }
        };
        let noise = ((at / 60).wrapping_mul(6_364_136_223_846_793_005) >> 33).rem_euclid(101);
        let a_minute = 40 + busy(660, 900, 2600) + busy(1050, 1440, 4200) * (90 + noise / 5) / 100;
        let value = match query.metric.as_str() {
            "requests" => a_minute * step / 60,
            "request_p50_us" => 190 + a_minute / 40 + noise / 3,
            "request_p95_us" => 900 + a_minute / 3 + noise * 9,
            _ => 2_400 + a_minute + noise * 41 + if noise == 100 { 9_000 } else { 0 },
        };
        if !(to - 2_400..to - 1_800).contains(&at) {
            points.push((at, value));
        }
    }
    HttpResponse::Ok().json(json!({"metric": query.metric, "step_s": step, "points": points}))
}

async fn plan(name: web::Path<String>) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "name": name.as_str(),
        "sql": "select id, name, quantity, state from lines\n     where order_id = ?1\n     order by id",
        "declared": null,
        "steps": [{"depth": 0, "detail": "SEARCH lines USING INDEX lines_by_order (order_id=?)", "kind": "search"}],
        "flags": [],
    }))
}
