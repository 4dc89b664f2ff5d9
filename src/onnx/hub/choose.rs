//! Which files of a repository a model needs.

use super::super::folder::Precision;
use super::catalogue::Role;

/// Small files that are taken wherever they are there.
const SMALL: &[&str] = &[
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "normalizer.json",
    "vocab.json",
    "target_vocab.json",
    "vocab.txt",
    "merges.txt",
    "source.spm",
    "target.spm",
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
    "preprocessor_config.json",
];
/// Any of these makes a tokenizer; a translator has the pieces of its two languages in two files.
const TOKENIZERS: &[&str] = &[
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "source.spm",
    "sentencepiece.bpe.model",
    "spiece.model",
];
const PRECISIONS: [Precision; 4] = [Precision::Fp32, Precision::Fp16, Precision::Int8, Precision::Q4];

/// Why a repository can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChooseError {
    /// No graph at all.
    #[error(
        "it has no ONNX graph: neither model.onnx nor encoder_model.onnx, beside the configuration or in onnx/\nhint: models in this form come from organisations such as Xenova and onnx-community, or from optimum's export"
    )]
    NoGraph,
    /// Not in this precision.
    #[error("it has no {stem}.onnx in {precision}\nhint: it is there in {there}")]
    Precision {
        /// What was looked for.
        stem: &'static str,
        /// In which precision.
        precision: Precision,
        /// In which it is there.
        there: String,
    },
    /// A graph of several is not there in any precision.
    #[error("it has no {0}.onnx, which belongs to such a model")]
    NoStem(&'static str),
    /// Something beside the graphs.
    #[error("it has no {0}, which such a model needs")]
    Missing(&'static str),
}

/// The files of a model, in the order in which they should be loaded: graphs come last, so that a model whose graphs
/// are all there has everything.
///
/// `files` are the paths in the repository. Without a role, what the model is shows in the files.
///
/// # Errors
/// [`ChooseError`].
pub fn choose(
    files: &[String],
    role: Option<Role>,
    precision: Precision,
) -> Result<Vec<String>, ChooseError> {
    let has = |name: &str| files.iter().any(|file| file == name);
    let find = |stem: &str, precision: Precision| precision.places(stem).into_iter().find(|place| has(place));
    let anywhere = |stem: &str| {
        PRECISIONS
            .into_iter()
            .any(|precision| find(stem, precision).is_some())
    };

    let has_decoder = role.map_or_else(|| anywhere("encoder_model"), Role::has_decoder);
    if !anywhere("model") && !anywhere("encoder_model") {
        return Err(ChooseError::NoGraph);
    }
    let need = |stem: &'static str| {
        find(stem, precision).ok_or_else(|| {
            let there = PRECISIONS
                .into_iter()
                .filter(|&other| find(stem, other).is_some());
            let there: Vec<String> = there.map(|other| other.to_string()).collect();
            if there.is_empty() {
                ChooseError::NoStem(stem)
            } else {
                ChooseError::Precision {
                    stem,
                    precision,
                    there: there.join(", "),
                }
            }
        })
    };
    let graphs = if has_decoder {
        match find("decoder_model_merged", precision) {
            Some(merged) => vec![merged, need("encoder_model")?],
            None => {
                let decoder = need("decoder_model")?;
                let past = find("decoder_with_past_model", precision);
                // The plain decoder last: alone it would look like the whole of a model without a cache.
                past.into_iter()
                    .chain([need("encoder_model")?, decoder])
                    .collect()
            }
        }
    } else {
        vec![need("model")?]
    };

    if !has("config.json") {
        return Err(ChooseError::Missing("config.json"));
    }
    let hears_or_sees = has("preprocessor_config.json");
    let has_tokenizer = role.map_or(has_decoder || !hears_or_sees, Role::has_tokenizer);
    if has_tokenizer && !TOKENIZERS.iter().any(|name| has(name)) {
        return Err(ChooseError::Missing(
            "tokenizer (tokenizer.json, vocab.txt, vocab.json or .spm)",
        ));
    }
    if role == Some(Role::SpeechToText) && !hears_or_sees {
        return Err(ChooseError::Missing("preprocessor_config.json"));
    }
    let small = SMALL
        .iter()
        .filter(|name| has(name))
        .map(|name| (*name).to_owned());
    let weights = files
        .iter()
        .filter(|file| graphs.iter().any(|graph| is_data_of(file, graph)));
    Ok(small
        .chain(weights.cloned())
        .chain(graphs.iter().cloned())
        .collect())
}

