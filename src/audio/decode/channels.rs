//! Which of a file's channels is read.

use serde::{Deserialize, Serialize};

/// How one channel is made of a file's channels. Written as `"mix"`, or as the channel's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Channels {
    /// The mean of all channels.
    #[default]
    Mix,
    /// One channel, numbered from 0.
    One(u16),
}

/// As recipes have it.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected \"mix\" or the number of a channel, from 0")]
enum Written {
    One(u16),
    Word(String),
}

impl TryFrom<Written> for Channels {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::One(channel) => Ok(Channels::One(channel)),
            Written::Word(word) if word == "mix" => Ok(Channels::Mix),
            Written::Word(word) => Err(format!(
                "found {word:?}, expected \"mix\" or the number of a channel, from 0"
            )),
        }
    }
}

impl From<Channels> for Written {
    fn from(channels: Channels) -> Self {
        match channels {
            Channels::Mix => Written::Word("mix".to_owned()),
            Channels::One(channel) => Written::One(channel),
        }
    }
}
