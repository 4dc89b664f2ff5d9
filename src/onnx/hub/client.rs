//! Requests to the hub: who asks, redirects, refusals, and what is worth another try.

use std::time::{Duration, SystemTime};

use reqwest::blocking::{Client as Http, Request};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, RANGE, USER_AGENT};
use reqwest::{Method, StatusCode, Url};

use super::api::{self, Info, printable};
use super::environment::Environment;
use super::error::HubError;
use super::exchange::{Answer, Broken, exchange};
use super::layout::is_blob_name;
use super::patience::{Patience, Setback};
use super::reference::Repo;
use super::retry_after;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;

/// The largest description of a repository that is read.
const ANSWER_LIMIT: usize = 32 << 20;
const REDIRECTS: usize = 10;

/// Why one try failed.
pub enum Fault {
    /// It may work another time.
    Setback(Setback),
    /// It will not.
    Final(HubError),
}

impl Fault {
    pub fn setback(why: impl Into<String>) -> Self {
        Fault::Setback(Setback {
            why: why.into(),
            wait: None,
            gained: 0,
        })
    }
}

/// A connection to the hub.
pub struct Client<'a> {
    http: Http,
    environment: &'a Environment,
    authorization: Option<HeaderValue>,
    interrupt: &'a Interrupt,
    progress: &'a dyn Progress,
}

/// What the hub says about a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The name of its blob.
    pub etag: String,
    /// Its size.
    pub size: u64,
}

/// A file that is asked for.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    pub repo: &'a Repo,
    pub commit: &'a str,
    pub path: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Follow {
    /// Wherever it leads.
    Everywhere,
    /// To renamed repositories, but not to the servers of contents.
    Hub,
}

impl<'a> Client<'a> {
    /// Prepares connections; none is made yet.
    ///
    /// # Errors
    /// [`HubError::Client`], [`HubError::Token`] or [`HubError::Environment`].
    pub fn new(
        environment: &'a Environment,
        interrupt: &'a Interrupt,
        progress: &'a dyn Progress,
    ) -> Result<Self, HubError> {
        // The one that is set already, if one is, does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings = || {
            Http::builder()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(environment.answer_timeout())
                // Each exchange has its own; this one ends threads that nobody waits for any more.
                .timeout(
                    environment.answer_timeout().max(environment.transfer_timeout()) + Duration::from_secs(5),
                )
                .referer(false)
        };
        // A machine without certificates trusts nobody, but can still talk to a mirror without encryption.
        let http = settings()
            .build()
            .or_else(|_| settings().tls_certs_only([]).build())
            .map_err(|e| HubError::Client(cause(&e)))?;
        let authorization = match environment.token()? {
            Some(token) => {
                let bearer = format!("Bearer {}", token.secret());
                let mut value = HeaderValue::from_str(&bearer).map_err(|_| HubError::Token)?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        Ok(Client {
            http,
            environment,
            authorization,
            interrupt,
            progress,
        })
    }

    pub fn interrupt(&self) -> &'a Interrupt {
        self.interrupt
    }

