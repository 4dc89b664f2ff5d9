//! Whether a translation reads as well as its original: the gate measures meaning, and "he is very dangerous man" means what
//! it should. A masked language model is asked how likely each word of both sentences is among its neighbours.

use super::casing;
use super::fill::Vocabulary;
use super::language::Language;
use super::models::{Filler, RoundError};
use super::words::words;
use crate::onnx::masked::{Gap, log_sum_exp};
use crate::run::interrupt::Interrupt;

/// What is left of a sentence's fluency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fluency {
    /// The geometric mean of the new words' probabilities as a share of the old ones'; above 1 where it reads better.
    pub mean: f64,
    /// The least share of its probability that a word has kept which both sentences have.
    pub worst: f64,
    /// The probability of the least likely word that came in; 1 where none did.
    pub rarest: f64,
    /// Articles that went without another in their place.
    pub articles_lost: usize,
    /// Words that came back in another form: "sucks" as "suck", "is" as "are". English alone.
    pub forms_changed: usize,
}

impl Fluency {
    /// Nothing changed.
    const SAME: Fluency = Fluency {
        mean: 1.0,
        worst: 1.0,
        rarest: 1.0,
        articles_lost: 0,
        forms_changed: 0,
    };

    /// Whether that is enough: the mean has to reach `least`, each word that stays its square; no article may be lost, no
    /// word may come back in another form, and none may come in that is less likely than [`RAREST`].
    #[must_use]
    pub fn reaches(&self, least: f64) -> bool {
        self.mean >= least
            && self.worst >= least * least
            && self.rarest >= RAREST
            && self.articles_lost == 0
            && self.forms_changed == 0
    }
}

/// A word less likely than one in twenty thousand in its place is hardly ever a good one ("ran me of the way").
pub const RAREST: f64 = 5e-5;

/// Words of a sentence that are asked about, at most: each costs a look at its whole context.
const READ: usize = 300;

/// Sentences of more words are not compared: the table of the comparison grows with the square.
const LONGEST: usize = 2000;

/// What is left of the fluency of each pair of an original and a new sentence.
///
/// # Errors
/// [`RoundError`].
pub fn measure(
    pairs: &[(&str, &str)],
    language: &Language,
    filler: &mut dyn Filler,
    vocabulary: &Vocabulary,
    interrupt: &Interrupt,
) -> Result<Vec<Fluency>, RoundError> {
    let texts: Vec<[Sentence; 2]> = pairs
        .iter()
        .map(|(old, new)| [*old, *new].map(Sentence::of))
        .collect();
    let mut gaps = Vec::new();
    let mut asked = Vec::new();
    for (pair, sides) in texts.iter().enumerate() {
        for (side, sentence) in sides.iter().enumerate() {
            for (index, (word, range)) in sentence.words.iter().enumerate().take(READ) {
                if let Some(id) = vocabulary.id(word) {
                    gaps.push(Gap {
                        left: &sentence.text[..range.start],
                        right: &sentence.text[range.end..],
                    });
                    asked.push((pair, side, index, id));
                }
            }
        }
    }
    let mut found: Vec<[Vec<Option<f64>>; 2]> = texts
        .iter()
        .map(|sides| [0, 1].map(|side: usize| vec![None; sides[side].words.len()]))
        .collect();
    filler.score(&gaps, interrupt, &mut |gap, logits| {
        if let Some(&(pair, side, index, id)) = asked.get(gap)
            && let Some(&logit) = logits.get(id)
        {
            found[pair][side][index] = Some(f64::from(logit) - log_sum_exp(logits));
        }
    })?;
    Ok(texts
        .iter()
        .zip(&found)
        .map(|([old, new], [of_old, of_new])| fluency((old, of_old), (new, of_new), language))
        .collect())
}

/// A sentence as models read it.
struct Sentence {
    text: String,
    /// Lower case.
    words: Vec<(String, std::ops::Range<usize>)>,
}

impl Sentence {
    fn of(text: &str) -> Self {
        // Models read capitals as badly as translators do.
        let text = match casing::is_upper_text(text) {
            true => casing::sentence_case(text),
            false => text.to_owned(),
        };
        let words = words(&text)
            .into_iter()
            .map(|word| (word.text.to_lowercase(), word.range))
            .collect();
        Sentence { text, words }
    }
}

/// Compares the logarithms of probabilities.
fn fluency(
    (old, of_old): (&Sentence, &[Option<f64>]),
    (new, of_new): (&Sentence, &[Option<f64>]),
    language: &Language,
) -> Fluency {
    let articles = language.articles();
    let count = |sentence: &Sentence| {
        let words = sentence.words.iter();
        words
            .filter(|(word, _)| articles.contains(&word.as_str()))
            .count()
    };
    let mut found = Fluency {
        articles_lost: count(old).saturating_sub(count(new)),
        ..Fluency::SAME
    };
    let mean = |all: &[Option<f64>]| {
        let known: Vec<f64> = all.iter().flatten().copied().collect();
        known.iter().sum::<f64>() / known.len().max(1) as f64
    };
    found.mean = (mean(of_new) - mean(of_old)).exp();
    let same = common(old, new);
    let (mut gone, mut stays) = (vec![true; old.words.len()], vec![false; new.words.len()]);
    for (a, b) in same {
        (gone[a], stays[b]) = (false, true);
        if let (Some(before), Some(now)) = (of_old[a], of_new[b]) {
            found.worst = found.worst.min((now - before).exp());
        }
    }
    if language.code == "en" {
        let gone = words_where(old, &gone, true);
        found.forms_changed = words_where(new, &stays, false)
            .filter(|came| gone.clone().any(|gone| is_other_form(gone, came)))
            .count();
    }
    for (index, now) in of_new.iter().enumerate() {
        if let (false, Some(now)) = (stays[index], now) {
            found.rarest = found.rarest.min(now.exp());
        }
    }
    found
}

