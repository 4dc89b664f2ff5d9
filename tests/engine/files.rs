//! Graphs as files: read without loss, run as they were, and differentiated.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use augment::onnx::graph::proto::ModelProto;
use augment::onnx::graph::train::{Optimizer, Settings, TrainingStep};
use augment::onnx::graph::{
    Attribute, Attributes, Element, Graph, GraphError, OPSET, Shape, Tensor, Value, grad,
};
use ort::value::Tensor as OrtTensor;
use prost::Message;

use crate::differences::{DOUBLE, any, check};
use crate::nets::Resnet;
use crate::support;

fn models() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
    [
        "bert-mlm/onnx/model.onnx",
        "bert-mlm/onnx/model_quantized.onnx",
        "marian-merged/onnx/decoder_model_merged.onnx",
        "text-classifier/model.onnx",
    ]
    .map(|name| folder.join(name))
    .to_vec()
}

/// Fields that `onnx.proto` lacked would be lost.
#[test]
fn files_of_pytorch_are_written_as_they_were_read() {
    for path in models() {
        let bytes = std::fs::read(&path).unwrap();
        let model = ModelProto::decode(&bytes[..]).unwrap();
        let written = model.encode_to_vec();
        assert_eq!(written.len(), bytes.len(), "{}", path.display());
        assert!(ModelProto::decode(&written[..]).unwrap() == model);
    }
}

/// A step of a small network with all that steps have.
fn step() -> TrainingStep {
    let settings = Settings {
        batch: 2,
        seed: 1,
        optimizer: Optimizer::adam(0.1),
        clip: Some(1.0),
        class_weights: None,
    };
    TrainingStep::new(&Resnet { dropout: 0.3 }, &settings).unwrap()
}

/// Nothing is computed that nobody reads: no gradient of the image, or of what is not trained.
#[test]
fn every_node_of_a_step_is_used() {
    let graph = Graph::from_model(&step().model, &[]).unwrap();
    let mut used: BTreeSet<Value> = graph.outputs().iter().copied().collect();
    for node in graph.nodes().iter().rev() {
        assert!(
            node.outputs.iter().flatten().any(|value| used.contains(value)),
            "{} is not used",
            node.name
        );
        used.extend(node.inputs.iter().flatten());
    }
    for (value, info) in graph.values() {
        assert!(used.contains(&value), "{} is not used", info.name);
    }
}

#[test]
fn a_graph_that_was_read_and_written_gives_the_same() {
    let step = step();
    let read = Graph::from_model(&step.model, &[]).unwrap();
    let again = Graph::from_model(&read.to_model(&[]).unwrap(), &[]).unwrap();
    assert_eq!(read.nodes().len(), again.nodes().len());
    let types = |graph: &Graph| -> Vec<String> {
        let mut types: Vec<String> = graph
            .values()
            .map(|(_, info)| format!("{} {}{}", info.name, info.element, info.shape))
            .collect();
        types.sort();
        types
    };
    assert_eq!(types(&read), types(&again));
    assert_eq!(read.inputs().len(), step.slots.len() + 4);
    assert_eq!(read.outputs().len(), step.slots.len() + 3);
}

/// y = tanh(x W) as another tool writes it: the weight among the inputs, numbers in typed fields, a named batch.
fn foreign(opset: i64) -> Vec<u8> {
    let mut graph = Graph::new("foreign");
    let x = graph
        .input(
            "x",
            Element::F64,
            Shape::from(vec![augment::onnx::graph::Dim::named("batch"), 3.into()]),
        )
        .unwrap();
    let weight = graph
        .named_constant(
            "w",
            Tensor::f64(&[3, 2], &[0.1, -0.2, 0.3, 0.4, -0.5, 0.6]).unwrap(),
        )
        .unwrap();
    let product = graph.matmul(x, weight).unwrap();
    let y = graph.unary("Tanh", product).unwrap();
    graph.output("y", y).unwrap();
    let mut model = ModelProto::decode(&graph.to_model(&[]).unwrap()[..]).unwrap();
    model.opset_import[0].version = Some(opset);
    let inner = model.graph.as_mut().unwrap();
    let weight = &mut inner.initializer[0];
    weight.raw_data = None;
    weight.double_data = vec![0.1, -0.2, 0.3, 0.4, -0.5, 0.6];
    inner.value_info.clear();
    model.encode_to_vec()
}

