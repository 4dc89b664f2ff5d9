//! Networks around encoders from files, trained as PyTorch trains them (`scripts/models/goldens_encoders.py`), and their sizes.

use std::borrow::Cow;
use std::path::Path;

use augment::onnx::graph::network::{Network, Tuned};
use augment::onnx::graph::train::{Optimizer, Settings, Trainer, TrainingStep, inference_model};
use augment::onnx::graph::{ConvSettings, Dim, Element, Graph, Import, Shape, Tensor};
use augment::train::networks::{
    Architecture, Attentive, Backbone, Bimer, Fed, IMAGE, IMAGENET_MEAN, IMAGENET_STD, ImageFile, MAP,
    MapBranch, Pooled, Resnet50CrnnAt, Speech, Words,
};
use ort::value::Tensor as OrtTensor;

use crate::bert;
use crate::goldens::near;
use crate::nets::{Data, floats, numbers, targets};
use crate::networks::{Case, compare_cases, documented};
use crate::support;

const ROWS: usize = 5;
const CLASSES: usize = 4;
pub const PICTURE: (usize, usize) = (24, 32);
/// Colours of no encoder in particular, so that a test tells where they come from.
pub const COLOURS: ([f64; 3], [f64; 3]) = ([0.5, 0.375, 0.25], [0.5, 0.25, 0.125]);

/// A file of the small ResNet.
pub fn import(file: &str) -> Import {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/resnet-random");
    Import::open(&root.join(format!("{file}.onnx"))).unwrap()
}

pub fn branch(file: &str, train: Tuned, kernel: usize, (mean, std): ([f64; 3], [f64; 3])) -> MapBranch {
    MapBranch {
        backbone: Backbone {
            file: ImageFile::of(import(file), "resnet-random", "0", PICTURE, None).unwrap(),
            train,
            mean,
            std,
            fed: Fed::Images,
        },
        channels: 4,
        kernel,
        attentive: Attentive {
            heads: 2,
            feed_forward: 8,
            encoder_dropout: 0.0,
        },
    }
}

fn imagenet(file: &str, train: Tuned) -> MapBranch {
    branch(file, train, 1, (IMAGENET_MEAN, IMAGENET_STD))
}

/// The same with a dropout everywhere.
fn dropping(mut speech: MapBranch, dropout: f64) -> MapBranch {
    speech.attentive.encoder_dropout = dropout;
    speech
}

pub fn resnet50(speech: &MapBranch, dropout: f64) -> Architecture {
    Architecture::Resnet50CrnnAt(Box::new(Resnet50CrnnAt {
        height: PICTURE.0,
        width: PICTURE.1,
        speech: dropping(speech.clone(), dropout),
        dropout,
        classes: CLASSES,
    }))
}

fn bimer(speech: Speech, words: Words, dropout: f64) -> Architecture {
    let (widths, speech) = match speech {
        Speech::Resnet50CrnnAt(speech) => (
            vec![],
            Speech::Resnet50CrnnAt(Box::new(dropping(*speech, dropout))),
        ),
        other => (vec![4], other),
    };
    Architecture::Bimer(Box::new(Bimer {
        height: PICTURE.0,
        width: PICTURE.1,
        speech,
        widths,
        text_size: if words == Words::Features { 10 } else { 8 },
        words,
        text_features: 5,
        dropout,
        classes: CLASSES,
    }))
}

/// An image for each row, and tokens for a network that reads them.
fn images_and_tokens(step: usize) -> Vec<Data> {
    let images = numbers(ROWS * 3 * PICTURE.0 * PICTURE.1, 10 * step);
    let tokens = bert::batch_of(step, ROWS).map(Data::I64);
    [Data::F32(images)].into_iter().chain(tokens).collect()
}

/// The maps of the first input's images, by the backbone's own file, in place of the images.
fn with_maps(network: &Architecture, mut data: Vec<Data>) -> Vec<Data> {
    let backbone = network.backbone().unwrap();
    let model = backbone.maps(PICTURE.0, PICTURE.1).unwrap();
    let mut session = support::engine(1).session_of("maps", &model).unwrap();
    let Data::F32(images) = &data[0] else {
        panic!("images are floats");
    };
    let images = OrtTensor::from_array((vec![ROWS, 3, PICTURE.0, PICTURE.1], images.clone())).unwrap();
    let outputs = session.run(vec![(Cow::from(IMAGE), images.into())]).unwrap();
    let (shape, maps) = outputs[MAP].try_extract_tensor::<f32>().unwrap();
    assert_eq!(shape[..], [ROWS as i64, 16, 3, 4]);
    data[0] = Data::F32(maps.to_vec());
    data
}

