//! Pictures as red, green and blue: what a network is shown.

use std::io::Cursor;

use png::{ColorType, Decoder, Transformations};

use super::ImageError;
use super::settings::MAX_SIDE;

#[cfg(test)]
mod tests;

/// A picture with 8 bits a colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbImage {
    /// Width in pixels, 1 to 4096.
    pub width: u32,
    /// Height in pixels, 1 to 4096.
    pub height: u32,
    /// Red, green and blue of each pixel, line by line from the top: `3 * width * height` bytes.
    pub pixels: Vec<u8>,
}

/// Reads a PNG file of at most 4096 by 4096 pixels: palette, gray or colours, of any depth. Transparency is left out:
/// a pixel has its colour, however transparent; 16-bit colours keep their upper 8 bits.
///
/// # Errors
/// [`ImageError::Decode`] for a damaged file or one that is no PNG, [`ImageError::TooLarge`].
pub fn read_rgb(bytes: &[u8]) -> Result<RgbImage, ImageError> {
    let mut decoder = Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let info = decoder.read_header_info()?;
    let (width, height) = (info.width, info.height);
    // Before any memory is asked for: a header can claim what it likes.
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(ImageError::TooLarge { width, height });
    }
    let mut reader = decoder.read_info()?;
    // Four bytes for each pixel at most, 64 MiB.
    let size = reader.output_buffer_size().unwrap_or(0);
    let mut found = vec![0; size];
    let frame = reader.next_frame(&mut found)?;
    // The rest has to be whole as well: its check sums, and the end mark of a file that was not cut off.
    reader.finish()?;
    if (frame.width, frame.height) != (width, height) {
        return Err(ImageError::Partial);
    }
    found.truncate(frame.buffer_size());
    let pixels = match frame.color_type {
        ColorType::Rgb => found,
        ColorType::Rgba => keep(&found, |&[red, green, blue, _]| [red, green, blue]),
        ColorType::GrayscaleAlpha => keep(&found, |&[gray, _]| [gray; 3]),
        ColorType::Grayscale => keep(&found, |&[gray]| [gray; 3]),
        ColorType::Indexed => return Err(ImageError::Partial),
    };
    Ok(RgbImage {
        width,
        height,
        pixels,
    })
}

/// The colours of pixels of `N` bytes.
fn keep<const N: usize>(found: &[u8], colour: impl Fn(&[u8; N]) -> [u8; 3]) -> Vec<u8> {
    let (pixels, _) = found.as_chunks::<N>();
    let mut out = vec![0; 3 * pixels.len()];
    let (triples, _) = out.as_chunks_mut::<3>();
    for (triple, pixel) in triples.iter_mut().zip(pixels) {
        *triple = colour(pixel);
    }
    out
}
