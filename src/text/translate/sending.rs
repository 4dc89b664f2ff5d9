//! One request to a service, sent until it is answered, refused for good, or patience ends.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use reqwest::blocking::{Client, Request};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Method, Url};
use serde_json::Value;

use super::Secret;
use super::patience::{self, LONGEST_ASKED};
use super::refused::Refused;
use super::service::{Body, Call, Refusal, Service};
use super::usable::is_no_text;
use crate::onnx::hub::exchange::{Broken, exchange};
use crate::onnx::hub::retry_after;
use crate::run::interrupt::Interrupt;

/// The largest answer that is read, in bytes.
const ANSWER_LIMIT: usize = 16 << 20;
/// Of a service's own words so many characters are shown.
const WORDS: usize = 300;

/// A service at an address.
#[derive(Debug)]
pub struct Wire {
    pub service: Arc<dyn Service>,
    pub client: Client,
    pub address: Url,
    pub key: Option<Secret>,
    /// For each try, until the last byte of the answer.
    pub timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The user wants to stop, or another request has failed.
    Stopped,
    /// What else there is.
    Refused(Refused),
}

/// One try.
enum Try {
    Again(Refused, Option<Duration>),
    Failed(Failure),
}

impl Wire {
    /// The service with its host, for messages.
    pub fn who(&self) -> String {
        format!("{} at {}", self.service.name(), self.host())
    }

