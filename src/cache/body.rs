//! A finished answer: JSON, its compressed forms and their ETags, all made once.

use std::io::Write;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::error::Refused;

/// Below this a compressed form saves nothing that a packet would notice.
pub(super) const COMPRESS_FROM_BYTES: usize = 1024;
/// Bytes of the hash that go into an ETag: 96 bits.
const ETAG_HASH_BYTES: usize = 12;

/// The form a body travels in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Identity,
    Zstd,
    Gzip,
}

impl Coding {
    /// The word for `Content-Encoding`; none for the plain form.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Coding::Identity => None,
            Coding::Zstd => Some("zstd"),
            Coding::Gzip => Some("gzip"),
        }
    }

    /// What tells this coding's ETag from the plain form's.
    pub fn suffix(self) -> &'static str {
        match self {
            Coding::Identity => "",
            Coding::Zstd => "-zstd",
            Coding::Gzip => "-gzip",
        }
    }
}

/// A body that is sent once, in the form its client wants; quick rather than small.
pub fn encode_once(json: Vec<u8>, accept_encoding: Option<&str>) -> (Coding, Vec<u8>) {
    let wanted = accept_encoding.filter(|_| json.len() > COMPRESS_FROM_BYTES).map(Wanted::parse);
    let packed = match wanted.map_or(Coding::Identity, |wanted| wanted.coding()) {
        Coding::Zstd => zstd::bulk::compress(&json, 1).map(|bytes| (Coding::Zstd, bytes)),
        Coding::Gzip => gzip(&json, 1).map(|bytes| (Coding::Gzip, bytes)),
        Coding::Identity => return (Coding::Identity, json),
    };
    packed.unwrap_or((Coding::Identity, json))
}

/// How hard to press, by what a body is for.
#[derive(Debug, Clone, Copy)]
struct Levels {
    zstd: i32,
    gzip: u32,
}

/// For what is sent a thousand times.
const SMALL: Levels = Levels { zstd: 3, gzip: 6 };
/// For what may be gone in a second.
const QUICK: Levels = Levels { zstd: 1, gzip: 1 };

/// A body in every coding it can travel in.
#[derive(Debug, Clone)]
pub struct Body {
    pub json: Bytes,
    /// Only where it is worth it, here and below.
    pub zstd: Option<Bytes>,
    pub gzip: Option<Bytes>,
    /// `Link`, for pages.
    pub link: Option<Box<str>>,
    etags: Etags,
    refused: Option<Box<Refused>>,
}

/// Quoted, ready for their header: one a coding, since the bytes differ.
#[derive(Debug, Clone)]
struct Etags {
    json: HeaderValue,
    zstd: HeaderValue,
    gzip: HeaderValue,
}

impl Etags {
    fn of(core: &str) -> Self {
        let etag = |coding: Coding| {
            let quoted = format!("\"{core}{}\"", coding.suffix());
            HeaderValue::try_from(quoted).unwrap_or(HeaderValue::from_static("\"\""))
        };
        Self { json: etag(Coding::Identity), zstd: etag(Coding::Zstd), gzip: etag(Coding::Gzip) }
    }
}

impl Body {
    /// A body whose ETag is a hash of its JSON. Compresses, which takes milliseconds for large
    /// bodies: build it off the event loop.
    pub fn new(json: Vec<u8>) -> Self {
        let core = hash(&json);
        Self::packed(json, &core, SMALL)
    }

    /// A body whose ETag is given, without quotes: visible characters but `"` and `,`.
    pub fn with_etag(json: Vec<u8>, etag_core: &str) -> Self {
        Self::packed(json, etag_core, SMALL)
    }

    /// A body that the next order may make old: compressed in a fraction of the time, a little larger.
    /// Without an ETag its own is a hash.
    pub fn quick(json: Vec<u8>, etag_core: Option<String>) -> Self {
        let core = etag_core.unwrap_or_else(|| hash(&json));
        Self::packed(json, &core, QUICK)
    }

    /// A part of other bodies, never sent alone: neither compressed nor tagged.
    pub fn part(json: Vec<u8>) -> Self {
        Self { json: exact(json), zstd: None, gzip: None, link: None, etags: Etags::of(""), refused: None }
    }

    /// That there is no such thing. Only for what a commit that makes it touches a tag of, and with an
    /// `until`, so that made-up names do not fill the cache.
    pub fn refusal(refused: Box<Refused>) -> Self {
        Self { refused: Some(refused), ..Self::part(Vec::new()) }
    }

    /// What is answered instead of a body.
    pub fn refused(&self) -> Option<&Refused> {
        self.refused.as_deref()
    }

    #[must_use]
    pub fn link(mut self, link: Option<String>) -> Self {
        self.link = link.map(String::into_boxed_str);
        self
    }

