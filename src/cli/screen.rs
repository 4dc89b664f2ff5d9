//! What people see: progress on a terminal only, words on stderr, data on stdout.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;

use augment::run::progress::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The terminal.
pub struct Screen {
    quiet: bool,
    json: bool,
    colour: bool,
    bar: Mutex<Option<ProgressBar>>,
    lost: Mutex<Option<io::Error>>,
}

impl Screen {
    pub fn new(quiet: bool, json: bool) -> Self {
        let colour =
            io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Screen {
            quiet,
            json,
            colour,
            bar: Mutex::new(None),
            lost: Mutex::new(None),
        }
    }

    /// Whether the result is wanted as JSON.
    pub fn json(&self) -> bool {
        self.json
    }

    /// A line for people.
    pub fn line(&self, text: &str) {
        if !self.quiet {
            self.write(text);
        }
    }

    /// Something that should not be missed, also when quiet is not asked for.
    pub fn warn(&self, text: &str) {
        self.line(&format!("{} {text}", self.bold("warning:", "33")));
    }

    /// An error; shown even when quiet. A `hint:` line is set off.
    pub fn error(&self, text: &str) {
        self.write(&format!("{} {text}", self.bold("error:", "31")));
    }

    /// Data on stdout. A reader that went away is no error.
    pub fn data(&self, value: &serde_json::Value) {
        self.page(&value.to_string());
    }

    /// A page that is itself what was asked for, on stdout. A reader that went away is no error.
    pub fn page(&self, text: &str) {
        let mut out = io::stdout().lock();
        let written = writeln!(out, "{text}").and_then(|()| out.flush());
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
            && let Ok(mut lost) = self.lost.lock()
        {
            lost.get_or_insert(error);
        }
    }

    /// Why something that was asked for did not reach stdout, such as a full disk.
    pub fn lost(&self) -> Option<io::Error> {
        self.lost.lock().ok().and_then(|mut lost| lost.take())
    }

    /// Whether only errors are wanted.
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// A bar for a command that draws its own; `None` where none is wanted or nobody would see it.
    pub fn bar(&self, steps: u64) -> Option<ProgressBar> {
        (!self.quiet && io::stderr().is_terminal())
            .then(|| ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr_with_hz(10)))
    }

    fn write(&self, text: &str) {
        let show = || {
            let _ = writeln!(io::stderr().lock(), "{text}");
        };
        match self.bar.lock().ok().and_then(|bar| bar.clone()) {
            Some(bar) => bar.suspend(show),
            None => show(),
        }
    }

    fn bold(&self, text: &str, colour: &str) -> String {
        if self.colour {
            format!("\x1b[1;{colour}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

impl Progress for Screen {
    fn stage(&self, name: &str, steps: u64) {
        let Some(bar) = self.bar(steps) else {
            return;
        };
        // The template is a constant that indicatif can read; were it not, its default would be shown.
        if let Ok(style) = ProgressStyle::with_template("{msg:9} {wide_bar} {pos}/{len} {per_sec} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        if let Ok(mut slot) = self.bar.lock() {
            *slot = Some(bar);
        }
    }

    fn advance(&self, steps: u64) {
        if let Ok(Some(bar)) = self.bar.lock().as_deref() {
            bar.inc(steps);
        }
    }

    fn finish(&self) {
        if let Some(bar) = self.bar.lock().ok().and_then(|mut slot| slot.take()) {
            bar.finish_and_clear();
        }
    }

    fn note(&self, text: &str) {
        self.warn(text);
    }
}
