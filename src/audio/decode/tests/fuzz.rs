//! No bytes make the decoder panic, and none make it keep more than was asked for.

use proptest::prelude::*;

use super::*;

fn survives(bytes: &[u8], extension: &str) -> Result<(), TestCaseError> {
    if let Ok(recording) = decode_bytes(bytes, extension, Channels::Mix, 2.0) {
        prop_assert!(recording.samples.len() as f64 <= 2.0 * f64::from(recording.rate));
        prop_assert!(recording.samples.iter().all(|x| x.is_finite()));
        prop_assert!(RATES.contains(&recording.rate));
    }
    Ok(())
}

/// The fixtures and two WAV files.
fn valid_file() -> impl Strategy<Value = Vec<u8>> {
    let float: Vec<u8> = (0..500u32)
        .flat_map(|i| (i as f32 / 500.0).to_le_bytes())
        .collect();
    let float = riff(&[chunk(b"fmt ", &fmt(3, 2, 16_000, 32)), chunk(b"data", &float)]);
    let files = [FLAC, OGG, MP3, PLAIN_MP3, IMA, MS].map(<[u8]>::to_vec);
    let own = [pcm16(8000, &[100; 500]), float];
    prop::sample::select([&files[..], &own].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000), mp3: bool) {
        survives(&bytes, if mp3 { "mp3" } else { "" })?;
    }

    #[test]
    fn arbitrary_bytes_behind_a_true_beginning(
        file in valid_file(),
        keep in 4usize..200,
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        survives(&[&file[..keep.min(file.len())], &bytes].concat(), "")?;
    }

    #[test]
    fn valid_files_with_wrong_bytes(
        file in valid_file(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        header: bool,
        end in any::<prop::sample::Index>(),
        cut: bool,
    ) {
        let mut file = file;
        for (at, value) in flips {
            let range = if header { file.len().min(120) } else { file.len() };
            file[at.index(range)] = value;
        }
        if cut {
            file.truncate(end.index(file.len()));
        }
        survives(&file, "")?;
    }
}
