//! The decisions as tables, without a database.

use rusqlite::ffi;

use super::outcome::{self, AfterCommit, AfterJob, Checkpoint, Ended, Loss, Trouble};
use super::*;

#[test]
fn what_a_code_says_about_the_disk() {
    let check = |code, trouble| assert_eq!(Trouble::of_code(code), trouble, "{code}");
    check(ffi::SQLITE_FULL, Some(Trouble::Full));
    check(ffi::SQLITE_IOERR, Some(Trouble::Io));
    check(ffi::SQLITE_IOERR_WRITE, Some(Trouble::Io));
    check(ffi::SQLITE_IOERR_TRUNCATE, Some(Trouble::Io));
    check(ffi::SQLITE_IOERR_FSYNC, Some(Trouble::Sync));
    check(ffi::SQLITE_IOERR_DIR_FSYNC, Some(Trouble::Sync));
    check(ffi::SQLITE_IOERR_NOMEM, Some(Trouble::NoMemory));
    check(ffi::SQLITE_NOMEM, Some(Trouble::NoMemory));
    check(ffi::SQLITE_BUSY_SNAPSHOT, Some(Trouble::Busy));
    check(ffi::SQLITE_CORRUPT_INDEX, Some(Trouble::Corrupt));
    check(ffi::SQLITE_IOERR_CORRUPTFS, Some(Trouble::Corrupt));
    check(ffi::SQLITE_NOTADB, Some(Trouble::Corrupt));
    check(ffi::SQLITE_CONSTRAINT_UNIQUE, None);
    check(ffi::SQLITE_ERROR, None);
}

#[test]
fn what_follows_a_job() {
    use AfterJob::*;
    use Ended::*;
    let check = |ended, trouble, autocommit, next| {
        assert_eq!(outcome::after_job(ended, trouble, autocommit), next, "{ended:?} {trouble:?} {autocommit}");
    };
    check(Done, None, false, Keep);
    check(Refused, None, false, Undo { full: false });
    check(Failed, None, false, Undo { full: false });
    for ended in [Done, Refused, Failed] {
        // The transaction is gone: whatever the job thinks, the batch is lost.
        check(ended, None, true, Lost(Loss::Retry));
        check(ended, Some(Trouble::Busy), true, Lost(Loss::Retry));
        check(ended, Some(Trouble::NoMemory), true, Lost(Loss::Retry));
        check(ended, Some(Trouble::Io), true, Lost(Loss::Retry));
        check(ended, Some(Trouble::Full), true, Lost(Loss::Full));
        // It stands, but the job met trouble, told or not.
        check(ended, Some(Trouble::Full), false, Undo { full: true });
        check(ended, Some(Trouble::Io), false, Undo { full: false });
        check(ended, Some(Trouble::NoMemory), false, Undo { full: false });
        for autocommit in [true, false] {
            check(ended, Some(Trouble::Corrupt), autocommit, Lost(Loss::Corrupt));
            check(ended, Some(Trouble::Sync), autocommit, Lost(Loss::Fatal));
        }
    }
}

#[test]
fn what_follows_a_commit() {
    let check = |code, autocommit, next| assert_eq!(outcome::after_commit(code, autocommit), next, "{code:?}");
    check(None, true, AfterCommit::Committed);
    check(None, false, AfterCommit::Lost { loss: Loss::Fatal, roll_back: true });
    for (code, loss) in [
        (ffi::SQLITE_FULL, Loss::Full),
        (ffi::SQLITE_IOERR_FSYNC, Loss::Fatal),
        (ffi::SQLITE_IOERR_WRITE, Loss::Fatal),
        (ffi::SQLITE_CORRUPT, Loss::Corrupt),
        (ffi::SQLITE_NOTADB, Loss::Corrupt),
        (ffi::SQLITE_BUSY, Loss::Retry),
        (ffi::SQLITE_NOMEM, Loss::Retry),
        (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, Loss::Retry),
        (ffi::SQLITE_ERROR, Loss::Retry),
    ] {
        check(Some(code), true, AfterCommit::Lost { loss, roll_back: false });
        check(Some(code), false, AfterCommit::Lost { loss, roll_back: true });
    }
}

#[test]
fn what_follows_a_failed_checkpoint() {
    let check = |trouble, loss| assert_eq!(outcome::after_checkpoint(trouble), loss);
    check(Some(Trouble::Io), Loss::Fatal);
    check(Some(Trouble::Sync), Loss::Fatal);
    check(Some(Trouble::Full), Loss::Full);
    check(Some(Trouble::Corrupt), Loss::Corrupt);
    check(Some(Trouble::Busy), Loss::Retry);
    check(None, Loss::Retry);
}

