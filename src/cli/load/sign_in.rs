//! Signing in, on terminals paired for the purpose and unpaired again.

use std::time::Instant;

use parking_lot::Mutex;
use serde_json::json;

use super::client::{Ask, Connection, Trouble};
use super::run::Run;
use crate::cli::Failed;

/// Who signs in.
#[derive(Clone)]
pub(super) struct Staff {
    pub(super) id: i64,
    pub(super) pin: String,
}

impl std::fmt::Debug for Staff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Staff({})", self.id)
    }
}

/// The terminals this run paired, by their ids.
#[derive(Debug, Default)]
pub(super) struct Pads(Mutex<Vec<i64>>);

/// A terminal with a PIN pad.
#[derive(Debug)]
pub(super) struct Pad {
    token: String,
    at: Connection,
}

impl Pad {
    /// Needs a manager's token: it asks for a pairing code first.
    pub(super) async fn pair(run: &Run) -> Result<Self, Failed> {
        let refused = |trouble: Trouble| Failed(format!("A terminal to sign in on could not be paired: {trouble}."));
        let mut at = run.connection()?;
        let ask = Ask::post("/api/v1/devices/pairing-codes", &run.key()).keep();
        let code = at.send(&ask).await.map_err(refused)?.json();
        let body = json!({"code": code["code"], "name": "Load test"});
        let paired = at.send(&Ask::post_bare("/api/v1/devices/pair").json(&body).keep()).await.map_err(refused)?.json();
        run.pads.0.lock().extend(paired["device_id"].as_i64());
        let token = paired["token"].as_str().unwrap_or_default().to_owned();
        at.speak_as(&token).map_err(Failed)?;
        Ok(Self { token, at })
    }

    /// The same on another thread's runtime, where its connection is opened again.
    pub(super) fn anew(mut self) -> Self {
        self.at.close();
        self
    }

    /// Signs in, and out again unmeasured.
    pub(super) async fn sign_in(&mut self, run: &Run, staff: &Staff) {
        let ask = Ask::post_bare("/api/v1/sessions").json(&json!({"staff_id": staff.id, "pin": staff.pin})).keep();
        let from = Instant::now();
        let outcome = self.at.send(&ask).await;
        run.sheet.note("sign in", from, &outcome);
        let Ok(session) = outcome.map(|answer| answer.json()) else { return };
        if self.at.speak_as(session["token"].as_str().unwrap_or_default()).is_ok() {
            // A session that stays ends with its terminal.
            let _ = self.at.send(&Ask::delete("/api/v1/sessions/current")).await;
        }
        let _ = self.at.speak_as(&self.token);
    }
}

/// Unpairs what this run paired; answers those that are left, in words.
pub(super) async fn unpair(run: &Run) -> Vec<String> {
    let pads = std::mem::take(&mut *run.pads.0.lock());
    let mut left = Vec::new();
    let Ok(mut at) = run.connection() else { return left };
    for id in pads {
        if let Err(trouble) = at.send(&Ask::delete(format!("/api/v1/devices/{id}"))).await {
            left.push(format!("terminal {id} is paired ({trouble}); revoke it at the office"));
        }
    }
    left
}
