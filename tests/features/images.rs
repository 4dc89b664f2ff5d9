//! Images and their maps: the cache, the file of what is too large for memory, and what can be wrong with an image.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use augment::audio::image::{Colormap, encode_png};
use augment::job::train::{PictureFile, Pictures};
use augment::onnx::graph::build::ConvSettings;
use augment::onnx::graph::{Dim, Element, Graph, Shape, Tensor};
use augment::run::interrupt::Interrupt;
use augment::train::features::cache::FeatureCache;
use augment::train::features::encoder::Kind;
use augment::train::features::image::{ImageEncoder, ImageFile, LONGEST};
use augment::train::features::{self, FeatureError, Features, Plan};

use crate::lab::{Ear, FRAME, PLENTY, bits, folder, packs, row, total};
use crate::support;

const HEIGHT: usize = 16;
const WIDTH: usize = 24;
/// Channels of the small backbone, and numbers of its maps.
const CHANNELS: usize = 4;
const SIZE: usize = CHANNELS * HEIGHT * WIDTH / 4;
const EACH: u64 = 32 + 2 * SIZE as u64;

/// One convolution of 3 × 3 in steps of 2, with these weights over and over.
fn model(weights: &[f32]) -> Vec<u8> {
    let mut graph = Graph::new("backbone");
    let mut shape = vec![Dim::named("batch")];
    shape.extend([3, HEIGHT, WIDTH].map(Dim::from));
    let image = graph.input("image", Element::F32, Shape::from(shape)).unwrap();
    let numbers: Vec<f32> = weights.iter().copied().cycle().take(CHANNELS * 27).collect();
    let kernel = Tensor::f32(&[CHANNELS, 3, 3, 3], &numbers).unwrap();
    let kernel = graph.constant(kernel).unwrap();
    let settings = ConvSettings {
        stride: 2,
        padding: 1,
    };
    let map = graph.conv(image, kernel, None, settings).unwrap();
    graph.output("map", map).unwrap();
    graph.to_model(&[]).unwrap()
}

fn encoder_of(model: &[u8], size: usize) -> Result<ImageEncoder, FeatureError> {
    let picture = [3, HEIGHT, WIDTH];
    ImageEncoder::new(
        &support::engine(1),
        "backbone",
        model,
        "image",
        "map",
        picture,
        size,
    )
}

fn encoder() -> ImageEncoder {
    encoder_of(&model(&[0.5, -0.25, 0.125, 1.0, -0.7]), SIZE).unwrap()
}

/// Writes different images.
fn paint(dir: &Path, numbers: std::ops::Range<usize>) -> Vec<PathBuf> {
    let paint = |number: usize| {
        let pixels: Vec<u8> = (0..HEIGHT * WIDTH)
            .map(|at| (at * (number + 3) + number) as u8)
            .collect();
        let path = dir.join(format!("{number}.png"));
        let png = encode_png(&pixels, WIDTH as u32, HEIGHT as u32, &Colormap::Viridis.palette());
        fs::write(&path, png.unwrap()).unwrap();
        path
    };
    numbers.map(paint).collect()
}

fn run(
    encoder: &mut ImageEncoder,
    paths: &[PathBuf],
    cache: &FeatureCache,
    interrupt: &Interrupt,
    ear: &Ear,
) -> Result<Features, FeatureError> {
    let pictures = Pictures::new(HEIGHT, WIDTH, paths.to_vec());
    features::compute(encoder, &images(pictures.files()), cache, interrupt, ear)
}

fn images(files: &[PictureFile]) -> Vec<&PictureFile> {
    files.iter().collect()
}

/// Computes, and tells how many were computed.
fn compute(paths: &[PathBuf], cache: &FeatureCache) -> (Features, u64) {
    let ear = Ear::default();
    let found = run(&mut encoder(), paths, cache, &Interrupt::default(), &ear).unwrap();
    assert_eq!(ear.notes.into_inner().unwrap(), [""; 0]);
    (found, ear.done.into_inner().unwrap())
}

