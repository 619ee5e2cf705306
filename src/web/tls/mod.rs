//! TLS on the LAN: an own authority, and the server's certificate, which it signs.
//!
//! The certificate names what the server answers to and every address it was reached at. It is made anew, without
//! anybody's doing, when it is reached at another address, long before it ends, and where the clock leapt; its key
//! lives in memory alone. It begins a year before it is made, for terminals whose clocks are behind, and a clock
//! of ours that is behind this program's own making is not believed. It lasts less than 825 days, the longest that
//! Apple's systems take.

mod authority;

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use parking_lot::Mutex;
use rcgen::string::Ia5String;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};

use crate::kernel::clock::Clock;
use authority::Authority;

/// A clock that says less was never set.
const AT_LEAST: Date = date(2026, 11, 1);
const BEGINS_BEFORE_DAYS: i32 = 365;
const LASTS_DAYS: i32 = 397;
/// Made anew when so many of those are left.
const RENEWED_BEFORE_DAYS: i32 = 90;
/// Addresses that it names; a box has a few, and a lease that changes brings another.
const ADDRESSES_MAX: usize = 32;

/// What the server shows to whoever connects.
pub struct Tls {
    authority: Authority,
    /// In small letters.
    names: Vec<String>,
    clock: Arc<dyn Clock>,
    leaf: Mutex<Option<Leaf>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("names", &self.names).finish_non_exhaustive()
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Leaf {
    config: Arc<ServerConfig>,
    addresses: Vec<IpAddr>,
    made: Date,
}

/// Where the authority of `db` is kept.
pub fn folder_of(db: &Path) -> PathBuf {
    let mut name = db.as_os_str().to_owned();
    name.push(".tls");
    PathBuf::from(name)
}

impl Tls {
    /// With the authority beside `db`, which is made where there is none. `names` are those it answers to.
    ///
    /// # Errors
    /// Where the files cannot be read or written.
    pub fn open(db: &Path, names: &[String], clock: Arc<dyn Clock>) -> io::Result<Self> {
        let names: Vec<String> = names.iter().filter(|name| is_host(name)).cloned().collect();
        let year = i32::from(today(clock.as_ref()).year());
        let authority = Authority::open(&folder_of(db), &names, year)?;
        let (names, others): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| authority.may_name(name));
        if !others.is_empty() {
            log::warn!(
                "the certificate does not name {}: its authority was made before that was one of the server's names, \
                 and may not. Delete {} for another authority, which every terminal then has to trust.",
                others.join(", "),
                folder_of(db).display()
            );
        }
        let tls = Self { authority, names, clock, leaf: Mutex::new(None) };
        // What cannot be done is to be said now, and not to whoever connects first.
        tls.config_for(IpAddr::from([127, 0, 0, 1]))?;
        Ok(tls)
    }

    /// The authority's certificate, for terminals to trust.
    pub fn pem(&self) -> &str {
        &self.authority.pem
    }

    pub fn der(&self) -> &[u8] {
        &self.authority.der
    }

    /// SHA-256 of the authority's certificate as people compare it: `AB:CD:…`.
    pub fn fingerprint(&self) -> String {
        let hash = Sha256::digest(self.der());
        hash.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// What to show to somebody who reached the server at `local`.
    ///
    /// # Errors
    /// Where a certificate is needed and cannot be made.
    pub fn config_for(&self, local: IpAddr) -> io::Result<Arc<ServerConfig>> {
        let (local, today) = (local.to_canonical(), today(self.clock.as_ref()));
        let mut leaf = self.leaf.lock();
        if let Some(leaf) = &*leaf
            && leaf.addresses.contains(&local)
            && is_good(leaf.made, today)
        {
            return Ok(Arc::clone(&leaf.config));
        }
        let mut addresses = leaf.as_ref().map(|leaf| leaf.addresses.clone()).unwrap_or_default();
        if !addresses.contains(&local) {
            addresses.push(local);
        }
        if addresses.len() > ADDRESSES_MAX {
            addresses.remove(0);
        }
        let config = Arc::new(self.make(&addresses, today).map_err(io::Error::other)?);
        *leaf = Some(Leaf { config: Arc::clone(&config), addresses, made: today });
        Ok(config)
    }

    fn make(&self, addresses: &[IpAddr], today: Date) -> Result<ServerConfig, Failure> {
        let (certificate, key) = self.sign(addresses, today)?;
        let secret = PrivatePkcs8KeyDer::from(key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], secret.into())?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// A certificate for the names and these addresses, made today, and its key.
    fn sign(&self, addresses: &[IpAddr], today: Date) -> Result<(CertificateDer<'static>, KeyPair), Failure> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        for name in &self.names {
            params.subject_alt_names.push(SanType::DnsName(Ia5String::try_from(name.as_str())?));
        }
        params.subject_alt_names.extend(addresses.iter().map(|address| SanType::IpAddress(*address)));
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::CommonName, "till server");
        let day = |date: Date| date_time_ymd(date.year().into(), date.month() as u8, date.day() as u8);
        params.not_before = day(today.saturating_sub(BEGINS_BEFORE_DAYS.days()));
        params.not_after = day(today.saturating_add(LASTS_DAYS.days()));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.authority.issuer)?;
        Ok((certificate.der().clone(), key))
    }
}

