"""Tells what the rules cannot read: the scripts of Xinjiang's other languages, and Uyghur in Latin letters."""

from __future__ import annotations

import re
from enum import StrEnum

__all__ = ["Script", "script_of"]


class Script(StrEnum):
    """In what letters a text is written that the rules cannot read."""

    ARABIC = "arabic"  # Uyghur, Kazakh
    CYRILLIC = "cyrillic"  # Kazakh
    LATIN = "latin"  # Uyghur


_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
# Everyday words of Uyghur as it is typed in Latin letters; none is a word of English or a syllable of pinyin that
# means something beside another one of them.
_WORDS = re.compile(
    r"\b(?:men|siz|biz|ular|bu|shu|qandaq|qancha|qachan|nede|nedin|kim|nime|nimishqa|kerek|bolamdu|bolidu|emes|yoq|bar|"
    r"qilimen|qildim|qilip|qilish|qiliwatidu|tapshurdum|toleymen|töleymen|baj|beji|pul|dukan|soda|adem|xizmet|idare|"
    r"bashliq|mudir|hökümet|hokumet|uchun|üchün|bilen|emma|yaki|lekin|hazir|bugun|bügün|ete|tünügün|yil|ay|kün|kun|"
    r"aldi|berdi|berdim|deydu|dedi|iltimas|yardem|yardim|rehmet|yaxshimusiz|xeqler|qanun|erz|shikayet|mexpiy)\b"
)
_LEAST_WORDS = 3


def script_of(text: str) -> Script | None:
    """Return in what letters a normalised text is mostly written, where the rules cannot read it."""
    han = len(_HAN.findall(text))
    arabic, cyrillic = len(_ARABIC.findall(text)), len(_CYRILLIC.findall(text))
    if max(arabic, cyrillic) > han:
        return Script.ARABIC if arabic >= cyrillic else Script.CYRILLIC
    if not han and len(set(_WORDS.findall(text))) >= _LEAST_WORDS:
        return Script.LATIN
    return None
