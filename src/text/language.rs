//! What has to be known of a language: its small words, its negations and its numbers in words.
//!
//! English is known best. For other languages the lists are shorter, and for unknown ones empty: then words are told
//! apart by their looks alone, and the guards that need a list pass everything.

/// Lists of a language, all in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// Its code (ISO 639-1).
    pub code: &'static str,
    /// Words that carry grammar rather than meaning; blanks between.
    function: &'static str,
    /// Words that negate, contractions written out; blanks between.
    negators: &'static str,
    /// Words for numbers with their values.
    numbers: &'static [(&'static str, &'static str)],
}

impl Language {
    /// The lists of a language code; empty ones for a code that is not known.
    #[must_use]
    pub fn of(code: &str) -> Self {
        ALL.iter()
            .find(|language| language.code == code)
            .copied()
            .unwrap_or(UNKNOWN)
    }

    /// The codes with lists.
    pub fn known() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|language| language.code)
    }

    /// Whether a word in lower case carries grammar rather than meaning.
    #[must_use]
    pub fn is_function(&self, word: &str) -> bool {
        has(self.function, word) || self.is_negator(word)
    }

    /// Words that a translation may not lose: languages without articles come back without them.
    #[must_use]
    pub fn articles(&self) -> &'static [&'static str] {
        match self.code {
            "en" => &["a", "an", "the"],
            _ => &[],
        }
    }

    /// Whether a word in lower case negates.
    #[must_use]
    pub fn is_negator(&self, word: &str) -> bool {
        has(self.negators, word)
    }

    /// The value of a number word in lower case.
    #[must_use]
    pub fn number(&self, word: &str) -> Option<&'static str> {
        let mut numbers = self.numbers.iter();
        numbers.find(|(name, _)| *name == word).map(|(_, value)| *value)
    }
}

fn has(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split_ascii_whitespace().any(|entry| entry == word)
}

const UNKNOWN: Language = Language {
    code: "",
    function: "",
    negators: "",
    numbers: &[],
};

