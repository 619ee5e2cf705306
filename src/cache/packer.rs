//! A body too long to be held at once, packed as it goes.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use zstd::stream::write::Encoder as ZstdEncoder;

use super::body::{COMPRESS_FROM_BYTES, Coding, Wanted};

/// Quick rather than small, as for whatever is sent once.
const ZSTD_LEVEL: i32 = 1;
const GZIP_LEVEL: u32 = 1;

/// Packs the chunks of one stream in the memory of one chunk, each flushed: who has a chunk can unpack it
/// before the next one comes.
pub struct Packer(Form);

enum Form {
    Plain,
    Zstd(ZstdEncoder<'static, Vec<u8>>),
    Gzip(GzEncoder<Vec<u8>>),
}

impl Packer {
    /// In the coding that `Accept-Encoding` wants most. A stream whose first chunk, of `first_bytes`, is
    /// short is taken for short and goes out plain.
    pub fn new(accept_encoding: Option<&str>, first_bytes: usize) -> Self {
        let wanted = accept_encoding.filter(|_| first_bytes > COMPRESS_FROM_BYTES);
        Self(match wanted.map_or(Coding::Identity, |header| Wanted::parse(header).coding()) {
            Coding::Identity => Form::Plain,
            // Without memory for its tables the plain form would do.
            Coding::Zstd => ZstdEncoder::new(Vec::new(), ZSTD_LEVEL).map_or(Form::Plain, Form::Zstd),
            Coding::Gzip => Form::Gzip(GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL))),
        })
    }

    pub fn coding(&self) -> Coding {
        match self.0 {
            Form::Plain => Coding::Identity,
            Form::Zstd(_) => Coding::Zstd,
            Form::Gzip(_) => Coding::Gzip,
        }
    }

    /// The chunk as it travels.
    pub fn pack(&mut self, chunk: Vec<u8>) -> io::Result<Vec<u8>> {
        match &mut self.0 {
            Form::Plain => Ok(chunk),
            Form::Zstd(encoder) => {
                encoder.write_all(&chunk)?;
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Form::Gzip(encoder) => {
                encoder.write_all(&chunk)?;
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
        }
    }

    /// What says that nothing more comes. A stream that broke off goes without it.
    pub fn end(self) -> io::Result<Vec<u8>> {
        match self.0 {
            Form::Plain => Ok(Vec::new()),
            Form::Zstd(encoder) => encoder.finish(),
            Form::Gzip(encoder) => encoder.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn unpacked(coding: Coding, bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        // A stream under way has no end yet: what there is of it counts.
        let _ = match coding {
            Coding::Identity => bytes.take(u64::MAX).read_to_end(&mut plain),
            Coding::Zstd => zstd::stream::read::Decoder::new(bytes).unwrap().read_to_end(&mut plain),
            Coding::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain),
        };
        plain
    }

    #[test]
    fn every_chunk_can_be_read_when_it_comes() {
        let chunk = |n: u8| format!("{n}{}\n", r#"{"name":"margherita"}"#.repeat(500)).into_bytes();
        for (accept, coding) in [(None, Coding::Identity), (Some("zstd"), Coding::Zstd), (Some("gzip"), Coding::Gzip)] {
            let mut packer = Packer::new(accept, chunk(0).len());
            assert_eq!(packer.coding(), coding);
            let (mut plain, mut packed) = (Vec::new(), Vec::new());
            for n in 0..5 {
                plain.extend(chunk(n));
                packed.extend(packer.pack(chunk(n)).unwrap());
                assert_eq!(unpacked(coding, &packed), plain, "{coding:?} after chunk {n}");
            }
            packed.extend(packer.end().unwrap());
            assert_eq!(unpacked(coding, &packed), plain, "{coding:?}");
            assert!(coding == Coding::Identity || packed.len() < plain.len() / 10, "{coding:?}");
        }
    }

    #[test]
    fn what_begins_short_stays_plain() {
        let check = |first: usize, coding| assert_eq!(Packer::new(Some("zstd"), first).coding(), coding, "{first}");
        check(0, Coding::Identity);
        check(COMPRESS_FROM_BYTES, Coding::Identity);
        check(COMPRESS_FROM_BYTES + 1, Coding::Zstd);
    }
}
