"""French."""

from voxd.text.abbreviations import Abbreviations, words

ABBREVIATIONS = Abbreviations(
    opening=words("m mm mme mmes mlle mlles dr pr me mgr st ste env cf p.ex c.-à-d c.à.d ex vs réf resp boul av"),
    numbering=words("no nos n° art chap fig p pp vol tel tél janv févr avr juil sept oct nov déc"),
    closing=words("etc a.m p.m cie inc ltd apr av.j.-c j.-c"),
)
