//! Words of opposite meaning, which a sentence encoder finds close ("hard", "easy") and a polarity lexicon often does
//! not know.

use std::collections::HashSet;
use std::sync::LazyLock;

/// English words with their opposites: `word/opposite,opposite`, blanks between.
const OPPOSITES: &str = "\
    abnormal/normal absence/presence absent/present accept/deny,refuse,reject accepted/denied,refused,rejected \
    active/lazy,passive actor/actress add/remove,subtract admire/despise admit/deny adore/hate adult/child,kid \
    advantage/disadvantage afraid/brave,confident,excited,ready agree/disagree agreed/disagreed alive/dead \
    allow/ban,deny,forbid,prevent allowed/banned,forbidden,prevented ancient/modern,new,recent angry/calm,happy \
    animal/human answer/ask,question anxious/calm appear/disappear,vanish arrive/depart,leave \
    arrived/departed,left artificial/natural ashamed/proud ask/tell asleep/awake attack/defend,protect \
    attacked/defended attractive/disgusting,ugly aunt/uncle awake/tired awful/good,great backward/forward \
    bad/best,better,good,great,nice beautiful/hideous,ugly began/finished begin/end,finish,stop \
    beginning/end,ending believe/deny,doubt best/worst better/worse big/little,small,tiny bigger/smaller \
    biggest/smallest birth/death bitter/sweet black/white blame/praise blunt/sharp bold/shy,timid bored/excited \
    boredom/excitement boring/exciting,fun,interesting bottom/top bought/sold boy/girl \
    boyfriend/girlfriend,husband boys/girls brave/cowardly,scared bright/dark,dim,dull brilliant/stupid \
    broad/narrow broken/working brother/sister brothers/sisters build/destroy busy/free,lazy buy/sell \
    calm/nervous,scared,worried calming/scary careful/careless cheap/expensive child/parent children/parents \
    clean/dirty,filthy,gross,messy clear/unclear,vague clever/dumb,stupid close/distant,open closed/open,opened \
    cloudy/sunny cold/hot,warm comforting/scary,terrifying coming/leaving common/rare,uncommon \
    complete/incomplete,partial complex/simple complicated/simple confident/nervous,scared,shy,worried \
    confirm/deny constant/occasional contempt/respect continue/quit,stop continued/stopped cool/hot,warm \
    correct/false,incorrect,wrong coward/hero create/destroy cried/laughed cries/laughs criticize/praise \
    crooked/straight cruel/kind cry/laugh,smile crying/laughing cute/ugly dad/mom daddy/mommy dads/moms \
    danger/safety dangerous/harmless,safe dark/light daughter/mother,son daughters/sons day/night dead/living \
    death/life decrease/increase decreased/increased deep/shallow defeat/victory delicious/disgusting,gross \
    despair/hope despise/love die/live died/lived different/identical,similar difficult/easy,simple \
    discouraging/encouraging disgusting/tasty dislike/enjoy disliked/liked dislikes/likes disobey/obey \
    dissatisfied/satisfied distrust/trust divorced/married double/single doubt/trust dry/wet \
    dull/exciting,interesting,sharp dumb/intelligent,smart earlier/later early/late easier/harder east/west \
    easy/hard,impossible,tough empty/full end/start ended/started ending/starting enemies/friends enemy/friend \
    energetic/tired enter/exit,leave equal/unequal evening/morning evil/good exactly/roughly excellent/terrible \
    excited/nervous,scared exclude/include excluded/included expensive/free external/internal \
    fail/pass,succeed,win failed/passed,succeeded,worked failure/success fake/genuine,real,true fall/rise \
    false/real,true familiar/strange family/stranger fast/slow,slowly faster/slower fat/skinny,slim,thin \
    father/mother,son fathers/mothers fear/hope fears/hopes female/male final/first find/lose finish/start \
    finished/started finishing/starting first/second,third flexible/rigid follow/lead foolish/smart,wise \
    foreign/local forget/learn,remember forgot/remembered fortunate/unfortunate found/lost \
    frequently/rarely,seldom fresh/old,rotten,stale friend/stranger friendly/hostile,mean frown/smile \
    funny/sad,serious future/past gain/lose,loss gained/lost gaining/losing gay/straight general/specific \
    generous/greedy,selfish gentle/harsh,rough gentleman/lady gentlemen/ladies girl/man glad/sad,sorry,upset \
    global/local good/poor,terrible great/small,terrible greatest/worst grief/joy gross/tasty guilty/innocent \
    happy/miserable,sad,unhappy hard/simple,soft harm/help hate/love hated/liked,loved hates/likes,loves \
    hating/loving healthy/ill,sick,unhealthy heaven/hell heavy/light help/hinder,hurt helped/hurt \
    helpful/useless hero/villain hidden/shown,visible hide/show high/low higher/lower highest/lowest hope/worry \
    hoping/worrying huge/little,small,tiny husband/wife husbands/wives ignore/notice imaginary/real \
    important/trivial,unimportant impossible/possible improve/worsen increase/reduce increased/reduced \
    inside/outside intelligent/stupid invisible/visible join/leave,quit joined/left joy/sorrow kids/parents \
    kill/save killed/saved kind/mean king/queen kings/queens large/little,small,tiny larger/smaller \
    largest/smallest later/sooner learn/teach leave/return,stay left/stayed lie/truth lies/truth likely/unlikely \
    lonely/popular long/short longer/shorter longest/shortest loose/tight lose/win loser/winner losers/winners \
    loses/wins losing/winning loss/victory,win losses/wins lost/won loud/quiet,silent,soft lower/raise,upper \
    lucky/unfortunate,unlucky major/minor man/woman married/single max/min maximum/minimum mean/nice men/women \
    messy/neat,tidy minus/plus morning/night move/stay narrow/wide nasty/nice,sweet negative/positive \
    nephew/niece nervous/relaxed new/old newer/older nice/rude noisy/quiet nonsense/sense \
    normal/odd,strange,weird north/south offer/refuse old/recent,young older/younger oldest/youngest \
    open/secret,shut oppose/support opposed/supported outgoing/shy pain/pleasure past/present peace/war \
    peaceful/violent permanent/temporary play/work playing/working polite/rude poor/rich,wealthy \
    popular/unpopular powerful/powerless,weak precious/worthless pretty/ugly prince/princess private/public \
    public/secret pull/push quick/slow quickly/slowly quit/start,started rainy/sunny rapid/slow rarely/usually \
    ready/scared reassuring/worrying receive/send received/sent relaxed/scared,tense rested/tired risky/safe \
    rough/smooth safe/unsafe save/spend,waste seldom/usually serious/silly short/tall shorter/taller sit/stand \
    sleep/wake smart/stupid smiles/tears sour/sweet start/stop started/stopped starting/stopping strange/usual \
    strong/weak stronger/weaker strongest/weakest student/teacher stupid/wise successful/unsuccessful tame/wild \
    terrible/wonderful thick/thin today/tomorrow,yesterday tomorrow/yesterday tough/weak true/untrue \
    unusual/usual useful/useless valuable/worthless";