fn fault(encoder: &mut ImageEncoder, paths: &[PathBuf]) -> FeatureError {
    let cache = FeatureCache::none();
    run(encoder, paths, &cache, &Interrupt::default(), &Ear::default()).unwrap_err()
}

fn plan(paths: &[PathBuf], cache: &FeatureCache) -> Result<Plan, FeatureError> {
    let pictures = Pictures::new(HEIGHT, WIDTH, paths.to_vec());
    let encoder = encoder();
    features::plan(
        encoder.id(),
        Some(encoder.size()),
        &images(pictures.files()),
        cache,
    )
}

#[test]
fn a_feature_is_the_map_in_16_bits() {
    let dir = tempfile::tempdir().unwrap();
    // A kernel that has its middle alone, of red: every other pixel of every other line.
    let mut kernel = [0.0; 27];
    kernel[4] = 1.0;
    let mut encoder = encoder_of(&model(&kernel), SIZE).unwrap();
    let paths = paint(dir.path(), 0..1);
    let ear = Ear::default();
    let found = run(
        &mut encoder,
        &paths,
        &FeatureCache::none(),
        &Interrupt::default(),
        &ear,
    )
    .unwrap();
    assert_eq!((found.len(), found.size(), found.on_disk()), (1, SIZE, false));
    let palette = Colormap::Viridis.palette();
    let map = row(&found, 0);
    for (at, number) in map.iter().enumerate() {
        let (line, column) = (at / (WIDTH / 2) % (HEIGHT / 2), at % (WIDTH / 2));
        let pixel = 2 * line * WIDTH + 2 * column;
        let red = f32::from(palette[usize::from((pixel * 3) as u8)][0]);
        // Half a step of 11 bits.
        assert!((number - (red / 127.5 - 1.0)).abs() < 0.000_5, "{at}: {number}");
    }
}

#[test]
fn kept_and_fresh_maps_are_the_same_bits_wherever_they_lie() {
    let dir = tempfile::tempdir().unwrap();
    let paths = paint(dir.path(), 0..30);
    let (fresh, done) = compute(&paths, &FeatureCache::none());
    assert_eq!((fresh.len(), done, fresh.on_disk()), (30, 30, false));
    let all = 30 * 2 * SIZE as u64;
    for (memory, on_disk) in [(all, false), (all - 1, true), (0, true)] {
        let cache = tempfile::tempdir().unwrap();
        let kept = FeatureCache::at(&cache.path().join("features"), PLENTY).within(memory);
        // In parts, so that some are read and some computed.
        assert_eq!(compute(&paths[10..20], &kept).1, 10);
        let (mixed, done) = compute(&paths, &kept);
        assert_eq!((done, mixed.on_disk()), (20, on_disk));
        let (read, done) = compute(&paths, &kept);
        assert_eq!((done, read.on_disk()), (0, on_disk));
        assert!(bits(&mixed) == bits(&fresh) && bits(&read) == bits(&fresh));
        let none = FeatureCache::none().within(memory);
        let (alone, _) = compute(&paths, &none);
        assert!(bits(&alone) == bits(&fresh) && alone.on_disk() == on_disk);
        // Nothing but packs is left, even while the features are used.
        assert_eq!(total(&cache.path().join("features")), 30 * EACH + 2 * FRAME);
    }
    // An image alone says the same as in company, and the same from numbers that are there already.
    let pictures = Pictures::new(HEIGHT, WIDTH, paths.clone());
    for at in [0, 29] {
        let (one, _) = compute(&paths[at..=at], &FeatureCache::none());
        assert_eq!(row(&one, 0), row(&fresh, at));
        let mut numbers = vec![0.0; 3 * HEIGHT * WIDTH];
        let file = &pictures.files()[at];
        file.numbers(&file.bytes().unwrap(), &mut numbers).unwrap();
        let map = encoder().map("an image", &numbers).unwrap();
        assert!(map.iter().map(|number| number.to_f32()).eq(row(&fresh, at)));
    }
    let error = encoder().map("an image", &[0.0; 5]).unwrap_err();
    assert!(matches!(error, FeatureError::Model(_)), "{error}");
}

