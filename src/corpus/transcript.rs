//! Transcripts that lie beside the audio: `take.txt` is the text of `take.wav`.

use std::path::Path;

use super::scan::{MAX_TEXT_BYTES, read_text_file};

/// The text beside `audio`, without white space at its ends; empty where there is none.
///
/// # Errors
/// Why the text is left empty, in words: the file cannot be read, is too long, or is not UTF-8.
pub fn beside(audio: &Path) -> Result<String, String> {
    let path = audio.with_extension("txt");
    if !path.exists() {
        return Ok(String::new());
    }
    let bytes = read_text_file(&path, MAX_TEXT_BYTES).map_err(|error| left_empty(&error.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| left_empty("is not UTF-8"))?;
    Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
}

fn left_empty(problem: &str) -> String {
    format!("transcript: {problem}; the utterance stays, with an empty text")
}
