//! Progress in bytes.

use std::sync::Mutex;

use augment::run::progress::Progress;
use indicatif::{ProgressBar, ProgressStyle};

use super::Screen;

/// A bar of bytes.
pub struct Bar<'a> {
    screen: &'a Screen,
    bar: Mutex<Option<ProgressBar>>,
}

impl<'a> Bar<'a> {
    pub fn new(screen: &'a Screen) -> Self {
        Bar {
            screen,
            bar: Mutex::new(None),
        }
    }

    fn now(&self) -> Option<ProgressBar> {
        self.bar.lock().ok().and_then(|bar| bar.clone())
    }
}

impl Progress for Bar<'_> {
    fn stage(&self, name: &str, steps: u64) {
        let Some(bar) = self.screen.bar(steps) else {
            return;
        };
        let template =
            "{msg:9} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";
        // The template is a constant that indicatif can read; were it not, its default would be shown.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        if let Ok(mut slot) = self.bar.lock() {
            *slot = Some(bar);
        }
    }

    fn advance(&self, steps: u64) {
        if let Some(bar) = self.now() {
            bar.inc(steps);
        }
    }

    fn finish(&self) {
        if let Some(bar) = self.bar.lock().ok().and_then(|mut slot| slot.take()) {
            bar.finish_and_clear();
        }
    }

    fn note(&self, text: &str) {
        match self.now() {
            Some(bar) => bar.suspend(|| self.screen.warn(text)),
            None => self.screen.warn(text),
        }
    }
}
