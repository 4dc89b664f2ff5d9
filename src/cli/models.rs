//! `augment models`: what there is, loading it, and trying it.

use augment::onnx::hub::environment::Environment;
use augment::run::interrupt::Interrupt;
use clap::{Args, Subcommand};

use super::{Done, Screen};

mod bar;
mod check;
mod list;
mod pull;

#[derive(Args)]
pub struct Flags {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Load models from the hub into the cache that Python's tools use, too
    Pull(pull::Flags),
    /// Show the models that have a short name, and those that are installed
    List,
    /// Load installed models and run each once
    Check(check::Flags),
}

pub fn run(flags: Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    let environment = Environment::of_process()?;
    match flags.command {
        Command::Pull(flags) => pull::run(&flags, &environment, screen, interrupt),
        Command::List => {
            list::run(&environment, screen);
            Ok(0)
        }
        Command::Check(flags) => check::run(&flags, &environment, screen, interrupt),
    }
}
