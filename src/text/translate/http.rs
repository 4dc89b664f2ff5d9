//! Translation services over HTTP: what they have in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use reqwest::Url;
use serde_json::Value;

use super::address::{client, place};
use super::probe::probe;
use super::sending::{Failure, Wire};
use super::service::{Refusal, Service};
use super::{Answer, Backend, BackendError, Keep, Pair, Secret};
use crate::run::interrupt::Interrupt;
use crate::text::models::RoundError;

/// How a service is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpSettings {
    /// Its address, where it is not the usual one.
    pub url: Option<Url>,
    /// Requests that are under way at once, from 1.
    pub concurrency: usize,
    /// For each request, until the last byte of its answer.
    pub timeout: Duration,
    /// How often a request is sent again where that may help.
    pub retries: u32,
}

/// So many texts may be refused before the first one is translated; then it is not the texts.
const REFUSED: usize = 16;

/// A service. Nothing is sent, and no key is needed, before the first text.
#[derive(Debug)]
pub struct Remote {
    service: Arc<dyn Service>,
    settings: HttpSettings,
    key: Key,
    pairs: Vec<Pair>,
    /// Once it has told its languages.
    wire: Option<Wire>,
    /// Texts that were translated.
    translated: AtomicUsize,
    refused: AtomicUsize,
}

/// Where the key comes from.
#[derive(Debug)]
enum Key {
    Environment,
    Given(Option<Secret>),
}

/// What a worker has for the one that keeps.
type Message = Result<Vec<(usize, Answer)>, RoundError>;

impl Remote {
    /// Looks that there is what a service needs, before anything is sent: the key and an address that it may go to.
    ///
    /// # Errors
    /// [`BackendError`].
    pub fn check(service: &dyn Service, settings: &HttpSettings) -> Result<(), BackendError> {
        let key = Secret::of_environment(service.variables());
        place(service, settings, key.as_ref()).map(drop)
    }

    /// A service that will be asked for these hops, with the key that is in the environment by then.
    #[must_use]
    pub fn new(service: Box<dyn Service>, settings: &HttpSettings, pairs: &[Pair]) -> Self {
        Remote {
            service: Arc::from(service),
            settings: settings.clone(),
            key: Key::Environment,
            pairs: pairs.to_vec(),
            wire: None,
            translated: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        }
    }

    /// As [`Remote::new`], with a key from elsewhere.
    #[must_use]
    pub fn with_key(
        service: Box<dyn Service>,
        settings: &HttpSettings,
        key: Option<Secret>,
        pairs: &[Pair],
    ) -> Self {
        Remote {
            key: Key::Given(key),
            ..Self::new(service, settings, pairs)
        }
    }

    /// Connects and asks which languages there are, which costs nothing; the first text does so by itself.
    ///
    /// # Errors
    /// [`BackendError`]: key or address are missing, the service can't be reached, does not accept the key, or does
    /// not know a hop. That it has too much to do just now is no error.
    pub fn connect(&mut self, interrupt: &Interrupt) -> Result<(), BackendError> {
        if self.wire.is_some() {
            return Ok(());
        }
        let key = match &self.key {
            Key::Environment => Secret::of_environment(self.service.variables()),
            Key::Given(key) => key.clone(),
        };
        let address = place(self.service.as_ref(), &self.settings, key.as_ref())?;
        let client = client(&address, self.settings.timeout).map_err(|error| BackendError::Service {
            service: self.service.name(),
            host: address.host_str().unwrap_or_default().to_owned(),
            why: format!("cannot set up connections: {error}"),
        })?;
        let wire = Wire {
            service: Arc::clone(&self.service),
            client,
            address,
            key,
            timeout: self.settings.timeout,
        };
        probe(&wire, &self.pairs, self.settings.retries.min(1), interrupt)?;
        self.wire = Some(wire);
        Ok(())
    }

    /// Texts in portions that one request holds, and texts that no request can hold.
    fn portions(&self, texts: &[&str]) -> (Vec<Vec<usize>>, Vec<usize>) {
        let limits = self.service.limits();
        let (mut portions, mut large): (Vec<Vec<usize>>, Vec<usize>) = (Vec::new(), Vec::new());
        let (mut portion, mut sum) = (Vec::new(), 0);
        for (at, text) in texts.iter().enumerate() {
            // JSON escapes a character as six bytes at most.
            let bytes = serde_json::Value::from(*text).to_string().len() + 1;
            if bytes > limits.bytes {
                large.push(at);
                continue;
            }
            if portion.len() >= limits.texts || sum + bytes > limits.bytes {
                portions.push(std::mem::take(&mut portion));
                sum = 0;
            }
            portion.push(at);
            sum += bytes;
        }
        if !portion.is_empty() {
            portions.push(portion);
        }
        (portions, large)
    }

