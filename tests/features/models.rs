//! Encoders that a user may bring: graphs made here, with the small encoder's tokenizer.

use std::path::Path;

use augment::onnx::check::check;
use augment::onnx::folder::{ModelFolder, Precision};
use augment::onnx::graph::proto::{AttributeProto, ModelProto, NodeProto, type_proto};
use augment::onnx::graph::{Dim, Element, Graph, Shape, Tensor, Value};
use augment::onnx::pooling::Pooling;
use augment::run::interrupt::Interrupt;
use augment::run::progress::Silent;
use augment::train::features::cache::FeatureCache;
use augment::train::features::{self, FeatureError};

use prost::Message;

use crate::lab::{PLENTY, compute, folder, open, plan, row, sentences, strs};
use crate::support;

/// A folder with a graph that takes ids alone: `make` gives its output from the ids as `[texts, tokens, 1]`.
fn model(output: &str, make: impl FnOnce(&mut Graph, Value) -> Value) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let from = folder("sentence-encoder").join("tokenizer.json");
    std::fs::copy(from, dir.path().join("tokenizer.json")).unwrap();
    let mut graph = Graph::new("made");
    let shape = Shape::from(vec![Dim::named("texts"), Dim::named("tokens")]);
    let ids = graph.input("input_ids", Element::I64, shape).unwrap();
    let ids = graph.cast(ids, Element::F32).unwrap();
    let ids = graph.reshape(ids, &[0, 0, 1]).unwrap();
    let made = make(&mut graph, ids);
    graph.output(output, made).unwrap();
    std::fs::write(dir.path().join("model.onnx"), graph.to_model(&[]).unwrap()).unwrap();
    dir
}

/// Each token's vector is its id times these numbers.
fn times(numbers: &[f32]) -> tempfile::TempDir {
    model("last_hidden_state", |graph, ids| {
        let numbers = Tensor::f32(&[1, numbers.len()], numbers).unwrap();
        let numbers = graph.constant(numbers).unwrap();
        graph.matmul(ids, numbers).unwrap()
    })
}

#[test]
fn a_zero_vector_stays_zero() {
    let model = times(&[0.0, -0.0, 0.0]);
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    for done in [4, 0] {
        let mut encoder = open(model.path(), Pooling::Auto).unwrap();
        let (found, computed) = compute(&mut encoder, &sentences(0..4), &cache);
        assert_eq!((found.size(), computed), (3, done));
        assert!((0..4).all(|at| row(&found, at).iter().all(|zero| zero.to_bits() == 0)));
    }
}

#[test]
fn what_is_no_number_is_an_error_that_names_the_text() {
    for bad in [f32::NAN, f32::INFINITY] {
        let model = times(&[1.0, bad]);
        let mut encoder = open(model.path(), Pooling::Auto).unwrap();
        let error = features::compute(
            &mut encoder,
            &["my friend"],
            &FeatureCache::none(),
            &Interrupt::default(),
            &Silent,
        )
        .unwrap_err();
        assert!(matches!(error, FeatureError::NotFinite { .. }));
        assert!(
            error.to_string().contains("no number for \"my friend\""),
            "{error}"
        );
        assert!(error.to_string().contains("\nhint: "), "{error}");
        let folder = ModelFolder::new(model.path());
        let engine = support::engine(1);
        let checked = check(&engine, &folder, Precision::Fp32, None, &Interrupt::default());
        let error = checked.unwrap_err().to_string();
        assert!(error.contains("its vectors hold what is no number"), "{error}");
    }
}

