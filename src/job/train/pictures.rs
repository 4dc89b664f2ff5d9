//! Mel images as numbers.

use std::cell::RefCell;
use std::path::PathBuf;

use crate::audio::image::read_rgb;
use crate::run::bounded;
use crate::train::features::image::ImageFile;

/// Decoded images that are kept, in bytes; the rest is decoded each time it is needed.
const KEPT: usize = 1 << 30;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 256 << 20;

/// The images of rows, all of one size.
#[derive(Debug)]
pub struct Pictures {
    files: Vec<PictureFile>,
    kept: RefCell<Kept>,
}

/// One of them, which is read and decoded when it is needed, and not remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureFile {
    path: PathBuf,
    height: usize,
    width: usize,
}

#[derive(Debug, Default)]
struct Kept {
    bytes: usize,
    pixels: Vec<Option<Box<[u8]>>>,
}

impl Pictures {
    /// Images of rows, in their order; none is opened yet.
    #[must_use]
    pub fn new(height: usize, width: usize, paths: Vec<PathBuf>) -> Self {
        let kept = Kept {
            bytes: 0,
            pixels: vec![None; paths.len()],
        };
        let files = paths.into_iter().map(|path| PictureFile { path, height, width });
        Pictures {
            files: files.collect(),
            kept: RefCell::new(kept),
        }
    }

    /// Their files, in the order of the rows.
    #[must_use]
    pub fn files(&self) -> &[PictureFile] {
        &self.files
    }

    /// A row's numbers: red, green and blue one after another, each `height · width` numbers from −1 to 1.
    ///
    /// # Errors
    /// In words, naming the file.
    pub(super) fn fill(&self, row: usize, into: &mut [f32]) -> Result<(), String> {
        let mut kept = self.kept.borrow_mut();
        if let Some(Some(pixels)) = kept.pixels.get(row) {
            planes(pixels, into);
            return Ok(());
        }
        let file = self
            .files
            .get(row)
            .ok_or_else(|| format!("found row {row}, expected one of {} images", self.files.len()))?;
        let pixels = file.pixels(&file.bytes()?)?;
        planes(&pixels, into);
        if kept.bytes + pixels.len() <= KEPT {
            kept.bytes += pixels.len();
            if let Some(slot) = kept.pixels.get_mut(row) {
                *slot = Some(pixels.into());
            }
        }
        Ok(())
    }
}

impl PictureFile {
    /// The pixels of the file's bytes, three bytes each.
    fn pixels(&self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let image = read_rgb(bytes).map_err(|error| format!("{}: {error}", self.path.display()))?;
        if (image.width as usize, image.height as usize) == (self.width, self.height) {
            return Ok(image.pixels);
        }
        Err(format!(
            "{}: found an image of {} × {} pixels, expected {} × {} as run.json says\n\
             hint: `augment verify` shows what is wrong with the dataset",
            self.path.display(),
            image.width,
            image.height,
            self.width,
            self.height
        ))
    }
}

impl ImageFile for PictureFile {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        bounded::read(&self.path, LONGEST).map_err(|error| format!("{}: {error}", self.path.display()))
    }

    fn numbers(&self, bytes: &[u8], into: &mut [f32]) -> Result<(), String> {
        let pixels = self.pixels(bytes)?;
        if pixels.len() != into.len() {
            return Err(format!(
                "{}: found {} numbers, expected {}",
                self.path.display(),
                pixels.len(),
                into.len()
            ));
        }
        planes(&pixels, into);
        Ok(())
    }
}

/// Pixels of three bytes as three planes of numbers from −1 to 1.
pub fn planes(pixels: &[u8], into: &mut [f32]) {
    let plane = into.len() / 3;
    for (channel, plane) in into.chunks_mut(plane.max(1)).enumerate() {
        let bytes = pixels.iter().skip(channel).step_by(3);
        for (number, &byte) in plane.iter_mut().zip(bytes) {
            *number = f32::from(byte) / 127.5 - 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_planes() {
        let mut numbers = [9.0; 6];
        planes(&[0, 51, 255, 255, 102, 0], &mut numbers);
        let expected = [-1.0, 1.0, -0.6, -0.2, 1.0, -1.0];
        let near = numbers.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near, "{numbers:?}");
    }
}
