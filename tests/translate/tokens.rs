//! Token ids of sources.

use augment::draw::Draw;
use augment::onnx::folder::{ModelFolder, Precision};
use augment::onnx::seq2seq::{Languages, Translator};
use augment::onnx::spm::SentencePiece;
use serde::Deserialize;

use crate::{copied, goldens, support, translator};

#[derive(Deserialize)]
struct Row {
    text: String,
    source: Option<String>,
    ids: Vec<u32>,
    /// What tokenizer.json says, if it is something else: between the special tokens.
    fast: Option<Vec<u32>>,
}

impl Row {
    /// The target does not show in a source's ids.
    fn languages(&self) -> Option<Languages<'_>> {
        let source = self.source.as_deref()?;
        Some(Languages { source, target: "en" })
    }
}

#[test]
fn marian_sources_are_those_of_transformers() {
    let translator = translator("marian-merged", 1);
    for row in goldens::<Row>("marian.tokens.jsonl") {
        assert_eq!(
            translator.source(&row.text, None).unwrap(),
            row.ids,
            "{:?}",
            row.text
        );
    }
}

#[test]
fn m2m100_sources_are_those_of_transformers() {
    let translator = translator("m2m100", 1);
    for row in goldens::<Row>("m2m100.tokens.jsonl") {
        assert_eq!(
            translator.source(&row.text, row.languages()).unwrap(),
            row.ids,
            "{:?}",
            row.text
        );
    }
}

#[test]
fn tokenizer_json_serves_where_there_is_nothing_else() {
    let dir = copied("m2m100");
    std::fs::remove_file(dir.path().join("sentencepiece.bpe.model")).unwrap();
    let folder = ModelFolder::new(dir.path());
    let translator = Translator::open(&support::engine(1), &folder, Precision::Fp32).unwrap();
    for row in goldens::<Row>("m2m100.tokens.jsonl") {
        let ids = translator.source(&row.text, row.languages()).unwrap();
        let expected = match &row.fast {
            Some(fast) => [&row.ids[..1], fast, &row.ids[row.ids.len() - 1..]].concat(),
            None => row.ids.clone(),
        };
        assert_eq!(ids, expected, "{:?}", row.text);
    }
}

#[test]
fn a_cut_source_keeps_its_frame() {
    let long = "my sister is happy. ".repeat(40);
    let whole = translator("marian-merged", 1).source(&long, None).unwrap();
    let cut = translator("marian-merged", 1)
        .cutting()
        .source(&long, None)
        .unwrap();
    assert!(whole.len() > 64);
    assert_eq!(cut.len(), 64);
    assert_eq!(cut[..63], whole[..63]);
    assert_eq!(cut[63], whole[whole.len() - 1]);
    let languages = Languages {
        source: "en",
        target: "fr",
    };
    let m2m100 = translator("m2m100", 1)
        .cutting()
        .source(&long, Some(languages))
        .unwrap();
    let short = translator("m2m100", 1).source("a", Some(languages)).unwrap();
    assert_eq!(
        (m2m100.len(), m2m100[0], m2m100[63]),
        (64, short[0], short[short.len() - 1])
    );
}

#[test]
fn broken_models_are_told_or_read_but_never_panic() {
    let bytes = std::fs::read(crate::models().join("marian-merged/target.spm")).unwrap();
    let mut draw = Draw::new(1, "broken", "test");
    let (mut told, mut read) = (0, 0);
    for _ in 0..400 {
        let mut broken = bytes.clone();
        for _ in 0..1 + draw.below(8) {
            let at = draw.below(broken.len() as u64) as usize;
            broken[at] = draw.bits() as u8;
        }
        broken.truncate(draw.below(4 * bytes.len() as u64) as usize);
        match SentencePiece::parse(&broken) {
            Ok(spm) => {
                let pieces = spm.pieces("Çok  güzel, ﬁne \u{3000}１２３ <0x41>▁x");
                let _ = spm.join(&pieces.iter().map(String::as_str).collect::<Vec<_>>());
                read += 1;
            }
            Err(_) => told += 1,
        }
    }
    assert!(told > 20 && read > 20, "{told} {read}");
}
