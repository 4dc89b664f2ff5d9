//! One request and its answer, carried by a thread of its own, so that Ctrl-C is heard while the network is silent.

use std::error::Error;
use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

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
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    body: Receiver<Event>,
    interrupt: Interrupt,
}

/// Sends a request. Its timeout holds for the head of the answer and then for each piece of the body.
///
/// # Errors
/// [`Broken`].
pub fn exchange(client: &Client, request: Request, interrupt: &Interrupt) -> Result<Answer, Broken> {
    // Two chunks wait at most: who reads slowly slows the server down.
    let (sender, body) = sync_channel(2);
    let host = request.url().host_str().unwrap_or_default().to_owned();
    // The clone keeps the client's own thread alive, whatever the caller does meanwhile.
    let client = client.clone();
    thread::Builder::new()
        .name("hub".to_owned())
        .spawn(move || carry(&client, request, &sender))
        .map_err(|e| Broken::Network(format!("cannot start a thread: {e}")))?;
    match next(&body, interrupt)? {
        Event::Head(status, headers) => Ok(Answer {
            host,
            status,
            headers,
            body,
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
        match next(&self.body, &self.interrupt)? {
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

fn next(events: &Receiver<Event>, interrupt: &Interrupt) -> Result<Event, Broken> {
    loop {
        if interrupt.stopped() {
            return Err(Broken::Interrupted);
        }
        match events.recv_timeout(LOOK) {
            Ok(event) => return Ok(event),
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
                let why = match error
                    .get_ref()
                    .and_then(|inner| inner.downcast_ref::<reqwest::Error>())
                {
                    Some(error) if error.is_timeout() => "nothing came for too long".to_owned(),
                    _ => format!("the connection was cut ({})", innermost(&error)),
                };
                return Some(Event::Broken(Broken::Network(why)));
            }
        }
    }
}

/// Never with the address: those of content servers carry signatures.
fn broken(error: &reqwest::Error) -> Broken {
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = source {
        let tls = inner.downcast_ref::<rustls::Error>().or_else(|| {
            let io = inner.downcast_ref::<std::io::Error>()?;
            io.get_ref()?.downcast_ref::<rustls::Error>()
        });
        if let Some(rustls::Error::InvalidCertificate(why)) = tls {
            return Broken::Certificate(why.to_string());
        }
        source = inner.source();
    }
    Broken::Network(if error.is_timeout() {
        "no answer for too long".to_owned()
    } else if error.is_connect() {
        format!("no connection ({})", innermost(error))
    } else {
        format!("the connection was cut ({})", innermost(error))
    })
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(inner) = error.source() {
        error = inner;
    }
    error.to_string()
}
