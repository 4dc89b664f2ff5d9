//! Corpora as they lie on disk, read by the program.

use std::collections::BTreeMap;

use super::project::{Project, bundled, hiss, voice};

/// Transforms that need no bank, copies of each.
const COPIES: &str = "[balance]\ncopies = 1\n[[transform]]\nkind = \"gain\"\n";

/// (split, label) → originals.
fn originals(project: &Project, out: &str) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for row in project.rows(&format!("{out}/manifest.jsonl")) {
        if row["transform"] == "original" {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            *counts.entry((text("split"), text("label"))).or_default() += 1;
        }
    }
    counts
}

fn of(pairs: &[(&str, &str, usize)]) -> BTreeMap<(String, String), usize> {
    pairs
        .iter()
        .map(|(split, label, n)| (((*split).to_owned(), (*label).to_owned()), *n))
        .collect()
}

/// An IEMOCAP-shaped tree: two sessions, both kinds of dialogue, 27 turns.
fn iemocap(project: &Project) {
    let dialogues = [
        (
            "Session1",
            "Ses01F_impro01",
            ["neu", "ang", "exc", "xxx", "sad", "hap", "neu"].as_slice(),
        ),
        (
            "Session1",
            "Ses01M_script01_1",
            ["neu", "ang", "sad", "hap", "fru"].as_slice(),
        ),
        (
            "Session2",
            "Ses02F_impro02",
            ["hap", "exc", "ang", "sad", "neu", "neu", "sad", "ang"].as_slice(),
        ),
        (
            "Session2",
            "Ses02M_impro03",
            ["neu", "hap", "ang", "sad", "oth", "exc", "neu"].as_slice(),
        ),
    ];
    for (session, dialogue, labels) in dialogues {
        let mut evaluation = String::from("% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n");
        let mut transcript = String::new();
        for (n, label) in labels.iter().enumerate() {
            let id = format!("{dialogue}_{}{n:03}", if n % 2 == 0 { 'F' } else { 'M' });
            evaluation += &format!(
                "[{n}.0000 - {n}.5000]\t{id}\t{label}\t[2.5000, 2.5000, 2.5000]\nC-E2:\tNeutral;\t()\n"
            );
            // One turn without a transcript.
            if id != "Ses02F_impro02_F002" {
                transcript += &format!("{id} [00{n}.0000-00{n}.5000]: Line {n} of {dialogue}.\n");
            }
            project.wav(
                &format!("iemocap/{session}/sentences/wav/{dialogue}/{id}.wav"),
                16_000,
                &voice(dialogue, n),
            );
        }
        project.write(
            &format!("iemocap/{session}/dialog/EmoEvaluation/{dialogue}.txt"),
            evaluation,
        );
        project.write(
            &format!("iemocap/{session}/dialog/transcriptions/{dialogue}.txt"),
            transcript,
        );
    }
}

