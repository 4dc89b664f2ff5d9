//! What the pictures show, read back from their bytes.

mod confusion;
mod curves;

use super::ChartError;

pub(super) struct Picture {
    pub width: usize,
    pub height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    pub fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.pixels[y * self.width + x]
    }

    /// Columns and rows in which more than `least` pixels have a colour.
    fn lines(&self, colour: [u8; 3], least: usize) -> (Vec<usize>, Vec<usize>) {
        let is = |x: usize, y: usize| self.at(x, y) == colour;
        let full = |count: usize| count > least;
        let columns = (0..self.width).filter(|&x| full((0..self.height).filter(|&y| is(x, y)).count()));
        let rows = (0..self.height).filter(|&y| full((0..self.width).filter(|&x| is(x, y)).count()));
        (columns.collect(), rows.collect())
    }

    /// Middle of all pixels of a colour right of a column and below a row.
    fn middle(&self, colour: [u8; 3], from: (usize, usize)) -> (f64, f64) {
        let all = (from.0..self.width).flat_map(|x| (from.1..self.height).map(move |y| (x, y)));
        let found: Vec<_> = all.filter(|&(x, y)| self.at(x, y) == colour).collect();
        let count = found.len() as f64;
        let sum = found
            .iter()
            .fold((0.0, 0.0), |sum, (x, y)| (sum.0 + *x as f64, sum.1 + *y as f64));
        (sum.0 / count, sum.1 / count)
    }
}

pub(super) fn decode(bytes: &[u8]) -> Picture {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let pixels = pixels.as_chunks::<3>().0.to_vec();
    Picture {
        width: info.width as usize,
        height: info.height as usize,
        pixels,
    }
}

/// The error's words begin so, and a hint follows.
fn fails(result: Result<Vec<u8>, ChartError>, words: &str) {
    let error = result.unwrap_err().to_string();
    assert!(error.starts_with(words) && error.contains("\nhint: "), "{error}");
}