    pub fn progress(&self) -> &'a dyn Progress {
        self.progress
    }

    pub fn patience(&self) -> Patience<'a> {
        Patience::new(self.interrupt, self.progress)
    }

    /// What the hub says about a repository.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn info(&self, repo: &Repo, revision: &str) -> Result<Info, HubError> {
        let mut url = self.url(&["api", "models"], repo, &["revision", revision])?;
        url.set_query(Some("blobs=true"));
        let asked = Asked::Revision(revision);
        let bytes = self.persist(&repo.to_string(), || {
            let request = request(Method::GET, url.clone());
            let answer = self.send(request, self.environment.answer_timeout(), Follow::Everywhere)?;
            let answer = self.check(answer, repo, asked)?;
            let host = answer.host.clone();
            answer.whole(ANSWER_LIMIT).map_err(|broken| fault(broken, &host))
        })?;
        let unusable = |why: String| HubError::Answer {
            what: repo.to_string(),
            why,
        };
        match bytes {
            (bytes, true) => api::read(&bytes).map_err(unusable),
            (_, false) => Err(unusable(format!(
                "found an answer of more than {} MiB, expected the description of a repository",
                ANSWER_LIMIT >> 20
            ))),
        }
    }

    /// The name and size of a file's content.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn metadata(&self, target: Target) -> Result<Metadata, HubError> {
        let url = self.file(target)?;
        let headers = self.persist(target.path, || {
            let request = request(Method::HEAD, url.clone());
            let answer = self.send(request, self.environment.answer_timeout(), Follow::Hub)?;
            Ok(self.check(answer, target.repo, Asked::File(target))?.headers)
        })?;
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let unusable = |why: String| HubError::Answer {
            what: target.path.to_owned(),
            why,
        };
        if let Some(commit) = text("x-repo-commit").filter(|commit| *commit != target.commit) {
            return Err(unusable(format!(
                "found commit {:?}, expected {}",
                printable(commit),
                target.commit
            )));
        }
        // A content server's answer would have its own; the hub names the content itself.
        let etag = text("x-linked-etag").or_else(|| text("etag")).unwrap_or_default();
        let etag = etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"');
        if !is_blob_name(etag) {
            return Err(unusable(format!(
                "found ETag {:?}, expected the hash of a file",
                printable(etag)
            )));
        }
        let size = text("x-linked-size").or_else(|| text("content-length"));
        let size = size
            .and_then(|size| size.parse().ok())
            .ok_or_else(|| unusable("found no size of the file".to_owned()))?;
        Ok(Metadata {
            etag: etag.to_owned(),
            size,
        })
    }

    /// Asks for a file's content from an offset on: 200 brings all of it, 206 the rest, 416 nothing.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn content(&self, target: Target, offset: u64) -> Result<Answer, Fault> {
        let url = self.file(target).map_err(Fault::Final)?;
        let mut request = request(Method::GET, url);
        if offset > 0 {
            request
                .headers_mut()
                .insert(RANGE, number(&format!("bytes={offset}-")));
        }
        let answer = self.send(request, self.environment.transfer_timeout(), Follow::Everywhere)?;
        if answer.status == StatusCode::RANGE_NOT_SATISFIABLE && offset > 0 {
            return Ok(answer);
        }
        self.check(answer, target.repo, Asked::File(target))
    }

    fn persist<T>(&self, what: &str, mut attempt: impl FnMut() -> Result<T, Fault>) -> Result<T, HubError> {
        let mut patience = self.patience();
        loop {
            match attempt() {
                Ok(done) => return Ok(done),
                Err(Fault::Final(error)) => return Err(error),
                Err(Fault::Setback(setback)) => patience.again(what, setback)?,
            }
        }
    }

    /// The parts are escaped one by one, so that a revision's slash does not look like one of the path.
    fn url(&self, before: &[&str], repo: &Repo, after: &[&str]) -> Result<Url, HubError> {
        let mut url = self.environment.endpoint().clone();
        let parts = before
            .iter()
            .copied()
            .chain(repo.as_str().split('/'))
            .chain(after.iter().copied());
        match url.path_segments_mut() {
            Ok(mut path) => {
                path.pop_if_empty().extend(parts);
            }
            Err(()) => return Err(HubError::Client("HF_ENDPOINT has no path".to_owned())),
        }
        Ok(url)
    }

    fn file(&self, target: Target) -> Result<Url, HubError> {
        let path: Vec<&str> = ["resolve", target.commit]
            .into_iter()
            .chain(target.path.split('/'))
            .collect();
        self.url(&[], target.repo, &path)
    }

    /// Sends a request and follows redirects. The token goes to the hub alone.
    fn send(&self, request: Request, timeout: Duration, follow: Follow) -> Result<Answer, Fault> {
        let (method, headers) = (request.method().clone(), request.headers().clone());
        let mut url = request.url().clone();
        let mut seen = HeaderMap::new();
        for _ in 0..=REDIRECTS {
            let mut request = Request::new(method.clone(), url.clone());
            *request.headers_mut() = headers.clone();
            if let Some(authorization) = self.authorization.as_ref().filter(|_| self.is_hub(&url)) {
                request.headers_mut().insert(AUTHORIZATION, authorization.clone());
            }
            let mut answer = exchange(&self.http, request, timeout, self.interrupt)
                .map_err(|broken| fault(broken, url.host_str().unwrap_or_default()))?;
            answer.elsewhere = !self.is_hub(&url);
            let Some(next) = target_of(&answer, &url) else {
                keep(&mut seen, &answer.headers);
                if follow == Follow::Hub {
                    answer.headers = seen;
                }
                return Ok(answer);
            };
            let next = next.map_err(|why| {
                Fault::Final(HubError::Answer {
                    what: url.host_str().unwrap_or_default().to_owned(),
                    why,
                })
            })?;
            keep(&mut seen, &answer.headers);
            if follow == Follow::Hub && !self.is_hub(&next) {
                answer.headers = seen;
                return Ok(answer);
            }
            url = next;
        }
        Err(Fault::Final(HubError::Answer {
            what: url.host_str().unwrap_or_default().to_owned(),
            why: format!("found more than {REDIRECTS} redirects in a row"),
        }))
    }

    /// Scheme, host and port are the hub's.
    fn is_hub(&self, url: &Url) -> bool {
        url.origin() == self.environment.endpoint().origin()
    }

    /// What a status means.
    fn check(&self, answer: Answer, repo: &Repo, asked: Asked) -> Result<Answer, Fault> {
        let status = answer.status;
        let redirected = status.is_redirection() && matches!(asked, Asked::File(_));
        if status.is_success() || redirected {
            return Ok(answer);
        }
        if answer.elsewhere && status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
            // The address that the hub gave is signed for a while; another try gets a new one.
            return Err(Fault::setback(format!(
                "{} answered {}",
                answer.host,
                status.as_u16()
            )));
        }
        let code = answer.header("x-error-code").unwrap_or_default();
        let said = answer
            .header("x-error-message")
            .map(printable)
            .filter(|text| !text.is_empty());
        let repo = || repo.clone();
        let hub = || self.environment.hub();
        let error = match (status.as_u16(), code) {
            (429, _) | (500..=599, _) | (408, _) => {
                let wait = retry_after::wait(&answer.headers, SystemTime::now());
                let why = match status.as_u16() {
                    429 => "the hub has had too many requests (429)".to_owned(),
                    status => format!("the hub is in trouble ({status})"),
                };
                return Err(Fault::Setback(Setback { why, wait, gained: 0 }));
            }
            (_, "RevisionNotFound") => match asked {
                Asked::Revision(revision) | Asked::File(Target { commit: revision, .. }) => {
                    HubError::NoRevision {
                        repo: repo(),
                        revision: revision.to_owned(),
                        hub: hub(),
                    }
                }
            },
            (404, "EntryNotFound") => asked.missing(repo(), hub()),
            (404, "RepoNotFound") => HubError::NoRepo {
                repo: repo(),
                hub: hub(),
            },
            (401 | 403, _) => HubError::Refused {
                repo: repo(),
                hub: hub(),
                with_token: self.authorization.is_some(),
                gated: code == "GatedRepo",
            },
            (404, _) => asked.missing(repo(), hub()),
            (status, _) => HubError::Status {
                what: asked.what(repo()),
                status,
                message: said.map_or(String::new(), |text| format!(": {text}")),
            },
        };
        Err(Fault::Final(error))
    }
}

