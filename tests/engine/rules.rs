//! Each operator's rule against central differences.

use augment::onnx::graph::{Attributes, Cut, Element, Graph, GraphError, Tensor, Value};

use crate::differences::{DOUBLE, Exact, Input, LINEAR, SINGLE, any, apart, check, positive};

type Made = Result<Value, GraphError>;

fn unary(operator: &'static str) -> impl Fn(&mut Graph, &[Value]) -> Made {
    move |graph, x| graph.unary(operator, x[0])
}

fn binary(operator: &'static str) -> impl Fn(&mut Graph, &[Value]) -> Made {
    move |graph, x| graph.node(operator, x, Attributes::none())
}

fn with(operator: &'static str, attributes: Attributes) -> impl Fn(&mut Graph, &[Value]) -> Made {
    move |graph, x| graph.node(operator, x, attributes.clone())
}

/// Pairs of shapes of which one is repeated to the other, or both to a third.
const BROADCASTS: [(&[usize], &[usize]); 7] = [
    (&[3, 4], &[3, 4]),
    (&[3, 4], &[4]),
    (&[3, 4], &[3, 1]),
    (&[2, 1, 4], &[3, 1]),
    (&[1], &[2, 3]),
    (&[], &[2, 3]),
    (&[2, 3, 4], &[1, 1, 1]),
];

#[test]
fn arithmetic_with_any_broadcast() {
    for (a, b) in BROADCASTS {
        for operator in ["Add", "Sub", "Mul"] {
            check(operator, DOUBLE, &[any(a), any(b)], binary(operator));
        }
        check("Div", DOUBLE, &[any(a), positive(b)], binary("Div"));
        check("Pow", DOUBLE, &[positive(a), any(b)], binary("Pow"));
        for operator in ["Max", "Min"] {
            let mut other = apart(b);
            other.values.iter_mut().for_each(|value| *value += 0.03);
            check(operator, DOUBLE, &[apart(a), other], binary(operator));
        }
        for operator in ["Sum", "Mean"] {
            check(operator, SINGLE, &[any(a), any(b), any(a)], binary(operator));
        }
    }
}

#[test]
fn a_value_used_twice_gets_both_gradients() {
    check("square", DOUBLE, &[any(&[3, 2])], |graph, x| {
        graph.mul(x[0], x[0])
    });
    check("cube and more", DOUBLE, &[any(&[5])], |graph, x| {
        let square = graph.mul(x[0], x[0])?;
        let cube = graph.mul(square, x[0])?;
        let sum = graph.add(cube, square)?;
        graph.sub(sum, x[0])
    });
}

#[test]
fn functions_of_each_element() {
    let shape = &[3, 5];
    for operator in ["Exp", "Neg", "Sigmoid", "Tanh", "Identity"] {
        check(operator, DOUBLE, &[any(shape)], unary(operator));
    }
    for operator in ["Log", "Sqrt", "Reciprocal"] {
        check(operator, DOUBLE, &[positive(shape)], unary(operator));
    }
    for operator in ["Abs", "Relu"] {
        check(operator, DOUBLE, &[apart(shape)], unary(operator));
    }
    // Kernels of 32 bits only.
    for operator in ["Erf", "Softplus", "Gelu"] {
        check(operator, SINGLE, &[any(shape)], unary(operator));
    }
    check(
        "Gelu tanh",
        SINGLE,
        &[any(shape)],
        with("Gelu", Attributes::none().text("approximate", "tanh")),
    );
    check(
        "Elu",
        SINGLE,
        &[apart(shape)],
        with("Elu", Attributes::none().float("alpha", 0.7)),
    );
    for slope in [0.01, 0.3, -0.2, 1.5] {
        check(
            "LeakyRelu",
            SINGLE,
            &[apart(shape)],
            with("LeakyRelu", Attributes::none().float("alpha", slope)),
        );
    }
    check(
        "PRelu",
        SINGLE,
        &[apart(&[2, 3, 4]), positive(&[3, 1])],
        binary("PRelu"),
    );
    check("Cast", Exact::clone(&SINGLE), &[any(shape)], |graph, x| {
        let wide = graph.cast(x[0], Element::F64)?;
        let square = graph.mul(wide, wide)?;
        graph.cast(square, Element::F32)
    });
}

