//! Doing the work: in parallel, interruptible, resumable, and never half-visible.

pub mod atomic;
pub mod bounded;
pub mod execute;
pub mod folders;
pub mod interrupt;
pub mod ledger;
pub mod lock;
pub mod numerics;
pub mod place;
pub mod progress;
pub mod shard;
