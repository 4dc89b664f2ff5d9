//! A stand-in for the hub and for the server of contents that it redirects to, each on a port of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// What `main` stands for.
pub const COMMIT: &str = "5f3c1a7b2d4e6f8091a2b3c4d5e6f708192a3b4c";

/// A file of a repository.
#[derive(Clone)]
pub struct Stored {
    pub path: String,
    pub bytes: Vec<u8>,
    /// Large files lie on the server of contents and are named by SHA-256, small ones by git's hash.
    pub large: bool,
}

impl Stored {
    pub fn small(path: &str, bytes: &[u8]) -> Self {
        Stored {
            path: path.to_owned(),
            bytes: bytes.to_owned(),
            large: false,
        }
    }

    pub fn large(path: &str, bytes: Vec<u8>) -> Self {
        Stored {
            path: path.to_owned(),
            bytes,
            large: true,
        }
    }

    pub fn etag(&self) -> String {
        if self.large {
            sha256(&self.bytes)
        } else {
            git_blob(&self.bytes)
        }
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub fn git_blob(bytes: &[u8]) -> String {
    let mut hasher = Sha1::new_with_prefix(format!("blob {}\0", bytes.len()));
    hasher.update(bytes);
    hex(&hasher.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whether the server of contents got it.
    pub contents: bool,
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: BTreeMap<String, String>,
}

impl Request {
    pub fn is(&self, method: &str, ending: &str) -> bool {
        self.method == method && self.path.split('?').next().unwrap().ends_with(ending)
    }

    pub fn range(&self) -> Option<usize> {
        let range = self.headers.get("range")?;
        range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What a test wants to happen to a request.
pub enum Reply {
    /// As the hub does it.
    Normal,
    /// Another answer.
    Other(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// The whole file, whatever part was asked for, and an end after so many bytes.
    Whole(usize),
    /// Silence after so many bytes of the body, until the client goes away.
    Stall(usize),
    /// So many bytes every ten milliseconds.
    Slow(usize),
    /// One byte of the body is another.
    Damaged,
}

type Script = Box<dyn Fn(&Request, usize) -> Reply + Send + Sync>;

struct State {
    repo: String,
    files: Vec<Stored>,
    contents: String,
    script: Mutex<Script>,
    log: Mutex<Vec<Request>>,
    down: AtomicBool,
}

/// The two servers.
pub struct Hub {
    state: Arc<State>,
    pub address: String,
}

impl Hub {
    pub fn new(repo: &str, files: Vec<Stored>) -> Self {
        let hub = TcpListener::bind("127.0.0.1:0").unwrap();
        let contents = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", hub.local_addr().unwrap());
        let state = Arc::new(State {
            repo: repo.to_owned(),
            files,
            contents: format!("http://{}", contents.local_addr().unwrap()),
            script: Mutex::new(Box::new(|_, _| Reply::Normal)),
            log: Mutex::new(Vec::new()),
            down: AtomicBool::new(false),
        });
        for (listener, is_contents) in [(hub, false), (contents, true)] {
            let state = Arc::clone(&state);
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let state = Arc::clone(&state);
                    // A client that goes away in the middle is part of many tests.
                    thread::spawn(move || drop(serve(stream, is_contents, &state)));
                }
            });
        }
        Hub { state, address }
    }

    /// What happens from now on: the script gets each request, and how often the same one came before.
    pub fn script(&self, script: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) {
        *self.state.script.lock().unwrap() = Box::new(script);
        self.forget();
    }

    pub fn forget(&self) {
        self.state.log.lock().unwrap().clear();
    }

    pub fn log(&self) -> Vec<Request> {
        self.state.log.lock().unwrap().clone()
    }

    pub fn asked(&self, method: &str, ending: &str) -> Vec<Request> {
        self.log()
            .into_iter()
            .filter(|request| request.is(method, ending))
            .collect()
    }

    /// From now on connections are closed at once.
    pub fn down(&self, down: bool) {
        self.state.down.store(down, Ordering::SeqCst);
    }

    /// The address of the server of contents.
    pub fn contents(&self) -> &str {
        &self.state.contents
    }

    pub fn file(&self, path: &str) -> &Stored {
        self.state.files.iter().find(|file| file.path == path).unwrap()
    }
}

fn serve(stream: TcpStream, contents: bool, state: &State) -> std::io::Result<()> {
    if state.down.load(Ordering::SeqCst) {
        return Ok(());
    }
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, mut path) = (
        words.next().unwrap_or_default().to_owned(),
        words.next().unwrap_or_default().to_owned(),
    );
    // A proxy gets whole addresses.
    if let Some(rest) = path.strip_prefix("http://") {
        path = rest[rest.find('/').unwrap()..].to_owned();
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
            None => break,
        };
    }
    let request = Request {
        contents,
        method,
        path,
        headers,
    };
    let before = {
        let mut log = state.log.lock().unwrap();
        let same = |other: &&Request| other.method == request.method && other.path == request.path;
        let before = log.iter().filter(same).count();
        log.push(request.clone());
        before
    };
    let reply = (state.script.lock().unwrap())(&request, before);
    answer(stream, &request, reply, state)
}

fn answer(stream: TcpStream, request: &Request, reply: Reply, state: &State) -> std::io::Result<()> {
    let (status, headers, body) = match &reply {
        Reply::Other(status, headers, body) => (*status, headers.clone(), body.clone()),
        Reply::Whole(_) => {
            let mut whole = request.clone();
            whole.headers.remove("range");
            normal(&whole, state)
        }
        _ => normal(request, state),
    };
    let body = match reply {
        Reply::Damaged if !body.is_empty() => {
            let mut body = body;
            let middle = body.len() / 2;
            body[middle] ^= 1;
            body
        }
        _ => body,
    };
    let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
    for (name, value) in &headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if !headers.iter().any(|(name, _)| *name == "content-length") {
        write!(head, "content-length: {}\r\n", body.len()).unwrap();
    }
    let mut stream = stream;
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    if request.method == "HEAD" {
        return Ok(());
    }
    match reply {
        Reply::Cut(n) | Reply::Whole(n) => stream.write_all(&body[..n.min(body.len())]),
        Reply::Stall(n) => {
            stream.write_all(&body[..n.min(body.len())])?;
            // Ends when the client closes.
            stream.read_exact(&mut [0; 1])
        }
        Reply::Slow(n) => body.chunks(n).try_for_each(|chunk| {
            thread::sleep(Duration::from_millis(10));
            stream.write_all(chunk)
        }),
        _ => stream.write_all(&body),
    }
}

type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

fn error(status: u16, code: &str) -> Answer {
    (
        status,
        vec![("x-error-code", code.to_owned())],
        b"{\"error\":\"as the headers say\"}".to_vec(),
    )
}

fn normal(request: &Request, state: &State) -> Answer {
    let path = request.path.split('?').next().unwrap();
    if let Some(name) = path.strip_prefix("/contents/") {
        let file = state.files.iter().find(|file| file.etag() == name);
        return file.map_or_else(|| error(404, ""), |file| part(request, &file.bytes, vec![]));
    }
    if let Some(rest) = path.strip_prefix("/api/models/") {
        return match rest.strip_prefix(&format!("{}/revision/", state.repo)) {
            None => error(404, "RepoNotFound"),
            Some("main" | COMMIT | "refs%2Fpr%2F1") => (200, vec![], info(state)),
            Some(_) => error(404, "RevisionNotFound"),
        };
    }
    let prefix = format!("/{}/resolve/{COMMIT}/", state.repo);
    let main = format!("/{}/resolve/main/", state.repo);
    let Some(name) = path.strip_prefix(&prefix).or_else(|| path.strip_prefix(&main)) else {
        return error(404, "RepoNotFound");
    };
    let Some(file) = state.files.iter().find(|file| file.path == name) else {
        return error(404, "EntryNotFound");
    };
    let (etag, commit) = (format!("\"{}\"", file.etag()), COMMIT.to_owned());
    if file.large {
        let location = format!("{}/contents/{}?signature=hidden", state.contents, file.etag());
        let headers = vec![
            ("location", location),
            ("x-repo-commit", commit),
            ("x-linked-etag", etag),
            ("x-linked-size", file.bytes.len().to_string()),
        ];
        return (302, headers, vec![]);
    }
    part(
        request,
        &file.bytes,
        vec![("x-repo-commit", commit), ("etag", etag)],
    )
}

fn part(request: &Request, bytes: &[u8], mut headers: Vec<(&'static str, String)>) -> Answer {
    let size = bytes.len();
    match request.range() {
        None => (200, headers, bytes.to_vec()),
        Some(from) if from >= size => (416, vec![("content-range", format!("bytes */{size}"))], vec![]),
        Some(from) => {
            headers.push(("content-range", format!("bytes {from}-{}/{size}", size - 1)));
            (206, headers, bytes[from..].to_vec())
        }
    }
}

fn info(state: &State) -> Vec<u8> {
    let files = state.files.iter().map(|file| {
        let mut row =
            json!({ "rfilename": file.path, "size": file.bytes.len(), "blobId": git_blob(&file.bytes) });
        if file.large {
            row["lfs"] =
                json!({ "sha256": sha256(&file.bytes), "size": file.bytes.len(), "pointerSize": 134 });
        }
        row
    });
    let info = json!({
        "id": state.repo, "sha": COMMIT, "private": false, "gated": false, "tags": ["onnx"],
        "cardData": { "license": "apache-2.0" }, "siblings": files.collect::<Vec<_>>(),
    });
    info.to_string().into_bytes()
}