#[test]
fn bounds_and_choices() {
    check("Clip", DOUBLE, &[apart(&[3, 6])], |graph, x| {
        let (low, high) = (graph.scalar_like(x[0], -0.42)?, graph.scalar_like(x[0], 0.37)?);
        graph.node("Clip", &[x[0], low, high], Attributes::none())
    });
    check("Where", DOUBLE, &[any(&[3, 4]), any(&[4])], |graph, x| {
        let zero = graph.scalar_like(x[0], 0.0)?;
        let which = graph.constant(Tensor::f64(&[3, 1], &[1.0, -1.0, 1.0])?)?;
        let which = graph.node("Greater", &[which, zero], Attributes::none())?;
        graph.node("Where", &[which, x[0], x[1]], Attributes::none())
    });
    check(
        "Floor has none, what is beside it has",
        DOUBLE,
        &[apart(&[7])],
        |graph, x| {
            let floor = graph.unary("Floor", x[0])?;
            graph.sub(x[0], floor)
        },
    );
    check("Dropout in use", DOUBLE, &[any(&[7])], unary("Dropout"));
}

#[test]
fn products_of_matrices() {
    let shapes: [(&[usize], &[usize]); 9] = [
        (&[3, 4], &[4, 5]),
        (&[2, 3, 4], &[4, 5]),
        (&[2, 3, 4], &[2, 4, 5]),
        (&[2, 1, 3, 4], &[3, 4, 2]),
        (&[3, 4], &[2, 4, 5]),
        (&[4], &[4, 5]),
        (&[3, 4], &[4]),
        (&[4], &[4]),
        (&[2, 3, 4], &[4]),
    ];
    for (a, b) in shapes {
        check(
            &format!("MatMul {a:?} {b:?}"),
            DOUBLE,
            &[any(a), any(b)],
            binary("MatMul"),
        );
    }
    check(
        "MatMul [4] [2, 4, 5]",
        DOUBLE,
        &[any(&[4]), any(&[2, 4, 5])],
        binary("MatMul"),
    );
    for (turn_a, turn_b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let a: &[usize] = if turn_a == 0 { &[3, 4] } else { &[4, 3] };
        let b: &[usize] = if turn_b == 0 { &[4, 5] } else { &[5, 4] };
        let turned = Attributes::none().int("transA", turn_a).int("transB", turn_b);
        for c in [&[5][..], &[3, 1], &[3, 5], &[]] {
            check(
                "Gemm",
                DOUBLE,
                &[any(a), any(b), any(c)],
                with("Gemm", turned.clone()),
            );
        }
        let factors = turned.float("alpha", 0.5).float("beta", -2.0);
        check(
            "Gemm with factors",
            DOUBLE,
            &[any(a), any(b), any(&[5])],
            with("Gemm", factors),
        );
    }
}

#[test]
fn reductions() {
    let axes: [&[usize]; 5] = [&[0], &[1], &[2], &[0, 2], &[0, 1, 2]];
    for axes in axes {
        for keep in [false, true] {
            let reduced = |operator: &'static str| {
                move |graph: &mut Graph, x: &[Value]| graph.reduce(operator, x[0], axes, keep)
            };
            for operator in ["ReduceSum", "ReduceMean", "ReduceSumSquare", "ReduceLogSumExp"] {
                check(operator, DOUBLE, &[any(&[2, 3, 4])], reduced(operator));
            }
            check("ReduceL2", DOUBLE, &[positive(&[2, 3, 4])], reduced("ReduceL2"));
            for operator in ["ReduceMax", "ReduceMin"] {
                check(operator, DOUBLE, &[apart(&[2, 3, 4])], reduced(operator));
            }
        }
    }
    check("ReduceSum over all", DOUBLE, &[any(&[2, 3])], unary("ReduceSum"));
}

