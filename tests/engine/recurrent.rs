//! The derivative of GRU against central differences, and what it refuses.

use augment::onnx::graph::{Attributes, Element, Graph, GraphError, Value, grad};

use crate::differences::{Input, SINGLE, any, check};

type Made = Result<Value, GraphError>;

fn settings(direction: &str, hidden: i64) -> Attributes {
    Attributes::none()
        .text("direction", direction)
        .int("hidden_size", hidden)
        .int("linear_before_reset", 1)
}

/// Which of the two results the loss depends on.
#[derive(Clone, Copy, PartialEq)]
enum Used {
    All,
    Last,
    Both,
}

/// A GRU over x, W, R and, as far as they are given, the biases and the first state.
fn gru(graph: &mut Graph, x: &[Value], settings: Attributes, used: Used) -> Made {
    let (bias, first) = (x.get(3).copied(), x.get(4).copied());
    let inputs = [Some(x[0]), Some(x[1]), Some(x[2]), bias, None, first];
    let made = graph.nodes_of("GRU", &inputs, settings, 2)?;
    let all = graph.reshape(made[0], &[-1])?;
    let last = graph.reshape(made[1], &[-1])?;
    match used {
        Used::All => Ok(all),
        Used::Last => graph.mul(last, last),
        Used::Both => graph.concat(&[all, last], 0),
    }
}

fn inputs(directions: usize, [steps, batch, inputs, hidden]: [usize; 4]) -> Vec<Input> {
    vec![
        any(&[steps, batch, inputs]),
        any(&[directions, 3 * hidden, inputs]),
        any(&[directions, 3 * hidden, hidden]),
        any(&[directions, 6 * hidden]),
        any(&[directions, batch, hidden]),
    ]
}

#[test]
fn gru_in_every_direction() {
    for (direction, directions) in [("forward", 1), ("reverse", 1), ("bidirectional", 2)] {
        for sizes in [[4, 3, 5, 2], [1, 2, 3, 4], [7, 1, 2, 3]] {
            let all = inputs(directions, sizes);
            for (given, used) in [(5, Used::Both), (5, Used::All), (4, Used::Last), (3, Used::Both)] {
                check(
                    &format!("GRU {direction} {sizes:?}, {given} inputs"),
                    SINGLE,
                    &all[..given],
                    |graph, x| gru(graph, x, settings(direction, sizes[3] as i64), used),
                );
            }
        }
    }
}

#[test]
fn gru_of_a_file_has_a_gradient() {
    let all = inputs(2, [3, 2, 4, 3]);
    let mut graph = Graph::new("file");
    let x: Vec<Value> = all
        .iter()
        .enumerate()
        .map(|(at, input)| {
            graph
                .input(&format!("x{at}"), Element::F32, &input.dims[..])
                .unwrap()
        })
        .collect();
    let given = [Some(x[0]), Some(x[1]), Some(x[2]), Some(x[3]), None, Some(x[4])];
    let made = graph
        .nodes_of("GRU", &given, settings("bidirectional", 3), 2)
        .unwrap();
    graph.rename(made[0], "states").unwrap();
    let bytes = graph.to_model(&[]).unwrap();
    check("GRU of a file", SINGLE, &all, |graph, _| {
        *graph = Graph::from_model(&bytes, &[])?;
        Ok(graph.find("states").unwrap())
    });
}

#[test]
fn what_gru_cannot_do_is_refused_by_name() {
    let refused = |attributes: Attributes, lengths: bool| {
        let mut graph = Graph::new("refused");
        let mut input = |name: &str, dims: &[usize]| graph.input(name, Element::F32, dims).unwrap();
        let x = [
            input("x", &[3, 2, 4]),
            input("w", &[1, 6, 4]),
            input("r", &[1, 6, 2]),
            input("b", &[1, 12]),
        ];
        let mut given: Vec<Option<Value>> = x.iter().copied().map(Some).collect();
        if lengths {
            let lengths = graph.input("lengths", Element::I32, [2]).unwrap();
            given.push(Some(lengths));
        }
        let y = graph.nodes_of("GRU", &given, attributes, 1)?;
        let loss = graph.total(y[0])?;
        grad::gradients(&mut graph, loss, &x[1..2])
    };
    let plain = || settings("forward", 2);
    refused(plain(), false).unwrap();
    for (attributes, lengths, name) in [
        (
            plain().int("linear_before_reset", 0),
            false,
            "linear_before_reset",
        ),
        (plain().float("clip", 3.0), false, "clip"),
        (plain().text("activations", "Relu"), false, "activations"),
        (plain(), true, "sequence_lens"),
    ] {
        let error = refused(attributes, lengths).unwrap_err();
        assert!(matches!(error, GraphError::NoRuleFor { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
    for (attributes, part) in [
        (settings("sideways", 2), "not sideways"),
        (settings("forward", 3), "hidden_size"),
        (settings("bidirectional", 2), "[2, 6, 4]"),
    ] {
        let error = refused(attributes, false).unwrap_err();
        assert!(matches!(error, GraphError::Misfit { .. }), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn gru_with_the_batch_first_is_refused() {
    let mut graph = Graph::new("refused");
    let mut input = |name: &str, dims: &[usize]| graph.input(name, Element::F32, dims).unwrap();
    let x = [
        input("x", &[2, 3, 4]),
        input("w", &[1, 6, 4]),
        input("r", &[1, 6, 2]),
    ];
    let y = graph
        .node("GRU", &x, settings("forward", 2).int("layout", 1))
        .unwrap();
    assert_eq!(graph.shape(y).unwrap(), [2, 3, 1, 2].into());
    let loss = graph.total(y).unwrap();
    let error = grad::gradients(&mut graph, loss, &x[1..2]).unwrap_err();
    assert!(error.to_string().contains("layout"), "{error}");
}
