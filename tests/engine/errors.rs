//! What is wrong with a graph is said with the node, the operator, and what was found and expected.

use augment::onnx::graph::network::{Net, Network, Port};
use augment::onnx::graph::train::{Optimizer, Settings, TrainingStep, inference_model};
use augment::onnx::graph::{Attributes, Element, Graph, GraphError, Shape, Tensor, Value, grad};

use crate::nets::Fusion;

fn f32s(graph: &mut Graph, name: &str, dims: &[usize]) -> Value {
    graph.input(name, Element::F32, dims).unwrap()
}

#[test]
fn shapes_that_do_not_fit() {
    let mut graph = Graph::new("errors");
    let a = f32s(&mut graph, "a", &[2, 3]);
    let b = f32s(&mut graph, "b", &[4, 5]);
    let image = f32s(&mut graph, "image", &[1, 3, 8, 8]);
    let weight = f32s(&mut graph, "weight", &[4, 2, 3, 3]);
    let error = graph.scoped("layer1", |graph| graph.matmul(a, b)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer1/MatMul (MatMul): found f32[2, 3], f32[4, 5], expected [..., m, k] and [..., k, n] of one type"
    );
    let none = Attributes::none;
    let cases: Vec<(&str, Vec<Value>, Attributes, &str)> = vec![
        ("Add", vec![a, b], none(), "broadcast"),
        ("Add", vec![a], none(), "two inputs"),
        ("Gemm", vec![a, b], none(), "[m, k], [k, n]"),
        (
            "Concat",
            vec![a, b],
            none().int("axis", 0),
            "agree but for dimension 0",
        ),
        (
            "Concat",
            vec![a, b],
            none().int("axis", 2),
            "an axis of 2 dimensions, not 2",
        ),
        (
            "Transpose",
            vec![a],
            none().ints("perm", [0, 0]),
            "an order of all 2 dimensions",
        ),
        ("Conv", vec![image, weight], none(), "[M, C / 1, ...]"),
        (
            "MaxPool",
            vec![image],
            none().ints("kernel_shape", [9, 9]),
            "an image of at least 9 where it is 8",
        ),
        (
            "MaxPool",
            vec![image],
            none().ints("kernel_shape", [0, 0]),
            "from 1",
        ),
        ("Softmax", vec![a], none().int("axis", 5), "not 5"),
        (
            "BatchNormalization",
            vec![image, a, a, a, a],
            none(),
            "four lists of C numbers",
        ),
        ("Cast", vec![a], none().int("to", 99), "not number 99"),
        ("Scan", vec![a], none(), "a body"),
    ];
    for (operator, inputs, attributes, expected) in cases {
        let error = graph.node(operator, &inputs, attributes).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, GraphError::Misfit { .. }), "{text}");
        assert!(
            text.contains(&format!("({operator}): found f32[")) && text.contains(expected),
            "{text}"
        );
    }
    let error = graph.reshape(a, &[4, -1]).unwrap_err().to_string();
    assert!(error.contains("sizes whose product is that of [2, 3]"), "{error}");
    let error = graph.reshape(a, &[-1, -1]).unwrap_err().to_string();
    assert!(error.contains("-1 at most once"), "{error}");
    // What failed left nothing behind.
    assert!(graph.nodes().is_empty());
}

#[test]
fn names_are_checked() {
    let mut graph = Graph::new("names");
    let a = f32s(&mut graph, "a", &[2]);
    assert!(matches!(graph.input("a", Element::F32, [2]), Err(GraphError::Name(name)) if name == "a"));
    assert!(graph.input("", Element::F32, [2]).is_err());
    let b = graph.relu(a).unwrap();
    graph.output("y", b).unwrap();
    assert!(graph.output("y", a).is_err());
    // A value that is an output already, and one that is an input, can be given once more under another name.
    graph.output("again", b).unwrap();
    graph.output("input", a).unwrap();
    let mut other = Graph::new("other");
    let foreign = f32s(&mut other, "x", &[1]);
    assert!(Graph::new("empty").relu(foreign).is_err());
}

