//! Models' files in all forms that exporters write, as layers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use augment::onnx::graph::import::Place;
use augment::onnx::graph::network::{Net, Network, Port, Tuned};
use augment::onnx::graph::proto::tensor_proto::DataLocation;
use augment::onnx::graph::proto::{ModelProto, NodeProto, StringStringEntryProto};
use augment::onnx::graph::train::{
    LOGITS, Optimizer, Settings, State, Trainer, TrainingStep, inference_model,
};
use augment::onnx::graph::{Element, Graph, GraphError, Import, Shape, Tensor, Value};
use ort::value::Tensor as OrtTensor;
use prost::Message;

use crate::bert::bytes;
use crate::goldens::near;
use crate::nets::{batch, targets};
use crate::support;

#[test]
fn weights_have_their_layers_also_where_they_lost_their_names() {
    let import = Import::parse(&bytes("model")).unwrap();
    assert_eq!(import.layers(), 2);
    let mut counts = BTreeMap::new();
    for (name, tensor) in import.weights() {
        if tensor.element() == Element::F32 {
            *counts.entry(import.place(name)).or_insert(0) += 1;
        }
    }
    // Three tables and a normalisation; six products with biases and two normalisations a layer.
    let expected = [
        (Some(Place::Before), 5),
        (Some(Place::Layer(0)), 16),
        (Some(Place::Layer(1)), 16),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    let numbered = import
        .weights()
        .iter()
        .filter(|(name, _)| name.starts_with("onnx::MatMul"));
    assert_eq!(numbered.count(), 12);
}

fn graph(import: &Import) -> Graph {
    let sizes: Vec<(&str, Vec<usize>)> = import
        .inputs()
        .into_iter()
        .map(|name| (name, vec![2, 5]))
        .collect();
    import.graph(&sizes).unwrap()
}

#[test]
fn sizes_other_than_those_of_the_file_are_refused() {
    let import = Import::parse(&bytes("model")).unwrap();
    let vectors = graph(&import).outputs()[0];
    assert_eq!(graph(&import).shape(vectors).unwrap(), Shape::from([2, 5, 8]));
    let error = import.graph(&[("words", vec![2, 5])]).unwrap_err().to_string();
    assert!(
        error.contains("found the inputs input_ids, attention_mask, token_type_ids"),
        "{error}"
    );
    let error = import
        .graph(&[("input_ids", vec![2, 5, 1])])
        .unwrap_err()
        .to_string();
    assert!(error.contains("one that takes [2, 5, 1]"), "{error}");
    // More tokens than it has positions.
    let sizes: Vec<(&str, Vec<usize>)> = import
        .inputs()
        .into_iter()
        .map(|name| (name, vec![2, 13]))
        .collect();
    assert!(import.graph(&sizes).is_err());
}

/// What large models are exported as: weights in a file beside.
#[test]
fn weights_may_lie_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = ModelProto::decode(&bytes("model")[..]).unwrap();
    let mut data = vec![0_u8; 16];
    let entry = |key: &str, value: String| StringStringEntryProto {
        key: Some(key.to_owned()),
        value: Some(value),
    };
    for tensor in &mut model.graph.as_mut().unwrap().initializer {
        let raw = tensor.raw_data.take().unwrap_or_default();
        tensor.set_data_location(DataLocation::External);
        tensor.external_data = vec![
            entry("location", "weights.bin".to_owned()),
            entry("offset", data.len().to_string()),
            entry("length", raw.len().to_string()),
        ];
        data.extend(raw);
    }
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, model.encode_to_vec()).unwrap();
    let missing = Import::open(&path).unwrap_err().to_string();
    assert!(missing.contains("weights.bin"), "{missing}");
    std::fs::write(folder.path().join("weights.bin"), &data).unwrap();
    assert_eq!(
        Import::open(&path).unwrap().weights(),
        Import::parse(&bytes("model")).unwrap().weights()
    );
    std::fs::write(folder.path().join("weights.bin"), &data[..40]).unwrap();
    let short = Import::open(&path).unwrap_err().to_string();
    assert!(short.contains("weights.bin: 40 bytes"), "{short}");
    for place in ["../weights.bin", "/etc/passwd", ""] {
        let first = &mut model.graph.as_mut().unwrap().initializer[0];
        first.external_data[0].value = Some(place.to_owned());
        std::fs::write(&path, model.encode_to_vec()).unwrap();
        let outside = Import::open(&path).unwrap_err().to_string();
        assert!(
            outside.contains("expected weights in a file of the model's folder"),
            "{outside}"
        );
    }
}

