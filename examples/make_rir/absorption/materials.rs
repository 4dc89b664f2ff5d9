//! Typical random-incidence absorption coefficients, as textbooks of room acoustics give them (for example
//! M. Vorländer, "Auralization", appendix). Tables end at 4 kHz; the last value is carried on or up a little.

use super::bands::PerBand;

/// A surface's name and its coefficients at 125 Hz to 8 kHz.
#[derive(Debug, Clone, Copy)]
pub struct Material {
    pub name: &'static str,
    pub absorption: PerBand,
}

const fn material(name: &'static str, absorption: PerBand) -> Material {
    Material { name, absorption }
}

pub const ACOUSTIC_TILES: Material = material("acoustic tiles", [0.30, 0.45, 0.60, 0.70, 0.70, 0.60, 0.55]);
pub const AUDIENCE: Material = material("audience on seats", [0.39, 0.57, 0.80, 0.94, 0.92, 0.87, 0.85]);
pub const BOOKSHELVES: Material = material("bookshelves", [0.30, 0.40, 0.40, 0.30, 0.30, 0.20, 0.20]);
pub const BRICK: Material = material("painted brick", [0.01, 0.01, 0.02, 0.02, 0.02, 0.03, 0.03]);
pub const CARPET: Material = material("carpet on concrete", [0.02, 0.06, 0.14, 0.37, 0.60, 0.65, 0.65]);
pub const CERAMIC: Material = material("ceramic tiles", [0.01, 0.01, 0.01, 0.01, 0.02, 0.02, 0.02]);
pub const CONCRETE: Material = material("rough concrete", [0.02, 0.03, 0.03, 0.03, 0.04, 0.07, 0.08]);
pub const CURTAIN: Material = material("curtain", [0.07, 0.31, 0.49, 0.75, 0.70, 0.60, 0.60]);
pub const FOAM: Material = material("acoustic foam", [0.15, 0.30, 0.75, 0.85, 0.90, 0.90, 0.90]);
pub const GLASS: Material = material("window glass", [0.35, 0.25, 0.18, 0.12, 0.07, 0.04, 0.04]);
pub const GYPSUM: Material = material(
    "gypsum board on studs",
    [0.29, 0.10, 0.05, 0.04, 0.07, 0.09, 0.10],
);
pub const LINOLEUM: Material = material("linoleum", [0.02, 0.03, 0.03, 0.03, 0.03, 0.02, 0.02]);
pub const PANELLING: Material = material("wood panelling", [0.28, 0.22, 0.17, 0.09, 0.10, 0.11, 0.11]);
pub const PARQUET: Material = material("parquet", [0.15, 0.11, 0.10, 0.07, 0.06, 0.07, 0.07]);
pub const PLASTER: Material = material("plaster on brick", [0.02, 0.02, 0.03, 0.04, 0.05, 0.05, 0.05]);
