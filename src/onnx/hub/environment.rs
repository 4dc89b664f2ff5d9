//! Where the hub is, where its cache lies and who asks: the environment variables of Python's `huggingface_hub`, read
//! as it reads them (version 0.36), except that an empty value counts as unset.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;

use crate::run::bounded;

const ENDPOINT: &str = "https://huggingface.co";
const TIMEOUT: Duration = Duration::from_secs(10);

/// Names the owner of a request. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// For the header of a request, and for nothing else.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    /// White space and line ends around it are not part of it; nothing is no token.
    fn clean(text: &str) -> Option<Self> {
        let text = text.replace(['\r', '\n'], "");
        let text = text.trim();
        (!text.is_empty()).then(|| Token(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

#[derive(Debug, Clone)]
enum TokenSource {
    Variable(Token),
    File(PathBuf),
    Disabled,
}

/// What the environment says about the hub.
#[derive(Debug, Clone)]
pub struct Environment {
    endpoint: Url,
    cache: PathBuf,
    token: TokenSource,
    offline: Option<&'static str>,
    answer_timeout: Duration,
    transfer_timeout: Duration,
}

/// What is wrong with the environment.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// No address of a hub.
    #[error("found HF_ENDPOINT that {0}, expected an address such as {ENDPOINT}")]
    Endpoint(&'static str),
    /// No number of seconds.
    #[error("found {variable}={found:?}, expected a whole number of seconds")]
    Seconds {
        /// Which variable.
        variable: &'static str,
        /// Its value.
        found: String,
    },
    /// Nothing says where the user's files are.
    #[error("cannot tell where the model cache is: HOME is not set\nhint: set HF_HUB_CACHE to a folder")]
    NoHome,
    /// The token's file is there but can't be read.
    #[error(
        "{}: cannot read the hub's token: {source}\nhint: HF_HUB_DISABLE_IMPLICIT_TOKEN=1 goes without a token", path.display()
    )]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl Environment {
    /// Reads the environment of this process.
    ///
    /// # Errors
    /// [`EnvironmentError`].
    pub fn of_process() -> Result<Self, EnvironmentError> {
        Self::read(|name| std::env::var_os(name))
    }

    /// Reads variables by a function.
    ///
    /// # Errors
    /// [`EnvironmentError`].
    pub fn read(get: impl Fn(&str) -> Option<OsString>) -> Result<Self, EnvironmentError> {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).map(|value| value.to_string_lossy().into_owned());
        let truth = |name: &str| text(name).is_some_and(|value| is_true(&value));
        let path = |name: &str| set(name).map(|value| expand(value, &set));

        let home = match path("HF_HOME") {
            Some(home) => Some(home),
            None => path("XDG_CACHE_HOME")
                .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache")))
                .map(|cache| cache.join("huggingface")),
        };
        let in_home = |name: &str| home.as_ref().map(|home| home.join(name));
        let cache = path("HF_HUB_CACHE")
            .or_else(|| path("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| in_home("hub"))
            .ok_or(EnvironmentError::NoHome)?;

        let variable = text("HF_TOKEN").or_else(|| text("HUGGING_FACE_HUB_TOKEN"));
        let token = match variable.as_deref().and_then(Token::clean) {
            _ if truth("HF_HUB_DISABLE_IMPLICIT_TOKEN") => TokenSource::Disabled,
            Some(token) => TokenSource::Variable(token),
            None => path("HF_TOKEN_PATH")
                .or_else(|| in_home("token"))
                .map_or(TokenSource::Disabled, TokenSource::File),
        };
        // TRANSFORMERS_OFFLINE counts only where the other one is not set at all.
        let offline = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]
            .into_iter()
            .find(|name| set(name).is_some())
            .filter(|name| truth(name));
        let seconds = |name: &'static str| match text(name).map(|value| (value.trim().parse::<u64>(), value))
        {
            None | Some((Ok(0), _)) => Ok(TIMEOUT),
            // An hour without a byte is for ever; more would only overflow clocks.
            Some((Ok(seconds), _)) => Ok(Duration::from_secs(seconds.min(3600))),
            Some((Err(_), found)) => Err(EnvironmentError::Seconds {
                variable: name,
                found,
            }),
        };
        Ok(Environment {
            endpoint: endpoint(text("HF_ENDPOINT").as_deref().unwrap_or(ENDPOINT))?,
            cache,
            token,
            offline,
            answer_timeout: seconds("HF_HUB_ETAG_TIMEOUT")?,
            transfer_timeout: seconds("HF_HUB_DOWNLOAD_TIMEOUT")?,
        })
    }

    /// The hub's address; its path ends with a slash.
    pub(super) fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// The hub's address for people: without a name and password that may be in it.
    #[must_use]
    pub fn hub(&self) -> String {
        let mut url = self.endpoint.clone();
        // Neither can fail for an address that has a host, and then the plain address would be wrong to show.
        if url.set_password(None).is_err() || url.set_username("").is_err() {
            return "the hub".to_owned();
        }
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// The folder of the cache, `HF_HUB_CACHE`.
    #[must_use]
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// The variable that forbids the network, if one does.
    #[must_use]
    pub fn offline(&self) -> Option<&'static str> {
        self.offline
    }

    /// How long to wait for the answer to a short request.
    pub(super) fn answer_timeout(&self) -> Duration {
        self.answer_timeout
    }

    /// How long a transfer may stand still.
    pub(super) fn transfer_timeout(&self) -> Duration {
        self.transfer_timeout
    }

    /// Who asks, if anybody.
    ///
    /// # Errors
    /// [`EnvironmentError::TokenFile`].
    pub fn token(&self) -> Result<Option<Token>, EnvironmentError> {
        let path = match &self.token {
            TokenSource::Disabled => return Ok(None),
            TokenSource::Variable(token) => return Ok(Some(token.clone())),
            TokenSource::File(path) => path,
        };
        // A token has a few dozen bytes.
        match bounded::read_text(path, 64 << 10) {
            Ok(text) => Ok(Token::clean(&text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(EnvironmentError::TokenFile {
                path: path.clone(),
                source,
            }),
        }
    }
}

fn is_true(text: &str) -> bool {
    ["1", "ON", "YES", "TRUE"].contains(&text.to_ascii_uppercase().as_str())
}

/// The value itself is not shown when it is wrong: it may hold a password.
fn endpoint(text: &str) -> Result<Url, EnvironmentError> {
    let text = format!("{}/", text.trim_end_matches('/'));
    let url = Url::parse(&text).map_err(|_| EnvironmentError::Endpoint("is no address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(EnvironmentError::Endpoint("is neither http nor https"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(EnvironmentError::Endpoint("has a query"));
    }
    Ok(url)
}

/// `~`, `$NAME` and `${NAME}`, as Python's `expanduser` and `expandvars` do; what is not set stays as it is.
fn expand(value: OsString, get: &impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let Some(text) = value.to_str() else {
        return PathBuf::from(value);
    };
    let tilde = text == "~" || text.starts_with("~/");
    let text = match get("HOME").filter(|_| tilde) {
        Some(home) => format!(
            "{}{}",
            home.to_string_lossy().trim_end_matches('/'),
            text.get(1..).unwrap_or("")
        ),
        None => text.to_owned(),
    };
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, tail) = match after.strip_prefix('{').and_then(|after| after.split_once('}')) {
            Some(parts) => parts,
            None => after.split_at(
                after
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(after.len()),
            ),
        };
        match get(name).filter(|_| !name.is_empty()) {
            Some(value) => out.push_str(&value.to_string_lossy()),
            None => {
                out.push('$');
                out.push_str(after.strip_suffix(tail).unwrap_or(after));
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    PathBuf::from(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        Environment::read(|name| {
            let mut pairs = pairs.iter();
            pairs
                .find(|(n, _)| *n == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    fn cache(pairs: &[(&str, &str)]) -> String {
        read(pairs).unwrap().cache().to_str().unwrap().to_owned()
    }

    #[test]
    fn the_cache_is_where_python_has_it() {
        let home = ("HOME", "/home/u");
        assert_eq!(cache(&[home]), "/home/u/.cache/huggingface/hub");
        assert_eq!(cache(&[home, ("XDG_CACHE_HOME", "/c")]), "/c/huggingface/hub");
        assert_eq!(cache(&[home, ("HF_HOME", "~/hf")]), "/home/u/hf/hub");
        assert_eq!(cache(&[home, ("HF_HOME", "")]), "/home/u/.cache/huggingface/hub");
        assert_eq!(
            cache(&[home, ("HF_HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old")]),
            "/old"
        );
        let both = [home, ("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HUB_CACHE", "/new")];
        assert_eq!(cache(&both), "/new");
        let variables = [("D", "/d"), ("HF_HUB_CACHE", "$D/${D}x/$NO/${NO}/~")];
        assert_eq!(cache(&variables), "/d//dx/$NO/${NO}/~");
        assert!(matches!(read(&[]), Err(EnvironmentError::NoHome)));
    }

    #[test]
    fn offline_is_said_by_either_variable() {
        let offline = |pairs: &[(&str, &str)]| {
            let pairs = [&[("HOME", "/")], pairs].concat();
            read(&pairs).unwrap().offline()
        };
        assert_eq!(offline(&[]), None);
        for yes in ["1", "true", "Yes", "ON"] {
            assert_eq!(offline(&[("HF_HUB_OFFLINE", yes)]), Some("HF_HUB_OFFLINE"));
        }
        for no in ["0", "false", "no", "2", ""] {
            assert_eq!(offline(&[("HF_HUB_OFFLINE", no)]), None);
        }
        assert_eq!(
            offline(&[("TRANSFORMERS_OFFLINE", "1")]),
            Some("TRANSFORMERS_OFFLINE")
        );
        assert_eq!(
            offline(&[("HF_HUB_OFFLINE", "0"), ("TRANSFORMERS_OFFLINE", "1")]),
            None
        );
    }

    #[test]
    fn the_token_comes_from_a_variable_or_a_file_and_is_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let home = ("HF_HOME", dir.path().to_str().unwrap());
        let token = |pairs: &[(&str, &str)]| read(pairs).unwrap().token().unwrap().map(|token| token.0);
        assert_eq!(token(&[home]), None);
        std::fs::write(dir.path().join("token"), " hf_file\r\n").unwrap();
        assert_eq!(token(&[home]).unwrap(), "hf_file");
        assert_eq!(
            token(&[home, ("HUGGING_FACE_HUB_TOKEN", "hf_old")]).unwrap(),
            "hf_old"
        );
        assert_eq!(token(&[home, ("HF_TOKEN", " hf_new\n")]).unwrap(), "hf_new");
        assert_eq!(token(&[home, ("HF_TOKEN", " ")]).unwrap(), "hf_file");
        assert_eq!(token(&[home, ("HF_TOKEN_PATH", "/nowhere")]), None);
        let off = ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
        assert_eq!(token(&[home, ("HF_TOKEN", "hf_new"), off]), None);
        let shown = format!("{:?}", read(&[home, ("HF_TOKEN", "hf_secret")]).unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn the_endpoint_is_an_address_and_hides_its_password() {
        let with = |endpoint| read(&[("HOME", "/"), ("HF_ENDPOINT", endpoint)]);
        assert_eq!(
            with("http://h:8/mirror//").unwrap().endpoint().as_str(),
            "http://h:8/mirror/"
        );
        assert_eq!(with("http://me:secret@h/").unwrap().hub(), "http://h");
        assert_eq!(read(&[("HOME", "/")]).unwrap().hub(), ENDPOINT);
        for bad in [
            "huggingface.co",
            "ftp://h",
            "http://",
            "http://u:secret@h/?q",
            "http://u:secret@",
        ] {
            let error = with(bad).unwrap_err().to_string();
            assert!(
                error.contains("HF_ENDPOINT") && !error.contains("secret"),
                "{error}"
            );
        }
    }

    #[test]
    fn timeouts_are_whole_seconds() {
        let with = |value| read(&[("HOME", "/"), ("HF_HUB_DOWNLOAD_TIMEOUT", value)]);
        assert_eq!(with("3").unwrap().transfer_timeout(), Duration::from_secs(3));
        assert_eq!(with("0").unwrap().transfer_timeout(), TIMEOUT);
        assert!(matches!(with("soon"), Err(EnvironmentError::Seconds { .. })));
    }
}
