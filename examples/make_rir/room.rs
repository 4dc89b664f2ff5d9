//! The rooms: a box, what its six surfaces are made of, where one speaks and listens, and the RT60 wanted.

use crate::absorption::materials::{
    ACOUSTIC_TILES, AUDIENCE, BOOKSHELVES, BRICK, CARPET, CERAMIC, CONCRETE, CURTAIN, FOAM, GLASS, GYPSUM,
    LINOLEUM, Material, PANELLING, PARQUET, PLASTER,
};

/// Metres along x, y and z (up).
pub type Point = [f64; 3];

/// Names of the surfaces, in the order of `Room::surfaces`.
pub const SURFACES: [&str; 6] = ["west", "east", "south", "north", "floor", "ceiling"];

/// A shoebox with one corner in the origin.
pub struct Room {
    /// The files' stem.
    pub name: &'static str,
    /// Length, width, height.
    pub size: Point,
    /// The speaker's mouth.
    pub source: Point,
    pub microphone: Point,
    /// At x = 0 and its opposite, at y = 0 and its opposite, floor, ceiling.
    pub surfaces: [Material; 6],
    /// The broadband reverberation time the response is designed for, in seconds.
    pub rt60: f64,
    /// Keys the draws of this room.
    pub seed: u64,
}

impl Room {
    /// Cubic metres.
    pub fn volume(&self) -> f64 {
        self.size.iter().product()
    }

    /// Square metres of each surface.
    pub fn areas(&self) -> [f64; 6] {
        let [x, y, z] = self.size;
        [y * z, y * z, x * z, x * z, x * y, x * y]
    }
}

/// From the driest to the most reverberant.
pub const ROOMS: [Room; 14] = [
    Room {
        name: "vocal-booth",
        size: [2.3, 1.9, 2.2],
        source: [0.8, 0.9, 1.5],
        microphone: [1.2, 1.0, 1.45],
        surfaces: [FOAM, FOAM, FOAM, GLASS, CARPET, FOAM],
        rt60: 0.20,
        seed: 1,
    },
    Room {
        name: "study",
        size: [3.4, 2.7, 2.4],
        source: [1.0, 1.2, 1.2],
        microphone: [2.2, 1.5, 1.1],
        surfaces: [BOOKSHELVES, GYPSUM, CURTAIN, BOOKSHELVES, CARPET, GYPSUM],
        rt60: 0.28,
        seed: 2,
    },
    Room {
        name: "bedroom",
        size: [4.1, 3.5, 2.5],
        source: [1.1, 1.4, 1.5],
        microphone: [2.0, 1.7, 1.2],
        surfaces: [PLASTER, CURTAIN, GYPSUM, PLASTER, CARPET, GYPSUM],
        rt60: 0.35,
        seed: 3,
    },
    Room {
        name: "living-room",
        size: [5.6, 4.4, 2.6],
        source: [1.5, 1.3, 1.2],
        microphone: [2.6, 1.9, 1.15],
        surfaces: [PLASTER, BOOKSHELVES, GLASS, PLASTER, CARPET, GYPSUM],
        rt60: 0.42,
        seed: 4,
    },
    Room {
        name: "office",
        size: [4.8, 3.9, 2.8],
        source: [1.3, 1.7, 1.2],
        microphone: [2.7, 2.3, 1.2],
        surfaces: [GYPSUM, GYPSUM, GLASS, BOOKSHELVES, LINOLEUM, ACOUSTIC_TILES],
        rt60: 0.46,
        seed: 5,
    },
    Room {
        name: "kitchen",
        size: [3.7, 3.0, 2.5],
        source: [1.1, 1.2, 1.5],
        microphone: [2.0, 1.9, 1.3],
        surfaces: [PLASTER, PANELLING, GLASS, CERAMIC, CERAMIC, PLASTER],
        rt60: 0.50,
        seed: 6,
    },
    Room {
        name: "bathroom",
        size: [2.9, 2.2, 2.4],
        source: [0.9, 0.9, 1.5],
        microphone: [1.6, 1.3, 1.4],
        surfaces: [CERAMIC, CERAMIC, PLASTER, GLASS, CERAMIC, PLASTER],
        rt60: 0.56,
        seed: 7,
    },
    Room {
        name: "meeting-room",
        size: [6.7, 5.1, 2.9],
        source: [1.7, 2.2, 1.2],
        microphone: [3.4, 3.0, 0.9],
        surfaces: [GLASS, GYPSUM, GYPSUM, PLASTER, CARPET, PLASTER],
        rt60: 0.60,
        seed: 8,
    },
    Room {
        name: "classroom",
        size: [9.1, 7.2, 3.1],
        source: [1.6, 3.2, 1.6],
        microphone: [4.1, 4.3, 1.2],
        surfaces: [PLASTER, PANELLING, GLASS, PLASTER, LINOLEUM, ACOUSTIC_TILES],
        rt60: 0.68,
        seed: 9,
    },
    Room {
        name: "corridor",
        size: [13.0, 2.4, 2.8],
        source: [4.1, 1.0, 1.6],
        microphone: [5.6, 1.4, 1.5],
        surfaces: [PANELLING, PANELLING, PLASTER, BRICK, LINOLEUM, GYPSUM],
        rt60: 0.76,
        seed: 10,
    },
    Room {
        name: "lecture-hall",
        size: [14.2, 10.3, 4.4],
        source: [2.1, 4.6, 1.7],
        microphone: [5.3, 5.9, 1.3],
        surfaces: [PANELLING, PANELLING, PLASTER, PLASTER, AUDIENCE, GYPSUM],
        rt60: 0.85,
        seed: 11,
    },
    Room {
        name: "stairwell",
        size: [5.2, 3.3, 10.4],
        source: [1.5, 1.3, 1.6],
        microphone: [2.8, 2.0, 1.5],
        surfaces: [CONCRETE, CONCRETE, BRICK, GLASS, LINOLEUM, CONCRETE],
        rt60: 0.95,
        seed: 12,
    },
    Room {
        name: "assembly-hall",
        size: [19.5, 13.1, 6.2],
        source: [3.4, 6.1, 1.7],
        microphone: [7.0, 7.6, 1.4],
        surfaces: [CURTAIN, PANELLING, GLASS, PLASTER, PARQUET, GYPSUM],
        rt60: 1.05,
        seed: 13,
    },
    Room {
        name: "sports-hall",
        size: [26.3, 15.7, 7.9],
        source: [8.2, 6.7, 1.7],
        microphone: [11.9, 8.4, 1.6],
        surfaces: [BRICK, BRICK, PANELLING, PANELLING, PARQUET, CONCRETE],
        rt60: 1.20,
        seed: 14,
    },
];