#[test]
fn a_file_is_known_by_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(cache.path(), PLENTY);
    let mut paths = paint(dir.path(), 0..6);
    let (before, _) = compute(&paths, &cache);
    // Renamed, and there twice.
    let renamed = dir.path().join("renamed.png");
    fs::rename(&paths[2], &renamed).unwrap();
    paths[2] = renamed;
    fs::copy(&paths[3], dir.path().join("copy.png")).unwrap();
    paths.push(dir.path().join("copy.png"));
    let known = plan(&paths, &cache).unwrap();
    assert_eq!(
        known,
        Plan {
            kind: Kind::Image,
            inputs: 7,
            different: 6,
            known: 6,
            missing: 0,
            bytes: Some(6 * 2 * SIZE as u64),
        }
    );
    let (after, done) = compute(&paths, &cache);
    assert_eq!(done, 0);
    assert!(bits(&after)[..6 * SIZE] == bits(&before));
    assert_eq!(row(&after, 6), row(&after, 3));
    // Other bytes under a name that was known.
    let other = paint(dir.path(), 50..51);
    fs::rename(&other[0], &paths[2]).unwrap();
    assert_eq!(plan(&paths, &cache).unwrap().missing, 1);
    let (changed, done) = compute(&paths, &cache);
    assert_eq!(done, 1);
    assert_ne!(row(&changed, 2), row(&before, 2));
    assert_eq!(row(&changed, 1), row(&before, 1));
}

#[test]
fn another_model_or_size_finds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(cache.path(), PLENTY);
    let paths = paint(dir.path(), 0..3);
    compute(&paths, &cache);
    let mut other = encoder_of(&model(&[0.5, 0.25]), SIZE).unwrap();
    assert_ne!(other.id(), encoder().id());
    assert_eq!(encoder().id(), encoder().id());
    let ear = Ear::default();
    run(&mut other, &paths, &cache, &Interrupt::default(), &ear).unwrap();
    assert_eq!(ear.done.into_inner().unwrap(), 3);
    assert_eq!(compute(&paths, &cache).1, 0);
}

#[test]
fn an_interruption_keeps_every_finished_image() {
    let dir = tempfile::tempdir().unwrap();
    let kept = tempfile::tempdir().unwrap();
    let paths = paint(dir.path(), 0..12);
    for (memory, after, known) in [(PLENTY, 5, 5), (0, 3, 8)] {
        let cache = FeatureCache::at(kept.path(), PLENTY).within(memory);
        let interrupt = Interrupt::default();
        let ear = Ear {
            stop: Some((after, interrupt.clone())),
            ..Ear::default()
        };
        let error = run(&mut encoder(), &paths, &cache, &interrupt, &ear).unwrap_err();
        assert!(matches!(error, FeatureError::Interrupted), "{error}");
        assert_eq!(plan(&paths, &cache).unwrap().known, known);
    }
    assert_eq!(compute(&paths, &FeatureCache::at(kept.path(), PLENTY)).1, 4);
}

