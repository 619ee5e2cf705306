//! What the server says of itself: OpenAPI from the handlers, and which methods an address takes.

mod answers;
mod asked;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use actix_web::dev::ResourceDef;
use actix_web::error::PathError;
use actix_web::http::Method;
use actix_web::{App, HttpRequest, HttpResponse, get};
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{ResponseBuilder, Responses};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, Header, Info, KnownFormat, ObjectBuilder, OpenApi, Ref, RefOr, Required, SchemaFormat,
    Type,
};
use utoipa_actix_web::AppExt;

use super::health::UNLIMITED;
use crate::cache::Body;
use crate::error::{Error, Fault, Refusal, Result};
use crate::web::{Anyone, problem};

/// Addresses that ask for no token.
const PUBLIC: &[&str] = &[
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/problems/{code}",
    "/api/v1/devices/pair",
    "/api/v1/stats/sessions",
];
/// POSTs that need no key: they are no effect worth repeating safely.
const KEYLESS: [&str; 4] =
    ["/api/v1/sessions", "/api/v1/devices/pair", "/api/v1/stats/sessions", "/api/v1/stats/sessions/current"];
/// Addresses of one thing, which a header names.
const NAMED_BY_HEADER: [&str; 1] = ["/api/v1/vouchers"];

/// Headers of problems: what they say, and under which statuses.
const HEADERS: &[(&str, &str, &[u16])] = &[
    ("Retry-After", "Seconds to wait.", &[429, 503]),
    ("RateLimit", "The limit that was met, such as `\"device\";r=0;t=1`: nothing left, for a second.", &[429]),
    ("RateLimit-Policy", "That limit: of `\"device\";q=300;w=6`, 300 at once come back in 6 seconds.", &[429]),
];

struct Described {
    body: Arc<Body>,
    routes: Vec<(Method, ResourceDef)>,
}

/// Made when first asked for: it is the same as long as the program is.
fn described() -> Result<&'static Described> {
    static DESCRIBED: OnceLock<Option<Described>> = OnceLock::new();
    let made = DESCRIBED.get_or_init(|| {
        let api = openapi();
        let routes = routes(&api);
        serde_json::to_vec(&api).ok().map(|json| Described { body: Arc::new(Body::quick(json, None)), routes })
    });
    made.as_ref().ok_or_else(|| Fault::new("the description does not serialise").into())
}

/// The description of every route.
pub fn openapi() -> OpenApi {
    let (_, mut api) = App::new().into_utoipa_app().configure(super::routes).split_for_parts();
    api.info = Info::new("Comanda", env!("CARGO_PKG_VERSION"));
    api.info.description = Some(
        "The back of a restaurant's point of sale. Amounts are integers in minor units of the restaurant's currency."
            .to_owned(),
    );
    let components = api.components.get_or_insert_with(Components::new);
    common(components);
    answers::common(components);
    api.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    for (path, item) in &mut api.paths.paths {
        let operations = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Patch, &mut item.patch),
            (HttpMethod::Delete, &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                complete(path, &method, operation);
            }
        }
    }
    api
}

/// What every route shares.
fn common(components: &mut Components) {
    let bearer = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A session's, a device's or an integration's token."))
        .build();
    components.security_schemes.insert("bearer".to_owned(), SecurityScheme::Http(bearer).into());
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let fault = ObjectBuilder::new().property("pointer", text()).property("code", text()).property("detail", text());
    let status =
        ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)));
    let problem = ObjectBuilder::new()
        .description(Some("RFC 9457. Some codes bring facts of their own beside these."))
        .property("type", text())
        .property("title", text())
        .property("status", status)
        .property("code", text())
        .property("detail", text())
        .property("request_id", text())
        .property("errors", utoipa::openapi::ArrayBuilder::new().items(fault))
        .required("type")
        .required("title")
        .required("status")
        .required("code")
        .required("request_id");
    components.schemas.insert("Problem".to_owned(), problem.into());
    let mut codes: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for refusal in Refusal::ALL {
        let told = format!("`{}`: {}", refusal.code(), refusal.title());
        codes.entry(refusal.status()).or_default().push(told);
    }
    codes.entry(500).or_default().push("`fault`: Something in the till server broke.".to_owned());
    for (status, codes) in codes {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let mut response =
            ResponseBuilder::new().description(codes.join("\n\n")).content(problem::CONTENT_TYPE, content);
        for (name, about, statuses) in HEADERS {
            if statuses.contains(&status) {
                let mut header = Header::new(text());
                header.description = Some((*about).to_owned());
                response = response.header(*name, header);
            }
        }
        components.responses.insert(format!("Problem{status}"), response.build().into());
    }
}

