//! Lines and markers with smooth edges: how much of each pixel they cover.
//!
//! Coverage is taken from the distance between a pixel's middle and the shape. The pieces of a line are
//! joined by their maximum, so that a joint or a crossing is no darker than the line.

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;

use super::canvas::Canvas;

/// Half the width of a line, in pixels.
const HALF: f64 = 1.1;
/// Half the width of a marker, in pixels.
pub(super) const MARKER: f64 = 4.0;

/// Place in the picture, in pixels; the middle of the first pixel is (0.5, 0.5).
pub(super) type Place = (f64, f64);

/// Forms of a marker, so that lines differ in more than colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A round one.
    Circle,
    /// A square.
    Square,
    /// A square on its corner.
    Diamond,
    /// A triangle on its base.
    Triangle,
}

impl Shape {
    /// Signed distance from the edge in pixels, negative inside; exact on the straight edges.
    fn distance(self, x: f64, y: f64) -> f64 {
        match self {
            Shape::Circle => (x * x + y * y).sqrt() - MARKER,
            Shape::Square => x.abs().max(y.abs()) - 0.85 * MARKER,
            Shape::Diamond => (x.abs() + y.abs()) * std::f64::consts::FRAC_1_SQRT_2 - 0.85 * MARKER,
            Shape::Triangle => (y - 0.75 * MARKER).max(0.88 * x.abs() - 0.475 * y - 0.5 * MARKER),
        }
    }
}

/// Coverage of a part of the picture; nothing is drawn outside it.
pub(super) struct Mask {
    area: Rectangle,
    /// 0 to 1 for each pixel of `area`, line by line.
    cover: Vec<f32>,
}

impl Mask {
    /// An empty one.
    pub fn new(area: Rectangle) -> Self {
        let cover = vec![0.0; area.size.width as usize * area.size.height as usize];
        Mask { area, cover }
    }

    /// Adds a straight line with round ends.
    pub fn line(&mut self, from: Place, to: Place) {
        let Some((from, to)) = self.clip(from, to) else {
            return;
        };
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let cover = |x: f64, y: f64| {
            let along = ((x - from.0) * dx + (y - from.1) * dy) / (dx * dx + dy * dy).max(1e-12);
            let (ex, ey) = (
                x - from.0 - along.clamp(0.0, 1.0) * dx,
                y - from.1 - along.clamp(0.0, 1.0) * dy,
            );
            HALF + 0.5 - (ex * ex + ey * ey).sqrt()
        };
        // Step along the longer direction and look at a few pixels to both sides: at 45° the line reaches
        // √2 · (HALF + 0.5) < 3 pixels from its middle.
        let flat = dx.abs() >= dy.abs();
        let (start, end, other, slope) = if flat {
            (from.0, to.0, from.1, dy / dx)
        } else {
            (from.1, to.1, from.0, dx / dy)
        };
        let slope = if slope.is_finite() { slope } else { 0.0 };
        let (least, most) = (start.min(end), start.max(end));
        for step in (least - 2.0).floor() as i32..=(most + 2.0).floor() as i32 {
            let middle = other + ((f64::from(step) + 0.5).clamp(least, most) - start) * slope;
            for side in (middle - 3.0).floor() as i32..=(middle + 3.0).floor() as i32 {
                let (x, y) = if flat { (step, side) } else { (side, step) };
                self.raise(x, y, cover(f64::from(x) + 0.5, f64::from(y) + 0.5));
            }
        }
    }

    /// Adds a marker, if its middle is inside.
    pub fn marker(&mut self, at: Place, shape: Shape) {
        if self.clip(at, at).is_none() {
            return;
        }
        let (column, row) = (at.0.floor() as i32, at.1.floor() as i32);
        let reach = MARKER as i32 + 2;
        for y in row - reach..=row + reach {
            for x in column - reach..=column + reach {
                let distance = shape.distance(f64::from(x) + 0.5 - at.0, f64::from(y) + 0.5 - at.1);
                self.raise(x, y, 0.5 - distance);
            }
        }
    }