fn request(method: Method, url: Url) -> Request {
    let mut request = Request::new(method, url);
    let headers = request.headers_mut();
    let agent = concat!("augment/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    // Sizes and ranges are those of the file itself.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    request
}

/// What a break on the way means.
pub fn fault(broken: Broken, host: &str) -> Fault {
    match broken {
        Broken::Interrupted => Fault::Final(HubError::Interrupted),
        Broken::Certificate(why) => Fault::Final(HubError::Certificate {
            host: host.to_owned(),
            why,
        }),
        Broken::Network(why) => Fault::setback(format!("{host}: {why}")),
    }
}

/// What a request was about.
#[derive(Clone, Copy)]
enum Asked<'a> {
    Revision(&'a str),
    File(Target<'a>),
}

impl Asked<'_> {
    fn missing(self, repo: Repo, hub: String) -> HubError {
        match self {
            Asked::Revision(_) => HubError::NoRepo { repo, hub },
            Asked::File(target) => HubError::NoFile {
                repo,
                path: target.path.to_owned(),
                commit: target.commit.to_owned(),
            },
        }
    }

    fn what(self, repo: Repo) -> String {
        match self {
            Asked::Revision(_) => repo.to_string(),
            Asked::File(target) => target.path.to_owned(),
        }
    }
}

/// Where a redirect leads; `None` if it is none.
fn target_of(answer: &Answer, url: &Url) -> Option<Result<Url, String>> {
    if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let next = answer
        .headers
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| url.join(value).ok());
    Some(match next {
        Some(next) if !matches!(next.scheme(), "http" | "https") => {
            Err(format!("found a redirect to {}:", next.scheme()))
        }
        Some(next) if url.scheme() == "https" && next.scheme() == "http" => Err(
            "found a redirect from https to http, which anybody on the way could read and change".to_owned(),
        ),
        Some(next) => Ok(next),
        None => Err("found a redirect that leads nowhere".to_owned()),
    })
}

/// The hub's own redirects tell the content's name and size before the last answer does; later answers win.
fn keep(seen: &mut HeaderMap, headers: &HeaderMap) {
    for name in [
        "x-repo-commit",
        "x-linked-etag",
        "x-linked-size",
        "x-error-code",
        "x-error-message",
        "retry-after",
        "ratelimit",
    ] {
        if let Some(value) = headers.get(name) {
            seen.insert(name, value.clone());
        }
    }
    // These speak of the answer itself, which only the last one's body is.
    for name in ["etag", "content-length"] {
        seen.remove(name);
        if let Some(value) = headers.get(name) {
            seen.insert(name, value.clone());
        }
    }
}

/// Digits and letters only: always a header's value.
fn number(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn cause(error: &reqwest::Error) -> String {
    let mut error: &dyn std::error::Error = error;
    while let Some(inner) = error.source() {
        error = inner;
    }
    error.to_string()
}
