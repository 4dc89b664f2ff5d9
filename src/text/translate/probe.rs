//! The first requests to a service: whether it is there, takes the key and knows the languages. They cost nothing.

use serde_json::Value;

use super::sending::{Failure, Wire};
use super::service::Refusal;
use super::{BackendError, Pair};
use crate::run::interrupt::Interrupt;

/// Asks which languages there are.
///
/// # Errors
/// [`BackendError`]; that the service has too much to do just now is none.
pub fn probe(wire: &Wire, pairs: &[Pair], retries: u32, interrupt: &Interrupt) -> Result<(), BackendError> {
    let service = &wire.service;
    let fail = |why: String| BackendError::Service {
        service: service.name(),
        host: wire.host(),
        why,
    };
    let mut answers: Vec<Value> = Vec::new();
    for call in service.lists() {
        match wire.send(&call, &Ok, retries, interrupt, &|| false) {
            Ok(answer) => answers.push(answer),
            Err(Failure::Stopped) => return Err(fail("interrupted".to_owned())),
            Err(Failure::Refused(refused)) => match refused.about {
                Refusal::Later => return Ok(()),
                Refusal::Unreached => {
                    let hint =
                        "is it running, and is [text.translate] url right? A proxy is set by HTTPS_PROXY";
                    return Err(fail(format!("{}\nhint: {hint}", refused.why)));
                }
                _ => return Err(fail(refused.told())),
            },
        }
    }
    for pair in pairs {
        match service.has(&answers, pair) {
            Some(Ok(())) => {}
            Some(Err(known)) => {
                return Err(BackendError::Language {
                    service: service.name(),
                    pair: pair.clone(),
                    hint: format!("it knows {known}"),
                });
            }
            None => {
                return Err(fail(format!(
                    "found an answer of another shape, expected a list of languages\nhint: is [text.translate] url \
                     the address of {}?",
                    service.name()
                )));
            }
        }
    }
    Ok(())
}
