//! What the section takes and refuses.

use std::path::Path;

use super::*;
use crate::recipe::Document;
use crate::train::networks::WIDTHS;

fn read(text: &str) -> Result<NetworkSection, String> {
    let document = Document::of(Path::new("r.toml"), &format!("[network]\n{text}"));
    super::read(&document.root().unwrap()).map_err(|error| error.to_string())
}

#[test]
fn resnet_crnn_at_has_the_papers_sizes_unless_told_otherwise() {
    let paper = NetworkSection::ResnetCrnnAt {
        widths: WIDTHS.to_vec(),
        attentive: Attentive::default(),
        dropout: 0.3,
    };
    assert_eq!(read("kind = \"resnet-crnn-at\""), Ok(paper));
    let own = NetworkSection::ResnetCrnnAt {
        widths: vec![8, 12],
        attentive: Attentive {
            heads: 3,
            feed_forward: 20,
            encoder_dropout: 0.2,
        },
        dropout: 0.4,
    };
    let text = "kind = \"resnet-crnn-at\"\nwidths = [8, 12]\nheads = 3\nfeed_forward = 20\n\
                encoder_dropout = 0.2\ndropout = 0.4";
    assert_eq!(read(text), Ok(own));
}

#[test]
fn bimer_has_the_branches_that_it_is_told() {
    let branches = |text: &str| match read(&format!("kind = \"bimer\"\n{text}")) {
        Ok(NetworkSection::Bimer { speech, words, .. }) => (speech, words),
        other => panic!("{other:?}"),
    };
    let plain = SpeechSection::ResnetCnn {
        widths: WIDTHS.to_vec(),
    };
    assert_eq!(branches(""), (plain.clone(), WordsSection::Features));
    assert_eq!(branches("speech = \"resnet-cnn\"\ntext = \"features\"").0, plain);
    let recurrent = SpeechSection::ResnetCrnnAt {
        widths: WIDTHS.to_vec(),
        attentive: Attentive {
            heads: 4,
            ..Attentive::default()
        },
    };
    assert_eq!(branches("speech = \"resnet-crnn-at\"\nheads = 4").0, recurrent);
    let map = |train| {
        SpeechSection::Resnet50CrnnAt(MapSection {
            train,
            channels: 256,
            kernel: 1,
            attentive: Attentive::default(),
        })
    };
    let reader = |train| {
        WordsSection::BertText(ReaderSection {
            train,
            max_tokens: 128,
        })
    };
    let paper = "speech = \"resnet50-crnn-at\"\ntext = \"bert-text\"\n";
    for (train, speech, text) in [
        ("", Tuned::All, Tuned::All),
        ("train = \"head\"", Tuned::Head, Tuned::Head),
        (
            "train = { speech = \"head\", text = { last = 2 } }",
            Tuned::Head,
            Tuned::Last(2),
        ),
        ("train = { text = \"head\" }", Tuned::All, Tuned::Head),
    ] {
        let found = branches(&format!("{paper}{train}"));
        assert_eq!(found, (map(speech), reader(text)), "{train}");
    }
}

#[test]
fn resnet50_crnn_at_has_the_papers_sizes_unless_told_otherwise() {
    let section = |train, channels, kernel, dropout| NetworkSection::Resnet50CrnnAt {
        speech: MapSection {
            train,
            channels,
            kernel,
            attentive: Attentive::default(),
        },
        dropout,
    };
    let kind = "kind = \"resnet50-crnn-at\"\n";
    assert_eq!(read(kind), Ok(section(Tuned::All, 256, 1, 0.0)));
    let own = format!("{kind}train = \"head\"\nchannels = 64\nkernel = 3\ndropout = 0.3");
    assert_eq!(read(&own), Ok(section(Tuned::Head, 64, 3, 0.3)));
}

#[test]
fn keys_and_sizes_that_do_not_fit_are_refused_at_their_place() {
    for (text, place, part) in [
        (
            "kind = \"resnet-cnn\"\nheads = 2",
            "3: [network] heads",
            "resnet-cnn has no such key",
        ),
        (
            "kind = \"bimer\"\nfeed_forward = 2",
            "3: [network] feed_forward",
            "speech = \"resnet-cnn\"",
        ),
        (
            "kind = \"resnet-crnn-at\"\nspeech = \"resnet-cnn\"",
            "3: [network] speech",
            "no such key",
        ),
        (
            "kind = \"resnet-crnn-at\"\nheads = 3",
            "3: [network] heads",
            "3 heads for steps of 512 features",
        ),
        (
            "kind = \"resnet-crnn-at\"\nheads = 0",
            "3: [network] heads",
            "allowed are 1",
        ),
        (
            "kind = \"resnet-crnn-at\"\nwidths = [9]\nheads = 9",
            "[network] heads",
            "an even number",
        ),
        (
            "kind = \"resnet-crnn-at\"\nwidths = [4]",
            "3: [network] widths",
            "8 heads for steps of 4 features",
        ),
        (
            "kind = \"resnet-crnn-at\"\nencoder_dropout = 1.0",
            "3: [network] encoder_dropout",
            "0 to below 1",
        ),
        (
            "kind = \"resnet50-crnn-at\"\nwidths = [8]",
            "3: [network] widths",
            "resnet50-crnn-at has no such key",
        ),
        (
            "kind = \"resnet50-crnn-at\"\nkernel = 2",
            "3: [network] kernel",
            "an odd number",
        ),
        (
            "kind = \"resnet50-crnn-at\"\nchannels = 6",
            "3: [network] channels",
            "8 heads for steps of 12 features",
        ),
        (
            "kind = \"resnet50-crnn-at\"\ntrain = { speech = \"all\" }",
            "3: [network] train",
            "has one encoder",
        ),
        (
            "kind = \"resnet50-crnn-at\"\ntrain = \"some\"",
            "3: [network] train",
            "{ last = 2 }",
        ),
        (
            "kind = \"bimer\"\ntrain = \"all\"",
            "3: [network] train",
            "no such key",
        ),
        (
            "kind = \"bimer\"\ntext = \"bert-text\"\ntrain = { speech = \"all\" }",
            "4: [network] train",
            "trained as a whole",
        ),
        (
            "kind = \"bimer\"\nspeech = \"resnet50-crnn-at\"\ntrain = { text = \"all\" }",
            "4: [network] train",
            "frozen encoder",
        ),
        (
            "kind = \"bimer\"\nmax_tokens = 9",
            "3: [network] max_tokens",
            "text = \"features\"",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with("r.toml:") && error.contains(place), "{error}");
        assert!(error.contains(part), "{error}");
    }
}
