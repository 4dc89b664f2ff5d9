//! The `augment` command.

fn main() {}