#[test]
fn a_graph_from_a_file_can_be_differentiated() {
    let model = foreign(OPSET);
    check("a file", DOUBLE, &[any(&[4, 3])], |graph, x| {
        // Its nodes are put into the graph of the check by hand: what is tested is what was read.
        let read = Graph::from_model(&model, &[("batch", 4)])?;
        let weight = read.constants()[0].1.clone();
        let weight = graph.constant(weight)?;
        let product = graph.matmul(x[0], weight)?;
        graph.unary("Tanh", product)
    });
    let mut graph = Graph::from_model(&model, &[("batch", 4)]).unwrap();
    let (x, y) = (graph.inputs()[0], graph.outputs()[0]);
    assert_eq!(graph.shape(y).unwrap(), Shape::from([4, 2]));
    let square = graph.mul(y, y).unwrap();
    let loss = graph.total(square).unwrap();
    let weight = graph.find("w").unwrap();
    let slopes = grad::gradients(&mut graph, loss, &[x, weight]).unwrap();
    graph.output("gx", slopes[0]).unwrap();
    graph.output("gw", slopes[1]).unwrap();
    let mut session = support::engine(1)
        .session_of("file", &graph.to_model(&[]).unwrap())
        .unwrap();
    let values: Vec<f64> = (0..12).map(|at| f64::from(at) / 7.0 - 0.8).collect();
    let input = OrtTensor::from_array((vec![4, 3], values.clone())).unwrap();
    let outputs = session.run(vec![(Cow::from("x"), input.into())]).unwrap();
    let read = |name: &str| outputs[name].try_extract_tensor::<f64>().unwrap().1.to_vec();
    let (y, gw) = (read("y"), read("gw"));
    // dW = xᵀ (2 y (1 − y²))
    for row in 0..3 {
        for column in 0..2 {
            let expected: f64 = (0..4)
                .map(|at| {
                    let y = y[at * 2 + column];
                    values[at * 3 + row] * 2.0 * y * (1.0 - y * y)
                })
                .sum();
            assert!((gw[row * 2 + column] - expected).abs() < 1e-12);
        }
    }
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let error = |bytes: &[u8]| Graph::from_model(bytes, &[]).unwrap_err().to_string();
    assert!(error(b"\xff\xff\xff").contains("expected an ONNX model"));
    assert!(error(b"").contains("found no graph"));
    let old = error(&foreign(10));
    assert!(
        old.contains("found operators of version 10, expected 11 to 24\nhint: "),
        "{old}"
    );
    let mut model = ModelProto::decode(&foreign(OPSET)[..]).unwrap();
    let inner = model.graph.as_mut().unwrap();
    inner.node[0].op_type = Some("Hardmax".to_owned());
    let unknown = error(&model.encode_to_vec());
    assert!(
        unknown.contains("(Hardmax): the shape of what it gives is not known"),
        "{unknown}"
    );
    let inner = model.graph.as_mut().unwrap();
    inner.node[0].op_type = Some("MatMul".to_owned());
    inner.node.reverse();
    let order = error(&model.encode_to_vec());
    assert!(order.contains("before it is made"), "{order}");
    let inner = model.graph.as_mut().unwrap();
    inner.node.reverse();
    inner.initializer[0].double_data.pop();
    let short = error(&model.encode_to_vec());
    assert!(
        short.contains("found 40 bytes for a tensor f64[3, 2], expected 48"),
        "{short}"
    );
    inner_external(&mut model);
    let external = error(&model.encode_to_vec());
    assert!(
        external.contains("weights of \"w\" in another file"),
        "{external}"
    );
}

fn inner_external(model: &mut ModelProto) {
    let tensor = &mut model.graph.as_mut().unwrap().initializer[0];
    tensor.set_data_location(augment::onnx::graph::proto::tensor_proto::DataLocation::External);
}

/// A running sum with a Scan: graphs within graphs are built, checked, written and read.
#[test]
fn a_scan_runs_and_is_read_again() {
    let mut graph = Graph::new("running sum");
    let start = graph.input("start", Element::F32, [2]).unwrap();
    let steps = graph.input("steps", Element::F32, [3, 2]).unwrap();
    let factor = graph
        .named_constant("factor", Tensor::f32(&[], &[10.0]).unwrap())
        .unwrap();
    let mut body = Graph::new("body");
    let sum = body.input("sum", Element::F32, [2]).unwrap();
    let one = body.input("one", Element::F32, [2]).unwrap();
    let outer = body.capture(graph.info(factor).unwrap()).unwrap();
    let scaled = body.mul(one, outer).unwrap();
    let next = body.add(sum, scaled).unwrap();
    body.output("next", next).unwrap();
    body.output("each", next).unwrap();
    let scan = |graph: &mut Graph, body: Graph| -> Result<_, GraphError> {
        let settings = Attributes::none()
            .int("num_scan_inputs", 1)
            .with("body", Attribute::Graph(Box::new(body)));
        graph.nodes_of("Scan", &[Some(start), Some(steps)], settings, 2)
    };
    let made = scan(&mut graph, body).unwrap();
    assert_eq!(graph.shape(made[1]).unwrap(), Shape::from([3, 2]));
    graph.output("last", made[0]).unwrap();
    graph.output("all", made[1]).unwrap();
    let model = graph.to_model(&[]).unwrap();
    let again = Graph::from_model(&model, &[]).unwrap().to_model(&[]).unwrap();
    for model in [model, again] {
        let mut session = support::engine(1).session_of("scan", &model).unwrap();
        let start = OrtTensor::from_array((vec![2], vec![1.0_f32, 2.0])).unwrap();
        let steps = OrtTensor::from_array((vec![3, 2], vec![1.0_f32, 1.0, 2.0, 3.0, 4.0, 5.0])).unwrap();
        let inputs = vec![
            (Cow::from("start"), start.into()),
            (Cow::from("steps"), steps.into()),
        ];
        let outputs = session.run(inputs).unwrap();
        let all = outputs["all"].try_extract_tensor::<f32>().unwrap().1;
        assert_eq!(all, [11.0, 12.0, 31.0, 42.0, 71.0, 92.0]);
    }
}

