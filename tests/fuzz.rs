//! What the targets of `fuzz/` have come upon, gone through again without what they need to look further.

use std::fs;
use std::path::Path;

use comanda::fuzz::TARGETS;

/// The corpus of a target and, where something went wrong once, what it went wrong on.
fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut kept = Vec::new();
    for folder in [root.join("corpus").join(target), root.join("found").join(target)] {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            kept.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    kept
}

#[test]
fn what_was_kept_holds() {
    for (name, target) in TARGETS {
        let kept = kept(name);
        assert!(kept.len() >= 5, "there is hardly a corpus of {name}");
        for (path, bytes) in kept {
            let went = std::panic::catch_unwind(|| target(&bytes));
            assert!(went.is_ok(), "{name} fails on {path}");
            // Cut anywhere it is something else.
            for end in (0..bytes.len()).step_by(1 + bytes.len() / 64) {
                let went = std::panic::catch_unwind(|| target(&bytes[..end]));
                assert!(went.is_ok(), "{name} fails on the first {end} bytes of {path}");
            }
        }
    }
}

#[test]
fn every_target_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        let text = fs::read_to_string(root.join("fuzz_targets").join(format!("{name}.rs"))).unwrap();
        assert!(text.contains(&format!("comanda::fuzz::{name}(bytes)")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
