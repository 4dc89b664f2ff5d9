//! Which line is which: looks of the lines, and the rows of names above a panel.

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;

use super::canvas::Canvas;
use super::curves::Line;
use super::stroke::{Mask, Shape};
use super::text::{Align, Face, INK, Pen, shorten};

/// Colours that people with any common colour blindness tell apart (Okabe and Ito, 2008; their yellow is
/// left out, being too light for a thin line on white).
const COLOURS: [Rgb888; 7] = [
    Rgb888::new(0x00, 0x72, 0xb2),
    Rgb888::new(0xd5, 0x5e, 0x00),
    Rgb888::new(0x00, 0x9e, 0x73),
    Rgb888::new(0xcc, 0x79, 0xa7),
    Rgb888::new(0xe6, 0x9f, 0x00),
    Rgb888::new(0x56, 0xb4, 0xe9),
    Rgb888::new(0x00, 0x00, 0x00),
];

const SHAPES: [Shape; 4] = [Shape::Circle, Shape::Square, Shape::Diamond, Shape::Triangle];

/// Height of a row of names, in pixels.
pub(super) const ROW: u32 = 18;
/// Rows of names at most; the rest is counted.
const ROWS: usize = 3;
/// Characters of a name at most.
const NAME: usize = 28;
/// Pixels for a sample of the line with the gap behind it.
const SAMPLE: u32 = 32;
/// Pixels between two names.
const GAP: u32 = 18;

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub colour: Rgb888,
    pub shape: Shape,
    /// Is it broken? Told apart by this once the colours are used up.
    pub dashed: bool,
}

impl Look {
    /// The look of a panel's line by its number.
    pub fn of(line: usize) -> Self {
        Look {
            // Remainders of the arrays' own lengths.
            colour: COLOURS[line % COLOURS.len()],
            shape: SHAPES[line % SHAPES.len()],
            dashed: line / COLOURS.len() % 2 == 1,
        }
    }
}

/// The rows of names above a panel.
pub(super) struct Legend {
    rows: Vec<Vec<Entry>>,
}

struct Entry {
    left: u32,
    name: String,
    /// How its line looks and whether its points are marked; none for the count of lines not named.
    look: Option<(Look, bool)>,
}

impl Legend {
    /// Lays out the names of a panel's lines in a number of pixels (at least 330); lines without a name have no entry.
    pub fn new(lines: &[Line], width: u32) -> Self {
        let named = lines.iter().enumerate().filter(|(_, line)| !line.name.is_empty());
        let mut rest = named.clone().count();
        let mut rows: Vec<Vec<Entry>> = Vec::new();
        let mut left = width + 1;
        for (number, line) in named {
            let name = shorten(&line.name, NAME);
            let taken = SAMPLE + Face::Small.width(&name);
            // The last row keeps room for the count of the lines left out.
            let more = if rows.len() == ROWS && rest > 1 {
                GAP + Face::Small.width(&more(rest))
            } else {
                0
            };
            if left + taken + more > width {
                if rows.len() == ROWS {
                    break;
                }
                rows.push(Vec::new());
                left = 0;
            }
            if let Some(row) = rows.last_mut() {
                row.push(Entry {
                    left,
                    name,
                    look: Some((Look::of(number), line.is_marked())),
                });
            }
            left += taken + GAP;
            rest -= 1;
        }
        if let Some(row) = rows.last_mut().filter(|_| rest > 0) {
            row.push(Entry {
                left,
                name: more(rest),
                look: None,
            });
        }
        Legend { rows }
    }

    /// Number of rows.
    pub fn rows(&self) -> u32 {
        self.rows.len() as u32
    }

    /// Draws it from a corner on.
    pub fn draw(&self, canvas: &mut Canvas, corner: Point) {
        for (row, entries) in (0i32..).zip(&self.rows) {
            let top = corner.y + row * ROW as i32;
            for entry in entries {
                let left = corner.x + entry.left as i32;
                let indent = entry.look.map_or(0, |(look, marked)| {
                    sample(canvas, look, marked, Point::new(left, top));
                    SAMPLE as i32
                });
                let at = Point::new(left + indent, top + 2);
                Pen::new(Face::Small, INK, Align::Start).across(canvas, &entry.name, at);
            }
        }
    }
}

fn more(count: usize) -> String {
    format!("+{count} more")
}

fn sample(canvas: &mut Canvas, look: Look, marked: bool, corner: Point) {
    let mut mask = Mask::new(Rectangle::new(corner, Size::new(SAMPLE, ROW)));
    let (left, middle) = (f64::from(corner.x), f64::from(corner.y) + f64::from(ROW) / 2.0);
    if look.dashed {
        mask.line((left + 2.0, middle), (left + 8.0, middle));
        mask.line((left + 18.0, middle), (left + 24.0, middle));
    } else {
        mask.line((left + 2.0, middle), (left + 24.0, middle));
    }
    if marked {
        mask.marker((left + 13.0, middle), look.shape);
    }
    mask.paint(canvas, look.colour);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> Vec<Line> {
        (0..count)
            .map(|i| Line {
                name: format!("fold {i}"),
                points: Vec::new(),
            })
            .collect()
    }

    #[test]
    fn names_wrap_and_those_without_room_are_counted() {
        assert_eq!(Legend::new(&lines(0), 500).rows(), 0);
        assert_eq!(Legend::new(&lines(2), 500).rows(), 1);
        for count in [2, 9, 17, 400] {
            for width in [330, 450, 524] {
                let legend = Legend::new(&lines(count), width);
                assert!(legend.rows() <= ROWS as u32);
                let entries = || legend.rows.iter().flatten();
                let drawn = entries().filter(|e| e.look.is_some()).count();
                let last = entries().last().unwrap();
                assert!(drawn == count || last.name == format!("+{} more", count - drawn));
                for entry in entries() {
                    let sample = if entry.look.is_some() { SAMPLE } else { 0 };
                    assert!(
                        entry.left + sample + Face::Small.width(&entry.name) <= width,
                        "{count} {width}"
                    );
                }
            }
        }
    }

    #[test]
    fn many_lines_differ_in_looks() {
        let looks: Vec<Look> = (0..14).map(Look::of).collect();
        for (i, a) in looks.iter().enumerate() {
            assert!(
                looks[..i]
                    .iter()
                    .all(|b| (a.colour, a.dashed) != (b.colour, b.dashed))
            );
        }
    }
}
