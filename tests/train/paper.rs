//! The recipes of the BiMER paper, end to end on a small tree of IEMOCAP's shape: datasets of speech and sentences, then speech,
//! text, and both. Only sizes, paths and models are put in place of the recipes' own.

use std::f64::consts::TAU;
use std::fs;

use serde_json::Value;

use super::project::{Project, model};

const LABELS: [&str; 4] = ["neu", "ang", "sad", "hap"];
/// Turns of each class.
const TURNS: usize = 8;

/// Sessions of one improvised dialogue each, every turn a tone of its class with its own overtones.
fn iemocap(project: &Project) {
    let words = [
        "the dog is here",
        "we go home now",
        "it is so good",
        "you are not there",
    ];
    for session in 1..=2 {
        let dialogue = format!("Ses0{session}F_impro01");
        let root = format!("corpora/IEMOCAP_full_release/Session{session}");
        let mut evaluation = String::from("% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n");
        let mut transcript = String::new();
        for n in 0..LABELS.len() * TURNS / 2 {
            let label = LABELS[n % 4];
            let id = format!("{dialogue}_{}{n:03}", if n % 2 == 0 { 'F' } else { 'M' });
            evaluation += &format!("[{n}.0000 - {n}.9000]\t{id}\t{label}\t[2.5000, 2.5000, 2.5000]\n");
            let text = format!(
                "{} {} {}.",
                words[n % 4],
                ["today", "again", "for us"][n % 3],
                session * 100 + n
            );
            transcript += &format!("{id} [{n:03}.0000-{n:03}.9000]: {text}\n");
            let path = project.write(&format!("{root}/sentences/wav/{dialogue}/{id}.wav"), "");
            let settings = hound::WavSpec {
                channels: 1,
                sample_rate: 16_000,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let mut wav = hound::WavWriter::create(path, settings).unwrap();
            let f0 = 90.0 + 60.0 * (n % 4) as f64 + n as f64;
            for at in 0..9_600 + 160 * n {
                let t = at as f64 / 16_000.0;
                let tone: f64 = (1..=6)
                    .map(|k| (TAU * f0 * f64::from(k) * t).sin() / f64::from(k))
                    .sum();
                wav.write_sample((3000.0 * tone) as i16).unwrap();
            }
            wav.finalize().unwrap();
        }
        project.write(&format!("{root}/dialog/EmoEvaluation/{dialogue}.txt"), evaluation);
        project.write(
            &format!("{root}/dialog/transcriptions/{dialogue}.txt"),
            transcript,
        );
    }
}

/// A recipe of the project with other values in place of its own, each of which it has to hold.
fn recipe(project: &Project, name: &str, changes: &[(&str, &str)]) {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut text = fs::read_to_string(format!("{root}/recipes/{name}.toml")).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from} in {name}");
        text = text.replace(from, to);
    }
    project.write(&format!("recipes/{name}.toml"), text);
}

#[test]
fn the_papers_recipes_go_from_iemocap_to_the_fusion() {
    let project = Project::empty();
    iemocap(&project);
    let root = env!("CARGO_MANIFEST_DIR");
    let quoted = |name: &str| format!("{:?}", model(name));
    let (encoder, masked) = (quoted("sentence-encoder"), quoted("bert-mlm"));
    recipe(
        &project,
        "bimer-audio",
        &[
            ("validation_per_class = 120", "validation_per_class = 2"),
            ("train_per_class = 800", "train_per_class = 9"),
            ("\"../rir\"", &format!("\"{root}/rir\"")),
            ("\"../noise\"", &format!("\"{root}/noise\"")),
            ("width = 496, height = 369", "width = 32, height = 24"),
        ],
    );
    recipe(
        &project,
        "bimer-text",
        &[
            ("validation_per_class = 125", "validation_per_class = 2"),
            ("train_per_class = 500", "train_per_class = 7\nshort = \"accept\""),
            ("threshold = 0.9", "threshold = 0.1"),
            ("p_backtranslate = 0.5", "p_backtranslate = 0.0"),
            (
                "model = \"all-MiniLM-L6-v2\"",
                &format!("model = {encoder}\nguard = \"none\""),
            ),
            ("model = \"bert-base-uncased\"", &format!("model = {masked}")),
        ],
    );
    let backbone = project.path("models/resnet");
    fs::create_dir_all(&backbone).unwrap();
    let file = format!("{}/dynamo.onnx", model("resnet-random"));
    fs::copy(file, backbone.join("model.onnx")).unwrap();
    let resnet = ("model = \"resnet-50\"", "model = \"../models/resnet\"");
    let small = "\nchannels = 4\nheads = 2\nfeed_forward = 16";
    recipe(
        &project,
        "ser-train",
        &[
            ("train = \"all\"", &format!("train = \"all\"{small}")),
            ("epochs = 20", "epochs = 2"),
            resnet,
        ],
    );
    recipe(
        &project,
        "ter-train",
        &[("\"all-MiniLM-L6-v2\"", &encoder), ("epochs = 6", "epochs = 2")],
    );
    recipe(
        &project,
        "bimer-train",
        &[
            ("max_tokens = 128", &format!("max_tokens = 128{small}")),
            resnet,
            ("\"all-MiniLM-L6-v2\"", &encoder),
            ("epochs = 15", "epochs = 2"),
        ],
    );
    let run = |arguments: &[&str]| project.run(arguments).ends(0);
    run(&["audio", "recipes/bimer-audio.toml"]);
    run(&["text", "recipes/bimer-text.toml"]);
    for name in ["ser-train", "ter-train", "bimer-train"] {
        run(&["train", &format!("recipes/{name}.toml"), "--jobs", "1"]);
        let metrics = project.value(&format!("out/{name}/metrics.json"));
        assert_eq!(metrics["rows"], 8, "{name}");
        let mut labels: Vec<&str> = LABELS.into();
        labels.sort_unstable();
        assert_eq!(metrics["labels"], Value::from(labels), "{name}");
    }
    // The fusion began with what was trained on speech alone.
    let taken = project.run(&[
        "train",
        "recipes/bimer-train.toml",
        "--out",
        "again",
        "--jobs",
        "1",
    ]);
    taken.ends(0).says("numbers begin as in").says("ser-train");
    run(&["evaluate", "out/ser-train", "out/bimer-train", "out/bimer-audio"]).shows("out/bimer-train");
    run(&["evaluate", "out/ter-train", "out/bimer-text"]).shows("UA");
    let wav = "corpora/IEMOCAP_full_release/Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav";
    run(&[
        "infer",
        "out/bimer-train",
        "--audio",
        wav,
        "--text",
        "we go home now",
    ])
    .shows("probabilities");
    run(&["infer", "out/ser-train", "--audio", wav]).shows("probabilities");
    run(&["infer", "out/ter-train", "--text", "we go home now"]).shows("probabilities");
}
