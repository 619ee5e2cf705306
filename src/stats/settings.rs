//! How figures are kept and judged.

use std::fmt;

use crate::timing::REPEATS_MAX;

/// How figures are kept and judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Runs of one statement inside one request that are still fine.
    pub repeats_max: u32,
    /// What the server may use; above it an alert says so.
    pub memory_budget_bytes: u64,
    /// How old the last backup may be, in hours.
    pub backup_hours: u32,
    /// Whether the clock runs as the monotonic one does; a test's stands still.
    pub clock_runs: bool,
    /// Pages of 4 KiB that the history may have on disk.
    pub history_pages_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            repeats_max: REPEATS_MAX,
            memory_budget_bytes: 200 << 20,
            backup_hours: 26,
            clock_runs: true,
            history_pages_max: 16 << 10,
        }
    }
}

impl Settings {
    /// The names of values that can be set.
    pub const NAMES: [&str; 3] = ["repeats_max", "memory_mb", "backup_hours"];

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
            "repeats_max" => self.repeats_max = number(1, 10_000)?,
            "memory_mb" => self.memory_budget_bytes = u64::from(number(16, 1 << 20)?) << 20,
            "backup_hours" => self.backup_hours = number(1, 24 * 366)?,
            _ => return Err("is no setting".to_owned()),
        }
        Ok(())
    }
}

/// Those that are not as they are by default, each after a comma.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = Self::default();
        let values = |s: &Self| [u64::from(s.repeats_max), s.memory_budget_bytes >> 20, s.backup_hours.into()];
        let mut changed =
            Self::NAMES.iter().zip(values(self)).zip(values(&default)).filter(|((_, now), then)| now != then);
        changed.try_for_each(|((name, now), _)| write!(f, ", {name} = {now}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_name_and_a_range() {
        let check = |name: &str, text: &str, expected: Result<&str, &str>| {
            let mut settings = Settings::default();
            let told = settings.set(name, text).map(|()| settings.to_string());
            assert_eq!(told.as_deref().map_err(String::as_str), expected, "{name} = {text}");
        };
        check("repeats_max", "5", Ok(", repeats_max = 5"));
        check("memory_mb", "64", Ok(", memory_mb = 64"));
        check("backup_hours", "26", Ok(""));
        check("repeats_max", "0", Err("is not a whole number from 1 to 10000"));
        check("memory_mb", "a lot", Err("is not a whole number from 16 to 1048576"));
        check("port", "1", Err("is no setting"));
    }
}