/// Trains on what `data` gives for a step; the file for use has dropout out of it.
fn compare(file: &str, make: impl Fn(f64) -> Architecture, data: &dyn Fn(usize) -> Vec<Data>) {
    let (network, in_use) = (make(0.0), make(0.5));
    let case = |network| Case { network, data };
    compare_cases(file, ROWS, case(&network), case(&in_use));
    if !network.backbone().is_some_and(Backbone::is_frozen) {
        return;
    }
    // Fed with maps, it is the same training, and its file for use takes images all the same.
    let maps = |step| with_maps(&network, data(step));
    let fed = network.clone().fed(Fed::Maps);
    let by_maps = Case {
        network: &fed,
        data: &maps,
    };
    compare_cases(file, ROWS, by_maps, case(&in_use));
    compare_cases(file, ROWS, by_maps, by_maps);
}

#[test]
fn resnet50_crnn_at_trains_as_in_pytorch() {
    for (golden, speech) in [
        ("resnet50-crnn-at", imagenet("dynamo", Tuned::All)),
        // Exporters may be told to keep normalisations.
        ("resnet50-crnn-at-kept", imagenet("kept", Tuned::All)),
        (
            "resnet50-crnn-at-last",
            branch("dynamo", Tuned::Last(1), 3, COLOURS),
        ),
        (
            "resnet50-crnn-at-frozen",
            branch("dynamo", Tuned::Head, 1, COLOURS),
        ),
        // With nothing trained, it is all the same what the weights are called.
        (
            "resnet50-crnn-at-frozen",
            branch("script", Tuned::Head, 1, COLOURS),
        ),
    ] {
        let make = |dropout| resnet50(&speech, dropout);
        compare(golden, make, &|step| floats(&make(0.0), ROWS, step));
    }
}

#[test]
fn bimer_with_encoders_trains_as_in_pytorch() {
    let last = Speech::Resnet50CrnnAt(Box::new(imagenet("dynamo", Tuned::Last(1))));
    let frozen = Speech::Resnet50CrnnAt(Box::new(imagenet("dynamo", Tuned::Head)));
    let words = |train: Tuned, pooling: Pooled| Words::BertText(bert::branch("dynamo", train, pooling));
    let both = |dropout| bimer(last.clone(), words(Tuned::Last(1), Pooled::Mean), dropout);
    compare("bimer-encoders", both, &images_and_tokens);
    let of_text = |dropout| bimer(Speech::ResnetCnn, words(Tuned::All, Pooled::First), dropout);
    compare("bimer-bert", of_text, &images_and_tokens);
    let of_speech = |dropout| bimer(frozen.clone(), Words::Features, dropout);
    compare("bimer-resnet50", of_speech, &|step| {
        floats(&of_speech(0.0), ROWS, step)
    });
}

fn settings(batch: usize) -> Settings {
    Settings {
        batch,
        seed: 1,
        optimizer: Optimizer::adam_w(0.1),
        clip: None,
        class_weights: None,
    }
}

pub fn step(network: &Architecture) -> TrainingStep {
    TrainingStep::new(network, &settings(ROWS)).unwrap()
}

