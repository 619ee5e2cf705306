//! A client that costs little: keep-alive connections, requests as bytes, answers read to their length.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a turn did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Turn {
    pub requests: u64,
    pub seconds: f64,
}

impl Turn {
    pub fn rate(self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

/// Makes the bytes of the n-th request.
pub type Make = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

/// Keeps `connections` busy with requests for so long. Every answer must have `status`.
pub fn load(addr: &str, connections: usize, for_ms: u64, status: u16, make: &Make) -> Turn {
    let threads = 2.min(connections);
    let counter = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let until = start + Duration::from_millis(for_ms);
    let workers: Vec<_> = (0..threads)
        .map(|thread| {
            let (addr, make, counter) = (addr.to_owned(), Arc::clone(make), Arc::clone(&counter));
            let share = connections / threads + usize::from(thread < connections % threads);
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let one = || connection(addr.clone(), Arc::clone(&make), Arc::clone(&counter), until, status);
                    let all: Vec<_> = (0..share).map(|_| tokio::spawn(one())).collect();
                    for task in all {
                        task.await.unwrap();
                    }
                });
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    Turn { requests: counter.load(Ordering::Relaxed), seconds: start.elapsed().as_secs_f64() }
}

async fn connection(addr: String, make: Make, counter: Arc<AtomicU64>, until: Instant, status: u16) {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut socket = TcpStream::connect(&addr).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let mut buffer = Vec::with_capacity(64 * 1024);
    while Instant::now() < until {
        let request = make(NUMBER.fetch_add(1, Ordering::Relaxed));
        socket.write_all(&request).await.unwrap();
        let got = answer(&mut socket, &mut buffer).await;
        assert_eq!(got, status, "{}", String::from_utf8_lossy(&buffer));
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Reads one answer; its status.
pub async fn answer(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> u16 {
    buffer.clear();
    loop {
        assert!(socket.read_buf(buffer).await.unwrap() > 0, "the server closed");
        let Some(head) = buffer.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head]).unwrap();
        let length = text
            .split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.trim().parse().unwrap());
        let status = text[9..12].parse().unwrap();
        let whole = head + 4 + length;
        while buffer.len() < whole {
            assert!(socket.read_buf(buffer).await.unwrap() > 0, "the server closed");
        }
        return status;
    }
}

/// One request on a connection of its own: status, head and body.
pub fn once(addr: &str, request: &[u8]) -> (u16, String, Vec<u8>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut socket = TcpStream::connect(addr).await.unwrap();
        socket.write_all(request).await.unwrap();
        let mut buffer = Vec::new();
        let status = answer(&mut socket, &mut buffer).await;
        let head = buffer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let body = buffer[head + 4..].to_vec();
        (status, String::from_utf8_lossy(&buffer[..head]).into_owned(), body)
    })
}

/// The bytes of a request.
pub fn request(method: &str, path: &str, token: &str, headers: &str, body: &str) -> Vec<u8> {
    let content = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    let length = if method == "GET" { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n{headers}{content}{length}\r\n{body}")
        .into_bytes()
}
