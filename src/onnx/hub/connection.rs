//! One connection to the hub: who asks, and where redirects lead.

use std::time::Duration;

use reqwest::blocking::{Client as Http, Request};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, USER_AGENT};
use reqwest::{Method, Url};

use super::environment::Environment;
use super::error::HubError;
use super::exchange::{Answer, exchange};
use super::verdict::{Fault, fault};
use crate::run::interrupt::Interrupt;

const REDIRECTS: usize = 10;

/// Sends requests.
pub struct Connection<'a> {
    http: Http,
    hub: &'a Url,
    authorization: Option<HeaderValue>,
    interrupt: &'a Interrupt,
}

/// Which redirects are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// Wherever it leads.
    Everywhere,
    /// To renamed repositories, but not to the servers of contents.
    Hub,
}

impl<'a> Connection<'a> {
    /// Prepares connections; none is made yet.
    ///
    /// # Errors
    /// [`HubError::Client`], [`HubError::Token`] or [`HubError::Environment`].
    pub fn new(environment: &'a Environment, interrupt: &'a Interrupt) -> Result<Self, HubError> {
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
        Ok(Connection {
            http,
            hub: environment.endpoint(),
            authorization,
            interrupt,
        })
    }

    /// Whether the hub learns who asks.
    pub fn has_token(&self) -> bool {
        self.authorization.is_some()
    }

    /// Sends a request and follows redirects. The token goes to the hub alone. The timeout is that of
    /// [`exchange`].
    ///
    /// # Errors
    /// [`Fault`].
    pub fn send(&self, request: Request, timeout: Duration, follow: Follow) -> Result<Answer, Fault> {
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
        url.origin() == self.hub.origin()
    }
}

/// A request without a body.
pub fn request(method: Method, url: Url) -> Request {
    let mut request = Request::new(method, url);
    let headers = request.headers_mut();
    let agent = concat!("augment/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    // Sizes and ranges are those of the file itself.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    request
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

fn cause(error: &reqwest::Error) -> String {
    let mut error: &dyn std::error::Error = error;
    while let Some(inner) = error.source() {
        error = inner;
    }
    error.to_string()
}
