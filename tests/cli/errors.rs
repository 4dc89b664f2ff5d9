//! What is wrong is said with its place, and costs no more than it must.

use std::fs;

use super::project::{Project, RECIPE, differing};

fn project() -> Project {
    let project = Project::with_corpus(&[("angry", 3), ("calm", 4)]);
    project.write("r.toml", RECIPE);
    project
}

/// Runs the recipe with one part replaced; expects that nothing was written.
#[track_caller]
fn wrong(from: &str, to: &str, says: &[&str]) {
    let project = project();
    assert!(RECIPE.contains(from), "{from}");
    project.write("r.toml", RECIPE.replacen(from, to, 1));
    let mut ran = project.run(&["audio", "r.toml", "--out", "out"]).ends(1);
    for text in says {
        ran = ran.says(text);
    }
    assert!(!project.path("out").exists());
}

#[test]
fn unknown_keys_point_at_their_line_and_their_neighbour() {
    wrong(
        "validation_per_class",
        "validation_per_clas",
        &[
            "r.toml:7",
            "validation_per_clas",
            "did you mean \"validation_per_class\"?",
        ],
    );
    wrong(
        "train_per_class = 9",
        "train_per_class = 9\nmixtures = \"even\"",
        &["r.toml:10", "did you mean \"mixture\"?"],
    );
    wrong(
        "kind = \"speed\"",
        "kind = \"speed\"\nfactor = [0.9]",
        &["r.toml:12", "did you mean \"factors\"?"],
    );
    wrong(
        "kind = \"speed\"",
        "kind = \"sped\"",
        &["r.toml:11", "did you mean \"speed\"?"],
    );
    wrong(
        "kind = \"folder\"",
        "kind = \"folders\"",
        &["r.toml:4", "did you mean \"folder\"?"],
    );
    wrong(
        "[balance]",
        "[balances]",
        &["r.toml:8", "did you mean \"balance\"?"],
    );
    wrong(
        "root = \"corpus\"",
        "rot = \"corpus\"",
        &["r.toml:5", "did you mean \"root\"?"],
    );
}

#[test]
fn values_say_what_was_found_and_what_is_allowed() {
    wrong(
        "train_per_class = 9",
        "train_per_class = \"most\"",
        &["r.toml:9", "most", "largest"],
    );
    wrong(
        "train_per_class = 9",
        "",
        &["[balance]", "exactly one of train_per_class and copies"],
    );
    wrong(
        "train_per_class = 9",
        "train_per_class = 9\ncopies = 2",
        &["r.toml:10", "found both"],
    );
    wrong(
        "kind = \"speed\"",
        "kind = \"speed\"\nfactors = [0.75, 9]",
        &["r.toml:12", "found 9", "0.25 to 4"],
    );
    wrong(
        "kind = \"speed\"",
        "kind = \"speed\"\nfactors = \"fast\"",
        &["r.toml:12", "list of numbers"],
    );
    wrong(
        "kind = \"noise\"",
        "kind = \"noise\"\nsnr_db = [20, 5]",
        &["the smaller value comes first"],
    );
    wrong(
        "kind = \"pitch\"",
        "kind = \"speed\"",
        &["two transforms are called \"speed\"", "name = "],
    );
    wrong(
        "validation_per_class = 1",
        "validation_per_class = 3",
        &["class \"angry\"", "nothing to train on", "3 of its 3"],
    );
    wrong(
        "validation_per_class = 1",
        "validation_per_class = 99",
        &["r.toml:7", "wants 99", "only 3"],
    );
    wrong(
        "train_per_class = 9",
        "copies = 3",
        &["r.toml:9", "\"speed\" has only 2 different draws"],
    );
    wrong("seed = 7", "seed = seven", &["r.toml:2", "not TOML"]);
    wrong(
        "root = \"corpus\"",
        "root = \"corpora\"",
        &["r.toml:5", "corpora"],
    );
    wrong(
        "responses = \"rir\"",
        "responses = \"rirs\"",
        &["r.toml:14", "rirs"],
    );
    wrong(
        "root = \"corpus\"",
        "root = \"corpus\"\nclasses = [\"angry\", \"clam\"]",
        &["r.toml:6", "clam", "did you mean `calm`?"],
    );
    wrong(
        "[split]",
        "[prepare]\nsample_rate = 100\n[split]",
        &["r.toml:7", "4000 to 192000"],
    );
    wrong("[split]", "[mel]\nn_fft = 1023\n[split]", &["r.toml:7", "1023"]);
}

