//! What keeps a till server answering whoever asks too much: buckets by address and by device, a budget of
//! requests under way, and the time that a request's parts may take.
//!
//! The shell asks an address's bucket before anything else is looked at; the guard asks the device's once it
//! is known. Between the two, [`Asked`] travels in the request's extensions: where it is absent, as for calls
//! from this very machine, the request is not limited, and finding that out is all it costs.
//!
//! The budget needs no second one for the queues behind it: each request under way waits for one reader or
//! has one job in the writer's queue, so that neither queue is ever longer than the budget.

mod buckets;
mod settings;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use actix_web::HttpMessage;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use governor::clock::MonotonicClock;

use super::guard::Actor;
use super::held::{Hold, Holders};
use crate::error::{Error, Refusal, Result};
use buckets::{Buckets, Left};

pub use settings::Settings;

/// Addresses and devices that are remembered, some hundred bytes each.
const ADDRESSES_MAX: usize = 4_096;
const DEVICES_MAX: usize = 1_024;

/// As draft-ietf-httpapi-ratelimit-headers has them.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Address,
    Device,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Device => "device",
        }
    }
}

/// Goes with a request that is limited: the bucket that has least left, once one was asked.
#[derive(Debug, Clone, Copy, Default)]
struct Asked(Option<(By, Left)>);

/// How often the limits were met since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Met {
    /// Requests refused by an address's bucket.
    pub address: u64,
    /// By a device's.
    pub device: u64,
    /// Turned away since too many were under way.
    pub shed: u64,
    /// Whose bodies came too slowly.
    pub slow_bodies: u64,
    /// Whose answers took too long.
    pub slow_answers: u64,
    /// Connections closed at once, since their address had as many as it may, or began too many by TLS.
    pub connections: u64,
}

#[derive(Default)]
struct Counts {
    address: AtomicU64,
    device: AtomicU64,
    shed: AtomicU64,
    slow_bodies: AtomicU64,
    slow_answers: AtomicU64,
    connections: AtomicU64,
}

fn add_one(count: &AtomicU64) {
    count.fetch_add(1, Relaxed);
}