/// The length of a ResNet-50's maps at 369 × 496 pixels.
#[test]
fn long_maps_fill_packs_of_16_mebibytes_that_heal() {
    const LONG: usize = 2048 * 12 * 16;
    let dir = tempfile::tempdir().unwrap();
    let kept = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(kept.path(), PLENTY).within(PLENTY / 100);
    let mut graph = Graph::new("long");
    let mut shape = vec![Dim::named("batch")];
    shape.extend([3, HEIGHT, WIDTH].map(Dim::from));
    let image = graph.input("image", Element::F32, Shape::from(shape)).unwrap();
    // 1,024 channels of each pixel.
    let numbers: Vec<f32> = (0..3 * 1024).map(|at| (at % 17) as f32 / 7.0 - 1.0).collect();
    let kernel = graph
        .constant(Tensor::f32(&[1024, 3, 1, 1], &numbers).unwrap())
        .unwrap();
    let settings = ConvSettings {
        stride: 1,
        padding: 0,
    };
    let map = graph.conv(image, kernel, None, settings).unwrap();
    graph.output("map", map).unwrap();
    let mut encoder = encoder_of(&graph.to_model(&[]).unwrap(), LONG).unwrap();
    let paths = paint(dir.path(), 0..24);
    let go = |encoder: &mut ImageEncoder| {
        let ear = Ear::default();
        let found = run(encoder, &paths, &cache, &Interrupt::default(), &ear).unwrap();
        assert!(found.on_disk());
        (found, ear.done.into_inner().unwrap())
    };
    let (fresh, done) = go(&mut encoder);
    assert_eq!(done, 24);
    let each = 32 + 2 * LONG as u64;
    let sizes = || -> Vec<u64> {
        let mut sizes: Vec<u64> = packs(kept.path())
            .iter()
            .map(|pack| fs::metadata(pack).unwrap().len())
            .collect();
        sizes.sort_unstable();
        sizes
    };
    assert_eq!(sizes(), [2 * each + FRAME, 22 * each + FRAME]);
    // One number of one map.
    let large = packs(kept.path())
        .into_iter()
        .find(|pack| fs::metadata(pack).unwrap().len() > 4 << 20);
    let mut bytes = fs::read(large.as_ref().unwrap()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(large.unwrap(), bytes).unwrap();
    let (healed, done) = go(&mut encoder);
    assert_eq!(done, 22);
    assert_eq!(sizes(), [2 * each + FRAME, 22 * each + FRAME]);
    let (read, done) = go(&mut encoder);
    assert_eq!(done, 0);
    for at in 0..24 {
        let fresh = row(&fresh, at);
        assert!(row(&healed, at) == fresh && row(&read, at) == fresh, "{at}");
    }
}

#[test]
fn an_image_that_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let good = paint(dir.path(), 0..1).remove(0);
    let gone = dir.path().join("gone.png");
    let told = fault(&mut encoder(), &[good.clone(), gone.clone()]).to_string();
    assert!(told.starts_with(&format!("{}: ", gone.display())), "{told}");

    let none = dir.path().join("none.png");
    fs::write(&none, b"no image").unwrap();
    let told = fault(&mut encoder(), &[good.clone(), none.clone()]).to_string();
    assert!(
        told.starts_with(&format!("{}: not a PNG file, or damaged", none.display())),
        "{told}"
    );

    let small = dir.path().join("small.png");
    let png = encode_png(&[7; 12], 4, 3, &Colormap::Viridis.palette()).unwrap();
    fs::write(&small, png).unwrap();
    // What was finished before it is kept.
    let kept = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(kept.path(), PLENTY);
    let paths = [good.clone(), small.clone()];
    let error = run(
        &mut encoder(),
        &paths,
        &cache,
        &Interrupt::default(),
        &Ear::default(),
    );
    let told = error.unwrap_err().to_string();
    let expected = format!(
        "{}: found an image of 4 × 3 pixels, expected 24 × 16 as run.json says\nhint: ",
        small.display()
    );
    assert!(told.starts_with(&expected), "{told}");
    assert_eq!(plan(&[good], &cache).unwrap().known, 1);
}

#[test]
fn numbers_that_16_bits_do_not_hold_are_told_with_the_image() {
    let dir = tempfile::tempdir().unwrap();
    let paths = paint(dir.path(), 0..1);
    for weight in [1e6, f32::INFINITY, f32::NAN] {
        let mut encoder = encoder_of(&model(&[weight]), SIZE).unwrap();
        let error = fault(&mut encoder, &paths);
        assert!(matches!(error, FeatureError::OutOfRange { .. }), "{error}");
        let told = error.to_string();
        let name = paths[0].display();
        assert!(
            told.starts_with(&format!("{name}: the encoder gave ")) && told.contains("\nhint: "),
            "{told}"
        );
    }
}

#[test]
fn a_need_above_the_limit_is_told_in_images() {
    let dir = tempfile::tempdir().unwrap();
    let kept = tempfile::tempdir().unwrap();
    let paths = paint(dir.path(), 0..3);
    let need = 3 * EACH + FRAME;
    let error = plan(&paths, &FeatureCache::at(kept.path(), need - 1)).unwrap_err();
    let expected = format!(
        "found 3 different images × {EACH} bytes = {need} bytes of features to keep, expected at most {} (cache_limit)",
        need - 1
    );
    assert_eq!(error.to_string().lines().next(), Some(expected.as_str()));
    assert!(plan(&paths, &FeatureCache::at(kept.path(), need)).is_ok());
}

