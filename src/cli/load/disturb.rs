//! What happens beside an evening: an export, people who sign in, a backup.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use tokio::task::JoinHandle;

use super::client::{Answer, Ask, Trouble};
use super::comprehensive::House;
use super::run::Run;
use super::sign_in::{Pad, Staff};
use crate::backups::{DOING, checksum};
use crate::cli::Failed;
use crate::store;

/// Days an export goes back.
const DAYS: u64 = 90;
const SIGN_INS: usize = 4;

/// What is known for it; what is not leaves its part out.
#[derive(Debug)]
pub(super) struct Disturbance {
    pub(super) staff: Option<Staff>,
    pub(super) db: Option<PathBuf>,
}

pub(super) struct Prepared {
    from: Date,
    to: Date,
    pads: Vec<Pad>,
    staff: Option<Staff>,
    db: Option<PathBuf>,
}

pub(super) async fn prepare(run: &Run, house: &House, disturbance: &Disturbance) -> Result<Prepared, Failed> {
    let Disturbance { staff, db } = disturbance;
    let mut pads = Vec::new();
    if staff.is_some() {
        for _ in 0..SIGN_INS {
            pads.push(Pad::pair(run).await?);
        }
    } else {
        run.remark("sign in: skipped; --staff ID --pin PIN says who");
    }
    if db.is_none() {
        run.remark("backup: skipped; --db FILE says of what");
    }
    Ok(Prepared { from: house.days_ago(DAYS), to: house.today, pads, staff: staff.clone(), db: db.clone() })
}

impl Prepared {
    /// On a thread of its own, so that taking in a long export delays no terminal of this program.
    pub(super) fn begin(self, run: Arc<Run>, start: Instant, lasts: Duration) -> JoinHandle<Result<(), Failed>> {
        tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(self.disturb(&run, start, lasts))
        })
    }

    async fn disturb(self, run: &Run, start: Instant, lasts: Duration) -> Result<(), Failed> {
        let Self { from, to, pads, staff, db } = self;
        let export = async {
            if run.until(start + lasts / 5).await {
                export(run, from, to).await?;
            }
            Ok::<_, Failed>(())
        };
        let sign_ins = async {
            // Pads hold connections of the runtime that made them; each opens anew on this one.
            if let Some(staff) = staff.filter(|_| !pads.is_empty())
                && run.until(start + lasts * 9 / 20).await
            {
                let mut at_once: Vec<_> = pads.into_iter().map(Pad::anew).collect();
                let each = at_once.iter_mut().map(|pad| pad.sign_in(run, &staff));
                futures_util::future::join_all(each).await;
            }
        };
        let backup = async {
            if let Some(db) = &db
                && run.until(start + lasts * 13 / 20).await
            {
                backup(run, db).await?;
            }
            Ok::<_, Failed>(())
        };
        let (exported, (), backed_up) = tokio::join!(export, sign_ins, backup);
        exported?;
        backed_up
    }
}

async fn export(run: &Run, from: Date, to: Date) -> Result<(), Failed> {
    let mut at = run.patient_connection()?;
    let ask = Ask::get(format!("/api/v1/export/orders?from={from}&to={to}"));
    let began = Instant::now();
    tokio::select! {
        outcome = at.send(&ask) => run.sheet.note("export", began, &outcome),
        () = run.stopped() => {}
    }
    Ok(())
}

/// Waits this long between two looks at a child process.
const LOOK: Duration = Duration::from_millis(20);

/// The command as an operator types it, to a file beside the restaurant's own that goes again.
async fn backup(run: &Run, db: &Path) -> Result<(), Failed> {
    let mut to = db.as_os_str().to_owned();
    to.push(".load-test-backup");
    let to = PathBuf::from(to);
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("backup").arg(&to).arg("--db").arg(db);
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if run.stopping() {
            child.kill()?;
            child.wait()?;
            break None;
        }
        tokio::time::sleep(LOOK).await;
    };
    let bytes = fs::metadata(&to).map(|file| file.len()).unwrap_or_default();
    // Of one that was ended the next would take away what it left.
    for left in [to.clone(), checksum::beside(&to), store::unfinished_by(&to, child.id(), DOING)] {
        // Most often there is none.
        let _ = fs::remove_file(left);
    }
    match status {
        Some(status) if status.success() => {
            run.sheet.note("backup", began, &Ok(Answer { bytes, ..Answer::default() }));
        }
        Some(status) => run.sheet.note("backup", began, &Err(Trouble::Transport(status.to_string()))),
        None => {}
    }
    Ok(())
}
