//! Networks with an encoder from a file within: frozen, with what it gives of an image kept between runs, or trained.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::project::{
    BOTH_WITHIN, FILES, LABELS, Project, READS, Ran, SEES, both, differing, model, names, picture,
    preparation, rows,
};
use super::same_bytes::stopped;
use super::way::{numbers, recorded};

const NONE: Vec<String> = Vec::new();
/// Where the maps of frozen backbones are kept.
const CACHE: &str = "home/.cache/augment/maps";

/// A recipe with so many steps that answers depend on what is seen: after a few, they are the same for all images.
fn learned(recipe: &str) -> String {
    let long = recipe.replace("epochs = 3", "epochs = 40\nkeep = \"last\"");
    long.replace("dropout = 0.1", "dropout = 0\nencoder_dropout = 0")
}

/// What is said of a recording and a text is what `predictions.jsonl` has of that row; of another recording it is something else.
#[track_caller]
fn answers_as_measured(project: &Project, name: &str, reads: bool) {
    project
        .run(&["evaluate", name, "speech", "--out", &format!("{name}-measured")])
        .ends(0);
    let told = &project.lines(&format!("{name}-measured/predictions.jsonl"))[4]["prediction"];
    let manifest = project.lines("speech/manifest.jsonl");
    let row = manifest.iter().find(|row| row["id"] == told["id"]).unwrap();
    let own = (row["source_id"].as_str().unwrap(), row["text"].as_str().unwrap());
    // How far the answer on a recording and a text is from what was measured.
    let off = |(source, text): (&str, &str)| {
        let audio = format!("my corpus/{source}.wav");
        let mut asked = vec!["infer", name, "--audio", &audio];
        if reads {
            asked.extend(["--text", text]);
        }
        let answer = project.run(&asked).ends(0).json();
        let measured = numbers(&told["probabilities"]);
        let each = LABELS.into_iter().zip(measured).map(|(label, expected)| {
            let found = answer["probabilities"][label].as_f64().unwrap();
            (found - expected).abs()
        });
        each.fold(0.0, f64::max)
    };
    let same = off(own);
    assert!(same < 1e-6, "{name}: the same question is {same} off");
    let heard = LABELS.map(|label| off((&format!("{label}0"), own.1)));
    let heard = heard.into_iter().fold(0.0, f64::max);
    assert!(heard > 0.05, "{name}: other recordings move it by {heard}");
    let read = off((own.0, "My teacher, 0, is angry."));
    assert!(!reads || read > 0.05, "{name}: another text moves it by {read}");
}

/// What is said of features: how many images there are, different ones, and those that were kept before.
#[track_caller]
fn features(ran: &Ran) -> [usize; 3] {
    let line = ran
        .stderr
        .lines()
        .find(|line| line.starts_with("features: "))
        .unwrap();
    let word = |at: usize| line.split(' ').nth(at).unwrap().parse().unwrap();
    // features: 30 images, 29 different (0.0 MB), 0 cached already
    [word(1), word(3), word(7)]
}

/// By how much the loss that is measured again is off the one that training left.
fn off(project: &Project, name: &str) -> f64 {
    let loss = |value: &serde_json::Value| value["loss"].as_f64().unwrap();
    let ran = project.run(&["evaluate", name, "speech", "--json"]).ends(0);
    let left = project.value(&format!("{name}/metrics.json"));
    (loss(&ran.json()["models"][0]) - loss(&left)).abs()
}

#[test]
fn a_frozen_backbone_sees_each_image_once() {
    let project = recorded().with_encoders();
    project.write("recipe.toml", learned(SEES));
    let ran = project
        .train("m")
        .ends(0)
        .says("resnet50-crnn-at: 803 parameters, map 16×3×4, batches of 8");
    let [images, different, cached] = features(&ran);
    assert!((images, cached) == (30, 0) && different > 20, "{}", ran.stderr);
    let tree = project.tree("m");
    assert_eq!(names(&tree), FILES);
    let run = project.value("m/run.json");
    let file = &run["network"]["backbone"]["file"];
    assert_eq!(
        (&file["model"], &file["map"]),
        (&"backbone".into(), &serde_json::json!([16, 3, 4]))
    );
    // No way to where it lay: its weights are in the model.
    for (name, bytes) in &tree {
        let folder = project.path("").to_string_lossy().into_owned();
        let found = bytes.windows(folder.len()).any(|part| part == folder.as_bytes());
        assert!(!found, "{name}");
    }
    // The same again, and in another folder: nothing is computed twice.
    let ran = project.train("m").ends(0).says("nothing to do");
    assert_eq!(features(&ran), [images, different, different]);
    let ran = project.train("again").ends(0);
    assert_eq!(features(&ran), [images, different, different]);
    assert_eq!(differing(&project.tree("again"), &tree), NONE);
    // Nor are maps of 16 bits ever used for what the model is for: measures differ by no more than rounding does.
    fs::remove_dir_all(project.path("backbone")).unwrap();
    answers_as_measured(&project, "m", false);
    let off = off(&project, "m");
    assert!(off > 0.0 && off < 2e-3, "{off}");
}