/// Whether a file holds weights of a graph that did not fit into it: `model.onnx_data`, `model.onnx_data_1`,
/// `model.onnx.data`.
#[must_use]
pub fn is_data_of(file: &str, graph: &str) -> bool {
    let Some(rest) = file.strip_prefix(graph) else {
        return false;
    };
    let number =
        |rest: &str| rest.is_empty() || rest.strip_prefix('_').is_some_and(|n| n.parse::<u32>().is_ok());
    [".data", "_data"]
        .iter()
        .any(|ending| rest.strip_prefix(ending).is_some_and(number))
}

/// The precisions in which a model with these files can be run.
#[must_use]
pub fn precisions(files: &[String], role: Option<Role>) -> Vec<Precision> {
    let works = |precision: &Precision| choose(files, role, *precision).is_ok();
    PRECISIONS.into_iter().filter(works).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_masked_lm_in_onnx() {
        let all = files(&[
            "README.md",
            "config.json",
            "onnx/model.onnx",
            "onnx/model_fp16.onnx",
            "onnx/model_quantized.onnx",
            "onnx/model_int8.onnx",
            "tokenizer.json",
            "vocab.txt",
            "pytorch_model.bin",
        ]);
        let role = Some(Role::MaskedLm);
        let small = ["config.json", "tokenizer.json", "vocab.txt"];
        let with = |graph| [&small[..], &[graph]].concat();
        assert_eq!(
            choose(&all, role, Precision::Fp32).unwrap(),
            with("onnx/model.onnx")
        );
        assert_eq!(
            choose(&all, None, Precision::Fp16).unwrap(),
            with("onnx/model_fp16.onnx")
        );
        assert_eq!(
            choose(&all, role, Precision::Int8).unwrap(),
            with("onnx/model_quantized.onnx")
        );
        let error = choose(&all, role, Precision::Q4).unwrap_err().to_string();
        assert!(
            error.contains("no model.onnx in q4") && error.contains("fp32, fp16, int8"),
            "{error}"
        );
        assert_eq!(precisions(&all, role).len(), 3);
    }

    #[test]
    fn the_three_layouts_of_a_translator() {
        let base = [
            "config.json",
            "source.spm",
            "target.spm",
            "vocab.json",
            "onnx/encoder_model.onnx",
        ];
        let with = |names: &[&str]| choose(&files(&[&base[..], names].concat()), None, Precision::Fp32);
        let graphs = |chosen: Vec<String>| {
            chosen
                .into_iter()
                .filter(|name| name.ends_with(".onnx"))
                .collect::<Vec<_>>()
        };
        let (merged, plain, past) = (
            "onnx/decoder_model_merged.onnx",
            "onnx/decoder_model.onnx",
            "onnx/decoder_with_past_model.onnx",
        );
        let encoder = "onnx/encoder_model.onnx";
        assert_eq!(graphs(with(&[plain, merged, past]).unwrap()), [merged, encoder]);
        assert_eq!(graphs(with(&[plain, past]).unwrap()), [past, encoder, plain]);
        assert_eq!(graphs(with(&[plain]).unwrap()), [encoder, plain]);
        assert_eq!(with(&[past]).unwrap_err(), ChooseError::NoStem("decoder_model"));
    }

    #[test]
    fn weights_beside_the_graph_come_with_it_and_before_it() {
        let all = files(&[
            "config.json",
            "tokenizer.json",
            "onnx/model.onnx",
            "onnx/model.onnx_data",
            "onnx/model.onnx_data_1",
            "onnx/model.onnx_database",
            "onnx/model_fp16.onnx_data",
            "onnx/model.onnx.data",
        ]);
        let chosen = choose(&all, None, Precision::Fp32).unwrap();
        let expected = [
            "onnx/model.onnx_data",
            "onnx/model.onnx_data_1",
            "onnx/model.onnx.data",
            "onnx/model.onnx",
        ];
        assert_eq!(chosen[2..], expected);
    }

    #[test]
    fn what_is_missing_is_named() {
        let graph = "model.onnx";
        assert_eq!(
            choose(&files(&["config.json"]), None, Precision::Fp32),
            Err(ChooseError::NoGraph)
        );
        let missing = |names: &[&str], role| match choose(&files(names), role, Precision::Fp32) {
            Err(ChooseError::Missing(name)) => name,
            other => panic!("{other:?}"),
        };
        assert_eq!(missing(&[graph, "tokenizer.json"], None), "config.json");
        assert!(missing(&[graph, "config.json"], None).starts_with("tokenizer"));
        let sees = [graph, "config.json", "preprocessor_config.json"];
        assert!(choose(&files(&sees), None, Precision::Fp32).is_ok());
        assert!(choose(&files(&sees), Some(Role::ImageEncoder), Precision::Fp32).is_ok());
        assert!(missing(&sees, Some(Role::MaskedLm)).starts_with("tokenizer"));
        let error = choose(&files(&sees), Some(Role::Translator), Precision::Fp32).unwrap_err();
        assert_eq!(error, ChooseError::NoStem("decoder_model"));
    }
}
