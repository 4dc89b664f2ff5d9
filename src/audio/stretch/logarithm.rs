//! Logarithms and powers of two that the compiler can put side by side in vector registers.

/// log2 of a positive, normal number, to 5e-6.
#[inline(always)]
pub(super) fn log2(x: f32) -> f32 {
    // The mantissa lies in [sqrt(1/2), sqrt(2)); a polynomial through Chebyshev points of log2(1 + m) / m.
    let bits = x.to_bits().wrapping_sub(0x3f35_04f3);
    let exponent = (bits as i32) >> 23;
    let m = f32::from_bits((bits & 0x007f_ffff) + 0x3f35_04f3) - 1.0;
    let high = 0.318_407_12 + m * -0.206_858_12;
    let mid = 0.479_793_88 + m * (-0.366_413_26 + m * high);
    exponent as f32 + m * (1.442_701_8 + m * (-0.721_208_47 + m * mid))
}

/// 2 to the power of a number between -126 and 126, to 3e-6 of itself.
#[inline(always)]
pub(super) fn exp2(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to the nearest whole number and leaves it in the low bits.
    let shifted = x + 12_582_912.0;
    let t = x - (shifted - 12_582_912.0);
    let power = 0.240_221_07 + t * (0.055_922_036 + t * 0.009_676_037);
    let fraction = 1.000_000_1 + t * (0.693_121 + t * power);
    let exponent = (shifted.to_bits().wrapping_sub(12_582_912.0f32.to_bits()) as i32) << 23;
    f32::from_bits((fraction.to_bits() as i32).wrapping_add(exponent) as u32)
}
