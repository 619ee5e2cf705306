//! The shapes of a handler's first argument: [`Read`], [`Write`] (of which [`WritePin`] is one) and [`Anyone`].

use std::borrow::Cow;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ahead::Fill;
use super::guard::{self, Actor, Right};
use super::idempotency;
use super::list::{self, Address};
use super::ready::Ready;
use super::reply::{self, Reply, Wants, etag_core};
use super::{House, body, deadline, retry, unread};
use crate::cache::{Body, Filled, Key, KeyBuilder, Outcome, Tag};
use crate::error::{Error, Fault, Result};
use crate::kernel::day::UtcMs;
use crate::store::{PageRequest, Snapshot, Tx};
use crate::timing::{self, CacheOutcome};

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// Also says that the request has found its handler.
fn house(req: &HttpRequest) -> Result<Data<House>> {
    deadline::routed(req);
    req.app_data::<Data<House>>().cloned().ok_or_else(|| Fault::new("no house in this server").into())
}

/// A body that says nothing.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A reading call by somebody who has the right `R`.
pub struct Read<R> {
    pub by: Actor,
    pub house: Data<House>,
    wants: Wants,
    right: PhantomData<R>,
}

impl<R: Right> FromRequest for Read<R> {
    type Error = Error;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let house = house(&req)?;
            let by = guard::authenticate(&req, &house).await?;
            R::check(&by)?;
            let wants = Wants::of(req.headers());
            Ok(Self { by, house, wants, right: PhantomData })
        })
    }
}

impl<R: Right> Read<R> {
    pub fn now(&self) -> UtcMs {
        self.house.clock.now()
    }

    /// Runs `f` on a consistent snapshot, off the event loop.
    pub async fn run<T: Send + 'static>(&self, f: impl FnOnce(&Snapshot) -> Result<T> + Send + 'static) -> Result<T> {
        self.house.store.read(f).await
    }

    /// Answers with what `f` reads.
    pub async fn reply(self, f: impl FnOnce(&Snapshot) -> Result<Reply> + Send + 'static) -> Result<HttpResponse> {
        let reply = self.run(f).await?;
        Ok(reply::of_reply(reply, &self.wants, false))
    }

    /// Answers with a reply that is already made.
    pub fn answer(self, reply: Reply) -> HttpResponse {
        reply::of_reply(reply, &self.wants, false)
    }

    /// Answers with what is ready, or has `f` make it, now and whenever a commit lets it go while it is
    /// asked for again and again.
    pub async fn ready(
        self,
        ready: &Ready<R>,
        f: impl Fn(&Snapshot) -> Result<Filled> + Send + Sync + 'static,
    ) -> Result<HttpResponse> {
        self.polled(ready.key(), ready.tags.to_vec(), f).await
    }

    /// [`Read::cached`] for what screens ask for again and again: see [`super::ahead`]. `f` runs at other
    /// times than this one too, so it reads the clock itself.
    pub async fn polled(
        self,
        key: Key,
        tags: Vec<Tag>,
        f: impl Fn(&Snapshot) -> Result<Filled> + Send + Sync + 'static,
    ) -> Result<HttpResponse> {
        if let Some(body) = self.house.cache.get(&key) {
            timing::note_cache(CacheOutcome::Hit);
            return reply::of_cache(&body, &self.wants);
        }
        let fill: Fill = Arc::new(f);
        self.house.ahead.asked(&key, &tags, &fill, self.house.now_ms());
        self.filled(key, tags, move |db| fill(db)).await
    }

    /// Answers from the cache, filling it by `f` where it has nothing. `key` says all that the answer
    /// depends on beside the rows; a commit that touches one of `tags` lets the entry go.
    pub async fn cached(
        self,
        key: Key,
        tags: Vec<Tag>,
        f: impl FnOnce(&Snapshot) -> Result<Filled> + Send + 'static,
    ) -> Result<HttpResponse> {
        if let Some(body) = self.house.cache.get(&key) {
            timing::note_cache(CacheOutcome::Hit);
            return reply::of_cache(&body, &self.wants);
        }
        self.filled(key, tags, f).await
    }

    async fn filled(
        self,
        key: Key,
        tags: Vec<Tag>,
        f: impl FnOnce(&Snapshot) -> Result<Filled> + Send + 'static,
    ) -> Result<HttpResponse> {
        let (body, outcome) = self.house.cached(key, tags, f).await?;
        timing::note_cache(match outcome {
            Outcome::Hit => CacheOutcome::Hit,
            Outcome::Miss => CacheOutcome::Miss,
            Outcome::Waited => CacheOutcome::Waited,
        });
        reply::of_cache(&body, &self.wants)
    }

    /// Answers with a page of a list that is short enough to be read whole, from the cache.
    pub async fn cached_list<T: Serialize>(
        self,
        what: KeyBuilder,
        tags: Vec<Tag>,
        request: PageRequest,
        path: &str,
        items: impl FnOnce(&Snapshot) -> Result<Vec<T>> + Send + 'static,
    ) -> Result<HttpResponse> {
        let key = list::key(what, request);
        let at = Address::keyed(path, &key);
        self.cached(key, tags, move |db| Ok(list::short(items(db)?, request, &at)?.kept())).await
    }
}