/// Has the product's numbers chosen while it runs: the first two, one for each dimension of the ids.
fn leave_open(path: &Path) {
    let mut model = ModelProto::decode(&std::fs::read(path).unwrap()[..]).unwrap();
    let graph = model.graph.as_mut().unwrap();
    let at = graph
        .node
        .iter()
        .position(|node| node.op_type() == "MatMul")
        .unwrap();
    let numbers = std::mem::replace(&mut graph.node[at].input[1], "chosen".to_owned());
    let node = |operator: &str, inputs: &[&str], output: &str, attribute: Option<(&str, i64)>| NodeProto {
        op_type: Some(operator.to_owned()),
        input: inputs.iter().map(|&name| name.to_owned()).collect(),
        output: vec![output.to_owned()],
        attribute: attribute
            .map(|(name, number)| AttributeProto {
                name: Some(name.to_owned()),
                r#type: Some(2),
                i: Some(number),
                ..AttributeProto::default()
            })
            .into_iter()
            .collect(),
        ..NodeProto::default()
    };
    // 9 is BOOL.
    let new = [
        node("Shape", &["input_ids"], "sizes", None),
        node("Cast", &["sizes"], "choice", Some(("to", 9))),
        node("Compress", &[&numbers, "choice"], "chosen", Some(("axis", 1))),
    ];
    graph.node.splice(at..at, new);
    graph.value_info.clear();
    let output = graph.output[0].r#type.as_mut().unwrap();
    if let Some(type_proto::Value::TensorType(tensor)) = &mut output.value {
        tensor.shape = None;
    }
    std::fs::write(path, model.encode_to_vec()).unwrap();
}

#[test]
fn a_graph_that_leaves_its_size_open_is_measured() {
    let model = times(&[1.0, -2.0, 3.0, -4.0]);
    leave_open(&model.path().join("model.onnx"));
    let mut encoder = open(model.path(), Pooling::Auto).unwrap();
    assert_eq!(encoder.size(), None);
    let texts = sentences(0..3);
    assert_eq!(plan(&encoder, &texts, &FeatureCache::none()).bytes, None);
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let (found, done) = compute(&mut encoder, &texts, &cache);
    assert_eq!((found.size(), done, encoder.size()), (2, 3, Some(2)));
    // A fresh one does not know its size, and finds what is kept.
    let mut fresh = open(model.path(), Pooling::Auto).unwrap();
    let again = plan(&fresh, &texts, &cache);
    assert_eq!((again.known, again.bytes), (3, None));
    assert_eq!(fresh.measure(&Interrupt::default()).unwrap(), 2);
    assert_eq!(plan(&fresh, &texts, &cache).bytes, Some(12));
}

#[test]
fn a_graph_that_pools_itself_has_no_other_pooling() {
    let model = model("sentence_embedding", |graph, ids| {
        let numbers = Tensor::f32(&[1, 2], &[1.0, -1.0]).unwrap();
        let numbers = graph.constant(numbers).unwrap();
        let product = graph.matmul(ids, numbers).unwrap();
        graph.mean(product, &[1], false).unwrap()
    });
    let mut own = open(model.path(), Pooling::Auto).unwrap();
    assert_eq!(own.pooled(), "graph");
    assert_eq!(
        compute(&mut own, &sentences(0..2), &FeatureCache::none())
            .0
            .size(),
        2
    );
    let error = open(model.path(), Pooling::First).unwrap_err().to_string();
    let expected = "found pooling \"first\" for a graph that gives sentence_embedding alone, expected an output \
                    last_hidden_state or token_embeddings\n\
                    hint: pooling \"auto\" takes what the graph gives";
    assert!(error.ends_with(expected), "{error}");
}

/// Without a mask a graph takes padding for text, so texts must not be padded.
#[test]
fn a_graph_without_a_mask_gives_the_same_in_any_company() {
    // Every token hears the sum of all tokens of its row.
    let model = model("last_hidden_state", |graph, ids| {
        let hidden = graph.add_number(ids, 1.0).unwrap();
        let sum = graph.sum(hidden, &[1], true).unwrap();
        let numbers = Tensor::f32(&[1, 3], &[1.0, 0.5, 0.25]).unwrap();
        let numbers = graph.constant(numbers).unwrap();
        let product = graph.matmul(hidden, numbers).unwrap();
        let heard = graph.mul(sum, hidden).unwrap();
        graph.add(product, heard).unwrap()
    });
    let texts = sentences(0..30);
    let mut encoder = open(model.path(), Pooling::Auto).unwrap();
    let together = encoder.encode(&strs(&texts), &Interrupt::default()).unwrap();
    for (text, feature) in texts.iter().zip(&together) {
        let alone = encoder.encode(&[text], &Interrupt::default()).unwrap();
        assert_eq!(&alone[0], feature, "{text}");
    }
    assert_ne!(together[0], together[5]);
}
