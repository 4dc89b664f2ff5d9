//! What kind of picture is wanted.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::palette::Colormap;
use crate::audio::spectrum::SettingError;

/// Largest width and height in pixels.
pub(super) const MAX_SIDE: u32 = 4096;
/// Longest kept time axis in seconds.
const MAX_SECONDS: f64 = 3600.0;

/// How a value between the cells of the spectrogram is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// The cell under the pixel's centre.
    #[default]
    Nearest,
    /// Raised-cosine blend of the cells around, matplotlib's `interpolation="hanning",
    /// interpolation_stage="data"`: at most 2 and on average 0.05 of 256 palette steps from it on a spoken
    /// sentence. Its default look, which blends colours instead of values, is 1.0 steps away on average.
    Hann,
}

/// What the width of the picture stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Time {
    /// The whole signal, whatever its length.
    #[default]
    Stretch,
    /// So many seconds: longer signals are cut, shorter ones filled up with the lowest value.
    Seconds(f64),
}

/// Settings of the pictures; the defaults are those of the BiMER paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImageSettings {
    /// Width in pixels, 1 to 4096.
    pub width: u32,
    /// Height in pixels, 1 to 4096.
    pub height: u32,
    /// Colours.
    pub colormap: Colormap,
    /// Values between cells.
    pub interpolation: Interpolation,
    /// The time axis: `"stretch"`, or a number of seconds.
    pub time: Time,
}

impl Default for ImageSettings {
    fn default() -> Self {
        ImageSettings {
            width: 496,
            height: 369,
            colormap: Colormap::default(),
            interpolation: Interpolation::default(),
            time: Time::default(),
        }
    }
}

impl ImageSettings {
    /// Whether the settings make sense.
    ///
    /// # Errors
    /// Names the setting that is out of range, what was found and what is expected.
    pub fn check(&self) -> Result<(), SettingError> {
        for (key, side) in [("width", self.width), ("height", self.height)] {
            if !(1..=MAX_SIDE).contains(&side) {
                return Err(SettingError::new(key, side, format!("1 to {MAX_SIDE} pixels")));
            }
        }
        match self.time {
            Time::Seconds(s) if !(s > 0.0 && s <= MAX_SECONDS) => {
                let expected = format!("\"stretch\", or seconds above 0 and at most {MAX_SECONDS}");
                Err(SettingError::new("time", s, expected))
            }
            _ => Ok(()),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Time::Stretch => serializer.serialize_str("stretch"),
            Time::Seconds(seconds) => serializer.serialize_f64(*seconds),
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor)
    }
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = Time;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("\"stretch\" or a number of seconds")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Time, E> {
        if word == "stretch" {
            Ok(Time::Stretch)
        } else {
            Err(E::invalid_value(de::Unexpected::Str(word), &self))
        }
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Time, E> {
        Ok(Time::Seconds(seconds))
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Time, E> {
        Ok(Time::Seconds(seconds as f64))
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Time, E> {
        Ok(Time::Seconds(seconds as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_written_and_checked() {
        let read = |text: &str| toml::from_str::<ImageSettings>(text);
        assert_eq!(read("").unwrap(), ImageSettings::default());
        assert_eq!(read("time = \"stretch\"").unwrap().time, Time::Stretch);
        assert_eq!(read("time = 6").unwrap().time, Time::Seconds(6.0));
        assert_eq!(
            read("time = 4.5\ncolormap = \"gray\"").unwrap().time,
            Time::Seconds(4.5)
        );
        assert!(
            read("time = \"stretched\"")
                .unwrap_err()
                .to_string()
                .contains("\"stretch\" or a number of seconds")
        );
        assert!(read("color = \"gray\"").is_err());
        let settings = read("time = 4.5\ninterpolation = \"hann\"").unwrap();
        assert_eq!(read(&toml::to_string(&settings).unwrap()).unwrap(), settings);

        for (text, key) in [
            ("width = 0", "width"),
            ("height = 4097", "height"),
            ("time = 0", "time"),
            ("time = -1.0", "time"),
            ("time = nan", "time"),
            ("time = 1e9", "time"),
        ] {
            assert_eq!(read(text).unwrap().check().unwrap_err().key, key);
        }
        assert_eq!(ImageSettings::default().check(), Ok(()));
    }
}
