"""The words of the small corpus: what each concept is called in English.

A concept with several words (happy, glad) gives the models something to choose between: a masked LM its second-best
fill, a translator the runner-up of its beam.
"""

# Subjects. Pronouns carry the forms of "to be", contracted and in full.
PRONOUNS = {
    "i": ("am", "'m"),
    "you": ("are", "'re"),
    "he": ("is", "'s"),
    "she": ("is", "'s"),
    "we": ("are", "'re"),
    "they": ("are", "'re"),
}
PEOPLE = ["sister", "brother", "mother", "father", "friend", "teacher", "neighbour", "doctor"]

FEELINGS = {
    "happy": ["happy", "glad"],
    "sad": ["sad", "unhappy"],
    "angry": ["angry", "furious"],
    "afraid": ["afraid", "scared"],
    "tired": ["tired", "exhausted"],
    "proud": ["proud"],
    "lonely": ["lonely"],
    "calm": ["calm"],
    "nervous": ["nervous", "worried"],
    "surprised": ["surprised"],
    "jealous": ["jealous"],
    "grateful": ["grateful", "thankful"],
}
DEGREES = {"very": ["very", "really"], "so": ["so"], "little": ["a little"], "still": ["still"]}

# Verbs: concept -> (past, base) pairs.
VERBS = {
    "lose": [("lost", "lose")],
    "find": [("found", "find")],
    "break": [("broke", "break")],
    "buy": [("bought", "buy")],
    "sell": [("sold", "sell")],
    "clean": [("cleaned", "clean"), ("washed", "wash")],
    "open": [("opened", "open")],
    "close": [("closed", "close"), ("shut", "shut")],
    "forget": [("forgot", "forget")],
    "paint": [("painted", "paint")],
    "see": [("saw", "see"), ("noticed", "notice")],
    "carry": [("carried", "carry")],
    "love": [("loved", "love")],
    "hate": [("hated", "hate")],
    "want": [("wanted", "want")],
    "need": [("needed", "need")],
}
THINGS = [
    "key", "book", "door", "window", "coat", "letter", "car", "bicycle", "cup", "dog", "cat", "house", "picture",
    "phone", "bag", "flower", "chair", "lamp", "clock", "boat",
]
LOOKS = {
    "old": ["old"],
    "new": ["new"],
    "red": ["red"],
    "blue": ["blue"],
    "small": ["small", "tiny"],
    "big": ["big", "huge"],
    "beautiful": ["beautiful", "lovely"],
    "ugly": ["ugly"],
    "broken": ["broken"],
    "quiet": ["quiet"],
}
OWNERS = {"the": "the", "my": "my", "your": "your"}
PLACES = {
    "kitchen": "in the kitchen",
    "garden": "in the garden",
    "home": "at home",
    "school": "at school",
    "work": "at work",
    "street": "on the street",
    "train": "on the train",
    "river": "by the river",
}
TIMES = {
    "today": "today",
    "yesterday": "yesterday",
    "morning": "this morning",
    "night": "last night",
    "monday": "on monday",
    "now": "now",
}
JOINS = {"because": "because", "but": "but", "and": "and"}
