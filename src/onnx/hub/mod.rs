//! The model hub: names, catalogue, cache and transfers.
//!
//! A [`Reference`](reference::Reference) names a model. [`installed::resolve`] finds it on this machine and never
//! goes to the network; [`pull::Hub`] is what `augment models pull` loads it with. The cache is the one that
//! Python's `huggingface_hub` uses ([`layout`]), so both see each other's models.

pub(super) mod api;
pub mod catalogue;
pub mod choose;
mod client;
mod connection;
mod digest;
pub mod environment;
pub mod error;
pub(crate) mod exchange;
mod filling;
pub mod installed;
pub mod layout;
mod patience;
pub mod pull;
pub mod reference;
pub(crate) mod retry_after;
mod transfer;
mod verdict;
