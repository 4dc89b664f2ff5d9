use prost::Message;

use super::proto::{ModelFile, PieceEntry, Rules, Trainer};
use super::{SentencePiece, SpmError};

const UNIGRAM: i32 = 1;
const BPE: i32 = 2;

/// (piece, score, kind)
type Row<'a> = (&'a str, f32, i32);

fn file(method: i32, rows: &[Row<'_>]) -> ModelFile {
    let mut pieces = vec![("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3)];
    pieces.extend(rows);
    ModelFile {
        pieces: pieces
            .into_iter()
            .map(|(piece, score, kind)| PieceEntry {
                piece: Some(piece.to_owned()),
                score: Some(score),
                kind: Some(kind),
            })
            .collect(),
        trainer: Some(Trainer {
            model_type: Some(method),
            ..Trainer::default()
        }),
        normalizer: Some(Rules::default()),
        denormalizer: None,
    }
}

fn open(file: &ModelFile) -> Result<SentencePiece, SpmError> {
    SentencePiece::parse(&file.encode_to_vec())
}

fn model(method: i32, rows: &[Row<'_>]) -> SentencePiece {
    open(&file(method, rows)).unwrap()
}

const CAT: &[Row<'_>] = &[
    ("▁", -2.0, 1),
    ("c", -3.0, 1),
    ("a", -3.0, 1),
    ("t", -3.0, 1),
    ("▁c", -4.0, 1),
    ("at", -4.5, 1),
    ("▁cat", -9.0, 1),
];

#[test]
fn the_likeliest_pieces_win() {
    let spm = model(UNIGRAM, CAT);
    // ▁c + at = −8.5, ▁cat = −9, ▁ + c + at = −9.5.
    assert_eq!(spm.pieces("cat"), ["▁c", "at"]);
    assert_eq!(spm.pieces("  cat   a "), ["▁c", "at", "▁", "a"]);
    assert_eq!(spm.pieces(""), Vec::<String>::new());
    assert_eq!(spm.pieces("   "), Vec::<String>::new());
}

#[test]
fn what_is_unknown_stays_together_as_it_is() {
    let spm = model(UNIGRAM, CAT);
    assert_eq!(spm.pieces("éß cat"), ["▁", "éß", "▁c", "at"]);
    // Names of control pieces in a text are text.
    assert_eq!(spm.pieces("</s>"), ["▁", "</s>"]);
}

#[test]
fn bytes_stand_for_what_is_unknown_where_the_model_has_them() {
    let mut file = file(UNIGRAM, CAT);
    let bytes = (0..=255).map(|byte| PieceEntry {
        piece: Some(format!("<0x{byte:02X}>")),
        score: Some(0.0),
        kind: Some(6),
    });
    file.pieces.extend(bytes);
    file.trainer.as_mut().unwrap().byte_fallback = Some(true);
    let spm = open(&file).unwrap();
    assert_eq!(spm.pieces("é a"), ["▁", "<0xC3>", "<0xA9>", "▁", "a"]);
    assert_eq!(spm.join(&["▁", "<0xC3>", "<0xA9>", "▁", "a"]), "é a");
    // Half a character: one sign for each byte.
    assert_eq!(spm.join(&["▁c", "<0xE2>", "<0x82>", "a"]), "c\u{fffd}\u{fffd}a");
}

#[test]
fn symbols_of_the_user_are_never_cut_or_changed() {
    let mut rows = CAT.to_vec();
    rows.push(("ca", -100.0, 4));
    for method in [UNIGRAM, BPE] {
        assert_eq!(model(method, &rows).pieces("cat"), ["▁", "ca", "t"], "{method}");
    }
}

#[test]
fn byte_pairs_merge_by_score_and_from_the_left() {
    let rows = [
        ("▁", -9.0, 1),
        ("a", -9.0, 1),
        ("b", -9.0, 1),
        ("aa", -1.0, 1),
        ("ab", -2.0, 1),
        ("▁aa", -3.0, 1),
    ];
    let spm = model(BPE, &rows);
    assert_eq!(spm.pieces("aaa"), ["▁aa", "a"]);
    // aa (−1) goes before ab (−2).
    assert_eq!(spm.pieces("baab"), ["▁", "b", "aa", "b"]);
    assert_eq!(spm.pieces("zzb"), ["▁", "zz", "b"]);
}

#[test]
fn a_merge_that_must_not_come_out_is_cut_again() {
    let rows = [
        ("a", -9.0, 1),
        ("b", -9.0, 1),
        ("c", -9.0, 1),
        ("ab", -1.0, 5),
        ("abc", -2.0, 5),
        ("▁", -9.0, 1),
    ];
    assert_eq!(model(BPE, &rows).pieces("abc"), ["▁", "a", "b", "c"]);
    assert_eq!(model(UNIGRAM, &rows).pieces("abc"), ["▁", "a", "b", "c"]);
}

#[test]
fn joining_drops_the_space_that_was_added() {
    let spm = model(UNIGRAM, CAT);
    assert_eq!(spm.join(&["▁c", "at", "▁", "a"]), "cat a");
    assert_eq!(spm.join(&["<s>", "▁c", "</s>", "at"]), "cat");
    assert_eq!(spm.join(&["▁c", "<unk>", "at"]), "c \u{2047} at");
    // Pieces that are not the model's own come through as they are.
    assert_eq!(spm.join(&["▁c", "▁xyz"]), "c▁xyz");
    assert_eq!(spm.join(&[]), "");
}

#[test]
fn spaces_are_kept_where_the_model_counts_them() {
    let mut file = file(UNIGRAM, CAT);
    file.normalizer.as_mut().unwrap().remove_extra_whitespaces = Some(false);
    let spm = open(&file).unwrap();
    assert_eq!(spm.pieces(" a"), ["▁", "▁", "a"]);
    assert_eq!(spm.join(&["▁", "▁", "a"]), " a");
    file.normalizer.as_mut().unwrap().add_dummy_prefix = Some(false);
    assert_eq!(open(&file).unwrap().pieces("a "), ["a", "▁"]);
    file.normalizer = Some(Rules::default());
    file.trainer.as_mut().unwrap().treat_whitespace_as_suffix = Some(true);
    assert_eq!(open(&file).unwrap().pieces("a"), ["a", "▁"]);
}

#[test]
fn replacements_take_the_longest_match() {
    let mut file = file(UNIGRAM, CAT);
    file.normalizer.as_mut().unwrap().precompiled_charsmap = Some(map_of_b_and_bb());
    let spm = open(&file).unwrap();
    assert_eq!(spm.pieces("b"), ["▁", "a"]);
    assert_eq!(spm.pieces("bb"), ["▁c"]);
    assert_eq!(spm.pieces("bbb"), ["▁c", "a"]);
}

/// A double array in which "b" leads to "a" and "bb" to "c".
fn map_of_b_and_bb() -> Vec<u8> {
    let unit = |label: u32, leaf: bool, offset: u32| label | u32::from(leaf) << 8 | offset << 10;
    let mut units = vec![0_u32; 512];
    // The root's children begin at 256: "b" is at 256 ^ 0x62, its own children at that place ^ 1.
    units[0] = unit(0, false, 256);
    let first = 256 ^ 0x62;
    units[first] = unit(0x62, true, 1);
    let below = first ^ 1;
    units[below] = 1 << 31;
    let second = below ^ 0x62;
    units[second] = unit(0x62, true, 2);
    units[second ^ 2] = 1 << 31 | 2;
    let mut blob = u32::try_from(units.len() * 4).unwrap().to_le_bytes().to_vec();
    blob.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    blob.extend(b"a\0c\0");
    blob
}

#[test]
fn what_is_broken_is_told() {
    assert!(matches!(SentencePiece::parse(b""), Err(SpmError::Empty)));
    assert!(matches!(
        SentencePiece::parse(b"{\"a\": 1}"),
        Err(SpmError::Decode(_))
    ));
    assert!(matches!(open(&file(4, CAT)), Err(SpmError::Method(4))));
    assert!(matches!(
        open(&file(UNIGRAM, &[("a", -1.0, 9)])),
        Err(SpmError::Kind(9))
    ));
    assert!(matches!(
        open(&file(UNIGRAM, &[("a", f32::NAN, 1)])),
        Err(SpmError::Score(_))
    ));
    let long = [&[0; 4][..], &[b'a'; 300]].concat();
    for blob in [
        long,
        vec![1],
        vec![255, 255, 255, 255, 0],
        vec![3, 0, 0, 0, 1, 2, 3],
        vec![0, 0, 0, 0, 0xff],
    ] {
        let mut file = file(UNIGRAM, CAT);
        file.normalizer.as_mut().unwrap().precompiled_charsmap = Some(blob.clone());
        assert!(matches!(open(&file), Err(SpmError::CharsMap)), "{blob:?}");
    }
}
