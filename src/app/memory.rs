//! How the C library's allocator serves a few busy threads in little memory.

/// Called first in `main`, before any other thread runs (mallopt(3)).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "mallopt(3) has no safe form")]
pub fn set() {
    const SETTINGS: [(libc::c_int, libc::c_int); 3] = [
        // The writer and each of the two workers have an arena of their own: what one allocates another
        // frees, and with a single arena they wait for each other at every answer. More would only keep
        // what exports and sign-ins left behind in each.
        (libc::M_ARENA_MAX, 4),
        // Large blocks, as for hashing a PIN, go back to the machine when freed. Setting it also keeps
        // the limit from creeping up by itself.
        (libc::M_MMAP_THRESHOLD, 4 << 20),
        // A savepoint's journal of 1 MB is taken and freed at every write: its place stays.
        (libc::M_TRIM_THRESHOLD, 2 << 20),
    ];
    for (parameter, value) in SETTINGS {
        // SAFETY: no other thread runs yet, and the parameters are of the list in mallopt(3).
        let _ = unsafe { libc::mallopt(parameter, value) };
    }
}

/// Gives the machine back what was freed and lies between what is used: once a minute, since what a
/// start, an export or a sign-in took is not taken again soon (malloc_trim(3)).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "malloc_trim(3) has no safe form")]
pub(super) fn give_back() {
    // SAFETY: safe to call from any thread at any time, says malloc_trim(3).
    let _ = unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn set() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn give_back() {}