/// A changing call by somebody who has the right `R`, bringing a body of shape `B`.
pub struct Write<R, B = Nothing> {
    pub by: Actor,
    pub body: B,
    pub call: Call,
    right: PhantomData<R>,
}

/// A [`Write`] whose body holds a PIN. Its key covers the rest of the body and whether there is a PIN, so
/// that nobody can find the four digits by trying which of them come to the hash that is kept.
pub struct WritePin<R, B>(pub Write<R, B>);

/// What a changing call carries besides its body.
pub struct Call {
    pub house: Data<House>,
    pub by: Actor,
    if_match: Option<String>,
    key: Option<idempotency::Key>,
    wants: Wants,
    req: HttpRequest,
}

impl<R: Right, B: DeserializeOwned + Send + 'static> FromRequest for Write<R, B> {
    type Error = Error;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Box::pin(write(req.clone(), payload.take(), |bytes| Cow::Borrowed(bytes)))
    }
}

impl<R: Right, B: DeserializeOwned + Send + 'static> FromRequest for WritePin<R, B> {
    type Error = Error;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move { write(req, payload, |bytes| body::without(bytes, "pin")).await.map(Self) })
    }
}

/// A changing call; `covered` is what of its body its key stands for.
async fn write<R: Right, B: DeserializeOwned + Send + 'static>(
    req: HttpRequest,
    mut payload: Payload,
    covered: impl Fn(&[u8]) -> Cow<'_, [u8]>,
) -> Result<Write<R, B>> {
    let house = house(&req)?;
    let wants = Wants::of_change(req.headers());
    let arrived = async {
        let mut by = guard::authenticate(&req, &house).await?;
        by.approval = guard::Presented::of(&req);
        if let Err(refused) = R::check(&by) {
            // It may be a retry of what somebody else did on this device.
            if idempotency::Key::comes_with(&req)
                && let Ok(bytes) = body::read(&req, &mut payload, &house.limits).await
                && let Ok(Some(key)) = idempotency::Key::of(&req, by.device, &covered(&bytes))
            {
                retry::unasked(&req, key, wants.clone());
            }
            return Err(guard::with_subject(refused, &req));
        }
        let bytes = body::read(&req, &mut payload, &house.limits).await?;
        Ok::<_, Error>((by, bytes))
    };
    let (by, bytes) = arrived.await.inspect_err(|_| unread::keep(&req, payload))?;
    let key = idempotency::Key::of(&req, by.device, &covered(&bytes))?;
    let if_match = req.headers().get(IF_MATCH).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let call = Call { house, by: by.clone(), if_match, key, wants, req };
    let body = body::parse(&call.req, bytes).await?;
    Ok(Write { by, body, call, right: PhantomData })
}