    /// Translates a portion and hands on what came; halves it where the service refuses its texts.
    fn portion(&self, work: &Work<'_>, at: &[usize], messages: &Sender<Message>) -> Result<(), RoundError> {
        let texts: Vec<&str> = at.iter().filter_map(|&at| work.texts.get(at).copied()).collect();
        let (wire, service) = (work.wire, &self.service);
        let call = service.call(work.pair, &texts, wire.key.as_ref());
        let read = |answer: Value| match service.translations(&answer) {
            Some(found) if found.len() == texts.len() => Ok(found),
            Some(found) => Err(format!(
                "found {} translations, expected {}",
                found.len(),
                texts.len()
            )),
            None => Err("found an answer of another shape, expected translations".to_owned()),
        };
        let stop = || work.stop.load(Ordering::Relaxed);
        let refused = match wire.send(&call, &read, self.settings.retries, work.interrupt, &stop) {
            Ok(found) => {
                self.translated.fetch_add(found.len(), Ordering::Relaxed);
                let answers = at
                    .iter()
                    .copied()
                    .zip(found.into_iter().map(|text| Ok(vec![text])));
                let _ = messages.send(Ok(answers.collect()));
                return Ok(());
            }
            Err(Failure::Stopped) => return Err(RoundError::Interrupted),
            Err(Failure::Refused(refused)) => refused,
        };
        let end = || Err(refused.end(&wire.who(), self.translated.load(Ordering::Relaxed)));
        match (refused.about, at) {
            (Refusal::Texts, [one]) => {
                let count = self.refused.fetch_add(1, Ordering::Relaxed);
                if count >= REFUSED && self.translated.load(Ordering::Relaxed) == 0 {
                    return end();
                }
                let _ = messages.send(Ok(vec![(*one, Err(refused.why))]));
                Ok(())
            }
            (Refusal::Texts, many) => {
                let (first, second) = many.split_at(many.len() / 2);
                self.portion(work, first, messages)?;
                self.portion(work, second, messages)
            }
            _ => end(),
        }
    }
}

/// What all workers work on.
struct Work<'a> {
    wire: &'a Wire,
    pair: &'a Pair,
    texts: &'a [&'a str],
    interrupt: &'a Interrupt,
    stop: AtomicBool,
}

impl Backend for Remote {
    fn identity(&self, _pair: &Pair) -> [u8; 32] {
        let name = format!("{} 1 text", self.service.name());
        *blake3::hash(name.as_bytes()).as_bytes()
    }

    fn most(&self) -> usize {
        1
    }

    fn bills(&self) -> bool {
        self.service.bills()
    }

    fn ready(&mut self, interrupt: &Interrupt) -> Result<(), RoundError> {
        self.connect(interrupt)
            .map_err(|error| match interrupt.stopped() {
                true => RoundError::Interrupted,
                false => RoundError::Translator(error.to_string()),
            })
    }

    fn translate(
        &mut self,
        pair: &Pair,
        texts: &[&str],
        interrupt: &Interrupt,
        keep: &mut Keep<'_>,
    ) -> Result<(), RoundError> {
        let (portions, large) = self.portions(texts);
        let reason = format!("is too long for {}", self.service.name());
        let large: Vec<(usize, Answer)> = large.into_iter().map(|at| (at, Err(reason.clone()))).collect();
        keep(&large)?;
        self.connect(interrupt)
            .map_err(|error| match interrupt.stopped() {
                true => RoundError::Interrupted,
                false => RoundError::Translator(error.to_string()),
            })?;
        let Some(wire) = &self.wire else {
            return Err(RoundError::Translator("found no connection".to_owned()));
        };
        let work = Work {
            wire,
            pair,
            texts,
            interrupt,
            stop: AtomicBool::new(false),
        };
        let next = AtomicUsize::new(0);
        let (sender, messages) = channel::<Message>();
        let remote = &*self;
        std::thread::scope(|scope| {
            for _ in 0..remote.settings.concurrency.max(1).min(portions.len()) {
                let (sender, work, next, portions) = (sender.clone(), &work, &next, &portions);
                scope.spawn(move || {
                    while !work.stop.load(Ordering::Relaxed)
                        && let Some(portion) = portions.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        if let Err(error) = remote.portion(work, portion, &sender) {
                            // Those that only stop because of another's failure say nothing new.
                            let first = !work.stop.swap(true, Ordering::Relaxed);
                            if first || work.interrupt.stopped() {
                                let _ = sender.send(Err(error));
                            }
                        }
                    }
                });
            }
            drop(sender);
            let mut failed = None;
            // To the end, also after a failure: what the others still get is kept.
            for message in messages {
                let kept = message.and_then(|answers| keep(&answers));
                if let Err(error) = kept {
                    work.stop.store(true, Ordering::Relaxed);
                    failed.get_or_insert(error);
                }
            }
            failed.map_or(Ok(()), Err)
        })
    }
}
