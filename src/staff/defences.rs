//! Defences that a debug build can be told to leave off, for the proof that an attack would find them missing.

/// Whether a defence stands. In a build with debug assertions the environment may name some that do not, with
/// commas between them; in any other each stands always.
#[cfg(debug_assertions)]
pub(super) fn stands(name: &str) -> bool {
    !std::env::var("COMANDA_DEFENCES_OFF").is_ok_and(|off| off.split(',').any(|off| off == name))
}

#[cfg(not(debug_assertions))]
pub(super) const fn stands(_: &str) -> bool {
    true
}
