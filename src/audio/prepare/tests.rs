use super::*;

fn read(text: &str) -> Result<PrepareSettings, serde_json::Error> {
    serde_json::from_str(text)
}

#[test]
fn settings_are_written_in_the_words_of_recipes_and_read_again() {
    let default = PrepareSettings::default();
    assert_eq!(
        serde_json::to_string(&default).unwrap(),
        "{\"sample_rate\":16000,\"trim_db\":40.0,\"min_seconds\":0.1,\"max_seconds\":60.0,\
         \"too_long\":\"refuse\",\"channels\":\"mix\"}"
    );
    let other = PrepareSettings {
        trim_db: None,
        too_long: TooLong::Cut,
        channels: Channels::One(3),
        ..default.clone()
    };
    let text = serde_json::to_string(&other).unwrap();
    assert!(text.contains("\"trim_db\":false"), "{text}");
    assert!(text.contains("\"too_long\":\"cut\",\"channels\":3"), "{text}");
    assert_eq!(read(&text).unwrap(), other);
    assert_eq!(read("{}").unwrap(), default);
    // Through a value and text, every f32 comes back.
    for n in 0..2_000u32 {
        let trim_db = Some(f32::from_bits(1f32.to_bits() + n * 28_909));
        let settings = PrepareSettings {
            trim_db,
            ..default.clone()
        };
        let value = serde_json::to_value(&settings).unwrap();
        assert_eq!(read(&value.to_string()).unwrap().trim_db, trim_db);
    }
    let settings = read("{\"trim_db\": 33.3}").unwrap();
    assert_eq!(serde_json::to_value(&settings).unwrap()["trim_db"], 33.3);
}

#[test]
fn words_that_recipes_do_not_have_are_refused() {
    for (text, message) in [
        (
            "{\"trim_db\": true}",
            "found true; expected a number of dB, or false",
        ),
        ("{\"trim_db\": \"40\"}", "expected a number of dB, or false"),
        (
            "{\"channels\": \"left\"}",
            "found \"left\", expected \"mix\" or the number",
        ),
        (
            "{\"channels\": -1}",
            "expected \"mix\" or the number of a channel",
        ),
        ("{\"too_long\": \"drop\"}", "expected `refuse` or `cut`"),
        ("{\"rate\": 16000}", "unknown field `rate`"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(message), "{text}: {error}");
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let bad = |text: &str| read(text).unwrap().check().unwrap_err();
    for (text, key) in [
        ("{\"sample_rate\": 3999}", "sample_rate"),
        ("{\"sample_rate\": 192001}", "sample_rate"),
        ("{\"trim_db\": 0.5}", "trim_db"),
        ("{\"trim_db\": 121}", "trim_db"),
        ("{\"trim_db\": 1e300}", "trim_db"),
        ("{\"min_seconds\": -0.1}", "min_seconds"),
        ("{\"min_seconds\": 4000, \"max_seconds\": 5000}", "min_seconds"),
        ("{\"min_seconds\": 2, \"max_seconds\": 2}", "max_seconds"),
        ("{\"max_seconds\": 3601}", "max_seconds"),
    ] {
        assert_eq!(bad(text).key, key, "{text}");
    }
    assert_eq!(
        bad("{\"sample_rate\": 3999}").to_string(),
        "sample_rate = 3999, expected 4000 to 192000 Hz"
    );
    let not_a_number = PrepareSettings {
        max_seconds: f64::NAN,
        ..PrepareSettings::default()
    };
    assert_eq!(not_a_number.check().unwrap_err().key, "max_seconds");
    assert_eq!(PrepareSettings::default().check(), Ok(()));
}