#[test]
fn a_chain_that_makes_no_sense_is_refused() {
    let chain = |steps: &str| format!("kind = \"chain\"\nname = \"c\"\nsteps = {steps}");
    wrong(
        "kind = \"pitch\"",
        &chain("[{ kind = \"speed\" }]"),
        &["at least two"],
    );
    let late = "[{ kind = \"frequency-mask\" }, { kind = \"pitch\" }]";
    wrong("kind = \"pitch\"", &chain(late), &["masks come last"]);
    let unknown = "[{ kind = \"pitch\", semitone = 3 }, { kind = \"speed\" }]";
    wrong(
        "kind = \"pitch\"",
        &chain(unknown),
        &["did you mean \"semitones\"?"],
    );
}

#[test]
fn a_missing_recipe_and_bad_flags_end_with_1() {
    let project = project();
    project
        .run(&["audio", "nowhere.toml"])
        .ends(1)
        .says("nowhere.toml");
    project
        .run(&["audio", "r.toml", "--shard", "3/3"])
        .ends(1)
        .says("0 to 2");
    project
        .run(&["audio", "r.toml", "--jobs", "0"])
        .ends(1)
        .says("--jobs 0");
    project
        .run(&["audio", "r.toml", "--frobnicate"])
        .ends(1)
        .says("--frobnicate");
    project.run(&["audio"]).ends(1);
    project.run(&["--help"]).ends(0);
    project.run(&["verify", "nowhere"]).ends(1).says("nowhere");
    project.write("latin.toml", b"seed = 1 # caf\xe9\n");
    project.run(&["audio", "latin.toml"]).ends(1).says("UTF-8");
}

#[test]
fn a_foreign_directory_is_not_touched() {
    let project = project();
    project.write("out/thesis.tex", "precious");
    let before = project.tree("out");
    project
        .run(&["audio", "r.toml", "--out", "out"])
        .ends(1)
        .says("thesis.tex");
    assert_eq!(project.tree("out"), before);
    project.write("other/run.json", "{\"format\": 99, \"kind\": \"audio\"}");
    project
        .run(&["audio", "r.toml", "--out", "other"])
        .ends(1)
        .says("newer");
    project.write("third/run.json", "{\"hello\": 1}");
    project
        .run(&["audio", "r.toml", "--out", "third"])
        .ends(1)
        .says("not a dataset of augment");
    project.write("file", "");
    project
        .run(&["audio", "r.toml", "--out", "file"])
        .ends(1)
        .says("file");
}