#[test]
fn a_backbone_that_is_trained_sees_images() {
    let project = recorded().with_encoders();
    let mut counts = Vec::new();
    for (name, train) in [
        ("all", "\"all\""),
        ("last", "{ last = 1 }"),
        ("both", "{ last = 2 }"),
    ] {
        let recipe = learned(SEES).replace("\"head\"", train);
        project.write("recipe.toml", recipe.replace("= 0.01", "= 0.003"));
        project
            .train(name)
            .ends(0)
            .says("image 3×24×32, batches of 8")
            .hides("features:");
        counts.push(
            project.value(&format!("{name}/run.json"))["parameters"]
                .as_u64()
                .unwrap()
                - 803,
        );
        answers_as_measured(&project, name, false);
        assert!(off(&project, name) < 1e-6);
    }
    // The stem, and stages of four convolutions each.
    let (stem, one, two) = (
        4 * 3 * 49 + 4,
        (8 + 2) + (36 + 2) + (16 + 8) + (32 + 8),
        (32 + 4) + (144 + 4) + (64 + 16) + (128 + 16),
    );
    assert_eq!(counts, [stem + one + two, two, one + two]);
    assert!(!project.path(CACHE).exists());
}

/// The tokenizer lies in the model's folder; both encoders' weights do, too.
#[test]
fn both_branches_may_have_their_encoders_within() {
    let project = recorded().with_encoders();
    // Who is angry can be read; who is happy or sad can only be heard. With texts that tell all, nothing is heard.
    for label in ["happy", "sad"] {
        project.change("speech/manifest.jsonl", &format!("is {label}."), "is here.");
    }
    for (name, recipe) in [
        ("head", BOTH_WITHIN.to_owned()),
        (
            "all",
            BOTH_WITHIN.replace("train = { speech = \"head\", text = { last = 1 } }\n", ""),
        ),
        // The other text branch, and the other speech branch.
        (
            "sees",
            BOTH_WITHIN
                .replace(
                    "train = { speech = \"head\", text = { last = 1 } }\nchannels",
                    "channels",
                )
                .replace("text = \"bert-text\"", "text = \"features\"")
                .replace("max_tokens = 16\n", ""),
        ),
        (
            "reads",
            BOTH_WITHIN
                .replace("speech = \"resnet50-crnn-at\"", "widths = [4, 8]")
                .replace("speech = \"head\", ", "")
                .replace("channels = 4\nheads = 2\nfeed_forward = 8\n", "")
                .replace("[backbone]\nmodel = \"./backbone\"\n", ""),
        ),
    ] {
        let recipe = match name {
            // It has no layer of an encoder to drop from.
            "reads" => learned(&recipe).replace("encoder_dropout = 0\n", ""),
            "head" => learned(&recipe),
            // More would be too much for a backbone that is trained.
            _ => learned(&recipe).replace("= 0.01", "= 0.003"),
        };
        project.write("recipe.toml", recipe);
        project.train(name).ends(0);
        let tree = project.tree(name);
        let tokenizer: Vec<&str> = names(&tree)
            .into_iter()
            .filter(|name| name.starts_with("tokenizer/"))
            .collect();
        assert_eq!(
            tokenizer.contains(&"tokenizer/tokenizer.json"),
            name != "sees",
            "{tokenizer:?}"
        );
        assert_eq!(names(&tree).len(), FILES.len() + tokenizer.len());
        let off = off(&project, name);
        let most = if name == "head" { 2e-3 } else { 1e-6 };
        assert!(off < most, "{name}: the loss is {off} off");
    }
    // Features come from an encoder beside the model; what is within needs no folder but the model's.
    answers_as_measured(&project, "sees", true);
    for folder in ["backbone", "reader"] {
        fs::remove_dir_all(project.path(folder)).unwrap();
    }
    for name in ["head", "all", "reads"] {
        answers_as_measured(&project, name, true);
    }
    let wav = "my corpus/sad0.wav";
    for (asked, told) in [
        (&["--audio", wav][..], "the model reads: expected --text"),
        (&["--text", "So sad."], "the model hears: expected --audio"),
    ] {
        project
            .run(&[&["infer", "head"], asked].concat())
            .ends(1)
            .says(told);
    }
    let tokenizer = project.read("head/tokenizer/tokenizer.json");
    project.write("head/tokenizer/tokenizer.json", tokenizer + " ");
    for command in [
        &["evaluate", "head", "speech"][..],
        &["infer", "head", "--audio", wav, "--text", "x"],
    ] {
        project
            .run(command)
            .ends(1)
            .says("the files in tokenizer are not those that preparation.json was written for");
    }
}

