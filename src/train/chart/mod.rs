//! Charts of a training report as PNG pictures: curves over steps or epochs, and confusion matrices.
//!
//! Everything is drawn into one buffer of pixels by the program itself, so the same input gives the same
//! bytes on every machine of a kind, without fonts, a display or another program.

mod axis;
mod canvas;
mod confusion;
mod curves;
mod grid;
mod legend;
mod path;
mod plot;
mod ramp;
mod stroke;
mod text;
mod thin;

pub use canvas::MAX_SIDE;
pub use confusion::{Confusion, confusion};
pub use curves::{Line, Panel, curves};

/// A chart cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// There is no panel or no matrix.
    #[error("nothing to draw: the list of {0} is empty\nhint: give at least one")]
    Nothing(&'static str),
    /// The picture would be too large.
    #[error(
        "the chart needs at least {width} x {height} pixels; at most {MAX_SIDE} a side can be drawn\n\
         hint: draw fewer panels or classes in one picture"
    )]
    Size {
        /// Width it would have, in pixels.
        width: u64,
        /// Height it would have, in pixels.
        height: u64,
    },
    /// The range asked for is no range.
    #[error(
        "panel \"{panel}\": the range {low} to {high} cannot be drawn\n\
         hint: give two finite numbers, the smaller one first, or none to take the range from the data"
    )]
    Bounds {
        /// Title of the panel, shortened.
        panel: String,
        /// Lower end asked for.
        low: f64,
        /// Upper end asked for.
        high: f64,
    },
    /// A matrix has no class, or not one row a class.
    #[error(
        "matrix \"{matrix}\": {rows} rows of counts for {labels} class names\n\
         hint: give at least one class, and one row of counts for each"
    )]
    Rows {
        /// Title of the matrix, shortened.
        matrix: String,
        /// Number of class names.
        labels: usize,
        /// Number of rows.
        rows: usize,
    },
    /// A row of a matrix has not one count a class.
    #[error(
        "matrix \"{matrix}\": row {row} (counted from 1) holds {found} counts, expected {expected}\n\
         hint: give each true class one count for every predicted class"
    )]
    Ragged {
        /// Title of the matrix, shortened.
        matrix: String,
        /// The row, counted from 1.
        row: usize,
        /// Number of counts in it.
        found: usize,
        /// Number of classes.
        expected: usize,
    },
    /// The encoder refused.
    #[error("encoding a chart as PNG: {0}")]
    Encode(#[from] png::EncodingError),
}

#[cfg(test)]
mod tests;
