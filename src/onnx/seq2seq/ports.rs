//! What a decoder's graph takes, by its own names.

use ort::value::TensorElementType;

use crate::onnx::session::{Port, Session, SessionError};

/// One input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    pub element: TensorElementType,
    pub feed: Feed,
}

/// What an input takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    Ids,
    Hidden,
    HiddenMask,
    Mask,
    Branch,
    Past(Past),
}

/// A part of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The output that gives it.
    pub present: String,
    /// Whether it is about the source, so that it never changes.
    pub source: bool,
    /// Attention heads and numbers of each.
    pub heads: (usize, usize),
}

/// The inputs of a graph.
///
/// # Errors
/// [`SessionError::Ports`] when there is one that nothing is known about.
pub fn inputs(session: &Session) -> Result<Vec<Input>, SessionError> {
    let inputs: Option<Vec<Input>> = session.inputs().iter().map(input).collect();
    inputs
        .filter(|inputs| inputs.iter().any(|input| input.feed == Feed::Ids))
        .filter(|_| session.output("logits").is_some())
        .ok_or_else(|| {
            session.unfit(
                "inputs input_ids, encoder_hidden_states, encoder_attention_mask, decoder_attention_mask, \
                 use_cache_branch and past_key_values with a fixed number of heads, and an output logits",
            )
        })
}

fn input(port: &Port) -> Option<Input> {
    let feed = match port.name.as_str() {
        "input_ids" | "decoder_input_ids" => Feed::Ids,
        "encoder_hidden_states" => Feed::Hidden,
        "encoder_attention_mask" => Feed::HiddenMask,
        "decoder_attention_mask" => Feed::Mask,
        "use_cache_branch" => Feed::Branch,
        name => Feed::Past(past(name, &port.shape)?),
    };
    Some(Input {
        name: port.name.clone(),
        element: port.element?,
        feed,
    })
}

/// `past_key_values.{layer}.{decoder,encoder}.{key,value}`, which `present.…` gives.
fn past(name: &str, shape: &[i64]) -> Option<Past> {
    let part = name.strip_prefix("past_key_values.")?;
    let &[_, heads, _, size] = shape else { return None };
    let whole = |number: i64| usize::try_from(number).ok();
    Some(Past {
        present: format!("present.{part}"),
        source: part.contains(".encoder."),
        heads: (whole(heads)?, whole(size)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, shape: &[i64]) -> Port {
        Port {
            name: name.to_owned(),
            element: Some(TensorElementType::Float32),
            shape: shape.to_vec(),
        }
    }

    fn feed(name: &str, shape: &[i64]) -> Option<Feed> {
        input(&port(name, shape)).map(|input| input.feed)
    }

    #[test]
    fn inputs_are_known_by_their_names() {
        assert_eq!(feed("input_ids", &[-1, -1]), Some(Feed::Ids));
        assert_eq!(feed("decoder_input_ids", &[-1, -1]), Some(Feed::Ids));
        assert_eq!(feed("encoder_hidden_states", &[-1, -1, 32]), Some(Feed::Hidden));
        assert_eq!(feed("encoder_attention_mask", &[-1, -1]), Some(Feed::HiddenMask));
        assert_eq!(feed("decoder_attention_mask", &[-1, -1]), Some(Feed::Mask));
        assert_eq!(feed("use_cache_branch", &[1]), Some(Feed::Branch));
        assert_eq!(feed("position_ids", &[-1, -1]), None);
    }

    #[test]
    fn parts_of_the_cache_are_bound_to_the_outputs_that_give_them() {
        let past = |source: bool, present: &str| {
            Some(Feed::Past(Past {
                present: present.to_owned(),
                source,
                heads: (8, 64),
            }))
        };
        let shape = [-1, 8, -1, 64];
        let found = feed("past_key_values.3.decoder.key", &shape);
        assert_eq!(found, past(false, "present.3.decoder.key"));
        let found = feed("past_key_values.0.encoder.value", &shape);
        assert_eq!(found, past(true, "present.0.encoder.value"));
        // Without a number of heads an empty cache can't be made.
        assert_eq!(feed("past_key_values.0.encoder.value", &[-1, -1, -1, 64]), None);
        assert_eq!(feed("past_key_values.0.encoder.value", &[-1, -1]), None);
        let typeless = Port {
            element: None,
            ..port("input_ids", &[-1])
        };
        assert_eq!(input(&typeless), None);
    }
}
