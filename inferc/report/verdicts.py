"""Verdicts in words: kept here until all who import them look in the new place."""

from inferc.compiler.wording.verdicts import TOGETHER as TOGETHER
from inferc.compiler.wording.verdicts import decides as decides
from inferc.compiler.wording.verdicts import effect as effect
from inferc.compiler.wording.verdicts import headline as headline
from inferc.compiler.wording.verdicts import place_of as place_of
from inferc.compiler.wording.verdicts import settled as settled
from inferc.compiler.wording.verdicts import span_of as span_of
from inferc.compiler.wording.verdicts import worst as worst
