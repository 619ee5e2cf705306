//! Errors as `application/problem+json` (RFC 9457), and the pages their types point to.

use actix_web::dev::ServiceResponse;
use actix_web::error::{JsonPayloadError, PathError, PayloadError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, ResponseError, get};
use serde_json::{Map, Value, json};

use super::House;
use crate::cache::encode_once;
use crate::error::{Error, Extra, Refusal, Refused};

pub const CONTENT_TYPE: &str = "application/problem+json";

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Error::Refused(refused) => status(refused.refusal),
            Error::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        // The middleware renders the body, since it knows the request's id.
        HttpResponse::new(self.status_code())
    }
}

fn status(refusal: Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Replaces whatever error a route or the framework answered with by its problem.
pub(super) fn render_errors(answer: ServiceResponse, request_id: &str) -> ServiceResponse {
    let Some(error) = answer.response().error() else { return answer };
    let coding = answer.request().headers().get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok());
    let problem = match error.as_error::<Error>() {
        Some(Error::Refused(refused)) => refused_response(refused, request_id, coding),
        Some(Error::Fault(fault)) => {
            log::error!("request {request_id}: {fault}");
            fault_response(request_id)
        }
        None => refused_response(&of_framework(error, answer.status()), request_id, coding),
    };
    let (request, _) = answer.into_parts();
    ServiceResponse::new(request, problem)
}

/// The framework's own complaints in the house's words. None of them is the server's fault.
fn of_framework(error: &actix_web::Error, status: StatusCode) -> Refused {
    let detail = error.to_string();
    if error.as_error::<PathError>().is_some() {
        return Refusal::NotFound.into();
    }
    if error.as_error::<QueryPayloadError>().is_some() {
        return Refusal::Invalid.because(detail);
    }
    let too_large = matches!(error.as_error::<PayloadError>(), Some(PayloadError::Overflow))
        || matches!(
            error.as_error::<JsonPayloadError>(),
            Some(JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. })
        );
    if too_large {
        return Refusal::TooLarge.into();
    }
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge.into(),
        StatusCode::NOT_FOUND => Refusal::NotFound.into(),
        StatusCode::METHOD_NOT_ALLOWED => Refusal::MethodNotAllowed.into(),
        _ => Refusal::BadRequest.because(detail),
    }
}

fn refused_response(refused: &Refused, request_id: &str, accept_encoding: Option<&str>) -> HttpResponse {
    let refusal = refused.refusal;
    let mut problem = Map::new();
    problem.insert("type".into(), json!(format!("/problems/{}", refusal.code())));
    problem.insert("title".into(), json!(refusal.title()));
    problem.insert("status".into(), json!(refusal.status()));
    problem.insert("code".into(), json!(refusal.code()));
    problem.insert("detail".into(), json!(refused.detail));
    problem.insert("request_id".into(), json!(request_id));
    if !refused.errors.is_empty() {
        let errors: Vec<Value> = refused
            .errors
            .iter()
            .map(|e| json!({"pointer": e.pointer, "code": e.invalid.code, "detail": e.invalid.detail}))
            .collect();
        problem.insert("errors".into(), Value::Array(errors));
    }
    for (name, extra) in &refused.extra {
        let value = match extra {
            Extra::Int(v) => json!(v),
            Extra::Text(v) => json!(v),
            Extra::Json(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        };
        problem.insert((*name).into(), value);
    }
    let mut response = HttpResponse::build(status(refusal));
    response.content_type(CONTENT_TYPE).insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(seconds) = refused.retry_after_s.or((refusal.status() == 503).then_some(1)) {
        response.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
    }
    if let Some((_, Extra::Text(methods))) = refused.extra.iter().find(|(name, _)| *name == "allow") {
        response.insert_header((header::ALLOW, methods.as_str()));
    }
    if matches!(refusal.status(), 408 | 413) {
        // What is still to come would be read as the next request.
        response.force_close();
    }
    if refusal.status() == 426 {
        // RFC 9110, 15.5.22.
        response.insert_header((header::UPGRADE, "TLS/1.2, HTTP/1.1"));
    }
    if refusal.status() == 401 {
        response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    // It may bring a whole order, or a fault for every line.
    let (coding, body) = encode_once(Value::Object(problem).to_string().into_bytes(), accept_encoding);
    if let Some(name) = coding.name() {
        response.insert_header((header::CONTENT_ENCODING, name));
    }
    response.insert_header((header::VARY, "accept-encoding"));
    response.body(body)
}

fn fault_response(request_id: &str) -> HttpResponse {
    let problem = json!({
        "type": "/problems/fault", "title": "Something in the till server broke.", "status": 500,
        "code": "fault", "detail": "The request id leads to the cause in the server's log.",
        "request_id": request_id,
    });
    HttpResponse::InternalServerError()
        .content_type(CONTENT_TYPE)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(problem.to_string())
}

/// Text as a page shows it.
pub(super) fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// What a problem's `type` points to: its code in words, for whoever reads an error by hand.
#[utoipa::path(tag = "problems", params(("code" = String, Path)), responses((status = 200, content_type = "text/html")))]
#[get("/problems/{code}")]
pub(crate) async fn page(code: Path<String>, house: Data<House>) -> Result<HttpResponse, Error> {
    let known = Refusal::ALL.iter().find(|r| r.code() == code.as_str());
    let (code, status, title) = match known {
        Some(refusal) => (refusal.code(), refusal.status(), refusal.title()),
        None if code.as_str() == "fault" => ("fault", 500, "Something in the till server broke."),
        None => return Err(Refusal::NotFound.into()),
    };
    // The one thing to know just now, whatever somebody came to read.
    let trouble = house.store.trouble().map(|now| format!("<p role=alert><strong>{}</strong></p>", plain(&now.detail)));
    let trouble = trouble.unwrap_or_default();
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/html; charset=utf-8");
    answer.insert_header((
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    ));
    Ok(answer.body(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>{code}</title>\
         {trouble}<h1>{code}</h1><p>{title}</p><p>HTTP status {status}.</p></html>"
    )))
}
