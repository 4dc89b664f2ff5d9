//! The commands, one file each: flags → validated settings → one call into the library. Only here is printed.
//!
//! Exit codes: 0 complete · 1 nothing done · 2 complete, but items failed or classes are short · 3 stopped early,
//! run again · 130/143 interrupted. For `verify`, `replay`, `doctor` and
//! `models check`: 0 agrees, 1 could not check, 2 differs
//! or missing.

use std::process::ExitCode;

use augment::job::JobError;
use augment::job::train::TrainJobError;
use augment::onnx::setup::SetupError;
use augment::run::atomic::FileError;
use augment::run::execute::guarded;
use augment::run::interrupt::Interrupt;
use clap::{Args, Parser, Subcommand};

mod audio;
mod doctor;
mod engine;
mod evaluate;
mod infer;
mod merge;
mod models;
mod replay;
mod screen;
mod setup;
mod table;
mod text;
mod train;
mod verify;

use screen::Screen;

/// Makes balanced, augmented speech and text datasets before a training job: the same bytes for any number of threads,
/// shards and interruptions. Then trains, measures and runs the emotion model on them.
#[derive(Parser)]
#[command(name = "augment", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// Flags of every command.
#[derive(Args, Clone, Copy)]
struct Common {
    /// Print nothing but errors
    #[arg(long, global = true)]
    quiet: bool,
    /// Print the result as JSON on stdout
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Make a balanced dataset of a speech corpus, as a recipe says
    Audio(audio::Flags),
    /// Make a balanced dataset of sentences, as a recipe or flags say
    Text(text::Flags),
    /// Put the finished shards of one run together
    Merge(merge::Flags),
    /// Load neural models from the hub, and show them
    Models(models::Flags),
    /// Check datasets: hashes, balance, formats, and leakage over all of them
    Verify(verify::Flags),
    /// Make one item again and compare
    Replay(replay::Flags),
    /// Install ONNX Runtime, which everything with a model needs
    Setup(setup::Flags),
    /// Train a model on a dataset, as a recipe says
    Train(train::Flags),
    /// Measure trained models on a split of a dataset, side by side
    Evaluate(evaluate::Flags),
    /// Let a trained model tell the labels of recordings and texts, as JSON lines
    Infer(infer::Flags),
    /// Show what models would run on here, and what stands in the way
    Doctor(doctor::Flags),
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own code for usage errors is 2, which means something else here.
            let code = if error.use_stderr() { 1 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let screen = Screen::new(cli.common.quiet, cli.common.json);
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return fail(&screen, &format!("cannot listen for signals: {error}"), 1),
    };
    // A panic of a library on hostile input is caught and named, here at the latest; its trace would only confuse.
    std::panic::set_hook(Box::new(|_| {}));
    let work = || match cli.command {
        Command::Audio(flags) => audio::run(flags, &screen, &interrupt),
        Command::Text(flags) => text::run(&flags, &screen, &interrupt),
        Command::Merge(flags) => merge::run(flags, &screen, &interrupt),
        Command::Models(flags) => models::run(flags, &screen, &interrupt),
        Command::Verify(flags) => verify::run(&flags, &screen),
        Command::Replay(flags) => replay::run(flags, &screen, &interrupt),
        Command::Setup(flags) => setup::run(&flags, &screen, &interrupt),
        Command::Train(flags) => train::run(&flags, &screen, &interrupt),
        Command::Evaluate(flags) => evaluate::run(&flags, &screen, &interrupt),
        Command::Infer(flags) => infer::run(&flags, &screen, &interrupt),
        Command::Doctor(flags) => doctor::run(&flags, &screen, &interrupt),
    };
    // The last net: whatever happens, something is said.
    let done = guarded(work).unwrap_or_else(|message| {
        Err(anyhow::anyhow!(
            "{message}\nhint: this is a fault of augment; please report it with the command and what it was given"
        ))
    });
    match (done, screen.lost()) {
        (Ok(_), Some(error)) => {
            let full = error.kind() == std::io::ErrorKind::StorageFull;
            fail(
                &screen,
                &format!("cannot write to stdout: {error}"),
                if full { 3 } else { 1 },
            )
        }
        (Ok(code), None) => ExitCode::from(code),
        (Err(error), _) => {
            let code = code_of(error.as_ref(), &interrupt);
            fail(&screen, &error.to_string(), code)
        }
    }
}

fn code_of(error: &(dyn std::error::Error + 'static), interrupt: &Interrupt) -> u8 {
    let interrupted = interrupt.signal().map(|signal| 128 + signal);
    let full = error.downcast_ref::<JobError>().is_some_and(JobError::no_space)
        || error.downcast_ref::<FileError>().is_some_and(FileError::no_space)
        || error
            .downcast_ref::<SetupError>()
            .is_some_and(SetupError::no_space)
        || error
            .downcast_ref::<TrainJobError>()
            .is_some_and(TrainJobError::no_space);
    if error
        .downcast_ref::<TrainJobError>()
        .is_some_and(TrainJobError::interrupted)
    {
        return interrupted.unwrap_or(130);
    }
    match error.downcast_ref::<JobError>() {
        Some(JobError::Interrupted { .. }) => interrupted.unwrap_or(130),
        Some(JobError::Stopped { .. }) => 3,
        _ if full => 3,
        _ => interrupted.unwrap_or(1),
    }
}

fn fail(screen: &Screen, message: &str, code: u8) -> ExitCode {
    screen.error(message);
    ExitCode::from(code)
}

/// What a command gives: its exit code, or an error for exit code 1 unless the error says otherwise.
type Done = Result<u8, anyhow::Error>;

/// The number of threads: as asked, or all that the machine lends to this process.
fn jobs(asked: Option<usize>) -> Result<usize, anyhow::Error> {
    match asked {
        Some(0) => anyhow::bail!("found --jobs 0, expected at least 1"),
        Some(jobs) if jobs > 1024 => anyhow::bail!("found --jobs {jobs}, expected at most 1024"),
        Some(jobs) => Ok(jobs),
        None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
    }
}
