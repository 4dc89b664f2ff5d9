//! What a run tells while it works; the command decides how to show it.

/// Listens to a run.
pub trait Progress: Sync {
    /// A stage of so many steps begins.
    fn stage(&self, name: &str, steps: u64);
    /// So many steps of the stage are done.
    fn advance(&self, steps: u64);
    /// The stage is over.
    fn finish(&self);
    /// Something that people should read now.
    fn note(&self, text: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _: &str, _: u64) {}
    fn advance(&self, _: u64) {}
    fn finish(&self) {}
    fn note(&self, _: &str) {}
}
