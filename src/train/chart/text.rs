//! Short lines of text in fixed-width bitmap fonts that know Latin-1.

use std::convert::Infallible;

use embedded_graphics::mono_font::iso_8859_1::{
    FONT_6X10, FONT_7X13, FONT_8X13, FONT_8X13_BOLD, FONT_9X18_BOLD,
};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::{Baseline, Text};
use unicode_segmentation::UnicodeSegmentation;

use super::canvas::Canvas;

/// Colour of words.
pub(super) const INK: Rgb888 = Rgb888::new(0x26, 0x26, 0x26);

/// Sizes of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    /// 6 x 10 pixels a character: numbers in small cells.
    Tiny,
    /// 7 x 13: ticks, legends, class names.
    Small,
    /// 8 x 13: captions and the shares in large cells.
    Label,
    /// 8 x 13, bold: the counts of large cells.
    Bold,
    /// 9 x 18, bold.
    Title,
}

impl Face {
    fn font(self) -> &'static MonoFont<'static> {
        match self {
            Face::Tiny => &FONT_6X10,
            Face::Small => &FONT_7X13,
            Face::Label => &FONT_8X13,
            Face::Bold => &FONT_8X13_BOLD,
            Face::Title => &FONT_9X18_BOLD,
        }
    }

    /// Pixels from one line's top to its bottom.
    pub fn height(self) -> u32 {
        self.font().character_size.height
    }

    /// Pixels that a text made by [`Face::fit`] takes.
    pub fn width(self, text: &str) -> u32 {
        let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        characters.saturating_mul(self.font().character_size.width)
    }

    /// A text as it can be shown in a number of pixels: each character outside Latin-1 as `?`, and an
    /// ellipsis for an end that has no room.
    pub fn fit(self, text: &str, pixels: u32) -> String {
        shorten(text, (pixels / self.font().character_size.width) as usize)
    }
}

/// At most `most` characters of a text, as [`Face::fit`] makes them.
pub(super) fn shorten(text: &str, most: usize) -> String {
    // One more than there is room for tells whether something is cut; a long text is never read to its end.
    let mut shown: Vec<char> = text
        .graphemes(true)
        .take(most.saturating_add(1))
        .map(latin)
        .collect();
    if shown.len() > most {
        shown.truncate(most.saturating_sub(1));
        if most > 0 {
            shown.push('…');
        }
    }
    shown.into_iter().collect()
}

/// What is shown for one character as people count them (an emoji of several code points is one).
fn latin(grapheme: &str) -> char {
    let mut characters = grapheme.chars();
    match (characters.next(), characters.next()) {
        (Some(' '..='~' | '\u{a0}'..='\u{ff}'), None) => grapheme.chars().next().unwrap_or('?'),
        (Some('…'), None) => '…',
        (Some('‘' | '’'), None) => '\'',
        (Some('‐'..='―'), None) => '-',
        (Some(c), _) if c.is_whitespace() => ' ',
        _ => '?',
    }
}

/// Where a text lies from its anchor, along its own direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// It starts there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// How a text is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    face: Face,
    colour: Rgb888,
    align: Align,
}

impl Pen {
    /// One of the given kind.
    pub const fn new(face: Face, colour: Rgb888, align: Align) -> Self {
        Pen { face, colour, align }
    }

    /// The same with another alignment.
    pub const fn aligned(self, align: Align) -> Self {
        Pen { align, ..self }
    }

    /// Writes a text from left to right; `at` is on the top of its line.
    pub fn across(self, canvas: &mut Canvas, text: &str, at: Point) {
        self.write(canvas, text, at);
    }

    /// Writes a text from bottom to top; `at` is on the left edge of its line.
    pub fn upwards(self, canvas: &mut Canvas, text: &str, at: Point) {
        self.write(&mut Upwards { canvas, origin: at }, text, Point::zero());
    }

    fn write<D>(self, target: &mut D, text: &str, at: Point)
    where
        D: DrawTarget<Color = Rgb888, Error = Infallible>,
    {
        let font = self.face.font();
        let width = self.face.width(text) as i32;
        let left = match self.align {
            Align::Start => at.x,
            Align::Middle => at.x - width / 2,
            Align::End => at.x - width,
        };
        // The fonts have no ellipsis: three dots on the baseline stand for it.
        let words = text.replace('…', " ");
        let style = MonoTextStyle::new(font, self.colour);
        let Ok(_) = Text::with_baseline(&words, Point::new(left, at.y), style, Baseline::Top).draw(target);
        let advance = font.character_size.width as i32;
        for (place, _) in (0i32..).zip(text.chars()).filter(|(_, c)| *c == '…') {
            for dot in 0..3 {
                let x = left + place * advance + dot * (advance / 3);
                let dot = Rectangle::new(Point::new(x, at.y + font.baseline as i32), Size::new_equal(1));
                let Ok(()) = target.fill_solid(&dot, self.colour);
            }
        }
    }
}

/// A view of the canvas turned a quarter to the left about a point.
struct Upwards<'a> {
    canvas: &'a mut Canvas,
    origin: Point,
}

impl Dimensions for Upwards<'_> {
    fn bounding_box(&self) -> Rectangle {
        let side = super::canvas::MAX_SIDE;
        Rectangle::with_center(Point::zero(), Size::new_equal(2 * side))
    }
}

impl DrawTarget for Upwards<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let origin = self.origin;
        let turn = |Pixel(at, colour): Pixel<Rgb888>| Pixel(origin + Point::new(at.y, -at.x), colour);
        self.canvas.draw_iter(pixels.into_iter().map(turn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shortened_and_keeps_to_latin_1() {
        assert_eq!(shorten("neutral", 7), "neutral");
        assert_eq!(shorten("frustration", 7), "frustr…");
        assert_eq!(shorten("é ß ÿ", 9), "é ß ÿ");
        assert_eq!(shorten("joy👩‍👩‍👧‍👦!", 9), "joy?!");
        assert_eq!(shorten("a\nb\tc\u{7f}\u{85}", 9), "a b c? ");
        assert_eq!(shorten("kızgın – ‘x’", 12), "k?zg?n - 'x'");
        assert_eq!(shorten("abc", 1), "…");
        assert_eq!(shorten("abc", 0), "");
        assert_eq!(shorten("", 3), "");
    }

    #[test]
    fn a_fitted_text_is_no_wider_than_asked() {
        for pixels in 0..60 {
            assert!(Face::Small.width(&Face::Small.fit("ångström", pixels)) <= pixels);
        }
    }

    #[test]
    fn text_upwards_is_text_across_turned_to_the_left() {
        let (mut flat, mut turned) = (Canvas::new(40, 40).unwrap(), Canvas::new(40, 40).unwrap());
        let pen = Pen::new(Face::Small, INK, Align::Start);
        pen.across(&mut flat, "Fg…", Point::new(5, 7));
        pen.upwards(&mut turned, "Fg…", Point::new(7, 34));
        let decoded = |canvas: &Canvas| crate::train::chart::tests::decode(&canvas.encode().unwrap());
        let (flat, turned) = (decoded(&flat), decoded(&turned));
        assert!((0..40).any(|x| (0..40).any(|y| flat.at(x, y) != [255; 3])));
        for x in 0..40 {
            for y in 0..40 {
                assert_eq!(flat.at(x, y), turned.at(y, 39 - x), "{x} {y}");
            }
        }
    }
}