    /// Paints what is covered, and is empty again.
    pub fn paint(&mut self, canvas: &mut Canvas, colour: Rgb888) {
        for (at, cover) in self.area.points().zip(&mut self.cover) {
            if *cover > 0.0 {
                canvas.blend(at, colour, std::mem::take(cover));
            }
        }
    }

    fn raise(&mut self, x: i32, y: i32, cover: f64) {
        let (x, y) = (x - self.area.top_left.x, y - self.area.top_left.y);
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
            return;
        };
        if cover <= 0.0 || x >= self.area.size.width {
            return;
        }
        if let Some(old) = self
            .cover
            .get_mut(y as usize * self.area.size.width as usize + x as usize)
        {
            *old = old.max(cover.min(1.0) as f32);
        }
    }

    /// The part of a straight line in the area (Liang and Barsky, 1984).
    pub fn clip(&self, from: Place, to: Place) -> Option<(Place, Place)> {
        let (left, top) = (f64::from(self.area.top_left.x), f64::from(self.area.top_left.y));
        let (right, bottom) = (
            left + f64::from(self.area.size.width),
            top + f64::from(self.area.size.height),
        );
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let (mut enter, mut leave) = (0.0f64, 1.0f64);
        for (delta, room) in [
            (-dx, from.0 - left),
            (dx, right - from.0),
            (-dy, from.1 - top),
            (dy, bottom - from.1),
        ] {
            if delta < 0.0 {
                enter = enter.max(room / delta);
            } else if delta > 0.0 {
                leave = leave.min(room / delta);
            } else if room < 0.0 {
                return None;
            }
        }
        let at = |share: f64| (from.0 + share * dx, from.1 + share * dy);
        (enter <= leave).then(|| (at(enter), at(leave)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask() -> Mask {
        Mask::new(Rectangle::new(Point::new(10, 20), Size::new(50, 40)))
    }

    fn cover(mask: &Mask, x: i32, y: i32) -> f32 {
        mask.cover[((y - 20) * 50 + x - 10) as usize]
    }

    #[test]
    fn a_line_covers_its_pixels_and_no_others() {
        for to in [(50.5, 30.5), (50.5, 55.5), (20.5, 55.5), (20.5, 30.5)] {
            let mut mask = mask();
            mask.line((20.5, 30.5), to);
            for y in 20..60 {
                for x in 10..60 {
                    let (dx, dy) = (to.0 - 20.5, to.1 - 30.5);
                    // Distance by brute force, over a fine walk along the line.
                    let near = (0..=2000).map(|i| {
                        let t = f64::from(i) / 2000.0;
                        (f64::from(x) + 0.5 - 20.5 - t * dx).hypot(f64::from(y) + 0.5 - 30.5 - t * dy)
                    });
                    let expected = (HALF + 0.5 - near.fold(f64::MAX, f64::min)).clamp(0.0, 1.0);
                    assert!(
                        (f64::from(cover(&mask, x, y)) - expected).abs() < 0.02,
                        "{to:?} {x} {y}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_line_from_afar_is_cut_at_the_edge() {
        let mut mask = mask();
        mask.line((-1e6, 40.5), (1e6, 40.5));
        assert_eq!(
            (cover(&mask, 10, 40), cover(&mask, 59, 40), cover(&mask, 30, 45)),
            (1.0, 1.0, 0.0)
        );
        let mut outside = self::mask();
        outside.line((-5.0, 0.0), (100.0, 3.0));
        assert!(outside.cover.iter().all(|cover| *cover == 0.0));
    }

    #[test]
    fn markers_are_solid_and_differ() {
        let shapes = [Shape::Circle, Shape::Square, Shape::Diamond, Shape::Triangle];
        let masks = shapes.map(|shape| {
            let mut mask = mask();
            mask.marker((30.5, 40.5), shape);
            mask.marker((300.0, 40.5), shape);
            assert_eq!((cover(&mask, 30, 40), cover(&mask, 38, 40)), (1.0, 0.0));
            mask.cover
        });
        assert!((1..4).all(|i| masks[i] != masks[i - 1]));
    }
}
