//! The picture being drawn: 8-bit RGB pixels on white.

use std::convert::Infallible;

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use super::ChartError;

/// Longest side of a chart, in pixels.
pub const MAX_SIDE: u32 = 8192;

/// A picture; what is drawn outside it is left out.
pub(super) struct Canvas {
    size: Size,
    /// Red, green, blue, line by line from the top: always three bytes for each pixel of `size`.
    pixels: Vec<u8>,
}

impl Canvas {
    /// A white picture.
    ///
    /// # Errors
    /// If it has no pixel or a side is longer than [`MAX_SIDE`].
    pub fn new(width: u64, height: u64) -> Result<Self, ChartError> {
        let size = Canvas::fits(width, height)?;
        Ok(Canvas {
            size,
            pixels: vec![255; 3 * size.width as usize * size.height as usize],
        })
    }

    /// The size, if a picture of it can be made.
    ///
    /// # Errors
    /// If it has no pixel or a side is longer than [`MAX_SIDE`].
    pub fn fits(width: u64, height: u64) -> Result<Size, ChartError> {
        let side = |length: u64| u32::try_from(length).ok().filter(|n| (1..=MAX_SIDE).contains(n));
        match (side(width), side(height)) {
            (Some(w), Some(h)) => Ok(Size::new(w, h)),
            _ => Err(ChartError::Size { width, height }),
        }
    }

    /// Fills a rectangle.
    pub fn fill(&mut self, left: i32, top: i32, width: u32, height: u32, colour: Rgb888) {
        let Ok(()) = self.fill_solid(
            &Rectangle::new(Point::new(left, top), Size::new(width, height)),
            colour,
        );
    }

    /// Mixes a share (0 to 1) of a colour into a pixel.
    pub fn blend(&mut self, at: Point, colour: Rgb888, share: f32) {
        if let Some(pixel) = self.pixel(at) {
            for (old, new) in pixel.iter_mut().zip([colour.r(), colour.g(), colour.b()]) {
                let (from, to) = (f32::from(*old), f32::from(new));
                *old = (from + (to - from) * share).round() as u8;
            }
        }
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    /// If the encoder refuses.
    pub fn encode(&self) -> Result<Vec<u8>, ChartError> {
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, self.size.width, self.size.height);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Balanced);
        encoder.set_filter(Filter::Up);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(out)
    }

    fn pixel(&mut self, at: Point) -> Option<&mut [u8]> {
        let (x, y) = (u32::try_from(at.x).ok()?, u32::try_from(at.y).ok()?);
        if x >= self.size.width {
            return None;
        }
        let start = 3 * (y as usize * self.size.width as usize + x as usize);
        self.pixels.get_mut(start..start + 3)
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        self.size
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(at, colour) in pixels {
            if let Some(pixel) = self.pixel(at) {
                pixel.copy_from_slice(&[colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}
