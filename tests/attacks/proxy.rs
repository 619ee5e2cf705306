//! A bad network: every connection through it ends after some byte of a request or of an answer.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::dice::Dice;

/// Bytes of requests or of answers after which a connection is cut, at most: a few requests' worth.
const REQUESTS_MAX: u64 = 6_000;
const ANSWERS_MAX: u64 = 30_000;

pub struct Proxy {
    pub addr: SocketAddr,
    to: Arc<Mutex<Option<SocketAddr>>>,
    cuts: Arc<AtomicU64>,
}

impl Proxy {
    pub fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { addr: listener.local_addr().unwrap(), to: Arc::default(), cuts: Arc::default() };
        let (to, cuts) = (Arc::clone(&proxy.to), Arc::clone(&proxy.cuts));
        // It ends with the test's process.
        thread::spawn(move || {
            let mut dice = Dice::new(seed);
            for client in listener.incoming().map_while(Result::ok) {
                let to = *to.lock().unwrap();
                if let Some(server) = to.and_then(|to| TcpStream::connect(to).ok()) {
                    carry(&client, &server, &mut dice, &cuts);
                }
            }
        });
        proxy
    }

    /// Where it leads from now on.
    pub fn leads_to(&self, server: Option<SocketAddr>) {
        *self.to.lock().unwrap() = server;
    }

    /// Connections it has cut so far.
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

fn carry(client: &TcpStream, server: &TcpStream, dice: &mut Dice, cuts: &Arc<AtomicU64>) {
    let (requests, answers) =
        if dice.percent(50) { (Some(dice.below(REQUESTS_MAX)), None) } else { (None, Some(dice.below(ANSWERS_MAX))) };
    for (from, to, after) in [(client, server, requests), (server, client, answers)] {
        let (from, to, cuts) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(cuts));
        thread::spawn(move || copy(from, to, after, &cuts));
    }
}

/// Copies until one side ends or so many bytes went through; then nobody hears anything more.
fn copy(mut from: TcpStream, mut to: TcpStream, after: Option<u64>, cuts: &AtomicU64) {
    let mut left = after.unwrap_or(u64::MAX);
    let mut chunk = [0; 4096];
    let _ = to.set_nodelay(true);
    while let Ok(n) = from.read(&mut chunk)
        && n > 0
    {
        let through = usize::try_from(left).unwrap_or(n).min(n);
        if to.write_all(&chunk[..through]).is_err() {
            break;
        }
        left -= through as u64;
        if left == 0 {
            cuts.fetch_add(1, Ordering::Relaxed);
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
