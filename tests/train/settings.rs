//! What the keys of `[train]` and `[data]` do to a training.

use std::fs;

use super::project::{LABELS, Project, Row, SPEECH, both, names, rows, sentences, words};

fn cells(project: &Project, model: &str, column: &str) -> Vec<f64> {
    let cells = project.history(model, column);
    cells.iter().map(|cell| cell.parse().unwrap()).collect()
}

fn graph(project: &Project, model: &str) -> Vec<u8> {
    fs::read(project.path(model).join("model.onnx")).unwrap()
}

/// Sentences whose held-out rows have the labels of others: the more is learned, the worse.
fn crossed() -> Vec<Row> {
    let mut crossed = sentences(&rows(8, 3));
    for row in crossed.iter_mut().filter(|row| row.split == "validation") {
        let at = LABELS.iter().position(|label| *label == row.label).unwrap();
        row.label = LABELS[(at + 1) % 3].to_owned();
    }
    crossed
}

/// Trains `words.toml` with lines added to `[train]`.
fn with(project: &Project, lines: &str, out: &str) {
    project.write("recipe.toml", format!("{}{lines}\n", words()));
    project.train(out).ends(0);
}

#[test]
fn class_weights_count_classes_as_they_say() {
    let project = Project::of_words();
    let mut uneven = rows(8, 3);
    uneven.retain(|row| row.split != "train" || row.label != "sad" || row.source.as_str() < "sad02");
    uneven.retain(|row| row.split != "train" || row.label != "happy" || row.source.as_str() < "happy04");
    project.words(
        "words",
        &uneven
            .iter()
            .map(|row| row.sentence("original", 0))
            .collect::<Vec<_>>(),
    );
    with(&project, "", "even");
    with(&project, "class_weights = \"none\"", "none");
    with(&project, "class_weights = \"balanced\"", "balanced");
    // 14 rows of 3 classes with 8, 4 and 2 rows.
    let given = [8.0, 4.0, 2.0].map(|count: f64| 14.0 / 3.0 / count);
    let table = format!(
        "class_weights = {{ angry = {}, happy = {}, sad = {} }}",
        given[0], given[1], given[2]
    );
    with(&project, &table, "given");
    assert_eq!(graph(&project, "even"), graph(&project, "none"));
    assert_eq!(graph(&project, "balanced"), graph(&project, "given"));
    assert_ne!(graph(&project, "balanced"), graph(&project, "even"));
    project.write(
        "recipe.toml",
        words() + "class_weights = { sad = 2, joyful = 3 }\n",
    );
    project
        .refuses()
        .says("recipe.toml:12: [train] class_weights.joyful: no training row has the label \"joyful\"")
        .says("hint: the labels are angry, happy, sad");
}

#[test]
fn smoothing_is_learned_and_not_measured() {
    let project = Project::of_words();
    project.write("recipe.toml", words().replace("epochs = 3", "epochs = 12"));
    project.train("sharp").ends(0);
    project.write(
        "recipe.toml",
        words().replace("epochs = 3", "epochs = 12\nlabel_smoothing = 0.9"),
    );
    project.train("smooth").ends(0);
    let last = |model: &str, column: &str| *cells(&project, model, column).last().unwrap();
    // Targets are nearly even: what is learned is to guess, which costs ln 3.
    assert!(
        last("smooth", "train_loss") > 1.0,
        "{}",
        last("smooth", "train_loss")
    );
    assert!(
        last("sharp", "train_loss") < 0.8,
        "{}",
        last("sharp", "train_loss")
    );
    assert!(last("sharp", "validation_loss") < last("smooth", "validation_loss"));
}

