//! `augment setup`.

use std::path::PathBuf;

use augment::onnx::setup::{
    self, Begun, Done as Installed, Flavour, Job, Pip, SetupError, Source, megabytes,
};
use augment::run::folders;
use augment::run::interrupt::Interrupt;
use clap::Args;
use serde_json::json;

use super::table::Table;
use super::{Done, Screen};

#[derive(Args)]
pub struct Flags {
    /// The build with CUDA, and CUDA's and cuDNN's libraries
    #[arg(long)]
    cuda: bool,
    /// Take the wheels from a folder: no network, no pip, no Python
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,
    /// Install again what is there
    #[arg(long)]
    force: bool,
}

pub fn run(flags: &Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    let data = folders::data().ok_or(SetupError::NoFolder)?;
    let flavour = if flags.cuda { Flavour::Cuda } else { Flavour::Cpu };
    let (done, made) = match setup::begin(&data, flavour, flags.force, interrupt, screen)? {
        Begun::Already(done) => (done, false),
        Begun::Open(job) => {
            let source = match &flags.from {
                Some(folder) => Source::Folder(folder.clone()),
                None => Source::Pip(Pip::find()?),
            };
            screen.line(&announced(&job, &source));
            (job.run(&source, interrupt, screen)?, true)
        }
    };
    tell(&done, flavour, made, screen);
    if screen.json() {
        screen.data(&json!({
            "version": done.library.version, "flavour": flavour, "folder": done.folder,
            "library": done.library.path, "made": made, "others": done.others,
        }));
    }
    Ok(0)
}

/// What will be fetched from where, with sizes: the build with CUDA is large.
fn announced(job: &Job, source: &Source) -> String {
    let from = match source {
        Source::Pip(pip) => format!("by {} of {}", pip.name(), pip.python.to_string_lossy()),
        Source::Folder(folder) => format!("from {}", folder.display()),
    };
    let mut table = Table::new(["package", "version", "wheel", "unpacked"]);
    for package in job.packages() {
        table.row([
            package.name.to_owned(),
            package.version.to_owned(),
            megabytes(package.bytes),
            megabytes(package.unpacked),
        ]);
    }
    let wheels = job.packages().iter().map(|package| package.bytes).sum();
    format!(
        "{}\n{} to fetch {from}, {} in {} at the end, {} free space needed",
        table.text(),
        megabytes(wheels),
        megabytes(job.size()),
        job.folder().display(),
        megabytes(job.needs(source)),
    )
}

fn tell(done: &Installed, flavour: Flavour, made: bool, screen: &Screen) {
    let version = &done.library.version;
    let folder = done.folder.display();
    screen.line(&if made {
        format!("ONNX Runtime {version} ({flavour}) is installed in {folder}")
    } else {
        format!("ONNX Runtime {version} ({flavour}) is in {folder} already and loads: nothing to do")
    });
    for other in &done.others {
        screen.line(&format!(
            "{} is of another version of augment and is left; it can be deleted if that one is not used any more",
            other.display()
        ));
    }
    if std::env::var_os(augment::onnx::runtime::VARIABLE).is_some_and(|value| !value.is_empty()) {
        screen.warn(&format!(
            "{} is set: the library that it names is used, not this one",
            augment::onnx::runtime::VARIABLE
        ));
    }
}
