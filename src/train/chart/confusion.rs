//! Confusion matrices side by side: how often each true class was taken for each class.

use embedded_graphics::prelude::*;

use super::ChartError;
use super::canvas::Canvas;
use super::grid::{Grid, LINES, SMALLEST};
use super::ramp;
use super::text::{Align, Face, INK, Pen, shorten};

/// Pixels around everything, and between two matrices.
pub(super) const MARGIN: u32 = 24;
/// From the top to the cells: the margin, the title, a gap.
pub(super) const TOP: u32 = MARGIN + 32;
/// Size of the scale of colours.
const SCALE: Size = Size::new(14, 240);
/// Width of the scale with its labels and caption.
const SCALE_ROOM: u32 = 76;

/// One matrix of counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Confusion {
    /// Heading, for example the model's name.
    pub title: String,
    /// Names of the classes.
    pub labels: Vec<String>,
    /// One row for each true class, with one count for each predicted class.
    pub counts: Vec<Vec<u64>>,
}

/// Draws matrices side by side as a PNG picture, with a scale of their colours. Each cell has the colour of
/// its share of the row and, where they fit, its count and that share in percent.
///
/// # Errors
/// If there is no matrix, a matrix has no class or not one count for each pair of classes, or the picture would
/// be too large ([`super::MAX_SIDE`]).
pub fn confusion(matrices: &[Confusion]) -> Result<Vec<u8>, ChartError> {
    if matrices.is_empty() {
        return Err(ChartError::Nothing("matrices"));
    }
    matrices.iter().try_for_each(check)?;
    // What is too large by its cells alone is refused before it is laid out.
    let least = |matrix: &Confusion| matrix.labels.len() as u64 * u64::from(SMALLEST);
    Canvas::fits(
        matrices.iter().map(least).sum(),
        matrices.iter().map(least).max().unwrap_or(0),
    )?;

    let grids: Vec<Grid> = matrices.iter().map(Grid::new).collect();
    let width: u64 = grids.iter().map(|grid| u64::from(grid.width() + MARGIN)).sum();
    let height = grids
        .iter()
        .map(Grid::height)
        .fold(TOP + SCALE.height + MARGIN, u32::max);
    let mut canvas = Canvas::new(
        u64::from(MARGIN) + width + u64::from(SCALE_ROOM),
        u64::from(height),
    )?;
    let mut left = MARGIN;
    for (grid, matrix) in grids.iter().zip(matrices) {
        grid.draw(&mut canvas, matrix, left as i32);
        left += grid.width() + MARGIN;
    }
    draw_scale(&mut canvas, left as i32);
    canvas.encode()
}

fn check(matrix: &Confusion) -> Result<(), ChartError> {
    let (labels, rows) = (matrix.labels.len(), matrix.counts.len());
    let title = || shorten(&matrix.title, 40);
    if labels == 0 || labels != rows {
        return Err(ChartError::Rows {
            matrix: title(),
            labels,
            rows,
        });
    }
    match (1..)
        .zip(&matrix.counts)
        .find(|(_, counts)| counts.len() != labels)
    {
        None => Ok(()),
        Some((row, counts)) => Err(ChartError::Ragged {
            matrix: title(),
            row,
            found: counts.len(),
            expected: labels,
        }),
    }
}

/// The scale of colours: shares of a row from 0 (below) to 100%.
fn draw_scale(canvas: &mut Canvas, left: i32) {
    let top = TOP as i32;
    let Size { width, height } = SCALE;
    canvas.fill(left, top, width, height, LINES);
    for (down, y) in (0..height - 2).zip(top + 1..) {
        let share = 1.0 - f64::from(down) / f64::from(height - 3);
        canvas.fill(left + 1, y, width - 2, 1, ramp::colour(share));
    }
    let labels = Pen::new(Face::Small, INK, Align::Start);
    for (label, down) in [("100%", 0), ("50%", height / 2), ("0%", height)] {
        labels.across(
            canvas,
            label,
            Point::new(left + width as i32 + 6, top + down as i32 - 6),
        );
    }
    let at = Point::new(left + width as i32 + 42, top + height as i32 / 2);
    Pen::new(Face::Label, INK, Align::Middle).upwards(canvas, "share of the true class", at);
}
