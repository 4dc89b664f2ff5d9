//! Token sequences on their way and at their end.

/// A sequence that is not finished.
#[derive(Debug, Clone, PartialEq)]
pub struct Prefix {
    /// The decoder's start token and what followed.
    pub tokens: Vec<u32>,
    /// The sum of the log-probabilities.
    pub score: f32,
    /// Which of the running sequences of the step before it continues.
    pub parent: usize,
}

impl Prefix {
    pub fn start(token: u32) -> Self {
        Prefix {
            tokens: vec![token],
            score: 0.0,
            parent: 0,
        }
    }

    pub fn then(&self, parent: usize, token: u32, score: f32) -> Self {
        let mut tokens = Vec::with_capacity(self.tokens.len() + 1);
        tokens.extend_from_slice(&self.tokens);
        tokens.push(token);
        Prefix {
            tokens,
            score,
            parent,
        }
    }

    /// How many tokens followed the start token.
    pub fn generated(&self) -> usize {
        self.tokens.len().saturating_sub(1)
    }
}

/// A finished sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// What followed the decoder's start token, the end token included.
    pub tokens: Vec<u32>,
    /// The sum of the log-probabilities divided by the length to the power of the length penalty.
    pub score: f32,
}

impl Scored {
    pub fn of(prefix: Prefix, score: f32) -> Self {
        let mut tokens = prefix.tokens;
        tokens.remove(0);
        Scored { tokens, score }
    }
}
