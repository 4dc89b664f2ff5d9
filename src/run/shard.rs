//! Shards: subsets of the items by a stable hash of their ids, never by position.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Shard `index` of `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// 0-based.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

/// A shard that can't be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ShardError(String);

impl Shard {
    /// Whether an item belongs to this shard.
    #[must_use]
    pub fn holds(self, id: &str) -> bool {
        let hash = blake3::hash(id.as_bytes());
        let bytes = hash.as_bytes();
        let value = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        // The upper part of the product: every shard gets the same share of hash values.
        (u64::from(value) * u64::from(self.count)) >> 32 == u64::from(self.index)
    }

    fn new(index: u64, count: u64) -> Result<Self, ShardError> {
        if count == 0 || count > 1_000_000 {
            return Err(ShardError(format!("found {count} shards, expected 1 to 1000000")));
        }
        if index >= count {
            let last = count - 1;
            return Err(ShardError(format!(
                "shard {index} of {count} is out of range; they are numbered 0 to {last}"
            )));
        }
        Ok(Shard {
            index: index as u32,
            count: count as u32,
        })
    }

    /// Reads `I/N`, `auto` (a Slurm job array) or `auto/N` (an indexed Kubernetes job); `variable` looks up the
    /// environment.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, ShardError> {
        let number = |text: &str, what: &str| {
            u64::from_str(text.trim())
                .map_err(|_| ShardError(format!("{what} is {text:?}, expected a whole number")))
        };
        let set = |name: &str| {
            variable(name)
                .filter(|value| !value.trim().is_empty())
                .ok_or_else(|| {
                    ShardError(format!(
                        "--shard {text} needs the variable {name}, which is not set"
                    ))
                })
                .and_then(|value| number(&value, name))
        };
        match text.split_once('/') {
            None if text == "auto" => {
                let (id, count) = (set("SLURM_ARRAY_TASK_ID")?, set("SLURM_ARRAY_TASK_COUNT")?);
                let or = |name: &str, default: u64| {
                    if variable(name).is_some() {
                        set(name)
                    } else {
                        Ok(default)
                    }
                };
                let (min, step) = (or("SLURM_ARRAY_TASK_MIN", 0)?, or("SLURM_ARRAY_TASK_STEP", 1)?);
                let below = || {
                    ShardError(format!(
                        "SLURM_ARRAY_TASK_ID {id} lies below SLURM_ARRAY_TASK_MIN {min}"
                    ))
                };
                let offset = id.checked_sub(min).ok_or_else(below)?;
                if step == 0 || offset % step != 0 {
                    return Err(ShardError(format!(
                        "SLURM_ARRAY_TASK_ID {id} is not a whole number of steps of {step} above {min}"
                    )));
                }
                Shard::new(offset / step, count)
            }
            Some(("auto", count)) => Shard::new(
                set("JOB_COMPLETION_INDEX")?,
                number(count, "the number of shards")?,
            ),
            Some((index, count)) => Shard::new(
                number(index, "the shard")?,
                number(count, "the number of shards")?,
            ),
            None => Err(ShardError(format!(
                "found --shard {text}, expected I/N such as 0/3, auto, or auto/N"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn every_item_is_in_exactly_one_shard() {
        for count in [1, 2, 3, 7] {
            for id in 0..200 {
                let held = (0..count)
                    .filter(|&index| Shard { index, count }.holds(&id.to_string()))
                    .count();
                assert_eq!(held, 1);
            }
        }
    }

    #[test]
    fn schedulers_tell_the_shard() {
        let slurm = |name: &str| {
            let value = match name {
                "SLURM_ARRAY_TASK_ID" => "7",
                "SLURM_ARRAY_TASK_MIN" => "1",
                "SLURM_ARRAY_TASK_STEP" => "2",
                "SLURM_ARRAY_TASK_COUNT" => "4",
                _ => return None,
            };
            Some(value.to_owned())
        };
        assert_eq!(Shard::parse("auto", slurm), Ok(Shard { index: 3, count: 4 }));
        let job = |name: &str| (name == "JOB_COMPLETION_INDEX").then(|| "16".to_owned());
        assert!(
            Shard::parse("auto/16", job)
                .unwrap_err()
                .to_string()
                .contains("0 to 15")
        );
        assert_eq!(Shard::parse("auto/17", job), Ok(Shard { index: 16, count: 17 }));
        assert!(
            Shard::parse("auto", none)
                .unwrap_err()
                .to_string()
                .contains("SLURM_ARRAY_TASK_ID")
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(Shard::parse("0/3", none), Ok(Shard { index: 0, count: 3 }));
        for bad in ["3/3", "1/0", "x/3", "-1/3", "1", "1/3/3", "/", ""] {
            assert!(Shard::parse(bad, none).is_err(), "{bad}");
        }
    }
}