/// Prefixes that turn an English word around.
const PREFIXES: [&str; 7] = ["un", "in", "im", "ir", "il", "dis", "non"];

static PAIRS: LazyLock<HashSet<(&'static str, &'static str)>> = LazyLock::new(|| {
    let entries = OPPOSITES
        .split_ascii_whitespace()
        .filter_map(|entry| entry.split_once('/'));
    entries
        .flat_map(|(word, opposites)| opposites.split(',').map(move |opposite| (word, opposite)))
        .collect()
});

/// Whether two English words in lower case are opposites, by the list or by what they begin or end with.
#[must_use]
pub(super) fn opposed(a: &str, b: &str) -> bool {
    let turned = |word: &str, other: &str| {
        let prefixed = PREFIXES
            .iter()
            .any(|prefix| other.strip_prefix(prefix).is_some_and(|rest| rest == word));
        let emptied = other
            .strip_suffix("less")
            .is_some_and(|stem| word.strip_suffix("ful") == Some(stem));
        prefixed || emptied
    };
    PAIRS.contains(&(a, b)) || PAIRS.contains(&(b, a)) || turned(a, b) || turned(b, a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opposites_are_found_from_either_side() {
        for (a, b) in [
            ("hard", "easy"),
            ("young", "old"),
            ("happy", "unhappy"),
            ("honest", "dishonest"),
            ("hopeful", "hopeless"),
        ] {
            assert!(opposed(a, b) && opposed(b, a), "{a} {b}");
        }
        for (a, b) in [("hard", "tough"), ("big", "huge"), ("day", "week")] {
            assert!(!opposed(a, b), "{a} {b}");
        }
    }
}