/// Files that keep a weight in 16 bits and turn it to 32 where it is used train it in 32.
#[test]
fn halves_become_whole() {
    let mut model = ModelProto::decode(&bytes("model")[..]).unwrap();
    let inner = model.graph.as_mut().unwrap();
    let name = "embeddings.word_embeddings.weight";
    let table = inner
        .initializer
        .iter_mut()
        .find(|tensor| tensor.name() == name)
        .unwrap();
    let (numbers, _) = table.raw_data.as_ref().unwrap().as_chunks::<4>();
    let halves = numbers
        .iter()
        .map(|bytes| half::f16::from_f32(f32::from_le_bytes(*bytes)));
    table.raw_data = Some(halves.flat_map(half::f16::to_le_bytes).collect());
    table.data_type = Some(Element::F16.code());
    for node in &mut inner.node {
        for input in node.input.iter_mut().filter(|input| *input == name) {
            *input = "wide".to_owned();
        }
    }
    let mut to = augment::onnx::graph::proto::AttributeProto {
        name: Some("to".to_owned()),
        i: Some(i64::from(Element::F32.code())),
        ..Default::default()
    };
    to.set_type(augment::onnx::graph::proto::attribute_proto::AttributeType::Int);
    inner.node.insert(
        0,
        NodeProto {
            op_type: Some("Cast".to_owned()),
            input: vec![name.to_owned()],
            output: vec!["wide".to_owned()],
            attribute: vec![to],
            ..NodeProto::default()
        },
    );
    let import = Import::parse(&model.encode_to_vec()).unwrap();
    assert_eq!(import.place(name), Some(Place::Before));
    let weights: State = import.weights().iter().cloned().collect();
    assert_eq!(
        (weights[name].element(), weights[name].dims()),
        (Element::F32, &[24, 8][..])
    );
}

/// A mean over an axis as older versions of the operators have it, under a linear layer.
struct Older(Import);

impl Network for Older {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new("x", &[3, 5])]
    }

    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError> {
        let x = net.imported("older", &self.0, &[("x", inputs[0])], "y", Tuned::All)?;
        net.linear("head", x, 2)
    }
}

#[test]
fn older_operators_are_written_as_newer_ones() {
    let mut graph = Graph::new("older");
    let batch = augment::onnx::graph::Dim::named("n");
    let x = graph
        .input("x", Element::F32, Shape::from(vec![batch, 3.into(), 5.into()]))
        .unwrap();
    let y = graph.mean(x, &[1], false).unwrap();
    graph.output("y", y).unwrap();
    let mut model = ModelProto::decode(&graph.to_model(&[]).unwrap()[..]).unwrap();
    model.opset_import[0].version = Some(17);
    let inner = model.graph.as_mut().unwrap();
    inner.initializer.clear();
    inner.node[0].input.truncate(1);
    let mut axes = augment::onnx::graph::proto::AttributeProto {
        name: Some("axes".to_owned()),
        ints: vec![1],
        ..Default::default()
    };
    axes.set_type(augment::onnx::graph::proto::attribute_proto::AttributeType::Ints);
    inner.node[0].attribute.push(axes);
    let network = Older(Import::parse(&model.encode_to_vec()).unwrap());
    let state: State = [
        (
            "head.weight".to_owned(),
            Tensor::f32(&[2, 5], &[1.0; 10]).unwrap(),
        ),
        ("head.bias".to_owned(), Tensor::f32(&[2], &[0.0, 1.0]).unwrap()),
    ]
    .into();
    let model = inference_model(&network, &state, &[]).unwrap();
    let mut session = support::engine(1).session_of("older", &model).unwrap();
    let x: Vec<f32> = (0..15_u8).map(f32::from).collect();
    let x = OrtTensor::from_array((vec![1, 3, 5], x)).unwrap();
    let outputs = session.run(vec![(Cow::from("x"), x.into())]).unwrap();
    assert_eq!(
        outputs[LOGITS].try_extract_tensor::<f32>().unwrap().1,
        [35.0, 36.0]
    );
}

/// A small ResNet with its own head, frozen or not.
struct Resnet(Import);

impl Network for Resnet {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new("image", &[3, 24, 32])]
    }

    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError> {
        net.imported("resnet", &self.0, &[("image", inputs[0])], "scores", Tuned::All)
    }
}

/// Both exporters fold normalisations into convolutions.
#[test]
fn a_resnet_of_both_exporters_is_used_and_trained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
    let golden = std::fs::read_to_string(root.join("goldens/resnet-random.json")).unwrap();
    let golden: Vec<f32> = serde_json::from_str(&golden).unwrap();
    for (file, weights) in [("script", 20), ("dynamo", 20)] {
        let import = Import::open(&root.join(format!("resnet-random/{file}.onnx"))).unwrap();
        let network = Resnet(import);
        let settings = Settings {
            batch: 2,
            seed: 1,
            optimizer: Optimizer::adam_w(0.1),
            clip: None,
            class_weights: None,
        };
        let step = TrainingStep::new(&network, &settings).unwrap();
        assert_eq!(step.slots.len(), 3 * weights, "{file}");
        let state = step.first_state().unwrap();
        let model = inference_model(&network, &state, &[]).unwrap();
        let data = batch(&network, 2, 0);
        for rows in [2, 1] {
            let mut session = support::engine(1).session_of("resnet", &model).unwrap();
            let part = data[0][..rows * 3 * 24 * 32].to_vec();
            let image = OrtTensor::from_array((vec![rows, 3, 24, 32], part)).unwrap();
            let outputs = session.run(vec![(Cow::from("image"), image.into())]).unwrap();
            let found = outputs[LOGITS].try_extract_tensor::<f32>().unwrap().1;
            near(file, found, &golden[..rows * 4]);
        }
        let mut trainer = Trainer::new(&support::engine(1), &step, &state).unwrap();
        let mut losses = Vec::new();
        for number in 1..=20 {
            let outcome = trainer.step(&[&data[0]], &targets(2, 4, 0, false), number, 1e-2);
            losses.push(outcome.unwrap().loss);
        }
        assert!(losses[19] < losses[0] / 4.0, "{file}: {losses:?}");
    }
}