#[test]
fn iemocap_is_read_rightly() {
    let project = Project::new();
    iemocap(&project);
    let recipe = |extra: &str| {
        format!(
            "[corpus]\nkind = \"iemocap\"\nroot = \"iemocap\"\nclasses = [\"neu\", \"ang\", \"sad\", \"hap\"]\n{extra}\n{COPIES}"
        )
    };
    project.write("impro.toml", recipe(""));
    project.run(&["audio", "impro.toml", "--out", "impro"]).ends(0);
    let expected = of(&[
        ("train", "neu", 6),
        ("train", "ang", 4),
        ("train", "sad", 4),
        ("train", "hap", 3),
    ]);
    assert_eq!(originals(&project, "impro"), expected);
    let rows = project.rows("impro/manifest.jsonl");
    let row = rows
        .iter()
        .find(|row| row["source_id"] == "Ses01F_impro01_M001")
        .unwrap();
    assert_eq!(
        (row["speaker"].as_str(), row["text"].as_str()),
        (Some("Ses01M"), Some("Line 1 of Ses01F_impro01."))
    );
    let silent = rows
        .iter()
        .find(|row| row["source_id"] == "Ses02F_impro02_F002")
        .unwrap();
    assert_eq!(silent["text"], "");
    let refused = project.rows("impro/refused.jsonl");
    assert!(
        refused.iter().any(|row| row["id"] == "Ses01F_impro01_M003"),
        "xxx is named"
    );

    project.write("merged.toml", recipe("dialogues = \"all\"\nmerge_excited = true"));
    project.run(&["audio", "merged.toml", "--out", "merged"]).ends(0);
    let expected = of(&[
        ("train", "neu", 7),
        ("train", "ang", 5),
        ("train", "sad", 5),
        ("train", "hap", 7),
    ]);
    assert_eq!(originals(&project, "merged"), expected);

    // One session held out: its speakers are in no other split.
    project.write(
        "held.toml",
        recipe("[split]\nvalidation_groups = [\"Ses02\"]\ngroup_by = \"session\""),
    );
    project.run(&["audio", "held.toml", "--out", "held"]).ends(0);
    for row in project.rows("held/manifest.jsonl") {
        let session = &row["speaker"].as_str().unwrap()[..5];
        assert_eq!(row["split"] == "validation", session == "Ses02", "{row}");
    }
    project.run(&["verify", "held"]).ends(0);
}

#[test]
fn names_of_files_tell_label_and_speaker() {
    let project = Project::new();
    for (n, name) in [
        "Actor_01/03-01-05-01-02-01-01",
        "Actor_12/03-01-01-01-01-01-12",
        "Actor_12/03-02-05-01-01-01-12",
    ]
    .iter()
    .enumerate()
    {
        project.wav(
            &format!("corpora/RAVDESS/{name}.wav"),
            48_000,
            &hiss(n as u32 + 1, 48_000),
        );
    }
    for (n, name) in ["03a01Fa", "08b02Wb", "08a07Na"].iter().enumerate() {
        project.wav(&format!("corpora/EmoDB/wav/{name}.wav"), 16_000, &voice("e", n));
    }
    for (n, name) in ["7_jackson_32", "7_theo_0", "0_theo_1"].iter().enumerate() {
        let folder = "corpora/free-spoken-digit-dataset/recordings";
        project.wav(&format!("{folder}/{name}.wav"), 8_000, &voice("f", n)[..4000]);
    }
    // The shipped recipes' own readers, over whatever is in the folder.
    for (recipe, expected) in [
        ("ravdess", vec![("01/", "angry", "01"), ("12/", "neutral", "12")]),
        (
            "emodb",
            vec![
                ("03a01Fa", "happiness", "03"),
                ("08a07Na", "neutral", "08"),
                ("08b02Wb", "anger", "08"),
            ],
        ),
        (
            "fsdd",
            vec![
                ("0_theo_1", "0", "theo"),
                ("7_jackson_32", "7", "jackson"),
                ("7_theo_0", "7", "theo"),
            ],
        ),
    ] {
        let text = std::fs::read_to_string(bundled(&format!("recipes/{recipe}.toml"))).unwrap();
        let corpus = text
            .split("[split]")
            .next()
            .unwrap()
            .split("[prepare]")
            .next()
            .unwrap();
        project.write(&format!("recipes/{recipe}.toml"), format!("{corpus}\n{COPIES}"));
        project
            .run(&["audio", &format!("recipes/{recipe}.toml"), "--out", recipe])
            .ends(0);
        let rows = project.rows(&format!("{recipe}/manifest.jsonl"));
        let found = rows.iter().filter(|row| row["transform"] == "original");
        let mut found: Vec<_> = found
            .map(|r| {
                (
                    r["source_id"].as_str().unwrap(),
                    r["label"].as_str().unwrap(),
                    r["speaker"].as_str().unwrap(),
                )
            })
            .collect();
        found.sort_unstable();
        assert_eq!(found.len(), expected.len(), "{recipe}");
        for ((id, label, speaker), (part, want, who)) in found.iter().zip(&expected) {
            assert!(id.contains(part), "{id} {part}");
            assert_eq!((label, speaker), (want, who));
        }
    }
}