/// What follows from an operation's address and method.
fn complete(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let word = match method {
        HttpMethod::Get => "get",
        HttpMethod::Post => "post",
        HttpMethod::Put => "put",
        HttpMethod::Patch => "patch",
        _ => "delete",
    };
    // Handlers of two domains may share a name; an id of the description may not.
    let address = path.trim_start_matches("/api/v1").replace(['{', '}'], "");
    operation.operation_id = Some(format!("{word}{}", address.replace(['/', '-', '.'], "_")));
    let public = PUBLIC.contains(&path);
    let writes = *method != HttpMethod::Get;
    if public {
        operation.security = Some(vec![SecurityRequirement::default()]);
    }
    // Nobody may be signed in, and nothing be running, though no id is asked for.
    let ends = *method == HttpMethod::Delete;
    let names = path.contains('{') || NAMED_BY_HEADER.contains(&path);
    let statuses: &[(u16, bool)] = &[
        (400, writes),
        (401, writes || !public),
        (403, true),
        (404, ends || names),
        (408, writes),
        (409, writes),
        (412, writes && path.contains('{')),
        (413, writes),
        (415, writes),
        (421, true),
        (422, writes || operation.parameters.as_ref().is_some_and(|p| !p.is_empty())),
        (428, writes && path.contains('{')),
        (429, !UNLIMITED.contains(&path)),
        (500, true),
        (503, true),
    ];
    answers::complete(path, operation);
    asked::complete(path, operation);
    let responses: &mut Responses = &mut operation.responses;
    for (status, _) in statuses.iter().filter(|(_, applies)| *applies) {
        let reference = RefOr::Ref(Ref::new(format!("#/components/responses/Problem{status}")));
        responses.responses.entry(status.to_string()).or_insert(reference);
    }
    if writes && !KEYLESS.contains(&path) {
        let key = asked::key(*method == HttpMethod::Post);
        operation.parameters.get_or_insert_default().push(key.into());
    }
    if writes && path.starts_with("/api/v1/orders/{") {
        header(operation, "If-Match", false, "The order's ETag, where the call could undo somebody's work.");
    }
    let approvable = ["/api/v1/orders/{", "/api/v1/payments/{", "/api/v1/accounts/{", "/api/v1/drawers/{"];
    if writes && approvable.iter().any(|of| path.starts_with(of)) {
        header(operation, "Approval", false, "What POST /api/v1/approvals answered, where the call asked for it.");
    }
}

fn header(operation: &mut Operation, name: &str, required: bool, about: &str) {
    let parameter: Parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(if required { Required::True } else { Required::False })
        .description(Some(about))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build();
    operation.parameters.get_or_insert_default().push(parameter.into());
}

fn routes(api: &OpenApi) -> Vec<(Method, ResourceDef)> {
    let mut routes = Vec::new();
    for (path, item) in &api.paths.paths {
        let methods = [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        let there = methods.into_iter().filter(|(_, operation)| operation.is_some());
        routes.extend(there.map(|(method, _)| (method, ResourceDef::new(path.as_str()))));
    }
    routes
}

/// This very description.
#[utoipa::path(tag = "openapi", responses((status = 200, body = Object)))]
#[get("/openapi.json")]
async fn document(call: Anyone) -> Result<HttpResponse> {
    call.answer_kept(&described()?.body)
}

/// The methods of an address, as `Allow` has them. One that is written out (`/devices/pair`) is not also an id
/// of another (`/devices/{id}`).
fn methods(path: &str) -> Result<Vec<&'static str>> {
    let taking = |written: bool| {
        let routes = described()?.routes.iter();
        let there = routes.filter(|(_, route)| route.is_match(path) && (route.pattern() == Some(path)) == written);
        Ok::<_, Error>(there.map(|(method, _)| method.as_str()).collect::<Vec<_>>())
    };
    let written = taking(true)?;
    if written.is_empty() { taking(false) } else { Ok(written) }
}

fn takes_only(path: &str, methods: &[&str]) -> Error {
    let allow = methods.join(", ");
    let refused = Refusal::MethodNotAllowed.because(format!("{path} takes {allow}.")).with("allow", allow.as_str());
    refused.into()
}

/// Whatever no route took: no such address, or not that method.
pub(super) async fn nothing_here(req: HttpRequest) -> Result<HttpResponse> {
    let path = req.path();
    let methods = methods(path)?;
    if methods.is_empty() {
        return Err(Refusal::NotFound.because(format!("There is nothing at {path}.")).into());
    }
    Err(takes_only(path, &methods))
}

/// An id that is none: nothing has it, or it is the name of another address, which does not take that method.
pub(super) fn no_id(error: PathError, req: &HttpRequest) -> actix_web::Error {
    match methods(req.path()) {
        Ok(methods) if !methods.contains(&req.method().as_str()) => takes_only(req.path(), &methods).into(),
        _ => error.into(),
    }
}

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(document);
}
