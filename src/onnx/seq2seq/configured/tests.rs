use serde_json::json;

use super::*;

/// Settings that change nothing, for 100 tokens.
pub fn plain() -> GenerationSettings {
    GenerationSettings {
        num_beams: 1,
        num_return_sequences: 1,
        length_penalty: 1.0,
        early_stopping: EarlyStopping::Likely,
        max_length: 100,
        min_length: 0,
        repetition_penalty: 1.0,
        no_repeat_ngram_size: 0,
        bad_words_ids: Vec::new(),
        suppress_tokens: Vec::new(),
        begin_suppress_tokens: Vec::new(),
        forced_bos_token_id: None,
        forced_eos_token_ids: Vec::new(),
        renormalize_logits: false,
        decoder_start_token_id: 0,
        eos_token_ids: Vec::new(),
        pad_token_id: 0,
        sampling: None,
    }
}

fn read_from(files: &[(&str, Value)]) -> Result<GenerationSettings, String> {
    let dir = tempfile::tempdir().unwrap();
    for (name, value) in files {
        std::fs::write(dir.path().join(name), value.to_string()).unwrap();
    }
    GenerationSettings::of(&ModelFolder::new(dir.path())).map_err(|error| error.to_string())
}

#[test]
fn an_opus_model_is_read() {
    let own = json!({
        "bad_words_ids": [[59513]], "bos_token_id": 0, "decoder_start_token_id": 59513, "eos_token_id": 0,
        "forced_eos_token_id": 0, "max_length": 512, "num_beams": 6, "pad_token_id": 59513,
        "renormalize_logits": true, "transformers_version": "4.32.0"
    });
    let config = json!({"max_position_embeddings": 512, "num_beams": 9, "vocab_size": 59514});
    let settings = read_from(&[("generation_config.json", own), ("config.json", config)]).unwrap();
    let expected = GenerationSettings {
        num_beams: 6,
        max_length: 512,
        bad_words_ids: vec![vec![59513]],
        forced_eos_token_ids: vec![0],
        renormalize_logits: true,
        decoder_start_token_id: 59513,
        eos_token_ids: vec![0],
        pad_token_id: 59513,
        ..plain()
    };
    assert_eq!(settings, expected);
    assert_eq!(settings.check(59514, Some(512)), Ok(()));
}

#[test]
fn without_its_own_file_the_models_configuration_is_asked() {
    let config = json!({
        "num_beams": 5, "early_stopping": true, "max_length": 200, "eos_token_id": [2, 7], "pad_token_id": 1,
        "decoder_start_token_id": 2, "max_position_embeddings": 100, "length_penalty": 0.8
    });
    let settings = read_from(&[("config.json", config)]).unwrap();
    assert_eq!(settings.num_beams, 5);
    assert_eq!(settings.early_stopping, EarlyStopping::Full);
    assert_eq!(settings.eos_token_ids, [2, 7]);
    assert_eq!(settings.length_penalty, 0.8);
    // No more than the model has positions.
    assert_eq!(settings.max_length, 100);
}

#[test]
fn with_its_own_file_only_tokens_are_taken_from_the_configuration() {
    let own = json!({"early_stopping": "never"});
    let config = json!({
        "num_beams": 5, "eos_token_id": 2, "pad_token_id": 1, "decoder_start_token_id": 3, "max_length": 200
    });
    let settings = read_from(&[("generation_config.json", own), ("config.json", config)]).unwrap();
    let expected = GenerationSettings {
        early_stopping: EarlyStopping::Never,
        // 20 tokens behind the first one.
        max_length: 21,
        eos_token_ids: vec![2],
        pad_token_id: 1,
        decoder_start_token_id: 3,
        ..plain()
    };
    assert_eq!(settings, expected);
}

#[test]
fn lengths_of_new_tokens_count_the_start() {
    let own = json!({"max_new_tokens": 7, "max_length": 50, "min_new_tokens": 2, "min_length": 9, "bos_token_id": 4});
    let settings = read_from(&[("generation_config.json", own)]).unwrap();
    assert_eq!((settings.max_length, settings.min_length), (8, 3));
    assert_eq!(settings.decoder_start_token_id, 4);
    // Without an end there is nothing else to fill rows with.
    assert_eq!(settings.pad_token_id, 4);
}

#[test]
fn sampling_is_read_when_it_is_on() {
    let own = json!({"do_sample": true, "top_k": 0, "top_p": 0.5, "temperature": 0.7, "bos_token_id": 0});
    let sampling = read_from(&[("generation_config.json", own)])
        .unwrap()
        .sampling
        .unwrap();
    assert_eq!(
        (sampling.top_k, sampling.top_p, sampling.temperature),
        (0, 0.5, 0.7)
    );
}