    fn packed(json: Vec<u8>, etag_core: &str, levels: Levels) -> Self {
        debug_assert!(etag_core.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b','));
        let compressible = json.len() > COMPRESS_FROM_BYTES;
        let smaller = |packed: Vec<u8>| (packed.len() < json.len()).then(|| exact(packed));
        // Writing into memory does not fail; if it did, the plain form would do.
        let zstd = compressible.then(|| zstd::bulk::compress(&json, levels.zstd).ok()).flatten().and_then(smaller);
        let gzip = compressible.then(|| gzip(&json, levels.gzip).ok()).flatten().and_then(smaller);
        Self { json: exact(json), zstd, gzip, link: None, etags: Etags::of(etag_core), refused: None }
    }

    /// The form to send to a client that sent this `Accept-Encoding`, and its ETag: the one with the
    /// highest q, of equals zstd before gzip before plain (RFC 9110, 12.5.3). The plain form goes out
    /// even where a client rules it out and leaves nothing else.
    pub fn pick(&self, accept_encoding: Option<&str>) -> (Coding, &Bytes, &HeaderValue) {
        let plain = (Coding::Identity, &self.json, &self.etags.json);
        if self.zstd.is_none() && self.gzip.is_none() {
            return plain;
        }
        let Some(accept_encoding) = accept_encoding else { return plain };
        let wanted = Wanted::parse(accept_encoding);
        let zstd = self.zstd.as_ref().map(|bytes| (wanted.zstd, (Coding::Zstd, bytes, &self.etags.zstd)));
        let gzip = self.gzip.as_ref().map(|bytes| (wanted.gzip, (Coding::Gzip, bytes, &self.etags.gzip)));
        let mut best = (wanted.identity, plain);
        for form in [gzip, zstd].into_iter().flatten() {
            if form.0 > 0 && form.0 >= best.0 {
                best = form;
            }
        }
        best.1
    }

    /// The ETag of one coding, quoted.
    pub fn etag(&self, coding: Coding) -> &HeaderValue {
        match coding {
            Coding::Identity => &self.etags.json,
            Coding::Zstd => &self.etags.zstd,
            Coding::Gzip => &self.etags.gzip,
        }
    }

    /// Whether an `If-None-Match` names this body in any coding, or anything at all (`*`). Compares
    /// weakly (RFC 9110, 13.1.2).
    pub fn matches(&self, if_none_match: &str) -> bool {
        if_none_match.split(',').map(str::trim).any(|tag| {
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            tag == "*" || [&self.etags.json, &self.etags.zstd, &self.etags.gzip].iter().any(|own| tag == *own)
        })
    }

    /// Bytes of all forms together.
    pub(super) fn bytes(&self) -> usize {
        let packed = self.zstd.as_ref().map_or(0, Bytes::len) + self.gzip.as_ref().map_or(0, Bytes::len);
        self.json.len() + packed + self.link.as_ref().map_or(0, |link| link.len())
    }
}

fn hash(json: &[u8]) -> String {
    let hash = Sha256::digest(json);
    hash.iter().take(ETAG_HASH_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

fn gzip(json: &[u8], level: u32) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(json.len() / 4), Compression::new(level));
    encoder.write_all(json)?;
    encoder.finish()
}

/// Gives back what a buffer reserved beyond its length, since these bytes stay for an hour.
fn exact(bytes: Vec<u8>) -> Bytes {
    Bytes::from(bytes.into_boxed_slice())
}

/// How much a client wants each coding, in thousandths.
pub(super) struct Wanted {
    zstd: u16,
    gzip: u16,
    identity: u16,
}

impl Wanted {
    pub(super) fn parse(header: &str) -> Self {
        let (mut zstd, mut gzip, mut identity, mut any) = (None, None, None, None);
        for part in header.split(',') {
            let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
            let q = Some(quality(parameters));
            match name.trim() {
                name if name.eq_ignore_ascii_case("zstd") => zstd = q,
                name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => gzip = q,
                name if name.eq_ignore_ascii_case("identity") => identity = q,
                "*" => any = q,
                _ => {}
            }
        }
        let of = |named: Option<u16>| named.or(any).unwrap_or(0);
        // Unnamed, the plain form is what is left when nothing else is wanted.
        Self { zstd: of(zstd), gzip: of(gzip), identity: identity.unwrap_or(0) }
    }

    /// The one wanted most, of equals zstd before gzip before plain.
    pub(super) fn coding(&self) -> Coding {
        if self.zstd > 0 && self.zstd >= self.gzip && self.zstd >= self.identity {
            Coding::Zstd
        } else if self.gzip > 0 && self.gzip >= self.identity {
            Coding::Gzip
        } else {
            Coding::Identity
        }
    }
}

