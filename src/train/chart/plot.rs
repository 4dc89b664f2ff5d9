//! One panel's plot: its axes, grid and captions, and where its lines run.

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;

use super::axis::{Scale, Tick, drawable, range, ticks};
use super::canvas::Canvas;
use super::curves::Panel;
use super::legend::Look;
use super::path::trace;
use super::stroke::Mask;
use super::text::{Align, Face, INK, Pen};
use super::thin::thin;

const GRID: Rgb888 = Rgb888::new(0xe4, 0xe4, 0xe4);
const AXIS: Rgb888 = Rgb888::new(0x80, 0x80, 0x80);
const CAPTION: Pen = Pen::new(Face::Label, INK, Align::Middle);
const LABEL: Pen = Pen::new(Face::Small, Rgb888::new(0x55, 0x55, 0x55), Align::Middle);
/// From the panel's left edge to the plot, without the tick labels.
pub(super) const LEFT: u32 = 52;
/// From the plot to the panel's right edge.
pub(super) const RIGHT: u32 = 24;
/// From the plot to the panel's bottom.
const BOTTOM: u32 = 54;
/// From the plot's edges to the smallest and largest value: the middle of the ninth pixel.
const INSET: f64 = 8.5;
/// Ticks on an axis at most, less one.
const ROWS: u32 = 7;
const COLUMNS: u32 = 10;

/// The layout of one panel's axes.
pub(super) struct Plot {
    /// The panel's left edge and the first pixel right of it.
    sides: (i32, i32),
    area: Rectangle,
    horizontal: Scale,
    vertical: Scale,
    columns: Vec<Tick>,
    rows: Vec<Tick>,
}

impl Plot {
    /// Lays out a panel that takes a part of the picture, the plot beginning at `top`; its bounds, if
    /// given, are a range.
    pub fn new(panel: &Panel, part: Rectangle, top: i32) -> Self {
        let left = part.top_left.x;
        let height = part.size.height.saturating_sub(top as u32 + BOTTOM);
        let vertical = Scale {
            values: panel
                .bounds
                .or_else(|| range(visible(panel).map(|(_, y)| y)))
                .unwrap_or((0.0, 1.0)),
            pixels: (f64::from(top) + f64::from(height) - INSET, f64::from(top) + INSET),
        };
        let rows = ticks(vertical.widened(INSET), ROWS, false);
        let indent = LEFT + widest(&rows);
        let width = part.size.width.saturating_sub(indent + RIGHT);
        let start = f64::from(left) + f64::from(indent);
        let horizontal = Scale {
            values: range(visible(panel).map(|(x, _)| x)).unwrap_or((0.0, 1.0)),
            pixels: (start + INSET, start + f64::from(width) - INSET),
        };
        let whole = visible(panel).next().is_some() && visible(panel).all(|(x, _)| x.fract() == 0.0);
        // As many ticks as fit beside each other with a gap of three characters.
        let fits = |found: &Vec<Tick>| found.len() as u32 * (widest(found) + 21) <= width;
        let tried = (1..=COLUMNS)
            .rev()
            .map(|most| ticks(horizontal.widened(INSET), most, whole));
        Plot {
            sides: (left, left + part.size.width as i32),
            area: Rectangle::new(Point::new(left + indent as i32, top), Size::new(width, height)),
            horizontal,
            vertical,
            columns: tried.into_iter().find(fits).unwrap_or_default(),
            rows,
        }
    }

    /// Draws the axes and all lines.
    pub fn draw(&self, canvas: &mut Canvas, panel: &Panel) {
        self.draw_axes(canvas);
        let Size { width, height } = self.area.size;
        let (middle, bottom) = (self.area.center(), self.area.top_left.y + height as i32);
        CAPTION.across(
            canvas,
            &Face::Label.fit(&panel.x, width),
            Point::new(middle.x, bottom + 28),
        );
        CAPTION.upwards(
            canvas,
            &Face::Label.fit(&panel.y, height),
            Point::new(self.sides.0 + 20, middle.y),
        );
        if visible(panel).next().is_none() {
            LABEL.across(canvas, "no points", middle - Point::new(0, 6));
        }
        // One pixel more all round, that a line along the edge keeps its width.
        let mut mask = Mask::new(self.area.offset(1));
        for (number, line) in panel
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| !line.points.is_empty())
        {
            let points = line.points.iter().map(|(x, y)| {
                (drawable(*x) && drawable(*y)).then(|| (self.horizontal.at(*x), self.vertical.at(*y)))
            });
            let look = Look::of(number);
            if line.is_marked() {
                trace(&mut mask, points, look, true);
            } else {
                trace(&mut mask, thin(points), look, false);
            }
            mask.paint(canvas, look.colour);
        }
    }

    fn draw_axes(&self, canvas: &mut Canvas) {
        let Point { x: left, y: top } = self.area.top_left;
        let Size { width, height } = self.area.size;
        let bottom = top + height as i32;
        for tick in &self.rows {
            let y = self.vertical.at(tick.value).floor() as i32;
            canvas.fill(left, y, width, 1, GRID);
            canvas.fill(left - 5, y, 5, 1, AXIS);
            LABEL
                .aligned(Align::End)
                .across(canvas, &tick.label, Point::new(left - 7, y - 6));
        }
        for tick in &self.columns {
            let x = self.horizontal.at(tick.value).floor() as i32;
            canvas.fill(x, top, 1, height, GRID);
            canvas.fill(x, bottom, 1, 5, AXIS);
            // A wide label at the end moves left rather than out of the panel.
            let last = self.sides.1 - 4 - Face::Small.width(&tick.label) as i32 / 2;
            LABEL.across(canvas, &tick.label, Point::new(x.min(last), bottom + 8));
        }
        canvas.fill(left, top, 1, height, AXIS);
        canvas.fill(left, bottom, width, 1, AXIS);
    }
}

/// All points of a panel that can be drawn.
fn visible(panel: &Panel) -> impl Iterator<Item = (f64, f64)> {
    let points = panel.lines.iter().flat_map(|line| &line.points).copied();
    points.filter(|(x, y)| drawable(*x) && drawable(*y))
}

/// Pixels of the widest label.
fn widest(ticks: &[Tick]) -> u32 {
    ticks
        .iter()
        .map(|tick| Face::Small.width(&tick.label))
        .max()
        .unwrap_or(0)
}
