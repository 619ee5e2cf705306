//! Arguments to a command; nothing else.

fn main() -> std::process::ExitCode {
    set_malloc();
    comanda::cli::run()
}

/// How the C library's allocator serves a few busy threads in little memory (mallopt(3)).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "mallopt(3) has no safe form; no other thread runs yet")]
fn set_malloc() {
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
        // SAFETY: called first in `main`, with parameters of the list in mallopt(3).
        let _ = unsafe { libc::mallopt(parameter, value) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn set_malloc() {}
