//! What the operating system says of the process and of the disk.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Instant;

/// Ticks a second of the times in `/proc`, which Linux keeps at 100 for every program.
const TICKS_PER_S: u64 = 100;

/// Bytes of memory the process has at present; zero where the system does not say.
pub(super) fn rss_bytes() -> u64 {
    fs::read_to_string("/proc/self/status").ok().and_then(|status| rss_of(&status)).unwrap_or(0)
}

fn rss_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Processor time of the process so far, in ms.
pub(super) fn cpu_ms() -> Option<u64> {
    cpu_of(&fs::read_to_string("/proc/self/stat").ok()?)
}

fn cpu_of(stat: &str) -> Option<u64> {
    // The second field is the program's name, which may hold anything but ends with the last bracket.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let (user, system) = (fields.next()?.parse::<u64>().ok()?, fields.next()?.parse::<u64>().ok()?);
    Some((user + system) * 1_000 / TICKS_PER_S)
}

/// Processor use between two looks.
#[derive(Debug, Default)]
pub(super) struct Cpu {
    last: Option<(Instant, u64)>,
    per_mille: Option<u64>,
}

impl Cpu {
    /// Of one core; over a second at least, so that two who look at once do not spoil it.
    pub(super) fn per_mille(&mut self, now: Instant) -> Option<u64> {
        let elapsed_ms = |then: Instant| u64::try_from(now.saturating_duration_since(then).as_millis()).unwrap_or(0);
        match self.last {
            Some((then, _)) if elapsed_ms(then) < 1_000 => {}
            last => {
                let used = cpu_ms()?;
                self.per_mille = last.map(|(then, before)| used.saturating_sub(before) * 1_000 / elapsed_ms(then));
                self.last = Some((now, used));
            }
        }
        self.per_mille
    }
}

/// Bytes free for the server, and bytes in all, on the disk that holds `path`.
#[expect(unsafe_code, reason = "statvfs(3) has no safe form in the standard library")]
pub(super) fn disk(path: &Path) -> Option<(u64, u64)> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut told = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: the path ends with a zero and the place is as large as what is written to it.
    if unsafe { libc::statvfs(folder.as_ptr(), told.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: zeroed, and filled by the call that succeeded.
    let told = unsafe { told.assume_init() };
    let unit = told.f_frsize;
    Some((told.f_bavail.saturating_mul(unit), told.f_blocks.saturating_mul(unit)))
}

/// The file's length; zero where there is none.
pub(super) fn file_bytes(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |m| m.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_words_are_understood() {
        assert_eq!(rss_of("Name:\tcomanda\nVmRSS:\t   35200 kB\nThreads:\t9\n"), Some(35_200 * 1024));
        assert_eq!(rss_of("Name:\tcomanda\n"), None);
        let stat = "812 (a) b) S 1 812 812 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 9 0 1 2 3";
        assert_eq!(cpu_of(stat), Some(3_000));
        assert_eq!(cpu_of("nonsense"), None);
    }

    #[test]
    fn this_process_has_memory_and_a_disk() {
        assert!(rss_bytes() > 100_000);
        let (free, all) = disk(Path::new("/tmp/any")).unwrap();
        assert!(free <= all && all > 0);
        assert_eq!(disk(Path::new("/no/such/folder/any")), None);
    }
}
