//! A connection before anything is asked on it: by TLS, or in clear text, and whether it may be.
//!
//! Where TLS is on, both come to the one port. A TLS client begins with a byte no HTTP request begins with, so
//! whoever speaks plain HTTP can be told how to do better. From this very machine plain HTTP is as good.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::tls::Tls;

/// The first byte of a TLS record that shakes hands (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;

/// What a connection is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// By TLS.
    Tls,
    /// In clear text, from this machine or as the operator wants it.
    Plain,
    /// In clear text where TLS is asked for.
    Clear,
}

/// A connection as a request sees it.
#[derive(Debug, Clone, Copy)]
pub struct Reached {
    pub line: Line,
    /// Our address that it was made to.
    pub at: SocketAddr,
}

/// A connection's bytes, and its line.
pub struct Wire {
    pub reached: Reached,
    bytes: Bytes,
}

enum Bytes {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// Of a connection that was just accepted. A hello may take as long as `patience`.
    ///
    /// # Errors
    /// Where the other side goes, takes too long, or speaks no TLS that is spoken here.
    pub async fn of(stream: TcpStream, tls: Option<Arc<Tls>>, patience: Duration) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let at = stream.local_addr()?;
        let at = SocketAddr::new(at.ip().to_canonical(), at.port());
        let Some(tls) = tls else { return Ok(Self::plain(stream, Reached { line: Line::Plain, at })) };
        match tokio::time::timeout(patience, Self::shake(stream, at, &tls)).await {
            Ok(wire) => wire,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    async fn shake(stream: TcpStream, at: SocketAddr, tls: &Tls) -> io::Result<Self> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if first == [HANDSHAKE] {
            let config = tls.config_for(at.ip()).inspect_err(|error| log::error!("no certificate: {error}"))?;
            let stream = TlsAcceptor::from(config).accept(stream).await?;
            return Ok(Self { reached: Reached { line: Line::Tls, at }, bytes: Bytes::Tls(Box::new(stream)) });
        }
        let from = stream.peer_addr()?.ip().to_canonical();
        // Nobody else can hold a conversation under an address of ours.
        let line = if from.is_loopback() || from == at.ip() { Line::Plain } else { Line::Clear };
        Ok(Self::plain(stream, Reached { line, at }))
    }

    fn plain(stream: TcpStream, reached: Reached) -> Self {
        Self { reached, bytes: Bytes::Plain(stream) }
    }

    /// Where it comes from.
    pub fn peer(&self) -> Option<SocketAddr> {
        match &self.bytes {
            Bytes::Plain(stream) => stream.peer_addr().ok(),
            Bytes::Tls(stream) => stream.get_ref().0.peer_addr().ok(),
        }
    }
}

macro_rules! both {
    ($wire:expr, $stream:ident => $done:expr) => {
        match &mut $wire.get_mut().bytes {
            Bytes::Plain(stream) => {
                let $stream = Pin::new(stream);
                $done
            }
            Bytes::Tls(stream) => {
                let $stream = Pin::new(&mut **stream);
                $done
            }
        }
    };
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        both!(self, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        both!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        both!(self, stream => stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.bytes {
            Bytes::Plain(stream) => stream.is_write_vectored(),
            Bytes::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        both!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        both!(self, stream => stream.poll_shutdown(cx))
    }
}
