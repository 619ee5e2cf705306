//! A file's SHA-256 beside it, as `sha256sum` writes and reads it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// `friday.db.sha256` beside `friday.db`.
pub fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sha256");
    PathBuf::from(name)
}

/// Of a file's bytes, in hexadecimal digits.
///
/// # Errors
/// Where it cannot be read.
pub fn of(path: &Path) -> io::Result<String> {
    let (mut file, mut sha, mut chunk) = (File::open(path)?, Sha256::new(), vec![0; CHUNK]);
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            n => sha.update(&chunk[..n]),
        }
    }
    let mut hex = String::with_capacity(64);
    for byte in sha.finalize() {
        // To a string it does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}

/// The line that `sha256sum` writes of the file of that path, which is looked for beside the line's own file.
/// A name with a backslash or a line's end in it is written as that program does.
pub fn line(sum: &str, path: &Path) -> Vec<u8> {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let mut written = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b'\\' => written.extend(b"\\\\"),
            b'\n' => written.extend(b"\\n"),
            b'\r' => written.extend(b"\\r"),
            byte => written.push(*byte),
        }
    }
    let mark: &[u8] = if written == name { b"" } else { b"\\" };
    [mark, sum.as_bytes(), b"  ", &written, b"\n"].concat()
}

/// What the checksum beside a file says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// There is none.
    Nothing,
    Right,
    /// Another, or no checksum at all.
    Wrong,
}

/// Reads the file and the checksum beside it.
///
/// # Errors
/// Where one of them cannot be read.
pub fn check(path: &Path) -> io::Result<Told> {
    let told = match fs::read(beside(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Told::Nothing),
        told => told?,
    };
    // Under whatever name it was written: a backup may be called otherwise since.
    let told = told.strip_prefix(b"\\").unwrap_or(&told);
    let sum = of(path)?;
    let right = told.get(..64).is_some_and(|told| told.eq_ignore_ascii_case(sum.as_bytes()));
    Ok(if right { Told::Right } else { Told::Wrong })
}
