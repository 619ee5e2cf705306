//! What backups are called, which go, and what a checksum says; tables.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Settings;
use super::checksum::{self, Told};
use super::model::{Bounds, Family, Kept, going};
use crate::kernel::day::UtcMs;

fn at(time: &str) -> UtcMs {
    UtcMs::parse(time).unwrap()
}

#[test]
fn a_backup_is_known_by_its_name() {
    let family = Family::of("trattoria", "0b4f6b0e-5b1f-4c8e-9d55-2f9f2c1c7a10");
    let made = at("2026-11-20T18:55:12+01:00");
    assert_eq!(family.name_at(made), "trattoria-0b4f6b0e-20261120T175512Z.db");
    assert_eq!(family.made_at(&family.name_at(made)), Some(made));
    for other in [
        "trattoria-0b4f6b0e.db",
        "trattoria-0b4f6b0f-20261120T175512Z.db",
        "trattoria-0b4f6b0e-20261120T175512Z.db.sha256",
        "trattoria-0b4f6b0e-20261120T175512Z.db.part",
        ".trattoria-0b4f6b0e.db.77.copying",
        "trattoria-0b4f6b0e-20261320T175512Z.db",
        "trattoria-0b4f6b0e-2026112OT175512Z.db",
        "osteria-0b4f6b0e-20261120T175512Z.db",
    ] {
        assert_eq!(family.made_at(other), None, "{other}");
    }
}

/// Backups of 10 bytes each, named by their times; which of them go, the newest good one being the last.
#[track_caller]
fn check(kept: &[&str], now: &str, room: u64, bounds: Bounds, goes: &[&str]) {
    let made = |name: &&str| Kept { name: (*name).to_owned(), at: at(&format!("2026-11-{name}:00Z")), bytes: 10 };
    let made: Vec<Kept> = kept.iter().map(made).collect();
    let newest: Vec<String> =
        made.iter().max_by_key(|kept| kept.at).map(|kept| kept.name.clone()).into_iter().collect();
    let now = at(&format!("{now}:00Z"));
    assert_eq!(going(&made, &newest, now, room, bounds), goes);
}

#[test]
fn what_is_too_much_or_too_old_goes() {
    const DAY: i64 = 86_400_000;
    let bytes = |bytes_max| Bounds { bytes_max, age_max_ms: 900 * DAY };
    let days = |days: i64| Bounds { bytes_max: 1_000, age_max_ms: days * DAY };
    let kept = ["18T10:00", "18T20:00", "19T10:00", "19T20:00", "20T10:00", "20T11:00"];
    let now = "2026-11-20T12:00";
    check(&kept, now, 0, bytes(60), &[]);
    check(&kept, now, 0, bytes(59), &["18T10:00"]);
    check(&kept, now, 10, bytes(60), &["18T10:00"]);
    check(&kept, now, 0, bytes(45), &["18T10:00", "19T10:00"]);
    // Each day's last one after all others, and the newest not at all.
    check(&kept, now, 0, bytes(30), &["18T10:00", "19T10:00", "20T10:00"]);
    check(&kept, now, 0, bytes(1), &["18T10:00", "19T10:00", "20T10:00", "18T20:00", "19T20:00"]);
    check(&["20T11:00"], now, 500, bytes(1), &[]);
    check(&kept, now, 0, days(2), &["18T10:00"]);
    check(&kept, "2026-11-20T21:00", 0, days(1), &["18T10:00", "18T20:00"]);
    // A clock that shows another year takes two at a time, and never the newest.
    check(&kept, "2031-01-01T00:00", 0, days(31), &["18T10:00", "18T20:00"]);
    check(&["20T11:00"], "2031-01-01T00:00", 0, days(31), &[]);
    check(&kept, "1970-01-01T00:00", 0, days(31), &[]);
    check(&[], now, 10, bytes(1), &[]);
    // One that a clock of another year named, and the last one that was made.
    let made = |name: &str| Kept { name: name.to_owned(), at: at(&format!("2026-11-{name}:00Z")), bytes: 10 };
    let (all, both) =
        ([made("18T10:00"), made("19T10:00"), made("30T10:00")], ["30T10:00", "19T10:00"].map(str::to_owned));
    assert_eq!(going(&all, &both, at("2026-11-19T12:00:00Z"), 0, bytes(1)), ["18T10:00"]);
    // Too old and too much are added up.
    let both = Bounds { bytes_max: 40, age_max_ms: 2 * DAY };
    check(&kept, now, 0, both, &["18T10:00", "19T10:00"]);
}

#[test]
fn every_value_has_a_name_and_a_range() {
    let check = |name: &str, text: &str, expected: Result<&str, &str>| {
        let mut settings = Settings::default();
        let told = settings.set(name, text).map(|()| settings.to_string());
        assert_eq!(told.as_deref().map_err(String::as_str), expected, "{name} = {text}");
    };
    check("backup", "/mnt/usb", Ok(", backup = /mnt/usb"));
    check("backup", "", Ok(""));
    check("backup_every", "15m", Ok(", backup_every = 900s"));
    check("backup_every", "1h", Ok(""));
    check("backup_every", "7d", Ok(", backup_every = 604800s"));
    for wrong in ["0s", "8d", "15", "m", "1.5h", "15 m", "", "-1h", "1ü"] {
        check("backup_every", wrong, Err("is no time from 1s to 7d, such as 15m or 1h"));
    }
    check("backup_keep_days", "7", Ok(", backup_keep_days = 7"));
    check("backup_keep_days", "0", Err("is not a whole number from 1 to 3660"));
    check("backup_keep_mb", "500", Ok(", backup_keep_mb = 500"));
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_checksum_is_what_sha256sum_writes_and_reads() {
    let folder = Folder(std::env::temp_dir().join(format!("comanda-checksum-{}", std::process::id())));
    fs::create_dir_all(&folder.0).unwrap();
    for name in ["friday.db", "a b.db", "back\\slash.db", "two\nlines.db"] {
        let path = folder.0.join(name);
        fs::write(&path, name.repeat(400_000)).unwrap();
        assert_eq!(checksum::check(&path).unwrap(), Told::Nothing);
        let line = checksum::line(&checksum::of(&path).unwrap(), &path);
        fs::write(checksum::beside(&path), &line).unwrap();
        assert_eq!(checksum::check(&path).unwrap(), Told::Right);
        let Ok(theirs) = Command::new("sha256sum").arg(name).current_dir(&folder.0).output() else { continue };
        assert_eq!(theirs.stdout, line, "{name:?}");
        let sums = checksum::beside(Path::new(name));
        let told = Command::new("sha256sum").arg("--check").arg(&sums).current_dir(&folder.0).output().unwrap();
        assert!(told.status.success(), "{name:?}: {told:?}");
        fs::write(&path, name.repeat(400_001)).unwrap();
        assert_eq!(checksum::check(&path).unwrap(), Told::Wrong);
        fs::write(checksum::beside(&path), "no sum").unwrap();
        assert_eq!(checksum::check(&path).unwrap(), Told::Wrong);
    }
}