#[test]
fn operators_without_a_rule_are_named() {
    let mut graph = Graph::new("ruleless");
    let x = f32s(&mut graph, "x", &[2, 3]);
    let error = graph.node("Hardmax", &[x], Attributes::none()).unwrap_err();
    assert!(
        matches!(&error, GraphError::NoShape { operator, .. } if operator == "Hardmax"),
        "{error}"
    );
    assert!(error.to_string().contains("\nhint: "), "{error}");
    let product = graph
        .scoped("head", |graph| graph.reduce("ReduceProd", x, &[0, 1], false))
        .unwrap();
    let error = grad::gradients(&mut graph, product, &[x]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("head/ReduceProd (ReduceProd): cannot be differentiated: there is no rule"),
        "{error}"
    );
    // A rule that can't do these settings says which it can.
    let image = f32s(&mut graph, "image", &[1, 1, 4, 4]);
    let padded = {
        let pads = graph.integers(&[0, 0, 1, 1, 0, 0, 1, 1]).unwrap();
        let mode = Attributes::none().text("mode", "reflect");
        graph.node("Pad", &[image, pads], mode).unwrap()
    };
    let loss = graph.total(padded).unwrap();
    let error = grad::gradients(&mut graph, loss, &[image])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("(Pad): cannot be differentiated: found padding with elements"),
        "{error}"
    );
}

#[test]
fn losses_and_parameters_are_checked() {
    let mut graph = Graph::new("loss");
    let x = f32s(&mut graph, "x", &[2, 3]);
    let unused = f32s(&mut graph, "unused", &[2]);
    let index = graph.input("index", Element::I64, [2]).unwrap();
    let error = grad::gradients(&mut graph, x, &[x]).unwrap_err().to_string();
    assert_eq!(
        error,
        "x: found a loss f32[2, 3], expected one floating-point number"
    );
    let loss = graph.total(x).unwrap();
    let error = grad::gradients(&mut graph, loss, &[x, unused])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("unused: the loss does not depend on it"),
        "{error}"
    );
    assert!(grad::gradients(&mut graph, loss, &[index]).is_err());
    let named = graph
        .input(
            "named",
            Element::F32,
            Shape::from(vec!["n".into_dim(), 3.into_dim()]),
        )
        .unwrap();
    let mean = graph.mean(named, &[0, 1], false).unwrap();
    let error = grad::gradients(&mut graph, mean, &[named])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("f32[n, 3]") && error.contains("one size of batch"),
        "{error}"
    );
}

trait IntoDim {
    fn into_dim(self) -> augment::onnx::graph::Dim;
}

impl IntoDim for &str {
    fn into_dim(self) -> augment::onnx::graph::Dim {
        augment::onnx::graph::Dim::named(self)
    }
}

impl IntoDim for usize {
    fn into_dim(self) -> augment::onnx::graph::Dim {
        self.into()
    }
}

struct NoLogits;

impl Network for NoLogits {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new("x", &[3, 4])]
    }

    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError> {
        net.relu(inputs[0])
    }
}

#[test]
fn networks_that_do_not_fit() {
    let settings = Settings {
        batch: 2,
        seed: 1,
        optimizer: Optimizer::adam(0.0),
        clip: None,
        class_weights: Some(vec![1.0]),
    };
    let error = TrainingStep::new(&NoLogits, &settings).unwrap_err().to_string();
    assert!(
        error.contains("found f32[2, 3, 4], expected f32[2, classes]"),
        "{error}"
    );
    let error = TrainingStep::new(&Fusion, &settings).unwrap_err().to_string();
    assert!(error.contains("found 4 bytes for a tensor f32[3]"), "{error}");
    let changes: [fn(&mut Settings); 7] = [
        |settings| settings.batch = 0,
        |settings| settings.optimizer.beta1 = 1.0,
        |settings| settings.optimizer.epsilon = 0.0,
        |settings| settings.optimizer.weight_decay = -1.0,
        |settings| settings.clip = Some(0.0),
        |settings| settings.class_weights = Some(vec![1.0, f32::NAN, 1.0]),
        |settings| settings.class_weights = Some(vec![1.0, 0.0, 1.0]),
    ];
    for change in changes {
        let mut settings = settings.clone();
        change(&mut settings);
        let error = TrainingStep::new(&Fusion, &settings).unwrap_err();
        assert!(matches!(error, GraphError::Setting { .. }), "{error}");
    }
    let mut state = std::collections::BTreeMap::new();
    let error = inference_model(&Fusion, &state, &[]).unwrap_err().to_string();
    assert_eq!(
        error,
        "found no parameter speech.weight, expected speech.weight of shape [8, 12]"
    );
    state.insert(
        "speech.weight".to_owned(),
        Tensor::filled(Element::F32, &[8, 11], 0.0),
    );
    let error = inference_model(&Fusion, &state, &[]).unwrap_err().to_string();
    assert!(
        error.starts_with("found speech.weight of shape [8, 11]"),
        "{error}"
    );
}
