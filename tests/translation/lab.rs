//! A service, a folder for its translations, and chains over both.

use std::path::PathBuf;
use std::time::Duration;

use augment::run::interrupt::Interrupt;
use augment::text::models::{BackTranslator, Request, RoundError};
use augment::text::translate::{
    Apy, BackendError, Chains, DeepL, Google, HttpSettings, LibreTranslate, Pair, Remote, Secret, Service,
};
use tempfile::TempDir;

use crate::server::{Kind, Server};

/// A key that must never show anywhere.
pub const KEY: &str = "very-hidden-0123456789:fx";

pub const KINDS: [Kind; 4] = [Kind::LibreTranslate, Kind::DeepL, Kind::Google, Kind::Apy];

pub struct Lab {
    pub server: Server,
    kind: Kind,
    dir: TempDir,
    pub timeout: Duration,
    pub retries: u32,
    pub concurrency: usize,
    pub budget: Option<u64>,
}

impl Lab {
    pub fn new(kind: Kind) -> Self {
        Lab {
            server: Server::new(kind),
            kind,
            dir: tempfile::tempdir().unwrap(),
            timeout: Duration::from_secs(60),
            retries: 3,
            concurrency: 1,
            budget: None,
        }
    }

    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("translations")
    }

    pub fn service(&self) -> Box<dyn Service> {
        match self.kind {
            Kind::LibreTranslate => Box::new(LibreTranslate),
            Kind::DeepL => Box::new(DeepL),
            Kind::Google => Box::new(Google),
            Kind::Apy => Box::new(Apy),
        }
    }

    pub fn settings(&self) -> HttpSettings {
        HttpSettings {
            url: Some(self.server.address.parse().unwrap()),
            concurrency: self.concurrency,
            timeout: self.timeout,
            retries: self.retries,
        }
    }

    pub fn key(&self) -> Option<Secret> {
        match self.kind {
            Kind::Apy => None,
            _ => Secret::new(KEY),
        }
    }

    pub fn remote(&self, codes: &[&str]) -> Remote {
        let pairs = Pair::of_chains(&[chain(codes)]);
        Remote::with_key(self.service(), &self.settings(), self.key(), &pairs)
    }

    /// What is found of a service before any text.
    pub fn connect(&self, codes: &[&str]) -> Result<(), BackendError> {
        self.remote(codes).connect(&Interrupt::default())
    }

    /// A run of its own over en, fr, en.
    pub fn chains(&self) -> Chains {
        let remote = self.remote(&["en", "fr", "en"]);
        let folder = self.folder();
        let chains = [chain(&["en", "fr", "en"])];
        Chains::new(&chains, Box::new(remote), ("service", &folder), self.budget).unwrap()
    }

    /// What a run of its own gives: the last hop of each text.
    pub fn translate(&self, texts: &[&str]) -> Result<Vec<Result<String, String>>, RoundError> {
        last(&mut self.chains(), texts)
    }

    /// Bytes of all files that translations are kept in.
    pub fn kept(&self) -> String {
        let mut all = String::new();
        for hop in std::fs::read_dir(self.folder()).into_iter().flatten().flatten() {
            all.push_str(&format!("{}\n", hop.path().display()));
            for file in std::fs::read_dir(hop.path()).unwrap().flatten() {
                all.push_str(&format!("{}\n", file.path().display()));
                all.push_str(&std::fs::read_to_string(file.path()).unwrap());
            }
        }
        all
    }
}

pub fn chain(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|&code| code.to_owned()).collect()
}

/// The last hop of each text, or why there is none.
pub fn last(
    chains: &mut dyn BackTranslator,
    texts: &[&str],
) -> Result<Vec<Result<String, String>>, RoundError> {
    let requests: Vec<Request> = texts
        .iter()
        .map(|&text| Request {
            text: text.to_owned(),
            number: 0,
        })
        .collect();
    let found = chains.translate(&requests, &Interrupt::default())?;
    Ok(found
        .into_iter()
        .map(|hops| hops.map(|hops| hops.last().unwrap().text.clone()))
        .collect())
}
