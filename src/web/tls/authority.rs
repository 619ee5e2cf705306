//! The house's own certificate authority: made once, kept in files beside the restaurant's.
//!
//! Whoever trusts it trusts whatever it signs, and its key lies on a till server. So it can vouch for names of a
//! LAN and for those the house had when it was made, and for nobody's bank; clients are told so by the
//! certificate itself (name constraints, RFC 5280, 4.2.1.10). Addresses are free, since they change.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest, Sha256};

/// Its names in its folder.
const CERTIFICATE: &str = "ca.crt";
const KEY: &str = "ca.key";
const NAMES: &str = "ca.names";

/// Ends of names that are a LAN's alone: mDNS, RFC 8375, what routers hand out, and what ICANN keeps free for it.
const LOCAL: [&str; 6] = ["localhost", "local", "lan", "home", "home.arpa", "internal"];

/// So that a tablet whose clock stands years behind takes it all the same.
const SINCE_YEAR: i32 = 2020;
const LASTS_YEARS: i32 = 30;

/// The authority, able to sign.
pub(super) struct Authority {
    pub(super) issuer: Issuer<'static, KeyPair>,
    pub(super) pem: String,
    pub(super) der: CertificateDer<'static>,
    /// Ends of names it may vouch for.
    may: Vec<String>,
}

impl Authority {
    /// The one in `folder`; where there is none it is made, able to vouch for `names` beside those of any LAN.
    pub(super) fn open(folder: &Path, names: &[String], year: i32) -> io::Result<Self> {
        match fs::read_to_string(folder.join(CERTIFICATE)) {
            Ok(pem) => Self::read(folder, pem),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(folder, names, year),
            Err(error) => Err(error),
        }
    }

    fn read(folder: &Path, pem: String) -> io::Result<Self> {
        let path = folder.join(KEY);
        if fs::metadata(&path)?.permissions().mode() & 0o077 != 0 {
            log::warn!("{} could be read by others; now its owner alone can", path.display());
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        }
        let key = KeyPair::from_pem(&fs::read_to_string(&path)?).map_err(io::Error::other)?;
        let names = fs::read_to_string(folder.join(NAMES))?;
        Self::of(key, pem, names.lines().map(str::to_owned).collect())
    }

    fn make(folder: &Path, names: &[String], year: i32) -> io::Result<Self> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut may: Vec<String> = LOCAL.map(str::to_owned).to_vec();
        may.extend(names.iter().filter(|name| !covers(&may, name)).cloned().collect::<Vec<_>>());
        let mut params = params(&key);
        params.not_before = date_time_ymd(SINCE_YEAR, 1, 1);
        params.not_after = date_time_ymd(year + LASTS_YEARS, 1, 1);
        let subtrees = may.iter().cloned().map(GeneralSubtree::DnsName).collect();
        params.name_constraints = Some(NameConstraints { permitted_subtrees: subtrees, excluded_subtrees: Vec::new() });
        let pem = params.self_signed(&key).map_err(io::Error::other)?.pem();
        // The certificate last: where it is, the others are.
        write(&folder.join(NAMES), &may.join("\n"), 0o600)?;
        write(&folder.join(KEY), &key.serialize_pem(), 0o600)?;
        write(&folder.join(CERTIFICATE), &pem, 0o644)?;
        File::open(folder)?.sync_all()?;
        Self::of(key, pem, may)
    }

    fn of(key: KeyPair, pem: String, may: Vec<String>) -> io::Result<Self> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(io::Error::other)?;
        // The certificate's own words of itself, which follow from its key.
        let issuer = Issuer::new(params(&key), key);
        Ok(Self { issuer, pem, der, may })
    }

    /// Whether it may vouch for a name.
    pub(super) fn may_name(&self, name: &str) -> bool {
        covers(&self.may, name)
    }
}

/// `name` itself, or what it ends with after a dot.
fn covers(ends: &[String], name: &str) -> bool {
    ends.iter().any(|end| name == end || name.strip_suffix(end.as_str()).is_some_and(|before| before.ends_with('.')))
}

/// What is always the same for a key, so that nothing has to be read out of the certificate.
fn params(key: &KeyPair) -> CertificateParams {
    let hash = Sha256::digest(key.public_key_raw());
    let number: String = hash.iter().take(4).map(|byte| format!("{byte:02X}")).collect();
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, format!("Comanda till server {number}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Whole or not at all.
fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    // One that an interrupted start left may have another mode.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_covered_by_its_end() {
        let ends = ["lan".to_owned(), "till.example.com".to_owned()];
        for name in ["lan", "till.lan", "a.b.lan", "till.example.com", "x.till.example.com"] {
            assert!(covers(&ends, name), "{name}");
        }
        for name in ["plan", "till.lan.example", "example.com", "mytill.example.com", ""] {
            assert!(!covers(&ends, name), "{name}");
        }
    }
}
