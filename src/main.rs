//! Arguments to a command; nothing else.

fn main() -> std::process::ExitCode {
    share_one_arena();
    comanda::cli::run()
}

/// The C library gives every thread an arena of its own and keeps what was freed in each: an export and
/// a few sign-ins on different threads would stay for good. One arena serves the few threads there are.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "mallopt(3) has no safe form; no other thread runs yet")]
fn share_one_arena() {
    // SAFETY: called first in `main`, with a parameter of the list in mallopt(3).
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn share_one_arena() {}
