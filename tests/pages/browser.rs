//! A headless Chromium, driven over the DevTools protocol through two pipes of its own.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::Folder;

/// Longer than anything a page does; a test that hangs ends all the same.
const PATIENCE: Duration = Duration::from_secs(40);
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// One browser with one page.
pub struct Browser {
    child: Child,
    session: String,
    pipe: RefCell<Pipe>,
    // It goes after the browser that writes to it.
    _profile: Folder,
}

struct Pipe {
    to: ChildStdin,
    from: Receiver<Value>,
    last_id: i64,
    complaints: Vec<Complaint>,
}

/// Something the browser had to say against the page.
#[derive(Debug, Clone)]
pub struct Complaint {
    /// `network`: a request was refused or not answered.
    pub source: String,
    pub text: String,
}

/// The browser of this machine, if it has one.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("COMANDA_CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}

impl Browser {
    /// Starts one; `None`, and a word about it, where there is none.
    #[expect(clippy::print_stderr, reason = "whoever runs the tests is to know that this one did not run")]
    pub fn start() -> Option<Self> {
        let Some(program) = program() else {
            eprintln!(
                "not run: there is no Chromium here (Debian: apt-get install chromium, or name one in COMANDA_CHROMIUM)"
            );
            return None;
        };
        let profile = Folder::new();
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--lang=en-US",
            "--remote-debugging-pipe",
        ];
        // The protocol is spoken on descriptors 3 and 4.
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#])
            .arg(program)
            .args(flags)
            .arg(format!("--user-data-dir={}", profile.file("").display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (say, heard) = channel();
        thread::spawn(move || {
            for message in BufReader::new(from).split(0) {
                let Ok(message) = message else { return };
                if say.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
            }
        });
        let pipe = Pipe { to, from: heard, last_id: 0, complaints: Vec::new() };
        let mut browser = Self { child, session: String::new(), pipe: RefCell::new(pipe), _profile: profile };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        browser.session = browser.call("Target.attachToTarget", attach)["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Calls the browser and waits for its answer.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "every caller makes them on the spot")]
    pub fn call(&self, method: &str, params: Value) -> Value {
        let mut pipe = self.pipe.borrow_mut();
        pipe.last_id += 1;
        let id = pipe.last_id;
        let mut message = json!({"id": id, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        pipe.to.write_all(&bytes).unwrap_or_else(|error| panic!("{method}: {error}"));
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = pipe.hear(end).unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == id {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
        }
    }

    /// Opens an address and waits until the page and what it names are loaded.
    pub fn open(&self, address: &str) {
        self.call("Page.navigate", json!({"url": address}));
        self.wait(&format!("document.readyState === 'complete' && location.href === {}", json!(address)));
    }

    /// What an expression comes to in the page.
    #[track_caller]
    pub fn eval(&self, expression: &str) -> Value {
        let how = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", how);
        let fault = &answer["exceptionDetails"];
        assert!(fault.is_null(), "{expression}: {fault}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression holds in the page.
    #[track_caller]
    pub fn wait(&self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let found = self.call("Runtime.evaluate", json!({"expression": expression, "returnByValue": true}));
            if found["result"]["value"] == true {
                return;
            }
            if Instant::now() > end {
                let page = self.eval("document.body.innerText.slice(0, 1500)");
                panic!("never held: {expression}\ncomplaints: {:?}\nthe page says: {page}", self.complaints());
            }
            thread::sleep(Duration::from_millis(25));
        }
    }

    /// The text of the first element that matches.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let text = self.eval(&format!("document.querySelector({})?.innerText", json!(selector)));
        text.as_str().unwrap_or_else(|| panic!("there is no {selector}")).to_owned()
    }

    /// Types into a field, as a person does who has gone to it.
    pub fn type_into(&self, selector: &str, text: &str) {
        self.eval(&format!("(f => {{ f.focus(); f.select(); }})(document.querySelector({}))", json!(selector)));
        self.call("Input.insertText", json!({"text": text}));
    }

    /// A key by its name: `Enter`, `Tab`, `Space`.
    pub fn press(&self, key: &str) {
        let (name, code, text) = match key {
            "Enter" => ("Enter", 13, "\r"),
            "Space" => (" ", 32, " "),
            "Tab" => ("Tab", 9, ""),
            _ => panic!("no key {key}"),
        };
        let stroke = |kind: &str| {
            let mut stroke = json!({"type": kind, "key": name, "code": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && !text.is_empty() {
                stroke["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", stroke);
        };
        stroke("keyDown");
        stroke("keyUp");
    }

    /// Clicks the middle of the first element that matches.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let place = self.eval(&format!(
            "(e => {{ e.scrollIntoView({{block: 'center', behavior: 'instant'}}); const r = e.getBoundingClientRect(); \
             return {{x: r.x + r.width / 2, y: r.y + r.height / 2}}; }})(document.querySelector({}))",
            json!(selector)
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let how = json!({"type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", how);
        }
    }

    /// A window so wide, in this scheme, for somebody who wants no motion.
    pub fn look(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// The whole page as a picture in the build's folder of screenshots.
    pub fn screenshot(&self, name: &str) {
        let how = json!({"format": "png", "captureBeyondViewport": true});
        let picture = self.call("Page.captureScreenshot", how);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), base_64(picture["data"].as_str().unwrap())).unwrap();
    }

    /// What there was to complain of so far.
    pub fn complaints(&self) -> Vec<Complaint> {
        // Whatever was said before this is answered has been heard then.
        self.call("Runtime.evaluate", json!({"expression": "0"}));
        self.pipe.borrow().complaints.clone()
    }

    /// Fails if there is anything to complain of but requests that were refused.
    #[track_caller]
    pub fn is_content(&self) {
        let wrong: Vec<_> = self.complaints().into_iter().filter(|c| c.source != "network").collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

impl Pipe {
    fn hear(&mut self, end: Instant) -> Result<Value, RecvTimeoutError> {
        let message = self.from.recv_timeout(end.saturating_duration_since(Instant::now()))?;
        let told = &message["params"];
        let complaint = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => {
                let about = &told["exceptionDetails"];
                Some(("exception", format!("{} {}", about["text"], about["exception"]["description"])))
            }
            Some("Runtime.consoleAPICalled")
                if matches!(told["type"].as_str(), Some("error" | "warning" | "assert")) =>
            {
                Some(("console", told["args"].to_string()))
            }
            Some("Log.entryAdded") if matches!(told["entry"]["level"].as_str(), Some("error" | "warning")) => {
                let source = told["entry"]["source"].as_str().unwrap_or_default();
                Some((source, format!("{} {}", told["entry"]["text"], told["entry"]["url"])))
            }
            _ => None,
        };
        self.complaints.extend(complaint.map(|(source, text)| Complaint { source: source.to_owned(), text }));
        Ok(message)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// RFC 4648, section 4.
fn base_64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u8> = text.bytes().filter_map(digit).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let bits = group.iter().enumerate().fold(0_u32, |bits, (n, d)| bits | u32::from(*d) << (18 - 6 * n));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}
