"""How a Chinese name is searched: by the initials of its pinyin, every reading of its surname."""

from itertools import product

from pypinyin import Style, pinyin

# Surnames whose reading as a name differs from the character's usual one; both are kept.
_SURNAMES = {
    "单": "s",
    "曾": "z",
    "解": "x",
    "仇": "q",
    "查": "z",
    "盖": "g",
    "乐": "y",
    "区": "o",
    "任": "r",
    "翟": "z",
}


def initials(name: str) -> list[str]:
    """All the initials that somebody may type for this name: 单玉兰 → ['dyl', 'syl']."""
    letters = [_readings(character) for character in name if not character.isspace()]
    if letters and name.strip()[0] in _SURNAMES:
        letters[0] = letters[0] | {_SURNAMES[name.strip()[0]]}
    return sorted("".join(combination) for combination in product(*letters))[:64]


def _readings(character: str) -> set[str]:
    if character.isascii():
        return {character.lower()}
    found = pinyin(character, style=Style.FIRST_LETTER, heteronym=False)
    return {found[0][0][:1].lower()} if found and found[0][0] else {character}
