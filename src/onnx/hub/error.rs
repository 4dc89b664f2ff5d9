//! What can go wrong between this machine and the hub.

use super::choose::ChooseError;
use super::environment::EnvironmentError;
use super::reference::{ReferenceError, Repo};
use crate::run::atomic::FileError;

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// Ctrl-C. What was loaded so far is kept.
    #[error("interrupted; what was loaded so far is kept, and the same command goes on from there")]
    Interrupted,
    /// The name.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The environment.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// A folder is nothing that the hub could give.
    #[error(
        "found {0}, which names a folder, expected a model of the hub or of the catalogue\nhint: folders are used where they are, nothing has to be pulled; a repository of the hub is named hub:ORG/NAME"
    )]
    Folder(String),
    /// No TLS, no client.
    #[error("cannot set up connections to the hub: {0}")]
    Client(String),
    /// The token can't be sent.
    #[error(
        "the hub's token has characters that no token has\nhint: look at HF_TOKEN, or at the file that HF_TOKEN_PATH names"
    )]
    Token,
    /// The network is forbidden.
    #[error(
        "{variable} forbids the network, and {why}\nhint: unset {variable}, or copy the model's folder from another machine into {cache}"
    )]
    Offline {
        /// What forbids it.
        variable: &'static str,
        /// What is not in the cache.
        why: String,
        /// Where the cache is.
        cache: String,
    },
    /// Trying again did not help.
    #[error(
        "{what}: {why}; gave up after {tries} tries\nhint: run the same command again, it goes on from there; a mirror is set by HF_ENDPOINT, a proxy by HTTPS_PROXY"
    )]
    GaveUp {
        /// What was wanted.
        what: String,
        /// The last failure.
        why: String,
        /// How many tries there were.
        tries: u32,
    },
    /// The server's certificate is not trusted.
    #[error(
        "{host}: its certificate is not trusted: {why}\nhint: a machine without system certificates needs the package ca-certificates; behind a company's proxy set SSL_CERT_FILE to a file with its certificate"
    )]
    Certificate {
        /// Whose.
        host: String,
        /// Why not.
        why: String,
    },
    /// Too many requests, and the wait would be too long.
    #[error(
        "{what}: the hub has had too many requests and asks to wait for {seconds} s\nhint: run the same command again then; what was loaded so far is kept"
    )]
    TooManyRequests {
        /// What was wanted.
        what: String,
        /// How long.
        seconds: u64,
    },
    /// 401 or 403.
    #[error("{}", refused(repo, hub, *with_token, *gated))]
    Refused {
        /// What was wanted.
        repo: Repo,
        /// Where.
        hub: String,
        /// Whether a token was sent.
        with_token: bool,
        /// Whether the hub says that terms have to be accepted.
        gated: bool,
    },
    /// No such repository.
    #[error(
        "{hub} has no repository {repo}\nhint: look at the spelling; a private one is seen only with HF_TOKEN set to a token that may read it"
    )]
    NoRepo {
        /// What was wanted.
        repo: Repo,
        /// Where.
        hub: String,
    },
    /// No such revision.
    #[error("{repo} has no revision {revision:?}\nhint: {hub}/{repo}/commits/main shows its commits")]
    NoRevision {
        /// The repository.
        repo: Repo,
        /// What was wanted.
        revision: String,
        /// Where.
        hub: String,
    },
    /// No such file.
    #[error("{repo} has no file {path} at commit {commit}")]
    NoFile {
        /// The repository.
        repo: Repo,
        /// What was wanted.
        path: String,
        /// The commit.
        commit: String,
    },
    /// Another status.
    #[error("{what}: the hub answered {status}{message}")]
    Status {
        /// What was wanted.
        what: String,
        /// The status.
        status: u16,
        /// What the hub said.
        message: String,
    },
    /// The answer can't be used.
    #[error("{what}: {why}\nhint: is HF_ENDPOINT the address of a hub, and no page of a proxy in between?")]
    Answer {
        /// What was wanted.
        what: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// The repository lacks something.
    #[error("{repo}: {source}")]
    Choose {
        /// The repository.
        repo: Repo,
        /// What.
        source: ChooseError,
    },
    /// The content is not what the hub promised.
    #[error(
        "{path}: found {found}, expected {expected}; the file was deleted\nhint: run the same command again; if it stays so, something between here and the hub changes files"
    )]
    Content {
        /// The file in the repository.
        path: String,
        /// What came.
        found: String,
        /// What was promised.
        expected: String,
    },
    /// The disk has no room.
    #[error("{folder}: {} are free, {} are still to be loaded\nhint: make room, or set HF_HUB_CACHE to a folder on another disk; what was loaded so far is kept", bytes(*free), bytes(*needed))]
    NoRoom {
        /// The cache.
        folder: String,
        /// Bytes free.
        free: u64,
        /// Bytes needed.
        needed: u64,
    },
    /// A file can't be written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl HubError {
    /// Whether the same command goes on from here once the network, the hub or the disk allow it.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            HubError::GaveUp { .. } | HubError::TooManyRequests { .. } | HubError::NoRoom { .. } => true,
            HubError::File(error) => error.no_space(),
            _ => false,
        }
    }

    /// Whether there is no room left.
    #[must_use]
    pub fn no_space(&self) -> bool {
        match self {
            HubError::NoRoom { .. } => true,
            HubError::File(error) => error.no_space(),
            _ => false,
        }
    }
}

fn refused(repo: &Repo, hub: &str, with_token: bool, gated: bool) -> String {
    let page = format!("{hub}/{repo}");
    match (with_token, gated) {
        (true, true) => format!(
            "{repo}: the hub gives this model only to those who accepted its terms, and the account of the token has not\nhint: accept them at {page}"
        ),
        (true, false) => format!(
            "{repo}: the hub does not accept the token for this model\nhint: see {page}; look whether the token is still valid and may read it, or unset HF_TOKEN for public models"
        ),
        (false, true) => format!(
            "{repo}: the hub gives this model only to those who accepted its terms\nhint: accept them at {page}, then set HF_TOKEN to a token of that account"
        ),
        (false, false) => format!(
            "{repo}: there is no such repository, or it is private\nhint: look at the spelling ({page}); for a private one set HF_TOKEN to a token that may read it"
        ),
    }
}

/// A number of bytes for people, in powers of ten as the hub shows them.
#[must_use]
pub fn bytes(count: u64) -> String {
    let scaled = |unit: u64| {
        let tenths = (count + unit / 20) / (unit / 10);
        // Three digits are enough: 1.2, 12.3, 123.
        if tenths < 1000 && !tenths.is_multiple_of(10) {
            format!("{}.{}", tenths / 10, tenths % 10)
        } else {
            format!("{}", (count + unit / 2) / unit)
        }
    };
    match count {
        0..1_000 => format!("{count} B"),
        1_000..999_500 => format!("{} kB", scaled(1_000)),
        999_500..999_500_000 => format!("{} MB", scaled(1_000_000)),
        _ => format!("{} GB", scaled(1_000_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_three_digits_at_most() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1 kB"),
            (1_249, "1.2 kB"),
            (99_949, "99.9 kB"),
            (999_499, "999 kB"),
            (999_500, "1 MB"),
            (438_900_000, "439 MB"),
            (2_486_000_000, "2.5 GB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }
}
