//! PINs as Argon2id hashes.
//!
//! At most two are computed at a time, off the event loop and outside the writer; their memory goes
//! back to the machine each time. Few may wait for their turn, each kind in a room of its own, so that a crowd
//! at one door holds up neither the other nor whoever has no PIN to show.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::model::Pin;
use super::secret::{STANDARD, decode, encode, random};
use crate::error::{Error, Fault, Refusal, Result};

/// 7 MiB, five passes, one lane: the leanest of the equally strong settings in OWASP's Password
/// Storage Cheat Sheet. A PIN has few digits to protect anyway; the waits between tries do that.
const MEMORY_KIB: u32 = 7168;
const PASSES: u32 = 5;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// What a stored hash may ask for, lest a tampered row takes the box's memory.
const MEMORY_KIB_MAX: u32 = 64 * 1024;
const PASSES_MAX: u32 = 16;

/// The bound is the process's memory, hence one for the process.
static TURNS: Semaphore = Semaphore::const_new(2);
const TURN_WAIT: Duration = Duration::from_secs(5);

/// Where those are whose PIN is being looked at or waits for it.
#[derive(Debug)]
pub struct Room(Semaphore);

/// Terminals: a shift that begins at once.
pub static TILLS: Room = Room(Semaphore::const_new(16));
/// Whoever stands on the LAN and wants to see statistics.
pub static GUESTS: Room = Room(Semaphore::const_new(4));

/// A place in a room, left when it is let go.
#[derive(Debug)]
pub struct Place {
    _held: SemaphorePermit<'static>,
}

impl Room {
    /// Takes a place, where there is one.
    ///
    /// # Errors
    /// [`Refusal::Busy`], at once.
    pub fn enter(&'static self) -> Result<Place> {
        self.0.try_acquire().map(|held| Place { _held: held }).map_err(|_| too_many())
    }
}

fn too_many() -> Error {
    Refusal::Busy.because("Too many sign in at once.").retry_after(1).into()
}

/// Hashes a new PIN, off the event loop.
///
/// # Errors
/// [`Refusal::Busy`] where too many wait.
pub async fn hash(pin: Pin) -> Result<String> {
    in_turn(TILLS.enter()?, move || hash_blocking(&pin)).await
}

/// Hashes a new PIN on this thread, in the PHC string format.
pub fn hash_blocking(pin: &Pin) -> Result<String> {
    let salt = random::<SALT_BYTES>()?;
    let hash = compute(pin, &salt, (MEMORY_KIB, PASSES, LANES))?;
    let (salt, hash) = (encode(&salt, STANDARD), encode(&hash, STANDARD));
    Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}"))
}

/// Whether `pin` is the one hashed as `stored`. Where there is nothing stored the answer is no, after
/// as much work, so that nobody learns by the clock who works here.
///
/// # Errors
/// [`Refusal::Busy`] where too many wait.
pub async fn verify(pin: Pin, stored: Option<String>, place: Place) -> Result<bool> {
    in_turn(place, move || verify_blocking(&pin, stored.as_deref())).await
}

/// [`verify`] on this thread.
pub fn verify_blocking(pin: &Pin, stored: Option<&str>) -> Result<bool> {
    let Some(stored) = stored else {
        compute(pin, &[0; SALT_BYTES], (MEMORY_KIB, PASSES, LANES))?;
        return Ok(false);
    };
    let (cost, salt, hash) = read(stored).ok_or_else(|| Fault::new("a stored PIN hash does not read"))?;
    let computed = compute(pin, &salt, cost)?;
    // Every byte is looked at, wherever the first difference is.
    let differences = computed.iter().zip(&hash).fold(0, |all, (a, b)| all | (a ^ b));
    Ok(hash.len() == HASH_BYTES && differences == 0)
}

async fn in_turn<T: Send + 'static>(place: Place, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let turn = match tokio::time::timeout(TURN_WAIT, TURNS.acquire()).await {
        Ok(turn) => turn.map_err(|_| Refusal::Stopping)?,
        Err(_) => return Err(too_many()),
    };
    // Turn and place go with the work, which ends also when the caller has left.
    let run = move || {
        let result = work();
        drop((turn, place));
        result
    };
    tokio::task::spawn_blocking(run).await.map_err(|e| Fault::from_source("a PIN's hashing did not end", e))?
}

type Cost = (u32, u32, u32);

fn compute(pin: &Pin, salt: &[u8], (memory, passes, lanes): Cost) -> Result<[u8; HASH_BYTES]> {
    let fault = |e: argon2::Error| Fault::new(format!("Argon2: {e}"));
    let params = Params::new(memory, passes, lanes, Some(HASH_BYTES)).map_err(fault)?;
    let blocks = params.block_count();
    let mut hash = [0; HASH_BYTES];
    let mut room = vec![Block::new(); blocks];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into_with_memory(pin.as_bytes(), salt, &mut hash, &mut room).map_err(fault)?;
    Ok(hash)
}

/// Cost, salt and hash of a PHC string.
fn read(stored: &str) -> Option<(Cost, Vec<u8>, Vec<u8>)> {
    let mut parts = stored.strip_prefix("$argon2id$v=19$")?.split('$');
    let mut costs = parts.next()?.split(',');
    let mut cost = |name: &str| costs.next()?.strip_prefix(name)?.parse::<u32>().ok();
    let (memory, passes, lanes) = (cost("m=")?, cost("t=")?, cost("p=")?);
    if memory > MEMORY_KIB_MAX || passes > PASSES_MAX || lanes > 4 {
        return None;
    }
    let salt = decode(parts.next()?, STANDARD)?;
    let hash = decode(parts.next()?, STANDARD)?;
    parts.next().is_none().then_some(((memory, passes, lanes), salt, hash))
}
