//! Image encoders' files: which value is the last map, and what a backbone makes of an image.

use std::borrow::Cow;

use augment::onnx::graph::network::{Network as _, Tuned};
use augment::onnx::graph::proto::{ModelProto, tensor_shape_proto, type_proto};
use augment::onnx::graph::train::{State, inference_model};
use augment::onnx::graph::{
    Attributes, ConvSettings, Dim, Element, Graph, GraphError, Import, Shape, Tensor, Value,
};
use augment::train::networks::{Architecture, Fed, IMAGE, ImageFile, MAP};
use ort::value::Tensor as OrtTensor;
use prost::Message as _;

use crate::encoders::{COLOURS, PICTURE, branch, import, resnet50, step};
use crate::goldens::near;
use crate::nets::numbers;
use crate::support;

/// What a file names as its outputs.
type Outputs = Vec<(&'static str, Value)>;

/// A file of what `build` makes of images [batch, 3, 24, 32].
fn file(build: impl FnOnce(&mut Graph, Value) -> Outputs) -> Vec<u8> {
    let mut graph = Graph::new("encoder");
    let dims = vec![Dim::named("batch"), 3.into(), PICTURE.0.into(), PICTURE.1.into()];
    let x = graph
        .input("pixel_values", Element::F32, Shape::from(dims))
        .unwrap();
    for (name, value) in build(&mut graph, x) {
        graph.output(name, value).unwrap();
    }
    graph.to_model(&[]).unwrap()
}

/// A convolution that halves height and width, named so that errors can tell it.
fn halved(graph: &mut Graph, x: Value, channels: usize) -> Value {
    let shape = graph.shape(x).unwrap();
    let inputs = shape.dims()[1].size().unwrap();
    let weight = vec![0.1; channels * inputs];
    let weight = graph
        .constant(Tensor::f32(&[channels, inputs, 1, 1], &weight).unwrap())
        .unwrap();
    let settings = ConvSettings {
        stride: 2,
        padding: 0,
    };
    graph.conv(x, weight, None, settings).unwrap()
}

fn global(graph: &mut Graph, x: Value) -> Value {
    graph.node("GlobalAveragePool", &[x], Attributes::none()).unwrap()
}

fn name(graph: &Graph, value: Value) -> String {
    graph.info(value).unwrap().name.clone()
}

fn open(bytes: &[u8], output: Option<&str>) -> Result<ImageFile, GraphError> {
    ImageFile::of(Import::parse(bytes).unwrap(), "encoder", "0", PICTURE, output)
}

/// The map that is found, and its sizes.
fn found(bytes: &[u8]) -> (String, [usize; 3]) {
    let file = open(bytes, None).unwrap();
    assert_eq!(file.input, "pixel_values");
    (file.output, file.map)
}

#[test]
fn maps_among_the_outputs_are_taken() {
    // As transformers exports encoders: what was pooled has four dimensions, too.
    let bytes = file(|graph, x| {
        let map = halved(graph, x, 5);
        let pooled = global(graph, map);
        vec![("pooler_output", pooled), ("last_hidden_state", map)]
    });
    assert_eq!(found(&bytes), ("last_hidden_state".to_owned(), [5, 12, 16]));
    let bytes = file(|graph, x| {
        let map = halved(graph, x, 5);
        vec![("pooled", global(graph, map)), ("features", map)]
    });
    assert_eq!(found(&bytes), ("features".to_owned(), [5, 12, 16]));
    // A map of each stage: the last one, but for one of the usual name.
    let stages = |names: [&'static str; 3]| {
        file(|graph, x| {
            let one = halved(graph, x, 4);
            let two = halved(graph, one, 6);
            let three = halved(graph, two, 8);
            names.into_iter().zip([one, two, three]).collect()
        })
    };
    assert_eq!(
        found(&stages(["stage1", "stage2", "stage3"])),
        ("stage3".to_owned(), [8, 3, 4])
    );
    assert_eq!(
        found(&stages(["stage1", "last_hidden_state", "stage3"])),
        ("last_hidden_state".to_owned(), [6, 6, 8])
    );
    // One place is all that small pictures leave: only the usual name tells it from what was pooled.
    let single = |name: &'static str| {
        file(|graph, x| {
            let map = halved(graph, x, 4);
            let one = graph.mean(map, &[2, 3], true).unwrap();
            vec![(name, halved(graph, one, 7))]
        })
    };
    assert_eq!(
        found(&single("last_hidden_state")),
        ("last_hidden_state".to_owned(), [7, 1, 1])
    );
    let (_, map) = found(&single("other"));
    assert_eq!(map, [4, 12, 16]);
}

