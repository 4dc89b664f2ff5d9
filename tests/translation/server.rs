//! A server on this machine that answers as a test says, and notes what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Request {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What comes back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// The connection stays silent after so many bytes of the body, until the client goes away.
    pub stall: Option<usize>,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Reply {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.into(),
            stall: None,
        }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Reply::new(status, body.to_string())
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

type Script = Box<dyn FnMut(&Request) -> Option<Reply> + Send>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    LibreTranslate,
    DeepL,
    Google,
    Apy,
}

struct State {
    kind: Kind,
    script: Mutex<Script>,
    log: Mutex<Vec<Request>>,
    lists: AtomicUsize,
}

/// A stand-in for a service. It "translates" into capitals, and from there back.
pub struct Server {
    state: Arc<State>,
    pub address: String,
}

impl Server {
    pub fn new(kind: Kind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            kind,
            script: Mutex::new(Box::new(|_| None)),
            log: Mutex::new(Vec::new()),
            lists: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // A client that goes away in the middle is part of some tests.
                thread::spawn(move || drop(serve(stream, &state)));
            }
        });
        Server { state, address }
    }

    /// What happens to translations from now on; `None` is the usual answer. Lists of languages are always given.
    pub fn script(&self, script: impl FnMut(&Request) -> Option<Reply> + Send + 'static) {
        *self.state.script.lock().unwrap() = Box::new(script);
        self.state.log.lock().unwrap().clear();
    }

    /// These answers in turn, then the usual ones.
    pub fn replies(&self, replies: Vec<Reply>) {
        let mut replies = replies.into_iter();
        self.script(move |_| replies.next());
    }

    /// Requests for translations.
    pub fn log(&self) -> Vec<Request> {
        self.state.log.lock().unwrap().clone()
    }

    /// How often lists of languages were asked for since the last call.
    pub fn lists(&self) -> usize {
        self.state.lists.swap(0, Ordering::SeqCst)
    }

    /// Texts of all requests, in order.
    pub fn texts(&self) -> Vec<String> {
        self.log()
            .iter()
            .flat_map(|request| texts(self.state.kind, request))
            .collect()
    }
}

/// The texts that a request asks for.
pub fn texts(kind: Kind, request: &Request) -> Vec<String> {
    let list = |name: &str| {
        let list = request.json()[name].as_array().unwrap().clone();
        list.iter()
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    };
    match kind {
        Kind::LibreTranslate | Kind::Google => list("q"),
        Kind::DeepL => list("text"),
        Kind::Apy => vec![field(&request.body, "q")],
    }
}

/// A field of a form.
pub fn field(body: &str, name: &str) -> String {
    let value = body
        .split('&')
        .find_map(|pair| pair.strip_prefix(&format!("{name}=")))
        .unwrap();
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// Capitals on the way out, small letters and a word more on the way back.
pub fn translated(text: &str) -> String {
    if text.chars().any(char::is_lowercase) {
        text.to_uppercase()
    } else {
        format!("{} again", text.to_lowercase())
    }
}

fn serve(stream: TcpStream, state: &State) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    // Connections are kept, as servers do.
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut words = line.split_whitespace();
        let (method, path) = (
            words.next().unwrap_or_default().to_owned(),
            words.next().unwrap_or_default().to_owned(),
        );
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
                None => break,
            };
        }
        let length = headers
            .get("content-length")
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let request = Request {
            method,
            path,
            headers,
            body: String::from_utf8(body).unwrap(),
        };
        let reply = if request.method == "GET" {
            state.lists.fetch_add(1, Ordering::SeqCst);
            Reply::json(200, &languages(state.kind, &request))
        } else {
            state.log.lock().unwrap().push(request.clone());
            let scripted = (state.script.lock().unwrap())(&request);
            scripted.unwrap_or_else(|| Reply::json(200, &usual(state.kind, &request)))
        };
        let mut head = format!(
            "HTTP/1.1 {} X\r\ncontent-length: {}\r\n",
            reply.status,
            reply.body.len()
        );
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        if let Some(bytes) = reply.stall {
            stream.write_all(&reply.body.as_bytes()[..bytes])?;
            // Ends when the client closes.
            return reader.read_exact(&mut [0; 1]);
        }
        stream.write_all(reply.body.as_bytes())?;
    }
}

fn usual(kind: Kind, request: &Request) -> Value {
    let found: Vec<String> = texts(kind, request).iter().map(|text| translated(text)).collect();
    match kind {
        Kind::LibreTranslate => json!({ "translatedText": found }),
        Kind::DeepL => {
            let list: Vec<Value> = found
                .iter()
                .map(|text| json!({ "detected_source_language": "EN", "text": text }))
                .collect();
            json!({ "translations": list })
        }
        Kind::Google => {
            let list: Vec<Value> = found
                .iter()
                .map(|text| json!({ "translatedText": text }))
                .collect();
            json!({ "data": { "translations": list } })
        }
        Kind::Apy => json!({
            "responseData": { "translatedText": found[0] }, "responseDetails": null, "responseStatus": 200,
        }),
    }
}

fn languages(kind: Kind, request: &Request) -> Value {
    match kind {
        Kind::LibreTranslate => json!([
            { "code": "en", "name": "English", "targets": ["en", "fr"] },
            { "code": "fr", "name": "French", "targets": ["en", "fr"] },
        ]),
        Kind::DeepL if request.path.ends_with("type=source") => json!([
            { "language": "EN", "name": "English" }, { "language": "FR", "name": "French" },
        ]),
        Kind::DeepL => json!([
            { "language": "EN-US", "name": "English (American)" }, { "language": "FR", "name": "French" },
        ]),
        Kind::Google => json!({ "data": { "languages": [{ "language": "en" }, { "language": "fr" }] } }),
        Kind::Apy => json!({
            "responseData": [
                { "sourceLanguage": "eng", "targetLanguage": "fra" },
                { "sourceLanguage": "fra", "targetLanguage": "eng" },
            ],
            "responseDetails": null, "responseStatus": 200,
        }),
    }
}
