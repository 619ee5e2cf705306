//! The house's rules about its own sources, which no compiler keeps.

use std::fs;
use std::path::Path;

use comanda::error::Refusal;

struct Source {
    /// From `src/` on.
    path: String,
    text: String,
}

fn sources() -> Vec<Source> {
    below("src")
}

/// The Rust files of a folder of the crate.
fn below(folder: &str) -> Vec<Source> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path: path.strip_prefix(root).unwrap().display().to_string(), text });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

impl Source {
    /// The lines that are code, with their numbers: neither comments nor what follows `#[cfg(test)]`.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let code = self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        code.lines().enumerate().map(|(n, line)| (n + 1, line.trim())).filter(|(_, line)| !line.starts_with("//"))
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }

    /// The folder, or the file where it stands alone: `orders/ops.rs` and `app.rs` are `orders` and `app`.
    fn capability(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or_default()
    }

    fn is_pure(&self) -> bool {
        self.path.starts_with("kernel/") || matches!(self.file(), "model.rs" | "bill.rs")
    }

    fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// Fails with every place `wrong` finds.
fn check(rule: &str, wrong: impl Fn(&Source, &str) -> bool) {
    let mut places = Vec::new();
    for source in sources() {
        for (number, line) in source.code() {
            if wrong(&source, line) {
                places.push(format!("src/{}:{number}: {line}", source.path));
            }
        }
    }
    assert!(places.is_empty(), "{rule}\n{}", places.join("\n"));
}

fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        edge(line[..at].chars().next_back()) && edge(line[at + word.len()..].chars().next())
    })
}

#[test]
fn the_kernel_and_models_are_pure() {
    check("kernel/, model.rs and bill.rs know neither SQLite nor HTTP nor JSON", |source, line| {
        // How a value stands in a row or on the wire is said elsewhere, for it.
        source.is_pure()
            && ["rusqlite", "actix_web", "serde", "serde_json", "utoipa", "tokio"].iter().any(|word| names(line, word))
    });
}

#[test]
fn sql_stands_in_its_place() {
    const OPENINGS: [&str; 8] = [
        "select ",
        "insert into ",
        "update ",
        "delete from ",
        "with recursive",
        "create table",
        "pragma ",
        "replace into ",
    ];
    check("SQL stands only in sql.rs files, store/ and schema/", |source, line| {
        let line = line.to_lowercase();
        let text_opens = |opening: &str| line.contains(&format!("\"{opening}"));
        source.file() != "sql.rs"
            && !source.path.contains("/sql/")
            && source.capability() != "store"
            && !source.is_test()
            && OPENINGS.iter().any(|opening| text_opens(opening))
    });
}

#[test]
fn a_domain_calls_no_other_domains_sql() {
    check("a domain may call another's model or ops, never its sql", |source, line| {
        let foreign = line.split("crate::").skip(1).any(|path| {
            let mut words = path.split("::");
            let (domain, module) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            names(module, "sql") && module.starts_with("sql") && domain != source.capability()
        });
        foreign && source.path != "app.rs"
    });
}

/// From the ground up; an import runs down, never up and never in a circle.
const FLOORS: &[&[&str]] = &[
    &["kernel", "timing"],
    &["error", "cache"],
    &["store", "web"],
    &["journal"],
    &["reports", "floor", "settings"],
    &["menu", "kitchen", "staff", "accounts"],
    &["approvals"],
    &["drawers", "timeclock"],
    &["shifts"],
    &["orders"],
    &["payments", "stats", "backups"],
    &["config", "import", "export", "upkeep"],
    &["app"],
    &["demo"],
    &["cli", "fuzz"],
    &["main", "lib"],
];

/// Imports within a floor, in one direction each.
const BESIDE: &[(&str, &str)] = &[("cache", "error"), ("web", "store")];

#[test]
fn imports_run_down() {
    let floor = |name: &str| FLOORS.iter().position(|floor| floor.contains(&name));
    let known: Vec<String> = sources().iter().map(|s| s.capability().to_owned()).collect();
    for name in &known {
        assert!(floor(name).is_some(), "{name} stands on no floor");
    }
    check("every import runs down", |source, line| {
        if source.is_test() {
            return false;
        }
        let (own, here) = (source.capability(), floor(source.capability()));
        let mut paths: Vec<&str> = line.split("crate::").skip(1).collect();
        if let Some(group) = line.split("crate::{").nth(1) {
            paths.extend(group.split(',').map(str::trim));
        }
        paths.into_iter().any(|path| {
            let name: &str = path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            match floor(name) {
                _ if name == own => false,
                Some(there) => Some(there) >= here && !BESIDE.contains(&(own, name)),
                None => false,
            }
        })
    });
}

#[test]
fn files_are_of_a_size_to_be_read() {
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(lines <= 600 || source.is_test(), "src/{} has {lines} lines", source.path);
    }
}

#[test]
fn no_float_touches_an_amount() {
    check("no float in the code of the house; timing and pages apart", |source, line| {
        !matches!(source.capability(), "timing" | "cli") && (names(line, "f32") || names(line, "f64"))
    });
}

#[test]
fn every_refusal_is_reached_by_a_test() {
    let mut tests: Vec<Source> = sources().into_iter().filter(Source::is_test).collect();
    // The harness knows the codes without expecting any.
    let helps = |source: &Source| matches!(source.path.as_str(), "tidy.rs" | "api/client.rs" | "api/harness.rs");
    tests.extend(below("tests").into_iter().filter(|source| !helps(source)));
    let expected =
        |code: &str| tests.iter().any(|test| test.code().any(|(_, line)| line.contains(&format!("\"{code}\""))));
    let unreached: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).filter(|code| !expected(code)).collect();
    assert!(unreached.is_empty(), "no test expects {unreached:?}");
    // After all other tests: what the real server was seen to answer.
    if std::env::var_os("COMANDA_TESTS_RAN").is_some() {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("refusals");
        let unseen = |code: &&str| !folder.join(code).exists();
        let unseen: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).filter(unseen).collect();
        assert!(unseen.is_empty(), "the real server never answered {unseen:?}");
    }
}