/// Whether a certificate made on that day is one to show today.
fn is_good(made: Date, today: Date) -> bool {
    let days = (today - made).get_days();
    // Back beyond what it begins before itself by most of a year, or towards its end.
    (-BEGINS_BEFORE_DAYS + RENEWED_BEFORE_DAYS..LASTS_DAYS - RENEWED_BEFORE_DAYS).contains(&days)
}

fn today(clock: &dyn Clock) -> Date {
    let now = Timestamp::from_millisecond(clock.now().get()).unwrap_or_default();
    now.to_zoned(TimeZone::UTC).date().max(AT_LEAST)
}

/// What may stand in a certificate as a name: letters, digits and hyphens between dots.
fn is_host(name: &str) -> bool {
    !name.is_empty()
        && name.split('.').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !part.starts_with('-')
        })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier as _;
    use rustls::pki_types::{ServerName, UnixTime};

    use super::*;
    use crate::kernel::clock::SystemClock;

    #[test]
    fn a_certificate_is_renewed_long_before_it_ends_and_where_the_clock_leapt() {
        let made = date(2027, 1, 1);
        let check = |days: i32, good: bool| {
            assert_eq!(is_good(made, made.saturating_add(days.days())), good, "{days} days later");
        };
        check(0, true);
        check(306, true);
        check(307, false);
        check(400, false);
        check(-275, true);
        check(-276, false);
        check(-4_000, false);
    }

    /// Whether who trusts the authority takes a certificate that it signed for `name`.
    fn vouched_for(tls: &mut Tls, name: &str) -> bool {
        tls.names = vec![name.to_owned()];
        let (certificate, _) = tls.sign(&[], AT_LEAST).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(tls.authority.der.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1_795_000_000));
        let asked = ServerName::try_from(name.to_owned()).unwrap();
        verifier.verify_server_cert(&certificate, &[], &asked, &[], now).is_ok()
    }

    #[test]
    fn the_authority_can_vouch_for_no_bank() {
        let folder = std::env::temp_dir().join(format!("comanda-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let open = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            Tls::open(&folder.join("c.db"), &names, Arc::clone(&clock)).unwrap()
        };
        let mut tls = open(&["till", "till.example.com", "not a name"]);
        assert_eq!(tls.names, ["till", "till.example.com"]);
        let before = tls.fingerprint();
        for name in ["till", "till.example.com", "till.lan", "bar.local", "localhost", "till.home.arpa"] {
            assert!(vouched_for(&mut tls, name), "{name}");
        }
        for name in ["bank.example", "example.com", "till.example.org", "com"] {
            assert!(!vouched_for(&mut tls, name), "{name}");
        }
        // A name that it was not made for is left out, and another of the LAN's is not.
        let tls = open(&["till.lan", "pos.example.net"]);
        assert_eq!((tls.names.as_slice(), tls.fingerprint()), (&["till.lan".to_owned()][..], before));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_no_host_is_not_named() {
        for name in ["localhost", "till.lan", "a-b.local", "x1"] {
            assert!(is_host(name), "{name}");
        }
        for name in ["", "a..b", ".a", "a.", "my_till", "-a", "tïll", "*", "a b"] {
            assert!(!is_host(name), "{name}");
        }
    }
}
