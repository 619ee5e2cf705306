//! How much may be asked, how much at a time, and how long it may take.

use std::fmt;
use std::time::Duration;

/// How much may be asked, how much at a time, and how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Requests a second that one device may ask on and on, 0 to 100,000; 0 is as many as it likes.
    pub device_per_s: u32,
    /// Requests that it may ask at once after a pause, 1 to 100,000.
    pub device_burst: u32,
    /// The same for an address, behind which several devices may stand.
    pub address_per_s: u32,
    pub address_burst: u32,
    /// Connections that it may hold at a time, 0 to 100,000; 0 is as many as it likes.
    pub address_connections: u32,
    /// Whether calls from this very machine are limited too.
    pub loopback: bool,
    /// Requests under way at a time, 1 to 1,000: fewer than the writer's queue takes, so that this is met first.
    pub requests_max: u32,
    /// How long the head of a connection's first request may take, in ms.
    pub head_ms: u64,
    /// How long a request's body may take, in ms.
    pub body_ms: u64,
    /// How long an answer may take to be begun, the request's body included, in ms.
    pub handler_ms: u64,
}

impl Default for Settings {
    /// Far from what a restaurant does: a tablet that comes back to the LAN asks some tens of things at
    /// once, and two slow cores answer a few hundred cold reads a second.
    fn default() -> Self {
        Self {
            device_per_s: 50,
            device_burst: 300,
            address_per_s: 200,
            address_burst: 1_000,
            address_connections: 256,
            loopback: false,
            requests_max: 256,
            head_ms: 5_000,
            body_ms: 10_000,
            handler_ms: 30_000,
        }
    }
}

impl Settings {
    /// The names of values that can be set.
    pub const NAMES: [&str; 10] = [
        "limits.device_per_s",
        "limits.device_burst",
        "limits.address_per_s",
        "limits.address_burst",
        "limits.address_connections",
        "limits.loopback",
        "limits.requests_max",
        "limits.head_s",
        "limits.body_s",
        "limits.handler_s",
    ];

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
        let ms = |most_s: u32| number(1, most_s).map(|seconds| u64::from(seconds) * 1_000);
        match name {
            "limits.device_per_s" => self.device_per_s = number(0, 100_000)?,
            "limits.device_burst" => self.device_burst = number(1, 100_000)?,
            "limits.address_per_s" => self.address_per_s = number(0, 100_000)?,
            "limits.address_burst" => self.address_burst = number(1, 100_000)?,
            "limits.address_connections" => self.address_connections = number(0, 100_000)?,
            "limits.loopback" => self.loopback = text.parse().map_err(|_| "is neither true nor false".to_owned())?,
            "limits.requests_max" => self.requests_max = number(1, 1_000)?,
            "limits.head_s" => self.head_ms = ms(60)?,
            "limits.body_s" => self.body_ms = ms(600)?,
            "limits.handler_s" => self.handler_ms = ms(600)?,
            _ => return Err("is no setting".to_owned()),
        }
        Ok(())
    }

    /// In the order of the names.
    fn values(&self) -> [String; Self::NAMES.len()] {
        let s = |ms: u64| (ms / 1_000).to_string();
        [
            self.device_per_s.to_string(),
            self.device_burst.to_string(),
            self.address_per_s.to_string(),
            self.address_burst.to_string(),
            self.address_connections.to_string(),
            self.loopback.to_string(),
            self.requests_max.to_string(),
            s(self.head_ms),
            s(self.body_ms),
            s(self.handler_ms),
        ]
    }

    pub fn head(&self) -> Duration {
        Duration::from_millis(self.head_ms)
    }

    pub fn body(&self) -> Duration {
        Duration::from_millis(self.body_ms)
    }

    /// How long an exchange may go on without anything of its answer being written: what each of its parts may
    /// take, and a second more, so that who took too long is told so.
    pub fn exchange(&self) -> Duration {
        self.head() + self.body() + self.handler() + Duration::from_secs(1)
    }

    pub fn handler(&self) -> Duration {
        Duration::from_millis(self.handler_ms)
    }
}

/// Those that are not as they are by default, each after a comma.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (now, then) = (self.values(), Self::default().values());
        let mut changed = Self::NAMES.iter().zip(now).zip(then).filter(|((_, now), then)| now != then);
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
        for (name, default) in Settings::NAMES.into_iter().zip(Settings::default().values()) {
            check(name, &default, Ok(""));
            let other = if default == "false" { "true".to_owned() } else { "7".to_owned() };
            check(name, &other, Ok(&format!(", {name} = {other}")));
        }
        check("limits.device_per_s", "0", Ok(", limits.device_per_s = 0"));
        check("limits.device_burst", "0", Err("is not a whole number from 1 to 100000"));
        check("limits.requests_max", "1001", Err("is not a whole number from 1 to 1000"));
        check("limits.body_s", "1.5", Err("is not a whole number from 1 to 600"));
        check("limits.head_s", "61", Err("is not a whole number from 1 to 60"));
        check("limits.loopback", "off", Err("is neither true nor false"));
        check("limits.printer", "1", Err("is no setting"));
    }
}