#[test]
fn moving_elements() {
    check("Reshape", DOUBLE, &[any(&[2, 6])], |graph, x| {
        graph.reshape(x[0], &[3, -1])
    });
    check("Flatten", DOUBLE, &[any(&[2, 3, 4])], unary("Flatten"));
    check("Transpose", DOUBLE, &[any(&[2, 3, 4])], |graph, x| {
        graph.transpose(x[0], &[2, 0, 1])
    });
    check("Transpose of all", DOUBLE, &[any(&[2, 3, 4])], unary("Transpose"));
    check(
        "Concat",
        DOUBLE,
        &[any(&[2, 3]), any(&[2, 1]), any(&[2, 2])],
        |graph, x| graph.concat(x, 1),
    );
    check(
        "Concat from the end",
        DOUBLE,
        &[any(&[2, 3]), any(&[1, 3])],
        with("Concat", Attributes::none().int("axis", -2)),
    );
    check("Expand", DOUBLE, &[any(&[3, 1])], |graph, x| {
        graph.expand(x[0], &[2, 3, 4].into())
    });
    check("Squeeze and Unsqueeze", DOUBLE, &[any(&[3, 1, 2])], |graph, x| {
        let axes = graph.integers(&[1])?;
        let squeezed = graph.node("Squeeze", &[x[0], axes], Attributes::none())?;
        let axes = graph.integers(&[0, -1])?;
        graph.node("Unsqueeze", &[squeezed, axes], Attributes::none())
    });
    check("Split", DOUBLE, &[any(&[2, 7])], |graph, x| {
        let sizes = graph.integers(&[2, 4, 1])?;
        let axis = Attributes::none().int("axis", 1);
        let parts = graph.nodes_of("Split", &[Some(x[0]), Some(sizes)], axis, 3)?;
        // The second part is not used.
        let sum = graph.add(parts[0], parts[2])?;
        graph.mul(sum, sum)
    });
    check("Pad", DOUBLE, &[any(&[2, 3])], |graph, x| {
        graph.pad(x[0], &[1, 0], &[0, 2])
    });
    check("Pad of one axis", DOUBLE, &[any(&[2, 3])], |graph, x| {
        let (pads, zero, axes) = (
            graph.integers(&[2, 1])?,
            graph.scalar_like(x[0], 0.0)?,
            graph.integers(&[-1])?,
        );
        graph.node("Pad", &[x[0], pads, zero, axes], Attributes::none())
    });
    for block in [1, 2] {
        let block = Attributes::none().int("blocksize", block);
        check(
            "DepthToSpace",
            SINGLE,
            &[any(&[2, 8, 2, 3])],
            with("DepthToSpace", block.clone()),
        );
        check(
            "SpaceToDepth",
            SINGLE,
            &[any(&[2, 2, 4, 6])],
            with("SpaceToDepth", block),
        );
    }
}

#[test]
fn cuts() {
    let cut = |from, to, step| Cut {
        axis: 1,
        from,
        to,
        step,
    };
    for one in [
        cut(0, 7, 1),
        cut(2, 5, 1),
        cut(-3, i64::MAX, 1),
        cut(0, 7, 2),
        cut(1, 7, 3),
        cut(1, 6, 4),
        cut(-1, -100, -1),
        cut(5, 0, -2),
        cut(6, 1, -3),
        cut(3, 4, 5),
    ] {
        check(
            &format!("{one:?}"),
            DOUBLE,
            &[any(&[2, 7, 3])],
            move |graph, x| graph.slice(x[0], &[one]),
        );
    }
    check("two cuts", DOUBLE, &[any(&[5, 6])], |graph, x| {
        graph.slice(x[0], &[Cut::strided(0, 1, 2, 2), Cut::strided(1, 0, 2, 3)])
    });
}

