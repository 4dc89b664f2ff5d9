//! A dataset tells how its images were made, well enough to make them again.

use std::fs;
use std::path::Path;

use augment::audio::image::read_rgb;
use augment::audio::preparation::{Painter, Preparation};
use augment::dataset::mark::Mark;
use serde_json::{Value, json};

use super::project::{Project, RECIPE, bundled, differing, voice};

/// The preparation that a dataset tells.
fn told(dataset: &Path) -> Option<Preparation> {
    Mark::read(dataset).unwrap().unwrap().info.preparation().unwrap()
}

/// Makes a dataset of originals, and paints each of them again from its recording; how many there are.
fn painted_again(project: &Project, corpus: &str, settings: &str) -> usize {
    let recipe = format!(
        "[corpus]\nkind = \"folder\"\nroot = {corpus:?}\n[balance]\ntrain_per_class = 4\n\
         [[transform]]\nkind = \"gain\"\ngain_db = -3\n{settings}"
    );
    project.write("r.toml", recipe);
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    let out = project.path("out");
    let mut painter = Painter::new(&told(&out).unwrap()).unwrap();
    let rows = project.rows("out/manifest.jsonl");
    let originals = rows.iter().filter(|row| row["transform"] == "original");
    let mut count = 0;
    for row in originals {
        let text = |key: &str| row[key].as_str().unwrap();
        let recording = project.path(corpus).join(format!("{}.wav", text("source_id")));
        let samples = painter.samples(&recording).unwrap();
        let there = fs::read(out.join(text("mel_path"))).unwrap();
        let rgb = painter.rgb(&samples).unwrap();
        assert_eq!(rgb, read_rgb(&there).unwrap(), "{}", text("id"));
        assert_eq!(painter.png(&samples).unwrap(), there, "{}", text("id"));
        assert!(rgb.pixels.chunks_exact(3).any(|pixel| pixel != &rgb.pixels[..3]));
        count += 1;
    }
    fs::remove_dir_all(out).unwrap();
    count
}

#[test]
fn a_painter_makes_the_images_of_a_datasets_originals() {
    let project = Project::new();
    let demo = bundled("demo");
    assert_eq!(painted_again(&project, &demo, ""), 16);
    let other = "[prepare]\nsample_rate = 22050\ntrim_db = false\n\
                 [mel]\nscale = \"slaney\"\nn_mels = 80\nn_fft = 2048\nhop_length = 300\ntop_db = 60.5\n\
                 image = { width = 224, height = 200, colormap = \"gray\", interpolation = \"hann\", time = 1.5 }";
    assert_eq!(painted_again(&project, &demo, other), 16);
    let other = "[prepare]\nsample_rate = 8000\ntrim_db = 33.3\nmax_seconds = 0.9\ntoo_long = \"cut\"\n\
                 [mel.image]\nwidth = 100\nheight = 64\ntime = 0.7";
    assert_eq!(painted_again(&project, &demo, other), 16);
}

