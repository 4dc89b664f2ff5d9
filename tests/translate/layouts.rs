//! Which graphs of a folder are used.

use augment::onnx::folder::{ModelFolder, Precision};
use augment::onnx::seq2seq::{DecoderGraphs, Layout};

use crate::{copied, folder};

#[test]
fn a_folder_with_several_layouts_uses_the_merged_one() {
    let precision = Precision::Fp32;
    let layout = |model: &str| Layout::of(&folder(model), precision).unwrap().decoder;
    assert!(matches!(layout("marian-merged"), DecoderGraphs::Merged(_)));
    assert!(matches!(layout("marian-split"), DecoderGraphs::Split { .. }));
    assert!(matches!(layout("marian-plain"), DecoderGraphs::Plain(_)));
    let dir = copied("marian-split");
    let merged = crate::models().join("marian-merged/onnx/decoder_model_merged.onnx");
    std::fs::copy(merged, dir.path().join("decoder_model_merged.onnx")).unwrap();
    let both = Layout::of(&ModelFolder::new(dir.path()), precision).unwrap();
    assert!(matches!(both.decoder, DecoderGraphs::Merged(_)));
    assert_eq!(both.files().len(), 2);
    assert_eq!(
        Layout::of(&folder("marian-split"), precision)
            .unwrap()
            .files()
            .len(),
        3
    );
}

#[test]
fn a_precision_that_is_missing_is_told_with_those_there_are() {
    let error = Layout::of(&folder("marian-merged"), Precision::Int8)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("encoder_model.onnx in int8") && error.contains("fp32"),
        "{error}"
    );
}