    /// Who answers, for messages.
    pub fn host(&self) -> String {
        let host = self.address.host_str().unwrap_or_default();
        match self.address.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Sends a request; again where that may help, so many times. `read` takes what is wanted out of an answer, or
    /// says what is wrong with it.
    pub fn send<T>(
        &self,
        call: &Call,
        read: &dyn Fn(Value) -> Result<T, String>,
        retries: u32,
        interrupt: &Interrupt,
        stop: &dyn Fn() -> bool,
    ) -> Result<T, Failure> {
        let mut failed = 0;
        loop {
            if interrupt.stopped() || stop() {
                return Err(Failure::Stopped);
            }
            let found = self
                .once(call, interrupt)
                .and_then(|(answer, asked)| read(answer).map_err(|why| Try::Again(self.strange(why), asked)));
            let (refused, asked) = match found {
                Ok(found) => return Ok(found),
                Err(Try::Failed(failure)) => return Err(failure),
                Err(Try::Again(refused, asked)) => (refused, asked),
            };
            failed += 1;
            if failed > retries {
                return Err(Failure::Refused(refused.after(failed)));
            }
            if let Some(asked) = asked.filter(|&asked| asked > LONGEST_ASKED) {
                let why = format!("{}; it asks to wait for {} s", refused.why, asked.as_secs());
                return Err(Failure::Refused(Refused { why, ..refused }));
            }
            let wait = patience::wait(failed, asked, patience::share());
            if !patience::sleep(wait, interrupt, stop) {
                return Err(Failure::Stopped);
            }
        }
    }

    /// An answer that is none.
    fn strange(&self, why: String) -> Refused {
        let hint = format!(
            "is [text.translate] url the address of {}, and no page of a proxy in between?",
            self.service.name()
        );
        Refused::hinting(Refusal::Strange, why, hint)
    }

    /// Sends a request once. With the answer comes how long the service asks to wait.
    fn once(&self, call: &Call, interrupt: &Interrupt) -> Result<(Value, Option<Duration>), Try> {
        let request = self
            .request(call)
            .map_err(|why| Try::Failed(Failure::Refused(Refused::new(Refusal::Other, why))))?;
        let begun = Instant::now();
        let broken = |broken: Broken| match broken {
            Broken::Interrupted => Try::Failed(Failure::Stopped),
            Broken::Certificate(why) => Try::Failed(Failure::Refused(Refused::hinting(
                Refusal::Other,
                format!("its certificate is not trusted: {why}"),
                "SSL_CERT_FILE may name a file with further certificates".to_owned(),
            ))),
            Broken::Network(why) => Try::Again(Refused::new(Refusal::Unreached, why), None),
        };
        let mut answer = exchange(&self.client, request, self.timeout, interrupt).map_err(broken)?;
        let status = answer.status.as_u16();
        let asked = retry_after::wait(&answer.headers, SystemTime::now());
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().map_err(broken)? {
            bytes.extend(chunk);
            if bytes.len() > ANSWER_LIMIT {
                let why = format!("found an answer of more than {} MiB", ANSWER_LIMIT >> 20);
                return Err(Try::Again(self.strange(why), asked));
            }
            if begun.elapsed() > self.timeout {
                let why = format!("the answer was not there after {} s", self.timeout.as_secs());
                return Err(Try::Again(Refused::new(Refusal::Unreached, why), None));
            }
        }
        match self.judge(status, &bytes) {
            Ok(answer) => Ok((answer, asked)),
            Err(refused) => match refused.about {
                Refusal::Later | Refusal::Unreached | Refusal::Strange => Err(Try::Again(refused, asked)),
                _ => Err(Try::Failed(Failure::Refused(refused))),
            },
        }
    }

    fn judge(&self, status: u16, bytes: &[u8]) -> Result<Value, Refused> {
        let parsed: Result<Value, String> = serde_json::from_slice(bytes).map_err(|error| {
            if bytes.trim_ascii_start().starts_with(b"<") {
                "found a page of HTML, expected JSON".to_owned()
            } else {
                format!("found no JSON: {error}")
            }
        });
        if (200..300).contains(&status) {
            return parsed.map_err(|why| self.strange(why));
        }
        if (300..400).contains(&status) {
            return Err(Refused::hinting(
                Refusal::Strange,
                format!("answered {status}, a redirect, which is not followed with texts and keys"),
                "if it leads to where the service is now, write that address as [text.translate] url"
                    .to_owned(),
            ));
        }
        let answer = parsed.unwrap_or(Value::Null);
        let words = match self.service.message(&answer) {
            Some(message) => format!("answered {status}: {}", self.words(&message)),
            None => format!("answered {status}"),
        };
        let about = self.service.refusal(status, &answer);
        Err(match about {
            Refusal::Key => Refused::hinting(about, words, self.key_hint()),
            Refusal::Other if status == 404 => {
                let hint = format!("is [text.translate] url the address of {}?", self.service.name());
                Refused::hinting(about, words, hint)
            }
            about => Refused::new(about, words),
        })
    }

    /// The service's own words: printable, not long, and without the key.
    pub fn words(&self, text: &str) -> String {
        let hidden = self.key.as_ref().map_or(text.to_owned(), |key| key.hide_in(text));
        let mut words: String = hidden
            .chars()
            .map(|c| if is_no_text(c) { ' ' } else { c })
            .take(WORDS)
            .collect();
        if hidden.chars().count() > WORDS {
            words.push('…');
        }
        words.trim().to_owned()
    }

    fn key_hint(&self) -> String {
        match (self.service.variables().first(), &self.key) {
            (Some(variable), Some(_)) => {
                format!("look whether the key in {variable} is right and still valid")
            }
            (Some(variable), None) => format!("export {variable}=... if the service wants a key"),
            (None, _) => "the service wants no key; something in between refuses".to_owned(),
        }
    }

    fn request(&self, call: &Call) -> Result<Request, String> {
        let mut url = self.address.clone();
        match url.path_segments_mut() {
            Ok(mut path) => {
                path.pop_if_empty().extend(call.path.split('/'));
            }
            Err(()) => return Err("found an address without a path".to_owned()),
        }
        url.set_query(call.query);
        let method = match call.body {
            Body::None => Method::GET,
            _ => Method::POST,
        };
        let mut request = Request::new(method, url);
        let headers = request.headers_mut();
        let agent = concat!("augment/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        if let Some((name, value)) = self.key.as_ref().and_then(|key| self.service.header(key)) {
            let mut value = HeaderValue::from_str(&value)
                .map_err(|_| "the key has characters that no key has".to_owned())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        let (kind, bytes) = match &call.body {
            Body::None => return Ok(request),
            Body::Json(value) => ("application/json", value.to_string()),
            Body::Form(fields) => ("application/x-www-form-urlencoded", form(fields)),
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        *request.body_mut() = Some(bytes.into());
        Ok(request)
    }
}

/// Fields as forms are sent.
fn form(fields: &[(&'static str, String)]) -> String {
    let mut url = Url::parse("http://form/").ok();
    if let Some(url) = &mut url {
        url.query_pairs_mut().extend_pairs(fields);
    }
    url.and_then(|url| url.query().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_escaped() {
        let fields = [("q", "a&b=c + ü\n".to_owned()), ("langpair", "en|es".to_owned())];
        assert_eq!(form(&fields), "q=a%26b%3Dc+%2B+%C3%BC%0A&langpair=en%7Ces");
    }
}
