//! What an answer means: taken, refused, or worth another try.

use std::time::SystemTime;

use reqwest::StatusCode;

use super::api::printable;
use super::error::HubError;
use super::exchange::{Answer, Broken};
use super::patience::Setback;
use super::reference::Repo;
use super::retry_after;

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

/// A file that is asked for.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    pub repo: &'a Repo,
    pub commit: &'a str,
    pub path: &'a str,
}

/// What a request was about.
#[derive(Clone, Copy)]
pub enum Asked<'a> {
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

/// Who asked whom.
pub struct Asker {
    /// The hub's address for people.
    pub hub: String,
    /// Whether a token went with the request.
    pub with_token: bool,
}

impl Asker {
    /// What a status means.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn check(&self, answer: Answer, repo: &Repo, asked: Asked) -> Result<Answer, Fault> {
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
        let hub = || self.hub.clone();
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
                with_token: self.with_token,
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
