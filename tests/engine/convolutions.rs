//! The gradients of convolutions, in every form, against central differences.

use augment::onnx::graph::{Attributes, Graph};

use crate::differences::{LINEAR, any, check};

struct Shape {
    image: Vec<usize>,
    weight: Vec<usize>,
    strides: Vec<i64>,
    pads: Vec<i64>,
    dilations: Vec<i64>,
    groups: i64,
}

fn run(shape: &Shape) {
    let settings = Attributes::none()
        .ints("strides", shape.strides.clone())
        .ints("pads", shape.pads.clone())
        .ints("dilations", shape.dilations.clone())
        .int("group", shape.groups);
    let name = format!("{:?} * {:?} {settings:?}", shape.image, shape.weight);
    let inputs = [any(&shape.image), any(&shape.weight), any(&shape.weight[..1])];
    check(&name, LINEAR, &inputs, |graph: &mut Graph, x| {
        graph.node("Conv", x, settings.clone())
    });
}

fn square(image: [usize; 4], features: usize, kernel: usize, stride: i64, pad: i64) -> Shape {
    Shape {
        image: image.to_vec(),
        weight: vec![features, image[1], kernel, kernel],
        strides: vec![stride; 2],
        pads: vec![pad; 4],
        dilations: vec![1; 2],
        groups: 1,
    }
}

#[test]
fn few_places() {
    for kernel in [1, 2, 3, 5] {
        for stride in [1, 2, 3] {
            for pad in [0, 1] {
                run(&square([2, 3, 7, 6], 2, kernel, stride, pad));
            }
        }
    }
}

/// Above 400 places other forms are chosen.
#[test]
fn many_places() {
    for (size, kernel, stride, pad) in [
        ([24, 23], 3, 1, 1),
        ([24, 23], 3, 1, 0),
        ([24, 23], 2, 1, 1),
        ([25, 22], 5, 1, 2),
        ([47, 46], 3, 2, 1),
        ([48, 45], 3, 2, 1),
        ([48, 45], 3, 2, 0),
        ([47, 45], 2, 2, 0),
        ([50, 47], 5, 2, 2),
        ([66, 64], 3, 3, 1),
        ([65, 67], 2, 3, 0),
        ([47, 46], 1, 2, 0),
        ([24, 23], 1, 1, 0),
        ([24, 23], 1, 1, 1),
    ] {
        run(&square([1, 2, size[0], size[1]], 2, kernel, stride, pad));
    }
}

#[test]
fn unequal_strides_pads_and_dilations() {
    let base = || square([2, 2, 9, 8], 3, 3, 1, 0);
    for change in 0..6 {
        let mut shape = base();
        match change {
            0 => shape.strides = vec![1, 2],
            1 => shape.pads = vec![0, 1, 2, 0],
            2 => shape.dilations = vec![2, 1],
            3 => (shape.strides, shape.pads) = (vec![3, 2], vec![1, 0, 0, 2]),
            4 => shape.pads = vec![3, 4, 3, 2],
            _ => (shape.strides, shape.dilations) = (vec![2, 2], vec![1, 2]),
        }
        run(&shape);
    }
    let mut wide = square([1, 2, 24, 30], 2, 3, 2, 0);
    wide.strides = vec![1, 2];
    wide.pads = vec![2, 0, 1, 1];
    run(&wide);
}

#[test]
fn groups_and_other_dimensions() {
    for groups in [2, 4] {
        let mut shape = square([2, 4, 6, 5], 4, 3, 1, 1);
        shape.weight = vec![4, 4 / groups, 3, 3];
        shape.groups = groups as i64;
        run(&shape);
        shape.strides = vec![2, 2];
        run(&shape);
    }
    let line = |stride: i64| Shape {
        image: vec![2, 3, 11],
        weight: vec![4, 3, 3],
        strides: vec![stride],
        pads: vec![1, 0],
        dilations: vec![1],
        groups: 1,
    };
    run(&line(1));
    run(&line(2));
    run(&Shape {
        image: vec![1, 2, 4, 5, 3],
        weight: vec![2, 2, 2, 3, 2],
        strides: vec![1, 2, 1],
        pads: vec![0, 1, 0, 0, 1, 1],
        dilations: vec![1, 1, 1],
        groups: 1,
    });
}