/// The q among `parameters` in thousandths: 1000 when absent, 0 when it does not read as one.
fn quality(parameters: &str) -> u16 {
    let mut named = parameters.split(';').filter_map(|p| p.split_once('='));
    let Some((_, value)) = named.find(|(name, _)| name.trim().eq_ignore_ascii_case("q")) else { return 1000 };
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    let thousandths = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let thousandths = thousandths.fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match whole {
        "1" => 1000,
        "0" => thousandths,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn long() -> Vec<u8> {
        format!("[{}0]", r#"{"name":"margherita"},"#.repeat(200)).into_bytes()
    }

    #[test]
    fn coding_is_picked_by_what_the_client_wants() {
        let body = Body::with_etag(long(), "7.2");
        let check = |accept: Option<&str>, coding: Coding, etag: &str| {
            let (picked, bytes, picked_etag) = body.pick(accept);
            assert_eq!((picked, picked_etag.to_str().unwrap()), (coding, etag), "{accept:?}");
            let own = match coding {
                Coding::Identity => Some(&body.json),
                Coding::Zstd => body.zstd.as_ref(),
                Coding::Gzip => body.gzip.as_ref(),
            };
            assert_eq!(Some(bytes), own, "{accept:?}");
            assert_eq!(body.etag(coding), etag);
        };
        let plain = |accept| check(accept, Coding::Identity, "\"7.2\"");
        let zstd = |accept| check(Some(accept), Coding::Zstd, "\"7.2-zstd\"");
        let gzip = |accept| check(Some(accept), Coding::Gzip, "\"7.2-gzip\"");
        plain(None);
        plain(Some(""));
        plain(Some("br, deflate"));
        plain(Some("identity"));
        plain(Some("zstd;q=0, gzip;q=0.000"));
        plain(Some("*;q=0"));
        plain(Some("identity;q=0"));
        plain(Some("identity, gzip;q=0.5"));
        plain(Some("zstd;q=x"));
        plain(Some("zstd;q=1.0001"));
        zstd("gzip, deflate, br, zstd");
        zstd("zstd");
        zstd("ZSTD;Q=0.001");
        zstd("gzip;q=0.8, zstd;q=0.8");
        zstd("*");
        zstd("gzip;q=0, *");
        zstd("identity, zstd ; q=1");
        gzip("gzip");
        gzip("x-gzip");
        gzip("zstd;q=0, gzip");
        gzip("gzip;q=1.0, zstd;q=0.999");
        gzip("zstd;q=0, *;q=0.1");
    }

    #[test]
    fn compressed_forms_unpack_to_the_json() {
        let body = Body::new(long());
        let zstd = zstd::bulk::decompress(body.zstd.as_ref().unwrap(), 1 << 20).unwrap();
        assert_eq!(zstd, body.json);
        let mut gzip = Vec::new();
        flate2::read::GzDecoder::new(&body.gzip.as_ref().unwrap()[..]).read_to_end(&mut gzip).unwrap();
        assert_eq!(gzip, body.json);
    }

    #[test]
    fn compressed_forms_stand_only_where_they_save() {
        let check = |json: Vec<u8>, packed: bool| {
            let length = json.len();
            let body = Body::new(json);
            assert_eq!((body.zstd.is_some(), body.gzip.is_some()), (packed, packed), "{length} bytes");
        };
        check(Vec::new(), false);
        check(vec![b' '; COMPRESS_FROM_BYTES], false);
        check(vec![b' '; COMPRESS_FROM_BYTES + 1], true);
        // Hashes of a counter do not compress.
        check((0..64_u8).flat_map(|n| Sha256::digest([n])).collect(), false);
    }

    #[test]
    fn a_quick_body_says_the_same_in_other_bytes() {
        let (small, quick) = (Body::new(long()), Body::quick(long(), None));
        assert_eq!((&small.json, small.etag(Coding::Identity)), (&quick.json, quick.etag(Coding::Identity)));
        let zstd = zstd::bulk::decompress(quick.zstd.as_ref().unwrap(), 1 << 20).unwrap();
        assert_eq!(zstd, quick.json);
        assert_eq!(Body::quick(long(), Some("7.2".to_owned())).etag(Coding::Gzip), "\"7.2-gzip\"");
        let part = Body::part(long());
        assert!(part.zstd.is_none() && part.gzip.is_none() && part.bytes() == part.json.len());
    }

    #[test]
    fn etag_follows_the_json() {
        let etag = |json: &str| Body::new(json.as_bytes().to_vec()).etag(Coding::Identity).clone();
        // sha256 of the empty string, truncated.
        assert_eq!(etag(""), "\"e3b0c44298fc1c149afbf4c8\"");
        assert_eq!(etag("{}"), etag("{}"));
        assert_ne!(etag("{}"), etag("[]"));
    }

    #[test]
    fn if_none_match_compares_weakly_over_all_codings() {
        let body = Body::with_etag(b"{}".to_vec(), "3.1");
        let check = |header: &str, same: bool| assert_eq!(body.matches(header), same, "{header}");
        check("\"3.1\"", true);
        check("W/\"3.1\"", true);
        check("\"3.1-zstd\"", true);
        check("W/\"3.1-gzip\"", true);
        check("\"3.0\", W/\"3.1\" , \"3.2\"", true);
        check("*", true);
        check("", false);
        check("3.1", false);
        check("\"3.1-br\"", false);
        check("\"3.0\"", false);
        check("w/\"3.1\"", false);
    }
}