#[test]
fn what_a_classifier_pools_last_is_its_map() {
    type Pool = fn(&mut Graph, Value) -> Value;
    let whole: Pool = |graph, x| {
        let shape = graph.shape(x).unwrap();
        let sizes: Vec<usize> = shape.dims()[2..].iter().map(|dim| dim.size().unwrap()).collect();
        let window = Attributes::none().sizes("kernel_shape", &sizes);
        graph.node("AveragePool", &[x], window).unwrap()
    };
    let pools: [Pool; 4] = [
        global,
        |graph, x| graph.mean(x, &[2, 3], false).unwrap(),
        |graph, x| graph.mean(x, &[2, 3], true).unwrap(),
        whole,
    ];
    for pool in pools {
        let mut expected = String::new();
        let bytes = file(|graph, x| {
            let map = halved(graph, x, 6);
            // Squeezed and excited: a pooling within, whose shares multiply the map.
            let squeezed = global(graph, map);
            let shares = graph.unary("Sigmoid", squeezed).unwrap();
            let map = graph.mul(map, shares).unwrap();
            // A pooling that leaves more than one place is none of the whole.
            let window = Attributes::none()
                .ints("kernel_shape", [2, 2])
                .ints("strides", [2, 2]);
            let smaller = graph.node("AveragePool", &[map], window).unwrap();
            let map = halved(graph, smaller, 9);
            expected = name(graph, map);
            let pooled = pool(graph, map);
            let flat = graph.node("Flatten", &[pooled], Attributes::none()).unwrap();
            // Normalised behind it, which takes means, too.
            let mean = graph.mean(flat, &[1], true).unwrap();
            let centred = graph.sub(flat, mean).unwrap();
            vec![("logits", centred)]
        });
        assert_eq!(found(&bytes), (expected, [9, 3, 4]));
    }
    // All exporters' files.
    for file in ["script", "dynamo", "kept"] {
        let file = ImageFile::of(import(file), "resnet-random", "0", PICTURE, None).unwrap();
        assert_eq!((file.input.as_str(), file.map), ("image", [16, 3, 4]));
    }
    let layers = ["script", "dynamo", "kept"].map(|file| import(file).layers());
    assert_eq!(layers, [0, 2, 2]);
}

/// Channels that stand last are no map, although their mean over height and width has as many dimensions.
#[test]
fn channels_that_stand_last_are_no_map() {
    let bytes = file(|graph, x| {
        let map = halved(graph, x, 6);
        let last = graph.transpose(map, &[0, 2, 3, 1]).unwrap();
        vec![("features", graph.mean(last, &[1, 2], false).unwrap())]
    });
    let error = open(&bytes, None).unwrap_err().to_string();
    assert!(
        error.starts_with("found the outputs features f32[2, 6], and no pooling of a map"),
        "{error}"
    );
}

#[test]
fn a_map_may_be_named() {
    let mut inner = String::new();
    let bytes = file(|graph, x| {
        let map = halved(graph, x, 6);
        inner = name(graph, map);
        let deeper = halved(graph, map, 8);
        let flat = graph.node("Flatten", &[deeper], Attributes::none()).unwrap();
        let sum = graph.sum(flat, &[1], true).unwrap();
        vec![("last_hidden_state", deeper), ("logits", sum)]
    });
    assert_eq!(found(&bytes).1, [8, 6, 8]);
    let named = open(&bytes, Some(&inner)).unwrap();
    assert_eq!((named.output, named.map), (inner, [6, 12, 16]));
    for (output, told) in [
        (
            "nothing",
            "found no value \"nothing\", expected a map [batch, channels, height, width] of 32-bit numbers",
        ),
        ("logits", "found logits f32[2, 1], expected a map"),
    ] {
        let error = open(&bytes, Some(output)).unwrap_err().to_string();
        assert!(error.starts_with(told), "{error}");
    }
}