static ALL: &[Language] = &[
    Language {
        code: "en",
        function: "a about above across after afterwards again against all almost alone along already also although \
                   always am among an and another any anybody anyhow anyone anything anyway anywhere are around as \
                   at away back be became because become becomes been before behind being below beneath beside \
                   besides between beyond both but by came can come could did do does doing done down due during \
                   each either else enough etc even ever every everybody everyone everything everywhere except far \
                   few for from further gave get gets getting give given gives go goes going gone got had has have \
                   having he hence her here hers herself him himself his how however i if in indeed instead into is \
                   it its itself just keep kept last least less let like made make makes many may maybe me might mine \
                   more most much must my myself near next now of off often on once one ones only onto or other \
                   others otherwise ought our ours ourselves out over own per perhaps please put quite rather really \
                   right said same say says see seem seemed seems seen several shall she should since so some somebody \
                   somehow someone something sometimes somewhere soon still such sure take taken takes than that the \
                   their theirs them themselves then there therefore these they thing things this those though through \
                   throughout thus till to together too took toward towards under unless until up upon us use used \
                   very via was way we well went were what whatever when whenever where whereas wherever whether which \
                   whichever while who whoever whole whom whose why will with within would yeah yes yet you your yours \
                   yourself yourselves oh ok okay uh um hey hi hello ah wow huh \
                   ago ain aren couldn didn doesn don hadn hasn haven isn mustn needn shan shouldn wasn weren \
                   wouldn ll ve re im ive youre theyre thats whats theres mr mrs ms dr vs na un di de el la le \
                   et der von van san los les gonna gotta wanna kinda sorta ur lot lots",
        negators: "not no nope never none nobody nothing nowhere neither nor without hardly barely scarcely n't nah \
                   dont doesnt didnt cant wont isnt wasnt arent werent couldnt wouldnt shouldnt hasnt havent hadnt aint",
        numbers: &[
            ("zero", "0"),
            ("one", "1"),
            ("two", "2"),
            ("three", "3"),
            ("four", "4"),
            ("five", "5"),
            ("six", "6"),
            ("seven", "7"),
            ("eight", "8"),
            ("nine", "9"),
            ("ten", "10"),
            ("eleven", "11"),
            ("twelve", "12"),
            ("thirteen", "13"),
            ("fifteen", "15"),
            ("twenty", "20"),
            ("thirty", "30"),
            ("forty", "40"),
            ("fifty", "50"),
            ("sixty", "60"),
            ("hundred", "100"),
            ("thousand", "1000"),
            ("million", "1000000"),
            ("billion", "1000000000"),
            ("half", "1/2"),
            ("twice", "2x"),
            ("dozen", "12"),
        ],
    },
    Language {
        code: "de",
        function: "aber alle allem allen aller alles als also am an ander andere auch auf aus bei bin bis bist da \
                   damit dann das dass dein deine dem den denn der des dich die dies diese diesem dieser dieses dir \
                   doch dort du durch ein eine einem einen einer eines er es etwas euch euer eure für gegen gewesen \
                   hab habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre im in ist ja jede jeder \
                   jedes jene jetzt kann können könnte machen man manche mein meine mich mir mit muss musste nach noch \
                   nun nur ob oder ohne sehr sein seine selbst sich sie sind so solche soll sollte sondern sonst über \
                   um und uns unser unter viel vom von vor während war waren was weg weil weiter welche wenn werde \
                   werden wie wieder will wir wird wirst wo wollen wollte würde würden zu zum zur zwar zwischen",
        negators: "nicht nichts nie niemals niemand nirgends nirgendwo kein keine keinem keinen keiner keines weder ohne nein",
        numbers: &[
            ("null", "0"),
            ("zwei", "2"),
            ("drei", "3"),
            ("vier", "4"),
            ("fünf", "5"),
            ("sechs", "6"),
            ("sieben", "7"),
            ("acht", "8"),
            ("neun", "9"),
            ("zehn", "10"),
            ("hundert", "100"),
            ("tausend", "1000"),
        ],
    },
    Language {
        code: "fr",
        function: "à ai aie ainsi alors après as au aucun aussi autre aux avais avait avant avec avez avoir avons bien \
                   ça car ce cela ces cet cette ceux chaque chez comme comment d dans de des donc du elle elles en \
                   encore entre es est et étaient étais était être eu fait faire font ici il ils j je l la là le les \
                   leur leurs lui m ma mais me même mes moi mon ni nos notre nous on ont ou où par parce pas peu peut \
                   plus pour pourquoi qu quand que quel quelle qui s sa sans se sera ses si son sont sous sur t ta te \
                   tes toi ton tous tout toute toutes très tu un une va vers vos votre vous y",
        negators: "ne n pas jamais rien personne aucun aucune ni sans non nulle nul",
        numbers: &[
            ("zéro", "0"),
            ("deux", "2"),
            ("trois", "3"),
            ("quatre", "4"),
            ("cinq", "5"),
            ("sept", "7"),
            ("huit", "8"),
            ("neuf", "9"),
            ("dix", "10"),
            ("cent", "100"),
            ("mille", "1000"),
        ],
    },
    Language {
        code: "es",
        function: "a al algo ante antes como con contra cual cuando de del desde donde dos e el ella ellas ellos en \
                   entre era eran eres es esa esas ese eso esos esta estaba están estar estas este esto estos está \
                   fue ha había han has hasta hay he la las le les lo los más me mi mis mucho muy nos nosotros o os \
                   otra otro para pero poco por porque que qué quien se ser si sí sin sobre son soy su sus también \
                   tan te ti tiene tienen todo todos tu tus tú un una uno unos usted y ya yo",
        negators: "no nunca jamás nada nadie ningún ninguna ninguno ni sin tampoco",
        numbers: &[
            ("cero", "0"),
            ("dos", "2"),
            ("tres", "3"),
            ("cuatro", "4"),
            ("cinco", "5"),
            ("seis", "6"),
            ("siete", "7"),
            ("ocho", "8"),
            ("nueve", "9"),
            ("diez", "10"),
            ("cien", "100"),
            ("mil", "1000"),
        ],
    },
    Language {
        code: "ru",
        function: "а без более больше будет будто бы был была были было быть в вам вас вдруг ведь во вот впрочем все \
                   всегда всего всех всю вы где да даже два для до другой его ее ей ему если есть еще ещё ж же за \
                   здесь и из или им иногда их к как какая какой когда кто куда ли лучше между меня мне много может \
                   можно мой моя мы на над надо наконец нас него нее ней них но ну о об один он она они опять от \
                   перед по под после потом потому почти при про раз разве с сам свою себе себя сейчас со совсем так \
                   такой там тебя тем теперь то тогда того тоже только том тот три тут ты у уж уже хорошо хоть чего \
                   чем через что чтоб чтобы чуть эти этого этой этом этот эту я это",
        negators: "не ни нет никогда никто ничего ничто нигде никуда нельзя без никакой никакого",
        numbers: &[
            ("ноль", "0"),
            ("два", "2"),
            ("две", "2"),
            ("три", "3"),
            ("четыре", "4"),
            ("пять", "5"),
            ("шесть", "6"),
            ("семь", "7"),
            ("восемь", "8"),
            ("девять", "9"),
            ("десять", "10"),
            ("сто", "100"),
            ("тысяча", "1000"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_lower_case_without_repeats() {
        for language in ALL {
            for list in [language.function, language.negators] {
                let mut words: Vec<&str> = list.split_ascii_whitespace().collect();
                assert!(
                    words.iter().all(|word| *word == word.to_lowercase()),
                    "{}",
                    language.code
                );
                let count = words.len();
                words.sort_unstable();
                words.dedup();
                assert_eq!(words.len(), count, "{} {words:?}", language.code);
            }
        }
    }

    #[test]
    fn unknown_languages_have_no_words() {
        let language = Language::of("xx");
        assert!(!language.is_function("the") && !language.is_negator("not"));
        assert!(Language::of("en").is_function("the") && Language::of("en").is_negator("never"));
        // Half of a contraction, and one without its apostrophe.
        assert!(Language::of("en").is_function("didn") && Language::of("en").is_negator("didnt"));
        assert_eq!(Language::of("en").number("two"), Some("2"));
    }
}