#[test]
fn gathering() {
    let places = |dims: &'static [usize], at: &'static [i64], axis: i64| {
        move |graph: &mut Graph, x: &[Value]| {
            let index = graph.constant(Tensor::i64(dims, at)?)?;
            graph.node("Gather", &[x[0], index], Attributes::none().int("axis", axis))
        }
    };
    check(
        "rows of a table",
        DOUBLE,
        &[any(&[5, 3])],
        places(&[2, 2], &[4, 0, 0, -1], 0),
    );
    check("one row", DOUBLE, &[any(&[5, 3])], places(&[], &[2], 0));
    check("columns", DOUBLE, &[any(&[2, 5, 3])], places(&[3], &[1, 1, 4], 1));
    check(
        "the last axis",
        DOUBLE,
        &[any(&[2, 5])],
        places(&[2, 2], &[1, 1, 4, 0], -1),
    );
    check("GatherElements", DOUBLE, &[any(&[3, 4])], |graph, x| {
        let index = graph.constant(Tensor::i64(&[2, 4], &[0, 1, 2, 2, 1, 1, 0, 2])?)?;
        graph.node(
            "GatherElements",
            &[x[0], index],
            Attributes::none().int("axis", 0),
        )
    });
}

#[test]
fn softmax_and_its_logarithm() {
    for axis in [-1, 0, 1] {
        for operator in ["Softmax", "LogSoftmax"] {
            check(
                operator,
                DOUBLE,
                &[any(&[3, 4, 2])],
                with(operator, Attributes::none().int("axis", axis)),
            );
        }
    }
}

#[test]
fn normalisations() {
    for shape in [&[4, 3][..], &[3, 2, 4], &[2, 3, 4, 2]] {
        let list = [shape[1]];
        let inputs = [any(shape), positive(&list), any(&list)];
        let fixed = |training: i64| {
            move |graph: &mut Graph, x: &[Value]| {
                let sizes = graph.info(x[1])?.shape.sizes().unwrap();
                let mean = graph.constant(Tensor::filled(Element::F64, &sizes, 0.2))?;
                let variance = graph.constant(Tensor::filled(Element::F64, &sizes, 0.7))?;
                let all = [Some(x[0]), Some(x[1]), Some(x[2]), Some(mean), Some(variance)];
                let settings = Attributes::none()
                    .float("epsilon", 1e-3)
                    .int("training_mode", training);
                let outputs = if training == 0 { 1 } else { 3 };
                Ok(graph.nodes_of("BatchNormalization", &all, settings, outputs)?[0])
            }
        };
        check("BatchNormalization in use", DOUBLE, &inputs, fixed(0));
        check("BatchNormalization in training", DOUBLE, &inputs, fixed(1));
    }
    for axis in [-1, 1] {
        let inner: &[usize] = if axis == 1 { &[3, 4] } else { &[4] };
        let settings = Attributes::none().int("axis", axis);
        let inputs = [any(&[2, 3, 4]), positive(inner), any(inner)];
        check(
            "LayerNormalization",
            DOUBLE,
            &inputs,
            with("LayerNormalization", settings),
        );
    }
}

#[test]
fn poolings() {
    let image: Input = apart(&[2, 3, 7, 6]);
    check(
        "GlobalAveragePool",
        LINEAR,
        &[any(&[2, 3, 4, 5])],
        unary("GlobalAveragePool"),
    );
    for (kernel, stride, pad, ceil) in [
        (2, 2, 0, 0),
        (3, 2, 1, 0),
        (3, 1, 1, 0),
        (3, 2, 0, 1),
        (2, 2, 0, 1),
        (3, 3, 1, 1),
    ] {
        let settings = Attributes::none()
            .ints("kernel_shape", [kernel; 2])
            .ints("strides", [stride; 2])
            .ints("pads", [pad; 4])
            .int("ceil_mode", ceil);
        let name = format!("kernel {kernel} stride {stride} pad {pad} ceil {ceil}");
        check(
            &format!("MaxPool {name}"),
            SINGLE,
            std::slice::from_ref(&image),
            with("MaxPool", settings.clone()),
        );
        for counted in [0, 1] {
            let settings = settings.clone().int("count_include_pad", counted);
            check(
                &format!("AveragePool {name} counted {counted}"),
                LINEAR,
                std::slice::from_ref(&image),
                with("AveragePool", settings),
            );
        }
    }
}
