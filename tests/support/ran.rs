//! What a run of the program printed and how it ended.
//!
//! Integration tests include this file with `#[path = "../support/ran.rs"] mod ran;`.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "not every test binary uses all of it, and a test stops at what it did not expect"
)]

use std::process::Output;

use serde_json::Value;

pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Says it to people.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "expected {text:?} in:\n{}",
            self.stderr
        );
        self
    }

    /// Shows it as data.
    #[track_caller]
    pub fn shows(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text),
            "expected {text:?} in:\n{}",
            self.stdout
        );
        self
    }

    /// Neither says nor shows it.
    #[track_caller]
    pub fn hides(self, text: &str) -> Self {
        let found = self.stderr.contains(text) || self.stdout.contains(text);
        assert!(!found, "found {text:?} in:\n{}\n{}", self.stdout, self.stderr);
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}