#[test]
fn every_shipped_recipe_is_valid() {
    let project = Project::new();
    for recipe in ["ravdess", "emodb", "fsdd", "bimer-audio"] {
        // Without the corpus the recipe is fine up to its root.
        let path = bundled(&format!("recipes/{recipe}.toml"));
        project
            .run(&["audio", &path, "--dry-run"])
            .ends(1)
            .says("corpora/");
    }
}

#[test]
fn a_manifest_gives_splits_texts_and_speakers() {
    let project = Project::new();
    for n in 0..6 {
        project.wav(&format!("audio/u{n}.wav"), 44_100, &voice("m", n));
    }
    let mut csv = String::from("\u{feff}wav,utterance,emotion,who,part\r\n");
    for n in 0..6 {
        let part = ["train", "train", "train", "dev", "test", "train"][n];
        csv += &format!(
            "audio/u{n}.wav,\"Said \"\"{n}\"\",\nthen left\",{},s{n},{part}\r\n",
            ["joy", "fear"][n % 2]
        );
    }
    csv += "audio/u9.wav,gone,joy,s9,train\r\naudio/u1.wav,too few\r\n";
    project.write("list.csv", csv);
    let columns = "columns = { audio = \"wav\", text = \"utterance\", label = \"emotion\", speaker = \"who\", split = \"part\" }";
    project.write(
        "r.toml",
        format!("[corpus]\nkind = \"manifest\"\npath = \"list.csv\"\n{columns}\n{COPIES}"),
    );
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    let expected = of(&[
        ("train", "joy", 2),
        ("train", "fear", 2),
        ("validation", "fear", 1),
        ("test", "joy", 1),
    ]);
    assert_eq!(originals(&project, "out"), expected);
    let rows = project.rows("out/manifest.jsonl");
    assert!(
        rows.iter()
            .all(|row| row["split"] == "train" || row["transform"] == "original")
    );
    assert!(
        rows.iter()
            .any(|row| row["text"] == "Said \"2\",\nthen left" && row["speaker"] == "s2")
    );
    assert_eq!(project.rows("out/refused.jsonl").len(), 2);
    project.run(&["verify", "out"]).ends(0);
}

#[test]
fn rates_and_channels_are_brought_together() {
    let project = Project::new();
    for (n, rate) in [8_000u32, 16_000, 22_050, 44_100, 48_000].into_iter().enumerate() {
        let seconds: Vec<f32> = (0..rate)
            .map(|i| 0.4 * (std::f32::consts::TAU * 440.0 * i as f32 / rate as f32).sin())
            .collect();
        project.wav(&format!("corpus/a/{n}.wav"), rate, &seconds);
    }
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 16_000,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(project.path("corpus/a/stereo.wav"), spec).unwrap();
    for i in 0..16_000 {
        writer
            .write_sample((4e6 * (0.17 * i as f32).sin()) as i32)
            .unwrap();
        writer.write_sample(0i32).unwrap();
    }
    writer.finalize().unwrap();
    project.write(
        "r.toml",
        format!("[corpus]\nkind = \"folder\"\nroot = \"corpus\"\n{COPIES}"),
    );
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    for row in project.rows("out/manifest.jsonl") {
        let reader = hound::WavReader::open(project.path("out").join(row["file"].as_str().unwrap())).unwrap();
        let spec = reader.spec();
        assert_eq!(
            (spec.channels, spec.sample_rate, spec.bits_per_sample),
            (1, 16_000, 16)
        );
        assert!((f64::from(reader.duration()) / 16_000.0 - 1.0).abs() < 1e-3);
    }
    project.write(
        "r.toml",
        format!("[corpus]\nkind = \"folder\"\nroot = \"corpus\"\n[prepare]\nchannels = 1\n{COPIES}"),
    );
    // One channel that most files do not have, and that is silent in the one that has it.
    project
        .run(&["audio", "r.toml", "--out", "right"])
        .ends(1)
        .says("nothing to train on");
}
