//! Words that carry an emotion, by kinds of emotion: an emotion word may give way to one of its kind alone.
//!
//! Polarity does not see this: "afraid" and "sad" are equally unkind, and each makes another label of a sentence.

use std::collections::HashMap;
use std::sync::LazyLock;

/// English words by kinds; a word may be of several. Blanks between.
const KINDS: [&str; 8] = [
    // fear
    "afraid alarm alarmed alarming anxiety anxious cautious concern concerned concerning concerns coward \
     cowardly creepy danger dangerous dangerously dread dreaded dreadful dreading fear feared fearful fearing \
     fears fright frighten frightened frightening haunt haunted haunting horrified horrifying horror horrors \
     intimidate intimidated intimidating menacing nervous nervously nightmare nightmares nightmarish panic \
     panicked panicking paranoia paranoid petrified phobia risky scare scared scares scarier scariest scarily \
     scaring scary sinister spooked spooky terrified terrifies terrify terrifying terror threat threaten \
     threatened threatening threatens timid trembling uneasy unnerving unsafe unsettling worried worries \
     worrisome worry worrying yikes",
    // disgust
    "abhorrent appalled appalling awkward awkwardly contempt creep creeps cringe cringey cringing cringy \
     despicable despise despised despises despising detest detested detests disgust disgusted disgusting \
     disgustingly dislike disliked dislikes disliking distasteful embarrassing embarrassment ew eww ewww filth \
     filthy foul gag garbage gross grossed grosses hideous loathe loathing nasty nauseating nauseous obnoxious \
     odd offensive puke putrid rancid repelled repugnant repulsed repulsive revolting rotten shameful shameless \
     sicken sickened sickening slimy smelly stink stinks stinky toxic trash trashy ugly unpleasant vile vomit \
     vomiting weird weirdest weirdly weirdo weirdos yuck yucky",
    // anger
    "aggravated aggressive anger angered angering angrily angry annoy annoyed annoying annoys bitter despise \
     despised despises despising detest detested detests dislike disliked dislikes disliking enraged frustrated \
     frustrating frustration furious fury hate hated hateful hater haters hates hating hatred hostile infuriated \
     infuriating irate irritated irritating mad maddening madder offended outrage outraged outrageous pissed \
     rage raging resent resentful resentment spite spiteful vengeance violence violent",
    // joy
    "amused amusement amusing awesome beautiful best better blessed bliss blissful celebrate celebrated \
     celebrating cheer cheerful cheering cheers congrats congratulations content cool cute delight delighted \
     delightful ecstatic elated enjoy enjoyable enjoyed enjoying enjoyment enjoys entertained entertaining \
     excellent excite excited excitement exciting fabulous fantastic favorite favourite fun funnier funniest \
     funny giggle giggling glad gladly glorious good gorgeous grateful gratitude great greatest hah haha hahaha \
     happier happiest happily happiness happy hilarious hilariously hilarity hooray hope hoped hopeful hopes \
     hoping humor impressed impressive incredible inspired inspiring jolly joy joyful joyous jubilant laugh \
     laughed laughing laughs laughter lmao lmfao lol lovely luck lucky marvelous merry nice nicely optimistic \
     outstanding perfect perfection perfectly pleasant pleased pleasing pleasure pride proud proudly rejoice \
     relief relieved rofl satisfied satisfying smile smiled smiles smiling splendid superb sweet thank thankful \
     thankfully thanks thrilled thrilling wholesome win winner winning wins wonderful wonderfully wow yay",
    // love
    "admire admired admires admiring adorable adore adored adores adoring affection affectionate beloved care \
     cared cares caring cherish crush darling dear fond hug hugs kiss kisses kissing like liked likes liking \
     love loved loves loving passion passionate romance romantic sweetheart tender tenderness",
    // sadness
    "abandoned ache aching agony ashamed awful bereaved bored boring broken brokenhearted bummed bummer cried \
     cries cry crying dead death dejected depressed depressing depression despair desperate desperately \
     devastated devastating die died dies disappointed disappointing disappointment discouraged disheartening \
     distraught dying embarrassed failed failure gloom gloomy grief grieve grieving grim guilt guilty heartbreak \
     heartbreaking heartbroken helpless hopeless hopelessness hurt hurtful hurting hurts isolated kill killed \
     loneliness lonely lose loser losers losing loss lost melancholy miserable miserably misery miss missed \
     misses missing mourn mourning pain painful painfully pathetic pitiful pity poor regret regretful regrets \
     regretted remorse rip ruined sad sadden saddened saddening sadder saddest sadly sadness shame sigh sob \
     sobbing sorrow sorrowful sorry suck sucked sucks suffer suffered suffering suicidal suicide tears tragedy \
     tragic unfortunate unfortunately unhappiness unhappy upset upsetting weep weeping worse worst worthless \
     wretched",
    // surprise
    "amazed amazement amazing amazingly astonished astonishing astonishment astounded astounding baffled \
     baffling bewildered bizarre confused confusing confusion curiosity curious disbelief dumbfounded gasp \
     inconceivable mindblowing omg puzzled puzzling realise realised realization realize realized shock shocked \
     shocker shocking shockingly speechless startled startling strange strangely stunned stunning sudden \
     suddenly surprise surprised surprises surprising surprisingly unbelievable unbelievably unexpected \
     unexpectedly whoa woah wonder wondered wondering wonders",
    // swearing
    "ass asses asshole assholes bastard bastards bitch bitches bitching bitchy bloody bullshit crap crappy cunt \
     cunts dammit damn damned dick dickhead dicks douche douchebag dumb dumbass fag fuck fucked fucker fuckers \
     fuckin fucking fucks goddamn hell idiot idiotic idiots jackass jerk jerks moron moronic morons motherfucker \
     piss prick retard retarded retards scum scumbag shit shits shitting shitty slut stupid stupidity stupidly \
     whore wtf",
];

/// The kinds of each word, a bit each.
static WORDS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for (kind, list) in KINDS.iter().enumerate() {
        for word in list.split_ascii_whitespace() {
            *words.entry(word).or_default() |= 1 << kind;
        }
    }
    words
});

/// How two English words in lower case stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Emotions {
    /// Neither carries one.
    None,
    /// They have a kind in common.
    Shared,
    /// At least one carries an emotion that the other does not.
    Different,
}

/// Compares the emotions of two words.
#[must_use]
pub(super) fn compare(a: &str, b: &str) -> Emotions {
    let kinds = |word: &str| WORDS.get(word).copied().unwrap_or(0);
    match (kinds(a), kinds(b)) {
        (0, 0) => Emotions::None,
        (a, b) if a & b != 0 => Emotions::Shared,
        _ => Emotions::Different,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emotions_stay_among_themselves() {
        for (old, new) in [
            ("afraid", "sorry"),
            ("afraid", "ready"),
            ("filthy", "new"),
            ("idea", "omg"),
        ] {
            assert_eq!(compare(old, new), Emotions::Different, "{old} {new}");
            assert_eq!(compare(new, old), Emotions::Different, "{new} {old}");
        }
        for (old, new) in [("afraid", "scared"), ("gross", "nasty"), ("happy", "glad")] {
            assert_eq!(compare(old, new), Emotions::Shared, "{old} {new}");
        }
        assert_eq!(compare("time", "song"), Emotions::None);
    }

    #[test]
    fn lists_are_in_lower_case_without_repeats() {
        for list in KINDS {
            let mut words: Vec<&str> = list.split_ascii_whitespace().collect();
            assert!(words.iter().all(|word| *word == word.to_lowercase()));
            let count = words.len();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), count, "{words:?}");
        }
    }
}