#[test]
fn what_makes_no_sense_or_is_not_supported_is_told() {
    for (own, part) in [
        (
            json!({"bos_token_id": 0, "num_beams": -1}),
            "num_beams -1, expected a whole number",
        ),
        (
            json!({"bos_token_id": 0, "num_beams": 2.5}),
            "num_beams 2.5, expected a whole number",
        ),
        (
            json!({"bos_token_id": 0, "early_stopping": 3}),
            "early_stopping 3, expected true, false",
        ),
        (
            json!({"bos_token_id": 0, "eos_token_id": "x"}),
            "eos_token_id \"x\", expected a token id",
        ),
        (
            json!({"bos_token_id": 0, "bad_words_ids": 3}),
            "bad_words_ids 3, expected lists",
        ),
        (
            json!({"bos_token_id": 0, "length_penalty": "a"}),
            "length_penalty \"a\", expected a number",
        ),
        (
            json!({"bos_token_id": 0, "renormalize_logits": 1}),
            "renormalize_logits 1, expected true or false",
        ),
        (
            json!({"bos_token_id": 0, "num_beam_groups": 2}),
            "num_beam_groups 2, expected 1: others are not supported",
        ),
        (
            json!({"bos_token_id": 0, "sequence_bias": [[[1], 2.0]]}),
            "sequence_bias",
        ),
        (json!({}), "no decoder_start_token_id"),
    ] {
        let error = read_from(&[("generation_config.json", own)]).unwrap_err();
        assert!(
            error.contains(part) && error.contains("generation_config.json"),
            "{error}"
        );
    }
    let harmless = json!({
        "bos_token_id": 0, "num_beam_groups": 1, "diversity_penalty": 0.0, "constraints": null, "typical_p": 1,
        "forced_decoder_ids": null, "encoder_no_repeat_ngram_size": 0
    });
    read_from(&[("generation_config.json", harmless)]).unwrap();
}

#[test]
fn settings_of_a_caller_are_checked() {
    let good = || GenerationSettings {
        num_beams: 4,
        ..plain()
    };
    assert_eq!(good().check(10, None), Ok(()));
    let sampled = |sampling: Sampling| GenerationSettings {
        sampling: Some(sampling),
        ..plain()
    };
    let cases = [
        (
            GenerationSettings {
                num_beams: 0,
                ..good()
            },
            "num_beams 0, expected 1 to 256",
        ),
        (
            GenerationSettings {
                num_beams: 300,
                ..good()
            },
            "num_beams 300, expected 1 to 256",
        ),
        (
            GenerationSettings {
                num_return_sequences: 5,
                ..good()
            },
            "num_return_sequences 5, expected at most",
        ),
        (
            GenerationSettings {
                num_return_sequences: 0,
                ..good()
            },
            "num_return_sequences 0, expected at least 1",
        ),
        (
            GenerationSettings {
                length_penalty: f64::NAN,
                ..good()
            },
            "length_penalty NaN, expected a finite",
        ),
        (
            GenerationSettings {
                repetition_penalty: 0.0,
                ..good()
            },
            "repetition_penalty 0, expected a number above 0",
        ),
        (
            GenerationSettings {
                max_length: 1,
                ..good()
            },
            "max_length 1, expected 2 to 100",
        ),
        (
            GenerationSettings {
                max_length: 101,
                ..good()
            },
            "max_length 101, expected 2 to 100, the positions",
        ),
        (
            GenerationSettings {
                bad_words_ids: vec![vec![]],
                ..good()
            },
            "an empty sequence in bad_words_ids",
        ),
        (
            GenerationSettings {
                suppress_tokens: vec![10],
                ..good()
            },
            "token id 10 in the settings, expected ids below 10",
        ),
        (
            GenerationSettings {
                bad_words_ids: vec![vec![1, 11]],
                ..good()
            },
            "token id 11",
        ),
        (
            GenerationSettings {
                sampling: Some(Sampling::default()),
                ..good()
            },
            "sampling with 4 beams",
        ),
        (
            sampled(Sampling {
                temperature: 0.0,
                ..Sampling::default()
            }),
            "temperature 0, expected a number above 0",
        ),
        (
            sampled(Sampling {
                top_p: 1.5,
                ..Sampling::default()
            }),
            "top_p 1.5, expected above 0 to 1",
        ),
    ];
    for (settings, part) in cases {
        let error = settings.check(10, Some(100)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}
