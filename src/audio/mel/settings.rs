//! What kind of mel spectrogram is wanted.

use serde::{Deserialize, Serialize};

use crate::audio::spectrum::{SettingError, check_sizes};

/// Most filters.
const MAX_MELS: usize = 512;
/// Most values of a spectrogram per sample of its signal: together they bound the memory a signal can ask for.
const MAX_VALUES_PER_SAMPLE: usize = 16;

/// Formula between Hz and mel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// `2595 log10(1 + f / 700)` (O'Shaughnessy 1987, HTK).
    #[default]
    Htk,
    /// Linear below 1 kHz, logarithmic above (Slaney's Auditory Toolbox 1998; librosa's default).
    Slaney,
}

/// Settings of a mel spectrogram; the defaults are those of the BiMER paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MelSettings {
    /// Mel scale.
    pub scale: Scale,
    /// Number of filters, 1 to 512 and at most `n_fft / 2 + 1`.
    pub n_mels: usize,
    /// FFT and window size, even, 2 to 65536.
    pub n_fft: usize,
    /// Samples from frame to frame, 1 to `n_fft` and at least `n_mels / 16`.
    pub hop_length: usize,
    /// Range below the loudest value that is kept, in dB, above 0.
    pub top_db: f64,
}

impl Default for MelSettings {
    fn default() -> Self {
        MelSettings {
            scale: Scale::Htk,
            n_mels: 128,
            n_fft: 1024,
            hop_length: 512,
            top_db: 80.0,
        }
    }
}

impl MelSettings {
    /// Whether the settings make sense for signals of `rate` Hz.
    ///
    /// # Errors
    /// Names the setting that is out of range, what was found and what is expected.
    pub fn check(&self, rate: u32) -> Result<(), SettingError> {
        if rate == 0 {
            return Err(SettingError::new("sample_rate", rate, "at least 1"));
        }
        check_sizes(self.n_fft, self.hop_length)?;
        let most = MAX_MELS.min(self.n_fft / 2 + 1);
        if !(1..=most).contains(&self.n_mels) {
            let expected = format!("1 to {most} (at most {MAX_MELS}, and n_fft / 2 + 1 bins)");
            return Err(SettingError::new("n_mels", self.n_mels, expected));
        }
        let least = self.n_mels.div_ceil(MAX_VALUES_PER_SAMPLE);
        if self.hop_length < least {
            let expected = format!("at least {least} for {} mel filters", self.n_mels);
            return Err(SettingError::new("hop_length", self.hop_length, expected));
        }
        // The upper end keeps it a finite f32; no signal has such a range.
        if !(self.top_db > 0.0 && self.top_db <= 1e6) {
            return Err(SettingError::new(
                "top_db",
                self.top_db,
                "a number of dB above 0, such as 80",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        let bad = |change: &dyn Fn(&mut MelSettings)| {
            let mut settings = MelSettings::default();
            change(&mut settings);
            settings.check(16_000).unwrap_err().key
        };
        assert_eq!(bad(&|s| s.n_fft = 1023), "n_fft");
        assert_eq!(bad(&|s| s.n_fft = 131_072), "n_fft");
        assert_eq!(bad(&|s| s.hop_length = 0), "hop_length");
        assert_eq!(bad(&|s| s.hop_length = 7), "hop_length");
        assert_eq!(bad(&|s| s.hop_length = 1025), "hop_length");
        assert_eq!(bad(&|s| s.n_mels = 0), "n_mels");
        assert_eq!(bad(&|s| s.n_mels = 513), "n_mels");
        assert_eq!(
            bad(&|s| (s.n_fft, s.hop_length, s.n_mels) = (64, 32, 34)),
            "n_mels"
        );
        for top_db in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(bad(&|s| s.top_db = top_db), "top_db");
        }
        assert_eq!(MelSettings::default().check(0).unwrap_err().key, "sample_rate");
        assert_eq!(MelSettings::default().check(16_000), Ok(()));
    }

    #[test]
    fn settings_are_read_and_written() {
        let read: MelSettings = toml::from_str("scale = \"slaney\"\nn_mels = 80").unwrap();
        assert_eq!(
            read,
            MelSettings {
                scale: Scale::Slaney,
                n_mels: 80,
                ..MelSettings::default()
            }
        );
        assert_eq!(
            toml::from_str::<MelSettings>(&toml::to_string(&read).unwrap()).unwrap(),
            read
        );
        assert!(toml::from_str::<MelSettings>("mels = 80").is_err());
    }
}