#[test]
fn files_that_are_no_image_encoders_say_why() {
    let bytes = file(|graph, x| {
        let map = halved(graph, x, 6);
        let flat = graph.node("Flatten", &[map], Attributes::none()).unwrap();
        vec![("logits", flat)]
    });
    let error = open(&bytes, None).unwrap_err().to_string();
    assert_eq!(
        error,
        "found the outputs logits f32[2, 1152], and no pooling of a map, expected a map [batch, channels, height, width]\n\
         hint: [backbone] output takes the name of the value that holds it"
    );
    let bytes = file(|graph, x| {
        let mask = graph.input("pixel_mask", Element::F32, [1]).unwrap();
        vec![("last_hidden_state", graph.mul(x, mask).unwrap())]
    });
    let error = open(&bytes, None).unwrap_err().to_string();
    assert_eq!(
        error,
        "found the inputs pixel_values, pixel_mask, expected an image encoder, which takes images alone"
    );
}

/// A file whose input has other dimensions.
fn with_dims(mut bytes: Vec<u8>, dims: &[Option<Dim>]) -> Vec<u8> {
    let mut model = ModelProto::decode(&bytes[..]).unwrap();
    let input = &mut model.graph.as_mut().unwrap().input[0];
    let Some(type_proto::Value::TensorType(tensor)) = input.r#type.as_mut().unwrap().value.as_mut() else {
        panic!("an image is a tensor");
    };
    let written = dims.iter().map(|dim| tensor_shape_proto::Dimension {
        value: dim.as_ref().map(|dim| match dim {
            Dim::Known(size) => tensor_shape_proto::dimension::Value::DimValue(*size as i64),
            Dim::Named(name) => tensor_shape_proto::dimension::Value::DimParam(name.to_string()),
        }),
        ..Default::default()
    });
    tensor.shape.as_mut().unwrap().dim = written.collect();
    bytes.clear();
    model.encode(&mut bytes).unwrap();
    bytes
}

#[test]
fn dimensions_are_fixed_named_or_open() {
    let bytes = file(|graph, x| vec![("last_hidden_state", halved(graph, x, 6))]);
    let named = |name: &str| Some(Dim::named(name));
    let known = |size: usize| Some(Dim::Known(size));
    for dims in [
        // As optimum exports encoders.
        [
            named("batch_size"),
            named("num_channels"),
            named("height"),
            named("width"),
        ],
        [named("batch"), known(3), known(24), known(32)],
        [named("batch"), known(3), named("height"), known(32)],
        [None, None, None, None],
        [None, known(3), None, None],
    ] {
        let found = open(&with_dims(bytes.clone(), &dims), None).unwrap();
        assert_eq!(found.map, [6, 12, 16], "{dims:?}");
    }
    for (dims, told) in [
        (
            [named("batch"), known(3), known(224), known(224)],
            "found the input pixel_values of [batch, 3, 224, 224], expected one that takes [2, 3, 24, 32]\nhint: export the \
             encoder with any batch, height and width (dynamic_shapes, or dynamic_axes), or make the dataset's images of the \
             size that it takes ([mel.image] of its recipe)",
        ),
        // A batch of one image.
        (
            [known(1), known(3), known(24), known(32)],
            "found the input pixel_values of [1, 3, 24, 32], expected one that takes [2, 3, 24, 32]\nhint: ",
        ),
        (
            [named("batch"), known(1), known(24), known(32)],
            "found the input pixel_values of [batch, 1, 24, 32]",
        ),
        // Squares of any size.
        (
            [named("batch"), known(3), named("side"), named("side")],
            "found the input pixel_values of [batch, 3, side, side]",
        ),
    ] {
        let error = open(&with_dims(bytes.clone(), &dims), None)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(told), "{error}");
    }
    let flat = with_dims(bytes, &[named("batch"), known(3), known(24)]);
    let error = open(&flat, None).unwrap_err().to_string();
    assert!(
        error.starts_with("found the input pixel_values of [batch, 3, 24]"),
        "{error}"
    );
}

