//! Recordings from files, for what is done with them elsewhere: `audio` knows no paths.

use std::path::Path;

use super::index;
use crate::audio::preparation::Painter;

impl Painter {
    /// The prepared samples of an audio file, at the preparation's rate; at least one.
    ///
    /// # Errors
    /// In words, what is wrong with the file; without its name.
    pub fn samples(&mut self, path: &Path) -> Result<Vec<f32>, String> {
        let prepare = &self.preparation().prepare;
        let (_, recording) = index::read(path, prepare.channels, prepare.max_seconds)?;
        self.prepared(&recording?)
    }
}
