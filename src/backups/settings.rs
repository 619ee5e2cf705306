//! Whether, where and how often the server backs up by itself.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::model::Bounds;

const DAY_MS: i64 = 86_400_000;

/// How the server backs up by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder they are put in; without one there are none.
    pub to: Option<PathBuf>,
    /// From one to the next; a second at least.
    pub every: Duration,
    /// How long each is kept, 1 to 3,660 days.
    pub keep_days: u32,
    /// Bytes they may have together; the newest one is kept whatever it has.
    pub keep_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { to: None, every: Duration::from_secs(3_600), keep_days: 31, keep_bytes: 20_000_000_000 }
    }
}

impl Settings {
    /// The names of values that can be set.
    pub const NAMES: [&str; 4] = ["backup", "backup_every", "backup_keep_days", "backup_keep_mb"];

    pub fn knows(name: &str) -> bool {
        Self::NAMES.contains(&name)
    }

    /// Sets one value by its name.
    ///
    /// # Errors
    /// What is wrong with `text`, to follow it in a sentence.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        let number = |least: u32, most: u32| {
            let number = text.parse::<u32>().ok().filter(|n| (least..=most).contains(n));
            number.ok_or_else(|| format!("is not a whole number from {least} to {most}"))
        };
        match name {
            "backup" => self.to = (!text.is_empty()).then(|| PathBuf::from(text)),
            "backup_every" => self.every = span(text).ok_or("is no time from 1s to 7d, such as 15m or 1h")?,
            "backup_keep_days" => self.keep_days = number(1, 3_660)?,
            "backup_keep_mb" => self.keep_bytes = u64::from(number(1, 100_000_000)?) * 1_000_000,
            _ => return Err("is no setting".to_owned()),
        }
        Ok(())
    }

    pub(super) fn bounds(&self) -> Bounds {
        Bounds { bytes_max: self.keep_bytes, age_max_ms: i64::from(self.keep_days) * DAY_MS }
    }
}

/// A number of `s`, `m`, `h` or `d`, up to a week.
fn span(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit_s = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(unit_s)?;
    (1..=7 * 86_400).contains(&seconds).then(|| Duration::from_secs(seconds))
}

/// Those that are not as they are by default, each after a comma.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, every, keep_days, keep_bytes } = Self::default();
        if let Some(folder) = self.to.as_ref().filter(|folder| Some(*folder) != to.as_ref()) {
            write!(f, ", backup = {}", folder.display())?;
        }
        if self.every != every {
            write!(f, ", backup_every = {}s", self.every.as_secs())?;
        }
        if self.keep_days != keep_days {
            write!(f, ", backup_keep_days = {}", self.keep_days)?;
        }
        if self.keep_bytes != keep_bytes {
            write!(f, ", backup_keep_mb = {}", self.keep_bytes / 1_000_000)?;
        }
        Ok(())
    }
}
