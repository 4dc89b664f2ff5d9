//! Palette images as PNG files.

use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use super::palette::Palette;

/// The picture can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// Pixels and size disagree.
    #[error("{found} pixels given for a picture of {width} x {height}")]
    Size {
        /// Width asked for.
        width: u32,
        /// Height asked for.
        height: u32,
        /// Number of pixels given.
        found: usize,
    },
    /// The encoder refused.
    #[error("encoding a picture as PNG: {0}")]
    Encode(#[from] png::EncodingError),
    /// A file is larger than pictures of mel spectrograms are.
    #[error("a picture of {width} x {height} pixels, expected at most 4096 x 4096")]
    TooLarge {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// A file's only picture does not fill it.
    #[error("the PNG file holds a part of a picture")]
    Partial,
    /// A file is damaged, or no PNG file.
    #[error("not a PNG file, or damaged: {0}")]
    Decode(#[from] png::DecodingError),
}

/// An 8-bit palette PNG of `indices`, line by line from the top.
///
/// # Errors
/// If there are not `width * height` indices, or one of them is 0.
pub fn encode_png(indices: &[u8], width: u32, height: u32, palette: &Palette) -> Result<Vec<u8>, ImageError> {
    if u64::from(width) * u64::from(height) != indices.len() as u64 {
        return Err(ImageError::Size {
            width,
            height,
            found: indices.len(),
        });
    }
    let mut out = Vec::with_capacity(indices.len() / 4 + 1024);
    let mut encoder = Encoder::new(&mut out, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(palette.as_flattened());
    encoder.set_compression(Compression::Fast);
    encoder.set_filter(Filter::Paeth);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(indices)?;
    writer.finish()?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::image::Colormap;

    #[test]
    fn a_wrong_number_of_pixels_is_refused() {
        let error = encode_png(&[0; 5], 2, 3, &Colormap::Gray.palette()).unwrap_err();
        assert_eq!(error.to_string(), "5 pixels given for a picture of 2 x 3");
        assert!(encode_png(&[], 0, 0, &Colormap::Gray.palette()).is_err());
    }
}
