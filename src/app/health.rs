//! What a supervisor asks: is it alive, is it ready.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;

use crate::error::{Refusal, Result};
use crate::store::Health;
use crate::web::turns::Turns;
use crate::web::{Anyone, House, Reply};

/// Answered also while the server stops.
pub(super) const ALWAYS: &[&str] = &["/livez", "/readyz"];
/// Answered however much is asked.
pub(super) const UNLIMITED: &[&str] = &["/livez", "/readyz", "/metrics"];

/// `ok`, and with `?verbose` what was looked at.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Ready {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Checks>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Checks {
    store: &'static str,
    /// Writes waiting for their turn.
    writes_waiting: u64,
    /// Bytes of the write-ahead log in use.
    log_bytes: u64,
    version: &'static str,
}

/// Answers as long as the process can answer at all.
#[utoipa::path(tag = "health", responses((status = 200, body = Ready)))]
#[get("/livez")]
async fn livez(call: Anyone) -> Result<HttpResponse> {
    let alive = Reply::ok(&Ready { status: "ok", checks: None })?;
    Ok(call.answer(alive))
}

/// 200 while it takes writes, 503 with the reason where it does not.
#[utoipa::path(tag = "health", params(("verbose" = Option<String>, Query)), responses((status = 200, body = Ready)))]
#[get("/readyz")]
async fn readyz(call: Anyone, turns: Data<Turns>, req: HttpRequest) -> Result<HttpResponse> {
    store_ready(&call.house, &turns)?;
    let verbose = req.query_string().split('&').any(|p| p == "verbose" || p.starts_with("verbose="));
    let stats = call.house.store.stats();
    let checks = verbose.then_some(Checks {
        store: "writable",
        writes_waiting: stats.queue,
        log_bytes: stats.wal_bytes,
        version: env!("CARGO_PKG_VERSION"),
    });
    let ready = Reply::ok(&Ready { status: "ok", checks })?;
    Ok(call.answer(ready))
}

fn store_ready(house: &House, turns: &Turns) -> Result<()> {
    if turns.stopping() {
        return Err(Refusal::Stopping.into());
    }
    if let Some(trouble) = house.store.trouble() {
        return Err(trouble.into());
    }
    if house.store.health() == Health::Stopping {
        return Err(Refusal::Stopping.into());
    }
    Ok(())
}

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(livez).service(readyz);
}