/// The limits of one server.
pub struct Limits {
    pub settings: Settings,
    addresses: Option<Buckets<IpAddr>>,
    devices: Option<Buckets<i64>>,
    holders: Holders,
    /// Of bodies that are not all there yet.
    pub(super) arriving_bytes: AtomicUsize,
    counts: Counts,
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Limits {
    pub fn new(settings: Settings) -> Self {
        let Settings { address_per_s, address_burst, device_per_s, device_burst, .. } = settings;
        Self {
            settings,
            addresses: Buckets::new(address_per_s, address_burst, ADDRESSES_MAX, MonotonicClock),
            devices: Buckets::new(device_per_s, device_burst, DEVICES_MAX, MonotonicClock),
            holders: Holders::default(),
            arriving_bytes: AtomicUsize::new(0),
            counts: Counts::default(),
        }
    }

    /// Whether requests from there are limited.
    pub(super) fn reach(&self, peer: Option<SocketAddr>) -> bool {
        peer.is_some_and(|peer| self.settings.loopback || !peer.ip().to_canonical().is_loopback())
    }

    /// A place for a connection that was just accepted; `None` where its address has as many as it may. One that
    /// begins by `shaking` hands costs more than a request, and counts as one.
    pub fn hold(&self, peer: Option<SocketAddr>, shaking: bool) -> Option<Hold> {
        let patience = self.settings.exchange();
        let Some(peer) = peer.filter(|_| self.reach(peer)) else { return Some(Hold { _holder: None, patience }) };
        let address = network(peer.ip());
        let too_many = shaking && self.addresses.as_ref().is_some_and(|buckets| buckets.ask(&address).is_err());
        let holder = (!too_many).then(|| self.holders.one_more(address, self.settings.address_connections)).flatten();
        if holder.is_none() {
            add_one(&self.counts.connections);
        }
        holder.map(|holder| Hold { _holder: Some(holder), patience })
    }

    /// Asks the bucket of the address that a limited request comes from.
    pub(super) fn address(&self, req: &impl HttpMessage, peer: Option<SocketAddr>) -> Result<()> {
        let mut asked = Asked::default();
        let outcome = match (&self.addresses, peer) {
            (Some(buckets), Some(peer)) => {
                take(buckets.ask(&network(peer.ip())), By::Address, &mut asked, &self.counts.address)
            }
            _ => Ok(()),
        };
        req.extensions_mut().insert(asked);
        outcome
    }

    /// Asks the bucket of the device that a request turned out to come from, where it is limited.
    pub(super) fn device(&self, req: &impl HttpMessage, by: &Actor) -> Result<()> {
        let mut extensions = req.extensions_mut();
        let (Some(asked), Some(buckets)) = (extensions.get_mut::<Asked>(), &self.devices) else { return Ok(()) };
        take(buckets.ask(&bucket(by)), By::Device, asked, &self.counts.device)
    }

    /// What a limited request's answer says of the bucket that has least left.
    pub(super) fn sign(&self, answer: &mut ServiceResponse) {
        let asked = answer.request().extensions().get::<Asked>().and_then(|asked| asked.0);
        let Some((by, Left { requests, seconds })) = asked else { return };
        let (burst, window_s) = match by {
            By::Address => policy(self.addresses.as_ref()),
            By::Device => policy(self.devices.as_ref()),
        };
        let values = [
            (RATE_LIMIT, format!("\"{}\";r={requests};t={seconds}", by.name())),
            (RATE_LIMIT_POLICY, format!("\"{}\";q={burst};w={window_s}", by.name())),
        ];
        for (name, value) in values {
            if let Ok(value) = HeaderValue::try_from(value) {
                answer.headers_mut().insert(name, value);
            }
        }
    }

    /// A request for which there is no room. Nothing of it has happened.
    pub(super) fn shed(&self) -> Error {
        add_one(&self.counts.shed);
        let max = self.settings.requests_max;
        Refusal::Busy.because(format!("{max} requests are under way already.")).retry_after(1).into()
    }

    /// A large body that comes while too many others do. Nothing of it has happened.
    pub(super) fn no_room(&self) -> Error {
        add_one(&self.counts.shed);
        Refusal::Busy.because("Too many large requests are on their way.").retry_after(1).into()
    }

    pub(super) fn body_was_slow(&self) -> Error {
        add_one(&self.counts.slow_bodies);
        let ms = self.settings.body_ms;
        Refusal::BodyTooSlow.because(format!("The request's body was not all there after {ms} ms.")).into()
    }

    /// `done` says what became of it.
    pub(super) fn answer_was_slow(&self, done: &str) -> Error {
        add_one(&self.counts.slow_answers);
        let detail = format!("It took longer than {} ms. {done}", self.settings.handler_ms);
        Refusal::TookTooLong.because(detail).retry_after(1).into()
    }

    /// How often they were met.
    pub fn met(&self) -> Met {
        let Counts { address, device, shed, slow_bodies, slow_answers, connections } = &self.counts;
        let [address, device, shed, slow_bodies, slow_answers, connections] =
            [address, device, shed, slow_bodies, slow_answers, connections].map(|count| count.load(Relaxed));
        Met { address, device, shed, slow_bodies, slow_answers, connections }
    }

    /// Lets go of who has not asked for a while.
    pub fn forget(&self) {
        if let Some(addresses) = &self.addresses {
            addresses.forget();
        }
        if let Some(devices) = &self.devices {
            devices.forget();
        }
    }
}

/// Notes what a bucket has left; where that is nothing, the refusal.
fn take(answer: Result<Left, Left>, by: By, asked: &mut Asked, refused: &AtomicU64) -> Result<()> {
    let (Ok(left) | Err(left)) = answer;
    if answer.is_err() || asked.0.is_none_or(|(_, other)| left.requests <= other.requests) {
        asked.0 = Some((by, left));
    }
    if answer.is_ok() {
        return Ok(());
    }
    add_one(refused);
    let detail = match by {
        By::Address => "There came too many requests from this address.",
        By::Device => "This terminal has sent too many requests.",
    };
    let refused = Refusal::RateLimited.because(detail).retry_after(left.seconds);
    Err(refused.with("limit", by.name()).into())
}

fn policy<K: std::hash::Hash + Eq + Clone>(buckets: Option<&Buckets<K>>) -> (u32, u32) {
    buckets.map_or((0, 0), |buckets| (buckets.burst(), buckets.window_s()))
}

/// What counts as one address: of IPv6 the network, since any machine has as many addresses in it as it likes.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

/// The bucket of a device; of whoever looks at the stats page, which is no device, their own.
pub(super) fn bucket(by: &Actor) -> i64 {
    match by.device.get() {
        0 => by.staff.map_or(0, |staff| -staff.get()),
        device => device,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_limited_and_as_whom() {
        let check = |address: &str, loopback: bool, limited: bool, network_is: &str| {
            let limits = Limits::new(Settings { loopback, ..Settings::default() });
            let peer = SocketAddr::new(address.parse().unwrap(), 40_000);
            assert_eq!(limits.reach(Some(peer)), limited, "{address}");
            assert_eq!(network(peer.ip()).to_string(), network_is, "{address}");
        };
        check("192.168.1.20", false, true, "192.168.1.20");
        check("127.0.0.1", false, false, "127.0.0.1");
        check("127.0.0.2", true, true, "127.0.0.2");
        check("::1", false, false, "::");
        check("::ffff:127.0.0.1", false, false, "127.0.0.1");
        check("::ffff:192.168.1.20", false, true, "192.168.1.20");
        check("fd00::1:2:3:4", false, true, "fd00::");
        assert!(!Limits::default().reach(None));
    }
}