#[test]
fn schedules_give_the_rates_that_they_promise() {
    let project = Project::of_words();
    // 72 rows make 9 steps of an epoch.
    with(&project, "", "constant");
    assert_eq!(cells(&project, "constant", "learning_rate"), [0.01; 3]);
    assert_eq!(project.history("constant", "step"), ["9", "18", "27"]);

    with(&project, "schedule = \"cosine\"\nwarm_up = 0.5", "cosine");
    // 13 steps rise; the others fall along half a cosine.
    let fall = |step: f64| 0.005 * (1.0 + (std::f64::consts::PI * (step - 14.0) / 14.0).cos());
    let expected = [0.01 * 9.0 / 13.0, fall(18.0), fall(27.0)];
    for (found, expected) in cells(&project, "cosine", "learning_rate")
        .into_iter()
        .zip(expected)
    {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    // What is held out gets worse and worse, so each epoch but the first makes the rate smaller.
    project.words("words", &crossed());
    project.write(
        "recipe.toml",
        words().replace("epochs = 3", "epochs = 5")
            + "schedule = \"plateau\"\nplateau_factor = 0.25\nplateau_epochs = 0\n",
    );
    project.train("plateau").ends(0);
    let (rates, losses) = (
        cells(&project, "plateau", "learning_rate"),
        cells(&project, "plateau", "validation_loss"),
    );
    let (mut least, mut rate) = (f64::INFINITY, 0.01);
    for (&found, &loss) in rates.iter().zip(&losses) {
        assert_eq!(found, rate, "{rates:?} {losses:?}");
        if loss >= least {
            rate /= 4.0;
        }
        least = least.min(loss);
    }
    assert!(rate < 0.01, "{losses:?}");
}

#[test]
fn training_ends_early_where_nothing_gets_better() {
    let project = Project::of_words();
    let still = words().replace(
        "epochs = 3\nlearning_rate = 0.01",
        "epochs = 50\nlearning_rate = 1e-30\nweight_decay = 0",
    );
    project.write("recipe.toml", still + "early_stopping = 2\n");
    let ran = project.train("m").ends(0);
    ran.says("the weights of epoch 1 are kept");
    assert_eq!(project.history("m", "epoch"), ["1", "2", "3"]);
    let run = project.value("m/run.json");
    assert_eq!(
        (&run["epochs"], &run["epoch"], &run["steps"]),
        (&3.into(), &1.into(), &27.into())
    );
    // It is complete; going on is no use.
    project.train("m").ends(0).says("nothing to do");
    // 0 never ends early.
    project.change("recipe.toml", "early_stopping = 2", "early_stopping = 0");
    project.change("recipe.toml", "epochs = 50", "epochs = 5");
    project.train("all").ends(0);
    assert_eq!(project.history("all", "epoch").len(), 5);
}

#[test]
fn the_best_epoch_is_kept_or_the_last_one() {
    let project = Project::of_words();
    project.words("words", &crossed());
    let recipe = words().replace("epochs = 3", "epochs = 4");
    project.write("recipe.toml", &recipe);
    project
        .train("best")
        .ends(0)
        .says("the weights of epoch 1 are kept");
    project.write("recipe.toml", format!("{recipe}keep = \"last\"\n"));
    project.train("last").ends(0);
    project.write(
        "recipe.toml",
        recipe.replace("epochs = 4", "epochs = 1") + "keep = \"last\"\n",
    );
    project.train("first").ends(0);
    assert_eq!(graph(&project, "best"), graph(&project, "first"));
    assert_ne!(graph(&project, "last"), graph(&project, "first"));
    assert_eq!(
        project.history("best", "validation_loss"),
        project.history("last", "validation_loss")
    );
    // The measures are of what was kept.
    for (model, epoch) in [("best", 0), ("last", 3)] {
        let told = project.value(&format!("{model}/metrics.json"))["loss"]
            .as_f64()
            .unwrap();
        assert!(
            (told - cells(&project, model, "validation_loss")[epoch]).abs() < 1e-5,
            "{model}"
        );
        assert_eq!(project.value(&format!("{model}/run.json"))["epoch"], epoch + 1);
    }
}

#[test]
fn products_are_computed_in_16_bits_where_the_recipe_says_so() {
    let project = Project::of_words();
    project.words("words", &sentences(&rows(8, 3)));
    with(&project, "precision = \"fp32\"", "wide");
    with(&project, "precision = \"fp16\"", "narrow");
    let losses = ["wide", "narrow"].map(|model| cells(&project, model, "train_loss"));
    for (wide, narrow) in losses[0].iter().zip(&losses[1]) {
        assert!((wide - narrow).abs() < 0.02, "{wide} and {narrow}");
    }
    // The scale of the loss is none of the model's, nor asked of one that training begins with.
    with(&project, "precision = \"fp16\"\n[init]\nmodel = \"narrow\"", "on");
    project.write("recipe.toml", format!("{}precision = \"fp8\"\n", words()));
    project.train("none").ends(1).says("fp32");
}

#[test]
fn new_sentences_stand_in_for_transcripts() {
    let project = Project::empty();
    project.speech("speech", &rows(8, 3));
    let mut few = sentences(&rows(8, 3));
    few.retain(|row| row.label != "sad" || row.transform == "original");
    project.words("words", &few);
    let plain = both().replace("epochs = 3", "epochs = 2");
    let share = |share: &str| {
        plain.replace(
            "audio = ",
            &format!("text = \"words\"\naugmented_text = {share}\naudio = "),
        )
    };
    for (name, recipe) in [
        ("plain", plain.clone()),
        ("none", share("0")),
        ("half", share("0.5")),
        ("all", share("1")),
    ] {
        project.write("recipe.toml", recipe);
        let ran = project.train(name).ends(0);
        match name {
            "none" => drop(ran.says("words is not used: set [data] augmented_text")),
            "plain" => drop(ran.hides("stand in")),
            _ => drop(
                ran.says("16 of 24 training rows have new sentences that may stand in for their transcripts"),
            ),
        }
    }
    assert_eq!(graph(&project, "plain"), graph(&project, "none"));
    assert_ne!(graph(&project, "plain"), graph(&project, "half"));
    assert_ne!(graph(&project, "half"), graph(&project, "all"));
    // What was trained on is told of both datasets, with all that could stand in.
    let on = project.lines("half/trained_on.jsonl");
    assert_eq!(on.iter().filter(|row| row["dataset"] == "audio").count(), 24);
    assert_eq!(on.iter().filter(|row| row["dataset"] == "text").count(), 32);
    // So it is without pictures.
    let recipe = words().replace("text = ", "audio = \"speech\"\naugmented_text = 0.5\ntext = ");
    project.write("recipe.toml", recipe);
    let ran = project.train("read").ends(0);
    ran.says("16 of 24 training rows have new sentences");
    assert_eq!(project.lines("read/trained_on.jsonl").len(), 24 + 32);
}

#[test]
fn numbers_that_go_wrong_end_a_training() {
    let project = Project::new(SPEECH);
    let hint = "hint: a smaller [train] learning_rate, or clip = 1.0, usually helps";
    let whole = rows(8, 3);
    let alone: Vec<Row> = rows(8, 0);
    for (recipe, told) in [
        (SPEECH.replace("0.01", "1e30"), "training failed at step "),
        // In the very last step, of which no loss tells.
        (
            SPEECH.replace("0.01", "1e30").replace("epochs = 3", "steps = 1"),
            "training failed at step 1 (epoch 1, learning rate 1e30)",
        ),
        (both().replace("0.01", "1e38"), "training failed at step "),
    ] {
        // Without held-out rows, only a later step can tell what the last one has done.
        for rows in [&whole, &alone]
            .into_iter()
            .take(if told.contains("step 1 ") { 1 } else { 2 })
        {
            let _ = fs::remove_dir_all(project.path("refused"));
            project.speech("speech", rows);
            project.write("recipe.toml", &recipe);
            project
                .refuses()
                .says(told)
                .says("-original-0-00000000")
                .says(hint);
            assert_eq!(names(&project.tree("refused")), Vec::<&str>::new());
        }
    }
    // With a rate that does not break the numbers, but nothing is learned by it, either.
    let wild = words()
        .replace("0.01", "1e3\nweight_decay = 0")
        .replace("epochs = 3", "epochs = 20");
    project.words("words", &sentences(&whole));
    let _ = fs::remove_dir_all(project.path("refused"));
    project.write("recipe.toml", wild);
    project
        .refuses()
        .says("training failed at step ")
        .says("and guessing alone costs 1.10")
        .says(hint);
    // Again the same, and never a model.
    project.refuses().says("training failed at step ");
    project
        .run(&["evaluate", "refused", "speech"])
        .ends(1)
        .says("holds no trained model");
}
