//! One request and its answer, carried by a thread of its own, so that Ctrl-C is heard while the network is silent.

use std::error::Error;
use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::blocking::{Client, Request, Response};
use reqwest::header::HeaderMap;

use crate::run::interrupt::Interrupt;

const CHUNK: usize = 128 << 10;
/// How long Ctrl-C may go unheard.
const LOOK: Duration = Duration::from_millis(100);

/// Why there is no (whole) answer.
#[derive(Debug)]
pub enum Broken {
    /// The user wants to stop.
    Interrupted,
    /// The server's certificate is not trusted.
    Certificate(String),
    /// No connection, nothing for too long, or cut short: may work another time.
    Network(String),
}

enum Event {
    Head(StatusCode, HeaderMap),
    Chunk(Vec<u8>),
    End,
    Broken(Broken),
}

/// An answer whose head is there.
#[derive(Debug)]
pub struct Answer {
    /// Who gave it.
    pub host: String,
    /// Whether that is a server of contents that the hub redirected to.
    pub elsewhere: bool,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    body: Receiver<Event>,
    timeout: Duration,
    interrupt: Interrupt,
}

/// Sends a request. The timeout holds for the head of the answer, and then for each piece of the body; reqwest's own
/// would hold for the whole of it, which may well take an hour.
///
/// # Errors
/// [`Broken`].
pub fn exchange(
    client: &Client,
    request: Request,
    timeout: Duration,
    interrupt: &Interrupt,
) -> Result<Answer, Broken> {
    // Two chunks wait at most: who reads slowly slows the server down.
    let (sender, body) = sync_channel(2);
    let host = request.url().host_str().unwrap_or_default().to_owned();
    // The clone keeps the client's own thread alive, whatever the caller does meanwhile.
    let client = client.clone();
    thread::Builder::new()
        .name("hub".to_owned())
        .spawn(move || carry(&client, request, &sender))
        .map_err(|e| Broken::Network(format!("cannot start a thread: {e}")))?;
    match next(&body, timeout, interrupt)? {
        Event::Head(status, headers) => Ok(Answer {
            host,
            elsewhere: false,
            status,
            headers,
            body,
            timeout,
            interrupt: interrupt.clone(),
        }),
        Event::Broken(broken) => Err(broken),
        Event::Chunk(_) | Event::End => Err(Broken::Network("no answer".to_owned())),
    }
}

impl Answer {
    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// [`Broken`].
    pub fn chunk(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        match next(&self.body, self.timeout, &self.interrupt)? {
            Event::Chunk(chunk) => Ok(Some(chunk)),
            Event::Broken(broken) => Err(broken),
            Event::Head(..) | Event::End => Ok(None),
        }
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The whole body if it has at most `limit` bytes; what came until then and `false` otherwise.
    ///
    /// # Errors
    /// [`Broken`].
    pub fn whole(mut self, limit: usize) -> Result<(Vec<u8>, bool), Broken> {
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk()? {
            if all.len() + chunk.len() > limit {
                return Ok((all, false));
            }
            all.extend(chunk);
        }
        Ok((all, true))
    }
}

fn next(events: &Receiver<Event>, timeout: Duration, interrupt: &Interrupt) -> Result<Event, Broken> {
    let begun = Instant::now();
    loop {
        if interrupt.stopped() {
            return Err(Broken::Interrupted);
        }
        match events.recv_timeout(LOOK) {
            Ok(event) => return Ok(event),
            Err(RecvTimeoutError::Timeout) if begun.elapsed() >= timeout => {
                return Err(Broken::Network(format!(
                    "nothing came for {} s",
                    timeout.as_secs()
                )));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Broken::Network("the connection ended unexpectedly".to_owned()));
            }
        }
    }
}

/// Nobody listening any more is a reason to stop, not an error.
fn carry(client: &Client, request: Request, events: &SyncSender<Event>) {
    let end = match client.execute(request) {
        Ok(mut answer) => {
            let head = Event::Head(answer.status(), std::mem::take(answer.headers_mut()));
            if events.send(head).is_err() {
                return;
            }
            match pass_on(&mut answer, events) {
                Some(end) => end,
                None => return,
            }
        }
        Err(error) => Event::Broken(broken(&error)),
    };
    let _ = events.send(end);
}

fn pass_on(answer: &mut Response, events: &SyncSender<Event>) -> Option<Event> {
    loop {
        let mut chunk = vec![0; CHUNK];
        match answer.read(&mut chunk) {
            Ok(0) => return Some(Event::End),
            Ok(n) => {
                chunk.truncate(n);
                events.send(Event::Chunk(chunk)).ok()?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                let why = format!("the connection was cut ({})", innermost(&error));
                return Some(Event::Broken(Broken::Network(why)));
            }
        }
    }
}

/// Never with the address: those of content servers carry signatures.
fn broken(error: &reqwest::Error) -> Broken {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = next {
        if let Some(rustls::Error::InvalidCertificate(why)) = inner.downcast_ref::<rustls::Error>() {
            return Broken::Certificate(why.to_string());
        }
        next = match inner.downcast_ref::<std::io::Error>() {
            // Its source is that of the error in it, which would be left out.
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => inner.source(),
        };
    }
    let what = if error.is_connect() {
        "no connection"
    } else {
        "the connection was cut"
    };
    Broken::Network(format!("{what} ({})", innermost(error)))
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(inner) = error.source() {
        error = inner;
    }
    error.to_string()
}