/// A classifier of texts as PyTorch's exporter writes it: its shapes are computed in the graph, and followed.
#[test]
fn an_exported_transformer_can_be_differentiated() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/text-classifier/model.onnx");
    let bytes = std::fs::read(path).unwrap();
    let (rows, length) = (2, 5);
    let sizes = [("batch_size", rows), ("sequence_length", length)];
    let mut graph = Graph::from_model(&bytes, &sizes).unwrap();
    let logits = graph.outputs()[0];
    let shape = graph.shape(logits).unwrap();
    let classes = shape.sizes().unwrap()[1];
    let logs = graph.node("LogSoftmax", &[logits], Attributes::none()).unwrap();
    let weights: Vec<f32> = (0..rows * classes)
        .map(|at| if at % classes == 1 { -1.0 } else { 0.0 })
        .collect();
    let weights = graph
        .constant(Tensor::f32(&[rows, classes], &weights).unwrap())
        .unwrap();
    let picked = graph.mul(logs, weights).unwrap();
    let loss = graph.total(picked).unwrap();
    // Each tensor of weights gets a gradient; what is checked is what moving along all of them does to the loss.
    let trained: Vec<Value> = graph
        .constants()
        .iter()
        .filter(|(_, tensor)| tensor.element() == Element::F32 && tensor.len() > 16)
        .map(|(value, _)| *value)
        .collect();
    assert!(trained.len() > 15, "{}", trained.len());
    let slopes = grad::gradients(&mut graph, loss, &trained).unwrap();
    graph.output("loss", loss).unwrap();
    for (at, slope) in slopes.into_iter().enumerate() {
        graph.output(&format!("slope{at}"), slope).unwrap();
    }
    let names: Vec<String> = trained
        .iter()
        .map(|&value| graph.info(value).unwrap().name.clone())
        .collect();
    let model = graph.to_model(&[]).unwrap();
    let run = |model: &[u8]| {
        let mut session = support::engine(1).session_of("classifier", model).unwrap();
        let ids: Vec<i64> = (0..rows * length).map(|at| 5 + at as i64 * 7 % 90).collect();
        let ones = vec![1_i64; rows * length];
        let tensor = |values: Vec<i64>| {
            OrtTensor::from_array((vec![rows, length], values))
                .unwrap()
                .into()
        };
        let inputs = vec![
            (Cow::from("input_ids"), tensor(ids)),
            (Cow::from("attention_mask"), tensor(ones)),
        ];
        let outputs = session.run(inputs).unwrap();
        let read = |name: &str| outputs[name].try_extract_tensor::<f32>().unwrap().1.to_vec();
        let slopes: Vec<Vec<f32>> = (0..names.len()).map(|at| read(&format!("slope{at}"))).collect();
        (f64::from(read("loss")[0]), slopes)
    };
    let (_, slopes) = run(&model);
    let square: f64 = slopes
        .iter()
        .flatten()
        .map(|&slope| f64::from(slope).powi(2))
        .sum();
    // Along the gradient the loss changes by the step times the gradient's square.
    let moved = |step: f32| {
        let mut proto = ModelProto::decode(&model[..]).unwrap();
        for tensor in &mut proto.graph.as_mut().unwrap().initializer {
            let Some(at) = names.iter().position(|name| name == tensor.name()) else {
                continue;
            };
            let raw = tensor.raw_data.as_mut().unwrap();
            for (bytes, slope) in raw.chunks_exact_mut(4).zip(&slopes[at]) {
                let value = f32::from_le_bytes(bytes.try_into().unwrap()) + step * slope;
                bytes.copy_from_slice(&value.to_le_bytes());
            }
        }
        run(&proto.encode_to_vec()).0
    };
    // So far that the loss changes by a twentieth to each side.
    let step = (0.05 / square) as f32;
    let change = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
    assert!(
        (change - square).abs() < 0.01 * square,
        "found {change}, expected {square}"
    );
}
