//! Names of what is not finished yet. No name of a finished file looks like one, the process that makes it
//! stands in it, and what a process left that is no more is found by it and goes.

use std::fs;
use std::path::{Path, PathBuf};

/// Where `path` is made: `.friday.db.4711.copying` beside `friday.db`, hidden and ending in no word that
/// anything finished ends in.
pub fn unfinished(path: &Path, doing: &str) -> PathBuf {
    unfinished_by(path, std::process::id(), doing)
}

/// The same of the process of that number.
pub fn unfinished_by(path: &Path, process: u32, doing: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{process}.{doing}"))
}

/// Takes away what processes that are no more left of `path`, whatever they were doing it for. What
/// another machine is making under that name stays, unless a process of this one had its number.
pub fn sweep(path: &Path, doing: &str) {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let process = found.to_str().and_then(|found| {
            let process = found.strip_prefix(&format!(".{name}."))?.strip_suffix(&format!(".{doing}"))?;
            process.parse::<u32>().ok()
        });
        if process.is_some_and(|process| !is_alive(process)) {
            take_away(&entry.path());
        }
    }
}

fn is_alive(process: u32) -> bool {
    // Where the system does not say, nothing is taken away.
    !Path::new("/proc/self").exists() || Path::new("/proc").join(process.to_string()).exists()
}

fn take_away(path: &Path) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Ok(()) => log::info!("{} was left unfinished, and goes", path.display()),
        Err(error) => log::warn!("{} was left unfinished, and stays: {error}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_makes_any_more_goes() {
        let folder = std::env::temp_dir().join(format!("comanda-leftover-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("friday.db");
        // No process has a number that great.
        let dead = unfinished_by(&path, 4_194_305, "copying");
        let of_another = unfinished_by(&folder.join("monday.db"), 4_194_305, "copying");
        let (ours, other) = (unfinished(&path, "copying"), folder.join(".friday.db.copying"));
        for file in [&dead, &ours, &other, &of_another, &path] {
            fs::write(file, "half").unwrap();
        }
        sweep(&path, "copying");
        let there = [&dead, &ours, &other, &of_another, &path].map(|file| file.exists());
        assert_eq!(there, [false, true, true, true, true]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
