//! One file from the hub into the cache: resumed where it stopped, checked before it can be seen.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::api::Listed;
use super::client::{Client, Metadata};
use super::digest::Hash;
use super::error::HubError;
use super::filling::{Filling, Shown};
use super::layout::RepoFolder;
use super::patience::sleep;
use super::verdict::Target;
use crate::run::lock::{Lock, LockError};

/// Loads a file unless it is there. `loaded` counts the bytes that came over the network, also when it fails.
///
/// # Errors
/// [`HubError`].
pub fn load(
    client: &Client,
    folder: &RepoFolder,
    target: Target,
    listed: &Listed,
    loaded: &mut u64,
) -> Result<(), HubError> {
    let pointer = folder.snapshot(target.commit).join(target.path);
    let mut shown = Shown::new(client);
    if let Some(size) = listed.size.filter(|&size| has_size(&pointer, size)) {
        shown.at(size);
        return Ok(());
    }
    let metadata = client.metadata(target, listed)?;
    let hashes = hashes(target, &metadata, listed)?;
    let blob = folder.blob(&metadata.etag);
    let _lock = wait_for(client, &folder.lock(&metadata.etag), target.path)?;
    // Somebody else may have loaded it meanwhile.
    if !has_size(&blob, metadata.size) {
        let path = folder.incomplete(&metadata.etag);
        let mut filling = Filling::open(client, target, metadata.size, path, shown)?;
        let filled = filling.fill(&hashes);
        *loaded += filling.got();
        filled?;
        filling.finish(&blob)?;
    } else {
        shown.at(metadata.size);
    }
    folder.show(&metadata.etag, target.commit, target.path)?;
    Ok(())
}

/// Whether a file is there, links followed, with so many bytes.
pub fn has_size(path: &Path, size: u64) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == size)
}

/// What the content's hash has to be, by the name of the blob and by the hub's list of files.
fn hashes(target: Target, metadata: &Metadata, listed: &Listed) -> Result<Vec<Hash>, HubError> {
    let of_name = Hash::of(&metadata.etag);
    let contradicts = match (&of_name, &listed.hash) {
        (Some(Hash::Sha256(a)), Some(Hash::Sha256(b))) | (Some(Hash::GitBlob(a)), Some(Hash::GitBlob(b))) => {
            a != b
        }
        _ => false,
    };
    if contradicts || listed.size.is_some_and(|size| size != metadata.size) {
        return Err(HubError::Answer {
            what: target.path.to_owned(),
            why: "found one size or hash in the list of files and another one with the file".to_owned(),
        });
    }
    let mut all: Vec<Hash> = of_name.into_iter().chain(listed.hash.clone()).collect();
    all.dedup();
    Ok(all)
}

/// As Python's tools do: one process loads a content, the others wait.
fn wait_for(client: &Client, path: &Path, what: &str) -> Result<Lock, HubError> {
    let mut said = false;
    loop {
        match Lock::acquire(path) {
            Ok(lock) => return Ok(lock),
            Err(LockError::File(error)) => return Err(error.into()),
            Err(LockError::Busy) if !said => {
                let text = format!("{what}: another process is loading it; waiting");
                client.progress().note(&text);
                said = true;
            }
            Err(LockError::Busy) => sleep(Duration::from_millis(100), client.interrupt())?,
        }
    }
}
