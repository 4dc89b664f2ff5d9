//! What is asked of the hub: a repository's files, a file's name and size, its content.

use reqwest::header::{HeaderValue, RANGE};
use reqwest::{Method, StatusCode, Url};

use super::api::{self, Info, Listed, printable};
use super::connection::{Connection, Follow, request};
use super::digest::Hash;
use super::environment::Environment;
use super::error::HubError;
use super::exchange::Answer;
use super::layout::is_blob_name;
use super::patience::Patience;
use super::reference::Repo;
use super::verdict::{Asked, Asker, Fault, Target, fault};
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;

/// The largest description of a repository that is read.
const ANSWER_LIMIT: usize = 32 << 20;

/// The hub.
pub struct Client<'a> {
    connection: Connection<'a>,
    asker: Asker,
    environment: &'a Environment,
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

impl<'a> Client<'a> {
    /// Prepares connections; none is made yet.
    ///
    /// # Errors
    /// As [`Connection::new`].
    pub fn new(
        environment: &'a Environment,
        interrupt: &'a Interrupt,
        progress: &'a dyn Progress,
    ) -> Result<Self, HubError> {
        let connection = Connection::new(environment, interrupt)?;
        Ok(Client {
            asker: Asker {
                hub: environment.hub(),
                with_token: connection.has_token(),
            },
            connection,
            environment,
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
            let answer =
                self.connection
                    .send(request, self.environment.answer_timeout(), Follow::Everywhere)?;
            let answer = self.asker.check(answer, repo, asked)?;
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

    /// The name and size of a file's content: as the hub tells them with the file, else as in its list.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn metadata(&self, target: Target, listed: &Listed) -> Result<Metadata, HubError> {
        let url = self.file(target)?;
        let answer = self.persist(target.path, || {
            let request = request(Method::HEAD, url.clone());
            let answer = self
                .connection
                .send(request, self.environment.answer_timeout(), Follow::Hub)?;
            self.asker.check(answer, target.repo, Asked::File(target))
        })?;
        let text = |name: &str| answer.header(name);
        // What a redirect says of itself is not about the file.
        let own = |name: &str| text(name).filter(|_| answer.status.is_success());
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
        let in_list = listed.hash.as_ref().map(Hash::text);
        let etag = text("x-linked-etag")
            .or_else(|| own("etag"))
            .or(in_list)
            .unwrap_or_default();
        let etag = etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"');
        if !is_blob_name(etag) {
            return Err(unusable(format!(
                "found ETag {:?}, expected the hash of a file",
                printable(etag)
            )));
        }
        let size = text("x-linked-size").or_else(|| own("content-length"));
        let size = size.and_then(|size| size.parse().ok()).or(listed.size);
        let size = size.ok_or_else(|| unusable("found no size of the file".to_owned()))?;
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
        let answer =
            self.connection
                .send(request, self.environment.transfer_timeout(), Follow::Everywhere)?;
        if answer.status == StatusCode::RANGE_NOT_SATISFIABLE && offset > 0 {
            return Ok(answer);
        }
        self.asker.check(answer, target.repo, Asked::File(target))
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
}

/// Digits and letters only: always a header's value.
fn number(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