#[test]
fn a_painter_reads_the_channel_that_the_dataset_reads() {
    let project = Project::new();
    for (label, n) in [("a", 0), ("a", 1), ("b", 0), ("b", 1)] {
        let path = project.write(&format!("stereo/{label}/{n}.wav"), "");
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 44_100,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for (left, right) in voice(label, n).iter().zip(voice("other", n)) {
            writer.write_sample((left * 20_000.0) as i16).unwrap();
            writer.write_sample((right * 20_000.0) as i16).unwrap();
        }
        writer.finalize().unwrap();
    }
    for channels in ["\"mix\"", "0", "1"] {
        let settings = format!("[prepare]\nchannels = {channels}\n[mel.image]\nwidth = 64\nheight = 64");
        assert_eq!(painted_again(&project, "stereo", &settings), 4);
    }
    let mut painter = Painter::new(&Preparation::of(&plain()).unwrap()).unwrap();
    for (name, bytes, reason) in [
        (
            "text.wav",
            &b"no sound at all"[..],
            "not an audio file of a known kind",
        ),
        ("empty.wav", &b""[..], "the file is empty"),
    ] {
        let path = project.write(name, bytes);
        let error = painter.samples(&path).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
    let error = painter.samples(&project.path("nowhere.wav")).unwrap_err();
    assert!(error.starts_with("cannot be read: "), "{error}");
    assert_eq!(
        painter.samples(&project.path("stereo")).unwrap_err(),
        "is not a regular file"
    );
}

/// What the default settings are told as.
fn plain() -> Value {
    json!({
        "prepare": {
            "sample_rate": 16000, "trim_db": 40.0, "min_seconds": 0.1, "max_seconds": 60.0,
            "too_long": "refuse", "channels": "mix",
        },
        "mel": { "scale": "htk", "n_mels": 128, "n_fft": 1024, "hop_length": 512, "top_db": 80.0 },
        "image": {
            "width": 496, "height": 369, "colormap": "viridis", "interpolation": "nearest", "time": "stretch",
        },
    })
}

/// `run.json` of a dataset.
fn run_json(project: &Project, dataset: &str) -> Value {
    serde_json::from_slice(&fs::read(project.path(dataset).join("run.json")).unwrap()).unwrap()
}

/// Makes the dataset look as one of an older version: `run.json` tells no settings.
fn forget(project: &Project, dataset: &str) {
    let mut mark = run_json(project, dataset);
    mark.as_object_mut().unwrap().remove("settings").unwrap();
    let text = serde_json::to_string_pretty(&mark).unwrap();
    project.write(&format!("{dataset}/run.json"), text + "\n");
}

#[test]
fn an_older_dataset_is_told_of_without_making_anything_again() {
    let project = Project::with_corpus(&[("a", 4), ("b", 3)]);
    project.write("r.toml", RECIPE);
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    assert_eq!(
        run_json(&project, "out")["settings"],
        json!({ "preparation": plain() })
    );
    let whole = project.tree("out");
    forget(&project, "out");
    let older = project.tree("out");
    assert_eq!(differing(&whole, &older), ["run.json"]);
    assert_eq!(told(&project.path("out")), None);
    project.run(&["verify", "out"]).ends(0);
    // Nothing is written by who only looks.
    project
        .run(&["audio", "r.toml", "--out", "out", "--dry-run"])
        .ends(0);
    assert_eq!(differing(&older, &project.tree("out")), Vec::<String>::new());

    let stamps = |project: &Project| -> Vec<_> {
        let files = whole.keys().filter(|name| *name != "run.json");
        let stamp = |name: &String| {
            fs::metadata(project.path("out").join(name))
                .unwrap()
                .modified()
                .unwrap()
        };
        files.map(stamp).collect()
    };
    let before = stamps(&project);
    let run = ["audio", "r.toml", "--out", "out"];
    project
        .run(&run)
        .ends(0)
        .says("complete already; run.json tells now how its recordings were prepared");
    assert_eq!(differing(&whole, &project.tree("out")), Vec::<String>::new());
    project.run(&run).ends(0).says("complete already, nothing to do");
    // The same when asked to bring it up to date, and for what somebody changed by hand.
    let mut mark = run_json(&project, "out");
    mark["settings"]["preparation"]["mel"]["n_mels"] = json!(64);
    project.write("out/run.json", mark.to_string());
    project
        .run(&["audio", "r.toml", "--out", "out", "--update"])
        .ends(0)
        .says("run.json tells now");
    assert_eq!(differing(&whole, &project.tree("out")), Vec::<String>::new());
    assert_eq!(before, stamps(&project), "a file was written again");
}

#[test]
fn a_preparation_that_can_not_be_is_a_fault() {
    let project = Project::with_corpus(&[("a", 4), ("b", 3)]);
    project.write("r.toml", RECIPE);
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    let mut mark = run_json(&project, "out");
    mark["settings"]["preparation"]["image"]["width"] = json!(1_000_000);
    project.write("out/run.json", mark.to_string());
    let ran = project.run(&["verify", "out"]).ends(2);
    let said = ran.stdout + &ran.stderr;
    assert!(
        said.contains("run.json: the preparation's image: width = 1000000, expected 1 to 4096 pixels"),
        "{said}"
    );
}

#[test]
fn shards_of_older_and_newer_versions_make_one_dataset() {
    let project = Project::with_corpus(&[("a", 4), ("b", 3)]);
    project.write("r.toml", RECIPE);
    project.run(&["audio", "r.toml", "--out", "whole"]).ends(0);
    for shard in ["0", "1"] {
        let (of, out) = (format!("{shard}/2"), format!("part{shard}"));
        project
            .run(&["audio", "r.toml", "--shard", &of, "--out", &out])
            .ends(0);
        assert_eq!(told(&project.path(&out)), told(&project.path("whole")));
    }
    let whole = project.tree("whole");
    let merge = |out: &str| project.run(&["merge", "part0", "part1", "--out", out]);
    merge("merged").ends(0);
    assert_eq!(differing(&whole, &project.tree("merged")), Vec::<String>::new());

    let first = fs::read(project.path("part0/run.json")).unwrap();
    forget(&project, "part0");
    merge("mixed").ends(0);
    assert_eq!(differing(&whole, &project.tree("mixed")), Vec::<String>::new());
    forget(&project, "part1");
    merge("older").ends(0);
    assert_eq!(differing(&whole, &project.tree("older")), ["run.json"]);
    // A merged dataset is told of as any other.
    project.run(&["audio", "r.toml", "--out", "older"]).ends(0);
    assert_eq!(differing(&whole, &project.tree("older")), Vec::<String>::new());

    let mut mark: Value = serde_json::from_slice(&first).unwrap();
    project.write("part0/run.json", &first);
    mark["settings"]["preparation"]["prepare"]["trim_db"] = json!(false);
    mark["shard"] = run_json(&project, "part1")["shard"].clone();
    project.write("part1/run.json", mark.to_string());
    merge("different").ends(1).says("the preparation");
    assert!(!project.path("different").exists());
}
