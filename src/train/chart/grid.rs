//! One matrix: its cells, their numbers, and the names of its classes.

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;

use super::canvas::Canvas;
use super::confusion::{Confusion, MARGIN, TOP};
use super::ramp;
use super::text::{Align, Face, INK, Pen, shorten};

/// Colour of the lines between cells.
pub(super) const LINES: Rgb888 = Rgb888::new(0xd0, 0xd0, 0xd0);
/// Colour of the numbers of cells that count nothing, so that the others stand out.
const FAINT: Rgb888 = Rgb888::new(0x70, 0x70, 0x70);
const NAMES: Pen = Pen::new(Face::Small, INK, Align::Middle);
const CAPTIONS: Pen = Pen::new(Face::Label, INK, Align::Middle);
/// Between the cells and the names of the classes.
const GAP: u32 = 6;
/// Height of a caption with its gap to the names.
const CAPTION: u32 = 24;
/// Characters of a class name at most.
const NAME: usize = 16;
/// From one cell to the next: at most, where no wide number asks for more.
const LARGEST: u32 = 88;
/// From one cell to the next at least: the names need as much.
pub(super) const SMALLEST: u32 = 15;
/// Side that the square of cells has at most, as long as the names fit.
const SIDE: u32 = 640;
/// Room for a title above a small matrix.
const TITLE: u32 = 264;

/// The layout of one matrix. All sizes are in pixels.
pub(super) struct Grid {
    classes: u32,
    /// From one cell to the next, the line between them included.
    cell: u32,
    /// Size of the numbers in the cells, if they fit.
    numbers: Option<Face>,
    title: String,
    names: Vec<String>,
    /// Width of the longest name.
    longest: u32,
}

impl Grid {
    /// Lays out a matrix that has at least one class and one count for each pair of classes.
    pub fn new(matrix: &Confusion) -> Self {
        let classes = matrix.labels.len() as u32;
        let names: Vec<String> = matrix.labels.iter().map(|label| shorten(label, NAME)).collect();
        let longest = names
            .iter()
            .map(|name| Face::Small.width(name))
            .max()
            .unwrap_or(0);
        // Cells grow for wide numbers, but the square of cells does not.
        let share = SIDE / classes.max(1);
        let most = matrix.counts.iter().flatten().max().copied().unwrap_or(0);
        let needed = |face: Face| {
            let wide = face.width(&most.to_string()).max(face.width(&percent(1.0, face)));
            (wide + 7).max(2 * face.height() + 7)
        };
        let numbers = [Face::Label, Face::Tiny]
            .into_iter()
            .find(|face| needed(*face) <= share);
        let cell = share.clamp(SMALLEST, LARGEST).max(numbers.map_or(0, needed));
        let title = Face::Title.fit(&matrix.title, (cell * classes).max(TITLE));
        Grid {
            classes,
            cell,
            numbers,
            title,
            names,
            longest,
        }
    }

    /// Side of the square of cells, the line behind the last included.
    fn side(&self) -> u32 {
        self.cell * self.classes + 1
    }

    /// From the left edge to the cells.
    fn indent(&self) -> u32 {
        CAPTION + self.longest + GAP
    }

    /// Do the names below the columns have to be turned?
    fn turned(&self) -> bool {
        self.longest + 8 > self.cell
    }

    /// Width with names, caption and title.
    pub fn width(&self) -> u32 {
        self.indent() + self.side().max(Face::Title.width(&self.title))
    }

    /// Height from the picture's top to its bottom.
    pub fn height(&self) -> u32 {
        let names = if self.turned() {
            self.longest
        } else {
            Face::Small.height()
        };
        TOP + self.side() + GAP + names + CAPTION + MARGIN
    }

    /// Draws the matrix from a column of pixels on.
    pub fn draw(&self, canvas: &mut Canvas, matrix: &Confusion, left: i32) {
        let corner = Point::new(left + self.indent() as i32, TOP as i32);
        let heading = Point::new(corner.x, MARGIN as i32);
        Pen::new(Face::Title, INK, Align::Start).across(canvas, &self.title, heading);
        canvas.fill(corner.x, corner.y, self.side(), self.side(), LINES);
        let cell = self.cell as usize;
        for (y, row) in (corner.y + 1..).step_by(cell).zip(&matrix.counts) {
            let total: u128 = row.iter().map(|count| u128::from(*count)).sum();
            for (x, count) in (corner.x + 1..).step_by(cell).zip(row) {
                self.draw_cell(canvas, Point::new(x, y), *count, total);
            }
        }
        let (side, gap) = (self.side() as i32, GAP as i32);
        for (middle, name) in (self.cell as i32 / 2..).step_by(cell).zip(&self.names) {
            let beside = Point::new(corner.x - gap, corner.y + middle - 6);
            NAMES.aligned(Align::End).across(canvas, name, beside);
            let below = Point::new(corner.x + middle, corner.y + side + gap);
            if self.turned() {
                NAMES
                    .aligned(Align::End)
                    .upwards(canvas, name, below - Point::new(6, 0));
            } else {
                NAMES.across(canvas, name, below + Point::new(1, 0));
            }
        }
        let centre = corner + Point::new_equal(side / 2);
        CAPTIONS.upwards(canvas, "true", Point::new(left, centre.y));
        let last = self.height() as i32 - (MARGIN + Face::Label.height()) as i32;
        CAPTIONS.across(canvas, "predicted", Point::new(centre.x, last));
    }

    fn draw_cell(&self, canvas: &mut Canvas, corner: Point, count: u64, total: u128) {
        let side = self.cell - 1;
        // A class that never occurs has no shares: its row stays white.
        let share = (total > 0).then(|| count as f64 / total as f64);
        let ground = ramp::colour(share.unwrap_or(0.0));
        canvas.fill(corner.x, corner.y, side, side, ground);
        let Some(face) = self.numbers else { return };
        let strong = if face == Face::Label { Face::Bold } else { face };
        let ink = if count == 0 { FAINT } else { ramp::ink(ground) };
        let (x, y) = (corner.x + side as i32 / 2 + 1, corner.y + side as i32 / 2);
        let above = Point::new(x, y - face.height() as i32 - 1);
        Pen::new(strong, ink, Align::Middle).across(canvas, &count.to_string(), above);
        let part = share.map_or_else(|| "-".to_owned(), |share| percent(share, face));
        Pen::new(face, ink, Align::Middle).across(canvas, &part, Point::new(x, y + 2));
    }
}

/// A share in percent, with a decimal where the numbers are large.
fn percent(share: f64, face: Face) -> String {
    let decimals = usize::from(face != Face::Tiny);
    format!("{:.decimals$}%", 100.0 * share)
}
