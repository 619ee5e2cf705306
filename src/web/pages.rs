//! The pages people open in a browser, and what they load: plain files in `pages/`, part of the program.
//!
//! An asset is served under a name that holds a hash of its bytes and is kept by browsers for good; a
//! page is asked for anew each time, which costs a 304. In the files an asset is named plainly
//! (`/assets/stats.js`); the hash is put in when they are first asked for.

use std::sync::OnceLock;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{self, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use sha2::{Digest, Sha256};

use super::trust;
use crate::cache::Body;
use crate::error::{Error, Refusal};

/// What a page may do: nothing but load its own files and ask its own server. No script or style stands
/// in a page, none can be put there as text, no form is sent, nobody frames it.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// Hexadecimal digits of the hash that go into a name.
const NAME_HASH_DIGITS: usize = 12;

#[derive(Debug, Clone, Copy)]
struct File {
    name: &'static str,
    bytes: &'static [u8],
}

macro_rules! files {
    ($($name:literal at $path:literal),* $(,)?) => {
        &[$(File { name: $name, bytes: include_bytes!(concat!("pages/", $path)) }),*]
    };
}

/// Each may name those before it.
static ASSETS: &[File] = files![
    "uplot.js" at "vendor/uplot/uPlot.iife.min.js",
    "uplot.css" at "vendor/uplot/uPlot.min.css",
    "icon.svg" at "icon.svg",
    "stats.css" at "stats.css",
    "words.js" at "words.js",
    "parts.js" at "parts.js",
    "server.js" at "server.js",
    "charts.js" at "charts.js",
    "sections.js" at "sections.js",
    "stats.js" at "stats.js",
];
static STATS: &[u8] = include_bytes!("pages/stats.html");
static TRUST: &[u8] = include_bytes!("pages/trust.html");

/// A file as it is sent.
#[derive(Debug)]
struct Served {
    /// From the host on.
    path: String,
    kind: &'static str,
    body: Body,
}

#[derive(Debug)]
struct Pages {
    assets: Vec<Served>,
    stats: Served,
    /// With its places still open.
    trust: String,
}

/// Made when a page is first asked for, and the same as long as the program is.
fn pages() -> &'static Pages {
    static PAGES: OnceLock<Pages> = OnceLock::new();
    PAGES.get_or_init(|| {
        let mut names: Vec<(String, String)> = Vec::new();
        let mut assets = Vec::new();
        for file in ASSETS {
            let bytes = named(file.bytes, &names);
            let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            let (stem, kind) = file.name.split_once('.').unwrap_or((file.name, ""));
            let path = format!("/assets/{stem}-{}.{kind}", &hash[..NAME_HASH_DIGITS]);
            names.push((format!("/assets/{}", file.name), path.clone()));
            assets.push(Served { path, kind: mime(kind), body: packed(bytes) });
        }
        let page = named(STATS, &names);
        let stats = Served { path: "/stats".to_owned(), kind: mime("html"), body: packed(page) };
        let trust = String::from_utf8_lossy(&named(TRUST, &names)).into_owned();
        Pages { assets, stats, trust }
    })
}

/// `bytes` with every plain name replaced by the one that holds its hash, and the program's version put in.
fn named(bytes: &[u8], names: &[(String, String)]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    let text = text.replace("{version}", env!("CARGO_PKG_VERSION"));
    names.iter().fold(text, |text, (plain, hashed)| text.replace(plain.as_str(), hashed)).into_bytes()
}

/// Sent often and made once: as small as can be.
fn packed(bytes: Vec<u8>) -> Body {
    let mut body = Body::new(bytes);
    if body.zstd.is_some() {
        body.zstd = zstd::bulk::compress(&body.json, 19).ok().map(web::Bytes::from).or(body.zstd);
    }
    body
}

fn mime(extension: &str) -> &'static str {
    match extension {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "text/html; charset=utf-8",
    }
}

/// These are not of the API: they are no part of its description.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/stats", web::get().to(stats)).route("/assets/{name}", web::get().to(asset));
    trust::configure(cfg);
}

async fn stats(req: HttpRequest) -> HttpResponse {
    answer(&req, &pages().stats, "no-cache", as_page)
}

/// The headers of a page.
pub(super) fn as_page(response: &mut HttpResponseBuilder) {
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("cross-origin-opener-policy", "same-origin"))
        .insert_header(("permissions-policy", "camera=(), microphone=(), geolocation=()"));
}

/// The page that says how to trust the server, with its places still open.
pub(super) fn trust_page() -> &'static str {
    &pages().trust
}

async fn asset(req: HttpRequest, name: Path<String>) -> Result<HttpResponse, Error> {
    let found = pages().assets.iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(name.as_str()));
    let found = found.ok_or(Refusal::NotFound)?;
    Ok(answer(&req, found, FOR_GOOD, |response| {
        response.insert_header(("cross-origin-resource-policy", "same-origin"));
    }))
}

fn answer(
    req: &HttpRequest,
    file: &Served,
    kept: &'static str,
    more: impl FnOnce(&mut HttpResponseBuilder),
) -> HttpResponse {
    let text = |name| req.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let (coding, bytes, etag) = file.body.pick(text(header::ACCEPT_ENCODING));
    let seen = text(header::IF_NONE_MATCH).is_some_and(|seen| file.body.matches(seen));
    let mut response = if seen { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, kept))
        .insert_header((header::VARY, "accept-encoding"));
    more(&mut response);
    if seen {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, file.kind));
    if let Some(name) = coding.name() {
        response.insert_header((header::CONTENT_ENCODING, name));
    }
    response.body(bytes.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_a_file_is_that_of_an_asset() {
        let all = pages().assets.iter().chain([&pages().stats]);
        let mut found = 0;
        for file in all {
            let text = std::str::from_utf8(&file.body.json).unwrap();
            for rest in text.split("/assets/").skip(1) {
                let name = rest.split(['"', '\'']).next().unwrap();
                let path = format!("/assets/{name}");
                assert!(pages().assets.iter().any(|asset| asset.path == path), "{}: {path}", file.path);
                found += 1;
            }
        }
        assert!(found >= ASSETS.len(), "{found} names");
    }

    #[test]
    fn no_script_and_no_style_stands_in_a_page() {
        no_script_and_no_style(std::str::from_utf8(&pages().stats.body.json).unwrap());
        no_script_and_no_style(trust_page());
        for own in ASSETS.iter().filter(|file| !file.name.starts_with("uplot") && !file.name.ends_with(".svg")) {
            let text = std::str::from_utf8(own.bytes).unwrap();
            for forbidden in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://"]
            {
                assert!(!text.contains(forbidden), "{}: {forbidden}", own.name);
            }
        }
    }

    fn no_script_and_no_style(page: &str) {
        let loaded = ["<script src=\"/assets/", "<script type=\"module\" src=\"/assets/"];
        let loaded: usize = loaded.iter().map(|opening| page.matches(opening).count()).sum();
        assert_eq!(page.matches("<script").count(), loaded);
        for forbidden in ["<style", " style=", " onclick", " onload", "javascript:", "http://", "https://"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }
}
