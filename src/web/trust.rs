//! How a terminal comes to trust the till server: a page and the authority's certificate, the only things that
//! whoever asks in clear text gets from the LAN. Neither holds a secret.
//!
//! That page itself may be changed on its way; what cannot be is the fingerprint that the server's own log says,
//! with which the page asks to compare.

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};

use super::wire::{Line, Reached};
use super::{House, Tls, pages, problem};
use crate::error::{Error, Refusal, Result};

pub(super) const PAGE: &str = "/trust";
const DER: &str = "/trust/comanda-ca.crt";
const PEM: &str = "/trust/comanda-ca.pem";

pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route(PAGE, web::get().to(page)).route(DER, web::get().to(der)).route(PEM, web::get().to(pem));
}

/// What a request gets that came in clear text where it may not, unless it asks for what anybody may have: whoever
/// looks with a browser is led to the page, a program is told.
pub(super) fn in_clear(req: &ServiceRequest) -> Option<Result<HttpResponse>> {
    let reached = req.conn_data::<Reached>().filter(|reached| reached.line == Line::Clear)?;
    if [PAGE, DER, PEM].contains(&req.path()) || req.path().starts_with("/assets/") {
        return None;
    }
    let accepts = req.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if *req.method() == Method::GET && accepts.contains("text/html") {
        let mut answer = HttpResponse::TemporaryRedirect();
        return Some(Ok(answer
            .insert_header((header::LOCATION, PAGE))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish()));
    }
    let at = reached.at;
    let why = format!("Ask https://{at} instead. How a terminal comes to trust it stands at http://{at}{PAGE}.");
    Some(Err(Refusal::TlsRequired.because(why).into()))
}

fn tls(house: &House) -> Result<&Tls> {
    let none = || Refusal::NotFound.because("This server is asked in clear text; there is nothing to trust.");
    Ok(house.tls.as_deref().ok_or_else(none)?)
}

async fn page(house: Data<House>, req: HttpRequest) -> Result<HttpResponse, Error> {
    let fingerprint = tls(&house)?.fingerprint();
    let at = req.conn_data::<Reached>().map(|reached| reached.at.to_string()).unwrap_or_default();
    let trouble = house.store.trouble();
    let trouble = trouble.map(|now| format!("<p class=\"trouble\" role=\"alert\">{}</p>", problem::plain(&now.detail)));
    let text = pages::trust_page()
        .replace("{address}", &format!("https://{at}"))
        .replace("{fingerprint}", &fingerprint)
        .replace("{trouble}", &trouble.unwrap_or_default());
    let mut answer = HttpResponse::Ok();
    pages::as_page(&mut answer);
    answer.insert_header((header::CACHE_CONTROL, "no-cache")).content_type("text/html; charset=utf-8");
    Ok(answer.body(text))
}

async fn der(house: Data<House>) -> Result<HttpResponse, Error> {
    Ok(certificate("application/x-x509-ca-cert", tls(&house)?.der().to_vec()))
}

async fn pem(house: Data<House>) -> Result<HttpResponse, Error> {
    Ok(certificate("application/x-pem-file", tls(&house)?.pem().as_bytes().to_vec()))
}

fn certificate(kind: &'static str, bytes: Vec<u8>) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(kind)));
    answer.insert_header((header::CACHE_CONTROL, "no-cache")).body(bytes)
}
