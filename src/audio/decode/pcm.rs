//! Sample formats of WAV files: bytes to f32.

/// How one sample is stored. Integers with fewer valid bits than their container are left-justified in it, as
/// the WAVE specification has it, so that the container alone gives the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Unsigned, 128 is zero.
    U8,
    I16,
    I24,
    I32,
    F32,
    F64,
    /// G.711 A-law.
    ALaw,
    /// G.711 mu-law.
    MuLaw,
}

impl Encoding {
    /// Bytes per sample.
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::ALaw | Self::MuLaw => 1,
            Self::I16 => 2,
            Self::I24 => 3,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Decodes whole samples from `bytes` into `out`, which is cleared first.
    pub fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        const SCALE_16: f32 = 1.0 / 32_768.0;
        const SCALE_32: f32 = 1.0 / 2_147_483_648.0;
        out.clear();
        match self {
            Self::U8 => out.extend(bytes.iter().map(|&b| (f32::from(b) - 128.0) * (1.0 / 128.0))),
            Self::ALaw => out.extend(bytes.iter().map(|&b| f32::from(a_law(b)) * SCALE_16)),
            Self::MuLaw => out.extend(bytes.iter().map(|&b| f32::from(mu_law(b)) * SCALE_16)),
            Self::I16 => each(bytes, out, |b| f32::from(i16::from_le_bytes(b)) * SCALE_16),
            // Put into the upper three bytes, so that the sign is right: exact, 24 bits fit an f32.
            Self::I24 => each(bytes, out, |[a, b, c]| {
                i32::from_le_bytes([0, a, b, c]) as f32 * SCALE_32
            }),
            Self::I32 => each(bytes, out, |b| i32::from_le_bytes(b) as f32 * SCALE_32),
            Self::F32 => each(bytes, out, f32::from_le_bytes),
            Self::F64 => each(bytes, out, |b| f64::from_le_bytes(b) as f32),
        }
    }
}

fn each<const N: usize>(bytes: &[u8], out: &mut Vec<f32>, decode: impl Fn([u8; N]) -> f32) {
    out.extend(bytes.as_chunks().0.iter().map(|sample| decode(*sample)));
}

/// ITU-T G.711 A-law to 16 bits.
fn a_law(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let mantissa = i16::from(code & 0x0f) << 4;
    let magnitude = match code >> 4 & 7 {
        0 => mantissa + 8,
        segment => (mantissa + 0x108) << (segment - 1),
    };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

/// ITU-T G.711 mu-law to 16 bits.
fn mu_law(byte: u8) -> i16 {
    const BIAS: i16 = 0x84;
    let code = !byte;
    let magnitude = (((i16::from(code & 0x0f) << 3) + BIAS) << (code >> 4 & 7)) - BIAS;
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(encoding: Encoding, bytes: &[u8]) -> Vec<f32> {
        let mut out = vec![9.0];
        encoding.decode(bytes, &mut out);
        out
    }

    #[test]
    fn integers_span_minus_one_to_almost_one() {
        assert_eq!(
            decode(Encoding::U8, &[0, 128, 192, 255]),
            [-1.0, 0.0, 0.5, 127.0 / 128.0]
        );
        assert_eq!(
            decode(Encoding::I16, &[0, 0x80, 0xff, 0x7f, 1, 0]),
            [-1.0, 32767.0 / 32768.0, 1.0 / 32768.0]
        );
        assert_eq!(
            decode(Encoding::I24, &[0, 0, 0x80, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]),
            [-1.0, 8_388_607.0 / 8_388_608.0, -1.0 / 8_388_608.0]
        );
        assert_eq!(
            decode(Encoding::I32, &[0, 0, 0, 0x80, 0, 0, 0, 0x40]),
            [-1.0, 0.5]
        );
    }

    #[test]
    fn floats_are_kept_beyond_full_scale() {
        let bytes: Vec<u8> = [1.5f32, -0.25].iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(decode(Encoding::F32, &bytes), [1.5, -0.25]);
        let bytes: Vec<u8> = [1.5f64, -0.25].iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(decode(Encoding::F64, &bytes), [1.5, -0.25]);
    }

    #[test]
    fn half_a_sample_is_dropped() {
        assert_eq!(decode(Encoding::I16, &[0, 0x40, 7]), [0.5]);
    }

    /// Values of the tables in G.711 (16-bit scaling of sox and libsndfile).
    #[test]
    fn g711_agrees_with_its_tables() {
        assert_eq!(
            [0x00, 0x80, 0xff, 0x7f, 0x55, 0x2a].map(mu_law),
            [-32124, 32124, 0, 0, -716, -5372]
        );
        assert_eq!(
            [0xd5, 0x55, 0xaa, 0x2a, 0x00, 0x80].map(a_law),
            [8, -8, 32256, -32256, -5504, 5504]
        );
    }
}
