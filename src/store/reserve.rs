//! A file that holds some room on the disk, for when there is no other.
//!
//! It goes when the disk is full: then the log can still be emptied, the server started anew, and whoever
//! looks be told. Nothing is written again before it is whole again, so that a disk which is emptied by a
//! few bytes does not turn the house on and off.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::open::beside;

/// As much as a start may need: the log copied into the file, up to the size at which it is copied anyway.
pub const RESERVE_BYTES: u64 = 4 << 20;

/// Written at a time.
const CHUNK_BYTES: usize = 64 << 10;

pub(super) struct Reserve {
    path: PathBuf,
    /// 0 keeps nothing.
    bytes: u64,
}

impl Reserve {
    pub(super) fn beside(db: &Path, bytes: u64) -> Self {
        #[cfg(debug_assertions)]
        let bytes = if super::faults::holds_no_room() { 0 } else { bytes };
        Self { path: beside(db, ".reserve"), bytes }
    }

    /// Whether it is there, made now where it was not. A folder that does not let it be made for another
    /// reason than room has no reserve, and is no full disk.
    pub(super) fn keep(&self) -> bool {
        if self.bytes == 0 || fs::metadata(&self.path).is_ok_and(|file| file.len() == self.bytes) {
            return true;
        }
        let Err(error) = self.fill() else { return true };
        self.release();
        if is_no_room(&error) {
            return false;
        }
        log::warn!("no room is kept for a full disk: {}: {error}", self.path.display());
        true
    }

    /// Gives the room up; whether there was any.
    pub(super) fn release(&self) -> bool {
        match fs::remove_file(&self.path) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => {
                log::warn!("{} keeps its room: {error}", self.path.display());
                false
            }
        }
    }

    /// With bytes that no file system makes smaller.
    fn fill(&self) -> std::io::Result<()> {
        let mut file = File::create(&self.path)?;
        let (mut left, mut state) = (self.bytes, 0x9e37_79b9_7f4a_7c15_u64);
        let mut chunk = vec![0; CHUNK_BYTES];
        while left > 0 {
            for word in chunk.chunks_exact_mut(8) {
                // xorshift64, as noise (Marsaglia, "Xorshift RNGs").
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                word.copy_from_slice(&state.to_ne_bytes());
            }
            let bytes = usize::try_from(left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
            file.write_all(&chunk[..bytes])?;
            left -= bytes as u64;
        }
        Ok(())
    }
}

pub(super) fn is_no_room(error: &std::io::Error) -> bool {
    // A write that could not go on at all ends as zero bytes written.
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::WriteZero)
}