/// The words whose flag is this.
fn words_where<'a>(
    sentence: &'a Sentence,
    flags: &'a [bool],
    flag: bool,
) -> impl Iterator<Item = &'a str> + Clone {
    let words = sentence.words.iter().zip(flags);
    words
        .filter(move |&(_, &found)| found == flag)
        .map(|((word, _), _)| word.as_str())
}

/// Whether two different words are forms of one.
fn is_other_form(a: &str, b: &str) -> bool {
    const FORMS: [&[&str]; 4] = [
        &["am", "is", "are"],
        &["was", "were"],
        &["has", "have"],
        &["do", "does"],
    ];
    let stemmer = rust_stemmers::Stemmer::create(rust_stemmers::Algorithm::English);
    let irregular = FORMS.iter().any(|forms| forms.contains(&a) && forms.contains(&b));
    a != b && (irregular || stemmer.stem(a) == stemmer.stem(b))
}

/// The words that both sentences have in the same order, as many as can be: their places in both (the longest common
/// subsequence).
fn common(old: &Sentence, new: &Sentence) -> Vec<(usize, usize)> {
    let (a, b) = (&old.words, &new.words);
    if a.len() > LONGEST || b.len() > LONGEST {
        return Vec::new();
    }
    let width = b.len() + 1;
    // lengths[i * width + j]: of a[i..] and b[j..].
    let mut lengths = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i * width + j] = match a[i].0 == b[j].0 {
                true => lengths[(i + 1) * width + j + 1] + 1,
                false => lengths[(i + 1) * width + j].max(lengths[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i].0 == b[j].0 {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 8] = ["a", "he", "is", "dangerous", "man", "very", "weird", "the"];

    /// Likes "a" before "dangerous"; everything else is as likely as anything.
    struct Grammar;

    impl Filler for Grammar {
        fn score(
            &mut self,
            gaps: &[Gap<'_>],
            _: &Interrupt,
            take: &mut dyn FnMut(usize, &[f32]),
        ) -> Result<(), RoundError> {
            for (index, gap) in gaps.iter().enumerate() {
                let mut logits = [0.0_f32; 8];
                // "weird" fits nowhere.
                logits[6] = -20.0;
                if gap.left.ends_with("is ") {
                    logits[0] = 5.0;
                }
                take(index, &logits);
            }
            Ok(())
        }
    }

    fn of(old: &str, new: &str) -> Fluency {
        let vocabulary = Vocabulary::new(WORDS.map(|word| Some(word.to_owned())));
        measure(
            &[(old, new)],
            &Language::of("en"),
            &mut Grammar,
            &vocabulary,
            &Interrupt::default(),
        )
        .unwrap()[0]
    }

    #[test]
    fn what_reads_as_before_passes() {
        let same = of("He is a man", "he is a dangerous man");
        assert!(
            same.worst > 0.99 && same.rarest > 0.1 && same.reaches(0.6),
            "{same:?}"
        );
        assert_eq!(of("", ""), Fluency::SAME);
        // Words that the model does not know tell nothing.
        assert_eq!(of("xyzzy", "plugh").worst, 1.0);
    }

    #[test]
    fn a_lost_article_is_seen_twice() {
        let lost = of("he is a dangerous man", "he is dangerous man");
        assert_eq!(lost.articles_lost, 1);
        // "dangerous" stands where "a" was likely.
        assert!(lost.worst < 0.1, "{lost:?}");
        assert!(!lost.reaches(0.6));
        assert_eq!(of("HE IS A MAN", "HE IS THE MAN").articles_lost, 0);
    }

    #[test]
    fn an_unlikely_newcomer_is_refused() {
        let weird = of("he is very dangerous", "he is weird dangerous");
        assert!(weird.rarest < RAREST && !weird.reaches(0.1), "{weird:?}");
    }

    #[test]
    fn words_in_another_form_are_counted() {
        let forms = |old: &str, new: &str| of(old, new).forms_changed;
        assert_eq!(forms("the season is bad", "the season are bad"), 1);
        assert_eq!(
            forms("the drone gives me anxiety", "the drone give me anxiety"),
            1
        );
        assert_eq!(forms("they are here", "they're here, and are"), 0);
        assert_eq!(forms("it was good", "it is good"), 0);
    }

    #[test]
    fn common_words_are_found_in_order() {
        let (old, new) = (Sentence::of("a b c d e"), Sentence::of("B x d a e"));
        assert_eq!(common(&old, &new), [(1, 0), (3, 2), (4, 4)]);
    }
}