/// Gives other bytes each time.
struct Restless(Cell<u8>);

impl ImageFile for Restless {
    fn name(&self) -> String {
        "restless.png".to_owned()
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        self.0.set(self.0.get() + 1);
        Ok(vec![self.0.get()])
    }

    fn numbers(&self, _: &[u8], into: &mut [f32]) -> Result<(), String> {
        into.fill(0.0);
        Ok(())
    }
}

#[test]
fn an_image_that_changes_meanwhile_is_not_kept() {
    let kept = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(kept.path(), PLENTY);
    let image: &dyn ImageFile = &Restless(Cell::new(0));
    let error = features::compute(
        &mut encoder(),
        &[image],
        &cache,
        &Interrupt::default(),
        &Ear::default(),
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("restless.png: found it changed while "),
        "{error}"
    );
    assert_eq!(total(kept.path()), 0);
}

#[test]
fn a_model_that_does_not_fit_is_refused() {
    let model = model(&[1.0]);
    let expected = "backbone: found inputs image and outputs map, expected the input image of 32-bit floats [batch, 3, 16, \
                    24] and the output map of 12 numbers an image";
    assert_eq!(encoder_of(&model, 12).unwrap_err().to_string(), expected);
    let engine = support::engine(1);
    let open = |input: &str, output: &str, picture: [usize; 3], size: usize| {
        ImageEncoder::new(&engine, "backbone", &model, input, output, picture, size)
    };
    assert!(open("image", "map", [3, HEIGHT, WIDTH], SIZE).is_ok());
    for (input, output, picture) in [
        ("picture", "map", [3, HEIGHT, WIDTH]),
        ("image", "scores", [3, HEIGHT, WIDTH]),
        ("image", "map", [3, WIDTH, HEIGHT]),
        ("image", "map", [1, HEIGHT, WIDTH]),
        ("image", "map", [3, usize::MAX, 2]),
    ] {
        let error = open(input, output, picture, SIZE).unwrap_err();
        assert!(matches!(error, FeatureError::Model(_)), "{error}");
    }
    for size in [0, LONGEST + 1] {
        let error = open("image", "map", [3, HEIGHT, WIDTH], size).unwrap_err();
        assert!(
            matches!(error, FeatureError::Size { limit: LONGEST, .. }),
            "{error}"
        );
    }
    let error = encoder_of(b"no model", SIZE).unwrap_err().to_string();
    assert!(error.starts_with("backbone: cannot load the model: "), "{error}");
}

/// A graph by another program, which leaves the sizes of its output open or not.
#[test]
fn a_graph_of_another_exporter() {
    let dir = tempfile::tempdir().unwrap();
    let model = fs::read(folder("resnet-random").join("script.onnx")).unwrap();
    let session = support::engine(1).session_of("resnet", &model).unwrap();
    let (input, output) = (&session.inputs()[0], &session.outputs()[0]);
    let [_, 3, height, width] = input.shape[..] else {
        panic!("{:?}", input.shape);
    };
    let size = usize::try_from(output.shape[1..].iter().product::<i64>()).unwrap();
    let (height, width) = (height as usize, width as usize);
    let mut encoder = ImageEncoder::new(
        &support::engine(1),
        "resnet",
        &model,
        &input.name,
        &output.name,
        [3, height, width],
        size,
    )
    .unwrap();
    let png = encode_png(
        &vec![200; height * width],
        width as u32,
        height as u32,
        &Colormap::Viridis.palette(),
    );
    let path = dir.path().join("a.png");
    fs::write(&path, png.unwrap()).unwrap();
    let pictures = Pictures::new(height, width, vec![path]);
    let found = features::compute(
        &mut encoder,
        &images(pictures.files()),
        &FeatureCache::none(),
        &Interrupt::default(),
        &Ear::default(),
    )
    .unwrap();
    assert!(row(&found, 0).iter().any(|&number| number != 0.0));
}
