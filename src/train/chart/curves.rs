//! Panels of curves side by side.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;

use super::ChartError;
use super::axis::is_range;
use super::canvas::Canvas;
use super::legend::{Legend, ROW};
use super::plot::{LEFT, Plot, RIGHT};
use super::text::{Align, Face, INK, Pen, shorten};

/// Size of a panel, in pixels.
const PANEL: Size = Size::new(600, 480);
/// From the panel's top to the title.
const TITLE: i32 = 16;
/// From the panel's top to the names of the lines.
const NAMES: i32 = 42;
/// Lines of at most this many points get markers.
const FEW: usize = 32;

/// One curve.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// Its name in the legend; without one it has no entry there.
    pub name: String,
    /// Its points in the order they are joined, as (x, y). Where one is not finite (or beyond ±1e300) the
    /// line has a gap.
    pub points: Vec<(f64, f64)>,
}

impl Line {
    /// Has it so few points that each is marked?
    pub(super) fn is_marked(&self) -> bool {
        self.points.len() <= FEW
    }
}

/// One pair of axes with its curves.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    /// Heading.
    pub title: String,
    /// Caption of the horizontal axis.
    pub x: String,
    /// Caption of the vertical axis.
    pub y: String,
    /// The curves; there may be none.
    pub lines: Vec<Line>,
    /// Range of the vertical axis, smaller end first; what lies outside is cut off. None: the data's range.
    pub bounds: Option<(f64, f64)>,
}

/// Draws panels side by side as a PNG picture, 600 x 480 pixels each.
///
/// # Errors
/// If there is no panel, there are too many for one picture ([`super::MAX_SIDE`]), or a panel's bounds are no
/// range.
pub fn curves(panels: &[Panel]) -> Result<Vec<u8>, ChartError> {
    if panels.is_empty() {
        return Err(ChartError::Nothing("panels"));
    }
    if let Some((panel, (low, high))) = panels
        .iter()
        .filter_map(|panel| Some((panel, panel.bounds?)))
        .find(|(_, (low, high))| !is_range(*low, *high))
    {
        let panel = shorten(&panel.title, 40);
        return Err(ChartError::Bounds { panel, low, high });
    }
    let mut canvas = Canvas::new(
        panels.len() as u64 * u64::from(PANEL.width),
        u64::from(PANEL.height),
    )?;
    let room = PANEL.width - LEFT - RIGHT;
    let legends: Vec<Legend> = panels
        .iter()
        .map(|panel| Legend::new(&panel.lines, room))
        .collect();
    // All plots start at the same height, below the panel with most rows of names.
    let rows = legends.iter().map(Legend::rows).max().unwrap_or(0);
    let top = NAMES + (rows * ROW) as i32 + 6;
    for ((panel, legend), left) in panels
        .iter()
        .zip(&legends)
        .zip((0..).step_by(PANEL.width as usize))
    {
        let middle = left + (LEFT + PANEL.width - RIGHT) as i32 / 2;
        let heading = Face::Title.fit(&panel.title, PANEL.width - 2 * LEFT);
        Pen::new(Face::Title, INK, Align::Middle).across(&mut canvas, &heading, Point::new(middle, TITLE));
        legend.draw(&mut canvas, Point::new(left + LEFT as i32, NAMES));
        let part = Rectangle::new(Point::new(left, 0), PANEL);
        Plot::new(panel, part, top).draw(&mut canvas, panel);
    }
    canvas.encode()
}
