//! Gathers one channel, or the mean of all, up to a length.

use super::{Channels, DecodeError, MAX_CHANNELS, RATES, Recording};

/// Gathers interleaved samples into a mono recording.
pub(super) struct Mono {
    samples: Vec<f32>,
    rate: u32,
    channels: u16,
    pick: Channels,
    /// Samples to keep.
    limit: usize,
}

impl Mono {
    /// Checks rate and channels.
    pub fn new(rate: u32, channels: usize, pick: Channels, max_seconds: f64) -> Result<Self, DecodeError> {
        if !RATES.contains(&rate) {
            return Err(DecodeError::Rate { rate });
        }
        let channels = match u16::try_from(channels) {
            Ok(channels @ 1..=MAX_CHANNELS) => channels,
            _ => return Err(DecodeError::ChannelCount { channels }),
        };
        if let Channels::One(asked) = pick
            && asked >= channels
        {
            return Err(DecodeError::NoSuchChannel { asked, channels });
        }
        // The cast saturates; NaN gives 0.
        let limit = (max_seconds * f64::from(rate)).floor() as usize;
        Ok(Self {
            samples: Vec::new(),
            rate,
            channels,
            pick,
            limit,
        })
    }

    /// Makes room for `frames` samples, or as many as are kept at all.
    pub fn expect(&mut self, frames: u64) {
        let frames = usize::try_from(frames)
            .unwrap_or(usize::MAX)
            .min(self.limit.saturating_add(1));
        // A first guess of at most 4 MiB: what is really there decides about more.
        self.samples.reserve(frames.min(1 << 20));
    }

    /// Samples per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Samples per channel so far.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// The time reached, in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate)
    }

    /// One sample more than is kept: nothing further is needed.
    pub fn full(&self) -> bool {
        self.samples.len() > self.limit
    }

    /// Takes interleaved samples, as many as are needed.
    pub fn push(&mut self, interleaved: &[f32]) -> Result<(), DecodeError> {
        let room = self.limit.saturating_add(1).saturating_sub(self.samples.len());
        let channels = usize::from(self.channels);
        let start = self.samples.len();
        let frames = interleaved.chunks_exact(channels).take(room);
        match self.pick {
            _ if channels == 1 => self.samples.extend(interleaved.iter().take(room)),
            Channels::One(n) => {
                self.samples
                    .extend(frames.filter_map(|frame| frame.get(usize::from(n))));
            }
            Channels::Mix if channels == 2 => {
                self.samples
                    .extend(frames.map(|frame| frame.iter().sum::<f32>() * 0.5));
            }
            Channels::Mix => {
                let mean = |frame: &[f32]| frame.iter().sum::<f32>() / channels as f32;
                self.samples.extend(frames.map(mean));
            }
        }
        let new = self.samples.get(start..).unwrap_or_default();
        // Without an early exit the common case, all finite, runs in vector registers.
        if new.iter().fold(true, |finite, x| finite & x.is_finite()) {
            return Ok(());
        }
        let first = new.iter().position(|x| !x.is_finite()).unwrap_or(0);
        Err(DecodeError::NonFinite { at: start + first })
    }

    /// Drops all but the first `frames` samples.
    pub fn cut(&mut self, frames: usize) {
        self.samples.truncate(frames);
    }

    /// The recording.
    pub fn finish(mut self) -> Result<Recording, DecodeError> {
        let longer = self.full();
        self.samples.truncate(self.limit);
        if self.samples.is_empty() && !longer {
            return Err(DecodeError::NoSamples);
        }
        Ok(Recording {
            samples: self.samples,
            rate: self.rate,
            channels: self.channels,
            longer,
        })
    }
}
