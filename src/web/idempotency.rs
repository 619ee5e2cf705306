//! A retried request has one effect and, once it had it, one answer.
//!
//! The row is written in the savepoint of the effect, and all writes pass one writer in order: a
//! duplicate that arrives while the first still runs stands behind it in the queue and finds the row.

use actix_web::HttpRequest;
use actix_web::http::Method;
use sha2::{Digest, Sha256};

use super::reply::Reply;
use super::{packed, sql};
use crate::error::{Refusal, Result};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::DeviceId;
use crate::store::{Read, Tx};

const HEADER: &str = "idempotency-key";
/// Characters a key has at most.
pub const KEY_CHARS_MAX: usize = 64;
/// Seven days, and one for clocks that are set back.
const KEPT_MS: i64 = 8 * 24 * 60 * 60 * 1000;
/// At every so many keys as many old ones go, so that no write ever pays for a day's worth.
const EXPIRE_EVERY: i64 = 32;
const EXPIRE_MAX: i64 = 64;

/// A request's key, and what it asked for.
#[derive(Debug, Clone)]
pub(super) struct Key {
    device: DeviceId,
    key: String,
    request_hash: [u8; 32],
}

impl Key {
    /// The key of the request; required on POST, welcome elsewhere.
    pub(super) fn of(req: &HttpRequest, device: DeviceId, body: &[u8]) -> Result<Option<Self>> {
        let Some(header) = req.headers().get(HEADER) else {
            return if req.method() == Method::POST { Err(Refusal::KeyMissing.into()) } else { Ok(None) };
        };
        let is_key = |k: &&str| (1..=KEY_CHARS_MAX).contains(&k.len()) && k.bytes().all(|b| b.is_ascii_graphic());
        let key = header.to_str().ok().filter(is_key);
        let key = key.ok_or(Refusal::KeyInvalid)?.to_owned();
        let mut hash = Sha256::new();
        for part in [req.method().as_str().as_bytes(), req.uri().to_string().as_bytes(), body] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Ok(Some(Self { device, key, request_hash: hash.finalize().into() }))
    }

    /// Whether the request brings one, of whatever shape.
    pub(super) fn comes_with(req: &HttpRequest) -> bool {
        req.headers().contains_key(HEADER)
    }

    /// The stored answer, where this request already had its effect.
    pub(super) fn find(&self, tx: &Tx<'_>) -> Result<Option<Reply>> {
        match self.kept(tx)? {
            None => Ok(None),
            Some((hash, reply)) if hash == self.request_hash => Ok(Some(reply)),
            Some(_) => Err(Refusal::KeyReused.into()),
        }
    }

    /// The same for a call that is refused anyway: a key that was used for another request answers nothing.
    pub(super) fn answered(&self, db: &impl Read) -> Result<Option<Reply>> {
        Ok(self.kept(db)?.filter(|(hash, _)| *hash == self.request_hash).map(|(_, reply)| reply))
    }

    /// What this device's key was used for, and the answer.
    fn kept(&self, db: &impl Read) -> Result<Option<([u8; 32], Reply)>> {
        let row = db.opt(&sql::KEY_FIND, (self.device.get(), &self.key), |row| {
            let content_type: String = row.get(3)?;
            let reply = Reply {
                status: row.get(1)?,
                etag: row.get(2)?,
                content_type: content_type.into(),
                body: row.get(4)?,
                link: None,
                by_accept: false,
            };
            Ok((row.get(0)?, reply, row.get(5)?))
        })?;
        let Some((hash, reply, unpacked_bytes)) = row else { return Ok(None) };
        let body = packed::unpack(reply.body, unpacked_bytes)?;
        Ok(Some((hash, Reply { body, ..reply })))
    }

    /// Keeps the answer beside its effect.
    pub(super) fn keep(&self, tx: &Tx<'_>, reply: &Reply, now: UtcMs) -> Result<()> {
        let (hash, at) = (self.request_hash, now.get());
        let form = reply.content_type.as_ref();
        let body = packed::pack(&reply.body);
        let kept = (body.bytes.as_ref(), body.unpacked_bytes);
        let values = (self.device.get(), &self.key, hash, reply.status, &reply.etag, form, kept.0, kept.1, at);
        let id = tx.insert(&sql::KEY_KEEP, values)?;
        if id % EXPIRE_EVERY == 0 {
            expire(tx, now.get() - KEPT_MS)?;
        }
        Ok(())
    }
}

/// Lets go of some that are past their time. The oldest alone is looked at first: to read so many
/// that all stay would cost more than the write they come with.
fn expire(tx: &Tx<'_>, before_ms: i64) -> Result<()> {
    let oldest: Option<i64> = tx.opt(&sql::KEY_OLDEST, (), |row| row.get(0))?;
    if oldest.is_some_and(|at_ms| at_ms < before_ms) {
        tx.run(&sql::KEY_EXPIRE, (before_ms, EXPIRE_MAX))?;
    }
    Ok(())
}