/// The other exporter's file has other names, and the same weights: three steps lead to the same logits.
#[test]
fn both_exporters_files_train_alike() {
    let logits = ["dynamo", "script"].map(|file| {
        let network = resnet50(&imagenet(file, Tuned::All), 0.0);
        let step = step(&network);
        let mut trained: Vec<usize> = step.slots.iter().map(|slot| slot.dims.iter().product()).collect();
        trained.sort_unstable();
        let head = resnet50(&imagenet(file, Tuned::Head), 0.0);
        let without = crate::encoders::step(&head).trained;
        let weights: usize = import(file)
            .weights()
            .iter()
            .filter(|(name, tensor)| tensor.element() == Element::F32 && !name.starts_with("fc."))
            .map(|(_, tensor)| tensor.len())
            .sum();
        assert_eq!(step.trained - without, weights, "{file}");
        let mut trainer = Trainer::new(&support::engine(1), &step, &step.first_state().unwrap()).unwrap();
        for at in 0..3 {
            let data = floats(&network, ROWS, at);
            let data: Vec<_> = data.iter().map(Data::numbers).collect();
            let targets = targets(ROWS, CLASSES, at, false);
            trainer.step_of(&data, &targets, at as u64 + 1, 1e-2).unwrap();
        }
        let model = inference_model(&network, &trainer.state().unwrap(), &[]).unwrap();
        let mut session = support::engine(1).session_of(file, &model).unwrap();
        let ports = network.inputs();
        let data = floats(&network, ROWS, 0);
        let outputs = session.run(vec![data[0].rows(&ports[0], ROWS)]).unwrap();
        let (_, found) = outputs["logits"].try_extract_tensor::<f32>().unwrap();
        (found.to_vec(), trained)
    });
    let [(dynamo, ours), (script, theirs)] = &logits;
    assert_eq!(ours, theirs);
    near("logits", script, dynamo);
}

// The figures that the documentation gives, for four classes; the script counts the same in PyTorch.
const RESNET50_CRNN_AT: usize = 4_468_740;
const BIMER_RESNET50: usize = 4_568_324;

/// A file whose map has 2048 channels, one place for each 32 × 32 of the picture, as a ResNet-50's.
fn wide(height: usize, width: usize) -> Import {
    let mut graph = Graph::new("wide");
    let shape = Shape::from(vec![Dim::named("batch"), 3.into(), height.into(), width.into()]);
    let x = graph.input("pixel_values", Element::F32, shape).unwrap();
    let weight = Tensor::f32(&[2048, 3, 1, 1], &[0.5; 2048 * 3]).unwrap();
    let weight = graph.named_constant("stages.0.conv.weight", weight).unwrap();
    let settings = ConvSettings {
        stride: 32,
        padding: 0,
    };
    let map = graph.conv(x, weight, None, settings).unwrap();
    graph.output("last_hidden_state", map).unwrap();
    Import::parse(&graph.to_model(&[]).unwrap()).unwrap()
}

#[test]
fn networks_of_full_size_have_the_parameters_that_the_documentation_counts() {
    documented(RESNET50_CRNN_AT);
    documented(BIMER_RESNET50);
    for (height, width) in [(369, 496), (128, 101)] {
        let file = ImageFile::of(wide(height, width), "wide", "0", (height, width), None).unwrap();
        assert_eq!(file.map, [2048, height.div_ceil(32), width.div_ceil(32)]);
        for (train, more) in [
            (Tuned::Head, 0),
            (Tuned::Last(1), 2048 * 3),
            (Tuned::All, 2048 * 3),
        ] {
            let speech = MapBranch {
                backbone: Backbone {
                    file: file.clone(),
                    train,
                    mean: IMAGENET_MEAN,
                    std: IMAGENET_STD,
                    fed: Fed::Images,
                },
                channels: 256,
                kernel: 1,
                attentive: Attentive::default(),
            };
            let bimer = Architecture::Bimer(Box::new(Bimer {
                height,
                width,
                speech: Speech::Resnet50CrnnAt(Box::new(speech.clone())),
                widths: vec![],
                words: Words::Features,
                text_size: 384,
                text_features: 256,
                dropout: 0.5,
                classes: CLASSES,
            }));
            let alone = Architecture::Resnet50CrnnAt(Box::new(Resnet50CrnnAt {
                height,
                width,
                speech,
                dropout: 0.0,
                classes: CLASSES,
            }));
            for (network, count) in [(alone, RESNET50_CRNN_AT), (bimer, BIMER_RESNET50)] {
                let trained =
                    |network: &Architecture| TrainingStep::new(network, &settings(2)).unwrap().trained;
                assert_eq!(trained(&network), count + more, "{train:?}");
                if train == Tuned::Head {
                    assert_eq!(trained(&network.fed(Fed::Maps)), count);
                }
            }
        }
    }
}