/// A graph's outputs of one input, run by ONNX Runtime.
fn run(model: &[u8], input: &str, dims: &[usize], data: &[f32], output: &str) -> Vec<f32> {
    let mut session = support::engine(1).session_of("file", model).unwrap();
    let tensor = OrtTensor::from_array((dims.to_vec(), data.to_vec())).unwrap();
    let outputs = session
        .run(vec![(Cow::from(input.to_owned()), tensor.into())])
        .unwrap();
    outputs[output].try_extract_tensor::<f32>().unwrap().1.to_vec()
}

/// The file of the maps gives what the exported file's own graph gives for colours as it was trained with, and the network that is
/// fed with its maps what the file for use gives for the images.
#[test]
fn the_file_of_maps_and_the_file_for_use_agree() {
    let (rows, (height, width)) = (3, PICTURE);
    let speech = branch("script", Tuned::Head, 1, COLOURS);
    let dims = [rows, 3, height, width];
    let images = numbers(dims.iter().product(), 7);
    let maps = speech.backbone.maps(height, width).unwrap();
    let maps = run(&maps, IMAGE, &dims, &images, MAP);
    let mut exported = import("script").graph(&[("image", dims.to_vec())]).unwrap();
    let last = exported.find(&speech.backbone.file.output).unwrap();
    exported.output("map", last).unwrap();
    let (mean, std) = COLOURS;
    let coloured: Vec<f32> = images
        .iter()
        .enumerate()
        .map(|(at, &number)| {
            let colour = at / (height * width) % 3;
            (((f64::from(number) + 1.0) / 2.0 - mean[colour]) / std[colour]) as f32
        })
        .collect();
    let expected = run(&exported.to_model(&[]).unwrap(), "image", &dims, &coloured, "map");
    assert!(expected.iter().any(|&number| number != 0.0));
    near("map", &maps, &expected);

    let network: Architecture = resnet50(&speech, 0.5);
    let state: State = step(&network).first_state().unwrap();
    let for_use = inference_model(&network, &state, &[]).unwrap();
    let by_images = run(&for_use, IMAGE, &dims, &images, "logits");
    let fed = network.fed(Fed::Maps);
    assert_eq!(fed.inputs()[0].name, MAP);
    let by_maps = inference_model(&fed, &state, &[]).unwrap();
    let by_maps = run(&by_maps, MAP, &[rows, 16, 3, 4], &maps, "logits");
    assert_eq!(by_images, by_maps);
}

/// Layers behind the map are not counted: what is trained leads to it.
#[test]
fn the_last_layers_are_those_before_the_map() {
    let bytes = file(|graph, x| {
        let mut map = x;
        let mut outputs = Vec::new();
        for (stage, name) in ["stage1", "stage2", "stage3"].into_iter().enumerate() {
            let channels = graph.shape(map).unwrap().dims()[1].size().unwrap();
            let weight = Tensor::f32(&[4, channels, 1, 1], &vec![0.1; 4 * channels]).unwrap();
            let weight = graph
                .named_constant(&format!("layer{}.conv.weight", stage + 1), weight)
                .unwrap();
            let settings = ConvSettings {
                stride: 2,
                padding: 0,
            };
            map = graph.conv(map, weight, None, settings).unwrap();
            outputs.push((name, map));
        }
        outputs
    });
    for (output, layers) in [("stage3", 3), ("stage2", 2), ("stage1", 1)] {
        assert_eq!(open(&bytes, Some(output)).unwrap().layers, layers, "{output}");
    }
    let error = open(&bytes, Some("pixel_values")).unwrap_err().to_string();
    assert!(error.contains("expected a map"), "{error}");
}

#[test]
fn files_exported_for_training_are_refused() {
    let bytes = file(|graph, x| {
        let list = |graph: &mut Graph| graph.constant(Tensor::f32(&[3], &[1.0; 3]).unwrap()).unwrap();
        let inputs = [x, list(graph), list(graph), list(graph), list(graph)];
        let settings = Attributes::none().int("training_mode", 1);
        let y = graph.node("BatchNormalization", &inputs, settings).unwrap();
        vec![("map", halved(graph, y, 4))]
    });
    let error = open(&bytes, None).unwrap_err().to_string();
    assert!(
        error.contains("in training mode") && error.contains("model.eval()"),
        "{error}"
    );
}
