//! The recorder's library, and the log it writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

/// What the card of the test takes for a sync.
pub const SYNC_US: u32 = 300;

const MAGIC: u32 = 0x4345_4f52;
const HEAD_BYTES: usize = 32;

/// One effect, in the order in which they happened.
#[derive(Debug, Clone)]
pub enum Event {
    Opened {
        inode: u64,
        made: bool,
        name: String,
    },
    Wrote {
        inode: u64,
        at: usize,
        bytes: Rc<[u8]>,
    },
    Cut {
        inode: u64,
        bytes: usize,
    },
    Synced {
        inode: u64,
    },
    FolderSynced,
    Renamed {
        from: String,
        to: String,
    },
    Gone {
        name: String,
    },
    /// Said on a socket: logged before it was sent.
    Said {
        bytes: Rc<[u8]>,
    },
}

/// Builds a library from the source of that name; it says what is missing where it cannot.
pub fn build(folder: &Path, name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attacks").join(name).with_extension("c");
    let library = folder.join(name).with_extension("so");
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).args(["-ldl", "-lpthread"]);
    let built = cc.output().unwrap_or_else(|error| panic!("a C compiler is needed: {error}"));
    assert!(built.status.success(), "{name}: {}", String::from_utf8_lossy(&built.stderr));
    library
}

/// The variables that have a server recorded.
pub fn environment(library: &Path, folder: &Path, log: &Path) -> Vec<(&'static str, String)> {
    vec![
        ("LD_PRELOAD", library.display().to_string()),
        ("RECORDER_FOLDER", folder.display().to_string()),
        ("RECORDER_LOG", log.display().to_string()),
        ("RECORDER_SYNC_US", SYNC_US.to_string()),
    ]
}

/// Reads a log; a record that a kill cut short is its end.
///
/// # Panics
/// Where something passed the recorder by.
pub fn read(log: &Path) -> Vec<Event> {
    let all = fs::read(log).unwrap();
    let mut rest = all.as_slice();
    let mut events = Vec::new();
    while let Some((event, after)) = record(rest) {
        events.push(event);
        rest = after;
    }
    events
}

fn record(bytes: &[u8]) -> Option<(Event, &[u8])> {
    let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
    let u32_at = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap());
    let u64_at = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().unwrap());
    assert_eq!(u32_at(0), MAGIC, "the log of the recorder is not whole");
    let (inode, at) = (u64_at(8), usize::try_from(u64_at(16)).unwrap_or_default());
    let (name, rest) = rest.split_at_checked(u32_at(24) as usize)?;
    let (data, rest) = rest.split_at_checked(u32_at(28) as usize)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let event = match char::from_u32(u32_at(4)).unwrap_or_default() {
        'o' => Event::Opened { inode, made: at == 1, name: text(name) },
        'w' => Event::Wrote { inode, at, bytes: data.into() },
        't' => Event::Cut { inode, bytes: at },
        's' => Event::Synced { inode },
        'd' => Event::FolderSynced,
        'r' => Event::Renamed { from: text(name), to: text(data) },
        'u' => Event::Gone { name: text(name) },
        'a' => Event::Said { bytes: data.into() },
        '!' => panic!("the server changes its files by {}, which the recorder does not follow", text(name)),
        other => panic!("a record of kind {other:?}"),
    };
    Some((event, rest))
}
