//! The `[[transform]]` tables: the one list of all kinds.

use super::document::Table;
use super::error::{RecipeError, did_you_mean};
use crate::audio::transform::{
    Context, Settings, Transform, chain::Chain, frequency_mask::FrequencyMaskSettings, gain::GainSettings,
    noise::NoiseSettings, pitch::PitchSettings, room::RoomSettings, speed::SpeedSettings,
    time_mask::TimeMaskSettings,
};

/// A transform with its name in rows and its weight.
pub struct NamedTransform {
    /// Its name; the kind unless the recipe gives one.
    pub name: String,
    /// Its weight among the transforms.
    pub share: f64,
    /// The transform.
    pub transform: Box<dyn Transform>,
    /// The folders of its banks as the recipe has them, each with the line that names it.
    pub place: String,
}

/// All kinds, in the order of the documentation.
pub const KINDS: [&str; 8] = [
    "speed",
    "room",
    "noise",
    "pitch",
    "frequency-mask",
    "time-mask",
    "gain",
    "chain",
];

/// Keys of every `[[transform]]`.
const COMMON: [&str; 3] = ["kind", "name", "share"];

/// Reads all transforms of a recipe.
///
/// # Errors
/// [`RecipeError`] that points at the key.
pub fn read(root: &Table<'_>, context: &Context) -> Result<Vec<NamedTransform>, RecipeError> {
    let mut all: Vec<NamedTransform> = Vec::new();
    for table in root.tables("transform")? {
        let kind = kind_of(&table)?;
        let name: String = table.get("name")?.unwrap_or_else(|| kind.clone());
        let proper = !name.is_empty() && name.len() <= 40;
        if !proper
            || !name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            let message = format!("found {name:?}; expected 1 to 40 of a-z, 0-9 and -");
            return Err(table.error("name", message, None));
        }
        if name == crate::plan::ORIGINAL {
            return Err(table.error(
                "name",
                "\"original\" is what unchanged recordings are called",
                None,
            ));
        }
        if all.iter().any(|other| other.name == name) {
            let message = format!("two transforms are called {name:?}");
            return Err(table.error(
                "name",
                message,
                Some("give the second one a name of its own: name = \"...\"".to_owned()),
            ));
        }
        let share: f64 = table.get("share")?.unwrap_or(1.0);
        if !(share > 0.0 && share <= 1e6) {
            return Err(table.error("share", format!("found {share}; expected a weight above 0"), None));
        }
        let transform = one(&table, &kind, context)?;
        all.push(NamedTransform {
            name,
            share,
            transform,
            place: table.error("", "", None).to_string(),
        });
    }
    Ok(all)
}

fn kind_of(table: &Table<'_>) -> Result<String, RecipeError> {
    table.get::<String>("kind")?.ok_or_else(|| {
        table.error(
            "",
            "the key kind is missing",
            Some(format!("kinds are {}", KINDS.join(", "))),
        )
    })
}

fn one(table: &Table<'_>, kind: &str, context: &Context) -> Result<Box<dyn Transform>, RecipeError> {
    match kind {
        "speed" => settings::<SpeedSettings>(table, context),
        "room" => settings::<RoomSettings>(table, context),
        "noise" => settings::<NoiseSettings>(table, context),
        "pitch" => settings::<PitchSettings>(table, context),
        "frequency-mask" => settings::<FrequencyMaskSettings>(table, context),
        "time-mask" => settings::<TimeMaskSettings>(table, context),
        "gain" => settings::<GainSettings>(table, context),
        "chain" => {
            table.only(&["kind", "name", "share", "steps"])?;
            let steps = table
                .tables("steps")?
                .iter()
                .map(|step| {
                    if let Some(key) = ["name", "share"].into_iter().find(|key| step.has(key)) {
                        let message = "a step of a chain has none; the chain itself may";
                        return Err(step.error(key, message, None));
                    }
                    one(step, &kind_of(step)?, context)
                })
                .collect::<Result<Vec<_>, _>>()?;
            let chain = Chain::new(steps, context.mel.hop_length)
                .map_err(|error| table.error(&error.key, error.message, None))?;
            Ok(Box::new(chain))
        }
        _ => {
            let hint =
                did_you_mean(kind, &KINDS).unwrap_or_else(|| format!("kinds are {}", KINDS.join(", ")));
            Err(table.error("kind", format!("there is no transform {kind:?}"), Some(hint)))
        }
    }
}

fn settings<S: Settings>(table: &Table<'_>, context: &Context) -> Result<Box<dyn Transform>, RecipeError> {
    table
        .read::<S>(&COMMON)?
        .build(context)
        .map_err(|error| table.error(&error.key, error.message, None))
}
