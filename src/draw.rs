//! Keyed random draws: the same key gives the same numbers, whatever else was drawn before.
//!
//! Generator (ChaCha8) and mappings to integers and fractions are fixed here and frozen by golden vectors, so
//! that a dataset does not change with a library's release. A key is (run seed, id, purpose).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers that belongs to one key.
#[derive(Debug, Clone)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of (run seed, id of an item or source, purpose).
    #[must_use]
    pub fn new(seed: u64, id: &str, purpose: &str) -> Self {
        Draw(ChaCha8Rng::from_seed(key(seed, id, purpose)))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// An integer in `0..n`; 0 for `n = 0`. The bias of the multiplication is below n / 2^64.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// A fraction in `0.0..1.0`, from the upper 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

/// A 64-bit rank for ordering things by key: sort by it to get a keyed permutation in which adding a thing
/// moves no other (rendezvous hashing).
#[must_use]
pub fn rank(seed: u64, id: &str, purpose: &str) -> u64 {
    let k = key(seed, id, purpose);
    u64::from_le_bytes([k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7]])
}

/// The `index`-th element of a keyed permutation of `0..n`, in constant time: a four-round Feistel network
/// over the next even power of two, walked until it falls below `n`. `index` must be below `n`.
#[must_use]
pub fn permuted(seed: u64, id: &str, purpose: &str, n: u64, index: u64) -> u64 {
    debug_assert!(index < n);
    if n < 2 {
        return 0;
    }
    let half = (64 - (n - 1).leading_zeros()).div_ceil(2);
    let mask = (1u64 << half) - 1;
    let mut draw = Draw::new(seed, id, purpose);
    let keys = [draw.bits(), draw.bits(), draw.bits(), draw.bits()];
    let mut value = index;
    loop {
        let (mut left, mut right) = (value >> half, value & mask);
        for round in keys {
            (left, right) = (right, left ^ (mix(right ^ round) & mask));
        }
        value = (left << half) | right;
        if value < n {
            return value;
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Lengths are hashed with the parts, so that ("ab", "c") and ("a", "bc") differ.
fn key(seed: u64, id: &str, purpose: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"augment draw 1");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&(id.len() as u64).to_le_bytes());
    hasher.update(id.as_bytes());
    hasher.update(purpose.as_bytes());
    *hasher.finalize().as_bytes()
}