#[test]
fn broken_audio_is_named_and_the_run_goes_on() {
    let project = project();
    project.write("corpus/angry/empty.wav", "");
    project.write("corpus/angry/text.wav", "this is no audio at all, really");
    project.wav("corpus/calm/silent.wav", 16_000, &[0.0; 9_000]);
    project.wav("corpus/calm/short.wav", 16_000, &[0.3; 200]);
    let torn = fs::read(project.path("corpus/calm/calm_00.wav")).unwrap();
    project.write("corpus/calm/torn.wav", &torn[..torn.len() / 2]);
    project.write("noise/broken.wav", "no");
    project
        .run(&["audio", "r.toml", "--out", "out"])
        .ends(0)
        .says("torn")
        .says("broken.wav is left out");
    let refused = project.rows("out/refused.jsonl");
    let of = |id: &str| {
        refused.iter().find(|row| row["id"] == id).unwrap()["reason"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(of("calm/silent").contains("silent"));
    assert!(of("calm/short").contains("too short"));
    assert!(of("angry/empty").contains("empty"), "{}", of("angry/empty"));
    assert!(refused.iter().all(|row| row["stage"] == "index"));
    assert_eq!(refused.len(), 5);
    project.run(&["verify", "out"]).ends(0);
}

#[test]
fn an_input_that_vanishes_fails_its_items_and_is_tried_again() {
    let project = project();
    // Left alone for a second, so that the index is taken from the cache and the loss is met while making.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    project.run(&["audio", "r.toml", "--out", "whole"]).ends(0);
    project
        .run(&["audio", "r.toml", "--out", "out", "--limit", "1"])
        .ends(0);
    // A folder where a file should be: the item can't be written, the others can.
    let row = project
        .rows("whole/manifest.jsonl")
        .into_iter()
        .find(|row| row["transform"] == "noise")
        .unwrap();
    let blocked = project.path("out").join(row["file"].as_str().unwrap());
    fs::create_dir_all(blocked.join("x")).unwrap();
    project
        .run(&["audio", "r.toml", "--out", "out"])
        .ends(2)
        .says(row["id"].as_str().unwrap());
    assert!(
        project
            .rows("out/refused.jsonl")
            .iter()
            .any(|r| r["stage"] == "failed")
    );
    project.run(&["verify", "out"]).ends(2);
    fs::remove_dir_all(&blocked).unwrap();
    project
        .run(&["audio", "r.toml", "--out", "out"])
        .ends(0)
        .says("1 items made");
    assert_eq!(
        differing(&project.tree("whole"), &project.tree("out")),
        Vec::<String>::new()
    );
}

#[test]
fn a_class_that_stays_short_is_told_by_the_exit_code() {
    let project = Project::with_corpus(&[("angry", 2), ("calm", 4)]);
    let recipe = "[corpus]\nkind = \"folder\"\nroot = \"corpus\"\n[balance]\ntrain_per_class = 9\n[[transform]]\nkind = \"speed\"\n";
    project.write("r.toml", recipe);
    project
        .run(&["audio", "r.toml", "--dry-run", "--out", "out"])
        .ends(2)
        .says("short by 3");
    assert!(!project.path("out").exists());
    project
        .run(&["audio", "r.toml", "--out", "out"])
        .ends(2)
        .says("short by 3");
    project
        .run(&["audio", "r.toml", "--out", "out"])
        .ends(2)
        .says("short by 3");
    project.run(&["verify", "out"]).ends(2).says("short by 3");
    project.write("r.toml", recipe.replace("= 9\n", "= 9\nshort = \"accept\"\n"));
    project.run(&["audio", "r.toml", "--out", "accepted"]).ends(0);
    project.run(&["verify", "accepted"]).ends(0);
}

#[test]
fn a_transform_that_would_leave_no_trace_is_refused() {
    let off = |what: &str| format!("[output]\n{what} = false\n[split]");
    let project = project();
    for (transform, output) in [
        ("kind = \"gain\"", "audio"),
        ("kind = \"frequency-mask\"\naudio = \"none\"", "images"),
        ("kind = \"frequency-mask\"\naudio = \"source\"", "images"),
        ("kind = \"time-mask\"\naudio = \"source\"", "images"),
    ] {
        let recipe = RECIPE
            .replace("[split]", &off(output))
            .replace("kind = \"frequency-mask\"", transform);
        project.write("r.toml", recipe);
        project
            .run(&["audio", "r.toml", "--out", "out"])
            .ends(1)
            .says("in none of the files");
    }
    assert!(!project.path("out").exists());
}

#[test]
fn errors_within_a_chain_name_the_step() {
    let chain =
        "kind = \"chain\"\nname = \"c\"\nsteps = [{ kind = \"pitch\", share = 3 }, { kind = \"speed\" }]";
    wrong(
        "kind = \"pitch\"",
        chain,
        &[
            "[[transform]] number 4, steps number 1 share",
            "a step of a chain has none",
        ],
    );
}

#[test]
fn one_recording_under_two_labels_is_told() {
    let project = project();
    fs::copy(
        project.path("corpus/angry/angry_01.wav"),
        project.path("corpus/calm/again.wav"),
    )
    .unwrap();
    project
        .run(&["audio", "r.toml", "--out", "out"])
        .ends(0)
        .says("angry/angry_01 (angry) and calm/again (calm)");
}

/// Data that could not be written is not data.
#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let project = project();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = project
        .command(&["audio", "r.toml", "--dry-run", "--json"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("cannot write to stdout: No space left"), "{told}");
}