/// A handler that refuses lets the call go without having asked for its key.
impl Drop for Call {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            retry::unasked(&self.req, key, std::mem::take(&mut self.wants));
        }
    }
}

impl Call {
    pub fn now(&self) -> UtcMs {
        self.house.clock.now()
    }

    /// The tags of `If-Match` without quotes and coding; `None` where the header is absent.
    pub fn if_match(&self) -> Option<Vec<String>> {
        let tags = self.if_match.as_deref()?.split(',');
        Some(
            tags.filter_map(|tag| if tag.trim() == "*" { Some("*") } else { etag_core(tag) })
                .map(str::to_owned)
                .collect(),
        )
    }

    /// Answers a call that leaves nothing in the file: only what has an effect there keeps its key, so a
    /// retry does it again, which must be harmless.
    pub fn answer(self, reply: Reply) -> HttpResponse {
        reply::of_reply(reply, &self.wants, false)
    }

    /// Runs `job` in one transaction with the call's idempotency row, and answers after the commit.
    pub async fn commit(
        mut self,
        job: impl FnOnce(&Tx<'_>, &Actor) -> Result<Reply> + Send + 'static,
    ) -> Result<HttpResponse> {
        let (key, wants) = (self.key.take(), std::mem::take(&mut self.wants));
        let (by, auth, clock) = (self.by.clone(), Arc::clone(&self.house.auth), Arc::clone(&self.house.clock));
        let work = move |tx: &Tx<'_>| -> Result<(Reply, bool)> {
            // It may have waited, for its body or its turn, and its token been taken meanwhile.
            auth.still(tx, &by, clock.now())?;
            if let Some(done) = key.as_ref().map(|k| k.find(tx)).transpose()?.flatten() {
                return Ok((done, true));
            }
            let reply = job(tx, &by)?;
            if let Some(key) = &key {
                key.keep(tx, &reply, clock.now())?;
            }
            Ok((reply, false))
        };
        let done = self.house.store.write(work).await;
        let (reply, replayed) = done.map_err(|error| guard::with_subject(error, &self.req))?;
        Ok(reply::of_reply(reply, &wants, replayed))
    }

    /// [`Call::commit`] for an answer that holds a secret: it is not kept, nor is the key, so that a retry
    /// does it again and has another.
    pub async fn commit_unkept(
        mut self,
        job: impl FnOnce(&Tx<'_>, &Actor) -> Result<Reply> + Send + 'static,
    ) -> Result<HttpResponse> {
        self.key = None;
        self.commit(job).await
    }
}

/// A call without a token: pairing, health, pages.
pub struct Anyone<B = Nothing> {
    pub body: B,
    pub house: Data<House>,
    /// Where it came from, for throttling.
    pub address: Option<std::net::IpAddr>,
    wants: Wants,
}

impl<B: DeserializeOwned + Send + 'static> FromRequest for Anyone<B> {
    type Error = Error;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, mut payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let house = house(&req)?;
            let bytes = body::read(&req, &mut payload, &house.limits).await;
            let bytes = bytes.inspect_err(|_| unread::keep(&req, payload))?;
            let body = body::parse(&req, bytes).await?;
            let address = req.peer_addr().map(|a| a.ip());
            Ok(Self { body, house, address, wants: Wants::of(req.headers()) })
        })
    }
}

impl<B> Anyone<B> {
    pub fn answer(self, reply: Reply) -> HttpResponse {
        reply::of_reply(reply, &self.wants, false)
    }

    /// With what is the same for everybody, or 304.
    pub fn answer_kept(self, body: &Arc<Body>) -> Result<HttpResponse> {
        reply::of_cache(body, &self.wants)
    }
}
