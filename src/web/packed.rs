//! Answers packed for keeping: a retry that asks for one is rare, and every order keeps one.

use std::borrow::Cow;
use std::cell::RefCell;

use crate::error::{Fault, Result};

/// What is shorter stands as it is: little would be won.
const PACK_FROM_BYTES: usize = 1024;
/// Fast: half the time of the default level, for a third of the length instead of a quarter.
const LEVEL: i32 = -1;
/// Longer than any answer that is kept.
const UNPACKED_BYTES_MAX: usize = 64 << 20;

/// An answer's bytes as they are kept.
pub(super) struct Packed<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// How many they were; `None` where they are as they were.
    pub(super) unpacked_bytes: Option<i64>,
}

thread_local! {
    // Making one anew costs more than packing an order.
    static PACKER: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
}

/// Packs a body, where that makes it shorter.
pub(super) fn pack(body: &[u8]) -> Packed<'_> {
    let shorter = |packed: &Vec<u8>| packed.len() < body.len();
    match (body.len() >= PACK_FROM_BYTES).then(|| packed(body)).flatten().filter(shorter) {
        Some(packed) => Packed { bytes: packed.into(), unpacked_bytes: i64::try_from(body.len()).ok() },
        None => Packed { bytes: body.into(), unpacked_bytes: None },
    }
}

fn packed(body: &[u8]) -> Option<Vec<u8>> {
    PACKER.with_borrow_mut(|packer| {
        if packer.is_none() {
            *packer = zstd::bulk::Compressor::new(LEVEL).ok();
        }
        packer.as_mut()?.compress(body).ok()
    })
}

/// A body as it was before [`pack`].
pub(super) fn unpack(bytes: Vec<u8>, unpacked_bytes: Option<i64>) -> Result<Vec<u8>> {
    let Some(len) = unpacked_bytes else { return Ok(bytes) };
    let capacity = usize::try_from(len).ok().filter(|len| *len <= UNPACKED_BYTES_MAX);
    let broken = |why: String| Fault::new(format!("a kept answer of {len} bytes does not unpack: {why}"));
    let capacity = capacity.ok_or_else(|| broken("no such length".to_owned()))?;
    let body = zstd::bulk::decompress(&bytes, capacity).map_err(|e| broken(e.to_string()))?;
    if body.len() == capacity { Ok(body) } else { Err(broken(format!("it has {}", body.len())).into()) }
}

#[cfg(test)]
mod tests {
    use super::{PACK_FROM_BYTES, pack, unpack};

    #[test]
    fn what_is_packed_is_had_again() {
        let check = |body: Vec<u8>, shorter: bool| {
            let kept = pack(&body);
            assert_eq!((kept.bytes.len() < body.len(), kept.unpacked_bytes.is_some()), (shorter, shorter));
            assert_eq!(unpack(kept.bytes.to_vec(), kept.unpacked_bytes).unwrap(), body);
        };
        check(Vec::new(), false);
        check(b"{}".repeat(PACK_FROM_BYTES / 2 - 1), false);
        check(b"{}".repeat(PACK_FROM_BYTES / 2), true);
        check(b"{\"id\":1,\"name\":\"Carbonara\"}".repeat(4000), true);
        // Noise only grows.
        let mut seed = 7_u32;
        let noise = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed.to_be_bytes()[0]
        });
        check(noise.take(5000).collect(), false);
    }

    #[test]
    fn what_is_broken_is_no_answer() {
        let kept = pack(&[b' '; 2048]).bytes.to_vec();
        for (bytes, len) in [(kept.clone(), 2047), (kept.clone(), 2049), (kept[1..].to_vec(), 2048), (kept, i64::MAX)] {
            assert!(unpack(bytes, Some(len)).is_err());
        }
    }
}