/// Starts a training and interrupts it so many milliseconds after it has said what maps it will compute.
fn stopped_within_maps(project: &Project, delay: u64) -> Ran {
    let mut child = project
        .command(&["train", "recipe.toml", "--out", "out", "--jobs", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut stderr = String::new();
    while !stderr.contains("features: ") {
        assert_ne!(said.read_line(&mut stderr).unwrap(), 0, "{stderr}");
    }
    sleep(Duration::from_millis(delay));
    // It may have ended meanwhile.
    let _ = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .output();
    said.read_to_string(&mut stderr).unwrap();
    let mut ran = Ran::from(child.wait_with_output().unwrap());
    ran.stderr = stderr;
    ran
}

/// Bytes of all maps that are kept.
fn kept(project: &Project) -> usize {
    if !project.path(CACHE).exists() {
        return 0;
    }
    let tree = project.tree(CACHE);
    let packs = tree.iter().filter(|(name, _)| name.ends_with(".pack"));
    packs.map(|(_, bytes)| bytes.len()).sum()
}

#[test]
fn stopped_within_maps_it_ends_with_the_same_bytes() {
    let project = Project::empty().with_encoders();
    project.speech("speech", &rows(240, 3));
    project.write(
        "recipe.toml",
        SEES.replace("batch = 8\nepochs = 3", "batch = 64\nepochs = 1"),
    );
    // A machine that does other things may be too early or too late, so that it is tried until there is a part of the maps.
    let all = 3 * 243 * 2 * 16 * 3 * 4;
    let mut delay = 0;
    for attempt in 0.. {
        assert!(attempt < 50, "no interruption came in time");
        let ran = stopped_within_maps(&project, delay);
        match kept(&project) {
            0 => delay += 10,
            bytes if bytes < all => {
                let ran = ran.ends(130);
                assert!(ran.stderr.ends_with("error: interrupted\n"), "{}", ran.stderr);
                break;
            }
            _ => {
                delay /= 2;
                for folder in [CACHE, "out"] {
                    let _ = fs::remove_dir_all(project.path(folder));
                }
            }
        }
    }
    assert!(!project.path("out/run.json").exists());
    let ran = project.train("out").ends(0);
    let [_, different, cached] = features(&ran);
    assert!((1..different).contains(&cached), "{cached}");
    // Another user's cache.
    let mut command = project.command(&["train", "recipe.toml", "--out", "whole", "--jobs", "1"]);
    let ran: Ran = command
        .env("XDG_CACHE_HOME", project.path("other"))
        .output()
        .unwrap()
        .into();
    assert_eq!(features(&ran.ends(0)), [3 * 243, different, 0]);
    assert_eq!(differing(&project.tree("out"), &project.tree("whole")), NONE);
}

#[test]
fn stopped_within_training_it_ends_with_the_same_bytes() {
    let long = |recipe: &str| recipe.replace("epochs = 3", "epochs = 12\ncheckpoint_seconds = 0");
    for recipe in [
        long(BOTH_WITHIN),
        long(BOTH_WITHIN).replace("speech = \"head\"", "speech = { last = 1 }"),
    ] {
        let project = Project::new(&recipe).with_encoders();
        project.train("whole").ends(0);
        for (signal, checkpoints) in [("-KILL", 1), ("-INT", 2), ("-KILL", 2)] {
            let ran = stopped(&project, signal, checkpoints);
            assert!([-1, 130].contains(&ran.code), "{}", ran.stderr);
        }
        project.train("out").ends(0).says("going on after step");
        assert_eq!(differing(&project.tree("out"), &project.tree("whole")), NONE);
    }
}

#[test]
fn another_backbone_is_another_training() {
    let project =
        Project::new(&SEES.replace("epochs = 3", "epochs = 2000\ncheckpoint_seconds = 0")).with_encoders();
    stopped(&project, "-INT", 2).ends(130);
    let unfinished = project.tree("out");
    // The same weights by another exporter.
    let file = fs::read(project.path("backbone/model.onnx")).unwrap();
    project.write(
        "backbone/model.onnx",
        fs::read(model("resnet-random/script.onnx")).unwrap(),
    );
    let hint = "hint: train into another folder with --out, or remove this one";
    let refuses = |told: &str| {
        project
            .train("out")
            .ends(1)
            .says("out holds another training: ")
            .says(told)
            .says(hint);
        assert_eq!(differing(&project.tree("out"), &unfinished), NONE);
    };
    refuses("backbone is ");
    project.write("backbone/model.onnx", &file);
    let recipe = project.read("recipe.toml");
    for change in [
        "mean = [0.5, 0.5, 0.5]",
        "std = [0.5, 0.5, 0.5]",
        "output = \"v17\"",
    ] {
        let other = recipe.replace(
            "model = \"./backbone\"",
            &format!("model = \"./backbone\"\n{change}"),
        );
        project.write("recipe.toml", other);
        refuses("recipe is ");
    }
    // Where it lies, and how much of it is kept, is no part of a training.
    fs::rename(project.path("backbone"), project.path("moved")).unwrap();
    let same = recipe
        .replace("model = \"./backbone\"", "model = \"moved\"\ncache_limit = 1")
        .replace("epochs = 2000", "epochs = 2001");
    project.write("recipe.toml", &same);
    refuses("recipe is ");
    project.write("recipe.toml", same.replace("2001", "2000"));
    stopped(&project, "-INT", 1).ends(130).says("going on after step");
}

#[test]
fn recipes_with_encoders_are_checked() {
    let project = Project::new(SEES).with_encoders();
    let refused = |recipe: &str, from: &str, to: &str, told: &str| {
        assert!(recipe.contains(from), "{from} in {recipe}");
        project.write("recipe.toml", recipe.replace(from, to));
        project.refuses().says(told);
        let _ = fs::remove_dir_all(project.path("refused"));
    };
    let named = "model = \"./backbone\"";
    let of_backbone = |more: &str| format!("{named}\n{more}");
    for (from, to, told) in [
        (
            "[backbone]\nmodel = \"./backbone\"\n",
            "",
            "recipe.toml:5: [network] kind: resnet50-crnn-at stands behind an image encoder, and there is no [backbone]\n\
             hint: write [backbone] with model = ",
        ),
        (named, "", "model"),
        (named, "model = \"nowhere\"", "found model \"nowhere\""),
        (named, "model = \"./nowhere\"", "nowhere: no such folder"),
        (named, "model = \"./speech\"", "model.onnx"),
        (
            named,
            "model = \"./reader\"",
            "found the inputs input_ids, attention_mask, token_type_ids, expected an image encoder",
        ),
        (
            named,
            &of_backbone("output = \"v\""),
            "found no value \"v\", expected a map",
        ),
        (
            named,
            &of_backbone("output = \"scores\""),
            "found scores f32[2, 4], expected a map",
        ),
        (
            named,
            &of_backbone("mean = [0.5, 0.5]"),
            "recipe.toml:13: [backbone] mean",
        ),
        (
            named,
            &of_backbone("mean = [127.5, 0, 0]"),
            "recipe.toml:13: [backbone] mean: found [127.5, 0.0, 0.0], expected three numbers from 0 to 1",
        ),
        (
            named,
            &of_backbone("mean = [nan, 0, 0]"),
            "recipe.toml:13: [backbone] mean: found [NaN",
        ),
        (
            named,
            &of_backbone("std = [0.5, 0, 0.5]"),
            "recipe.toml:13: [backbone] std: found [0.5, 0.0, 0.5], expected three numbers above 0",
        ),
        (
            named,
            &of_backbone("cache_limit = -1"),
            "recipe.toml:13: [backbone] cache_limit",
        ),
        (named, &of_backbone("cache_limit = 16777217"), "found 16777217 MB"),
        (
            named,
            &of_backbone("pooling = \"mean\""),
            "recipe.toml:13: [backbone] pooling",
        ),
        (
            "train = \"head\"",
            "train = { last = 9 }",
            "recipe.toml:6: [network] train: found last = 9, expected 1 to 2: the names in ",
        ),
        (
            "train = \"head\"",
            "train = { last = 0 }",
            "found last = 0, expected 1 to 2",
        ),
        (
            "train = \"head\"",
            "train = \"none\"",
            "recipe.toml:6: [network] train",
        ),
        (
            "train = \"head\"",
            "train = { last = -1 }",
            "recipe.toml:6: [network] train",
        ),
        (
            "train = \"head\"",
            "train = { text = \"head\" }",
            "resnet50-crnn-at has one encoder, expected \"head\", \"all\" or { last = 2 }",
        ),
        (
            "[data]",
            "[encoder]\nmodel = \"./reader\"\n[data]",
            "[encoder]: resnet50-crnn-at reads no texts",
        ),
    ] {
        refused(SEES, from, to, told);
    }
    for (recipe, from, to, told) in [
        (
            BOTH_WITHIN,
            "[backbone]\nmodel = \"./backbone\"\n",
            "",
            "recipe.toml:6: [network] speech: resnet50-crnn-at stands behind an image encoder, and there is no [backbone]",
        ),
        (
            BOTH_WITHIN,
            "[encoder]\nmodel = \"./reader\"\n",
            "",
            "and there is no [encoder]",
        ),
        (
            BOTH_WITHIN,
            "text = { last = 1 }",
            "text = { last = 9 }",
            "found last = 9, expected 1 to 2",
        ),
        (
            BOTH_WITHIN,
            "speech = \"head\"",
            "speech = { last = 9 }",
            "found last = 9, expected 1 to 2",
        ),
        (
            BOTH_WITHIN,
            "\"./reader\"",
            "\"./reader\"\nprecision = \"fp16\"",
            "expected fp32: an encoder is trained in 32-bit numbers",
        ),
        (
            READS,
            "[encoder]",
            "[backbone]\nmodel = \"./backbone\"\n[encoder]",
            "[backbone]: the network has no image encoder\nhint: kind = \"resnet50-crnn-at\" has one",
        ),
        (READS, "\"./reader\"", "\"./backbone\"", "backbone"),
    ] {
        refused(recipe, from, to, told);
    }
    refused(
        &both(),
        "[encoder]",
        "[backbone]\nmodel = \"./backbone\"\n[encoder]",
        "the network has no image encoder",
    );
    // Files that are no graphs, and one whose names tell no stages.
    let sound = fs::read(project.path("backbone/model.onnx")).unwrap();
    for bytes in [&b"nothing"[..], &sound[..sound.len() / 2], b""] {
        project.write("backbone/model.onnx", bytes);
        refused(SEES, "seed = 3", "seed = 4", "backbone/model.onnx: ");
    }
    project.write(
        "backbone/model.onnx",
        fs::read(model("resnet-random/script.onnx")).unwrap(),
    );
    refused(
        SEES,
        "train = \"head\"",
        "train = { last = 1 }",
        "found last = 1, expected \"head\" or \"all\": the names in ",
    );
    // Pictures of another size than the file's.
    let sides = (48, 24);
    let settings = serde_json::json!({ "preparation": preparation(sides) });
    project.dataset("speech", "audio", &rows(8, 3), settings);
    for row in rows(8, 3) {
        project.write(
            &format!("speech/{}", row.image),
            picture(&row.label, &row.id, sides),
        );
    }
    refused(
        SEES,
        "seed = 3",
        "seed = 4",
        "found the input image of [batch, 3, 24, 32], expected one that takes [2, 3, 24, 48]\nhint: export the encoder with any",
    );
}