#[test]
fn when_the_log_is_copied_and_emptied() {
    const MB: u64 = 1 << 20;
    let check = |log, pending, log_left, pending_left, due| {
        let found = outcome::checkpoint_due(log * MB, pending * MB, log_left * MB, pending_left * MB);
        assert_eq!(found, due, "{log} {pending} {log_left} {pending_left}");
    };
    check(0, 0, 0, 0, Checkpoint::None);
    check(3, 3, 0, 0, Checkpoint::None);
    check(4, 4, 0, 0, Checkpoint::Passive);
    // Copied already, waiting only to begin anew.
    check(10, 0, 10, 0, Checkpoint::None);
    // A held reader left five uncopied: wait for four more.
    check(8, 8, 5, 5, Checkpoint::None);
    check(9, 9, 5, 5, Checkpoint::Passive);
    check(64, 1, 0, 0, Checkpoint::Truncate);
    check(66, 66, 65, 65, Checkpoint::None);
    check(69, 69, 65, 65, Checkpoint::Truncate);
}

#[test]
fn which_sqlite_is_safe() {
    for (version, safe) in
        [(3_051_002, false), (3_051_003, true), (3_052_000, false), (3_052_001, true), (3_053_002, true)]
    {
        assert_eq!(super::super::open::version_is_safe(version), safe, "{version}");
    }
}

#[test]
fn a_cursor_comes_back_as_it_went() {
    for (key, id) in [(0, 0), (1, -1), (i64::MIN, i64::MAX), (1_795_000_000_123, 42)] {
        let cursor = Cursor { key, id };
        assert_eq!(Cursor::parse(&cursor.encode()), Ok(cursor));
    }
}

#[test]
fn a_changed_cursor_is_refused() {
    let good = Cursor { key: 20_000, id: 7 }.encode();
    let refused = |text: &str| assert!(Cursor::parse(text).is_err(), "{text}");
    for at in 0..good.len() {
        let mut digits = good.clone().into_bytes();
        digits[at] = if digits[at] == b'0' { b'1' } else { b'0' };
        refused(&String::from_utf8(digits).unwrap());
    }
    refused("");
    refused(&good[1..]);
    refused(&format!("{good}0"));
    refused(&Cursor { key: -1, id: -1 }.encode().to_uppercase());
    refused(&"é".repeat(20));
}

#[test]
fn which_page_is_asked_for() {
    let cursor = Cursor { key: 1, id: 2 };
    let word = cursor.encode();
    let check = |limit, page, cursor: Option<&str>, expected: Result<PageRequest, &[&str]>| {
        let found = PageRequest::parse(limit, page, cursor).map_err(|error| match error {
            Error::Refused(refused) => refused.errors.into_iter().map(|e| e.pointer).collect::<Vec<_>>(),
            Error::Fault(fault) => panic!("{fault}"),
        });
        assert_eq!(found, expected.map_err(|p| p.iter().map(|p| (*p).to_owned()).collect()));
    };
    check(None, None, None, Ok(PageRequest::Number { page: 1, size: 20 }));
    check(Some(100), Some(3), None, Ok(PageRequest::Number { page: 3, size: 100 }));
    check(Some(1), None, Some(&word), Ok(PageRequest::Cursor { after: cursor, size: 1 }));
    check(Some(0), Some(0), None, Err(&["limit", "page"]));
    check(Some(101), None, Some("x"), Err(&["limit", "cursor"]));
    check(None, Some(1), Some(&word), Err(&["cursor"]));
    check(None, Some(-1), None, Err(&["page"]));
    check(None, Some(i64::MAX), None, Err(&["page"]));
}

#[test]
fn one_row_too_many_says_that_there_is_more() {
    let place = |n: &i64| Cursor { key: *n, id: *n };
    let page = Page::of(vec![3, 2, 1], 2, Some(9), place);
    assert_eq!((page.items, page.has_more, page.next_cursor), (vec![3, 2], true, Some(Cursor { key: 2, id: 2 })));
    let page = Page::of(vec![3, 2], 2, None, place).map(|n| n * 10);
    assert_eq!((page.items, page.has_more, page.next_cursor, page.total), (vec![30, 20], false, None, None));
}
